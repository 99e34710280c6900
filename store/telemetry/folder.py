"""
Folds what came in into levels, ten minutes of a source at a time.

A window closes when its end is a minute past. Then its readings are merged with what
was folded of it before, written as one block, and rolled up: to seconds, and into the
blocks of minutes and hours around it. Sums over hosts follow: of the power tree's nodes
and the site. Everything above raw is a pure function of raw, so a window that gets late
readings is folded again, and a fold that was cut off leaves nothing behind: each is a
transaction.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import SQLAlchemyError

from store.models_telemetry import INBOX
from store.telemetry import blocks
from store.telemetry.alone import alone
from store.telemetry.codec import pack_readings, pack_rollup
from store.telemetry.levels import (
    DAY_US,
    HOUR_US,
    HOURS,
    MINUTES,
    RAW,
    SECOND_US,
    SECONDS,
    WINDOW_US,
    Level,
)
from store.telemetry.registry import Registry, Source
from twin.telemetry.merge import merge
from twin.telemetry.readings import Readings
from twin.telemetry.rollup import Rollup, coarsen, joined, roll_up, sum_of, total

log = logging.getLogger("nameplate.telemetry")

GRACE_US = 60 * SECOND_US
CYCLE_S = 5.0
HISTORY_S = 20.0
"""Time for windows older than an hour in one cycle; what is new comes first."""
EXPECTED_US = DAY_US
"""A host that was silent for longer is not missed in sums any more."""
SITE = "sum/site"
"""Name of the sum over all hosts; a node's is sum/node/NAME. No host has a slash."""

_FLOWS = ("power_w", "power_average_w", "energy_j")

Members = Mapping[str, frozenset[int]]
"""Name of a sum to the ids of the sources in it."""


