"""
Recompute published figures: the rows behind `nameplate validate`.

A suite is a module with `PREFIX` and `rows(report) -> list[ValidationRow]`; later
systems add a module and one line here.
"""

from __future__ import annotations

from cli.validation import (
    batch_model,
    brane,
    buddy,
    droidspeak,
    dynamollm,
    energy_per_query,
    engines,
    greener,
    input_power,
    intelligent_router,
    junction,
    measured,
    medha,
    modserve,
    murakkab,
    optimise,
    polca,
    prune_train,
    qlm,
    slim_sc,
    splitwise,
    ssjf,
    stabilize,
    streamwise,
    tapas,
    tapas_router,
    test_time,
    tracking,
    training,
    uncertainty,
)
from cli.validation.row import ValidationRow
from twin.types import Report

SUITES = (
    measured, polca, tapas, stabilize, training, tracking, energy_per_query,
    engines, greener, droidspeak, brane, slim_sc, test_time, input_power,
    prune_train, buddy, junction, streamwise, murakkab,
    splitwise, dynamollm, modserve,
    batch_model,
    intelligent_router, ssjf, qlm, medha, tapas_router,
    uncertainty, optimise,
)  # fmt: skip


def rows(prefix: str = "", report: Report | None = None) -> list[ValidationRow]:
    """
    Compute every validation row whose id starts with a prefix.

    Args:
        prefix: Start of the ids wanted, e.g. "polca" or "polca.brakes"; empty is all.
        report: Told the part done, 0..1, and what is under way.

    Returns:
        Rows in the order of their suites.

    Raises:
        ValueError: If no suite has such ids.
    """
    stem = prefix.partition(".")[0]
    chosen = [suite for suite in SUITES if suite.PREFIX.startswith(stem)]
    found = [
        row
        for suite in chosen
        for row in suite.rows(report or (lambda _part, _text: None))
        if row.id.startswith(prefix)
    ]
    if not found:
        known = ", ".join(dict.fromkeys(suite.PREFIX for suite in SUITES))
        raise ValueError(f"no validation row starts with {prefix!r}; known: {known}")
    return found
