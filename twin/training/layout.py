"""
Parts of a recorded trace: pauses, dips between iterations, stretches of iterations.

All of it is found from the power alone, by how low and for how long it is. A dip is a
low stretch longer than an iteration's own that keeps a schedule: an evaluation, most
often. `docs/models/learned_training.md`, eq. 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twin.training.recorded import Trace
from twin.types import BoolArray, FloatArray

IDLE_MOST_FRAC = 0.55
"""A pause's power ÷ the busy power is at most this. Assumed; H100 idles at 0.4."""
DEEP_FRAC = 0.25
"""Part of the way down from the busy level at which a sample counts as low. Assumed."""
LONG_RUN = 3.0
"""A pause is this many times longer than the usual low run. Assumed."""
SPLIT_FRAC = 1.35
"""Runs this many times longer than the next shorter are of another kind. Assumed."""
APART = 3.0
"""Levels this many standard deviations apart are two, not one with noise. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Low:
    """
    A stretch of low power.

    Args:
        start_s: When it begins. [s]
        end_s: When it is over. [s]
        level_w: Median power in it. [W]
    """

    start_s: float
    end_s: float
    level_w: float

    @property
    def lasts_s(self) -> float:
        """Length. [s]"""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    A trace in its parts.

    Args:
        pauses: Before the start, after the end, and where the job stood still.
        dips: Low stretches longer than an iteration's own, in the busy part.
        stretches: Readings between them, as (first, behind the last).
        line_w: Power under which a reading of the busy part is low. [W]
        short_s: Usual length of an iteration's own low run; 0 where there is none. [s]
        range_w: Lowest and highest reading of the busy part. [W]
    """

    pauses: tuple[Low, ...]
    dips: tuple[Low, ...]
    stretches: tuple[tuple[int, int], ...]
    line_w: float
    short_s: float
    range_w: tuple[float, float]


def lay_out(
    trace: Trace,
    evaluations: Sequence[tuple[float, float]] | None = None,
    *,
    every_low: bool = False,
) -> Layout:
    """
    Tell pauses, dips and stretches of iterations apart.

    Args:
        trace: The trace.
        evaluations: When the program says it evaluated [s]; None looks for dips.
        every_low: Take all low runs for dips that are long enough and keep a
            schedule: where iterations are too fast to be seen.

    Returns:
        Its parts.
    """
    power = trace.power_w
    pauses = _pauses(trace)
    busy = np.ones(power.size, dtype=bool)
    for pause in pauses:
        busy &= (trace.t_s < pause.start_s) | (trace.t_s > pause.end_s)
    high, low, apart = two_levels(power[busy])
    line = high - DEEP_FRAC * (high - low)
    begun = _begun(busy, power >= line)
    counted = busy & begun
    runs = [r for r in _runs(counted & (power < line)) if _inside(r, counted)]
    lows = [_low(trace, run, line) for run in runs]
    long, short = _split(lows, trace.interval_s) if apart >= APART else ([], lows)
    if every_low:
        long, short = _all_long(lows, trace.interval_s)
    if evaluations is not None:
        long = [_logged(trace, e) for e in evaluations if _covers(trace, e)]
    free = counted.copy()
    for dip in long:
        free &= (trace.t_s < dip.start_s) | (trace.t_s > dip.end_s)
    return Layout(
        pauses=tuple(pauses),
        dips=tuple(long),
        stretches=tuple((a, b) for a, b in _runs(free)),
        line_w=line,
        short_s=float(np.median([low.lasts_s for low in short])) if short else 0.0,
        range_w=(float(power[counted].min()), float(power[busy].max())),
    )


def readings_between(trace: Trace, layout: Layout) -> FloatArray:
    """Readings of iterations alone, without those beside dips and pauses. [W]"""
    parts = [trace.power_w[a + 1 : b - 1] for a, b in layout.stretches]
    parts = [part for part in parts if part.size]
    return np.concatenate(parts) if parts else trace.power_w


