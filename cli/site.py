"""Verbs of the physical site: run it, follow its failures, try TAPAS's levers."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.format import MISSING, percent
from cli.files import prepare_folder, write_tables
from cli.options import Folder, Json, Server, SiteFile, strict_if
from cli.scenario_file import load_scenario
from cli.session import answering, planner, progress, show
from cli.tables import clock, hidden, kilo, look_again, make_table, row, say
from twin.types import Document

_MOST_EVENTS = 12
_LOUD = {
    "event", "trip", "on-store", "store-empty", "generator-start", "generator-ready",
    "too-hot",
}  # fmt: skip


class Emergency(StrEnum):
    """What strikes on the last afternoon."""

    none = "none"
    power = "power"
    airflow = "airflow"


@answering
def site(
    file: SiteFile,
    out: Folder = None,
    server: Server = None,
    strict: Annotated[bool, strict_if("servers were lost")] = False,
    as_json: Json = False,
) -> None:
    """Run a whole site: power, protection, cooling and control on one clock."""
    folder = prepare_folder(out)
    found = _ask(file, server, "site_run", series=out is not None)
    if folder is not None:
        tables = {name: found[name] for name in ("nodes", "racks", "rows")}
        write_tables(folder, "site", found, tables)
    lost = strict and found["lost_server_s"] > 0
    show(found, _print_site, as_json=as_json, no=lost)


@answering
def failures(
    file: SiteFile,
    pairs: Annotated[
        bool, typer.Option("--pairs/--no-pairs", help="Follow pairs of failures too.")
    ] = True,
    top: Annotated[int, typer.Option(min=1, help="Cases printed.")] = 25,
    server: Server = None,
    strict: Annotated[bool, strict_if("one failure loses servers")] = False,
    as_json: Json = False,
) -> None:
    """Follow every failure, and every pair, at the site's worst hour."""
    found = _ask(file, server, "site_failures", pairs=pairs)
    lost = any(c["lost_servers"] for c in found["cases"] if len(c["failed"]) == 1)
    draw = partial(_print_failures, top=top)
    show(found, draw, as_json=as_json, no=strict and lost)


@answering
def fit(
    file: SiteFile,
    servers: Annotated[
        int, typer.Option(min=0, help="Servers to find a place for.")
    ] = 0,
    server_w: Annotated[
        float | None,
        typer.Option(min=1, help="Draw of one at the worst hour [W]; as now if empty."),
    ] = None,
    server: Server = None,
    strict: Annotated[bool, strict_if("some find no place")] = False,
    as_json: Json = False,
) -> None:
    """Find how many more servers each row takes under any single loss."""
    found = _ask(file, server, "site_fit", servers=servers, server_w=server_w)
    left = strict and found["unplaced_servers"]
    show(found, _print_fit, as_json=as_json, no=left)