class Folder:
    """
    The one folder of a database.

    Args:
        engine: The database.
        registry: Sources and devices.
        members: Asked for the sums to make: node name to source ids.
        now_us: The clock. [µs]
    """

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        *,
        members: Callable[[], Members],
        now_us: Callable[[], int],
    ) -> None:
        self._engine, self._registry = engine, registry
        self._members, self._now_us = members, now_us
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._after: dict[int, tuple[int, frozenset[tuple[str, int, bytes]]]] = {}
        self._suspect: set[tuple[int, int]] | None = None
        self.on_cycle: Callable[[float], None] = lambda _lag_s: None
        """Told after every cycle how old the oldest readings were that it found."""

    def start(self) -> None:
        """Fold every few seconds from now on."""
        self._thread = threading.Thread(target=self._run, name="telemetry-folder")
        self._thread.start()

    def close(self) -> None:
        """Finish the window being folded, then stop."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(CYCLE_S):
            try:
                self.fold_closed()
            except Exception:
                log.exception("telemetry was not folded; trying again")

    def fold_closed(self, *, everything: bool = False) -> int:
        """
        Fold every closed window that has something in the inbox.

        Args:
            everything: Windows that are still open too.

        Returns:
            How many windows of sources were folded.
        """
        with alone(self._engine) as mine:
            return self._fold_closed(everything=everything) if mine else 0

    def _fold_closed(self, *, everything: bool) -> int:
        now_us = self._now_us()
        before_us = now_us - WINDOW_US - GRACE_US
        windows = self._waiting(None if everything else before_us)
        if self._suspect is None:  # a crash may have cut their folding off
            self._suspect = {(s, w) for w, ids in windows.items() for s in ids}
        recent = [w for w in windows if w > before_us - HOUR_US]
        history = [w for w in windows if w <= before_us - HOUR_US]
        folded, until_s = 0, math.inf if everything else HISTORY_S
        started_s = time.monotonic()
        for window_us in (*recent, *history):
            late = window_us in history
            if late and time.monotonic() - started_s > until_s:
                break  # the rest in the next cycle, after what is new then
            folded += self._fold_window(window_us, windows[window_us])
            if self._stop.is_set():
                return folded
        self.on_cycle(max(0.0, (now_us - min(windows, default=now_us)) * 1e-6))
        return folded

    def _waiting(self, last_us: int | None) -> dict[int, list[int]]:
        """Windows with something in the inbox, in order, and the sources it is of."""
        asked = select(INBOX.c.window_us, INBOX.c.source_id).distinct()
        if last_us is not None:
            asked = asked.where(INBOX.c.window_us <= last_us)
        with self._engine.connect() as connection:
            found = sorted(tuple(row) for row in connection.execute(asked))
        if any(source_id not in self._registry.by_id for _, source_id in found):
            self._registry.adopt()  # another server has met them
        windows: dict[int, list[int]] = {}
        for window_us, source_id in found:
            windows.setdefault(window_us, []).append(source_id)
        return windows

    def _fold_window(self, window_us: int, source_ids: Sequence[int]) -> int:
        """Fold a window of several sources; one that cannot be does not stop others."""
        done: list[int] = []
        folded = 0
        for source_id in source_ids:
            if self._stop.is_set():
                break
            try:
                done += self.fold(source_id, window_us)
                folded += 1
            except SQLAlchemyError:
                raise
            except Exception:  # whatever one sender wrote, the others are folded
                log.exception("source %s stays unfolded at %s", source_id, window_us)
        self.sum_up(window_us, done)
        return folded

    # --- one source ---------------------------------------------------------------

    def fold(self, source_id: int, window_us: int) -> list[int]:
        """
        Fold one window of one source: all of it or nothing.

        A neighbour that was folded without knowing the edge this window has now is
        folded again.

        Returns:
            Ids of what was folded; it stays in the inbox until it is summed up, so that
            a crash in between only folds it again.
        """
        source = self._registry.by_id[source_id]
        before_us, after_us = window_us - WINDOW_US, window_us + WINDOW_US
        with self._engine.connect() as connection:
            ids, fresh = self._inbox(connection, source, window_us)
            old = self._raw(connection, source, window_us)
            readings = merge([*old, *fresh])
            before = self._edge(connection, source, before_us, last=True)
            after = self._edge(connection, source, after_us, last=False)
            around = merge([*before, readings, *after])
            connection.rollback()
            whole = roll_up(
                around, start_us=window_us, bins=WINDOW_US // SECOND_US,
                bin_us=SECOND_US, whole=True,
            )  # fmt: skip
            self._write(connection, source, window_us, readings, whole, bool(old))
            connection.commit()
        suspect = self._suspect is not None and (source_id, window_us) in self._suspect
        if suspect and self._suspect is not None:
            self._suspect.discard((source_id, window_us))
            old = []  # its neighbours may not know what was folded before the crash
        first, last = _edge_of([readings], last=False), _edge_of([readings], last=True)
        known = self._after.get(source_id) == (before_us, _mark(first))
        if not known and _mark(first) != _mark(_edge_of(old, last=False)):
            self._fold_again(source_id, before_us)
        if _mark(last) != _mark(_edge_of(old, last=True)):
            self._fold_again(source_id, after_us)
        self._after[source_id] = (window_us, _mark(after))
        return ids

    def _write(
        self, connection: Connection, source: Source, window_us: int,
        readings: Readings, whole: Rollup, known: bool,
    ) -> None:  # fmt: skip
        """
        Write one window: raw, seconds, minutes and hours, of devices and of the host.

        Where its raw readings are gone but their minutes are not (`known` is False and
        there are some), what is new only fills holes: it cannot be merged any more.
        """
        host = total(whole, name="total")
        parts = ((source, blocks.DEVICES, whole), (None, blocks.SUM, host))
        if not known and self._has_minutes(connection, source, window_us):
            for owner, part, seconds in parts:
                self._put_longer(
                    connection, owner, part, window_us, seconds, source.id, fill=True
                )
            return
        blocks.put_block(
            connection, RAW, source_id=source.id, part=blocks.DEVICES,
            start_us=window_us, readings=len(readings),
            body=pack_readings(
                readings, source.device_ids(readings.devices), small=True
            ),
        )  # fmt: skip
        for owner, part, seconds in parts:
            self._put(connection, owner, part, window_us, seconds, source.id)

    def _has_minutes(
        self, connection: Connection, source: Source, window_us: int
    ) -> bool:
        for _, body in blocks.bodies(
            connection, MINUTES, [source.id], blocks.SUM, window_us, window_us + 1
        ):
            start_us = blocks.rollup_of(None, body, MINUTES).start_us
            inside = (start_us >= window_us) & (start_us < window_us + WINDOW_US)
            return bool(inside.any())
        return False

    def _fold_again(self, source_id: int, window_us: int) -> None:
        if self._has_raw(source_id, window_us):
            self.sum_up(window_us, self.fold(source_id, window_us))

    def _has_raw(self, source_id: int, window_us: int) -> bool:
        table = RAW.table
        asked = select(table.c.readings).where(
            table.c.source_id == source_id, table.c.start_us == window_us
        )
        with self._engine.connect() as connection:
            return connection.execute(asked).first() is not None

    def _inbox(
        self, connection: Connection, source: Source, window_us: int
    ) -> tuple[list[int], list[Readings]]:
        table = INBOX
        rows = connection.execute(
            select(table.c.id, table.c.body)
            .where(table.c.source_id == source.id, table.c.window_us == window_us)
            .order_by(table.c.id)
        ).all()
        return [r.id for r in rows], [blocks.readings_of(source, r.body) for r in rows]

    def _raw(
        self, connection: Connection, source: Source, window_us: int
    ) -> list[Readings]:
        found = blocks.bodies(
            connection, RAW, [source.id], blocks.DEVICES, window_us, window_us + 1
        )
        return [blocks.readings_of(source, body) for _, body in found]

    def _edge(
        self, connection: Connection, source: Source, window_us: int, *, last: bool
    ) -> list[Readings]:
        """The reading of each device that is nearest to this window."""
        parts = self._raw(connection, source, window_us)
        parts += self._inbox(connection, source, window_us)[1]
        return _edge_of(parts, last=last)

    def _put(
        self,
        connection: Connection,
        source: Source | None,
        part: int,
        window_us: int,
        seconds: Rollup,
        source_id: int = 0,
    ) -> None:
        """Write a window's seconds, and put them into minutes and hours."""
        key = source.id if source is not None else source_id
        ids = source.device_ids(seconds.devices) if source else np.zeros(1, np.int64)
        stored = _worth_keeping(seconds)
        blocks.put_block(
            connection, SECONDS, source_id=key, part=part, start_us=window_us,
            readings=len(stored), body=pack_rollup(stored, ids),
        )  # fmt: skip
        self._put_longer(connection, source, part, window_us, seconds, key)

    def _put_longer(
        self, connection: Connection, source: Source | None, part: int, window_us: int,
        seconds: Rollup, key: int, *, fill: bool = False,
    ) -> None:  # fmt: skip
        """Put a window's seconds into minutes and hours."""
        end_us = window_us + WINDOW_US
        minutes = coarsen(seconds, MINUTES.bin_us)
        minutes = self._into(
            connection, MINUTES, source, key, part, minutes, window_us, end_us, fill
        )
        hour_us = window_us // HOUR_US * HOUR_US
        of_hour = (minutes.start_us >= hour_us) & (minutes.start_us < hour_us + HOUR_US)
        hours = coarsen(minutes.take(of_hour), HOURS.bin_us)
        self._into(
            connection, HOURS, source, key, part, hours, hour_us, hour_us + HOUR_US
        )

    def _into(
        self, connection: Connection, level: Level, source: Source | None, key: int,
        part: int, bins: Rollup, start_us: int, end_us: int, fill: bool = False,
    ) -> Rollup:  # fmt: skip
        """Replace a period's bins in the block around it; returns the whole block."""
        block_us = start_us // level.block_us * level.block_us
        found = list(
            blocks.bodies(connection, level, [key], part, block_us, block_us + 1)
        )
        if found:
            old = blocks.rollup_of(source, found[0][1], level)
            inside = (old.start_us >= start_us) & (old.start_us < end_us)
            if fill:
                bins = bins.take(~np.isin(bins.start_us, old.start_us[inside]))
                inside[:] = False
            bins = joined([old.take(~inside), bins])
        ids = source.device_ids(bins.devices) if source else np.zeros(1, np.int64)
        blocks.put_block(
            connection, level, source_id=key, part=part, start_us=block_us,
            readings=len(bins), body=pack_rollup(bins, ids),
        )  # fmt: skip
        return bins

    # --- sums over sources --------------------------------------------------------

    def sum_up(self, window_us: int, done: Sequence[int] = ()) -> None:
        """
        Add hosts up to the nodes of the power tree and to the site.

        Args:
            window_us: Which window.
            done: Ids of what was folded for it: it leaves the inbox now.
        """
        sources = list(self._registry.by_name.values())
        oldest_us, newest_us = window_us - EXPECTED_US, window_us + WINDOW_US
        hosts = frozenset(
            s.id
            for s in sources
            if s.kind != "sum" and not s.is_meter
            and s.last_us >= oldest_us and s.first_us < newest_us
        )  # fmt: skip
        members = {SITE: hosts, **self._members()}
        try:
            self._write_sums(window_us, hosts, members, done)
        except BaseException:  # what was made along is not in the database
            self._registry.forget(members.keys() - {s.name for s in sources})
            raise

    def _write_sums(
        self, window_us: int, hosts: frozenset[int], members: Members,
        done: Sequence[int],
    ) -> None:  # fmt: skip
        with self._engine.connect() as connection:
            parts = {
                key: blocks.rollup_of(None, body, SECONDS)
                for key, body in blocks.bodies(
                    connection, SECONDS, sorted(hosts), blocks.SUM, window_us,
                    window_us + 1,
                )
            }  # fmt: skip
            connection.rollback()
            for name, ids in members.items():
                some = [parts[i] for i in sorted(ids) if i in parts]
                if not some:
                    continue
                seconds = sum_of(
                    some, name="total", kind="total", bin_us=SECOND_US,
                    expected=len(ids),
                )  # fmt: skip
                target = self._registry.source(
                    connection, name, "sum", int(seconds.start_us[0])
                )
                target.touch(
                    first_us=int(seconds.start_us[0]), last_us=int(seconds.start_us[-1])
                )
                self._registry.write_times(connection, [target])
                self._put(connection, None, blocks.SUM, window_us, seconds, target.id)
            for i in range(0, len(done), 500):
                connection.execute(
                    delete(INBOX).where(INBOX.c.id.in_(done[i : i + 500]))
                )
            connection.commit()


