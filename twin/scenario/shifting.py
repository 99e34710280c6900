"""Inputs of shifting: deferrable jobs, a signal, and the power the site has left."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import Field

from twin.errors import ScenarioError
from twin.scenario.base import Checked, described, quantity
from twin.types import FloatArray

MOST_JOBS = 2000
MOST_STEPS = 8784
MOST_CELLS = 300_000
Aim = Literal["carbon", "price", "headroom"]


class DeferrableJob(Checked):
    """Work that may wait: a batch of queries, a fine-tuning run, an evaluation."""

    name: str = described(
        ..., "Name, unlike the others'", example="nightly-evaluation", min_length=1,
        max_length=200,
    )  # fmt: skip
    energy_wh: float | None = quantity(
        None, "Energy it takes. Empty where gpu_hours says it", unit="Wh", example=2e5,
        gt=0, le=1e12,
    )  # fmt: skip
    gpu_hours: float | None = quantity(
        None, "Hours of one GPU it takes, instead of energy_wh", unit="h", example=512,
        gt=0, le=1e9,
    )  # fmt: skip
    gpu_w: float | None = quantity(
        None, "Power of a GPU and its part of the server, for gpu_hours", unit="W",
        example=1000, gt=0, le=1e5,
    )  # fmt: skip
    power_w: float = quantity(
        ..., "Most it may draw", unit="W", example=5e4, gt=0, le=1e10
    )
    earliest_h: float = quantity(
        0.0, "When it arrives, from the start of the grid", unit="h", example=9, ge=0,
        le=1e5,
    )  # fmt: skip
    deadline_h: float = quantity(
        ..., "When it must be done, from the start of the grid", unit="h", example=33,
        gt=0, le=1e5,
    )  # fmt: skip
    contiguous: bool = described(
        False, "Whether it runs in one piece at power_w; otherwise it may pause and "
        "run slower",
    )  # fmt: skip

    def _check(self) -> None:
        by_hours = self.gpu_hours is not None and self.gpu_w is not None
        if (self.energy_wh is None) != by_hours or (
            self.energy_wh is not None and (self.gpu_hours or self.gpu_w)
        ):
            raise ValueError(
                f"job {self.name!r} needs energy_wh, or gpu_hours and gpu_w, not both"
            )
        if self.deadline_h <= self.earliest_h:
            raise ValueError(
                f"deadline_h of job {self.name!r} must be after earliest_h, got "
                f"{self.deadline_h:g} and {self.earliest_h:g}"
            )

    @property
    def needed_wh(self) -> float:
        """Energy it takes, however it was given."""
        if self.energy_wh is not None:
            return self.energy_wh
        return (self.gpu_hours or 0.0) * (self.gpu_w or 0.0)


class ShiftInput(Checked):
    """Jobs, signals and headroom on a grid of equal steps."""

    jobs: tuple[DeferrableJob, ...] = Field(
        description="Deferrable jobs", min_length=1, max_length=MOST_JOBS
    )
    headroom_w: tuple[float, ...] = quantity(
        ..., "Power the site has left for them, per step", unit="W",
        example=[2e5, 1.5e5], min_length=1, max_length=MOST_STEPS,
    )  # fmt: skip
    step_h: float = quantity(1.0, "Length of a step", unit="h", gt=0, le=24)
    aim: Aim = described(
        "carbon", "What is kept low: carbon, cost, or (headroom) the power at the step "
        "with least to spare",
    )  # fmt: skip
    carbon_g_per_kwh: tuple[float, ...] | None = quantity(
        None, "Carbon of the grid, per step", unit="g/kWh", example=[310, 250]
    )
    price_usd_per_mwh: tuple[float, ...] | None = quantity(
        None, "Price of energy, per step", unit="USD/MWh", example=[60, -5]
    )
    forecast: tuple[float, ...] | None = quantity(
        None, "The aim's signal as expected; the schedule follows it and is accounted "
        "at the actual one", unit="of the aim", example=[300, 260],
    )  # fmt: skip
    pue: float = quantity(
        1.0, "Energy at the meter ÷ energy of the jobs", example=1.2, ge=1, le=10
    )

    def _check(self) -> None:
        steps = len(self.headroom_w)
        for name in ("carbon_g_per_kwh", "price_usd_per_mwh", "forecast"):
            series = getattr(self, name)
            if series is not None and len(series) != steps:
                raise ValueError(
                    f"{name} must have a value per step, {steps}, got {len(series)}"
                )
        if min(self.headroom_w) < 0:
            raise ValueError(
                f"headroom_w must not be negative, lowest is {min(self.headroom_w):g}; "
                "put 0 where the site is full"
            )
        if self.aim != "headroom" and self.signal is None:
            raise ValueError(f"aim {self.aim!r} needs its series, got none")
        if self.aim == "headroom" and self.forecast is not None:
            raise ValueError(
                "aim 'headroom' takes no forecast; plan on a lower headroom"
            )
        names = [job.name for job in self.jobs]
        if len(set(names)) != len(names):
            twice = sorted({n for n in names if names.count(n) > 1})
            raise ValueError(f"jobs must have different names, twice there: {twice}")
        if len(names) * steps > MOST_CELLS:
            raise ValueError(
                f"jobs × steps must be at most {MOST_CELLS:,}, got "
                f"{len(names) * steps:,}; plan fewer days at once"
            )

    @property
    def signal(self) -> FloatArray | None:
        """The aim's series as it came; None for headroom, which has none."""
        by_aim = {"carbon": self.carbon_g_per_kwh, "price": self.price_usd_per_mwh}
        series = by_aim.get(self.aim)
        return None if series is None else np.array(series, dtype=np.float64)

    def check_windows(self) -> None:
        """
        Refuse jobs that no headroom would save.

        Raises:
            ScenarioError: If a job ends after the grid, or its window is too short.
        """
        end_h = len(self.headroom_w) * self.step_h
        for job in self.jobs:
            field = f"jobs[{job.name}]"
            if job.deadline_h > end_h * (1 + 1e-9):
                raise ScenarioError(f"{field}.deadline_h", "must be within the grid, "
                                    f"{end_h:g} h", job.deadline_h, "give more steps, "
                                    "or an earlier deadline")  # fmt: skip
            start_h = job.earliest_h
            if job.contiguous:
                start_h = math.ceil(start_h / self.step_h - 1e-9) * self.step_h
            possible_wh = job.power_w * max(job.deadline_h - start_h, 0.0)
            if job.needed_wh > possible_wh * (1 + 1e-9):
                lacking = job.needed_wh - possible_wh
                raise ScenarioError(field,
                                    "must fit between its arrival and its deadline",
                                    f"{lacking:,.0f} Wh of {job.needed_wh:,.0f} Wh "
                                    "left over", "raise power_w, put deadline_h later, "
                                    "or lower its energy")  # fmt: skip
