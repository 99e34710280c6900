"""What every foreign protocol is decoded into: samples, and keys of their series."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from twin.types import FloatArray, IntArray

Labels = dict[str, str]
NAME = "__name__"
"""Label under which the name of a metric stands."""


@dataclass(frozen=True, slots=True)
class Samples:
    """
    Samples of a request.

    Attributes:
        keys: One per series; equal keys have equal labels, so that what a series speaks
            of is looked up once and not with every sample.
        labels: Labels of some series, by their numbers.
        series: Which series each sample is of. shape (sample,)
        time_us: UTC. [µs], shape (sample,)
        value: As sent; NaN is missing. shape (sample,)
        unsupported: What else was there and is not kept, counted by its kind.
    """

    keys: Sequence[Hashable]
    labels: Callable[[Sequence[int]], list[Labels]]
    series: IntArray
    time_us: IntArray
    value: FloatArray
    unsupported: Mapping[str, int]
