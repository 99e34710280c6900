"""What a comparison says: the largest difference first, then all of them as a table."""

from __future__ import annotations

from typing import Any

from api.compare_catalogue import chance_times
from app.components import dmc, html
from app.pages.compare import say
from app.pages.compare.state import EXAMPLE, View
from app.pages.parts import badge, table

Json = dict[str, Any]

WORDS = {
    "better": ("✓", "better"), "worse": ("✕", "worse"), "differs": ("◆", "differs"),
    "same": ("=", "same"), "absent": ("", "has none"),
    "unpaired": ("", "baseline has none"), "baseline": ("", ""),
}  # fmt: skip
"""Shape and word of a verdict; colour only repeats them."""
_ROWS_IN_TABLE = 24


# --- the sentence ---------------------------------------------------------------------


def verdict(document: Json, *, unit: str) -> list[Any]:
    """Name the largest difference in one sentence, then what it rests on."""
    first = largest(document)
    detail = f"{_counted(document)} {_promises(document)}"
    if first is None:
        return _said("=", "same", "Nothing differs in what they do", detail)
    place = _furthest(first)
    word = first["verdicts"][place]
    sign, said = WORDS[word]
    if not matters(first) or seed_only(document, place):
        word, sign, said = "small", "≈", "chance in the traffic"
    values = [
        say.quantity(first["values"][k], first["key"], first["unit"], unit)
        for k in (place, document["baseline"])
    ]
    text = _sentence(document, first, place, values)
    return _said(sign, word, text, f"{said.capitalize()}. {detail}")


def largest(document: Json) -> Json | None:
    """Return the figure that differs most, None where none differs."""
    first: Json | None = next(iter(document["outputs"]), None)
    return first if first is not None and (first["score"] or 0) > 0 else None


def _furthest(output: Json) -> int:
    """Place of the item furthest from the baseline."""
    moved = [abs(d["absolute"] or 0.0) for d in output["differences"]]
    return moved.index(max(moved))


def _sentence(document: Json, output: Json, place: int, values: list[str]) -> list[Any]:
    items, base = document["items"], document["baseline"]
    names = [_named(items, k) for k in (place, base)]
    relative = output["differences"][place]["relative"]
    head = f"{output['label']}: "
    if relative is None or abs(relative) > 2:
        return [head, f"{values[0]} in ", *names[0], f", {values[1]} in ", *names[1]]
    more = "more" if relative > 0 else "less"
    size = say.change(abs(relative)).lstrip("+")
    return [head, f"{size} {more} in ", *names[0], " than in ", *names[1],
            f" ({values[0]} against {values[1]})"]  # fmt: skip


def _named(items: list[Json], place: int) -> list[Any]:
    return [mark(place), short_labels(items)[place]]


def short_labels(items: list[Json]) -> list[str]:
    """Labels without the name that all of them begin with: `Row 7: 52 servers`."""
    heads = {item["label"].partition(": ")[0] for item in items}
    rests = [item["label"].partition(": ")[2] for item in items]
    if len(heads) == 1 and all(rests):
        return rests
    return [str(item["label"]) for item in items]


def mark(place: int) -> Any:
    """Draw the number and colour that an item has everywhere on the page."""
    return html.Span(
        str(place + 1), className=f"np-item-mark np-series-{_series(place)}"
    )


def _series(place: int) -> int:
    return place % 6 + 1


def _said(sign: str, kind: str, text: Any, detail: str) -> list[Any]:
    return [
        html.P(className=f"np-headline np-say-{kind}", children=[
            html.Span(sign, className="np-sign", **{"aria-hidden": "true"}),
            *(text if isinstance(text, list) else [text]),
        ]),
        html.P(className="np-detail", children=[
            detail, badge("modelled"),
        ]),
    ]  # fmt: skip


def _counted(document: Json) -> str:
    paired = [o for o in document["outputs"] if not lonely(o)]
    many = sum(matters(o) for o in paired)
    some = sum((o["score"] or 0) > 0 for o in paired) - many
    return (
        f"{many} of {len(paired)} figures differ by more than another seed would make"
        + (f", {some} by less." if some else ".")
    )


def _promises(document: Json) -> str:
    """Say which items hold their service levels or limits."""
    parts = []
    for place, item in enumerate(document["items"]):
        if item["meets"] is not None:
            held = "holds" if item["meets"] else "breaks"
            why = "" if item["meets"] else f" ({item['breaches'][0]})"
            parts.append(f"{place + 1} {held}{why}")
    return f"Service levels and limits: {', '.join(parts)}." if parts else ""


