"""Use cases of the serving fleet: studies, a query's energy, shifting, searches."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.documents import plain
from api.jobs import Job
from api.serving_documents import (
    grid_document,
    knob_documents,
    knobs_document,
    provision_document,
    study_document,
    system_document,
)
from api.shared import provenance_of
from store.datasets import DatasetError
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.knobs import KnobInput
from twin.scenario.parse import traffic_datasets
from twin.scenario.provision import ProvisionInput
from twin.scenario.query_energy import QueryEnergyInput
from twin.scenario.serving import ServingInput, ServingTraffic
from twin.scenario.shifting import ShiftInput
from twin.serving.grid_year import GridHours, hours_from
from twin.serving.knobs import run_knobs
from twin.serving.provisioning import run_provision
from twin.serving.query_energy import query_energy
from twin.serving.shifting import shift
from twin.serving.study import run_study
from twin.serving.systems.registry import systems
from twin.serving.traffic import Recordings
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState


class ServingService:
    """
    Answers questions about serving fleets.

    Args:
        state: What the server holds.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state

    async def run(self, study: ServingInput, *, view: str | None, points: int) -> Job:
        """Run systems side by side on the same traffic."""
        study = self._state.bring(study)

        def work(job: Job) -> Document:
            recordings = self._recordings(study.traffic)
            grid, hours = self._grid(study)
            found = run_study(
                study, recordings, progress=self._state.jobs.report(job),
                cancelled=job.cancelled,
                carbon_g_per_kwh=None if hours is None else hours.carbon_g_per_kwh,
                energy_usd_per_kwh=None if grid is None else grid["energy_usd_per_kwh"],
            )  # fmt: skip
            return study_document(
                found, points=points, grid=grid, provenance=provenance_of(study)
            )

        return await self._state.directly(view, work)

    async def query(self, given: QueryEnergyInput, *, view: str | None) -> Job:
        """Work out what a query takes."""

        def work(_: Job) -> Document:
            document: Document = plain(query_energy(given))
            return document | {"provenance": provenance_of(given)}

        return await self._state.directly(view, work)

    async def shift(self, given: ShiftInput, *, view: str | None) -> Job:
        """Move work in time; a solver under way ends by its own limit."""

        def work(_: Job) -> Document:
            document: Document = plain(shift(given))
            return document | {"provenance": provenance_of(given)}

        return await self._state.directly(view, work)

    async def knobs(self, given: KnobInput, *, view: str | None) -> Job:
        """Work a knob grid out."""

        def work(_: Job) -> Document:
            return knobs_document(run_knobs(given), provenance_of(given))

        return await self._state.directly(view, work)

    async def provision(self, given: ProvisionInput, *, view: str | None) -> Job:
        """Find the machines of each design."""

        def work(job: Job) -> Document:
            recordings = self._recordings(given.traffic)
            found = run_provision(
                given, recordings, stop=job.cancelled,
                report=self._state.jobs.report(job),
            )  # fmt: skip
            return provision_document(found, provenance_of(given))

        return await self._state.directly(view, work)

    def systems(self) -> list[Document]:
        """Every system with its knobs."""
        return [system_document(system) for system in systems().values()]

    def defaults(self) -> Document:
        """What is taken where nothing is given."""
        return {
            "serving": plain(ServingInput()), "query": plain(QueryEnergyInput()),
            "knobs": plain(KnobInput()), "provision": plain(ProvisionInput()),
            "serving_fields": knob_documents(ServingInput),
        }  # fmt: skip

    def grid_hours(self, name: str, start: dt.datetime, hours: int) -> Document:
        """Prices and carbon of some hours of a year."""
        found = hours_from(self._state.datasets.grid(name), start, hours)
        document: Document = plain(found)
        return document | {"name": name, "start": start}

    def _recordings(self, traffic: ServingTraffic) -> Recordings:
        """Read the datasets that traffic names; all that are missing at once."""
        fields = traffic_datasets(traffic)
        wrong = []
        for field, name in fields:
            try:
                self._state.datasets.require(name)
            except DatasetError as error:
                wrong.append(ScenarioError(field, error.rule, name, error.repair))
        if wrong:
            raise ScenarioErrors(wrong)
        return self._state.datasets.recordings(_names(fields))

    def _grid(self, study: ServingInput) -> tuple[Document | None, GridHours | None]:
        """Hours of price and carbon of a study, None where they are constant."""
        if study.site.grid is None:
            return None, None
        year = self._state.datasets.grid(study.site.grid)
        traffic = study.traffic
        count = math.ceil(traffic.length_s / 3600.0)
        hours = hours_from(year, traffic.start, count)
        # one price for the study: the mean of its hours, all alike
        return grid_document(year, float(hours.price_usd_per_mwh.mean())), hours


def _names(fields: Iterable[tuple[str, str]]) -> set[str]:
    return {name for _, name in fields}
