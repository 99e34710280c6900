"""Mean row power of pinned runs on one pair of axes."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.figures.template import Figure, base_layout, palette

_DASHES = ("solid", "dash", "dot", "dashdot")


def compare_figure(
    pins: list[dict[str, Any]], *, dark: bool, unit: str = "kW"
) -> Figure:
    """
    Draw pinned runs over each other, direct labels at their right end.

    Args:
        pins: Two to four pinned runs.
        dark: Ground.
        unit: "W", "kW" or "MW".

    Returns:
        The figure.
    """
    p, scale = palette(dark=dark), say.power_scale(unit)
    colours = (p.power, p.second, p.high, p.good)
    layout = base_layout(dark=dark, margin={"l": 56, "r": 12, "t": 26, "b": 34})
    figure = Figure(layout)
    for index, pin in enumerate(pins):
        points = len(pin["curve_w"])
        figure.add(
        "scatter",
            y=[w / scale for w in pin["curve_w"]], x0=0,
            dx=pin["horizon_s"] / 3600 / max(1, points), name=pin["label"],
            mode="lines", hovertemplate=f"%{{y:,.1f}} {unit}",
            line={"color": colours[index % 4], "dash": _DASHES[index % 4],
                  "width": 1.5},
        )  # fmt: skip
    figure.arrange(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": {"text": "hours from start"}},
        yaxis={"ticksuffix": f" {unit}", "tickformat": ",~r", "nticks": 5},
    )  # fmt: skip
    return figure
