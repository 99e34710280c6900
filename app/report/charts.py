"""Charts of reports beside curves: bars, histograms, points. All as plain SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.figures import template
from app.figures.template import LIGHT
from app.markup import text
from app.svg import FAMILY, WIDTH, Axis, Frame

INK, MUTED, GRID = LIGHT.ink, LIGHT.muted, LIGHT.grid
BLUE, ORANGE, PURPLE = LIGHT.power, LIGHT.low, LIGHT.high
GREEN, GREY, RED = LIGHT.good, LIGHT.baseline, LIGHT.bad
PALE = "#b4d2e6"
COLOURS = (BLUE, ORANGE, PURPLE, GREEN, template.GREY, RED)
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 3")
_NAME_CHARS = 42
_NAMES = 270
_BAR = 24
_MOST_BINS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """
    One horizontal bar.

    Args:
        name: At its left.
        low: Where it begins.
        high: Where it ends.
        words: At the right end of its line.
        middle: Where its colour changes; None for one colour.
        colour: Of the bar.
    """

    name: str
    low: float
    high: float
    words: str = ""
    middle: float | None = None
    colour: str = BLUE


def drawing(title: str, height: float, parts: Sequence[str]) -> str:
    """Put parts into an SVG element that says what it shows."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" font-size="12" '
        f'font-family="{FAMILY}" xmlns="http://www.w3.org/2000/svg"><title>{text(title)}</title>'
        + "".join(parts) + "</svg>"
    )  # fmt: skip


def words_at(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = MUTED,
    size: int = 12, halo: bool = False,
) -> str:  # fmt: skip
    """Write words at a place."""
    kind = ' class="halo"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'fill="{colour}"{kind}>{text(words)}</text>'
    )


def _dashed(path: str) -> str:
    return (
        f'<path d="{path}" stroke="{INK}" stroke-width="1.4" stroke-dasharray="6 3"/>'
    )


def clipped(words: str, most: int = _NAME_CHARS) -> str:
    """Shorten words that would leave their place."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def axis_over(
    values: Sequence[float], title: str, *, zero: bool = False, room: float = 0.06
) -> Axis:
    """Make an axis that holds values, with room at both ends."""
    known = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        spread = abs(high) * 0.1 or 1.0
        low, high = low - spread, high + spread
    pad = room * (high - low)
    return Axis(
        title=title, low=0.0 if zero and low == 0.0 else low - pad,
        high=0.0 if zero and high == 0.0 else high + pad,
    )  # fmt: skip


def bars(
    title: str, items: Sequence[Bar], axis: Axis,
    *, marks: Sequence[tuple[float, str]] = (),
) -> str:  # fmt: skip
    """
    Draw horizontal bars, one below the other.

    Args:
        title: What it shows.
        items: From top to bottom.
        axis: From left to right.
        marks: Upright dashed lines and their words.
    """
    top, right = 22 if marks else 8, 110
    bottom = top + _BAR * len(items)

    def at(value: float) -> float:
        return _NAMES + axis.part(value) * (WIDTH - _NAMES - right)

    parts = []
    for value, shown in axis.ticks():
        parts.append(f'<path d="M{at(value):.1f} {top}V{bottom}" stroke="{GRID}"/>')
        parts.append(words_at(at(value), bottom + 17, shown, anchor="middle"))
    for k, one in enumerate(items):
        y = top + _BAR * k
        parts.append(words_at(_NAMES - 8, y + 16, clipped(one.name), anchor="end",
                              colour=INK))  # fmt: skip
        parts += _bar(one, at, y)
    for value, shown in marks:
        parts.append(_dashed(f"M{at(value):.1f} {top - 4}V{bottom}"))
        parts.append(words_at(at(value), top - 8, shown, anchor="middle", colour=INK,
                              size=11))  # fmt: skip
    parts += [
        words_at(WIDTH - 4, top + _BAR * k + 16, one.words, anchor="end", size=11)
        for k, one in enumerate(items)
    ]
    middle = (_NAMES + WIDTH - right) / 2
    parts.append(words_at(middle, bottom + 34, axis.title, anchor="middle"))
    return drawing(title, bottom + 42, parts)


def _bar(one: Bar, place: Callable[[float], float], y: float) -> list[str]:
    ends = [one.low, one.high] if one.middle is None else [
        one.low, one.middle, one.high
    ]  # fmt: skip
    parts = []
    for k in range(len(ends) - 1):
        a, b = sorted((place(ends[k]), place(ends[k + 1])))
        parts.append(
            f'<rect x="{a:.1f}" y="{y + 4}" width="{max(b - a, 1.0):.1f}" '
            f'height="{_BAR - 8}" fill="{(one.colour, PALE)[k]}"/>'
        )
    return parts


def histogram(
    title: str, edges: Sequence[float], counts: Sequence[int], x: Axis,
    *, marks: Sequence[tuple[float, str]] = (),
    shades: Sequence[tuple[float, float]] = (),
) -> str:  # fmt: skip
    """
    Draw how often values fall where.

    Args:
        title: What it shows.
        edges: Rising edges of the bins, one more than bins.
        counts: Values in each bin.
        x: Axis that holds the edges.
        marks: Upright dashed lines and their words.
        shades: Ranges to shade, such as an interval around a mark.
    """
    height, count = 260, max(1, sum(counts))
    tallest = 100.0 * max(counts) / count
    frame = Frame(x, Axis(title="Points, %", low=0.0, high=1.18 * tallest), height)
    ground = frame.at_y(0.0)
    parts = [frame.axes_drawn()]
    for a, b in shades:
        left, right = frame.at_x(a), frame.at_x(b)
        parts.append(
            f'<rect x="{left:.1f}" y="12" width="{max(right - left, 1.0):.1f}" '
            f'height="{ground - 12:.1f}" fill="{PALE}" fill-opacity="0.5"/>'
        )
    for k, many in enumerate(counts):
        left, right = frame.at_x(edges[k]), frame.at_x(edges[k + 1])
        y = frame.at_y(100.0 * many / count)
        parts.append(
            f'<rect x="{left + 0.5:.1f}" y="{y:.1f}" '
            f'width="{max(right - left - 1, 0.5):.1f}" height="{ground - y:.1f}" '
            f'fill="{BLUE}"/>'
        )
    parts += uprights(frame, ground, marks)
    return drawing(title, height, parts)


def binned(values: Sequence[float]) -> tuple[list[float], list[int]]:
    """Count values in equal bins, about twice the cube root of their number."""
    bins = max(5, min(_MOST_BINS, math.ceil(2.0 * len(values) ** (1 / 3))))
    low, high = min(values), max(values)
    width = (high - low) / bins or max(abs(low), 1.0) / 10.0
    tally = [0] * bins
    for value in values:
        tally[min(bins - 1, int((value - low) / width))] += 1
    return [low + width * k for k in range(bins + 1)], tally


def uprights(
    frame: Frame, ground: float, marks: Sequence[tuple[float, str]]
) -> list[str]:
    """Draw upright dashed lines; words of near ones stand below each other."""
    parts, taken = [], list[tuple[float, int]]()
    for value, words in sorted(marks):
        x, row = frame.at_x(value), 0
        while any(row == r and abs(x - at) < 7 * len(words) + 12 for at, r in taken):
            row += 1
        taken.append((x, row))
        side, shift = ("start", 4) if x < WIDTH * 0.75 else ("end", -4)
        parts.append(_dashed(f"M{x:.1f} 12V{ground:.1f}"))
        parts.append(words_at(x + shift, 23 + 14 * row, words, anchor=side, colour=INK,
                              size=11, halo=True))  # fmt: skip
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """
    Points of one kind.

    Args:
        name: For the legend; empty leaves it out.
        x: Places.
        y: Heights.
        words: Beside each point; empty for none.
        colour: Of the points.
        size: Radius.
        hollow: Whether only the outline is drawn.
        line: Whether a line joins them.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    words: Sequence[str] = ()
    colour: str = BLUE
    size: float = 3.5
    hollow: bool = False
    line: bool = False


