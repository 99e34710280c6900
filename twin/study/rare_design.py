"""The rare-event estimators as samplers of a study."""

from __future__ import annotations

import math

import numpy as np

from twin.scenario.study import Limit, Rare
from twin.study.sampling import Told
from twin.types import FloatArray
from twin.uncertainty.importance import Importance
from twin.uncertainty.rare import RareEvent, RareSampler
from twin.uncertainty.splitting import Splitting


class RareDesign:
    """
    How likely a limit is passed, by splitting or importance sampling.

    Args:
        dim: Axes.
        design: Method and sizes.
        limit: The event: this limit passed.
        seed: Seed of the walks.
    """

    def __init__(self, dim: int, design: Rare, limit: Limit, seed: int) -> None:
        at = limit.at_most if limit.at_most is not None else limit.at_least
        assert at is not None  # noqa: S101 - a limit has one side
        kind = Splitting if design.method == "splitting" else Importance
        self._inside: RareSampler = kind(
            dim, at, side="above" if limit.at_most is not None else "below", seed=seed,
            points=design.points, replicas=design.replicas,
        )  # fmt: skip
        self._output = limit.output
        self._most = design.most_points
        self._asked = 0
        self._gave_up = False

    @property
    def most(self) -> int:
        """Most points it may ask for."""
        return self._most

    def ask(self) -> FloatArray | None:
        """Ask for the next step of all replicas."""
        units = self._inside.ask()
        if units is None:
            return None
        if self._asked + len(units) > self._most:
            self._gave_up = True
            return None
        self._asked += len(units)
        return units

    def tell(self, outputs: Told) -> None:
        """Take the outputs; a point without an answer counts as no event."""
        values = [math.nan if one is None else one[self._output] for one in outputs]
        self._inside.tell(np.array(values))

    def result(self) -> RareEvent | str:
        """Say the probability, or why there is none."""
        if self._gave_up:
            return (
                f"not reached within {self._most:,} points; raise design.most_points, "
                "or lower points and replicas"
            )
        return self._inside.result()
