"""
A long traffic by stratified sampling: part of its windows, with the error stated.

Windows of equal length are grouped by their request rate; some of each group are run,
each after a warm-up, and the groups weighted by how many windows they stand for. Fit
for fleets that stand still: a controller remembers more than a warm-up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.errors import ScenarioError
from twin.serving.fleet import state as k
from twin.serving.fleet.parts import Plan, Requests
from twin.serving.fleet.run import FleetResult, Stop, run_fleet
from twin.serving.histogram import percentile_s
from twin.types import FloatArray

Draw = Callable[[float, float, int], Requests]
"""draw(from_s, to_s, seed): requests of a stretch, times from its start."""
BOOTSTRAP = 200
BACKLOG_FRAC = 0.02
BACKLOG_EACH = 2.0
"""A backlog: more prompts wait at the end of a window than either part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledResult:
    """
    What a long traffic comes to, estimated.

    Args:
        mean_site_w: Site power. [W]
        energy_j: Site energy over the horizon. [J]
        attained_frac: Requests that met every limit. 0..1
        arrived: Requests over the horizon.
        output_tokens: Tokens given out over the horizon.
        percentile_s: "ttft", "tbt", "e2e" -> "p50", "p90", "p99". [s]
        windows: Windows run.
        windows_all: Windows of the horizon.
        requests_run: Requests that went through the kernel, warm-ups included.
    """

    mean_site_w: Estimate
    energy_j: Estimate
    attained_frac: Estimate
    arrived: Estimate
    output_tokens: Estimate
    percentile_s: dict[str, dict[str, Estimate]]
    windows: int
    windows_all: int
    requests_run: int


def sample_fleet(
    plan: Plan,
    draw: Draw,
    rate_rps: FloatArray,
    *,
    window_s: float,
    horizon_s: float,
    windows: int = 96,
    strata: int = 24,
    warm_up_s: float = 60.0,
    seed: int = 0,
    stop: Stop | None = None,
) -> SampledResult:
    """
    Estimate what a fleet does with a long traffic.

    Args:
        plan: Fleet; no controller and no events.
        draw: Source of requests.
        rate_rps: Mean rate of each window. [1/s], shape (horizon ÷ window,)
        window_s: Length of a window. [s] > 0
        horizon_s: Length of the traffic. [s]
        windows: Windows to run; all of them where there are no more.
        strata: Groups of windows alike in rate; at least two windows each.
        warm_up_s: Run before each window, not measured. [s]
        seed: Seed of the choice and of each window's draws.
        stop: As `run_fleet`.

    Returns:
        Estimates. The error is one standard error over windows; percentiles by
        bootstrap over windows within groups.

    Raises:
        ScenarioError: If a controller or events steer the fleet, or a window ends with
            a backlog: what waits would have been carried into the next one, which no
            sampling error covers.
    """
    if plan.controller is not None or plan.events:
        raise ScenarioError(
            field="plan.controller", rule="sampling is for fleets that stand still",
            value=type(plan.controller).__name__,
            repair="run the whole traffic with run_fleet",
        )  # fmt: skip
    rng = np.random.default_rng(seed)
    groups = _strata(rate_rps, windows, strata)
    chosen = [np.sort(rng.choice(g, size=n, replace=False)) for g, n in groups]
    runs = {
        int(w): _run(plan, draw, int(w), window_s, warm_up_s, seed, stop)
        for picked in chosen
        for w in picked
    }
    _check_backlog(runs)
    weights = [g.size for g, _ in groups]
    return _estimate(chosen, weights, runs, horizon_s, rng)


def _check_backlog(runs: dict[int, FleetResult]) -> None:
    """Refuse where prompts wait at the end of windows: windows then depend."""
    late = [
        w
        for w, r in runs.items()
        if sum(p.series[-1, k.S_QUEUED] for p in r.pools.values())
        > max(BACKLOG_FRAC * r.arrived, BACKLOG_EACH * r.instances.size)
    ]
    if late:
        raise ScenarioError(
            field="plan.fleet",
            rule="sampling needs windows that leave no backlog to the next",
            value=f"{len(late)} of {len(runs)} windows end with prompts waiting",
            repair="add instances, or run the whole traffic with run_fleet",
        )  # fmt: skip


