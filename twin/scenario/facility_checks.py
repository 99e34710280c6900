"""
What a physical site may not be: each refusal names field, value and repair.

`twin.scenario.facility` calls these while it reads a site, and turns what they raise
into `ScenarioErrors`.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from twin.scenario.facility_units import feeds_first

if TYPE_CHECKING:
    from twin.scenario.facility import ElectricalNode, Event, Rack

SOURCES = frozenset({"utility", "generator"})
MODULAR = ("ups", "generator", "transformer", "utility")
"""Kinds that may be built of parallel modules; the others are one device."""
COOLING_PREFIX = "COOL-"
"""`facility.electrical` puts each hall's cooling into the network as COOL-<hall>."""
_WHOLE = 1.0
_LEAST_PERCENT = 2.0
"""A share above this was meant as a percentage; between 1 and 2 it may be a slip."""
_LEFT_OF_COOLING = frozenset({"lose-crah", "lose-chiller", "lose-cdu-pump"})


# --- one part ---------------------------------------------------------------------


def check_kind(node: ElectricalNode) -> None:
    """
    Refuse settings that a node's kind does not have.

    Raises:
        ValueError: Names the node, the setting, its value and the repair.
    """
    is_a = f"{node.name} is of kind {node.kind}"
    if node.kind == "sts" and node.transfer == "share":
        raise ValueError(
            f"{is_a} and has transfer share, but a static switch has one live feed; "
            'set transfer to "first"'
        )
    if node.start_s is not None and node.kind != "generator":
        raise ValueError(
            f"{is_a} and has start_s {node.start_s:g}, but only a generator starts; "
            "remove start_s"
        )
    if node.ups_mode == "eco" and node.kind != "ups":
        raise ValueError(
            f"{is_a} and has ups_mode eco, but only a UPS has modes; remove ups_mode"
        )
    if node.transfer_s is not None and node.transfer != "first":
        raise ValueError(
            f"{node.name} has transfer_s {node.transfer_s:g} and transfer "
            f"{node.transfer or 'empty'}, so it never switches; remove transfer_s, or "
            'set transfer to "first"'
        )
    if node.module_count > 1 and node.kind not in MODULAR:
        raise ValueError(
            f"{is_a} and has module_count {node.module_count}, but only "
            f"{', '.join(MODULAR)} have modules; remove module_count, or name the "
            "devices one by one"
        )


def check_cords(rack: Rack) -> None:
    """
    Refuse a rack that names a feed twice.

    Raises:
        ValueError: Names the rack and the feed.
    """
    double = next((f for f in rack.fed_by if rack.fed_by.count(f) > 1), None)
    if double is not None:
        raise ValueError(
            f"rack {rack.name} is fed by {double} twice; remove the double, or name "
            "the node of the other cord"
        )


def check_severity(event: Event) -> None:
    """
    Refuse a percentage where an event wants what is left of 1.

    Raises:
        ValueError: Names the kind, the value and the share that was probably meant.
    """
    severity = event.severity
    if event.kind not in _LEFT_OF_COOLING or severity is None or severity <= _WHOLE:
        return
    repair = "give what is left, for example 0.9"
    if severity >= _LEAST_PERCENT:
        repair = f"try {severity / 100:g}"
    raise ValueError(
        f"severity of {event.kind} is the part that is left (0..1), got "
        f"{severity:g}; {repair}"
    )


# --- all nodes, all racks ---------------------------------------------------------


