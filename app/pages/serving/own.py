"""Systems against their own baselines: other units of work, and papers' baselines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import format as say
from app.components import html
from app.figures.serving import Look, looks
from app.pages.serving.bars import sign
from app.pages.serving.compare import delta, points

Json = dict[str, Any]

COLUMNS = (
    ("energy_frac", "Energy"), ("mean_power_frac", "Mean power"),
    ("peak_power_frac", "Peak power"), ("cost_frac", "Cost"), ("carbon_frac", "Carbon"),
)  # fmt: skip
_NOTHING: Json = {
    "label": "", "attained_points": None, **{name: None for name, _ in COLUMNS},
}  # fmt: skip
_LEAST = 0.25
"""Least change that fills half a bar: smaller ones must look small."""
_SHARED = "The study's requests, against the publication's own baseline"
_GROUPS = {
    "workflow": "Workflows: not to be set beside requests",
    "job": "Training jobs: not to be set beside requests",
    "call": "Calls to functions: not to be set beside requests",
    "request": "Requests on other terms: not to be set beside the study's",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow:
    """One system and its own baseline; changes are parts of that baseline."""

    label: str
    against: str
    terms: str
    mean_w: float
    attained: float | None
    points: float | None
    changes: tuple[float | None, ...]
    notes: tuple[str, ...]


def own_frame(study: Json) -> dict[str, list[OwnRow]]:
    """Rows by heading: other units and terms first, the study's requests last."""
    found: dict[str, list[OwnRow]] = {}
    for one in study["outcomes"]:
        against = one["against_own"] or _NOTHING
        if not (one["against_own"] or one["own_terms"]):
            continue
        group = _GROUPS.get(one["unit"], one["unit"]) if one["own_terms"] else _SHARED
        found.setdefault(group, []).append(OwnRow(
            label=one["label"], against=against["label"], terms=one["own_terms"],
            mean_w=one["mean_power_w"], attained=one["attained_frac"],
            points=against["attained_points"],
            changes=tuple(against[name] for name, _ in COLUMNS),
            notes=tuple(one["notes"]),
        ))  # fmt: skip
    return {g: found[g] for g in (*_GROUPS.values(), _SHARED) if g in found}


def own_table(study: Json, *, chosen: str, unit: str = "kW") -> Any:
    """
    Draw changes against each system's own baseline, around a line of no change.

    Args:
        study: Answer of a study.
        chosen: Label whose pools are shown.
        unit: Power unit.
    """
    frame = own_frame(study)
    if not frame:
        return html.P(
            "None of these systems has a baseline of its own. Systems on other terms, "
            "workflows, training and functions appear here.",
            className="np-quiet",
        )  # fmt: skip
    look_of = looks(study)
    most = max(
        (abs(c) for rows in frame.values() for r in rows for c in r.changes if c),
        default=1.0,
    )
    head = [html.Th(title, scope="col") for _, title in COLUMNS]
    bodies = [
        html.Tbody([
            html.Tr(html.Th(
                group, colSpan=len(COLUMNS) + 2, scope="rowgroup", className="np-unit",
            )),
            *(_row(row, look_of[row.label], max(_LEAST, min(1.0, most)), unit,
                   chosen=row.label == chosen) for row in rows),
        ])
        for group, rows in frame.items()
    ]  # fmt: skip
    return html.Table(className="np-table np-side np-own", children=[
        html.Caption("Change against the baseline each publication compares with; left "
                     "of the line is less."),
        html.Thead(html.Tr([
            html.Th("System, its baseline", scope="col"),
            html.Th("Within limits", scope="col"), *head,
        ])),
        *bodies,
    ])  # fmt: skip


def _row(row: OwnRow, look: Look, most: float, unit: str, *, chosen: bool) -> Any:
    moved = "" if row.points is None else points(row.points)
    under = [f"against: {row.against}" if row.against else "no baseline", row.terms]
    kind = "np-system" + (" np-chosen-row" if chosen else "")
    return html.Tr(className=kind, **{"data-look": row.label}, children=[
        html.Th(scope="row", children=[
            html.Button([sign(look), html.B(row.label)], type="button",
                        className="np-rule-name",
                        **{"aria-pressed": "true" if chosen else "false"}),
            html.Span("; ".join(filter(None, under)), className="np-rule-title"),
        ]),
        html.Td(html.Div(className="np-side-text", children=[
            html.B(say.percent(row.attained, 1)),
            html.Span(moved, className="np-side-delta"),
        ]), **{"data-title": "Within limits"}),
        *(_change(value, title, most,
                  say.power(row.mean_w, unit) if title == "Mean power" else "")
          for value, (_, title) in zip(row.changes, COLUMNS, strict=True)),
    ])  # fmt: skip


def _change(value: float | None, title: str, most: float, more: str) -> Any:
    shown = 0.0 if value is None else max(-1.0, min(1.0, value / most))
    left = 50 + 50 * min(0.0, shown)
    return html.Td(**{"data-title": title}, children=[
        html.Div(className="np-side-text", children=[
            html.B(times(value)), html.Span(more, className="np-side-delta"),
        ]),
        html.Div(className="np-bars np-bars-both", **{"aria-hidden": "true"}, children=[
            html.Div(className="np-bars-fill", style={
                "left": f"{left:.2f}%", "width": f"{50 * abs(shown):.2f}%"}),
            html.Div(className="np-bars-zero"),
        ]),
    ])  # fmt: skip


def times(change: float | None) -> str:
    """Write a change in per cent, a large rise as a factor."""
    if change is not None and change > 2:
        return f"× {1 + change:.1f}"
    return say.MISSING if change is None else delta(change)
