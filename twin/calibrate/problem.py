"""A calibration as it is asked: a model, its unknowns, and readings that hold up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from twin.calibrate.record import Parameter
from twin.errors import ScenarioError
from twin.types import BoolArray, FloatArray

HELD_OUT_FRAC = 0.3
"""Last part of the time that is held out. Assumed."""
LEAST_EFFECTIVE = 5.0
"""Independent readings needed for each parameter. Assumed."""

Data = Mapping[str, FloatArray]
Model = Callable[[Mapping[str, float], Data], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """
    A parameter to be fitted.

    Args:
        name: Name in the model.
        unit: Its unit.
        prior: What is believed without data: the catalogue's value, most often.
        low: Least it may be.
        high: Most it may be.
        scale: Size that matters: errors are compared with it.
        needs: Data that would make it identifiable.
        optional: Hold it at the prior where it is not identifiable; else refuse.
    """

    name: str
    unit: str
    prior: float
    scale: float
    needs: str
    low: float = -math.inf
    high: float = math.inf
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    A model, its unknowns and the readings.

    Args:
        name: What is calibrated.
        kind: Which model.
        unit: Unit of `measured`.
        model: Parameters and data in, modelled readings out.
        unknowns: What is fitted.
        settled: Numbers of the model that were found before; kept with the fit.
        data: Inputs by name, each of shape (readings,).
        measured: What the model should give. shape (readings,)
        t_s: Times, rising. [s], shape (readings,)
        spans: Least P5 to P95 range of an input, and the parameter it decides.
        warnings: Said with the result.
        held_out_frac: Last part of the readings that is held out. 0..0.9
        sequential: The model needs readings in order from the first one: its held-out
            part is computed over the whole record.
    """

    name: str
    kind: str
    unit: str
    model: Model
    unknowns: tuple[Unknown, ...]
    data: Data
    measured: FloatArray
    t_s: FloatArray
    spans: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    settled: tuple[Parameter, ...] = ()
    warnings: tuple[str, ...] = ()
    held_out_frac: float = HELD_OUT_FRAC
    sequential: bool = False

    def values(self, found: Mapping[str, float]) -> dict[str, float]:
        """All numbers of the model: priors, those settled before, and those given."""
        known = {one.name: one.prior for one in self.unknowns}
        return known | {one.name: one.value for one in self.settled} | dict(found)


# --- readings -------------------------------------------------------------------------


def whole(problem: Problem) -> Problem:
    """Leave out readings with something missing; refuse shapes that differ."""
    shapes = {"measured": problem.measured.shape} | {
        name: values.shape for name, values in problem.data.items()
    }
    wrong = [name for name, shape in shapes.items() if shape != problem.t_s.shape]
    if wrong or problem.t_s.ndim != 1:
        raise ScenarioError(f"{problem.name}.{wrong[0] if wrong else 't_s'}",
                            "must have one value per time",
                            f"{shapes.get(wrong[0]) if wrong else problem.t_s.shape}",
                            "give arrays of one length")  # fmt: skip
    if problem.t_s.size > 1 and not (np.diff(problem.t_s) > 0).all():
        raise ScenarioError(f"{problem.name}.t_s", "must rise", "it does not",
                            "sort the readings by time and keep one of "
                            "each")  # fmt: skip
    good: BoolArray = np.isfinite(problem.measured)
    for values in problem.data.values():
        good &= np.isfinite(values)
    if good.all():
        return problem
    if problem.sequential:
        raise ScenarioError(f"{problem.name}.t_s", "must have no missing reading",
                            f"{int((~good).sum())} missing",
                            "cut out a stretch without gaps")  # fmt: skip
    return only(problem, good)


def only(problem: Problem, which: BoolArray) -> Problem:
    """Keep some of the readings."""
    return replace(
        problem, measured=problem.measured[which], t_s=problem.t_s[which],
        data={name: values[which] for name, values in problem.data.items()},
    )  # fmt: skip


def training_part(problem: Problem) -> BoolArray:
    """Mark the readings to learn from; refuse too few."""
    n = problem.t_s.size
    wanted = sum(not one.optional for one in problem.unknowns)
    least = math.ceil(LEAST_EFFECTIVE * wanted)
    kept = learned_from(n, problem.held_out_frac)
    if kept < least:
        raise ScenarioError(f"{problem.name}.readings", f"must be at least {least} to "
                            f"learn from ({LEAST_EFFECTIVE:g} for each of {wanted} "
                            "parameters)", kept, "record for longer")  # fmt: skip
    return np.arange(n) < kept


def learned_from(readings: int, held_out_frac: float) -> int:
    """How many of so many readings are learned from: those before the last part."""
    return readings - int(held_out_frac * readings)
