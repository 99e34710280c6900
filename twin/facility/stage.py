"""
The moment a screening starts from: the busiest tick of the horizon, nothing capped.

Loads are what the servers would draw at that tick if no policy held them back, warm
as they are in a sound hall. What fails on the timeline is not counted, except for
nodes that are out of service by plan.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from twin.control import deepest_trigger, landings
from twin.cooling.plant import run_plant
from twin.cooling.room import Room, ride_through_s
from twin.facility import cascade, kernel
from twin.facility.assemble import Assembled
from twin.facility.cascade import Stage
from twin.facility.heat import LOADS, degraded
from twin.facility.memory import settled_heat
from twin.facility.screening import normal_w
from twin.facility.timeline import plant_parts
from twin.power.network import flow
from twin.power.sweep import GENERATOR
from twin.types import BoolArray, FloatArray, IntArray

CASCADE_S = 3600.0
"""Screening follows a failure for this long."""
CDU_PUMPS = 2
"""Pumps of a coolant unit, of which one may fail. Assumed."""
_PASSES = 4
"""Leakage warms GPUs, and warm GPUs leak: repeated."""


def set_stage(a: Assembled) -> Stage:
    """
    Set the stage for screening a site.

    Args:
        a: The site as arrays.

    Returns:
        Loads of its busiest tick, limits, breakers, stores and halls.
    """
    site = a.site
    tick, busy = _busiest(a)
    hour = min(int(tick * site.tick_s / 3600.0), site.plant.shape[1] - 1)
    heat = _warm(a, busy, site.plant[0, hour])
    other_w = np.zeros(len(a.network.nodes))
    other_w[site.cooling_node] = heat.cooling_w
    servers = site.servers.sum(axis=1)
    low = site.servers[:, 0] / np.maximum(1.0, servers)
    share = np.column_stack([low, 1.0 - low])
    caps = _caps(a)
    dynamic_w = np.maximum(0.0, heat.rack_w - servers * site.idle_w)
    out = np.isin([n.name for n in a.network.nodes], a.timeline.planned_out)
    stage = Stage(
        wiring=site.wiring, rack_first=site.rack_first, other_w=other_w,
        rack_w=heat.rack_w,
        capped_w=heat.rack_w - dynamic_w * ((1.0 - caps.power) @ share.T),
        servers=servers, busy=servers * np.maximum(busy, 0.0),
        capped_speed=(1.0 / caps.slowdown) @ share.T,
        capped_breach=caps.breach @ share.T,
        limit_w=site.limit_w, protect=site.protect, protect_w=site.protect_w,
        heat=np.zeros(other_w.size), modules=_modules(a), out=out,
        chosen=_chosen(a, heat.rack_w, out), running=_running(a, heat.rack_w, out),
        start_s=site.generator[:, 0].copy(), gap_s=a.gap_s, store=site.store,
        store_w=site.store_w, rack_hall=site.rack_hall, cooling_node=site.cooling_node,
        hot_after_s=_hot_after_s(a, heat, hour),
        supply_c=heat.supply_c, cooling_able_w=_able_w(a, heat, site.plant[0, hour]),
        cap_frac=deepest_trigger(a.controller),
        cap_lands_s=caps.lands_s, horizon_s=CASCADE_S, worst_t_s=tick * site.tick_s,
    )  # fmt: skip
    before = normal_w(stage) / site.protect_w
    return stage._replace(heat=settled_heat(site.protect, before))


NEAR_PEAK = 0.99
"""Ticks this near to the highest load count as busiest; the warmest is taken."""


def _busiest(a: Assembled) -> tuple[int, FloatArray]:
    """Warmest tick at which uncapped servers draw most; racks' activity then."""
    site = a.site
    hold, samples = site.hold_ticks, site.activity.shape[1]
    length = min(math.ceil(a.tick_count / hold), samples)
    total: FloatArray = np.zeros(length)
    for series, shift, weight_w in _followers(a):
        total += weight_w * site.activity[series].take(
            np.arange(shift, shift + length), mode="wrap"
        )
    top = float(total.max())  # below 0 where all recorded servers drew less than idle
    near = NEAR_PEAK * top if top >= 0.0 else top / NEAR_PEAK
    busiest = np.flatnonzero(total >= near) * hold
    # the trace repeats over the horizon; a busy tick of every hour stands for it
    repeats = np.arange(0, a.tick_count, length * hold)
    ticks = (repeats[:, None] + busiest[None, :]).ravel()
    ticks = ticks[ticks < a.tick_count]
    hours = np.minimum(
        (ticks * site.tick_s / 3600.0).astype(np.int64), site.plant.shape[1] - 1
    )
    hour, first = np.unique(hours, return_index=True)
    full = site.plant[0, hour, LOADS.searchsorted(1.0)]
    order = np.lexsort((
        -total[ticks[first] // hold % length], np.round(full[:, kernel.P_AIR], 3),
        -np.round(full[:, kernel.P_SUPPLY_C], 2),
    ))  # fmt: skip
    best = order[0]
    inside = np.flatnonzero(hours == hour[best])
    tick = int(ticks[inside[total[ticks[inside] // hold % length].argmax()]])
    place = (site.row_shift[site.rack_row] + tick // hold % length) % samples
    return tick, site.activity[site.rack_series, place]


def _followers(a: Assembled) -> list[tuple[int, int, float]]:
    """Series, shift and swing [W] of the racks that follow them alike."""
    site = a.site
    swing_w = site.servers.sum(axis=1) * site.swing_w
    alike, which = np.unique(
        np.stack([site.rack_series, site.row_shift[site.rack_row]]), axis=1,
        return_inverse=True,
    )  # fmt: skip
    weight_w = np.bincount(which.ravel(), swing_w)
    return [
        (int(series), int(shift), float(w))
        for (series, shift), w in zip(alike.T, weight_w, strict=True)
    ]


# --- heat -------------------------------------------------------------------------


class _Heat(NamedTuple):
    """A settled hall: power of racks and cooling, and how warm it is."""

    rack_w: FloatArray
    cooling_w: FloatArray  # (halls,)
    hall_w: FloatArray
    supply_c: FloatArray  # (halls,)
    coolant_c: FloatArray  # (halls,)
    inlet_c: FloatArray
    gpu_c: FloatArray


def _warm(a: Assembled, busy: FloatArray, table: FloatArray) -> _Heat:
    """What racks draw once leakage and fans agree with the temperatures."""
    site = a.site
    servers = site.servers.sum(axis=1)
    cold_w = servers * (site.idle_w + site.swing_w * busy)
    rack_w, unfanned = cold_w, np.ones(cold_w.size)
    for _ in range(_PASSES):
        aisle_w = np.bincount(site.rack_aisle, rack_w, site.aisle_hall.size)
        hall_w = np.bincount(site.aisle_hall, aisle_w, site.cooling_node.size)
        load = hall_w / site.cooled_w
        supply_c = np.interp(load, LOADS, table[:, kernel.P_SUPPLY_C])
        coolant_c = np.interp(load, LOADS, table[:, kernel.P_COOLANT_C])
        full = np.minimum(1.0, aisle_w / site.aisle_full_w)
        drawn_w = site.aisle_full_w * (site.idle_air + (1.0 - site.idle_air) * full)
        short = drawn_w / np.maximum(site.aisle_air_w, 1e-9) - 1.0
        short = np.clip(short, 0.0, kernel.MOST_SHORT)
        above_k = site.recirculation_k * full + short * site.air_rise_k
        inlet_c = supply_c[site.rack_hall] + site.position_k + above_k[site.rack_aisle]
        around_c = coolant_c[site.rack_hall] if site.liquid_frac > 0.0 else inlet_c
        per_server = rack_w * unfanned / np.maximum(1.0, servers) - site.host_w
        gpu_w = np.maximum(0.0, per_server * site.gpu_share)
        gpu_c = around_c + site.k_per_w * gpu_w + site.gpu_offset_k
        warm_k = np.maximum(0.0, inlet_c - site.fan_from_c)
        speed = np.minimum(site.fan_most, 1.0 + site.fan_per_k * warm_k)
        chips = 1.0 + site.leak_per_k * (gpu_c - site.leak_from_c)
        fans = site.fan_share * (speed**3 - 1.0)
        rack_w, unfanned = cold_w * (chips + fans), chips / (chips + fans)
    drawn_w = np.interp(load, LOADS, table[:, kernel.P_POWER]) * site.cooled_w
    return _Heat(
        rack_w, drawn_w, np.asarray(hall_w, dtype=np.float64), supply_c, coolant_c,
        inlet_c, gpu_c,
    )  # fmt: skip


def _able_w(a: Assembled, heat: _Heat, table: FloatArray) -> FloatArray:
    """Servers' heat that air and plates could take out together. [W], (halls,)"""
    load, liquid = heat.hall_w / a.site.cooled_w, a.site.liquid_frac
    found: FloatArray = np.full(load.size, np.inf)
    if liquid < 1.0:
        found = np.interp(load, LOADS, table[:, kernel.P_AIR]) / (1.0 - liquid)
    if liquid > 0.0:
        plates = np.interp(load, LOADS, table[:, kernel.P_PLATES]) / liquid
        found = np.minimum(found, plates)
    able_w: FloatArray = found * a.site.cooled_w
    return able_w


def _hot_after_s(a: Assembled, heat: _Heat, hour: int) -> FloatArray:
    """Seconds until a hall's servers switch off once a part of its cooling is lost."""
    halls = a.site.cooling_node.size
    found: FloatArray = np.full((halls, cascade.HALL_PARTS), np.nan)
    kinds = {
        "lose-crah": cascade.AIR_HANDLER, "lose-chiller": cascade.CHILLER,
        "lose-cdu-pump": cascade.CDU_PUMP,
    }  # fmt: skip
    for h in range(halls):
        found[h, cascade.ALL_COOLING] = _ride_s(a, heat, h, 0.0, 0.0, 0.0)
        for kind in plant_parts(a.plant):
            part = kinds[kind]
            found[h, part] = _part_ride_s(a, heat, h, hour, part)
    return found


def _part_ride_s(a: Assembled, heat: _Heat, h: int, hour: int, part: int) -> float:
    """The same with one unit of a part lost."""
    air, loop = a.plant.air, a.plant.air_loop
    left = np.ones(3)
    if part == cascade.AIR_HANDLER:
        left[0] = max(0.0, 1.0 - 1.0 / (air.needed + air.spare))
    elif part == cascade.CHILLER and loop is not None and loop.chillers is not None:
        machines = loop.chillers.needed + loop.chillers.spare
        left[1] = 1.0 - 1.0 / machines
    else:
        left[2] = 1.0 - 1.0 / CDU_PUMPS
    load_w = float(a.site.cooled_w.sum())
    scale = a.site.cooled_w[h] / load_w
    now = a.outdoor.take(np.array([hour]))
    run = run_plant(a.plant, now, heat.hall_w[h] / scale, degraded(left))
    sound = run_plant(a.plant, now, heat.hall_w[h] / scale)
    return _ride_s(
        a, heat, h, float(run.air_capacity_w[0]) * scale,
        float(run.plate_capacity_w[0]) * scale,
        float(run.inlet_c[0] - sound.inlet_c[0]),
    )  # fmt: skip


def _ride_s(
    a: Assembled, heat: _Heat, h: int, air_w: float, plates_w: float, warmer_k: float
) -> float:
    """Until the warmest server of a hall switches off, at a capacity left. [W]"""
    site, here = a.site, a.site.rack_hall == h
    air_j, mass_j, ua, buffer_j = (float(x) for x in site.room[h])
    room = Room(
        air_j_per_k=air_j, mass_j_per_k=mass_j, ua_w_per_k=ua, buffer_j=buffer_j
    )
    margin_k = site.off_c - float(heat.inlet_c[here].max()) - warmer_k
    start_c = float(heat.supply_c[h])
    air_heat_w = float(heat.hall_w[h]) * (1.0 - site.liquid_frac)
    by_air_s = ride_through_s(
        room, heat_w=air_heat_w, cooling_w=min(air_w, air_heat_w), start_c=start_c,
        limit_c=start_c + margin_k,
    )  # fmt: skip
    short_w = site.liquid_frac * float(heat.hall_w[h]) - plates_w
    throttled_w = float(_throttled_w(a)[here].sum())
    if short_w <= 0.0 or site.liquid_frac * throttled_w <= plates_w:
        return by_air_s  # throttling holds the chips
    off_c = site.gpu_limit_c + kernel.OFF_ABOVE_K
    gap_k = max(0.0, off_c - float(heat.gpu_c[here].max()))
    return min(by_air_s, gap_k * float(site.coolant_j_per_k[h]) / short_w)


def _throttled_w(a: Assembled) -> FloatArray:
    """Racks at full activity with every chip throttled as far as it goes. [W]"""
    site = a.site
    least_w: FloatArray = site.servers.sum(axis=1) * (
        site.idle_w + site.throttle_floor * site.swing_w
    )
    return least_w


# --- power ------------------------------------------------------------------------


def _modules(a: Assembled) -> FloatArray:
    """Modules of every node, and how many of them carry its rating."""
    found: FloatArray = np.ones((len(a.network.nodes), 2))
    for node in a.facility.electrical:
        i = a.network.index[node.name]
        found[i] = node.module_count, node.modules_needed
    return found


def _chosen(a: Assembled, rack_w: FloatArray, out: BoolArray) -> IntArray:
    """Feed each transfer switch stands on before anything fails; -1 for none."""
    wiring = a.network.wiring
    live = flow(a.network, rack_w, np.flatnonzero(out)).live
    found = np.full(len(a.network.nodes), -1, dtype=np.int64)
    for i in range(found.size):
        feeds = wiring.feed[wiring.first[i] : wiring.first[i + 1]]
        if not wiring.share[i] and live[feeds].any():
            found[i] = feeds[live[feeds].argmax()]
    return found


def _running(a: Assembled, rack_w: FloatArray, out: BoolArray) -> BoolArray:
    """Generators that carry load before anything fails."""
    before = flow(a.network, rack_w, np.flatnonzero(out)).out_w
    running: BoolArray = (a.network.wiring.role == GENERATOR) & (before > 0.0)
    return running


# --- the cap ----------------------------------------------------------------------


class _Caps(NamedTuple):
    """
    What a policy comes to, step by step; rows are its caps, columns low and high.

    Power above idle left, requests' time ÷ at full clock, and 1 where that is more
    than the median's SLO allows.
    """

    lands_s: FloatArray
    power: FloatArray
    slowdown: FloatArray
    breach: FloatArray


def _caps(a: Assembled) -> _Caps:
    site, slo = a.site, a.scenario.slo
    found = landings(
        a.controller, tick_s=site.tick_s, telemetry_ticks=site.telemetry_ticks,
        cap_ticks=site.cap_ticks,
    )  # fmt: skip
    clocks_mhz = np.array([x.clocks_mhz for x in found]).reshape(-1, 2)
    slowdown = np.interp(clocks_mhz, site.curve_mhz, a.curve_slowdown)
    allowed = np.array([slo.low_p50_impact_frac, slo.high_p50_impact_frac])
    return _Caps(
        lands_s=np.array([x.t_s for x in found]),
        power=np.interp(clocks_mhz, site.curve_mhz, site.curve_power),
        slowdown=slowdown, breach=(slowdown - 1.0 > allowed).astype(np.float64),
    )  # fmt: skip
