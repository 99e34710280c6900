"""Figures of a site: racks, levels, losses, balance, failures, cooling."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from app import format as say
from app.figures.one_line import utilisation
from app.figures.template import (
    HOURS,
    LIGHT,
    Figure,
    base_layout,
    note,
    percents,
)

Json = dict[str, Any]
SIDE_COLOURS = {"A": "bad", "B": "power", "C": "good", "R": "second"}
"""Side to colour by meaning: A red, B blue; a letter says the same."""
LIMIT_C = {"recommended": 27.0, "allowable": 32.0}
"""Server inlet: ASHRAE TC 9.9, from memory."""
METRICS = {
    "power": ("peak power", "peak_w", True),
    "gpu": ("hottest GPU", "gpu_peak_c", False),
    "inlet": ("warmest inlet", "inlet_peak_c", False),
    "headroom": ("headroom on its path", "headroom_w", True),
}  # fmt: skip
"""Title, field, and whether it is a power."""


# --- racks ------------------------------------------------------------------------


RACK_U = 48
"""Height of a rack. [U] Assumed; a fuller one is drawn as high as it is."""


def rack_figure(
    run: Json, *, metric: str, hall: str = "", unit: str = "kW",
    row: str = "",
) -> Figure:  # fmt: skip
    """
    Draw every rack in its row and place, coloured by one figure.

    With a row, the elevation of its racks: servers from the floor up, each with its
    part of the rack's power.
    """
    title, key, is_power = METRICS[metric]
    scale = 1 / say.power_scale(unit) if is_power else 1.0
    unit = unit if is_power else "°C"
    digits = say.power_digits(unit) if is_power else 1
    racks = [
        r | {"headroom_w": r["limit_w"] - r["peak_w"]} for r in run["racks"]
        if (not hall or r["hall"] == hall) and (not row or r["row"] == row)
    ]  # fmt: skip
    most = max(r["position"] for r in racks)

    def said(rack: Json, value: float, what: str) -> str:
        return (
            f"<b>{rack['name']}</b>, {what}<br>"
            f"{title} {say.number(value, digits)} {unit}<br>"
            f"weakest on its path: {rack['weakest']}"
        )

    if row:
        height = max(RACK_U, *(math.ceil(_filled_u(r)) for r in racks))
        y: list[Any] = list(range(1, height + 1))
        table: list[list[float | None]] = [[None] * most for _ in y]
        words = [[""] * most for _ in y]
        part = metric == "power"
        for rack in racks:
            value = rack[key] * scale / (max(1, rack["server_count"]) if part else 1)
            for u in range(math.floor(_filled_u(rack))):
                server = f"server {int(u // rack['server_u']) + 1}, {rack['server']}"
                table[u][rack["position"] - 1] = value
                words[u][rack["position"] - 1] = said(rack, value, server)
    else:
        y = list(dict.fromkeys(r["row"] for r in racks))
        table = [[None] * most for _ in y]
        words = [[""] * most for _ in y]
        for rack in racks:
            k, place = y.index(rack["row"]), rack["position"] - 1
            table[k][place] = value = rack[key] * scale
            words[k][place] = said(rack, value, f"{rack['server_count']} servers")
    upward: Json = {"title": {"text": "U"}, "dtick": 6, "showgrid": False}
    named: Json = {"autorange": "reversed", "showgrid": False, "type": "category"}
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 66, "r": 8, "t": 8, "b": 34},
        xaxis={"title": {"text": f"place in {row}" if row else "place in the row"},
               "dtick": 1, "showgrid": False},
        yaxis=upward if row else named,
    ))  # fmt: skip
    figure.add(
        "heatmap", z=table, y=y, x=list(range(1, most + 1)), text=words,
        hoverinfo="text", xgap=2, ygap=0 if row else 2, colorscale="Cividis",
        colorbar={"title": {"text": unit}, "thickness": 10, "outlinewidth": 0},
    )  # fmt: skip
    if row:  # a line between servers
        for rack in racks:
            place = rack["position"]
            for k in range(1, rack["server_count"] + 1):
                at = k * rack["server_u"] + 0.5
                figure.add_shape(
                    type="line", x0=place - 0.5, x1=place + 0.5, y0=at, y1=at,
                    line={"color": LIGHT.ground, "width": 1.5},
                )  # fmt: skip
    figure.arrange(height=300 if row else max(200, 26 * len(y) + 60))
    return figure


def _filled_u(rack: Json) -> float:
    return float(rack["server_count"] * rack["server_u"])


def balance_figure(
    run: Json, *, hall: str = "", unit: str = "kW", phases: bool = False
) -> Figure:
    """Draw what the sides of each row carry, or what each phase of them does."""
    nodes = {n["name"]: n for n in run["nodes"]}
    rows = [r for r in run["rows"] if not hall or _hall_of(run, r["name"]) == hall]
    figure = Figure(base_layout(
        hovermode="closest", barmode="group" if phases else "stack",
        bargap=0.35 if phases else 0.4, margin={"l": 92, "r": 96, "t": 20, "b": 34},
        xaxis={"title": {"text": f"peak [{unit}]"}, "rangemode": "tozero"},
        yaxis={"showgrid": False, "fixedrange": True, "type": "category"},
    ))  # fmt: skip
    if phases:
        shown = [nodes[n] for r in rows for n in r["nodes"]]
        _phase_bars(figure, shown, unit=unit)
        figure.arrange(showlegend=True, legend={
            "orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "reversed"
        })  # fmt: skip
        figure.arrange(height=max(200, 34 * len(shown) + 60))
        return figure
    names = [r["name"] for r in rows][::-1]
    sides = list(dict.fromkeys(nodes[n]["side"] for r in rows for n in r["nodes"]))
    for side in sides:
        own = [_side_of_row([nodes[n] for n in r["nodes"]], side) for r in rows[::-1]]
        figure.add(
            "bar", orientation="h", y=names, name=f"side {side}" if side else "feed",
            x=[0.0 if n is None else n["peak_w"] / say.power_scale(unit) for n in own],
            marker=_side_marker(side),
            text=[side or "" for _ in own], textposition="inside",
            insidetextanchor="middle", textfont={"color": LIGHT.ground, "size": 11},
            hovertext=["" if n is None else _balance_words(n, unit) for n in own],
            hoverinfo="text",
        )  # fmt: skip
    for row in rows:
        worst = max(
            (nodes[n]["imbalance_frac"] or 0.0 for n in row["nodes"]), default=0
        )
        figure.add_beside(
            f"phases {100 * worst:.1f} %", colour=LIGHT.ink, xshift=4, y=row["name"]
        )
    figure.arrange(height=max(200, 30 * len(rows) + 60))
    return figure


def _side_of_row(nodes: list[Json], side: str) -> Json | None:
    """What a row draws over one side; several nodes of it are added up."""
    own = [n for n in nodes if n["side"] == side]
    if len(own) < 2:
        return own[0] if own else None
    phase_w = [sum(n["phase_w"][k] for n in own) for k in range(3)]
    mean = sum(phase_w) / 3 or 1.0
    return {
        "name": f"{len(own)} nodes, side {side}" if side else f"{len(own)} nodes",
        "side": side, "peak_w": sum(n["peak_w"] for n in own), "phase_w": phase_w,
        "imbalance_frac": max(abs(w - mean) for w in phase_w) / mean,
    }  # fmt: skip


def _side_marker(side: str) -> Json:
    return {
        "color": getattr(LIGHT, SIDE_COLOURS.get(side, "power")),
        "pattern": {
            "shape": "/" if side == "B" else "", "fillmode": "overlay",
            "fgcolor": LIGHT.ground, "fgopacity": 0.35,
        },
    }  # fmt: skip


def _phase_bars(figure: Figure, nodes: list[Json], *, unit: str) -> None:
    """Three bars per node, its limit per phase marked."""
    scale = say.power_scale(unit)
    names = [n["name"].removeprefix("ROW-") for n in nodes][::-1]
    for k, phase in reversed(list(enumerate("abc"))):
        figure.add(
            "bar", orientation="h", y=names, name=f"phase {phase}",
            x=[n["phase_w"][k] / scale for n in nodes[::-1]],
            marker={"color": (LIGHT.power, LIGHT.second, LIGHT.good)[k]},
            hovertext=[_balance_words(n, unit) for n in nodes[::-1]], hoverinfo="text",
        )  # fmt: skip
    for node in nodes:
        figure.add_beside(
            f"± {100 * node['imbalance_frac']:.1f} %", colour=LIGHT.ink, xshift=4,
            y=node["name"].removeprefix("ROW-"),
        )  # fmt: skip


def _hall_of(run: Json, row: str) -> str:
    return next(str(r["hall"]) for r in run["racks"] if r["row"] == row)


def _balance_words(node: Json, unit: str) -> str:
    phases = node["phase_w"]
    text = f"<b>{node['name']}</b><br>peak {say.power(node['peak_w'], unit)}"
    if not phases:
        return text
    parts = ", ".join(
        f"{name} {say.power(w, unit)}" for name, w in zip("abc", phases, strict=True)
    )
    share = say.percent(node["imbalance_frac"])
    return f"{text}<br>phases {parts}<br>furthest from their mean {share}"


# --- levels and losses --------------------------------------------------------------


def levels_figure(
    run: Json, *, unit: str = "kW",
    measured: Mapping[str, float | None] | None = None,
) -> Figure:  # fmt: skip
    """
    Draw peak, load after the worst loss, nameplate and limit, per kind of node.

    Args:
        run: What a run of the site answers.
        unit: Unit of power in words.
        measured: What nodes draw now, where something is measured. [W]
    """
    worst: dict[str, Json] = {}
    for node in run["nodes"]:
        part = utilisation(node)
        if part is None or node["kind"] == "generator":
            continue
        kept = worst.get(node["kind"])
        if kept is None or part > (utilisation(kept) or 0.0):
            worst[node["kind"]] = node
    nodes = list(worst.values())[::-1]
    names = [f"{n['name']}" for n in nodes]
    figure = Figure(base_layout(
        hovermode="closest", barmode="overlay", bargap=0.45,
        margin={"l": 118, "r": 84, "t": 22, "b": 50}, showlegend=True,
        legend={"orientation": "h", "y": -0.1, "yanchor": "top", "x": 0,
                "traceorder": "reversed", "font": {"size": 11}},
        xaxis={"range": [0, 1.6], "fixedrange": True, **percents(1.6, 4)},
        yaxis={"showgrid": False, "fixedrange": True},
    ))  # fmt: skip
    for key, colour, title in (
        ("nameplate_w", LIGHT.grid, "nameplate"),
        ("failover_w", LIGHT.band, "after worst loss"),
        ("peak_w", LIGHT.power, "expected peak"),
    ):  # fmt: skip
        figure.add(
            "bar", orientation="h", y=names, name=title,
            x=[min(n[key] / n["limit_w"], 1.6) for n in nodes],
            marker={"color": colour, "line": {"width": 1, "color": LIGHT.muted}},
            hovertext=[f"{title} {say.power(n[key], unit)}" for n in nodes],
            hoverinfo="text",
        )  # fmt: skip
    now = [(n, (measured or {}).get(n["name"])) for n in nodes]
    seen = [(n, w) for n, w in now if w is not None]
    if seen:
        figure.add(
            "scatter", mode="markers", name="measured now", hoverinfo="text",
            y=[n["name"] for n, _ in seen],
            x=[min(w / n["limit_w"], 1.6) for n, w in seen],
            hovertext=[f"measured now {say.power(w, unit)}" for _, w in seen],
            marker={"symbol": "diamond", "size": 10, "color": LIGHT.ground,
                    "line": {"width": 2, "color": LIGHT.ink}},
        )  # fmt: skip
    figure.mark_x(1.0, "<b>limit</b>", colour=LIGHT.limit, dash="solid")
    for node, name in zip(nodes, names, strict=True):
        words = say.power(node["limit_w"], unit)
        figure.add_beside(words, colour=LIGHT.ink, xshift=4, y=name)
    return figure


SMALL_FLOW = 0.01
"""Flows below this part of the facility's are drawn, and named on hovering only."""


