"""
One file of the spool: records behind checksums, in space taken beforehand.

A segment's blocks are allocated when it is made, so a disk that fills up later cannot
keep the agent from noting what it sends; the last part is for such notes alone.
Records are found again after any crash: a torn one fails its checksum and ends the
file, zeros were never written, and a damaged one in the middle is stepped over.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

STATE, CHUNK, FREEZE, DONE, SPLIT = 1, 2, 3, 4, 5
MAGIC = b"\xa7Np1"
_HEAD = struct.Struct(
    "<4sBxxxIIQIq"
)  # magic, kind, length, checksum, slot, count, wall
_BODY = struct.Struct("<BIQIq")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its kind, the slots it takes, when it was written, its bytes."""

    kind: int
    slot: int
    count: int
    wall_us: int
    payload: bytes
    offset: int = 0

    @property
    def end(self) -> int:
        """Where the next record begins. [B]"""
        return self.offset + _HEAD.size + len(self.payload)


def frame(record: Record) -> bytes:
    """A record with its head."""
    numbers = (record.kind, len(record.payload), record.slot, record.count)
    checksum = zlib.crc32(
        record.payload, zlib.crc32(_BODY.pack(*numbers, record.wall_us))
    )
    return (
        _HEAD.pack(
            MAGIC, record.kind, len(record.payload), checksum, record.slot,
            record.count, record.wall_us,
        )
        + record.payload
    )  # fmt: skip


def parse(data: bytes | memoryview, at: int) -> Record | None:
    """The record at an offset, or None where none is whole."""
    if at + _HEAD.size > len(data):
        return None
    magic, kind, length, checksum, slot, count, wall_us = _HEAD.unpack_from(data, at)
    start = at + _HEAD.size
    if magic != MAGIC or start + length > len(data):
        return None
    payload = bytes(data[start : start + length])
    head = _BODY.pack(kind, length, slot, count, wall_us)
    if zlib.crc32(payload, zlib.crc32(head)) != checksum:
        return None
    return Record(kind, slot, count, wall_us, payload, at)


@dataclass(slots=True)
class Scan:
    """What a whole segment holds, and what is damaged in it."""

    records: list[Record] = field(default_factory=list)
    end: int = 0
    torn_bytes: int = 0
    damaged_bytes: int = 0


def scan(data: bytes) -> Scan:
    """Find every whole record; tell a torn tail from damage in the middle."""
    found, at = Scan(), 0
    while True:
        record = parse(data, at)
        if record is not None:
            found.records.append(record)
            at = found.end = record.end
            continue
        next_at = _next_whole(data, at + 1)
        if next_at is None:
            found.torn_bytes = len(data[found.end :].rstrip(b"\0"))
            return found
        found.damaged_bytes += next_at - at
        at = next_at


def _next_whole(data: bytes, at: int) -> int | None:
    while (at := data.find(MAGIC, at)) >= 0:
        if parse(data, at) is not None:
            return at
        at += 1
    return None


class Segment:
    """One numbered file and what is known of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = int(path.stem)
        self.end = 0
        self.first_slot = 0
        self.end_slot = 0
        self.readings = 0
        self.chunks = 0
        self.size = path.stat().st_size if path.exists() else 0
        self._file = -1

    def create(self, size: int) -> None:
        """Make the file and take its space, whole or not at all."""
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.posix_fallocate(self._file, 0, size)
        except OSError:
            self.close()
            self.path.unlink(missing_ok=True)
            raise
        self.size = size

    def open(self) -> None:
        """Open for writing on; what lies behind the last whole record is wiped."""
        self._file = os.open(self.path, os.O_RDWR)
        self.size = os.fstat(self._file).st_size
        self.wipe_rest()
        os.fsync(self._file)

    def wipe_rest(self) -> None:
        """Overwrite what lies behind the last record, as far as the disk lets us."""
        with contextlib.suppress(OSError):
            os.pwrite(self._file, b"\0" * max(0, self.size - self.end), self.end)

    def close(self) -> None:
        """Give the file back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def has_room(self, byte_count: int, reserve: int) -> bool:
        """Whether a record fits and leaves the reserve free."""
        return self.end + byte_count + _HEAD.size <= self.size - reserve

    def write(self, record: Record) -> None:
        """Put a record behind the last one; not durable before `sync`."""
        data, at = frame(record), self.end
        while data:
            written = os.pwrite(self._file, data, at)
            data, at = data[written:], at + written
        self.end = at

    def sync(self) -> None:
        """Make all that was written survive a power cut."""
        os.fdatasync(self._file)

    def read_from(self, offset: int) -> Iterator[Record]:
        """Whole records from an offset on, a damaged stretch stepped over."""
        with self.path.open("rb") as file:
            while True:
                record = _read_record(file, offset)
                if record is None:
                    file.seek(offset)
                    rest = file.read()
                    found = _next_whole(rest, 1) if rest.strip(b"\0") else None
                    if found is None:
                        return
                    offset += found
                    continue
                yield record
                offset = record.end


def _read_record(file: BinaryIO, offset: int) -> Record | None:
    file.seek(offset)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or head[:4] != MAGIC:
        return None
    record = parse(head + file.read(_HEAD.unpack(head)[2]), 0)
    return record and replace(record, offset=offset)


def sync_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
