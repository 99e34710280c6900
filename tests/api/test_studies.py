"""Studies over REST: looked at, followed, read, asked, gone on with; and killed."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from api.client import ApiProblem, Client
from api.main import create_app
from store.settings import Settings
from tests.twin.study.conftest import COUNTS, LEVEL, SMALL

STUDY = {"name": "Counts", "base": SMALL, "axes": [COUNTS, LEVEL]}
NAMEPLATE = str(Path(sys.executable).with_name("nameplate"))


def finished(client, study=STUDY, **more):
    job = client.start_study(study, **more)
    client.wait(job["id"], timeout_s=120)
    return client.study(job["result"]["id"])


@pytest.fixture(scope="module")
def done(client):
    return finished(client, STUDY | {
        "limits": [{"output": "peak_w", "at_most": 15_000}],
        "objectives": [{"output": "fleet.server_count", "goal": "max"},
                       {"output": "energy_wh", "goal": "min"}],
    })  # fmt: skip


def test_a_study_is_looked_at_without_being_started(client):
    before = len(client.studies())
    seen = client.check_study(STUDY)

    assert seen["points"] == 6
    assert [a["field"] for a in seen["axes"]] == [COUNTS["field"], LEVEL["field"]]
    assert seen["axes"][0]["unit"] == "servers"
    assert len(client.studies()) == before


def test_a_finished_study_has_every_point_and_what_they_say_together(client, done):
    points = list(client.study_points(done["id"]))

    assert done["status"] == "done"
    assert done["points"]["done"] == len(points) == 6
    assert [p["index"] for p in points] == list(range(6))
    limit = done["analysis"]["exceedance"][0]
    beyond = [p for p in points if p["outputs"]["peak_w"] > 15_000]
    assert limit["found"]["passed"] == len(beyond)
    assert not limit["drawn"]
    for key in done["analysis"]["pareto"]:
        mine = points[key]
        assert not any(
            p["changes"]["fleet.server_count"] >= mine["changes"]["fleet.server_count"]
            and p["outputs"]["energy_wh"] < mine["outputs"]["energy_wh"]
            and p["outputs"]["peak_w"] <= 15_000
            for p in points
        )


def test_the_same_study_again_is_answered_from_before(client, done):
    again = finished(client, done["spec"])

    assert again["points"]["from_cache"] == 6
    assert again["analysis"] == done["analysis"]
    assert list(client.study_points(again["id"])) == list(
        client.study_points(done["id"])
    )


def test_a_point_opens_with_the_inputs_of_a_run(client, done):
    point = client.study_point(done["id"], 5)
    answer = client.what_if(scenario=point["inputs"])

    assert point["inputs"]["fleet"]["server_count"] == 5
    assert answer["run"]["peak_w"] == point["outputs"]["peak_w"]


def test_points_are_asked_for_by_condition_and_order(client, done):
    found = client.query_study(
        done["id"], where=[{"column": "fleet.server_count", "operator": ">=",
                            "value": 4}],
        order_by="energy_wh", descending=True, limit=2,
    )  # fmt: skip

    assert found["total"] == 4
    energies = [row["energy_wh"] for row in found["items"]]
    assert energies == sorted(energies, reverse=True)
    assert len(energies) == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"order_by": "energy"}, "did you mean 'energy_wh'"),
        ({"where": [{"column": "peak_w", "operator": "<", "value": "low"}]},
         "must be a number"),
        ({"where": [{"column": "nothing", "operator": "<", "value": 1}]},
         "is not a column"),
    ],
)  # fmt: skip
def test_a_wrong_question_about_points_is_refused(client, done, asked, said):
    with pytest.raises(ApiProblem) as refused:
        client.query_study(done["id"], **asked)

    error = refused.value.problem["errors"][0]
    assert said in f"{error['rule']} {error['repair']}"


def test_csv_parquet_and_json_say_the_same(client, done):
    whole = client.study_result(done["id"])
    table = pq.read_table(io.BytesIO(client.study_result(done["id"], "parquet")))
    lines = client.study_result(done["id"], "csv").decode().splitlines()

    energies = [p["outputs"]["energy_wh"] for p in whole["points"]]
    assert table.column("energy_wh").to_pylist() == energies
    assert len(lines) == 7
    assert lines[0].startswith("index,fleet.server_count,workload.load.level,peak_frac")


def test_a_stored_scenario_may_be_the_base(client):
    client.create_scenario(SMALL | {"name": "small"})
    key = client.scenarios()[0]["id"]
    found = finished(client, {"axes": [COUNTS]}, scenario_id=key)

    assert found["spec"]["base"]["name"] == "small"
    assert found["points"]["done"] == 3
    with pytest.raises(ApiProblem, match="must be empty"):
        client.start_study(STUDY, scenario_id=key)


def test_questions_say_their_outputs_and_fields(client):
    questions = {q["key"]: q for q in client.study_questions()}

    assert {"row", "site", "failures", "stabilize", "serving"} <= set(questions)
    fields = {f["path"]: f for f in questions["row"]["fields"]}
    assert fields["fleet.server_count"]["high"] == 5000
    assert "polca" in fields["policy.name"]["choices"]


def test_a_cancelled_study_goes_on_and_ends_as_if_nothing_had_been(client, done):
    study = STUDY | {
        "base": SMALL | {"horizon": {"days": 0.05}, "seed": 99},
        "design": {"kind": "random", "points": 150}, "outputs": ["energy_wh"],
    }  # fmt: skip
    job = client.start_study(study)
    key = job["result"]["id"]
    while not list(client.study_points(key)):
        time.sleep(0.01)
    client.cancel_job(job["id"])
    with pytest.raises(ApiProblem):
        client.wait(job["id"], timeout_s=60)
    assert client.study(key)["status"] == "cancelled"

    client.wait(client.resume_study(key)["id"], timeout_s=120)
    whole = client.study(key)
    assert whole["status"] == "done"
    assert whole["points"]["done"] == 150
    assert 0 < whole["points"]["from_cache"] < 150
    with pytest.raises(ApiProblem, match="nothing to go on"):
        client.resume_study(key)


def test_a_study_is_deleted_and_its_answers_stay_known(client):
    study = STUDY | {"base": SMALL | {"seed": 7}}
    key = finished(client, study)["id"]
    client.delete_study(key)

    with pytest.raises(ApiProblem, match="does not exist"):
        client.study(key)
    assert finished(client, study)["points"]["from_cache"] == 6


def test_a_python_policy_is_refused_wherever_it_hides(client):
    policy = {"name": "user", "source": "def decide(*a): pass"}
    for hidden in (
        STUDY | {"base": SMALL | {"policy": policy}},
        STUDY | {"axes": [{"field": "policy", "values": [policy]}]},
        STUDY | {"axes": [{"field": "policy.source", "values": ["x = 1"]}]},
    ):
        with pytest.raises(ApiProblem) as refused:
            client.start_study(hidden)
        assert refused.value.status == 403


def test_an_engine_elsewhere_needs_the_servers_leave(client):
    with pytest.raises(ApiProblem, match="NAMEPLATE_STUDY_ENGINES") as refused:
        client.start_study(STUDY, engine="tcp://127.0.0.1:9")

    assert refused.value.status == 403


def test_data_that_is_not_here_is_missed_before_work_starts(client):
    arrivals = {"kind": "rates", "dataset": "servegen-m-large"}
    study = STUDY | {"base": SMALL | {"workload": {"arrivals": arrivals}}}
    with pytest.raises(ApiProblem) as refused:
        client.start_study(study)

    error = refused.value.problem["errors"][0]
    assert error["field"] == "base.workload.arrivals.dataset"
    assert "datasets pull" in error["repair"]


# --- killed for real ------------------------------------------------------------------


LONG = {
    "base": SMALL | {"horizon": {"days": 0.1, "tick_s": 1}}, "axes": [LEVEL],
    "design": {"kind": "random", "points": 40},
}  # fmt: skip


def begun(folder, *more):
    environment = os.environ | {
        "NAMEPLATE_DATABASE_URL": f"sqlite:///{folder}/test.db",
        "NAMEPLATE_CACHE_DIR": str(folder / "cache"),
    }
    return subprocess.Popen(
        [NAMEPLATE, "study", *more], env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def settings(folder, **more):
    return Settings(
        database_url=f"sqlite:///{folder}/test.db", cache_dir=folder / "cache",
        workers=2, study_engine="threads", **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def killed_half_way(tmp_path_factory):
    """A study killed with all its workers as soon as some points were stored."""
    folder = tmp_path_factory.mktemp("killed")
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump(LONG))
    process = begun(folder, study, "--engine", "processes")
    with Client.in_process(create_app(settings(folder), warm=False)) as client:
        end_s = time.monotonic() + 120
        while time.monotonic() < end_s:
            rows = client.studies()
            if rows and len(list(client.study_points(rows[0]["id"]))) >= 4:
                break
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return folder, rows[0]["id"]


@pytest.fixture
def killed(killed_half_way, tmp_path):
    """A copy of what it left, and the study's id."""
    folder, key = killed_half_way
    return shutil.copytree(folder, tmp_path / "killed"), key


