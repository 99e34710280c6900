"""
How far a learned job is from a trace, be it one that it has not seen.

`docs/models/learned_training.md`.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from twin.training.layout import readings_between
from twin.training.learned import FitError, Learned, replay
from twin.training.recorded import Trace
from twin.training.rhythm import look
from twin.types import FloatArray

NOISE_SEED = 1
"""Seed of the readings' noise in a comparison."""
QUANTILES = (np.arange(100) + 0.5) / 100.0
"""Parts of the readings that are compared."""


def judge(learned: Learned, trace: Trace) -> FitError:
    """
    Compare a learned job with a trace.

    The job is sampled at the trace's times, with its noise; dips are counted in both
    by the same means.

    Args:
        learned: The job.
        trace: Power of the same nodes on the same clock.

    Returns:
        Modelled minus recorded; what lies in gaps is not compared.
    """
    model_w = replay(learned, trace.t_s, seed=NOISE_SEED)
    here = _seen(trace)
    there = _seen(replace(trace, power_w=model_w, gaps_allowed=True))
    both = np.quantile(model_w, QUANTILES), np.quantile(trace.power_w, QUANTILES)
    mean_w = float(trace.power_w.mean())
    dips = here[0] > 0 and there[0] > 0 and here[1] > 0.0
    return FitError(
        mean_frac=float(model_w.mean()) / mean_w - 1.0,
        p1_frac=_percentile_frac(model_w, trace, 1.0),
        p50_frac=_percentile_frac(model_w, trace, 50.0),
        p99_frac=_percentile_frac(model_w, trace, 99.0),
        period_frac=(learned.period_s or math.nan) / here[2] - 1.0,
        dips_recorded=here[0],
        dips_modelled=there[0],
        dip_depth_frac=there[1] / here[1] - 1.0 if dips else math.nan,
        quantiles_frac=float(np.abs(both[0] - both[1]).mean()) / mean_w,
    )


def _percentile_frac(model_w: FloatArray, trace: Trace, percent: float) -> float:
    """Difference of a percentile ÷ the recorded one; NaN where that is 0. [1]"""
    recorded_w = float(np.percentile(trace.power_w, percent))
    if recorded_w == 0.0:
        return math.nan
    return float(np.percentile(model_w, percent)) / recorded_w - 1.0


def _seen(trace: Trace) -> tuple[int, float, float]:
    """Dips in a trace, their depth [W], and its period [s], NaN without one."""
    layout, rhythm = look(trace)
    usual_w = float(np.median(readings_between(trace, layout)))
    level_w = float(np.median([dip.level_w for dip in layout.dips] or [usual_w]))
    period_s = rhythm.period_s if rhythm else math.nan
    return len(layout.dips), usual_w - level_w, period_s
