"""Verbs of the physical site: run it, and follow its failures."""

from __future__ import annotations

import json
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

Document = dict[str, Any]
_KILO = 1e3
_MOST_EVENTS = 12
_LOUD = {
    "event", "trip", "on-store", "store-empty", "generator-start", "generator-ready",
}  # fmt: skip


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
    loud = [e for e in found["events"] if e["kind"] in _LOUD]
    for event in loud[:_MOST_EVENTS]:
        console.print(
            f"{_clock(event['t_s'])}  {event['kind']:16} {event['target']}",
            markup=False, highlight=False,
        )  # fmt: skip
    if len(loud) > _MOST_EVENTS:
        console.print(f"and {len(loud) - _MOST_EVENTS} more; --json has all")


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


def _written(found: Document, folder: Path) -> list[Path]:
    whole = folder / "site.json"
    whole.write_text(json.dumps(found))
    paths = [whole]
    for name in ("nodes", "racks", "rows"):
        path = folder / f"{name}.csv"
        path.write_text(_csv(found[name]))
        paths.append(path)
    return paths


def _csv(records: list[Document]) -> str:
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
