"""
From a scenario with a facility to the kernel's arrays.

The one place where names of nodes, racks, rows and halls become numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.catalogue import CLOCK_CURVES, find_server
from twin.catalogue.cooling import server_thermal
from twin.catalogue.electrical import GENERATOR as GENERATOR_TYPE
from twin.catalogue.electrical import (
    PROTECTION_OF_KIND,
    TRANSFER,
    find_loss,
    find_protection,
    find_store,
)
from twin.catalogue.servers import Server
from twin.control import Controller, controller_for
from twin.cooling.plants import PLANTS
from twin.cooling.room import room_for
from twin.cooling.server import (
    AIR_J_PER_M3_K,
    FAN_REFERENCE_C,
    FAN_SPEED_LIMIT,
    FAN_SPEED_PER_K,
    ServerThermal,
    fan_share,
)
from twin.cooling.weather import Weather
from twin.cooling.year import year
from twin.facility import kernel
from twin.facility.activity import SPREAD_S, Activity
from twin.facility.kernel import HOLD_UP_S, Meter, Site, State
from twin.power.network import Network, NodeSpec, build_network, flow
from twin.power.protection import DEVICE_WIDTH, device_row
from twin.power.stores import STORE_WIDTH, store_row
from twin.power.sweep import CONVEYOR, GENERATOR, RACK, UTILITY
from twin.scenario.facility import ElectricalNode, Event, Facility, Rack
from twin.scenario.model import Scenario
from twin.scenario.site_templates import expand, row_nodes
from twin.serving.kernel import BRAKE_LAND, LAND_LOW
from twin.simulate import clock_range_mhz
from twin.types import FloatArray, IntArray

MAX_RECORDS = 720
MAX_LOG = 20_000
RESTART_S = 600.0
"""A server that lost power serves again after this. Assumed: boot and model load."""
WALK_IN_S = 10.0
"""A UPS takes its load back from the battery over this. Assumed."""
COOLING_RESTART_S = 120.0
"""Fans and chillers carry heat again this long after their power is back. Assumed."""
POSITION_K = 2.0
"""Inlet at the top and the end of a row above its middle. TAPAS: 1 to 2 K, memory."""
_ROLES = {"utility": UTILITY, "generator": GENERATOR}
_UNLIMITED_W = 1e30


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSpec:
    """One row: the nodes a policy watches, its limit [W] and its racks."""

    name: str
    hall: str
    nodes: tuple[str, ...]
    limit_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A site as arrays, ready to run any number of times."""

    scenario: Scenario
    facility: Facility
    network: Network
    site: Site
    rows: tuple[RowSpec, ...]
    halls: tuple[str, ...]
    racks: tuple[Rack, ...]
    servers: tuple[Server, ...]
    controller: Controller
    tick_count: int
    provisioned_w: FloatArray
    nameplate_w: FloatArray
    event_tick: IntArray
    events: FloatArray
    curve_slowdown: FloatArray


# --- nodes ------------------------------------------------------------------------


def node_spec(node: ElectricalNode) -> NodeSpec:
    """Resolve one node's losses and role."""
    if node.loss is None:
        curve = find_loss(node.kind, ups_mode=node.ups_mode, field=node.name)
        fixed_w, linear, quadratic = curve.coefficients(node.rated_w)
    else:
        fixed_w = node.loss.fixed * node.rated_w
        linear, quadratic = node.loss.linear, node.loss.quadratic / node.rated_w
    spare = node.module_count / node.modules_needed
    return NodeSpec(
        name=node.name,
        kind=node.kind,
        role=_ROLES.get(node.kind, CONVEYOR),
        fed_by=node.fed_by,
        share=node.transfer == "share",
        rated_w=node.rated_w,
        derate_frac=node.derate_frac,
        fixed_w=fixed_w * spare,
        linear=linear,
        quadratic_per_w=quadratic / spare,
    )


