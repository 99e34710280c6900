"""Stored scenarios."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.documents import plain
from api.errors import described
from api.routes.common import Id, IfMatch, PageQuery, State
from api.schemas.base import said
from api.schemas.stored import (
    CloneIn,
    ScenarioIn,
    ScenarioOut,
    ScenarioPage,
    ScenarioPatch,
    ScenarioSummary,
)
from api.services import AppState
from store.models import ScenarioRow
from store.repositories import NotFoundError
from twin.errors import ScenarioError

router = APIRouter(prefix="/scenarios", tags=["scenarios"], responses=described(403))


class ScenarioQuery(PageQuery):
    """Which scenarios."""

    archived: bool | None = said("Only put away ones, or only others", False, None)
    site_id: str | None = said("Of one site", "sample-site", None, max_length=64)


@router.get("")
def list_scenarios(
    state: State, asked: Annotated[ScenarioQuery, Query()]
) -> ScenarioPage:
    """All scenarios, newest first, without their inputs."""
    return ScenarioPage.model_validate(state.scenarios.page(**asked.model_dump()))


@router.post("", status_code=201)
def create_scenario(state: State, body: ScenarioIn) -> ScenarioOut:
    """Store a scenario."""
    return _out(state.scenarios.add(**_values(state, body)))


@router.get("/{scenario_id}", responses=described(404))
def read_scenario(state: State, scenario_id: Id, response: Response) -> ScenarioOut:
    """One scenario; the ETag is its version."""
    return _out(state.scenarios.get(scenario_id), response)


@router.put(
    "/{scenario_id}",
    responses={**described(412), 201: {"model": ScenarioOut, "description": "Stored"}},
)
def put_scenario(
    state: State, scenario_id: Id, body: ScenarioIn, expected: IfMatch,
    response: Response,
) -> ScenarioOut:  # fmt: skip
    """Store a scenario under this id; repeating it changes nothing."""
    values = _values(state, body)
    if state.scenarios.find(scenario_id) is None:
        response.status_code = 201
        return _out(state.scenarios.add(id=scenario_id, **values), response)
    revised = state.scenarios.revise(scenario_id, expected=expected, **values)
    return _out(revised, response)


@router.patch("/{scenario_id}", responses=described(404, 412))
def change_scenario(
    state: State, scenario_id: Id, body: ScenarioPatch, expected: IfMatch,
    response: Response,
) -> ScenarioOut:  # fmt: skip
    """Rename or archive a scenario, or move it; absent and null fields stay."""
    values: dict[str, Any] = body.model_dump(exclude_none=True)
    _check_site(state, body.site_id)
    if body.name is not None:
        row = state.scenarios.get(scenario_id)
        values["body"] = {**row.body, "name": body.name}
    revised = state.scenarios.revise(scenario_id, expected=expected, **values)
    return _out(revised, response)


@router.delete("/{scenario_id}", status_code=204, responses=described(404))
def delete_scenario(state: State, scenario_id: Id) -> None:
    """Delete a scenario; its runs and plans keep their copy of the inputs."""
    state.scenarios.delete(scenario_id)


@router.post("/{scenario_id}/clone", status_code=201, responses=described(404))
def clone_scenario(state: State, scenario_id: Id, body: CloneIn) -> ScenarioOut:
    """Copy a scenario."""
    row = state.scenarios.get(scenario_id)
    name = body.name or f"{row.name[:110]} (copy)"
    copy = state.scenarios.add(
        name=name, site_id=row.site_id, body={**row.body, "name": name}
    )
    return _out(copy)


def _values(state: AppState, body: ScenarioIn) -> dict[str, Any]:
    state.check_policies(body.scenario)
    _check_site(state, body.site_id)
    return {
        "name": body.scenario.name,
        "site_id": body.site_id,
        "body": plain(body.scenario),
    }


def _check_site(state: AppState, site_id: str | None) -> None:
    if site_id is None:
        return
    try:
        state.sites.get(site_id)
    except NotFoundError as error:
        raise ScenarioError(
            field="site_id", rule="must be a stored site", value=site_id,
            repair="take one from GET /api/v1/sites",
        ) from error  # fmt: skip


def _out(row: ScenarioRow, response: Response | None = None) -> ScenarioOut:
    if response is not None:
        response.headers["etag"] = f'"{row.version}"'
    summary = ScenarioSummary.model_validate(row)
    return ScenarioOut(**summary.model_dump(), scenario=row.body)  # type: ignore[arg-type]
