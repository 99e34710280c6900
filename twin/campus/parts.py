"""
A site cut into its halls and what they share.

A node belongs to a hall if everything it feeds stands there; what feeds several halls
is the head. Where a hall hangs on the head it gets a port, a source of its own; the
head gets a load for each port. Constants are the site's own, so a campus and a site
of the same scenario differ in the order of sums alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.campus.kernel import halls_below
from twin.facility import kernel
from twin.facility.assemble import Assembled
from twin.facility.kernel import Site, State
from twin.facility.memory import new_state
from twin.power.protection import device_row
from twin.power.sweep import GENERATOR, RACK, UTILITY, Wiring
from twin.scenario.policy import Policy
from twin.types import BoolArray, Cancel, FloatArray, IntArray

UNRECORDED = frozenset({"rack-pdu", "psu", "rack"})
"""Kinds whose load over time is not kept; peaks and energies are."""
_OF_HALL = (kernel.AIRFLOW, kernel.CHILLERS, kernel.CDU)
_OF_NODE = (kernel.NODE_DOWN, kernel.MODULES, kernel.NO_START)
_UNLIMITED_W = 1e30


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySpec:
    """What a policy is rebuilt from on a worker: compiled functions do not travel."""

    policy: Policy
    clock_max_mhz: float
    clock_min_mhz: float
    telemetry_delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    One hall, or the head.

    Args:
        name: Hall, or "" for the head.
        site: Its constants.
        state: Its state at time zero.
        nodes: Number in the whole site of each of its nodes; -1 for ports.
        rows: Number of each of its rows.
        racks: Number of each of its racks.
        ports: Number in the whole site of the shared node behind each port.
        recorded: So many of its nodes have their load kept over time.
        own: Its own sources, as nodes of it.
        servers: Servers by row and priority. (rows, 2)
        event_tick: Ticks of what happens to it, rising.
        events: Code, target, value.
    """

    name: str
    site: Site
    state: State
    nodes: IntArray
    rows: IntArray
    racks: IntArray
    ports: IntArray
    recorded: int
    own: IntArray
    servers: FloatArray
    event_tick: IntArray
    events: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    What halls share.

    Args:
        part: Its nodes, then one load per port of every hall, hall by hall.
        port_hall: Hall of each port.
        path_first: First node above each port in `path_node`. (ports + 1,)
        path_node: Nodes above ports, as nodes of the part.
    """

    part: Part
    port_hall: IntArray
    path_first: IntArray
    path_node: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A site cut up."""

    head: Head
    halls: tuple[Part, ...]


def cut(a: Assembled, cancelled: Cancel | None = None) -> Cut:
    """
    Cut a site into its halls and what they share.

    Args:
        a: The site as arrays.
        cancelled: Asked in its warm-up.

    Returns:
        Its parts; shared generators that would be ready within the tick in which they
        are called are ready in the next one.
    """
    owner, state = _owners(a), new_state(a, cancelled)
    ports = [_ports(a, owner, h) for h in range(len(a.halls))]
    halls = tuple(_hall(a, state, owner, h, ports[h]) for h in range(len(a.halls)))
    return Cut(head=_head(a, state, owner, ports), halls=halls)


def _owners(a: Assembled) -> IntArray:
    """Hall of each node; -1 where it feeds several."""
    w, site = a.site.wiring, a.site
    below: BoolArray = np.zeros((w.role.size, len(a.halls)), dtype=np.bool_)
    below[site.rack_first + np.arange(site.rack_hall.size), site.rack_hall] = True
    below[site.cooling_node, np.arange(len(a.halls))] = True
    halls_below(w.first, w.feed, below)
    # a node that nobody hangs on is nobody's: it stays with the head
    return np.where(below.sum(axis=1) == 1, below.argmax(axis=1), -1)


def _ports(a: Assembled, owner: IntArray, h: int) -> IntArray:
    """Shared nodes that a hall hangs on."""
    w = a.site.wiring
    of_edge = np.repeat(owner, np.diff(w.first))
    feeds = w.feed[of_edge == h]
    return np.unique(feeds[owner[feeds] < 0])


