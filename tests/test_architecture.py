"""The map in docs/architecture.md is what the imports make it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/architecture.md"
LAYERS = ("cli", "app", "api", "store")
EVERYWHERE = {"twin", "twin.errors", "twin.types"}
REWRITE = "python -m tests.test_architecture"


def package(module: str) -> str:
    """Package a module is drawn as: two levels of the core, one of the rest."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "twin" else parts[0]


def imports() -> dict[str, set[str]]:
    graph = grimp.build_graph(
        "twin", *LAYERS, cache_dir=None, exclude_type_checking_imports=True
    )
    found: dict[str, set[str]] = {package(m): set() for m in graph.modules}
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            found[package(module)].add(package(other))
    kept = found.keys() - EVERYWHERE
    return {name: (found[name] & kept) - {name} for name in kept}


def says(name: str) -> str:
    """First line of a package's docstring."""
    path = ROOT / name.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    doc = ast.get_docstring(ast.parse(path.read_text())) or ""
    return doc.partition("\n")[0].rstrip(".")


def drawn() -> str:
    """Every package above what it stands on; a cycle cannot be drawn and raises."""
    uses = imports()

    @cache
    def below(name: str) -> frozenset[str]:
        return frozenset(uses[name]).union(*(below(other) for other in uses[name]))

    @cache
    def level(name: str) -> int:
        return 1 + max((level(other) for other in uses[name]), default=0)

    rows = []
    for name in sorted(uses, key=lambda n: (-level(n), n)):
        on = [o for o in uses[name] if not any(o in below(p) for p in uses[name])]
        rows.append(f"{name:17} {says(name)}\n" + (
            f"{'':17}   on {', '.join(sorted(on))}\n" if on else ""))  # fmt: skip
    return "```\n" + "".join(rows) + "```"


def rewritten(page: str) -> str:
    block = f"<!-- map -->\n{drawn()}\n<!-- /map -->"
    return re.sub("<!-- map -->.*<!-- /map -->", lambda _: block, page, flags=re.DOTALL)


def test_the_map_follows_the_imports():
    page = PAGE.read_text()

    assert page == rewritten(page), f"run {REWRITE}"


def test_every_folder_says_in_a_line_what_it_is():
    silent = [
        str(path.parent.relative_to(ROOT))
        for top in ("twin", *LAYERS, "agent")
        for path in (ROOT / top).rglob("__init__.py")
        if not 15 < len(says(".".join(path.parent.relative_to(ROOT).parts))) < 90
    ]

    assert silent == []


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text()))
