"""The Export menu of every page: the same files, each with what a report needs."""

from __future__ import annotations

import json
import re

import pytest

from app.pages import exports
from app.pages.frame import PAGES
from app.report.kinds import report_of
from tests.app.report.conftest import SITE
from tests.app.report.plain import answer, assert_alone, plain, section

PREFIXES = {"failures": "site", "cooling": "site", "stabilize": "stab",
            "serving": "serv", "compare": "cmp"}  # fmt: skip
CLOSING = ("Validation", "How to reproduce it")
CHANGED = {"control.telemetry_delay_s": 3}
TRAINING = {"training": {"horizon_s": 120.0}}


@pytest.fixture(scope="module")
def stored(served):
    """Ids of a stored site and of a stored training site."""
    _, client = served
    return {name: client.create_scenario({"name": name} | body)["id"]
            for name, body in (("site", SITE), ("training", TRAINING))}  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=[key for key, *_ in PAGES])
def test_every_page_offers_a_report_and_its_answer(served, page):
    _, client = served
    key, _, href, _ = page
    base = href.partition("?")[0]
    prefix = PREFIXES.get(key, key)
    layout = client._http.get(f"{base}_dash-layout").text
    heard = client._http.get(f"{base}_dash-dependencies").json()
    inputs = {cell["id"] for one in heard for cell in one["inputs"]}

    offered = re.findall(rf'"children":"([^"]+)","id":"({prefix}-(?:html|pdf|json))"',
                         layout)  # fmt: skip
    assert offered == [(text, f"{prefix}-{name}") for name, text in exports.SHARED]
    assert {name for _, name in offered} <= inputs


@pytest.mark.parametrize(
    ("path", "of", "more", "head"),
    [
        ("/site/run", "site", {}, "servers"),
        ("/site/failures", "site", {}, "single failure"),
        ("/site/cooling-year", "site", {"it_frac": 0.5}, "PUE 1."),
        ("/stabilize/run", "training", {}, "pass"),
    ],
    ids=["site", "failures", "cooling", "stabilize"],
)
def test_what_a_page_asked_becomes_a_whole_report(served, stored, path, of, more, head):
    _, client = served
    body = {"scenario_id": stored[of], "changes": CHANGED} | more
    found = exports.of_call(client, {"call": {"path": path, "body": body}})
    page, name = found.file("html")
    text, file = found.file("json")

    assert_alone(page)
    assert head in re.search(r'class="verdict[^>]*>.*?</p>', page, re.DOTALL)[0]
    assert page.count("<figure>") >= 1
    assert "ssumptions" in page  # each default with its source
    assert re.search(r"telemetry_delay_s\W+3\b", plain(page))  # to be asked again
    for title in CLOSING:
        assert f"</span> {title}</h2>" in page
    assert name.endswith(".html")
    assert file == name.replace(".html", ".json")
    assert json.loads(text) == found.answer


def test_a_year_of_cooling_tells_the_months_apart_and_says_what_it_was_asked(
    served, stored
):
    _, client = served
    year = client.cooling_year(scenario_id=stored["site"], it_frac=0.5)
    page = report_of(year, scenario=SITE, asked={"it_frac": 0.5})
    seen = section(page, "PUE over the year")

    assert f"{year['pue']:.3f}" in answer(page)[0]
    for month, pue in zip(("Jan", "Feb"), year["pue_by_month"], strict=False):
        assert month in seen
        assert f"{pue:.3f}" in seen
    assert '"it_frac": 0.5' in section(page, "How to reproduce it")
    ride = year["ride_throughs"][0]
    assert f"Until {ride['limit_c']:g} °C" in section(page, "Without cooling")


def test_failures_are_told_with_the_run_they_disturb(known):
    found = known["failures"]
    found["cases"][0]["lost_servers"] = 4
    page = report_of(found, run=known["site"], scenario=SITE)
    number, rest = answer(page)

    assert number.startswith(f"1 of {found['single']} single failures lose servers")
    assert "pairs lose servers" in rest
    assert known["site"]["nodes"][1]["name"] in section(page, "Tightest nodes")


def test_readings_that_are_missing_are_no_power(served):
    _, client = served
    found = exports.of_readings(client, "site", (0.0, 3600.0))
    page, name = found.file("html")
    number, _ = answer(page)

    assert (number, name) == ("No power", "nameplate-measured.html")
    assert "start_us=0&end_us=3600000000" in section(page, "How to reproduce it")
    assert json.loads(found.file("json")[0])["period_us"] == [0, 3_600_000_000]
