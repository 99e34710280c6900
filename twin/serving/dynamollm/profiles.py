"""
Profiles: what an instance draws and whether it keeps its limits, by load and clock.

Measured, as the paper measures them, by offering one instance of each configuration
(lengths × tensor-parallel degree × clock) Poisson traffic at several loads; here the
instance is the fleet kernel's. All configurations see the same lengths and the same
gaps between arrivals, stretched to their rate. Server watts with host share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.performance import decode_iteration_s
from twin.serving.fleet.parts import (
    Engine,
    Fleet,
    FleetClass,
    Plan,
    Pool,
    Queue,
    Requests,
    plain_requests,
)
from twin.serving.fleet.run import FleetResult, run_fleet
from twin.types import FloatArray

LOADS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Loads tried ÷ the rate that would keep an instance busy all the time."""

FEWEST = 20
"""Requests of a kind without which nothing is concluded about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    One kind of lengths on every degree and clock.

    Args:
        degrees: Tensor-parallel degrees; other arrays' first axis.
        clock_mhz: Clocks, rising; second axis. [MHz]
        rate_rps: Loads tried. [1/s], shape (degrees, loads)
        power_w: Server watts of one instance. [W], shape (degrees, clocks, loads)
        attained_frac: Requests inside their limits, of the class that fares worst.
            0..1, same shape
        cap_rps: Highest rate inside the limits; 0: none. shape (degrees, clocks)
        residence_s: Mean time of a request in an instance at that rate, top clock.
            [s], shape (degrees,)
        tokens: Mean prompt + output. [tokens]
    """

    degrees: tuple[int, ...]
    clock_mhz: FloatArray
    rate_rps: FloatArray
    power_w: FloatArray
    attained_frac: FloatArray
    cap_rps: FloatArray
    residence_s: FloatArray
    tokens: float

    def watts(self, degree: int, clock: int, rate_rps: float) -> float:
        """Power of one instance at a rate, between the loads tried. [W]"""
        rates = self.rate_rps[degree]
        return float(np.interp(rate_rps, rates, self.power_w[degree, clock]))

    def lowest_clock(self, degree: int, rate_rps: float) -> int:
        """Place of the lowest clock that carries a rate; the top one if none does."""
        able = np.flatnonzero(self.cap_rps[degree] >= rate_rps)
        return int(able[0]) if able.size else self.clock_mhz.size - 1


def measure_profile(
    engines: Sequence[Engine], requests: Requests, classes: tuple[FleetClass, ...],
    *, clock_mhz: FloatArray, queue: Queue, slo_frac: float, count: int, seed: int,
    stop: Callable[[], bool] | None = None,
) -> Profile:  # fmt: skip
    """
    Measure one kind of lengths.

    Args:
        engines: One per degree.
        requests: Of this kind; lengths are drawn from them. At least one.
        classes: With the limits; `requests.klass` is the place in here.
        clock_mhz: Clocks tried, rising. [MHz]
        queue: Order of admission.
        slo_frac: Requests of each class that must be inside their limits. 0..1
        count: Requests per point.
        seed: Seed of the draws.
        stop: As `run_fleet`.

    Returns:
        The profile.

    Source:
        docs/models/dynamollm.md, section 2.
    """
    rng = np.random.default_rng((seed, 741))
    drawn = rng.integers(0, len(requests), count)
    due = np.cumsum(rng.exponential(1.0, count))
    full = np.array([_full_rate(e, requests) for e in engines])
    rates = full[:, None] * np.array(LOADS)
    shape = (len(engines), clock_mhz.size, len(LOADS))
    power, attained = np.zeros(shape), np.zeros(shape)
    residence = np.zeros((len(engines), len(LOADS)))
    for g, engine in enumerate(engines):
        for k in range(len(LOADS)):
            part = plain_requests(
                due / rates[g, k], requests.prompt[drawn], requests.output[drawn],
                klass=requests.klass[drawn], predicted=requests.predicted[drawn],
            )  # fmt: skip
            result = _offer(engine, part, classes, clock_mhz, queue, stop)
            power[g, :, k], attained[g, :, k] = _read(result, len(classes))
            residence[g, k] = _mean_residence_s(result, len(classes))
    attained = np.minimum.accumulate(attained, axis=2)
    cap = _caps(rates, attained, slo_frac)
    return Profile(
        degrees=tuple(e.gpu_count for e in engines), clock_mhz=clock_mhz,
        rate_rps=rates, power_w=power, attained_frac=attained, cap_rps=cap,
        residence_s=np.array([
            np.interp(cap[g, -1], rates[g], residence[g]) for g in range(len(engines))
        ]),
        tokens=float(np.mean(requests.prompt + requests.output)),
    )  # fmt: skip


