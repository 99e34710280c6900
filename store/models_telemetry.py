"""Tables of telemetry: who reports, what came in, and what it was folded into."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from store.models import Base, Document

Big = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts rows by itself only in a column of type INTEGER."""


class SourceRow(Base):
    """A host, or a sum of hosts: whatever readings come together from."""

    __tablename__ = "telemetry_sources"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    first_us: Mapped[int] = mapped_column(BigInteger)
    last_us: Mapped[int] = mapped_column(BigInteger)
    """Newest reading; written at most every few seconds, memory knows better."""
    details: Mapped[dict[str, Any]] = mapped_column(Document.copy())


class DeviceRow(Base):
    """Something measured; its id never changes, its facts may."""

    __tablename__ = "telemetry_devices"
    __table_args__ = (UniqueConstraint("source_id", "key"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    source_id: Mapped[int] = mapped_column(
        ForeignKey("telemetry_sources.id", ondelete="CASCADE")
    )
    key: Mapped[str] = mapped_column(String(120))
    body: Mapped[dict[str, Any]] = mapped_column(Document.copy())


class PlacementRow(Base):
    """The scenario the site is watched against, and where each source stands in it."""

    __tablename__ = "telemetry_placement"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    scenario_id: Mapped[str | None] = mapped_column(String(64))
    nodes: Mapped[dict[str, Any]] = mapped_column(Document.copy())


class LedgerRow(Base):
    """Batches of an agent's spool that are stored: all below `done`, and `ahead`."""

    __tablename__ = "telemetry_ledger"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("telemetry_sources.id", ondelete="CASCADE"), primary_key=True
    )
    spool: Mapped[str] = mapped_column(String(32), primary_key=True)
    done: Mapped[int] = mapped_column(BigInteger)
    ahead: Mapped[list[Any]] = mapped_column(Document.copy())


class InboxRow(Base):
    """Readings as they came, of one source and window, until they are folded."""

    __tablename__ = "telemetry_inbox"
    __table_args__ = (
        Index("ix_telemetry_inbox_source_id_window_us", "source_id", "window_us"),
    )

    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=True)
    source_id: Mapped[int] = mapped_column(Integer)
    window_us: Mapped[int] = mapped_column(BigInteger)
    readings: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class EventRow(Base):
    """What an agent said about its devices: lost, back, reset, dropped."""

    __tablename__ = "telemetry_events"
    __table_args__ = (Index("ix_telemetry_events_time_us", "time_us"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=True)
    source_id: Mapped[int] = mapped_column(Integer)
    time_us: Mapped[int] = mapped_column(BigInteger)
    device: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(400))


class Block:
    """Folded readings of one source and window; `part` 0 its devices, 1 their sum."""

    source_id: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False
    )
    part: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    start_us: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False
    )
    readings: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> dict[str, str]:
        return {"postgresql_partition_by": "RANGE (start_us)"}


class RawBlock(Block, Base):
    """Readings in full, sorted, every instant once."""

    __tablename__ = "telemetry_raw"


class SecondBlock(Block, Base):
    """Bins of one second."""

    __tablename__ = "telemetry_1s"


class MinuteBlock(Block, Base):
    """Bins of one minute."""

    __tablename__ = "telemetry_1min"


class HourBlock(Block, Base):
    """Bins of one hour."""

    __tablename__ = "telemetry_1h"


SOURCES = cast(Table, SourceRow.__table__)
DEVICES = cast(Table, DeviceRow.__table__)
PLACEMENT = cast(Table, PlacementRow.__table__)
LEDGER = cast(Table, LedgerRow.__table__)
INBOX = cast(Table, InboxRow.__table__)
EVENTS = cast(Table, EventRow.__table__)
