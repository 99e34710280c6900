"""Figures of the tracking twin: measured against predicted, forecasts, residuals."""

from __future__ import annotations

from typing import Any

from app.figures.template import INSTANTS, LIGHT, Figure, base_layout, note
from app.format import power, power_digits, power_scale

Json = dict[str, Any]

_MARGIN = {"l": 58, "r": 12, "t": 16, "b": 40}
_DATE = {"type": "date", "title": {"text": "UTC"}, "hoverformat": "%a %d %b %H:%M UTC"}


def _scaled(values: list[float | None], scale: float) -> list[float | None]:
    return [None if v is None else v / scale for v in values]


def _ms(times_us: list[int]) -> list[float]:
    return [t / 1e3 for t in times_us]


def shadow_figure(curves: Json | None, *, unit: str) -> Figure:
    """
    Draw measured and predicted power of a host or node.

    Args:
        curves: `series` of the shadow; None where nothing is chosen.
        unit: Power unit.

    Returns:
        Measured as a line, predicted dashed.
    """
    if curves is None or all(v is None for v in curves["predicted_w"]):
        return note("No prediction in the last hour.")
    scale = power_scale(unit)
    figure = Figure(base_layout())
    x, hover = _ms(curves["time_us"]), f"%{{y:,.{power_digits(unit)}f}} {unit}"
    figure.add("scatter", x=x, y=_scaled(curves["measured_w"], scale), mode="lines",
               name="measured", line={"width": 1.6, "color": LIGHT.power},
               hovertemplate=hover)  # fmt: skip
    figure.add("scatter", x=x, y=_scaled(curves["predicted_w"], scale), mode="lines",
               name="predicted", hovertemplate=hover,
               line={"width": 1.6, "color": LIGHT.second, "dash": "dash"})  # fmt: skip
    for name, colour, at in (
        ("measured", LIGHT.power, 0), ("predicted – –", LIGHT.second, 66),
    ):  # fmt: skip
        figure.add_label(x=0, xref="paper", xanchor="left", xshift=at, y=1,
                         yref="paper", yanchor="bottom", text=name,
                         font={"color": colour, "size": 11})  # fmt: skip
    figure.arrange(
        xaxis=_DATE, yaxis={"title": {"text": unit}}, margin=_MARGIN, meta=INSTANTS
    )
    return figure


def forecast_figure(found: Json, *, unit: str) -> Figure:
    """
    Draw a forecast: mean, the range of 90 % of futures, and the limit if it is near.

    Args:
        found: Answer of /tracking/forecast.
        unit: Power unit.
    """
    scale = power_scale(unit)
    figure = Figure(base_layout())
    x, hover = _ms(found["time_us"]), f"%{{y:,.{power_digits(unit)}f}} {unit}"
    edge = {"width": 0, "color": LIGHT.power}
    figure.add("scatter", x=x, y=_scaled(found["low_w"], scale), mode="lines",
               name="5 % below", line=edge, hovertemplate=hover)  # fmt: skip
    figure.add("scatter", x=x, y=_scaled(found["high_w"], scale), mode="lines",
               name="5 % above", line=edge, fill="tonexty", fillcolor=LIGHT.band,
               hovertemplate=hover)  # fmt: skip
    figure.add("scatter", x=x, y=_scaled(found["mean_w"], scale), mode="lines",
               name="mean", line={"width": 1.6, "color": LIGHT.power, "dash": "dash"},
               hovertemplate=hover)  # fmt: skip
    high = max((v for v in found["high_w"] if v is not None), default=0.0)
    limit = found["limit_w"]
    if limit is not None and high >= 0.6 * limit:
        figure.mark_y(limit / scale, f"limit {power(limit, unit)}", colour=LIGHT.limit)
    figure.arrange(
        xaxis=_DATE, yaxis={"title": {"text": unit}}, margin=_MARGIN, meta=INSTANTS
    )
    return figure


def residual_figure(residuals: Json, *, unit: str) -> Figure:
    """
    Draw what was measured and modelled, and below it their difference.

    Args:
        residuals: `residuals` of a calibration.
        unit: Its unit.

    Returns:
        Two panes on one time axis; a line where the part not seen begins.
    """
    figure = Figure(base_layout())
    x = _ms(residuals["time_us"])
    for name, key, line in (
        ("measured", "measured", {"width": 1.4, "color": LIGHT.power}),
        ("modelled", "modelled", {"width": 1.4, "color": LIGHT.second, "dash": "dash"}),
    ):
        figure.add("scatter", x=x, y=residuals[key], mode="lines", name=name, line=line,
                   hovertemplate=f"%{{y:,.1f}} {unit}")  # fmt: skip
    figure.add("scatter", x=x, y=residuals["residual"], mode="lines", yaxis="y2",
               name="difference", line={"width": 1, "color": LIGHT.muted},
               hovertemplate=f"%{{y:,.1f}} {unit}")  # fmt: skip
    if residuals["held_out_from_us"] is not None:
        at = residuals["held_out_from_us"] / 1e3
        figure.add_shape(
            type="line",
            x0=at,
            x1=at,
            yref="paper",
            y0=0,
            y1=1,
            line={"color": LIGHT.limit, "width": 1.2, "dash": "dot"},
        )
        figure.add_label(
            x=at,
            yref="paper",
            y=1,
            yanchor="bottom",
            xanchor="left",
            text="not seen by the fit",
            font={"size": 11},
        )
    figure.arrange(
        xaxis=_DATE | {"anchor": "y2"},
        yaxis={"title": {"text": unit}, "domain": [0.4, 1]},
        yaxis2={"title": {"text": "difference"}, "domain": [0, 0.3],
                "gridcolor": LIGHT.grid, "zeroline": True, "zerolinecolor": LIGHT.muted,
                "tickfont": {"color": LIGHT.muted, "size": 11}},
        margin=_MARGIN, meta=INSTANTS,
    )  # fmt: skip
    return figure
