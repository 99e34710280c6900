"""Which axis matters for which output, by the names of a study."""

from __future__ import annotations

from dataclasses import dataclass

from twin.scenario.study import OneAtATime, Saltelli
from twin.study.axes import Placed
from twin.study.prepare import Prepared
from twin.types import FloatArray
from twin.uncertainty.sensitivity import Sensitivity, given_data, sobol_indices
from twin.uncertainty.tornado import tornado

LEAST_POINTS = 8
"""Points below which nothing is said of a sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisEffect:
    """
    What one axis does to one output.

    Args:
        field: Field of the axis.
        first: Share of the output's variance it makes by itself. [1]
        first_ci: Half-width of its 95 % interval. [1]
        total: Share it makes with all others together. [1]
        total_ci: Half-width of its 95 % interval. [1]
        rank_correlation: Spearman's, -1..1. [1]
    """

    field: str
    first: float
    first_ci: float
    total: float
    total_ci: float
    rank_correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputInfluence:
    """
    What the axes do to one output.

    Args:
        output: Its key.
        method: sobol, rbd-fast, rank, or constant.
        effects: One per axis, in their order.
        note: What a reader must know.
    """

    output: str
    method: str
    effects: tuple[AxisEffect, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisBar:
    """
    An output with one axis at its ends, the others in the middle.

    Args:
        field: Field of the axis.
        low_value: Its low end, as text.
        high_value: Its high end, as text.
        at_low: Output there.
        at_high: Output at the high end.
    """

    field: str
    low_value: str
    high_value: str
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTornado:
    """
    One output's bars.

    Args:
        output: Its key.
        at_middle: Output with every axis in the middle.
        bars: One per axis, the widest first.
    """

    output: str
    at_middle: float
    bars: tuple[AxisBar, ...]


def influences(
    study: Prepared, values: dict[str, FloatArray], units: FloatArray
) -> tuple[OutputInfluence, ...]:
    """
    Say which axis matters, from the points at hand.

    Args:
        study: The study.
        values: Outputs at every point, by key.
        units: Points of the unit cube, shape (points, axes).

    Returns:
        One per output; none where points are too few, or too few have an answer.
    """
    found = []
    for key, one in values.items():
        told = _sensitivity(study, one, units)
        if told is not None:
            found.append(_named(key, told, study.placed))
    return tuple(found)


def tornadoes(
    study: Prepared, values: dict[str, FloatArray]
) -> tuple[OutputTornado, ...]:
    """Bars of each output, from a one-at-a-time design."""
    design = study.spec.design
    if not isinstance(design, OneAtATime):
        return ()
    found = []
    for key, one in values.items():
        told = tornado(one)
        bars = []
        for bar in told.bars:
            placed = study.placed[bar.input]
            low, high = placed.tails(design.tail_frac)
            bars.append(
                AxisBar(
                    field=placed.axis.field, low_value=_text(placed.value(low)),
                    high_value=_text(placed.value(high)), at_low=bar.at_low,
                    at_high=bar.at_high,
                )
            )  # fmt: skip
        found.append(
            OutputTornado(output=key, at_middle=told.at_median, bars=tuple(bars))
        )
    return tuple(found)


def _sensitivity(
    study: Prepared, values: FloatArray, units: FloatArray
) -> Sensitivity | None:
    known = int((values == values).sum())
    if known < LEAST_POINTS or isinstance(study.spec.design, OneAtATime):
        return None
    if isinstance(study.spec.design, Saltelli):
        whole = (values == values).reshape(-1, units.shape[1] + 2).all(axis=1)
        if int(whole.sum()) >= LEAST_POINTS:
            return sobol_indices(values, units, seed=study.spec.seed)
    return given_data(values, units, seed=study.spec.seed)


def _named(key: str, told: Sensitivity, placed: tuple[Placed, ...]) -> OutputInfluence:
    return OutputInfluence(
        output=key, method=told.method, note=told.note,
        effects=tuple(
            AxisEffect(
                field=one.axis.field, first=e.first, first_ci=e.first_ci,
                total=e.total, total_ci=e.total_ci,
                rank_correlation=e.rank_correlation,
            )
            for one, e in zip(placed, told.effects, strict=True)
        ),
    )  # fmt: skip


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
