"""Use cases of planning: what a site costs, what to build and when, what goes where."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from api.documents import plain
from api.jobs import Job
from api.shared import insist, provenance_of
from store.datasets import DatasetError
from twin.buildout.answer import build_out, front
from twin.buildout.program import Measure
from twin.errors import ScenarioError, ScenarioErrors, within
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

if TYPE_CHECKING:
    from api.services import AppState


class PlanningService:
    """
    Answers questions about money, orders and years.

    Args:
        state: What the server holds.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state

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
                found = insist(
                    job,
                    lambda: cost_question.answer(
                        given, ground, self._state.memo, cancelled=job.cancelled,
                        on_progress=self._state.jobs.report(job),
                    ),
                )  # fmt: skip
            document: Document = plain(found)
            return document | {
                "warnings": list(cost_warnings(given)), "inputs": plain(given),
                "provenance": provenance_of(given),
            }  # fmt: skip

        return await self._state.directly(view, work)

    async def build_out(
        self, given: BuildOutInput, *, view: str | None, explain: bool,
        between: tuple[Measure, Measure] | None, points: int,
    ) -> Job:  # fmt: skip
        """Find the best plan; a search under way ends by its own limit."""

        def work(job: Job) -> Document:
            report = self._state.jobs.report(job)
            report(0.0, "searching the best plan")
            document: Document = plain(
                build_out(given, explain=explain, stop=job.cancelled)
            )
            report(0.5, "searching plans between two aims")
            found = (
                ()
                if between is None
                else front(given, *between, points=points, stop=job.cancelled)
            )
            return document | {
                "front": plain(found), "warnings": list(build_out_warnings(given)),
                "inputs": plain(given),
                "provenance": provenance_of(given),
            }  # fmt: skip

        return await self._state.directly(view, work)

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
                found = insist(
                    job,
                    lambda: place(
                        given, ground.recordings, weather, memo=self._state.memo,
                        on_progress=self._state.jobs.report(job),
                        cancelled=job.cancelled,
                    ),
                )  # fmt: skip
            return placement_document(found) | {
                "inputs": plain(given), "provenance": provenance_of(given)
            }  # fmt: skip

        return await self._state.directly(view, work)

    def _ground(self, needs: Needs, site: Scenario | None) -> Ground:
        """Read what a question needs; everything that is missing at once."""
        datasets, wrong = self._state.datasets, list[ScenarioError]()
        for field, name in needs.datasets:
            try:
                datasets.require(name)
            except DatasetError as error:
                wrong.append(_at(field, error))
        weather, grid = {}, {}
        for field, name in needs.weather:
            try:
                weather[name] = datasets.weather(name)
            except DatasetError as error:
                wrong.append(_at(field, error))
        for field, name in needs.grid:
            try:
                grid[name] = datasets.grid(name)
            except DatasetError as error:
                wrong.append(_at(field, error))
        if wrong:
            raise ScenarioErrors(wrong)
        names = {name for _, name in needs.datasets}
        recordings = datasets.recordings(names)
        if site is not None:
            recordings = self._state.tracking.recordings(site, recordings)
        return Ground(recordings=recordings, weather=weather, grid=grid)


def placement_document(found: Placement) -> Document:
    """Write a placement down, what binds and what is proven in words too."""
    document: Document = plain(found)
    return document | {
        "bindings": [plain(b) | {"words": b.words} for b in found.bindings],
        "proofs": [
            plain(p) | {"gap_frac": p.gap_frac, "words": p.words} for p in found.proofs
        ],
        "warnings": list(warnings_of(found.scenario)),
    }  # fmt: skip


def _at(field: str, error: DatasetError) -> ScenarioError:
    """Name the field that asked for a dataset."""
    return ScenarioError(field, error.rule, error.value, error.repair)
