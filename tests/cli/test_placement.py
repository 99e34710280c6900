"""Placement on the command line: tables, the site it writes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
SITE = {
    "name": "Hall [1]",
    "facility": {
        "electrical": [{"name": "U", "kind": "utility", "rated_w": 1e6},
                       {"name": "P", "kind": "pdu", "rated_w": 1e5,
                        "fed_by": ["U"]}],
        "racks": [{"name": f"K{k}", "row": "R", "fed_by": ["P"], "server_count": 0}
                  for k in range(3)],
        "row_limits_w": {"R": 1e6},
    },
    "horizon": {"days": 0.02, "tick_s": 1},
    "workload": {"load": {"requests_per_server_s": 0.1}},
}  # fmt: skip
ASK = {
    "scenario": SITE, "survive": "nothing",
    "place": [{"name": "chat [a]", "server": "dgx-h100", "planned_w": 10_000}],
}  # fmt: skip


def test_a_placement_says_where_what_binds_and_how_sure_it_is(nameplate, scenario_file):
    result = nameplate("placement", scenario_file(ASK), "--strict")

    assert result.exit_code == 0, result.stderr
    assert "Hall [1]: 10 servers placed, 10 in all racks, 100.0 kW" in result.stdout
    assert result.stdout.count("chat [a]") == 2  # its own line, its column of rows
    assert "binding: P at 100.0 %" in result.stdout
    assert "proof: most-servers 10, bound 10: proven best" in result.stdout
    assert "check by the site's model: agrees" in result.stdout


def test_the_site_written_is_one_that_runs(nameplate, scenario_file, answer, tmp_path):
    out = tmp_path / "placed.yaml"

    placed = nameplate("placement", scenario_file(ASK), "--out", out)
    ran = nameplate("site", out, "--json")

    assert placed.exit_code == 0, placed.stderr
    assert f"wrote {out}" in placed.stderr
    assert answer(ran)["server_count"] == 10
    written = yaml.safe_load(out.read_text())
    assert set(written) == {"name", "facility", "horizon", "workload"}


def test_the_example_places_what_the_sites_own_fit_finds_too(nameplate, answer):
    found = answer(nameplate("placement", EXAMPLES / "placement.yaml", "--json"))

    # 52 servers a row, 12 more than the template's 40
    assert found["placed"] == 48
    assert found["verified"]["agrees"]


def test_a_scenario_may_stand_in_a_file_beside(nameplate, scenario_file, answer):
    scenario_file(SITE, name="hall.yaml")

    found = answer(
        nameplate("placement", scenario_file(ASK | {"scenario": "hall.yaml"}), "--json")
    )

    assert found["placed"] == 10


def test_a_scenario_alone_is_filled_with_its_own_servers(
    nameplate, scenario_file, answer
):
    found = answer(nameplate("placement", scenario_file(SITE), "--json"))

    assert found["kinds"][0]["asked"] is None
    assert found["scenario"]["name"] == "Hall [1]"
    # one chain: without it everything is lost by wiring, nothing by overload
    assert found["placed"] > 0
    assert found["verified"]["lost_by_load"] == 0


def test_strict_tells_a_script_that_some_find_no_place(nameplate, scenario_file):
    most = {"place": [ASK["place"][0] | {"server_count": 12}], "partial": True}

    result = nameplate("placement", scenario_file(ASK | most), "--strict")

    assert result.exit_code == 1
    assert "2 servers find no place" in result.stdout


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param(
            ASK | {"place": [{"server": "dgx-h100", "planned_w": 1e4,
                              "server_count": 12}]},
            "is more than fit, 10; P at 100 %, got 12; ask for 10", id="too many",
        ),
        pytest.param(
            ASK | {"facility": {}}, "facility belongs to the scenario; move it under "
            "`scenario:`", id="facility beside the scenario",
        ),
        pytest.param(
            ASK | {"scenario": "none.yaml"}, "must be a file that can be read",
            id="no such scenario",
        ),
        pytest.param(
            {"scenario": SITE | {"policy": {"name": "user", "file": "none.py"}}},
            "scenario.policy.file must be a Python file", id="no such policy",
        ),
        pytest.param({"row": {}}, "scenario.facility is needed", id="a row"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_words(nameplate, scenario_file, document, says):
    result = nameplate("placement", scenario_file(document))

    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("placed.txt", "must end in .yaml, .yml, .json"),
        ("row.yaml/placed.yaml", "must be a folder that can be written"),
        ("folder.yaml", "must be a file"),
        ("row.yaml", "must not be the file that is read"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_first(
    nameplate, scenario_file, tmp_path, out, says
):
    (tmp_path / "folder.yaml").mkdir()
    result = nameplate("placement", scenario_file(ASK), "--out", tmp_path / out)

    assert result.exit_code in (2, 3)
    assert says in result.stderr
    assert result.stdout == ""
