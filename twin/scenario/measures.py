"""
Measures of a training site as a planner writes them, with where each default is from.

Every model has the fields of its record in `twin.stabilize`; a test keeps them alike.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from twin.scenario.base import Model, Recorded, described, quantity

_VENDOR = "behaviour: third party's reading of the vendor's note (second-hand)"
_OURS = "assumed"


class Smoothing(Recorded):
    """GPU power smoothing, as GB200 and GB300 have it."""

    core = "twin.stabilize.smoothing.Smoothing"
    floor_frac: float = quantity(
        0.9, "Power floor ÷ TDP while a job runs",
        source="stabilization paper: 0.2 to 0.9 (second-hand)", ge=0, le=0.9,
    )  # fmt: skip
    ramp_up_w_per_s: float = quantity(
        1000.0, "Fastest rise of one GPU; the driver reads back mW/s", unit="W/s",
        source=f"up to TDP per second; {_VENDOR}", gt=0, lt=1e5,
    )  # fmt: skip
    ramp_down_w_per_s: float = quantity(
        1000.0, "Fastest fall of one GPU; the driver reads back mW/s", unit="W/s",
        source=f"up to TDP per second; {_VENDOR}", gt=0, lt=1e5,
    )  # fmt: skip
    hysteresis_s: float = quantity(
        2.0, "Power is held this long before it ramps down", unit="s", source=_VENDOR,
        ge=0, le=3600,
    )  # fmt: skip
    ceiling_frac: float = quantity(
        1.1, "Most power ÷ TDP",
        source="20 % of TDP between floor and ceiling (second-hand)", gt=0, le=2,
    )  # fmt: skip
    immediate_ramp_down: bool = described(
        False, "Whether the floor is left at once when a job has ended"
    )
    active_frac: float = quantity(
        0.5, "Power ÷ TDP above which a GPU is at work", source=_OURS, ge=0, le=1
    )
    release_s: float = quantity(
        10.0, "The floor is let go this long after the last work", unit="s",
        source=_OURS, gt=0, le=1e5,
    )  # fmt: skip
    lifetime_burn_j: float | None = quantity(
        None, "Energy one GPU's burn circuit may turn into heat over its life. Empty "
        "means no limit: the vendor gives a percentage left, no figure", unit="J",
        example=1e10, gt=0, le=1e15,
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _from_vendor(cls, given: Any) -> Any:
        """Take settings by the vendor's names: NVML fields (mW/s, ms), or Redfish."""
        if not isinstance(given, dict):
            return given
        theirs = {
            key: value for key, value in given.items()
            if key.startswith("NVML_FI_PWR_SMOOTHING_") or key[:1].isupper()
        }  # fmt: skip
        if not theirs:
            return given
        from twin.stabilize.smoothing import vendor_settings

        ours = {key: value for key, value in given.items() if key not in theirs}
        return vendor_settings(theirs) | ours


class Ballast(Recorded):
    """Software ballast: a second workload that fills a job's idle gaps."""

    core = "twin.stabilize.ballast.Ballast"
    target_frac: float = quantity(
        0.9, "Gaps are lifted to this ÷ TDP",
        source="stabilization paper: up to 1 (second-hand)", gt=0, le=1,
    )  # fmt: skip
    active_frac: float = quantity(
        0.5, "Power ÷ TDP below which a GPU waits: a gap", source=_OURS, ge=0, le=1
    )
    detect_s: float = quantity(
        0.005, "A gap is seen this long after it began", unit="s", source=_OURS, ge=0,
        le=60,
    )  # fmt: skip
    kernel_s: float = quantity(
        0.005, "Length of one kernel of it: how late it backs off", unit="s",
        source=_OURS, gt=0, le=60,
    )  # fmt: skip
    grain_frac: float = quantity(
        0.05, "Power of one unit of it ÷ TDP", source=_OURS, gt=0, le=1
    )
    contention_frac: float = quantity(
        0.5, "Part of its speed the job loses while both run", source=_OURS, ge=0, le=1
    )
    resident_frac: float = quantity(
        0.0, "Part of its speed the job loses for sharing the GPU at all", example=0.01,
        source=_OURS, ge=0, le=1,
    )  # fmt: skip
    ceiling_frac: float = quantity(
        1.1, "Most power of a GPU ÷ TDP", source=_OURS, gt=0, le=2
    )


