"""Every route there is, asked by nobody and by each role, and from foreign pages."""

from __future__ import annotations

import asyncio
import re

import pytest
from fastapi.routing import iter_route_contexts

from api.gate import OPEN, Gate, places
from api.headers import ALWAYS
from scripts.access_table import BLOCK, PAGE, table
from store.scopes import ROLES
from tests.api.network import FAR, a_token_each, network, with_pages

NULL = {"content": b"null", "headers": {"content-type": "application/json"}}
OWN = {"sec-fetch-site": "same-origin", "content-type": "application/json"}


@pytest.fixture(scope="module")
def app(settings, tmp_path_factory):
    """A server in tokens mode with everything it can have."""
    folder = tmp_path_factory.mktemp("matrix")
    with with_pages(settings, folder, mcp=True, token_requests_per_s=1e5) as app:
        yield app


@pytest.fixture(scope="module")
def made(app):
    return a_token_each(app)


@pytest.fixture(scope="module")
def routes(app):
    """Method, address and scope of all routes; ids are filled in, and unknown."""
    gate, found = Gate(app, app, app.settings), set()
    for route in iter_route_contexts(app.routes):
        path = re.sub(r"\{[^}]*:path\}", "x/y", route.path or "")
        path = re.sub(r"\{[^}]*\}", "x", path)
        for method in getattr(route, "methods", None) or ():
            if path:
                found.add((method, path, gate.find(path, method)[1]))
    return sorted(found, key=lambda r: r[:2])


def asked(client, method, path):
    """Status and headers of an answer; its body may have no end."""
    more = {} if method in {"GET", "HEAD"} else NULL
    with client.stream(method, path, **more) as answer:
        return answer.status_code, answer.headers


def said(status):
    """What the gate decided, as far as an answer tells."""
    return {401: "who?", 403: "no"}.get(status, "failed" if status >= 500 else "passed")


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_route_answers_a_role_as_its_scopes_say(app, made, routes, role):
    expected, found, bare = {}, {}, {}
    with network(app, token=made.get(role)) as client:
        for method, path, scope in routes:
            if path in OPEN:
                continue
            place = (method, path)
            status, headers = asked(client, method, path)
            found[place] = said(status)
            allowed = scope in ROLES.get(role, ())
            expected[place] = "passed" if allowed else "no" if role else "who?"
            missing = ALWAYS.keys() - headers.keys()
            if missing or "content-security-policy" not in headers:
                bare[place] = missing

    assert len(found) > 150
    assert {p: found[p] for p in found if found[p] != expected[p]} == {}
    assert bare == {}


def test_the_open_routes_never_fail_and_carry_the_headers(app, routes):
    with network(app, address="198.51.100.90") as nobody:
        for method, path, scope in [r for r in routes if r[1] in OPEN]:
            status, headers = asked(nobody, method, path)
            assert (scope, said(status)) != (None, "failed"), path
            assert headers.keys() >= ALWAYS.keys()
            csp = headers["content-security-policy"]
            assert "unsafe" not in csp.replace("style-src 'unsafe-inline'", "")


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param({"sec-fetch-site": "cross-site"}, id="another site"),
        pytest.param({}, id="no word of where it came from"),
    ],
)
def test_no_route_that_changes_something_can_be_ridden(app, made, routes, foreign):
    """Whoever is logged in, a page of somebody else's asks in vain."""
    changing = [r for r in routes if r[0] not in {"GET", "HEAD", "OPTIONS"}]
    with network(app) as browser:
        browser.post("/login", data={"token": made["admin"]},
                     headers={"sec-fetch-site": "same-origin"})  # fmt: skip
        headers = foreign | {"content-type": "application/json"}
        ridden = {
            (method, path): answer.status_code
            for method, path, _ in changing
            for answer in [browser.request(method, path, content=b"null",
                                           headers=headers)]
            if answer.status_code != 403
        }  # fmt: skip
        own = browser.post("/api/v1/sites", content=b"null", headers=OWN)

    assert len(changing) > 60
    assert ridden == {}
    assert own.status_code == 422


def test_a_websocket_needs_a_session_of_this_server(app, made):
    paths = [r.path for r in iter_route_contexts(app.routes)
             if r.path and "ws" in r.path.rpartition("/")[2]]  # fmt: skip

    def opened(path, headers):
        sent = []

        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            sent.append(message["type"])

        scope = {"type": "websocket", "path": path, "headers": headers, "state": {},
                 "query_string": b"", "client": (FAR, 1), "scheme": "ws"}  # fmt: skip
        asyncio.run(app(scope, receive, send))
        return sent

    assert paths
    bearer = (b"authorization", f"Bearer {made['agent']}".encode())
    for path in paths:
        assert opened(path, []) == ["websocket.close"]
        assert opened(path, [bearer]) == ["websocket.close"]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/health", "/api/v1/scenarios",
                                  "/api/v1/telemetry/stream", "/site/"])  # fmt: skip
def test_head_answers_as_get_without_the_body(app, made, path):
    with network(app, token=made["viewer"]) as client:
        answer = client.head(path)

    assert answer.status_code == 200
    assert answer.content == b""


def test_data_is_kept_by_no_cache_and_https_is_remembered(app, made):
    with network(app, token=made["viewer"]) as client:
        plain = client.get("/api/v1/scenarios").headers
        safe = client.get("https://nameplate.test/api/v1/scenarios").headers

    assert plain["cache-control"] == "no-store"
    assert "strict-transport-security" not in plain
    assert safe["strict-transport-security"] == "max-age=31536000"


def test_a_page_runs_no_script_but_ours_and_the_one_line_of_dash(app, made):
    with network(app, token=made["viewer"]) as client:
        answer = client.get("/site/")
    parts = answer.headers["content-security-policy"].split("; ")
    csp = dict(part.split(" ", 1) for part in parts)

    assert re.fullmatch(r"'self'( 'sha256-[\w+/]+=')+", csp["script-src"])
    assert csp["default-src"] == "'self'"
    assert csp["frame-ancestors"] == csp["object-src"] == csp["base-uri"] == "'none'"


def test_the_table_of_rights_is_the_one_in_force(app):
    """Run `.venv/bin/python -m scripts.access_table` where a route is new."""
    assert BLOCK.search(PAGE.read_text(encoding="utf-8"))[0] == table(places(app))