def _strata(
    rate_rps: FloatArray, windows: int, strata: int
) -> list[tuple[np.ndarray, int]]:
    """Groups of windows by rate, and how many of each to run."""
    order = np.argsort(rate_rps, kind="stable")
    count = rate_rps.size
    if windows >= count:
        return [(order[i : i + 1], 1) for i in range(count)]
    groups = np.array_split(order, max(1, min(strata, windows // 2)))
    each = max(2, windows // len(groups))
    return [(g, min(each, g.size)) for g in groups if g.size]


def _run(
    plan: Plan, draw: Draw, window: int, window_s: float, warm_up_s: float, seed: int,
    stop: Stop | None,
) -> FleetResult:  # fmt: skip
    warm = min(warm_up_s, window * window_s)
    requests = draw(window * window_s - warm, (window + 1) * window_s, seed + window)
    return run_fleet(
        plan, [requests], horizon_s=warm + window_s, warm_up_s=warm, stop=stop
    )


def _estimate(
    chosen: list[np.ndarray], weights: list[int], runs: dict[int, FleetResult],
    horizon_s: float, rng: np.random.Generator,
) -> SampledResult:  # fmt: skip
    def total(value: Callable[[FleetResult], float]) -> Estimate:
        whole = variance = 0.0
        for picked, size in zip(chosen, weights, strict=True):
            found = np.array([value(runs[int(w)]) for w in picked])
            whole += size * float(found.mean())
            if found.size > 1:
                unseen = 1.0 - found.size / size
                variance += size**2 * float(found.var(ddof=1)) / found.size * unseen
        return Estimate(value=whole, error=math.sqrt(variance))

    energy = total(lambda r: r.site_j)
    known = total(_known)
    met = total(lambda r: float(sum(c.attained for c in r.classes.values())))
    frac = met.value / known.value if known.value else math.nan
    left = total(
        lambda r: sum(c.attained for c in r.classes.values()) - frac * _known(r)
    )
    return SampledResult(
        mean_site_w=Estimate(
            value=energy.value / horizon_s, error=energy.error / horizon_s
        ),
        energy_j=energy,
        attained_frac=Estimate(
            value=frac, error=left.error / known.value if known.value else math.nan
        ),
        arrived=total(lambda r: float(r.arrived)),
        output_tokens=total(lambda r: float(r.instances["output_tokens"].sum())),
        percentile_s=_percentiles(chosen, weights, runs, rng),
        windows=len(runs),
        windows_all=sum(weights),
        requests_run=sum(r.arrived for r in runs.values()),
    )


def _known(result: FleetResult) -> float:
    """Requests of a window of which it is known whether they met their limits."""
    return float(sum(c.known for c in result.classes.values()))


def _percentiles(
    chosen: list[np.ndarray], weights: list[int], runs: dict[int, FleetResult],
    rng: np.random.Generator,
) -> dict[str, dict[str, Estimate]]:  # fmt: skip
    """Percentiles of the weighted histograms, errors by bootstrap over windows."""
    counts = [
        np.stack([runs[int(w)].histogram[:, :3].sum(axis=0) for w in picked])
        for picked in chosen
    ]
    draws = [
        [rng.integers(0, c.shape[0], c.shape[0]) for c in counts]
        for _ in range(BOOTSTRAP)
    ]
    whole = _weighted(counts, weights, None)
    again = [_weighted(counts, weights, d) for d in draws]
    out: dict[str, dict[str, Estimate]] = {}
    for m, metric in enumerate(k.METRICS):
        out[metric] = {}
        for name, frac in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            spread = np.array([percentile_s(a[m], frac) for a in again])
            out[metric][name] = Estimate(
                value=percentile_s(whole[m], frac), error=float(spread.std(ddof=1))
            )
    return out


def _weighted(
    counts: list[FloatArray], weights: list[int], picks: list[Any] | None
) -> FloatArray:
    """Histogram of the whole, shape (metrics, bins)."""
    total = np.zeros(counts[0].shape[1:])
    for g, (group, size) in enumerate(zip(counts, weights, strict=True)):
        mean = group.mean(axis=0) if picks is None else group[picks[g]].mean(axis=0)
        total += size * mean
    return total
