"""Forecasts of stored power: how much of it, of what length of step, and how good."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from api.watch_documents import number, numbers
from store.telemetry.levels import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from twin.errors import ScenarioError
from twin.tracking.backtest import backtest
from twin.tracking.headroom import DAYS_FOR_DAY, HORIZONS, forecast_headroom
from twin.tracking.seasons import DAY_S, WEEKS_FOR_TREND, WEEKS_FOR_WEEK
from twin.types import FloatArray

Document = dict[str, Any]
Series = Callable[[int, int, str], Document]
"""Stored power from an instant to another at a level; `WatchService.series`."""

SHORT_S = 86_400.0
"""Up to this horizon steps are five minutes, beyond an hour."""
SHORT_STEP_S, LONG_STEP_S = 300.0, 3600.0
SHORT_US, LONG_US = 27 * DAY_US, 1600 * DAY_US
"""History that is read: what one answer of stored series may have."""
COVERED_FRAC = 0.5
"""A bin counts where hosts were read for at least this part of it. Assumed."""
ORIGINS = 20


def forecast(
    series: Series, *, of: str, now_us: int, horizon_s: float, limit_w: float | None,
    zone: str, judge: bool,
) -> Document:  # fmt: skip
    """
    Forecast power and what is left of a limit.

    Args:
        series: Reads stored power.
        of: What messages call it.
        now_us: The present. [µs]
        horizon_s: How far ahead. [s]
        limit_w: Limit, None without. [W]
        zone: Time zone that days and weeks go by.
        judge: Forecast moments of the past, too.

    Returns:
        Mean, range, peak, chance and time of passing the limit, history had and needed.

    Raises:
        ScenarioError: If history is too short or has ended.
    """
    short = horizon_s <= SHORT_S
    step_s = SHORT_STEP_S if short else LONG_STEP_S
    power_w, end_us = _history(series, now_us, short=short)
    ahead_s = ZoneInfo(zone).utcoffset(_moment(end_us, zone))
    local_s = end_us / SECOND_US + (ahead_s.total_seconds() if ahead_s else 0.0)
    most_w = math.inf if limit_w is None else limit_w
    found = forecast_headroom(
        power_w, step_s=step_s, end_s=local_s, horizon_s=horizon_s, limit_w=most_w,
        name=of,
    )  # fmt: skip
    time_us = end_us + ((found.t_s - local_s) * SECOND_US).round().astype(np.int64)
    passed_us = None
    if math.isfinite(found.passed_s):
        passed_us = end_us + round((found.passed_s - local_s) * SECOND_US)
    have_days = float(power_w.size * step_s / DAY_S)
    need_days = max(DAYS_FOR_DAY, HORIZONS * horizon_s / DAY_S)
    judged, why = _judged(power_w, step_s, local_s, horizon_s) if judge else (None, "")
    return {
        "of": of, "end_us": end_us, "step_s": step_s, "horizon_s": horizon_s,
        "time_us": time_us.tolist(), "mean_w": numbers(found.mean_w),
        "low_w": numbers(found.low_w), "high_w": numbers(found.high_w),
        "peak_w": number(found.peak_w),
        "peak_low_w": number(found.peak_range_w[0]),
        "peak_high_w": number(found.peak_range_w[1]), "limit_w": limit_w,
        "passed_frac": found.passed_frac if limit_w is not None else None,
        "passed_us": passed_us, "headroom_w": number(found.headroom_w),
        "model": found.model, "season": found.season,
        "trend_w_per_day": found.trend_w_per_day, "futures": found.futures,
        "warnings": list(found.warnings), "time_zone": zone,
        "history": {
            "have_days": have_days,
            "known_frac": float(np.isfinite(power_w).mean()),
            "least_days": 0.5 * HORIZONS * horizon_s / DAY_S,
            "day_days": need_days, "week_days": 7.0 * WEEKS_FOR_WEEK,
            "trend_days": 7.0 * WEEKS_FOR_TREND,
        },
        "backtest": judged, "backtest_missing": why,
    }  # fmt: skip


def _history(series: Series, now_us: int, *, short: bool) -> tuple[FloatArray, int]:
    """Means of equal steps, oldest first, and when the last one ends."""
    step_us = round((SHORT_STEP_S if short else LONG_STEP_S) * SECOND_US)
    bin_us, level = (MINUTE_US, "1min") if short else (HOUR_US, "1h")
    end_us = now_us // step_us * step_us
    found = series(end_us - (SHORT_US if short else LONG_US), end_us, level)
    time_us = np.array(found["time_us"], np.int64)
    columns = found["columns"]
    power_w = np.array(columns["power_mean_w"], np.float64)
    covered = np.array(columns.get("covered_s", []), np.float64)
    good = np.isfinite(power_w) & (time_us < end_us)
    if covered.size:
        good &= np.nan_to_num(covered) >= COVERED_FRAC * bin_us / SECOND_US
    time_us, power_w = time_us[good], power_w[good]
    if not time_us.size:
        return np.zeros(0), end_us
    first_us = time_us[0] // step_us * step_us
    place = (time_us - first_us) // step_us
    count = int((end_us - first_us) // step_us)
    seen = np.bincount(place, minlength=count)
    total = np.bincount(place, power_w, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(seen > 0, total / seen, np.nan), end_us


def _judged(
    power_w: FloatArray, step_s: float, end_s: float, horizon_s: float
) -> tuple[Document | None, str]:
    """Forecasts of its own past beside what came, or why there are none."""
    steps = math.ceil(horizon_s / step_s)
    least = max(0.5 * HORIZONS * steps, 24.0)
    last = power_w.size - steps
    if last <= least:
        days = (least + steps) * step_s / DAY_S
        return None, f"needs {days:.3g} days of history, three horizons"
    try:
        found = backtest(
            power_w, step_s=step_s, end_s=end_s, horizon_s=horizon_s, origins=ORIGINS,
            from_frac=max(0.4, (least + 1.0) / power_w.size),
        )  # fmt: skip
    except ScenarioError as error:
        return None, f"{error.rule}, got {error.value}"
    return {
        "origins": found.origins, "covered_frac": found.covered_frac,
        "peak_covered_frac": found.peak_covered_frac,
        "peak_above_frac": found.peak_above_frac, "bias_w": number(found.bias_w),
        "mape_frac": found.mape_frac, "width_w": number(found.width_w),
    }, ""  # fmt: skip


def _moment(time_us: int, zone: str) -> Any:
    import datetime as dt

    return dt.datetime.fromtimestamp(time_us / SECOND_US, tz=ZoneInfo(zone))
