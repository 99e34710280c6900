"""
Air and water movers: fan and pump laws, units that share, loss of some of them.

`docs/models/cooling.md`, eq. 10 and 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.catalogue.cooling import PLANT
from twin.cooling.rejector import WATER_J_PER_KG_K
from twin.cooling.server import AIR_J_PER_M3_K
from twin.errors import ABOVE_ZERO, check_fields
from twin.types import FloatArray

AirKind = Literal["crah", "rear-door", "outside-air"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AirHandling:
    """
    How air carries heat from the servers.

    Args:
        kind: "crah": fans and a water coil in the room. "rear-door": a coil on the
            rack, moved by the servers' own fans. "outside-air": outdoor air, wetted
            when warm, no water coil.
        needed: Units that carry the design air flow. [1]
        spare: Units beyond, below zero where some are missing; all run and share. [1]
        supply_c: Air to the servers. [C]
        rise_k: Air warms by this through the servers. [K]
        coil_approach_k: Supply air above the water to the coil. [K]
        pressure_pa: Pressure the fans make at design flow. [Pa]
        least_speed: Lowest fan speed. [1]
    """

    kind: AirKind = "crah"
    needed: int = 8
    spare: float = 1.0
    supply_c: float = 24.0
    rise_k: float = 12.0
    coil_approach_k: float = 6.0
    pressure_pa: float = PLANT["fan_pressure_pa"].value
    least_speed: float = PLANT["fan_least_speed"].value

    def __post_init__(self) -> None:
        if self.needed < 1 or self.needed + self.spare <= 0:
            raise ValueError(
                f"needed must be 1 or more and some units must be there, got "
                f"{self.needed} and {self.spare} spare"
            )
        check_fields(self, ABOVE_ZERO, "rise_k")

    @property
    def fan_w_per_w(self) -> float:
        """Fan power at design flow over heat carried by the needed units."""
        if self.kind == "rear-door":
            return 0.0
        flow_m3_s = 1.0 / (AIR_J_PER_M3_K * self.rise_k)
        return flow_m3_s * self.pressure_pa / PLANT["fan_efficiency"].value


def shared_fan_w(
    air: AirHandling,
    load_frac: FloatArray,
    *,
    design_w: float,
    left_frac: FloatArray | float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """
    Fan power of units that share the flow, and the part of the flow they reach.

    Power of a unit goes with the cube of its speed, flow with speed: n + 1 units at
    n ÷ (n + 1) speed draw (n ÷ (n + 1))² of n units at full speed.

    Args:
        air: The units.
        load_frac: Heat over design heat, so flow wanted over design flow. [1]
        design_w: Design heat of the air. [W]
        left_frac: Part of all units that runs. [1]

    Returns:
        Fan power [W]; flow reached over flow wanted, 0..1. Shape (hours,).
    """
    if air.kind == "rear-door":
        return np.zeros_like(load_frac), np.ones_like(load_frac)
    running = (air.needed + air.spare) * np.asarray(left_frac, dtype=np.float64)
    running = np.broadcast_to(running, load_frac.shape)
    speed = load_frac * air.needed / np.maximum(running, 1e-12)
    speed = np.clip(speed, air.least_speed, 1.0)
    unit_w = design_w * air.fan_w_per_w / air.needed
    reached = running / air.needed / np.maximum(load_frac, 1e-12)
    return running * unit_w * speed**3, np.minimum(reached, 1.0)


def pump_w_per_w(pressure_pa: float, rise_k: float) -> float:
    """Pump power at design flow over heat carried by water that warms by `rise_k`."""
    flow_m3_s = 1.0 / (WATER_J_PER_KG_K * 998.0 * rise_k)
    return flow_m3_s * pressure_pa / PLANT["pump_efficiency"].value


def pump_power_frac(load_frac: FloatArray) -> FloatArray:
    """Pump power over design: square of flow, part of the head being held. Assumed."""
    flow = np.maximum(load_frac, PLANT["pump_least_flow"].value)
    return np.where(load_frac > 0.0, flow * flow, 0.0)
