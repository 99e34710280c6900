"""
The power network: nodes that feed each other, as flat arrays.

Power flows from the utility to the racks. Nodes stand in topological order, feeders
first and racks last, so one pass down finds who is live and one pass up adds loads
and losses. A node with several feeds either shares its draw equally over the live
ones (dual cords, parallel modules) or takes the first live one (a transfer switch).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.power.sweep import RACK, Wiring, add_up, find_live
from twin.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """
    One node before it is put in order.

    Args:
        name: Unique name.
        kind: What it is, e.g. "ups"; shown to people.
        role: UTILITY, GENERATOR, CONVEYOR or RACK.
        fed_by: Names of its feeds, the preferred one first.
        share: True splits its draw equally over live feeds; False takes the first.
        rated_w: Output it can carry for ever. [W], > 0
        derate_frac: Part of the rating that may be planned with. 0..1
        fixed_w: Loss whenever the node is live. [W]
        linear: Loss per watt of output. [1]
        quadratic_per_w: Loss per watt² of output. [1/W]
    """

    name: str
    kind: str
    role: int
    fed_by: tuple[str, ...] = ()
    share: bool = False
    rated_w: float = np.inf
    derate_frac: float = 1.0
    fixed_w: float = 0.0
    linear: float = 0.0
    quadratic_per_w: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A site's nodes in topological order; racks last."""

    nodes: tuple[NodeSpec, ...]
    wiring: Wiring
    index: dict[str, int]

    @property
    def rack_first(self) -> int:
        """Index of the first rack; every node from here on is a rack."""
        roles = self.wiring.role
        return int(np.argmax(roles == RACK)) if (roles == RACK).any() else roles.size

    def limit_w(self) -> FloatArray:
        """Load each node may carry for ever, after derating. [W], shape (nodes,)"""
        return np.array([n.rated_w * n.derate_frac for n in self.nodes])

    def depth(self) -> IntArray:
        """Longest way from a source, in nodes. Shape (nodes,)"""
        depth = np.zeros(len(self.nodes), dtype=np.int64)
        w = self.wiring
        for i in range(depth.size):
            feeds = w.feed[w.first[i] : w.first[i + 1]]
            if feeds.size:
                depth[i] = depth[feeds].max() + 1
        return depth

    def add_up(self, load: FloatArray) -> None:
        """Pass loads up in place: all feeds alive, nothing lost. Shape (nodes, ...)"""
        w = self.wiring
        for i in range(len(self.nodes) - 1, -1, -1):
            feeds = w.feed[w.first[i] : w.first[i + 1]]
            used = feeds if w.share[i] else feeds[:1]
            for feed in used:
                load[feed] += load[i] / len(used)


def build_network(nodes: list[NodeSpec]) -> Network:
    """
    Put nodes in topological order and flatten them.

    Args:
        nodes: The nodes, in any order.

    Returns:
        The network; feeds come before what they feed, racks come last.

    Raises:
        ValueError: If a name is double or unknown, or nodes feed each other in a ring.
    """
    known = {n.name: n for n in nodes}
    if len(known) != len(nodes):
        names = [n.name for n in nodes]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"node name {double!r} is used twice; rename one")
    ordered = _ordered(nodes, known)
    index = {n.name: i for i, n in enumerate(ordered)}
    first = np.zeros(len(ordered) + 1, dtype=np.int64)
    feed: list[int] = []
    for i, node in enumerate(ordered):
        feed += [index[name] for name in node.fed_by]
        first[i + 1] = len(feed)
    wiring = Wiring(
        role=np.array([n.role for n in ordered], dtype=np.int64),
        share=np.array([n.share for n in ordered], dtype=np.bool_),
        first=first,
        feed=np.array(feed, dtype=np.int64),
        loss=np.array(
            [(n.fixed_w, n.linear, n.quadratic_per_w) for n in ordered], dtype=float
        ).reshape(-1, 3),
    )
    return Network(nodes=tuple(ordered), wiring=wiring, index=index)


def _ordered(nodes: list[NodeSpec], known: dict[str, NodeSpec]) -> list[NodeSpec]:
    """Feeds first (Kahn), then the racks in the order given."""
    waiting = {n.name: set(n.fed_by) for n in nodes}
    fed: dict[str, list[str]] = {n.name: [] for n in nodes}
    for node in nodes:
        for name in waiting[node.name]:
            if name not in known:
                raise ValueError(f"{node.name!r} is fed by unknown node {name!r}")
            fed[name].append(node.name)
    ready = [n.name for n in nodes if not waiting[n.name]]
    ordered = []
    for name in ready:  # grows while it is read
        ordered.append(known[name])
        for child in fed[name]:
            waiting[child].discard(name)
            if not waiting[child]:
                ready.append(child)
    if len(ordered) != len(nodes):
        ring = sorted(name for name, left in waiting.items() if left)
        raise ValueError(f"nodes feed each other in a ring: {', '.join(ring)}")
    racks = [n for n in nodes if n.role == RACK]
    return [n for n in ordered if n.role != RACK] + racks


class Flow(NamedTuple):
    """Steady power of every node. Arrays of shape (nodes,)."""

    live: np.ndarray  # bool
    out_w: np.ndarray
    in_w: np.ndarray
    edge_w: np.ndarray  # (edges,)


def flow(network: Network, rack_w: FloatArray, out_of_service: IntArray) -> Flow:
    """
    Steady power with some nodes out of service.

    Stores do not count: this is the state after they have run empty, with every
    generator that is wanted running.

    Args:
        network: The site.
        rack_w: What each rack draws while it is live. [W], shape (racks,)
        out_of_service: Indices of nodes that carry nothing.

    Returns:
        Who is live, what each node delivers and draws, what flows over each feed.
    """
    n = len(network.nodes)
    down = np.zeros(n, dtype=np.bool_)
    down[out_of_service] = True
    wanted = np.zeros(n)
    wanted[network.rack_first :] = rack_w
    live = np.empty(n, dtype=np.bool_)
    weight = np.zeros(network.wiring.feed.size)
    out_w, in_w = np.empty(n), np.empty(n)
    find_live(network.wiring, down, live, weight)
    add_up(network.wiring, live, weight, wanted, out_w, in_w)
    w = network.wiring
    owner = np.repeat(np.arange(n), np.diff(w.first))
    return Flow(live, out_w, in_w, weight * in_w[owner])
