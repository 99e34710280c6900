"""
Lost server-hours by enumeration: one item failed, or two, and generators on demand.

Items fail and are repaired independently, at constant rates. A state of items i and j
holds for a part of the year P = P0 · ρi · ρj, ρ = failures × repair time, and is left
at the sum of their repair rates q. Servers that go down after a delay d are down for a
part exp(-q · d) of that time, or for all of it where the first failure had them down
already. What generators a state calls fail to start or to run meanwhile is a small
chain of its own, solved exactly for up to two of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from twin.reliability.items import YEAR_H, Item
from twin.reliability.judge import NOTHING, RESTART_H, Failed, Judge, Outcome

MOST_CALLED = 40
"""Generators that a state calls beyond these are taken to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumerated:
    """
    A year, by the states that were followed.

    Args:
        lost_h: Lost server-hours a year. [h]
        capped_h: Server-hours under a cap a year. [h]
        deep_per_year: Losses of more than the given part at once. [1/year]
        by_item: Lost server-hours by item, a state's shared evenly. [h]
        left_out_h: Server-hours a year if everything were lost in each pair that was
            not followed: what may be missing at most, up to pairs. [h]
    """

    lost_h: float
    capped_h: float
    deep_per_year: float
    by_item: dict[Item, float]
    left_out_h: float


