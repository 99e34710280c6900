"""
GPU power smoothing as GB200 and GB300 have it: a floor, ramps, a ceiling.

Names and units follow the vendor's interface, which sets ramps in W/s and reads them
back in mW/s. `docs/models/stabilize.md`, eq. 1, 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.constants import Julian_year

from twin.errors import ABOVE_ZERO, FRACTION, NOT_NEGATIVE, POSITIVE, check_fields
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
        immediate_ramp_down: Whether the floor is left at once, without the ramp, when
            a job has ended.
        active_frac: Power ÷ TDP above which a GPU counts as at work. 0..1
        release_s: The floor is let go this long after the last work: a job's end or
            failure, not its gaps. [s], > 0
        lifetime_burn_j: Energy one GPU's burn circuit may turn into heat over its
            life; the vendor gives a percentage left, not a figure. [J], > 0
    """

    floor_frac: float = 0.9
    ramp_up_w_per_s: float = 1000.0
    ramp_down_w_per_s: float = 1000.0
    hysteresis_s: float = 2.0
    ceiling_frac: float = 1.1
    immediate_ramp_down: bool = False
    active_frac: float = 0.5
    release_s: float = 10.0
    lifetime_burn_j: float = math.inf

    def __post_init__(self) -> None:
        low, high = FLOOR_RANGE
        if not low <= self.floor_frac <= high:
            raise ValueError(
                f"floor_frac must be {low} to {high} of TDP, got {self.floor_frac}; a "
                "per cent value is to be divided by 100"
            )
        check_fields(self, POSITIVE, "ramp_up_w_per_s", "ramp_down_w_per_s")
        for name in ("ramp_up_w_per_s", "ramp_down_w_per_s"):
            value = getattr(self, name)
            if value >= 1e5:
                raise ValueError(
                    f"{name} {value:g} W/s is beyond any GPU; mW/s typed where W/s is "
                    f"meant: try {value * WATTS_PER_MILLIWATT:g}"
                )
        check_fields(self, NOT_NEGATIVE, "hysteresis_s")
        check_fields(self, FRACTION, "active_frac")
        check_fields(
            self, ABOVE_ZERO, "release_s", "lifetime_burn_j", repair="raise it"
        )
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
        lifetime_frac: Part of the burn circuit's life used per year of this. [1]
    """

    wave: Waveform
    burnt_j: float
    lacked_j: float
    overhead_frac: float
    slowdown_frac: float
    lifetime_frac: float


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
        smoothing.hysteresis_s, smoothing.immediate_ramp_down, smoothing.active_frac,
        smoothing.release_s, out,
    )  # fmt: skip
    work = float(wanted.mean()) - idle_frac
    return Smoothed(
        wave=Waveform(power_w=out * whole_w, sample_s=wave.sample_s),
        burnt_j=burnt * whole_w, lacked_j=lacked * whole_w,
        overhead_frac=burnt * whole_w / wave.energy_j if wave.energy_j > 0 else 0.0,
        slowdown_frac=lacked / (work * wave.horizon_s) if work > 0 else 0.0,
        lifetime_frac=burnt * tdp_w / smoothing.lifetime_burn_j
        * Julian_year / wave.horizon_s,
    )  # fmt: skip


# --- the vendor's interface -----------------------------------------------------------

_REDFISH = {
    "TMPFloorPercent": ("floor_frac", 0.01),
    "RampUpWattsPerSecond": ("ramp_up_w_per_s", 1.0),
    "RampDownWattsPerSecond": ("ramp_down_w_per_s", 1.0),
    "RampDownHysteresisSeconds": ("hysteresis_s", 1.0),
    "ImmediateRampDown": ("immediate_ramp_down", 1.0),
}
_NVML = {
    "PERCENT_TMP_FLOOR": ("floor_frac", 0.01),
    "RAMP_UP_RATE": ("ramp_up_w_per_s", WATTS_PER_MILLIWATT),
    "RAMP_DOWN_RATE": ("ramp_down_w_per_s", WATTS_PER_MILLIWATT),
    "RAMP_DOWN_HYST_VAL": ("hysteresis_s", 1e-3),
}
_NVML_HEADS = (
    "NVML_FI_PWR_SMOOTHING_PROFILE_", "NVML_FI_PWR_SMOOTHING_ADMIN_OVERRIDE_",
)  # fmt: skip
_ENABLED = "NVML_FI_PWR_SMOOTHING_IMM_RAMP_DOWN_ENABLED"


def vendor_settings(read: Mapping[str, Any]) -> dict[str, Any]:
    """
    Translate what a GPU or its BMC says into fields of `Smoothing`.

    NVML field values are read in mW/s and ms, Redfish properties in W/s and s.

    Args:
        read: Values by the vendor's name: NVML_FI_PWR_SMOOTHING_PROFILE_*,
            NVML_FI_PWR_SMOOTHING_ADMIN_OVERRIDE_* (which wins), or Redfish.

    Returns:
        Values by our names, in W/s, seconds and fractions.

    Raises:
        ValueError: If a name is unknown.

    Source:
        NVML power smoothing fields 256 to 273; Redfish names of nsmd (read).
    """
    known = dict(_REDFISH) | {_ENABLED: ("immediate_ramp_down", 1.0)}
    for head in _NVML_HEADS:
        known |= {head + name: found for name, found in _NVML.items()}
    strange = sorted(set(read) - set(known))
    if strange:
        raise ValueError(
            f"{strange[0]} is no setting of power smoothing; known are "
            f"{', '.join(known)}"
        )
    settings: dict[str, Any] = {}
    for name in sorted(read, key=lambda n: n.startswith(_NVML_HEADS[1])):
        target, scale = known[name]
        flag = target == "immediate_ramp_down"
        settings[target] = bool(read[name]) if flag else float(read[name]) * scale
    return settings
