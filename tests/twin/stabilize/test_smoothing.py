"""GPU power smoothing against what paper and pencil say of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.stabilize.smoothing import Smoothing, smoothed, vendor_settings
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
    assert found.wave.power_w.min() >= min(min(levels), floor) * GPUS * TDP_W * (
        1 - 1e-9
    )


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


# --- a job's begin and end ------------------------------------------------------------


def test_the_floor_is_let_go_some_time_after_the_last_work():
    """Work for 5 s, idle: hold 1 s, down at 1/s to the floor; let go at 8 s, again."""
    level = np.concatenate([np.full(5000, 1.0), np.full(10_000, 0.1)])
    wave = Waveform(power_w=level * GPUS * TDP_W, sample_s=1e-3)
    found = smooth(wave, floor_frac=0.6, release_s=3.0, hysteresis_s=1.0,
                   ramp_down_w_per_s=1000.0, ramp_up_w_per_s=9e4)  # fmt: skip
    drawn = found.wave.power_w / GPUS / TDP_W

    assert_allclose(drawn[[4999, 5900, 6200]], [1.0, 1.0, 0.8], atol=2e-3)
    assert_allclose(drawn[[6500, 7900, 8900]], 0.6, atol=2e-3)
    assert_allclose(drawn[[9300, 9700]], [0.3, 0.1], atol=3e-3)


def test_an_immediate_ramp_down_leaves_the_floor_at_once():
    level = np.concatenate([np.full(1000, 1.0), np.full(9000, 0.1)])
    wave = Waveform(power_w=level * GPUS * TDP_W, sample_s=1e-3)
    found = smooth(
        wave, floor_frac=0.6, release_s=3.0, immediate_ramp_down=True, **FAST
    )
    drawn = found.wave.power_w / GPUS / TDP_W

    assert_allclose(drawn[[3900, 4100]], [0.6, 0.1])


def test_idle_gpus_have_no_floor_until_they_work():
    level = np.concatenate([np.full(1000, 0.1), np.full(1000, 1.0)])
    wave = Waveform(power_w=level * GPUS * TDP_W, sample_s=1e-3)
    found = smooth(wave, floor_frac=0.6, **FAST)

    assert_allclose(found.wave.power_w[[0, 990]], 0.1 * GPUS * TDP_W)


def test_the_burn_circuits_life_is_counted():
    """A square wave at duty 1/2 from 0.4 to 0.9: 250 W are burnt, 7.9 GJ a year."""
    found = smooth(square(0.4, 0.5), floor_frac=0.9, lifetime_burn_j=2e9, **FAST)

    assert found.lifetime_frac == pytest.approx(250 * 31_557_600 / 2e9, rel=0.01)


# --- the vendor's names and units -----------------------------------------------------


def test_what_the_driver_reads_back_is_in_milliwatts_and_milliseconds():
    head = "NVML_FI_PWR_SMOOTHING_PROFILE_"
    read = {head + "PERCENT_TMP_FLOOR": 80, head + "RAMP_UP_RATE": 750_000,
            head + "RAMP_DOWN_RATE": 500_000, head + "RAMP_DOWN_HYST_VAL": 1500,
            "NVML_FI_PWR_SMOOTHING_IMM_RAMP_DOWN_ENABLED": 1}  # fmt: skip
    found = Smoothing(**vendor_settings(read), ceiling_frac=1.05)

    assert found == Smoothing(
        floor_frac=0.8, ramp_up_w_per_s=750.0, ramp_down_w_per_s=500.0,
        hysteresis_s=1.5, immediate_ramp_down=True, ceiling_frac=1.05,
    )  # fmt: skip


def test_an_administrators_override_wins():
    found = vendor_settings({
        "NVML_FI_PWR_SMOOTHING_PROFILE_RAMP_UP_RATE": 100_000,
        "NVML_FI_PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_UP_RATE": 300_000,
    })  # fmt: skip

    assert found["ramp_up_w_per_s"] == pytest.approx(300.0)


def test_redfish_speaks_watts_and_seconds():
    given_ = Smoothing(floor_frac=0.75, ramp_up_w_per_s=640.0, hysteresis_s=0.5)
    read = {"TMPFloorPercent": 75, "RampUpWattsPerSecond": 640,
            "RampDownWattsPerSecond": given_.ramp_down_w_per_s,
            "RampDownHysteresisSeconds": 0.5, "ImmediateRampDown": False}  # fmt: skip

    assert Smoothing(**vendor_settings(read)) == given_


def test_a_setting_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="RampSpeed is no setting"):
        vendor_settings({"RampSpeed": 3})
