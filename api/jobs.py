"""
Work in the background: progress, cancel, supersede, and a record that survives.

A job lives in memory while it runs, and in the database from the moment a caller
may ask for it again. What-ifs that answer within their wait never reach the
database. A newer job of the same kind and view cancels the older one.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from api.leaving import LEFT
from api.memory import give_back, relieve
from api.overload import FairPool
from api.presence import Presence
from api.problems import Refusal, problem, problem_of
from store.repositories import Jobs, NotFoundError, new_id, now_utc
from twin.errors import Cancelled
from twin.types import Document

MAX_UNFINISHED = 64
KEPT_FINISHED = 50
"""Finished jobs kept in memory; older ones are read from the database."""
KEPT_ANSWER_BYTES = 25_000_000
SAVE_EVERY_S = 1.0
FINISHED = frozenset({"done", "failed", "cancelled"})
SHOWN = (
    "id", "kind", "state", "part", "text", "result_id", "error", "created_at",
    "finished_at",
)  # fmt: skip


class Job:
    """One piece of work; `report` and `cancelled` are what the work is handed."""

    def __init__(
        self, kind: str, *, result_id: str | None = None, view: str | None = None
    ) -> None:
        self.id = new_id("job")
        self.kind = kind
        self.view = view
        self.state = "queued"
        self.part = 0.0
        self.text = "waiting for a free worker"
        self.result_id = result_id
        self.error: Document | None = None
        self.answer: bytes | None = None
        self.created_at = now_utc()
        self.finished_at: dt.datetime | None = None
        self.reason = "cancelled on request"
        self.taken = False
        self.on_end: Callable[[Job], None] | None = None
        self.future: Future[None] | None = None
        self.saved = False
        self.last_save_s = 0.0
        self.revision = 0
        self.lock = threading.RLock()
        self.finished = threading.Event()
        self._stop = threading.Event()
        self._left = LEFT.get() if kind == "what-if" else None

    def cancelled(self) -> bool:
        """Whether somebody asked for a stop, or has left who asked."""
        if self._left is not None and self._left.is_set():
            self.cancel("whoever asked has left")
        return self._stop.is_set()

    def cancel(self, reason: str) -> None:
        """Ask the work to stop; it does at its next look."""
        with self.lock:
            if not self._stop.is_set():
                self.reason = reason
                self._stop.set()
                self.revision += 1

    def document(self) -> Document:
        """Present state, without the answer."""
        with self.lock:
            return {name: getattr(self, name) for name in SHOWN}


Work = Callable[[Job], bytes | None]
Ending = Callable[[Job], None]
log = logging.getLogger("nameplate.api")


class JobRunner:
    """
    Runs jobs on threads and keeps their record.

    Args:
        jobs: Table of jobs.
        workers: Threads for runs, plans and downloads, and as many again for
            what-ifs, so that a long plan never delays a slider.
    """

    def __init__(self, jobs: Jobs, *, workers: int) -> None:
        self._table = jobs
        self.presence = Presence(jobs)
        self.owner = self.presence.owner
        self._slow = ThreadPoolExecutor(max(2, workers), "job")
        self._quick = FairPool(max(2, workers), "what-if")
        self._live: OrderedDict[str, Job] = OrderedDict()
        self._unwritten: list[Job] = []
        self._views: dict[tuple[str, str], Job] = {}
        self._lock = threading.RLock()

    def start(
        self,
        job: Job,
        work: Work,
        *,
        on_end: Ending | None = None,
        before: Callable[[], None] | None = None,
    ) -> Job:
        """
        Queue a job.

        Args:
            job: The job; what-ifs go to the quick threads and are not saved yet.
            work: Does it; returns the answer of a what-if as JSON, else None.
            on_end: Told when it ended in any way but done.
            before: Called once the job is accepted, before it can run.

        Returns:
            The job.

        Raises:
            Refusal: With status 429 or 503 if too many wait already.
        """
        with self._lock:
            self._supersede(job)
            full = self.unfinished(direct=False) >= MAX_UNFINISHED
            if full and job.kind != "what-if":  # those have bounds of their own
                raise _too_many()
            self._live[job.id] = job
        try:
            if before is not None:
                before()
            job.on_end = on_end
            if job.kind == "what-if":
                job.future = self._quick.submit(job.view, self._run, job, work)
            else:
                self.save(job)
                job.future = self._slow.submit(self._run, job, work)
        except BaseException:
            with self._lock:
                self._live.pop(job.id)
                if self._views.get((job.kind, job.view or "")) is job:
                    del self._views[job.kind, job.view or ""]
            raise
        return job

    def save(self, job: Job) -> None:
        """Write a job's state to the database."""
        with job.lock:
            values = job.document()
            saved, job.saved, job.last_save_s = job.saved, True, time.monotonic()
            values |= {"owner": self.owner, "result_kind": job.kind}
            if saved:
                self._table.change(job.id, **values)
            else:
                self._table.add(**values)

    def find(self, key: str) -> Job | Document:
        """
        Look a job up.

        Returns:
            The job where it is in memory, else its record.

        Raises:
            NotFoundError: If there is none.
        """
        with self._lock:
            if key in self._live:
                return self._live[key]
        row = self._table.find(key)
        if row is None:
            raise NotFoundError("job", key)
        return {name: getattr(row, name) for name in SHOWN}

    def cancel(self, key: str) -> Job | Document:
        """
        Ask a job to stop; a finished one stays as it is.

        Raises:
            NotFoundError: If there is none.
        """
        found = self.find(key)
        if isinstance(found, Job):
            self._stop(found, "cancelled on request")
        return found

    def drop(self, job: Job) -> None:
        """Forget a job whose answer was handed over directly."""
        with self._lock:
            self._live.pop(job.id, None)

    def unfinished(self, *, direct: bool | None = None) -> int:
        """How many jobs wait or run: all, direct questions alone, or all others."""
        with self._lock:
            jobs = [j for j in self._live.values() if not j.finished.is_set()]
        return sum(direct in (None, j.kind == "what-if") for j in jobs)

    def is_waited_for(self) -> bool:
        """Whether a direct question waits or runs."""
        return self.unfinished(direct=True) > 0

    def open(
        self,
        *,
        on_lost: Callable[[list[str]], object],
        hourly: Callable[[], object] = list,
        resumes: bool = False,
    ) -> None:
        """
        Mark jobs that a stopped server left behind as failed, now and from now on.

        Args:
            on_lost: Told their ids.
            hourly: Called once an hour.
            resumes: Whether it goes on with lost studies.
        """
        self.presence.open(
            on_lost=on_lost, on_beat=self._tidy, hourly=hourly, resumes=resumes
        )

    def close(self) -> None:
        """Cancel what runs and wait for the threads."""
        with self._lock:
            jobs = list(self._live.values())
        for job in jobs:
            self._stop(job, "the server was stopped")
        self._slow.shutdown(wait=True)
        self._quick.shutdown(wait=True)
        self.presence.close()

    # --- inside -------------------------------------------------------------------

    def _supersede(self, job: Job) -> None:
        if job.view is None:
            return
        older = self._views.get((job.kind, job.view))
        self._views[job.kind, job.view] = job
        if older is not None:
            self._stop(older, f"superseded by a newer {job.kind} of the same view")

    def _stop(self, job: Job, reason: str) -> None:
        """Cancel a job, at once where it still waits for a thread."""
        if job.finished.is_set():
            return
        job.cancel(reason)
        if job.future is not None and job.future.cancel():
            self._end(job, "cancelled", problem(409, job.reason))

    def _run(self, job: Job, work: Work) -> None:
        """Run a job to its end, whatever that is."""
        try:
            if job.cancelled():
                raise Cancelled
            self._update(job, state="running", text="starting")
            job.answer = work(job)
        except Cancelled:
            self._end(job, "cancelled", problem(409, job.reason))
        except BaseException as error:  # a thread that dies leaves its job running
            self._end(job, "failed", problem_of(error))
        else:
            self._end(job, "done", None)
        finally:
            give_back()

    def report(self, job: Job) -> Callable[[float, str], None]:
        """Make the callback that work tells its progress to."""

        def told(part: float, text: str) -> None:
            self._update(job, part=min(max(part, job.part), 1.0), text=text[:200])
            due = time.monotonic() - job.last_save_s > SAVE_EVERY_S
            if job.saved and not job.taken and due:
                self._save_if_possible(job)

        return told

    def _save_if_possible(self, job: Job) -> None:
        """How far a job is may stay unwritten; it goes on without."""
        try:
            self.save(job)
        except SQLAlchemyError as error:
            log.warning("progress of %s was not written: %s", job.id, error)

    def _update(self, job: Job, **values: Any) -> None:
        with job.lock:
            for name, value in values.items():
                setattr(job, name, value)
            job.revision += 1

    def _end(self, job: Job, state: str, error: Document | None) -> None:
        """Record how a job ended; readers see it only once it is written."""
        text = "done" if error is None else str(error["detail"])[:200]
        part = 1.0 if error is None else job.part
        with job.lock:
            self._update(
                job, state=state, part=part, text=text, error=error,
                finished_at=now_utc(),
            )  # fmt: skip
            if not job.taken:
                self._write_end(job)
            job.finished.set()
        self._forget(job)

    def _forget(self, job: Job) -> None:
        """Drop what nobody needs in memory any more."""
        with self._lock:
            if job.view is not None and self._views.get((job.kind, job.view)) is job:
                del self._views[job.kind, job.view]
            ended = [j for j in self._live.values() if j.finished.is_set()]
            held = list(accumulate(len(j.answer or b"") for j in reversed(ended)))
            kept = min(KEPT_FINISHED, sum(b <= KEPT_ANSWER_BYTES for b in held) or 1)
            for old in ended[: max(0, len(ended) - kept)]:
                del self._live[old.id]

    def _tidy(self, taken: Sequence[str]) -> None:
        """Write missed ends; stop jobs that others took for lost; hold less memory."""
        relieve()
        with self._lock:
            late, self._unwritten = self._unwritten, []
            mine = [self._live[key] for key in taken if key in self._live]
        for job in late:
            self._write_end(job)
        for job in mine:
            job.taken = not job.finished.is_set()
            self._stop(job, "this machine was silent for so long that it was given up")

    def _write_end(self, job: Job) -> None:
        try:
            if job.on_end is not None and job.state != "done":
                job.on_end(job)
            if job.saved:
                self.save(job)
        except Exception:
            log.exception("the end of %s could not be written; trying again", job.id)
            with self._lock:
                self._unwritten.append(job)


def _too_many() -> Refusal:
    return Refusal(
        429,
        f"{MAX_UNFINISHED} jobs wait or run already; cancel some or try again later",
        retry_s=5,
    )
