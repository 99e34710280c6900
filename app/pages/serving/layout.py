"""Layout of the Serving page: traffic and systems left, the comparison beside them."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.components import dmc, html
from app.pages.frame import header, shell
from app.pages.knobs import fold, group, knobs, options, panel, pick, starts, units
from app.pages.sections import folded, graph, main, section, stores, under_way, verdict
from app.pages.serving import state
from app.pages.serving.controls import CONTROLS
from app.pages.serving.exports import KINDS
from app.pages.serving.state import CHOICES

_STORES = ("request", "kept", "sweep-request", "sweep-kept",
           "query-request", "query-kept", "progress-ask", "progress", "cancel-ask",
           "cancelled", "drawer-ask", "turned")  # fmt: skip
_section, _graph = partial(section, "serv"), partial(graph, "serv")


def layout() -> Any:
    """Lay the page out; every number in it arrives by callback."""
    kept = stores("serv", _STORES, starts(CONTROLS, CHOICES))
    return shell(
        "serv", top=[*kept, _header(), _drawer()], panel=_panel(), main=_main()
    )


def _header() -> Any:
    tools = [units("serv", CHOICES["units"])]
    return header("serv", "serving", tools=tools, exports=KINDS)


def _drawer() -> Any:
    return dmc.Drawer(
        closeButtonProps={"aria-label": "Close"},
        id="serv-drawer", title="Knobs", position="right", size="md",
        children=[
            html.Div(id="serv-drawer-knobs"),
            dmc.Button("This system's defaults", id="serv-drawer-reset",
                       size="compact-sm", variant="subtle"),
        ],
    )  # fmt: skip


# --- inputs ---------------------------------------------------------------------------


def _panel() -> Any:
    return panel("serv", [
        group("Traffic", [
            _pick("lengths", "Requests", options(state.GENERATED)),
            _pick("arrivals", "Arrivals", options(state.ARRIVALS)),
            *_knobs("Traffic"),
        ]),
        group("Hall", [
            _pick("model", "Model", [_same("model")]),
            _pick("server", "Server", [
                {"value": CHOICES["server"], "label": "DGX H100 80 GB"}]),
            _pick("gpus", "Instance", [
                {"value": str(n), "label": f"{n} GPU{'s' if n > 1 else ''}"}
                for n in (1, 2, 4, 8)
            ]),
            *_knobs("Hall"),
        ]),
        group("Systems compared", [
            dmc.CheckboxGroup(
                id="serv-systems", value=CHOICES["systems"].split(","),
                children=[dmc.Skeleton(height=18, mt=8) for _ in range(4)],
            ),
        ]),
        fold("Limits of every request", _knobs("Limits")),
        fold("Prices and carbon", [
            _pick("grid", "Grid", [{"value": "", "label": "Constant"}]),
            _pick("rent", "Rent", options(state.RENTS)),
            *_knobs("Site"),
        ]),
    ], (("P", " published, "), ("M", " measured, "),
        ("A", " assumed default. Point at ")))  # fmt: skip


def _knobs(name: str) -> list[Any]:
    return knobs("serv", CONTROLS, name)


def _pick(name: str, label: str, options: list[Any]) -> Any:
    return pick(f"serv-{name}", label, options, CHOICES[name])


def _same(name: str) -> dict[str, str]:
    return {"value": CHOICES[name], "label": CHOICES[name]}


# --- answers --------------------------------------------------------------------------


def _main() -> Any:
    return main("serv", [
        verdict("serv", "Serving the first requests."),
        under_way("serv"),
        html.Div(id="serv-warnings", role="status"),
        _section("side", "Side by side on the same traffic", html.Div(
            id="serv-side", className="np-scroll-x", children=[
                dmc.Skeleton(height=30, mt=8) for _ in range(4)
            ])),
        html.Div(className="np-two np-even", children=[
            _section("pareto", "SLO against watts", _graph("pareto", 292),
                     html.Span(className="np-quiet", role="status", children=[
                         html.Span(id="serv-sweep-words"),
                         html.Span(id="serv-sweep-progress"),
                     ])),
            _section("latency", "Latency and its limits", _graph("latency", 292),
                     html.Span("median, P90, P99", className="np-quiet")),
        ]),
        _section("pools", "Pools over time", _graph("pools", 430),
                 html.Span(id="serv-pools-of", className="np-quiet")),
        _section("origins", "Where each curve is from",
                 html.Div(id="serv-origins")),
        _section("own", "Against their own baselines",
                 html.Div(id="serv-own", className="np-scroll-x")),
        _query(),
        folded("Every figure, as a table", [
            html.Div(id="serv-table", className="np-scroll"),
            html.Div(id="serv-further", className="np-scroll"),
        ]),
        html.Div(id="serv-status", className="np-status"),
    ])  # fmt: skip


def _query() -> Any:
    tools = html.Div(
        className="np-chart-tools np-query-tools",
        children=[
            _pick("preset", "Inputs", options(state.PRESETS)),
            *_knobs("Query"),
        ],
    )
    return _section("query", "Energy of a query, with its scatter", [
        html.Div(id="serv-query-words", children=[dmc.Skeleton(height=18, w="50%")]),
        html.Div(className="np-three", children=[
            html.Div([html.H3("By inputs; both published versions apart",
                              className="np-h3"), _graph("query", 286)]),
            html.Div([html.H3("What moves it", className="np-h3"),
                      _graph("tornado", 286)]),
            html.Div([html.H3("What saves, alone and combined", className="np-h3"),
                      _graph("savings", 286)]),
        ]),
        html.Details(className="np-fold-plain", children=[
            html.Summary("Percentiles and sources", className="np-quiet"),
            html.Div(id="serv-query-table", className="np-scroll"),
            html.Div(id="serv-query-sources", className="np-scroll np-assumed"),
        ]),
    ], tools)  # fmt: skip
