"""Rules are kept, watched and told of; what fires is told once and ends once."""

from __future__ import annotations

import datetime as dt
import json
import math

import pytest
from sqlalchemy import update

from api.alerts_service import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    PER_RECEIVER,
    AlertsService,
    wait_s,
)
from api.metrics import Metrics
from api.webhooks import Webhooks
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.models_alerts import DeliveryRow
from store.repositories import now_utc
from store.settings import Settings
from tests.api.test_metrics import samples
from tests.api.test_webhooks import Dribble, Receiver
from twin.telemetry.alerting import Snapshot

RULES = "/api/v1/alerts/rules"
RULE = {"name": "Row nearly full", "kind": "threshold", "limit": 100.0, "for_s": 0.0}


class Site:
    """A live site that shows what a test wants."""

    def __init__(self):
        self.now = Snapshot()
        self.broken = False

    def latest(self):
        if self.broken:
            raise RuntimeError("no telemetry")
        return self.now

    def show(self, **power_w):
        self.now = Snapshot(node_power_w=power_w)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def dribble():
    made = Dribble()
    yield made
    made.close()


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def started(tmp_path, site):
    """Make a watch on one database, as often as the server starts."""
    engine = open_engine(f"sqlite:///{tmp_path / 'alerts.db'}")
    upgrade_engine(engine)
    settings = Settings(cache_dir=tmp_path, webhook_hosts="127.0.0.1")
    made = []

    def start():
        service = AlertsService(engine, settings, Metrics(), site)
        made.append(service)
        return service

    yield start
    for service in made:
        service.close()
    engine.dispose()


@pytest.fixture
def watch(started):
    return started()


def rule(watch, receiver=None, **changed):
    values = {
        "name": "full", "kind": "threshold", "devices": False, "target": "*",
        "limit": 100.0, "clear": 90.0, "for_s": 0.0, "window_s": 10.0,
        "severity": "critical", "webhook_url": receiver.url if receiver else None,
        "webhook_secret": None, "enabled": True, **changed,
    }  # fmt: skip
    return watch.rules.add(**values)


def statuses(watch):
    return {a.target: a.status for a in watch.alerts.page(limit=100).items}


# --- from the figure to the notice --------------------------------------------------


def test_what_goes_wrong_is_told_and_what_is_mended_too(watch, site, receiver):
    rule(watch, receiver)

    for power_w in (50.0, 101.0, 105.0, 60.0, 60.0):
        site.show(row=power_w)
        watch.look()
        watch.send()

    told = [json.loads(body) for _, _, body in receiver.got]
    assert [t["status"] for t in told] == ["firing", "resolved"]
    assert [t["alerts"][0]["labels"]["target"] for t in told] == ["row", "row"]
    assert told[0]["alerts"][0]["annotations"]["summary"] == "row: 101 W, limit 100 W"
    assert told[0]["alerts"][0]["endsAt"].startswith("0001")
    assert told[1]["alerts"][0]["endsAt"] > told[1]["alerts"][0]["startsAt"]
    assert told[0]["alerts"][0]["fingerprint"] == told[1]["alerts"][0]["fingerprint"]
    assert statuses(watch) == {"row": "resolved"}


def test_the_notice_has_the_keys_of_alertmanagers_webhook(watch, site, receiver):
    """https://prometheus.io/docs/alerting/latest/configuration/#webhook_config"""
    rule(watch, receiver)
    site.show(row=101.0)
    watch.look()

    body = watch.deliveries.page(limit=1).items[0].body

    assert body["version"] == "4"
    assert set(body) == {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
        "commonLabels", "commonAnnotations", "externalURL", "alerts",
    }  # fmt: skip
    assert set(body["alerts"][0]) == {
        "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL",
        "fingerprint",
    }  # fmt: skip
    labels = body["alerts"][0]["labels"]
    assert all(isinstance(v, str) for v in labels.values())
    assert labels["alertname"] == "full"


