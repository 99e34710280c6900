"""
Measures of a training site as a planner writes them, with where each default is from.

Every model has the fields of its record in `twin.stabilize`; a test keeps them alike.
Those records are imported where they are made: compiled code costs 0.4 s to load, and
most scenarios hold no training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from twin.scenario.base import Model, quantity

if TYPE_CHECKING:
    from twin.stabilize import ballast, scheduling, smoothing, storage

_VENDOR = "behaviour: third party's reading of the vendor's note (second-hand)"
_OURS = "assumed"


class Smoothing(Model):
    """GPU power smoothing, as GB200 and GB300 have it."""

    floor_frac: float = quantity(
        0.9, unit="1", doc="Power floor ÷ TDP while a job runs", example=0.9,
        source="stabilization paper: 0.2 to 0.9 (second-hand)", ge=0, le=0.9,
    )  # fmt: skip
    ramp_up_w_per_s: float = quantity(
        1000.0, unit="W/s", doc="Fastest rise of one GPU; the driver reads back mW/s",
        example=1000, source=f"up to TDP per second; {_VENDOR}", gt=0, lt=1e5,
    )  # fmt: skip
    ramp_down_w_per_s: float = quantity(
        1000.0, unit="W/s", doc="Fastest fall of one GPU; the driver reads back mW/s",
        example=1000, source=f"up to TDP per second; {_VENDOR}", gt=0, lt=1e5,
    )  # fmt: skip
    hysteresis_s: float = quantity(
        2.0, unit="s", doc="Power is held this long before it ramps down", example=2,
        source=_VENDOR, ge=0, le=3600,
    )  # fmt: skip
    ceiling_frac: float = quantity(
        1.1, unit="1", doc="Most power ÷ TDP", example=1.1,
        source="20 % of TDP between floor and ceiling (second-hand)", gt=0, le=2,
    )  # fmt: skip
    immediate_ramp_down: bool = Field(
        False, description="Whether the floor is left at once when a job has ended",
        examples=[False],
    )  # fmt: skip
    active_frac: float = quantity(
        0.5, unit="1", doc="Power ÷ TDP above which a GPU is at work", example=0.5,
        source=_OURS, ge=0, le=1,
    )  # fmt: skip
    release_s: float = quantity(
        10.0, unit="s", doc="The floor is let go this long after the last work",
        example=10, source=_OURS, gt=0, le=1e5,
    )  # fmt: skip
    lifetime_burn_j: float | None = quantity(
        None, unit="J", doc="Energy one GPU's burn circuit may turn into heat over its "
        "life. Empty means no limit: the vendor gives a percentage left, no figure",
        example=1e10, gt=0, le=1e15,
    )  # fmt: skip

    def record(self) -> smoothing.Smoothing:
        """Convert to the core's record."""
        from twin.stabilize import smoothing

        given = self.model_dump(exclude_none=True)
        return smoothing.Smoothing(**given)

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

    @model_validator(mode="after")
    def _sane(self) -> Smoothing:
        self.record()
        return self


class Ballast(Model):
    """Software ballast: a second workload that fills a job's idle gaps."""

    target_frac: float = quantity(
        0.9, unit="1", doc="Gaps are lifted to this ÷ TDP", example=0.9,
        source="stabilization paper: up to 1 (second-hand)", gt=0, le=1,
    )  # fmt: skip
    active_frac: float = quantity(
        0.5, unit="1", doc="Power ÷ TDP below which a GPU waits: a gap", example=0.5,
        source=_OURS, ge=0, le=1,
    )  # fmt: skip
    detect_s: float = quantity(
        0.005, unit="s", doc="A gap is seen this long after it began", example=0.005,
        source=_OURS, ge=0, le=60,
    )  # fmt: skip
    kernel_s: float = quantity(
        0.005, unit="s", doc="Length of one kernel of it: how late it backs off",
        example=0.005, source=_OURS, gt=0, le=60,
    )  # fmt: skip
    grain_frac: float = quantity(
        0.05, unit="1", doc="Power of one unit of it ÷ TDP", example=0.05,
        source=_OURS, gt=0, le=1,
    )  # fmt: skip
    contention_frac: float = quantity(
        0.5, unit="1", doc="Part of its speed the job loses while both run",
        example=0.5, source=_OURS, ge=0, le=1,
    )  # fmt: skip
    resident_frac: float = quantity(
        0.0, unit="1", doc="Part of its speed the job loses for sharing the GPU at all",
        example=0.01, source=_OURS, ge=0, le=1,
    )  # fmt: skip
    ceiling_frac: float = quantity(
        1.1, unit="1", doc="Most power of a GPU ÷ TDP", example=1.1, source=_OURS,
        gt=0, le=2,
    )  # fmt: skip

    def record(self) -> ballast.Ballast:
        """Convert to the core's record."""
        from twin.stabilize import ballast

        return ballast.Ballast(**self.model_dump())

    @model_validator(mode="after")
    def _sane(self) -> Ballast:
        self.record()
        return self