def check_nodes(nodes: tuple[ElectricalNode, ...]) -> None:
    """
    Refuse nodes that make no network.

    Raises:
        ValueError: If names repeat, a feed is unknown or lacks a phase, nodes feed
            each other in a ring, or a node has no feed.
    """
    names = [n.name for n in nodes]
    known = {n.name: n for n in nodes}
    if len(known) != len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"electrical has two nodes named {double}; rename one")
    for node in nodes:
        for feed in node.fed_by:
            if missing := _missing_phases(node.name, node.phases, feed, known):
                raise ValueError(
                    f"{node.name} has phases {node.phases}, but its feed {feed} does "
                    f"not carry phase {min(missing)}; set phases of {node.name} within "
                    f"{known[feed].phases}, or widen {feed}'s"
                )
    ring = _ring(nodes)
    if ring:
        raise ValueError(
            f"nodes feed each other in a ring: {' -> '.join(ring)}; cut it at one feed"
        )
    for node in nodes:
        if node.kind not in SOURCES and not node.fed_by:
            raise ValueError(
                f"{node.name} is an orphan: no feed, and no utility or generator; "
                "add fed_by"
            )


def _missing_phases(
    name: str, phases: str, feed: str, known: dict[str, ElectricalNode]
) -> set[str]:
    """Phases that a feed does not carry; a feed that does not exist is refused."""
    if feed not in known:
        raise ValueError(
            f"{name} is fed by {feed}, which does not exist; "
            f"{nearest_name(feed, list(known))}"
        )
    return set(phases) - set(known[feed].phases)


def _ring(nodes: tuple[ElectricalNode, ...]) -> list[str]:
    """A ring, its first node named again at the end; empty for none."""
    feeds = {n.name: n.fed_by for n in nodes}
    for node in feeds_first(nodes):
        del feeds[node.name]
    path = list(feeds)[:1]  # all that are left hang on a ring, or stand in one
    while path:
        following = next(feed for feed in feeds[path[-1]] if feed in feeds)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)
    return []


def check_racks(racks: tuple[Rack, ...], nodes: tuple[ElectricalNode, ...]) -> None:
    """
    Refuse racks that do not fit the nodes or each other.

    Raises:
        ValueError: If names repeat or are reserved, a feed is unknown or lacks a
            phase, a row stands in two halls, or a node feeds nothing.
    """
    by_name = {n.name: n for n in nodes}
    names = [r.name for r in racks]
    taken = set(names) & set(by_name)
    if len(set(names)) != len(names) or taken:
        double = next((n for n in names if names.count(n) > 1), None) or min(taken)
        raise ValueError(f"racks has the name {double} twice; rename one")
    for rack in racks:
        for feed in rack.fed_by:
            label = f"rack {rack.name}"
            if missing := _missing_phases(label, rack.phases, feed, by_name):
                raise ValueError(
                    f"{label} hangs on phase {min(missing)}, which {feed} does not "
                    f"carry; use one of {by_name[feed].phases}"
                )
    _check_halls(racks, [*by_name, *names])
    fed = {feed for n in nodes for feed in n.fed_by}
    fed |= {feed for rack in racks for feed in rack.fed_by}
    idle = [n.name for n in nodes if n.name not in fed]
    if idle:
        raise ValueError(f"{idle[0]} feeds nothing; name it in a fed_by, or remove it")


def _check_halls(racks: tuple[Rack, ...], names: list[str]) -> None:
    """A row stands in one hall, and no name is that of a hall's cooling."""
    first_of: dict[str, Rack] = {}
    for rack in racks:
        first = first_of.setdefault(rack.row, rack)
        if first.hall != rack.hall:
            raise ValueError(
                f"row {rack.row} has racks in two halls, {first.name} in {first.hall} "
                f"and {rack.name} in {rack.hall}; give each hall's rows names of their "
                f"own, for example {first.hall}{rack.row} and {rack.hall}{rack.row} (a "
                "rack that names no row stands in R1)"
            )
    reserved = {f"{COOLING_PREFIX}{rack.hall}": rack.hall for rack in racks}
    clash = next((name for name in names if name in reserved), None)
    if clash is not None:
        raise ValueError(
            f"{clash} is reserved for the cooling of hall {reserved[clash]}, which the "
            f"network carries under that name; rename {clash}"
        )


def nearest_name(name: str, known: list[str]) -> str:
    """Say which known name a wrong one probably meant, or a few that exist."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known[:6])}"