@dataclass(slots=True, kw_only=True)
class _Sum:
    lost_h: float
    capped_h: float
    deep: float
    by_item: dict[Item, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """A state: its items, the part of the time it holds, how it was entered."""

    items: tuple[Item, ...]
    part: float
    entered: tuple[tuple[float, Failed], ...]  # share and what had failed before


def enumerate_year(
    items: Sequence[Item], judge: Judge, *, deep_frac: float, most_pairs: int
) -> Enumerated:
    """
    Add up a year over single failures and pairs.

    Args:
        items: What fails.
        judge: What follows.
        deep_frac: Servers lost at once ÷ all above which a loss is deep.
        most_pairs: Pairs followed, the most frequent first.

    Returns:
        The year.
    """
    independent = [x for x in items if not x.on_demand]
    demand = [x for x in items if x.on_demand]
    sound = float(np.prod([1.0 / (1.0 + x.odds) for x in independent]))
    pairs = _pairs(independent)
    total = _Sum(lost_h=0.0, capped_h=0.0, deep=0.0, by_item={})
    servers = float(judge.servers.sum())
    deep = deep_frac * servers
    for item in independent:
        alone = _Visit(items=(item,), part=sound * item.odds, entered=((1.0, NOTHING),))
        _add(total, alone, demand, judge, deep)
    for first, second in pairs[:most_pairs]:
        if not judge.is_dull(first.failed | second.failed):
            _add(total, _of_pair(first, second, sound), demand, judge, deep)
    left = sum(_part(a, b) for a, b in pairs[most_pairs:])
    return Enumerated(
        lost_h=total.lost_h, capped_h=total.capped_h, deep_per_year=total.deep,
        by_item=total.by_item, left_out_h=sound * left * servers * YEAR_H,
    )  # fmt: skip


def _pairs(items: Sequence[Item]) -> list[tuple[Item, Item]]:
    """Pairs that can be failed together, the most frequent first."""
    found = [p for p in combinations(items, 2) if not (p[0].planned and p[1].planned)]
    return sorted(found, key=lambda p: -_part(*p))


def _part(first: Item, second: Item) -> float:
    """Time both are failed ÷ time all is well."""
    if first.planned or second.planned:
        service, other = (first, second) if first.planned else (second, first)
        left = 1.0 / service.repair_h + 1.0 / other.repair_h
        return service.odds * other.per_h / left
    return first.odds * second.odds


def _of_pair(first: Item, second: Item, sound: float) -> _Visit:
    """A pair, entered by whichever came second."""
    a, b = 1.0 / first.repair_h, 1.0 / second.repair_h
    share = b / (a + b)  # of visits that begin with `first`
    if first.planned or second.planned:
        share = 1.0 if first.planned else 0.0
    return _Visit(
        items=(first, second), part=sound * _part(first, second),
        entered=((share, first.failed), (1.0 - share, second.failed)),
    )  # fmt: skip


def _add(
    total: _Sum, visit: _Visit, demand: Sequence[Item], judge: Judge, deep: float
) -> None:
    """Add what a state costs, with each set of generators that may fail in it."""
    failed = frozenset[int]().union(*(x.failed for x in visit.items))
    rate = sum(1.0 / x.repair_h for x in visit.items)
    called = judge.outcome(failed).called
    wanted = [x for x in demand if x.failed & called][:MOST_CALLED]
    for gone, part, fresh in _starts(wanted, rate):
        whole = failed.union(*(x.failed for x in gone))
        outcome = judge.outcome(whole)
        if part == 0.0 or outcome.harmless:
            continue
        entered = visit.entered
        if gone:
            entered = tuple((w * fresh, was) for w, was in entered)
            entered = (*entered, (1.0 - fresh, failed))
        leave = rate + sum(1.0 / x.repair_h for x in gone)
        there = visit.part * part
        lost_h = _lost_h(outcome, entered, judge, there, leave)
        total.lost_h += lost_h
        total.capped_h += outcome.slowed_servers * there * YEAR_H
        total.deep += _deep(outcome, entered, judge, there * leave, leave, deep)
        everyone = (*visit.items, *gone)
        for item in everyone:
            share_h = lost_h / len(everyone)
            total.by_item[item] = total.by_item.get(item, 0.0) + share_h


def _starts(
    wanted: Sequence[Item], rate: float
) -> Iterator[tuple[tuple[Item, ...], float, float]]:
    """
    Sets of generators that are down, the part of a state's time, and of visits at once.

    The state ends at `rate`; up to two generators are down together.
    """
    if not wanted:
        yield (), 1.0, 1.0
        return
    sets: list[tuple[Item, ...]] = [()]
    sets += [(x,) for x in wanted] + list(combinations(wanted, 2))
    place = {gone: k for k, gone in enumerate(sets)}
    flow = np.zeros((len(sets), len(sets)))
    begin = np.zeros(len(sets))
    for gone, k in place.items():
        begin[k] = _begin(gone, wanted)
        for item in gone:
            back = tuple(x for x in gone if x is not item)
            flow[place[back], k] += 1.0 / item.repair_h
            flow[k, place[back]] += item.per_h
    begin /= begin.sum()
    balance = np.diag(flow.sum(axis=0) + rate) - flow
    part = np.linalg.solve(balance, rate * begin)
    for gone, k in place.items():
        at_once = rate * float(begin[k])
        into = at_once + float(flow[k] @ part)
        yield gone, float(part[k]), at_once / into if into > 0.0 else 1.0


def _begin(gone: tuple[Item, ...], wanted: Sequence[Item]) -> float:
    """Probability that these fail to start and the others do."""
    prob = 1.0
    for item in wanted:
        prob *= item.start_prob if item in gone else 1.0 - item.start_prob
    return prob


def _lost_h(
    outcome: Outcome, entered: tuple[tuple[float, Failed], ...], judge: Judge,
    part: float, leave: float,
) -> float:  # fmt: skip
    """Lost server-hours a year of a state that holds for `part` of it."""
    late = np.exp(-leave * outcome.loss_h)  # 0 where servers stay
    lost_h = 0.0
    for share, was in entered:
        before = judge.outcome(was)
        dark = np.isfinite(before.loss_h) & np.isfinite(outcome.loss_h)
        down = np.where(dark, 1.0, late)
        new = np.where(dark, 0.0, late)
        new = new + (outcome.dropped & ~before.dropped & ~dark)
        hours = part * YEAR_H * down + part * leave * YEAR_H * RESTART_H * new
        lost_h += share * float(judge.servers @ hours)
    return lost_h


def _deep(
    outcome: Outcome, entered: tuple[tuple[float, Failed], ...], judge: Judge,
    visits: float, leave: float, deep: float,
) -> float:  # fmt: skip
    """Times a year that a state brings the loss above the deep limit."""
    if outcome.lost_servers <= deep:
        return 0.0
    # the racks go down one after the other: when is it too many?
    order = np.argsort(outcome.loss_h, kind="stable")
    down = np.cumsum(judge.servers[order]) + float(judge.servers @ outcome.dropped)
    first = int(np.searchsorted(down, deep, side="right"))
    at_h = 0.0
    if float(judge.servers @ outcome.dropped) <= deep:
        at_h = float(outcome.loss_h[order[first]])
    fresh = sum(w for w, was in entered if judge.outcome(was).lost_servers <= deep)
    return visits * YEAR_H * fresh * float(np.exp(-leave * at_h))
