"""What matters in a study: shares of the variance, rank correlations, a tornado."""

from __future__ import annotations

from typing import Any

from app.figures.study import draw_limits, short
from app.figures.template import LIGHT, Figure, base_layout, note
from app.study_seen import Seen

Json = dict[str, Any]


def influence_figure(seen: Seen, key: str) -> Figure:
    """Draw how much each axis matters for an output: shares, or rank correlations."""
    rows = [r for r in seen.effects(key) if _known(r["total"], r["first"],
                                                   r["rank_correlation"])]  # fmt: skip
    if not rows:
        words = (
            "When all points have come"
            if seen.under_way
            else ("These points do not tell which axis matters")
        )
        return note(words)
    rows.reverse()
    names = [short(seen.label(r["field"])) for r in rows]
    totals = any(r["total"] is not None for r in rows)
    shares = totals or any(r["first"] is not None for r in rows)
    figure = Figure(base_layout(hovermode="closest", barmode="overlay"))
    if totals:
        _bars(figure, names, rows, "total", LIGHT.band, "with others")
    if shares:
        _bars(figure, names, rows, "first", LIGHT.power, "alone")
    else:
        correlations = [r["rank_correlation"] for r in rows]
        figure.add(
            "bar", orientation="h", y=names, x=correlations,
            marker={"color": [LIGHT.power if c >= 0 else LIGHT.second
                              for c in correlations]},
            hovertemplate="%{y}: %{x:.2f}<extra></extra>", width=0.56,
        )  # fmt: skip
    what = "part of the variance" if shares else "rank correlation"
    figure.layout["xaxis"] = {
        "title": {"text": what}, "range": [0, _end(rows)] if shares else [-1, 1],
        "zeroline": True, "zerolinecolor": LIGHT.muted,
    }  # fmt: skip
    _named(figure, names)
    return figure


def _known(*values: float | None) -> bool:
    return any(v is not None for v in values)


def _end(rows: list[Json]) -> float:
    ends = [(r[k] or 0.0) + (r[f"{k}_ci"] or 0.0) for r in rows
            for k in ("first", "total")]  # fmt: skip
    return max(1.0, 1.03 * max(ends))


def _bars(
    figure: Figure, names: list[str], rows: list[Json], kind: str, colour: str,
    words: str,
) -> None:  # fmt: skip
    figure.add(
        "bar", orientation="h", y=names, width=0.62 if kind == "total" else 0.34,
        x=[max(0.0, r[kind] or 0.0) for r in rows], marker={"color": colour},
        error_x={
            "type": "data", "array": [r[f"{kind}_ci"] or 0.0 for r in rows],
            "thickness": 1.2, "width": 4, "color": "#8a939c",
        },
        hovertemplate=f"%{{y}} {words}: %{{x:.3f}}<extra></extra>",
    )  # fmt: skip


def _named(figure: Figure, names: list[str]) -> None:
    longest = max((len(n) for n in names), default=0)
    figure.layout["yaxis"] = {"type": "category", "showgrid": False,
                              "ticksuffix": " "}  # fmt: skip
    left = min(190, 16 + round(6.1 * longest))
    figure.arrange(margin={"l": left, "r": 14, "t": 8, "b": 38})


def tornado_figure(seen: Seen, key: str) -> Figure:
    """Draw how far each axis alone moves an output, the widest on top."""
    scale = seen.scale(key)
    rows = seen.bars(key)[::-1]
    if not rows:
        return note("Needs the design one at a time")
    names = [short(seen.label(r["field"])) for r in rows]
    figure = Figure(base_layout(hovermode="closest"))
    for name, r in zip(names, rows, strict=True):
        low, high = scale.of(r["at_low"]), scale.of(r["at_high"])
        rises = high >= low
        figure.add(
            "bar", orientation="h", y=[name], base=[min(low, high)],
            x=[abs(high - low)], width=0.56,
            marker={"color": LIGHT.power if rises else LIGHT.second},
            customdata=[" to ".join((
                f"{scale.text(r['at_low'])} at {_value(r['low_value'])}",
                f"{scale.text(r['at_high'])} at {_value(r['high_value'])}",
            ))],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )  # fmt: skip
        ends = ((low, r["low_value"]), (high, r["high_value"]))
        for at, words in ends if low != high else ends[:1]:
            right = at == max(low, high)
            figure.add_label(
                f" {_value(words)} ", size=10, x=at, y=name,
                xanchor="left" if right else "right",
            )  # fmt: skip
    draw_limits(figure, seen, key, log=False)
    every = [scale.of(v) for r in rows for v in (r["at_low"], r["at_high"])]
    room = 0.16 * (max(every) - min(every)) or 1.0
    figure.layout["xaxis"] = {
        "title": {"text": scale.title(seen.label(key))},
        "range": [min(every) - room, max(every) + room],
    }  # fmt: skip
    _named(figure, names)
    figure.layout["margin"]["t"] = 30
    return figure


def _value(words: str) -> str:
    """Shorten a number that came as text."""
    try:
        return f"{float(words):.4g}"
    except ValueError:
        return short(words, 14)
