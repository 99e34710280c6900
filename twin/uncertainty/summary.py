"""What a sample says of an output: moments, quantiles with intervals, a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from twin.types import FloatArray, IntArray
from twin.uncertainty.checks import (
    SampleKind,
    as_outputs,
    check_count,
    check_design,
    check_level,
)

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95, 0.99)
MOST_BINS = 60
_STRATIFIED = (
    "quantile intervals are those of independent points; stratified points scatter "
    "less, as a rule, and the intervals are then conservative"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """
    A quantile of an output.

    Args:
        frac: Part of the outputs below it, 0..1.
        value: Estimate, in the output's unit.
        low: Low end of its interval; -inf where the points are too few for one.
        high: High end; inf where they are too few.
    """

    frac: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """
    Distribution of one output over a sample.

    Args:
        count: Points counted.
        undefined: Points whose output was NaN; left out of everything else.
        mean: Mean, in the output's unit; NaN if nothing was counted, as all below.
        sd: Standard deviation of the output itself; NaN of a single point.
        least: Smallest.
        most: Largest.
        quantiles: In rising order.
        level: Confidence of the quantiles' intervals.
        note: What the reader has to know; empty if nothing.
    """

    count: int
    undefined: int
    mean: float
    sd: float
    least: float
    most: float
    quantiles: tuple[Quantile, ...]
    level: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """
    Outputs counted in equal bins.

    Args:
        edges: Rising edges, one more than bins, in the output's unit.
        counts: Points of each bin; the last bin has its upper edge too.
    """

    edges: FloatArray
    counts: IntArray


def summarise(
    values: FloatArray,
    *,
    fracs: tuple[float, ...] = QUANTILES,
    level: float = 0.95,
    design: SampleKind = "random",
) -> Summary:
    """
    Describe a sample of one output.

    Args:
        values: One output per point, shape (points,). NaN is left out and counted.
        fracs: Quantiles wanted, each in 0..1.
        level: Confidence of each quantile's two-sided interval, 0..1.
        design: How the points were drawn.

    Returns:
        The summary.

    Raises:
        ScenarioError: If the values are not flat or an argument is out of range.

    Source:
        docs/models/uncertainty.md, eq. 2.
    """
    check_level(level)
    check_design(design)
    values = as_outputs(values)
    kept = np.sort(values[~np.isnan(values)])
    undefined = len(values) - len(kept)
    notes = [
        f"{undefined} undefined outputs left out" if undefined else "",
        _STRATIFIED if design != "random" else "",
    ]
    if not len(kept):
        return Summary(
            count=0, undefined=undefined, mean=math.nan, sd=math.nan, least=math.nan,
            most=math.nan, quantiles=(), level=level, note="no output is defined",
        )  # fmt: skip
    return Summary(
        count=len(kept), undefined=undefined, mean=float(kept.mean()),
        sd=float(kept.std(ddof=1)) if len(kept) > 1 else math.nan,
        least=float(kept[0]), most=float(kept[-1]),
        quantiles=tuple(_quantile(kept, frac, level) for frac in fracs),
        level=level, note="; ".join(note for note in notes if note),
    )  # fmt: skip


def order_ranks(count: int, frac: float, level: float) -> tuple[int, int]:
    """
    Ranks of the two points that hold a quantile between them.

    Args:
        count: Independent points.
        frac: The quantile, 0..1.
        level: Confidence; at least this much, whatever the distribution.

    Returns:
        Ranks from 1; 0 and count + 1 where there is no such point.

    Source:
        docs/models/uncertainty.md, eq. 2.
    """
    tail = 0.5 * (1.0 - level)
    chance = bdtr(np.arange(count + 1, dtype=float), count, frac)
    first, last = np.searchsorted(chance, [tail, 1.0 - tail])
    return int(first), int(last) + 1


def _quantile(rising: FloatArray, frac: float, level: float) -> Quantile:
    count = len(rising)
    first, last = order_ranks(count, frac, level)
    return Quantile(
        frac=frac,
        value=float(np.quantile(rising, frac)),
        low=float(rising[first - 1]) if first >= 1 else -math.inf,
        high=float(rising[last - 1]) if last <= count else math.inf,
    )


def histogram(values: FloatArray, *, most_bins: int = MOST_BINS) -> Histogram:
    """
    Count outputs in equal bins, as wide as Freedman and Diaconis have them.

    Args:
        values: One output per point; those not finite are left out.
        most_bins: Most bins, however long the tails, >= 1.

    Returns:
        The bins; one bin if all outputs are the same, none if there are none.

    Raises:
        ScenarioError: If `most_bins` is not positive.
    """
    check_count("most_bins", most_bins, 1)
    values = as_outputs(values)
    values = values[np.isfinite(values)]
    if not len(values):
        return Histogram(edges=np.empty(0), counts=np.empty(0, dtype=np.int64))
    bins = min(most_bins, _bins(values))
    counts, edges = np.histogram(values, bins=bins)
    return Histogram(edges=edges.astype(float), counts=counts.astype(np.int64))


def _bins(values: FloatArray) -> int:
    low, high = np.quantile(values, [0.25, 0.75])
    width: float = 2.0 * float(high - low) / len(values) ** (1.0 / 3.0)
    span = float(np.ptp(values))
    if span <= 0.0:
        return 1
    if width <= span / MOST_BINS:
        return MOST_BINS
    return math.ceil(span / width)
