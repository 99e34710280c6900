"""`nameplate datasets`: list, pull and import datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.data_file import readable
from cli.options import Json, Server, group
from cli.session import answering, err_console, follow, planner, show
from cli.tables import listing, row

app = group("Recorded traffic and benchmarks.")

_KILO = 1e3


@app.command(name="list")
@answering
def list_datasets(server: Server = None, as_json: Json = False) -> None:
    """Show published datasets and your own, and which are on this machine."""
    with planner(server) as client:
        datasets = client.datasets()
    show(datasets, _print_list, as_json=as_json)


@app.command()
@answering
def pull(
    name: Annotated[
        str, typer.Argument(help="Published dataset, see `datasets list`.")
    ],
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Download a published dataset from its publisher, and check it."""
    with planner(server) as client:
        follow(client, client.pull_dataset(name), f"pulling {name}")
        dataset = _named(client.datasets(), name)
    show(dataset, _print_one, as_json=as_json)


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
    with planner(server, readable(file)) as client:
        dataset = client.import_dataset(name, kind, file)
    show(dataset, _print_one, as_json=as_json)


def _named(datasets: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(d for d in datasets if d["name"] == name)


def _print_one(_console: Console, dataset: dict[str, Any]) -> None:
    console = err_console()
    console.print(f"{dataset['name']} is ready: {dataset['path']}", markup=False)
    console.print(f"Licence {dataset['licence']}; cite {dataset['citation']}")
    if dataset.get("checked"):
        console.print(f"Checked: {dataset['checked']}", markup=False)


def _print_list(console: Console, datasets: list[dict[str, Any]]) -> None:
    table = listing("Datasets", "Name", "Kind", "Here", "What it is", "Licence", "kB")
    for item in datasets:
        pullable = item.get("pullable", True)
        here = "yes" if item["present"] else "no, pull it"
        if not item["present"] and not pullable:
            here = "no, not to be pulled"
        size = f"{item['bytes'] / _KILO:,.0f}" if item["present"] else "-"
        row(
            table, item["name"], item["kind"], here, item["title"], item["licence"],
            size,
        )  # fmt: skip
    console.print(table)
