"""Nobody passes the gate without the right token, nor learns why others do."""

from __future__ import annotations

import datetime as dt
import logging
import re
import time

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import OperationalError

from api.access import _caller, needs
from api.caller import ACTING
from api.client import ApiProblem, Client
from api.gate import OPEN, Gate, places
from api.sessions import MOST_OF_ONE
from store.access import TOKEN, Tokens
from store.repositories import now_utc
from store.scopes import ROLES, SCOPES
from tests.api.network import FAR, a_token_each, network, running, with_pages

KEYS = {"type", "title", "status", "detail", "id", "errors"}
TOKENS = "/api/v1/tokens"


@pytest.fixture(scope="module")
def guarded(settings, tmp_path_factory):
    with with_pages(settings, tmp_path_factory.mktemp("guarded")) as app:
        yield app


@pytest.fixture(scope="module")
def made(guarded):
    return a_token_each(guarded)


@pytest.fixture
def ask(guarded, made):
    """Ask as a role from another machine; None is nobody."""
    clients = []

    def asking(role=None, *, address=FAR, token=None):
        client = network(guarded, address=address, token=token or made.get(role))
        clients.append(client)
        return client

    yield asking
    for client in clients:
        client.close()


def shape(answer):
    """What an answer tells, without the number of its occurrence."""
    document = {k: v for k, v in answer.json().items() if k != "id"}
    heads = {k: v for k, v in answer.headers.items() if k != "content-length"}
    return answer.status_code, document, heads


def every_route(app):
    """Method and address of every route there is, ids filled in."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(getattr(route, "methods", None) or ()):
            path = re.sub(r"\{[^}]*path[^}]*\}", "x/y", route.path)
            yield method, re.sub(r"\{[^}]*\}", "x", path)


# --- nobody -------------------------------------------------------------------------


def test_no_route_answers_nobody_and_all_refuse_alike(guarded, ask):
    nobody = ask()
    expected = shape(nobody.get("/api/v1/scenarios"))
    assert expected[0] == 401
    assert set(nobody.get("/api/v1/runs").json()) == KEYS

    asked = [(m, p) for m, p in every_route(guarded) if p not in OPEN and m != "HEAD"]

    told = {(m, p) for m, p in asked if shape(nobody.request(m, p)) != expected}
    assert len(asked) > 60
    assert told == set()


@pytest.mark.parametrize(
    "path",
    ["/api/typo", "/api/v1/typo", "/api", "/apix", "/assets/base.css", "/nowhere",
     "//api/v1/scenarios", "/api/v1/scenarios/", "/API/v1/scenarios", "/metrics"],
)  # fmt: skip
def test_addresses_nobody_owns_refuse_like_those_that_are(ask, path):
    nobody = ask()

    assert shape(nobody.get(path)) == shape(nobody.get("/api/v1/scenarios"))


def test_a_body_is_not_read_before_the_token(ask):
    nobody = ask()
    headers = {"content-type": "application/json", "content-length": "999999999"}

    answer = nobody.post("/api/v1/scenarios", content=b"{", headers=headers)

    assert shape(answer) == shape(nobody.get("/api/v1/scenarios"))


def test_ids_that_exist_refuse_like_those_that_do_not(ask):
    agent = ask("agent")

    there = agent.get("/api/v1/scenarios/sample-row")
    absent = agent.get("/api/v1/scenarios/no-such-row")

    assert there.status_code == 403
    assert shape(there) == shape(absent) == shape(agent.get("/api/v1/typo"))


def test_only_health_and_the_login_are_open(ask):
    nobody = ask()

    login = {"/login", "/login/oidc", "/login/oidc/callback", "/logout"}
    assert {"/healthz"} | login == OPEN
    assert nobody.get("/healthz").text == "ok\n"
    assert nobody.get("/login").status_code == 200
    assert nobody.post("/logout").headers["location"] == "/login"


# --- scopes -------------------------------------------------------------------------


def test_every_route_asks_for_a_scope_that_exists(guarded):
    wanted = {place.scope for place in places(guarded)}

    assert wanted <= set(SCOPES)
    assert {"admin", "imports:write", "scenarios:read", "scenarios:write"} <= wanted


def test_each_role_passes_exactly_the_routes_of_its_scopes(guarded, ask):
    """The gate's own decision, route by route; what a route then does is its matter."""
    for role, scopes in ROLES.items():
        client = ask(role)
        for place in places(guarded):
            path = re.sub(r"\{[^}]*\}", "no-such", place.template)
            (method,) = place.methods
            if place.scope in scopes or method == "HEAD":
                continue
            answer = client.request(method, path)
            assert (answer.status_code, place.template) == (403, place.template)


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        pytest.param("viewer", "GET", "/api/v1/scenarios", 200, id="viewer reads"),
        pytest.param("viewer", "POST", "/api/v1/what-if", 422, id="viewer asks"),
        pytest.param("viewer", "POST", "/api/v1/runs", 403, id="viewer may not run"),
        pytest.param("viewer", "GET", TOKENS, 403, id="viewer sees no tokens"),
        pytest.param("planner", "POST", "/api/v1/runs", 422, id="planner runs"),
        pytest.param("planner", "GET", "/api/v1/audit", 403, id="planner, no audit"),
        pytest.param("admin", "GET", "/api/v1/audit", 200, id="admin audits"),
        pytest.param("agent", "GET", "/api/v1/health", 403, id="agent only sends"),
        pytest.param("admin", "GET", "/api/v1/typo", 404, id="admin's typo"),
        pytest.param("admin", "PUT", "/api/v1/runs", 405, id="not offered"),
    ],
)
def test_a_role_opens_what_it_says(ask, role, method, path, status):
    body = {"json": {}} if method == "POST" else {}

    assert ask(role).request(method, path, **body).status_code == status


