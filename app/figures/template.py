"""
One figure template for the whole product, in the colours of light ground.

A page on dark ground puts a colour's sister in its place as it draws, so that one
figure serves screen, paper and files (assets/base.paint.js, app/report/style.py).
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from app import format as say
from app.svg import nice_step

Json = dict[str, Any]

FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
)
"""Fonts every system has: nothing is fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """
    Colours by meaning: the hues of Okabe and Ito, shifted for contrast on each ground.

    Colours are chosen here alone; style sheets repeat them. Text has 4.5 : 1 on
    its ground, marks 3 : 1, and colours that meet in a chart differ for deuteranopes,
    protanopes and tritanopes, too (tests/app/charts/test_palette.py). Side A is `bad`,
    red and solid; side B is `power`, blue and dashed. Colour never stands alone:
    thresholds differ by dash, policies by dash and mark, sides by letter.
    """

    ink: str
    muted: str
    grid: str
    ground: str
    power: str
    band: str
    baseline: str
    first: str
    second: str
    limit: str
    low: str
    high: str
    low_pale: str
    high_pale: str
    lane: str
    good: str
    bad: str
    policies: dict[str, str]


LIGHT = Palette(
    ink="#1b1f24", muted="#57606a", grid="#e6e8eb", ground="#ffffff",
    power="#0067a5", band="rgba(0,103,165,0.20)", baseline="#8a939c",
    first="#9a6700", second="#b84a00", limit="#1b1f24",
    low="#a86400", high="#8f3f80",
    low_pale="#e8cda0", high_pale="#d9bdd3",
    lane="#f3f4f6", good="#00704f", bad="#b3261e",
    policies={
        "no-cap": "#2f353b", "one-threshold-low": "#115f40",
        "one-threshold-all": "#b71b6f", "polca": "#0067a5",
    },
)  # fmt: skip
DARK = Palette(
    ink="#e6e9ec", muted="#9aa4ae", grid="#2a3037", ground="#14181c",
    power="#5cb8f0", band="rgba(92,184,240,0.22)", baseline="#747e88",
    first="#e6b450", second="#f08a4b", limit="#e6e9ec",
    low="#e6a23c", high="#b06be0",
    low_pale="#6b5327", high_pale="#63465e",
    lane="#1d2227", good="#4cc3a0", bad="#ff8078",
    policies={
        "no-cap": "#a3adb7", "one-threshold-low": "#a7fee5",
        "one-threshold-all": "#bb6f90", "polca": "#5cb8f0",
    },
)  # fmt: skip

SERIES = ("#0067a5", "#652802", "#115f40", "#b71b6f", "#807016", "#4c0096")
"""Colours of things set side by side; `assets/base.series.css` has them for what is not
a figure. Blue comes first, as power is blue."""
GREY = "#6b7480"
"""Colour of what the others are set beside."""
HEAT = ("#eef4f9", "#b0cfe6", "#5b98c6", "#1f5e96", "#0a2f56")
"""Steps of a heat map, from low to high."""
_DARK_SERIES = ("#5cb8f0", "#f15e04", "#a7fee5", "#bb6f90", "#f3ce01", "#877efc")
_DARK_GREY = "#9ba6b1"
_DARK_HEAT = ("#17222c", "#1c4260", "#2b6b9a", "#5ab5ec", "#d6efff")


def sisters() -> dict[str, str]:
    """Colour on light ground -> the same on dark ground; no two share either."""
    pairs = {GREY: _DARK_GREY}
    pairs |= {
        getattr(LIGHT, f.name): getattr(DARK, f.name)
        for f in fields(LIGHT) if f.name not in ("band", "policies")
    }  # fmt: skip
    pairs |= {LIGHT.policies[k]: DARK.policies[k] for k in LIGHT.policies}
    for one, other in ((SERIES, _DARK_SERIES), (HEAT, _DARK_HEAT)):
        pairs |= zip(one, other, strict=True)
    return pairs


POLICY_DASH = {
    "no-cap": "dot", "one-threshold-low": "dash",
    "one-threshold-all": "dashdot", "polca": "solid",
}  # fmt: skip
POLICY_SYMBOL = {
    "no-cap": "square", "one-threshold-low": "diamond",
    "one-threshold-all": "triangle-up", "polca": "circle",
}  # fmt: skip


