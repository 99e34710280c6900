"""`nameplate campus`: halls as one model, with the limits they share."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.format import MISSING, number, percent, power_scale
from cli.files import prepare_folder, write_tables
from cli.options import Folder, Json, Server, SiteFile, strict_if
from cli.scenario_file import load_scenario
from cli.session import answering, planner, progress, show
from cli.site import print_events
from cli.tables import look_again, make_table, row, say
from twin.types import Document

_MEGA = 1e6
_DIGITS = {"MW": 2, "kW": 1}
_LARGE_W = 1e7
_KG_PER_M3 = 1000.0


@answering
def campus(
    file: SiteFile,
    engine: Annotated[
        str,
        typer.Option(
            help="Where halls run: serial, threads, processes, or a dask scheduler's "
            "tcp://HOST:PORT; the answer is the same."
        ),
    ] = "threads",
    out: Folder = None,
    strict: Annotated[
        bool, strict_if("the contract is exceeded or servers were lost")
    ] = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Run many halls as one campus: shared contract, cooling plant and water."""
    source = load_scenario(file)
    folder, more = prepare_folder(out), out is not None
    here = engine if "://" in engine else None  # what is asked for may be used
    with (
        planner(server, source, study_engine=here) as client,
        progress(source.name) as report,
    ):
        found = client.site_campus(
            scenario=source.document(), engine=engine, series=more, nodes=more,
            on_progress=report,
        )  # fmt: skip
    if folder is not None:
        write_tables(folder, "campus", found, _tables(found))
    broken = found["contract"]["exceeded_s"] or found["lost_server_h"]
    show(found, print_campus, as_json=as_json, no=strict and broken)


# --- printing -------------------------------------------------------------------------


def print_campus(console: Console, found: Document) -> None:
    """Print what binds, every hall, what halls share, full nodes, events."""
    say(console, *_head(found))
    console.print(_halls(found["halls"], _unit(found)))
    say(console, *(f"shared: {limit['words']}" for limit in found["limits"]))
    say(console, *_kept(found), _water(found), _took(found))
    console.print(_fullest(found["fullest"]))
    print_events(console, found["events"])
    if found["events_dropped"]:
        say(console, f"{number(found['events_dropped'])} events were not kept")


def _head(found: Document) -> list[str]:
    unit, days = _unit(found), f"{found['horizon_s'] / 86_400:g} d"
    size = f"{number(found['server_count'])} servers in {len(found['halls'])} halls"
    nodes = f"{number(found['node_count'])} power nodes"
    peak = f"peak {_in(found['utility_peak_w'], unit)} {unit} at the utility"
    lost = f"{number(found['lost_server_h'], 1)} server-hours lost"
    return [
        f"{found['name']}: {size} behind {nodes}, {found['policy']}, {days}",
        f"binding: {found['binding']}",
        f"{peak}, PUE {number(found['pue'], 3)}, {lost}, {found['trips']} trips",
        *look_again(found),
    ]


def _halls(halls: list[Document], unit: str) -> Table:
    table = make_table(
        "Halls", "Name", "Servers", f"Peak, {unit}", f"Share, {unit}", "MWh",
        "Water, m3", "Capped, server-h", "Lost, server-h", "Inlet, C", "GPU, C",
        "Trips", "Brakes",
    )  # fmt: skip
    for h in sorted(halls, key=lambda h: (len(h["name"]), h["name"])):
        row(
            table, h["name"], number(h["server_count"]), _in(h["drawn_peak_w"], unit),
            _share(h, unit), number(h["drawn_wh"] / _MEGA, 1),
            number(h["water_kg"] / _KG_PER_M3, 1), number(h["capped_server_h"], 1),
            number(h["lost_server_h"], 1), number(h["inlet_peak_c"], 1),
            number(h["gpu_peak_c"], 1), number(h["trips"]), number(h["brakes"]),
        )  # fmt: skip
    return table


def _share(hall: Document, unit: str) -> str:
    """Lowest to highest share of the contract a hall was given."""
    if hall["share_min_w"] is None:
        return MISSING
    return f"{_in(hall['share_min_w'], unit)} to {_in(hall['share_max_w'], unit)}"


def _kept(found: Document) -> list[str]:
    """How the contract was kept; nothing without one."""
    kept = found["contract"]
    if kept["contract_w"] is None:
        return []
    if not kept["exceeded_s"]:
        return ["contract: never exceeded"]
    times = f"{number(kept['exceeded_s'])} s, {number(kept['longest_s'])} s at a time"
    kwh = f"{number(kept['exceeded_wh'] / 1e3, 1)} kWh"
    return [f"contract: exceeded for {times} at most, by {kwh} in all"]


def _water(found: Document) -> str:
    water_m3 = found["water_kg"] / _KG_PER_M3
    peak_kg_s = max(found["series"]["most"]["water_kg_s"])
    return f"water: {number(water_m3)} m3, at most {number(peak_kg_s, 2)} kg/s"


def _took(found: Document) -> str:
    effort = found["effort"]
    again = effort["lost"]
    lost = f", {again} tasks sent again after a worker was lost" if again else ""
    return (
        f"ran on {found['engine']} in {number(found['timing']['computed_s'], 1)} s, "
        f"{percent(effort['repeated_frac'], 0)} of ticks run again{lost}"
    )


def _fullest(nodes: list[Document]) -> Table:
    table = make_table(
        "Fullest of each kind", "Name", ("Kind", "left"), "Peak, kW", "Limit, kW", "of"
    )
    for n in nodes:
        row(
            table, n["name"], n["kind"], _in(n["peak_w"], "kW"),
            _in(n["limit_w"], "kW"), percent(n["peak_frac"], 1),
        )  # fmt: skip
    return table


def _unit(found: Document) -> str:
    return "MW" if found["utility_peak_w"] >= _LARGE_W else "kW"


def _in(watts: float | None, unit: str) -> str:
    return number(None if watts is None else watts / power_scale(unit), _DIGITS[unit])


# --- files ----------------------------------------------------------------------------


def _tables(found: Document) -> dict[str, list[Document]]:
    """Its tables by name."""
    tables = {
        "halls": found["halls"], "nodes": _records(found["nodes"]),
        "racks": _records(found["racks"]), "series": _records(_curves(found)),
    }  # fmt: skip
    if found["events"]:
        tables["events"] = found["events"]
    return tables


def _curves(found: Document) -> dict[str, list[Any]]:
    """The campus's own curves, one list per column."""
    series = found["series"]
    sides = {"least": "min", "mean": "mean", "most": "max"}
    columns = {"t_s": series["t_s"], "contract_w": series["contract_w"]}
    for side, short in sides.items():
        columns |= {f"{short}_{name}": v for name, v in series[side].items()}
    return columns


def _records(columns: dict[str, list[Any]]) -> list[Document]:
    """Columns as records."""
    lines = zip(*columns.values(), strict=True)
    return [dict(zip(columns, line, strict=True)) for line in lines]
