"""Layout of the Compare page: what is compared left, the differences beside it."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.components import dmc, html
from app.pages.compare.exports import KINDS
from app.pages.compare.state import DEFAULTS
from app.pages.frame import header, shell
from app.pages.knobs import group, segmented, units
from app.pages.sections import graph, main, section, stores, under_way, verdict

_STORES = (
    "request", "kept", "progress-ask", "progress", "cancel-ask", "cancelled",
)  # fmt: skip
_section = partial(section, "cmp")


def layout() -> Any:
    """Lay the page out; every number in it arrives by callback."""
    kept = stores("cmp", _STORES, DEFAULTS)
    return shell("cmp", top=[*kept, _header()], panel=_panel(), main=_main())


def _header() -> Any:
    tools = [units("cmp", DEFAULTS["units"])]
    return header("cmp", "compare", tools=tools, exports=KINDS)


# --- what is compared -----------------------------------------------------------------


def _panel() -> Any:
    return html.Aside(
        className="np-panel", **{"aria-label": "What is compared"},
        children=[
            group("Add to the comparison", [
                dmc.Select(
                    id="cmp-add", data=[], value=None, searchable=True, size="xs",
                    placeholder="Search runs, scenarios, plans, studies",
                    nothingFoundMessage="Nothing stored has this name",
                    maxDropdownHeight=360, clearable=False,
                    comboboxProps={"withinPortal": True, "width": 400,
                                   "position": "bottom-start"},
                    **{"aria-label": "Search for what to compare"},
                ),
                html.P("Newest first.", className="np-quiet",
                       id="cmp-add-words"),
            ]),
            group("Compared", [
                html.Ol(id="cmp-list", className="np-items"),
                html.P("Nothing yet.", id="cmp-none", className="np-quiet"),
            ]),
            group("The baseline with a change", [
                html.Div(className="np-vary", children=[
                    dmc.TextInput(
                        id="cmp-vary", size="xs", value="",
                        placeholder="fleet.server_count = 52",
                        **{"aria-label": "A field and its new value"},
                    ),
                    html.Button("Add", id="cmp-vary-add", type="button",
                                className="np-mini"),
                ]),
                html.P(id="cmp-vary-error", className="np-field-error", role="alert"),
                html.P("Any field of the scenario, run at once and not stored.",
                       className="np-quiet"),
            ]),
            html.P(className="np-legend", children=[
                html.Kbd("/"), " search  ", html.Kbd("b"), " next baseline  ",
                html.Kbd("d"), " differences or everything",
            ]),
        ],
    )  # fmt: skip


# --- the answer -----------------------------------------------------------------------


def _main() -> Any:
    return main("cmp", [
        verdict("cmp", ""),
        under_way("cmp"),
        html.Div(id="cmp-warnings", role="status"),
        html.Div(id="cmp-answer", className="np-hidden", children=_answer()),
    ])  # fmt: skip


def _answer() -> list[Any]:
    shows = [{"value": "differences", "label": "Differences"},
             {"value": "everything", "label": "Everything"}]  # fmt: skip
    return [
        html.Div(id="cmp-multiples", className="np-multiples"),
        html.Div(className="np-two np-cmp-two", children=[
            _section(
                "outputs", "What they do", html.Div(id="cmp-outputs"),
                segmented("cmp-show", shows, "What is listed", DEFAULTS["show"]),
            ),
            html.Div([
                _section("inputs", "What goes in", html.Div(id="cmp-inputs")),
                _section("curves", "Over time", [
                    html.Div(className="np-chips", role="group", children=dmc.ChipGroup(
                        id="cmp-curves", multiple=True, value=[], children=[],
                    ), **{"aria-label": "Curves drawn"}),
                    graph("cmp", "curves", 252),
                    html.Details(className="np-fold-plain", children=[
                        html.Summary("As a table", className="np-quiet"),
                        html.Div(id="cmp-curves-table", className="np-scroll"),
                    ]),
                ]),
                _section("events", "What happens", html.Div(id="cmp-events")),
            ]),
        ]),
        _section("sources", "Where each is from",
                 html.Div(id="cmp-sources", className="np-scroll-x")),
        html.Div(id="cmp-status", className="np-status"),
    ]  # fmt: skip
