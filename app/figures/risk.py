"""Server count against risk, one curve per policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app import format as say
from app.figures.template import (
    LIGHT,
    POLICY_DASH,
    POLICY_SYMBOL,
    Figure,
    base_layout,
    note,
    percents,
)
from app.frames import limit_used_frac

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One way to read risk: the quantity, its limit and its axis."""

    title: str
    pick: Callable[[Json, Json | None], float]
    limit: float | None
    ceiling: float
    part: bool = True


METRICS: dict[str, Metric] = {
    "limit": Metric(
        title="tightest service level used", pick=limit_used_frac, limit=1.0,
        ceiling=2.0,
    ),
    "peak": Metric(
        title="peak row power ÷ limit", pick=lambda run, _: float(run["peak_frac"]),
        limit=1.0, ceiling=2.0,
    ),
    "brakes": Metric(
        title="power brakes", pick=lambda run, _: float(run["brakes"]), limit=None,
        ceiling=1e9, part=False,
    ),
    "low99": Metric(
        title="low-priority P99 rise",
        pick=lambda run, _: float(run["low"]["p99_impact_frac"] or 0.0), limit=None,
        ceiling=10.0,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One policy's points: added servers, mean, lowest and highest over the seeds."""

    policy: str
    added: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]
    holds: list[bool]
    seeds: int


def risk_frame(
    plan_cells: list[Json], *, metric: str, slo: Json | None = None
) -> list[Curve]:
    """
    Group plan cells into curves.

    Args:
        plan_cells: Cells of a plan in JSON.
        metric: Key of `METRICS`.
        slo: Limits by field name.

    Returns:
        One curve per policy in the order met, by rising count.
    """
    pick = METRICS[metric].pick
    curves = []
    for policy in dict.fromkeys(cell["policy"] for cell in plan_cells):
        cells = sorted(
            (c for c in plan_cells if c["policy"] == policy),
            key=lambda c: c["added_servers"],
        )
        values = [[pick(run, slo) for run in cell["runs"]] for cell in cells]
        curves.append(
            Curve(
                policy=policy,
                added=[c["added_servers"] for c in cells],
                mean=[sum(v) / len(v) for v in values],
                low=[min(v) for v in values],
                high=[max(v) for v in values],
                holds=[bool(c["meets_slo"]) for c in cells],
                seeds=max((len(v) for v in values), default=0),
            )
        )
    return curves


def risk_figure(
    plan_cells: list[Json],
    *,
    policy: str,
    added: int,
    metric: str = "limit",
    slo: Json | None = None,
) -> Figure:
    """
    Draw risk over added servers for every policy.

    A filled mark holds every service level, a cross breaks one; values past the end
    of the axis are drawn at its end. Whiskers span lowest to highest over the seeds.

    Args:
        plan_cells: Cells of a plan in JSON.
        policy: Policy of the view, drawn stronger.
        added: Added servers of the view, marked by a line.
        metric: Key of `METRICS`.
        slo: Limits by field name.

    Returns:
        The figure.
    """
    if not plan_cells:
        return note("The curve appears as the plan runs.")
    chosen = METRICS[metric]
    curves = risk_frame(plan_cells, metric=metric, slo=slo)
    figure = Figure(base_layout(margin={"l": 46, "r": 130, "t": 22, "b": 38}))
    top = _top(curves, chosen)
    for curve in curves:
        _draw(figure, curve, chosen, top, strong=curve.policy == policy)
    _labels(figure, curves, top, policy)
    figure.mark_x(added, f"<b>+{added}</b>", colour=LIGHT.ink, width=1)
    if chosen.limit is not None:
        figure.rule_y(chosen.limit, colour=LIGHT.limit, width=1.6, dash="")
    figure.arrange(
        hovermode="closest", uirevision=metric,
        xaxis={"title": {"text": "servers added to the base row"}, "dtick": 4},
        yaxis=_axis(chosen, top),
    )  # fmt: skip
    return figure


def _axis(metric: Metric, top: float) -> dict[str, Any]:
    """Y axis; its last tick says so where values past the end are drawn there."""
    axis: dict[str, Any] = {"range": [0, 1.04 * top]}
    if metric.part:
        axis |= percents(1.04 * top)
    else:
        axis |= {"tickformat": ",~r", "nticks": 6}
    if metric.limit is not None and top == metric.ceiling:
        ticks = [0.0, 0.5, 1.0, 1.5, 2.0]
        words = [f"{100 * t:.0f} %" for t in ticks[:-1]] + ["≥200 %"]
        axis |= {"tickvals": ticks, "ticktext": words}
    return axis


def _top(curves: list[Curve], metric: Metric) -> float:
    highest = max((v for c in curves for v in c.high), default=1.0)
    floor = 1.15 * metric.limit if metric.limit is not None else 0.0
    return max(min(metric.ceiling, 1.1 * highest), floor, 1e-6 if highest else 1.0)


def _draw(
    figure: Figure, curve: Curve, metric: Metric, top: float, *, strong: bool,
) -> None:  # fmt: skip
    colour = LIGHT.policies.get(curve.policy, LIGHT.ink)
    shown = [min(v, top) for v in curve.mean]
    whiskers = None
    if curve.seeds > 1:
        whiskers = {
            "type": "data", "symmetric": False, "thickness": 1, "width": 3,
            "array": [min(h, top) - s for h, s in zip(curve.high, shown, strict=True)],
            "arrayminus": [
                s - min(v, top) for v, s in zip(curve.low, shown, strict=True)
            ],
        }  # fmt: skip
    symbol = POLICY_SYMBOL.get(curve.policy, "circle")
    figure.add(
        "scatter",
        x=curve.added, y=shown, mode="lines+markers", error_y=whiskers,
        name=say.policy_title(curve.policy),
        line={"color": colour, "width": 2.4 if strong else 1.3,
              "dash": POLICY_DASH.get(curve.policy, "solid")},
        marker={"symbol": [symbol if h else "x" for h in curve.holds],
                "size": 8 if strong else 6, "color": colour},
        opacity=1.0 if strong else 0.85,
        hovertext=[_detail(curve, i, metric) for i in range(len(curve.added))],
        hoverinfo="text",
    )  # fmt: skip


def _detail(curve: Curve, i: int, metric: Metric) -> str:
    value = say.percent(curve.mean[i]) if metric.part else say.number(curve.mean[i])
    if metric.part and curve.mean[i] >= 9.9:
        value = "over"
    span = ""
    if curve.seeds > 1:
        low, high = curve.low[i], curve.high[i]
        span = (
            f" ({say.percent(low)} to {say.percent(high)}, {curve.seeds} seeds)"
            if metric.part
            else f" ({say.number(low)} to {say.number(high)}, {curve.seeds} seeds)"
        )
    word = "holds every service level" if curve.holds[i] else "breaks a service level"
    title = say.policy_title(curve.policy)
    return (
        f"<b>{title}, +{curve.added[i]}</b><br>{metric.title}: {value}{span}<br>{word}"
    )


def _labels(figure: Figure, curves: list[Curve], top: float, policy: str) -> None:
    """Write each policy's name at the end of its curve, kept apart from the others."""
    ends = sorted(
        ((min(c.mean[-1], top) / (1.04 * top), c) for c in curves), key=lambda e: e[0]
    )
    gap, last = 0.2, -1.0
    places = []
    for at, curve in ends:
        last = max(at, last + gap)
        places.append((last, curve))
    over = max(0.0, places[-1][0] - 1.0)
    short = {"one-threshold-low": "one thr., low", "one-threshold-all": "one thr., all"}
    for at, curve in places:
        best = _best(curve)
        text = short.get(curve.policy, say.policy_title(curve.policy))
        fits = "none fit" if best is None else f"up to +{best}"
        figure.add_beside(
            (f"<b>{text}</b>" if curve.policy == policy else text) + f"<br>{fits}",
            colour=LIGHT.policies.get(curve.policy, LIGHT.ink), xshift=8,
            yref="y domain", y=at - over, yanchor="middle",
        )  # fmt: skip


def _best(curve: Curve) -> int | None:
    """Largest count that holds together with every smaller one."""
    best = None
    for added, holds in zip(curve.added, curve.holds, strict=True):
        if not holds:
            break
        best = added
    return best


def risk_table(plan_cells: list[Json], slo: Json | None = None) -> list[list[str]]:
    """Plan cells as table rows: the alternative to the chart."""
    rows = []
    for cell in plan_cells:
        runs = cell["runs"]
        used = max(limit_used_frac(run, slo) for run in runs)
        rows.append([
            say.policy_title(cell["policy"]), f"+{cell['added_servers']}",
            say.percent(max(run["peak_frac"] for run in runs)),
            say.number(max(run["brakes"] for run in runs)),
            say.percent(max(run["high"]["p99_impact_frac"] or 0 for run in runs), 2),
            say.percent(max(run["low"]["p99_impact_frac"] or 0 for run in runs), 2),
            "over" if used >= 9.9 else say.percent(used, 0),
            "holds" if cell["meets_slo"] else "breaks",
        ])  # fmt: skip
    return rows
