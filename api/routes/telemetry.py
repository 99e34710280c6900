"""Telemetry: agents send, people and tools read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as PathParam
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from api.access import Caller, needs
from api.errors import described
from api.routes.common import (
    JSON,
    OBJECT,
    State,
    as_json,
    body_of,
    events_of,
    only,
    sent_as_events,
)
from api.schemas.telemetry import (
    AcknowledgementOut,
    EventList,
    HelloOut,
    NowOut,
    NowQuery,
    Period,
    PlacementIn,
    PlacementOut,
    SeriesOut,
    SeriesQuery,
    SourceList,
    StoredOut,
)

router = APIRouter(prefix="/telemetry", tags=["telemetry"], responses=described())

Writing = Annotated[Caller, Depends(needs("telemetry:write"))]
READING = only("telemetry:read")
Name = Annotated[
    str, PathParam(description="Name of a source", examples=["node017"], max_length=120)
]
Spool = Annotated[
    str | None,
    Query(
        description="Spool whose next number is wanted", pattern="^[0-9a-f]{32}$",
        examples=["6f1d0000000000000000000000000000"],
    ),
]  # fmt: skip
STREAM_EVERY_S = 1.0

_BATCH = body_of("One agent's batch; docs/telemetry.md describes it", {JSON: OBJECT})
_STREAM = events_of("What /telemetry/now answers, once a second")


@router.get("/hello")
async def greet_agent(state: State, caller: Writing, spool: Spool = None) -> HelloOut:
    """Tell an agent the time, the limits, and which number comes next."""
    found = await run_in_threadpool(state.telemetry.hello, caller, spool)
    return HelloOut.model_validate(found)


@router.post(
    "",
    response_model=AcknowledgementOut,
    responses=described(409, 415),
    openapi_extra=_BATCH,
)
async def ingest_batch(state: State, caller: Writing, request: Request) -> Response:
    """Store an agent's batch once; the answer comes when it is on disk."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    return as_json(await state.telemetry.ingest(caller, await request.body(), encoding))


@router.get("/now", dependencies=READING, response_model=NowOut)
def read_now(state: State, asked: Annotated[NowQuery, Query()]) -> Response:
    """What is drawn now: the site, every node, and the hosts asked for."""
    return as_json(state.watch.now(hosts=asked.host, node=asked.node))


@router.get(
    "/stream", dependencies=READING, response_class=StreamingResponse, responses=_STREAM
)
async def stream_now(
    state: State, request: Request, asked: Annotated[NowQuery, Query()]
) -> StreamingResponse:
    """Send what is drawn now once a second, as server-sent events."""

    async def events() -> AsyncIterator[bytes]:
        while not await request.is_disconnected():
            found = await run_in_threadpool(
                state.watch.now, hosts=asked.host, node=asked.node
            )
            yield b"event: now\ndata: " + to_json(found) + b"\n\n"
            await asyncio.sleep(STREAM_EVERY_S)

    return sent_as_events(events())


@router.get(
    "/series", dependencies=READING, response_model=SeriesOut, responses=described(404)
)
def read_series(state: State, asked: Annotated[SeriesQuery, Query()]) -> Response:
    """Power over time: of the site, a node, a host or a device."""
    found = state.watch.series(
        asked.of, asked.start_us, asked.end_us, level=asked.level, device=asked.device
    )
    return as_json(found)


@router.get("/sources", dependencies=READING)
def list_sources(state: State) -> SourceList:
    """Everything that reports, and when it last did."""
    return SourceList.model_validate({"items": state.watch.sources()})


@router.get("/sources/{name}/stored", dependencies=READING, responses=described(404))
def read_stored(
    state: State, name: Name, asked: Annotated[Period, Query()]
) -> StoredOut:
    """How much of a source is stored, and where it has holes."""
    return StoredOut.model_validate(
        state.watch.stored(name, asked.start_us, asked.end_us)
    )


@router.post(
    "/sources/{name}/retire",
    dependencies=only("imports:write"),
    status_code=204,
    responses=described(404),
)
def retire_source(state: State, name: Name) -> None:
    """Stop to expect a source; its history stays, new readings bring it back."""
    state.telemetry.retire(name)


@router.get("/events", dependencies=READING)
def list_events(state: State, asked: Annotated[Period, Query()]) -> EventList:
    """What agents reported about their devices and themselves."""
    return EventList.model_validate(
        {"items": state.watch.events(asked.start_us, asked.end_us)}
    )


@router.get("/placement", dependencies=READING)
def read_placement(state: State) -> PlacementOut:
    """Which scenario is watched, and where sources stand in it."""
    return PlacementOut.model_validate(state.watch.placement())


@router.put(
    "/placement", dependencies=only("imports:write"), responses=described(404, 412)
)
def put_placement(state: State, body: PlacementIn) -> PlacementOut:
    """Watch a scenario, with sources on its nodes."""
    return PlacementOut.model_validate(
        state.watch.place(body.scenario_id, body.nodes, body.version)
    )
