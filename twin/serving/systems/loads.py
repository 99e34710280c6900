"""How much traffic is, and the same at another load: fewer instances, or faster."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from twin.serving.fleet.parts import Plan, Requests
from twin.serving.fleet.run import FleetResult, Stop, run_fleet
from twin.serving.ground import capacity_rps
from twin.serving.systems.base import Ground
from twin.serving.systems.outcome import CONTROL_TICK_S
from twin.types import FloatArray

MOST_DRAIN = 8
"""Times the run is made longer until nothing is under way."""


def fewest_holding(enough: int, holds: Callable[[int], bool]) -> int:
    """Smallest number that holds, by halving, where `enough` does."""
    low, high = 0, enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def largest_part(holds: Callable[[float], bool], rounds: int) -> float:
    """Largest part that holds, by so many halvings; 0 where none does. 0..1"""
    low, high = 0.0, 1.0
    for _ in range(rounds):
        part = 0.5 * (low + high)
        low, high = (part, high) if holds(part) else (low, part)
    return low


def busiest_rate(arrived_s: FloatArray, window_s: float) -> float:
    """Most arrivals in one window, windows side by side from zero. [1/s]"""
    if arrived_s.size == 0:
        return 0.0
    counts = np.bincount((arrived_s // window_s).astype(np.int64))
    return float(counts.max()) / window_s


def load_frac(ground: Ground, instances: int) -> float:
    """Requests offered ÷ what so many instances keep up with at full batch."""
    rate_rps = len(ground.requests) / ground.horizon_s
    return rate_rps / (instances * capacity_rps(ground.engine, ground.requests))


def with_batch(ground: Ground, max_batch: int | None) -> Ground:
    """The ground with smaller batches; None: as it is."""
    table = ground.engine.table
    if max_batch is None or max_batch >= table.max_batch:
        return ground
    smaller = replace(table, max_batch=max_batch)
    return replace(ground, engine=replace(ground.engine, table=smaller))


def instances_at(ground: Ground, load: float | None) -> int:
    """Fewest instances of those at hand with at most this load; None: all."""
    most = ground.instance_count
    if load is None:
        return most
    return max(1, min(most, math.ceil(load_frac(ground, 1) / load - 1e-9)))


def at_load(ground: Ground, instances: int, load: float) -> Ground:
    """The same requests, arriving faster or slower, so that the load is `load`."""
    faster = load / load_frac(ground, instances)
    requests = replace(ground.requests, arrived_s=ground.requests.arrived_s / faster)
    return replace(ground, requests=requests, horizon_s=ground.horizon_s / faster)


def run_to_end(
    plan: Plan, requests: Requests, horizon_s: float, *, stop: Stop | None = None
) -> FleetResult:
    """Run until no request is under way, or `MOST_DRAIN` doublings of the time."""
    for k in range(MOST_DRAIN + 1):
        result = run_fleet(
            plan, [requests], horizon_s=horizon_s * 2.0**k, tick_s=CONTROL_TICK_S,
            stop=stop,
        )  # fmt: skip
        if not any(c.in_flight for c in result.classes.values()):
            break
    return result
