"""
Which points a study answers.

Every design is a sampler: `ask()` gives points of the unit cube, shape (points, axes),
or None when there is nothing left to ask; `tell()` hands their outputs back in the same
order. A sampler sees nothing else, so what it asks does not depend on the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import scipy  # its parts load when they are used: stats takes half a second

from twin.scenario.study import Grid, OneAtATime, Spaced
from twin.study.axes import Placed, grid_points, unit_grid
from twin.study.questions.base import Outputs
from twin.types import FloatArray

Told = Sequence[Outputs | None]
"""Outputs of points, None where one could not be answered."""


class Sampler(Protocol):
    """Chooses points."""

    @property
    def most(self) -> int:
        """Most points it will ask for."""
        ...

    def ask(self) -> FloatArray | None:
        """Points to answer now, shape (points, axes); None when done."""
        ...

    def tell(self, outputs: Told) -> None:
        """Take the outputs of the points just asked for, in their order."""
        ...


class Listed:
    """
    Points known from the start.

    Args:
        points: Unit points, shape (points, axes).
        batch: Points asked for at a time; None asks for all at once.
    """

    def __init__(self, points: FloatArray, batch: int | None = None) -> None:
        self._points = points
        self._batch = batch or max(1, len(points))
        self._next = 0

    @property
    def most(self) -> int:
        """All of them."""
        return len(self._points)

    def ask(self) -> FloatArray | None:
        """Ask for the next batch."""
        if self._next >= len(self._points):
            return None
        found = self._points[self._next : self._next + self._batch]
        self._next += len(found)
        return found

    def tell(self, outputs: Told) -> None:
        """Nothing to learn from them."""


def grid(placed: Sequence[Placed], design: Grid) -> FloatArray:
    """
    Every combination of the axes' values.

    Raises:
        ScenarioError: If there are more than a study may have.
    """
    grid_points(placed, design)
    return unit_grid(placed, design)


def spaced(dim: int, design: Spaced, seed: int) -> FloatArray:
    """Latin hypercube, scrambled Sobol or independent points of the unit cube."""
    if design.kind == "random":
        return np.random.default_rng(seed).random((design.points, dim))
    rng = np.random.default_rng(seed)
    if design.kind == "latin-hypercube":
        found = scipy.stats.qmc.LatinHypercube(dim, rng=rng).random(design.points)
        return np.asarray(found, dtype=np.float64)
    engine = scipy.stats.qmc.Sobol(dim, rng=rng)
    whole = engine.random_base2(max(0, (design.points - 1).bit_length()))
    return np.asarray(whole[: design.points], dtype=np.float64)


def one_at_a_time(placed: Sequence[Placed], design: OneAtATime) -> FloatArray:
    """
    The middle first, then each axis low and high: shape (2 × axes + 1, axes).

    Axes with listed values take the first and the last of them.
    """
    dim = len(placed)
    points = np.full((2 * dim + 1, dim), 0.5)
    for k, one in enumerate(placed):
        points[2 * k + 1, k], points[2 * k + 2, k] = one.tails(design.tail_frac)
    return points
