"""Callbacks of the site pages: ask the client, hand the answers to plain functions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from api.client import ApiProblem, Client
from app.components import (
    Input,
    Output,
    State,
    no_update,
)  # fmt: skip
from app.figures import site as figures
from app.figures.one_line import diagram
from app.pages import parts
from app.pages.asking import (
    away,
    bind,
    bind_answer,
    bind_progress,
    call_of,
    respond_to,
)  # fmt: skip
from app.pages.exports import bind_exports, of_call
from app.pages.knobs import bind_knobs, bind_view
from app.pages.site import answer, state
from app.pages.under_way import Ask, UnderWay, at_once
from app.site_words import (
    cooling_figures,
    cooling_words,
    failures_figures,
    failures_words,
)

Json = dict[str, Any]
T = TypeVar("T")

CHOSEN = ("units", "design", "ups", "plant", "weather", "policy", "server", "theme",
          "metric", "hall", "fit", "fit_w", "fit_as", "limits", "scenario",
          "aisles", "balance", "compare", "racks_as", "rack_pdus")  # fmt: skip
SEEDS = 5
"""Seeds that a site at rest is run for, to say how far its numbers range."""
MOST_RACK_DAYS = 400
"""Larger sites are run for more seeds at a tool's request alone."""
SITE_PARTS = (
    ("verdict-site", "children"), ("numbers-site", "children"), ("diagram", "data"),
    ("hall", "data"), ("fit-rows", "children"), ("fig-levels", "figure"),
    ("fig-racks", "figure"), ("fig-balance", "figure"), ("fig-losses", "figure"),
    ("losses-words", "children"), ("compare-table", "children"),
    ("nodes-grid", "rowData"),
    ("status-site", "children"),
)  # fmt: skip
FAILURE_PARTS = (
    ("verdict-failures", "children"), ("numbers-failures", "children"),
    ("cases-grid", "rowData"), ("fig-matrix", "figure"), ("story", "data"),
    ("story-words", "children"), ("fig-race", "figure"), ("affected", "children"),
    ("library", "data"), ("fig-timeline", "figure"), ("fig-temperatures", "figure"),
    ("timeline-words", "children"), ("events", "children"),
    ("status-failures", "children"),
)  # fmt: skip
COOLING_PARTS = (
    ("verdict-cooling", "children"), ("numbers-cooling", "children"),
    ("fig-pue", "figure"), ("fig-month", "figure"), ("fig-parts", "figure"),
    ("fig-ride", "figure"), ("status-cooling", "children"),
)  # fmt: skip


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    known, under_way = Known(client), UnderWay(client.site_run)
    _browser_side(dash)
    bind_progress(
        dash, "site", lambda asked: {"told": under_way.progress(asked["tab"])},
        lambda asked: under_way.cancel(asked["tab"], asked["seq"]),
    )  # fmt: skip
    for view, drawn, draw in (
        ("site", SITE_PARTS, draw_site), ("failures", FAILURE_PARTS, draw_failures),
        ("cooling", COOLING_PARTS, draw_cooling),
    ):  # fmt: skip
        call = partial(respond, client, known, under_way, count=len(drawn), draw=draw)
        bind_answer(dash, "site", drawn, call, asked=f"request-{view}",
                    shared=("kept",))  # fmt: skip
    numbers = (("verdict-site", "children"), ("numbers-site", "children"))
    bind(dash, "site", "request-seeds", numbers,
         partial(ranged, client, known, under_way),
         shared=("verdict-site", "numbers-site"))  # fmt: skip
    _node(dash, client, known)
    _options(dash, known)
    bind_exports(dash, "site", partial(of_call, client), [State("site-kept", "data")])


class Known:
    """What the server has: server types with their first model, weather, scenarios."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._models: dict[str, str] = {}

    def model(self, server: str) -> str:
        """Return a model that a server type runs: the default's, or its first."""
        if server not in self._models:
            names = [m["model"] for m in self._client.models(server)]
            usual = "bloom-176b"
            self._models[server] = usual if usual in names else (names or [""])[0]
        return self._models[server]

    def options(self) -> tuple[list[Json], ...]:
        """Options of servers, weather, stored sites, and sites to compare with."""
        servers = [
            {"value": s["key"], "label": s["label"]} for s in self._client.servers()
            if self.model(s["key"])
        ]  # fmt: skip
        weather = [{"value": name, "label": name} for name in self._client.weather()]
        stored = [
            {"value": s["id"], "label": s["name"]}
            for s in self._client.scenarios(archived=False) if s["has_facility"]
        ]  # fmt: skip
        return (
            servers, [{"value": state.GENERATED, "label": "Generated year"}, *weather],
            [{"value": "", "label": "Ready-made site"}, *stored],
            [{"value": state.PLANNED, "label": "As planned"}, *stored],
        )  # fmt: skip

    def question(self, view: state.View, *, events: bool = False) -> Json:
        """Return what a view asks, with a model that its server type runs."""
        model = "" if view["scenario"] else self.model(view["server"])
        return state.question(view, model=model, events=events)


