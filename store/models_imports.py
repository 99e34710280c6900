"""Tables of imports: each import, what its items became, and series."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.models import (
    Base,
    Document,
    OfScenario,
    Stamped,
    UtcDateTime,
    one_of,
)


class ImportRow(OfScenario, Stamped, Base):
    """One import: what it would do or did, and what it could not map."""

    __tablename__ = "imports"
    __table_args__ = (one_of("status", ("previewed", "applied", "refused")),)

    kind: Mapped[str] = mapped_column(String(20), index=True)
    source: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(120))
    content_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12))
    scenario_version: Mapped[int | None] = mapped_column(Integer)
    applied_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    counts: Mapped[dict[str, Any]] = mapped_column(Document.copy())
    document: Mapped[dict[str, Any]] = mapped_column(Document.copy(), deferred=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class ImportLinkRow(Base):
    """What an item of a source became in a scenario."""

    __tablename__ = "import_links"
    __table_args__ = (UniqueConstraint("scenario_id", "source", "source_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    scenario_id: Mapped[str] = mapped_column(
        ForeignKey("scenarios.id", ondelete="CASCADE"), index=True
    )
    import_id: Mapped[str | None] = mapped_column(
        ForeignKey("imports.id", ondelete="SET NULL")
    )
    source: Mapped[str] = mapped_column(String(200))
    source_id: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(60))
    source_name: Mapped[str] = mapped_column(String(60))
    limits: Mapped[list[Any]] = mapped_column(Document.copy())


class ImportSeriesRow(Stamped, Base):
    """A price or carbon series; `values` are little-endian doubles, NaN is a gap."""

    __tablename__ = "import_series"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    unit: Mapped[str] = mapped_column(String(20))
    start_us: Mapped[int] = mapped_column(BigInteger)
    step_s: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    values: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it
