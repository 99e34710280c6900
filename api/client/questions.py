"""Questions that store nothing: rows, comparisons, sites, planning, training sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.client.base import Connection
from twin.types import Document


class QuestionCalls(Connection):
    """What-if, compare, site, planning and stabilize."""

    # --- rows and comparisons -----------------------------------------------------

    def what_if(
        self, scenario: Mapping[str, Any] | None = None, **asked: Any
    ) -> Document:
        """
        Answer one question, waiting for it however long it takes.

        Args:
            scenario: Base inputs; all defaults if neither this nor an id is given.
            **asked: `series`, whether it has curves; the rest as `site_ask` takes it.

        Returns:
            `{run, reference, baseline, scenario, provenance, timing}`.
        """
        return self.site_ask("/what-if", scenario=scenario, **asked)

    def compare(self, items: Sequence[Mapping[str, Any]], **asked: Any) -> Document:
        """
        Compare runs, scenarios, cells of plans and points of studies.

        Args:
            items: Two to eight of `{run_id}`, `{plan_id, added_servers, policy}`,
                `{scenario_id, changes}`, `{scenario, changes}`, `{study_id, point}`;
                each may have a `label`.
            **asked: `baseline`, the place of the item that others are measured
                against, `series`, whether it has curves; the rest as `ask` takes it.

        Returns:
            `{items, baseline, inputs, outputs, series, events, warnings, ...}`.
        """
        return self.ask("/compare", items=[dict(item) for item in items], **asked)

    # --- site: `asked` is the request's body, beside what `site_ask` takes --------

    def site_run(self, **asked: Any) -> Document:
        """Run a site; `series` has nodes' curves, `seeds` says how figures range."""
        return self.site_ask("/site/run", **asked)

    def site_campus(self, **asked: Any) -> Document:
        """
        Run a campus hall by hall, on an `engine`, with the limits that halls share.

        Returns:
            `{binding, limits, contract, halls, fullest, series, events, ...}`.

        Raises:
            ApiProblem: Status 403 for an address that the server may not use, 422
                where inputs are wrong or no scheduler answers, 503 where it is lost.
        """
        return self.site_ask("/site/campus", **asked)

    def site_failures(self, **asked: Any) -> Document:
        """Follow every failure of a site, worst first; `pairs` adds pairs of them."""
        return self.site_ask("/site/failures", **asked)

    def site_failure(self, **asked: Any) -> Document:
        """Follow the loss of the nodes `failed` step by step."""
        return self.site_ask("/site/failure", **asked)

    def site_fit(self, **asked: Any) -> Document:
        """Find how many more servers each row takes, and a place for `servers`."""
        return self.site_ask("/site/fit", **asked)

    def site_schedule(self, **asked: Any) -> Document:
        """Try placing, routing and configuring on a site, each alone and together."""
        return self.site_ask("/site/schedule", **asked)

    def site_steering(self, **asked: Any) -> Document:
        """Share a parent's power out among a site's rows or halls, as `by` says."""
        return self.site_ask("/site/steering", **asked)

    def cooling_year(self, **asked: Any) -> Document:
        """Run a site's cooling through a year at `it_frac` of the rows' limits."""
        return self.site_ask("/site/cooling-year", **asked)

    def site_network(self, **asked: Any) -> Document:
        """Expand a site's template into nodes and racks."""
        return self.site_ask("/site/network", **asked)

    def weather(self) -> list[str]:
        """Names of the years of weather on the server's machine."""
        return list(self._get("/site/weather")["items"])

    # --- planning -----------------------------------------------------------------

    def cost(self, cost: Mapping[str, Any] | None = None, **asked: Any) -> Document:
        """
        Work out what a site costs over its years.

        Args:
            cost: Inputs; all defaults if not given. With a `site` it is run first.
            **asked: As `ask` takes it.

        Returns:
            `{net_present_cost_usd, cost_per_server_h_usd, parts, years, bill, ...}`.
        """
        return self.ask("/planning/cost", cost=dict(cost or {}), **asked)

    def build_out(
        self, build_out: Mapping[str, Any] | None = None, **asked: Any
    ) -> Document:
        """
        Find what to order, and when, for a growing demand.

        Args:
            build_out: Inputs; all defaults if not given.
            **asked: `explain`, whether each limit is tried without, to say which bind;
                `front`, as `{first, second, points}`: plans between two of cost, spend,
                carbon and unmet; the rest as `ask` takes it.

        Returns:
            `{plan, binding, late, front, ...}`.

        Raises:
            ApiProblem: Status 422 where inputs are wrong or no plan keeps the limits.
        """
        given = dict(build_out or {})
        return self.ask("/planning/build-out", build_out=given, **asked)

    def place_servers(self, placement: Mapping[str, Any], **asked: Any) -> Document:
        """
        Put servers on racks, feeds and phases within every limit and any one loss.

        Args:
            placement: Inputs; `scenario` has a facility.
            **asked: As `ask` takes it.

        Returns:
            `{racks, kinds, bindings, proofs, verified, scenario, ...}`.

        Raises:
            ApiProblem: Status 422 where inputs are wrong or what was asked for does
                not fit.
        """
        return self.ask("/planning/placement", placement=dict(placement), **asked)

    # --- stabilize ----------------------------------------------------------------

    def stabilize_run(self, **asked: Any) -> Document:
        """Run training jobs before and after measures, against every rule."""
        return self.site_ask("/stabilize/run", **asked)

    def stabilize_zoom(self, **asked: Any) -> Document:
        """Look at a study from `from_s` to `to_s`; peaks are kept."""
        return self.site_ask("/stabilize/zoom", **asked)

    def stabilize_size(self, **asked: Any) -> Document:
        """Find the cheapest combination of measures that passes."""
        return self.site_ask("/stabilize/size", **asked)

    def learn_job(
        self, t_s: Sequence[float], power_w: Sequence[float], **more: Any
    ) -> Document:
        """
        Learn a training job from recorded power.

        Args:
            t_s: Times, rising. [s]
            power_w: Readings. [W]
            **more: `node_count`, `gpus_per_node`, `gpu_count`, `tdp_w`, `host_w`,
                `gaps_allowed`.

        Returns:
            What was seen, the fit's error, and the job for a scenario.
        """
        body = {"t_s": list(t_s), "power_w": list(power_w)} | more
        return self._json("POST", "/stabilize/learn", json=body)

    def grid_rules(self) -> Document:
        """Name grid rules, ride-through tables and critical frequencies."""
        return self._get("/stabilize/rules")
