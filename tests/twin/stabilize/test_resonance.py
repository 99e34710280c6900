"""Sines of known height, and where they are found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from store.grid_files import critical_modes
from twin.stabilize.resonance import (
    CriticalMode,
    lines,
    margins,
    needed_sample_s,
    thinned,
)
from twin.training.waveform import Waveform

SLOW = CriticalMode(key="slow", title="t", low_hz=0.1, high_hz=1.0, source="none",
                    limit_w=2e6)  # fmt: skip
SHAFT = CriticalMode(key="shaft", title="t", low_hz=7.0, high_hz=100.0, source="none")
NARROW = CriticalMode(key="narrow", title="t", low_hz=14.7, high_hz=14.8, source="none",
                      limit_w=1e6)  # fmt: skip


def sines(*parts, seconds=300.0, sample_s=2e-3, mean=1e8):
    """Waveform of (amplitude [W], frequency [Hz]) sines."""
    t = np.arange(round(seconds / sample_s)) * sample_s
    power = np.full(t.size, mean)
    for height, hertz in parts:
        power += height * np.sin(2 * math.pi * hertz * t)
    return Waveform(power_w=power, sample_s=sample_s)


@pytest.mark.parametrize("hertz", [0.11, 0.4, 0.4337, 0.405, 0.99])
def test_a_sine_is_found_with_its_height_and_frequency(hertz):
    """On a line, between two, or anywhere: 100 s segments have a line every 0.01 Hz."""
    (found,) = margins(sines((1.5e6, hertz)), [SLOW])

    assert found.amplitude_w == pytest.approx(1.5e6, rel=2e-3)
    assert found.at_hz == pytest.approx(hertz, abs=1e-3)
    assert found.margin_frac == pytest.approx(0.25, abs=2e-3)
    assert found.passes
    assert found.resolution_hz == pytest.approx(0.05)


def test_each_band_sees_its_own():
    """The strong swing is outside, whatever of it leaks into the band's edge."""
    wave = sines((3e7, 0.4), (2e5, 23.0), (1e5, 60.0))
    slow, shaft = margins(wave, [SLOW, SHAFT])

    assert slow.at_hz == pytest.approx(0.4, abs=1e-3)
    assert not slow.passes
    assert shaft.amplitude_w == pytest.approx(2e5, rel=2e-3)
    assert shaft.at_hz == pytest.approx(23.0, abs=1e-3)
    assert shaft.margin_frac == 1.0
    assert shaft.limit_w == math.inf


def test_a_line_beside_a_narrow_band_is_reported_with_its_distance():
    (found,) = margins(sines((3e6, 14.5)), [NARROW])

    assert found.amplitude_w < 3e3
    assert found.passes
    assert found.nearby_w == pytest.approx(3e6, rel=2e-3)
    assert found.nearby_hz == pytest.approx(14.5, abs=1e-3)
    assert found.nearby_off_hz == pytest.approx(-0.2, abs=1e-3)
    assert found.nearby_ratio == pytest.approx(14.5 / 14.7, abs=1e-4)


def test_a_line_above_a_band_is_a_positive_distance_away():
    (found,) = margins(sines((3e6, 15.8)), [NARROW])

    assert found.nearby_off_hz == pytest.approx(1.0, abs=1e-3)
    assert found.nearby_ratio > 1.0


def test_a_burst_is_not_diluted_by_the_quiet_around_it():
    """20 s of 1 MW at 20 Hz in 10 minutes: some segment of 10 s lies within."""
    wave = sines(seconds=600.0)
    inside = (wave.t_s >= 300.0) & (wave.t_s < 320.0)
    power = wave.power_w + np.where(inside, 1e6 * np.sin(40 * math.pi * wave.t_s), 0.0)
    (found,) = margins(Waveform(power_w=power, sample_s=wave.sample_s), [SHAFT])

    assert found.amplitude_w == pytest.approx(1e6, rel=2e-3)
    assert 305.0 <= found.at_s <= 315.0


def test_a_square_wave_has_its_odd_lines():
    """Line n of a square wave ±A: 4 A ÷ (π n); 0.5 Hz has its fifteenth at 7.5 Hz."""
    t = np.arange(150_000) * 2e-3
    power = 1e8 + 1e7 * np.where((t / 2.0) % 1.0 < 0.5, 1.0, -1.0)
    slow, shaft = margins(Waveform(power_w=power, sample_s=2e-3), [SLOW, SHAFT])

    assert slow.amplitude_w == pytest.approx(4e7 / math.pi, rel=2e-3)
    assert slow.at_hz == pytest.approx(0.5, abs=1e-3)
    assert shaft.amplitude_w == pytest.approx(4e7 / math.pi / 15, rel=5e-3)
    assert shaft.at_hz == pytest.approx(7.5, abs=5e-3)


