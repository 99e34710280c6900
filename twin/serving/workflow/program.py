"""Mixed-integer linear programs in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import scipy  # its parts load when they are used

from twin.types import FloatArray

Row: TypeAlias = tuple[FloatArray, float, float]
"""Factors of the variables, least and most their sum may be."""
NODE_LIMIT = 500
"""Branches looked at before the best so far is taken: a count, not a time, so that the
answer is the same on every machine."""


def least(
    costs: FloatArray,
    rows: Sequence[Row],
    upper: FloatArray,
    whole: FloatArray,
    *,
    gap_frac: float = 1e-6,
) -> FloatArray | None:
    """
    Make a sum least.

    Args:
        costs: Price of each variable.
        rows: Constraints.
        upper: Most of each variable; the least is 0.
        whole: 1 where a variable is a whole number, else 0.
        gap_frac: Part of the least by which the answer may be above it. 0..1

    Returns:
        The variables; None where nothing fits.
    """
    answer = scipy.optimize.milp(
        costs,
        integrality=whole,
        bounds=scipy.optimize.Bounds(np.zeros(costs.size), upper),
        constraints=scipy.optimize.LinearConstraint(
            np.array([row for row, _, _ in rows]),
            [low for _, low, _ in rows],
            [high for _, _, high in rows],
        ),
        options={"node_limit": NODE_LIMIT, "mip_rel_gap": gap_frac},
    )
    if answer.x is None:
        return None
    found = np.asarray(answer.x, dtype=np.float64)
    return np.where(whole > 0, np.round(found), found)
