"""
Grid rules: what a utility allows a load to do, and how far a waveform is from it.

A rule is data: a kind, a limit, a window or a band, its source and date. An answer is
never only pass or fail: worst value, limit, margin, when, and in which band.
`docs/models/stabilize.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.ndimage import (  # type: ignore[attr-defined]
    maximum_filter1d,
    minimum_filter1d,
)
from scipy.signal import butter, sosfiltfilt  # type: ignore[attr-defined]

from twin.training.waveform import Waveform
from twin.types import FloatArray

Kind = Literal["band-swing", "band-share", "change", "ramp"]
ORDER = 4
"""Of the Butterworth band filter, run forward and back. Ours: rules name none."""
PER_CYCLE = 2.56
"""Samples per cycle of a band's upper edge; two would be the limit of sampling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One limit of one utility.

    Args:
        key: Name in files and answers.
        authority: Who asks for it.
        title: What it asks, in words.
        kind: "band-swing": highest less lowest power in any window, of the power in a
            band. "band-share": energy of the power's changes that lies in a band.
            "change": highest less lowest power in any window. "ramp": change over any
            window ÷ its length, up and down.
        limit: In W (band-swing, change), W/s (ramp), or 0..1 (band-share).
        window_s: Rolling window. [s]; 0 where the kind has none.
        low_hz: Lower edge of the band. [Hz]
        high_hz: Upper edge of the band. [Hz]
        source: Where it stands, and how sure that is.
        date: Of the text.
    """

    key: str
    authority: str
    title: str
    kind: Kind
    limit: float
    window_s: float = 0.0
    low_hz: float = 0.0
    high_hz: float = 0.0
    source: str
    date: str

    def __post_init__(self) -> None:
        if not 0 < self.limit < math.inf:
            raise ValueError(f"{self.key}: limit must be above 0, got {self.limit}")
        if self.kind in ("band-swing", "change", "ramp") and not self.window_s > 0:
            raise ValueError(f"{self.key}: window_s must be above 0 for {self.kind}")
        banded = self.kind in ("band-swing", "band-share")
        if banded and not 0 < self.low_hz < self.high_hz:
            raise ValueError(
                f"{self.key}: low_hz {self.low_hz} must be above 0 and below high_hz "
                f"{self.high_hz}"
            )
        if self.kind == "band-share" and self.limit > 1:
            raise ValueError(
                f"{self.key}: limit of a share must be at most 1, got {self.limit}; a "
                "per cent value is to be divided by 100"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    How a waveform does under a rule.

    Args:
        rule: The rule.
        worst: Worst value, in the limit's unit.
        margin_frac: (limit - worst) ÷ limit; below zero it fails.
        at_s: Begin of the worst window; NaN for a share. [s]
        worst_hz: Strongest line inside the band; NaN without one. [Hz]
    """

    rule: Rule
    worst: float
    margin_frac: float
    at_s: float
    worst_hz: float

    @property
    def passes(self) -> bool:
        """Whether the limit is kept."""
        return self.margin_frac >= 0.0


def judge(wave: Waveform, rule: Rule) -> Verdict:
    """
    Measure a waveform against a rule.

    Args:
        wave: Power at the point of connection.
        rule: The rule.

    Returns:
        The verdict.

    Raises:
        ValueError: If the waveform is too short or too coarsely sampled; says what is
            needed.
    """
    _check(wave, rule)
    at_s, worst_hz = math.nan, math.nan
    if rule.kind == "band-share":
        worst, worst_hz = _share(wave, rule)
    elif rule.kind == "band-swing":
        # the first and the last period of the lower edge are the filter's own
        edge = round(1.0 / rule.low_hz / wave.sample_s)
        band_w = band_power(wave, rule.low_hz, rule.high_hz)[edge:-edge]
        worst, at_s = _swing(band_w, wave.sample_s, rule.window_s)
        at_s += edge * wave.sample_s
        worst_hz = _strongest_hz(wave, rule.low_hz, rule.high_hz)
    elif rule.kind == "change":
        worst, at_s = _swing(wave.power_w, wave.sample_s, rule.window_s)
    else:
        count = max(1, round(rule.window_s / wave.sample_s))
        change_w = np.abs(wave.power_w[count:] - wave.power_w[:-count])
        k = int(change_w.argmax())
        worst, at_s = float(change_w[k]) / (count * wave.sample_s), k * wave.sample_s
    margin = (rule.limit - worst) / rule.limit
    return Verdict(
        rule=rule, worst=worst, margin_frac=margin, at_s=at_s, worst_hz=worst_hz
    )


