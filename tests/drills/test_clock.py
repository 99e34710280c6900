"""A server's clock that jumps: sessions, jobs, notices and readings go on."""

from __future__ import annotations

import datetime as dt
import json

import httpx
import pytest

from api.client import ApiProblem, Client
from store.access import Tokens
from store.engine import open_engine
from store.repositories import now_utc
from store.scopes import ROLES
from tests.api.test_webhooks import Receiver
from tests.drills.clock import Clock
from tests.drills.house import LONG, House, readings, send, until

SOON_S = 120.0
SILENT = {"name": "silent", "kind": "missing-agent", "limit": 6 * 3600, "for_s": 0}


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def house(tmp_path, clock):
    made = House(tmp_path, f"sqlite:///{tmp_path / 'np.db'}", webhook_hosts="127.0.0.1")
    made.server.env.update(clock.env)
    with made.server:
        yield made


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def ending_token(house):
    engine = open_engine(house.url)
    ends = now_utc() + dt.timedelta(hours=2)
    token = Tokens(engine).create(name="s", scopes=ROLES["viewer"], expires_at=ends)[1]
    engine.dispose()
    return token


def told(receiver):
    return [json.loads(body)["status"] for _, _, body in receiver.got]


def test_a_day_forward_an_hour_back_and_nothing_stops(house, clock, receiver):
    ends = Client.connect(house.server.url, token=ending_token(house))
    browser = httpx.Client(base_url=house.server.url)
    agent = house.http(house.agent)
    admin = house.http(house.admin)
    with house.client() as client, ends, browser, agent, admin:
        browser.post("/login", data={"token": house.admin})

        def at_work():
            """What nobody may notice a jump by."""
            assert browser.get("/api/v1/scenarios").status_code == 200
            job = client.create_run(LONG)
            client.wait(job["id"], timeout_s=60)
            assert client.run(job["result"]["id"])["status"] == "done"

        assert send(agent, 0).status_code == 200
        rule = SILENT | {"webhook_url": receiver.url}
        admin.post("/alerts/rules", json=rule).raise_for_status()
        receiver.answers = [503]
        under_way = client.create_run(LONG)

        clock.jump("+1d")
        assert send(agent, 1).status_code == 200  # a day old is not too old
        at_work()
        with pytest.raises(ApiProblem, match="has ended"):
            ends.scenarios()
        until(lambda: client.alerts(status="firing"), SOON_S)
        until(lambda: receiver.got, SOON_S)  # in vain: it is tried again

        clock.jump("+0")  # for the server, a day back
        client.wait(under_way["id"], timeout_s=60)
        at_work()
        assert ends.scenarios()
        until(lambda: told(receiver)[-1] == "resolved", SOON_S)  # not in a day
        assert set(told(receiver)[:-1]) == {"firing"}

        clock.jump("-1h")
        early = send(agent, 2)  # kept by the agent, who sends it again
        assert early.status_code == 503
        assert early.json()["errors"][0]["field"] == "start_us"
        assert int(early.headers["retry-after"]) > 0
        at_work()
        clock.jump("+0")
        assert send(agent, 2).json()["duplicate"] is False
        assert send(agent, 1).json()["duplicate"] is True
    until(lambda: readings(house) == 3 * 2, SOON_S)
