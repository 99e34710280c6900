"""Alerts at work: rules looked at every few seconds, notices sent until they arrive."""

from __future__ import annotations

import datetime as dt
import logging
import math
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import Any, Protocol
from urllib.parse import urlsplit

from pydantic_core import to_json
from sqlalchemy import Engine

from api.metrics import Metrics
from api.webhooks import Outcome, Webhooks
from store.alerts import AlertRules, Alerts, Deliveries
from store.models_alerts import SEVERITIES, AlertRow, AlertRuleRow, DeliveryRow
from store.repositories import NotFoundError, now_utc
from store.settings import Settings
from twin.telemetry.alerting import AlertRule, Snapshot, State, evaluate
from twin.types import Document

log = logging.getLogger("nameplate.api")

LOOK_EVERY_S = 2.0
SEND_EVERY_S = 1.0
PRUNE_EVERY_S = 3600.0
SENDERS = 8
PER_RECEIVER = 2
"""Notices under way to one host: a slow one leaves senders to the others."""
MOST_ATTEMPTS = 20
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 600.0
MOST_ALERTS = 100
"""Alerts named in one notice; of more their number is told."""
NEVER = "0001-01-01T00:00:00Z"
UNITS = {
    "threshold": "W", "load": "of the limit", "ramp": "W/s", "missing-agent": "s",
    "model-drift": "of the prediction",
}  # fmt: skip


class Reader(Protocol):
    """What alerts need of the live site."""

    def latest(self) -> Snapshot:
        """Return the site now; what is older than a reading may be is left out."""


