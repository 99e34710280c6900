"""
The whole cooling plant over hours: power by part, water, capacity left, supply.

Heat goes from servers to air or cold plates, into a water loop, through chillers or
past them, to a tower or dry cooler. Consumption and heat removed are positive.
`docs/models/cooling.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.catalogue.cooling import PLANT
from twin.cooling.air import AirHandling, pump_power_frac, pump_w_per_w, shared_fan_w
from twin.cooling.loop import (
    SOUND,
    Degraded,
    Path,
    WaterLoop,
    by_loop,
    changed,
    no_path,
)
from twin.cooling.server import AIR_J_PER_M3_K
from twin.cooling.weather import Weather
from twin.errors import ABOVE_ZERO, FRACTION, check_fields
from twin.types import FloatArray

_NO_END_W = 1e30
VAPORISATION_J_PER_KG = 2.45e6
"""Heat of vaporisation of water near 20 C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidCooling:
    """
    Cold plates behind a coolant distribution unit (CDU).

    Args:
        liquid_frac: Part of server heat that goes into the plates. [1]
        cdu_approach_k: Coolant above facility water. [K]
        coolant_rise_k: Coolant warms by this in the plates. [K]
        pump_pa: Pressure of the CDU pumps. [Pa]
    """

    liquid_frac: float = 0.8
    cdu_approach_k: float = 4.0
    coolant_rise_k: float = 10.0
    pump_pa: float = PLANT["cdu_pump_pa"].value

    def __post_init__(self) -> None:
        check_fields(self, FRACTION, "liquid_frac")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """
    Everything between the servers and the weather.

    Args:
        name: For people.
        it_rated_w: IT load the plant is sized for. [W]
        air: Air path; carries what the plates leave.
        air_loop: Water to the coils; None with outside air.
        liquid: Cold plates, or None.
        liquid_loop: Water to the CDUs; needed with `liquid`.
    """

    name: str
    it_rated_w: float
    air: AirHandling = field(default_factory=AirHandling)
    air_loop: WaterLoop | None = field(default_factory=WaterLoop)
    liquid: LiquidCooling | None = None
    liquid_loop: WaterLoop | None = None

    def __post_init__(self) -> None:
        check_fields(self, ABOVE_ZERO, "it_rated_w")
        if (self.air.kind == "outside-air") == (self.air_loop is not None):
            raise ValueError(
                f"air_loop must be given, except with outside air; air is "
                f"{self.air.kind!r}, air_loop is {self.air_loop}"
            )
        if (self.liquid is None) != (self.liquid_loop is None):
            raise ValueError("liquid and liquid_loop must be given together")

    @property
    def liquid_frac(self) -> float:
        """Part of server heat that goes into cold plates."""
        return self.liquid.liquid_frac if self.liquid else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantResult:
    """
    A plant by hour; arrays of shape (hours,).

    Args:
        it_w: IT load. [W]
        chiller_w: Compressors. [W]
        rejector_fan_w: Tower and dry cooler fans. [W]
        pump_w: Loop and condenser pumps. [W]
        air_fan_w: CRAH or AHU fans. [W]
        cdu_pump_w: CDU pumps. [W]
        rejected_w: Heat that reaches the outside. [W]
        unserved_w: Heat nobody takes out; it warms the hall. [W]
        capacity_left_w: Heat that could be taken out beyond. [W]; negative if short
        water_kg_s: Fresh water. [kg/s]
        free_frac: Part of the heat that passes the chillers by. [1]
        supply_c: Air to the servers, before recirculation. [C]
        short_air_k: Inlet rise from exhaust drawn back for want of air. [K]
        coolant_c: Coolant to the cold plates; NaN without. [C]
        air_capacity_w: Server heat that the air path could carry. [W]
        plate_capacity_w: The same of the cold plates. [W]
        outside_range: Hours in which a curve was left and cut to its end.
    """

    it_w: FloatArray
    chiller_w: FloatArray
    rejector_fan_w: FloatArray
    pump_w: FloatArray
    air_fan_w: FloatArray
    cdu_pump_w: FloatArray
    rejected_w: FloatArray
    unserved_w: FloatArray
    capacity_left_w: FloatArray
    water_kg_s: FloatArray
    free_frac: FloatArray
    supply_c: FloatArray
    short_air_k: FloatArray
    coolant_c: FloatArray
    air_capacity_w: FloatArray
    plate_capacity_w: FloatArray
    outside_range: np.ndarray

    @property
    def parts_w(self) -> dict[str, FloatArray]:
        """Power by part. [W]"""
        return {name: getattr(self, f"{name}_w") for name in PARTS}

    @property
    def cooling_w(self) -> FloatArray:
        """Power of all parts. [W]"""
        total: FloatArray = np.sum(list(self.parts_w.values()), axis=0)
        return total

    @property
    def inlet_c(self) -> FloatArray:
        """Server inlet of a middle place, without load recirculation. [C]"""
        return self.supply_c + self.short_air_k


