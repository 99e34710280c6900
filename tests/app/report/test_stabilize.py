"""The compliance report is one file that needs nothing else, and says everything."""

from __future__ import annotations

import copy
import html
import re

import pytest

from api.client import Client
from api.main import create_app
from app import stabilize_words as words
from app.report.stabilize import stabilize_report
from app.report.stabilize_inputs import LEFT_OUT
from store.settings import Settings
from tests.app.report.plain import plain

SITE = {"name": "Hall", "training": {
    "horizon_s": 130.0, "sample_s": 0.005,
    "rules": ["ercot-2026", "caiso-ramp", "ieee519-current"],
    "jobs": [{"gpu_count": 16_000, "start_s": 20.0}],
    "measures": {"smoothing": {"hysteresis_s": 0},
                 "site": {"power_w": 1e7, "energy_j": 1e9}},
    "ups": {}, "generator": {},
}}  # fmt: skip
HOSTILE = '</title><script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture(scope="module")
def _answered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    settings = Settings(database_url=f"sqlite:///{folder}/t.db", cache_dir=folder)
    client = Client.in_process(create_app(settings))
    yield (
        client.stabilize_run(scenario=SITE, points=2000),
        client.stabilize_zoom(scenario=SITE, from_s=50.0, to_s=52.0, points=200),
    )
    client.close()


@pytest.fixture
def study(_answered):
    """A hall with every part of the chain, before and after its measures."""
    return copy.deepcopy(_answered[0])


@pytest.fixture
def detail(_answered):
    """Two seconds of it."""
    return copy.deepcopy(_answered[1])


def test_the_report_fetches_nothing_and_runs_nothing(study, detail):
    page = stabilize_report(study, "Hall", detail=detail, scenario=SITE)

    assert not re.search(r"<(script|link|img|iframe|object)\b", page)
    assert not re.search(r"\b(src|href|url|on\w+)\s*[=(]", page)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses == {
        "http://www.w3.org/2000/svg", "http://127.0.0.1:8050/api/v1/stabilize/run"
    }  # fmt: skip
    assert page.count("<!DOCTYPE html>") == 1
    assert "@media print" in page


def test_every_rule_has_its_figures_source_and_date(study):
    seen = plain(stabilize_report(study, "Hall"))

    for verdict in study["verdicts"]:
        assert f"{verdict['authority']} {verdict['key']}" in seen
        assert verdict["title"] in seen
        assert verdict["source"] in seen
        after = verdict["after"]
        if after is None:
            assert verdict["why_not"] in seen
            continue
        for key in ("worst", "limit"):
            assert words.quantity(after[key], verdict["unit"]) in seen
        assert words.points(after["margin_frac"]) in seen


def test_every_assumption_has_value_and_source(study):
    page = stabilize_report(study, "Hall")
    seen = plain(page)

    for item in study["assumptions"]:
        section, _, name = item["path"].rpartition(".")
        assert f"<code>{section}</code>" in page
        row = re.search(
            rf"<tr><th scope=\"row\">{re.escape(html.escape(item['meaning']))}</th>"
            rf"<td><code>{name}</code></td>.*?</tr>", page,
        )  # fmt: skip
        assert row, item["path"]
        assert item["source"] in html.unescape(row.group())
    assert "16,000 GPUs given" in seen
    assert all(line in seen for line in LEFT_OUT)


def test_provenance_says_how_to_get_the_same_numbers(study):
    page = stabilize_report(study, "Hall", scenario=SITE, file="hall.yaml")
    seen = plain(page)

    for key in ("scenario_sha256", "model_version", "seed"):
        assert str(study["provenance"][key]) in seen
    assert "nameplate stabilize hall.yaml --report report.html" in seen
    assert '"gpu_count": 16000' in seen


def test_books_in_the_report_add_up(study):
    """The rows as printed, in MWh: their sum is the grid's, to rounding."""
    page = stabilize_report(study, "Hall")
    (table,) = re.findall(r'<table class="sums[^"]*">.*?</table>', page)
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in table.split("<tr>")[2:]]
    numbers = [[float(c.replace("\N{MINUS SIGN}", "-")) for c in row] for row in rows]
    *parts, grid, unexplained = numbers

    for side in (0, 1):
        assert sum(p[side] for p in parts) == pytest.approx(grid[side], abs=6e-4)
        assert abs(unexplained[side]) < 1e-9