# --- nodes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Take:
    """Which nodes of the site a part has, and where loads or ports stand among them."""

    nodes: IntArray  # -1 for what the site does not have

    def of(self, values: Any, blank: Any) -> Any:
        """Rows of an array by node; `blank` for ports."""
        found = values[np.maximum(self.nodes, 0)].copy()
        found[self.nodes < 0] = blank
        return found


def _wiring(w: Wiring, nodes: IntArray, local: IntArray, role: int) -> Wiring:
    """Feeds of the chosen nodes; those of others (`role`) are left to the caller."""
    first, feed, loss = [0], [], np.zeros((nodes.size, 3))
    roles = np.full(nodes.size, role, dtype=np.int64)
    share = np.zeros(nodes.size, dtype=np.bool_)
    for i in nodes.tolist():
        if i >= 0:
            feed += local[w.feed[w.first[i] : w.first[i + 1]]].tolist()
        first.append(len(feed))
    real = nodes >= 0
    roles[real], share[real] = w.role[nodes[real]], w.share[nodes[real]]
    loss[real] = w.loss[nodes[real]]
    return Wiring(
        role=roles, share=share, first=np.array(first, dtype=np.int64),
        feed=np.array(feed, dtype=np.int64), loss=loss,
    )  # fmt: skip


def _node_constants(site: Site, take: _Take) -> dict[str, Any]:
    nothing = device_row(None, site.tick_s)
    return {
        "limit_w": take.of(site.limit_w, np.inf),
        "protect": take.of(site.protect, nothing),
        "protect_w": take.of(site.protect_w, _UNLIMITED_W),
        "store": take.of(site.store, 0.0), "store_w": take.of(site.store_w, 0.0),
        "modules": take.of(site.modules, 1.0),
        "generator": take.of(site.generator, 0.0),
        "start_ticks": take.of(site.start_ticks, 0),
        "leaf": take.of(site.leaf, False),
        "switch_ticks": take.of(site.switch_ticks, 0),
        "blinks": take.of(site.blinks, False),
    }  # fmt: skip


_NODE_STATE: dict[str, Any] = {
    "down": False, "tripped": False, "live": True, "fed": True, "heat": 0.0,
    "capacity": 1.0, "charge": 1.0, "owed_j": 0.0, "accept": 1.0, "blink": False,
    "used": -1, "chosen": -1, "until": 0, "since": -(10**9), "no_start": False,
    "need": False, "wanted_w": 0.0, "out_w": 0.0, "in_w": 0.0, "stored_w": 0.0,
    "source_accept": 1.0, "source_blink": False, "source_frac": 0.0,
}  # fmt: skip
_RACK_STATE = ("unfanned", "back", "inlet_c", "gpu_c", "throttle", "hot")
_HALL_STATE = (
    "coolant_c", "hall_c", "mass_c", "buffer_j", "hall_w", "left", "plant_state",
    "cool_back", "heat_share_w", "wish_w", "removed_w", "water_kg_s",
)  # fmt: skip
_ROW_STATE = (
    "control", "memory", "command", "in_force", "stuck", "ring_w", "ring_frac",
    "power", "free", "row_ceiling",
)  # fmt: skip


def _state(
    state: State, take: _Take, edges: int, racks: IntArray, rows: IntArray,
    halls: IntArray, aisles: IntArray,
) -> State:  # fmt: skip
    """The state of a part at time zero."""
    found: dict[str, Any] = {
        name: take.of(getattr(state, name), blank)
        for name, blank in _NODE_STATE.items()
    }
    for names, chosen in (
        (_RACK_STATE, racks), (_HALL_STATE, halls), (_ROW_STATE, rows),
    ):  # fmt: skip
        found |= {name: getattr(state, name)[chosen] for name in names}
    return state._replace(
        **found, weight=np.zeros(edges), aisle_w=state.aisle_w[aisles],
        world=state.world.copy(), ceiling=state.ceiling.copy(),
        flags=state.flags.copy(),
    )  # fmt: skip


