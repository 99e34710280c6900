"""
Which unknown matters most: shares of an output's variance, ranks, and tornado bars.

Indices come from SALib. It is told a seed wherever it draws, and never 0, which it
takes for none: with a seed, what is used here touches no global randomness and may run
in threads. Its delta method does touch it, and the warning filters, and is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import scipy  # its parts load when they are used: stats takes half a second

from twin.errors import ScenarioError
from twin.types import BoolArray, FloatArray
from twin.uncertainty.checks import as_outputs, check_count, check_level

RESAMPLES = 200
HARMONICS = 10
LEAST_POINTS = 5 * HARMONICS
"""Fewer points and RBD-FAST's correction for chance is larger than what it corrects."""
LEAST_BASE = 8
_SAME = 1e-12
_CONSTANT = "the output is the same at every point: nothing matters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """
    What one input does to one output.

    Args:
        first: Share of the output's variance that this input makes by itself; NaN
            where it cannot be said. Chance may carry it a little below 0.
        first_ci: Half-width of its interval.
        total: Share that it makes with all others together; NaN likewise.
        total_ci: Half-width of its interval.
        rank_correlation: Spearman's; NaN if the input never changed.
    """

    first: float
    first_ci: float
    total: float
    total_ci: float
    rank_correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """
    What each input does to one output.

    Args:
        method: "sobol" of a Saltelli design, "rbd-fast" of any sample, "rank" where
            the points are too few for that, "constant".
        effects: One per input, in their order.
        count: Points counted.
        undefined: Outputs that were NaN or infinite.
        level: Confidence of the intervals.
        note: What the reader has to know; empty if nothing.
    """

    method: str
    effects: tuple[Effect, ...]
    count: int
    undefined: int
    level: float
    note: str = ""


def saltelli_design(dim: int, base: int, seed: int) -> FloatArray:
    """
    Points for first and total indices: base × (inputs + 2), in the unit cube.

    Args:
        dim: Inputs, >= 1.
        base: Points of the two base samples, a power of 2.
        seed: Seed of the scrambling.

    Returns:
        Points, shape (base × (dim + 2), dim). Their order is the design.

    Raises:
        ScenarioError: If `base` is no power of 2 or too small.

    Source:
        docs/models/uncertainty.md, eq. 9.
    """
    from SALib.sample import sobol  # here, for it loads pandas: a second

    check_count("dim", dim, 1)
    check_count("base", base, LEAST_BASE)
    if base & (base - 1):
        raise ScenarioError("base", "must be a power of 2", base,
                            f"use {1 << base.bit_length()}")  # fmt: skip
    rng = np.random.default_rng(seed)
    points = sobol.sample(_problem(dim), base, calc_second_order=False, seed=rng)
    return np.asarray(points, dtype=float)


def saltelli_sample(dim: int, count: int) -> BoolArray:
    """
    Points of a Saltelli design that are a sample of the inputs by themselves.

    The others repeat all inputs but one of these, and would be counted twice by
    whoever asks for quantiles or a probability.

    Args:
        dim: Inputs.
        count: Points of the design.
    """
    place = np.arange(count) % (dim + 2)
    return np.asarray((place == 0) | (place == dim + 1))


def sobol_indices(
    values: FloatArray, points: FloatArray, *, level: float = 0.95, seed: int = 0
) -> Sensitivity:
    """
    First and total indices from the outputs of a Saltelli design.

    A point without an output takes its group with it: the base points and what was
    made of them, dim + 2 points.

    Args:
        values: One output per point, in the design's order. NaN has no output.
        points: The design, as `saltelli_design` gave it.
        level: Confidence of the intervals, by bootstrap.
        seed: Seed of the bootstrap.

    Returns:
        The indices; NaN where the output is constant.

    Raises:
        ScenarioError: If the values do not fit the design, or too few groups are
            whole.

    Source:
        docs/models/uncertainty.md, eq. 9.
    """
    check_level(level)
    values, points = _checked(values, points)
    dim = points.shape[1]
    if len(values) % (dim + 2):
        raise ScenarioError("values", f"must come in groups of {dim + 2}", len(values),
                            "give the whole Saltelli design, in its order")  # fmt: skip
    known = np.isfinite(values).reshape(-1, dim + 2)
    whole = np.asarray(known.all(axis=1))
    check_count("values (whole groups of the design)", int(whole.sum()), LEAST_BASE)
    rows = np.repeat(whole, dim + 2)
    undefined, lost = int((~known).sum()), int((~whole).sum())
    note = f"{lost} of {len(whole)} groups left out: an output is undefined"
    return _sobol(
        values[rows], points[rows], level, seed, undefined, note if lost else ""
    )


def _sobol(
    values: FloatArray, points: FloatArray, level: float, seed: int, undefined: int,
    note: str,
) -> Sensitivity:  # fmt: skip
    dim = points.shape[1]
    if _constant(values):
        return _nothing(dim, len(values), undefined, level)
    from SALib.analyze import sobol

    found = sobol.analyze(  # type: ignore[no-untyped-call]
        _problem(dim), values, calc_second_order=False, num_resamples=RESAMPLES,
        conf_level=level, seed=seed + 1,
    )  # fmt: skip
    sample = saltelli_sample(dim, len(values))
    ranks = rank_correlations(values[sample], points[sample])
    columns = (found["S1"], found["S1_conf"], found["ST"], found["ST_conf"], ranks)
    return Sensitivity(
        method="sobol", effects=_effects(columns), count=len(values),
        undefined=undefined, level=level, note=note,
    )  # fmt: skip


def given_data(
    values: FloatArray, points: FloatArray, *, level: float = 0.95, seed: int = 0
) -> Sensitivity:
    """
    First indices and rank correlations from any sample of independent inputs.

    Total indices need a Saltelli design: they are NaN here. What several inputs do
    only together shows in none of these figures; the note says how much variance the
    first indices leave open.

    Args:
        values: One output per point. NaN is left out and counted.
        points: The inputs, shape (points, dim), in any monotone unit.
        level: Confidence of the intervals, by bootstrap.
        seed: Seed of the bootstrap, and of the order among equal inputs.

    Returns:
        The indices; NaN where the output or the input is constant.

    Raises:
        ScenarioError: If shapes do not fit or fewer than three points have outputs.

    Source:
        docs/models/uncertainty.md, eq. 10 and 11.
    """
    check_level(level)
    values, points = _checked(values, points)
    known = np.isfinite(values)
    undefined = int((~known).sum())
    order = np.random.default_rng(seed).permutation(np.flatnonzero(known))
    values, points = values[order], points[order]
    check_count("values", len(values), 3)
    if _constant(values):
        return _nothing(points.shape[1], len(values), undefined, level)
    ranks = rank_correlations(values, points)
    if len(values) < LEAST_POINTS:
        blank = np.full(points.shape[1], np.nan)
        return Sensitivity(
            method="rank", effects=_effects((blank, blank, blank, blank, ranks)),
            count=len(values), undefined=undefined, level=level,
            note=f"first indices need at least {LEAST_POINTS} points",
        )  # fmt: skip
    first, width = _rbd_fast(values, points, level, seed)
    blank = np.full(len(first), np.nan)
    return Sensitivity(
        method="rbd-fast", effects=_effects((first, width, blank, blank, ranks)),
        count=len(values), undefined=undefined, level=level, note=_open(first),
    )  # fmt: skip


def _rbd_fast(
    values: FloatArray, points: FloatArray, level: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """First indices and half-widths; NaN for an input that never changed."""
    from SALib.analyze import rbd_fast

    changing = np.ptp(points, axis=0) > 0.0
    first = np.full(points.shape[1], np.nan)
    width = first.copy()
    if changing.any():
        with np.errstate(invalid="ignore", divide="ignore"):  # a resample of one value
            found = rbd_fast.analyze(
                _problem(int(changing.sum())), points[:, changing], values,
                M=HARMONICS, num_resamples=RESAMPLES, conf_level=level, seed=seed + 1,
            )  # fmt: skip
        first[changing], width[changing] = found["S1"], found["S1_conf"]
    return first, width


def _open(first: FloatArray) -> str:
    left = 1.0 - float(np.nansum(np.clip(first, 0.0, 1.0)))
    if left < 0.1:
        return ""
    return (
        f"{left:.0%} of the variance is not any input's alone: inputs act together, "
        "or the points are too few; a saltelli design would tell"
    )


def rank_correlations(values: FloatArray, points: FloatArray) -> FloatArray:
    """
    Spearman's rank correlation of each input with the output.

    Args:
        values: Outputs, all finite.
        points: Inputs, shape (points, dim).

    Returns:
        One per input, -1..1; NaN where input or output never changes.

    Source:
        docs/models/uncertainty.md, eq. 11.
    """
    ranks = np.column_stack(
        [scipy.stats.rankdata(points, axis=0), scipy.stats.rankdata(values)]
    )
    away = ranks - ranks.mean(axis=0)
    size = np.sqrt((away**2).sum(axis=0))
    product = away[:, :-1].T @ away[:, -1]
    scale = size[:-1] * size[-1]
    blank = np.full(len(product), np.nan)
    return np.asarray(np.divide(product, scale, out=blank, where=scale > 0.0))


def _checked(values: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    values, points = as_outputs(values), np.asarray(points, dtype=float)
    if points.ndim != 2 or len(points) != len(values) or not points.shape[1]:
        raise ScenarioError("points", f"must be {len(values)} rows, one column per "
                            "input", points.shape, "give the points that the outputs "
                            "belong to")  # fmt: skip
    return values, points


def _constant(values: FloatArray) -> bool:
    """Whether outputs differ by no more than rounding."""
    return float(np.ptp(values)) <= _SAME * float(np.abs(values).max())


def _nothing(dim: int, count: int, undefined: int, level: float) -> Sensitivity:
    blank = np.full(dim, np.nan)
    return Sensitivity(
        method="constant", effects=_effects((blank,) * 5), count=count,
        undefined=undefined, level=level, note=_CONSTANT,
    )  # fmt: skip


def _effects(columns: tuple[Any, ...]) -> tuple[Effect, ...]:
    """One effect per input from columns in the order of `Effect`'s fields."""
    names = [field.name for field in fields(Effect)]
    return tuple(
        Effect(**dict(zip(names, map(float, row), strict=True)))
        for row in zip(*columns, strict=True)
    )


def _problem(dim: int) -> dict[str, Any]:
    return {
        "num_vars": dim, "names": [f"x{k}" for k in range(dim)],
        "bounds": [[0.0, 1.0]] * dim,
    }  # fmt: skip
