"""`nameplate stabilize`: training jobs against grid rules, and measures that pass."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.files import announce, prepare_file, prepare_folder, write_all
from cli.options import Folder, Json, Server, strict_if
from cli.problem import refusal
from cli.scenario_file import ScenarioFile, load_scenario
from cli.session import answering, planner, progress, show
from cli.stabilize_files import run_files, search_files, write_report
from cli.stabilize_tables import print_known, print_run, print_search
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
    out: Folder = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="List rules, ride-through tables and modes.")
    ] = False,
    server: Server = None,
    strict: Annotated[bool, strict_if("a rule fails or is not judged")] = False,
    as_json: Json = False,
) -> None:
    """Hold training jobs, before and after measures, against utilities' rules."""
    if rules:
        with planner(server) as client:
            known = client.grid_rules()
        show(known, print_known, as_json=as_json)
        return
    source = load_scenario(_needed(file))
    folder = prepare_folder(out)
    if size and report is not None:
        raise refusal(
            "The report cannot be written",
            "--report", "belongs to a run, not to --size", str(report),
            "put the measures found into the scenario and run it with --report",
        )  # fmt: skip
    prepare_file(report, option="--report")
    fine = folder is not None
    found, detail = _ask(
        source, server, size=size, fine=fine, closer=report is not None
    )
    if report is not None and detail is not None:
        announce([write_report(found, detail, source, report)])
    if folder is not None:
        write_all(folder, (search_files if size else run_files)(found))
    draw = partial(print_search if size else print_run, name=source.name)
    holds = found["best"] is not None if size else found["passes"]
    show(found, draw, as_json=as_json, no=strict and not holds)


def _needed(file: Path | None) -> Path:
    """Return the file, or say that there is none."""
    if file is not None:
        return file
    raise refusal(
        "There is nothing to stabilize", "FILE", "is needed", None,
        "name a scenario with training, e.g. examples/stabilize.yaml, or list what is "
        "known with --rules",
    )  # fmt: skip


def _ask(
    source: ScenarioFile, server: str | None, *, size: bool, fine: bool, closer: bool
) -> tuple[Document, Document | None]:
    """Run it or search; a run with a closer look where one is wanted."""
    points = _FINE_POINTS if fine else _POINTS
    with planner(server, source) as client, progress(source.name) as report:
        question: Document = {"scenario": source.document(), "on_progress": report}
        if size:
            return client.stabilize_size(**question), None
        found = client.stabilize_run(points=points, **question)
        if not closer:
            return found, None
        from_s, to_s = window_s(found)
        return found, client.stabilize_zoom(from_s=from_s, to_s=to_s, **question)


def window_s(run: Document) -> tuple[float, float]:
    """Choose a few iterations about the tightest rule's worst moment. [s]"""
    shown_s = min(
        run["horizon_s"], _ITERATIONS * max(j["iteration_s"] for j in run["jobs"])
    )
    judged = [v["before"] for v in run["verdicts"] if v["before"]]
    timed = [j for j in judged if j["at_s"] is not None]
    worst = min(timed, key=lambda j: j["margin_frac"] or 0.0, default=None)
    middle_s = run["horizon_s"] / 2 if worst is None else worst["at_s"]
    from_s = min(max(0.0, middle_s - shown_s / 4), run["horizon_s"] - shown_s)
    return from_s, from_s + shown_s
