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


def needs(inputs: Scenario) -> Needs:
    """Recorded traffic and weather that a site names."""
    facility = facility_of(inputs)
    name = facility.weather.dataset
    weather = () if name is None else (("facility.weather.dataset", name),)
    return Needs(datasets=tuple(dataset_fields(inputs)), weather=weather)


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
        Metric(
            key="facility_peak_w", unit="W", label="Peak at the utility", better="less"
        ),
        Metric(key="it_peak_w", unit="W", label="Peak IT load"),
        Metric(key="facility_wh", unit="Wh", label="Site energy", better="less"),
        Metric(key="it_wh", unit="Wh", label="IT energy"),
        Metric(key="pue", unit="1", label="PUE", better="less"),
        Metric(key="server_count", unit="servers", label="Servers", better="more"),
        Metric(
            key="worst_row_frac", unit="1", label="Worst row, peak ÷ limit",
            better="less",
        ),
        Metric(
            key="lost_server_h", unit="h", label="Server-hours lost", better="less"
        ),
        Metric(key="brakes", unit="brakes", label="Power brakes", better="less"),
        Metric(key="caps", unit="caps", label="Cap commands", better="less"),
        Metric(
            key="capped_low_s", unit="s", label="Low priority capped, rows' sum",
            better="less",
        ),
        Metric(
            key="capped_high_s", unit="s", label="High priority capped, rows' sum",
            better="less",
        ),
        Metric(key="trips", unit="trips", label="Breaker trips", better="less"),
        Metric(key="hottest_c", unit="C", label="Hottest GPU", better="less"),
    ),
)  # fmt: skip
FAILURES = Question(
    key="failures", label="A site's single failures",
    doc="What is lost when any one thing fails at the worst record of the run.",
    model=Scenario, evaluate=failures, needs=needs,
    metrics=(
        Metric(
            key="worst_lost_servers", unit="servers", label="Servers lost, worst case",
            better="less",
        ),
        Metric(
            key="cases_with_loss", unit="cases", label="Failures that lose servers",
            better="less",
        ),
        Metric(
            key="mean_lost_servers", unit="servers", label="Servers lost, mean case",
            better="less",
        ),
        Metric(
            key="worst_load_frac", unit="1", label="Worst load ÷ limit after a failure",
            better="less",
        ),
        Metric(
            key="soonest_trip_s", unit="s", label="Soonest trip, an hour at most",
            better="more",
        ),
        Metric(
            key="worst_slo_damage_frac", unit="1", label="Work harmed, worst case",
            better="less",
        ),
        Metric(key="cases", unit="cases", label="Failures followed"),
        Metric(key="server_count", unit="servers", label="Servers", better="more"),
    ),
)  # fmt: skip
ROOM = Question(
    key="room", label="Room for more servers",
    doc="How many more servers fit a site with every single failure survived.",
    model=Scenario, evaluate=room, needs=needs,
    metrics=(
        Metric(
            key="more_servers", unit="servers", label="More servers (10,000 at most)",
            better="more",
        ),
        Metric(
            key="best_row_servers", unit="servers", label="Most in one row",
            better="more",
        ),
        Metric(key="full_rows", unit="rows", label="Rows without room", better="less"),
    ),
)  # fmt: skip
COOLING = Question(
    key="cooling-year", label="A year of cooling",
    doc="PUE and water of a site's plant over a year at a constant load.",
    model=CoolingYear, evaluate=cooling, needs=_weather,
    metrics=(
        Metric(key="pue", unit="1", label="PUE of the year", better="less"),
        Metric(
            key="wue_l_per_kwh", unit="l/kWh", label="Water per IT energy",
            better="less",
        ),
        Metric(key="water_m3", unit="m3", label="Water of the year", better="less"),
        Metric(
            key="facility_wh", unit="Wh", label="Energy of the year", better="less"
        ),
        Metric(key="peak_w", unit="W", label="Peak at the utility", better="less"),
        Metric(
            key="economiser_hours", unit="h", label="Hours without chillers",
            better="more",
        ),
        Metric(
            key="above_recommended_hours", unit="h", label="Hours above recommended",
            better="less",
        ),
        Metric(
            key="above_allowable_hours", unit="h", label="Hours above allowable",
            better="less",
        ),
        Metric(
            key="short_hours", unit="h", label="Hours with heat left over",
            better="less",
        ),
    ),
)  # fmt: skip
