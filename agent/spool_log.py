"""
The records of a spool on disk: written, made durable, kept within a limit, found again.

What is written after the last `fdatasync` may be gone after a power cut, so it is also
kept in memory until then; where the disk refuses, it is taken back and waits there.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent.segment import CHUNK, STATE, Record, Segment, scan, sync_folder
from agent.spool_state import State

SEGMENT_BYTES = 4 << 20
WAITING_BYTES = 8 << 20
"""Memory for chunks that the disk does not take."""


class SpoolBusy(Exception):  # noqa: N818 - a state of affairs
    """Another agent holds this spool."""


def _wall_us() -> int:
    return time.time_ns() // 1000


class SpoolLog:
    """The records of the spool in one folder, held by one process."""

    def __init__(
        self,
        folder: Path,
        *,
        limit_bytes: int,
        segment_bytes: int = 0,
        keep_sent: bool = False,
        wall_us: Callable[[], int] = _wall_us,
    ) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self.segment_bytes = segment_bytes or min(SEGMENT_BYTES, limit_bytes // 8)
        self.reserve_bytes = max(
            self.segment_bytes // 16, min(16_384, self.segment_bytes // 4)
        )
        self.keep_sent = keep_sent
        self.trouble = ""
        self.torn_bytes = 0
        self.notices: list[str] = []
        self.unsent_readings = 0
        self.unsent_chunks = 0
        self._wall_us = wall_us
        self._mutex = threading.RLock()
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._unsynced: list[tuple[bytes, int]] = []
        self._synced = (0, 0)
        self._place: tuple[int, int] = (-1, 0)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock_file = _lock(folder)
        self.state = State(spool=uuid.uuid4().hex)
        self._segments: list[Segment] = []
        self._recover()

    # -- writing ---------------------------------------------------------------------

    def _write_waiting(self) -> bool:
        try:
            while self._waiting:
                payload, readings = self._waiting[0]
                self._make_room(len(payload), self.reserve_bytes)
                slot, count = self.state.next_slot, readings + 1
                record = Record(CHUNK, slot, count, self._wall_us(), payload)
                self._active.write(record)
                self._count_chunk(self._active, slot, readings)
                self.state.next_slot += count
                self._unsynced.append(self._waiting.popleft())
            self._sync()
        except OSError as error:
            self._roll_back()
            self.trouble = f"{self.folder} takes no more: {error.strerror or error}"
            return False
        self.trouble = ""
        return True

    def _count_chunk(self, segment: Segment, slot: int, readings: int) -> None:
        if not segment.chunks:
            segment.first_slot = slot
        segment.end_slot = slot + readings + 1
        segment.readings += readings
        segment.chunks += 1
        self.unsent_readings += readings
        self.unsent_chunks += 1

    def _roll_back(self) -> None:
        """Forget what the disk did not take for certain; it waits in memory again."""
        segment = self._active
        for _, readings in self._unsynced:
            segment.readings -= readings
            segment.chunks -= 1
            self.unsent_readings -= readings
            self.unsent_chunks -= 1
        self._waiting.extendleft(reversed(self._unsynced))
        self._unsynced.clear()
        segment.end, self.state.next_slot = self._synced
        segment.end_slot = min(segment.end_slot, self.state.next_slot)
        segment.wipe_rest()

    def _sync(self) -> None:
        self._active.sync()
        self._unsynced.clear()
        self._synced = (self._active.end, self.state.next_slot)

    def _note(self, kind: int, note: dict[str, Any], *, sync: bool) -> None:
        payload = json.dumps(note, separators=(",", ":")).encode()
        try:
            self._make_room(len(payload), 0)
            slot = self.state.next_slot
            self._active.write(Record(kind, slot, 0, self._wall_us(), payload))
            if sync:
                self._sync()
        except OSError:
            self._roll_back()
            raise

    def _make_room(self, byte_count: int, reserve: int) -> None:
        if not self._active.has_room(byte_count, reserve):
            self._rotate(byte_count)

    def _rotate(self, byte_count: int = 0) -> None:
        state = self._state_bytes()
        least = byte_count + len(state) + self.reserve_bytes + 256
        size = max(self.segment_bytes, least)
        self._keep_limit(size)
        if self._segments:
            self._sync()
        number = self._segments[-1].number + 1 if self._segments else 0
        try:
            segment = self._new_segment(number, size, state)
        except OSError:  # a full disk: do with less
            self._delete_sent(kept_too=True)
            segment = self._new_segment(number, max(size // 8, least), state)
        if self._segments:
            self._active.close()
        self._segments.append(segment)
        self._synced = (segment.end, self.state.next_slot)
        self._delete_sent()

    def _new_segment(self, number: int, size: int, state: bytes) -> Segment:
        segment = Segment(self.folder / f"{number:012d}.seg")
        segment.create(size)
        slot = segment.first_slot = segment.end_slot = self.state.next_slot
        try:
            segment.write(Record(STATE, slot, 0, self._wall_us(), state))
            segment.sync()
            sync_folder(self.folder)
        except OSError:
            segment.close()
            segment.path.unlink(missing_ok=True)
            raise
        return segment

    def _state_bytes(self) -> bytes:
        return json.dumps(asdict(self.state), separators=(",", ":")).encode()

    @property
    def _active(self) -> Segment:
        return self._segments[-1]

    # -- keeping the limit -----------------------------------------------------------

    def _keep_limit(self, more_bytes: int) -> None:
        while self.bytes + more_bytes > self.limit_bytes:
            victim = next(
                (s for s in self._segments[:-1] if not self._in_flight(s)), None
            )
            if victim is None:
                return
            readings, chunks = self._unsent_in(victim)
            self.unsent_chunks -= chunks
            self.unsent_readings -= readings
            if readings:
                self._lost(readings, f"the spool is full ({self.limit_bytes} bytes)")
            self._delete(victim)

    def _lost(self, readings: int, why: str) -> None:
        self.state.dropped_readings += readings
        self.notices.append(f"{readings} readings dropped, the oldest first: {why}")

    def _in_flight(self, segment: Segment) -> bool:
        return any(
            f.first < segment.end_slot and segment.first_slot < f.last
            for f in self.state.inflight
        )

    def _unsent_in(self, segment: Segment) -> tuple[int, int]:
        """Readings and chunks of a segment that are in no batch yet."""
        frozen_to = self.state.frozen_to
        if segment.end_slot <= frozen_to or not segment.chunks:
            return 0, 0
        if segment.first_slot >= frozen_to:
            return segment.readings, segment.chunks
        readings = chunks = 0
        for record in segment.read_from(0):
            end = record.slot + record.count
            if record.kind == CHUNK and end > frozen_to:
                readings += end - max(frozen_to, record.slot + 1)
                chunks += 1
        return readings, chunks

    def _delete_sent(self, *, kept_too: bool = False) -> None:
        if self.keep_sent and not kept_too:
            return
        for segment in self._segments[:-1]:
            if segment.end_slot <= self.state.frozen_to and not self._in_flight(
                segment
            ):
                self._delete(segment)

    def _delete(self, segment: Segment) -> None:
        segment.close()
        segment.path.unlink(missing_ok=True)
        self._segments.remove(segment)

    @property
    def bytes(self) -> int:
        """What the spool takes on disk."""
        return sum(segment.size for segment in self._segments)

    # -- reading and recovery --------------------------------------------------------

    def _chunks(self, slot: int) -> Iterator[Record]:
        """Chunks that end behind a slot, in order, those not yet durable left out."""
        at_number, at_offset = self._place
        for segment in list(self._segments):
            if segment.end_slot <= slot or not segment.chunks:
                continue
            start = at_offset if segment.number == at_number else 0
            first = True
            for record in segment.read_from(start):
                if record.slot + record.count > self._synced[1]:
                    return
                if record.kind != CHUNK or record.slot + record.count <= slot:
                    continue
                if first and slot == self.state.frozen_to:
                    self._place = (segment.number, record.offset)
                first = False
                yield record

    def _recover(self) -> None:
        damaged = []
        for path in sorted(self.folder.glob("*.seg")):
            segment = Segment(path)
            found = scan(path.read_bytes())
            for record in found.records:
                self.state.apply(record)
                if record.kind == CHUNK:
                    self._count_chunk(segment, record.slot, record.count - 1)
            segment.end = found.end
            self.torn_bytes += found.torn_bytes
            if found.damaged_bytes:
                damaged.append(segment.number)
            self._segments.append(segment)
        self.unsent_readings = self.unsent_chunks = 0
        for segment in self._segments:
            readings, chunks = self._unsent_in(segment)
            self.unsent_readings += readings
            self.unsent_chunks += chunks
        self._go_on([n for n in damaged if n not in self.state.damaged])

    def _go_on(self, damaged: list[int]) -> None:
        if not self._segments:
            self._rotate()
            return
        self._active.open()
        self._synced = (self._active.end, self.state.next_slot)
        if damaged:
            # A note of what was sent may be in the damage: no number is used again.
            self.state.spool = uuid.uuid4().hex
            self.state.next_sequence = 0
            self.state.damaged += damaged
            self.notices.append(f"the spool was damaged in segments {damaged}")
        if damaged or not self._active.end:
            self._note(STATE, asdict(self.state), sync=True)
        if self.torn_bytes:
            self.notices.append(f"a torn tail of {self.torn_bytes} bytes was dropped")
        self._delete_sent()


def _lock(folder: Path) -> int:
    path = folder / "lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise SpoolBusy(
            f"the spool {folder} is held by another agent (process {holder}); "
            "stop it, or give this one its own --spool-dir"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
