"""Figures of the energy of a query: what it takes, what moves it, what saves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from app import format as say
from app.figures.template import LIGHT, Figure, base_layout, note, row_axis

Json = dict[str, Any]

KINDS = (("typical", "typical"), ("long", "long"))
INPUT_TITLES = {
    "output_tokens": "tokens of the answer", "input_tokens": "tokens of the prompt",
    "node_w": "power of the node", "utilisation": "utilisation", "pue": "PUE",
    "water": "water on site", "grid_water": "water of the grid",
    "carbon": "carbon of the grid", "energy_price": "price of energy",
}  # fmt: skip
PUBLISHED_COMBINED = (8.0, 20.0)
"""Combined reduction of both versions of arXiv 2509.20241, abstract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One quantity over the draws, with what it is of."""

    title: str
    kind: str
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


def _interval(title: str, kind: str, found: Json) -> Interval:
    values = {name: found[name] for name in ("p5", "p25", "p50", "p75", "p95")}
    return Interval(title=title, kind=kind, **values)


def query_frame(queries: dict[str, Json], titles: dict[str, str]) -> list[Interval]:
    """
    Energy of typical and long queries by preset, in Wh.

    Args:
        queries: Preset -> answer.
        titles: Preset -> short title.
    """
    return [
        _interval(titles.get(preset, preset), kind, found[kind]["energy_wh"])
        for preset, found in queries.items() for kind, _ in KINDS
    ]  # fmt: skip


def query_figure(
    queries: dict[str, Json], *, titles: dict[str, str], chosen: str
) -> Figure:
    """
    Draw the energy of a query by preset: P5 to P95 thin, P25 to P75 thick, median.

    Args:
        queries: Preset -> answer; versions of a publication stand apart.
        titles: Preset -> short title.
        chosen: Preset that the other figures are of.
    """
    frame = query_frame(queries, titles)
    if not frame:
        return note("No answer on queries yet.")
    rows = list(dict.fromkeys(one.title for one in frame))
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 112, "r": 44, "t": 22, "b": 36},
        xaxis={"type": "log", "title": {"text": "energy of a query [Wh]"},
               "tickvals": [0.01, 0.1, 1, 10, 100], "tickangle": 0,
               "ticktext": ["0.01", "0.1", "1", "10", "100"]},
        yaxis=row_axis(
            [f"<b>{t}</b>" if t == titles.get(chosen) else t for t in rows]
        ),
    ))  # fmt: skip
    for one in frame:
        y, colour = _place(one, rows)
        _bar(figure, one, y, colour, f"{one.title}, {one.kind} query", "Wh")
        figure.add_label(
            f"{one.p50:.2f}", colour=colour, x=_log(one.p95), y=y, xanchor="left",
            xshift=5,
        )  # fmt: skip
    figure.add_key(
        f"<b style='color:{LIGHT.power}'>typical</b>  "
        f"<b style='color:{LIGHT.second}'>long</b>  P5–P95, thick P25–P75",
    )  # fmt: skip
    return figure


def _place(one: Interval, rows: list[str]) -> tuple[float, str]:
    """Height of an interval and its colour: typical above long, in its row."""
    off, colour = (
        (0.16, LIGHT.power) if one.kind == "typical" else (-0.16, LIGHT.second)
    )
    return len(rows) - rows.index(one.title) + off, colour


def _bar(
    figure: Figure, one: Interval, y: float, colour: str, words: str, unit: str
) -> None:
    text = (
        f"<b>{words}</b><br>median {one.p50:.3g} {unit}<br>P25–P75 {one.p25:.3g} to "
        f"{one.p75:.3g}<br>P5–P95 {one.p5:.3g} to {one.p95:.3g} {unit}"
    )
    for x, width in (([one.p5, one.p95], 1.4), ([one.p25, one.p75], 7)):
        figure.add_line(
            colour, width, x=x, y=[y, y], name=words, hovertext=text, hoverinfo="text"
        )
    ground = figure.layout["hoverlabel"]["bgcolor"]
    figure.add(
        "scatter", mode="markers", x=[one.p50], y=[y], name=words, hovertext=text,
        hoverinfo="text", marker={"symbol": "line-ns", "size": 11,
                                  "line": {"color": ground, "width": 2.4}},
    )  # fmt: skip


def savings_figure(found: Json) -> Figure:
    """
    Draw what each pathway divides the energy by, alone and combined.

    Args:
        found: Answer on a query's energy.
    """
    frame = [
        (_interval(one["name"], kind, one["reduction"][kind]), one)
        for one in found["savings"] for kind, _ in KINDS if kind in one["reduction"]
    ]  # fmt: skip
    if not frame:
        return note("No pathway is given.")
    rows = list(dict.fromkeys(one.title for one, _ in frame))
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 78, "r": 16, "t": 22, "b": 36},
        xaxis={"type": "log", "title": {"text": "energy before ÷ after"},
               "tickvals": [1, 2, 5, 10, 20, 50, 100], "ticksuffix": " ×"},
        yaxis=row_axis(rows),
    ))  # fmt: skip
    low, high = PUBLISHED_COMBINED
    figure.shade_x(low, high, LIGHT.lane, yref="paper")
    figure.add_label(
        "published, combined: 8 to 20 ×", x=_log(high), xanchor="right", yref="paper",
        y=1, yanchor="bottom",
    )  # fmt: skip
    for one, saving in frame:
        y, colour = _place(one, rows)
        words = f"{one.title}, {one.kind} query<br>{saving['mark']}: {saving['source']}"
        _bar(figure, one, y, colour, words, "×")
    return figure


def tornado_figure(found: Json) -> Figure:
    """
    Draw how far each input moves the median of a typical query, the rest drawn.

    Args:
        found: Answer on a query's energy.
    """
    swings = [s for s in found["typical"]["tornado"] if s["swing_wh"] > 0]
    if not swings:
        return note("No input scatters.")
    median = found["typical"]["energy_wh"]["p50"]
    low, high = min(s["low_wh"] for s in swings), max(s["high_wh"] for s in swings)
    titles = [INPUT_TITLES.get(s["input"], s["input"]) for s in swings]
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 132, "r": 44, "t": 22, "b": 36},
        xaxis={"title": {"text": "median of a typical query [Wh]"}, "nticks": 6,
               "range": [low - 0.3 * (high - low), high + 0.2 * (high - low)]},
        yaxis={"autorange": "reversed", "showgrid": False,
               "tickfont": {"color": LIGHT.ink}},
        bargap=0.45,
    ))  # fmt: skip
    for side, colour, words in (
        ("low_wh", LIGHT.band, "at its P5"),
        ("high_wh", LIGHT.power, "at its P95"),
    ):
        figure.add(
            "bar", orientation="h", y=titles, name=words, base=median,
            x=[s[side] - median for s in swings], marker={"color": colour},
            text=[f"{s[side]:.2f}" for s in swings], textposition="outside",
            textfont={"size": 11, "color": LIGHT.muted}, hoverinfo="text",
            cliponaxis=False,
            hovertext=[
                f"<b>{t}</b> {words}<br>median {s[side]:.3g} Wh"
                for t, s in zip(titles, swings, strict=True)
            ],
        )  # fmt: skip
    figure.arrange(barmode="overlay")
    figure.mark_x(median, f"median {say.number(median, 2)} Wh", colour=LIGHT.muted)
    return figure


def _log(value: float) -> float:
    """Place of a label on a log axis: plotly wants the exponent there."""
    return math.log10(value)
