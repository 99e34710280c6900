"""The maps in docs/architecture.md are what imports and folders make them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/architecture.md"
LAYERS = ("cli", "app", "api", "store")
MADE = {"build", "nameplate.egg-info"}
"""Folders of tools; no part of the tree."""
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
    """First line of a package's docstring, or of a folder's README."""
    path = ROOT / name.replace(".", "/")
    if (path / "README.md").exists():
        return (path / "README.md").read_text().split("\n")[1].rstrip(".")
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


def beside() -> list[str]:
    """Folders of the tree that are no layer."""
    return sorted(
        path.name
        for path in ROOT.iterdir()
        if path.is_dir()
        and path.name[0] not in "._"
        and path.name not in {"twin", "docs", *LAYERS, *MADE}
        and any(path.iterdir())
    )


def rewritten(page: str) -> str:
    folders = "\n".join(f"| `{name}/` | {says(name)} |" for name in beside())
    table = f"| folder | what it is |\n|---|---|\n{folders}"
    blocks = {"map": drawn(), "folders": table}
    for name, text in blocks.items():
        block = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
        told = rf"<!-- {name} -->.*<!-- /{name} -->"
        page = re.sub(told, lambda _, block=block: block, page, flags=re.DOTALL)
    return page


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
    assert [name for name in beside() if not 15 < len(says(name)) < 95] == []


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text()))
