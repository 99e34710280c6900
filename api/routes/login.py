"""Login and logout of a browser, and the address that says the server is up."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from api.caller import CALLER, Caller
from api.gate import COOKIE
from api.problems import Refusal
from api.routes.common import State
from api.sessions import SESSION_S

router = APIRouter(include_in_schema=False)

MOST_BYTES = 4096
PAGE_SCOPE = "scenarios:read"
SIGN_IN = "nameplate_sign_in"
NO_STORE = {"cache-control": "no-store"}
HEADERS = {
    **NO_STORE,
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; img-src data:",
    "referrer-policy": "no-referrer",
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Nameplate: log in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto;
  padding: 0 1rem; }}
label, input, button {{ display: block; width: 100%; box-sizing: border-box; }}
input, button {{ font: inherit; padding: .5rem; margin: .25rem 0 1rem; }}
.there {{ display: block; text-align: center; padding: .5rem; border: 1px solid;
  border-radius: 4px; text-decoration: none; margin-bottom: 1.5rem; }}
.wrong {{ border-left: 4px solid #c92a2a; padding-left: .75rem; }}
</style></head><body><h1>Nameplate</h1>{said}{there}
<form method="post" action="/login">
<label for="token">Your token</label>
<input id="token" name="token" type="password" autocomplete="current-password"
 required autofocus>
<input type="hidden" name="next" value="{after}">
<button>Log in</button></form>
<p>An administrator makes one with <code>nameplate tokens create</code>.</p>
</body></html>"""
_LEAVE = """<form method="post" action="/logout"><p>You are logged in as {name}.</p>
<button>Log out</button></form>"""
_ELSEWHERE = '<a class="there" href="/login/oidc?next={after}">Sign in with {name}</a>'
_ON = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Nameplate</title>
<meta http-equiv="refresh" content="0;url={after}"></head>
<body><a href="{after}">Go on</a></body></html>"""


@router.get("/healthz")
async def is_up(state: State) -> PlainTextResponse:
    """Whether the server answers and reaches its database; tells nothing else."""

    def ask() -> None:
        with state.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    await run_in_threadpool(ask)
    return PlainTextResponse("ok\n")


@router.get("/login")
async def show_login(state: State, request: Request) -> Response:
    """Show the form, and who is logged in; in open mode there is no login."""
    after = _local(request.query_params.get("next", "/"))
    if state.settings.access == "open":
        return RedirectResponse(after, 303)
    return _page(state, request, after)


@router.post("/login")
async def log_in(state: State, request: Request) -> Response:
    """Take a token once, and give the browser a session for it."""
    sent = await _form(request)
    after = _local(sent.get("next", "/"))
    try:
        token = sent.get("token", "").strip()
        caller = await state.access.verify(token, _address(request))
    except Refusal as refusal:
        return _page(state, request, after, refusal)
    if PAGE_SCOPE not in caller.scopes:
        said = f"This token does not open the pages; it needs the scope {PAGE_SCOPE}."
        return _page(state, request, after, Refusal(403, said))
    response = RedirectResponse(after, 303, headers=NO_STORE)
    await _welcome(state, request, response, caller, "log in")
    return response


@router.get("/login/oidc")
async def begin_sign_in(state: State, request: Request) -> Response:
    """Send the browser to the provider of the settings."""
    after = _local(request.query_params.get("next", "/"))
    if state.access.provider is None:
        return RedirectResponse(f"/login?next={quote(after)}", 303)
    try:
        there, kept = await state.access.provider.begin(_back(request), after)
    except Refusal as refusal:
        return _page(state, request, after, refusal)
    response = RedirectResponse(there, 303, headers=NO_STORE)
    response.set_cookie(SIGN_IN, kept, max_age=600, path="/login", **_lax(request))
    return response


@router.get("/login/oidc/callback")
async def end_sign_in(state: State, request: Request) -> Response:
    """Take a person back from the provider, with the rights of his roles."""
    kept = request.cookies.get(SIGN_IN, "")
    try:
        caller, after = await state.access.signed_in(
            dict(request.query_params), kept, _address(request)
        )
    except Refusal as refusal:
        response = _page(state, request, "/", refusal)
    else:
        # the page goes on by itself: a redirect would still count as the provider's,
        # and browsers send no SameSite=Strict cookie along with those
        on = _ON.format(after=escape(_local(after), quote=True))
        response = HTMLResponse(on, headers=HEADERS)
        await _welcome(state, request, response, caller, "sign in")
    response.delete_cookie(SIGN_IN, path="/login", **_lax(request))
    return response


@router.post("/logout")
async def log_out(state: State, request: Request) -> Response:
    """End the browser's session, here and there."""
    ended = state.access.sessions.end(request.cookies.get(COOKIE, ""))
    if ended is not None:
        caller = ended.at(_address(request))
        await run_in_threadpool(state.access.changed, caller, "log out", "/logout", 303)
    response = RedirectResponse("/login", 303, headers=NO_STORE)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


async def _welcome(
    state: State, request: Request, response: Response, caller: Caller, how: str
) -> None:
    """Write a login down, and give the browser a session of its own."""
    access = state.access
    await run_in_threadpool(access.changed, caller, how, request.url.path, 200)
    number = access.sessions.begin(caller, request.cookies.get(COOKIE))
    response.set_cookie(
        COOKIE, number, max_age=int(SESSION_S), path="/", httponly=True,
        samesite="strict", secure=request.url.scheme == "https",
    )  # fmt: skip


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _back(request: Request) -> str:
    """Where the provider sends the browser back to."""
    return str(request.url_for("end_sign_in"))


def _lax(request: Request) -> dict[str, Any]:
    """Sent along when the provider leads back, unlike a session."""
    secure = request.url.scheme == "https"
    return {"httponly": True, "samesite": "lax", "secure": secure}


async def _form(request: Request) -> dict[str, str]:
    """Fields of a small form; a large one is refused while it comes in."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refusal(413, "The form is larger than a token could be")
    return {k: v[0] for k, v in parse_qs(body.decode("latin-1")).items()}


def _local(address: str) -> str:
    """Only a path of this server may follow a login."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    good = plain and address.startswith("/") and not address.startswith("//")
    return address if good else "/"


def _page(
    state: State, request: Request, after: str, refusal: Refusal | None = None
) -> HTMLResponse:
    """Show the login, what was wrong with the last, and who is logged in."""
    status, more, said = 200, {}, ""
    if refusal is not None:
        status, more = refusal.status, refusal.headers
        said = f'<p class="wrong" role="alert">{escape(refusal.detail)}</p>'
    caller: Caller | None = request.scope.get(CALLER)
    if (
        caller is not None
        and refusal is None
        and "authorization" not in request.headers
    ):
        said = _LEAVE.format(name=escape(caller.name))
    provider = state.access.provider
    there = "" if provider is None else _ELSEWHERE.format(
        name=escape(provider.name), after=escape(quote(after), quote=True)
    )  # fmt: skip
    page = _PAGE.format(said=said, there=there, after=escape(after, quote=True))
    return HTMLResponse(page, status, headers={**more, **HEADERS})
