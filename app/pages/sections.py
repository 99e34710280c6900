"""What every page is laid out of: its stores, its sections, its charts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.components import dag, dcc, dmc, html
from app.figures.template import CONFIG

EMPTY = {
    "data": [],
    "layout": {
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"visible": False}, "yaxis": {"visible": False},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    },
}  # fmt: skip
"""A chart before its first answer."""


def stores(prefix: str, names: Iterable[str], defaults: dict[str, Any]) -> list[Any]:
    """What a page keeps in the browser: by name, its defaults, and files to save."""
    return [
        *(dcc.Store(id=f"{prefix}-{name}") for name in names),
        dcc.Store(id=f"{prefix}-boot", data=1),
        dcc.Store(id=f"{prefix}-defaults", data=defaults),
        dcc.Download(id=f"{prefix}-download"),
    ]


def main(prefix: str, children: list[Any]) -> Any:
    """Draw the answer's part of a page, its problem on top."""
    return html.Main(id=f"{prefix}-main", className="np-main", children=[
        html.Div(className="np-progress", **{"aria-hidden": "true"}),
        html.Div(id=f"{prefix}-problem", role="alert"),
        *children,
    ])  # fmt: skip


def verdict(prefix: str, words: str | None = None, width: str = "62%") -> Any:
    """Draw the place of the answer in a sentence; words stand there until it comes."""
    cold = [] if words is None else [
        html.P(words, className="np-detail", id=f"{prefix}-cold"),
    ]  # fmt: skip
    return html.Div(
        id=f"{prefix}-verdict", className="np-verdict", **{"aria-live": "polite"},
        children=[dmc.Skeleton(height=24, w=width), *cold],
    )  # fmt: skip


def under_way(prefix: str) -> Any:
    """Draw how far a slow question is, and the way to stop it."""
    name = f"{prefix}-under-way"
    return html.Div(id=name, className="np-under-way np-hidden", children=[
        html.Span(id=f"{name}-text", role="status"),
        html.Button("Cancel", id=f"{prefix}-cancel", type="button",
                    className="np-mini"),
    ])  # fmt: skip


def section(
    prefix: str, name: str, title: str, children: Any, tools: Any = None, *,
    key: str = "", kind: str = "",
) -> Any:  # fmt: skip
    """
    Draw a part of the answer under its title, with tools beside it.

    Args:
        prefix: Of the page's ids.
        name: Of the part.
        title: Above it.
        children: The part.
        tools: Beside its title.
        key: Its id, where an address names it.
        kind: Its classes, where it is no chart.
    """
    return html.Section(
        className=kind or f"np-chart np-chart-{name}",
        id=key or f"{prefix}-section-{name}",
        **{"aria-labelledby": f"{prefix}-{name}-title"},
        children=[
            html.Div(className="np-chart-head", children=[
                html.H2(title, id=f"{prefix}-{name}-title", className="np-h2"), tools,
            ]),
            *(children if isinstance(children, list) else [children]),
        ],
    )  # fmt: skip


def graph(
    prefix: str, name: str, height_px: int, config: dict[str, Any] = CONFIG
) -> Any:
    """Draw the place of a chart."""
    return dcc.Graph(
        id=f"{prefix}-fig-{name}", config=config, figure=EMPTY, responsive=True,
        style={"height": f"calc({height_px}px * var(--np-tall))"},
    )  # fmt: skip


def grid(
    name: str, columns: list[dict[str, Any]], height_px: int | None, empty: str, *,
    row_id: str = "", column: dict[str, Any] | None = None, **options: Any,
) -> Any:  # fmt: skip
    """
    Draw the place of a table that is sorted and filtered.

    Args:
        name: Its id.
        columns: As the grid library has them.
        height_px: None for as high as its rows.
        empty: Words for no rows.
        row_id: What is a row's own, as an expression.
        column: What all columns have, if not the usual.
        **options: Of the grid library, besides.
    """
    usual = {"resizable": True, "sortable": True, "suppressMovable": True}
    return dag.AgGrid(
        id=name, columnDefs=columns, rowData=[], className="np-grid",
        **({"getRowId": row_id} if row_id else {}), defaultColDef=column or usual,
        dashGridOptions={
            "rowHeight": 28, "headerHeight": 30, "animateRows": False,
            "localeText": {"noRowsToShow": empty}, **options,
        },
        style={"height": height_px},
    )  # fmt: skip


def folded(title: str, children: list[Any], **more: Any) -> Any:
    """Draw what is there to be opened."""
    return html.Details(className="np-section", **more, children=[
        html.Summary(title, className="np-h2"), *children,
    ])  # fmt: skip


def numbers(prefix: str) -> Any:
    """Draw the place of the key numbers."""
    cells = [dmc.Skeleton(height=52, className="np-number-skeleton") for _ in range(8)]
    return html.Div(id=f"{prefix}-numbers", className="np-numbers", children=cells)
