"""`nameplate query-energy`: watt-hours, carbon, water and cost of a query."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.format import number
from cli.options import Json, Server
from cli.scenario_file import load_inputs
from cli.session import answering, planner, show
from cli.tables import make_table, row, say
from twin.types import Document

_ROWS = (
    ("energy_wh", "Wh", 3), ("carbon_g", "g CO2", 3), ("water_ml", "mL water", 3),
    ("cost_usd", "USD", 5), ("tokens_per_s", "tokens/s of a node", 0),
)  # fmt: skip


@answering
def query_energy(
    file: Annotated[
        Path | None, typer.Argument(help="Inputs in YAML or JSON; else the preset's.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="v1, v2, nvidia-405b, measured-llama-405b and others."),
    ] = None,
    draws: Annotated[int | None, typer.Option(help="Draws of the Monte Carlo.")] = None,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Work out what a query takes, with its scatter, and a fleet's day."""
    source = None if file is None else load_inputs(file)
    query: Document = {} if source is None else dict(source.document)
    query |= {} if preset is None else {"preset": preset}
    query |= {} if draws is None else {"draws": draws}
    with planner(server, source) as client:
        found = client.query_energy(query)
    show(found, print_query, as_json=as_json)


def print_query(console: Console, found: Document) -> None:
    """Print both classes of query, the fleet's day, and what saves."""
    changed = ", ".join(found["changed"])
    say(console, found["title"] + (f"; given: {changed}" if changed else ""))
    table = make_table(
        f"Per query, {found['draws']:,} draws", "Class", ("Quantity", "left"), "P5",
        "P50", "P95", "Mean",
    )  # fmt: skip
    for kind in ("typical", "long"):
        for name, unit, digits in _ROWS:
            shown = found[kind][name]
            figures = (number(shown[p], digits) for p in ("p5", "p50", "p95", "mean"))
            row(table, kind, unit, *figures)
    console.print(table)
    fleet = found["fleet"]
    say(
        console,
        f"fleet: {number(fleet['energy_gwh'], 3)} GWh a day "
        f"({number(fleet['mean_megawatt'], 1)} MW), {number(fleet['carbon_t'])} t CO2, "
        f"{number(fleet['water_m3'])} m3 of water; with every pathway "
        f"{number(found['fleet_after']['energy_gwh'], 3)} GWh",
    )
    for saving in found["savings"]:
        factors = ", ".join(
            f"{kind} ÷ {number(p['p50'], 2)}" for kind, p in saving["reduction"].items()
        )
        say(console, f"{saving['name']}: {factors} ({saving['mark']})")
    first = found["typical"]["tornado"][0]
    say(
        console,
        f"a typical query scatters most by {first['input']}: "
        f"{number(first['low_wh'], 3)} to {number(first['high_wh'], 3)} Wh",
    )
