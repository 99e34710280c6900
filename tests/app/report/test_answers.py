"""Reports of sites, serving studies, studies and comparisons, from real answers."""

from __future__ import annotations

import copy
import re

import pytest

from app.report.kinds import kind_of, report_of
from tests.app.report.conftest import ALONE, SITE
from tests.app.report.plain import (
    answer,
    assert_alone,
    hostile,
    plain,
    section,
)
from twin.errors import ScenarioError


@pytest.fixture
def study(served, known):
    """A study and its points, by name."""
    _, client = served

    def read(name):
        return client.study(known[name]), list(client.study_points(known[name]))

    return read


# --- site -------------------------------------------------------------------------


def test_a_site_says_how_many_servers_and_what_binds(known):
    run = known["site"]
    page = report_of(run, scenario=SITE, failures=known["failures"])
    number, rest = answer(page)

    assert_alone(page)
    assert number.startswith(f"{run['server_count']} servers")
    assert run["binding"] in rest
    assert re.search(r"single failures? puts? (a server out|servers out)", rest)


def test_a_site_lists_its_tightest_nodes_fullest_first(known):
    run = known["site"]
    seen = section(report_of(run, scenario=SITE), "Tightest nodes")
    shares = {
        n["name"]: max(n["peak_w"], n["failover_w"]) / n["limit_w"]
        for n in run["nodes"] if n["limit_w"]
    }  # fmt: skip

    first = max(shares, key=shares.get)
    assert len(shares) < len(run["nodes"])  # a source without a limit is no bar
    assert seen.index(first) == min(seen.index(n) for n in shares)


def test_a_row_past_its_limit_is_said_with_the_answer(known):
    run = known["site"]
    run["rows"][0] |= {"peak_w": 2 * run["rows"][0]["limit_w"], "peak_frac": 2.0}

    _, rest = answer(report_of(run))
    assert "1 of 1 rows pass their limit in the run, at most 200.0 %" in rest


def test_a_failure_that_puts_servers_out_is_counted(known):
    found = known["failures"]
    found["cases"][0]["lost_servers"] = 4
    _, rest = answer(report_of(known["site"], failures=found))

    singles = sum(len(c["failed"]) == 1 for c in found["cases"])
    lost = " and ".join(found["cases"][0]["failed"])
    assert f"1 of {singles} single failures put servers out, at worst 4" in rest
    assert f"on loss of {lost}" in rest


def test_a_site_without_its_scenario_says_that_the_inputs_are_not_known(known):
    assert "not part of this document" in plain(report_of(known["site"]))


# --- serving ----------------------------------------------------------------------


def test_a_serving_study_says_the_least_watts_within_the_limits(known):
    study = known["serving"]
    for one in study["outcomes"]:
        one["attained_frac"] = 1.0
    study["outcomes"][0]["mean_power_w"] = 20_000.0
    study["outcomes"][1]["mean_power_w"] = 15_000.0
    number, rest = answer(report_of(study))

    assert number == "15 kW"
    assert study["outcomes"][1]["label"] in rest
    assert "25.0 % below" in rest  # 15 of 20 kW


def test_a_serving_study_that_nobody_keeps_says_none(known):
    study = known["serving"]
    for one in study["outcomes"]:
        one["attained_frac"] = 0.5

    number, rest = answer(report_of(study))
    assert number == "0 of 2 systems"
    assert "50.0 %" in rest


def test_every_system_has_its_mark_and_source(known):
    page = report_of(known["serving"])
    seen = section(page, "Assumptions")

    assert_alone(page)
    for one in known["serving"]["outcomes"]:
        assert one["source"] in seen


# --- studies ----------------------------------------------------------------------


def test_a_study_with_objectives_says_the_best_point_and_where(study):
    document, points = study("sweep")
    page = report_of(document, points=points)
    number, rest = answer(page)
    best = points[document["analysis"]["best"]]

    assert_alone(page)
    assert number == f"{best['changes']['fleet.server_count']} servers"
    assert "largest" in rest
    assert "keeps every limit" in rest


def test_a_drawn_study_says_the_chance_and_its_interval(study):
    document, points = study("sweep")
    document["spec"]["objectives"] = []
    document["analysis"]["best"] = None
    passed = sum(p["outputs"]["peak_frac"] > 0.8 for p in points)
    number, rest = answer(report_of(document, points=points))

    assert number == f"{100 * passed / len(points):.1f} %"
    assert "95 % interval) that peak ÷ limit is above 80 %" in rest


def test_points_without_an_answer_are_said_with_the_answer(study):
    document, points = study("sweep")
    document["points"]["failed"] = 2
    for point in points[:2]:
        point |= {"outputs": None, "error": {
            "field": "fleet.server_count", "rule": "must fit", "value": 3,
            "repair": "lower it",
        }}  # fmt: skip
    page = report_of(document, points=points)

    assert "2 further points have no answer and are left out" in answer(page)[1]
    assert "lower it" in section(page, "Points without an answer")


