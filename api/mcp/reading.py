"""Resources: the format of a scenario, the words and units, a page for every model."""

from __future__ import annotations

import json
import re
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from store.shipped import shipped
from twin.scenario import Scenario

DOCS = shipped("docs")
PAGE = re.compile(r"[a-z0-9_-]{1,60}", re.ASCII)


def add_resources(server: MCPServer) -> None:
    """Add what a model may read before it asks."""

    @server.resource("nameplate://schema/scenario", mime_type="application/schema+json")
    def scenario_schema() -> str:
        """JSON Schema of a scenario, with units, defaults and sources."""
        return json.dumps(Scenario.model_json_schema(), ensure_ascii=False)

    @server.resource("nameplate://glossary", mime_type="text/markdown")
    def glossary() -> str:
        """Words, units and signs that names and answers use."""
        return page_text(DOCS / "glossary.md")

    @server.resource("nameplate://models", mime_type="text/markdown")
    def models() -> str:
        """List the pages of the models: equation, range, source and error of each."""
        return "\n".join(
            f"- nameplate://models/{path.stem}: {title_of(path)}"
            for path in sorted((DOCS / "models").glob("*.md"))
        )

    @server.resource("nameplate://models/{name}", mime_type="text/markdown")
    def model_page(name: str) -> str:
        """Page of one model."""
        if not PAGE.fullmatch(name):
            raise ResourceNotFoundError(f"nameplate://models lists no {name!r}")
        return page_text(DOCS / "models" / f"{name}.md")


def page_text(path: Path) -> str:
    """
    Read a page.

    Raises:
        ResourceNotFoundError: If there is none, or documents are not installed.
    """
    try:
        return path.read_text()
    except FileNotFoundError as error:
        raise ResourceNotFoundError(
            f"There is no page {path.stem}; nameplate://models lists those there are"
        ) from error


def title_of(path: Path) -> str:
    """First heading of a page."""
    with path.open() as file:
        return file.readline().lstrip("# ").strip()
