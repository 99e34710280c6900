"""
A plan: server counts × policies × seeds, and the largest count that holds.

Every cell is one or more full runs against the same traffic without control. Runs go
through the `concurrent.futures` interface, so a plan does not know where it runs.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaincinv

from twin.errors import Cancelled
from twin.plan.memo import Memo
from twin.plan.whatif import base_row, reference_run, scaled_rate
from twin.result import RunResult, Series
from twin.scenario.model import Scenario
from twin.scenario.policy import (
    NoCap,
    OneThreshold,
    Polca,
    UserPolicy,
    policy_label,
    policy_named,
)
from twin.serving.traffic import Recordings
from twin.simulate import compile_scenario, simulate
from twin.types import Cancel, Report

AnyPolicy = NoCap | OneThreshold | Polca | UserPolicy
SEED_STRIDE = 7919
"""Seeds of repetitions are this far apart; any spacing would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One quantity over the seeds: mean, lowest, highest."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCell:
    """
    One server count under one policy.

    Args:
        added_servers: Servers beyond the base count.
        server_count: All servers.
        policy: Label of the policy.
        runs: One result per seed, without series and events.
        meets_slo: Whether every run held every service level.
        meets_slo_confidence: Lower bound of the chance that another seed holds,
            one-sided 95 % (Clopper and Pearson, 1934). 0..1
        breaches: What was passed, over all seeds, worst first seed first.
    """

    added_servers: int
    server_count: int
    policy: str
    runs: tuple[RunResult, ...]
    meets_slo: bool
    meets_slo_confidence: float
    breaches: tuple[str, ...]

    def spread(self, pick: Callable[[RunResult], float]) -> Spread:
        """Mean, lowest and highest of one quantity over the seeds."""
        values = [pick(run) for run in self.runs]
        return Spread(mean=statistics.fmean(values), low=min(values), high=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """
    A whole plan.

    Args:
        scenario: The inputs.
        rate_per_server_s: Mean request rate per server. [1/s]
        baseline: The base row without control, series included.
        cells: By policy, then by rising server count.
        best: Largest added count that meets the service levels together with every
            smaller one searched, per policy; None where not even the smallest does.
    """

    scenario: Scenario
    rate_per_server_s: float
    baseline: RunResult
    cells: tuple[PlanCell, ...]
    best: dict[str, int | None]


def plan(
    scenario: Scenario,
    recordings: Recordings,
    *,
    executor: Executor,
    memo: Memo | None = None,
    on_progress: Report | None = None,
    on_cell: Callable[[PlanCell], None] | None = None,
    cancelled: Cancel | None = None,
) -> PlanResult:
    """
    Run every cell of a scenario's plan.

    Args:
        scenario: Inputs; `plan` says what is searched.
        recordings: The datasets it names.
        executor: Where runs go. Threads serve: the kernel releases the GIL.
        memo: Remembers loads and references.
        on_progress: Told the part done, 0..1, and what is under way.
        on_cell: Told each finished cell, in the order they finish.
        cancelled: Asked between chunks of every run.

    Returns:
        The plan.

    Raises:
        ScenarioError: If the scenario cannot be planned as it stands.
        Cancelled: If asked to stop.
    """
    memo = memo or Memo(limit=4096)
    report = on_progress or (lambda _part, _text: None)
    policies = [policy_named(p) if isinstance(p, str) else p for p in
                scenario.plan.policies]  # fmt: skip
    labels = distinct_labels(policies)
    counts = sorted(scenario.plan.added_servers)
    seeds = [scenario.seed + SEED_STRIDE * k for k in range(scenario.plan.seeds)]
    for policy in policies:  # refuse before working
        compile_scenario(_variant(scenario, counts[0], policy, seeds[0]), recordings)
    report(0.0, "finding the load that meets the target peak")
    seeded = [scenario.model_copy(update={"seed": s}) for s in seeds]
    scaled = executor.map(
        lambda one: scaled_rate(one, recordings, memo, cancelled), seeded
    )
    rates = dict(zip(seeds, scaled, strict=True))
    baseline = reference_run(
        base_row(scenario), recordings, memo, rates[seeds[0]], cancelled
    )

    def one(added: int, policy: AnyPolicy, seed: int) -> RunResult:
        asked = _variant(scenario, added, policy, seed)
        reference = reference_run(asked, recordings, memo, rates[seed], cancelled)
        run = simulate(
            compile_scenario(asked, recordings),
            rate_per_server_s=rates[seed],
            reference=reference,
            cancelled=cancelled,
        )
        return replace(run, series=_no_series(), events=())

    jobs = {
        executor.submit(one, added, policy, seed): (added, index, seed)
        for added in counts
        for index, policy in enumerate(policies)
        for seed in seeds
    }
    found: dict[tuple[int, int], dict[int, RunResult]] = {}
    cells: dict[tuple[int, int], PlanCell] = {}
    try:
        for done, future in enumerate(as_completed(jobs), start=1):
            added, index, seed = jobs[future]
            runs = found.setdefault((index, added), {})
            runs[seed] = future.result()
            if len(runs) == len(seeds):
                cell = _cell(scenario, labels[index], added, [runs[s] for s in seeds])
                cells[index, added] = cell
                if on_cell is not None:
                    on_cell(cell)
            text = f"{scenario.row.base_server_count + added} servers, "
            report(done / len(jobs), text + labels[index])
    except BaseException:
        for future in jobs:
            future.cancel()
        raise
    if cancelled is not None and cancelled():
        raise Cancelled
    ordered = tuple(cells[i, a] for i in range(len(policies)) for a in counts)
    return PlanResult(
        scenario=scenario, rate_per_server_s=rates[seeds[0]], baseline=baseline,
        cells=ordered, best={label: _best(ordered, label) for label in labels},
    )  # fmt: skip


def distinct_labels(policies: list[AnyPolicy]) -> list[str]:
    """Label of each policy; the second of the same name becomes "name (2)"."""
    found: list[str] = []
    for policy in policies:
        name, label, n = policy_label(policy), policy_label(policy), 1
        while label in found:
            n += 1
            label = f"{name} ({n})"
        found.append(label)
    return found


def _variant(scenario: Scenario, added: int, policy: AnyPolicy, seed: int) -> Scenario:
    count = scenario.row.base_server_count + added
    fleet = scenario.fleet.model_copy(update={"server_count": count})
    return scenario.model_copy(update={"fleet": fleet, "policy": policy, "seed": seed})


def _cell(
    scenario: Scenario, label: str, added: int, runs: list[RunResult]
) -> PlanCell:
    held = sum(run.meets_slo for run in runs)
    return PlanCell(
        added_servers=added, server_count=scenario.row.base_server_count + added,
        policy=label, runs=tuple(replace(run, policy=label) for run in runs),
        meets_slo=held == len(runs), meets_slo_confidence=confidence(held, len(runs)),
        breaches=tuple(dict.fromkeys(b for run in runs for b in run.slo_breaches)),
    )  # fmt: skip


def confidence(held: int, runs: int, level: float = 0.95) -> float:
    """
    Lower bound of the chance that another seed meets the service levels.

    Args:
        held: Seeds that did.
        runs: Seeds tried. > 0
        level: One-sided confidence. 0..1

    Returns:
        Exact binomial bound. 0..1

    Source:
        Clopper and Pearson, Biometrika 1934.
    """
    if held == 0:
        return 0.0
    return float(betaincinv(held, runs - held + 1, 1 - level))


def _best(cells: tuple[PlanCell, ...], policy: str) -> int | None:
    """Largest count such that it and all smaller ones searched hold."""
    best = None
    for cell in cells:
        if cell.policy != policy:
            continue
        if not cell.meets_slo:
            break
        best = cell.added_servers
    return best


def _no_series() -> Series:
    """An empty series: a plan keeps figures, not curves."""
    none = np.zeros(0)
    return Series(
        t_s=none, row_min_w=none, row_mean_w=none, row_max_w=none,
        low_clock_mhz=none, high_clock_mhz=none, brake=none, queued=none,
        arrivals_rps=none,
    )  # fmt: skip
