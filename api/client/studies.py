"""Calls about studies: one question at many points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.client.base import Connection, Format, one
from twin.types import Document

PAGE = 2000


class StudyCalls(Connection):
    """Studies."""

    def study_questions(self) -> list[Document]:
        """Questions a study may ask, with their outputs and fields."""
        return self._items("/studies/questions")

    def check_study(
        self, study: Mapping[str, Any], *, scenario_id: str | None = None
    ) -> Document:
        """Look at a study without starting it: `{points, axes, question}`."""
        body = {"study": study, "scenario_id": scenario_id}
        return self._json("POST", "/studies/check", json=body)

    def start_study(
        self,
        study: Mapping[str, Any],
        *,
        scenario_id: str | None = None,
        engine: str | None = None,
    ) -> Document:
        """
        Start a study.

        Args:
            study: The study; absent keys take defaults.
            scenario_id: A stored scenario as its base.
            engine: Where its points are answered; None is the server's choice.

        Returns:
            The job; `result.id` is the study.
        """
        body = {"study": study, "scenario_id": scenario_id, "engine": engine}
        return self._json("POST", "/studies", json=body)

    def resume_study(self, study_id: str, *, engine: str | None = None) -> Document:
        """Go on with a study that was cancelled or failed; returns its job."""
        return self._json(
            "POST", f"/studies/{one(study_id)}/resume", json={"engine": engine}
        )

    def studies(self) -> list[Document]:
        """All studies, newest first."""
        return self._items("/studies", limit=200)

    def study(self, study_id: str) -> Document:
        """Read one study: what was asked, how far it is, what came out."""
        return self._get(f"/studies/{one(study_id)}")

    def delete_study(self, study_id: str) -> None:
        """Delete a study; what was computed stays known."""
        self._send("DELETE", f"/studies/{one(study_id)}")

    def study_points(self, study_id: str, *, after: int = -1) -> Iterator[Document]:
        """Points in order, as far as they have come, read page by page."""
        while True:
            asked = {"after": after, "limit": PAGE}
            page = self._json("GET", f"/studies/{one(study_id)}/points", params=asked)
            yield from page["items"]
            if page["next"] is None:
                return
            after = page["next"]

    def study_point(self, study_id: str, place: int) -> Document:
        """Read one point with its inputs."""
        return self._get(f"/studies/{one(study_id)}/points/{one(place)}")

    def query_study(self, study_id: str, **asked: Any) -> Document:
        """Ask a finished study's points: `where`, `order_by`, `descending`, `limit`."""
        return self._json("POST", f"/studies/{one(study_id)}/query", json=asked)

    def study_result(self, study_id: str, kind: Format = "json") -> Any:
        """Read a finished study whole; CSV and Parquet have a row per point."""
        return self._result(f"/studies/{one(study_id)}/result", kind)
