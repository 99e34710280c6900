"""Verbs of the physical site: run it, follow its failures, try TAPAS's levers."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.files import prepare_folder
from cli.problem import ANSWER_IS_NO
from cli.scenario_file import ScenarioFile, load_scenario
from cli.session import (
    answering,
    err_console,
    out_console,
    planner,
    print_json,
    problem_from,
    progress,
)
from twin.types import Document

_KILO = 1e3
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
    file: Annotated[Path, typer.Argument(help="Scenario with a facility.")],
    out: Annotated[Path | None, typer.Option(help="Folder for JSON and CSV.")] = None,
    server: Annotated[str | None, typer.Option(envvar="NAMEPLATE_SERVER")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where servers were lost.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a whole site: power, protection, cooling and control on one clock."""
    source = load_scenario(file)
    folder = prepare_folder(out)
    found = _ask(source, server, "site_run", series=out is not None)
    if folder is not None:
        for path in _written(found, folder):
            err_console().print(f"wrote {path}", markup=False)
    if as_json:
        print_json(found)
    else:
        _print_site(out_console(), found)
    if strict and found["lost_server_s"] > 0:
        raise typer.Exit(ANSWER_IS_NO)


@answering
def failures(
    file: Annotated[Path, typer.Argument(help="Scenario with a facility.")],
    pairs: Annotated[
        bool, typer.Option("--pairs/--no-pairs", help="Follow pairs of failures too.")
    ] = True,
    top: Annotated[int, typer.Option(min=1, help="Cases printed.")] = 25,
    server: Annotated[str | None, typer.Option(envvar="NAMEPLATE_SERVER")] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit with 1 where one failure loses servers."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Follow every failure, and every pair, at the site's worst hour."""
    source = load_scenario(file)
    found = _ask(source, server, "site_failures", pairs=pairs)
    if as_json:
        print_json(found)
    else:
        _print_failures(out_console(), found, top)
    lost = any(c["lost_servers"] for c in found["cases"] if len(c["failed"]) == 1)
    if strict and lost:
        raise typer.Exit(ANSWER_IS_NO)


@answering
def fit(
    file: Annotated[Path, typer.Argument(help="Scenario with a facility.")],
    servers: Annotated[
        int, typer.Option(min=0, help="Servers to find a place for.")
    ] = 0,
    server_w: Annotated[
        float | None,
        typer.Option(min=1, help="Draw of one at the worst hour [W]; as now if empty."),
    ] = None,
    server: Annotated[str | None, typer.Option(envvar="NAMEPLATE_SERVER")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where some find no place.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find how many more servers each row takes under any single loss."""
    source = load_scenario(file)
    found = _ask(source, server, "site_fit", servers=servers, server_w=server_w)
    if as_json:
        print_json(found)
    else:
        _print_fit(out_console(), found)
    if strict and found["unplaced_servers"]:
        raise typer.Exit(ANSWER_IS_NO)


@answering
def schedule(
    file: Annotated[Path, typer.Argument(help="Scenario with a facility.")],
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
    server: Annotated[str | None, typer.Option(envvar="NAMEPLATE_SERVER")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try placing, routing and configuring on a site: each alone, and all of them."""
    source = load_scenario(file)
    found = _ask(
        source, server, "site_scheduling", emergency=emergency.value,
        oversubscription_frac=added, iaas_frac=iaas, days=days,
    )  # fmt: skip
    if as_json:
        print_json(found)
    else:
        _print_schedule(out_console(), found)


def _ask(source: ScenarioFile, server: str | None, name: str, **more: Any) -> Document:
    from api.client import ApiProblem

    with planner(server) as client, progress(source.scenario.name) as report:
        try:
            ask = getattr(client, name)
            found: Document = ask(
                scenario=source.document(), on_progress=report, **more
            )
        except ApiProblem as error:
            raise problem_from(error, source) from error
    return found


# --- words and tables ---------------------------------------------------------------


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for k, name in enumerate(columns):
        table.add_column(name, justify="left" if k < 2 else "right", no_wrap=True)
    return table


def _kw(watts: float | None) -> str:
    return "-" if watts is None else f"{watts / _KILO:,.1f}"


def _clock(t_s: float) -> str:
    minutes, seconds = divmod(round(t_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def _print_site(console: Console, found: Document) -> None:
    added = found["server_count"] - found["provisioned_servers"]
    lost_min = found["lost_server_s"] / 60
    count, days = found["server_count"], found["horizon_s"] / 86_400
    whole = f"{count} servers ({added:+d} to plan), {found['policy']}, {days:g} d"
    heat = f"PUE {found['pue']:.3f}, hottest GPU {found['hottest_c']:.1f} C"
    for line in (
        f"{found['name']}: {whole}",
        f"binding: {found['binding']}",
        f"{heat}, {lost_min:,.0f} server minutes lost",
        *(f"look again: {words}" for words in found["warnings"]),
    ):
        console.print(line, markup=False, highlight=False)
    nodes = _table(
        "Nodes, kW", "Name", "Kind", "Limit", "Peak", "After worst loss", "of",
        "Headroom", "Nameplate ÷ limit", "Losses, %",
    )  # fmt: skip
    for n in found["nodes"]:
        if n["rated_w"] is None:
            continue
        share = 100 * n["loss_wh"] / n["in_wh"] if n["in_wh"] else 0.0
        nodes.add_row(
            n["name"], n["kind"], _kw(n["limit_w"]), _kw(n["peak_w"]),
            _kw(n["failover_w"]), n["failover_cause"] or "-", _kw(n["headroom_w"]),
            f"{n['oversubscription_ratio']:.2f}", f"{share:.1f}",
        )  # fmt: skip
    console.print(nodes)
    rows = _table("Rows", "Name", "Nodes", "Peak, %", "Caps low/high", "Brakes")
    for r in found["rows"]:
        rows.add_row(
            r["name"], " + ".join(r["nodes"]), f"{100 * r['peak_frac']:.1f}",
            f"{r['caps_low']}/{r['caps_high']}", str(r["brakes"]),
        )  # fmt: skip
    console.print(rows)
    print_events(console, found["events"])


def print_events(console: Console, events: list[Document]) -> None:
    """Print the first events that matter, and how many more there are."""
    loud = [e for e in events if e["kind"] in _LOUD]
    for event in loud[:_MOST_EVENTS]:
        console.print(
            f"{_clock(event['t_s'])}  {event['kind']:16} {event['target']}",
            markup=False, highlight=False,
        )  # fmt: skip
    if len(loud) > _MOST_EVENTS:
        console.print(f"and {len(loud) - _MOST_EVENTS} more; --json has all")


def _print_fit(console: Console, found: Document) -> None:
    asked = found["placed_servers"] + found["unplaced_servers"]
    if asked:
        placed = found["placed_servers"]
        console.print(f"{placed} of {asked} servers find a place", highlight=False)
    rows = _table(
        "Rows, each alone", "Row", "Next would overload", "Servers", "Room", "Put here"
    )
    for r in found["rows"]:
        rows.add_row(
            r["row"], r["words"], str(r["server_count"]), f"+{r['more_servers']}",
            str(r["placed_servers"]) if asked else "-",
        )  # fmt: skip
    console.print(rows)


def _print_failures(console: Console, found: Document, top: int) -> None:
    console.print(
        f"{found['single']} single failures and {found['pairs']} pairs followed at "
        f"{_clock(found['worst_t_s'])}, {found['server_count']} servers",
        highlight=False,
    )
    table = _table(
        "Worst first", "Lost", "Race", "Servers", "SLO damage", "First trip", "Nearest"
    )
    for case in found["cases"][:top]:
        trip = case["first_trip_s"]
        table.add_row(
            " + ".join(case["failed"]), case["race"], str(case["lost_servers"]),
            f"{100 * case['slo_damage_frac']:.0f} %",
            "-" if trip is None else f"{trip:.0f} s", case["binding"],
        )  # fmt: skip
    console.print(table)


def _print_schedule(console: Console, found: Document) -> None:
    added = f"{100 * found['added_frac']:+.0f} % to plan"
    mix = f"{100 * found['iaas_drawn_frac']:.0f} % IaaS"
    fleet = f"{found['server_count']} {found['server']} ({added})"
    for line in (
        f"{found['name']}: {fleet} in {found['rows']} rows, {mix}, {found['days']} d",
        *([_struck(found)] if found["emergency"] != "none" else []),
        *(f"simplified: {words}" for words in found["notes"]),
    ):
        console.print(line, markup=False, highlight=False)
    table = _table(
        "Levers, in brackets against none", "Lever", "Peak row, %", "Hottest GPU, C",
        "Slowed, server min", "SaaS P99, x", "IaaS slowdown, %", "Quality lost, %",
    )  # fmt: skip
    table.columns[1].justify = "right"
    for lever in found["levers"]:
        table.add_row(lever["levers"], *_lever_cells(lever))
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
        return "-"
    text = f"{scale * value:,.{digits}f}"
    if change is None:
        return text
    return f"{text} ({scale * change:+,.{digits}f})"


def _struck(found: Document) -> str:
    start, length = found["emergency_start_s"], found["emergency_duration_s"]
    return f"emergency: {found['emergency']} at {_clock(start)} for {length / 60:g} min"


def _emergency_table(levers: list[Document]) -> Table:
    table = _table(
        "During the emergency, %", "Lever", "IaaS work lost", "SaaS requests lost",
        "SaaS quality lost",
    )  # fmt: skip
    table.columns[1].justify = "right"
    for lever in levers:
        lost = lever["emergency"]
        parts = ("iaas_lost_frac", "saas_lost_frac", "quality_lost_frac")
        table.add_row(lever["levers"], *(f"{100 * lost[p]:.2f}" for p in parts))
    return table


def _written(found: Document, folder: Path) -> list[Path]:
    whole = folder / "site.json"
    whole.write_text(json.dumps(found))
    paths = [whole]
    for name in ("nodes", "racks", "rows"):
        path = folder / f"{name}.csv"
        path.write_text(csv_of(found[name]))
        paths.append(path)
    return paths


def csv_of(records: list[Document]) -> str:
    """Records as CSV; what is a list or a record itself is left out."""
    import csv
    import io

    flat = [
        {k: v for k, v in r.items() if not isinstance(v, list | dict)} for r in records
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()