def _cooling_specs(facility: Facility, halls: tuple[str, ...]) -> list[NodeSpec]:
    """One load per hall for its cooling, on the switchboards above its racks."""
    feeds = {n.name: n for n in facility.electrical}
    specs = []
    for hall in halls:
        above: dict[str, None] = {}
        waiting = [f for r in facility.racks if r.hall == hall for f in r.fed_by]
        seen = set(waiting)
        while waiting:
            node = feeds[waiting.pop()]
            if node.kind == "switchboard":
                above[node.name] = None
                continue
            if not node.fed_by:
                above[node.name] = None
            new = [f for f in node.fed_by if f not in seen]
            seen.update(new)
            waiting += new
        boards = [name for name in above if feeds[name].kind == "switchboard"]
        specs.append(
            NodeSpec(
                name=cooling_name(hall), kind="cooling", role=CONVEYOR, share=True,
                fed_by=tuple(sorted(boards or above)),
            )
        )  # fmt: skip
    return specs


def cooling_name(hall: str) -> str:
    """Name of the load that a hall's cooling is."""
    return f"COOL-{hall}"


def _rack_spec(rack: Rack) -> NodeSpec:
    return NodeSpec(
        name=rack.name, kind="rack", role=RACK, fed_by=rack.fed_by, share=True
    )


# --- events -----------------------------------------------------------------------

_USUAL = {
    "lose-crah": 0.9, "lose-chiller": 0.5, "lose-cdu-pump": 0.5, "heat-wave": 8.0,
    "slow-bmc": 3.0,
}  # fmt: skip
"""Severity where an event gives none: TAPAS's 90 % airflow, the others assumed."""
_NORMAL = {kernel.AIRFLOW: 1.0, kernel.COOLING: 1.0, kernel.LATENCY: 1.0}


def _event_rows(
    event: Event, network: Network, facility: Facility, halls: tuple[str, ...],
    rows: tuple[RowSpec, ...],
) -> list[tuple[int, int, float]]:  # fmt: skip
    """Code, target and value of everything one event sets off."""
    severity = event.severity
    if severity is None:
        severity = _USUAL.get(event.kind, 1.0)
    if event.kind in ("lose-node", "maintenance"):
        return [(kernel.NODE_DOWN, network.index[event.target], 1.0)]
    if event.kind in ("utility-outage", "generator-fails-to-start"):
        outage = event.kind == "utility-outage"
        kind = "utility" if outage else "generator"
        code = kernel.NODE_DOWN if outage else kernel.NO_START
        names = [n.name for n in facility.electrical if n.kind == kind]
        names = [event.target] if event.target else names
        return [(code, network.index[name], 1.0) for name in names]
    if event.kind in ("lose-crah", "lose-chiller", "lose-cdu-pump"):
        code = kernel.AIRFLOW if event.kind == "lose-crah" else kernel.COOLING
        hit = [event.target] if event.target else list(halls)
        return [(code, halls.index(hall), severity) for hall in hit]
    if event.kind == "stuck-cap":
        names = [r.name for r in rows]
        hit = [event.target] if event.target else names
        return [(kernel.STUCK, names.index(row), 1.0) for row in hit]
    code = {
        "heat-wave": kernel.OUTDOOR, "telemetry-blackout": kernel.BLACKOUT,
        "command-path-down": kernel.PATH_DOWN, "slow-bmc": kernel.LATENCY,
    }[event.kind]  # fmt: skip
    return [(code, 0, severity)]


def _timeline(
    facility: Facility, network: Network, halls: tuple[str, ...],
    rows: tuple[RowSpec, ...], tick_s: float,
) -> tuple[IntArray, FloatArray]:  # fmt: skip
    """Ticks and rows of events, in order of time, beginnings before ends."""
    found: list[tuple[int, int, tuple[float, float, float]]] = []
    for event in facility.events:
        for code, target, value in _event_rows(event, network, facility, halls, rows):
            start = math.ceil(event.t_s / tick_s)
            found.append((start, 0, (code, target, value)))
            if event.duration_s is not None:
                end = math.ceil((event.t_s + event.duration_s) / tick_s)
                if code == kernel.NODE_DOWN:
                    found.append((end, 1, (kernel.NODE_UP, target, 0.0)))
                else:
                    found.append((end, 1, (code, target, _NORMAL.get(code, 0.0))))
    found.sort(key=lambda item: item[:2])
    ticks = np.array([tick for tick, _, _ in found], dtype=np.int64)
    return ticks, np.array([row for _, _, row in found]).reshape(-1, 3)