def _local(nodes: IntArray, count: int) -> IntArray:
    """Place of each node of the site in a part; -1 elsewhere."""
    local = np.full(count, -1, dtype=np.int64)
    real = nodes >= 0
    local[nodes[real]] = np.flatnonzero(real)
    return local


# --- a hall -------------------------------------------------------------------------


def _hall(a: Assembled, state: State, owner: IntArray, h: int, ports: IntArray) -> Part:
    site, w = a.site, a.site.wiring
    here = np.flatnonzero(owner == h)
    nodes = np.concatenate([np.full(ports.size, -1, dtype=np.int64), here])
    local = _local(nodes, owner.size)
    local[ports] = np.arange(ports.size)  # what hangs on the head hangs on its port
    racks = np.flatnonzero(site.rack_hall == h)
    rows = np.unique(site.rack_row[racks])
    aisles = np.flatnonzero(site.aisle_hall == h)
    hall, take = np.array([h]), _Take(nodes)
    wiring = _wiring(w, nodes, local, UTILITY)
    series, rack_series = np.unique(site.rack_series[racks], return_inverse=True)
    path_first, path_node = _row_paths(site, wiring, rows, local, ports.size)
    row_racks = np.searchsorted(site.rack_row[racks], [*rows, rows[-1] + 1])
    by_rack = {
        name: getattr(site, name)[racks]
        for name in ("servers", "idle_w", "swing_w", "position_k", "gpu_share",
                     "host_w", "gpu_idle_w", "gpu_offset_k", "k_per_w", "leak_per_k")
    }  # fmt: skip
    servers = np.array(
        [
            by_rack["servers"][row_racks[k] : row_racks[k + 1]].sum(axis=0)
            for k in range(rows.size)
        ]
    )
    tick, change = _events(a, _local(nodes, owner.size), h, rows)
    return Part(
        name=a.halls[h],
        site=site._replace(
            **_node_constants(site, take), **by_rack, wiring=wiring,
            rack_first=int(local[site.rack_first + racks[0]]),
            rack_row=np.searchsorted(rows, site.rack_row[racks]),
            rack_hall=np.zeros(racks.size, dtype=np.int64),
            rack_aisle=np.searchsorted(aisles, site.rack_aisle[racks]),
            row_racks=row_racks.astype(np.int64), row_limit_w=site.row_limit_w[rows],
            path_first=path_first, path_node=path_node, row_shift=site.row_shift[rows],
            activity=np.ascontiguousarray(site.activity[series]),
            rack_series=rack_series.ravel().astype(np.int64),
            cooled_w=site.cooled_w[hall], coolant_j_per_k=site.coolant_j_per_k[hall],
            room=site.room[hall], aisle_full_w=site.aisle_full_w[aisles],
            aisle_hall=np.zeros(aisles.size, dtype=np.int64),
            aisle_air_w=site.aisle_air_w[aisles],
            cooling_node=local[site.cooling_node[hall]],
        ),
        state=_state(state, take, wiring.feed.size, racks, rows, hall, aisles),
        nodes=nodes, rows=rows, racks=racks, ports=ports,
        recorded=_recorded(a, nodes),
        own=np.flatnonzero((nodes >= 0) & (wiring.role <= GENERATOR)),
        servers=servers, event_tick=tick, events=change,
    )  # fmt: skip


def _row_paths(
    site: Site, wiring: Wiring, rows: IntArray, local: IntArray, ports: int
) -> tuple[IntArray, IntArray]:
    """Nodes above each row that the hall has, and the ports they hang on."""
    first, found = [0], list[int]()
    for row in rows:
        path = site.path_node[site.path_first[row] : site.path_first[row + 1]]
        here = {int(i) for i in local[path] if i >= ports}
        above = {
            int(f) for i in here
            for f in wiring.feed[wiring.first[i] : wiring.first[i + 1]] if f < ports
        }  # fmt: skip
        above |= {int(i) for i in local[path] if 0 <= i < ports}
        found += sorted(here | above)
        first.append(len(found))
    return np.array(first, dtype=np.int64), np.array(found, dtype=np.int64)


