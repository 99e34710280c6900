"""
TAPAS routing on LLM instances: peak row power, heat, time above limits, latency.

One lever of three, on real batches instead of loads; `tapas` has all of them over a
week. Coefficients are ours, so all of it is shape only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cli.validation.even_ground import even_ground
from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.tapas_router import evaluate
from twin.serving.systems.tapas_steering import TapasRouterParameters
from twin.types import Report

PREFIX = "tapas_router"
SEEDS = (1, 2, 3, 4, 5, 6)
_PAPER = "TAPAS (ASPLOS 2025), via summaries"
_SHAPE = (
    "shape only: an hour, 16 servers of 8 H100 in 4 rows beside 16 rented ones, "
    "median of 6 draws; routing and clocks alone, without placement; all coefficients "
    "ours"
)
_row = Suite(PREFIX, "TAPAS routing", _PAPER, "second-hand").row


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    ground = even_ground(
        rate_per_s=20, prompt_tokens=1150, output_tokens=210, horizon_s=3600.0,
        servers=16,
    )  # fmt: skip
    found = []
    for place, added in enumerate((0.3, 0.4)):
        report(0.5 * place, f"TAPAS routing: {added:.0%} more servers")
        given = TapasRouterParameters(added_frac=added)
        outcomes = [evaluate(replace(ground, seed=s), given) for s in SEEDS]

        def median(name: str, outcomes: list = outcomes) -> float:
            return float(np.median([o.figures[name] for o in outcomes]))

        tail = 100 * median("e2e_p99_change_frac")
        over = [o.figures["row_over_limit_s"] for o in outcomes]
        before = [o.figures["row_over_limit_before_s"] for o in outcomes]
        key, words = f"plus_{100 * added:.0f}", f"{added:.0%} more servers"
        found += [
            _row(f"peak_row_{key}", f"{words}: highest row power ÷ limit, change", "%",
                 -23.0, 100 * median("peak_row_change_frac"), 8.0, "near",
                 f"{_SHAPE}; all three levers in the paper; the first seconds are "
                 "everybody's alike"),
            _row(f"hottest_{key}", f"{words}: hottest GPU in C, change", "%", -17.0,
                 100 * median("hottest_gpu_change_frac"), 8.0, "near",
                 f"{_SHAPE}; no GPU comes near its limit here, so none is avoided for "
                 "heat"),
            _row(f"over_limit_{key}", f"{words}: time with a row above its limit, all "
                 "draws, change", "%", -99.0,
                 100 * (sum(over) / sum(before) - 1.0) if sum(before) else 0.0, 5.0,
                 "near", f"{_SHAPE}; power throttling in the paper; {sum(over):.0f} "
                 f"instead of {sum(before):.0f} s"),
            _row(f"limits_{key}", f"{words}: requests within their limits, change",
                 "points", 0.0, 100 * median("attained_change_frac"), 1.0, "at least",
                 f"{_SHAPE}; P99 kept in the paper; here {tail:+.0f} %", shows="sign"),
        ]  # fmt: skip
    return found
