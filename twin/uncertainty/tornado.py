"""Tornado: each input moved by itself, low and high, the others at their medians."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.errors import ScenarioError
from twin.types import FloatArray
from twin.uncertainty.checks import as_outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """
    One input's bar.

    Args:
        input: Place of the input among the inputs, from 0.
        at_low: Output with this input at its low quantile. NaN where undefined.
        at_high: Output with it at its high quantile. NaN where undefined.
    """

    input: int
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """
    Bars of one output.

    Args:
        at_median: Output with every input at its median. NaN where undefined.
        bars: One per input, the widest first; those without an end last.
    """

    at_median: float
    bars: tuple[Bar, ...]


def tornado(values: FloatArray) -> Tornado:
    """
    Bars from the outputs of a one-at-a-time design.

    Args:
        values: Outputs in the order of `tornado_design`. NaN is undefined and stays.

    Returns:
        The bars, the widest first: as wide as the three outputs lie apart.

    Raises:
        ScenarioError: If there are not 2 × inputs + 1 outputs.
    """
    values = as_outputs(values)
    if len(values) < 3 or len(values) % 2 == 0:
        raise ScenarioError("values", "must be one, and two more for each input",
                            len(values), "give the outputs of the whole one-at-a-time "
                            "design")  # fmt: skip
    middle = float(values[0])
    bars = [
        Bar(input=k, at_low=float(low), at_high=float(high))
        for k, (low, high) in enumerate(values[1:].reshape(-1, 2))
    ]
    return Tornado(
        at_median=middle,
        bars=tuple(sorted(bars, key=lambda bar: _width(bar, middle), reverse=True)),
    )


def _width(bar: Bar, middle: float) -> float:
    ends = [x for x in (bar.at_low, bar.at_high, middle) if math.isfinite(x)]
    both = math.isfinite(bar.at_low) and math.isfinite(bar.at_high)
    return max(ends) - min(ends) if both else -1.0
