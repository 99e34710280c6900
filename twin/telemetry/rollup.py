"""
Readings folded into bins of equal length: energy, least, mean and highest power.

Between two readings that are not a gap apart power runs in a straight line; a counter
of energy, where there is one, says what flowed between them instead. Energy and covered
time are cumulative curves, read at the bins' edges, so bins add up exactly: to longer
bins, and to what was read.

docs/models/telemetry.md has the equations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.telemetry.readings import Device, Readings
from twin.types import BoolArray, FloatArray, IntArray

GAP_PERIODS = 5.0
LEAST_GAP_S, MOST_GAP_S = 5.0, 300.0
"""A pause longer than five usual periods is a gap; never below 5 s or above 5 min."""

COUNTED = (("host",), ("psu",), ("gpu", "cpu"), ("meter",))
"""Kinds whose sum is a host's power: the first of these that is known. MIG instances
are in none: their GPU is."""

MEANS = ("sm_clock_hz", "memory_clock_hz", "utilisation_frac", "fan_frac")
HIGHEST = ("gpu_c", "memory_c", "inlet_c")
LAST = ("power_limit_w", "smoothing_floor_w")
BITS = ("throttle_reasons", "smoothing_state")
POWER = ("power_least_w", "power_mean_w", "power_highest_w")
SUMS = ("energy_j", "covered_s", "readings")
COLUMNS = (*POWER, *SUMS, *MEANS, *HIGHEST, *LAST, *BITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """
    Bins of one source's devices.

    Attributes:
        devices: The devices, numbered by their place.
        device: Which device each bin is of. shape (bin,)
        start_us: Start of each bin, UTC. [µs], shape (bin,)
        bin_us: Length of the bins. [µs]
        columns: `COLUMNS`, shape (bin,). `power_mean_w` is over the covered time,
            `energy_j` over the whole bin where a counter bridges a gap; NaN is missing.
    """

    devices: tuple[Device, ...]
    device: IntArray
    start_us: IntArray
    bin_us: int
    columns: dict[str, FloatArray]

    def __len__(self) -> int:
        return int(self.device.size)

    @classmethod
    def none(cls, bin_us: int) -> Rollup:
        """No bins of no device."""
        return cls(
            devices=(), device=np.zeros(0, np.int64), start_us=np.zeros(0, np.int64),
            bin_us=bin_us, columns={name: np.zeros(0) for name in COLUMNS},
        )  # fmt: skip

    def take(self, which: np.ndarray) -> Rollup:
        """Some of the bins, by mask or by index."""
        return Rollup(
            devices=self.devices, device=self.device[which],
            start_us=self.start_us[which], bin_us=self.bin_us,
            columns={name: values[which] for name, values in self.columns.items()},
        )  # fmt: skip


def joined(parts: Sequence[Rollup]) -> Rollup:
    """
    Bins of one source put together, sorted by device and time.

    Args:
        parts: Bins of equal length that do not overlap; at least one.
    """
    devices: dict[str, Device] = {d.key: d for p in parts for d in p.devices}
    place = {key: i for i, key in enumerate(devices)}
    device = _cat(
        [np.array([place[d.key] for d in p.devices])[p.device] for p in parts], np.int64
    )
    start_us = _cat([p.start_us for p in parts], np.int64)
    order = np.lexsort((start_us, device))
    return Rollup(
        devices=tuple(devices.values()), device=device[order], start_us=start_us[order],
        bin_us=parts[0].bin_us,
        columns={
            name: _cat([p.columns[name] for p in parts], np.float64)[order]
            for name in COLUMNS
        },
    )  # fmt: skip


def roll_up(
    readings: Readings, *, start_us: int, bins: int, bin_us: int, whole: bool = False
) -> Rollup:
    """
    Fold readings into bins.

    Args:
        readings: Sorted by device and time (see `merge`); readings outside the bins
            are used for what flows across the first and last edge.
        start_us: Start of the first bin. [µs]
        bins: How many.
        bin_us: Length of a bin. [µs]
        whole: Keep bins without a reading of their own where power is known from
            their neighbours. Off for storage, on for sums over devices.

    Returns:
        Bins, sorted by device and time; those nothing is known of are absent.
    """
    edges_s = np.arange(bins + 1, dtype=np.float64) * np.float64(bin_us * 1e-6)
    time_s = (readings.time_us - start_us).astype(np.float64) * np.float64(1e-6)
    parts = []
    bounds = np.searchsorted(readings.device, np.arange(len(readings.devices) + 1))
    for number in range(len(readings.devices)):
        span = slice(int(bounds[number]), int(bounds[number + 1]))
        if span.start == span.stop:
            continue
        columns = _of_device(readings, span, time_s[span], edges_s)
        seen = columns["readings"] > 0
        some = (columns["covered_s"] > 0) | (columns["energy_j"] > 0)
        known = seen | some if whole else seen
        where = np.flatnonzero(known)
        parts.append((number, where, {n: v[where] for n, v in columns.items()}))
    return Rollup(
        devices=readings.devices,
        device=_cat([np.full(w.size, n, np.int64) for n, w, _ in parts], np.int64),
        start_us=_cat([start_us + w * bin_us for _, w, _ in parts], np.int64),
        bin_us=bin_us,
        columns={c: _cat([p[c] for _, _, p in parts], np.float64) for c in COLUMNS},
    )


def coarsen(rollup: Rollup, bin_us: int) -> Rollup:
    """
    Put bins together into longer ones; energy and covered time are kept exactly.

    Args:
        rollup: Shorter bins, sorted by device and time.
        bin_us: Length of the longer bins, a multiple of the shorter. [µs]

    Returns:
        The longer bins, aligned to multiples of their length since 1970.
    """
    if bin_us % rollup.bin_us:
        raise ValueError(f"bin_us must be a multiple of {rollup.bin_us}, got {bin_us}")
    longer = rollup.start_us // bin_us * bin_us
    fresh = np.ones(len(rollup), np.bool_)
    fresh[1:] = (longer[1:] != longer[:-1]) | (rollup.device[1:] != rollup.device[:-1])
    starts = np.flatnonzero(fresh)
    return Rollup(
        devices=rollup.devices, device=rollup.device[starts], start_us=longer[starts],
        bin_us=bin_us, columns=_grouped(rollup.columns, starts),
    )  # fmt: skip


def total(rollup: Rollup, *, name: str, kind: str = "total") -> Rollup:
    """
    Power of a host: its own meter where it is read, else the sum of its parts.

    Args:
        rollup: Bins of the host's devices, made with `whole`.
        name: Key of the sum.
        kind: Kind of the sum.

    Returns:
        One device. In a second in which a part is missing the sum is of the others,
        and `covered_s` falls in proportion, so that a hole can be seen. MIG instances
        are never added: their GPU is.
    """
    kinds = np.array([d.kind for d in rollup.devices] or [""])
    sums = []
    for counted in COUNTED:
        part = rollup.take(np.flatnonzero(np.isin(kinds, counted)[rollup.device]))
        if len(part):
            sums.append(sum_of([part], name=name, kind=kind, bin_us=rollup.bin_us))
    if not sums:
        return sum_of([], name=name, kind=kind, bin_us=rollup.bin_us)
    return _first_known(sums)


def _first_known(sums: Sequence[Rollup]) -> Rollup:
    """Of several sums of one thing the first that knows its power, bin by bin."""
    start_us = np.unique(np.concatenate([s.start_us for s in sums]))
    columns = {name: np.full(start_us.size, np.nan) for name in COLUMNS}
    columns |= {name: np.zeros(start_us.size) for name in SUMS}
    open_ = np.ones(start_us.size, np.bool_)
    for part in sums:
        place = np.searchsorted(start_us, part.start_us)
        use = open_[place] & np.isfinite(part.columns["power_mean_w"])
        use |= open_[place] & (part.columns["energy_j"] > 0)
        for name, values in part.columns.items():
            columns[name][place[use]] = values[use]
        open_[place[use]] = False
    return Rollup(
        devices=sums[0].devices, device=np.zeros(start_us.size, np.int64),
        start_us=start_us, bin_us=sums[0].bin_us, columns=columns,
    )  # fmt: skip


def sum_of(
    parts: Sequence[Rollup], *, name: str, kind: str, bin_us: int, expected: int = 0
) -> Rollup:
    """
    Add devices up, bin by bin: power that flowed at the same time.

    Args:
        parts: Bins of equal length.
        name: Key of the sum.
        kind: Kind of the sum.
        bin_us: Length of the bins. [µs]
        expected: Devices that should report; 0 takes those that do.

    Returns:
        One device. Least and highest are of the sum of means: coincident power at
        this bin's length, not the sum of what each did at another moment.
    """
    start_us = _cat([p.start_us for p in parts], np.int64)
    mean = _cat([p.columns["power_mean_w"] for p in parts], np.float64)
    known = np.isfinite(mean)
    bins, where = np.unique(start_us, return_inverse=True)
    count = max(expected, sum(int(np.unique(p.device).size) for p in parts), 1)

    def add(name: str, scale: float = 1.0) -> FloatArray:
        values = _cat([p.columns[name] for p in parts], np.float64)
        values = np.where(np.isfinite(values), values, 0.0)
        return np.bincount(where, values * scale, bins.size).astype(np.float64)

    power = np.bincount(where, np.where(known, mean, 0.0), bins.size).astype(float)
    any_known = np.bincount(where, known, bins.size) > 0
    power = np.where(any_known, power, np.nan)
    columns = {name: np.full(bins.size, np.nan) for name in COLUMNS}
    columns |= dict.fromkeys(POWER, power)
    columns |= {
        "energy_j": add("energy_j"), "readings": add("readings"),
        "covered_s": add("covered_s", 1.0 / count),
    }  # fmt: skip
    return Rollup(
        devices=(Device(key=name, kind=kind),), device=np.zeros(bins.size, np.int64),
        start_us=bins, bin_us=bin_us, columns=columns,
    )  # fmt: skip


# --- one device -------------------------------------------------------------------


def _of_device(
    readings: Readings, span: slice, time_s: FloatArray, edges_s: FloatArray
) -> dict[str, FloatArray]:
    bins = edges_s.size - 1
    column = {name: values[span] for name, values in readings.columns.items()}
    power_w = _power(column, time_s.size)
    curves = _cumulative(time_s, power_w, column.get("energy_j"))

    def flowed(curve: FloatArray) -> FloatArray:
        return np.diff(np.interp(edges_s, curves.time_s, curve))

    out = {name: np.full(bins, np.nan) for name in COLUMNS}
    out["covered_s"], out["energy_j"] = (
        flowed(curves.covered_s),
        flowed(curves.energy_j),
    )
    flowed_j = flowed(curves.covered_j)
    with np.errstate(invalid="ignore", divide="ignore"):
        out["power_mean_w"] = np.where(
            out["covered_s"] > 0, flowed_j / out["covered_s"], np.nan
        )
    inside = (time_s >= edges_s[0]) & (time_s < edges_s[-1])
    place = np.searchsorted(edges_s, time_s[inside], "right") - 1
    out["readings"] = np.bincount(place, minlength=bins).astype(float)
    _spread(out, {n: v[inside] for n, v in column.items()}, power_w[inside], place)
    return out


def _spread(
    out: dict[str, FloatArray],
    column: dict[str, FloatArray],
    power_w: FloatArray,
    place: IntArray,
) -> None:
    """Least, highest, means and bits of the readings inside each bin."""
    if place.size:
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        where = place[starts]
        out["power_least_w"][where] = np.fmin.reduceat(power_w, starts)
        out["power_highest_w"][where] = np.fmax.reduceat(power_w, starts)
        for name, values in column.items():
            if name in COLUMNS and name != "energy_j":
                out[name][where] = _REDUCED[name](values, starts)
    flat = out["power_mean_w"]  # a bin without a reading, or with a single one
    for name, pick in (("power_least_w", np.fmin), ("power_highest_w", np.fmax)):
        out[name] = pick(out[name], flat)
    lone = np.isnan(flat) & np.isfinite(out["power_least_w"])
    out["power_mean_w"] = np.where(lone, out["power_least_w"], flat)


def _power(column: dict[str, FloatArray], count: int) -> FloatArray:
    """Instantaneous power, or the driver's average where that is all there is."""
    missing = np.full(count, np.nan)
    instant = column.get("power_w", missing)
    return np.where(
        np.isfinite(instant), instant, column.get("power_average_w", missing)
    )


