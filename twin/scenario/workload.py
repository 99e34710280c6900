"""Workload inputs: request classes, when requests arrive, and how many."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twin.scenario.base import Checked, Model, described, part, quantity


class TokenRange(Checked):
    """Token counts drawn uniformly from a closed range."""

    min: int = quantity(..., "Fewest", unit="tokens", example=2048, ge=1, le=200_000)
    max: int = quantity(..., "Most", unit="tokens", example=8192, ge=1, le=200_000)

    def _check(self) -> None:
        if self.max < self.min:
            raise ValueError(
                f"max {self.max} must not be below min {self.min}; swap them"
            )


class RequestClass(Checked):
    """One kind of request: its share, priority split and token lengths."""

    name: str = described(
        ..., "Name of the class", example="chat", min_length=1, max_length=40
    )
    share: float = quantity(
        ..., "Weight among the classes; weights need not sum to one", example=0.5, gt=0,
        le=1e6,
    )  # fmt: skip
    low_priority_frac: float = quantity(
        0.5, "Part of this class that is low priority", ge=0, le=1
    )
    prompt_tokens: TokenRange | None = described(
        None,
        "Prompt length; empty when `lengths` names a dataset",
        example={"min": 2048, "max": 8192},
    )
    output_tokens: TokenRange | None = described(
        None,
        "Output length; empty when `lengths` names a dataset",
        example={"min": 256, "max": 512},
    )
    lengths: str | None = described(
        None,
        "Dataset of recorded requests whose length pairs are drawn",
        example="azure-llm-2023-conv",
    )

    def _check(self) -> None:
        ranges = self.prompt_tokens is not None and self.output_tokens is not None
        either = self.prompt_tokens is not None or self.output_tokens is not None
        if self.lengths is None and not ranges:
            raise ValueError(
                f"class {self.name!r} needs prompt_tokens and output_tokens, or "
                "lengths (a dataset of recorded requests)"
            )
        if self.lengths is not None and either:
            raise ValueError(
                f"class {self.name!r} has both lengths and token ranges; keep one"
            )


class DiurnalArrivals(Model):
    """A generated day: one harmonic per day, weekends lower, noise between."""

    kind: Literal["diurnal"] = described("diurnal", "Kind of arrivals")
    peak_hour: float = quantity(
        15.0, "Hour of the day with the most traffic, site time", unit="h",
        source="assumed: afternoon peak", ge=0, lt=24,
    )  # fmt: skip
    swing_frac: float = quantity(
        0.34, "Half the peak-to-trough swing ÷ mean",
        source="fit to ServeGen m-large daily shape, 14 days", ge=0, lt=1,
    )  # fmt: skip
    weekend_frac: float = quantity(
        0.9, "Weekend traffic ÷ weekday traffic",
        source="assumed; ServeGen does not state weekdays", gt=0, le=2,
    )  # fmt: skip
    noise_frac: float = quantity(
        0.10, "Standard deviation of the 10-minute rate around the shape",
        source="assumed, below ServeGen's own residual", ge=0, le=1,
    )  # fmt: skip
    burst_cv: float = quantity(
        1.0, "Variation of inter-arrival times; 1 is Poisson", source="assumed Poisson",
        ge=0.1, le=10,
    )  # fmt: skip


class RateArrivals(Model):
    """Recorded rates give the shape; the horizon repeats it where it is longer."""

    kind: Literal["rates"] = described("rates", "Kind of arrivals")
    dataset: str = described(
        ..., "Dataset of rates over time", example="servegen-m-large"
    )
    bursty: bool = described(
        True, "Use the dataset's inter-arrival variation; false is Poisson"
    )
    max_cv: float = quantity(
        4.0, "Recorded variation above this is cut to it",
        source="assumed: single-client outliers are not the row's", ge=0.1, le=10,
    )  # fmt: skip


class RequestArrivals(Model):
    """Recorded requests replayed with their own times, lengths and order."""

    kind: Literal["requests"] = described("requests", "Kind of arrivals")
    dataset: str = described(
        ..., "Dataset of recorded requests", example="azure-llm-2023-conv"
    )


Arrivals = Annotated[
    DiurnalArrivals | RateArrivals | RequestArrivals, Field(discriminator="kind")
]


class Load(Checked):
    """How much traffic: scaled to a peak, or given as a rate."""

    target_peak_frac: float | None = quantity(
        None, "Scale traffic until the base row, uncapped, peaks at this part of its "
        "provisioned power. Empty when a rate is given; 0.79 is published",
        example=0.79, source="POLCA, ASPLOS 2024 (second-hand quote)", gt=0, le=1.5,
    )  # fmt: skip
    requests_per_server_s: float | None = quantity(
        None, "Mean requests per server, instead of a target", unit="1/s", example=0.1,
        gt=0, le=1e5,
    )  # fmt: skip
    level: float = quantity(
        1.0, "Multiplier on the traffic found or given above", gt=0, le=10
    )

    @model_validator(mode="before")
    @classmethod
    def _default_target(cls, data: Any) -> Any:
        """Fall back to the published peak where neither quantity is given."""
        if not isinstance(data, dict):
            return data
        given = [
            data.get(k) is not None
            for k in ("target_peak_frac", "requests_per_server_s")
        ]
        return data if any(given) else {**data, "target_peak_frac": 0.79}

    def _check(self) -> None:
        if self.target_peak_frac is not None and self.requests_per_server_s is not None:
            raise ValueError(
                "give target_peak_frac or requests_per_server_s, not both; "
                "remove the one you do not mean"
            )


def published_classes() -> tuple[RequestClass, ...]:
    """Return the three request classes of the POLCA evaluation."""
    return (
        RequestClass(
            name="summarize", share=0.25, low_priority_frac=1.0,
            prompt_tokens=TokenRange(min=2048, max=8192),
            output_tokens=TokenRange(min=256, max=512),
        ),
        RequestClass(
            name="search", share=0.25, low_priority_frac=0.0,
            prompt_tokens=TokenRange(min=512, max=2048),
            output_tokens=TokenRange(min=1024, max=2048),
        ),
        RequestClass(
            name="chat", share=0.5, low_priority_frac=0.5,
            prompt_tokens=TokenRange(min=2048, max=4096),
            output_tokens=TokenRange(min=128, max=2048),
        ),
    )  # fmt: skip


class Replay(Checked):
    """Recorded power that the servers draw again, in place of requests."""

    series: str = described(
        ..., "Name of the recorded power", example="last week", min_length=1,
        max_length=120,
    )  # fmt: skip
    speed: float = quantity(
        1.0, "Seconds of the record in a second of the run; cooling, stores and "
        "commands keep their own pace", example=60, gt=0, le=100_000,
    )  # fmt: skip
    from_s: float = quantity(0.0, "First second of the record", unit="s", ge=0, le=4e8)
    to_s: float | None = quantity(
        None, "Last second of the record. Empty means its end", unit="s",
        example=86_400, gt=0, le=4e8,
    )  # fmt: skip

    def _check(self) -> None:
        if self.to_s is not None and self.to_s <= self.from_s:
            raise ValueError(
                f"to_s {self.to_s:g} must be after from_s {self.from_s:g}; raise it"
            )


class Workload(Checked):
    """What the fleet is asked to do."""

    classes: tuple[RequestClass, ...] = part(
        published_classes,
        "Request classes; ignored by replayed requests but for priority",
        [{
            "name": "chat", "share": 1, "prompt_tokens": {"min": 512, "max": 2048},
            "output_tokens": {"min": 64, "max": 512},
        }],
        min_length=1, max_length=8,
    )  # fmt: skip
    arrivals: Arrivals = part(
        DiurnalArrivals, "When requests arrive", {"kind": "diurnal", "peak_hour": 15}
    )
    load: Load = part(Load, "How many requests arrive", {"target_peak_frac": 0.79})
    replay: Replay | None = described(
        None,
        "Recorded power that a site's servers draw again; classes, arrivals and load "
        "then count for nothing. Empty means requests",
        example={"series": "last week", "speed": 60},
    )

    def _check(self) -> None:
        names = [c.name for c in self.classes]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(
                f"class names must differ; {', '.join(twice)} appears twice"
            )
