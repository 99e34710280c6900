"""What a study's points say together: distributions, limits, what matters, the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.pareto import Goal, pareto_front
from twin.scenario.study import Limit, Rare, Saltelli, Spaced
from twin.study.prepare import Prepared
from twin.study.rare_design import RareDesign
from twin.study.runner import Finished, Solved
from twin.study.sensitive import OutputInfluence, OutputTornado, influences, tornadoes
from twin.types import BoolArray, FloatArray
from twin.uncertainty.checks import SampleKind
from twin.uncertainty.exceedance import Probability, exceedance
from twin.uncertainty.rare import RareEvent
from twin.uncertainty.sensitivity import saltelli_sample
from twin.uncertainty.summary import Histogram, Summary, histogram, summarise

MOST_BINS = 40
LEVEL = 0.95
LOOKED_LEVEL = 0.98
"""Level at which an interval is worked out where points were looked at on the way, so
that it holds 95 % whenever they stopped; at 0.95 the worst case enumerated held 93.1 %.
"""
_LOOKED = "widened: it was looked at on the way"
_NOT_DRAWN = "points were not drawn: quantiles are of the points, without intervals"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSummary:
    """
    One output over the points.

    Args:
        output: Its key.
        summary: Moments and quantiles.
        histogram: Counts in equal bins.
    """

    output: str
    summary: Summary
    histogram: Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPassed:
    """
    How often a limit is passed.

    Args:
        output: Key of the output.
        side: above or below.
        limit: The limit.
        found: The probability with its interval; of a grid, a share of its points.
        drawn: Whether the points were drawn, so that the share is a probability.
    """

    output: str
    side: str
    limit: float
    found: Probability
    drawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """
    What a study found.

    Args:
        outputs: Each output over the points.
        exceedance: Each limit.
        influence: Which axis matters for which output; empty where the points do not
            tell.
        tornado: Each axis low and high, of a one-at-a-time design.
        pareto: Points that no other beats in every objective, best first. [1]
        best: Point with the best first objective that keeps every limit.
        feasible: Points that keep every limit.
        rare: Probability of a rare event; None for other designs.
        notes: What a reader must know, in words.
    """

    outputs: tuple[OutputSummary, ...]
    exceedance: tuple[LimitPassed, ...]
    influence: tuple[OutputInfluence, ...]
    tornado: tuple[OutputTornado, ...]
    pareto: tuple[int, ...]
    best: int | None
    feasible: int
    rare: RareEvent | None
    notes: tuple[str, ...]


def analyse(study: Prepared, finished: Finished) -> Analysis:
    """
    Analyse a study that came to its end.

    Args:
        study: The study.
        finished: Its points.

    Returns:
        The analysis; the same points give the same analysis.
    """
    points = finished.points
    values = {key: _values(points, key) for key in study.outputs}
    drawn = _drawn(study, len(points))
    kind = _kind(study)
    feasible = _feasible(study, points)
    rare, notes = _rare(finished)
    failed = sum(one.outputs is None for one in points)
    if failed:
        notes.append(
            f"{failed} of {len(points)} points have no answer; see their error"
        )
    if finished.stopped:
        notes.append(f"stopped early: {finished.stopped}")
    adaptive = study.spec.design.kind in {"search", "rare"}
    sampled = isinstance(study.spec.design, Spaced | Saltelli)
    notes += _notes(study, values)
    if adaptive:
        notes.append(
            "points were chosen by what came out before: their scatter is not that of "
            "the inputs"
        )
    return Analysis(
        outputs=tuple(
            OutputSummary(
                output=key, summary=_summary(v[drawn], kind, sampled=sampled),
                histogram=histogram(v[drawn], most_bins=MOST_BINS),
            )
            for key, v in values.items()
        ),
        exceedance=() if adaptive else tuple(
            found for limit in study.spec.limits
            if (found := _passed(study, finished, limit, drawn, kind)) is not None
        ),
        influence=() if adaptive else influences(study, values, finished.units),
        tornado=tornadoes(study, values),
        pareto=_front(study, points, feasible), best=_best(study, points, feasible),
        feasible=int(feasible.sum()), rare=rare, notes=tuple(notes),
    )  # fmt: skip


def _summary(values: FloatArray, kind: SampleKind, *, sampled: bool) -> Summary:
    """Describe an output; points that were not drawn have no intervals."""
    found = summarise(values, design=kind)
    if sampled:
        return found
    bare = tuple(replace(q, low=math.nan, high=math.nan) for q in found.quantiles)
    return replace(found, quantiles=bare, note=_NOT_DRAWN)


def _notes(study: Prepared, values: dict[str, FloatArray]) -> list[str]:
    """Say what the reader of these points would not guess."""
    design, notes = study.spec.design, []
    if isinstance(design, Rare | Saltelli) and study.seeds:
        notes.append(
            "all points share one draw of traffic and noise: what is said holds for it"
        )
    for limit in study.spec.limits:
        lost = int(np.isnan(values.get(limit.output, np.zeros(0))).sum())
        if lost:
            notes.append(
                f"{limit.output} is undefined at {lost} points; what is said of its "
                "limit is of the others, and none of these keeps it"
            )
    return notes


def _values(points: Sequence[Solved], key: str) -> FloatArray:
    return np.array([
        math.nan if one.outputs is None else one.outputs[key] for one in points
    ])  # fmt: skip


def _drawn(study: Prepared, count: int) -> BoolArray:
    """Points that are a sample by themselves; a Saltelli design repeats most inputs."""
    if isinstance(study.spec.design, Saltelli):
        return saltelli_sample(len(study.placed), count)
    return np.ones(count, dtype=np.bool_)


def _kind(study: Prepared) -> SampleKind:
    """How the points were drawn, in the words of the intervals."""
    design = study.spec.design
    if isinstance(design, Spaced) and design.kind != "random":
        return "latin-hypercube" if design.kind == "latin-hypercube" else "sobol"
    return "sobol" if isinstance(design, Saltelli) else "random"


def _passed(
    study: Prepared,
    finished: Finished,
    limit: Limit,
    drawn: BoolArray,
    kind: SampleKind,
) -> LimitPassed | None:
    values = _values(finished.points, limit.output)[drawn]
    if not np.isfinite(values).any():
        return None
    above = limit.at_most is not None
    at = limit.at_most if above else limit.at_least
    assert at is not None  # noqa: S101 - a limit has one side
    side: Any = "above" if above else "below"
    sampled = isinstance(study.spec.design, Spaced | Saltelli)
    found = exceedance(
        values, at, side=side, design=kind, undefined="leave-out",
        level=LOOKED_LEVEL if finished.stopped else LEVEL,
    )  # fmt: skip
    if finished.stopped:
        found = replace(found, level=LEVEL, method=f"{found.method}, {_LOOKED}")
    if not sampled:
        found = replace(
            found, low=math.nan, high=math.nan, method="share of the points"
        )
    return LimitPassed(
        output=limit.output, side=side, limit=at, found=found, drawn=sampled
    )


def _feasible(study: Prepared, points: Sequence[Solved]) -> BoolArray:
    """Which points keep every limit; of a rare event's limit there is none to keep."""
    rare = isinstance(study.spec.design, Rare)
    return np.array([
        one.outputs is not None
        and (rare or not any(
            limit.passed(one.outputs[limit.output]) for limit in study.spec.limits
        ))
        for one in points
    ], dtype=bool)  # fmt: skip


