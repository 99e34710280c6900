"""Figures and tables of a site's report: power, nodes, rows, heat, events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import format as say
from app import frames
from app.figures.one_line import utilisation
from app.markup import table
from app.report import charts
from app.report.page import Html, Tile, figure, quiet, tiles
from app.report.units import Scale, scale_of
from app.svg import Axis, Figure, Limit, Series

Json = dict[str, Any]
_HOUR_S = 3600.0
_NODES, _ROWS, _EVENTS = 16, 40, 40
_LOUD = {
    "event": "set event", "trip": "breaker trips", "on-store": "on its store",
    "store-empty": "store empty", "generator-start": "genset starts",
    "generator-ready": "genset ready", "too-hot": "too hot", "dead": "without power",
    "brake": "brake pulled",
}  # fmt: skip


def numbers(run: Json) -> Html:
    """Write key figures, and power lowest to highest."""
    series, watts = run["series"], _scale(run)
    limit_w = sum(r["limit_w"] for r in run["rows"])
    it_w, site_w = max(series["it_w"]), max(series["facility_w"])
    source = next((n for n in run["nodes"] if n["kind"] == "utility"), run["nodes"][0])
    hot = max(run["racks"], key=lambda r: r["gpu_peak_c"])
    warm = max(run["racks"], key=lambda r: r["inlet_peak_c"])
    loss_wh = run["facility_wh"] - run["it_wh"] - run["mechanical_wh"]
    found = [
        Tile(name="Site peak", value=watts.text(site_w), part="from all sources"),
        Tile(name="IT peak", value=watts.text(it_w),
             part=f"{say.percent(it_w / limit_w)} of the rows' limits"),
        Tile(name="PUE over the horizon", value=say.number(run["pue"], 3),
             part=f"losses {say.percent(loss_wh / run['it_wh'])} of IT energy"),
        Tile(name="Servers lost", value=f"{hours(run['lost_server_s'])} h",
             part="server hours without service", alarm=run["lost_server_s"] > 0),
        Tile(name="Stranded at the feed", value=watts.text(source["stranded_w"]),
             part=f"of {watts.text(source['limit_w'])}"),
        Tile(name="Hottest GPU", value=f"{say.number(hot['gpu_peak_c'], 1)} °C",
             part=hot["name"], alarm=hot["throttled_s"] > 0),
        Tile(name="Warmest inlet", value=f"{say.number(warm['inlet_peak_c'], 1)} °C",
             part=warm["name"]),
        Tile(name="Energy of cooling", value=say.percent(
             run["mechanical_wh"] / run["it_wh"]), part="of IT energy"),
    ]  # fmt: skip
    rows = [
        [name, *(watts.text(v) for v in (min(series[key]), _mean(series[key]),
                                        max(series[key])))]
        for name, key in (("Site", "facility_w"), ("IT", "it_w"),
                          ("Cooling", "mechanical_w"))
    ]  # fmt: skip
    head = ("Power over the horizon", "Lowest", "Mean", "Highest")
    return tiles(found) + table(head, rows)


def _scale(run: Json) -> Scale:
    return scale_of("W", run["series"]["facility_w"])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def hours(seconds: float) -> str:
    """Write seconds as hours."""
    return say.number(seconds / _HOUR_S, 1)


def power(run: Json) -> Html:
    """Draw the power of the site, its IT and its cooling over time."""
    series, watts = run["series"], _scale(run)
    t = [v / _HOUR_S for v in series["t_s"]]
    x = Axis(title="Time from the start, h", low=0.0, high=run["horizon_s"] / _HOUR_S)
    sources = [n for n in run["nodes"] if n["kind"] == "utility"]
    limit_w = max((n["limit_w"] or 0.0 for n in sources), default=0.0)
    highest = max(series["facility_w"])
    shown = 0.0 < limit_w < 3.0 * highest
    top = max(highest, limit_w if shown else 0.0) / watts.per
    lines = tuple(
        Series(name=name, x=t, low=[v / watts.per for v in series[key]], colour=colour)
        for key, name, colour in (
            ("facility_w", "Site", charts.BLUE), ("it_w", "IT", charts.PURPLE),
            ("mechanical_w", "Cooling", charts.GREEN),
        )
    )  # fmt: skip
    limits = (
        Limit(x=(x.low, x.high), y=limit_w / watts.per,
              words=f"limit of the largest source, {watts.text(limit_w)}"),
    ) if shown else ()  # fmt: skip
    drawn = Figure(
        title="Power of the site, its IT and its cooling over time", x=x,
        y=Axis(title=watts.title("Power"), low=0.0, high=1.08 * top), series=lines,
        limits=limits, height=320,
    ).svg()  # fmt: skip
    words = "Means of records. Site: what all sources give, charging of stores included"
    if not shown:
        words += f"; the largest source's limit, {watts.text(limit_w)}, is far above"
    return figure(drawn, f"{words}.")


def nodes(run: Json) -> Html:
    """Draw and list the nodes nearest to their limit."""
    limited = [n for n in run["nodes"] if n["limit_w"]]
    found = sorted(limited, key=lambda n: -(utilisation(n) or 0.0))[:_NODES]
    if not found:
        return "<p>No node has a limit.</p>"
    items = [
        charts.Bar(
            name=n["name"], low=0.0, middle=100 * n["peak_w"] / n["limit_w"],
            high=100 * max(n["peak_w"], n["failover_w"] or 0.0) / n["limit_w"],
            words=say.percent(utilisation(n)),
            colour=charts.RED if (utilisation(n) or 0.0) > 1.0 else charts.BLUE,
        )
        for n in found
    ]  # fmt: skip
    high = max(105.0, 1.06 * max(i.high for i in items))
    drawn = charts.bars(
        "Tightest nodes: load over limit, in the run and after the worst loss", items,
        Axis(title="Load ÷ limit, %", low=0.0, high=high), marks=((100.0, "limit"),),
    )  # fmt: skip
    watts = scale_of("W", [min(n["limit_w"] for n in found)])
    rows = [
        [n["name"], say.kind_title(n["kind"]), watts.text(n["limit_w"]),
         watts.text(n["peak_w"]), watts.text(n["failover_w"]),
         n["failover_cause"] or say.MISSING, watts.text(n["headroom_w"])]
        for n in found
    ]  # fmt: skip
    head = ("Node", "Kind", "Limit", "Peak in the run", "After the worst loss",
            "Lost then", "Headroom")  # fmt: skip
    return figure(
        drawn, "Dark: peak in the run. Pale: the rise to the load when the worst "
        "single other node is lost. Figures: the larger of both ÷ limit.",
    ) + table(head, rows, caption=f"The {len(rows)} of {len(run['nodes'])} nodes "
              "nearest to their limit")  # fmt: skip


def rows_table(run: Json) -> Html:
    """List rows, the fullest first."""
    watts = scale_of("W", [r["limit_w"] for r in run["rows"]])
    found = sorted(run["rows"], key=lambda r: -(r["peak_frac"] or 0.0))
    rows = [
        [r["name"], watts.text(r["limit_w"]), watts.text(r["peak_w"]),
         say.percent(r["peak_frac"]), say.number(r["caps_low"] + r["caps_high"]),
         say.number(r["brakes"]), say.duration(r["capped_low_s"]),
         say.duration(r["capped_high_s"])]
        for r in found[:_ROWS]
    ]  # fmt: skip
    head = ("Row", "Limit", "Peak", "Peak ÷ limit", "Caps", "Brakes", "Low capped",
            "High capped")  # fmt: skip
    more = len(found) - len(rows)
    return table(head, rows, caption=f"Fullest first; {more} more" if more > 0 else "")


def heat(run: Json) -> Html:
    """Draw the hottest GPU of each hall over time."""
    series = run["series"]
    t = [v / _HOUR_S for v in series["t_s"]]
    halls = run["halls"][: len(charts.COLOURS)]
    lines = tuple(
        Series(name=hall, x=t, low=[record[k] for record in series["hottest_c"]],
               colour=charts.COLOURS[k], dash=charts.DASHES[k])
        for k, hall in enumerate(halls)
    )  # fmt: skip
    values = [v for one in lines for v in one.low if v is not None]
    if not values:
        return "<p>No temperatures were recorded.</p>"
    drawn = Figure(
        title="Hottest GPU of each hall over time",
        x=Axis(title="Time from the start, h", low=0.0,
               high=run["horizon_s"] / _HOUR_S),
        y=charts.axis_over(values, "Hottest GPU, °C"), series=lines, height=240,
    ).svg()  # fmt: skip
    more = len(run["halls"]) - len(halls)
    rest = f"; {more} halls more are not drawn" if more > 0 else ""
    return figure(drawn, f"The axis does not begin at zero{rest}.")


def events(run: Json) -> Html:
    """List what failed, tripped or ran hot."""
    loud = [e for e in run["events"] if e["kind"] in _LOUD]
    if not loud:
        return "<p>Nothing failed, tripped or ran hot.</p>"
    rows = [
        [frames.clock_text(e["t_s"]), _LOUD[e["kind"]], e["target"]]
        for e in loud[:_EVENTS]
    ]
    more = len(loud) - len(rows)
    caption = f"First {len(rows)} of {len(loud)}" if more > 0 else ""
    shown = table(("From the start", "What", "Where"), rows, caption=caption,
                  kind="text")  # fmt: skip
    return shown + quiet("Cap commands and nodes that come back are left out.")
