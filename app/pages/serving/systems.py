"""The list of systems to compare, and the drawer with the knobs of one of them."""

from __future__ import annotations

import json
from typing import Any

from app.components import dmc, html
from app.pages.serving.answer import badge
from app.pages.serving.state import BASELINE
from app.pages.view import json_of

Json = dict[str, Any]

GROUPS = (
    ("fleet", "Serving requests"), ("workflow", "Workflows of stages"),
    ("training", "Training and memory"), ("host", "Functions on processors"),
)  # fmt: skip
_NUMERIC = ("number", "integer")
_EMPTY = "empty"
_SHORT = frozenset({"ttft", "tbt", "slo", "kv", "gpu", "gpus", "e2e"})


# --- the list -------------------------------------------------------------------------


def boxes(systems: list[Json], knobs: dict[str, Json]) -> list[Any]:
    """Boxes of all systems but the baseline, by what they act on."""
    baseline = [s for s in systems if s["key"] == BASELINE]
    found: list[Any] = [_always(s, knobs) for s in baseline]
    for kind, title in GROUPS:
        mine = [s for s in systems if s["kind"] == kind and s["key"] != BASELINE]
        if mine:
            found.append(html.Div([
                html.Div(title, className="np-rule-group"),
                *(_box(s, knobs) for s in mine),
            ]))  # fmt: skip
    return found


def _always(system: Json, knobs: dict[str, Json]) -> Any:
    return html.Div(className="np-pickable", children=[
        html.Div(className="np-pickable-head", children=[
            html.Span("■", className="np-mark-sign np-series-0"),
            html.Span(f"{system['label']}: baseline", className="np-pickable-name"),
            badge(system["mark"], system["source"]), _knobs_button(system, knobs),
        ]),
        html.P(system["summary"], className="np-pickable-words"),
    ])  # fmt: skip


def _box(system: Json, knobs: dict[str, Json]) -> Any:
    return html.Div(className="np-pickable", children=[
        html.Div(className="np-pickable-head", children=[
            dmc.Checkbox(value=system["key"], label=system["label"], size="xs",
                         className="np-box"),
            badge(system["mark"], system["source"]), _knobs_button(system, knobs),
        ]),
        html.P(_summary(system), className="np-pickable-words"),
    ])  # fmt: skip


def _summary(system: Json) -> str:
    apart = system["own_terms"]
    return f"{system['summary']}" + (f" Shown apart: {apart}." if apart else "")


def _knobs_button(system: Json, knobs: dict[str, Json]) -> Any:
    turned = len(knobs.get(system["key"], {}))
    return html.Button(
        f"Knobs · {turned}" if turned else "Knobs", type="button", className="np-mini",
        **{"data-knobs": system["key"], "aria-haspopup": "dialog",
           "aria-label": f"Knobs of {system['label']}"},
    )  # fmt: skip


# --- the drawer -----------------------------------------------------------------------


def drawer(system: Json, turned: Json) -> list[Any]:
    """
    Fields for the knobs of one system.

    Args:
        system: As the server names it, with its knobs.
        turned: Values that differ from the defaults, by name.
    """
    return [
        html.P([badge(system["mark"], system["source"]), " ", system["summary"]]),
        html.P(f"{system['source']}.", className="np-quiet"),
        html.Div([
            _field(system["key"], knob, turned.get(knob["name"], knob["default"]))
            for knob in system["knobs"]
        ], className="np-drawer-knobs"),
    ]  # fmt: skip