PARTS = ("chiller", "rejector_fan", "pump", "air_fan", "cdu_pump")


def run_plant(
    plant: Plant, weather: Weather, it_w: FloatArray | float, left: Degraded = SOUND
) -> PlantResult:
    """
    Cool an IT load hour by hour; each hour is settled, nothing carries over.

    Args:
        plant: The plant.
        weather: Outdoor air, shape (hours,).
        it_w: IT load. [W], one value or (hours,); >= 0
        left: What still works.

    Raises:
        ValueError: If a load is negative or not a number.
    """
    it = np.broadcast_to(np.float64(it_w), (weather.hours,))
    if not np.all(it >= 0.0):
        raise ValueError(f"it_w must be 0 or more, lowest is {it.min()}")
    dry_share = 1.0 - plant.liquid_frac
    air_w, design_w = it * dry_share, plant.it_rated_w * dry_share
    moved = _move_air(plant.air, air_w, design_w, left)
    if plant.air_loop is None:
        by_air = _outside_air(plant.air, weather, air_w, moved)
    else:
        by_air = _by_coil(
            plant.air, plant.air_loop, weather, air_w, design_w, moved, left
        )
    by_plate = _by_plate(plant, weather, it - air_w, left)
    carried = by_air.heat_w + by_plate.heat_w
    free = by_air.free_frac * by_air.heat_w + by_plate.free_frac * by_plate.heat_w
    return PlantResult(
        it_w=it,
        chiller_w=by_air.chiller_w + by_plate.chiller_w,
        rejector_fan_w=by_air.rejector_fan_w + by_plate.rejector_fan_w,
        pump_w=by_air.pump_w + by_plate.pump_w,
        air_fan_w=moved.fan_w,
        cdu_pump_w=by_plate.cdu_pump_w,
        rejected_w=by_air.rejected_w + by_plate.rejected_w,
        unserved_w=by_air.unserved_w + by_plate.unserved_w,
        capacity_left_w=np.minimum(by_air.left_w, by_plate.left_w),
        water_kg_s=by_air.water_kg_s + by_plate.water_kg_s,
        free_frac=np.where(carried > 0.0, free / np.maximum(carried, 1e-12), 1.0),
        supply_c=by_air.supply_c,
        short_air_k=moved.short_k,
        coolant_c=by_plate.supply_c,
        air_capacity_w=np.where(
            moved.reached > 0.0, np.maximum(0.0, air_w + by_air.left_w), 0.0
        ),
        plate_capacity_w=np.clip(it - air_w + by_plate.left_w, 0.0, _NO_END_W)
        * _coolant_frac(left),
        outside_range=by_air.outside_range | by_plate.outside_range,
    )


# --- private --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """Air through the hall."""

    fan_w: FloatArray
    reached: FloatArray
    short_k: FloatArray


