"""Runs side by side: which inputs differ, how much figures differ, curves together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from twin.types import FloatArray

Better = Literal["less", "more", "neither"]
Verdict = Literal[
    "baseline", "same", "better", "worse", "differs", "absent", "unpaired"
]  # fmt: skip
SAME_FRAC = 1e-9
"""Closer than this part of the baseline is the same: the noise of adding up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    A figure that runs may have, and what difference of it is usual.

    Args:
        key: Name, its unit last.
        label: What it is, for people.
        unit: Unit; "1" is a ratio, "" a count.
        better: Which way is better.
        group: What it tells of: power, energy, users, control or site.
        usual_frac: Usual difference ÷ the baseline's value. [1]
        usual: The least usual difference, in the figure's unit.
        doc: Formula or meaning.
    """

    key: str
    label: str
    unit: str
    better: Better
    group: str
    usual_frac: float
    usual: float
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """
    One figure of several runs; NaN where a run lacks it.

    Args:
        absolute: Value minus the baseline's, in the figure's unit.
        relative: The same ÷ the baseline's size; NaN where that is 0. [1]
        times: Size of the difference ÷ what is usual between two runs of their size;
            NaN where there is none. [1]
        spread: Largest minus smallest value, in the figure's unit.
        usual: Usual difference from the run that is furthest, in the figure's unit.
        score: The largest of `times`. [1]
        verdicts: One for each run.
    """

    absolute: FloatArray
    relative: FloatArray
    times: FloatArray
    spread: float
    usual: float
    score: float
    verdicts: tuple[Verdict, ...]


def compare_figure(
    figure: Figure, values: Sequence[float], *, baseline: int
) -> Compared:
    """
    Compare one figure of several runs.

    Args:
        figure: The figure.
        values: One for each run; NaN where it lacks the figure.
        baseline: Index of the run that others are measured against.

    Returns:
        Differences and what they mean.
    """
    known = np.asarray(values, dtype=np.float64)
    before = float(known[baseline])
    absolute = known - before
    size = abs(before)
    relative = absolute / size if size > 0 else np.full_like(absolute, np.nan)
    there = known[np.isfinite(known)]
    # of the larger of both: a baseline of nothing says nothing of what is usual
    usual = np.maximum(
        figure.usual_frac * np.maximum(np.abs(known), size), figure.usual
    )
    moved = np.where(np.abs(absolute) <= SAME_FRAC * size, 0.0, np.abs(absolute))
    times = np.divide(moved, usual, out=np.where(np.isnan(moved), np.nan, 0.0),
                      where=usual > 0)  # fmt: skip
    paired = bool(np.isfinite(times).any())
    furthest = int(np.nanargmax(times)) if paired else baseline
    return Compared(
        absolute=absolute, relative=relative, times=times,
        usual=float(usual[furthest]), score=float(times[furthest]),
        spread=float(there.max() - there.min()) if there.size else math.nan,
        verdicts=tuple(
            _verdict(figure, value, float(change), size, is_base=index == baseline)
            for index, (value, change) in enumerate(zip(known, absolute, strict=True))
        ),
    )  # fmt: skip


def _verdict(
    figure: Figure, value: float, change: float, size: float, *, is_base: bool
) -> Verdict:
    if math.isnan(value):
        return "absent"
    if is_base:
        return "baseline"
    if math.isnan(change):
        return "unpaired"
    if abs(change) <= SAME_FRAC * size:
        return "same"
    if figure.better == "neither":
        return "differs"
    return "better" if (change < 0) == (figure.better == "less") else "worse"


def order_of(compared: Sequence[Compared]) -> list[int]:
    """
    Places of figures: by how much they differ, equal ones next, one-sided ones last.

    Figures that only one run has cannot differ; they keep their order at the end.
    """

    def rank(index: int) -> tuple[int, float]:
        score = compared[index].score
        verdicts = compared[index].verdicts
        if all(v in ("absent", "baseline", "unpaired") for v in verdicts):
            return 2, 0.0
        return (1, 0.0) if math.isnan(score) or score == 0 else (0, -score)

    return sorted(range(len(compared)), key=rank)


# --- inputs ---------------------------------------------------------------------------

ABSENT = object()
"""Stands where some inputs have a key and others do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """
    One input that is not the same everywhere.

    Args:
        field: Dotted path, list items by number.
        values: One for each; None where absent or empty, a text where it is a part
            of its own that the others do not have.
    """

    field: str
    values: tuple[Any, ...]


