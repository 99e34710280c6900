"""Draw systems side by side: bars that share the systems' axis, refusals below."""

from __future__ import annotations

from typing import Any

from app.components import html
from app.figures.serving import Look
from app.pages.parts import told
from app.pages.serving.compare import COLUMNS, Cell, Row

Json = dict[str, Any]


def side_by_side(rows: list[Row], *, chosen: str, refused: list[Json]) -> Any:
    """
    Draw rows of bars that share the systems' axis; refused systems below them.

    Args:
        rows: Of `compare_frame`.
        chosen: Label whose pools are shown.
        refused: Label, rule, value and repair of systems that could not run.
    """
    head = [
        html.Th(html.Span(title, **told(tip)), scope="col") for title, tip in COLUMNS
    ]
    return html.Table(className="np-table np-side", children=[
        html.Caption("Press a system to see its pools below. Changes are against the "
                     "baseline; dotted lines stand where it stands."),
        html.Thead(html.Tr([html.Th("System", scope="col"), *head])),
        html.Tbody([
            *(_row(row, chosen=row.label == chosen) for row in rows),
            *(_refused(one) for one in refused),
        ]),
    ])  # fmt: skip


def _row(row: Row, *, chosen: bool) -> Any:
    under = "from the last settled answer" if row.old else row.work
    return html.Tr(
        className="np-system" + (" np-chosen-row" if chosen else "")
        + (" np-old" if row.old else ""),
        **{"data-look": row.label},
        children=[
            html.Th(scope="row", children=[
                html.Button(
                    [sign(row.look), html.B(row.label)], type="button",
                    className="np-rule-name",
                    **{"aria-pressed": "true" if chosen else "false",
                       "data-tip": row.source},
                ),
                html.Span(under, className="np-rule-title") if under else None,
            ]),
            *(_drawn(cell, title, row.look)
              for cell, (title, _) in zip(row.cells, COLUMNS, strict=True)),
        ],
    )  # fmt: skip


def sign(look: Look) -> Any:
    """Draw the mark a system has on every chart."""
    return html.Span(
        look.sign, className=f"np-mark-sign np-series-{_series(look)}",
        **{"aria-hidden": "true"},
    )  # fmt: skip


def _series(look: Look) -> int:
    return (look.place - 1) % 6 + 1 if look.place else 0


def _drawn(cell: Cell, title: str, look: Look) -> Any:
    return html.Td(
        **{"data-title": title}, className="np-bad" if cell.broken else "",
        children=[
            html.Div(className="np-side-text", children=[
                html.Span("✕ ", className="np-sign-small") if cell.broken else None,
                html.B(cell.value), html.Span(cell.delta, className="np-side-delta"),
                html.Span(cell.more, className="np-side-delta np-side-more"),
            ]),
            html.Div(className=f"np-bars np-series-{_series(look)}", children=[
                _span("np-bars-peak", cell.peak), _span("np-bars-fill", cell.part),
                _line("np-bars-base", cell.base), _line("np-bars-limit", cell.limit),
            ], **{"aria-hidden": "true"}),
        ],
    )  # fmt: skip


def _span(kind: str, part: float | None) -> Any:
    if part is None:
        return None
    return html.Div(className=kind, style={"width": f"{100 * min(1.0, part):.2f}%"})


def _line(kind: str, part: float | None) -> Any:
    if part is None:
        return None
    return html.Div(className=kind, style={"left": f"{100 * min(1.0, part):.2f}%"})


def _refused(one: Json) -> Any:
    got = "" if one["value"] is None else f", got {one['value']}"
    return html.Tr(className="np-system np-unjudged", children=[
        html.Th(scope="row", children=[
            html.Span("✕", className="np-mark-sign"), html.B(one["label"]),
            html.Span("refused", className="np-rule-title"),
        ]),
        html.Td(colSpan=len(COLUMNS), children=[
            f"{one['field']} {one['rule']}{got}. ",
            html.Span(_sentence(one["repair"]), className="np-repair"),
        ]),
    ])  # fmt: skip


def _sentence(text: Any) -> str:
    words = str(text or "")
    return f"{words[:1].upper()}{words[1:]}." if words else ""
