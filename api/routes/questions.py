"""What-ifs, runs and plans."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.documents import cell_table, series_table
from api.errors import described
from api.routes.common import (
    ACCEPTED,
    DIRECT,
    FormatQuery,
    Id,
    Paging,
    State,
    accepted,
    answered_about,
    only,
    result_content,
    result_response,
)
from api.schemas.results import PlanOut, RunOut, WhatIfOut
from api.schemas.stored import (
    OutcomeDetail,
    OutcomeOut,
    OutcomePage,
    PlanIn,
    Question,
    WhatIfIn,
)
from api.services import result_of
from store.models import PlanRow, RunRow

router = APIRouter(responses=described(403))


@router.post(
    "/what-if",
    tags=["what-if"],
    dependencies=only("scenarios:read"),  # it changes nothing
    response_model=WhatIfOut,
    responses=DIRECT,
)
async def ask_what_if(state: State, body: WhatIfIn) -> Response:
    """Answer a base scenario plus changes: at once, or as a job if it takes longer."""
    return await answered_about(state, state.what_if, body)


@router.post(
    "/runs",
    tags=["runs"],
    status_code=202,
    responses={**ACCEPTED, **described(403, 404)},
)
def create_run(state: State, body: Question) -> Response:
    """Start a run that is kept."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    return accepted(state.start_run(asked, body.scenario_id))


@router.get("/runs", tags=["runs"])
def list_runs(state: State, paging: Paging) -> OutcomePage:
    """All runs, newest first, without results."""
    return OutcomePage.model_validate(state.runs.page(**paging.model_dump()))


@router.get("/runs/{run_id}", tags=["runs"], responses=described(404))
def read_run(state: State, run_id: Id) -> OutcomeDetail:
    """One run: inputs, provenance, how far it is."""
    return _detail(state.runs.get(run_id))


@router.get(
    "/runs/{run_id}/result",
    tags=["runs"],
    response_class=Response,
    responses={**result_content(RunOut), **described(404, 409)},
)
def read_run_result(state: State, run_id: Id, kind: FormatQuery = "json") -> Response:
    """Result of a run; as CSV or Parquet its curves over time."""
    document = result_of(state.runs.with_result(run_id))
    return result_response(document, series_table, kind, run_id)


@router.post(
    "/plans",
    tags=["plans"],
    status_code=202,
    responses={**ACCEPTED, **described(403, 404)},
)
def create_plan(state: State, body: PlanIn) -> Response:
    """Start a search over server counts and policies."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    return accepted(state.start_plan(asked, body.scenario_id, body.view))


@router.get("/plans", tags=["plans"])
def list_plans(state: State, paging: Paging) -> OutcomePage:
    """All plans, newest first, without results."""
    return OutcomePage.model_validate(state.plans.page(**paging.model_dump()))


@router.get("/plans/{plan_id}", tags=["plans"], responses=described(404))
def read_plan(state: State, plan_id: Id) -> OutcomeDetail:
    """One plan: inputs, provenance, how far it is."""
    return _detail(state.plans.get(plan_id))


@router.get(
    "/plans/{plan_id}/result",
    tags=["plans"],
    response_class=Response,
    responses={**result_content(PlanOut), **described(404, 409)},
)
def read_plan_result(state: State, plan_id: Id, kind: FormatQuery = "json") -> Response:
    """Result of a plan; as CSV or Parquet one row per server count and policy."""
    document = result_of(state.plans.with_result(plan_id))
    return result_response(document, cell_table, kind, plan_id)


def _detail(row: RunRow | PlanRow) -> OutcomeDetail:
    known = OutcomeOut.model_validate(row).model_dump()
    return OutcomeDetail(**known, scenario=row.body)  # type: ignore[arg-type]
