"""Stored bins of one source as arrays on one clock, for fits and for the shadow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from store.telemetry.levels import BY_NAME, HOURS, MINUTES, SECOND_US, Level
from store.telemetry.reader import Reader
from store.telemetry.registry import Source
from twin.errors import ScenarioError
from twin.telemetry.readings import Device, Readings
from twin.telemetry.rollup import COUNTED, Rollup
from twin.types import FloatArray, IntArray

MOST_READINGS = 20_000
"""Readings of a device, or bins, that a fit takes: five hours of seconds, two weeks of
minutes, years of hours."""
PARTS = ("gpu", "cpu")
"""Kinds that are parts of a host: what they draw is less than what the host does."""
NEAR_US = SECOND_US // 2
"""Readings of two sources this near are of one instant. Assumed."""
RAW_COLUMNS = ("utilisation_frac", "sm_clock_hz", "fan_frac", "gpu_c", "inlet_c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """
    Bins, or readings, of a source's devices on one clock.

    Attributes:
        devices: Those with power in the period.
        start_us: Start of each bin. [µs], shape (bin,)
        bin_us: Length of a bin; 0 for readings. [µs]
        level: What they are of.
        columns: By name, NaN is missing, shape (device, bin).
    """

    devices: tuple[Device, ...]
    start_us: IntArray
    bin_us: int
    level: str
    columns: dict[str, FloatArray]

    @property
    def t_s(self) -> FloatArray:
        """End of each bin since 1970. [s]"""
        return np.asarray((self.start_us + self.bin_us) / SECOND_US)

    def of(self, kinds: Sequence[str], column: str) -> FloatArray:
        """A column of the devices of some kinds, shape (device, bin)."""
        return self.columns[column][self.rows(kinds)]

    def rows(self, kinds: Sequence[str]) -> IntArray:
        """Places of the devices of some kinds."""
        own = [i for i, d in enumerate(self.devices) if d.kind in kinds]
        return np.array(own, dtype=np.int64)

    def row(self, key: str) -> int:
        """
        Place of a device.

        Raises:
            ScenarioError: If it has no power in the period.
        """
        keys = [d.key for d in self.devices]
        if key not in keys:
            raise ScenarioError(
                "device", "must have power in the period", key[:80],
                f"choose one of: {', '.join(keys[:10]) or 'none was read'}"
            )  # fmt: skip
        return keys.index(key)

    @property
    def has_meter(self) -> bool:
        """Whether a meter of its own says what the host draws."""
        return has_meter({d.kind for d in self.devices})

    def gpus_w(self) -> FloatArray:
        """Sum over its GPUs; NaN where one is missing. [W]"""
        return self.total_w(("gpu",))

    def host_w(self) -> FloatArray:
        """What counts as the host's power; NaN where a part of it is missing. [W]"""
        return self.total_w(counted({d.kind for d in self.devices}))

    def inlet_c(self) -> FloatArray:
        """Air at its inlet; NaN where nobody reads it. [C]"""
        return np.asarray(np.fmax.reduce(self.columns["inlet_c"], axis=0,
                                         initial=np.nan))  # fmt: skip

    def total_w(self, kinds: Sequence[str]) -> FloatArray:
        """Sum over devices of some kinds; NaN where one is missing. [W]"""
        power = self.of(kinds, "power_mean_w")
        if not power.shape[0]:
            return np.full(self.start_us.size, np.nan)
        return np.asarray(power.sum(axis=0))


def counted(kinds: Collection[str]) -> tuple[str, ...]:
    """Kinds whose sum is a host's power, of those it has: first known of `COUNTED`."""
    return next((one for one in COUNTED if set(one) & set(kinds)), PARTS)


def has_meter(kinds: Collection[str]) -> bool:
    """Whether a host's power is measured as a whole, not summed from its parts."""
    return bool(kinds) and counted(kinds) != PARTS


