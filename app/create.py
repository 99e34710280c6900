"""Mount the pages on a server: the only place where Dash is put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.client import Client
from app.components import Dash
from app.pages.explore.callbacks import register
from app.pages.explore.layout import layout

ASSETS = Path(__file__).resolve().parents[1] / "assets"

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}
<meta name="color-scheme" content="light dark"></head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def create_dash(server: FastAPI, client: Client) -> Any:
    """
    Put the pages on a server.

    Dash adds a route for every path that nothing else serves, so the server's own
    routes have to be in place first.

    Args:
        server: The application that serves the API.
        client: Way to that API; pages use nothing else.

    Returns:
        The Dash application.
    """
    dash = Dash(
        "nameplate",
        server=server,
        assets_folder=str(ASSETS),
        title="Nameplate",
        update_title="",
        index_string=_INDEX,
        serve_locally=True,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"}
        ],
    )
    dash.layout = layout
    register(dash, client)
    return dash
