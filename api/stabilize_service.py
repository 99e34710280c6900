"""Use cases of training sites: studies, windows of them, sizing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

from api.documents import plain
from api.jobs import Job
from api.shared import Service, direct, provenance
from api.stabilize_documents import size_document, study_document
from store.grid_files import critical_modes, grid_rules, ride_tables
from twin.compliance.size_study import size_study
from twin.compliance.study import Known, Study, study, training_of
from twin.compliance.zoom import zoom
from twin.errors import ScenarioError
from twin.plan.memo import Memo, scenario_sha256
from twin.scenario import Scenario
from twin.scenario.measures import Measures
from twin.scenario.sizing import Sizing
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState

STUDIES = 3
"""Studies remembered: a zoom looks into the one that was just made."""
STUDY_BYTES = 60_000_000
"""Bytes of those, and of the one that is being made."""
SMALL_SAMPLES = 500_000
"""Studies up to here are made beside others."""
BYTES_PER_SAMPLE = 200
"""Of a study while it is made: measured, arrays on the way included."""


class StabilizeService(Service):
    """Answers questions about training sites."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self._lock = Lock()
        self.studies = Memo(limit=STUDIES, most_bytes=STUDY_BYTES)
        self._bare = ("", "")

    def known(self) -> Known:
        """Read rules, tables and modes: ours, and those in the user's folder."""
        settings = self._state.settings
        folder = settings.grid_rules_dir
        if folder is None and settings.own_dir is not None:
            inside = settings.own_dir / "grid_rules"
            folder = inside if inside.is_dir() else None
        tables = folder / "ride_through" if folder else None
        modes = folder / "critical_modes.yaml" if folder else None
        return Known(
            rules=grid_rules(folder),
            tables=ride_tables(tables if tables and tables.is_dir() else None),
            modes=critical_modes(modes if modes and modes.is_file() else None),
        )

    @direct
    def run(self, job: Job, scenario: Scenario, *, points: int) -> Document:
        """Answer a training site before and after its measures."""
        with self._turn(job, scenario):
            found = self._study(job, scenario)
            window = zoom(found, points=points)
            return study_document(found, window, provenance(scenario))

    @direct
    def zoom(self, job: Job, scenario: Scenario, **window: Any) -> Document:
        """Look at a window of a study."""
        known = self.studies.known(_key(scenario, self.known()))
        with nullcontext() if known else self._turn(job, scenario):
            found = known or self._study(job, scenario)
        return dict(plain(zoom(found, **window)))

    @direct
    def size(self, job: Job, scenario: Scenario) -> Document:
        """Try every combination of measures."""
        self._insist_small(scenario)
        with self._turn(job, scenario):
            found, turned = size_study(
                scenario, self.known(), on_progress=self._state.jobs.report(job),
                cancelled=job.cancelled,
            )  # fmt: skip
        return size_document(found, turned, scenario, provenance(scenario))

    def _study(self, job: Job, scenario: Scenario) -> Study:
        """Run a study, or remember it; one at a time."""
        known = self.known()
        bare_key = _key(_bare(scenario), known)
        key = _key(scenario, known)

        def run() -> Study:
            with self._lock:
                kind, last = self._bare
                bare = self.studies.known(last) if kind == bare_key else None
                self.studies.make_room(BYTES_PER_SAMPLE * _samples(scenario))
                found = study(scenario, known, bare, job.cancelled)
                self._bare = (bare_key, key)
                return found

        if self.studies.known(key) is None:
            self._insist_small(scenario)
        return self.studies.remember(key, run)

    def _turn(self, job: Job, scenario: Scenario) -> AbstractContextManager[None]:
        """Wait until this study, and what is told of it, may take their memory."""
        large = _samples(scenario) > SMALL_SAMPLES
        return self._state.turn(job, self.studies if large else None)

    def _insist_small(self, scenario: Scenario) -> None:
        """Refuse what would keep the server busy for longer than it may be."""
        training = training_of(scenario)
        most = self._state.settings.most_samples
        samples = _samples(scenario)
        if samples > most:
            raise ScenarioError("training.sample_s",
                                f"times jobs makes {samples} samples, more than {most}",
                                training.sample_s, "lengthen samples, shorten "
                                "training.horizon_s, or raise NAMEPLATE_MOST_SAMPLES "
                                "on a machine of your own")  # fmt: skip


def _samples(scenario: Scenario) -> int:
    training = training_of(scenario)
    return round(training.horizon_s / training.sample_s * len(training.jobs))


def _key(scenario: Scenario, known: Known) -> str:
    """Name a study is remembered under: of the scenario and of rules and tables."""
    now = hash((*known.rules.values(), *known.tables.values()))
    return f"{scenario_sha256(scenario)}:{now}"


def _bare(scenario: Scenario) -> Scenario:
    """Everything that a site without measures depends on."""
    training = training_of(scenario)
    bare = training.model_copy(update={"measures": Measures(), "sizing": Sizing()})
    return scenario.model_copy(update={"training": bare})
