"""
A site's power against frequencies at which a grid or its machines may answer.

Amplitudes are those of a sine, half of peak to peak. `docs/models/resonance.md`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.errors import ABOVE_ZERO, check_fields
from twin.stabilize.rules import PER_CYCLE, spectrum
from twin.training.waveform import Waveform
from twin.types import FloatArray

PERIODS = 10
"""Periods of a mode's lower edge in one segment."""
LINES = 5
"""Lines over which a sine spreads under the window used; their sum is its energy."""
LEAST_S = 10.0
"""Shortest segment. Ours: what rings up a shaft takes seconds."""
NEAR_RATIO = 1.25
"""How far from a mode a line is still reported as nearby. Ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalMode:
    """
    A band in which something may swing along.

    Args:
        key: Name in files and answers.
        title: What swings, in words.
        low_hz: Lower edge. [Hz], > 0
        high_hz: Upper edge. [Hz], above `low_hz`
        limit_w: Most amplitude. [W]; infinite for none
        limit_frac: Most amplitude ÷ mean power; infinite for none. The lower counts.
        source: Where it stands, and how sure that is.
        date: Of the text.
    """

    key: str
    title: str
    low_hz: float
    high_hz: float
    limit_w: float = math.inf
    limit_frac: float = math.inf
    source: str
    date: str = "unknown"

    def __post_init__(self) -> None:
        if not 0 < self.low_hz < self.high_hz < math.inf:
            raise ValueError(
                f"{self.key}: low_hz {self.low_hz} must be above 0 and below high_hz "
                f"{self.high_hz}"
            )
        check_fields(self, ABOVE_ZERO, "limit_w", "limit_frac", owner=f"{self.key}: ")
        if 1 < self.limit_frac < math.inf:
            raise ValueError(
                f"{self.key}: limit_frac must be at most 1, got {self.limit_frac}; a "
                "per cent value is to be divided by 100"
            )

    @property
    def segment_s(self) -> float:
        """Length of the segments it is looked at in. [s]; docs, eq. 1"""
        return max(LEAST_S, PERIODS / self.low_hz, LINES / (self.high_hz - self.low_hz))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeMargin:
    """
    How strongly a site drives a mode.

    Args:
        mode: The mode.
        amplitude_w: Largest amplitude inside the band, in any segment. [W]
        at_hz: Its frequency; NaN for a flat power. [Hz]
        at_s: Middle of that segment; NaN for a flat power. [s]
        resolution_hz: Width over which energy counts as one line. [Hz]
        limit_w: Limit for this site; infinite for none. [W]
        margin_frac: (limit - amplitude) ÷ limit; below 0 it is exceeded; 1 where there
            is no limit.
        nearby_w: Largest amplitude just outside the band, in any segment; NaN for none.
            [W]
        nearby_hz: Its frequency. [Hz]
        nearby_off_hz: From the band's nearer edge to it; below 0 it lies under. [Hz]
        nearby_ratio: It ÷ that edge. [1]
    """

    mode: CriticalMode
    amplitude_w: float
    at_hz: float
    at_s: float
    resolution_hz: float
    limit_w: float
    margin_frac: float
    nearby_w: float
    nearby_hz: float
    nearby_off_hz: float
    nearby_ratio: float

    @property
    def passes(self) -> bool:
        """Whether the limit is kept; so is none."""
        return self.margin_frac >= 0.0


def margins(wave: Waveform, modes: Iterable[CriticalMode]) -> tuple[ModeMargin, ...]:
    """
    Hold a waveform against several modes.

    Args:
        wave: Power at the point of connection.
        modes: The modes.

    Returns:
        One answer per mode, in their order.

    Raises:
        ValueError: If the waveform is too short or too coarse for one; says what is
            needed.
    """
    modes = tuple(modes)
    for mode in modes:
        _check(wave, mode)
    done: dict[float, _Worst] = {}
    for mode in modes:
        if mode.segment_s not in done:
            done[mode.segment_s] = _worst_lines(wave, mode.segment_s)
    return tuple(_margin(wave, mode, done[mode.segment_s]) for mode in modes)


def needed_sample_s(mode: CriticalMode) -> float:
    """Coarsest samples that can answer for a mode. [s]"""
    return 1.0 / (PER_CYCLE * mode.high_hz)


def _check(wave: Waveform, mode: CriticalMode) -> None:
    needed_s = needed_sample_s(mode)
    if wave.sample_s > needed_s * (1 + 1e-9):
        raise ValueError(
            f"{mode.key} reaches to {mode.high_hz:g} Hz, samples of {wave.sample_s:g} "
            f"s do not; {needed_s:.3g} s ({1 / needed_s:.4g} samples/s) or finer is "
            "needed"
        )
    if wave.horizon_s < mode.segment_s * (1 - 1e-9):
        raise ValueError(
            f"{mode.key} is looked at in segments of {mode.segment_s:g} s, got "
            f"{wave.horizon_s:g} s; lengthen the waveform"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worst:
    """Largest amplitude of every line over all segments."""

    hertz: FloatArray
    amplitude_w: FloatArray
    centre_hz: FloatArray
    at_s: FloatArray
    step_hz: float


def _worst_lines(wave: Waveform, segment_s: float) -> _Worst:
    """Look at half-overlapping segments, each through a Hann window."""
    count = min(wave.power_w.size, round(segment_s / wave.sample_s))
    starts = np.arange(0, wave.power_w.size - count + 1, max(1, count // 2))
    if starts[-1] != wave.power_w.size - count:
        starts = np.append(starts, wave.power_w.size - count)  # the end counts too
    size = count // 2
    amplitude_w, centre_hz, at_s = np.full(size, -1.0), np.zeros(size), np.zeros(size)
    for start in starts.tolist():
        part = Waveform(
            power_w=wave.power_w[start : start + count], sample_s=wave.sample_s
        )
        hertz, here_w, here_hz = lines(part)
        more = here_w > amplitude_w
        amplitude_w[more], centre_hz[more] = here_w[more], here_hz[more]
        at_s[more] = (start + count / 2) * wave.sample_s
    return _Worst(
        hertz=hertz, amplitude_w=amplitude_w, centre_hz=centre_hz, at_s=at_s,
        step_hz=float(hertz[0]),
    )  # fmt: skip


def lines(wave: Waveform) -> tuple[FloatArray, FloatArray, FloatArray]:
    """
    Amplitude around every frequency of a waveform, seen through a Hann window.

    Args:
        wave: The waveform.

    Returns:
        Frequencies without zero [Hz]; amplitude of the sine that has the energy of the
        five lines around each [W]; that energy's centre [Hz]. Shape (samples // 2,).

    Source:
        docs/models/resonance.md, eq. 2, 3.
    """
    size = wave.power_w.size
    hann = 0.5 - 0.5 * np.cos(2.0 * math.pi * np.arange(size) / size)
    still_w = (wave.power_w - wave.power_w.mean()) * hann * math.sqrt(8.0 / 3.0)
    hertz, energy = spectrum(Waveform(power_w=still_w, sample_s=wave.sample_s))
    around = np.convolve(energy, np.ones(LINES), mode="same")
    moment = np.convolve(energy * hertz, np.ones(LINES), mode="same")
    centre_hz = np.divide(moment, around, out=hertz.copy(), where=around > 0)
    # below rounding there is nothing, whatever its centre
    floor = (wave.power_w.size * np.finfo(float).eps * np.abs(wave.power_w).max()) ** 2
    amplitude_w: FloatArray = np.sqrt(2.0 * np.where(around > floor, around, 0.0))
    return hertz, amplitude_w, centre_hz


def _margin(wave: Waveform, mode: CriticalMode, worst: _Worst) -> ModeMargin:
    k = _inside(mode, worst)
    amplitude_w = float(worst.amplitude_w[k])
    limit_w = min(mode.limit_w, mode.limit_frac * abs(float(wave.power_w.mean())))
    margin = 1.0 if limit_w == math.inf else (limit_w - amplitude_w) / limit_w
    flat = amplitude_w <= 0.0
    nearby_w, nearby_hz = _nearby(mode, worst)
    under = nearby_hz < mode.low_hz
    edge_hz = mode.low_hz if under else mode.high_hz
    return ModeMargin(
        mode=mode, amplitude_w=amplitude_w,
        at_hz=math.nan if flat else float(worst.centre_hz[k]),
        at_s=math.nan if flat else float(worst.at_s[k]),
        resolution_hz=LINES * worst.step_hz, limit_w=limit_w, margin_frac=margin,
        nearby_w=nearby_w, nearby_hz=nearby_hz, nearby_off_hz=nearby_hz - edge_hz,
        nearby_ratio=nearby_hz / edge_hz,
    )  # fmt: skip


def _inside(mode: CriticalMode, worst: _Worst) -> int:
    """Strongest line of a band; energy whose centre is outside is another line's."""
    half = worst.step_hz / 2 * (1 + 1e-9)
    low, high = mode.low_hz - half, mode.high_hz + half
    inside = (worst.hertz >= low) & (worst.hertz <= high)
    own = inside & (worst.centre_hz >= low) & (worst.centre_hz <= high)
    lines_ = np.flatnonzero(own if own.any() else inside)
    return int(lines_[worst.amplitude_w[lines_].argmax()])


