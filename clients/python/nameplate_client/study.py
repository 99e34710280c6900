"""A study on the server: started, followed point by point, read as a frame."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nameplate_client.connection import FINISHED, LONGEST_LOOK_S, LOOK_S
from nameplate_client.generated.answers import PointOut, StudyDetail
from nameplate_client.progress import Progress
from nameplate_client.record import table_frame

if TYPE_CHECKING:
    import pandas as pd

    from nameplate_client.client import Client

PAGE = 2000


class Study:
    """
    One question at many points.

        study = client.submit({"axes": [...], "outputs": ["peak_frac"]})
        for point in study:
            print(point.changes, point.outputs)
        study.frame().plot.scatter("fleet.server_count", "peak_frac")

    Iterating waits for the end, and gives points as they come: in the order of the
    study as far as they are there, and late ones afterwards.

    Args:
        client: The connection.
        study_id: Id of the study.
    """

    def __init__(self, client: Client, study_id: str) -> None:
        self._client = client
        self.id = study_id

    def read(self) -> StudyDetail:
        """Read what was asked, how far it is and what came out."""
        return self._client.studies.read(self.id)

    def wait(
        self,
        *,
        on_progress: Progress | None = None,
        timeout_s: float | None = None,
    ) -> StudyDetail:
        """
        Wait for the end; an interrupt from the keyboard cancels the study.

        Args:
            on_progress: Told part and phase at every look.
            timeout_s: Longest wait; None waits for ever. [s]

        Returns:
            The study with its analysis.

        Raises:
            Problem: If it failed or was cancelled.
            JobTimeout: If it takes longer than allowed.
        """
        job_id = self.read().job_id
        if job_id is not None:
            self._client.wait(job_id, on_progress=on_progress, timeout_s=timeout_s)
        return self.read()

    def cancel(self) -> None:
        """Stop it; points that were answered are kept, and `resume` goes on."""
        job_id = self.read().job_id
        if job_id is not None:
            self._client.cancel(job_id)

    def resume(self, *, engine: str | None = None) -> None:
        """Go on where it was cancelled or failed."""
        self._client.studies.resume(self.id, engine=engine)

    def points(self, *, after: int = -1) -> Iterator[PointOut]:
        """Read the points that are there, in order; waits for none."""
        place: int | None = after
        while place is not None:
            page = self._client.studies.points(self.id, after=place, limit=PAGE)
            yield from page.items
            place = page.next

    def __iter__(self) -> Iterator[PointOut]:
        seen: set[int] = set()
        gap, look_s, ended = 0, LOOK_S, False
        while True:
            fresh = False
            for point in self.points(after=gap - 1):
                if point.index not in seen:
                    seen.add(point.index)
                    fresh = True
                    yield point
            if ended:
                return
            while gap in seen:  # what came out of order is looked for from here
                gap += 1
            ended = self.read().status in FINISHED  # then look once more
            look_s = LOOK_S if fresh else min(look_s * 1.3, LONGEST_LOOK_S)
            if not ended:
                time.sleep(look_s)

    def frame(self) -> pd.DataFrame:
        """
        Make a frame of the points that are there: a column per axis and output.

        Returns:
            The frame, by index of the point; `attrs["units"]` has the units. `error`
            says why a point has no outputs.
        """
        study = self.read()
        units = {axis.field: axis.unit for axis in study.axes}
        units |= {metric.key: metric.unit for metric in study.question.metrics}
        rows = [
            {
                "index": point.index,
                **point.changes,
                **(point.outputs or {}),
                "error": (point.error or {}).get("rule"),
            }
            for point in self.points()
        ]
        made = table_frame(rows, units)
        return made.set_index("index") if rows else made

    def _repr_html_(self) -> str:
        return self.read()._repr_html_()

    def __repr__(self) -> str:
        return f"Study({self.id!r})"
