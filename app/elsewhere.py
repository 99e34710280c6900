"""Addresses that no page has: near ones lead to their page, others say where to go."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.routes.common import PREFIX
from app.markup import text
from app.pages.frame import PAGES

_PLACES = {key: address for key, _, address, _ in PAGES}
_DOCS = dict.fromkeys(("docs", "redoc", "openapi.json"), f"{PREFIX}/openapi.json")
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; img-src data:",
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Nameplate: no such page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto;
  padding: 0 1rem; overflow-wrap: anywhere; }}
</style></head><body><h1>No such page</h1>
<p>Nameplate has nothing at <code>{path}</code>. Its pages:</p><ul>{pages}</ul>
</body></html>"""


def serve_elsewhere(server: FastAPI) -> None:
    """
    Answer every address that is left, instead of showing the first page there.

    Args:
        server: The application; all its pages are mounted.
    """

    def answer(request: Request, path: str) -> Response:
        key = path.strip("/").lower()
        place = _PLACES.get(key) or _DOCS.get(key)
        if place is None and "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404)  # a tool gets a problem document
        if place is None:
            return HTMLResponse(_no_such(f"/{path}"), 404, HEADERS)
        query = request.url.query
        place += ("&" if "?" in place else "?") + query if query else ""
        return RedirectResponse(place, 307)

    server.add_api_route(
        "/{path:path}", answer, include_in_schema=False, methods=["GET"]
    )


def _no_such(path: str) -> str:
    pages = "".join(f'<li><a href="{text(at)}">{t}</a></li>' for _, t, at, _ in PAGES)
    return _PAGE.format(path=text(path[:200]), pages=pages)
