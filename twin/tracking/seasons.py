"""What repeats in a record and where it heads. `docs/models/tracking.md`, eq. 8."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from twin.types import FloatArray, IntArray

DAY_S = 86_400.0
WEEK_S = 7.0 * DAY_S
WEEKS_FOR_WEEK = 6.0
"""History needed for the hour of the week. Assumed: each hour seen six times."""
WEEKS_FOR_TREND = 12.0
"""History needed for a trend. Assumed."""
CLEAR = 3.0
"""A trend under this many standard errors is not one. Assumed."""
Season = Literal["none", "day", "week"]


def season_of(have_s: float) -> Season:
    """What a history of this length can tell."""
    return "week" if have_s >= WEEKS_FOR_WEEK * WEEK_S else "day"


def trend_w_per_s(power: FloatArray, step_s: float) -> float:
    """Slope through weekly means, zero unless clear. [W/s] Eq. 8."""
    week = round(WEEK_S / step_s)
    count = power.size // max(1, week)
    if count < WEEKS_FOR_TREND:
        return 0.0
    recent = power[power.size - count * week :].reshape(count, week)
    there = np.isfinite(recent)
    good = there.mean(axis=1) >= 0.5
    if good.sum() < WEEKS_FOR_TREND:
        return 0.0
    sums = np.where(there, recent, 0.0).sum(axis=1)
    means = sums[good] / there.sum(axis=1)[good]
    x = np.flatnonzero(good).astype(np.float64)
    about = x - x.mean()
    slope = float(about @ means / (about @ about))
    left = means - means.mean() - slope * about
    lag = float(left[1:] @ left[:-1] / max(left @ left, 1e-12))
    lag = min(max(lag, 0.0), 0.95)
    error = math.sqrt(float(left @ left) / max(1, x.size - 2) / float(about @ about))
    error *= math.sqrt((1.0 + lag) / (1.0 - lag))  # weeks hang together
    return slope / WEEK_S if abs(slope) > CLEAR * error else 0.0


def base_w(
    power: FloatArray, clock_s: FloatArray, season: Season, slope: float, step_s: float
) -> FloatArray:
    """Mean, trend and what repeats, of record and horizon by the clock. [W] Eq. 8."""
    n = power.size
    good = np.isfinite(power)
    line = slope * step_s * (np.arange(clock_s.size, dtype=np.float64) - (n - 1.0))
    level = float((power - line[:n])[good].mean())
    out: FloatArray = level + line
    if season == "none":
        return out
    length_s = DAY_S if season == "day" else WEEK_S
    slot_s = max(step_s, 3600.0)
    slots = round(length_s / slot_s)
    place: IntArray = ((clock_s % length_s) / slot_s).astype(np.int64) % slots
    about = (power - out[:n])[good]
    return out + _profile(about, place[:n][good], slots)[place]


def _profile(about: FloatArray, place: IntArray, slots: int) -> FloatArray:
    """
    Mean of each hour, drawn towards zero as far as it may be chance. Eq. 8.

    Kept is the part of the spread between hours that the spread within them does not
    explain.
    """
    count = np.maximum(np.bincount(place, minlength=slots), 1)
    mean = np.bincount(place, weights=about, minlength=slots) / count
    within = float(np.mean((about - mean[place]) ** 2))
    chance = within / count
    between = max(0.0, float(np.mean(mean**2)) - float(chance.mean()))
    kept: FloatArray = mean * between / np.maximum(between + chance, 1e-300)
    return kept
