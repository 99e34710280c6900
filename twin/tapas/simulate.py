"""
A week of a fleet, minute by minute, under any mix of three levers.

Without levers: machines go to the first free server, requests are shared equally, and
a row above its limit is slowed as a whole. Place looks for room in aisle and row and
puts machines that nobody can steer on cooler servers; Route sends requests where
there is slack; Configure steps serving instances down a ladder before a limit is met.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.cooling.server import AIR_J_PER_M3_K, supply_c
from twin.errors import Cancelled
from twin.serving.systems.tapas_steering import CALM_FRAC, NEAR_LIMIT_K, RISK_FRAC
from twin.tapas.fleet import IAAS, MINUTES_PER_DAY, SAAS, Demand, Grounds
from twin.tapas.ladder import columns, ladder
from twin.types import FloatArray, IntArray

SLO_SLOWDOWN = 8.0
"""Response time an instance may reach ÷ an idle one's; levers keep it. Assumed."""
STEP = 0.1
"""Change of a routing weight per minute and unit of slack. Assumed."""
REACH = 0.5
"""Routing weights stay within one plus and minus this. Assumed."""
RESPONSE_MOST = 50.0
"""Slowdown of an instance that cannot keep up. [1]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """Which of the three levers are used."""

    place: bool = False
    route: bool = False
    configure: bool = False

    @property
    def label(self) -> str:
        """Their names, or "oblivious"."""
        names = [n for n in ("place", "route", "configure") if getattr(self, n)]
        return " + ".join(names) or "oblivious"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """
    A stretch in which less can be had.

    Args:
        start: First minute.
        minutes: Length. [min]
        power_frac: What is left of every row's limit.
        air_frac: What is left of every aisle's air.
    """

    start: int
    minutes: int
    power_frac: float = 1.0
    air_frac: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What a week came to.

    Args:
        levers: The levers used.
        servers: Servers deployed.
        peak_row_w: Wanted power of the row nearest to its limit, before it is
            slowed. [W]
        row_limit_w: That row's limit, no emergency counted. [W]
        hottest_c: Hottest GPU, before it is slowed. [°C]
        power_throttle_min: Server minutes slowed because of their row. [min]
        thermal_throttle_min: Server minutes slowed because of heat. [min]
        saas_p99: 99th percentile over served requests of response time ÷ an idle
            instance's. [1]
        saas_lost_frac: Requests not served in their minute. 0..1
        iaas_lost_frac: Work of opaque machines lost to slowing. 0..1
        quality_frac: Mean quality of answers. 0..1
        unplaced: Machines that found no server.
        lost_in_emergency: (IaaS, SaaS) work lost and SaaS quality in the emergency.
    """

    levers: Levers
    servers: int
    peak_row_w: float
    row_limit_w: float
    hottest_c: float
    power_throttle_min: float
    thermal_throttle_min: float
    saas_p99: float
    saas_lost_frac: float
    iaas_lost_frac: float
    quality_frac: float
    unplaced: int
    lost_in_emergency: tuple[float, float, float]

    @property
    def peak_row_frac(self) -> float:
        """Highest wanted power of a row ÷ its limit."""
        return self.peak_row_w / self.row_limit_w

    @property
    def throttle_min(self) -> float:
        """Server minutes slowed for either reason. [min]"""
        return self.power_throttle_min + self.thermal_throttle_min


