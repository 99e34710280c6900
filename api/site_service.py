"""Use cases of the physical site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.campus_documents import campus_document
from api.documents import plain
from api.engines import StudyEngine, check_allowed, open_engine
from api.jobs import Job
from api.shared import insist, provenance
from api.site_documents import (
    cooling_document,
    filled,
    fit_document,
    schedule_document,
    screening_document,
    site_document,
    steering_document,
    story_document,
)
from twin.campus.answer import answer_campus
from twin.campus.run import Engine
from twin.cooling.weather import Weather
from twin.errors import Cancelled
from twin.exchange.year_cost import year_energy
from twin.facility.answer import (
    SiteAnswer,
    answer_site,
    cooling_year,
    facility_of,
    fit,
    ride_throughs,
    screen,
    story,
    warnings_of,
    weather_of,
)
from twin.facility.seeds import SeedRanges, seed_ranges
from twin.plan import Memo
from twin.scenario import Scenario, dataset_names
from twin.serving.traffic import Recordings
from twin.tapas.answer import EmergencyKind, schedule
from twin.tapas.site_steering import Level, steer_site
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState

ANSWERS = 4
"""Sites remembered: a failure is followed on the run that was just made."""
ANSWER_BYTES = 40_000_000
SMALL_RACKS = 200
"""Sites up to here are answered beside others; a larger one takes 100 MB and more."""
FAR_WINDOW_S = 900.0
"""Least window of a campus whose halls leave the process: sending one is dear. [s]"""


class SiteService:
    """
    Answers questions about sites.

    Args:
        state: What the server holds.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state
        self.answers = Memo(limit=ANSWERS, most_bytes=ANSWER_BYTES)

    async def run(
        self, scenario: Scenario, *, view: str | None, series: bool, seeds: int = 1
    ) -> Job:
        """Run a site; with more than one seed, say how far its figures range."""

        def work(job: Job) -> Document:
            document = self.document(job, scenario, series=series, seeds=seeds)
            more = self._state.tracking.replay_warnings(scenario)
            return document | {"warnings": [*warnings_of(scenario), *more]}

        return await self._state.directly(view, work, large=self.large(scenario))

    def document(
        self, job: Job, scenario: Scenario, *, series: bool = False, seeds: int = 1
    ) -> Document:
        """Run a site within a job, and write the answer down."""
        found = self._answer(job, scenario, share=1 / seeds)
        ranges = self._ranges(job, found, seeds) if seeds > 1 else None
        document = site_document(found.result, provenance(scenario), series=series)
        return document | {"seed_ranges": plain(ranges)}

    def _ranges(self, job: Job, found: SiteAnswer, seeds: int) -> SeedRanges | None:
        scenario, report = found.scenario, self._state.jobs.report(job)
        recordings, weather = self._recordings(scenario), self._weather(scenario)
        return insist(
            job,
            lambda: seed_ranges(
                scenario, recordings, weather, found.result, count=seeds,
                memo=self._state.memo, cancelled=job.cancelled,
                on_progress=lambda part, text: report(
                    (1 + part * (seeds - 1)) / seeds, text
                ),
            ),
        )  # fmt: skip

    async def campus(
        self, scenario: Scenario, *, view: str | None, engine: str, series: bool,
        nodes: bool,
    ) -> Job:  # fmt: skip
        """Run a campus hall by hall, on an engine."""
        settings = self._state.settings
        check_allowed(engine, settings)

        def work(job: Job) -> Document:
            facility_of(scenario)  # takes a second where there are thousands of racks
            if job.cancelled():
                raise Cancelled
            opened = open_engine(engine, workers=settings.workers)
            try:
                return self._campus(job, scenario, opened, series=series, nodes=nodes)
            finally:
                opened.close()

        return await self._state.directly(view, work, large=self.answers)

    def _campus(
        self, job: Job, scenario: Scenario, engine: StudyEngine, *, series: bool,
        nodes: bool,
    ) -> Document:  # fmt: skip
        """Run a campus within a job, and write the answer down."""
        recordings, weather = self._recordings(scenario), self._weather(scenario)
        found = insist(
            job,
            lambda: answer_campus(
                scenario, recordings, weather, engine=_halls_on(engine),
                memo=self._state.memo, on_progress=self._state.jobs.report(job),
                cancelled=job.cancelled,
            ),
        )  # fmt: skip
        document = campus_document(
            found, provenance(scenario), series=series, nodes=nodes
        )
        more = self._state.tracking.replay_warnings(scenario)
        warnings = [*warnings_of(scenario, as_campus=True), *more]
        return document | {"engine": engine.name, "warnings": warnings}

    async def failures(
        self, scenario: Scenario, *, view: str | None, pairs: bool
    ) -> Job:
        """Follow every failure of a site."""

        def work(job: Job) -> Document:
            answer = self._answer(job, scenario)
            found = screen(
                answer, pairs=pairs, on_progress=self._state.jobs.report(job),
                cancelled=job.cancelled,
            )  # fmt: skip
            return screening_document(
                found, answer.assembled.network, answer.stage, provenance(scenario)
            )

        return await self._state.directly(view, work, large=self.large(scenario))

    async def failure(
        self, scenario: Scenario, *, view: str | None, failed: list[str]
    ) -> Job:
        """Follow one failure step by step."""

        def work(job: Job) -> Document:
            found = self._answer(job, scenario)
            network = found.assembled.network
            document = story_document(
                story(found, tuple(failed)), list(network.index), network.rack_first
            )
            return document | {"provenance": provenance(scenario)}

        return await self._state.directly(view, work, large=self.large(scenario))

    async def fit(
        self, scenario: Scenario, *, view: str | None, servers: int,
        server_w: float | None, inputs: bool = False, **keep: bool,
    ) -> Job:  # fmt: skip
        """Find how many more servers fit where."""

        def work(job: Job) -> Document:
            found = fit(
                self._answer(job, scenario), servers=servers, server_w=server_w, **keep
            )
            placed = filled(scenario, found) if inputs and server_w is None else None
            return fit_document(found, provenance(scenario)) | {"facility": placed}

        return await self._state.directly(view, work, large=self.large(scenario))

    async def schedule(
        self, scenario: Scenario, *, view: str | None, emergency: EmergencyKind,
        oversubscription_frac: float | None, iaas_frac: float, days: int,
    ) -> Job:  # fmt: skip
        """Try placing, routing and configuring on a site."""

        def work(job: Job) -> Document:
            found = schedule(
                scenario, emergency=emergency, iaas_frac=iaas_frac, days=days,
                oversubscription_frac=oversubscription_frac,
                on_progress=self._state.jobs.report(job), cancelled=job.cancelled,
            )  # fmt: skip
            return schedule_document(found, provenance(scenario))

        return await self._state.directly(view, work, large=self.large(scenario))

    async def steering(
        self, scenario: Scenario, *, view: str | None, by: Level,
        parent_w: float | None, left_frac: float, growth_frac: float,
    ) -> Job:  # fmt: skip
        """Share a parent's power out among a site's rows or halls."""

        def work(job: Job) -> Document:
            found = steer_site(
                self._answer(job, scenario), by=by, parent_w=parent_w,
                left_frac=left_frac, growth_frac=growth_frac,
            )  # fmt: skip
            return steering_document(found, provenance(scenario))

        return await self._state.directly(view, work, large=self.large(scenario))

    async def cooling_year(
        self, scenario: Scenario, *, view: str | None, it_frac: float,
        price_series: str | None = None, carbon_series: str | None = None,
        utc_offset_h: float = 0.0,
    ) -> Job:  # fmt: skip
        """Run a site's cooling through a year; what its energy costs and emits."""

        def work(_: Job) -> Document:
            need = self._state.imports.series.need
            price = None if price_series is None else need(price_series, "price")
            carbon = None if carbon_series is None else need(carbon_series, "carbon")
            found = cooling_year(scenario, self._weather(scenario), it_frac)
            facility_w = found.plant.it_w + found.plant.cooling_w + found.other_w
            energy = year_energy(facility_w, price, carbon, utc_offset_h)
            rides = ride_throughs(scenario, it_frac)
            document = cooling_document(found, rides, float(found.plant.it_w[0]))
            return document | {
                "energy": plain(energy), "provenance": provenance(scenario)
            }  # fmt: skip

        return await self._state.directly(view, work)

    def _answer(
        self, job: Job, scenario: Scenario, *, share: float = 1.0
    ) -> SiteAnswer:
        """Run a site, `share` of its job; the answer before is remembered."""
        report = self._state.jobs.report(job)
        recordings, weather = self._recordings(scenario), self._weather(scenario)
        return insist(
            job,
            lambda: self.answers.site(
                scenario,
                recordings,
                lambda: answer_site(
                    scenario, recordings, weather, memo=self._state.memo,
                    on_progress=lambda part, text: report(share * part, text),
                    cancelled=job.cancelled,
                ),
            ),
        )  # fmt: skip

    def large(self, scenario: Scenario) -> Memo | None:
        """Where sites are remembered, for one that waits for a turn."""
        facility = scenario.facility
        if facility is None:
            return None
        t = facility.template
        racks = (
            t.halls * t.rows_per_hall * t.racks_per_row if t else len(facility.racks)
        )
        return self.answers if racks > SMALL_RACKS else None

    def _recordings(self, scenario: Scenario) -> Recordings:
        return self._state.tracking.recordings(
            scenario, self._state.datasets.recordings(dataset_names(scenario))
        )

    def _weather(self, scenario: Scenario) -> Weather:
        facility = scenario.facility
        if facility is None:
            facility_of(scenario)  # says what is missing
            raise AssertionError
        name = facility.weather.dataset
        known = {} if name is None else {name: self._state.datasets.weather(name)}
        return weather_of(facility.weather, known)


def _halls_on(engine: StudyEngine) -> Engine:
    """Windows as short as they need be where halls stay in this process."""
    is_here = engine.name in {"serial", "threads"}
    return Engine(
        executor=engine, mend=engine.mend,
        shortest_s=None if is_here else FAR_WINDOW_S,
    )  # fmt: skip
