"""
A site as a placement sees it: racks that are alike, ways to hang them, every limit.

Each way to hang a rack is a rack of its own in the network that is solved; only the
one that is chosen draws power. Nodes that feed one rack alone (its own PDUs) become a
limit of that rack, so that racks of a row stay alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

import numpy as np

from twin.errors import ScenarioError
from twin.facility import kernel
from twin.facility.assemble import Assembled
from twin.facility.heat import LOADS
from twin.facility.memory import settled_heat
from twin.optimise.loads import worst_loads
from twin.optimise.placement_kinds import Kind, cap_landings
from twin.power.network import Network, NodeSpec, build_network
from twin.power.phases import PHASES
from twin.power.protection import time_to_trip_s
from twin.power.sweep import RACK, Wiring
from twin.scenario.facility import Rack
from twin.scenario.placement import PlacementInput
from twin.scenario.row_limits import row_limits_w
from twin.types import BoolArray, FloatArray, IntArray

_HALVINGS = 60
_GRID = 1501
"""Loads between 0 and the plant table's end at which cooling is looked up."""


class Option(NamedTuple):
    """A way to hang a rack."""

    fed_by: tuple[str, ...]
    phases: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """
    Racks that are alike.

    Args:
        racks: Their indices.
        row: Their row.
        hall: Number of their hall.
        aisle: Number of their aisle.
        options: Ways the first of them may hang; those of others differ in names.
        own: The way they hang now; -1 where it is not open.
        virtual: Rack of the solved network. Shape (racks, options)
        limit_w: Power that each may draw. [W], shape (options,)
        present: Servers in each now.
        present_kind: Their kind, -1 for none.
    """

    racks: IntArray
    row: str
    hall: int
    aisle: int
    options: tuple[Option, ...]
    own: int
    virtual: IntArray
    limit_w: FloatArray
    present: int
    present_kind: int


class Lane(NamedTuple):
    """A phase, or all three together: its wiring, limits and each rack's share."""

    wiring: Wiring
    limit_w: FloatArray
    ride_w: FloatArray
    share: FloatArray  # (virtual racks,)
    other_share: float


class Aisle(NamedTuple):
    """A cold aisle: air it has, and the part that its warmest rack leaves."""

    name: str
    air_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """
    Everything a placement is solved on.

    Args:
        inputs: What is asked.
        a: The site as it stands.
        kinds: Kinds of servers.
        ways: Ways each rack may hang.
        groups: Racks that are alike.
        network: Nodes, cooling, and a rack per way to hang each.
        lanes: All phases together, or one by one where any load is uneven.
        out: Nodes out of service by plan. Shape (nodes,)
        losses: Nodes that may be lost.
        own_nodes: Nodes that feed one rack alone. Shape (nodes,)
        rack_hall: Hall of each virtual rack.
        cooling_node: Node of each hall's cooling. Shape (halls,)
        cooling_w: What cooling draws with no heat. [W], shape (halls,)
        cooling_per_w: Watts it draws per watt of heat, at most. Shape (halls,)
        able_w: Heat that each hall's cooling takes out. [W], shape (halls,)
        aisles: Cold aisles.
        row_limit_w: Power limit by row, where there is one. [W]
    """

    inputs: PlacementInput
    a: Assembled
    kinds: tuple[Kind, ...]
    ways: tuple[tuple[Option, ...], ...]
    groups: tuple[Group, ...]
    network: Network
    lanes: tuple[Lane, ...]
    out: BoolArray
    losses: IntArray
    own_nodes: BoolArray
    rack_hall: IntArray
    cooling_node: IntArray
    cooling_w: FloatArray
    cooling_per_w: FloatArray
    able_w: FloatArray
    aisles: tuple[Aisle, ...]
    row_limit_w: dict[str, float]

    def wanted_w(self, rack_w: FloatArray, heat_w: FloatArray) -> FloatArray:
        """What each node draws for itself. [W]; heat is that of the same racks."""
        wanted = np.zeros(len(self.network.nodes))
        wanted[self.network.rack_first :] = rack_w
        by_hall = np.bincount(self.rack_hall, heat_w, self.cooling_node.size)
        wanted[self.cooling_node] = self.cooling_w + self.cooling_per_w * by_hall
        return wanted


