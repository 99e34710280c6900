"""Reports of a row: what-if, stored run, plan; and the exports beside them."""

from __future__ import annotations

import base64
import csv
import io
import json
import re

import pyarrow.parquet as pq
import pytest
import yaml

from app.pages.explore import exports
from app.report.kinds import report_of
from app.report.row import MATTERS
from tests.app.report.plain import (
    HOSTILE,
    answer,
    assert_alone,
    hostile,
    plain,
    section,
)
from twin.scenario import parse_scenario


def test_the_report_fetches_nothing_and_runs_nothing(whatif, plan):
    assert_alone(report_of(whatif, plan=plan))


def test_the_answer_begins_with_its_number(whatif):
    number, rest = answer(report_of(whatif))

    assert number.startswith("52 servers (+30 %)")
    assert "204.5 kW" in rest


def test_the_report_says_verdict_numbers_assumptions_and_provenance(whatif, plan):
    page = report_of(whatif, plan=plan)
    seen = plain(page)

    assert "Server count and risk" in seen
    assert "control.cap_latency_s" in section(page, "Assumptions")
    assert "POLCA, ASPLOS 2024" in seen
    assert whatif["provenance"]["scenario_sha256"] in section(page, "Provenance")
    assert "numpy " in section(page, "Provenance")


def test_the_report_leaves_the_search_out_where_there_is_none(whatif):
    assert "Server count and risk" not in report_of(whatif)


def test_what_was_set_is_asked_and_what_was_not_is_assumed(whatif):
    page = report_of(whatif)
    asked, assumed = section(page, "What was asked"), section(page, "Assumptions")

    assert "fleet.server_count 52 servers" in asked
    assert "horizon.days 0.1" in asked
    assert "fleet.server_count" not in assumed
    assert "control.cap_latency_s 40 s second-hand" in assumed
    assert "workload.classes.0.share" not in asked  # a default of the whole list


def test_what_matters_comes_first_and_then_the_least_sure(whatif):
    page = report_of(whatif)
    part = page[page.index("</span> Assumptions</h2>") :]
    part = part[: part.index("<details>")]
    paths = re.findall(r"<code>([^<]+)</code>", part)
    first = [path for path in MATTERS if path in paths]
    marks = re.findall(r'<b class="mark">([^<]+)</b>', part)[len(first) :]
    order = ["assumed", "from memory", "second-hand", "fitted", "published", "measured"]

    assert paths[: len(first)] == first
    assert len(first) > 5
    assert marks == sorted(marks, key=order.index)
    assert {"assumed", "second-hand"} <= set(marks)


def test_misses_of_the_models_used_are_listed_with_their_reason(whatif):
    seen = section(report_of(whatif), "Validation")

    assert re.search(r"polca \d+ of 2\d", seen)
    assert "polca.low_p50_at_sensitivity_0_44" in seen
    assert "assumed 0.2 elsewhere" in seen


def test_the_inputs_in_the_report_read_back_as_the_same_scenario(whatif):
    page = report_of(whatif)
    data = re.search(r'href="data:application/yaml;base64,([^"]+)"', page)[1]
    read = yaml.safe_load(base64.b64decode(data))

    assert parse_scenario(read) == parse_scenario(whatif["scenario"])
    assert "control" not in read  # at its default
    assert "nameplate run scenario.yaml" in plain(page)


@pytest.mark.parametrize(
    "policy", [{"name": "no-cap"}, {"name": "polca", "t1_frac": 0.7}], ids=str
)
def test_a_policy_survives_the_inputs_in_the_report(whatif, policy):
    whatif["scenario"]["policy"] = policy
    page = report_of(whatif)
    data = re.search(r'href="data:application/yaml;base64,([^"]+)"', page)[1]

    read = parse_scenario(yaml.safe_load(base64.b64decode(data)))
    assert read.policy == parse_scenario({"policy": policy}).policy


def test_no_limit_broken_is_said_to_be_kept(whatif):
    whatif["run"]["slo_breaches"] = ["low-priority P50 latency +6.7%, allowed +5.0%"]
    whatif["run"]["low"]["p50_impact_frac"] = 0.067
    page = report_of(whatif)

    assert answer(page)[0].startswith("52 servers (+30 %) do not fit")
    assert re.search(r"low-priority P50 .*? ✕ broken", section(page, "What users lose"))


def test_figures_lose_no_peak(whatif):
    """The highest tick of any record is where the band's highest point is drawn."""
    run = whatif["run"]
    page = report_of(whatif)
    band = re.search(r'<path d="(M[^"]+)Z" fill="#b4d2e6"', page)[1]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", band)]
    top = 1.08 * max(run["peak_w"], run["provisioned_w"])

    # axis: 0 at 280, the top at 12 (the frame of a figure 320 high)
    peak = max(run["series"]["row_max_w"])
    assert min(heights) == pytest.approx(280 - (280 - 12) * peak / top, abs=0.2)


def test_names_cannot_inject_markup(whatif, plan):
    whatif["scenario"]["name"] = HOSTILE
    whatif["run"]["slo_breaches"] = [HOSTILE]
    whatif["provenance"] = hostile(whatif["provenance"])
    for level in whatif["run"]["above"]:
        level["name"] = HOSTILE
    page = report_of(whatif, plan=plan)

    assert_alone(page)
    assert "&lt;script&gt;" in page


def test_a_scenario_of_another_format_is_said_not_to_be_read(whatif):
    whatif["scenario"] = {"name": "Old", "of": "another version"}

    assert "cannot read" in plain(report_of(whatif))


def test_a_plan_says_the_largest_count_first(plan):
    page = report_of(plan)
    best = max(v for v in plan["best"].values() if v is not None)
    number, rest = answer(page)

    assert_alone(page)
    assert number == f"{40 + best} servers (+{best})"
    assert "keep every service level" in rest


def test_a_plan_without_any_count_says_none(plan):
    plan = json.loads(json.dumps(plan))
    plan["best"] = dict.fromkeys(plan["best"])
    number, _ = answer(report_of(plan))

    assert number == f"None of {len(plan['cells'])} combinations"


def test_csv_and_parquet_hold_the_same_series(whatif):
    run = whatif["run"]
    rows = list(csv.DictReader(io.StringIO(exports.as_csv(run["series"]).decode())))
    table = pq.read_table(io.BytesIO(exports.series_parquet(run)))

    assert len(rows) == table.num_rows == len(run["series"]["t_s"])
    assert float(rows[3]["row_mean_w"]) == table["row_mean_w"][3].as_py()
    assert table.schema.metadata[b"policy"] == b"polca"


def test_each_export_is_named_after_the_run(whatif):
    content, name = exports.found(whatif, None).file("json")

    assert name == "nameplate-52-servers-polca.json"
    assert json.loads(content)["run"]["server_count"] == 52
