"""Cut the API's answers to what a conversation can hold: figures and the worst few."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from api.mcp.answers import (
    FailureCase,
    FailuresFound,
    GridFigures,
    NodeFound,
    PlanCell,
    PlanFound,
    RideFound,
    RowEvent,
    RowFigures,
    RuleFound,
    SiteEvent,
    SiteFound,
    StabilizeFound,
    WhatIfFound,
)
from api.schemas.base import Out

Document = Mapping[str, Any]
M = TypeVar("M", bound=Out)
MOST_EVENTS = 20
MOST_NODES = 12
MOST_CELLS = 120
MOST_BREACHES = 10


def picked(kind: type[M], document: Document, **more: Any) -> M:
    """Make an answer of the fields that a longer document has in common with it."""
    fields = {k: v for k, v in document.items() if k in kind.model_fields}
    return kind(**(fields | more))


def row_figures(run: Document) -> RowFigures:
    """Figures of one run."""
    limit_w, peak_w = run["provisioned_w"], run["peak_w"]
    return picked(
        RowFigures, run,
        headroom_w=None if None in {limit_w, peak_w} else limit_w - peak_w,
        low_p99_impact_frac=run["low"]["p99_impact_frac"],
        high_p99_impact_frac=run["high"]["p99_impact_frac"],
        slo_breaches=run["slo_breaches"][:MOST_BREACHES],
    )  # fmt: skip


def what_if_found(answer: Document) -> WhatIfFound:
    """Answer of a what-if."""
    run = answer["run"]
    events = run["events"]
    return WhatIfFound(
        run=row_figures(run),
        reference=row_figures(answer["reference"]),
        baseline=row_figures(answer["baseline"]),
        binding=row_binding(run),
        events=[picked(RowEvent, e) for e in events[:MOST_EVENTS]],
        events_left=left(events, MOST_EVENTS) + run["events_dropped"],
        provenance=answer["provenance"],
    )


def row_binding(run: Document) -> str:
    """What stops a row, or comes nearest to."""
    if run["slo_breaches"]:
        return f"service level: {run['slo_breaches'][0]}"
    if run["peak_frac"] is None:
        return "nothing ran"
    return (
        f"no service level is passed; power comes nearest to its limit: the peak is "
        f"{run['peak_frac']:.3f} of provisioned_w"
    )


def plan_found(plan_id: str, plan: Document) -> PlanFound:
    """Answer of a plan."""
    cells = plan["cells"]
    return PlanFound(
        plan_id=plan_id, best_added_servers=plan["best"],
        cells=[plan_cell(c) for c in cells[:MOST_CELLS]],
        cells_left=left(cells, MOST_CELLS),
        baseline=row_figures(plan["baseline"]), provenance=plan["provenance"],
    )  # fmt: skip


def plan_cell(cell: Document) -> PlanCell:
    """One server count under one policy."""
    peaks = [r["peak_frac"] for r in cell["runs"] if r["peak_frac"] is not None]
    return picked(
        PlanCell, cell, highest_peak_frac=max(peaks, default=None),
        breaches=cell["breaches"][:3],
    )  # fmt: skip


def site_found(run: Document) -> SiteFound:
    """Answer of a site's run."""
    nodes = sorted(run["nodes"], key=lambda n: _last_if_none(n["headroom_w"]))
    events = run["events"]
    return picked(
        SiteFound, run,
        nodes=[picked(NodeFound, n) for n in nodes[:MOST_NODES]],
        nodes_left=left(nodes, MOST_NODES),
        events=[picked(SiteEvent, e) for e in events[:MOST_EVENTS]],
        events_left=left(events, MOST_EVENTS) + run["events_dropped"],
    )  # fmt: skip


def failures_found(answer: Document, most: int) -> FailuresFound:
    """Answer of a screening."""
    cases = answer["cases"]
    return picked(
        FailuresFound, answer,
        cases=[picked(FailureCase, c) for c in cases[:most]],
        cases_left=left(cases, most),
        losing=sum(c["lost_servers"] > 0 for c in cases),
    )  # fmt: skip


def stabilize_found(study: Document) -> StabilizeFound:
    """Answer of a study of a training site."""
    rules = sorted(
        (rule_found(v) for v in study["verdicts"]),
        key=lambda r: _last_if_none(r.margin_after_frac),
    )
    return picked(
        StabilizeFound, study,
        binding=rule_binding(rules), rules=rules,
        before=picked(GridFigures, study["before"]),
        after=picked(GridFigures, study["after"]),
        rides=[picked(RideFound, r) for r in study["rides"]],
    )  # fmt: skip


def rule_found(verdict: Document) -> RuleFound:
    """One rule, before and after."""
    before, after = verdict["before"] or {}, verdict["after"] or {}
    return picked(
        RuleFound, verdict, limit=after.get("limit", verdict["limit"]),
        worst_before=before.get("worst"), worst_after=after.get("worst"),
        margin_after_frac=after.get("margin_frac"),
        passes_before=before.get("passes"), passes_after=after.get("passes"),
    )  # fmt: skip


def rule_binding(rules: Iterable[RuleFound]) -> str:
    """The rule that binds, in words; rules come with the least margin first."""
    first = next((r for r in rules if r.margin_after_frac is not None), None)
    if first is None:
        return "no rule could be judged"
    kept = "kept" if first.passes_after else "broken"
    return (
        f"{first.key} ({first.title}): {kept}, {first.worst_after:.4g} {first.unit} "
        f"against {first.limit:.4g} {first.unit}"
    )


def left(items: list[Any], shown: int) -> int:
    """How many of a list are not shown."""
    return max(0, len(items) - shown)


def _last_if_none(value: float | None) -> float:
    return math.inf if value is None else value