def test_a_scope_that_does_not_exist_cannot_be_asked_for():
    with pytest.raises(ValueError, match="telemetry:writ"):
        needs("telemetry:writ")


# --- tokens -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("np_user_000000000000_" + "0" * 48, id="unknown"),
        pytest.param("np_user_000000000000_" + "0" * 47, id="short"),
        pytest.param("x" * 9000, id="long"),
        pytest.param("np_user_\u0664" + "0" * 11 + "_" + "0" * 48, id="odd digits"),
        pytest.param("' OR 1=1 --", id="SQL"),
    ],
)
def test_made_up_tokens_open_nothing(guarded, token):
    with network(guarded, address="198.51.100.1") as client:
        headers = {b"authorization": b"Bearer " + token.encode()}
        answer = client.get("/api/v1/scenarios", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert set(answer.json()) == KEYS


def test_the_secret_of_one_token_does_not_open_another(guarded, made, ask):
    viewer, admin = TOKEN.fullmatch(made["viewer"]), made["admin"]
    mixed = admin.replace(TOKEN.fullmatch(admin)[2], viewer[2])

    assert ask(token=mixed, address="198.51.100.2").get(TOKENS).status_code == 401
    assert ask(token=admin).get(TOKENS).status_code == 200


def test_other_schemes_than_bearer_are_no_token(guarded, made):
    with network(guarded, address="198.51.100.3") as client:
        answer = client.get(TOKENS, headers={"authorization": f"Basic {made['admin']}"})

    assert answer.status_code == 401


def test_a_token_lives_from_creation_to_revocation(ask):
    admin = ask("admin")
    made = admin.post(TOKENS, json={"name": "hall 2", "role": "viewer"})
    token, key = made.json()["token"], made.json()["id"]
    viewer = ask(token=token)

    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert viewer.get("/api/v1/scenarios").status_code == 200
    assert admin.delete(f"{TOKENS}/{key}").status_code == 204
    assert viewer.get("/api/v1/scenarios").status_code == 401
    listed = {t["id"]: t for t in admin.get(TOKENS).json()["items"]}[key]
    assert listed["revoked_at"] is not None
    assert listed["used_at"] is not None
    assert "token" not in listed
    assert "sha256" not in listed


def test_a_revocation_by_another_process_acts_within_five_seconds(guarded, ask):
    access = guarded.state.services.access
    row, token = Tokens(guarded.state.services.engine).create(
        name="brief", scopes={"scenarios:read"}
    )
    client = ask(token=token)
    assert client.get("/api/v1/scenarios").status_code == 200

    Tokens(guarded.state.services.engine).revoke(row.id)
    real = access._clock
    access._clock = lambda: real() + 5.0
    try:
        assert client.get("/api/v1/scenarios").status_code == 401
    finally:
        access._clock = real
        access.forget()


def test_a_token_ends_when_it_says(guarded, ask, monkeypatch):
    ends = now_utc() + dt.timedelta(hours=1)
    _, token = Tokens(guarded.state.services.engine).create(
        name="an hour", scopes={"scenarios:read"}, expires_at=ends
    )
    client = ask(token=token)
    assert client.get("/api/v1/scenarios").status_code == 200

    monkeypatch.setattr("api.access.now_utc", lambda: ends)

    assert client.get("/api/v1/scenarios").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"name": "a", "role": "agent"}, "agent", id="agent without name"),
        pytest.param(
            {"name": "a", "role": "agent", "agent": "../x"}, "agent", id="odd name"
        ),
        pytest.param(
            {"name": "a", "role": "agent", "agent": "n", "scopes": ["admin"]}, "agent",
            id="an agent with more",
        ),
        pytest.param(
            {"name": "a", "role": "viewer", "agent": "n"}, "agent", id="bound reader"
        ),
        pytest.param({"name": "a"}, "scopes", id="opens nothing"),
        pytest.param({"name": "a", "scopes": ["root"]}, "scopes.0", id="no scope"),
        pytest.param(
            {"name": "a", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z"},
            "expires_at", id="ended before it began",
        ),
    ],
)  # fmt: skip
def test_tokens_that_make_no_sense_are_refused(ask, body, field):
    answer = ask("admin").post(TOKENS, json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_a_secret_is_told_once_and_kept_nowhere(guarded, ask, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="httpx")  # the test's own client
    admin = ask("admin")
    token = admin.post(TOKENS, json={"name": "s", "role": "viewer"}).json()["token"]
    secret = token.rpartition("_")[2]
    ask(token=token).post("/api/v1/runs", json={})
    ask(token=token[:-1]).get("/api/v1/runs")
    ask().get("/api/v1/runs", params={"access_token": token})
    ask().post("/login", data={"token": token})
    guarded.state.services.access.flush()

    with guarded.state.services.engine.connect() as connection:
        rows = list(connection.connection.driver_connection.iterdump())
    answers = admin.get(TOKENS).text + admin.get("/api/v1/audit").text

    assert any("access_tokens" in row for row in rows)
    assert not [row for row in rows if secret in row]
    assert secret not in answers
    assert secret not in caplog.text
    assert secret[:-1] not in caplog.text


@pytest.mark.parametrize("name", ["token", "access_token", "Access_Token", "api_key"])
def test_tokens_in_addresses_are_refused_whoever_asks(ask, made, name):
    answer = ask("admin").get("/api/v1/runs", params={name: made["admin"]})

    assert answer.status_code == 400
    assert "Authorization" in answer.json()["errors"][0]["repair"]
    assert made["admin"] not in answer.text


# --- the database in between --------------------------------------------------------


def test_without_its_database_the_gate_stays_shut(guarded, ask, monkeypatch, caplog):
    access = guarded.state.services.access

    def broken(*_args):
        raise OperationalError("SELECT", {}, Exception("gone"))

    access.forget()
    monkeypatch.setattr(access.tokens, "known", broken)

    answer = ask("admin").get("/api/v1/runs")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


# --- limits -------------------------------------------------------------------------


def test_a_flood_of_wrong_tokens_is_slowed_and_costs_no_lookup(guarded, ask):
    flood = ask(address="203.0.113.9", token="np_user_000000000000_" + "1" * 48)

    statuses = [flood.get("/api/v1/runs").status_code for _ in range(30)]
    last = flood.get("/api/v1/runs")

    assert statuses[:20] == [401] * 20
    assert statuses[25:] == [429] * 5
    assert 1 <= int(last.headers["retry-after"]) <= 2  # half a token a second


def test_a_flood_does_not_shut_out_good_tokens_beside_it(ask):
    flood = ask(address="203.0.113.10", token="np_user_000000000000_" + "1" * 48)
    good = ask("viewer", address="203.0.113.10")
    assert good.get("/api/v1/scenarios").status_code == 200
    while flood.get("/api/v1/runs").status_code != 429:
        pass

    assert good.get("/api/v1/scenarios").status_code == 200


def test_one_token_may_only_ask_so_often(settings, tmp_path):
    slow = {"access": "tokens", "token_requests_per_s": 0.5}
    with running(settings, tmp_path, **slow) as (app, _):
        tokens = Tokens(app.state.services.engine)
        _, one = tokens.create(name="one", scopes={"scenarios:read"})
        _, other = tokens.create(name="other", scopes={"scenarios:read"})
        with network(app, token=one) as first, network(app, token=other) as second:
            assert first.get("/api/v1/runs").status_code == 200
            assert first.get("/api/v1/runs").status_code == 429
            assert second.get("/api/v1/runs").status_code == 200


def test_who_sent_too_much_waits_before_the_next(settings, tmp_path):
    slow = {"access": "tokens", "token_bytes_per_s": 100.0}
    with running(settings, tmp_path, **slow) as (app, _):
        _, token = Tokens(app.state.services.engine).create(
            name="big", scopes={"scenarios:write", "scenarios:read"}
        )
        with network(app, token=token) as client:
            sent = client.post("/api/v1/sites", json={"name": "a", "notes": "x" * 3000})
            refused = client.get("/api/v1/sites")

    assert sent.status_code == 201
    assert refused.status_code == 429
    # 3,042 bytes, 200 of them free: 28.4 s at 100 B/s
    assert 26 <= int(refused.headers["retry-after"]) <= 29


# --- the audit log ------------------------------------------------------------------


def entries(ask, **asked):
    return ask("admin").get("/api/v1/audit", params=asked).json()["items"]


def test_a_change_is_in_the_log_before_it_is_answered(ask, made):
    ask("planner").post("/api/v1/sites", json={"name": "Hall 9", "notes": "hush"})

    newest = entries(ask, kind="change", limit=1)[0]

    assert newest["actor"] == "planner token"
    assert newest["actor_id"] == TOKEN.fullmatch(made["planner"])[2]
    assert newest["action"] == "POST /api/v1/sites"
    assert newest["outcome"] == 201
    assert newest["address"] == FAR
    assert "hush" not in str(newest)


def test_reading_and_asking_leave_no_trace(ask):
    before = len(entries(ask, kind="change", limit=200))

    ask("planner").get("/api/v1/scenarios")
    ask("planner").post("/api/v1/what-if", json={"scenario": {"seed": -1}})

    assert len(entries(ask, kind="change", limit=200)) == before


@pytest.mark.parametrize("path", ["/prometheus/write", "/otlp/v1/metrics"])
def test_readings_of_a_collector_leave_no_trace(ask, path):
    """They come many times a second, and each would be a row and a commit."""
    before = len(entries(ask, kind="change", limit=200))
    kind = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}

    ask("collector").post(f"/api/v1{path}", content=b"\0", headers=kind)

    assert len(entries(ask, kind="change", limit=200)) == before


