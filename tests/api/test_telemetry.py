"""Telemetry over HTTP: what is sent in is acknowledged, watched and read back."""

from __future__ import annotations

import base64
import gzip
import json
import time
import uuid

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.telemetry.readings import Device, Readings

S = 1_000_000
SITE = {"name": "Two racks", "facility": {"template": {"design": "2n"}}}


@pytest.fixture(scope="module")
def services(app, client):
    return app.state.services


@pytest.fixture
def agent():
    """A host nobody has heard of."""
    return f"node-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def token(services, agent):
    return services.access.tokens.create(
        name=agent, scopes=("telemetry:write",), agent=agent
    )[1]


@pytest.fixture
def start_us():
    """A moment ago, at a whole second."""
    return (int(time.time()) - 20) * S


def batch(agent, start_us, *, sequence=0, spool="a" * 32, **more):
    body = {
        "format": 1,
        "agent": {"name": agent, "version": "0.1.0", "spool": spool},
        "sequence": sequence,
        "start_us": start_us,
        "devices": [
            {"key": "GPU-1", "kind": "gpu", "model": "NVIDIA H100 80GB HBM3"},
            {"key": "host", "kind": "host"},
        ],
        "columns": {
            "device": [0, 1, 0, 1],
            "offset_us": [0, 0, S, S],
            "power_w": [400, 5000, 410, None],
            "throttle_reasons": [4, None, 0, None],
        },
    }
    return body | more


def send(http, token, body, *, encoding="gzip"):
    content = json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    if encoding:
        content = gzip.compress(content)
        headers["content-encoding"] = encoding
    return http.post("/api/v1/telemetry", content=content, headers=headers)


def test_a_batch_is_acknowledged_once_and_known_again(http, token, start_us, agent):
    first = send(http, token, batch(agent, start_us))
    again = send(http, token, batch(agent, start_us))

    assert first.status_code == 200
    assert (first.json()["stored"], first.json()["duplicate"]) == (4, False)
    assert (again.json()["stored"], again.json()["duplicate"]) == (0, True)
    assert abs(first.json()["server_time_us"] - time.time() * S) < 60 * S


def test_packed_columns_mean_the_same_as_lists(http, token, services, start_us, agent):
    def packed(values, kind):
        raw = np.array(values, np.dtype("<" + kind)).tobytes()
        return {kind: base64.b64encode(raw).decode()}

    columns = {
        "device": packed([0, 1, 0, 1], "i4"),
        "offset_us": packed([2 * S, 2 * S, 3 * S, 3 * S], "i8"),
        "power_w": packed([300, 4000, 310, np.nan], "f4"),
    }
    answer = send(http, token, batch(agent, start_us, columns=columns), encoding="")

    assert answer.json()["stored"] == 4
    source = services.telemetry.source(agent)
    found = services.telemetry.reader.raw(source, start_us + 2 * S, start_us + 4 * S)
    assert found.columns["power_w"].tolist()[:2] == [300, 310]
    assert np.isnan(found.columns["power_w"][3])


def test_hello_tells_the_time_and_the_next_number(http, token, start_us, agent):
    send(http, token, batch(agent, start_us, sequence=0))
    headers = {"authorization": f"Bearer {token}"}

    found = http.get(
        "/api/v1/telemetry/hello", params={"spool": "a" * 32}, headers=headers
    ).json()

    assert found["agent"] == agent
    assert found["next_sequence"] == 1
    assert found["max_readings"] == 200_000


def test_another_agents_batch_is_not_taken(http, token, start_us):
    answer = send(http, token, batch("n2", start_us))

    assert answer.status_code == 403


def test_a_batch_needs_a_token_even_on_this_machine(http, start_us, agent):
    assert (
        http.post("/api/v1/telemetry", json=batch(agent, start_us)).status_code == 401
    )


