"""What holds on every page: no serious fault for axe, a table beside every chart."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from app.figures.template import DARK as DARK_INK
from app.figures.template import LIGHT
from app.pages.frame import PAGES as HEADS
from tests.app.charts.conftest import PAGES
from tests.app.conftest import ANSWER_MS, BROWSER, FIRST_ANSWER_MS

pytestmark = BROWSER

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DARK = {"type": "rule", "values": ["color-contrast"]}
FAULTS = """async ([inside, rules]) => {
    const alike = ['.main-svg', 'tbody tr:nth-child(n + 4)'];
    const found = await axe.run({include: [inside], exclude: alike},
                                {runOnly: rules, preload: false});
    return found.violations
        .filter((v) => v.impact === 'serious' || v.impact === 'critical')
        .flatMap((v) => v.nodes.map((n) => v.id + ' ' + n.target.join(' ') + ': '
            + (n.any.concat(n.all, n.none)[0] || {}).message));
}"""
SHOWN = """(what) => [...document.querySelectorAll(what)]
    .filter((node) => node.offsetParent !== null)"""
READY = f"""(count) => {{
    const shown = {SHOWN};
    const charts = shown('.dash-graph, [data-drawn]').filter((box) =>
        box.matches('[data-drawn]') || box.querySelector('.js-plotly-plot')?.data
            ?.some((trace) => trace.name || trace.hoverinfo !== 'skip'));
    return !shown('main .mantine-Skeleton-root').length && charts.length >= count
        && shown('.np-figure-tools').length === charts.length;
}}"""
TABLES = f"""() => ({SHOWN})('.np-figure-tools').map((bar) => {{
    const open = bar.querySelector('button');
    if (open.getAttribute('aria-expanded') === 'false') open.click();
    const box = document.getElementById(open.getAttribute('aria-controls'));
    const texts = (what) => [...box.querySelectorAll(what)].map((n) => n.textContent);
    return {{name: bar.getAttribute('aria-label'),
        buttons: [...bar.children].map((b) => b.textContent),
        rows: box.querySelectorAll('tbody tr').length, own: box.matches('details'),
        heads: texts('thead th'), cells: texts('td')}};
}})"""
FITS = """() => [...document.querySelectorAll('.dash-graph .js-plotly-plot')]
    .filter((gd) => gd.offsetParent !== null && gd.querySelector('.main-svg'))
    .every((gd) => gd.querySelector('.main-svg').clientWidth <= gd.clientWidth + 1)"""
OUTSIDE = f"""() => {{
    const all = document.documentElement;
    const wide = all.scrollWidth > window.innerWidth ? ['page'] : [];
    const tools = ({SHOWN})('.np-second *, .np-top-tools *').filter((node) =>
        node.getBoundingClientRect().right > all.clientWidth + 1);
    const words = ({SHOWN})('.np-oneline').flatMap((svg) =>
        [...svg.querySelectorAll('.np-node text')].filter((text) =>
            text.getBBox().x + text.getBBox().width
            > text.parentNode.querySelector('.np-node-box').getBBox().width));
    return [...wide, ...[...tools, ...words].map((n) => n.textContent || n.id)];
}}"""
"""The page where it scrolls sideways, tools of the header and words of the one-line
diagram that are cut off."""
HEADER = """() => [...document.querySelectorAll('.np-top button, .np-nav-link')]
    .map((node) => node.textContent)"""
TOOLS = """() => [...document.querySelectorAll('.np-tools > [id]')]
    .map((node) => node.id.split('-').at(-1))
    .filter((name) => name === 'copy' || name === 'api')"""
LINKS = """() => {
    window.gone = [];
    document.querySelector('.np-nav').addEventListener('click', (event) => {
        event.preventDefault();
        window.gone.push(event.target.closest('a').dataset.go);
    });
    return [...document.querySelectorAll('.np-nav-link')].map((a) => a.dataset.go);
}"""
"""The letters of the pages; where they lead is written down and not gone to."""
INKS = f"""() => [...new Set(({SHOWN})('.js-plotly-plot')
    .map((gd) => gd.layout.font?.color).filter(Boolean))]"""
"""Colours of the words in charts."""
PRINTED = f"""() => {{
    window.dispatchEvent(new Event('beforeprint'));
    const found = [({INKS})(), getComputedStyle(document.body).backgroundColor];
    window.dispatchEvent(new Event('afterprint'));
    return found;
}}"""
ON_PAPER = f"""() => ({SHOWN})('.np-panel, .np-figure-tools, .np-tools')
    .map((node) => node.className)"""
CUT = f"""() => {{
    window.dispatchEvent(new Event('beforeprint'));
    const right = document.documentElement.clientWidth + 1;
    const drawn = [...document.querySelectorAll('.dash-graph .main-svg')];
    const beyond = [...({SHOWN})('.np-table th, .np-table td'), ...drawn].filter(
        (node) => node.getBoundingClientRect().right > right);
    const scrolled = ({SHOWN})('.np-grid').filter((grid) =>
        grid.querySelector('.ag-row'));
    const whole = ({SHOWN})('.np-paper thead tr').map((row) => row.cells.length);
    window.dispatchEvent(new Event('afterprint'));
    const cut = [...beyond, ...scrolled].slice(0, 9);
    return [cut.map((n) => n.textContent || n.id), whole,
            document.querySelectorAll('.np-paper').length];
}}"""
"""What paper would cut off, columns of the plain tables it gets instead, and how many
of them stay."""
A4_PX = 718
"""Upright, between usual margins."""
GRIDS = {"explore": [4], "failures": [8], "study": [6], "data": [4]}
"""Columns of the sortable tables that have rows and are open."""
SHELL = [
    [*(title for _, title, *_ in HEADS), "Search /", "Log out", "?"],
    ["copy", "api"], "esfctvupld",
]  # fmt: skip
"""What the header has on every page, and the letters that go to the pages."""
VIEWS = ("failures", "cooling")
"""Views of the site page, changed in place."""


@pytest.fixture(scope="module")
def opened(browser, every):
    """Open a page by name, in one tab, and wait for its charts."""
    origin, places = every
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()

    def go(name):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(media="screen", color_scheme="light")
        if name in VIEWS and "/site/" in page.url:
            page.click(f"#site-nav-{name}")
        else:
            page.goto(origin + places[name].path)
        page.wait_for_function(places[name].ready, timeout=FIRST_ANSWER_MS)
        page.wait_for_function(READY, arg=places[name].charts, timeout=ANSWER_MS)
        return page

    yield go
    context.close()


def tables_of(page):
    """Open every chart's table; return what each says."""
    filled = f"({TABLES})().every((table) => table.own || table.rows > 0)"
    page.wait_for_function(filled, timeout=ANSWER_MS)
    return page.evaluate(TABLES)