@answering
def schedule(
    file: SiteFile,
    emergency: Annotated[
        Emergency,
        typer.Option(
            help="power: 75 % of every row's limit for five minutes; airflow: 90 % of "
            "every aisle's air for an hour."
        ),
    ] = Emergency.none,
    added: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Servers beyond those planned, 0.3 is +30 %; without it "
            "the racks as they are.",
        ),
    ] = None,
    iaas: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of opaque machines; racks may say it."),
    ] = 0.5,
    days: Annotated[int, typer.Option(min=1, max=7, help="Days simulated.")] = 2,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Try placing, routing and configuring on a site: each alone, and all of them."""
    found = _ask(
        file, server, "site_schedule", emergency=emergency.value,
        oversubscription_frac=added, iaas_frac=iaas, days=days,
    )  # fmt: skip
    show(found, _print_schedule, as_json=as_json)


def _ask(file: Path, server: str | None, name: str, **more: Any) -> Document:
    """Ask about a scenario; problems point at lines of its file."""
    source = load_scenario(file)
    with planner(server, source) as client, progress(source.name) as report:
        found: Document = getattr(client, name)(
            scenario=source.document(), on_progress=report, **more
        )
    return found


# --- words and tables ---------------------------------------------------------------


def _print_site(console: Console, found: Document) -> None:
    added = found["server_count"] - found["provisioned_servers"]
    lost_min = found["lost_server_s"] / 60
    count, days = found["server_count"], found["horizon_s"] / 86_400
    whole = f"{count} servers ({added:+d} to plan), {found['policy']}, {days:g} d"
    heat = f"PUE {found['pue']:.3f}, hottest GPU {found['hottest_c']:.1f} C"
    say(
        console,
        f"{found['name']}: {whole}",
        f"binding: {found['binding']}",
        f"{heat}, {lost_min:,.0f} server minutes lost",
        *look_again(found),
    )
    nodes = make_table(
        "Nodes, kW", "Name", ("Kind", "left"), "Limit", "Peak", "After worst loss",
        "of", "Headroom", "Nameplate ÷ limit", "Losses, %",
    )  # fmt: skip
    for n in found["nodes"]:
        if n["rated_w"] is None:
            continue
        share = 100 * n["loss_wh"] / n["in_wh"] if n["in_wh"] else 0.0
        row(
            nodes, n["name"], n["kind"], kilo(n["limit_w"]), kilo(n["peak_w"]),
            kilo(n["failover_w"]), n["failover_cause"] or MISSING,
            kilo(n["headroom_w"]), f"{n['oversubscription_ratio']:.2f}",
            f"{share:.1f}",
        )  # fmt: skip
    console.print(nodes)
    rows = make_table(
        "Rows", "Name", ("Nodes", "left"), "Peak, %", "Caps low/high", "Brakes"
    )
    for r in found["rows"]:
        row(
            rows, r["name"], " + ".join(r["nodes"]), f"{100 * r['peak_frac']:.1f}",
            f"{r['caps_low']}/{r['caps_high']}", str(r["brakes"]),
        )  # fmt: skip
    console.print(rows)
    print_events(console, found["events"])


def print_events(console: Console, events: list[Document]) -> None:
    """Print the first events that matter, and how many more there are."""
    loud = [e for e in events if e["kind"] in _LOUD]
    shown = loud[:_MOST_EVENTS]
    say(console, *(f"{clock(e['t_s'])}  {e['kind']:16} {e['target']}" for e in shown))
    say(console, *hidden(loud, _MOST_EVENTS))


def _print_fit(console: Console, found: Document) -> None:
    asked = found["placed_servers"] + found["unplaced_servers"]
    if asked:
        say(console, f"{found['placed_servers']} of {asked} servers find a place")
    rows = make_table(
        "Rows, each alone", "Row", ("Next would overload", "left"), "Servers", "Room",
        "Put here",
    )  # fmt: skip
    for r in found["rows"]:
        row(
            rows, r["row"], r["words"], str(r["server_count"]),
            f"+{r['more_servers']}", str(r["placed_servers"]) if asked else MISSING,
        )  # fmt: skip
    console.print(rows)


def _print_failures(console: Console, found: Document, top: int) -> None:
    say(
        console,
        f"{found['single']} single failures and {found['pairs']} pairs followed at "
        f"{clock(found['worst_t_s'])}, {found['server_count']} servers",
    )
    table = make_table(
        "Worst first", "Lost", ("Race", "left"), "Servers", "SLO damage", "First trip",
        "Nearest",
    )  # fmt: skip
    for case in found["cases"][:top]:
        trip = case["first_trip_s"]
        row(
            table, " + ".join(case["failed"]), case["race"], str(case["lost_servers"]),
            f"{100 * case['slo_damage_frac']:.0f} %",
            MISSING if trip is None else f"{trip:.0f} s", case["binding"],
        )  # fmt: skip
    console.print(table)


def _print_schedule(console: Console, found: Document) -> None:
    added = f"{percent(found['added_frac'], 0, signed=True)} to plan"
    mix = f"{100 * found['iaas_drawn_frac']:.0f} % IaaS"
    fleet = f"{found['server_count']} {found['server']} ({added})"
    say(
        console,
        f"{found['name']}: {fleet} in {found['rows']} rows, {mix}, {found['days']} d",
        *([_struck(found)] if found["emergency"] != "none" else []),
        *(f"simplified: {words}" for words in found["notes"]),
    )
    table = make_table(
        "Levers, in brackets against none", "Lever", "Peak row, %", "Hottest GPU, C",
        "Slowed, server min", "SaaS P99, x", "IaaS slowdown, %", "Quality lost, %",
    )  # fmt: skip
    for lever in found["levers"]:
        row(table, lever["levers"], *_lever_cells(lever))
    console.print(table)
    if found["emergency"] != "none":
        console.print(_emergency_table(found["levers"]))


def _lever_cells(lever: Document) -> list[str]:
    """A lever's figures, each with its change against none."""
    change = {} if lever["levers"] == "oblivious" else lever["change"]
    figures = (
        ("peak_row_frac", "peak_row_frac", 100.0, 1),
        ("hottest_c", "hottest_k", 1.0, 1),
        ("throttle_min", "throttle_min", 1.0, 0),
        ("saas_p99", "saas_p99", 1.0, 2),
        ("iaas_slowdown_frac", "iaas_slowdown_frac", 100.0, 3),
        ("quality_lost_frac", "quality_lost_frac", 100.0, 3),
    )
    return [
        _with_change(lever[name], change.get(delta), scale, digits)
        for name, delta, scale, digits in figures
    ]


def _with_change(
    value: float | None, change: float | None, scale: float, digits: int
) -> str:
    if value is None:
        return MISSING
    text = f"{scale * value:,.{digits}f}"
    if change is None:
        return text
    return f"{text} ({scale * change:+,.{digits}f})"


def _struck(found: Document) -> str:
    start, length = found["emergency_start_s"], found["emergency_duration_s"]
    return f"emergency: {found['emergency']} at {clock(start)} for {length / 60:g} min"


def _emergency_table(levers: list[Document]) -> Table:
    table = make_table(
        "During the emergency, %", "Lever", "IaaS work lost", "SaaS requests lost",
        "SaaS quality lost",
    )  # fmt: skip
    for lever in levers:
        lost = lever["emergency"]
        parts = ("iaas_lost_frac", "saas_lost_frac", "quality_lost_frac")
        row(table, lever["levers"], *(f"{100 * lost[p]:.2f}" for p in parts))
    return table
