"""
From a neutral topology to what a scenario should hold: items with their fields.

A field is *stated* where the source says it, and *guessed* where a scenario needs a
value that no source gives. Stated fields follow the source at every import; guessed
ones are set once and then belong to the planner.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from twin.catalogue import SERVERS
from twin.exchange.capacity import carried, feeds_first
from twin.exchange.servers import Match, match_model
from twin.exchange.topology import Device, Node, RackPlace, Topology, Unmapped
from twin.scenario.facility_checks import COOLING_PREFIX, SOURCES

UTILITY = "assumed:utility"
MAX_NAME = 60
MAX_PLACE = 40
MAX_FEEDS = {"node": 8, "rack": 4}
MAX_SERVERS = 144
MAX_NODES = 60_000
_LEAST_W = 1.0
Kind = Literal["node", "rack", "row-limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    One thing the scenario should hold.

    Args:
        stated: Fields of the source; `fed_by` names source ids, `limit_w` is the
            rating after derating.
        guessed: Fields set only where the item is new.
        assumed: Whether the source does not know it; added only where it is needed.
        ordered: Whether the source says which feed is preferred.
        note: What a reader of the diff should know.
    """

    kind: Kind
    source_id: str
    name: str
    stated: dict[str, Any]
    guessed: dict[str, Any] = field(default_factory=dict)
    assumed: bool = False
    ordered: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an import would have the scenario hold, and what it could not map."""

    items: tuple[Item, ...]
    unmapped: tuple[Unmapped, ...]
    notes: tuple[str, ...]
    held: frozenset[str]


def wanted(topology: Topology, servers: Mapping[str, Match]) -> Wanted:
    """
    Map a topology to nodes and racks.

    Args:
        topology: What the source said.
        servers: The user's choice of a server by device model.

    Raises:
        ScenarioError: If nodes feed each other in a ring.
    """
    found = _Mapping(topology, servers)
    racks = found.racks()
    nodes = found.nodes({f for rack in racks for f in rack.stated["fed_by"]})
    limits = found.row_limits(racks)
    return Wanted(
        items=(*nodes, *racks, *limits), unmapped=tuple(found.unmapped),
        notes=(*topology.notes, *dict.fromkeys(found.notes)), held=topology.held,
    )  # fmt: skip


class _Mapping:
    """One topology on its way to a scenario; collects what does not fit."""

    def __init__(self, topology: Topology, servers: Mapping[str, Match]) -> None:
        self.topology = topology
        self.servers = servers
        self.unmapped = list(topology.unmapped)
        self.notes: list[str] = []
        self.order = feeds_first(topology.nodes)
        self.known = {node.source_id for node in self.order} | topology.held
        self.names = _Names()
        self.node_names = {
            n.source_id: self.names.take(n.name, n.source_id) for n in self.order
        }
        self.loads = {c.source_id: c for c in carried(topology)}

    # --- racks ----------------------------------------------------------------------

    def racks(self) -> list[Item]:
        devices: dict[str, list[Device]] = defaultdict(list)
        for device in self.topology.devices:
            devices[device.rack].append(device)
        found = [
            self._rack(rack, devices.pop(rack.source_id, []))
            for rack in self.topology.racks
        ]
        for left in devices.values():
            for device in left:
                self._leave(device.source_id, "stands in no rack", _plain(device))
        return [rack for rack in found if rack is not None]

    def _rack(self, rack: RackPlace, devices: list[Device]) -> Item | None:
        feeds = self._feeds(rack.source_id, self._rack_feeds(rack, devices), "rack")
        if not feeds:
            what = {"rack": _plain(rack), "devices": [_plain(d) for d in devices]}
            self._leave(rack.source_id, "nothing feeds this rack", what)
            return None
        filled, note = self._fill(devices)
        values: dict[str, Any] = {
            "hall": place(rack.hall, "H1"), "row": place(rack.row, "R1"),
            "position": min(max(rack.position, 1), 1000), "server_count": 0,
        } | rack.more | filled  # fmt: skip
        states = rack.states | set(filled)
        stated: dict[str, Any] = {"fed_by": feeds}
        stated |= {key: v for key, v in values.items() if key in states}
        guessed = {key: v for key, v in values.items() if key not in stated}
        name = self.names.take(rack.name, rack.source_id)
        return Item(
            kind="rack", source_id=rack.source_id, name=name, stated=stated,
            guessed=guessed, note=note,
        )  # fmt: skip

    def _rack_feeds(self, rack: RackPlace, devices: list[Device]) -> list[str]:
        """The rack's own feeds, or what its devices are plugged into."""
        if rack.feeds:
            return list(rack.feeds)
        plugged = [p.feed for d in devices for p in d.ports if p.feed]
        return list(dict.fromkeys(plugged))

    def _fill(self, devices: list[Device]) -> tuple[dict[str, Any], str]:
        """Server type and count of a rack; what is no such server stays unmapped."""
        counted: dict[str, float] = defaultdict(float)
        notes: list[str] = []
        matched: list[tuple[Device, Match]] = []
        for device in devices:
            match = match_model(device.model, self.servers)
            if match is None:
                self._leave(
                    device.source_id,
                    f"no server of the catalogue stands for model {device.model!r}; "
                    "its draw is in the loads, not in the scenario",
                    _plain(device),
                )
                continue
            matched.append((device, match))
            counted[match.server] += device.count / match.per
            notes += [match.note] if match.note else []
        if not counted:
            return {}, ""
        server = max(sorted(counted), key=lambda s: counted[s] * _rated_w(s))
        for device, match in matched:
            if match.server != server:
                reason = f"a rack holds one server type, here {server}"
                self._leave(device.source_id, reason, _plain(device))
        count = math.ceil(counted[server] - 1e-9)
        if count > MAX_SERVERS:
            notes.append(f"{count} servers cut to {MAX_SERVERS}, the most of a rack")
        if abs(counted[server] - round(counted[server])) > 1e-9:
            notes.append(f"{counted[server]:g} servers of {server} counted as {count}")
        self.notes += notes
        filled = {"server": server, "server_count": min(count, MAX_SERVERS)}
        return filled, "; ".join(dict.fromkeys(notes))

    # --- nodes ----------------------------------------------------------------------

    def nodes(self, fed: set[str]) -> list[Item]:
        """Nodes that feed something, feeds before what they feed."""
        used = set(fed)
        for node in reversed(self.order):
            if node.source_id in used:
                used |= set(node.feeds)
            else:
                self._leave(node.source_id, "feeds nothing", _plain(node))
        kept = [node for node in self.order if node.source_id in used]
        rated_w = self._ratings(kept)
        items = [self._node(node, rated_w) for node in kept]
        roots = [i for i in items if UTILITY in i.guessed.get("fed_by", ())]
        if not roots:
            return items
        total_w = sum(rated_w[i.source_id] for i in roots)
        utility = Item(
            kind="node", source_id=UTILITY, name=self.names.take("UTIL", UTILITY),
            stated={}, assumed=True,
            guessed={"kind": "utility", "rated_w": total_w, "fed_by": []},
            note="assumed: the source names nothing above",
        )  # fmt: skip
        return [utility, *items]

    def _node(self, node: Node, rated_w: dict[str, float]) -> Item:
        feeds = self._feeds(node.source_id, list(node.feeds), "node")
        values: dict[str, Any] = {
            "kind": node.kind, "rated_w": rated_w[node.source_id],
            "phases": node.phases, "side": node.side,
        } | node.more  # fmt: skip
        if node.derate_frac is not None:
            values["derate_frac"] = node.derate_frac
        if len(feeds) > 1 or node.transfer is not None:
            values["transfer"] = node.transfer or "first"
        stated = {key: v for key, v in values.items() if key in node.states}
        guessed = {key: v for key, v in values.items() if key not in node.states}
        if "limit_w" in node.states and node.rated_w is not None:
            stated["limit_w"] = node.rated_w * (node.derate_frac or 1.0)
        note = node.note
        if node.rated_w is None:
            note = "; ".join(filter(None, (note, "rating assumed: none is stated")))
        if feeds or node.kind in SOURCES:
            stated["fed_by"] = feeds
        else:
            guessed["fed_by"] = [UTILITY]
        return Item(
            kind="node", source_id=node.source_id, stated=stated, guessed=guessed,
            name=self.node_names[node.source_id], note=note,
            ordered="feed_order" in node.states,
        )  # fmt: skip

    def _ratings(self, nodes: list[Node]) -> dict[str, float]:
        """Stated ratings; where there is none, one that does not bind."""
        rated = {n.source_id: n.rated_w for n in nodes if n.rated_w is not None}
        below: dict[str, float] = defaultdict(float)
        for node in reversed(nodes):
            key = node.source_id
            if key not in rated and below[key] > 0:
                rated[key] = below[key]
            for feed in node.feeds:
                below[feed] += rated.get(key, 0.0)
        for node in nodes:
            key = node.source_id
            if key not in rated:
                feeds_w = [rated[f] for f in node.feeds if f in rated]
                load_w = self.loads[key].failover_w / 0.8
                rated[key] = max(min(feeds_w, default=0.0), load_w, _LEAST_W)
                if rated[key] <= _LEAST_W:
                    self.notes.append(f"{node.name}: nothing says what it carries")
        return rated

    def row_limits(self, racks: list[Item]) -> list[Item]:
        """Limits of rows whose every cabinet has one; a sum of cabinets, no more."""
        limit_of = {r.source_id: r.limit_w for r in self.topology.racks}
        rows: dict[str, list[float | None]] = defaultdict(list)
        for rack in racks:
            row = (rack.stated | rack.guessed)["row"]
            rows[row].append(limit_of[rack.source_id])
        return [
            Item(
                kind="row-limit", source_id=f"row-limit:{row}", name=row,
                stated={"limit_w": sum(filter(None, limits))},
                note="sum of its cabinets' limits",
            )
            for row, limits in rows.items()
            if all(limits)
        ]  # fmt: skip

    # --- both -----------------------------------------------------------------------

    def _feeds(self, key: str, feeds: list[str], kind: str) -> list[str]:
        unique = list(dict.fromkeys(feeds))
        missing = [f for f in unique if f not in self.known]
        if missing:
            self._leave(key, "a feed it names is not in the source", missing)
        found = [f for f in unique if f in self.known]
        most = MAX_FEEDS[kind]
        if len(found) > most:
            reason = f"more than {most} feeds; the first {most} are kept"
            self._leave(key, reason, found[most:])
        return found[:most]

    def _leave(self, source_id: str, reason: str, content: Any) -> None:
        self.unmapped.append(
            Unmapped(source_id=source_id, reason=reason, content=content)
        )


