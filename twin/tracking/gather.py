"""
Series of many meters on one clock, gaps marked.

A meter that is silent for more than a few intervals is missing there; what is missing
is filled with the others' mean while some of them read, and stays NaN while none does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.errors import ScenarioError
from twin.training.recorded import Trace
from twin.types import FloatArray


def gather(nodes: Sequence[Trace], *, step_s: float | None = None) -> FloatArray:
    """
    Put traces on one grid, NaN where a meter is silent.

    Args:
        nodes: Traces with clocks of their own.
        step_s: Step of the grid. [s]; None takes the longest of their intervals.

    Returns:
        Times first, then each node's power. [s, W], shape (1 + nodes, times)

    Raises:
        ScenarioError: If there is no node, or they have no time in common.
    """
    first = max((float(n.t_s[0]) for n in nodes), default=0.0)
    last = min((float(n.t_s[-1]) for n in nodes), default=0.0)
    if not last > first:
        raise ScenarioError("nodes", "must have time in common", "the last begins at "
                            f"{first:g} s, the first ends at {last:g} s",
                            "leave the odd one out, or mend its clock")  # fmt: skip
    step = max(n.interval_s for n in nodes) if step_s is None else step_s
    grid: FloatArray = first + step * np.arange(int((last - first) / step) + 1.0)
    rows = [grid]
    for node in nodes:
        power = np.interp(grid, node.t_s, node.power_w)
        for gap in node.gaps:
            power[(grid > gap.after_s) & (grid < gap.after_s + gap.lasts_s)] = np.nan
        rows.append(power)
    return np.stack(rows)


def total_w(power_w: FloatArray) -> FloatArray:
    """
    Sum over nodes, those missing given the mean of the others.

    Args:
        power_w: Shape (nodes, times). [W], NaN is missing

    Returns:
        Sum; NaN where every node is missing. [W], shape (times,)
    """
    there = np.isfinite(power_w)
    count = there.sum(axis=0)
    known = np.where(there, power_w, 0.0).sum(axis=0)
    return np.where(count > 0, known * power_w.shape[0] / np.maximum(count, 1), np.nan)
