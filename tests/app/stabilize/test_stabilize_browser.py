"""The Stabilize page in a real browser: verdict, measures, zoom, search, URL."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests.app import browsing
from tests.app.browsing import call_of, marked
from tests.app.conftest import ANSWER_MS, BROWSER

pytestmark = BROWSER

settled = partial(browsing.settled, prefix="stab")

ANSWERED = "Boolean(document.body.dataset.stabFine)"
WAVE = "document.querySelector('#stab-fig-wave .js-plotly-plot')"


@pytest.fixture
def open_page(open_url):
    """Open the page and wait for the first answer on fine samples."""

    def opened(query="", **how):
        return open_url(f"/stabilize/?{query}", ready=ANSWERED, **how)

    return opened


def headline(page):
    return page.inner_text("#stab-verdict .np-headline")


def worst(page, rule):
    return page.inner_text(f"[data-rule={rule}] td:nth-child(2)")


def switch(page, key):
    page.locator(f"#stab-{key}-box .mantine-Switch-track").click()


def test_measures_and_knobs_move_verdict_table_and_call(open_page):
    page = open_page()
    assert re.search(r"rules kept", headline(page))
    smooth = worst(page, "ercot-2026")

    settled(page, lambda: switch(page, "smooth"))
    rough = worst(page, "ercot-2026")
    assert float(rough.split()[0]) > float(smooth.split()[0])
    assert "smooth=off" in page.url
    assert not page.is_visible("#stab-floor")

    settled(page, lambda: switch(page, "smooth"))
    assert worst(page, "ercot-2026") == smooth
    assert "smooth" not in page.url

    before = page.inner_text("#stab-number-wasted")
    page.locator("#stab-floor-slider [role=slider]").focus()
    settled(page, lambda: [page.keyboard.press("ArrowLeft") for _ in range(5)])

    assert "floor=85" in page.url
    assert page.inner_text("#stab-number-wasted") != before

    text = call_of(page, "stab")
    assert "/api/v1/stabilize/run" in text
    assert '"floor_frac": 0.85' in text


def test_zooming_in_brings_finer_samples_and_a_rule_its_worst_moment(open_page):
    page = open_page()
    box = page.locator("#stab-fig-wave .nsewdrag").first.bounding_box()
    y = box["y"] + box["height"] / 3

    def drag():
        page.mouse.move(box["x"] + 300, y)
        page.mouse.down()
        page.mouse.move(box["x"] + 330, y, steps=5)
        page.mouse.up()

    marked(page, "stabZoom", drag)
    assert "zoom=" in page.url
    for _ in range(7):
        marked(page, "stabZoom", lambda: page.click("#stab-zoom-in"))
    assert float(page.evaluate("document.body.dataset.stabSample")) < 0.002
    assert "samples of 1 ms" in page.inner_text("#stab-window")

    marked(page, "stabZoom", lambda: page.mouse.dblclick(box["x"] + 300, y))
    assert "zoom=" not in page.url
    assert page.evaluate(f"{WAVE}.layout.xaxis.range") == [0, 1200]

    settled(page, lambda: page.click("[data-rule=ercot-2026] button"))

    assert "focus=ercot-2026" in page.url
    begin, end = page.evaluate(f"{WAVE}.layout.xaxis.range")
    assert end - begin == pytest.approx(20, abs=0.1)
    words = page.evaluate(f"{WAVE}.layout.annotations.map((a) => a.text).join(' ')")
    assert "ERCOT" in words
    page.wait_for_selector("[data-rule=ercot-2026].np-chosen-row")


def test_the_cheapest_measures_are_found_and_used(open_page):
    page = open_page("search=tiny&rules=ercot-2026,southern-6s")
    page.click("#stab-find")
    page.wait_for_function("document.body.dataset.stabFound", timeout=ANSWER_MS)
    page.wait_for_selector("#stab-best .np-good")
    assert "combinations pass" in page.inner_text("#stab-best")
    front = "document.querySelector('#stab-fig-front .js-plotly-plot')"
    page.wait_for_function(f"{front}.data.length >= 4")
    page.wait_for_selector("#stab-sensitivity td")

    settled(page, lambda: page.click("#stab-use"))
    assert "All 2 rules kept" in headline(page)
    page.click("#stab-against label:has-text('slowdown')")
    page.wait_for_function(f"{front}.layout.xaxis.title.text.includes('time')")


def test_a_url_restores_the_view_and_a_stored_job_its_own(open_page):
    page = open_page("store=on&mega=30&floor=70&rules=caiso-ramp&units=kW&zoom=50~90")

    assert page.input_value("#stab-mega") == "30 MW"
    assert page.is_checked("#stab-store")
    assert "All 1 rules kept" in headline(page)
    assert page.evaluate(f"{WAVE}.layout.xaxis.range") == [50, 90]
    assert "kW" in page.inner_text("#stab-number-peak")

    made = page.evaluate(
        """() => fetch('/api/v1/scenarios', {method: 'POST',
            headers: {'content-type': 'application/json'},
            body: JSON.stringify({scenario: {name: 'Own job', training: {
                sample_s: 0.004, jobs: [{start_s: 60}], rules: ['ercot-2026']}}})})
            .then((r) => r.json())"""
    )
    page = open_page(f"scenario={made['id']}")
    assert "0 of 1 rules kept" in headline(page)
    assert page.evaluate("document.getElementById('stab-held').inert")

    settled(page, lambda: page.click("#stab-own label:has-text('By the knobs')"))
    assert not page.evaluate("document.getElementById('stab-held').inert")
    assert "9 rules kept" in headline(page)
