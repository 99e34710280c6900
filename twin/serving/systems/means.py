"""Runs whose means are wanted per class; percentiles are in the outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence

from twin.errors import ScenarioError
from twin.serving.fleet import state as k
from twin.serving.fleet.parts import Plan, Requests
from twin.serving.fleet.run import FleetResult, run_fleet
from twin.serving.systems.base import Ground, Outcome
from twin.serving.systems.outcome import CONTROL_TICK_S, outcome_of


def check_traffic(requests: Requests) -> None:
    """
    Refuse traffic without a request.

    Raises:
        ScenarioError: If there is none.
    """
    if len(requests) == 0:
        raise ScenarioError("requests", "must hold a request", 0,
                            "study a longer time, or more traffic")  # fmt: skip


def run_with_result(
    ground: Ground, plan: Plan, requests: Requests, *, system: str, label: str
) -> tuple[Outcome, FleetResult]:
    """Run a plan; return the outcome and what it was made of."""
    result = run_fleet(
        plan, [requests], horizon_s=ground.horizon_s, tick_s=CONTROL_TICK_S,
        stop=ground.stop,
    )  # fmt: skip
    outcome = outcome_of(
        ground, plan, result, system=system, label=label, notes=plan.notes, figures={}
    )
    return outcome, result


def mean_s(result: FleetResult, metric: str, classes: Sequence[str]) -> float:
    """
    Mean latency over the requests of some classes.

    Args:
        result: A run.
        metric: "ttft", "tbt" or "e2e".
        classes: Names of the classes.

    Returns:
        Mean. [s]; NaN where none of them got that far.
    """
    total_s, count = 0.0, 0.0
    for place, (name, one) in enumerate(result.classes.items()):
        counted = float(result.histogram[place, k.METRICS.index(metric)].sum())
        if name in classes and counted:
            total_s += one.latency[metric]["mean"] * counted
            count += counted
    return total_s / count if count else math.nan
