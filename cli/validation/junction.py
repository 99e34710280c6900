"""Junction: latency of calls on both stacks, with cores to spare and at full use."""

from __future__ import annotations

from cli.validation.even_ground import even_ground, own_baseline
from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.junction import SOURCE, JunctionParameters, evaluate
from twin.types import Report

PREFIX = "junction"
_row = Suite(PREFIX, "Junction", SOURCE).row
_ASSUMED = (
    "shape only: half of an idle call's latency on a core and the spread of core time "
    "are assumed, the tenfold throughput per core is what goes in"
)


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    report(0.0, "Junction: a million calls")
    ground = even_ground(rate_per_s=100.0, prompt_tokens=500, output_tokens=100)
    with_it = evaluate(ground, JunctionParameters(calls_per_request=20))
    kernel = own_baseline(with_it)
    before, after = kernel.latency_s["e2e"], with_it.latency_s["e2e"]
    cores = kernel.figures["busy_cores_count"] / with_it.figures["busy_cores_count"]
    return [
        _row("median", "median latency of a call, change", "%", -37.33,
             100 * (after["p50"] / before["p50"] - 1), 10, "near",
             f"{_ASSUMED}; near is within 10 points, ours"),
        _row("p99", "P99 latency of a call, change", "%", -63.42,
             100 * (after["p99"] / before["p99"] - 1), 10, "near",
             f"{_ASSUMED}; near is within 10 points, ours"),
        _row("cores", "cores busy with the same calls, ratio", "x", 10, cores, 0.1,
             "near", "the tenfold throughput per core that goes in; polling cores are "
             "not in it", shows="input"),
    ]  # fmt: skip
