"""A whole site: a run, each single failure, room for more, a year of cooling."""

from __future__ import annotations

import math

from pydantic import Field

from twin.facility.answer import (
    SiteAnswer,
    answer_site,
    cooling_year,
    facility_of,
    fit,
    screen,
    weather_of,
)
from twin.plan.memo import Memo
from twin.scenario import Scenario, dataset_fields
from twin.scenario.base import Model, quantity
from twin.scenario.facility import Facility, SiteTemplate
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question

LONGEST_S = 3600.0
"""Time to a trip where nothing trips: a number that limits can be held to."""


class CoolingYear(Model):
    """A site through a year at a constant load."""

    scenario: Scenario = Field(
        default_factory=lambda: Scenario(facility=Facility(template=SiteTemplate())),
        description="The site", examples=[{"facility": {"weather": {"mean_c": 15}}}],
    )  # fmt: skip
    it_frac: float = quantity(
        0.6, unit="1", doc="IT load ÷ the site's limits, all year", example=0.6,
        source="assumed, as the Site page starts", ge=0.01, le=1,
    )  # fmt: skip


def needs(inputs: Scenario, within: str = "") -> Needs:
    """Recorded traffic and weather that a site names; `within` leads its fields."""
    name = facility_of(inputs).weather.dataset
    field = f"{within}facility.weather.dataset"
    return Needs(
        datasets=tuple((f"{within}{f}", n) for f, n in dataset_fields(inputs)),
        weather=() if name is None else ((field, name),),
    )


def run(inputs: Scenario, ground: Ground, memo: Memo) -> SiteAnswer:
    """Run a site."""
    weather = weather_of(facility_of(inputs).weather, ground.weather)
    return answer_site(inputs, ground.recordings, weather, memo=memo)


def site(inputs: Scenario, ground: Ground, memo: Memo) -> Outputs:
    """Run a site; see `SITE.metrics` for what comes out."""
    found = run(inputs, ground, memo).result
    rows = found.rows
    peak_w = float(found.series.facility_w.max())
    return {
        "facility_peak_w": peak_w,
        "it_peak_w": float(found.series.it_w.max()),
        "facility_wh": found.facility_wh, "it_wh": found.it_wh, "pue": found.pue,
        "server_count": float(found.server_count),
        "worst_row_frac": max((r.peak_frac for r in rows), default=math.nan),
        "lost_server_h": found.lost_server_s / 3600.0,
        "brakes": float(sum(r.brakes for r in rows)),
        "caps": float(sum(r.caps_low + r.caps_high for r in rows)),
        "capped_low_s": float(sum(r.capped_low_s for r in rows)),
        "capped_high_s": float(sum(r.capped_high_s for r in rows)),
        "trips": float(sum(e.kind == "trip" for e in found.events)),
        "hottest_c": found.hottest_c,
    }  # fmt: skip


def failures(inputs: Scenario, ground: Ground, memo: Memo) -> Outputs:
    """Follow every single failure of a site at its worst record."""
    answer = run(inputs, ground, memo)
    found = screen(answer, pairs=False)
    lost = [c.lost_servers for c in found.cases]
    worst = found.cases[0] if found.cases else None
    trips = [c.first_trip_s for c in found.cases if math.isfinite(c.first_trip_s)]
    return {
        "worst_lost_servers": float(max(lost, default=0)),
        "cases_with_loss": float(sum(n > 0 for n in lost)),
        "mean_lost_servers": sum(lost) / len(lost) if lost else 0.0,
        "worst_load_frac": max((c.worst_frac for c in found.cases), default=0.0),
        "soonest_trip_s": min([*trips, LONGEST_S]),
        "worst_slo_damage_frac": 0.0 if worst is None else max(
            c.slo_damage_frac for c in found.cases
        ),
        "cases": float(len(lost)), "server_count": float(found.server_count),
    }  # fmt: skip


def room(inputs: Scenario, ground: Ground, memo: Memo) -> Outputs:
    """How many more servers fit, row by row, with every single failure survived."""
    found = fit(run(inputs, ground, memo), servers=10_000)
    return {
        "more_servers": float(found.placed_servers),
        "best_row_servers": float(max((r.more_servers for r in found.rows), default=0)),
        "full_rows": float(sum(r.more_servers == 0 for r in found.rows)),
    }


def _weather(inputs: CoolingYear) -> Needs:
    return Needs(weather=needs(inputs.scenario).weather)


