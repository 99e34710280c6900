"""
The compiled heart of a site: one tick of power, protection, cooling and control.

Order inside a tick: events, what racks want, who is live, loads and losses, breakers
and stores, heat, telemetry, policy, commands that land. Commands decided in a tick
act from the next one. What a tick changes in the wiring (a trip, an empty battery, a
started generator) holds from the next tick on.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.cooling.room import room_step
from twin.power.protection import KIND, THERMAL, protection_step
from twin.power.stores import (
    CHARGE_EFF,
    generator_allowed_frac,
    recharge_step,
    store_step,
)
from twin.power.sweep import GENERATOR, UTILITY, Wiring
from twin.serving.kernel import (
    BRAKE_HELD,
    BRAKE_LAND,
    BRAKE_WANT,
    HELD_LOW,
    LAND_LOW,
    WANT_LOW,
)
from twin.serving.primitives import NEVER

# codes of events
(
    NODE_DOWN, MODULES, AIRFLOW, CHILLERS, CDU, BLACKOUT, PATH_DOWN, STUCK, LATENCY,
    NO_START, SOURCE_DOWN, SOURCE_ACCEPT, SOURCE_BLINK, CEILING, HEAT_SHARE,
) = range(15)  # fmt: skip
FROM_CAMPUS = SOURCE_DOWN
"""Codes from here on are what a campus tells a hall; they are not logged."""

# kinds of log entries
(
    L_EVENT, L_TRIP, L_DEAD, L_ALIVE, L_STORE, L_EMPTY, L_START, L_READY, L_COMMAND,
    L_LANDED, L_BRAKE, L_BRAKE_LANDED, L_HOT, L_STOP,
) = range(14)  # fmt: skip

# columns of Site.plant, each per watt that the hall's cooling is planned for
P_POWER, P_AIR, P_SUPPLY_C, P_PLATES, P_COOLANT_C, P_WATER = range(6)
PLANT_COLUMNS = 6
LOAD_STEP = 0.125
"""Site.plant holds loads 0, 0.125, 0.25 and on, of the heat that is planned for."""

# columns of Meter.site
S_IT, S_FACILITY, S_MECHANICAL, S_LOST, S_CAPPED = range(5)

HOLD_UP_S = 0.02
"""A server's power supply rides through this long: ITIC, 20 ms at zero volts."""
MOST_SHORT = 1.0
"""With less than half its air a server draws the room's, which warms by its mass.
Assumed."""
COOLANT_TAU_S = 60.0
"""A liquid loop follows its plant with this time constant. Assumed."""
OFF_ABOVE_K = 10.0
"""A GPU this far above its throttling limit switches its server off. Assumed."""


class Site(NamedTuple):
    """Constants of a run. Racks are the last nodes of the wiring."""

    wiring: Wiring
    rack_first: int
    tick_s: float
    # nodes
    limit_w: np.ndarray  # what a node may carry for ever, its fullest phase counting
    protect: np.ndarray  # (nodes, width): rows of twin.power.protection
    protect_w: np.ndarray  # load that counts as ratio one
    store: np.ndarray  # (nodes, width): rows of twin.power.stores
    store_w: np.ndarray  # load that counts as one, 0 = no store
    modules: np.ndarray  # (nodes,) modules ÷ modules needed
    walk_in_ticks: int  # a store's node takes its feed's load back over this time
    generator: np.ndarray  # (nodes, width): rows of twin.power.stores
    start_ticks: np.ndarray  # int64: generators, until they carry load
    leaf: np.ndarray  # bool: feeds nothing, so it is what wants power
    stop_ticks: int  # a generator without load stops after this
    switch_ticks: np.ndarray  # int64: dead ticks when a transfer switch moves
    blinks: np.ndarray  # bool: dead for less than half a tick, yet too long to ride
    # racks
    rack_row: np.ndarray
    rack_hall: np.ndarray
    servers: np.ndarray  # (racks, 2): low, high priority
    idle_w: np.ndarray  # of one server
    swing_w: np.ndarray  # full minus idle, of one server
    rack_aisle: np.ndarray
    position_k: np.ndarray  # inlet above the hall's air
    recirculation_k: float  # more of that in a full hall
    gpu_share: np.ndarray  # watts of one GPU ÷ server watts beyond the host's
    host_w: np.ndarray  # constant part of one server
    gpu_idle_w: np.ndarray  # of one GPU
    gpu_offset_k: np.ndarray
    restart_ticks: int
    # rows
    row_racks: np.ndarray  # int64 (rows + 1,) first rack of each row
    row_limit_w: np.ndarray
    path_first: np.ndarray  # int64 (rows + 1,) into path_node
    path_node: np.ndarray  # every node above a row's racks, sources left out
    row_shift: np.ndarray  # int64: samples by which a row's activity is moved
    activity: np.ndarray  # float64 (series, samples): part of the swing in use
    rack_series: np.ndarray  # int64 (racks,): which of them each rack follows
    hold_ticks: int  # ticks that a sample lasts
    # control
    telemetry_ticks: int
    cap_ticks: int
    brake_ticks: int
    watch_frac: float  # load ÷ limit from which the policy may want something
    brake_on_frac: float
    brake_off_frac: float
    brake_mhz: float
    curve_mhz: np.ndarray
    curve_power: np.ndarray  # swing in use ÷ the same at full clock
    # heat
    plant: np.ndarray  # (states, hours, loads, PLANT_COLUMNS)
    plant_left: np.ndarray  # (states, 3): air handlers, chillers, CDU pumps
    cooled_w: np.ndarray  # (halls,) heat that the hall's cooling is planned for
    liquid_frac: float  # part of the heat that goes into cold plates
    coolant_j_per_k: np.ndarray  # (halls,)
    room: np.ndarray  # (halls, 4): J/K air, J/K mass, W/K between, J buffer
    aisle_hall: np.ndarray
    aisle_full_w: np.ndarray  # (aisles,) heat with every server at full load
    aisle_air_w: np.ndarray  # (aisles,) heat of full load that its air is meant for
    air_rise_k: float  # rise of air through a server at full load
    idle_air: float  # part of the air that flows at no load
    cooling_node: np.ndarray  # int64 (halls,) the node that feeds a hall's cooling
    cooling_restart_ticks: int
    k_per_w: np.ndarray  # (racks,) GPU above inlet per GPU watt
    gpu_keep: float  # part of the GPU's temperature gap that is left after a tick
    gpu_limit_c: float
    throttle_floor: float
    leak_per_k: np.ndarray  # (racks,) rise of server power per kelvin of GPU
    leak_from_c: float
    fan_share: float  # fans' part of server power up to fan_from_c
    fan_from_c: float
    fan_per_k: float  # rise of their speed per kelvin above that
    fan_most: float  # they run out of speed
    inlet_limit_c: float  # servers that got too hot start again below this
    off_c: float  # inlet at which servers switch off
    ticks_per_record: int