def matters(output: Json) -> bool:
    """Whether a figure differs by more than another seed would make."""
    return (output["score"] or 0.0) >= chance_times(output["key"])


def seed_only(document: Json, place: int) -> bool:
    """Whether an item differs from the baseline by its seed, and in no other input."""
    base = document["baseline"]
    moved = {
        i["field"]
        for i in document["inputs"]
        if i["values"][place] != i["values"][base]
    }
    return moved - {"name"} == {"seed"}


def lonely(output: Json) -> bool:
    """Whether there is nothing to compare: only one side has the figure."""
    return all(v in ("absent", "baseline", "unpaired") for v in output["verdicts"])


def empty(count: int) -> list[Any]:
    """Say what comes next where there is nothing to compare yet."""
    words = (
        "Choose what to compare" if count == 0 else "Choose one more to compare it with"
    )
    return [
        html.P(words, className="np-headline"),
        html.P("Two to eight runs, scenarios, cells of plans or points of studies; "
               "search for them beside this.", className="np-detail"),
        html.P(html.Button(
            "Compare today's row with twelve more servers", type="button",
            className="np-mini np-example", **{"data-items": ",".join(EXAMPLE)},
        )),
    ]  # fmt: skip


# --- not like for like ----------------------------------------------------------------


def warnings(document: Json) -> Any:
    """Say where the comparison is not like for like, and what to do."""
    return [
        html.P(className="np-warning", children=[
            html.Span("▲ ", className="np-warn-sign", **{"aria-hidden": "true"}),
            html.B("Not like for like. " if one["kind"] != "same-inputs" else ""),
            f"{one['text']}{_listed(one['values'])}. ",
            html.Span(f"{one['repair'][:1].upper()}{one['repair'][1:]}.",
                      className="np-repair"),
        ])
        for one in document["warnings"]
    ]  # fmt: skip


def _listed(values: list[str]) -> str:
    shown = "; ".join(f"{k + 1}: {v}" for k, v in enumerate(values))
    return f" ({shown})" if shown else ""


# --- inputs and events ----------------------------------------------------------------


def inputs_table(document: Json, view: View) -> Any:
    """List inputs that differ, one column an item."""
    same = f"{document['inputs_same']:,} other inputs are the same."
    if not document["inputs"]:
        return html.P(f"No input differs. {same}", className="np-quiet")
    dropped = document["inputs_dropped"]
    more = f" {dropped:,} more differ." if dropped else ""
    rows = [
        html.Tr([
            html.Th(_input_name(one), scope="row"),
            *(html.Td(_input_value(one, place, document["baseline"]))
              for place in range(len(document["items"]))),
        ])
        for one in document["inputs"]
    ]  # fmt: skip
    return html.Div(className="np-scroll-x", tabIndex="0", children=html.Table(
        className="np-table np-inputs", children=[
            html.Caption(same + more), _head("Input", document), html.Tbody(rows),
        ],
    ), **{"data-show": view.show})  # fmt: skip


def _input_name(one: Json) -> Any:
    unit = f" [{one['unit']}]" if one["unit"] else ""
    tip = f"{one['field']}. {one['doc']}".strip()
    return html.Span(one["label"] + unit, **{"data-tip": tip}, tabIndex="0")


def _input_value(one: Json, place: int, base: int) -> Any:
    shown = say.value_of(one["values"][place])
    moved = one["values"][place] != one["values"][base]
    return html.B(shown) if moved else shown


def _head(first: str, document: Json) -> Any:
    return html.Thead(html.Tr([
        html.Th(first, scope="col"),
        *(html.Th(column_head(document, k), scope="col")
          for k in range(len(document["items"]))),
    ]))  # fmt: skip


def column_head(document: Json, place: int) -> list[Any]:
    """Head of an item's column: its mark, and whether it is the baseline."""
    item = document["items"][place]
    base = place == document["baseline"]
    return [
        html.Span([mark(place), html.Span(short_labels(document["items"])[place],
                                          className="np-head-label")],
                  title=item["label"], className="np-head"),
        html.Span("baseline", className="np-chip") if base else None,
    ]  # fmt: skip


