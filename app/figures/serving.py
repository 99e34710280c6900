"""Figures of serving systems side by side: their looks, and SLO against watts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app import format as say
from app.figures.template import GREY, LIGHT, SERIES, Figure, base_layout, note

Json = dict[str, Any]

BASELINE = "baseline"
_SYMBOLS = (
    "circle",
    "diamond",
    "triangle-up",
    "triangle-down",
    "star",
    "cross",
    "hexagon",
)
SIGNS = ("●", "◆", "▲", "▼", "★", "✚", "⬢")
_DASHES = ("solid", "dash", "dashdot", "longdash", "longdashdot", "dot")
_LABEL_PX = (15, -15, 28, -28)
_NEAR_LINE = 0.5
"""Nines above the limit within which a name below its mark would cross the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    How a system is told apart on every chart, never by colour alone.

    Args:
        place: 0 for the baseline, then 1, 2, ... in the order compared.
        sign: The mark as a letter.
    """

    place: int
    sign: str
    symbol: str
    dash: str

    def colour(self) -> str:
        """Colour on one ground."""
        if not self.place:
            return GREY
        return SERIES[(self.place - 1) % len(SERIES)]


def looks(study: Json, order: Iterable[str] | None = None) -> dict[str, Look]:
    """
    Looks by label; the baseline is grey, the others by their place in the question.

    Args:
        study: Answer of a study.
        order: Keys of systems as the view has them; the study's own if not given.
    """
    asked = order or [s["key"] for s in study["inputs"]["systems"]]
    keys = [key for key in asked if key != BASELINE]
    found: dict[str, Look] = {}
    for one in (*study["outcomes"], *study["pareto"]):
        key = one["system"]
        if key == BASELINE:
            found[one["label"]] = Look(place=0, sign="■", symbol="square", dash="dot")
            continue
        place = keys.index(key) + 1 if key in keys else len(keys) + 1
        found[one["label"]] = Look(
            place=place, sign=SIGNS[(place - 1) % len(SIGNS)],
            symbol=_SYMBOLS[(place - 1) % len(_SYMBOLS)],
            dash=_DASHES[(place - 1) % len(_DASHES)],
        )  # fmt: skip
    return found


# --- SLO against watts ----------------------------------------------------------------


_MOST_NINES = 4.0
_SHARES = ((0.0, "0 %"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"),
           (0.999, "99.9 %"), (1.0, "≥ 99.99 %"))  # fmt: skip


def nines(share: float) -> float:
    """
    Place of a share on an axis of nines: 90 % is 1, 99 % is 2, and 4 the most.

    On an even axis everything that anyone would run lies on one line at the top.
    """
    return min(_MOST_NINES, -math.log10(max(1.0 - share, 10.0**-_MOST_NINES)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One system at several server counts, by rising power; shares are per cent."""

    label: str
    counts: tuple[int, ...]
    power_w: tuple[float, ...]
    attained: tuple[float, ...]
    token_j: tuple[float | None, ...]


def pareto_frame(study: Json) -> tuple[list[Curve], list[tuple[float, float]]]:
    """
    Curves of SLO against watts, and the points no other beats, by rising power.

    Args:
        study: Answer of a study, best one with several server counts.
    """
    known = [p for p in study["pareto"] if p["attained_frac"] is not None]
    labels = list(dict.fromkeys(p["label"] for p in known))
    curves = []
    for label in labels:
        mine = sorted(
            (p for p in known if p["label"] == label), key=lambda p: p["server_count"]
        )
        curves.append(Curve(
            label=label, counts=tuple(p["server_count"] for p in mine),
            power_w=tuple(p["mean_power_w"] for p in mine),
            attained=tuple(100.0 * p["attained_frac"] for p in mine),
            token_j=tuple(p["energy_per_token_j"] for p in mine),
        ))  # fmt: skip
    front = sorted(
        (p["mean_power_w"], 100.0 * p["attained_frac"]) for p in known if p["on_front"]
    )
    return curves, front


