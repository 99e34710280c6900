"""Two servers on one database: each thing once, and nobody's work declared lost."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from api import presence
from api.jobs import Job, JobRunner
from store import repositories
from store.migrate import upgrade_engine
from store.repositories import Jobs

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
