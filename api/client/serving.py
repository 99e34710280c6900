"""Calls about the serving fleet: runs, systems, a query's energy, shifting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.client.base import Connection, Progress, one
from twin.types import Document


class ServingCalls(Connection):
    """Serving."""

    def serving_systems(self) -> list[Document]:
        """Systems a run may compare, each with its knobs and where it is from."""
        return self._items("/serving/systems")

    def serving_defaults(self) -> Document:
        """Inputs of a run, a query and a search where nothing is given."""
        return self._json("GET", "/serving/defaults")

    def serving_run(
        self,
        serving: Mapping[str, Any] | None = None,
        *,
        points: int = 600,
        view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Run serving systems side by side on the same traffic, waiting for the answer.

        Args:
            serving: Inputs; all defaults if not given.
            points: Most records of each timeline.
            view: Name of the asking view; a newer question of it cancels this one.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            `{outcomes, refused, pareto, capacity_frac, warnings, ...}`.

        Raises:
            ApiProblem: Status 409 where a newer question took over.
        """
        asked = {"serving": dict(serving or {}), "points": points, "view": view}
        return self.answer_of("/serving/run", asked, on_progress)

    def query_energy(
        self, query: Mapping[str, Any] | None = None, *, view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:  # fmt: skip
        """Energy, carbon, water and cost of a query, with their scatter."""
        asked = {"query": dict(query or {}), "view": view}
        return self.answer_of("/serving/query-energy", asked, on_progress)

    def shift(
        self, shift: Mapping[str, Any], *, view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:  # fmt: skip
        """Move deferrable work in time, inside its deadlines and the headroom."""
        asked = {"shift": dict(shift), "view": view}
        return self.answer_of("/serving/shift", asked, on_progress)

    def knob_grid(
        self, *, view: str | None = None, on_progress: Progress | None = None,
        **knobs: Any,
    ) -> Document:  # fmt: skip
        """Latency, throughput, power and energy of one instance over its knobs."""
        asked = {"knobs": knobs, "view": view}
        return self.answer_of("/serving/knob-grid", asked, on_progress)

    def provision(
        self, *, view: str | None = None, on_progress: Progress | None = None,
        **search: Any,
    ) -> Document:  # fmt: skip
        """Find the machines of Splitwise's designs that a budget buys."""
        asked = {"search": search, "view": view}
        return self.answer_of("/serving/provision", asked, on_progress)

    def grids(self) -> list[str]:
        """Names of the years of hourly prices and carbon on the server's machine."""
        return list(self._json("GET", "/serving/grid")["items"])

    def grid_hours(self, name: str, *, start: str, hours: int) -> Document:
        """Prices and carbon of some hours; the year is repeated."""
        asked = {"start": start, "hours": hours}
        return self._json("GET", f"/serving/grid/{one(name)}", params=asked)
