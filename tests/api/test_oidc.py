"""People sign in with a real provider on loopback, and nobody else does."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api import oidc
from api.client import Client
from api.main import create_app
from store.access import Tokens
from store.settings import Settings
from tests.api.network import network
from tests.api.oidc_provider import CLIENT, SECRET, Provider

BACK = "/login/oidc/callback"
SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def running():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def provider(running):
    """The provider with nothing odd about it; what a test changes is undone."""
    before = dict(running.user)
    yield running
    running.user = before
    running.wrong, running.forge, running.info, running.metadata = {}, None, {}, {}


@pytest.fixture(scope="module")
def app(settings, running, tmp_path_factory):
    folder = tmp_path_factory.mktemp("oidc")
    changed = Settings(**{
        **settings.model_dump(), "access": "tokens",
        "database_url": f"sqlite:///{folder / 'o.db'}",
        "oidc_issuer": running.issuer, "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET, "oidc_role_claim": "groups",
        "oidc_roles": "planners=planner, readers=viewer,ops=admin",
    })  # fmt: skip
    app = create_app(changed, warm=False)
    with Client.in_process(app):
        yield app


@pytest.fixture
def browser(app, request):
    """A browser at an address of its own, so that no test is slowed for another's."""
    number = sum(map(ord, request.node.name)) % 60000
    with network(app, address=f"198.18.{number // 250}.{number % 250}") as client:
        yield client


def lead_away(browser, after="/site/"):
    """Begin, and let the provider lead back: the address it leads to."""
    begun = browser.get("/login/oidc", params={"next": after})
    assert begun.status_code == 303, begun.text
    there = begun.headers["location"]
    with httpx.Client() as outside:
        return outside.get(there).headers["location"]


def sign_in(browser):
    return browser.get(lead_away(browser), headers={"sec-fetch-site": "cross-site"})


def audit(app, kind="change"):
    access = app.state.services.access
    access.flush()
    return access.audit.page(limit=200, kind=kind).items


# --- who gets in ----------------------------------------------------------------------


def test_a_person_signs_in_with_the_rights_of_the_role(app, provider, browser):
    answer = sign_in(browser)

    assert answer.status_code == 200
    assert 'content="0;url=/site/"' in answer.text
    assert browser.get("/api/v1/scenarios").status_code == 200
    made = browser.post("/api/v1/sites", json={"name": "Hall 3"}, headers=SAME)
    assert made.status_code == 201
    assert browser.get("/api/v1/tokens").status_code == 403
    assert "logged in as ada" in browser.get("/login").text


def test_the_log_names_the_person(app, provider, browser):
    provider.user |= {"sub": "7", "preferred_username": "grace"}
    sign_in(browser)
    browser.post("/api/v1/sites", json={"name": "Hall 4"}, headers=SAME)
    browser.post("/logout", headers=SAME)

    found = [(e.actor, e.action, e.actor_id[:5]) for e in audit(app)[:3]]

    assert found == [
        ("grace", "log out", "oidc_"),
        ("grace", "POST /api/v1/sites", "oidc_"),
        ("grace", "sign in", "oidc_"),
    ]
    assert browser.get("/api/v1/scenarios").status_code == 401


def test_the_session_is_out_of_reach_and_the_sign_in_is_over(provider, browser):
    cookies = sign_in(browser).headers.get_list("set-cookie")

    session = next(c for c in cookies if c.startswith("nameplate_session")).lower()
    assert "httponly" in session
    assert "samesite=strict" in session
    gone = next(c for c in cookies if c.startswith("nameplate_sign_in"))
    assert "Max-Age=0" in gone


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        pytest.param(["ops", "planners"], 200, id="the rights of all roles"),
        pytest.param("ops", 200, id="one value, no list"),
        pytest.param(["readers"], 403, id="a viewer"),
    ],
)
def test_a_value_of_the_claim_is_a_role(provider, browser, groups, status):
    provider.user["groups"] = groups
    sign_in(browser)

    assert browser.get("/api/v1/tokens").status_code == status


