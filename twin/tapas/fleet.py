"""
A fleet that rents whole servers: who asks for them, and how busy they will be.

IaaS machines are opaque and follow their customer's week; SaaS instances serve an
endpoint whose requests we route. Machines arrive in batches per customer or endpoint,
stay for days, and cannot be moved (TAPAS: no live migration of GPU machines).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.catalogue.cooling import ServerThermal
from twin.catalogue.servers import Server
from twin.types import FloatArray, IntArray

MINUTES_PER_DAY = 1440
IAAS, SAAS = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """
    Servers in rows, rows in aisles and halls, with their limits.

    Args:
        row_of: Row of each server, rising. (servers,)
        aisle_of: Aisle of each row. (rows,)
        hall_of: Hall of each row. (rows,)
        planned: Servers that each row's power was planned for. (rows,)
        row_limit_w: Power limit of each row. [W], (rows,)
        aisle_air_m3_s: Air that each aisle can get. [m³/s], (aisles,)
        server: Server type.
        thermal: Its thermal data.
        position_k: Inlet above the hall's supply per server. [K], (servers,)
        gpu_offset_k: Hottest GPU above the mean one per server. [K], (servers,)
        gpu_limit_c: GPU temperature at which clocks are cut. [°C]
        setpoint_c: Supply that a plant holds; None means it follows the weather. [°C]
    """

    row_of: IntArray
    aisle_of: IntArray
    hall_of: IntArray
    planned: FloatArray
    row_limit_w: FloatArray
    aisle_air_m3_s: FloatArray
    server: Server
    thermal: ServerThermal
    position_k: FloatArray
    gpu_offset_k: FloatArray
    gpu_limit_c: float
    setpoint_c: float | None = None

    @property
    def servers(self) -> int:
        """Servers of the fleet."""
        return self.row_of.size

    @property
    def rows(self) -> int:
        """Rows of the fleet."""
        return self.row_limit_w.size

    @property
    def aisles(self) -> int:
        """Aisles of the fleet."""
        return self.aisle_air_m3_s.size

    @property
    def halls(self) -> int:
        """Halls of the fleet."""
        return int(self.hall_of.max()) + 1

    @property
    def row_servers(self) -> IntArray:
        """Servers deployed in each row. (rows,)"""
        return np.bincount(self.row_of, minlength=self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """
    Machines and their load over the horizon, the same for every scheduler.

    Args:
        kind: IAAS or SAAS per machine.
        owner: Customer or endpoint per machine.
        start: First minute per machine, rising. int64
        end: Minute after the last.
        template: Load of each customer's machines. 0..1, (customers, minutes)
        noise: Factor on a machine's load by hour. (machines, hours)
        requests: Load of each endpoint, in full instances. (endpoints, minutes)
        outdoor_c: Air outside. [°C], (minutes,)
    """

    kind: IntArray
    owner: IntArray
    start: IntArray
    end: IntArray
    template: FloatArray
    noise: FloatArray
    requests: FloatArray
    outdoor_c: FloatArray


def make_grounds(
    server: Server,
    thermal: ServerThermal,
    *,
    rows: int = 24,
    planned_per_row: int = 40,
    added_frac: float = 0.0,
    air_spare_frac: float = 0.1,
    seed: int = 1,
) -> Grounds:
    """
    Lay a regular hall out, two rows to an aisle.

    Args:
        server: Server type.
        thermal: Its thermal data.
        rows: Rows, two to an aisle.
        planned_per_row: Servers that limits were planned for.
        added_frac: Servers added on top at the same limits.
        air_spare_frac: Air beyond what the planned servers draw at full load.
        seed: Seed of positions and offsets.

    Returns:
        The hall.
    """
    count = round(planned_per_row * (1 + added_frac))
    rng = np.random.Generator(np.random.Philox(key=seed))
    place = np.abs(np.linspace(-1, 1, count))  # ends of a row are warmer
    air_m3_s = 2 * planned_per_row * thermal.airflow_m3_s * (1 + air_spare_frac)
    return Grounds(
        row_of=np.repeat(np.arange(rows), count), aisle_of=np.arange(rows) // 2,
        hall_of=np.zeros(rows, dtype=np.int64),
        planned=np.full(rows, float(planned_per_row)),
        row_limit_w=np.full(rows, planned_per_row * server.provisioned_w.value),
        aisle_air_m3_s=np.full((rows + 1) // 2, air_m3_s),
        server=server, thermal=thermal,
        position_k=np.tile(place, rows) + rng.uniform(0, 1, rows * count),
        gpu_offset_k=rng.uniform(0.5, 1.0, rows * count) * thermal.position_spread_k,
        gpu_limit_c=thermal.limit_c,
    )  # fmt: skip


def make_demand(
    servers: int,
    *,
    days: int = 7,
    saas_frac: float = 0.5,
    occupancy_frac: float = 0.95,
    customers: int = 40,
    endpoints: int = 12,
    mean_stay_days: float = 5.0,
    batch: tuple[int, int] = (4, 16),
    seed: int = 1,
) -> Demand:
    """
    Draw machines and loads for a fleet.

    Every figure is assumed and stated: customers peak within two hours of a common
    afternoon, run 45 to 95 % busy at their peak with a swing of 30 to 60 %; endpoints
    peak at 65 to 80 % of their instances; batches of one owner arrive together.

    Args:
        servers: Servers of the fleet.
        days: Length. [d]
        saas_frac: Part of the machines that serves endpoints. 0..1
        occupancy_frac: Part of the servers that is let. 0..1
        customers: IaaS customers.
        endpoints: SaaS endpoints.
        mean_stay_days: Mean stay of a machine. [d]
        batch: Fewest and most machines of one owner that arrive together.
        seed: Seed of all draws.

    Returns:
        The demand.
    """
    rng = np.random.Generator(np.random.Philox(key=seed, counter=7))
    minutes = days * MINUTES_PER_DAY
    hour = np.arange(minutes) / 60.0 % 24.0
    target = round(servers * occupancy_frac)
    machines = _machines(
        rng, target, minutes, saas_frac, customers, endpoints, mean_stay_days, batch
    )
    kind, owner, start, end = machines
    peak_hour = rng.normal(15.0, 1.0, customers)[:, None]
    swing = rng.uniform(0.3, 0.6, customers)[:, None]
    height = rng.uniform(0.45, 0.95, customers)[:, None]
    day = 0.5 + 0.5 * np.cos(2 * np.pi * (hour - peak_hour) / 24.0)
    template = height * (1 - swing * (1 - day))
    requests = _requests(rng, kind, owner, start, end, endpoints, hour)
    noise = np.clip(rng.normal(1.0, 0.08, (kind.size, minutes // 60 + 1)), 0.7, 1.3)
    outdoor = 18.0 + 7.0 * np.cos(2 * np.pi * (hour - 15.0) / 24.0)
    outdoor += np.repeat(rng.normal(0.0, 2.0, days), MINUTES_PER_DAY)
    return Demand(
        kind=kind, owner=owner, start=start, end=end, template=template, noise=noise,
        requests=requests, outdoor_c=outdoor,
    )  # fmt: skip


def _machines(
    rng: np.random.Generator, target: int, minutes: int, saas_frac: float,
    customers: int, endpoints: int, stay_days: float, batch: tuple[int, int],
) -> tuple[IntArray, IntArray, IntArray, IntArray]:  # fmt: skip
    """Fill the fleet in batches, then replace who leaves by who asks next."""
    kind: list[int] = []
    owner: list[int] = []
    start: list[int] = []
    end: list[int] = []
    leaving: list[int] = []

    def ask(minute: int, most: int) -> int:
        size = min(most, int(rng.integers(batch[0], batch[1] + 1)))
        saas = rng.random() < saas_frac
        who = int(rng.integers(endpoints if saas else customers))
        for _ in range(size):
            stay = max(60.0, rng.exponential(stay_days) * MINUTES_PER_DAY)
            kind.append(SAAS if saas else IAAS)
            owner.append(who)
            start.append(minute)
            end.append(int(minute + stay))
            leaving.append(end[-1])
        return size

    have = 0
    while have < target:
        have += ask(0, target - have)
    for minute in range(60, minutes, 60):
        gone = sum(1 for e in leaving if e <= minute)
        leaving[:] = [e for e in leaving if e > minute]
        while gone > 0:
            gone -= ask(minute, gone)
    return np.array(kind), np.array(owner), np.array(start), np.array(end)


def _requests(
    rng: np.random.Generator, kind: IntArray, owner: IntArray, start: IntArray,
    end: IntArray, endpoints: int, hour: FloatArray,
) -> FloatArray:  # fmt: skip
    """Load of each endpoint: its instances of the hour × a day with noise."""
    minutes = hour.size
    have = np.zeros((endpoints, minutes))
    for k in np.flatnonzero(kind == SAAS):
        have[owner[k], start[k] : min(end[k], minutes)] += 1
    peak = rng.uniform(0.65, 0.8, endpoints)[:, None]
    shift = rng.normal(15.0, 1.0, endpoints)[:, None]
    day = 0.55 + 0.45 * np.cos(2 * np.pi * (hour - shift) / 24.0)
    wobble = np.repeat(rng.normal(1.0, 0.06, (endpoints, minutes // 5 + 1)), 5, axis=1)
    load: FloatArray = have * peak * day * np.clip(wobble[:, :minutes], 0.8, 1.2)
    return load
