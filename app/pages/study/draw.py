"""Draw the view of a study: what is picked, figures, lines, table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from app.components import no_update
from app.figures import study as figures
from app.figures.study_heat import heat_figure, heat_words
from app.figures.study_lines import lines_frame
from app.figures.study_matters import influence_figure, tornado_figure
from app.figures.template import note
from app.pages.study import answer
from app.pages.study.state import View
from app.study_seen import Seen
from twin.types import BoolArray

Json = dict[str, Any]
PARTS = (
    ("verdict", "children"), ("numbers", "children"), ("notes", "children"),
    ("chips", "children"), ("fig-dist", "figure"), ("fig-exceed", "figure"),
    ("fig-matters", "figure"), ("fig-tornado", "figure"), ("fig-heat", "figure"),
    ("fig-scatter", "figure"), ("exceed-words", "children"),
    ("matters-words", "children"), ("heat-words", "children"),
    ("scatter-words", "children"), ("lines", "data"), ("lines-words", "children"),
    ("grid", "columnDefs"), ("grid", "rowData"), ("points-words", "children"),
    ("table", "children"), ("influence-table", "children"), ("status", "children"),
    ("output", "data"), ("hx", "data"), ("hy", "data"), ("sx", "data"), ("sy", "data"),
)  # fmt: skip
_LIVE_ROWS = 200


def draw(seen: Seen, view: View) -> tuple[tuple[Any, ...], Json]:
    """
    Draw PARTS of a study.

    Args:
        seen: The study and its points.
        view: What is picked and selected.

    Returns:
        PARTS, and what the browser keeps: picks made and sections that say nothing.
    """
    picks = picks_of(seen, view)
    key, chosen = picks["output"], seen.selected(view.brushes)
    heat = (picks["hx"], picks["hy"])
    lines = lines_frame(seen, key, point=view.point)
    columns, rows, words = table_frame(seen, chosen)
    drawn = (
        answer.verdict(seen, key, chosen), answer.numbers(seen, key),
        answer.notes(seen), answer.chips(seen, view.brushes),
        figures.distribution_figure(seen, key, chosen).document(),
        figures.exceedance_figure(seen, key, chosen).document(),
        influence_figure(seen, key).document(),
        tornado_figure(seen, key).document(),
        _heat(seen, key, heat, chosen, view.stat),
        figures.scatter_figure(
            seen, picks["sx"], picks["sy"], chosen, point=view.point
        ).document(),
        "" if seen.sampled else "points were not drawn: no probability",
        answer.method_words(seen, key),
        heat_words(seen, heat, view.stat), figures.scatter_words(seen), lines,
        "; ".join(filter(None, [lines["note"], "drag along an upright to select"])),
        columns, rows, words, answer.summary_table(seen),
        answer.influence_table(seen, key), answer.status(seen),
        *(_options(seen, name) for name in ("output", "hx", "hy", "sx", "sy")),
    )  # fmt: skip
    return drawn, {"picks": picks, "hidden": _hidden(seen, key, heat)}


def _heat(
    seen: Seen, key: str, heat: tuple[str, str], chosen: BoolArray, stat: str
) -> Json:  # fmt: skip
    if not all(heat) or not seen.answered:
        return note("Needs two axes and a point").document()
    return heat_figure(seen, key, heat, chosen, stat=stat).document()


def nothing() -> tuple[Any, ...]:
    """Leave everything as it is."""
    return (no_update,) * len(PARTS)


def picks_of(seen: Seen, view: View) -> dict[str, str]:
    """Output, axes of the heat map and of the scatter; sound ones where none fit."""
    goals = [g for g in figures.goals_of(seen) if g in seen.keys]
    asked = [*(g for g in goals if g in seen.outputs and seen.design == "search"),
             *seen.outputs]  # fmt: skip
    output = view.output if view.output in seen.outputs else asked[0]
    ranked = [r["field"] for r in seen.effects(output) or seen.bars(output)]
    fields = list(dict.fromkeys([*(f for f in ranked if f in seen.fields),
                                 *seen.fields]))  # fmt: skip
    hx = view.hx if view.hx in fields else fields[0]
    rest = [f for f in fields if f != hx]
    hy = view.hy if view.hy in rest else (rest[0] if rest else "")
    first, second = goals[:2] if len(goals) > 1 else (fields[0], output)
    return {
        "output": output, "hx": hx, "hy": hy,
        "sx": view.sx if view.sx in seen.keys else first,
        "sy": view.sy if view.sy in seen.keys else second,
    }  # fmt: skip


def _options(seen: Seen, name: str) -> list[Json]:
    def listed(keys: list[str]) -> list[Json]:
        return [{"value": k, "label": seen.label(k)} for k in keys]

    if name == "output":
        return listed(seen.outputs)
    if name in ("hx", "hy"):
        return listed(seen.fields)
    return [{"group": "Axes", "items": listed(seen.fields)},
            {"group": "Outputs", "items": listed(seen.outputs)}]  # fmt: skip


def _hidden(seen: Seen, key: str, heat: tuple[str, str]) -> list[str]:
    """Sections that have nothing to say of this design."""
    if not (seen.answered or seen.under_way):
        return ["dist", "exceed", "matters", "tornado", "heat", "scatter", "lines"]
    tornado = seen.design == "one-at-a-time"
    found = []
    if not tornado:
        found.append("tornado")
    if (
        tornado
        or seen.design in ("search", "rare")
        or not (seen.effects(key) or seen.under_way)
    ):
        found.append("matters")
    if tornado or seen.design in ("search", "rare"):
        found += ["dist", "exceed"]
    if tornado:
        found.append("heat")
    if not all(heat) and "heat" not in found:
        found.append("heat")
    return found


# --- table ----------------------------------------------------------------------------


def table_frame(seen: Seen, chosen: BoolArray) -> tuple[list[Json], list[Json], str]:
    """
    Columns and rows of the points' table.

    Args:
        seen: The study.
        chosen: Which answered points are selected.

    Returns:
        Columns, rows in display units, and words that say what is left out.
    """
    places = np.flatnonzero(chosen)
    front = np.isin(seen.index[places], list(seen.analysis.get("pareto") or ()))
    front |= seen.index[places] == seen.analysis.get("best")
    most = _LIVE_ROWS if seen.under_way else figures.MOST_MARKS
    kept = places[figures.thinned(len(places), front, most)]
    if seen.under_way:
        kept = places[-most:][::-1]
    keys = seen.keys
    rows = [_row(seen, keys, int(k)) for k in kept]
    whole = chosen.all()
    failed = [p for p in seen.points if p["error"]] if whole else []
    rows += [
        {"index": p["index"], "error": f"{p['error']['field']} {p['error']['rule']}"}
        | {f"c{n}": _shown(seen, f, p["changes"].get(f))
           for n, f in enumerate(seen.keys) if f in seen.fields}
        for p in failed[:_LIVE_ROWS]
    ]  # fmt: skip
    words = f"{len(places):,} points" if whole else (
        f"{len(places):,} of {len(chosen):,} points selected"
    )  # fmt: skip
    if len(kept) < len(places):
        words += f", the newest {len(kept):,} shown" if seen.under_way else (
            f", {len(kept):,} shown, evenly; the front is always among them"
        )  # fmt: skip
    return _columns(seen, bool(failed)), rows, words + ". Press a row to open it."


def _row(seen: Seen, keys: list[str], place: int) -> Json:
    row: Json = {"index": int(seen.index[place])}
    for n, key in enumerate(keys):
        if seen.numeric(key):
            value = seen.scale(key).of(float(seen.values(key)[place]))
            row[f"c{n}"] = value if math.isfinite(value) else None
        else:
            row[f"c{n}"] = seen.words(key)[place]
    return row


def _shown(seen: Seen, key: str, value: Any) -> Any:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return seen.scale(key).of(value) if plain else str(value)


_NUMBER = "params.value == null ? '–' : d3.format(',.5~r')(params.value)"


def _columns(seen: Seen, failed: bool) -> list[Json]:
    found: list[Json] = [{
        "field": "index", "headerName": "Point", "filter": "agNumberColumnFilter",
        "width": 84, "pinned": "left",
    }]  # fmt: skip
    for n, key in enumerate(seen.keys):
        column: Json = {
            "field": f"c{n}", "headerName": seen.scale(key).title(seen.label(key)),
            "headerTooltip": key, "flex": 1,
        }  # fmt: skip
        if seen.numeric(key):
            column |= {"filter": "agNumberColumnFilter", "type": "rightAligned",
                       "valueFormatter": {"function": _NUMBER}}  # fmt: skip
        found.append(column)
    if failed:
        found.append({"field": "error", "headerName": "Why it has no answer",
                      "flex": 2})  # fmt: skip
    return found
