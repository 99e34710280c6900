"""
Puts what comes in into the database: many deliveries in one transaction, each once.

One thread writes. It takes everything that waits, checks the ledger, stores readings by
window and commits; only then is a sender told. A transaction that fails is taken back
whole and every sender in it is told to send again, so nothing is half stored and
nothing acknowledged is lost: on SQLite the writer waits for the disk
(synchronous=FULL).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError, OperationalError

from store.models_telemetry import EVENTS, INBOX, LEDGER
from store.telemetry import codec
from store.telemetry.ledger import ForgedError, Ledger
from store.telemetry.levels import WINDOW_US
from store.telemetry.live import Live
from store.telemetry.recent import Recent
from store.telemetry.registry import Registry, Source
from twin.errors import ScenarioError
from twin.telemetry.hygiene import Left
from twin.telemetry.readings import Readings

log = logging.getLogger("nameplate.telemetry")

PLAIN_READINGS = 1000
"""Fewer are stored plain: compressing them costs more than writing them."""
MOST_READINGS_AT_ONCE = 400_000
MOST_WAITING = 4_000_000
"""Readings that may wait in memory; beyond, senders are asked to wait."""
MOST_KEYS = 400
"""Ledgers named in one query."""
MOST_DEVICES = 4096
"""Devices of one source; a sender that makes up more is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many there may be in all, so that no sender fills memory with names."""

    devices: int = 20_000
    sources: int = 5_000


class BusyError(RuntimeError):
    """More waits to be stored than memory should hold."""


class StoppedError(RuntimeError):
    """The writer has been closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something an agent reports that is no reading."""

    time_us: int
    device: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    Readings of one source that are stored together or not at all.

    Attributes:
        source: Name of the host.
        kind: "agent", "prometheus", "otlp" or "upload".
        readings: Already cleaned.
        left: What cleaning left out.
        spool, sequence: What an agent's batch is known by; None for others, whose
            repeats disappear when readings are folded.
        events: Reported along.
        digest: Of the bytes it came in; b"" where nobody asks.
    """

    source: str
    kind: str
    readings: Readings
    left: tuple[Left, ...] = ()
    spool: str | None = None
    sequence: int = 0
    events: tuple[Event, ...] = ()
    digest: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """
    What became of a delivery.

    Attributes:
        stored: Readings.
        duplicate: Its number was stored before.
        same: And with the same bytes; None if nobody remembers.
        refused: What was left out.
    """

    stored: int
    duplicate: bool = False
    same: bool | None = None
    refused: tuple[Left, ...] = ()


@dataclass(slots=True)
class _Waiting:
    delivery: Delivery
    future: Future[Taken] = field(default_factory=Future)