def _move_air(
    air: AirHandling, air_w: FloatArray, design_w: float, left: Degraded
) -> _Moved:
    if design_w == 0.0:
        none = np.zeros_like(air_w)
        return _Moved(fan_w=none, reached=np.ones_like(air_w), short_k=none)
    fan_w, reached = shared_fan_w(
        air, air_w / design_w, design_w=design_w, left_frac=left.air_frac
    )
    # with no air at all the hall takes the heat, so the rise here stays finite
    short_k = (1.0 / np.maximum(reached, 0.1) - 1.0) * air.rise_k
    return _Moved(fan_w=fan_w, reached=reached, short_k=short_k)


def _by_coil(
    air: AirHandling,
    loop: WaterLoop,
    weather: Weather,
    air_w: FloatArray,
    design_w: float,
    moved: _Moved,
    left: Degraded,
) -> Path:
    heat_w = np.where(moved.reached > 0.0, air_w + moved.fan_w, 0.0)
    design_w = design_w * (1.0 + air.fan_w_per_w)
    path = by_loop(loop, weather, heat_w, design_w, left, air.coil_approach_k)
    # a coil with a wider approach than the loop needs is mixed back to the set point
    supply_c = np.maximum(path.supply_c, air.supply_c)
    stuck_w = air_w + moved.fan_w - heat_w
    return changed(path, supply_c=supply_c, unserved_w=path.unserved_w + stuck_w)


def _by_plate(
    plant: Plant, weather: Weather, heat_w: FloatArray, left: Degraded
) -> Path:
    if plant.liquid is None or plant.liquid_loop is None:
        return no_path(weather.hours)
    liquid, design_w = plant.liquid, plant.it_rated_w * plant.liquid_frac
    per_w = pump_w_per_w(liquid.pump_pa, liquid.coolant_rise_k)
    load = heat_w / design_w if design_w > 0.0 else np.zeros_like(heat_w)
    flow = np.minimum(load, left.cdu_frac)
    cdu_pump_w = per_w * design_w * pump_power_frac(flow)
    # less coolant carries as much heat at a higher rise, down to a third of its flow
    carried_w = heat_w * _coolant_frac(left)
    path = by_loop(
        plant.liquid_loop, weather, carried_w + cdu_pump_w, design_w * (1.0 + per_w),
        left, liquid.cdu_approach_k,
    )  # fmt: skip
    return changed(
        path, cdu_pump_w=cdu_pump_w, unserved_w=path.unserved_w + heat_w - carried_w
    )


def _coolant_frac(left: Degraded) -> FloatArray:
    """Heat the coolant still carries ÷ all of it; falls below a third of the flow."""
    return np.clip(3.0 * np.asarray(left.cdu_frac, dtype=np.float64), 0.0, 1.0)


def _outside_air(
    air: AirHandling, weather: Weather, air_w: FloatArray, moved: _Moved
) -> Path:
    """Outdoor air, mixed warm in winter and wetted in summer."""
    effect = PLANT["evaporative_effectiveness"].value
    dry_c, wet_c = weather.dry_bulb_c, weather.wet_bulb_c
    supply_c = np.maximum(dry_c - effect * (dry_c - wet_c), air.supply_c)
    cooled_k = np.maximum(dry_c - supply_c, 0.0)
    heat_w = np.where(moved.reached > 0.0, air_w + moved.fan_w, 0.0)
    flow_m3_s = air_w * moved.reached / (AIR_J_PER_M3_K * air.rise_k)
    evaporated = flow_m3_s * AIR_J_PER_M3_K * cooled_k / VAPORISATION_J_PER_KG
    cycles = PLANT["tower_cycles"].value
    none = np.zeros(weather.hours)
    return Path(
        heat_w=heat_w, chiller_w=none, rejector_fan_w=none, pump_w=none,
        cdu_pump_w=none, rejected_w=heat_w, unserved_w=air_w + moved.fan_w - heat_w,
        left_w=np.where(moved.reached > 0.0, np.inf, 0.0),
        water_kg_s=evaporated * cycles / (cycles - 1.0),
        free_frac=np.ones(weather.hours), supply_c=supply_c,
        outside_range=np.zeros(weather.hours, dtype=bool),
    )  # fmt: skip
