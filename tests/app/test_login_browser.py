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
from tests.app.conftest import BROWSER, FIRST_ANSWER_MS

pytestmark = BROWSER


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Address of a server that asks for tokens, and a viewer's token for it."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'g.db'}", cache_dir=folder, access="tokens"
    )
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
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_reader_logs_in_once_and_the_page_answers(page, guarded):
    origin, token = guarded

    page.goto(f"{origin}/?q=1")
    assert "/login" in page.url
    page.fill("#token", token)
    page.click("button")
    page.wait_for_function(
        "document.querySelector('#explore-verdict .np-headline')"
        "?.innerText.includes('52 servers')", timeout=FIRST_ANSWER_MS,
    )  # fmt: skip

    assert page.evaluate("document.cookie") == ""  # scripts cannot read the session
    assert token not in page.content()
    assert page.evaluate("fetch('/api/v1/tokens').then(r => r.status)") == 403


def test_a_wrong_token_leads_back_with_a_word(page, guarded):
    origin, _ = guarded

    page.goto(f"{origin}/login")
    page.fill("#token", "np_user_000000000000_" + "0" * 48)
    page.click("button")

    assert "not valid" in page.inner_text("[role=alert]")
