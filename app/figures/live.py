"""Figures of what was measured: a mean in its band of least and highest, a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.figures.template import INSTANTS, LIGHT, Figure, base_layout, note
from app.format import number, power_digits, power_scale

Json = dict[str, Any]

GAP_BINS = 3.5
"""Bins without a reading that part a line."""
HEADROOM_FRAC = 0.08
NEAR_LIMIT = 0.6
"""Share of its limit from which a curve is drawn with it."""
_COLUMNS = {
    "power": ("power_mean_w", 1.0, ""), "temp": ("gpu_c", 1.0, "°C"),
    "clock": ("sm_clock_hz", 1e-9, "GHz"), "busy": ("utilisation_frac", 100.0, "%"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """
    A series ready to be drawn.

    A gap has two points more: there the mean is missing and the band has no height,
    since plotly fills a band across missing points.

    Args:
        time_ms: Since 1970. [ms], rising
        mean: In the unit shown; NaN parts the line.
        least, highest: The same; equal to the mean where only a mean is known.
        bin_s: Length of a bin. [s]
        unit: Unit shown.
        digits: Decimals shown.
    """

    time_ms: np.ndarray
    mean: np.ndarray
    least: np.ndarray
    highest: np.ndarray
    bin_s: float
    unit: str
    digits: int

    @property
    def empty(self) -> bool:
        """Whether nothing is known in the period."""
        return not bool(np.isfinite(self.mean).any())


def series_curve(series: Json, *, quantity: str = "power", unit: str = "kW") -> Curve:
    """
    Make a curve of a series of the API.

    Args:
        series: Answer of /telemetry/series.
        quantity: "power", "temp", "clock" or "busy".
        unit: Power unit.

    Returns:
        The curve in display units, parted where more than three bins are missing.
    """
    column, factor, shown = _COLUMNS[quantity]
    columns = series["columns"]
    time_ms = np.asarray(series["time_us"], float) / 1e3
    mean = factor * _floats(columns.get(column), time_ms.size)
    if quantity == "power":
        factor, shown = 1.0 / power_scale(unit), unit
        mean = mean * factor
        least = factor * _floats(columns.get("power_least_w"), time_ms.size)
        highest = factor * _floats(columns.get("power_highest_w"), time_ms.size)
        least = np.where(np.isfinite(least), least, mean)
        highest = np.where(np.isfinite(highest), highest, mean)
    else:
        least = highest = mean
    known = np.isfinite(mean)
    digits = {"power": power_digits(unit), "clock": 3, "busy": 0}.get(quantity, 1)
    return _parted(
        Curve(time_ms=time_ms[known], mean=mean[known], least=least[known],
              highest=highest[known], bin_s=series["bin_s"], unit=shown,
              digits=digits)
    )  # fmt: skip


def _floats(values: list[float | None] | None, size: int) -> np.ndarray:
    if values is None:
        return np.full(size, np.nan)
    return np.array([np.nan if v is None else v for v in values], float)


def _parted(curve: Curve) -> Curve:
    """Put two points into every gap."""
    bin_ms = 1e3 * curve.bin_s
    ends = np.flatnonzero(np.diff(curve.time_ms) > GAP_BINS * bin_ms)
    if not ends.size:
        return curve
    at = np.repeat(ends + 1, 2)
    flat = curve.mean[np.stack([ends, ends + 1], axis=1)].ravel()
    edges = np.stack([curve.time_ms[ends] + bin_ms, curve.time_ms[ends + 1] - 1], 1)
    return Curve(
        time_ms=np.insert(curve.time_ms, at, edges.ravel()),
        mean=np.insert(curve.mean, at, np.nan),
        least=np.insert(curve.least, at, flat),
        highest=np.insert(curve.highest, at, flat),
        bin_s=curve.bin_s, unit=curve.unit, digits=curve.digits,
    )  # fmt: skip


def live_figure(
    curve: Curve, window_s: tuple[float, float], *,
    limit: float | None = None, limit_words: str = "limit", to_limit: bool = False,
    others: tuple[Json, ...] = (),
) -> Figure:  # fmt: skip
    """
    Draw a curve in its window; the browser moves both on.

    Args:
        curve: What was measured.
        window_s: Begin and end of the window, since 1970. [s]
        limit: Line to draw, in the unit of the curve.
        limit_words: What the line is.
        to_limit: Whether the axis reaches from nothing to the limit.
        others: More traces: what was predicted, what is forecast.

    Returns:
        Traces 0 and 1 are the band, 2 is the mean: assets/live.js extends these.
    """
    if curve.empty:
        return note("No reading in this period. Choose a longer one.")
    figure = Figure(base_layout())
    x = curve.time_ms.tolist()
    hover = f"%{{y:,.{curve.digits}f}} {curve.unit}"
    figure.add_band(
        _listed(curve.least), _listed(curve.highest), LIGHT.band,
        names=("least", "highest"), x=x, line={"width": 0, "color": LIGHT.power},
        hovertemplate=hover,
    )  # fmt: skip
    figure.add_line(
        LIGHT.power, 1.6, x=x, y=_listed(curve.mean), name="mean", hovertemplate=hover,
        connectgaps=False,
    )  # fmt: skip
    figure.data += others
    low, high, drawn = y_range(curve, limit, to_limit=to_limit)
    if limit is not None and drawn:
        words = f"{limit_words} {number(limit, curve.digits)} {curve.unit}"
        figure.mark_y(limit, words, colour=LIGHT.limit)
    figure.arrange(
        xaxis={
            "type": "date", "range": [1e3 * window_s[0], 1e3 * window_s[1]],
            "title": {"text": "UTC"}, "hoverformat": "%a %d %b %H:%M:%S UTC",
        },
        yaxis={"range": [low, high], "title": {"text": curve.unit},
               "fixedrange": True},
        margin={"l": 58, "r": 12, "t": 14, "b": 40},
        uirevision="live", meta=INSTANTS,
    )  # fmt: skip
    return figure


def y_range(
    curve: Curve, limit: float | None, *, to_limit: bool = False
) -> tuple[float, float, bool]:
    """Find the axis: low, high, and whether the limit is on it."""
    low = float(np.nanmin(curve.least))
    high = float(np.nanmax(curve.highest))
    drawn = limit is not None and (to_limit or high >= NEAR_LIMIT * limit)
    if limit is not None and drawn:
        high = max(high, limit)
    if to_limit:
        low = 0.0
    room = HEADROOM_FRAC * (high - low) or HEADROOM_FRAC * abs(high) or 1.0
    bottom = low - room
    return (max(0.0, bottom) if low >= 0 else bottom), high + room, drawn


def _listed(values: np.ndarray) -> list[float | None]:
    """Plain numbers: the browser extends a list, not an array of fixed length."""
    return [None if v != v else v for v in np.round(values, 6).tolist()]