def test_a_receiver_that_does_not_answer_delays_no_other_rule(
    watch, site, receiver, dribble
):
    """More rules tell the slow one than there are senders; it holds two of them."""
    for number in range(20):
        rule(watch, dribble, name=f"slow {number}")
    rule(watch, receiver, name="the good one")
    site.show(row=101.0)
    watch.look()

    started = watch.start_sending()
    good = [f for f in started if _told(f, receiver)]

    assert len(started) == PER_RECEIVER + 1
    assert len(good) == 1
    assert len(receiver.got) == 1
    assert watch.start_sending() == []  # and what is under way is not begun again


def _told(future, receiver):
    """Whether an attempt ended while those of the slow receiver still wait."""
    try:
        future.result(timeout=1.0)
    except TimeoutError:
        return False
    return True


def test_many_targets_at_once_are_one_notice(watch, site, receiver):
    rule(watch, receiver)
    site.show(**{f"row{n}": 200.0 for n in range(150)})

    watch.look()
    watch.send()

    assert len(receiver.got) == 1
    body = watch.deliveries.page(limit=1).items[0].body
    assert len(body["alerts"]) == 100
    assert body["truncatedAlerts"] == 50
    assert len(watch.alerts.firing()) == 150


def test_a_rule_without_webhook_still_fires(watch, site):
    rule(watch)
    site.show(row=101.0)

    watch.look()
    watch.send()

    assert statuses(watch) == {"row": "firing"}
    assert watch.deliveries.is_empty()


def test_firing_alerts_are_counted_for_prometheus(watch, site):
    rule(watch)
    site.show(row=101.0, other=102.0)

    watch.look()

    found = samples(watch._metrics.page().decode())
    assert found[("nameplate_alerts_firing", ("severity", "critical"))] == 2
    assert found[("nameplate_alerts_firing", ("severity", "info"))] == 0


# --- what does not end an alert -----------------------------------------------------


def test_a_site_that_cannot_be_read_ends_no_alert(watch, site, caplog):
    rule(watch)
    site.show(row=101.0)
    watch.look()

    site.broken = True
    watch.look()
    site.broken, site.now = False, Snapshot(node_power_w={"row": math.nan})
    watch.look()

    assert statuses(watch) == {"row": "firing"}
    assert "cannot be read" in caplog.text


def test_a_restart_neither_forgets_nor_repeats(started, site, receiver):
    first = started()
    rule(first, receiver)
    site.show(row=101.0)
    first.look()
    first.send()

    second = started()
    second.look()
    second.send()
    assert len(receiver.got) == 1
    assert statuses(second) == {"row": "firing"}

    site.show(row=10.0)
    second.look()
    second.look()
    second.send()
    assert len(receiver.got) == 2
    assert statuses(second) == {"row": "resolved"}


