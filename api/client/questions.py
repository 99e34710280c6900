"""Questions that store nothing: what-ifs, sites, training sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from api.client.base import Connection, Progress, question_of
from twin.types import Document


class QuestionCalls(Connection):
    """What-if, site and stabilize."""

    # --- questions ----------------------------------------------------------------

    def what_if(
        self,
        scenario: Mapping[str, Any] | None = None,
        *,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        series: bool = True,
        on_progress: Progress | None = None,
    ) -> Document:
        """
        Answer one question, waiting for it however long it takes.

        Args:
            scenario: Base inputs; all defaults if neither this nor an id is given.
            scenario_id: A stored scenario as the base instead.
            changes: New value per dotted path.
            view: Name of the asking view; a newer question of it cancels this one.
            series: Whether the answer has curves over time.
            on_progress: Told part and phase where the answer takes longer.

        Returns:
            `{run, reference, baseline, scenario, provenance, timing}`.

        Raises:
            ApiProblem: Status 409 where a newer question took over.
        """
        body = question_of(scenario, scenario_id, changes)
        body |= {"view": view, "series": series}
        return self.answer_of("/what-if", body, on_progress)

    # --- site ---------------------------------------------------------------------

    def site_run(
        self, *, series: bool = False, seeds: int = 1, **question: Any
    ) -> Document:
        """
        Run a site, waiting for it however long it takes.

        Args:
            series: Whether every node has its curve over time.
            seeds: Seeds of traffic; more than one says how far key figures range.
            **question: As `site_ask` takes it.
        """
        more = {"series": series, "seeds": seeds}
        return self.site_ask("/site/run", more, **question)

    def site_campus(
        self,
        *,
        engine: str = "threads",
        series: bool = False,
        nodes: bool = False,
        **question: Any,
    ) -> Document:
        """
        Run a campus hall by hall, with the limits that halls share.

        Args:
            engine: Where halls run: serial, threads, processes, or the address of a
                dask scheduler that the server may use; the answer is the same.
            series: Whether halls have their curves over time.
            nodes: Whether every node and rack is told, one list per figure.
            **question: As `site_ask` takes it.

        Returns:
            `{binding, limits, contract, halls, fullest, series, events, ...}`.

        Raises:
            ApiProblem: Status 403 for an address that the server may not use, 422
                where inputs are wrong or no scheduler answers, 503 where it is lost.
        """
        more = {"engine": engine, "series": series, "nodes": nodes}
        return self.site_ask("/site/campus", more, **question)

    def site_failures(self, *, pairs: bool = True, **question: Any) -> Document:
        """Follow every failure of a site, worst first; `pairs` adds pairs of them."""
        return self.site_ask("/site/failures", {"pairs": pairs}, **question)

    def site_failure(self, *, failed: list[str], **question: Any) -> Document:
        """Follow the loss of these nodes step by step."""
        return self.site_ask("/site/failure", {"failed": failed}, **question)

    def site_fit(
        self, *, servers: int = 0, server_w: float | None = None,
        keep_losses: bool = True, keep_cooling: bool = True, inputs: bool = False,
        **question: Any,
    ) -> Document:  # fmt: skip
        """Find how many more servers each row takes, and a place for `servers`."""
        more = {
            "servers": servers, "server_w": server_w, "keep_losses": keep_losses,
            "keep_cooling": keep_cooling, "inputs": inputs,
        }  # fmt: skip
        return self.site_ask("/site/fit", more, **question)

    def site_schedule(
        self,
        *,
        emergency: Literal["none", "power", "airflow"] = "none",
        oversubscription_frac: float | None = None,
        iaas_frac: float = 0.5,
        days: int = 2,
        **question: Any,
    ) -> Document:
        """
        Try placing, routing and configuring on a site, each alone and all of them.

        Args:
            emergency: What strikes on the last afternoon.
            oversubscription_frac: Servers beyond those planned ÷ those planned; None
                takes the racks as they are.
            iaas_frac: Share of opaque machines where no rack says that it is IaaS.
            days: Days simulated. [d], 1..7
            **question: As `site_ask` takes it.
        """
        more = {
            "emergency": emergency, "oversubscription_frac": oversubscription_frac,
            "iaas_frac": iaas_frac, "days": days,
        }  # fmt: skip
        return self.site_ask("/site/schedule", more, **question)

    def site_steering(
        self,
        *,
        by: Literal["row", "hall"] = "row",
        parent_w: float | None = None,
        left_frac: float = 1.0,
        growth_frac: float = 0.0,
        **question: Any,
    ) -> Document:
        """
        Share a parent's power out among a site's rows or halls.

        Args:
            by: Whether rows or halls share.
            parent_w: What the parent carries; None is the sum of limits. [W]
            left_frac: What is left of the parent. 0..1
            growth_frac: What is wanted beyond the prediction ÷ the prediction.
            **question: As `site_ask` takes it.
        """
        more = {
            "by": by, "parent_w": parent_w, "left_frac": left_frac,
            "growth_frac": growth_frac,
        }  # fmt: skip
        return self.site_ask("/site/steering", more, **question)

    def cooling_year(
        self, *, it_frac: float = 0.75, price_series: str | None = None,
        carbon_series: str | None = None, utc_offset_h: float = 0.0, **question: Any,
    ) -> Document:  # fmt: skip
        """Run a site's cooling through a year at a share of the rows' limits."""
        asked = {
            "it_frac": it_frac, "price_series": price_series,
            "carbon_series": carbon_series, "utc_offset_h": utc_offset_h,
        }  # fmt: skip
        return self.site_ask("/site/cooling-year", asked, **question)

    def site_network(self, **question: Any) -> Document:
        """Expand a site's template into nodes and racks."""
        return self.site_ask("/site/network", {}, **question)

    def weather(self) -> list[str]:
        """Names of the years of weather on the server's machine."""
        return list(self._json("GET", "/site/weather")["items"])

    # --- stabilize ----------------------------------------------------------------

    def stabilize_run(self, *, points: int = 1200, **question: Any) -> Document:
        """Run training jobs before and after measures, against every rule."""
        return self.site_ask("/stabilize/run", {"points": points}, **question)

    def stabilize_zoom(
        self, *, from_s: float, to_s: float, points: int = 1200, **question: Any
    ) -> Document:
        """Look at a window of a study; peaks are kept."""
        more = {"from_s": from_s, "to_s": to_s, "points": points}
        return self.site_ask("/stabilize/zoom", more, **question)

    def stabilize_size(self, **question: Any) -> Document:
        """Find the cheapest combination of measures that passes."""
        return self.site_ask("/stabilize/size", {}, **question)

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
        return self._json("GET", "/stabilize/rules")
