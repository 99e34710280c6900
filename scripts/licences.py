"""
Whose work Nameplate stands on, and under which terms: docs/licences.md.

    scripts/licences.py                    write the page
    scripts/licences.py --check            fail if the page is not what is installed
    scripts/licences.py --texts F [PART]   every licence and notice of what a part needs
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from store.published import Published

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
NOTICE = ROOT / "NOTICE"
PRODUCT, AGENT, CLIENT, DEVELOPMENT = "nameplate", "agent", "client", "dev"
PARTS = {PRODUCT: "", AGENT: "agent", CLIENT: "clients/python"}
"""What is handed out on its own, and the folder of its pyproject.toml."""

# What the component libraries bring to the browser, by their own package files
IN_THE_BROWSER = """\
| React, React DOM | MIT |
| Plotly.js, D3 in it | MIT, ISC |
| Mantine | MIT |
| AG Grid Community | MIT |
| Dash renderer and core components | MIT |
"""
# Values in our own files, not copies: medians, fits, constants. NOTICE has the terms.
DERIVED = (
    ("splitwise-sim", "MIT",
     ("twin/catalogue/phase_tables.py", "twin/catalogue/gpus.py",
      "twin/serving/splitwise/designs.py")),
    ("ML.ENERGY", "Apache-2.0",
     ("twin/catalogue/phase_tables.py", "twin/serving/batch_constants.py",
      "twin/scenario/query_presets.py")),
    ("StreamWise", "MIT",
     ("twin/catalogue/gpus.py", "twin/serving/workflow/streamcast.py")),
    ("EnergyPlus", "BSD-3-Clause style, kept in sinergym (MIT)",
     ("twin/catalogue/cooling.py",)),
    ("MLPerf", "Apache-2.0", ("twin/catalogue/servers.py", "twin/catalogue/gpus.py")),
    ("RAPS", "Apache-2.0 or MIT", ("twin/catalogue/electrical.py",)),
    ("AcmeTrace", "CC-BY-4.0", ("twin/catalogue/gpus.py",)),
)  # fmt: skip
# Read where the user has them; never downloaded by name and never part of the product
BROUGHT_BY_USERS = """\
| weather years (TMY3, EPW) | public domain, NREL and US DOE | |
| hourly prices and carbon | grid operators' terms; US EIA public domain | Open-Meteo |
"""
HEAD = """\
# Licences

Nameplate is under Apache-2.0 ([LICENSE](../LICENSE)). It stands on the packages below,
none of them changed or copied; their texts come with each of them.
`scripts/licences.py --texts FILE [PART]` collects those of a part that is handed out on
its own: `nameplate`, `agent` or `client`. Both images have theirs, in
`/src/NOTICES.txt` and `/opt/nameplate-agent/NOTICES.txt`. `scripts/licences.py` writes
this page from what is installed, and a test holds it to that. The last column names the
first part that needs a package; others may as well.

## Packages

| package | version | licence | for |
|---|---|---|---|"""
MIDDLE = """
LGPL-3.0 (`psycopg`, `pyphen`) is used as a library of its own that can be exchanged;
MPL-2.0 (`certifi`, `tqdm`) covers its own files.

## In the browser

| library | licence |
|---|---|
{browser}

## Datasets

No file of them is part of Nameplate: `nameplate datasets pull NAME` fetches it from its
publisher, by commit and checksum, onto the user's machine. Values derived from some are
part of it; they are below.

| dataset | licence | cite |
|---|---|---|"""
TAIL = """\
{brought}

## Values derived from the work of others

Medians, fits and constants in files of Nameplate; copyright and terms are in
[NOTICE](../NOTICE), which goes with Nameplate's wheel and with both images.

| from | licence | in |
|---|---|---|
{derived}

