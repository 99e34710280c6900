"""Figures of every item as a table of differences, and the key ones as bars."""

from __future__ import annotations

from typing import Any

from api.compare_catalogue import chance_times
from app.components import html
from app.pages.compare import say
from app.pages.compare.answer import (
    WORDS,
    column_head,
    lonely,
    mark,
    matters,
    seed_only,
)
from app.pages.parts import told

Json = dict[str, Any]

KEYS = (
    "peak_w", "facility_peak_w", "it_wh", "facility_wh", "energy_per_token_j",
    "tightest_frac", "low_p99_impact_frac", "high_e2e_p99_s", "brakes", "pue",
    "lost_server_h", "hottest_c", "throughput_tokens_per_s", "mean_w", "peak_frac",
    "caps_low",
)  # fmt: skip
"""Figures people ask for first; those two items have are drawn."""
_MULTIPLES = 6
_EACH = "of each item its own; those that differ are listed below"
_SCALES = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
"""A bar at its end is a change of one of these parts of the baseline."""
_MOST = 0.8
"""Share of changes that the bars' scale has room for; the others end in a mark."""
GROUPS = {
    "power": "Power", "energy": "Energy", "users": "Users", "control": "Control",
    "site": "Site", "study": "Study",
}  # fmt: skip


# --- small multiples ------------------------------------------------------------------


def multiples(document: Json, *, unit: str) -> list[Any]:
    """Draw the key figures as small bars, one an item, from zero."""
    known = {o["key"]: o for o in document["outputs"] if not lonely(o)}
    names = [key for key in KEYS if key in known]
    names += [key for key in known if key not in names]
    return [_multiple(document, known[key], unit) for key in names[:_MULTIPLES]]


def _multiple(document: Json, output: Json, unit: str) -> Any:
    limits = [i["limit_w"] if output["key"] == "peak_w" else None
              for i in document["items"]]  # fmt: skip
    top = max((abs(v) for v in [*output["values"], *limits] if v), default=0.0) or 1.0
    return html.Div(className="np-multiple", children=[
        html.Div(output["label"], className="np-number-title",
                 **told(f"{output['doc']}.", inputs=_EACH)),
        *(
            html.Div(className="np-multiple-row", children=[
                mark(place), _bar(value, limits[place], top, place),
                html.Span(say.quantity(value, output["key"], output["unit"], unit),
                          className="np-multiple-value"),
            ])
            for place, value in enumerate(output["values"])
        ),
    ])  # fmt: skip


def _bar(value: float | None, limit: float | None, top: float, place: int) -> Any:
    width = 0.0 if value is None else 100 * max(0.0, value) / top
    parts = [html.Div(className="np-bars-fill", style={"width": f"{width:.2f}%"})]
    if limit:
        at = f"{100 * limit / top:.2f}%"
        parts.append(html.Div(className="np-bars-limit", style={"left": at}))
    return html.Div(
        parts, className=f"np-bars np-series-{place % 6 + 1}",
        title="line: power limit" if limit else None, **{"aria-hidden": "true"},
    )  # fmt: skip


# --- the table ------------------------------------------------------------------------


def differences_table(document: Json, *, show: str, unit: str) -> Any:
    """
    List figures, the largest difference first, a bar around the baseline for each.

    Args:
        document: The comparison.
        show: "differences" leaves out what another seed would do as well.
        unit: Power unit.
    """
    paired = [o for o in document["outputs"] if not lonely(o)]
    alone = [o for o in document["outputs"] if lonely(o)]
    shown = [o for o in paired if show == "everything" or matters(o)]
    left = len(paired) - len(shown)
    full = _scale(shown)
    body = [_row(document, output, full, unit) for output in shown]
    many = len(document["items"])
    if not body:
        body = [html.Tr(html.Td(
            "Nothing differs by more than another seed would make.", colSpan=many + 1,
            className="np-quiet",
        ))]  # fmt: skip
    return [
        html.Div(className="np-scroll-x", tabIndex="0", children=html.Table(
            className=f"np-table np-diff np-diff-{min(many, 6)}", children=[
                html.Caption("Largest first, measured in what another seed would "
                             "change. Bars: change against the baseline, full at "
                             f"{100 * full:g} %; ≈ is a change that another seed would "
                             "make too."),
                html.Thead(html.Tr([
                    html.Th("Figure", scope="col"),
                    *(html.Th(column_head(document, k), scope="col")
                      for k in range(many)),
                ])),
                html.Tbody(body),
            ],
        )),
        _left(left), _alone(document, alone, unit, show=show),
    ]  # fmt: skip


def _scale(outputs: list[Json]) -> float:
    """Relative change at which a bar is full, so that most have room."""
    sizes = [
        abs(d["relative"]) for o in outputs for d in o["differences"] if d["relative"]
    ]
    inside = [s for s in _SCALES if sum(x <= s for x in sizes) >= _MOST * len(sizes)]
    return min(inside, default=_SCALES[-1])


