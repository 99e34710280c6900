"""DroidSpeak: first tokens and throughput of workflows over four models."""

from __future__ import annotations

from dataclasses import replace

from cli.validation.even_ground import LENGTH_SPREAD, even_ground, own_baseline
from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.base import Ground
from twin.serving.systems.droidspeak import SOURCE, DroidSpeakParameters, evaluate
from twin.types import Report

PREFIX = "droidspeak"
_row = Suite(PREFIX, "DroidSpeak", SOURCE).row
SHARED = DroidSpeakParameters(shared_frac=1.0, prefix_frac=0.9)
_ASSUMED = (
    "shape only: workflows of 4 steps over 4 models that share 90 % of prompts of "
    "about 6,000 tokens, 30 % of a prefix computed anew, loads over one 400 Gbit/s "
    "port; all ours"
)


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    report(0.0, "DroidSpeak: little load")
    calm, mean = _gains(_ground(0.5))
    _, uneven = _gains(_ground(0.5, spread=LENGTH_SPREAD))
    report(0.5, "DroidSpeak: more than the fleet can take")
    gain = _throughput()
    return [
        _ttft("ttft", "median time to first token, no reuse ÷ reuse, little load",
              calm, f"{_ASSUMED}; three of four steps hit"),
        _ttft("ttft_mean", "mean time to first token, no reuse ÷ reuse, little load",
              mean, f"{_ASSUMED}; the quarter that comes first never hits, and whether "
              "the publication counts it is not known"),
        _ttft("ttft_mean_uneven", "the same; prompts of a workflow of uneven length",
              uneven, "sensitivity: lengths drawn one by one, spread 0.7 of the "
              "logarithm; a cache covers no more than the shorter prompt"),
        _row("throughput", "requests finished under overload, reuse ÷ no reuse", "x",
             4.0, gain, 0.4, "near",
             f"{_ASSUMED}; published as 'up to'; near is within a tenth of it, ours"),
        _row("throughput_gain", "the same", "x", 1.0, gain, 0.0, "at least",
             "whether reuse costs no throughput", shows="sign"),
    ]  # fmt: skip


def _ground(rate_per_s: float, spread: float = 0.1) -> Ground:
    return even_ground(
        model="llama-3.1-70b", tensor_parallel=4, servers=2, rate_per_s=rate_per_s,
        prompt_tokens=6000, output_tokens=50, horizon_s=900.0, spread=spread,
    )  # fmt: skip


def _gains(ground: Ground) -> tuple[float, float]:
    """Time to first token with own caches ÷ with all: median and mean."""
    outcome = evaluate(ground, SHARED)
    both = own_baseline(outcome), outcome
    before, after = (one.latency_s["ttft"]["p50"] for one in both)
    return before / after, outcome.figures["ttft_mean_ratio"]


def _throughput() -> float:
    """Requests finished with twice the traffic that prefill alone can take."""
    ground = _ground(12.0)
    free = tuple(replace(c, ttft_slo_s=float("inf")) for c in ground.classes)
    outcome = evaluate(replace(ground, classes=free), SHARED)
    return outcome.finished / own_baseline(outcome).finished


def _ttft(name: str, quantity: str, ours: float, why: str) -> ValidationRow:
    return _row(
        name, quantity, "x", 1.7, ours, 0.0, "within", why, mark="second-hand",
        most=3.1,
    )  # fmt: skip
