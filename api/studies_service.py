"""Use cases of studies: look, start, go on, read, ask the points."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.documents import Table, plain
from api.engines import StudyEngine, check_allowed, open_engine, versions
from api.jobs import Job
from api.problems import Refusal, policy_refusal
from api.shared import Service, read_all
from api.studies_documents import (
    axes_document,
    columns_of,
    points_table,
    question_document,
    study_document,
)
from api.version import MODEL_VERSION
from store.models_studies import StudyRow
from store.repositories import new_id, now_utc
from store.studies import INTERRUPTED, Answers, Studies, StudyPoint, prune_answers
from store.study_files import query_points, write_points
from twin.errors import Cancelled, ScenarioError, ScenarioErrors
from twin.plan.memo import inputs_sha256
from twin.scenario.study import StudySpec
from twin.study.analysis import analyse
from twin.study.digest import digest
from twin.study.points import Cargo, changed_inputs, parse_base
from twin.study.prepare import Prepared, parse_study, prepare
from twin.study.questions import QUESTIONS, find_question
from twin.study.questions.base import Ground, Needs
from twin.study.runner import Solved, run_study
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState

log = logging.getLogger("nameplate.api")
SAVE_EVERY_S = 1.0
"""Time after which the counts of a study are written."""
LOOKED_AT = 32
"""Studies kept looked at."""
PAGE = 1000


class StudiesService(Service):
    """
    Studies: one question at many points, on any engine.

    Args:
        state: What the server holds.
    """

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self.table = Studies(state.engine)
        self._files = threading.RLock()
        self._looked_at: dict[str, Prepared] = {}

    def based(self, spec: StudySpec, scenario_id: str | None) -> StudySpec:
        """
        Put a study on a stored scenario.

        Raises:
            NotFoundError: If there is none.
            ScenarioError: If the study has a base of its own besides.
        """
        if scenario_id is None:
            return spec
        if spec.base:
            raise ScenarioError("study.base", "must be empty beside scenario_id",
                                f"{len(spec.base)} keys",
                                "leave out one of the two")  # fmt: skip
        body = self._state.scenarios.get(scenario_id).body
        return spec.model_copy(update={"base": body})

    # --- look ---------------------------------------------------------------------

    def questions(self) -> list[Document]:
        """Questions a study may ask, with their outputs and fields."""
        return [question_document(q) for q in QUESTIONS.values()]

    def check(self, spec: StudySpec) -> Document:
        """
        Look at a study without starting it.

        Raises:
            ScenarioError: If anything about it is wrong.
        """
        study = self._prepared(spec)
        self._ground(study.needs)
        return {
            "points": study.sampler().most,
            "axes": axes_document(study.placed),
            "question": question_document(study.question, fields=False),
        }  # fmt: skip

    # --- start --------------------------------------------------------------------

    def start(self, spec: StudySpec, engine: str | None) -> tuple[str, Job]:
        """
        Start a study; whatever is wrong with it or its engine is said before.

        Args:
            spec: The study.
            engine: serial, threads, processes or a dask scheduler's address; None is
                the server's.

        Returns:
            Its id and the job that does it.

        Raises:
            ScenarioError: If anything about it is wrong.
        """
        study = self._prepared(spec)
        spec = study.spec
        ground = self._ground(study.needs)
        opened = self._open(engine or self._state.settings.study_engine)
        key = new_id("study")
        job = Job("study", result_id=key)
        most = study.sampler().most

        def insert() -> None:
            self.table.add(
                id=key, name=spec.name, body=plain(spec), question=spec.question,
                scenario_sha256=inputs_sha256(spec), seed=spec.seed,
                model_version=MODEL_VERSION, status="queued", job_id=job.id,
                engine=opened.name, stamp=_stamp(ground), asked_count=most,
                done_count=0, failed_count=0, cached_count=0, stopped="",
            )  # fmt: skip

        self._begin(job, study, ground, opened, insert)
        return key, job

    def go_on(self, key: str, engine: str | None) -> tuple[str, Job]:
        """
        Go on with a study that ended before its last point.

        Raises:
            NotFoundError: If there is none.
            Refusal: With status 409 if it is under way, or done at every point.
        """
        row = self.table.get(key)
        if row.status in {"queued", "running"} or (
            row.status == "done" and row.failed_count == 0
        ):
            raise _nothing_left(key, row.status)
        study = self._prepared(parse_study(row.body))
        ground = self._ground(study.needs)
        opened = self._open(engine or row.engine)
        job = Job("study", result_id=key)

        def again() -> None:
            if not self.table.claim(
                key, job.id, finished_at=None, engine=opened.name, stopped="",
                stamp=_stamp(ground), model_version=MODEL_VERSION,
            ):  # fmt: skip
                raise _nothing_left(key, "taken up already")
            self._file(key).unlink(missing_ok=True)

        self._begin(job, study, ground, opened, again)
        return key, job

    def go_on_with_lost(self, jobs: Sequence[str]) -> list[str]:
        """
        Go on with studies that a stopped server left behind.

        Args:
            jobs: Jobs that were found lost.

        Returns:
            Ids of the studies; one whose engine or data is gone stays as it is.
        """
        found = []
        for key in [*self.table.of_jobs(jobs), *self.table.interrupted()]:
            try:
                found.append(self.go_on(key, None)[0])
            except Exception as error:  # whatever it is, the server must start
                log.warning("%s was not gone on with: %s", key, error)
        return found

    def _begin(
        self,
        job: Job,
        study: Prepared,
        ground: Ground,
        engine: StudyEngine,
        before: Any,
    ) -> None:
        def work(job: Job) -> None:
            try:
                self._run(job, study, ground, engine)
            finally:
                engine.close()

        try:
            self._state.jobs.start(job, work, on_end=self._ended, before=before)
        except BaseException:
            engine.close()
            raise

    def _ended(self, job: Job) -> None:
        """Write how a study ended before its end; a stopped server's is taken up."""
        halted = job.state == "cancelled" and job.reason == INTERRUPTED
        key = str(job.result_id)
        self.table.change(
            key, status="failed" if halted else job.state, finished_at=now_utc(),
            done_count=self.table.count_points(key),
            **({"stopped": INTERRUPTED} if halted else {}),
        )  # fmt: skip

    def _run(
        self, job: Job, study: Prepared, ground: Ground, engine: StudyEngine
    ) -> None:
        key = str(job.result_id)
        self.table.change(key, status="running")
        self.table.forget_points(key)
        counts = _Counts(self.table, key)

        def on_points(points: Sequence[Solved]) -> None:
            self.table.add_points(key, points)
            counts.add(points)

        found = run_study(
            study, Cargo.of(ground), engine=engine, stamp=_stamp(ground),
            cache=Answers(self._state.engine, study.question.key),
            on_points=on_points, on_progress=self._state.jobs.report(job),
            cancelled=job.cancelled,
        )  # fmt: skip
        if job.cancelled():
            raise Cancelled
        analysis = plain(analyse(study, found))
        counts.write()
        self.table.change(
            key, status="done", finished_at=now_utc(), stopped=found.stopped,
            asked_count=len(found.points), result={"analysis": analysis},
        )  # fmt: skip

    # --- read ---------------------------------------------------------------------

    def document(self, key: str) -> Document:
        """
        Read a study: what was asked, how far it is, what came out.

        Raises:
            NotFoundError: If there is none.
        """
        row = self.table.with_result(key)
        return study_document(row, self._remembered(row))

    def point(self, key: str, place: int) -> Document:
        """
        Read one point with its inputs.

        Raises:
            NotFoundError: If the study has none of this number yet.
        """
        row = self.table.get(key)
        study = self._remembered(row)
        found = self.table.point(key, place)
        try:
            inputs = plain(changed_inputs(study.question, study.base, found.changes))
        except (ScenarioError, ScenarioErrors):
            inputs = None
        return asdict(found) | {"question": row.question, "inputs": inputs}

    def points(self, key: str, *, after: int, limit: int) -> list[StudyPoint]:
        """Points in order, as far as they have come."""
        self.table.get(key)
        return self.table.points(key, after=after, limit=limit)

    def parquet(self, key: str) -> Path:
        """
        Write a finished study's points to a file, once.

        Raises:
            NotFoundError: If there is none.
            Refusal: With status 409 while it is not done.
        """
        row = self.table.get(key)
        if row.status != "done":
            raise Refusal(
                409, f"{key} is {row.status}; its points so far are under /points"
            )
        study = self._remembered(row)
        path = self._file(key)
        with self._files:
            if not path.exists():
                keys = [m.key for m in study.question.metrics]
                write_points(
                    path, self.all_points(key), fields=columns_of(study), outputs=keys,
                    count=row.asked_count,
                )  # fmt: skip
        return path

    def _file(self, key: str) -> Path:
        return self._state.settings.cache_dir / "studies" / f"{key}.parquet"

    def table_of(self, key: str, points: Sequence[StudyPoint]) -> Table:
        """Points as columns."""
        return points_table(self._remembered(self.table.get(key)), points)

    def query(self, key: str, **asked: Any) -> tuple[list[Document], int]:
        """Ask a finished study's points: filter, order, limit."""
        return query_points(self.parquet(key), **asked)

    def delete(self, key: str) -> None:
        """
        Delete a study and its points; answers stay.

        Raises:
            NotFoundError: If there is none.
            Refusal: With status 409 while it is under way.
        """
        row = self.table.get(key)
        if row.status in {"queued", "running"}:
            raise Refusal(409, f"{key} is {row.status}; cancel its job {row.job_id}")
        self.table.delete(key)
        self._file(key).unlink(missing_ok=True)

    def forget_answers(self) -> None:
        """Delete answers that are old or too many and that no study shows."""
        settings = self._state.settings
        gone = prune_answers(
            self._state.engine, keep_days=settings.keep_answers_days,
            most=settings.most_answers,
        )  # fmt: skip
        if gone:
            log.info("%s answers that no study shows were forgotten", gone)

    def all_points(self, key: str) -> Iterator[StudyPoint]:
        """Every point in order, read page by page."""
        after = -1
        while found := self.table.points(key, after=after, limit=PAGE):
            yield from found
            after = found[-1].index

    # --- inside -------------------------------------------------------------------

    def _prepared(self, spec: StudySpec) -> Prepared:
        if not self._state.settings.allow_user_policy and _has_user_policy(spec):
            raise policy_refusal()
        return prepare(self._brought(spec))

    def _brought(self, spec: StudySpec) -> StudySpec:
        """A study whose base holds the user's own servers and plants it names."""
        if self._state.settings.own_dir is None:
            return spec
        base = parse_base(find_question(spec.question), spec.base)
        return spec.model_copy(update={"base": plain(self._state.bring(base))})

    def _remembered(self, row: StudyRow) -> Prepared:
        """Look at a stored study once, however often it is read."""
        with self._files:
            known = self._looked_at.get(row.id)
            if known is None:
                known = prepare(parse_study(row.body))
                while len(self._looked_at) >= LOOKED_AT:
                    self._looked_at.pop(next(iter(self._looked_at)))
                self._looked_at[row.id] = known
            return known

    def _open(self, engine: str) -> StudyEngine:
        settings = self._state.settings
        check_allowed(engine, settings)
        return open_engine(engine, workers=settings.workers)

    def _ground(self, needs: Needs) -> Ground:
        """
        Read what a study needs; everything that is missing at once.

        Raises:
            ScenarioErrors: If datasets are not on this machine.
        """
        datasets = self._state.datasets
        fields = [(f"base.{field}", name) for field, name in needs.datasets]
        (known,) = read_all((datasets.require, fields))
        return Ground(
            recordings=datasets.recordings(set(known)),
            weather={name: datasets.weather(name) for _, name in needs.weather},
            grid={name: datasets.grid(name) for _, name in needs.grid},
            known=self._state.stabilize.known() if needs.rules else None,
        )


