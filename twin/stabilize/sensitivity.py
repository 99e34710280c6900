"""
How firm a search's answer is: prices, limits and swing higher and lower.

`docs/models/stabilize.md`, section on sizing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from twin.stabilize.chain import Measures
from twin.stabilize.costs import Prices
from twin.stabilize.options import Options
from twin.stabilize.sizing import (
    OBJECTIVES,
    WORKERS,
    Case,
    Sized,
    Tried,
    best_of,
    coarsened,
    try_choice,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """
    What the answer becomes when one thing is otherwise.

    Args:
        what: What is changed, in words.
        best: The best combination then; none where nothing passes.
        same: Whether it is the same combination.
    """

    what: str
    best: Tried | None
    same: bool


def sensitivity(
    case: Case, options: Options, prices: Prices, sized: Sized, *,
    objective: str = "cost", spread: float = 0.2,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Sensitivity, ...]:  # fmt: skip
    """
    Ask again with prices, limits and swing higher and lower.

    Prices and limits turn every combination's figures as they stand. A larger or
    smaller swing wants new runs: of the front and of the cheapest that are near.

    Args:
        case: What was sized.
        options: What was chosen from.
        prices: What things cost.
        sized: The answer.
        objective: As it was.
        spread: How much higher and lower. 0..1
        cancelled: Asked now and then whether to stop.

    Returns:
        The best combination under each change.
    """
    case = coarsened(case, ballast=any(options.ballasts_frac))
    near = _near(sized, spread)

    def again(sign: float) -> list[Tried]:
        changed = _swung(case, sign)
        bare_w = float(changed.run(Measures()).grid.power_w.max())
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(
                lambda k: try_choice(
                    changed, sized.tried[k].choice, prices, bare_w, cancelled
                ),
                near,
            ))  # fmt: skip

    best = None if sized.best is None else sized.tried[sized.best].choice
    found: list[Sensitivity] = []
    for sign in (1.0 + spread, 1.0 - spread):
        changes = [("swing between compute and waiting", again(sign))]
        changes += [
            (what, [turn(t, sign) for t in sized.tried]) for what, turn in TURNS
        ]
        for what, tried in changes:
            k = best_of(tried, OBJECTIVES.index(objective))
            then = None if k is None else tried[k]
            found.append(Sensitivity(
                what=f"{what} {100 * (sign - 1):+.0f} %", best=then,
                same=(then.choice if then else None) == best,
            ))  # fmt: skip
    return tuple(found)


MOST_NEAR = 30
"""Combinations tried again for each swing: the cheapest near to passing."""


def _near(sized: Sized, spread: float) -> list[int]:
    """Front, and the cheapest of those whose margin a change may turn."""
    near = [k for k, t in enumerate(sized.tried) if t.worst_margin_frac > -2.0 * spread]
    near.sort(key=lambda k: sized.tried[k].cost_per_year)
    return sorted({*sized.front, *near[:MOST_NEAR]})


def _limits(tried: Tried, sign: float) -> Tried:
    """Return what a combination is under limits that are higher or lower."""
    margins = {k: 1.0 - (1.0 - m) / sign for k, m in tried.margins_frac.items()}
    return replace(tried, margins_frac=margins)


def _priced(name: str) -> Callable[[Tried, float], Tried]:
    def turn(tried: Tried, sign: float) -> Tried:
        paid = replace(tried.costs, **{name: getattr(tried.costs, name) * sign})
        return replace(tried, costs=paid)

    return turn


TURNS: tuple[tuple[str, Callable[[Tried, float], Tried]], ...] = (
    ("limits of the rules", _limits), ("price of energy", _priced("energy")),
    ("price of a GPU's hour", _priced("time")), ("prices of stores", _priced("stores")),
)  # fmt: skip


def _swung(case: Case, factor: float) -> Case:
    """Make the way from compute down to waiting longer or shorter."""
    jobs = []
    for job in case.site.jobs:
        levels, top = job.levels, job.levels.compute
        low = {
            name: max(levels.idle, top - (top - getattr(levels, name)) * factor)
            for name in ("communicate", "bubble", "checkpoint", "evaluate")
        }
        jobs.append(replace(job, levels=replace(levels, **low)))
    return replace(case, site=replace(case.site, jobs=tuple(jobs)))