def cooling(inputs: CoolingYear, ground: Ground, _: Memo) -> Outputs:
    """Run a site's cooling through a year at a constant load."""
    site = inputs.scenario
    weather = weather_of(facility_of(site).weather, ground.weather)
    found = cooling_year(site, weather, inputs.it_frac)
    power_w = found.plant.it_w + found.plant.cooling_w + found.other_w
    water_m3 = found.wue_l_per_kwh * float(found.plant.it_w.sum()) / 1e6
    return {
        "pue": found.pue, "wue_l_per_kwh": found.wue_l_per_kwh, "water_m3": water_m3,
        "facility_wh": float(power_w.sum()), "peak_w": float(power_w.max()),
        "economiser_hours": float(found.economiser_hours),
        "above_recommended_hours": float(found.above_recommended_hours),
        "above_allowable_hours": float(found.above_allowable_hours),
        "short_hours": float(found.short_hours),
    }  # fmt: skip


SITE = Question(
    key="site", label="A site, run",
    doc="Power, cooling, protection and control of a whole site through its events.",
    model=Scenario, evaluate=site, needs=needs,
    metrics=(
        Metric("facility_peak_w", "W", "Peak at the utility", "less"),
        Metric("it_peak_w", "W", "Peak IT load"),
        Metric("facility_wh", "Wh", "Site energy", "less"),
        Metric("it_wh", "Wh", "IT energy"),
        Metric("pue", "1", "PUE", "less"),
        Metric("server_count", "servers", "Servers", "more"),
        Metric("worst_row_frac", "1", "Worst row, peak ÷ limit", "less"),
        Metric("lost_server_h", "h", "Server-hours lost", "less"),
        Metric("brakes", "brakes", "Power brakes", "less"),
        Metric("caps", "caps", "Cap commands", "less"),
        Metric("capped_low_s", "s", "Low priority capped, rows' sum", "less"),
        Metric("capped_high_s", "s", "High priority capped, rows' sum", "less"),
        Metric("trips", "trips", "Breaker trips", "less"),
        Metric("hottest_c", "C", "Hottest GPU", "less"),
    ),
)  # fmt: skip
FAILURES = Question(
    key="failures", label="A site's single failures",
    doc="What is lost when any one thing fails at the worst record of the run.",
    model=Scenario, evaluate=failures, needs=needs,
    metrics=(
        Metric("worst_lost_servers", "servers", "Servers lost, worst case", "less"),
        Metric("cases_with_loss", "cases", "Failures that lose servers", "less"),
        Metric("mean_lost_servers", "servers", "Servers lost, mean case", "less"),
        Metric("worst_load_frac", "1", "Worst load ÷ limit after a failure", "less"),
        Metric("soonest_trip_s", "s", "Soonest trip, an hour at most", "more"),
        Metric("worst_slo_damage_frac", "1", "Work harmed, worst case", "less"),
        Metric("cases", "cases", "Failures followed"),
        Metric("server_count", "servers", "Servers", "more"),
    ),
)  # fmt: skip
ROOM = Question(
    key="room", label="Room for more servers",
    doc="How many more servers fit a site with every single failure survived.",
    model=Scenario, evaluate=room, needs=needs,
    metrics=(
        Metric("more_servers", "servers", "More servers (10,000 at most)", "more"),
        Metric("best_row_servers", "servers", "Most in one row", "more"),
        Metric("full_rows", "rows", "Rows without room", "less"),
    ),
)  # fmt: skip
COOLING = Question(
    key="cooling-year", label="A year of cooling",
    doc="PUE and water of a site's plant over a year at a constant load.",
    model=CoolingYear, evaluate=cooling, needs=_weather,
    metrics=(
        Metric("pue", "1", "PUE of the year", "less"),
        Metric("wue_l_per_kwh", "l/kWh", "Water per IT energy", "less"),
        Metric("water_m3", "m3", "Water of the year", "less"),
        Metric("facility_wh", "Wh", "Energy of the year", "less"),
        Metric("peak_w", "W", "Peak at the utility", "less"),
        Metric("economiser_hours", "h", "Hours without chillers", "more"),
        Metric("above_recommended_hours", "h", "Hours above recommended", "less"),
        Metric("above_allowable_hours", "h", "Hours above allowable", "less"),
        Metric("short_hours", "h", "Hours with heat left over", "less"),
    ),
)  # fmt: skip
