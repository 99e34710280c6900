"""
Spectra of a waveform, computed once and shared by every rule that looks at bands.

`docs/models/stabilize.md`, eq. 9, 10.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

from twin.training.waveform import Waveform
from twin.types import FloatArray

ORDER = 6
"""Of the Butterworth band filter, run forward and back. Ours: rules name none."""
EDGE_GAIN = 0.99
"""Of the filter at the edges of a band: its corners lie outside. Ours."""
OUTWARD = (1.0 / EDGE_GAIN - 1.0) ** (0.5 / ORDER)
"""Corner ÷ edge at the lower end, edge ÷ corner at the upper."""
PAD_PERIODS = 6
"""Periods of a band's lower edge by which the ends are carried on, point-mirrored, and
led to the mean: the transform joins them."""
GAIN_BYTES = 32_000_000
"""Gains kept for the next waveform of the same length; a million lines have 8 MB."""


class Spectra:
    """
    Lines and bands of one waveform.

    Args:
        wave: The waveform.

    Attributes:
        kept: Other measurements of the waveform that several rules share.
    """

    def __init__(self, wave: Waveform) -> None:
        self.wave = wave
        self.kept: dict[Any, Any] = {}
        self._lines: tuple[FloatArray, FloatArray] | None = None
        self._padded: tuple[int, FloatArray] | None = None

    def lines(self) -> tuple[FloatArray, FloatArray]:
        """
        Lines of the power.

        Returns:
            Frequencies [Hz] without zero, and power² in each line [W²]: they add up
            to the variance (Parseval).
        """
        if self._lines is None:
            self._lines = spectrum(self.wave)
        return self._lines

    def strongest_hz(self, low_hz: float, high_hz: float) -> float:
        """Return the frequency of the strongest line in a band; NaN in a flat one."""
        hertz, energy = self.lines()
        first, last = np.searchsorted(hertz, (low_hz, high_hz * (1 + 1e-12)))
        if first == last or not energy[first:last].any():
            return math.nan
        return float(hertz[first + int(energy[first:last].argmax())])

    def band_w(self, low_hz: float, high_hz: float) -> FloatArray:
        """
        Part of the power that lies in a band; no phase is moved.

        Args:
            low_hz: Lower edge. [Hz]
            high_hz: Upper edge. [Hz], below half the sampling rate

        Returns:
            Power without its mean. [W], shape (samples,)
        """
        sample_s, size = self.wave.sample_s, self.wave.power_w.size
        pad = min(size - 1, round(PAD_PERIODS / low_hz / sample_s))
        if self._padded is None or self._padded[0] < pad:
            self._padded = (pad, self._transformed(pad))
        pad, lines = self._padded
        length = next_fast_len(size + 2 * pad, real=True)
        gain = _gain(length, sample_s, low_hz, high_hz)
        band: FloatArray = irfft(lines * gain, length)[pad : pad + size]
        return band

    def _transformed(self, pad: int) -> FloatArray:
        """Lines of the power with its ends carried on."""
        x = self.wave.power_w - self.wave.power_w.mean()
        taper = 0.5 - 0.5 * np.cos(math.pi * np.arange(pad) / max(1, pad))
        before = (2.0 * x[0] - x[pad:0:-1]) * taper
        after = (2.0 * x[-1] - x[-2 : -pad - 2 : -1]) * taper[::-1]
        whole = np.concatenate([before, x, after])
        lines: FloatArray = rfft(whole, next_fast_len(whole.size, real=True))
        return lines


_gains: dict[tuple[int, float, float, float], FloatArray] = {}
_gains_lock = threading.Lock()


def _gain(length: int, sample_s: float, low_hz: float, high_hz: float) -> FloatArray:
    """Gain of the band filter, kept while it is asked for."""
    key = (length, sample_s, low_hz, high_hz)
    with _gains_lock:
        gain = _gains.pop(key, None)
    if gain is None:
        gain = _band_gain(*key)
    with _gains_lock:
        _gains[key] = gain  # the last one
        while sum(kept.nbytes for kept in _gains.values()) > GAIN_BYTES:
            del _gains[next(iter(_gains))]
    return gain


def _band_gain(
    length: int, sample_s: float, low_hz: float, high_hz: float
) -> FloatArray:
    """Gain of the band filter, forward and back, on every line; eq. 10."""
    share = np.minimum(rfftfreq(length), 0.4999999)
    warped = np.tan(math.pi * share)
    low = OUTWARD * math.tan(math.pi * low_hz * sample_s)
    high = math.tan(math.pi * high_hz * sample_s) / OUTWARD
    with np.errstate(divide="ignore", over="ignore"):
        off = (warped**2 - low * high) / (warped * (high - low))
        gain: FloatArray = 1.0 / (1.0 + off ** (2 * ORDER))
    return gain


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
    lines = rfft(wave.power_w - wave.power_w.mean())[1:]
    energy: FloatArray = (lines.real**2 + lines.imag**2) * (2.0 / n**2)
    if n % 2 == 0:
        energy[-1] /= 2.0  # the last line has no twin
    hertz: FloatArray = np.arange(1, n // 2 + 1) / (n * wave.sample_s)
    return hertz, energy
