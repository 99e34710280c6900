"""What arrives after it is needed, and when it would have had to be ordered."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.buildout.plan import Plan, capacities_w, work_w
from twin.buildout.program import Program, Solution
from twin.scenario.build_out import METER_KINDS, BuildOutInput

_WORDS = {
    "utility": "Utility power comes", "generator": "Generators come",
    "ups": "UPS power comes", "hall": "Hall space comes", "cooling": "Cooling comes",
}  # fmt: skip
_UNITS = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}


def late(base: Program, plan: Plan, solution: Solution) -> tuple[str, ...]:
    """
    Say what arrives after it is needed, and when it would have had to be ordered.

    Args:
        base: The program of the build-out.
        plan: Its plan, accounted.
        solution: Its decisions.

    Returns:
        A sentence for each stretch of periods in which a kind is full.
    """
    given = base.given
    capacity = capacities_w(given, base.costs, solution)
    wanted_w = given.wanted * work_w(given, solution)
    found = []
    for kind, there in capacity.items():
        factor = given.rates.peak_pue if kind in METER_KINDS else 1.0
        for t, end in _stretches(plan, kind):
            full = kind != "utility" and "utility" in plan.periods[t].short
            if full and _by_contract(given, float(capacity["utility"][t])):
                continue  # more of this kind would not help
            needed = float(wanted_w[t]) * factor
            stretch = _stretch(given, kind, t, end, needed, float(there[t]), solution)
            found.append((t, stretch))
    return tuple(text for _, text in sorted(found))


def _stretches(plan: Plan, kind: str) -> Iterator[tuple[int, int]]:
    """Runs of periods in which a kind is full, first and end."""
    full = np.array([kind in period.short for period in plan.periods], dtype=int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], full, [0]])))
    yield from ((int(first), int(end)) for first, end in edges.reshape(-1, 2))


def _by_contract(given: BuildOutInput, there_w: float) -> bool:
    """Whether it is the contract that holds the utility's power."""
    contract_w = given.limits.contract_w
    return contract_w is not None and there_w >= contract_w


def _stretch(
    given: BuildOutInput, kind: str, t: int, end: int, need_w: float, there_w: float,
    solution: Solution,
) -> str:  # fmt: skip
    """Say that a kind is full for some periods, and what could have been done."""
    what = _WORDS[kind]
    length = _count(end - t, given)
    powers = f"{need_w / 1e6:,.2f} MW needed, {there_w / 1e6:,.2f} MW there"
    if end < given.periods:
        head = f"{what} {length} after it is needed in {given.label(t)} ({powers})"
    else:
        head = f"{what} not at all though needed from {given.label(t)} ({powers})"
    blocks = [b for b in given.blocks if b.kind == kind]
    if kind == "utility" and _by_contract(given, there_w):
        return f"{head}: the contracted power is reached"
    quick = min(blocks, key=lambda b: b.lead_months)
    by = t - given.whole_periods(quick.lead_months * given.lead_scale)
    if by < 0:
        early = f"{_count(-by, given)} before the plan starts"
        return f"{head}: {quick.name} had to be ordered {early}"
    reason = _in_the_way(given, kind, solution)
    return f"{head}: order {quick.name} by {given.label(by)}; {reason}"


def _in_the_way(given: BuildOutInput, kind: str, solution: Solution) -> str:
    """Why a plan does not order what it could have ordered in time."""
    left = [
        b.most is None or b.existing + sum(b.arriving) + counts.sum() < b.most
        for b, counts in zip(given.blocks, solution.blocks, strict=True)
        if b.kind == kind
    ]
    if not any(left):
        return "no more of it can be had"
    if given.limits.budget_usd_per_period is not None:
        return "the budget, or its price against that of waiting, is in the way"
    return "its price against that of waiting is in the way"


def _count(periods: int, given: BuildOutInput) -> str:
    return f"{periods} {_UNITS[given.period_months]}{'s' * (periods != 1)}"
