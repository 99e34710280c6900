"""Inputs of a Splitwise search: lengths, limits, and what is held equal."""

from __future__ import annotations

from typing import Literal

from twin.scenario.base import Checked, described, part, quantity
from twin.scenario.serving import ServingTraffic

DesignName = Literal["Base-A100", "Base-H100", "AA", "HH", "HA", "HHcap"]


class ProvisionInput(Checked):
    """How many prompt and token machines, of which design."""

    model: str = described("llama2-70b", "Key of the model")
    traffic: ServingTraffic = part(
        ServingTraffic, "Where lengths are drawn from; its rate only says how many",
        {"length_s": 600},
    )  # fmt: skip
    designs: tuple[DesignName, ...] = described(
        ("Base-A100", "Base-H100", "AA", "HH", "HA", "HHcap"),
        "Designs: A is a DGX A100, H a DGX H100, `cap` caps its GPUs",
        example=["HH", "HHcap"], min_length=1,
    )  # fmt: skip
    objective: Literal["iso-power", "iso-cost", "iso-throughput"] = described(
        "iso-power", "What is held equal: provisioned power, rent, or the rate",
        example="iso-cost",
    )  # fmt: skip
    budget_a100: float = quantity(
        40.0, "Budget: as many DGX A100 of the same power or rent", unit="machines",
        source="ours: a fleet of the publication's size", gt=0, le=1000,
    )  # fmt: skip
    rate_rps: float = quantity(
        20.0, "Rate to serve, for iso-throughput", unit="1/s", gt=0, le=1000
    )
    least: Literal["power", "cost"] = described(
        "power", "What iso-throughput makes least", example="cost"
    )
    limits_factor: float = quantity(
        1.0, "Multiplier of the nine limits of slow-down", example=1.5,
        source="published limits", gt=0, le=100,
    )  # fmt: skip
    seed: int = quantity(1, "Seed of every draw", ge=0, le=2**53)

    def _check(self) -> None:
        if len(set(self.designs)) != len(self.designs):
            raise ValueError(f"designs must differ, got {self.designs}; name each once")