def _objectives(
    study: Prepared, points: Sequence[Solved], feasible: BoolArray
) -> tuple[FloatArray, list[Goal]]:
    """Objectives of every point, NaN where it is out of the question."""
    goals: list[Goal] = [goal.goal for goal in study.spec.objectives]
    values = np.full((len(points), len(goals)), math.nan)
    for k, one in enumerate(points):
        if feasible[k] and one.outputs is not None:
            for j, goal in enumerate(study.spec.objectives):
                found = one.outputs.get(goal.output, one.changes.get(goal.output))
                values[k, j] = float(found)  # type: ignore[arg-type]
    return values, goals


def _front(
    study: Prepared, points: Sequence[Solved], feasible: BoolArray
) -> tuple[int, ...]:
    if len(study.spec.objectives) < 2:
        return ()
    return tuple(int(k) for k in pareto_front(*_objectives(study, points, feasible)))


def _best(study: Prepared, points: Sequence[Solved], feasible: BoolArray) -> int | None:
    if not study.spec.objectives or not feasible.any():
        return None
    values, goals = _objectives(study, points, feasible)
    first = values[:, 0] if goals[0] == "min" else -values[:, 0]
    return int(np.nanargmin(first)) if np.isfinite(first).any() else None


def _rare(finished: Finished) -> tuple[RareEvent | None, list[str]]:
    if not isinstance(finished.sampler, RareDesign):
        return None, []
    found = finished.sampler.result()
    if isinstance(found, str):
        return None, [found]
    return found, [found.note] if found.note else []
