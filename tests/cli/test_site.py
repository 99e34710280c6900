"""A site on the command line: tables, files, codes."""

from __future__ import annotations

import csv

from tests.cli.conftest import SHORT

SMALL = {
    **SHORT,
    "facility": {"template": {"design": "2n", "rows_per_hall": 2, "racks_per_row": 3}},
}


def test_a_site_prints_what_binds(nameplate, scenario_file, tmp_path):
    result = nameplate("site", scenario_file(SMALL), "--out", tmp_path / "out")

    assert result.exit_code == 0, result.stderr
    assert "24 servers (+0 to plan)" in result.stdout
    assert "binding: ROW-H1R" in result.stdout
    assert "UPS-H1-A" in result.stdout
    with (tmp_path / "out" / "nodes.csv").open() as file:
        assert {row["name"] for row in csv.DictReader(file)} >= {"UTIL", "PDU-H1-B"}


def test_failures_are_ranked_and_a_script_can_tell(nameplate, answer, scenario_file):
    single = SMALL | {
        "facility": {"template": SMALL["facility"]["template"] | {"design": "n"}}
    }
    result = nameplate("failures", scenario_file(single), "--json", "--strict")

    assert result.exit_code == 1  # one failure alone loses servers
    assert answer(result)["cases"][0]["lost_servers"] == 24
    sound = nameplate("failures", scenario_file(SMALL), "--no-pairs")
    assert sound.exit_code == 0, sound.stderr
    assert "single failures" in sound.stdout


def test_a_row_alone_is_no_site(nameplate, scenario_file):
    result = nameplate("site", scenario_file(SHORT))

    assert result.exit_code == 2
    assert "facility" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_ring_is_refused_by_name(nameplate, scenario_file):
    nodes = [
        {"name": "A", "kind": "ups", "rated_w": 1e5, "fed_by": ["B"]},
        {"name": "B", "kind": "ups", "rated_w": 1e5, "fed_by": ["A"]},
    ]
    bad = SHORT | {
        "facility": {"electrical": nodes, "racks": [{"name": "K", "fed_by": ["A"]}]}
    }
    result = nameplate("site", scenario_file(bad))

    assert result.exit_code == 2
    assert "ring: A -> B -> A" in result.stderr


def test_rows_say_how_many_more_they_take(nameplate, answer, scenario_file):
    path = scenario_file(SMALL)
    result = nameplate("fit", path, "--servers", "3")
    many = nameplate("fit", path, "--servers", "5000", "--strict", "--json")

    assert result.exit_code == 0, result.stderr
    assert "3 of 3 servers find a place" in result.stdout
    assert "H1R1" in result.stdout
    assert many.exit_code == 1
    assert answer(many)["unplaced_servers"] > 0