def losses_figure(run: Json) -> Figure:
    """Draw energy from the feed to the GPUs, with what is lost at every kind."""
    links = [k for k in run["losses"] if k["wh"] > 0]
    names = list(dict.fromkeys([k["from"] for k in links] + [k["to"] for k in links]))
    index = {name: i for i, name in enumerate(names)}
    sums = {
        name: max(math.fsum(k["wh"] for k in links if k[end] == name)
                  for end in ("from", "to"))
        for name in names
    }  # fmt: skip
    losses = {name for name in names if name.startswith("loss")}

    def label(name: str) -> str:
        if sums[name] < SMALL_FLOW * run["facility_wh"]:
            return ""
        return f"{say.kind_title(name)}<br>{sums[name] / 1e3:,.0f} kWh"

    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 8, "r": 8, "t": 8, "b": 8}
    ))  # fmt: skip
    figure.add(
        "sankey", arrangement="snap",
        node={
            "label": [label(name) for name in names],
            "customdata": [say.kind_title(name) for name in names],
            "hovertemplate": "%{customdata}: %{value}<extra></extra>",
            "pad": 14, "align": "left", "thickness": 10, "line": {"width": 0},
            "color": [LIGHT.bad if name in losses else LIGHT.power for name in names],
        },
        link={
            "source": [index[k["from"]] for k in links],
            "target": [index[k["to"]] for k in links],
            "value": [k["wh"] / 1e3 for k in links],
            "hovertemplate": "%{source.customdata} to %{target.customdata}: %{value}"
            "<extra></extra>",
            "color": [LIGHT.high_pale if k["to"] in losses else LIGHT.band
                      for k in links],
        },
        textfont={"color": LIGHT.ink, "size": 11},
        valueformat=",.1f", valuesuffix=" kWh",
    )  # fmt: skip
    return figure