class AlertsService:
    """
    The watch over a site.

    Args:
        engine: The database.
        settings: Hosts that may be told.
        metrics: Where to count.
        reader: The live site; None has nothing to watch yet.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        metrics: Metrics,
        reader: Reader | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rules, self.alerts = AlertRules(engine), Alerts(engine)
        self.deliveries = Deliveries(engine)
        self.webhooks = Webhooks(settings.webhook_hosts)
        self.reader = reader
        self._metrics, self._clock = metrics, clock
        self._states: dict[str, dict[str, State]] | None = None
        self._pruned_at_s = -PRUNE_EVERY_S
        self._looking = threading.Lock()
        self._stop = threading.Event()
        self._senders = ThreadPoolExecutor(SENDERS, "webhook")
        self._under_way: dict[str, str] = {}
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=job, name="alerts", daemon=True)
            for job in (
                (lambda: self._stop.wait(LOOK_EVERY_S), self.look),
                (self._pause, self.start_sending),
            )
        ]

    def open(self) -> None:
        """Start to watch."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop; notices not sent yet stay in the outbox."""
        self._stop.set()
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._senders.shutdown(wait=True, cancel_futures=True)

    def _pause(self) -> None:
        """Wait until an attempt has ended, or for long enough that others are due."""
        self._ended.wait(SEND_EVERY_S)
        self._ended.clear()

    def _every(self, pause: Callable[[], Any], work: Callable[[], Any]) -> None:
        while not self._stop.is_set():
            pause()
            if self._stop.is_set():
                return
            try:
                work()
            except Exception:
                log.exception("alerts: %s failed and is tried again", work.__name__)

    # --- looking ------------------------------------------------------------------

    def look(self) -> None:
        """Look at every rule once."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        now, now_s = self._latest(), self._clock()
        states = self._states if self._states is not None else self._restored(now_s)
        rows = {row.id: row for row in self.rules.enabled()}
        for key in [key for key in states if key not in rows]:
            self._end(key, states[key], "rule switched off")
            del states[key]
        for key, row in rows.items():
            known = states.setdefault(key, {})
            gone = {t: s for t, s in known.items() if not fnmatchcase(t, row.target)}
            if gone:
                self._end(key, gone, "rule changed")
                known = {t: s for t, s in known.items() if t not in gone}
            kept, changes = evaluate(rule_of(row), known, now, now_s)
            for status in ("firing", "resolved"):
                told = {c.target: c.value for c in changes if c.status == status}
                if told:
                    self._tell(row, status, told)
            states[key] = kept
        self._states = states
        firing = Counter(
            rows[key].severity for key, of_rule in states.items()
            for state in of_rule.values() if state.fires
        )  # fmt: skip
        self._metrics.alerts_firing({s: firing[s] for s in SEVERITIES})

    def _latest(self) -> Snapshot:
        """Read the site; while it cannot be read every figure is missing."""
        if self.reader is None:
            return Snapshot()
        try:
            return self.reader.latest()
        except Exception:
            log.exception("alerts: the live site cannot be read")
            return Snapshot()

    def _restored(self, now_s: float) -> dict[str, dict[str, State]]:
        """Take up what fired when the server last stopped; nobody is told twice."""
        states: dict[str, dict[str, State]] = {}
        for alert in self.alerts.firing():
            value = math.nan if alert.value is None else alert.value
            states.setdefault(str(alert.rule_id), {})[alert.target] = State(
                phase="firing", at_s=now_s, value=value, missing=True
            )
        return states

    def _tell(
        self, row: AlertRuleRow, status: str, values: Mapping[str, float]
    ) -> None:
        def write(alerts: Sequence[AlertRow]) -> Document:
            return notice(row, alerts, status)

        if status == "firing":
            self.alerts.open(row, values, write)
        else:
            self.alerts.close(row, values, "back in order", write)

    def _end(self, key: str, states: Mapping[str, State], reason: str) -> None:
        """End alerts that a rule does not watch any more."""
        try:
            row = self.rules.get(key)
        except NotFoundError:
            return  # it was deleted, and its alerts with it
        values = {target: state.value for target, state in states.items()}
        self.alerts.close(row, values, reason, lambda a: notice(row, a, "resolved"))

    # --- sending ------------------------------------------------------------------

    def send(self) -> None:
        """Begin to send what is due, and wait for that."""
        for future in self.start_sending():
            future.result()

    def start_sending(self) -> list[Future[None]]:
        """
        Begin to send what is due: of one rule a notice, of one receiver a few at once.

        Whatever is under way goes on meanwhile; nobody waits for it here.
        """
        before = dict(self._under_way)  # what ends after this is read as it ended
        busy, started = Counter(before.values()), []
        for delivery, rule in self.deliveries.due(now_utc()):
            receiver = _receiver(rule)
            if rule.id in before or busy[receiver] >= PER_RECEIVER:
                continue
            busy[receiver] += 1
            self._under_way[rule.id] = receiver
            started.append(self._senders.submit(self._send, delivery, rule))
        if self._clock() - self._pruned_at_s >= PRUNE_EVERY_S:
            self._pruned_at_s = self._clock()
            self.deliveries.prune()
        return started

    def _send(self, delivery: DeliveryRow, rule: AlertRuleRow) -> None:
        try:
            self._attempt(delivery, rule)
        except Exception:
            log.exception("alerts: a notice could not be sent and is tried again")
            del self._under_way[rule.id]
        else:
            del self._under_way[rule.id]
            self._ended.set()

    def _attempt(self, delivery: DeliveryRow, rule: AlertRuleRow) -> None:
        outcome = self._post(rule, delivery.body)
        attempts = delivery.attempts + 1
        state = "delivered" if outcome.delivered else "queued"
        if not outcome.delivered and (not outcome.again or attempts >= MOST_ATTEMPTS):
            state = "given-up"
        self._metrics.delivered("retried" if state == "queued" else state)
        self.deliveries.change(
            delivery.id, state=state, attempts=attempts, answer=outcome.answer,
            next_at=now_utc() + dt.timedelta(seconds=wait_s(attempts)),
        )  # fmt: skip

    def _post(self, rule: AlertRuleRow, body: Mapping[str, Any]) -> Outcome:
        if rule.webhook_url is None:
            return Outcome(False, False, "the rule has no webhook any more")
        return self.webhooks.send(rule.webhook_url, rule.webhook_secret, to_json(body))

    def test(self, key: str) -> Outcome:
        """
        Send a notice that says it is a test, once and now.

        Raises:
            NotFoundError: If there is no such rule.
        """
        row, stamp = self.rules.get(key), now_utc()
        made_up = AlertRow(
            id="test", created_at=stamp, rule_id=row.id, rule_name=row.name,
            kind=row.kind, severity=row.severity, target="test", status="firing",
            value=row.limit, limit=row.limit, reason="a test",
        )  # fmt: skip
        return self._post(row, notice(row, [made_up], "firing"))


def wait_s(attempts: int) -> float:
    """Pause before the next attempt: doubling, bounded, a random part of it. [s]"""
    longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempts - 1))
    return longest_s * secrets.SystemRandom().uniform(0.5, 1.0)


def _receiver(rule: AlertRuleRow) -> str:
    """Host that a rule tells, as its address has it."""
    return urlsplit(rule.webhook_url or "").netloc.rpartition("@")[2].lower()


def rule_of(row: AlertRuleRow) -> AlertRule:
    """Turn a stored rule into the core's."""
    return AlertRule(
        id=row.id, kind=row.kind,  # type: ignore[arg-type] # the database checks it
        devices=row.devices, target=row.target, limit=row.limit, clear=row.clear,
        for_s=row.for_s, window_s=row.window_s,
    )  # fmt: skip


def notice(row: AlertRuleRow, alerts: Sequence[AlertRow], status: str) -> Document:
    """Write a notice in the shape Alertmanager's webhooks have, version 4."""
    common = {"alertname": row.name, "severity": row.severity, "kind": row.kind}
    return {
        "version": "4",
        "groupKey": f"nameplate:{row.id}",
        "truncatedAlerts": max(0, len(alerts) - MOST_ALERTS),
        "status": status,
        "receiver": "nameplate",
        "groupLabels": {"alertname": row.name},
        "commonLabels": common,
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": [_told(row, common, a, status) for a in alerts[:MOST_ALERTS]],
    }


def _told(
    row: AlertRuleRow, common: Mapping[str, str], alert: AlertRow, status: str
) -> Document:
    unit = UNITS[row.kind]
    value = "unknown" if alert.value is None else f"{alert.value:.6g}"
    ended = alert.resolved_at.isoformat() if alert.resolved_at else NEVER
    return {
        "status": status,
        "labels": {**common, "target": alert.target},
        "annotations": {
            "summary": f"{alert.target}: {value} {unit}, limit {row.limit:.6g} {unit}",
            "reason": alert.reason,
            "value": value,
            "limit": f"{row.limit:.6g}",
        },
        "startsAt": alert.created_at.isoformat(),
        "endsAt": ended,
        "generatorURL": "",
        "fingerprint": alert.id,
    }
