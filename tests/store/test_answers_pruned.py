"""Old answers go, those that a study still shows stay."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from store.migrate import upgrade_engine
from store.models_studies import AnswerRow, StudyPointRow
from store.repositories import now_utc
from store.studies import Answers, Studies, prune_answers
from twin.study.points import Answer

STUDY = {
    "id": "study_1", "name": "s", "body": {}, "question": "row", "engine": "threads",
    "scenario_sha256": "0", "seed": 1, "model_version": "1", "status": "done",
    "stamp": "", "asked_count": 1, "done_count": 1, "failed_count": 0,
    "cached_count": 0, "stopped": "",
}  # fmt: skip


@pytest.fixture
def kept(engine):
    """Ten answers, a day apart; a study shows the oldest."""
    upgrade_engine(engine)
    answers = Answers(engine, "row")
    keys = [f"k{i}" for i in range(10)]
    answers.keep({key: Answer(outputs={"x": 1.0}, error=None) for key in keys})
    Studies(engine).add(**STUDY)
    with engine.begin() as connection:
        for i, key in enumerate(keys):
            at = now_utc() - dt.timedelta(days=10 - i)
            connection.execute(
                sa.update(AnswerRow).where(AnswerRow.key == key).values(created_at=at)
            )
        connection.execute(
            sa.insert(StudyPointRow).values(
                study_id="study_1", place=0, key="k0", changes="{}"
            )
        )
    return lambda: sorted(answers.find(keys))


def test_answers_go_by_age_unless_a_study_shows_them(engine, kept):
    assert prune_answers(engine, keep_days=5.5, most=100) == 4
    assert kept() == ["k0", "k5", "k6", "k7", "k8", "k9"]


def test_the_oldest_go_beyond_a_number(engine, kept):
    assert prune_answers(engine, keep_days=100, most=4) == 6
    assert kept() == ["k0", "k7", "k8", "k9"]


def test_nothing_goes_while_a_study_is_under_way(engine, kept):
    Studies(engine).change("study_1", status="running")

    assert prune_answers(engine, keep_days=1, most=0) == 0
