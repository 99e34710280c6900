"""
Speed as a user meets it: what-ifs over HTTP, and the page in headless Chromium.

A real server runs in its own process on a fresh database. A slider is moved with the
keyboard, one step and release, and by clicks far from where it stands, each time to a
value not asked before; the clock stops when the power chart has been drawn with the new
answer. Clocks are those of the page.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np

from bench.rows import ROW_BARS

MOVES = 40
JUMPS = (4, 19, 9, 23, 2, 14, 21, 6, 17, 11)
"""Added servers that the slider is put to by a click, never a step from the last."""
ROW_PAGE = ("row.what_if_p95_s", "row.slider_p95_s", "row.jump_p95_s")
STABILIZE_PAGE = ("stabilize.redraw_s", "stabilize.settled_s", "stabilize.zoom_s")
CHANGE_PAGES = ("pages.controls_cold_s", "pages.change_s", "pages.change_p95_s")
PAGE_ROWS = (*ROW_PAGE, *STABILIZE_PAGE, *CHANGE_PAGES)
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

SEEN: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "bypass_csp": True}
"""The page measures itself, which its own rules would not let a script do."""


def browser_rows(prefix: str) -> tuple[list[dict[str, Any]], int]:
    """
    Measure the rows that need a server.

    Args:
        prefix: Start of the ids wanted.

    Returns:
        Rows, and 1 where Chromium is missing although its rows are wanted.
    """
    if not any(name.startswith(prefix) for name in PAGE_ROWS):
        return [], 0
    with server() as url:
        values = {}
        chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        if any(name.startswith(prefix) for name in ROW_PAGE):
            values["row.what_if_p95_s"] = what_if_p95_s(url)
            values |= page_times_s(url, chromium) if chromium else {}
        if chromium and any(name.startswith(prefix) for name in CHANGE_PAGES):
            values |= change_times_s(url, chromium)
        if chromium and any(name.startswith(prefix) for name in STABILIZE_PAGE):
            values |= stabilize_times_s(url, chromium)
        if not chromium:
            print("Chromium is missing: no page rows", file=sys.stderr)
    rows = [ROW_BARS[n] | {"id": n, "value": v} for n, v in values.items()]
    return [r for r in rows if r["id"].startswith(prefix)], 0 if chromium else 1


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run `nameplate serve` on a free port and a fresh database, warm."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "cli.main",
                "serve",
                "--port",
                str(port),
                "--no-open",
            ],
            env=os.environ | {"NAMEPLATE_DATABASE_URL": f"sqlite:///{folder}/bench.db"},
        )
        try:
            _wait_until_up(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/api/v1/health", timeout=5).is_success:
                break
        time.sleep(0.1)
    ask(url, {})  # compile or load the kernel, find the load
    ask(url, {"fleet.server_count": 52})


def ask(url: str, changes: dict[str, Any]) -> float:
    """Ask one what-if and wait for its answer, a job's too. [s]"""
    start = time.perf_counter()
    answer = httpx.post(
        f"{url}/api/v1/what-if", json={"scenario": {}, "changes": changes}, timeout=120
    )
    answer.raise_for_status()
    if answer.status_code == 202:
        job = url + answer.headers["location"]
        while httpx.get(job, timeout=120).json()["state"] in {"queued", "running"}:
            time.sleep(0.02)
    return time.perf_counter() - start


def what_if_p95_s(url: str) -> float:
    """95th percentile over moves of the server count and of a threshold. [s]"""
    times = []
    for k in range(MOVES):
        count = 40 + (7 * k) % 25
        threshold = round(0.74 + 0.002 * k, 3)
        times.append(
            ask(url, {"fleet.server_count": count, "policy.t1_frac": threshold})
        )
    return float(np.percentile(times, 95))


_DRAWN = """() => {
  const chart = document.querySelector('#explore-power .js-plotly-plot');
  window.__drawn = 0;
  chart.on('plotly_afterplot', () => { window.__drawn = performance.now(); });
  for (const kind of ['keydown', 'pointerdown']) {
    document.addEventListener(kind, (event) => {
      window.__moved = event.timeStamp;
    }, true);
  }
}"""


