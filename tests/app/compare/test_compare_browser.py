"""The Compare page in a real browser: search, list, baseline, differences, files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from api.client import Client
from tests.app.browsing import call_of, marked
from tests.app.compare.conftest import store_runs
from tests.app.conftest import ANSWER_MS, BROWSER

pytestmark = BROWSER

ANSWERED = "Boolean(document.body.dataset.cmpSeq)"
REFUSED = "Boolean(document.body.dataset.cmpRefused)"


@pytest.fixture(scope="module")
def stored(origin):
    with Client.connect(origin) as client:
        return store_runs(client)


@pytest.fixture
def open_page(open_url, stored):
    """Open the page with both runs and wait for the answer."""

    def opened(query=None, *, ready=ANSWERED, **how):
        asked = query if query is not None else "items=" + ",".join(
            f"run:{key}" for key in stored
        )  # fmt: skip
        return open_url(f"/compare/?{asked}", ready=ready, **how)

    return opened


def answered(page, act):
    marked(page, "cmpSeq", act)


def first_figure(page):
    return page.locator("#cmp-outputs tbody tr").first


def test_the_largest_difference_is_said_first_in_the_unit_chosen(open_page, stored):
    page = open_page()
    label = first_figure(page).locator("th").inner_text()

    assert label in page.inner_text("#cmp-verdict .np-headline")
    assert "worse" in page.inner_text("#cmp-outputs")

    twice = page.evaluate(
        """() => { const all = [...document.querySelectorAll('[id]')].map((n) => n.id);
            return all.filter((id, k) => all.indexOf(id) !== k); }"""
    )
    levels = page.evaluate(
        "() => [...document.querySelectorAll('h1,h2,h3')].map((n) => +n.tagName[1])"
    )

    assert twice == []
    assert levels[0] == 1
    assert all(lower - level <= 1 for level, lower in pairwise(levels))

    page.fill("#cmp-vary", "more servers please")
    page.click("#cmp-vary-add")
    page.wait_for_function(
        "document.querySelector('#cmp-vary-error').innerText.includes('Write a field')"
    )

    assert page.input_value("#cmp-vary") == "more servers please"

    answered(page, lambda: page.click("#cmp-units label:has-text('MW')"))
    page.wait_for_function(
        "document.querySelector('#cmp-multiples').innerText.includes('MW')"
    )

    assert "units=MW" in page.url

    page.wait_for_selector("#cmp-fig-curves .js-plotly-plot .scatterlayer .trace")
    traces = "document.querySelector('#cmp-fig-curves .js-plotly-plot').data.length"
    before = page.evaluate(traces)
    answered(page, lambda: page.click(".np-chips label:has-text('arriving')"))
    page.wait_for_function(f"n => {traces} === n + 2", arg=before)

    assert "arrivals_rps" in page.url
    text = call_of(page, "cmp")
    assert "/api/v1/compare" in text
    assert stored[1] in text


def test_baselines_steps_back_and_rows_work_by_keyboard(open_page, stored):
    page = open_page()
    row = "#cmp-outputs tr[data-key=peak_w] .np-side-delta"
    assert page.inner_text(row).startswith("+")

    answered(page, lambda: page.click("[data-base='1']"))
    page.wait_for_function(
        "s => document.querySelector(s).innerText.startsWith('\\u2212')", arg=row
    )
    assert "base=1" in page.url
    assert page.get_attribute("[data-base='1']", "aria-pressed") == "true"

    answered(page, lambda: page.keyboard.press("b"))
    assert "base=1" not in page.url

    page.focus("[data-base='1']")
    answered(page, lambda: page.keyboard.press("Enter"))

    assert page.evaluate("document.activeElement.dataset.base") == "1"

    answered(page, lambda: page.click("[data-drop='1']"))
    assert stored[1] not in page.url

    answered(page, page.go_back)
    assert stored[1] in page.url
    page.wait_for_selector("#cmp-outputs tr[data-key=peak_w]")
    assert page.locator("#cmp-list li").count() == 2

    few = page.locator("#cmp-outputs tbody tr").count()
    answered(page, lambda: page.keyboard.press("d"))
    page.wait_for_function(
        "n => document.querySelectorAll('#cmp-outputs tbody tr').length > n", arg=few
    )

    assert "show=everything" in page.url


def test_an_empty_page_offers_a_comparison_and_takes_a_changed_field(open_page):
    page = open_page("")
    assert not page.is_visible("#cmp-outputs")

    answered(page, lambda: page.click(".np-example"))
    page.wait_for_selector("#cmp-outputs tbody tr")
    assert "scenario:sample-row~fleet.server_count=52" in page.url
    assert page.locator("#cmp-list li").count() == 2

    page.fill("#cmp-vary", "fleet.server_count = 44")
    answered(page, lambda: page.press("#cmp-vary", "Enter"))

    assert "fleet.server_count=44" in page.url
    assert "44" in page.inner_text("#cmp-inputs")


def test_a_run_is_found_by_search_and_added(open_page, stored):
    page = open_page(f"items=run:{stored[0]}")
    page.focus("#cmp-add")
    page.keyboard.type(stored[1][-4:])
    option = page.locator(f"[role=option]:has-text('{stored[1][-4:]}')")
    option.first.wait_for()
    answered(page, option.first.click)

    assert f"run:{stored[1]}" in page.url
    assert page.locator("#cmp-list li").count() == 2


def test_a_url_restores_and_an_unknown_field_expects_refusal_words(open_page, stored):
    query = f"items=run:{stored[1]},run:{stored[0]}&base=1&units=W&show=everything"
    page = open_page(query)

    assert page.get_attribute("[data-base='1']", "aria-pressed") == "true"
    assert " W" in page.inner_text("#cmp-multiples")
    assert page.is_checked("#cmp-show input[value=everything]")

    page.fill("#cmp-vary", "fleet.servers = 44")
    page.press("#cmp-vary", "Enter")
    page.wait_for_function(REFUSED, timeout=ANSWER_MS)

    assert "Item 3, fleet.servers" in page.inner_text("#cmp-problem")
    assert page.locator("#cmp-list li.np-item-bad").count() == 1
    assert page.locator("#cmp-outputs tbody tr").count() > 3, "the last answer stays"
    answered(page, lambda: page.click("[data-drop='2']"))
    assert page.inner_text("#cmp-problem") == ""


def test_files_are_saved(open_page):
    page = open_page()
    page.wait_for_selector("#cmp-fig-curves .js-plotly-plot .scatterlayer .trace")
    for kind in ("csv", "parquet", "html", "json"):
        page.click("#cmp-export")
        with page.expect_download(timeout=ANSWER_MS) as saved:
            page.click(f"#cmp-{kind}")

        assert saved.value.suggested_filename == f"nameplate-comparison.{kind}"
        assert Path(saved.value.path()).stat().st_size > 1000


def test_an_unknown_run_expects_refusal_words(open_page, stored):
    page = open_page(f"items=run:{stored[0]},run:run_none", ready=REFUSED)

    assert "Item 2, run_id must exist" in page.inner_text("#cmp-problem")
    answered(page, lambda: page.click("[data-drop='1']"))
    assert page.inner_text("#cmp-problem") == ""
