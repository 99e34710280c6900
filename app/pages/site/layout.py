"""Layout of the site pages: one panel of inputs, three views beside it."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.components import dmc, html
from app.pages import sections
from app.pages.frame import header, shell
from app.pages.knobs import (
    button,
    group,
    knobs,
    labelled,
    options,
    panel,
    pick,
    segmented,
    starts,
    units,
)
from app.pages.site import state
from app.pages.site.state import CHOICES, CONTROLS

_NOTHING = "Nothing to show yet."
_section, _graph = partial(sections.section, "site"), partial(sections.graph, "site")


def layout() -> Any:
    """Lay the page out; every number in it arrives by callback."""
    return shell("site", top=[*_stores(), _header()], panel=_panel(), main=_main())


def _stores() -> list[Any]:
    names = (
        "request-site", "request-failures", "request-cooling", "request-seeds",
        "kept", "progress-ask", "progress", "cancel-ask", "cancelled",
        "diagram", "story", "library", "node", "scenario-list",
    )  # fmt: skip
    return sections.stores("site", names, starts(CONTROLS, CHOICES))


def _header() -> Any:
    tools = [units("site", CHOICES["units"]), button("site-scenarios", "Scenarios")]
    return header("site", "site", tools=tools)


# --- knobs ----------------------------------------------------------------------------


def _panel() -> Any:
    return panel("site", [
        group("Site", [
            _pick("scenario", "Inputs",
                  [{"value": "", "label": "Ready-made site"}]),
            html.P(id="site-scenario-note", className="np-quiet"),
            html.Div(id="site-template", children=[
                _pick("design", "Chains", options(state.DESIGNS)), *_knobs("Site"),
                _pick("server", "Server",
                      [{"value": "dgx-a100", "label": "DGX A100 80 GB (8 GPUs)"}]),
            ]),
        ]),
        html.Div(id="site-knobs", children=[
            group("Load", [
                labelled("Policy", segmented(
                    "site-policy", options(state.POLICIES), "Capping policy",
                    CHOICES["policy"])),
                *_knobs("Load"),
            ]),
            group("Power", [
                labelled("UPS mode", segmented(
                    "site-ups", options(state.UPS_MODES), "How the UPS run",
                    CHOICES["ups"])),
                labelled("Rack PDUs", segmented(
                    "site-rack_pdus", options(state.RACK_PDUS),
                    "Whether rack PDUs are nodes", CHOICES["rack_pdus"])),
                *_knobs("Power"),
            ]),
            group("Cooling", [
                _pick("plant", "Plant", options(state.PLANTS)),
                _pick("weather", "Weather",
                      [{"value": state.GENERATED, "label": "Generated year"}]),
                labelled("Aisles", segmented(
                    "site-aisles", options(state.AISLES),
                    "Whether cold aisles are closed", CHOICES["aisles"])),
                *_knobs("Cooling"),
            ]),
        ]),
    ])  # fmt: skip


def _knobs(name: str) -> list[Any]:
    return knobs("site", CONTROLS, name)


def _pick(name: str, label: str, options: list[Any]) -> Any:
    return pick(f"site-{name}", label, options, CHOICES[name])


# --- answers --------------------------------------------------------------------------


def _main() -> Any:
    return sections.main("site", [
        sections.under_way("site"),
        _view("site", _site()), _view("failures", _failures()),
        _view("cooling", _cooling()),
    ])  # fmt: skip


def _view(name: str, children: list[Any]) -> Any:
    return html.Div(
        id=f"site-view-{name}",
        className="np-view" if name == "site" else "np-view np-hidden",
        children=[
            html.Div(id=f"site-verdict-{name}", className="np-verdict",
                     **{"aria-live": "polite"}, children=[
                dmc.Skeleton(height=24, w="52%"),
                html.P("Simulating the first answer.", className="np-detail",
                       id="site-cold" if name == "site" else f"site-cold-{name}"),
            ]),
            html.Div(sections.numbers("site").children, id=f"site-numbers-{name}",
                     className="np-numbers"),
            *children,
            html.Div(id=f"site-status-{name}", className="np-status"),
        ],
    )  # fmt: skip


_RIGHT = {"type": "rightAligned", "flex": 1, "minWidth": 96}
NODE_COLUMNS: list[dict[str, Any]] = [
    {
        "field": "name",
        "headerName": "Node",
        "minWidth": 120,
        "flex": 1,
        "pinned": "left",
    },
    {"field": "kind", "headerName": "Kind", "minWidth": 96, "flex": 1},
    {"field": "side", "headerName": "Side", "minWidth": 58, "width": 58},
    {"field": "limit", "headerName": "Limit", **_RIGHT},
    {"field": "provisioned", "headerName": "Provisioned", **_RIGHT},
    {"field": "nameplate", "headerName": "Nameplate", **_RIGHT},
    {"field": "peak", "headerName": "Peak", **_RIGHT},
    {"field": "mean", "headerName": "Mean", **_RIGHT},
    {"field": "failover", "headerName": "After loss", **_RIGHT},
    {"field": "cause", "headerName": "of", "minWidth": 104, "flex": 1},
    {"field": "headroom", "headerName": "Headroom", **_RIGHT},
    {"field": "stranded", "headerName": "Stranded", **_RIGHT},
    {"field": "over", "headerName": "Nameplate ÷ limit", **_RIGHT, "minWidth": 120},
    {"field": "loss", "headerName": "Losses", **_RIGHT},
]
CASE_COLUMNS: list[dict[str, Any]] = [
    {"field": "failed", "headerName": "Lost", "minWidth": 200, "flex": 2,
     "filter": "agTextColumnFilter"},
    {"field": "order", "headerName": "Nodes", "width": 76, "minWidth": 76},
    {"field": "lost", "headerName": "Servers lost", **_RIGHT, "minWidth": 104},
    {"field": "slo", "headerName": "SLO damage %", **_RIGHT, "minWidth": 118},
    {"field": "first", "headerName": "First trip", **_RIGHT},
    {"field": "worst", "headerName": "Nearest %", **_RIGHT},
    {"field": "node", "headerName": "of", "minWidth": 124, "flex": 1},
    {"field": "race", "headerName": "Race of cap and breaker", "minWidth": 220,
     "flex": 4, "wrapText": True, "autoHeight": True},
]  # fmt: skip


def _site() -> list[Any]:
    metrics = html.Div(className="np-chart-tools", children=[
        segmented("site-racks_as", options(state.PLANS), "Floor or elevation",
                  CHOICES["racks_as"]),
        segmented("site-metric", options(state.METRICS), "What racks show",
                  CHOICES["metric"]),
    ])  # fmt: skip
    hall = dmc.Select(
        id="site-hall", value="", data=[{"value": "", "label": "all halls"}], size="xs",
        allowDeselect=False, w=110, **{"aria-label": "Hall"},
    )  # fmt: skip
    return [
        _section(
            "diagram", "One-line diagram",
            html.Div(className="np-diagram-box", children=[
                html.Div(id="site-oneline", className="np-diagram"),
                html.Div(className="np-story", children=[
                    html.Div(id="site-node-story", **{"aria-live": "polite"}),
                    html.Div(id="site-feed", className="np-amps", role="group",
                             **{"aria-label": "Voltage and power factor"}),
                ]),
            ]),
            html.Div(className="np-chart-tools", children=[
                _diagram_key("peak → after the worst single loss; click a breaker "
                             "or press F on a node to fail it"),
                hall,
            ]),
        ),
        html.Div(className="np-two np-even", children=[
            _section("levels", "Headroom by level, at its tightest node",
                     _graph("levels", 290)),
            _section("fit", "Where does it fit?",
                     [_fit_question(), html.Div(id="site-fit-rows")]),
        ]),
        html.Div(className="np-two np-even", children=[
            _section("racks", "Racks", _graph("racks", 220), metrics),
            _section("balance", "Balance of each row", _graph("balance", 220),
                     segmented("site-balance", options(state.BALANCES),
                               "What the bars show", CHOICES["balance"])),
        ]),
        _section("losses", "Energy from the feed to the chip",
                 [html.Div(id="site-losses-words"),
                  html.Div(_graph("losses", 320), className="np-wide")]),
        _section(
            "compare", "Compare",
            html.Div(id="site-compare-table", className="np-scroll"),
            dmc.MultiSelect(
                id="site-compare", value=[], data=[], size="xs", maxValues=3, w=280,
                placeholder="with a kept site, or the one planned", clearable=True,
                **{"aria-label": "Sites to compare with"},
            ),
        ),
        sections.folded("Table of all nodes", [
            sections.grid("site-nodes-grid", NODE_COLUMNS, 420, _NOTHING,
                          row_id="params.data.name", enableCellTextSelection=True),
        ]),
    ]  # fmt: skip


def _diagram_key(text: str) -> Any:
    return html.Span(className="np-quiet np-diagram-key", children=[
        html.Span("A", className="np-line-a"), html.Span("B", className="np-line-b"),
        text,
    ])  # fmt: skip


def _fit_question() -> Any:
    """Ask, as one sentence, for what a place is looked for."""
    return html.Div(className="np-ask-fit", role="group", children=[
        html.Label("Add", htmlFor="site-fit"),
        dmc.NumberInput(
            id="site-fit", value=24, min=0, max=10_000, step=1, size="xs", w=64,
            allowDecimal=False, hideControls=True, clampBehavior="blur",
            className="np-number",
        ),
        segmented("site-fit_as", options(state.FIT_UNITS), "What is counted",
                  CHOICES["fit_as"]),
        html.Label("each drawing", htmlFor="site-fit_w"),
        dmc.NumberInput(
            id="site-fit_w", value="", min=100, max=1_000_000, step=100, size="xs",
            w=84, suffix=" W", placeholder="as now", hideControls=True,
            clampBehavior="blur",
            className="np-number", thousandSeparator=",",
            **{"data-tip": "Draw of one server at the worst hour; empty means what "
               "the row's servers draw there"},
        ),
        html.Label("keeping", htmlFor="site-limits"),
        dmc.Select(
            id="site-limits", value=CHOICES["limits"], data=options(state.LIMITS),
            size="xs", w=206, allowDeselect=False,
        ),
        html.Button("Apply to scenario", id="site-fit-apply", type="button",
                    className="np-mini np-mini-first", hidden=True),
        html.Span(id="site-fit-note", role="status", className="np-quiet"),
    ], **{"aria-label": "What to find a place for"})  # fmt: skip


def _failures() -> list[Any]:
    return [
        _section(
            "story", "What follows, step by step",
            [
                html.Div(id="site-story-words"),
                html.Div(className="np-frames", children=[
                    html.Button("◀", id="site-frame-back", type="button",
                                **{"aria-label": "Step back"}),
                    html.Button("▶", id="site-frame-next", type="button",
                                **{"aria-label": "Next step"}),
                    html.Button("Play", id="site-frame-play", type="button"),
                    html.Div(id="site-frame-marks", className="np-frame-marks",
                             role="tablist", **{"aria-label": "Steps"}),
                ]),
                html.Div(id="site-fail-oneline", className="np-diagram"),
            ],
            html.Div(className="np-chart-tools", children=[
                html.Span("press nodes to fail them, or choose a case below",
                          className="np-quiet"),
                html.Button("Nothing failed", id="site-heal", type="button",
                            className="np-mini"),
            ]),
        ),
        html.Div(className="np-two np-even", children=[
            _section("race", "Does the cap land before the breaker trips?",
                     _graph("race", 250)),
            _section("affected", "Affected nodes",
                     html.Div(id="site-affected", className="np-scroll")),
        ]),
        _section("cases", "Every failure and every pair, worst first", sections.grid(
            "site-cases-grid", CASE_COLUMNS, 300, _NOTHING,
            enableCellTextSelection=True,
            rowSelection={"mode": "singleRow", "checkboxes": False,
                          "enableClickSelection": True},
        )),
        _section("matrix", "Every node under every single failure, % of its limit",
                 html.Div(_graph("matrix", 520), className="np-wide")),
        _section(
            "timeline", "A day with failures",
            [
                html.Div(id="site-ready", className="np-ready",
                         **{"aria-label": "Ready failures"}),
                html.Div(id="site-strip", className="np-strip"),
                html.Div(id="site-timeline-words"),
                _section("day-power", "Power on this day", _graph("timeline", 230)),
                _section("day-heat", "Warmest GPU and air on this day",
                         _graph("temperatures", 190)),
                html.Details(className="np-table-fold np-fold-plain", children=[
                    html.Summary("What happened"),
                    html.Div(id="site-events", className="np-scroll"),
                ]),
            ],
            html.Span("add a failure, drag it to its hour, press it to remove it",
                      className="np-quiet"),
        ),
    ]  # fmt: skip


def _cooling() -> list[Any]:
    return [
        _section("pue", "PUE by hour of the year", _graph("pue", 250)),
        html.Div(className="np-two np-even", children=[
            _section("ride", "Without cooling", _graph("ride", 250)),
            _section("parts", "What each part adds", _graph("parts", 250)),
        ]),
        _section("month", "PUE by month", _graph("month", 190)),
    ]  # fmt: skip
