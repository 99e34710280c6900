"""Stores give less the faster they are emptied, and no energy appears or vanishes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.catalogue.electrical import STORES
from twin.power.stores import (
    STORE_WIDTH,
    Battery,
    Flywheel,
    Generator,
    generator_allowed_frac,
    generator_row,
    recharge_step,
    runtime_s,
    store_row,
    store_step,
)

# exponent 2 and four times the runtime at most: the clip lies at half load, where it
# delivers 0.5 · 1200 s = 600 s of rated output; that is its energy
BATTERY = Battery(
    runtime_s=300.0, exponent=2.0, longest_s=1200.0, recharge_s=6000.0,
    charge_efficiency=0.8,
)  # fmt: skip
# 15 s · (1 + 0.05) = 15.75 s of rated output
FLYWHEEL = Flywheel(runtime_s=15.0, parasitic_frac=0.05, recharge_s=150.0)


LAW = settings(deadline=None)  # the first example may wait for the compiler


# --- hand calculations ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "load_frac", "time_s"),
    [
        pytest.param(BATTERY, 1.0, 300.0, id="battery, rated load"),
        pytest.param(BATTERY, 2.0, 75.0, id="battery, double load: 300 / 2²"),
        pytest.param(BATTERY, 0.8, 468.75, id="battery, 300 / 0.64"),
        pytest.param(BATTERY, 0.1, 1200.0, id="battery, clipped"),
        pytest.param(BATTERY, 0.0, 1200.0, id="battery, no load"),
        pytest.param(FLYWHEEL, 1.0, 15.0, id="flywheel, rated load"),
        pytest.param(FLYWHEEL, 0.5, 28.6364, id="flywheel, 15.75 / 0.55"),
        pytest.param(FLYWHEEL, 0.0, 315.0, id="flywheel, coasting: 15.75 / 0.05"),
    ],
)
def test_runtime_matches_hand_calculation(store, load_frac, time_s):
    assert_allclose(runtime_s(store_row(store), load_frac), time_s, rtol=1e-5)


def test_recharging_is_linear_until_full():
    row = store_row(BATTERY)  # 600 s of 6000 s put a tenth in

    assert row.shape == (STORE_WIDTH,)
    assert_allclose(recharge_step(row, 0.5, 600.0), 0.6)
    assert recharge_step(row, 1.0, 600.0) == 1.0


def test_a_flywheel_bridges_a_generator_start_with_a_third_left():
    # 15 s at full load, 10 s to start: 1 - 10 / 15
    row = store_row(FLYWHEEL)

    assert_allclose(store_step(row, 1.0, 1.0, 10.0), 1 / 3)


@pytest.mark.parametrize(
    ("since_start_s", "allowed"),
    [
        pytest.param(-1.0, 0.0, id="not started"),
        pytest.param(9.9, 0.0, id="cranking"),
        pytest.param(10.0, 0.6, id="first block"),
        pytest.param(14.9, 0.6, id="frequency recovers"),
        pytest.param(15.0, 1.0, id="all"),
        pytest.param(1e9, 1.0, id="for ever"),
    ],
)
def test_a_generator_takes_its_load_in_blocks(since_start_s, allowed):
    row = generator_row(Generator(start_s=10.0, load_steps=((0.0, 0.6), (5.0, 1.0))))

    assert generator_allowed_frac(row, since_start_s) == allowed


# --- laws ----------------------------------------------------------------------------

positive = st.floats(1.0, 1e4)
part = st.floats(0.1, 1.0)
batteries = st.builds(
    lambda rated, k, ratio, back, eff: Battery(
        runtime_s=rated, exponent=k, longest_s=rated * ratio, recharge_s=back,
        charge_efficiency=eff,
    ),
    positive, st.floats(1.0, 2.0), st.floats(1.0, 50.0), positive, part,
)  # fmt: skip
flywheels = st.builds(
    lambda rated, drag, back, eff: Flywheel(
        runtime_s=rated, parasitic_frac=drag, recharge_s=back, charge_efficiency=eff
    ),
    positive, st.floats(1e-4, 0.5), positive, part,
)  # fmt: skip
ours = st.sampled_from([s.store() for s in STORES.values()])
stores = st.one_of(batteries, flywheels, ours)
loads = st.floats(0.0, 2.0)
charges = st.floats(0.0, 1.0)
times = st.floats(0.0, 1e4)


@LAW
@given(stores, loads, loads)
def test_more_load_never_lasts_longer(store, one, other):
    row = store_row(store)
    low, high = sorted((one, other))

    assert runtime_s(row, high) <= runtime_s(row, low) * (1 + 1e-12)


@LAW
@given(stores, st.floats(0.0, 1.0))
def test_a_store_carries_its_rated_output_for_its_rated_time(store, load_frac):
    row = store_row(store)

    assert_allclose(runtime_s(row, 1.0), store.runtime_s)
    assert runtime_s(row, load_frac) >= store.runtime_s * (1 - 1e-12)


@LAW
@given(stores, loads, charges, times, st.integers(2, 40))
def test_discharge_does_not_depend_on_the_tick(store, load_frac, soc, dt_s, parts):
    row = store_row(store)
    whole = store_step(row, load_frac, soc, dt_s)
    for _ in range(parts):
        soc = store_step(row, load_frac, soc, dt_s / parts)

    assert_allclose(soc, whole, atol=1e-9)


@LAW
@given(st.floats(0.0, 60.0), st.floats(0.1, 30.0), st.floats(0.0, 100.0))
def test_a_generator_never_takes_more_than_later(start_s, second_s, since_s):
    row = generator_row(
        Generator(start_s=start_s, load_steps=((0.0, 0.6), (second_s, 1.0)))
    )

    assert generator_allowed_frac(row, since_s) <= generator_allowed_frac(
        row, since_s + 1.0
    )


# --- refusals ------------------------------------------------------------------------


def battery(**changed):
    given = {"runtime_s": 300.0, "exponent": 1.3, "longest_s": 900.0, "recharge_s": 9.0}
    return Battery(**(given | changed))


@pytest.mark.parametrize(
    ("store", "message"),
    [
        pytest.param(battery(runtime_s=0.0), "runtime_s .* got 0.0", id="no runtime"),
        pytest.param(battery(exponent=0.9), "exponent .* got 0.9", id="exponent"),
        pytest.param(battery(longest_s=100.0), "longest_s .* got 100.0", id="longest"),
        pytest.param(battery(recharge_s=-1.0), "recharge_s .* got -1.0", id="recharge"),
        pytest.param(
            battery(charge_efficiency=1.1), "charge_efficiency .* got 1.1", id="charge"
        ),
        pytest.param(
            Flywheel(runtime_s=15.0, parasitic_frac=0.0, recharge_s=1.0),
            "parasitic_frac .* got 0.0",
            id="no drag",
        ),
    ],
)
def test_what_is_no_store_is_refused_by_name_and_value(store, message):
    with pytest.raises(ValueError, match=message):
        store_row(store)


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        pytest.param(Generator(start_s=-1.0), "start_s .* got -1.0", id="start"),
        pytest.param(Generator(start_s=1.0, load_steps=()), "got 0", id="no step"),
        pytest.param(
            Generator(start_s=1.0, load_steps=((1.0, 1.0),)), "start at 0", id="late"
        ),
        pytest.param(
            Generator(start_s=1.0, load_steps=((0.0, 1.0), (5.0, 0.6))),
            "and rise",
            id="falling",
        ),
    ],
)
def test_what_is_no_generator_is_refused(generator, message):
    with pytest.raises(ValueError, match=message):
        generator_row(generator)
