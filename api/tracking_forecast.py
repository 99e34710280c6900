"""Forecasts of stored power: how much of it, of what length of step, and how good."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np

from api.documents import numbers
from api.watch_documents import number
from store.telemetry.levels import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from twin.errors import ScenarioError
from twin.tracking.backtest import backtest
from twin.tracking.headroom import DAYS_FOR_DAY, HORIZONS, forecast_headroom
from twin.tracking.seasons import DAY_S, WEEKS_FOR_TREND, WEEKS_FOR_WEEK
from twin.types import BoolArray, Document, FloatArray

Series = Callable[[int, int, str], Document]
"""Stored power from an instant to another at a level; `WatchService.series`."""

SHORT_S = 86_400.0
"""Up to this horizon steps are five minutes, beyond an hour."""
SHORT_STEP_S, LONG_STEP_S = 300.0, 3600.0
SHORT_US, LONG_US = 27 * DAY_US, 1600 * DAY_US
"""History that is read: what one answer of stored series may have."""
COVERED_FRAC = 0.5
"""A bin counts where hosts were read for at least this part of it. Assumed."""
WHOLE_FRAC = 0.95
"""A bin covered less is one of a part of the hosts, or of the time. Assumed."""
WORTH_SAYING = 0.01
"""Part of the history that is such before it is said. Assumed."""
NEWEST = 12
"""Newest bins of which one that is such is said."""
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
    power_w, end_us, partly = _history(series, now_us, short=short)
    end_s = end_us / SECOND_US
    ahead_s = _ahead_s(zone, end_s, step_s, power_w.size, math.ceil(horizon_s / step_s))
    most_w = math.inf if limit_w is None else limit_w
    found = forecast_headroom(
        power_w, step_s=step_s, end_s=end_s, horizon_s=horizon_s, limit_w=most_w,
        ahead_s=ahead_s, name=of,
    )  # fmt: skip
    time_us = end_us + ((found.t_s - end_s) * SECOND_US).round().astype(np.int64)
    passed_us = None
    if math.isfinite(found.passed_s):
        passed_us = end_us + round((found.passed_s - end_s) * SECOND_US)
    have_days = float(power_w.size * step_s / DAY_S)
    need_days = max(DAYS_FOR_DAY, HORIZONS * horizon_s / DAY_S)
    judged, why = None, ""
    if judge:
        judged, why = _judged(power_w, step_s, end_s, horizon_s, ahead_s)
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
        "warnings": [*found.warnings, *_partly(partly)], "time_zone": zone,
        "history": {
            "have_days": have_days,
            "known_frac": float(np.isfinite(power_w).mean()),
            "partly_frac": float(partly.mean()) if partly.size else 0.0,
            "least_days": 0.5 * HORIZONS * horizon_s / DAY_S,
            "day_days": need_days, "week_days": 7.0 * WEEKS_FOR_WEEK,
            "trend_days": 7.0 * WEEKS_FOR_TREND,
        },
        "backtest": judged, "backtest_missing": why,
    }  # fmt: skip


def _history(
    series: Series, now_us: int, *, short: bool
) -> tuple[FloatArray, int, BoolArray]:
    """Means of equal steps, when the last one ends, and which bins are not whole."""
    step_us = round((SHORT_STEP_S if short else LONG_STEP_S) * SECOND_US)
    bin_us, level = (MINUTE_US, "1min") if short else (HOUR_US, "1h")
    end_us = now_us // step_us * step_us
    found = series(end_us - (SHORT_US if short else LONG_US), end_us, level)
    time_us = np.array(found["time_us"], np.int64)
    columns = found["columns"]
    power_w = np.array(columns["power_mean_w"], np.float64)
    covered = np.array(columns.get("covered_s", []), np.float64)
    good = np.isfinite(power_w) & (time_us < end_us)
    partly = np.zeros(time_us.size, np.bool_)
    if covered.size:
        part = np.nan_to_num(covered) * SECOND_US / bin_us
        good &= part >= COVERED_FRAC
        partly = part < WHOLE_FRAC
    time_us, power_w, partly = time_us[good], power_w[good], partly[good]
    if not time_us.size:
        return np.zeros(0), end_us, partly
    first_us = time_us[0] // step_us * step_us
    place = (time_us - first_us) // step_us
    count = int((end_us - first_us) // step_us)
    seen = np.bincount(place, minlength=count)
    total = np.bincount(place, power_w, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(seen > 0, total / seen, np.nan)
    return means, end_us, partly


def _partly(partly: BoolArray) -> list[str]:
    """Say so where hosts were silent for long, or are now."""
    if not partly.size or (
        partly.mean() < WORTH_SAYING and not partly[-NEWEST:].any()
    ):  # fmt: skip
        return []
    frac = float(partly.mean())
    words = f"{frac:.1%} of the history was read of a part of the hosts or of the time"
    return [f"{words}: what silent hosts drew is not in it"]


def _judged(
    power_w: FloatArray,
    step_s: float,
    end_s: float,
    horizon_s: float,
    ahead_s: FloatArray,
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
            from_frac=max(0.4, (least + 1.0) / power_w.size), ahead_s=ahead_s,
        )  # fmt: skip
    except ScenarioError as error:
        return None, f"{error.rule}, got {error.value}"
    return {
        "origins": found.origins, "covered_frac": found.covered_frac,
        "peak_covered_frac": found.peak_covered_frac,
        "peak_above_frac": found.peak_above_frac, "bias_w": number(found.bias_w),
        "mape_frac": found.mape_frac, "width_w": number(found.width_w),
    }, ""  # fmt: skip


def _ahead_s(
    zone: str, end_s: float, step_s: float, past: int, steps: int
) -> FloatArray:
    """How far a zone's clock is ahead of UTC in each step of record and horizon. [s]"""
    known = ZoneInfo(zone)
    middle_s = end_s + (np.arange(-past, steps) + 0.5) * step_s
    moments = (dt.datetime.fromtimestamp(float(t), tz=known) for t in middle_s)
    ahead = ((m.utcoffset() or dt.timedelta()).total_seconds() for m in moments)
    return np.fromiter(ahead, np.float64, past + steps)
