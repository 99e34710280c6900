"""Layout of the Study page: the definition left, the answer beside it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from app.components import dmc, html
from app.pages.frame import header, shell
from app.pages.knobs import segmented
from app.pages.sections import folded, graph, grid, main, section, stores, verdict
from app.pages.study.define import draft_of
from app.pages.study.examples import EXAMPLES
from app.pages.study.exports import KINDS, PICTURES
from app.pages.study.state import DEFAULTS
from twin.study.questions import QUESTIONS

_STORES = (
    "request", "kept", "bases", "question-ask", "question", "check-ask",
    "check", "act-ask", "acted", "list-ask", "listed", "lines", "point-ask", "pointed",
    "open-ask", "opened", "cell-ask", "cell",
)  # fmt: skip
_graph = partial(graph, "study")


def layout() -> Any:
    """Lay the page out; every number in it arrives by callback."""
    kept = stores("study", _STORES, DEFAULTS)
    return shell(
        "study", top=[*kept, _header(), _drawer()], panel=_panel(), main=_main()
    )


def _header() -> Any:
    units = [{"value": "auto", "label": "kW, %"}, {"value": "core", "label": "SI"}]
    return header(
        "study", "study",
        tools=[
            segmented("study-units", units, "Units: as they suit, or the model's own",
                      DEFAULTS["units"]),
        ], exports=(*KINDS, *PICTURES),
    )  # fmt: skip


def _drawer() -> Any:
    return dmc.Drawer(
        closeButtonProps={"aria-label": "Close"},
        id="study-drawer",
        title="Point",
        position="right",
        size="lg",
        withOverlay=False,
        lockScroll=False,
        trapFocus=False,
        children=html.Div(id="study-drawer-body"),
    )


# --- definition: its rows are assets/study.define.js ----------------------------------


def _panel() -> Any:
    start = {
        "questions": [{k: getattr(q, k) for k in ("key", "label", "doc")}
                      for q in QUESTIONS.values()],
        "examples": {key: draft_of(study) for key, (study, _) in EXAMPLES.items()},
    }  # fmt: skip
    return html.Aside(
        className="np-panel st-panel", **{"aria-label": "Definition of the study"},
        children=[
            html.Div(className="st-head", children=[
                html.H2("The study", className="np-group-title"),
                html.Span(className="st-head-tools", children=[
                    html.Button("New", id="study-new", type="button",
                                className="np-mini"),
                ]),
            ]),
            html.Div(id="study-define", **{"data-start": json.dumps(start)}, children=[
                dmc.Skeleton(height=24, mt=8) for _ in range(8)
            ]),
            html.Div(className="st-go", children=[
                html.Div(className="st-counted", children=[
                    html.Div(id="study-count", role="status", className="st-count",
                             children="Reading the questions."),
                    html.Div(id="study-edited", className="st-edited"),
                ]),
                dmc.Button("Run", id="study-run", size="compact-md", disabled=True),
            ]),
        ],
    )  # fmt: skip


# --- answer ---------------------------------------------------------------------------


def _main() -> Any:
    return main("study", [
        _welcome(),
        html.Div(id="study-answer", className="st-answers np-hidden", children=[
            verdict("study"),
            _under_way(),
            html.Div(id="study-notes", role="status"),
            html.Div(id="study-numbers", className="np-numbers st-numbers"),
            html.Div(className="st-bar", children=[
                _pick("output", "Output"),
                html.Div(id="study-chips", className="st-chips"),
            ]),
            *_charts(),
        ]),
        html.Section(className="np-section", id="study-stored", children=[
            html.H2("Stored studies", className="np-h2"),
            html.Div(id="study-list", className="np-scroll-x",
                     children=[dmc.Skeleton(height=22, mt=6) for _ in range(2)]),
        ]),
        html.Div(id="study-status", className="np-status"),
    ])  # fmt: skip


def _welcome() -> Any:
    return html.Section(id="study-welcome", className="st-welcome", children=[
        html.P("Ask one question at many points", className="np-headline"),
        html.P("What is not known goes in as a range or a distribution; what comes out "
               "has a probability, an interval, and the unknown that matters most. "
               "Define a study on the left, or run one of these.",
               className="np-detail", id="study-cold-words"),
        html.Div(className="st-examples", children=[
            html.Article(className="st-example", children=[
                html.H3(study["name"], className="st-example-title"),
                html.P(words, className="np-quiet"),
                html.Div([
                    html.Button("Run it", type="button", className="np-mini st-run",
                                id=f"study-example-{key}",
                                **{"data-example": key,
                                   "aria-label": f"Run: {study['name']}"}),
                    html.Button("Look first", type="button", className="np-mini",
                                **{"data-look": key,
                                   "aria-label": f"Look at: {study['name']}"}),
                ]),
            ])
            for key, (study, words) in EXAMPLES.items()
        ]),
    ])  # fmt: skip


def _under_way() -> Any:
    return html.Div(id="study-under-way", className="st-under-way np-hidden", children=[
        html.Div(className="st-track", **{"aria-hidden": "true"},
                 children=html.Div(id="study-part")),
        html.Span(id="study-under-way-text", role="status"),
        html.Button("Cancel", id="study-cancel", type="button", className="np-mini"),
        html.Button("Resume", id="study-resume", type="button",
                    className="np-mini np-hidden"),
    ])  # fmt: skip


def _charts() -> list[Any]:
    return [
        html.Div(className="st-flow st-small", children=[
            _section("dist", "How it scatters", [_graph("dist", 268)]),
            _section("exceed", "How likely is more", [_graph("exceed", 268)],
                     html.Span(id="study-exceed-words", className="np-quiet")),
            _section("matters", "What matters", [_graph("matters", 268)],
                     html.Span(id="study-matters-words", className="np-quiet")),
        ]),
        html.Div(className="st-flow", children=[
            _section("tornado", "One at a time", [_graph("tornado", 318)]),
            _section("heat", "Over two axes", [_graph("heat", 318)],
                     _tools(_pick("hx", "across"), _pick("hy", "up"), segmented(
                         "study-stat", ["mean", "worst"], "What a cell shows", "mean")),
                     "study-heat-words"),
            _section("scatter", "Point by point", [_graph("scatter", 318)],
                     _tools(_pick("sx", "across"), _pick("sy", "up")),
                     "study-scatter-words"),
        ]),
        _section("lines", "Every point across axes and outputs", [
            html.Div(id="study-fig-lines", className="st-lines"),
        ], html.Span(id="study-lines-words", className="np-quiet")),
        _section("points", "Points", [_grid()],
                 html.Span(id="study-points-words", className="np-quiet")),
        folded("Every figure, as a table", [
            html.Div(id="study-table", className="np-scroll"),
            html.Div(id="study-influence-table", className="np-scroll"),
        ]),
    ]  # fmt: skip


def _tools(*children: Any) -> Any:
    return html.Div(className="np-chart-tools st-tools", children=list(children))


def _section(
    name: str, title: str, children: list[Any], tools: Any = None, words: str = ""
) -> Any:
    under = [html.P(id=words, className="np-quiet st-words")] if words else []
    return section("study", name, title, [*children, *under], tools)


def _pick(name: str, label: str) -> Any:
    return html.Div(className=f"st-pick st-pick-{name}", children=[
        html.Label(label, htmlFor=f"study-{name}"),
        dmc.Select(
            id=f"study-{name}", value=None, data=[], size="xs", allowDeselect=False,
            checkIconPosition="right", comboboxProps={"withinPortal": True},
            maxDropdownHeight=320, searchable=name == "output",
        ),
    ])  # fmt: skip


def _grid() -> Any:
    return grid(
        "study-grid", [], 320, "No points yet", row_id="params.data.index",
        column={"resizable": True, "sortable": True, "filter": True, "minWidth": 96,
                "wrapHeaderText": True, "autoHeaderHeight": True},
        headerHeight=48, enableCellTextSelection=True,
    )  # fmt: skip
