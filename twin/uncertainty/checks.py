"""What the questions on uncertainty accept: refusals that several of them share."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.types import FloatArray

Side = Literal["above", "below"]
SampleKind = Literal["random", "latin-hypercube", "sobol"]
SIDES = ("above", "below")
SAMPLE_KINDS = ("random", "latin-hypercube", "sobol")


def check_limit(limit: float, side: str) -> None:
    """
    Refuse a limit that cannot be passed.

    Raises:
        ScenarioError: If the limit is not finite or the side unknown.
    """
    if not math.isfinite(limit):
        raise ScenarioError("limit", "must be a finite number", limit,
                            "give the limit's value")  # fmt: skip
    if side not in SIDES:
        raise ScenarioError("side", "must be above or below", side, "use one of these")


def check_level(level: float) -> None:
    """
    Refuse a confidence level outside 0..1.

    Raises:
        ScenarioError: If it is not strictly between.
    """
    if not 0.0 < level < 1.0:
        raise ScenarioError("level", "must lie between 0 and 1", level,
                            "use 0.95 for 95 per cent")  # fmt: skip


def check_design(design: str) -> None:
    """
    Refuse points that are no sample.

    Raises:
        ScenarioError: If points of such a design do not come with equal probability.
    """
    if design not in SAMPLE_KINDS:
        raise ScenarioError("design", "must draw every point with the same probability",
                            design,
                            f"use one of {', '.join(SAMPLE_KINDS)}")  # fmt: skip


def check_count(field: str, value: int, least: int) -> None:
    """
    Refuse a count that is too small.

    Raises:
        ScenarioError: If it is below `least`.
    """
    if value < least:
        raise ScenarioError(field, f"must be at least {least}", value,
                            f"raise it to {least}")  # fmt: skip


def check_frac(
    field: str, value: float, least: float, most: float, usual: float
) -> None:
    """
    Refuse a fraction outside its range.

    Raises:
        ScenarioError: If it is.
    """
    if not least <= value <= most:
        raise ScenarioError(field, f"must lie in {least:g}..{most:g}", value,
                            f"use {usual:g}")  # fmt: skip


def as_outputs(values: FloatArray) -> FloatArray:
    """
    Outputs as a flat array of floats.

    Raises:
        ScenarioError: If they are not a flat array.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1:
        raise ScenarioError("values", "must be one number per point", values.shape,
                            "give one output at a time")  # fmt: skip
    return values
