"""Stored studies: rows, points as they come, and answers by address."""

from __future__ import annotations

import datetime as dt
import json
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from sqlalchemy import Engine, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from store.models_studies import AnswerRow, StudyPointRow, StudyRow
from store.repositories import NotFoundError, Outcomes, now_utc
from twin.study.points import Answer
from twin.study.runner import Solved

INTERRUPTED = "the server was stopped"
"""Why a study ended that the next server goes on with."""
MOST_KEYS = 400
"""Keys looked up in one statement; SQLite takes about a thousand."""
MOST_PRUNED = 20_000
"""Answers deleted at once; the rest an hour later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPoint:
    """A point as it is read back; `outputs` is None without an answer."""

    index: int
    key: str
    changes: dict[str, Any]
    outputs: dict[str, float | None] | None
    error: dict[str, Any] | None


class Studies(Outcomes[StudyRow]):
    """Stored studies; their result is the analysis."""

    row = StudyRow
    noun = "study"

    def of_jobs(self, jobs: Sequence[str]) -> list[str]:
        """Ids of the studies that some jobs were to answer."""
        query = select(StudyRow.id).where(StudyRow.job_id.in_(jobs))
        return self._all(query)

    def claim(self, key: str, job_id: str, **values: Any) -> bool:
        """
        Take a study that nobody works on, for one job.

        Returns:
            False where another job took it first.
        """
        free = or_(
            StudyRow.status.in_(("failed", "cancelled")),
            and_(StudyRow.status == "done", StudyRow.failed_count > 0),
        )
        taken = (
            update(StudyRow)
            .where(StudyRow.id == key, free)
            .values(status="queued", job_id=job_id, updated_at=now_utc(), **values)
        )
        with self.sessions.begin() as session:
            return bool(session.execute(taken).rowcount)  # type: ignore[attr-defined]

    def interrupted(self) -> list[str]:
        """Studies that ended because their server was stopped."""
        query = select(StudyRow.id).where(
            StudyRow.status == "failed", StudyRow.stopped == INTERRUPTED
        )
        return self._all(query)

    def add_points(self, study_id: str, points: Sequence[Solved]) -> None:
        """Store points of a study; one that is there already stays as it is."""
        rows = [
            {
                "study_id": study_id, "place": one.index, "key": one.key,
                "changes": json.dumps(dict(one.changes), sort_keys=True),
                "error": None if one.error is None else json.dumps(one.error),
            }
            for one in points
        ]  # fmt: skip
        with self.sessions.begin() as session:
            _insert_new(session, StudyPointRow, rows)

    def forget_points(self, study_id: str) -> None:
        """Take a study's points away; their answers stay, and are found again."""
        gone = delete(StudyPointRow).where(StudyPointRow.study_id == study_id)
        with self.sessions.begin() as session:
            session.execute(gone)

    def points(
        self, study_id: str, *, after: int = -1, limit: int = 1000
    ) -> list[StudyPoint]:
        """
        Read points in order, from the one behind `after` to the first still missing.

        Points come in any order while a study is under way; whoever follows it with
        the last index read sees each once.
        """
        query = (
            select(StudyPointRow, AnswerRow)
            .join(AnswerRow, AnswerRow.key == StudyPointRow.key, isouter=True)
            .where(StudyPointRow.study_id == study_id, StudyPointRow.place > after)
            .order_by(StudyPointRow.place)
            .limit(limit)
        )
        with self.sessions() as session:
            found = [_point(point, answer) for point, answer in session.execute(query)]
        whole = (one.index == after + 1 + k for k, one in enumerate(found))
        kept = sum(accumulate(whole, operator.and_))
        return found[:kept]

    def point(self, study_id: str, place: int) -> StudyPoint:
        """
        Read one point.

        Raises:
            NotFoundError: If the study has none of this number yet.
        """
        found = self.points(study_id, after=place - 1, limit=1)
        if not found or found[0].index != place:
            raise NotFoundError("point", f"{study_id}/{place}")
        return found[0]

    def count_points(self, study_id: str) -> int:
        """How many points are there."""
        query = select(func.count()).where(StudyPointRow.study_id == study_id)
        with self.sessions() as session:
            return int(session.scalar(query.select_from(StudyPointRow)) or 0)


