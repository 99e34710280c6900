"""`nameplate plan` and `nameplate run`: one row, searched or as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.files import announce, prepare_folder, write_plan, write_run
from cli.options import File, Json, Server, strict_if
from cli.problem import ANSWER_IS_NO
from cli.render import best_lines, plan_table, print_run
from cli.scenario_file import load_scenario
from cli.session import answering, follow, planner, show
from cli.tables import say
from twin.types import Document

if TYPE_CHECKING:
    from api.client import Client

Out = Annotated[
    Path | None, typer.Option(help="Folder for JSON, CSV, Parquet and HTML report.")
]
Strict = Annotated[bool, strict_if("the answer is no")]


@answering
def plan(
    file: File,
    out: Out = None,
    server: Server = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Find the largest server count that meets the service levels, per policy."""
    source = load_scenario(file)
    folder = prepare_folder(out)
    with planner(server, source) as client:
        job = client.create_plan(source.document())
        key = _answered(client, job, source.name)
        result = client.plan_result(key)
        if folder is not None:
            announce(write_plan(client, result, key, folder))
    show(result, _print_plan, as_json=as_json)
    if strict and all(best is None for best in result["best"].values()):
        raise typer.Exit(ANSWER_IS_NO)


@answering
def run(
    file: File,
    out: Out = None,
    server: Server = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Run one scenario as it stands."""
    source = load_scenario(file)
    folder = prepare_folder(out)
    with planner(server, source) as client:
        job = client.create_run(source.document())
        key = _answered(client, job, source.name)
        result = client.run_result(key)
        if folder is not None:
            announce(write_run(client, source.document(), result, key, folder))
    show(result, print_run, as_json=as_json)
    if strict and not result["meets_slo"]:
        raise typer.Exit(ANSWER_IS_NO)


def _answered(client: Client, job: Document, title: str) -> str:
    """Wait for a job; the id of its result."""
    return str(follow(client, job, title)["result"]["id"])


def _print_plan(console: Console, plan: Document) -> None:
    console.print(plan_table(plan))
    say(console, *best_lines(plan))
