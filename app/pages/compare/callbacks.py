"""Callbacks of the Compare page: ask the client, hand answers to plain functions."""

from __future__ import annotations

from typing import Any, TypeVar

from api.client import ApiProblem, Client
from api.problems import Refusal, problem_of
from app.components import (
    Input,
    Output,
    State,
    ctx,
    dcc,
    no_update,
)  # fmt: skip
from app.figures.compare import curves_figure, height_of
from app.pages import parts
from app.pages.asking import away
from app.pages.compare import answer, exports, state
from app.pages.compare.answers import Answers
from app.pages.compare.differences import differences_table, multiples
from app.pages.compare.found import options
from app.pages.knobs import bind_view

Json = dict[str, Any]
T = TypeVar("T")

_SUPERSEDED = 409
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
    _answer(dash, answers)
    _search(dash, client)
    _progress(dash, answers)
    _keep(dash, answers)


def _browser_side(dash: Any) -> None:
    """Keep the list, the URL and the pace: assets/compare.js."""
    chosen = ("units", "theme", "show", "curves")
    bind_view(dash, "cmp", (Input(f"cmp-{n}", "value") for n in chosen), steps=(
        ("add", [Input("cmp-add", "value"), State("cmp-add", "data")]),
        ("progress", [Input("cmp-progress", "data")]),
        ("savePng", [Input("cmp-png", "n_clicks")]),
    ))  # fmt: skip


# --- the answer -----------------------------------------------------------------------


def _answer(dash: Any, answers: Answers) -> None:
    @dash.callback(
        *(Output(f"cmp-{name}", prop) for name, prop in PARTS),
        Output("cmp-problem", "children"), Output("cmp-kept", "data"),
        Input("cmp-request", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def answer_view(request: Json) -> tuple[Any, ...]:
        return await away(respond, answers, request)


def respond(answers: Answers, request: Json) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        answers: Way to the server.
        request: `{seq, tab, dark, fresh, view}` of the page.

    Returns:
        PARTS, the problem, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {
        "seq": request["seq"],
        "query": state.to_query(view),
        "dark": request["dark"],
    }
    same = (no_update,) * len(PARTS)
    if len(view.items) < 2:
        first = (answer.empty(len(view.items)), None, *same[2:])
        return (*first, None, kept | {"ok": True, "empty": True})
    asked = state.question(view)
    try:
        found = answers.comparison(
            asked, tab=request["tab"], fresh=bool(request.get("fresh"))
        )
    except ApiProblem as error:
        if error.status == _SUPERSEDED and not error.problem.get("errors"):
            return (*same, no_update, kept | {"superseded": True})
        place = state.place_of(error.problem)
        shown = parts.problem(state.in_words(error.problem))
        return (*same, shown, kept | {"place": place})
    more = {
        "ok": True, "call": {"path": "/compare", "body": asked},
        "labels": [item["label"] for item in found["items"]],
        "curves": answer.curves_shown(found, view),
    }  # fmt: skip
    return (*draw(found, view, dark=request["dark"]), None, kept | more)


def draw(document: Json, view: state.View, *, dark: bool) -> tuple[Any, ...]:
    """Draw PARTS of a comparison."""
    unit = view.units
    names = answer.curves_shown(document, view)
    return (
        answer.verdict(document, unit=unit), answer.warnings(document),
        multiples(document, unit=unit),
        differences_table(document, show=view.show, unit=unit),
        answer.inputs_table(document, view), answer.events_table(document),
        answer.curve_chips(document),
        curves_figure(document, names, dark=dark, unit=unit).document(),
        {"height": height_of(len(names))},
        answer.curves_table(document, names, unit=unit), answer.sources(document),
        answer.status(document),
    )  # fmt: skip


# --- search, progress, files ----------------------------------------------------------


def _search(dash: Any, client: Client) -> None:
    @dash.callback(Output("cmp-add", "data"), Input("cmp-add", "searchValue"))
    async def search(text: str | None) -> list[Json]:
        return await away(options, client, text or "")


def _progress(dash: Any, answers: Answers) -> None:
    @dash.callback(
        Output("cmp-progress", "data"), Input("cmp-progress-ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def progress(asked: Json) -> Json:
        return {"n": asked["n"], "told": answers.progress(asked["tab"])}

    @dash.callback(
        Output("cmp-cancelled", "data"), Input("cmp-cancel-ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def cancel(asked: Json) -> Json:
        await away(answers.cancel, asked["tab"])
        return asked


def _keep(dash: Any, answers: Answers) -> None:
    kinds = [name for name, _ in exports.KINDS if name not in exports.IN_BROWSER]

    @dash.callback(
        Output("cmp-download", "data"),
        Output("cmp-problem", "children", allow_duplicate=True),
        *(Input(f"cmp-{name}", "n_clicks") for name in kinds),
        State("cmp-request", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def download(*given: Any) -> Any:
        *clicks, request = given
        view = state.view_from((request or {}).get("view"))
        if not any(clicks) or len(view.items) < 2:
            return no_update, no_update
        wanted = str(ctx.triggered_id).removeprefix("cmp-")
        try:
            content, name = await away(save, answers, request["tab"], view, wanted)
        except ApiProblem as error:
            return no_update, parts.problem(error.problem)
        except Refusal as error:
            return no_update, parts.problem(problem_of(error))
        return dcc.send_bytes(content, name), no_update


def save(
    answers: Answers, tab: str, view: state.View, wanted: str
) -> tuple[bytes, str]:
    """Make a file of a view's comparison, from memory where it is the last one."""
    asked = state.question(view)
    found = answers.comparison(asked, tab=tab, fresh=False)
    return exports.export(found, wanted, asked)
