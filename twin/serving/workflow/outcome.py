"""From a run of workflows to what every system reports; arrivals from traffic."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.serving.fleet.compile import host_share_w
from twin.serving.systems.base import Ground, Outcome, PoolTimeline, Timeline
from twin.serving.systems.outcome import carbon_g, check_traffic, spread_s
from twin.serving.workflow.graph import Batch
from twin.serving.workflow.run import WorkflowResult
from twin.types import BoolArray, FloatArray, IntArray

HOUR_S = 3600.0


def thinned(ground: Ground, per_hour: float) -> IntArray:
    """
    Every n-th recorded request, so that the mean rate is at most the one asked for.

    One is kept in any case.
    Leaves the recorded shape of the day and its bursts; nothing is drawn.

    Args:
        ground: Its requests, in order.
        per_hour: Workflows per hour on average. > 0 [1/h]

    Returns:
        Places of the requests kept.

    Raises:
        ScenarioError: If there are no requests.
    """
    check_traffic(ground.requests)
    n = len(ground.requests)
    keep_frac = min(1.0, max(1.0, per_hour * ground.horizon_s / HOUR_S) / n)
    steps = np.floor(np.arange(n + 1) * keep_frac + 1e-9)
    return np.flatnonzero(np.diff(steps) > 0)


def busiest_ratio(ground: Ground) -> float:
    """Requests of the busiest hour ÷ those of a mean one. >= 1"""
    hours = max(1, int(np.ceil(ground.horizon_s / HOUR_S)))
    hour = np.minimum((ground.requests.arrived_s // HOUR_S).astype(int), hours - 1)
    counts = np.bincount(hour, minlength=hours)
    mean = len(ground.requests) / (ground.horizon_s / HOUR_S)
    return max(1.0, float(counts.max() / mean)) if mean else 1.0


def workflow_outcome(
    ground: Ground,
    batch: Batch,
    result: WorkflowResult,
    *,
    key: str,
    label: str,
    output_tokens: FloatArray,
    kept_frac: FloatArray | None = None,
    notes: tuple[str, ...] = (),
    baseline: Outcome | None = None,
) -> Outcome:
    """
    Fill an outcome from a run.

    Args:
        ground: Site, prices, carbon.
        batch: What was run.
        result: What became of it.
        key: Key of the system.
        label: Name for people.
        output_tokens: Tokens each workflow gives out. shape (workflows,)
        kept_frac: Quality of each workflow's configuration; None: 1.
        notes: What was assumed.
        baseline: What to compare with.

    Returns:
        The outcome; "ttft" is the first output, "start" the earliest start of play
        that never stalls, "e2e" the last stage.
    """
    done = ~np.isnan(result.done_s)
    gpu_j, cpu_j = _energy_j(result)
    gpu_hours = result.gpu_hours
    energy_j = ground.pue * (
        ground.server.host_slope.value * gpu_j + cpu_j
        + host_share_w(ground.engine) * gpu_hours * HOUR_S
    )  # fmt: skip
    timeline = _timeline(ground, result)
    quality = result.quality_frac if kept_frac is None else (
        result.quality_frac * kept_frac
    )  # fmt: skip
    return Outcome(
        system=key,
        label=label,
        unit="workflow",
        arrived=len(batch),
        finished=int(done.sum()),
        in_flight=int((~done).sum()),
        attained_frac=_attained_frac(batch, result, done),
        latency_s={
            "ttft": spread_s(result.first_output_s),
            "start": spread_s(result.start_s),
            "e2e": spread_s(result.done_s),
        },
        energy_j=energy_j,
        mean_power_w=energy_j / result.horizon_s,
        peak_power_w=float(timeline.power_w.max()),
        output_tokens=float(output_tokens[done].sum()),
        gpu_hours=gpu_hours,
        cost_usd=ground.cost_usd(gpu_hours * ground.engine.gpu_hour_usd, energy_j),
        carbon_g=carbon_g(timeline, result.horizon_s, ground.carbon_g_per_kwh),
        quality_frac=float(quality[done].mean()) if done.any() else 1.0,
        timeline=timeline,
        baseline=baseline,
        notes=(
            *notes,
            (
                f"peak power is the largest mean over {result.record_s:g} s, not over "
                "a fleet's control tick: it is lower than a fleet's of the same load"
            ),
        ),
    )


def _attained_frac(batch: Batch, result: WorkflowResult, done: BoolArray) -> float:
    """
    Share on time of those of which it is known, as a fleet's.

    Known are those that are done, and those under way with an output already late.
    """
    if not len(batch):
        return float("nan")
    missing, output = np.isnan(result.ended_s), ~np.isnan(batch.play_s)
    until_s = np.where(missing, result.horizon_s, result.ended_s)
    late = output & (until_s > result.due_s + 1e-9)
    known = done | np.logical_or.reduceat(late, batch.first[:-1])
    return float(result.on_time[known].mean()) if known.any() else float("nan")


def _energy_j(result: WorkflowResult) -> tuple[float, float]:
    """Energy of GPU slots and of CPU slots. [J]"""
    on_gpu = result.slot_gpus > 0
    energy_j = result.slot_energy_j
    return float(energy_j[on_gpu].sum()), float(energy_j[~on_gpu].sum())


def _pool_site_w(ground: Ground, result: WorkflowResult) -> FloatArray:
    """Site power of each pool with its share of hosts. shape (pools, records) [W]"""
    gpus = np.array([p.gpu_total for p in result.pools])[:, None]
    slope = np.where(gpus > 0, ground.server.host_slope.value, 1.0)
    watts = slope * result.pool_power_w + gpus * host_share_w(ground.engine)
    return np.asarray(ground.pue * watts)


def _timeline(ground: Ground, result: WorkflowResult) -> Timeline:
    pool_w = _pool_site_w(ground, result)
    site_w = np.asarray(pool_w.sum(axis=0))
    clock_mhz = ground.server.gpu.clock_max_mhz.value
    ones = np.ones(site_w.size)
    alike: dict[tuple[str, int], list[int]] = {}  # pools of several groups are one
    for k, pool in enumerate(result.pools):
        alike.setdefault((pool.component, int(pool.gpus)), []).append(k)
    return Timeline(
        time_s=np.arange(0.0, site_w.size) * result.record_s,
        power_w=site_w,
        power_max_w=site_w,
        pools=tuple(
            PoolTimeline(
                name=f"{component} x{gpus}" if gpus else component, role=component,
                gpus_per_instance=gpus, power_w=pool_w[mine].sum(axis=0),
                instances=ones * sum(result.pools[k].count for k in mine),
                clock_mhz=ones * clock_mhz, queued=result.queued[mine].sum(axis=0),
            )
            for (component, gpus), mine in alike.items()
        ),
    )  # fmt: skip


def compared(ours: Outcome, other: Outcome) -> dict[str, float]:
    """Ratios of the other arrangement to ours, above 1 is saved."""

    def ratio(name: str) -> float:
        mine: Any = getattr(ours, name)
        return float(getattr(other, name) / mine) if mine else float("nan")

    return {
        "baseline_energy_ratio": ratio("energy_j"),
        "baseline_cost_ratio": ratio("cost_usd"),
        "baseline_gpu_hours_ratio": ratio("gpu_hours"),
        "baseline_energy_per_workflow_ratio": ratio("energy_per_unit_wh"),
    }
