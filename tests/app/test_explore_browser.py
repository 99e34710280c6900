"""The page in a real browser: knobs move numbers, URLs restore views, nothing leaks."""

from __future__ import annotations

import re

import pytest

from tests.app.browsing import call_of
from tests.app.conftest import ANSWER_MS, BROWSER, FIRST_ANSWER_MS

pytestmark = BROWSER

FIGURE = "document.querySelector('#explore-power .js-plotly-plot')._fullLayout"
PINNED = "#explore-pins-grid .ag-center-cols-container .ag-row"
ANSWERED = "document.body.dataset.exploreSeq !== undefined"


@pytest.fixture
def open_page(open_url):
    """Open the page and wait for its first answer."""

    def opened(query="", **how):
        return open_url(f"/{query}", ready=ANSWERED, **how)

    return opened


def settled(page, act):
    """Do something, and wait for the answer to it."""
    before = page.evaluate("document.body.dataset.exploreSeq")
    act()
    page.wait_for_function(
        f"document.body.dataset.exploreSeq !== '{before}'"
        " && !document.body.classList.contains('np-busy')",
        timeout=ANSWER_MS,
    )


def set_number(page, key, value):
    page.fill(f"#explore-{key}", str(value))
    page.keyboard.press("Tab")


def headline(page):
    return page.inner_text("#explore-verdict .np-headline")


def test_knobs_move_numbers_and_hints_menus_and_tables_open(open_page):
    page = open_page()
    assert "52 servers (+30 %)" in headline(page)
    peak = page.inner_text("#explore-number-peak .np-number-value")

    thumb = page.locator("#explore-added-slider [role=slider]")
    thumb.focus()
    settled(page, lambda: page.keyboard.press("ArrowLeft"))
    page.wait_for_function(
        "document.querySelector('.np-headline').innerText.includes('51 servers')",
        timeout=ANSWER_MS,
    )

    assert page.input_value("#explore-added") == "11"
    assert page.inner_text("#explore-number-peak .np-number-value") != peak
    assert "added=11" in page.url

    settled(page, lambda: set_number(page, "added", 4))
    thumb = page.locator("#explore-added-slider [role=slider]")

    assert thumb.get_attribute("aria-valuenow") == "4"
    assert "44 servers (+10 %)" in headline(page)

    page.fill("#explore-added", "6")
    late = "dash_clientside.set_props('explore-added-slider', {value: 9})"
    page.evaluate(late)  # as the slider's library says an older value again
    page.wait_for_function(
        "document.querySelector('#explore-added-slider [role=slider]')"
        ".getAttribute('aria-valuenow') === '6'"
    )
    assert page.input_value("#explore-added") == "6", "what is typed wins"
    settled(page, lambda: thumb.press("ArrowRight"))
    assert page.input_value("#explore-added") == "7", "until the slider is moved"

    hint = page.locator("#explore-t1-row .np-badge")
    hint.hover()

    assert "POLCA" in page.inner_text("#np-tip")
    assert hint.get_attribute("aria-describedby") == "np-tip"
    page.mouse.move(900, 500)
    assert page.locator("#np-tip").is_hidden()
    hint.focus()
    assert page.locator("#np-tip").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#np-tip").is_hidden()

    menu = page.locator("details.np-menu")
    page.focus("#explore-export")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")

    assert page.evaluate("document.activeElement.id") == "explore-html"
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    page.click("#explore-export")
    page.mouse.click(700, 600)
    assert menu.get_attribute("open") is None

    for name in ("power", "latency"):
        page.click(f".np-chart-{name} .np-figure-tools button:has-text('Table')")
        page.wait_for_selector(f"#explore-{name}-table tbody tr", timeout=ANSWER_MS)
        assert page.locator(f"#explore-{name}-table tbody tr").count() >= 4
    page.keyboard.press("Tab")

    assert (
        page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    )


def test_a_url_restores_the_view_and_its_call_is_true(open_page, origin):
    page = open_page(
        "?added=6&policy=no-cap&units=W&t2=91&days=1&seed=1&metric=peak"
        "&zoom=2026-01-05+03%3A00~2026-01-05+09%3A00"
    )
    page.wait_for_function(
        "document.querySelector('.np-headline').innerText.includes('46 servers')",
        timeout=ANSWER_MS,
    )

    assert "brake alone" in headline(page)
    assert page.input_value("#explore-t2") == "91 %"
    value = page.inner_text("#explore-number-peak .np-number-value")
    assert re.search(r"\d{3},\d{3} W$", value)
    shown = page.evaluate(f"{FIGURE}.xaxis.range")
    assert [s[:16] for s in shown] == ["2026-01-05 03:00", "2026-01-05 09:00"]
    for part in ("added=6", "policy=no-cap", "units=W", "metric=peak", "zoom="):
        assert part in page.url

    text = call_of(page, "explore")
    assert text.startswith(f"curl -s -X POST {origin}/api/v1/what-if")
    assert '"fleet.server_count": 46' in text


