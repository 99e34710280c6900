"""Report of a year of cooling: PUE by month, part and hour, and what a loss leaves."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from app import format as say
from app.figures.site import PARTS
from app.markup import table
from app.report import charts
from app.report.inputs import scenario_of
from app.report.page import Html, Report, Section, figure, key_figures
from app.report.row import asked_section, closing_sections
from app.report.study_charts import Cells, heat_map, mean_of
from app.report.units import Scale, scale_of
from app.site_words import cooling_figures, cooling_words
from app.svg import Axis, Figure, Limit, Series
from twin.scenario import Scenario

Json = dict[str, Any]
_MONTHS = calendar.month_abbr[1:]
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ENDS = (0, *accumulate(24 * days for days in _DAYS))
_SPAN = 3
"""Hours of the day in one row of the map."""
_LEAVE = ("plan", "training", "workload", "policy", "control", "slo", "horizon")
LEFT_OUT = (
    "A load that changes: the year is at one IT load.",
    "Wear, fouling and maintenance of the plant.",
    "Air mixing inside a rack, and the building's own thermal mass beyond its halls.",
)
UNCOVERED = (
    "The cooling plant is held against hand calculations and conservation laws in the "
    "tests; no published year of a whole plant was found to hold it against."
)


def cooling_report(
    year: Json, scenario: Json | None = None, asked: Json | None = None
) -> Report:
    """
    Lay out the report of a year of cooling.

    Args:
        year: Answer of a year of cooling.
        scenario: What was asked; None where it is not known.
        asked: What was asked besides: `it_frac`; None where it is not known.
    """
    words, asked_of = cooling_words(year), scenario_of(scenario)
    return Report(
        kind="Site: a year of cooling",
        title=asked_of.site.name if asked_of else "Site",
        answer=f"{words.headline}.", rest=words.detail, good=words.fits,
        sections=tuple(_sections(year, asked_of, asked or {})),
    )  # fmt: skip


def _sections(year: Json, asked: Scenario | None, more: Json) -> list[Section]:
    it = scale_of("W", [year["it_w"]]).text(year["it_w"])
    words = f"A year of weather at an IT load of {it}. Inputs that are not defaults:"
    share = more.get("it_frac", "the IT load ÷ the rows' limits")
    return [
        ("What was asked", asked_section(asked, words, leave=_LEAVE)),
        ("Key figures", key_figures(cooling_figures(year))),
        ("PUE over the year", _months(year) + _hours(year["pue_by_hour"])),
        ("Where the energy goes", _parts(year["partial_pue"])),
        ("Without cooling", _rides(year["ride_throughs"])),
        *closing_sections(
            asked, year.get("provenance") or {}, (),
            [("/site/cooling-year",
              f'{{"scenario": …, "it_frac": {share}}}, the inputs as JSON')],
            leave=_LEAVE, suites=(), uncovered=UNCOVERED, left_out=LEFT_OUT, first=()),
    ]  # fmt: skip


def _months(year: Json) -> Html:
    pue = year["pue_by_month"]
    items = [
        charts.Bar(name=name, low=1.0, high=value, words=f"{value:.3f}")
        for name, value in zip(_MONTHS, pue, strict=True)
    ]
    axis = Axis(title="PUE", low=1.0, high=1.0 + 1.06 * (max(pue) - 1.0))
    return figure(charts.bars("PUE by month", items, axis),
                  "Energy of the site ÷ energy of the IT; the least there can be is "
                  "one, at the left.")  # fmt: skip


def _hours(pue: Sequence[float | None]) -> Html:
    """Draw the mean of each month's hours of the day; empty for less than a year."""
    if len(pue) < _ENDS[-1]:
        return ""
    values = [
        [mean_of([v for k in range(first, last) if k % 24 // _SPAN == row
                and (v := pue[k]) is not None and math.isfinite(v)])
         for first, last in pairwise(_ENDS)]
        for row in range(24 // _SPAN)
    ]  # fmt: skip
    if not any(v is not None for row in values for v in row):
        return ""
    drawn = heat_map(Cells(
        x_title="Month", y_title="Hours of the day", x=_MONTHS,
        y=[f"{_SPAN * k} to {_SPAN * (k + 1)} h" for k in range(24 // _SPAN)],
        values=values, scale=Scale(), name="PUE",
    ))  # fmt: skip
    return figure(drawn, "Mean of the hours in each cell.")


def _parts(partial: dict[str, float]) -> Html:
    adds = sorted(((v - 1.0, k) for k, v in partial.items() if v - 1.0 > 1e-6),
                  reverse=True)  # fmt: skip
    if not adds:
        return "<p>The plant draws no power.</p>"
    items = [
        charts.Bar(name=PARTS.get(key, key.replace("_", " ")), low=0.0,
                   high=100.0 * part, words=say.percent(part, 2))
        for part, key in adds
    ]  # fmt: skip
    axis = Axis(title="÷ IT energy, %", low=0.0, high=1.06 * items[0].high)
    return figure(charts.bars("Energy of each part over IT energy", items, axis),
                  "What each part adds to a PUE of one.")  # fmt: skip


def _rides(rides: list[Json]) -> Html:
    last_s = max((r["t_s"][-1] for r in rides if r["allowable_s"] is not None),
                 default=600.0)  # fmt: skip
    lines = []
    for k, ride in enumerate(rides):
        inside = [n for n, t in enumerate(ride["t_s"]) if t <= last_s]
        lines.append(Series(
            name=f"{_left(ride)} of the cooling left", colour=charts.COLOURS[k],
            x=[ride["t_s"][n] / 60.0 for n in inside], dash=charts.DASHES[k],
            low=[ride["air_c"][n] for n in inside],
        ))  # fmt: skip
    limit_c, x = rides[0]["limit_c"], Axis(title="Minutes since the failure", low=0.0,
                                           high=last_s / 60.0)  # fmt: skip
    top_c = max(limit_c, 32.0) + 3.0
    drawn = Figure(
        title="Air of the halls when cooling falls off", x=x,
        y=Axis(title="Air of the halls, °C", low=rides[0]["start_c"] - 1.0, high=top_c),
        series=tuple(lines),
        limits=(Limit(x=(x.low, x.high), y=limit_c, words=f"limit {limit_c:g} °C"),),
    ).svg()  # fmt: skip
    rows = [
        [_left(r), say.duration(r["recommended_s"]), say.duration(r["allowable_s"])]
        for r in rides
    ]
    head = ("Cooling left", "Until 27 °C", f"Until {limit_c:g} °C")
    return figure(drawn, "Fans run on; heat goes into air, racks and the tank.") + (
        table(head, rows)
    )


def _left(ride: Json) -> str:
    return say.percent(ride["left_frac"], 0) if ride["left_frac"] else "none"
