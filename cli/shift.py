"""`nameplate shift`: deferrable work moved in time by carbon, price or headroom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app.format import number, percent
from cli.inner_scenario import load_without
from cli.options import Json, Server
from cli.problem import Problem
from cli.scenario_file import InputFile
from cli.session import answering, planner, show
from cli.tables import kilo, make_table, row, say
from twin.types import Document


@answering
def shift(
    file: Annotated[Path, typer.Argument(help="Jobs and headroom in YAML or JSON.")],
    grid: Annotated[
        str | None,
        typer.Option(help="Year of prices and carbon for what the file leaves out."),
    ] = None,
    start: Annotated[
        str, typer.Option(help="First hour of the grid, with --grid.")
    ] = "2022-07-05T00:00:00Z",
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Move work that may wait inside its deadlines and the site's headroom."""
    from twin.scenario.shifting import ShiftInput

    source = load_without(ShiftInput, file, "a shift holds none: give jobs and "
                          "headroom_w, see examples/shift.yaml")  # fmt: skip
    with planner(server, source) as client:
        asked = source.document
        if grid is not None:
            asked = _signals(client, source, grid, start) | asked
        found = client.shift(asked)
    show(found, print_shift, as_json=as_json)


def _signals(client: Any, source: InputFile, grid: str, start: str) -> Document:
    """Read the hours of a year that the file's steps are."""
    document = source.document
    if document.get("step_h", 1) != 1 or not isinstance(
        document.get("headroom_w"), list
    ):
        wrong = {
            "field": "step_h", "rule": "must be 1, with a headroom_w per hour, for "
            "--grid", "value": document.get("step_h"),
            "repair": "give hours, or put the signals into the file",
        }  # fmt: skip
        raise Problem("The grid's hours do not fit", source.locate([wrong]))
    hours = client.grid_hours(grid, start=start, hours=len(document["headroom_w"]))
    return {name: hours[name] for name in ("carbon_g_per_kwh", "price_usd_per_mwh")}


def print_shift(console: Console, found: Document) -> None:
    """Print each job's times, and what moving them saves."""
    table = make_table(
        f"Shifted by {found['aim']} ({found['method']})", "Job", "From, h", "To, h",
        "Deadline, h", "Later by, h",
    )  # fmt: skip
    for job in found["jobs"]:
        times = (job[n] for n in ("start_h", "end_h", "deadline_h", "delay_h"))
        row(table, job["name"], *(number(t, 2) for t in times))
    console.print(table)
    for title, name in (("at arrival", "at_arrival"), ("shifted", "shifted")):
        one = found[name]
        say(
            console,
            f"{title}: {number(one['carbon_kg'], 1)} kg CO2, "
            f"{number(one['cost_usd'], 2)} USD, peak {kilo(one['peak_w'])} kW, least "
            f"spare {kilo(one['least_spare_w'])} kW",
        )
    say(console, f"saved: {percent(found['saved_frac'], 1)} of the {found['aim']}")
    if found["regret_frac"] is not None:
        say(console, f"the forecast's error cost {percent(found['regret_frac'], 1)}")
