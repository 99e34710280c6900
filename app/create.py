"""
Mount the pages on a server: the only place where Dash is put together.

Explore, the site pages, Stabilize, Serving, Study, Compare, Live and Data are an
application each.
They share nothing in the browser but `assets/base.*`, so none pays for the others'
components and callbacks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.client import Client
from api.main import add_routes
from app.components import Dash
from app.model_pages import serve_model_pages
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
    add_routes(server, reports)
    site = _page(
        server,
        "Nameplate: site",
        "/site/",
        unused="explore|stabilize|serving|compare|live|data|study",
    )
    site.layout = site_layout
    register_site(site, client)
    stabilize = _page(
        server, "Nameplate: Stabilize", "/stabilize/",
        unused="explore|site|oneline|serving|compare|live|data|study",
    )  # fmt: skip
    stabilize.layout = stabilize_layout
    register_stabilize(stabilize, client)
    serve_model_pages(server)
    serving = _page(
        server, "Nameplate: Serving", "/serving/",
        unused="explore|site|oneline|stabilize|compare|live|data|study",
    )  # fmt: skip
    serving.layout = serving_layout
    register_serving(serving, client)
    compare = _page(
        server, "Nameplate: Compare", "/compare/",
        unused="explore|site|oneline|stabilize|serving|live|data|study",
    )  # fmt: skip
    compare.layout = compare_layout
    register_compare(compare, client)
    study = _page(
        server, "Nameplate: Study", "/study/",
        unused="explore|site|oneline|stabilize|serving|compare|live|data",
    )  # fmt: skip
    study.layout = study_layout
    register_study(study, client)
    live = _page(
        server, "Nameplate: Live", "/live/",
        unused="explore|site|oneline|stabilize|serving|compare|data|study",
    )  # fmt: skip
    live.layout = live_layout
    register_live(live, client)
    data = _page(
        server, "Nameplate: Data", "/data/",
        unused="explore|site|oneline|stabilize|serving|compare|live|study",
    )  # fmt: skip
    data.layout = data_layout
    register_data(data, client)
    explore = _page(
        server, "Nameplate", "/",
        unused="site|oneline|stabilize|serving|compare|live|data|study",
    )  # fmt: skip
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
