"""Jobs: how far they are, as a document or as a stream, and cancel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from api.errors import described
from api.jobs import FINISHED, Job
from api.routes.common import Id, State, events_of, job_detail, job_out, sent_as_events
from api.schemas.stored import JobDetail, JobOut
from twin.types import Document

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=described(404))

LOOK_EVERY_S = 0.1
HEARTBEAT_S = 15.0
_STREAM = events_of("Events named after the job's state, its document as data")


@router.get("/{job_id}", response_model=JobDetail)
def read_job(state: State, job_id: Id) -> Response:
    """One job; a what-if that is done has its answer here."""
    return job_detail(state.jobs.find(job_id))


@router.get("/{job_id}/events", response_class=StreamingResponse, responses=_STREAM)
def follow_job(state: State, job_id: Id) -> StreamingResponse:
    """Follow a job over server-sent events until it has finished."""
    return sent_as_events(_events(state.jobs.find(job_id)))


@router.delete("/{job_id}")
def cancel_job(state: State, job_id: Id) -> JobOut:
    """Ask a job to stop; a finished one stays as it is."""
    return job_out(state.jobs.cancel(job_id))


async def _events(found: Job | Document) -> AsyncIterator[bytes]:
    """Write a job's document whenever it changed."""
    if not isinstance(found, Job):
        yield _event(job_out(found))
        return
    seen, last_s = -1, time.monotonic()
    while True:
        revision, ended = found.revision, found.finished.is_set()
        if revision != seen or ended:
            seen, last_s = revision, time.monotonic()
            shown = job_out(found)
            yield _event(shown)
            if shown.state in FINISHED:
                return
        elif time.monotonic() - last_s > HEARTBEAT_S:
            last_s = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(LOOK_EVERY_S)


def _event(job: JobOut) -> bytes:
    return f"event: {job.state}\ndata: ".encode() + to_json(job) + b"\n\n"