def test_a_number_no_spool_can_have_is_refused(http, token, start_us, agent):
    answer = send(http, token, batch(agent, start_us, sequence=10**12))

    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"format": 2}, "format", id="another format"),
        pytest.param({"sequence": -1}, "sequence", id="negative number"),
        pytest.param({"sequence": 2**70}, "sequence", id="number beyond 2^53"),
        pytest.param({"surprise": 1}, "surprise", id="unknown key"),
        pytest.param({"devices": []}, "columns.device.0", id="no devices"),
        pytest.param(
            {"devices": [{"key": "a"}, {"key": "a"}]}, "devices.1.key", id="same key"
        ),
        pytest.param({"devices": [{"key": "../x"}]}, "devices.0.key", id="path in key"),
        pytest.param(
            {"columns": {"device": [0], "offset_us": [0, 1]}}, "columns.offset_us",
            id="unequal columns",
        ),
        pytest.param(
            {"columns": {"device": [7], "offset_us": [0]}}, "columns.device.0",
            id="no such device",
        ),
        pytest.param(
            {"columns": {"device": [0], "offset_us": [0], "power_kw": [1]}},
            "columns.power_kw", id="unknown field",
        ),
        pytest.param(
            {"columns": {"device": [0], "offset_us": [0], "power_w": {"f4": "!!"}}},
            "columns.power_w.f4", id="not base64",
        ),
        pytest.param(
            {"columns": {"device": [0], "offset_us": [0], "power_w": ["=1+1"]}},
            "columns.power_w", id="text for a number",
        ),
        pytest.param(
            {"agent": {"name": "n1", "spool": "short"}}, "agent.spool", id="spool"
        ),
    ],
)  # fmt: skip
def test_a_broken_batch_names_its_field_and_stores_nothing(
    http, token, services, start_us, change, field, agent
):
    waiting = sum(s.last_us for s in services.telemetry.hosts())

    answer = send(http, token, batch(agent, start_us + 5 * S) | change)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["errors"][0]["repair"]
    assert sum(s.last_us for s in services.telemetry.hosts()) == waiting


def test_times_and_units_that_cannot_be_are_counted_not_stored(
    http, token, start_us, agent
):
    columns = {
        "device": [0, 0, 0],
        "offset_us": [10 * S, 3600 * S, -30 * 86_400 * S],
        "power_w": [412_000, 400, 400],
    }
    answer = send(http, token, batch(agent, start_us, columns=columns)).json()

    assert answer["stored"] == 1
    assert {(r["reason"], r["count"]) for r in answer["refused"]} == {
        ("future", 1), ("late", 1), ("unit", 1),
    }  # fmt: skip


def test_a_batch_that_is_all_in_the_future_is_left_with_its_agent(
    http, token, services, start_us, agent, monkeypatch
):
    """Our clock was set back by an hour; then it is right again."""
    right = services.telemetry.clock_us
    monkeypatch.setattr(services.telemetry, "clock_us", lambda: right() - 3600 * S)

    early = send(http, token, batch(agent, start_us))

    assert early.status_code == 503
    assert early.headers["retry-after"] == "60"
    told = early.json()
    assert "The clocks of agent and server disagree" in told["detail"]
    (wrong,) = told["errors"]
    assert wrong["field"] == "start_us"
    assert wrong["value"].startswith("35")  # 3600 s less the 20 the batch is old
    assert "set the server's clock if it was put back" in wrong["repair"]
    monkeypatch.undo()
    again = send(http, token, batch(agent, start_us)).json()
    assert (again["stored"], again["duplicate"]) == (4, False)


def test_a_batch_with_one_reading_of_the_present_is_not_sent_back(
    http, token, start_us, agent
):
    columns = {"device": [0, 0], "offset_us": [0, 3600 * S], "power_w": [400, 400]}
    answer = send(http, token, batch(agent, start_us, columns=columns))

    assert answer.status_code == 200
    assert [(r["reason"], r["count"]) for r in answer.json()["refused"]] == [
        ("future", 1)
    ]


def test_now_knows_the_host_its_devices_and_their_state(http, token, start_us, agent):
    send(http, token, batch(agent, start_us))

    now = http.get(
        "/api/v1/telemetry/now", params={"node": "all", "host": agent}
    ).json()

    host = next(h for h in now["hosts"] if h["name"] == agent)
    assert (host["state"], host["metered"], host["gpus"]) == ("ok", True, 1)
    assert host["power_w"] == 5000
    assert now["site"]["power_w"] >= 5000
    gpu = next(d for d in now["details"][0]["devices"] if d["key"] == "GPU-1")
    assert gpu["model"] == "NVIDIA H100 80GB HBM3"


