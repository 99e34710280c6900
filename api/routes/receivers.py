"""Receivers of others' telemetry: Prometheus, OpenTelemetry, files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.errors import described
from api.limits import MAX_IMPORT_BYTES
from api.problems import Refusal
from api.receivers_service import zoned
from api.routes.common import (
    ACCEPTED,
    BINARY,
    MEDIA_TYPES,
    OBJECT,
    Responses,
    State,
    accepted,
    body_of,
    keep_body,
    only,
)
from api.schemas.receivers import PullIn, ReceiverList, UploadOut, UploadQuery
from api.wire import otlp
from store.prometheus import PRESETS, RangeQuery
from twin.errors import ScenarioError

router = APIRouter(tags=["receivers"], responses=described())
COLLECTING = only("telemetry:collect")
IMPORTING = only("imports:write")
_OWN = (400, 413, 415, 429, 503)


def _otlp_answers() -> Responses:
    """The protocol's own documents: an answer, or a Status in the same encoding."""
    written = {otlp.PROTOBUF: BINARY, otlp.JSON: {"schema": {}}}
    answers: Responses = {
        200: {"description": "ExportMetricsServiceResponse", "content": written}
    }
    for status, document in described(415).items():
        content = {**document["content"], **(written if status in _OWN else {})}
        answers[status] = {**document, "content": content}
    return answers


@router.post(
    "/prometheus/write",
    status_code=204,
    dependencies=COLLECTING,
    responses=described(415),
    openapi_extra=body_of("Remote-write 1.0 or 2.0, snappy", {otlp.PROTOBUF: BINARY}),
)
async def receive_remote_write(state: State, request: Request) -> Response:
    """Take samples in that a Prometheus, vmagent or Alloy writes."""
    headers = await run_in_threadpool(
        state.receivers.remote_write,
        await request.body(),
        request.headers.get("content-type", ""),
        request.headers.get("content-encoding", ""),
    )
    return Response(status_code=204, headers=headers)


@router.post(
    "/otlp/v1/metrics",
    dependencies=COLLECTING,
    responses=_otlp_answers(),
    response_class=Response,
    openapi_extra=body_of(
        "ExportMetricsServiceRequest", {otlp.PROTOBUF: BINARY, otlp.JSON: OBJECT}
    ),
)
async def receive_otlp(state: State, request: Request) -> Response:
    """Take OpenTelemetry metrics in, as protobuf or JSON."""
    media = otlp.encoding_of(request.headers.get("content-type", ""))
    encoding = request.headers.get("content-encoding", "")
    try:
        answer = await run_in_threadpool(
            state.receivers.otlp, await request.body(), media, encoding
        )
    except Refusal as error:  # the protocol wants its own document
        return Response(
            otlp.status(media, error.detail), error.status, error.headers, media
        )
    return Response(answer, media_type=media)


@router.post(
    "/telemetry/upload",
    dependencies=IMPORTING,
    openapi_extra=body_of(
        "CSV with a header, gzipped or not, or Parquet",
        dict.fromkeys(MEDIA_TYPES.values(), BINARY),
    ),
)
async def upload_telemetry(
    state: State, asked: Annotated[UploadQuery, Query()], request: Request
) -> UploadOut:
    """Take a file of readings in, every row checked; all of it or nothing."""
    said = request.headers.get("content-length", "")
    size = int(said) if said.isdecimal() else MAX_IMPORT_BYTES
    with state.receivers.uploading(size) as folder:
        path = folder / "upload"
        await keep_body(request, path)
        found = await run_in_threadpool(
            state.receivers.upload, path, **asked.model_dump()
        )
    return UploadOut.model_validate(found)


@router.post(
    "/telemetry/pull", status_code=202, dependencies=IMPORTING, responses=ACCEPTED
)
def pull_telemetry(state: State, body: PullIn) -> Response:
    """Start to fetch a range query from a Prometheus."""
    query = RangeQuery(
        url=body.url, query=_query(body), step_s=body.step_s,
        start_s=zoned("start", body.start).timestamp(),
        end_s=zoned("end", body.end).timestamp(), authorization=body.authorization,
    )  # fmt: skip
    return accepted(state.receivers.start_pull(query, source=body.source))


@router.get("/telemetry/receivers", dependencies=only("telemetry:read"))
def list_receivers(state: State) -> ReceiverList:
    """What receivers got since the server started, and what they ignored."""
    return ReceiverList.model_validate({"items": state.receivers.status()})


def _query(body: PullIn) -> str:
    if (body.query is None) == (body.preset is None):
        raise ScenarioError("query", "must be given, or a preset, and not both",
                            body.query, 'send "preset": "dcgm"')  # fmt: skip
    return body.query or PRESETS[body.preset or ""]
