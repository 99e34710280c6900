"""What holds on every page: no serious fault for axe, a table beside every chart."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from tests.app.charts.conftest import PAGES
from tests.app.conftest import ANSWER_MS, BROWSER, FIRST_ANSWER_MS

pytestmark = BROWSER

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FAULTS = """async (levels) => {
    const found = await axe.run(document, {runOnly: levels});
    return found.violations
        .filter((v) => v.impact === 'serious' || v.impact === 'critical')
        .flatMap((v) => v.nodes.map((n) => v.id + ' ' + n.target.join(' ') + ': '
            + (n.any.concat(n.all, n.none)[0] || {}).message));
}"""
CHARTS = """() => [...document.querySelectorAll('.dash-graph, [data-drawn]')]
    .filter((box) => box.offsetParent !== null)
    .filter((box) => box.matches('[data-drawn]')
        || np.chartTables(box.querySelector('.js-plotly-plot')).length)
    .map((box) => box.id)"""
TOOLS = "#{0} ~ .np-figure-tools, .np-chart:has(#{0}) .np-figure-tools"
ZOOM_MS = """async (id) => {
    const gd = document.getElementById(id).querySelector('.js-plotly-plot');
    const [low, high] = gd._fullLayout.xaxis.range;
    const ends = [low + (high - low) / 4, low + (high - low) / 2];
    const start = performance.now();
    await Plotly.relayout(gd, {'xaxis.range': ends});
    return performance.now() - start;
}"""


@pytest.fixture
def opened(browser, every):
    """Open a page by name; contexts close at the end."""
    origin, places = every
    contexts = []

    def go(name, **how):
        context = browser.new_context(bypass_csp=True, reduced_motion="reduce", **how)
        contexts.append(context)
        page = context.new_page()
        page.goto(origin + places[name].path)
        page.wait_for_function(places[name].ready, timeout=FIRST_ANSWER_MS)
        page.wait_for_function(
            "!document.querySelector('main .mantine-Skeleton-root')", timeout=ANSWER_MS
        )
        page.wait_for_function(f"({CHARTS})().every((id) => document"
                               ".getElementById(id).closest('.np-chart, main')"
                               ".querySelector('.np-figure-tools'))")  # fmt: skip
        page.wait_for_timeout(
            700
        )  # what comes after the answer: status, further charts
        return page

    yield go
    for context in contexts:
        context.close()


def show_tables(page):
    """Open every chart's table; return what each says."""
    return page.evaluate(
        """async () => {
            const bars = [...document.querySelectorAll('.np-figure-tools')]
                .filter((bar) => bar.offsetParent !== null);
            bars.forEach((bar) => bar.querySelector('button').click());
            await new Promise((done) => setTimeout(done, 400));
            return bars.map((bar) => {
                const open = bar.querySelector('button');
                const box = document.getElementById(open.getAttribute('aria-controls'));
                return {name: bar.getAttribute('aria-label'),
                    own: box.matches('details'),
                    buttons: [...bar.children].map((b) => b.textContent),
                    rows: box.querySelectorAll('tbody tr').length,
                    heads: [...box.querySelectorAll('thead th')]
                        .map((h) => h.innerText),
                    cells: [...box.querySelectorAll('td')].map((c) => c.innerText)};
            });
        }"""
    )


@pytest.mark.parametrize("name", PAGES)
def test_charts_have_tables_axe_finds_nothing_serious_phones_and_paper_fit(
    opened, name
):
    page = opened(name, viewport={"width": 1440, "height": 900}, color_scheme="light")
    charts = page.evaluate(CHARTS)
    tables = show_tables(page)
    page.evaluate(AXE)

    light = page.evaluate(FAULTS, LEVELS)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    dark = page.evaluate(FAULTS, LEVELS)
    menu = page.locator("details.np-menu > summary")
    if menu.count():
        menu.first.click()
    page.click('[id$="-api"]:not([id$="-modal"])')
    page.wait_for_selector(".mantine-Modal-content")
    page.wait_for_timeout(300)
    dialog = page.evaluate(FAULTS, LEVELS)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.emulate_media(media="print")
    printed = page.evaluate(
        "[...document.querySelectorAll('.np-panel, .np-figure-tools, .np-tools')]"
        ".filter((n) => n.offsetParent !== null).map((n) => n.className)"
    )

    assert light == []
    assert dark == []
    assert dialog == []
    assert wide <= 390
    assert printed == []
    assert len(tables) >= len(charts)
    for table in tables:
        assert table["buttons"] == ["Table", "CSV", "PNG", "SVG"], table["name"]
        assert table["own"] or table["rows"] > 0, table["name"]
        assert table["own"] or any(c not in ("–", "") for c in table["cells"])
        assert all(table["heads"]), table["name"]
        assert not any(h.startswith("trace ") for h in table["heads"]), table["name"]
    assert page.locator(".modebar-btn").count() == 0


def test_a_file_has_all_that_is_drawn_and_zooming_is_quick(opened):
    page = opened("stabilize", viewport={"width": 1440, "height": 900})
    drawn = page.evaluate(
        "np.chartTables(document.querySelector('#stab-fig-spectrum .js-plotly-plot'))"
        ".reduce((n, t) => n + t.at.length, 0)"
    )
    page.locator(".np-chart-spectrum .np-figure-tools button", has_text="CSV")
    with page.expect_download() as saving:
        page.click(".np-chart-spectrum .np-figure-tools button:has-text('CSV')")
    lines = Path(saving.value.path()).read_text().split("\r\n")
    with page.expect_download() as picture:
        page.click(".np-chart-spectrum .np-figure-tools button:has-text('PNG')")
    times = sorted(page.evaluate(ZOOM_MS, "stab-fig-spectrum") for _ in range(5))

    assert sum(1 for line in lines if line and line[0].isdigit()) == drawn > 500
    assert lines[0].startswith("frequency [Hz],before")
    assert Path(picture.value.path()).read_bytes()[:4] == b"\x89PNG"
    assert times[2] < 150


def test_pointing_at_one_chart_marks_the_same_moment_on_the_others(opened):
    page = opened("failures", viewport={"width": 1440, "height": 1000})
    page.locator("#site-fig-timeline").scroll_into_view_if_needed()
    box = page.locator("#site-fig-timeline .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.wait_for_selector("#site-fig-temperatures .np-cross:not([hidden])")

    at = page.evaluate(
        """() => ['timeline', 'temperatures'].map((name) => {
            const gd = document.querySelector(`#site-fig-${name} .js-plotly-plot`);
            const axis = gd._fullLayout.xaxis;
            return axis.p2c(parseFloat(gd.querySelector('.np-cross').style.left)
                            - axis._offset);
        })"""
    )

    assert at[0] == pytest.approx(at[1], abs=0.05)
    assert at[0] == pytest.approx(12.0, abs=0.5)
