"""
Write the table of rights in docs/access.md from the routes and scopes there are.

    .venv/bin/python -m scripts.access_table
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from api.gate import Place, places
from store.scopes import ROLES, SCOPES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "access.md"
BLOCK = re.compile(r"<!-- table: rights -->\n.*?<!-- end -->\n", re.DOTALL)
SHOWN = ("viewer", "planner", "admin", "agent", "collector")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def table(found: Iterable[Place]) -> str:
    """One row per scope: what it opens, which roles have it, its routes counted."""
    routes: dict[str, dict[str, Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for place in found:
        (method,) = place.methods
        if method in METHODS and place.scope is not None:
            noun = place.template.removeprefix("/api/v1").split("/")[1]
            routes[place.scope][method][noun] += 1
    lines = [
        f"| scope | opens | {' | '.join(SHOWN)} | routes |",
        "|---|---|" + ":-:|" * len(SHOWN) + "---|",
    ]
    for scope, opens in SCOPES.items():
        ticks = " | ".join("✓" if scope in ROLES[role] else "" for role in SHOWN)
        told = "; ".join(
            f"{method} {_counted(routes[scope][method])}"
            for method in METHODS
            if routes[scope][method]
        )
        lines.append(f"| `{scope}` | {opens} | {ticks} | {told} |")
    return "\n".join(["<!-- table: rights -->", *lines, "<!-- end -->", ""])


def _counted(nouns: Counter[str]) -> str:
    found = sorted(nouns.items())
    return ", ".join(n if count == 1 else f"{n} ({count})" for n, count in found)


def main() -> None:
    """Put the table in its place."""
    from api.client import Client
    from api.main import create_app
    from app.create import create_dash
    from store.settings import Settings

    app = create_app(Settings(mcp=True), warm=False)
    with Client.in_process(app, lifespan=False) as client:
        create_dash(app, client)
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(BLOCK.sub(lambda _: table(places(app)), text), encoding="utf-8")


if __name__ == "__main__":
    main()
