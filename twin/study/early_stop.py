"""When enough points are answered: the interval asked for is narrow enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.special import stdtrit

from twin.scenario.study import StudySpec
from twin.study.questions.base import Outputs
from twin.uncertainty.exceedance import exceedance

LEAST = 16
"""Answers below which no interval is believed."""


class HasOutputs(Protocol):
    """A point with its outputs."""

    @property
    def outputs(self) -> Outputs | None:
        """Figure per key; None without an answer."""
        ...


def enough(spec: StudySpec, points: Sequence[HasOutputs], most: int) -> str:
    """
    Say why a study may stop.

    Args:
        spec: The study; `stop` says what is looked at.
        points: Points answered so far, in order.
        most: Points it would answer without stopping.

    Returns:
        The reason in words; "" while it has to go on.
    """
    stop = spec.stop
    if stop is None or len(points) >= most:
        return ""
    values = np.array([
        one.outputs[stop.output] for one in points if one.outputs is not None
    ])  # fmt: skip
    values = values[np.isfinite(values)]
    if len(values) < LEAST:
        return ""
    width = _half_width(spec, values)
    if not width <= stop.half_width:
        return ""
    return (
        f"{stop.of} of {stop.output} known to ± {width:.3g} after {len(values)} points"
    )


def _half_width(spec: StudySpec, values: np.ndarray) -> float:
    """Half-width of the 95 % interval, of the mean relative to it."""
    stop = spec.stop
    assert stop is not None  # noqa: S101 - the caller saw to it
    if stop.of == "mean":
        if np.ptp(values) == 0.0:  # nothing yet of what may happen seldom
            return math.inf
        mean = abs(float(values.mean()))
        error = float(values.std(ddof=1)) / math.sqrt(len(values))
        reach = float(stdtrit(len(values) - 1, 0.975)) * error
        return reach / mean if mean > 0 else math.inf
    limit = next(one for one in spec.limits if one.output == stop.output)
    found = exceedance(
        values,
        limit=limit.at_most if limit.at_most is not None else limit.at_least,  # type: ignore[arg-type]
        side="above" if limit.at_most is not None else "below",
    )
    return 0.5 * (found.high - found.low)
