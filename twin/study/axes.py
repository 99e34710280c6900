"""Axes: from a point of the unit cube to values of fields; wrong ones are refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model
from twin.scenario.fields import FieldFact, fields_of, find_field
from twin.scenario.parse import nearest
from twin.scenario.study import MOST_POINTS, Axis, Grid, Range
from twin.types import FloatArray

_STEPS = 80
"""Halvings that find where a scatter leaves a field's range: to full precision."""
_EDGE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """
    An axis on its field.

    Args:
        axis: As given.
        fact: The field it varies.
        low_u: Cumulative probability of a scatter at the field's lowest value.
        high_u: The same at its highest: in between the scatter is spread anew.
    """

    axis: Axis
    fact: FieldFact
    low_u: float = 0.0
    high_u: float = 1.0

    @property
    def label(self) -> str:
        """Name for people."""
        return self.axis.label or self.fact.path

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        if self.axis.values is not None:
            return all(
                isinstance(v, int | float) and not isinstance(v, bool)
                for v in self.axis.values
            )
        return True

    def ends(self) -> tuple[float | None, float | None]:
        """Lowest and highest value; None where they are no numbers."""
        if not self.numeric:
            return None, None
        if self.axis.values is not None:
            numbers = [float(v) for v in self.axis.values if not isinstance(v, str)]  # type: ignore[arg-type]
            return min(numbers), max(numbers)
        low, high = self.value(0.0), self.value(1.0)
        return float(low), float(high)

    def value(self, u: float) -> Any:
        """
        Value at a place of the unit interval.

        Args:
            u: 0..1; a list is cut into equal parts, a range runs from its low to its
                high end, a scatter gives its quantile.
        """
        axis = self.axis
        if axis.values is not None:
            return axis.values[min(int(u * len(axis.values)), len(axis.values) - 1)]
        found: float
        if axis.range is not None and self.fact.kind == "whole":
            low, high = round(axis.range.low), round(axis.range.high)
            return min(low + int(u * (high - low + 1)), high)
        if axis.range is not None:
            found = axis.range.low + u * (axis.range.high - axis.range.low)
        elif axis.log is not None:
            found = axis.log.low * (axis.log.high / axis.log.low) ** u
        else:
            assert axis.distribution is not None  # noqa: S101 - one of four is given
            inside = self.low_u + u * (self.high_u - self.low_u)
            inside = min(max(inside, _EDGE), 1.0 - _EDGE)
            found = float(axis.distribution.at(np.array([inside]))[0])
        return self._fitting(found)

    def tails(self, tail_frac: float) -> tuple[float, float]:
        """Places of its low and high end; of a scatter a tail is left out."""
        tail = tail_frac if self.axis.distribution is not None else 0.0
        return tail, 1.0 - tail

    def levels(self, count: int) -> list[float]:
        """Places of its values on a grid; of a scatter the middles of equal parts."""
        steps = self.axis.range or self.axis.log
        if self.axis.values is not None:
            n = len(self.axis.values)
            return [(k + 0.5) / n for k in range(n)]
        if steps is None:
            found = [(k + 0.5) / count for k in range(count)]
        elif self.axis.range is not None and self.fact.kind == "whole":
            found = _whole_places(self.axis.range)
        else:
            found = [k / (steps.count - 1) for k in range(steps.count)]
        once = {self.value(u): u for u in reversed(found)}  # whole fields round
        return sorted(once.values())

    def grid_count(self, design: Grid) -> int:
        """How many values it has on a grid, without making them."""
        axis = self.axis
        if axis.values is not None:
            return len(axis.values)
        steps = axis.range or axis.log
        return design.levels if steps is None else steps.count

    def _fitting(self, value: float) -> float | int:
        """Keep rounding inside the field's range; whole fields take whole values."""
        if self.fact.kind == "whole":
            return round(value)
        fact = self.fact
        if fact.low is not None:
            value = max(value, _beside(fact.low, math.inf, apart=fact.low_open))
        if fact.high is not None:
            value = min(value, _beside(fact.high, -math.inf, apart=fact.high_open))
        return value


def place(axes: Sequence[Axis], model: type[Model]) -> tuple[Placed, ...]:
    """
    Put axes on the fields of a question's inputs.

    Args:
        axes: The axes.
        model: Type of the inputs.

    Returns:
        Every axis with its field.

    Raises:
        ScenarioError: If an axis names no field, a field takes no numbers, values lie
            outside its range, or a scatter has no mass inside.
    """
    return tuple(_place(k, axis, model) for k, axis in enumerate(axes))


def grid_points(placed: Sequence[Placed], design: Grid) -> int:
    """
    Count a grid's points.

    Raises:
        ScenarioError: If there are more than a study may have.
    """
    counts = [one.grid_count(design) for one in placed]
    total = math.prod(counts)
    if total > MOST_POINTS:
        raise ScenarioError(
            field="axes", rule=f"must not make more than {MOST_POINTS:,} points",
            value=f"{' × '.join(str(c) for c in counts)} = {total:,}",
            repair='take fewer values, or design: {kind: sobol, points: 1024}, which '
            "fills the same space with as many points as you like",
        )  # fmt: skip
    return total


