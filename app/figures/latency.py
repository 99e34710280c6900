"""What capping costs the users: every service level as a share of what is allowed."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.figures.template import LIGHT, Figure, base_layout
from app.frames import Level, levels_frame

Json = dict[str, Any]
_SCALE_END = 1.5


def latency_figure(run: Json, *, slo: Json | None = None) -> Figure:
    """
    Draw the latency impact by priority against its service level.

    Bars are shares of the allowed rise, so that limits of 1 % and of 50 % compare;
    the label gives the rise itself.

    Args:
        run: A run in JSON.
        slo: Limits by field name; the published ones where absent.

    Returns:
        The figure: one bar per service level, the limit at 100 %.
    """
    levels = levels_frame(run, slo)[::-1]
    broken = [level.impact_frac > level.limit_frac for level in levels]
    figure = Figure(base_layout(hovermode="closest", bargap=0.55))
    figure.add(
        "bar",
        orientation="h",
        y=[_name(level) for level in levels],
        x=[min(level.used_frac, _SCALE_END) for level in levels],
        marker={
            "color": [LIGHT.bad if b else _colour(level) for b, level in
                      zip(broken, levels, strict=True)],
            "pattern": {"shape": ["/" if b else "" for b in broken], "size": 6,
                        "fillmode": "overlay",
                        "fgcolor": LIGHT.ground, "fgopacity": 0.6},
        },
        hovertext=[_detail(level) for level in levels], hoverinfo="text",
    )  # fmt: skip
    figure.mark_x(1, "<b>allowed</b>", colour=LIGHT.limit, width=1.6, dash="")
    for level, wrong in zip(levels, broken, strict=True):
        figure.add_beside(
            ("✕ " if wrong else "")
            + f"<b>{say.percent(level.impact_frac, 1, signed=True)}</b> of "
            + f"{say.percent(level.limit_frac, 0)}<br>"
            + f"{say.latency(level.before_s)} → {say.latency(level.after_s)}",
            colour=LIGHT.bad if wrong else LIGHT.ink, y=_name(level), xshift=8,
        )  # fmt: skip
    figure.arrange(
        margin={"l": 66, "r": 130, "t": 22, "b": 26},
        uirevision="latency",
        xaxis={
            "range": [0, _SCALE_END], "tickformat": ".0%", "fixedrange": True,
            "tickvals": [0, 0.5, 1, 1.5],
            "ticktext": ["0 %", "50 %", "100 %", "≥150 %"],
        },
        yaxis={"fixedrange": True, "showgrid": False, "tickfont": {"color": LIGHT.ink}},
    )  # fmt: skip
    return figure


def _name(level: Level) -> str:
    priority, quantile = level.key.split("_")
    return f"{priority.title()} {quantile.upper()}"


def _colour(level: Level) -> str:
    return str(LIGHT.high if level.key.startswith("high") else LIGHT.low)


def _detail(level: Level) -> str:
    return (
        f"{level.title}: {say.latency(level.before_s)} without control, "
        f"{say.latency(level.after_s)} with it<br>"
        f"{say.percent(level.impact_frac, 2, signed=True)} of "
        f"{say.percent(level.limit_frac, 1)} allowed"
    )
