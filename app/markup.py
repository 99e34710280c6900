"""Write tables and lists as HTML; every text that is not markup already is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

_MOST_WHOLE = 10
"""A longer table may be cut by a page's end."""


class Markup(str):
    """Text that is markup already: it is not escaped again."""

    __slots__ = ()


def text(value: Any) -> str:
    """Escape a text, unless it is markup."""
    return value if isinstance(value, Markup) else html.escape(str(value))


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "",
    kind: str = "",
) -> str:  # fmt: skip
    """Write a table; the first cell of a row is its head."""
    rows = list(rows)
    kind = f"{kind} whole".strip() if len(rows) <= _MOST_WHOLE else kind
    cells = "".join(f'<th scope="col">{text(h)}</th>' for h in head)
    lines = "".join(
        f'<tr><th scope="row">{text(row[0])}</th>'
        + "".join(f"<td>{text(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )  # fmt: skip
    said = f"<caption>{text(caption)}</caption>" if caption else ""
    top = f"<thead><tr>{cells}</tr></thead>" if head else ""
    return f'<table class="{kind}">{said}{top}<tbody>{lines}</tbody></table>'


def listed(items: Iterable[str]) -> str:
    """Write a list of sentences."""
    return "<ul>" + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>"


def sign(*, good: bool | None, would: bool = False) -> Markup:
    """
    Write whether something is kept, in a mark and a word.

    Args:
        good: Whether it is; None where it could not be judged.
        would: Whether it was not put to the test.
    """
    if good is None:
        return Markup('<span class="unknown">– not judged</span>')
    kind, word = ("good", "✓ ") if good else ("bad", "✕ ")
    if would:
        word += "would be "
    return Markup(f'<span class="{kind}">{word}{"kept" if good else "broken"}</span>')