def _nearby(mode: CriticalMode, worst: _Worst) -> tuple[float, float]:
    """Largest amplitude just outside a band, clear of what lies inside [W], its Hz."""
    clear = LINES / 2 * worst.step_hz
    hertz = worst.hertz
    under = (hertz >= mode.low_hz / NEAR_RATIO) & (hertz < mode.low_hz - clear)
    over = (hertz > mode.high_hz + clear) & (hertz <= mode.high_hz * NEAR_RATIO)
    near = np.flatnonzero(under | over)
    if near.size == 0:
        return math.nan, math.nan
    k = int(near[worst.amplitude_w[near].argmax()])
    if worst.amplitude_w[k] <= 0.0:
        return math.nan, math.nan
    return float(worst.amplitude_w[k]), float(worst.centre_hz[k])


def thinned(wave: Waveform, *, points: int = 1000) -> tuple[FloatArray, FloatArray]:
    """
    Spectrum of a whole waveform for a picture, nothing high lost.

    Args:
        wave: The waveform.
        points: Most points. > 0

    Returns:
        Frequencies [Hz], rising, and amplitudes [W]: of each of `points` bins, evenly
        spaced in the logarithm, the largest and where it lies. Bins without a line are
        left out.
    """
    if points < 1:
        raise ValueError(f"points must be 1 or more, got {points}")
    hertz, amplitude_w, _ = lines(wave)
    if hertz.size <= points:
        return hertz, amplitude_w
    span = math.log(hertz[-1] / hertz[0])
    place = np.log(hertz / hertz[0]) / span * points
    bins = np.minimum(place.astype(np.int64), points - 1)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    ends = [*starts[1:].tolist(), hertz.size]
    kept = [
        start + int(amplitude_w[start:end].argmax())
        for start, end in zip(starts.tolist(), ends, strict=True)
    ]
    return hertz[kept], amplitude_w[kept]
