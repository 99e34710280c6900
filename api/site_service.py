"""Use cases of the physical site."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from api.documents import plain
from api.engines import StudyEngine, check_allowed, open_engine
from api.jobs import Job
from api.shared import Service, direct, insist, provenance
from api.site_documents import (
    campus_document,
    filled,
    fit_document,
    screening_document,
    site_document,
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
from twin.tapas.answer import schedule
from twin.tapas.site_steering import steer_site
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


class SiteService(Service):
    """Answers questions about sites."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self.answers = Memo(limit=ANSWERS, most_bytes=ANSWER_BYTES)

    @direct
    def run(
        self, job: Job, scenario: Scenario, *, series: bool, seeds: int = 1
    ) -> Document:
        """Run a site; with more than one seed, say how far its figures range."""
        document = self.document(job, scenario, series=series, seeds=seeds)
        more = self._state.tracking.replay_warnings(scenario)
        return document | {"warnings": [*warnings_of(scenario), *more]}

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

        def told(part: float, text: str) -> None:
            report((1 + part * (seeds - 1)) / seeds, text)

        return self._state.ask(
            job, seed_ranges, scenario, *self._ground(scenario), found.result,
            count=seeds, on_progress=told,
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
            with closing(open_engine(engine, workers=settings.workers)) as opened:
                return self._campus(job, scenario, opened, series=series, nodes=nodes)

        return await self._state.directly(view, work, large=self.answers)

    def _campus(
        self, job: Job, scenario: Scenario, engine: StudyEngine, *, series: bool,
        nodes: bool,
    ) -> Document:  # fmt: skip
        """Run a campus within a job, and write the answer down."""
        found = self._state.ask(
            job, answer_campus, scenario, *self._ground(scenario),
            engine=_halls_on(engine),
        )  # fmt: skip
        document = campus_document(
            found, provenance(scenario), series=series, nodes=nodes
        )
        more = self._state.tracking.replay_warnings(scenario)
        warnings = [*warnings_of(scenario, as_campus=True), *more]
        return document | {"engine": engine.name, "warnings": warnings}

    @direct
    def failures(self, job: Job, scenario: Scenario, *, pairs: bool) -> Document:
        """Follow every failure of a site."""
        answer = self._answer(job, scenario)
        found = screen(
            answer, pairs=pairs, on_progress=self._state.jobs.report(job),
            cancelled=job.cancelled,
        )  # fmt: skip
        return screening_document(
            found, answer.assembled.network, answer.stage, provenance(scenario)
        )

    @direct
    def failure(self, job: Job, scenario: Scenario, *, failed: list[str]) -> Document:
        """Follow one failure step by step."""
        found = self._answer(job, scenario)
        network = found.assembled.network
        document = story_document(
            story(found, tuple(failed)), list(network.index), network.rack_first
        )
        return document | {"provenance": provenance(scenario)}

    @direct
    def fit(
        self, job: Job, scenario: Scenario, *, servers: int, server_w: float | None,
        inputs: bool = False, **keep: bool,
    ) -> Document:  # fmt: skip
        """Find how many more servers fit where."""
        answer = self._answer(job, scenario)
        found = fit(answer, servers=servers, server_w=server_w, **keep)
        placed = filled(scenario, found) if inputs and server_w is None else None
        return fit_document(found, provenance(scenario)) | {"facility": placed}

    @direct
    def schedule(self, job: Job, scenario: Scenario, **asked: Any) -> Document:
        """Try placing, routing and configuring on a site; a P99 of nothing is null."""
        found = schedule(
            scenario, on_progress=self._state.jobs.report(job),
            cancelled=job.cancelled, **asked,
        )  # fmt: skip
        return {**plain(found), "provenance": provenance(scenario)}

    @direct
    def steering(self, job: Job, scenario: Scenario, **asked: Any) -> Document:
        """Share a parent's power out among a site's rows or halls, in words too."""
        found = steer_site(self._answer(job, scenario), **asked)
        return {
            **plain(found), "words": list(found.words),
            "provenance": provenance(scenario),
        }  # fmt: skip

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
            return {
                **plain(found),
                "ride_throughs": plain(ride_throughs(scenario, it_frac)),
                "it_w": float(found.plant.it_w[0]), "energy": plain(energy),
                "provenance": provenance(scenario),
            }  # fmt: skip

        return await self._state.directly(view, work)

    def _answer(
        self, job: Job, scenario: Scenario, *, share: float = 1.0
    ) -> SiteAnswer:
        """Run a site, `share` of its job; the answer before is remembered."""
        report = self._state.jobs.report(job)
        recordings, weather = self._ground(scenario)

        def told(part: float, text: str) -> None:
            report(share * part, text)

        def run() -> SiteAnswer:
            return answer_site(
                scenario, recordings, weather, memo=self._state.memo,
                on_progress=told, cancelled=job.cancelled,
            )  # fmt: skip

        return insist(job, lambda: self.answers.site(scenario, recordings, run))

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

    def _ground(self, scenario: Scenario) -> tuple[Recordings, Weather]:
        """Read the traffic and the weather that a site runs on."""
        known = self._state.datasets.recordings(dataset_names(scenario))
        recordings = self._state.tracking.recordings(scenario, known)
        return recordings, self._weather(scenario)

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