def percents(top: float, most: int = 6) -> Json:
    """
    Ticks of an axis of parts, in per cent with a space before the sign.

    Args:
        top: Highest part.
        most: How many ticks there are at most.
    """
    step = nice_step(top, most)
    ticks = [step * k for k in range(int(top / step + 1e-9) + 1)]
    digits = max(0, math.ceil(-math.log10(100.0 * step) - 1e-9))
    return {"tickformat": f".{digits}%", "tickvals": ticks,
            "ticktext": [say.percent(t, digits) for t in ticks]}  # fmt: skip


@dataclass(slots=True)
class Figure:
    """
    A plotly figure as the plain document that plotly.js reads.

    `plotly.graph_objects` looks every property up as it is set, which takes longer
    than drawing does; here the tests have it look instead.
    """

    layout: Json
    data: list[Json] = field(default_factory=list)

    def add(self, kind: str, **trace: Any) -> None:
        """Add a trace; arrays of numpy travel as base64 of their bytes."""
        self.data.append({"type": kind} | {k: _packed(v) for k, v in trace.items()})

    def add_line(
        self, colour: str, width: float, *, dash: str = "", shape: str = "",
        **trace: Any,
    ) -> None:  # fmt: skip
        """Add a trace that is a line without marks."""
        line = _line(colour, width, dash) | ({"shape": shape} if shape else {})
        self.add("scatter", mode="lines", line=line, **trace)

    def add_shape(self, **shape: Any) -> None:
        """Add a line or a rectangle."""
        self.layout.setdefault("shapes", []).append(shape)

    def add_label(
        self, text: str, *, colour: str = LIGHT.muted, size: int = 11, **place: Any
    ) -> None:
        """Add words without an arrow."""
        words = {"showarrow": False, "text": text}
        words |= {"font": {"color": colour, "size": size}}
        self.layout.setdefault("annotations", []).append(words | place)

    def add_key(self, text: str, *, y: float = 1, **more: Any) -> None:
        """Add words above an axis at its left end: what it is, or what colours mean."""
        place: Json = {"xref": "paper", "yref": "paper", "x": 0, "y": y}
        place |= {"xanchor": "left", "yanchor": "bottom"}
        self.add_label(text, **(place | more))

    def add_band(
        self, low: Any, high: Any, colour: str, *, names: tuple[str, ...] = (),
        **both: Any,
    ) -> None:  # fmt: skip
        """Add two edges of no width, and the colour between them."""
        both = {"mode": "lines", "line": {"width": 0}} | both
        fill = {"fill": "tonexty", "fillcolor": colour}
        own = [{"name": name} for name in names] or [{}, {}]
        for values, more in ((low, own[0]), (high, own[1] | fill)):
            self.add("scatter", y=values, **both, **more)

    def add_beside(self, text: str, *, y: Any, colour: str, **more: Any) -> None:
        """Add words right of the pane, at the height of what they are of."""
        place: Json = {"xref": "paper", "x": 1, "xanchor": "left", "align": "left"}
        self.add_label(text, y=y, colour=colour, **(place | more))

    def rule_x(
        self, at: float, *, colour: str, width: float = 1.2, dash: str = "dash",
        yref: str = "y domain", **more: Any,
    ) -> None:  # fmt: skip
        """Draw a line down the whole pane."""
        line, ends = _line(colour, width, dash), {"x0": at, "x1": at, "y0": 0, "y1": 1}
        self.add_shape(type="line", **ends, yref=yref, line=line, **more)

    def rule_y(
        self, at: float, *, colour: str, width: float = 1.2, dash: str = "dash",
        **more: Any,
    ) -> None:  # fmt: skip
        """Draw a line across the whole pane."""
        line, ends = _line(colour, width, dash), {"x0": 0, "x1": 1, "y0": at, "y1": at}
        self.add_shape(type="line", xref="x domain", **ends, line=line, **more)

    def shade_x(
        self, low: float, high: float, colour: str, *, yref: str = "y domain",
        **more: Any,
    ) -> None:  # fmt: skip
        """Lay a colour behind a part of the pane, over its whole height."""
        self.add_shape(
            type="rect", x0=low, x1=high, yref=yref, y0=0, y1=1, fillcolor=colour,
            line={"width": 0}, layer="below", **more,
        )  # fmt: skip

    def mark_y(self, at: float, text: str, *, colour: str, dash: str = "dash") -> None:
        """Draw a limit across, its words at the right end."""
        self.rule_y(at, colour=colour, dash=dash)
        self.add_label(
            text, colour=colour, xref="x domain", x=1, xanchor="right", y=at,
            yanchor="bottom",
        )  # fmt: skip

    def mark_x(
        self, at: float, text: str, *, colour: str, width: float = 1.2,
        dash: str = "dot", **place: Any,
    ) -> None:  # fmt: skip
        """Draw a moment down, its words on top."""
        self.rule_x(at, colour=colour, width=width, dash=dash)
        self.add_label(
            text, x=at, yref="y domain", y=1, yanchor="bottom", colour=colour, **place
        )

    def arrange(self, **layout: Any) -> None:
        """Set parts of the layout."""
        self.layout |= layout

    def document(self) -> Json:
        """Return `{data, layout}` as Dash and plotly.js take it."""
        return {"data": self.data, "layout": self.layout}

    def to_json(self) -> str:
        """Return the document as JSON text."""
        return json.dumps(self.document())