def _recorded(a: Assembled, nodes: IntArray) -> int:
    """Nodes up to the last whose kind is recorded."""
    kinds = [a.network.nodes[i].kind if i >= 0 else "" for i in nodes.tolist()]
    return 1 + max(k for k, kind in enumerate(kinds) if kind not in UNRECORDED)


def _events(
    a: Assembled, local: IntArray, h: int, rows: IntArray
) -> tuple[IntArray, FloatArray]:
    """What happens to a part: its nodes', its hall's and its rows' events."""
    ticks, changes = [], []
    row_of = {int(row): k for k, row in enumerate(rows)}
    pairs = zip(a.timeline.tick, a.timeline.change.tolist(), strict=True)
    for tick, (code, target, value) in pairs:
        k = int(target)
        if code in _OF_NODE:
            k = int(local[k])
        elif code in _OF_HALL:
            k = 0 if k == h else -1
        elif code == kernel.STUCK:
            k = row_of.get(k, -1)
        if k >= 0:
            ticks.append(tick)
            changes.append((code, float(k), value))
    return (
        np.array(ticks, dtype=np.int64),
        np.array(changes, dtype=np.float64).reshape(-1, 3),
    )


# --- the head -----------------------------------------------------------------------


def _head(a: Assembled, state: State, owner: IntArray, ports: list[IntArray]) -> Head:
    site = a.site
    behind = np.concatenate(ports) if ports else np.array([], dtype=np.int64)
    here = np.flatnonzero(owner < 0)
    nodes = np.concatenate([here, np.full(behind.size, -1, dtype=np.int64)])
    local, take = _local(nodes, owner.size), _Take(nodes)
    wiring = _with_loads(_wiring(site.wiring, nodes, local, RACK), local[behind])
    none = np.array([], dtype=np.int64)
    constants = _node_constants(site, take)
    starts = (wiring.role == GENERATOR) & (constants["start_ticks"] == 0)
    constants["start_ticks"][starts] = 1
    constants["blinks"][wiring.role == GENERATOR] = False
    constants["leaf"][here.size :] = False
    by_rack = {
        name: getattr(site, name)[none]
        for name in ("rack_row", "rack_hall", "servers", "rack_aisle", "rack_series")
    }
    by_hall = {
        name: getattr(site, name)[none]
        for name in ("cooled_w", "cooling_node", "aisle_hall", "row_limit_w")
    }
    tick, change = _events(a, local, -1, none)
    path_first, path_node = _port_paths(wiring, here.size)
    part = Part(
        name="",
        site=site._replace(
            **constants, **by_rack, **by_hall, wiring=wiring, rack_first=here.size
        ),
        state=_state(
            state, take, wiring.feed.size, np.zeros(behind.size, dtype=np.int64),
            none, none, none,
        ),
        nodes=nodes, rows=none, racks=none, ports=behind, recorded=here.size,
        own=np.flatnonzero(wiring.role <= GENERATOR), servers=np.zeros((0, 2)),
        event_tick=tick, events=change,
    )  # fmt: skip
    return Head(
        part=part, path_first=path_first, path_node=path_node,
        port_hall=np.repeat(np.arange(len(ports)), [p.size for p in ports]),
    )  # fmt: skip


def _with_loads(w: Wiring, feeds: IntArray) -> Wiring:
    """Hang one load on each of some nodes; the loads are the last of the wiring."""
    count = w.role.size - feeds.size
    first = w.first.copy()
    first[count + 1 :] = first[count] + np.arange(1, feeds.size + 1)
    share = w.share.copy()
    share[count:] = True
    return w._replace(first=first, share=share, feed=np.concatenate([w.feed, feeds]))


def _port_paths(w: Wiring, count: int) -> tuple[IntArray, IntArray]:
    """Every shared node above each port."""
    first, found = [0], list[int]()
    for port in range(count, w.role.size):
        above: set[int] = set()
        waiting = w.feed[w.first[port] : w.first[port + 1]].tolist()
        while waiting:
            i = waiting.pop()
            if i not in above:
                above.add(i)
                waiting += w.feed[w.first[i] : w.first[i + 1]].tolist()
        found += sorted(above)
        first.append(len(found))
    return np.array(first, dtype=np.int64), np.array(found, dtype=np.int64)
