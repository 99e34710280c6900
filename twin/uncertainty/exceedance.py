"""Probability that an output passes a limit, and how sure a sample makes us of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betaincinv

from twin.errors import ScenarioError
from twin.types import FloatArray
from twin.uncertainty.checks import (
    SampleKind,
    Side,
    as_outputs,
    check_count,
    check_design,
    check_level,
    check_limit,
)

Undefined = Literal["refuse", "leave-out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probability:
    """
    Part of the points that pass a limit, with its interval.

    Args:
        probability: Points that pass ÷ points counted.
        low: Low end of the two-sided interval.
        high: High end.
        passed: Points that pass.
        count: Points counted.
        undefined: Points whose output was NaN; in neither number.
        level: Confidence of the interval, such as 0.95.
        method: "clopper-pearson", exact for independent points; of stratified points
            "clopper-pearson, conservative".
    """

    probability: float
    low: float
    high: float
    passed: int
    count: int
    undefined: int
    level: float
    method: str


def exceedance(
    values: FloatArray,
    limit: float,
    *,
    side: Side = "above",
    level: float = 0.95,
    design: SampleKind = "random",
    undefined: Undefined = "refuse",
) -> Probability:
    """
    Probability that an output lies strictly beyond a limit.

    Left out, undefined outputs make the answer one about the points that have an
    output: how many had none is said, and is the reader's to judge.

    Args:
        values: One output per point, shape (points,). NaN is an undefined output.
        limit: Limit, in the output's unit.
        side: Which side of it counts.
        level: Confidence of the two-sided interval, 0..1.
        design: How the points were drawn.
        undefined: What to do about NaN: refuse, or leave out and count.

    Returns:
        The probability with its interval.

    Raises:
        ScenarioError: If nothing is left to count, an output is undefined and was not
            to be, or an argument is out of range.

    Source:
        docs/models/uncertainty.md, eq. 1.
    """
    check_limit(limit, side)
    check_level(level)
    check_design(design)
    values = as_outputs(values)
    unknown = int(np.isnan(values).sum())
    if unknown and undefined == "refuse":
        raise ScenarioError("values", f"must be numbers, {unknown} of {len(values)} "
                            "are not", "NaN", "mend those points, or leave them out "
                            "and say so")  # fmt: skip
    total = len(values) - unknown
    check_count("values", total, 1)
    beyond = values > limit if side == "above" else values < limit
    passed = int(beyond.sum())
    low, high = binomial_interval(passed, total, level)
    exact = "clopper-pearson"
    return Probability(
        probability=passed / total, low=low, high=high, passed=passed, count=total,
        undefined=unknown, level=level,
        method=exact if design == "random" else f"{exact}, conservative",
    )  # fmt: skip


def binomial_interval(passed: int, count: int, level: float) -> tuple[float, float]:
    """
    Exact two-sided interval of a probability (Clopper and Pearson).

    Args:
        passed: Times that it happened, 0..count.
        count: Independent trials, >= 1.
        level: Confidence; at least this much, whatever the probability.

    Returns:
        Low and high end.

    Source:
        docs/models/uncertainty.md, eq. 1.
    """
    tail = 0.5 * (1.0 - level)
    low = betaincinv(passed, count - passed + 1, tail) if passed else 0.0
    missed = count - passed
    high = betaincinv(passed + 1, missed, 1.0 - tail) if missed else 1.0
    return float(low), float(high)
