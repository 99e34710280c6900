"""
Water chillers: capacity and electric power by temperature and load.

EnergyPlus Chiller:Electric with its example's curves: `docs/models/cooling.md`,
eq. 1 to 3. Heat taken from the chilled water is positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.catalogue.cooling import (
    CHILLER_CAPACITY,
    CHILLER_PART_LOAD,
    CHILLER_POWER,
    PLANT,
)
from twin.errors import ABOVE_ZERO, check_fields
from twin.types import FloatArray

Curve = tuple[float, float, float]
_WARMEST_K = 12.0
"""Beyond this lift capacity nears zero and the curve means nothing. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chillers:
    """
    Equal chillers in parallel; their rating holds at the plant's design point.

    Args:
        needed: Machines that carry the design heat. [1]
        spare: Machines beyond. [1]
        cop: Cooling over electric power at 6.7 C leaving, 29.4 C entering. [W/W]
        target_load_frac: Load at which one more machine is started. [1]
        coldest_entering_c: Condenser water is kept at least this warm. [C]
        entering_c: Design entering condenser water. [C]
        capacity_curve: Capacity over rated by lift, constant first.
        power_curve: Power over rated by capacity ratio.
        part_load_curve: Power over full-load power by load.
    """

    needed: int = 3
    spare: int = 1
    cop: float = PLANT["chiller_cop"].value
    target_load_frac: float = 0.85
    coldest_entering_c: float = 18.0
    entering_c: float = PLANT["chiller_design_entering_c"].value
    capacity_curve: Curve = CHILLER_CAPACITY
    power_curve: Curve = CHILLER_POWER
    part_load_curve: Curve = CHILLER_PART_LOAD

    def __post_init__(self) -> None:
        if self.needed < 1 or self.spare < 0:
            raise ValueError(
                f"needed must be 1 or more and spare 0 or more, got "
                f"{self.needed} and {self.spare}"
            )
        check_fields(self, ABOVE_ZERO, "cop")
        if not self.capacity_curve[2] < 0.0:
            raise ValueError(
                f"capacity_curve must bend down, got {self.capacity_curve}"
            )


def lift_k(
    entering_c: FloatArray, leaving_c: FloatArray | float,
    capacity_curve: Curve = CHILLER_CAPACITY,
) -> FloatArray:  # fmt: skip
    """Temperature argument of the curves [K], cut to their range (eq. 1)."""
    condenser_k = entering_c - PLANT["chiller_design_entering_c"].value
    evaporator_k = leaving_c - PLANT["chiller_design_leaving_c"].value
    raw = condenser_k / PLANT["chiller_temperature_rise"].value - evaporator_k
    # the curve's top: colder condensers than this no longer help, in the curve
    _, slope, bend = capacity_curve
    return np.clip(raw, -slope / (2.0 * bend), _WARMEST_K)


def capacity_ratio(
    lift: FloatArray, capacity_curve: Curve = CHILLER_CAPACITY
) -> FloatArray:
    """Capacity over rated capacity."""
    return _quadratic(capacity_curve, lift)


def full_load_w_per_w(
    capacity: FloatArray, cop: float, power_curve: Curve = CHILLER_POWER
) -> FloatArray:
    """Power over cooling at full load, from the capacity ratio (eq. 2)."""
    return _quadratic(power_curve, capacity) / cop


def part_load_power_frac(
    load_frac: FloatArray, part_load_curve: Curve = CHILLER_PART_LOAD
) -> FloatArray:
    """Power over full-load power; below the least load the machine cycles (eq. 3)."""
    least = PLANT["chiller_least_load_frac"].value
    steady = _quadratic(part_load_curve, np.maximum(load_frac, least))
    return steady * np.minimum(load_frac / least, 1.0)


def chillers_w(
    chillers: Chillers,
    heat_w: FloatArray,
    *,
    design_w: float,
    supply_c: float,
    entering_c: FloatArray,
    left_frac: FloatArray | float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """
    Electric power and capacity of a bank of chillers.

    Args:
        chillers: The bank.
        heat_w: Heat to take out. [W], shape (hours,); what exceeds capacity stays.
        design_w: Heat the needed machines carry at the design point. [W]
        supply_c: Chilled water leaving. [C]
        entering_c: Condenser water entering. [C], shape (hours,)
        left_frac: Part of all machines still there. [1]; rounded down to machines.

    Returns:
        Electric power [W] and capacity [W], shape (hours,).
    """
    entering = np.maximum(entering_c, chillers.coldest_entering_c)
    curve = chillers.capacity_curve
    ratio = capacity_ratio(lift_k(entering, supply_c, curve), curve)
    designed = lift_k(np.array([chillers.entering_c]), supply_c, curve)
    unit_w = design_w / chillers.needed * ratio
    unit_w = unit_w / capacity_ratio(designed, curve)
    count = np.floor((chillers.needed + chillers.spare) * left_frac + 1e-9)
    capacity_w = unit_w * count
    carried_w = np.minimum(heat_w, capacity_w)
    wanted = np.ceil(carried_w / (unit_w * chillers.target_load_frac))
    on = np.minimum(np.maximum(wanted, 1.0), np.maximum(count, 1.0))
    load = np.where(count > 0.0, carried_w / (unit_w * on), 0.0)
    full_w = on * unit_w * full_load_w_per_w(ratio, chillers.cop, chillers.power_curve)
    return part_load_power_frac(load, chillers.part_load_curve) * full_w, capacity_w


def _quadratic(terms: tuple[float, float, float], x: FloatArray) -> FloatArray:
    return terms[0] + x * (terms[1] + x * terms[2])
