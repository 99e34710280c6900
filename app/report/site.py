"""Report of a site: power, heat, what happened, and every failure where screened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import format as say
from app import frames
from app.figures.one_line import utilisation
from app.markup import Markup, listed, table, text
from app.report import charts
from app.report.inputs import scenario_of
from app.report.page import Html, Report, Section, Tile, figure, quiet, tiles
from app.report.row import asked_section, closing_sections
from app.report.units import Scale, scale_of
from app.svg import Axis, Figure, Limit, Series

Json = dict[str, Any]
_HOUR_S = 3600.0
_NODES, _ROWS, _CASES, _EVENTS = 16, 40, 25, 40
_LOUD = {
    "event": "set event", "trip": "breaker trips", "on-store": "on its store",
    "store-empty": "store empty", "generator-start": "genset starts",
    "generator-ready": "genset ready", "too-hot": "too hot", "dead": "without power",
    "brake": "brake pulled",
}  # fmt: skip
_LEAVE = ("plan", "training")
LEFT_OUT = (
    "Fault currents, arc flash and selectivity of protection below its thermal curve.",
    "Voltage along the conductors; power is balanced except where phases are stated.",
    "Air mixing inside a rack, and the building's own thermal mass beyond its halls.",
)
UNCOVERED = (
    "The power network, its protection and the cooling plant are held against hand "
    "calculations and conservation laws in the tests; no published run of a whole site "
    "was found to hold them against."
)


def site_report(
    run: Json, failures: Json | None = None, scenario: Json | None = None
) -> Report:
    """
    Lay out the report of a site.

    Args:
        run: Answer of a site's run.
        failures: Screening of its failures; None leaves that out.
        scenario: What was asked; None where it is not known.
    """
    over = [n for n in run["nodes"] if (utilisation(n) or 0.0) > 1.0]
    throttled_s = sum(r["throttled_s"] for r in run["racks"])
    high = [r for r in run["rows"] if r["peak_frac"] > 1.0]
    good = not (over or high or run["lost_server_s"] or throttled_s)
    brakes = sum(r["brakes"] for r in run["rows"])
    more = run["server_count"] / run["provisioned_servers"] - 1
    answer = f"{run['server_count']:,} servers ({say.percent(more, 0, signed=True)})"
    said = [f"{'fit' if good else 'do not fit'}: {run['binding']}"]
    if over:
        said.append(f"{len(over)} nodes pass their limit when one other is lost")
    if high:
        most = say.percent(max(r["peak_frac"] for r in high))
        said.append(f"{len(high)} of {len(run['rows'])} rows pass their limit in the "
                    f"run, at most {most}")  # fmt: skip
    if brakes:
        said.append(f"the power brake is pulled {brakes:,} times")
    if run["lost_server_s"]:
        said.append(f"{_hours(run['lost_server_s'])} server hours are lost in the run")
    if throttled_s:
        said.append(f"GPUs throttle for {_hours(throttled_s)} server hours")
    if failures is not None:
        said.append(_failures_words(failures))
    return Report(
        kind="Site", title=str(run["name"]), answer=answer, rest="; ".join(said),
        good=None if good and high else good,
        sections=tuple(_sections(run, failures, scenario)),
    )  # fmt: skip


def _sections(run: Json, failures: Json | None, scenario: Json | None) -> list[Section]:
    asked = scenario_of(scenario)
    found: list[Section] = [
        ("What was asked", asked_section(asked, _words(run), leave=_LEAVE)),
        ("Key figures", _numbers(run)),
        ("Power over time", _power(run)),
        ("Tightest nodes", _nodes(run)),
        ("Rows", _rows(run)),
        ("Heat", _heat(run)),
        ("What happened", _events(run)),
    ]
    if failures is not None:
        found.append(("Failures", _cases(failures)))
    commands = ["nameplate site scenario.yaml --out out/"]
    calls = [("/site/run", '{"scenario": …}, the inputs as JSON')]
    if failures is not None:
        commands.append("nameplate failures scenario.yaml")
        calls.append(("/site/failures", "the same"))
    found += closing_sections(
        asked, run.get("provenance") or {}, commands, calls, leave=_LEAVE,
        suites=("row", "polca", "tapas"), uncovered=UNCOVERED,
    )  # fmt: skip
    found.insert(len(found) - 2, ("What is not modelled", listed(LEFT_OUT)))
    return found


def _words(run: Json) -> str:
    return (
        f"{run['server_count']:,} servers in {_many(run, 'racks')}, "
        f"{_many(run, 'rows')} and {_many(run, 'halls')} behind "
        f"{len(run['nodes']):,} power nodes, planned for "
        f"{run['provisioned_servers']:,}, under {say.policy_title(run['policy'])}; "
        f"{run['horizon_s'] / 86_400:g} d in ticks of {run['tick_s']:g} s. The inputs "
        "that differ from their defaults:"
    )


def _many(run: Json, noun: str) -> str:
    count = len(run[noun])
    return f"{count:,} {noun if count != 1 else noun[:-1]}"


def _numbers(run: Json) -> Html:
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
        Tile(name="Servers lost", value=f"{_hours(run['lost_server_s'])} h",
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


def _hours(seconds: float) -> str:
    return say.number(seconds / _HOUR_S, 1)


def _power(run: Json) -> Html:
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


def _nodes(run: Json) -> Html:
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


def _rows(run: Json) -> Html:
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


def _heat(run: Json) -> Html:
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


def _events(run: Json) -> Html:
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


def _failures_words(failures: Json) -> str:
    one = [c for c in failures["cases"] if len(c["failed"]) == 1]
    lost = [c for c in one if c["lost_servers"]]
    if not lost:
        return f"none of {len(one)} single failures puts a server out"
    worst = max(lost, key=lambda c: c["lost_servers"])
    return (
        f"{len(lost)} of {len(one)} single failures put servers out, at worst "
        f"{worst['lost_servers']:,} on loss of {' and '.join(worst['failed'])}"
    )


def _cases(failures: Json) -> Html:
    def order(case: Json) -> tuple[float, float, float]:
        return -case["lost_servers"], -case["trips"], -(case["worst_frac"] or 0.0)

    rows = [
        [
            " and ".join(c["failed"]), _count(c["lost_servers"]), str(c["trips"]),
            c["worst_node"] or say.MISSING, say.percent(c["worst_frac"], 0),
            say.number(c["slowed_servers"]), say.percent(c["slo_damage_frac"], 0),
            c["race"],
        ]
        for c in sorted(failures["cases"], key=order)[:_CASES]
    ]  # fmt: skip
    head = ("Lost", "Servers out", "Trips", "Fullest node", "Its load ÷ limit",
            "Servers slowed", "Work harmed", "Breaker against cap")  # fmt: skip
    words = (
        f"{failures['single']} failures alone and {failures['pairs']} in pairs, each "
        f"followed to its end at the worst hour, "
        f"{frames.clock_text(failures['worst_t_s'])} from the start. "
        f"{_failures_words(failures).capitalize()}."
    )
    more = len(failures["cases"]) - len(rows)
    caption = f"Worst first; {more} more" if more > 0 else "Worst first"
    return f"<p>{text(words)}</p>" + table(head, rows, caption=caption,
                                                  kind="words")  # fmt: skip


def _count(lost: int) -> str | Markup:
    return Markup(f'<b class="bad">{lost:,}</b>') if lost else "0"
