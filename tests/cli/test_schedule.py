"""Levers of a site on the command line."""

from __future__ import annotations

from tests.cli.conftest import SHORT

SMALL = {
    **SHORT,
    "facility": {"template": {"design": "2n", "rows_per_hall": 2, "racks_per_row": 3}},
}


def test_levers_print_as_a_table(nameplate, scenario_file):
    result = nameplate(
        "schedule", scenario_file(SMALL), "--days", "1", "--added", "0.5",
        "--emergency", "power",
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    assert "36 dgx-a100 (+50 % to plan) in 2 rows" in result.stdout
    assert "emergency: power at 15:00:00 for 5 min" in result.stdout
    for lever in ("oblivious", "place", "route", "configure"):
        assert lever in result.stdout


def test_a_script_gets_one_document(nameplate, answer, scenario_file):
    result = nameplate("schedule", scenario_file(SMALL), "--days", "1", "--json")

    found = answer(result)
    assert found["added_frac"] == 0
    assert found["emergency"] == "none"
    assert len(found["levers"]) == 5


def test_wrong_values_end_with_code_2(nameplate, scenario_file):
    no_site = nameplate("schedule", scenario_file(SHORT))
    assert no_site.exit_code == 2
    assert "facility" in no_site.stderr
    assert nameplate("schedule", scenario_file(SMALL), "--added", "2").exit_code == 2
    wrong = nameplate("schedule", scenario_file(SMALL), "--emergency", "flood")
    assert wrong.exit_code == 2
    assert "Traceback" not in wrong.stderr
