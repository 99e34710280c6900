"""The physical site: runs, failures, cooling, and what a template expands to."""

from __future__ import annotations

from fastapi import Response

from api.errors import described
from api.routes.common import DIRECT, State, answered_about, as_json, questions
from api.schemas.campus import CampusIn, CampusOut
from api.schemas.site import (
    CoolingYearIn,
    CoolingYearOut,
    FailureIn,
    FailureOut,
    FailuresIn,
    FailuresOut,
    FitIn,
    FitOut,
    NetworkOut,
    ScheduleIn,
    ScheduleOut,
    SiteQuestion,
    SiteRunIn,
    SiteRunOut,
    SteeringIn,
    SteeringOut,
    WeatherNamesOut,
)
from api.site_documents import network_document

router = questions("site")


@router.post("/run", response_model=SiteRunOut, responses=DIRECT)
async def run_site(state: State, body: SiteRunIn) -> Response:
    """Run a site over its horizon, with the events on its timeline."""
    return await answered_about(state, state.site.run, body)


@router.post("/campus", response_model=CampusOut, responses=DIRECT)
async def run_campus(state: State, body: CampusIn) -> Response:
    """Run a campus hall by hall, under the contract, cooling and water halls share."""
    return await answered_about(state, state.site.campus, body)


@router.post("/failures", response_model=FailuresOut, responses=DIRECT)
async def screen_site(state: State, body: FailuresIn) -> Response:
    """Follow every failure, and every pair, at the site's worst hour."""
    return await answered_about(state, state.site.failures, body)


@router.post("/failure", response_model=FailureOut, responses=DIRECT)
async def follow_failure(state: State, body: FailureIn) -> Response:
    """Follow one failure step by step: who carries what, and who wins the race."""
    return await answered_about(state, state.site.failure, body)


@router.post("/fit", response_model=FitOut, responses=DIRECT)
async def fit_site(state: State, body: FitIn) -> Response:
    """Find how many more servers each row takes, and a place for those asked for."""
    return await answered_about(state, state.site.fit, body)


@router.post("/schedule", response_model=ScheduleOut, responses=DIRECT)
async def schedule_site(state: State, body: ScheduleIn) -> Response:
    """Try placing, routing and configuring on a site, each alone and all of them."""
    return await answered_about(state, state.site.schedule, body)


@router.post("/steering", response_model=SteeringOut, responses=DIRECT)
async def steer_power(state: State, body: SteeringIn) -> Response:
    """Share a parent's power out: who lends, who borrows, who is capped and shed."""
    return await answered_about(state, state.site.steering, body)


@router.post("/cooling-year", response_model=CoolingYearOut, responses=DIRECT)
async def cool_site(state: State, body: CoolingYearIn) -> Response:
    """Run the site's cooling through a year of weather."""
    return await answered_about(state, state.site.cooling_year, body)


@router.post("/network", response_model=NetworkOut, responses=described(403, 404))
def expand_site(state: State, body: SiteQuestion) -> Response:
    """Expand a site's template into nodes and racks; nothing is simulated."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    return as_json(network_document(asked))


@router.get("/weather", response_model=WeatherNamesOut)
def list_weather(state: State) -> WeatherNamesOut:
    """Name the years of weather on this machine."""
    return WeatherNamesOut(items=list(state.datasets.weather_names()))
