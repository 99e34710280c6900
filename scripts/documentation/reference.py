"""
Write docs/reference from the code.

    scripts/docs            write it, then build the site
    scripts/docs --check    say what is stale, and end with 1 where anything is
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from scripts.documentation import reference_cli, reference_rest, reference_settings
from scripts.documentation.reference_cli import cell

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
MODELS = ROOT / "docs" / "models"

PAGES = {
    "Explore": ("/", "tutorials/capacity_planner.md"),
    "Site": ("/site/", "tutorials/facility_engineer.md"),
    "Failures": ("/site/?view=failures", "tutorials/facility_engineer.md"),
    "Cooling": ("/site/?view=cooling", "tutorials/facility_engineer.md"),
    "Stabilize": ("/stabilize/", "tutorials/training_operator.md"),
    "Serving": ("/serving/", "serving.md"),
    "Study": ("/study/", "studies.md"),
    "Compare": ("/compare/", "compare.md"),
    "Live": ("/live/", "telemetry.md"),
    "Data": ("/data/", "imports.md"),
}
"""Page of the dashboard -> its address, and what tells more."""


def files() -> dict[Path, str]:
    """Text that each page of the reference should have."""
    return {
        FOLDER / "cli.md": reference_cli.text(),
        FOLDER / "settings.md": reference_settings.text(),
        FOLDER / "rest.md": reference_rest.text(),
        FOLDER / "pages.md": _pages(),
        FOLDER / "models.md": _models(),
    }


def stale() -> list[str]:
    """Pages that are not what the code says."""
    return [
        path.name
        for path, text in files().items()
        if not path.exists() or path.read_text() != text
    ]


def write() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in files().items():
        path.write_text(text)


def _pages() -> str:
    lines = [
        "# Pages of the dashboard\n",
        "Written by `scripts/docs`. `nameplate serve` serves them; every view is in",
        "its address and can be sent as a link.\n",
        "| page | address | what it is about | more |",
        "|---|---|---|---|",
    ]
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    for name, (address, more) in PAGES.items():
        row = rf"^\|(?: .*;)? {name}[; ].*?\| (.+) \|$"
        about = re.search(row, glossary, re.MULTILINE)
        title = re.search(r"^# (.+)", (ROOT / "docs" / more).read_text(), re.MULTILINE)
        assert about, f"docs/glossary.md does not say what the page {name} is"
        assert title, f"docs/{more} has no title"
        link = f"[{title[1]}](../{more})"
        lines.append(f"| {name} | `{address}` | {about[1]} | {link} |")
    return "\n".join(lines) + "\n"


def _models() -> str:
    lines = [
        "# Models\n",
        (
            "Written from the code by `scripts/docs`. Each page has equations, range, "
            "sources and error; beside it, the modules of the core that it tells of.\n"
        ),
        "| page | modules |",
        "|---|---|",
    ]
    for page in sorted(MODELS.glob("*.md")):
        title = page.read_text().split("\n", 1)[0].removeprefix("# ")
        modules = ", ".join(f"`{m}`" for m in modules_of(page))
        lines.append(f"| [{cell(title)}](../models/{page.name}) | {modules} |")
    return "\n".join(lines) + "\n"


def modules_of(page: Path) -> list[str]:
    """Folders and modules of the core that a page names."""
    named = re.findall(r"twin/[a-z_/]+(?:\.py)?", page.read_text())
    return sorted({m.rstrip("/") for m in named if _stands(m)})


def _stands(module: str) -> bool:
    return (ROOT / module).exists()


def packages() -> Iterator[str]:
    """Every package of the core."""
    for path in sorted((ROOT / "twin").rglob("__init__.py")):
        yield str(path.parent.relative_to(ROOT))
