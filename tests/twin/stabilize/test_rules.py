"""Rules against waveforms whose worst value is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.stabilize.rules import Rule, band_power, judge, spectrum
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

    assert found.worst == pytest.approx(9 / 25, rel=1e-6)
    assert not found.passes
    assert found.worst_hz == pytest.approx(1.0)


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
    t = np.arange(0, 600.0, 0.1)
    for sign in (1, -1):
        wave = Waveform(power_w=1e8 + sign * 30e6 / 60 * t, sample_s=0.1)
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
    band = band_power(wave, 0.1, 55.0)
    middle = slice(40_000, 80_000)

    assert_allclose(band[middle], wave.power_w[middle] - 1e8, atol=2e4)


@pytest.mark.parametrize(
    ("wave", "rule", "match"),
    [
        (sines(sample_s=0.02), SWING, r"0\.0071 s .* or finer is needed"),
        (sines(seconds=8.0), SWING, "lengthen the waveform"),
        (sines(seconds=20.0), CHANGE, "needs at least 30 s"),
        (sines(sample_s=2.0, seconds=4000), SHARE, "samples/s"),
        (sines(sample_s=40.0, seconds=4000), RAMP, "30 s or finer"),
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
