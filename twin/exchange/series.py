"""
Prices and carbon intensities: in equal steps, gaps counted, compared, on a year.

A series stands in equal steps from its start, in UTC; NaN is a gap. Prices are money
per MWh, carbon intensities grams of CO2 equivalent per kWh.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.types import FloatArray, IntArray

SeriesKind = Literal["price", "carbon"]
MAX_STEPS = 1_100_000
"""Ten years of five minutes."""
STEPS_S = (300, 900, 1800, 3600)
RANGES = {"price": (-20_000.0, 100_000.0), "carbon": (-1_000.0, 5_000.0)}
_LEAST_COVERED = 0.9
_SHOWN = 20
_US = 1_000_000
_HOURS = 8760


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """
    Values in equal steps.

    Args:
        unit: "EUR/MWh" and the like, or "g/kWh".
        start_us: First instant, UTC. [us]
        step_s: Length of a step. [s]
        values: One a step; NaN is a gap.
    """

    kind: SeriesKind
    unit: str
    start_us: int
    step_s: int
    values: FloatArray

    @property
    def gaps(self) -> int:
        """Steps without a value."""
        return int(np.isnan(self.values).sum())

    def times_us(self) -> IntArray:
        """Instant of each step, UTC. [us]"""
        steps = np.arange(self.values.size, dtype=np.int64)
        return self.start_us + steps * (self.step_s * _US)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evened:
    """A series and what was wrong with its rows."""

    series: Series
    duplicates: int
    conflicts: tuple[str, ...]
    gaps: tuple[str, ...]


def even(
    times_us: Sequence[int], values: Sequence[float], *, kind: SeriesKind, unit: str
) -> Evened:
    """
    Put rows in order and in equal steps.

    An instant given twice counts once; where its values differ the first stays, and
    the instant is reported. Steps nobody gives are gaps.

    Args:
        times_us: Instants, UTC, in any order. [us]
        values: In `unit`; NaN is a gap.
        kind: Price or carbon.
        unit: Unit of the values.

    Raises:
        ScenarioError: If rows are too few, off the steps, or too far apart.
    """
    if len(times_us) < 2:
        raise ScenarioError(
            field="file", rule="must have at least two rows", value=len(times_us),
            repair="choose a file with a time and a value in each row",
        )  # fmt: skip
    order = np.argsort(np.array(times_us, dtype=np.int64), kind="stable")
    at = np.array(times_us, dtype=np.int64)[order]
    given = np.array(values, dtype=np.float64)[order]
    first = np.concatenate([[True], np.diff(at) > 0])
    kept_of = np.cumsum(first) - 1
    at_once, once = at[first], given[first]
    differs = ~first & (given != once[kept_of]) & ~np.isnan(given)
    step_s = _step_s(at_once)
    places = (at_once - at_once[0]) // (step_s * _US)
    _check_grid(at_once, step_s, int(places[-1]) + 1)
    filled: FloatArray = np.full(int(places[-1]) + 1, np.nan)
    filled[places] = once
    series = Series(
        kind=kind, unit=unit, start_us=int(at_once[0]), step_s=step_s, values=filled
    )
    missing = series.times_us()[np.isnan(filled)]
    return Evened(
        series=series, duplicates=int((~first).sum()),
        conflicts=tuple(stamp(int(t)) for t in at[differs][:_SHOWN]),
        gaps=tuple(stamp(int(t)) for t in missing[:_SHOWN]),
    )  # fmt: skip


def _step_s(at_us: IntArray) -> int:
    """The step most rows keep. [s]"""
    if at_us.size < 2:
        raise ScenarioError(
            field="file", rule="must have at least two instants", value=at_us.size,
            repair="choose a file with one row a step",
        )  # fmt: skip
    steps, counts = np.unique(np.diff(at_us) // _US, return_counts=True)
    step_s = int(steps[np.argmax(counts)])
    if step_s not in STEPS_S:
        raise ScenarioError(
            field="file", rule="must have a row every 5, 15, 30 or 60 minutes",
            value=f"mostly {step_s} s", repair="export it hourly, for example",
        )  # fmt: skip
    return step_s


def _check_grid(at_us: IntArray, step_s: int, count: int) -> None:
    off = (at_us - at_us[0]) % (step_s * _US) != 0
    if np.any(off):
        raise ScenarioError(
            field="file", rule=f"must keep steps of {step_s} s",
            value=stamp(int(at_us[np.argmax(off)])),
            repair="export it with one resolution",
        )  # fmt: skip
    if count > MAX_STEPS:
        raise ScenarioError(
            field="file", rule=f"must span at most {MAX_STEPS:,} steps", value=count,
            repair="look for a wrong year, or cut the file",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDiff:
    """What an import does to a stored series."""

    merged: Series
    added: int
    changed: int
    unchanged: int
    kept: int
    shown: tuple[tuple[str, float | None, float], ...]
    """First changes: instant, old value, new value."""


def merge(old: Series | None, new: Series) -> SeriesDiff:
    """
    Lay a series over a stored one: its values win, steps it does not give stay.

    Raises:
        ScenarioError: If the two have other steps or units.
    """
    if old is None:
        count = int((~np.isnan(new.values)).sum())
        return SeriesDiff(
            merged=new, added=count, changed=0, unchanged=0, kept=0, shown=()
        )
    for name in ("kind", "unit", "step_s"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            raise ScenarioError(
                field=name, rule=f"must be that of the stored series, {before}",
                value=after, repair="choose another name for the new series",
            )  # fmt: skip
    start_us = min(old.start_us, new.start_us)
    step_us = old.step_s * _US
    if (old.start_us - new.start_us) % step_us:
        raise ScenarioError(
            field="file", rule="must keep the stored series' steps",
            value=stamp(new.start_us), repair="choose another name for the new series",
        )  # fmt: skip
    at_old = (old.start_us - start_us) // step_us
    at_new = (new.start_us - start_us) // step_us
    size = max(at_old + old.values.size, at_new + new.values.size)
    _check_grid(np.array([0, 0], dtype=np.int64), old.step_s, int(size))
    before_v: FloatArray = np.full(int(size), np.nan)
    before_v[at_old : at_old + old.values.size] = old.values
    after_v: FloatArray = np.full(int(size), np.nan)
    after_v[at_new : at_new + new.values.size] = new.values
    given, known = ~np.isnan(after_v), ~np.isnan(before_v)
    differs = given & known & (after_v != before_v)
    merged = Series(
        kind=old.kind, unit=old.unit, start_us=start_us, step_s=old.step_s,
        values=np.where(given, after_v, before_v),
    )  # fmt: skip
    places = np.flatnonzero(differs)[:_SHOWN]
    return SeriesDiff(
        merged=merged, added=int((given & ~known).sum()), changed=int(differs.sum()),
        unchanged=int((given & known & ~differs).sum()),
        kept=int((known & ~given).sum()),
        shown=tuple(
            (stamp(start_us + int(k) * step_us), float(before_v[k]), float(after_v[k]))
            for k in places
        ),
    )  # fmt: skip


def on_year(series: Series, hours: int, utc_offset_h: float) -> FloatArray:
    """
    Values for each hour of a year without a date, such as a typical weather year.

    Steps are averaged by month, day and hour, over all years the series has.

    Args:
        series: The series.
        hours: 8,760 or 8,784.
        utc_offset_h: How far the year's clock is ahead of UTC. [h]

    Returns:
        Shape (hours,); hours the series never has take the mean of that hour of day.

    Raises:
        ScenarioError: If the series has less than nine tenths of the hours.
    """
    local_us = series.times_us() + int(utc_offset_h * 3600) * _US
    stamps = local_us.astype("datetime64[us]")
    years = stamps.astype("datetime64[Y]")
    hour = (stamps - years).astype("timedelta64[h]").astype(np.int64)
    leap = _is_leap(years.astype(np.int64) + 1970)
    if hours == _HOURS:  # leave 29 February out of leap years
        in_leap_day = leap & (hour >= 59 * 24) & (hour < 60 * 24)
        hour = np.where(leap & (hour >= 60 * 24), hour - 24, hour)
    else:
        in_leap_day = np.zeros(hour.shape, dtype=bool)
        hour = np.where(~leap & (hour >= 59 * 24), hour + 24, hour)
    use = ~np.isnan(series.values) & ~in_leap_day
    total = np.bincount(hour[use], series.values[use], hours)
    count = np.bincount(hour[use], minlength=hours)
    known = count > 0
    if known.mean() < _LEAST_COVERED:
        raise ScenarioError(
            field=series.kind, rule="must cover at least 90 % of a year's hours",
            value=f"{known.mean():.0%}", repair="import the rest of the year",
        )  # fmt: skip
    found: FloatArray = np.divide(total, count, out=np.full(hours, np.nan), where=known)
    of_day = np.arange(hours) % 24
    means: FloatArray = np.array([np.nanmean(found[of_day == h]) for h in range(24)])
    whole: FloatArray = np.where(known, found, means[of_day])
    return whole


def _is_leap(year: IntArray) -> np.ndarray:
    found: np.ndarray = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return found


def stamp(at_us: int) -> str:
    """An instant in UTC as text."""
    at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at_us)
    return at.strftime("%Y-%m-%dT%H:%MZ")