def test_a_database_that_fails_loses_no_notice(watch, site, receiver, monkeypatch):
    rule(watch, receiver)
    site.show(row=101.0)
    with monkeypatch.context() as patched:
        patched.setattr(watch.alerts, "open", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            watch.look()

    watch.look()
    watch.send()

    assert len(receiver.got) == 1


# --- rules that change --------------------------------------------------------------


def test_a_rule_switched_off_ends_its_alerts(watch, site, receiver):
    row = rule(watch, receiver)
    site.show(row=101.0)
    watch.look()

    watch.rules.change(row.id, enabled=False)
    watch.look()
    watch.send()
    watch.send()

    (alert,) = watch.alerts.page(limit=9).items
    assert (alert.status, alert.reason) == ("resolved", "rule switched off")
    assert len(receiver.got) == 2


def test_a_target_no_longer_watched_is_let_go(watch, site):
    row = rule(watch)
    site.show(row=101.0, rack=101.0)
    watch.look()

    watch.rules.change(row.id, target="rack*")
    watch.look()

    assert statuses(watch) == {"row": "resolved", "rack": "firing"}


def test_a_deleted_rule_takes_alerts_and_notices_along(watch, site, receiver):
    row = rule(watch, receiver)
    site.show(row=101.0)
    watch.look()

    watch.rules.remove(row.id)
    watch.look()
    watch.send()

    (alert,) = watch.alerts.page(limit=9).items
    assert (alert.status, alert.reason, alert.rule_id) == (
        "resolved", "rule deleted", None,
    )  # fmt: skip
    assert receiver.got == []
    assert watch.deliveries.page(limit=9).items[0].state == "given-up"


# --- delivery -----------------------------------------------------------------------


def past(watch):
    """Let the pause before the next attempt be over."""
    with watch.deliveries.sessions.begin() as session:
        session.execute(update(DeliveryRow).values(next_at=now_utc()))


def test_a_webhook_that_fails_is_tried_until_it_works(watch, site, receiver):
    rule(watch, receiver)
    receiver.answers = [500, 503]
    site.show(row=101.0)
    watch.look()

    watch.send()
    watch.send()  # too early, nothing is sent
    assert len(receiver.got) == 1
    for _ in range(2):
        past(watch)
        watch.send()

    (notice,) = watch.deliveries.page(limit=9).items
    assert (notice.state, notice.attempts, notice.answer) == ("delivered", 3, "200")
    assert len({body for _, _, body in receiver.got}) == 1


def test_the_end_waits_for_the_beginning(watch, site, receiver):
    rule(watch, receiver)
    receiver.answers = [500]
    for power_w in (101.0, 10.0):
        site.show(row=power_w)
        watch.look()

    watch.send()
    watch.send()
    assert len(receiver.got) == 1
    past(watch)
    watch.send()
    watch.send()

    order = [n.status for n in reversed(watch.deliveries.page(limit=9).items)]
    assert order == ["firing", "resolved"]
    assert len(receiver.got) == 3


def test_one_dead_webhook_does_not_hold_up_another(watch, site, receiver):
    rule(watch, webhook_url="http://127.0.0.1:9/")
    rule(watch, receiver)
    site.show(row=101.0)
    watch.look()

    watch.send()

    assert len(receiver.got) == 1


def test_a_webhook_that_will_never_take_it_is_given_up(watch, site, receiver):
    rule(watch, receiver)
    receiver.answers = [404]
    site.show(row=101.0)
    watch.look()

    watch.send()

    assert watch.deliveries.page(limit=9).items[0].state == "given-up"


def test_notices_are_given_up_in_the_end(watch, site, receiver):
    rule(watch, receiver)
    receiver.answers = [500] * 30
    site.show(row=101.0)
    watch.look()

    for _ in range(25):
        past(watch)
        watch.send()

    (notice,) = watch.deliveries.page(limit=9).items
    assert (notice.state, notice.attempts) == ("given-up", 20)


def test_pauses_double_are_bounded_and_differ():
    for attempt, longest_s in ((1, 5), (2, 10), (3, 20), (7, 320), (9, 600), (99, 600)):
        pauses = {wait_s(attempt) for _ in range(50)}
        assert longest_s / 2 <= min(pauses)
        assert max(pauses) <= longest_s
        assert len(pauses) > 1
    assert (FIRST_WAIT_S, LONGEST_WAIT_S) == (5.0, 600.0)


def test_old_alerts_and_notices_are_forgotten(watch, site, receiver):
    rule(watch, receiver)
    for power_w in (101.0, 10.0):
        site.show(row=power_w)
        watch.look()
    watch.send()
    watch.send()
    with watch.deliveries.sessions.begin() as session:
        for row in (DeliveryRow, watch.alerts.row):
            old = now_utc() - dt.timedelta(days=401)
            session.execute(update(row).values(updated_at=old))

    watch.deliveries.prune()

    assert watch.deliveries.is_empty()
    assert watch.alerts.is_empty()


def test_the_threads_watch_and_send_by_themselves(started, site, receiver, monkeypatch):
    monkeypatch.setattr("api.alerts_service.LOOK_EVERY_S", 0.01)
    monkeypatch.setattr("api.alerts_service.SEND_EVERY_S", 0.01)
    service = started()
    rule(service, receiver)
    site.show(row=101.0)

    service.open()
    for _ in range(500):
        if receiver.got:
            break
        service._stop.wait(0.01)

    assert len(receiver.got) == 1


# --- REST ---------------------------------------------------------------------------


def test_a_rule_is_stored_changed_and_deleted(http):
    made = http.post(RULES, json=RULE).json()

    assert made["clear"] == 95.0
    changed = http.patch(f"{RULES}/{made['id']}", json={"limit": 200.0}).json()
    assert (changed["limit"], changed["clear"]) == (200.0, 190.0)
    assert made["id"] in {r["id"] for r in http.get(RULES).json()["items"]}
    assert http.delete(f"{RULES}/{made['id']}").status_code == 204
    assert http.get(f"{RULES}/{made['id']}").status_code == 404


def test_the_secrets_of_a_rule_are_never_shown(http, app):
    url, key = "https://hooks.test/services/T0/hush", "0123456789abcdef-hush"
    made = http.post(RULES, json={**RULE, "webhook_url": url, "webhook_secret": key})

    shown = (
        made.text + http.get(RULES).text + http.get(f"{RULES}/{made.json()['id']}").text
    )

    assert made.status_code == 201
    assert "hush" not in shown
    assert made.json()["webhook_host"] == "hooks.test"
    assert made.json()["signed"] is True
    stored = app.state.services.alerts.rules.get(made.json()["id"])
    assert (stored.webhook_url, stored.webhook_secret) == (url, key)
    cleared = {"webhook_url": "", "webhook_secret": ""}
    after = http.patch(f"{RULES}/{made.json()['id']}", json=cleared).json()
    assert (after["webhook_host"], after["signed"]) == (None, False)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"limit": 0}, "limit", id="no limit"),
        pytest.param({"clear": 101.0}, "", id="clear above limit"),
        pytest.param({"kind": "load", "devices": True}, "", id="load of devices"),
        pytest.param({"kind": "vibes"}, "kind", id="no kind"),
        pytest.param({"for_s": -1}, "for_s", id="negative hold"),
        pytest.param({"webhook_secret": "short"}, "webhook_secret", id="short key"),
        pytest.param({"webhook_url": "http://localhost@x/"}, "webhook_url", id="user"),
        pytest.param({"webhook_url": "http://127.0.0.1/"}, "webhook_url", id="here"),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(http, changed, field):
    answer = http.post(RULES, json={**RULE, **changed})

    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]