def page_times_s(url: str, chromium: str) -> dict[str, float]:
    """Time to controls on a warm load, and slider release to redrawn chart. [s]"""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(**SEEN)
        _load(page, url)
        page.wait_for_timeout(15_000)  # the risk curve of the first view
        page.evaluate(_DRAWN)

        def moved(act: Callable[[], None]) -> float:
            """Move a slider; from the key or click to the chart drawn anew. [s]"""
            before = page.evaluate("performance.now()")
            act()
            page.wait_for_function(
                "t => window.__drawn > t", arg=before, timeout=20_000
            )
            page.wait_for_function(
                "!document.querySelector('#explore-main[aria-busy=true]')"
            )
            page.wait_for_timeout(150)
            return float(page.evaluate("window.__drawn - window.__moved")) / 1e3

        def step(knob: str, key: str) -> float:
            page.locator(f"#explore-{knob}-slider [role=slider]").first.focus()
            return moved(lambda: page.keyboard.press(key))

        def jump(to: int) -> float:
            box = page.locator("#explore-added-slider").bounding_box()
            assert box is not None
            x = box["x"] + box["width"] * (to + 0.2) / 24
            y = box["y"] + box["height"] / 2
            return moved(lambda: page.mouse.click(x, y))

        steps, jumps = [], []
        step("added", "Home")
        for key in ("ArrowRight", "ArrowLeft"):
            steps += [step("added", key) for _ in range(MOVES // 2)]
            step("t1", "ArrowLeft")  # from here on no answer is remembered
        for _ in range(2):
            jumps += [jump(to) for to in JUMPS]
            step("t1", "ArrowLeft")
        browser.close()
    return {
        "row.slider_p95_s": float(np.percentile(steps, 95)),
        "row.jump_p95_s": float(np.percentile(jumps, 95)),
    }


CONTROLS = {
    "explore": "#explore-added-slider [role=slider]",
    "site": "#site-knobs [role=slider]",
    "stabilize": "#stab-job [role=slider]", "serving": ".np-panel [role=slider]",
    "study": "#study-define input", "compare": "#cmp-add",
    "live": "#live-units label", "data": "#data-search",
}  # fmt: skip
"""What can be used first on each page."""


_WATCH = """controls => {
  const now = () => performance.timeOrigin + performance.now();
  const look = new MutationObserver(() => {
    const link = document.querySelector(".np-nav-link[aria-current=page]");
    const control = link && document.querySelector(controls[link.id.split("-nav-")[1]]);
    if (!control || !control.getClientRects().length) return;
    look.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.__painted = now(); }));
  });
  look.observe(document, { subtree: true, childList: true });
  document.addEventListener("click", (event) => {
    window.__painted = 0;
    sessionStorage.clicked = performance.timeOrigin + event.timeStamp;
  }, true);
}"""
"""The page's own clock: its first control painted, and the click that led to it."""


def change_times_s(url: str, chromium: str) -> dict[str, float]:
    """
    First control in a fresh browser, and from each page to each other by a click. [s]

    Both end with the frame that shows the control. The first begins with the
    navigation and is the median over the pages; the others begin with the click and
    are over all pairs, both ways, the page before still at its answers.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)

        def opened() -> Any:
            page = browser.new_page(**SEEN)
            page.add_init_script(f"({_WATCH})({json.dumps(CONTROLS)})")
            return page

        cold = []
        for name in CONTROLS:
            page = opened()
            page.goto(_at(url, name))
            cold.append(_painted_s(page, "performance.timeOrigin"))
            page.wait_for_timeout(3000)  # the next one meets a server at rest
            page.close()
        page = opened()
        changes = []
        for a, b in itertools.combinations(CONTROLS, 2):
            page.goto(_at(url, a))
            _painted_s(page, "0")
            for to in (b, a, b):
                page.wait_for_timeout(600)
                page.locator(f".np-nav a[id$=-nav-{to}]").click(no_wait_after=True)
                changes.append(_painted_s(page, "Number(sessionStorage.clicked)"))
        browser.close()
    return {
        "pages.controls_cold_s": float(np.median(cold)),
        "pages.change_s": float(np.median(changes)),
        "pages.change_p95_s": float(np.percentile(changes, 95)),
    }


def _at(url: str, name: str) -> str:
    return f"{url}/" if name == "explore" else f"{url}/{name}/"


def _painted_s(page: Any, since: str) -> float:
    """Wait for a page's first control; how long that took since then. [s]"""
    page.wait_for_function("window.__painted")
    return float(page.evaluate(f"window.__painted - {since}")) / 1e3


_WAVE_DRAWN = """() => {
  const chart = document.querySelector('#stab-fig-wave .js-plotly-plot');
  window.__drawn = 0;
  chart.on('plotly_afterplot', () => { window.__drawn = performance.now(); });
}"""


_ZOOM_S = """async (low) => {
  const chart = document.querySelector('#stab-fig-spectrum .js-plotly-plot');
  const start = performance.now();
  await Plotly.relayout(chart, {'xaxis.range': [low, low + 1.5]});
  return (performance.now() - start) / 1e3;
}"""


def stabilize_times_s(url: str, chromium: str) -> dict[str, float]:
    """Moving the floor of GPU smoothing: first redraw, fine one; zooming a spectrum."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(**SEEN)
        page.goto(f"{url}/stabilize/")
        page.wait_for_function("document.body.dataset.stabFine", timeout=120_000)
        page.wait_for_timeout(2000)
        page.evaluate(_WAVE_DRAWN)
        page.locator("#stab-floor-slider [role=slider]").first.focus()
        first, settled = [], []
        for k in range(15):
            fine = page.evaluate("document.body.dataset.stabFine")
            asked = page.evaluate("document.body.dataset.stabSeq")
            before = page.evaluate("performance.now()")
            page.keyboard.press("ArrowLeft" if k % 10 < 5 else "ArrowRight")
            page.wait_for_function(
                "([s, t]) => document.body.dataset.stabSeq !== s && window.__drawn > t",
                arg=[asked, before], timeout=20_000,
            )  # fmt: skip
            first.append((page.evaluate("window.__drawn") - before) / 1e3)
            page.wait_for_function(
                "f => ![undefined, '', f].includes(document.body.dataset.stabFine)",
                arg=fine, timeout=20_000,
            )  # fmt: skip
            settled.append((page.evaluate("performance.now()") - before) / 1e3)
            page.wait_for_timeout(500)
        zooms = [page.evaluate(_ZOOM_S, -3 + k / 5) for k in range(15)]
        browser.close()
    return {
        "stabilize.redraw_s": float(np.median(first)),
        "stabilize.settled_s": float(np.median(settled)),
        "stabilize.zoom_s": float(np.median(zooms)),
    }


def _load(page: Any, url: str) -> float:
    """Load the page and wait for its first slider and its chart. [s]"""
    start = time.perf_counter()
    page.goto(url)
    page.locator("#explore-added-slider [role=slider]").first.wait_for()
    shown = time.perf_counter() - start
    page.locator("#explore-power .js-plotly-plot .scatterlayer").first.wait_for(
        timeout=60_000
    )
    return shown