def _cumulative(
    time_s: FloatArray, power_w: FloatArray, counter_j: FloatArray | None
) -> _Curves:
    """
    What flowed since the first reading: by the counter where there is one, else power.

    Each is integrated over its own readings, so rows that have only one of them, or
    neither (another field's own time), take nothing away.
    """
    power, counter = _straight(time_s, power_w), _counted(time_s, counter_j)
    gap_s = _gap_s(power.time_s if power.time_s.size > 1 else counter.time_s)
    edges_s = np.union1d(power.time_s, counter.time_s)
    if edges_s.size < 2:
        return _Curves(time_s=np.zeros(1), covered_j=np.zeros(1),
                       energy_j=np.zeros(1), covered_s=np.zeros(1))  # fmt: skip
    middle_s, step_s = (edges_s[1:] + edges_s[:-1]) / 2, np.diff(edges_s)
    flowing_w, near = power.rate(middle_s, gap_s)
    counted_w, counted_near = counter.rate(middle_s, gap_s)
    if _disagree(counted_w, flowing_w, step_s):
        counted_w = np.full_like(counted_w, np.nan)
    counted = np.isfinite(counted_w)
    covered = (near & np.isfinite(flowing_w)) | (counted & counted_near)
    known_j = step_s * np.where(counted, counted_w, np.nan_to_num(flowing_w))
    return _Curves(
        time_s=edges_s,
        covered_j=_running(np.where(covered, known_j, 0.0)),
        energy_j=_running(np.where(covered | counted, known_j, 0.0)),
        covered_s=_running(np.where(covered, step_s, 0.0)),
    )


