"""Figures of a study's report, from its points and their analysis."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from app.report import charts
from app.report.page import Html, figure
from app.report.study_charts import (
    Cells,
    Upright,
    exceedance,
    heat_map,
    mean_of,
    parallel,
)
from app.report.study_data import Study, value_at
from app.svg import Axis

Json = dict[str, Any]
ONE_AT_A_TIME = "one-at-a-time"
_MOST_OUTPUTS = 4
_MOST_CELLS = 24
_GOALS = {"max": "more", "min": "less"}
_MOST_BINS = 8
_EDGE = 1e-9
_POINTS_A_CELL = 1.7
"""Root of the points that a cell should hold."""
_UPRIGHTS = 9
_MOST_DOTS = 1500


def distributions(study: Study) -> Html:
    """Draw how the main outputs scatter and, where points are drawn, what is passed."""
    if study.design == ONE_AT_A_TIME:
        return ""
    parts = []
    for key in study.outputs[:_MOST_OUTPUTS]:
        values = study.numbers(key)
        found = study.histogram(key) or (charts.binned(values) if values else None)
        if found is not None and found[0][0] < found[0][-1] and sum(found[1]) > 2:
            parts.append(_distribution(study, key, found, values))
    return "".join(parts)


def _distribution(
    study: Study, key: str, found: tuple[list[float], list[int]], values: list[float]
) -> Html:
    scale, name = study.scale(key), study.label(key)
    edges = [v / scale.per for v in found[0]]
    limits = [one for one in study.limits if one["output"] == key]
    lines = [(one["limit"] / scale.per, f"limit {scale.text(one['limit'])}")
             for one in limits]  # fmt: skip
    x = charts.axis_over([*edges, *(v for v, _ in lines)], scale.title(name))
    row = study.summary(key)
    middle = row.get("p50")
    marks = lines + ([] if middle is None else [
        (middle / scale.per, f"median {scale.text(middle)}")
    ])  # fmt: skip
    ends = (row.get("p50_low"), row.get("p50_high"))
    shades = [] if None in ends else [
        (float(ends[0]) / scale.per, float(ends[1]) / scale.per)  # type: ignore[arg-type]
    ]  # fmt: skip
    words = f"{name} at {sum(found[1]):,} points"
    if study.sampled:
        words += "; shaded: 95 % interval of the median" if shades else ""
    else:
        words += (
            f" of a design ({study.design}) that does not draw them at random: how "
            "often is no probability"
        )
    parts = [figure(charts.histogram(f"Distribution of {name}", edges, found[1], x,
                                     marks=marks,
                                     shades=shades if study.sampled else ()),
                    f"{words}.")]  # fmt: skip
    if study.sampled and len(values) > 2:
        shown = [v / scale.per for v in values]
        drawn = exceedance(f"Probability that {name} is more", shown, x, marks=lines)
        parts.append(figure(
            drawn, f"Probability that {name} is more than a value, and its 95 % "
            "interval (Clopper and Pearson). The axis is logarithmic."))  # fmt: skip
    return "".join(parts)


def heat(study: Study) -> Html:
    """Draw the first output over the two axes that matter most; empty for one axis."""
    axes = _two_axes(study)
    if axes is None or not study.outputs or study.design == ONE_AT_A_TIME:
        return ""
    key = study.outputs[0]
    x, y = (_binned(study, one) for one in axes)
    sums: dict[tuple[int, int], list[float]] = {}
    for n, value in enumerate(study.column(key)):
        if isinstance(value, int | float) and math.isfinite(value):
            sums.setdefault((y[0][n], x[0][n]), []).append(float(value))
    if not sums:
        return ""
    values = [
        [mean_of(sums.get((j, k))) for k in range(len(x[1]))] for j in range(len(y[1]))
    ]
    names = [study.scale(one).title(study.label(one)) for one in axes]
    drawn = heat_map(Cells(
        x_title=names[0], y_title=names[1], x=x[1], y=y[1], values=values,
        scale=study.scale(key), name=study.label(key),
    ))  # fmt: skip
    rest = len(study.axes) - 2
    words = "Mean of the points in each cell"
    words += f"; {rest} further axes vary inside it" if rest > 0 else ""
    return figure(drawn, f"{words}. Grey: no point with an answer.")


def _two_axes(study: Study) -> tuple[str, str] | None:
    fields = [a["field"] for a in study.axes]
    ranked = influence(study, study.outputs[0]) if study.outputs else []
    order = [f for f in ranked if f in fields]
    order += [f for f in fields if f not in order]
    return (order[0], order[1]) if len(order) > 1 else None


def influence(study: Study, output: str) -> list[str]:
    """Fields by how much an output hangs on them, the most first; empty if unknown."""
    return [r["field"] for r in study.effects(output) or study.bars(output)]


def _binned(study: Study, field: str) -> tuple[list[int], list[str]]:
    """Cell of every answered point along an axis, and the cells' words."""
    column, scale = study.column(field), study.scale(field)
    kinds = list(dict.fromkeys(map(_hashable, column)))
    plain = all(isinstance(v, int | float) and not isinstance(v, bool) for v in column)
    bins = max(3, min(_MOST_BINS, round(math.sqrt(len(column)) / _POINTS_A_CELL)))
    if not plain or len(kinds) <= (_MOST_CELLS if study.design == "grid" else bins):
        ordered = sorted(kinds) if plain else kinds
        places = {v: k for k, v in enumerate(ordered)}
        words = [scale.number(float(v)) if plain else str(v) for v in ordered]
        return [places[_hashable(v)] for v in column], words
    low, high = min(column), max(column)
    step = (high - low) / bins
    cells = [min(bins - 1, int((v - low) / step)) for v in column]
    edges = [low + step * k for k in range(bins + 1)]
    if study.metric(field).get("whole"):
        first = [math.ceil(v - _EDGE) for v in edges[:-1]]
        last = [*(v - 1 for v in first[1:]), int(high)]
        return cells, [f"{a} to {b}" if a < b else f"{a}"
                       for a, b in zip(first, last, strict=True)]  # fmt: skip
    words = [scale.number(v) for v in edges]
    return cells, [f"{a} to {b}" for a, b in pairwise(words)]


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else str(value)


