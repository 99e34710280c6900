"""Report of what was measured: power of a period, the power tree, and what reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from app import format as say
from app.markup import listed, table, text
from app.report import charts, validation
from app.report.origin import ADDRESS, written_by
from app.report.page import Html, Report, Tile, figure, quiet, tiles
from app.report.units import scale_of
from app.svg import Axis, Figure, Limit, Series

Json = dict[str, Any]
_MOST = 60
_HOUR_US = 3.6e9
ASSUMED = (
    "Without a meter of its own a host's power is that of its GPUs and CPUs alone.",
    "Without a meter of its own a node has its hosts' sum, with modelled losses.",
    "A host counts until it has been silent for 90 s, and is lost after 5 min.",
    "Bins hold means of readings; a peak inside a bin is in its highest value alone.",
)
UNCOVERED = (
    "All rows are of the twin that runs beside readings; readings themselves are shown "
    "as they came, after the checks of docs/telemetry.md."
)


def measured_report(found: Json) -> Report:
    """
    Lay out the report of a period of readings.

    Args:
        found: `now`, the newest readings; `series`, power over the period; `sources`
            and `events`, each as the address of that name below /telemetry answers;
            and `period_us`, its start and end since 1970. [µs]
    """
    now, series, period_us = found["now"], found["series"], found["period_us"]
    site = now["site"]
    limit_w = site["limit_w"]
    drawn_w = site["power_w"] if site["facility_w"] is None else site["facility_w"]
    over = [n for n in now["nodes"] if (_frac(n) or 0.0) > 1.0]
    good = None if not now["nodes"] else not over
    answer, rest = say.power(drawn_w, "kW"), "is drawn"
    if drawn_w is None:
        answer, rest = "No power", "is known: nothing that draws it reports now"
    elif limit_w:
        rest = f"of {say.power(limit_w, 'kW')} at the feeds"
    if over:
        rest += "; past their limits: " + ", ".join(n["name"] for n in over[:5])
    return Report(
        kind="Measured", title=f"{_when(period_us[0])} to {_when(period_us[1])} UTC",
        answer=answer, rest=rest, good=good,
        sections=(
            ("Now", _numbers(site, drawn_w)), ("Power over time", _power(series)),
            ("Power tree", _nodes(now["nodes"])),
            ("Sources", _sources(found["sources"])),
            ("What agents reported", _events(found["events"])),
            ("Assumptions", listed(ASSUMED)),
            ("Validation", validation.status(("tracking",), UNCOVERED)),
            ("Provenance", written_by()),
            ("How to reproduce it", _again(series["of"], period_us)),
        ),
    )  # fmt: skip


def _again(of: str, period_us: Sequence[int]) -> Html:
    query = urlencode({"of": of, "start_us": period_us[0], "end_us": period_us[1]})
    calls = [f"curl -s '{ADDRESS}/telemetry/{noun}?{query}'"
             for noun in ("series", "report")]  # fmt: skip
    return (
        "<p>From the server that has the readings, power over the period and this "
        f"report with the newest readings of then:</p><pre>{text(chr(10).join(calls))}"
        "</pre>"
    )


def _numbers(site: Json, drawn_w: float | None) -> Html:
    limit_w, least = site["limit_w"], say.MISSING
    free_w = limit_w - drawn_w if limit_w and drawn_w is not None else None
    return tiles([
        Tile(name="Hosts draw", value=say.power(site["power_w"], "kW"),
             part=f"{site['metered']} of {site['reporting']} by own meter"),
        Tile(name="At the feeds", value=say.power(site["facility_w"], "kW"),
             part=f"of {say.power(limit_w, 'kW')}" if limit_w else "no limit known"),
        Tile(name="Headroom", value=say.power(free_w, "kW"),
             part=say.percent(free_w / limit_w) if free_w is not None else least,
             alarm=free_w is not None and free_w < 0),
        Tile(name="Hosts reporting", value=f"{site['reporting']} of {site['expected']}",
             part=f"oldest reading {say.duration(site['worst_age_s'])}",
             alarm=site["reporting"] < site["expected"]),
    ])  # fmt: skip


def _power(series: Json) -> Html:
    columns = series["columns"]
    kept = [k for k, v in enumerate(columns["power_mean_w"]) if v is not None]
    if not kept:
        return quiet("No reading in this period.")
    highest = [columns["power_highest_w"][k] for k in kept]
    watts = scale_of("W", highest)
    first, last = series["time_us"][kept[0]], series["time_us"][kept[-1]]
    hours = [(series["time_us"][k] - first) / _HOUR_US for k in kept]
    x = Axis(title=f"Hours from {_when(first)} UTC", low=0.0,
             high=max(hours[-1], 1 / 60))  # fmt: skip

    def shown(name: str) -> list[float]:
        return [watts.of(columns[name][k]) for k in kept]

    limit_w = series["limit_w"]
    near = limit_w and limit_w < 3.0 * max(highest)
    words = f"limit, {watts.text(limit_w)}" if near else ""
    drawn = Figure(
        title="Measured power over time", x=x, height=300,
        y=Axis(title=watts.title("Power"), low=0.0,
               high=1.08 * watts.of(limit_w if near else max(highest))),
        series=(
            Series(name="lowest to highest", x=hours, low=shown("power_least_w"),
                   high=shown("power_highest_w"), colour=charts.PALE),
            Series(name="mean", x=hours, low=shown("power_mean_w"), colour=charts.BLUE),
        ),
        limits=(Limit(x=(x.low, x.high), y=watts.of(limit_w), words=words),)
        if near else (),
    ).svg()  # fmt: skip
    span = say.duration((last - first) / 1e6)
    return figure(drawn, f"{series['of']}: bins of {series['bin_s']:g} s over {span}.")


def _frac(node: Json) -> float | None:
    known = node["limit_w"] and node["power_w"] is not None
    return node["power_w"] / node["limit_w"] if known else None


def _nodes(nodes: list[Json]) -> Html:
    if not nodes:
        return quiet("No scenario is watched, so hosts stand in no tree.")
    tight = sorted(nodes, key=lambda n: -(_frac(n) or 0.0))[:_MOST]
    return table(
        ("Node", "Kind", "Power", "Limit", "Load", "By", "Hosts"),
        [(n["name"], say.kind_title(n["kind"]), say.power(n["power_w"], "kW"),
          say.power(n["limit_w"], "kW"), say.percent(_frac(n)),
          "own meter" if n["metered"] else "sum below",
          f"{n['reporting']} of {n['expected']}") for n in tight],
        caption=f"The {len(tight)} tightest of {len(nodes)}",
    )  # fmt: skip


def _sources(sources: list[Json]) -> Html:
    if not sources:
        return quiet("Nothing reports yet.")
    oldest = sorted(sources, key=lambda s: -s["age_s"])[:_MOST]
    return table(
        ("Source", "Reports by", "Stands on", "Devices", "First", "Newest"),
        [(s["name"], s["kind"], s["node"] or "nowhere", f"{s['devices']}",
          _when(s["first_us"]), f"{say.duration(s['age_s'])} ago") for s in oldest],
        caption=f"{len(oldest)} of {len(sources)}, the most silent first",
    )  # fmt: skip


def _events(events: list[Json]) -> Html:
    if not events:
        return quiet("Nothing was reported in this period.")
    rows = [(_when(e["time_us"]), e["source"], e["kind"], e["text"])
            for e in events[:_MOST]]  # fmt: skip
    return table(("UTC", "Host", "Kind", "In words"), rows, kind="text")


def _when(time_us: int | None) -> str:
    if time_us is None:
        return say.MISSING
    return dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC).strftime("%Y-%m-%d %H:%M")
