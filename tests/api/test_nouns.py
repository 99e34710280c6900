"""Sites, scenarios, catalogue, datasets: what is stored comes back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from fastapi._compat import ModelField

from api.client import ApiProblem, Client
from api.main import create_app
from api.version import PRODUCT_VERSION
from store.settings import Settings
from tests.api.conftest import SHORT

ROOT = Path(__file__).parents[2]


def test_health_names_the_database(client):
    found = client.health()

    assert found["status"] == "ok"
    assert found["database"] == "sqlite"
    assert found["kernel"] == "cold"
    assert "the first question about a row compiles" in found["kernel_words"]

    client.what_if(changes=SHORT, scenario_id="sample-row")

    found = client.health()
    assert (found["kernel"], found["kernel_words"]) == (
        "warm", "Compiled: rows are answered at once",
    )  # fmt: skip


def test_a_server_has_built_its_routes_before_it_answers(tmp_path, monkeypatch):
    """At the first request the warnings of it went into the log."""
    built, build = [], ModelField.__post_init__
    monkeypatch.setattr(
        ModelField, "__post_init__", lambda field: built.append(field) or build(field)
    )
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'np.db'}",
                        cache_dir=tmp_path / "cache")  # fmt: skip
    with Client.in_process(create_app(settings, warm=False)) as client:
        before = len(built)
        assert client.health()["status"] == "ok"

    assert len(built) == before > 100


def test_version_is_that_of_the_project(client):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert client.version()["product"] == PRODUCT_VERSION == project["version"]


def test_an_empty_database_gets_the_sample(client):
    scenario = client.scenario("sample-row")

    assert scenario["scenario"]["row"]["base_server_count"] == 40
    assert client.site("sample-site")["name"] == "Sample site"


def test_site_lives_through_create_change_delete(client):
    site = client.create_site({"name": "Madrid 2", "time_zone": "Europe/Madrid"})
    assert client.update_site(site["id"], notes="hall 2")["notes"] == "hall 2"
    assert client.site(site["id"])["time_zone"] == "Europe/Madrid"
    assert site["id"] in {s["id"] for s in client.sites()}

    client.delete_site(site["id"])

    with pytest.raises(ApiProblem, match="does not exist"):
        client.site(site["id"])


def test_unknown_time_zone_is_refused(client):
    with pytest.raises(ApiProblem) as caught:
        client.create_site({"name": "x", "time_zone": "Europe/Madird"})
    assert caught.value.problem["errors"][0]["field"] == "time_zone"


def test_putting_a_scenario_twice_changes_nothing(client, http):
    body = {"scenario": {"name": "Row 9", "seed": 7}}
    first = http.put("/api/v1/scenarios/row-9", json=body)
    second = http.put("/api/v1/scenarios/row-9", json=body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert second.headers["etag"] == '"1"'


def test_putting_other_inputs_raises_the_version(client):
    client.put_scenario("row-10", {"seed": 1})

    changed = client.put_scenario("row-10", {"seed": 2}, version=1)

    assert (changed["version"], changed["scenario"]["seed"]) == (2, 2)


def test_a_change_on_an_old_version_is_refused(client):
    client.put_scenario("row-11", {"seed": 1})
    client.put_scenario("row-11", {"seed": 2})

    with pytest.raises(ApiProblem, match="is at version 2") as caught:
        client.put_scenario("row-11", {"seed": 3}, version=1)

    assert caught.value.status == 412
    assert client.scenario("row-11")["scenario"]["seed"] == 2


def test_renaming_changes_the_inputs_name_too(client):
    made = client.create_scenario({"name": "before"})

    renamed = client.update_scenario(made["id"], name="after")

    assert (renamed["name"], renamed["scenario"]["name"]) == ("after", "after")


def test_archived_scenarios_can_be_left_out(client):
    made = client.create_scenario({"name": "old"})
    client.update_scenario(made["id"], archived=True)

    assert made["id"] in {s["id"] for s in client.scenarios(archived=True)}
    assert made["id"] not in {s["id"] for s in client.scenarios(archived=False)}


def test_a_clone_has_the_same_inputs(client):
    made = client.create_scenario({"name": "one", "seed": 9}, site_id="sample-site")

    copy = client.clone_scenario(made["id"], name="two")

    assert copy["id"] != made["id"]
    assert copy["scenario"] == made["scenario"] | {"name": "two"}
    assert copy["site_id"] == "sample-site"


def test_deleting_a_site_keeps_its_scenarios(client):
    site = client.create_site({"name": "short-lived"})
    made = client.create_scenario({"name": "stays"}, site_id=site["id"])

    client.delete_site(site["id"])

    assert client.scenario(made["id"])["site_id"] is None
    client.delete_scenario(made["id"])


def test_scenario_of_an_unknown_site_is_refused(client):
    with pytest.raises(ApiProblem) as caught:
        client.create_scenario({}, site_id="nowhere")
    assert caught.value.problem["errors"][0]["field"] == "site_id"


def test_pages_cover_every_item_once(client, http):
    for n in range(5):
        client.create_scenario({"name": f"page {n}"})
    seen, query = [], {"limit": 2}
    while True:
        page = http.get("/api/v1/scenarios", params=query).json()
        assert len(page["items"]) <= 2
        seen += [s["id"] for s in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert len(seen) == len(set(seen))
    assert seen == [s["id"] for s in client.scenarios()]
    assert len(seen) >= 6


def test_every_catalogue_value_has_unit_and_source(client):
    for server in client.servers():
        figures = {
            **server["figures"],
            **server["gpu"]["figures"],
            **server["measured"],
        }
        assert {"rated_w", "host_w", "tdp_w"} <= set(figures)
        assert all(f["unit"] and f["source"] and f["mark"] for f in figures.values())


def test_models_are_those_of_the_server(client):
    a100 = client.models("dgx-a100")

    assert {"bloom-176b", "llama2-70b"} <= {m["model"] for m in a100}
    assert {m["server"] for m in a100} == {"dgx-a100"}
    assert all(m["source"] for m in client.models())


def test_policies_show_their_settings(client):
    found = {p["name"]: p for p in client.policies()}
    settings = {s["name"]: s for s in found["polca"]["settings"]}

    assert settings["t1_frac"]["default"] == 0.8
    assert settings["t1_frac"]["unit"] == "1"
    assert found["user"]["allowed"] is False


def test_scenario_schema_has_units(client):
    schema = client.scenario_schema()

    assert schema["$defs"]["Control"]["properties"]["cap_latency_s"]["unit"] == "s"


def test_datasets_name_licence_and_presence(client):
    found = {d["name"]: d for d in client.datasets()}

    assert found["azure-llm-2023-conv"]["licence"]
    assert found["azure-llm-2023-conv"]["present"] is False


def test_an_imported_dataset_can_be_listed(client, tmp_path):
    path = tmp_path / "mine.csv"
    rows = [f"2026-01-05 00:00:{s:02d},{100 + s},{20 + s}" for s in range(30)]
    path.write_text("\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *rows]))

    made = client.import_dataset("mine", "requests", path)

    assert made["present"] is True
    assert "mine" in {d["name"] for d in client.datasets()}


def test_an_import_names_the_wrong_line(client, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-01-05 00:00:01,-4,20\n"
    )

    with pytest.raises(ApiProblem, match="line 2") as caught:
        client.import_dataset("bad", "requests", path)

    assert caught.value.status == 422
    assert "bad" not in {d["name"] for d in client.datasets()}


def test_pulling_an_unknown_dataset_names_those_known(client):
    with pytest.raises(ApiProblem, match="azure-llm-2023-conv"):
        client.pull_dataset("azure")
