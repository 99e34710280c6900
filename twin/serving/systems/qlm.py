"""
QLM: one queue over models and limits, and what to run next decided from it.

Requests of one model and one class of limits form a group. An estimator says how long
each group will wait: tokens ahead in the queue ÷ throughput, nearly exact where many
wait. A global scheduler orders groups by deadline, decides which instances pull from
which, swaps models where another group's deadline is nearer, and evicts running batch
work when an urgent group could not wait for it. Batch work thereby becomes a power load
that can be moved inside its deadline.

Here every group is a shared queue of one pool, and a controller orders them by earliest
deadline. The comparison is with instances dedicated to models, first come first served.
Models, classes and the swings of their popularity are assumed: shape only.
"""

from __future__ import annotations

import math

import numpy as np

from twin.errors import ScenarioError
from twin.serving.fleet.parts import Fleet, FleetClass, Plan, Pool, Queue, SharedQueue
from twin.serving.fleet.run import FleetResult
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import check_traffic, run_plan
from twin.serving.systems.qlm_groups import (
    KINDS,
    Groups,
    QlmParameters,
    busy_instances,
    dedicated_shares,
    group_requests,
    group_works,
    make_groups,
)
from twin.serving.systems.qlm_scheduler import Scheduler
from twin.types import FloatArray

SOURCE = "QLM (SoCC 2024, arXiv 2407.00047): abstract read; the estimator from memory"


def instances_of(
    ground: Ground, given: QlmParameters, busy: FloatArray, *, models: int
) -> int:
    """
    Instances on: all at hand, or the fewest with at most the load asked for.

    Raises:
        ScenarioError: If fewer are at hand than models.
    """
    most = ground.instance_count
    if most < models:
        raise ScenarioError("other_models", f"needs an instance for each of {models} "
                            "models", f"{most} instances", "add servers, or take fewer "
                            "models")  # fmt: skip
    if given.load_frac is None:
        return most
    wanted = math.ceil(float(busy.sum()) / given.load_frac - 1e-9)
    return max(models, min(most, wanted))


def _classes(groups: Groups, *, shared: bool) -> tuple[FleetClass, ...]:
    return tuple(
        FleetClass(
            name=name, model=int(m), ttft_slo_s=float(limit),
            prompt_pool="main" if shared else f"model {m}",
            shared_queue=name if shared else None,
        )
        for name, m, limit in zip(
            groups.names, groups.model_of, groups.limit_s, strict=True
        )
    )  # fmt: skip


def dedicated_plan(
    ground: Ground, groups: Groups, busy: FloatArray, *, instances: int, limit: int
) -> Plan:
    """A pool per model, first come first served."""
    per_model = np.bincount(groups.model_of, weights=busy).astype(np.float64)
    pools = tuple(
        Pool(name=f"model {m}", engine=e, count=n, queue=Queue(limit=limit))
        for m, (e, n) in enumerate(
            zip(groups.engines, dedicated_shares(per_model, instances), strict=True)
        )
    )
    classes = _classes(groups, shared=False)
    return Plan(fleet=Fleet(pools=pools, classes=classes, pue=ground.pue))


def shared_plan(
    ground: Ground, groups: Groups, scheduler: Scheduler, *, limit: int
) -> Plan:
    """One pool whose instances pull from the groups' queues as the scheduler says."""
    start = scheduler.start
    queues = tuple(
        SharedQueue(
            name=name, engine=groups.engines[groups.model_of[g]],
            served_by=tuple(int(i) for i in np.flatnonzero(start == g)),
        )
        for g, name in enumerate(groups.names)
    )  # fmt: skip
    parked = SharedQueue(name="parked", engine=groups.engines[0])
    pool = Pool(
        name="main", engine=groups.engines[0], count=start.size,
        shared=(*queues, parked),
        queue=Queue(limit=limit),
        max_batch=min(e.table.max_batch for e in groups.engines),
    )  # fmt: skip
    fleet = Fleet(pools=(pool,), classes=_classes(groups, shared=True), pue=ground.pue)
    return Plan(fleet=fleet, controller=scheduler)


def evaluate(ground: Ground, given: QlmParameters) -> Outcome:
    """
    Several models and classes in one queue, beside instances dedicated to models.

    Raises:
        ScenarioError: If there are fewer instances than models, a model does not fit,
            or there is no request.
    """
    check_traffic(ground.requests)
    groups = make_groups(ground, given)
    requests = group_requests(ground, given, groups)
    works = group_works(groups, requests)
    busy = busy_instances(groups, works, requests, ground.horizon_s)
    instances = instances_of(ground, given, busy, models=len(groups.engines))
    limit = max(1024, len(requests))
    apart = dedicated_plan(ground, groups, busy, instances=instances, limit=limit)
    plain, ran_plain = run_plan(
        ground, apart, "dedicated", "Instances dedicated to models", requests
    )

    def scheduled(knobs: QlmParameters) -> tuple[Outcome, FleetResult, Scheduler]:
        scheduler = Scheduler(groups, works, requests, busy, knobs, instances=instances)
        plan = shared_plan(ground, groups, scheduler, limit=limit)
        return *run_plan(ground, plan, SYSTEM.key, SYSTEM.label, requests), scheduler

    outcome, ran, scheduler = scheduled(given)
    figures = {
        "instances_count": float(instances),
        "load_frac": float(busy.sum()) / instances,
        "attained_change_frac": outcome.attained_frac / plain.attained_frac - 1.0,
        "swaps_count": float(scheduler.swaps),
        "moves_count": float(scheduler.moves),
        "evictions_count": float(scheduler.evictions),
        "lost_output_tokens": ran.lost_tokens[1],
        "batch_energy_frac": scheduler.batch_j / max(scheduler.all_j, 1.0),
    }
    for kind in KINDS:
        figures[f"attained_frac_{kind}"] = _attained(ran, kind)
        figures[f"attained_before_frac_{kind}"] = _attained(ran_plain, kind)
    if given.hold_s > 0.0:
        free, _, _ = scheduled(given.model_copy(update={"hold_s": 0.0}))
        figures |= {
            "held_power_w": power_between_w(outcome, given),
            "held_power_before_w": power_between_w(free, given),
        }
    return outcome.plus(
        figures,
        "models, classes and how their shares swing are assumed",
        "latencies and limits are of the time to first token, as in the paper",
        baseline=plain,
    )


def power_between_w(outcome: Outcome, given: QlmParameters) -> float:
    """Mean site power while batch work is held back. [W]; NaN: no record in it."""
    timeline = outcome.timeline
    if timeline is None:
        return math.nan
    end_s = given.hold_from_s + given.hold_s
    during = (timeline.time_s >= given.hold_from_s) & (timeline.time_s < end_s)
    return float(timeline.power_w[during].mean()) if during.any() else math.nan


def _attained(result: FleetResult, kind: str) -> float:
    """Requests of a class of limits that met theirs ÷ those of which it is known."""
    some = [c for name, c in result.classes.items() if name.endswith(kind)]
    known = sum(c.known for c in some)
    return sum(c.attained for c in some) / known if known else math.nan


SYSTEM = System(
    key="qlm", label="QLM", kind="fleet",
    summary="One queue over models and limits: estimates waits, orders groups by "
    "deadline, swaps models, evicts batch work.", source=SOURCE, mark="published",
    page="qlm.md", parameters=QlmParameters, evaluate=evaluate,
    own_terms="interactive and batch requests of several models, limits of their own",
)  # fmt: skip
