"""
TAPAS routing: requests keep away from rows short of power and from hot GPUs.

Before a request is routed, TAPAS drops the instances whose row power or temperature
would pass a risk threshold, and picks among the rest by load; where that is not enough,
it lowers clocks. Half of the servers are rented out whole and cannot be steered.

Here instances stand on servers in rows, beside servers that others rent. Each period
a controller reads the power of every instance, adds rows up, moves GPU temperatures by
their first-order law and has the least-requests router avoid instances: of a row above
the risk share of its limit as many as bring it below, and every one that is too warm.
Rows that stay above step their clock down. The comparison is with least requests alone.
"""

from __future__ import annotations

from twin.errors import ScenarioError
from twin.serving.fleet.parts import Plan, Pool
from twin.serving.fleet.placement import even_hall, place_fleet
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import (
    baseline_fleet,
    check_traffic,
    mean_s,
    run_plan,
)
from twin.serving.systems.tapas_steering import (
    Steering,
    TapasRouterParameters,
    make_surroundings,
)

SOURCE = "TAPAS (ASPLOS 2025, arXiv 2501.02600): abstract read; rules from memory"


def evaluate(ground: Ground, given: TapasRouterParameters) -> Outcome:
    """
    The traffic steered by power and heat, beside least requests in the same rows.

    Raises:
        ScenarioError: If there are more rows than servers, the instances do not stand
            in one row each, or there is no request.
    """
    check_traffic(ground.requests)
    if given.rows > ground.server_count:
        raise ScenarioError("rows",
                            f"must not exceed the {ground.server_count} servers",
                            given.rows, "add servers, or take fewer rows")  # fmt: skip
    pool = Pool(name="main", engine=ground.engine, count=ground.instance_count)
    fleet = baseline_fleet(ground, pool=pool)
    hall = even_hall(ground.server, ground.server_count, given.rows)
    around = make_surroundings(ground, given, place_fleet(fleet, hall))
    plain, steered = (Steering(ground, given, around, acts=a) for a in (False, True))
    alone = Plan(fleet=fleet, controller=plain)
    before, ran_before = run_plan(ground, alone, "least_requests", "Least requests")
    plan = Plan(fleet=fleet, controller=steered)
    outcome, ran = run_plan(ground, plan, SYSTEM.key, SYSTEM.label)
    mean_before, mean_after = (mean_s(r, "e2e") for r in (ran_before, ran))
    figures = {
        "peak_row_w": steered.peak_row_w,
        "peak_row_limit_frac": steered.peak_row_frac,
        "peak_row_change_frac": steered.peak_row_frac / plain.peak_row_frac - 1.0,
        "hottest_gpu_c": steered.hottest_c,
        "hottest_gpu_change_frac": steered.hottest_c / plain.hottest_c - 1.0,
        "row_over_limit_s": steered.over_s,
        "row_over_limit_before_s": plain.over_s,
        "avoided_instance_hours": steered.avoided_s / 3600.0,
        "lowest_clock_frac": steered.lowest_clock_frac,
        "e2e_mean_change_frac": mean_after / mean_before - 1.0,
        "e2e_p99_change_frac": outcome.latency_s["e2e"]["p99"]
        / before.latency_s["e2e"]["p99"]
        - 1.0,
        "attained_change_frac": outcome.attained_frac - before.attained_frac,
    }
    return outcome.plus(
        figures,
        "TAPAS-shaped: every thermal coefficient, limit and threshold is ours",
        "rented servers count in row power and limits, not in the power shown",
        f"rows are read every {given.period_s:g} s; those above their limit are "
        "counted, not slowed",
        baseline=before,
    )


SYSTEM = System(
    key="tapas_router", label="TAPAS routing", kind="fleet",
    summary="Keeps requests away from rows short of power and from hot GPUs; lowers "
    "clocks where that is not enough.", source=SOURCE, mark="published",
    page="tapas_router.md", parameters=TapasRouterParameters, evaluate=evaluate,
)  # fmt: skip
