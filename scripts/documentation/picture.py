"""Draw the README's picture: the page Explore, as the program shows it."""

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
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "explore.png"
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
READY = "document.body.dataset.exploreSeq !== undefined"
WAIT_S = 180.0


def draw() -> None:
    """Start a server of its own, open the page, and keep what it shows."""
    from playwright.sync_api import sync_playwright

    with serving() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(
            bypass_csp=True, viewport={"width": 1440, "height": 900}
        )
        page.goto(address)
        page.wait_for_function(READY, timeout=WAIT_S * 1000)
        page.wait_for_timeout(2000)
        page.screenshot(path=PICTURE)
        chromium.close()


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
