"""Samples of foreign series put together into readings, host by host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.telemetry.names import Ignored, Place
from twin.telemetry.readings import Device, Readings
from twin.types import FloatArray, IntArray

INT64_BLANK = float(0x7FFF_FFFF_FFFF_FFF0)
FP64_BLANK = float(2**47)
INT32_BLANK = float(0x7FFF_FFF0)
BLANKS = 16
"""DCGM writes "not known" as one of the few numbers from a blank upwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """
    What samples came to.

    Attributes:
        readings: By source.
        samples: How many samples went into the readings of each source.
        ignored: Samples that have no place here, by name and reason.
        missing: Samples without a value: stale markers and blanks.
    """

    readings: Mapping[str, Readings]
    samples: Mapping[str, int]
    ignored: Mapping[Ignored, int]
    missing: int


def gather(
    places: Sequence[Place | Ignored],
    series: IntArray,
    time_us: IntArray,
    value: FloatArray,
) -> Gathered:
    """
    Put samples of many series together: one reading per device and instant.

    Where several samples tell the same field of a device at the same microsecond, the
    one of the lowest rank counts, and of equals the first: a GPU's power that comes
    again with each of its MIG instances is counted once.

    Args:
        places: What each series speaks of.
        series: Which series each sample is of. shape (sample,)
        time_us: When, UTC. [µs], shape (sample,)
        value: In the sender's unit; NaN is missing. shape (sample,)

    Returns:
        Readings of each source, sorted by device and time.
    """
    table = _Table(places)
    known = table.field[series] >= 0
    ignored = _ignored(places, series[~known])
    series, time_us, value = series[known], time_us[known], value[known]
    value = _without_blanks(value, table.blank[series])
    there = ~np.isnan(value)
    missing = int(value.size - np.count_nonzero(there))
    series, time_us, value = series[there], time_us[there], value[there]
    readings = table.readings(series, time_us, value * table.factor[series])
    counted = np.bincount(table.source[series], minlength=len(table.sources))
    samples = {name: int(counted[i]) for i, name in enumerate(table.sources)}
    return Gathered(
        readings=readings, samples=samples, ignored=ignored, missing=missing
    )


class _Table:
    """What the series speak of, as arrays; devices stand in the order of sources."""

    def __init__(self, places: Sequence[Place | Ignored]) -> None:
        devices: dict[str, dict[str, Device]] = {}
        fields: dict[str, int] = {}
        rows = []
        for p in places:
            if isinstance(p, Ignored):
                rows.append((-1, 0, 1.0, 0))
                continue
            own = devices.setdefault(p.source, {})
            own[p.device.key] = _joined(own.get(p.device.key), p.device)
            field = fields.setdefault(p.field, len(fields))
            rows.append((field, p.rank, p.factor, _BLANKS[p.blank]))
        self.fields = tuple(fields)
        self.sources = tuple(devices)
        self.devices = tuple(tuple(own.values()) for own in devices.values())
        self.first = np.cumsum([0, *(len(own) for own in self.devices)])
        columns = list(zip(*rows, strict=True)) or [()] * 4
        self.field = np.array(columns[0], np.int64)
        self.rank = np.array(columns[1], np.int64)
        self.factor = np.array(columns[2], np.float64)
        self.blank = np.array(columns[3], np.int64)
        self.source, self.device = self._numbers(places, devices)

    def _numbers(
        self, places: Sequence[Place | Ignored], devices: dict[str, dict[str, Device]]
    ) -> tuple[IntArray, IntArray]:
        """Number of the source and of the device of each series."""
        numbers = {
            source: (i, {key: int(self.first[i]) + j for j, key in enumerate(own)})
            for i, (source, own) in enumerate(devices.items())
        }
        source, device = np.zeros((2, len(places)), np.int64)
        for i, p in enumerate(places):
            if isinstance(p, Place):
                source[i], of_source = numbers[p.source]
                device[i] = of_source[p.device.key]
        return source, device

    def readings(
        self, series: IntArray, time_us: IntArray, value: FloatArray
    ) -> dict[str, Readings]:
        """Readings of every source that has samples."""
        if not series.size:
            return {}
        device = self.device[series]
        order = np.lexsort((time_us, device))
        fresh = np.ones(order.size, np.bool_)
        a, b = order[:-1], order[1:]
        fresh[1:] = (device[a] != device[b]) | (time_us[a] != time_us[b])
        row = np.empty(order.size, np.int64)
        row[order] = np.cumsum(fresh) - 1
        heads = order[fresh]
        filled = np.full((len(self.fields), heads.size), np.nan)
        back = np.lexsort((-np.arange(series.size), -self.rank[series]))
        filled[self.field[series[back]], row[back]] = value[back]  # the last stays
        return self._split(device[heads], time_us[heads], filled)

    def _split(
        self, device: IntArray, time_us: IntArray, filled: FloatArray
    ) -> dict[str, Readings]:
        bounds = np.searchsorted(device, self.first)
        found = {}
        for i, source in enumerate(self.sources):
            start, stop = int(bounds[i]), int(bounds[i + 1])
            if start == stop:
                continue
            part = filled[:, start:stop]
            there = [bool((~np.isnan(row)).any()) for row in part]
            found[source] = Readings(
                devices=self.devices[i],
                device=device[start:stop] - self.first[i],
                time_us=time_us[start:stop],
                columns={
                    name: part[j] for j, name in enumerate(self.fields) if there[j]
                },
            )
        return found


_BLANKS = {"": 0, "gauge": 1, "counter": 2}


def _joined(old: Device | None, new: Device) -> Device:
    """What two series tell of the same device."""
    if old is None or old is new:
        return new
    if old == new:
        return old
    return replace(
        old, model=old.model or new.model, index=old.index or new.index,
        facts={**old.facts, **new.facts},
    )  # fmt: skip


def _ignored(places: Sequence[Place | Ignored], series: IntArray) -> dict[Ignored, int]:
    count: Counter[Ignored] = Counter()
    for number, samples in zip(
        *(a.tolist() for a in np.unique(series, return_counts=True)), strict=True
    ):
        reason = places[number]
        if isinstance(reason, Ignored):
            count[reason] += samples
    return dict(count)


def _without_blanks(value: FloatArray, blank: IntArray) -> FloatArray:
    """DCGM's numbers for "not known" made missing."""
    wrong = (blank > 0) & (value >= INT64_BLANK)
    for least in (FP64_BLANK, INT32_BLANK):  # a counter may pass through these
        wrong |= (blank == 1) & (value >= least) & (value < least + BLANKS)
    return np.where(wrong, np.nan, value)
