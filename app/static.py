"""
Scripts and styles of all pages at one address that names their versions.

Every page is an application of its own, and Dash would serve each its own copy of the
same libraries. Here they share one, which a browser keeps for good: another version has
another address. Each file is compressed once.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dash import fingerprint
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

ASSETS = Path(__file__).resolve().parents[1] / "assets"
PACKAGES = ("dash", "plotly", "dash_ag_grid", "dash_mantine_components")
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".css": "text/css", ".map": "application/json",
         ".svg": "image/svg+xml", ".png": "image/png"}  # fmt: skip
_VERSIONS = "".join(version(name.replace("_", "-")) for name in PACKAGES)
ROOT = f"/static/{hashlib.sha256(_VERSIONS.encode()).hexdigest()[:10]}"
_plain_path: Any = fingerprint.check_fingerprint
_PLOTLY = (
    f'"serve_locally":false,"plotlyjs_url":"{ROOT}/_dash-component-suites/'
    'plotly/package_data/plotly.min.js"'
)
_UNUSED = re.compile(r'<script src="[^"]*/dash_table/[^"]*"></script>\n?')
_GRID = re.compile(r'<script src="[^"]*/dash_ag_grid/[^"]*"></script>\n?')


def serve_static(server: FastAPI) -> None:
    """Serve libraries and assets below ROOT; an older address has them newly."""

    async def library(request: Request, package: str, path: str) -> Response:
        plain, _ = _plain_path(path)
        module = sys.modules.get(package) if package in PACKAGES else None
        folder = Path(str(module.__file__)).parent if module else None
        return _file(request, folder, plain)

    async def asset(request: Request, path: str) -> Response:
        return _file(request, ASSETS, path)

    # the libraries look for their parts beside them, if this name is in the address
    parts = "/static/{_}/_dash-component-suites/{package}/{path:path}"
    for place, answer in ((parts, library), ("/static/{_}/assets/{path:path}", asset)):
        server.add_api_route(place, answer, include_in_schema=False, methods=["GET"])


def shared(dash: Any, path: str, *, grid: bool) -> None:
    """
    Let a page load what all pages share, and its layout beside it.

    Args:
        dash: The page's application.
        path: Where it is mounted.
        grid: Whether it shows tables of the grid library, which is large.
    """
    fill = dash.interpolate_index
    own = re.compile(rf'"{re.escape(path)}(_dash-component-suites|assets)/')

    def filled(**given: str) -> str:
        scripts = _UNUSED.sub("", given["scripts"])
        given["scripts"] = scripts if grid else _GRID.sub("", scripts)
        for name in ("scripts", "css"):
            given[name] = own.sub(rf'"{ROOT}/\1/', given[name])
        # what is not "local" has an address of its own; this is for Plotly alone
        given["config"] = given["config"].replace('"serve_locally":true', _PLOTLY)
        given["metas"] += "".join(
            f'<link rel="preload" as="fetch" href="{path}{name}" crossorigin>'
            for name in ("_dash-layout", "_dash-dependencies")
        )
        return str(fill(**given))

    dash.interpolate_index = filled


def _file(request: Request, folder: Path | None, path: str) -> Response:
    found = (folder / path).resolve() if folder else None
    kind = found and TYPES.get(found.suffix)
    if not found or not kind or not folder or not found.is_relative_to(folder):
        return PlainTextResponse("No such file.", status_code=404)
    if not found.is_file():
        return PlainTextResponse("No such file.", status_code=404)
    headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(found.read_bytes(), media_type=kind, headers=headers)
    packed = _packed(found, found.stat().st_mtime_ns)
    headers["content-encoding"] = "gzip"
    return Response(packed, media_type=kind, headers=headers)


@lru_cache(maxsize=256)
def _packed(path: Path, _: int) -> bytes:
    """Compress a file; once for as long as it stays as it is."""
    return gzip.compress(path.read_bytes(), compresslevel=6)
