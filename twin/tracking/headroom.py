"""
Headroom of the next hours and weeks, with ranges from the record's own surprises.

Season and trend are taken off, what is left decays towards its mean at the pace that
the record shows, and every earlier forecast's error, hour by hour, is laid upon the new
one: ranges, peaks and times of passing a limit all come from the same futures.
`docs/models/tracking.md`, eq. 8 to 11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.tracking.futures import futures_of
from twin.tracking.seasons import (
    DAY_S,
    WEEK_S,
    Season,
    base_w,
    season_of,
    trend_w_per_s,
)
from twin.types import FloatArray

DAYS_FOR_DAY = 7.0
"""History needed for the hour of the day. Assumed: each hour seen seven times."""
HORIZONS = 4.0
"""History needed for the whole model ÷ horizon; half of that for the naive one."""
FILL_STEPS = 3
"""Gaps of up to this many steps are bridged by a line."""
MOST_STEPS = 20_000
"""Steps of a horizon: memory is this times futures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """
    Futures of a node's power.

    Args:
        t_s: End of the record plus each step. [s], shape (steps,)
        mean_w: Mean of the futures. [W]
        low_w: 5 % are below. [W]
        high_w: 5 % are above. [W]
        peak_w: Median of the futures' highest step. [W]
        peak_range_w: Range that holds 90 % of these. [W]
        limit_w: Limit asked about; infinite without. [W]
        passed_frac: Part of the futures that pass it. [1]
        passed_s: Median time at which those that do pass it first; NaN where none. [s]
        headroom_w: Limit minus the highest of `peak_range_w`. [W]
        model: "seasonal" or, with little history, "naive".
        season: What repeats.
        trend_w_per_day: Trend that was used. [W/d]
        futures: Earlier forecasts whose errors were used.
        warnings: What a user should know.
    """

    t_s: FloatArray
    mean_w: FloatArray
    low_w: FloatArray
    high_w: FloatArray
    peak_w: float
    peak_range_w: tuple[float, float]
    limit_w: float
    passed_frac: float
    passed_s: float
    headroom_w: float
    model: Literal["seasonal", "naive"]
    season: Season
    trend_w_per_day: float
    futures: int
    warnings: tuple[str, ...]


def forecast_headroom(
    power_w: FloatArray,
    *,
    step_s: float,
    end_s: float,
    horizon_s: float,
    limit_w: float = math.inf,
    ahead_s: FloatArray | None = None,
    name: str = "node",
) -> Headroom:
    """
    Forecast a node's power and what is left of its limit.

    Needs four times the horizon of history, seven days for the hour of the day, six
    weeks for the hour of the week, twelve for a trend. With half of that, or under
    seven days, the last level is held with wide ranges and the result says "naive".

    Args:
        power_w: Means of equal steps, oldest first. [W], NaN is missing
        step_s: Length of a step. [s], > 0
        end_s: Time at the end of the last one. [s]
        horizon_s: How far ahead. [s]
        limit_w: Limit of the node. [W]
        ahead_s: How far the clock that hours go by is ahead of `end_s`'s in each step
            of record and horizon. [s], shape (readings + steps,); None not at all.
        name: What messages call it.

    Returns:
        The forecast.

    Raises:
        ScenarioError: If history is shorter than twice the horizon, or the last day
            has no reading.

    Source:
        docs/models/tracking.md, eq. 8 to 11.
    """
    steps = max(1, math.ceil(horizon_s / step_s))
    power = _bridged(np.asarray(power_w, dtype=np.float64))
    power, skipped = _ending_in_reading(power, steps, step_s, name)
    have_s = power.size * step_s
    _check(name, have_s, steps, step_s)
    naive = have_s < DAYS_FOR_DAY * DAY_S or have_s < HORIZONS * steps * step_s
    start_s = end_s - skipped * step_s - have_s
    season: Season = "none" if naive else season_of(have_s)
    slope = 0.0 if naive else trend_w_per_s(power, step_s)
    every = np.arange(power.size + skipped + steps, dtype=np.float64)
    clock_s = start_s + (every + 0.5) * step_s
    if ahead_s is not None:
        clock_s = clock_s + ahead_s[: clock_s.size]
    base = base_w(power, clock_s, season, slope, step_s)
    rest = power - base[: power.size]
    ahead = steps + skipped
    seasons = max(2.0, have_s / (WEEK_S if season == "week" else DAY_S))
    paths, futures = futures_of(rest, ahead, step_s, naive=naive, seasons=seasons)
    paths = paths[:, skipped:] + base[power.size + skipped :]
    return _summed(
        np.maximum(paths, 0.0), end_s, step_s, limit_w,
        model="naive" if naive else "seasonal", season=season,
        trend_w_per_day=slope * DAY_S, futures=futures,
        warnings=_warnings(naive, skipped, have_s, steps * step_s),
    )  # fmt: skip