# --- the whole ----------------------------------------------------------------------


def planned_row_w(scenario: Scenario) -> float:
    """Limit of a row: given, or its planned servers × the catalogue's figure. [W]"""
    template = scenario.facility.template if scenario.facility else None
    if template is not None and template.row_limit_w is not None:
        return float(template.row_limit_w)
    if scenario.row.provisioned_w is not None:
        return float(scenario.row.provisioned_w)
    count = scenario.row.base_server_count
    if template is not None:
        count = template.racks_per_row * template.servers_per_rack
    return count * find_server(scenario.fleet.server).provisioned_w.value


def assemble(scenario: Scenario, activity: Activity, weather: Weather) -> Assembled:
    """
    Resolve a scenario with a facility against the catalogue.

    Args:
        scenario: Inputs; `facility` is set.
        activity: How busy its servers are.
        weather: Outdoor air, one value per hour of a year.

    Returns:
        The site as arrays.

    Raises:
        ScenarioError: If a name is unknown.
        ValueError: If there is no facility, or an event names what does not exist.
    """
    if scenario.facility is None:
        raise ValueError("facility is empty; add facility: {template: {design: 2n}}")
    limit_w = planned_row_w(scenario)
    facility = expand(scenario.facility, limit_w)
    racks = tuple(
        sorted(facility.racks, key=lambda r: (r.hall, r.row, r.position, r.name))
    )
    halls = tuple(dict.fromkeys(r.hall for r in racks))
    specs = [node_spec(n) for n in facility.electrical]
    specs += _cooling_specs(facility, halls)
    network = build_network([*specs, *(_rack_spec(r) for r in racks)])
    hall_of = {r.row: r.hall for r in racks}
    nodes_of = row_nodes(facility)
    rows = tuple(
        RowSpec(name=row, hall=hall_of[row], nodes=nodes_of[row], limit_w=limit_w)
        for row in hall_of
    )
    servers = tuple(find_server(r.server or scenario.fleet.server) for r in racks)
    table = find_server(scenario.fleet.server)
    low_mhz, top_mhz = clock_range_mhz(table, CLOCK_CURVES[table.gpu.key])
    controller = controller_for(
        scenario.policy, clock_max_mhz=top_mhz, clock_min_mhz=low_mhz,
        telemetry_delay_s=scenario.control.telemetry_delay_s,
    )  # fmt: skip
    tick_s = scenario.horizon.tick_s
    tick_count = max(1, round(scenario.horizon.days * 86_400.0 / tick_s))
    site = _site(
        scenario, facility, network, racks, servers, rows, halls, activity, weather,
        tick_count,
    )  # fmt: skip
    event_tick, events = _timeline(facility, network, halls, rows, tick_s)
    return Assembled(
        scenario=scenario, facility=facility, network=network, site=site, rows=rows,
        halls=halls, racks=racks, servers=servers, controller=controller,
        tick_count=tick_count,
        provisioned_w=_below(network, _promised(racks, rows)),
        nameplate_w=_below(network, _nameplates(racks, servers)),
        event_tick=event_tick, events=events, curve_slowdown=activity.curve_slowdown,
    )  # fmt: skip


