"""Use cases of planning: what a site costs, what to build and when, what goes where."""

from __future__ import annotations

import asyncio

from api.documents import plain
from api.jobs import Job
from api.shared import Service, direct, provenance, read_all
from twin.buildout.answer import build_out, front
from twin.buildout.program import Measure
from twin.errors import within
from twin.facility.answer import facility_of, warnings_of, weather_of
from twin.optimise.placement import Placement, place
from twin.scenario import Scenario
from twin.scenario.build_out import BuildOutInput
from twin.scenario.cost import CostInput
from twin.scenario.placement import PlacementInput
from twin.scenario.planning_warnings import build_out_warnings, cost_warnings
from twin.study.questions import cost as cost_question
from twin.study.questions import placement as placement_question
from twin.study.questions.base import Ground, Needs
from twin.types import Document


class PlanningService(Service):
    """Answers questions about money, orders and years."""

    async def cost(self, given: CostInput, *, view: str | None) -> Job:
        """Work out what a site costs, running it first where there is one."""
        given = self._state.bring(given)
        if given.site is not None:
            self._state.check_policies(given.site)
        with within("site", CostInput.model_fields):
            needs = cost_question.needs(given)
            ground = await asyncio.to_thread(self._ground, needs, given.site)

        def work(job: Job) -> Document:
            with within("site", CostInput.model_fields):
                found = self._state.ask(job, cost_question.answer, given, ground)
            return {
                **plain(found), "warnings": list(cost_warnings(given)),
                "inputs": plain(given), "provenance": provenance(given),
            }  # fmt: skip

        return await self._state.directly(view, work)

    @direct
    def build_out(
        self, job: Job, given: BuildOutInput, *, explain: bool,
        between: tuple[Measure, Measure] | None, points: int,
    ) -> Document:  # fmt: skip
        """Find the best plan; a search under way ends by its own limit."""
        report = self._state.jobs.report(job)
        report(0.0, "searching the best plan")
        best = build_out(given, explain=explain, stop=job.cancelled)
        report(0.5, "searching plans between two aims")
        found = (
            ()
            if between is None
            else front(given, *between, points=points, stop=job.cancelled)
        )
        return {
            **plain(best), "front": plain(found),
            "warnings": list(build_out_warnings(given)), "inputs": plain(given),
            "provenance": provenance(given),
        }  # fmt: skip

    async def place(self, given: PlacementInput, *, view: str | None) -> Job:
        """Find where servers go, and on which feeds and phases."""
        given = self._state.bring(given)
        scenario = given.scenario
        self._state.check_policies(scenario)
        with within("scenario", PlacementInput.model_fields):
            needs = placement_question.needs(given)
            ground = await asyncio.to_thread(self._ground, needs, scenario)
            weather = weather_of(facility_of(scenario).weather, dict(ground.weather))

        def work(job: Job) -> Document:
            with within("scenario", PlacementInput.model_fields):
                found = self._state.ask(job, place, given, ground.recordings, weather)
            return placement_document(found) | {
                "inputs": plain(given), "provenance": provenance(given)
            }  # fmt: skip

        return await self._state.directly(view, work)

    def _ground(self, needs: Needs, site: Scenario | None) -> Ground:
        """Read what a question needs; everything that is missing at once."""
        datasets = self._state.datasets
        known, weather, grid = read_all(
            (datasets.require, needs.datasets), (datasets.weather, needs.weather),
            (datasets.grid, needs.grid),
        )  # fmt: skip
        recordings = datasets.recordings(set(known))
        if site is not None:
            recordings = self._state.tracking.recordings(site, recordings)
        return Ground(recordings=recordings, weather=weather, grid=grid)


def placement_document(found: Placement) -> Document:
    """Write a placement down, what binds and what is proven in words too."""
    return {
        **plain(found),
        "bindings": [plain(b) | {"words": b.words} for b in found.bindings],
        "proofs": [
            plain(p) | {"gap_frac": p.gap_frac, "words": p.words} for p in found.proofs
        ],
        "warnings": list(warnings_of(found.scenario)),
    }  # fmt: skip
