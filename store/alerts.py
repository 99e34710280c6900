"""Alert rules, what fired, and the outbox of notices."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store.models_alerts import AlertRow, AlertRuleRow, DeliveryRow
from store.repositories import Repository, new_row, now_utc

Notice = Callable[[Sequence[AlertRow]], Mapping[str, Any]]
KEEP_DAYS = 400.0
"""Age that resolved alerts and finished notices reach. [d]"""


class AlertRules(Repository[AlertRuleRow]):
    """Stored rules."""

    row = AlertRuleRow
    noun = "alert-rule"

    def enabled(self) -> Sequence[AlertRuleRow]:
        """Rules that are watched."""
        return self._all(select(AlertRuleRow).where(AlertRuleRow.enabled))

    def remove(self, key: str) -> None:
        """
        Delete a rule; its alerts are over, and its notices not sent any more.

        Raises:
            NotFoundError: If there is none.
        """
        stamp = now_utc()
        with self.sessions.begin() as session:
            rule = self._one(session, key)
            for alert in session.scalars(_firing(key)):
                _resolve(alert, stamp, "rule deleted")
            for notice in session.scalars(_queued().where(DeliveryRow.rule_id == key)):
                notice.state, notice.answer = "given-up", "the rule was deleted"
            session.delete(rule)


class Alerts(Repository[AlertRow]):
    """Alerts that fire and that did."""

    row = AlertRow
    noun = "alert"

    def firing(self) -> Sequence[AlertRow]:
        """Alerts that fire now."""
        return self._all(_firing())

    def open(
        self, rule: AlertRuleRow, values: Mapping[str, float], notice: Notice
    ) -> Sequence[AlertRow]:
        """
        Make the alerts of targets that began to fire, and the notice of them.

        Args:
            rule: The rule they broke.
            values: Their figures by target, in the rule's unit.
            notice: Writes the notice; both are stored, or neither.
        """
        stamp = now_utc()
        made = [
            new_row(
                AlertRow, "alert", created_at=stamp, updated_at=stamp, rule_id=rule.id,
                rule_name=rule.name, kind=rule.kind, severity=rule.severity,
                target=target, status="firing", value=_finite(value), limit=rule.limit,
                reason="",
            )
            for target, value in values.items()
        ]  # fmt: skip
        with self.sessions.begin() as session:
            session.add_all(made)
            _tell(session, rule, "firing", notice(made))
        return made

    def close(
        self, rule: AlertRuleRow, values: Mapping[str, float], reason: str,
        notice: Notice,
    ) -> Sequence[AlertRow]:  # fmt: skip
        """Resolve a rule's alerts of these targets; as `open`."""
        stamp = now_utc()
        with self.sessions.begin() as session:
            found = [a for a in session.scalars(_firing(rule.id)) if a.target in values]
            for alert in found:
                alert.value = _finite(values[alert.target])
                _resolve(alert, stamp, reason)
            if found:
                _tell(session, rule, "resolved", notice(found))
        return found


class Deliveries(Repository[DeliveryRow]):
    """Notices, oldest first to be sent."""

    row = DeliveryRow
    noun = "delivery"

    def due(self, now: dt.datetime) -> list[tuple[DeliveryRow, AlertRuleRow]]:
        """
        Notices to send now, with their rules.

        Of each rule only the oldest, so that nobody hears of an end before its
        beginning. One written later than now is due: the clock has gone back since.
        """
        query = (
            select(DeliveryRow, AlertRuleRow)
            .join(AlertRuleRow, AlertRuleRow.id == DeliveryRow.rule_id)
            .where(DeliveryRow.state == "queued")
            .order_by(DeliveryRow.created_at, DeliveryRow.id)
        )
        heads: dict[str, tuple[DeliveryRow, AlertRuleRow]] = {}
        with self.sessions() as session:
            for notice, rule in session.execute(query):
                heads.setdefault(rule.id, (notice, rule))
        return [
            (notice, rule)
            for notice, rule in heads.values()
            if notice.next_at <= now or notice.updated_at > now
        ]

    def prune(self) -> None:
        """Forget what ended long ago."""
        old = now_utc() - dt.timedelta(days=KEEP_DAYS)
        with self.sessions.begin() as session:
            session.execute(
                delete(DeliveryRow)
                .where(DeliveryRow.state != "queued", DeliveryRow.updated_at < old)
            )  # fmt: skip
            session.execute(
                delete(AlertRow)
                .where(AlertRow.status == "resolved", AlertRow.updated_at < old)
            )  # fmt: skip


def _tell(
    session: Session, rule: AlertRuleRow, status: str, body: Mapping[str, Any]
) -> None:
    """Put a notice into the outbox, where a rule has somebody to tell."""
    if rule.webhook_url is None:
        return
    stamp = now_utc()
    last = session.scalar(
        select(func.max(DeliveryRow.created_at))
        .where(DeliveryRow.rule_id == rule.id, DeliveryRow.state == "queued")
    )  # fmt: skip
    if last is not None and last >= stamp:  # the clock has gone back; the order stays
        stamp = last + dt.timedelta(microseconds=1)
    session.add(
        new_row(
            DeliveryRow, "delivery", created_at=stamp, updated_at=stamp,
            rule_id=rule.id, status=status, alerts=len(body["alerts"]), body=dict(body),
            state="queued", attempts=0, next_at=stamp, answer="",
        )
    )  # fmt: skip


def _firing(rule_id: str | None = None) -> Any:
    query = select(AlertRow).where(AlertRow.status == "firing")
    return query if rule_id is None else query.where(AlertRow.rule_id == rule_id)


def _queued() -> Any:
    return select(DeliveryRow).where(DeliveryRow.state == "queued")


def _resolve(alert: AlertRow, stamp: dt.datetime, reason: str) -> None:
    alert.status, alert.reason = "resolved", reason
    alert.resolved_at = alert.updated_at = stamp


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
