"""The page every report is written on: head, the answer, sections one after another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.frames import Figure
from app.markup import Markup, table, text
from app.report.style import STYLE

Html = str
Section = tuple[str, Html]
"""Name of a section, and its content as markup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    A report before it is written.

    Args:
        kind: What it is a report of, above the title.
        title: Name of what was asked about.
        answer: The number that answers, at the head of the sentence.
        rest: The rest of that sentence.
        good: Whether the answer is yes; None where it is neither.
        sections: In their order.
    """

    kind: str
    title: str
    answer: str
    rest: str
    good: bool | None
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A key figure: name, value with unit, what it is a part of or its range."""

    name: str
    value: str
    part: str = ""
    alarm: bool = False


def written(report: Report) -> Html:
    """Write a report as one HTML file that needs nothing else."""
    names = [name for name, _ in report.sections]
    body = "".join(
        f'<section id="part-{k}"><h2><span class="count">{k}</span> {text(name)}</h2>'
        f"{inside}</section>"
        for k, (name, inside) in enumerate(report.sections, start=1)
    )
    return whole(f"{report.title}: {report.kind}", _head(report, names) + body)


def whole(title: str, body: Html) -> Html:
    """Write the document around a body."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def _head(report: Report, names: Sequence[str]) -> Html:
    kind = {True: "good", False: "bad", None: ""}[report.good]
    links = "".join(
        f'<a href="#part-{k}">{text(name)}</a>' for k, name in enumerate(names, start=1)
    )
    return (
        f'<header><p class="eyebrow">{text(report.kind)}</p>'
        f"<h1>{text(report.title)}</h1>"
        f'<p class="verdict {kind}"><b>{text(report.answer)}</b> '
        f"{text(_capped(report.rest))}</p><nav>{links}</nav></header>"
    )


def _capped(sentence: str) -> str:
    sentence = sentence.rstrip()
    return sentence if sentence.endswith((".", ":", "!")) else f"{sentence}."


def tiles(items: Iterable[Tile]) -> Html:
    """Write key figures side by side."""
    return '<div class="tiles">' + "".join(
        f'<div class="tile{" alarm" if t.alarm else ""}">'
        f'<span class="name">{text(t.name)}</span>'
        f'<span class="value">{text(t.value)}</span>'
        f'<span class="part">{text(t.part)}</span></div>'
        for t in items
    ) + "</div>"  # fmt: skip


def key_figures(found: Iterable[Figure]) -> Html:
    """Write the key numbers of a page as tiles."""
    return tiles(
        Tile(
            name=f.title,
            value=f.value,
            alarm=f.alarm,
            part=", ".join(filter(None, (f.part, f.note))),
        )
        for f in found
    )


def figure(drawn: Html, caption: str) -> Html:
    """Put a drawing and what it shows together."""
    return (
        f'<figure><div class="plot">{drawn}</div>'
        f"<figcaption>{text(caption)}</figcaption></figure>"
    )


def quiet(words: str) -> Html:
    """Write a remark."""
    return f'<p class="quiet">{text(words)}</p>'


def pairs(rows: Iterable[tuple[str, str]]) -> Html:
    """Write names and values."""
    return table((), [list(row) for row in rows], kind="pairs")


def folded(summary: str, inside: Html) -> Html:
    """Fold something long away; on paper it is unfolded."""
    return f"<details><summary>{text(summary)}</summary>{inside}</details>"


def code(words: str) -> Markup:
    """Write a name of the machine's."""
    return Markup(f"<code>{text(words)}</code>")


def now_words() -> str:
    """When this is written."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
