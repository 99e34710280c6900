"""The report is one file that needs nothing else."""

from __future__ import annotations

import csv
import io
import json
import re

import pyarrow.parquet as pq

from app.pages.explore import exports
from app.report import assumptions, render_report


def without_library(page):
    """The page without the plotting library, which holds addresses it never calls."""
    return re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)


def test_the_report_fetches_nothing(whatif, plan):
    page = render_report(whatif, plan)

    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page)
    assert "http" not in without_library(page)
    assert page.count("<!DOCTYPE html>") == 1


def test_the_report_says_verdict_numbers_assumptions_and_provenance(whatif, plan):
    text = without_library(render_report(whatif, plan))

    assert "52 servers (+30 %)" in text
    assert "204.5 kW" in text
    assert "Server count and risk" in text
    assert "cap_latency_s" in text
    assert "POLCA, ASPLOS 2024" in text
    assert whatif["provenance"]["scenario_sha256"] in text


def test_the_report_leaves_the_search_out_where_there_is_none(whatif):
    assert "Server count and risk" not in render_report(whatif, None)


def test_names_cannot_inject_markup(whatif):
    whatif["scenario"]["name"] = "</script><img src=x onerror=alert(1)>"
    text = without_library(render_report(whatif, None))

    assert "<img" not in text


def test_every_assumption_has_a_unit_or_is_a_word(whatif):
    found = assumptions(whatif["scenario"])
    by_path = {path: (value, unit) for path, value, unit, _ in found}

    assert by_path["control.cap_latency_s"] == ("40", "s")
    assert by_path["policy.t1_frac"] == ("0.8", "1")


def test_csv_and_parquet_hold_the_same_series(whatif):
    run = whatif["run"]
    rows = list(csv.DictReader(io.StringIO(exports.series_csv(run).decode())))
    table = pq.read_table(io.BytesIO(exports.series_parquet(run)))

    assert len(rows) == table.num_rows == len(run["series"]["t_s"])
    assert float(rows[3]["row_mean_w"]) == table["row_mean_w"][3].as_py()
    assert table.schema.metadata[b"policy"] == b"polca"


def test_each_export_is_named_after_the_run(whatif):
    content, name, media = exports.export("json", whatif, None)

    assert name == "nameplate-52-servers-polca.json"
    assert media == "application/json"
    assert json.loads(content)["run"]["server_count"] == 52
