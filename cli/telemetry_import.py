"""`nameplate telemetry`: files and other monitoring systems as sources of readings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api.client import ApiProblem, Client
from cli.problem import BAD_INPUT, Problem, ProblemLine
from cli.session import (
    answering,
    follow,
    out_console,
    planner,
    print_json,
    problem_from,
)
from store.secret_files import secret

app = typer.Typer(
    help="Measured power from files and other monitoring systems.", no_args_is_help=True
)

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout.")
]
Server = Annotated[
    str | None,
    typer.Option(envvar="NAMEPLATE_SERVER", help="Ask a running server instead."),
]
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
    if not file.is_file():
        raise _wrong(
            "FILE", "must be a file that can be read", str(file), "check the path"
        )
    about = {"kind": kind, "device": device, "time_zone": time_zone, "start": start}
    with planner(server) as client:
        found = _uploaded(client, file, source, about)
    if as_json:
        print_json(found)
        return
    _say(f"{found['stored']:,} of {found['rows']:,} rows stored; {found['times']}")
    _say("columns: " + ", ".join(f"{c} as {f}" for c, f in found["fields"].items()))
    if found["ignored_columns"]:
        _say("not known: " + ", ".join(found["ignored_columns"]))
    _say_refused(found)


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
    asked: dict[str, Any] = {
        "url": url, "start": start, "end": end, "step_s": step_s, "source": source,
        "authorization": secret(SECRET) or "",
        **({"query": query} if query else {"preset": "dcgm"}),
    }  # fmt: skip
    with planner(server) as client:
        job = follow(client, client.pull_telemetry(**asked), f"fetching from {url}")
    found = job.get("answer") or {}
    if as_json:
        print_json(found)
        return
    _say(f"{found['samples']:,} samples, {found['stored']:,} readings stored")
    for ignored in found["ignored"][:10]:
        _say(f"not kept: {ignored['name']} ({ignored['reason']})")
    _say_refused(found)


def _uploaded(
    client: Client, file: Path, source: str, about: dict[str, str | None]
) -> dict[str, Any]:
    """Send a file; problems of its lines name it as the user did."""
    try:
        return client.upload_telemetry(file, source=source, **about)
    except ApiProblem as error:
        found = problem_from(error)
        lines = [
            replace(line, file=str(file))
            if line.field.startswith(("line ", "file"))
            else line
            for line in found.lines
        ]
        raise Problem(found.title, lines, code=found.code) from error


def _say_refused(found: dict[str, Any]) -> None:
    for refused in found["refused"]:
        _say(
            f"left out: {refused['count']:,} values of {refused['field']}, "
            f"{refused['reason']}; {refused['repair']}"
        )


def _say(text: str) -> None:
    out_console().print(text, markup=False, highlight=False)


def _wrong(field: str, rule: str, value: str, repair: str) -> Problem:
    line = ProblemLine(field=field, rule=rule, value=value, repair=repair)
    return Problem("The file cannot be read", [line], code=BAD_INPUT)
