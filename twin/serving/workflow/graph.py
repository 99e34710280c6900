"""
A workflow as a graph of stages, and many workflows as flat arrays.

A stage takes one instance of its component for unit_s[0] × units[0] + unit_s[1] ×
units[1] seconds. Two columns, because some components do two kinds of work in one
sitting: a language model reads a prompt and writes an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.errors import ScenarioError
from twin.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """
    One node of a workflow.

    Args:
        name: Unique in the workflow.
        component: What runs it.
        units: Work in the component's two kinds; one of the first if not said. >= 0
        after: Stages it needs.
        play_s: For an output: when it is played, counted from the first one. An
            output is due at arrival + start limit + this. None: no output. [s]
    """

    name: str
    component: str
    units: tuple[float, float] = (1.0, 0.0)
    after: tuple[str, ...] = ()
    play_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """
    A workflow with its stages in an order that respects what needs what.

    Args:
        names: Name of each node.
        components: Names of components; `component` points into it.
        component: shape (nodes,)
        units: shape (nodes, 2)
        next_start: Successors of node k are next_node[next_start[k]:next_start[k+1]].
        next_node: shape (edges,)
        needs: How many nodes each one waits for. shape (nodes,)
        play_s: NaN where the node is no output. shape (nodes,)
    """

    names: tuple[str, ...]
    components: tuple[str, ...]
    component: IntArray
    units: FloatArray
    next_start: IntArray
    next_node: IntArray
    needs: IntArray
    play_s: FloatArray

    def __len__(self) -> int:
        return len(self.names)


def make_graph(stages: Sequence[Stage], components: Sequence[str]) -> Graph:
    """
    Order the stages of a workflow and number what they need.

    Stages nobody needs are its outputs where no stage says so itself.

    Args:
        stages: In any order.
        components: Names that `component` numbers point into; those of several
            graphs that run together must be the same.

    Returns:
        The graph.

    Raises:
        ScenarioError: If names repeat, a stage or component is unknown, units are
            negative, or stages wait for each other in a circle.
    """
    by_name = {stage.name: stage for stage in stages}
    _check(stages, by_name, components)
    ordered = _ordered(stages, by_name)
    place = {stage.name: k for k, stage in enumerate(ordered)}
    edges = sorted(
        (place[need], place[stage.name])
        for stage in ordered
        for need in dict.fromkeys(stage.after)
    )
    sources = np.array([a for a, _ in edges], dtype=np.int64)
    targets = np.array([b for _, b in edges], dtype=np.int64)
    n = len(ordered)
    play = [np.nan if stage.play_s is None else stage.play_s for stage in ordered]
    play_s = np.array(play, dtype=np.float64)
    start = np.searchsorted(sources, np.arange(n + 1))
    if np.all(np.isnan(play_s)):
        play_s[np.diff(start) == 0] = 0.0
    known = {name: k for k, name in enumerate(components)}
    return Graph(
        names=tuple(stage.name for stage in ordered), components=tuple(components),
        component=np.array([known[s.component] for s in ordered], dtype=np.int64),
        units=np.array([s.units for s in ordered], dtype=np.float64).reshape(n, 2),
        next_start=start.astype(np.int64), next_node=targets,
        needs=np.bincount(targets, minlength=n).astype(np.int64), play_s=play_s,
    )  # fmt: skip


def _check(
    stages: Sequence[Stage], by_name: dict[str, Stage], components: Sequence[str]
) -> None:
    if not stages:
        raise refusal("stages", "must not be empty", 0, "give at least one stage")
    if len(by_name) != len(stages):
        names = [stage.name for stage in stages]
        twice = next(name for name in names if names.count(name) > 1)
        raise refusal("name", "must be unique", twice, "rename one of the stages")
    for stage in stages:
        if stage.component not in components:
            known = ", ".join(components)
            repair = f"use one of: {known}"
            raise refusal("component", "must be known", stage.component, repair)
        if min(stage.units) < 0:
            raise refusal("units", "must not be negative", stage.units, "use 0 or more")
        for need in stage.after:
            if need not in by_name:
                repair = f"name a stage of this workflow in {stage.name!r}"
                raise refusal("after", "must name a stage", need, repair)


def _ordered(stages: Sequence[Stage], by_name: dict[str, Stage]) -> list[Stage]:
    """Stages after all they need; else in the order given."""
    waits = {stage.name: len(set(stage.after)) for stage in stages}
    users: dict[str, list[str]] = {stage.name: [] for stage in stages}
    for stage in stages:
        for need in set(stage.after):
            users[need].append(stage.name)
    ready = [stage.name for stage in stages if not stage.after]
    for name in ready:  # grows while it is read
        for user in users[name]:
            waits[user] -= 1
            if waits[user] == 0:
                ready.append(user)
    if len(ready) < len(stages):
        circle = sorted(name for name, left in waits.items() if left)
        raise refusal(
            "after", "must not go in a circle", ", ".join(circle), "drop one of them"
        )
    return [by_name[name] for name in ready]


def refusal(field: str, rule: str, value: object, repair: str) -> ScenarioError:
    """What a workflow may not be."""
    return ScenarioError(f"workflow.{field}", rule, value, repair)


def stage_s(graph: Graph | Batch, unit_s: FloatArray) -> FloatArray:
    """Time of each node at given times per unit, shape (components, 2). [s]"""
    return np.asarray((graph.units * unit_s[graph.component]).sum(axis=1))


def path_units(graph: Graph, unit_s: FloatArray) -> FloatArray:
    """
    Units of each component on the longest path to the first output.

    Args:
        graph: The workflow.
        unit_s: Times per unit that say which path is longest. shape (components, 2)

    Returns:
        Units. shape (components, 2)

    Source:
        docs/models/workflow.md, eq. 2.
    """
    own_s = stage_s(graph, unit_s)
    n = len(graph)
    ready_s, before = np.zeros(n), np.full(n, -1)
    for k in range(n):
        for m in graph.next_node[graph.next_start[k] : graph.next_start[k + 1]]:
            if before[m] < 0 or ready_s[k] + own_s[k] > ready_s[m]:
                ready_s[m], before[m] = ready_s[k] + own_s[k], k
    at = int(np.nanargmin(graph.play_s))
    units = np.zeros((len(graph.components), 2))
    while at >= 0:
        units[graph.component[at]] += graph.units[at]
        at = int(before[at])
    return units


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    Many workflows, nodes one after the other.

    Args:
        components: Names of components.
        first: Nodes of workflow w are first[w]:first[w + 1]. shape (workflows + 1,)
        arrived_s: Rising. shape (workflows,) [s]
        start_limit_s: Limit from arrival to the start of uninterrupted play; the
            last output is due this much plus its play time after arrival. [s]
        component: shape (nodes,)
        units: shape (nodes, 2)
        next_start: As in `Graph`, over all nodes.
        next_node: As in `Graph`, over all nodes.
        needs: shape (nodes,)
        play_s: shape (nodes,)
        kind: Place of each workflow's graph in what `make_batch` was given.
    """

    components: tuple[str, ...]
    first: IntArray
    arrived_s: FloatArray
    start_limit_s: FloatArray
    component: IntArray
    units: FloatArray
    next_start: IntArray
    next_node: IntArray
    needs: IntArray
    play_s: FloatArray
    kind: IntArray

    def __len__(self) -> int:
        return int(self.arrived_s.size)

    @property
    def workflow(self) -> IntArray:
        """Workflow of each node."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def units_of(self, kind: int) -> FloatArray:
        """Mean units per workflow of one kind. shape (components, 2)"""
        here = self.kind[self.workflow] == kind
        total = np.zeros((len(self.components), 2))
        np.add.at(total, self.component[here], self.units[here])
        return total / max(1, int(np.sum(self.kind == kind)))


def make_batch(
    graphs: Sequence[Graph],
    arrived_s: FloatArray,
    start_limit_s: FloatArray,
    *,
    graph: IntArray | None = None,
    kind: IntArray | None = None,
    scale: FloatArray | None = None,
) -> Batch:
    """
    Lay workflows out for the simulation.

    Args:
        graphs: Distinct graphs, of the same components.
        arrived_s: Rising. shape (workflows,) [s]
        start_limit_s: See `Batch`. shape (workflows,) [s]
        graph: Which graph each workflow is; None: the first.
        kind: What to tell apart afterwards; None: the graph.
        scale: Multiplier of units. shape (workflows, components, 2); None: 1.

    Returns:
        The batch.
    """
    n = arrived_s.size
    which = np.zeros(n, dtype=np.int64) if graph is None else graph
    sizes = np.array([len(g) for g in graphs])[which]
    edges = np.array([g.next_node.size for g in graphs])[which]
    first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    links = np.concatenate(([0], np.cumsum(edges)))
    chosen = [graphs[k] for k in which]
    units = _joined([g.units for g in chosen], np.zeros((0, 2)))
    component = _joined([g.component for g in chosen], np.zeros(0, dtype=np.int64))
    if scale is not None:
        units = units * scale[np.repeat(np.arange(n), sizes), component]
    starts = [g.next_start[:-1] + links[w] for w, g in enumerate(chosen)]
    heads = [g.next_node + first[w] for w, g in enumerate(chosen)]
    none = np.zeros(0, dtype=np.int64)
    return Batch(
        components=graphs[0].components,
        first=first,
        arrived_s=np.ascontiguousarray(arrived_s, dtype=np.float64),
        start_limit_s=np.ascontiguousarray(start_limit_s, dtype=np.float64),
        component=component,
        units=np.ascontiguousarray(units),
        next_start=np.append(_joined(starts, none), links[-1]).astype(np.int64),
        next_node=_joined(heads, none).astype(np.int64),
        needs=_joined([g.needs for g in chosen], none),
        play_s=_joined([g.play_s for g in chosen], np.zeros(0)),
        kind=which if kind is None else kind,
    )


def _joined(parts: list[Any], empty: Any) -> Any:
    return np.concatenate(parts) if parts else empty
