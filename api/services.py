"""What a running server holds, database to threads, and its use cases."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from api.access import Access
from api.ahead import Ahead
from api.alerts_service import AlertsService
from api.compare_service import CompareService
from api.documents import plain, plan_document, run_document, what_if_document
from api.imports_service import ImportsService
from api.jobs import Job, JobRunner
from api.memory import (
    FULL_BYTES,
    TIGHT_BYTES,
    Large,
    drop_code,
    give_back,
    held_bytes,
    keep_for_good,
    relieve,
)
from api.metrics import Metrics
from api.overload import in_background
from api.planning_service import PlanningService
from api.problems import Refusal, policy_refusal
from api.receivers_service import Receivers
from api.schemas.catalogue import KernelState
from api.serving_service import ServingService
from api.shared import insist, provenance, read_all
from api.site_service import SiteService
from api.stabilize_service import StabilizeService
from api.studies_service import StudiesService
from api.telemetry_service import TelemetryService
from api.tracking_service import TrackingService
from api.version import MODEL_VERSION
from api.watch_service import WatchService
from store.datasets import DatasetStore
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.models import PlanRow, RunRow
from store.own_catalogue import own_catalogue
from store.repositories import Jobs, Plans, Runs, Sites, new_id, now_utc
from store.restore import settle
from store.scenarios import Scenarios
from store.settings import Settings
from store.telemetry.writer import Limits
from twin.catalogue import find_table
from twin.cooling.plants import find_plant
from twin.plan import Memo, WhatIf, plan, what_if
from twin.plan.memo import scenario_sha256
from twin.scenario import (
    Scenario,
    apply_changes,
    dataset_fields,
    dataset_names,
    parse_scenario,
)
from twin.scenario.base import Model
from twin.scenario.own import bring
from twin.scenario.policy import UserPolicy
from twin.serving.traffic import Recordings
from twin.types import Cancel, Document

log = logging.getLogger("nameplate.api")
M = TypeVar("M", bound=Model)
T = TypeVar("T")

WARM_CHANGES = {"horizon.days": 0.01, "workload.load.requests_per_server_s": 0.05}
WARM_WAIT_S = 60.0


class AppState:
    """
    Everything routes need, built once at start-up.

    Args:
        settings: Where data lives and how much may be done.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine: Engine = open_engine(settings.database_url)
        left = settle(self.engine, Path(settings.cache_dir))
        upgrade_engine(self.engine)
        self.access = Access(self.engine, settings)
        self.metrics = Metrics()
        self.alerts = AlertsService(self.engine, settings, self.metrics)
        self.sites = Sites(self.engine)
        self.scenarios = Scenarios(self.engine)
        self.runs = Runs(self.engine)
        self.plans = Plans(self.engine)
        self.datasets = DatasetStore(settings)
        self.memo = Memo()
        self.jobs = JobRunner(Jobs(self.engine), workers=settings.workers)
        self.jobs.presence.found_at_start = left
        self.cells = ThreadPoolExecutor(settings.workers, "cell", in_background)
        self.ahead = Ahead(self._remember, self.jobs.is_waited_for)
        self.large = Large(max(1, settings.workers // 2))
        self.kernel: KernelState = "cold"
        self._warmer: threading.Thread | None = None
        self.site = SiteService(self)
        self.stabilize = StabilizeService(self)
        self.serving = ServingService(self)
        self.planning = PlanningService(self)
        self.compare = CompareService(self)
        self.studies = StudiesService(self)
        self.imports = ImportsService(self)
        self.telemetry = TelemetryService(self.engine, settings)
        self.telemetry.writer.limits = Limits(
            devices=settings.most_devices, sources=settings.most_sources
        )
        self.watch = WatchService(self)
        self.tracking = TrackingService(self)
        self.alerts.reader = self.watch
        self.metrics.live_from(self.watch.live)
        self.telemetry.report_to(self.metrics)
        self.receivers = Receivers(self.telemetry, self.jobs, settings)

    def open(self, *, warm: bool) -> None:
        """Mend what a crash left behind, seed an empty database, warm the kernels."""
        self.access.open()
        self.alerts.open()
        self.telemetry.open()
        self.tracking.open()
        self._seed()
        resumes = self.settings.resume_studies
        go_on = self.studies.go_on_with_lost if resumes else len
        self.jobs.open(
            on_lost=go_on, hourly=self.studies.forget_answers, resumes=resumes
        )
        if warm:
            self.kernel = "warming"
            self._warmer = threading.Thread(target=self._warm, name="warm", daemon=True)
            self._warmer.start()

    def close(self) -> None:
        """Cancel jobs, wait for threads, close the database."""
        self.ahead.close()
        self.jobs.close()
        self.cells.shutdown(wait=True, cancel_futures=True)
        if self._warmer is not None:
            self._warmer.join(WARM_WAIT_S)
        self.receivers.close()
        self.tracking.close()
        self.telemetry.close()
        self.alerts.close()
        self.access.close()
        self.engine.dispose()

    def _seed(self) -> None:
        """Put the sample site and scenario into a database that has neither."""
        if not (self.sites.is_empty() and self.scenarios.is_empty()):
            return
        sample = parse_scenario({})
        with suppress(IntegrityError):  # a server that starts beside us was first
            site = self.sites.add(
                id="sample-site", name=sample.site.name,
                time_zone=sample.site.time_zone,
                notes="Built in: generated traffic from published statistics.",
            )  # fmt: skip
            self.scenarios.add(
                id="sample-row", name=sample.name, site_id=site.id, body=plain(sample)
            )

    def _warm(self) -> None:
        try:
            sample, none = parse_scenario({}), Recordings.none()
            what_if(apply_changes(sample, WARM_CHANGES), none)
            self.kernel = "warm"
            what_if(sample, none, memo=self.memo)  # the page's first view
            keep_for_good()
        except Exception:
            self.kernel = "failed"
            log.exception("the kernels could not be warmed")

    def turn(self, job: Job, kind: Memo | None) -> AbstractContextManager[None]:
        """
        Wait until a large question may take its memory; others may at once.

        Args:
            job: Asked whether it is cancelled.
            kind: Where its kind is remembered; None for a small one.
        """
        if kind is None:
            return nullcontext()
        return self.large.turn(job.cancelled, partial(self._forget, kind))

    def _forget(self, spared: Memo) -> None:
        """Let go of large answers, of other kinds first; they can be computed again."""
        others = {self.site.answers, self.stabilize.studies, self.memo} - {spared}
        for kinds in (others, {spared}):
            if held_bytes() > TIGHT_BYTES:
                for memo in kinds:
                    memo.forget()
                give_back(now=True)
        relieve()

    # --- scenarios ----------------------------------------------------------------

    def question(
        self,
        scenario: Scenario | None,
        scenario_id: str | None,
        changes: Mapping[str, Any],
    ) -> Scenario:
        """
        Put a base scenario and changes together and look whether they may run here.

        Raises:
            NotFoundError: If the id is unknown.
            ScenarioErrors: If a change is wrong.
            Refusal: If it has a Python policy and the server does not allow them.
        """
        if scenario is None:
            row = self.scenarios.get(scenario_id or "")
            scenario = parse_scenario(row.body)
        asked = apply_changes(scenario, changes) if changes else scenario
        asked = self.bring(asked)
        self.check_policies(asked)
        read_all((self.datasets.require, dataset_fields(asked)))  # before a job is made
        fleet = asked.fleet  # refuse an unknown server or model before making a job
        find_table(fleet.model, asked.server(), fleet.gpus_per_instance)
        if asked.facility is not None:
            find_plant(asked.facility.cooling.plant, asked.own.plant_types())
        return asked

    def bring(self, inputs: M) -> M:
        """Give inputs the user's own servers and plants that they name."""
        return bring(inputs, own_catalogue(self.settings.own_dir))

    def check_policies(self, scenario: Scenario) -> None:
        """
        Look whether a scenario's policies may run here.

        Raises:
            Refusal: With status 403 for a Python policy that is not allowed.
        """
        policies = (scenario.policy, *scenario.plan.policies)
        if not self.settings.allow_user_policy and any(
            isinstance(p, UserPolicy) for p in policies
        ):
            raise policy_refusal()

    # --- what-if ------------------------------------------------------------------

    async def what_if(
        self, scenario: Scenario, *, view: str | None, series: bool
    ) -> Job:
        """Answer a what-if, at once or as a job."""

        def work(job: Job) -> Document:
            found = self._answer(job, scenario)
            return what_if_document(found, provenance(scenario), series=series)

        self.ahead.asked(scenario)
        started_s = time.perf_counter()
        job = await self.directly(view, work)
        if view is not None and job.state == "done":
            self.ahead.answered(view, scenario, time.perf_counter() - started_s)
        return job

    def _remember(self, scenario: Scenario, cancelled: Cancel) -> None:
        """Answer a row that nobody has asked for yet."""
        recordings = self.datasets.recordings(dataset_names(scenario))
        what_if(scenario, recordings, memo=self.memo, cancelled=cancelled)

    async def directly(
        self, view: str | None, ask: Callable[[Job], Document], *,
        large: Memo | None = None,
    ) -> Job:  # fmt: skip
        """
        Start a question and wait for it for as long as a direct answer may take.

        Args:
            view: The asking view; a newer question of it cancels this one.
            ask: Computes the answer.
            large: Where its kind is remembered, if it takes so much memory that it
                waits for a turn.

        Returns:
            The job; where it is not done yet it has been saved for later asking.
        """
        job = Job("what-if", view=view)

        def work(job: Job) -> bytes:
            started_s = time.perf_counter()
            with self.turn(job, large):
                document = ask(job)
            document["timing"] = {"computed_s": time.perf_counter() - started_s}
            if held_bytes() > TIGHT_BYTES:  # a look closer needs the newest ones alone
                self.site.answers.forget(but=1)
                self.stabilize.studies.forget(but=1)
            if held_bytes() > FULL_BYTES:
                self.memo.forget()
                self.compare.ran.forget()
                drop_code()
            return to_json(document)

        self.jobs.start(job, work)
        await _until(job.finished.is_set, self.settings.what_if_wait_s)
        if not await asyncio.to_thread(self._keep, job):
            self.jobs.drop(job)
        return job

    def _keep(self, job: Job) -> bool:
        """Save a what-if that takes longer, so that it can be asked for later."""
        with job.lock:
            if job.finished.is_set():
                return False
            self.jobs.save(job)
            return True

    def ask(self, job: Job, core: Callable[..., T], *given: Any, **more: Any) -> T:
        """Ask the core within a job: it tells progress, and remembers what it may."""
        shared = {
            "memo": self.memo, "on_progress": self.jobs.report(job),
            "cancelled": job.cancelled,
        }  # fmt: skip
        return insist(job, lambda: core(*given, **(shared | more)))

    def _answer(self, job: Job, scenario: Scenario) -> WhatIf:
        recordings = self.datasets.recordings(dataset_names(scenario))
        found = self.ask(job, what_if, scenario, recordings)
        self.kernel = "warm"
        return found

    # --- runs and plans -----------------------------------------------------------

    def start_run(self, scenario: Scenario, scenario_id: str | None) -> Job:
        """Queue a stored run."""

        def answer(job: Job) -> Document:
            return run_document(self._answer(job, scenario).run, provenance(scenario))

        job = Job("run", result_id=new_id("run"))
        return self._start(job, self.runs, answer, scenario, scenario_id)

    def start_plan(
        self, scenario: Scenario, scenario_id: str | None, view: str | None
    ) -> Job:
        """Queue a stored plan; a newer one of the same view cancels it."""

        def answer(job: Job) -> Document:
            recordings = self.datasets.recordings(dataset_names(scenario))
            found = self.ask(job, plan, scenario, recordings, executor=self.cells)
            return plan_document(found, provenance(scenario))

        job = Job("plan", result_id=new_id("plan"), view=view)
        return self._start(job, self.plans, answer, scenario, scenario_id)

    def _start(
        self,
        job: Job,
        table: Runs | Plans,
        answer: Callable[[Job], Document],
        scenario: Scenario,
        scenario_id: str | None,
    ) -> Job:
        """Queue what is stored when it is asked for, and again when it is answered."""

        def work(job: Job) -> None:
            self._mark(table, job, "running")
            self._mark(table, job, "done", result=answer(job))

        def insert() -> None:
            table.add(
                id=job.result_id, name=scenario.name, body=plain(scenario),
                scenario_sha256=scenario_sha256(scenario), seed=scenario.seed,
                model_version=MODEL_VERSION, status="queued", job_id=job.id,
                scenario_id=scenario_id,
            )  # fmt: skip

        def ended(job: Job) -> None:
            self._mark(table, job, job.state)

        return self.jobs.start(job, work, on_end=ended, before=insert)

    def _mark(self, table: Runs | Plans, job: Job, status: str, **values: Any) -> None:
        if status not in {"queued", "running"}:
            values["finished_at"] = now_utc()
        table.change(str(job.result_id), status=status, **values)

    def start_pull(self, name: str) -> Job:
        """Queue the download of a published dataset."""
        job = Job("dataset", result_id=self.datasets.info(name).name)

        def work(job: Job) -> None:
            self.datasets.pull(name, self.jobs.report(job), job.cancelled)

        return self.jobs.start(job, work)


def result_of(row: RunRow | PlanRow) -> Document:
    """
    Result of a stored run or plan.

    Raises:
        Refusal: With status 409 if it has none, or none yet.
    """
    if row.result is None:
        raise Refusal(
            409,
            f"{row.id} is {row.status} and has no result; its job {row.job_id} says "
            "how far it is or why it ended",
        )
    return row.result


async def _until(ready: Callable[[], bool], wait_s: float) -> None:
    """Wait without holding a thread; short steps first, so quick answers are quick."""
    end_s, step_s = time.monotonic() + wait_s, 0.002
    while not ready() and time.monotonic() < end_s:
        await asyncio.sleep(step_s)
        step_s = min(step_s * 1.3, 0.005)
