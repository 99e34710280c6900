"""Report of a comparison: runs side by side, the largest differences first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from api.compare_catalogue import CHANCE_TIMES, chance_times
from app import format as say
from app.markup import Markup, listed, sign, table, text
from app.report import charts, origin, validation
from app.report.page import Html, Report, Section, code, figure, quiet
from app.report.units import Scale, inner, scale_of
from app.svg import Axis, Figure, Limit, Series

Json = dict[str, Any]
_BARS, _CURVES = 14, 8
_VERDICTS = {"better": "good", "worse": "bad"}
_NOT_SHOWN = {"absent", "unpaired"}
_HOUR_S = 3600.0


def compare_report(document: Json, asked: Json | None = None) -> Report:
    """
    Lay out the report of a comparison.

    Args:
        document: As `POST /compare` answers it.
        asked: What was sent there; None where it is not known.
    """
    names = [i["label"] for i in document["items"]]
    answer, rest = _answer(document, names)
    return Report(
        kind=f"Comparison of {len(names)}", title=" against ".join(names),
        answer=answer, rest=rest, good=None,
        sections=tuple(_sections(document, names, asked)),
    )  # fmt: skip


def _answer(document: Json, names: Sequence[str]) -> tuple[str, str]:
    base = document["baseline"]
    first = next((o for o in document["outputs"] if (o["score"] or 0) > 0), None)
    if first is None:
        return f"{len(names)} items", "do not differ in any figure that both have"
    k = max(
        (n for n in range(len(names)) if n != base),
        key=lambda n: abs(first["differences"][n]["absolute"] or 0.0),
    )
    found, scale = first["differences"][k], _scale(first)
    relative = found["relative"]
    if relative is None or scale.unit == "%":
        number = _points(first, found["absolute"])
    else:
        number = say.percent(relative, signed=True)
    many = first["score"]
    return number, (
        f"in {inner(first['label'])} is the largest difference: {names[k]} has "
        f"{scale.text(first['values'][k])}, {names[base]} "
        f"{scale.text(first['values'][base])}; {say.number(many, 1)} times what is "
        "usual from one seed to the next"
    )


def _kind(output: Json, k: int) -> str:
    """Class of a difference: good or bad, unless another seed would do as much."""
    times = output["differences"][k]["times"] or 0.0
    small = times < chance_times(output["key"])
    return "key" if small else _VERDICTS.get(output["verdicts"][k], "key")


def _points(output: Json, absolute: float | None) -> str:
    """Write a difference; of shares in points, which are no per cent of anything."""
    scale = _scale(output)
    shown = scale.number(absolute, signed=True)
    return f"{shown} points" if scale.unit == "%" else f"{shown} {scale.unit}".rstrip()


def _scale(output: Json) -> Scale:
    return scale_of(output["unit"], output["values"], key=output["key"])


def _sections(
    document: Json, names: Sequence[str], asked: Json | None
) -> list[Section]:
    found: list[Section] = [
        ("What was compared", _items(document)),
        ("Largest differences", _bars(document, names)),
        ("Figures", _figures(document, names)),
        ("Inputs that differ", _inputs(document, names)),
    ]
    curves = _curves(document, names)
    if curves:
        found.append(("Over time", curves))
    if document.get("events"):
        found.append(("What happened how often", _events(document, names)))
    suites = ["row", "polca"]
    if any(i["kind"] == "site" for i in document["items"]):
        suites.append("tapas")
    return [
        *found,
        ("Assumptions", _assumptions(document)),
        ("Validation", validation.status(
            suites, "Differences are often surer than the figures: what both share "
            "in error leaves them.")),
        ("Provenance", _provenance(document)),
        ("How to reproduce it", _again(document, asked)),
    ]  # fmt: skip


def _items(document: Json) -> Html:
    rows = []
    for k, one in enumerate(document["items"]):
        name = f"{one['label']}{' (baseline)' if k == document['baseline'] else ''}"
        rows.append([
            name,
            f"{one['kind']}, stored {one['source']}" if one["id"] else one["kind"],
            Markup(code(one["id"])) if one["id"] else say.MISSING,
            sign(good=one["meets"]), "; ".join(one["breaches"]) or say.MISSING,
        ])  # fmt: skip
    body = table(("Item", "Kind", "Id", "Its promises", "What it breaks"), rows,
                 kind="text")  # fmt: skip
    warnings = document.get("warnings") or []
    if not warnings:
        return body
    said = [f"{w['text']}. What would help: {w['repair']}." for w in warnings]
    return body + "<h3>Not like for like</h3>" + listed(said)


def _bars(document: Json, names: Sequence[str]) -> Html:
    base = document["baseline"]
    items: list[charts.Bar] = []
    for one in document["outputs"]:
        if not one["score"] or len(items) >= _BARS:
            break
        for k, name in enumerate(names):
            change = one["differences"][k]["relative"]
            if k == base or change is None or one["verdicts"][k] in _NOT_SHOWN:
                continue
            part = 100 * max(-1.5, min(1.5, change))
            colour = {"good": charts.GREEN, "bad": charts.RED}.get(
                _kind(one, k), charts.BLUE
            )
            label = one["label"] if len(names) == 2 else f"{one['label']}, {name}"
            items.append(charts.Bar(
                name=label, low=min(part, 0.0), high=max(part, 0.0), colour=colour,
                words=say.percent(change, signed=True)))  # fmt: skip
    if not items:
        return "<p>No figure differs by a part that can be drawn.</p>"
    axis = charts.axis_over([v for i in items for v in (i.low, i.high)],
                            f"Change against {names[base]}, %")  # fmt: skip
    drawn = charts.bars("Largest differences against the baseline", items, axis,
                        marks=((0.0, ""),))  # fmt: skip
    return figure(
        drawn, "Ordered by the difference ÷ what is usual from one seed to the next. "
        f"Green: better, red: worse, blue: neither, or below {CHANCE_TIMES:g} usual "
        "ones. Cut at 150 %.",
    )  # fmt: skip


def _figures(document: Json, names: Sequence[str]) -> Html:
    base = document["baseline"]
    rows = []
    for one in document["outputs"]:
        scale = _scale(one)
        rows.append([
            scale.title(one["label"]),
            *(_cell(one, k, scale, base) for k in range(len(names))),
            say.number(one["score"], 1) if one["score"] else say.MISSING,
        ])  # fmt: skip
    shown = [f"{n}{' (baseline)' if k == base else ''}" for k, n in enumerate(names)]
    head = ("Figure", *shown, "Difference ÷ usual")
    return table(head, rows) + quiet(
        "Below each value: its range over seeds where there were several, and its "
        "difference against the baseline. A difference below two usual ones may be "
        "chance and has no colour."
    )


def _cell(one: Json, k: int, scale: Scale, base: int) -> Markup:
    value = one["values"][k]
    parts = [text(scale.number(value))]
    ends = (one.get("ranges") or [None] * (k + 1))[k]
    if ends:
        parts.append(f"{scale.number(ends[0])} to {scale.number(ends[1])}")
    change = one["differences"][k]["absolute"]
    if k != base and value is not None and change:
        parts.append(
            f'<span class="{_kind(one, k)}">{text(_points(one, change))}</span>'
        )
    return Markup("<br>".join(parts))


def _inputs(document: Json, names: Sequence[str]) -> Html:
    rows = [
        [Markup(f"{text(one['label'])} {code(one['field'])}"),
         *(_value(v, one["unit"]) for v in one["values"])]
        for one in document["inputs"]
    ]  # fmt: skip
    if not rows:
        return "<p>Their inputs are the same.</p>"
    more = document.get("inputs_dropped") or 0
    same = document.get("inputs_same")
    caption = f"{more} more differ" if more else ""
    if same:
        caption = f"{caption}; {same:,} are the same".lstrip("; ")
    return table(("Input", *names), rows, caption=caption, kind="text")


def _value(value: Any, unit: str) -> str:
    if value is None:
        return say.MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.10g} {unit}".rstrip()
    return str(value)


def _curves(document: Json, names: Sequence[str]) -> Html:
    parts = []
    for one in (document.get("series") or [])[:_CURVES]:
        known = [v for line in one["values"] if line for v in line if _finite(v)]
        if not known:
            continue
        scale = scale_of(one["unit"], known)
        t = [v / _HOUR_S for v in one["t_s"]]
        lines = tuple(
            Series(
                name=name, x=t, colour=charts.COLOURS[k % len(charts.COLOURS)],
                dash=charts.DASHES[k % len(charts.DASHES)],
                low=[v / scale.per if _finite(v) else None for v in one["values"][k]],
            )
            for k, name in enumerate(names) if one["values"][k]
        )  # fmt: skip
        limits = _limits(one, document["items"], scale, t[-1])
        shown = [v / scale.per for v in known] + [limit.y for limit in limits]
        drawn = Figure(
            title=f"{one['label']} over time",
            x=Axis(title="Time from the start, h", low=0.0,
                   high=t[-1] + (t[1] - t[0] if len(t) > 1 else 1.0)),
            y=charts.axis_over(shown, scale.title(one["label"]), zero=True),
            series=lines, limits=limits, height=240,
        ).svg()  # fmt: skip
        parts.append(figure(drawn, f"{one['label']}, all from their own start."))
    return "".join(parts)


def _limits(
    curve: Json, items: Sequence[Json], scale: Scale, end_h: float
) -> tuple[Limit, ...]:
    """Power limits of a curve of power; one line where items share it."""
    if curve["name"] not in ("it_w", "it_peak_w"):
        return ()
    drawn = zip(items, curve["values"], strict=True)
    found = dict.fromkeys(i["limit_w"] for i, line in drawn if line and i["limit_w"])
    return tuple(
        Limit(x=(0.0, end_h), y=limit / scale.per,
              words=f"limit {scale.text(limit)}")
        for limit in found
    )  # fmt: skip


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _events(document: Json, names: Sequence[str]) -> Html:
    rows = [
        [one["label"], *(say.number(c) for c in one["counts"])]
        for one in document["events"]
    ]
    return table(("Event", *names), rows)


def _assumptions(document: Json) -> Html:
    same = document.get("inputs_same")
    words = (
        f"The {same:,} inputs that are the same in all items, defaults and given ones, "
        "are assumed by all of them alike; the report of each item lists them with "
        "their sources."
        if same else "The report of each item lists its defaults with their sources."
    )  # fmt: skip
    rows = [[one["label"], Markup(code(one["href"] or "not stored"))]
            for one in document["items"]]  # fmt: skip
    return f"<p>{text(words)}</p>" + table(("Item", "Read it at"), rows, kind="text")


def _provenance(document: Json) -> Html:
    rows = []
    for one in document["items"]:
        known = one.get("provenance") or {}
        rows.append([
            one["label"], Markup(code(str(known.get("scenario_sha256") or "–"))),
            str(known.get("model_version") or "–"), str(known.get("seed", "–")),
            origin.created(known) or "–",
        ])  # fmt: skip
    head = ("Item", "Inputs, SHA-256", "Model", "Seed", "Computed")
    return table(head, rows, kind="text") + origin.written_by()


def _again(document: Json, asked: Json | None) -> Html:
    ids = [i["id"] for i in document["items"]]
    stored = all(ids) and all(i["source"] == "run" for i in document["items"])
    commands = [f"nameplate report {' '.join(ids)} --out report.html"] if stored else []
    items = [{f"{i['source']}_id": i["id"]} if i["id"] else {"label": i["label"]}
             for i in document["items"]]  # fmt: skip
    return origin.again(
        commands=commands, calls=[("/compare", "the inputs below as JSON")],
        inputs=asked or {"items": items, "baseline": document["baseline"]},
        file="compare.yaml",
        same="" if all(ids) else "Items that are not stored were run when this was "
        "asked; their inputs are in what was sent.",
    )  # fmt: skip