def electrical_loss_w(facility: Facility, row_limit_w: float, it_frac: float) -> float:
    """
    Losses between the sources and the racks at a constant load, cooling left out.

    Args:
        facility: An explicit facility.
        row_limit_w: Limit of a row. [W]
        it_frac: Load of every row ÷ its limit.

    Returns:
        What all sources give beyond what the racks draw. [W]
    """
    racks = facility.racks
    rows = tuple(
        RowSpec(name=row, hall="", nodes=(), limit_w=row_limit_w)
        for row in dict.fromkeys(r.row for r in racks)
    )
    specs = [node_spec(n) for n in facility.electrical]
    network = build_network([*specs, *(_rack_spec(r) for r in racks)])
    load_w = it_frac * _promised(racks, rows)
    steady = flow(network, load_w, np.array([], dtype=np.int64))
    sources = network.wiring.role <= GENERATOR
    return float(steady.in_w[sources].sum() - load_w.sum())


def _promised(racks: tuple[Rack, ...], rows: tuple[RowSpec, ...]) -> FloatArray:
    """Each rack's share of its row's limit. [W]"""
    count = {row.name: sum(r.row == row.name for r in racks) for row in rows}
    limit = {row.name: row.limit_w for row in rows}
    return np.array([limit[r.row] / count[r.row] for r in racks])


def _nameplates(racks: tuple[Rack, ...], servers: tuple[Server, ...]) -> FloatArray:
    pairs = zip(racks, servers, strict=True)
    return np.array([r.server_count * s.rated_w.value for r, s in pairs])


def _below(network: Network, rack_w: FloatArray) -> FloatArray:
    """Sum over the racks that hang on each node, each rack counted once. [W]"""
    n = len(network.nodes)
    total = np.zeros(n)
    w = network.wiring
    above: list[set[int]] = [set() for _ in range(n)]
    for i in range(n):
        for e in range(w.first[i], w.first[i + 1]):
            above[i] |= above[w.feed[e]] | {int(w.feed[e])}
    for r, load_w in enumerate(rack_w):
        i = network.rack_first + r
        total[[*above[i], i]] += load_w
    return total


def _protect(
    facility: Facility, network: Network, tick_s: float
) -> tuple[FloatArray, FloatArray]:
    rows = np.tile(device_row(None, tick_s), (len(network.nodes), 1))
    rated_w = np.full(len(network.nodes), _UNLIMITED_W)
    for node in facility.electrical:
        i = network.index[node.name]
        key = node.protection or PROTECTION_OF_KIND[node.kind]
        if key != "none":
            device = find_protection(key, field=f"{node.name}.protection").device()
            rows[i] = device_row(device, tick_s)
        rated_w[i] = node.protection_rated_w or node.rated_w
    return rows.reshape(-1, DEVICE_WIDTH), rated_w


def _stores(facility: Facility, network: Network) -> tuple[FloatArray, FloatArray]:
    rows = np.zeros((len(network.nodes), STORE_WIDTH))
    load_w = np.zeros(len(network.nodes))
    for node in facility.electrical:
        if node.store is not None:
            i = network.index[node.name]
            kind = find_store(node.store.kind, field=f"{node.name}.store.kind")
            store = kind.store(node.store.runtime_s, node.store.recharge_s)
            rows[i], load_w[i] = store_row(store), node.rated_w
    return rows, load_w


def _switches(
    facility: Facility, network: Network, tick_s: float
) -> tuple[IntArray, IntArray]:
    """Ticks a generator takes to start, and a transfer switch is without power."""
    start = np.zeros(len(network.nodes), dtype=np.int64)
    dead = np.zeros(len(network.nodes), dtype=np.int64)
    for node in facility.electrical:
        i = network.index[node.name]
        if node.kind == "generator":
            given_s = node.start_s
            ready_s = GENERATOR_TYPE.start_s.value if given_s is None else given_s
            start[i] = math.ceil(ready_s / tick_s)
        if node.transfer == "first":
            key = "sts_s" if node.kind == "sts" else "ats_s"
            gap_s = TRANSFER[key].value if node.transfer_s is None else node.transfer_s
            dead[i] = math.ceil(gap_s / tick_s) if gap_s > HOLD_UP_S else 0
    return start, dead


