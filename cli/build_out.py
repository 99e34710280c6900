"""`nameplate cost` and `nameplate build-out`: money, orders and years."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.format import number, percent
from cli.inner_scenario import load_around, load_without
from cli.options import Json, Server
from cli.problem import refusal
from cli.scenario_file import InputFile
from cli.session import answering, planner, progress, show
from cli.tables import look_again, make_table, row, say
from twin.types import Document

AIMS = ("cost", "spend", "carbon", "unmet")
_MILLION = 1e6


@answering
def cost(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Inputs in YAML or JSON, or a scenario with a facility; else defaults."
        ),
    ] = None,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Work out what a site costs over its years, and a server-hour of it."""
    from twin.scenario.cost import CostInput

    source = None if file is None else _named(load_around(CostInput, "site", file))
    with planner(server, source) as client, progress("Cost") as report:
        found = client.cost(_given(source), on_progress=report)
    show(found, print_cost, as_json=as_json)


@answering
def build_out(
    file: Annotated[
        Path | None, typer.Argument(help="Inputs in YAML or JSON; else defaults.")
    ] = None,
    explain: Annotated[
        bool, typer.Option(help="Try each limit without, to say which bind.")
    ] = True,
    front: Annotated[
        str | None,
        typer.Option(help="Two of cost, spend, carbon, unmet, a comma between: plans "
                     "between them."),
    ] = None,
    points: Annotated[int, typer.Option(min=2, max=20, help="Most of these.")] = 6,
    server: Server = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Find what to order, and when, for a growing demand."""
    between = None if front is None else _between(front) | {"points": points}
    from twin.scenario.build_out import BuildOutInput

    source = None if file is None else load_without(
        BuildOutInput, file, "a build-out holds none: give demand and blocks, see "
        "examples/build_out.yaml",
    )  # fmt: skip
    with planner(server, source) as client, progress("Build-out") as report:
        found = client.build_out(
            _given(source), explain=explain, front=between, on_progress=report
        )
    show(found, print_build_out, as_json=as_json)


def _given(source: InputFile | None) -> Document | None:
    return None if source is None else source.document


def _named(source: InputFile) -> InputFile:
    """Call a cost by the name of its site where it has none of its own."""
    site = source.document.get("site")
    if isinstance(site, dict) and isinstance(site.get("name"), str):
        source.document.setdefault("name", site["name"])
    return source


def _between(text: str) -> dict[str, Any]:
    """Two aims with a comma between."""
    first, _, second = (part.strip() for part in text.partition(","))
    if first not in AIMS or second not in AIMS or first == second:
        raise refusal(
            "There are no plans between these aims", "--front",
            f"must be two of {', '.join(AIMS)}, a comma between", text,
            "for example --front cost,carbon",
        )  # fmt: skip
    return {"first": first, "second": second}


# --- printing -------------------------------------------------------------------------


def print_cost(console: Console, found: Document) -> None:
    """Print the parts, the first year's bill and the levelised cost."""
    years = len(found["years"]) - 1
    table = make_table(
        f"{found['name']}: {found['server_count']:,} servers, {years} years",
        "Part", "Million USD", "Share", "USD per server-hour",
    )  # fmt: skip
    for part in found["parts"]:
        row(
            table, part["label"], _millions(part["present_usd"]),
            percent(part["share_frac"], 1), number(part["usd_per_server_h"], 3),
        )  # fmt: skip
    row(
        table, "Net present cost", _millions(found["net_present_cost_usd"]),
        percent(1.0, 1), number(found["cost_per_server_h_usd"], 3),
    )  # fmt: skip
    console.print(table)
    say(console, *look_again(found))
    bill = found["bill"]
    say(
        console,
        f"first year: {number(bill['energy_kwh'] / 1e6, 2)} GWh for "
        f"{_millions(bill['energy_usd'])} and {_millions(bill['demand_usd'])} million "
        f"USD of demand charge, peak {number(max(bill['peak_kw']))} kW, PUE "
        f"{number(found['pue'], 3)}",
    )
    say(
        console,
        f"at the start: {_millions(found['capital_usd'])} million USD; all years: "
        f"{number(found['carbon_t'])} t CO2, {number(found['water_m3'])} m3 of water; "
        f"{number(found['cost_per_it_kwh_usd'], 3)} USD per IT kWh",
    )


def print_build_out(console: Console, found: Document) -> None:
    """Print capacity against demand, orders, and what limits the plan."""
    plan = found["plan"]
    console.print(_periods(plan))
    say(console, *look_again(found))
    say(
        console,
        *(f"{o['text']} ({_millions(o['usd'])} million USD)" for o in plan["orders"]),
        _summary(plan),
        *(f"late: {text}" for text in found["late"]),
        *(f"limit: {binding['text']}" for binding in found["binding"]),
    )
    if found["front"]:
        console.print(_front(found["front"]))


def _periods(plan: Document) -> Table:
    kinds = list(plan["periods"][0]["capacity_w"])
    table = make_table(
        f"{plan['name']}, aim {plan['aim']}: needed of MW there", "Period", "Wanted",
        "Served", *kinds, "Ordered, million USD", ("Full", "left"),
    )  # fmt: skip
    for p in plan["periods"]:
        carried = (
            f"{number(p['need_w'][k] / _MILLION, 1)} of "
            f"{number(p['capacity_w'][k] / _MILLION, 1)}"
            for k in kinds
        )
        row(
            table, p["label"], number(p["wanted"]), number(p["served"]), *carried,
            _millions(p["ordered_usd"]), ", ".join(p["short"]),
        )  # fmt: skip
    return table


def _summary(plan: Document) -> str:
    return (
        f"net present cost {_millions(plan['net_present_cost_usd'])} million USD, "
        f"{number(plan['cost_per_server_h_usd'], 2)} USD per server-hour, "
        f"{number(plan['carbon_t'])} t CO2, {percent(plan['unmet_frac'], 1)} of demand "
        f"unserved, {number(plan['stranded_w'] / _MILLION, 2)} MW stranded on average "
        f"({plan['status']}, within {percent(plan['gap_frac'], 2)} of the best)"
    )


def _front(points: list[Document]) -> Table:
    table = make_table(
        "Plans between two aims", ("Net present cost, million USD", "right"),
        "Spent, million USD", "t CO2", "Server-years unserved",
    )  # fmt: skip
    for p in points:
        row(
            table, _millions(p["net_present_cost_usd"]), _millions(p["spend_usd"]),
            number(p["carbon_t"]), number(p["unmet_server_years"], 1),
        )  # fmt: skip
    return table


def _millions(usd: float | None) -> str:
    return number(None if usd is None else usd / _MILLION, 2)
