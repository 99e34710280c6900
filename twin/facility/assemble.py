"""
From a scenario with a facility to the kernel's arrays.

The one place where names of nodes, racks, rows and halls become numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.catalogue import CLOCK_CURVES
from twin.catalogue.cooling import ServerThermal, server_thermal
from twin.catalogue.servers import Server
from twin.control import Controller, lowest_trigger
from twin.cooling.plant import LiquidCooling, Plant
from twin.cooling.room import room_for
from twin.cooling.server import (
    AIR_J_PER_M3_K,
    FAN_REFERENCE_C,
    FAN_SPEED_LIMIT,
    FAN_SPEED_PER_K,
    fan_share,
)
from twin.cooling.weather import Weather
from twin.errors import Cancelled
from twin.facility.activity import SPREAD_S, Activity
from twin.facility.electrical import (
    Gaps,
    RowSpec,
    cooling_name,
    gaps_of,
    leaves_of,
    network_of,
    node_phases,
    paths_above,
    promised_w,
    protection_rows,
    spare_modules,
    store_rows,
    sums_below,
)
from twin.facility.heat import (
    COLD_PLATE_K_PER_W,
    aisles_of,
    exhaust_frac,
    plant_of,
    plant_table,
    site_weather,
)
from twin.facility.kernel import Site
from twin.facility.replay import Drive, drive
from twin.facility.timeline import Timeline, build_timeline
from twin.power.network import Network
from twin.power.phases import phase_parts, worst_phase
from twin.scenario.facility import Facility, Rack
from twin.scenario.model import Scenario
from twin.scenario.row_limits import planned_row_w, row_limits_w
from twin.scenario.site_templates import expand, row_nodes
from twin.simulate import fleet_server, row_controller, warm_up_ticks
from twin.types import FloatArray, IntArray

MAX_RECORDS = 720
RESTART_S = 600.0
"""A server that lost power serves again after this. Assumed: boot and model load."""
WALK_IN_S = 10.0
"""A UPS takes its load back from the battery over this. Assumed."""
COOLING_RESTART_S = 120.0
"""Fans and chillers carry heat again this long after their power is back. Assumed."""
GENERATOR_STOP_S = 300.0
"""A generator without load cools down and stops after this. Assumed."""
COOLANT_TURN_S = 60.0
"""Time in which unserved heat warms a coolant loop by its rated rise. Assumed."""
POSITION_K = 2.0
"""Inlet at the end of an open row above its middle. TAPAS: 1 to 2 K, memory."""


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
    warm_up_ticks: int
    provisioned_w: FloatArray
    nameplate_w: FloatArray
    phase_parts: FloatArray
    timeline: Timeline
    plant: Plant
    outdoor: Weather
    gap_s: FloatArray
    curve_slowdown: FloatArray


def assemble(
    scenario: Scenario, activity: Activity, weather: Weather,
    cancelled: Callable[[], bool] | None = None,
) -> Assembled:  # fmt: skip
    """
    Resolve a scenario with a facility against the catalogue.

    Args:
        scenario: Inputs; `facility` is set.
        activity: How busy its servers are.
        weather: Outdoor air, one value per hour of a year.
        cancelled: Asked between steps: a campus takes seconds.

    Returns:
        The site as arrays.

    Raises:
        Cancelled: If asked to stop.
        ScenarioError: If a name is unknown, or the brake's clock out of range.
        ValueError: If there is no facility, or an event names what does not exist.
    """
    if scenario.facility is None:
        raise ValueError("facility is empty; add facility: {template: {design: 2n}}")

    def go_on() -> None:
        if cancelled is not None and cancelled():
            raise Cancelled

    facility = expand(scenario.facility, planned_row_w(scenario), cancelled)
    go_on()
    racks = tuple(
        sorted(facility.racks, key=lambda r: (r.hall, r.row, r.position, r.name))
    )
    halls = tuple(dict.fromkeys(r.hall for r in racks))
    network = network_of(facility, racks, halls)
    go_on()
    hall_of = {r.row: r.hall for r in racks}
    nodes_of, limit_w = row_nodes(facility), row_limits_w(scenario, racks)
    rows = tuple(
        RowSpec(name=row, hall=hall_of[row], nodes=nodes_of[row], limit_w=limit_w[row])
        for row in hall_of
    )
    servers = tuple(fleet_server(scenario, r.server) for r in racks)
    server = scenario.server()
    controller = row_controller(scenario, server, CLOCK_CURVES[server.gpu.key])
    tick_s, tick_count = scenario.horizon.tick_s, _ticks(scenario)
    plant = plant_of(scenario, sum(row.limit_w for row in rows))
    timeline = build_timeline(
        facility, network, plant, halls, tuple(row.name for row in rows), tick_s=tick_s,
        hours=math.ceil(tick_count * tick_s / 3600.0),
    )  # fmt: skip
    nameplate_w = _nameplates(racks, servers)
    parts = phase_parts(network, nameplate_w, [r.phases for r in racks])
    start = scenario.horizon.start
    first_hour = (start.timetuple().tm_yday - 1) * 24 + start.hour
    outdoor = site_weather(weather, first_hour, timeline.warmer_k)
    gaps = gaps_of(facility, network, tick_s)
    go_on()
    site = _site(
        scenario, facility, network, racks, servers, rows, halls, activity, outdoor,
        plant, timeline, gaps, lowest_trigger(controller),
        worst_phase(parts, node_phases(facility, network)),
    )  # fmt: skip
    go_on()
    provisioned_w, below_w = sums_below(network, promised_w(racks, rows), nameplate_w)
    return Assembled(
        scenario=scenario, facility=facility, network=network, site=site, rows=rows,
        halls=halls, racks=racks, servers=servers, controller=controller,
        tick_count=tick_count, warm_up_ticks=warm_up_ticks(scenario, tick_count),
        provisioned_w=provisioned_w, nameplate_w=below_w, phase_parts=parts,
        timeline=timeline, plant=plant, outdoor=outdoor, gap_s=gaps.gap_s,
        curve_slowdown=activity.curve_slowdown,
    )  # fmt: skip


def _ticks(scenario: Scenario) -> int:
    horizon = scenario.horizon
    return max(1, round(horizon.days * 86_400.0 / horizon.tick_s))


def _nameplates(racks: tuple[Rack, ...], servers: tuple[Server, ...]) -> FloatArray:
    pairs = zip(racks, servers, strict=True)
    return np.array([r.server_count * s.rated_w.value for r, s in pairs])


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


def _positions(racks: tuple[Rack, ...], frac: float) -> FloatArray:
    """Warmer towards the ends of a row, where exhaust wraps round. [K]"""
    longest: dict[str, int] = {}
    for rack in racks:
        longest[rack.row] = max(longest.get(rack.row, 1), rack.position)
    middle = {row: (most + 1) / 2 for row, most in longest.items()}
    return np.array(
        [
            frac * POSITION_K * abs(r.position - middle[r.row])
            / max(0.5, middle[r.row] - 1.0)
            for r in racks
        ]
    )  # fmt: skip


def _site(
    scenario: Scenario, facility: Facility, network: Network, racks: tuple[Rack, ...],
    servers: tuple[Server, ...], rows: tuple[RowSpec, ...], halls: tuple[str, ...],
    activity: Activity, outdoor: Weather, plant: Plant, timeline: Timeline,
    gaps: Gaps, watch_frac: float, uneven: FloatArray,
) -> Site:  # fmt: skip
    """Fill the kernel's constants."""
    tick_s, control = scenario.horizon.tick_s, scenario.control
    row_of = {row.name: k for k, row in enumerate(rows)}
    hall_of = {hall: k for k, hall in enumerate(halls)}
    rack_hall = np.array([hall_of[r.hall] for r in racks])
    thermal = [server_thermal(s) for s in servers]
    main = server_thermal(scenario.server())
    counts = _priorities(scenario, racks)
    full_w = np.array([s.full_w for s in servers])
    rack_full_w = counts.sum(axis=1) * full_w
    hall_limit_w = np.zeros(len(halls))
    for row in rows:
        hall_limit_w[hall_of[row.hall]] += row.limit_w
    aisles = aisles_of(racks, halls, rack_full_w)
    protect, protect_w = protection_rows(facility, network, tick_s)
    store, store_w = store_rows(facility, network)
    path_first, path_node = paths_above(network, rows)
    in_row = Counter(r.row for r in racks)
    row_racks = np.cumsum([0, *(in_row[row.name] for row in rows)])
    shifts = np.linspace(-SPREAD_S, SPREAD_S, len(rows) + 2)[1:-1] / tick_s
    order = np.random.Generator(np.random.Philox(key=scenario.seed))
    shifts = np.round(order.permutation(shifts)) % activity.frac.size
    idle_w = np.array([s.idle_w for s in servers])
    follow = Drive(activity.frac[None, :], np.zeros(len(racks), dtype=np.int64), 1)
    leakage, fans = main.leakage_frac_per_k, fan_share(0.8)
    if activity.played is not None:  # measured power has its own leakage and fans in it
        # a record is of servers as they are: a power factor is on top of it
        as_is = 1.0 / scenario.fleet.server_power_frac
        swing_w = as_is * (full_w - idle_w)
        follow = drive(activity.played, racks, as_is * idle_w, swing_w)
        shifts, leakage, fans = np.zeros(len(rows)), 0.0, 0.0
    rooms = [room_for(w, buffer_s=facility.cooling.buffer_s) for w in hall_limit_w]
    slope = np.array([s.host_slope.value * s.gpu_count for s in servers])
    gpu_part = np.array([s.gpu_count * s.gpu.tdp_w.value for s in servers]) / full_w
    top = servers[0].gpu
    brake_mhz = float(control.brake_clock_mhz or top.brake_clock_mhz.value)
    cooling, load_w = facility.cooling, float(hall_limit_w.sum())
    exhaust = exhaust_frac(cooling)
    rise_k = (plant.liquid or LiquidCooling()).coolant_rise_k
    plates = np.full(len(racks), COLD_PLATE_K_PER_W)
    air_cooled = np.array([t.r_k_per_w for t in thermal])
    # an array of whole numbers would have the kernel compiled once more
    return Site(
        wiring=network.wiring, rack_first=network.rack_first, tick_s=tick_s,
        limit_w=network.limit_w() / uneven,
        protect=protect, protect_w=protect_w / uneven, store=store, store_w=store_w,
        modules=spare_modules(facility, network),
        walk_in_ticks=round(WALK_IN_S / tick_s), generator=gaps.generator,
        start_ticks=gaps.start_ticks, leaf=leaves_of(network),
        stop_ticks=math.ceil(GENERATOR_STOP_S / tick_s),
        switch_ticks=gaps.switch_ticks, blinks=gaps.blinks,
        rack_row=np.array([row_of[r.row] for r in racks]), rack_hall=rack_hall,
        servers=counts, idle_w=idle_w, swing_w=full_w - idle_w,
        rack_aisle=aisles.of_rack, position_k=_positions(racks, exhaust),
        recirculation_k=exhaust * main.recirculation_k, gpu_share=1.0 / slope,
        host_w=np.array([s.host_w.value for s in servers], float),
        gpu_idle_w=np.array([s.gpu.idle_w.value for s in servers], float),
        gpu_offset_k=np.array([t.position_spread_k for t in thermal], float),
        restart_ticks=math.ceil(RESTART_S / tick_s),
        row_racks=row_racks.astype(np.int64),
        row_limit_w=np.array([row.limit_w for row in rows], float),
        path_first=path_first, path_node=path_node,
        row_shift=shifts.astype(np.int64), activity=follow.activity,
        rack_series=follow.rack_series, hold_ticks=follow.hold_ticks,
        telemetry_ticks=math.ceil(control.telemetry_delay_s / tick_s - 1e-9),
        cap_ticks=math.ceil(control.cap_latency_s / tick_s - 1e-9),
        brake_ticks=math.ceil(control.brake_latency_s / tick_s - 1e-9),
        watch_frac=watch_frac,
        brake_on_frac=control.brake_threshold_frac,
        brake_off_frac=control.brake_release_frac, brake_mhz=brake_mhz,
        curve_mhz=activity.curve_mhz, curve_power=activity.curve_power,
        plant=plant_table(plant, load_w, outdoor, timeline.left),
        plant_left=timeline.left, cooled_w=hall_limit_w, liquid_frac=plant.liquid_frac,
        coolant_j_per_k=np.maximum(
            plant.liquid_frac * hall_limit_w * COOLANT_TURN_S / rise_k, 1.0
        ),
        room=np.array(
            [(r.air_j_per_k, r.mass_j_per_k, r.ua_w_per_k, r.buffer_j) for r in rooms]
        ),
        aisle_hall=aisles.hall, aisle_full_w=aisles.full_w,
        aisle_air_w=_aisle_air_w(
            scenario, facility, plant, racks, rows, aisles.of_rack
        ),
        air_rise_k=_rise_k(servers[0], main), idle_air=main.idle_airflow_frac,
        cooling_node=np.array([network.index[cooling_name(h)] for h in halls]),
        cooling_restart_ticks=math.ceil(COOLING_RESTART_S / tick_s),
        k_per_w=np.minimum(plates, air_cooled) if plant.liquid else air_cooled,
        gpu_keep=math.exp(-tick_s / main.tau_s), gpu_limit_c=main.limit_c,
        throttle_floor=main.clock_floor_frac**main.power_exponent,
        leak_per_k=leakage * gpu_part,
        leak_from_c=main.leakage_reference_c,
        fan_share=fans, fan_from_c=FAN_REFERENCE_C,
        fan_per_k=FAN_SPEED_PER_K, fan_most=FAN_SPEED_LIMIT,
        inlet_limit_c=cooling.inlet_limit_c, off_c=cooling.shutdown_c,
        ticks_per_record=max(1, math.ceil(_ticks(scenario) / MAX_RECORDS)),
    )  # fmt: skip


def _rise_k(server: Server, thermal: ServerThermal) -> float:
    """Rise of the air through a server at full load. [K]"""
    return float(server.full_w / (AIR_J_PER_M3_K * thermal.airflow_m3_s))


def _aisle_air_w(
    scenario: Scenario, facility: Facility, plant: Plant, racks: tuple[Rack, ...],
    rows: tuple[RowSpec, ...], aisle_of: IntArray,
) -> FloatArray:  # fmt: skip
    """Heat at full load of the servers that each aisle's air was planned for. [W]"""
    server = fleet_server(scenario)
    planned_w = promised_w(racks, rows) / server.provisioned_w.value * server.full_w
    if plant.air.kind == "rear-door":  # the servers' own fans move the air
        planned_w = np.full(len(racks), np.inf)
    by_aisle: FloatArray = np.bincount(aisle_of, planned_w).astype(np.float64)
    return facility.cooling.airflow_frac * by_aisle
