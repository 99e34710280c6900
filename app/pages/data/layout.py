"""Layout of the Data page: sources, placement, imports, calibrations, events."""

from __future__ import annotations

from typing import Any

from app.components import dcc, dmc, html
from app.pages.data import calibrations, state
from app.pages.data.state import CHOICES
from app.pages.frame import header, shell
from app.pages.knobs import button, options, pick, segmented
from app.pages.parts import number_cell
from app.pages.sections import grid, main, section, stores, verdict

NUMBERS = (
    ("sources", "Sources", "Count of hosts and meters that ever reported"),
    ("devices", "Devices", "Sum of GPUs, CPUs, supplies and meters over all sources"),
    ("fresh", "Reporting", "Sources with a reading of the last 90 s ÷ all sources"),
    ("placed", "Placed", "Sources − those without a node of the scenario"),
    ("first", "Oldest reading", "Earliest first reading of all sources"),
    ("last", "Newest reading", "Latest reading of all sources"),
)  # fmt: skip
EXPORTS = (
    ("save-sources", "Sources shown (CSV)"),
    ("save-place", "Placement (CSV)"),
    ("save-imports", "Imports (CSV)"), ("save-events", "Events (CSV)"),
    ("save-curl", "API call (curl)"),
)  # fmt: skip
PLACE_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "headerName": "Source", "minWidth": 120, "flex": 2,
     "filter": "agTextColumnFilter", "pinned": "left"},
    {"field": "node", "headerName": "Stands on", "minWidth": 150, "flex": 2,
     "editable": True, "singleClickEdit": True, "cellEditor": "agSelectCellEditor",
     "cellEditorParams": {"values": [""]}, "filter": "agTextColumnFilter",
     "cellClass": "dt-edit",
     "valueFormatter": {"function": "params.value || 'nowhere, choose a node'"}},
    {"field": "kind", "headerName": "Reports by", "minWidth": 110, "flex": 1},
    {"field": "models", "headerName": "Devices", "minWidth": 160, "flex": 3},
]  # fmt: skip


def layout() -> Any:
    """Lay the page out; every row in it arrives by callback."""
    names = ("request", "kept", "placed", "open", "reload", "fit-chosen")
    kept = stores("data", names, CHOICES)
    return shell("data", top=[*kept, _header()], panel=None, main=_main())


def _header() -> Any:
    return header(
        "data", "data", edits=False,
        tools=[button("data-refresh", "Read again")], exports=EXPORTS,
    )  # fmt: skip


def _main() -> Any:
    return main("data", [
        verdict("data", width="52%"),
        html.Div(id="data-age", className="np-quiet"),
        html.Div(id="data-numbers", className="np-numbers dt-numbers", children=[
            number_cell(f"data-number-{name}", title, "–", tip=tip, source="stored")
            for name, title, tip in NUMBERS
        ]),
        _sources(),
        _placement(),
        _imports(),
        _section("calibrations", "Calibrations", calibrations.section()),
        _section("events", "What agents reported",
                 html.Div(id="data-events", className="np-scroll dt-left")),
        html.Div(id="data-status", className="np-status"),
    ])  # fmt: skip


def _section(name: str, title: str, children: Any, tools: Any = None) -> Any:
    return section(
        "data", name, title, children, tools, key=name, kind=f"np-section dt-{name}"
    )


def _sources() -> Any:
    tools = html.Div(className="np-chart-tools", children=[
        dmc.TextInput(id="data-search", value="", size="xs", w=170, debounce=250,
                      placeholder="name, node or model",
                      **{"aria-label": "Sources with this text"}),
        html.Span("Gaps in the last", className="np-quiet"),
        segmented("data-period", options(state.PERIODS),
                  "Period of the strips", CHOICES["period"]),
    ])  # fmt: skip
    return _section("sources", "Sources", [
        html.Div(id="data-sources", className="np-scroll dt-sources"),
        html.Div(className="dt-pager", children=[
            html.Button("◀", id="data-page-back", type="button", className="np-mini",
                        **{"aria-label": "Sources before"}),
            html.Span(id="data-page-words", className="np-quiet"),
            html.Button("▶", id="data-page-next", type="button", className="np-mini",
                        **{"aria-label": "Sources after"}),
        ]),
    ], tools)  # fmt: skip


def _placement() -> Any:
    tools = html.Div(className="np-chart-tools", children=[
        dmc.Button("Match equal names", id="data-match", size="compact-sm",
                   variant="default"),
        dmc.Button("Save", id="data-place", size="compact-sm"),
    ])  # fmt: skip
    return _section("placement", "Where sources stand", [
        html.P("The watched scenario gives Live its tree and limits. Hosts stand in "
               "racks; a meter stands on the node that it measures.",
               className="np-quiet"),
        html.Div(className="dt-row", children=[
            html.Div(pick("data-watched", "Watched", [
                {"value": "", "label": "No scenario: hosts alone"}], ""),
                className="dt-pick"),
            html.P(id="data-place-note", role="status", className="np-quiet"),
        ]),
        html.Div(id="data-place-problem", role="alert"),
        grid(
            "data-place-grid", PLACE_COLUMNS, 300, "Nothing reports yet.",
            row_id="params.data.name", stopEditingWhenCellsLoseFocus=True,
        ),
    ], tools)  # fmt: skip


def _imports() -> Any:
    return _section("imports", "Imports", [
        html.P("A file is read and compared first; nothing changes until you apply it.",
               className="np-quiet"),
        html.Div(className="dt-form", children=[
            html.Div(
                pick("data-kind", "File is", options(state.KINDS), CHOICES["kind"]),
                className="dt-pick",
            ),
            _field("name", "Name", "hall-1", "Imports of one kind and name follow each "
                  "other; for readings, the host"),
            html.Div(pick("data-into", "Into", [
                {"value": "", "label": "A new scenario"}], ""),
                className="dt-pick", id="data-into-box"),
            _field("servers", "Servers", "DGX_GB300=gb200-nvl72:18", "Server of the "
                  "catalogue by device model, with commas between"),
            _field("column", "Column", "price_eur", "Column of the values"),
            _field("zone", "Time zone", "Europe/Madrid", "IANA zone of stamps without "
                  "one"),
            _field("unit", "Unit", "EUR/MWh", "Unit of the series"),
            dcc.Upload(
                id="data-file", multiple=True, max_size=100_000_000,
                className="dt-drop",
                children=html.Button("Choose a file, or drop it here", type="button",
                                     className="np-mini"),
            ),
        ]),
        html.P(id="data-file-note", role="status", className="np-quiet"),
        html.Div(id="data-preview", className="dt-preview"),
        html.Div(id="data-apply-box", className="np-hidden", children=[
            dmc.Button("Apply this import", id="data-apply", size="compact-sm"),
        ]),
        html.Div(id="data-imports", className="np-scroll dt-left"),
    ])  # fmt: skip


def _field(name: str, label: str, example: str, tip: str) -> Any:
    return html.Div(
        className="dt-pick", id=f"data-{name}-box", **{"data-tip": tip},
        children=html.Div(className="np-pick", children=[
            html.Label(label, htmlFor=f"data-{name}"),
            dmc.TextInput(id=f"data-{name}", value="", size="xs", placeholder=example),
        ]),
    )  # fmt: skip