def two_levels(power_w: FloatArray) -> tuple[float, float, float]:
    """
    Split readings into two levels, each the mean of the readings nearest to it.

    Args:
        power_w: Readings. [W]

    Returns:
        High level [W], low level [W], and how many standard deviations of readings
        about their level lie between them.
    """
    low, high = (float(one) for one in np.percentile(power_w, [5.0, 95.0]))
    up = power_w >= 0.5 * (low + high)
    for _ in range(100):
        if up.all():
            return high, high, 0.0
        high, low = float(power_w[up].mean()), float(power_w[~up].mean())
        now = power_w >= 0.5 * (low + high)
        if (now == up).all():
            break
        up = now
    about = float(np.sqrt(np.mean((power_w - np.where(up, high, low)) ** 2)))
    return high, low, (high - low) / about if about > 0.0 else np.inf


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Stretches of true, as (first, behind the last)."""
    edge = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _low(trace: Trace, run: tuple[int, int], line_w: float) -> Low:
    """A run of low readings, its ends where the line between readings is crossed."""
    a, b = run
    return Low(
        start_s=_crossed(trace, a - 1, line_w) if a else float(trace.t_s[0]),
        end_s=_crossed(trace, b - 1, line_w)
        if b < trace.t_s.size
        else float(trace.t_s[-1]),
        level_w=float(np.median(trace.power_w[a:b])),
    )


def _crossed(trace: Trace, k: int, line_w: float) -> float:
    """When power crosses a line between readings k and k + 1, or the nearer one. [s]"""
    before, after = trace.power_w[k], trace.power_w[k + 1]
    part = (line_w - before) / (after - before) if after != before else 0.0
    part = min(max(part, 0.0), 1.0)
    return float(trace.t_s[k] + part * (trace.t_s[k + 1] - trace.t_s[k]))


def _pauses(trace: Trace) -> list[Low]:
    """Stretches near the lowest power that are long and do not repeat."""
    top, bottom = np.percentile(trace.power_w, [99.0, 1.0])
    if bottom > IDLE_MOST_FRAC * top:
        return []
    line = float(bottom + DEEP_FRAC * (top - bottom))
    runs = _runs(trace.power_w < line)
    if not runs:
        return []
    usual = float(np.median([b - a for a, b in runs]))
    least = LONG_RUN * (usual if len(runs) > LONG_RUN else 1.0)
    size = trace.t_s.size
    inner = [b - a for a, b in runs if a and b < size and b - a >= least]
    schedule = len(inner) >= LONG_RUN and max(inner) <= 2.0 * min(inner)
    return [
        _low(trace, (a, b), line)
        for a, b in runs
        if b - a >= max(LONG_RUN, least) and not (schedule and a and b < size)
    ]


def _begun(busy: BoolArray, up: BoolArray) -> BoolArray:
    """Busy readings but for those still rising to, or already falling from, it."""
    begun = busy.copy()
    for a, b in _runs(busy):
        high = np.flatnonzero(up[a:b])
        if high.size:
            begun[a : a + high[0]] = False
            begun[a + high[-1] + 1 : b] = b == busy.size
    return begun


def _inside(run: tuple[int, int], flags: BoolArray) -> bool:
    """Whether a run has readings that count on its left: it is whole, or still on."""
    return run[0] > 0 and bool(flags[run[0] - 1])


def _split(lows: list[Low], interval_s: float) -> tuple[list[Low], list[Low]]:
    """Long runs that keep a schedule, and short ones, which are more."""
    ranked = sorted(lows, key=lambda low: low.lasts_s)
    best, limit_s = SPLIT_FRAC, np.inf
    for k, (a, b) in enumerate(pairwise(ranked), start=1):
        ratio = b.lasts_s / max(a.lasts_s, interval_s)
        usual, longer = ranked[k // 2].lasts_s, ranked[(k + len(ranked)) // 2].lasts_s
        if (
            ratio > best and b.lasts_s - a.lasts_s >= 1.5 * interval_s
            and 2 <= len(ranked) - k <= k // 2
            and longer >= 2.0 * max(usual, interval_s)
        ):  # fmt: skip
            best, limit_s = ratio, a.lasts_s
    long = [low for low in lows if low.lasts_s > limit_s]
    if not _on_schedule([low.start_s for low in long]):
        return [], lows
    return long, [low for low in lows if low.lasts_s <= limit_s]


def _all_long(lows: list[Low], interval_s: float) -> tuple[list[Low], list[Low]]:
    """All low runs of several readings, if they keep a schedule."""
    slow = [low for low in lows if low.lasts_s >= LONG_RUN * interval_s]
    return (slow, []) if _on_schedule([low.start_s for low in slow]) else ([], lows)


def _on_schedule(starts_s: list[float]) -> bool:
    """Whether most begins are a whole number of usual spacings apart."""
    apart = np.diff(starts_s)
    if apart.size < 2:
        return apart.size == 1
    turns = apart / np.median(apart)
    return bool(np.mean(np.abs(turns - np.round(turns)) <= 0.15) >= 2.0 / 3.0)


def _covers(trace: Trace, evaluation: tuple[float, float]) -> bool:
    return bool(((trace.t_s > evaluation[0]) & (trace.t_s < evaluation[1])).any())


def _logged(trace: Trace, evaluation: tuple[float, float]) -> Low:
    """An evaluation of the program's log with the trace's level in it."""
    start, end = evaluation
    within = (trace.t_s > start) & (trace.t_s < end)
    return Low(
        start_s=start, end_s=end, level_w=float(np.median(trace.power_w[within]))
    )
