"""Figures and tables of a row's report: power over time, caps, latency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import format as say
from app import frames
from app.figures.template import LIGHT
from app.markup import sign, table
from app.report import charts
from app.report.page import Html, figure, key_figures
from app.svg import Axis, Figure, Limit, Series, Span

Json = dict[str, Any]
UNIT = "kW"
_KILO = 1e3
_HOUR_S, _DAY_S = 3600.0, 86_400.0


def numbers(whatif: Json) -> Html:
    """Write key figures, ranges, and the change against the base row."""
    beside = whatif.get("baseline")
    found = frames.numbers_frame({"baseline": whatif["run"]} | whatif, unit=UNIT)
    shown = key_figures(found)
    run = whatif["run"]
    power = [
        ["Lowest", say.power(min(run["series"]["row_min_w"]), UNIT)],
    ] if run.get("series") else []  # fmt: skip
    power += [["Mean", say.power(run["mean_w"], UNIT)],
              ["Highest", say.power(run["peak_w"], UNIT)]]  # fmt: skip
    ranges = table(("Row power", "Over the horizon"), power)
    split = run.get("energy_split")
    right = _split(split) if split else ""
    body = shown + f'<div class="two">{ranges}{right}</div>'
    if beside is None:
        return body
    rows = [[f.title, f.value, f.delta] for f in found if f.delta]
    caption = f"Change against the base row of {beside['server_count']} servers"
    return body + table(("Quantity", "Value", "Change"), rows,
                        caption=f"{caption} without control")  # fmt: skip


def _split(split: Json) -> Html:
    names = (
        ("prefill_wh", "Prompts"), ("decode_wh", "Tokens"),
        ("gpu_idle_wh", "Idle GPUs"), ("host_wh", "Servers beside GPUs"),
    )  # fmt: skip
    total = split.get("total_wh") or 1.0
    rows = [
        [title, say.energy(split[key], UNIT), say.percent(split[key] / total)]
        for key, title in names
    ]
    return table(("Energy went to", "Energy", "Part"), rows)


def power(run: Json, baseline: Json | None) -> Html:
    """Draw row power with its limits, the caps, and list it by hour and level."""
    series = run["series"]
    per, unit = _clock(run["horizon_s"])
    t = [v / per for v in series["t_s"]]
    x = Axis(title=f"Time from the start, {unit}", low=0.0, high=run["horizon_s"] / per)
    limit_kw = run["provisioned_w"] / _KILO
    top = max(run["peak_w"] / _KILO, limit_kw)
    lines = [
        Series(name="Lowest to highest tick", x=t, low=_kilo(series["row_min_w"]),
               high=_kilo(series["row_max_w"]), colour=charts.PALE, opacity=0.9),
        Series(name="Mean", x=t, low=_kilo(series["row_mean_w"]), colour=charts.BLUE),
    ]  # fmt: skip
    if baseline and baseline.get("series"):
        other = baseline["series"]
        lines.append(Series(
            name=f"Highest of the base row, {baseline['server_count']} servers",
            x=[v / per for v in other["t_s"]], low=_kilo(other["row_max_w"]),
            colour=charts.GREY, dash="2 3"))  # fmt: skip
    lines += [
        Series(name=f"{a['name']}, {say.percent(a['level_frac'], 0)}",
               x=[x.low, x.high], low=[a["level_frac"] * limit_kw] * 2,
               colour=colour, dash=dash, width=1.6)
        for a, (colour, dash) in zip(
            (a for a in run["above"] if a["level_frac"] < 1.0),
            ((LIGHT.first, "6 3"), (LIGHT.second, "2 3"), (charts.PURPLE, "9 3 2 3")),
            strict=False)
    ]  # fmt: skip
    limits = (Limit(x=(x.low, x.high), y=limit_kw, words="provisioned"),)
    drawn = Figure(
        title=f"Row power over time against its limit of {limit_kw:,.1f} kW", x=x,
        y=Axis(title="Row power, kW", low=0.0, high=1.08 * top), series=tuple(lines),
        limits=limits, spans=_brakes(series, per, x), height=320,
    ).svg()  # fmt: skip
    parts = [
        figure(
            drawn,
            "Band: lowest to highest control tick of each record, so no "
            "peak is lost. Dashed: limits. Shaded: the power brake held.",
        )
    ]
    parts.append(_clocks(series, t, x))
    parts.append(table(
        ("From start, d h:min", "Lowest", "Mean", "Highest", "Highest ÷ limit"),
        frames.hourly_frame(run, unit=UNIT), caption="Row power by hour",
    ))  # fmt: skip
    above = [[f"{a['name']}, {say.percent(a['level_frac'], 0)}",
              say.duration(a["above_s"]), say.number(a["crossings"])]
             for a in run["above"]]  # fmt: skip
    parts.append(table(("Level", "Time above it", "Times risen through it"), above))
    return "".join(parts)


def _clock(horizon_s: float) -> tuple[float, str]:
    """Seconds in the unit that a time axis has, and its name."""
    if horizon_s > 3 * _DAY_S:
        return _DAY_S, "d"
    return (_HOUR_S, "h") if horizon_s > 2 * _HOUR_S else (60.0, "min")


def _kilo(values: Sequence[float | None]) -> list[float | None]:
    return [None if v is None else v / _KILO for v in values]


def _brakes(series: Json, per: float, x: Axis) -> tuple[Span, ...]:
    times = [*(t / per for t in series["t_s"]), x.high]
    found: list[tuple[float, float]] = []
    for k, held in enumerate(series["brake"]):
        if held and found and found[-1][1] == times[k]:
            found[-1] = (found[-1][0], times[k + 1])
        elif held:
            found.append((times[k], times[k + 1]))
    return tuple(Span(x=one, words="", colour=charts.RED) for one in found)


def _clocks(series: Json, t: list[float], x: Axis) -> Html:
    """Draw the clock caps, where any was in force."""
    lines = [
        Series(name=name, x=t, low=[v or None for v in series[key]], colour=colour,
               width=2.0)
        for key, name, colour in (
            ("low_clock_mhz", "Low priority", charts.ORANGE),
            ("high_clock_mhz", "High priority", charts.PURPLE),
        ) if any(series[key])
    ]  # fmt: skip
    if not lines:
        return "<p>No clock was capped.</p>"
    top = max(v for one in lines for v in one.low if v)
    drawn = Figure(
        title="Clock caps in force", x=x,
        y=Axis(title="Clock, MHz", low=0.0, high=1.15 * top), series=tuple(lines),
        height=190,
    ).svg()  # fmt: skip
    return figure(drawn, "Lowest clock cap in force in each record; no line: no cap.")


def latency(run: Json, slo: Json | None) -> Html:
    """Write how much of each service level is used."""
    levels = frames.levels_frame(run, slo)
    rows = [
        [*row[:5], row[5], sign(good=level.used_frac <= 1.0)]
        for row, level in zip(frames.levels_table(run, slo), levels, strict=True)
    ]
    brakes = (slo or frames.DEFAULT_SLO)["max_brakes"]
    rows.append([
        "power brakes", say.MISSING, say.number(run["brakes"]), say.MISSING,
        f"{say.number(brakes)}", say.MISSING, sign(good=run["brakes"] <= brakes),
    ])  # fmt: skip
    head = ("Service level", "Without control", "With it", "Rise", "Allowed",
            "Part used", "Result")  # fmt: skip
    shown = [min(level.used_frac, 1.5) for level in levels]
    items = [
        charts.Bar(name=level.title, low=0.0, high=100.0 * part,
                   words=say.percent(level.used_frac, 0),
                   colour=charts.RED if level.used_frac > 1.0 else charts.BLUE)
        for level, part in zip(levels, shown, strict=True)
    ]  # fmt: skip
    drawn = charts.bars(
        "Part of each service level that is used", items,
        Axis(title="Rise of latency ÷ rise allowed, %", low=0.0,
             high=max(110.0, 105.0 * max(shown))),
        marks=((100.0, "limit"),),
    )  # fmt: skip
    caption = "End-to-end latency of the same traffic on the same servers"
    return figure(drawn, "Bars past 150 % are cut there.") + table(
        head, rows, caption=caption
    )
