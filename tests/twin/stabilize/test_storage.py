"""Stores against filters, their own limits, and their books."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.stabilize.storage import Storage, stored
from twin.training.waveform import Waveform

GPUS, TDP_W = 1000, 1000.0


def square(low, duty, *, period_s=1.0, seconds=60, sample_s=1e-3):
    """Two levels ÷ TDP."""
    t = np.arange(round(seconds / sample_s)) * sample_s
    level = np.where((t / period_s) % 1.0 < duty, 1.0, low)
    return Waveform(power_w=level * GPUS * TDP_W, sample_s=sample_s)


def test_an_ideal_store_is_a_first_order_filter_to_the_grid():
    """A sine of frequency f keeps 1 ÷ sqrt(1 + (2 pi f tau)²) of its height."""
    sample_s, tau_s = 1e-3, 2.0
    t = np.arange(60_000) * sample_s
    for frequency in (0.1, 0.5, 2.0):
        wave = Waveform(
            power_w=5e5 + 1e5 * np.sin(2 * math.pi * frequency * t), sample_s=sample_s
        )
        found = stored(
            wave, Storage(power_w=1e6, energy_j=1e8, filter_s=tau_s, return_s=1e6)
        )
        height = np.ptp(found.wave.power_w[30_000:]) / 2
        exact = 1e5 / math.sqrt(1 + (2 * math.pi * frequency * tau_s) ** 2)
        assert height == pytest.approx(exact, rel=0.01)


def test_65_joules_flatten_a_fast_swing_and_not_a_slow_one():
    """±250 W about the mean: 65 J last 0.26 s one way, so 2 Hz fits and 0.5 Hz not."""
    left = {}
    for hertz in (0.5, 2.0, 5.0):
        wave = square(0.5, 0.5, period_s=1 / hertz, seconds=60)
        found = stored(
            wave,
            Storage(power_w=0.3 * GPUS * TDP_W, energy_j=65.0 * GPUS, filter_s=5.0,
                    return_s=2.0),
        )  # fmt: skip
        left[hertz] = np.ptp(found.wave.power_w[30_000:]) / np.ptp(wave.power_w)
    assert left[5.0] < 0.15
    assert left[2.0] < 0.4
    assert left[0.5] > 0.9


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.2), min_size=5, max_size=80), st.floats(1e4, 1e6),
    st.floats(1e3, 1e7), st.floats(0.2, 20.0), st.floats(0.5, 1.0),
    st.floats(0.5, 1.0), st.floats(0.0, 0.5), st.floats(0.0, 1.0),
    st.sampled_from(["low-pass", "moving-average", "droop", "mpc"]),
)  # fmt: skip
def test_a_stores_books_close(
    levels, power, energy, tau, eff_in, eff_out, lag, centre, control
):
    wave = Waveform(power_w=np.repeat(levels, 10) * GPUS * TDP_W, sample_s=0.02)
    found = stored(
        wave,
        Storage(power_w=power, energy_j=energy, filter_s=tau, charge_efficiency=eff_in,
                discharge_efficiency=eff_out, response_s=lag, centre_frac=centre,
                control=control, step_s=tau / 10),
    )  # fmt: skip
    gained_j = (found.charge_frac[-1] - centre) * energy

    assert_allclose(
        found.wave.energy_j, wave.energy_j + found.lost_j + gained_j, rtol=1e-9,
        atol=1e-3,
    )  # fmt: skip
    assert found.gained_j == pytest.approx(gained_j, abs=1e-6 * energy)
    assert found.charge_frac.min() >= -1e-9
    assert found.charge_frac.max() <= 1 + 1e-9
    assert np.abs(found.stored_w).max() <= power * (1 + 1e-9)
    assert found.lost_j >= -1e-6


# --- controls -------------------------------------------------------------------------

SWING = square(0.4, 0.7, period_s=2.0, seconds=60)
ROOMY = {"power_w": 0.6 * GPUS * TDP_W, "energy_j": 1e7, "return_s": 1e6}


def swing_left(**settings_):
    found = stored(SWING, Storage(**(ROOMY | settings_)))
    return np.ptp(found.wave.power_w[40_000:]) / np.ptp(SWING.power_w)


def test_a_moving_average_over_whole_periods_is_flat():
    assert swing_left(control="moving-average", filter_s=4.0) < 1e-6
    # over half a period it is a trapezoid or a triangle: 1 s of which 1 or 0.4 is high
    assert swing_left(control="moving-average", filter_s=1.0) == pytest.approx(
        0.6, rel=2e-3
    )


def test_droop_takes_its_gain_of_the_swing_and_leaves_the_deadband():
    slow = {"control": "droop", "filter_s": 1e5, "energy_j": 1e9}
    assert swing_left(**slow, gain=1.0) < 1e-3
    assert swing_left(**slow, gain=0.25) == pytest.approx(0.75, rel=1e-3)
    # the reference stays at 1, where it began: one side of 0.6 swings, 0.06 is dead
    assert swing_left(**slow, deadband_frac=0.1) == pytest.approx(0.1, rel=1e-2)


def test_a_forecast_makes_a_small_store_do_what_a_filter_needs_a_larger_one_for():
    small = {"energy_j": 0.3 * GPUS * TDP_W, "return_s": 5.0}
    filtered = swing_left(control="low-pass", filter_s=4.0, **small)
    planned = swing_left(control="mpc", filter_s=4.0, period_s=2.0, **small)

    # one period charges and gives 0.6 s × 0.42 = 0.25 of TDP × s: 0.3 is enough
    assert planned < 0.02
    assert filtered > 5 * planned


def test_without_a_forecast_the_plan_lags_and_still_keeps_its_limits():
    store = Storage(power_w=1e5, energy_j=1e5, control="mpc", filter_s=2.0, step_s=0.2)
    found = stored(SWING, store)

    assert np.abs(found.stored_w).max() <= 1e5 * (1 + 1e-9)
    assert found.charge_frac.min() >= -1e-9
    assert found.charge_frac.max() <= 1 + 1e-9
    assert np.ptp(found.wave.power_w) > 0.5 * np.ptp(SWING.power_w)


def test_a_stores_life_is_its_throughput():
    """±0.3 of TDP, half the time each: 0.15 TDP × s per s; a full cycle in 66.7 s."""
    wave = square(0.4, 0.5, period_s=0.5, seconds=100)
    store = Storage(power_w=1e6, energy_j=10.0 * GPUS * TDP_W, filter_s=1e4,
                    return_s=1e6, cycle_life=6000.0)  # fmt: skip
    wave.power_w[0] = 0.7 * GPUS * TDP_W  # where the reference begins and stays
    found = stored(wave, store)

    per_year = 0.15 * 31_557_600 / 10.0
    assert found.life_years == pytest.approx(6000.0 / per_year, rel=0.02)


def test_a_step_that_is_no_whole_number_of_samples_keeps_its_forecast():
    wave = square(0.4, 0.7, period_s=2.0, seconds=60, sample_s=0.03)
    store = Storage(power_w=0.6e6, energy_j=1e7, control="mpc", filter_s=4.0,
                    step_s=0.1, period_s=2.0)  # fmt: skip
    found = stored(wave, store)

    assert np.ptp(found.wave.power_w[-200:]) < 0.1 * np.ptp(wave.power_w)


def test_many_stores_act_as_one_of_their_sum():
    one = Storage(power_w=300.0, energy_j=65.0, filter_s=1.0)

    assert one.times(1000) == Storage(power_w=3e5, energy_j=6.5e4, filter_s=1.0)


# --- bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"energy_j": 0.0}, "energy_j must be above 0"),
        ({"charge_efficiency": 1.2}, "charge_efficiency"),
        ({"centre_frac": 2.0}, "centre_frac"),
        ({"cycle_life": 0.0}, "cycle_life"),
        ({"control": "mpc", "step_s": 0.9}, "two steps"),
    ],
)
def test_a_store_without_sense_is_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        Storage(**({"power_w": 1e5, "energy_j": 1e6, "filter_s": 1.0} | wrong))


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"step_s": 1e-4}, "shorter than a sample"),
        ({"filter_s": 100.0}, "more than 200"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(wrong, match):
    store = Storage(**({"power_w": 1e5, "energy_j": 1e6, "filter_s": 1.0,
                        "control": "mpc", "step_s": 0.1} | wrong))  # fmt: skip
    with pytest.raises(ValueError, match=match):
        stored(SWING, store)
