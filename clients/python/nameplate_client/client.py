"""The client: where the server is, who asks, and every noun as an attribute."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

import httpx

from nameplate_client.connection import Connection
from nameplate_client.errors import NameplateError
from nameplate_client.generated.answers import JobDetail, StoredJobOut
from nameplate_client.generated.inputs import StudySpec
from nameplate_client.generated.nouns import Nouns
from nameplate_client.progress import Progress, Wish
from nameplate_client.study import Study

LOCAL = "http://127.0.0.1:8050"


class Client(Nouns):
    """
    One connection to a Nameplate server; safe to share between threads.

        with Client("https://planner.example", token="npt_…") as client:
            failures = client.site.failures(scenario_id="sample-row")

    Args:
        url: Address of the server.
        token: What a server in tokens mode wants to see.
        timeout_s: Longest wait for one answer. [s]
        patience_s: Longest wait in all for a server that is busy or restarts. [s]
        progress: Told of jobs; "auto" shows a line in terminals and notebooks, None
            shows nothing.
        transport: Replaces the network, in tests.
    """

    def __init__(
        self,
        url: str = LOCAL,
        token: str | None = None,
        *,
        timeout_s: float = 60.0,
        patience_s: float = 60.0,
        progress: Wish = "auto",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        connection = Connection(
            url, token, timeout_s=timeout_s, patience_s=patience_s, progress=progress,
            transport=transport,
        )  # fmt: skip
        super().__init__(connection)

    def wait(
        self,
        job: StoredJobOut | JobDetail | str,
        *,
        on_progress: Progress | None = None,
        timeout_s: float | None = None,
    ) -> JobDetail:
        """
        Wait until a job is done; an interrupt from the keyboard cancels it.

        Args:
            job: The job, or its id.
            on_progress: Told part and phase at every look.
            timeout_s: Longest wait; None waits for ever. [s]

        Returns:
            The finished job.

        Raises:
            Problem: If it failed or was cancelled; the job's own.
            JobTimeout: If it takes longer than allowed.
        """
        document = self._connection.wait(_id_of(job), on_progress, timeout_s)
        return JobDetail(document)

    def follow(self, job: StoredJobOut | JobDetail | str) -> Iterator[StoredJobOut]:
        """Follow a job by events: how it is whenever that changes, finished last."""
        for event in self.jobs.events(_id_of(job)):
            yield StoredJobOut(event.data)

    def cancel(self, job: StoredJobOut | JobDetail | str) -> StoredJobOut:
        """Ask a job to stop; a finished one stays as it is."""
        return self.jobs.delete(_id_of(job))

    def submit(
        self,
        study: StudySpec,
        *,
        scenario_id: str | None = None,
        engine: str | None = None,
    ) -> Study:
        """
        Start a study; whatever is wrong with it is said before.

        Args:
            study: What to ask, what varies and how; absent keys take defaults.
            scenario_id: A stored scenario as its base.
            engine: Where its points are answered; None is the server's choice.

        Returns:
            The study, under way: iterate over it, or `wait`.

        Raises:
            InvalidInput: With the field that is wrong.
        """
        job = self.studies.create(study=study, scenario_id=scenario_id, engine=engine)
        if job.result is None:
            raise NameplateError(f"job {job.id} has no study")
        return Study(self, job.result.id)

    def study(self, study_id: str) -> Study:
        """Open a study that was started before."""
        return Study(self, study_id)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def __enter__(self) -> Client:  # noqa: PYI034 - Self is younger than 3.10
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _id_of(job: StoredJobOut | JobDetail | str) -> str:
    return job if isinstance(job, str) else job.id
