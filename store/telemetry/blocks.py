"""Blocks of the levels: written whole, read by source and time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from store.telemetry.codec import unpack
from store.telemetry.levels import Level
from store.telemetry.registry import SUM as SUM_OF_ALL
from store.telemetry.registry import Source
from twin.telemetry.readings import Device, Readings
from twin.telemetry.rollup import COLUMNS, Rollup

DEVICES, SUM = 0, 1
"""Parts of a block: one source's devices, or their sum."""
MOST_NAMES = 500
"""Sources named in one query."""


def put_block(
    connection: Connection, level: Level, *, source_id: int, part: int, start_us: int,
    readings: int, body: bytes,
) -> None:  # fmt: skip
    """Write a block in place of the one that was there."""
    dialect = connection.dialect.name
    make_partition(connection, level, start_us)
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(level.table)
    connection.execute(
        insert.values(
            source_id=source_id, part=part, start_us=start_us, readings=readings,
            body=body,
        ).on_conflict_do_update(
            index_elements=["source_id", "part", "start_us"],
            set_={"readings": readings, "body": body},
        )
    )  # fmt: skip


def make_partition(connection: Connection, level: Level, start_us: int) -> None:
    """
    Make the partition a block belongs to, where PostgreSQL has none yet.

    TimescaleDB makes its own.
    """
    if connection.dialect.name != "postgresql" or not _is_native(connection, level):
        return
    first_us = start_us // level.partition_us * level.partition_us
    name = f"{level.table.name}_p{first_us // 1_000_000}"
    # looked up each time: a rollback, or old data dropped, may have taken it away
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
        connection.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {level.table.name} "
                f"FOR VALUES FROM ({first_us}) TO ({first_us + level.partition_us})"
            )
        )


def _is_native(connection: Connection, level: Level) -> bool:
    kinds: dict[str, bool] = connection.info.setdefault("telemetry_native", {})
    if level.name not in kinds:
        asked = text(
            "SELECT 1 FROM pg_partitioned_table WHERE partrelid = to_regclass(:name)"
        )
        found = connection.scalar(asked, {"name": level.table.name})
        kinds[level.name] = found is not None
    return kinds[level.name]


def bodies(
    connection: Connection, level: Level, source_ids: Sequence[int], part: int,
    start_us: int, end_us: int,
) -> Iterable[tuple[int, bytes]]:  # fmt: skip
    """Blocks of sources that may hold something of a period, in order of time."""
    table = level.table
    first_us = start_us - level.block_us + 1
    asked = (
        select(table.c.source_id, table.c.body)
        .where(
            table.c.source_id.in_(bindparam("ids", expanding=True)),
            table.c.part == part,
            table.c.start_us >= first_us,
            table.c.start_us < end_us,
        )
        .order_by(table.c.source_id, table.c.start_us)
    )
    for i in range(0, len(source_ids), MOST_NAMES):
        some = list(source_ids[i : i + MOST_NAMES])
        for row in connection.execute(asked, {"ids": some}):
            yield row.source_id, row.body


def readings_of(source: Source, body: bytes) -> Readings:
    """Readings of a stored body."""
    columns = unpack(body)
    devices, device = _places(source, columns.pop("device"))
    return Readings(
        devices=devices, device=device, time_us=columns.pop("time_us"), columns=columns
    )


def rollup_of(source: Source | None, body: bytes, level: Level) -> Rollup:
    """Bins of a stored body; without a source they are of a sum."""
    columns = unpack(body)
    stored = columns.pop("device")
    devices, device = (
        ((SUM_OF_ALL,), np.zeros(stored.size, np.int64))
        if source is None
        else _places(source, stored)
    )
    start_us = columns.pop("time_us")
    missing = np.full(start_us.size, np.nan)
    return Rollup(
        devices=devices, device=device, start_us=start_us, bin_us=level.bin_us,
        columns={name: columns.get(name, missing) for name in COLUMNS},
    )  # fmt: skip


def _places(
    source: Source, stored: np.ndarray
) -> tuple[tuple[Device, ...], np.ndarray]:
    """A source's devices, and the place of stored ids among them."""
    devices, ids = source.by_id()
    if not np.isin(stored, ids).all():  # another server has seen more
        source.reread()
        devices, ids = source.by_id()
        if not np.isin(stored, ids).all():
            raise LookupError(f"{source.name} has readings of a device nobody stored")
    return devices, np.searchsorted(ids, stored)
