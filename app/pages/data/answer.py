"""What the Data page says: sources with their gaps, a diff, what was left out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.components import html
from app.format import MISSING, duration, number
from app.pages import parts

Json = dict[str, Any]
Period = tuple[int, int]

MOST_SHOWN = 200
STALE_S = 90.0
LOST_S = 300.0
_ACTIONS = {"added": "+", "changed": "~", "removed": "−", "kept": "="}


def when(time_us: int) -> str:
    """Write an instant; a dash for none."""
    if not time_us:
        return MISSING
    at = dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}"


def size(count: float) -> str:
    """Write a number of bytes."""
    for unit, per in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= per:
            return f"{number(count / per, 1)} {unit}"
    return f"{number(count)} B"


def state_of(age_s: float) -> str:
    """Say what a source is by the age of its reading, as the Live page does."""
    return "ok" if age_s <= STALE_S else "stale" if age_s <= LOST_S else "lost"


# --- sources --------------------------------------------------------------------------


def verdict(sources: list[Json], placement: Json) -> Any:
    """Whether everything that reports has a place and is fresh."""
    if not sources:
        return [
            html.P("Nothing reports yet", className="np-headline"),
            html.P(["Start an agent as ", html.A("Live", href="/live/"),
                    " says, or bring a file of readings in below."],
                   className="np-detail"),
        ]  # fmt: skip
    silent = [s["name"] for s in sources if state_of(s["age_s"]) != "ok"]
    loose = placement["unplaced"]
    loose_here = bool(loose) and placement["scenario_id"] is not None
    said = f"{_count(len(sources), 'source')}, {len(sources) - len(silent)} reporting"
    detail = [f"Silent: {_named(silent)}."] if silent else []
    if placement["scenario_id"] is None:
        detail.append("No scenario is watched, so nothing is held against a limit.")
    elif loose:
        detail.append(f"Without a place: {_named(loose)}.")
    words = " ".join(detail) or "All of them are fresh and have a place."
    sign, tone = ("✓", "np-good") if not silent and not loose_here else ("▲", "dt-warn")
    return [
        html.P(className=f"np-headline {tone}", children=[
            html.Span(sign, className="np-sign", **{"aria-hidden": "true"}), said]),
        html.P(words, className="np-detail"),
    ]  # fmt: skip


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _named(names: list[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def numbers(sources: list[Json], placement: Json) -> list[tuple[str, str]]:
    """Value and part of each number of the layout, in its order."""
    fresh = sum(state_of(s["age_s"]) == "ok" for s in sources)
    placed = len(sources) - len(placement["unplaced"])
    kinds = sorted({s["kind"] for s in sources})
    first = min((s["first_us"] for s in sources if s["first_us"]), default=0)
    last = max((s["last_us"] for s in sources), default=0)
    youngest = min((s["age_s"] for s in sources), default=None)
    return [
        (number(len(sources)), ", ".join(kinds)),
        (number(sum(s["devices"] for s in sources)), ""),
        (f"{fresh} of {len(sources)}", "in the last 90 s"),
        (f"{placed} of {len(sources)}", "in the watched scenario"
         if placement["scenario_id"] else "no scenario is watched"),
        (when(first)[:10], f"{when(first)[11:]} UTC" if first else ""),
        (when(last)[:10], "" if youngest is None else f"{duration(youngest)} ago"),
    ]  # fmt: skip


def sources_table(
    sources: list[Json], stored: dict[str, Json], period: Period
) -> Any:  # fmt: skip
    """
    Draw a page of sources.

    Args:
        sources: Those on the page.
        stored: What is stored of each, by name.
        period: Start and end of the strips. [µs]
    """
    head = ["Source", "State", "Reports by", "Stands on", "Devices", "First",
            "Newest", "Stored in full", "Readings, gaps left open"]  # fmt: skip
    return html.Table(
        className="np-table",
        children=[
            html.Caption(f"{when(period[0])} to {when(period[1])} UTC"),
            html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
            html.Tbody([_source(s, stored.get(s["name"]), period) for s in sources]),
        ],
    )  # fmt: skip


def _source(source: Json, stored: Json | None, period: Period) -> Any:
    state = state_of(source["age_s"])
    models = ", ".join(source["models"])
    return html.Tr([
        html.Th(html.A(source["name"], href=f"/live/?host={source['name']}"),
                scope="row"),
        html.Td(state, className=f"dt-{state}"),
        html.Td(source["kind"]),
        html.Td(source["node"] or "nowhere",
                className="" if source["node"] else "dt-stale"),
        html.Td(number(source["devices"]), title=models),
        html.Td(when(source["first_us"])),
        html.Td(f"{duration(source['age_s'])} ago", title=when(source["last_us"]),
                **{"data-csv": when(source["last_us"])}),
        html.Td(_stored(stored)),
        html.Td(gap_strip(source, stored, period), className="dt-strip-cell"),
    ])  # fmt: skip


def _stored(stored: Json | None) -> str:
    if stored is None:
        return MISSING
    waiting = stored["waiting"]
    tail = f", {number(waiting)} wait" if waiting else ""
    return f"{number(stored['readings'])} in {size(stored['bytes'])}{tail}"


def gap_strip(source: Json, stored: Json | None, period: Period) -> Any:
    """Draw the period as a strip with its gaps, and say them."""
    if stored is None:
        return MISSING
    start, end = period
    spans = spans_of(source, stored["gaps"], period)
    words = gap_words(source, stored["gaps"], period)
    return html.Div(
        className="dt-gaps",
        children=[
            html.Div(
                className="dt-strip", role="img", **{"aria-label": words},
                children=[
                    html.Span(style={
                        "left": f"{100 * (a - start) / (end - start):.2f}%",
                        "width": f"{100 * (b - a) / (end - start):.2f}%",
                    })
                    for a, b in spans
                ],
            ),
            html.Span(words, className="np-quiet"),
        ],
    )  # fmt: skip


def known_of(source: Json, period: Period) -> Period:
    """Part of a period between a source's first and newest reading. [µs]"""
    first = min(max(source["first_us"] or source["last_us"], period[0]), period[1])
    return first, max(first, min(source["last_us"], period[1]))


