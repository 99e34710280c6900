"""
One water loop: pumps, chillers or past them, and the way outside.

Heat taken from coils or cold plates is positive. `docs/models/cooling.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np

from twin.catalogue.cooling import PLANT
from twin.cooling.air import pump_power_frac, pump_w_per_w
from twin.cooling.chiller import Chillers, chillers_w
from twin.cooling.rejector import (
    Rejector,
    Tower,
    coldest_c,
    flow_frac,
    reject,
    water_kg_s,
)
from twin.cooling.weather import Weather
from twin.types import FloatArray

_PASSES = 4
"""Chiller power warms the tower's water, which raises chiller power: repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterLoop:
    """
    Water that carries heat from coils or cold plates to the outside.

    Args:
        supply_c: Water to the hall. [C]
        rise_k: It warms by this in the hall. [K]
        rejector: Tower or dry cooler.
        chillers: None: the loop floats above `supply_c` when it is warm outside.
        economiser: The rejector's water may cool the loop past the chillers.
        exchanger_k: Loop water above the rejector's water. [K]
        pump_pa: Pressure of the loop's pumps. [Pa]
        spare_frac: Flow and rejector capacity beyond design. [1]
    """

    supply_c: float = 18.0
    rise_k: float = 8.0
    rejector: Rejector = field(default_factory=Tower)
    chillers: Chillers | None = field(default_factory=Chillers)
    economiser: bool = True
    exchanger_k: float = PLANT["exchanger_approach_k"].value
    pump_pa: float = PLANT["chilled_pump_pa"].value
    spare_frac: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """
    What is left of each part, 0..1; one value or an array by hour.

    Args:
        air_frac: CRAH units or AHUs that run, of all with spares.
        chiller_frac: Chillers, of all with spares; rounded down to machines.
        cdu_frac: Pump flow of the CDUs.
        water_frac: Facility water flow of all loops, of what is installed.
    """

    air_frac: FloatArray | float = 1.0
    chiller_frac: FloatArray | float = 1.0
    cdu_frac: FloatArray | float = 1.0
    water_frac: FloatArray | float = 1.0

    def __post_init__(self) -> None:
        for part in fields(self):
            value = np.asarray(getattr(self, part.name))
            if not np.all((value >= 0.0) & (value <= 1.0)):
                raise ValueError(f"{part.name} must be 0 to 1, got {value}")


