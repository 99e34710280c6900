"""The levels readings are kept at, and the windows their blocks are cut into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table

from store.models_telemetry import HourBlock, MinuteBlock, RawBlock, SecondBlock

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
WINDOW_US = 10 * MINUTE_US
"""Readings are folded ten minutes at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """
    One level of detail.

    Attributes:
        name: "raw", "1s", "1min" or "1h".
        table: Where its blocks are.
        bin_us: Length of a bin; 0 for raw readings. [µs]
        block_us: Time a block spans. [µs]
        partition_us: Time a partition spans on PostgreSQL. [µs]
    """

    name: str
    table: Table
    bin_us: int
    block_us: int
    partition_us: int


def _level(
    name: str, row: type, bin_us: int, block_us: int, partition_us: int
) -> Level:
    return Level(
        name=name, table=cast(Table, row.__table__), bin_us=bin_us, block_us=block_us,  # type: ignore[attr-defined]
        partition_us=partition_us,
    )  # fmt: skip


RAW = _level("raw", RawBlock, 0, WINDOW_US, DAY_US)
SECONDS = _level("1s", SecondBlock, SECOND_US, WINDOW_US, DAY_US)
MINUTES = _level("1min", MinuteBlock, MINUTE_US, 6 * HOUR_US, 30 * DAY_US)
HOURS = _level("1h", HourBlock, HOUR_US, 10 * DAY_US, 365 * DAY_US)
LEVELS = (RAW, SECONDS, MINUTES, HOURS)
BY_NAME = {level.name: level for level in LEVELS}


def window_of(time_us: int) -> int:
    """Start of the window an instant is in. [µs]"""
    return time_us // WINDOW_US * WINDOW_US
