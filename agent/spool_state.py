"""
What the spool knows and must never forget: its numbers, and what each one means.

The state is rebuilt from records in their order; a segment's head holds all of it.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field
from typing import Any

from agent.chunk import Chunk
from agent.segment import CHUNK, DONE, FREEZE, SPLIT, STATE, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """
    What a sequence number means, for good.

    Attributes:
        sequence, spool: The batch's identity beside the agent's name.
        first, last: Its slots, the last one excluded.
        offset_us: Server time minus boot time, for all its readings.
        clock: What the batch says about clocks.
        version: The agent that froze it.
    """

    sequence: int
    spool: str
    first: int
    last: int
    offset_us: int
    clock: dict[str, Any]
    version: str

    @property
    def key(self) -> tuple[str, int]:
        """What the server knows the batch by, beside the agent's name."""
        return self.spool, self.sequence


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a chunk, with or without its events."""

    chunk: Chunk
    rows: range
    with_events: bool

    @property
    def boot_us(self) -> array[int]:
        """When its rows were read. [µs] of boot time"""
        return self.chunk.boot_us[self.rows.start : self.rows.stop]


@dataclass(frozen=True, slots=True)
class Batch:
    """A frozen batch and what it carries."""

    freeze: Freeze
    parts: tuple[Part, ...]


@dataclass(slots=True)
class State:
    """All that must survive; written at the head of every segment."""

    spool: str
    next_sequence: int = 0
    next_slot: int = 0
    frozen_to: int = 0
    inflight: list[Freeze] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    dropped_readings: int = 0

    def apply(self, record: Record) -> None:
        """Bring the state up to a record."""
        if record.kind == CHUNK:
            self.next_slot = max(self.next_slot, record.slot + record.count)
            return
        note = json.loads(record.payload)
        if record.kind == STATE:
            loaded = _state(note)
            for name in self.__slots__:
                setattr(self, name, getattr(loaded, name))
        elif record.kind == FREEZE:
            self.add(Freeze(**note))
        elif record.kind == DONE:
            self.remove(note["spool"], note["sequence"])
        elif record.kind == SPLIT:
            self.remove(note["spool"], note["sequence"])
            for half in note["into"]:
                self.add(Freeze(**half))

    def add(self, freeze: Freeze) -> None:
        """A batch is on its way."""
        self.inflight.append(freeze)
        self.frozen_to = max(self.frozen_to, freeze.last)
        if freeze.spool == self.spool:
            self.next_sequence = max(self.next_sequence, freeze.sequence + 1)

    def remove(self, spool: str, sequence: int) -> None:
        """A batch is settled."""
        self.inflight = [
            f for f in self.inflight if (f.spool, f.sequence) != (spool, sequence)
        ]


def _state(note: dict[str, Any]) -> State:
    inflight = [Freeze(**f) for f in note["inflight"]]
    return State(**{**note, "inflight": inflight})


def part_of(record: Record, chunk: Chunk, first: int, last: int) -> Part:
    """What of a chunk lies in some slots."""
    start = max(0, first - record.slot - 1)
    stop = max(start, min(len(chunk), last - record.slot - 1))
    return Part(chunk, range(start, stop), first <= record.slot < last)
