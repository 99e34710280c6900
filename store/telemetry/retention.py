"""Old telemetry leaves: whole partitions on PostgreSQL, rows elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, delete, func, select, text

from store.models_telemetry import EVENTS, INBOX
from store.telemetry.levels import BY_NAME, DAY_US, WINDOW_US, Level

EVENTS_DAYS = 400.0


def prune(engine: Engine, keep_days: Mapping[str, float], now_us: int) -> int:
    """
    Take away what is older than its level is kept.

    Nothing goes while readings of its time, or of an older one, wait to be folded.

    Args:
        engine: The database.
        keep_days: Level name to days; every level. [d]
        now_us: The clock. [µs]

    Returns:
        How many rows or partitions went.
    """
    gone = 0
    with engine.begin() as connection:
        waiting_us = connection.scalar(select(func.min(INBOX.c.window_us)))
        for name, days in keep_days.items():
            before_us = now_us - int(days * DAY_US)
            if waiting_us is not None:  # it is merged with its raw readings first
                before_us = min(before_us, int(waiting_us) - WINDOW_US)
            gone += _prune_level(connection, BY_NAME[name], before_us)
        before_us = now_us - int(EVENTS_DAYS * DAY_US)
        gone += connection.execute(
            delete(EVENTS).where(EVENTS.c.time_us < before_us)
        ).rowcount
    return gone


def _prune_level(connection: Connection, level: Level, before_us: int) -> int:
    if connection.dialect.name == "postgresql":
        hyper = text(
            "SELECT 1 FROM pg_extension WHERE extname = 'timescaledb' AND "
            "to_regclass(:name) NOT IN (SELECT partrelid FROM pg_partitioned_table)"
        )
        if connection.scalar(hyper, {"name": level.table.name}):
            drop = text(
                "SELECT drop_chunks(CAST(:name AS regclass), "
                "older_than => CAST(:before AS bigint))"
            )
            named = {"name": level.table.name, "before": before_us}
            return len(connection.execute(drop, named).all())
        return _drop_partitions(connection, level, before_us)
    table = level.table
    last_us = before_us - level.block_us
    return connection.execute(delete(table).where(table.c.start_us < last_us)).rowcount


def _drop_partitions(connection: Connection, level: Level, before_us: int) -> int:
    """Partitions whose whole time is past; their name ends in their first second."""
    below = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = to_regclass(:name)"
    )
    gone = 0
    for name in connection.scalars(below, {"name": level.table.name}).all():
        first_us = int(name.rpartition("_p")[2]) * 1_000_000
        if first_us + level.partition_us <= before_us:
            connection.execute(text(f"DROP TABLE {name}"))
            gone += 1
    return gone
