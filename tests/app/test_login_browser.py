"""A server in tokens mode in a real browser: one login, then pages with its rights."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import uvicorn

from api.client import Client
from api.main import create_app
from app.create import create_dash
from store.access import Tokens
from store.scopes import ROLES
from store.settings import Settings
from tests.api.oidc_provider import CLIENT, SECRET, Provider
from tests.app.conftest import BROWSER, FIRST_ANSWER_MS

pytestmark = BROWSER


@pytest.fixture(scope="module")
def provider():
    """A provider of sign-ins on another site: localhost is none of 127.0.0.1's."""
    running = Provider("localhost")
    yield running
    running.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, provider):
    """Address of a server that asks for tokens, and a viewer's token for it."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'g.db'}", cache_dir=folder, access="tokens",
        oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET,
        oidc_roles="planners=planner",
    )  # fmt: skip
    app = create_app(settings)
    pages = Client.in_process(app, lifespan=False, acting=True)
    create_dash(app, pages)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    end_s = time.monotonic() + 60
    while not server.started and time.monotonic() < end_s:
        time.sleep(0.05)
    _, token = Tokens(app.state.services.engine).create(
        name="reader", scopes=ROLES["viewer"]
    )
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", token
    server.should_exit = True
    thread.join(timeout=30)
    pages.close()
    listener.close()


@pytest.fixture
def page(browser):
    """A page with its policy in force; at the end it has broken no rule of it."""
    context = browser.new_context(bypass_csp=False)
    page, broken = context.new_page(), []
    page.on("console", lambda m: "Content Security" in m.text and broken.append(m.text))
    page.broken = broken
    yield page
    context.close()
    assert broken == []


def test_a_reader_logs_in_once_and_the_page_answers(page, guarded):
    origin, token = guarded

    page.goto(f"{origin}/?q=1")
    assert "/login" in page.url
    page.fill("#token", token)
    page.click("button")
    page.wait_for_function(
        "() => document.querySelector('#explore-verdict .np-headline')"
        "?.innerText.includes('52 servers')", timeout=FIRST_ANSWER_MS,
    )  # fmt: skip

    assert page.evaluate("document.cookie") == ""  # scripts cannot read the session
    assert token not in page.content()
    assert page.evaluate("fetch('/api/v1/tokens').then(r => r.status)") == 403

    page.wait_for_selector("#np-who:not([hidden])")
    assert page.inner_text("#np-who-name") == "reader, viewer"
    page.keyboard.press("Control+k")
    page.keyboard.type("log out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/login")
    page.goto(f"{origin}/data/")
    assert "/login" in page.url


def test_a_wrong_token_leads_back_with_a_word(page, guarded):
    origin, _ = guarded

    page.goto(f"{origin}/login")
    page.fill("#token", "np_user_000000000000_" + "0" * 48)
    page.click("button")

    assert "not valid" in page.inner_text("[role=alert]")


def test_a_person_signs_in_at_the_provider_and_lands_on_the_page(page, guarded):
    """Browsers withhold a Strict cookie from what another site leads to."""
    origin, _ = guarded

    page.goto(f"{origin}/live/?range=1h")
    page.click("text=Sign in with localhost")
    page.wait_for_url(f"{origin}/live/**")
    page.wait_for_selector("text=No host reports yet", timeout=FIRST_ANSWER_MS)
    page.goto(f"{origin}/login")
    assert "logged in as ada" in page.inner_text("form[action='/logout']")
    page.click("text=Log out")

    page.goto(f"{origin}/live/")
    assert "/login" in page.url


PAGES = {
    "/site/": r"\d\s?(kW|MW)",
    "/stabilize/": r"\d\s?(kW|MW)",
    "/serving/": r"\d\s?kW",
    "/study/": r"How sure is 52 servers",
    "/compare/": r"Choose what to compare",
    "/live/": r"No host reports yet",
    "/data/": r"Nothing reports yet",
}
"""What a page shows once its scripts have run and its question is answered."""


def test_every_other_page_works_and_breaks_no_rule_of_its_policy(page, guarded):
    origin, token = guarded
    page.goto(f"{origin}/login")
    page.fill("#token", token)
    page.click("button:has-text('Log in')")

    for path, shown in PAGES.items():
        answer = page.goto(origin + path)
        assert "script-src 'self' 'sha256-" in answer.headers["content-security-policy"]
        page.wait_for_function(
            "pattern => new RegExp(pattern).test("
            "document.querySelector('main')?.innerText || '')", arg=shown,
            timeout=FIRST_ANSWER_MS,
        )  # fmt: skip
    assert page.broken == []

    page.evaluate(
        "() => { const s = document.createElement('script'); s.text = 'window.ran = 1';"
        " document.body.append(s); }"
    )
    assert page.evaluate("window.ran") is None
    assert len(page.broken) == 1  # so a broken rule would have been seen above
    page.broken.clear()