class Storage(Recorded):
    """A store: of one GPU's share of a supply, one rack, one row, or the site."""

    core = "twin.stabilize.storage.Storage"
    power_w: float = quantity(
        ..., "Most it gives or takes", unit="W", example=500, gt=0, le=1e10
    )
    energy_j: float = quantity(
        ..., "What it holds; 1 kWh is 3.6e6 J", unit="J", example=65.0, gt=0, le=1e14,
        source="GB300 NVL72: 65 J per GPU in the supplies (second-hand)",
    )  # fmt: skip
    control: Literal["low-pass", "moving-average", "droop", "mpc"] = described(
        "low-pass", "What the grid should see of the load"
    )
    filter_s: float = quantity(
        10.0, "Time constant, window, or the plan's horizon", unit="s", source=_OURS,
        gt=0, le=1e5,
    )  # fmt: skip
    gain: float = quantity(
        1.0, "Part of the deviation it takes; droop alone", source=_OURS, ge=0, le=1
    )
    deadband_frac: float = quantity(
        0.0, "Deviation it leaves alone ÷ its power; droop alone", example=0.02,
        source=_OURS, ge=0, le=1,
    )  # fmt: skip
    step_s: float = quantity(
        0.1, "Time between decisions; mpc alone", unit="s", source=_OURS, gt=0, le=3600
    )
    period_s: float = quantity(
        0.0, "The load is expected to repeat after this; mpc alone, 0 expects it to "
        "stay", unit="s", example=2, source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    charge_efficiency: float = quantity(
        0.97, "Energy stored ÷ drawn", source=_OURS, gt=0, le=1
    )
    discharge_efficiency: float = quantity(
        0.97, "Energy delivered ÷ taken out", source=_OURS, gt=0, le=1
    )
    response_s: float = quantity(
        0.0, "Time constant of its own power", unit="s", example=0.02, source=_OURS,
        ge=0, le=60,
    )  # fmt: skip
    centre_frac: float = quantity(
        0.5, "Charge ÷ energy that control returns to", source=_OURS, ge=0, le=1
    )
    return_s: float = quantity(
        600.0, "Time constant of that return", unit="s", source=_OURS, gt=0, le=1e6
    )
    cycle_life: float | None = quantity(
        None, "Full cycles until a fifth of its capacity is lost. Empty means it does "
        "not wear", unit="cycles", example=6000, gt=0, le=1e9,
    )  # fmt: skip


class Scheduling(Recorded):
    """What the scheduler does about swings."""

    core = "twin.stabilize.scheduling.Scheduling"
    stagger_s: float = quantity(
        0.0, "Each further job starts this later", unit="s", example=0.5, source=_OURS,
        ge=0, le=1e5,
    )  # fmt: skip
    take_turns: bool = described(
        False, "Whether checkpoints of jobs are spread over their cadence", example=True
    )
    start_ramp_s: float = quantity(
        0.0, "A cap rises from idle to full power over this at a start", unit="s",
        example=120, source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    end_ramp_s: float = quantity(
        0.0, "Power falls over this at an end or failure, by a burn", unit="s",
        example=120, source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    clock_frac: float = quantity(
        1.0, "SM clock ÷ its highest", example=0.9, source=_OURS, gt=0, le=1
    )


class Measures(Model):
    """Measures on the way from GPUs to the grid; each may be absent."""

    scheduling: Scheduling | None = described(
        None, "Of the jobs", example={"start_ramp_s": 120}
    )
    ballast: Ballast | None = described(
        None, "On every GPU", example={"target_frac": 0.9}
    )
    smoothing: Smoothing | None = described(
        None, "On every GPU", example={"floor_frac": 0.9}
    )
    psu: Storage | None = described(
        None, "Store of one GPU's share of a supply",
        example={"power_w": 500, "energy_j": 65, "filter_s": 1},
    )  # fmt: skip
    rack: Storage | None = described(
        None, "Store of one rack", example={"power_w": 60_000, "energy_j": 3.6e6}
    )
    row: Storage | None = described(
        None, "Store of one row", example={"power_w": 600_000, "energy_j": 3.6e7}
    )
    site: Storage | None = described(
        None, "Store of the site",
        example={"power_w": 2e7, "energy_j": 3.6e9, "filter_s": 60},
    )  # fmt: skip
