"""Parts of reports: charts, units, marks of sources, counts of validation rows."""

from __future__ import annotations

import json
import math
import re

import pytest

from app.report import charts, study_charts, validation
from app.report.assumptions import given_table, inputs_of, mark_of
from app.report.inputs import given_only
from app.report.study_data import thinned
from app.report.units import inner, said, scale_of
from app.svg import WIDTH, Axis
from tests.app.report.plain import plain
from twin.scenario import parse_scenario


@pytest.mark.parametrize(
    ("value", "unit", "key", "shown"),
    [
        (204_512.0, "W", "peak_w", "204.5 kW"), (2.5e6, "W", "peak_w", "2.500 MW"),
        (0.0123, "1", "low_p99_impact_frac", "1.23 %"), (3.0, "1", "brakes", "3"),
        (42_000.0, "Wh", "energy_wh", "42 kWh"), (7200.0, "s", "capped_s", "2 h"),
        (0.25, "s", "ttft_s", "0.2500 s"), (None, "W", "", "–"),
        (math.nan, "W", "", "–"), (-1500.0, "W", "", "\N{MINUS SIGN}1.500 kW"),
    ],
    ids=["kW", "MW", "share", "count", "energy", "long time", "short time", "none",
         "undefined", "negative"],
)  # fmt: skip
def test_quantities_are_written_in_units_people_read(value, unit, key, shown):
    assert said(value, unit, key=key) == shown


def test_values_shown_together_have_one_unit():
    scale = scale_of("W", [900.0, 2e6])

    assert [scale.text(v) for v in (900.0, 2e6)] == ["0.0009000 MW", "2 MW"]


def test_labels_inside_a_sentence_keep_their_short_forms():
    assert [inner(w) for w in ("Peak row power", "PUE", "P99 of all")] == [
        "peak row power", "PUE", "P99 of all",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "mark"),
    [
        ("assumed: four 6U servers", "assumed"), ("ours: a few tens", "assumed"),
        ("POLCA, from memory of the paper", "memory"),
        ("Patel et al., ASPLOS 2024 (second-hand quote)", "second-hand"),
        ("fit to ServeGen m-large", "fitted"), ("MLPerf, measured", "measured"),
        ("PJM 2022 mean (EIA hourly generation)", "published"), ("", "choice"),
    ],
    ids=lambda v: v or "none",
)  # fmt: skip
def test_the_words_of_a_source_say_how_sure_it_is(source, mark):
    assert mark_of(source) == mark


def test_only_what_differs_from_its_default_was_given():
    found = {i.path: i for i in inputs_of(parse_scenario({"control": {
        "cap_latency_s": 12}}))}  # fmt: skip

    assert found["control.cap_latency_s"].given
    assert found["control.cap_latency_s"].value == "12"
    assert not found["control.telemetry_delay_s"].given
    assert "Nothing was set" in given_table(inputs_of(parse_scenario({})))


def test_inputs_without_defaults_read_back_the_same():
    asked = parse_scenario({
        "policy": {"name": "one-threshold-all", "threshold_frac": 0.8},
        "facility": {"template": {"design": "n"}, "events": [
            {"t_s": 60, "kind": "utility-outage", "duration_s": 30}]},
        "training": {"jobs": [{"gpu_count": 1024}]},
    })  # fmt: skip
    short = given_only(asked)

    assert parse_scenario(short) == asked
    assert set(short) == {"name", "policy", "facility", "training"}


def test_the_least_and_greatest_bar_end_where_their_values_lie():
    axis = Axis(title="W", low=0.0, high=10.0)
    drawn = charts.bars("t", [charts.Bar(name="a", low=2.5, high=7.5)], axis)
    x, width = re.search(r'<rect x="([\d.]+)" y="12" width="([\d.]+)"', drawn).groups()

    span = WIDTH - 270 - 110  # between names and values
    assert float(x) == pytest.approx(270 + span / 4, abs=0.1)
    assert float(width) == pytest.approx(span / 2, abs=0.1)


def test_bins_hold_every_value_once():
    edges, counts = charts.binned([1.0, 1.0, 2.0, 3.0, 10.0])

    assert sum(counts) == 5
    assert (edges[0], edges[-1]) == (1.0, pytest.approx(10.0))
    assert counts[-1] == 1


def test_the_interval_of_no_event_in_many_is_the_rule_of_three():
    """0 of 300: the exact 97.5 % bound is 1 - 0.025^(1/300) = 1.222 %."""
    low, high = study_charts._interval(0, 300)

    assert low == 0.0
    assert high == pytest.approx(1.0 - 0.025 ** (1 / 300), rel=1e-9)


def test_the_interval_of_half_is_the_published_one():
    """5 of 10: Clopper and Pearson (1934) give 18.71 to 81.29 %."""
    low, high = study_charts._interval(5, 10)

    assert (low, high) == (
        pytest.approx(0.1871, abs=1e-4),
        pytest.approx(0.8129, abs=1e-4),
    )


def test_points_that_matter_are_never_thinned_out():
    points = [{"index": k} for k in range(1000)]
    document = {"points": {"done": 1000}, "analysis": {"best": 777, "pareto": [3, 5]}}
    found = [p["index"] for p in thinned(points, document, most=100)]

    assert {777, 3, 5} <= set(found)
    assert len(found) < 110


def test_rows_of_validation_are_counted_by_what_they_show(tmp_path):
    base = {"quantity": "q", "unit": "W", "published": 1.0, "ours": 2.0,
            "mark": "read", "rule": "near", "why": "because"}  # fmt: skip
    rows = [
        base | {"id": "row.a", "passes": True}, base | {"id": "row.b", "passes": False},
        base | {"id": "row.c", "passes": True, "shows": "sign"},
        base | {"id": "row.d", "passes": True, "shows": "input"},
        base | {"id": "other.a", "passes": True},
    ]  # fmt: skip
    file = tmp_path / "validation.json"
    file.write_text(json.dumps(rows))
    seen = plain(validation.status(["row", "unknown"], "Not this.", file=file))

    assert "row 1 of 2 1 of 1 1 1" in seen
    assert "because" in seen
    assert "Not this." in seen
    assert "other" not in seen


def test_an_installation_without_recorded_rows_says_so(tmp_path):
    seen = plain(validation.status(["row"], "", file=tmp_path / "none.json"))

    assert "without the recorded rows" in seen
    assert "nameplate validate" in seen
