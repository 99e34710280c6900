"""
Forecasts of the past beside what came.

`docs/models/tracking.md`, section Headroom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.errors import ScenarioError
from twin.tracking.headroom import forecast_headroom
from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """
    Forecasts of the past beside what came.

    Args:
        origins: Forecasts made.
        covered_frac: Part of all readings inside the 90 % range. [1]
        peak_covered_frac: Part of the peaks inside theirs. [1]
        peak_above_frac: Part of them above it; a twentieth is meant. [1]
        bias_w: Mean of forecast minus measured. [W]
        mape_frac: Mean absolute error ÷ measured mean. [1]
        width_w: Mean width of the range. [W]
    """

    origins: int
    covered_frac: float
    peak_covered_frac: float
    peak_above_frac: float
    bias_w: float
    mape_frac: float
    width_w: float


def backtest(
    power_w: FloatArray,
    *,
    step_s: float,
    end_s: float,
    horizon_s: float,
    origins: int = 40,
    from_frac: float = 0.4,
    ahead_s: FloatArray | None = None,
) -> Backtest:
    """
    Forecast from moments of the past, each with what was known then.

    Args:
        power_w: As in `forecast_headroom`.
        step_s: Length of a step. [s]
        end_s: Time at the end of the last one. [s]
        horizon_s: How far ahead. [s]
        origins: Moments, evenly spread; those whose future has gaps are left out.
        from_frac: The first one, as part of the record. 0..1
        ahead_s: As in `forecast_headroom`.

    Returns:
        How good they were.

    Raises:
        ScenarioError: If no moment has a whole future.
    """
    steps = max(1, math.ceil(horizon_s / step_s))
    power = np.asarray(power_w, dtype=np.float64)
    at = np.linspace(from_frac * power.size, power.size - steps, origins).astype(int)
    kept = [int(k) for k in at if np.isfinite(power[k - 1 : k + steps]).all()]
    if not kept:
        raise ScenarioError("power_w", "must have stretches as long as the horizon",
                            f"none of {origins} moments",
                            "ask for a shorter horizon")  # fmt: skip
    inside, peaks, above, off, width, level = [], [], [], [], [], []
    for k in kept:
        said = forecast_headroom(
            power[:k], step_s=step_s, end_s=end_s - (power.size - k) * step_s,
            horizon_s=horizon_s, ahead_s=ahead_s,
        )  # fmt: skip
        came = power[k : k + steps]
        there = (came >= said.low_w) & (came <= said.high_w)
        inside.append(there.mean())
        low, high = said.peak_range_w
        peaks.append(low <= came.max() <= high)
        above.append(came.max() > high)
        off.append(said.mean_w - came)
        width.append((said.high_w - said.low_w).mean())
        level.append(came.mean())
    return Backtest(
        origins=len(kept), covered_frac=float(np.mean(inside)),
        peak_covered_frac=float(np.mean(peaks)),
        peak_above_frac=float(np.mean(above)),
        bias_w=float(np.mean(off)),
        mape_frac=float(np.mean(np.abs(off)) / np.mean(level)),
        width_w=float(np.mean(width)),
    )  # fmt: skip
