"""What sizing may choose from, and what things cost."""

from __future__ import annotations

from math import prod
from typing import Literal

from pydantic import Field

from twin.scenario.base import Checked, Model, described, part, quantity

_OURS = "assumed"
MOST_COMBINATIONS = 5000


class Prices(Model):
    """Prices; every one is assumed and wants the planner's own."""

    energy_per_mwh: float = quantity(
        60.0, "Energy", unit="$/MWh", source=_OURS, ge=0, le=1e5
    )
    gpu_hour: float = quantity(
        2.0, "An hour of one GPU, for time a job loses", unit="$/h", source=_OURS, ge=0,
        le=1e4,
    )  # fmt: skip
    psu_store_per_gpu: float = quantity(
        30.0, "Supply store of 65 J, for one GPU", unit="$", source=_OURS, ge=0, le=1e6
    )
    store_per_kw: float = quantity(
        250.0, "Power of a store", unit="$/kW", source=_OURS, ge=0, le=1e6
    )
    store_per_kwh: float = quantity(
        350.0, "Energy of a store", unit="$/kWh", source=_OURS, ge=0, le=1e6
    )
    rack_store_per_kwh: float = quantity(
        1200.0, "Energy of a store inside racks", unit="$/kWh", source=_OURS, ge=0,
        le=1e6,
    )  # fmt: skip
    years: float = quantity(
        7.0, "Life over which a store is paid, if it does not wear out before",
        unit="years", source=_OURS, gt=0, le=50,
    )  # fmt: skip
    starts_per_year: float = quantity(
        100.0, "Starts and restarts of each job in a year", unit="1/year", source=_OURS,
        ge=0, le=1e6,
    )  # fmt: skip


class Sizing(Checked):
    """Options; every combination of one of each is tried."""

    floors_frac: tuple[float, ...] = quantity(
        (0.0, 0.6, 0.7, 0.8, 0.9), "Floors of GPU smoothing ÷ TDP; 0 is none",
        example=[0.0, 0.9], min_length=1, max_length=40,
    )  # fmt: skip
    ballasts_frac: tuple[float, ...] = quantity(
        (0.0, 0.9), "Targets of software ballast ÷ TDP; 0 is none", example=[0.0, 0.9],
        min_length=1, max_length=40,
    )  # fmt: skip
    ramps_s: tuple[float, ...] = quantity(
        (0.0, 120.0, 600.0), "Ramps at starts and ends; 0 is none", unit="s",
        example=[0.0, 300.0], min_length=1, max_length=40,
    )  # fmt: skip
    psu_j_per_gpu: tuple[float, ...] = Field(
        (0.0, 65.0), description="Supply stores; 0 is none [J per GPU]",
        examples=[[0.0, 65.0]], min_length=1, max_length=40,
        json_schema_extra={"unit": "J"},
    )  # fmt: skip
    rack_kwh: tuple[float, ...] = Field(
        (0.0, 1.0), description="Stores in each rack; 0 is none [kWh per rack]",
        examples=[[0.0, 1.0]], min_length=1, max_length=40,
        json_schema_extra={"unit": "kWh"},
    )  # fmt: skip
    site_power_frac: tuple[float, ...] = quantity(
        (0.0, 0.25, 0.5), "Power of a site store ÷ the site's highest power; 0 is none",
        example=[0.0, 0.5], min_length=1, max_length=40,
    )  # fmt: skip
    site_hours: tuple[float, ...] = quantity(
        (0.1, 0.5), "Energy of a site store ÷ its power", unit="h", example=[0.25],
        min_length=1, max_length=40,
    )  # fmt: skip
    site_filter_s: tuple[float, ...] = quantity(
        (30.0, 300.0), "Time constants of a site store's low-pass", unit="s",
        example=[30.0, 300.0], min_length=1, max_length=40,
    )  # fmt: skip
    objective: Literal["cost", "waste", "slowdown"] = described(
        "cost", "What the best of those that pass has least of"
    )
    prices: Prices = part(Prices, "Prices", {"gpu_hour": 2})

    @property
    def combination_count(self) -> int:
        """Combinations; a site store of no power is one, whatever its hours."""
        powers = sum(1 for p in self.site_power_frac if p)
        sites = powers * len(self.site_hours) * len(self.site_filter_s)
        return (sites + (0.0 in self.site_power_frac)) * prod(
            len(options) for options in (
                self.floors_frac, self.ballasts_frac, self.ramps_s, self.psu_j_per_gpu,
                self.rack_kwh,
            )
        )  # fmt: skip

    def _check(self) -> None:
        for name, high in (
            ("floors_frac", 0.9), ("ballasts_frac", 1.0), ("ramps_s", 1e5),
            ("psu_j_per_gpu", 1e6), ("rack_kwh", 1e4), ("site_power_frac", 10.0),
            ("site_hours", 1e3), ("site_filter_s", 1e5),
        ):  # fmt: skip
            values = getattr(self, name)
            least = 0.0 if name not in ("site_hours", "site_filter_s") else 1e-6
            wrong = [v for v in values if not least <= v <= high]
            if wrong:
                raise ValueError(
                    f"{name} must lie in {least:g} to {high:g}, got {wrong[0]:g}; "
                    "correct it"
                )
            if len(set(values)) != len(values):
                raise ValueError(f"{name} must not repeat a value; remove the double")
        if self.combination_count > MOST_COMBINATIONS:
            raise ValueError(
                f"options make {self.combination_count} combinations, more than "
                f"{MOST_COMBINATIONS}; remove some"
            )
