"""
PruneTrain: the run's time from its published savings, for several shares of time.

The time saved is the mean of the published savings in work, weighted by assumed shares:
inputs given back, not a check.
"""

from __future__ import annotations

from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.prune_train import (
    SOURCE,
    PruneTrainParameters,
    epoch_time_frac,
)
from twin.types import Report

PREFIX = "prune_train"
_row = Suite(PREFIX, "PruneTrain", SOURCE).row

SHARES = (
    ("default", 0.6, 0.3, "as the system's default"),
    ("computing", 0.9, 0.1, "one accelerator, mostly computing"),
    ("links", 0.4, 0.3, "many accelerators, 30 % communication"),
)
"""Id, share bound by computing, share bound by memory, words."""


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    report(0.0, "PruneTrain")
    return [_time(*one) for one in SHARES]


def _time(name: str, compute: float, memory: float, words: str) -> ValidationRow:
    parameters = PruneTrainParameters(compute_frac=compute, memory_frac=memory)
    time_frac = float(epoch_time_frac(parameters).mean())
    return _row(
        f"time_{name}", f"training time, change; {words}", "%", -39,
        100 * (time_frac - 1), 5, "near",
        "by construction: savings in work are the published ones, shares of the "
        f"dense time ({compute:.0%} computing, {memory:.0%} memory, rest links) are "
        "assumed; any shares give between -37 and -55 %; near is within 5 points, ours",
        shows="input",
    )  # fmt: skip
