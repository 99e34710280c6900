"""What-ifs, runs and plans: answers, provenance, representations."""

from __future__ import annotations

import csv
import io

import pyarrow.parquet as pq
import pytest

from api.client import ApiProblem
from api.schemas.results import PlanOut, RunOut, WhatIfOut
from api.schemas.stored import JobDetail
from tests.api.conftest import SHORT
from tests.api.network import running


def test_a_what_if_answers_directly(http, client):
    body = {"scenario": {}, "changes": SHORT | {"fleet.server_count": 44}}

    answer = http.post("/api/v1/what-if", json=body)

    assert answer.status_code == 200
    found = answer.json()
    assert found["run"]["server_count"] == 44
    assert found["run"]["added_servers"] == 4
    assert found["baseline"]["server_count"] == 40
    assert found["reference"]["server_count"] == 44
    assert found["scenario"]["fleet"]["server_count"] == 44
    assert found["run"]["provenance"]["scenario_sha256"]
    assert found["timing"]["computed_s"] > 0


def test_only_run_and_baseline_have_curves(client):
    found = client.what_if(changes=SHORT)

    assert len(found["run"]["series"]["t_s"]) == len(
        found["run"]["series"]["row_max_w"]
    )
    assert found["baseline"]["series"]["t_s"]
    assert found["reference"]["series"] is None


def test_curves_can_be_left_out(client):
    found = client.what_if(changes=SHORT, series=False)

    assert found["run"]["series"] is None
    assert found["baseline"]["series"] is None


def test_the_same_question_has_the_same_answer(client):
    one, two = (client.what_if(changes=SHORT | {"seed": 5})["run"] for _ in range(2))
    for answer in (one, two):
        answer["provenance"].pop("created_at")

    assert one == two


def test_a_stored_scenario_can_be_the_base(client):
    made = client.create_scenario({"seed": 31})

    found = client.what_if(scenario_id=made["id"], changes=SHORT)

    assert found["run"]["seed"] == 31


def test_latency_of_nothing_is_null(client):
    changes = SHORT | {"workload.load.requests_per_server_s": 1e-9}

    found = client.what_if(changes=changes)

    assert found["run"]["low"]["finished"] == 0
    assert found["run"]["low"]["e2e"]["p99_s"] is None


@pytest.fixture(scope="module")
def run_id(client):
    job = client.create_run(scenario_id="sample-row", changes=SHORT)
    return client.wait(job["id"])["result"]["id"]


def test_a_stored_run_keeps_its_provenance(client, run_id):
    record = client.run(run_id)
    result = client.run_result(run_id)

    assert record["status"] == "done"
    assert record["scenario_id"] == "sample-row"
    assert record["scenario"]["horizon"]["days"] == SHORT["horizon.days"]
    assert record["scenario_sha256"] == result["provenance"]["scenario_sha256"]
    assert record["seed"] == result["provenance"]["seed"]
    assert run_id in {r["id"] for r in client.runs()}


def test_a_stored_run_equals_the_what_if(client, run_id):
    stored = client.run_result(run_id)
    asked = client.what_if(scenario_id="sample-row", changes=SHORT)["run"]
    for answer in (stored, asked):
        answer["provenance"].pop("created_at")

    assert stored == asked


def test_a_run_as_csv_and_parquet_is_its_curves(client, run_id):
    series = client.run_result(run_id)["series"]
    text = client.run_result(run_id, "csv").decode()
    table = pq.read_table(io.BytesIO(client.run_result(run_id, "parquet")))

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(r["row_max_w"]) for r in rows] == series["row_max_w"]
    assert table.to_pydict() == series


def test_a_plan_has_a_cell_per_count_and_policy(client):
    changes = SHORT | {
        "plan.added_servers": [0, 4], "plan.policies": ["polca", "no-cap"],
        "plan.seeds": 2,
    }  # fmt: skip
    told = []
    job = client.create_plan({}, changes=changes)
    done = client.wait(job["id"], lambda part, text: told.append((part, text)))
    plan_id = done["result"]["id"]

    result = client.plan_result(plan_id)
    rows = list(
        csv.DictReader(io.StringIO(client.plan_result(plan_id, "csv").decode()))
    )
    table = pq.read_table(io.BytesIO(client.plan_result(plan_id, "parquet")))

    cells = [(c["policy"], c["added_servers"]) for c in result["cells"]]
    assert cells == [("polca", 0), ("polca", 4), ("no-cap", 0), ("no-cap", 4)]
    assert set(result["best"]) == {"polca", "no-cap"}
    assert [len(c["runs"]) for c in result["cells"]] == [2, 2, 2, 2]
    assert [(r["policy"], int(r["added_servers"])) for r in rows] == cells
    assert table.num_rows == 4
    assert table["peak_frac"].to_pylist() == [float(r["peak_frac"]) for r in rows]
    assert told[-1] == (1.0, "done")
    assert client.plan(plan_id)["status"] == "done"
    assert plan_id in {p["id"] for p in client.plans()}


def test_a_failed_run_says_why(client):
    # only the search for the load can know that no traffic reaches this peak
    unreachable = {"horizon.days": 0.02, "workload.load.target_peak_frac": 1.4}
    job = client.create_run({}, changes=unreachable)

    with pytest.raises(ApiProblem, match="saturated") as caught:
        client.wait(job["id"])

    field = caught.value.problem["errors"][0]["field"]
    assert field == "workload.load.target_peak_frac"
    assert client.run(job["result"]["id"])["status"] == "failed"
    with pytest.raises(ApiProblem, match="has no result"):
        client.run_result(job["result"]["id"])


def test_own_policies_run_where_they_are_allowed(settings, tmp_path):
    source = (
        "def decide(time_s, load_frac, in_force, memory, command):\n"
        "    command[0] = 1110.0\n"
    )
    policy = {"name": "user", "label": "always", "source": source}

    with running(settings, tmp_path, allow_user_policy=True) as (_, client):
        found = client.what_if(changes=SHORT | {"policy": policy})

    assert found["run"]["policy"] == "always"
    assert max(found["run"]["series"]["low_clock_mhz"]) == 1110.0


def test_answers_keep_to_their_published_schema(client, run_id):
    """Every field is declared and every declared field is there."""
    changes = SHORT | {"plan.added_servers": [0], "plan.policies": ["polca"]}
    plan = client.wait(client.create_plan({}, changes=changes)["id"])
    what_if = client.what_if(changes=SHORT)

    for model, document in (
        (WhatIfOut, what_if),
        (WhatIfOut, client.what_if(changes=SHORT, series=False)),
        (RunOut, client.run_result(run_id)),
        (PlanOut, client.plan_result(plan["result"]["id"])),
        (JobDetail, client.job(plan["id"])),
    ):
        model.model_validate(document)
        assert set(document) == set(model.model_fields)
    assert set(what_if["run"]) == set(RunOut.model_fields)


@pytest.mark.parametrize("noun", ["runs", "plans", "what-if"])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"fleet.server": "dgx-a1000"}, "fleet.server", id="server"),
        pytest.param({"fleet.model": "bloom"}, "fleet.model", id="model"),
    ],
)
def test_an_unknown_server_or_model_is_refused_before_a_job_is_made(
    http, noun, changes, field
):
    answer = http.post(f"/api/v1/{noun}", json={"scenario": {}, "changes": changes})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert "did you mean" in answer.json()["errors"][0]["repair"]