SOUND = Degraded()


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way out for heat; `supply_c` is what reaches the servers or plates."""

    heat_w: FloatArray
    chiller_w: FloatArray
    rejector_fan_w: FloatArray
    pump_w: FloatArray
    cdu_pump_w: FloatArray
    rejected_w: FloatArray
    unserved_w: FloatArray
    left_w: FloatArray
    water_kg_s: FloatArray
    free_frac: FloatArray
    supply_c: FloatArray
    outside_range: np.ndarray


def by_loop(
    loop: WaterLoop,
    weather: Weather,
    wanted_w: FloatArray,
    design_w: float,
    left: Degraded,
    approach_k: float,
) -> Path:
    """One water loop from its coils to the outside; settles chiller and rejector."""
    if design_w == 0.0:
        return no_path(weather.hours)
    most_w = design_w * (1.0 + loop.spare_frac) * np.asarray(left.water_frac)
    heat_w = np.minimum(wanted_w, most_w)
    loop_pump_w = (
        pump_w_per_w(loop.pump_pa, loop.rise_k)
        * design_w
        * pump_power_frac(heat_w / design_w)
    )
    into_w = heat_w + loop_pump_w
    sized_w = design_w * (1.0 + pump_w_per_w(loop.pump_pa, loop.rise_k))
    outer = _Outer.of(loop, sized_w)
    free, served_w, chiller_w, capacity_w = outer.settle(weather, into_w, left)
    rejected_w, pump_w = outer.outside_w(served_w, chiller_w)
    if loop.chillers is None:
        target_c: FloatArray | float = loop.supply_c - loop.exchanger_k
    else:
        target_c = outer.target_c(free)
    out = reject(
        loop.rejector, weather, rejected_w, design_w=outer.design_w, target_c=target_c
    )
    water_c = np.full(weather.hours, loop.supply_c)
    if loop.chillers is None:
        water_c = np.maximum(water_c, out.leaving_c + loop.exchanger_k)
    return Path(
        heat_w=served_w,
        chiller_w=chiller_w,
        rejector_fan_w=out.fan_w,
        pump_w=loop_pump_w + pump_w,
        cdu_pump_w=np.zeros(weather.hours),
        rejected_w=rejected_w,
        unserved_w=wanted_w - heat_w + into_w - served_w,
        left_w=np.minimum(capacity_w - into_w, most_w - wanted_w),
        water_kg_s=water_kg_s(
            loop.rejector, weather, rejected_w, design_w=outer.design_w,
            leaving_c=out.leaving_c,
        ),
        free_frac=free,
        supply_c=water_c + approach_k,
        outside_range=out.outside_range,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outer:
    """Chillers and rejector of a loop, sized for `sized_w` of heat."""

    loop: WaterLoop
    sized_w: float
    design_w: float
    pump_w_per_w: float

    @classmethod
    def of(cls, loop: WaterLoop, sized_w: float) -> _Outer:
        per_w = pump_w_per_w(PLANT["condenser_pump_pa"].value, loop.rejector.range_k)
        lift_share = 0.0 if loop.chillers is None else 1.0 / loop.chillers.cop
        design_w = sized_w * (1.0 + lift_share) * (1.0 + per_w)
        return cls(loop=loop, sized_w=sized_w, design_w=design_w, pump_w_per_w=per_w)

    def outside_w(
        self, served_w: FloatArray, chiller_w: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Heat to the rejector and power of the condenser pumps, which it includes."""
        carried_w = served_w + chiller_w
        sized_w = self.design_w / (1.0 + self.pump_w_per_w)
        pump_w = self.pump_w_per_w * sized_w * pump_power_frac(carried_w / sized_w)
        return carried_w + pump_w, pump_w

    def target_c(self, free: FloatArray) -> FloatArray:
        """Rejector water asked for: for the loop, all there is, or for chillers."""
        assert self.loop.chillers is not None  # noqa: S101 - for the type checker
        wanted_c = np.where(
            free >= 1.0,
            self.loop.supply_c - self.loop.exchanger_k,
            self.loop.chillers.coldest_entering_c,
        )
        return np.where((free > 0.0) & (free < 1.0), -np.inf, wanted_c)

    def settle(
        self, weather: Weather, into_w: FloatArray, left: Degraded
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Part past the chillers, heat served, compressor power, capacity."""
        loop, chillers = self.loop, self.loop.chillers
        if chillers is None:
            free = np.ones_like(into_w)
            capacity_w = self.sized_w * (1.0 + loop.spare_frac) * free
            return free, into_w, np.zeros_like(into_w), capacity_w
        free = self._free_frac(weather, into_w)
        chiller_w = into_w / chillers.cop * (1.0 - free)
        for _ in range(_PASSES):
            rejected_w, _pump_w = self.outside_w(into_w, chiller_w)
            coldest = coldest_c(loop.rejector, weather, rejected_w / self.design_w)
            chiller_w, capacity_w = chillers_w(
                chillers,
                into_w * (1.0 - free),
                design_w=self.sized_w,
                supply_c=loop.supply_c,
                entering_c=np.maximum(coldest, self.target_c(free)),
                left_frac=left.chiller_frac,
            )
        left_over_w = np.maximum(into_w * (1.0 - free) - capacity_w, 0.0)
        chiller_w = np.where(free >= 1.0, 0.0, chiller_w)
        return free, into_w - left_over_w, chiller_w, capacity_w + free * into_w

    def _free_frac(self, weather: Weather, into_w: FloatArray) -> FloatArray:
        """Part of the loop's rise the rejector's water can take out by itself."""
        loop = self.loop
        if not loop.economiser:
            return np.zeros_like(into_w)
        rejected_w, _pump_w = self.outside_w(into_w, np.zeros_like(into_w))
        coldest = coldest_c(loop.rejector, weather, rejected_w / self.design_w)
        rise_k = loop.rise_k * into_w / self.sized_w
        rise_k = rise_k / flow_frac(into_w / self.sized_w)
        warm_c = loop.supply_c + rise_k
        gap_k = warm_c - (coldest + loop.exchanger_k)
        return np.clip(gap_k / np.maximum(rise_k, 1e-9), 0.0, 1.0)


def no_path(hours: int) -> Path:
    """A way out that is not there: carries nothing, limits nothing."""
    none = np.zeros(hours)
    values = {f.name: none for f in fields(Path)}
    values["left_w"] = np.full(hours, np.inf)
    values["supply_c"] = np.full(hours, np.nan)
    values["outside_range"] = np.zeros(hours, dtype=bool)
    return Path(**values)


def changed(path: Path, **values: FloatArray) -> Path:
    """A path with some of its arrays replaced."""
    return replace(path, **values)
