"""Quantities of any unit as people read them: watts as kW, parts as per cent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from app.format import MISSING, duration, number

_LARGE = {
    "W": ((1e6, "MW"), (1e3, "kW")),
    "Wh": ((1e9, "GWh"), (1e6, "MWh"), (1e3, "kWh")),
    "J": ((3.6e9, "MWh"), (3.6e6, "kWh")),
    "VA": ((1e6, "MVA"), (1e3, "kVA")),
    "W/s": ((1e6, "MW/s"), (1e3, "kW/s")),
    "g": ((1e6, "t"), (1e3, "kg")),
    "kg": ((1e3, "t"),),
}
SIGNS = {"1": "", "C": "°C"}
"""Units that are shown by another sign than their own."""
_WHOLE = 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """
    How a quantity is shown.

    Args:
        per: Core units in one shown unit.
        zero: Core value at zero of the shown unit.
        unit: Unit as printed, "" for none.
        digits: Significant digits below ten thousand.
    """

    per: float = 1.0
    zero: float = 0.0
    unit: str = ""
    digits: int = 4

    def of(self, value: Any) -> Any:
        """Number or array in the shown unit."""
        return (value - self.zero) / self.per

    def number(self, value: float | None, *, signed: bool = False) -> str:
        """Write a value without its unit."""
        if value is None or not math.isfinite(value):
            return MISSING
        shown = round(self.of(value), 9)
        return number(shown, _decimals(shown, self.digits), signed=signed)

    def spread(self, value: float | None) -> str:
        """Write a distance between values without its unit."""
        return replace(self, zero=0.0).number(value)

    def text(self, value: float | None, *, signed: bool = False) -> str:
        """Write a value with its unit."""
        shown = self.number(value, signed=signed)
        return shown if shown == MISSING or not self.unit else f"{shown} {self.unit}"

    def title(self, name: str) -> str:
        """Name of an axis or column, with the unit."""
        said = not self.unit or name.lower().endswith(self.unit.lower())
        return name if said else f"{name}, {self.unit}"


FAHRENHEIT = Scale(per=1 / 1.8, zero=-32 / 1.8, unit="°F")


def scale_of(unit: str, values: Iterable[float | None] = (), *, key: str = "") -> Scale:
    """
    Find the scale that suits values.

    Args:
        unit: Core unit, "1" for a bare ratio or count.
        values: What will be shown together.
        key: Name of the quantity; one that ends in `_frac` is shown as per cent.
    """
    if unit in ("1", ""):
        share = key.rpartition(".")[2].endswith("_frac")
        return Scale(per=0.01, unit="%", digits=3) if share else Scale()
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)),
                  default=0.0)  # fmt: skip
    for per, name in _LARGE.get(unit, ()):
        if largest >= per:
            return Scale(per=per, unit=name)
    return Scale(unit=SIGNS.get(unit, unit))


def said(value: float | None, unit: str, *, key: str = "") -> str:
    """Write one value with the unit that suits it; long spans of time in two units."""
    if unit == "s" and value is not None and abs(value) >= 100:
        return duration(value)
    return scale_of(unit, (value,), key=key).text(value)


def inner(label: str) -> str:
    """Write a label inside a sentence: small, unless it is a short form."""
    if len(label) > 1 and label[1].islower():
        return label[0].lower() + label[1:]
    return label


def _decimals(value: float, digits: int) -> int:
    """Decimals that give so many digits; none from ten thousand on or where exact."""
    size = abs(value)
    if size >= _WHOLE or value == round(value):
        return 0
    return max(0, min(8, digits - 1 - math.floor(math.log10(size))))
