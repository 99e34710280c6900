"""Row power over time: the band, the thresholds, the caps, the brakes, the baseline."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from app import format as say
from app.figures.template import INSTANTS, LIGHT, Figure, base_layout

Json = dict[str, Any]

DEFAULT_START = "2026-01-05T00:00:00Z"
_MAX_BRAKE_MARKS = 240
_DAY_S = 86_400
_TOP_MHZ = 1410.0
_BASELINE_POINTS = 240
_POINTS = 720


def power_figure(
    run: Json,
    baseline: Json | None,
    *,
    unit: str = "kW",
    start: str = DEFAULT_START,
    narrow: bool = False,
    fine: bool = False,
    zoom: str = "",
) -> Figure:
    """
    Draw row power with what controls it.

    Args:
        run: A run in JSON, with its series.
        baseline: The base row without control, drawn faint; None leaves it out.
        unit: "W", "kW" or "MW".
        start: First instant of the horizon, ISO.
        narrow: Whether labels stand inside the axes, for a phone.
        fine: Whether every record is drawn; else blocks of them, about one a pixel.
        zoom: Time range to show, `start~end`; all of it if empty.

    Returns:
        The figure: power above, lanes of caps below.
    """
    scale = say.power_scale(unit)
    block = 1 if fine else _block(run, _POINTS)
    when = _clock(run, start, block)
    figure = Figure(base_layout(margin=_margin(narrow=narrow)))
    if baseline and baseline["series"]["t_s"]:
        figure.add(
        "scatter",
            **_thin(baseline, scale, start),
            name=f"base row, {baseline['server_count']} servers, no control",
            line={"color": LIGHT.baseline, "width": 1, "dash": "dot"},
            hovertemplate=f"%{{y:,.1f}} {unit}",
        )  # fmt: skip
    figure.add_band(
        _blocks(run, "row_min_w", scale, block, np.minimum),
        _blocks(run, "row_max_w", scale, block, np.maximum), LIGHT.band,
        names=("lowest", "highest"), **when, hovertemplate=f"%{{y:,.1f}} {unit}",
    )  # fmt: skip
    figure.add(
        "scatter",
        y=_means(run, "row_mean_w", scale, block), **when, name="mean",
        line={"color": LIGHT.power, "width": 1.4}, hovertemplate=f"%{{y:,.1f}} {unit}",
    )  # fmt: skip
    _levels(figure, run, scale, unit)
    _brakes(figure, run, scale, start)
    _lanes(figure, run, _clock(run, start, 1))
    _axes(figure, run, baseline, scale, unit)
    ends = zoom.split("~")
    if len(ends) == 2:
        figure.layout["xaxis"]["range"] = ends
    if narrow:
        for label in figure.layout["annotations"]:
            _inside(label)
    return figure


def _margin(*, narrow: bool) -> dict[str, int]:
    return {"l": 60, "r": 8 if narrow else 140, "t": 12 if narrow else 8, "b": 22}


def _inside(label: Json) -> None:
    """Move a label from beside the axes to just above the line it names."""
    lane = label["yref"] == "y2"
    label |= {"xanchor": "right", "xshift": -2,
              "yanchor": "middle" if lane else "bottom"}  # fmt: skip


def _clock(run: Json, start: str, block: int) -> dict[str, Any]:
    times = run["series"]["t_s"]
    step_s = times[1] - times[0] if len(times) > 1 else run["horizon_s"]
    dx = 1000.0 * step_s * block
    return {"x0": _instant(start, 0.0), "dx": dx, "mode": "lines"}


def band_s(run: Json) -> float:
    """Time that one point of the drawn band covers. [s]"""
    times = run["series"]["t_s"]
    step_s = times[1] - times[0] if len(times) > 1 else run["horizon_s"]
    return float(step_s * _block(run, _POINTS))


def _block(run: Json, points: int) -> int:
    """Records per drawn point."""
    return max(1, -(-len(run["series"]["t_s"]) // points))


def _blocks(run: Json, name: str, scale: float, block: int, join: Any) -> Any:
    """Series in display units by blocks, in single precision to halve the bytes."""
    values = np.array(run["series"][name], dtype=np.float64) / scale
    return join.reduceat(values, np.arange(0, values.size, block)).astype(np.float32)


def _means(run: Json, name: str, scale: float, block: int) -> Any:
    """Mean of each block; the last may be short."""
    sums = _blocks(run, name, scale, block, np.add)
    count = len(run["series"][name])
    sizes = np.full(sums.size, float(block))
    sizes[-1] = count - block * (sums.size - 1)
    return (sums / sizes).astype(np.float32)


def _thin(run: Json, scale: float, start: str) -> dict[str, Any]:
    """Mean power in at most 240 blocks: a dotted line of more is slow to paint."""
    block = _block(run, _BASELINE_POINTS)
    return {"y": _means(run, "row_mean_w", scale, block)} | _clock(run, start, block)


def _instant(start: str, t_s: float) -> str:
    at = dt.datetime.fromisoformat(start) + dt.timedelta(seconds=t_s)
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _levels(figure: Figure, run: Json, scale: float, unit: str) -> None:
    styles = {
        "provisioned": (LIGHT.limit, "solid", 1.6, "Limit"),
        "T1": (LIGHT.first, "dash", 1.2, "T1"),
        "T2": (LIGHT.second, "dashdot", 1.2, "T2"),
        "threshold": (LIGHT.second, "dashdot", 1.2, "T"),
    }
    for level in run["above"]:
        colour, dash, width, name = styles.get(level["name"], styles["threshold"])
        at = level["level_frac"] * run["provisioned_w"] / scale
        figure.rule_y(at, colour=colour, width=width, dash=dash, yref="y")
        figure.add_label(
            f"<b>{name}</b> {say.percent(level['level_frac'], 0)} · "
            + say.power(at * scale, unit),
            colour=colour, xref="x domain", x=1, xanchor="left", xshift=6, yref="y",
            y=at,
        )  # fmt: skip


def _brakes(figure: Figure, run: Json, scale: float, start: str) -> None:
    """Mark where the brake held, over the whole horizon: events are cut short."""
    series = run["series"]
    held = [t for t, on in zip(series["t_s"], series["brake"], strict=True) if on]
    held = held[:: -(-len(held) // _MAX_BRAKE_MARKS) or 1]
    if not held:
        return
    at = run["provisioned_w"] / scale
    figure.add(
        "scatter",
        x=[_instant(start, t_s) for t_s in held], y=[at] * len(held),
        mode="markers", name="power brake",
        marker={"symbol": "x", "size": 7, "color": LIGHT.bad, "line": {"width": 0}},
        hovertemplate="brake in force",
    )  # fmt: skip


def _lanes(figure: Figure, run: Json, when: dict[str, Any]) -> None:
    """Shade where each priority was capped, deeper where the clock was lower."""
    steps = {"x0": when["x0"], "dx": when["dx"]}
    for row, (field, name, colour, pale) in enumerate((
        ("high_clock_mhz", "high priority", LIGHT.high, LIGHT.high_pale),
        ("low_clock_mhz", "low priority", LIGHT.low, LIGHT.low_pale),
    )):  # fmt: skip
        clock = np.array(run["series"][field], dtype=np.float64)
        figure.add(
        "heatmap",
            z=clock[np.newaxis].astype(np.float32), y=[row], **steps, yaxis="y2",
            zmin=0, zmax=max(_TOP_MHZ, float(clock.max(initial=0.0))),
            hovertemplate="%{z:.0f} MHz, 0 is uncapped", name=f"cap, {name}",
            showscale=False, ygap=3,
            colorscale=[[0, LIGHT.lane], [1e-3, LIGHT.lane], [2e-3, colour], [1, pale]],
        )  # fmt: skip
        figure.add_label(
            f"{name} capped", colour=colour, xref="x domain", x=1, xanchor="left",
            xshift=6, yref="y2", y=row,
        )  # fmt: skip


def _axes(
    figure: Figure, run: Json, baseline: Json | None, scale: float, unit: str
) -> None:
    series = run["series"]
    lowest = [w for w in series["row_min_w"][2:] if w is not None]
    if baseline:
        lowest += baseline["series"]["row_mean_w"][2:]
    floor = 0.94 * min(lowest, default=0.0) / scale
    top = 1.03 * max(run["provisioned_w"], run["peak_w"]) / scale
    figure.arrange(
        uirevision=f"{run['horizon_s']}|{unit}", meta=INSTANTS,
        xaxis={"type": "date", "anchor": "y2", "hoverformat": "%a %H:%M",
               "tickformat": "%H:%M" if run["horizon_s"] <= _DAY_S else "%a %H:%M"},
        yaxis={
            "domain": [0.17, 1], "range": [floor, top], "tickformat": ",~r",
            "ticksuffix": f" {unit}", "nticks": 6, "tickfont": {"size": 11},
        },
        yaxis2={
            "domain": [0, 0.13], "range": [-0.5, 1.5], "fixedrange": True,
            "showticklabels": False, "showgrid": False,
        },
    )  # fmt: skip
