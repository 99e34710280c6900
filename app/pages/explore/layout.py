"""Layout of the Explore page: knobs on the left, answer on the right, pins below."""

from __future__ import annotations

from typing import Any

from app.components import dcc, dmc, html
from app.figures.template import CONFIG
from app.pages.explore import state
from app.pages.explore.exports import KINDS
from app.pages.explore.state import CHOICES, CONTROLS
from app.pages.frame import header, shell, welcome
from app.pages.knobs import (
    button,
    fold,
    group,
    knobs,
    labelled,
    panel,
    pick,
    segmented,
    starts,
    units,
)
from app.pages.sections import EMPTY, grid, numbers, section, stores, verdict

POLICY_OPTIONS = [
    {"value": "no-cap", "label": "No cap"},
    {"value": "one-threshold-low", "label": "1 thr. low"},
    {"value": "one-threshold-all", "label": "1 thr. all"},
    {"value": "polca", "label": "POLCA"},
]

_STORES = (
    "request", "answer", "catalogue", "plan", "plan-poll", "plan-step",
    "scenario-open", "scenario-load",
)  # fmt: skip


def layout() -> Any:
    """Lay the page out; every number in it arrives by callback."""
    kept = stores("explore", _STORES, starts(CONTROLS, CHOICES))
    pins = dcc.Store(id="explore-pins", storage_type="local", data=[])
    return shell("explore", top=[*kept, pins, _header()], panel=_panel(), main=_main())


# --- header ---------------------------------------------------------------------------


def _header() -> Any:
    return header(
        "explore", "explore", about="Row 7",
        tools=[
            units("explore", CHOICES["units"]),
            button("explore-scenarios", "Scenarios"),
            dmc.Button("Pin", id="explore-pin", size="compact-sm"),
        ], exports=KINDS,
    )  # fmt: skip


def _segmented(name: str, options: list[Any], label: str, **more: Any) -> Any:
    return segmented(f"explore-{name}", options, label, CHOICES[name], **more)


# --- knobs ----------------------------------------------------------------------------


def _panel() -> Any:
    return panel("explore", [
        group("Row", [*_rows("Row"), _server(), _model()]),
        group("Load", [_traffic(), *_rows("Load")]),
        group("Policy", [
            _segmented("policy", POLICY_OPTIONS, "Capping policy", fullWidth=True),
            *_rows("Policy"),
        ]),
        fold("Clock caps", _rows("Clocks")),
        fold("Delays", _rows("Delays")),
        group("Run", [_horizon(), _seed()]),
    ])  # fmt: skip


def _rows(group: str) -> list[Any]:
    return knobs("explore", CONTROLS, group)


def _pick(name: str, label: str, options: list[Any]) -> Any:
    return pick(f"explore-{name}", label, options, CHOICES[name])


def _server() -> Any:
    options = [{"value": "dgx-a100", "label": "DGX A100 80 GB (8 GPUs)"}]
    return _pick("server", "Server", options)


def _model() -> Any:
    return _pick("model", "Model", [{"value": "bloom-176b", "label": "BLOOM-176B"}])


def _traffic() -> Any:
    options = [{"value": state.GENERATED, "label": "Generated day"}]
    return _pick("traffic", "Traffic", options)


def _horizon() -> Any:
    options = [{"value": d, "label": f"{d} d"} for d in ("1", "3", "7")]
    return labelled("Horizon", _segmented("days", options, "Horizon in days"))


def _seed() -> Any:
    return html.Div(
        className="np-pick",
        children=[
            html.Label("Seed", htmlFor="explore-seed"),
            dmc.NumberInput(
                id="explore-seed", value=1, min=1, max=2**31 - 1, step=1, size="xs",
                allowDecimal=False, clampBehavior="blur", hideControls=True,
                className="np-number",
            ),
        ],
    )  # fmt: skip


# --- answer ---------------------------------------------------------------------------


def _main() -> Any:
    return html.Main(
        id="explore-main",
        className="np-main",
        children=[
            html.Div(className="np-progress", **{"aria-hidden": "true"}),
            welcome(),
            verdict("explore", "Simulating the first answer.", "52%"),
            html.Div(id="explore-problem", role="alert"),
            numbers("explore"),
            html.Div(id="explore-headroom", className="np-headroom-box"),
            _chart("power", "Row power", 270, html.Span(
                id="explore-power-note", className="np-quiet")),
            html.Div(className="np-two", children=[
                _chart("risk", "Risk by server count", 232, _risk_tools()),
                _chart("latency", "Latency impact by priority", 232, html.Span(
                    "share of the allowed rise", className="np-quiet")),
            ]),
            html.Div(id="explore-status", className="np-status"),
            _pins(),
            html.Section(className="np-section", children=[
                html.H2("Control events", className="np-h2"),
                html.P(id="explore-events-note", className="np-quiet"),
                grid("explore-events-grid", EVENT_COLUMNS, 214, "No control event yet.",
                     rowHeight=30, enableCellTextSelection=True),
            ]),
        ],
    )  # fmt: skip


