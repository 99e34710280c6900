"""Times as files write them, to microseconds of UTC, whole columns at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from twin.errors import ScenarioError
from twin.types import FloatArray, IntArray

_US = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_SLOT_US = 900_000_000
"""Clocks change on quarters of an hour, everywhere."""
_TEXT = re.compile(
    r"^(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?$"
)
_REPAIR = "write it as 2026-01-31T12:00:00.000Z, or as seconds since 1970"


class Clock:
    """
    How one file tells the time; found at its first row, then kept.

    Args:
        scale: What the header says: "s", "ms", "us", "from start, s" ... or "".
        zone: For times that name no zone.
        start_us: For times counted from the start of the recording. [µs]
    """

    def __init__(
        self, scale: str, *, zone: ZoneInfo | None = None, start_us: int | None = None
    ) -> None:
        self._relative = scale.startswith("from start")
        self._scale = scale.removeprefix("from start, ")
        self._zone, self._start_us = zone, start_us
        self.said = ""
        if self._relative and start_us is None:
            raise ScenarioError("start", "is required: times count from the start",
                                None, "add start=2026-01-31T12:00:00Z")  # fmt: skip

    def numbers(self, values: np.ndarray) -> tuple[IntArray, np.ndarray]:
        """Times of numbers, and which are none."""
        values = values.astype(np.float64)
        wrong = ~np.isfinite(values)
        if not self._scale and (~wrong).any():
            first = float(abs(values[~wrong][0]))
            self._scale = next(s for s, top in _TOPS if first < top)
        scale = _US.get(self._scale or "s", 1e6)
        start_us = self._start_us if self._relative else 0
        self.said = self.said or self._sentence()
        at_us = np.where(wrong, 0.0, values) * scale
        wrong |= np.abs(at_us) > 2.5e17
        at_us = np.where(wrong, 0.0, at_us)
        return np.round(at_us).astype(np.int64) + (start_us or 0), wrong

    def texts(self, cells: Sequence[str]) -> tuple[IntArray, np.ndarray]:
        """Times of texts, and which are none."""
        numbers = _numbers(cells)
        if numbers is not None:
            return self.numbers(numbers)
        found = [_TEXT.match(cell) for cell in cells]
        wrong = np.array([m is None for m in found])
        naive = [
            f"{m[1]}-{m[2]}-{m[3]}T{m[4]}" if m else "1970-01-01T00:00" for m in found
        ]
        local_us, bad = _parsed(naive)
        wrong |= bad
        zones = [m[5] or "" if m else "Z" for m in found]
        shift_us = np.zeros(len(cells), np.int64)
        for zone in set(zones):
            rows = np.flatnonzero([z == zone for z in zones])
            if zone:
                shift_us[rows] = _offset_us(zone)
            else:
                shift_us[rows], unclear = self._shift_us(local_us[rows])
                wrong[rows] |= unclear
        self.said = self.said or self._sentence(text=True)
        return local_us - shift_us, wrong

    def local(self, local_us: IntArray) -> tuple[IntArray, np.ndarray]:
        """Times without a zone, and which cannot be told."""
        shift_us, unclear = self._shift_us(local_us)
        self.said = self.said or self._sentence(text=True)
        return local_us - shift_us, unclear

    def error(self, line: str, value: object) -> ScenarioError:
        """Why a time of this file was refused."""
        if self._zone is not None:
            rule = f"must be a time that {self._zone.key} has once"
        else:
            rule = "must be a time"
        return ScenarioError(line, rule, value, _REPAIR)

    def _shift_us(self, local_us: IntArray) -> tuple[IntArray, np.ndarray]:
        if self._zone is None:
            raise ScenarioError("time_zone", "is required: times name no zone", None,
                                "add time_zone=Europe/Oslo, or "
                                "time_zone=UTC")  # fmt: skip
        slots, where = np.unique(local_us // _SLOT_US, return_inverse=True)
        shifts = [_zone_shift_us(int(s) * _SLOT_US, self._zone) for s in slots]
        shift_us = np.array([s or 0 for s in shifts], np.int64)[where]
        return shift_us, np.array([s is None for s in shifts])[where]

    def _sentence(self, *, text: bool = False) -> str:
        if text:
            zone = self._zone.key if self._zone else "the zone they name"
            return f"times are texts, in {zone}"
        since = "the start given" if self._relative else "1970"
        name = {"s": "seconds", "ms": "milliseconds", "us": "microseconds",
                "ns": "nanoseconds"}[self._scale or "s"]  # fmt: skip
        return f"times are {name} since {since}"


MOST_DIGITS = 64
"""Letters of a number; numpy makes every cell as wide as the widest."""
_TOPS = (("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", float("inf")))
"""Until the year 5138 a number below its top counts in this unit."""


def _numbers(cells: Sequence[str]) -> FloatArray | None:
    """Numbers, NaN where there is none; nothing where the first is a text."""
    try:
        if all(len(cell) <= MOST_DIGITS for cell in cells):
            return np.array(cells).astype(np.float64)
        found = [_number(cell) for cell in cells]
    except ValueError:
        found = [_number(cell) for cell in cells]
    first = next((n for n, cell in zip(found, cells, strict=True) if cell), None)
    if first is None:
        return None
    return np.array([float("nan") if n is None else n for n in found])


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _parsed(texts: list[str]) -> tuple[IntArray, np.ndarray]:
    """Local times in microseconds, and which no calendar has."""
    wrong = np.zeros(len(texts), np.bool_)
    try:
        parsed = np.array(texts, "datetime64[us]")
    except ValueError:
        for i, text in enumerate(texts):
            try:
                np.datetime64(text, "us")
            except ValueError:
                wrong[i] = True
        parsed = np.array(
            ["1970-01-01" if w else t for t, w in zip(texts, wrong, strict=True)],
            "datetime64[us]",
        )
    return parsed.astype(np.int64), wrong


def _offset_us(zone: str) -> int:
    if zone in {"Z", "UTC"}:
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return (1 if zone[0] == "+" else -1) * (hours * 60 + minutes) * 60_000_000


def _zone_shift_us(local_us: int, zone: ZoneInfo) -> int | None:
    """Offset of a zone at a local time; None where a clock change makes it unclear."""
    try:
        local = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=local_us)
        first = local.replace(tzinfo=zone).utcoffset()
        second = local.replace(tzinfo=zone, fold=1).utcoffset()
    except (OverflowError, ValueError):
        return None
    if first is None or first != second:
        return None
    return int(first.total_seconds() * 1e6)