# --- the race ---------------------------------------------------------------------


def race_figure(story: Json) -> Figure:
    """Draw a breaker's way to its trip on one time axis with the cap."""
    race = story["race"]
    if race is None:
        return note("No breaker is overloaded: nothing to race.")
    figure = Figure(base_layout(
        margin={"l": 52, "r": 16, "t": 26, "b": 38},
        xaxis={"title": {"text": "seconds since the failure"}, "rangemode": "tozero"},
        yaxis={"range": [0, 1.08], **percents(1.08),
               "title": {"text": f"{race['node']}: used up"}},
    ))  # fmt: skip
    for key, colour, dash, title in (
        ("without_cap", LIGHT.bad, "dash", "without a cap"),
        ("with_cap", LIGHT.power, "solid", "with the cap"),
    ):
        figure.add_line(
            colour, 2, dash=dash, x=race["t_s"], y=race[key], name=title,
            text=[say.percent(v, 0) for v in race[key]],
            hovertemplate=f"%{{text}}, {title}<extra></extra>",
        )  # fmt: skip
    figure.mark_y(1.0, "trips", colour=LIGHT.limit, dash="solid")
    for at, text in ((race["cap_lands_s"], "cap lands"), (race["trip_s"], "trips")):
        if at is not None and math.isfinite(at):
            figure.mark_x(at, f"<b>{text}</b> {at:.0f} s", colour=LIGHT.ink)
    figure.arrange(showlegend=True, legend={"orientation": "h", "y": -0.25})
    return figure


