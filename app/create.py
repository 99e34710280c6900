"""
Mount the pages on a server: the only place where Dash is put together.

Explore, the site pages, Stabilize, Live and Data are an application each. They share
nothing in the browser but `assets/base.*`, so none pays for the others' components and
callbacks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.client import Client
from app.components import Dash
from app.pages.data.callbacks import register as register_data
from app.pages.data.layout import layout as data_layout
from app.pages.explore.callbacks import register as register_explore
from app.pages.explore.layout import layout as explore_layout
from app.pages.live.callbacks import register as register_live
from app.pages.live.layout import layout as live_layout
from app.pages.site.callbacks import register as register_site
from app.pages.site.layout import layout as site_layout
from app.pages.stabilize.callbacks import register as register_stabilize
from app.pages.stabilize.layout import layout as stabilize_layout

ASSETS = Path(__file__).resolve().parents[1] / "assets"

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}
<meta name="color-scheme" content="light dark"></head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def create_dash(server: FastAPI, client: Client) -> None:
    """
    Put the pages on a server.

    Dash adds a route for every path that nothing else serves, so the server's own
    routes have to be in place first, and the page at the root comes last.

    Args:
        server: The application that serves the API.
        client: Way to that API; pages use nothing else.
    """
    site = _page(
        server, "Nameplate: site", "/site/", unused="explore|stabilize|live|data"
    )
    site.layout = site_layout
    register_site(site, client)
    stabilize = _page(
        server, "Nameplate: Stabilize", "/stabilize/",
        unused="explore|site|oneline|live|data",
    )  # fmt: skip
    stabilize.layout = stabilize_layout
    register_stabilize(stabilize, client)
    live = _page(
        server, "Nameplate: Live", "/live/",
        unused="explore|site|oneline|stabilize|data",
    )  # fmt: skip
    live.layout = live_layout
    register_live(live, client)
    data = _page(
        server, "Nameplate: Data", "/data/",
        unused="explore|site|oneline|stabilize|live",
    )  # fmt: skip
    data.layout = data_layout
    register_data(data, client)
    explore = _page(server, "Nameplate", "/", unused="site|oneline|stabilize|live|data")
    explore.layout = explore_layout
    register_explore(explore, client)


def _page(server: FastAPI, title: str, path: str, *, unused: str) -> Any:
    """Make one application below a path, without another page's assets."""
    return Dash(
        f"nameplate{path.strip('/')}",
        server=server,
        url_base_pathname=path,
        assets_folder=str(ASSETS),
        assets_ignore=rf"^({unused})\.",
        title=title,
        update_title="",
        index_string=_INDEX,
        serve_locally=True,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"}
        ],
    )
