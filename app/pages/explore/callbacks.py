"""Callbacks of the Explore page: ask the client, hand the answer to plain functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.components import (
    ClientsideFunction,
    Input,
    Output,
    State,
    dcc,
    html,
    no_update,
)  # fmt: skip
from app.figures.compare import compare_figure
from app.figures.template import CONFIG
from app.pages import parts
from app.pages.asking import bind, bind_answer, respond_to
from app.pages.explore import answer, exports, panels, state
from app.pages.explore.catalogue import Catalogue
from app.pages.exports import Found, bind_exports
from app.pages.knobs import bind_knobs, bind_view

Json = dict[str, Any]

CHOSEN = ("policy", "days", "seed", "server", "model", "traffic", "units", "theme",
          "metric", "seeds")  # fmt: skip
OPTIONS = tuple((name, "data") for name in ("server", "model", "traffic", "catalogue"))
CURVE_PARTS = (
    ("risk", "figure"), ("risk-table", "children"), ("plan-text", "children"),
    ("plan-stop", "className"),
)  # fmt: skip


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    catalogue = Catalogue(client)
    _browser_side(dash)
    bind_answer(
        dash, "explore", answer.PARTS, partial(respond, client, catalogue),
        State("explore-plan", "data"), kept="answer", shared=("risk", "risk-table"),
    )  # fmt: skip
    bind(dash, "explore", "boot", OPTIONS, lambda _, server: catalogue.options(server),
         Input("explore-server", "value"), at_start=True)  # fmt: skip
    bind(dash, "explore", "plan-poll", [("plan-step", "data")],
         partial(plan_step, client, catalogue))  # fmt: skip
    bind(dash, "explore", "plan", CURVE_PARTS, curve,
         State("explore-request", "data"), State("explore-answer", "data"),
         shared=("risk", "risk-table"))  # fmt: skip
    _pins(dash)
    bind_exports(
        dash, "explore", partial(found, client, catalogue),
        [State("explore-request", "data"), State("explore-plan", "data")],
        [name for name, _ in exports.KINDS],
    )  # fmt: skip
    bind(dash, "explore", "scenario-open",
         (("scenario-load", "data"), ("problem", "children")), partial(load, client),
         State("explore-request", "data"), shared=["problem"])  # fmt: skip


# --- in the browser -------------------------------------------------------------------


def _browser_side(dash: Any) -> None:
    """Gather the knobs, pace the questions, keep the URL: assets/explore.js."""
    bind_knobs(dash, "explore", state.CONTROLS)
    inputs = [Input(f"explore-{c.key}-slider", "value") for c in state.CONTROLS]
    inputs += [Input(f"explore-{name}", "value") for name in CHOSEN]
    defaults = State("explore-defaults", "data")
    bind_view(dash, "explore", inputs, kept="answer", steps=(
        ("catalogued", [Input("explore-catalogue", "data")]),
        ("zoomed", [Input("explore-power", "relayoutData")]),
        ("reset", [Input("explore-reset", "n_clicks"), defaults]),
        ("loaded", [Input("explore-scenario-load", "data"), defaults]),
        ("planStop", [Input("explore-plan-stop", "n_clicks")]),
        ("openPin", [Input("explore-pin-open", "n_clicks"),
                     State("explore-pins-grid", "selectedRows")]),
    ))  # fmt: skip
    _clientside(dash, "planStep", [Output("explore-plan", "data")],
                [Input("explore-plan-step", "data")])  # fmt: skip


def _clientside(dash: Any, name: str, outputs: list[Any], inputs: list[Any]) -> None:
    dash.clientside_callback(
        ClientsideFunction("explore", name), *outputs, *inputs,
        prevent_initial_call=True,
    )  # fmt: skip


# --- the answer -----------------------------------------------------------------------


def ask(client: Client, catalogue: Catalogue, view: state.View, tab: str) -> Json:
    """Put the what-if question of a view."""
    return client.what_if(
        scenario_id=view["scenario"] or None,
        changes=state.changes(view, catalogue.dataset_kinds()),
        view=tab or None,
    )


def respond(
    client: Client, catalogue: Catalogue, request: Json, plan: Json | None
) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        client: Way to the server.
        catalogue: What the server knows.
        request: `{seq, tab, narrow, tables, view}` of the page.
        plan: Cells of the risk curve so far.

    Returns:
        Every part of the page, the problem, and what the browser keeps.
    """
    return respond_to(
        state, request,
        lambda view: _drawn(client, catalogue, view, request, plan or {}),
        len(answer.PARTS),
    )  # fmt: skip


def _drawn(
    client: Client, catalogue: Catalogue, view: state.View, request: Json, plan: Json
) -> tuple[tuple[Any, ...], Json]:
    """Every part of the page, and what the browser keeps besides."""
    found = ask(client, catalogue, view, request["tab"])
    drawn = answer.draw(
        found, view, cells=plan.get("cells", []),
        rated_w=catalogue.rated_w(view["server"]), narrow=bool(request.get("narrow")),
        tables=frozenset(request.get("tables") or ()),
    )  # fmt: skip
    return drawn, {
        "risk_key": state.risk_key(view), "pin": answer.pin_of(found, view),
        "slo": (found.get("scenario") or {}).get("slo"),
        "call": {"changes": state.changes(view, catalogue.dataset_kinds())}
        | ({"scenario_id": view["scenario"]} if view["scenario"] else {"scenario": {}}),
    }  # fmt: skip


