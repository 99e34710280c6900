"""The Serving page in a real browser: verdict, systems, knobs, sweep, query, URL."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.app import browsing
from tests.app.browsing import call_of, marked
from tests.app.conftest import ANSWER_MS, BROWSER

pytestmark = BROWSER

settled = partial(browsing.settled, prefix="serv")

ANSWERED = "Boolean(document.body.dataset.servFine)"
SHORT = "minutes=5&rate=10&systems=greener,buddy"
"""A view that is quick to answer."""


@pytest.fixture
def open_page(open_url):
    """Open the page and wait for the first settled answer."""

    def opened(query=SHORT, **how):
        return open_url(f"/serving/?{query}", ready=ANSWERED, **how)

    return opened


def box(page, label):
    page.get_by_role("checkbox", name=label, exact=True).click()


def systems_shown(page):
    return page.locator("#serv-side .np-system th b").all_inner_texts()


def test_a_knob_moves_the_answer_and_its_call_file_and_sources_are_had(open_page):
    page = open_page()
    before = page.inner_text("#serv-side tbody")
    page.locator("#serv-rate-slider [role=slider]").focus()
    settled(page, lambda: page.keyboard.press("ArrowRight"))

    assert page.input_value("#serv-rate") == "11 req/s"
    assert "rate=11" in page.url
    assert page.inner_text("#serv-side tbody") != before
    text = call_of(page, "serv")
    assert "/api/v1/serving/run" in text
    assert '"rate_rps": 11' in text

    page.click("#serv-export")
    with page.expect_download() as saved:
        page.click("#serv-csv")

    assert "Buddy Compression" in Path(saved.value.path()).read_text(encoding="utf-8")

    href = page.get_attribute("#serv-origins a >> nth=1", "href")
    words = page.evaluate("u => fetch(u).then((r) => r.text())", href)

    assert words.startswith("# Greener LLMs")


def test_systems_are_added_pressed_and_turned(open_page):
    page = open_page()
    assert systems_shown(page) == [
        "One pool, all on",
        "Greener LLMs",
        "Buddy Compression",
    ]

    settled(page, lambda: box(page, "SSJF"))
    assert "SSJF" in systems_shown(page)
    assert "ssjf" in page.url
    settled(page, lambda: box(page, "Greener LLMs"))
    assert "Greener LLMs" not in systems_shown(page)
    settled(page, lambda: box(page, "Greener LLMs"))

    settled(page, lambda: page.click("[data-look='Buddy Compression'] button"))

    assert "look=Buddy+Compression" in page.url
    assert "Buddy Compression" in page.inner_text("#serv-pools-of")
    page.wait_for_selector("[data-look='Buddy Compression'].np-chosen-row")
    page.wait_for_function(
        "document.querySelector('#serv-fig-pools .js-plotly-plot').data.length >= 5"
    )

    before = page.inner_text("[data-look='Greener LLMs']")
    page.click("[data-knobs=greener]")
    field = page.locator("#serv-drawer-knobs input[aria-label='Clock']")
    field.wait_for()
    field.fill("[1.0]")
    settled(page, lambda: field.press("Enter"))

    assert "knobs=" in page.url
    assert page.inner_text("[data-look='Greener LLMs']") != before
    assert page.inner_text("[data-knobs=greener]") == "Knobs · 1"
    settled(page, lambda: page.click("#serv-drawer-reset"))
    assert "knobs=" not in page.url
    assert page.inner_text("[data-look='Greener LLMs']") == before


def test_sweep_and_query_follow_their_own_inputs(open_page):
    page = open_page()
    page.wait_for_function("document.body.dataset.servSwept", timeout=ANSWER_MS)
    page.wait_for_function(
        "document.querySelector('#serv-sweep-words').innerText"
        ".includes('8 to 20 servers')"
    )
    marked(page, "servSwept", lambda: settled(page, lambda: box(page, "SSJF")))
    assert "np-old" not in page.get_attribute("#serv-section-pareto", "class")

    page.wait_for_function("document.body.dataset.servQuery", timeout=ANSWER_MS)
    study = page.evaluate("document.body.dataset.servSeq")

    def choose():
        page.click("#serv-preset")
        page.click("[role=option]:has-text('Published, v1')")

    marked(page, "servQuery", choose)
    page.wait_for_selector("#serv-query-words:has-text('v1 of arXiv')")
    assert "preset=v1" in page.url
    assert page.evaluate("document.body.dataset.servSeq") == study


def test_a_slow_study_can_be_stopped_and_a_newer_question_ends_it(open_page):
    page = open_page()
    box(page, "DynamoLLM")
    page.wait_for_selector("#serv-under-way:not(.np-hidden)", timeout=ANSWER_MS)
    page.click("#serv-cancel")
    page.wait_for_function(
        "document.querySelector('#serv-under-way-text').innerText"
        ".startsWith('Stopped')",
        timeout=ANSWER_MS,
    )

    assert "DynamoLLM" not in systems_shown(page)
    settled(page, lambda: box(page, "DynamoLLM"))
    page.wait_for_selector("#serv-under-way", state="hidden", timeout=ANSWER_MS)

    box(page, "DynamoLLM")
    page.wait_for_selector("#serv-under-way:not(.np-hidden)", timeout=ANSWER_MS)
    settled(page, lambda: box(page, "DynamoLLM"))

    assert "DynamoLLM" not in systems_shown(page)
    assert "Stopped" not in page.inner_text("#serv-main")


def test_a_url_restores_the_view_and_a_refusal_expects_refusal_words(open_page):
    knobs = "%7B%22greener%22%3A%7B%22ttft_room_frac%22%3A0.9%7D%7D"
    page = open_page(f"{SHORT}&servers=12&units=MW&target=90&knobs={knobs}")

    assert page.input_value("#serv-servers") == "12"
    assert "MW" in page.inner_text("#serv-verdict .np-headline")
    assert page.inner_text("[data-knobs=greener]") == "Knobs · 1"
    assert "on 12 servers" in page.inner_text("#serv-verdict .np-detail")

    page.click("#serv-model")
    page.click("[role=option]:has-text('llama-3.1-405b-fp8')")
    refused = (
        "document.querySelector('#serv-problem .np-problem') || "
        "document.querySelector('#serv-side .np-unjudged')"
    )
    page.click("#serv-gpus")
    page.click("[role=option]:has-text('1 GPU')")
    page.wait_for_function(refused, timeout=ANSWER_MS)

    assert "One pool, all on" in systems_shown(page)
