"""The login of a reader's browser, and the one address that says the server is up."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from api.access import SESSION_S
from api.gate import COOKIE
from api.problems import Refusal
from api.routes.common import State

router = APIRouter(include_in_schema=False)

MOST_BYTES = 4096
PAGE_SCOPE = "scenarios:read"
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; img-src data:",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
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
.wrong {{ border-left: 4px solid #c92a2a; padding-left: .75rem; }}
</style></head><body><h1>Nameplate</h1>{said}
<form method="post" action="/login">
<label for="token">Your token</label>
<input id="token" name="token" type="password" autocomplete="current-password"
 required autofocus>
<input type="hidden" name="next" value="{after}">
<button>Log in</button></form>
<p>An administrator makes one with <code>nameplate tokens create</code>.</p>
</body></html>"""


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
    """Show the form; in open mode there is nothing to log in to."""
    after = _local(request.query_params.get("next", "/"))
    if state.settings.access == "open":
        return RedirectResponse(after, 303)
    return _page(after)


@router.post("/login")
async def log_in(state: State, request: Request) -> Response:
    """Take a token once, and give the browser a session for it."""
    sent = await _form(request)
    after = _local(sent.get("next", "/"))
    address = request.client.host if request.client else ""
    try:
        caller = await state.access.verify(sent.get("token", "").strip(), address)
    except Refusal as refusal:
        return _page(after, refusal.detail, refusal.status, refusal.headers)
    if PAGE_SCOPE not in caller.scopes:
        said = f"This token does not open the pages; it needs the scope {PAGE_SCOPE}."
        return _page(after, said, 403)
    await run_in_threadpool(state.access.changed, caller, "log in", "/login", 303)
    response = RedirectResponse(after, 303, headers={"cache-control": "no-store"})
    response.set_cookie(
        COOKIE, state.access.session(caller), max_age=int(SESSION_S), path="/",
        httponly=True, samesite="strict", secure=request.url.scheme == "https",
    )  # fmt: skip
    return response


@router.post("/logout")
async def log_out() -> Response:
    """End the browser's session."""
    response = RedirectResponse("/login", 303, headers={"cache-control": "no-store"})
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


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
    after: str, said: str = "", status: int = 200, more: dict[str, str] | None = None
) -> Response:
    shown = f'<p class="wrong" role="alert">{escape(said)}</p>' if said else ""
    page = _PAGE.format(said=shown, after=escape(after, quote=True))
    return HTMLResponse(page, status, headers={**(more or {}), **HEADERS})