# --- the risk curve -------------------------------------------------------------------


def curve(plan: Json | None, request: Json, answered: Json | None) -> tuple[Any, ...]:
    """Draw the risk curve as far as it is: CURVE_PARTS."""
    plan, view = plan or {}, state.view_from(request["view"])
    cells = plan.get("cells", [])
    slo = (answered or {}).get("slo")
    figure = answer.risk(cells, view, slo=slo)
    hidden = "" if plan.get("running") else "np-hidden"
    shown = "risk" in (request.get("tables") or ())
    rows = answer.risk_rows(cells, slo) if shown else None
    return figure, rows, plan.get("text", ""), hidden


def plan_step(client: Client, catalogue: Catalogue, poll: Json) -> Json:
    """
    Move the background plan of a risk curve one step: start, look, or stop.

    Each policy is a plan of its own, the chosen one first, so that curves appear one
    by one.

    Args:
        client: Way to the server.
        catalogue: What the server knows.
        poll: `{key, view, tab, queue, job, cancel}`; `queue` holds the policies
            still to be planned.

    Returns:
        The next `poll` for the page, with `cells` found and a `text` on progress.
    """
    step: Json = {k: poll.get(k) for k in ("key", "queue", "job")} | {"cells": []}
    try:
        if poll.get("cancel"):
            client.cancel_job(poll["cancel"])
        if poll.get("stop"):
            return step | {"job": None, "queue": [], "text": "stopped"}
        if step["job"]:
            return _look(client, step)
        return _start(client, catalogue, step, poll)
    except ApiProblem as error:
        text = str(error.problem.get("detail") or error.problem.get("title"))
        return step | {"job": None, "queue": [], "text": f"no curve: {text}"}


def _start(client: Client, catalogue: Catalogue, step: Json, poll: Json) -> Json:
    view = state.view_from(poll["view"])
    policy, *rest = step["queue"] or [None]
    if policy is None:
        return step | {"queue": [], "text": ""}
    job = client.create_plan(
        scenario_id=view["scenario"] or None,
        changes=state.plan_changes(view, policy, catalogue.dataset_kinds()),
        view=f"{poll.get('tab', '')}-plan",
    )
    return step | {"job": job["id"], "queue": rest, "text": f"{25 * (3 - len(rest))} %"}


def _look(client: Client, step: Json) -> Json:
    job = client.job(step["job"])
    if job["state"] == "done":
        plan = client.plan_result(job["result"]["id"])
        left = len(step["queue"] or [])
        text = f"{25 * (4 - left)} %" if left else ""
        cells = [answer.slim_cell(cell) for cell in plan["cells"]]
        return step | {"job": None, "cells": cells, "text": text}
    if job["state"] in ("failed", "cancelled"):
        raise ApiProblem(job.get("error") or {"title": f"plan {job['state']}"})
    done = 4 - len(step["queue"] or []) - 1
    part = (done + float(job.get("part") or 0.0)) / 4
    return step | {"text": f"{100 * part:.0f} %"}


# --- pins -----------------------------------------------------------------------------


def _pins(dash: Any) -> None:
    _clientside(
        dash, "pin",
        [Output("explore-pins", "data"), Output("explore-pins-grid", "selectedRows")],
        [Input("explore-pin", "n_clicks"), Input("explore-pin-remove", "n_clicks"),
         Input("explore-pins-grid", "cellValueChanged"),
         State("explore-pins", "data"), State("explore-pins-grid", "selectedRows")],
    )  # fmt: skip
    dash.clientside_callback(
        ClientsideFunction("explore", "rows"),
        Output("explore-pins-grid", "rowData"), Input("explore-pins", "data"),
    )  # fmt: skip

    @dash.callback(
        Output("explore-compare", "children"),
        Input("explore-pins-grid", "selectedRows"),
        Input("explore-mantine", "forceColorScheme"),
        State("explore-request", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def compare(pins: list[Json] | None, _: str, request: Json | None) -> Any:
        if not pins or len(pins) < 2 or request is None:
            return None
        unit, chosen = state.view_from(request["view"])["units"], pins[:4]
        figure = compare_figure(chosen, unit=unit)
        return html.Div(className="np-two np-compare-box", children=[
            html.Div(panels.compare_table(chosen, unit=unit), className="np-scroll"),
            dcc.Graph(figure=figure.document(), config=CONFIG, style={"height": 300}),
        ])  # fmt: skip


# --- files and scenarios --------------------------------------------------------------


def found(
    client: Client, catalogue: Catalogue, request: Json | None, plan: Json | None
) -> Found | None:
    """Return the view's answer, for files of it."""
    if request is None:
        return None
    whatif = ask(client, catalogue, state.view_from(request["view"]), "")
    document = {"cells": plan["cells"]} if plan and plan.get("cells") else None
    return exports.found(whatif, document)


def load(client: Client, opened: Json, request: Json | None) -> tuple[Any, Any]:
    """Set the knobs as a stored scenario has them."""
    now = state.view_from((request or {}).get("view"))
    try:
        stored = client.scenario(opened["id"])
    except ApiProblem as error:
        return no_update, parts.problem(error.problem)
    view = state.view_of_scenario(stored["scenario"], opened["id"], now)
    return {**view.sliders, **view.choices}, no_update
