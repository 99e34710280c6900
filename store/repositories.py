"""Reading and writing rows; every call is one short transaction."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Engine, and_, delete, or_, select, update
from sqlalchemy.orm import Session, sessionmaker, undefer
from sqlalchemy.orm.exc import StaleDataError

from store.engine import durably
from store.models import Base, JobRow, PlanRow, RunRow, SiteRow, Stamped
from store.models_studies import StudyRow
from twin.errors import NameplateError, ScenarioError


class NotFoundError(NameplateError):
    """No row has this id."""

    def __init__(self, noun: str, key: str) -> None:
        self.noun = noun
        self.key = key
        super().__init__(f"{noun} {key!r} does not exist")


class ConflictError(NameplateError):
    """Somebody else changed the row in between; `errors` say what, where known."""

    def __init__(
        self, noun: str, key: str, *, expected: int, found: int, who: str = "",
        errors: Sequence[ScenarioError] = (),
    ) -> None:  # fmt: skip
        self.noun = noun
        self.key = key
        self.expected = expected
        self.found = found
        self.errors = tuple(errors)
        super().__init__(
            f"{noun} {key!r} is at version {found}, the change was made on {expected}"
            + (f"; {who}" if who else "")
        )


UNFINISHED = ("queued", "running")
RowT = TypeVar("RowT", bound=Base)
OutcomeT = TypeVar("OutcomeT", RunRow, PlanRow, StudyRow)


class Page(NamedTuple, Generic[RowT]):
    """Rows, newest first, and the cursor of the next page if there is one."""

    items: Sequence[RowT]
    next_cursor: str | None


def now_utc() -> dt.datetime:
    """Present instant in UTC."""
    return dt.datetime.now(dt.UTC)


def new_id(prefix: str) -> str:
    """Make an id that cannot be guessed, with the noun in front for people."""
    return f"{prefix}_{secrets.token_hex(8)}"


def new_row(row: type[Any], noun: str, **values: Any) -> Any:
    """Make a row; id and times are filled in where not given."""
    stamp = now_utc()
    usual = {"id": new_id(noun), "created_at": stamp, "updated_at": stamp}
    return row(**(usual | values))


@contextmanager
def guarded(noun: str, key: str, expected: int) -> Iterator[None]:
    """
    Write a row that its version guards.

    Raises:
        ConflictError: If somebody else changed it in between.
    """
    try:
        yield
    except StaleDataError as error:
        raise ConflictError(noun, key, expected=expected, found=expected + 1) from error


class Repository(Generic[RowT]):
    """Rows of one table by id and by page."""

    row: type[Any]
    noun = "row"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sessions: sessionmaker[Session] = sessionmaker(
            engine, expire_on_commit=False
        )

    def get(self, key: str, *deferred: Any) -> RowT:
        """
        Read one row, with columns that are left out elsewhere.

        Raises:
            NotFoundError: If there is none.
        """
        with self.sessions() as session:
            return self._one(session, key, *deferred)

    def find(self, key: str) -> RowT | None:
        """Read one row, None if there is none."""
        with self.sessions() as session:
            found: RowT | None = session.get(self.row, key)
            return found

    def add(self, **values: Any) -> RowT:
        """Insert a row; id and times are filled in where not given."""
        made: RowT = new_row(self.row, self.noun, **values)
        with self.sessions.begin() as session:
            session.add(made)
        return made

    def change(self, key: str, **values: Any) -> RowT:
        """
        Change a row.

        Raises:
            NotFoundError: If there is none.
        """
        with self.sessions.begin() as session:
            found = self._one(session, key)
            for name, value in {**values, "updated_at": now_utc()}.items():
                setattr(found, name, value)
        return found

    def delete(self, key: str) -> None:
        """
        Delete a row.

        Raises:
            NotFoundError: If there is none.
        """
        with self.sessions.begin() as session:
            session.delete(self._one(session, key))

    def page(
        self, *, limit: int, cursor: str | None = None, **equal: Any
    ) -> Page[RowT]:
        """
        Read rows, newest first.

        Args:
            limit: Most rows to return.
            cursor: From the page before; None starts at the newest.
            **equal: Column values the rows must have; None is not asked for.

        Returns:
            The page.

        Raises:
            ScenarioError: If the cursor is not one of ours.
        """
        row = self.row
        query = select(row).order_by(row.created_at.desc(), row.id.desc())
        for name, value in equal.items():
            if value is not None:
                query = query.where(getattr(row, name) == value)
        if cursor is not None:
            at, key = _read_cursor(cursor)
            older = and_(row.created_at == at, row.id < key)
            query = query.where(or_(row.created_at < at, older))
        with self.sessions() as session:
            found: Sequence[Any] = session.scalars(query.limit(limit + 1)).all()
        more = len(found) > limit
        kept = found[:limit]
        return Page(kept, _write_cursor(kept[-1]) if more else None)

    def is_empty(self) -> bool:
        """Whether the table has no row."""
        return not self._all(select(self.row.id).limit(1))

    def _all(self, query: Any) -> list[Any]:
        """Every row, or value of one column, that a query finds."""
        with self.sessions() as session:
            return list(session.scalars(query))

    def _one(self, session: Session, key: str, *deferred: Any) -> RowT:
        options = [undefer(column) for column in deferred]
        found: RowT | None = session.get(self.row, key, options=options)
        if found is None:
            raise NotFoundError(self.noun, key)
        return found


def _write_cursor(row: Stamped) -> str:
    text = f"{row.created_at.isoformat()}|{row.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[dt.datetime, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        stamp, key = base64.b64decode(padded, b"-_", validate=True).decode().split("|")
        at = dt.datetime.fromisoformat(stamp)
        if at.tzinfo is None or "\x00" in key:
            raise ValueError(stamp)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise ScenarioError("cursor", "must come from the page before", cursor,
                            "take next_cursor of the last answer, or leave it "
                            "out") from error  # fmt: skip
    return at.astimezone(dt.UTC), key


class Sites(Repository[SiteRow]):
    """Stored sites."""

    row = SiteRow
    noun = "site"


class Outcomes(Repository[OutcomeT]):
    """Runs, plans or studies: listed without their result, which is large."""

    def with_result(self, key: str) -> OutcomeT:
        """
        Read one row together with its result.

        Raises:
            NotFoundError: If there is none.
        """
        return self.get(key, self.row.result)


class Runs(Outcomes[RunRow]):
    """Stored runs."""

    row = RunRow
    noun = "run"


class Plans(Outcomes[PlanRow]):
    """Stored plans."""

    row = PlanRow
    noun = "plan"


class Jobs(Repository[JobRow]):
    """Stored jobs."""

    row = JobRow
    noun = "job"

    def unfinished(self) -> Sequence[JobRow]:
        """Jobs that are said to wait or run."""
        return self._all(select(JobRow).where(JobRow.state.in_(UNFINISHED)))

    def fail(self, key: str, *, text: str, error: dict[str, Any]) -> bool:
        """
        Mark an unfinished job, and the run, plan or study it was to yield, as failed.

        Returns:
            False where it has ended meanwhile, or another server was first.
        """
        stamp = now_utc()
        end = {"finished_at": stamp, "updated_at": stamp}
        with self.sessions.begin() as session:
            job = update(JobRow).where(JobRow.id == key, JobRow.state.in_(UNFINISHED))
            done = session.execute(
                job.values(state="failed", text=text, error=error, **end)
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                return False
            for row in (RunRow, PlanRow, StudyRow):
                session.execute(
                    update(row)
                    .where(row.job_id == key, row.status.in_(UNFINISHED))
                    .values(status="failed", **end)
                )
        return True

    def beat(self, owner: str) -> list[str]:
        """
        Show that a server lives, and wait until that is on disk.

        Returns:
            Ids of its jobs that another server has marked as failed.
        """
        mine = update(JobRow).where(
            JobRow.owner == owner, JobRow.kind == "server",
            JobRow.state.in_(("running", "failed")),
        )  # fmt: skip
        lost = select(JobRow.id).where(
            JobRow.owner == owner, JobRow.state == "failed", JobRow.kind != "server"
        )
        with self.engine.connect() as connection:
            durably(connection)
            connection.execute(
                mine.values(state="running", updated_at=now_utc(), finished_at=None)
            )
            found = list(connection.scalars(lost))
            connection.commit()
        return found

    def end(self, key: str) -> None:
        """Mark a job that ended in order."""
        stamp = now_utc()
        self.change(key, state="done", part=1.0, text="stopped in order",
                    finished_at=stamp)  # fmt: skip

    def forget(self, kind: str, *, keep: int) -> None:
        """Delete finished jobs of a kind but for the newest."""
        newest = (
            select(JobRow.id)
            .where(JobRow.kind == kind)
            .order_by(JobRow.created_at.desc())
            .limit(keep)
        )
        old = delete(JobRow).where(
            JobRow.kind == kind, JobRow.state.not_in(UNFINISHED),
            JobRow.id.not_in(newest),
        )  # fmt: skip
        with self.sessions.begin() as session:
            session.execute(old)
