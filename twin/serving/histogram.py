"""Percentiles of the kernels' latency histograms."""

from __future__ import annotations

import math

import numpy as np

from twin.serving.primitives import BIN_FIRST, BIN_SHIFT
from twin.types import FloatArray


def percentile_s(counts: FloatArray, frac: float) -> float:
    """
    Percentile of a latency histogram, interpolated inside its bin.

    Args:
        counts: Counts per bin of the kernel's histograms.
        frac: Percentile. 0..1

    Returns:
        Latency. [s] NaN where nothing was counted; error below 0.4 %.
    """
    total = float(counts.sum())
    if total <= 0:
        return math.nan
    cumulative = np.cumsum(counts)
    wanted = frac * total
    b = min(int(np.searchsorted(cumulative, wanted)), counts.size - 1)
    before = float(cumulative[b - 1]) if b else 0.0
    inside = (wanted - before) / float(counts[b]) if counts[b] > 0 else 0.5
    low_s, high_s = bin_edge_s(b), bin_edge_s(b + 1)
    return low_s + inside * (high_s - low_s)


def bin_edge_s(b: int) -> float:
    """Lower edge of a histogram bin. [s]"""
    bits = np.int64(b + BIN_FIRST) << BIN_SHIFT
    return float(np.int64(bits).view(np.float64))
