"""
Drawings of docs/benchmarks.md as plain SVG: light and dark, nothing fetched.

Small multiples show every row over the runs; charts show scaling and the roofline.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.svg import FAMILY, Axis
from bench.words import WORDS, bar, number, quantity, short

WIDTH = 880
_COLUMNS, _PANEL_W, _PANEL_H = 4, 208, 132
_STYLE = """
.ground{fill:#fff}.ink{fill:#1b1f24}.muted{fill:#59636e}.grid{stroke:#e3e6ea}
.axis{stroke:#8b949e}.bar{stroke:#59636e}.good{fill:#1a7f37}.bad{fill:#cf222e}
.side{fill:#1a7f37;fill-opacity:.08}.path{stroke:#8b949e}
.a{stroke:#0969da}.b{stroke:#bc4c00}.c{stroke:#8250df}.ideal{stroke:#b1bac4}
.fa{fill:#0969da}.fb{fill:#bc4c00}.fc{fill:#8250df}
@media (prefers-color-scheme:dark){
.ground{fill:#0d1117}.ink{fill:#e6edf3}.muted{fill:#9198a1}.grid{stroke:#262c36}
.axis{stroke:#656c76}.bar{stroke:#9198a1}.good{fill:#3fb950}.bad{fill:#f85149}
.side{fill:#3fb950;fill-opacity:.1}.path{stroke:#656c76}
.a{stroke:#58a6ff}.b{stroke:#f0883e}.c{stroke:#bc8cff}.ideal{stroke:#3d444d}
.fa{fill:#58a6ff}.fb{fill:#f0883e}.fc{fill:#bc8cff}}
"""
_LINES = ("a", "b", "c")


def _text(x: float, y: float, words: str, kind: str = "muted", **more: Any) -> str:
    extra = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"{extra}>'
        f"{html.escape(words)}</text>"
    )


def _line(
    a: tuple[float, float], b: tuple[float, float], kind: str, **more: Any
) -> str:
    extra = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
    return (
        f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" '
        f'class="{kind}"{extra}/>'
    )


def _box(a: tuple[float, float], b: tuple[float, float], kind: str, **more: Any) -> str:
    """A filled rectangle, from its upper left to its lower right corner."""
    extra = "".join(f' {k}="{v}"' for k, v in more.items())
    return (
        f'<rect x="{a[0]:.1f}" y="{a[1]:.1f}" width="{b[0] - a[0]:.1f}" '
        f'height="{b[1] - a[1]:.1f}" class="{kind}"{extra}/>'
    )


def _dot(x: float, y: float, kind: str, radius: float = 3.2) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{kind}"/>'


def _path(points: Sequence[tuple[float, float]], kind: str, width: float = 1.6) -> str:
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{drawn}" fill="none" class="{kind}" '
        f'stroke-width="{width}" stroke-linejoin="round"/>'
    )


def picture(title: str, height: float, parts: Sequence[str]) -> str:
    """Return a whole SVG file."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img" font-size="11" '
        f'font-family="{FAMILY}"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style>"
        f'<rect width="{WIDTH}" height="{height:.0f}" class="ground"/>'
        + "\n".join(parts) + "</svg>\n"
    )  # fmt: skip


# --- history --------------------------------------------------------------------------


def history(
    title: str, rows: Sequence[dict[str, Any]],
    runs: Sequence[Sequence[tuple[int, float]]], count: int,
) -> str:  # fmt: skip
    """
    Draw small multiples, one panel per row.

    Args:
        title: For people who cannot see it.
        rows: Last value of each row, with its bar.
        runs: Run and value of each row, oldest first.
        count: Runs recorded so far.
    """
    parts = []
    for k, (row, values) in enumerate(zip(rows, runs, strict=True)):
        x = 12 + (k % _COLUMNS) * (_PANEL_W + 8)
        y = 10 + (k // _COLUMNS) * (_PANEL_H + 12)
        parts += _panel(x, y, row, values, count)
    lines = math.ceil(len(rows) / _COLUMNS)
    return picture(title, 10 + lines * (_PANEL_H + 12), parts)


def _panel(
    x: float, y: float, row: dict[str, Any], values: Sequence[tuple[int, float]],
    count: int,
) -> list[str]:  # fmt: skip
    """One row: its words, its last value and bar, its values over the runs."""
    axis = _decades("", [row["bar"], *(v for _, v in values)])
    left, right, top, bottom = x + 34, x + _PANEL_W - 8, y + 38, y + _PANEL_H - 6

    def at(run: int, value: float) -> tuple[float, float]:
        part = 0.5 if count == 1 else run / (count - 1)
        return left + 8 + part * (right - left - 16), bottom - axis.part(value) * (
            bottom - top
        )

    limit = at(0, row["bar"])[1]
    edge = top if row["better"] == "more" else bottom
    parts = [
        _text(x, y + 11, WORDS.get(row["id"], row["id"]), "ink"),
        _figure(x, y + 26, row),
        _box((left, min(limit, edge)), (right, max(limit, edge)), "side"),
    ]
    for value, _ in axis.ticks():
        here, words = at(0, value)[1], short(value)
        parts.append(_line((left, here), (right, here), "grid"))
        parts.append(_text(left - 4, here + 3, words, text_anchor="end", font_size=9))
    parts.append(
        _line((left, limit), (right, limit), "bar", stroke_dasharray="4 3")
    )  # fmt: skip
    places = [at(run, value) for run, value in values]
    parts.append(_path(places, "path", 1.2))
    for (_, value), place_ in zip(values, places, strict=True):
        good = value >= row["bar"] if row["better"] == "more" else value <= row["bar"]
        parts.append(_dot(*place_, "good" if good else "bad"))
    return parts


def _figure(x: float, y: float, row: dict[str, Any]) -> str:
    """The last value, by its colour, and the bar."""
    kind = "good" if row["passes"] else "bad"
    return (
        f'<text x="{x}" y="{y}" class="{kind}" font-weight="bold">'
        f"{html.escape(quantity(row['value'], row['unit']))} "
        f'<tspan class="muted" font-weight="normal"> bar {html.escape(bar(row))}'
        "</tspan></text>"
    )


def _decades(title: str, values: Sequence[float]) -> Axis:
    """Whole decades around some values."""
    known = [v for v in values if v > 0]
    low = math.floor(math.log10(min(known)) + 1e-9)
    high = math.ceil(math.log10(max(known)) - 1e-9)
    return Axis(title=title, low=10.0**low, high=10.0 ** max(high, low + 1), log=True)


# --- charts ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Room for one chart, and its two axes."""

    x: Axis
    y: Axis
    height: float = 320.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place of a value."""
        return (
            66 + self.x.part(x) * (WIDTH - 66 - 210),
            self.height - 44 - self.y.part(y) * (self.height - 44 - 22),
        )

    def axes(self, names: Sequence[tuple[float, str]] = ()) -> list[str]:
        """Grid, ticks and titles; named places on the x axis have no grid."""
        parts = []
        (left, bottom), (right, top) = (
            self.at(self.x.low, self.y.low), self.at(self.x.high, self.y.high)
        )  # fmt: skip
        for value, _ in self.y.ticks():
            y = self.at(self.x.low, value)[1]
            parts.append(_line((left, y), (right, y), "grid"))
            parts.append(_text(left - 6, y + 4, number(value), text_anchor="end"))
        for value, words in names or self.x.ticks():
            x = self.at(value, self.y.low)[0]
            if not names:
                words = number(value)
                parts.append(_line((x, bottom), (x, top), "grid"))
            parts.append(_text(x, bottom + 16, words, text_anchor="middle"))
        parts.append(_line((left, bottom), (right, bottom), "axis"))
        middle = (left + right) / 2
        parts.append(_text(middle, self.height - 8, self.x.title, text_anchor="middle"))
        parts.append(_text(left, 13, self.y.title))
        return parts


def scaling(curve: dict[str, Any]) -> str:
    """Draw time on logarithmic axes, proportion from the first point beside it."""
    lines = curve["series"]
    title = f"{curve['y']} [s]"
    frame = Frame(
        x=_decades(curve["x"], [x for one in lines for x in one["x"]]),
        y=_decades(title, [y for one in lines for y in one["values"]]),
    )
    parts = frame.axes()
    parts += [_ideal(frame, one["x"], one["values"][0]) for one in lines]
    parts += _labelled(frame, lines)
    return picture(f"{title} by {curve['x']}", frame.height, parts)


def _ideal(frame: Frame, xs: Sequence[float], first: float) -> str:
    """Proportion, from the first point as far as the frame reaches."""
    end = min(xs[-1], frame.y.high / first * xs[0])
    a, b = frame.at(xs[0], first), frame.at(end, first * end / xs[0])
    return _line(a, b, "ideal", stroke_dasharray="3 3", stroke_width=1.2)


def _labelled(frame: Frame, lines: Sequence[dict[str, Any]]) -> list[str]:
    """Lines with their names and last values at their ends, apart from each other."""
    parts, ends = [], []
    for kind, one in zip(_LINES, lines, strict=False):
        places = [frame.at(x, y) for x, y in zip(one["x"], one["values"], strict=True)]
        parts.append(_path(places, kind))
        parts += [_dot(*at, f"f{kind}") for at in places]
        ends.append((places[-1], kind, one))
    free = -math.inf
    for (x, y), kind, one in sorted(ends, key=lambda end: end[0][1]):
        here = max(y - 2, free)
        parts.append(_text(x + 9, here, one["name"], f"f{kind}"))
        parts.append(_text(x + 9, here + 13, quantity(one["values"][-1], "s")))
        free = here + 30
    return parts


def workers(curve: dict[str, Any]) -> str:
    """Draw work done by more workers as bars; dashed is proportion to one worker."""
    lines = curve["series"]
    counts = sorted({x for one in lines for x in one["x"]})
    ideal = max(one["values"][0] / one["x"][0] for one in lines) * counts[-1]
    top = 1.12 * max(ideal, *(y for one in lines for y in one["values"]))
    title = f"{curve['y']} [1/s]"
    frame = Frame(
        x=Axis(title=curve["x"], low=0.0, high=float(len(counts))),
        y=Axis(title=title, low=0.0, high=top),
    )
    parts = frame.axes([(k + 0.5, number(n)) for k, n in enumerate(counts)])
    width = min(0.8 / len(lines), 0.16)
    for k, (kind, one) in enumerate(zip(_LINES, lines, strict=False)):
        for n, value in zip(one["x"], one["values"], strict=True):
            x = counts.index(n) + 0.5 + (k - len(lines) / 2) * width
            parts += _column(
                frame, x, width, value, n / one["x"][0] * one["values"][0], kind
            )
        y = 34 + 18 * k
        parts.append(_dot(WIDTH - 190, y - 4, f"f{kind}", 5.0))
        parts.append(_text(WIDTH - 178, y, one["name"], "ink"))
    return picture(f"{title} by {curve['x']}", frame.height, parts)


def _column(
    frame: Frame, x: float, width: float, value: float, ideal: float, kind: str
) -> list[str]:
    """One bar with its value above, and where proportion would put it."""
    (left, top), (right, bottom) = frame.at(x, value), frame.at(x + width * 0.9, 0.0)
    here = frame.at(x, ideal)[1]
    dashed = _line((left - 2, here), (right + 2, here), "bar", stroke_dasharray="3 2")
    return [
        _box((left, top), (right, bottom), f"f{kind}", rx=2),
        dashed if ideal != value else "",
        _text((left + right) / 2, min(top, here) - 5, number(value), "ink",
              text_anchor="middle"),
    ]  # fmt: skip


def roofline(found: dict[str, Any]) -> str:
    """Draw kernels below copies, matrices and steps that wait for each other."""
    machine = found["machine"]
    copy, matrix = machine["copy_bandwidth_bytes_per_s"], machine["matrix_flop_per_s"]
    chain = found["chain_flop_per_s"]
    frame = Frame(
        x=Axis(title="arithmetic intensity, estimated [flop/B]", low=0.1, high=100.0,
               log=True),
        y=Axis(title="arithmetic, one core [Gflop/s]", low=0.1, high=1000.0, log=True),
        height=360.0,
    )  # fmt: skip
    ridge = min(matrix / copy, 100.0)
    giga = 1e-9
    roof = [(0.1, 0.1 * copy), (ridge, matrix), (100.0, matrix)]
    parts = frame.axes()
    parts.append(_path([frame.at(x, y * giga) for x, y in roof], "a", 2.0))
    parts.append(
        _line(frame.at(0.1, chain * giga), frame.at(100, chain * giga), "b",
              stroke_dasharray="5 4", stroke_width=1.6)
    )  # fmt: skip
    x, y = frame.at(100.0, matrix * giga)
    parts.append(_text(x + 8, y + 4, f"matrices, {matrix * giga:.0f} Gflop/s", "fa"))
    x, y = frame.at(100.0, chain * giga)
    parts.append(_text(x + 8, y - 2, "each step waits for the last,", "fb"))
    parts.append(_text(x + 8, y + 11, f"{chain * giga:.2g} Gflop/s", "fb"))
    x, y = frame.at(ridge / 3, ridge / 3 * copy * giga)
    words = f"copies, {copy * giga:.0f} GB/s"
    parts.append(_text(x - 8, y - 5, words, "fa", text_anchor="end"))
    return picture(
        "Roofline: kernels below the limits of one core", frame.height,
        [*parts, *_kernels(frame, found["kernels"])],
    )  # fmt: skip


def place(kernel: dict[str, Any]) -> tuple[float, float]:
    """Arithmetic intensity [flop/B] and arithmetic done [flop/s] of a kernel."""
    speed = kernel["flop"] * kernel["steps_per_s"]
    return kernel["flop"] / kernel["bytes"], speed


def _kernels(frame: Frame, kernels: Sequence[dict[str, Any]]) -> list[str]:
    """Numbered dots, and beside the chart what they are."""
    parts = []
    placed = sorted(((*place(k), k["name"]) for k in kernels), key=lambda k: -k[1])
    x_list, y_list = frame.at(100.0, 40.0)
    for k, (intensity, speed, name) in enumerate(placed, start=1):
        x, y = frame.at(intensity, speed * 1e-9)
        here = y_list + 16 * k
        parts += [
            _dot(x, y, "fc", 8.0), _dot(x_list + 15, here - 4, "fc", 7.0),
            _text(x, y + 4, str(k), "ground", text_anchor="middle", font_weight="bold"),
            _text(x_list + 15, here - 0.5, str(k), "ground", text_anchor="middle",
                  font_size=10, font_weight="bold"),
            _text(x_list + 28, here, f"{name}, {speed * 1e-9:.2g} Gflop/s", "ink"),
        ]  # fmt: skip
    return parts
