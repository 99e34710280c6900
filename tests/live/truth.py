"""What agents spooled beside what the store returns: missing, twice, or invented."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, func, select, text

from agent.chunk import unpack
from agent.spool_view import batches, summary
from store.engine import open_engine
from store.models_telemetry import EVENTS
from store.telemetry.codec import EXACT
from store.telemetry.reader import Reader
from store.telemetry.registry import Registry
from tests.live.hosts import Host, Witness

Key = tuple[str, int]
"""Device and time: a journal's on the boot clock, the store's on the server's. [µs]"""
Values = dict[str, float]
END_US = 2**52

COUNTED = "chaos_stored"
TABLE = f"CREATE TABLE {COUNTED} (source_id INTEGER, readings INTEGER)"
ADD = f"INSERT INTO {COUNTED} VALUES (NEW.source_id, NEW.readings);"
TRIGGER = f"CREATE TRIGGER {COUNTED}_on AFTER INSERT ON telemetry_inbox"
FUNCTION = (
    f"CREATE FUNCTION {COUNTED}_add() RETURNS trigger AS "
    f"$$ BEGIN {ADD} RETURN NULL; END $$ LANGUAGE plpgsql"
)
_STATEMENTS = {
    "sqlite": (TABLE, f"{TRIGGER} BEGIN {ADD} END"),
    "postgresql": (
        TABLE, FUNCTION, f"{TRIGGER} FOR EACH ROW EXECUTE FUNCTION {COUNTED}_add()",
    ),
}  # fmt: skip


@dataclass(slots=True)
class Found:
    """
    What came of it, over all hosts.

    Attributes:
        promised: Readings whose spool said they are durable (by the witness).
        forgotten: Promised, but in no batch of the spool.
        owed: Readings in frozen batches: the store must have each once.
        coincident: Of those, with the device and microsecond of another.
        stored: What `Reader.raw` returns.
        missing: Owed, not stored.
        invented: Stored, never owed.
        changed: Stored with another value in any field.
        put: Readings that were put into the inbox, in all transactions: more than
            `owed` means that a batch was stored twice.
        events_owed, events_stored: The same of events.
        dropped, refused: Readings a full spool dropped, batches the server refused.
    """

    promised: int = 0
    forgotten: int = 0
    owed: int = 0
    coincident: int = 0
    stored: int = 0
    missing: int = 0
    invented: int = 0
    changed: int = 0
    put: int = 0
    events_owed: int = 0
    events_stored: int = 0
    dropped: int = 0
    refused: int = 0

    @property
    def whole(self) -> bool:
        """Whether every owed sample is stored exactly once, and nothing else."""
        wrong = (
            self.forgotten, self.missing, self.invented, self.changed, self.refused,
            self.dropped, self.put - self.owed, self.events_stored - self.events_owed,
        )  # fmt: skip
        return self.owed > 0 and not any(wrong)

    def document(self) -> dict[str, Any]:
        """For people."""
        return asdict(self) | {"twice": self.put - self.owed, "whole": self.whole}

    def add(self, other: Found) -> None:
        """Count another host in."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            setattr(self, field.name, mine + theirs)


def watch_inbox(engine: Engine) -> None:
    """Let the database itself count what is put in, also what merging would hide."""
    with engine.begin() as connection:
        for statement in _STATEMENTS[engine.dialect.name]:
            connection.execute(text(statement))


def compare(url: str, hosts: list[Host], witness: Witness) -> Found:
    """Hold every host's spool against the database, which no server uses now."""
    engine = open_engine(url)
    try:
        registry, total = Registry(engine), Found()
        for host in hosts:
            total.add(_of_host(engine, registry, host, witness.chunks[host.name]))
        hosts_named = {host.name for host in hosts}
        total.invented += sum(
            s.kind != "sum" and s.name not in hosts_named
            for s in registry.by_name.values()
        )
        return total
    finally:
        engine.dispose()


def _of_host(
    engine: Engine, registry: Registry, host: Host, journal: list[bytes]
) -> Found:
    owed, events, booted = _spooled(host.spool)
    promised = [key for payload in journal for key in _keys(payload)]
    about = summary(host.spool)
    found = Found(
        promised=len(promised), forgotten=len(set(promised) - booted),
        owed=sum(owed.values()), coincident=sum(n - 1 for n in owed.values()),
        events_owed=events, dropped=about["dropped_readings"],
        refused=about["refused_batches"],
    )  # fmt: skip
    source = registry.by_name.get(host.name)
    if source is None:
        found.missing = len(owed)
        return found
    stored = _stored(Reader(engine, registry), source)
    found.stored = len(stored)
    wanted = {key for key, _ in owed}
    found.missing = len(wanted - stored.keys())
    found.invented = len(stored.keys() - wanted)
    found.changed = sum(
        stored[key] != dict(values) for key, values in owed if key in stored
    )
    with engine.connect() as connection:
        found.put = connection.execute(
            text(
                f"SELECT coalesce(sum(readings), 0) FROM {COUNTED} WHERE source_id=:i"
            ),
            {"i": source.id},
        ).scalar_one()
        found.events_stored = connection.execute(
            select(func.count())
            .select_from(EVENTS)
            .where(EVENTS.c.source_id == source.id)
        ).scalar_one()
    return found


def _spooled(spool: Path) -> tuple[Counter[tuple[Key, Any]], int, set[Key]]:
    """Owed readings as the server must have them, events, keys on the boot clock."""
    owed: Counter[tuple[Key, Any]] = Counter()
    booted: set[Key] = set()
    events = 0
    for batch in batches(spool):
        for part in batch.parts:
            chunk = part.chunk
            events += len(chunk.events) if part.with_events else 0
            for row in part.rows:
                key = chunk.devices[chunk.device[row]].key
                boot_us = chunk.boot_us[row]
                booted.add((key, boot_us))
                time_us = boot_us + batch.freeze.offset_us
                values = {n: c[row] for n, c in chunk.columns.items()}
                owed[(key, time_us), tuple(sorted(_as_stored(values).items()))] += 1
    return owed, events, booted


def _keys(payload: bytes) -> list[Key]:
    chunk = unpack(payload)
    return [
        (chunk.devices[d].key, t)
        for d, t in zip(chunk.device, chunk.boot_us, strict=True)
    ]


def _stored(reader: Reader, source: Any) -> dict[Key, Values]:
    readings = reader.raw(source, 0, END_US)
    names = list(readings.columns)
    rows = zip(*(readings.columns[n].tolist() for n in names), strict=True)
    found = {}
    for device, time_us, row in zip(
        readings.device.tolist(), readings.time_us.tolist(), rows, strict=True
    ):
        values = _as_stored(dict(zip(names, row, strict=True)))
        found[readings.devices[device].key, time_us] = values
    return found


def _as_stored(values: Values) -> Values:
    """In the precision of the store, missing ones left out."""
    return {
        name: value if name in EXACT else float(np.float32(value))
        for name, value in values.items()
        if not math.isnan(value)
    }
