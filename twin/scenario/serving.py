"""Serving inputs: one traffic, one hall, and the systems to compare on it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import AwareDatetime

from twin.scenario.base import Checked, Model, described, part, quantity
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


class ServingTraffic(Checked):
    """Requests that every system serves."""

    classes: tuple[RequestClass, ...] = part(
        chat, "Kinds of request; `lengths` draws from a recorded dataset. "
        f"The default is chat: {_CHAT}",
        [{"name": "chat", "share": 1, "lengths": "azure-llm-2023-conv"}],
        min_length=1, max_length=8,
    )  # fmt: skip
    arrivals: Arrivals = part(
        DiurnalArrivals,
        "When requests arrive",
        {"kind": "rates", "dataset": "servegen-m-large"},
    )
    rate_rps: float = quantity(
        20.0, "Mean requests per second over the whole length", unit="1/s",
        source="ours: a few tens of servers are busy", gt=0, le=1e5,
    )  # fmt: skip
    length_s: float = quantity(
        3600.0, "Length of the traffic", unit="s", ge=60, le=1.3e6
    )
    start: AwareDatetime = described(
        dt.datetime(2022, 7, 5, 12, tzinfo=dt.UTC),
        "First instant, with its time zone; fixes hour and weekday",
        example="2022-07-05T12:00:00Z",
    )

    def _check(self) -> None:
        count = self.rate_rps * self.length_s
        if count > MOST_REQUESTS:
            raise ValueError(
                f"rate_rps {self.rate_rps:g} × length_s {self.length_s:g} is "
                f"{count:,.0f} requests, more than {MOST_REQUESTS:,}; shorten the "
                "traffic or take part of the fleet at part of the rate"
            )


class ServingSlo(Model):
    """Limits of every request."""

    ttft_short_s: float = quantity(
        0.25, "Time to first token, prompts below 256 tokens", unit="s",
        source="DynamoLLM, from memory", gt=0, le=3600,
    )  # fmt: skip
    ttft_medium_s: float = quantity(
        0.4, "Time to first token, prompts of 256 to 1,023 tokens", unit="s",
        source="DynamoLLM, second-hand", gt=0, le=3600,
    )  # fmt: skip
    ttft_long_s: float = quantity(
        2.0, "Time to first token, prompts of 1,024 tokens and more", unit="s",
        source="DynamoLLM, from memory", gt=0, le=3600,
    )  # fmt: skip
    tbt_s: float = quantity(
        0.1, "Mean time between tokens of a request", unit="s",
        source="DynamoLLM, second-hand", gt=0, le=60,
    )  # fmt: skip


class ServingSite(Model):
    """The hall around the servers: overhead, prices, carbon."""

    pue: float = quantity(
        1.2, "Site power ÷ IT power",
        source="assumed: the geometric mean of 1.05 and 1.40", ge=1, le=3,
    )  # fmt: skip
    energy_usd_per_kwh: float = quantity(
        0.07, "Price of site energy", unit="USD/kWh",
        source="assumed: a large user in the United States", ge=0, le=10,
    )  # fmt: skip
    rent_includes_energy: bool = quantity(
        True, "Whether the price of a GPU-hour covers its energy; if not, energy is "
        "paid on top",
        source="the catalogue's prices are cloud rents, which cover energy",
    )  # fmt: skip
    carbon_g_per_kwh: float = quantity(
        360.0, "Grid intensity where no region is named", unit="g/kWh",
        source="PJM 2022 mean, 362.6 (EIA hourly generation)", ge=0, le=2000,
    )  # fmt: skip
    grid: str | None = described(
        None,
        "Dataset of hourly prices and carbon intensity; replaces the two figures above "
        "by its hours. Empty means constant",
        example="US-CAL-CISO_2022",
    )


class SystemChoice(Model):
    """One of the systems, with its knobs."""

    key: str = described(..., "Key of the system", example="dynamollm")
    label: str | None = described(
        None, "Name on charts; empty is the system's", example="ours", max_length=60
    )
    parameters: dict[str, Any] = part(
        dict, "Its knobs; what is left out keeps its default", {"period_s": 5}
    )


class ServingInput(Checked):
    """Systems side by side on the same traffic."""

    name: str = described(
        "Serving systems", "Name", example="Chat on 8 servers", min_length=1,
        max_length=120,
    )  # fmt: skip
    model: str = described("llama2-70b", "Key of the model")
    server: str = described("dgx-h100", "Key of the server type")
    server_count: int = quantity(16, "Servers at hand", ge=1, le=2000)
    gpus_per_instance: int = quantity(
        8, "GPUs of one baseline instance (tensor parallel)", ge=1, le=64
    )
    traffic: ServingTraffic = part(
        ServingTraffic, "What everybody serves", {"rate_rps": 20}
    )
    slo: ServingSlo = part(ServingSlo, "Limits", {"tbt_s": 0.1})
    site: ServingSite = part(ServingSite, "Hall", {"pue": 1.2})
    systems: tuple[SystemChoice, ...] = described(
        (SystemChoice(key="baseline"), SystemChoice(key="splitwise")),
        "Systems to compare; the baseline is always run",
        example=[{"key": "splitwise"}, {"key": "dynamollm"}],
        min_length=1,
        max_length=12,
    )
    own: Own = own_field()
    server_counts: tuple[int, ...] = quantity(
        (), "Further server counts at which every system runs, for the curve of SLO "
        "against watts", unit="servers", example=[12, 14, 18], max_length=8,
    )  # fmt: skip
    seed: int = quantity(1, "Seed of every draw", ge=0, le=2**53)

    def _check(self) -> None:
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
