"""
Whose work Nameplate stands on, and under which terms: docs/licences.md.

    scripts/licences.py             write the page
    scripts/licences.py --check     fail if the page is not what is installed
    scripts/licences.py --texts F   every licence and notice of what is installed
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from store.published import PUBLISHED, Published

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
NOTICE = ROOT / "NOTICE"
PRODUCT, DEVELOPMENT = "nameplate", "dev"

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
none of them changed or copied; their texts come with each of them, and
`scripts/licences.py --texts FILE` collects them (the container image has them in
`/src/NOTICES.txt`). `scripts/licences.py` writes this page from what is installed, and
a test holds it to that.

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
[NOTICE](../NOTICE), which goes with every wheel and image.

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
    if sys.argv[1:2] == ["--texts"] and len(sys.argv) == 3:
        Path(sys.argv[2]).write_text(texts(), "utf-8")
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
    return sorted(PUBLISHED, key=lambda dataset: dataset.name)


def needed() -> dict[str, str]:
    """Packages of the product and its extras, with what they are for."""
    found = dict.fromkeys(closure(PRODUCT), "Nameplate")
    for extra in distribution(PRODUCT).metadata.get_all("Provides-Extra") or ():
        if extra != DEVELOPMENT:
            for name in closure(PRODUCT, [extra]):
                found.setdefault(name, f"extra `{extra}`")
    return found


def closure(name: str, extras: Iterable[str] = ()) -> dict[str, Distribution]:
    """Every installed distribution that a distribution needs, itself left out."""
    found: dict[str, Distribution] = {}
    open_ends = [(name, frozenset(extras))]
    seen = set(open_ends)
    while open_ends:
        wanted, wanted_extras = open_ends.pop()
        try:
            installed = distribution(wanted)
        except PackageNotFoundError:
            raise SystemExit(f"{wanted} is not installed; run scripts/test") from None
        found[wanted] = installed
        fresh = set(_needed(installed, wanted_extras)) - seen
        seen |= fresh
        open_ends += fresh
    found.pop(name)
    return found


def _needed(
    installed: Distribution, extras: frozenset[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    for line in installed.requires or ():
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


def texts() -> str:
    """Our notice, then licence and notice files of every package."""
    parts = [NOTICE.read_text("utf-8")]
    for name in sorted(needed()):
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
