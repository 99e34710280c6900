"""
Period of the iterations in a recorded trace.

A trace sampled every D seconds shows nothing faster than 2 D: a faster rhythm appears
as a slower one, and no trace can tell. `docs/models/learned_training.md`, eq. 2, 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import scipy  # its parts load when they are used

from twin.training.layout import Layout, lay_out
from twin.training.recorded import StepLog, Trace
from twin.types import FloatArray, IntArray

Pieces: TypeAlias = Sequence[tuple[FloatArray, FloatArray]]

PIECE_READINGS = 256
"""A rhythm is asked to keep its phase for this many readings, no longer. Assumed."""
MOST_PIECES = 200
"""Of more pieces, this many are taken, evenly. Keeps an hour at 10 ms to seconds."""
HARMONICS = 3
"""Lines of a rhythm that are added up. Assumed."""
SAME_FRAC = 0.8
"""A part of a period wins over it if it explains this much of what it does. Assumed."""
LEAST_EXPLAINED = 0.3
"""A rhythm that explains less of the variance than this is none. Assumed."""
FEWEST_PERIODS = 8
"""Fewer repetitions are no rhythm. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """
    A regular pattern.

    Args:
        period_s: Its period. [s]
        explained_frac: Part of the variance between dips that it explains. 0..1
    """

    period_s: float
    explained_frac: float


def look(trace: Trace, log: StepLog | None = None) -> tuple[Layout, Rhythm | None]:
    """
    Lay a trace out and find its rhythm.

    Args:
        trace: The trace.
        log: When the program says it evaluated; None looks for dips.

    Returns:
        Parts and rhythm. Low runs without a rhythm are dips themselves: iterations are
        too fast to be seen.
    """
    layout = lay_out(trace, log.evaluations or None if log else None)
    rhythm = find_rhythm(trace, layout.stretches)
    if layout.dips or rhythm is not None:
        return layout, rhythm
    layout = lay_out(trace, every_low=True)
    return layout, find_rhythm(trace, layout.stretches)


def find_rhythm(trace: Trace, stretches: Sequence[tuple[int, int]]) -> Rhythm | None:
    """
    Find the period of the iterations.

    Every stretch has a phase of its own: the program takes up again after a pause when
    it likes. The periodograms of the stretches are added, lines of a rhythm together,
    and the highest is refined by least squares on the readings' own times.

    Args:
        trace: The trace.
        stretches: Readings between dips, as (first, behind the last).

    Returns:
        The rhythm; None where there is none above twice the sample interval.
    """
    pieces = [
        (trace.t_s[a:b], trace.power_w[a:b]) for a, b in _pieces(trace, stretches)
    ]
    if not pieces:
        return None
    power, frequency = _periodogram(pieces, trace.interval_s)
    guess = _strongest(power, frequency, trace.interval_s)
    if guess is None:
        return None
    period = _refined(pieces, guess, trace.interval_s)
    explained = _explained(pieces, period, trace.interval_s)
    total_s = sum(float(t[-1] - t[0]) for t, _ in pieces)
    if explained < LEAST_EXPLAINED or total_s < FEWEST_PERIODS * period:
        return None
    return Rhythm(period_s=period, explained_frac=explained)


# --- parts ---------------------------------------------------------------------------


def _pieces(
    trace: Trace, stretches: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Stretches without gaps, cut to what a rhythm keeps its phase for."""
    gaps = np.flatnonzero(np.diff(trace.t_s) > 2.5 * trace.interval_s) + 1
    out: list[tuple[int, int]] = []
    for a, b in stretches:
        cuts = [a, *(int(g) for g in gaps if a < g < b), b]
        for start, end in pairwise(cuts):
            parts = -(-(end - start) // PIECE_READINGS)
            edges: IntArray = np.linspace(start, end, parts + 1).astype(np.int64)
            out += list(pairwise(edges.tolist()))
    whole = [(a, b) for a, b in out if b - a >= FEWEST_PERIODS]
    return whole[:: -(-len(whole) // MOST_PIECES)] if whole else []


def _periodogram(pieces: Pieces, interval_s: float) -> tuple[FloatArray, FloatArray]:
    """Power by frequency, added over the pieces, and the frequencies. [Hz]"""
    size = 16 * PIECE_READINGS
    total = np.zeros(size // 2 + 1)
    for t, p in pieces:
        grid = np.arange(t[0], t[-1], interval_s)
        even = np.interp(grid, t, p)
        even = (even - even.mean()) * np.hanning(even.size)
        total += np.abs(np.fft.rfft(even, size)) ** 2
    frequency: FloatArray = np.arange(total.size) / (size * interval_s)
    return total, frequency


def _strongest(
    power: FloatArray, frequency: FloatArray, interval_s: float
) -> float | None:
    """Period whose lines hold the most power above the noise; shortest of equals."""
    above = np.maximum(power - 4.0 * np.median(power), 0.0)
    score = np.zeros(power.size)
    for n in range(1, HARMONICS + 1):
        whole = above[: (power.size - 1) // n * n + 1 : n]
        score[: whole.size] += whole
    first = int(np.searchsorted(frequency, 2.0 / (PIECE_READINGS * interval_s)))
    score[:first] = 0.0
    last = int(np.searchsorted(frequency, 0.5 / interval_s * (1.0 - 1e-9)))
    score[last:] = 0.0
    best = int(np.argmax(score))
    if score[best] <= 0.0:
        return None
    for n in (3, 2):
        if best * n < last:
            near = slice(best * n - n, best * n + n + 1)
            if score[near].max() >= SAME_FRAC * score[best]:
                best = near.start + int(np.argmax(score[near]))
                break
    return float(1.0 / frequency[best])


def _refined(pieces: Pieces, period_s: float, interval_s: float) -> float:
    """Period near a guess that leaves the least unexplained. [s]"""
    longest_s = max(float(t[-1] - t[0]) for t, _ in pieces)
    reach = min(0.1, 0.4 * period_s / longest_s) * period_s
    low = max(period_s - reach, 2.0 * interval_s * (1.0 + 1e-9))
    tried = np.linspace(low, period_s + reach, 41)
    left = [1.0 - _explained(pieces, one, interval_s) for one in tried]
    at = int(np.argmin(left))
    ends = tried[max(0, at - 1)], tried[min(40, at + 1)]
    found = scipy.optimize.minimize_scalar(
        lambda one: 1.0 - _explained(pieces, one, interval_s),
        bounds=ends, method="bounded", options={"xatol": 1e-6 * period_s},
    )  # fmt: skip
    return float(found.x)


def _explained(pieces: Pieces, period_s: float, interval_s: float) -> float:
    """Part of the variance that a rhythm of this period explains, phases free. 0..1"""
    lines = max(1, min(HARMONICS, int(0.475 * period_s / interval_s)))
    left = total = 0.0
    for t, p in pieces:
        turn = 2.0 * np.pi * (t - t[0]) / period_s
        waves = [f(n * turn) for n in range(1, lines + 1) for f in (np.sin, np.cos)]
        base = np.stack([np.ones(t.size), *waves], axis=1)
        rest = p - base @ np.linalg.lstsq(base, p, rcond=None)[0]
        spare = max(1, t.size - base.shape[1])
        left += float(rest @ rest) * t.size / spare
        total += float(((p - p.mean()) ** 2).sum()) * t.size / max(1, t.size - 1)
    return 1.0 - left / total if total > 0.0 else 0.0
