"""The site builds without a warning, fetches nothing from elsewhere, links hold."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from scripts.documentation import site
from scripts.documentation.picture import ROOT

KEPT = ("li", "table", "tr", "pre", "h2", "h3")
"""What GitHub and the site must both see in a page."""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert site.build(folder) == ""
    return site.read_pages(folder)


def test_every_link_and_heading_is_there(built):
    assert site.broken(built) + site.front_broken() == []


def test_no_page_fetches_anything_from_elsewhere(built):
    assert len(built) > 80
    assert site.fetches(built) == []


def test_every_page_of_a_model_is_in_the_navigation():
    told = (ROOT / "mkdocs.yml").read_text()

    models = sorted(p.name for p in (ROOT / "docs" / "models").glob("*.md"))
    assert [m for m in models if f": models/{m}\n" not in told] == []


def test_the_site_reads_a_page_as_github_does(built):
    wrong, root = {}, min(built, key=lambda path: len(path.parts)).parent
    for page in sorted((ROOT / "docs").rglob("*.md")):
        path = root / page.relative_to(ROOT / "docs").with_suffix(".html")
        if path not in built:
            continue  # what the site leaves out
        ours = re.search(r"<article.*</article>", path.read_text(), re.DOTALL)[0]
        theirs = MarkdownIt("commonmark").enable("table").render(page.read_text())
        counts = {tag: (_count(tag, theirs), _count(tag, ours)) for tag in KEPT}
        if differs := {t: c for t, c in counts.items() if c[0] != c[1]}:
            wrong[page.name] = differs

    assert wrong == {}


def test_no_table_is_torn_by_an_empty_line(built):
    torn = re.compile(r"<p>\s*\|.*")

    assert torn.search("<p>| a | b |</p>")
    wrong = [(p.name, row) for p in built for row in torn.findall(p.read_text())]
    assert wrong == []


def test_no_formula_needs_a_script():
    pages = (ROOT / "docs").rglob("*.md")

    assert [p.name for p in pages if re.search(r"\$\$|\\frac", p.read_text())] == []


def _count(tag, html):
    return len(re.findall(rf"<{tag}[ >]", html))
