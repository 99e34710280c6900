"""
How well the first half of a record predicts the second.

Which part of a record counts is one rule for all: its busy period, halved by time.
`docs/models/tracking.md`, section Protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.errors import ScenarioError
from twin.tracking.given import expect_given, learn_use, range_given_w
from twin.tracking.settled import Expected, expect, settle
from twin.types import BoolArray, FloatArray

MEAN_WITHIN = 0.02
"""The mean is to be predicted within this. [1]"""
P95_WITHIN = 0.03
"""The 95th percentile is to be predicted within this. [1]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfJudged:
    """
    Second half of a record beside its prediction from the first.

    Args:
        mean_w: Measured mean. [W]
        mean_expected_w: Predicted. [W]
        p95_w: Measured 95th percentile of the readings. [W]
        p95_expected_w: Predicted. [W]
        covered_frac: Part of the second half's readings in the predicted 90 % range.
        mean_covered: Whether the mean lies in its 90 % range.
        p95_covered: Whether the percentile lies in its.
        learned: Readings learned from; start-ups count.
        judged: Readings judged.
        cut_s: Start-up that was cut off. [s]
        warnings: Of the prediction.
    """

    mean_w: float
    mean_expected_w: float
    p95_w: float
    p95_expected_w: float
    covered_frac: float
    mean_covered: bool
    p95_covered: bool
    learned: int
    judged: int
    cut_s: float
    warnings: tuple[str, ...]


def busy_period(t_s: FloatArray, power_w: FloatArray) -> tuple[float, float]:
    """
    From the first to the last reading above the middle between rest and full power.

    Args:
        t_s: Times, rising. [s], shape (readings,)
        power_w: Readings. [W], no NaN

    Returns:
        Begin and end, between the 1st and 99th percentile's middle. [s]
    """
    low, high = np.percentile(power_w, [1.0, 99.0])
    up = np.flatnonzero(power_w >= 0.5 * (low + high))
    return float(t_s[up[0]]), float(t_s[up[-1]])


def halves(
    t_s: FloatArray, period_s: tuple[float, float]
) -> tuple[BoolArray, BoolArray]:
    """Readings of the first and of the second half of a period, by time."""
    begin, end = period_s
    middle = 0.5 * (begin + end)
    return (t_s >= begin) & (t_s < middle), (t_s >= middle) & (t_s <= end)


def judge_half(
    t_s: FloatArray,
    power_w: FloatArray,
    *,
    period_s: tuple[float, float] | None = None,
    name: str = "trace",
) -> HalfJudged:
    """
    Learn from the first half of the busy period, judge on the second.

    Args:
        t_s: Times, rising. [s], shape (readings,)
        power_w: Readings. [W], no NaN
        period_s: Which part counts; None takes the busy period. [s]
        name: What messages call it.

    Returns:
        The comparison.

    Raises:
        ScenarioError: If a half has too few readings.
    """
    first, second = halves(t_s, period_s or busy_period(t_s, power_w))
    settled = settle(t_s[first], power_w[first], name=name)
    judged = power_w[second]
    _check(name, judged)
    times = t_s[second]
    said = expect(settled, horizon_s=float(times[-1] - times[0]) + settled.interval_s)
    return _beside(
        judged, said, said.range_w, learned=int(first.sum()), cut_s=settled.cut_s,
        warnings=settled.warnings,
    )  # fmt: skip


def judge_half_given(
    t_s: FloatArray,
    power_w: FloatArray,
    utilisation_frac: FloatArray,
    *,
    name: str = "trace",
) -> HalfJudged:
    """
    The same where utilisation of the second half is given: power model alone.

    Args:
        t_s: Times, rising. [s], shape (readings,)
        power_w: Readings. [W], no NaN
        utilisation_frac: 0..1, no NaN
        name: What messages call it.

    Returns:
        The comparison, over the whole record: a machine in use has no start and end.

    Raises:
        ScenarioError: If a half has too few readings, or utilisation does not move.
    """
    first, second = halves(t_s, (float(t_s[0]), float(t_s[-1])))
    model = learn_use(power_w[first], utilisation_frac[first], name=name)
    judged, use = power_w[second], utilisation_frac[second]
    _check(name, judged)
    said = expect_given(model, use)
    return _beside(judged, said, range_given_w(model, use), learned=int(first.sum()))


def _beside(
    judged: FloatArray, said: Expected, range_w: tuple[Any, Any], *, learned: int,
    cut_s: float = 0.0, warnings: tuple[str, ...] = (),
) -> HalfJudged:  # fmt: skip
    """What came beside what was said of it."""
    low, high = range_w
    mean, p95 = float(judged.mean()), float(np.percentile(judged, 95.0))
    return HalfJudged(
        mean_w=mean, mean_expected_w=said.mean_w, p95_w=p95, p95_expected_w=said.p95_w,
        covered_frac=float(np.mean((judged >= low) & (judged <= high))),
        mean_covered=said.mean_range_w[0] <= mean <= said.mean_range_w[1],
        p95_covered=said.p95_range_w[0] <= p95 <= said.p95_range_w[1],
        learned=learned, judged=judged.size, cut_s=cut_s, warnings=warnings,
    )  # fmt: skip


def _check(name: str, judged: FloatArray) -> None:
    if judged.size < 2:
        raise ScenarioError(f"{name}.second half", "must have at least 2 readings",
                            int(judged.size), "give a longer record")  # fmt: skip
