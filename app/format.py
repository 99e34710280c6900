"""Numbers as people read them: the only place where watts become kW or MW."""

from __future__ import annotations

import math

_PER_UNIT: dict[str, tuple[float, int]] = {
    "W": (1.0, 0),
    "kW": (1e3, 1),
    "MW": (1e6, 4),
}
MISSING = "–"


def power_scale(unit: str) -> float:
    """Watts in one display unit."""
    return _PER_UNIT[unit][0]


def power_digits(unit: str) -> int:
    """Decimals shown for a power in this unit."""
    return _PER_UNIT[unit][1]


def _absent(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def number(value: float | None, digits: int = 0, *, signed: bool = False) -> str:
    """Format a number with grouped thousands, a true minus sign, a dash for none."""
    if value is None or not math.isfinite(value):
        return MISSING
    rounded = round(value, digits) + 0.0
    text = f"{rounded:+,.{digits}f}" if signed else f"{rounded:,.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def power(watts: float | None, unit: str, *, signed: bool = False) -> str:
    """Format a power in the chosen unit, unit included."""
    if watts is None or _absent(watts):
        return MISSING
    scale, digits = _PER_UNIT[unit]
    return f"{number(watts / scale, digits, signed=signed)} {unit}"


def energy(watt_hours: float | None, unit: str, *, signed: bool = False) -> str:
    """Format an energy in the hour unit of the chosen power unit."""
    if watt_hours is None or _absent(watt_hours):
        return MISSING
    scale, digits = _PER_UNIT[unit]
    shown = number(watt_hours / scale, min(digits, 3), signed=signed)
    return f"{shown} {unit}h"


def percent(frac: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """Format a fraction as per cent."""
    if frac is None or _absent(frac):
        return MISSING
    return f"{number(100 * frac, digits, signed=signed)} %"


def duration(seconds: float | None) -> str:
    """Format a span with its two largest units: `2 h 39 min`, `48 s`."""
    if seconds is None or _absent(seconds):
        return MISSING
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for size, name, smaller, smaller_name in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name}" + (
                f" {rest} {smaller_name}" if rest else ""
            )
    return f"{whole} s"


def latency(seconds: float | None) -> str:
    """Format a latency: milliseconds below one second."""
    if seconds is None or _absent(seconds):
        return MISSING
    return f"{number(1e3 * seconds)} ms" if seconds < 1 else f"{number(seconds, 1)} s"


KIND_TITLES = {
    "utility": "utility", "generator": "generator", "transformer": "transformer",
    "switchboard": "switchboard", "ups": "UPS", "sts": "transfer switch", "pdu": "PDU",
    "rpp": "power panel", "busway": "busway", "rack-pdu": "rack PDU",
    "psu": "server supply",
}  # fmt: skip


def kind_title(kind: str) -> str:
    """Return a node's kind, or what is lost in it, as people write it."""
    lost, name = kind.startswith("loss in "), kind.removeprefix("loss in ")
    title = KIND_TITLES.get(name, name)
    return f"lost in {title}" if lost else title


POLICY_TITLES = {
    "no-cap": "no cap",
    "one-threshold-low": "one threshold, low priority",
    "one-threshold-all": "one threshold, all",
    "polca": "POLCA",
    "uncontrolled": "no control",
}


def policy_title(name: str) -> str:
    """Name of a policy as text says it."""
    return POLICY_TITLES.get(name, name)
