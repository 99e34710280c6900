"""Callbacks of the Live page: periods and selections; the rest is the stream's."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.components import Input, Output, State, no_update
from app.figures.live import Curve, live_figure, series_curve
from app.figures.template import Figure
from app.format import power_scale
from app.pages import parts
from app.pages.asking import answered, away, bind, bind_answer
from app.pages.exports import Found, bind_exports, of_readings
from app.pages.knobs import bind_copy, bind_view
from app.pages.live import answer, state
from app.pages.live.layout import host_grid
from app.pages.live.twin import begin, respond_twin

Json = dict[str, Any]

CHOSEN = ("units", "theme", "range", "quantity", "scale", "level", "metric", "shape")
EVENTS_S = 86_400
COMMANDS = ("token", "keep", "run")
PARTS = (("fig", "figure"), ("table", "children"))
LISTS = (("alerts-list", "children"), ("events-list", "children"))
TWIN = (
    ("fig-shadow", "figure"), ("shadow-title", "children"),
    ("shadow-table", "children"), ("fig-forecast", "figure"),
    ("forecast-words", "children"),
)  # fmt: skip


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    _browser_side(dash)
    bind_answer(dash, "live", PARTS, lambda asked: respond(client, asked, time.time()))
    bind(dash, "live", "side", LISTS,
         lambda asked: respond_lists(client, asked, time.time()))  # fmt: skip
    _twin(dash, client)
    _grid(dash)
    bind_exports(dash, "live", partial(found, client), [State("live-request", "data")])


def _browser_side(dash: Any) -> None:
    """Stream, selection, URL: assets/live.js."""
    bind_view(dash, "live", (Input(f"live-{n}", "value") for n in CHOSEN), steps=(
        ("zoomed", [Input("live-fig", "relayoutData")]),
        ("gridPicked", [Input("live-grid", "cellClicked")]),
    ))  # fmt: skip
    for name in COMMANDS:
        bind_copy(dash, f"live-copy-{name}", f"live-command-{name}")


def found(client: Client, request: Json | None) -> Found | None:
    """Return what was measured in the period of the page."""
    if request is None:
        return None
    view = state.view_from(request["view"])
    return of_readings(client, view.of, view.period_s(time.time()))


# --- the chart ------------------------------------------------------------------------


def respond(client: Client, request: Json, now_s: float) -> tuple[Any, ...]:
    """
    Draw the chart of a view.

    Args:
        client: Way to the server.
        request: `{seq, view}` of the page.
        now_s: The server's clock. [s]

    Returns:
        Figure, its table, the problem, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {"seq": request["seq"]}

    def drawn() -> tuple[tuple[Any, ...], Json]:
        figure, curve, more = draw(client, view, now_s)
        table = None if curve.empty else answer.series_table(curve)
        return (figure.document(), table), more

    return answered(drawn, kept, parts_count=len(PARTS))


def draw(client: Client, view: state.View, now_s: float) -> tuple[Figure, Curve, Json]:
    """Ask for a view's period and draw it; and what the browser needs to go on."""
    window_s = view.period_s(now_s)
    start_us, end_us = (round(t * 1e6) for t in window_s)
    series = client.telemetry_series(view.of, start_us, end_us, device=view.device)
    now = client.telemetry_now(node="", hosts=[view["host"]] if view["host"] else [])
    curve = series_curve(series, quantity=view.quantity, unit=view.unit)
    limit, words = limit_of(view, series, now)
    figure = live_figure(
        curve, window_s, limit=limit, limit_words=words,
        to_limit=view["scale"] == "limit" and limit is not None,
    )  # fmt: skip
    more = {
        "of": view.of, "device": view.device, "quantity": view.quantity,
        "level": series["level"], "bin_s": series["bin_s"],
        "window_s": list(window_s), "zoomed": view.zoom_s() is not None,
        "has_limit": limit is not None, "units": view.unit,
    }  # fmt: skip
    return figure, curve, more


def limit_of(view: state.View, series: Json, now: Json) -> tuple[float | None, str]:
    """Line to draw into a chart, in the unit shown, and what it is."""
    scale = power_scale(view.unit)
    devices = [d for h in now["details"] for d in h["devices"]]
    device = next((d for d in devices if d["key"] == view.device), None)
    found: float | None = None
    if device is not None and view.quantity == "temp":
        slow = device["facts"].get("slowdown_c")
        return (float(slow) if slow else None), "slows down at"
    if device is not None and view.quantity == "power":
        found, words = device["power_limit_w"], "enforced limit"
    elif view.of.startswith("node/"):
        found, words = series["limit_w"], "limit"
    elif view.of == "site":
        found, words = now["site"]["limit_w"], "utility feeds"
    else:
        words = ""
    return (None if found is None else found / scale), words


def _grid(dash: Any) -> None:
    @dash.callback(
        Output("live-grid-box", "children"), Input("live-shape", "value"),
        State("live-grid-box", "children"), prevent_initial_call=True,
    )  # fmt: skip
    async def make(shape: str, there: Any) -> Any:
        return no_update if there or shape != "table" else host_grid()


# --- alerts and events ----------------------------------------------------------------


def respond_lists(client: Client, request: Json, now_s: float) -> tuple[Any, ...]:
    """List what fires, and what agents reported in the last day."""
    unit = state.view_from(request)["units"]
    end_us = round(now_s * 1e6)
    try:
        alerts = client.alerts(status="firing")
        events = client.telemetry_events(end_us - EVENTS_S * 1_000_000, end_us)
    except ApiProblem as error:
        return parts.problem(error.problem), no_update
    return answer.alerts_list(alerts, unit), answer.events_list(events)


# --- the twin -------------------------------------------------------------------------


def _twin(dash: Any, client: Client) -> None:
    bind(dash, "live", "twin", TWIN, partial(respond_twin, client))

    @dash.callback(
        Output("live-begin-words", "children"), Input("live-begin", "n_clicks"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def start(clicks: int | None) -> Any:
        return await away(begin, client, time.time()) if clicks else no_update
