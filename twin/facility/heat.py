"""How halls are cooled, as arrays: the plant by hour and load, air by aisle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.cooling.loop import Degraded
from twin.cooling.plant import Plant, PlantResult, run_plant
from twin.cooling.plants import find_plant, sized_plant
from twin.cooling.weather import Weather, warmed
from twin.facility import kernel
from twin.scenario.facility import Cooling, Rack
from twin.scenario.model import Scenario
from twin.types import FloatArray, IntArray

LOADS = np.arange(0.0, 1.5 + 1e-9, kernel.LOAD_STEP)
"""Loads the plant is worked out at, of the heat it is planned for."""
CONTAINED_FRAC = 0.25
"""What a closed aisle leaves of the exhaust that warms inlets. Assumed."""
COLD_PLATE_K_PER_W = 0.030
"""GPU above its coolant: 1200 W gives 71 C from 35 C water. Assumed, as the GB200's."""
_NO_END = 1e3
"""Outside air and absent plates limit nothing; a number the kernel can add to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aisles:
    """
    Cold aisles.

    Args:
        of_rack: Aisle of each rack. Shape (racks,)
        hall: Hall of each aisle. Shape (aisles,)
        full_w: Heat with every server at full load. [W], shape (aisles,)
    """

    of_rack: IntArray
    hall: IntArray
    full_w: FloatArray


def plant_of(scenario: Scenario, load_w: float) -> Plant:
    """Build a site's plant for an IT load. [W]"""
    cooling = scenario.facility.cooling if scenario.facility else Cooling()
    return sized_plant(
        find_plant(cooling.plant, scenario.own.plant_types()), load_w,
        supply_c=cooling.supply_c, capacity_frac=cooling.capacity_frac,
        airflow_frac=cooling.airflow_frac,
    )  # fmt: skip


def degraded(left: FloatArray) -> Degraded:
    """What works of a plant with parts (air handlers, chillers, CDU pumps) left."""
    air, chillers, cdu = (float(x) for x in left)
    return Degraded(air_frac=air, chiller_frac=chillers, cdu_frac=cdu)


def plant_table(
    plant: Plant, load_w: float, weather: Weather, left: FloatArray
) -> FloatArray:
    """
    Work a plant out at every hour and load, in every state it will be in.

    Args:
        plant: The plant.
        load_w: IT load that it is planned for. [W]
        weather: Outdoor air of the hours wanted.
        left: Parts left in each state, shape (states, 3).

    Returns:
        Columns P_POWER... of the kernel, powers per watt of `load_w`. Shape (states,
        hours, loads, PLANT_COLUMNS)
    """
    loads, hours = LOADS.size, weather.hours
    every = weather.take(np.repeat(np.arange(hours), loads))
    it_w = np.tile(LOADS * load_w, hours)
    table = np.empty((len(left), hours, loads, kernel.PLANT_COLUMNS))
    for k, state in enumerate(left):
        found = run_plant(plant, every, it_w, degraded(state))
        table[k] = np.stack(_columns(found, load_w), axis=1).reshape(hours, loads, -1)
    return table


def _columns(found: PlantResult, load_w: float) -> list[FloatArray]:
    most = _NO_END
    coolant_c = np.where(np.isfinite(found.coolant_c), found.coolant_c, 0.0)
    return [
        found.cooling_w / load_w, np.minimum(found.air_capacity_w / load_w, most),
        found.supply_c, np.minimum(found.plate_capacity_w / load_w, most), coolant_c,
        found.water_kg_s / load_w,
    ]  # fmt: skip


def site_weather(weather: Weather, first_hour: int, warmer_k: FloatArray) -> Weather:
    """Outdoor air by hour of the horizon, heat waves added; a year goes round."""
    hours = (first_hour + np.arange(warmer_k.size)) % weather.hours
    chosen = weather.take(hours)
    return warmed(chosen, warmer_k) if warmer_k.any() else chosen


def aisles_of(
    racks: tuple[Rack, ...], halls: tuple[str, ...], rack_full_w: FloatArray
) -> Aisles:
    """Number the cold aisles; racks of a hall that name none share one."""
    names = list(dict.fromkeys((r.hall, r.aisle) for r in racks))
    number = {name: k for k, name in enumerate(names)}
    of_rack = np.array([number[r.hall, r.aisle] for r in racks], dtype=np.int64)
    full_w = np.bincount(of_rack, weights=rack_full_w, minlength=len(names))
    hall = np.array([halls.index(h) for h, _ in names], dtype=np.int64)
    return Aisles(of_rack=of_rack, hall=hall, full_w=np.maximum(full_w, 1.0))


def exhaust_frac(cooling: Cooling) -> float:
    """Part of the exhaust's warming of inlets that the aisles let through."""
    return CONTAINED_FRAC if cooling.containment == "aisle" else 1.0
