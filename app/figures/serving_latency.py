"""Figure of the latencies of serving systems, with their limits."""

from __future__ import annotations

import math
from typing import Any

from app.figures.serving import Look, short, source_of
from app.figures.template import LIGHT, Figure, base_layout, note, row_axis

Json = dict[str, Any]
Frame = list[tuple[str, str, dict[str, float]]]

_PANES = (("ttft", "First token [ms]", "x"), ("tbt", "Between tokens", "x2"))
_FIRST_MS = (10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5)
_BETWEEN_MS = (5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3)
_CROWDED = 30.0
_MARKS = (("p50", "line-ns"), ("p90", "line-ns"), ("p99", "circle"))


def latency_frame(study: Json) -> Frame:
    """Label, latency and its percentiles in seconds, of all that report them."""
    return [
        (one["label"], key, one["latency_s"][key])
        for one in study["outcomes"] if not one["own_terms"]
        for key, _, _ in _PANES if (one["latency_s"].get(key) or {}).get("p99")
    ]  # fmt: skip


def latency_figure(study: Json, *, look_of: dict[str, Look]) -> Figure:
    """
    Draw the median to P99 of both latencies, with their limits.

    Args:
        study: Answer of a study.
        look_of: Looks by label.
    """
    frame = latency_frame(study)
    if not frame:
        return note("No system here reports latencies.")
    labels = list(dict.fromkeys(label for label, _, _ in frame))
    at = {label: len(labels) - k for k, label in enumerate(labels)}
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 118, "r": 14, "t": 46, "b": 24},
        xaxis=_log_axis(_FIRST_MS, frame, "ttft") | {"domain": [0, 0.55]},
        xaxis2=_log_axis(_BETWEEN_MS, frame, "tbt") | {
            "domain": [0.61, 1], "gridcolor": LIGHT.grid,
            "tickfont": {"color": LIGHT.muted, "size": 11},
        },
        yaxis=row_axis([short(k, 20) for k in at]),
    ))  # fmt: skip
    for label, key, seconds in frame:
        _spread(
            figure, label, key, seconds, at[label], look_of[label],
            source=source_of(study, label),
        )  # fmt: skip
    _limits(figure, study["inputs"]["slo"])
    for _, title, axis_name in _PANES:
        figure.add_label(
            title, xref=f"{axis_name} domain", yref="paper", x=0, y=1, xanchor="left",
            yanchor="bottom", yshift=27,
        )  # fmt: skip
    return figure


def _log_axis(marks_ms: tuple[float, ...], frame: Frame, key: str) -> Json:
    """Axis with marks that people count in; tenfolds alone where many would crowd."""
    shown = [s for _, k, s in frame if k == key]
    low = min((s["p50"] for s in shown), default=1.0)
    high = max((s["p99"] for s in shown), default=1.0)
    tenfold = low > 0 and high / low > _CROWDED
    marks = [m for m in marks_ms if not tenfold or math.log10(m).is_integer()]
    return {
        "type": "log", "tickangle": 0, "tickvals": marks,
        "ticktext": [f"{v:g}" if v < 1e3 else f"{v / 1e3:g} s" for v in marks],
    }  # fmt: skip


def _spread(
    figure: Figure, label: str, key: str, seconds: dict[str, float], y: int,
    look: Look, *, source: str,
) -> None:  # fmt: skip
    """One bar from the median to P99 with P90 marked."""
    colour = look.colour()
    values = [1e3 * seconds[name] for name, _ in _MARKS]
    figure.add(
        "scatter", mode="lines+markers", name=f"{label} {key}", x=values, y=[y] * 3,
        xaxis="x" if key == "ttft" else "x2",
        line={"color": colour, "width": 3},
        marker={"symbol": [m for _, m in _MARKS], "color": colour, "size": [11, 11, 9],
                "line": {"width": 2, "color": colour}},
        hovertext=[
            f"<b>{label}</b><br>{key.upper()} {name.upper()}: {v:,.0f} ms"
            f"<br>{source}"
            for (name, _), v in zip(_MARKS, values, strict=True)
        ],
        hoverinfo="text",
    )  # fmt: skip


def _limits(figure: Figure, slo: Json) -> None:
    """Limits of the first token by length of the prompt, and between tokens."""
    limits = [
        ("x", slo["ttft_short_s"], "&lt;256", 0),
        ("x", slo["ttft_medium_s"], "&lt;1k", 12),
        ("x", slo["ttft_long_s"], "longer", 0), ("x2", slo["tbt_s"], "limit", 0),
    ]  # fmt: skip
    for axis, seconds, words, up_px in limits:
        figure.rule_x(1e3 * seconds, colour=LIGHT.limit, xref=axis, yref="paper")
        figure.add_label(
            words, colour=LIGHT.limit, size=10, xref=axis, x=math.log10(1e3 * seconds),
            yref="paper", y=1, yanchor="bottom", yshift=up_px,
        )  # fmt: skip
