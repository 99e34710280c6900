"""Rows come back as they were written, in pages, guarded by their version."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.exc import IntegrityError

from store.migrate import upgrade_engine
from store.repositories import ConflictError, Jobs, NotFoundError, Plans, Runs, Sites
from store.scenarios import Scenarios
from twin.errors import ScenarioError

BODY = {"fleet": {"server_count": 52}, "x": [1, 2.5, None, "µ"], "deep": {"a": {}}}


@pytest.fixture
def ready(engine):
    upgrade_engine(engine)
    return engine


def outcome(**more):
    return {
        "name": "run", "body": BODY, "scenario_sha256": "a" * 64, "seed": 1,
        "model_version": "1", "status": "queued", **more,
    }  # fmt: skip


def test_documents_come_back_as_they_were(ready):
    made = Scenarios(ready).add(name="one", body=BODY)

    assert Scenarios(ready).get(made.id).body == BODY


def test_times_come_back_in_utc(ready):
    zone = dt.timezone(dt.timedelta(hours=5))
    at = dt.datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=zone)

    made = Sites(ready).add(name="x", time_zone="UTC", notes="", created_at=at)

    found = Sites(ready).get(made.id).created_at
    assert found == at
    assert found.utcoffset() == dt.timedelta(0)


def test_unknown_ids_are_named(ready):
    with pytest.raises(NotFoundError, match="site 'nowhere' does not exist"):
        Sites(ready).get("nowhere")


def test_the_same_change_twice_keeps_the_version(ready):
    table = Scenarios(ready)
    made = table.add(name="one", body=BODY)

    table.revise(made.id, expected=1, name="two")
    same = table.revise(made.id, expected=2, name="two", body=dict(BODY))

    assert same.version == 2


def test_a_change_on_an_old_version_is_refused(ready):
    table = Scenarios(ready)
    made = table.add(name="one", body=BODY)
    table.revise(made.id, expected=1, name="two")

    with pytest.raises(ConflictError, match="is at version 2"):
        table.revise(made.id, expected=1, name="three")

    assert table.get(made.id).name == "two"


def test_pages_are_newest_first_and_complete(ready):
    table = Sites(ready)
    start = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    for n in range(7):  # three of them at the very same time
        at = start + dt.timedelta(seconds=min(n, 4))
        table.add(name=str(n), time_zone="UTC", notes="", created_at=at)

    first = table.page(limit=3)
    second = table.page(limit=3, cursor=first.next_cursor)
    third = table.page(limit=3, cursor=second.next_cursor)

    found = [s for page in (first, second, third) for s in page.items]
    assert sorted(s.name for s in found) == [str(n) for n in range(7)]
    assert [s.created_at for s in found] == sorted(
        (s.created_at for s in found), reverse=True
    )
    assert third.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "!!", "MjAyNg", "\u00e9", "AAAA"])
def test_made_up_cursors_are_refused(ready, cursor):
    with pytest.raises(ScenarioError, match="must come from the page before"):
        Sites(ready).page(limit=3, cursor=cursor)


def test_lists_leave_the_result_out_and_reading_brings_it(ready):
    table = Runs(ready)
    made = table.add(**outcome(result={"peak_w": 1.5}))

    assert "result" not in vars(table.page(limit=5).items[0])
    assert table.with_result(made.id).result == {"peak_w": 1.5}


def test_deleting_a_scenario_keeps_its_runs(ready):
    scenario = Scenarios(ready).add(name="one", body=BODY)
    run = Runs(ready).add(**outcome(scenario_id=scenario.id))

    Scenarios(ready).delete(scenario.id)

    assert Runs(ready).get(run.id).scenario_id is None


def test_a_run_of_no_scenario_is_refused_by_the_database(ready):
    with pytest.raises(IntegrityError):
        Runs(ready).add(**outcome(scenario_id="nowhere"))


def test_states_outside_the_list_are_refused_by_the_database(ready):
    with pytest.raises(IntegrityError):
        Plans(ready).add(**outcome(status="maybe"))


def test_a_failed_job_takes_its_plan_along(ready):
    job = Jobs(ready).add(
        kind="plan", state="running", part=0.5, text="x", owner="h:1:s"
    )
    mine = Plans(ready).add(**outcome(status="running", job_id=job.id))
    other = Plans(ready).add(**outcome(status="running", job_id="job_other"))

    Jobs(ready).fail(job.id, text="stopped", error={"title": "stopped"})

    assert Jobs(ready).get(job.id).error == {"title": "stopped"}
    assert Jobs(ready).unfinished() == []
    assert Plans(ready).get(mine.id).status == "failed"
    assert Plans(ready).get(other.id).status == "running"