def _check(wave: Waveform, rule: Rule) -> None:
    if rule.window_s > 0 and wave.horizon_s < 2 * rule.window_s:
        raise ValueError(
            f"{rule.key} looks at windows of {rule.window_s:g} s and needs at least "
            f"{2 * rule.window_s:g} s, got {wave.horizon_s:g} s; lengthen the waveform"
        )
    if rule.window_s > 0 and wave.sample_s > rule.window_s / 2:
        raise ValueError(
            f"{rule.key} looks at windows of {rule.window_s:g} s, samples are "
            f"{wave.sample_s:g} s long; {rule.window_s / 2:g} s or finer is needed"
        )
    if rule.high_hz > 0:
        needed_s = 1.0 / (PER_CYCLE * rule.high_hz)
        if wave.sample_s > needed_s * (1 + 1e-9):
            raise ValueError(
                f"{rule.key} reaches to {rule.high_hz:g} Hz, samples of "
                f"{wave.sample_s:g} s do not; {needed_s:.3g} s "
                f"({1 / needed_s:.4g} samples/s) or finer is needed"
            )
        needed_s = 3.0 / rule.low_hz + 2.0 * rule.window_s
        if wave.horizon_s < needed_s:
            raise ValueError(
                f"{rule.key} begins at {rule.low_hz:g} Hz and needs {needed_s:g} s "
                f"(three periods, two windows), got {wave.horizon_s:g} s; lengthen the "
                "waveform"
            )


def band_power(wave: Waveform, low_hz: float, high_hz: float) -> FloatArray:
    """
    Part of a waveform's power that lies in a band; no phase is moved.

    Args:
        wave: The waveform.
        low_hz: Lower edge. [Hz]
        high_hz: Upper edge. [Hz], below half the sampling rate

    Returns:
        Power without its mean. [W], shape (samples,)
    """
    sos = butter(
        ORDER, [low_hz, high_hz], btype="bandpass", fs=1.0 / wave.sample_s, output="sos"
    )
    still = wave.power_w - wave.power_w.mean()
    pad = min(still.size - 1, round(3.0 / low_hz / wave.sample_s))
    found: FloatArray = sosfiltfilt(sos, still, padlen=pad)
    return found


def spectrum(wave: Waveform) -> tuple[FloatArray, FloatArray]:
    """
    Lines of a waveform's power.

    Args:
        wave: The waveform.

    Returns:
        Frequencies [Hz] without zero, and power² in each line [W²]: they add up to the
        variance (Parseval).
    """
    n = wave.power_w.size
    lines = np.fft.rfft(wave.power_w - wave.power_w.mean())[1:]
    energy = 2.0 * np.abs(lines) ** 2 / n**2
    if n % 2 == 0:
        energy[-1] /= 2.0  # the last line has no twin
    hertz: FloatArray = np.arange(1, n // 2 + 1) / (n * wave.sample_s)
    return hertz, energy


def _share(wave: Waveform, rule: Rule) -> tuple[float, float]:
    """Energy of changes inside a band ÷ all, and the strongest line there."""
    hertz, energy = spectrum(wave)
    inside = (hertz >= rule.low_hz) & (hertz <= rule.high_hz)
    total = float(energy.sum())
    if total <= 0.0:
        return 0.0, math.nan
    strongest = float(hertz[inside][energy[inside].argmax()])
    return float(energy[inside].sum()) / total, strongest


def _strongest_hz(wave: Waveform, low_hz: float, high_hz: float) -> float:
    hertz, energy = spectrum(wave)
    inside = (hertz >= low_hz) & (hertz <= high_hz)
    return float(hertz[inside][energy[inside].argmax()])


def _swing(
    power_w: FloatArray, sample_s: float, window_s: float
) -> tuple[float, float]:
    """Largest difference inside any window [W], and where that window begins [s]."""
    count = min(power_w.size, max(2, round(window_s / sample_s) + 1))
    highest = maximum_filter1d(power_w, count, mode="nearest")
    lowest = minimum_filter1d(power_w, count, mode="nearest")
    apart = highest - lowest
    k = int(apart.argmax())
    return float(apart[k]), max(0, k - count // 2) * sample_s
