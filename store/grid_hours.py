"""Read a year of hourly prices and carbon intensity, and say what is wrong with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from store.csv_files import ImportProblem, no_column, number, read_table
from twin.exchange.series import RANGES
from twin.serving.grid_year import GridYear, filled
from twin.types import FloatArray

TIME = ("time_utc", "timestamp_utc")
CARBON = ("avg_ci_g_per_kwh", "carbon_g_per_kwh")
PRICE = ("price_usd_per_mwh",)
_HOURS = (8760, 8784)


def read_grid(path: Path) -> GridYear:
    """
    Read a year of the grid.

    Args:
        path: CSV, gzipped or not, one line an hour. Columns: `time_utc`,
            `avg_ci_g_per_kwh` or `carbon_g_per_kwh`, `price_usd_per_mwh`. Others are
            not read. An empty cell is a gap: up to 3 h are filled by a line, up to a
            day by the same hour of the days beside it.

    Returns:
        8,760 or, in a leap year, 8,784 hours.

    Raises:
        ImportProblem: With line, column, value and repair.
        ScenarioError: If a gap is longer than a day.
    """
    rows = [{k.lower(): v for k, v in row.items()} for row in read_table(path)]
    if len(rows) not in _HOURS:
        raise ImportProblem("must have 8,760 hourly lines (8,784 in a leap year)",
                            len(rows), "choose a file with one whole year")  # fmt: skip
    name = path.name.split(".")[0]
    start = _start(rows)
    carbon, carbon_filled = _series(rows, CARBON, "carbon", name)
    price, price_filled = _series(rows, PRICE, "price", name)
    return GridYear(
        name=name, start=start, carbon_g_per_kwh=carbon, price_usd_per_mwh=price,
        filled={"carbon": carbon_filled, "price": price_filled},
    )  # fmt: skip


def _start(rows: list[dict[str, str]]) -> dt.datetime:
    """First hour; all others must follow it in steps of one."""
    column = _column(rows[0], TIME, "UTC times")
    first = _stamp(rows[0][column], 2, column)
    for place, row in enumerate(rows):
        at = _stamp(row[column], place + 2, column)
        if at != first + place * dt.timedelta(hours=1):
            raise ImportProblem(
                "must be one hour after the line before", row[column],
                "give every hour of the year once, in order", line=place + 2,
                column=column,
            )  # fmt: skip
    return first


def _stamp(text: str, line: int, column: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ImportProblem(
            "must be a date and time in UTC", text,
            'write it as "2022-01-01 07:00:00"', line=line, column=column,
        ) from error  # fmt: skip
    return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)


def _series(
    rows: list[dict[str, str]], names: tuple[str, ...], kind: str, dataset: str
) -> tuple[FloatArray, int]:
    column = _column(rows[0], names, kind)
    low, high = RANGES[kind]  # type: ignore[index]
    values = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        text = row[column].strip()
        if not text:
            continue
        values[place] = number(text)
        if not low <= values[place] <= high:
            raise ImportProblem(
                f"must be a number of {low:g} to {high:g}, or empty", text,
                "correct that hour, or leave it empty", line=place + 2, column=column,
            )  # fmt: skip
    return filled(values, what=kind, name=dataset)


def _column(row: dict[str, str], names: tuple[str, ...], what: str) -> str:
    found = next((n for n in names if n in row), None)
    if found is None:
        raise no_column(row, what, names)
    return found
