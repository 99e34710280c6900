"""A comparison as a document: items, inputs that differ, figures, curves, warnings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from pydantic import BaseModel

from api.compare_catalogue import COUNTS, CURVES, FIGURES, Curve, grows
from api.compare_told import Told
from api.compare_warnings import of_unequal_length, warnings_of
from api.documents import Table, figures, plain
from twin.compare import (
    Compared,
    Differing,
    Figure,
    axis_of,
    compare_figure,
    differing,
    on_axis,
    order_of,
)
from twin.scenario import Scenario
from twin.scenario.fields import FieldFact, find_field
from twin.types import Document, FloatArray

POINTS = 600
"""Most bins of a curve: about two pixels each."""
MOST_INPUTS = 200
"""Differing inputs beyond these are counted: nobody reads them one by one."""
ASIDE = frozenset({"name", "plan"})
"""Parts of a scenario that no run depends on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """
    One thing to compare, read or run.

    Args:
        label: Name for people.
        kind: row, site or point: what was simulated.
        source: run, plan, scenario or study: where it is kept.
        id: Its id; empty where it is not stored.
        href: Address to read it; empty where it is not stored.
        inputs: What it rests on, every default filled in.
        provenance: Hash of the inputs, model version, seed, when.
        told: What it answered.
        figures: Figures of its own, which the catalogue does not know.
        model: Type of its inputs, which knows their units.
    """

    label: str
    kind: str
    source: str
    id: str
    href: str
    inputs: Document
    provenance: Document
    told: Told
    figures: tuple[Figure, ...] = field(default=())
    model: type[BaseModel] = Scenario


def comparison(items: Sequence[Loaded], *, baseline: int, series: bool) -> Document:
    """
    Compare what was loaded.

    Args:
        items: Two or more.
        baseline: Index of the one that others are measured against.
        series: Whether curves over time are wanted.

    Returns:
        The document; not-a-number is null.
    """
    bodies = [{k: v for k, v in one.inputs.items() if k not in ASIDE} for one in items]
    found, same = differing(bodies)
    outputs = _outputs(items, baseline)
    document: Document = {
        "items": [
            _item(one, name)
            for one, name in zip(items, _names(items, found), strict=True)
        ],
        "baseline": baseline,
        "inputs": [_input(one, items) for one in found[:MOST_INPUTS]],
        "inputs_same": same,
        "inputs_dropped": max(0, len(found) - MOST_INPUTS),
        "outputs": outputs,
        "series": _series(items) if series else [],
        "events": _events(items),
        "warnings": warnings_of(items, found),
    }
    return plain(document)  # type: ignore[no-any-return]


def _names(items: Sequence[Loaded], inputs: Sequence[Differing]) -> list[str]:
    """Labels that can be told apart: equal ones get an input that differs."""
    labels = [one.label for one in items]
    plainly = [one for one in inputs if _is_plain(one)]
    first = [one for one in plainly if one.field != "seed"] or plainly
    found = []
    for index, label in enumerate(labels):
        if labels.count(label) == 1:
            found.append(label)
            continue
        alike = [k for k, other in enumerate(labels) if other == label]
        parts = [_told_by(one, index, items) for one in _telling(first, alike)]
        found.append(f"{label}: {', '.join(parts)}" if parts else label)
    return [
        name if found.count(name) == 1 else f"{name} ({found[: k + 1].count(name)})"
        for k, name in enumerate(found)
    ]


_TOLD_BY = 3
"""Most inputs in a name."""
_LONGEST = 24


def _telling(inputs: Sequence[Differing], alike: Sequence[int]) -> list[Differing]:
    """Inputs, in their order, each of which tells more of some items apart."""
    found: list[Differing] = []
    apart = 1
    for one in inputs:
        more = len({tuple(o.values[k] for o in (*found, one)) for k in alike})
        if more > apart and len(found) < _TOLD_BY:
            found, apart = [*found, one], more
    return found


def _is_plain(one: Differing) -> bool:
    return all(
        isinstance(v, int | float) or (isinstance(v, str) and len(v) <= _LONGEST)
        for v in one.values
    )


def _told_by(one: Differing, index: int, items: Sequence[Loaded]) -> str:
    """Value of an input in few words: `52 servers`, `no-cap`, `days 7`."""
    value, fact = one.values[index], _fact(one.field, items)
    unit = fact.unit if fact is not None else ""
    if isinstance(value, str):
        return value
    number = f"{value:,g}" if unit != "" else f"{value}"
    if unit in ("", "1"):
        return f"{_last(one.field)} {number}"
    return f"{number} {unit}"


def _item(one: Loaded, label: str) -> Document:
    return {
        "label": label, **figures(one, "kind", "source", "id", "href", "provenance"),
        **figures(one.told, "meets", "breaches", "repetitions", "horizon_s", "limit_w",
                  "server_count"),
    }  # fmt: skip


# --- inputs ---------------------------------------------------------------------------


def _input(one: Differing, items: Sequence[Loaded]) -> Document:
    fact = _fact(one.field, items)
    return {
        "field": one.field, "label": field_label(one.field),
        "unit": "" if fact is None or fact.unit == "1" else fact.unit,
        "doc": "" if fact is None else fact.doc, "values": list(one.values),
    }  # fmt: skip