def _full_rate(engine: Engine, requests: Requests) -> float:
    """Rate at which prefills and full batches take all the time. [1/s]"""
    table = engine.table
    held = float(np.mean(requests.prompt + requests.output))
    batch = int(np.clip(table.kv_capacity_tokens / held, 1, table.max_batch))
    iteration_s = decode_iteration_s(table)[batch]
    iteration_s += table.decode_kv_token_s * batch * held
    prompt = np.interp(requests.prompt, table.prefill_tokens, table.prefill_s).mean()
    return float(1.0 / (prompt + requests.output.mean() * iteration_s / batch))


def _offer(
    engine: Engine, requests: Requests, classes: tuple[FleetClass, ...],
    clock_mhz: FloatArray, queue: Queue, stop: Callable[[], bool] | None,
) -> FleetResult:  # fmt: skip
    """The same requests on one instance at each clock."""
    pools = tuple(
        Pool(name=f"{c}", engine=engine, count=1, clock_mhz=float(mhz), queue=queue)
        for c, mhz in enumerate(clock_mhz)
    )
    every = tuple(
        one.sent_to(f"{c}", name=f"{c} {j}")
        for c in range(clock_mhz.size)
        for j, one in enumerate(classes)
    )
    n = clock_mhz.size
    copies = requests.taken(np.repeat(np.arange(len(requests)), n))
    klass = copies.klass + np.tile(np.arange(n) * len(classes), len(requests))
    return run_fleet(
        Plan(fleet=Fleet(pools=pools, classes=every)),
        [replace(copies, klass=klass)],
        horizon_s=float(requests.arrived_s[-1]),  # no idle end in the mean power
        tick_s=1.0,
        stop=stop,
    )


def _read(result: FleetResult, classes: int) -> tuple[FloatArray, FloatArray]:
    """Server watts, and requests inside limits ÷ those done of the worst class."""
    watts = np.array([p.server_j for p in result.pools.values()]) / result.horizon_s
    each = list(result.classes.values())
    met = np.array([c.attained for c in each]).reshape(-1, classes)
    done = np.array([c.arrived - c.in_flight for c in each]).reshape(-1, classes)
    enough = done >= min(FEWEST, done.max())
    share = np.where(enough, met / np.maximum(done, 1), 1.0)
    return watts, share.min(axis=1)


def _mean_residence_s(result: FleetResult, classes: int) -> float:
    """Mean end-to-end time at the top clock."""
    top = [c for c in list(result.classes.values())[-classes:] if c.finished]
    total = sum(c.finished for c in top)
    return sum(c.finished * c.latency["e2e"]["mean"] for c in top) / max(1, total)


def _caps(rates: FloatArray, attained: FloatArray, slo_frac: float) -> FloatArray:
    """Rate at which the share inside the limits falls to `slo_frac`."""
    cap = np.zeros(attained.shape[:2])
    for g, c in np.ndindex(*cap.shape):
        share = attained[g, c]
        if share[0] < slo_frac:
            continue
        last = int(np.flatnonzero(share >= slo_frac)[-1])
        cap[g, c] = rates[g, last]
        if last + 1 < share.size:
            part = (share[last] - slo_frac) / (share[last] - share[last + 1])
            cap[g, c] += part * (rates[g, last + 1] - rates[g, last])
    return np.maximum.accumulate(cap, axis=1)  # a faster clock carries no less
