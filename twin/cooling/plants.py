"""Ready-made plants by name; each takes the rated IT load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from twin.catalogue.cooling import PLANT
from twin.catalogue.models import nearest
from twin.cooling.air import AirHandling
from twin.cooling.chiller import Chillers
from twin.cooling.loop import WaterLoop
from twin.cooling.plant import LiquidCooling, Plant
from twin.cooling.rejector import DryCooler
from twin.errors import ScenarioError

COLD_WATER_C = 7.0
"""Water this cold does not follow the supply air: that is its point."""


def water_cooled(it_rated_w: float) -> Plant:
    """CRAH units, chillers, wet towers, water-side economiser."""
    return Plant(name="water-cooled", it_rated_w=it_rated_w)


def cold_water(it_rated_w: float) -> Plant:
    """The old way: 7 C water, 18 C air, no economiser, fans at one speed."""
    air = AirHandling(supply_c=18.0, least_speed=1.0)
    chillers = Chillers(cop=5.0)
    loop = WaterLoop(
        supply_c=COLD_WATER_C, rise_k=5.0, chillers=chillers, economiser=False
    )
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


PlantType = Callable[[float], Plant]
"""Builds a plant for a rated IT load. [W]"""


def find_plant(name: str, own: Mapping[str, PlantType] | None = None) -> PlantType:
    """
    Look a plant up.

    Raises:
        ScenarioError: If it is neither ready-made nor the user's own.
    """
    known = PLANTS | dict(own or {})
    if name in known:
        return known[name]
    raise ScenarioError("facility.cooling.plant", "must be a ready-made plant or your "
                        "own", name, nearest(name, list(known)))  # fmt: skip


def settings_of(plant: Plant) -> dict[str, float | tuple[float, ...]]:
    """Coefficients of a plant's parts that another may replace, by part and name."""
    return {
        f"{part}.{one.name}": value
        for part, held in _parts(plant).items() if held is not None
        for one in fields(held)
        if isinstance(value := getattr(held, one.name), tuple | int | float)
        and not isinstance(value, bool) and f"{part}.{one.name}" not in _FOLLOWS
    }  # fmt: skip


def changed(
    plant: Plant, name: str, values: Mapping[str, float | tuple[float, ...]]
) -> Plant:
    """
    Return a plant with other coefficients.

    Args:
        plant: The one to start from.
        name: What the new one is called.
        values: By name of `settings_of`.
    """
    was, parts = settings_of(plant), _parts(plant)
    for key, value in values.items():
        part, _, field = key.partition(".")
        given = type(was[key])(value)  # type: ignore[arg-type]
        parts[part] = replace(parts[part], **{field: given})
    loops = {}
    for loop, rejector, chillers in _LOOPS:
        if parts[loop] is not None:
            loops[loop] = replace(
                parts[loop], rejector=parts[rejector], chillers=parts[chillers]
            )
    return replace(plant, name=name, air=parts["air"], liquid=parts["liquid"], **loops)


_FOLLOWS = {"air.supply_c", "air_loop.supply_c", "air.spare"}
"""What a site says itself: `cooling.supply_c` and `airflow_frac`."""
_LOOPS = (
    ("air_loop", "rejector", "chillers"),
    ("liquid_loop", "liquid_rejector", "liquid_chillers"),
)


def _parts(plant: Plant) -> dict[str, Any]:
    found: dict[str, Any] = {"air": plant.air, "liquid": plant.liquid}
    for loop, rejector, chillers in _LOOPS:
        held = getattr(plant, loop)
        found |= {
            loop: held, rejector: held and held.rejector,
            chillers: held and held.chillers,
        }  # fmt: skip
    return found


def sized_plant(
    type_: PlantType, load_w: float, *, supply_c: float, capacity_frac: float,
    airflow_frac: float,
) -> Plant:  # fmt: skip
    """
    Build a plant to a site's wishes.

    Args:
        type_: Of `PLANTS`, or a user's own.
        load_w: IT load it is planned for. [W]
        supply_c: Air to the servers; loop water follows it at the coils' approach. [C]
        capacity_frac: Heat it can take out ÷ `load_w`, on its loops' design day.
        airflow_frac: Air it can move ÷ what servers of that load draw.
    """
    spare_frac = 1.0 + WaterLoop().spare_frac
    plant = type_(load_w * capacity_frac / spare_frac)
    air = plant.air
    flow = airflow_frac * load_w / plant.it_rated_w
    air = replace(air, supply_c=supply_c, spare=air.needed * (flow - 1.0))
    loop = plant.air_loop
    if loop is not None and loop.supply_c > COLD_WATER_C:
        loop = replace(loop, supply_c=supply_c - air.coil_approach_k)
    return replace(plant, air=air, air_loop=loop)
