"""Callbacks of the Serving page: ask the client, hand answers to plain functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.client import Client
from app.components import ALL, Input, Output, State, ctx, no_update
from app.figures import serving as figures
from app.figures.pools import pools_figure
from app.figures.serving_latency import latency_figure
from app.pages.asking import away, bind, bind_answer, respond_to
from app.pages.exports import bind_exports
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

CHOSEN = ("lengths", "arrivals", "model", "server", "gpus", "grid", "rent", "systems",
          "preset", "units", "theme")  # fmt: skip
PARTS = (
    ("verdict", "children"), ("warnings", "children"), ("side", "children"),
    ("origins", "children"), ("own", "children"), ("fig-pareto", "figure"),
    ("fig-latency", "figure"), ("fig-pools", "figure"), ("pools-of", "children"),
    ("table", "children"), ("further", "children"), ("status", "children"),
)  # fmt: skip
OPTIONS = (
    ("lengths", "data"), ("arrivals", "data"), ("model", "data"), ("server", "data"),
    ("grid", "data"), ("systems", "children"),
)  # fmt: skip
LATER = ("origins", "fig-pareto", "fig-pools", "pools-of", "further")
"""What waits until the knobs rest."""


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    answers, known = Answers(client), Known(client)
    _browser_side(dash)
    bind_answer(dash, "serv", PARTS, partial(respond, answers), shared=("fig-pareto",))
    bind(dash, "serv", "boot", OPTIONS, lambda _: known.options(), at_start=True)
    _drawer(dash, known)
    bind_exports(
        dash, "serv", partial(exports.found, answers), [State("serv-request", "data")],
        [name for name, _ in exports.KINDS],
    )  # fmt: skip
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


def respond(answers: Answers, request: Json) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        answers: Way to the server.
        request: `{seq, tab, coarse, view}` of the page.

    Returns:
        PARTS, the problem, and what the browser keeps.
    """
    return respond_to(
        state, request, lambda view: draw(answers, view, request), len(PARTS)
    )


def draw(
    answers: Answers, view: state.View, request: Json
) -> tuple[tuple[Any, ...], Json]:
    """Draw everything that hangs on the knobs: PARTS, and what the browser keeps."""
    tab, coarse = request["tab"], bool(request.get("coarse"))
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
            study, look_of=look_of, target_frac=target, unit=unit
        ).document(),
        latency_figure(study, look_of=look_of).document(),
        pools_figure(
            shown, start=study["inputs"]["traffic"]["start"], unit=unit,
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
        "call": {"path": "/serving/run", "body": {"serving": state.study(view)}},
        "look": look,
    }
    return found, more


# --- knobs of systems -----------------------------------------------------------------


def _drawer(dash: Any, known: Known) -> None:
    """Show the knobs of one system, and hand on what is turned."""

    def show(asked: Json) -> tuple[Any, ...]:
        system = known.system(asked["system"])
        turned = state.knobs_from(asked["knobs"]).get(system["key"], {})
        return True, system["label"], systems.drawer(system, turned)

    bind(dash, "serv", "drawer-ask", (
        ("drawer", "opened"), ("drawer", "title"), ("drawer-knobs", "children"),
    ), show)  # fmt: skip

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
