"""Telemetry of a running server: taken in, folded, kept as long as asked, read back."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from api.caller import Caller
from api.problems import Refusal
from api.receivers_outcome import lefts
from api.telemetry_batch import MAX_BYTES, MAX_READINGS, decompressed, parse_batch
from store.telemetry.alone import alone
from store.telemetry.folder import Folder, Members
from store.telemetry.ledger import ForgedError
from store.telemetry.levels import DAY_US, SECOND_US, WINDOW_US
from store.telemetry.live import KEPT_S, Live
from store.telemetry.placement import Placements
from store.telemetry.reader import Reader
from store.telemetry.registry import Registry, Source
from store.telemetry.retention import prune
from store.telemetry.writer import (
    MOST_WAITING,
    BusyError,
    Delivery,
    StoppedError,
    Taken,
    Writer,
)
from twin.errors import ScenarioError
from twin.telemetry.hygiene import Left, clean, period_s
from twin.telemetry.names import SOURCE
from twin.telemetry.readings import Readings
from twin.telemetry.rollup import MOST_GAP_S
from twin.types import Document

if TYPE_CHECKING:
    from api.metrics import Metrics
    from store.settings import Settings

log = logging.getLogger("nameplate.telemetry")

HISTORY = frozenset({"upload", "pull"})
DECODERS = 2
SMALL_BYTES = 8192
"""A body this small is decoded at once: to hand it to a thread would take longer."""
MOST_BODY_BYTES = 64_000_000
"""Bodies that wait to be decoded, as they were sent; more are asked to wait."""
TAKE_WAIT_S = 30.0
EARLY_WAIT_S = 60
"""When an agent asks again whose readings are ahead of our clock."""
PRUNE_EVERY_S = 3600.0
RACK = "sum/rack/"
"""Prefix of the sums over the hosts of a rack."""


def now_us() -> int:
    """The server's clock. [µs]"""
    return time.time_ns() // 1000


