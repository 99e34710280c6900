"""Figures of what the grid may do: critical frequencies, ride-through."""

from __future__ import annotations

import math
from typing import Any

from app import format as say
from app.figures.stabilize import short_power
from app.figures.template import LIGHT, Figure, base_layout, note

Json = dict[str, Any]


def resonance_figure(study: Json) -> Figure:
    """Draw how strongly each critical frequency is driven ÷ its limit."""
    modes = [m for m in study["modes"] if m["limit_w"]][::-1]
    if not modes:
        return note("No critical frequency has a limit.")
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 118, "r": 16, "t": 20, "b": 34},
    ))  # fmt: skip
    rows = list(range(len(modes)))
    ratios = {
        side: [max(1e-4, (m[side]["amplitude_w"] or 0) / m["limit_w"]) for m in modes]
        for side in ("before", "after")
    }
    for k in rows:
        figure.add_shape(
            type="line", y0=k, y1=k, x0=ratios["before"][k], x1=ratios["after"][k],
            line={"color": LIGHT.grid, "width": 3}, layer="below",
        )  # fmt: skip
    for side in ("before", "after"):
        passes = [m[side]["passes"] for m in modes]
        figure.add(
            "scatter", mode="markers", name=side, x=ratios[side], y=rows,
            marker={
                "size": 11, "symbol": ["circle" if ok else "x" for ok in passes],
                "color": LIGHT.baseline if side == "before"
                else [LIGHT.power if ok else LIGHT.bad for ok in passes],
            },
            hovertext=[_mode_words(m, side) for m in modes], hoverinfo="text",
        )  # fmt: skip
    figure.mark_x(1.0, "limit", colour=LIGHT.limit, dash="dash")
    figure.layout["annotations"][-1]["x"] = 0.0  # log axis: power of ten
    most = max(*ratios["before"], *ratios["after"], 10)
    least = min(*ratios["before"], *ratios["after"], 0.1)
    figure.arrange(
        xaxis={
            "type": "log", "title": {"text": "amplitude ÷ limit"}, "dtick": 1,
            "tickformat": "~g",
            "range": [math.log10(least) - 0.3, math.log10(most) + 0.3],
        },
        yaxis={
            "tickvals": rows, "range": [-0.6, len(rows) - 0.4], "fixedrange": True,
            "ticktext": [
                f"{m['key']}<br><span style='font-size:10px'>{m['low_hz']:g} to "
                f"{m['high_hz']:g} Hz</span>" for m in modes
            ],
        },
    )  # fmt: skip
    return figure


def _mode_words(mode: Json, side: str) -> str:
    driven = mode[side]
    margin = driven["margin_frac"]
    times = "" if margin is None else f", {1 - margin:.3g} × the limit"
    hertz = "" if driven["at_hz"] is None else f" at {driven['at_hz']:.3g} Hz"
    return (
        f"<b>{mode['title']}</b><br>{side}: "
        f"{short_power(driven['amplitude_w'], 'MW')}{hertz}{times}<br>"
        f"{mode['source'][:90]}"
    )


def ride_figure(study: Json, *, unit: str = "MW") -> Figure:
    """Draw power in the disturbance, and the voltage that caused it."""
    if not study["rides"]:
        return note("Choose a ride-through table under Rules.")
    scale = say.power_scale(unit)
    ride = study["rides"][0]
    times = [t or 0.0 for t in ride["t_s"]]
    settled = [
        t for k, t in enumerate(times)
        if k and abs((ride["grid_w"][k] or 0) - (ride["grid_w"][k - 1] or 0)) > 1.0
    ]  # fmt: skip
    end = min(times[-1], 1.12 * max([*settled, *ride["voltage_t_s"], 2.0]))
    figure = Figure(base_layout(
        hovermode="x unified", margin={"l": 56, "r": 44, "t": 20, "b": 34},
    ))  # fmt: skip
    figure.add_line(
        LIGHT.power, 1.8, name="power", x=times, fill="tozeroy", fillcolor=LIGHT.band,
        y=[(w or 0.0) / scale for w in ride["grid_w"]],
        hovertemplate="%{y:.4~r} " + unit,
    )  # fmt: skip
    figure.add_line(
        LIGHT.second, 1.4, dash="dash", shape="hv", name="voltage", yaxis="y2",
        x=[*ride["voltage_t_s"], end],
        y=[100 * v for v in [*ride["voltage_pu"], ride["voltage_pu"][-1]]],
        hovertemplate="%{y:.0f} %",
    )  # fmt: skip
    figure.arrange(
        xaxis={"range": [0, end], "title": {"text": "time [s]"}, "hoverformat": ".3~f"},
        yaxis={"rangemode": "tozero", "ticksuffix": f" {unit}", "nticks": 5},
        yaxis2={
            "overlaying": "y", "side": "right", "ticksuffix": " %", "nticks": 4,
            "range": [0, 1.1 * max(100 * v for v in ride["voltage_pu"])],
            "showgrid": False, "fixedrange": True,
        },
    )  # fmt: skip
    figure.add_key(
        f"<b style='color:{LIGHT.power}'>power</b>   "
        f"<b style='color:{LIGHT.second}'>voltage</b>, right   {ride['event']}",
    )  # fmt: skip
    return figure
