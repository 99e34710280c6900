"""Two servers on one database: each thing once, and nobody's work declared lost."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api import presence
from api.client import Client
from api.jobs import Job, JobRunner
from api.main import create_app
from api.transport import InProcessTransport
from store import repositories
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.repositories import Jobs
from store.settings import Settings
from tests.live.hostile import good
from tests.twin.study.conftest import COUNTS, LEVEL, SMALL

WAIT_S = 60


@pytest.fixture
def table(engine):
    upgrade_engine(engine)
    return Jobs(engine)


@pytest.fixture
def machine(table, monkeypatch):
    """A server on a machine of its own; its clock may be wrong."""
    made = []

    def start(host, **pace):
        monkeypatch.setattr(presence.socket, "gethostname", lambda: host)
        runner = JobRunner(table, workers=1)
        runner.presence._beat_s = pace.get("beat_s", 0.05)
        runner.presence._silent_s = pace.get("silent_s", 0.5)
        made.append(runner)
        return runner

    yield start
    for runner in made:
        runner.close()


def until_cancelled(job):
    while not job.cancelled():
        time.sleep(0.01)
    raise RuntimeError("stopped")


def wait_until(true):
    end_s = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_the_job_of_a_live_machine_stays_though_it_reports_nothing(machine, table):
    first, second, lost = machine("one"), machine("two"), []
    first.open(on_lost=len)
    job = first.start(Job("run"), until_cancelled)
    second.open(on_lost=lost.extend)
    assert second.presence.found_at_start == ""
    time.sleep(1.5)  # three times as long as silence may last

    assert lost == []
    assert table.get(job.id).state in {"queued", "running"}


def test_a_machine_that_fell_silent_is_given_up_and_lets_go_when_it_is_back(
    machine, table
):
    first, second, lost = machine("one", beat_s=2.5), machine("two"), []
    ended = []
    first.open(on_lost=len)
    job = first.start(Job("run"), until_cancelled, on_end=ended.append)
    second.open(on_lost=lost.extend)  # the first is silent for longer than allowed

    wait_until(lambda: job.id in lost)
    assert table.get(job.id).state == "failed"
    assert job.finished.wait(20)  # it is back, and learns it
    assert "given up" in job.reason
    assert ended == []  # it writes over nothing that is another's by now
    assert "server stopped" in table.get(job.id).error["detail"]
    wait_until(lambda: table.get(first.presence.id).state == "running")


def test_clocks_of_two_machines_do_not_decide(machine, table, monkeypatch):
    first, second, lost = machine("one"), machine("two"), []
    first.open(on_lost=len)
    job = first.start(Job("run"), until_cancelled)
    real = repositories.now_utc
    for hours in (-5, 5):
        monkeypatch.setattr(
            repositories, "now_utc", lambda h=hours: real() + dt.timedelta(hours=h)
        )
        if second.presence._thread is None:
            second.open(on_lost=lost.extend)
        time.sleep(0.8)
    monkeypatch.undo()

    assert lost == []
    assert table.get(job.id).state in {"queued", "running"}


def test_two_servers_take_in_the_same_at_once_and_store_it_once(database, tmp_path):
    apps = [
        create_app(
            Settings(database_url=database, cache_dir=tmp_path, workers=1,
                     study_engine="threads"),
            warm=False,
        )
        for _ in range(2)
    ]  # fmt: skip
    with ThreadPoolExecutor(2) as both:  # they start, and migrate, together
        clients = list(both.map(lambda app: Client.in_process(app).__enter__(), apps))
    try:
        token = apps[0].state.services.access.tokens.create(
            name="node", scopes=("telemetry:write",), agent="node"
        )[1]
        now_us = int(time.time() - 60) * 1_000_000
        answers = []

        def agent(app, numbers):
            transport = InProcessTransport(app, lifespan=False)
            head = {"authorization": f"Bearer {token}"}
            with httpx.Client(base_url="http://t", transport=transport) as http:
                for number in numbers:
                    body = good(now_us + number * 2_000_000) | {"sequence": number}
                    while True:
                        answer = http.post("/api/v1/telemetry", json=body, headers=head)
                        if answer.status_code == 200:
                            break
                        assert answer.status_code in {429, 503}
                    answers.append((number, answer.json()["duplicate"]))

        threads = [
            threading.Thread(target=agent, args=(app, range(15))) for app in apps
        ]
        jobs = [
            client.start_study(
                {"name": f"study {k}", "base": SMALL, "axes": [COUNTS, LEVEL]}
            )
            for k, client in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        for client, job in zip(clients, jobs, strict=True):
            client.wait(job["id"], timeout_s=WAIT_S)

        fresh = sorted(number for number, duplicate in answers if not duplicate)
        assert len(answers) == 30
        assert fresh == list(range(15))  # each once, whoever took it in
        points = [
            list(clients[1 - k].study_points(job["result"]["id"]))
            for k, job in enumerate(jobs)
        ]
        assert len(points[0]) == 6
        assert [p["outputs"] for p in points[0]] == [p["outputs"] for p in points[1]]
    finally:
        for client in clients:
            client.close()
    engine = open_engine(database)
    with engine.connect() as connection:
        asked = "SELECT sum(readings) FROM telemetry_inbox"
        assert connection.exec_driver_sql(asked).scalar() == 30
    engine.dispose()
