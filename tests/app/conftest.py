"""Answers to draw from, simulated once; a server and a browser for the pages."""

from __future__ import annotations

import copy
import shutil
from functools import partial
from urllib.parse import urlsplit

import pytest

from api.main import create_app
from tests.app.serving_pages import on_port, settings_in
from tests.app.standin import StandIn
from tests.conftest import CHROMIUM as SHELLS

BROWSER = [
    pytest.mark.browser,
    # chromium's pipes are collected after its process, uvicorn's sockets by its loop
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
"""Marks of a module that drives a page."""
CHROMIUM = next(filter(None, map(shutil.which, SHELLS)), "")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
FIRST_ANSWER_MS = 180_000
"""The first answer may have to compile the kernels."""
ANSWER_MS = 60_000


@pytest.fixture(scope="session")
def client():
    return StandIn()


@pytest.fixture(scope="session")
def _answered(client):
    changes = {"fleet.server_count": 52, "horizon.days": 0.1}
    return client.what_if(changes=changes)


@pytest.fixture
def whatif(_answered):
    """Answer for 52 servers under POLCA over a tenth of a day."""
    return copy.deepcopy(_answered)


@pytest.fixture(scope="session")
def plan(client):
    """Plan of two counts and two policies."""
    changes = {
        "horizon.days": 0.05, "plan.added_servers": [0, 12],
        "plan.policies": ["polca", "no-cap"],
    }  # fmt: skip
    job = client.create_plan(changes=changes)
    return client.plan_result(job["id"])


@pytest.fixture(scope="module")
def server_settings():
    """Settings that a page's tests need besides."""
    return {}


@pytest.fixture(scope="module")
def origin(tmp_path_factory, server_settings):
    """A server of its own on a free loopback port, with a database of its own."""
    folder = tmp_path_factory.mktemp("site")
    with on_port(create_app(settings_in(folder, **server_settings))) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        # waiting for an expression is an eval in the page, which its policy forbids;
        # test_login_browser opens every page with the policy in force
        chromium.new_context = partial(chromium.new_context, bypass_csp=True)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def kept(browser):
    """Contexts by window and theme, kept over tests for their compiled code."""
    contexts = {}
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture
def open_url(browser, origin, request, kept):
    """Open a page; at the end nothing may have gone wrong in the console."""
    pages, extra, faults, outside = [], [], [], []

    def context_of(size, dark):
        how = {
            "viewport": {"width": size[0], "height": size[1]},
            "color_scheme": "dark" if dark else "light",
        }
        if any(page.context is kept.get((size, dark)) for page in pages):
            extra.append(browser.new_context(**how))  # somebody else, at the same time
            return extra[-1]
        if (size, dark) not in kept:
            kept[size, dark] = browser.new_context(**how)
        return kept[size, dark]

    def opened(path, *, ready, dark=False, size=(1440, 900)):
        context = context_of(tuple(size), dark)
        page = context.new_page()
        if context not in extra:  # as if nobody had been here before
            context.clear_cookies()
            page.goto(origin + "/healthz")
            page.evaluate("localStorage.clear()")
        pages.append(page)
        page.on("console", lambda m: m.type == "error" and faults.append(m.text))
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.on("request", lambda r: outside.append(r.url) if leaves(r.url) else None)
        page.goto(origin + path)
        page.wait_for_function(ready, timeout=FIRST_ANSWER_MS)
        return page

    def leaves(url):
        parts = urlsplit(url)
        return parts.scheme in ("http", "https", "ws", "wss") and (
            f"{parts.scheme}://{parts.netloc}" != origin
        )

    yield opened
    for page in pages:
        page.close()
    for context in extra:
        context.close()
    assert outside == [], "the page asked other hosts"
    if "expects_refusal" not in request.node.name:
        assert faults == []
