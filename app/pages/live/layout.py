"""Layout of the Live page; the stream fills it in, in place (assets/live.js)."""

from __future__ import annotations

from typing import Any

from app.components import dcc, dmc, html
from app.figures.template import CONFIG
from app.pages.frame import header, shell
from app.pages.knobs import options, segmented, units
from app.pages.live import state
from app.pages.live.state import CHOICES
from app.pages.parts import number_cell
from app.pages.sections import EMPTY, graph, grid, main, section, stores

_CONFIG = CONFIG | {"doubleClick": "autosize"}  # codespell:ignore
_NUMBERS = (
    ("hosts", "Hosts draw"), ("feeds", "At the feeds"), ("limit", "Limit"),
    ("free", "Headroom"), ("tight", "Tightest node"), ("report", "Hosts reporting"),
    ("held", "Held back"), ("age", "Data age"),
)  # fmt: skip
_TIPS = {
    "hosts": "Sum over hosts read in the last 90 s: a host's own meter, else its GPUs "
    "and CPUs",
    "feeds": "Sum of the utility feeds: their meter, else hosts that stand in the tree "
    "+ its modelled losses",
    "limit": "Sum of what the utility feeds may carry for ever",
    "free": "Limit − power at the feeds",
    "tight": "Highest power ÷ limit of all nodes of the tree",
    "report": "Hosts read in the last 90 s ÷ all known; lost after 5 min",
    "held": "Count of hosts with a GPU that something slows: a cap, heat or the power "
    "brake",
    "age": "Now − time of a host's newest reading, the most of all hosts; lost hosts "
    "left out",
}
EXPORTS = (
    ("save-hosts", "Hosts (CSV)"), ("save-nodes", "Power tree (CSV)"),
    ("save-chart", "Chart (CSV)"), ("save-curl", "API call (curl)"),
)  # fmt: skip
HOST_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "headerName": "Host", "pinned": "left", "minWidth": 110,
     "flex": 1, "filter": "agTextColumnFilter"},
    {"field": "state", "headerName": "State", "minWidth": 76, "width": 76},
    {"field": "node", "headerName": "Stands on", "minWidth": 96, "flex": 1},
    *({"field": field, "headerName": title, "type": "rightAligned", "minWidth": 84,
       "flex": 1, "valueFormatter": {"function": f"params.data.{field}_text"}}
      for field, title in (("power", "Power"), ("temp", "Hottest"), ("busy", "Busy"),
                           ("age", "Age"))),
    {"field": "throttle_text", "headerName": "Held back by", "minWidth": 130,
     "flex": 2},
]  # fmt: skip


def layout() -> Any:
    """Lay the page out; every number in it arrives by the stream."""
    kept = stores("live", ("request", "kept", "side", "twin"), CHOICES)
    return shell("live", top=[*kept, _header()], panel=None, main=_main())


def _header() -> Any:
    tools = [units("live", CHOICES["units"])]
    return header("live", "live", edits=False, tools=tools, exports=EXPORTS)


def _main() -> Any:
    return main("live", [
        _empty(),
        html.Div(id="live-verdict", className="np-verdict", children=[
            html.P(className="np-headline", children=[
                html.Span("", id="live-sign", className="np-sign",
                          **{"aria-hidden": "true"}),
                html.Span("Waiting for the first reading.", id="live-headline"),
            ]),
            html.P(className="np-detail", children=[
                html.Span(id="live-detail"),
                html.Span("", id="live-chip", className="np-chip lv-chip"),
            ]),
        ]),
        html.Div(id="live-numbers", className="np-numbers", children=[
            number_cell(f"live-number-{name}", title, "–", tip=_TIPS[name],
                        source="measured")
            for name, title in _NUMBERS
        ]),
        html.Div(className="np-two lv-two", children=[_chart(), _nodes()]),
        html.Div(className="np-two lv-two", children=[
            html.Div([
                _hosts(),
                _section("alerts", "Alerts", html.Div(id="live-alerts-list")),
                _section("events", "What agents reported, last 24 h",
                         html.Div(id="live-events-list", className="np-scroll")),
            ]),
            _detail(),
        ]),
        _twin(),
        html.Div(className="np-status", children=[
            html.Span(id="live-stream-state"), html.Span(id="live-bins"),
            html.Span(id="live-age"),
        ]),
    ])  # fmt: skip


def _section(name: str, title: Any, children: Any, tools: Any = None) -> Any:
    return section("live", name, title, children, tools, kind=f"np-chart lv-{name}")


def _switch(name: str, pairs: tuple[tuple[str, str], ...], label: str) -> Any:
    return segmented(f"live-{name}", options(pairs), label, CHOICES[name])


def _chart() -> Any:
    tools = html.Div(className="np-chart-tools", children=[
        html.Div(_switch("quantity", state.QUANTITIES, "What the chart shows"),
                 id="live-quantity-box", className="np-hidden"),
        html.Div(_switch("scale", state.SCALES, "Reach of the axis"),
                 id="live-scale-box"),
        html.Div(_switch("range", state.RANGES, "Time range")),
        html.Button("❙❙ Pause", id="live-pause", type="button", className="np-mini",
                    **{"data-tip": "Holds the picture; readings go on being stored"}),
    ])  # fmt: skip
    return _section("chart", "Site", [
        dcc.Graph(id="live-fig", config=_CONFIG, figure=EMPTY, responsive=True,
                  style={"height": 300}),
        html.Details(className="np-table-fold", children=[
            html.Summary("Table"),
            html.Div(id="live-table", className="np-scroll", tabIndex=0),
        ]),
    ], tools)  # fmt: skip