def test_the_lower_of_two_limits_counts():
    """0.25 % of 100 MW are 250 kW, of 2 GW 5 MW."""
    both = CriticalMode(key="both", title="t", low_hz=0.1, high_hz=1.0, source="none",
                        limit_w=2.5e6, limit_frac=0.0025)  # fmt: skip

    for mean, limit in ((1e8, 2.5e5), (2e9, 2.5e6)):
        (found,) = margins(sines((1e5, 0.5), mean=mean), [both])
        assert found.limit_w == pytest.approx(limit, rel=1e-6)
        assert found.margin_frac == pytest.approx(1 - 1e5 / limit, rel=5e-3)


def test_a_flat_load_drives_nothing():
    for found in margins(sines(), [SLOW, SHAFT, NARROW]):
        assert found.amplitude_w == 0.0
        assert math.isnan(found.at_hz)
        assert math.isnan(found.nearby_hz)
        assert found.margin_frac == 1.0


def test_the_window_keeps_the_energy_of_noise():
    """White noise: five lines of variance ÷ lines each, as a sine."""
    rng = np.random.Generator(np.random.Philox(key=11))
    wave = Waveform(power_w=rng.normal(1e8, 1e6, 200_000), sample_s=1e-3)
    _, amplitude_w, _ = lines(wave)
    per_line = 1e12 / (wave.power_w.size / 2)

    assert_allclose((amplitude_w**2 / 2).mean(), 5 * per_line, rtol=0.02)


def test_a_picture_keeps_the_highest_line_of_every_bin():
    wave = sines((1e6, 0.4337), (3e5, 23.333), (1e4, 120.0))
    hertz, amplitude_w = thinned(wave)
    _, every_w, _ = lines(wave)

    assert 500 < hertz.size <= 1000
    assert (np.diff(hertz) > 0).all()
    assert amplitude_w.max() == every_w.max()
    for height, at_hz in ((1e6, 0.4337), (3e5, 23.333), (1e4, 120.0)):
        near = np.abs(hertz / at_hz - 1) < 0.01
        assert amplitude_w[near].max() == pytest.approx(height, rel=5e-3)


def test_a_short_waveform_is_shown_whole():
    hertz, _ = thinned(sines((1e6, 5.0), seconds=2.0), points=1000)

    assert hertz.size == 500


def test_modes_of_ours_are_answered_by_one_waveform():
    modes = critical_modes()
    found = margins(sines((1e6, 0.3), (2e5, 14.75), (1e5, 23.2)), modes.values())
    by_key = {answer.mode.key: answer for answer in found}

    assert list(by_key) == list(modes)
    assert by_key["inter-area"].at_hz == pytest.approx(0.3, abs=1e-3)
    assert by_key["dominion"].amplitude_w == pytest.approx(2e5, rel=5e-3)
    assert by_key["ercot-2024"].at_hz == pytest.approx(23.2, abs=1e-2)


@pytest.mark.parametrize(
    ("wave", "mode", "match"),
    [
        (sines(sample_s=0.01), SHAFT, r"0\.00391 s .* or finer is needed"),
        (sines(seconds=60.0), SLOW, "segments of 100 s, got 60 s"),
        (sines(seconds=30.0), NARROW, "segments of 50 s"),
    ],
)
def test_a_waveform_that_cannot_answer_says_what_is_needed(wave, mode, match):
    with pytest.raises(ValueError, match=match):
        margins(wave, [mode])


def test_what_is_needed_is_enough():
    wave = sines((1e5, 99.0), seconds=20.0, sample_s=needed_sample_s(SHAFT))
    (found,) = margins(wave, [SHAFT])

    assert found.amplitude_w == pytest.approx(1e5, rel=5e-3)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"low_hz": 2.0}, "below high_hz 1.0"),
        ({"limit_w": 0.0}, "limit_w must be above 0"),
        ({"limit_frac": 2.5}, "divided by 100"),
    ],
)
def test_a_mode_without_sense_is_refused(wrong, match):
    base = {"key": "m", "title": "t", "low_hz": 0.1, "high_hz": 1.0, "source": "none"}
    with pytest.raises(ValueError, match=match):
        CriticalMode(**(base | wrong))


def test_a_picture_without_points_is_refused():
    with pytest.raises(ValueError, match="points must be 1 or more, got 0"):
        thinned(sines(seconds=1.0), points=0)
