"""
The row's building blocks against measurements: power levels, phase times, batching.

Nothing is simulated here but one request at a time; the rows show how far the parts
are from what was measured, before any policy is asked.
"""

from __future__ import annotations

import numpy as np

from cli.validation.row import Suite, ValidationRow
from twin.catalogue import find_server, find_table
from twin.catalogue.performance import PhaseTable
from twin.types import Report

PREFIX = "row"
_ACME = "AcmeTrace, Seren cluster (Hu et al., NSDI 2024), distributions of power"
_SPLITWISE = "Patel et al., Splitwise, ISCA 2024"
_SIMULATOR = "splitwise-sim constant power model (Patel et al., ISCA 2024)"
_MLPERF = "MLPerf Inference v4.1 power logs, 8 x H200"
_row = Suite(PREFIX, "measured", _SPLITWISE).row


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; `report` is told once, for it takes no time."""
    report(1.0, "measured power and phase times")
    return [*_servers(), *_times()]


def _servers() -> list[ValidationRow]:
    a100, h200 = find_server("dgx-a100"), find_server("dgx-h200")
    return [
        _row("a100_idle", "DGX A100, every GPU idle", "W", 1500, a100.idle_w, 75,
             "near",
             "independent of the fit, which uses the Acme cluster's idle servers",
             source=_SIMULATOR),
        _row("a100_busy_p99", "DGX A100 at the 99th percentile of GPU power", "W", 5418,
             a100.power_w(8 * 436.6), 200, "near",
             "the line was drawn through the 95th percentile, not this one",
             source=_ACME),
        _row("a100_mean", "DGX A100 at the cluster's mean GPU power", "W", 2930,
             a100.power_w(8 * 168.44), 147, "near", "a line through idle and full load "
             "misses servers whose processors work while their GPUs rest; a serving "
             "row has few of these", source=_ACME),
        _row("h200_idle", "8 x H200, idle at the wall", "W", 2360, h200.idle_w, 118,
             "near", "an input of the host line", source=_MLPERF),
    ]  # fmt: skip


def _times() -> list[ValidationRow]:
    server = find_server("dgx-a100")
    bloom = find_table("bloom-176b", server)
    llama = find_table("llama2-70b", server)
    llama_h100 = find_table("llama2-70b", find_server("dgx-h100"))
    equal_tokens = _prefill_s(bloom, 1500) / bloom.decode_s[0]
    return [
        _row("bloom_prompt_cost", "BLOOM-176B, output tokens that cost as long as 1500 "
             "prompt tokens", "tokens", 6, equal_tokens, 3, "near",
             "same measurements, other machine and batch may have been meant",
             mark="second-hand"),
        _row("bloom_batch_64", "BLOOM-176B, time between tokens at batch 64 ÷ batch 1",
             "ratio", 2, bloom.decode_s[-1] / bloom.decode_s[0], 0.2,
             mark="second-hand"),
        _row("llama_ttft_a100", "Llama-2-70B, prefill of a median conversation prompt "
             "on A100", "s", 0.155, _prefill_s(llama, 1020), 0.015, mark="memory"),
        _row("llama_ttft_h100", "Llama-2-70B, the same on H100", "s", 0.084,
             _prefill_s(llama_h100, 1020), 0.0084, mark="memory"),
    ]  # fmt: skip


def _prefill_s(table: PhaseTable, tokens: float) -> float:
    return float(np.interp(tokens, table.prefill_tokens, table.prefill_s))
