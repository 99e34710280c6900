"""A year of hourly prices and carbon intensity, repeated under a study."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from twin.errors import ScenarioError
from twin.types import FloatArray

LINE_H = 3
"""Gaps up to this are filled by a straight line. [h]"""
DAY_H = 24
"""Gaps up to this take the mean of the same hour a day before and after. [h]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridYear:
    """
    Hours of a year, in UTC; the year is repeated.

    Args:
        name: Dataset.
        start: Begin of the first hour, with its time zone.
        carbon_g_per_kwh: Carbon intensity by hour. [g/kWh]
        price_usd_per_mwh: Price by hour. [USD/MWh]
        filled: Series -> hours that were empty and were filled.
    """

    name: str
    start: dt.datetime
    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray
    filled: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridHours:
    """
    Whole hours from an instant, which need not begin with an hour.

    Args:
        carbon_g_per_kwh: Carbon intensity by hour. [g/kWh]
        price_usd_per_mwh: Price by hour. [USD/MWh]
    """

    carbon_g_per_kwh: FloatArray
    price_usd_per_mwh: FloatArray


def hours_from(year: GridYear, start: dt.datetime, hours: int) -> GridHours:
    """
    Take the hours that follow an instant.

    The day and hour of the year count, not the year: a study of July 2026 on a year
    2022 takes July 2022, and 29 February is taken as the 28th. Where the instant lies
    within an hour, each value is the mean over its hour, of both hours it touches.

    Args:
        year: Where from.
        start: First instant, with its time zone.
        hours: How many. >= 1

    Returns:
        The hours.
    """
    utc = start.astimezone(dt.UTC)
    if (utc.month, utc.day) == (2, 29) and not calendar.isleap(year.start.year):
        utc = utc.replace(day=28)
    there = utc.replace(year=year.start.year)
    offset = (there - year.start) / dt.timedelta(hours=1)
    first = math.floor(offset)
    late = offset - first
    places = (first + np.arange(hours + 1)) % year.carbon_g_per_kwh.size

    def mean(values: FloatArray) -> FloatArray:
        taken = values[places]
        return np.asarray((1.0 - late) * taken[:-1] + late * taken[1:])

    return GridHours(
        carbon_g_per_kwh=mean(year.carbon_g_per_kwh),
        price_usd_per_mwh=mean(year.price_usd_per_mwh),
    )


def filled(values: FloatArray, *, what: str, name: str) -> tuple[FloatArray, int]:
    """
    Fill short gaps of a year's hours; the year's end meets its begin.

    Args:
        values: Hours; NaN is a gap.
        what: Name of the series.
        name: Dataset.

    Returns:
        The hours without gaps, and how many were filled.

    Raises:
        ScenarioError: If a gap is longer than a day.
    """
    empty = np.isnan(values)
    count = int(empty.sum())
    if count == 0:
        return values, 0
    if count == values.size:
        raise _too_long(what, name, count)
    at_rest = int(np.argmin(empty))  # begin in the middle of what is known
    turned = np.roll(values, -at_rest)
    known = np.flatnonzero(~np.isnan(turned))
    whole = np.interp(np.arange(values.size), known, turned[known], period=values.size)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.isnan(turned), [0]])))
    for first, end in edges.reshape(-1, 2):
        if end - first > DAY_H:
            raise _too_long(what, name, int(end - first))
        if end - first > LINE_H:
            hours = np.arange(first, end)
            days = turned[np.array([hours - DAY_H, hours + DAY_H]) % values.size]
            if not np.isnan(days).any():
                whole[first:end] = days.mean(axis=0)
    return np.roll(whole, at_rest), count


def _too_long(what: str, name: str, hours: int) -> ScenarioError:
    return ScenarioError("site.grid", f"must have no gap of {what} longer than {DAY_H} "
                         "h", f"{name}: {hours} h", "fill those hours in the file, or "
                         "name another year")  # fmt: skip
