"""The Study page's answer as components: the sentence first, then tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from app import format as say
from app.components import html
from app.pages import parts
from app.report.study_answer import answer_of, chance
from app.report.units import inner
from app.study_seen import Seen
from twin.types import BoolArray

Json = dict[str, Any]
_AXES_NAMED = 6
_ENDED = {
    "cancelled": "cancelled: what came before is kept, resume goes on from there",
    "failed": "failed: what came before is kept, resume tries again",
}


def verdict(seen: Seen, key: str, chosen: BoolArray) -> list[Any]:
    """Say the answer: its number, then what it is."""
    done = seen.document["analysis"] is not None
    number, words = answer_of(seen) if done else so_far(seen, key)
    lines: list[Any] = [
        html.P(className="np-headline st-answer", children=[
            html.B(number), html.Span(f" {words}."),
        ]),
        html.P(_detail(seen), className="np-detail"),
    ]  # fmt: skip
    if not chosen.all():
        lines.append(selection_words(seen, key, chosen))
    return lines


def so_far(seen: Seen, key: str) -> tuple[str, str]:
    """Answer from the points that have come; no analysis of it yet."""
    count = len(seen.answered)
    asked = seen.document["points"]["asked"]
    values = seen.values(key)
    values = values[np.isfinite(values)]
    if not len(values):
        waiting = "have come; the first are being answered"
        return f"0 of {asked:,} points", waiting if seen.under_way else "have an answer"
    scale = seen.scale(key)
    low, mid, high = np.quantile(values, [0.05, 0.5, 0.95])
    return scale.text(float(mid)), (
        f"is the median of {inner(seen.label(key))} so far, {scale.number(float(low))} "
        f"to {scale.text(float(high))} for nine tenths of {count:,} points"
    )


def _detail(seen: Seen) -> list[Any]:
    counts = seen.document["points"]
    status = str(seen.document["status"])
    words = [
        f"{seen.document['question']['label']}; {seen.counted:,} points by "
        f"{seen.design.replace('-', ' ')}"
        if not seen.under_way
        else f"{seen.document['question']['label']}; by {seen.design.replace('-', ' ')}"
    ]
    if counts["failed"]:
        words.append(f"{counts['failed']:,} without an answer are left out")
    if counts["from_cache"] and not seen.under_way:
        words.append(f"{counts['from_cache']:,} were known before")
    if status in _ENDED:
        words.append(_ENDED[status])
    if seen.document.get("stopped"):
        words.append(f"stopped early: {seen.document['stopped']}")
    return [
        "; ".join(words) + ".",
        parts.badge("modelled"),
    ]  # fmt: skip


def selection_words(seen: Seen, key: str, chosen: BoolArray) -> Any:
    """Say what is selected, and what it means for the output and the limits."""
    count, total = int(chosen.sum()), len(chosen)
    words = f"Selected: {count:,} of {total:,} points"
    values = seen.values(key)[chosen]
    values = values[np.isfinite(values)]
    if len(values):
        scale = seen.scale(key)
        words += f"; {inner(seen.label(key))} {scale.text(float(np.median(values)))}"
        words += " in the middle"
    if seen.limits and count:
        broken = int((seen.broken_ones() & chosen).sum())
        words += f"; {broken:,} ({say.percent(broken / count, 1)}) break a limit"
    return html.P(className="st-selected", children=[
        html.Span(words + ". "),
        html.Button("Clear the selection", type="button", className="np-mini",
                    id="study-clear"),
    ])  # fmt: skip


def chips(seen: Seen, brushes: dict[str, tuple[float, float]]) -> list[Any]:
    """Each selected range, to be taken away by itself."""
    found = []
    for key, (low, high) in brushes.items():
        if key not in seen.keys:
            continue
        scale = seen.scale(key)
        if seen.numeric(key):
            words = f"{scale.number(low)} to {scale.text(high)}"
        else:
            names = list(dict.fromkeys(seen.words(key)))
            words = ", ".join(n for k, n in enumerate(names) if low <= k <= high)
        found.append(html.Button(
            f"{seen.label(key)} {words} ✕", type="button", className="np-mini st-chip",
            **{"data-unbrush": key, "aria-label": f"Take away: {seen.label(key)}"},
        ))  # fmt: skip
    return found


def notes(seen: Seen) -> Any:
    """What a reader must know about the points."""
    found = [str(n) for n in seen.analysis.get("notes") or []]
    if not found:
        return None
    return [
        html.P(className="np-warning", children=[
            html.Span("! ", className="np-warn-sign"), f"{n[:1].upper()}{n[1:]}.",
        ])
        for n in found
    ]  # fmt: skip


def numbers(seen: Seen, key: str) -> Any:
    """Limits with their chances, and the output's quantiles, in one band."""
    cells = []
    for one in seen.chances[:3]:
        name = f"{seen.label(one['output'])} {one['side']} " + seen.value(
            one["output"], one["limit"])  # fmt: skip
        part = f"{chance(one['low'])} to {chance(one['high'])}, 95 %"
        cells.append(parts.number_cell(
            "", name, chance(one["probability"]),
            part if seen.sampled else "of the points; no probability",
            tip=f"Points past the limit ÷ points with an answer. Interval: "
            f"{one.get('method', '')}.", inputs=varied(seen),
        ))  # fmt: skip
    best = seen.point(seen.analysis.get("best"))
    if best is not None and seen.design == "search":
        return best_cells(seen, best)
    row, scale = seen.summary(key), seen.scale(key)
    if row.get("p50") is not None and seen.design != "one-at-a-time":
        half = (f"{scale.number(row['p50_low'])} to {scale.text(row['p50_high'])}"
                if _both(row) and seen.sampled else "")  # fmt: skip
        of = f"of {row['count']:,} points"
        for name, title, part, tip in (
            ("p5", "P5", "", f"Value that 5 % {of} are below"),
            ("p50", "Median", half, f"Value that half {of} are below"
             + ("; its 95 % interval below it" if half else "")),
            ("p95", "P95", "", f"Value that 95 % {of} are below"),
            ("mean", "Mean", f"sd {scale.spread(row['sd'])}",
             f"Sum {of} ÷ their count; sd = √(sum of (value − mean)² ÷ (count − 1))"),
            ("most", "Largest", f"smallest {scale.number(row['least'])}",
             f"Largest {of}, and the smallest"),
        ):  # fmt: skip
            cells.append(parts.number_cell(
                "", f"{title}, {inner(seen.label(key))}", scale.text(row[name]), part,
                tip=f"{tip}.", inputs=varied(seen),
            ))  # fmt: skip
    return cells[:8] or None


