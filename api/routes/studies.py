"""Studies: one question at many points."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse

from api.documents import as_csv
from api.errors import described
from api.routes.common import (
    ACCEPTED,
    MEDIA_TYPES,
    FormatQuery,
    Id,
    Paging,
    State,
    accepted,
    as_json,
    attached,
    only,
    result_content,
)
from api.schemas.studies import (
    PointDetail,
    PointQuery,
    PointRows,
    PointsIn,
    PointsOut,
    QuestionList,
    ResultTable,
    ResumeIn,
    StudyChecked,
    StudyDetail,
    StudyIn,
    StudyPage,
    StudyQuestion,
)
from api.studies_documents import summary_document
from twin.scenario.study import MOST_POINTS

router = APIRouter(prefix="/studies", tags=["studies"], responses=described(403))
_READS = only("scenarios:read")
Place = Annotated[
    int,
    Path(
        ge=0, le=MOST_POINTS, description="Place of a point [1]", examples=[0],
        json_schema_extra={"unit": "1"},
    ),
]  # fmt: skip


@router.get("/questions", response_model=QuestionList)
def list_questions(state: State) -> Response:
    """Name the questions a study may ask, with their outputs and fields."""
    return as_json({"items": state.studies.questions()})


@router.post(
    "/check", dependencies=_READS, response_model=StudyChecked,
    responses=described(404),
)  # fmt: skip
def check_study(state: State, body: StudyQuestion) -> Response:
    """Look at a study without starting it: its axes, and how many points."""
    spec = state.studies.based(body.study, body.scenario_id)
    return as_json(state.studies.check(spec))


@router.post("", status_code=202, responses={**ACCEPTED, **described(404)})
def create_study(state: State, body: StudyIn) -> Response:
    """Start a study that is kept; whatever is wrong with it is said before."""
    spec = state.studies.based(body.study, body.scenario_id)
    return accepted(state.studies.start(spec, body.engine)[1])


@router.get("", response_model=StudyPage)
def list_studies(state: State, paging: Paging) -> Response:
    """List all studies, newest first."""
    page = state.studies.table.page(**paging.model_dump())
    document = {
        "items": [summary_document(row) for row in page.items],
        "next_cursor": page.next_cursor,
    }
    return as_json(document)


@router.get("/{study_id}", response_model=StudyDetail, responses=described(404))
def read_study(state: State, study_id: Id) -> Response:
    """Read a study: what was asked, how far it is, what came out."""
    return as_json(state.studies.document(study_id))


@router.delete("/{study_id}", status_code=204, responses=described(404, 409))
def delete_study(state: State, study_id: Id) -> Response:
    """Delete a study and its points; what was computed stays known."""
    state.studies.delete(study_id)
    return Response(status_code=204)


@router.post(
    "/{study_id}/resume", status_code=202, responses={**ACCEPTED, **described(404, 409)}
)
def resume_study(state: State, study_id: Id, body: ResumeIn) -> Response:
    """Go on with a study that was cancelled or failed; answered points are kept."""
    return accepted(state.studies.go_on(study_id, body.engine)[1])


@router.get("/{study_id}/points", response_model=PointsOut, responses=described(404))
def read_points(
    state: State, study_id: Id, asked: Annotated[PointsIn, Query()]
) -> Response:
    """Read points in order, also while the study is under way."""
    found = state.studies.points(study_id, after=asked.after, limit=asked.limit)
    document = {
        "items": [asdict(p) for p in found],
        "next": found[-1].index if len(found) == asked.limit else None,
    }
    return as_json(document)


@router.get(
    "/{study_id}/points/{place}", response_model=PointDetail, responses=described(404)
)
def read_point(state: State, study_id: Id, place: Place) -> Response:
    """Read one point with its inputs, to open it as a run of its own."""
    return as_json(state.studies.point(study_id, place))


@router.post(
    "/{study_id}/query", dependencies=_READS, response_model=PointRows,
    responses=described(404, 409),
)  # fmt: skip
def query_points(state: State, study_id: Id, body: PointQuery) -> Response:
    """Ask a finished study for the points that keep conditions, sorted."""
    rows, total = state.studies.query(
        study_id, where=[(c.column, c.operator, c.value) for c in body.where],
        order_by=body.order_by, descending=body.descending, limit=body.limit,
    )  # fmt: skip
    return as_json({"items": rows, "total": total})


@router.get(
    "/{study_id}/result", response_class=Response,
    responses={**result_content(ResultTable), **described(404, 409)},
)  # fmt: skip
def read_study_result(
    state: State, study_id: Id, kind: FormatQuery = "json"
) -> Response:
    """Read a finished study whole; CSV and Parquet have a row per point."""
    path = state.studies.parquet(study_id)
    if kind == "parquet":
        return FileResponse(
            path, media_type=MEDIA_TYPES[kind], filename=f"{study_id}.parquet"
        )
    document = state.studies.document(study_id)
    points = list(state.studies.all_points(study_id))
    if kind == "csv":
        table = state.studies.table_of(study_id, points)
        return attached(as_csv(table), kind, study_id)
    return as_json({"study": document, "points": [asdict(p) for p in points]})