def matrix_figure(matrix: Json | None) -> Figure:
    """Draw every node's load under every single failure: lost in rows."""
    if not matrix:
        return note("Too many nodes for a matrix; see the table above.")
    shown = [
        k for k, column in enumerate(zip(*matrix["frac"], strict=True))
        if any(v for v in column)
    ]  # fmt: skip
    nodes = [matrix["nodes"][k] for k in shown]
    table = [
        [None if row[k] is None else 100 * row[k] for k in shown]
        for row in matrix["frac"]
    ]
    words = [
        [_matrix_words(lost, node, v) for node, v in zip(nodes, row, strict=True)]
        for lost, row in zip(matrix["failed"], table, strict=True)
    ]
    small = len(nodes) <= 26
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 92, "r": 8, "t": 8, "b": 78},
        xaxis={"showgrid": False, "autotickangles": [0, -60], "type": "category",
               "dtick": 1},
        yaxis={"showgrid": False, "autorange": "reversed", "type": "category",
               "dtick": 1},
    ))  # fmt: skip
    figure.add(
        "heatmap", x=nodes, y=matrix["failed"], z=table, text=words, hoverinfo="text",
        xgap=1, ygap=1, zmin=0, zmax=120,
        colorscale=_tones(LIGHT.lane, LIGHT.low_pale, LIGHT.bad),
        colorbar={"title": {"text": "% of limit"}, "thickness": 10, "outlinewidth": 0},
        **({"texttemplate": "%{z:.0f}", "textfont": {"size": 10}} if small else {}),
    )  # fmt: skip
    figure.arrange(height=max(260, 20 * len(matrix["failed"]) + 110))
    return figure


