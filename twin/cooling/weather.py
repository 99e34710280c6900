"""Hourly outdoor air over a year: dry bulb, moisture, pressure, wind, wet bulb."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.cooling.moist_air import (
    humidity_frac,
    ratio_from_dew_point,
    ratio_from_humidity,
    standard_pressure_pa,
    wet_bulb_c,
)
from twin.types import FloatArray, IntArray

HOURS_PER_YEAR = 8760
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_MONTH = np.repeat(np.arange(12), _DAYS * 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """
    Outdoor air by hour; arrays are read-only, shape (hours,).

    Args:
        name: Place or origin, for people.
        dry_bulb_c: Air temperature. [C]
        humidity_ratio: Water per dry air. [kg/kg]
        pressure_pa: Station pressure. [Pa]
        wind_m_s: Wind speed. [m/s]; no model uses it yet.
        wet_bulb_c: Wet bulb. [C], never above dry bulb.
    """

    name: str
    dry_bulb_c: FloatArray
    humidity_ratio: FloatArray
    pressure_pa: FloatArray
    wind_m_s: FloatArray
    wet_bulb_c: FloatArray

    def __post_init__(self) -> None:
        hours = self.dry_bulb_c.shape
        for name in _ARRAYS:
            array = getattr(self, name)
            if array.shape != hours:
                raise ValueError(
                    f"{name} must have the shape of dry_bulb_c {hours}, "
                    f"got {array.shape}"
                )
            finite = np.isfinite(array)
            if not finite.all():
                raise ValueError(f"{name} must be finite, got {array[~finite]}")
            array.flags.writeable = False

    @property
    def hours(self) -> int:
        """Number of hours."""
        return int(self.dry_bulb_c.size)

    def take(self, hours: IntArray) -> Weather:
        """Return the air of some hours, by index, in that order."""
        picked = {name: getattr(self, name)[hours] for name in _ARRAYS}
        return Weather(name=self.name, **picked)

    @property
    def rh_frac(self) -> FloatArray:
        """Relative humidity 0..1."""
        return humidity_frac(self.dry_bulb_c, self.humidity_ratio, self.pressure_pa)


_ARRAYS = ("dry_bulb_c", "humidity_ratio", "pressure_pa", "wind_m_s", "wet_bulb_c")


def weather(
    name: str,
    dry_bulb_c: FloatArray,
    *,
    dew_point_c: FloatArray | None = None,
    rh_frac: FloatArray | None = None,
    pressure_pa: FloatArray | float,
    wind_m_s: FloatArray | float = 0.0,
) -> Weather:
    """
    Weather from what stations report; moisture and wet bulb are computed.

    Args:
        name: Place or origin.
        dry_bulb_c: Air temperature. [C], shape (hours,)
        dew_point_c: Dew point [C]; above dry bulb it counts as saturated.
        rh_frac: Relative humidity 0..1, used where no dew point is given.
        pressure_pa: Station pressure. [Pa], > 0, one value or (hours,)
        wind_m_s: Wind speed. [m/s], one value or (hours,)

    Raises:
        ValueError: If neither moisture is given, or a pressure is not positive.
    """
    dry = np.array(dry_bulb_c, dtype=np.float64)
    pressure = np.broadcast_to(np.float64(pressure_pa), dry.shape).copy()
    if np.any(pressure <= 0.0):
        raise ValueError(f"pressure_pa must be positive, got {pressure.min()}")
    if dew_point_c is not None:
        dew = np.minimum(np.asarray(dew_point_c, dtype=np.float64), dry)
        ratio = ratio_from_dew_point(dew, pressure)
    elif rh_frac is not None:
        rh = np.clip(np.asarray(rh_frac, dtype=np.float64), 0.0, 1.0)
        ratio = ratio_from_humidity(dry, rh, pressure)
    else:
        raise ValueError("dew_point_c or rh_frac must be given, got neither")
    return Weather(
        name=name, dry_bulb_c=dry, humidity_ratio=ratio, pressure_pa=pressure,
        wind_m_s=np.broadcast_to(np.float64(wind_m_s), dry.shape).copy(),
        wet_bulb_c=wet_bulb_c(dry, ratio, pressure),
    )  # fmt: skip


def generated(
    name: str = "generated, mild",
    *,
    mean_c: float = 12.0,
    year_swing_k: float = 10.0,
    day_swing_k: float = 5.0,
    dew_point_depression_k: float = 6.0,
    altitude_m: float = 0.0,
) -> Weather:
    """
    A year from two sines: coldest mid January at 03:00, warmest mid July at 15:00.

    The dew point follows the day's mean by a fixed depression. No fronts, no heat
    waves: for demonstrations, not for sizing. Defaults are assumed.

    Args:
        name: Name for people.
        mean_c: Mean of the year. [C]
        year_swing_k: Half the span between the seasons. [K]
        day_swing_k: Half the span between night and day. [K]
        dew_point_depression_k: Day mean above dew point. [K]
        altitude_m: For the standard pressure. [m]
    """
    hour = np.arange(HOURS_PER_YEAR)
    season = mean_c - year_swing_k * np.cos(2 * np.pi * (hour / 24.0 - 15.0) / 365.0)
    day = -day_swing_k * np.cos(2 * np.pi * (hour % 24 - 3.0) / 24.0)
    return weather(
        name, season + day, dew_point_c=season - dew_point_depression_k,
        pressure_pa=standard_pressure_pa(altitude_m), wind_m_s=3.0,
    )  # fmt: skip


def warmed(base: Weather, add_k: FloatArray, *, name: str = "") -> Weather:
    """The same air with kelvins on the dry bulb by hour, moisture unchanged."""
    dry = base.dry_bulb_c + add_k
    return Weather(
        name=name or base.name,
        dry_bulb_c=dry,
        humidity_ratio=base.humidity_ratio.copy(),
        pressure_pa=base.pressure_pa.copy(),
        wind_m_s=base.wind_m_s.copy(),
        wet_bulb_c=wet_bulb_c(dry, base.humidity_ratio, base.pressure_pa),
    )


def month_of_hour(hours: int) -> np.ndarray:
    """Month 0..11 of each hour of a common year; a longer series wraps round."""
    return _MONTH[np.arange(hours) % HOURS_PER_YEAR]
