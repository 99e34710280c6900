"""Every refusal is a problem document with field, rule, value and repair."""

from __future__ import annotations

import pytest

from api.client import ApiProblem
from tests.api.conftest import SHORT

KEYS = {"type", "title", "status", "detail", "id", "errors"}


def post(http, body, path="/api/v1/what-if"):
    headers = {"content-type": "application/json"}
    return http.post(path, content=body, headers=headers)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/api/typo", 404, id="unknown path"),
        pytest.param("POST", "/api/v1/typo", 404, id="unknown path, POST"),
        pytest.param("POST", "/api/v1/health", 405, id="method not offered"),
        pytest.param("GET", "/api/v1/runs/run_1", 404, id="unknown run"),
        pytest.param("GET", "/api/v1/plans/plan_1/result", 404, id="unknown plan"),
        pytest.param("DELETE", "/api/v1/jobs/job_1", 404, id="unknown job"),
        pytest.param("GET", "/api/v1/jobs/job_1/events", 404, id="unknown stream"),
        pytest.param("GET", "/api/v1/runs?limit=0", 422, id="limit out of range"),
        pytest.param("GET", "/api/v1/runs?cursor=!!", 422, id="made-up cursor"),
        pytest.param("GET", "/api/v1/runs?limt=5", 422, id="misspelt query"),
        pytest.param("GET", "/api/v1/runs/a%20b", 422, id="no id at all"),
    ],
)
def test_refusals_are_problem_documents(http, method, path, status):
    answer = http.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == KEYS
    assert answer.json()["status"] == status


def test_method_not_offered_names_those_that_are(http):
    assert http.put("/api/v1/scenarios").headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("body", "field", "repair"),
    [
        pytest.param(
            '{"scenari": {}}', "scenari", "did you mean 'scenario'?", id="body key"
        ),
        pytest.param(
            '{"scenario": {"polcy": {}}}', "polcy", "did you mean 'policy'?",
            id="scenario key",
        ),
        pytest.param(
            '{"scenario": {}, "changes": {"fleet.servercount": 52}}',
            "fleet.servercount", "did you mean 'fleet.server_count'?",
            id="changed path",
        ),
        pytest.param(
            '{"scenario": {"fleet": {"server_count": 0}}}', "fleet.server_count",
            "raise it", id="no servers",
        ),
        pytest.param(
            '{"scenario": {"row": {"provisioned_w": NaN}}}', "row.provisioned_w",
            "give a finite number", id="NaN",
        ),
        pytest.param(
            '{"scenario": {}, "changes": {"row.provisioned_w": -Infinity}}',
            "row.provisioned_w", "give a finite number", id="changed to infinity",
        ),
        pytest.param(
            '{"scenario": {"fleet": {"server": "dgx-a10"}}}', "fleet.server",
            "did you mean 'dgx-a100'?", id="unknown server",
        ),
        pytest.param(
            '{"scenario": {"policy": {"name": "polca", "t1_frac": 0.95}}}',
            "policy.t1_frac", "swap them or move them apart", id="thresholds fall",
        ),
    ],
)  # fmt: skip
def test_wrong_input_names_field_and_repair(http, body, field, repair):
    answer = post(http, body)

    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert set(error) == {"field", "rule", "value", "repair"}
    assert error["field"] == field
    assert error["repair"] == repair


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="no base"),
        pytest.param(b'{"scenario": {}, "scenario_id": "sample-row"}', id="two bases"),
        pytest.param(b'{"scenario": []}', id="scenario is a list"),
        pytest.param(b'{"scenario": {"name": "\\ud800"}}', id="lone surrogate"),
        pytest.param(b'{"scenario": {"name": "a\\u0000"}}', id="NUL"),
        pytest.param(b'{"scenario": {"seed": 1' + b"0" * 400 + b"}}", id="huge number"),
        pytest.param(b'{"scenario": {"seed": 1e400}}', id="overflowing number"),
        pytest.param(b'{"scenario": {}, "changes": {"": 1}}', id="empty path"),
        pytest.param(b'{"scenario": {}, "changes": {"a\\ud800": 1}}', id="odd path"),
        pytest.param(b"\xff\xfe", id="not text"),
        pytest.param(b'{"scenario": ' + b"[" * 100_000 + b"}", id="deep"),
        pytest.param(b'{"a": ' + b"[" * 400 + b"]" * 400 + b"}", id="deep, closed"),
    ],
)
def test_malformed_bodies_never_fail_the_server(http, body):
    answer = post(http, body)

    assert answer.status_code in {400, 422}, answer.text
    assert set(answer.json()) == KEYS


def test_large_bodies_are_refused_by_their_stated_length(http):
    answer = post(http, b" " * 5_000_001)

    assert answer.status_code == 413
    assert "5 MB" in answer.json()["detail"]


def test_large_bodies_are_refused_while_they_stream(http):
    chunks = (b" " * 1_000_000 for _ in range(6))

    answer = post(http, chunks)

    assert answer.status_code == 413
    assert set(answer.json()) == KEYS


def test_python_policies_are_refused(client):
    source = "def decide(time_s, load_frac, in_force, memory, command):\n    pass\n"
    policy = {"name": "user", "source": source}

    for refused in (
        lambda: client.what_if(changes={"policy": policy}),
        lambda: client.create_run({"policy": policy}),
        lambda: client.create_plan({"plan": {"policies": ["polca", policy]}}),
        lambda: client.create_scenario({"policy": policy}),
    ):
        with pytest.raises(ApiProblem) as caught:
            refused()
        assert caught.value.status == 403
        assert (
            "NAMEPLATE_ALLOW_USER_POLICY" in caught.value.problem["errors"][0]["repair"]
        )


def test_missing_dataset_says_how_to_get_it(client):
    changes = SHORT | {
        "workload.arrivals": {"kind": "rates", "dataset": "servegen-m-large"}
    }

    with pytest.raises(ApiProblem) as caught:
        client.what_if(changes=changes)

    assert caught.value.status == 422
    assert "nameplate datasets pull" in caught.value.problem["errors"][0]["repair"]


def test_failures_tell_their_id_and_no_traceback(app, http, monkeypatch):
    def broken():
        raise RuntimeError("secret")

    monkeypatch.setattr(app.state.services.datasets, "list", broken)

    answer = http.get("/api/v1/datasets")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["id"] in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", ".", "..", "sample-row/versions", "x" * 70_000])
def test_an_id_that_would_lead_elsewhere_is_no_address(client, key):
    with pytest.raises(ApiProblem, match="must make an address"):
        client.scenario(key)


def test_an_id_is_one_part_of_an_address(client):
    with pytest.raises(ApiProblem, match=r"got 'sample-row\?version=1#ä'"):
        client.scenario("sample-row?version=1#ä")
