"""Read weather files into the twin: TMY3 and grid CSV, EPW; and say what is wrong."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from store.csv_files import (
    ImportProblem,
    no_column,
    number,
    read_table,
    unreadable,
)
from twin.cooling.moist_air import standard_pressure_pa
from twin.cooling.weather import HOURS_PER_YEAR, Weather, weather
from twin.types import FloatArray

_LEAP_HOURS = HOURS_PER_YEAR + 24


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quantity:
    """One quantity of a weather file: its names, its range, its factor to SI."""

    what: str
    names: dict[str, float]
    low: float
    high: float
    unit: str


_DRY = _Quantity(
    what="dry-bulb temperature",
    names={"dry_bulb_c": 1.0, "temp_c": 1.0, "temp_air": 1.0},
    low=-70.0,
    high=60.0,
    unit="C",
)
_DEW = _Quantity(
    what="dew point", names={"dew_point_c": 1.0, "temp_dew": 1.0}, low=-90.0, high=50.0,
    unit="C",
)  # fmt: skip
_HUMIDITY = _Quantity(
    what="relative humidity", names={"rh_percent": 0.01, "relative_humidity": 0.01},
    low=0.0, high=1.1, unit="of 1",
)  # fmt: skip
_PRESSURE = _Quantity(
    what="pressure", names={"pressure_pa": 1.0, "atmospheric_pressure": 1.0},
    low=50_000.0, high=110_000.0, unit="Pa",
)  # fmt: skip
_WIND = _Quantity(
    what="wind speed",
    names={"wind_m_s": 1.0, "wind_speed": 1.0, "wind_kmh": 1.0 / 3.6},
    low=0.0,
    high=120.0,
    unit="m/s",
)

Columns = dict[str, list[str]]


def read_weather(path: Path, *, altitude_m: float = 0.0) -> Weather:
    """
    Read a year of hourly weather.

    Args:
        path: An EPW file (suffix .epw), or CSV, gzipped or not. Columns:
            `dry_bulb_c` or `temp_c`; `dew_point_c` or `rh_percent`; optionally
            `pressure_pa` and `wind_m_s` or `wind_kmh`. Others are not read.
        altitude_m: For the standard pressure where the file has none. [m]

    Returns:
        8,760 or, in a leap year, 8,784 hours.

    Raises:
        ImportProblem: With line, column, value and repair.
    """
    epw = path.suffix.lower() == ".epw"
    columns = _epw_columns(path) if epw else _csv_columns(path)
    # EPW has eight lines of header, CSV one
    first = 9 if epw else 2
    name = path.name.split(".")[0]
    _check_hours(len(next(iter(columns.values()))))
    dry_c = _required(columns, _DRY, first)
    dew_c = _optional(columns, _DEW, first)
    rh = _required(columns, _HUMIDITY, first) if dew_c is None else None
    pressure_pa = _optional(columns, _PRESSURE, first)
    wind_m_s = _optional(columns, _WIND, first)
    return weather(
        name,
        dry_c,
        dew_point_c=dew_c,
        rh_frac=rh,
        pressure_pa=(
            standard_pressure_pa(altitude_m) if pressure_pa is None else pressure_pa
        ),
        wind_m_s=0.0 if wind_m_s is None else wind_m_s,
    )


# --- files ----------------------------------------------------------------------------


def _csv_columns(path: Path) -> Columns:
    rows = read_table(path)
    return {name.lower(): [row[name] for row in rows] for name in rows[0]}


def _epw_columns(path: Path) -> Columns:
    # here and not on top: it brings pandas, and few read EPW
    from pvlib.iotools.epw import read_epw

    read: Any = read_epw
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table, _place = read(str(path))
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:
        raise ImportProblem("must be an EPW file", str(error)[:200],
                            "download it again, or give CSV") from error  # fmt: skip
    wanted = {n for q in (_DRY, _DEW, _PRESSURE, _WIND, _HUMIDITY) for n in q.names}
    return {str(n): [str(v) for v in table[n]] for n in table.columns if n in wanted}


# --- columns --------------------------------------------------------------------------


def _check_hours(count: int) -> None:
    if count not in (HOURS_PER_YEAR, _LEAP_HOURS):
        raise ImportProblem(
            f"must have {HOURS_PER_YEAR:,} hourly lines ({_LEAP_HOURS:,} in a leap "
            "year)", count, "choose a file with one whole year, one line an hour",
        )  # fmt: skip


def _required(columns: Columns, quantity: _Quantity, first: int) -> FloatArray:
    found = _optional(columns, quantity, first)
    if found is None:
        raise no_column(columns, quantity.what, quantity.names)
    return found


def _optional(columns: Columns, quantity: _Quantity, first: int) -> FloatArray | None:
    name = next((n for n in quantity.names if n in columns), None)
    if name is None:
        return None
    values = np.array([number(cell) for cell in columns[name]]) * quantity.names[name]
    wrong = ~((values >= quantity.low) & (values <= quantity.high))
    if np.any(wrong):
        at = int(np.argmax(wrong))
        raise ImportProblem(
            f"must be a number of {quantity.low:g} to {quantity.high:g} "
            f"{quantity.unit}", columns[name][at],
            "correct that hour, or fill it from others", line=first + at, column=name,
        )  # fmt: skip
    return values
