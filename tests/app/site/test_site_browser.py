"""The site pages in a real browser: diagram, failures, timeline, cooling, URL."""

from __future__ import annotations

import re

import pytest

from api.client import Client
from tests.api.conftest import SHORT
from tests.app.conftest import ANSWER_MS, BROWSER, FIRST_ANSWER_MS

pytestmark = BROWSER

ANSWERED = "document.body.dataset.siteSeq !== undefined"
SMALL = "rows=2&racks=4"
LARGE = "halls=8&rows=16&racks=16&servers=1"
NODE = '#site-oneline .np-node[data-name="{}"]'
FAILING = '#site-fail-oneline .np-node[data-name="{}"]'
LINE = "#site-under-way"
VOLTS = "document.querySelector('#site-feed [name=volts]').value"
AT_REST = """before => document.body.dataset.siteSeq !== before
    && !np.here.pace.sentAt && !np.here.pace.dirty"""
GO = """query => {
    history.pushState(null, "", "/site/?" + query);
    window.dispatchEvent(new PopStateEvent("popstate"));
}"""


@pytest.fixture(scope="module")
def page(browser, origin):
    """One page for the module; nothing may go wrong in its console, nothing leave."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    shown, faults, outside = context.new_page(), [], []
    shown.on("console", lambda m: m.type == "error" and faults.append(m.text))
    shown.on("pageerror", lambda e: faults.append(str(e)))
    shown.on("request", lambda r: outside.append(r.url) if leaves(r.url) else None)

    def leaves(url):
        return url.startswith(("http", "ws")) and not url.startswith(origin)

    shown.goto(f"{origin}/site/?{SMALL}&compare=planned")
    shown.wait_for_function(ANSWERED, timeout=FIRST_ANSWER_MS)
    yield shown
    context.close()
    assert outside == [], "the page asked other hosts"
    assert faults == []


@pytest.fixture(scope="module")
def brief(origin):
    """A stored site of half an hour at a given rate: its seeds take moments."""
    facility = {"template": {"rows_per_hall": 2, "racks_per_row": 3}}
    with Client.connect(origin) as client:
        stored = client.create_scenario(
            changes=SHORT | {"facility": facility}, name="Brief"
        )
    return stored["id"]


def settled(page, act):
    """Do something, and wait for the answer to it."""
    before = page.evaluate("document.body.dataset.siteSeq")
    act()
    page.wait_for_function(AT_REST, arg=before, timeout=ANSWER_MS)


def visit(page, query=""):
    """Go to a view of the small site, as a step through the history does."""
    asked = SMALL + ("&" + query if query else "")
    if not page.url.endswith("?" + asked):
        settled(page, lambda: page.evaluate(GO, asked))


def headline(page, view="site"):
    return page.inner_text(f"#site-verdict-{view} .np-headline")


def test_moving_a_knob_moves_the_answer_and_what_it_is_compared_with(page):
    visit(page, "compare=planned")
    assert "56 servers" in headline(page)
    page.wait_for_selector("#site-compare-table td")
    assert "as planned" in page.inner_text("#site-compare-table")

    page.locator("#site-added-slider [role=slider]").focus()
    settled(page, lambda: page.keyboard.press("ArrowLeft"))

    assert "54 servers" in headline(page)
    assert "added=11" in page.url
    assert "compare=planned" in page.url


def test_numbers_at_rest_say_how_far_they_range_over_seeds(page, brief):
    visit(page, f"scenario={brief}")
    number = "#site-number-facility .np-number-"
    page.wait_for_selector(f"{number}part:text(' over 5 seeds')", timeout=ANSWER_MS)
    low, high = re.findall(r"[\d.]+", page.inner_text(f"{number}part"))[:2]

    assert float(low) < float(high)
    peak = page.inner_text(f"{number}value").split()[0]
    assert float(low) <= float(peak) <= float(high)
    tip = page.get_attribute("#site-number-tight", "data-tip")
    assert "over 5 seeds of traffic" in tip
    visit(page)
    assert "seeds" not in page.inner_text("#site-numbers-site")  # of another site


def test_a_long_answer_says_how_far_it_is_and_stops_without_losing_the_last(page):
    visit(page)
    last = headline(page), page.evaluate("document.body.dataset.siteSeq")
    told = rf"{LINE}-text >> text=/site: .+, \d+ %, about .+ left/"

    page.evaluate(GO, LARGE)
    page.wait_for_selector(told, timeout=ANSWER_MS)
    page.click("#site-cancel")
    page.wait_for_selector(f"{LINE} :text('Stopped.')")
    assert page.input_value("#site-halls") == "8"

    page.click("#site-cancel:text-is('Ask again')")
    page.wait_for_selector("#site-cancel:text-is('Cancel')")
    page.click("#site-cancel")
    page.wait_for_selector(f"{LINE} :text('Stopped.')")
    page.wait_for_timeout(600)  # whatever the server still sends draws nothing
    assert (headline(page), page.evaluate("document.body.dataset.siteSeq")) == last

    visit(page)
    page.wait_for_selector(LINE, state="hidden")


def test_a_chosen_node_tells_its_story_and_is_failed_with_others(page):
    visit(page)
    shapes = "(document.querySelector('#site-fig-racks .js-plotly-plot').layout.shapes"
    page.click(NODE.format("ROW-H1R1-A"))
    page.wait_for_function(f"{shapes} || []).length === 1")
    page.click(NODE.format("UTIL"))
    page.wait_for_function(f"{shapes} || []).length === 0")
    page.focus(NODE.format("PDU-H1-B"))
    page.keyboard.press("Enter")
    page.wait_for_selector("#site-node-story :text('PDU-H1-B')")

    page.click(NODE.format("UPS-H1-A"))
    page.wait_for_selector("#site-node-story :text('UPS-H1-A')")
    assert "Stranded" in page.inner_text("#site-node-story")
    assert "node=UPS-H1-A" in page.url
    amperes_are_of_the_voltage_and_power_factor_given(page)

    settled(page, lambda: page.click("#site-node-story .np-story-link"))
    assert page.evaluate("document.body.dataset.siteView") == "failures"
    page.wait_for_selector("#site-story-words :text('UPS-H1-A')")
    assert "view=failures" in page.url
    assert "failed=UPS-H1-A" in page.url

    settled(page, lambda: page.click(FAILING.format("UPS-H1-B")))
    page.wait_for_selector("#site-story-words :text('UPS-H1-A and UPS-H1-B')")
    assert "56 servers lost" in page.inner_text("#site-story-words")
    settled(page, lambda: page.click(FAILING.format("UPS-H1-A")))
    page.wait_for_selector("#site-story-words :text('UPS-H1-B lost')")

    row = page.locator("#site-cases-grid .ag-center-cols-container .ag-row").first
    names = row.locator("[col-id=failed]").inner_text()
    settled(page, row.click)
    assert names.split(" + ")[0] in page.inner_text("#site-story-words")


def amperes_are_of_the_voltage_and_power_factor_given(page):
    """The limit's, by S = P ÷ cos φ and I = S ÷ (√3 × U)."""
    limit = page.locator("#site-node-story [data-w]").first
    page.fill("#site-feed [name=pf]", "0.9")
    page.fill("#site-feed [name=volts]", "480")
    page.press("#site-feed [name=volts]", "Enter")
    kva = float(limit.get_attribute("data-w")) / 0.9 / 1e3
    said = f"{1e3 * kva / (3**0.5 * 480):,.0f} A, {kva:,.1f} kVA"

    assert limit.locator("small").inner_text() == said
    assert "480 V between lines and power factor 0.9" in limit.get_attribute("data-tip")
    assert said in page.get_attribute(NODE.format("UPS-H1-A"), "data-tip")
    copied = page.url
    assert copied.endswith("feed=pf%7E0.9%3Bups%7E480")
    visit(page, "node=UPS-H1-A")
    page.wait_for_function(f"{VOLTS} === '415'")
    visit(page, copied.partition(f"{SMALL}&")[2])
    page.wait_for_function(f"{VOLTS} === '480'")
    assert limit.locator("small").inner_text() == said