def _priorities(scenario: Scenario, racks: tuple[Rack, ...]) -> FloatArray:
    """Servers of low and high priority per rack; shares are met by row."""
    counts = np.zeros((len(racks), 2))
    owed: dict[str, float] = {}
    for k, rack in enumerate(racks):
        part = rack.low_priority_frac
        if part is None:
            part = scenario.fleet.low_priority_frac
        wish = rack.server_count * part + owed.get(rack.row, 0.0)
        low = min(rack.server_count, max(0, round(wish)))
        owed[rack.row] = wish - low
        counts[k] = low, rack.server_count - low
    return counts


def _positions(racks: tuple[Rack, ...]) -> FloatArray:
    """Warmer towards the ends of a row, where exhaust wraps round. [K]"""
    longest: dict[str, int] = {}
    for rack in racks:
        longest[rack.row] = max(longest.get(rack.row, 1), rack.position)
    middle = {row: (most + 1) / 2 for row, most in longest.items()}
    return np.array(
        [
            POSITION_K * abs(r.position - middle[r.row]) / max(0.5, middle[r.row] - 0.5)
            for r in racks
        ]
    )


def _site(
    scenario: Scenario, facility: Facility, network: Network, racks: tuple[Rack, ...],
    servers: tuple[Server, ...], rows: tuple[RowSpec, ...], halls: tuple[str, ...],
    activity: Activity, weather: Weather, tick_count: int,
) -> Site:  # fmt: skip
    """Fill the kernel's constants."""
    tick_s, control = scenario.horizon.tick_s, scenario.control
    row_of = {row.name: k for k, row in enumerate(rows)}
    hall_of = {hall: k for k, hall in enumerate(halls)}
    rack_hall = np.array([hall_of[r.hall] for r in racks])
    thermal = [server_thermal(s.key) for s in servers]
    main = server_thermal(scenario.fleet.server)
    counts = _priorities(scenario, racks)
    full_w = np.array([s.full_w for s in servers])
    hall_full_w = _per_hall(rack_hall, counts.sum(axis=1) * full_w, len(halls))
    hall_limit_w = np.zeros(len(halls))
    for row in rows:
        hall_limit_w[hall_of[row.hall]] += row.limit_w
    planned = _planned_frac(scenario, hall_limit_w, hall_full_w)
    protect, protect_w = _protect(facility, network, tick_s)
    store, store_w = _stores(facility, network)
    start, dead = _switches(facility, network, tick_s)
    row_first = np.cumsum([0, *(len(row.nodes) for row in rows)])
    shifts = np.linspace(-SPREAD_S, SPREAD_S, len(rows) + 2)[1:-1] / tick_s
    order = np.random.Generator(np.random.Philox(key=scenario.seed))
    shifts = np.round(order.permutation(shifts)) % activity.frac.size
    rooms = [room_for(w, buffer_s=facility.cooling.buffer_s) for w in hall_limit_w]
    slope = np.array([s.host_slope.value * s.gpu_count for s in servers])
    gpu_part = np.array([s.gpu_count * s.gpu.tdp_w.value for s in servers]) / full_w
    top = servers[0].gpu
    brake_mhz = float(control.brake_clock_mhz or top.brake_clock_mhz.value)
    overhead, warmer = _overhead(scenario, facility, weather, hall_limit_w, tick_count)
    return Site(
        wiring=network.wiring, rack_first=network.rack_first, tick_s=tick_s,
        protect=protect, protect_w=protect_w, store=store, store_w=store_w,
        walk_in_ticks=math.ceil(WALK_IN_S / tick_s), start_ticks=start,
        switch_ticks=dead,
        rack_row=np.array([row_of[r.row] for r in racks]), rack_hall=rack_hall,
        servers=counts, idle_w=np.array([s.idle_w for s in servers]),
        swing_w=full_w - np.array([s.idle_w for s in servers]),
        position_k=_positions(racks), gpu_share=1.0 / slope,
        host_w=np.array([s.host_w.value for s in servers]),
        gpu_idle_w=np.array([s.gpu.idle_w.value for s in servers]),
        gpu_offset_k=np.array([t.position_spread_k for t in thermal]),
        restart_ticks=math.ceil(RESTART_S / tick_s),
        row_first=row_first.astype(np.int64),
        row_node=np.array([network.index[n] for row in rows for n in row.nodes]),
        row_limit_w=np.array([row.limit_w for row in rows]),
        row_shift=shifts.astype(np.int64), activity=activity.frac,
        telemetry_ticks=math.ceil(control.telemetry_delay_s / tick_s - 1e-9),
        cap_ticks=math.ceil(control.cap_latency_s / tick_s - 1e-9),
        brake_ticks=math.ceil(control.brake_latency_s / tick_s - 1e-9),
        brake_on_frac=control.brake_threshold_frac,
        brake_off_frac=control.brake_release_frac, brake_mhz=brake_mhz,
        curve_mhz=activity.curve_mhz, curve_power=activity.curve_power,
        overhead=overhead, warmer=warmer,
        setpoint_c=np.full(len(halls), facility.cooling.supply_c),
        cooling_w=facility.cooling.capacity_frac * hall_limit_w,
        room=np.array(
            [(r.air_j_per_k, r.mass_j_per_k, r.ua_w_per_k, r.buffer_j) for r in rooms]
        ),
        hall_full_w=hall_full_w, air_rise_k=_rise_k(servers[0], main),
        idle_air=main.idle_airflow_frac,
        air_spare=facility.cooling.airflow_frac * planned,
        cooling_node=np.array([network.index[cooling_name(h)] for h in halls]),
        cooling_restart_ticks=math.ceil(COOLING_RESTART_S / tick_s),
        k_per_w=np.array([t.r_k_per_w for t in thermal]),
        gpu_keep=math.exp(-tick_s / main.tau_s), gpu_limit_c=main.limit_c,
        throttle_floor=main.clock_floor_frac**main.power_exponent,
        leak_per_k=main.leakage_frac_per_k * gpu_part,
        leak_from_c=main.leakage_reference_c,
        fan_per_k=3.0 * FAN_SPEED_PER_K * fan_share(0.8), fan_from_c=FAN_REFERENCE_C,
        fan_most=(FAN_SPEED_LIMIT**3 - 1.0) * fan_share(0.8),
        ticks_per_record=max(1, math.ceil(tick_count / MAX_RECORDS)),
    )  # fmt: skip


