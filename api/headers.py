"""
Headers that every answer carries, and HEAD wherever there is GET.

Pages run the scripts of this server and Dash's one inline line, named by its hash; they
fetch nothing from elsewhere and stand in nobody's frame. What the API answers runs and
fetches nothing at all. A route that sets a header of its own keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), "
    "microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
DATA_CSP = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HSTS = "max-age=31536000"
_DATA = ("/api", "/metrics", "/mcp")


class Headed:
    """ASGI middleware around everything else, the gate's refusals included."""

    def __init__(self, app: ASGIApp, owner: FastAPI) -> None:
        self._app, self._owner = app, owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        data = scope["path"].startswith(_DATA)

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                kind = headers.get("content-type", "")
                page = kind.startswith("text/html")
                own = {
                    "content-security-policy": self._page_csp() if page else DATA_CSP
                }
                if data or "json" in kind:
                    own["cache-control"] = "no-store"
                elif page:
                    own["cache-control"] = "private, no-cache"
                if scope["scheme"] == "https":
                    own["strict-transport-security"] = HSTS
                for name, value in (ALWAYS | own).items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] == "HEAD":
            await _without_body(self._app, scope, receive, headed)
        else:
            await self._app(scope, receive, headed)

    def _page_csp(self) -> str:
        return page_csp(getattr(self._owner.state, "script_hashes", ()))


def page_csp(script_hashes: Iterable[str]) -> str:
    """
    What a page may do.

    Args:
        script_hashes: Of its inline scripts, as 'sha256-...'.

    Styles are inline because Plotly and Mantine write them so; they run nothing.
    """
    scripts = " ".join(["'self'", *script_hashes])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


async def _without_body(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer HEAD as GET, without the body; a stream that never ends, ends here."""
    headed = False

    async def first(message: Message) -> None:
        nonlocal headed
        if message["type"] == "http.response.start":
            await send(message)
        elif not headed:
            headed = True
            await send({"type": "http.response.body", "body": b""})

    async def gone() -> Message:
        return {"type": "http.disconnect"} if headed else await receive()

    await app({**scope, "method": "GET"}, gone, first)