class State(NamedTuple):
    """Everything that changes."""

    down: np.ndarray  # bool (nodes,) taken out by an event
    tripped: np.ndarray  # bool (nodes,)
    live: np.ndarray  # bool (nodes,)
    fed: np.ndarray  # bool (nodes,): live from a feed, not from a store
    weight: np.ndarray  # (edges,)
    heat: np.ndarray  # (nodes,) protection, 1 trips
    capacity: np.ndarray  # (nodes,) part of the rating its modules still carry
    charge: np.ndarray  # (nodes,) state of charge 0..1
    owed_j: np.ndarray  # (nodes,) energy the store has given since it was full
    accept: np.ndarray  # (nodes,) part of its load that a starting generator takes
    blink: np.ndarray  # bool (nodes,) its feed was away for an instant
    used: np.ndarray  # int64 (nodes,) last tick a generator carried load
    chosen: np.ndarray  # int64 (nodes,) feed a transfer switch stands on, -1 none
    until: np.ndarray  # int64 (nodes,) a switch is between feeds
    since: np.ndarray  # int64 (nodes,) generator start, or return of a store's feed
    no_start: np.ndarray  # bool (nodes,)
    need: np.ndarray  # bool (nodes,)
    wanted_w: np.ndarray  # (nodes,)
    out_w: np.ndarray
    in_w: np.ndarray
    stored_w: np.ndarray  # (nodes,) discharging positive
    unfanned: np.ndarray  # (racks,) power without what warm air adds to fans ÷ power
    back: np.ndarray  # int64 (racks,) tick at which servers are back
    inlet_c: np.ndarray  # (racks,)
    gpu_c: np.ndarray
    throttle: np.ndarray  # 0..1 of the swing
    hot: np.ndarray  # bool (racks,) switched off from heat
    aisle_w: np.ndarray  # heat of the last tick
    coolant_c: np.ndarray  # (halls,)
    hall_c: np.ndarray  # (halls,) air supplied to the servers
    mass_c: np.ndarray  # (halls,) what the air touches
    buffer_j: np.ndarray  # (halls,) cold left in the tank
    hall_w: np.ndarray  # heat of the last tick
    left: np.ndarray  # (halls, 3) part of air handlers, chillers, CDU pumps
    plant_state: np.ndarray  # int64 (halls,) that as a row of Site.plant
    cool_back: np.ndarray  # int64 (halls,)
    world: np.ndarray  # telemetry off, command path off, latency ×
    control: np.ndarray  # (rows, 9) as in the serving kernel
    memory: np.ndarray  # (rows, 16)
    command: np.ndarray  # (rows, 2)
    in_force: np.ndarray  # (rows, 5)
    stuck: np.ndarray  # bool (rows,)
    ring_w: np.ndarray  # (rows, delay + 1)
    ring_frac: np.ndarray  # (rows, delay + 1) highest load ÷ limit on the row's path
    power: np.ndarray  # (rows, 2) power factor of the clock in force
    free: np.ndarray  # (rows, 2) the same without the campus's ceiling
    source_accept: np.ndarray  # (nodes,) as accept, of what stands behind a source
    source_blink: np.ndarray  # bool (nodes,) likewise
    source_frac: np.ndarray  # (nodes,) highest load ÷ limit behind a source
    ceiling: np.ndarray  # (2, 3): clock asked for by the campus, sent, tick it lands
    row_ceiling: np.ndarray  # (rows, 2) the campus's clocks in force, 0 = none
    heat_share_w: np.ndarray  # (halls,) heat that a hall may give the plant
    wish_w: np.ndarray  # (halls,) heat it would give, of the last tick
    removed_w: np.ndarray  # (halls,) heat it gave
    water_kg_s: np.ndarray  # (halls,) fresh water for it
    flags: np.ndarray  # int64: look at the wiring, next event, watch paths because
    #                    a node here is nearly full, because one behind a source is