def test_a_test_tells_what_the_webhook_answered(http, app, receiver, monkeypatch):
    service = app.state.services.alerts
    sender = Webhooks("127.0.0.1")
    monkeypatch.setattr(service, "webhooks", sender)
    body = {**RULE, "webhook_url": receiver.url, "webhook_secret": "0123456789abcdef"}
    key = http.post(RULES, json=body).json()["id"]

    good = http.post(f"{RULES}/{key}/test").json()
    receiver.answers = [500]
    bad = http.post(f"{RULES}/{key}/test").json()

    assert good == {"delivered": True, "answer": "200"}
    assert bad == {"delivered": False, "answer": "500"}
    assert b"a test" in receiver.got[0][2]
    assert not [a for a in service.alerts.page(limit=50).items if a.target == "test"]


def test_a_test_without_webhook_says_so(http):
    key = http.post(RULES, json=RULE).json()["id"]

    assert http.post(f"{RULES}/{key}/test").status_code == 409


def test_alerts_are_listed_by_whether_they_fire(http, app):
    service = app.state.services.alerts
    row = rule(service)
    site = Site()
    service.reader = site
    site.show(row=101.0)
    service.look()

    asked = {"status": "firing", "rule_id": row.id}
    (found,) = http.get("/api/v1/alerts", params=asked).json()["items"]

    assert (found["target"], found["value"], found["limit"]) == ("row", 101.0, 100.0)
    assert found["resolved_at"] is None
    assert http.get("/api/v1/alerts/deliveries").status_code == 200
