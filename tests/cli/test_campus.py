"""A campus on the command line: halls, shared limits in words, files, codes."""

from __future__ import annotations

import csv

from tests.cli.conftest import SHORT

CONTRACT_W = 150e3
SMALL = {
    **SHORT,
    "policy": {"name": "no-cap"},
    "facility": {
        "template": {"design": "2n", "halls": 2, "rows_per_hall": 2,
                     "racks_per_row": 3},
        "campus": {"contract_w": CONTRACT_W, "make_up_kg_s": 1.0},
    },
}  # fmt: skip


def test_halls_and_what_binds_are_printed(nameplate, answer, scenario_file):
    path = scenario_file(SMALL)
    said = nameplate("campus", path)
    found = answer(nameplate("campus", path, "--json", "--engine", "serial"))

    assert said.exit_code == 0, said.stderr
    assert "48 servers in 2 halls behind" in said.stdout
    assert f"binding: {found['binding']}" in said.stdout.replace("\n", " ")
    assert found["binding"].startswith("contract at ")
    assert "shared: water at " in said.stdout
    assert [h["name"] for h in found["halls"]] == ["H1", "H2"]
    assert found["engine"] == "serial"


def test_a_folder_gets_every_table(nameplate, answer, scenario_file, tmp_path):
    out = tmp_path / "out"
    result = nameplate("campus", scenario_file(SMALL), "--out", out, "--json")
    found = answer(result)

    tables = {
        path.stem: list(csv.DictReader(path.read_text().splitlines()))
        for path in out.glob("*.csv")
    }
    assert len(tables["racks"]) == 12
    assert len(tables["nodes"]) == found["node_count"]
    drawn = [float(line["max_utility_w"]) for line in tables["series"]]
    assert max(drawn) == found["utility_peak_w"]
    assert (out / "campus.json").exists()


def test_a_script_can_tell_that_a_contract_is_exceeded(nameplate, scenario_file):
    facility = SMALL["facility"] | {"campus": {"contract_w": 50e3}}
    kept = nameplate("campus", scenario_file(SMALL), "--strict")
    short = nameplate("campus", scenario_file(SMALL | {"facility": facility}),
                      "--strict")  # fmt: skip

    assert "contract: exceeded for" in short.stdout
    assert "more than clocks can take away" in short.stdout
    assert short.exit_code == 1
    assert kept.exit_code == (1 if "exceeded for" in kept.stdout else 0)


def test_a_site_says_which_command_holds_the_shared_limits(nameplate, scenario_file):
    result = nameplate("site", scenario_file(SMALL))
    words = " ".join(result.stdout.split())

    assert "does not keep campus.contract_w 150000 W, campus.make_up_kg_s 1" in words
    assert "`nameplate campus` holds the limits that halls share" in words


def test_a_scheduler_that_does_not_answer_is_said_before_work(nameplate, scenario_file):
    path = scenario_file(SMALL)
    result = nameplate("campus", path, "--engine", "tcp://127.0.0.1:9")
    unknown = nameplate("campus", path, "--engine", "cloud")

    assert result.exit_code == 2
    assert "no scheduler answers there" in result.stderr
    assert unknown.exit_code == 2
    assert "must be one of serial, threads, processes" in unknown.stderr
