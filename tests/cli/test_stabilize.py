"""Training sites on the command line: verdicts, sizing, reports, files, codes."""

from __future__ import annotations

import csv
import html
import json
from pathlib import Path

import pytest
import yaml

from cli.scenario_file import load_scenario
from cli.stabilize import window_s
from cli.stabilize_tables import short_measures
from twin.scenario import apply_changes, parse_scenario

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = {"name": "Hall [1]", "training": {
    "horizon_s": 130.0, "sample_s": 0.005, "rules": ["ercot-2026", "caiso-ramp"],
    "jobs": [{"gpu_count": 16_000, "start_s": 20.0}],
    "measures": {"smoothing": {"hysteresis_s": 0},
                 "site": {"power_w": 1e7, "energy_j": 1e9}},
    "ups": {},
}}  # fmt: skip
OPTIONS = {
    "floors_frac": [0.0, 0.9], "ballasts_frac": [0.0], "ramps_s": [0.0],
    "psu_j_per_gpu": [0.0], "rack_kwh": [0.0, 1.0], "site_power_frac": [0.0, 0.5],
    "site_hours": [0.5], "site_filter_s": [30.0],
}  # fmt: skip


def site(**changes):
    return SMALL | {"training": SMALL["training"] | changes}


def test_a_study_says_each_rule_with_its_margin_and_what_it_costs(
    nameplate, scenario_file
):
    result = nameplate("stabilize", scenario_file(SMALL))

    assert result.exit_code == 0, result.stderr
    said = result.stdout
    assert "Hall [1]: keeps all 1 rules" in said
    assert "ercot-2026" in said
    assert "10.00 MW" in said
    assert "NO → yes" in said
    assert "not judged: caiso-ramp: " in said
    assert "needs at least 1200 s" in said
    assert "jobs slowed by" in said
    assert "site store (0.28 MWh, 10.00 MW each, low-pass): charge" in said
    assert "inter-area" in said
    assert "nogrr282 (ERCOT), 0.4 pu for 200 ms: not kept" in said


def test_json_is_the_answer_of_the_api(nameplate, answer, scenario_file):
    found = answer(nameplate("stabilize", scenario_file(SMALL), "--json"))

    assert {"verdicts", "modes", "window", "assumptions"} <= set(found)
    assert found["verdicts"][0]["after"]["passes"]


@pytest.mark.parametrize(
    ("measures", "code"), [({}, 1), (SMALL["training"]["measures"], 0)],
    ids=["bare site", "with measures"],
)  # fmt: skip
def test_strict_tells_a_script_whether_a_rule_fails(
    nameplate, scenario_file, measures, code
):
    path = scenario_file(site(measures=measures, rules=["ercot-2026"]))

    assert nameplate("stabilize", path, "--strict").exit_code == code
    assert nameplate("stabilize", path).exit_code == 0


def test_strict_counts_a_rule_that_could_not_be_judged(nameplate, scenario_file):
    assert nameplate("stabilize", scenario_file(SMALL), "--strict").exit_code == 1


def test_known_rules_tables_and_modes_are_listed_with_source_and_date(
    nameplate, answer
):
    result = nameplate("stabilize", "--rules")
    known = answer(nameplate("stabilize", "--rules", "--json"))

    assert result.exit_code == 0, result.stderr
    for kind in ("rules", "tables", "modes"):
        for item in known[kind]:
            assert item["key"] in result.stdout
            assert item["date"] in result.stdout
    assert "second-hand" in result.stdout


def test_sizing_says_the_best_and_writes_it_for_the_scenario(
    nameplate, answer, scenario_file, tmp_path
):
    path = scenario_file(site(sizing=OPTIONS))
    result = nameplate("stabilize", path, "--size", "--out", tmp_path / "out")
    found = json.loads((tmp_path / "out" / "size.json").read_text())

    assert result.exit_code == 0, result.stderr
    assert f"{found['passing']} of 8 combinations pass; least cost: " in result.stdout
    assert "Pareto front" in result.stdout
    assert "price of energy +20 %: the same" in result.stdout
    with (tmp_path / "out" / "tried.csv").open() as file:
        tried = list(csv.DictReader(file))
    assert len(tried) == 8
    assert [int(t["index"]) for t in tried if t["best"] == "True"] == [found["best"]]

    text = result.stdout.partition("under training:\n")[2]
    own = yaml.safe_load(text) | {"rules": ["ercot-2026"]}
    again = scenario_file(site(**own), "again.yaml")
    assert nameplate("stabilize", again, "--strict").exit_code == 0


def test_a_search_without_a_winner_says_the_nearest(nameplate, scenario_file):
    none = OPTIONS | {"floors_frac": [0.0], "rack_kwh": [0.0], "site_power_frac": [0.0]}
    result = nameplate(
        "stabilize", scenario_file(site(sizing=none)), "--size", "--strict"
    )

    assert result.exit_code == 1
    assert "none of 1 combinations passes; nearest: no measure" in result.stdout