def _field(system: str, knob: Json, value: Any) -> Any:
    name = {"part": "serv-knob", "system": system, "name": knob["name"]}
    unit = knob["unit"] if knob["unit"] not in ("", "1", "name") else ""
    title = _title(knob["name"])
    source = knob["source"] or "no source named"
    changed = value != knob["default"]
    return html.Div(className="np-drawer-knob" + (" np-changed" if changed else ""),
                    children=[
        html.Div(className="np-control-head", children=[
            html.Span(title, className="np-label"),
            html.Button(
                _letter(source), type="button",
                className="np-badge np-badge-"
                + ("assumed" if "assumed" in source else "published"),
                **{"aria-label": f"{title}: source",
                   "data-tip": f"Default {shown(knob['default'])} {unit}".rstrip()
                   + f". Source: {source}.{_range(knob)}"},
            ),
            _input(name, knob, value, unit, title),
        ]),
        html.P(f"{knob['doc']}.".replace("..", "."), className="np-quiet"),
    ])  # fmt: skip


def _title(name: str) -> str:
    """Name of a knob as people write it, without its unit."""
    words = name.removesuffix("_frac").removesuffix("_s").split("_")
    first, *rest = (w.upper() if w in _SHORT else w for w in words)
    return " ".join([first[:1].upper() + first[1:], *rest])


def _letter(source: str) -> str:
    for word, letter in (("assumed", "A"), ("memory", "R"), ("second-hand", "S")):
        if word in source:
            return letter
    return "P" if source != "no source named" else "–"


def _input(name: Json, knob: Json, value: Any, unit: str, title: str) -> Any:
    common: Json = {"id": name, "size": "xs", "aria-label": title}
    if knob["kind"] == "choice":
        options = [{"value": str(c), "label": str(c)} for c in knob["choices"]]
        if knob["may_be_empty"]:
            options = [{"value": _EMPTY, "label": "–"}, *options]
        return dmc.Select(
            value=_EMPTY if value is None else str(value), data=options,
            allowDeselect=False, className="np-drawer-input", **common,
        )  # fmt: skip
    if knob["kind"] == "boolean":
        return dmc.Select(
            value="true" if value else "false", allowDeselect=False,
            data=[{"value": "true", "label": "yes"}, {"value": "false", "label": "no"}],
            className="np-drawer-input", **common,
        )  # fmt: skip
    if knob["kind"] in _NUMERIC:
        return dmc.NumberInput(
            value="" if value is None else value, suffix=f" {unit}" if unit else "",
            hideControls=True, placeholder="none" if knob["may_be_empty"] else "",
            allowDecimal=knob["kind"] == "number", className="np-drawer-input",
            debounce=True, **common,
        )  # fmt: skip
    return dmc.TextInput(
        value=json.dumps(value), className="np-drawer-input", debounce=True, **common
    )


def _range(knob: Json) -> str:
    low = knob["low"] if knob["low"] is not None else knob["above"]
    high = knob["high"] if knob["high"] is not None else knob["below"]
    if low is None and high is None:
        return ""
    words = f"from {low:g}" if low is not None else ""
    words += f" to {high:g}" if high is not None else ""
    return f" Range {words.strip()}."


def shown(value: Any) -> str:
    """Write a default for people."""
    if value is None:
        return "empty"
    return f"{value:g}" if isinstance(value, float) else json.dumps(value).strip('"')


def turn(system: Json, values: dict[str, Any]) -> Json:
    """
    Read the drawer's fields; only what differs from the defaults is kept.

    Args:
        system: As the server names it.
        values: What the fields hold, by name of the knob.
    """
    found: Json = {}
    for knob in system["knobs"]:
        if knob["name"] not in values:
            continue
        value = _read(knob, values[knob["name"]])
        if value != knob["default"]:
            found[knob["name"]] = value
    return found


def _read(knob: Json, value: Any) -> Any:
    if value in (None, "", _EMPTY):
        return None if knob["may_be_empty"] else knob["default"]
    if knob["kind"] == "choice":
        return next((c for c in knob["choices"] if str(c) == str(value)), value)
    if knob["kind"] == "boolean":
        return value == "true"
    if knob["kind"] in _NUMERIC:
        return value
    try:
        return json_of(str(value))
    except ValueError:
        return str(value)  # the server says what it wanted instead
