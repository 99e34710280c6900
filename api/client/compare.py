"""Calls that put runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.client.base import Connection, Progress
from twin.types import Document


class CompareCalls(Connection):
    """Comparisons."""

    def compare(
        self,
        items: Sequence[Mapping[str, Any]],
        *,
        baseline: int = 0,
        series: bool = True,
        view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Compare runs, scenarios, cells of plans and points of studies.

        Args:
            items: Two to eight of `{run_id}`, `{plan_id, added_servers, policy}`,
                `{scenario_id, changes}`, `{scenario, changes}`, `{study_id, point}`;
                each may have a `label`.
            baseline: Place of the item that others are measured against.
            series: Whether curves over time are wanted.
            view: Name of the asking view; a newer question of it cancels this one.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            `{items, baseline, inputs, outputs, series, events, warnings, ...}`.

        Raises:
            ApiProblem: Status 409 where a newer question took over.
        """
        asked = {
            "items": [dict(item) for item in items], "baseline": baseline,
            "series": series, "view": view,
        }  # fmt: skip
        return self.answer_of("/compare", asked, on_progress)
