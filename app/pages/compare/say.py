"""Quantities of a comparison in words: the unit decides how a number is written."""

from __future__ import annotations

from app import format as fmt

_SHORT_S = 600.0
_FEW = 100.0
_MANY = 1000.0
_ENDLESS = 100.0
"""A factor beyond says only that the baseline is next to nothing."""
_WRITTEN = frozenset({"J", "h", "1/s", "MHz", "°C", "USD", "g", "kg", "%", "m3"})
"""Units written out; the others count things that the figure's name says."""


def quantity(
    value: float | None, key: str, unit: str, power_unit: str, *, signed: bool = False
) -> str:
    """
    Write a value with its unit.

    Args:
        value: In SI, as the server answers.
        key: Name of the figure; a name ending in _frac is written in per cent.
        unit: Its unit.
        power_unit: "W", "kW" or "MW".
        signed: Whether a difference is written, with its sign.
    """
    if value is None:
        return fmt.MISSING
    if unit in ("W", "Wh"):
        return _power(value, unit.removeprefix("W"), power_unit, signed=signed)
    if key.endswith("_frac"):
        return _part(value, signed=signed)
    if unit == "s":
        return _time(value, signed=signed)
    if unit == "°C":
        return f"{fmt.number(value, 1, signed=signed)} {'K' if signed else '°C'}"
    shown = fmt.number(value, _digits(value, unit), signed=signed)
    # counts are named by their figure: 896 caps are not "896 commands"
    return f"{shown} {unit}" if unit in _WRITTEN else shown


def _power(value: float, hour: str, power_unit: str, *, signed: bool) -> str:
    shown = value / fmt.power_scale(power_unit)
    digits = min(fmt.power_digits(power_unit), 3 if hour else 9)
    if abs(shown) >= _MANY:
        digits = 0
    return f"{fmt.number(shown, digits, signed=signed)} {power_unit}{hour}"


def _part(value: float, *, signed: bool) -> str:
    if not signed:
        return fmt.percent(value, 1)
    return f"{fmt.number(100 * value, 1, signed=True)} points"


def _time(value: float, *, signed: bool) -> str:
    size = abs(value)
    shown = fmt.duration(size) if size >= _SHORT_S else _seconds(size)
    if not signed:
        return shown
    return f"{'+' if value >= 0 else fmt.number(-1)[0]}{shown}"


def _seconds(value: float) -> str:
    if value == 0:
        return "0 s"
    if value < 1:
        return f"{fmt.number(1e3 * value, 0 if value >= 0.01 else 1)} ms"
    return f"{fmt.number(value, 1)} s"


def _digits(value: float, unit: str) -> int:
    if float(value).is_integer() or abs(value) >= _FEW:
        return 0
    return 3 if unit == "1" or abs(value) < 1 else 1


def change(relative: float | None) -> str:
    """Write a relative difference in per cent, a large rise as a factor."""
    if relative is None:
        return ""
    if relative > _ENDLESS:
        return f"over × {_ENDLESS:,.0f}"
    if relative > 2:
        return f"× {1 + relative:,.1f}"
    text = fmt.percent(relative, 1, signed=True)
    return "±0.0 %" if text[1:] == "0.0 %" else text


def value_of(given: object) -> str:
    """Write the value of an input."""
    if given is None:
        return fmt.MISSING
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, list):
        return ", ".join(value_of(one) for one in given) or fmt.MISSING
    if isinstance(given, float | int):
        return f"{given:,.6g}".replace("-", "\N{MINUS SIGN}")
    return str(given)