def dots(
    title: str, groups: Sequence[Dots], x: Axis, y: Axis, *, height: int = 340,
    level: tuple[float, str] | None = None,
) -> str:  # fmt: skip
    """
    Draw points on two axes.

    Args:
        title: What it shows.
        groups: Drawn in their order.
        x: From left to right.
        y: From bottom to top.
        height: In the units of `WIDTH`.
        level: A height to mark with a dashed line, and its words.
    """
    frame = Frame(x, y, height)
    parts = [frame.axes_drawn()]
    if level is not None:
        at = frame.at_y(level[0])
        parts.append(_dashed(f"M62 {at:.1f}H{WIDTH - 20}"))
        parts.append(words_at(WIDTH - 24, at - 5, level[1], anchor="end", colour=INK,
                              size=11, halo=True))  # fmt: skip
    for group in groups:
        places = [(frame.at_x(a), frame.at_y(b)) for a, b in
                  zip(group.x, group.y, strict=True)]  # fmt: skip
        if group.line and places:
            steps = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
            parts.append(f'<path d="M{steps}" fill="none" stroke="{group.colour}" '
                         f'stroke-width="1.4"/>')  # fmt: skip
        parts += [_dot(group, a, b) for a, b in places]
        for (a, b), words in zip(places, group.words, strict=False):
            side, shift = ("start", 7) if a < WIDTH * 0.8 else ("end", -7)
            parts.append(words_at(a + shift, b - 6, clipped(words), anchor=side,
                                  colour=INK, size=11, halo=True))  # fmt: skip
    legend = "".join(
        f'<span class="key"><svg width="12" height="12" aria-hidden="true">'
        f"{_dot(replace(g, size=max(g.size, 4.0)), 6, 6)}</svg>{text(g.name)}</span>"
        for g in groups if g.name
    )  # fmt: skip
    head = f'<p class="legend">{legend}</p>' if legend else ""
    return head + drawing(title, height, parts)


def _dot(group: Dots, x: float, y: float) -> str:
    fill = "none" if group.hollow else group.colour
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{group.size}" fill="{fill}" '
        f'stroke="{group.colour}" stroke-width="1.3"/>'
    )
