"""Studies: what is sent and what is answered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from api.schemas.base import In, Out, Page, said
from api.schemas.reflect import schema_of
from api.schemas.results import ProvenanceOut
from api.schemas.stored import State, Text, mapping_read_by
from twin.scenario.study import MOST_POINTS, StudySpec
from twin.study.analysis import Analysis
from twin.study.prepare import parse_study

_AT = "2026-01-05T00:00:00Z"
_STUDY = {
    "axes": [{"field": "fleet.server_count", "values": [40, 46, 52]}],
    "outputs": ["peak_frac"], "base": {"horizon": {"days": 0.05}},
}  # fmt: skip
_PROBLEM = {"field": "fleet.server_count", "rule": "two priorities need two servers",
            "value": 1, "repair": "use 2 servers or more"}  # fmt: skip


StudyBody = Annotated[StudySpec, mapping_read_by(parse_study, "study")]


class StudyQuestion(In):
    """A study to look at."""

    study: StudyBody = said("The study; absent keys take defaults", _STUDY)
    scenario_id: Text | None = said(
        "A stored scenario as the base; the study's own base is then empty",
        "sample-row", None, max_length=64,
    )  # fmt: skip


class StudyIn(StudyQuestion):
    """A study to start."""

    engine: Text | None = said(
        "serial, threads, processes, or the address of a dask scheduler that this "
        "server may use; empty is the server's", "processes", None, max_length=200,
    )  # fmt: skip


class ResumeIn(In):
    """How to go on with a study."""

    engine: Text | None = said(
        "Another engine than before", "threads", None, max_length=200
    )


class PointsIn(In):
    """Which points."""

    after: int = said("Points behind this one", 99, -1, ge=-1, le=MOST_POINTS)
    limit: int = said("Most points", 1000, 1000, ge=1, le=5000, unit="points")


class ConditionIn(In):
    """A condition on a column."""

    column: Text = said("Field of an axis or key of an output", "peak_frac",
                        max_length=200)  # fmt: skip
    operator: Literal["<", "<=", "=", "!=", ">=", ">"] = said("How to compare", "<=")
    value: float | Text = said("With what", 1.0)


class PointQuery(In):
    """A question about a finished study's points."""

    where: list[ConditionIn] = said("All must hold", [], [], max_length=20)
    order_by: Text | None = said("Column to sort by", "energy_wh", None, max_length=200)
    descending: bool = said("Whether the largest come first", True, False)
    limit: int = said("Most rows", 100, 100, ge=1, le=10_000, unit="rows")


# --- answered -------------------------------------------------------------------------


class MetricOut(Out):
    """One output of a question."""

    key: str = said("Key, its unit last", "peak_frac")
    unit: str = said("Unit", "1")
    label: str = said("Name for people", "Peak ÷ limit")
    better: Literal["less", "more", "neither"] = said("Which way is better", "less")


class FieldOut(Out):
    """A field that an axis may name."""

    path: str = said("Dotted path", "fleet.server_count")
    doc: str = said("What it is", "Servers deployed")
    unit: str = said("Its unit", "servers")
    kind: str = said("number, whole, choice, text or flag", "whole")
    low: float | None = said("Lowest value allowed", 1)
    high: float | None = said("Highest value allowed", 5000)
    low_open: bool = said("Whether the lowest itself is not allowed", False)
    high_open: bool = said("Whether the highest itself is not allowed", False)
    choices: list[str] = said("What a choice may be", [])


class QuestionOut(Out):
    """A question a study may ask."""

    key: str = said("Key", "row")
    label: str = said("Name for people", "One row, request by request")
    doc: str = said("What it answers", "How a row behaves under its policy")
    metrics: list[MetricOut] = said("Its outputs", [])


class QuestionDetail(QuestionOut):
    """A question with the fields of its inputs."""

    fields: list[FieldOut] = said("Fields an axis may name", [])


class QuestionList(Out):
    """Questions."""

    items: list[QuestionDetail] = said("Questions", [])


