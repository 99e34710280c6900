"""Draw the pictures of README and documentation: four pages as they are shown."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
PICTURES = {
    "explore": ("/", "exploreSeq"),
    "failures": ("/site/?view=failures&failed=UPS-H1-A", "siteSeq"),
    "stabilize": ("/stabilize/", "stabFine"),
}
"""Picture -> the page's address, and what it says of itself once it is drawn."""
LIVE = ("/live/", "liveDrawn")
HOUR_S = 3600
WAIT_S = 240.0
SETTLE_MS = 6000


def draw() -> None:
    """Start servers of its own, open the pages, and keep what they show."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(
            bypass_csp=True, viewport={"width": 1440, "height": 900}
        )
        with serving() as address:
            for name, (path, mark) in PICTURES.items():
                _keep(page, f"{address}{path}", mark, name)
        with reporting() as address:
            _keep(page, f"{address}{LIVE[0]}", LIVE[1], "live")
        chromium.close()


def _keep(page: Any, address: str, mark: str, name: str) -> None:
    page.goto(address)
    drawn = f"document.body.dataset.{mark} !== undefined"
    page.wait_for_function(drawn, timeout=WAIT_S * 1000)
    page.keyboard.press("Escape")  # a first visit's guide
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=IMAGES / f"{name}.png")
    page.goto("about:blank")  # its streams end before their server does


@contextmanager
def reporting() -> Iterator[str]:
    """A server to which three hosts have reported an hour of a job; its address."""
    from tests.app.live.seed import HOSTS
    from tests.app.live.seed import serving as live

    with tempfile.TemporaryDirectory() as folder, live(Path(folder)) as site:
        site.place()
        now_s = time.time()
        for ago_s in range(HOUR_S, 0, -60):
            level_w = 180.0 if ago_s % 1200 < 120 else 560.0 + 60 * (ago_s // 60 % 3)
            for host in HOSTS:
                times = [now_s - ago_s + k for k in range(60)]
                site.report(host, times, gpu_w=level_w)
        site.fill(5)
        yield site.origin


@contextmanager
def serving() -> Iterator[str]:
    """`nameplate serve` on a free port, with an empty database; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        told = {
            "NAMEPLATE_DATABASE_URL": f"sqlite:///{folder}/np.db",
            "NAMEPLATE_WHAT_IF_WAIT_S": "60",  # an answer, however busy the machine is
        }
        server = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "serve", "--port", str(port)],
            cwd=ROOT, env={**os.environ, **told}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}/api/v1/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def _wait(address: str) -> None:
    end_s = time.monotonic() + WAIT_S
    while True:
        try:
            urlopen(address, timeout=5).close()  # noqa: S310 - our own
        except (URLError, OSError):
            if time.monotonic() > end_s:
                raise
            time.sleep(0.2)
        else:
            return
