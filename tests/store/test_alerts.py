"""Alerts and the outbox of their notices, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest

from store.alerts import AlertRules, Alerts, Deliveries
from store.migrate import upgrade_engine
from store.repositories import NotFoundError, now_utc


@pytest.fixture
def ready(engine):
    upgrade_engine(engine)
    return engine


def rule(engine, **changed):
    values = {
        "name": "full", "kind": "load", "devices": False, "target": "*", "limit": 0.95,
        "clear": 0.9, "for_s": 60.0, "window_s": 10.0, "severity": "warning",
        "webhook_url": "https://hooks.test/a?key=hush", "webhook_secret": None,
        "enabled": True, **changed,
    }  # fmt: skip
    return AlertRules(engine).add(**values)


def notice(alerts):
    return {"alerts": [{"target": a.target} for a in alerts]}


def test_an_alert_and_its_notice_are_stored_together(ready):
    alerts, row = Alerts(ready), rule(ready)

    alerts.open(row, {"row-1": 0.97, "row-2": float("nan")}, notice)

    assert {a.target: a.value for a in alerts.firing()} == {
        "row-1": 0.97,
        "row-2": None,
    }
    ((delivery, its_rule),) = Deliveries(ready).due(now_utc())
    assert (delivery.status, delivery.alerts, its_rule.id) == ("firing", 2, row.id)


def test_a_notice_that_cannot_be_written_leaves_no_alert(ready):
    alerts, row = Alerts(ready), rule(ready)

    with pytest.raises(ZeroDivisionError):
        alerts.open(row, {"row-1": 0.97}, lambda _: {"alerts": [1 / 0]})

    assert alerts.is_empty()
    assert Deliveries(ready).is_empty()


def test_only_the_targets_named_are_resolved(ready):
    alerts, row = Alerts(ready), rule(ready)
    alerts.open(row, {"row-1": 0.97, "row-2": 0.98}, notice)

    alerts.close(row, {"row-2": 0.5, "row-3": 0.5}, "back in order", notice)

    assert [a.target for a in alerts.firing()] == ["row-1"]


def test_a_notice_waits_for_its_time_and_for_those_before_it(ready):
    alerts, deliveries = Alerts(ready), Deliveries(ready)
    first, second = rule(ready), rule(ready)
    alerts.open(first, {"a": 1.0}, notice)
    alerts.close(first, {"a": 0.1}, "back in order", notice)
    alerts.open(second, {"b": 1.0}, notice)
    oldest = next(d for d, r in deliveries.due(now_utc()) if r.id == first.id)
    assert oldest.status == "firing"

    deliveries.change(oldest.id, next_at=now_utc() + dt.timedelta(minutes=1))

    assert [r.id for _, r in deliveries.due(now_utc())] == [second.id]


def test_a_deleted_rule_leaves_its_history(ready):
    rules, alerts, row = AlertRules(ready), Alerts(ready), rule(ready)
    alerts.open(row, {"a": 1.0}, notice)

    rules.remove(row.id)

    (alert,) = alerts.page(limit=9).items
    assert (alert.rule_id, alert.rule_name, alert.status) == (None, "full", "resolved")
    assert Deliveries(ready).due(now_utc()) == []
    with pytest.raises(NotFoundError):
        rules.remove(row.id)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://hooks.test/a?key=hush", "hooks.test"),
        ("https://hooks.test:8443?key=hush", "hooks.test:8443"),
        ("https://hooks.test#hush", "hooks.test"),
        (None, None),
    ],
)
def test_of_a_webhook_only_the_host_is_shown(ready, url, host):
    assert rule(ready, webhook_url=url).webhook_host == host