def test_measures_are_written_without_their_defaults():
    scheduling = {"stagger_s": 0.0, "take_turns": False, "start_ramp_s": 0.0,
                  "end_ramp_s": 0.0, "clock_frac": 1.0}  # fmt: skip
    measures = {
        "scheduling": scheduling, "smoothing": {"floor_frac": 0.9, "hysteresis_s": 0.0},
        "rack": {"power_w": 5.0, "energy_j": 9.0, "gain": 1.0},
    }  # fmt: skip

    assert short_measures(measures) == {
        "smoothing": {"hysteresis_s": 0.0}, "rack": {"power_w": 5.0, "energy_j": 9.0}
    }  # fmt: skip


def test_files_hold_the_envelope_and_the_verdicts(nameplate, scenario_file, tmp_path):
    out = tmp_path / "out"
    result = nameplate("stabilize", scenario_file(SMALL), "--out", out)

    assert result.exit_code == 0, result.stderr
    study = json.loads((out / "stabilize.json").read_text())
    with (out / "waveform.csv").open() as file:
        wave = list(csv.DictReader(file))
    highest_w = max(float(row["before_high_w"]) for row in wave)
    assert highest_w == pytest.approx(study["before"]["highest_w"], abs=1.0)
    assert float(wave[0]["site_charge_mean_frac"]) == pytest.approx(0.5)
    with (out / "verdicts.csv").open() as file:
        rules = {row["key"]: row for row in csv.DictReader(file)}
    assert rules["ercot-2026"]["unit"] == "W"
    assert rules["caiso-ramp"]["why_not"]


def test_the_report_has_every_rule_and_assumption(nameplate, answer, scenario_file,
                                                  tmp_path):  # fmt: skip
    path, page = scenario_file(SMALL), tmp_path / "sub" / "report.html"
    result = nameplate("stabilize", path, "--report", page, "--json")

    assert result.exit_code == 0, result.stderr
    found, text = answer(result), html.unescape(page.read_text())
    for verdict in found["verdicts"]:
        assert verdict["key"] in text
        assert verdict["source"] in text
    for item in found["assumptions"]:
        section, _, name = item["path"].rpartition(".")
        assert f"<code>{section}</code>" in text
        assert f"<code>{name}</code>" in text
        assert item["meaning"] in text
    assert "A closer look" in text
    asked = json.loads(text.rpartition("<pre>")[2].partition("</pre>")[0])
    assert parse_scenario(asked) == load_scenario(path).scenario


def test_the_closer_look_lies_inside_the_run():
    late = {"before": {"at_s": 129.0, "margin_frac": -1.0}}
    study = {"horizon_s": 130.0, "jobs": [{"iteration_s": 2.0}], "verdicts": [late]}

    assert window_s(study) == (114.0, 130.0)
    assert window_s(study | {"verdicts": []}) == (61.0, 77.0)
    assert window_s(study | {"horizon_s": 9.0}) == (0.0, 9.0)


@pytest.mark.parametrize(
    ("changes", "line", "field", "says"),
    [
        ({"rules": ["ercot"]}, 5, "training.rules", "choose among"),
        ({"sample_s": -1}, 4, "training.sample_s", ""),
        ({"measures": {"site": {"power_w": 1e7, "energy_j": 0}}}, None,
         "training.measures.site.energy_j", "greater than 0"),
        ({"ride_tables": ["ferc"]}, None, "training.ride_tables", "nogrr282"),
        ({"jobs": [{"gpu": "h900"}]}, None, "training.jobs.0", "h900"),
    ],
    ids=["unknown rule", "negative sample", "empty store", "unknown table",
         "unknown GPU"],
)  # fmt: skip
def test_a_mistake_names_field_and_line(
    nameplate, scenario_file, changes, line, field, says
):
    text = yaml.safe_dump(site(**changes), sort_keys=False)
    path = scenario_file(text)
    result = nameplate("stabilize", path)

    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
    assert field in result.stderr
    assert says in result.stderr
    place = result.stderr.partition(f"{path}:")[2]
    assert place[:1].isdigit()
    if line is not None:
        assert place.startswith(f"{line}:")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "FILE is needed"),
        (["--size", "--report", "x.html"], "belongs to a run, not to --size"),
        (["--report", "."], "must be a file"),
    ],
    ids=["no file", "report of a search", "folder as report"],
)
def test_what_cannot_be_meant_is_refused(nameplate, scenario_file, arguments, says):
    file = [scenario_file(SMALL)] if arguments else []
    result = nameplate("stabilize", *file, *arguments)

    assert result.exit_code == 2
    assert says in result.stderr


def test_a_row_alone_has_nothing_to_stabilize(nameplate, scenario_file):
    result = nameplate("stabilize", scenario_file({"name": "Row"}))

    assert result.exit_code == 2
    assert "training is needed to stabilize" in result.stderr


def test_the_example_passes_its_rules(nameplate, answer, scenario_file):
    scenario = apply_changes(
        load_scenario(EXAMPLES / "stabilize.yaml").scenario,
        {"training.sample_s": 0.005, "training.rules": ["ercot-2026", "ieso-15s"]},
    )
    result = nameplate(
        "stabilize", scenario_file(scenario.model_dump(mode="json")), "--strict"
    )

    assert result.exit_code == 0, result.stdout


def test_help_names_the_verbs(nameplate):
    said = nameplate("--help").stdout

    assert "stabilize" in said
    assert "learn" in said
