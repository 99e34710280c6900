"""
What hangs on each node of an imported topology, and what its whole path can carry.

A device with two supplies draws its power once: half through each while both sides
live (`normal_w`), all of it through the one that is left (`failover_w`). A chain
carries what its weakest part carries: feed, UPS and PDU, each derated. Nobody adds the
ratings of two redundant feeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twin.catalogue.electrical import derate_frac
from twin.errors import ScenarioError
from twin.exchange.topology import Device, Node, Port, Topology
from twin.scenario.facility_units import feed_order

_SLACK = 1.0 + 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """
    One node's load and limits.

    Args:
        normal_w: Draw with every feed alive. [W]
        failover_w: Draw when it alone is left of every device it feeds. [W]
        limit_w: Its own rating, derated. [W]; None is not stated.
        chain_w: Limit of the weakest part of its path. [W]; None is not stated.
        bound_by: Source id of that part.
        outlets_w: Sum of the derated limits of what it feeds directly. [W]
    """

    source_id: str
    normal_w: float
    failover_w: float
    limit_w: float | None
    chain_w: float | None
    bound_by: str
    outlets_w: float

    @property
    def oversold(self) -> bool:
        """Whether its outlets may together ask for more than it carries."""
        return self.limit_w is not None and self.outlets_w > self.limit_w * _SLACK


def limit_w(node: Node) -> float | None:
    """Rating of a node, derated. [W]; None where the source states none."""
    if node.rated_w is None:
        return None
    return node.rated_w * derate_frac(node.kind, node.derate_frac)


def device_draw_w(device: Device) -> float | None:
    """
    Power one device draws, each watt counted once. [W]

    Supplies on one feed add up, supplies on different feeds stand in for each other:
    the feed with most supplies carries the device alone. Where no inlet is plugged in,
    the largest counts.

    Args:
        device: The device; `allocated_w` counts before `maximum_w`.

    Returns:
        The draw; None where no inlet states one.
    """
    stated = [(p.feed, _port_w(p)) for p in device.ports]
    known = [(feed, w) for feed, w in stated if w is not None]
    if not known:
        return None
    plugged = [(feed, w) for feed, w in known if feed]
    if not plugged:
        return max(w for _, w in known)
    by_feed: dict[str, float] = {}
    for feed, w in plugged:
        by_feed[feed] = by_feed.get(feed, 0.0) + w
    return max(by_feed.values())


def _port_w(port: Port) -> float | None:
    return port.maximum_w if port.allocated_w is None else port.allocated_w


def feeds_first(nodes: Iterable[Node]) -> list[Node]:
    """
    Sort nodes so that feeds stand before what they feed.

    Raises:
        ScenarioError: If they feed each other in a ring; names the nodes.
    """
    by_id = {node.source_id: node for node in nodes}
    order = feed_order(
        {key: [f for f in n.feeds if f in by_id] for key, n in by_id.items()}
    )
    if len(order) < len(by_id):
        sorted_out = set(order)
        ring = [n.name for key, n in by_id.items() if key not in sorted_out]
        raise ScenarioError(
            field="fed_by", rule="must not lead back to itself",
            value=" -> ".join(ring[:6]),
            repair="cut one of these connections at the source",
        )  # fmt: skip
    return [by_id[key] for key in order]


def carried(topology: Topology) -> tuple[Carried, ...]:
    """
    Loads and limits of every node.

    Args:
        topology: Devices hang on nodes through their ports; a device whose ports are
            not plugged in hangs on its rack's feeds.

    Returns:
        One record a node, feeds first. Losses are not counted.

    Raises:
        ScenarioError: If nodes feed each other in a ring.
    """
    order = feeds_first(topology.nodes)
    known = {node.source_id: node for node in order}
    normal, failover = dict.fromkeys(known, 0.0), dict.fromkeys(known, 0.0)
    for device, draw_w, plugged in _drawing(topology, known):
        for feed in plugged:
            normal[feed] += device.count * draw_w / len(plugged)
    for node in reversed(order):
        feeds = [f for f in node.feeds if f in known]
        used = feeds[:1] if node.transfer == "first" else feeds
        for feed in used:
            normal[feed] += normal[node.source_id] / len(used)
    _spread_failover(topology, known, failover)
    chain, bound = _chains(order)
    outlets = dict.fromkeys(known, 0.0)
    for node in order:
        for feed in node.feeds:
            if feed in known:
                outlets[feed] += limit_w(node) or 0.0
    return tuple(
        Carried(
            source_id=key, normal_w=normal[key], failover_w=failover[key],
            limit_w=limit_w(node), chain_w=chain[key], bound_by=bound[key],
            outlets_w=outlets[key],
        )
        for key, node in known.items()
    )  # fmt: skip


def _spread_failover(
    topology: Topology, known: Mapping[str, Node], failover: dict[str, float]
) -> None:
    """Give every device in full, and once, to every node that may have to carry it."""
    above: dict[tuple[str, ...], frozenset[str]] = {}
    for device, draw_w, feeds in _drawing(topology, known):
        if feeds not in above:
            above[feeds] = _ancestors(feeds, known)
        for key in above[feeds]:
            failover[key] += device.count * draw_w


def _drawing(
    topology: Topology, known: Mapping[str, Node]
) -> Iterable[tuple[Device, float, tuple[str, ...]]]:
    """Devices with a stated draw, the draw of one, and the nodes that feed it."""
    racks = {rack.source_id: rack.feeds for rack in topology.racks}
    for device in topology.devices:
        draw_w = device_draw_w(device)
        if draw_w is None:
            continue
        plugged = dict.fromkeys(p.feed for p in device.ports if p.feed in known)
        named = plugged or dict.fromkeys(
            f for f in racks.get(device.rack, ()) if f in known
        )
        if named:
            yield device, draw_w, tuple(named)


def _ancestors(feeds: tuple[str, ...], known: Mapping[str, Node]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(feeds)
    while waiting:
        key = waiting.pop()
        if key in found or key not in known:
            continue
        found.add(key)
        waiting.extend(known[key].feeds)
    return frozenset(found)


def _chains(order: list[Node]) -> tuple[dict[str, float | None], dict[str, str]]:
    """Weakest limit between each node and its source, and where it stands."""
    chain: dict[str, float | None] = {}
    bound: dict[str, str] = {}
    for node in order:
        own = limit_w(node)
        above = [(chain[f], bound[f]) for f in node.feeds if f in chain]
        stated = [(w, b) for w, b in above if w is not None]
        upstream: tuple[float | None, str] = (None, "")
        if stated and node.transfer == "share":
            upstream = (sum(w for w, _ in stated), stated[0][1])
        elif stated:
            upstream = min(stated)
        own_binds = own is not None and (upstream[0] is None or own <= upstream[0])
        chain[node.source_id] = own if own_binds else upstream[0]
        bound[node.source_id] = node.source_id if own_binds else upstream[1]
    return chain, bound
