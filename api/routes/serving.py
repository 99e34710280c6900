"""Serving fleets: systems side by side, a query's energy, shifting, searches."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Path, Query, Response

from api.errors import described
from api.routes.common import DIRECT, State, answered, as_json, questions
from api.schemas.serving import (
    DefaultsOut,
    GridHoursIn,
    GridHoursOut,
    GridNames,
    KnobGridIn,
    KnobGridOut,
    ProvisionedOut,
    QueryEnergyIn,
    QueryEnergyOut,
    SearchQuestion,
    ServingRunIn,
    ServingRunOut,
    ShiftOut,
    ShiftQuestion,
    SystemList,
)

router = questions("serving")


@router.post("/run", response_model=ServingRunOut, responses=DIRECT)
async def run_serving(state: State, body: ServingRunIn) -> Response:
    """Run serving systems side by side on the same traffic."""
    return answered(
        await state.serving.run(body.serving, view=body.view, points=body.points)
    )


@router.get("/systems", response_model=SystemList)
def list_systems(state: State) -> Response:
    """Name the systems a run may compare, with their knobs and sources."""
    return as_json({"items": state.serving.systems()})


@router.get("/defaults", response_model=DefaultsOut)
def read_defaults(state: State) -> Response:
    """Write out what is taken where nothing is given."""
    return as_json(state.serving.defaults())


@router.post("/query-energy", response_model=QueryEnergyOut, responses=DIRECT)
async def work_out_query(state: State, body: QueryEnergyIn) -> Response:
    """Work out energy, carbon, water and cost of a query, with their scatter."""
    return answered(await state.serving.query(body.query, view=body.view))


@router.post("/shift", response_model=ShiftOut, responses=DIRECT)
async def shift_work(state: State, body: ShiftQuestion) -> Response:
    """Move deferrable work in time, inside its deadlines and the headroom."""
    return answered(await state.serving.shift(body.shift, view=body.view))


@router.post("/knob-grid", response_model=KnobGridOut, responses=DIRECT)
async def vary_knobs(state: State, body: KnobGridIn) -> Response:
    """Say what one instance does over its knobs: latency, throughput, power, energy."""
    return answered(await state.serving.knobs(body.knobs, view=body.view))


@router.post("/provision", response_model=ProvisionedOut, responses=DIRECT)
async def provision(state: State, body: SearchQuestion) -> Response:
    """Find how many machines of each Splitwise design a budget buys, and their rate."""
    return answered(await state.serving.provision(body.search, view=body.view))


@router.get("/grid", response_model=GridNames)
def list_grids(state: State) -> GridNames:
    """Name the years of hourly prices and carbon on this machine."""
    return GridNames(items=list(state.datasets.grid_names()))


Name = Annotated[
    str,
    Path(pattern="^[A-Za-z0-9_-]{1,80}$", description="Name", examples=["US-PJM_2022"]),
]


@router.get("/grid/{name}", response_model=GridHoursOut, responses=described(403))
def read_grid(
    state: State, name: Name, asked: Annotated[GridHoursIn, Query()]
) -> Response:
    """Read prices and carbon of some hours; the year is repeated."""
    start = asked.start if asked.start.tzinfo else asked.start.replace(tzinfo=dt.UTC)
    return as_json(state.serving.grid_hours(name, start, asked.hours))