def build_ground(
    inputs: PlacementInput, a: Assembled, kinds: tuple[Kind, ...]
) -> Ground:
    """
    Resolve a placement's site.

    Args:
        inputs: The placement.
        a: Its site as it stands.
        kinds: Kinds of servers.

    Raises:
        ScenarioError: If a wiring names what does not exist.
    """
    options = _options(inputs, a)
    specs, owner = [], []
    for k, (rack, ways) in enumerate(zip(a.racks, options, strict=True)):
        for o, way in enumerate(ways):
            name = f"{rack.name}/{o}"
            specs.append(
                NodeSpec(
                    name=name, kind="rack", role=RACK, fed_by=way.fed_by, share=True
                )
            )
            owner.append(k)
    network = build_network([*a.network.nodes[: a.network.rack_first], *specs])
    rack_of = np.array(owner, dtype=np.int64)
    own = _owned(network, rack_of)
    lanes = _lanes(inputs, a, network, [w for ways in options for w in ways])
    out = np.isin([n.name for n in network.nodes], a.timeline.planned_out)
    cooling = _cooling(a)
    return Ground(
        inputs=inputs, a=a, kinds=kinds, ways=tuple(options), network=network,
        lanes=lanes, out=out,
        groups=_groups(inputs, a, kinds, options, network, lanes, own, out),
        losses=np.arange(network.rack_first, dtype=np.int64), own_nodes=own,
        rack_hall=a.site.rack_hall[rack_of],
        cooling_node=np.array([
            network.index[a.network.nodes[i].name] for i in a.site.cooling_node
        ]),
        cooling_w=cooling.fixed_w, cooling_per_w=cooling.per_w, able_w=cooling.able_w,
        aisles=_aisles(a, kinds, cooling.supply_c), row_limit_w=_row_limits(inputs, a),
    )  # fmt: skip


# --- ways to hang a rack ------------------------------------------------------------


def _options(inputs: PlacementInput, a: Assembled) -> list[tuple[Option, ...]]:
    """Ways open to each rack; as it hangs now where no wiring is open to it."""
    _check_wirings(inputs, a)
    found = []
    for rack in a.racks:
        ways = [
            Option(w.fed_by or rack.fed_by, w.phases or rack.phases)
            for w in inputs.wirings
            if not w.rows or rack.row in w.rows
        ]
        found.append(tuple(dict.fromkeys(ways)) or (_own(rack),))
    return found


def _own(rack: Rack) -> Option:
    return Option(rack.fed_by, rack.phases)


def _check_wirings(inputs: PlacementInput, a: Assembled) -> None:
    nodes = {n.name for n in a.facility.electrical}
    rows = {row.name for row in a.rows}
    for k, wiring in enumerate(inputs.wirings):
        asked = [("fed_by", n, nodes) for n in wiring.fed_by]
        asked += [("rows", n, rows) for n in wiring.rows]
        for part, name, known in asked:
            if name not in known:
                near = get_close_matches(name, sorted(known), n=1) or sorted(known)[:1]
                raise ScenarioError(f"wirings.{k}.{part}", "names what is not there",
                                    name, f"did you mean {near[0]}?")  # fmt: skip
        if len(set(wiring.fed_by)) != len(wiring.fed_by):
            raise ScenarioError(f"wirings.{k}.fed_by", "must name a feed once",
                                ", ".join(wiring.fed_by),
                                "remove the double")  # fmt: skip


def _owned(network: Network, rack_of: IntArray) -> BoolArray:
    """Nodes below which there is one rack and nothing else."""
    none, many = -1, -2
    w, n = network.wiring, len(network.nodes)
    owner = np.full(n, none, dtype=np.int64)
    owner[network.rack_first :] = rack_of
    for i in range(n - 1, -1, -1):
        below = many if network.nodes[i].kind == "cooling" else owner[i]
        for feed in w.feed[w.first[i] : w.first[i + 1]]:
            if below != none and owner[feed] != below:
                owner[feed] = below if owner[feed] == none else many
    found: BoolArray = owner >= 0
    found[network.rack_first :] = False
    return found


def _signature(network: Network, own: BoolArray, name: str) -> tuple[object, ...]:
    """What makes two feeds alike: their name, or all of what a rack's own are."""
    i = network.index[name]
    if not own[i]:
        return (name,)
    node = network.nodes[i]
    feeds = tuple(_signature(network, own, f) for f in node.fed_by)
    return (
        node.kind, node.share, node.rated_w, node.derate_frac, node.fixed_w,
        node.linear, node.quadratic_per_w, feeds,
    )  # fmt: skip


class _Alike(NamedTuple):
    """What racks of a group share."""

    row: str
    aisle: int
    ways: tuple[tuple[tuple[tuple[object, ...], ...], str], ...]
    own: int
    held: int
    key: str