class _Week:
    """State of a run."""

    def __init__(self, grounds: Grounds, demand: Demand, levers: Levers) -> None:
        n = grounds.servers
        self.g, self.d, self.levers = grounds, demand, levers
        self.row = grounds.row_of
        self.aisle = grounds.aisle_of[self.row]
        self.hall = grounds.hall_of[self.row]
        self.row_servers = grounds.row_servers
        each_w = np.full(n, grounds.server.full_w)
        self.hall_full_w = np.maximum(1.0, np.bincount(self.hall, each_w))
        self.machine = np.full(n, -1)
        self.step = np.zeros(n, dtype=np.int64)
        self.profile = _hourly(demand)
        self.row_profile = np.zeros((grounds.rows, 24))
        self.row_saas = np.zeros(grounds.rows)
        self.row_used = np.zeros(grounds.rows)
        self.gpu_c = np.full(n, 40.0)
        self.weight = np.ones(n)
        self.speed = np.ones(n)
        self.row_frac = np.zeros(grounds.rows)
        self.air_frac = np.zeros(grounds.aisles)
        self.next = 0
        self.unplaced = 0
        server = grounds.server
        self.idle_w = server.idle_w
        self.swing_w = server.full_w - server.idle_w
        self.per_gpu = 1.0 / (server.host_slope.value * server.gpu_count)
        self.power, self.serve, self.quality = columns(ladder())

    # --- placement ----------------------------------------------------------------

    def let_go(self, minute: int) -> None:
        """Take machines out whose stay is over."""
        busy = np.flatnonzero(self.machine >= 0)
        over = busy[self.d.end[self.machine[busy]] <= minute]
        for s in over:
            self._book(int(s), int(self.machine[s]), -1.0)
            self.machine[s] = -1
            self.step[s] = 0

    def take_in(self, minute: int) -> None:
        """Place machines that ask by now."""
        start = self.d.start
        while self.next < start.size and start[self.next] <= minute:
            k = self.next
            self.next += 1
            s = self._choose(k) if self.levers.place else self._first_free()
            if s < 0:
                self.unplaced += 1
                continue
            self.machine[s] = k
            self._book(s, k, 1.0)

    def _book(self, s: int, k: int, sign: float) -> None:
        r = self.row[s]
        self.row_profile[r] += sign * self.profile[k]
        self.row_used[r] += sign
        self.row_saas[r] += sign * (self.d.kind[k] == SAAS)

    def _first_free(self) -> int:
        free = np.flatnonzero(self.machine < 0)
        return int(free[0]) if free.size else -1

    def _choose(self, k: int) -> int:
        """Aisle with air, row with power and an even mix, then the server."""
        g = self.g
        peak = (self.row_profile + self.profile[k]).max(axis=1)
        load_w = self.row_used * self.idle_w + peak * self.swing_w
        free = self.row_used < self.row_servers
        fits = free & (load_w <= g.row_limit_w)
        aisle_peak = np.zeros(g.aisles)
        np.add.at(aisle_peak, g.aisle_of, peak)
        air = aisle_peak * g.thermal.airflow_m3_s
        fits &= (air <= g.aisle_air_m3_s)[g.aisle_of]
        if not free.any():
            return -1
        among = fits if fits.any() else free
        saas = self.d.kind[k] == SAAS
        same = self.row_saas if saas else self.row_used - self.row_saas
        score = peak / g.planned + 0.2 * same / np.maximum(self.row_servers, 1)
        r = int(np.argmin(np.where(among, score, np.inf)))
        first, after = np.searchsorted(self.row, [r, r + 1])
        place = np.arange(first, after)
        place = place[self.machine[place] < 0]
        warm = g.position_k[place] + g.gpu_offset_k[place]
        return int(place[np.argmax(warm) if saas else np.argmin(warm)])

    # --- air and load -------------------------------------------------------------

    def supply_c(self, outdoor_c: float, power_w: FloatArray) -> FloatArray:
        """Supply at each server, warmer in a hall that is full. [°C]"""
        g = self.g
        used_w = np.bincount(self.hall, weights=power_w, minlength=g.halls)
        part = used_w / self.hall_full_w
        if g.setpoint_c is not None:
            held: FloatArray = g.setpoint_c + g.thermal.recirculation_k * part
            return held[self.hall]
        follows = np.array([supply_c(outdoor_c, hall) for hall in part])
        return follows[self.hall]

    def loads(self, minute: int) -> tuple[FloatArray, FloatArray, IntArray]:
        """Load of each server, requests that found no room, and each one's kind."""
        d = self.d
        load = np.zeros(self.machine.size)
        busy = self.machine >= 0
        kind = np.where(busy, d.kind[np.maximum(self.machine, 0)], -1)
        owner = np.where(busy, d.owner[np.maximum(self.machine, 0)], 0)
        iaas = kind == IAAS
        noise = d.noise[np.maximum(self.machine, 0), minute // 60]
        load[iaas] = np.minimum(1.0, d.template[owner[iaas], minute] * noise[iaas])
        saas = np.flatnonzero(kind == SAAS)
        lost = np.zeros(d.requests.shape[0])
        if saas.size:
            load[saas], lost = self._route(saas, owner[saas], d.requests[:, minute])
        return load, lost, kind

    def _route(
        self, saas: IntArray, owner: IntArray, asked: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Share each endpoint's requests over its instances."""
        room = self.serve[self.step[saas]]
        weight = np.ones(saas.size)
        if self.levers.route:
            weight = self.steer(saas, owner, asked.size)
            # slowed instances answer later: their speed of a minute ago counts
            room = np.maximum(room - 1.0 / (SLO_SLOWDOWN * self.speed[saas]), 0.0)
        load = np.zeros(saas.size)
        left = asked.copy()
        for _ in range(4):  # what does not fit goes to those with room
            open_ = weight * (room - load > 1e-9)
            total = np.bincount(owner, weights=open_, minlength=asked.size)
            share = open_ * (left / np.maximum(total, 1e-12))[owner]
            taken = np.minimum(share, room - load)
            load += taken
            left = asked - np.bincount(owner, weights=load, minlength=asked.size)
            left = np.maximum(left, 0.0)
            if left.max(initial=0.0) < 1e-9:
                break
        if self.levers.route:  # better full than lost
            open_ = np.maximum(self.serve[self.step[saas]] - load, 0.0)
            total = np.bincount(owner, weights=open_, minlength=asked.size)
            part = np.minimum(1.0, left / np.maximum(total, 1e-12))
            load += open_ * part[owner]
            left = asked - np.bincount(owner, weights=load, minlength=asked.size)
        return load, np.maximum(left, 0.0)

    def _slack(self, servers: IntArray) -> FloatArray:
        """Least of how far temperature, row and aisle are from their limits."""
        heat = (self.g.gpu_limit_c - self.gpu_c[servers]) / NEAR_LIMIT_K
        power = (1.0 - self.row_frac[self.row[servers]]) / (1.0 - CALM_FRAC)
        air = (1.0 - self.air_frac[self.aisle[servers]]) / (1.0 - CALM_FRAC)
        return np.clip(np.minimum(np.minimum(heat, power), air), -1.0, 1.0)

    def steer(self, saas: IntArray, owner: IntArray, endpoints: int) -> FloatArray:
        """
        Move weights towards instances with more slack than their endpoint's mean.

        A step a minute, bounded: sending everything to who was coolest a minute ago
        only moves the hot spot.
        """
        slack = self._slack(saas)
        count = np.maximum(1.0, np.bincount(owner, minlength=endpoints))
        mean = np.bincount(owner, weights=slack, minlength=endpoints) / count
        moved = self.weight[saas] * (1.0 + STEP * (slack - mean[owner]))
        self.weight[saas] = np.clip(moved, 1.0 - REACH, 1.0 + REACH)
        return self.weight[saas]

    def configure(self, load: FloatArray, kind: IntArray, limit_w: FloatArray,
                  urgent: bool) -> None:  # fmt: skip
        """
        Choose every instance's step: the first that brings its row under the risk.

        Steps that cost quality come last. An instance that could not keep up with its
        load at a step takes the deepest one at which it can, unless it is urgent.
        """
        g, saas = self.g, kind == SAAS
        per_load = self.power / self.serve  # busy for longer, at less power
        whole = np.where(saas, self.swing_w * load, 0.0)
        rest = np.where(saas, 0.0, self.swing_w * load)
        row_saas = np.bincount(self.row, weights=whole, minlength=g.rows)
        row_rest = np.bincount(self.row, weights=rest, minlength=g.rows)
        room = RISK_FRAC * limit_w - self.row_servers * self.idle_w - row_rest
        need = room / np.maximum(row_saas, 1.0)
        enough = per_load[None, :] <= need[:, None]
        row_step = np.where(
            enough.any(axis=1), enough.argmax(axis=1), per_load.size - 1
        )
        step = row_step[self.row]
        near = self.gpu_c > g.gpu_limit_c - 3.0
        step = np.where(near, np.minimum(np.maximum(step, self.step + 1),
                                         per_load.size - 1), step)  # fmt: skip
        if not urgent:
            for _ in range(per_load.size):
                late = load > self.serve[step] - 1.0 / SLO_SLOWDOWN
                step = np.where(late & (step > 0), step - 1, step)
        self.step = np.where(saas, step, 0)


def _hourly(demand: Demand) -> FloatArray:
    """Load expected of each machine by hour of the day, from its owner's history."""
    hours = np.arange(demand.template.shape[1]) // 60 % 24
    iaas = np.array([
        [np.quantile(row[hours == h], 0.95) for h in range(24)]
        for row in demand.template
    ])  # fmt: skip
    per = np.zeros((demand.requests.shape[0], 24))
    minutes = demand.requests.shape[1]
    have = np.zeros(demand.requests.shape)
    for k in np.flatnonzero(demand.kind == SAAS):
        have[demand.owner[k], demand.start[k] : min(demand.end[k], minutes)] += 1
    each = demand.requests / np.maximum(have, 1.0)
    for h in range(24):
        per[:, h] = np.quantile(each[:, hours == h], 0.95, axis=1)
    saas = demand.kind == SAAS
    found = np.zeros((demand.kind.size, 24))
    found[~saas] = iaas[demand.owner[~saas]]
    found[saas] = per[demand.owner[saas]]
    return found


def run_week(
    grounds: Grounds,
    demand: Demand,
    levers: Levers,
    *,
    emergency: Emergency | None = None,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """
    Run a fleet through its demand.

    Args:
        grounds: The hall.
        demand: Machines, loads, weather.
        levers: What the scheduler may do.
        emergency: A stretch with less power or air.
        on_progress: Told the part done, 0..1, by the hour.
        cancelled: Asked by the hour.

    Returns:
        What it came to; the same for the same inputs.

    Raises:
        Cancelled: If asked to stop.
    """
    w = _Week(grounds, demand, levers)
    g, minutes = grounds, demand.outdoor_c.size
    tally = _Tally(g)
    exponent = g.thermal.power_exponent
    for minute in range(minutes):
        if minute % 60 == 0:
            if cancelled is not None and cancelled():
                raise Cancelled
            if on_progress is not None:
                on_progress(minute / minutes)
            w.let_go(minute)
            w.take_in(minute)
        bad = emergency is not None and (
            emergency.start <= minute < emergency.start + emergency.minutes
        )
        limit_w = g.row_limit_w * (emergency.power_frac if bad and emergency else 1.0)
        air = g.aisle_air_m3_s * (emergency.air_frac if bad and emergency else 1.0)
        load, lost, kind = w.loads(minute)
        if levers.configure:
            w.configure(load, kind, limit_w, bad)
        busy = np.minimum(1.0, load / w.serve[w.step])
        dynamic = w.swing_w * busy * w.power[w.step]
        row_idle = w.row_servers * w.idle_w
        row_dynamic = np.bincount(w.row, dynamic, g.rows).astype(np.float64)
        wanted_w = row_idle + row_dynamic
        part = np.clip((limit_w - row_idle) / np.maximum(row_dynamic, 1.0), 0.05, 1.0)
        slowed = part[w.row]
        power = w.idle_w + dynamic * slowed
        flow = g.thermal.airflow_m3_s * (
            g.thermal.idle_airflow_frac + (1 - g.thermal.idle_airflow_frac) * busy
        )
        drawn = np.bincount(w.aisle, weights=flow, minlength=g.aisles)
        drawn = np.maximum(drawn, 1e-9)  # an aisle without servers
        heat_w = np.bincount(w.aisle, weights=power, minlength=g.aisles)
        rise_k = heat_w / (AIR_J_PER_M3_K * drawn)
        short_k = np.maximum(drawn / air - 1.0, 0.0) * rise_k
        supply = w.supply_c(demand.outdoor_c[minute], power)
        inlet = supply + g.position_k + short_k[w.aisle]
        gpu_w = (power - g.server.host_w.value) * w.per_gpu
        hot = inlet + g.thermal.r_k_per_w * gpu_w + g.gpu_offset_k
        idle_gpu = g.server.gpu.idle_w.value
        allowed = (g.gpu_limit_c - inlet - g.gpu_offset_k) / g.thermal.r_k_per_w
        cool = np.clip(
            (allowed - idle_gpu) / np.maximum(gpu_w - idle_gpu, 1.0), 0.05, 1
        )
        tally.add(
            w, minute, bad, kind, load, lost, wanted_w, slowed, cool, hot, exponent,
        )  # fmt: skip
        w.gpu_c = np.minimum(hot, g.gpu_limit_c)
        w.speed = np.minimum(slowed, cool) ** (1.0 / exponent)
        w.row_frac, w.air_frac = wanted_w / limit_w, drawn / air
    return tally.outcome(w)


class _Tally:
    """Sums over the week."""

    def __init__(self, grounds: Grounds) -> None:
        self.g = grounds
        self.peak_row_frac = self.peak_row_w = 0.0
        self.row_limit_w = float(grounds.row_limit_w[0])
        self.hottest_c = 0.0
        self.power_min = 0.0
        self.heat_min = 0.0
        self.asked = self.lost = self.quality = 0.0
        self.iaas_asked = self.iaas_lost = 0.0
        self.bins = np.zeros(512)
        self.edge = np.geomspace(1.0, RESPONSE_MOST, 513)
        self.emergency = np.zeros(5)  # IaaS asked, lost; SaaS asked, lost, quality

    def add(
        self, w: _Week, minute: int, bad: bool, kind: IntArray, load: FloatArray,
        lost: FloatArray, wanted_w: FloatArray, slowed: FloatArray,
        cool: FloatArray, hot: FloatArray, exponent: float,
    ) -> None:  # fmt: skip
        """Add a minute."""
        if minute >= MINUTES_PER_DAY // 24:  # the first hour fills the hall
            top = int(np.argmax(wanted_w / self.g.row_limit_w))
            frac = float(wanted_w[top] / self.g.row_limit_w[top])
            if frac > self.peak_row_frac:
                self.peak_row_frac = frac
                self.peak_row_w = float(wanted_w[top])
                self.row_limit_w = float(self.g.row_limit_w[top])
            self.hottest_c = max(self.hottest_c, float(hot.max()))
        self.power_min += float((slowed < 1.0).sum())
        self.heat_min += float(((cool < 1.0) & (slowed >= 1.0)).sum())
        speed = np.minimum(slowed, cool) ** (1.0 / exponent)
        iaas, saas = kind == IAAS, kind == SAAS
        gone = load[iaas] * (1 - speed[iaas])
        self.iaas_asked += float(load[iaas].sum())
        self.iaas_lost += float(gone.sum())
        can = w.serve[w.step[saas]] * speed[saas]
        served = np.minimum(load[saas], can)
        missed = float((load[saas] - served).sum() + lost.sum())
        self.asked += float(load[saas].sum() + lost.sum())
        self.lost += missed
        self.quality += float((served * w.quality[w.step[saas]]).sum())
        if bad:
            self.emergency += (
                load[iaas].sum(), gone.sum(), load[saas].sum() + lost.sum(), missed,
                (served * w.quality[w.step[saas]]).sum(),
            )  # fmt: skip
        full = np.minimum(load[saas] / np.maximum(can, 1e-9), 1 - 1 / RESPONSE_MOST)
        # processor sharing: time in the instance ÷ alone, and slower by its speed
        slow = 1.0 / ((1.0 - full) * w.serve[w.step[saas]] * speed[saas])
        at = np.searchsorted(self.edge, np.clip(slow, 1.0, RESPONSE_MOST)) - 1
        np.add.at(self.bins, np.clip(at, 0, 511), served)

    def outcome(self, w: _Week) -> Outcome:
        """Read the sums."""
        done = np.cumsum(self.bins)
        k = int(np.searchsorted(done, 0.99 * done[-1])) if done[-1] else 0
        served = self.asked - self.lost
        e = self.emergency
        return Outcome(
            levers=w.levers, servers=self.g.servers, peak_row_w=self.peak_row_w,
            row_limit_w=self.row_limit_w, hottest_c=self.hottest_c,
            power_throttle_min=self.power_min, thermal_throttle_min=self.heat_min,
            saas_p99=float(self.edge[k + 1]) if done[-1] else math.nan,
            saas_lost_frac=self.lost / max(self.asked, 1e-9),
            iaas_lost_frac=self.iaas_lost / max(self.iaas_asked, 1e-9),
            quality_frac=self.quality / served if served > 0 else 1.0,
            unplaced=w.unplaced,
            lost_in_emergency=(
                float(e[1] / max(e[0], 1e-9)), float(e[3] / max(e[2], 1e-9)),
                float(1 - e[4] / (e[2] - e[3])) if e[2] > e[3] else 0.0,
            ),
        )  # fmt: skip
