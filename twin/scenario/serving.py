"""Serving inputs: one traffic, one hall, and the systems to compare on it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field, field_validator, model_validator

from twin.scenario.base import Model, quantity
from twin.scenario.own import Own, own_field
from twin.scenario.workload import Arrivals, DiurnalArrivals, RequestClass, TokenRange

_CHAT = "order of the recorded chat traffic (Azure 2023: mean 1,155 and 211 tokens)"
MOST_REQUESTS = 5_000_000
"""Requests of one run: about what two cores answer within half a minute."""


def chat() -> tuple[RequestClass, ...]:
    """Return chat-like traffic that needs no dataset."""
    return (
        RequestClass(
            name="chat", share=1.0,
            prompt_tokens=TokenRange(min=60, max=2250),
            output_tokens=TokenRange(min=10, max=412),
        ),
    )  # fmt: skip


class ServingTraffic(Model):
    """Requests that every system serves."""

    classes: tuple[RequestClass, ...] = Field(
        default_factory=chat,
        description="Kinds of request; `lengths` draws from a recorded dataset. "
        f"The default is chat: {_CHAT}",
        examples=[[{"name": "chat", "share": 1, "lengths": "azure-llm-2023-conv"}]],
        min_length=1,
        max_length=8,
    )
    arrivals: Arrivals = Field(
        default_factory=DiurnalArrivals,
        description="When requests arrive",
        examples=[{"kind": "rates", "dataset": "servegen-m-large"}],
    )
    rate_rps: float = quantity(
        20.0, unit="1/s", doc="Mean requests per second over the whole length",
        example=20, source="ours: a few tens of servers are busy", gt=0, le=1e5,
    )  # fmt: skip
    length_s: float = quantity(
        3600.0, unit="s", doc="Length of the traffic", example=3600, ge=60, le=1.3e6
    )
    start: dt.datetime = Field(
        dt.datetime(2022, 7, 5, 12, tzinfo=dt.UTC),
        description="First instant, with its time zone; fixes hour and weekday",
        examples=["2022-07-05T12:00:00Z"],
    )

    @field_validator("start")
    @classmethod
    def _with_zone(cls, start: dt.datetime) -> dt.datetime:
        if start.tzinfo is None:
            raise ValueError(f"start {start} needs a time zone; add Z for UTC")
        return start

    @model_validator(mode="after")
    def _bounded(self) -> ServingTraffic:
        count = self.rate_rps * self.length_s
        if count > MOST_REQUESTS:
            raise ValueError(
                f"rate_rps {self.rate_rps:g} × length_s {self.length_s:g} is "
                f"{count:,.0f} requests, more than {MOST_REQUESTS:,}; shorten the "
                "traffic or take part of the fleet at part of the rate"
            )
        return self


class ServingSlo(Model):
    """Limits of every request."""

    ttft_short_s: float = quantity(
        0.25, unit="s", doc="Time to first token, prompts below 256 tokens",
        example=0.25, source="DynamoLLM, from memory", gt=0, le=3600,
    )  # fmt: skip
    ttft_medium_s: float = quantity(
        0.4, unit="s", doc="Time to first token, prompts of 256 to 1,023 tokens",
        example=0.4, source="DynamoLLM, second-hand", gt=0, le=3600,
    )  # fmt: skip
    ttft_long_s: float = quantity(
        2.0, unit="s", doc="Time to first token, prompts of 1,024 tokens and more",
        example=2.0, source="DynamoLLM, from memory", gt=0, le=3600,
    )  # fmt: skip
    tbt_s: float = quantity(
        0.1, unit="s", doc="Mean time between tokens of a request",
        example=0.1, source="DynamoLLM, second-hand", gt=0, le=60,
    )  # fmt: skip


class ServingSite(Model):
    """The hall around the servers: overhead, prices, carbon."""

    pue: float = quantity(
        1.2, unit="1", doc="Site power ÷ IT power", example=1.2,
        source="assumed: the geometric mean of 1.05 and 1.40", ge=1, le=3,
    )  # fmt: skip
    energy_usd_per_kwh: float = quantity(
        0.07, unit="USD/kWh", doc="Price of site energy", example=0.07,
        source="assumed: a large user in the United States", ge=0, le=10,
    )  # fmt: skip
    rent_includes_energy: bool = quantity(
        True, unit="1", doc="Whether the price of a GPU-hour covers its energy; if "
        "not, energy is paid on top", example=True,
        source="the catalogue's prices are cloud rents, which cover energy",
    )  # fmt: skip
    carbon_g_per_kwh: float = quantity(
        360.0, unit="g/kWh", doc="Grid intensity where no region is named",
        example=360, source="PJM 2022 mean, 362.6 (EIA hourly generation)", ge=0,
        le=2000,
    )  # fmt: skip
    grid: str | None = Field(
        None,
        description="Dataset of hourly prices and carbon intensity; replaces the two "
        "figures above by its hours. Empty means constant",
        examples=["US-CAL-CISO_2022"],
    )


class SystemChoice(Model):
    """One of the systems, with its knobs."""

    key: str = Field(description="Key of the system", examples=["dynamollm"])
    label: str | None = Field(
        None, description="Name on charts; empty is the system's", examples=["ours"],
        max_length=60,
    )  # fmt: skip
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Its knobs; what is left out keeps its default",
        examples=[{"period_s": 5}],
    )


class ServingInput(Model):
    """Systems side by side on the same traffic."""

    name: str = Field(
        "Serving systems", description="Name", examples=["Chat on 8 servers"],
        min_length=1, max_length=120,
    )  # fmt: skip
    model: str = Field(
        "llama2-70b", description="Key of the model", examples=["llama2-70b"]
    )
    server: str = Field(
        "dgx-h100", description="Key of the server type", examples=["dgx-h100"]
    )
    server_count: int = quantity(
        16, unit="1", doc="Servers at hand", example=16, ge=1, le=2000
    )
    gpus_per_instance: int = quantity(
        8, unit="1", doc="GPUs of one baseline instance (tensor parallel)",
        example=8, ge=1, le=64,
    )  # fmt: skip
    traffic: ServingTraffic = Field(
        default_factory=ServingTraffic,
        description="What everybody serves", examples=[{"rate_rps": 20}],
    )  # fmt: skip
    slo: ServingSlo = Field(
        default_factory=ServingSlo, description="Limits", examples=[{"tbt_s": 0.1}]
    )
    site: ServingSite = Field(
        default_factory=ServingSite, description="Hall", examples=[{"pue": 1.2}]
    )
    systems: tuple[SystemChoice, ...] = Field(
        default=(SystemChoice(key="baseline"), SystemChoice(key="splitwise")),
        description="Systems to compare; the baseline is always run",
        examples=[[{"key": "splitwise"}, {"key": "dynamollm"}]],
        min_length=1,
        max_length=12,
    )
    own: Own = own_field()
    server_counts: tuple[int, ...] = quantity(
        (), unit="servers", doc="Further server counts at which every system runs, "
        "for the curve of SLO against watts", example=[12, 14, 18], max_length=8,
    )  # fmt: skip
    seed: int = quantity(
        1, unit="1", doc="Seed of every draw", example=1, ge=0, le=2**53
    )

    @model_validator(mode="after")
    def _labels_differ(self) -> ServingInput:
        names = [
            s.label or f"{s.key}: {sorted(s.parameters.items())}" for s in self.systems
        ]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(
                f"systems must differ; {twice[0]!r} appears twice: "
                "change a parameter or give labels"
            )
        if any(not 1 <= n <= 2000 for n in self.server_counts):
            raise ValueError(
                f"server_counts must lie between 1 and 2000, got {self.server_counts}; "
                "leave the others out"
            )
        return self
