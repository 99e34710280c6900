"""What a site costs over its years, from plain figures or from its own run."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from twin.cost.answer import CostResult, cost
from twin.cost.load import HOURS, YearLoad, site_load
from twin.facility.answer import answer_site, facility_of, weather_of
from twin.plan.memo import Memo, load_key, scenario_sha256
from twin.scenario import Scenario
from twin.scenario.cost import CostInput
from twin.serving.grid_year import GridHours, GridYear, hours_from
from twin.study.questions import site
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question
from twin.types import Cancel, Report


def needs(inputs: CostInput) -> Needs:
    """Traffic and weather of its site, and the grid's year of prices."""
    name = inputs.energy.grid
    grid = () if name is None else (("energy.grid", name),)
    if inputs.site is None:
        return Needs(grid=grid)
    return replace(site.needs(inputs.site, within="site."), grid=grid)


def whole_year(year: GridYear) -> GridHours:
    """Hours of a year from its first of January, UTC."""
    return hours_from(year, dt.datetime(year.start.year, 1, 1, tzinfo=dt.UTC), HOURS)


def answer(
    inputs: CostInput,
    ground: Ground,
    memo: Memo,
    *,
    on_progress: Report | None = None,
    cancelled: Cancel | None = None,
) -> CostResult:
    """
    Work out what a site costs, running it first where there is one.

    Args:
        inputs: The site and its prices.
        ground: Traffic, weather and grid that it names.
        memo: Remembers what a site draws; prices do not change that.
        on_progress: Told the part done, 0..1, and what is under way.
        cancelled: Asked between chunks of the site's run.

    Raises:
        ScenarioError: If the site cannot be run, or its load and prices do not make a
            year.
        Cancelled: If asked to stop.
    """
    name = inputs.energy.grid
    hours = None if name is None else whole_year(ground.grid[name])
    load = None
    if inputs.site is not None:
        load = _load(inputs.site, ground, memo, on_progress, cancelled)
        load = load.times_lost(inputs.site_runs_per_year)
    return cost(inputs, load=load, hours=hours)


def _load(
    scenario: Scenario, ground: Ground, memo: Memo, on_progress: Report | None,
    cancelled: Cancel | None,
) -> YearLoad:  # fmt: skip
    weather = weather_of(facility_of(scenario).weather, ground.weather)

    def once() -> YearLoad:
        run = answer_site(
            scenario, ground.recordings, weather, memo=memo, on_progress=on_progress,
            cancelled=cancelled,
        ).result  # fmt: skip
        return site_load(scenario, run, weather)

    key = f"{scenario_sha256(scenario)}:{load_key(scenario, ground.recordings)}"
    return memo.remember(f"year-load:{key}", once)


def figures(inputs: CostInput, ground: Ground, memo: Memo) -> Outputs:
    """Work a cost out; see `QUESTION.metrics` for what comes out."""
    found = answer(inputs, ground, memo)
    parts = {p.key: p.present_usd for p in found.parts}
    return {
        "net_present_cost_usd": found.net_present_cost_usd,
        "cost_per_server_h_usd": found.cost_per_server_h_usd,
        "cost_per_it_kwh_usd": found.cost_per_it_kwh_usd,
        "capital_usd": found.capital_usd,
        "energy_usd": found.bill.energy_usd, "demand_usd": found.bill.demand_usd,
        "lost_usd": parts["lost"], "carbon_t": found.carbon_t,
        "water_m3": found.water_m3, "energy_kwh": found.bill.energy_kwh,
        "peak_w": float(found.bill.peak_kw.max()) * 1000.0, "pue": found.pue,
        "server_count": float(found.server_count),
    }  # fmt: skip


QUESTION = Question(
    key="cost", label="What a site costs",
    doc="Capital, bills, carbon and lost hours of a site over its years, and the "
    "levelised cost of a server-hour.",
    model=CostInput, evaluate=figures, needs=needs,
    metrics=(
        Metric("net_present_cost_usd", "USD", "Net present cost", "less"),
        Metric("cost_per_server_h_usd", "USD", "Cost per server-hour", "less"),
        Metric("cost_per_it_kwh_usd", "USD", "Cost per IT kilowatt-hour", "less"),
        Metric("capital_usd", "USD", "Spent at the start", "less"),
        Metric("energy_usd", "USD", "Energy of a year", "less"),
        Metric("demand_usd", "USD", "Demand charge of a year", "less"),
        Metric("lost_usd", "USD", "Lost server-hours, all years", "less"),
        Metric("carbon_t", "t", "Carbon, all years", "less"),
        Metric("water_m3", "m3", "Water, all years", "less"),
        Metric("energy_kwh", "kWh", "Site energy of a year", "less"),
        Metric("peak_w", "W", "Peak at the meter", "less"),
        Metric("pue", "1", "PUE", "less"),
        Metric("server_count", "servers", "Servers", "more"),
    ),
)  # fmt: skip