def _groups(
    inputs: PlacementInput, a: Assembled, kinds: tuple[Kind, ...],
    options: list[tuple[Option, ...]], network: Network, lanes: tuple[Lane, ...],
    own: BoolArray, out: BoolArray,
) -> tuple[Group, ...]:  # fmt: skip
    """Put racks together that differ in nothing a placement looks at."""
    standing = {k.server.key: i for i, k in enumerate(kinds) if k.present}
    first = np.cumsum([0, *(len(ways) for ways in options)])
    alike: dict[_Alike, list[int]] = {}
    for k, rack in enumerate(a.racks):
        held = rack.server_count if inputs.present != "gone" else 0
        same = _Alike(
            row=rack.row, aisle=int(a.site.rack_aisle[k]),
            ways=tuple(
                (tuple(_signature(network, own, f) for f in way.fed_by), way.phases)
                for way in options[k]
            ),
            own=options[k].index(_own(rack)) if _own(rack) in options[k] else -1,
            held=held,
            key=(rack.server or inputs.scenario.fleet.server) if held else "",
        )  # fmt: skip
        alike.setdefault(same, []).append(k)
    limits: dict[object, FloatArray] = {}
    found = []
    for same, racks in alike.items():
        k = racks[0]
        if same.ways not in limits:
            limits[same.ways] = np.array([
                _rack_limit_w(network, lanes, own, out, int(first[k]) + o)
                for o in range(len(options[k]))
            ])  # fmt: skip
        most_w = inputs.rack_limit_w or np.inf
        found.append(
            Group(
                racks=np.array(racks, dtype=np.int64), row=same.row,
                hall=int(a.site.rack_hall[k]), aisle=same.aisle, options=options[k],
                own=same.own,
                virtual=first[racks][:, None] + np.arange(len(options[k])),
                limit_w=np.minimum(limits[same.ways], most_w), present=same.held,
                present_kind=standing.get(same.key, -1),
            )
        )  # fmt: skip
    return tuple(found)


def _rack_limit_w(
    network: Network, lanes: tuple[Lane, ...], own: BoolArray, out: BoolArray, v: int
) -> float:
    """Most a rack may draw by the nodes that feed it alone, whichever is lost."""
    rack = network.rack_first + v
    above, waiting = {rack}, [rack]
    w = network.wiring
    while waiting:
        i = waiting.pop()
        for feed in w.feed[w.first[i] : w.first[i + 1]].tolist():
            if feed not in above:
                above.add(feed)
                waiting.append(feed)
    order = sorted(above)
    if not own[order].any():
        return float(np.inf)
    small = build_network([network.nodes[i] for i in order])
    back = [network.index[n.name] for n in small.nodes]
    losses = np.arange(-1, small.rack_first, dtype=np.int64)
    low, high = 0.0, float(sum(network.nodes[i].rated_w for i in order if own[i]))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        worst = 0.0
        for lane in lanes:
            limit_w = np.where(own[back], lane.limit_w[back], np.inf)
            wiring = small.wiring._replace(loss=lane.wiring.loss[back])
            wanted_w = np.zeros(len(back))
            wanted_w[-1] = middle * lane.share[v]
            fracs, cause = np.zeros(len(back)), np.zeros(len(back), dtype=np.int64)
            worst_loads(wiring, out[back], wanted_w, limit_w, losses, fracs, cause)
            worst = max(worst, float(fracs.max()))
        low, high = (middle, high) if worst <= 1.0 else (low, middle)
    return low


# --- limits -------------------------------------------------------------------------


def _lanes(
    inputs: PlacementInput, a: Assembled, network: Network, ways: list[Option]
) -> tuple[Lane, ...]:
    """One lane where every load and node has all phases; else one per phase."""
    phases_of = {n.name: n.phases for n in a.facility.electrical}
    node_phases = [phases_of.get(n.name, "abc") for n in network.nodes]
    limit_w = inputs.limit_frac * network.limit_w()
    ride_w = _ride_w(inputs, a, network)
    even = all(w.phases == "abc" for w in ways) and set(node_phases) == {"abc"}
    if even and inputs.imbalance_limit_frac is None:
        return (Lane(network.wiring, limit_w, ride_w, np.ones(len(ways)), 1.0),)
    found = []
    for phase in PHASES:
        count = np.array([len(p) if phase in p else np.nan for p in node_phases])
        some = np.isfinite(count)
        parts = np.where(some, count, 1.0)
        loss = network.wiring.loss.copy()
        loss[:, 0] = np.where(some, loss[:, 0] / parts, 0.0)
        loss[:, 2] *= parts
        share = [1.0 / len(w.phases) if phase in w.phases else 0.0 for w in ways]
        found.append(
            Lane(
                network.wiring._replace(loss=loss),
                np.where(some, limit_w / parts, np.inf),
                np.where(some, ride_w / parts, np.inf), np.array(share), 1.0 / 3.0,
            )
        )  # fmt: skip
    return tuple(found)