def spans_of(source: Json, gaps: list[list[int]], period: Period) -> list[Period]:
    """Spans of a period that have readings. [µs]"""
    at, last = known_of(source, period)
    spans = []
    for a, b in sorted((max(a, at), min(b, last)) for a, b in gaps):
        if a >= b:
            continue
        spans.append((at, a))
        at = b
    spans.append((at, last))
    return [(a, b) for a, b in spans if b > a]


def gap_words(source: Json, gaps: list[list[int]], period: Period) -> str:
    """Say how many gaps there are and how long they are in all."""
    first, last = known_of(source, period)
    if last <= first:
        return "no reading"
    inside = [(max(a, first), min(b, last)) for a, b in gaps]
    lengths = [(b - a) / 1e6 for a, b in inside if b > a]
    if not lengths:
        return "no gap"
    return f"{_count(len(lengths), 'gap')}, {duration(sum(lengths))}"


# --- imports --------------------------------------------------------------------------


def imports_list(imports: list[Json], chosen: str) -> Any:
    """All imports; a press on one shows its diff."""
    if not imports:
        return html.P("No file was brought in yet.", className="np-quiet")
    head = ["Source", "Status", "New", "Changed", "Gone", "Kept", "When, UTC"]
    rows = []
    for item in imports:
        counts = item["counts"]
        rows.append(html.Tr(
            className="np-chosen-row" if item["id"] == chosen else "",
            children=[
                html.Th(html.Button(item["source"], type="button",
                                    className="np-rule-name",
                                    **{"data-import": item["id"]}), scope="row"),
                html.Td(item["status"], className=f"dt-{item['status']}"),
                *(html.Td(number(counts.get(k, 0)))
                  for k in ("added", "changed", "removed", "kept")),
                html.Td(str(item["created_at"])[:16].replace("T", " ")),
            ],
        ))  # fmt: skip
    return html.Table(className="np-table", children=[
        html.Caption("Newest first; press one for its diff"),
        html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
        html.Tbody(rows),
    ])  # fmt: skip