def test_refusals_are_counted_not_listed(ask):
    entries(ask)  # what was counted before is written down
    for _ in range(7):
        ask(address="203.0.113.77").get("/api/v1/runs")

    found = [e for e in entries(ask, kind="refusal") if e["address"] == "203.0.113.77"]

    assert [(e["action"], e["count"], e["outcome"]) for e in found] == [
        ("no token", 7, 401)
    ]


def test_a_flood_from_many_addresses_fills_a_few_rows(ask):
    entries(ask)
    before = len(entries(ask, kind="refusal", limit=200))
    for place in range(80):
        ask(address=f"198.18.0.{place}").get("/api/v1/runs")

    found = entries(ask, kind="refusal", limit=200)

    assert len(found) - before <= 51
    assert sum(e["count"] for e in found if e["address"] == "many") >= 29


def test_the_log_is_paged(ask):
    first = ask("admin").get("/api/v1/audit", params={"limit": 1}).json()
    asked = {"limit": 1, "cursor": first["next_cursor"]}
    second = ask("admin").get("/api/v1/audit", params=asked).json()

    assert first["items"][0]["id"] != second["items"][0]["id"]


# --- the login ----------------------------------------------------------------------

HTML = {"accept": "text/html"}
SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def logged_in(ask, made):
    """A browser logged in as a role."""

    def log_in(role):
        browser = ask()
        answer = browser.post("/login", data={"token": made[role], "next": "/site/"},
                              headers=SAME)  # fmt: skip
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == "/site/"
        return browser

    return log_in