def test_a_claim_may_come_from_the_user_info(provider, browser):
    provider.user.pop("groups")
    provider.info = {"groups": ["ops"]}

    assert sign_in(browser).status_code == 200
    assert browser.get("/api/v1/tokens").status_code == 200


@pytest.mark.parametrize("groups", [[], ["tea"], None, [7], {"ops": 1}, ["OPS"]])
def test_a_person_without_a_role_is_refused_with_words(app, provider, browser, groups):
    provider.user |= {"groups": groups, "preferred_username": f"nobody {groups}"}

    answer = sign_in(browser)

    assert answer.status_code == 403
    assert "has no role here" in answer.text
    assert "NAMEPLATE_OIDC_ROLES" in answer.text
    assert browser.get("/api/v1/scenarios").status_code == 401
    assert f"nobody {groups}" in {e.actor for e in audit(app, "refusal")}


def test_a_name_from_outside_cannot_write_into_the_page(provider, browser):
    provider.user |= {"preferred_username": "<script>x</script>", "groups": ["tea"]}

    assert "<script>" not in sign_in(browser).text


def test_the_login_shows_both_ways(provider, browser):
    page = browser.get("/login?next=/live/").text

    assert 'href="/login/oidc?next=/live/"' in page
    assert "Sign in with localhost" in page
    assert 'name="token"' in page


def test_the_provider_is_asked_for_a_code_with_pkce(provider, browser):
    begun = browser.get("/login/oidc").headers["location"]
    asked = {k: v[0] for k, v in parse_qs(urlsplit(begun).query).items()}

    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"http://nameplate.test{BACK}"
    assert min(len(asked[n]) for n in ("state", "nonce", "code_challenge")) == 43
    assert SECRET not in begun


def test_a_new_key_of_the_provider_is_taken(provider, browser, monkeypatch):
    assert sign_in(browser).status_code == 200
    monkeypatch.setattr(oidc, "AGAIN_S", 0.0)
    provider.rotate("second")

    assert sign_in(browser).status_code == 200


# --- who does not ---------------------------------------------------------------------

NOW = int(time.time())


@pytest.mark.parametrize(
    ("wrong", "forge", "said"),
    [
        pytest.param({"nonce": "another"}, None, "nonce", id="wrong nonce"),
        pytest.param({"nonce": None}, None, "missing_claim", id="no nonce"),
        pytest.param({"exp": NOW - 3600}, None, "expired", id="expired"),
        pytest.param({"exp": None}, None, "missing_claim", id="never expires"),
        pytest.param({"iat": NOW + 3600}, None, "invalid_claim", id="not yet issued"),
        pytest.param({"aud": "another"}, None, "invalid_claim", id="wrong audience"),
        pytest.param({"aud": [CLIENT, "b"]}, None, "azp", id="for two, by nobody"),
        pytest.param({"azp": "another"}, None, "azp", id="for another client"),
        pytest.param({"iss": "https://evil.test"}, None, "claim", id="wrong issuer"),
        pytest.param({"sub": None}, None, "missing_claim", id="nobody"),
        pytest.param({}, "unsigned", "ID token", id="alg none"),
        pytest.param({}, "by_a_stranger", "signature", id="a stranger's key"),
        pytest.param({}, "by_an_unknown_key", "ID token", id="unknown key"),
        pytest.param({}, "by_the_public_key", "ID token", id="public key as secret"),
    ],
)
def test_an_id_token_with_a_fault_lets_nobody_in(
    app, provider, browser, wrong, forge, said
):
    provider.wrong, provider.forge = wrong, forge and getattr(provider, forge)

    answer = sign_in(browser)

    assert answer.status_code == 401
    assert "The sign-in was refused" in answer.text
    assert said in answer.text
    assert "nameplate_session" not in answer.headers.get("set-cookie", "")
    assert browser.get("/api/v1/scenarios").status_code == 401
    assert "a sign-in was refused" in {e.action for e in audit(app, "refusal")}