class Answers:
    """
    Answers by address: the cache of all studies.

    Args:
        engine: Database.
        question: Key of the question whose answers are kept.
    """

    def __init__(self, engine: Engine, question: str) -> None:
        self._sessions: sessionmaker[Session] = sessionmaker(engine)
        self._question = question

    def find(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """Answers that are known."""
        found: dict[str, Answer] = {}
        with self._sessions() as session:
            for k in range(0, len(keys), MOST_KEYS):
                some = keys[k : k + MOST_KEYS]
                query = select(AnswerRow).where(AnswerRow.key.in_(some))
                found |= {row.key: _answer(row) for row in session.scalars(query)}
        return found

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Keep answers; one that is there already is the same."""
        stamp = now_utc()
        rows = [
            {
                "key": key, "question": self._question,
                "outputs": None if one.outputs is None else written(one.outputs),
                "error": None if one.error is None else json.dumps(one.error),
                "created_at": stamp,
            }
            for key, one in sorted(answers.items())  # in one order: no deadlock
        ]  # fmt: skip
        for last in (False, False, True):
            try:
                with self._sessions.begin() as session:
                    _insert_new(session, AnswerRow, rows)
            except OperationalError:  # busy, or chosen to end a deadlock
                if last:
                    raise
            else:
                return


def prune_answers(engine: Engine, *, keep_days: float, most: int) -> int:
    """
    Delete answers that no study shows: the old, and the oldest beyond a number.

    Nothing is deleted while a study is under way: it may just be finding them.

    Args:
        engine: Database.
        keep_days: Age an answer reaches. [d]
        most: Answers kept in all.

    Returns:
        How many went, at most `MOST_PRUNED`.
    """
    busy = select(StudyRow.id).where(StudyRow.status.in_(("queued", "running")))
    shown = AnswerRow.key.in_(select(StudyPointRow.key))
    oldest = select(AnswerRow.key).where(~shown).order_by(AnswerRow.created_at)
    before = now_utc() - dt.timedelta(days=keep_days)
    with Session(engine) as session:
        if session.scalar(busy.limit(1)) is not None:
            return 0
        count = session.scalar(select(func.count()).select_from(AnswerRow)) or 0
        beyond = min(MOST_PRUNED, max(0, count - most))
        gone = set(session.scalars(oldest.limit(beyond))) if beyond else set()
        old = oldest.where(AnswerRow.created_at < before).limit(MOST_PRUNED)
        keys = sorted(gone | set(session.scalars(old)))[:MOST_PRUNED]
    for k in range(0, len(keys), MOST_KEYS):
        some = AnswerRow.key.in_(keys[k : k + MOST_KEYS])
        with Session(engine) as session, session.begin():
            session.execute(delete(AnswerRow).where(some, ~shown))
    return len(keys)


def written(outputs: Mapping[str, float]) -> str:
    """Outputs as JSON: every digit kept, undefined ones as null."""
    plain = {k: v if math.isfinite(v) else None for k, v in outputs.items()}
    return json.dumps(plain, separators=(",", ":"))


def _answer(row: AnswerRow) -> Answer:
    outputs = None
    if row.outputs is not None:
        outputs = {
            k: math.nan if v is None else float(v)
            for k, v in json.loads(row.outputs).items()
        }
    error = None if row.error is None else json.loads(row.error)
    return Answer(outputs=outputs, error=error)


def _point(point: StudyPointRow, answer: AnswerRow | None) -> StudyPoint:
    own = point.error is not None  # an answer found later is not this study's
    error = point.error if own or answer is None else answer.error
    return StudyPoint(
        index=point.place, key=point.key, changes=json.loads(point.changes),
        outputs=None if own or answer is None or answer.outputs is None
        else json.loads(answer.outputs),
        error=None if error is None else json.loads(error),
    )  # fmt: skip


def _insert_new(
    session: Session,
    table: type[StudyPointRow | AnswerRow],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Insert rows whose key is not there yet."""
    rows = list(rows)
    if not rows:
        return
    assert session.bind is not None  # noqa: S101 - sessions are made with one
    kind = postgresql if session.bind.dialect.name == "postgresql" else sqlite
    session.execute(kind.insert(table).on_conflict_do_nothing(), rows)