def _fact(path: str, items: Sequence[Loaded]) -> FieldFact | None:
    """What is known of a field by the inputs of any item."""
    found = (find_field(model, path) for model in {one.model for one in items})
    return next((fact for fact in found if fact is not None), None)


_UNITS = ("w", "wh", "s", "c", "k", "frac", "mhz", "j", "usd", "megawatt")


def field_label(path: str) -> str:
    """Write a dotted path in words, its unit left to the column beside it."""
    *parents, _ = path.split(".")
    above = [p.replace("_", " ") for p in parents if not p.isdecimal()][-1:]
    return ": ".join([*above, _last(path)])


def _last(path: str) -> str:
    words = path.rpartition(".")[2].split("_")
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in _UNITS else words)


# --- figures --------------------------------------------------------------------------


def _outputs(items: Sequence[Loaded], baseline: int) -> list[Document]:
    known = {one.key: one for one in FIGURES}
    known |= {f.key: f for item in items for f in item.figures if f.key not in known}
    figures = [
        f for f in known.values() if any(f.key in item.told.figures for item in items)
    ]
    if of_unequal_length(items):
        # more of a longer time is neither better nor worse
        figures = [replace(f, better="neither") if grows(f) else f for f in figures]
    values = [[i.told.figures.get(f.key, math.nan) for i in items] for f in figures]
    compared = [
        compare_figure(f, v, baseline=baseline)
        for f, v in zip(figures, values, strict=True)
    ]
    places = order_of(compared)
    if of_unequal_length(items):
        places.sort(key=lambda k: _behind(figures[k], compared[k]))
    return [_output(items, figures[k], values[k], compared[k]) for k in places]


def _behind(figure: Figure, found: Compared) -> int:
    """Rank where lengths differ: what only the length may have moved comes later."""
    if not found.score > 0:
        return 2
    return 1 if grows(figure) else 0


def _output(
    items: Sequence[Loaded], figure: Figure, values: list[float], found: Compared
) -> Document:
    return {
        **figures(figure, "key", "label", "unit", "better", "group", "doc"),
        "values": values,
        "ranges": [_range(item.told, figure.key) for item in items],
        "differences": [
            {"absolute": a, "relative": r, "times": t}
            for a, r, t in zip(
                found.absolute, found.relative, found.times, strict=True
            )
        ],
        **figures(found, "spread", "usual", "score", "verdicts"),
    }  # fmt: skip


def _range(told: Told, key: str) -> list[float] | None:
    if told.low is None or told.high is None or key not in told.low:
        return None
    return [told.low[key], told.high[key]]


def _events(items: Sequence[Loaded]) -> list[Document]:
    return [
        {"kind": key, "label": label, "counts": counts}
        for key, label in COUNTS.items()
        if any(counts := [item.told.counts.get(key) for item in items])
    ]


# --- curves ---------------------------------------------------------------------------


def _series(items: Sequence[Loaded]) -> list[Document]:
    """Curves that something has to show for, all on the same bins."""
    lengths = [one.told.horizon_s for one in items if one.told.curves]
    if not lengths or max(lengths) <= 0:
        return []
    axis_s = axis_of(lengths, POINTS)
    return [found for curve in CURVES if (found := _curve(items, curve, axis_s))]


def _curve(
    items: Sequence[Loaded], curve: Curve, axis_s: FloatArray
) -> Document | None:
    end_s = float(axis_s[1] * axis_s.size)
    lines: list[FloatArray | None] = []
    for one in items:
        known = one.told.curves.get(curve.name)
        lines.append(
            None if known is None else on_axis(
                axis_s, end_s, *known, horizon_s=one.told.horizon_s, how=curve.how
            )
        )  # fmt: skip
    if not any(line is not None and np.nan_to_num(line).any() for line in lines):
        return None
    return {
        "name": curve.name, "label": curve.label, "unit": curve.unit, "t_s": axis_s,
        "values": lines,
    }  # fmt: skip


# --- tables ---------------------------------------------------------------------------


_PARTS = {
    "absolute": "difference", "relative": "relative difference",
    "times": "difference ÷ usual",
}  # fmt: skip


def figures_table(document: Document) -> Table:
    """Figures as columns: one row each, values and differences of every item."""
    outputs = document["outputs"]
    table: Table = {
        name: [one[name] for one in outputs]
        for name in ("key", "label", "unit", "better", "spread", "usual", "score")
    }
    for k, item in enumerate(document["items"]):
        name = f"{k + 1} {item['label']}"
        table[name] = [one["values"][k] for one in outputs]
        if k == document["baseline"]:
            continue
        for part in ("absolute", "relative", "times"):
            table[f"{name}: {_PARTS[part]}"] = [
                one["differences"][k][part] for one in outputs
            ]
        table[f"{name}: verdict"] = [one["verdicts"][k] for one in outputs]
    return table


def curves_table(document: Document) -> Table:
    """Curves as columns, one row a bin."""
    series = document["series"]
    if not series:
        return {"t_s": []}
    table: Table = {"t_s": series[0]["t_s"]}
    for curve in series:
        for k, item in enumerate(document["items"]):
            if curve["values"][k] is not None:
                table[f"{curve['name']} {k + 1} {item['label']}"] = curve["values"][k]
    return table