def _per_hall(rack_hall: IntArray, values: FloatArray, halls: int) -> FloatArray:
    return np.bincount(rack_hall, weights=values, minlength=halls).astype(np.float64)


def _rise_k(server: Server, thermal: ServerThermal) -> float:
    """Rise of the air through a server at full load. [K]"""
    return float(server.full_w / (AIR_J_PER_M3_K * thermal.airflow_m3_s))


def _planned_frac(
    scenario: Scenario, hall_limit_w: FloatArray, hall_full_w: FloatArray
) -> FloatArray:
    """Heat the hall's air was planned for ÷ what its servers make at full load."""
    server = find_server(scenario.fleet.server)
    planned_w = hall_limit_w / server.provisioned_w.value * server.full_w
    return np.minimum(1.0, planned_w / np.maximum(hall_full_w, 1.0))


def _overhead(
    scenario: Scenario, facility: Facility, weather: Weather, hall_limit_w: FloatArray,
    tick_count: int,
) -> tuple[FloatArray, float]:  # fmt: skip
    """Cooling power per watt of heat by hour, and its rise per kelvin outside."""
    rated_w = float(hall_limit_w.sum())
    plant = PLANTS[facility.cooling.plant](rated_w)
    settled = year(plant, weather, 0.75 * rated_w).overhead_w_per_w
    start = scenario.horizon.start
    first = (start.timetuple().tm_yday - 1) * 24 + start.hour
    hours = math.ceil(tick_count * scenario.horizon.tick_s / 3600.0)
    index = (first + np.arange(hours)) % weather.hours
    slope = np.polyfit(weather.dry_bulb_c, settled, 1)[0] / float(settled.mean())
    return np.ascontiguousarray(settled[index]), max(0.0, float(slope))