# --- in the browser -------------------------------------------------------------------


def _browser_side(dash: Any) -> None:
    """Gather the knobs, pace the questions, keep the URL: assets/site.js."""
    bind_knobs(dash, "site", state.CONTROLS)
    inputs = [Input(f"site-{c.key}-slider", "value") for c in state.CONTROLS]
    inputs += [Input(f"site-{name}", "value") for name in CHOSEN]
    bind_view(dash, "site", inputs, steps=(
        ("drawn", [Input("site-diagram", "data")]),
        ("told", [Input("site-story", "data")]),
        ("ready", [Input("site-library", "data")]),
        ("chosen", [Input("site-cases-grid", "selectedRows")]),
        ("picked", [
            Input("site-fig-levels", "clickData"), Input("site-fig-racks", "clickData"),
            Input("site-fig-matrix", "clickData"),
            Input("site-nodes-grid", "cellClicked"),
        ]),
        ("reset", [Input("site-reset", "n_clicks"), State("site-defaults", "data")]),
        ("progress", [Input("site-progress", "data")]),
    ))  # fmt: skip


# --- answers --------------------------------------------------------------------------

Draw = Callable[[Client, Known, state.View, Ask], tuple[tuple[Any, ...], Json]]


def respond(
    client: Client, known: Known, under_way: UnderWay, request: Json, *, count: int,
    draw: Draw,
) -> tuple[Any, ...]:  # fmt: skip
    """
    Answer one request of the page.

    Args:
        client: Way to the server.
        known: What the server has.
        under_way: Keeps how far the question is, for who wants to know or stop it.
        request: `{seq, tab, view}` of the page.
        count: Parts that `draw` returns.
        draw: Draws the view.

    Returns:
        Every part of the view, the problem, and what the browser keeps.
    """

    def drawn(view: state.View) -> tuple[tuple[Any, ...], Json]:
        ask = under_way.begin(request["tab"], request["seq"])
        asked = known.question(view, events=bool(view["events"]))
        found, more = draw(client, known, view, ask)
        return found, more | {"asked": asked, "view": view["view"]}

    return respond_to(state, request, drawn, count)


def draw_site(
    client: Client, known: Known, view: state.View, ask: Ask = at_once
) -> tuple[tuple[Any, ...], Json]:
    """Draw the view Site: SITE_PARTS, and what the browser keeps."""
    asked = known.question(view)
    unit = view["units"]
    run = ask(client.site_run, **asked)
    fit = state.fit_of(view, run["racks"][0]["server_count"])
    room = ask(client.site_fit, **fit, **asked)
    hall = answer.hall_of(run, view)
    elevation = view["racks_as"] == "elevation"
    others = [
        _other(client, known, view, name, ask) for name in state.compared_of(view)
    ]
    if others:
        this = ("this view", run, ask(client.site_failures, pairs=False, **asked))
        others = [this, *others]
    found = (
        answer.site_verdict(run), answer.site_numbers(run, unit=unit),
        diagram(run, hall=hall, unit=unit),
        answer.hall_options(run), answer.fit_panel(room, asked=fit),
        figures.levels_figure(
            run, unit=unit, measured=_measured(client, view)
        ).document(),
        figures.rack_figure(
            run, metric=view["metric"], hall=hall, unit=unit,
            row=answer.row_of(run, view, hall) if elevation else "",
        ).document(),
        figures.balance_figure(
            run, hall=hall, unit=unit, phases=view["balance"] == "phases"
        ).document(),
        figures.losses_figure(run).document(),
        answer.losses_words(run, unit=unit), answer.compare_table(others, unit=unit),
        answer.node_rows(run, unit=unit), answer.status(run, "site"),
    )  # fmt: skip
    rack_days = len(run["racks"]) * run["horizon_s"] / 86_400
    more: Json = {
        "call": call_of("/site/run", asked), "node": view["node"],
        "ranges": rack_days <= MOST_RACK_DAYS,
    }  # fmt: skip
    if room["placed_servers"] and "server_w" not in fit:
        more["fit"] = fit | {"inputs": True}
    return found, more


def _measured(client: Client, view: state.View) -> dict[str, float | None]:
    """What the nodes of the site draw now, where it is the one that is watched."""
    with contextlib.suppress(ApiProblem):
        if view["scenario"] and client.placement()["scenario_id"] == view["scenario"]:
            nodes = client.telemetry_now()["nodes"]
            return {n["name"]: n["power_w"] for n in nodes}
    return {}


