"""Report of a site: power, heat, what happened, and every failure where screened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import format as say
from app.figures.one_line import utilisation
from app.report import site_figures as figures
from app.report.failures import cases, failures_said
from app.report.inputs import scenario_of
from app.report.page import Report, Section, key_figures
from app.report.row import asked_section, closing_sections
from app.site_words import failures_figures, failures_words
from twin.scenario import Scenario

Json = dict[str, Any]
_LEAVE = ("plan", "training")
LEFT_OUT = (
    "Fault currents, arc flash and selectivity of protection below its thermal curve.",
    "Voltage along the conductors; power is balanced except where phases are stated.",
    "Air mixing inside a rack, and the building's own thermal mass beyond its halls.",
)
UNCOVERED = (
    "The power network, its protection and the cooling plant are held against hand "
    "calculations and conservation laws in the tests; no published run of a whole site "
    "was found to hold them against."
)


def site_report(
    run: Json, failures: Json | None = None, scenario: Json | None = None
) -> Report:
    """
    Lay out the report of a site.

    Args:
        run: Answer of a site's run.
        failures: Screening of its failures; None leaves that out.
        scenario: What was asked; None where it is not known.
    """
    over = [n for n in run["nodes"] if (utilisation(n) or 0.0) > 1.0]
    throttled_s = sum(r["throttled_s"] for r in run["racks"])
    high = [r for r in run["rows"] if r["peak_frac"] > 1.0]
    good = not (over or high or run["lost_server_s"] or throttled_s)
    brakes = sum(r["brakes"] for r in run["rows"])
    more = run["server_count"] / run["provisioned_servers"] - 1
    answer = f"{run['server_count']:,} servers ({say.percent(more, 0, signed=True)})"
    said = [f"{'fit' if good else 'do not fit'}: {run['binding']}"]
    if over:
        said.append(f"{len(over)} nodes pass their limit when one other is lost")
    if high:
        most = say.percent(max(r["peak_frac"] for r in high))
        said.append(f"{len(high)} of {len(run['rows'])} rows pass their limit in the "
                    f"run, at most {most}")  # fmt: skip
    if brakes:
        said.append(f"the power brake is pulled {brakes:,} times")
    if run["lost_server_s"]:
        lost = figures.hours(run["lost_server_s"])
        said.append(f"{lost} server hours are lost in the run")
    if throttled_s:
        said.append(f"GPUs throttle for {figures.hours(throttled_s)} server hours")
    if failures is not None:
        said.append(failures_said(failures))
    return Report(
        kind="Site", title=str(run["name"]), answer=answer, rest="; ".join(said),
        good=None if good and high else good,
        sections=tuple(_sections(run, failures, scenario)),
    )  # fmt: skip


def _sections(run: Json, failures: Json | None, scenario: Json | None) -> list[Section]:
    asked = scenario_of(scenario)
    found: list[Section] = [
        ("What was asked", asked_section(asked, _words(run), leave=_LEAVE)),
        ("Key figures", figures.numbers(run)),
        ("Power over time", figures.power(run)),
        ("Tightest nodes", figures.nodes(run)),
        ("Rows", figures.rows_table(run)),
        ("Heat", figures.heat(run)),
        ("What happened", figures.events(run)),
    ]
    if failures is not None:
        found.append(("Failures", cases(failures)))
    commands = ["nameplate site scenario.yaml --out out/"]
    calls = [("/site/run", '{"scenario": …}, the inputs as JSON')]
    if failures is not None:
        commands.append("nameplate failures scenario.yaml")
        calls.append(("/site/failures", "the same"))
    return found + _closing(asked, run, commands, calls)


def failures_report(failures: Json, run: Json, scenario: Json | None) -> Report:
    """
    Lay out the report of a site's failures.

    Args:
        failures: Screening of its failures.
        run: Run of the site without them.
        scenario: What was asked; None where it is not known.
    """
    words, asked = failures_words(failures), scenario_of(scenario)
    found: list[Section] = [
        ("What was asked", asked_section(asked, _words(run), leave=_LEAVE)),
        ("Key figures", key_figures(failures_figures(failures))),
        ("Failures", cases(failures)),
        ("Tightest nodes", figures.nodes(run)),
    ]
    closing = _closing(
        asked, failures, ["nameplate failures scenario.yaml"],
        [("/site/failures", '{"scenario": …}, the inputs as JSON')],
    )  # fmt: skip
    return Report(
        kind="Site: failures", title=str(run["name"]), answer=f"{words.headline};",
        rest=words.detail, good=words.fits, sections=(*found, *closing),
    )  # fmt: skip


def _closing(
    asked: Scenario | None, answer: Json, commands: Sequence[str],
    calls: Sequence[tuple[str, str]],
) -> list[Section]:  # fmt: skip
    return closing_sections(
        asked, answer.get("provenance") or {}, commands, calls, leave=_LEAVE,
        suites=("row", "polca", "tapas"), uncovered=UNCOVERED,
        left_out=LEFT_OUT,
    )  # fmt: skip


def _words(run: Json) -> str:
    return (
        f"{run['server_count']:,} servers in {_many(run, 'racks')}, "
        f"{_many(run, 'rows')} and {_many(run, 'halls')} behind "
        f"{len(run['nodes']):,} power nodes, planned for "
        f"{run['provisioned_servers']:,}, under {say.policy_title(run['policy'])}; "
        f"{run['horizon_s'] / 86_400:g} d in ticks of {run['tick_s']:g} s. The inputs "
        "that differ from their defaults:"
    )


def _many(run: Json, noun: str) -> str:
    count = len(run[noun])
    return f"{count:,} {noun if count != 1 else noun[:-1]}"