def test_a_reader_without_session_is_led_to_the_login(ask):
    answer = ask().get("/stabilize/", headers=HTML)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/stabilize/"


def test_the_login_leads_back_to_the_very_view(ask, made):
    led = ask().get("/live/?range=1d&node=UPS-A", headers=HTML).headers["location"]

    shown = ask().get(led, headers=HTML).text
    sent = {"token": made["viewer"], "next": "/live/?range=1d&node=UPS-A"}
    back = ask().post("/login", data=sent, headers=SAME).headers["location"]

    assert 'value="/live/?range=1d&amp;node=UPS-A"' in shown
    assert back == "/live/?range=1d&node=UPS-A"


def test_the_session_cookie_is_out_of_reach(ask, made):
    answer = ask().post("/login", data={"token": made["viewer"]}, headers=SAME)

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # this server speaks plain HTTP
    assert made["viewer"].rpartition("_")[2] not in cookie


def test_over_https_the_cookie_never_travels_in_the_clear(guarded, made):
    with network(guarded) as client:
        answer = client.post(
            "https://nameplate.test/login", data={"token": made["viewer"]}
        )

    assert "; secure" in answer.headers["set-cookie"].lower()


def test_a_session_has_the_rights_of_its_token(logged_in):
    viewer = logged_in("viewer")

    assert viewer.get("/site/").status_code == 200
    assert viewer.get("/api/v1/scenarios").status_code == 200
    assert viewer.get(TOKENS).status_code == 403
    assert viewer.post("/api/v1/runs", json={}, headers=SAME).status_code == 403


