"""Table of calibrations: what was fitted to which readings, and which fit counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from store.models import Base, Document, Stamped, one_of

KINDS = ("gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels")


class CalibrationRow(Stamped, Base):
    """
    One calibration of one target, fitted or refused; never changed but for `active`.

    `target` is a source's name, or "source/device"; at most one calibration of a kind
    and target is active.
    """

    __tablename__ = "calibrations"
    __table_args__ = (
        one_of("kind", KINDS), one_of("status", ("fitted", "refused")),
        Index("ix_calibrations_target", "target"),
        Index(
            "uq_calibrations_active", "kind", "target", unique=True,
            sqlite_where=text("active"), postgresql_where=text("active"),
        ),
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(250))
    source: Mapped[str] = mapped_column(String(120))
    device: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(8))
    active: Mapped[bool] = mapped_column(Boolean)
    start_us: Mapped[int] = mapped_column(BigInteger)
    end_us: Mapped[int] = mapped_column(BigInteger)
    held_out_frac: Mapped[float] = mapped_column(Float)
    settings: Mapped[dict[str, Any]] = mapped_column(Document.copy())
    fit: Mapped[dict[str, Any] | None] = mapped_column(Document.copy())
    error: Mapped[dict[str, Any] | None] = mapped_column(Document.copy())
