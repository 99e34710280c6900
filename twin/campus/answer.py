"""A campus asked and answered: assemble, cut, run, read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.campus.control import CLOCK_STEP_MHZ, Rules, first_decision
from twin.campus.coordinator import Coordinator, no_ticks
from twin.campus.hall import empty_feed
from twin.campus.ledger import Ledger, part_ledger
from twin.campus.parts import PolicySpec, cut
from twin.campus.read import read_result
from twin.campus.result import CampusResult
from twin.campus.run import Effort, Engine, run_windows
from twin.campus.series import new_series
from twin.campus.signals import Told
from twin.catalogue import CLOCK_CURVES
from twin.cooling.weather import Weather
from twin.errors import PolicyError
from twin.facility.activity import row_activity
from twin.facility.answer import facility_of
from twin.facility.assemble import Assembled, assemble
from twin.plan.memo import Memo
from twin.scenario.campus import Campus
from twin.scenario.model import Scenario
from twin.serving.traffic import Recordings
from twin.simulate import clock_range_mhz
from twin.types import Cancel, Report

HERE = Engine()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusAnswer:
    """A run of a campus, and what it cost."""

    scenario: Scenario
    result: CampusResult
    effort: Effort


def answer_campus(
    scenario: Scenario,
    recordings: Recordings,
    weather: Weather,
    *,
    engine: Engine = HERE,
    memo: Memo | None = None,
    on_progress: Report | None = None,
    cancelled: Cancel | None = None,
) -> CampusAnswer:
    """
    Run a campus.

    Args:
        scenario: The question; its facility is set.
        recordings: The traffic datasets it names.
        weather: Outdoor air by hour.
        engine: Where halls run; the answer does not depend on it.
        memo: Remembers how busy servers are between questions.
        on_progress: Told the part done, 0..1, and what is under way.
        cancelled: Asked several times a second.

    Returns:
        The answer.

    Raises:
        ScenarioError: If the scenario cannot be answered as it stands.
        PolicyError: If the policy is a Python function.
        EngineLostError: If the engine is gone.
        Cancelled: If asked to stop.
    """
    memo = memo or Memo()
    report = on_progress or (lambda _part, _text: None)
    if scenario.facility is None:
        facility_of(scenario)  # says what is missing
    report(0.0, "serving one row request by request")
    activity = memo.activity(
        scenario, recordings,
        lambda: row_activity(scenario, recordings, memo=memo, cancelled=cancelled),
    )  # fmt: skip
    report(0.02, "putting the campus together")
    assembled = assemble(scenario, activity, weather, cancelled)
    report(0.1, f"running {round(assembled.site.servers.sum())} servers")
    result, effort = run_campus(
        assembled, engine,
        on_progress=lambda part: report(0.1 + 0.88 * part, _clock(assembled, part)),
        cancelled=cancelled,
    )  # fmt: skip
    report(1.0, "done")
    return CampusAnswer(scenario=scenario, result=result, effort=effort)


def run_campus(
    a: Assembled,
    engine: Engine = HERE,
    *,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Cancel | None = None,
) -> tuple[CampusResult, Effort]:
    """Run a site hall by hall, with what halls share; see `answer_campus`."""
    if not a.controller.is_compiled:
        raise PolicyError("policy", "must be compiled to run a whole campus",
                          a.controller.label, "use a built-in policy")  # fmt: skip
    coordinator, ledger = begin(a, cancelled)
    effort = run_windows(
        coordinator, ledger, engine, on_progress=on_progress, cancelled=cancelled
    )
    return read_result(a, coordinator, ledger), effort


def begin(a: Assembled, cancelled: Cancel | None = None) -> tuple[Coordinator, Ledger]:
    """Set a campus up at time zero."""
    parts, rules = cut(a, cancelled), rules_of(a)
    policy, period = _policy(a), rules.period_ticks
    halls = [
        part_ledger(part, a.tick_count, period, policy, number)
        for number, part in enumerate(parts.halls)
    ]
    told = Told(
        feeds=tuple(empty_feed(1, part.ports.size)[0] for part in parts.halls),
        decision=None,
    )
    ports = parts.head.port_hall.size
    coordinator = Coordinator(
        rules=rules, head=parts.head,
        own=part_ledger(parts.head.part, a.tick_count, period, policy, -1),
        tick_s=a.site.tick_s, tick_count=a.tick_count, told=told,
        coming=first_decision(rules),
        series=new_series(
            a.tick_count, a.site.ticks_per_record, len(a.halls), rules.clock_mhz.size
        ),
        open=no_ticks(len(a.halls)), draws=np.zeros(ports),
        needs=np.zeros(ports, dtype=np.bool_),
    )  # fmt: skip
    return coordinator, Ledger(rules=rules, halls=halls, told=told)


def rules_of(a: Assembled) -> Rules:
    """What a campus keeps to, of its scenario and its servers' clocks."""
    inputs = a.facility.campus or Campus()
    site, spec = a.site, _policy(a)
    step = CLOCK_STEP_MHZ
    first = np.ceil(spec.clock_min_mhz / step) * step
    clocks = np.arange(first, spec.clock_max_mhz - 1e-9, step)
    return Rules(
        inputs=inputs, clock_mhz=clocks,
        clock_power=np.interp(clocks, site.curve_mhz, site.curve_power),
        planned_w=site.cooled_w, tick_s=site.tick_s,
        period_ticks=max(1, round(inputs.period_s / site.tick_s)),
        cap_ticks=site.cap_ticks,
    )  # fmt: skip


def _clock(a: Assembled, part: float) -> str:
    """How far simulated time is."""
    end_h = a.tick_count * a.site.tick_s / 3600.0
    return f"simulated {part * end_h:.2f} of {end_h:.2f} h"


def _policy(a: Assembled) -> PolicySpec:
    server = a.scenario.server()
    low_mhz, top_mhz = clock_range_mhz(server, CLOCK_CURVES[server.gpu.key])
    return PolicySpec(
        policy=a.scenario.policy, clock_max_mhz=top_mhz, clock_min_mhz=low_mhz,
        telemetry_delay_s=a.scenario.control.telemetry_delay_s,
    )  # fmt: skip
