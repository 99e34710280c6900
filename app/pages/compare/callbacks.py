"""Callbacks of the Compare page: ask the client, hand answers to plain functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.client import Client
from app.components import Input, Output, State, no_update
from app.figures.compare import curves_figure, height_of
from app.pages.asking import (
    answered,
    away,
    bind_answer,
    bind_progress,
)
from app.pages.compare import answer, exports, state
from app.pages.compare.answers import Answers
from app.pages.compare.differences import differences_table, multiples
from app.pages.compare.found import options
from app.pages.exports import Found, bind_exports
from app.pages.knobs import bind_view

Json = dict[str, Any]
PARTS = (
    ("verdict", "children"), ("warnings", "children"), ("multiples", "children"),
    ("outputs", "children"), ("inputs", "children"), ("events", "children"),
    ("curves", "children"), ("fig-curves", "figure"),
    ("fig-curves", "style"), ("curves-table", "children"), ("sources", "children"),
    ("status", "children"),
)  # fmt: skip


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    answers = Answers(client)
    _browser_side(dash)
    bind_answer(dash, "cmp", PARTS, partial(respond, answers))
    _search(dash, client)
    bind_progress(
        dash, "cmp", lambda asked: {"told": answers.progress(asked["tab"])},
        lambda asked: answers.cancel(asked["tab"]),
    )  # fmt: skip
    bind_exports(
        dash, "cmp", partial(found, answers), [State("cmp-request", "data")],
        [name for name, _ in exports.KINDS],
    )  # fmt: skip


def _browser_side(dash: Any) -> None:
    """Keep the list, the URL and the pace: assets/compare.js."""
    chosen = ("units", "theme", "show", "curves")
    bind_view(dash, "cmp", (Input(f"cmp-{n}", "value") for n in chosen), steps=(
        ("add", [Input("cmp-add", "value"), State("cmp-add", "data")]),
        ("progress", [Input("cmp-progress", "data")]),
    ))  # fmt: skip


# --- the answer -----------------------------------------------------------------------


def respond(answers: Answers, request: Json) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        answers: Way to the server.
        request: `{seq, tab, fresh, view}` of the page.

    Returns:
        PARTS, the problem, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {"seq": request["seq"]}
    if len(view.items) < 2:
        same = (no_update,) * (len(PARTS) - 2)
        empty = (answer.empty(len(view.items)), None, *same)
        return (*empty, None, kept | {"ok": True, "empty": True})
    return answered(
        lambda: _compared(answers, view, request), kept, parts_count=len(PARTS),
        fields=lambda problem: {"place": state.place_of(problem)},
        in_words=state.in_words,
    )  # fmt: skip


def _compared(
    answers: Answers, view: state.View, request: Json
) -> tuple[tuple[Any, ...], Json]:
    """PARTS of a comparison, and what the browser keeps besides."""
    asked = state.question(view)
    found = answers.comparison(
        asked, tab=request["tab"], fresh=bool(request.get("fresh"))
    )
    return draw(found, view), {
        "call": {"path": "/compare", "body": asked},
        "labels": [item["label"] for item in found["items"]],
        "curves": answer.curves_shown(found, view),
    }


def draw(document: Json, view: state.View) -> tuple[Any, ...]:
    """Draw PARTS of a comparison."""
    unit = view.units
    names = answer.curves_shown(document, view)
    return (
        answer.verdict(document, unit=unit), answer.warnings(document),
        multiples(document, unit=unit),
        differences_table(document, show=view.show, unit=unit),
        answer.inputs_table(document, view), answer.events_table(document),
        answer.curve_chips(document),
        curves_figure(document, names, unit=unit).document(),
        {"height": height_of(len(names))},
        answer.curves_table(document, names, unit=unit), answer.sources(document),
        answer.status(document),
    )  # fmt: skip


# --- search, progress, files ----------------------------------------------------------


def _search(dash: Any, client: Client) -> None:
    @dash.callback(Output("cmp-add", "data"), Input("cmp-add", "searchValue"))
    async def search(text: str | None) -> list[Json]:
        return await away(options, client, text or "")


def found(answers: Answers, request: Json | None) -> Found | None:
    """Return a view's comparison, from memory where it is the last one."""
    view = state.view_from((request or {}).get("view"))
    if not request or len(view.items) < 2:
        return None
    asked = state.question(view)
    document = answers.comparison(asked, tab=request["tab"], fresh=False)
    return exports.found(document, asked)
