"""Comparisons on the command line: what may be named, tables, and the right codes."""

from __future__ import annotations

import csv
import io

import pytest
import yaml

from tests.cli.conftest import SHORT

MORE = {**SHORT, "name": "More", "fleet": {"server_count": 52}}


@pytest.fixture
def two(scenario_file):
    """Files of today's row, and of one with twelve more servers."""
    return scenario_file({**SHORT, "name": "Today"}), scenario_file(MORE, "more.yaml")


def test_files_stand_side_by_side_the_largest_difference_first(nameplate, two):
    result = nameplate("compare", *two)

    assert result.exit_code == 0, result.stderr
    assert "1  Today (baseline), holds" in result.stdout
    (servers,) = [x for x in result.stdout.splitlines() if "fleet.server_count" in x]
    assert servers.split()[-2:] == ["40", "52"]
    assert "Requests turned away" not in result.stdout
    assert "--everything lists them" in result.stdout


def test_everything_is_listed_where_asked_for(nameplate, two):
    assert "Requests turned away" in nameplate("compare", *two, "--everything").stdout


def test_json_is_the_answer_of_the_api(nameplate, answer, two):
    found = answer(nameplate("compare", *two, "--baseline", "2", "--json"))

    assert found["baseline"] == 1
    assert {"items", "inputs", "outputs", "series", "events", "warnings"} <= set(found)
    assert found["series"]


def test_csv_has_a_row_for_every_figure(nameplate, answer, two):
    rows = list(csv.DictReader(io.StringIO(nameplate("compare", *two, "--csv").stdout)))
    found = answer(nameplate("compare", *two, "--json"))

    assert [row["key"] for row in rows] == [o["key"] for o in found["outputs"]]


def test_stored_runs_and_changed_scenarios_can_be_mixed(nameplate, answer, home, two):
    nameplate("run", two[0])
    changes = "~".join([
        "sample-row", "horizon.days=0.02", "fleet.server_count=52",
        "workload.load.requests_per_server_s=0.1",
    ])  # fmt: skip
    found = answer(nameplate("compare", changes, two[1], "--json"))
    peak = next(o for o in found["outputs"] if o["key"] == "peak_w")

    assert [item["source"] for item in found["items"]] == ["scenario", "scenario"]
    assert peak["values"][0] == peak["values"][1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("run_none", "sample-row"), "items.0.run_id", id="no such run"),
        pytest.param(("sample-row", "none"), "items.1.scenario_id", id="no scenario"),
        pytest.param(("sample-row", "nowhere.yaml"), "nowhere.yaml", id="no such file"),
        pytest.param(("sample-row",), "must be two to 8", id="one alone"),
        pytest.param(("sample-row", "sample-row", "--baseline", "3"), "must be 1 to 2",
                     id="no such baseline"),
        pytest.param(("sample-row", "row.yaml~seed=2"), "no change behind it",
                     id="a changed file"),
        pytest.param(("plan_none", "sample-row"), "items.0", id="no cell named"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_wrong_input(nameplate, arguments, words):
    result = nameplate("compare", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr


def test_a_refusal_is_json_too(nameplate, answer):
    found = answer(nameplate("compare", "run_none", "sample-row", "--json"))

    assert found["error"]["errors"][0]["field"] == "items.0.run_id"


def test_an_example_is_compared_with_itself_changed(nameplate, scenario_file):
    text = yaml.safe_dump({**SHORT, "policy": {"name": "no-cap"}})
    result = nameplate(
        "compare", scenario_file(text, "a.yaml"), scenario_file(text, "b.yaml")
    )

    assert "same inputs" in result.stdout
