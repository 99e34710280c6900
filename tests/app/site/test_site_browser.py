"""The site pages in a real browser: diagram, failures, timeline, cooling, URL."""

from __future__ import annotations

import re

import pytest

from tests.app.conftest import ANSWER_MS, BROWSER

pytestmark = BROWSER

ANSWERED = "document.body.dataset.siteSeq !== undefined"
SMALL = "rows=2&racks=4"
NODE = '#site-oneline .np-node[data-name="{}"]'
FAILING = '#site-fail-oneline .np-node[data-name="{}"]'


@pytest.fixture
def open_site(open_url):
    """Open the site pages and wait for the first answer."""

    def opened(query="", **how):
        more = "&" + query if query else ""
        return open_url(f"/site/?{SMALL}{more}", ready=ANSWERED, **how)

    return opened


def settled(page, act):
    """Do something, and wait for the answer to it."""
    before = page.evaluate("document.body.dataset.siteSeq")
    act()
    page.wait_for_function(
        f"document.body.dataset.siteSeq !== '{before}'", timeout=ANSWER_MS
    )


def headline(page, view="site"):
    return page.inner_text(f"#site-verdict-{view} .np-headline")


def test_moving_a_knob_moves_the_answer(open_site):
    page = open_site()
    assert "56 servers" in headline(page)

    page.locator("#site-added-slider [role=slider]").focus()
    settled(page, lambda: page.keyboard.press("ArrowLeft"))

    assert "54 servers" in headline(page)
    assert "added=11" in page.url


def test_a_node_tells_its_story_and_can_be_failed(open_site):
    page = open_site()
    page.click(NODE.format("UPS-H1-A"))
    page.wait_for_selector("#site-node-story :text('UPS-H1-A')")
    assert "Stranded" in page.inner_text("#site-node-story")
    assert "node=UPS-H1-A" in page.url

    page.click("#site-node-story .np-story-link")
    page.wait_for_function("document.body.dataset.siteView === 'failures'")
    page.wait_for_selector("#site-story-words :text('UPS-H1-A')")
    assert "view=failures" in page.url
    assert "failed=UPS-H1-A" in page.url


def test_a_node_is_chosen_by_keyboard(open_site):
    page = open_site()
    page.focus(NODE.format("PDU-H1-B"))
    page.keyboard.press("Enter")

    page.wait_for_selector("#site-node-story :text('PDU-H1-B')")


def test_frames_show_the_load_move(open_site):
    page = open_site("view=failures&failed=UPS-H1-A&added=4")
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


def test_pressing_nodes_fails_them_and_pressing_again_heals(open_site):
    page = open_site("view=failures&failed=UPS-H1-A")
    settled(page, lambda: page.click(FAILING.format("UPS-H1-B")))
    page.wait_for_selector("#site-story-words :text('UPS-H1-A and UPS-H1-B')")
    assert "56 servers lost" in page.inner_text("#site-story-words")

    settled(page, lambda: page.click(FAILING.format("UPS-H1-A")))
    page.wait_for_selector("#site-story-words :text('UPS-H1-B lost')")


def test_a_case_of_the_ranking_is_followed(open_site):
    page = open_site("view=failures")
    row = page.locator("#site-cases-grid .ag-center-cols-container .ag-row").first
    names = row.locator("[col-id=failed]").inner_text()
    settled(page, row.click)

    assert names.split(" + ")[0] in page.inner_text("#site-story-words")


def test_a_failure_is_put_on_the_timeline_moved_and_removed(open_site):
    page = open_site("view=failures")
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


def test_pages_change_without_loading_and_back_works(open_site):
    page = open_site()
    page.evaluate("window.kept = 1")
    settled(page, lambda: page.click("#site-nav-cooling"))
    page.wait_for_selector("#site-verdict-cooling :text('PUE')")
    assert page.title() == "Nameplate: Cooling"
    drawn = "document.querySelector('#site-fig-pue .js-plotly-plot').data[0].z.length"
    page.wait_for_function(f"{drawn} === 24")

    page.go_back()
    page.wait_for_selector("#site-view-site:not(.np-hidden)")
    assert page.evaluate("window.kept") == 1
    page.click("#site-nav-explore")
    page.wait_for_url("**/")
    page.wait_for_selector("#explore-main")


def test_a_url_restores_the_view(open_site):
    page = open_site("view=cooling&plant=air-cooled&supply=27&it=50")
    assert page.input_value("#site-supply") == "27 °C"
    assert "PUE" in headline(page, "cooling")
    ours = headline(page, "cooling")

    other = open_site("view=cooling")
    assert headline(other, "cooling") != ours


def test_the_api_call_of_the_view_is_shown(open_site):
    page = open_site("view=failures&design=n")
    page.click("#site-api")
    page.wait_for_selector("#site-api-text")
    text = page.inner_text("#site-api-text")

    assert "/api/v1/site/failures" in text
    assert '"design": "n"' in text


def test_a_chosen_node_is_found_in_the_racks(open_site):
    page = open_site()
    shapes = "(document.querySelector('#site-fig-racks .js-plotly-plot').layout.shapes"
    page.click(NODE.format("ROW-H1R1-A"))
    page.wait_for_function(f"{shapes} || []).length === 1")
    page.click(NODE.format("UTIL"))
    page.wait_for_function(f"{shapes} || []).length === 0")


def test_a_comparison_is_kept_in_the_url(open_site):
    page = open_site("compare=planned")
    page.wait_for_selector("#site-compare-table td")
    assert "as planned" in page.inner_text("#site-compare-table")
    assert "compare=planned" in page.url