def _edge_of(parts: Sequence[Readings], *, last: bool) -> list[Readings]:
    """First or last power and counter of each device; none of no readings."""
    if not any(len(part) for part in parts):
        return []
    readings = merge(parts)
    ends = np.zeros(len(readings), np.bool_)
    for names in (("power_w", "power_average_w"), ("energy_j",)):
        known = np.zeros(len(readings), np.bool_)
        for name in names:
            if name in readings.columns:
                known |= np.isfinite(readings.columns[name])
        where = np.flatnonzero(known)
        if where.size:
            step = np.diff(readings.device[where]) != 0
            ends[where[np.append(step, True) if last else np.insert(step, 0, True)]] = 1
    return [readings.take(np.flatnonzero(ends))]


def _mark(edge: Sequence[Readings]) -> frozenset[tuple[str, int, bytes]]:
    """What tells one edge from another: device, time and what flows there."""
    marks = set()
    for readings in edge:
        columns = [readings.columns[n] for n in _FLOWS if n in readings.columns]
        flows = np.array(columns, np.float64).reshape(len(columns), len(readings))
        for i, device in enumerate(readings.device.tolist()):
            key = readings.devices[device].key
            marks.add((key, int(readings.time_us[i]), flows[:, i].tobytes()))
    return frozenset(marks)


def _worth_keeping(seconds: Rollup) -> Rollup:
    """
    Bins to store of each device.

    All of a device that is read about every second; of one read more rarely those with
    a reading: the others are straight lines between them.
    """
    if not len(seconds) or seconds.devices[0].kind == "total":
        return seconds
    count = np.bincount(seconds.device, minlength=len(seconds.devices))
    seen = seconds.columns["readings"] > 0
    own = np.bincount(seconds.device[seen], minlength=len(seconds.devices))
    often = own >= 0.5 * count
    return seconds.take(np.flatnonzero(often[seconds.device] | seen))
