"""Layout of the Stabilize page: knobs left, verdict and charts beside them."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.components import dmc, html
from app.figures.template import CONFIG
from app.pages.frame import header, shell
from app.pages.knobs import (
    button,
    fold,
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
from app.pages.sections import folded, graph, main, numbers, section, stores, verdict
from app.pages.stabilize import state
from app.pages.stabilize.controls import CONTROLS
from app.pages.stabilize.state import CHOICES, SWITCHES

_STORES = ("request", "kept", "zoom-request", "zoom-kept", "search-poll",
           "search-step", "search-use")  # fmt: skip
_section, _graph = partial(section, "stab"), partial(graph, "stab")
_WAVE_CONFIG = CONFIG | {"doubleClick": "autosize"}  # codespell:ignore
_TIPS = {
    "ramp": "A power cap at the start, a burn at the end",
    "clock_on": "Lower peak for a slower job",
    "turns": "Jobs start later one by one; checkpoints are spread",
    "ballast": "Software that computes in idle gaps",
    "smooth": "Hardware of GB200 and GB300: floor and ramps",
    "psu": "Capacitors in server supplies",
    "rack": "Capacitors in each rack",
    "store": "One battery at the meter",
}


def layout() -> Any:
    """Lay the page out; every number in it arrives by callback."""
    kept = stores("stab", _STORES, starts(CONTROLS, CHOICES))
    return shell("stab", top=[*kept, _header()], panel=_panel(), main=_main())


def _header() -> Any:
    tools = [units("stab", CHOICES["units"]), button("stab-scenarios", "Scenarios")]
    return header("stab", "stabilize", tools=tools)


# --- knobs ----------------------------------------------------------------------------


def _panel() -> Any:
    return panel("stab", [
        group("Inputs", [
            _pick("scenario", "Job", [{"value": "", "label": "Ready-made job"}]),
            html.Div(id="stab-own-row", className="np-hidden", children=[
                labelled("Measures", segmented(
                    "stab-own",
                    [{"value": "stored", "label": "As stored"},
                     {"value": "knobs", "label": "By the knobs"}],
                    "Whose measures and rules", CHOICES["own"])),
                html.P("The stored job answers; its inputs are its own.",
                       className="np-quiet"),
            ]),
        ]),
        html.Div(id="stab-held", children=[
            group("Measures", [
                *(_measure(key, name) for key, name in (
                    ("ramp", "ramp"), ("smooth", "smooth"), ("store", "store"),
                    ("psu", "psu"), ("rack", "rack"), ("ballast", "ballast"),
                    ("clock_on", "clock"), ("turns", "turns"),
                )),
            ]),
            _rules(),
        ]),
        html.Div(id="stab-job", children=[
            group("Job", [
                _pick("gpu", "GPU", [
                    {"value": "gb200-186gb", "label": "GB200 186 GB"}]),
                *_knobs("Job"),
            ]),
            fold("Evaluations, checkpoints, start and end", _knobs("Events")),
            fold("Site and connection", [
                *_knobs("Site"), _switched("ups", _knobs("UPS")),
                _switched("gen", []), *_knobs("Connection"),
            ]),
        ]),
    ])  # fmt: skip


def _measure(key: str, name: str) -> Any:
    laws = [_pick("law", "Control", options(state.CONTROL_LAWS))]
    return _switched(key, (laws if key == "store" else []) + _knobs(name))


def _switched(key: str, knobs: list[Any]) -> Any:
    """A switch, and the knobs that count while it is on."""
    return html.Div(className="np-measure", id=f"stab-{key}-box", children=[
        html.Div(dmc.Switch(
            id=f"stab-{key}", label=SWITCHES[key], checked=CHOICES[key] == "on",
            size="xs", className="np-switch",
        ), **({"data-tip": _TIPS[key]} if key in _TIPS else {})),
        html.Div(knobs, className="np-measure-knobs", id=f"stab-{key}-knobs"),
    ])  # fmt: skip


def _rules() -> Any:
    return html.Div([
        fold("Rules", [
            dmc.CheckboxGroup(id="stab-rules", value=list(state.RULES), children=[]),
        ]),
        fold("Ride-through", [
            _pick("event", "Event", options(state.EVENTS)),
            *_knobs("event"),
            html.Div("Tables", className="np-label np-rule-group"),
            dmc.CheckboxGroup(id="stab-tables", value=list(state.TABLES), children=[]),
        ]),
    ])  # fmt: skip


def rule_boxes(rules: list[dict[str, Any]]) -> list[Any]:
    """Boxes of rules under who asks for them."""
    groups: dict[str, list[Any]] = {}
    for rule in rules:
        groups.setdefault(rule["authority"], []).append(_box(rule))
    return [
        html.Div([html.Div(name, className="np-rule-group"), *boxes])
        for name, boxes in groups.items()
    ]


def table_boxes(tables: list[dict[str, Any]]) -> list[Any]:
    """Boxes of ride-through tables."""
    return [_box(t | {"title": f"{t['authority']}: {t['title']}"}) for t in tables]


def _box(rule: dict[str, Any]) -> Any:
    return html.Div(
        dmc.Checkbox(value=rule["key"], label=rule["title"], size="xs",
                     className="np-box"),
        **{"data-tip": f"{rule['source']}. Text of {rule['date']}."},
    )  # fmt: skip


def _knobs(name: str) -> list[Any]:
    return knobs("stab", CONTROLS, name)


def _pick(name: str, label: str, options: list[Any]) -> Any:
    return pick(f"stab-{name}", label, options, CHOICES[name])


# --- answers --------------------------------------------------------------------------


def _main() -> Any:
    return main("stab", [
        verdict("stab", "Simulating the first answer.", "52%"),
        numbers("stab"),
        _section("wave", "Power from the grid", _graph(
            "wave", 364, config=_WAVE_CONFIG), _zoom_tools()),
        html.Div(id="stab-notes"),
        _section("rules", "Compliance",
                 html.Div(id="stab-compliance", className="np-scroll-x")),
        html.Div(className="np-two", children=[
            _section("spectrum", "Spectrum, limits drawn in",
                     _graph("spectrum", 300)),
            _section("resonance", "Critical frequencies",
                     _graph("resonance", 300)),
        ]),
        html.Div(className="np-two", children=[
            _section("ride", "Ride-through", _graph("ride", 260)),
            _section("findings", "What each table finds",
                     html.Div(id="stab-rides", className="np-rides")),
        ]),
        _sizing(),
        folded("Assumptions: every number this rests on", [
            html.Div(id="stab-assumptions", className="np-scroll np-assumed"),
        ], id="stab-assumed"),
        html.Div(id="stab-status", className="np-status"),
    ])  # fmt: skip


def _zoom_tools() -> Any:
    tools = (
        ("left", "◀", "Earlier"), ("out", "−", "Zoom out"), ("in", "+", "Zoom in"),
        ("right", "▶", "Later"),
    )  # fmt: skip
    return html.Div(className="np-chart-tools", children=[
        html.Span(id="stab-window", className="np-quiet", role="status"),
        *(html.Button(text, id=f"stab-zoom-{key}", type="button", className="np-mini",
                      **{"aria-label": label, "data-tip": label})
          for key, text, label in tools),
        html.Button("Worst moment", id="stab-zoom-worst", type="button",
                    className="np-mini"),
        html.Button("Whole run", id="stab-zoom-all", type="button",
                    className="np-mini", **{"data-tip": "Or press twice in the chart"}),
    ])  # fmt: skip


def _sizing() -> Any:
    tools = html.Div(className="np-chart-tools", children=[
        html.Span("Least", className="np-quiet"),
        segmented("stab-objective", options(state.OBJECTIVES),
                  "What the best has least of", CHOICES["objective"]),
        segmented("stab-search", [
            {"value": "quick", "label": "Quick, 162"},
            {"value": "full", "label": "Full, 1,080"},
        ], "How many combinations", CHOICES["search"]),
        dmc.Button("Find the cheapest", id="stab-find", size="compact-sm"),
        dmc.Button("Cancel", id="stab-cancel", size="compact-sm", variant="default",
                   className="np-hidden"),
    ])  # fmt: skip
    return _section("sizing", "Cheapest measures that keep every rule", [
        html.Div(id="stab-search-bar", className="np-search-bar np-hidden",
                 role="progressbar", **{"aria-label": "Search", "aria-valuemin": "0",
                                        "aria-valuemax": "100"},
                 children=html.Div(id="stab-search-fill")),
        html.P("Tries combinations of ramps, smoothing floors, supply stores and site "
               "batteries against the chosen rules, and prices each.",
               id="stab-search-text", className="np-quiet", role="status"),
        html.Div(id="stab-found", className="np-two np-even np-hidden", children=[
            html.Div([
                segmented("stab-against", [
                    {"value": "waste", "label": "Cost against waste"},
                    {"value": "slowdown", "label": "Cost against slowdown"},
                ], "What cost is drawn against", CHOICES["against"]),
                _graph("front", 300),
            ]),
            html.Div([
                html.Div(id="stab-best"),
                dmc.Button("Use this", id="stab-use", size="compact-sm",
                           className="np-hidden"),
                html.Div(id="stab-sensitivity", className="np-scroll"),
            ]),
        ]),
    ], tools)  # fmt: skip
