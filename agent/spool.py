"""
Readings on disk until the server has them: nothing spooled is lost or sent twice.

    chunk     what was read in about a second, on the boot clock, durable once appended
    freeze    slots a..b are batch n, with these clocks: durable before its first byte
              is sent, so n never means anything else and its times never move
    done      batch n is answered; a crash before this note only repeats n, and the
              server knows it

All of it are records in numbered segments (agent/segment.py). Each segment begins with
the whole state, so older ones can go once what they hold was sent. Slots number rows
across all chunks; a chunk takes one more, for its events and devices.

Over the limit, the oldest segment with unsent readings goes, and that is counted. On a
disk that refuses to write, chunks wait in bounded memory.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

from agent.chunk import Anchor, Chunk, unpack
from agent.segment import DONE, FREEZE, SPLIT, STATE, Record
from agent.spool_log import WAITING_BYTES, SpoolBusy, SpoolLog
from agent.spool_state import Batch, Freeze, Part, part_of

log = logging.getLogger("nameplate.agent")

__all__ = ["Spool", "SpoolBusy"]


class Spool(SpoolLog):
    """Chunks in, batches out."""

    def append(self, payload: bytes, readings: int) -> bool:
        """
        Add a packed chunk.

        Returns:
            Whether it, and all that waited before it, is on disk and durable. If not,
            `trouble` says why and the chunk waits in memory.
        """
        with self._mutex:
            self._waiting.append((payload, readings))
            while sum(len(p) for p, _ in self._waiting) > WAITING_BYTES:
                self._lost(self._waiting.popleft()[1], "the disk takes nothing")
            return self._write_waiting()

    # -- batches ---------------------------------------------------------------------

    def next_batch(
        self,
        *,
        max_readings: int,
        max_span_s: float,
        version: str,
        applied: Callable[[Sequence[Anchor]], tuple[int, dict[str, Any]] | None],
    ) -> Batch | None:
        """
        Freeze the oldest unsent readings as the next batch, durable on return.

        Args:
            max_readings: Where to stop,
            max_span_s: or here, if that comes first. [s]
            version: The agent's own.
            applied: Server minus boot time, by the anchors of the batch's chunks, and
                what to say of the clock; None where it is not known yet.

        Raises:
            OSError: If the disk does not take the note; nothing was frozen then.
        """
        with self._mutex:
            parts, last = self._gather(max_readings, max_span_s)
            known = applied([p.chunk.anchor for p in parts]) if parts else None
            if known is None:
                return None
            freeze = Freeze(
                sequence=self.state.next_sequence, spool=self.state.spool,
                first=self.state.frozen_to, last=last,
                offset_us=known[0], clock=known[1], version=version,
            )  # fmt: skip
            self._note(FREEZE, asdict(freeze), sync=True)
            self.state.add(freeze)
            taken = sum(len(part.rows) for part in parts)
            self.unsent_readings -= taken
            self.unsent_chunks -= sum(
                part.rows.stop == len(part.chunk) for part in parts
            )
            return Batch(freeze, tuple(parts))

    def _gather(self, max_readings: int, max_span_s: float) -> tuple[list[Part], int]:
        parts: list[Part] = []
        room, last = max_readings, self.state.frozen_to
        for record in self._chunks(self.state.frozen_to):
            chunk = unpack(record.payload)
            if parts and _apart(parts[0].chunk, chunk, max_span_s):
                break
            part, last = _part(record, chunk, self.state.frozen_to, room)
            parts.append(part)
            room -= len(part.rows)
            if room <= 0:
                break
        return parts, last

    def batch(self, freeze: Freeze) -> Batch:
        """What a frozen batch carries, read again."""
        with self._mutex:
            parts = []
            place, self._place = self._place, (-1, 0)
            for record in self._chunks(freeze.first):
                if record.slot >= freeze.last:
                    break
                chunk = unpack(record.payload)
                parts.append(part_of(record, chunk, freeze.first, freeze.last))
            self._place = place
            return Batch(freeze, tuple(parts))

    def inflight(self, but: Collection[tuple[str, int]] = ()) -> Freeze | None:
        """The oldest batch that is not settled, some left out."""
        with self._mutex:
            return next((f for f in self.state.inflight if f.key not in but), None)

    def done(self, freeze: Freeze) -> None:
        """
        A batch is settled: stored by the server, or set aside.

        The note is durable with the next flush, and before anything of the batch goes:
        without it the batch is only sent again.
        """
        with self._mutex:
            self.state.remove(freeze.spool, freeze.sequence)
            try:
                self._note(
                    DONE, {"spool": freeze.spool, "sequence": freeze.sequence},
                    sync=self._frees_segment(),
                )  # fmt: skip
            except OSError as error:
                self.trouble = str(error)
                return
            self._delete_sent()

    def _frees_segment(self) -> bool:
        return any(
            s.end_slot <= self.state.frozen_to and not self._in_flight(s)
            for s in self._segments[:-1]
        )

    def split(self, freeze: Freeze) -> bool:
        """Replace a batch by its halves, under new numbers; False for a single slot."""
        if freeze.last - freeze.first < 2:
            return False
        with self._mutex:
            middle = (freeze.first + freeze.last) // 2
            number, spool = self.state.next_sequence, self.state.spool
            self._replace(
                freeze,
                replace(freeze, sequence=number, spool=spool, last=middle),
                replace(freeze, sequence=number + 1, spool=spool, first=middle),
            )
            return True

    def renew(self) -> None:
        """
        Number what comes under a new spool id, durable on return.

        Batches under way keep theirs: what they mean was settled before.
        """
        with self._mutex:
            old = self.state.spool, self.state.next_sequence
            self.state.spool, self.state.next_sequence = uuid.uuid4().hex, 0
            try:
                self._note(STATE, asdict(self.state), sync=True)
            except OSError:
                self.state.spool, self.state.next_sequence = old
                raise

    def renumber(self, freeze: Freeze) -> None:
        """Give a batch a number of a new spool id: its own means something else."""
        with self._mutex:
            self.renew()
            number, spool = self.state.next_sequence, self.state.spool
            self._replace(freeze, replace(freeze, sequence=number, spool=spool))

    def _replace(self, freeze: Freeze, *into: Freeze) -> None:
        note = {
            "spool": freeze.spool,
            "sequence": freeze.sequence,
            "into": [asdict(one) for one in into],
        }
        self._note(SPLIT, note, sync=True)
        self.state.remove(freeze.spool, freeze.sequence)
        for one in into:
            self.state.add(one)

    # -- looking ---------------------------------------------------------------------

    @property
    def waiting_readings(self) -> int:
        """Readings in memory because the disk does not take them."""
        return sum(readings for _, readings in self._waiting)

    def oldest_unsent_wall_us(self) -> int | None:
        """When the oldest reading that is in no settled batch was spooled."""
        with self._mutex:
            pending = self.state.inflight
            slot = min((f.first for f in pending), default=self.state.frozen_to)
            place, self._place = self._place, (-1, 0) if pending else self._place
            record = next(self._chunks(slot), None)
            self._place = place
            return record.wall_us if record else None

    def take_notices(self) -> list[str]:
        """What was dropped since the last call, in words."""
        with self._mutex:
            notices, self.notices = self.notices, []
            return notices

    def close(self) -> None:
        """Write what waits and let go of the folder."""
        with self._mutex:
            if not self._write_waiting():
                lost = self.waiting_readings
                log.error("%d readings are lost: %s", lost, self.trouble)
            for segment in self._segments:
                segment.close()
            os.close(self._lock_file)


def _apart(first: Chunk, chunk: Chunk, max_span_s: float) -> bool:
    if chunk.anchor.boot_id != first.anchor.boot_id:
        return True
    if not len(first) or not len(chunk):
        return False
    return chunk.boot_us[-1] - first.boot_us[0] > 1e6 * max_span_s


def _part(record: Record, chunk: Chunk, frozen_to: int, room: int) -> tuple[Part, int]:
    limit = max(frozen_to, record.slot + 1) + room
    part = part_of(record, chunk, frozen_to, limit)
    return part, record.slot + 1 + part.rows.stop
