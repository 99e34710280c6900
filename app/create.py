"""
Mount the pages on a server: the only place where Dash is put together.

Explore, the site pages, Stabilize, Serving, Study, Compare, Live and Data are an
application each. They share their libraries and the shell in the browser, and none
pays for the others' callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import FastAPI

from api.client import Client
from api.main import add_routes
from app.components import Dash
from app.elsewhere import serve_elsewhere
from app.known import serve_known
from app.model_pages import serve_model_pages
from app.page_faults import PageFaults
from app.pages.compare.callbacks import register as register_compare
from app.pages.compare.layout import layout as compare_layout
from app.pages.data.callbacks import register as register_data
from app.pages.data.layout import layout as data_layout
from app.pages.explore.callbacks import register as register_explore
from app.pages.explore.layout import layout as explore_layout
from app.pages.live.callbacks import register as register_live
from app.pages.live.layout import layout as live_layout
from app.pages.serving.callbacks import register as register_serving
from app.pages.serving.layout import layout as serving_layout
from app.pages.site.callbacks import register as register_site
from app.pages.site.layout import layout as site_layout
from app.pages.stabilize.callbacks import register as register_stabilize
from app.pages.stabilize.layout import layout as stabilize_layout
from app.pages.study.callbacks import register as register_study
from app.pages.study.layout import layout as study_layout
from app.report.routes import router as reports
from app.static import serve_static, shared

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}
<meta name="color-scheme" content="light dark"></head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


class Mounted(NamedTuple):
    """A page: where it is, its title, its parts, and how its files' names begin."""

    path: str
    title: str
    layout: Callable[[], Any]
    register: Callable[[Any, Client], None]
    files: tuple[str, ...]
    tables: bool
    """Whether it has tables of the grid library."""


MOUNTED = (
    Mounted("/site/", "Nameplate: Site", site_layout, register_site,
            ("site", "oneline"), tables=True),
    Mounted("/stabilize/", "Nameplate: Stabilize", stabilize_layout, register_stabilize,
            ("stabilize",), tables=False),
    Mounted("/serving/", "Nameplate: Serving", serving_layout, register_serving,
            ("serving",), tables=False),
    Mounted("/compare/", "Nameplate: Compare", compare_layout, register_compare,
            ("compare",), tables=False),
    Mounted("/study/", "Nameplate: Study", study_layout, register_study,
            ("study",), tables=True),
    Mounted("/live/", "Nameplate: Live", live_layout, register_live,
            ("live",), tables=True),
    Mounted("/data/", "Nameplate: Data", data_layout, register_data,
            ("data",), tables=True),
    Mounted("/", "Nameplate", explore_layout, register_explore,
            ("explore",), tables=True),
)  # fmt: skip
"""The root comes last: its address is the beginning of all others."""


def create_dash(server: FastAPI, client: Client) -> None:
    """
    Put the pages on a server.

    Routes for every path that nothing else serves come last, so the server's own have
    to be in place first. The inline scripts are known when all pages are,
    for the header that lets no other run.

    Args:
        server: The application that serves the API.
        client: Way to that API; pages use nothing else.
    """
    server.add_middleware(PageFaults)  # inside Dash's, which the pages add
    add_routes(server, reports)
    serve_model_pages(server)
    serve_known(server)
    serve_static(server, {_name(page): page.files for page in MOUNTED})
    pages = [_mount(server, client, page) for page in MOUNTED]
    serve_elsewhere(server)
    maps = (page.callback_map for page in pages)
    server.state.callbacks = dict(zip((p.path for p in MOUNTED), maps, strict=True))
    server.state.script_hashes = sorted({h for p in pages for h in p.csp_hashes()})


def _mount(server: FastAPI, client: Client, page: Mounted) -> Any:
    """Make one application below a path."""
    dash = Dash(
        f"nameplate{page.path.strip('/')}",
        server=server,
        url_base_pathname=page.path,
        include_assets_files=False,
        title=page.title,
        update_title="",
        index_string=_INDEX,
        serve_locally=True,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"}
        ],
    )
    shared(dash, page.path, _name(page), page.files, tables=page.tables)
    dash.layout = page.layout
    page.register(dash, client)
    return dash


def _name(page: Mounted) -> str:
    return page.files[0]
