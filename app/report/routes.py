"""Addresses of reports: of stored runs, plans and studies, a comparison, readings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic_core import from_json

from api.access import needs
from api.documents import plain
from api.errors import described
from api.routes.common import ACCEPTED, Id, State, answered
from api.schemas.base import In, said
from api.schemas.compare import CompareIn
from api.schemas.telemetry import Period
from api.services import result_of
from app.report.kinds import report_of
from app.report.pdf import as_pdf
from app.report.study_data import thinned


class ReportQuery(In):
    """How a report is written."""

    format: Literal["html", "pdf"] = said("HTML, or PDF where its library is", "html",
                                          "html")  # fmt: skip
    paper: Literal["a4", "letter"] = said("Sheets of a PDF", "a4", "a4")


class MeasuredQuery(ReportQuery, Period):
    """Which readings, and how their report is written."""

    of: str = said("site, node/NAME, or a host's name: whose power is drawn", "site",
                   "site", max_length=140)  # fmt: skip


Asked = Annotated[ReportQuery, Query()]
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report, one file that needs nothing else",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_RESPONSES = {**_CONTENT, **described(404, 409, 500, 501)}
_STORED = [Depends(needs("scenarios:read"))]
_READINGS = [Depends(needs("telemetry:read"))]
router = APIRouter(tags=["reports"], default_response_class=Response)


@router.get("/runs/{run_id}/report", dependencies=_STORED, responses=_RESPONSES)
def report_run(state: State, run_id: Id, asked: Asked) -> Response:
    """Report of a stored run."""
    row = state.runs.with_result(run_id)
    return answer(report_of(result_of(row), scenario=row.body), run_id, asked)


@router.get("/plans/{plan_id}/report", dependencies=_STORED, responses=_RESPONSES)
def report_plan(state: State, plan_id: Id, asked: Asked) -> Response:
    """Report of a stored plan."""
    row = state.plans.with_result(plan_id)
    return answer(report_of(result_of(row)), plan_id, asked)


@router.get("/studies/{study_id}/report", dependencies=_STORED, responses=_RESPONSES)
def report_study(state: State, study_id: Id, asked: Asked) -> Response:
    """Report of a study, also while it is under way."""
    document = plain(state.studies.document(study_id))
    points = thinned((asdict(p) for p in state.studies.all_points(study_id)), document)
    return answer(report_of(document, points=points), study_id, asked)


@router.post(
    "/compare/report", dependencies=_STORED, responses={**_RESPONSES, **ACCEPTED}
)
async def report_comparison(state: State, body: CompareIn, asked: Asked) -> Response:
    """Report of a comparison; where it takes longer, follow the job and ask again."""
    job = await state.compare.compare(body)
    if job.answer is None:
        return answered(job)
    sent = body.model_dump(mode="json", exclude_defaults=True)

    def write(found: bytes) -> Response:
        return answer(report_of(from_json(found), asked=sent), "comparison", asked)

    return await run_in_threadpool(write, job.answer)


@router.get("/telemetry/report", dependencies=_READINGS, responses=_RESPONSES)
def report_measured(
    state: State, asked: Annotated[MeasuredQuery, Query()]
) -> Response:  # fmt: skip
    """Report of what was measured in a period."""
    watch, period_us = state.watch, (asked.start_us, asked.end_us)
    found = {
        "now": watch.now(), "series": watch.series(asked.of, *period_us),
        "sources": watch.sources(), "events": watch.events(*period_us),
        "period_us": period_us,
    }  # fmt: skip
    return answer(report_of(found), "measured", asked)


def answer(page: str, name: str, asked: ReportQuery) -> Response:
    """
    Send a report; HTML may run and fetch nothing, whatever is in it.

    Args:
        page: The report as HTML.
        name: Of the file.
        asked: How it is written.
    """
    if asked.format == "pdf":
        content, media = as_pdf(page, paper=asked.paper), "application/pdf"
    else:
        content, media = page.encode(), "text/html"
    return Response(
        content, media_type=media,
        headers={
            "content-disposition": f'inline; filename="{name}.{asked.format}"',
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
            "img-src data:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'; sandbox allow-downloads",
        },
    )  # fmt: skip
