"""Readings of one source put together: in order, every instant of a device once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.telemetry.readings import Device, Readings
from twin.types import FloatArray


def merge(parts: Sequence[Readings]) -> Readings:
    """
    Put readings in order of device and time.

    Of several readings of a device at the same microsecond the first to come counts;
    what it does not say is taken from the later ones. So a repeated or reordered part
    changes nothing.

    Args:
        parts: In the order they came; devices are told apart by their key.

    Returns:
        All readings, sorted by device and time, each instant once.
    """
    devices: dict[str, Device] = {}
    numbers = []
    for part in parts:
        devices |= {d.key: d for d in part.devices}
        place = {key: i for i, key in enumerate(devices)}
        own = np.array([place[d.key] for d in part.devices] or [0], dtype=np.int64)
        numbers.append(own[part.device])
    names = list(dict.fromkeys(n for part in parts for n in part.columns))
    device = np.concatenate([np.zeros(0, np.int64), *numbers])
    time_us = np.concatenate([np.zeros(0, np.int64), *(p.time_us for p in parts)])
    columns = {name: _joined(parts, name) for name in names}
    order = np.lexsort((time_us, device))  # stable: the first to come stays first
    device, time_us = device[order], time_us[order]
    columns = {name: values[order] for name, values in columns.items()}
    again = np.zeros(device.size, np.bool_)
    again[1:] = (device[1:] == device[:-1]) & (time_us[1:] == time_us[:-1])
    if again.any():
        starts = np.flatnonzero(~again)
        columns = {n: _first_known(v, starts) for n, v in columns.items()}
        device, time_us = device[starts], time_us[starts]
    return Readings(
        devices=tuple(devices.values()), device=device, time_us=time_us, columns=columns
    )


def _joined(parts: Sequence[Readings], name: str) -> FloatArray:
    missing = (np.full(len(p), np.nan) for p in parts)
    return np.concatenate(
        [p.columns.get(name, gap) for p, gap in zip(parts, missing, strict=True)]
    )


def _first_known(values: FloatArray, starts: np.ndarray) -> FloatArray:
    """First value of each group that is not missing."""
    place = np.arange(values.size)
    known = np.where(np.isnan(values), values.size, place)
    first = np.minimum.reduceat(known, starts)
    found = values[np.minimum(first, values.size - 1)]
    return np.asarray(np.where(first < values.size, found, np.nan))
