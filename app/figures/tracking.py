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
    figure.add_line(
        LIGHT.power, 1.6, x=x, y=_scaled(curves["measured_w"], scale), name="measured",
        hovertemplate=hover,
    )  # fmt: skip
    figure.add_line(
        LIGHT.second, 1.6, dash="dash", x=x, y=_scaled(curves["predicted_w"], scale),
        name="predicted", hovertemplate=hover,
    )  # fmt: skip
    for name, colour, at in (
        ("measured", LIGHT.power, 0), ("predicted – –", LIGHT.second, 66),
    ):  # fmt: skip
        figure.add_key(name, colour=colour, xshift=at)
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
    figure.add_band(
        _scaled(found["low_w"], scale), _scaled(found["high_w"], scale), LIGHT.band,
        names=("5 % below", "5 % above"), x=x, hovertemplate=hover,
        line={"width": 0, "color": LIGHT.power},
    )  # fmt: skip
    figure.add_line(
        LIGHT.power, 1.6, dash="dash", x=x, y=_scaled(found["mean_w"], scale),
        name="mean", hovertemplate=hover,
    )  # fmt: skip
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
    hover = f"%{{y:,.1f}} {unit}"
    for name, colour, dash in (
        ("measured", LIGHT.power, ""), ("modelled", LIGHT.second, "dash"),
    ):  # fmt: skip
        figure.add_line(
            colour, 1.4, dash=dash, x=x, y=residuals[name], name=name,
            hovertemplate=hover,
        )  # fmt: skip
    figure.add_line(
        LIGHT.muted, 1, x=x, y=residuals["residual"], yaxis="y2", name="difference",
        hovertemplate=hover,
    )  # fmt: skip
    if residuals["held_out_from_us"] is not None:
        at = residuals["held_out_from_us"] / 1e3
        figure.rule_x(at, colour=LIGHT.limit, dash="dot", yref="paper")
        figure.add_label(
            "not seen by the fit", x=at, yref="paper", y=1, yanchor="bottom",
            xanchor="left", font={"size": 11},
        )  # fmt: skip
    figure.arrange(
        xaxis=_DATE | {"anchor": "y2"},
        yaxis={"title": {"text": unit}, "domain": [0.4, 1]},
        yaxis2={"title": {"text": "difference"}, "domain": [0, 0.3],
                "gridcolor": LIGHT.grid, "zeroline": True, "zerolinecolor": LIGHT.muted,
                "tickfont": {"color": LIGHT.muted, "size": 11}},
        margin=_MARGIN, meta=INSTANTS,
    )  # fmt: skip
    return figure
