"""
What is kept of readings as they come in; times are UTC in microseconds.

Nothing is mended in silence: a reading or value that breaks a rule is left out and
counted, and the count says which rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.telemetry.fields import BY_NAME
from twin.telemetry.readings import Readings

AHEAD_US = 120_000_000
"""A reading further ahead of the server's clock than this has a wrong clock."""

HIGHEST_W = {"gpu": 5e3, "mig": 5e3, "cpu": 5e3, "psu": 5e4, "host": 1e6, "meter": 2e8}
"""Power no such device draws; a value above is milliwatts, or another device's."""

POWER_FIELDS = ("power_w", "power_average_w", "power_limit_w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """
    Readings or values left out.

    Attributes:
        reason: "future", "late" or "unit".
        field: Which field broke the rule.
        count: How many.
        repair: What the sender can do.
    """

    reason: str
    field: str
    count: int
    repair: str


def clean(
    readings: Readings, *, now_us: int, oldest_us: int
) -> tuple[Readings, tuple[Left, ...]]:
    """
    Leave out what cannot be true or comes too late.

    Args:
        readings: As they came.
        now_us: The server's clock. [µs]
        oldest_us: Start of what is kept in full; older levels are closed. [µs]

    Returns:
        What is kept, and what was left out. A value of a wrong unit becomes missing,
        the other fields of its reading stay; a wrong time drops the reading.
    """
    left = []
    future = readings.time_us > now_us + AHEAD_US
    late = readings.time_us < oldest_us
    for reason, which, repair in (
        ("future", future, "set the host's clock (NTP)"),
        ("late", late, "older than raw readings are kept; import rollups instead"),
    ):
        if which.any():
            left.append(_left(reason, "offset_us", which, repair))
    wrong_time = future | late
    if wrong_time.any():
        readings = readings.take(~wrong_time)
    columns = dict(readings.columns)
    by_device = np.array([HIGHEST_W[d.kind] for d in readings.devices] or [0.0])
    highest = by_device[readings.device]
    for name, values in readings.columns.items():
        field = BY_NAME[name]
        high = highest if name in POWER_FIELDS else field.high
        wrong = (values < field.low) | (values > high)
        if wrong.any():
            columns[name] = np.where(wrong, np.nan, values)
            left.append(_left("unit", name, wrong, f"send {field.unit}: {field.doc}"))
    return replace(readings, columns=columns), tuple(left)


def period_s(readings: Readings) -> float:
    """Usual time between two readings of one device; 0 where none has two. [s]"""
    order = np.lexsort((readings.time_us, readings.device))
    device, time_us = readings.device[order], readings.time_us[order]
    step_us = np.diff(time_us)[np.diff(device) == 0]
    step_us = step_us[step_us > 0]
    return float(np.median(step_us)) * 1e-6 if step_us.size else 0.0


def _left(reason: str, field: str, which: np.ndarray, repair: str) -> Left:
    return Left(
        reason=reason, field=field, count=int(np.count_nonzero(which)), repair=repair
    )
