"""Reports in a browser: on a phone, in the dark, and on paper."""

from __future__ import annotations

import pytest

from app.report.kinds import report_of
from tests.app.conftest import BROWSER
from tests.app.report.conftest import SITE

pytestmark = BROWSER


@pytest.fixture
def show(browser):
    """Open a report at a width; nothing may be asked of anybody, no script may run."""
    contexts, asked = [], []

    def shown(page, *, width=1440, dark=False, media=None):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=True,
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda r: asked.append(r.url))
        tab.set_content(page)
        if media:
            tab.emulate_media(media=media)
        return tab

    yield shown
    for context in contexts:
        context.close()
    assert asked == []


@pytest.fixture
def reports(served, known, whatif, plan):
    _, client = served
    items = [{"run_id": known["run 40"]}, {"run_id": known["run 52"]}]
    study = client.study(known["sweep"])
    return {
        "what-if": report_of(whatif, plan=plan),
        "site": report_of(known["site"], scenario=SITE, failures=known["failures"]),
        "serving": report_of(known["serving"]),
        "study": report_of(study, points=list(client.study_points(known["sweep"]))),
        "comparison": report_of(client.compare(items)),
    }


def test_no_report_is_wider_than_its_screen(show, reports):
    for name, page in reports.items():
        for width in (390, 1440):
            tab = show(page, width=width)
            beyond = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{name} at {width} px"


def test_a_dark_screen_gets_dark_ground_and_light_figures(show, reports):
    tab = show(reports["what-if"], dark=True)
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    words = tab.evaluate("getComputedStyle(document.querySelector('figure text')).fill")

    assert ground == "rgb(20, 24, 28)"
    assert words == "rgb(154, 164, 174)"


def test_paper_is_light_and_whole_even_from_a_dark_screen(show, reports):
    tab = show(reports["what-if"], dark=True, media="print")
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    folded = tab.evaluate(
        "[...document.querySelectorAll('details pre')].map(e => e.checkVisibility("
        "{contentVisibilityAuto: true, visibilityProperty: true}))"
    )

    assert ground == "rgb(255, 255, 255)"
    assert folded == [True]
    assert not tab.locator("nav").is_visible()
