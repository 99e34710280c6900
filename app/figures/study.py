"""Figures of a study: how an output scatters, what matters, where it is best."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import betaincinv

from app.figures.template import LIGHT, Figure, base_layout, note
from app.study_seen import Seen
from twin.types import BoolArray, FloatArray, IntArray

Json = dict[str, Any]
MOST_MARKS = 2000
_MOST_BINS = 40
_LEVEL = 0.95
_WIDE = 300.0
"""Largest ÷ smallest from which an output is drawn on a logarithmic axis."""


def thinned(count: int, keep: BoolArray | None = None, most: int = MOST_MARKS) -> Any:
    """
    Choose which of many marks are drawn: every n-th, and what must be seen.

    Args:
        count: Marks there are.
        keep: Those that are drawn in any case.
        most: About how many are drawn.

    Returns:
        Their places.
    """
    every = -(-count // most)
    chosen = np.arange(count) % max(every, 1) == 0
    if keep is not None:
        chosen |= keep
    return np.flatnonzero(chosen)


# --- how it scatters ------------------------------------------------------------------


def distribution_figure(seen: Seen, key: str, chosen: BoolArray) -> Figure:
    """
    Draw the histogram of an output with quantiles and limits.

    Args:
        seen: The study.
        key: The output.
        chosen: Which points are selected; the others stand behind, pale.
    """
    scale = seen.scale(key)
    every = scale.of(seen.values(key))
    finite = np.isfinite(every)
    shown = every[chosen & finite]
    if len(shown) < 2:
        return note("No two points with this output yet")
    log = wide(every[finite])
    edges = bin_edges(every[finite], log=log)
    figure = _plain(seen, key, log=log)
    _histogram(figure, edges, every[finite], LIGHT.grid, "all points")
    _histogram(figure, edges, shown, LIGHT.power, "points")
    taken: list[float] = []
    room = 0.07 * (_at(float(edges[-1]), log=log) - _at(float(edges[0]), log=log))
    for frac, words in ((0.5, "median"), (0.05, "P5"), (0.95, "P95")):
        at = _at(float(np.quantile(shown, frac)), log=log)
        if all(abs(at - other) > room for other in taken):
            figure.mark_x(at, words, colour=LIGHT.muted)
            taken.append(at)
    draw_limits(figure, seen, key, log=log)
    figure.arrange(
        barmode="overlay", bargap=0.04, hovermode="closest",
        margin={"l": 40, "r": 12, "t": 30, "b": 38},
    )  # fmt: skip
    figure.layout["yaxis"] = {"title": {"text": "points"}, "rangemode": "tozero"}
    return figure


def _plain(seen: Seen, key: str, *, log: bool) -> Figure:
    title = seen.scale(key).title(seen.label(key))
    x: Json = {
        "title": {"text": title},
        "type": "log" if log else "linear",
        "nticks": 8,
    }
    return Figure(base_layout(xaxis=x))


def _histogram(
    figure: Figure, edges: FloatArray, values: FloatArray, colour: str, name: str
) -> None:
    counts, _ = np.histogram(values, edges)
    figure.add(
        "bar", x=(edges[:-1] + edges[1:]) / 2, y=counts.astype(np.float64),
        width=np.diff(edges), marker={"color": colour, "line": {"width": 0}}, name=name,
        customdata=[f"{a:,.4g} to {b:,.4g}" for a, b in pairwise(edges)],
        hovertemplate=f"%{{customdata}}: %{{y}} {name}<extra></extra>",
    )  # fmt: skip


def wide(values: FloatArray) -> bool:
    """Whether values span so much that only a logarithmic axis shows them."""
    if len(values) < 8 or values.min() <= 0:
        return False
    low, high = np.quantile(values, [0.05, 0.95])
    return bool(high > _WIDE * low)


def bin_edges(values: FloatArray, *, log: bool = False) -> FloatArray:
    """Edges of equal bins; whole numbers in a small span have a bin each."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        half = 0.5 * max(abs(low), 1.0) * 0.1
        return np.array([low - half, low + half])
    if np.all(values == np.round(values)) and high - low < _MOST_BINS:
        return np.arange(low - 0.5, high + 1.0)
    bins = int(np.clip(round(1.6 * np.sqrt(len(values))), 6, _MOST_BINS))
    if log:
        return np.geomspace(low, high, bins + 1)
    return np.linspace(low, high, bins + 1)


def _at(value: float, *, log: bool) -> float:
    """Place of a label or shape on an axis."""
    return float(np.log10(value)) if log and value > 0 else value


def draw_limits(figure: Figure, seen: Seen, key: str, *, log: bool) -> None:
    """Draw the limits of an output as dashed lines with their words."""
    scale = seen.scale(key)
    for one in seen.limits:
        if one["output"] == key:
            words = f"limit {scale.text(one['limit'])}"
            at = _at(scale.of(one["limit"]), log=log)
            figure.mark_x(
                at, words, colour=LIGHT.bad, width=1.6, dash="dash", yshift=12
            )


