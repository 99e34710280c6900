"""What no other choice beats: the one place that decides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from twin.types import BoolArray, FloatArray, IntArray

Goal = Literal["max", "min"]


def undominated(costs: FloatArray) -> BoolArray:
    """
    Points that no other is at most equal to everywhere and below somewhere.

    Two objectives take O(n log n): one sweep by rising first cost. More take
    O(n · front · objectives): each point is held against the front found so far.

    Args:
        costs: Objectives wanted small, one row per point. Shape (points, objectives).
            A row with a NaN or an infinity is never on the front.

    Returns:
        True on the front; equal points are all on it. Shape (points,)
    """
    kept = np.zeros(costs.shape[0], dtype=np.bool_)
    known = np.flatnonzero(np.isfinite(costs).all(axis=1))
    if not known.size:
        return kept
    points, back = np.unique(costs[known], axis=0, return_inverse=True)
    front = _sweep(points) if points.shape[1] == 2 else _against_front(points)
    kept[known] = front[back.ravel()]
    return kept


def _sweep(points: FloatArray) -> BoolArray:
    """Of two objectives, in lexical order: the second must fall below all before."""
    second = points[:, 1]
    before = np.concatenate(([np.inf], np.minimum.accumulate(second)[:-1]))
    found: BoolArray = second < before
    return found


def _against_front(points: FloatArray) -> BoolArray:
    """In lexical order what beats a point comes before it, and so does its front."""
    kept = np.zeros(points.shape[0], dtype=np.bool_)
    front: FloatArray = np.empty_like(points)
    size = 0
    for k, point in enumerate(points):
        if not (front[:size] <= point).all(axis=1).any():
            front[size] = point
            size += 1
            kept[k] = True
    return kept


def pareto_front(values: FloatArray, goals: Sequence[Goal]) -> IntArray:
    """
    Find the points that no other beats.

    Args:
        values: Objectives. Shape (points, objectives); NaN is never on the front.
        goals: "max" or "min" for each objective.

    Returns:
        Indices of the front, the best of the first objective first.

    Raises:
        ValueError: If there is not one goal per objective.
    """
    if values.ndim != 2 or values.shape[1] != len(goals):
        raise ValueError(
            f"goals must be one per objective, got {len(goals)} for values of shape "
            f"{values.shape}"
        )
    costs = values * np.array([-1.0 if goal == "max" else 1.0 for goal in goals])
    front = np.flatnonzero(undominated(costs))
    order = np.lexsort(costs[front].T[::-1])
    found: IntArray = front[order].astype(np.int64)
    return found