def test_a_study_of_one_axis_at_a_time_says_the_widest_swing(study):
    document, points = study("alone")
    page = report_of(document, points=points)
    number, rest = answer(page)
    bar = document["analysis"]["tornado"][0]["bars"][0]

    swing = 100 * abs(bar["at_high"] - bar["at_low"])
    assert float(number.split()[0]) == pytest.approx(swing, rel=0.01)
    assert number.endswith("points")
    assert "alone moves peak ÷ limit" in rest
    assert "Distribution" not in page  # its points are no sample
    assert ALONE["name"] in plain(page)


def test_every_figure_of_a_study_is_there(study):
    document, points = study("sweep")
    page = report_of(document, points=points)

    for name in ("Distribution", "Heat map", "Best points", "Every point"):
        assert (
            "<svg" in page[page.index(f"</span> {name}</h2>") :].split("</section>")[0]
        )
    front = section(page, "Best points")
    assert all(f" {n} " in f" {front} ".replace(",", "")
               for n in document["analysis"]["pareto"])  # fmt: skip


def test_a_study_can_be_told_without_its_points(study):
    document, _ = study("sweep")
    document |= {"status": "running"}
    page = report_of(document)

    assert "The study is running: 24 of 24 points" in answer(page)[1]
    assert "Distribution" in page  # of all points, by the analysis


def test_a_study_without_analysis_still_has_a_report(study):
    document, points = study("sweep")
    document |= {"analysis": None, "status": "failed"}
    page = report_of(document, points=points[:3])

    assert_alone(page)
    assert "none is analysed yet" in answer(page)[1]


def test_a_rare_event_says_its_probability(study):
    document, points = study("sweep")
    document["analysis"]["rare"] = {
        "probability": 2.5e-5, "low": 1e-5, "high": 5e-5, "level": 0.95,
        "method": "splitting",
    }  # fmt: skip
    number, rest = answer(report_of(document, points=points))

    assert number == "2.5e\N{MINUS SIGN}05"
    assert "by splitting" in rest


# --- comparisons ------------------------------------------------------------------


@pytest.fixture
def comparison(served, known):
    _, client = served
    return client.compare([{"run_id": known["run 40"]}, {"run_id": known["run 52"]}])


def test_a_comparison_begins_with_its_largest_difference(comparison):
    page = report_of(comparison)
    number, rest = answer(page)
    first = comparison["outputs"][0]

    assert_alone(page)
    assert number[0] in "+\N{MINUS SIGN}"
    assert first["label"][1:] in rest


def test_every_input_that_differs_is_listed_with_both_values(comparison):
    seen = section(report_of(comparison), "Inputs that differ")

    assert "fleet.server_count 40 servers 52 servers" in seen


def test_a_difference_has_the_sign_of_its_value(comparison):
    seen = section(report_of(comparison), "Figures")
    peak = next(o for o in comparison["outputs"] if o["key"] == "peak_w")
    change = (peak["values"][1] - peak["values"][0]) / 1e3

    found = re.search(r"Highest row power, kW ([\d.]+) ([\d.]+) ([+−][\d.]+) kW", seen)
    assert float(found[3].replace("\N{MINUS SIGN}", "-")) == pytest.approx(
        change, rel=1e-3
    )


def test_equal_items_do_not_differ(served, known):
    _, client = served
    found = client.compare([{"run_id": known["run 40"]}] * 2)

    assert answer(report_of(found))[1].startswith("do not differ")


# --- all --------------------------------------------------------------------------

KEPT = frozenset({
    "key", "field", "output", "kind", "unit", "status", "side", "system", "better",
    "policy", "verdicts", "design", "question", "goal", "method", "page", "mark",
})  # fmt: skip
"""Texts that mean something to the report; the server itself writes them."""


def test_no_text_of_any_answer_becomes_markup(known, study, comparison):
    document, points = study("sweep")
    for found, more in (
        (known["site"], {"failures": hostile(known["failures"])}),
        (known["serving"], {}), (comparison, {}),
        (document, {"points": hostile(points, KEPT | {"changes", "outputs"})}),
    ):  # fmt: skip
        page = report_of(hostile(found, KEPT), **more)
        assert_alone(page)
        assert page.count("&lt;script&gt;") > 5


def test_a_document_without_a_report_is_refused_by_name(known):
    assert kind_of({"a": 1}) is None
    with pytest.raises(ScenarioError, match="must be an answer that has a report"):
        report_of({"nothing": "known"})
    with pytest.raises(ScenarioError, match="its failures are told with it"):
        report_of(known["failures"])


def test_a_comparison_draws_the_limit_and_colours_no_chance(comparison):
    found = copy.deepcopy(comparison)
    limit_kw = found["items"][0]["limit_w"] / 1e3
    before = report_of(found)
    assert f"limit {limit_kw:.1f} kW" in before
    assert '<span class="bad">+' in before

    for one in found["outputs"]:
        for change in one["differences"]:
            change["times"] = min(change["times"] or 0.0, 0.8)
    page = report_of(found)
    assert '<span class="bad">+' not in page
    assert '<span class="good">+' not in page