def test_a_session_ends_with_its_token(ask):
    made = ask("admin").post(TOKENS, json={"name": "b", "role": "viewer"}).json()
    browser = ask()
    browser.post("/login", data={"token": made["token"]}, headers=SAME)
    assert browser.get("/api/v1/scenarios").status_code == 200

    ask("admin").delete(f"{TOKENS}/{made['id']}")

    assert browser.get("/api/v1/scenarios").status_code == 401


@pytest.fixture
def later(guarded, monkeypatch):
    """Move the clock of sessions on. [h]"""
    sessions, now_s = guarded.state.services.access.sessions, time.monotonic()

    def moved(hours):
        monkeypatch.setattr(sessions, "_clock", lambda: now_s + hours * 3600.0)

    return moved


def test_a_session_ends_twelve_hours_after_its_login(logged_in, later):
    browser, statuses = logged_in("viewer"), []
    for hour in (1, 2.5, 4, 5.5, 7, 8.5, 10, 11.5, 12.01):
        later(hour)
        statuses.append(browser.get("/api/v1/scenarios").status_code)

    assert statuses == [200] * 8 + [401]


def test_a_session_nobody_uses_ends_after_two_hours(logged_in, later):
    browser = logged_in("viewer")
    later(1.9)
    assert browser.get("/api/v1/scenarios").status_code == 200
    later(3.8)
    assert browser.get("/api/v1/scenarios").status_code == 200
    later(5.9)

    assert browser.get("/api/v1/scenarios").status_code == 401


def test_a_logout_ends_the_session_on_the_server(ask, logged_in):
    browser = logged_in("planner")
    stolen = {"cookie": f"nameplate_session={browser.cookies['nameplate_session']}"}
    assert ask().get("/api/v1/scenarios", headers=stolen).status_code == 200

    left = browser.post("/logout", headers=SAME)

    assert left.headers["location"] == "/login"
    assert "nameplate_session" not in browser.cookies
    assert ask().get("/api/v1/scenarios", headers=stolen).status_code == 401
    assert [e["action"] for e in entries(ask, kind="change", limit=2)] == [
        "log out", "log in"
    ]  # fmt: skip


def test_a_login_ends_the_session_before_it(ask, logged_in, made):
    browser = logged_in("viewer")
    before = browser.cookies["nameplate_session"]

    browser.post("/login", data={"token": made["viewer"]}, headers=SAME)

    old = {"cookie": f"nameplate_session={before}"}
    assert browser.cookies["nameplate_session"] != before
    assert browser.get("/api/v1/scenarios").status_code == 200
    assert ask().get("/api/v1/scenarios", headers=old).status_code == 401


