"""Rules against waveforms whose worst value is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.stabilize import spectra
from twin.stabilize.connection import PointOfConnection, voltage_change_frac
from twin.stabilize.flicker import flicker
from twin.stabilize.rules import (
    Contract,
    Rule,
    Unjudged,
    judge,
    judge_all,
    needed_horizon_s,
    needed_sample_s,
    spectrum,
)
from twin.stabilize.spectra import Spectra
from twin.training.waveform import Waveform

ABOUT = {"authority": "test", "title": "test", "source": "none", "date": "2026-01-01"}
SWING = Rule(key="swing", kind="band-swing", limit=1e7, window_s=5.0, low_hz=0.1,
             high_hz=55.0, **ABOUT)  # fmt: skip
SHARE = Rule(key="share", kind="band-share", limit=0.2, low_hz=0.1, high_hz=20.0,
             **ABOUT)  # fmt: skip
CHANGE = Rule(key="change", kind="change", limit=5e6, window_s=15.0, **ABOUT)
RAMP = Rule(key="ramp", kind="ramp", limit=20e6 / 60, window_s=60.0, **ABOUT)


def sines(*parts, seconds=120.0, sample_s=1e-3, mean=1e8):
    """Waveform of (amplitude [W], frequency [Hz]) sines."""
    t = np.arange(round(seconds / sample_s)) * sample_s
    power = np.full(t.size, mean)
    for height, hertz in parts:
        power += height * np.sin(2 * math.pi * hertz * t)
    return Waveform(power_w=power, sample_s=sample_s)


def test_a_sine_inside_the_band_swings_by_twice_its_height():
    found = judge(sines((4e6, 1.0)), SWING)

    assert found.worst == pytest.approx(8e6, rel=0.01)
    assert found.passes
    assert found.margin_frac == pytest.approx(0.2, abs=0.01)
    assert found.worst_hz == pytest.approx(1.0, abs=0.01)


def test_what_lies_outside_the_band_does_not_count():
    found = judge(sines((4e6, 1.0), (5e7, 0.01), (5e6, 150.0)), SWING)

    assert found.worst == pytest.approx(8e6, rel=0.05)


def test_a_share_is_parsevals():
    found = judge(sines((3e6, 1.0), (4e6, 40.0)), SHARE)

    assert found.worst == pytest.approx(9 / 25, rel=1e-3)
    assert not found.passes
    assert found.worst_hz == pytest.approx(1.0)


@pytest.mark.parametrize("hertz", [0.1, 55.0])
def test_a_swing_on_an_edge_of_the_band_counts_in_full(hertz):
    found = judge(sines((9e6, hertz), seconds=200.0), SWING)

    assert found.worst == pytest.approx(18e6, rel=0.02)


def test_a_start_elsewhere_does_not_thin_a_share_out():
    steady = sines((3e6, 1.0), seconds=1200.0, sample_s=0.01)
    started = Waveform(power_w=steady.power_w.copy(), sample_s=0.01)
    started.power_w[:60_000] = 2e7
    drifting = Waveform(power_w=steady.power_w + 2e4 * steady.t_s, sample_s=0.01)

    for wave in (steady, started, drifting):
        found = judge(wave, SHARE)
        assert found.worst == pytest.approx(1.0, abs=0.01)
        assert not found.passes
    assert judge(started, SHARE).at_s >= 600.0


def test_a_share_of_a_ripple_does_not_count():
    found = judge(sines((1e3, 1.0)), SHARE)

    assert found.worst == 0.0
    assert "0.5 % of mean" in found.note


def test_a_band_for_a_rule_without_one_is_refused():
    with pytest.raises(ValueError, match="have no use for change"):
        Rule(key="r", kind="change", limit=1e6, window_s=5.0, low_hz=0.1, high_hz=3.0,
             **ABOUT)  # fmt: skip


def test_the_spectrum_adds_up_to_the_variance():
    rng = np.random.Generator(np.random.Philox(key=3))
    for size in (999, 1000):
        wave = Waveform(power_w=rng.normal(1e6, 1e5, size), sample_s=0.01)
        _, energy = spectrum(wave)
        assert_allclose(energy.sum(), wave.power_w.var(), rtol=1e-12)


def test_a_step_is_found_with_its_size_and_time():
    power = np.full(60_000, 1e8)
    power[30_000:] += 6e6
    found = judge(Waveform(power_w=power, sample_s=1e-3), CHANGE)

    assert found.worst == pytest.approx(6e6)
    assert not found.passes
    assert 14.0 < found.at_s < 31.0


def test_a_steady_ramp_is_its_slope_both_ways():
    t = np.arange(0, 600.0, 0.05)
    for sign in (1, -1):
        wave = Waveform(power_w=1e8 + sign * 30e6 / 60 * t, sample_s=0.05)
        found = judge(wave, RAMP)
        assert found.worst == pytest.approx(30e6 / 60, rel=1e-6)
        assert not found.passes


def test_a_flat_load_passes_everything():
    wave = sines(seconds=200.0, sample_s=5e-3)
    for rule in (SWING, SHARE, CHANGE, RAMP):
        found = judge(wave, rule)
        assert found.worst == pytest.approx(0.0, abs=1.0)
        assert found.passes


def test_a_filter_moves_no_phase():
    wave = sines((1e6, 2.0))
    band = Spectra(wave).band_w(0.1, 55.0)
    middle = slice(40_000, 80_000)

    assert_allclose(band[middle], wave.power_w[middle] - 1e8, atol=2e4)


# --- dynamic range --------------------------------------------------------------------

RANGE = Rule(key="range", kind="range", limit=1e7, up_w_per_s=1e5, down_w_per_s=2e5,
             **ABOUT)  # fmt: skip


def test_a_sine_faster_than_the_ramps_needs_its_own_width():
    """Baseline: between lowest and highest half a period at 0.1 MW/s is taken off."""
    found = judge(sines((4e6, 1.0)), RANGE)

    # the fall's ramp is faster, so the rise binds: 8 MW less what half a second ramps
    assert found.worst == pytest.approx(8e6 - 0.5 * 1e5, rel=2e-3)
    assert found.passes
    assert "rise" in found.note


def test_a_ramp_within_the_limits_needs_no_range():
    t = np.arange(0, 600.0, 0.05)
    for slope in (1e5, -2e5):
        wave = Waveform(power_w=3e8 + slope * t, sample_s=0.05)
        assert judge(wave, RANGE).worst == pytest.approx(0.0, abs=1.0)


def test_a_step_needs_what_the_baseline_cannot_foresee():
    """A step down by 6 MW: the baseline cannot leave early, so all of it is range."""
    power = np.full(60_000, 1e8)
    power[30_000:] -= 6e6
    found = judge(Waveform(power_w=power, sample_s=1e-3), RANGE)

    assert found.worst == pytest.approx(6e6, rel=1e-3)
    assert found.at_s == pytest.approx(30.0, abs=0.01)
    assert "fall" in found.note


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.0, 100.0), min_size=2, max_size=30), st.floats(0.1, 5.0),
       st.floats(0.1, 5.0))  # fmt: skip
def test_the_least_range_is_that_of_every_pair_of_moments(values, up, down):
    x = np.array(values)
    wave = Waveform(power_w=x, sample_s=0.01)
    rule = Rule(key="r", kind="range", limit=1.0, up_w_per_s=100 * up,
                down_w_per_s=100 * down,
                **ABOUT)  # fmt: skip
    worst = max(
        max(x[j] - x[i] - up * (j - i), x[i] - x[j] - down * (j - i), 0.0)
        for j in range(x.size) for i in range(j + 1)
    )  # fmt: skip

    assert judge(wave, rule).worst == pytest.approx(worst, abs=1e-9)


# --- at the connection ----------------------------------------------------------------

POC = PointOfConnection(nominal_v=138e3, short_circuit_va=2e9, x_over_r=10.0)
HERE = Contract(power_w=1.2e8, poc=POC)


def rule(kind, limit, **more):
    return Rule(key=kind, kind=kind, limit=limit, **more, **ABOUT)


def test_voltage_moves_by_what_the_impedance_says():
    wave = sines((4e6, 1.0), sample_s=2e-3)
    found = judge(wave, rule("voltage-change", 0.03, window_s=1.0), HERE)
    by_hand = np.ptp(voltage_change_frac(np.array([9.6e7, 1.04e8]), POC))

    assert found.worst == pytest.approx(by_hand, rel=1e-3)


def test_flicker_is_the_meters_and_the_voltages_planning_level_holds():
    wave = sines((2e7, 8.8), seconds=130.0, sample_s=2e-3)
    pst, plt = judge_all(wave, [rule("pst", 1.0), rule("plt", 0.8)], HERE)

    assert pst.worst == pytest.approx(flicker(wave, POC).worst_pst)
    assert (pst.limit, plt.limit) == (0.8, 0.6)
    assert "not of ten minutes" in pst.note
    assert "1 of 12 blocks" in plt.note


def test_harmonics_are_held_against_the_table_of_their_ratio():
    """Isc ÷ IL = 2000 ÷ 1.2e8 ÷ 0.99 is 16.5: below 20, above 69 kV: TDD 2.5 %."""
    wave = sines(seconds=10.0)
    current, voltage = judge_all(wave, [rule("tdd", 1.0), rule("thd", 1.0)], HERE)

    assert 0 < current.worst < 0.03
    assert current.limit <= 0.025
    assert voltage.limit <= 0.025
    assert "assumed" in current.note


def test_without_a_grid_the_rule_says_what_it_needs():
    (found,) = judge_all(sines(seconds=10.0), [rule("thd", 1.0)])

    assert isinstance(found, Unjudged)
    assert "point of connection" in found.why


def test_a_limit_may_be_a_part_of_the_contract():
    found = judge(sines((4e6, 1.0)), rule("change", 1e9, window_s=5.0, limit_frac=0.05),
                  HERE)  # fmt: skip

    assert found.limit == pytest.approx(6e6)
    assert not found.passes


def test_rules_say_what_waveform_they_need():
    assert needed_sample_s(SWING) == pytest.approx(1 / (2.56 * 55))
    assert needed_horizon_s(SWING) == pytest.approx(60.0)
    assert needed_horizon_s(rule("pst", 1.0)) == 600.0
    assert needed_sample_s(rule("pst", 1.0)) < 0.0025


@pytest.mark.parametrize(
    ("wave", "rule", "match"),
    [
        (sines(sample_s=0.02), SWING, r"samples of 0\.0071 s .* or finer"),
        (sines(seconds=8.0), SWING, "lengthen the waveform"),
        (sines(seconds=20.0), CHANGE, "needs at least 30 s"),
        (sines(sample_s=2.0, seconds=4000), SHARE, "samples/s"),
        (sines(sample_s=0.5, seconds=4000), CHANGE, "needs samples of 0.05 s"),
        (sines(sample_s=40.0, seconds=4000), RAMP, "20 samples/s. or finer"),
    ],
)
def test_a_waveform_that_cannot_answer_says_what_is_needed(wave, rule, match):
    with pytest.raises(ValueError, match=match):
        judge(wave, rule)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"limit": 0.0}, "limit must be above 0"),
        ({"window_s": 0.0}, "window_s"),
        ({"low_hz": 60.0}, "must be above 0 and below"),
    ],
)
def test_a_rule_without_sense_is_refused(wrong, match):
    base = {"key": "r", "kind": "band-swing", "limit": 1e7, "window_s": 5.0,
            "low_hz": 0.1, "high_hz": 55.0}  # fmt: skip
    with pytest.raises(ValueError, match=match):
        Rule(**(base | wrong), **ABOUT)


def test_a_share_in_per_cent_is_a_slip():
    with pytest.raises(ValueError, match="divided by 100"):
        Rule(key="r", kind="band-share", limit=20.0, low_hz=0.1, high_hz=20.0, **ABOUT)


def test_gains_of_bands_are_kept_while_they_are_small(monkeypatch):
    wave = Waveform(power_w=np.sin(np.arange(4000) / 7.0), sample_s=0.01)
    bands = [(0.2 + 0.1 * k, 0.4 + 0.1 * k) for k in range(6)]
    first = [Spectra(wave).band_w(*band) for band in bands]
    monkeypatch.setattr(spectra, "GAIN_BYTES", 40_000)
    again = [Spectra(wave).band_w(*band) for band in bands]

    np.testing.assert_array_equal(first, again)
    assert 0 < sum(gain.nbytes for gain in spectra._gains.values()) <= 40_000
