"""Callbacks of the Serving page: ask the client, hand answers to plain functions."""

from __future__ import annotations

from typing import Any, TypeVar

from api.client import ApiProblem, Client
from app.components import (
    ALL,
    Input,
    Output,
    State,
    ctx,
    dcc,
    no_update,
)  # fmt: skip
from app.figures import serving as figures
from app.figures.pools import pools_figure
from app.figures.serving_latency import latency_figure
from app.pages import parts
from app.pages.asking import away
from app.pages.knobs import bind_knobs, bind_view
from app.pages.serving import answer, exports, state, systems
from app.pages.serving.answers import Answers
from app.pages.serving.bars import side_by_side
from app.pages.serving.compare import compare_frame
from app.pages.serving.controls import CONTROLS
from app.pages.serving.known import Known
from app.pages.serving.more import bind_more
from app.pages.serving.own import own_table

Json = dict[str, Any]
T = TypeVar("T")

CHOSEN = ("lengths", "arrivals", "model", "server", "gpus", "grid", "rent", "systems",
          "preset", "units", "theme")  # fmt: skip
_SUPERSEDED = 409
_TOUCHED = Output("serv-touched", "data", allow_duplicate=True)
PARTS = (
    ("verdict", "children"), ("warnings", "children"), ("side", "children"),
    ("origins", "children"), ("own", "children"), ("fig-pareto", "figure"),
    ("fig-latency", "figure"), ("fig-pools", "figure"), ("pools-of", "children"),
    ("table", "children"), ("further", "children"), ("status", "children"),
)  # fmt: skip
LATER = ("origins", "fig-pareto", "fig-pools", "pools-of", "further")
"""What waits until the knobs rest."""


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    answers, known = Answers(client), Known(client)
    _browser_side(dash)
    _answer(dash, answers)
    _options(dash, known)
    _drawer(dash, known)
    _keep(dash, answers)
    bind_more(dash, answers, known)


# --- in the browser -------------------------------------------------------------------


def _browser_side(dash: Any) -> None:
    """Gather the knobs, pace the questions, keep the URL: assets/serving.js."""
    bind_knobs(dash, "serv", CONTROLS)
    inputs = [Input(f"serv-{c.key}-slider", "value") for c in CONTROLS]
    inputs += [Input(f"serv-{name}", "value") for name in CHOSEN]
    bind_view(dash, "serv", inputs, steps=(
        ("swept", [Input("serv-sweep-kept", "data")]),
        ("queried", [Input("serv-query-kept", "data")]),
        ("progress", [Input("serv-progress", "data")]),
        ("turned", [Input("serv-turned", "data")]),
        ("listed", [Input("serv-systems", "children")]),
        ("reset", [Input("serv-reset", "n_clicks"), State("serv-defaults", "data")]),
    ))  # fmt: skip


# --- the answer -----------------------------------------------------------------------