def test_frames_show_the_load_move(page):
    visit(page, "view=failures&failed=UPS-H1-A&added=4")
    page.wait_for_selector("#site-frame-marks [aria-selected=true]")
    lost = FAILING.format("PDU-H1-A")
    assert "np-dead" in page.get_attribute(lost, "class")
    assert "no power" in page.text_content(lost)
    survivor = page.text_content(FAILING.format("PDU-H1-B"))
    before, after = map(int, re.findall(r"(\d+) %", survivor))
    assert after > 1.6 * before

    page.click("#site-frame-marks button >> nth=0")
    assert "np-dead" not in page.get_attribute(lost, "class")
    page.click("#site-frame-play")
    page.wait_for_function(
        "document.getElementById('site-fail-oneline').dataset.frame === '1'"
    )
    assert "np-dead" in page.get_attribute(lost, "class")


def test_a_failure_is_put_on_the_timeline_moved_and_removed(page):
    visit(page, "view=failures")
    page.wait_for_selector("#site-ready button")
    settled(page, lambda: page.click("#site-ready button:text-is('Lose a UPS')"))
    page.wait_for_selector("#site-strip .np-event")
    assert page.inner_text("#site-strip .np-event").startswith("12:00")
    assert "lose-node" in page.url

    box = page.locator("#site-strip .np-event").bounding_box()
    x, y = box["x"] + 20, box["y"] + 8
    width = page.locator("#site-strip").bounding_box()["width"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + width / 8, y, steps=5)
    settled(page, page.mouse.up)
    page.wait_for_selector("#site-strip .np-event:has-text('15:00')")

    page.focus("#site-strip .np-event")
    settled(page, lambda: page.keyboard.press("ArrowLeft"))
    page.wait_for_selector("#site-strip .np-event:has-text('14:45')")
    page.focus("#site-strip .np-event")
    settled(page, lambda: page.keyboard.press("Delete"))
    page.wait_for_selector("#site-strip .np-strip-empty")
    assert "events" not in page.url