class TelemetryService:
    """
    Everything between a request and the levels.

    Args:
        engine: The database.
        settings: How long levels are kept.
        clock_us: The clock. [µs]
    """

    def __init__(
        self, engine: Any, settings: Settings, clock_us: Callable[[], int] = now_us
    ) -> None:
        self._engine, self._settings, self.clock_us = engine, settings, clock_us
        self.registry, self.live = Registry(engine), Live()
        self.placements = Placements(engine)
        self.reader = Reader(engine, self.registry)
        self.writer = Writer(engine, self.registry, self.live)
        self.folder = Folder(
            engine, self.registry, members=self._members, now_us=clock_us
        )
        self._decoders = ThreadPoolExecutor(DECODERS, "telemetry-decoder")
        self._body_bytes = 0
        self._stop = threading.Event()
        self._pruner = threading.Thread(
            target=self._prune, name="telemetry-pruner", daemon=True
        )

    def open(self) -> None:
        """Start writing and folding, and remember the last minutes."""
        self._recall()
        self.writer.start()
        self.folder.start()
        self._pruner.start()

    def report_to(self, metrics: Metrics) -> None:
        """Count what is stored and left out, for Prometheus."""

        def stored(delivery: Delivery, taken: Taken) -> None:
            metrics.batch_stored(
                taken.stored, len(delivery.readings) if taken.duplicate else 0
            )
            for left in taken.refused:
                metrics.refused(left.reason, left.count)
            metrics.queue(self.writer.waiting_batches)

        self.writer.on_stored = stored
        self.folder.on_cycle = metrics.fold_lag

    def close(self) -> None:
        """Store what waits, then stop."""
        self._stop.set()
        self._decoders.shutdown(wait=True)
        self.writer.close()
        self.folder.close()
        if self._pruner.is_alive():
            self._pruner.join()

    # --- agents -------------------------------------------------------------------

    async def ingest(self, caller: Caller, body: bytes, encoding: str) -> Document:
        """
        Take an agent's batch in.

        Args:
            caller: Whose token it came with.
            body: As it was sent.
            encoding: Its Content-Encoding.

        Returns:
            The acknowledgement; it is given once the batch is on disk.

        Raises:
            Refusal: 403 for another agent's batch, 409 for a number out of its spool,
                429 where too much waits, 503 where every reading is ahead of our clock.
        """
        if self._body_bytes + len(body) > MOST_BODY_BYTES:
            raise busy(1)
        self._body_bytes += len(body)
        try:
            delivery = await self._decoded(caller, body, encoding)
        finally:
            self._body_bytes -= len(body)
        try:
            taken = await asyncio.wrap_future(self._put(delivery))
        except ForgedError as error:
            raise Refusal(
                409, f"{error}; the spool cannot have written so many"
            ) from None
        return self.acknowledgement(taken)

    def hello(self, caller: Caller, spool: str | None) -> Document:
        """What an agent wants to know before it sends."""
        return {
            "server_time_us": self.clock_us(), "agent": caller.agent or "",
            "next_sequence": self._next_sequence(caller, spool),
            "max_readings": MAX_READINGS, "max_bytes": MAX_BYTES,
        }  # fmt: skip

    def acknowledgement(self, taken: Taken) -> Document:
        """Write what became of a delivery."""
        return {
            "stored": taken.stored, "duplicate": taken.duplicate, "same": taken.same,
            "refused": lefts(taken.refused),
            "server_time_us": self.clock_us(),
            "pace_s": round(2.0 * self.writer.waiting / MOST_WAITING, 2),
        }  # fmt: skip

    # --- other senders ------------------------------------------------------------

    def take(self, source: str, kind: str, readings: Readings, *, key: str) -> Taken:
        """
        Take readings in that came in another way, and wait until they are stored.

        Args:
            source: Name of the host.
            kind: "prometheus", "otlp", or of any age "upload" and "pull": history is
                taken wherever nothing was folded of that source and time before.
            readings: Not yet cleaned.
            key: Names the delivery in the log; a repeat disappears when folded.

        Raises:
            Refusal: 429 where too much waits, 422 for a bad name.
        """
        log.debug("%s readings of %s by %s: %s", len(readings), source, kind, key)
        oldest_us = 0 if kind in HISTORY else self.oldest_us()
        kept, left = clean(readings, now_us=self.clock_us(), oldest_us=oldest_us)
        if kind in HISTORY:
            _check_period(kept)
            kept, closed = self._without_closed(source, kept)
            left += closed
        delivery = Delivery(source=_named(source), kind=kind, readings=kept, left=left)
        return self._put(delivery).result(TAKE_WAIT_S)

    def oldest_us(self) -> int:
        """Readings before this come too late. [µs]"""
        return self.clock_us() - int(self._settings.keep_raw_days * DAY_US)

    # --- who there is ---------------------------------------------------------------

    def source(self, name: str) -> Source:
        """
        A source by its name.

        Raises:
            Refusal: With status 404 if there is none.
        """
        found = self.registry.by_name.get(name)
        if found is None:
            known = ", ".join(self.registry.names()[:10]) or "there are none yet"
            raise Refusal(
                404, f"No source is called {name[:120]!r}",
                errors=[ScenarioError("source", "must exist",
                                      name[:120], f"known: {known}")],
            )  # fmt: skip
        return found

    def hosts(self) -> list[Source]:
        """Every source that is no sum and not retired, by name."""
        known = list(self.registry.by_name.values())
        return sorted(
            (s for s in known if s.kind != "sum" and not s.retired),
            key=lambda s: s.name,
        )

    def retire(self, name: str) -> None:
        """
        Take a source out of what is watched until it is read again.

        Its history stays.

        Raises:
            Refusal: With status 404 if there is none.
        """
        self.registry.retire(self.source(name), self.clock_us())

    # --- inside -------------------------------------------------------------------

    async def _decoded(self, caller: Caller, body: bytes, encoding: str) -> Delivery:
        if len(body) <= SMALL_BYTES:
            return self._delivery(caller, body, encoding)
        return await asyncio.get_running_loop().run_in_executor(
            self._decoders, self._delivery, caller, body, encoding
        )

    def _delivery(self, caller: Caller, body: bytes, encoding: str) -> Delivery:
        batch = parse_batch(decompressed(body, encoding))
        if caller.agent is not None and caller.agent != batch.agent:
            raise Refusal(403, "The token is of another agent")
        now_us = self.clock_us()
        kept, left = clean(batch.readings, now_us=now_us, oldest_us=self.oldest_us())
        _check_not_ahead(batch.readings, left, now_us)
        return Delivery(
            source=batch.agent, kind="agent", readings=kept, left=left,
            spool=batch.spool, sequence=batch.sequence, events=batch.events,
            digest=hashlib.blake2b(body, digest_size=16).digest(),
        )  # fmt: skip

    def _without_closed(
        self, name: str, readings: Readings
    ) -> tuple[Readings, tuple[Left, ...]]:
        """Leave out what falls into windows whose raw readings are gone."""
        source = self.registry.by_name.get(name)
        old = readings.time_us < self.oldest_us()
        if source is None or not old.any():
            return readings, ()
        windows = readings.time_us // WINDOW_US * WINDOW_US
        closed = self.reader.closed_windows(
            source, int(windows[old].min()), int(windows[old].max()) + WINDOW_US
        )
        late = old & np.isin(windows, list(closed))
        if not late.any():
            return readings, ()
        said = Left(
            reason="late", field="time", count=int(late.sum()),
            repair="these minutes were folded before and their raw readings are gone",
        )  # fmt: skip
        return readings.take(~late), (said,)

    def _put(self, delivery: Delivery) -> Future[Taken]:
        try:
            return self.writer.put(delivery)
        except BusyError:
            raise busy(2) from None
        except StoppedError as error:
            raise Refusal(503, str(error), retry_s=5) from None

    def _next_sequence(self, caller: Caller, spool: str | None) -> int:
        source = self.registry.by_name.get(caller.agent or "")
        if source is None or spool is None:
            return 0
        return self.writer.ledger_of(source, spool).next

    def _members(self) -> Members:
        members = {}
        for node, names in self.placements.get().by_node().items():
            found = [self.registry.by_name.get(name) for name in names]
            members[RACK + node] = frozenset(s.id for s in found if s is not None)
        return members

    def _recall(self) -> None:
        """Put the last minutes back into memory after a start."""
        end_us = self.clock_us() + 2 * 60 * SECOND_US
        start_us = end_us - KEPT_S * SECOND_US
        for source in self.hosts():
            if source.last_us < start_us - WINDOW_US:
                continue
            readings = self.reader.raw(source, start_us, end_us)
            self.live.add(readings, source.device_ids(readings.devices))

    def _prune(self) -> None:
        settings = self._settings
        keep_days = {
            "raw": settings.keep_raw_days, "1s": settings.keep_seconds_days,
            "1min": settings.keep_minutes_days, "1h": settings.keep_hours_days,
        }  # fmt: skip
        while not self._stop.wait(PRUNE_EVERY_S):
            try:
                with alone(self._engine) as mine:
                    if mine:
                        prune(self._engine, keep_days, self.clock_us())
            except Exception:
                log.exception("old telemetry was not removed; trying again")