def test_a_login_never_takes_a_number_it_was_given(ask, made):
    """Or whoever put it into the browser would be logged in too."""
    planted = {"cookie": "nameplate_session=known-to-another"}

    ask().post("/login", data={"token": made["viewer"]}, headers=SAME | planted)

    assert ask().get("/api/v1/scenarios", headers=planted).status_code == 401


def test_one_token_has_a_bounded_number_of_sessions(ask, guarded, logged_in):
    first = logged_in("viewer")
    for _ in range(MOST_OF_ONE):
        logged_in("viewer")

    assert first.get("/api/v1/scenarios").status_code == 401


@pytest.mark.parametrize("cookie", ["", "...", "a.b.c", "\xff.\xff.\xff", "\xb2.\xb2."])
def test_odd_cookies_open_nothing(ask, cookie):
    header = {b"cookie": b"nameplate_session=" + cookie.encode("latin-1")}

    assert ask().get("/api/v1/runs", headers=header).status_code == 401


def test_an_agents_token_opens_no_pages(ask, made):
    answer = ask().post("/login", data={"token": made["agent"]}, headers=SAME)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_login_says_no_more_than_no(ask):
    wrong = {"token": 'np_user_"><script>', "next": '"><script>'}

    answer = ask(address="198.51.100.77").post("/login", data=wrong, headers=SAME)

    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert "not valid" in answer.text


def test_a_form_larger_than_a_token_is_refused(ask):
    answer = ask().post("/login", data={"token": "x" * 5000}, headers=SAME)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "after", ["//evil.test/", "https://evil.test", "/\\evil.test", "/\t/evil.test", "x"]
)
def test_a_login_never_leads_elsewhere(ask, made, after):
    sent = {"token": made["viewer"], "next": after}

    answer = ask().post("/login", data=sent, headers=SAME)

    assert answer.headers["location"] == "/"


# --- pages --------------------------------------------------------------------------


def test_pages_ask_with_the_rights_of_their_reader(guarded, made):
    """A viewer's page can read and cannot run, though the page runs in this process."""
    pages = Client.in_process(guarded, lifespan=False, acting=True)
    access = guarded.state.services.access
    known = access.tokens.known(TOKEN.fullmatch(made["viewer"])[2])
    token = ACTING.set(_caller(next(iter(known.values()))))
    try:
        assert pages.scenarios()
        with pytest.raises(ApiProblem) as caught:
            pages.create_site({"name": "no"})
        assert caught.value.status == 403
    finally:
        ACTING.reset(token)
    with pytest.raises(ApiProblem) as caught:
        pages.scenarios()
    assert caught.value.status == 401
    pages.close()


def callback(client, path):
    """A request as a page's callback makes it."""
    return client.post(
        f"{path}_dash-update-component", json={"output": "none.data", "inputs": []}
    )


def test_callbacks_of_pages_need_a_session_too(ask):
    assert callback(ask(), "/").status_code == 401
    assert callback(ask(), "/site/").status_code == 401
    assert callback(ask("agent"), "/site/").status_code == 403


# --- other sites' pages -------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"sec-fetch-site": "cross-site"}, id="another site"),
        pytest.param({"sec-fetch-site": "same-site"}, id="another port of this host"),
        pytest.param({"origin": "https://evil.test"}, id="older browser"),
        pytest.param({"origin": "null"}, id="sandboxed frame"),
        pytest.param({}, id="no word of where it came from"),
    ],
)
def test_a_session_cannot_be_ridden_from_elsewhere(logged_in, headers):
    browser = logged_in("planner")

    answer = browser.post("/api/v1/sites", json={"name": "ridden"}, headers=headers)

    assert answer.status_code == 403
    assert "ridden" not in browser.get("/api/v1/sites").text


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"sec-fetch-site": "same-origin"}, id="said by the browser"),
        pytest.param({"origin": "http://nameplate.test"}, id="older browser"),
    ],
)
def test_our_own_pages_may_change_things(logged_in, headers):
    browser = logged_in("planner")

    answer = browser.post("/api/v1/sites", json={"name": "own"}, headers=headers)

    assert answer.status_code == 201