class Storage(Model):
    """A store: of one GPU's share of a supply, one rack, one row, or the site."""

    power_w: float = quantity(
        ..., unit="W", doc="Most it gives or takes", example=500, gt=0, le=1e10
    )
    energy_j: float = quantity(
        ..., unit="J", doc="What it holds; 1 kWh is 3.6e6 J", example=65.0, gt=0,
        le=1e14, source="GB300 NVL72: 65 J per GPU in the supplies (second-hand)",
    )  # fmt: skip
    control: Literal["low-pass", "moving-average", "droop", "mpc"] = Field(
        "low-pass", description="What the grid should see of the load",
        examples=["low-pass"],
    )  # fmt: skip
    filter_s: float = quantity(
        10.0, unit="s", doc="Time constant, window, or the plan's horizon", example=10,
        source=_OURS, gt=0, le=1e5,
    )  # fmt: skip
    gain: float = quantity(
        1.0, unit="1", doc="Part of the deviation it takes; droop alone", example=1,
        source=_OURS, ge=0, le=1,
    )  # fmt: skip
    deadband_frac: float = quantity(
        0.0, unit="1", doc="Deviation it leaves alone ÷ its power; droop alone",
        example=0.02, source=_OURS, ge=0, le=1,
    )  # fmt: skip
    step_s: float = quantity(
        0.1, unit="s", doc="Time between decisions; mpc alone", example=0.1,
        source=_OURS, gt=0, le=3600,
    )  # fmt: skip
    period_s: float = quantity(
        0.0, unit="s", doc="The load is expected to repeat after this; mpc alone, 0 "
        "expects it to stay", example=2, source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    charge_efficiency: float = quantity(
        0.97, unit="1", doc="Energy stored ÷ drawn", example=0.97, source=_OURS,
        gt=0, le=1,
    )  # fmt: skip
    discharge_efficiency: float = quantity(
        0.97, unit="1", doc="Energy delivered ÷ taken out", example=0.97,
        source=_OURS, gt=0, le=1,
    )  # fmt: skip
    response_s: float = quantity(
        0.0, unit="s", doc="Time constant of its own power", example=0.02,
        source=_OURS, ge=0, le=60,
    )  # fmt: skip
    centre_frac: float = quantity(
        0.5, unit="1", doc="Charge ÷ energy that control returns to", example=0.5,
        source=_OURS, ge=0, le=1,
    )  # fmt: skip
    return_s: float = quantity(
        600.0, unit="s", doc="Time constant of that return", example=600,
        source=_OURS, gt=0, le=1e6,
    )  # fmt: skip
    cycle_life: float | None = quantity(
        None, unit="cycles", doc="Full cycles until a fifth of its capacity is lost. "
        "Empty means it does not wear", example=6000, gt=0, le=1e9,
    )  # fmt: skip

    def record(self) -> storage.Storage:
        """Convert to the core's record."""
        from twin.stabilize import storage

        return storage.Storage(**self.model_dump(exclude_none=True))

    @model_validator(mode="after")
    def _sane(self) -> Storage:
        self.record()
        return self


class Scheduling(Model):
    """What the scheduler does about swings."""

    stagger_s: float = quantity(
        0.0, unit="s", doc="Each further job starts this later", example=0.5,
        source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    take_turns: bool = Field(
        False, description="Whether checkpoints of jobs are spread over their cadence",
        examples=[True],
    )  # fmt: skip
    start_ramp_s: float = quantity(
        0.0, unit="s", doc="A cap rises from idle to full power over this at a start",
        example=120, source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    end_ramp_s: float = quantity(
        0.0, unit="s", doc="Power falls over this at an end or failure, by a burn",
        example=120, source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    clock_frac: float = quantity(
        1.0, unit="1", doc="SM clock ÷ its highest", example=0.9, source=_OURS,
        gt=0, le=1,
    )  # fmt: skip

    def record(self) -> scheduling.Scheduling:
        """Convert to the core's record."""
        from twin.stabilize import scheduling

        return scheduling.Scheduling(**self.model_dump())


class Measures(Model):
    """Measures on the way from GPUs to the grid; each may be absent."""

    scheduling: Scheduling | None = Field(
        None, description="Of the jobs", examples=[{"start_ramp_s": 120}]
    )
    ballast: Ballast | None = Field(
        None, description="On every GPU", examples=[{"target_frac": 0.9}]
    )
    smoothing: Smoothing | None = Field(
        None, description="On every GPU", examples=[{"floor_frac": 0.9}]
    )
    psu: Storage | None = Field(
        None, description="Store of one GPU's share of a supply",
        examples=[{"power_w": 500, "energy_j": 65, "filter_s": 1}],
    )  # fmt: skip
    rack: Storage | None = Field(
        None, description="Store of one rack",
        examples=[{"power_w": 60_000, "energy_j": 3.6e6}],
    )  # fmt: skip
    row: Storage | None = Field(
        None, description="Store of one row",
        examples=[{"power_w": 600_000, "energy_j": 3.6e7}],
    )  # fmt: skip
    site: Storage | None = Field(
        None, description="Store of the site",
        examples=[{"power_w": 2e7, "energy_j": 3.6e9, "filter_s": 60}],
    )  # fmt: skip
