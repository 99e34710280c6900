"""Imports with their diff, and exports to other tools."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json

from api.errors import described
from api.imports_documents import LISTS
from api.problems import Refusal
from api.routes.common import (
    TEXT,
    Id,
    PageQuery,
    Paging,
    State,
    attached,
    body_of,
    only,
)
from api.schemas.base import In, said
from api.schemas.imports import (
    ImportOut,
    ImportPage,
    ImportSummary,
    Kind,
    ListQuery,
    NetboxIn,
    PreviewQuery,
    SeriesPage,
)
from store.models_imports import ImportRow

router = APIRouter(tags=["imports"], responses=described(403))

WRITES = only("imports:write")
READS = only("scenarios:read")
_FILE = body_of(
    'The file: JSON, CSV or EPW. Several at once as {"files": {"name.csv": "text"}}',
    {"application/octet-stream": TEXT},
)


class ImportsQuery(PageQuery):
    """Which imports."""

    kind: Kind | None = said("Of one kind", "dps", None)
    scenario_id: str | None = said("Of one scenario", "sample-row", None, max_length=64)


class TableQuery(In):
    """Which scenario."""

    scenario_id: str = said("Scenario", "sample-row", min_length=1, max_length=64)


class DpsQuery(TableQuery):
    """What to write of which scenario."""

    part: Literal["topology", "policies", "devices"] = said(
        "Which file: entities and tree, power policies, or device specifications",
        "topology", "topology",
    )  # fmt: skip


@router.post(
    "/imports/preview", status_code=201, openapi_extra=_FILE, dependencies=WRITES,
    responses=described(404), response_model=ImportOut,
)  # fmt: skip
async def preview_import(
    state: State, asked: Annotated[PreviewQuery, Query()], request: Request
) -> Response:
    """Read a file and say what it would change; nothing changes yet."""
    content = await request.body()
    options = asked.model_dump(exclude={"kind", "name"})
    with state.imports.previewing():
        found = await run_in_threadpool(
            state.imports.preview, asked.kind, asked.name, content, **options
        )
    return _out(found, ListQuery(), 201)


@router.post(
    "/imports/netbox", status_code=201, dependencies=WRITES,
    responses=described(404), response_model=ImportOut,
)  # fmt: skip
def preview_netbox(
    state: State, body: NetboxIn,
    token: Annotated[
        str,
        Header(
            alias="X-Import-Token", description="Token of the NetBox: used once, never "
            "kept or logged", examples=["0123456789abcdef"],
        ),
    ] = "",
) -> Response:  # fmt: skip
    """Fetch a live NetBox and say what it would change; only from hosts allowed."""
    if not token.isascii() or not token.isprintable():
        raise Refusal(422, "X-Import-Token must be plain ASCII; copy it again")
    found = state.imports.preview_netbox(
        body.url, token, name=body.name, scenario_id=body.scenario_id,
        servers=body.servers,
    )  # fmt: skip
    return _out(found, ListQuery(), 201)


@router.post(
    "/imports/{import_id}/apply", dependencies=WRITES,
    responses=described(404, 409, 412), response_model=ImportOut,
)  # fmt: skip
def apply_import(state: State, import_id: Id) -> Response:
    """Do what a preview said, all of it or nothing; again changes nothing."""
    state.imports.apply(import_id)
    return _out(state.imports.imports.whole(import_id), ListQuery(), 200)


@router.get("/imports", dependencies=READS)
def list_imports(state: State, asked: Annotated[ImportsQuery, Query()]) -> ImportPage:
    """All imports, newest first."""
    return ImportPage.model_validate(state.imports.imports.page(**asked.model_dump()))


@router.get(
    "/imports/{import_id}", dependencies=READS, responses=described(404),
    response_model=ImportOut,
)  # fmt: skip
def read_import(
    state: State, import_id: Id, asked: Annotated[ListQuery, Query()]
) -> Response:
    """One import: its diff, the rows left out, and what could not be mapped."""
    return _out(state.imports.imports.whole(import_id), asked, 200)


@router.get("/series", dependencies=READS)
def list_series(state: State, asked: Paging) -> SeriesPage:
    """Price and carbon series that were imported."""
    return SeriesPage.model_validate(state.imports.series.page(**asked.model_dump()))


@router.get("/exports/dps", dependencies=READS, responses=described(404))
def export_dps(state: State, asked: Annotated[DpsQuery, Query()]) -> dict[str, Any]:
    """A scenario for NVIDIA's power software, in the spelling with OperatingLimit."""
    return state.imports.export_dps(asked.scenario_id, asked.part)


@router.get(
    "/exports/topology.csv", dependencies=READS, response_class=Response,
    responses={
        200: {
            "description": "A row a node or rack; cells that look like formulas have "
            "an apostrophe in front",
            "content": {"text/csv": TEXT},
        },
        **described(404),
    },
)  # fmt: skip
def export_table(state: State, asked: Annotated[TableQuery, Query()]) -> Response:
    """A scenario's nodes and racks as one table, which kind csv reads again."""
    content = state.imports.export_table(asked.scenario_id)
    return attached(content, "csv", "topology")


def _out(found: ImportRow, asked: ListQuery, status: int) -> Response:
    """An import with a part of its lists."""
    summary = ImportSummary.model_validate(found).model_dump(mode="json")
    document = {k: v for k, v in found.document.items() if k != "extras"}
    last = asked.offset + asked.limit
    shown = {name: document[name][asked.offset : last] for name in LISTS}
    left = {name: len(document[name]) - len(shown[name]) for name in LISTS}
    content = to_json(summary | document | shown | {"left_out": left})
    return Response(content, status_code=status, media_type="application/json")
