"""Stored scenarios and their versions."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.caller import author
from api.documents import plain
from api.errors import described
from api.routes.common import Id, IfMatch, PageQuery, State
from api.schemas.base import said
from api.schemas.stored import (
    CloneIn,
    ScenarioIn,
    ScenarioNew,
    ScenarioOut,
    ScenarioPage,
    ScenarioPatch,
    ScenarioSummary,
    readable,
)
from api.schemas.versions import (
    Change,
    VersionDetail,
    VersionIn,
    VersionOut,
    VersionPage,
    VersionPatch,
)
from api.services import AppState
from store.models import ScenarioRow
from store.repositories import ConflictError, NotFoundError
from twin.compare import differing
from twin.errors import ScenarioError
from twin.scenario import Scenario, apply_changes, parse_scenario

router = APIRouter(prefix="/scenarios", tags=["scenarios"], responses=described(403))
Number = Annotated[
    int,
    Path(
        ge=1, le=10**9, description="Version", examples=[1],
        json_schema_extra={"unit": "1"},
    ),
]  # fmt: skip


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


@router.post("", status_code=201, responses=described(404))
def create_scenario(state: State, body: ScenarioNew) -> ScenarioOut:
    """Store a scenario: inputs, or a stored one, with changes to them."""
    scenario = body.scenario or _stored(state, body.scenario_id or "")
    if body.changes:
        scenario = apply_changes(scenario, body.changes)
    if body.name is not None:
        scenario = apply_changes(scenario, {"name": body.name})
    values = _values(state, scenario, body.site_id)
    return _out(state.scenarios.add(author=author(), **values))


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
    values = _values(state, body.scenario, body.site_id)
    if state.scenarios.find(scenario_id) is None:
        with suppress(ConflictError):  # somebody stored it in between: a change then
            made = state.scenarios.add(id=scenario_id, author=author(), **values)
            response.status_code = 201
            return _out(made, response)
    return _revised(state, scenario_id, expected, response, **values)


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
    return _revised(state, scenario_id, expected, response, **values)


@router.delete("/{scenario_id}", status_code=204, responses=described(404))
def delete_scenario(state: State, scenario_id: Id) -> None:
    """Delete a scenario and its versions; runs and plans keep their inputs."""
    state.scenarios.delete(scenario_id)


@router.post("/{scenario_id}/clone", status_code=201, responses=described(404))
def clone_scenario(state: State, scenario_id: Id, body: CloneIn) -> ScenarioOut:
    """Copy a scenario."""
    row = state.scenarios.get(scenario_id)
    name = body.name or f"{row.name[:110]} (copy)"
    copy = state.scenarios.add(
        author=author(), name=name, site_id=row.site_id, body={**row.body, "name": name}
    )
    return _out(copy)


# --- versions -------------------------------------------------------------------------


@router.get("/{scenario_id}/versions", responses=described(404))
def list_versions(
    state: State, scenario_id: Id, asked: Annotated[PageQuery, Query()]
) -> VersionPage:
    """Versions of a scenario, newest first."""
    found = state.scenarios.versions(
        scenario_id, limit=asked.limit + 1, before=_before(asked.cursor)
    )
    kept = found[: asked.limit]
    more = str(kept[-1].number) if len(found) > asked.limit else None
    items = [VersionOut.model_validate(row) for row in kept]
    return VersionPage(items=items, next_cursor=more)


@router.post("/{scenario_id}/versions", status_code=201, responses=described(404, 412))
def save_version(
    state: State, scenario_id: Id, body: VersionIn, expected: IfMatch,
    response: Response,
) -> ScenarioOut:  # fmt: skip
    """Save inputs as the newest version, or name it; equal ones make no new one."""
    scenario = body.scenario or _stored(state, scenario_id)
    if body.changes:
        scenario = apply_changes(scenario, body.changes)
    return _revised(
        state, scenario_id, expected, response, **_inputs(state, scenario),
        autosaved=body.autosave, version_name=body.name,
    )  # fmt: skip


@router.get("/{scenario_id}/versions/{number}", responses=described(404))
def read_version(
    state: State, scenario_id: Id, number: Number,
    against: Annotated[
        int | None,
        Query(
            ge=1, le=10**9, description="Version to compare with", examples=[1],
            json_schema_extra={"unit": "1"},
        ),
    ] = None,
) -> VersionDetail:  # fmt: skip
    """One version and what differs from another, the one before unless said."""
    row = state.scenarios.version(scenario_id, number)
    other = against or (number - 1 if number > 1 else None)
    before = {} if other is None else state.scenarios.version(scenario_id, other).body
    moved = [] if other is None else differing([before, row.body])[0]
    return VersionDetail(
        **VersionOut.model_validate(row).model_dump(), against=other, scenario=row.body,
        changes=[
            Change(field=d.field, before=d.values[0], after=d.values[1]) for d in moved
        ],
    )  # fmt: skip


@router.patch("/{scenario_id}/versions/{number}", responses=described(404))
def name_version(
    state: State, scenario_id: Id, number: Number, body: VersionPatch
) -> VersionOut:
    """Name a version; a named one is never written over."""
    row = state.scenarios.name_version(scenario_id, number, body.name)
    return VersionOut.model_validate(row)


@router.post("/{scenario_id}/versions/{number}/restore", responses=described(404, 412))
def restore_version(
    state: State, scenario_id: Id, number: Number, expected: IfMatch,
    response: Response,
) -> ScenarioOut:  # fmt: skip
    """Make an earlier version the present one; that is a new version."""
    kept = parse_scenario(state.scenarios.version(scenario_id, number).body)
    return _revised(state, scenario_id, expected, response, **_inputs(state, kept))


# --- shared ---------------------------------------------------------------------------


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 9):
        raise ScenarioError("cursor", "must come from the page before", cursor,
                            "take next_cursor of the last answer, or leave it "
                            "out")  # fmt: skip
    return int(cursor)


def _stored(state: AppState, scenario_id: str) -> Scenario:
    return parse_scenario(state.scenarios.get(scenario_id).body)


def _revised(
    state: AppState, scenario_id: str, expected: int | None, response: Response,
    **values: Any,
) -> ScenarioOut:  # fmt: skip
    revised = state.scenarios.revise(
        scenario_id, expected=expected, author=author(), **values
    )
    return _out(revised, response)


def _inputs(state: AppState, scenario: Scenario) -> dict[str, Any]:
    state.check_policies(readable(scenario))
    return {"name": scenario.name, "body": plain(scenario)}


def _values(state: AppState, scenario: Scenario, site_id: str | None) -> dict[str, Any]:
    values = _inputs(state, scenario)
    _check_site(state, site_id)
    return values | {"site_id": site_id}


def _check_site(state: AppState, site_id: str | None) -> None:
    if site_id is None:
        return
    try:
        state.sites.get(site_id)
    except NotFoundError as error:
        raise ScenarioError("site_id", "must be a stored site", site_id,
                            "take one from GET /api/v1/sites") from error  # fmt: skip


def _out(row: ScenarioRow, response: Response | None = None) -> ScenarioOut:
    if response is not None:
        response.headers["etag"] = f'"{row.version}"'
    summary = ScenarioSummary.model_validate(row)
    return ScenarioOut(**summary.model_dump(), scenario=row.body)  # type: ignore[arg-type]
