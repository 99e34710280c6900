"""The Study page in a real browser: define, run, watch, select, open, keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.client import Client
from app.pages.study.define import as_yaml
from tests.app.browsing import call_of, marked
from tests.app.conftest import ANSWER_MS, BROWSER
from tests.app.study.conftest import GRID

pytestmark = BROWSER

CHECKED = "Boolean(document.body.dataset.studyChecked)"
RUNS = "!document.querySelector('#study-run').disabled"
DONE = "Boolean(document.body.dataset.studyDone)"
SLOW = GRID | {
    "name": "Slow", "design": {"kind": "random", "points": 3000},
    "axes": [{"field": "workload.load.level",
              "distribution": {"kind": "uniform", "low": 0.5, "high": 1.5}}],
    "base": GRID["base"] | {"horizon": {"days": 0.05, "tick_s": 5}},
    "objectives": [],
}  # fmt: skip
"""A study that nobody waits for."""


@pytest.fixture(scope="module")
def started(origin):
    """Start a study; return its id."""
    with Client.connect(origin) as client:
        yield lambda study: client.start_study(study)["result"]["id"]


@pytest.fixture(scope="module")
def grid(started):
    """Id of a study of six points."""
    return started(GRID)


@pytest.fixture
def open_page(open_url):
    """Open the page without a study, its definition checked."""

    def opened(query="", *, ready=CHECKED, **how):
        return open_url(f"/study/{query}", ready=ready, **how)

    return opened


@pytest.fixture
def open_study(open_page, grid):
    """Open the finished study."""

    def opened(query="", **how):
        return open_page(f"?study={grid}{query}", ready=DONE, **how)

    return opened


def waits(page, condition, **given):
    page.wait_for_function(condition, timeout=ANSWER_MS, **given)


def paste(page, study):
    page.click("details[data-fold=yaml] summary")
    page.fill("#study-paste", as_yaml(study))
    page.click("text=Read it")
    waits(page, "n => document.querySelector('[data-at=name]').value === n",
          arg=study["name"])  # fmt: skip


def test_a_definition_is_offered_checked_and_changed(open_page):
    page = open_page()

    assert page.locator(".st-example").count() == 3
    assert page.inner_text("#study-count") == "256 points"
    waits(page, RUNS)
    assert page.is_hidden("#study-answer")

    low = page.locator("[data-at='axes.2.log.low']")
    marked(page, "studyValid", lambda: low.fill("500"))

    assert page.evaluate("document.body.dataset.studyValid") == "no"
    assert "below high" in page.inner_text("[data-wrong='axes.2']")
    assert low.get_attribute("aria-invalid") == "true"
    waits(page, f"!({RUNS})")
    marked(page, "studyValid", lambda: low.fill("5"))
    waits(page, RUNS)

    kind = page.locator("[data-at='axes.2.kind']")
    marked(page, "studyChecked", lambda: kind.select_option("distribution"))
    spread = page.locator("[data-at='axes.2.distribution']")
    for name in ("uniform", "loguniform", "lognormal", "exponential", "normal"):
        marked(page, "studyChecked", lambda n=name: spread.select_option(n))
        assert page.evaluate("document.body.dataset.studyValid") == "yes", name
    assert page.locator("#study-axes .st-sketch path").count() == 3

    page.click("text=+ Add an axis")
    field = page.locator("[data-at='axes.3.field']")
    field.type("telemetry delay")
    page.wait_for_selector("#study-hits-3 [role=option] b")
    first = page.inner_text("#study-hits-3 [role=option] b >> nth=0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    waits(page, f"document.querySelector(\"[data-at='axes.3.field']\").value === "
          f"'{first}'")  # fmt: skip

    assert first == "control.telemetry_delay_s"
    page.click("#np-undo")
    waits(page, "!document.querySelector(\"[data-at='axes.3.range.low']\")")


def test_a_pasted_study_runs_and_ranges_of_it_are_selected(open_page):
    page = open_page()
    paste(page, GRID)
    waits(page, "document.querySelector('#study-count').innerText === '6 points'")
    waits(page, RUNS)
    page.click("#study-run")
    waits(page, DONE)
    waits(page, "document.querySelectorAll('.st-threads path').length === 6")

    assert "study=study_" in page.url
    assert "servers is the largest" in page.inner_text("#study-verdict")
    assert "Counts by level" in page.inner_text("#study-list")
    waits(page, "document.querySelectorAll('#study-grid .ag-row').length >= 6")

    grip = page.locator(".st-grip").first
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    x, top = box["x"] + box["width"] / 2, box["y"]

    def drag():
        page.mouse.move(x, top + 2)
        page.mouse.down()
        page.mouse.move(x, top + 0.6 * box["height"], steps=5)
        page.mouse.up()

    marked(page, "studySeq", drag)
    page.wait_for_selector(".st-selected")
    assert "4 of 6 points" in page.inner_text(".st-selected")
    assert "select=" in page.url
    assert page.locator(".st-threads .st-off").count() == 2
    assert page.inner_text("#study-points-words").startswith("4 of 6")
    marked(page, "studySeq", lambda: page.click("#study-clear"))
    assert "select=" not in page.url
    assert page.locator(".st-threads .st-off").count() == 0

    page.locator(".st-grip").first.focus()
    marked(page, "studySeq", lambda: page.keyboard.press("ArrowUp"))

    page.wait_for_selector(".st-selected:has-text('4 of 6')")
    marked(page, "studySeq", lambda: page.keyboard.press("Delete"))
    assert "select=" not in page.url


def test_a_study_is_watched_cancelled_and_gone_on_with(open_page, started):
    key = started(SLOW)
    page = open_page(f"?study={key}", ready="document.body.dataset.studyStatus")
    waits(page, "Number(document.body.dataset.studyLines) > 0")
    assert "of 3,000 points" in page.inner_text("#study-under-way-text")
    page.click("#study-cancel")
    waits(page, "document.body.dataset.studyStatus === 'cancelled'")
    assert "Cancelled at" in page.inner_text("#study-under-way-text")
    page.click("#study-resume")
    waits(page, "['queued', 'running'].includes(document.body.dataset.studyStatus)")
    page.click("#study-cancel")
    waits(page, "document.body.dataset.studyStatus === 'cancelled'")


def test_a_row_opens_its_point_and_the_study_is_saved_and_kept_in_the_url(open_study):
    page = open_study()
    cell = "#study-grid .ag-center-cols-container [row-id='2'] .ag-cell"
    marked(page, "studyPoint", lambda: page.locator(cell).first.click())

    assert "point=2" in page.url
    words = page.inner_text("#study-drawer-body")
    assert "fleet.server_count" in words
    assert "Address of the answer" in words
    assert page.locator(".st-threads path.st-opened").count() == 1
    page.keyboard.press("Escape")
    waits(page, "document.body.dataset.studyPoint === ''")
    assert "point=" not in page.url

    page.locator("#study-numbers [data-tip]").first.hover()
    assert "Inputs: fleet: server count" in page.inner_text("#np-tip")
    page.click("#study-export")
    with page.expect_download() as saved:
        page.click("#study-csv")

    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert text.startswith("index,fleet.server_count,workload.load.level")
    assert text.count("\n") == 7
    assert "/points?limit=1000" in call_of(page, "study")

    page.click("#study-output")
    marked(page, "studySeq", lambda: page.click("[role=option]:has-text('Energy')"))

    assert "output=energy_wh" in page.url
    page.reload()
    waits(page, DONE)
    waits(page, "document.querySelector('#study-output').value.includes('Energy')")


def test_a_url_restores_selection_and_units_and_its_point_opens_as_a_run(open_study):
    picked = json.dumps({"fleet.server_count": [4, 5]})
    page = open_study(query=f"&units=core&select={picked}&point=1")

    assert page.locator(".st-threads .st-off").count() == 2
    assert "servers" in page.inner_text("#study-chips")
    assert "kW" not in page.inner_text("#study-table", timeout=ANSWER_MS)

    page.wait_for_selector("#study-open")
    page.click("#study-open")
    waits(page, "location.pathname === '/' || document.body.dataset.studyOpened")
    page.wait_for_url("**/?**scenario=**", timeout=ANSWER_MS)


def test_a_study_gone_expects_refusal_words_and_one_is_deleted(open_page, started):
    key = started(GRID | {"name": "To be deleted"})
    page = open_page("?study=study_none", ready="document.body.dataset.studySeq")
    page.wait_for_selector("#study-problem .np-problem")

    assert "study_none" in page.inner_text("#study-problem")
    assert page.is_visible("#study-welcome")

    page.click(f"[data-study='{key}']")
    waits(page, DONE)
    button = f"[data-delete='{key}']"
    page.wait_for_selector(button)
    page.click(button)
    assert page.inner_text(button) == "Really?"
    page.click(button)
    waits(page, f"!document.querySelector(\"[data-study='{key}']\")")
    assert "study=" not in page.url
    assert page.is_visible("#study-welcome")
