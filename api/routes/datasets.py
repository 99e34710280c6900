"""Datasets: list, download, import."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParam
from fastapi.concurrency import run_in_threadpool

from api.errors import described
from api.routes.common import ACCEPTED, TEXT, State, accepted, body_of, keep_body, only
from api.schemas.base import In, said
from api.schemas.catalogue import DatasetList
from store.datasets import DatasetInfo

router = APIRouter(prefix="/datasets", tags=["datasets"], responses=described())

IMPORTS = only("imports:write")
Name = Annotated[
    str,
    PathParam(
        description="Name",
        examples=["azure-llm-2023-conv"],
        pattern="^[a-z0-9._-]{1,60}$",
    ),
]


class ImportQuery(In):
    """What an imported file is."""

    name: str = said("New name", "my-requests", min_length=1, max_length=60)
    kind: Literal["requests", "rates"] = said("What the rows are", "requests")


@router.get("")
def list_datasets(state: State) -> DatasetList:
    """Every dataset known, and whether it is on the server's machine."""
    return DatasetList(items=state.datasets.list())


@router.post(
    "/{name}/pull",
    status_code=202,
    dependencies=IMPORTS,
    responses={**ACCEPTED, **described(404)},
)
def pull_dataset(state: State, name: Name) -> Response:
    """Start the download of a published dataset."""
    return accepted(state.start_pull(name))


@router.post(
    "/import",
    status_code=201,
    dependencies=IMPORTS,
    openapi_extra=body_of("A CSV with a header, gzipped or not", {"text/csv": TEXT}),
)
async def import_dataset(
    state: State, asked: Annotated[ImportQuery, Query()], request: Request
) -> DatasetInfo:
    """Take in a CSV of requests or rates, every row checked; all of it or nothing."""
    with tempfile.TemporaryDirectory(prefix="nameplate-") as folder:
        path = Path(folder) / "upload.csv"
        await keep_body(request, path)
        return await run_in_threadpool(
            state.datasets.import_file, asked.name, asked.kind, path
        )
