"""Serving on the command line: tables, files, examples, and the right codes."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = {
    "name": "Hall [1]", "server_count": 8,
    "traffic": {"rate_rps": 10, "length_s": 300},
    "systems": [{"key": "baseline"}, {"key": "greener"}],
}  # fmt: skip


def lines_with(text, word):
    return [line for line in text.splitlines() if word in line]


def test_systems_stand_side_by_side_with_what_they_save(nameplate, scenario_file):
    result = nameplate("serving", scenario_file(SMALL))

    assert result.exit_code == 0, result.stderr
    assert "Hall [1]: 5 min, power of the site" in result.stdout
    (base,) = lines_with(result.stdout, "One pool, all on")
    (greener,) = lines_with(result.stdout, "Greener LLMs")
    assert base.rstrip().endswith("–")
    assert "\N{MINUS SIGN}" in greener
    assert "of what the baseline keeps up with" in result.stdout


def test_json_is_the_answer_of_the_api(nameplate, answer, scenario_file):
    found = answer(nameplate("serving", scenario_file(SMALL), "--json"))

    assert {"outcomes", "refused", "pareto", "inputs", "provenance"} <= set(found)
    assert [o["system"] for o in found["outcomes"]] == ["baseline", "greener"]


def test_systems_can_be_named_instead_of_the_files(nameplate, answer, scenario_file):
    path = scenario_file(SMALL)
    found = answer(
        nameplate("serving", path, "--systems", "buddy, input_power", "--json")
    )

    systems = [o["system"] for o in found["outcomes"]]
    assert systems == ["baseline", "buddy", "input_power"]


def test_a_refused_system_is_said_with_its_repair(nameplate, scenario_file):
    path = scenario_file(SMALL | {"slo": {"tbt_s": 0.0001}})
    result = nameplate("serving", path)

    assert result.exit_code == 0, result.stderr
    (refused,) = lines_with(result.stdout, "refused: Greener LLMs")
    assert "slo must be met" in refused
    assert "add servers" in refused


def test_too_much_traffic_is_a_warning_with_what_would_do(nameplate, scenario_file):
    path = scenario_file(SMALL | {"server_count": 1})
    result = nameplate("serving", path, "--systems", "baseline")

    (warning,) = lines_with(result.stdout, "warning:")
    assert "queues grow" in warning
    assert "use 3 servers" in warning  # 4 requests/s each


def test_pareto_runs_further_server_counts_and_marks_the_front(
    nameplate, answer, scenario_file
):
    path = scenario_file(SMALL)
    shown = nameplate("serving", path, "--pareto")
    found = answer(nameplate("serving", path, "--pareto", "--json"))

    assert "SLO against watts" in shown.stdout
    assert {p["server_count"] for p in found["pareto"]} == {4, 6, 8, 10}
    front = [p for p in found["pareto"] if p["on_front"]]
    assert len(lines_with(shown.stdout, " * ")) == len(front)


def test_files_hold_figures_and_timelines(nameplate, scenario_file, tmp_path):
    out = tmp_path / "out"
    result = nameplate("serving", scenario_file(SMALL), "--out", out)

    assert result.exit_code == 0, result.stderr
    study = json.loads((out / "serving.json").read_text())
    with (out / "systems.csv").open() as file:
        systems = list(csv.DictReader(file))
    with (out / "timelines.csv").open() as file:
        line = [r for r in csv.DictReader(file) if r["system"] == "baseline"]
    with (out / "pools.csv").open() as file:
        pools = [r for r in csv.DictReader(file) if r["system"] == "baseline"]
    base = study["outcomes"][0]
    assert float(systems[0]["energy_j"]) == base["energy_j"]
    assert float(systems[0]["ttft_p99_s"]) == base["latency_s"]["ttft"]["p99"]
    assert [float(r["power_w"]) for r in line] == base["timeline"]["power_w"]
    assert [r["power_w"] for r in pools] == [r["power_w"] for r in line]  # one pool


def test_systems_are_listed_with_knobs_and_sources(nameplate, answer):
    shown = nameplate("serving", "--list")
    known = answer(nameplate("serving", "--list", "--json"))["items"]

    assert shown.exit_code == 0, shown.stderr
    for system in known:
        assert f"{system['key']}: " in shown.stdout
    assert "routing=least_requests" in shown.stdout
    assert "clock_mhz=empty" in shown.stdout


@pytest.mark.parametrize(
    ("change", "says", "line"),
    [
        ({"traffic": {"rate_rps": -1}}, "traffic.rate_rps", 5),
        ({"systems": [{"key": "grener"}]}, "did you mean 'greener'?", None),
        ({"nname": "x"}, "did you mean 'name'?", None),
    ],
    ids=["rate", "system", "key"],
)
def test_what_is_wrong_is_said_with_its_line(
    nameplate, scenario_file, change, says, line
):
    text = json.dumps({"server_count": 2} | change, indent=1)
    path = scenario_file(text, "study.json")
    result = nameplate("serving", path)

    assert result.exit_code == 2
    assert says in result.stderr
    assert f"{path}:" in result.stderr
    if line is not None:
        place = text.splitlines()[line - 2]
        assert "rate_rps" in place
        assert f"{path}:{line - 1}:" in result.stderr


def test_no_system_at_all_is_wrong_input(nameplate):
    result = nameplate("serving", "--systems", ", ")

    assert result.exit_code == 2
    assert "--list names all" in result.stderr


def test_without_a_file_an_hour_of_chat_is_run(nameplate, answer):
    found = answer(nameplate("serving", "--systems", "greener", "--json"))

    assert found["horizon_s"] == 3600
    assert found["outcomes"][0]["arrived"] == pytest.approx(72_000, rel=0.02)


# --- examples -------------------------------------------------------------------------


def test_the_example_study_runs(nameplate, answer):
    found = answer(nameplate("serving", EXAMPLES / "serving.yaml", "--json"))

    labels = [o["label"] for o in found["outcomes"]]
    assert labels == ["One pool, all on", "At 1.6 GHz", "Greener LLMs"]
    assert found["refused"] == []
    assert len(found["pareto"]) == 9


def test_the_example_of_shifting_runs(nameplate):
    result = nameplate("shift", EXAMPLES / "shift.yaml")

    assert result.exit_code == 0, result.stderr
    assert "saved: " in result.stdout
    (shifted,) = lines_with(result.stdout, "shifted: ")
    assert "least spare 6.0 kW" in shifted


# --- a query, shifting ----------------------------------------------------------------


def test_a_query_says_its_preset_its_scatter_and_a_fleets_day(nameplate):
    result = nameplate("query-energy", "--preset", "v1", "--draws", 5000)

    assert result.exit_code == 0, result.stderr
    assert "v1 of arXiv 2509.20241" in result.stdout
    assert lines_with(result.stdout, "typical")
    assert "GWh a day" in result.stdout
    assert "scatters most by output_tokens" in result.stdout


def test_inputs_of_a_query_come_from_a_file(nameplate, answer, scenario_file):
    path = scenario_file({"pue": {"kind": "fixed", "value": 1.0}, "draws": 2000})
    found = answer(nameplate("query-energy", path, "--json"))

    assert found["changed"] == ["pue"]
    assert nameplate("query-energy", path, "--preset", "v9").exit_code == 2


@pytest.fixture
def grid(home):
    """A year at 100 g/kWh, but 10 from the third to the fifth hour."""
    folder = home / "cache" / "grid"
    folder.mkdir(parents=True)
    rows = ["time_utc,price_usd_per_mwh,carbon_g_per_kwh"]
    for hour in range(8760):
        at = dt.datetime(2022, 1, 1) + dt.timedelta(hours=hour)
        rows.append(f"{at},50,{10 if 2 <= at.hour < 5 else 100}")
    (folder / "ours.csv").write_text("\n".join(rows))


JOB = {"name": "batch", "energy_wh": 2000, "power_w": 1000, "deadline_h": 6}


def test_signals_come_from_a_year_of_the_grid(nameplate, answer, grid, scenario_file):
    path = scenario_file({"jobs": [JOB], "headroom_w": [1000] * 6})
    found = answer(nameplate("shift", path, "--grid", "ours", "--json"))

    # 2 kWh at 10 instead of 100 g/kWh, at 50 USD/MWh either way
    assert found["shifted"]["carbon_kg"] == pytest.approx(0.02)
    assert found["at_arrival"]["carbon_kg"] == pytest.approx(0.2)
    assert found["shifted"]["cost_usd"] == pytest.approx(0.1)


def test_steps_that_are_no_hours_do_not_fit_the_grid(nameplate, grid, scenario_file):
    path = scenario_file({"jobs": [JOB], "headroom_w": [1000] * 12, "step_h": 0.5})
    result = nameplate("shift", path, "--grid", "ours")

    assert result.exit_code == 2
    assert "step_h must be 1" in result.stderr
