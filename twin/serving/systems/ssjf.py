"""
SSJF: the shortest predicted job goes first.

A small language model reads the prompt and guesses how long the answer will be; the
queue then admits the request with the shortest predicted service. Batching and memory
stay as they are. Short answers no longer wait behind long ones, so the mean falls while
the longest wait longer; work done and power hardly change.

Here the key is the predicted time of prefill and decode alone, with a predictor of
stated error. Order matters only where requests wait, so gains are reported over a sweep
of loads on the same requests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.scenario.base import quantity
from twin.serving.fleet.parts import FCFS, SSJF, Plan, Pool, Queue
from twin.serving.fleet.run import FleetResult
from twin.serving.predictor import PredictorParameters, predicted_requests
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.loads import (
    at_load,
    instances_at,
    load_frac,
    run_to_end,
    with_batch,
)
from twin.serving.systems.outcome import (
    baseline_fleet,
    check_traffic,
    mean_s,
    run_plan,
)

SOURCE = "SSJF (ASPLOS 2024 workshop, arXiv 2404.08509): abstract read"
SWEEP = (0.8, 1.0, 1.25)
SWEEP_REQUESTS = 10_000
"""Requests of one point of the sweep in `evaluate`, the first ones."""


class SsjfParameters(PredictorParameters):
    """The predictor, the load and the batch."""

    load_frac: float | None = quantity(
        None, "Turn instances off until the load is at most this; empty: all at hand "
        "are on.", example=0.95, source="assumed", gt=0.0, le=10.0,
    )  # fmt: skip
    max_batch: int | None = quantity(
        None, "Sequences decoding together; empty: the table's.", unit="sequences",
        example=16, source="measured table", ge=1,
    )  # fmt: skip
    ageing: float = quantity(
        0.0, "Weight of the time of arrival in the key; 0 is SSJF, which may starve "
        "long requests.", example=0.02, source="assumed", ge=0.0, le=10.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoint:
    """
    Both queues under one load.

    Args:
        load_frac: Requests offered ÷ capacity.
        fcfs_mean_s: Mean completion time of all requests, first come first. [s]
        ssjf_mean_s: The same, shortest first. [s]
        fcfs_p99_s: 99th percentile. [s]
        ssjf_p99_s: The same. [s]
        throughput_ratio: Requests finished while traffic arrives, shortest ÷ first.
    """

    load_frac: float
    fcfs_mean_s: float
    ssjf_mean_s: float
    fcfs_p99_s: float
    ssjf_p99_s: float
    throughput_ratio: float

    @property
    def mean_change_frac(self) -> float:
        """Change of the mean completion time."""
        return self.ssjf_mean_s / self.fcfs_mean_s - 1.0


def queue_plan(ground: Ground, queue: Queue, *, instances: int, requests: int) -> Plan:
    """One pool with this order; its queues hold twice an even share of the requests."""
    share = -(-2 * requests // max(1, instances))
    pool = Pool(
        name="main", engine=ground.engine, count=instances,
        queue=replace(queue, limit=max(1024, share)),
    )  # fmt: skip
    return Plan(fleet=baseline_fleet(ground, pool=pool))


def ssjf_queue(given: SsjfParameters) -> Queue:
    """Shortest predicted first, with ageing where asked for."""
    return replace(SSJF, arrival_weight=given.ageing)


def first_requests(ground: Ground, count: int) -> Ground:
    """The ground with its first requests only, at the same rate."""
    n = min(count, len(ground.requests))
    share = n / len(ground.requests)
    return replace(
        ground, requests=ground.requests.taken(slice(n)),
        horizon_s=ground.horizon_s * share,
    )  # fmt: skip


def load_point(
    ground: Ground, given: SsjfParameters, *, instances: int, load: float
) -> LoadPoint:
    """
    Serve the same requests at one load in both orders.

    Means are over every request, served to its end; throughput counts those finished by
    the time the last arrives.

    Args:
        ground: Traffic, with predicted lengths filled in.
        given: Ageing.
        instances: Instances on.
        load: Requests offered ÷ capacity; arrivals are hastened to it.

    Source:
        docs/models/ssjf.md.
    """
    busy = at_load(ground, instances, load)
    results: list[tuple[FleetResult, int]] = []
    for queue in (FCFS, ssjf_queue(given)):
        plan = queue_plan(busy, queue, instances=instances, requests=len(busy.requests))
        whole = run_to_end(plan, busy.requests, busy.horizon_s, stop=ground.stop)
        cut, _ = run_plan(busy, plan, "", "")
        results.append((whole, cut.finished))
    (fcfs, fcfs_done), (ssjf, ssjf_done) = results
    return LoadPoint(
        load_frac=load,
        fcfs_mean_s=mean_s(fcfs, "e2e"), ssjf_mean_s=mean_s(ssjf, "e2e"),
        fcfs_p99_s=fcfs.percentile("e2e", 0.99),
        ssjf_p99_s=ssjf.percentile("e2e", 0.99),
        throughput_ratio=ssjf_done / fcfs_done if fcfs_done else np.nan,
    )  # fmt: skip


def evaluate(ground: Ground, given: SsjfParameters) -> Outcome:
    """
    The traffic in order of predicted length, beside the same pool in order of arrival.

    Raises:
        ScenarioError: If there is no request, or none to train a predictor on.
    """
    check_traffic(ground.requests)
    ground = with_batch(ground, given.max_batch)
    requests, quality = predicted_requests(ground.requests, given, seed=ground.seed)
    instances = instances_at(ground, given.load_frac)
    plans = [
        queue_plan(ground, q, instances=instances, requests=len(requests))
        for q in (FCFS, ssjf_queue(given))
    ]
    plain, ran_plain = run_plan(
        ground, plans[0], "fcfs", "First come, first served", requests
    )
    outcome, ran = run_plan(ground, plans[1], SYSTEM.key, SYSTEM.label, requests)
    before, after = (mean_s(r, "e2e") for r in (ran_plain, ran))
    part = first_requests(replace(ground, requests=requests), SWEEP_REQUESTS)
    figures = {
        "instances_count": float(instances),
        "load_frac": load_frac(ground, instances),
        "e2e_mean_s": after,
        "e2e_mean_change_frac": after / before - 1.0,
        "predictor_error_tokens": quality.mean_error_tokens,
        "predictor_rank_correlation": quality.rank_correlation,
    }
    for load in SWEEP:
        point = load_point(part, given, instances=instances, load=load)
        at = f"at_load_{load:g}".replace(".", "_")
        figures[f"e2e_mean_change_frac_{at}"] = point.mean_change_frac
        figures[f"throughput_ratio_{at}"] = point.throughput_ratio
    return outcome.plus(
        figures,
        f"predictor: {given.predictor}, its error stated by the parameters",
        "figures at a load: the first requests of the traffic, arriving faster",
        baseline=plain,
    )


SYSTEM = System(
    key="ssjf", label="SSJF", kind="fleet",
    summary="Admits the request with the shortest predicted service first.",
    source=SOURCE, mark="published", page="ssjf.md", parameters=SsjfParameters,
    evaluate=evaluate,
)  # fmt: skip