class AxisOut(Out):
    """An axis on its field."""

    field: str = said("Dotted path", "fleet.server_count")
    label: str = said("Name for people", "fleet.server_count")
    doc: str = said("What it is", "Servers deployed")
    unit: str = said("Its unit", "servers")
    kind: str = said("values, range, log or distribution", "values")
    low: float | None = said("Lowest value; null where values are no numbers", 40)
    high: float | None = said("Highest value", 52)
    whole: bool = said("Whether it takes whole numbers only", True)
    numeric: bool = said("Whether its values are numbers", True)


class StudyChecked(Out):
    """What a study would do."""

    points: int = said("Points it would answer, at most", 27)
    axes: list[AxisOut] = said("Its axes", [])
    question: QuestionOut = said("What it asks", {})


class StudyCounts(Out):
    """How far a study is."""

    asked: int = said("Points it asks for; at most, until it is done", 27)
    done: int = said("Points that came", 12)
    failed: int = said("Of these, without an answer", 0)
    from_cache: int = said("Of these, known from before", 0)


class StudySummary(Out):
    """A stored study without its points."""

    id: str = said("Id", "study_0f9a1c22d3e4b5a6")
    name: str = said("Name", "Row 7, uncertain load")
    question_key: str = said("Key of its question", "row")
    status: State = said("How far it is", "done")
    job_id: str | None = said("The job that does it", "job_0f9a1c22d3e4b5a6")
    engine: str = said("Where it is answered", "processes")
    points: StudyCounts = said("How far it is", {})
    created_at: dt.datetime = said("When it was asked for, UTC", _AT)
    finished_at: dt.datetime | None = said("When it ended, UTC", _AT)


class StudyPage(Page):
    """A page of studies."""

    items: list[StudySummary] = said("Newest first", [])


class StudyDetail(Out):
    """A study: what was asked, how far it is, what came out."""

    id: str = said("Id", "study_0f9a1c22d3e4b5a6")
    name: str = said("Name", "Row 7, uncertain load")
    status: State = said("How far it is", "done")
    job_id: str | None = said("The job that does it", "job_0f9a1c22d3e4b5a6")
    created_at: dt.datetime = said("When it was asked for, UTC", _AT)
    finished_at: dt.datetime | None = said("When it ended, UTC", _AT)
    engine: str = said("Where it is answered", "processes")
    stopped: str = said("Why it ended before its last point", "")
    spec: StudySpec = said("The study, every default filled in", _STUDY)
    question: QuestionOut = said("What it asks", {})
    axes: list[AxisOut] = said("Its axes", [])
    points: StudyCounts = said("How far it is", {})
    analysis: schema_of(Analysis) | None = said(  # type: ignore[valid-type]
        "What came out; null until it is done", None
    )
    provenance: ProvenanceOut = said("What it rests on", {})


class PointOut(Out):
    """One point."""

    index: int = said("Place in the study, from 0", 0)
    key: str = said("Address of its answer: a hash of all it depends on", "9c1e" * 16)
    changes: dict[str, Any] = said("Value per field that varies",
                                   {"fleet.server_count": 40})  # fmt: skip
    outputs: dict[str, float | None] | None = said(
        "Figure per output, null where undefined; null without an answer",
        {"peak_frac": 0.79},
    )  # fmt: skip
    error: dict[str, Any] | None = said("Why it has no answer", _PROBLEM)


class PointsOut(Out):
    """Points in order, as far as they have come."""

    items: list[PointOut] = said("Points", [])
    next: int | None = said("Ask `after` this for more; null at the last so far", 999)


class PointDetail(PointOut):
    """One point with its inputs."""

    question: str = said("Key of the question", "row")
    inputs: dict[str, Any] | None = said(
        "Inputs of the point, every default filled in; null where they break a rule", {}
    )


class PointRows(Out):
    """Rows that a question about points gave."""

    items: list[dict[str, Any]] = said("Rows: index, axes, outputs, error", [])
    total: int = said("Rows there are without the limit", 12)


class ResultTable(Out):
    """Points of a finished study."""

    study: StudyDetail = said("The study", {})
    points: list[PointOut] = said("Its points, in order", [])
