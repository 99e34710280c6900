"""
A day on the Live page in minutes: does the browser keep what it no longer needs?

A stand-in stream says as many readings as a day has, as fast as the page draws them. At
intervals the garbage is collected and the heap, nodes and listeners are counted; the
first tenth is warm-up, a line is laid through the rest.

    python -m bench.live_memory http://127.0.0.1:8000 --updates 86400
"""

from __future__ import annotations

import argparse
import json
import shutil
from typing import Any

import numpy as np

from bench.browser import CHROMIUM_FLAGS, SEEN

CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
STAND_IN = """
window.streams = [];
window.EventSource = class {
    constructor() { this.readyState = 1; this.on = {}; window.streams.push(this); }
    addEventListener(name, heard) { this.on[name] = heard; }
    close() { this.readyState = 2; }
};
"""
BEGIN = """async () => {
    const reply = await fetch('/api/v1/telemetry/now?node=all');
    window.now = await reply.json();
    window.said = 0;
    streams.at(-1).on.now({data: JSON.stringify(now)});
}"""
SAY = """async (count) => {
    const start = performance.now();
    for (let k = 0; k < count; k += 1) {
        window.said += 1;
        const now = structuredClone(window.now);
        now.time_us += 1e6 * window.said;
        now.site.power_w *= 1 + 0.1 * Math.sin(window.said / 60);
        streams.at(-1).on.now({data: JSON.stringify(now)});
        if (k % 5 === 4) await new Promise((done) => setTimeout(done, 0));
    }
    return (performance.now() - start) / count;
}"""
COUNTS = {
    "heap_mb": "JSHeapUsedSize",
    "nodes": "Nodes",
    "listeners": "JSEventListeners",
}


def watch(origin: str, updates: int, parts: int = 12) -> list[dict[str, float]]:
    """Say that many readings; print and return what is held after each part."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_FLAGS
        )
        page = chromium.new_context(**SEEN).new_page()
        page.add_init_script(STAND_IN)
        page.goto(f"{origin}/live/")
        page.wait_for_function("window.streams && streams.length", timeout=120_000)
        page.evaluate(BEGIN)
        page.wait_for_function(
            "document.querySelector('#live-fig .js-plotly-plot')?.data?.length > 2",
            timeout=120_000,
        )
        protocol = page.context.new_cdp_session(page)
        protocol.send("Performance.enable")
        for part in range(1, parts + 1):
            took_ms = page.evaluate(SAY, updates // parts)
            page.wait_for_timeout(200)
            row = _held(protocol) | {
                "updates": part * (updates // parts),
                "ms_per_update": round(took_ms, 2),
            }
            print(json.dumps(row), flush=True)
            found.append(row)
        chromium.close()
    return found


def _held(protocol: Any) -> dict[str, float]:
    protocol.send("HeapProfiler.collectGarbage")
    metrics = protocol.send("Performance.getMetrics")["metrics"]
    by_name = {m["name"]: m["value"] for m in metrics}
    held = {key: by_name[name] for key, name in COUNTS.items()}
    return held | {"heap_mb": round(held["heap_mb"] / 1e6, 2)}


def growth(found: list[dict[str, float]]) -> dict[str, float]:
    """Slope of each count per day of one reading a second, after the warm-up."""
    later = found[max(1, len(found) // 10) :]
    at = np.array([row["updates"] for row in later]) / 86_400
    return {
        key: round(float(np.polyfit(at, [row[key] for row in later], 1)[0]), 2)
        for key in COUNTS
    }  # fmt: skip


def main() -> None:
    """Measure and print, one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("origin")
    parser.add_argument("--updates", type=int, default=86_400)
    given = parser.parse_args()
    found = watch(given.origin, given.updates)
    print(json.dumps({"growth_per_day": growth(found)}))


if __name__ == "__main__":
    main()