@pytest.mark.parametrize("of_site", [True, False], ids=["site", "host"])
def test_the_series_is_what_hosts_drew(http, token, start_us, agent, of_site):
    send(http, token, batch(agent, start_us))

    found = http.get(
        "/api/v1/telemetry/series",
        params={"of": "site" if of_site else agent, "start_us": start_us,
                "end_us": start_us + 2 * S,
                "level": "1s"},
    ).json()  # fmt: skip

    assert found["level"] == "1s"
    drawn_w = found["columns"]["power_mean_w"][0]
    assert drawn_w >= 5000 if of_site else drawn_w == 5000


def test_a_period_without_readings_answers_with_nothing(http):
    found = http.get(
        "/api/v1/telemetry/series", params={"start_us": 0, "end_us": S}
    ).json()

    assert found["time_us"] == []


def test_more_bins_than_can_be_shown_are_refused(http):
    answer = http.get(
        "/api/v1/telemetry/series",
        params={"start_us": 0, "end_us": 10**15, "level": "1s"},
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "level"


@pytest.mark.parametrize("of", ["nobody", "node/nothing"])
def test_an_unknown_name_is_not_found(http, of):
    answer = http.get(
        "/api/v1/telemetry/series", params={"of": of, "start_us": 0, "end_us": S}
    )

    assert answer.status_code == 404


def test_a_host_placed_in_a_rack_counts_at_every_node_above_it(
    http, client, token, agent
):
    made = http.post("/api/v1/scenarios", json={"scenario": SITE})
    scenario_id = made.json()["id"]
    network = http.post("/api/v1/site/network", json={"scenario": SITE}).json()
    rack = network["racks"][0]["name"]
    version = http.get("/api/v1/telemetry/placement").json()["version"]
    start_us = (int(time.time()) - 5) * S
    send(http, token, batch(agent, start_us))

    placed = http.put(
        "/api/v1/telemetry/placement",
        json={"version": version, "scenario_id": scenario_id, "nodes": {agent: rack}},
    )
    now = http.get("/api/v1/telemetry/now").json()

    assert placed.status_code == 200
    nodes = {n["name"]: n for n in now["nodes"]}
    assert nodes[rack]["power_w"] == 5000
    feeds = [nodes[name] for name in nodes[rack]["fed_by"]]
    assert len(feeds) == 2
    # two cords share the draw; what conversion loses is modelled on top
    assert [f["expected"] for f in feeds] == [1, 1]
    assert sum(f["power_w"] for f in feeds) == pytest.approx(5000, rel=0.01)
    roots = [n for n in now["nodes"] if n["kind"] == "utility"]
    assert now["site"]["facility_w"] == pytest.approx(sum(n["power_w"] for n in roots))
    assert now["site"]["facility_w"] > 5000
    assert now["site"]["limit_w"] == sum(n["limit_w"] for n in roots)


def test_a_placement_on_an_unknown_node_or_an_old_version_is_refused(http):
    placed = http.get("/api/v1/telemetry/placement").json()
    wrong = {"version": placed["version"], "scenario_id": placed["scenario_id"]}

    unknown = http.put(
        "/api/v1/telemetry/placement", json=wrong | {"nodes": {"n1": "nowhere"}}
    )
    old = http.put(
        "/api/v1/telemetry/placement",
        json={"version": 0, "scenario_id": None, "nodes": {}},
    )

    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["field"] == "nodes.n1"
    assert old.status_code == 412


@pytest.mark.parametrize("what", ["series", "events", "sources/nobody/stored"])
def test_a_period_that_ends_before_it_starts_is_refused(http, what):
    answer = http.get(
        f"/api/v1/telemetry/{what}", params={"start_us": 2 * S, "end_us": S}
    )

    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert (error["field"], error["value"]) == ("end_us", str(S))
    assert error["rule"] == "must be after start_us"
    assert error["repair"]


def test_events_and_stored_amounts_are_told(http, token, start_us, agent):
    events = [{"time_us": start_us, "device": 0, "kind": "lost", "text": "GPU is lost"}]
    send(http, token, batch(agent, start_us, events=events))
    period = {"start_us": start_us - S, "end_us": start_us + S}

    told = http.get("/api/v1/telemetry/events", params=period).json()["items"]
    stored = http.get(f"/api/v1/telemetry/sources/{agent}/stored", params=period).json()

    assert {"source": agent, "device": "GPU-1", "kind": "lost"}.items() <= told[
        0
    ].items()
    assert stored["waiting"] > 0


def test_the_stream_sends_what_is_drawn_now(http):
    with http.stream("GET", "/api/v1/telemetry/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == "event: now"
        assert "site" in json.loads(next(lines).removeprefix("data: "))


def test_a_retired_source_is_missed_no_more_until_it_speaks(
    http, token, agent, start_us
):
    send(http, token, batch(agent, start_us))

    def watched():
        now = http.get("/api/v1/telemetry/now", params={"node": "all"}).json()
        return agent in {h["name"] for h in now["hosts"]}

    gone = http.post(f"/api/v1/telemetry/sources/{agent}/retire")

    assert gone.status_code == 204
    assert not watched()
    later = (int(time.time()) + 2) * S
    send(http, token, batch(agent, later, sequence=1))
    assert watched()


def test_history_that_is_all_gaps_is_refused(services):
    hourly = Readings(
        devices=(Device(key="g"),), device=np.zeros(3, np.int64),
        time_us=np.array([0, 3600, 7200]) * S,
        columns={"power_w": np.array([1.0, 2.0, 3.0])},
    )  # fmt: skip

    with pytest.raises(ScenarioError, match=r"at most 300 s apart.*3600 s"):
        services.telemetry.take("sparse", "upload", hourly, key="k")


def test_a_meter_on_a_rack_is_beside_its_hosts_not_added_to_them(http, services):
    make = services.access.tokens.create
    names = [f"m-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    start_us = (int(time.time()) - 5) * S
    for name, kind, power_w in zip(names, ("host", "meter"), (6000, 6300), strict=True):
        _, token = make(name=name, scopes=("telemetry:write",), agent=name)
        devices = [{"key": "d", "kind": kind}]
        columns = {"device": [0], "offset_us": [0], "power_w": [power_w]}
        send(http, token, batch(name, start_us, devices=devices, columns=columns))
    made = http.post("/api/v1/scenarios", json={"scenario": SITE}).json()["id"]
    racks = http.post("/api/v1/site/network", json={"scenario": SITE}).json()["racks"]
    rack = racks[1]["name"]
    placement = http.get("/api/v1/telemetry/placement").json()
    http.put(
        "/api/v1/telemetry/placement",
        json={"version": placement["version"], "scenario_id": made,
              "nodes": dict.fromkeys(names, rack)},
    )  # fmt: skip

    nodes = http.get("/api/v1/telemetry/now").json()["nodes"]

    found = next(n for n in nodes if n["name"] == rack)
    assert (found["power_w"], found["summed_w"], found["metered"]) == (6300, 6000, True)
    assert found["expected"] == 1


def test_supplies_and_a_host_meter_are_one_power_live_too(http, token, agent, start_us):
    devices = [{"key": "host", "kind": "host"}, {"key": "psu0", "kind": "psu"}]
    columns = {"device": [0, 1], "offset_us": [0, 0], "power_w": [6000, 6000]}
    send(http, token, batch(agent, start_us, devices=devices, columns=columns))

    now = http.get("/api/v1/telemetry/now", params={"node": "all"}).json()

    host = next(h for h in now["hosts"] if h["name"] == agent)
    assert host["power_w"] == 6000


def test_a_host_that_is_only_named_is_not_metered(http, token, agent, start_us):
    columns = {"device": [0, 1], "offset_us": [0, 0], "power_w": [400, None]}
    send(http, token, batch(agent, start_us, columns=columns))

    now = http.get("/api/v1/telemetry/now", params={"node": "all"}).json()

    host = next(h for h in now["hosts"] if h["name"] == agent)
    assert (host["power_w"], host["metered"]) == (400, False)
