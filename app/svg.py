"""
Draw series as plain SVG: no scripts, nothing fetched, sharp in print.

A figure has axes, bands between lowest and highest values, lines, limits and marked
ranges. Text is escaped here; callers give plain words.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 880
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 20, 12, 40
_FONT = 12
FAMILY = "Liberation Sans, Arial, sans-serif"
"""Where no style sheet reaches a figure, as in a PDF."""
_LABEL = 11
_MOST_POINTS = 900
_LEAST = 1e-12
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_INK, _MUTED, _GRID = "#1b1f24", "#57606a", "#e6e8eb"

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """
    One axis.

    Args:
        title: Quantity and unit.
        low: Lowest value shown.
        high: Highest value shown; above `low`, and both above 0 where `log`.
        log: Whether decades are evenly spaced.
    """

    title: str
    low: float
    high: float
    log: bool = False

    def part(self, value: float) -> float:
        """Where a value lies, 0 at the low end, 1 at the high end."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return (math.log(max(value, _LEAST)) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Values to mark, and their text."""
        if self.log:
            first = math.ceil(math.log10(self.low) - 1e-9)
            last = math.floor(math.log10(self.high) + 1e-9)
            return [(10.0**k, f"{10.0**k:g}") for k in range(first, last + 1)]
        step = nice_step(self.high - self.low)
        first, last = (
            math.ceil(self.low / step - 1e-9),
            math.floor(self.high / step + 1e-9),
        )
        return [(k * step, f"{k * step:g}") for k in range(first, last + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """
    A line, or a band between two lines.

    Args:
        name: What it is, for the legend; empty leaves it out.
        x: Places.
        low: Values; a band's lower ones. None is a gap.
        high: A band's upper values; none draws a line.
        colour: CSS colour.
        dash: SVG dash pattern; empty is solid.
        width: Of the line.
        opacity: Of a band's filling.
    """

    name: str
    x: Sequence[float]
    low: Values
    high: Values | None = None
    colour: str = _INK
    dash: str = ""
    width: float = 1.4
    opacity: float = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit between two places, with a word; drawn dashed."""

    x: tuple[float, float]
    y: float
    words: str
    colour: str = _INK


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of the x axis that is marked."""

    x: tuple[float, float]
    words: str
    colour: str = "#f3f4f6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    A figure.

    Args:
        title: What it shows, for people who cannot see it.
        x: Axis from left to right.
        y: Axis from bottom to top.
        series: Drawn in their order.
        limits: Drawn above them.
        spans: Drawn below them.
        height: In the units of `WIDTH`.
    """

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    limits: tuple[Limit, ...] = ()
    spans: tuple[Span, ...] = ()
    height: int = 300

    def svg(self) -> str:
        """Return the figure as an SVG element, its legend above it."""
        frame = Frame(self.x, self.y, self.height)
        parts = [
            *(frame.span(span) for span in self.spans),
            *frame.axes(),
            frame.clipped([frame.series(one) for one in self.series]),
            *(frame.words(span, k) for k, span in enumerate(self.spans)),
            *frame.limits(self.limits),
        ]
        view = f'viewBox="0 0 {WIDTH} {self.height}"'
        drawn = (
            f'<svg {view} role="img" font-size="{_FONT}" font-family="{FAMILY}" '
            f'xmlns="http://www.w3.org/2000/svg"><title>{_text(self.title)}</title>'
            + "".join(parts) + "</svg>"
        )  # fmt: skip
        return _legend(self.series) + drawn


def nice_step(span: float, most: int = 6) -> float:
    """Step of 1, 2, 2.5 or 5 times a power of ten that makes at most so many ticks."""
    size = 10.0 ** math.floor(math.log10(span / most))
    return next(size * n for n in (*_NICE, 20.0) if span / (size * n) <= most)


Floats = list[float]


def _thinned(
    x: Sequence[float], low: Values, high: Values
) -> tuple[Floats, list[float | None], list[float | None]]:
    """Merge buckets until there are no more than a figure shows; extremes stay."""
    step = math.ceil(len(low) / _MOST_POINTS)
    if step <= 1:
        return list(x), list(low), list(high)
    at = range(0, len(low), step)
    return (
        [x[min(k + step // 2, len(x) - 1)] for k in at],
        [min((v for v in low[k : k + step] if v is not None), default=None)
         for k in at],
        [max((v for v in high[k : k + step] if v is not None), default=None)
         for k in at],
    )  # fmt: skip


def _text(words: str) -> str:
    return html.escape(words)


def _legend(series: Sequence[Series]) -> str:
    items = "".join(
        '<span class="key"><svg width="26" height="10" aria-hidden="true">'
        + (
            f'<rect width="26" height="10" fill="{s.colour}" '
            f'fill-opacity="{s.opacity}"/>' if s.high is not None
            else f'<path d="M0 5H26" stroke="{s.colour}" stroke-width="2" '
            f'stroke-dasharray="{s.dash}"/>'
        ) + f"</svg>{_text(s.name)}</span>"
        for s in series if s.name
    )  # fmt: skip
    return f'<p class="legend">{items}</p>' if items else ""


class Frame:
    """Places on the paper."""

    def __init__(self, x: Axis, y: Axis, height: int) -> None:
        self._x, self._y = x, y
        self._right, self._bottom = WIDTH - _RIGHT, height - _BOTTOM

    def at_x(self, value: float) -> float:
        """Where a value of the x axis lies."""
        return _LEFT + self._x.part(value) * (self._right - _LEFT)

    def at_y(self, value: float) -> float:
        """Where a value of the y axis lies."""
        return self._bottom - self._y.part(value) * (self._bottom - _TOP)

    def axes(self) -> list[str]:
        """Lines and texts of both axes."""
        parts = []
        for value, words in self._y.ticks():
            y = self.at_y(value)
            parts.append(
                f'<path d="M{_LEFT} {y:.1f}H{self._right}" stroke="{_GRID}"/>'
                f'<text x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end" '
                f'fill="{_MUTED}">{_text(words)}</text>'
            )
        for value, words in self._x.ticks():
            x = self.at_x(value)
            parts.append(
                f'<path d="M{x:.1f} {self._bottom}v5" stroke="{_MUTED}"/>'
                f'<text x="{x:.1f}" y="{self._bottom + 18}" text-anchor="middle" '
                f'fill="{_MUTED}">{_text(words)}</text>'
            )
        middle = (_TOP + self._bottom) / 2
        return [
            *parts,
            f'<path d="M{_LEFT} {self._bottom}H{self._right}" stroke="{_MUTED}"/>',
            (
                f'<text x="{(_LEFT + self._right) / 2:.0f}" y="{self._bottom + 35}" '
                f'text-anchor="middle" fill="{_MUTED}">{_text(self._x.title)}</text>'
            ),
            (
                f'<text transform="translate(14 {middle:.0f}) rotate(-90)" '
                f'text-anchor="middle" fill="{_MUTED}">{_text(self._y.title)}</text>'
            ),
        ]

    def axes_drawn(self) -> str:
        """Both axes as one text."""
        return "".join(self.axes())

    def series(self, one: Series) -> str:
        """A line, or the band between two."""
        if one.high is None:
            return (
                f'<path d="{self._path(one.x, one.low)}" fill="none" '
                f'stroke="{one.colour}" stroke-width="{one.width}" '
                f'stroke-dasharray="{one.dash}" stroke-linejoin="round"/>'
            )
        x, low, high = _thinned(one.x, one.low, one.high)
        outline = self._path([*x, *reversed(x)], [*high, *reversed(low)])
        return (
            f'<path d="{outline}Z" fill="{one.colour}" fill-opacity="{one.opacity}" '
            f'stroke="{one.colour}" stroke-width="0.6" stroke-opacity="0.8"/>'
        )

    def _path(self, x: Sequence[float], y: Values) -> str:
        steps, pen = [], "M"
        for a, b in zip(x, y, strict=False):
            if b is None:
                pen = "M"
                continue
            steps.append(f"{pen}{self.at_x(a):.1f} {self.at_y(b):.1f}")
            pen = "L"
        return "".join(steps)

    def limits(self, limits: Sequence[Limit]) -> list[str]:
        """Dashed lines with words; words that would meet move apart."""
        taken: list[tuple[float, float]] = []
        parts = []
        for one in limits:
            a, b = self.at_x(one.x[0]), self.at_x(one.x[1])
            y = self.at_y(one.y)
            words_y = _free(y - 5, a, taken)
            parts.append(
                f'<path d="M{a:.1f} {y:.1f}H{b:.1f}" stroke="{one.colour}" '
                f'stroke-width="1.6" stroke-dasharray="6 3"/>'
                f'<text x="{a + 4:.1f}" y="{words_y:.1f}" font-size="{_LABEL}" '
                f'fill="{one.colour}" class="halo">{_text(one.words)}</text>'
            )
        return parts

    def clipped(self, parts: list[str]) -> str:
        """Cut what is drawn to the frame."""
        box = f"{_LEFT} {_TOP} {self._right - _LEFT} {self._bottom - _TOP}"
        x, y, width, height = box.split()
        return (
            f'<svg x="{x}" y="{y}" width="{width}" height="{height}" '
            f'viewBox="{box}">' + "".join(parts) + "</svg>"
        )

    def span(self, one: Span) -> str:
        """A marked range."""
        a, b = self.at_x(one.x[0]), self.at_x(one.x[1])
        return (
            f'<rect x="{a:.1f}" y="{_TOP}" width="{max(b - a, 2.0):.1f}" '
            f'height="{self._bottom - _TOP}" fill="{one.colour}" fill-opacity="0.6"/>'
        )

    def words(self, one: Span, place: int) -> str:
        """The word of a marked range at its top, some lower than others."""
        x, y = self.at_x(one.x[0]) + 3, _TOP + 13 + 14 * (place % 3)
        return (
            f'<text x="{x:.1f}" y="{y}" font-size="{_LABEL}" fill="{_MUTED}" '
            f'class="halo">{_text(one.words)}</text>'
        )


def _free(y: float, x: float, taken: list[tuple[float, float]]) -> float:
    """Height for a word that meets no other that begins near it."""
    while any(abs(y - other) < _LABEL + 1 and abs(x - at) < 150 for at, other in taken):
        y -= _LABEL + 2
    taken.append((x, y))
    return y
