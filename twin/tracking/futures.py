"""
Futures of a series: its forecast plus the errors of earlier forecasts, step by step.

`docs/models/tracking.md`, eq. 9 and 10.
"""

from __future__ import annotations

import numpy as np

from twin.errors import ScenarioError
from twin.tracking.seasons import DAY_S
from twin.types import BoolArray, FloatArray, IntArray

MOST_FUTURES = 1000
FEWEST_ALIKE = 100
"""Futures that begin from a load like the present one are preferred, if so many."""
LIKE_FRAC = 0.25
"""Part of earlier moments, those nearest in load, that count as alike. Assumed."""
NAIVE_WIDER = 1.5
"""The naive model's errors are widened by this: few were seen. Assumed."""
FIT_ORIGINS = 4000
LEAST_SQUARE = 1e-9
"""Sum of squares [W²] that counts as none: a power that repeats exactly."""


def futures_of(
    rest: FloatArray, steps: int, step_s: float, *, naive: bool, seasons: float
) -> tuple[FloatArray, int]:
    """
    Go on with what is left: its forecast plus every earlier forecast's error.

    Args:
        rest: Power minus what repeats. [W], NaN is missing
        steps: How many follow.
        step_s: Length of one. [s]
        naive: Hold the last value.
        seasons: How often what repeats was seen: errors on a record that the profile
            was learned from are too small.

    Returns:
        Futures [W], shape (futures, steps), and their count.

    Raises:
        ScenarioError: If no stretch is as long as the horizon.

    Source:
        docs/models/tracking.md, eq. 9 and 10.
    """
    n = rest.size
    day = max(1, min(round(DAY_S / step_s), n // 4))
    now = np.arange(n)
    mean = _trailing(rest, day)
    usable = np.isfinite(rest) & (naive | np.isfinite(mean)) & (now < n - steps)
    whole = _whole_ahead(rest, steps)
    origins = np.flatnonzero(usable & whole)
    if origins.size < 2:
        raise ScenarioError("power_w", "must have stretches as long as the horizon",
                            f"{origins.size} of them",
                            "ask for a shorter horizon")  # fmt: skip
    last = _value_now(rest, mean)
    if naive:
        came = rest[origins[:, None] + 1 + np.arange(steps)]
        paths = (came - rest[origins, None]) * NAIVE_WIDER + last[0]
        kept = _spread(np.arange(origins.size), MOST_FUTURES)
        return paths[kept], int(kept.size)
    weight = _decay(rest, mean, _spread(origins, FIT_ORIGINS), steps)
    alike = _alike(mean, origins, last[1])
    chosen = _spread(alike, MOST_FUTURES)
    came = rest[chosen[:, None] + 1 + np.arange(steps)]
    said = rest[chosen, None] * weight[0] + mean[chosen, None] * weight[1]
    ahead = last[0] * weight[0] + last[1] * weight[1]
    apart = max(3.0, alike.size / steps)
    wider = np.sqrt((seasons + 1.0) / (seasons - 1.0) * (apart + 1.0) / (apart - 1.0))
    return ahead + wider * (came - said), int(chosen.size)


def _value_now(rest: FloatArray, mean: FloatArray) -> tuple[float, float]:
    """Last reading and the last day's mean; that reading where the day has gaps."""
    last = float(rest[-1])
    return last, float(mean[-1]) if np.isfinite(mean[-1]) else last


def _trailing(values: FloatArray, count: int) -> FloatArray:
    """Mean of the last `count` values; NaN with fewer than half of them."""
    there = np.isfinite(values)
    total = np.cumsum(np.where(there, values, 0.0))
    seen = np.cumsum(there).astype(np.float64)
    total[count:] = total[count:] - total[:-count]
    seen[count:] = seen[count:] - seen[:-count]
    return np.where(seen >= 0.5 * count, total / np.maximum(seen, 1.0), np.nan)


def _whole_ahead(values: FloatArray, steps: int) -> BoolArray:
    """Whether all of the next `steps` values are there."""
    lost = np.cumsum(~np.isfinite(values))
    out = np.zeros(values.size, dtype=bool)
    out[: values.size - steps] = lost[steps:] == lost[: values.size - steps]
    return out


def _decay(
    rest: FloatArray, mean: FloatArray, origins: IntArray, steps: int
) -> tuple[FloatArray, FloatArray]:
    """Weights of the last reading and of the last day's mean, by step. Eq. 9."""
    base = np.stack([rest[origins], mean[origins]], axis=1)
    square = base.T @ base
    # a little less than least squares gives: readings hang together
    square += max(0.01 * np.trace(square) / 2.0, LEAST_SQUARE) * np.eye(2)
    cross = np.stack([base.T @ rest[origins + 1 + h] for h in range(steps)], axis=1)
    first, second = np.linalg.solve(square, cross)
    return first, second


def _alike(mean: FloatArray, origins: IntArray, now: float) -> IntArray:
    """Earlier moments with a load like the present one. Eq. 10."""
    count = max(FEWEST_ALIKE, int(LIKE_FRAC * origins.size))
    if count >= origins.size:
        return origins
    order = np.argsort(np.abs(mean[origins] - now), kind="stable")
    return np.sort(origins[order[:count]])


def _spread(which: IntArray, most: int) -> IntArray:
    """At most so many, evenly spread."""
    if which.size <= most:
        return which
    return which[np.linspace(0, which.size - 1, most).astype(np.int64)]
