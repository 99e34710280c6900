"""Build the site with every warning an error, and check every link in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
FRONT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Pages that lie beside the site and link into it."""
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src",
           "video": "src", "audio": "src", "object": "data"}  # fmt: skip
"""What a browser fetches by itself; of links, only those that say so."""
FETCHING = {"stylesheet", "preload", "preconnect", "icon", "dns-prefetch", "manifest"}


class Page(NamedTuple):
    """What matters of a built page."""

    ids: set[str]
    links: set[str]
    fetched: set[str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page(set(), set(), set())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if told.get("id"):
            self.page.ids.add(told["id"])
        if tag == "a" and told.get("href"):
            self.page.links.add(told["href"])
        if tag == "link" and FETCHING & set(told.get("rel", "").split()):
            self.page.fetched.add(told.get("href", ""))
        if tag in FETCHED and told.get(FETCHED[tag]):
            self.page.fetched.add(told[FETCHED[tag]])


def build(to: Path) -> str:
    """Build the site; what went wrong, or nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict",
         "--config-file", str(ROOT / "mkdocs.yml"), "--site-dir", str(to)],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "INFO" not in line]
    return "" if done.returncode == 0 else "\n".join(told)


def build_and_check() -> tuple[list[str], list[str]]:
    """Faults of the site, and the links that leave it, which nobody fetches."""
    site = BUILD / "site"
    if wrong := build(site):
        return [wrong], []
    pages = read_pages(site)
    outside = sorted({link for page in pages.values() for link in page.links
                      if urlsplit(link).scheme in ("http", "https")})  # fmt: skip
    (BUILD / "links.txt").write_text("\n".join(outside) + "\n")
    return [*broken(pages), *fetches(pages), *front_broken()], outside


def read_pages(site: Path) -> dict[Path, Page]:
    """Every built page, read."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        reader = _Reader()
        reader.feed(path.read_text())
        found[path] = reader.page
    return found


def broken(pages: dict[Path, Page]) -> list[str]:
    """Links to pages, files or headings that are not there."""
    return [
        f"{path.name} links to {link}"
        for path, page in pages.items()
        for link in sorted(page.links)
        if path.name != "404.html" and not _leads(path, link, pages)
    ]


def _leads(path: Path, link: str, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        return False
    wanted = unquote(parts.fragment)
    return not wanted or target not in pages or wanted in pages[target].ids


def fetches(pages: dict[Path, Page]) -> list[str]:
    """What a page would fetch from elsewhere."""
    return [
        f"{path.name} fetches {address}"
        for path, page in pages.items()
        for address in sorted(page.fetched)
        if urlsplit(address).scheme not in ("", "data") or urlsplit(address).netloc
    ]


def front_broken() -> list[str]:
    """Links of the pages in the root that lead nowhere, their headings included."""
    return [
        f"{name} links to {link}"
        for name in FRONT
        for link in _links((ROOT / name).read_text())
        if not _stands(name, link)
    ]


def _links(text: str) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not urlsplit(link).scheme:
            yield link


def _stands(name: str, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = ROOT / (path or name)
    if not target.exists():
        return False
    return not heading or heading in set(_headings(target.read_text()))


def _headings(text: str) -> Iterator[str]:
    for words in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
