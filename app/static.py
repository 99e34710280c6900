"""
Scripts and styles of all pages at one address that names their versions.

Every page is an application of its own, and Dash would serve each its own copy of the
same libraries. Here they share one, which a browser keeps for good: another version has
another address. The house's own files come as one script and one style a page. Each
answer is compressed once.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dash import fingerprint
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from store.shipped import shipped

ASSETS = shipped("assets")
SHARED = ("base", "shell")
"""What files of all pages begin with; those of one page begin with its names."""
PACKAGES = ("dash", "plotly", "dash_ag_grid", "dash_mantine_components")
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".css": "text/css", ".map": "application/json",
         ".svg": "image/svg+xml", ".png": "image/png"}  # fmt: skip
_VERSIONS = "".join(version(name.replace("_", "-")) for name in PACKAGES)
ROOT = f"/static/{hashlib.sha256(_VERSIONS.encode()).hexdigest()[:10]}"
_plain_path: Any = fingerprint.check_fingerprint
_SUITES = f"{ROOT}/_dash-component-suites"
_UNUSED = re.compile(r'<script src="[^"]*/dash_table/[^"]*"></script>\n?')
_TABLES = re.compile(r'<script src="([^"]*/dash_ag_grid/[^"]*)"></script>\n?')
_RENDERER = re.compile(r'(?=<script src="[^"]*/dash_renderer)')


def serve_static(server: FastAPI, pages: dict[str, Sequence[str]]) -> None:
    """
    Serve libraries and pages' own files below ROOT; an older address has them newly.

    Args:
        server: Where to.
        pages: Of each page, what the names of its own files begin with.
    """

    async def library(request: Request, package: str, path: str) -> Response:
        plain, _ = _plain_path(path)
        module = sys.modules.get(package) if package in PACKAGES else None
        folder = Path(str(module.__file__)).parent if module else None
        return _file(request, folder, plain)

    async def own(request: Request, page: str, suffix: str) -> Response:
        if page not in pages or suffix not in ("js", "css"):
            return _missing()
        files = _own_files(pages[page], suffix)
        return _answer(request, files, f".{suffix}") if files else _missing()

    # the libraries look for their parts beside them, if this name is in the address
    parts = "/static/{_}/_dash-component-suites/{package}/{path:path}"
    for place, answer in ((parts, library), ("/static/{_}/{page}.{suffix}", own)):
        server.add_api_route(place, answer, include_in_schema=False, methods=["GET"])


def shared(
    dash: Any, path: str, page: str, names: Sequence[str], *, tables: bool
) -> None:
    """
    Let a page load what all pages share, its own files, and its layout beside them.

    Args:
        dash: The page's application.
        path: Where it is mounted.
        page: Its name in `serve_static`.
        names: What the names of its own files begin with.
        tables: Whether it shows tables of the grid library, which is large.
    """
    fill = dash.interpolate_index
    suites = f'"{path}_dash-component-suites/'

    def filled(**given: str) -> str:
        scripts = _UNUSED.sub("", given["scripts"]).replace(suites, f'"{_SUITES}/')
        late = {"charts": f"{_SUITES}/plotly/package_data/plotly.min.js"}
        late |= {"tables": _TABLES.findall(scripts)[0]} if tables else {}
        script, style = (
            f"{ROOT}/{page}.{s}?{_version(_own_files(names, s))}" for s in ("js", "css")
        )
        own = f'<script src="{script}"></script>\n'
        given["scripts"] = _RENDERER.sub(own, _TABLES.sub("", scripts), count=1)
        given["css"] = f'<link rel="stylesheet" href="{style}">'
        given["metas"] += "".join(
            f'<link rel="preload" as="fetch" href="{path}{name}" crossorigin>'
            for name in ("_dash-layout", "_dash-dependencies")
        )
        given["metas"] += "".join(  # for assets/base.late.js
            f'<link rel="preload" as="script" fetchpriority="low" href="{address}"'
            f' data-late="{name}">'
            for name, address in late.items()
        )
        return str(fill(**given))

    dash.interpolate_index = filled


def _own_files(names: Sequence[str], suffix: str) -> list[Path]:
    """List the files of a page, shared ones first."""
    found = sorted(ASSETS.glob(f"*.{suffix}"))
    return [f for name in (*SHARED, *names) for f in found
            if f.name.startswith(f"{name}.")]  # fmt: skip


def _version(files: Sequence[Path]) -> str:
    """Say what changes with the files."""
    told = "".join(f"{f.name}{f.stat().st_mtime_ns}" for f in files)
    return hashlib.sha256(told.encode()).hexdigest()[:10]


def _file(request: Request, folder: Path | None, path: str) -> Response:
    found = (folder / path).resolve() if folder else None
    if not found or not folder or not found.is_relative_to(folder):
        return _missing()
    if found.suffix not in TYPES or not found.is_file():
        return _missing()
    return _answer(request, [found], found.suffix)


def _missing() -> Response:
    return PlainTextResponse("No such file.", status_code=404)


def _answer(request: Request, files: Sequence[Path], suffix: str) -> Response:
    """Answer with files, one after the other."""
    headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
    kind = TYPES[suffix]
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(_joined(files), media_type=kind, headers=headers)
    headers["content-encoding"] = "gzip"
    packed = _packed(tuple(files), _version(files))
    return Response(packed, media_type=kind, headers=headers)


def _joined(files: Sequence[Path]) -> bytes:
    return b"\n".join(f.read_bytes() for f in files)


@lru_cache(maxsize=256)
def _packed(files: tuple[Path, ...], _: str) -> bytes:
    """Compress files; once for as long as they stay as they are."""
    return gzip.compress(_joined(files), compresslevel=6)