def best_cells(seen: Seen, best: Json) -> list[Any]:
    """Outputs of the best point, each with the limit it keeps."""
    limits = {one["output"]: one for one in seen.limits}
    cells = []
    for key in seen.outputs[:8]:
        one = limits.get(key)
        side = "" if one is None else "at most " if one["above"] else "at least "
        cells.append(parts.number_cell(
            "", f"{seen.label(key)}, best point", seen.value(key, best["outputs"][key]),
            side + seen.value(key, one["limit"]) if one else "",
            tip=f"Of point {best['index']}: the best first objective that keeps every "
            "limit.", inputs=seen.changes_words(best),
        ))  # fmt: skip
    return cells


def varied(seen: Seen) -> str:
    """Name the inputs that vary, with the range that the points have of each."""
    found = []
    for axis in seen.axes[:_AXES_NAMED]:
        key, values = axis["field"], seen.values(axis["field"])
        if not seen.numeric(key):
            span = ", ".join(dict.fromkeys(seen.words(key)))
        elif np.isfinite(values).any():
            low, high = float(np.nanmin(values)), float(np.nanmax(values))
            scale = seen.scale(key)
            span = f"{scale.number(low)} to {scale.text(high)}"
        else:
            continue
        found.append(f"{inner(seen.label(key))} {span}")
    more = len(seen.axes) - len(found)
    return (
        ", ".join(found)
        + (f" and {more} more" if more > 0 else "")
        + (", the others as its base has them")
    )


def _both(row: Json) -> bool:
    return row.get("p50_low") is not None and row.get("p50_high") is not None


def summary_table(seen: Seen) -> Any:
    """Every output's quantiles: the table beside the distribution."""
    rows = []
    for key in seen.outputs:
        row, scale = seen.summary(key), seen.scale(key)
        if row:
            rows.append([
                scale.title(seen.label(key)),
                *((scale.spread if n == "sd" else scale.number)(row.get(n))
                  for n in ("mean", "sd", "least", "p5", "p25", "p50", "p75", "p95",
                            "p99", "most")),
            ])  # fmt: skip
    if not rows:
        return html.P("When all points have come, their quantiles are here.",
                      className="np-quiet")  # fmt: skip
    head = ["Output", "Mean", "SD", "Least", "P5", "P25", "Median", "P75", "P95", "P99",
            "Most"]  # fmt: skip
    return parts.table(head, rows, "Over all points with an answer")


def influence_table(seen: Seen, key: str) -> Any:
    """Figures of what matters: the table beside the bars."""
    rows = [
        [seen.label(r["field"]), _half(r["first"], r["first_ci"]),
         _half(r["total"], r["total_ci"]), say.number(r["rank_correlation"], 2)]
        for r in seen.effects(key)
    ]  # fmt: skip
    bars, scale = seen.bars(key), seen.scale(key)
    tornado = [
        [seen.label(r["field"]), r["low_value"], scale.text(r["at_low"]),
         r["high_value"], scale.text(r["at_high"])]
        for r in bars
    ]  # fmt: skip
    found = []
    if rows:
        head = ["Axis", "Alone", "With others", "Rank correlation"]
        found.append(parts.table(head, rows, f"{seen.label(key)}, {seen.method(key)}"))
    if tornado:
        head = ["Axis", "Low", seen.label(key), "High", seen.label(key)]
        found.append(parts.table(head, tornado, "One at a time"))
    return found or None


def _half(value: float | None, half: float | None) -> str:
    if value is None:
        return say.MISSING
    return say.number(value, 3) + ("" if half is None else f" ± {say.number(half, 3)}")


METHODS = {
    "sobol": "Sobol's indices, 95 % intervals: pale with others, dark alone",
    "rbd-fast": "first-order indices (RBD-FAST) of these points",
    "rank": "Spearman's rank correlation of these points",
    "constant": "the output does not vary",
}


def method_words(seen: Seen, key: str) -> str:
    """Say by which method it was found what matters."""
    for one in seen.analysis.get("influence") or ():
        if one["output"] == key:
            return METHODS.get(one["method"], str(one["method"]))
    return ""


def status(seen: Seen) -> list[Any]:
    """Line of small print: id, engine, model, inputs."""
    origin = seen.document.get("provenance") or {}
    made = str(seen.document["created_at"])[:16].replace("T", " ")
    return [
        html.Span(seen.document["id"]), html.Span(f"asked {made} UTC"),
        html.Span(f"engine {seen.document['engine']}"),
        html.Span(f"model {origin.get('model_version', '')}"),
        html.Span(f"inputs {str(origin.get('scenario_sha256', ''))[:12]}",
                  title="SHA-256 of the study"),
        html.Span(id="study-age"),
    ]  # fmt: skip
