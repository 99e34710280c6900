"""What a run of a site begins with and writes into: state and meters."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from twin.errors import wanted
from twin.facility.assemble import Assembled
from twin.facility.kernel import (
    LOAD_STEP,
    P_COOLANT_C,
    P_SUPPLY_C,
    Meter,
    State,
    warm_up,
)
from twin.power.network import flow
from twin.power.protection import INSTANT, KIND, PICKUP, THERMAL
from twin.power.sweep import GENERATOR
from twin.serving.kernel import BRAKE_LAND, LAND_LOW
from twin.serving.primitives import NEVER
from twin.types import Cancel, FloatArray

MAX_LOG = 20_000
CHUNK_TICKS, CHUNK_RACK_TICKS = 20_000, 4_000_000


def chunk_ticks(a: Assembled) -> int:
    """Ticks of a site that are run before anybody may stop it."""
    return max(1, min(CHUNK_TICKS, CHUNK_RACK_TICKS // len(a.racks)))


def new_state(a: Assembled, cancelled: Cancel | None = None) -> State:
    """State of a run at time zero: all well, stores full, halls cool, caps in force."""
    site, n, racks = a.site, len(a.network.nodes), len(a.racks)
    rows, halls = len(a.rows), len(a.halls)
    control = np.zeros((rows, 9))
    control[:, LAND_LOW : LAND_LOW + 2] = NEVER
    control[:, BRAKE_LAND] = NEVER
    since = np.full(n, -(10**9), dtype=np.int64)
    since[site.wiring.role == GENERATOR] = -1
    usual = site.plant[0, 0, round(0.75 / LOAD_STEP)]
    supply_c = np.full(halls, usual[P_SUPPLY_C])
    inlet_c = supply_c[site.rack_hall] + site.position_k
    around_c = usual[P_COOLANT_C] if site.liquid_frac > 0.0 else inlet_c
    busy = site.idle_w + site.swing_w * site.activity[site.rack_series, 0]
    busy = busy - site.host_w
    state = State(
        down=np.zeros(n, dtype=np.bool_), tripped=np.zeros(n, dtype=np.bool_),
        live=np.ones(n, dtype=np.bool_), fed=np.ones(n, dtype=np.bool_),
        weight=np.zeros(site.wiring.feed.size), heat=_heat_before(a),
        capacity=np.ones(n), charge=np.ones(n), owed_j=np.zeros(n), accept=np.ones(n),
        blink=np.zeros(n, dtype=np.bool_), used=np.full(n, -1, dtype=np.int64),
        chosen=np.full(n, -1, dtype=np.int64), until=np.zeros(n, dtype=np.int64),
        since=since, no_start=np.zeros(n, dtype=np.bool_),
        need=np.zeros(n, dtype=np.bool_), wanted_w=np.zeros(n), out_w=np.zeros(n),
        in_w=np.zeros(n), stored_w=np.zeros(n), unfanned=np.ones(racks),
        back=np.full(racks, -(10**9), dtype=np.int64),
        inlet_c=inlet_c,
        gpu_c=around_c + site.k_per_w * busy * site.gpu_share + site.gpu_offset_k,
        throttle=np.ones(racks), hot=np.zeros(racks, dtype=np.bool_),
        aisle_w=np.zeros(site.aisle_hall.size),
        coolant_c=np.full(halls, usual[P_COOLANT_C]), hall_c=supply_c,
        mass_c=supply_c.copy(), buffer_j=site.room[:, 3].copy(),
        hall_w=np.zeros(halls), left=np.ones((halls, 3)),
        plant_state=np.zeros(halls, dtype=np.int64),
        cool_back=np.zeros(halls, dtype=np.int64), world=np.array([0.0, 0.0, 1.0]),
        control=control, memory=np.zeros((rows, 16)), command=np.zeros((rows, 2)),
        in_force=np.zeros((rows, 5)), stuck=np.zeros(rows, dtype=np.bool_),
        ring_w=np.full((rows, site.telemetry_ticks + 1), np.nan),
        ring_frac=np.zeros((rows, site.telemetry_ticks + 1)), power=np.ones((rows, 2)),
        free=np.ones((rows, 2)), source_accept=np.ones(n),
        source_blink=np.zeros(n, dtype=np.bool_), source_frac=np.zeros(n),
        ceiling=np.tile([0.0, 0.0, -1.0], (2, 1)), row_ceiling=np.zeros((rows, 2)),
        heat_share_w=np.full(halls, np.inf), wish_w=np.zeros(halls),
        removed_w=np.zeros(halls), water_kg_s=np.zeros(halls),
        flags=np.array([1, 0, 0, 0], dtype=np.int64),
    )  # fmt: skip
    if a.controller.is_compiled:
        _warm_up(a, state, cancelled)
    return state


def _warm_up(a: Assembled, state: State, cancelled: Cancel | None) -> None:
    """Let the rows' control live through the time before the horizon."""
    nothing, chunk = new_meter(replace(a, tick_count=1)), chunk_ticks(a)
    for first in wanted(range(-a.warm_up_ticks, 0, chunk), cancelled):
        warm_up(
            a.site, state, nothing, first, min(0, first + chunk), a.controller.decide,
            a.controller.params,
        )  # fmt: skip


def settled_heat(rows: FloatArray, ratio: FloatArray) -> FloatArray:
    """State of each protection after a long time at a load that it carries."""
    thermal = (rows[:, KIND] == THERMAL) & (ratio < rows[:, INSTANT])
    load = np.where(thermal, ratio / rows[:, PICKUP], 0.0)
    settled: FloatArray = np.minimum(load**2, 0.999)
    return settled


def _heat_before(a: Assembled) -> FloatArray:
    """Breakers have carried the first tick's load for long: none starts cold."""
    site, nothing = a.site, np.array([], dtype=np.int64)
    first = site.row_shift[site.rack_row] % site.activity.shape[1]
    busy = site.activity[site.rack_series, first]
    rack_w = site.servers.sum(axis=1) * (site.idle_w + site.swing_w * busy)
    before = flow(a.network, rack_w, nothing)
    return settled_heat(site.protect, before.out_w / site.protect_w)


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
        throttle_s=np.zeros(racks), lost_s=np.zeros(racks), dark_s=np.zeros(racks),
        hall_c=np.zeros((records, halls)), hottest_c=np.zeros((records, halls)),
        site=np.zeros((records, 5)), row_peak_w=np.zeros(rows),
        row_counts=np.zeros((rows, 6)), log=np.zeros((MAX_LOG, 4)),
        log_count=np.zeros(1, dtype=np.int64), origin=np.zeros(1, dtype=np.int64),
    )  # fmt: skip