def test_pins_are_kept_compared_opened_and_removed(open_page):
    page = open_page("?added=2&t1=78")
    page.click("#explore-pin")
    settled(page, lambda: set_number(page, "added", 5))
    page.click("#explore-pin")
    boxes = page.locator("#explore-pins-grid .ag-selection-checkbox input")
    page.wait_for_function(f"document.querySelectorAll('{PINNED}').length === 2")
    for index in range(2):
        boxes.nth(index).check()
    page.wait_for_selector("#explore-compare table")

    assert "+5 POLCA" in page.inner_text("#explore-compare table")
    page.reload()
    page.wait_for_selector(PINNED)
    assert page.locator(PINNED).count() == 2

    page.wait_for_function(ANSWERED, timeout=ANSWER_MS)
    page.locator("#explore-pins-grid .ag-selection-checkbox").first.click()
    settled(page, lambda: page.click("#explore-pin-open"))
    assert "added=2&t1=78" in page.url
    page.click("#explore-pin-remove")
    page.wait_for_function(f"document.querySelectorAll('{PINNED}').length === 1")


def test_the_theme_drives_all_and_a_refused_input_is_said_expects_refusal(open_page):
    page = open_page("?added=1", dark=True)
    page.wait_for_function(
        "document.documentElement.dataset.mantineColorScheme === 'dark'"
    )
    dark_ink = page.evaluate(f"{FIGURE}.font.color")
    wrapper = "document.querySelector('#explore-events-grid .ag-root-wrapper')"
    grid = f"getComputedStyle({wrapper})"
    dark_ground = page.evaluate(f"{grid}.backgroundColor")
    answer = page.evaluate("document.body.dataset.exploreSeq")
    page.click("#explore-theme >> text=Light")
    page.wait_for_selector("html[data-mantine-color-scheme=light]")
    page.wait_for_function("location.search.includes('theme=light')")

    assert page.evaluate("document.body.dataset.exploreSeq") == answer  # asks nothing
    light_ink = page.evaluate(f"{FIGURE}.font.color")
    assert (dark_ink, light_ink) == ("#e6e9ec", "#1b1f24")
    assert page.evaluate(f"{grid}.backgroundColor") != dark_ground

    before = headline(page)
    set_number(page, "t1", 95)
    page.wait_for_selector(".np-problem", timeout=ANSWER_MS)

    assert "must be below t2_frac" in page.inner_text(".np-problem")
    assert "Id " in page.inner_text(".np-problem")
    assert page.inner_text("#explore-t1-error") != ""
    assert headline(page) == before
    settled(page, lambda: set_number(page, "t1", 80))
    assert page.locator(".np-problem").count() == 0


def test_the_risk_curve_appears_by_itself_and_files_are_exported(open_page, tmp_path):
    page = open_page("?added=9")
    page.wait_for_function(
        "document.querySelector('#explore-risk .js-plotly-plot').data.length >= 1",
        timeout=FIRST_ANSWER_MS,
    )
    page.click(".np-chart-risk .np-figure-tools button:has-text('Table')")
    page.wait_for_selector("#explore-risk-table tbody tr", timeout=ANSWER_MS)
    started = []

    page.on(
        "request",
        lambda r: (
            started.append(r.url) if '"queue":["polca"' in (r.post_data or "") else 0
        ),
    )
    settled(page, lambda: set_number(page, "added", 10))
    page.wait_for_timeout(1500)

    assert started == []

    for kind, ending in (("csv", ".csv"), ("html", ".html")):
        page.click("#explore-export")
        with page.expect_download(timeout=ANSWER_MS) as caught:
            page.click(f"#explore-{kind}")
        path = tmp_path / f"export{ending}"
        caught.value.save_as(path)
        text = path.read_text()
        assert caught.value.suggested_filename == f"nameplate-50-servers-polca{ending}"
        assert ("row_mean_w" if kind == "csv" else "50 servers (+25 %)") in text
