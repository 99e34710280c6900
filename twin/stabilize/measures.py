"""
Measures, each alone: GPU power smoothing and energy storage.

Every one takes a waveform and returns another with what it cost. Names and units of
smoothing follow the vendor's interface, which sets ramps in W/s and reads them in mW/s.
`docs/models/stabilize.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from twin.stabilize import compiled
from twin.training.waveform import Waveform
from twin.types import FloatArray

WATTS_PER_MILLIWATT = 1e-3
FLOOR_RANGE = (0.0, 0.9)
"""Power floor ÷ TDP that hardware takes; the stabilization paper says 0.2 to 0.9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """
    GPU power smoothing as GB200 and GB300 have it.

    Args:
        floor_frac: Power floor ÷ TDP. 0 to 0.9
        ramp_up_w_per_s: Fastest rise of one GPU. [W/s], > 0
        ramp_down_w_per_s: Fastest fall of one GPU. [W/s], > 0
        hysteresis_s: Power is held this long before it ramps down. [s], >= 0
        ceiling_frac: Most power ÷ TDP. [1], above the floor
        immediate_ramp_down: Whether power below the floor is left at once.
    """

    floor_frac: float = 0.9
    ramp_up_w_per_s: float = 1000.0
    ramp_down_w_per_s: float = 1000.0
    hysteresis_s: float = 2.0
    ceiling_frac: float = 1.1
    immediate_ramp_down: bool = False

    def __post_init__(self) -> None:
        low, high = FLOOR_RANGE
        if not low <= self.floor_frac <= high:
            raise ValueError(
                f"floor_frac must be {low} to {high} of TDP, got {self.floor_frac}; a "
                "per cent value is to be divided by 100"
            )
        for name in ("ramp_up_w_per_s", "ramp_down_w_per_s"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{name} must be above 0 and finite, got {value}")
            if value >= 1e5:
                raise ValueError(
                    f"{name} {value:g} W/s is beyond any GPU; mW/s typed where W/s is "
                    f"meant: try {value * WATTS_PER_MILLIWATT:g}"
                )
        if not 0 <= self.hysteresis_s < math.inf:
            raise ValueError(f"hysteresis_s must be 0 or more, got {self.hysteresis_s}")
        if not self.ceiling_frac > self.floor_frac:
            raise ValueError(
                f"floor_frac {self.floor_frac} must be below ceiling_frac "
                f"{self.ceiling_frac}; lower the floor or raise the ceiling"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothed:
    """
    A smoothed waveform.

    Args:
        wave: What the GPUs draw.
        burnt_j: Energy drawn beyond the work's. [J]
        lacked_j: Energy the work did not get because of ramps and ceiling. [J]
        overhead_frac: `burnt_j` ÷ the work's energy. [1]
        slowdown_frac: Time the job loses ÷ its time: what lacked, made up at the mean
            power above idle of the work. [1]
    """

    wave: Waveform
    burnt_j: float
    lacked_j: float
    overhead_frac: float
    slowdown_frac: float


def smoothed(
    wave: Waveform, smoothing: Smoothing, *, gpu_count: int, tdp_w: float,
    idle_frac: float = 0.0,
) -> Smoothed:  # fmt: skip
    """
    Smooth a job's power at its GPUs.

    Args:
        wave: What the work would draw.
        smoothing: The settings.
        gpu_count: GPUs behind it.
        tdp_w: TDP of one. [W]
        idle_frac: Power of an idle GPU ÷ TDP, for the slowdown.

    Returns:
        What is drawn, and what it costs.
    """
    whole_w = gpu_count * tdp_w
    wanted = wave.power_w / whole_w
    out: FloatArray = np.empty(wanted.size)
    burnt, lacked = compiled.smooth(
        wanted, wave.sample_s, smoothing.floor_frac, smoothing.ceiling_frac,
        smoothing.ramp_up_w_per_s / tdp_w, smoothing.ramp_down_w_per_s / tdp_w,
        smoothing.hysteresis_s, smoothing.immediate_ramp_down,
        max(float(wanted[0]), smoothing.floor_frac), out,
    )  # fmt: skip
    work = float(wanted.mean()) - idle_frac
    return Smoothed(
        wave=Waveform(power_w=out * whole_w, sample_s=wave.sample_s),
        burnt_j=burnt * whole_w, lacked_j=lacked * whole_w,
        overhead_frac=burnt * whole_w / wave.energy_j,
        slowdown_frac=lacked / (work * wave.horizon_s) if work > 0 else 0.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """
    A store behind the meter that lets the grid see a low-passed load.

    Args:
        power_w: Most it gives or takes. [W], > 0
        energy_j: What it holds. [J], > 0
        filter_s: Time constant of what the grid sees. [s], > 0
        charge_efficiency: Energy stored ÷ drawn. 0..1
        discharge_efficiency: Energy delivered ÷ taken out. 0..1
        response_s: Time constant of its own power. [s], >= 0
        centre_frac: Charge ÷ energy that control returns to. 0..1
        return_s: Time constant of that return. [s], > 0
    """

    power_w: float
    energy_j: float
    filter_s: float
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    response_s: float = 0.0
    centre_frac: float = 0.5
    return_s: float = 600.0

    def __post_init__(self) -> None:
        for name in ("power_w", "energy_j", "filter_s", "return_s"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{name} must be above 0 and finite, got {value}")
        for part in fields(self):
            value = getattr(self, part.name)
            if part.name.endswith("_efficiency") and not 0 < value <= 1:
                raise ValueError(f"{part.name} must be above 0, at most 1, got {value}")
        if not 0 <= self.centre_frac <= 1:
            raise ValueError(f"centre_frac must be 0 to 1, got {self.centre_frac}")
        if not 0 <= self.response_s < math.inf:
            raise ValueError(f"response_s must be 0 or more, got {self.response_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """
    A waveform behind a store.

    Args:
        wave: What the grid gives.
        stored_w: What the store gives, charging negative. [W], (samples,)
        charge_frac: Charge ÷ energy after each sample. 0..1, (samples,)
        lost_j: Energy lost in it. [J]
        throughput_j: Energy it delivered. [J]
        full_cycles: That ÷ its energy. [1]
    """

    wave: Waveform
    stored_w: FloatArray
    charge_frac: FloatArray
    lost_j: float
    throughput_j: float
    full_cycles: float


def stored(wave: Waveform, storage: Storage) -> Stored:
    """
    Put a store before a load.

    Args:
        wave: The load.
        storage: The store; its charge begins at the centre.

    Returns:
        What the grid sees; grid = load + losses + change of charge, to rounding.
    """
    size = wave.power_w.size
    grid_w, given_w, charge_j = np.empty(size), np.empty(size), np.empty(size)
    lost_j, through_j = compiled.follow(
        wave.power_w, wave.sample_s, storage.filter_s, storage.power_w,
        storage.energy_j, storage.charge_efficiency, storage.discharge_efficiency,
        storage.response_s, storage.centre_frac, 1.0 / storage.return_s,
        storage.centre_frac * storage.energy_j, grid_w, given_w, charge_j,
    )  # fmt: skip
    return Stored(
        wave=Waveform(power_w=grid_w, sample_s=wave.sample_s), stored_w=given_w,
        charge_frac=charge_j / storage.energy_j, lost_j=lost_j, throughput_j=through_j,
        full_cycles=through_j / storage.energy_j,
    )  # fmt: skip