def test_a_site_that_fails_elsewhere_does_not_read_as_passed(study):
    """ERCOT's rule is kept, its ride-through table is not."""
    study["verdicts"] = [v for v in study["verdicts"] if v["after"]]
    study["passes"] = True
    seen = plain(stabilize_report(study, "Hall"))

    assert "Passes its grid rules, not all else." in seen
    assert "Ride-through is not kept under nogrr282" in seen
    study["verdicts"][0]["after"] |= {"passes": False, "margin_frac": -0.5}
    study["passes"] = False
    assert "Does not pass." in plain(stabilize_report(study, "Hall"))


def test_a_peak_above_the_contract_is_said(study):
    study["contract_w"] = 1e6
    assert "above the peak without measures of 1.00 MW" in plain(
        stabilize_report(study, "Hall")
    )
    study["assumptions"].append({
        "path": "training.connection.contract_w", "meaning": "Contracted power",
        "value": 1e6, "unit": "W", "source": "given",
    })  # fmt: skip
    assert "above the contracted power of 1.00 MW" in plain(
        stabilize_report(study, "Hall")
    )


def test_figures_lose_no_peak(study):
    """The highest of 2,000 buckets is the highest point that is drawn."""
    page = stabilize_report(study, "Hall")
    wave = page[page.index("Power from the grid over the run") :]
    before = re.search(r'<path d="(M[^"]+)Z"', wave)
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", before.group(1))]
    # axis: 0 at 260, 1.08 × the highest power at 12 (the frame of a figure)
    assert min(heights) == pytest.approx(260 - (260 - 12) / 1.08, abs=0.2)


def hostile(value):
    """Replace every text that is no key by markup."""
    if isinstance(value, dict):
        return {k: v if k in _KEPT else hostile(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return HOSTILE if isinstance(value, str) else value


_KEPT = {"kind", "unit", "place", "path"}


def test_no_text_becomes_markup(study, detail):
    page = stabilize_report(
        hostile(study), HOSTILE, detail=detail, scenario={"name": HOSTILE}, file=HOSTILE
    )

    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") > 100


def test_a_bare_site_says_so(study):
    """No measures, UPS, gensets, tables, modes or judged rule: every part has words."""
    study |= {"stores": [], "ups": None, "generators": None, "interharmonics": None,
              "rides": [], "rejections": [], "modes": [], "passes": False,
              "notes": ["samples are long"]}  # fmt: skip
    study["window"] |= {"stores": {}, "frequency": None}
    study["assumptions"] = [a for a in study["assumptions"]
                            if "measures" not in a["path"]]  # fmt: skip
    for verdict in study["verdicts"]:
        verdict |= {"before": None, "after": None, "why_not": "too short"}
    seen = plain(stabilize_report(study, "Hall"))

    for said in (
        "Not judged. The site could not be judged: no rule could be; 3 could not be",
        "No measure is set", "No UPS is on the way", "No gensets are described",
        "No table was asked for", "samples are long", "too short",
        "Interharmonics: samples are too coarse",
    ):  # fmt: skip
        assert said in seen


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.2345e7, "W", "12.35 MW"), (4.2e4, "W", "42.0 kW"), (12.0, "W", "12 W"),
        (333_333.3, "W/s", "20.00 MW/min"), (0.035, "1", "3.50 %"),
        (0.8123, "Pst", "0.812 Pst"), (None, "W", "–"),
        (-2e6, "W", "\N{MINUS SIGN}2.00 MW"),
    ],
    ids=["MW", "kW", "W", "by the minute", "share", "flicker", "none", "negative"],
)  # fmt: skip
def test_quantities_are_written_in_units_people_read(value, unit, shown):
    assert words.quantity(value, unit) == shown


def test_a_walk_in_that_cannot_be_is_told_from_one_that_can():
    found = {
        "rule": "r", "table": "t", "step_w": 1e7, "ramp_w_per_s": 1e6,
        "limit_w_per_s": 5e5, "possible": True, "least_walk_in_s": 20.0,
        "most_walk_in_s": 50.0,
    }  # fmt: skip

    assert words.rejection(found).endswith("a walk-in of 20 to 50 s keeps both")
    found |= {"possible": False, "most_walk_in_s": 15.0}
    assert words.rejection(found).endswith("no walk-in keeps both")
    found |= {"most_walk_in_s": -3.0}
    assert "lower retransfer_s" in words.rejection(found)
