"""One word for one thing: glossary, commands, routes, pages and prose agree."""

from __future__ import annotations

import re

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


def terms():
    """First cells of the glossary, word by word."""
    cells = re.findall(r"^\| (.+?) \|", GLOSSARY, re.MULTILINE)
    return {w.strip("` ").lower() for cell in cells for w in re.split(r",|;", cell)}


def test_the_glossary_has_every_page_of_the_dashboard():
    assert {p.lower() for p in reference.PAGES} - terms() == set()


def test_the_glossary_has_every_command():
    assert {f"nameplate {c.split()[0]}" for c in commands()} - terms() == set()


def test_the_glossary_has_every_noun_of_the_api():
    text = (DOCS / "reference" / "rest.md").read_text()
    nouns = {
        n.lstrip("/").split("/")[0]
        for n in re.findall(r"^### \w+ (\S+)", text, re.MULTILINE)
    }

    assert {f"/{n}" for n in nouns} - terms() == set()


def spelt(word):
    """The word in prose; in names and code it may be another's."""
    return rf"(?<![-/`]){word}\b(?![=./`])"


def test_no_page_uses_a_second_word_for_a_thing():
    wrong = [
        f"{page.relative_to(ROOT)}: {found[0]!r}, say {better!r}"
        for page in [ROOT / "README.md", *DOCS.rglob("*.md")]
        if page.name not in SAID_ELSEWHERE and page.parent.name != "models"
        for word, better in BANNED.items()
        if (
            found := re.search(
                rf"(?<![-/`]){word}\b(?![=./`])", page.read_text(), re.IGNORECASE
            )
        )
    ]

    assert wrong == []