def _place(index: int, axis: Axis, model: type[Model]) -> Placed:
    where = f"axes.{index}"
    fact = find_field(model, axis.field)
    if fact is None:
        known = [f.path for f in fields_of(model)]
        raise ScenarioError(f"{where}.field", "names no field of the question's inputs",
                            axis.field, nearest(axis.field, known))  # fmt: skip
    if axis.values is not None:
        _check_values(where, axis, fact)
        return Placed(axis=axis, fact=fact)
    if fact.kind not in {"number", "whole"}:
        raise ScenarioError(f"{where}.{axis.kind}", "needs a field with numbers; "
                            f"{axis.field} is a {fact.kind}", axis.field,
                            "give a list: values: [...]")  # fmt: skip
    if axis.distribution is not None:
        return _conditioned(where, axis, fact)
    steps = axis.range or axis.log
    assert steps is not None  # noqa: S101 - one of four is given
    for name in ("low", "high"):
        if not _inside(getattr(steps, name), fact):
            raise _outside(f"{where}.{axis.kind}.{name}", getattr(steps, name), fact)
    return Placed(axis=axis, fact=fact)


def _check_values(where: str, axis: Axis, fact: FieldFact) -> None:
    for k, value in enumerate(axis.values or ()):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if fact.kind in {"number", "whole"} and number and not _inside(value, fact):  # type: ignore[arg-type]
            raise _outside(f"{where}.values.{k}", value, fact)
        if fact.kind in {"number", "whole"} and not number and value is not None:
            raise ScenarioError(f"{where}.values.{k}",
                                f"must be a number for {fact.path}", value,
                                "give a number without a unit")  # fmt: skip
        if fact.kind == "choice" and isinstance(value, str) and (
            value not in fact.choices
        ):  # fmt: skip
            raise ScenarioError(f"{where}.values.{k}",
                                f"must be one of {', '.join(fact.choices)}", value,
                                nearest(value, fact.choices))  # fmt: skip


def _conditioned(where: str, axis: Axis, fact: FieldFact) -> Placed:
    """Keep the part of a scatter that the field can take."""
    assert axis.distribution is not None  # noqa: S101 - the caller saw to it

    def at(u: float) -> float:
        with np.errstate(all="ignore"):  # a wide scatter may leave the numbers
            return quantile(u)

    def quantile(u: float) -> float:
        return float(axis.distribution.at(np.array([u]))[0])  # type: ignore[union-attr]

    low = 0.0 if fact.low is None else _share_below(at, fact.low, fact.low_open)
    high = 1.0 if fact.high is None else _share_below(at, fact.high, not fact.high_open)
    if not high - low > _EDGE:
        raise ScenarioError(
            field=f"{where}.distribution",
            rule=f"has no mass in the range of {axis.field}, {_range(fact)}",
            value=f"{at(0.001):g} to {at(0.999):g}",
            repair="move or widen the distribution; mind the field's unit"
            + (f", {fact.unit}" if fact.unit not in {"", "1"} else ""),
        )  # fmt: skip
    return Placed(axis=axis, fact=fact, low_u=low, high_u=high)


def _whole_places(steps: Range) -> list[float]:
    """Places of whole values at equal distances, halves rounded up."""
    low, high = round(steps.low), round(steps.high)
    exact = [low + k * (high - low) / (steps.count - 1) for k in range(steps.count)]
    values = [math.floor(x + 0.5) for x in exact]
    return [(value - low + 0.5) / (high - low + 1) for value in values]


def _share_below(at: Any, edge: float, included: bool) -> float:
    """Probability that a scatter lies below an edge, by halving its quantiles."""

    def below(u: float) -> bool:
        value = at(u)
        return bool(value <= edge if included else value < edge)

    if below(1.0 - _EDGE):
        return 1.0
    if not below(_EDGE):
        return 0.0
    low, high = _EDGE, 1.0 - _EDGE
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if below(middle) else (low, middle)
    return 0.5 * (low + high)


def _beside(edge: float, towards: float, *, apart: bool) -> float:
    """An edge, or the next number inside where the edge itself is not allowed."""
    return math.nextafter(edge, towards) if apart else edge


def _inside(value: float, fact: FieldFact) -> bool:
    above = fact.low is None or (value > fact.low if fact.low_open else
                                 value >= fact.low)  # fmt: skip
    below = fact.high is None or (value < fact.high if fact.high_open else
                                  value <= fact.high)  # fmt: skip
    return above and below


def _range(fact: FieldFact) -> str:
    unit = "" if fact.unit in {"", "1"} else f" {fact.unit}"
    low = "-∞" if fact.low is None else f"{fact.low:g}"
    high = "∞" if fact.high is None else f"{fact.high:g}"
    return f"{low} to {high}{unit}"


def _outside(field: str, value: Any, fact: FieldFact) -> ScenarioError:
    return ScenarioError(field, f"must lie in the range of {fact.path}, {_range(fact)}",
                         value, "use a value inside")  # fmt: skip


def unit_grid(placed: Sequence[Placed], design: Grid) -> FloatArray:
    """Every combination, the last axis fastest: shape (points, axes)."""
    levels = [np.array(one.levels(design.levels)) for one in placed]
    mesh = np.meshgrid(*levels, indexing="ij")
    return np.column_stack([m.ravel() for m in mesh])


def changes_at(placed: Sequence[Placed], point: FloatArray) -> dict[str, Any]:
    """Values of all axes at a point of the unit cube, shape (axes,)."""
    return {
        one.axis.field: one.value(float(u))
        for one, u in zip(placed, point, strict=True)
    }
