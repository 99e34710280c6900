"""Run a fleet: chunks of requests in, what every class, pool and instance did out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.errors import Cancelled, ScenarioError
from twin.serving.fleet import kernel
from twin.serving.fleet import state as k
from twin.serving.fleet.batch import open_book
from twin.serving.fleet.compile import (
    check_fleet,
    host_share_w,
    make_meter,
    make_setup,
    make_state,
)
from twin.serving.fleet.parts import Action, Fleet, Plan, Requests, View, plain_requests
from twin.serving.histogram import percentile_s
from twin.types import FloatArray, IntArray

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
Stop = Callable[[], bool]


class Rows(NamedTuple):
    """`parts.Requests` as the kernel takes it."""

    arrived_s: np.ndarray
    klass: np.ndarray
    prompt: np.ndarray
    output: np.ndarray
    predicted: np.ndarray
    encode: np.ndarray
    prefix_id: np.ndarray
    prefix: np.ndarray
    chain: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """
    What became of the requests of one class.

    Args:
        refused: Reason -> requests.
        attained: Requests that met every limit of the class.
        undecided: In flight and not late yet.
        restarted: Requests that began again because an instance failed.
        latency: "ttft", "tbt", "e2e", "gap" -> "p50", "p90", "p99", "mean". [s]
            "gap" is that of the pool that decodes them.
        slowdown: The same against the reference; empty without one. [1]
        transfer_s: Time in transfers, all of them. [s]
    """

    name: str
    arrived: int
    finished: int
    refused: dict[str, int]
    in_flight: int
    attained: int
    undecided: int
    restarted: int
    prompt_tokens: float
    output_tokens: float
    latency: dict[str, dict[str, float]]
    slowdown: dict[str, dict[str, float]]
    transfers: int
    transfer_s: float

    @property
    def known(self) -> int:
        """Requests of which it is known whether they met their limits."""
        under_way = self.in_flight - self.undecided
        return self.finished + sum(self.refused.values()) + under_way


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolResult:
    """
    What one pool drew and did.

    Args:
        gpu_j: Energy of its GPUs. [J]
        server_j: With host share of the GPUs on. [J]
        gpu_s: GPUs on × time. [s]
        cost_usd: GPU-hours at the engine's price. [USD]
        series: Per record: GPU watts (min, mean, max), arrived, finished, prompt and
            output tokens, queued, instances on, clock, host watts. shape (records, 11)
    """

    gpu_j: float
    server_j: float
    gpu_s: float
    cost_usd: float
    series: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetResult:
    """
    One run. Times in seconds, energy in joules, consumption positive.

    Args:
        horizon_s: Time that ran. [s]
        record_s: Length of one record of the series; the last may be shorter. [s]
        instances: Kernel's records of the instances (`state.INSTANCE`).
        peak_server_w: Largest tick mean of all servers. [W]
        lost_tokens: Prompt and output tokens computed in vain (failures, evictions).
    """

    horizon_s: float
    record_s: float
    classes: dict[str, ClassResult]
    pools: dict[str, PoolResult]
    instances: np.ndarray
    server_j: float
    site_j: float
    peak_server_w: float
    lost_tokens: tuple[float, float]
    histogram: FloatArray

    @property
    def arrived(self) -> int:
        """Requests that arrived."""
        return sum(c.arrived for c in self.classes.values())

    @property
    def finished(self) -> int:
        """Requests that finished."""
        return sum(c.finished for c in self.classes.values())

    @property
    def attained_frac(self) -> float:
        """Requests that met every limit ÷ those of which it is known."""
        met = sum(c.attained for c in self.classes.values())
        known = sum(c.known for c in self.classes.values())
        return met / known if known else math.nan

    def percentile(self, metric: str, frac: float) -> float:
        """Percentile over all classes of "ttft", "tbt", "e2e" or "slow_...". [s]"""
        names = (*k.METRICS, *(f"slow_{m}" for m in k.METRICS))
        counts = self.histogram[:, names.index(metric)].sum(axis=0)
        return percentile_s(counts, frac)


# --- running ---


def run_fleet(
    plan: Plan,
    chunks: Iterable[Requests],
    *,
    horizon_s: float,
    tick_s: float = 1.0,
    warm_up_s: float = 0.0,
    stop: Stop | None = None,
) -> FleetResult:
    """
    Run requests through a fleet.

    Commands, of the controller and of `plan.events`, take effect at tick edges.

    Args:
        plan: Fleet, controller, events.
        chunks: Requests in order of time; later than the horizon are left out.
        horizon_s: Length. [s] > 0
        tick_s: Control tick: resolution of peak power and of commands. [s] > 0
        warm_up_s: Time at the start that runs but is not measured, whole ticks. [s]
        stop: Asked now and then; True ends the run early.

    Returns:
        The result. Requests under way at the end are in flight.

    Raises:
        ScenarioError: If the fleet cannot run; names what and the repair.
        Cancelled: If `stop` said so.
    """
    check_fleet(plan.fleet)
    ticks = _ticks(horizon_s, tick_s)
    setup = make_setup(plan.fleet, tick_s=tick_s, ticks=ticks)
    state = make_state(plan.fleet, setup)
    meter = make_meter(plan.fleet, setup, ticks)
    stops = _Commands(plan, tick_s, ticks, setup, state, meter)
    warm = min(ticks, round(warm_up_s / tick_s))
    done = 0
    for rows, end_tick in _by_tick(chunks, tick_s, ticks, len(plan.fleet.classes)):
        position = 0
        while done < end_tick:
            if stop is not None and stop():
                raise Cancelled
            if done == warm > 0:
                _forget_warm_up(setup, state, meter, warm * tick_s)
            stops.due(done)
            until = min(end_tick, stops.next_tick(done), done + 4096)
            if done < warm:
                until = min(until, warm)
            position = kernel.advance(setup, state, meter, done, until, position, rows)
            done = until
    open_book(setup, state, meter, ticks * tick_s)
    return _result(plan.fleet, setup, state, meter, ticks - warm)


def _forget_warm_up(
    setup: k.Setup, state: k.State, meter: k.Meter, now_s: float
) -> None:
    """Start measuring: what runs goes on, what was counted is forgotten."""
    open_book(setup, state, meter, now_s)
    for column in meter:
        column[...] = 0.0
    for name in (
        "energy_idle_j", "energy_prefill_j", "energy_decode_j", "prompt_tokens",
        "output_tokens", "finished", "on_s",
    ):  # fmt: skip
        state.inst[name] = 0.0


def _ticks(horizon_s: float, tick_s: float) -> int:
    if not (horizon_s > 0 and tick_s > 0):
        raise ScenarioError("horizon_s", "horizon and tick must be positive",
                            f"{horizon_s} s, {tick_s} s",
                            "give both in seconds")  # fmt: skip
    return max(1, math.ceil(horizon_s / tick_s - 1e-9))


class _Commands:
    """Events and the controller, on the edges of ticks."""

    def __init__(
        self, plan: Plan, tick_s: float, ticks: int,
        setup: k.Setup, state: k.State, meter: k.Meter,
    ) -> None:  # fmt: skip
        self.setup, self.state, self.meter = setup, state, meter
        self.tick_s = tick_s
        self.controller = plan.controller
        self.waiting = sorted(plan.events, key=lambda a: a.at_s, reverse=True)
        self.every = ticks + 1
        self.queue_first = [int(row["shared_first"]) for row in state.pool]
        if plan.controller is not None:
            self.every = max(1, round(plan.controller.period_s / tick_s))

    def _edge(self, at_s: float) -> int:
        return max(0, math.ceil(at_s / self.tick_s - 1e-9))

    def next_tick(self, done: int) -> int:
        """First edge after `done` at which something may be commanded."""
        ahead = (done // self.every + 1) * self.every
        if self.waiting:
            ahead = min(ahead, max(done + 1, self._edge(self.waiting[-1].at_s)))
        return ahead

    def due(self, done: int) -> None:
        """Carry out what is due at the edge before tick `done`."""
        now_s = done * self.tick_s
        if self.controller is not None and done % self.every == 0:
            for action in self.controller.decide(now_s, self._view()):
                self._later(action)
        while self.waiting and self._edge(self.waiting[-1].at_s) <= done:
            self._carry_out(self.waiting.pop(), now_s)

    def _later(self, action: Action) -> None:
        self.waiting.append(action)
        if len(self.waiting) > 1 and action.at_s > self.waiting[-2].at_s:
            self.waiting.sort(key=lambda a: a.at_s, reverse=True)

    def _carry_out(self, action: Action, now_s: float) -> None:
        if not 0 <= action.instance < self.state.inst.size:
            raise ScenarioError("events.instance", "must be a place among "
                                f"{self.state.inst.size} instances", action.instance,
                                "count pools in order, from 0")  # fmt: skip
        kernel.command(
            self.setup, self.state, self.meter, now_s, k.ACTIONS.index(action.name),
            action.instance, float(action.value), action.queue,
        )  # fmt: skip

    def _view(self) -> View:
        counts = self.meter.counts
        return View(
            inst=self.state.inst, pool=self.state.inst["pool"],
            arrived=counts[:, k.C_ARRIVED], prompt_tokens=counts[:, k.C_PROMPT_IN],
            output_tokens=counts[:, k.C_OUTPUT_IN], pool_w=self.state.pool_w[:, 3],
            queued=self.state.queued,
        )  # fmt: skip


def check_requests(rows: Rows, classes: int, after_s: float) -> float:
    """
    Refuse requests that no fleet could make sense of.

    Args:
        rows: One chunk.
        classes: Classes of the fleet.
        after_s: Last arrival of the chunk before. [s]

    Returns:
        Last arrival of this chunk. [s]

    Raises:
        ScenarioError: Names the column, the rule and the first row that breaks it.
    """
    n = rows.arrived_s.size
    if any(column.size != n for column in rows):
        raise ScenarioError("requests", "columns must be of one length",
                            [int(c.size) for c in rows],
                            "give every column a value")  # fmt: skip
    if n == 0:
        return after_s
    gaps = np.diff(rows.arrived_s, prepend=after_s)
    chains = (rows.chain == 0) | (rows.chain == 1)
    for field, rule, right in (
        ("arrived_s", "must be finite and rising, from 0", gaps >= 0),
        ("klass", f"must lie in 0..{classes - 1}",
         (rows.klass >= 0) & (rows.klass < classes)),
        ("prompt", "must be 1 token or more", rows.prompt >= 1),
        ("output", "must be 1 token or more", rows.output >= 1),
        ("predicted", "must be a number from 0", rows.predicted >= 0),
        ("encode", "must be 0 tokens or more", rows.encode >= 0),
        ("prefix", "must be 0 tokens or more", rows.prefix >= 0),
        ("chain", "must be 0, or 1 after its leader",
         chains & ((np.arange(n) > 0) | (rows.chain == 0))),
    ):  # fmt: skip
        if not right.all():
            row = int(np.argmin(right))
            raise ScenarioError(f"requests.{field}", rule,
                                f"{getattr(rows, field)[row]} in row {row}",
                                "mend or leave out that request")  # fmt: skip
    return float(rows.arrived_s[-1])


def _by_tick(
    chunks: Iterable[Requests], tick_s: float, ticks: int, classes: int
) -> Iterator[tuple[Rows, int]]:
    """Chunks with the tick each may run to; the last runs to the end."""
    held: Rows | None = None
    after_s = 0.0
    for chunk in chunks:
        rows = _rows(chunk)
        after_s = check_requests(rows, classes, after_s)
        if rows.arrived_s.size == 0:
            continue
        if held is not None:
            edge = min(ticks, int(rows.arrived_s[0] // tick_s))
            joined = int(np.searchsorted(held.arrived_s, edge * tick_s))
            yield _cut(held, 0, held.arrived_s.size), edge
            rest = _cut(held, joined, held.arrived_s.size)
            rows = Rows(
                *(np.concatenate(pair) for pair in zip(rest, rows, strict=True))
            )
        held = rows
    none, count = np.empty(0), np.empty(0, dtype=np.int64)
    yield held or _rows(plain_requests(none, count, count)), ticks


def _rows(requests: Requests) -> Rows:
    return Rows(*(getattr(requests, name) for name in Rows._fields))


def _cut(rows: Rows, first: int, end: int) -> Rows:
    return Rows(*(column[first:end] for column in rows))


# --- results ---


def _result(
    fleet: Fleet, setup: k.Setup, state: k.State, meter: k.Meter, ticks: int
) -> FleetResult:
    """Read the meters after so many measured ticks."""
    horizon_s = ticks * setup.tick_s
    gaps = [
        _spread_s(counts, *sums)
        for counts, sums in zip(meter.gaps, meter.gap_sums, strict=True)
    ]
    under_way = np.zeros((len(fleet.classes), 2), dtype=np.int64)
    kernel.count_open(setup, state, float(state.pool_w[0, 2]), under_way)
    classes = {
        c.name: _class_result(fleet, j, meter, gaps, under_way[j])
        for j, c in enumerate(fleet.classes)
    }
    length = _record_lengths(setup, meter.series.shape[0], ticks)
    pools = {
        p.name: _pool_result(fleet, j, state, meter, length, horizon_s)
        for j, p in enumerate(fleet.pools)
    }
    server_j = sum(p.server_j for p in pools.values())
    return FleetResult(
        horizon_s=horizon_s, record_s=setup.ticks_per_record * setup.tick_s,
        classes=classes, pools=pools, instances=state.inst,
        server_j=server_j, site_j=server_j * fleet.pue,
        peak_server_w=float(meter.peak_w[0]),
        lost_tokens=(float(meter.lost_tokens[0]), float(meter.lost_tokens[1])),
        histogram=meter.histogram,
    )  # fmt: skip


def _record_lengths(setup: k.Setup, count: int, ticks: int) -> FloatArray:
    """Ticks in each record."""
    per = setup.ticks_per_record
    ticks = max(ticks, (count - 1) * per + 1)
    return np.minimum(per, ticks - per * np.arange(count)).astype(np.float64)


def _spread_s(counts: FloatArray, sum_s: float, count: float) -> dict[str, float]:
    """Percentiles of a histogram, and the mean of what it counts. [s]"""
    found = {name: percentile_s(counts, f) for name, f in PERCENTILES.items()}
    return found | {"mean": float(sum_s / count) if count else math.nan}


def _latency(meter: k.Meter, c: int, first: int) -> dict[str, dict[str, float]]:
    rows = zip(meter.histogram[c, first:], meter.sums[c, first:], strict=True)
    return {
        name: _spread_s(counts, sum_s, counts.sum())
        for name, (counts, sum_s) in zip(k.METRICS, rows, strict=False)
    }


def _class_result(
    fleet: Fleet, c: int, meter: k.Meter, gaps: list[dict[str, float]],
    under_way: IntArray,
) -> ClassResult:  # fmt: skip
    counts = meter.counts[c]
    one = fleet.classes[c]
    names = [p.name for p in fleet.pools]
    decoding = names.index(one.token_pool or one.prompt_pool)
    refused = {
        reason: int(counts[k.C_REFUSED + r])
        for r, reason in enumerate(k.REASONS)
        if counts[k.C_REFUSED + r]
    }
    return ClassResult(
        name=one.name, arrived=int(counts[k.C_ARRIVED]),
        finished=int(counts[k.C_FINISHED]), refused=refused,
        in_flight=int(under_way[0]), undecided=int(under_way[1]),
        attained=int(counts[k.C_ATTAINED]),
        restarted=int(counts[k.C_RESTARTED]),
        prompt_tokens=float(counts[k.C_PROMPT]),
        output_tokens=float(counts[k.C_OUTPUT]),
        latency=_latency(meter, c, k.TTFT) | {"gap": gaps[decoding]},
        slowdown=_latency(meter, c, k.SLOW_TTFT) if fleet.reference else {},
        transfers=int(counts[k.C_TRANSFERS]),
        transfer_s=float(counts[k.C_TRANSFER_S]),
    )  # fmt: skip


def _pool_result(
    fleet: Fleet, p: int, state: k.State, meter: k.Meter, length: FloatArray,
    horizon_s: float,
) -> PoolResult:  # fmt: skip
    pool = fleet.pools[p]
    row = state.pool[p]
    inst = state.inst[int(row["first"]) : int(row["end"])]
    gpu_j = float(
        (
            inst["energy_idle_j"] + inst["energy_prefill_j"] + inst["energy_decode_j"]
        ).sum()
    )
    gpus = pool.engine.gpu_count
    instance_s = float(inst["on_s"].sum())
    asleep_s = fleet.off_power_frac * (horizon_s * inst.size - instance_s)
    series = meter.series[:, p].copy()
    series[:, k.S_MEAN_W] /= length
    series[:, k.S_HOST_W] /= length
    return PoolResult(
        gpu_j=gpu_j,
        server_j=host_share_w(pool.engine) * gpus * (instance_s + asleep_s)
        + pool.engine.server.host_slope.value * gpu_j,
        gpu_s=instance_s * gpus,
        cost_usd=instance_s * gpus / 3600.0 * pool.engine.gpu_hour_usd,
        series=series,
    )  # fmt: skip


def server_w_series(fleet: Fleet, result: FleetResult) -> dict[str, FloatArray]:
    """Mean server power of each pool per record. [W], shape (records,)"""
    out = {}
    for pool in fleet.pools:
        series = result.pools[pool.name].series
        slope = pool.engine.server.host_slope.value
        out[pool.name] = series[:, k.S_HOST_W] + slope * series[:, k.S_MEAN_W]
    return out
