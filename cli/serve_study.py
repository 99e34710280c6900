"""`nameplate serve-study`: published serving systems side by side on one traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import prepare_folder
from cli.problem import Problem, ProblemLine
from cli.scenario_file import InputFile, load_inputs
from cli.serve_study_files import write_study
from cli.serve_study_tables import print_pareto, print_study, print_systems
from cli.session import (
    answering,
    err_console,
    out_console,
    planner,
    print_json,
    problem_from,
    progress,
)
from twin.types import Document

EXAMPLE: Document = {
    "name": "Chat on 16 servers",
    "systems": [
        {"key": key} for key in ("baseline", "splitwise", "greener", "dynamollm")
    ],
}
"""What is run without a file: an hour of chat at 20 requests a second."""
_POINTS = 600
_FINE_POINTS = 2000
_AROUND = (0.5, 0.75, 1.25)
"""Server counts beside the study's own, for the curve where it names none."""

Server = Annotated[
    str | None, typer.Option(envvar="NAMEPLATE_SERVER", help="Ask a running server.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@answering
def serve_study(
    file: Annotated[
        Path | None,
        typer.Argument(help="Study in YAML or JSON; without one, an hour of chat."),
    ] = None,
    systems: Annotated[
        str | None,
        typer.Option(help="Systems instead of the file's, with commas between."),
    ] = None,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="Add the curve of SLO against watts.")
    ] = False,
    known: Annotated[
        bool, typer.Option("--list", help="List the systems and their knobs.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for JSON and CSV.")] = None,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Run published serving systems on the same traffic: SLO, power, cost, carbon."""
    if known:
        _list(server, as_json=as_json)
        return
    source = None if file is None else load_inputs(file)
    study = dict(EXAMPLE if source is None else source.document)
    if systems is not None:
        study["systems"] = _chosen(systems)
    if pareto and not study.get("server_counts"):
        study["server_counts"] = _counts(study)
    folder = prepare_folder(out)
    found = _ask(study, source, server, fine=folder is not None)
    if folder is not None:
        for path in write_study(found, folder):
            err_console().print(f"wrote {path}", markup=False)
    if as_json:
        print_json(found)
        return
    print_study(out_console(), found)
    if pareto:
        print_pareto(out_console(), found)


def _ask(
    study: Document, source: InputFile | None, server: str | None, *, fine: bool
) -> Document:
    """Run the study; problems point at lines of the file."""
    from api.client import ApiProblem

    title = str(study.get("name", "Serving study"))
    with planner(server) as client, progress(title) as report:
        try:
            return client.serve_study(
                study, points=_FINE_POINTS if fine else _POINTS, on_progress=report
            )
        except ApiProblem as error:
            raise problem_from(error, source) from error


def _list(server: str | None, *, as_json: bool) -> None:
    with planner(server) as client:
        found = client.serving_systems()
    if as_json:
        print_json({"items": found})
    else:
        print_systems(out_console(), found)


def _chosen(text: str) -> list[Document]:
    """Read the option of systems."""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if keys:
        return [{"key": key} for key in dict.fromkeys(keys)]
    raise Problem(
        "No system was named",
        [
            ProblemLine(
                field="--systems", rule="must name at least one", value=text,
                repair="for example --systems splitwise,greener; --list names all",
            )
        ],
    )  # fmt: skip


def _counts(study: Document) -> list[int]:
    """Server counts about the study's own."""
    own = study.get("server_count", 16)
    if not isinstance(own, int):
        return []  # the planner says what is wrong with it
    found = [max(1, round(own * part)) for part in _AROUND]
    return [n for n in dict.fromkeys(found) if n != own]
