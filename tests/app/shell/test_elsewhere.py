"""Addresses near a page's lead there; others are 404 and say where to go."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.client import Client
from api.main import create_app
from app.create import create_dash
from store.settings import Settings


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    settings = Settings(database_url=f"sqlite:///{folder / 'np.db'}", cache_dir=folder)
    server = create_app(settings, warm=False)
    create_dash(server, Client.in_process(server, lifespan=False, acting=True))
    asked = {"base_url": "http://127.0.0.1", "follow_redirects": False}
    with TestClient(server, **asked) as browser:
        yield browser


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/site", "/site/"), ("/Site/", "/site/"),
        ("/live?range=1h", "/live/?range=1h"),
        ("/failures", "/site/?view=failures"), ("/explore?level=1", "/?level=1"),
        ("/cooling/?unit=f", "/site/?view=cooling&unit=f"),
        ("/docs", "/api/v1/openapi.json"),
    ],
)  # fmt: skip
def test_an_address_near_a_pages_leads_there(browser, asked, leads):
    answer = browser.get(asked)

    assert (answer.status_code, answer.headers["location"]) == (307, leads)
    assert browser.get(leads).status_code == 200


@pytest.mark.parametrize("path", ["/typo", "/site/typo", "/<b>x", "//host/x"])
def test_an_unknown_address_is_404_and_names_the_pages(browser, path):
    answer = browser.get(path, headers={"accept": "text/html,*/*"})

    assert answer.status_code == 404
    assert 'href="/site/?view=failures"' in answer.text
    assert "<b>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_tool_that_asks_for_an_unknown_address_gets_a_problem(browser):
    answer = browser.get("/typo")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