def _nodes() -> Any:
    heads = (
        ("order", "Node"), ("power", "Power"), ("", "Limit"), ("load", "Load"),
        ("", "By"), ("hosts", "Hosts"),
    )  # fmt: skip
    return _section("nodes", "Power tree", [
        html.Div(className="np-scroll lv-scroll", id="live-nodes-box", children=[
            html.Table(className="np-table lv-table", children=[
                html.Thead(html.Tr([
                    html.Th(
                        html.Button(title, type="button", className="lv-sort",
                                    **{"data-sort": key}) if key else title,
                        scope="col", id=f"live-head-{key}" if key else f"live-h{i}",
                    )
                    for i, (key, title) in enumerate(heads)
                ])),
                html.Tbody(id="live-nodes"),
            ]),
        ]),
        html.P(id="live-no-tree", className="np-quiet np-hidden", children=[
            "No scenario is watched, so there is no tree and no limit. ",
            html.A("Choose one and place the hosts", href="/data/#placement"), ".",
        ]),
        html.P("M: its own meter reads, and how far from the sum. Σ: hosts below and "
               "modelled losses.", className="np-quiet lv-key"),
    ], _switch("level", state.LEVELS, "Which nodes"))  # fmt: skip


def _hosts() -> Any:
    tools = html.Div(className="np-chart-tools", children=[
        _switch("metric", state.METRICS, "What hosts show"),
        _switch("shape", state.SHAPES, "Map or table"),
    ])  # fmt: skip
    return _section("hosts", "Hosts", [
        html.Div(id="live-map", className="lv-map", role="group",
                 **{"aria-label": "Hosts; arrow keys move, Enter chooses"}),
        html.Div(id="live-grid-box", className="np-hidden"),
        html.P(id="live-scale-words", className="np-quiet lv-key"),
    ], tools)  # fmt: skip


def host_grid() -> Any:
    """Hosts as a table; made when it is first wanted, for its library is large."""
    return grid("live-grid", HOST_COLUMNS, 320, "No host reports yet.",
                row_id="params.data.name")  # fmt: skip


def _detail() -> Any:
    return _section("detail", "Hosts to look at", [
        html.P(id="live-host-words", className="np-quiet"),
        html.Div(className="np-scroll lv-scroll", children=html.Table(
            className="np-table lv-table", children=[
                html.Thead(html.Tr(id="live-detail-head")),
                html.Tbody(id="live-detail-rows"),
            ],
        )),
    ], html.Button("Close", id="live-host-close", type="button",
                   className="np-mini np-hidden"))  # fmt: skip


def _twin() -> Any:
    """What the twin predicts beside the site; asked for after the chart is there."""
    return html.Div(className="lv-twin", children=[
        html.Div(className="np-two lv-two np-section", children=[
            _section("shadow", "Measured against predicted, last hour", [
                graph("live", "shadow", 220),
                html.Div(id="live-shadow-table", className="np-scroll"),
            ]),
            _section("forecast", "Forecast", [
                graph("live", "forecast", 220), html.Div(id="live-forecast-words"),
                html.Div(id="live-begin-words", role="status"),
            ], dmc.Button("Start a what-if from now", id="live-begin",
                          size="compact-sm", variant="default")),
        ]),
    ])  # fmt: skip


def _empty() -> Any:
    """Say how the first host comes to report."""
    return html.Section(
        id="live-empty", className="lv-empty np-hidden",
        **{"aria-labelledby": "live-empty-title"},
        children=[
            html.H2("No host reports yet", id="live-empty-title",
                    className="np-headline"),
            html.P("An agent on each GPU host sends power, temperatures and throttle "
                   "reasons. Three steps; this page shows the first reading as soon as "
                   "it is here."),
            html.Ol([
                _step("On this server, make a token for the host, and take it there",
                      "token",
                      "(umask 077; nameplate tokens create node001 --role agent "
                      "> node001.token)"),
                _step("On the host, in a copy of this project, install the agent and "
                      "see what it can read", "keep",
                      "chmod 600 node001.token && pip install ./agent && "
                      "nameplate-agent check --server SERVER --name node001 "
                      "--token-file node001.token"),
                _step("Start it", "run",
                      "nameplate-agent run --server SERVER --name node001 "
                      "--token-file node001.token"),
            ]),
            html.P([
                "Prometheus, OpenTelemetry and files work, too: see ",
                html.A("Data", href="/data/"),
                " for files, and docs/telemetry.md for the addresses.",
            ]),
        ],
    )  # fmt: skip


def _step(words: str, name: str, command: str) -> Any:
    return html.Li([
        words,
        html.Div(className="lv-command", children=[
            html.Code(command, id=f"live-command-{name}"),
            dmc.Button("Copy", id=f"live-copy-{name}", size="compact-xs",
                       variant="default"),
        ]),
    ])  # fmt: skip
