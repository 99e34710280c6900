"""Sources and their devices, in memory as in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from store.models_telemetry import DEVICES, SOURCES
from twin.telemetry.readings import Device

SUM = Device(key="total", kind="total")
"""The one device of a sum; it has id 0 everywhere."""
SAVED_EVERY_US = 10_000_000


@dataclass(slots=True, kw_only=True)
class Source:
    """A source as it is known now; changed by the writer alone."""

    id: int
    name: str
    kind: str
    first_us: int
    last_us: int
    details: dict[str, Any]
    devices: dict[str, Device] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    saved_us: int = 0
    reread: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    """Learn of devices that another server made."""

    @property
    def retired(self) -> bool:
        """Whether it was taken out of what is watched and has been silent since."""
        return self.last_us <= int(self.details.get("retired_us", -1))

    @property
    def is_meter(self) -> bool:
        """Whether it measures what others draw: it never counts in a sum of hosts."""
        kinds = {d.kind for d in list(self.devices.values())}
        return kinds == {"meter"}

    def touch(self, *, first_us: int, last_us: int) -> bool:
        """Remember the oldest and newest reading; True if it is time to save them."""
        older = first_us < self.first_us
        self.first_us = min(self.first_us, first_us)
        self.last_us = max(self.last_us, last_us)
        if not older and self.last_us - self.saved_us < SAVED_EVERY_US:
            return False
        self.saved_us = self.last_us
        return True

    def device_ids(self, devices: Iterable[Device]) -> np.ndarray:
        """Stored ids of devices, by their place."""
        return np.array([self.ids[d.key] for d in devices] or [0], dtype=np.int64)

    def by_id(self) -> tuple[tuple[Device, ...], np.ndarray]:
        """All devices in the order of their ids, and the ids."""
        pairs = sorted((key_id, key) for key, key_id in list(self.ids.items()))
        devices = tuple(self.devices[key] for _, key in pairs)
        return devices, np.array([key_id for key_id, _ in pairs], dtype=np.int64)


class Registry:
    """All sources by name and by id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.by_name: dict[str, Source] = {}
        self.by_id: dict[int, Source] = {}
        self.generation = 0
        """Grows whenever sources or devices come or go."""
        self.reload()

    def reload(self) -> None:
        """Read everything again, as after a transaction that was taken back."""
        by_name, by_id = {}, {}
        with self._engine.connect() as connection:
            for row in connection.execute(select(SOURCES)):
                source = self._of(row)
                by_name[source.name] = by_id[source.id] = source
            for row in connection.execute(select(DEVICES)):
                source = by_id[row.source_id]
                source.devices[row.key] = Device(**row.body)
                source.ids[row.key] = row.id
        self.by_name, self.by_id = by_name, by_id  # type: ignore[assignment]
        self.generation += 1

    def adopt(self, source_id: int | None = None) -> None:
        """
        Learn of sources and devices that another server on this database made.

        Args:
            source_id: The source whose devices are read again; None looks for sources
                that are new.
        """
        with self._engine.connect() as connection:
            for row in connection.execute(select(SOURCES)).all():
                fresh = row.id not in self.by_id and row.name not in self.by_name
                if not fresh and row.id != source_id:
                    continue
                source = self.by_id.get(row.id) or self._of(row)
                self._read_devices(connection, source)
                self.by_name[source.name] = self.by_id[source.id] = source
                self.generation += 1

    def names(self, kinds: Iterable[str] = ()) -> list[str]:
        """Names of the sources of some kinds; of all where none are named."""
        wanted = set(kinds)
        return sorted(
            s.name
            for s in list(self.by_name.values())
            if not wanted or s.kind in wanted
        )

    def forget(self, names: Iterable[str]) -> None:
        """Drop sources whose making was taken back."""
        for name in names:
            found = self.by_name.pop(name, None)
            if found is not None:
                self.by_id.pop(found.id, None)

    def source(
        self, connection: Connection, name: str, kind: str, time_us: int
    ) -> Source:
        """A source by its name; made where it is new."""
        found = self.by_name.get(name)
        if found is not None:
            return found
        table = SOURCES
        row = connection.execute(select(table).where(table.c.name == name)).first()
        if row is None:
            made = insert(table).values(
                name=name, kind=kind, first_us=time_us, last_us=time_us, details={}
            )
            source = self._of(connection.execute(made.returning(*table.c)).one())
        else:  # another server made it
            source = self._of(row)
            self._read_devices(connection, source)
        self.by_name[name] = self.by_id[source.id] = source
        self.generation += 1
        return source

    def ensure(
        self, connection: Connection, source: Source, devices: Iterable[Device]
    ) -> None:
        """Make devices that are new, and keep what changed of the others."""
        table = DEVICES
        for device in devices:
            known = source.devices.get(device.key)
            if known == device:
                continue
            body = asdict(device) | {"facts": dict(device.facts)}
            if known is None:
                self._read_devices(connection, source)
            if device.key in source.ids:
                connection.execute(
                    update(table)
                    .where(table.c.id == source.ids[device.key])
                    .values(body=body)
                )
                source.devices[device.key] = device
                continue
            key_id = connection.execute(
                insert(table)
                .values(source_id=source.id, key=device.key, body=body)
                .returning(table.c.id)
            ).scalar_one()
            source.devices[device.key] = device  # others look it up by its id
            source.ids[device.key] = key_id
            self.generation += 1

    def retire(self, source: Source, now_us: int) -> None:
        """Take a source out of what is watched until it is read again."""
        source.details = {**source.details, "retired_us": max(now_us, source.last_us)}
        with self._engine.begin() as connection:
            connection.execute(
                update(SOURCES)
                .where(SOURCES.c.id == source.id)
                .values(details=source.details)
            )
        self.generation += 1

    def write_times(self, connection: Connection, sources: Iterable[Source]) -> None:
        """Write down the oldest and newest reading of sources."""
        rows = [
            {"i": s.id, "first_us": s.first_us, "last_us": s.last_us} for s in sources
        ]
        if rows:
            table = SOURCES
            connection.execute(update(table).where(table.c.id == bindparam("i")), rows)

    def _of(self, row: Any) -> Source:
        return Source(
            id=row.id, name=row.name, kind=row.kind, first_us=row.first_us,
            last_us=row.last_us, details=row.details, saved_us=row.last_us,
            reread=partial(self.adopt, row.id),
        )  # fmt: skip

    def _read_devices(self, connection: Connection, source: Source) -> None:
        table = DEVICES
        for row in connection.execute(
            select(table).where(table.c.source_id == source.id)
        ):
            source.devices[row.key] = Device(**row.body)
            source.ids[row.key] = row.id