def _chart(name: str, title: str, height_px: int, tools: Any) -> Any:
    return section("explore", name, title, [
        dcc.Graph(
            id=f"explore-{name}", config=CONFIG, style={"height": height_px},
            figure=EMPTY, responsive=True,
        ),
        html.Details(id=f"explore-{name}-fold", className="np-table-fold", children=[
            html.Summary("Table"),
            html.Div(id=f"explore-{name}-table", className="np-scroll"),
        ]),
    ], tools)  # fmt: skip


def _risk_tools() -> Any:
    metrics = [
        {"value": "limit", "label": "Tightest"},
        {"value": "peak", "label": "Peak"},
        {"value": "brakes", "label": "Brakes"},
        {"value": "low99", "label": "P99"},
    ]
    seeds = [{"value": n, "label": f"{n}×"} for n in ("1", "3", "5")]
    return html.Div(className="np-chart-tools", children=[
        html.Span(id="explore-plan-text", className="np-quiet", role="status"),
        dmc.Button("Stop", id="explore-plan-stop", size="compact-xs", variant="subtle",
                   className="np-hidden"),
        _segmented("metric", metrics, "Risk shown"),
        html.Div(
            _segmented("seeds", seeds, "Repetitions (seeds)"),
            **{"data-tip": "Independent repetitions per point; "
               "whiskers span lowest to highest"},
        ),
    ])  # fmt: skip


# --- pins -----------------------------------------------------------------------------

_RIGHT = {"type": "rightAligned", "flex": 1, "minWidth": 96}
PIN_COLUMNS: list[dict[str, Any]] = [
    {
        "field": "label",
        "headerName": "Pinned run",
        "editable": True,
        "minWidth": 230,
        "flex": 2,
    },
    {"field": "servers", "headerName": "Servers", **_RIGHT},
    {"field": "policy", "headerName": "Policy", "minWidth": 130, "flex": 1},
    {"field": "verdict", "headerName": "Service levels", "minWidth": 120, "flex": 1},
    {"field": "peak", "headerName": "Peak", **_RIGHT},
    {"field": "peak_delta", "headerName": "Δ base", **_RIGHT},
    {"field": "caps", "headerName": "Caps", **_RIGHT},
    {"field": "brakes", "headerName": "Brakes", **_RIGHT},
    {"field": "low", "headerName": "Low P50 / P99", **_RIGHT, "minWidth": 150},
    {"field": "high", "headerName": "High P50 / P99", **_RIGHT, "minWidth": 150},
    {"field": "throughput", "headerName": "Throughput", **_RIGHT},
    {"field": "throughput_delta", "headerName": "Δ base", **_RIGHT},
    {"field": "energy", "headerName": "J/token", **_RIGHT},
]
EVENT_COLUMNS: list[dict[str, Any]] = [
    {"field": "t", "headerName": "Time from start", "minWidth": 130, "flex": 1},
    {"field": "event", "headerName": "Event", "minWidth": 150, "flex": 2},
    {"field": "target", "headerName": "Servers", "minWidth": 130, "flex": 2},
    {"field": "value", "headerName": "SM clock", **_RIGHT},
]


SELECTION = {
    "mode": "multiRow", "checkboxes": True, "headerCheckbox": False,
    "enableClickSelection": False,
}  # fmt: skip


def _pins() -> Any:
    return html.Section(
        className="np-section", id="explore-pins-section",
        children=[
            html.Div(className="np-chart-head", children=[
                html.H2("Pinned runs", className="np-h2"),
                html.Div(className="np-chart-tools", children=[
                    html.Span("select 2 to 4 to compare", className="np-quiet"),
                    dmc.Button("Open", id="explore-pin-open", size="compact-xs",
                               variant="default"),
                    dmc.Button("Remove", id="explore-pin-remove", size="compact-xs",
                               variant="default"),
                ]),
            ]),
            grid("explore-pins-grid", PIN_COLUMNS, None,
                 "Nothing pinned yet. Press Pin to keep this view for comparison.",
                 rowHeight=30, domLayout="autoHeight", rowSelection=SELECTION,
                 enableCellTextSelection=True),
            html.Div(id="explore-compare"),
        ],
    )  # fmt: skip
