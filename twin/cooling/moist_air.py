"""
Moist air from psychrolib, compiled over arrays. SI units, pressure in pascal.

Psychrolib keeps its unit system in a global of its own; it is set to SI here, once,
because its compiled functions freeze it. Nobody else in the twin may change it.
"""

from __future__ import annotations

import numpy as np
import psychrolib
from numba import njit

from twin.types import FloatArray

psychrolib.SetUnitSystem(psychrolib.SI)

_ratio_of_rh = psychrolib.GetHumRatioFromRelHum
_ratio_of_dew = psychrolib.GetHumRatioFromTDewPoint
_saturated_ratio = psychrolib.GetSatHumRatio
_saturation_pa = psychrolib.GetSatVapPres
_enthalpy = psychrolib.GetMoistAirEnthalpy
_wet_bulb = psychrolib.GetTWetBulbFromHumRatio
_standard_pa = psychrolib.GetStandardAtmPressure


@njit(cache=True, nogil=True)
def _from_dew_point(
    dew_c: FloatArray, pressure_pa: FloatArray, out: FloatArray
) -> None:
    for i in range(out.size):
        out[i] = _ratio_of_dew(dew_c[i], pressure_pa[i])


@njit(cache=True, nogil=True)
def _from_humidity(
    dry_c: FloatArray, rh: FloatArray, pressure_pa: FloatArray, out: FloatArray
) -> None:
    for i in range(out.size):
        out[i] = _ratio_of_rh(dry_c[i], rh[i], pressure_pa[i])


@njit(cache=True, nogil=True)
def _wet(
    dry_c: FloatArray, ratio: FloatArray, pressure_pa: FloatArray, out: FloatArray
) -> None:
    for i in range(out.size):
        most = _saturated_ratio(dry_c[i], pressure_pa[i])
        wet = _wet_bulb(dry_c[i], min(ratio[i], most), pressure_pa[i])
        out[i] = min(wet, dry_c[i])


@njit(cache=True, nogil=True)
def _evaporated(
    dry_c: FloatArray,
    ratio: FloatArray,
    pressure_pa: FloatArray,
    exit_c: FloatArray,
    out: FloatArray,
) -> None:
    for i in range(out.size):
        exit_ratio = _saturated_ratio(exit_c[i], pressure_pa[i])
        gained = _enthalpy(exit_c[i], exit_ratio) - _enthalpy(dry_c[i], ratio[i])
        out[i] = max(0.0, exit_ratio - ratio[i]) / gained if gained > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _relative(
    dry_c: FloatArray, ratio: FloatArray, pressure_pa: FloatArray, out: FloatArray
) -> None:
    for i in range(out.size):
        vapour_pa = pressure_pa[i] * ratio[i] / (0.621945 + ratio[i])
        out[i] = min(1.0, vapour_pa / _saturation_pa(dry_c[i]))


def standard_pressure_pa(altitude_m: float) -> float:
    """Pressure of the standard atmosphere at an altitude. [Pa]"""
    return float(_standard_pa(altitude_m))


def ratio_from_dew_point(dew_c: FloatArray, pressure_pa: FloatArray) -> FloatArray:
    """Humidity ratio [kg/kg] from dew point [C] and pressure [Pa], shape (hours,)."""
    out = np.empty(dew_c.size)
    _from_dew_point(dew_c, pressure_pa, out)
    return out


def ratio_from_humidity(
    dry_c: FloatArray, rh_frac: FloatArray, pressure_pa: FloatArray
) -> FloatArray:
    """Humidity ratio [kg/kg] from dry bulb [C], relative humidity 0..1, pressure."""
    out = np.empty(dry_c.size)
    _from_humidity(dry_c, rh_frac, pressure_pa, out)
    return out


def humidity_frac(
    dry_c: FloatArray, ratio: FloatArray, pressure_pa: FloatArray
) -> FloatArray:
    """Relative humidity 0..1 from dry bulb [C], humidity ratio, pressure [Pa]."""
    out = np.empty(dry_c.size)
    _relative(dry_c, ratio, pressure_pa, out)
    return out


def wet_bulb_c(
    dry_c: FloatArray, ratio: FloatArray, pressure_pa: FloatArray
) -> FloatArray:
    """Wet bulb [C] to 0.001 K, never above dry bulb; over-saturated air is cut."""
    out = np.empty(dry_c.size)
    _wet(dry_c, ratio, pressure_pa, out)
    return out


def evaporated_kg_per_j(
    dry_c: FloatArray, ratio: FloatArray, pressure_pa: FloatArray, exit_c: FloatArray
) -> FloatArray:
    """
    Water [kg] evaporated per joule taken up by air that leaves saturated.

    Args:
        dry_c: Entering dry bulb. [C], shape (hours,)
        ratio: Entering humidity ratio. [kg/kg]
        pressure_pa: Pressure. [Pa]
        exit_c: Temperature of the leaving air. [C]

    Returns:
        Evaporation; 0 where the air could not take up heat. [kg/J]
    """
    out = np.empty(dry_c.size)
    _evaporated(dry_c, ratio, pressure_pa, exit_c, out)
    return out
