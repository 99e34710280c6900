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
        return self._get("/serving/defaults")

    def serving_run(
        self, serving: Mapping[str, Any] | None = None, **asked: Any
    ) -> Document:
        """
        Run serving systems side by side on the same traffic, waiting for the answer.

        Args:
            serving: Inputs; all defaults if not given.
            **asked: `points`, most records of a timeline; the rest as `ask` takes it.

        Returns:
            `{outcomes, refused, pareto, capacity_frac, warnings, ...}`.
        """
        return self.ask("/serving/run", serving=dict(serving or {}), **asked)

    def query_energy(
        self, query: Mapping[str, Any] | None = None, **asked: Any
    ) -> Document:
        """Energy, carbon, water and cost of a query, with their scatter."""
        return self.ask("/serving/query-energy", query=dict(query or {}), **asked)

    def shift(self, shift: Mapping[str, Any], **asked: Any) -> Document:
        """Move deferrable work in time, inside its deadlines and the headroom."""
        return self.ask("/serving/shift", shift=dict(shift), **asked)

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
        return list(self._get("/serving/grid")["items"])

    def grid_hours(self, name: str, *, start: str, hours: int) -> Document:
        """Prices and carbon of some hours; the year is repeated."""
        return self._get(f"/serving/grid/{one(name)}", start=start, hours=hours)
