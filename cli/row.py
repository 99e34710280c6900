"""`nameplate plan` and `nameplate run`: one row, searched or as it stands."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.files import best_changes, prepare_folder, write_answer
from cli.options import File, Json, Server, strict_if
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
    result = _answered("plan", file, out, server)
    none = all(best is None for best in result["best"].values())
    show(result, _print_plan, as_json=as_json, no=strict and none)


@answering
def run(
    file: File,
    out: Out = None,
    server: Server = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Run one scenario as it stands."""
    result = _answered("run", file, out, server)
    show(result, print_run, as_json=as_json, no=strict and not result["meets_slo"])


def _answered(kind: str, file: Path, out: Path | None, server: str | None) -> Document:
    """Have a job done and wait for it; write its answer where a folder is named."""
    source, folder = load_scenario(file), prepare_folder(out)
    asked = source.document()
    with planner(server, source) as client:
        create, read = (
            getattr(client, n) for n in (f"create_{kind}", f"{kind}_result")
        )
        key = follow(client, create(asked), source.name)["result"]["id"]
        found: Document = read(key)
        if folder is not None:
            page = _report(client, asked, found if kind == "plan" else None)
            write_answer(folder, kind, found, partial(read, key), page)
    return found


def _report(client: Client, asked: Document, plan: Document | None) -> str:
    """Draw a scenario, or the best that its plan found."""
    from app.report.kinds import report_of

    if plan is None:
        return report_of(client.what_if(asked))
    shown = client.what_if(plan["scenario"], changes=best_changes(plan))
    return report_of(shown, plan=plan)


def _print_plan(console: Console, plan: Document) -> None:
    console.print(plan_table(plan))
    say(console, *best_lines(plan))
