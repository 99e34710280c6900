"""
Heat to the outside: wet cooling towers and dry coolers.

Both answer the same questions: how cold can the water get, what do the fans draw to
reach a target, how much water goes. `docs/models/cooling.md`, eq. 4 to 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.catalogue.cooling import (
    PLANT,
    TOWER_FAN,
    YORKCALC,
    YORKCALC_APPROACH_K,
    YORKCALC_LIQUID_GAS,
    YORKCALC_RANGE_K,
    YORKCALC_WET_BULB_C,
)
from twin.cooling.moist_air import evaporated_kg_per_j
from twin.cooling.weather import Weather
from twin.errors import ABOVE_ZERO, check_fields
from twin.types import FloatArray

WATER_J_PER_KG_K = 4186.0
_LEAST_FLOW = 0.5
"""Water flow follows heat down to half; YorkCalc is good for no less."""


class Rejected(NamedTuple):
    """What a rejector does by hour."""

    leaving_c: FloatArray
    fan_w: FloatArray
    outside_range: np.ndarray
    """Where weather or load lay outside the curve and was cut to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tower:
    """
    Wet cooling tower: YorkCalc, calibrated at one design point.

    Args:
        wet_bulb_c: Design wet bulb. [C]
        range_k: Design water cooling. [K]
        approach_k: Leaving water above wet bulb at design. [K]
        fan_w_per_w: Fan power over design heat. [W/W]
        cycles: Solids in the basin over those in fresh water. [1], > 1
        drift_frac: Part of the water flow blown out. [1]
    """

    wet_bulb_c: float = PLANT["tower_wet_bulb_c"].value
    range_k: float = PLANT["tower_range_k"].value
    approach_k: float = PLANT["tower_approach_k"].value
    fan_w_per_w: float = PLANT["tower_fan_w_per_w"].value
    cycles: float = PLANT["tower_cycles"].value
    drift_frac: float = PLANT["tower_drift_frac"].value

    def __post_init__(self) -> None:
        for name, (low, high) in {
            "wet_bulb_c": YORKCALC_WET_BULB_C,
            "range_k": YORKCALC_RANGE_K,
            "approach_k": YORKCALC_APPROACH_K,
        }.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(
                    f"{name} must be {low:g} to {high:g}, where YorkCalc holds, got "
                    f"{getattr(self, name)}"
                )
        if not self.cycles > 1.0:
            raise ValueError(f"cycles must be above 1, got {self.cycles}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DryCooler:
    """
    Finned coil and fans: water cooled towards the dry bulb, no water used.

    Args:
        approach_k: Leaving water above dry bulb at design heat, full fans. [K]
        range_k: Design water cooling. [K]
        fan_w_per_w: Fan power over design heat. [W/W]
        air_exponent: Conductance goes with air flow to this power. [1]
    """

    approach_k: float = PLANT["dry_cooler_approach_k"].value
    range_k: float = PLANT["tower_range_k"].value
    fan_w_per_w: float = PLANT["dry_cooler_fan_w_per_w"].value
    air_exponent: float = PLANT["dry_cooler_air_exponent"].value

    def __post_init__(self) -> None:
        check_fields(self, ABOVE_ZERO, "approach_k", "range_k", "air_exponent")


Rejector = Tower | DryCooler


def flow_frac(load_frac: FloatArray) -> FloatArray:
    """Water flow over design flow: follows heat between half and full."""
    return np.clip(load_frac, _LEAST_FLOW, 1.0)


def water_range_k(rejector: Rejector, load_frac: FloatArray) -> FloatArray:
    """Water cooling [K] at a heat over design heat."""
    return rejector.range_k * load_frac / flow_frac(load_frac)


def coldest_c(
    rejector: Rejector, weather: Weather, load_frac: FloatArray
) -> FloatArray:
    """Leaving water [C] with fans at full speed."""
    if isinstance(rejector, DryCooler):
        return weather.dry_bulb_c + rejector.approach_k * load_frac
    wet_c = np.clip(weather.wet_bulb_c, *YORKCALC_WET_BULB_C)
    liquid_gas = _design_liquid_gas(rejector) * flow_frac(load_frac)
    a = _approach_terms(wet_c, water_range_k(rejector, load_frac))
    approach_k = a[0] + liquid_gas * (a[1] + liquid_gas * a[2])
    leaving_c: FloatArray = weather.wet_bulb_c + np.clip(
        approach_k, *YORKCALC_APPROACH_K
    )
    return leaving_c


def reject(
    rejector: Rejector,
    weather: Weather,
    heat_w: FloatArray,
    *,
    design_w: float,
    target_c: FloatArray | float,
) -> Rejected:
    """
    Leaving water and fan power for a target; fans slow down once it is met.

    Args:
        rejector: Tower or dry cooler.
        weather: Outdoor air, shape (hours,).
        heat_w: Heat to the outside. [W], shape (hours,)
        design_w: Heat at the design point. [W], > 0
        target_c: Leaving water wanted. [C]; -inf asks for all the fans can do.
    """
    load = heat_w / design_w
    coldest = coldest_c(rejector, weather, load)
    leaving_c = np.maximum(coldest, target_c)
    if isinstance(rejector, DryCooler):
        air = _dry_air_frac(rejector, weather, load, leaving_c)
        outside = load > 1.5
        power = air**3
    else:
        air = _tower_air_frac(rejector, weather, load, leaving_c)
        outside = (weather.wet_bulb_c > YORKCALC_WET_BULB_C[1]) | (load > 1.5)
        power = _tower_fan_frac(air)
    air_full = leaving_c <= coldest
    power = np.where(air_full & (load > 0.0), 1.0, power)
    fan_w = rejector.fan_w_per_w * design_w * power
    return Rejected(leaving_c, np.where(load > 0.0, fan_w, 0.0), outside)


def water_kg_s(
    rejector: Rejector,
    weather: Weather,
    heat_w: FloatArray,
    *,
    design_w: float,
    leaving_c: FloatArray,
) -> FloatArray:
    """
    Fresh water a rejector uses: evaporation, blowdown and drift. [kg/s]

    Air is taken to leave saturated, at the mean of hot and cold water (eq. 6).
    """
    if isinstance(rejector, DryCooler):
        return np.zeros(weather.hours)
    load = heat_w / design_w
    exit_c = leaving_c + 0.5 * water_range_k(rejector, load)
    per_j = evaporated_kg_per_j(
        weather.dry_bulb_c, weather.humidity_ratio, weather.pressure_pa, exit_c
    )
    evaporated = heat_w * per_j
    flow = design_w / (WATER_J_PER_KG_K * rejector.range_k) * flow_frac(load)
    drift = np.where(load > 0.0, rejector.drift_frac * flow, 0.0)
    # drift carries solids out too, so it counts towards blowdown
    blowdown = np.maximum(0.0, evaporated / (rejector.cycles - 1.0) - drift)
    return evaporated + drift + blowdown


# --- private --------------------------------------------------------------------------

_YORK = np.array(YORKCALC).reshape(3, 3, 3)


def _approach_terms(wet_c: FloatArray, range_k: FloatArray) -> FloatArray:
    """Terms of the approach in L/G, constant first, shape (3, hours)."""
    span = np.clip(range_k, *YORKCALC_RANGE_K)
    by_range = _YORK @ np.stack((np.ones_like(wet_c), wet_c, wet_c * wet_c))
    terms: FloatArray = by_range[:, 0] + span * (by_range[:, 1] + span * by_range[:, 2])
    return terms


def _liquid_gas(terms: FloatArray, approach_k: FloatArray) -> FloatArray:
    """Water over air flow that gives an approach: the lower root of the quadratic."""
    gap = approach_k - terms[0]
    root = terms[1] ** 2 + 4.0 * terms[2] * gap
    found = 2.0 * gap / (terms[1] + np.sqrt(np.maximum(root, 0.0)))
    past = (root < 0.0) | (found > YORKCALC_LIQUID_GAS)
    return np.where(past, YORKCALC_LIQUID_GAS, found)


def _design_liquid_gas(tower: Tower) -> float:
    terms = _approach_terms(np.array([tower.wet_bulb_c]), np.array([tower.range_k]))
    return float(_liquid_gas(terms, np.array([tower.approach_k]))[0])


def _tower_air_frac(
    tower: Tower, weather: Weather, load: FloatArray, leaving_c: FloatArray
) -> FloatArray:
    wet_c = np.clip(weather.wet_bulb_c, *YORKCALC_WET_BULB_C)
    terms = _approach_terms(wet_c, water_range_k(tower, load))
    approach_k = np.clip(leaving_c - weather.wet_bulb_c, *YORKCALC_APPROACH_K)
    ratio = np.maximum(_liquid_gas(terms, approach_k), 1e-6)
    return np.clip(_design_liquid_gas(tower) * flow_frac(load) / ratio, 0.0, 1.0)


def _tower_fan_frac(air: FloatArray) -> FloatArray:
    """Fan power over design; below the least flow the fan runs part of the time."""
    least = PLANT["tower_least_air_frac"].value
    x = np.maximum(air, least)
    c0, c1, c2, c3 = TOWER_FAN
    return (c0 + x * (c1 + x * (c2 + x * c3))) * np.minimum(air / least, 1.0)


def _dry_air_frac(
    cooler: DryCooler, weather: Weather, load: FloatArray, leaving_c: FloatArray
) -> FloatArray:
    gap_k = np.maximum(leaving_c - weather.dry_bulb_c, 1e-9)
    need = cooler.approach_k * load / gap_k
    return np.clip(need, 0.0, 1.0) ** (1.0 / cooler.air_exponent)