def _ride_w(inputs: PlacementInput, a: Assembled, network: Network) -> FloatArray:
    """Load that each node's protection carries until the last cap has landed. [W]"""
    found: FloatArray = np.full(len(network.nodes), np.inf)
    if inputs.after_loss == "uncapped":
        return found
    landed = cap_landings(a)
    wait_s = landed[-1][0] if landed else np.inf
    limit_w = a.network.limit_w()
    before = np.where(np.isfinite(limit_w), limit_w, 0.0) / a.site.protect_w
    heat = settled_heat(a.site.protect, before)
    for i in range(a.network.rack_first):
        row, low, high = a.site.protect[i], 0.0, 100.0
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            holds = time_to_trip_s(row, middle, float(heat[i])) > wait_s
            low, high = (middle, high) if holds else (low, middle)
        if high < 100.0:
            name = a.network.nodes[i].name
            found[network.index[name]] = inputs.limit_frac * low * a.site.protect_w[i]
    return found


def _row_limits(inputs: PlacementInput, a: Assembled) -> dict[str, float]:
    """Limits that somebody set; a row without one has what its nodes carry."""
    scenario = inputs.scenario
    found = row_limits_w(scenario, a.racks)
    if scenario.row.provisioned_w:
        return found
    return {row: w for row, w in found.items() if row in a.facility.row_limits_w}


class _Cooling(NamedTuple):
    """A hall's cooling as straight lines."""

    fixed_w: FloatArray
    per_w: FloatArray
    able_w: FloatArray
    supply_c: FloatArray


def _cooling(a: Assembled) -> _Cooling:
    """The worst of every hour: least able, warmest, and a line above what it draws."""
    site, loads = a.site, np.linspace(0.0, LOADS[-1], _GRID)
    liquid = site.liquid_frac
    table = site.plant[0]
    by_hour = np.array([
        [np.interp(loads, LOADS, hour[:, c]) for c in range(kernel.PLANT_COLUMNS)]
        for hour in table
    ])  # fmt: skip
    able = np.full(by_hour[:, 0].shape, np.inf)
    if liquid < 1.0:
        able = by_hour[:, kernel.P_AIR] / (1.0 - liquid)
    if liquid > 0.0:
        able = np.minimum(able, by_hour[:, kernel.P_PLATES] / liquid)
    short = (able < loads).any(axis=0)
    last = int(np.argmax(short)) - 1 if short.any() else loads.size - 1
    last = max(last, 1)
    power = by_hour[:, kernel.P_POWER, : last + 1].max(axis=0)
    slope = max(0.0, float(power[-1] - power[0]) / float(loads[last]))
    fixed = float((power - slope * loads[: last + 1]).max())
    supply_c = float(by_hour[:, kernel.P_SUPPLY_C, : last + 1].max())
    whole_w = site.cooled_w
    return _Cooling(
        fixed * whole_w, np.full(whole_w.size, slope), float(loads[last]) * whole_w,
        np.full(whole_w.size, supply_c),
    )  # fmt: skip


def _aisles(
    a: Assembled, kinds: tuple[Kind, ...], supply_c: FloatArray
) -> tuple[Aisle, ...]:
    """Air each aisle's servers may draw before its warmest inlet passes the limit."""
    site = a.site
    fullest = max(min(1.0, k.planned_w / k.server.full_w) for k in kinds)
    names: dict[int, str] = {}
    for k, rack in enumerate(a.racks):
        names.setdefault(int(site.rack_aisle[k]), rack.aisle or rack.hall)
    found = []
    for aisle, hall in enumerate(site.aisle_hall.tolist()):
        warmer_k = float(site.position_k[site.rack_aisle == aisle].max())
        warmer_k += float(site.recirculation_k) * fullest
        left_k = site.inlet_limit_c - float(supply_c[hall]) - warmer_k
        more = left_k / float(site.air_rise_k)
        air_w = float(site.aisle_air_w[aisle]) * (1.0 + more)
        found.append(Aisle(names[aisle], air_w if left_k >= 0.0 else 0.0))
    return tuple(found)


def air_drawn_w(kind: Kind, idle_air: float) -> float:
    """Air a server draws, as the heat at full load that the air would carry. [W]"""
    full_w = kind.server.full_w
    return idle_air * full_w + (1.0 - idle_air) * min(kind.planned_w, full_w)
