"""
A closer look at a study: any window, from a week to a millisecond, peaks kept.

`docs/models/stabilize.md`, section on the way to the grid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.compliance.study import WARM_UP_S, Study, run_again
from twin.errors import ScenarioError
from twin.stabilize import compiled
from twin.stabilize.chain import Measures, Stabilized
from twin.stabilize.resonance import thinned
from twin.stabilize.upstream import Islanded
from twin.types import FloatArray, IntArray

FINE_SAMPLE_S = 1e-3
"""A zoom goes down to samples of this length. [s]"""
MOST_FINE = 2_000_000
"""Samples of a finer zoom, its warm-up included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """
    A waveform in buckets that keep its peaks.

    Args:
        t_s: Edges of the buckets. [s], (buckets + 1,)
        low: Lowest value in each. (buckets,)
        high: Highest value in each. (buckets,)
        mean: Mean of each. (buckets,)
    """

    t_s: FloatArray
    low: FloatArray
    high: FloatArray
    mean: FloatArray


def envelope(
    values: FloatArray, sample_s: float, *, from_s: float, to_s: float, points: int,
    begin_s: float = 0.0,
) -> Envelope:  # fmt: skip
    """
    Cut a series into buckets, keeping each one's extremes.

    Args:
        values: The series. (samples,)
        sample_s: Length of a sample. [s]
        from_s: Begin of the window. [s]
        to_s: End of the window. [s]
        points: Most buckets. > 0
        begin_s: Time of the first sample. [s]

    Returns:
        At most `points` buckets; a bucket is a sample where there are fewer.
    """
    first = min(max(0, round((from_s - begin_s) / sample_s)), values.size - 1)
    last = min(max(first + 1, round((to_s - begin_s) / sample_s)), values.size)
    count = min(points, last - first)
    edges: IntArray = np.linspace(first, last, count + 1).round().astype(np.int64)
    low, high, mean = np.empty(count), np.empty(count), np.empty(count)
    compiled.extremes(values, edges, low, high, mean)
    t_s: FloatArray = begin_s + sample_s * edges.astype(np.float64)
    return Envelope(t_s=t_s, low=low, high=high, mean=mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoom:
    """
    A window of a study.

    Args:
        from_s: Begin. [s]
        to_s: End. [s]
        sample_s: Samples it rests on. [s]
        before: The grid without measures.
        after: The grid with them.
        drawn: What the GPUs draw with them.
        stores: Charge ÷ energy of each place's stores.
        frequency: Frequency of gensets with measures. [Hz]
    """

    from_s: float
    to_s: float
    sample_s: float
    before: Envelope
    after: Envelope
    drawn: Envelope
    stores: dict[str, Envelope]
    frequency: Envelope | None


def zoom(
    found: Study, *, from_s: float = 0.0, to_s: float = math.inf, points: int = 1200
) -> Zoom:
    """
    Look at a window of a study, as fine as a millisecond.

    Where the run's own samples are too coarse for the window it is run again, finer,
    from `WARM_UP_S` before, with the charge the stores had.

    Args:
        found: The study.
        from_s: Begin. [s]
        to_s: End. [s]
        points: Most buckets. > 0

    Returns:
        The window, peaks kept.

    Raises:
        ScenarioError: If the window is empty or outside.
    """
    horizon_s = found.after.grid.horizon_s
    to_s = min(to_s, horizon_s)
    if not 0 <= from_s < to_s:
        raise ScenarioError("from_s", "must be 0 or more and below to_s and the "
                            f"horizon of {horizon_s:g} s", from_s,
                            "choose a window inside")  # fmt: skip
    sample_s = found.after.grid.sample_s
    wanted_s = max(FINE_SAMPLE_S, (to_s - from_s) / points)
    if wanted_s <= sample_s / 2 and (to_s - from_s) / wanted_s <= MOST_FINE / 2:
        return _finer(found, from_s, to_s, points, wanted_s)
    window = {"from_s": from_s, "to_s": to_s, "points": points}
    return _window(found.before, found.after, found.generators, window, 0.0)


def _finer(
    found: Study, from_s: float, to_s: float, points: int, sample_s: float
) -> Zoom:
    begin_s = max(0.0, from_s - min(WARM_UP_S, 0.5 * MOST_FINE * sample_s))
    runs = [
        run_again(
            found.site, measures, run, begin_s=begin_s, horizon_s=to_s - begin_s,
            sample_s=sample_s,
        )
        for measures, run in (
            (Measures(), found.before), (found.measures, found.after)
        )
    ]  # fmt: skip
    window = {"from_s": from_s, "to_s": to_s, "points": points}
    return _window(runs[0], runs[1], None, window, begin_s)


def _window(
    before: Stabilized, after: Stabilized, generators: tuple[Islanded, Islanded] | None,
    window: Mapping[str, float], begin_s: float,
) -> Zoom:  # fmt: skip
    sample_s = after.grid.sample_s

    def cut(values: FloatArray) -> Envelope:
        return envelope(
            values, sample_s, from_s=window["from_s"], to_s=window["to_s"],
            points=int(window["points"]), begin_s=begin_s,
        )  # fmt: skip

    return Zoom(
        from_s=window["from_s"], to_s=window["to_s"], sample_s=sample_s,
        before=cut(before.grid.power_w), after=cut(after.grid.power_w),
        drawn=cut(after.drawn.power_w),
        stores={place: cut(s.charge_frac) for place, s in after.stores.items()},
        frequency=None if generators is None else cut(generators[1].frequency_hz),
    )  # fmt: skip


def spectra(
    found: Study, *, points: int = 800
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """
    Lines of the grid's power before and after, thinned so that no peak is lost.

    Args:
        found: The study.
        points: Most lines of each.

    Returns:
        Frequencies [Hz] and amplitudes [W], before and after.
    """
    first = thinned(found.before.grid, points=points)
    if found.after is found.before:
        return first, first
    return first, thinned(found.after.grid, points=points)
