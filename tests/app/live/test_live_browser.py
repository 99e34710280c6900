"""The Live page in a real browser: in place, bounded, paused, lost, selected, named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.conftest import ANSWER_MS, BROWSER
from tests.app.live.seed import HOSTS, serving

pytestmark = BROWSER

DESK, PHONE = (1440, 900), (390, 844)
READY = "Boolean(document.body.dataset.liveSeq && document.body.dataset.liveDrawn)"
PLOT = "document.querySelector('#live-fig .js-plotly-plot')"
DRAWN = f"{READY} && {PLOT} && {PLOT}.data && {PLOT}.data.length >= 3"
FAKE_STREAM = """
    window.streams = [];
    window.EventSource = class {
        constructor(url) {
            this.url = url;
            this.readyState = 1;
            this.on = {};
            window.streams.push(this);
        }
        addEventListener(name, heard) { this.on[name] = heard; }
        close() { this.readyState = 2; }
        say(now) { this.on.now({ data: JSON.stringify(now) }); }
    };
    window.open_streams = () => window.streams.filter((s) => s.readyState === 1);
"""
"""A stream that says what the test says."""


@pytest.fixture
def open_page(open_url):
    """Open the page and wait for the first reading and the first chart."""

    def opened(query="", **how):
        return open_url(f"/live/?{query}", ready=DRAWN, **how)

    return opened


@pytest.fixture(scope="module")
def live(browser, origin):
    """One page for the module; nothing may go wrong in its console."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, faults = context.new_page(), []
    page.on("console", lambda m: m.type == "error" and faults.append(m.text))
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.goto(f"{origin}/live/")
    page.wait_for_function(DRAWN, timeout=ANSWER_MS)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def page(live):
    """That page, looking at the site again."""
    crumb = live.locator("button.lv-crumb:has-text('Site')")
    if crumb.count():
        answered(live, crumb.click)
    return live


