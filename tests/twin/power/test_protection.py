"""Devices carry their rating for ever and an overload only as long as they may."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from twin.catalogue.electrical import PROTECTIONS
from twin.power.protection import (
    DEVICE_WIDTH,
    Damage,
    Thermal,
    device_row,
    protection_step,
    thermal_through,
    time_to_trip_s,
)

BIMETAL = Thermal(pickup=1.0, tau_s=100.0, instant=5.0)
# 12 s at six times, inverse with the square: 108 s at two, 48 s at three times
TRIP_UNIT = Damage(points=((1.0, 432.0), (6.0, 12.0)), reset_s=200.0, instant=10.0)
STAIRS = Damage(points=((1.0, 600.0), (1.25, 600.0), (1.25, 60.0)), reset_s=600.0)


LAW = settings(deadline=None)  # the first example may wait for the compiler


# --- hand calculations ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "time_s"),
    [
        # tau · ln(r² / (r² - pickup²))
        pytest.param(math.sqrt(2), 69.3147, id="100 s · ln(2 / 1)"),
        pytest.param(2.0, 28.7682, id="100 s · ln(4 / 3)"),
        pytest.param(1.2, 118.5624, id="100 s · ln(1.44 / 0.44)"),
        pytest.param(4.99, 4.09892, id="below the magnet: ln(24.9 / 23.9)"),
        pytest.param(5.0, 0.0, id="the magnet trips at once"),
        pytest.param(1.0, math.inf, id="rated load for ever"),
    ],
)
def test_bimetal_trips_from_cold_after_the_hand_calculated_time(ratio, time_s):
    assert_allclose(time_to_trip_s(device_row(BIMETAL), ratio), time_s, rtol=1e-5)


def test_bimetal_heats_and_cools_by_hand_calculation():
    # 50 s at 1.2: 1.44 · (1 - e^-0.5) = 0.566596; 100 s at no load: · e^-1 = 0.208439
    row = device_row(BIMETAL)
    hot = protection_step(row, 1.2, 0.0, 50.0)
    cooled = protection_step(row, 0.0, hot, 100.0)

    assert_allclose([hot, cooled], [0.566596, 0.208439], rtol=1e-5)


def test_a_preloaded_bimetal_trips_three_times_sooner_than_a_cold_one():
    # at home at 0.9 it holds 0.81; then at 1.2: 100 s · ln(0.63 / 0.44) = 35.895 s
    row = device_row(BIMETAL)
    settled = protection_step(row, 0.9, 0.0, 1e6)

    assert_allclose(settled, 0.81)
    assert_allclose(time_to_trip_s(row, 1.2, settled), 35.895, rtol=1e-4)


def test_a_bimetal_can_be_drawn_through_one_point_of_a_data_sheet():
    # 120 s at double load, pickup 1.05: tau = 120 / ln(4 / 2.8975) = 372.15 s;
    # at 1.35: 372.15 · ln(1.8225 / 0.72) = 345.6 s
    device = thermal_through(2.0, 120.0, pickup=1.05)
    row = device_row(device)

    assert_allclose(device.tau_s, 372.15, rtol=1e-4)
    assert_allclose(time_to_trip_s(row, 2.0), 120.0)
    assert_allclose(time_to_trip_s(row, 1.35), 345.6, rtol=1e-4)


@pytest.mark.parametrize(
    ("ratio", "time_s"),
    [
        pytest.param(6.0, 12.0, id="twelve seconds at six times"),
        pytest.param(3.0, 48.0, id="I²t: 12 s · (6 / 3)²"),
        pytest.param(2.0, 108.0, id="I²t: 12 s · (6 / 2)²"),
        pytest.param(8.0, 12.0, id="flat beyond the last point"),
        pytest.param(10.0, 0.0, id="instantaneous"),
        pytest.param(1.0, math.inf, id="pickup for ever"),
    ],
)
def test_trip_unit_follows_its_curve(ratio, time_s):
    assert_allclose(time_to_trip_s(device_row(TRIP_UNIT), ratio), time_s)


def test_used_up_time_adds_up_over_different_overloads():
    # 54 of 108 s at double load use half; 24 of 48 s at three times use the rest
    row = device_row(TRIP_UNIT)
    half = protection_step(row, 2.0, 0.0, 54.0)

    assert_allclose(half, 0.5)
    assert_allclose(time_to_trip_s(row, 3.0, half), 24.0)
    assert_allclose(protection_step(row, 3.0, half, 24.0), 1.0)


def test_a_trip_unit_forgets_with_its_time_constant():
    # 0.5 · e^-1 after one reset time at a load it carries
    assert_allclose(
        protection_step(device_row(TRIP_UNIT), 0.9, 0.5, 200.0), 0.183940, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("ratio", "time_s"),
    [
        pytest.param(1.1, 600.0, id="on the first step"),
        pytest.param(1.25, 600.0, id="the corner gets the longer time"),
        pytest.param(1.2501, 60.0, id="right of the corner"),
    ],
)
def test_a_step_in_the_curve_is_a_step(ratio, time_s):
    assert time_to_trip_s(device_row(STAIRS), ratio) == time_s


def test_nothing_trips_an_unprotected_node():
    row = device_row(None)

    assert row.shape == (DEVICE_WIDTH,)
    assert time_to_trip_s(row, 100.0) == math.inf
    assert protection_step(row, 100.0, 0.0, 1e9) == 0.0


def test_short_peaks_that_each_pass_add_up_to_a_trip():
    # 10 s of 108 s at double load, then 10 s of rest: d → (d + 0.0926) · e^-0.05,
    # which settles at a peak of 0.0926 / (1 - 0.9512) = 1.90: it trips on the way.
    # Peak n is 1.90 · (1 - 0.9512^n) >= 1 first at n = 15
    row, state, peaks = device_row(TRIP_UNIT), 0.0, 0
    while state < 1.0:
        state = protection_step(row, 2.0, protection_step(row, 0.5, state, 10.0), 10.0)
        peaks += 1

    assert peaks == 15


def test_a_bimetal_sees_the_root_mean_square_of_a_fast_swing():
    # (1.2² + 0.5²) / 2 = 0.845: carried; (1.5² + 0.8²) / 2 = 1.445: trips
    row = device_row(BIMETAL)
    carried = tripped = 0.0
    for _ in range(2000):
        carried = protection_step(row, 1.2, carried, 1.0)
        assert carried < 1.0
        carried = protection_step(row, 0.5, carried, 1.0)
        tripped = max(tripped, protection_step(row, 1.5, tripped, 1.0))
        if tripped < 1.0:
            tripped = protection_step(row, 0.8, tripped, 1.0)

    assert_allclose(carried, 0.845, atol=0.005)
    assert tripped >= 1.0


# --- laws ----------------------------------------------------------------------------


@st.composite
def devices(draw):
    """Any bimetal or curve, and those of the catalogue."""
    if draw(st.booleans()):
        keys = sorted(PROTECTIONS.keys() - {"none"})
        return PROTECTIONS[draw(st.sampled_from(keys))].device()
    pickup = draw(st.floats(0.5, 1.5))
    reset_s = draw(st.floats(1.0, 1e5))
    instant = draw(st.sampled_from([2.0, 8.0, math.inf])) * pickup
    if draw(st.booleans()):
        return Thermal(pickup=pickup, tau_s=reset_s, instant=instant)
    count = draw(st.integers(1, 12))
    factor = st.lists(st.floats(1.0, 3.0), min_size=count - 1, max_size=count - 1)
    ratios = pickup * np.cumprod([1.0, *draw(factor)])
    times = draw(st.floats(10.0, 1e5)) / np.cumprod([1.0, *draw(factor)])
    points = tuple(zip(ratios.tolist(), times.tolist(), strict=True))
    return Damage(points=points, reset_s=reset_s, instant=instant)


ratios = st.floats(0.0, 20.0)
states = st.floats(0.0, 0.999)


def pickup_of(device):
    return device.pickup if isinstance(device, Thermal) else device.points[0][0]


@LAW
@given(devices(), st.floats(0.0, 1.0), states, st.floats(0.0, 1e7))
def test_a_load_up_to_the_continuous_rating_never_trips(device, part, state, dt_s):
    row, ratio = device_row(device), part * pickup_of(device)

    assert time_to_trip_s(row, ratio, state) == math.inf
    assert protection_step(row, ratio, state, dt_s) < 1.0


@LAW
@given(devices(), ratios, ratios, states)
def test_more_load_never_trips_later(device, one, other, state):
    row = device_row(device)
    low, high = sorted((one, other))

    assert time_to_trip_s(row, high, state) <= time_to_trip_s(row, low, state) * (
        1 + 1e-12
    )


@LAW
@given(devices(), ratios, states, states)
def test_a_device_with_more_behind_it_never_trips_later(device, ratio, one, other):
    row = device_row(device)
    cool, warm = sorted((one, other))

    assert time_to_trip_s(row, ratio, warm) <= time_to_trip_s(row, ratio, cool)


@LAW
@given(devices(), ratios, states, st.floats(1e-3, 1e4), st.integers(2, 50))
def test_a_step_in_parts_ends_where_the_whole_step_ends(
    device, ratio, state, dt_s, parts
):
    row = device_row(device, step_s=dt_s)  # only the whole step uses the kept decay
    whole = protection_step(row, ratio, state, dt_s)
    for _ in range(parts):
        state = protection_step(row, ratio, state, dt_s / parts)

    assert_allclose(state, whole, rtol=1e-9, atol=1e-12)


@LAW
@given(devices(), st.floats(1.05, 8.0), states, st.integers(3, 200))
def test_stepping_trips_in_the_step_of_the_closed_form(device, over, state, count):
    row, ratio = device_row(device), over * pickup_of(device)
    time_s = time_to_trip_s(row, ratio, state)
    dt_s = max(time_s / (count + 0.5), 1e-6)
    steps = 0
    while state < 1.0:
        state = protection_step(row, ratio, state, dt_s)
        steps += 1

    assert (steps - 1) * dt_s <= time_s * (1 + 1e-9)
    assert steps * dt_s >= time_s * (1 - 1e-9)


@LAW
@given(
    st.floats(0.5, 1.5), st.floats(10.0, 1e4), states,
    st.lists(st.tuples(st.floats(0.0, 4.0), st.floats(1.0, 500.0)), max_size=4),
)  # fmt: skip
def test_heat_solves_its_differential_equation(pickup, tau_s, state, loads):
    row = device_row(Thermal(pickup=pickup, tau_s=tau_s))
    heat = state * pickup**2
    for ratio, dt_s in loads:
        if state >= 1.0:  # tripped: the caller starts again at 0
            state = heat = 0.0
        state = protection_step(row, ratio, state, dt_s)
        with np.errstate(invalid="ignore"):  # the solver divides 0 by 0 at rest
            solved = solve_ivp(
                lambda _, h, r=ratio: (r**2 - h) / tau_s, (0, dt_s), [heat],
                method="DOP853", rtol=1e-10, atol=1e-12,
            )  # fmt: skip
        heat = solved.y[0, -1]

        assert_allclose(state * pickup**2, heat, rtol=1e-6, atol=1e-9)


# --- the drawn curve -----------------------------------------------------------------


# --- refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "message"),
    [
        pytest.param(Thermal(pickup=0.0, tau_s=1.0), "pickup .* got 0.0", id="pickup"),
        pytest.param(Thermal(pickup=1.0, tau_s=-3.0), "tau_s .* got -3.0", id="tau"),
        pytest.param(
            Thermal(pickup=1.0, tau_s=1.0, instant=0.9), "instant .* got 0.9", id="low"
        ),
        pytest.param(Damage(points=(), reset_s=1.0), "got 0", id="no points"),
        pytest.param(
            Damage(points=((1.0, 9.0),) * 13, reset_s=1.0), "got 13", id="many points"
        ),
        pytest.param(
            Damage(points=((1.0, 9.0), (0.9, 8.0)), reset_s=1.0), "must rise", id="back"
        ),
        pytest.param(
            Damage(points=((1.0, 8.0), (2.0, 9.0)), reset_s=1.0), "must not", id="later"
        ),
        pytest.param(
            Damage(points=((1.0, 0.0),), reset_s=1.0), "must be positive", id="no time"
        ),
        pytest.param(
            Damage(points=((1.0, 9.0),), reset_s=0.0), "reset_s .* got 0.0", id="reset"
        ),
    ],
)  # fmt: skip
def test_what_is_no_trip_curve_is_refused_by_value(device, message):
    with pytest.raises(ValueError, match=message):
        device_row(device)


def test_a_bimetal_through_a_load_it_carries_is_refused():
    with pytest.raises(ValueError, match=r"ratio 1\.0 must be above the pickup 1\.05"):
        thermal_through(1.0, 60.0, pickup=1.05)