def tornado(study: Study) -> Html:
    """Draw how far each axis alone moves the main outputs."""
    parts = []
    for key in [k for k in study.outputs if study.bars(k)][:_MOST_OUTPUTS]:
        rows = [r for r in study.bars(key) if r["at_low"] != r["at_high"]]
        if rows:
            parts.append(_tornado(study, key, rows))
    return "".join(parts)


def _tornado(study: Study, key: str, rows: list[Json]) -> Html:
    scale, name = study.scale(key), study.label(key)
    items = []
    for r in rows:
        low, high = r["low_value"], r["high_value"]
        ends = sorted((r["at_low"] / scale.per, r["at_high"] / scale.per))
        rises = r["at_high"] >= r["at_low"]
        items.append(charts.Bar(
            name=study.label(r["field"]), low=ends[0], high=ends[1],
            words=f"{low} → {high}" if rises else f"{high} ← {low}",
            colour=charts.BLUE if rises else charts.ORANGE,
        ))  # fmt: skip
    axis = charts.axis_over(
        [v for i in items for v in (i.low, i.high)], scale.title(name)
    )
    drawn = charts.bars(f"How far each input alone moves {name}", items, axis)
    return figure(
        drawn, f"{name} with one input at its low and high end, the others in the "
        "middle. Blue: it rises with the input; orange: it falls. The axis does not "
        "begin at zero.",
    )  # fmt: skip


