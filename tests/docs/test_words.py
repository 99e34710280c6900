"""One word for one thing: glossary, commands, routes, pages and prose agree."""

from __future__ import annotations

import re

from scripts.api_contract import document
from scripts.documentation import reference
from scripts.documentation.picture import ROOT
from scripts.documentation.reference_cli import commands

DOCS = ROOT / "docs"
GLOSSARY = (DOCS / "glossary.md").read_text()
BANNED = {
    r"data[ -]cent(er|re)s?": "datacenter",
    r"simulations? runs?": "run",
    r"control modes?": "policy",
    r"capping modes?": "policy",
    r"experiments?": "study",
    r"overprovision\w*": "oversubscribed",
    r"background tasks?": "job",
    r"(API|access) keys?": "token",
    r"dashboards? tabs?": "page",
}
"""What is not said, and what is said instead."""
SAID_ELSEWHERE = {"validation.md", "validation.in.md", "licences.md"}
"""Titles of papers and texts of others."""


COMMANDS = {name.split()[0] for name in commands()}
ROUTES = {
    path.removeprefix("/api/v1").partition("/{")[0] for path in document()["paths"]
}
NO_ROUTE = {"backup", "doctor", "mcp", "report", "restore", "serve", "validate"}
"""Commands about the machine they run on, or about answers that were given."""
NO_COMMAND = {"Explore", "Live", "Data", "Cooling"}
"""Pages that show what several commands and routes give."""


def named():
    """Pages, commands and routes that the glossary's table of them names, in order."""
    table = GLOSSARY.partition("## One thing, its command")[2]
    cells = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)[1:]
    return [word.strip("` ") for cell in cells for word in cell.split(";")]


def noun(route):
    """The first word of a route."""
    return "/" + route.split("/")[1]


def test_every_page_command_and_noun_is_in_one_row_and_nothing_else_is():
    there = {*reference.PAGES, *(f"nameplate {c}" for c in COMMANDS)}
    there |= {noun(route) for route in ROUTES}
    found = named()

    assert sorted(there - set(found)) == []
    assert sorted(word for word in found if word not in there | ROUTES) == []
    assert sorted({word for word in found if found.count(word) > 1}) == []


def test_a_command_is_called_like_its_route():
    words = {word for route in ROUTES for word in route.split("/") if word}
    stems = {c: re.sub(r"(y|e)$", "", c) for c in COMMANDS}

    assert NO_ROUTE <= COMMANDS
    assert {
        c for c, stem in stems.items()
        if not any(re.fullmatch(rf"{stem}(y|e|s|ies|ions)?", w) for w in words)
    } == NO_ROUTE  # fmt: skip


def test_a_page_is_called_like_its_command():
    assert {p for p in reference.PAGES if p.lower() not in COMMANDS} == NO_COMMAND


def spelt(word):
    """The word in prose; in names and code it may be another's."""
    return rf"(?<![-/`]){word}\b(?![=./`])"


def test_no_page_uses_a_second_word_for_a_thing():
    wrong = [
        f"{page.relative_to(ROOT)}: {found[0]!r}, say {better!r}"
        for page in [ROOT / "README.md", *DOCS.rglob("*.md")]
        if page.name not in SAID_ELSEWHERE and page.parent.name != "models"
        for word, better in BANNED.items()
        if (found := re.search(spelt(word), page.read_text(), re.IGNORECASE))
    ]

    assert wrong == []


def test_every_point_of_the_pages_names_its_test():
    rows = re.findall(
        r"^\| (\d+) \|[^|]*\|[^|]*\|([^|]*)\|",
        (DOCS / "ux.md").read_text(),
        re.MULTILINE,
    )
    bare = [number for number, how in rows if not re.search("`|looked at|\\]\\(", how)]
    named = {word.split()[0] for _, how in rows for word in re.findall("`(.+?)`", how)}
    missing = [name for name in named - {"test_*_browser.py", "test_views.py"}
               if not any((ROOT / place / name).exists()
                          for place in (".", "tests/app"))]  # fmt: skip

    assert (len(rows), bare, missing) == (38, [], [])