def preview(found: Json) -> list[Any]:
    """One import: what changes, which rows were left out, what was kept beside."""
    counts = found["counts"]
    words = ", ".join(
        f"{number(counts[k])} {title}" for k, title in (
            ("added", "new"), ("changed", "changed"), ("removed", "removed"),
            ("kept", "kept though gone"), ("unchanged", "as before"),
        ) if counts.get(k)
    ) or "nothing"  # fmt: skip
    sign = {"previewed": "would change", "applied": "applied", "refused": "refused"}
    return [
        html.P(className="dt-answer", children=[
            html.B(f"{found['source']}: "), f"{sign[found['status']]}: {words}."]),
        _problems(found["problems"]),
        html.Ul([html.Li(note) for note in found["notes"]], className="dt-notes")
        if found["notes"] else None,
        _facts(found["facts"]),
        _changes(found), _errors(found), _unmapped(found),
    ]  # fmt: skip


def _problems(problems: list[Json]) -> Any:
    if not problems:
        return None
    return parts.problem({
        "title": "The scenario would not stand", "errors": problems, "id": "",
    })  # fmt: skip


def _facts(facts: Json) -> Any:
    shown = [f"{k.replace('_', ' ')} {v}" for k, v in facts.items()
             if isinstance(v, str | int | float)]  # fmt: skip
    return html.P("; ".join(shown), className="np-quiet") if shown else None


def _changes(found: Json) -> Any:
    rows = [
        [f"{_ACTIONS[c['action']]} {c['action']}", c["kind"], c["name"],
         ", ".join(map(_field, filter(_tells, c["fields"]))), c["note"]]
        for c in found["changes"][:MOST_SHOWN]
    ]  # fmt: skip
    return _fold(f"Changes: {_total(found, 'changes')}", rows, opened=True,
                 head=["What", "Kind", "Name", "Fields", "Note"])  # fmt: skip


def _tells(field: Json) -> bool:
    """Whether a field of something new says anything."""
    return field["old"] is not None or field["new"] not in (None, "", [])


def _field(field: Json) -> str:
    if field["old"] is None:
        return f"{field['field']} {_short(field['new'])}"
    return f"{field['field']} {_short(field['old'])} → {_short(field['new'])}"


def _errors(found: Json) -> Any:
    rows = [
        [f"{e['table']}, row {e['row']}", e["field"], e["rule"], _short(e["value"]),
         e["repair"]]
        for e in found["errors"][:MOST_SHOWN]
    ]  # fmt: skip
    return _fold(f"Rows left out: {_total(found, 'errors')}", rows, opened=True,
                 head=["Where", "Field", "Rule", "Got", "Repair"])  # fmt: skip


def _unmapped(found: Json) -> Any:
    rows = [
        [u["source_id"], u["reason"], _short(u["content"])]
        for u in found["unmapped"][:MOST_SHOWN]
    ]
    title = f"Kept beside, because no field holds it: {_total(found, 'unmapped')}"
    return _fold(title, rows, head=["Whose", "Why", "What it says"])


def _total(found: Json, name: str) -> str:
    return number(len(found[name]) + found["left_out"].get(name, 0))


def _fold(
    title: str, rows: list[list[str]], *, head: list[str], opened: bool = False
) -> Any:
    if not rows:
        return None
    caption = f"First {len(rows)}" if len(rows) == MOST_SHOWN else ""
    return html.Details(open=opened, className="dt-fold", children=[
        html.Summary(title),
        html.Div(parts.table(head, rows, caption), className="np-scroll dt-left"),
    ])  # fmt: skip


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"


def uploaded(found: Json) -> Any:
    """What became of a file of readings."""
    refused = sum(r["count"] for r in found["refused"])
    fields = ", ".join(f"{a} as {b}" for a, b in found["fields"].items())
    ignored = ", ".join(found["ignored_columns"]) or "none"
    return html.Div([
        html.P(className="dt-answer", children=html.B(
            f"{number(found['stored'])} of {number(found['rows'])} readings stored")),
        html.P(f"{found['times'].capitalize()}. Columns: {fields}. Ignored: {ignored}.",
               className="np-quiet"),
        html.P(f"{number(refused)} left out: " + "; ".join(
            f"{number(r['count'])} {r['field']} {r['reason']}, {r['repair']}"
            for r in found["refused"])) if refused else None,
    ])  # fmt: skip
