"""
Read a year of weather for an import: EPW and TMY3 by pvlib, or our own CSV.

What is stored is one table of our own columns, which `store.weather` reads.
"""

from __future__ import annotations

import io
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from store.exchange.files import as_text, refuse
from store.weather import read_weather
from twin.cooling.weather import Weather

WeatherKind = Literal["epw", "tmy3", "weather-csv"]
COLUMNS = ("dry_bulb_c", "dew_point_c", "rh_percent", "pressure_pa", "wind_m_s")
_NAMES = {
    "dry_bulb_c": "temp_air", "dew_point_c": "temp_dew",
    "rh_percent": "relative_humidity", "wind_m_s": "wind_speed",
}  # fmt: skip
_PRESSURE = {"epw": ("atmospheric_pressure", 1.0), "tmy3": ("pressure", 100.0)}
"""Column and factor to Pa; TMY3 has mbar."""
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherFile:
    """A year of weather and the text that is stored of it."""

    weather: Weather
    csv: str
    place: dict[str, Any]


def read_weather_file(kind: WeatherKind, content: bytes, name: str) -> WeatherFile:
    """
    Read a year of weather.

    Args:
        kind: "epw", "tmy3" or "weather-csv", whose columns `store.weather` names.
        content: The file.
        name: Name it will have.

    Raises:
        ScenarioError: If it is not that, or not a year.
    """
    text = as_text(content)
    place: dict[str, Any] = {}
    if kind != "weather-csv":
        text, place = _by_pvlib(kind, text)
    with tempfile.TemporaryDirectory(prefix="nameplate-") as folder:
        path = Path(folder) / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        return WeatherFile(weather=read_weather(path), csv=text, place=place)


def _by_pvlib(kind: WeatherKind, text: str) -> tuple[str, dict[str, Any]]:
    # here and not on top: they bring pandas
    from pvlib.iotools.epw import read_epw
    from pvlib.iotools.tmy import read_tmy3

    read: Any = read_epw if kind == "epw" else read_tmy3
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table, place = read(io.StringIO(text))
            columns = _columns(kind, table)
    except Exception as error:
        raise refuse(
            f"must be {kind.upper()}", f"{type(error).__name__}: {error}"[:200],
            "download it again, or give CSV",
        ) from error  # fmt: skip
    lines = [",".join(COLUMNS)]
    rows = zip(*(columns[name] for name in COLUMNS), strict=True)
    lines += [",".join(f"{value:.6g}" for value in row) for row in rows]
    kept = {str(k): v for k, v in place.items() if isinstance(v, str | int | float)}
    return "\n".join(lines) + "\n", kept


def _columns(kind: WeatherKind, table: Any) -> Mapping[str, Any]:
    found = {ours: table[theirs].astype(float) for ours, theirs in _NAMES.items()}
    pressure, factor = _PRESSURE[kind]
    return found | {"pressure_pa": table[pressure].astype(float) * factor}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherDiff:
    """Hours that differ from the weather stored under the name."""

    added: int
    changed: int
    unchanged: int
    shown: tuple[tuple[str, float | None, float], ...]
    """First changes of dry bulb [C]: hour of the year, old, new."""


def compare_weather(old: Weather | None, new: Weather) -> WeatherDiff:
    """Compare two years hour by hour; of another length, all is new."""
    if old is None or old.hours != new.hours:
        return WeatherDiff(added=new.hours, changed=0, unchanged=0, shown=())
    same = np.ones(new.hours, dtype=bool)
    for name in ("dry_bulb_c", "humidity_ratio", "pressure_pa", "wind_m_s"):
        same &= np.isclose(getattr(old, name), getattr(new, name), rtol=1e-9, atol=0.0)
    places = np.flatnonzero(~same)
    return WeatherDiff(
        added=0, changed=int(places.size), unchanged=int(same.sum()),
        shown=tuple(
            (f"hour {k}", float(old.dry_bulb_c[k]), float(new.dry_bulb_c[k]))
            for k in places[:_SHOWN]
        ),
    )  # fmt: skip
