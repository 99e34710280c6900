"""
Probability of a rare event, asked for in batches: what both estimators share.

An estimator never evaluates anything. `ask` gives points of the unit cube, the caller
evaluates them anywhere and in any order, `tell` takes the outputs in the points' order,
and so on until `ask` gives None; then `result` says the probability. What is asked
depends on the seed and on the outputs told, on nothing else.

The event is an output strictly above a limit, or strictly below one. Inside, a score
is positive where it happens and grows towards it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from twin.errors import ScenarioError
from twin.types import FloatArray
from twin.uncertainty.checks import Side, check_limit
from twin.uncertainty.exceedance import binomial_interval

INNERMOST = 2.0**-53
"""Points keep this far from the cube's faces, where a quantile may be infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RareEvent:
    """
    How probable an event is that plain sampling hardly sees.

    Args:
        probability: The estimate; 0 where the event was never reached.
        low: Low end of its two-sided interval.
        high: High end.
        level: Confidence of the interval, such as 0.95.
        evaluations: Points asked for.
        levels: Steps taken towards the event, most of any replica.
        replicas: Independent repetitions behind the interval.
        effective_points: Independent points in the event that would scatter as much;
            the relative error of the probability is about one over its root.
        undefined: Outputs that were NaN; they count as no event.
        method: "splitting", "importance" or, where that failed, "plain".
        note: What the reader has to know, in a sentence; empty if nothing.
    """

    probability: float
    low: float
    high: float
    level: float
    evaluations: int
    levels: int
    replicas: int
    effective_points: float
    undefined: int
    method: str
    note: str = ""


class RareSampler(Protocol):
    """What a study needs of an estimator of rare events."""

    def ask(self) -> FloatArray | None:
        """Points to evaluate next, shape (points, inputs); None when done."""

    def tell(self, values: FloatArray) -> None:
        """Take the outputs at the points asked for last, in their order."""

    def result(self) -> RareEvent:
        """Say the probability; after `ask` gave None."""


class Asked:
    """
    Turns told outputs into scores, and minds the order of asking and telling.

    Args:
        limit: Limit of the output, in its unit.
        side: Which side of it the event is.
    """

    def __init__(self, limit: float, side: Side) -> None:
        check_limit(limit, side)
        self._limit = limit
        self._sign = 1.0 if side == "above" else -1.0
        self._waiting = 0
        self.evaluations = 0
        self.undefined = 0

    def points(self, z: FloatArray) -> FloatArray:
        """Points of the unit cube for points of the standard normal space."""
        if self._waiting:
            raise RuntimeError(f"{self._waiting} points were asked for and not told")
        self._waiting = len(z)
        return np.asarray(np.clip(ndtr(z), INNERMOST, 1.0 - INNERMOST))

    def scores(self, values: FloatArray) -> FloatArray:
        """
        Scores of the outputs told.

        Raises:
            ScenarioError: If there are more or fewer than points asked for.
        """
        values = np.asarray(values, dtype=float)
        if values.shape != (self._waiting,):
            raise ScenarioError("values", f"must be one for each of {self._waiting} "
                                "points", values.shape, "evaluate every point of the "
                                "last ask, in its order")  # fmt: skip
        self.evaluations += self._waiting
        self._waiting = 0
        unknown = np.isnan(values)
        self.undefined += int(unknown.sum())
        scores = self._sign * (values - self._limit)
        return np.where(unknown, -np.inf, scores)

    def said(self) -> str:
        """Note on undefined outputs; empty if there were none."""
        if not self.undefined:
            return ""
        return f"{self.undefined} outputs were undefined and count as no event"


def half_error(level: float) -> float:
    """
    Where a two-sided quantile is read so that half of the error allowed is spent.

    Both estimators know the law of their estimate only nearly. Half of the error is
    for chance; the rest is for the law being another than thought.
    """
    return 1.0 - 0.25 * (1.0 - level)


def plain_event(
    scores: FloatArray, asked: Asked, *, level: float, levels: int, replicas: int,
    note: str = "",
) -> RareEvent:  # fmt: skip
    """Probability by the independent plain points alone, with its exact interval."""
    passed = int((scores > 0.0).sum())
    low, high = binomial_interval(passed, len(scores), level)
    return RareEvent(
        probability=passed / len(scores), low=low, high=high, level=level,
        evaluations=asked.evaluations, levels=levels, replicas=replicas,
        effective_points=float(passed), undefined=asked.undefined, method="plain",
        note=joined(note, asked.said()),
    )  # fmt: skip


def joined(*notes: str) -> str:
    """Notes as one text."""
    return "; ".join(note for note in notes if note)
