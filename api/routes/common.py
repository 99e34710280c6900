"""What routes share: the running services, pages, versions, formats and jobs."""

from __future__ import annotations

import pathlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.params import Depends as Dependency
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from api import errors
from api.access import needs
from api.documents import Table, as_csv, as_parquet
from api.jobs import Job
from api.problems import Refusal
from api.schemas.base import In, said
from api.schemas.stored import JobOut, Question, ResultRef
from api.services import AppState
from twin.errors import ScenarioError
from twin.types import Document

PREFIX = "/api/v1"
ID_PATTERN = "^[A-Za-z0-9_-]{1,64}$"
JSON = "application/json"
Format = Literal["json", "csv", "parquet"]
MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
MakeTable = Callable[[Document], Table]
Responses = dict[int | str, dict[str, Any]]
TEXT: Document = {"schema": {"type": "string"}}
BINARY: Document = {"schema": {"type": "string", "format": "binary"}}
OBJECT: Document = {"schema": {"type": "object"}}


async def _state(request: Request) -> AppState:  # async: no thread is needed
    state: AppState | None = getattr(request.app.state, "services", None)
    if state is None:
        raise Refusal(503, "The server has not started yet, or is stopping")
    return state


State = Annotated[AppState, Depends(_state)]
Id = Annotated[str, Path(pattern=ID_PATTERN, description="Id", examples=["sample-row"])]


class PageQuery(In):
    """Which part of a list."""

    limit: int = said("Most items on a page", 50, 50, ge=1, le=200, unit="items")
    cursor: str | None = said("From the page before", None, None, max_length=400)


Paging = Annotated[PageQuery, Query()]
FormatQuery = Annotated[
    Format, Query(alias="format", description="Representation", examples=["csv"])
]
_PIECE_BYTES = 1_000_000
_ETAG = re.compile(r'^(?:W/)?"?(\d{1,9})"?$', re.ASCII)


def _if_match(
    if_match: Annotated[
        str | None,
        Header(description="Version the change was made on", examples=['"1"']),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.match(if_match.strip())
    if found is None:
        raise ScenarioError(
            "If-Match", "must be a version", if_match,
            'send the scenario\'s version, for example "1", or leave it out'
        )  # fmt: skip
    return int(found[1])


IfMatch = Annotated[int | None, Depends(_if_match)]


def job_out(found: Job | Document) -> JobOut:
    """Describe a job, with the address of its result."""
    document = found.document() if isinstance(found, Job) else dict(found)
    return JobOut(result=_result_ref(document), **{
        k: v for k, v in document.items() if k != "result_id"
    })  # fmt: skip


def job_detail(found: Job | Document) -> Response:
    """Describe a job, together with a what-if's answer, already written as JSON."""
    document = job_out(found).model_dump(mode="json")
    answer = found.answer if isinstance(found, Job) else None
    head = to_json(document)
    body = head[:-1] + b',"answer":' + (answer or b"null") + b"}"
    return Response(body, media_type=JSON)


def as_json(document: Any) -> Response:
    """Answer with a document that nothing need check."""
    return Response(to_json(document), media_type=JSON)


def _result_ref(document: Document) -> ResultRef | None:
    kind, key = document["kind"], document["result_id"]
    if kind == "what-if":
        job = document["id"]
        return ResultRef(kind=kind, id=job, href=f"{PREFIX}/jobs/{job}")
    if key is None:
        return None
    path = {
        "run": f"runs/{key}/result", "plan": f"plans/{key}/result",
        "study": f"studies/{key}",
        "calibration": f"tracking/calibrations/{key}",
    }  # fmt: skip
    return ResultRef(kind=kind, id=key, href=f"{PREFIX}/{path.get(kind, 'datasets')}")


def accepted(job: Job) -> Response:
    """Answer 202 with a job and where to follow it."""
    return Response(
        to_json(job_out(job)), status_code=202, media_type=JSON,
        headers={"location": f"{PREFIX}/jobs/{job.id}"},
    )  # fmt: skip


def answered(job: Job) -> Response:
    """Answer with what a job found, why it failed, or where to follow it."""
    if job.answer is not None:
        return Response(job.answer, media_type=JSON)
    if job.error is not None:
        return errors.answer(job.error)
    return accepted(job)


async def answered_about(
    state: AppState, ask: Callable[..., Awaitable[Job]], body: Question
) -> Response:
    """Ask about a body's scenario; its other fields are what the use case takes."""
    scenario = state.question(body.scenario, body.scenario_id, body.changes)
    more = {name: value for name, value in body if name not in Question.model_fields}
    return answered(await ask(scenario, **more))


ACCEPTED: Responses = {202: {"model": JobOut, "description": "Queued; follow the job"}}
DIRECT: Responses = {**ACCEPTED, **errors.described(403, 404, 409, 500)}
"""Of a question that is answered at once where it is quick."""


def only(scope: str) -> list[Dependency]:
    """Dependencies of routes that ask for a scope."""
    return [Depends(needs(scope))]


def questions(noun: str) -> APIRouter:
    """Make the router of a noun's questions, which change nothing."""
    return APIRouter(
        prefix=f"/{noun}", tags=[noun], responses=errors.described(403),
        dependencies=only("scenarios:read"),
    )  # fmt: skip


def body_of(description: str, content: Document) -> Document:
    """Describe a body that is read as it comes in, for OpenAPI."""
    whole = {"required": True, "description": description, "content": content}
    return {"requestBody": whole}


def events_of(description: str) -> Responses:
    """Describe server-sent events for OpenAPI."""
    return {200: {"description": description, "content": {"text/event-stream": TEXT}}}


def sent_as_events(events: AsyncIterator[bytes]) -> StreamingResponse:
    """Answer with server-sent events."""
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


def attached(content: bytes, kind: str, name: str) -> Response:
    """Answer with a file to keep."""
    return Response(
        content, media_type=MEDIA_TYPES[kind],
        headers={"content-disposition": f'attachment; filename="{name}.{kind}"'},
    )  # fmt: skip


def result_response(
    document: Document, make_table: MakeTable, kind: Format, name: str
) -> Response:
    """Send a stored result in one of its representations."""
    if kind == "json":
        return as_json(document)
    table = make_table(document)
    return attached(as_csv(table) if kind == "csv" else as_parquet(table), kind, name)


def result_content(model: type[Any]) -> Responses:
    """Describe the representations of a result for OpenAPI."""
    return {
        200: {
            "model": model,
            "description": "The result",
            "content": {MEDIA_TYPES["csv"]: TEXT, MEDIA_TYPES["parquet"]: BINARY},
        }
    }


async def keep_body(request: Request, path: pathlib.Path) -> None:
    """Write a body to disk in large pieces, none of them on the event loop."""
    waiting, size = list[bytes](), 0
    with path.open("wb") as file:
        async for chunk in request.stream():
            waiting.append(chunk)
            size += len(chunk)
            if size >= _PIECE_BYTES:
                await run_in_threadpool(file.write, b"".join(waiting))
                waiting, size = [], 0
        await run_in_threadpool(file.write, b"".join(waiting))
