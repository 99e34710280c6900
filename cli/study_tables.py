"""Studies as tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from app.format import number
from cli.tables import listing, make_table, row, say
from twin.types import Document

MOST_OUTPUTS = 12
MOST_POINTS = 15


def print_questions(console: Console, questions: list[Document]) -> None:
    """List questions with their outputs."""
    for one in questions:
        title = f"{one['key']}: {one['doc']}"
        table = listing(title, "Output", "Unit", "What it is", "Better")
        for metric in one["metrics"]:
            row(table, metric["key"], metric["unit"], metric["label"], metric["better"])
        console.print(table)


def print_check(console: Console, seen: Document) -> None:
    """Say what a study would do."""
    table = make_table(
        f"{seen['points']:,} points of \"{seen['question']['label']}\"",
        "Axis", ("Kind", "left"), "From", "To", ("Unit", "left"),
    )  # fmt: skip
    for axis in seen["axes"]:
        ends = ("" if axis[e] is None else number(axis[e], 4) for e in ("low", "high"))
        row(table, axis["field"], axis["kind"], *ends, axis["unit"])
    console.print(table)


def print_study(console: Console, study: Document, points: list[Document]) -> None:
    """Print a study: outputs, limits, what matters, the best points."""
    counts = study["points"]
    say(console, f"{study['name']} ({study['id']}): {study['question']['label']}, "
        f"{counts['done']:,} points, {counts['from_cache']:,} known from before, "
        f"{counts['failed']:,} without an answer")  # fmt: skip
    found = study["analysis"]
    metrics = {m["key"]: m for m in study["question"]["metrics"]}
    _outputs(console, found, metrics)
    _limits(console, found)
    _rare(console, found)
    _influence(console, study)
    _tornado(console, found, metrics)
    _best(console, study, points)
    for note in found["notes"]:
        say(console, f"Note: {note}")


def _outputs(console: Console, found: Document, metrics: Document) -> None:
    names = ("Mean", "P5", "P50", "P95", "P50 interval", "Least", "Most")
    table = make_table("Outputs", "Output", ("Unit", "left"), *names)
    for one in found["outputs"][:MOST_OUTPUTS]:
        s = one["summary"]
        at = {q["frac"]: q for q in s["quantiles"]}
        if not at:
            continue
        low, high = at[0.5]["low"], at[0.5]["high"]
        row(
            table, one["output"], metrics[one["output"]]["unit"], _say(s["mean"]),
            *(_say(at[f]["value"]) for f in (0.05, 0.5, 0.95)),
            f"{_say(low)} to {_say(high)}", _say(s["least"]), _say(s["most"]),
        )  # fmt: skip
    console.print(table)
    more = len(found["outputs"]) - MOST_OUTPUTS
    if more > 0:
        say(console, f"{more} more outputs: --json, or name some in `outputs`")


def _limits(console: Console, found: Document) -> None:
    for one in found["exceedance"]:
        p = one["found"]
        what = "Probability" if one["drawn"] else "Share of the points"
        event = f"{one['output']} {one['side']} {one['limit']:g}"
        interval = f"{p['low']:.4g} to {p['high']:.4g}, 95 %"
        say(console, f"{what} of {event}: {p['probability']:.4g} ({interval})")


def _rare(console: Console, found: Document) -> None:
    rare = found["rare"]
    if rare is not None:
        say(console, f"Probability of the event: {rare['probability']:.3g} "
            f"({rare['low']:.3g} to {rare['high']:.3g}, {rare['level']:.0%}), by "
            f"{rare['method']}, {rare['evaluations']:,} points")  # fmt: skip


def _influence(console: Console, study: Document) -> None:
    found = study["analysis"]["influence"]
    if not found:
        return
    names = {axis["field"]: axis["label"] for axis in study["axes"]}
    table = make_table(
        "What matters: share of the scatter", "Output", ("Axis", "left"), "Alone",
        "With others", "Rank correlation", ("Method", "left"),
    )  # fmt: skip
    for one in found[:MOST_OUTPUTS]:
        for k, e in enumerate(sorted(one["effects"], key=_weight, reverse=True)):
            row(
                table, one["output"] if k == 0 else "", names[e["field"]],
                *(_share(e[n], e[f"{n}_ci"]) for n in ("first", "total")),
                _say(e["rank_correlation"], 2), one["method"] if k == 0 else "",
            )  # fmt: skip
    console.print(table)


def _share(value: float | None, half_width: float | None) -> str:
    """Format a share with its interval: a small one may be chance."""
    if value is None:
        return _say(None)
    within = "" if half_width is None else f" ± {half_width:.2f}"
    return f"{number(value, 2)}{within}"


def _weight(effect: Document) -> float:
    for name in ("total", "first"):
        if effect[name] is not None:
            return float(effect[name])
    return abs(float(effect["rank_correlation"] or 0.0))


def _tornado(console: Console, found: Document, metrics: Document) -> None:
    for one in found["tornado"][:MOST_OUTPUTS]:
        unit = metrics[one["output"]]["unit"]
        table = make_table(
            f"{one['output']} [{unit}], {_say(one['at_middle'])} in the middle",
            "Axis", "Low", "gives", "High", "gives",
        )  # fmt: skip
        for bar in one["bars"]:
            row(table, bar["field"], bar["low_value"], _say(bar["at_low"]),
                bar["high_value"], _say(bar["at_high"]))  # fmt: skip
        console.print(table)


def _best(console: Console, study: Document, points: list[Document]) -> None:
    found, goals = study["analysis"], study["spec"]["objectives"]
    if not goals:
        return
    keys = found["pareto"] or ([] if found["best"] is None else [found["best"]])
    if not keys:
        say(console, "No point keeps every limit")
        return
    at = {p["index"]: p for p in points}
    fields = [axis["field"] for axis in study["axes"]]
    wanted = [g["output"] for g in goals if g["output"] not in fields]
    title = "Points that no other beats" if found["pareto"] else "The best point"
    table = make_table(title, ("Point", "right"), *fields, *wanted)
    for key in keys[:MOST_POINTS]:
        one = at[key]
        row(table, str(key), *(_say(one["changes"][f]) for f in fields),
            *(_say(one["outputs"][w]) for w in wanted))  # fmt: skip
    console.print(table)


def _say(value: Any, digits: int = 4) -> str:
    """A figure in as many digits as matter; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float):
        if 0.99 < abs(value) < 1.0:
            return f"{value:.6f}"
        if value == round(value) and abs(value) < 1e7:
            return f"{value:,.0f}"
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.{digits}g}"
    return str(value)
