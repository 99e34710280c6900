"""A batch as the server reads it: docs/telemetry.md is the contract."""

from __future__ import annotations

import gzip
import json
from array import array
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import asdict
from math import nan
from typing import Any

from agent.chunk import little
from agent.records import HOST, HOST_DEVICE, Device
from agent.spool_state import Batch, Part

FORMAT = 1


def encode(batch: Batch, name: str) -> bytes:
    """The gzip bytes of a batch: the same for the same batch, whenever asked."""
    text = json.dumps(document(batch, name), separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode(), compresslevel=1, mtime=0)


def document(batch: Batch, name: str) -> dict[str, Any]:
    """The batch as JSON values."""
    freeze = batch.freeze
    devices = _devices(batch.parts)
    place = {device.key: i for i, device in enumerate(devices)}
    times = _times(batch)
    start_us = min(times, default=_first_event_us(batch))
    return {
        "format": FORMAT,
        "agent": {"name": name, "version": freeze.version, "spool": freeze.spool},
        "sequence": freeze.sequence,
        "start_us": start_us,
        "clock": freeze.clock,
        "devices": [asdict(device) for device in devices],
        "columns": {
            "device": packed("i4", array("i", _places(batch.parts, place))),
            "offset_us": packed("i8", array("q", (t - start_us for t in times))),
            **_columns(batch.parts),
        },
        "events": _events(batch, place),
    }


def packed(code: str, values: array[Any]) -> dict[str, str]:
    """A column as base64 of little-endian numbers."""
    return {code: b64encode(little(values)).decode()}


def _devices(parts: Iterable[Part]) -> list[Device]:
    """Every device of the parts as last described, the host's always among them."""
    devices = {HOST: HOST_DEVICE}
    for part in parts:
        devices.update((device.key, device) for device in part.chunk.devices)
    return list(devices.values())


def _times(batch: Batch) -> array[int]:
    offset_us = batch.freeze.offset_us
    return array(
        "q",
        (t + offset_us for part in batch.parts for t in part.boot_us),
    )


def _cut(part: Part) -> slice:
    return slice(part.rows.start, part.rows.stop)


def _places(parts: Iterable[Part], place: dict[str, int]) -> Iterable[int]:
    for part in parts:
        local = [place[device.key] for device in part.chunk.devices]
        for device in part.chunk.device[_cut(part)]:
            yield local[device]


def _columns(parts: Iterable[Part]) -> dict[str, dict[str, str]]:
    parts = list(parts)
    names = sorted({name for part in parts for name in part.chunk.columns})
    columns = {}
    for name in names:
        values = array("d")
        for part in parts:
            own = part.chunk.columns.get(name)
            values.extend(
                own[_cut(part)] if own else array("d", [nan]) * len(part.rows)
            )
        if any(value == value for value in values):
            columns[name] = packed("f8", values)
    return columns


def _first_event_us(batch: Batch) -> int:
    events = [e for part in batch.parts for e in part.chunk.events]
    boot_us = events[0].boot_us if events else 0
    return max(0, boot_us + batch.freeze.offset_us)


def _events(batch: Batch, place: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "time_us": event.boot_us + batch.freeze.offset_us,
            "device": place.get(event.key, place[HOST]),
            "kind": event.kind,
            "text": event.text,
        }
        for part in batch.parts
        if part.with_events
        for event in part.chunk.events
    ]