def events_table(document: Json) -> Any:
    """List how often things happened."""
    if not document["events"]:
        return html.P(_no_events(document["items"]), className="np-quiet")
    rows = [
        html.Tr([html.Th(one["label"], scope="row"),
                 *(html.Td("–" if n is None else f"{n:,}") for n in one["counts"])])
        for one in document["events"]
    ]  # fmt: skip
    return html.Div(className="np-scroll-x", tabIndex="0", children=html.Table(
        className="np-table np-inputs",
        children=[_head("Times", document), html.Tbody(rows)],
    ))  # fmt: skip


def _no_events(items: list[Json]) -> str:
    """Say that nothing happened, and who keeps no record of it."""
    silent = [
        str(place + 1) for place, item in enumerate(items)
        if item["kind"] == "point" or item["repetitions"] > 1
    ]  # fmt: skip
    if not silent:
        return "No caps, brakes or trips in any of them."
    kept = "" if len(silent) == len(items) else "No caps, brakes or trips. "
    return f"{kept}No record of events in {', '.join(silent)}: figures only."


# --- curves and sources ---------------------------------------------------------------


def curves_shown(document: Json, view: View) -> list[str]:
    """Names of the curves drawn: those chosen, else power and what differs besides."""
    there = [one["name"] for one in document["series"]]
    chosen = [name for name in view.curves if name in there]
    if chosen:
        return chosen
    second = [n for n in ("facility_w", "low_clock_mhz", "queued") if n in there]
    return [n for n in ("it_w", *second[:1]) if n in there]


def curve_chips(document: Json) -> list[Any]:
    """Offer the curves that there are."""
    return [
        dmc.Chip(one["label"], value=one["name"], size="xs", variant="outline")
        for one in document["series"]
    ]


def curves_table(document: Json, names: list[str], *, unit: str) -> Any:
    """Write the drawn curves as a table of a few instants."""
    known = [one for one in document["series"] if one["name"] in names]
    if not known:
        return html.P("No curves.", className="np-quiet")
    times = known[0]["t_s"]
    step = max(1, len(times) // _ROWS_IN_TABLE)
    head, columns = ["Hours from start"], []
    for one in known:
        for k, line in enumerate(one["values"]):
            if line is not None:
                head.append(f"{one['label']} {k + 1}")
                columns.append((one, line))
    rows = [
        [f"{times[t] / 3600:.1f}", *(
            say.quantity(line[t], one["name"], one["unit"], unit)
            for one, line in columns
        )]
        for t in range(0, len(times), step)
    ]  # fmt: skip
    return table(
        head, rows, f"Every {step}th of {len(times)} bins; export has them all"
    )


def sources(document: Json) -> Any:
    """Say where each item is from: kind, inputs, model version, seed, when."""
    head = ["Item", "Kind", "Servers", "Limits held", "Length", "Seed", "Model",
            "Computed", "Inputs"]  # fmt: skip
    return html.Table(className="np-table np-sources", children=[
        html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
        html.Tbody([_source(document, k) for k in range(len(document["items"]))]),
    ])  # fmt: skip


def _source(document: Json, place: int) -> Any:
    item = document["items"][place]
    origin, told = item["provenance"], item["label"]
    name = html.A(told, href=item["href"]) if item["href"] else html.Span(told)
    means = f", mean of {item['repetitions']}" if item["repetitions"] > 1 else ""
    held = {True: "✓ holds", False: "✕ breaks", None: "–"}[item["meets"]]
    count = item["server_count"]
    return html.Tr([
        html.Th([mark(place), name], scope="row"),
        html.Td(f"{item['kind']}, {item['source']}{means}"),
        html.Td("–" if count is None else f"{count:,}"),
        html.Td(held, title="; ".join(item["breaches"][:4])),
        html.Td(f"{item['horizon_s'] / 86_400:,.3g} d" if item["horizon_s"] else "–"),
        html.Td(str(origin["seed"])), html.Td(f"version {origin['model_version']}"),
        html.Td(f"{str(origin['created_at'])[:16].replace('T', ' ')} UTC"),
        html.Td(html.Code(origin["scenario_sha256"][:10]),
                title=f"SHA-256 {origin['scenario_sha256']}"),
    ])  # fmt: skip


def status(document: Json) -> list[Any]:
    """Say what the answer cost."""
    took_s = (document.get("timing") or {}).get("computed_s")
    words = "" if took_s is None else f"compared in {1e3 * took_s:,.0f} ms"
    return [html.Span(words), html.Span(id="cmp-age")]
