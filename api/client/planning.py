"""Calls about what a site costs, what to build and when, which server goes where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.client.base import Connection, Progress
from twin.types import Document


class PlanningCalls(Connection):
    """Planning."""

    def cost(
        self,
        cost: Mapping[str, Any] | None = None,
        *,
        view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Work out what a site costs over its years.

        Args:
            cost: Inputs; all defaults if not given. With a `site` it is run first.
            view: Name of the asking view; a newer question of it cancels this one.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            `{net_present_cost_usd, cost_per_server_h_usd, parts, years, bill, ...}`.

        Raises:
            ApiProblem: Status 422 where inputs are wrong, 409 where a newer question
                took over.
        """
        asked = {"cost": dict(cost or {}), "view": view}
        return self.answer_of("/planning/cost", asked, on_progress)

    def build_out(
        self,
        build_out: Mapping[str, Any] | None = None,
        *,
        explain: bool = True,
        front: Mapping[str, Any] | None = None,
        view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Find what to order, and when, for a growing demand.

        Args:
            build_out: Inputs; all defaults if not given.
            explain: Whether each limit is tried without, to say which bind.
            front: `{first, second, points}`: plans between two of cost, spend, carbon
                and unmet.
            view: Name of the asking view; a newer question of it cancels this one.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            `{plan, binding, late, front, ...}`.

        Raises:
            ApiProblem: Status 422 where inputs are wrong or no plan keeps the limits.
        """
        asked = {
            "build_out": dict(build_out or {}), "explain": explain, "view": view,
            "front": None if front is None else dict(front),
        }  # fmt: skip
        return self.answer_of("/planning/build-out", asked, on_progress)

    def place_servers(
        self,
        placement: Mapping[str, Any],
        *,
        view: str | None = None,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Put servers on racks, feeds and phases within every limit and any one loss.

        Args:
            placement: Inputs; `scenario` has a facility.
            view: Name of the asking view; a newer question of it cancels this one.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            `{racks, kinds, bindings, proofs, verified, scenario, ...}`.

        Raises:
            ApiProblem: Status 422 where inputs are wrong or what was asked for does
                not fit.
        """
        asked = {"placement": dict(placement), "view": view}
        return self.answer_of("/planning/placement", asked, on_progress)
