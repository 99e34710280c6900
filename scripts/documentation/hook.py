"""For mkdocs: a link to a file beside docs/ becomes plain text in the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<to>\.\./[^)#\s]*)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Take out links that leave docs/, once it is sure that they lead somewhere."""
    folder = Path(page.file.abs_src_path).parent

    def plain(found: re.Match[str]) -> str:
        target = (folder / found["to"]).resolve()
        if target.is_relative_to(ROOT / "docs") or not target.exists():
            return found[0]  # mkdocs knows, or complains
        return found["words"]

    return LINK.sub(plain, markdown)
