"""Figure of one serving system over time: power, GPUs, clock and queue of its pools."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from app import format as say
from app.figures.template import (
    INSTANTS,
    LIGHT,
    SERIES,
    Figure,
    base_layout,
    note,
    pane_axes,
)

Json = dict[str, Any]
Line = list[float | None]

_PANES = ((0.70, 1.0), (0.42, 0.64), (0.21, 0.36), (0.0, 0.15))
"""Low and high end of power, GPUs, clock and requests that wait."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLines:
    """
    One pool over time, in units people read.

    Args:
        name: Name with its GPUs per instance.
        gpus: GPUs on; None throughout where the pool has none.
        clock_mhz: Empty while nothing is on.
    """

    name: str
    power_w: Line
    instances: Line
    gpus: Line
    clock_mhz: Line
    queued: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolsFrame:
    """A system over time; `at` are instants in milliseconds since 1970."""

    at: list[float]
    peak_w: Line
    pools: tuple[PoolLines, ...]


def pools_frame(outcome: Json, start: str) -> PoolsFrame | None:
    """
    Lines of every pool, None where the system has no course in time.

    Args:
        outcome: One outcome of a study.
        start: First instant of the traffic.
    """
    timeline = outcome["timeline"]
    if not timeline:
        return None
    begin_ms = 1e3 * dt.datetime.fromisoformat(start).timestamp()
    return PoolsFrame(
        at=[begin_ms + 1e3 * t for t in timeline["time_s"]],
        peak_w=timeline["power_max_w"],
        pools=tuple(_pool(p) for p in timeline["pools"]),
    )


def _pool(pool: Json) -> PoolLines:
    each = pool["gpus_per_instance"]
    named = f"TP{each}" in pool["name"] or each == 0
    return PoolLines(
        name=pool["name"] if named else f"{pool['name']} · {each} GPUs each",
        power_w=pool["power_w"], instances=pool["instances"],
        gpus=[None if n is None else n * each for n in pool["instances"]],
        clock_mhz=[
            mhz if on else None
            for mhz, on in zip(pool["clock_mhz"], pool["instances"], strict=True)
        ],
        queued=pool["queued"],
    )  # fmt: skip


def pools_figure(
    outcome: Json | None, *, start: str, source: str, unit: str = "kW"
) -> Figure:
    """
    Draw the pools of one system: power, GPUs on, clock, requests waiting.

    Args:
        outcome: One outcome of a study; None where nothing is chosen.
        start: First instant of the traffic.
        source: System and source, for the tooltip.
        unit: Power unit.
    """
    frame = pools_frame(outcome, start) if outcome else None
    if frame is None or not outcome:
        words = (
            f"{outcome['label']} has no course in time." if outcome else "No system."
        )
        return note(words)
    figure = _empty(unit)
    for k, pool in enumerate(frame.pools):
        _lines(figure, frame, pool, k, unit=unit)
    figure.add_line(
        LIGHT.ink, 1, x=frame.at, y=_scaled(frame.peak_w, say.power_scale(unit)),
        name="peak of all",
        hovertemplate=f"%{{y:,.1f}} {unit}<extra>peak of all · {source}</extra>",
    )  # fmt: skip
    _names(figure, frame)
    return figure


def _empty(unit: str) -> Figure:
    """Panes with their titles, one above another."""
    titles = (
        f"Power [{unit}], stacked, line: peak", "GPUs on, stacked", "Clock [MHz]",
        "Requests waiting",
    )  # fmt: skip
    axes = pane_axes(_PANES, rangemode="tozero", nticks=4)
    figure = Figure(base_layout(
        margin={"l": 52, "r": 14, "t": 40, "b": 38},
        meta=INSTANTS,
        xaxis={"type": "date", "anchor": "y4", "hoverformat": "%H:%M:%S UTC"}, **axes,
    ))  # fmt: skip
    for title, (_, high) in zip(titles, _PANES, strict=True):
        figure.add_key(title, y=high)
    return figure


def _lines(
    figure: Figure, frame: PoolsFrame, pool: PoolLines, k: int, *, unit: str
) -> None:
    colour = SERIES[k % len(SERIES)]
    line = {"color": colour, "width": 1.3, "dash": _DASHES[k // len(SERIES) % 6]}
    area = {
        "mode": "lines", "line": {"color": colour, "width": 0.6, "shape": "hv"},
        "fillcolor": _faint(colour), "x": frame.at,
    }  # fmt: skip
    figure.add(
        "scatter", **area, y=_scaled(pool.power_w, say.power_scale(unit)),
        stackgroup="power", name=pool.name,
        hovertemplate=f"%{{y:,.1f}} {unit}<extra>{pool.name}</extra>",
    )  # fmt: skip
    figure.add(
        "scatter", **area, y=pool.gpus, stackgroup="gpus", yaxis="y2", name=pool.name,
        text=[f"{n or 0:,.3g}" for n in pool.instances],
        hovertemplate="%{y:,.3g} GPUs, %{text} instances"
        f"<extra>{pool.name}</extra>",
    )  # fmt: skip
    for axis, values, words in (
        ("y3", pool.clock_mhz, "%{y:,.0f} MHz"),
        ("y4", pool.queued, "%{y:,.3g} waiting"),
    ):  # fmt: skip
        figure.add(
            "scatter", x=frame.at, y=values, mode="lines", line=line, yaxis=axis,
            name=pool.name, hovertemplate=f"{words}<extra>{pool.name}</extra>",
        )  # fmt: skip


def _names(figure: Figure, frame: PoolsFrame) -> None:
    """Name the pools above the panes, in their colours."""
    words = "   ".join(
        f"<span style='color:{SERIES[k % len(SERIES)]}'><b>■ {pool.name}</b></span>"
        for k, pool in enumerate(frame.pools)
    )
    figure.add_key(words, colour=LIGHT.ink, yshift=17)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.38)"


def _scaled(values: Line, scale: float) -> Line:
    return [None if v is None else v / scale for v in values]
