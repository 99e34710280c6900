"""Each measure against what paper and pencil say of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.stabilize.measures import Smoothing, Storage, smoothed, stored
from twin.training.waveform import Waveform

GPUS, TDP_W = 1000, 1000.0
FAST = {"ramp_up_w_per_s": 9e4, "ramp_down_w_per_s": 9e4, "hysteresis_s": 0.0}


def square(low, duty, *, period_s=1.0, seconds=60, sample_s=1e-3):
    """Two levels ÷ TDP."""
    t = np.arange(round(seconds / sample_s)) * sample_s
    level = np.where((t / period_s) % 1.0 < duty, 1.0, low)
    return Waveform(power_w=level * GPUS * TDP_W, sample_s=sample_s)


def smooth(wave, **settings_):
    return smoothed(wave, Smoothing(**settings_), gpu_count=GPUS, tdp_w=TDP_W)


@pytest.mark.parametrize(("low", "duty"), [(0.4, 0.81), (0.2, 0.87), (0.5, 0.5)])
def test_a_floor_costs_what_two_levels_say(low, duty):
    """(1 - d)(0.9 - low) ÷ (d + (1 - d) low); the first two are about +10.5 %."""
    found = smooth(square(low, duty, seconds=100), floor_frac=0.9, **FAST)
    by_hand = (1 - duty) * (0.9 - low) / (duty + (1 - duty) * low)

    assert found.overhead_frac == pytest.approx(by_hand, rel=0.01)
    assert np.ptp(found.wave.power_w) <= 0.2 * GPUS * TDP_W


def test_ramps_are_kept_and_a_slow_rise_costs_work():
    wave = square(0.2, 0.5, period_s=10.0, seconds=100)
    found = smooth(wave, floor_frac=0.3, ramp_up_w_per_s=500.0,
                   ramp_down_w_per_s=250.0, hysteresis_s=0.0)  # fmt: skip
    slope = np.diff(found.wave.power_w) / wave.sample_s / GPUS

    assert slope.max() == pytest.approx(500.0)
    assert slope.min() == pytest.approx(-250.0)
    # from 0.3 to 1 at 0.5 per second: a triangle of 1.4 s × 0.7 ÷ 2, nine or ten times
    assert found.lacked_j / GPUS / TDP_W == pytest.approx(9 * 0.49, rel=0.15)
    assert found.slowdown_frac > 0.05


def test_power_is_held_before_it_falls():
    wave = square(0.2, 0.5, period_s=20.0, seconds=20)
    found = smooth(wave, floor_frac=0.2, hysteresis_s=2.0, ramp_up_w_per_s=9e4,
                   ramp_down_w_per_s=1000.0)  # fmt: skip
    level = found.wave.power_w / GPUS / TDP_W

    assert_allclose(level[[9_999, 11_500, 11_990]], 1.0)
    assert_allclose(level[12_400], 0.6, atol=5e-3)
    assert_allclose(level[12_900], 0.2, atol=5e-3)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.05, 1.2), min_size=5, max_size=60), st.floats(0.0, 0.9),
    st.floats(10.0, 5000.0), st.floats(10.0, 5000.0), st.floats(0.0, 3.0),
)  # fmt: skip
def test_smoothing_never_makes_energy(levels, floor, up, down, hold):
    wave = Waveform(power_w=np.repeat(levels, 20) * GPUS * TDP_W, sample_s=0.01)
    found = smooth(wave, floor_frac=floor, ramp_up_w_per_s=up, ramp_down_w_per_s=down,
                   hysteresis_s=hold, ceiling_frac=1.3)  # fmt: skip

    assert_allclose(
        found.wave.energy_j, wave.energy_j + found.burnt_j - found.lacked_j, rtol=1e-9
    )
    low = min(max(levels[0], floor), floor)
    assert found.wave.power_w.min() >= low * GPUS * TDP_W * (1 - 1e-9)


# --- storage ------------------------------------------------------------------------


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
    st.floats(1e3, 1e7), st.floats(0.01, 20.0), st.floats(0.5, 1.0),
    st.floats(0.5, 1.0), st.floats(0.0, 0.5), st.floats(0.0, 1.0),
)  # fmt: skip
def test_a_stores_books_close(levels, power, energy, tau, eff_in, eff_out, lag, centre):
    wave = Waveform(power_w=np.repeat(levels, 10) * GPUS * TDP_W, sample_s=0.02)
    found = stored(
        wave,
        Storage(power_w=power, energy_j=energy, filter_s=tau, charge_efficiency=eff_in,
                discharge_efficiency=eff_out, response_s=lag, centre_frac=centre),
    )  # fmt: skip
    gained_j = (found.charge_frac[-1] - centre) * energy

    assert_allclose(
        found.wave.energy_j, wave.energy_j + found.lost_j + gained_j, rtol=1e-9,
        atol=1e-3,
    )  # fmt: skip
    assert found.charge_frac.min() >= -1e-9
    assert found.charge_frac.max() <= 1 + 1e-9
    assert np.abs(found.stored_w).max() <= power * (1 + 1e-9)
    assert found.lost_j >= -1e-6


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"floor_frac": 90.0}, "divided by 100"),
        ({"floor_frac": 0.8, "ceiling_frac": 0.7}, "must be below ceiling_frac"),
        ({"ramp_up_w_per_s": 1_000_000.0}, "mW/s typed"),
        ({"ramp_down_w_per_s": 0.0}, "above 0"),
        ({"hysteresis_s": -1.0}, "hysteresis_s"),
    ],
)
def test_senseless_settings_are_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        Smoothing(**wrong)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"energy_j": 0.0}, "energy_j must be above 0"),
        ({"charge_efficiency": 1.2}, "charge_efficiency"),
        ({"centre_frac": 2.0}, "centre_frac"),
    ],
)
def test_a_store_without_sense_is_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        Storage(**({"power_w": 1e5, "energy_j": 1e6, "filter_s": 1.0} | wrong))