class _Names:
    """Unique names: a name taken twice gets its source id behind it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = defaultdict(lambda: 2)

    def take(self, name: str, source_id: str) -> str:
        chosen = clean(name, MAX_NAME) or clean(source_id, MAX_NAME)
        if chosen.startswith(COOLING_PREFIX):
            chosen = f"_{chosen}"[:MAX_NAME]
        if chosen in self._taken:
            tail = f" ({clean(source_id, MAX_NAME)[-20:]})"
            chosen = chosen[: MAX_NAME - len(tail)] + tail
        base = chosen
        while chosen in self._taken:
            tail = f" #{self._numbers[base]}"
            self._numbers[base] += 1
            chosen = base[: MAX_NAME - len(tail)] + tail
        self._taken.add(chosen)
        return chosen


def clean(text: str, most: int) -> str:
    """Text on one line without control characters, cut to a length."""
    shown = "".join(c for c in str(text) if c.isprintable())
    return " ".join(shown.split())[:most].strip()


def place(text: str, default: str) -> str:
    """Name of a hall or row, or the default where there is none."""
    return clean(text, MAX_PLACE) or default


def _rated_w(server: str) -> float:
    return float(SERVERS[server].rated_w.value)


def _plain(record: Node | RackPlace | Device) -> dict[str, Any]:
    """A record as it came, without what is empty."""
    values = asdict(record)
    values.pop("states", None)
    if isinstance(record, Device):
        values["ports"] = list(values["ports"])
    return {k: v for k, v in values.items() if v not in (None, "", (), {}, [])}


def merged_supplies(nodes: list[Node]) -> tuple[list[Node], dict[str, str]]:
    """
    Put power supplies together that stand in parallel on the same feeds.

    A shelf of six supplies is one node whose rating is their sum; the caller passes
    only supplies that feed the same things.

    Returns:
        The nodes that are left, and which of them each source id became.
    """
    groups: dict[tuple[str, ...], list[Node]] = defaultdict(list)
    for node in nodes:
        groups[tuple(sorted(node.feeds))].append(node)
    kept: list[Node] = []
    became: dict[str, str] = {}
    for group in groups.values():
        first = group[0]
        rated = [n.rated_w for n in group]
        total = sum(w for w in rated if w is not None) if all(rated) else None
        note = f"{len(group)} supplies in parallel" if len(group) > 1 else first.note
        kept.append(replace(first, rated_w=total, note=note))
        became |= {n.source_id: first.source_id for n in group}
    return kept, became