def _check_not_ahead(readings: Readings, left: tuple[Left, ...], now_us: int) -> None:
    """
    Have a batch kept that lies in the future as a whole.

    One of two clocks is wrong, and it may be ours: acknowledged, the batch would leave
    the agent's spool and be nowhere.

    Raises:
        Refusal: With status 503.
    """
    future = sum(one.count for one in left if one.reason == "future")
    if not future or future < len(readings):
        return
    ahead_s = round((int(readings.time_us.min()) - now_us) / SECOND_US)
    wrong = ScenarioError("start_us", "must not be ahead of the server's clock",
                          f"{ahead_s} s ahead of {now_us} us", "keep it and send it "
                          "again; set the server's clock if it was put back, else the "
                          "agent's (NTP)")  # fmt: skip
    raise Refusal(
        503, f"The clocks of agent and server disagree: {wrong}", errors=[wrong],
        retry_s=EARLY_WAIT_S,
    )  # fmt: skip


def _check_period(readings: Readings) -> None:
    """Refuse history so sparse that every pause in it is a gap."""
    found_s = period_s(readings)
    if found_s > MOST_GAP_S:
        raise ScenarioError("time", f"at most {MOST_GAP_S:g} s apart, or all is gaps",
                            f"{found_s:g} s", "bring a finer export; hourly means say "
                            "nothing of what happened between")  # fmt: skip


def busy(seconds: int) -> Refusal:
    """Ask a sender to wait."""
    return Refusal(
        429, "More waits to be stored than memory should hold; send it again",
        retry_s=seconds,
    )  # fmt: skip


def _named(source: str) -> str:
    if not SOURCE.fullmatch(source):
        raise ScenarioError("source", f"must match {SOURCE.pattern}", source[:120],
                            "set a host name of letters, digits, dots and "
                            "dashes")  # fmt: skip
    return source