Single figures with a source in the catalogue, grid rules and models are facts; each
names where it is from.
"""
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST = 80


def main() -> int:
    """Write, check, or collect."""
    asked = sys.argv[2:] if sys.argv[1:2] == ["--texts"] else []
    if len(asked) in (1, 2) and set(asked[1:]) <= PARTS.keys():
        Path(asked[0]).write_text(texts(*asked[1:]), "utf-8")
        return 0
    if sys.argv[1:] == ["--check"]:
        if PAGE.read_text("utf-8") == page():
            return 0
        print("docs/licences.md is old: run .venv/bin/python scripts/licences.py")
        return 1
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    PAGE.write_text(page(), "utf-8")
    return 0


def page() -> str:
    """The page, from what is pinned, installed and published."""
    lines = [HEAD]
    for name, wanted in sorted(needed().items()):
        found = distribution(name)
        told = (found.metadata["Name"], found.version, licence(found), wanted)
        lines.append(f"| {' | '.join(told)} |")
    lines.append(MIDDLE.format(browser=IN_THE_BROWSER.rstrip()))
    lines += [f"| `{d.name}` | {d.licence} | {d.citation} |" for d in datasets()]
    derived = "\n".join(
        f"| {name} | {terms} | {', '.join(f'`{path}`' for path in paths)} |"
        for name, terms, paths in DERIVED
    )
    lines.append(TAIL.format(brought=BROUGHT_BY_USERS.rstrip(), derived=derived))
    return "\n".join(lines)


def datasets() -> list[Published]:
    """Every dataset the product downloads by name."""
    from store.published import PUBLISHED  # the agent's image has no store

    return sorted(PUBLISHED, key=lambda dataset: dataset.name)


def needed(*parts: str) -> dict[str, str]:
    """Packages of some parts, or of all, and of their extras: what each is for."""
    found: dict[str, str] = {}
    for part in parts or PARTS:
        whose = "Nameplate" if part == PRODUCT else part
        for name in closure(part):
            found.setdefault(name, whose)
        for extra in extras_of(part):
            if extra != DEVELOPMENT:
                what = f"extra `{extra}`" + ("" if part == PRODUCT else f" of {part}")
                for name in closure(part, [extra]):
                    found.setdefault(name, what)
    return found


def extras_of(part: str) -> list[str]:
    """Extras that a part can be installed with."""
    return list(_project(part).get("optional-dependencies", ()))


def closure(part: str, extras: Iterable[str] = ()) -> dict[str, Distribution]:
    """Every installed distribution that a part needs with some extras."""
    project = _project(part)
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    found: dict[str, Distribution] = {}
    seen = set(_needed(lines, frozenset()))
    open_ends = [*seen]
    while open_ends:
        wanted, wanted_extras = open_ends.pop()
        try:
            installed = distribution(wanted)
        except PackageNotFoundError:
            raise SystemExit(f"{wanted} is not installed; run scripts/test") from None
        found[wanted] = installed
        fresh = set(_needed(installed.requires or (), wanted_extras)) - seen
        seen |= fresh
        open_ends += fresh
    return found


def _project(part: str) -> dict[str, Any]:
    path = ROOT / PARTS[part] / "pyproject.toml"
    project: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["project"]
    return project


def _needed(
    lines: Iterable[str], extras: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    for line in lines:
        asked = Requirement(line)
        marker = asked.marker
        if marker is None or any(marker.evaluate({"extra": e}) for e in ("", *extras)):
            yield canonicalize_name(asked.name), frozenset(asked.extras)


def licence(found: Distribution) -> str:
    """What a package says of itself, the most exact first."""
    told = found.metadata.get("License-Expression")
    if not told:
        classes = [
            c.removeprefix(_CLASSIFIER).removesuffix(" License")
            for c in found.metadata.get_all("Classifier") or []
            if c.startswith(_CLASSIFIER)
        ]
        free = (found.metadata.get("License") or "").strip().split("\n")[0]
        told = " or ".join(classes) or free[:_LONGEST]
    return re.sub(r"\s+", " ", told) or "not stated"


def texts(part: str = PRODUCT) -> str:
    """Our notice, then licence and notice files of every package that a part needs."""
    parts = [NOTICE.read_text("utf-8")]
    for name in sorted(needed(part)):
        found = distribution(name)
        parts.append(
            f"{'=' * 78}\n{found.metadata['Name']} {found.version}: {licence(found)}\n"
        )
        for path in found.files or []:
            if re.search(
                r"(?i)(^|/)(licen[cs]e|copying|notice|authors)[^/]*$", str(path)
            ):
                full = Path(str(found.locate_file(path)))
                if full.is_file() and full.suffix not in (".py", ".pyc"):
                    parts.append(
                        f"--- {path}\n{full.read_text('utf-8', errors='replace')}\n"
                    )
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
