"""Run a plan on a study's ground and say what came of it, in site power and money."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from twin.errors import ScenarioError
from twin.serving.fleet import state as k
from twin.serving.fleet.parts import Fleet, Plan, Pool, Requests
from twin.serving.fleet.run import (
    PERCENTILES,
    FleetResult,
    run_fleet,
    server_w_series,
)
from twin.serving.systems.base import Ground, Outcome, PoolTimeline, Timeline
from twin.types import FloatArray

J_PER_KWH = 3.6e6
CONTROL_TICK_S = 1.0


def baseline_fleet(
    ground: Ground, *, count: int | None = None, pool: Pool | None = None
) -> Fleet:
    """
    Return the baseline: one pool of alike instances at the highest clock.

    Args:
        ground: Common ground; its classes name the pool "main".
        count: Instances; None is all that fit the servers.
        pool: A pool named "main" to use instead.
    """
    main = pool or Pool(
        name="main",
        engine=ground.engine,
        count=ground.instance_count if count is None else count,
    )
    return Fleet(pools=(main,), classes=ground.classes, pue=ground.pue)


def check_traffic(requests: Requests) -> None:
    """
    Refuse traffic without a request.

    Raises:
        ScenarioError: If there is none.
    """
    if len(requests) == 0:
        raise ScenarioError("requests", "must hold a request", 0,
                            "study a longer time, or more traffic")  # fmt: skip


def run_plan(
    ground: Ground, plan: Plan, system: str, label: str,
    requests: Requests | None = None, *, notes: tuple[str, ...] = (),
    figures: dict[str, float] | None = None,
) -> tuple[Outcome, FleetResult]:  # fmt: skip
    """
    Run a plan and say what came of it.

    Args:
        ground: Common ground: horizon, prices, carbon.
        plan: Fleet and what steers it.
        system: Key of the system.
        label: Name for people.
        requests: Traffic as the system sees it; None is the ground's.
        notes: What was assumed, beside the plan's own.
        figures: Further named numbers.

    Returns:
        The outcome with its timeline, and what it was made of.
    """
    result = run_fleet(
        plan, [ground.requests if requests is None else requests],
        horizon_s=ground.horizon_s, tick_s=CONTROL_TICK_S, stop=ground.stop,
    )  # fmt: skip
    timeline = timeline_of(plan.fleet, result)
    classes = result.classes.values()
    refused: dict[str, int] = {}
    for one in classes:
        for reason, count in one.refused.items():
            refused[reason] = refused.get(reason, 0) + count
    rent_usd = sum(p.cost_usd for p in result.pools.values())
    return Outcome(
        system=system, label=label,
        arrived=result.arrived, finished=result.finished, refused=refused,
        in_flight=sum(c.in_flight for c in classes),
        attained_frac=result.attained_frac,
        latency_s=_latency(result),
        slowdown={} if plan.fleet.reference is None else _latency(result, "slow_"),
        energy_j=result.site_j, mean_power_w=result.site_j / result.horizon_s,
        peak_power_w=result.peak_server_w * plan.fleet.pue,
        output_tokens=sum(c.output_tokens for c in classes),
        gpu_hours=sum(p.gpu_s for p in result.pools.values()) / 3600.0,
        cost_usd=ground.cost_usd(rent_usd, result.site_j),
        carbon_g=carbon_g(timeline, result.horizon_s, ground.carbon_g_per_kwh),
        timeline=timeline, notes=(*plan.notes, *notes), figures=figures or {},
    ), result  # fmt: skip


def mean_s(
    result: FleetResult, metric: str, classes: Collection[str] | None = None
) -> float:
    """
    Mean latency over the requests of some classes; percentiles are in the outcome.

    Args:
        result: A run.
        metric: "ttft", "tbt" or "e2e".
        classes: Names of the classes; None is all.

    Returns:
        Mean. [s]; NaN where none of them got that far.
    """
    total_s, count = 0.0, 0.0
    for place, (name, one) in enumerate(result.classes.items()):
        counted = float(result.histogram[place, k.METRICS.index(metric)].sum())
        if (classes is None or name in classes) and counted:
            total_s += one.latency[metric]["mean"] * counted
            count += counted
    return total_s / count if count else math.nan


def _latency(result: FleetResult, prefix: str = "") -> dict[str, dict[str, float]]:
    return {
        m: {name: result.percentile(prefix + m, f) for name, f in PERCENTILES.items()}
        for m in k.METRICS
    }


def spread_s(values: FloatArray) -> dict[str, float]:
    """Percentiles and mean of what is known. [s]"""
    known = values[~np.isnan(values)]
    if not known.size:
        return dict.fromkeys(("p50", "p90", "p99", "mean"), float("nan"))
    p50, p90, p99 = np.percentile(known, [50, 90, 99])
    mean = float(known.mean())
    return {"p50": float(p50), "p90": float(p90), "p99": float(p99), "mean": mean}


def timeline_of(fleet: Fleet, result: FleetResult) -> Timeline:
    """Site power and pools over time."""
    watts = server_w_series(fleet, result)
    pools, mean, most = [], np.zeros(0), np.zeros(0)
    for pool in fleet.pools:
        series = result.pools[pool.name].series
        power = watts[pool.name] * fleet.pue
        above = (series[:, k.S_MAX_W] - series[:, k.S_MEAN_W]) * fleet.pue
        peak = power + above * pool.engine.server.host_slope.value
        mean = power if mean.size == 0 else mean + power
        most = peak if most.size == 0 else most + peak
        pools.append(PoolTimeline(
            name=pool.name, role=pool.role, gpus_per_instance=pool.engine.gpu_count,
            power_w=power, instances=series[:, k.S_ON],
            clock_mhz=series[:, k.S_CLOCK], queued=series[:, k.S_QUEUED],
        ))  # fmt: skip
    time_s = np.asarray(np.arange(mean.size) * result.record_s, dtype=np.float64)
    return Timeline(time_s=time_s, power_w=mean, power_max_w=most, pools=tuple(pools))


def carbon_g(
    timeline: Timeline, horizon_s: float, grams_per_kwh: Sequence[float]
) -> float:
    """
    Carbon of a timeline under an hourly intensity that repeats. [g]

    Args:
        timeline: Site power over time.
        horizon_s: Its end. [s]
        grams_per_kwh: Intensity by hour from the start. [g/kWh]
    """
    edges = np.append(timeline.time_s, horizon_s)
    kwh = timeline.power_w * np.diff(edges) / J_PER_KWH
    hours = (0.5 * (edges[1:] + edges[:-1]) // 3600.0).astype(np.int64)
    intensity: FloatArray = np.asarray(grams_per_kwh, dtype=np.float64)
    return float((kwh * intensity[hours % intensity.size]).sum())
