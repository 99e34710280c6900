"""Inputs of a Splitwise search: lengths, limits, and what is held equal."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from twin.scenario.base import Model, quantity
from twin.scenario.serving import ServingTraffic

DesignName = Literal["Base-A100", "Base-H100", "AA", "HH", "HA", "HHcap"]


class ProvisionInput(Model):
    """How many prompt and token machines, of which design."""

    model: str = Field(
        "llama2-70b", description="Key of the model", examples=["llama2-70b"]
    )
    traffic: ServingTraffic = Field(
        default_factory=ServingTraffic, description="Where lengths are drawn from; its "
        "rate only says how many", examples=[{"length_s": 600}],
    )  # fmt: skip
    designs: tuple[DesignName, ...] = Field(
        ("Base-A100", "Base-H100", "AA", "HH", "HA", "HHcap"),
        description="Designs: A is a DGX A100, H a DGX H100, `cap` caps its GPUs",
        examples=[["HH", "HHcap"]], min_length=1,
    )  # fmt: skip
    objective: Literal["iso-power", "iso-cost", "iso-throughput"] = Field(
        "iso-power", description="What is held equal: provisioned power, rent, or the "
        "rate", examples=["iso-cost"],
    )  # fmt: skip
    budget_a100: float = quantity(
        40.0, unit="machines", doc="Budget: as many DGX A100 of the same power or rent",
        example=40, source="ours: a fleet of the publication's size", gt=0, le=1000,
    )  # fmt: skip
    rate_rps: float = quantity(
        20.0, unit="1/s", doc="Rate to serve, for iso-throughput", example=20, gt=0,
        le=1000,
    )  # fmt: skip
    least: Literal["power", "cost"] = Field(
        "power", description="What iso-throughput makes least", examples=["cost"]
    )
    limits_factor: float = quantity(
        1.0, unit="1", doc="Multiplier of the nine limits of slow-down", example=1.5,
        source="published limits", gt=0, le=100,
    )  # fmt: skip
    seed: int = quantity(
        1, unit="1", doc="Seed of every draw", example=1, ge=0, le=2**53
    )

    @model_validator(mode="after")
    def _once_each(self) -> ProvisionInput:
        if len(set(self.designs)) != len(self.designs):
            raise ValueError(f"designs must differ, got {self.designs}; name each once")
        return self
