"""`nameplate telemetry`: files and other monitoring systems as sources of readings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.data_file import readable
from cli.options import Json, Server, group
from cli.session import answering, follow, planner, show
from cli.tables import say

app = group("Measured power from files and other monitoring systems.")
SECRET = "NAMEPLATE_PULL_AUTHORIZATION"  # noqa: S105 - the name of a variable


@app.command()
@answering
def upload(
    file: Annotated[Path, typer.Argument(help="CSV, gzipped or not, or Parquet.")],
    source: Annotated[str, typer.Option(help="Host the readings are of.")],
    kind: Annotated[str, typer.Option(help="gpu, host, cpu, psu or meter.")] = "gpu",
    device: Annotated[
        str | None, typer.Option(help="The one device, where no column tells.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of times that name none: Europe/Oslo.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="Start, where times count from it: 2026-01-31T12:00Z."),
    ] = None,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Take a file of readings in: every row is checked before the first is stored."""
    about = {"kind": kind, "device": device, "time_zone": time_zone, "start": start}
    with planner(server, readable(file)) as client:
        found = client.upload_telemetry(file, source=source, **about)
    show(found, _print_upload, as_json=as_json)


@app.command()
@answering
def pull(
    url: Annotated[str, typer.Argument(help="Address of a Prometheus, without /api.")],
    start: Annotated[str, typer.Option(help="First instant: 2026-01-31T12:00:00Z.")],
    end: Annotated[str, typer.Option(help="Last instant.")],
    query: Annotated[
        str | None, typer.Option(help="Selector in PromQL; without it, DCGM's fields.")
    ] = None,
    step_s: Annotated[
        float, typer.Option(help="Seconds between instants: the scrape interval.")
    ] = 15.0,
    source: Annotated[
        str | None, typer.Option(help="Host for series that name none.")
    ] = None,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """
    Fetch a range query from a Prometheus.

    A secret it wants goes into the variable NAMEPLATE_PULL_AUTHORIZATION, whole, as
    "Bearer ..."; it is used once and kept nowhere.
    """
    from store.secret_files import secret

    asked: dict[str, Any] = {
        "url": url, "start": start, "end": end, "step_s": step_s, "source": source,
        "authorization": secret(SECRET) or "",
        **({"query": query} if query else {"preset": "dcgm"}),
    }  # fmt: skip
    with planner(server) as client:
        job = follow(client, client.pull_telemetry(**asked), f"fetching from {url}")
    show(job.get("answer") or {}, _print_pull, as_json=as_json)


def _print_upload(console: Console, found: dict[str, Any]) -> None:
    columns = ", ".join(f"{c} as {f}" for c, f in found["fields"].items())
    say(
        console,
        f"{found['stored']:,} of {found['rows']:,} rows stored; {found['times']}",
        f"columns: {columns}",
    )
    if found["ignored_columns"]:
        say(console, "not known: " + ", ".join(found["ignored_columns"]))
    say(console, *_left_out(found))


def _print_pull(console: Console, found: dict[str, Any]) -> None:
    say(
        console,
        f"{found['samples']:,} samples, {found['stored']:,} readings stored",
        *(f"not kept: {i['name']} ({i['reason']})" for i in found["ignored"][:10]),
        *_left_out(found),
    )


def _left_out(found: dict[str, Any]) -> list[str]:
    return [
        f"left out: {refused['count']:,} values of {refused['field']}, "
        f"{refused['reason']}; {refused['repair']}"
        for refused in found["refused"]
    ]
