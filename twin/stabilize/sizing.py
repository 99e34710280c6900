"""
The cheapest combination of measures that passes: every one is tried, none is guessed.

Three objectives stand side by side: cost a year, energy wasted, time the jobs lose. The
front holds what no other combination beats in all three. `docs/models/stabilize.md`,
eq. 14, 15.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from twin.errors import Cancelled
from twin.pareto import undominated
from twin.stabilize.at_connection import Contract
from twin.stabilize.ballast import Ballast
from twin.stabilize.chain import Measures, Site, Stabilized, stabilized
from twin.stabilize.costs import Costs, Prices, costs, yearly
from twin.stabilize.options import Choice, Options, combinations, measures_of
from twin.stabilize.rules import Rule, Unjudged, Verdict, judge_all, needed_sample_s
from twin.types import FloatArray

WORKERS = 2
"""Threads: the compiled loops and transforms let go of the interpreter."""
PER_ITERATION = 50
"""Samples of the shortest iteration, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """
    A combination and what comes of it.

    Args:
        choice: The combination.
        margins_frac: Margin of each rule that can be judged, by its key.
        costs: Of a year.
        wasted_frac: Energy burnt and lost in a year ÷ work. [1]
        slowdown_frac: Time the jobs lose in a year ÷ their time. [1]
        highest_w: Highest power from the grid. [W]
    """

    choice: Choice
    margins_frac: dict[str, float]
    costs: Costs
    wasted_frac: float
    slowdown_frac: float
    highest_w: float

    @property
    def worst_rule(self) -> str:
        """Key of the rule with the least margin."""
        return min(self.margins_frac, key=self.margins_frac.__getitem__)

    @property
    def worst_margin_frac(self) -> float:
        """Least margin; below zero a rule fails."""
        return self.margins_frac[self.worst_rule]

    @property
    def passes(self) -> bool:
        """Whether every rule that can be judged is kept."""
        return self.worst_margin_frac >= 0.0

    @property
    def cost_per_year(self) -> float:
        """Everything. [$/year]"""
        return self.costs.total

    @property
    def objectives(self) -> tuple[float, float, float]:
        """What is to be small: cost, waste, slowdown."""
        return self.cost_per_year, self.wasted_frac, self.slowdown_frac


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    What is sized.

    Args:
        site: Jobs, plant and UPS.
        base: Measures that stand anyway; options replace theirs.
        rules: Rules to be kept.
        contract: The point of connection.
        horizon_s: Length. [s]
        sample_s: Length of a sample. [s]
    """

    site: Site
    base: Measures
    rules: tuple[Rule, ...]
    contract: Contract
    horizon_s: float
    sample_s: float

    def run(self, measures: Measures) -> Stabilized:
        """Run it under measures."""
        return stabilized(
            self.site, measures, horizon_s=self.horizon_s, sample_s=self.sample_s
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """
    Every combination, the front, and the best.

    Args:
        tried: All, in the order of the options.
        front: Indices of those that pass and that none beats in all objectives.
        best: Index of the best; none where nothing passes.
        sample_s: Samples the search ran on. [s]
        horizon_s: Length the search ran over. [s]
        unjudged: Rules that no waveform of this case can answer, with why.
        measures: Of the best; none where nothing passes.
    """

    tried: tuple[Tried, ...]
    front: tuple[int, ...]
    best: int | None
    sample_s: float
    horizon_s: float
    unjudged: tuple[Unjudged, ...]
    measures: Measures | None


OBJECTIVES = ("cost", "waste", "slowdown")


def size(
    case: Case, options: Options, prices: Prices, *, objective: str = "cost",
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Sized:  # fmt: skip
    """
    Try every combination of options.

    Args:
        case: What is sized. Its samples are lengthened to what its rules need.
        options: What may be chosen.
        prices: What things cost.
        objective: "cost", "waste" or "slowdown": what the best has least of.
        on_progress: Told the part done, and in words.
        cancelled: Asked now and then whether to stop.

    Returns:
        Every combination, the front, and the best of those that pass.

    Raises:
        ValueError: If no rule can be judged.
        Cancelled: If asked to stop.
    """
    asked_case = case
    case = coarsened(case, ballast=any(options.ballasts_frac))
    bare = case.run(Measures())
    judged = judge_all(bare.grid, case.rules, case.contract)
    unjudged = tuple(v for v in judged if isinstance(v, Unjudged))
    if len(unjudged) == len(judged):
        why = unjudged[0].why if unjudged else "none was given"
        raise ValueError(f"rules must hold one that can be judged, got none: {why}")
    case = replace(case, rules=tuple(v.rule for v in judged if isinstance(v, Verdict)))
    highest_w = float(bare.grid.power_w.max())
    choices = list(combinations(options))
    tried: list[Tried] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        asked = pool.map(
            lambda choice: try_choice(case, choice, prices, highest_w, cancelled),
            choices,
        )
        for found in asked:
            tried.append(found)
            if on_progress is not None:
                on_progress(
                    len(tried) / len(choices), f"{len(tried)} of {len(choices)}"
                )
    fine = replace(case, sample_s=asked_case.sample_s)
    best = _confirmed(fine, tried, prices, highest_w, OBJECTIVES.index(objective))
    return Sized(
        tried=tuple(tried), front=pareto_front(tried), best=best,
        sample_s=case.sample_s, horizon_s=case.horizon_s, unjudged=unjudged,
        measures=None if best is None
        else measures_of(tried[best].choice, case.base, highest_w),
    )  # fmt: skip


def coarsened(case: Case, *, ballast: bool) -> Case:
    """
    Lengthen a case's samples to the longest its rules can be judged on.

    Args:
        case: The case.
        ballast: Whether ballast is among the options: its kernels need fine samples.

    Returns:
        The case with samples at least as long, over the same time.
    """
    most_s = min((needed_sample_s(rule) for rule in case.rules), default=math.inf)
    if ballast:
        most_s = min(most_s, Ballast().kernel_s)
    shortest_s = min(job.iteration_s for job in case.site.jobs) / PER_ITERATION
    most_s = min(most_s, shortest_s)
    samples = math.ceil(case.horizon_s / max(case.sample_s, most_s) - 1e-9)
    return replace(case, sample_s=case.horizon_s / samples)


def try_choice(
    case: Case, choice: Choice, prices: Prices, highest_w: float,
    cancelled: Callable[[], bool] | None = None,
) -> Tried:  # fmt: skip
    """
    Try one combination.

    Args:
        case: What is sized.
        choice: The combination.
        prices: What things cost.
        highest_w: Highest power of the bare site. [W]
        cancelled: Asked whether to stop.

    Raises:
        Cancelled: If asked to stop.
    """
    if cancelled is not None and cancelled():
        raise Cancelled
    measures = measures_of(choice, case.base, highest_w)
    found = case.run(measures)
    judged = judge_all(found.grid, case.rules, case.contract)
    wasted_w, slowdown_frac = yearly(found, prices)
    return Tried(
        choice=choice,
        margins_frac={
            v.rule.key: v.margin_frac if isinstance(v, Verdict) else -math.inf
            for v in judged
        },
        costs=costs(case.site, found, measures, prices),
        wasted_frac=wasted_w * case.horizon_s / found.books.work_j,
        slowdown_frac=slowdown_frac, highest_w=float(found.grid.power_w.max()),
    )  # fmt: skip


MOST_CONFIRMED = 8
"""Candidates run again at the samples that were asked for."""


def _confirmed(
    fine: Case, tried: list[Tried], prices: Prices, highest_w: float, objective: int
) -> int | None:
    """
    Run the best again at the samples asked for; one that then fails is passed over.

    Its finer figures take the place of the coarser ones.
    """
    for _ in range(MOST_CONFIRMED):
        best = best_of(tried, objective)
        if best is None:
            return None
        tried[best] = try_choice(fine, tried[best].choice, prices, highest_w)
        if tried[best].passes:
            return best
    return None


def best_of(tried: Sequence[Tried], objective: int) -> int | None:
    """Index of the best that passes; ties go to the larger margin."""
    passing = [k for k, t in enumerate(tried) if t.passes]
    if not passing:
        return None
    return min(
        passing,
        key=lambda k: (tried[k].objectives[objective], -tried[k].worst_margin_frac),
    )


def pareto_front(tried: Sequence[Tried]) -> tuple[int, ...]:
    """
    Find what no other combination beats.

    Args:
        tried: Combinations.

    Returns:
        Indices of those that pass and to which none that passes is at least as good in
        every objective and better in one; of equal ones the first. By rising cost.
    """
    passing = np.array([k for k, t in enumerate(tried) if t.passes], dtype=np.int64)
    if not passing.size:
        return ()
    values: FloatArray = np.array([tried[k].objectives for k in passing])
    _, first = np.unique(values, axis=0, return_index=True)  # of equal ones the first
    kept = undominated(values)
    return tuple(int(passing[k]) for k in first if kept[k])
