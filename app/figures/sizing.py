"""Figure of a search for measures: what passes, at which cost and price in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from app import format as say
from app.figures.template import LIGHT, Figure, base_layout, note

Json = dict[str, Any]

AGAINST = {
    "waste": ("wasted_frac", "energy wasted in a year ÷ work [%]", 100.0),
    "slowdown": ("slowdown_frac", "time the jobs lose in a year [%]", 100.0),
}
_MILLION = 1e6


def front_figure(found: Json | None, *, against: str) -> Figure:
    """
    Draw every combination: cost against waste or slowdown.

    Args:
        found: Answer of a search; none before it.
        against: Key of `AGAINST`.
    """
    if not found:
        return note("The search shows every combination here.")
    name, title, scale = AGAINST.get(against, AGAINST["waste"])
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 56, "r": 12, "t": 20, "b": 38},
        xaxis={"title": {"text": title}, "rangemode": "tozero"},
        yaxis={"title": {"text": "cost [million $/year]"}, "rangemode": "tozero"},
    ))  # fmt: skip
    tried = [t for t in found["tried"] if t["cost_per_year"] is not None]
    for passes, mark, colour, words in (
        (False, "x-thin-open", LIGHT.baseline, "fails a rule"),
        (True, "circle", LIGHT.power, "passes"),
    ):
        shown = [t for t in tried if t["passes"] is passes]
        figure.add(
            "scatter", mode="markers", name=words,
            x=np.array([scale * (t[name] or 0.0) for t in shown]),
            y=np.array([t["cost_per_year"] / _MILLION for t in shown]),
            marker={"symbol": mark, "color": colour, "size": 8 if passes else 6,
                    "line": {"color": LIGHT.ground if passes else colour, "width": 1}},
            hovertext=[tried_words(t) for t in shown], hoverinfo="text",
        )  # fmt: skip
    front = _lower(found, name)
    figure.add_line(
        LIGHT.power, 1.4, shape="hv", name="front", hoverinfo="skip",
        x=[scale * (t[name] or 0.0) for t in front],
        y=[(t["cost_per_year"] or 0.0) / _MILLION for t in front],
    )  # fmt: skip
    if found["best"] is not None:
        best = found["tried"][found["best"]]
        x, y = scale * (best[name] or 0.0), best["cost_per_year"] / _MILLION
        figure.add(
            "scatter", mode="markers", name="best", x=[x], y=[y],
            marker={"symbol": "star", "size": 15, "color": LIGHT.good,
                    "line": {"color": LIGHT.ground, "width": 1}},
            hovertext=[tried_words(best)], hoverinfo="text",
        )  # fmt: skip
        figure.add_label(
            "<b>best</b>", colour=LIGHT.good, x=x, y=y, xanchor="left", xshift=10
        )
    figure.add_key(
        f"<b style='color:{LIGHT.power}'>● passes</b>, front joined   × fails"
    )
    return figure


def _lower(found: Json, name: str) -> list[Json]:
    """Those of the front that nothing beats in the two objectives drawn."""
    kept: list[Json] = []
    for tried in sorted(
        (found["tried"][k] for k in found["front"]),
        key=lambda t: (t[name] or 0.0, t["cost_per_year"] or 0.0),
    ):
        if not kept or (tried["cost_per_year"] or 0.0) < kept[-1]["cost_per_year"]:
            kept.append(tried)
    return kept


def choice_words(choice: Json) -> str:
    """Say a combination in words."""
    parts = []
    if choice["ramp_s"]:
        parts.append(f"ramps of {choice['ramp_s']:g} s")
    if choice["floor_frac"]:
        parts.append(f"a floor of {say.percent(choice['floor_frac'], 0)} of TDP")
    if choice["ballast_frac"]:
        parts.append(f"ballast to {say.percent(choice['ballast_frac'], 0)} of TDP")
    if choice["psu_j_per_gpu"]:
        parts.append(f"{choice['psu_j_per_gpu']:g} J per GPU in supplies")
    if choice["rack_kwh"]:
        parts.append(f"{choice['rack_kwh']:g} kWh in each rack")
    if choice["site_power_frac"]:
        parts.append(
            f"a site battery of {say.percent(choice['site_power_frac'], 0)} of the "
            f"peak for {60 * choice['site_hours']:g} min, time constant "
            f"{choice['site_filter_s']:g} s"
        )
    return ", ".join(parts) or "no measure"


def tried_words(tried: Json) -> str:
    """Everything about one combination, for a tooltip."""
    cost = tried["cost_per_year"]
    money = say.MISSING if cost is None else f"{cost / _MILLION:,.2f} million $/year"
    words = choice_words(tried["choice"]).replace(", ", "<br>")
    kept = "passes" if tried["passes"] else "fails"
    margin = say.percent(tried["worst_margin_frac"], 0, signed=True)
    return (
        f"<b>{kept}</b>: least margin {margin}, {tried['worst_rule']}<br>{words}<br>"
        f"{money}<br>wasted {say.percent(tried['wasted_frac'])}, time lost "
        f"{say.percent(tried['slowdown_frac'], 2)}"
    )