class _Curves(NamedTuple):
    """Cumulative energy over covered time, energy with bridged gaps, covered time."""

    time_s: FloatArray
    covered_j: FloatArray
    energy_j: FloatArray
    covered_s: FloatArray


class _Flow(NamedTuple):
    """Energy between the readings of one quantity; NaN where it cannot be told."""

    time_s: FloatArray
    step_j: FloatArray

    def rate(self, at_s: FloatArray, gap_s: float) -> tuple[FloatArray, BoolArray]:
        """Mean power of the step each instant is in, and whether it is no gap."""
        if self.step_j.size == 0:
            return np.full(at_s.size, np.nan), np.zeros(at_s.size, np.bool_)
        place = np.searchsorted(self.time_s, at_s, "right") - 1
        inside = (place >= 0) & (place < self.step_j.size)
        place = np.clip(place, 0, self.step_j.size - 1)
        step_s = np.diff(self.time_s)
        rate_w = np.where(inside, (self.step_j / step_s)[place], np.nan)
        return rate_w, inside & (step_s <= gap_s)[place]


def _straight(time_s: FloatArray, power_w: FloatArray) -> _Flow:
    known = np.isfinite(power_w)
    time_s, power_w = time_s[known], power_w[known]
    return _Flow(time_s, np.diff(time_s) * (power_w[1:] + power_w[:-1]) / 2)


