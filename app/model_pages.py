"""Pages of the models, as plain text, for links beside numbers."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from store.shipped import shipped

_FOLDER = shipped("docs/models")


def serve_model_pages(server: FastAPI, folder: Path = _FOLDER) -> None:
    """
    Serve the pages of docs/models below /serving/model-pages.

    Args:
        server: The application.
        folder: Where the pages are; an installation may come without them.
    """

    def page(name: str) -> PlainTextResponse:
        known = {path.name: path for path in folder.glob("*.md")}
        if name not in known:
            words = f"docs/models/{name} is not part of this installation."
            return PlainTextResponse(words, status_code=404)
        return PlainTextResponse(known[name].read_text(encoding="utf-8"))

    server.add_api_route(
        "/serving/model-pages/{name}", page, include_in_schema=False, methods=["GET"]
    )