class Meter(NamedTuple):
    """What a run measured. Its size does not grow with the horizon."""

    mean_w: np.ndarray  # float32 (records, nodes); a campus keeps the first of them
    max_w: np.ndarray
    peak_w: np.ndarray  # (nodes,)
    peak_tick: np.ndarray
    energy_j: np.ndarray  # (nodes, 4): in, out, discharged, charged
    edge_j: np.ndarray  # (edges,)
    trip_tick: np.ndarray  # int64 (nodes,) -1 never
    heat_max: np.ndarray  # (nodes,)
    inlet_max_c: np.ndarray  # (racks,)
    gpu_max_c: np.ndarray
    throttle_s: np.ndarray
    lost_s: np.ndarray  # server seconds without service
    dark_s: np.ndarray  # server seconds without power
    hall_c: np.ndarray  # (records, halls)
    hottest_c: np.ndarray  # (records, halls)
    site: np.ndarray  # (records, 5)
    row_peak_w: np.ndarray  # (rows,)
    row_counts: np.ndarray  # (rows, 6): caps low, high, releases, brakes, capped low s,
    #                                     capped high s
    log: np.ndarray  # (limit, 4): tick, kind, target, value
    log_count: np.ndarray
    origin: np.ndarray  # int64: the record that stands first


# No array is allocated in here, so reference counts are switched off; helpers are
# inlined, because passing a hundred arrays costs more than most of them do.
_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
}
compiled = njit(**_OPTIONS)
inlined = njit(**_OPTIONS, forceinline=True)


@inlined
def _log(meter, tick, kind, target, value):
    n = meter.log_count[0]
    meter.log_count[0] = n + 1
    if n < meter.log.shape[0]:
        meter.log[n, 0] = tick
        meter.log[n, 1] = kind
        meter.log[n, 2] = target
        meter.log[n, 3] = value


# --- events ---------------------------------------------------------------------


@inlined
def apply(site, state, meter, tick, code, target, value):
    """One event of the timeline."""
    if code == NODE_DOWN:
        state.down[target] = value > 0.0
        if value == 0.0:
            state.tripped[target] = False
            state.heat[target] = 0.0
        state.flags[0] = 1
    elif code == MODULES:
        state.capacity[target] = max(1e-6, min(1.0, site.modules[target] - value))
    elif code in (AIRFLOW, CHILLERS, CDU):
        left = state.left[target]
        left[code - AIRFLOW] = value
        for k in range(site.plant_left.shape[0]):
            row = site.plant_left[k]
            if row[0] == left[0] and row[1] == left[1] and row[2] == left[2]:
                state.plant_state[target] = k
    elif code == BLACKOUT:
        state.world[0] = value
    elif code == PATH_DOWN:
        state.world[1] = value
    elif code == STUCK:
        state.stuck[target] = value > 0.0
    elif code == LATENCY:
        state.world[2] = value
    elif code == NO_START:
        state.no_start[target] = value > 0.0
        state.flags[0] = 1
    elif code == SOURCE_DOWN:
        state.down[target] = value > 0.0
        state.flags[0] = 1
    elif code == SOURCE_ACCEPT:
        state.source_accept[target] = value
        state.flags[0] = 1
    elif code == SOURCE_BLINK:
        state.source_blink[target] = value > 0.0
        state.flags[0] = 1
    elif code == CEILING:
        state.ceiling[target, 0] = value
    elif code == HEAT_SHARE:
        state.heat_share_w[target] = value
    if code >= FROM_CAMPUS:
        return
    gone = value != 0.0
    if code in (AIRFLOW, CHILLERS, CDU, LATENCY):
        gone = value != 1.0
    _log(meter, tick, L_EVENT, target, code if gone else -1 - code)


# --- power ----------------------------------------------------------------------


