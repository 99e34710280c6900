"""Charts of studies: heat map, parallel coordinates, exceedance. All as plain SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from scipy.special import betaincinv

from app.markup import text
from app.report.charts import (
    BLUE,
    GRID,
    INK,
    MUTED,
    ORANGE,
    PALE,
    RED,
    clipped,
    drawing,
    uprights,
    words_at,
)
from app.report.units import Scale
from app.svg import WIDTH, Axis, Frame

_STEPS = (
    "#eef4f9", "#d3e4f1", "#b0cfe6", "#86b5d8", "#5b98c6", "#367ab1", "#1f5e96",
    "#124577", "#0a2f56",
)  # fmt: skip
_ON_LIGHT, _ON_DARK = "#0b0d10", "#fefefe"
"""Ink on cells, which keep their colours on a dark screen."""
_EMPTY = "#d5d9dd"
_MOST_WRITTEN = 12
"""Columns beyond which cells hold no figures."""
_MOST_LINES = 400
_NAME_CHARS = 26
_MOST_STEPS = 400
_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """
    Values on two axes.

    Args:
        x_title: Axis from left to right.
        y_title: Axis from bottom to top.
        x: Words of the columns.
        y: Words of the rows, the lowest first.
        values: By row and column; None where no point is.
        scale: How values are shown.
        name: What the values are.
    """

    x_title: str
    y_title: str
    x: Sequence[str]
    y: Sequence[str]
    values: Sequence[Sequence[float | None]]
    scale: Scale
    name: str


def mean_of(values: Sequence[float] | None) -> float | None:
    """Mean of the values in a cell; None for an empty one."""
    return sum(values) / len(values) if values else None


def heat_map(cells: Cells) -> str:
    """Draw values on two axes as colours, the figure in each cell where it has room."""
    left, top, right = 120, 44, 16
    known = [v for row in cells.values for v in row if v is not None]
    low, high = min(known), max(known)
    wide = (WIDTH - left - right) / len(cells.x)
    tall = max(22.0, min(44.0, 360.0 / len(cells.y)))
    bottom = top + tall * len(cells.y)
    parts = [_key(cells, low, high, left)]
    for j, row in enumerate(cells.values):
        y = bottom - tall * (j + 1)
        parts.append(words_at(left - 8, y + tall / 2 + 4, clipped(cells.y[j], 16),
                              anchor="end"))  # fmt: skip
        for k, value in enumerate(row):
            x = left + wide * k
            fill, ink = _shade(value, low, high)
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide - 1:.1f}" '
                         f'height="{tall - 1:.1f}" fill="{fill}"/>')  # fmt: skip
            if value is not None and len(row) <= _MOST_WRITTEN:
                parts.append(words_at(x + wide / 2, y + tall / 2 + 4,
                                      cells.scale.number(value), anchor="middle",
                                      colour=ink, size=11))  # fmt: skip
    every = math.ceil(len(cells.x) / _MOST_WRITTEN)
    parts += [
        words_at(left + wide * (k + 0.5), bottom + 16, clipped(cells.x[k], 18),
                 anchor="middle")
        for k in range(0, len(cells.x), every)
    ]  # fmt: skip
    middle = (left + WIDTH - right) / 2
    parts.append(words_at(middle, bottom + 35, cells.x_title, anchor="middle"))
    parts.append(
        f'<text transform="translate(14 {(top + bottom) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle" fill="{MUTED}">{text(clipped(cells.y_title))}</text>'
    )
    return drawing(f"{cells.name} by {cells.x_title} and {cells.y_title}", bottom + 44,
                   parts)  # fmt: skip


def _shade(value: float | None, low: float, high: float) -> tuple[str, str]:
    if value is None:
        return _EMPTY, _ON_LIGHT
    part = (value - low) / (high - low) if high > low else 0.5
    step = min(len(_STEPS) - 1, int(part * len(_STEPS)))
    return _STEPS[step], _ON_DARK if step >= 4 else _ON_LIGHT


def _key(cells: Cells, low: float, high: float, left: float) -> str:
    parts = [words_at(left, 16, cells.scale.title(cells.name), colour=INK)]
    start = WIDTH - 16 - 20 * len(_STEPS) - 90
    parts.append(words_at(start - 6, 16, cells.scale.number(low), anchor="end"))
    for k, colour in enumerate(_STEPS):
        parts.append(f'<rect x="{start + 20 * k:.0f}" y="6" width="20" height="12" '
                     f'fill="{colour}"/>')  # fmt: skip
    parts.append(words_at(start + 20 * len(_STEPS) + 6, 16, cells.scale.number(high)))
    return "".join(parts)


# --- parallel coordinates ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Upright:
    """
    One upright axis of parallel coordinates.

    Args:
        name: Below it.
        values: Of every point; None where it has none.
        words: Names of places 0, 1, ... where the axis has words for numbers.
        scale: How its ends are written.
        output: Whether it is an answer, not an input.
    """

    name: str
    values: Sequence[float | None]
    words: Sequence[str] = ()
    scale: Scale = field(default_factory=Scale)
    output: bool = False


def parallel(axes: Sequence[Upright], passed: Sequence[bool], best: int | None) -> str:
    """
    Draw every point as a line across upright axes.

    Args:
        axes: From left to right, two or more.
        passed: Whether each point breaks a limit.
        best: Place of the best point; None for none.
    """
    height, top, bottom = 380, 28, 318
    count = len(passed)
    gap = (WIDTH - 160) / (len(axes) - 1)
    ranges = [_ends(a) for a in axes]

    def at(k: int, value: float) -> float:
        low, high = ranges[k]
        return bottom - (bottom - top) * (value - low) / (high - low)

    def line(n: int, colour: str, width: float, opacity: float) -> str:
        places = [
            f"{80 + gap * k:.1f} {at(k, v):.1f}" for k, a in enumerate(axes)
            if (v := a.values[n]) is not None
        ]  # fmt: skip
        return (
            f'<path d="M{"L".join(places)}" fill="none" stroke="{colour}" '
            f'stroke-width="{width}" stroke-opacity="{opacity:.2f}"/>'
        )

    every = math.ceil(count / _MOST_LINES)
    shown = [n for n in range(0, count, every) if n != best]
    opacity = max(0.12, min(0.8, 40 / max(len(shown), 1)))
    shown.sort(key=lambda n: passed[n])
    parts = [line(n, RED if passed[n] else BLUE, 1.0, opacity) for n in shown]
    if best is not None:
        parts.append(line(best, ORANGE, 3.0, 1.0))
    for k, axis in enumerate(axes):
        parts += _upright(axis, ranges[k], 80 + gap * k, (top, bottom), k)
    kinds = [(BLUE, "point")] if not all(passed) else []
    kinds += [(RED, "breaks a limit")] if any(passed) else []
    kinds += [] if best is None else [(ORANGE, "best")]
    legend = "".join(
        f'<span class="key"><svg width="26" height="10" aria-hidden="true">'
        f'<path d="M0 5H26" stroke="{c}" stroke-width="2"/></svg>{w}</span>'
        for c, w in kinds
    )
    return f'<p class="legend">{legend}</p>' + drawing(
        f"{len(shown)} points as lines across inputs and outputs", height, parts
    )


def _ends(axis: Upright) -> tuple[float, float]:
    known = [v for v in axis.values if v is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if axis.words:
        low, high = 0.0, float(len(axis.words) - 1)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _upright(
    axis: Upright, ends: tuple[float, float], x: float, span: tuple[int, int], k: int
) -> list[str]:
    top, bottom = span
    parts = [f'<path d="M{x:.1f} {top}V{bottom}" stroke="{INK}" stroke-width="1.2"/>']
    if axis.words:
        marks = [(place / max(len(axis.words) - 1, 1), word)
                 for place, word in enumerate(axis.words)]  # fmt: skip
        if len(axis.words) == 1:
            marks = [(0.5, axis.words[0])]
    else:
        low, high = ends
        marks = [(p, axis.scale.number(low + p * (high - low))) for p in (0, 0.5, 1)]
    for part, words in marks:
        y = bottom - part * (bottom - top)
        parts.append(
            words_at(
                x + 5,
                y + (12 if part == 0 else -4),
                clipped(words, 16),
                colour=INK,
                size=11,
                halo=True,
            )
        )
    weight = ' font-weight="600"' if axis.output else ""
    title = axis.scale.title(axis.name)
    name = clipped(title if len(title) <= _NAME_CHARS else axis.name, _NAME_CHARS)
    parts.append(
        f'<text x="{x:.1f}" y="{bottom + 32 + 16 * (k % 2)}" text-anchor="middle" '
        f'fill="{INK}"{weight}>{text(name)}</text>'
    )
    return parts


# --- exceedance -------------------------------------------------------------------


def exceedance(
    title: str, values: Sequence[float], x: Axis, *, marks: Sequence[tuple[float, str]]
) -> str:
    """
    Draw how likely a value is passed, with its 95 % interval at every place.

    The interval is Clopper's and Pearson's of the count above, so it is exact for
    independent points, and wide for those that fill space evenly.

    Args:
        title: What it shows.
        values: Of independent points, at least two.
        x: Axis that holds them.
        marks: Upright dashed lines and their words.
    """
    height, n = 300, len(values)
    least = 10.0 ** math.floor(math.log10(0.2 / n))
    frame = Frame(x, Axis(title="Probability of more", low=least, high=1.0, log=True),
                  height)  # fmt: skip
    ground = frame.at_y(least)
    steps, lows, highs = list[str](), list[str](), list[str]()
    for k, value in _thinned(sorted(values)):
        above = n - k - 1
        at = f"{frame.at_x(value):.1f}"
        low, high = _interval(above, n)
        for many, line in ((above / n, steps), (low, lows), (high, highs)):
            line.append(f"{at} {frame.at_y(max(many, least)):.1f}")
    band = "L".join([*highs, *reversed(lows)])
    parts = [
        frame.axes_drawn(),
        f'<path d="M{band}Z" fill="{PALE}" fill-opacity="0.6"/>',
        f'<path d="M{"L".join(steps)}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
        f'<path d="M62 {ground:.1f}H{WIDTH - 20}" stroke="{GRID}"/>',
        *uprights(frame, ground, marks),
    ]
    return drawing(title, height, parts)


def _thinned(ordered: list[float]) -> list[tuple[int, float]]:
    """Places and values to draw: every one of the tail, some of the rest."""
    every = max(1, len(ordered) // _MOST_STEPS)
    tail = len(ordered) - _MOST_STEPS // 2
    return [(k, v) for k, v in enumerate(ordered) if k % every == 0 or k >= tail]


def _interval(count: int, n: int) -> tuple[float, float]:
    tail = (1.0 - _LEVEL) / 2.0
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1 - tail))
    return low, high
