"""Jobs: progress, cancel, supersede, recovery; some on made-up work, some on real."""

from __future__ import annotations

import threading
import time

import pytest

from api.client import ApiProblem
from api.jobs import MAX_UNFINISHED, Job, JobRunner
from api.problems import Refusal
from api.shared import insist
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.repositories import Jobs, new_id
from tests.api.conftest import SHORT
from tests.api.network import running
from twin.errors import Cancelled, ScenarioError

WAIT_S = 20.0
LONG = {"horizon.days": 366, "workload.load.requests_per_server_s": 0.05}
"""A year: minutes of work, so that it is surely still running when cancelled."""


@pytest.fixture
def table(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'jobs.db'}")
    upgrade_engine(engine)
    yield Jobs(engine)
    engine.dispose()


@pytest.fixture
def runner(table):
    runner = JobRunner(table, workers=1)
    yield runner
    runner.close()


def until_cancelled(job):
    """Work that goes on until somebody stops it."""
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        if job.cancelled():
            raise Cancelled
        time.sleep(0.005)
    raise AssertionError("nobody cancelled")


def test_a_job_ends_done_and_its_record_says_so(runner, table):
    job = runner.start(Job("run"), lambda _job: None)

    assert job.finished.wait(WAIT_S)
    assert table.get(job.id).state == "done"
    assert table.get(job.id).part == 1.0


def test_progress_never_goes_back(runner):
    seen = []

    def work(job):
        tell = runner.report(job)
        for part in (0.2, 0.6, 0.4):
            tell(part, "x")
            seen.append(job.part)

    runner.start(Job("run"), work).finished.wait(WAIT_S)

    assert seen == [0.2, 0.6, 0.6]


def test_a_failing_job_carries_the_problem(runner, table):
    def work(_job):
        raise ScenarioError("a", "must be b", 1, "set it")

    job = runner.start(Job("run"), work)
    job.finished.wait(WAIT_S)

    record = table.get(job.id)
    assert record.state == "failed"
    assert record.error["errors"][0]["repair"] == "set it"


def test_a_running_job_can_be_cancelled(runner, table):
    job = runner.start(Job("run"), until_cancelled)

    runner.cancel(job.id)

    assert job.finished.wait(WAIT_S)
    assert table.get(job.id).state == "cancelled"
    assert runner.cancel(job.id).state == "cancelled"


def test_a_waiting_job_is_cancelled_at_once(runner, table):
    busy = [runner.start(Job("run"), until_cancelled) for _ in range(2)]
    waiting = runner.start(Job("run"), until_cancelled)

    runner.cancel(waiting.id)

    assert waiting.finished.is_set()
    assert table.get(waiting.id).state == "cancelled"
    assert not any(job.finished.is_set() for job in busy)


def test_a_newer_job_of_the_same_view_cancels_the_older(runner):
    first = runner.start(Job("what-if", view="v"), until_cancelled)
    other = runner.start(Job("what-if", view="w"), until_cancelled)

    runner.start(Job("what-if", view="v"), lambda _job: b"1").finished.wait(WAIT_S)

    assert first.finished.wait(WAIT_S)
    assert first.state == "cancelled"
    assert "superseded" in first.error["detail"]
    assert not other.finished.is_set()


def test_too_many_jobs_are_refused(runner):
    for _ in range(MAX_UNFINISHED):
        runner.start(Job("run"), until_cancelled)

    with pytest.raises(Refusal) as caught:
        runner.start(Job("run"), until_cancelled)

    assert caught.value.status == 429
    assert caught.value.headers["retry-after"]


@pytest.mark.parametrize(
    ("owner", "lost"),
    [
        pytest.param("{host}:{pid}:server_before", True, id="same pid, other server"),
        pytest.param("{host}:1:server_x", False, id="process is alive"),
        pytest.param("{host}:4194999:server_x", True, id="no such process"),
        pytest.param("elsewhere:7:server_x", False, id="other machine, fresh"),
    ],
)
def test_jobs_of_a_stopped_server_are_marked_failed(runner, table, owner, lost):
    host, pid, _ = runner.owner.split(":")
    row = table.add(
        id=new_id("job"), kind="run", state="running", part=0.3, text="running",
        owner=owner.format(host=host, pid=pid),
    )  # fmt: skip

    assert len(runner.presence.lost()) == int(lost)

    found = table.get(row.id)
    assert found.state == ("failed" if lost else "running")
    if lost:
        assert "server stopped" in found.error["detail"]


@pytest.fixture(scope="module")
def quick(settings, tmp_path_factory):
    """A server that hands every what-if over to a job at once."""
    folder = tmp_path_factory.mktemp("quick")
    with running(settings, folder, what_if_wait_s=0.0) as (_, client):
        yield client


def test_a_long_what_if_becomes_a_job(quick):
    changes = SHORT | {"horizon.days": 2}
    response = quick._send(
        "POST", "/what-if", json={"scenario": {}, "changes": changes}
    )

    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/api/v1/jobs/{job['id']}"
    done = quick.wait(job["id"])
    assert done["answer"]["run"]["server_count"] == 40


def test_the_client_waits_for_a_long_what_if(quick):
    told = []

    found = quick.what_if(
        changes=SHORT | {"horizon.days": 3}, on_progress=lambda *now: told.append(now)
    )

    assert found["run"]["server_count"] == 40
    assert told[-1] == (1.0, "done")


def test_events_end_with_the_finished_job(quick):
    job = quick.create_run({}, changes=SHORT)

    told = list(quick.job_events(job["id"]))

    assert told[-1]["state"] == "done"
    assert [j["part"] for j in told] == sorted(j["part"] for j in told)


def test_the_stream_is_server_sent_events(quick):
    job = quick.create_run({}, changes=SHORT)
    quick.wait(job["id"])

    response = quick._send("GET", f"/jobs/{job['id']}/events")

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.startswith("event: done\ndata: {")


def test_a_running_plan_can_be_cancelled(quick):
    job = quick.create_plan({}, changes=LONG)
    assert quick.job(job["id"])["state"] in {"queued", "running"}

    quick.cancel_job(job["id"])

    with pytest.raises(ApiProblem, match="cancelled on request"):
        quick.wait(job["id"], timeout_s=WAIT_S)
    assert quick.plan(job["result"]["id"])["status"] == "cancelled"


def test_a_newer_what_if_supersedes_over_http(quick):
    body = {"scenario": {}, "changes": LONG, "view": "tab-1"}
    older = quick._send("POST", "/what-if", json=body).json()

    quick.what_if(changes=SHORT, view="tab-1")

    with pytest.raises(ApiProblem, match="superseded"):
        quick.wait(older["id"], timeout_s=WAIT_S)


def test_a_cancelled_reference_does_not_cancel_who_waits_for_it(monkeypatch):
    answers = iter([Cancelled(), "fine"])

    def ask():
        answer = next(answers)
        if isinstance(answer, Cancelled):
            raise answer
        return answer

    assert insist(Job("what-if"), ask) == "fine"


def test_stopping_the_server_cancels_its_jobs(settings, tmp_path):
    with running(settings, tmp_path) as (_, client):
        job = client.create_run({}, changes=LONG)
    before = threading.active_count()

    with running(settings, tmp_path) as (_, client):
        assert client.job(job["id"])["state"] == "cancelled"
        assert client.run(job["result"]["id"])["status"] == "cancelled"
    end_s = time.monotonic() + WAIT_S
    while threading.active_count() > before and time.monotonic() < end_s:
        time.sleep(0.05)  # a worker may still be on its way out
    assert threading.active_count() <= before