def overflow_of(page, width_px):
    """What stands out of a window of this width, once its charts fit it."""
    page.set_viewport_size({"width": width_px, "height": 844})
    page.wait_for_function(FITS, timeout=ANSWER_MS)
    return page.evaluate(OUTSIDE)


def shell_of(page):
    """Check one header on a phone, from where a letter after g leads to each page."""
    found = [page.evaluate(HEADER), page.evaluate(TOOLS)]
    assert page.locator("#np-search").is_visible()
    page.evaluate("document.activeElement.blur()")
    for letter in page.evaluate(LINKS):
        page.keyboard.press("g")
        page.keyboard.press(letter)
    return [*found, page.evaluate("window.gone.join('')")]


def faults_of_dialog(page):
    """What axe says of the dialog that has the page's call of the API."""
    menu = page.locator("details.np-menu > summary")
    if menu.count():
        menu.first.click()
    page.click('[id$="-api"]:not([id$="-modal"])')
    page.wait_for_selector(".mantine-Modal-content")
    found = page.evaluate(FAULTS, [".mantine-Modal-content", LEVELS])
    page.keyboard.press("Escape")
    page.wait_for_selector(".mantine-Modal-content", state="detached")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_charts_have_tables_axe_finds_nothing_serious_phones_and_paper_fit(
    opened, name
):
    page = opened(name)
    tables = tables_of(page)
    page.evaluate(AXE)
    headings = page.locator("h1").count()

    inside = f"#site-view-{name}" if name in VIEWS else "body"
    light = page.evaluate(FAULTS, [inside, LEVELS])
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-mantine-color-scheme=dark]")
    dark = page.evaluate(FAULTS, [inside, DARK])
    inks, paper = page.evaluate(INKS), page.evaluate(PRINTED)
    again = page.evaluate(INKS)
    dialog = [] if name in VIEWS else faults_of_dialog(page)
    wide = {width: overflow_of(page, width) for width in (2560, 1280, 390)}
    shell = SHELL if name in VIEWS else shell_of(page)
    page.emulate_media(media="print")
    printed = page.evaluate(ON_PAPER)
    page.set_viewport_size({"width": A4_PX, "height": 1000})
    on_a4 = page.evaluate(CUT)

    assert headings == 1
    assert light == []
    assert dark == []
    assert inks == again == ([DARK_INK.ink] if name != "data" else [])
    assert paper == [[LIGHT.ink] if inks else [], "rgb(255, 255, 255)"]
    assert dialog == []
    assert wide == {2560: [], 1280: [], 390: []}
    assert printed == []
    assert on_a4 == [[], GRIDS.get(name, []), 0]
    assert shell == SHELL
    for table in tables:
        assert table["buttons"] == ["Table", "CSV", "PNG", "SVG"], table["name"]
        assert table["own"] or any(c not in ("–", "") for c in table["cells"])
        assert all(table["heads"]), table["name"]
        assert not any(h.startswith("trace ") for h in table["heads"]), table["name"]
    assert page.locator(".modebar-btn").count() == 0


