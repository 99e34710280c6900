"""Ready-made plants by name; each takes the rated IT load."""

from __future__ import annotations

from dataclasses import replace

from twin.catalogue.cooling import PLANT
from twin.cooling.air import AirHandling
from twin.cooling.chiller import Chillers
from twin.cooling.loop import WaterLoop
from twin.cooling.plant import LiquidCooling, Plant
from twin.cooling.rejector import DryCooler


def water_cooled(it_rated_w: float) -> Plant:
    """CRAH units, chillers, wet towers, water-side economiser."""
    return Plant(name="water-cooled", it_rated_w=it_rated_w)


def cold_water(it_rated_w: float) -> Plant:
    """The old way: 7 C water, 18 C air, no economiser, fans at one speed."""
    air = AirHandling(supply_c=18.0, least_speed=1.0)
    chillers = Chillers(cop=5.0)
    loop = WaterLoop(supply_c=7.0, rise_k=5.0, chillers=chillers, economiser=False)
    return Plant(name="cold-water", it_rated_w=it_rated_w, air=air, air_loop=loop)


def air_cooled(it_rated_w: float) -> Plant:
    """CRAH units, chillers and dry coolers: no water used."""
    chillers = Chillers(entering_c=45.0)
    loop = WaterLoop(rejector=DryCooler(), chillers=chillers)
    return Plant(name="air-cooled", it_rated_w=it_rated_w, air_loop=loop)


def outside_air(it_rated_w: float) -> Plant:
    """Outdoor air with wet media, no chillers."""
    pressure_pa = PLANT["outside_air_pressure_pa"].value
    air = AirHandling(kind="outside-air", pressure_pa=pressure_pa)
    return Plant(name="outside-air", it_rated_w=it_rated_w, air=air, air_loop=None)


def rear_door(it_rated_w: float) -> Plant:
    """Passive rear doors on the chilled loop; the servers' fans move the air."""
    air = AirHandling(kind="rear-door")
    return Plant(name="rear-door", it_rated_w=it_rated_w, air=air)


def liquid_cooled(it_rated_w: float, *, liquid_frac: float = 0.8) -> Plant:
    """Cold plates on a warm loop with dry coolers; the rest by air and chillers."""
    warm = WaterLoop(
        supply_c=32.0, rise_k=10.0, rejector=DryCooler(approach_k=6.0), chillers=None
    )
    return Plant(
        name="liquid-cooled",
        it_rated_w=it_rated_w,
        liquid=LiquidCooling(liquid_frac=liquid_frac),
        liquid_loop=warm,
    )


PLANTS = {
    "water-cooled": water_cooled,
    "cold-water": cold_water,
    "air-cooled": air_cooled,
    "outside-air": outside_air,
    "rear-door": rear_door,
    "liquid-cooled": liquid_cooled,
}
"""Ready-made plants by name; each takes the rated IT load. [W]"""

_COLDEST_WATER = "cold-water"
"""The one plant whose water does not follow the supply air: that is its point."""


def sized_plant(
    name: str, load_w: float, *, supply_c: float, capacity_frac: float,
    airflow_frac: float,
) -> Plant:  # fmt: skip
    """
    Build a ready-made plant to a site's wishes.

    Args:
        name: Of `PLANTS`.
        load_w: IT load it is planned for. [W]
        supply_c: Air to the servers; loop water follows it at the coils' approach. [C]
        capacity_frac: Heat it can take out ÷ `load_w`, on its loops' design day.
        airflow_frac: Air it can move ÷ what servers of that load draw.
    """
    spare_frac = 1.0 + WaterLoop().spare_frac
    plant = PLANTS[name](load_w * capacity_frac / spare_frac)
    air = plant.air
    flow = airflow_frac * load_w / plant.it_rated_w
    air = replace(air, supply_c=supply_c, spare=air.needed * (flow - 1.0))
    loop = plant.air_loop
    if loop is not None and name != _COLDEST_WATER:
        loop = replace(loop, supply_c=supply_c - air.coil_approach_k)
    return replace(plant, air=air, air_loop=loop)