def on_grid(found: Rollup, start_us: int, end_us: int, level: str) -> Grid:
    """Put bins on the clock of a period; devices without power are left out."""
    bin_us = found.bin_us
    first = start_us // bin_us
    count = max(0, -(-end_us // bin_us) - first)
    place = found.start_us // bin_us - first
    times = (first + np.arange(count)) * bin_us
    columns = _spread(found, found.columns, place, count)
    return _with_power(found.devices, times, bin_us, level, columns)


def raw_grid(reader: Reader, source: Source, start_us: int, end_us: int) -> Grid:
    """
    Readings of a source's devices in full, as columns of bins are called.

    What was read at one instant stands together, which no bin can promise: power flows
    through a bin, and utilisation is what was read inside it.
    """
    found = reader.raw(source, start_us, end_us)
    times, place = np.unique(found.time_us, return_inverse=True)
    missing = np.full(len(found), np.nan)
    instant = found.columns.get("power_w", missing)
    average = found.columns.get("power_average_w", missing)
    flat = {name: found.columns.get(name, missing) for name in RAW_COLUMNS}
    flat["power_mean_w"] = np.where(np.isfinite(instant), instant, average)
    columns = _spread(found, flat, place, times.size)
    return _with_power(found.devices, times, 0, "raw", columns)


def _spread(
    found: Rollup | Readings,
    flat: Mapping[str, FloatArray],
    place: IntArray,
    count: int,
) -> dict[str, FloatArray]:
    """Columns by device and time; NaN where nothing was read."""
    columns = {name: np.full((len(found.devices), count), np.nan) for name in flat}
    for name, values in flat.items():
        columns[name][found.device, place] = values
    return columns


def _with_power(
    devices: Sequence[Device], times: IntArray, bin_us: int, level: str,
    columns: dict[str, FloatArray],
) -> Grid:  # fmt: skip
    """Leave devices without power out, and parts of others."""
    read = np.isfinite(columns["power_mean_w"]).any(axis=1)
    own = np.array([d.kind != "mig" for d in devices], dtype=np.bool_)
    kept = np.flatnonzero(read & own)
    return Grid(
        devices=tuple(devices[int(i)] for i in kept), start_us=times, bin_us=bin_us,
        level=level, columns={name: values[kept] for name, values in columns.items()},
    )  # fmt: skip


def read_grid(
    reader: Reader, source: Source, start_us: int, end_us: int, level: Level
) -> Grid:
    """Bins of a source's devices of one level."""
    found = reader.bins(source, start_us, end_us, level)
    return on_grid(found, start_us, end_us, level.name)


def grids(reader: Reader, source: Source, start_us: int, end_us: int) -> Iterator[Grid]:
    """What was read in a period, the most detailed that is not too long first."""
    span_us, known = end_us - start_us, list[Grid]()
    for level in (MINUTES, HOURS):
        if span_us <= level.bin_us * MOST_READINGS:
            known.append(read_grid(reader, source, start_us, end_us, level))
    if known:
        readings = np.nansum(known[0].columns["readings"], axis=1)
        if readings.size and readings.max() <= MOST_READINGS:
            yield raw_grid(reader, source, start_us, end_us)
    yield from known


def grid_like(
    reader: Reader, source: Source, start_us: int, end_us: int, other: Grid
) -> Grid:
    """Another source's bins of the same kind, or its readings at the same instants."""
    if other.level == "raw":
        return _at(raw_grid(reader, source, start_us, end_us), other)
    found = read_grid(reader, source, start_us, end_us, BY_NAME[other.level])
    place = np.searchsorted(found.start_us, other.start_us, side="right") - 1
    columns = {name: values[:, place] for name, values in found.columns.items()}
    return replace(other, devices=found.devices, columns=columns)


def _at(found: Grid, other: Grid) -> Grid:
    """Readings nearest to another grid's; missing where none is within `NEAR_US`."""
    times = found.start_us
    columns = {
        name: np.full((len(found.devices), other.start_us.size), np.nan)
        for name in found.columns
    }
    if times.size:
        after = np.clip(np.searchsorted(times, other.start_us), 0, times.size - 1)
        before = np.maximum(after - 1, 0)
        later = np.abs(times[after] - other.start_us)
        sooner = np.abs(times[before] - other.start_us)
        place = np.where(later <= sooner, after, before)
        near = np.minimum(later, sooner) <= NEAR_US
        for name, values in found.columns.items():
            columns[name][:, near] = values[:, place[near]]
    return replace(other, devices=found.devices, columns=columns)