def _tones(calm: str, tight: str, over: str) -> list[list[Any]]:
    """Pale below 70 %, amber towards the limit, red from it on."""
    return [
        [0.0, calm], [0.55, calm], [0.8332, tight], [0.8334, over], [1.0, over]
    ]  # fmt: skip


def _matrix_words(lost: str, node: str, percent: float | None) -> str:
    state = "no power" if percent is None else f"{percent:.0f} % of its limit"
    return f"<b>{node}</b> when <b>{lost}</b> is lost<br>{state}"


# --- the timeline -------------------------------------------------------------------


def timeline_figure(run: Json, events: list[Json], *, unit: str = "kW") -> Figure:
    """Draw site power over the horizon, servers lost, and when failures happen."""
    series = run["series"]
    hours = [t / 3600 for t in series["t_s"]]
    figure = Figure(base_layout(
        margin={"l": 56, "r": 52, "t": 22, "b": 26},
        xaxis=_hours_axis(hours, ""),
        meta=HOURS, yaxis={"title": {"text": unit}, "rangemode": "tozero"},
        yaxis2={"overlaying": "y", "side": "right", "showgrid": False,
                "rangemode": "tozero", "title": {"text": "servers lost"},
                "range": [0, run["server_count"] * 1.05]},
    ))  # fmt: skip
    if any(series["lost_servers"]):
        figure.add_line(
            LIGHT.second, 1, shape="hv", x=hours, y=series["lost_servers"], yaxis="y2",
            name="servers lost", fill="tozeroy", fillcolor=LIGHT.low_pale,
            hovertemplate="%{y:,.0f} servers lost<extra></extra>",
        )  # fmt: skip
    for key, colour, dash, title in (
        ("facility_w", LIGHT.muted, "solid", "site"),
        ("it_w", LIGHT.power, "solid", "IT"),
        ("mechanical_w", LIGHT.good, "dot", "cooling"),
    ):  # fmt: skip
        figure.add_line(
            colour, 1.6, dash=dash, x=hours,
            y=[w / say.power_scale(unit) for w in series[key]], name=title,
            hovertemplate="%{y:,.1f} " + unit + " " + title + "<extra></extra>",
        )  # fmt: skip
    _mark_events(figure, events, hours[-1])
    figure.arrange(showlegend=True, legend={"orientation": "h", "y": 1.16, "x": 0})
    return figure


def _hours_axis(hours: list[float], title: str = "hour") -> Json:
    return {
        "title": {"text": title}, "range": [0, hours[-1]], "fixedrange": True,
        "dtick": 2 if hours[-1] <= 24 else 12,
    }  # fmt: skip


def _mark_events(figure: Figure, events: list[Json], last_h: float) -> None:
    for event in events:
        start = event["t_s"] / 3600
        lasts_s = event["duration_s"]
        end = last_h if lasts_s is None else min(start + lasts_s / 3600, last_h)
        figure.shade_x(start, end, LIGHT.band)
        figure.mark_x(start, "", colour=LIGHT.ink)


def temperatures_figure(run: Json, events: list[Json]) -> Figure:
    """Draw the warmest supply air and the hottest GPU of each hall."""
    series = run["series"]
    hours = [t / 3600 for t in series["t_s"]]
    figure = Figure(base_layout(
        margin={"l": 56, "r": 52, "t": 8, "b": 34},
        xaxis=_hours_axis(hours), yaxis={"title": {"text": "°C"}}, meta=HOURS,
    ))  # fmt: skip
    for title, key, colour in (
        ("GPU", "hottest_c", LIGHT.second), ("air", "hall_c", LIGHT.power)
    ):  # fmt: skip
        for k, hall in enumerate(run["halls"]):
            figure.add_line(
                colour, 1.4, x=hours, y=[row[k] for row in series[key]],
                name=f"{hall} {title}",
                hovertemplate="%{y:.1f} °C " + f"{hall} {title}<extra></extra>",
            )  # fmt: skip
        figure.add_label(
            f" {title}", colour=colour, x=1, xref="paper", xanchor="left",
            y=max(r[-1] for r in series[key]),
        )  # fmt: skip
    figure.mark_y(LIMIT_C["allowable"], "air allowed 32 °C", colour=LIGHT.limit)
    _mark_events(figure, events, hours[-1])
    return figure


