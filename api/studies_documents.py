"""Studies as documents: what was asked, how far it is, what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from api.documents import Table, figures
from store.models_studies import StudyRow
from store.studies import StudyPoint
from store.study_files import output_column
from twin.scenario.fields import fields_of
from twin.scenario.study import Spaced
from twin.study.axes import Placed
from twin.study.prepare import Prepared
from twin.study.questions.base import Question
from twin.types import Document


def question_document(question: Question, *, fields: bool = True) -> Document:
    """Describe a question: its outputs and, if wanted, every field an axis may name."""
    document: Document = {
        "key": question.key, "label": question.label, "doc": question.doc,
        "metrics": [asdict(m) for m in question.metrics],
    }  # fmt: skip
    if fields:
        document["fields"] = [asdict(f) for f in fields_of(question.model)]
    return document


def axes_document(placed: Sequence[Placed]) -> list[Document]:
    """Describe axes: field, unit, ends."""
    found = []
    for one in placed:
        low, high = one.ends()
        found.append({
            "field": one.axis.field, "label": one.label, "doc": one.fact.doc,
            "unit": one.fact.unit, "kind": one.axis.kind, "low": low, "high": high,
            "whole": one.fact.kind == "whole", "numeric": one.numeric,
        })  # fmt: skip
    return found


def study_document(row: StudyRow, study: Prepared) -> Document:
    """Write a stored study."""
    return {
        **figures(row, "id", "name", "status", "job_id", "created_at", "finished_at",
                  "engine", "stopped"),
        "spec": row.body,
        "question": question_document(study.question, fields=False),
        "axes": axes_document(study.placed),
        "points": counts_document(row),
        "analysis": None if row.result is None else row.result["analysis"],
        "provenance": figures(row, "scenario_sha256", "model_version", "seed",
                              "created_at"),
    }  # fmt: skip


def summary_document(row: StudyRow) -> Document:
    """Write a stored study as lists have it."""
    return {
        "id": row.id, "name": row.name, "question_key": row.question,
        "status": row.status, "job_id": row.job_id, "engine": row.engine,
        "points": counts_document(row), "created_at": row.created_at,
        "finished_at": row.finished_at,
    }  # fmt: skip


def counts_document(row: StudyRow) -> Document:
    """Say how far a study is."""
    return {
        "asked": row.asked_count, "done": row.done_count, "failed": row.failed_count,
        "from_cache": row.cached_count,
    }  # fmt: skip


def columns_of(study: Prepared) -> dict[str, bool]:
    """Columns of what a point changes, its seed too, and whether each is a number."""
    axes = {one.axis.field: one.numeric for one in study.placed}
    design = study.spec.design
    own = study.seeds if isinstance(design, Spaced) and design.vary_seed else ()
    return axes | dict.fromkeys(own, True)


def points_table(study: Prepared, points: Sequence[StudyPoint]) -> Table:
    """Points as columns: index, what varies, outputs, error."""
    fields = columns_of(study)
    outputs = [m.key for m in study.question.metrics]
    table: dict[str, list[Any]] = {"index": [p.index for p in points]}
    for name in fields:
        table[name] = [p.changes.get(name) for p in points]
    for name in outputs:
        table[output_column(name, fields)] = [
            None if p.outputs is None else p.outputs[name] for p in points
        ]
    table["error"] = [
        None if p.error is None else f"{p.error['field']} {p.error['rule']}"
        for p in points
    ]
    return table