def test_a_study_killed_with_all_its_workers_goes_on_and_gives_the_same_bytes(
    killed, tmp_path
):
    here, _ = killed
    study, other = here / "study.yaml", tmp_path / "other"
    other.mkdir()
    runs = [
        begun(here, study, "--out", here / "a.parquet"),
        begun(other, study, "--out", other / "b.parquet", "--engine", "threads"),
    ]
    said = [run.communicate(timeout=240) for run in runs]

    assert [run.returncode for run in runs] == [0, 0], said
    known = int(said[0][0].decode().split(" known from before")[0].split()[-1])
    assert 4 <= known < 40
    whole = (here / "a.parquet").read_bytes()
    assert whole == (other / "b.parquet").read_bytes()


def test_a_server_goes_on_with_the_study_of_one_that_was_killed(killed):
    folder, key = killed
    app = create_app(settings(folder, resume_studies=True), warm=False)
    with Client.in_process(app) as client:
        found = client.study(key)
        client.wait(found["job_id"], timeout_s=240)
        found = client.study(key)

    assert found["status"] == "done"
    assert found["points"]["done"] == 40
    assert found["points"]["from_cache"] >= 4


def test_a_server_goes_on_with_the_study_of_one_that_was_stopped(tmp_path):
    app = create_app(settings(tmp_path, resume_studies=True), warm=False)
    with Client.in_process(app) as client:
        key = client.start_study(LONG)["result"]["id"]
        while not list(client.study_points(key)):
            time.sleep(0.01)
    app = create_app(settings(tmp_path, resume_studies=True), warm=False)
    with Client.in_process(app) as client:
        client.wait(client.study(key)["job_id"], timeout_s=240)
        found = client.study(key)

    assert found["status"] == "done"
    assert 0 < found["points"]["from_cache"] < 40


def test_of_two_that_go_on_at_once_one_is_refused(app, client):
    study = STUDY | {"base": SMALL | {"seed": 11}}
    key = finished(client, study)["id"]
    table = app.state.services.studies.table
    table.change(key, status="cancelled")

    assert table.claim(key, "job_1")
    assert not table.claim(key, "job_2")
