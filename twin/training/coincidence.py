"""
Peak of a synchronous job's nodes together, from one node's trace.

All nodes do the same at the same time, so their peaks coincide but for what is each
node's own: its level, and the scatter of its readings, which mostly averages out. How
much is shared is measured on a record of many nodes and carried over.
`docs/models/learned_training.md`, eq. 6 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import ScenarioError
from twin.training.layout import Layout, lay_out, readings_between
from twin.training.recorded import Trace, cluster
from twin.types import FloatArray, IntArray

NORMAL_90 = 1.645
"""Standard deviations that hold 90 % of a normal distribution, to either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpread:
    """
    How nodes of one job differ.

    Args:
        level_frac: Standard deviation of nodes' high levels ÷ their mean. [1], >= 0
        scatter_frac: Standard deviation of one node's readings about its own high
            level ÷ that level. [1], >= 0
        shared_frac: Part of that scatter's variance that all nodes have at the same
            time. 0..1
        series_count: Different series it was measured on.
    """

    level_frac: float
    scatter_frac: float
    shared_frac: float
    series_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakForecast:
    """
    Peak of many nodes together.

    Args:
        peak_w: Expected, if the node is a usual one. [W]
        low_w: 5 % are below, by how nodes' levels differ. [W]
        high_w: 5 % are above. [W]
        sum_of_peaks_w: The node's highest reading times the nodes. [W]
        coincidence_frac: Peak ÷ sum of peaks. [1]
    """

    peak_w: float
    low_w: float
    high_w: float
    sum_of_peaks_w: float
    coincidence_frac: float


def measure_spread(nodes: Sequence[Trace]) -> NodeSpread:
    """
    Measure how nodes of one job differ while all of them are at the high level.

    Series that are copies of another count once: two nodes behind one meter would look
    alike. Readings are held, not drawn out, so their scatter is not smoothed.

    Args:
        nodes: A trace of each node.

    Returns:
        Their spread.

    Raises:
        ScenarioError: If fewer than two series differ, or the nodes are never all at
            the high level.

    Source:
        docs/models/learned_training.md, eq. 6.
    """
    different = {(n.t_s.tobytes(), n.power_w.tobytes()): n for n in nodes}
    single = list(different.values())
    if len(single) < 2:
        raise ScenarioError("nodes", "must have two series that differ", len(single),
                            "give traces of several nodes of one job")  # fmt: skip
    total = cluster(single)
    at_s = _steady(total.trace, lay_out(total.trace), total.missing)
    held = np.stack(
        [n.power_w[np.searchsorted(n.t_s, at_s, side="right") - 1] for n in single]
    )
    if at_s.size < 2:
        raise ScenarioError("nodes", "must all be at the high level for a while",
                            f"{at_s.size} readings",
                            "give a longer record")  # fmt: skip
    level = held.mean(axis=1)
    scatter = held / level[:, None] - 1.0
    one, count = float(scatter.var(axis=1).mean()), len(single)
    together = float(scatter.mean(axis=0).var())
    shared = (together - one / count) / (1.0 - 1.0 / count)
    return NodeSpread(
        level_frac=float(level.std(ddof=1) / level.mean()),
        scatter_frac=math.sqrt(one),
        shared_frac=min(1.0, max(0.0, shared / one)) if one > 0.0 else 1.0,
        series_count=count,
    )


def predict_cluster_peak(
    trace: Trace, node_count: int, spread: NodeSpread
) -> PeakForecast:
    """
    Predict the highest power of a synchronous job's nodes from the trace of one.

    Args:
        trace: One node's power during the same job at the same size: a job on fewer
            nodes waits less and draws more.
        node_count: Nodes of the job. > 0
        spread: How nodes differ, from any record of many.

    Returns:
        The peak, with the range that the nodes' levels leave.

    Raises:
        ScenarioError: If `node_count` is not positive.

    Source:
        docs/models/learned_training.md, eq. 7.
    """
    if node_count < 1:
        raise ScenarioError("node_count", "must be 1 or more", node_count,
                            "say how many nodes the job has")  # fmt: skip
    level_w = float(np.median(_high_readings(trace)))
    highest_w = float(trace.power_w.max())
    stays = math.sqrt(spread.shared_frac + (1.0 - spread.shared_frac) / node_count)
    peak_w = node_count * (level_w + (highest_w - level_w) * stays)
    # the node at hand is one of the sum: with one node there is no doubt
    doubt = NORMAL_90 * spread.level_frac * math.sqrt(1.0 - 1.0 / node_count)
    return PeakForecast(
        peak_w=peak_w,
        low_w=peak_w * (1.0 - doubt),
        high_w=peak_w * (1.0 + doubt),
        sum_of_peaks_w=node_count * highest_w,
        coincidence_frac=peak_w / (node_count * highest_w),
    )


def _high_readings(trace: Trace) -> FloatArray:
    """Readings of the busy part that are not low. [W]"""
    layout = lay_out(trace)
    busy = readings_between(trace, layout)
    high: FloatArray = busy[busy >= layout.line_w]
    return high if high.size else np.array([trace.power_w.max()])


def _steady(trace: Trace, layout: Layout, missing: IntArray) -> FloatArray:
    """Times when the sum is high, before and after too, and no node is missing. [s]"""
    up = np.zeros(trace.t_s.size, dtype=bool)
    for a, b in layout.stretches:
        up[a:b] = trace.power_w[a:b] >= layout.line_w
    up[1:-1] = up[1:-1] & up[:-2] & up[2:]
    up[[0, -1]] = False
    at_s: FloatArray = trace.t_s[up & (missing == 0)]
    return at_s
