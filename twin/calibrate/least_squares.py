"""
Least squares that says what it cannot know.

Every fit of the twin to measurements goes through `fit_model`: it splits off the last
part of the time, looks whether the data can tell each parameter, solves, and gives
errors that count how long readings hang together. `docs/models/calibration.md`, eq. 1
to 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy  # its parts load when they are used

from twin.calibrate.effective import effective_samples
from twin.calibrate.identify import Solved, cannot_tell
from twin.calibrate.problem import Problem, Unknown, only, training_part, whole
from twin.calibrate.record import (
    Fit,
    HeldOut,
    Parameter,
    Refused,
    content_version,
    held_out_errors,
)
from twin.errors import ScenarioError
from twin.types import BoolArray, FloatArray


def fit_model(problem: Problem) -> Fit:
    """
    Fit a model to readings.

    Readings with a missing value in any input are left out first. A parameter that
    cannot be told is held at its prior if it is optional, and refused otherwise.

    Args:
        problem: The model and the readings.

    Returns:
        The fit.

    Raises:
        ScenarioError: If arrays do not match, readings are too few, or a parameter
            that is not optional cannot be told; says which and what data would.

    Source:
        docs/models/calibration.md, eq. 1 to 4.
    """
    problem = whole(problem)
    train = training_part(problem)
    free, refused = list(problem.unknowns), list[Refused]()
    while True:
        found = _solve(problem, train, free)
        lacking = cannot_tell(problem, train, free, found)
        if lacking is None:
            break
        unknown, why = lacking
        _refuse(problem, unknown, why)
        refused.append(Refused(parameter=unknown.name, why=why, needs=unknown.needs))
        free.remove(unknown)
    return _record(problem, train, free, found, refused)


# --- parts ----------------------------------------------------------------------------


def _values(
    problem: Problem, free: Sequence[Unknown], x: FloatArray
) -> dict[str, float]:
    return problem.values({u.name: float(v) for u, v in zip(free, x, strict=True)})


def _solve(problem: Problem, train: BoolArray, free: Sequence[Unknown]) -> Solved:
    """Least squares of the free parameters on the training part."""
    part = only(problem, train)

    def residual(x: FloatArray) -> FloatArray:
        return problem.model(_values(problem, free, x), part.data) - part.measured

    scale = np.array([one.scale for one in free])
    if not free:
        return Solved(
            values=_values(problem, free, np.zeros(0)),
            jacobian=np.zeros((part.measured.size, 0)), residual=residual(np.zeros(0)),
            errors=np.zeros(0), effective=float(part.measured.size),
        )  # fmt: skip
    low, high = (np.array([getattr(u, k) for u in free]) for k in ("low", "high"))
    start = np.clip(
        [one.prior for one in free], low + 1e-9 * scale, high - 1e-9 * scale
    )
    solved = scipy.optimize.least_squares(  # type: ignore[operator]
        residual, start, bounds=(low, high), x_scale=scale, method="trf",
        xtol=1e-10, ftol=1e-10, gtol=1e-10, max_nfev=200,
    )  # fmt: skip
    jacobian: FloatArray = np.asarray(solved.jac, dtype=np.float64)
    errors, effective = standard_errors(jacobian, solved.fun)
    return Solved(
        values=_values(problem, free, solved.x), jacobian=jacobian * scale,
        residual=solved.fun, errors=errors, effective=effective,
    )  # fmt: skip


def standard_errors(
    jacobian: FloatArray, residual: FloatArray
) -> tuple[FloatArray, float]:
    """
    Standard errors, and the fewest effective readings behind one of them. Eq. 2 to 4.

    Each reading's influence on each parameter is a series; its variance times its
    integrated autocorrelation time is the parameter's. Unequal noise and noise that
    lasts are both in it; the white-noise error is the least that is believed.
    """
    n, p = jacobian.shape
    inverse = np.linalg.pinv(jacobian.T @ jacobian)
    influence = -(jacobian @ inverse) * residual[:, None]
    spare = n / max(1, n - p)
    times = np.array([n / effective_samples(one) for one in influence.T])
    # the time itself is known to about its own size ÷ n
    times *= 1.0 + 2.0 * times / n
    lasting = np.sum(influence**2, axis=0) * spare * times
    white = np.diag(inverse) * float(residual @ residual) / max(1, n - p)
    worst = float(times.max()) if p else 1.0
    return np.sqrt(np.maximum(lasting, white)), n / worst


def _refuse(problem: Problem, unknown: Unknown, why: str) -> None:
    if unknown.optional:
        return
    raise ScenarioError(f"{problem.name}.{unknown.name}", "must be identifiable from "
                        "the readings", why, unknown.needs)  # fmt: skip


def _record(
    problem: Problem, train: BoolArray, free: Sequence[Unknown], found: Solved,
    refused: Sequence[Refused],
) -> Fit:  # fmt: skip
    errors = dict(zip((one.name for one in free), found.errors, strict=True))
    at_limit = [
        f"{one.name} ended at its limit {found.values[one.name]:.4g} {one.unit}"
        for one in free
        if min(found.values[one.name] - one.low, one.high - found.values[one.name])
        <= 1e-6 * one.scale
    ]
    settings: dict[str, Any] = {
        "priors": {one.name: one.prior for one in problem.unknowns},
        "held_out_frac": problem.held_out_frac, "name": problem.name,
    } | {one.name: one.value for one in problem.settled}  # fmt: skip
    about = found.residual - found.residual.mean()
    power = float(about @ about)
    return Fit(
        name=problem.name, kind=problem.kind, unit=problem.unit,
        parameters=tuple(
            Parameter(
                name=one.name, value=found.values[one.name],
                standard_error=float(errors.get(one.name, math.nan)), unit=one.unit,
                fitted=one.name in errors,
            )
            for one in problem.unknowns
        ) + problem.settled,
        residual_rms=float(np.sqrt(np.mean(found.residual**2))),
        residual_autocorrelation=float(about[1:] @ about[:-1]) / max(power, 1e-300),
        samples=int(train.sum()), effective_samples=found.effective,
        from_s=float(problem.t_s[0]), to_s=float(problem.t_s[-1]),
        held_out=_held_out(problem, train, found.values),
        warnings=(*problem.warnings, *at_limit), refused=tuple(refused),
        version=content_version(
            problem.kind,
            {**problem.data, "measured": problem.measured, "t_s": problem.t_s},
            settings,
        ),
    )  # fmt: skip


def _held_out(
    problem: Problem, train: BoolArray, values: Mapping[str, float]
) -> HeldOut | None:
    """Errors of prior and fit on what was not learned from."""
    if train.all():
        return None
    prior = problem.values({})
    part = problem if problem.sequential else only(problem, ~train)
    keep = ~train if problem.sequential else slice(None)
    measured = part.measured[keep]
    before, after = (
        problem.model(one, part.data)[keep] - measured for one in (prior, values)
    )
    return held_out_errors(measured, before, after)