class _Counts:
    """Counts of a study, written now and then."""

    def __init__(self, table: Studies, key: str) -> None:
        self._table, self._key = table, key
        self.done = self.failed = self.cached = 0
        self._saved_s = 0.0

    def add(self, points: Sequence[Solved]) -> None:
        """Count points that came."""
        self.done += len(points)
        self.failed += sum(one.outputs is None for one in points)
        self.cached += sum(one.cached for one in points)
        if time.monotonic() - self._saved_s > SAVE_EVERY_S:
            self.write()

    def write(self) -> None:
        """Write them."""
        self._saved_s = time.monotonic()
        self._table.change(
            self._key, done_count=self.done, failed_count=self.failed,
            cached_count=self.cached,
        )  # fmt: skip


def _stamp(ground: Ground) -> str:
    """What answers depend on besides their inputs: ground, code, libraries."""
    whole = f"{digest(ground)}:{sorted(versions().items())}"
    return f"{MODEL_VERSION}:{hashlib.sha256(whole.encode()).hexdigest()}"


def _nothing_left(key: str, status: str) -> Refusal:
    return Refusal(409, f"{key} is {status}; there is nothing to go on with")


def _has_user_policy(spec: StudySpec) -> bool:
    """Whether the base or an axis brings a Python policy along."""
    axes = [(one.field, one.values or ()) for one in spec.axes]
    if any(field.endswith("policy.source") for field, _ in axes):
        return True
    return _holds_policy(spec.base) or any(_holds_policy(v) for _, v in axes)


def _holds_policy(value: Any) -> bool:
    if isinstance(value, dict):
        if value.get("name") == "user" and "source" in value:
            return True
        return any(_holds_policy(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_policy(inner) for inner in value)
    return False
