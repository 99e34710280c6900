"""Report of a row: a what-if with its base row beside it, or a stored run alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import format as say
from app import frames
from app.markup import listed, text
from app.report import origin, row_figures, validation
from app.report.assumptions import (
    Input,
    assumed_table,
    catalogue_table,
    given_table,
    inputs_of,
)
from app.report.inputs import given_only, scenario_of
from app.report.page import Html, Report, Section, quiet
from app.report.plan_parts import plan_section
from twin.catalogue import SERVERS, find_table
from twin.catalogue.servers import Server
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario import Scenario

Json = dict[str, Any]
UNIT = "kW"
_DAY_S = 86_400.0
MATTERS = (
    "fleet.server_power_frac", "row.base_server_count",
    "workload.load.target_peak_frac", "policy.t2_frac", "workload.arrivals.burst_cv",
    "fleet.low_priority_frac", "policy.t1_frac", "workload.arrivals.swing_frac",
    "control.telemetry_delay_s", "control.brake_latency_s",
)  # fmt: skip
"""
Defaults that move a row's peak and its low priority's latency most, each alone by
±10 %: a one-at-a-time study of the sample row with 52 servers over a quarter day.
"""
LEFT_OUT = (
    "Cooling, and the power tree above the row: a site's report has both.",
    "Failures of equipment, and networks between servers.",
    "Racks: they have no limit of their own; the row is one sum.",
)
MISSING = (
    "<p>The inputs are not part of this document, or of a format that this version "
    "cannot read.</p>"
)
UNCOVERED = (
    "Traffic of your own is covered as far as its lengths and rates resemble those of "
    "the rows."
)


def what_if_report(whatif: Json, plan: Json | None = None) -> Report:
    """
    Lay out the report of a what-if.

    Args:
        whatif: Answer of the what-if call, series included.
        plan: Plan document with its `cells`; None leaves the search out.
    """
    return _report(whatif, plan, "Row: what-if")


def run_report(run: Json, scenario: Json | None) -> Report:
    """Lay out the report of a stored run."""
    return _report({"run": run, "scenario": scenario}, None, "Row: stored run")


def _report(whatif: Json, plan: Json | None, kind: str) -> Report:
    run = whatif["run"]
    asked = scenario_of(whatif.get("scenario"))
    verdict = frames.verdict_frame(whatif, unit=UNIT)
    name = (whatif.get("scenario") or {}).get("name") or "Row"
    return Report(
        kind=kind, title=str(name), answer=f"{verdict.headline}:", rest=verdict.detail,
        good=verdict.fits, sections=tuple(_sections(whatif, run, asked, plan)),
    )  # fmt: skip


def _sections(
    whatif: Json, run: Json, asked: Scenario | None, plan: Json | None
) -> list[Section]:
    slo = (whatif.get("scenario") or {}).get("slo")
    known = whatif.get("provenance") or run.get("provenance") or {}
    found: list[Section] = [
        ("What was asked", asked_section(asked, _asked_words(run), leave=_LEAVE)),
        ("Key figures", row_figures.numbers(whatif)),
    ]
    if run.get("series"):
        found.append(("Row power", row_figures.power(run, whatif.get("baseline"))))
    found.append(("What users lose", row_figures.latency(run, slo)))
    if plan and plan.get("cells"):
        found.append(("Server count and risk", plan_section(plan, slo)))
    commands = ["nameplate run scenario.yaml --out out/",
                "nameplate report scenario.yaml --out report.html"]  # fmt: skip
    calls = [("/what-if", '{"scenario": …}, the inputs as JSON')]
    return found + closing_sections(asked, known, commands, calls)


_LEAVE = ("plan", "facility", "training")


def _asked_words(run: Json) -> str:
    days = run["horizon_s"] / _DAY_S
    return (
        f"{run['server_count']} servers in a row whose power was provisioned for "
        f"{run['base_server_count']}, {say.power(run['provisioned_w'], UNIT)}, under "
        f"{say.policy_title(run['policy'])}; {days:g} d in ticks of {run['tick_s']:g} "
        "s. The inputs that differ from their defaults:"
    )


def asked_section(
    asked: Scenario | None, words: str, *, leave: Sequence[str] = ()
) -> Html:
    """Write what was asked, in words and as the inputs that were set."""
    if asked is None:
        return MISSING
    return f"<p>{text(words)}</p>" + given_table(inputs_of(asked, leave=leave))


def closing_sections(
    asked: Scenario | None,
    known: Json,
    commands: Sequence[str],
    calls: Sequence[tuple[str, str]],
    *,
    leave: Sequence[str] = _LEAVE,
    suites: Sequence[str] = ("row", "polca"),
    uncovered: str = UNCOVERED,
    left_out: Sequence[str] = LEFT_OUT,
    first: Sequence[str] = MATTERS,
) -> list[Section]:
    """
    Write what closes a report of a scenario.

    Args:
        asked: The scenario; None where it is not known.
        known: The answer's provenance.
        commands: Lines for a shell that ask again.
        calls: As `origin.again` takes them.
        leave: Parts of the scenario that play no role.
        suites: Validation suites of the models used.
        uncovered: What they do not cover.
        left_out: What is not modelled.
        first: Paths of inputs known to matter, the most first.
    """
    again = MISSING if asked is None else origin.again(
        commands=commands, calls=calls, inputs=given_only(asked),
        file="scenario.yaml", same=_data_words(asked),
    )  # fmt: skip
    found = [
        ("Validation", validation.status(suites, uncovered)),
        ("What is not modelled", listed(left_out)),
        ("Provenance", origin.provenance(known)),
        ("How to reproduce it", again),
    ]
    if asked is not None:
        items = inputs_of(asked, leave=leave)
        found.insert(0, ("Assumptions", _assumptions(asked, items, first)))
    return found


def _assumptions(asked: Scenario, items: list[Input], first: Sequence[str]) -> Html:
    return (
        quiet("Defaults that were left as they are: "
              + ("first those that move a row's answer most, then the least sure."
                 if first else "the least sure first."))
        + assumed_table(items, first=first) + _catalogue(asked)
    )  # fmt: skip


def _catalogue(asked: Scenario) -> Html:
    server = SERVERS.get(asked.fleet.server)
    if server is None:
        return ""
    head = f"<h3>From the catalogue: {text(server.label)}</h3>"
    return head + _phases(asked, server) + catalogue_table(server)


def _phases(asked: Scenario, server: Server) -> Html:
    try:
        found = find_table(asked.fleet.model, server, asked.fleet.gpus_per_instance)
    except ScenarioError:
        return ""
    words = f"Phase times and powers of {asked.fleet.model}: {found.source}."
    return f"<p>{text(words)}</p>"


def _data_words(asked: Scenario) -> str:
    from twin.scenario import dataset_names

    try:
        names = list(dataset_names(asked))
    except (ScenarioError, ScenarioErrors):
        names = []
    return f"Recorded traffic: {', '.join(map(str, names))}. " if names else ""
