"""Pieces of an answer that every page shows: numbers, tables, problems, grids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.components import html
from app.frames import Figure, Verdict

Json = dict[str, Any]
_LONGEST_VALUE = 60
_BUSY = (429, 503)
_AGAIN_S = 5
"""Time after which a page asks a busy server again. [s]"""


BADGES = {
    "measured": "Read from the site's own meters and agents",
    "modelled": "Every number on this page comes from the model; docs/models say what "
    "it assumes",
}


def badge(kind: str) -> Any:
    """Say where the numbers beside it come from; why, at a pointer or the focus."""
    return html.Span(
        kind, className="np-chip", tabIndex="0", **{"data-tip": BADGES[kind]}
    )


def headline(text: str, detail: str, *, good: bool) -> list[Any]:
    """Say the answer: a sign and a word, never colour alone."""
    return [
        html.P(
            className=f"np-headline np-{'good' if good else 'bad'}",
            children=[
                html.Span("✓" if good else "✕", className="np-sign",
                          **{"aria-hidden": "true"}),
                text,
            ],
        ),
        html.P(
            className="np-detail",
            children=[
                detail, badge("modelled"),
            ],
        ),
    ]  # fmt: skip


def verdict(found: Verdict) -> list[Any]:
    """Say the answer that was put in words elsewhere."""
    return headline(found.headline, found.detail, good=found.fits)


def number_cell(
    name: str, title: str, value: str, part: Any = "", delta: Any = "", *,
    tip: str = "", alarm: bool = False, source: str = "modelled", inputs: str = "",
) -> Any:  # fmt: skip
    """
    Draw one key number: title, value, share, change.

    Its tip says what it is and its formula; assets/base.js adds the inputs, the source
    ("modelled", "measured" or "stored") and the time. `inputs` are named where they are
    not those of the page's address.
    """
    return html.Div(
        className="np-number-cell" + (" np-alarm" if alarm else ""),
        id=name,
        **(told(tip, source=source, inputs=inputs) if tip else {}),
        children=[
            html.Div(title, className="np-number-title"),
            html.Div(value, className="np-number-value"),
            html.Div(part, className="np-number-part"),
            html.Div(delta, className="np-number-delta"),
        ],
    )  # fmt: skip


def told(tip: str, *, source: str = "modelled", inputs: str = "") -> Json:
    """Hint of what shows a number: its formula; assets/base.js adds the rest."""
    more = {"data-inputs": inputs} if inputs else {}
    return {"tabIndex": "0", "data-tip": tip, "data-source": source} | more


def number_cells(prefix: str, found: Iterable[Figure]) -> list[Any]:
    """Draw the key numbers of a page, which have no change."""
    return [
        number_cell(f"{prefix}-number-{f.key}", f.title, f.value, f.part,
                    tip=f.tooltip, alarm=f.alarm)
        for f in found
    ]  # fmt: skip


def status_line(name: str, words: Iterable[str]) -> list[Any]:
    """Say how old the numbers on screen are, then where they are from."""
    said = " · ".join(filter(None, words))
    return [html.Span(className="np-age", id=name), html.Span(said)]


def table(head: list[str], rows: list[list[str]], caption: str) -> Any:
    """Draw a plain table; the first column names the row."""
    return html.Table(
        className="np-table",
        children=[
            html.Caption(caption),
            html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
            html.Tbody([
                html.Tr([html.Th(row[0], scope="row"), *map(html.Td, row[1:])])
                for row in rows
            ]),
        ],
    )  # fmt: skip


def problem(document: Json, *, of_file: bool = False) -> Any:
    """
    Show what went wrong, why, how to mend it, and the id to quote.

    One `of_file` leaves the answer on the page as good as it was (assets/base.js).
    """
    errors = document.get("errors") or []
    items = [
        html.Li([
            html.B(str(e.get("field") or "input")), f" {e.get('rule', '')}",
            _got(e.get("value")),
            html.Span(str(e.get("repair") or "").capitalize(), className="np-repair"),
        ])
        for e in errors
    ]  # fmt: skip
    again = {"data-again": str(_AGAIN_S)} if document.get("status") in _BUSY else {}
    return html.Div(
        className="np-problem np-of-file" if of_file else "np-problem", **again,
        children=[
            html.P([html.B(str(document.get("title") or "The request failed")), ". ",
                    "" if items else str(document.get("detail") or "")]),
            html.Ul(items) if items else None,
            html.P(
                "Below stays the last answer that holds; your inputs are kept."
                + (f" Id {document['id']}" if document.get("id") else ""),
                className="np-quiet",
            ),
        ],
    )  # fmt: skip


def _got(value: Any) -> str:
    """Say the value got, unless it is absent or a whole record."""
    text = str(value)
    return ". " if value is None or len(text) > _LONGEST_VALUE else f", got {text}. "