def test_a_bearer_token_needs_no_origin(ask):
    headers = {"sec-fetch-site": "cross-site", "origin": "https://tool.test"}

    answer = ask("planner").post("/api/v1/sites", json={"name": "t"}, headers=headers)

    assert answer.status_code == 201


# --- open mode ----------------------------------------------------------------------


def near(app, **more):
    return network(app, address="127.0.0.1", host="127.0.0.1:8050", **more)


def test_on_ones_own_machine_no_token_is_needed(app, client):
    with near(app) as browser:
        assert browser.get("/api/v1/scenarios").status_code == 200
        assert browser.post("/api/v1/sites", json={"name": "a"}).status_code == 201
        assert browser.get(TOKENS).status_code == 200
        assert browser.get("/login").headers["location"] == "/"


def test_an_open_server_lets_only_its_own_machine_make_tokens(app, client):
    with network(app, host="10.1.2.3") as other:
        assert other.get("/api/v1/scenarios").status_code == 200
        assert other.get(TOKENS).status_code == 401


def test_a_wrong_token_is_refused_in_open_mode_too(app, client):
    with near(app, token="np_user_000000000000_" + "0" * 48) as browser:
        assert browser.get("/api/v1/scenarios").status_code == 401


def test_a_page_of_another_site_cannot_use_an_open_server(app, client):
    headers = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}

    with near(app) as browser:
        answer = browser.post("/api/v1/sites", json={"name": "e"}, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("localhost:8050", 200, id="localhost"),
        pytest.param("127.0.0.1", 200, id="address"),
        pytest.param("[::1]:8050", 200, id="IPv6 address"),
        pytest.param("evil.test:8050", 400, id="a name made to point here"),
        pytest.param("127.0.0.1.evil.test", 400, id="a name like an address"),
    ],
)
def test_an_open_server_answers_to_its_own_names_alone(app, client, host, status):
    with network(app, address="127.0.0.1") as browser:
        answer = browser.get("/api/v1/scenarios", headers={"host": host})

    assert answer.status_code == status


def test_allowed_names_are_the_only_ones(settings, tmp_path):
    named = "twin.example, Other.example"
    server = running(settings, tmp_path, allowed_hosts=named)
    with server as (app, _), network(app) as client:
        statuses = {
            host: client.get("/api/v1/version", headers={"host": host}).status_code
            for host in ("twin.example:80", "other.example", "localhost")
        }

    assert statuses == {"twin.example:80": 200, "other.example": 200, "localhost": 400}


def test_no_header_makes_a_request_this_process(app, client):
    """The mark of a call from inside is no header: nothing sent can forge it."""
    headers = {"nameplate.caller": "this process", "x-forwarded-for": "in-process"}

    with network(app, host="10.1.2.3") as other:
        assert other.get(TOKENS, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "x-forwarded-proto", "Forwarded", "X-Real-IP", "Via",
     "CF-Connecting-IP"],
)  # fmt: skip
def test_what_a_proxy_on_this_machine_hands_on_is_not_of_this_machine(app, header):
    """Whoever it asks for, its own address is loopback's."""
    with network(app, address="127.0.0.1", host="localhost") as client:
        direct = client.get(TOKENS)
        handed_on = client.get(TOKENS, headers={header: "127.0.0.1"})
        shown = client.get("/api/v1/scenarios", headers={header: "127.0.0.1"})

    assert (direct.status_code, handed_on.status_code) == (200, 401)
    assert shown.status_code == 200


def test_a_proxy_that_does_not_say_for_whom_it_asks_is_nobody_special(app, client):
    settings = app.settings.model_copy(update={"proxy": "127.0.0.1"})
    gate = Gate(app, app, settings)
    scope = {"headers": [], "http_version": "1.1"}

    assert not gate.is_nearby("127.0.0.1", scope)
    assert gate.is_nearby("::1", scope)


def test_http_1_0_is_taken_for_a_proxys(app, client):
    """nginx speaks it to what is behind it, and adds no header by itself."""
    gate = Gate(app, app, app.settings)

    assert not gate.is_nearby("127.0.0.1", {"headers": [], "http_version": "1.0"})
    assert gate.is_nearby("127.0.0.1", {"headers": [], "http_version": "1.1"})