def test_the_api_call_of_the_view_is_shown(page):
    visit(page, "view=failures&design=n")
    page.click("#site-api")
    page.wait_for_selector("#site-api-text")
    text = page.inner_text("#site-api-text")
    page.keyboard.press("Escape")

    assert "/api/v1/site/failures" in text
    assert '"design": "n"' in text


def test_a_url_restores_the_view_and_pages_change_without_loading(page, origin):
    page.goto(f"{origin}/site/?{SMALL}&view=cooling&plant=air-cooled&supply=27&it=50")
    page.wait_for_function(ANSWERED, timeout=ANSWER_MS)
    assert page.input_value("#site-supply") == "27 °C"
    assert "PUE" in headline(page, "cooling")
    ours = headline(page, "cooling")

    page.evaluate("window.kept = 1")
    visit(page)
    settled(page, lambda: page.click("#site-nav-cooling"))
    page.wait_for_selector("#site-verdict-cooling :text('PUE')")
    assert headline(page, "cooling") != ours
    assert page.title() == "Nameplate: Cooling"
    drawn = "document.querySelector('#site-fig-pue .js-plotly-plot').data[0].z.length"
    page.wait_for_function(f"{drawn} === 24")

    settled(page, page.go_back)
    page.wait_for_selector("#site-view-site:not(.np-hidden)")
    assert page.evaluate("window.kept") == 1
    page.click("#site-nav-explore")
    page.wait_for_url("**/")
    page.wait_for_selector("#explore-main")  # last: the page is another one now