def _counted(time_s: FloatArray, counter_j: FloatArray | None) -> _Flow:
    if counter_j is None:
        return _Flow(np.zeros(0), np.zeros(0))
    known = np.isfinite(counter_j)
    step_j = np.diff(counter_j[known])
    # it falls where the driver was loaded again
    return _Flow(time_s[known], np.where(step_j < 0, np.nan, step_j))


def _gap_s(time_s: FloatArray) -> float:
    step_s = np.diff(time_s)
    if step_s.size == 0:
        return LEAST_GAP_S
    return float(np.clip(GAP_PERIODS * np.median(step_s), LEAST_GAP_S, MOST_GAP_S))


def _disagree(counted_w: FloatArray, flowing_w: FloatArray, step_s: FloatArray) -> bool:
    """
    Whether a counter stands still beside flowing power, or leaps: of another unit.

    A counter may lag by one of its own updates (20 to 100 ms), so single steps differ;
    a whole device's counter that disagrees by a factor of two is not used at all.
    """
    both = np.isfinite(counted_w) & np.isfinite(flowing_w)
    counted_j = float((counted_w[both] * step_s[both]).sum())
    straight_j = float((flowing_w[both] * step_s[both]).sum())
    return straight_j > 0 and not 0.5 <= counted_j / straight_j <= 2.0


def _running(values: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(values)])


# --- groups -----------------------------------------------------------------------


def _mean(values: FloatArray, starts: IntArray) -> FloatArray:
    known = np.isfinite(values)
    count = np.add.reduceat(known.astype(float), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.add.reduceat(np.where(known, values, 0.0), starts) / count


def _last(values: FloatArray, starts: IntArray) -> FloatArray:
    place = np.where(np.isfinite(values), np.arange(values.size), -1)
    last = np.maximum.reduceat(place, starts)
    return np.asarray(np.where(last >= starts, values[np.maximum(last, 0)], np.nan))


def _bits(values: FloatArray, starts: IntArray) -> FloatArray:
    known = np.isfinite(values)
    raised = np.bitwise_or.reduceat(
        np.where(known, values, 0.0).astype(np.int64), starts
    )
    some = np.add.reduceat(known.astype(np.int64), starts) > 0
    return np.asarray(np.where(some, raised, np.nan))


_REDUCED: Mapping[str, Callable[[FloatArray, IntArray], FloatArray]] = (
    dict.fromkeys(MEANS, _mean)
    | dict.fromkeys(HIGHEST, np.fmax.reduceat)
    | dict.fromkeys(LAST, _last)
    | dict.fromkeys(BITS, _bits)
)


def _grouped(columns: dict[str, FloatArray], starts: IntArray) -> dict[str, FloatArray]:
    if starts.size == 0:
        return {name: values[:0] for name, values in columns.items()}
    covered_s = columns["covered_s"]
    out = {name: _REDUCED[name](columns[name], starts) for name in _REDUCED}
    for name in SUMS:
        out[name] = np.add.reduceat(np.nan_to_num(columns[name]), starts)
    out["power_least_w"] = np.fmin.reduceat(columns["power_least_w"], starts)
    out["power_highest_w"] = np.fmax.reduceat(columns["power_highest_w"], starts)
    weighted = np.nan_to_num(columns["power_mean_w"]) * covered_s
    plain = _mean(columns["power_mean_w"], starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(weighted, starts) / out["covered_s"]
    out["power_mean_w"] = np.where(out["covered_s"] > 0, mean, plain)
    return {name: out[name] for name in COLUMNS}


def _cat(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts])