def _line(colour: str, width: float, dash: str) -> Json:
    return {"color": colour, "width": width} | ({"dash": dash} if dash else {})


def _packed(value: Any) -> Any:
    """Write an array the way plotly.js reads typed arrays."""
    if not isinstance(value, np.ndarray):
        return value
    packed = {
        "dtype": value.dtype.str[1:],
        "bdata": base64.b64encode(value.tobytes()).decode(),
    }
    return packed if value.ndim == 1 else packed | {"shape": str(value.shape)[1:-1]}


def base_layout(**more: Any) -> Json:
    """Layout every figure starts from; `more` adds to it."""
    axis: Json = {
        "gridcolor": LIGHT.grid, "zeroline": False, "linecolor": LIGHT.grid,
        "ticks": "", "automargin": False,
        "tickfont": {"color": LIGHT.muted, "size": 11},
        "ticklabelstandoff": 4,
        "title": {"font": {"color": LIGHT.muted, "size": 11}, "standoff": 6},
    }  # fmt: skip
    return {
        "template": {"layout": {"xaxis": axis, "yaxis": axis}},
        "font": {"family": FONT, "size": 12, "color": LIGHT.ink},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False, "hovermode": "x unified", "dragmode": "zoom",
        "hoverlabel": {
            "bgcolor": LIGHT.ground, "bordercolor": LIGHT.grid,
            "font": {"color": LIGHT.ink, "size": 12, "family": FONT},
        },
        "margin": {"l": 48, "r": 12, "t": 8, "b": 26},
    } | more  # fmt: skip


def row_axis(names: list[str]) -> Json:
    """Y axis of named rows: n on top down to 1, room for marks on both ends."""
    return {
        "tickvals": list(range(len(names), 0, -1)), "ticktext": names,
        "showgrid": False, "tickfont": {"color": LIGHT.ink},
        "range": [0.4, len(names) + 0.6],
    }  # fmt: skip


def pane_axes(places: Sequence[tuple[float, float]], **more: Any) -> Json:
    """Y axes of panes with these ends, from the top; `more` adds to each."""
    axis: Json = {
        "gridcolor": LIGHT.grid, "zeroline": False,
        "tickfont": {"color": LIGHT.muted, "size": 11},
    }  # fmt: skip
    return {
        f"yaxis{k + 1 if k else ''}": axis | more | {"domain": list(ends)}
        for k, ends in enumerate(places)
    }


INSTANTS: Json = {"time_s": 1e-3}
"""`meta` of a figure over instants: what one unit of its x axis is, in seconds. Figures
with this share a crosshair."""
HOURS: Json = {"time_s": 3600}
"""The same, over hours."""


def note(text: str) -> Figure:
    """Figure for a state without data: one sentence that says what comes next."""
    hidden = {"visible": False}
    figure = Figure(base_layout(xaxis=hidden, yaxis=hidden))
    figure.add_label(text, x=0.5, y=0.5, xref="paper", yref="paper", size=13)
    return figure


CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True}
"""Settings every graph shares; its tools are those of `assets/base.chart.js`."""