# --- memory of a run ----------------------------------------------------------------


def new_state(a: Assembled) -> State:
    """Allocate the state of a run at time zero: all well, stores full, halls cool."""
    site, n, racks = a.site, len(a.network.nodes), len(a.racks)
    rows, halls = len(a.rows), len(a.halls)
    control = np.zeros((rows, 9))
    control[:, LAND_LOW : LAND_LOW + 2] = -1.0
    control[:, BRAKE_LAND] = -1.0
    since = np.full(n, -(10**9), dtype=np.int64)
    since[site.wiring.role == GENERATOR] = -1
    inlet_c = site.setpoint_c[site.rack_hall] + site.position_k
    busy = site.idle_w + site.swing_w * float(site.activity[0]) - site.host_w
    return State(
        down=np.zeros(n, dtype=np.bool_), tripped=np.zeros(n, dtype=np.bool_),
        live=np.ones(n, dtype=np.bool_), fed=np.ones(n, dtype=np.bool_),
        weight=np.zeros(site.wiring.feed.size), heat=np.zeros(n), charge=np.ones(n),
        chosen=np.full(n, -1, dtype=np.int64), until=np.zeros(n, dtype=np.int64),
        since=since, no_start=np.zeros(n, dtype=np.bool_),
        need=np.zeros(n, dtype=np.bool_), wanted_w=np.zeros(n), out_w=np.zeros(n),
        in_w=np.zeros(n), stored_w=np.zeros(n), back=np.full(racks, -1, dtype=np.int64),
        inlet_c=inlet_c,
        gpu_c=inlet_c + site.k_per_w * busy * site.gpu_share + site.gpu_offset_k,
        throttle=np.ones(racks), hall_c=site.setpoint_c.copy(),
        mass_c=site.setpoint_c.copy(), buffer_j=site.room[:, 3].copy(),
        hall_w=np.zeros(halls), air=np.ones(halls), cool=np.ones(halls),
        cool_back=np.zeros(halls, dtype=np.int64), world=np.array([0.0, 0.0, 0.0, 1.0]),
        control=control, memory=np.zeros((rows, 16)), command=np.zeros((rows, 2)),
        in_force=np.zeros((rows, 5)), stuck=np.zeros(rows, dtype=np.bool_),
        ring_w=np.zeros((rows, site.telemetry_ticks + 1)), power=np.ones((rows, 2)),
        flags=np.array([1, 0], dtype=np.int64),
    )  # fmt: skip


def new_meter(a: Assembled) -> Meter:
    """Allocate the meters of a run."""
    n, racks, rows, halls = (
        len(a.network.nodes), len(a.racks), len(a.rows), len(a.halls)
    )  # fmt: skip
    records = math.ceil(a.tick_count / a.site.ticks_per_record)
    return Meter(
        mean_w=np.zeros((records, n), dtype=np.float32),
        max_w=np.zeros((records, n), dtype=np.float32),
        peak_w=np.zeros(n), peak_tick=np.zeros(n, dtype=np.int64),
        energy_j=np.zeros((n, 4)), edge_j=np.zeros(a.site.wiring.feed.size),
        trip_tick=np.full(n, -1, dtype=np.int64), heat_max=np.zeros(n),
        inlet_max_c=np.zeros(racks), gpu_max_c=np.zeros(racks),
        throttle_s=np.zeros(racks), lost_s=np.zeros(racks),
        hall_c=np.zeros((records, halls)), hottest_c=np.zeros((records, halls)),
        site=np.zeros((records, 5)), row_peak_w=np.zeros(rows),
        row_counts=np.zeros((rows, 6)), log=np.zeros((MAX_LOG, 4)),
        log_count=np.zeros(1, dtype=np.int64),
    )  # fmt: skip
