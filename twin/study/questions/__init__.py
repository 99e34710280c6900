"""Questions a study may ask; a new one is a module and a line here."""

from __future__ import annotations

from twin.errors import ScenarioError
from twin.scenario.parse import nearest
from twin.study.questions import (
    build_out,
    campus,
    cost,
    placement,
    query_energy,
    reliability,
    row,
    row_day,
    serving,
    site,
    stabilize,
)
from twin.study.questions.base import Question

QUESTIONS: dict[str, Question] = {
    question.key: question
    for question in (
        row.QUESTION, row_day.QUESTION, site.SITE, site.FAILURES, site.ROOM,
        site.COOLING, reliability.QUESTION, placement.QUESTION, campus.QUESTION,
        stabilize.QUESTION, serving.QUESTION, query_energy.QUESTION, cost.QUESTION,
        build_out.QUESTION,
    )
}  # fmt: skip


def find_question(key: str) -> Question:
    """
    Look a question up.

    Raises:
        ScenarioError: If there is none of this key.
    """
    if key not in QUESTIONS:
        raise ScenarioError("question", "is not a question of studies", key,
                            nearest(key, QUESTIONS))  # fmt: skip
    return QUESTIONS[key]
