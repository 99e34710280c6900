"""The physical site: runs, failures, cooling, and what a template expands to."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from pydantic_core import to_json

from api.access import needs
from api.errors import described
from api.routes.common import ACCEPTED, State, answered
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

router = APIRouter(
    prefix="/site", tags=["site"], responses=described(403),
    dependencies=[Depends(needs("scenarios:read"))],  # a question changes nothing
)  # fmt: skip
_DIRECT = {**ACCEPTED, **described(403, 404, 409, 500)}


@router.post("/run", response_model=SiteRunOut, responses=_DIRECT)
async def run_site(state: State, body: SiteRunIn) -> Response:
    """Run a site over its horizon, with the events on its timeline."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    job = await state.site.run(
        asked, view=body.view, series=body.series, seeds=body.seeds
    )
    return answered(job)


@router.post("/campus", response_model=CampusOut, responses=_DIRECT)
async def run_campus(state: State, body: CampusIn) -> Response:
    """Run a campus hall by hall, under the contract, cooling and water halls share."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    job = await state.site.campus(
        asked, view=body.view, engine=body.engine, series=body.series, nodes=body.nodes
    )
    return answered(job)


@router.post("/failures", response_model=FailuresOut, responses=_DIRECT)
async def screen_site(state: State, body: FailuresIn) -> Response:
    """Follow every failure, and every pair, at the site's worst hour."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    return answered(await state.site.failures(asked, view=body.view, pairs=body.pairs))


@router.post("/failure", response_model=FailureOut, responses=_DIRECT)
async def follow_failure(state: State, body: FailureIn) -> Response:
    """Follow one failure step by step: who carries what, and who wins the race."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    failed = tuple(body.failed)
    return answered(await state.site.failure(asked, view=body.view, failed=failed))


@router.post("/fit", response_model=FitOut, responses=_DIRECT)
async def fit_site(state: State, body: FitIn) -> Response:
    """Find how many more servers each row takes, and a place for those asked for."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    job = await state.site.fit(
        asked, view=body.view, servers=body.servers, server_w=body.server_w,
        keep_losses=body.keep_losses, keep_cooling=body.keep_cooling,
        inputs=body.inputs,
    )  # fmt: skip
    return answered(job)


@router.post("/schedule", response_model=ScheduleOut, responses=_DIRECT)
async def schedule_site(state: State, body: ScheduleIn) -> Response:
    """Try placing, routing and configuring on a site, each alone and all of them."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    job = await state.site.schedule(
        asked, view=body.view, emergency=body.emergency, iaas_frac=body.iaas_frac,
        oversubscription_frac=body.oversubscription_frac, days=body.days,
    )  # fmt: skip
    return answered(job)


@router.post("/steering", response_model=SteeringOut, responses=_DIRECT)
async def steer_power(state: State, body: SteeringIn) -> Response:
    """Share a parent's power out: who lends, who borrows, who is capped and shed."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    job = await state.site.steering(
        asked, view=body.view, by=body.by, parent_w=body.parent_w,
        left_frac=body.left_frac, growth_frac=body.growth_frac,
    )  # fmt: skip
    return answered(job)


@router.post("/cooling-year", response_model=CoolingYearOut, responses=_DIRECT)
async def cool_site(state: State, body: CoolingYearIn) -> Response:
    """Run the site's cooling through a year of weather."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    job = await state.site.cooling_year(
        asked, view=body.view, it_frac=body.it_frac, utc_offset_h=body.utc_offset_h,
        price_series=body.price_series, carbon_series=body.carbon_series,
    )  # fmt: skip
    return answered(job)


@router.post("/network", response_model=NetworkOut, responses=described(403, 404))
def expand_site(state: State, body: SiteQuestion) -> Response:
    """Expand a site's template into nodes and racks; nothing is simulated."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    document = network_document(asked)
    return Response(to_json(document), media_type="application/json")


@router.get("/weather", response_model=WeatherNamesOut)
def list_weather(state: State) -> WeatherNamesOut:
    """Name the years of weather on this machine."""
    return WeatherNamesOut(items=list(state.datasets.weather_names()))