def differing(inputs: Sequence[Mapping[str, Any]]) -> tuple[list[Differing], int]:
    """
    Find where several nested inputs differ.

    A part that some lack as a whole is one difference, not one for each leaf in it; so
    is a list of parts of unequal length.

    Args:
        inputs: Plain documents.

    Returns:
        What differs, in the order of the inputs, and how many leaves do not.
    """
    found: list[Differing] = []
    same = _walk("", list(inputs), found)
    return found, same


def _walk(path: str, values: list[Any], found: list[Differing]) -> int:
    """Go down where all have parts; note what differs, count what does not."""
    if all(isinstance(v, Mapping) for v in values) and any(values):
        keys = dict.fromkeys(key for value in values for key in value)
        inner = [(str(k), [v.get(k, ABSENT) for v in values]) for k in keys]
    elif _rows_alike(values):
        inner = [(str(k), list(row)) for k, row in enumerate(zip(*values, strict=True))]
    elif all(_alike(v, values[0]) for v in values):
        return 1
    else:
        shown = tuple(map(_shown, values))
        if any(value is not None for value in shown):  # absent is as good as empty
            found.append(Differing(field=path, values=shown))
        return 0
    return sum(_walk(f"{path}.{k}" if path else k, each, found) for k, each in inner)


def _rows_alike(values: list[Any]) -> bool:
    """Whether all are lists of parts, equally long."""
    return all(
        isinstance(v, list | tuple) and v and isinstance(v[0], Mapping) for v in values
    ) and len({len(v) for v in values}) == 1  # fmt: skip


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _shown(value: Any) -> Any:
    if value is ABSENT or value is None:
        return None
    if isinstance(value, Mapping):
        return f"{leaves(value):,} inputs" if value else None
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return f"{len(value):,} items"
    return list(value) if isinstance(value, tuple) else value


def leaves(value: Any) -> int:
    """Count plain values below a part."""
    if isinstance(value, Mapping):
        return sum(map(leaves, value.values()))
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return sum(map(leaves, value))
    return 1


# --- curves ---------------------------------------------------------------------------

Reduce = Literal["mean", "max", "min"]


def axis_of(horizons_s: Sequence[float], points: int) -> FloatArray:
    """Starts of equal bins from 0 to the longest horizon. [s]"""
    return np.arange(points, dtype=np.float64) * (max(horizons_s) / points)


def on_axis(
    axis_s: FloatArray,
    end_s: float,
    t_s: FloatArray,
    values: FloatArray,
    *,
    horizon_s: float,
    how: Reduce,
) -> FloatArray:
    """
    Put a curve of records on common bins.

    Records that start within a bin are reduced; where records are longer than bins
    the last one holds until the next begins. NaN is no value.

    Args:
        axis_s: Starts of the bins. [s]
        end_s: End of the last bin. [s]
        t_s: Starts of the records, rising. [s]
        values: The records.
        horizon_s: End of the run; bins that start later are NaN. [s]
        how: What becomes of several records in a bin.

    Returns:
        One value for each bin.
    """
    edges = np.append(axis_s, end_s)
    place = np.searchsorted(edges, t_s, side="right") - 1
    bins = axis_s.size
    inside = (place >= 0) & (place < bins) & np.isfinite(values)
    found = np.full(bins, np.nan)
    if how == "mean":
        count = np.bincount(place[inside], minlength=bins)
        total = np.bincount(place[inside], weights=values[inside], minlength=bins)
        np.divide(total, count, out=found, where=count > 0)
    else:
        ufunc = np.fmax if how == "max" else np.fmin
        ufunc.at(found, place[inside], values[inside])
    has_record = np.zeros(bins, dtype=bool)
    has_record[place[(place >= 0) & (place < bins)]] = True
    last = np.maximum.accumulate(np.where(has_record, np.arange(bins), -1))
    held = np.where(last >= 0, found[np.maximum(last, 0)], np.nan)
    ended: FloatArray = np.where(axis_s < horizon_s, held, np.nan)
    return ended
