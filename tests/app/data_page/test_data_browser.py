"""The Data page in a real browser: gaps, placing, a file from preview to applied."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.app.conftest import ANSWER_MS, BROWSER

pytestmark = BROWSER

DESK, PHONE = (1440, 900), (390, 844)
READY = (
    "Boolean(document.body.dataset.dataSeq) && "
    "document.querySelectorAll('#data-place-grid [row-id]').length >= 3"
)


@pytest.fixture
def open_page(open_url):
    def opened(query="", **how):
        return open_url(f"/data/?{query}", ready=READY, **how)

    return opened


def says(page, selector, words):
    page.wait_for_function(
        "([s, w]) => (document.querySelector(s)?.innerText || '').includes(w)",
        arg=[selector, words], timeout=ANSWER_MS,
    )  # fmt: skip


def watch(page, name="Three racks"):
    page.click("#data-watched")
    page.get_by_role("option", name=name).first.click()
    page.wait_for_timeout(600)


def test_sources_show_their_gaps_in_words_and_picture(open_page):
    page = open_page("period=1h")
    rows = page.locator("#data-sources tbody tr")

    assert rows.count() == 3
    gaps = [rows.nth(i).locator(".dt-gaps .np-quiet").inner_text() for i in range(3)]
    assert gaps[:2] == ["no gap", "no gap"]
    assert gaps[2].startswith("1 gap, ")
    assert rows.nth(2).locator(".dt-strip span").count() == 2
    assert "Xid 63" in page.inner_text("#data-events")


def test_a_search_narrows_the_sources_and_stays_in_the_url(open_page):
    page = open_page()
    page.fill("#data-search", "b1")
    says(page, "#data-page-words", "1-1 of 1")

    assert "search=b1" in page.url
    says(page, "#data-age", "s ago")
    age = page.inner_text("#data-age")
    assert re.search(r"as of \d\d:\d\d:\d\d, \d+ s ago$", age)
    page.wait_for_function("a => document.querySelector('#data-age').innerText !== a",
                           arg=age)  # fmt: skip
    page.click("#data-export")
    with page.expect_download() as saving:
        page.click("#data-save-sources")
    head, row = Path(saving.value.path()).read_text().splitlines()
    assert head.startswith("Source,State,Reports by,Stands on,Devices,First,Newest")
    assert row.startswith("b1,ok,agent,")
    assert re.search(r",\d{4}-\d\d-\d\d [\d:]+,\d{4}-\d\d-\d\d [\d:]+,", row)
    page.click("#data-export")
    with page.expect_download() as saving:
        page.click("#data-save-curl")
    assert "/api/v1/telemetry/sources'" in Path(saving.value.path()).read_text()
    page.click("#data-export")
    with page.expect_download() as saving:
        page.click("#data-html")
    report = Path(saving.value.path()).read_text()
    assert "<h1>" in report
    for words in ("Power over time", "3 of 3, the most silent first", "Xid 63",
                  "Hosts draw", "own meter"):  # fmt: skip
        assert words in report, words

    page.click("#data-period label:has-text('1 w')")  # the period goes along to Live
    page.wait_for_function("location.search.includes('period=1w')")
    page.click("[data-go=l]")
    page.wait_for_selector("#live-range input[value='1w']:checked", state="attached")
    page.wait_for_function("location.search.includes('range=1w')")


def test_a_source_is_placed_in_the_grid_and_saved(open_page, site):
    page = open_page()
    watch(page)
    page.click("#data-place-grid [row-id=a1] [col-id=node]")
    page.click(".ag-cell-inline-editing .ag-picker-field-wrapper")
    page.locator(".ag-list-item", has_text="H1R1K02").first.click()
    page.wait_for_timeout(300)
    page.click("#data-place")
    says(page, "#data-place-note", "1 placed")

    placed = site.http.get("/api/v1/telemetry/placement").json()
    assert placed["nodes"] == {"a1": "H1R1K02"}
    assert placed["scenario_id"] == site.scenario_id
    says(page, "#data-verdict", "Without a place: a2, b1")


def test_a_placement_that_moved_on_is_refused_and_expects_refusal(open_page, site):
    page = open_page()
    watch(page)
    before = site.http.get("/api/v1/telemetry/placement").json()
    site.http.put("/api/v1/telemetry/placement", json={
        "version": before["version"], "scenario_id": None, "nodes": {}})  # fmt: skip
    page.click("#data-place")
    says(page, "#data-place-problem", "Somebody else changed the placement")

    kept = site.http.get("/api/v1/telemetry/placement").json()
    assert kept["nodes"] == {}


def test_a_file_is_previewed_with_its_errors_then_applied(open_page, site, tmp_path):
    asked = {"scenario_id": site.scenario_id}
    table = site.http.get("/api/v1/exports/topology.csv", params=asked).text
    page = open_page("kind=csv")
    path = tmp_path / "hall.csv"
    path.write_text(table)
    page.fill("#data-name", "hall-1")
    page.set_input_files("#data-file input[type=file]", path)
    says(page, "#data-preview", "csv:hall-1: would change:")
    assert "H1R1K01" in page.inner_text("#data-preview")
    assert "import=" in page.url

    page.click("#data-apply")
    says(page, "#data-preview", "csv:hall-1: applied:")
    assert not page.is_visible("#data-apply")
    assert "applied" in page.inner_text("#data-imports")

    says(page, "#data-imports", "csv:hall-1")
    assert ",24128.0," in table  # the transformer of side A
    path = tmp_path / "wrong.csv"
    path.write_text(table.replace(",24128.0,", ",-1,", 1))
    page.set_input_files("#data-file input[type=file]", path)
    says(page, "#data-preview", "must be a number")


def test_a_file_that_is_none_of_its_kind_expects_refusal_in_words(open_page, tmp_path):
    page = open_page("kind=epw")
    path = tmp_path / "weather.epw"
    path.write_text("not weather")
    page.set_input_files("#data-file input[type=file]", path)

    says(page, "#data-file-note", "was not read")
    page.wait_for_selector("#data-preview .np-problem")


def test_a_calibration_the_readings_cannot_tell_is_refused_in_words(open_page):
    """Power and utilisation never move here: no slope can be told."""
    page = open_page()
    page.click("#data-fit-period label:has-text('1 h')")
    page.click("#data-fit")
    page.wait_for_selector("#data-fits table, #data-fit-problem .np-problem",
                           timeout=ANSWER_MS)  # fmt: skip

    said = page.inner_text("#data-fits") + page.inner_text("#data-fit-problem")
    assert "refused" in said or "must" in said
