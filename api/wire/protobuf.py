"""
Takes Protocol Buffers apart, level by level, into arrays.

A message is a row of (field, value) pairs; `scan` reads that row for many messages at
once, so a request of thousands of series takes a few calls instead of millions of steps
in Python. It knows no schema: callers pick the fields they know and skip the others, as
the format demands. Memory is bounded before it is taken: rows are counted first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.wire import kernel
from api.wire.compression import damaged
from twin.types import FloatArray, IntArray

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MOST_ROWS = 2_000_000
"""Fields of one level: about 100 bytes each while they are looked at."""


@dataclass(frozen=True, slots=True)
class Level:
    """
    Fields of many messages, in the order they stand.

    Attributes:
        parent: Which message each field is of.
        field: Its number.
        kind: How it is written: VARINT, FIXED64, BYTES or FIXED32.
        tag: Where it starts in the data.
        start: Where its content starts; of a VARINT, its value.
        end: Where it ends.
    """

    parent: IntArray
    field: IntArray
    kind: IntArray
    tag: IntArray
    start: IntArray
    end: IntArray

    def of(self, field: int, kind: int) -> Level:
        """
        Fields of one number.

        Raises:
            Refusal: 400 where one is written in another way than `kind`.
        """
        rows = np.flatnonzero(self.field == field)
        if (self.kind[rows] != kind).any():
            raise damaged("protobuf message: a field has another type")
        return self.take(rows)

    def take(self, rows: np.ndarray) -> Level:
        """Some of the fields."""
        return Level(
            self.parent[rows], self.field[rows], self.kind[rows], self.tag[rows],
            self.start[rows], self.end[rows],
        )  # fmt: skip

    def rows(self) -> zip[tuple[int, int, int]]:
        """Message, start and end of each, as plain numbers."""
        return zip(
            self.parent.tolist(), self.start.tolist(), self.end.tolist(), strict=True
        )

    def __len__(self) -> int:
        return int(self.field.size)


def scan(data: np.ndarray, start: IntArray, end: IntArray) -> Level:
    """
    Read the fields of messages.

    Args:
        data: All bytes. uint8
        start: Where each message begins.
        end: Where each message ends.

    Raises:
        Refusal: 400 where a message is damaged, 413 where it has too many fields.
    """
    count = kernel.count(data, start, end)
    if count < 0:
        raise damaged("protobuf message")
    if count > MOST_ROWS:
        raise damaged(f"request: more than {MOST_ROWS} fields")
    out = np.empty((6, count), np.int64)
    kernel.fill(data, start, end, out)
    return Level(*out)


def whole(data: np.ndarray) -> Level:
    """Read the fields of the outermost message."""
    return scan(data, np.zeros(1, np.int64), np.array([data.size], np.int64))


def doubles(data: np.ndarray, at: IntArray) -> FloatArray:
    """Numbers of 8 bytes, as doubles."""
    return np.asarray(_eight(data, at).view("<f8").reshape(at.size), np.float64)


def integers(data: np.ndarray, at: IntArray) -> IntArray:
    """Numbers of 8 bytes, as signed integers."""
    return np.asarray(_eight(data, at).view("<i8").reshape(at.size), np.int64)


def _eight(data: np.ndarray, at: IntArray) -> np.ndarray:
    return np.ascontiguousarray(data[at[:, None] + np.arange(8)])


def packed(
    data: np.ndarray, start: IntArray, end: IntArray
) -> tuple[IntArray, IntArray]:
    """
    Read rows of varints written one after the other.

    Returns:
        The numbers, and where those of each row begin, with the end after the last.

    Raises:
        Refusal: 400 where one is cut off.
    """
    total = int((end - start).sum())
    if total > MOST_ROWS:
        raise damaged(f"request: more than {MOST_ROWS} numbers")
    values = np.empty(total, np.int64)
    bounds = np.zeros(start.size + 1, np.int64)
    if kernel.packed(data, start, end, values, bounds) < 0:
        raise damaged("protobuf message")
    return values[: bounds[-1]], bounds


def spans(parent: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """First row of each message, and the row after its last."""
    numbers = np.arange(count)
    return (
        np.searchsorted(parent, numbers, "left"),
        np.searchsorted(parent, numbers, "right"),
    )
