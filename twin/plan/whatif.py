"""One point, answered at once: the run, its reference, and the base row beside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from twin.load import find_rate
from twin.plan.memo import Memo
from twin.result import RunResult
from twin.scenario.model import Scenario
from twin.serving.traffic import Recordings
from twin.simulate import compare, compile_scenario, simulate, uncontrolled
from twin.types import Cancel, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """
    The answer to one question.

    Args:
        scenario: The question.
        run: The row as asked.
        reference: Same traffic, same servers, no caps and no brake.
        baseline: The base row without any control: what stands there today.
    """

    scenario: Scenario
    run: RunResult
    reference: RunResult
    baseline: RunResult


def what_if(
    scenario: Scenario,
    recordings: Recordings,
    *,
    memo: Memo | None = None,
    on_progress: Report | None = None,
    cancelled: Cancel | None = None,
) -> WhatIf:
    """
    Answer one scenario.

    Args:
        scenario: The question.
        recordings: The datasets it names.
        memo: Remembers loads and references between questions.
        on_progress: Told the part done, 0..1, and what is under way.
        cancelled: Asked between chunks.

    Returns:
        The answer.

    Raises:
        ScenarioError: If the scenario cannot be answered as it stands.
        Cancelled: If asked to stop.
    """
    memo = memo or Memo()
    report = on_progress or (lambda _part, _text: None)
    compiled = compile_scenario(scenario, recordings)  # refuse before working
    report(0.0, "finding the load that meets the target peak")
    rate = scaled_rate(scenario, recordings, memo, cancelled)
    report(0.3, "running the base row")
    baseline = reference_run(base_row(scenario), recordings, memo, rate, cancelled)
    report(0.5, f"running {scenario.fleet.server_count} servers")
    with ThreadPoolExecutor(1) as beside:  # the kernel releases the GIL
        pending = beside.submit(
            reference_run, scenario, recordings, memo, rate, cancelled
        )
        alone = memo.run(
            scenario,
            recordings,
            lambda: simulate(
                compiled,
                rate_per_server_s=rate,
                reference=memo.known_reference(scenario, recordings),
                on_progress=lambda part: report(0.5 + 0.5 * part, "running"),
                cancelled=cancelled,
            ),
        )
        reference = pending.result()
    run = compare(scenario, alone, reference)
    report(1.0, "done")
    return WhatIf(scenario=scenario, run=run, reference=reference, baseline=baseline)


def scaled_rate(
    scenario: Scenario, recordings: Recordings, memo: Memo, cancelled: Cancel | None
) -> float:
    """Mean request rate per server, load level included. [1/s]"""
    level = scenario.workload.load.level
    load = scenario.workload.load.model_copy(update={"level": 1.0})
    plain = scenario.model_copy(
        update={"workload": scenario.workload.model_copy(update={"load": load})}
    )
    return level * memo.rate(
        scenario, recordings, lambda: find_rate(plain, recordings, cancelled=cancelled)
    )


def base_row(scenario: Scenario) -> Scenario:
    """Return the same scenario with the base server count."""
    fleet = scenario.fleet.model_copy(
        update={"server_count": scenario.row.base_server_count}
    )
    return scenario.model_copy(update={"fleet": fleet})


def reference_run(
    scenario: Scenario,
    recordings: Recordings,
    memo: Memo,
    rate_per_server_s: float,
    cancelled: Cancel | None,
) -> RunResult:
    """Run a scenario without control, or remember the run."""

    def compute() -> RunResult:
        return simulate(
            uncontrolled(compile_scenario(scenario, recordings)),
            rate_per_server_s=rate_per_server_s,
            cancelled=cancelled,
        )

    return memo.reference(scenario, recordings, compute)