def _answer(dash: Any, answers: Answers) -> None:
    """One round trip draws the page."""

    @dash.callback(
        *(Output(f"serv-{name}", prop, allow_duplicate=name == "fig-pareto")
          for name, prop in PARTS),
        Output("serv-problem", "children", allow_duplicate=True),
        Output("serv-kept", "data"),
        Input("serv-request", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def answer_view(request: Json) -> tuple[Any, ...]:
        return await away(respond, answers, request)


def respond(answers: Answers, request: Json) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        answers: Way to the server.
        request: `{seq, tab, dark, coarse, view}` of the page.

    Returns:
        PARTS, the problem, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {
        "seq": request["seq"], "query": state.to_query(view), "dark": request["dark"],
        "coarse": bool(request.get("coarse")),
    }  # fmt: skip
    same = (no_update,) * len(PARTS)
    try:
        found, more = draw(answers, view, request)
    except ApiProblem as error:
        if error.status == _SUPERSEDED:
            return (*same, no_update, kept | {"superseded": True})
        fields = state.field_errors(error.problem)
        return (*same, parts.problem(error.problem), kept | {"field_errors": fields})
    return (*found, None, kept | {"ok": True} | more)


def draw(
    answers: Answers, view: state.View, request: Json
) -> tuple[tuple[Any, ...], Json]:
    """Draw everything that hangs on the knobs: PARTS, and what the browser keeps."""
    tab, coarse, dark = request["tab"], bool(request.get("coarse")), request["dark"]
    unit, target = view["units"], view["target"] / 100
    asked, old = state.study(view, coarse=coarse), frozenset[str]()
    if coarse:
        study, old = answers.quick(tab, asked, view="main")
    else:
        study = answers.study(asked, tab=tab, view="main")
        answers.settle(tab, study)
    rows = compare_frame(study, target_frac=target, unit=unit, old=old)
    look_of = figures.looks(study, view.systems())
    look = answer.look_at(study, rows, view["look"])
    shown = next((o for o in study["outcomes"] if o["label"] == look), None)
    found = (
        answer.verdict(study, rows, target_frac=target, unit=unit, coarse=coarse),
        answer.warnings(study),
        side_by_side(rows, chosen=look, refused=study["refused"]),
        answer.origins(study, look_of), own_table(study, chosen=look, unit=unit),
        figures.pareto_figure(
            study, look_of=look_of, target_frac=target, dark=dark, unit=unit
        ).document(),
        latency_figure(study, look_of=look_of, dark=dark).document(),
        pools_figure(
            shown, start=study["study"]["traffic"]["start"], dark=dark, unit=unit,
            source=figures.source_of(study, look),
        ).document(),
        answer.pools_words(shown), answer.figures_table(study, unit=unit),
        answer.further(study), answer.status(study, coarse=coarse),
    )  # fmt: skip
    if coarse or request.get("swept"):
        later = LATER if coarse else ("fig-pareto",)
        found = tuple(
            no_update if name in later else part
            for (name, _), part in zip(PARTS, found, strict=True)
        )
    more = {
        "call": {"path": "/serving/study", "body": {"study": state.study(view)}},
        "look": look,
    }
    return found, more


# --- options, knobs of systems, downloads ---------------------------------------------


def _options(dash: Any, known: Known) -> None:
    @dash.callback(
        Output("serv-lengths", "data"), Output("serv-arrivals", "data"),
        Output("serv-model", "data"), Output("serv-server", "data"),
        Output("serv-grid", "data"), Output("serv-systems", "children"),
        Input("serv-boot", "data"),
    )  # fmt: skip
    async def options(_: int) -> tuple[Any, ...]:
        return await away(known.options)


def _drawer(dash: Any, known: Known) -> None:
    """Show the knobs of one system, and hand on what is turned."""

    @dash.callback(
        Output("serv-drawer", "opened"), Output("serv-drawer", "title"),
        Output("serv-drawer-knobs", "children"),
        Input("serv-drawer-ask", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def show(asked: Json) -> tuple[Any, ...]:
        system = await away(known.system, asked["system"])
        turned = state.knobs_from(asked["knobs"]).get(system["key"], {})
        return True, system["label"], systems.drawer(system, turned)

    @dash.callback(
        Output("serv-turned", "data"),
        Input({"part": "serv-knob", "system": ALL, "name": ALL}, "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def turned(_: list[Any]) -> Any:
        fields = ctx.inputs_list[0]
        if not fields:
            return no_update
        system = await away(known.system, fields[0]["id"]["system"])
        values = {f["id"]["name"]: f.get("value") for f in fields}
        return {"system": system["key"], "knobs": systems.turn(system, values)}


def _keep(dash: Any, answers: Answers) -> None:
    @dash.callback(
        Output("serv-download", "data"),
        Output("serv-problem", "children", allow_duplicate=True),
        *(Input(f"serv-{name}", "n_clicks") for name, _ in exports.KINDS),
        State("serv-request", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def download(*given: Any) -> Any:
        *clicks, request = given
        if not any(clicks) or not request:
            return no_update, no_update
        wanted = str(ctx.triggered_id).removeprefix("serv-")
        try:
            text, name = await away(exports.export, answers, request, wanted)
        except ApiProblem as error:
            return no_update, parts.problem(error.problem)
        return dcc.send_string(text, name), no_update
