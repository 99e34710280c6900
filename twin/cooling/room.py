"""
A hall's thermal mass: how warm it gets, and how soon, when cooling stops.

Two nodes: the air, and what it touches (servers, racks, steel, floor). Heat to the
air is positive, cooling takes heat out. `docs/models/cooling.md`, eq. 7 to 9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from numba import njit

from twin.errors import ABOVE_ZERO, NOT_NEGATIVE, check_fields, check_values

ASHRAE_RECOMMENDED_C = 27.0
"""Top of the recommended inlet range. ASHRAE TC 9.9; from memory."""
ASHRAE_ALLOWABLE_C = 32.0
"""Top of the allowable inlet range of class A1. ASHRAE TC 9.9; from memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """
    Thermal mass of one hall.

    Args:
        air_j_per_k: Heat capacity of the air. [J/K]
        mass_j_per_k: Heat capacity of what the air touches. [J/K]
        ua_w_per_k: Conductance between the two. [W/K]
        buffer_j: Cold kept in a tank: heat it takes up before the coils warm. [J]
    """

    air_j_per_k: float
    mass_j_per_k: float
    ua_w_per_k: float
    buffer_j: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, ABOVE_ZERO, "air_j_per_k", "mass_j_per_k", "ua_w_per_k")
        check_fields(self, NOT_NEGATIVE, "buffer_j")


def room_for(it_rated_w: float, *, buffer_s: float = 0.0) -> Room:
    """
    A hall of usual build for an IT load; every figure is assumed.

    1.6 m³ of air, 60 J/K of metal and 0.15 W/K of contact for each IT kilowatt (the
    air) or watt (the rest): 4 m of height at 2.5 kW/m²; racks of 10 kW with 1.2
    tonnes of steel and copper at 0.5 kJ/(kg K).

    Args:
        it_rated_w: Rated IT load. [W]
        buffer_s: Cold water kept, as time at rated load. [s]
    """
    check_values(ABOVE_ZERO, it_rated_w=it_rated_w)
    return Room(
        air_j_per_k=1.6e-3 * 1206.0 * it_rated_w,
        mass_j_per_k=60.0 * it_rated_w,
        ua_w_per_k=0.15 * it_rated_w,
        buffer_j=buffer_s * it_rated_w,
    )


@njit(cache=True, nogil=True)
def room_step(
    air_c, mass_c, heat_w, cooling_w, dt_s, air_j_per_k, mass_j_per_k, ua_w_per_k
):
    """
    Air and mass temperature [C] after `dt_s` of constant heat and cooling; exact.

    The mean weighted by capacity rises with the net heat; the difference relaxes
    with one time constant.
    """
    net_w = heat_w - cooling_w
    total = air_j_per_k + mass_j_per_k
    tau_s = 1.0 / (ua_w_per_k * (1.0 / air_j_per_k + 1.0 / mass_j_per_k))
    mean_c = (air_j_per_k * air_c + mass_j_per_k * mass_c + net_w * dt_s) / total
    settled_k = net_w * tau_s / air_j_per_k
    gap_k = settled_k + (air_c - mass_c - settled_k) * math.exp(-dt_s / tau_s)
    return (mean_c + gap_k * mass_j_per_k / total, mean_c - gap_k * air_j_per_k / total)


def ride_through_s(
    room: Room,
    *,
    heat_w: float,
    cooling_w: float = 0.0,
    start_c: float = 24.0,
    limit_c: float = ASHRAE_ALLOWABLE_C,
) -> float:
    """
    Time until the air reaches a limit after cooling falls to `cooling_w`.

    Air and mass start at `start_c`. The buffer's cold is spent first. Fans and pumps
    are taken to keep running; without them the inlet rises at once.

    Returns:
        Time. [s]; infinite if cooling covers the heat, 0 if already at the limit.
    """
    net_w = heat_w - cooling_w
    if start_c >= limit_c:
        return 0.0
    if net_w <= 0.0:
        return math.inf

    def air_c(at_s: float) -> float:
        warm = room_step(
            start_c, start_c, heat_w, cooling_w, at_s,
            room.air_j_per_k, room.mass_j_per_k, room.ua_w_per_k,
        )  # fmt: skip
        return float(warm[0])

    # the air leads the mean, so the mean's own time is the latest possible
    low_s = 0.0
    high_s = (limit_c - start_c) * (room.air_j_per_k + room.mass_j_per_k) / net_w
    for _ in range(60):
        middle_s = 0.5 * (low_s + high_s)
        if air_c(middle_s) < limit_c:
            low_s = middle_s
        else:
            high_s = middle_s
    return room.buffer_j / net_w + high_s