@pytest.fixture(scope="module")
def faked(browser, origin):
    """A page with a stream of the tests' own, which said one `now` of the server."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(FAKE_STREAM)
    page.goto(f"{origin}/live/")
    page.wait_for_function("window.streams && streams.length", timeout=ANSWER_MS)
    page.evaluate(
        """async () => {
            window.now = await (await fetch('/api/v1/telemetry/now')).json();
            streams.at(-1).say(now);
        }"""
    )
    page.wait_for_function(DRAWN, timeout=ANSWER_MS)
    yield page
    context.close()


def value(page, name):
    return page.inner_text(f"#live-number-{name} .np-number-value")


def answered(page, act):
    """Do something, and wait for the chart that it asks for."""
    before = page.evaluate("Number(document.body.dataset.liveSeq)")
    act()
    page.wait_for_function(
        "b => Number(document.body.dataset.liveSeq) > b", arg=before, timeout=ANSWER_MS
    )


# --- the stream -----------------------------------------------------------------------


def test_the_numbers_are_the_sums_a_hand_makes(page):
    assert value(page, "hosts") == "3.4 kW"
    assert value(page, "report") == "3 of 3"
    assert value(page, "held") == "1 of 3"
    row = page.locator("tr[data-node=H1R1K01]")
    page.click("#live-level label:has-text('Racks')")
    assert row.locator("td").nth(0).inner_text() == "1.4 kW"
    assert row.locator("td").nth(4).inner_text() == "1/1"
    page.click("#live-level label:has-text('Feeds')")


def test_a_reading_changes_text_in_place_and_nothing_is_laid_out_again(page, fed):
    page.evaluate(
        """() => {
            window.added = 0;
            window.marked = [...document.querySelectorAll(
                '#live-numbers *, #live-nodes *, #live-map *, #live-headline')];
            const seen = new MutationObserver((records) => records.forEach((r) => {
                added += [...r.addedNodes].filter((n) => n.nodeType === 1).length;
            }));
            ['live-numbers', 'live-nodes', 'live-map', 'live-verdict'].forEach((id) =>
                seen.observe(document.getElementById(id),
                             {childList: true, subtree: true}));
        }"""
    )  # fmt: skip
    fed.gpu_w = 600.0  # 1,600 + 1,200 + 1,200
    page.wait_for_function(
        "document.querySelector('#live-number-hosts .np-number-value').innerText"
        " === '4.0 kW'", timeout=ANSWER_MS,
    )  # fmt: skip

    assert page.evaluate("marked.every((node) => node.isConnected)")
    assert page.evaluate("added") == 0
    assert page.evaluate("marked.length") > 60


def test_readings_leave_chart_nodes_and_memory_as_they_were(faked):
    page = faked
    page.evaluate(
        f"""() => {{ // a window's worth of seconds
            const from_ms = now.time_us / 1e3;
            const x = Array.from({{length: 940}}, (_, i) => from_ms + 1e3 * i);
            const y = x.map((_, i) => 3400 + 100 * Math.sin(i / 9));
            now.time_us += 940e6;
            now.padding = 'kept?'.repeat(50_000);
            const window_of = {{x: [x, x, x], y: [y, y, y]}};
            Plotly.extendTraces({PLOT}, window_of, [0, 1, 2], 1020);
        }}"""
    )
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def seconds(count):
        page.evaluate(
            """async (count) => {
                const stream = open_streams()[0];
                for (let i = 0; i < count; i += 1) {
                    now.time_us += 1e6;
                    now.site.power_w = 3400 + 100 * Math.sin(i / 9);
                    stream.say(now);
                    if (i % 20 === 0) await new Promise((go) => setTimeout(go, 0));
                }
            }""",
            count,
        )

    def heap_mb():
        devtools.send("HeapProfiler.collectGarbage")
        found = devtools.send("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in found if m["name"] == "JSHeapUsedSize") / 1e6

    seconds(100)
    before_mb, nodes = heap_mb(), page.evaluate("document.querySelectorAll('*').length")
    seconds(100)
    after_mb = heap_mb()

    lengths = page.evaluate(f"{PLOT}.data.map((trace) => trace.x.length)")
    assert max(lengths) <= 900 + 120
    assert min(lengths) > 800
    begin, end = page.evaluate(f"{PLOT}.layout.xaxis.range")
    assert end - begin == 900_000
    assert page.evaluate("document.querySelectorAll('*').length") <= nodes + 8
    # a quarter of a megabyte each: whoever kept them would hold 25 MB
    assert after_mb - before_mb < 8


def test_pause_holds_the_picture_and_not_the_stream(faked):
    page = faked
    shown = value(page, "hosts")
    page.click("#live-pause")
    page.evaluate(
        """() => {
            now.site.power_w = 9900;
            now.time_us += 1e6;
            streams.at(-1).say(now);
        }"""
    )

    assert value(page, "hosts") == shown
    assert page.evaluate("open_streams().length") == 1
    page.wait_for_function(
        "document.querySelector('#live-stream-state').innerText.includes('Paused')"
    )
    page.wait_for_selector("#live-numbers.np-old")
    page.click("#live-pause")
    page.wait_for_function(
        "document.querySelector('#live-number-hosts .np-number-value').innerText"
        " === '9.9 kW'"
    )


def test_a_lost_stream_is_said_and_tried_again(faked):
    page = faked
    left = page.evaluate(
        "() => { streams.at(-1).onerror(); return open_streams().length; }"
    )
    assert left == 0
    page.wait_for_selector("#live-offline:not([hidden])")
    assert "Connection lost" in page.inner_text("#live-offline")
    assert "old" in page.inner_text("#live-offline")

    page.wait_for_function("open_streams().length === 1", timeout=ANSWER_MS)
    page.evaluate("() => { now.time_us += 1e6; open_streams()[0].say(now); }")
    page.wait_for_selector("#live-offline", state="hidden")


def test_a_hidden_page_has_no_stream(faked):
    page = faked
    hide = """(is) => {
        Object.defineProperty(document, 'hidden', {value: is, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    assert page.evaluate("open_streams().length") == 0

    page.evaluate(hide, False)
    assert page.evaluate("open_streams().length") == 1


# --- selections -----------------------------------------------------------------------


def test_a_node_then_a_host_then_a_gpu_is_looked_at_and_the_url_says_so(page):
    answered(page, lambda: page.click("tr[data-node=UPS-H1-A] button"))
    assert "node=UPS-H1-A" in page.url
    assert page.inner_text("#live-hosts-title") == "3 hosts on UPS-H1-A"

    answered(page, lambda: page.click(".lv-cell[data-host=a2]"))
    page.wait_for_selector("tr[data-gpu=GPU-a2-1]")
    cells = page.locator("tr[data-gpu=GPU-a2-1] td").all_inner_texts()
    assert cells[0] == "500 of 700 W"
    assert cells[1] == "84 of 87 °C"
    assert cells[5] == "heat (driver), power cap"

    answered(page, lambda: page.click("tr[data-gpu=GPU-a2-1] button"))
    assert "gpu=GPU-a2-1" in page.url
    assert page.evaluate(f"{PLOT}.layout.yaxis.title.text") == "W"
    words = page.evaluate(f"{PLOT}.layout.annotations.map((a) => a.text).join(' ')")
    assert "enforced limit 700 W" in words
    assert "GPU 1" in page.inner_text("#live-chart-title")


def test_a_url_restores_the_view(open_page):
    page = open_page("range=1h&host=a1&metric=temp&units=W&level=racks&theme=dark")

    assert page.evaluate("document.body.dataset.liveLevel") == "1min"
    page.wait_for_selector("tr[data-gpu=GPU-a1-0]")
    assert page.inner_text(".lv-cell[data-host=a1] .lv-value") == "61 °C"
    assert value(page, "hosts") == "3,400 W"
    assert page.get_attribute("html", "data-mantine-color-scheme") == "dark"
    assert "1.4" not in page.inner_text("#live-host-words")
    assert "1,400 W by its own meter" in page.inner_text("#live-host-words")


def test_hosts_are_a_table_for_whom_a_map_is_none(page):
    page.click("#live-shape label:has-text('Table')")
    page.wait_for_function(
        "document.querySelectorAll('#live-grid [row-id]').length >= 3",
        timeout=ANSWER_MS,
    )

    assert "shape=table" in page.url
    assert "1.4 kW" in page.inner_text("#live-grid")
    answered(page, lambda: page.click("#live-grid [row-id=b1] [col-id=power]"))
    assert "host=b1" in page.url
    page.click("#live-shape label:has-text('Map')")


def test_arrow_keys_move_over_the_hosts_and_enter_chooses(page):
    page.focus(".lv-cell[data-host=a1]")
    page.keyboard.press("ArrowRight")
    answered(page, lambda: page.keyboard.press("Enter"))

    assert "host=a2" in page.url


def test_zooming_asks_for_that_period_and_one_press_is_live_again(page):
    box = page.locator("#live-fig .nsewdrag").first.bounding_box()
    y = box["y"] + box["height"] / 2

    def drag():  # where there are readings: two minutes of them from the start
        page.mouse.move(box["x"] + 0.6 * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], y, steps=5)
        page.mouse.up()

    answered(page, drag)
    assert "zoom=" in page.url
    page.wait_for_function(  # 0.3 of fifteen minutes
        f"() => {{ const [low, high] = {PLOT}.layout.xaxis.range;"
        " return Math.abs(high - low - 270000) < 5000; }",
        timeout=ANSWER_MS,
    )

    answered(page, lambda: page.click("#live-pause"))
    assert "zoom=" not in page.url


def saved(page, what):
    """Lines of a file of the Export menu."""
    page.click("#live-export")
    with page.expect_download() as saving:
        page.click(f"#live-save-{what}")
    return Path(saving.value.path()).read_text().splitlines()


def test_what_is_shown_is_saved_in_si_and_asked_for_by_curl_and_read_in_fahrenheit(
    page,
):
    answered(page, lambda: page.click(".lv-cell[data-host=a2]"))
    page.wait_for_selector("tr[data-gpu=GPU-a2-1]")
    page.click("#live-api")
    page.wait_for_selector("#live-api-text")
    assert "series?of=a2&start_us=" in page.inner_text("#live-api-text")
    page.keyboard.press("Escape")
    page.wait_for_selector("#live-api-text", state="hidden")
    assert "series?of=a2&start_us=" in saved(page, "curl")[0]

    page.click("#live-temps >> text=°F")  # 84 °C and 87 °C; a file keeps °C
    cell = page.locator("tr[data-gpu=GPU-a2-1] td").nth(1)
    page.wait_for_function("document.body.innerText.includes('183.2 of 188.6 °F')")
    heads, *hosts = (line.split(",") for line in saved(page, "hosts"))
    found = {row[0]: dict(zip(heads, row, strict=True)) for row in hosts}
    assert set(found) == set(HOSTS)
    assert found["a1"]["power_w"] == "1400"
    assert found["a2"]["hottest_c"] == "84"
    rows = [line.split(",")[0] for line in saved(page, "nodes")]
    assert rows[0] == "name"
    assert "UPS-H1-A" in rows
    assert saved(page, "chart")[0] == 'UTC,"least, kW","highest, kW","mean, kW"'
    answered(page, lambda: page.click("tr[data-gpu=GPU-a2-1] button"))
    answered(page, lambda: page.click("#live-quantity label:has-text('Temperature')"))
    page.wait_for_function(
        f"{PLOT}.layout.yaxis.title.text === '°F' && {PLOT}.data[2].y.at(-1) === 183.2",
        timeout=ANSWER_MS,
    )
    page.click("#live-temps >> text=°C")
    assert cell.inner_text() == "84 of 87 °C"
    page.wait_for_function(f"{PLOT}.data[2].y.at(-1) === 84", timeout=ANSWER_MS)
    answered(page, lambda: page.click("#live-quantity label:has-text('Power')"))

    tip = page.locator("#np-tip")
    page.focus("#live-number-hosts")
    lines = tip.inner_text().split("\n")
    assert lines[1] == "Source: readings of agents and meters."
    assert lines[2].startswith("Computed at ")
    assert len(lines) == 3


# --- nobody yet -----------------------------------------------------------------------


def test_without_a_host_the_page_says_how_one_comes_and_shows_it_when_it_is_there(
    browser, tmp_path
):
    with serving(tmp_path) as site:
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(f"{site.origin}/live/")
        page.wait_for_selector("#live-empty", timeout=ANSWER_MS)
        words = page.inner_text("#live-empty")
        assert "nameplate tokens create node001 --role agent" in words
        assert f"nameplate-agent run --server {site.origin}" in words
        assert f"nameplate-agent check --server {site.origin}" in words
        assert not page.is_visible("#live-numbers")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        site.fill(3)
        page.wait_for_selector("#live-numbers", timeout=ANSWER_MS)
        assert not page.is_visible("#live-empty")
        page.wait_for_function(  # hosts report one after the other
            "document.querySelector('#live-number-report .np-number-value')"
            f".innerText === '{len(HOSTS)} of {len(HOSTS)}'"
        )
        assert value(page, "limit") == "–"
        context.close()