def _row(document: Json, output: Json, full: float, unit: str) -> Any:
    group = GROUPS.get(output["group"], output["group"])
    tip = f"{group}. {output['doc']}. {_better(output['better'])} "
    tip += _usual(output, unit)
    return html.Tr(
        className="" if matters(output) else "np-minor", **{"data-key": output["key"]},
        children=[
            html.Th(scope="row", children=[
                html.Span(output["label"], **told(tip, inputs=_EACH)),
            ]),
            *(_cell(document, output, place, full, unit)
              for place in range(len(document["items"]))),
        ],
    )  # fmt: skip


def _better(way: str) -> str:
    return {"less": "Less is better.", "more": "More is better."}.get(
        way, "Neither way is better."
    )


def _usual(output: Json, unit: str) -> str:
    if output["usual"] is None:
        return ""
    usual = say.quantity(output["usual"], output["key"], output["unit"], unit)
    return f"Another seed changes it by about {usual}."


def _cell(document: Json, output: Json, place: int, full: float, unit: str) -> Any:
    value = output["values"][place]
    shown = say.quantity(value, output["key"], output["unit"], unit)
    around = _around(output, place, unit)
    word = output["verdicts"][place]
    name = f"{place + 1} {document['items'][place]['label']}"
    if word in ("baseline", "absent", "unpaired"):
        return html.Td(**{"data-title": name}, children=[
            html.Div([_only_narrow(place), html.B(shown), around],
                     className="np-side-text"),
            html.Span("" if word == "baseline" else WORDS[word][1],
                      className="np-verdict-word"),
        ])  # fmt: skip
    change = output["differences"][place]
    signed = say.quantity(
        change["absolute"], output["key"], output["unit"], unit, signed=True
    )
    part = say.change(change["relative"]) or "from 0"
    small = word != "same" and (
        change["times"] < chance_times(output["key"]) or seed_only(document, place)
    )
    sign, said = ("≈", "seed noise") if small else WORDS[word]
    kind = "small" if small else word
    return html.Td(**{"data-title": name}, className=f"np-say-{kind}", children=[
        html.Div(className="np-side-text", children=[
            _only_narrow(place), html.B(shown), around,
            html.Span("" if word == "same" else part, title=signed,
                      className="np-side-delta"),
        ]),
        html.Div(className="np-change", children=[
            _change_bar(change["relative"], change["absolute"], full, kind),
            html.Span(className="np-verdict-word", children=[
                html.Span(f"{sign} ", className="np-sign-small",
                          **{"aria-hidden": "true"}), said,
            ]),
        ]),
    ])  # fmt: skip


def _only_narrow(place: int) -> Any:
    """Mark of an item where the table's head is not in sight."""
    return html.Span(mark(place), className="np-only-narrow")


def _around(output: Json, place: int, unit: str) -> Any:
    """Range over the repetitions, where there were several."""
    ends = output["ranges"][place]
    if ends is None:
        return None
    low, high = (say.quantity(v, output["key"], output["unit"], unit) for v in ends)
    return html.Span(f"{low} to {high}", className="np-range",
                     title="Lowest and highest over the seeds")  # fmt: skip


def _change_bar(
    relative: float | None, absolute: float | None, full: float, kind: str
) -> Any:
    """Draw a bar around the baseline; from a baseline of nothing it has no length."""
    if relative is None:
        fill = "np-bars-new" if absolute else ""
        left, width = 50.0, (12.0 if kind == "small" else 50.0) if absolute else 0.0
    else:
        fill = "np-bars-past" if abs(relative) > full * 1.0001 else ""
        shown = max(-1.0, min(1.0, relative / full))
        left, width = 50 + 50 * min(0.0, shown), 50 * abs(shown)
    return html.Div(
        className=f"np-bars np-bars-both np-bars-{kind}", **{"aria-hidden": "true"},
        children=[
            html.Div(className=f"np-bars-fill {fill}",
                     style={"left": f"{left:.2f}%", "width": f"{width:.2f}%"}),
            html.Div(className="np-bars-zero"),
        ],
    )  # fmt: skip


def _left(count: int) -> Any:
    if not count:
        return None
    return html.P(className="np-quiet", children=[
        f"{count} more are the same, or differ by less than another seed would make. ",
        html.Button("Show everything", type="button", className="np-mini",
                    **{"data-show": "everything"}),
    ])  # fmt: skip


def _alone(document: Json, outputs: list[Json], unit: str, *, show: str) -> Any:
    """Say what only some items have."""
    if not outputs:
        return None
    lines = []
    for place in range(len(document["items"])):
        own = [o for o in outputs if o["values"][place] is not None]
        if own:
            words = "; ".join(
                f"{o['label']} "
                f"{say.quantity(o['values'][place], o['key'], o['unit'], unit)}"
                for o in own
            )
            lines.append(html.P([mark(place), words], className="np-alone"))
    return html.Details(className="np-fold-plain", open=show == "everything", children=[
        html.Summary(f"{len(outputs)} figures have nothing to be compared with",
                     className="np-quiet"), *lines,
    ])  # fmt: skip
