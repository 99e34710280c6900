"""Use cases of the serving fleet: studies, a query's energy, shifting, searches."""

from __future__ import annotations

import datetime as dt
import math

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
from api.shared import Service, direct, provenance, read_all
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


class ServingService(Service):
    """Answers questions about serving fleets."""

    async def run(self, study: ServingInput, *, view: str | None, points: int) -> Job:
        """Run systems side by side on the same traffic."""
        return await self._run(self._state.bring(study), view=view, points=points)

    @direct
    def _run(self, job: Job, study: ServingInput, *, points: int) -> Document:
        recordings = self._recordings(study.traffic)
        grid, hours = self._grid(study)
        found = run_study(
            study, recordings, progress=self._state.jobs.report(job),
            cancelled=job.cancelled,
            carbon_g_per_kwh=None if hours is None else hours.carbon_g_per_kwh,
            energy_usd_per_kwh=None if grid is None else grid["energy_usd_per_kwh"],
        )  # fmt: skip
        return study_document(
            found, points=points, grid=grid, provenance=provenance(study)
        )

    @direct
    def query(self, _: Job, given: QueryEnergyInput) -> Document:
        """Work out what a query takes."""
        return {**plain(query_energy(given)), "provenance": provenance(given)}

    @direct
    def shift(self, _: Job, given: ShiftInput) -> Document:
        """Move work in time; a solver under way ends by its own limit."""
        return {**plain(shift(given)), "provenance": provenance(given)}

    @direct
    def knobs(self, _: Job, given: KnobInput) -> Document:
        """Work a knob grid out."""
        return knobs_document(run_knobs(given), provenance(given))

    @direct
    def provision(self, job: Job, given: ProvisionInput) -> Document:
        """Find the machines of each design."""
        recordings = self._recordings(given.traffic)
        found = run_provision(
            given, recordings, stop=job.cancelled, report=self._state.jobs.report(job)
        )
        return provision_document(found, provenance(given))

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
        return {**plain(found), "name": name, "start": start}

    def _recordings(self, traffic: ServingTraffic) -> Recordings:
        """Read the datasets that traffic names; all that are missing at once."""
        datasets = self._state.datasets
        (known,) = read_all((datasets.require, traffic_datasets(traffic)))
        return datasets.recordings(set(known))

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