# --- cooling ----------------------------------------------------------------------


def pue_figure(year: Json) -> Figure:
    """Draw PUE by day of the year and hour of the day."""
    hours = [v if v is not None else math.nan for v in year["pue_by_hour"][: 365 * 24]]
    table = [hours[h::24] for h in range(24)]
    figure = Figure(base_layout(
        hovermode="closest", margin={"l": 48, "r": 8, "t": 8, "b": 36},
        xaxis={"title": {"text": "day of the year"}, "showgrid": False},
        yaxis={"title": {"text": "hour"}, "dtick": 6, "showgrid": False},
    ))  # fmt: skip
    figure.add(
        "heatmap", z=table, colorscale="Cividis", zsmooth=False,
        hovertemplate="day %{x}, %{y}:00<br>PUE %{z:.3f}<extra></extra>",
        colorbar={"title": {"text": "PUE"}, "thickness": 10, "outlinewidth": 0},
    )  # fmt: skip
    return figure


PARTS = {
    "other": "power chain",
    "air_fan": "air handlers",
    "rejector_fan": "heat rejection",
}


def parts_figure(year: Json) -> Figure:
    """Draw partial PUE by part of the plant, as what it adds."""
    parts = {k: v - 1.0 for k, v in year["partial_pue"].items() if v - 1.0 > 1e-6}
    order = sorted(parts, key=lambda k: parts[k])
    figure = Figure(base_layout(
        hovermode="closest", bargap=0.4,
        margin={"l": 96, "r": 60, "t": 8, "b": 34},
        xaxis={"title": {"text": "share of IT energy"},
               **percents(max(parts.values(), default=0.1), 4)},
        yaxis={"showgrid": False},
    ))  # fmt: skip
    figure.add(
        "bar", orientation="h", y=[PARTS.get(k, k.replace("_", " ")) for k in order],
        x=[parts[k] for k in order], marker={"color": LIGHT.power},
        text=[say.percent(parts[k], 2) for k in order], textposition="outside",
        cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    return figure


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
          "Dec")  # fmt: skip


def month_figure(year: Json) -> Figure:
    """Draw PUE by month."""
    figure = Figure(base_layout(
        margin={"l": 48, "r": 12, "t": 8, "b": 26},
        yaxis={"tickformat": ".3f", "title": {"text": "PUE"}},
    ))  # fmt: skip
    figure.add(
        "scatter", x=list(MONTHS), y=year["pue_by_month"], mode="lines+markers",
        line={"color": LIGHT.power, "width": 2},
        hovertemplate="%{y:.3f}<extra></extra>",
    )  # fmt: skip
    return figure


def ride_figure(year: Json) -> Figure:
    """Draw how warm the halls get when cooling falls off, and when limits are met."""
    figure = Figure(base_layout(
        margin={"l": 48, "r": 16, "t": 22, "b": 38},
        xaxis={"title": {"text": "minutes since the failure"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "hall air °C"}},
    ))  # fmt: skip
    rides = year["ride_throughs"]
    last = max(
        (r["t_s"][-1] for r in rides if r["allowable_s"] is not None), default=600
    )
    dashes = ("solid", "dash", "dot")
    for ride, dash in zip(rides, dashes, strict=True):
        title = (
            f"{100 * ride['left_frac']:.0f} % left"
            if ride["left_frac"]
            else "none left"
        )
        inside = [k for k, t in enumerate(ride["t_s"]) if t <= last]
        figure.add_line(
            LIGHT.power, 2, dash=dash, x=[ride["t_s"][k] / 60 for k in inside],
            y=[ride["air_c"][k] for k in inside], name=title,
            hovertemplate="%{y:.1f} °C, " + title + "<extra></extra>",
        )  # fmt: skip
    limit = rides[0]["limit_c"]
    for text, at in (("recommended", LIMIT_C["recommended"]), ("limit", limit)):
        figure.mark_y(at, f"{text} {at:g} °C", colour=LIGHT.limit)
    figure.arrange(
        showlegend=True, legend={"orientation": "h", "y": 1.14, "x": 0},
        yaxis={"title": {"text": "hall air °C"},
                     "range": [rides[0]["start_c"] - 1, max(limit, 32) + 3]},
    )  # fmt: skip
    return figure
