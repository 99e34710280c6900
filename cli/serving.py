"""`nameplate serving`: published serving systems side by side on one traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import prepare_folder, write_all
from cli.inner_scenario import load_without
from cli.options import Folder, Json, Server
from cli.problem import refusal
from cli.serving_files import run_files
from cli.serving_tables import print_pareto, print_run, print_systems
from cli.session import answering, out_console, planner, progress, show
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
"""Server counts beside the inputs' own, for the curve where they name none."""


@answering
def serving(
    file: Annotated[
        Path | None,
        typer.Argument(help="Inputs in YAML or JSON; without, an hour of chat."),
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
    out: Folder = None,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Run published serving systems on the same traffic: SLO, power, cost, carbon."""
    if known:
        _list(server, as_json=as_json)
        return
    from twin.scenario.serving import ServingInput

    source = None if file is None else load_without(
        ServingInput, file, "a serving run holds none: give systems and traffic, see "
        "examples/serving.yaml",
    )  # fmt: skip
    asked = dict(EXAMPLE if source is None else source.document)
    if systems is not None:
        asked["systems"] = _chosen(systems)
    if pareto and not asked.get("server_counts"):
        asked["server_counts"] = _counts(asked)
    folder = prepare_folder(out)
    points = _POINTS if folder is None else _FINE_POINTS
    title = str(asked.get("name", "Serving systems"))
    with planner(server, source) as client, progress(title) as report:
        found = client.serving_run(asked, points=points, on_progress=report)
    if folder is not None:
        write_all(folder, run_files(found))
    show(found, print_run, as_json=as_json)
    if pareto and not as_json:
        print_pareto(out_console(), found)


def _list(server: str | None, *, as_json: bool) -> None:
    with planner(server) as client:
        found = client.serving_systems()
    show({"items": found}, lambda console, _: print_systems(console, found),
         as_json=as_json)  # fmt: skip


def _chosen(text: str) -> list[Document]:
    """Read the option of systems."""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if keys:
        return [{"key": key} for key in dict.fromkeys(keys)]
    raise refusal(
        "No system was named", "--systems", "must name at least one", text,
        "for example --systems splitwise,greener; --list names all",
    )  # fmt: skip


def _counts(asked: Document) -> list[int]:
    """Server counts about the inputs' own."""
    own = asked.get("server_count", 16)
    if not isinstance(own, int):
        return []  # the planner says what is wrong with it
    found = [max(1, round(own * part)) for part in _AROUND]
    return [n for n in dict.fromkeys(found) if n != own]
