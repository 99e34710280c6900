"""
Which parameter readings cannot tell, and why.

`docs/models/calibration.md`, eq. 1, section Identifiability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.calibrate.problem import LEAST_EFFECTIVE, Problem, Unknown
from twin.types import BoolArray, FloatArray

LEAST_SINGULAR = 0.01
"""Smallest singular value of the Jacobian with columns of length one. Below it a
mixture of parameters changes the model less than a hundredth of what each does alone.
Assumed."""
MOST_ERROR_FRAC = 0.5
"""A standard error above this part of the parameter's scale tells nothing. Assumed."""
NAMED_PART = 0.3
"""Parameters with at least this weight in the worst direction are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """
    A solution.

    Args:
        values: Of all parameters.
        jacobian: Of the residual, each column times its parameter's scale.
        residual: Modelled minus measured.
        errors: Standard errors of the free parameters.
        effective: Fewest effective readings behind one of them.
    """

    values: dict[str, float]
    jacobian: FloatArray
    residual: FloatArray
    errors: FloatArray
    effective: float


def cannot_tell(
    problem: Problem, train: BoolArray, free: Sequence[Unknown], found: Solved
) -> tuple[Unknown, str] | None:
    """
    Find the parameter that the readings tell least.

    Args:
        problem: The model and the readings.
        train: Which readings were learned from.
        free: Parameters that were fitted.
        found: The solution.

    Returns:
        The parameter and why, optional ones first; None where all can be told.
    """
    if not free:
        return None
    named = (
        _narrow(problem, train, free) or _collinear(free, found)
        or _uncertain(free, found) or _few(train, free, found)
    )  # fmt: skip
    if named is None:
        return None
    many, why = named
    return next((one for one in many if one.optional), many[0]), why


def _uncertain(
    free: Sequence[Unknown], found: Solved
) -> tuple[list[Unknown], str] | None:
    """A parameter whose error is as large as what matters of it."""
    order = _by_error(free, found)
    one = order[0]
    error = found.errors[list(free).index(one)]
    if error <= MOST_ERROR_FRAC * one.scale:
        return None
    return order, (
        f"the standard error of {one.name}, {error:.3g} {one.unit}, is above "
        f"{MOST_ERROR_FRAC:.0%} of {one.scale:.3g}"
    )


def _few(
    train: BoolArray, free: Sequence[Unknown], found: Solved
) -> tuple[list[Unknown], str] | None:
    """Readings that hang together for too long."""
    need = LEAST_EFFECTIVE * len(free)
    if found.effective >= need:
        return None
    return _by_error(free, found), (
        f"{int(train.sum())} readings hang together so long that they are worth "
        f"{found.effective:.1f} independent ones, and {need:g} are needed"
    )


def _by_error(free: Sequence[Unknown], found: Solved) -> list[Unknown]:
    """Parameters by what is not known of them, the least known first."""
    part = found.errors / np.array([one.scale for one in free])
    return [free[k] for k in np.argsort(-part)]


def _narrow(
    problem: Problem, train: BoolArray, free: Sequence[Unknown]
) -> tuple[list[Unknown], str] | None:
    """A parameter whose input hardly moves."""
    for name, (least, parameter) in problem.spans.items():
        low, high = np.percentile(problem.data[name][train], [5.0, 95.0])
        found = [one for one in free if one.name == parameter]
        if found and high - low < least:
            return found, (
                f"{name} spans {high - low:.3g} from its 5th to its 95th percentile, "
                f"and {least:.3g} is needed"
            )
    return None


def _collinear(
    free: Sequence[Unknown], found: Solved
) -> tuple[list[Unknown], str] | None:
    """Parameters that the readings cannot tell apart. Eq. 1."""
    length = np.linalg.norm(found.jacobian, axis=0)
    for unknown, one in zip(free, length, strict=True):
        if one <= 1e-9 * float(length.max()) or not np.isfinite(one):
            return [unknown], "the readings do not change with it"
    _, singular, turns = np.linalg.svd(found.jacobian / length, full_matrices=False)
    if singular[-1] >= LEAST_SINGULAR:
        return None
    weight = np.abs(turns[-1])
    order = np.argsort(-weight)
    many = [free[k] for k in order if weight[k] >= NAMED_PART]
    return many, (
        f"{' and '.join(one.name for one in many)} change the readings alike (smallest "
        f"singular value {singular[-1]:.1e}, {LEAST_SINGULAR:g} is needed)"
    )
