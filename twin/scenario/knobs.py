"""Inputs of a knob grid: one model on one server, and the knobs to vary."""

from __future__ import annotations

import math

from twin.scenario.base import Checked, described, quantity

MOST_POINTS = 20_000
_DEGREES = "the degrees of the Greener LLMs paper, from memory"


class KnobInput(Checked):
    """Axes of the grid; every combination is a point."""

    model: str = described("llama2-70b", "Key of the model")
    server: str = described("dgx-h100", "Key of the server type")
    tensor_parallel: tuple[int, ...] = quantity(
        (2, 4, 8), "GPUs that share each layer", unit="GPUs", example=[4, 8],
        source=_DEGREES, min_length=1, max_length=8,
    )  # fmt: skip
    clock_frac: tuple[float, ...] = quantity(
        (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0), "SM clocks ÷ the highest",
        example=[0.8, 1.0], source="assumed", min_length=1, max_length=50,
    )  # fmt: skip
    batch: tuple[int, ...] = quantity(
        (1, 4, 16, 64), "Most sequences that decode together", unit="sequences",
        example=[16, 64], source="assumed", min_length=1, max_length=50,
    )  # fmt: skip
    prompt: tuple[int, ...] = quantity(
        (1024,), "Prompt lengths", unit="tokens", example=[512, 1024],
        source="assumed: about the mean of recorded chat", min_length=1, max_length=50,
    )  # fmt: skip
    output: tuple[int, ...] = quantity(
        (200,), "Output lengths", unit="tokens", example=[200],
        source="assumed: about the mean of recorded chat", min_length=1, max_length=50,
    )  # fmt: skip
    load: tuple[float, ...] = quantity(
        (0.7,), "Request rate ÷ the highest the knobs sustain", example=[0.5, 1.0],
        source="assumed", min_length=1, max_length=50,
    )  # fmt: skip
    requests_per_gpu_s: tuple[float, ...] = quantity(
        (), "Request rates of one GPU to use instead of load; where the knobs do not "
        "keep up the point is null", unit="1/s", example=[0.1], max_length=50,
    )  # fmt: skip

    def _check(self) -> None:
        last = self.requests_per_gpu_s or self.load
        points = math.prod(map(len, (
            self.tensor_parallel, self.clock_frac, self.batch, self.prompt, self.output,
            last,
        )))  # fmt: skip
        if points > MOST_POINTS:
            raise ValueError(
                f"the axes make {points:,} points, more than {MOST_POINTS:,}; shorten "
                "one of them"
            )
        if min(self.clock_frac) <= 0 or max(self.clock_frac) > 1:
            raise ValueError(
                f"clock_frac must lie above 0 and up to 1, got {self.clock_frac}; "
                "leave the others out"
            )
        if min((*self.tensor_parallel, *self.batch, *self.prompt, *self.output)) < 1:
            raise ValueError(
                "tensor_parallel, batch, prompt and output must be 1 or more; leave "
                "the others out"
            )
        if max(self.tensor_parallel) > 10_000:
            raise ValueError("tensor_parallel must be at most 10,000 GPUs")
        if max((*self.prompt, *self.output)) > 10_000_000:
            raise ValueError("prompt and output must be at most 10,000,000 tokens")