def test_the_state_of_another_sign_in_is_refused(provider, browser):
    back = lead_away(browser)
    begun_again = lead_away(browser)

    assert "state" in browser.get(back).text
    assert browser.get(begun_again).status_code == 401  # its cookie went with the first


def test_a_sign_in_begun_elsewhere_is_refused(app, provider, browser):
    """Or somebody could log a reader in under a name of his own."""
    with network(app, address="198.51.100.41") as other:
        back = lead_away(other)

    assert browser.get(back).status_code == 401
    assert "this browser has not begun one" in browser.get(back).text


def test_a_sign_in_counts_once(provider, browser):
    back = lead_away(browser)
    kept = browser.cookies["nameplate_sign_in"]
    assert browser.get(back).status_code == 200

    again = browser.get(back, headers={"cookie": f"nameplate_sign_in={kept}"})

    assert again.status_code == 401


def test_a_sign_in_ends_after_ten_minutes(provider, browser, monkeypatch):
    back, real = lead_away(browser), time.time()
    monkeypatch.setattr(oidc.time, "time", lambda: real + 601)

    assert browser.get(back).status_code == 401


def test_a_sign_in_that_the_person_gave_up_says_so(provider, browser):
    back = parse_qs(urlsplit(lead_away(browser)).query)
    given_up = {"error": "access_denied", "state": back["state"][0]}

    assert "access_denied" in browser.get(BACK, params=given_up).text


def test_many_refused_sign_ins_are_slowed(provider, browser):
    statuses = [browser.get(BACK, params={"code": "x"}).status_code for _ in range(23)]

    assert statuses[:20] == [401] * 20
    assert statuses[21:] == [429] * 2


def test_it_leads_to_no_other_site(provider, browser):
    back = lead_away(browser, after="https://evil.test/")

    assert "evil.test" not in browser.get(back).text


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.test"}, {"token_endpoint": "http://evil.test/token"},
     {"jwks_uri": None}],
    ids=["another's name", "secrets in the clear", "no keys"],
)  # fmt: skip
def test_a_provider_that_publishes_nonsense_is_not_believed(
    app, provider, browser, metadata
):
    provider.metadata = metadata
    own = app.state.services.access.provider
    before, own._published = own._published, (-oidc.KNOWN_S, {})
    try:
        assert browser.get("/login/oidc").status_code == 401
    finally:
        own._published = before


def test_without_its_provider_a_token_still_lets_in(app, provider, browser):
    own = app.state.services.access.provider
    _, token = Tokens(app.state.services.engine).create(
        name="spare", scopes={"scenarios:read"}
    )
    issuer, before = own._issuer, own._published
    own._issuer, own._published = "http://127.0.0.1:9", (-oidc.KNOWN_S, {})
    try:
        assert browser.get("/login/oidc").status_code == 503
        there = browser.post("/login", data={"token": token}, headers=SAME)
    finally:
        own._issuer, own._published = issuer, before

    assert there.status_code == 303


# --- settings -------------------------------------------------------------------------

GOOD = {"oidc_issuer": "https://id.example", "oidc_client_id": "nameplate",
        "oidc_roles": "ops=admin"}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"oidc_issuer": "http://id.example"}, "https"),
        ({"oidc_client_id": ""}, "oidc_client_id"),
        ({"oidc_roles": ""}, "VALUE=ROLE"),
        ({"oidc_roles": "ops=root"}, "viewer, planner, admin"),
        ({"oidc_roles": "ops=agent"}, "viewer, planner, admin"),
        ({"oidc_roles": "admin"}, "VALUE=ROLE"),
    ],
)
def test_settings_that_let_the_wrong_people_in_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        Settings(**(GOOD | wrong))
