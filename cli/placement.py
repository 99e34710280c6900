"""`nameplate placement`: servers onto racks, feeds and phases, within every limit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.format import number, percent
from cli.files import prepare_file
from cli.inner_scenario import ENDINGS, load_around, write_scenario
from cli.options import Json, Server, strict_if
from cli.session import answering, err_console, planner, progress, show
from cli.tables import hidden, kilo, look_again, make_table, row, say
from twin.types import Document

_SHOWN = 4
_MOST_LINES = 40


@answering
def placement(
    file: Annotated[
        Path,
        typer.Argument(
            help="Placement in YAML or JSON, or a scenario with a facility to fill."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="File for the site with the servers in place: .yaml, .json."),
    ] = None,
    strict: Annotated[
        bool, strict_if("some find no place or the site's own model disagrees")
    ] = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Put servers on racks, feeds and phases within every limit, proven and checked."""
    from twin.scenario.placement import PlacementInput

    source = load_around(PlacementInput, "scenario", file)
    prepare_file(out, endings=ENDINGS, read=file)
    with planner(server, source) as client, progress("Placement") as report:
        found = client.place_servers(source.document, on_progress=report)
    if out is not None:
        written = write_scenario(found["scenario"], out)
        err_console().print(f"wrote {written}: nameplate site {written}", markup=False)
    doubted = found["unplaced"] or not found["verified"]["agrees"]
    show(found, print_placement, as_json=as_json, no=strict and doubted)


# --- printing -------------------------------------------------------------------------


def print_placement(console: Console, found: Document) -> None:
    """Print what was placed, where, what binds, how sure it is, and the check."""
    say(console, *_summary(found), *look_again(found))
    console.print(_kinds(found))
    console.print(_rows(found))
    console.print(_feeds(found))
    say(console, *_bindings(found["bindings"]))
    say(console, *(f"proof: {p['words']}" for p in found["proofs"]))
    say(console, *_verdict(found))


def _summary(found: Document) -> list[str]:
    inputs, left = found["inputs"], found["unplaced"]
    watts = {
        "nameplate": "nameplate", "provisioned": "the catalogue's provisioned power",
        "peak": "every GPU at its limit",
        "percentile": f"what a row passes {_rarely(inputs['percentile'])} of the time",
    }[inputs["planned_for"]]  # fmt: skip
    survived = "any one loss" if inputs["survive"] == "any-one" else "nothing lost"
    worst = found["worst"] or "no node is limited"
    lines = [
        (
            f"{found['scenario']['name']}: {found['placed']:,} servers placed, "
            f"{found['server_count']:,} in all racks, {kilo(found['planned_w'])} kW "
            f"planned for {watts}"
        ),
        f"highest load {percent(found['worst_frac'])} with {survived}: {worst}",
    ]
    if left:
        lines.append(f"{left:,} servers find no place")
    if found["moved"]:
        lines.append(f"{found['moved']:,} servers present move or are hung anew")
    if found["unused"]:
        lines.append(f"nothing hangs any more on {_some(found['unused'])}")
    return lines


def _rarely(part: float) -> str:
    return f"{100 * (1 - part):.3g} %"


def _kinds(found: Document) -> Table:
    table = make_table(
        "Servers", "Name", ("Type", "left"), "Planned W", "Asked", "Placed", "Rows",
        "Racks",
    )  # fmt: skip
    for kind in found["kinds"]:
        held = [r for r in found["racks"] if r["of"].get(kind["name"])]
        row(
            table, kind["name"], kind["server"], number(kind["planned_w"]),
            "most" if kind["asked"] is None else number(kind["asked"]),
            number(kind["placed"]), number(len({r["row"] for r in held})),
            number(len(held)),
        )  # fmt: skip
    return table


def _rows(found: Document) -> Table:
    """Servers of every row by kind: those placed, then those present."""
    names = [k["name"] for k in found["kinds"]]
    here = {name for rack in found["racks"] for name in rack["of"]}
    names += sorted(here - set(names))
    limits = (found["scenario"]["facility"] or {}).get("row_limits_w") or {}
    table = make_table(
        "Rows", "Row", "Racks", "Empty", *names, "Planned kW", "of limit kW",
        "Fullest rack kW",
    )  # fmt: skip
    rows: dict[str, list[Document]] = {}
    for rack in found["racks"]:
        rows.setdefault(rack["row"], []).append(rack)
    for name, racks in list(rows.items())[:_MOST_LINES]:
        counts = Counter[str]()
        for rack in racks:
            counts.update(rack["of"])
        watts = [rack["planned_w"] for rack in racks]
        row(
            table, name, number(len(racks)),
            number(sum(not rack["server_count"] for rack in racks)),
            *(number(counts[kind]) for kind in names), kilo(sum(watts)),
            kilo(limits.get(name)), kilo(max(watts)),
        )  # fmt: skip
    for more in hidden(list(rows), _MOST_LINES):
        row(table, more)
    return table


def _feeds(found: Document) -> Table:
    """Ways that racks hang: feeds and phases, with what hangs there."""
    table = make_table(
        "Feeds", "Racks fed by", ("Phases", "left"), "Racks", "Servers", "Placed",
        "Planned kW",
    )  # fmt: skip
    ways: dict[tuple[str, str], list[Document]] = {}
    for rack in found["racks"]:
        ways.setdefault((" + ".join(rack["fed_by"]), rack["phases"]), []).append(rack)
    shown = sorted(ways.items(), key=lambda way: -len(way[1]))[:_MOST_LINES]
    for (feeds, phases), racks in shown:
        row(
            table, feeds, phases, number(len(racks)),
            number(sum(r["server_count"] for r in racks)),
            number(sum(r["added"] for r in racks)),
            kilo(sum(r["planned_w"] for r in racks)),
        )  # fmt: skip
    for more in hidden(list(ways), _MOST_LINES):
        row(table, more)
    return table


def _bindings(found: list[Document]) -> list[str]:
    """What keeps the next server out; limits alike share a line."""
    if not found:
        return ["binding: nothing; every server asked for is placed and more would fit"]
    alike: dict[tuple[str, str], list[str]] = {}
    for b in found:
        when = f" after loss of {b['lost']}" if b["lost"] else ""
        alike.setdefault((percent(b["frac"]), when), []).append(b["what"])
    return [
        f"binding: {_some(names)} at {part}{when}"
        for (part, when), names in alike.items()
    ]


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _verdict(found: Document) -> list[str]:
    """What the site's own model says of it."""
    v = found["verified"]
    agrees = "agrees" if v["agrees"] else "DISAGREES"
    lines = [
        (
            f"check by the site's model: {agrees}; {percent(v['normal_frac'])} of a "
            f"limit with nothing lost, {percent(v['worst_frac'])} right after the "
            f"worst of {v['cases']} single losses ({v['worst'] or 'none'})"
        ),
        (
            f"breakers trip after {v['trips']} of them; overload takes "
            f"{v['lost_by_load']} servers, one loss in all at most {v['most_lost']}"
        ),
    ]
    if found["inputs"]["survive"] == "nothing":
        lines.append(
            "losses were not planned with (survive: nothing), so the check judges "
            "normal service alone; `nameplate failures` follows each loss"
        )
    lines.append(
        "not judged: what the policy's caps cost users; `nameplate site` and "
        "`nameplate failures` of the file that --out writes say"
    )
    return lines
