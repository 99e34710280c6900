"""PUE, WUE and hours above limits of a plant over a year of weather."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.cooling.loop import SOUND, Degraded
from twin.cooling.plant import Plant, PlantResult, run_plant
from twin.cooling.room import ASHRAE_ALLOWABLE_C, ASHRAE_RECOMMENDED_C
from twin.cooling.weather import Weather, month_of_hour
from twin.types import FloatArray

_FREE = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class YearResult:
    """
    A year by hour, and what it adds up to.

    Args:
        plant: The plant by hour.
        other_w: Facility power that is not cooling: losses, light. [W], (hours,)
        pue: Facility energy over IT energy, whole year. [1]
        pue_by_hour: The same for each hour; NaN without load. [1]
        pue_by_month: The same for each month, shape (12,). [1]
        partial_pue: (IT + part) over IT by part, whole year. [1]
        wue_l_per_kwh: Fresh water over IT energy; 1 kg is 1 l. [l/kWh]
        economiser_hours: Hours in which no chiller ran. [h]
        partly_free_hours: Hours in which some heat passed the chillers by. [h]
        above_recommended_hours: Inlet above 27 C. [h]
        above_allowable_hours: Inlet above the allowable limit, 32 C. [h]
        short_hours: Hours with heat nobody took out. [h]
        outside_range_hours: Hours in which a curve was cut to its end. [h]
    """

    plant: PlantResult
    other_w: FloatArray
    pue: float
    pue_by_hour: FloatArray
    pue_by_month: FloatArray
    partial_pue: dict[str, float]
    wue_l_per_kwh: float
    economiser_hours: int
    partly_free_hours: int
    above_recommended_hours: int
    above_allowable_hours: int
    short_hours: int
    outside_range_hours: int


def year(
    plant: Plant,
    weather: Weather,
    it_w: FloatArray | float,
    *,
    other_w: FloatArray | float = 0.0,
    left: Degraded = SOUND,
    allowable_c: float = ASHRAE_ALLOWABLE_C,
) -> YearResult:
    """
    Run a plant through a year of weather.

    Args:
        plant: The plant.
        weather: Outdoor air, shape (hours,).
        it_w: IT load. [W], one value or (hours,)
        other_w: Facility power besides IT and cooling. [W], one value or (hours,)
        left: What still works.
        allowable_c: Inlet that must not be passed. [C]

    Raises:
        ValueError: If a load is negative, or there is none all year.
    """
    run = run_plant(plant, weather, it_w, left)
    other = np.broadcast_to(np.float64(other_w), run.it_w.shape)
    it_wh = float(run.it_w.sum())
    if it_wh <= 0.0:
        raise ValueError(f"it_w must be above 0 in some hour, its sum is {it_wh}")
    facility_w = run.it_w + run.cooling_w + other
    chilled = plant.air_loop is not None and plant.air_loop.chillers is not None
    return YearResult(
        plant=run,
        other_w=other,
        pue=float(facility_w.sum()) / it_wh,
        pue_by_hour=_ratio(facility_w, run.it_w),
        pue_by_month=_by_month(facility_w, run.it_w),
        partial_pue=_partial(run, other, it_wh),
        wue_l_per_kwh=float(run.water_kg_s.sum()) * 3600.0 / (it_wh / 1000.0),
        economiser_hours=_count(run.chiller_w <= 0.0) if chilled else weather.hours,
        partly_free_hours=_count((run.free_frac > 0.0) & (run.free_frac < _FREE)),
        above_recommended_hours=_count(run.inlet_c > ASHRAE_RECOMMENDED_C),
        above_allowable_hours=_count(run.inlet_c > allowable_c),
        short_hours=_count(run.unserved_w > 1e-6 * plant.it_rated_w),
        outside_range_hours=_count(run.outside_range),
    )


def _partial(run: PlantResult, other: FloatArray, it_wh: float) -> dict[str, float]:
    parts = {**run.parts_w, "other": other}
    return {name: 1.0 + float(power.sum()) / it_wh for name, power in parts.items()}


def _ratio(facility_w: FloatArray, it_w: FloatArray) -> FloatArray:
    ratio: FloatArray = np.full(it_w.shape, np.nan)
    return np.divide(facility_w, it_w, out=ratio, where=it_w > 0.0)


def _by_month(facility_w: FloatArray, it_w: FloatArray) -> FloatArray:
    month = month_of_hour(it_w.size)
    sums: FloatArray = np.zeros((2, 12))
    np.add.at(sums[0], month, facility_w)
    np.add.at(sums[1], month, it_w)
    return _ratio(sums[0], sums[1])


def _count(hours: np.ndarray) -> int:
    return int(np.count_nonzero(hours))