class Writer:
    """
    The one writer of a server.

    Args:
        engine: The database.
        registry: Sources and devices; this writer alone adds to it.
        live: Gets what has been stored.
    """

    def __init__(self, engine: Engine, registry: Registry, live: Live) -> None:
        self._engine, self._registry, self._live = engine, registry, live
        self._postgres = engine.dialect.name == "postgresql"
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._open = False
        self._uncertain = False
        self._recent = Recent()
        self._thread: threading.Thread | None = None
        self.limits = Limits()
        self.on_stored: Callable[[Delivery, Taken], None] = lambda _d, _t: None

    @property
    def waiting(self) -> int:
        """Readings that wait to be stored."""
        return self._waiting

    @property
    def waiting_batches(self) -> int:
        """Deliveries that wait to be stored."""
        return self._queue.qsize()

    def start(self) -> None:
        """Start writing."""
        self._open = True
        self._thread = threading.Thread(target=self._run, name="telemetry-writer")
        self._thread.start()

    def close(self) -> None:
        """Store what waits, then stop."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def put(self, delivery: Delivery) -> Future[Taken]:
        """
        Hand over a delivery.

        Returns:
            Resolves once it is committed; fails with what the database said, with
            `ForgedError`, or with ScenarioError where the source has too many devices.

        Raises:
            BusyError: If too much waits already.
            StoppedError: If the writer is closed.
        """
        with self._lock:
            if not self._open:
                raise StoppedError("the server is stopping")
            if self._waiting + len(delivery.readings) > MOST_WAITING:
                raise BusyError(f"{self._waiting} readings wait to be stored")
            self._waiting += len(delivery.readings)
            item = _Waiting(delivery)
            item.future.set_running_or_notify_cancel()  # nobody can take it back now
            self._queue.put(item)
        return item.future

    def ledger_of(self, source: Source, spool: str) -> Ledger:
        """What is stored of a spool."""
        with self._engine.connect() as connection:
            return _read_ledger(connection, (source.id, spool)) or Ledger()

    # --- the thread ---------------------------------------------------------------

    def _run(self) -> None:
        with self._engine.connect() as connection:
            if not self._postgres:
                connection.exec_driver_sql("PRAGMA synchronous=FULL")
                connection.commit()
        while True:
            first = self._queue.get()
            if first is None:
                return
            group, ended = self._gather(first)
            self._store(group)
            if ended:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        group, size = [first], len(first.delivery.readings)
        while size < MOST_READINGS_AT_ONCE:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, True
            group.append(item)
            size += len(item.delivery.readings)
        return group, False

    def _store(self, group: Sequence[_Waiting], *, again: bool = False) -> None:
        """
        Store a group.

        After a failure memory may know sources and devices that the database does not:
        nothing is stored before they have been read again.
        """
        try:
            if self._uncertain:
                self._registry.reload()
                self._uncertain = False
            with self._engine.connect() as connection:
                self._begin(connection)
                taken = _Transaction(
                    connection, self._registry, self.limits, self._recent
                ).store([w.delivery for w in group])
                connection.commit()
        except Exception as error:
            self._uncertain = True
            if isinstance(error, IntegrityError) and not again:
                self._store(group, again=True)  # another server made the same source
                return
            if len(group) > 1 and not isinstance(error, OperationalError):
                for item in group:  # one of them is bad; the others must not suffer
                    self._store([item])
                return
            for item in group:
                item.future.set_exception(error)
        else:
            self._tell(group, taken)
        with self._lock:
            self._waiting -= sum(len(w.delivery.readings) for w in group)

    def _begin(self, connection: Connection) -> None:
        if self._postgres:  # COPY goes past SQLAlchemy, which would not know to commit
            connection.begin()
            return
        connection.exec_driver_sql("PRAGMA synchronous=FULL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _tell(
        self, group: Sequence[_Waiting], taken: Sequence[Taken | Exception]
    ) -> None:
        for item, found in zip(group, taken, strict=True):
            if isinstance(found, Exception):
                item.future.set_exception(found)
                continue
            try:
                self._show(item.delivery, found)
            except Exception:  # it is stored, whatever becomes of the view
                log.exception("stored readings could not be shown")
            item.future.set_result(found)

    def _show(self, delivery: Delivery, taken: Taken) -> None:
        if taken.stored:
            source = self._registry.by_name[delivery.source]
            readings = delivery.readings
            self._live.add(readings, source.device_ids(readings.devices))
        self.on_stored(delivery, taken)


class _Transaction:
    """One commit's worth of deliveries."""

    def __init__(
        self, connection: Connection, registry: Registry, limits: Limits,
        recent: Recent,
    ) -> None:  # fmt: skip
        self._connection, self._registry = connection, registry
        self._limits, self._recent = limits, recent
        self._ledgers: dict[tuple[int, str], tuple[Ledger, bool]] = {}
        self._changed: set[tuple[int, str]] = set()
        self._inbox: list[tuple[int, int, int, bytes]] = []
        self._events: list[dict[str, object]] = []
        self._touched: dict[int, Source] = {}

    def store(self, deliveries: Sequence[Delivery]) -> list[Taken | Exception]:
        self._read_ledgers(deliveries)
        taken = [self._one(delivery) for delivery in deliveries]
        self._write_inbox()
        self._write_ledgers()
        self._registry.write_times(self._connection, self._touched.values())
        if self._events:
            self._connection.execute(insert(EVENTS), self._events)
        return taken

    def _one(self, delivery: Delivery) -> Taken | Exception:
        readings = delivery.readings
        span = _span_us(delivery)
        wrong = self._beyond(delivery)
        if wrong is not None:
            return wrong
        forged = self._forged(delivery)
        if forged is not None:
            return forged
        source = self._registry.source(
            self._connection, delivery.source, delivery.kind, span[0]
        )
        if delivery.spool is not None:
            key, number = (source.id, delivery.spool), delivery.sequence
            try:
                if not self._ledger(source, delivery.spool).add(number):
                    same = self._recent.same(key, number, delivery.digest)
                    return Taken(stored=0, duplicate=True, same=same)
            except ForgedError as error:
                return error
            self._recent.note(key, number, delivery.digest)
            self._changed.add(key)
        self._registry.ensure(self._connection, source, readings.devices)
        if len(readings):
            self._add(source, readings)
            if source.touch(first_us=span[0], last_us=span[1]):
                self._touched[source.id] = source
        self._events += [
            {"source_id": source.id, "time_us": e.time_us, "device": e.device,
             "kind": e.kind, "text": e.text}
            for e in delivery.events
        ]  # fmt: skip
        return Taken(stored=len(readings), refused=delivery.left)

    def _forged(self, delivery: Delivery) -> ForgedError | None:
        """Look at a new source's number before anything is made for it."""
        if delivery.spool is None or delivery.source in self._registry.by_name:
            return None
        try:
            Ledger().add(delivery.sequence)
        except ForgedError as error:
            return error
        return None

    def _beyond(self, delivery: Delivery) -> ScenarioError | None:
        """What is wrong with a delivery that names more than there may be."""
        known = self._registry.by_name
        source = known.get(delivery.source)
        ids = source.ids if source is not None else {}
        fresh = len({d.key for d in delivery.readings.devices} - ids.keys())
        if source is None:
            hosts = sum(s.kind != "sum" for s in known.values())
            if hosts >= self._limits.sources:
                return ScenarioError("source", f"at most {self._limits.sources} in all",
                                     hosts + 1, "use the same name for the same host, "
                                     "or raise NAMEPLATE_MOST_SOURCES")  # fmt: skip
        if len(ids) + fresh > MOST_DEVICES:
            return ScenarioError("devices", f"at most {MOST_DEVICES} per source",
                                 len(ids) + fresh, "use the same key for the same "
                                 "device in every batch")  # fmt: skip
        if not fresh:
            return None
        count = sum(len(s.ids) for s in known.values()) + fresh
        if count <= self._limits.devices:
            return None
        return ScenarioError("devices", f"at most {self._limits.devices} in all", count,
                             "use the same key for the same device in every batch, or "
                             "raise NAMEPLATE_MOST_DEVICES")  # fmt: skip

    def _add(self, source: Source, readings: Readings) -> None:
        """Rows of the inbox, one for each window the readings fall into."""
        ids = source.device_ids(readings.devices)
        window = readings.time_us // WINDOW_US
        first, last = int(window.min()), int(window.max())
        windows = [first] if first == last else np.unique(window).tolist()
        for one in windows:
            part = readings if first == last else readings.take(window == one)
            body = codec.pack_readings(part, ids, small=len(part) >= PLAIN_READINGS)
            self._inbox.append((source.id, one * WINDOW_US, len(part), body))

    def _ledger(self, source: Source, spool: str) -> Ledger:
        key = (source.id, spool)
        if key not in self._ledgers:
            found = _read_ledger(self._connection, key)
            self._ledgers[key] = (found or Ledger(), found is not None)
        return self._ledgers[key][0]

    def _read_ledgers(self, deliveries: Sequence[Delivery]) -> None:
        """Read all at once what the deliveries of known sources need."""
        keys = set()
        for delivery in deliveries:
            source = self._registry.by_name.get(delivery.source)
            if source is not None and delivery.spool is not None:
                keys.add((source.id, delivery.spool))
        found = _read_ledgers(self._connection, sorted(keys))
        for key in keys:
            self._ledgers[key] = (found.get(key) or Ledger(), key in found)

    def _write_ledgers(self) -> None:
        table = LEDGER
        new: list[dict[str, object]] = []
        old: list[dict[str, object]] = []
        for key in self._changed:
            ledger, exists = self._ledgers[key]
            row = {"s": key[0], "p": key[1], "done": ledger.done, "ahead": ledger.ahead}
            (old if exists else new).append(row)
        if new:
            self._connection.execute(
                insert(table).values(source_id=bindparam("s"), spool=bindparam("p")),
                new,
            )
        if old:
            mine = (table.c.source_id == bindparam("s")) & (
                table.c.spool == bindparam("p")
            )
            self._connection.execute(update(table).where(mine), old)

    def _write_inbox(self) -> None:
        if not self._inbox:
            return
        if self._connection.dialect.name == "postgresql":
            self._copy_inbox()
            return
        names = ("source_id", "window_us", "readings", "body")
        self._connection.execute(
            insert(INBOX), [dict(zip(names, row, strict=True)) for row in self._inbox]
        )

    def _copy_inbox(self) -> None:
        """PostgreSQL's own bulk path."""
        driver = self._connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - a connection in use has one
        with (
            driver.cursor() as cursor,
            cursor.copy(
                "COPY telemetry_inbox (source_id, window_us, readings, body) "
                "FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.set_types(["int4", "int8", "int4", "bytea"])
            for row in self._inbox:
                copy.write_row(row)


def _read_ledger(connection: Connection, key: tuple[int, str]) -> Ledger | None:
    return _read_ledgers(connection, [key]).get(key)


def _read_ledgers(
    connection: Connection, keys: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], Ledger]:
    """Ledgers that exist; theirs is the lock that keeps servers apart."""
    table, found = LEDGER, {}
    pair = tuple_(table.c.source_id, table.c.spool)
    for i in range(0, len(keys), MOST_KEYS):
        rows = connection.execute(
            select(table)
            .where(pair.in_(list(keys[i : i + MOST_KEYS])))
            .order_by(table.c.source_id, table.c.spool)
            .with_for_update()
        )
        for row in rows:
            key = (row.source_id, row.spool)
            found[key] = Ledger(row.done, [list(r) for r in row.ahead])
    return found


def _span_us(delivery: Delivery) -> tuple[int, int]:
    times = delivery.readings.time_us
    if times.size:
        return int(times.min()), int(times.max())
    said = [e.time_us for e in delivery.events] or [0]
    return min(said), max(said)
