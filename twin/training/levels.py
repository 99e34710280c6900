"""
Levels of an iteration from the distribution of its readings.

A reading is the mean over its sample interval of a two-level wave whose edges a normal
deviate spreads. Period and interval have no common measure, so readings meet every
phase alike, and their distribution follows from the levels with no phase in it.
`docs/models/learned_training.md`, eq. 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are used
from scipy.special import ndtr

from twin.types import FloatArray

PHASES = 256
"""Phases at which the wave is read. More change the levels by less than 0.1 %."""
QUANTILES = (np.arange(100) + 0.5) / 100.0
"""Parts of the readings that are compared."""
SHARPEST = 1e-6
"""Spread of edges ÷ period below which they are sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoLevels:
    """
    An iteration of two levels.

    Args:
        high_w: While it computes. [W]
        low_w: While it waits. [W]
        low_s: How long it waits. [s]
        jitter_s: Standard deviation of its edges: GPUs', and the meter's. [s]
        misfit_w: Root mean square between quantiles, recorded and modelled. [W]
    """

    high_w: float
    low_w: float
    low_s: float
    jitter_s: float
    misfit_w: float


def fit_levels(
    power_w: FloatArray,
    *,
    period_s: float,
    interval_s: float,
    range_w: tuple[float, float] = (0.0, np.inf),
) -> TwoLevels:
    """
    Fit two levels, the time of the lower one and the spread of the edges.

    The levels follow by least squares for any time and spread; these two are searched
    on a coarse grid first, then from its best point.

    Args:
        power_w: Readings between dips. [W]
        period_s: Period of the iterations. [s]
        interval_s: Time between readings. [s]
        range_w: Lowest and highest reading: no level is outside. [W] A phase faster
            than the readings shows its energy, hardly its length: no deeper swing is
            claimed than was read.

    Returns:
        The levels.

    Source:
        docs/models/learned_training.md, eq. 4 and 5.
    """
    recorded = np.quantile(power_w, QUANTILES)

    def misfit(point: FloatArray) -> float:
        low_frac, spread_frac = point
        if not (0.01 <= low_frac <= 0.99 and 0.0 <= spread_frac <= 0.25):
            return np.inf
        low = _low_part(low_frac, spread_frac, interval_s / period_s)
        high_w, low_w = _solved(low, recorded, range_w)
        return float(np.mean((high_w - (high_w - low_w) * low - recorded) ** 2))

    grid = [
        np.array([low, spread])
        for low in np.linspace(0.04, 0.96, 24)
        for spread in (0.0, 0.01, 0.03, 0.06, 0.1, 0.15)
    ]
    first = min(grid, key=misfit)
    corners = first + np.array([[0.0, 0.0], [0.02, 0.0], [0.0, 0.02]])
    found = scipy.optimize.minimize(
        misfit, first, method="Nelder-Mead",
        options={"initial_simplex": corners, "xatol": 1e-6, "fatol": 1e-9},
    )  # fmt: skip
    low_frac, spread_frac = (float(one) for one in found.x)
    low = _low_part(low_frac, spread_frac, interval_s / period_s)
    high_w, low_w = _solved(low, recorded, range_w)
    return TwoLevels(
        high_w=high_w, low_w=low_w, low_s=low_frac * period_s,
        jitter_s=spread_frac * period_s, misfit_w=float(np.sqrt(found.fun)),
    )  # fmt: skip


def _low_part(low_frac: float, spread_frac: float, interval_frac: float) -> FloatArray:
    """Part of a reading that is low, by quantile of power; times ÷ period. Eq. 4."""
    phase = np.arange(PHASES) / PHASES
    turns = np.arange(-2.0, interval_frac + 3.0)[:, None]

    def passed(at: FloatArray) -> FloatArray:
        since = at - turns
        both = _ramp(since, spread_frac) - _ramp(since - low_frac, spread_frac)
        return np.asarray(both.sum(axis=0))

    part = (passed(phase + interval_frac) - passed(phase)) / interval_frac
    by_power: FloatArray = np.quantile(part, 1.0 - QUANTILES)
    return by_power


def _ramp(x: FloatArray, spread: float) -> FloatArray:
    """Integral of a step at zero, spread by a normal deviate."""
    if spread < SHARPEST:
        return np.maximum(x, 0.0)
    z = x / spread
    bell = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    return np.asarray(x * ndtr(z) + spread * bell)


def _solved(
    low: FloatArray, recorded: FloatArray, range_w: tuple[float, float]
) -> tuple[float, float]:
    """Levels that come nearest to the quantiles: a line through them. Eq. 5. [W]"""
    about = low - low.mean()
    spread = float(about @ about)
    depth_w = float(-(about @ recorded) / spread) if spread > 0.0 else 0.0
    mean_w, mean_low = float(recorded.mean()), float(low.mean())
    # the mean stays; levels may reach the ends of the range, not pass them
    below, above = mean_w - range_w[0], range_w[1] - mean_w
    most_w = min(below / (1.0 - mean_low), above / mean_low)
    depth_w = min(max(depth_w, 0.0), max(most_w, 0.0))
    high_w = mean_w + depth_w * mean_low
    return high_w, high_w - depth_w