def _other(
    client: Client, known: Known, view: state.View, name: str, ask: Ask
) -> tuple[str, Json, Json]:
    """Title, run and screening of a site to compare with."""
    if name == state.PLANNED:
        title, asked = "as planned", known.question(state.planned(view))
    else:
        title = client.scenario(name)["name"]
        asked = {"scenario_id": name, "changes": {}}
    run = ask(client.site_run, **asked)
    return title, run, ask(client.site_failures, pairs=False, **asked)


def draw_failures(
    client: Client, known: Known, view: state.View, ask: Ask = at_once
) -> tuple[tuple[Any, ...], Json]:
    """Draw the view Failures: FAILURE_PARTS, and what the browser keeps."""
    asked = known.question(view)
    unit = view["units"]
    run = ask(client.site_run, **asked)
    screening = ask(client.site_failures, **asked)
    failed = _failed(view, run, screening)
    story = ask(client.site_failure, failed=failed, **asked)
    events = state.events_of(view["events"])
    day = run
    if events:
        happening = known.question(view, events=True)
        day = ask(client.site_run, **happening)
    ready = client.site_network(**asked)["ready"]
    found = (
        parts.verdict(failures_words(screening)),
        parts.number_cells("site", failures_figures(screening)),
        answer.case_rows(screening),
        figures.matrix_figure(screening["matrix"]).document(),
        answer.story_document(run, story, answer.hall_of(run, view), unit=unit),
        answer.story_words(story), figures.race_figure(story).document(),
        answer.affected_table(run, story, unit=unit),
        {"ready": ready, "events": events, "horizon_s": run["horizon_s"]},
        figures.timeline_figure(day, events, unit=unit).document(),
        figures.temperatures_figure(day, events).document(),
        answer.timeline_words(day, run), answer.events_table(day),
        answer.status(screening, "failures"),
    )  # fmt: skip
    return found, {"call": call_of("/site/failures", asked), "failed": failed}


def _failed(view: state.View, run: Json, screening: Json) -> list[str]:
    """Nodes of the story: chosen, or the worst single failure."""
    names = {n["name"] for n in run["nodes"]}
    names |= {name for case in screening["cases"] for name in case["failed"]}
    chosen = [name for name in state.failed_of(view) if name in names]
    if chosen:
        return chosen
    single = [c for c in screening["cases"] if len(c["failed"]) == 1]
    worst = max(single, key=lambda c: (c["lost_servers"], c["worst_frac"]))
    return list(worst["failed"])


def draw_cooling(
    client: Client, known: Known, view: state.View, ask: Ask = at_once
) -> tuple[tuple[Any, ...], Json]:
    """Draw the view Cooling: COOLING_PARTS, and what the browser keeps."""
    asked = known.question(view)
    it_frac = round(view["it"] / 100, 4)
    year = ask(client.cooling_year, it_frac=it_frac, **asked)
    found = (
        parts.verdict(cooling_words(year)),
        parts.number_cells("site", cooling_figures(year)),
        figures.pue_figure(year).document(),
        figures.month_figure(year).document(),
        figures.parts_figure(year).document(),
        figures.ride_figure(year).document(),
        answer.status(year, "cooling"),
    )  # fmt: skip
    call = call_of("/site/cooling-year", asked | {"it_frac": it_frac})
    return found, {"call": call}


def ranged(
    client: Client, known: Known, under_way: UnderWay, request: Json
) -> tuple[Any, Any]:
    """
    Draw a view's verdict and numbers with their ranges over seeds of traffic.

    A page at rest asks for them; nothing is drawn where it is not wanted any more.
    """
    view = state.view_from(request["view"])
    ask = under_way.further(request["tab"], request["seq"])
    with contextlib.suppress(ApiProblem):
        run = ask(client.site_run, seeds=SEEDS, **known.question(view))
        if run["seed_ranges"]:
            return answer.site_verdict(run), answer.site_numbers(
                run, unit=view["units"]
            )
    return no_update, no_update


def _node(dash: Any, client: Client, known: Known) -> None:
    @dash.callback(
        Output("site-node-story", "children"),
        Input("site-node", "data"), State("site-request-site", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def story(chosen: Json, request: Json | None) -> Any:
        if request is None:
            return no_update
        view = state.view_from(request["view"])

        def tell() -> Any:
            try:
                run = client.site_run(**known.question(view))
            except ApiProblem as error:
                return parts.problem(error.problem)
            return answer.node_story(run, chosen["name"], unit=view["units"])

        return await away(tell)


# --- options --------------------------------------------------------------------------


def _options(dash: Any, known: Known) -> None:
    @dash.callback(
        Output("site-server", "data"), Output("site-weather", "data"),
        Output("site-scenario", "data"), Output("site-compare", "data"),
        Input("site-boot", "data"), Input("site-scenario-list", "data"),
    )  # fmt: skip
    async def options(_: int, __: Any) -> tuple[Any, ...]:
        return await away(known.options)