def test_a_file_has_all_that_is_drawn(opened):
    page = opened("stabilize")
    drawn = page.evaluate(
        "np.chartTables(document.querySelector('#stab-fig-spectrum .js-plotly-plot'))"
        ".reduce((n, t) => n + t.at.length, 0)"
    )
    with page.expect_download() as saving:
        page.click(".np-chart-spectrum .np-figure-tools button:has-text('CSV')")
    lines = Path(saving.value.path()).read_text().splitlines()
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-mantine-color-scheme=dark]")
    files = {}
    for kind in ("PNG", "SVG"):
        with page.expect_download() as saving:
            page.click(f".np-chart-spectrum .np-figure-tools button:has-text('{kind}')")
        files[kind] = Path(saving.value.path()).read_bytes()

    assert sum(1 for line in lines if line and line[0].isdigit()) == drawn > 500
    assert lines[0] == 'frequency [Hz],"before, W"'
    assert files["PNG"][:4] == b"\x89PNG"
    assert b"rgb(0, 103, 165)" in files["SVG"]  # the power of light ground
    assert b"rgb(92, 184, 240)" not in files["SVG"]
    assert b"rgb(20, 24, 28)" not in files["SVG"]  # dark ground


def test_temperatures_are_read_in_fahrenheit_wherever_they_stand(opened):
    """Answers stay in °C: 80.6 °F are ASHRAE's 27 °C, 89.6 °F its 32 °C."""
    page = opened("cooling")
    marks = """() => document.querySelector('#site-fig-ride .js-plotly-plot').layout
        .annotations.map((a) => [a.y, a.text])"""
    shown = page.locator("#site-view-cooling .np-numbers")
    page.set_viewport_size({"width": 1440, "height": 900})
    celsius = page.evaluate(marks)
    words = shown.inner_text()
    page.click("#site-temps >> text=°F")

    assert celsius == [[27, "recommended 27 °C"], [32, "limit 32 °C"]]
    assert page.evaluate(marks) == [[80.6, "recommended 80.6 °F"],
                                    [89.6, "limit 89.6 °F"]]  # fmt: skip
    assert "Above 27 °C" in words
    assert "Above 80.6 °F" in shown.inner_text()
    assert "°C" not in page.inner_text("#site-view-cooling")
    supply = page.locator("#site-supply-row")
    assert supply.locator("input").first.input_value() == "24 °C"
    assert supply.locator(".np-also").inner_text() == "75.2 °F"
    assert page.evaluate("np.temps('± 11 K, −40 to 0 °C')") == "± 19.8 °F, −40 to 32 °F"

    page = opened("site")  # loaded anew: the unit is kept, for what comes later, too
    assert "°F" in page.inner_text("#site-number-gpu")
    page.click("#site-metric >> text=Inlet")
    page.wait_for_function(
        """() => { const { z, colorbar } = document.querySelector(
            '#site-fig-racks .js-plotly-plot').data[0];
            return colorbar.title.text === '°F' && z.flat().every((v) => v > 60); }""",
        timeout=ANSWER_MS,
    )
    page.click("#site-temps >> text=°C")
    assert "°C" in page.inner_text("#site-number-gpu")
    assert page.locator("text=°F").count() == 1  # the switch


def test_pointing_at_one_chart_marks_the_same_moment_on_the_others(opened):
    page = opened("failures")
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
