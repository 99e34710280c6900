"""
Learn a training job from its recorded power.

Period, duty, levels, evaluations, start and end come from the trace; a log of steps may
give period and evaluations instead. `docs/models/learned_training.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeVar

import numpy as np

from twin.errors import ScenarioError
from twin.training.judge import judge
from twin.training.layout import Layout, Low, readings_between
from twin.training.learned import UNJUDGED, Evaluations, Learned
from twin.training.levels import TwoLevels, fit_levels
from twin.training.recorded import StepLog, Trace
from twin.training.rhythm import Rhythm, look
from twin.types import FloatArray

_Part = TypeVar("_Part", TwoLevels, Evaluations)
MOST_OFF_FRAC = 0.5
"""More readings of 0 W than this are a meter's silence: idle servers draw power."""
CLEAR_READINGS = 4
"""An iteration with fewer readings than this is said to be thinly sampled."""


def learn(trace: Trace, *, node_count: int = 1, log: StepLog | None = None) -> Learned:
    """
    Learn a job from one trace.

    Args:
        trace: Power of one node, or a sum over nodes (`Cluster.trace`).
        node_count: Nodes in the sum.
        log: Steps and evaluations as the program wrote them; None learns everything
            from the power.

    Returns:
        The job, with its fit error on the same trace. A fit is judged on another part
        of the record: `judge`.

    Raises:
        ScenarioError: If `node_count` is not positive, or most readings, or those
            between dips, are 0 W.

    Source:
        docs/models/learned_training.md.
    """
    if node_count < 1:
        raise ScenarioError("node_count", "must be 1 or more", node_count,
                            "say how many nodes the trace is the sum of")  # fmt: skip
    off = float(np.mean(trace.power_w == 0.0))
    first = _first_look(trace, node_count, log) if off <= MOST_OFF_FRAC else None
    if first is None or first.levels.high_w <= 0.0:
        raise ScenarioError(f"{trace.name}.power_w", "must be above 0 while the job "
                            "runs", f"0 W in {off:.0%} of the readings",
                            "choose a meter that reads and a job that ran")  # fmt: skip
    return replace(first, error=judge(first, trace))


# --- parts ---------------------------------------------------------------------------


def _first_look(trace: Trace, node_count: int, log: StepLog | None) -> Learned:
    """Learn everything but the error."""
    layout, rhythm = look(trace, log)
    period, period_from = _period(trace, rhythm, log)
    idle_w = min((p.level_w for p in layout.pauses), default=None)
    between = readings_between(trace, layout)
    levels = _levels(between, trace, period, layout.range_w)
    logged = log is not None and bool(log.evaluations)
    seen, anchor_s = _evaluations(layout, between, levels, period, logged=logged)
    before, stops, after = _sorted_pauses(trace, layout.pauses)
    ramp_s = _edge_s(trace, before.end_s, levels.high_w, idle_w) if before else 0.0
    fall_s = _edge_s(trace, after.start_s, levels.high_w, idle_w) if after else 0.0
    cycle = seen.spacing_s if seen else period
    above = between[between > levels.high_w] / levels.high_w - 1.0
    start_s = _start_s(trace, before, ramp_s, anchor_s, cycle, period)
    return Learned(
        node_count=node_count,
        interval_s=trace.interval_s,
        period_s=period,
        period_from=period_from,
        levels=_of_one(levels, node_count, "high_w", "low_w", "misfit_w"),
        evaluations=seen and _of_one(seen, node_count, "level_w", "depth_w"),
        noise_frac=float(np.sqrt(np.mean(above**2))) if above.size else 0.0,
        idle_w=None if idle_w is None else idle_w / node_count,
        start_s=start_s,
        start_seen=before is not None,
        ramp_s=ramp_s,
        end_s=after.start_s if after and after.start_s > start_s else math.inf,
        fall_s=fall_s,
        # like the start, a restart is seen a quarter up its ramp
        stops=tuple(
            replace(p, end_s=p.end_s - min(0.25 * ramp_s, 0.5 * p.lasts_s))
            for p in stops
        ),
        limits=tuple(_limits(trace, period, levels, idle_w)),
        error=UNJUDGED,
    )


def _of_one(part: _Part, node_count: int, *names: str) -> _Part:
    """A record of the sum with these powers ÷ nodes."""
    return replace(part, **{name: getattr(part, name) / node_count for name in names})


def _period(
    trace: Trace, rhythm: Rhythm | None, log: StepLog | None
) -> tuple[float | None, Literal["power", "log", "none"]]:
    """Period that the trace can show, and where it is from."""
    if log is not None and math.isfinite(log.spacing_s):
        if log.spacing_s > 2.0 * trace.interval_s:
            return log.spacing_s, "log"
        return None, "none"
    return (None, "none") if rhythm is None else (rhythm.period_s, "power")


def _levels(
    between: FloatArray,
    trace: Trace,
    period: float | None,
    range_w: tuple[float, float],
) -> TwoLevels:
    if period is None:
        mean = float(between.mean())
        return TwoLevels(
            high_w=mean, low_w=mean, low_s=0.0, jitter_s=0.0,
            misfit_w=float(between.std()),
        )  # fmt: skip
    return fit_levels(
        between, period_s=period, interval_s=trace.interval_s, range_w=range_w
    )


