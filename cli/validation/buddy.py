"""
Buddy Compression: what 1.5 times the memory does to an engine, and what it costs.

Ratio and slow-down are published of training and go in as they are, so every row gives
an input back and none confirms the publication.
"""

from __future__ import annotations

from cli.validation.even_ground import even_ground
from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.baseline import BaselineParameters
from twin.serving.systems.baseline import evaluate as serve_plain
from twin.serving.systems.buddy import SOURCE, BuddyParameters, evaluate
from twin.types import Report

PREFIX = "buddy"
_row = Suite(PREFIX, "Buddy Compression", SOURCE).row
_SERVING = "the published ratio and slow-down are of training, ours of serving"


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    report(0.0, "Buddy Compression: a fleet with room")
    ground = even_ground(
        model="llama-3.1-70b", tensor_parallel=4, rate_per_s=2.0,
        prompt_tokens=1000, output_tokens=200,
    )  # fmt: skip
    with_it = evaluate(ground, BuddyParameters())
    plain = serve_plain(ground, BaselineParameters())
    slower = with_it.latency_s["e2e"]["p50"] / plain.latency_s["e2e"]["p50"]
    held = with_it.figures["kv_capacity_tokens"]
    return [
        _row("slow_down", "median response of a fleet with room, change", "%", 2,
             100 * (slower - 1), 0.5, "near", f"2 % is what goes in; {_SERVING}; "
             "within 0.5 points, ours", shows="input"),
        _row("capacity", "tokens an engine's cache holds, ratio", "x", 1.5,
             held / ground.engine.table.kv_capacity_tokens, 0.0, "at least",
             "1.5 times the memory is what goes in; the cache gains more because the "
             f"weights shrink too; {_SERVING}", shows="input"),
    ]  # fmt: skip