@inlined
def want(site, state, tick):
    """What every rack draws if it is live."""
    first = site.rack_first
    length = site.activity.shape[1]
    row = -1
    place = 0
    for r in range(site.rack_row.size):
        if site.rack_row[r] != row:
            row = site.rack_row[r]
            place = (tick // site.hold_ticks + site.row_shift[row]) % length
        act = site.activity[site.rack_series[r], place]
        low = act
        high = act
        throttle = 1.0
        if act > 0.0:  # below idle, where only a record goes, there is nothing to cut
            low = act * state.power[row, 0]
            high = act * state.power[row, 1]
            throttle = state.throttle[r]
        if state.hot[r]:
            state.wanted_w[first + r] = 0.0
            continue
        n_low = site.servers[r, 0]
        n_high = site.servers[r, 1]
        if tick < state.back[r]:
            low_now = 0.0
            high_now = 0.0
        else:
            low_now = low
            high_now = high
        swing = site.swing_w[r] * (n_low * low_now + n_high * high_now)
        power = site.idle_w[r] * (n_low + n_high) + swing * throttle
        hot = state.gpu_c[r] - site.leak_from_c
        chips = 1.0 + site.leak_per_k[r] * hot
        fans = 0.0
        warm = state.inlet_c[r] - site.fan_from_c
        if warm > 0.0:
            speed = min(site.fan_most, 1.0 + site.fan_per_k * warm)
            fans = site.fan_share * (speed * speed * speed - 1.0)
        state.wanted_w[first + r] = power * (chips + fans)
        state.unfanned[r] = chips / (chips + fans)


@inlined
def energise(site, state, meter, tick):
    """Pass down: who is live and from where. Returns whether to look again."""
    wiring = site.wiring
    again = False
    for i in range(wiring.role.size):
        first, end = wiring.first[i], wiring.first[i + 1]
        was_live = state.live[i]
        fed = False
        blink = False
        accept = 1.0
        for e in range(first, end):
            state.weight[e] = 0.0
        if state.down[i] or state.tripped[i]:
            state.live[i] = False
            state.fed[i] = False
            if wiring.role[i] == GENERATOR:
                state.since[i] = -1
            if was_live:
                _log(meter, tick, L_DEAD, i, 0.0)
            continue
        if first == end:
            if wiring.role[i] == UTILITY:
                fed = True
                blink = state.source_blink[i]
                accept = state.source_accept[i]
            elif wiring.role[i] == GENERATOR and state.since[i] >= 0:
                fed = tick - state.since[i] >= site.start_ticks[i]
                if fed:
                    running_s = (tick - state.since[i]) * site.tick_s
                    if site.start_ticks[i] == 0:
                        running_s += site.generator[i, 0]
                    accept = generator_allowed_frac(site.generator[i], running_s)
                    if not was_live:
                        blink = site.blinks[i]
                        _log(meter, tick, L_READY, i, 0.0)
                again = again or not fed or accept < 1.0
        elif wiring.share[i]:
            count = 0
            blink = True
            for e in range(first, end):
                feed = wiring.feed[e]
                if state.live[feed]:
                    count += 1
                    blink = blink and state.blink[feed]
                    accept = min(accept, state.accept[feed])
            for e in range(first, end):
                if state.live[wiring.feed[e]]:
                    state.weight[e] = 1.0 / count
            fed = count > 0
        else:
            for e in range(first, end):
                feed = wiring.feed[e]
                if state.live[feed]:
                    if state.chosen[i] != feed:
                        if state.chosen[i] >= 0:
                            state.until[i] = tick + site.switch_ticks[i]
                            blink = site.blinks[i]
                        state.chosen[i] = feed
                    if tick >= state.until[i]:
                        state.weight[e] = 1.0
                        fed = True
                        blink = blink or state.blink[feed]
                        accept = state.accept[feed]
                    else:
                        again = True
                    break
        if fed and not state.fed[i] and site.store_w[i] > 0.0:
            state.since[i] = tick  # the feed is back: take its load over slowly
        state.fed[i] = fed
        stored = site.store_w[i] > 0.0 and state.charge[i] > 0.0
        alive = fed or stored
        state.accept[i] = accept
        state.blink[i] = fed and blink and not stored
        if state.blink[i] and i >= site.rack_first:
            state.back[i - site.rack_first] = tick + 1 + site.restart_ticks
        if alive and not fed:
            again = True
            if was_live and state.stored_w[i] <= 0.0:
                _log(meter, tick, L_STORE, i, state.charge[i])
        if alive != was_live:
            _log(meter, tick, L_ALIVE if alive else L_DEAD, i, 0.0)
        state.live[i] = alive
    return again


@inlined
def call_generators(site, state, meter, tick):
    """Start generators that somebody without a feed could use; is one ready at once?"""
    wiring = site.wiring
    at_once = False
    state.need[:] = False
    for i in range(wiring.role.size - 1, -1, -1):
        works = not (state.down[i] or state.tripped[i])
        wants = state.need[i] or site.leaf[i] or site.store_w[i] > 0.0
        if works and wants and (not state.fed[i]):
            for e in range(wiring.first[i], wiring.first[i + 1]):
                state.need[wiring.feed[e]] = True
        start = state.need[i] and wiring.role[i] == GENERATOR and works
        if start and state.since[i] < 0 and not state.no_start[i]:
            state.since[i] = tick
            state.flags[0] = 1
            at_once = at_once or site.start_ticks[i] == 0
            _log(meter, tick, L_START, i, 0.0)
    return at_once


@inlined
def carry(site, state, meter, tick):
    """Pass up: loads, losses, and what stores give and take."""
    wiring = site.wiring
    for i in range(wiring.role.size):
        state.out_w[i] = state.wanted_w[i] if state.live[i] else 0.0
    for i in range(wiring.role.size - 1, -1, -1):
        state.stored_w[i] = 0.0
        if not state.live[i]:
            state.in_w[i] = 0.0
            continue
        out = state.out_w[i]
        drawn = out + (
            wiring.loss[i, 0] + out * (wiring.loss[i, 1] + out * wiring.loss[i, 2])
        )
        if site.store_w[i] > 0.0:
            taken = 0.0  # of the load, by a feed that takes it over slowly
            if state.fed[i]:
                taken = state.accept[i]
                if site.walk_in_ticks > 0:
                    ramp = (tick - state.since[i]) / site.walk_in_ticks
                    taken = min(taken, ramp)
            part = taken
            if state.fed[i] and state.charge[i] <= 0.0:
                part = 1.0  # an empty store cannot help
            state.stored_w[i] = (1.0 - part) * drawn
            if taken == 1.0 and state.charge[i] < 1.0:
                # what was taken is put back, in step with the charge
                after = recharge_step(site.store[i], state.charge[i], site.tick_s)
                gained = (after - state.charge[i]) / (1.0 - state.charge[i])
                back_j = gained * state.owed_j[i]
                state.stored_w[i] = -back_j / site.store[i, CHARGE_EFF] / site.tick_s
                state.owed_j[i] -= back_j
                state.charge[i] = after
            drawn -= state.stored_w[i]
        state.in_w[i] = drawn
        for e in range(wiring.first[i], wiring.first[i + 1]):
            flow_w = state.weight[e] * drawn
            state.out_w[wiring.feed[e]] += flow_w
            meter.edge_j[e] += flow_w * site.tick_s


@inlined
def wear(site, state, meter, tick):
    """Breakers heat up and trip; stores run down. True if the wiring changed."""
    changed = False
    state.flags[2] = 0
    for i in range(site.rack_first):
        out = state.out_w[i]
        able = state.capacity[i]
        if out > site.watch_frac * able * site.limit_w[i]:
            state.flags[2] = 1
        if state.since[i] >= 0 and site.wiring.role[i] == GENERATOR:
            if out > 0.0:
                state.used[i] = tick
            elif tick - max(state.used[i], state.since[i]) > site.stop_ticks:
                state.since[i] = -1
                changed = True
                _log(meter, tick, L_STOP, i, 0.0)
        ratio = out / (able * site.protect_w[i])
        if ratio > 0.9 or state.heat[i] > 0.0 or site.protect[i, KIND] == THERMAL:
            heat = protection_step(site.protect[i], ratio, state.heat[i], site.tick_s)
            state.heat[i] = heat
            if heat > meter.heat_max[i]:
                meter.heat_max[i] = heat
            if heat >= 1.0 and not state.tripped[i]:
                state.tripped[i] = True
                changed = True
                if meter.trip_tick[i] < 0:
                    meter.trip_tick[i] = tick
                _log(meter, tick, L_TRIP, i, ratio)
        if state.stored_w[i] > 0.0:
            part = state.stored_w[i] / (state.stored_w[i] + state.in_w[i])
            load = part * out / site.store_w[i]
            left = store_step(site.store[i], load, state.charge[i], site.tick_s)
            state.charge[i] = left
            state.owed_j[i] += state.stored_w[i] * site.tick_s
            changed = True
            if left <= 0.0:
                _log(meter, tick, L_EMPTY, i, 0.0)
        elif site.store_w[i] > 0.0 and state.charge[i] < 1.0:
            changed = True
    return changed


# --- heat -----------------------------------------------------------------------


@inlined
def _look_up(table, load, column):
    """Value of a column at a load, between its knots; flat beyond the last."""
    place = min(load / LOAD_STEP, table.shape[0] - 1.000001)
    k = int(place)
    part = place - k
    return table[k, column] + part * (table[k + 1, column] - table[k, column])


@inlined
def _cool(site, state, tick):
    """Halls take up the heat of their racks; the plant takes it out again."""
    hour = min(int(tick * site.tick_s / 3600.0), site.plant.shape[1] - 1)
    state.hall_w[:] = 0.0
    state.aisle_w[:] = 0.0
    first = site.rack_first
    for r in range(site.rack_hall.size):
        state.aisle_w[site.rack_aisle[r]] += state.out_w[first + r]
    for k in range(site.aisle_hall.size):
        state.hall_w[site.aisle_hall[k]] += state.aisle_w[k]
    dt = site.tick_s
    for h in range(state.hall_w.size):
        node = site.cooling_node[h]
        room = site.room[h]
        if not state.live[node]:
            state.cool_back[h] = tick + 1 + site.cooling_restart_ticks
        runs = state.live[node] and tick >= state.cool_back[h]
        table = site.plant[state.plant_state[h], hour]
        whole_w = site.cooled_w[h]
        load = state.hall_w[h] / whole_w
        able_w = _look_up(table, load, P_AIR) * whole_w if runs else 0.0
        if state.heat_share_w[h] < np.inf:
            able_w = min(able_w, (1.0 - site.liquid_frac) * state.heat_share_w[h])
        heat_w = state.hall_w[h] * (1.0 - site.liquid_frac)
        # as much as keeps the air where it is, and brings a gap back in a minute
        gap_k = state.hall_c[h] - _look_up(table, load, P_SUPPLY_C)
        to_mass_w = room[2] * (state.hall_c[h] - state.mass_c[h])
        wish_w = heat_w - to_mass_w + gap_k * room[0] / max(60.0, dt)
        wish_w = min(max(wish_w, 0.0), 2.0 * whole_w)
        made_w = min(wish_w, able_w)
        from_tank_w = min(wish_w - made_w, state.buffer_j[h] / dt)
        to_tank_w = min((room[3] - state.buffer_j[h]) / dt, max(0.0, able_w - wish_w))
        to_tank_w = min(to_tank_w, 0.1 * whole_w)
        state.buffer_j[h] += (to_tank_w - from_tank_w) * dt
        state.hall_c[h], state.mass_c[h] = room_step(
            state.hall_c[h], state.mass_c[h], heat_w, made_w + from_tank_w, dt,
            room[0], room[1], room[2],
        )  # fmt: skip
        removed_w = made_w + to_tank_w
        state.wish_w[h] = wish_w
        if site.liquid_frac > 0.0:
            removed_w += _cool_plates(site, state, h, table, load, runs)
        drawn = _look_up(table, removed_w / whole_w, P_POWER) if runs else 0.0
        state.wanted_w[node] = drawn * whole_w
        water = _look_up(table, removed_w / whole_w, P_WATER) if runs else 0.0
        state.removed_w[h] = removed_w
        state.water_kg_s[h] = water * whole_w


@inlined
def _cool_plates(site, state, h, table, load, runs):
    """Coolant of a hall's cold plates; returns the heat its plant takes out."""
    heat_w = site.liquid_frac * state.hall_w[h]
    able_w = _look_up(table, load, P_PLATES) * site.cooled_w[h] if runs else 0.0
    able_w = min(able_w, site.liquid_frac * state.heat_share_w[h])
    mass = site.coolant_j_per_k[h]
    gap_k = state.coolant_c[h] - _look_up(table, load, P_COOLANT_C)
    wish_w = heat_w + mass * gap_k / max(COOLANT_TAU_S, site.tick_s)
    state.wish_w[h] += max(wish_w, 0.0)
    served_w = min(max(wish_w, 0.0), able_w)
    state.coolant_c[h] += (heat_w - served_w) * site.tick_s / mass
    return served_w


@inlined
def _warm(site, state, meter, tick):
    """Inlets, GPUs, throttling, servers that switch off from heat."""
    first = site.rack_first
    aisle = -1
    hall = 0
    above_hall_k = 0.0
    for r in range(site.rack_hall.size):
        if site.rack_aisle[r] != aisle:
            aisle = site.rack_aisle[r]
            hall = site.aisle_hall[aisle]
            full_w = site.aisle_full_w[aisle]
            load = min(1.0, state.aisle_w[aisle] / full_w)
            drawn_w = full_w * (site.idle_air + (1.0 - site.idle_air) * load)
            given_w = site.aisle_air_w[aisle] * state.left[hall, 0]
            above_hall_k = site.recirculation_k * load
            if given_w < drawn_w:
                short = min(MOST_SHORT, drawn_w / max(given_w, 1e-9) - 1.0)
                above_hall_k += short * site.air_rise_k
        count = site.servers[r, 0] + site.servers[r, 1]
        inlet = state.hall_c[hall] + site.position_k[r] + above_hall_k
        state.inlet_c[r] = inlet
        gpu_w = 0.0
        if count > 0.0:
            drawn_w = state.out_w[first + r] * state.unfanned[r]
            per_server = drawn_w / count - site.host_w[r]
            gpu_w = max(0.0, per_server * site.gpu_share[r])
        around = state.coolant_c[hall] if site.liquid_frac > 0.0 else inlet
        above_k = site.gpu_offset_k[r]
        goal = around + site.k_per_w[r] * gpu_w + above_k
        now = goal + (state.gpu_c[r] - goal) * site.gpu_keep
        state.gpu_c[r] = now
        throttle = state.throttle[r]
        if now > site.gpu_limit_c or throttle < 1.0:
            allowed_w = (site.gpu_limit_c - around - above_k) / site.k_per_w[r]
            uncut_w = max(1e-9, (gpu_w - site.gpu_idle_w[r]) / throttle)
            part = (allowed_w - site.gpu_idle_w[r]) / uncut_w
            if now > site.gpu_limit_c or part > throttle:
                throttle = min(1.0, max(site.throttle_floor, part))
                state.throttle[r] = throttle
            if throttle < 1.0 and not state.hot[r]:
                meter.throttle_s[r] += site.tick_s * count
        if inlet > site.off_c or now > site.gpu_limit_c + OFF_ABOVE_K:
            if not state.hot[r]:
                _log(meter, tick, L_HOT, first + r, inlet)
            state.hot[r] = True
        elif state.hot[r] and inlet < site.inlet_limit_c and now < site.gpu_limit_c:
            state.hot[r] = False
            state.back[r] = tick + 1 + site.restart_ticks
        if inlet > meter.inlet_max_c[r]:
            meter.inlet_max_c[r] = inlet
        if now > meter.gpu_max_c[r]:
            meter.gpu_max_c[r] = now


# --- control --------------------------------------------------------------------


@inlined
def _power_factor(site, mhz):
    """Swing in use at a clock ÷ the same at full clock; 0 MHz is uncapped."""
    if mhz <= 0.0:
        return 1.0
    knots = site.curve_mhz
    if mhz >= knots[-1]:
        return site.curve_power[-1]
    if mhz <= knots[0]:
        return site.curve_power[0]
    k = 1
    while mhz > knots[k]:
        k += 1
    part = (mhz - knots[k - 1]) / (knots[k] - knots[k - 1])
    return site.curve_power[k - 1] + part * (
        site.curve_power[k] - site.curve_power[k - 1]
    )


@inlined
def _set_clock(site, state, row, priority):
    """Put the lowest of cap, brake and the campus's ceiling in force."""
    control = state.control[row]
    mhz = control[HELD_LOW + priority]
    if control[BRAKE_HELD] > 0.0 and (mhz == 0.0 or mhz > site.brake_mhz):
        mhz = site.brake_mhz
    state.free[row, priority] = _power_factor(site, mhz)
    most = state.row_ceiling[row, priority]
    if most > 0.0 and (mhz == 0.0 or mhz > most):
        mhz = most
    state.power[row, priority] = _power_factor(site, mhz)


@inlined
def _lower_ceiling(site, state, tick):
    """Send the clocks a campus asks for, and put in force those that arrive."""
    for priority in range(2):
        asked = state.ceiling[priority]
        if asked[2] < 0.0 and asked[0] != asked[1] and state.world[1] == 0.0:
            asked[1] = asked[0]
            asked[2] = tick + math.ceil(site.cap_ticks * max(1.0, state.world[2]))
        if asked[2] >= 0.0 and tick >= asked[2] and state.world[1] == 0.0:
            asked[2] = -1.0
            for row in range(site.row_limit_w.size):
                if not state.stuck[row]:
                    state.row_ceiling[row, priority] = asked[1]
                    _set_clock(site, state, row, priority)


@inlined
def _read(site, state, meter, row, tick):
    """
    Row power and the highest load ÷ limit on its path, as telemetry reports them.

    Late, or the last known in a blackout. A node above its limit counts for every row
    that it feeds: the policy acts where the load is.
    """
    now_w = 0.0
    for r in range(site.row_racks[row], site.row_racks[row + 1]):
        now_w += state.out_w[site.rack_first + r]
    if now_w > meter.row_peak_w[row]:
        meter.row_peak_w[row] = now_w
    frac = now_w / site.row_limit_w[row]
    if state.flags[2] != 0 or state.flags[3] != 0:
        for k in range(site.path_first[row], site.path_first[row + 1]):
            i = site.path_node[k]
            frac = max(frac, state.out_w[i] / (state.capacity[i] * site.limit_w[i]))
            frac = max(frac, state.source_frac[i])
    ring = state.ring_w[row]
    place = tick % ring.size
    if state.world[0] > 0.0 and tick > 0:
        before = (tick - 1) % ring.size
        now_w = ring[before]
        frac = state.ring_frac[row, before]
    if math.isnan(ring[0]):  # until a reading has travelled, the first stands in
        ring[:] = now_w
        state.ring_frac[row, :] = frac
    ring[place] = now_w
    state.ring_frac[row, place] = frac
    seen = (tick - site.telemetry_ticks) % ring.size
    return ring[seen], state.ring_frac[row, seen]


@inlined
def _brake(site, state, meter, row, tick, reading_w):
    """The row's own fast protection: it needs no command path."""
    control = state.control[row]
    if tick == 0:  # one that holds since before the horizon
        meter.row_counts[row, 3] += control[BRAKE_WANT]
    if control[BRAKE_LAND] == NEVER:
        wanted = control[BRAKE_WANT]
        limit_w = site.row_limit_w[row]
        if wanted == 0.0 and reading_w > site.brake_on_frac * limit_w:
            wanted = 1.0
            meter.row_counts[row, 3] += 1.0
        elif wanted == 1.0 and reading_w < site.brake_off_frac * limit_w:
            wanted = 0.0
        if wanted != control[BRAKE_WANT]:
            control[BRAKE_WANT] = wanted
            control[BRAKE_LAND] = tick + site.brake_ticks
            _log(meter, tick, L_BRAKE, row, wanted)
    if tick >= control[BRAKE_LAND]:
        control[BRAKE_LAND] = NEVER
        control[BRAKE_HELD] = control[BRAKE_WANT]
        _set_clock(site, state, row, 0)
        _set_clock(site, state, row, 1)
        _log(meter, tick, L_BRAKE_LANDED, row, control[BRAKE_HELD])


@inlined
def _command(site, state, meter, row, tick):
    """Send wanted clocks whose path is free; put landed ones in force."""
    control = state.control[row]
    for priority in range(2):
        if control[LAND_LOW + priority] == NEVER and state.world[1] == 0.0:
            asked = state.command[row, priority]
            if asked > 0.0:
                asked = min(max(asked, site.curve_mhz[0]), site.curve_mhz[-1])
            else:
                asked = 0.0
            before = control[WANT_LOW + priority]
            if asked != before:
                slower = asked > 0.0 and (before == 0.0 or asked < before)
                meter.row_counts[row, priority if slower else 2] += 1.0
                control[WANT_LOW + priority] = asked
                late = site.cap_ticks * max(1.0, state.world[2])
                control[LAND_LOW + priority] = tick + math.ceil(late)
                _log(meter, tick, L_COMMAND, 2 * row + priority, asked)
        if tick >= control[LAND_LOW + priority]:
            if state.world[1] > 0.0:
                continue  # the path went down under way: it lands when it is back
            control[LAND_LOW + priority] = NEVER
            if not state.stuck[row]:
                control[HELD_LOW + priority] = control[WANT_LOW + priority]
            _set_clock(site, state, row, priority)
            held = control[HELD_LOW + priority]
            _log(meter, tick, L_LANDED, 2 * row + priority, held)


@inlined
def _steer(site, state, meter, tick, decide, params):
    """Read, decide and act, row by row."""
    _lower_ceiling(site, state, tick)
    for row in range(site.row_limit_w.size):
        reading_w, reading_frac = _read(site, state, meter, row, tick)
        control = state.control[row]
        seen = state.in_force[row]
        seen[0] = control[HELD_LOW]
        seen[1] = control[HELD_LOW + 1]
        seen[2] = control[BRAKE_HELD]
        seen[3] = 1.0 if control[LAND_LOW] < NEVER else 0.0
        seen[4] = 1.0 if control[LAND_LOW + 1] < NEVER else 0.0
        command = state.command[row]
        command[0] = control[WANT_LOW]
        command[1] = control[WANT_LOW + 1]
        decide(
            (tick + 1) * site.tick_s, reading_frac, seen, params, state.memory[row],
            command,
        )  # fmt: skip
        _brake(site, state, meter, row, tick, reading_w)
        _command(site, state, meter, row, tick)
        braked = control[BRAKE_HELD] > 0.0
        for priority in range(2):
            below = control[HELD_LOW + priority] > 0.0
            if braked or below or state.row_ceiling[row, priority] > 0.0:
                meter.row_counts[row, 4 + priority] += site.tick_s


# --- metering -------------------------------------------------------------------


@inlined
def _note_racks(site, state, meter, tick):
    """Servers without power or too hot, and those that start again after it."""
    first = site.rack_first
    lost = 0.0
    for r in range(site.rack_row.size):
        count = site.servers[r, 0] + site.servers[r, 1]
        if not state.live[first + r]:
            state.back[r] = tick + 1 + site.restart_ticks
        if not state.live[first + r] or state.hot[r]:
            meter.dark_s[r] += count * site.tick_s
        if tick < state.back[r] or state.hot[r]:
            meter.lost_s[r] += count * site.tick_s
            lost += count
    return lost


@inlined
def note(site, state, meter, tick, lost):
    """Close the tick: energies, peaks, series."""
    n = site.wiring.role.size
    record = tick // site.ticks_per_record - meter.origin[0]
    mean = meter.mean_w[record]
    most = meter.max_w[record]
    facility = 0.0
    dt = site.tick_s
    for i in range(n):
        out = state.out_w[i]
        meter.energy_j[i, 0] += state.in_w[i] * dt
        meter.energy_j[i, 1] += out * dt
        if state.stored_w[i] > 0.0:
            meter.energy_j[i, 2] += state.stored_w[i] * dt
        else:
            meter.energy_j[i, 3] -= state.stored_w[i] * dt
        if i < mean.size:
            mean[i] += out
            most[i] = max(most[i], out)
        if out > meter.peak_w[i]:
            meter.peak_w[i] = out
            meter.peak_tick[i] = tick
        if site.wiring.role[i] <= GENERATOR:
            facility += state.in_w[i]
    it = 0.0
    for h in range(state.hall_w.size):
        it += state.hall_w[h]
        meter.hall_c[record, h] = max(meter.hall_c[record, h], state.hall_c[h])
    for r in range(site.rack_hall.size):
        h = site.rack_hall[r]
        if state.gpu_c[r] > meter.hottest_c[record, h]:
            meter.hottest_c[record, h] = state.gpu_c[r]
    mechanical = 0.0
    for h in range(site.cooling_node.size):
        mechanical += state.out_w[site.cooling_node[h]]
    row = meter.site[record]
    row[S_IT] += it
    row[S_FACILITY] += facility
    row[S_MECHANICAL] += mechanical
    row[S_LOST] = max(row[S_LOST], lost)
    capped = 0.0
    for k in range(site.row_limit_w.size):
        if state.power[k, 0] < 1.0 or state.power[k, 1] < 1.0:
            capped += 1.0
    row[S_CAPPED] += capped


@inlined
def turn(site, state, meter, event_tick, events, tick):
    """Put the events of a tick in place."""
    while state.flags[1] < event_tick.size:
        k = state.flags[1]
        if event_tick[k] > tick:
            break
        apply(
            site, state, meter, tick, int(events[k, 0]), int(events[k, 1]),
            events[k, 2],
        )  # fmt: skip
        state.flags[1] = k + 1


@inlined
def look(site, state, meter, tick):
    """Who is live, and which generators are called; only where something changed."""
    if state.flags[0] != 0:
        state.flags[0] = 1 if energise(site, state, meter, tick) else 0
        if call_generators(site, state, meter, tick):
            energise(site, state, meter, tick)


@inlined
def step(site, state, meter, tick, decide, params):
    """One tick after its events; returns servers without service."""
    want(site, state, tick)
    look(site, state, meter, tick)
    carry(site, state, meter, tick)
    if wear(site, state, meter, tick):
        state.flags[0] = 1
    _cool(site, state, tick)
    _warm(site, state, meter, tick)
    _steer(site, state, meter, tick, decide, params)
    lost = _note_racks(site, state, meter, tick)
    note(site, state, meter, tick, lost)
    return lost


@compiled
def warm_up(site, state, meter, first_tick, end_tick, decide, params):
    """
    Let the rows' control live through the time before the horizon.

    Only control: racks draw what they want, nothing fails, no heat is followed.

    Args:
        site: Constants.
        state: Changed in place.
        meter: Of no use afterwards.
        first_tick: First tick to run, negative; servers are as busy as in the horizon's
            beginning, mirrored.
        end_tick: One past the last, at most 0.
        decide: Compiled policy of `POLICY_SIGNATURE`.
        params: The policy's parameters.
    """
    first = site.rack_first
    for tick in range(first_tick, end_tick):
        want(site, state, -1 - tick)
        for i in range(first, first + site.rack_row.size):
            state.out_w[i] = state.wanted_w[i]
        _steer(site, state, meter, tick, decide, params)
    state.out_w[:] = 0.0
    state.wanted_w[:] = 0.0


@compiled
def advance(
    site, state, meter, first_tick, end_tick, event_tick, events, decide, params
):
    """
    Run ticks `first_tick` to `end_tick`.

    Args:
        site: Constants.
        state: Changed in place.
        meter: Changed in place.
        first_tick: First tick to run.
        end_tick: One past the last.
        event_tick: Ticks of the timeline's events, rising. int64 (events,)
        events: Code, target, value. (events, 3)
        decide: Compiled policy of `POLICY_SIGNATURE`.
        params: The policy's parameters.
    """
    for tick in range(first_tick, end_tick):
        turn(site, state, meter, event_tick, events, tick)
        step(site, state, meter, tick, decide, params)
