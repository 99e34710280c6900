"""
What can fail at a site, one by one or together, and how often.

An item is something that fails and is repaired in one piece: a node, a breaker in its
feed, a module, a unit of a hall's cooling, all like nodes that stand in for each other
(common mode), or a node that is taken out for service.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.catalogue.reliability import GENERATOR_START, KIND_OF_NODE, UPKEEP
from twin.facility import cascade
from twin.reliability.judge import Failed, Judge, parts_of_halls
from twin.scenario.reliability import Rate, Reliability
from twin.types import BoolArray

YEAR_H = 8760.0
_PART_CLASS = {
    cascade.AIR_HANDLER: "air_handler", cascade.CHILLER: "chiller",
    cascade.CDU_PUMP: "cdu_pump",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    Something that fails and is repaired in one piece.

    Args:
        name: For people.
        kind: Class of component.
        failed: What is failed while it is, numbered as in `screening.failures_of`.
        per_h: Failures an hour; of a generator while it carries load. [1/h]
        repair_h: Mean time of a repair. [h]
        start_prob: Probability that it fails when it is called; on demand only.
        on_demand: Whether it fails only when it is called: generators.
        planned: Whether it is begun only while all else is well.
    """

    name: str
    kind: str
    failed: Failed
    per_h: float
    repair_h: float
    start_prob: float = 0.0
    on_demand: bool = False
    planned: bool = False

    @property
    def odds(self) -> float:
        """Time failed ÷ time sound, of the item alone."""
        return self.per_h * self.repair_h


def items_of(inputs: Reliability, judge: Judge) -> tuple[Item, ...]:
    """
    List what can fail.

    Args:
        inputs: Rates.
        judge: The site.

    Returns:
        Items that can fail at all, in the order of the site's nodes; generators, which
        fail on demand, last.
    """
    found = [*_nodes(inputs, judge), *_parts(inputs, judge), *_together(inputs, judge)]
    found += _maintained(inputs, judge)
    alive = [x for x in found if x.per_h > 0.0 or x.start_prob > 0.0]
    return tuple(sorted(alive, key=lambda x: x.on_demand))


def rate_of(inputs: Reliability, kind: str) -> tuple[float, float]:
    """Failures per hour of one unit of a class, and mean hours of a repair."""
    given: Rate = getattr(inputs.rates, kind)
    usual = UPKEEP[kind]
    per_year = given.failures_per_year
    per_year = usual.failures.value if per_year is None else per_year
    repair_h = usual.repair.value if given.repair_h is None else given.repair_h
    return (
        per_year * given.failures_frac * inputs.failures_frac / YEAR_H,
        repair_h * given.repair_frac * inputs.repair_frac,
    )


def _start_prob(inputs: Reliability) -> float:
    given = inputs.rates.generator
    prob = given.start_failure_prob
    prob = GENERATOR_START.value if prob is None else prob
    return min(1.0, prob * given.failures_frac * inputs.failures_frac)


def _nodes(inputs: Reliability, judge: Judge) -> list[Item]:
    """Nodes by themselves, their breakers and single modules of them."""
    network, stage, found = judge.assembled.network, judge.stage, []
    n, alone = network.rack_first, 1.0 - inputs.common_mode_frac
    grouped = {i for group in _groups(judge) for i in group}
    for i in range(n):
        node = network.nodes[i]
        kind = KIND_OF_NODE.get(node.kind)
        if kind is None or stage.out[i]:
            continue
        per_h, repair_h = rate_of(inputs, kind)
        part = alone if i in grouped else 1.0
        demand = kind == "generator"
        found.append(Item(
            name=node.name, kind=kind, failed=frozenset({i}), per_h=part * per_h,
            repair_h=repair_h, on_demand=demand,
            start_prob=part * _start_prob(inputs) if demand else 0.0,
        ))  # fmt: skip
        feeds = len(node.fed_by)
        per_h, repair_h = rate_of(inputs, "breaker")
        if feeds:
            found.append(Item(
                name=f"{node.name} breaker", kind="breaker", failed=frozenset({i}),
                per_h=feeds * per_h, repair_h=repair_h,
            ))  # fmt: skip
        modules = float(stage.modules[i, 0])
        per_h, repair_h = rate_of(inputs, "ups_module")
        if kind == "ups" and modules > 1:
            found.append(Item(
                name=f"{node.name} module", kind="ups_module",
                failed=frozenset({n + i}), per_h=modules * per_h, repair_h=repair_h,
            ))  # fmt: skip
    return found