def _evaluations(
    layout: Layout,
    between: FloatArray,
    levels: TwoLevels,
    period: float | None,
    *,
    logged: bool,
) -> tuple[Evaluations | None, float | None]:
    """Schedule of the dips, and when iterations began for it to hold. [s]"""
    dips = layout.dips
    if len(dips) < 2:
        return None, None
    # a dip that was found begins with its iteration's own low phase
    own_s, tail_s = (0.0, 0.0) if logged else (levels.low_s, layout.short_s)
    starts = np.array([dip.start_s for dip in dips]) + own_s
    usual = float(np.median(np.diff(starts)))
    turn = np.round((starts - starts[0]) / usual)
    spacing = float(np.median(np.diff(starts) / np.maximum(1.0, np.diff(turn))))
    if len(dips) > 3:
        spacing = float(np.polyfit(turn, starts, 1)[0])
    anchor = float(np.median(starts - turn * spacing))
    lasts = float(np.median([dip.lasts_s for dip in dips])) - tail_s
    if spacing <= lasts:
        return None, None
    every = 1 if period is None else max(1, round((spacing - lasts) / period))
    if period is not None and 0.0 < spacing - every * period < lasts + period:
        lasts = spacing - every * period
    level = float(np.median([dip.level_w for dip in dips]))
    found = Evaluations(
        count=len(dips), every=every, spacing_s=spacing, lasts_s=lasts,
        level_w=level, depth_w=float(np.median(between)) - level,
    )  # fmt: skip
    return found, anchor - (spacing - lasts)


def _sorted_pauses(
    trace: Trace, pauses: Sequence[Low]
) -> tuple[Low | None, list[Low], Low | None]:
    """Pause before the start, those within, and the one after the end."""
    t_s = trace.t_s
    before = next((p for p in pauses if p.start_s < t_s[CLEAR_READINGS]), None)
    after = next((p for p in pauses if p.end_s > t_s[-CLEAR_READINGS]), None)
    return before, [p for p in pauses if p not in (before, after)], after


def _edge_s(trace: Trace, at_s: float, high_w: float, idle_w: float | None) -> float:
    """Length of a rise or fall about a time, from its 10 % to 90 %, ÷ 0.8. [s]"""
    low_w = idle_w or 0.0
    if high_w <= low_w:
        return 0.0
    part = (trace.power_w - low_w) / (high_w - low_w)
    k = int(np.searchsorted(trace.t_s, at_s))
    rising = part[min(k + 1, part.size - 1)] > part[max(k - 2, 0)]
    low, high = (part <= 0.1), (part >= 0.9)
    before, after = (low, high) if rising else (high, low)
    left, right = np.flatnonzero(before[:k]), np.flatnonzero(after[k:])
    if not left.size or not right.size:
        return 0.0
    spread_s = float(trace.t_s[k + right[0]] - trace.t_s[left[-1]])
    return max(0.0, spread_s - trace.interval_s) / 0.8


def _start_s(
    trace: Trace, before: Low | None, ramp_s: float, anchor_s: float | None,
    cycle: float | None, period: float | None,
) -> float:  # fmt: skip
    """When iterations began: by the schedule of dips, and by the end of idling. [s]"""
    begin = float(trace.t_s[0])
    risen = begin if before is None else before.end_s - 0.25 * ramp_s
    if anchor_s is None or cycle is None:
        return risen if before else begin - (period or 0.0)
    if before is None:
        return anchor_s - cycle * max(0, math.ceil((anchor_s - begin) / cycle))
    start = anchor_s - cycle * round((anchor_s - risen) / cycle)
    return start if abs(start - risen) <= 0.5 * (period or 0.0) else risen


def _limits(
    trace: Trace, period: float | None, levels: TwoLevels, idle_w: float | None
) -> list[str]:
    """What the trace cannot tell."""
    fastest = 2.0 * trace.interval_s
    first = (
        f"sampled every {trace.interval_s:.3g} s: nothing faster than {fastest:.3g} s "
        "is claimed; a faster rhythm would show as a slower one or not at all, and "
        "the fastest seen counts as the iteration"
    )
    said = [first]
    if period is None:
        said.append(
            f"no rhythm slower than {fastest:.3g} s was found: the job is drawn flat "
            "between dips"
        )
    else:
        short = min(levels.low_s, period - levels.low_s)
        if period < CLEAR_READINGS * trace.interval_s:
            said.append(
                f"an iteration of {period:.3g} s has fewer than {CLEAR_READINGS} "
                "readings: its levels are rough"
            )
        if short < fastest:
            said.append(
                f"its shorter phase, {short:.3g} s, is faster than that: its energy is "
                "measured, its length and level are one pair that fits"
            )
        said.append(
            f"edges are not known: the spread of {levels.jitter_s:.2g} s holds the "
            "meter's averaging and, in a sum, the nodes' clocks"
        )
    if idle_w is None:
        said.append("idle was not recorded: the default of a GPU stands for it")
    if trace.gaps:
        said.append(f"{len(trace.gaps)} gaps: what lies in them is not known")
    return said
