"""Parts of the energy of a query: throughput, classes of queries, ways to save."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from twin.catalogue.figure import Mark
from twin.scenario.base import Checked, Model, described, quantity
from twin.scenario.spread import Spread
from twin.types import FloatArray

_RATE = "tokens/s"


class _Measured(Model):
    """Answer lengths that a throughput was measured, or backed out, at."""

    least_tokens: float = quantity(
        1.0, "Shortest answer it rests on", unit="token", example=128, gt=0, le=1e9
    )
    most_tokens: float = quantity(
        1e9, "Longest answer it rests on", unit="token", example=4096, gt=0, le=1e9
    )

    def outside_frac(self, output: FloatArray) -> float:
        """Share of answers whose throughput is extrapolated."""
        beyond = (output < self.least_tokens) | (output > self.most_tokens)
        return float(np.mean(beyond))


class LineThroughput(_Measured):
    """One piece of a log-linear regression, through a reference point."""

    kind: Literal["line"] = "line"
    tokens_per_s: float = quantity(
        ..., "Output of the node at the reference", unit=_RATE, example=2350, gt=0,
        le=1e8,
    )  # fmt: skip
    reference_input: float = quantity(
        500.0, "Prompt of the reference", unit="token", gt=0, le=1e8
    )
    reference_output: float = quantity(
        ..., "Answer of the reference", unit="token", example=300, gt=0, le=1e8
    )
    input_slope: float = quantity(
        ..., "Exponent of the prompt's length", example=-0.478, ge=-1, le=1
    )
    output_slope: float = quantity(
        ..., "Exponent of the answer's length", example=0.237, ge=-1, le=0.99
    )

    def node_s(self, prompt: FloatArray, output: FloatArray) -> FloatArray:
        """Seconds of the node per query; a prompt counts as a token at least."""
        rate = (
            self.tokens_per_s
            * (np.maximum(prompt, 1.0) / self.reference_input) ** self.input_slope
            * (output / self.reference_output) ** self.output_slope
        )
        return np.asarray(output / rate, dtype=np.float64)


class WorkThroughput(_Measured):
    """Node time as prefill, decode and reading the cache."""

    kind: Literal["work"] = "work"
    prefill_s_per_token: float = quantity(
        ..., "Node time of a prompt token", unit="s/token", example=1.2e-4, ge=0, le=1
    )
    decode_s_per_token: float = quantity(
        ..., "Node time of an output token", unit="s/token", example=1.4e-4, gt=0, le=1
    )
    cache_s_per_token2: float = quantity(
        0.0, "Node time per output token and token held", unit="s/token²", example=7e-8,
        ge=0, le=1e-3,
    )  # fmt: skip

    def node_s(self, prompt: FloatArray, output: FloatArray) -> FloatArray:
        """Seconds of the node per query."""
        cache = self.cache_s_per_token2 * output * (prompt + output / 2.0)
        work = self.prefill_s_per_token * prompt + self.decode_s_per_token * output
        return np.asarray(work + cache, dtype=np.float64)


class PointsThroughput(_Measured, Checked):
    """Measured points, log-linear between them, held outside; the prompt is theirs."""

    kind: Literal["points"] = "points"
    output_tokens: tuple[float, ...] = quantity(
        ..., "Answer of each point, rising", unit="token", example=[862.0, 9297.0],
        min_length=1, max_length=1000,
    )  # fmt: skip
    tokens_per_s: tuple[float, ...] = quantity(
        ..., "Output of the node at each point", unit=_RATE, example=[4322.0, 2830.0]
    )

    def _check(self) -> None:
        if len(self.tokens_per_s) != len(self.output_tokens):
            raise ValueError(
                "tokens_per_s must be as many as output_tokens, got "
                f"{len(self.tokens_per_s)} for {len(self.output_tokens)}"
            )
        if self.output_tokens[0] <= 0 or np.any(np.diff(self.output_tokens) <= 0):
            raise ValueError("output_tokens must be positive and rise")
        if min(self.tokens_per_s) <= 0:
            raise ValueError("tokens_per_s must be positive")

    def node_s(self, prompt: FloatArray, output: FloatArray) -> FloatArray:
        """Seconds of the node per query; the prompt's length does not count."""
        del prompt
        log_rate = np.interp(
            np.log(output), np.log(self.output_tokens), np.log(self.tokens_per_s)
        )
        return np.asarray(output / np.exp(log_rate), dtype=np.float64)


Throughput = Annotated[
    LineThroughput | WorkThroughput | PointsThroughput, Field(discriminator="kind")
]


class QueryClass(Model):
    """Queries of one kind: how long they are, and how fast a node answers them."""

    input_tokens: Spread = Field(description="Tokens of the prompt [token]")
    output_tokens: Spread = Field(description="Tokens of the answer [token]")
    throughput: Throughput = Field(description="Output of a node under full load")


class Pathway(Checked):
    """One way to use less energy per query, as a factor it divides it by."""

    name: str = described(..., "Name", example="hardware", min_length=1)
    reduction: Spread = Field(description="Energy before ÷ after [1]")
    typical: bool = described(True, "Whether it acts on typical queries")
    long: bool = described(True, "Whether it acts on long queries")
    fleet_frac: float = quantity(
        1.0, "Share of the fleet's queries it is applied to", ge=0, le=1
    )
    source: str = described("given", "Where the range comes from")
    mark: Mark = described("assumed", "How far to trust it")

    def _check(self) -> None:
        if self.reduction.at(np.array([1e-9]))[0] <= 0:
            raise ValueError(f"reduction of pathway {self.name!r} must be positive")