def _parts(inputs: Reliability, judge: Judge) -> list[Item]:
    """One unit of each part of a hall's cooling."""
    units, found = parts_of_halls(judge.assembled), []
    n = judge.stage.rack_first
    for h, hall in enumerate(judge.assembled.halls):
        for part, kind in _PART_CLASS.items():
            if math.isnan(judge.stage.hot_after_s[h, part]):
                continue
            per_h, repair_h = rate_of(inputs, kind)
            number = 2 * n + cascade.HALL_PARTS * h + part
            found.append(Item(
                name=f"{hall} {kind.replace('_', ' ')}", kind=kind,
                failed=frozenset({number}), per_h=float(units[part]) * per_h,
                repair_h=repair_h,
            ))  # fmt: skip
    return found


def _together(inputs: Reliability, judge: Judge) -> list[Item]:
    """All like nodes that stand in for each other, failing at once."""
    network, part, found = judge.assembled.network, inputs.common_mode_frac, []
    for group in _groups(judge):
        kind = KIND_OF_NODE[network.nodes[group[0]].kind]
        per_h, repair_h = rate_of(inputs, kind)
        demand = kind == "generator"
        names = " and ".join(network.nodes[i].name for i in group)
        found.append(Item(
            name=f"{names} together", kind=kind, failed=frozenset(group),
            per_h=0.0 if demand else part * per_h, repair_h=repair_h, on_demand=demand,
            start_prob=part * _start_prob(inputs) if demand else 0.0,
        ))  # fmt: skip
    return found


def _groups(judge: Judge) -> list[tuple[int, ...]]:
    """Nodes of one kind that can feed the same rack without feeding each other."""
    network, below = judge.assembled.network, _below(judge)
    by_kind: dict[str, list[int]] = {}
    for i in range(network.rack_first):
        kind = KIND_OF_NODE.get(network.nodes[i].kind)
        if kind is not None and not judge.stage.out[i]:
            by_kind.setdefault(kind, []).append(i)
    found = []
    for members in by_kind.values():
        left = list(members)
        while left:
            group, grew = [left.pop(0)], True
            while grew:
                reach = below[group].any(axis=0)
                more = [i for i in left if (below[i] & reach).any()]
                group += more
                left = [i for i in left if i not in more]
                grew = bool(more)
            if len(group) > 1:
                found.append(tuple(sorted(group)))
    return found


def _below(judge: Judge) -> BoolArray:
    """Racks that each node can feed. Shape (nodes, racks)"""
    wiring, first = judge.stage.wiring, judge.stage.rack_first
    n = wiring.role.size
    found: BoolArray = np.zeros((n, n - first), dtype=np.bool_)
    for i in range(n - 1, -1, -1):
        if i >= first:
            found[i, i - first] = True
        for e in range(wiring.first[i], wiring.first[i + 1]):
            found[wiring.feed[e]] |= found[i]
    return found


def _maintained(inputs: Reliability, judge: Judge) -> list[Item]:
    """Nodes that can be taken out for service without losing a server."""
    service, network, found = inputs.maintenance, judge.assembled.network, []
    for i in range(network.rack_first):
        kind = KIND_OF_NODE.get(network.nodes[i].kind, "")
        if kind not in service.kinds or judge.stage.out[i]:
            continue
        if judge.outcome(frozenset({i})).lost_servers > 0.0:
            continue
        found.append(Item(
            name=f"{network.nodes[i].name} service", kind="maintenance",
            failed=frozenset({i}), per_h=service.per_year / YEAR_H,
            repair_h=service.duration_h, planned=True,
        ))  # fmt: skip
    return found
