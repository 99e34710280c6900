"""What the tools about studies answer."""

from __future__ import annotations

from typing import Any

from api.schemas.base import Out, said
from api.schemas.results import ProvenanceOut
from api.schemas.studies import QuestionOut

_POINT = {"index": 0, "changes": {"fleet.server_count": 40}}


class QuestionsFound(Out):
    """Questions."""

    items: list[QuestionOut] = said("Questions", [])


class StudyStarted(Out):
    """A study that was started."""

    study_id: str = said("Give it to read_study", "study_0f9a1c22d3e4b5a6")
    job_id: str = said("The job that does it", "job_0f9a1c22d3e4b5a6")
    status: str = said("How far it is", "running")
    asked: int = said("Points it asks for, at most", 27, unit="points")


class OutputFound(Out):
    """One output over the points that have it."""

    output: str = said("Key", "peak_frac")
    unit: str = said("Unit of its figures", "1")
    count: int = said("Points counted", 64, unit="points")
    undefined: int = said("Points left out: not defined there", 0, unit="points")
    mean: float | None = said("Mean, in its unit", 0.93)
    sd: float | None = said("Standard deviation, in its unit", 0.03)
    least: float | None = said("Smallest, in its unit", 0.85)
    p5: float | None = said("5th percentile, in its unit", 0.88)
    p50: float | None = said("Median, in its unit", 0.93)
    p95: float | None = said("95th percentile, in its unit", 0.98)
    most: float | None = said("Largest, in its unit", 1.01)


class LimitFound(Out):
    """How often a limit is passed."""

    output: str = said("Output", "peak_frac")
    side: str = said("above or below", "above")
    limit: float = said("The limit, in the output's unit", 1.0)
    probability: float | None = said("Part of the points that pass it", 0.03)
    low: float | None = said("Low end of its interval", 0.004)
    high: float | None = said("High end", 0.11)
    level: float = said("Confidence of the interval", 0.95)
    drawn: bool = said("Whether points were drawn, so that this is a chance", True)


class Effect(Out):
    """What one axis does to an output."""

    field: str = said("Field of the axis", "workload.load.level")
    first: float | None = said("Share of the variance it makes alone", 0.6)
    total: float | None = said("Share it makes with all others together", 0.7)
    rank_correlation: float | None = said("Spearman's, -1..1", 0.8)


class Influence(Out):
    """What the axes do to one output, the strongest first."""

    output: str = said("Output", "peak_frac")
    method: str = said("sobol, rbd-fast, rank, or constant", "sobol")
    effects: list[Effect] = said("Axes, the strongest first", [])
    note: str = said("What a reader must know", "")


class PointFound(Out):
    """One point of a study."""

    index: int = said("Place in the study", 0)
    changes: dict[str, Any] = said("Value per field that varies", _POINT["changes"])
    outputs: dict[str, float | None] | None = said(
        "Figure per output, the unit in its name", {"peak_frac": 0.79}
    )
    error: dict[str, Any] | None = said(
        "Why it has none: field, rule, value, repair", None
    )


class StudyFound(Out):
    """A study: how far it is, and what came out."""

    id: str = said("Id", "study_0f9a1c22d3e4b5a6")
    name: str = said("Name", "Row 7, uncertain load")
    question: str = said("Key of its question", "row")
    status: str = said("queued, running, done, failed or cancelled", "done")
    stopped: str = said("Why it ended before its last point", "")
    asked: int = said("Points it asks for, at most", 64, unit="points")
    done: int = said("Points that came", 64, unit="points")
    failed: int = said("Of these, without an answer", 0, unit="points")
    outputs: list[OutputFound] = said("Each output over the points", [])
    limits: list[LimitFound] = said("How often each limit is passed", [])
    influence: list[Influence] = said("Which axis matters", [])
    best: PointFound | None = said("Best point inside every limit", _POINT)
    pareto: list[int] = said("Places no other point beats, best first", [3, 7])
    pareto_left: int = said("Places beyond those", 0, unit="points")
    feasible: int | None = said("Points inside every limit", 60, unit="points")
    rare: dict[str, Any] | None = said("Probability of a rare event", None)
    notes: list[str] = said("What a reader must know", [])
    points: list[PointFound] = said("Some points, in order", [_POINT])
    provenance: ProvenanceOut = said("What it rests on", {})
