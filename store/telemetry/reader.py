"""Readings and bins by source and time; what waits in the inbox is read too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Engine, func, select

from store.models_telemetry import EVENTS, INBOX
from store.telemetry import blocks
from store.telemetry.levels import (
    LEVELS,
    MINUTES,
    RAW,
    SECOND_US,
    SECONDS,
    WINDOW_US,
    Level,
    window_of,
)
from store.telemetry.registry import Registry, Source
from twin.telemetry.merge import merge
from twin.telemetry.readings import Readings
from twin.telemetry.rollup import Rollup, coarsen, joined, roll_up, total

MOST_POINTS = 2000
"""Bins a device's series has at most where the caller leaves the level to us."""
LEAST_GAP_US = 120 * SECOND_US
MOST_EVENTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is stored of a source, for people."""

    readings: int
    bytes: int
    waiting: int


class Reader:
    """
    Reads telemetry of one database.

    Args:
        engine: The database.
        registry: Sources and devices.
    """

    def __init__(self, engine: Engine, registry: Registry) -> None:
        self._engine, self._registry = engine, registry

    def raw(self, source: Source, start_us: int, end_us: int) -> Readings:
        """
        Readings in full, sorted by device and time, every instant once.

        Args:
            source: Which source.
            start_us: First instant. [µs]
            end_us: End, itself not included. [µs]

        Returns:
            Folded or not: nothing that was acknowledged is missing.
        """
        with self._snapshot() as connection:
            parts = [
                blocks.readings_of(source, body)
                for _, body in blocks.bodies(
                    connection, RAW, [source.id], blocks.DEVICES, start_us, end_us
                )
            ]
            parts += self._inbox(connection, source, start_us, end_us)
        readings = merge(parts)
        return readings.take(
            (readings.time_us >= start_us) & (readings.time_us < end_us)
        )

    def bins(self, source: Source, start_us: int, end_us: int, level: Level) -> Rollup:
        """Bins of a source's devices, unfolded windows rolled up on the way."""
        with self._snapshot() as connection:
            parts = [
                blocks.rollup_of(source, body, level)
                for _, body in blocks.bodies(
                    connection, level, [source.id], blocks.DEVICES, start_us, end_us
                )
            ]
            parts += [
                coarsen(seconds, level.bin_us)
                for seconds in self._unfolded(connection, source, start_us, end_us)
            ]
        return _between(parts, start_us, end_us, level)

    def sums(
        self, sources: Sequence[Source], start_us: int, end_us: int, level: Level
    ) -> dict[int, Rollup]:
        """
        Power of whole hosts, nodes or the site, as far as it is folded.

        Returns:
            Source id to its bins; a source without any is absent.
        """
        with self._snapshot() as connection:
            return self._sums(connection, sources, start_us, end_us, level)

    def host_sum(
        self, source: Source, start_us: int, end_us: int, level: Level
    ) -> Rollup:
        """Power of one host, unfolded windows summed on the way."""
        with self._snapshot() as connection:
            known = self._sums(connection, [source], start_us, end_us, level)
            parts = list(known.values())
            parts += [
                coarsen(total(seconds, name="total"), level.bin_us)
                for seconds in self._unfolded(connection, source, start_us, end_us)
            ]
        return _between(parts, start_us, end_us, level)

    def folded_until_us(self, source: Source) -> int:
        """End of the newest folded window of a source; 0 before the first. [µs]"""
        with self._engine.connect() as connection:
            return _folded_until_us(connection, source)

    def closed_windows(self, source: Source, start_us: int, end_us: int) -> set[int]:
        """
        Windows that have minutes but no raw readings any more.

        What came to them now could not be merged with what they were made of.
        """
        table = RAW.table
        start_us = window_of(start_us)
        asked = select(table.c.start_us).where(
            table.c.source_id == source.id, table.c.start_us >= start_us,
            table.c.start_us < end_us,
        )  # fmt: skip
        with self._engine.connect() as connection:
            raw = set(connection.scalars(asked))
            minutes = set()
            for _, body in blocks.bodies(
                connection, MINUTES, [source.id], blocks.SUM, start_us, end_us
            ):
                bins = blocks.rollup_of(None, body, MINUTES)
                minutes |= set((bins.start_us // WINDOW_US * WINDOW_US).tolist())
        return {w for w in minutes - raw if start_us <= w < end_us}

    def stored(self, source: Source) -> Stored:
        """How much of a source there is."""
        table = RAW.table
        with self._engine.connect() as connection:
            readings, size = connection.execute(
                select(
                    func.coalesce(func.sum(table.c.readings), 0),
                    func.coalesce(func.sum(func.length(table.c.body)), 0),
                ).where(table.c.source_id == source.id)
            ).one()
            waiting = connection.execute(
                select(func.coalesce(func.sum(INBOX.c.readings), 0)).where(
                    INBOX.c.source_id == source.id
                )
            ).scalar_one()
        return Stored(readings=int(readings), bytes=int(size), waiting=int(waiting))

    def gaps(self, source: Source, start_us: int, end_us: int) -> list[tuple[int, int]]:
        """
        Periods in which nothing was read of a source, by its minutes.

        Args:
            source: Which source.
            start_us: First instant; the source's own first reading if that is later.
            end_us: End; its newest reading if that is earlier. [µs]

        Returns:
            Start and end of each that is no shorter than two minutes. [µs]
        """
        start_us = max(start_us, source.first_us // MINUTES.bin_us * MINUTES.bin_us)
        end_us = min(end_us, source.last_us)
        known = self.host_sum(source, start_us, end_us, MINUTES)
        seen = known.start_us[known.columns["covered_s"] > 0]
        marks = np.concatenate([[start_us - MINUTES.bin_us], seen, [end_us]])
        pause_us = np.diff(marks) - MINUTES.bin_us
        where = np.flatnonzero(pause_us >= LEAST_GAP_US)
        return [(int(marks[i]) + MINUTES.bin_us, int(marks[i + 1])) for i in where]

    def events(
        self, sources: Sequence[Source], start_us: int, end_us: int
    ) -> list[dict[str, object]]:
        """What agents reported, newest first."""
        names = {s.id: s.name for s in sources}
        asked = (
            select(EVENTS)
            .where(
                EVENTS.c.time_us >= start_us, EVENTS.c.time_us < end_us,
                EVENTS.c.source_id.in_(list(names)),
            )
            .order_by(EVENTS.c.time_us.desc(), EVENTS.c.id.desc())
            .limit(MOST_EVENTS)
        )  # fmt: skip
        with self._engine.connect() as connection:
            return [
                {"time_us": row.time_us, "source": names[row.source_id],
                 "device": row.device, "kind": row.kind, "text": row.text}
                for row in connection.execute(asked)
            ]  # fmt: skip

    # --- what is not folded yet -----------------------------------------------------

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """Several questions about one instant: a fold in between is not half seen."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    def _sums(
        self, connection: Connection, sources: Sequence[Source], start_us: int,
        end_us: int, level: Level,
    ) -> dict[int, Rollup]:  # fmt: skip
        parts: dict[int, list[Rollup]] = {}
        for key, body in blocks.bodies(
            connection, level, [s.id for s in sources], blocks.SUM, start_us, end_us
        ):
            parts.setdefault(key, []).append(blocks.rollup_of(None, body, level))
        return {
            key: _between(some, start_us, end_us, level) for key, some in parts.items()
        }

    def _inbox(
        self, connection: Connection, source: Source, start_us: int, end_us: int
    ) -> list[Readings]:
        rows = connection.execute(
            select(INBOX.c.body)
            .where(
                INBOX.c.source_id == source.id,
                INBOX.c.window_us >= window_of(start_us),
                INBOX.c.window_us < end_us,
            )
            .order_by(INBOX.c.id)
        )
        return [blocks.readings_of(source, row.body) for row in rows]

    def _unfolded(
        self, connection: Connection, source: Source, start_us: int, end_us: int
    ) -> list[Rollup]:
        """Seconds of windows that wait; late readings to folded ones wait unseen."""
        # one window more: what flows across the end is known by the reading after it
        parts = self._inbox(connection, source, start_us, end_us + WINDOW_US)
        if not parts:
            return []
        folded_us = _folded_until_us(connection, source)
        readings = merge(parts)
        readings = readings.take(readings.time_us >= folded_us)
        if not len(readings):
            return []
        first_us = window_of(int(readings.time_us.min()))
        last_us = window_of(int(readings.time_us.max())) + WINDOW_US
        return [
            roll_up(
                readings, start_us=first_us, bins=(last_us - first_us) // SECOND_US,
                bin_us=SECOND_US, whole=True,
            )
        ]  # fmt: skip


def _folded_until_us(connection: Connection, source: Source) -> int:
    table = SECONDS.table
    newest = connection.scalar(
        select(func.max(table.c.start_us)).where(
            table.c.source_id == source.id, table.c.part == blocks.SUM
        )
    )
    return 0 if newest is None else int(newest) + WINDOW_US


def level_for(start_us: int, end_us: int) -> Level:
    """The finest level whose bins of a period are at most `MOST_POINTS`."""
    for level in LEVELS[1:]:
        if (end_us - start_us) <= level.bin_us * MOST_POINTS:
            return level
    return LEVELS[-1]


def _between(
    parts: Sequence[Rollup], start_us: int, end_us: int, level: Level
) -> Rollup:
    if not parts:
        return Rollup.none(level.bin_us)
    found = coarsen(joined(parts), level.bin_us)  # one bin where a fold cut it in two
    first_us = start_us // level.bin_us * level.bin_us
    return found.take((found.start_us >= first_us) & (found.start_us < end_us))
