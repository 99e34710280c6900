"""Heat map of a study: one output over two axes, exact on a grid, else binned."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from app.figures.template import HEAT, LIGHT, Figure, base_layout, note
from app.format import number
from app.report.units import Scale
from app.study_seen import Seen
from twin.types import BoolArray, FloatArray, IntArray

_MOST_CELLS = 24
_MOST_BINS = 10
_POINTS_A_CELL = 1.7
"""Root of the points that a cell should hold."""
_MOST_WRITTEN = 10
"""Columns beyond which cells hold no figures."""
_EDGE = 1e-9
_WIDE = 330.0
"""Width of a narrow screen's map in pixels."""


def heat_figure(
    seen: Seen, key: str, keys: tuple[str, str], chosen: BoolArray, *,
    stat: str,
) -> Figure:  # fmt: skip
    """
    Draw an output over two axes.

    Args:
        seen: The study.
        key: The output.
        keys: Axis from left to right, and from bottom to top.
        chosen: Which points are selected.
        stat: What a cell says of its points: mean or worst.
    """
    which = chosen & np.isfinite(seen.values(key))
    if not which.any():
        return note("No point with this output yet")
    scale = seen.scale(key)
    (x, x_words), (y, y_words) = (cells_of(seen, one) for one in keys)
    cells = cell_values(
        scale.of(seen.values(key)[which]), x[which], y[which],
        (len(x_words), len(y_words)), worst=worst_of(seen, key, stat),
    )  # fmt: skip
    figure = Figure(base_layout(
        hovermode="closest",
        margin={"l": 40 + round(6.0 * max(map(len, y_words))), "r": 8, "t": 8, "b": 44},
    ))  # fmt: skip
    known = np.isfinite(cells)
    text = [[_cell(v) for v in row] for row in cells]
    figure.add(
        "heatmap", z=[[v if math.isfinite(v) else None for v in row] for row in cells],
        x=list(range(len(x_words))), y=list(range(len(y_words))), text=text,
        texttemplate="%{text}" if len(x_words) <= _MOST_WRITTEN else "",
        textfont={"size": 11}, xgap=1, ygap=1,
        colorscale=[[k / (len(HEAT) - 1), c] for k, c in enumerate(HEAT)],
        zmin=float(cells[known].min()), zmax=float(cells[known].max()),
        colorbar={"thickness": 8, "outlinewidth": 0, "len": 1.0, "x": 1.01,
                  "tickfont": {"size": 10, "color": LIGHT.muted},
                  "title": {"text": scale.unit, "font": {"size": 10}}},
        customdata=[[f"{a}, {b}" for a in x_words] for b in y_words],
        hovertemplate="%{customdata}: %{text} " + scale.unit + "<extra></extra>",
    )  # fmt: skip
    for name, axis, words in ((keys[0], "xaxis", x_words), (keys[1], "yaxis", y_words)):
        size = 6.5 * (2 + max(map(len, words))) if axis == "xaxis" else 15.0
        every = math.ceil(len(words) * size / (_WIDE if axis == "xaxis" else 230.0))
        at = list(range(0, len(words), every))
        figure.layout[axis] = {
            "title": {"text": seen.scale(name).title(seen.label(name))},
            "tickvals": at, "ticktext": [words[k] for k in at], "showgrid": False,
            "tickangle": 0,
        }  # fmt: skip
    return figure


def _cell(value: float) -> str:
    """Write three digits of a cell's figure."""
    if not math.isfinite(value):
        return ""
    size = math.floor(math.log10(abs(value))) if value else 0
    digits = 0 if value == round(value) else min(max(0, 2 - size), 6)
    return number(value, digits)


def worst_of(seen: Seen, key: str, stat: str) -> str:
    """Whether a cell shows the mean, the largest or the smallest of its points."""
    if stat != "worst":
        return "mean"
    return "least" if seen.metric(key).get("better") == "more" else "most"


def cell_values(
    values: FloatArray, x: IntArray, y: IntArray, size: tuple[int, int], *, worst: str
) -> FloatArray:
    """
    Bring points into cells.

    Args:
        values: Of the points.
        x: Column of each.
        y: Row of each.
        size: Columns and rows.
        worst: mean, most or least.

    Returns:
        Value per row and column; NaN where no point is.
    """
    columns, rows = size
    place = y * columns + x
    if worst == "mean":
        count = np.bincount(place, minlength=rows * columns)
        total = np.bincount(place, weights=values, minlength=rows * columns)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (total / count).reshape(rows, columns)
    sign = 1.0 if worst == "most" else -1.0
    found = np.full(rows * columns, -np.inf)
    np.maximum.at(found, place, sign * values)
    return np.where(np.isfinite(found), sign * found, np.nan).reshape(rows, columns)


def cells_of(seen: Seen, key: str) -> tuple[IntArray, list[str]]:
    """Column of every answered point along an axis, and the columns' words."""
    scale, values = seen.scale(key), seen.values(key)
    if not seen.numeric(key):
        names = list(dict.fromkeys(seen.words(key)))
        return values.astype(np.int64), names
    kinds = np.unique(values)
    bins = int(np.clip(round(math.sqrt(len(values)) / _POINTS_A_CELL), 3, _MOST_BINS))
    if len(kinds) <= (_MOST_CELLS if seen.design == "grid" else bins):
        return np.searchsorted(kinds, values), [scale.number(v) for v in kinds]
    edges = np.linspace(values.min(), values.max(), bins + 1)
    cells = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    say = _round(scale, float(edges[1] - edges[0]))
    return cells, _between(edges, say, whole=bool(seen.metric(key).get("whole")))


def cell_brush(seen: Seen, key: str, place: int) -> tuple[float, float]:
    """Range of an axis that one column of the heat map covers."""
    cells, _ = cells_of(seen, key)
    inside = seen.values(key)[cells == place]
    if not len(inside):
        return (0.0, 0.0)
    return float(inside.min()), float(inside.max())


def _between(edges: FloatArray, say: Any, *, whole: bool) -> list[str]:
    if whole:
        first = [math.ceil(v - _EDGE) for v in edges[:-1]]
        last = [*(v - 1 for v in first[1:]), round(float(edges[-1]))]
        return [f"{a}–{b}" if a < b else f"{a}"
                for a, b in zip(first, last, strict=True)]  # fmt: skip
    return [f"{say(float(a))}–{say(float(b))}" for a, b in pairwise(edges)]


def _round(scale: Scale, step: float) -> Any:
    """Write edges no finer than their distance."""
    size = step / scale.per
    digits = max(0, 1 - math.floor(math.log10(size))) if size > 0 else 0
    return lambda v: number(scale.of(v), min(digits, 8))


def heat_words(seen: Seen, keys: tuple[str, str], stat: str) -> str:
    """Say what a cell is."""
    rest = len(seen.axes) - len(set(keys))
    words = "mean of each cell's points" if stat == "mean" else "worst of each cell"
    if rest > 0:
        words += f"; {rest} more ax{'es vary' if rest > 1 else 'is varies'} inside"
    return words + ". Press a cell to select it"
