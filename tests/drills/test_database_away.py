"""A database that is slow, silent, cut off or read-only: said in time, then over."""

from __future__ import annotations

import os
import threading
import time

import httpx
import pytest
import sqlalchemy as sa

from api import presence
from api.client import ApiProblem, Client
from api.main import create_app
from api.transport import InProcessTransport
from store import engine as engines
from store.engine import database_url, open_engine
from store.settings import Settings
from tests.drills.wire import Wire
from tests.live.hostile import good

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("database", ["postgres"], indirect=True),
]
WITHIN_S = 1.0


@pytest.fixture
def away(database, tmp_path, monkeypatch):
    """A server whose database is at the end of a wire that the test holds."""
    monkeypatch.setattr(engines.Patient, "within_s", WITHIN_S)
    monkeypatch.setattr(engines, "FREE_WITHIN_S", WITHIN_S)
    monkeypatch.setattr(engines, "CONNECT_WITHIN_S", 2)
    monkeypatch.setattr(presence, "BEAT_S", 0.3)
    url = database_url(database)
    wire = Wire(url.host, url.port)
    through = url.set(host="127.0.0.1", port=wire.port)
    settings = Settings(
        database_url=through.render_as_string(hide_password=False),
        cache_dir=tmp_path, workers=1, study_engine="threads",
    )  # fmt: skip
    app = create_app(settings, warm=False)
    with Client.in_process(app) as client:
        yield app, client, wire, database
        wire.heal()
    wire.close()


def test_a_slow_silent_or_cut_database_is_told_in_time_and_comes_back(away):
    app, client, wire, _ = away
    token = app.state.services.access.tokens.create(
        name="node", scopes=("telemetry:write",), agent="node"
    )[1]
    transport = InProcessTransport(app, lifespan=False)
    http = httpx.Client(base_url="http://t", transport=transport, timeout=60)
    now_us, sent = int(time.time() - 30) * 1_000_000, []

    def send(number):
        body = good(now_us + number * 1000) | {"sequence": number}
        head = {"authorization": f"Bearer {token}"}
        return http.post("/api/v1/telemetry", json=body, headers=head)

    assert send(0).status_code == 200

    wire.delay_s = 0.05  # slow: answered all the same
    assert client.scenarios()
    wire.delay_s = 0.0

    for number, fault in enumerate(("silent", "cut"), start=1):
        if fault == "silent":
            wire.silent = True
        else:
            wire.cut()
        started_s = time.monotonic()
        answers = []

        def ask(answers=answers):
            answers.append(http.get("/api/v1/scenarios"))

        crowd = [threading.Thread(target=ask) for _ in range(25)]
        for one in crowd:
            one.start()
        refused = send(number)
        for one in crowd:
            one.join()
        took_s = time.monotonic() - started_s
        assert {a.status_code for a in answers} == {503}
        assert all(a.headers["retry-after"] for a in answers)
        assert refused.status_code == 503  # not taken, so the agent keeps it
        assert http.get("/healthz").status_code == 503
        assert took_s < 20 * WITHIN_S

        wire.heal()
        end_s = time.monotonic() + 20
        while http.get("/healthz").status_code != 200:
            assert time.monotonic() < end_s
            time.sleep(0.1)
        assert client.scenarios()
        sent.append(send(number).json())
    assert [one["duplicate"] for one in sent] == [False, False]
    http.close()


def test_a_job_that_ends_while_the_database_is_away_is_written_afterwards(away):
    app, client, wire, _ = away
    job = client.create_run(
        {"horizon": {"days": 0.02},
         "workload": {"load": {"target_peak_frac": None,
                               "requests_per_server_s": 0.05}}}
    )  # fmt: skip
    wire.cut()
    live = app.state.services.jobs.find(job["id"])
    assert live.finished.wait(60)
    wire.heal()

    end_s = time.monotonic() + 20
    state = None
    while state not in {"done", "failed"} and time.monotonic() < end_s:
        time.sleep(0.1)
        row = app.state.services.jobs._table.find(job["id"])
        state = row.state
    run = client.run(job["result"]["id"])
    assert {state, run["status"]} in ({"done"}, {"failed"})


def test_a_database_that_takes_no_writes_is_said_to_be_so(away):
    _, client, wire, database = away
    admin = open_engine(os.environ["NAMEPLATE_TEST_POSTGRES_URL"])
    name = database_url(database).database
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            sa.text(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        )
        wire.cut()
        wire.heal()  # connections are made anew
        with pytest.raises(ApiProblem) as refused:
            client.create_scenario({"name": "x"})
        assert refused.value.status == 507
        assert "must be writable" in str(refused.value)
        assert client.scenarios()
        connection.execute(
            sa.text(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
        )
        wire.cut()
        wire.heal()
        assert client.create_scenario({"name": "x"})["id"]
    admin.dispose()
