"""One flush of readings as the spool keeps it: columns, on the boot clock."""

from __future__ import annotations

import json
import math
import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agent.records import Device, Event, Reading

_HEAD = struct.Struct("<I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """
    Where other clocks stood against the boot clock when a chunk was written.

    Attributes:
        boot_id: Which boot its times belong to.
        boot_us: When the chunk was written. [µs]
        wall_us: Wall minus boot. [µs]
        server_us: Server minus boot, None if not yet known. [µs]
        uncertainty_s: Of `server_us`.
        steps: How often the wall clock was set since the agent began.
    """

    boot_id: str
    boot_us: int
    wall_us: int
    server_us: int | None
    uncertainty_s: float
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Readings and events of about a second."""

    anchor: Anchor
    devices: tuple[Device, ...]
    device: array[int]
    boot_us: array[int]
    columns: dict[str, array[float]]
    events: tuple[Event, ...]

    def __len__(self) -> int:
        return len(self.device)


def make_chunk(
    readings: Sequence[Reading],
    events: Sequence[Event],
    devices: Sequence[Device],
    anchor: Anchor,
) -> Chunk:
    """Turn rows into columns; a field that no reading has gets none."""
    place = {device.key: i for i, device in enumerate(devices)}
    names = sorted({name for reading in readings for name in reading.values})
    return Chunk(
        anchor=anchor,
        devices=tuple(devices),
        device=array("i", [place[r.key] for r in readings]),
        boot_us=array("q", [r.boot_us for r in readings]),
        columns={
            name: array("d", [r.values.get(name, math.nan) for r in readings])
            for name in names
        },
        events=tuple(events),
    )


def pack(chunk: Chunk) -> bytes:
    """Bytes for the spool: little-endian columns behind a JSON head, compressed."""
    head = json.dumps(
        {
            "anchor": asdict(chunk.anchor),
            "devices": [asdict(device) for device in chunk.devices],
            "events": [asdict(event) for event in chunk.events],
            "rows": len(chunk),
            "columns": list(chunk.columns),
        },
        separators=(",", ":"),
    ).encode()
    parts = [_HEAD.pack(len(head)), head]
    parts += [little(a) for a in (chunk.device, chunk.boot_us)]
    parts += [little(a) for a in chunk.columns.values()]
    return zlib.compress(b"".join(parts), 1)


def unpack(data: bytes) -> Chunk:
    """The chunk that `pack` packed."""
    raw = zlib.decompress(data)
    (size,) = _HEAD.unpack_from(raw)
    head: dict[str, Any] = json.loads(raw[4 : 4 + size])
    rows, at = int(head["rows"]), 4 + size
    arrays: list[array[Any]] = []
    for code in ["i", "q", *("d" for _ in head["columns"])]:
        values: array[Any] = array(code)
        end = at + rows * values.itemsize
        values.frombytes(raw[at:end])
        if sys.byteorder == "big":
            values.byteswap()
        arrays.append(values)
        at = end
    return Chunk(
        anchor=Anchor(**head["anchor"]),
        devices=tuple(Device(**d) for d in head["devices"]),
        device=arrays[0],
        boot_us=arrays[1],
        columns=dict(zip(head["columns"], arrays[2:], strict=True)),
        events=tuple(Event(**e) for e in head["events"]),
    )


def little(values: array[Any]) -> bytes:
    """An array's bytes in little-endian order."""
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()
