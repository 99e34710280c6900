"""
DynamoLLM: instances, sharding and clocks of a serving cluster that follow the load.

Requests are sorted into nine classes by prompt and predicted output, each with its own
pool of instances. Three controllers work one inside the other: every half hour the
cluster manager gives each pool the groups of GPUs its forecast fills (fractions are
promoted to the next larger pool); every five minutes the pool manager cuts a pool's
GPUs into instances of 2, 4 or 8 so that they draw least (a mixed integer program over
measured profiles); every five seconds the instance manager sets the lowest clock whose
profile keeps the limits at the instance's load. When a prediction was wrong, a ladder:
order by deadline, highest clock, another pool, drop what is past hope.

The published baselines are the same machine with levers off; the comparison is with
SinglePool: one pool of the largest degree at the highest clock, with the fewest
servers that keep the limits in the busiest half hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twin.catalogue.chips import CHIPS
from twin.serving.dynamollm.busiest import (
    Window,
    attained_by_class,
    busiest_window,
    fewest,
    keeps_limits,
    mark_busiest,
)
from twin.serving.dynamollm.controller import InstanceManager, Ladder
from twin.serving.dynamollm.fleet_plan import (
    Patience,
    Slots,
    classes_of,
    destinations,
    events_of,
    pools_of,
    slots_of,
)
from twin.serving.dynamollm.forecast import bin_rates, stated_error
from twin.serving.dynamollm.levers import LEVERS, Levers
from twin.serving.dynamollm.parameters import DynamoParameters
from twin.serving.dynamollm.pools import POOLS
from twin.serving.dynamollm.prepare import Prepared, prepare
from twin.serving.dynamollm.schedule import PoolManager, Schedule, Timing, plan_schedule
from twin.serving.fleet.parts import Engine, Fleet, Plan, Pool, Requests
from twin.serving.fleet.startup import reshard_s, start_s
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import run_plan
from twin.types import FloatArray

SOURCE = (
    "DynamoLLM (Stojkovic et al., HPCA 2025), arXiv 2408.00741: abstract read; "
    "periods and rules second-hand (a re-implementation); overheads from memory"
)


# --- plans ---


def timing_of(ground: Ground, p: DynamoParameters, engines: Sequence[Engine]) -> Timing:
    """Periods and delays of this model on these servers."""
    chip = CHIPS[ground.server.gpu.key]
    gpus = [e.gpu_count for e in engines]
    moves = [reshard_s(ground.model, chip, a, b) for a in gpus for b in gpus]
    return Timing(
        bin_s=p.sharding_period_s,
        bins_per_epoch=round(p.cluster_period_s / p.sharding_period_s),
        start_s=start_s(ground.model, p.start),
        reshard_s=max(moves),
        ahead=p.start_ahead,
    )


def seen_rates(ground: Ground, prepared: Prepared, bin_s: float) -> FloatArray:
    """Rates of each class that come, per bin. [1/s], shape (bins, classes)"""
    bins = max(1, int(np.ceil(ground.horizon_s / bin_s)))
    lead = prepared.requests.chain == 0
    return bin_rates(
        prepared.requests.arrived_s[lead], prepared.length[lead],
        bin_s=bin_s, bins=bins, classes=POOLS,
    )  # fmt: skip


def groups_at_hand(ground: Ground, engine: Engine) -> int:
    """Reference instances that fit the servers."""
    return ground.server_count * (ground.server.gpu_count // engine.gpu_count)


def single_pool_plan(
    ground: Ground, prepared: Prepared, p: DynamoParameters, count: int | None = None
) -> tuple[Plan, Requests, dict[str, float]]:
    """
    One pool of the largest degree at the highest clock.

    Args:
        ground: Common ground.
        prepared: Of this ground.
        p: Parameters.
        count: Instances; None: the fewest that, as a pool, keep the limits in the
            busiest window with the margin.

    Returns:
        The plan, the requests sent to its classes, and figures about both.
    """
    classes = tuple(c.sent_to("main") for c in ground.classes)
    pool = Pool(name="main", engine=prepared.engines[-1], count=1)
    if count is None:
        keeps = keeps_limits(
            pool, classes, prepared.requests, _window(ground, prepared, p),
            slo_frac=p.slo_frac, stop=ground.stop,
        )  # fmt: skip
        count = fewest(
            keeps, at_hand=groups_at_hand(ground, prepared.engines[-1]),
            speed=1.0 + p.margin,
            mean_rps=int((prepared.requests.chain == 0).sum()) / ground.horizon_s,
        )  # fmt: skip
    fleet = Fleet(pools=(replace(pool, count=count),), classes=classes, pue=ground.pue)
    return Plan(fleet=fleet), prepared.requests, {"groups_mean": float(count)}


def _window(ground: Ground, prepared: Prepared, p: DynamoParameters) -> Window:
    return busiest_window(
        prepared.requests, length_s=p.cluster_period_s, horizon_s=ground.horizon_s
    )


def dynamo_plan(
    ground: Ground, prepared: Prepared, p: DynamoParameters, levers: Levers,
    forecast_rps: FloatArray,
) -> tuple[Plan, Requests, dict[str, float]]:  # fmt: skip
    """
    Nine pools with any of the levers.

    Args:
        ground: Common ground.
        prepared: Of this ground.
        p: Parameters.
        levers: What follows the load.
        forecast_rps: Rates expected. [1/s], shape (bins, classes)

    Returns:
        The plan, the requests sent to its classes, and figures about both.
    """
    manager = PoolManager(profiles=prepared.profiles, fits=prepared.fits, levers=levers)
    schedule = plan_schedule(
        forecast_rps, seen_rates(ground, prepared, p.sharding_period_s), manager,
        timing=timing_of(ground, p, prepared.engines), margin=p.margin,
        groups_at_hand=groups_at_hand(ground, prepared.engines[-1]),
    )  # fmt: skip
    slots = slots_of(schedule)
    requests = prepared.requests
    place = destinations(schedule, slots, requests.arrived_s, prepared.length)
    classes, sent = classes_of(
        ground.classes, requests, place, slots, schedule, engines=prepared.engines,
        profiles=prepared.profiles,
        patience=Patience(drop_after=p.drop_after, swamped=p.swamped),
    )  # fmt: skip
    fleet = Fleet(
        pools=tuple(pools_of(schedule, slots, prepared.engines)), classes=classes,
        pue=ground.pue,
    )  # fmt: skip
    plan = Plan(
        fleet=fleet,
        controller=_manager(fleet, slots, prepared, p, levers),
        events=events_of(schedule, slots),
    )
    return plan, sent, _figures(schedule)


def _manager(
    fleet: Fleet, slots: Slots, prepared: Prepared, p: DynamoParameters, levers: Levers
) -> InstanceManager:
    names = [pool.name for pool in fleet.pools]
    class_pool = np.array([names.index(c.prompt_pool) for c in fleet.classes])
    limit = np.full(len(names), np.inf)
    np.minimum.at(limit, class_pool, [c.ttft_slo_s for c in fleet.classes])
    cap = np.stack([
        prepared.profiles[k].cap_rps[d]
        for k, d in zip(slots.pool, slots.degree, strict=True)
    ])  # fmt: skip
    return InstanceManager(
        period_s=p.clock_period_s, delay_s=p.clock_delay_s, smooth_s=p.smooth_s,
        margin=p.margin, clock_mhz=prepared.clock_mhz, cap_rps=cap, limit_s=limit,
        class_pool=class_pool, first=slots.first,
        ladder=Ladder(clock_rung=p.clock_rung, reroute_rung=p.reroute_rung),
        scales=levers.frequency,
    )  # fmt: skip


def _figures(schedule: Schedule) -> dict[str, float]:
    changed = (np.diff(schedule.count, axis=0) != 0).any(axis=2)
    return {
        "groups_mean": float(schedule.groups.sum(axis=1).mean()),
        "groups_most": float(schedule.groups.sum(axis=1).max()),
        "reshardings": float(changed.sum()),
        "programs_solved": float(schedule.solved),
    }


# --- the system ---


def run_levers(
    ground: Ground, prepared: Prepared, parameters: DynamoParameters, name: str,
    forecast_rps: FloatArray | None = None, count: int | None = None,
) -> Outcome:  # fmt: skip
    """
    One lever setting on a ground.

    Args:
        ground: Common ground.
        prepared: Of this ground.
        parameters: See there; `levers` is not looked at.
        name: Key in `LEVERS`.
        forecast_rps: Rates expected, shape (bins, classes); None: the traffic's own
            with the stated error. [1/s]
        count: Instances of SinglePool; None: sized.

    Returns:
        The outcome, without baseline. Figures hold attainment by class.
    """
    levers = LEVERS[name]
    window = _window(ground, prepared, parameters)
    unmarked = ground.classes
    classes, requests = mark_busiest(unmarked, prepared.requests, window)
    ground = replace(ground, classes=classes)
    prepared = replace(prepared, requests=requests)
    if not levers.pools:
        plan, sent, figures = single_pool_plan(ground, prepared, parameters, count)
    else:
        if forecast_rps is None:
            forecast_rps = _own_forecast(ground, prepared, parameters)
        plan, sent, figures = dynamo_plan(
            ground, prepared, parameters, levers, forecast_rps
        )
    outcome, result = run_plan(ground, plan, name, levers.label, sent)
    figures |= attained_by_class(unmarked, result)
    manager = plan.controller
    if isinstance(manager, InstanceManager):
        figures |= {
            "clock_changes": float(manager.clock_changes),
            "raised_by_ladder": float(manager.raised),
            "rerouted_by_ladder": float(manager.rerouted),
        }
    return outcome.plus(figures, "profiles are measured on this model's own kernel")


def _own_forecast(
    ground: Ground, prepared: Prepared, p: DynamoParameters
) -> FloatArray:
    per = round(p.cluster_period_s / p.sharding_period_s)
    seen = seen_rates(ground, prepared, p.sharding_period_s)
    return stated_error(seen, p.forecast_error, hold=per, seed=ground.seed)


def evaluate(ground: Ground, parameters: DynamoParameters) -> Outcome:
    """
    Run a lever setting beside SinglePool.

    Raises:
        ScenarioError: If there is no traffic, the model does not fit, the limits
            cannot be met, or the traffic exceeds the servers.
    """
    prepared = prepare(ground, parameters)
    single = run_levers(ground, prepared, parameters, "single_pool")
    name = parameters.levers
    outcome = single
    if name != "single_pool":
        outcome = run_levers(ground, prepared, parameters, name)
    figures = outcome.figures | {
        "energy_saving_frac": 1.0 - outcome.energy_j / single.energy_j,
        "cost_saving_frac": _saving(outcome.cost_usd, single.cost_usd),
        "carbon_saving_frac": _saving(outcome.carbon_g, single.carbon_g),
    }
    return replace(outcome, system=SYSTEM.key, baseline=single, figures=figures)


def _saving(ours: float, baseline: float) -> float:
    return 1.0 - ours / baseline if baseline > 0 else 0.0


SYSTEM = System(
    key="dynamollm", label="DynamoLLM", kind="fleet",
    summary="Pools by length whose instances, sharding and clocks follow the load.",
    source=SOURCE, mark="second-hand", page="dynamollm.md", parameters=DynamoParameters,
    evaluate=evaluate,
)  # fmt: skip
