"""Every extension point of docs/extending.md, with its example, end to end."""

from __future__ import annotations

import json
import runpy
import shutil
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from agent.clock import HostClock, ServerClock
from agent.host import SourceError, SourceThread
from agent.recorder import Recorder
from api.client import ApiProblem, Client
from api.main import create_app
from cli.main import app
from cli.scenario_file import load_scenario
from store.exchange.sources import TOPOLOGIES, Source
from store.own_catalogue import own_catalogue
from store.settings import Settings
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario import parse_scenario

EXTEND = Path(__file__).parents[1] / "examples/extend"
SITE = EXTEND / "site.yaml"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    home = tmp_path_factory.mktemp("extend")
    return Settings(
        database_url=f"sqlite:///{home}/np.db", cache_dir=home / "cache",
        own_dir=EXTEND, allow_user_policy=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(settings):
    return create_app(settings, warm=False)


@pytest.fixture(scope="module")
def client(server):
    with Client.in_process(server) as client:
        yield client


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(SITE).scenario.model_dump(mode="json")


def test_one_command_runs_a_site_of_own_server_plant_and_policy(tmp_path, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", f"sqlite:///{tmp_path}/np.db")
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("NAMEPLATE_OWN_DIR", str(EXTEND))
    monkeypatch.setenv("NAMEPLATE_ALLOW_USER_POLICY", "true")

    ran = CliRunner().invoke(app, ["site", str(SITE), "--json"])

    assert ran.exit_code == 0, ran.output
    rows = json.loads(ran.stdout)["rows"]
    # 16 planned servers of a row, each provisioned at the 8100 W of the file
    assert [row["limit_w"] for row in rows] == [16 * 8100.0] * 2


def test_own_plant_and_server_move_the_answer_by_what_their_files_say(client, scenario):
    ours = client.cooling_year(scenario=scenario)
    scenario["facility"]["cooling"]["plant"] = "water-cooled"
    theirs = client.cooling_year(scenario=scenario)

    assert ours["pue"] < theirs["pue"]


def test_a_file_counts_by_its_content_not_its_name(client, scenario):
    scenario["own"] = {"servers": [
        yaml.safe_load((EXTEND / "servers/our-8x-h100.yaml").read_text())
        | {"provisioned_w": {"value": 9000, "source": "other", "mark": "assumed"}}
    ]}  # fmt: skip
    found = client.what_if(scenario=scenario | {"facility": None, "policy": {
        "name": "no-cap"}}, changes={"row.base_server_count": 10})  # fmt: skip

    assert found["run"]["provisioned_w"] == 90_000.0
    brought = parse_scenario(scenario)
    assert brought.server().provisioned_w.source == "other"


def test_own_rule_judges_the_training_site(client, scenario):
    (verdict,) = client.stabilize_run(scenario=scenario)["verdicts"]

    assert verdict["key"] == "our-utility"
    assert not verdict["before"]["passes"]  # 65,536 GPUs start at once: far over 40 MW


def test_the_catalogue_lists_own_entries_with_their_files(client):
    servers = {s["key"]: s for s in client.servers()}
    plants = {p["key"]: p for p in client.plants()}

    ours = servers["our-8x-h100"]
    assert ours["file"] == "servers/our-8x-h100.yaml"
    assert ours["figures"]["host_w"]["mark"] == "fitted"
    assert ours["full_w"] == pytest.approx(1420 + 1.14 * 8 * 700)
    assert "llama2-70b" in ours["models"]
    assert servers["dgx-h100"]["file"] == ""
    assert plants["lake-water"]["file"] == "plants/lake-water.yaml"
    assert plants["lake-water"]["settings"]["chillers.cop"]["value"] == 7.1
    assert plants["air-cooled"]["file"] == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "says"),
    [
        ("servers/our-8x-h100.yaml", "mark: measured", "mark: sure",
         "servers/our-8x-h100.yaml: provisioned_w.mark", "measured"),
        ("servers/our-8x-h100.yaml", "gpu: h100-sxm-80gb", "gpu: h100",
         "servers/our-8x-h100.yaml: gpu", "h100-sxm-80gb"),
        ("servers/our-8x-h100.yaml", "key: our-8x-h100", "key: dgx-h100",
         "servers/our-8x-h100.yaml: key", "choose another name"),
        ("plants/lake-water.yaml", "chillers.cop", "chillers.cup",
         "plants/lake-water.yaml: settings", "chillers.cop"),
        ("plants/lake-water.yaml", "value: 7.1", "value: -7",
         "plants/lake-water.yaml: settings", "raise it"),
        ("plants/lake-water.yaml", "[0.05, 0.62, 0.33]", "3",
         "plants/lake-water.yaml: settings", "three coefficients"),
        ("plants/lake-water.yaml", "key: lake-water", "- x",
         "plants/lake-water.yaml", "mend its syntax"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_by_file_field_and_repair(
    tmp_path, file, old, new, field, says
):
    shutil.copytree(EXTEND, tmp_path / "own")
    path = tmp_path / "own" / file
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises((ScenarioError, ScenarioErrors)) as refused:
        own_catalogue(tmp_path / "own")

    error = getattr(refused.value, "errors", (refused.value,))[0]
    assert error.field.startswith(field)
    assert says in f"{error.rule} {error.repair}"


def test_unknown_names_are_refused_with_the_nearest_own_one(client, scenario):
    scenario["facility"]["cooling"]["plant"] = "lake-watr"
    with pytest.raises(ApiProblem) as refused:
        client.cooling_year(scenario=scenario)

    (error,) = refused.value.problem["errors"]
    assert error["field"] == "facility.cooling.plant"
    assert "must be a ready-made plant" in error["rule"]


def test_a_source_of_readings_is_thirty_lines(client, server):
    send = runpy.run_path(str(EXTEND / "send_readings.py"))
    start_us = int((time.time() - 3) * 1e6)
    body = send["batch"]("0" * 32, 0, start_us, [41_200.0, 41_350.0])

    name = "busbar-meters"
    _, token = server.state.services.access.tokens.create(
        name=name, scopes=("telemetry:write",), agent=name
    )
    how = {"json": body, "headers": {"authorization": f"Bearer {token}"}}

    first = client._json("POST", "/telemetry", **how)
    again = client._json("POST", "/telemetry", **how)

    assert (first["stored"], first["duplicate"]) == (2, False)
    assert again["duplicate"]


def test_an_import_of_ones_own_works_over_rest_and_by_command(
    client, monkeypatch, tmp_path
):
    book = tmp_path / "book.json"
    book.write_text(json.dumps({"feeds": {"A": 90_000}, "racks": [
        {"name": "K1", "feed": "A", "servers": 4}]}))  # fmt: skip
    with pytest.raises(ApiProblem, match="must be one of netbox, dps"):
        client.preview_import("rackbook", "book", book.read_bytes())
    read = runpy.run_path(str(EXTEND / "import_racks.py"))["read_rackbook"]
    monkeypatch.setitem(TOPOLOGIES, "rackbook", Source("Rack book (JSON)", read))
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", f"sqlite:///{tmp_path}/np.db")

    seen = client.preview_import("rackbook", "book", book.read_bytes())
    kept = client.apply_import(seen["id"])
    ran = CliRunner().invoke(app, ["import", "rackbook", str(book), "--json"])

    assert (seen["status"], seen["counts"]["added"]) == ("previewed", 3)
    assert kept["status"] == "applied"
    body = client.scenario(kept["scenario_id"])["scenario"]["facility"]
    nodes = {n["name"]: n for n in body["electrical"]}
    assert nodes["A"]["rated_w"] == 90_000.0
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["counts"] == seen["counts"]


def test_a_reader_in_the_agent_is_a_class_that_yields_what_it_measured(tmp_path):
    reader = runpy.run_path(str(EXTEND / "agent_reader.py"))["Hwmon"]
    chip = tmp_path / "hwmon3"
    chip.mkdir()
    (chip / "name").write_text("ina3221\n")
    (chip / "power1_input").write_text("412500000\n")
    recorder = Recorder(HostClock(), ServerClock())
    thread = SourceThread(reader(tmp_path, period_s=0.01), recorder)

    thread.start()
    until_s = time.monotonic() + 10
    while not recorder.present() and time.monotonic() < until_s:
        time.sleep(0.01)
    thread.stop()

    assert recorder.present()["host"]["power_w"] == 412.5
    with pytest.raises(SourceError, match="no power sensor"):
        reader(tmp_path / "none").read()


def test_the_page_names_every_example():
    page = (EXTEND.parents[1] / "docs/extending.md").read_text()
    files = [
        p.name
        for p in EXTEND.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    ]

    assert [name for name in files if name not in page] == []
