"""
A week's load as DynamoLLM expects it: a day's template from history, by kind of day.

Rates are requests per second, per bin of a day; bins start at midnight.
"""

from __future__ import annotations

import numpy as np

from twin.errors import ScenarioError
from twin.types import BoolArray, FloatArray


def daily_template(rate_rps: FloatArray, *, weekend: BoolArray) -> FloatArray:
    """
    Mean day of each kind.

    Args:
        rate_rps: History, whole days from midnight. [1/s], shape (days × bins,)
        weekend: Kind of each day. shape (days,)

    Returns:
        Weekday, then weekend. [1/s], shape (2, bins). A kind that history lacks is
        taken from the other.

    Raises:
        ScenarioError: If there is no whole day of history.

    Source:
        docs/models/dynamollm.md, section 5.
    """
    if weekend.size == 0 or rate_rps.size % weekend.size:
        raise ScenarioError("dynamollm.history", "must be whole days, at least one",
                            f"{rate_rps.size} rates for {weekend.size} days",
                            "give the rates of a recorded day or week")  # fmt: skip
    days = rate_rps.reshape(weekend.size, -1)
    kinds = [days[weekend == kind] for kind in (False, True)]
    return np.stack([(kind if len(kind) else days).mean(axis=0) for kind in kinds])


def from_template(
    template: FloatArray, *, weekend: BoolArray, mix: FloatArray
) -> FloatArray:
    """
    Lay a template over coming days and divide it among classes.

    Args:
        template: Of `daily_template`. [1/s], shape (2, bins)
        weekend: Kind of each coming day. shape (days,)
        mix: Share of each class, sum 1. shape (classes,)

    Returns:
        Rates. [1/s], shape (days × bins, classes)
    """
    total = template[weekend.astype(np.int64)].ravel()
    return np.asarray(total[:, None] * mix)
