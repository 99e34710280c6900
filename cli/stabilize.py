"""`nameplate stabilize`: training jobs against grid rules, and measures that pass."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import prepare_folder
from cli.problem import ANSWER_IS_NO, CANNOT, Problem, ProblemLine
from cli.scenario_file import ScenarioFile, load_scenario
from cli.session import (
    answering,
    err_console,
    out_console,
    planner,
    print_json,
    problem_from,
    progress,
)
from cli.stabilize_files import write_report, write_search, write_study
from cli.stabilize_tables import print_known, print_search, print_study
from twin.types import Document

_POINTS = 1200
_FINE_POINTS = 5000
_ITERATIONS = 8


@answering
def stabilize(
    file: Annotated[Path | None, typer.Argument(help="Scenario with training.")] = None,
    size: Annotated[
        bool, typer.Option("--size", help="Find the cheapest measures that pass.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="HTML file for the compliance report.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for JSON and CSV.")] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="List rules, ride-through tables and modes.")
    ] = False,
    server: Annotated[str | None, typer.Option(envvar="NAMEPLATE_SERVER")] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit with 1 where a rule fails or is not judged."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Hold training jobs, before and after measures, against utilities' rules."""
    if rules:
        _list_rules(server, as_json=as_json)
        return
    source = load_scenario(_needed(file))
    folder, page = prepare_folder(out), _prepared(report, size=size)
    fine = folder is not None
    found, detail = _ask(source, server, size=size, fine=fine, closer=page is not None)
    if page is not None and detail is not None:
        _announce([write_report(found, detail, source, page)])
    if folder is not None:
        write = write_search if size else write_study
        _announce(write(found, folder))
    if as_json:
        print_json(found)
    elif size:
        print_search(out_console(), found, source.scenario.name)
    else:
        print_study(out_console(), found, source.scenario.name)
    if strict and not (found["best"] is not None if size else found["passes"]):
        raise typer.Exit(ANSWER_IS_NO)


def _list_rules(server: str | None, *, as_json: bool) -> None:
    with planner(server) as client:
        known = client.grid_rules()
    if as_json:
        print_json(known)
    else:
        print_known(out_console(), known)


def _needed(file: Path | None) -> Path:
    """Return the file, or say that there is none."""
    if file is not None:
        return file
    raise Problem(
        "There is nothing to stabilize",
        [
            ProblemLine(
                field="FILE", rule="is needed", value=None,
                repair="name a scenario with training, e.g. examples/stabilize.yaml, "
                "or list what is known with --rules",
            )
        ],
    )  # fmt: skip


def _prepared(report: Path | None, *, size: bool) -> Path | None:
    """Check that the report can be written before any work is done."""
    if report is None:
        return None
    if size:
        raise _no_report(
            "belongs to a run, not to --size", report,
            "put the measures found into the scenario and run it with --report",
        )  # fmt: skip
    if report.is_dir():
        raise _no_report("must be a file", report, "name an HTML file in it")
    try:
        prepare_folder(report.parent)
    except Problem as error:
        raise _no_report(
            "must be a file that can be written", report, error.lines[0].repair,
            code=CANNOT,
        ) from error  # fmt: skip
    return report


def _no_report(rule: str, report: Path, repair: str, **code: int) -> Problem:
    line = ProblemLine(field="--report", rule=rule, value=str(report), repair=repair)
    return Problem("The report cannot be written", [line], **code)


def _ask(
    source: ScenarioFile, server: str | None, *, size: bool, fine: bool, closer: bool
) -> tuple[Document, Document | None]:
    """Run the study or the search; problems point at lines of the file."""
    from api.client import ApiProblem

    scenario = source.document()
    points = _FINE_POINTS if fine else _POINTS
    with planner(server) as client, progress(source.scenario.name) as report:
        question: Document = {"scenario": scenario, "on_progress": report}
        try:
            if size:
                return client.stabilize_size(**question), None
            found = client.stabilize_run(points=points, **question)
            if not closer:
                return found, None
            from_s, to_s = window_s(found)
            return found, client.stabilize_zoom(from_s=from_s, to_s=to_s, **question)
        except ApiProblem as error:
            raise problem_from(error, source) from error


def window_s(study: Document) -> tuple[float, float]:
    """Choose a few iterations about the tightest rule's worst moment. [s]"""
    shown_s = min(
        study["horizon_s"], _ITERATIONS * max(j["iteration_s"] for j in study["jobs"])
    )
    judged = [v["before"] for v in study["verdicts"] if v["before"]]
    timed = [j for j in judged if j["at_s"] is not None]
    worst = min(timed, key=lambda j: j["margin_frac"] or 0.0, default=None)
    middle_s = study["horizon_s"] / 2 if worst is None else worst["at_s"]
    from_s = min(max(0.0, middle_s - shown_s / 4), study["horizon_s"] - shown_s)
    return from_s, from_s + shown_s


def _announce(paths: list[Path]) -> None:
    for path in paths:
        err_console().print(f"wrote {path}", markup=False)
