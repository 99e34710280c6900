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
)

Json = dict[str, Any]
Line = list[float | None]

_PANES = (("power", 0.70, 1.0), ("gpus", 0.42, 0.64), ("clock", 0.21, 0.36),
          ("queued", 0.0, 0.15))  # fmt: skip
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
    figure = Figure(_layout(unit))
    for k, pool in enumerate(frame.pools):
        _lines(figure, frame, pool, k, unit=unit)
    figure.add(
        "scatter", x=frame.at, y=_scaled(frame.peak_w, say.power_scale(unit)),
        mode="lines", name="peak of all", line={"color": LIGHT.ink, "width": 1},
        hovertemplate=f"%{{y:,.1f}} {unit}<extra>peak of all · {source}</extra>",
    )  # fmt: skip
    _names(figure, frame)
    return figure


def _layout(unit: str) -> Json:
    titles = (
        f"Power [{unit}], stacked, line: peak", "GPUs on, stacked", "Clock [MHz]",
        "Requests waiting",
    )  # fmt: skip
    axis: Json = {
        "gridcolor": LIGHT.grid, "zeroline": False, "rangemode": "tozero",
        "tickfont": {"color": LIGHT.muted, "size": 11}, "nticks": 4,
    }  # fmt: skip
    axes = {
        f"yaxis{k + 1 if k else ''}": axis | {"domain": [low, high]}
        for k, (_, low, high) in enumerate(_PANES)
    }
    layout = base_layout(
        margin={"l": 52, "r": 14, "t": 40, "b": 38},
        meta=INSTANTS,
        xaxis={"type": "date", "anchor": "y4", "hoverformat": "%H:%M:%S UTC"}, **axes,
    )  # fmt: skip
    layout["annotations"] = [
        {"showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "y": high,
         "xanchor": "left", "yanchor": "bottom", "text": title,
         "font": {"size": 11, "color": LIGHT.muted}}
        for title, (_, _, high) in zip(titles, _PANES, strict=True)
    ]  # fmt: skip
    return layout


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
    figure.add_label(
        xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="bottom",
        yshift=17, text=words, font={"size": 11, "color": LIGHT.ink},
    )  # fmt: skip


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.38)"


def _scaled(values: Line, scale: float) -> Line:
    return [None if v is None else v / scale for v in values]
