"""`nameplate data`: list, pull and import datasets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api.client import ApiProblem, Client
from cli.problem import BAD_INPUT, Problem, ProblemLine
from cli.session import (
    answering,
    err_console,
    follow,
    out_console,
    planner,
    print_json,
    problem_from,
)

app = typer.Typer(help="Recorded traffic and benchmarks.", no_args_is_help=True)

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout.")
]
Server = Annotated[
    str | None,
    typer.Option(envvar="NAMEPLATE_SERVER", help="Ask a running server instead."),
]

_KILO = 1e3


@app.command(name="list")
@answering
def list_datasets(server: Server = None, as_json: Json = False) -> None:
    """Show published datasets and your own, and which are on this machine."""
    with planner(server) as client:
        datasets = client.datasets()
    if as_json:
        print_json(datasets)
    else:
        out_console().print(_table(datasets))


@app.command()
@answering
def pull(
    name: Annotated[str, typer.Argument(help="Published dataset, see `data list`.")],
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Download a published dataset from its publisher, and check it."""
    with planner(server) as client:
        follow(client, client.pull_dataset(name), f"pulling {name}")
        dataset = _named(client.datasets(), name)
    _show(dataset, as_json=as_json)


@app.command(name="import")
@answering
def import_file(
    name: Annotated[str, typer.Argument(help="Name that scenarios will use.")],
    file: Annotated[Path, typer.Argument(help="CSV, gzipped or not.")],
    kind: Annotated[
        str, typer.Option(help="requests (one per line) or rates (per window).")
    ] = "requests",
    server: Server = None,
    as_json: Json = False,
) -> None:
    """
    Take in a CSV of your own, checked line by line.

    Requests: columns t_s, prompt_tokens, output_tokens. Rates: t_s, rate_rps and
    optionally cv, in equal windows.
    """
    if not file.is_file():
        raise Problem(
            "The file cannot be imported",
            [
                ProblemLine(
                    field="FILE", rule="must be a file that can be read",
                    value=str(file), repair="check the path",
                )
            ],
            code=BAD_INPUT,
        )  # fmt: skip
    with planner(server) as client:
        dataset = _imported(client, name, kind, file)
    _show(dataset, as_json=as_json)


def _imported(client: Client, name: str, kind: str, file: Path) -> dict[str, Any]:
    """Import a file; problems of its lines name it as the user did."""
    try:
        return client.import_dataset(name, kind, file)
    except ApiProblem as error:
        found = problem_from(error)
        lines = [
            replace(line, file=str(file)) if _is_of_file(line.field) else line
            for line in found.lines
        ]
        raise Problem(found.title, lines, code=found.code) from error


def _is_of_file(field: str) -> bool:
    return field.startswith(("line ", "file"))


def _named(datasets: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(d for d in datasets if d["name"] == name)


def _show(dataset: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(dataset)
        return
    console = err_console()
    console.print(f"{dataset['name']} is ready: {dataset['path']}", markup=False)
    console.print(f"Licence {dataset['licence']}; cite {dataset['citation']}")
    if dataset.get("checked"):
        console.print(f"Checked: {dataset['checked']}", markup=False)


def _table(datasets: list[dict[str, Any]]) -> Table:
    table = Table(title="Datasets", title_justify="left")
    for name in ("Name", "Kind", "Here", "What it is", "Licence"):
        table.add_column(name, no_wrap=name == "Name")
    table.add_column("kB", justify="right")
    for item in datasets:
        pullable = item.get("pullable", True)
        here = "[green]yes[/]" if item["present"] else "no, pull it"
        if not item["present"] and not pullable:
            here = "no, not to be pulled"
        size = f"{item['bytes'] / _KILO:,.0f}" if item["present"] else "-"
        table.add_row(
            item["name"], item["kind"], here, item["title"], item["licence"], size
        )
    return table
