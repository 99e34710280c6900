"""`nameplate compare`: runs, scenarios, cells of plans and points of studies."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.format import MISSING, number
from app.pages.compare import say as words
from cli.options import Json, Server
from cli.problem import refusal
from cli.scenario_file import load_scenario
from cli.session import answering, planner, progress, show
from cli.tables import make_table, row, say
from twin.types import Document

_FILES = (".yaml", ".yml", ".json")
_UNIT = "kW"
_MOST = 8


@answering
def compare(
    what: Annotated[
        list[str],
        typer.Argument(
            help="Two to eight: run ids, scenario files, scenario ids, "
            "plan_ID:ADDED:POLICY, study_ID:POINT. A change is put behind a ~: "
            "sample-row~fleet.server_count=52."
        ),
    ],
    baseline: Annotated[
        int, typer.Option(help="Which of them the others are measured against.", min=1)
    ] = 1,
    everything: Annotated[
        bool, typer.Option(help="List also what another seed would change as much.")
    ] = False,
    server: Server = None,
    as_json: Json = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print figures as CSV.")
    ] = False,
) -> None:
    """Compare runs side by side, differences first."""
    if not 2 <= len(what) <= _MOST:
        raise refusal("There is nothing to compare", "WHAT", f"must be two to {_MOST}",
                      len(what), "name runs, scenarios, cells or points")  # fmt: skip
    if baseline > len(what):
        raise refusal("There is no such baseline", "--baseline",
                      f"must be 1 to {len(what)}", baseline,
                      "count from 1 in the order given")  # fmt: skip
    items = [_item(text) for text in what]
    with planner(server) as client, progress("Comparing") as report:
        found = client.compare(
            items, baseline=baseline - 1, series=as_json, on_progress=report
        )
    if as_csv and not as_json:
        from api.compare_documents import figures_table
        from api.documents import as_csv as csv_of

        sys.stdout.write(csv_of(figures_table(found)).decode())
        return
    show(found, partial(print_comparison, everything=everything), as_json=as_json)


def _item(text: str) -> Document:
    """Read what one argument means."""
    from app.pages.compare.state import item_of

    head = text.partition("~")[0]
    path = Path(head)
    if path.suffix in _FILES:
        if head != text:
            raise refusal("A file is compared as it stands", text,
                          "must have no change behind it", text,
                          "write the change into a copy of it")  # fmt: skip
        return {"scenario": load_scenario(path).document()}
    kind = head.partition("_")[0]
    known = kind if kind in ("run", "plan", "study") else "scenario"
    return item_of(text if ":" in head and known == "scenario" else f"{known}:{text}")


# --- tables ---------------------------------------------------------------------------


def print_comparison(console: Console, document: Document, *, everything: bool) -> None:
    """Print warnings, inputs that differ, and figures, the largest difference first."""
    for k, item in enumerate(document["items"]):
        held = {True: "holds", False: "breaks", None: "no promise"}[item["meets"]]
        base = " (baseline)" if k == document["baseline"] else ""
        why = f": {item['breaches'][0]}" if item["breaches"] else ""
        say(console, f"{k + 1}  {item['label']}{base}, {held}{why}")
    for one in document["warnings"]:
        say(console, f"warning: {one['text']}; {one['repair']}")
    count = len(document["items"])
    heads = [str(k + 1) for k in range(count)]
    inputs = make_table("Inputs that differ", "Input", *heads)
    for one in document["inputs"]:
        unit = f" [{one['unit']}]" if one["unit"] else ""
        row(inputs, one["field"] + unit, *map(words.value_of, one["values"]))
    console.print(inputs)
    shown = [o for o in document["outputs"] if _matters(o, everything=everything)]
    figures = make_table("Figures", "Figure", *heads, "÷ usual")
    for one in shown:
        cells = [_cell(one, k, document) for k in range(count)]
        score = MISSING if one["score"] is None else number(one["score"], 1)
        row(figures, one["label"], *cells, score)
    console.print(figures)
    left = len(document["outputs"]) - len(shown)
    if left:
        say(console, f"{left} more are the same, differ as another seed would, "
                   "or are had by one side alone; --everything lists them")  # fmt: skip


def _matters(output: Document, *, everything: bool) -> bool:
    from api.compare_catalogue import chance_times

    return everything or (output["score"] or 0.0) >= chance_times(output["key"])


def _cell(output: Document, place: int, document: Document) -> str:
    from api.compare_catalogue import chance_times

    key, unit = output["key"], output["unit"]
    shown = words.quantity(output["values"][place], key, unit, _UNIT)
    word = output["verdicts"][place]
    if place == document["baseline"] or word in ("absent", "unpaired", "same"):
        return shown
    change = output["differences"][place]
    moved = words.change(change["relative"]) or words.quantity(
        change["absolute"], key, unit, _UNIT, signed=True
    )
    if change["times"] < chance_times(output["key"]):
        word = "≈"
    return f"{shown}  {moved} {word if word != 'differs' else ''}".rstrip()