def pareto(study: Study) -> Html:
    """Draw the front of the first two objectives; empty for fewer."""
    if len(study.objectives) < 2:
        return ""
    keys = [one["output"] for one in study.objectives[:2]]
    front = set(study.analysis.get("pareto") or ())
    best = study.analysis.get("best")
    groups: dict[str, list[Json]] = {"points": [], "front": [], "broken": []}
    for p in study.answered:
        if any(not isinstance(value_at(p, k), int | float) for k in keys):
            continue
        kind = "front" if p["index"] in front else (
            "broken" if study.broken(p) else "points"
        )  # fmt: skip
        groups[kind].append(p)
    if not any(groups.values()):
        return ""
    scales = [study.scale(k) for k in keys]

    def of(kind: str, k: int) -> list[float]:
        return [float(value_at(p, keys[k])) / scales[k].per for p in groups[kind]]

    for kind in ("points", "broken"):
        groups[kind] = groups[kind][:: 1 + len(groups[kind]) // _MOST_DOTS]
    groups["front"].sort(key=lambda p: float(value_at(p, keys[0])))
    looks = (
        ("broken", "breaks a limit", charts.RED, 2.5, True, False),
        ("points", "point", charts.GREY, 2.5, False, False),
        ("front", "on the front", charts.BLUE, 4.5, False, True),
    )  # fmt: skip
    drawn_groups = [
        charts.Dots(
            name=name, x=of(kind, 0), y=of(kind, 1), colour=colour, size=size,
            hollow=hollow, line=line,
            words=[f"best, #{p['index']}" if p["index"] == best else ""
                   for p in groups[kind]] if kind == "front" else (),
        )
        for kind, name, colour, size, hollow, line in looks if groups[kind]
    ]  # fmt: skip
    titles = [
        f"{scale.title(study.label(key))} ({_GOALS[one['goal']]} is better)"
        for key, scale, one in zip(keys, scales, study.objectives, strict=False)
    ]
    every = [[v for kind in groups for v in of(kind, k)] for k in (0, 1)]
    drawn = charts.dots(
        f"{study.label(keys[0])} against {study.label(keys[1])}", drawn_groups,
        charts.axis_over(every[0], titles[0]), charts.axis_over(every[1], titles[1]),
    )  # fmt: skip
    return figure(drawn, "On the front no other point is better in one objective and "
                  "no worse in the rest. The axes do not begin at zero.")  # fmt: skip


def lines_across(study: Study) -> Html:
    """Draw every point as a line across axes and main outputs."""
    if len(study.answered) < 2:
        return ""
    room = max(1, _UPRIGHTS - min(len(study.axes), _UPRIGHTS - 2))
    fields = [a["field"] for a in study.axes][: _UPRIGHTS - 2]
    axes = [_upright(study, f, output=False) for f in fields]
    axes += [_upright(study, k, output=True) for k in study.outputs[:room]]
    if len(axes) < 2:
        return ""
    best = study.analysis.get("best")
    place = next((n for n, p in enumerate(study.answered) if p["index"] == best), None)
    drawn = parallel(axes, [study.broken(p) for p in study.answered], place)
    return figure(drawn, "One line a point. Thin names: what varied; bold names: what "
                  "came out.")  # fmt: skip


def _upright(study: Study, key: str, *, output: bool) -> Upright:
    column, scale = study.column(key), study.scale(key)
    numeric = all(
        v is None or (isinstance(v, int | float) and not isinstance(v, bool))
        for v in column
    )
    if numeric:
        values = [None if v is None else float(v) for v in column]
        return Upright(name=study.label(key), values=values, scale=scale, output=output)
    words = list(dict.fromkeys(str(_hashable(v)) for v in column))
    places = [float(words.index(str(_hashable(v)))) for v in column]
    return Upright(name=study.label(key), values=places, words=words, output=output)


def indices(study: Study) -> Html:
    """Draw the total sensitivity of the main outputs with its interval."""
    parts = []
    for key in [k for k in study.outputs if study.effects(k)][:2]:
        rows = [r for r in study.effects(key) if r["total"] is not None]
        if not rows:
            continue
        items = [
            charts.Bar(
                name=study.label(r["field"]), low=0.0, high=max(r["total"], 0.0),
                middle=max(0.0, min(r["first"] or 0.0, r["total"])),
                words=f"{r['total']:.2f} ± {r['total_ci'] or 0.0:.2f}",
            )
            for r in rows
        ]  # fmt: skip
        high = max(1.0, 1.05 * max(i.high for i in items))
        axis = Axis(title="Part of the variance", low=0.0, high=high)
        name = study.label(key)
        parts.append(figure(
            charts.bars(f"Which input matters for {name}", items, axis),
            f"{name}: part of its variance that an input explains alone (dark) and "
            "together with others (pale), ± half of the 95 % interval."))  # fmt: skip
    return "".join(parts)
