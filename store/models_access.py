"""Tables of access: tokens and the audit log."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from store.models import Base, Document, Stamped, UtcDateTime, one_of


class TokenRow(Stamped, Base):
    """A token: its public id, who holds it and what it opens; never its secret."""

    __tablename__ = "access_tokens"
    __table_args__ = (one_of("kind", ("agent", "user")),)

    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[list[str]] = mapped_column(Document.copy())
    agent: Mapped[str | None] = mapped_column(String(120), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Stamped, Base):
    """One change of state, or refusals of one kind from one address in a minute."""

    __tablename__ = "access_audit"
    __table_args__ = (
        one_of("kind", ("change", "refusal")),
        Index("ix_access_audit_kind_created_at", "kind", "created_at"),
    )

    kind: Mapped[str] = mapped_column(String(8))
    actor_id: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(120))
    object: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(Integer)
