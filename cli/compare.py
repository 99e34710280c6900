"""`nameplate compare`: runs, scenarios, cells of plans and points of studies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.client import ApiProblem
from api.compare_catalogue import chance_times
from app.format import MISSING, number
from app.pages.compare import say
from app.pages.compare.state import item_of
from cli.problem import Problem, ProblemLine
from cli.scenario_file import ScenarioFile, load_scenario
from cli.serve_study_tables import Side, make_table, row
from cli.serve_study_tables import say as print_line
from cli.session import (
    answering,
    out_console,
    planner,
    print_json,
    problem_from,
    progress,
)
from twin.types import Document

_FILES = (".yaml", ".yml", ".json")
_UNIT = "kW"
_MOST = 8

Server = Annotated[
    str | None, typer.Option(envvar="NAMEPLATE_SERVER", help="Ask a running server.")
]


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print figures as CSV.")
    ] = False,
) -> None:
    """Compare runs side by side, differences first."""
    if not 2 <= len(what) <= _MOST:
        raise Problem("There is nothing to compare", [
            ProblemLine(field="WHAT", rule=f"must be two to {_MOST}", value=len(what),
                        repair="name runs, scenarios, cells or points")
        ])  # fmt: skip
    if baseline > len(what):
        raise Problem("There is no such baseline", [
            ProblemLine(field="--baseline", rule=f"must be 1 to {len(what)}",
                        value=baseline, repair="count from 1 in the order given")
        ])  # fmt: skip
    sources = [_source(text) for text in what]
    found = _ask(sources, baseline - 1, server, series=as_json)
    if as_json:
        print_json(found)
    elif as_csv:
        from api.compare_documents import figures_table
        from api.documents import as_csv as csv_of

        sys.stdout.write(csv_of(figures_table(found)).decode())
    else:
        print_comparison(found, everything=everything)


def _source(text: str) -> Document | ScenarioFile:
    """Read what one argument means."""
    head = text.partition("~")[0]
    path = Path(head)
    if path.suffix in _FILES:
        if head != text:
            raise Problem("A file is compared as it stands", [
                ProblemLine(field=text, rule="must have no change behind it",
                            value=text, repair="write the change into a copy of it")
            ])  # fmt: skip
        return load_scenario(path)
    kind = head.partition("_")[0]
    known = kind if kind in ("run", "plan", "study") else "scenario"
    return item_of(text if ":" in head and known == "scenario" else f"{known}:{text}")


def _ask(
    sources: list[Document | ScenarioFile], baseline: int, server: str | None, *,
    series: bool,
) -> Document:  # fmt: skip
    items = [
        {"scenario": one.document()} if isinstance(one, ScenarioFile) else one
        for one in sources
    ]
    with planner(server) as client, progress("Comparing") as report:
        try:
            return client.compare(
                items, baseline=baseline, series=series, on_progress=report
            )
        except ApiProblem as error:
            raise problem_from(error) from error


# --- tables ---------------------------------------------------------------------------


def print_comparison(document: Document, *, everything: bool = False) -> None:
    """Print warnings, inputs that differ, and figures, the largest difference first."""
    console = out_console()
    for k, item in enumerate(document["items"]):
        held = {True: "holds", False: "breaks", None: "no promise"}[item["meets"]]
        base = " (baseline)" if k == document["baseline"] else ""
        why = f": {item['breaches'][0]}" if item["breaches"] else ""
        print_line(console, f"{k + 1}  {item['label']}{base}, {held}{why}")
    for one in document["warnings"]:
        print_line(console, f"warning: {one['text']}; {one['repair']}")
    count = len(document["items"])
    heads: list[tuple[str, Side]] = [(str(k + 1), "right") for k in range(count)]
    inputs = make_table("Inputs that differ", ("Input", "left"), *heads)
    for one in document["inputs"]:
        unit = f" [{one['unit']}]" if one["unit"] else ""
        row(inputs, one["field"] + unit, *map(say.value_of, one["values"]))
    console.print(inputs)
    shown = [o for o in document["outputs"] if _matters(o, everything=everything)]
    figures = make_table(
        "Figures", ("Figure", "left"), *heads, ("÷ usual", "right")
    )  # fmt: skip
    for one in shown:
        cells = [_cell(one, k, document) for k in range(len(document["items"]))]
        score = MISSING if one["score"] is None else number(one["score"], 1)
        row(figures, one["label"], *cells, score)
    console.print(figures)
    left = len(document["outputs"]) - len(shown)
    if left:
        print_line(console, f"{left} more are the same, differ as another seed would, "
                   "or are had by one side alone; --everything lists them")  # fmt: skip


def _matters(output: Document, *, everything: bool) -> bool:
    return everything or (output["score"] or 0.0) >= chance_times(output["key"])


def _cell(output: Document, place: int, document: Document) -> str:
    key, unit = output["key"], output["unit"]
    shown = say.quantity(output["values"][place], key, unit, _UNIT)
    word = output["verdicts"][place]
    if place == document["baseline"] or word in ("absent", "unpaired", "same"):
        return shown
    change = output["differences"][place]
    moved = say.change(change["relative"]) or say.quantity(
        change["absolute"], key, unit, _UNIT, signed=True
    )
    if change["times"] < chance_times(output["key"]):
        word = "≈"
    return f"{shown}  {moved} {word if word != 'differs' else ''}".rstrip()
