"""The Serving page in a real browser: verdict, systems, knobs, sweep, query, URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.conftest import ANSWER_MS, BROWSER

pytestmark = BROWSER

ANSWERED = "Boolean(document.body.dataset.servFine)"
SHORT = "minutes=5&rate=10&systems=greener,buddy"
"""A view that is quick to answer."""


@pytest.fixture
def open_page(open_url):
    """Open the page and wait for the first settled answer."""

    def opened(query=SHORT, **how):
        return open_url(f"/serving/?{query}", ready=ANSWERED, **how)

    return opened


def settled(page, act):
    """Do something, and wait for the settled answer."""
    before = page.evaluate("document.body.dataset.servSeq")
    act()
    page.wait_for_function(
        "b => Boolean(document.body.dataset.servFine) && "
        "Number(document.body.dataset.servFine) > Number(b)",
        arg=before, timeout=ANSWER_MS,
    )  # fmt: skip


def marked(page, name, act=lambda: None):
    """Do something, and wait until a mark on the page has moved."""
    before = page.evaluate(f"document.body.dataset.{name} || ''")
    act()
    page.wait_for_function(
        f"b => (document.body.dataset.{name} || '') !== b", arg=before,
        timeout=ANSWER_MS,
    )  # fmt: skip


def box(page, label):
    page.get_by_role("checkbox", name=label, exact=True).click()


def systems_shown(page):
    return page.locator("#serv-side .np-system th b").all_inner_texts()


def test_a_knob_moves_the_answer_by_keyboard(open_page):
    page = open_page()
    before = page.inner_text("#serv-side tbody")
    page.locator("#serv-rate-slider [role=slider]").focus()
    settled(page, lambda: page.keyboard.press("ArrowRight"))

    assert page.input_value("#serv-rate") == "11 req/s"
    assert "rate=11" in page.url
    assert page.inner_text("#serv-side tbody") != before


def test_a_system_is_added_and_taken_away(open_page):
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


def test_a_system_pressed_shows_its_pools(open_page):
    page = open_page()
    settled(page, lambda: page.click("[data-look='Buddy Compression'] button"))

    assert "look=Buddy+Compression" in page.url
    assert "Buddy Compression" in page.inner_text("#serv-pools-of")
    page.wait_for_selector("[data-look='Buddy Compression'].np-chosen-row")
    page.wait_for_function(
        "document.querySelector('#serv-fig-pools .js-plotly-plot').data.length >= 5"
    )


def test_a_knob_of_a_system_is_turned_and_turned_back(open_page):
    page = open_page()
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


def test_the_sweep_follows_the_answer_and_fades_when_it_is_old(open_page):
    page = open_page()
    page.wait_for_function("document.body.dataset.servSwept", timeout=ANSWER_MS)
    page.wait_for_function(
        "document.querySelector('#serv-sweep-words').innerText"
        ".includes('8 to 20 servers')"
    )
    marked(page, "servSwept", lambda: settled(page, lambda: box(page, "SSJF")))
    assert "np-old" not in page.get_attribute("#serv-section-pareto", "class")


def test_a_slow_study_says_how_far_it_is_and_can_be_stopped(open_page):
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


def test_a_newer_question_ends_a_slow_one(open_page):
    page = open_page()
    box(page, "DynamoLLM")
    page.wait_for_selector("#serv-under-way:not(.np-hidden)", timeout=ANSWER_MS)
    settled(page, lambda: box(page, "DynamoLLM"))

    assert "DynamoLLM" not in systems_shown(page)
    assert "Stopped" not in page.inner_text("#serv-main")


def test_inputs_of_a_query_change_without_a_new_study(open_page):
    page = open_page()
    page.wait_for_function("document.body.dataset.servQuery", timeout=ANSWER_MS)
    study = page.evaluate("document.body.dataset.servSeq")

    def choose():
        page.click("#serv-preset")
        page.click("[role=option]:has-text('Published, v1')")

    marked(page, "servQuery", choose)
    page.wait_for_selector("#serv-query-words:has-text('v1 of arXiv')")
    assert "preset=v1" in page.url
    assert page.evaluate("document.body.dataset.servSeq") == study


def test_a_refusal_expects_refusal_words_and_keeps_the_last_answer(open_page):
    page = open_page()
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


def test_a_url_restores_the_view(open_page):
    knobs = "%7B%22greener%22%3A%7B%22ttft_room_frac%22%3A0.9%7D%7D"
    page = open_page(f"{SHORT}&servers=12&units=MW&target=90&knobs={knobs}")

    assert page.input_value("#serv-servers") == "12"
    assert "MW" in page.inner_text("#serv-verdict .np-headline")
    assert page.inner_text("[data-knobs=greener]") == "Knobs · 1"
    assert "on 12 servers" in page.inner_text("#serv-verdict .np-detail")


def test_the_api_call_of_the_view_is_shown(open_page):
    page = open_page()
    page.click("#serv-api")
    page.wait_for_selector("#serv-api-text")
    text = page.inner_text("#serv-api-text")

    assert "/api/v1/serving/study" in text
    assert '"rate_rps": 10' in text


def test_the_figures_are_saved_as_csv(open_page):
    page = open_page()
    page.click("#serv-export")
    with page.expect_download() as saved:
        page.click("#serv-csv")

    assert "Buddy Compression" in Path(saved.value.path()).read_text(encoding="utf-8")


def test_a_page_of_a_model_opens(open_page):
    page = open_page()
    href = page.get_attribute("#serv-origins a >> nth=1", "href")
    words = page.evaluate("u => fetch(u).then((r) => r.text())", href)

    assert words.startswith("# Greener LLMs")
