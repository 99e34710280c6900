"""Versions of scenarios: kept, named, put back; nobody's change is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from api.client import ApiProblem
from store import scenarios
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.scenarios import Scenarios
from tests.store.schema import downgrade_engine


def numbers(client, key):
    return [v["number"] for v in client.scenario_versions(key)]


def test_every_save_is_a_version_and_an_equal_one_is_not(client):
    client.put_scenario("kept", {"seed": 1})
    client.put_scenario("kept", {"seed": 2})
    client.put_scenario("kept", {"seed": 2})
    client.update_scenario("kept", archived=True)

    first, *older = client.scenario_versions("kept")
    assert (first["number"], [v["number"] for v in older]) == (2, [1])
    assert first["author"] == client.scenario("kept")["changed_by"] != ""
    found = client.scenario_version("kept", 2)
    assert (found["against"], found["scenario"]["seed"]) == (1, 2)
    assert found["changes"] == [{"field": "seed", "before": 1, "after": 2}]


def test_two_who_store_the_same_new_id_at_once_are_both_heard(client, monkeypatch):
    client.put_scenario("theirs", {"seed": 1})
    theirs = client.scenario("theirs")["scenario"]
    find = Scenarios.find

    def late(repository, key):
        found = find(repository, key)
        if found is None and key == "both":  # the other one, in between
            repository.add(id=key, name="Theirs", author="they", body=theirs)
        return found

    monkeypatch.setattr(Scenarios, "find", late)
    client.put_scenario("both", {"seed": 2})

    assert numbers(client, "both") == [2, 1]
    assert client.scenario("both")["scenario"]["seed"] == 2


def test_what_a_page_saves_by_itself_is_one_version_until_named(client, monkeypatch):
    client.put_scenario("auto", {"seed": 1})

    def save(seed, **more):
        client.save_version("auto", changes={"seed": seed}, autosave=True, **more)
        return numbers(client, "auto")

    assert [save(2), save(3), save(4)] == [[2, 1]] * 3
    assert client.scenario_version("auto", 2)["scenario"]["seed"] == 4
    client.save_version("auto", name="As ordered")
    assert client.scenario_versions("auto")[0]["name"] == "As ordered"
    assert [save(5), save(6)] == [[3, 2, 1]] * 2
    monkeypatch.setattr(scenarios, "COALESCED", dt.timedelta(0))
    assert save(7) == [4, 3, 2, 1]
    assert client.scenario_version("auto", 2)["scenario"]["seed"] == 4


def test_an_earlier_version_is_put_back_as_a_new_one(client):
    client.put_scenario("back", {"seed": 1})
    client.put_scenario("back", {"seed": 2})

    restored = client.restore_version("back", 1, version=2)

    assert (restored["scenario"]["seed"], restored["version"]) == (1, 3)
    assert numbers(client, "back") == [3, 2, 1]
    assert client.name_version("back", 1, "First")["name"] == "First"
    assert client.scenario_version("back", 3, against=1)["changes"] == []


def test_a_change_on_an_old_version_says_who_changed_what(client):
    client.put_scenario("race", {"seed": 1})
    client.put_scenario("race", {"seed": 1, "fleet": {"server_count": 52}})

    said = r"changed fleet\.server_count at 20"
    with pytest.raises(ApiProblem, match=said) as caught:
        client.save_version("race", changes={"seed": 9}, version=1)

    problem = caught.value.problem
    assert (problem["status"], problem["errors"][0]["value"]) == (412, 52)
    assert client.scenario("race")["scenario"]["seed"] == 1
    mine = client.create_scenario(scenario_id="race", changes={"seed": 9}, name="M")
    assert (mine["name"], mine["scenario"]["seed"]) == ("M", 9)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda c: c.scenario_version("sample-row", 99), "'99 of sample-row'"),
        (lambda c: c.save_version("sample-row", scenario={}, changes={}), "drop one"),
        (lambda c: c.save_version("sample-row", changes={"sed": 1}), "seed"),
        (lambda c: c.save_version("sample-row", changes={"name": "\x00"}), "NUL"),
    ],
    ids=["no such version", "both inputs", "unknown field", "unreadable"],
)
def test_what_cannot_be_is_refused(client, act, said):
    with pytest.raises(ApiProblem, match=said):
        act(client)
    assert numbers(client, "sample-row") == [1]


def test_pages_of_versions_cover_each_once(client, http):
    for seed in range(1, 6):
        client.put_scenario("paged", {"seed": seed})
    seen, query = [], {"limit": 2}
    while query:
        page = http.get("/api/v1/scenarios/paged/versions", params=query).json()
        seen += [v["number"] for v in page["items"]]
        more = page["next_cursor"]
        query = {"limit": 2, "cursor": more} if more else {}

    assert seen == [5, 4, 3, 2, 1]


def test_scenarios_stored_before_versions_get_their_first(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade_engine(engine, "0003")
    with engine.begin() as connection:
        connection.execute(text(
            "INSERT INTO scenarios (id, name, body, archived, version, created_at,"
            " updated_at) VALUES ('row', 'Row', '{\"seed\": 4}', 0, 3,"
            " '2026-01-05 00:00:00', '2026-01-06 00:00:00')"
        ))  # fmt: skip
    upgrade_engine(engine)

    stored = Scenarios(engine)
    (only,) = stored.versions("row", limit=9)
    assert (only.number, only.revision, only.body) == (1, 3, {"seed": 4})
    assert only.sha256 == scenarios.body_sha256({"seed": 4})
    stored.revise("row", expected=3, author="Ana", name="Row 2", body={"seed": 5})
    assert [v.author for v in stored.versions("row", limit=9)] == ["Ana", ""]
    downgrade_engine(engine, "0003")
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT body FROM scenarios")).scalar_one()
    assert kept == '{"seed": 5}'
    engine.dispose()