# --- history --------------------------------------------------------------------------


def _bridged(power_w: FloatArray) -> FloatArray:
    """Fill short gaps by a line."""
    good = np.isfinite(power_w)
    if good.all() or good.sum() < 2:
        return power_w
    place = np.arange(power_w.size)
    filled = np.interp(place, place[good], power_w[good])
    edge = np.diff(np.concatenate([[0], (~good).astype(np.int8), [0]]))
    out: FloatArray = power_w.copy()
    for a, b in zip(np.flatnonzero(edge == 1), np.flatnonzero(edge == -1), strict=True):
        if b - a <= FILL_STEPS and a > 0 and b < power_w.size:
            out[a:b] = filled[a:b]
    return out


def _ending_in_reading(
    power: FloatArray, steps: int, step_s: float, name: str
) -> tuple[FloatArray, int]:
    """Cut off missing readings at the end, and say how many."""
    good = np.flatnonzero(np.isfinite(power))
    skipped = power.size - 1 - int(good[-1]) if good.size else power.size
    if not good.size or skipped * step_s > DAY_S:
        found = f"none for {skipped * step_s / 3600.0:.0f} h" if good.size else "none"
        raise ScenarioError(f"{name}.power_w", "must have a reading in the last day",
                            found, "look whether its agent still sends")  # fmt: skip
    if steps > MOST_STEPS:
        raise ScenarioError(f"{name}.horizon_s", f"must be at most {MOST_STEPS} steps",
                            steps, "forecast from means of longer steps")  # fmt: skip
    return power[: power.size - skipped], skipped


def _check(name: str, have_s: float, steps: int, step_s: float) -> None:
    need_s = max(0.5 * HORIZONS * steps * step_s, 24.0 * step_s)
    if have_s < need_s:
        raise ScenarioError(f"{name}.history", "must be at least "
                            f"{need_s / 3600.0:.3g} h, twice the horizon",
                            f"{have_s / 3600.0:.3g} h",
                            "ask for a shorter horizon, or wait")  # fmt: skip


def _warnings(
    naive: bool, skipped: int, have_s: float, horizon_s: float
) -> tuple[str, ...]:
    said = []
    if naive:
        need_s = max(DAYS_FOR_DAY * DAY_S, HORIZONS * horizon_s)
        said.append(
            f"{have_s / DAY_S:.3g} days of history: the last level is held; "
            f"{need_s / DAY_S:.3g} days are needed to know the hours"
        )
    if skipped:
        said.append(f"the last {skipped} steps are missing")
    return tuple(said)


def _summed(
    paths: FloatArray, end_s: float, step_s: float, limit_w: float, *,
    model: Literal["seasonal", "naive"], season: Season, trend_w_per_day: float,
    futures: int, warnings: tuple[str, ...],
) -> Headroom:  # fmt: skip
    t_s = end_s + (np.arange(paths.shape[1], dtype=np.float64) + 1.0) * step_s
    low, high = np.percentile(paths, [5.0, 95.0], axis=0)
    peaks = paths.max(axis=1)
    lowest, middle, highest = (
        float(q) for q in np.percentile(peaks, [5.0, 50.0, 95.0])
    )
    over = paths > limit_w
    passes = over.any(axis=1)
    first = t_s[np.argmax(over[passes], axis=1)]
    return Headroom(
        t_s=t_s, mean_w=paths.mean(axis=0), low_w=low, high_w=high, peak_w=middle,
        peak_range_w=(lowest, highest), limit_w=limit_w,
        passed_frac=float(passes.mean()),
        passed_s=float(np.median(first)) if first.size else math.nan,
        headroom_w=limit_w - highest, model=model, season=season,
        trend_w_per_day=trend_w_per_day, futures=futures, warnings=warnings,
    )  # fmt: skip
