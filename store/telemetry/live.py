"""
The last minutes of power in memory, second by second, for what is shown now.

The writer adds readings as they are stored; a start reads the inbox back. Nothing is
answered from here that the database does not have.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from twin.telemetry.readings import Readings
from twin.types import FloatArray, IntArray

KEPT_S = 900
SECOND_US = 1_000_000
TOGETHER_US = 90 * SECOND_US
"""A field that fell silent so long before the others is not what is now."""
LATEST = (
    "power_w", "power_average_w", "sm_clock_hz", "gpu_c", "memory_c",
    "utilisation_frac", "throttle_reasons", "power_limit_w", "inlet_c",
)  # fmt: skip
"""Fields whose newest value is remembered per device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """
    Newest readings of some devices.

    Attributes:
        time_us: Of the newest reading; 0 where there is none. [µs], shape (device,)
        columns: `LATEST`, shape (device,); NaN is missing.
    """

    time_us: IntArray
    columns: dict[str, FloatArray]


class Live:
    """Power of every device in the last `KEPT_S` seconds, by stored id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._place = np.full(1024, -1, np.int64)  # stored id to row
        self._rows = 0
        self._second = np.full((64, KEPT_S), -1, np.int64)
        self._sums = np.zeros((64, KEPT_S), np.float32)
        self._counts = np.zeros((64, KEPT_S), np.int32)
        self._newest = np.zeros(64, np.int64)
        self._latest = {name: np.full(64, np.nan) for name in LATEST}
        self._read_us = {name: np.zeros(64, np.int64) for name in LATEST}

    def _grow(self) -> None:
        """Twice as many devices."""
        self._second, self._sums = _twice(self._second, -1), _twice(self._sums, 0)
        self._counts, self._newest = _twice(self._counts, 0), _twice(self._newest, 0)
        self._latest = {n: _twice(v, np.nan) for n, v in self._latest.items()}
        self._read_us = {n: _twice(v, 0) for n, v in self._read_us.items()}

    def add(self, readings: Readings, ids: np.ndarray) -> None:
        """Add stored readings; `ids` are the stored ids of their devices."""
        if not len(readings):
            return
        with self._lock:
            self._make_rows(ids)
            rows = self._rows_of(ids)[readings.device]
            self._remember(readings, rows)
            power_w = readings.columns.get("power_w")
            average_w = readings.columns.get("power_average_w")
            if power_w is None:
                power_w = average_w
            elif average_w is not None:
                power_w = np.where(np.isfinite(power_w), power_w, average_w)
            if power_w is None:
                return
            known = np.isfinite(power_w)
            self._add_power(
                rows[known], readings.time_us[known] // SECOND_US, power_w[known]
            )

    def _rows_of(self, ids: np.ndarray) -> np.ndarray:
        """Rows of stored ids; -1 for one that was never read."""
        known = np.full(len(ids), -1, np.int64)
        inside = np.asarray(ids) < self._place.size
        known[inside] = self._place[ids[inside]]
        return known

    def _make_rows(self, ids: np.ndarray) -> None:
        """Rows for ids that have none yet."""
        fresh = np.unique(ids[self._rows_of(ids) < 0])
        if not fresh.size:
            return
        while int(fresh[-1]) >= self._place.size:
            self._place = _twice(self._place, -1)
        self._place[fresh] = self._rows + np.arange(fresh.size)
        self._rows += int(fresh.size)
        while self._rows > self._newest.size:
            self._grow()

    def _remember(self, readings: Readings, rows: np.ndarray) -> None:
        order = np.argsort(readings.time_us, kind="stable")
        np.maximum.at(self._newest, rows, readings.time_us)
        for name in LATEST:
            values = readings.columns.get(name)
            if values is None:
                continue
            read_us, known = self._read_us[name], order[np.isfinite(values[order])]
            fresh = known[readings.time_us[known] >= read_us[rows[known]]]
            read_us[rows[fresh]] = readings.time_us[fresh]  # the last one wins
            self._latest[name][rows[fresh]] = values[fresh]

    def _add_power(
        self, rows: np.ndarray, second: np.ndarray, power_w: FloatArray
    ) -> None:
        if not rows.size:
            return
        slot = second % KEPT_S
        newer = second > self._second[rows, slot]
        stale = rows[newer], slot[newer]
        # two readings of one old slot may differ by whole turns: keep the newest turn
        np.maximum.at(self._second, stale, second[newer])
        self._sums[stale] = 0.0
        self._counts[stale] = 0
        same = second == self._second[rows, slot]
        at = rows[same], slot[same]
        np.add.at(self._sums, at, power_w[same].astype(np.float32))
        np.add.at(self._counts, at, 1)

    def power_w(self, ids: np.ndarray, first_s: int, count: int) -> FloatArray:
        """
        Mean power per second.

        Args:
            ids: Stored ids of devices.
            first_s: First second since 1970.
            count: How many seconds, at most `KEPT_S`.

        Returns:
            [W], shape (device, second); NaN where nothing was read.
        """
        seconds = first_s + np.arange(min(count, KEPT_S))
        out = np.full((len(ids), seconds.size), np.nan)
        with self._lock:
            rows = self._rows_of(ids)
            to = np.flatnonzero(rows >= 0)
            at = np.ix_(rows[to], seconds % KEPT_S)
            valid = self._second[at] == seconds
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = self._sums[at] / self._counts[at]
        out[to] = np.where(valid, mean, np.nan)
        return out

    def now(self, ids: np.ndarray) -> Now:
        """Newest readings of devices, by their stored ids."""
        time_us = np.zeros(len(ids), np.int64)
        columns = {name: np.full(len(ids), np.nan) for name in LATEST}
        with self._lock:
            rows = self._rows_of(ids)
            to = np.flatnonzero(rows >= 0)
            time_us[to] = self._newest[rows[to]]
            for name, values in columns.items():
                young = time_us[to] - self._read_us[name][rows[to]] <= TOGETHER_US
                values[to] = np.where(young, self._latest[name][rows[to]], np.nan)
        return Now(time_us=time_us, columns=columns)


def _twice(values: np.ndarray, fill: float) -> np.ndarray:
    """Twice as many rows; the new ones are not yet known."""
    return np.concatenate([values, np.full_like(values, fill)])


def held(power_w: FloatArray, seconds: int) -> FloatArray:
    """
    Fill short holes with the last value before them.

    Args:
        power_w: [W], shape (device, second).
        seconds: Longest hole to fill.

    Returns:
        The same shape; holes longer than `seconds` stay NaN after that time.
    """
    second = np.arange(power_w.shape[1], dtype=np.int32)
    last = np.maximum.accumulate(np.where(np.isfinite(power_w), second, -1), axis=1)
    age = second - last
    values = np.take_along_axis(power_w, np.maximum(last, 0), axis=1)
    return np.where((last >= 0) & (age <= seconds), values, np.nan)
