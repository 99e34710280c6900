"""Tables of alerts: rules, what fired, and the notices of it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sqlalchemy import (
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.models import Base, Document, Stamped, UtcDateTime, one_of

KINDS = ("threshold", "load", "ramp", "missing-agent", "model-drift")
SEVERITIES = ("info", "warning", "critical")


class AlertRuleRow(Stamped, Base):
    """What is watched, and where to tell of it."""

    __tablename__ = "alert_rules"
    __table_args__ = (one_of("kind", KINDS), one_of("severity", SEVERITIES))

    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(16))
    devices: Mapped[bool] = mapped_column(Boolean)
    target: Mapped[str] = mapped_column(String(200))
    limit: Mapped[float] = mapped_column(Float)
    clear: Mapped[float] = mapped_column(Float)
    for_s: Mapped[float] = mapped_column(Float)
    window_s: Mapped[float] = mapped_column(Float)
    severity: Mapped[str] = mapped_column(String(8))
    webhook_url: Mapped[str | None] = mapped_column(Text)
    webhook_secret: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(Boolean)

    @property
    def webhook_host(self) -> str | None:
        """Host that is told; the rest of the address may itself be a secret."""
        if self.webhook_url is None:
            return None
        return re.split("[/?#]", self.webhook_url.partition("://")[2])[0]

    @property
    def signed(self) -> bool:
        """Whether notices carry a signature."""
        return self.webhook_secret is not None


class AlertRow(Stamped, Base):
    """One alert of one target, firing or resolved; `created_at` is when it began."""

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("status", ("firing", "resolved")),
        Index("ix_alerts_status", "status"),
    )

    rule_id: Mapped[str | None] = mapped_column(
        ForeignKey("alert_rules.id", ondelete="SET NULL"), index=True
    )
    rule_name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(16))
    severity: Mapped[str] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(8))
    value: Mapped[float | None] = mapped_column(Float)
    limit: Mapped[float] = mapped_column(Float)
    resolved_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(80))


class DeliveryRow(Stamped, Base):
    """A notice on its way to a webhook: kept until it is delivered or given up."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (
        one_of("state", ("queued", "delivered", "given-up")),
        Index("ix_alert_deliveries_state", "state"),
    )

    rule_id: Mapped[str | None] = mapped_column(
        ForeignKey("alert_rules.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[str] = mapped_column(String(8))
    alerts: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(Document.copy())
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(200))