def exceedance_figure(seen: Seen, key: str, chosen: BoolArray) -> Figure:
    """
    Draw which part of the points has more, with its interval where they are drawn.

    The band is Clopper's and Pearson's interval of the count above each place: exact
    for independent points, wide for those that fill space evenly.
    """
    scale = seen.scale(key)
    values = np.sort(seen.values(key)[chosen])
    values = scale.of(values[np.isfinite(values)])
    if len(values) < 2:
        return note("No two points with this output yet")
    count = len(values)
    log = wide(values)
    at = thinned(count, np.arange(count) > count - 60, 600)
    above = count - at - 1
    figure = _plain(seen, key, log=log)
    if seen.sampled:
        low, high = _interval(above, count)
        figure.add_band(
            100 * low, 100 * high, LIGHT.band, x=values[at], hoverinfo="skip",
            line={"width": 0, "shape": "hv"},
        )  # fmt: skip
    figure.add_line(
        LIGHT.power, 2, shape="hv", x=values[at], y=100 * above / count,
        hovertemplate="more than %{x:,.4~g}: %{y:.3~g} %<extra></extra>",
    )  # fmt: skip
    draw_limits(figure, seen, key, log=log)
    what = "probability of more, %" if seen.sampled else "part with more, %"
    figure.layout["yaxis"] = {"title": {"text": what}, "range": [0, 102]}
    figure.arrange(hovermode="closest", margin={"l": 48, "r": 12, "t": 30, "b": 38})
    return figure


def _interval(above: IntArray, count: int) -> tuple[FloatArray, FloatArray]:
    tail = (1.0 - _LEVEL) / 2.0
    low = np.zeros(len(above))
    high = np.ones(len(above))
    some, rest = above > 0, above < count
    low[some] = betaincinv(above[some], count - above[some] + 1, tail)
    high[rest] = betaincinv(above[rest] + 1, count - above[rest], 1 - tail)
    return low, high


def short(name: str, most: int = 28) -> str:
    """Cut a long name for the edge of a chart."""
    return name if len(name) <= most else name[: most - 1] + "…"


# --- two at a time --------------------------------------------------------------------


def scatter_figure(
    seen: Seen, x: str, y: str, chosen: BoolArray, *, point: int | None
) -> Figure:
    """
    Draw points by two axes or outputs, the front and the best among them marked.

    Args:
        seen: The study.
        x: Axis or output from left to right.
        y: Axis or output from bottom to top.
        chosen: Which points are selected.
        point: Place of the point in the drawer.
    """
    if not seen.answered:
        return note("No point with an answer yet")
    front = np.isin(seen.index, list(seen.analysis.get("pareto") or ()))
    best = seen.index == seen.analysis.get("best")
    shown = np.isin(
        np.arange(len(seen.index)),
        thinned(len(seen.index), front | best | (seen.index == point)),
    )
    broken = seen.broken_ones()
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 62, "r": 14, "t": 10, "b": 40},
    ))  # fmt: skip
    for name, axis in ((x, "xaxis"), (y, "yaxis")):
        figure.layout[axis] = _axis(seen, name)
    looks = (
        ("not selected", shown & ~chosen, LIGHT.grid, "circle", 5),
        ("breaks a limit", shown & chosen & broken & ~front, LIGHT.bad,
         "x-thin-open", 6),
        ("point", shown & chosen & ~broken & ~front, LIGHT.baseline, "circle", 5),
        ("on the front", shown & chosen & front, LIGHT.power, "circle", 9),
        ("best", best, LIGHT.second, "star", 15),
        ("opened", seen.index == point, LIGHT.ink, "circle-open", 16),
    )  # fmt: skip
    for title, which, colour, symbol, size in looks:
        if which.any():
            _marks(figure, seen, (x, y), which, (title, colour, symbol, size))
    return figure


def _marks(
    figure: Figure, seen: Seen, keys: tuple[str, str], which: BoolArray,
    look: tuple[str, str, str, int],
) -> None:  # fmt: skip
    title, colour, symbol, size = look
    at = np.flatnonzero(which)
    if title == "on the front":
        at = at[np.argsort(seen.values(keys[0])[at], kind="stable")]
    line = title == "on the front" and all(seen.numeric(k) for k in keys)
    figure.add(
        "scatter", x=_along(seen, keys[0], at), y=_along(seen, keys[1], at),
        mode="lines+markers" if line else "markers", name=title,
        customdata=seen.index[at].tolist(), line={"color": colour, "width": 1.4},
        marker={"color": colour, "symbol": symbol, "size": size,
                "opacity": 0.85 if title == "point" else 1.0,
                "line": {"color": colour, "width": 1.4 if "thin" in symbol
                         or "open" in symbol else 0}},
        hovertemplate=f"point %{{customdata}}, {title}<br>{seen.label(keys[0])} "
        f"%{{x}}<br>{seen.label(keys[1])} %{{y}}<extra></extra>",
    )  # fmt: skip


def _along(seen: Seen, key: str, at: IntArray) -> Any:
    if not seen.numeric(key):
        words = seen.words(key)
        return [words[k] for k in at]
    return seen.scale(key).of(seen.values(key)[at])


def _axis(seen: Seen, key: str) -> Json:
    name = short(seen.label(key), 36)
    if not seen.numeric(key):
        return {"title": {"text": name}, "type": "category"}
    values = seen.values(key)
    log = wide(values[np.isfinite(values)])
    return {"title": {"text": seen.scale(key).title(name)},
            "type": "log" if log else "linear"}  # fmt: skip


def scatter_words(seen: Seen) -> str:
    """Say what marks mean, and whether some are left out."""
    total = len(seen.answered)
    parts = []
    if seen.limits:
        parts.append("red ✕ break a limit")
    if seen.analysis.get("pareto"):
        parts.append("blue line: the front")
    if seen.analysis.get("best") is not None:
        parts.append("★ best")
    if total > MOST_MARKS:
        every = -(-total // MOST_MARKS)
        parts.append(f"1 of {every} of {total:,} points drawn")
    return " · ".join(parts)


def goals_of(seen: Seen) -> list[str]:
    """Keys of the objectives, in their order."""
    return [one["output"] for one in seen.objectives]
