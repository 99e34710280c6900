"""What the Live page says besides its figure: tables of readings, alerts and events."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from app.components import html
from app.figures.live import Curve
from app.format import duration, number, percent, power
from app.pages import parts

Json = dict[str, Any]

MOST_ROWS = 60
MOST_EVENTS = 60
_WORDS = {
    "load": "{} of its limit", "missing-agent": "silent for {}",
    "model-drift": "{} off the model",
}  # fmt: skip
_SIGNS = {"critical": "✕", "warning": "▲", "info": "i"}


def clock(time_us: int) -> str:
    """Write an instant as people read it."""
    at = dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC)
    return f"{at:%a %d %b %H:%M:%S}"


def series_table(curve: Curve) -> Any:
    """The newest bins of a curve as a table."""
    known = np.flatnonzero(np.isfinite(curve.mean))[-MOST_ROWS:][::-1]
    rows = [
        [clock(int(curve.time_ms[i] * 1e3)),
         *(number(float(v[i]), curve.digits)
           for v in (curve.least, curve.mean, curve.highest))]
        for i in known
    ]  # fmt: skip
    caption = (
        f"Newest {len(rows)} bins of {duration(curve.bin_s)} in {curve.unit}, as the "
        "chart was drawn"
    )
    return parts.table(["UTC", "Least", "Mean", "Highest"], rows, caption)


def alerts_list(alerts: list[Json], unit: str) -> Any:
    """What fires now, worst first."""
    if not alerts:
        return html.P("Nothing fires.", className="np-quiet")
    order = {"critical": 0, "warning": 1, "info": 2}
    found = sorted(alerts, key=lambda a: (order[a["severity"]], a["target"]))
    return html.Ul(
        className="lv-alerts",
        children=[
            html.Li(
                className=f"lv-{a['severity']}",
                children=[
                    html.Span(_SIGNS[a["severity"]], className="np-sign",
                              **{"aria-hidden": "true"}),
                    html.B(a["target"]), f" {a['rule_name']}: {alert_words(a, unit)}. ",
                    html.Span(f"{a['severity'].capitalize()} since "
                              f"{str(a['created_at'])[:16].replace('T', ' ')} UTC.",
                              className="np-quiet"),
                ],
            )
            for a in found
        ],
    )  # fmt: skip


def alert_words(alert: Json, unit: str) -> str:
    """Figure of an alert and its limit, in words."""
    kind, value = alert["kind"], alert["value"]
    above = f"above {_figure(kind, alert['limit'], unit)}"
    if value is None:
        return above
    said = _WORDS.get(kind, "{}").format(_figure(kind, value, unit))
    return f"{said}, {above}"


def _figure(kind: str, value: float, unit: str) -> str:
    """A figure of an alert, which means another thing in each kind."""
    if kind in ("load", "model-drift"):
        return percent(value, 1)
    if kind == "missing-agent":
        return duration(value)
    return power(value, unit) + ("/s" if kind == "ramp" else "")


def events_list(events: list[Json]) -> Any:
    """What agents reported, newest first."""
    if not events:
        return html.P("Nothing was reported.", className="np-quiet")
    rows = [
        [clock(e["time_us"]), e["source"], e["device"], e["kind"], e["text"]]
        for e in events[:MOST_EVENTS]
    ]
    left = len(events) - len(rows)
    caption = f"{left:,} earlier ones are not shown" if left else "Newest first"
    return parts.table(["UTC", "Host", "Device", "Kind", "In words"], rows, caption)
