"""Commands answer on stdout, complain on stderr and leave with the right code."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
import yaml

from api.client import Client
from cli import validate
from cli.main import VERBS, app
from cli.scenario_file import load_scenario
from tests.cli.conftest import SHORT, example_scenarios
from twin.scenario import dataset_names

EXAMPLES = Path(__file__).parents[2] / "examples"
PLAN = {**SHORT, "plan": {"added_servers": [0, 4], "policies": ["no-cap", "polca"]}}
IMPOSSIBLE = {
    **PLAN,
    "row": {"base_server_count": 40, "provisioned_w": 50_000.0},
    "plan": {"added_servers": [0], "policies": ["no-cap"]},
}


def without_dataset():
    return [
        path
        for path in example_scenarios()
        if not dataset_names(load_scenario(path).scenario)
    ]


def test_plan_prints_one_document_and_the_largest_count(nameplate, answer,
                                                        scenario_file):  # fmt: skip
    result = nameplate("plan", scenario_file(PLAN), "--json")

    assert result.exit_code == 0, result.stderr
    plan = answer(result)
    assert [(c["policy"], c["added_servers"]) for c in plan["cells"]] == [
        ("no-cap", 0), ("no-cap", 4), ("polca", 0), ("polca", 4),
    ]  # fmt: skip
    assert set(plan["best"]) == {"no-cap", "polca"}


def test_plan_prints_a_table_and_a_line_per_policy(nameplate, scenario_file):
    result = nameplate("plan", scenario_file(PLAN))

    assert result.exit_code == 0, result.stderr
    for head in (
        "Peak, %",
        "above",
        "Caps",
        "Brakes",
        "Low, %",
        "P99",
        "Energy",
        "hold",
    ):
        assert head in result.stdout
    assert "polca: 44 servers (+4, +10%) meet the service levels" in result.stdout


def test_strict_plan_says_no_where_no_count_holds(nameplate, scenario_file):
    path = scenario_file(IMPOSSIBLE)

    lenient, strict = nameplate("plan", path), nameplate("plan", path, "--strict")

    assert lenient.exit_code == 0, lenient.stderr
    assert strict.exit_code == 1
    assert "no-cap: no count meets the service levels" in strict.stdout


def test_strict_run_says_no_where_the_levels_do_not_hold(nameplate, scenario_file):
    result = nameplate("run", scenario_file(IMPOSSIBLE), "--strict")

    assert result.exit_code == 1
    assert "power brakes, allowed 0" in result.stdout


def test_results_are_written_in_every_form(nameplate, answer, scenario_file, tmp_path):
    out = tmp_path / "out"

    result = nameplate("plan", scenario_file(PLAN), "--out", out, "--json")

    assert result.exit_code == 0, result.stderr
    assert sorted(p.name for p in out.iterdir()) == [
        "plan.csv", "plan.json", "plan.parquet", "report.html",
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO((out / "plan.csv").read_text())))
    assert [r["added_servers"] for r in rows] == ["0", "4", "0", "4"]
    assert pq.read_table(out / "plan.parquet").num_rows == 4
    assert yaml.safe_load((out / "plan.json").read_text()) == answer(result)
    report = (out / "report.html").read_text()
    assert report.lstrip().lower().startswith("<!doctype html>")


def test_a_folder_that_cannot_be_written_is_said_before_working(
    nameplate, scenario_file, tmp_path
):
    (tmp_path / "taken").write_text("a file")

    result = nameplate("plan", scenario_file(PLAN), "--out", tmp_path / "taken")

    assert result.exit_code == 3
    assert "--out" in result.stderr


def test_a_wrong_scenario_ends_with_code_2_and_the_line(nameplate, answer,
                                                        scenario_file):  # fmt: skip
    result = nameplate("run", scenario_file("fleet:\n  server_count: 0\n"), "--json")

    assert result.exit_code == 2
    assert "row.yaml:2: fleet.server_count" in result.stderr
    error = answer(result)["error"]
    assert error["code"] == 2
    assert error["errors"][0]["line"] == 2
    assert error["errors"][0]["field"] == "fleet.server_count"


def test_what_only_the_planner_knows_still_has_a_line(nameplate, scenario_file):
    result = nameplate("run", scenario_file("seed: 1\nfleet:\n  server: dgx-a10\n"))

    assert result.exit_code == 2
    assert "row.yaml:3: fleet.server" in result.stderr
    assert "dgx-a100" in result.stderr


def test_an_absent_dataset_says_how_to_get_it(nameplate, scenario_file, monkeypatch):
    monkeypatch.delenv("NAMEPLATE_DATA_DIR", raising=False)
    text = "workload:\n  arrivals: {kind: rates, dataset: servegen-m-large}\n"

    result = nameplate("run", scenario_file(text))

    assert result.exit_code == 2
    assert "nameplate datasets pull servegen-m-large" in result.stderr


def test_a_policy_that_fails_is_refused_without_a_traceback(
    nameplate, scenario_file, tmp_path
):
    (tmp_path / "bad.py").write_text("def decide(load):\n    return 1\n")

    result = nameplate(
        "run", scenario_file("policy: {name: user, file: bad.py}\n" + yaml.dump(SHORT))
    )

    assert result.exit_code == 2
    assert "decide must take" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("server", "code", "rule", "value"),
    [
        pytest.param("http://u:secret@127.0.0.1:9", 3, "must answer",
                     "http://127.0.0.1:9", id="nobody there"),
        pytest.param("foo", 2, "must be an address with http:// or https://", "foo",
                     id="no address"),
        pytest.param("http://a:b:c", 2, "must be an address with http:// or https://",
                     "http://a:b:c", id="no port"),
    ],
)  # fmt: skip
def test_a_server_out_of_reach_is_named_with_its_repair(
    nameplate, answer, scenario_file, server, code, rule, value
):
    asked = "run", scenario_file(SHORT), "--json", "--server", server
    result = nameplate(*asked)

    (error,) = answer(result)["error"]["errors"]
    assert result.exit_code == code
    assert "Server not reachable" in result.stderr
    assert (error["field"], error["rule"], error["value"]) == ("--server", rule, value)
    assert ("nameplate serve" in error["repair"]) == (code == 3)
    assert "secret" not in result.output


def test_a_database_out_of_reach_ends_with_code_3(nameplate, scenario_file,
                                                  monkeypatch):  # fmt: skip
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", "sqlite:////proc/nowhere/x.db")

    result = nameplate("run", scenario_file(SHORT))

    assert result.exit_code == 3
    assert "nameplate doctor" in result.stderr


def test_stopping_cancels_the_job_and_ends_with_code_130(
    nameplate, answer, scenario_file, monkeypatch
):
    cancelled = []
    cancel = Client.cancel_job

    def interrupted(_client, _job_id, _report):
        raise KeyboardInterrupt

    def noted(client, job_id):
        cancelled.append(job_id)
        return cancel(client, job_id)

    monkeypatch.setattr(Client, "wait", interrupted)
    monkeypatch.setattr(Client, "cancel_job", noted)

    result = nameplate("run", scenario_file(SHORT), "--json")

    assert result.exit_code == 130
    assert len(cancelled) == 1
    assert answer(result)["error"]["code"] == 130


def test_a_wrong_setting_is_named(nameplate, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_WORKERS", "many")

    result = nameplate("datasets", "list")

    assert result.exit_code == 2
    assert "NAMEPLATE_WORKERS" in result.stderr


def test_data_import_list_and_refusal(nameplate, answer, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("t_s,prompt_tokens,output_tokens\n0,100,10\n1,200,20\n")

    taken = nameplate("datasets", "import", "mine", path, "--json")
    listed = nameplate("datasets", "list", "--json")
    path.write_text("t_s,prompt_tokens,output_tokens\n0,100,10\n1,oops,20\n")
    refused = nameplate("datasets", "import", "mine", path)

    assert taken.exit_code == 0, taken.stderr
    assert answer(taken)["present"]
    assert "mine" in [d["name"] for d in answer(listed)]
    assert refused.exit_code == 2
    assert "line 3, column prompt_tokens" in refused.stderr


def test_an_unpullable_dataset_ends_with_code_3(nameplate):
    result = nameplate("datasets", "pull", "acme-power-cdf")

    assert result.exit_code == 3
    assert "pickle" in result.stderr


def test_an_unknown_dataset_ends_with_code_2(nameplate):
    result = nameplate("datasets", "pull", "azur")

    assert result.exit_code == 2


def test_doctor_reports_every_part(nameplate, answer):
    result = nameplate("doctor", "--json")

    report = answer(result)
    assert [c["name"] for c in report["checks"]] == [
        "python", "packages", "settings", "kernels", "database", "last run", "datasets",
        "disk", "chromium", "postgresql",
    ]  # fmt: skip
    assert all(c["repair"] for c in report["checks"] if c["state"] != "good")
    assert result.exit_code == (0 if report["healthy"] else 1)


def test_doctor_names_a_data_folder_that_is_none(nameplate, answer, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_DATA_DIR", "/nowhere/at/all")

    result = nameplate("doctor", "--json")

    assert result.exit_code == 1
    bad = {c["name"]: c for c in answer(result)["checks"]}["datasets"]
    assert bad["state"] == "bad"
    assert "/nowhere/at/all" in bad["found"]


def test_doctor_names_a_misspelt_setting_and_the_nearest(
    nameplate, answer, monkeypatch
):
    monkeypatch.setenv("NAMEPLATE_DATABSE_URL", "sqlite://")
    monkeypatch.setenv("NAMEPLATE_QQQ", "1")

    found = {c["name"]: c for c in answer(nameplate("doctor", "--json"))["checks"]}

    settings = found["settings"]
    assert settings["state"] == "note"
    assert "NAMEPLATE_DATABSE_URL, NAMEPLATE_QQQ" in settings["found"]
    assert "did you mean NAMEPLATE_DATABASE_URL?" in settings["repair"]
    assert "NAMEPLATE_CACHE_DIR" not in settings["found"]


@pytest.mark.parametrize("command", ["study", "build-out", "shift", "serving"])
def test_a_scenario_where_other_inputs_are_wanted_is_one_line(
    nameplate, answer, command
):
    file = EXAMPLES / "row.yaml"
    result = nameplate(command, file, "--json")

    (error,) = answer(result)["error"]["errors"]
    assert result.exit_code == 2
    assert (error["field"], error["value"]) == ("FILE", str(file))
    assert error["rule"] == "must not be a scenario"
    assert f"examples/{command.replace('-', '_')}.yaml" in error["repair"]


def test_completion_is_offered_by_the_root_command_alone():
    group = typer.main.get_command(app)
    offering = {
        name
        for name, command in {
            "": group,
            **{v: group.commands[v] for v in VERBS},
        }.items()
        if any("--install-completion" in p.opts for p in command.params)
    }

    assert offering == {""}


def test_version_has_all_four(nameplate, answer):
    found = answer(nameplate("version", "--json"))

    assert set(found) == {"product", "model", "scenario_schema", "python"}


ROW = {
    "id": "polca.x", "system": "POLCA", "quantity": "extra servers", "unit": "1",
    "published": 0.3, "source": "POLCA", "mark": "read", "ours": 0.3,
    "difference": 0.0, "tolerance": 0.01, "passes": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("passes", "options", "code"),
    [
        pytest.param(True, ["--strict"], 0, id="all pass"),
        pytest.param(False, [], 0, id="one fails"),
        pytest.param(False, ["--strict"], 1, id="one fails, strict"),
    ],
)
def test_validate_prints_rows(nameplate, answer, monkeypatch, passes, options, code):
    row = {**ROW, "passes": passes}
    monkeypatch.setattr(validate, "recompute", lambda _prefix, _report: [row])

    result = nameplate("validate", "polca", "--json", *options)

    assert result.exit_code == code
    assert answer(result) == [row]


def test_validate_names_an_unknown_prefix(nameplate):
    result = nameplate("validate", "zzz")

    assert result.exit_code == 2
    assert "PREFIX" in result.stderr


def test_a_port_in_use_is_said(nameplate):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = nameplate("serve", "--port", taken.getsockname()[1])

    assert result.exit_code == 3
    assert "--port" in result.stderr
