"""Curves of several runs on shared axes: pinned ones, and compared ones with limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app import format as say
from app.figures.template import LIGHT, SERIES, Figure, base_layout, note, pane_axes

Json = dict[str, Any]
_DASHES = ("solid", "dash", "dot", "dashdot")
_ITEM_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot",
                "2px,6px", "10px,3px")  # fmt: skip
PANE_PX = 170
"""Height of one quantity."""
_GAP_PX = 34
_EDGE_PX = 62
_LONG_H = 72.0


def compare_figure(pins: list[dict[str, Any]], *, unit: str = "kW") -> Figure:
    """
    Draw pinned runs over each other, direct labels at their right end.

    Args:
        pins: Two to four pinned runs.
        unit: "W", "kW" or "MW".

    Returns:
        The figure.
    """
    scale = say.power_scale(unit)
    colours = (LIGHT.power, LIGHT.second, LIGHT.high, LIGHT.good)
    layout = base_layout(margin={"l": 56, "r": 12, "t": 26, "b": 34})
    figure = Figure(layout)
    for index, pin in enumerate(pins):
        points = len(pin["curve_w"])
        figure.add_line(
            colours[index % 4], 1.5, dash=_DASHES[index % 4],
            y=[w / scale for w in pin["curve_w"]], x0=0,
            dx=pin["horizon_s"] / 3600 / max(1, points), name=pin["label"],
            hovertemplate=f"%{{y:,.1f}} {unit}",
        )  # fmt: skip
    figure.arrange(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": {"text": "hours from start"}},
        yaxis={"ticksuffix": f" {unit}", "tickformat": ",~r", "nticks": 5},
    )  # fmt: skip
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """
    One quantity of every item, in units people read.

    Args:
        title: What it is, with its unit.
        unit: The unit.
        lines: One an item; None where it has none.
        limits: Line that power should stay below, one an item.
    """

    title: str
    unit: str
    lines: list[np.ndarray | None]
    limits: list[float | None]


def panes_of(document: Json, names: list[str], *, unit: str = "kW") -> list[Pane]:
    """
    Curves of a comparison as panes.

    Args:
        document: The comparison.
        names: Which curves, in this order; unknown ones are left out.
        unit: Power unit.
    """
    known = {one["name"]: one for one in document["series"]}
    return [_pane(document, known[name], unit) for name in names if name in known]


def _pane(document: Json, curve: Json, unit: str) -> Pane:
    is_power = curve["unit"] == "W"
    scale = say.power_scale(unit) if is_power else 1.0
    shown = unit if is_power else curve["unit"].removeprefix("1")
    limited = curve["name"] in ("it_w", "it_peak_w")
    return Pane(
        title=curve["label"] + (f" [{shown}]" if shown else ""), unit=shown,
        lines=[
            None if line is None else np.array(line, dtype=np.float64) / scale
            for line in curve["values"]
        ],
        limits=[
            one["limit_w"] / scale if limited and one["limit_w"] else None
            for one in document["items"]
        ],
    )  # fmt: skip


def height_of(panes: int) -> int:
    """Height of a figure of so many panes. [px]"""
    return _EDGE_PX + max(1, panes) * PANE_PX + max(0, panes - 1) * _GAP_PX


def curves_figure(document: Json, names: list[str], *, unit: str = "kW") -> Figure:
    """
    Draw curves of every item over each other, one pane a quantity, one time axis.

    Args:
        document: The comparison.
        names: Which curves.
        unit: Power unit.
    """
    panes = panes_of(document, names, unit=unit)
    if not panes:
        words = "Cells of plans and points of studies keep no curves over time."
        return note(words)
    hours = np.array(document["series"][0]["t_s"]) / 3600
    per_x = 24.0 if hours[-1] > _LONG_H else 1.0
    figure = _empty(panes, days=per_x > 1)
    for place, pane in enumerate(panes):
        axis = f"y{place + 1 if place else ''}"
        for k, line in enumerate(pane.lines):
            if line is not None:
                label = document["items"][k]["label"]
                figure.add_line(
                    colour_of(k), 1.5, dash=_ITEM_DASHES[k % len(_ITEM_DASHES)],
                    x=hours / per_x, y=line, yaxis=axis, name=f"{k + 1} {label}",
                    connectgaps=False, hovertemplate=f"%{{y:,.4~g}} {pane.unit}",
                )  # fmt: skip
        _limits(figure, pane, axis)
    return figure


def colour_of(place: int) -> str:
    """Colour of an item by its place; assets/base.series.css has the same."""
    return SERIES[place % len(SERIES)]


def _empty(panes: list[Pane], *, days: bool) -> Figure:
    """Panes with their titles, one above another."""
    total = height_of(len(panes)) - _EDGE_PX
    highs = [1 - k * (PANE_PX + _GAP_PX) / total for k in range(len(panes))]
    places = [(max(0.0, high - PANE_PX / total), high) for high in highs]
    axes = pane_axes(places, nticks=5, tickformat=",~r")
    for axis, pane in zip(axes.values(), panes, strict=True):
        axis["range"] = range_of(pane)
    last = f"y{len(panes) if len(panes) > 1 else ''}"
    words = f"{'days' if days else 'hours'} from each start"
    figure = Figure(base_layout(
        margin={"l": 52, "r": 14, "t": 22, "b": 40}, hoversubplots="axis",
        xaxis={
            "anchor": last, "title": {"text": words}, "hoverformat": ".2f",
            "ticksuffix": " d" if days else " h",
        }, meta={"time_s": 86_400 if days else 3600}, **axes,
    ))  # fmt: skip
    for high, pane in zip(highs, panes, strict=True):
        figure.add_key(pane.title, y=high)
    return figure


def range_of(pane: Pane) -> list[float]:
    """
    Ends of a pane's axis: from zero, but where curves lie close together around them.

    Differences of a few per cent are what a comparison is for.
    """
    values = [line[np.isfinite(line)] for line in pane.lines if line is not None]
    ends = [v for line in values if line.size for v in (line.min(), line.max())]
    ends += [limit for limit in pane.limits if limit is not None]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = 0.08 * (high - low or abs(high) or 1.0)
    return [float(low - room if low > high / 2 else min(0.0, low)), float(high + room)]


def _limits(figure: Figure, pane: Pane, axis: str) -> None:
    """Draw the limit once where all have the same, else each in its own look."""
    known = {limit for limit in pane.limits if limit is not None}
    shared = len(known) == 1
    for k, limit in enumerate(pane.limits):
        if limit is None or (shared and k != pane.limits.index(limit)):
            continue
        colour = LIGHT.limit if shared else colour_of(k)
        figure.rule_y(limit, colour=colour, yref=axis)
        text = f"limit {limit:,.4g} {pane.unit}"
        figure.add_label(
            text if shared else f"{text} of {k + 1}", colour=colour, xref="x domain",
            x=1, xanchor="right", yref=axis, y=limit, yanchor="bottom",
        )  # fmt: skip