def pareto_figure(
    study: Json, *, look_of: dict[str, Look], target_frac: float,
    unit: str = "kW",
) -> Figure:  # fmt: skip
    """
    Draw SLO against watts: a curve per system, the front, the share asked.

    Args:
        study: Answer of a study.
        look_of: Looks by label.
        target_frac: Share of requests asked for.
        unit: Power unit.
    """
    curves, front = pareto_frame(study)
    if not curves:
        return note("No system here serves requests.")
    scale = say.power_scale(unit)
    low = min(nines(target_frac), *(nines(a / 100) for c in curves for a in c.attained))
    low = min(1.0, low - 0.1)
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 62, "r": 16, "t": 10, "b": 38},
        xaxis={"title": {"text": f"mean site power [{unit}]"}},
        yaxis={"range": [low - 0.05, _MOST_NINES + 0.12 * (_MOST_NINES - low) + 0.1],
               "tickvals": [nines(share) for share, _ in _SHARES],
               "ticktext": [text for _, text in _SHARES]},
    ))  # fmt: skip
    if len(front) > 1:
        figure.add_line(
            LIGHT.band, 9, shape="hv", name="front", hoverinfo="skip",
            x=[w / scale for w, _ in front], y=[nines(a / 100) for _, a in front],
        )  # fmt: skip
    for curve in curves:
        _curve(figure, curve, look_of[curve.label], study, scale=scale)
    line, words = nines(target_frac), f"asked: {100 * target_frac:g} %"
    figure.mark_y(line, words, colour=LIGHT.limit)
    _curve_names(figure, curves, look_of, study, scale=scale, line=line)
    return figure


def _curve(
    figure: Figure, curve: Curve, look: Look, study: Json, *, scale: float
) -> None:
    colour, here = look.colour(), study["inputs"]["server_count"]
    source = source_of(study, curve.label)
    figure.add(
        "scatter", mode="lines+markers", name=curve.label,
        x=[w / scale for w in curve.power_w],
        y=[nines(a / 100) for a in curve.attained],
        line={"color": colour, "width": 1.4, "dash": look.dash},
        marker={"symbol": look.symbol, "color": colour,
                "size": [11 if n == here else 6 for n in curve.counts]},
        hovertext=[
            f"<b>{curve.label}</b>, {n} servers<br>{a:.2f} % within the SLO"
            f"<br>{say.power(w, 'kW')} mean<br>{_token(j)}<br>{source}"
            for n, w, a, j in zip(
                curve.counts, curve.power_w, curve.attained, curve.token_j, strict=True
            )
        ],
        hoverinfo="text",
    )  # fmt: skip


def _curve_names(
    figure: Figure, curves: list[Curve], look_of: dict[str, Look], study: Json, *,
    scale: float, line: float,
) -> None:  # fmt: skip
    """Name each curve at its own server count, apart from others and the limit."""
    here, places = study["inputs"]["server_count"], []
    for curve in curves:
        at = curve.counts.index(here) if here in curve.counts else -1
        places.append((curve.power_w[at], nines(curve.attained[at] / 100), curve.label))
    for k, (watts, attained, label) in enumerate(sorted(places)):
        figure.add_label(
            f"<b>{short(label)}</b>", colour=look_of[label].colour(), x=watts / scale,
            y=attained,
            yshift=abs(_LABEL_PX[k % len(_LABEL_PX)])
            if 0.0 <= attained - line < _NEAR_LINE
            else _LABEL_PX[k % len(_LABEL_PX)],
        )  # fmt: skip


def _token(joules: float | None) -> str:
    return f"{say.number(joules, 1)} J per output token"


def short(label: str, most: int = 24) -> str:
    """Cut a label to what fits."""
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"


def source_of(study: Json, label: str) -> str:
    """Say how sure a system is and where it is from, for a tooltip."""
    for one in study["outcomes"]:
        if one["label"] == label:
            return f"{one['mark']}: {one['source'].split(';')[0][:90]}"
    return ""
