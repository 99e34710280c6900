"""
One class per noun of the API, one method per operation.

A method sends what it is given, each argument by its name.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from nameplate_client import connection as base
from nameplate_client.connection import Noun
from nameplate_client.downloads import Download
from nameplate_client.generated import answers, inputs
from nameplate_client.pages import Pages


class AlertsNoun(Noun):
    """Operations under /api/v1/alerts."""

    def list(
        self,
        *,
        limit: int = 50,
        status: Literal["firing", "resolved"] | None = None,
        rule_id: str | None = None,
    ) -> Pages[answers.AlertOut]:
        """
        Alerts that fire and that did, newest first.

        Args:
            limit: Most items on a page [items]
            status: Only those
            rule_id: Only of one rule
        """
        return self._connection.pages(answers.AlertOut, "GET", "/alerts", query=locals())

    def deliveries(self, *, limit: int = 50) -> Pages[answers.DeliveryOut]:
        """
        Notices and how far they are, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.DeliveryOut, "GET", "/alerts/deliveries", query=locals())

    def rules_list(self, *, limit: int = 50) -> Pages[answers.AlertRuleOut]:
        """
        All rules, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.AlertRuleOut, "GET", "/alerts/rules", query=locals())

    def rules_create(
        self,
        *,
        name: str,
        kind: Literal["threshold", "load", "ramp", "missing-agent", "model-drift"],
        limit: float,
        devices: bool = False,
        target: str = "*",
        clear: float | None = None,
        for_s: float = 60.0,
        window_s: float = 10.0,
        severity: Literal["info", "warning", "critical"] = "warning",
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        enabled: bool = True,
    ) -> answers.AlertRuleOut:
        """
        Store a rule.

        Args:
            kind: threshold (power), load (power over a node's limit), ramp (change of power), missing-agent
                (silence) or model-drift (measured off predicted, over predicted)
            devices: Watch devices, not nodes: threshold and ramp
            target: Names watched, with * and ?
            limit: Above this it is wrong [W, 1, W/s, s or 1, by kind]
            clear: Below this it is right again; 0.95 of the limit where not said [W, 1, W/s, s or 1, by kind]
            for_s: How long either must last [s]
            window_s: Time a ramp is taken over [s]
            severity: How bad it is
            webhook_url: Where to tell of it; never shown again
            webhook_secret: Key that notices are signed with; never shown again
            enabled: Whether it is watched
        """
        return self._connection.one(answers.AlertRuleOut, "POST", "/alerts/rules", fields=locals())

    def rules_delete(self, rule_id: str) -> None:
        """Delete a rule; its alerts end, and its notices are not sent any more."""
        self._connection.nothing("DELETE", "/alerts/rules/{rule_id}", query=locals())

    def rules_read(self, rule_id: str) -> answers.AlertRuleOut:
        """One rule."""
        return self._connection.one(answers.AlertRuleOut, "GET", "/alerts/rules/{rule_id}", query=locals())

    def rules_change(
        self,
        rule_id: str,
        *,
        name: str | None = None,
        target: str | None = None,
        limit: float | None = None,
        clear: float | None = None,
        for_s: float | None = None,
        window_s: float | None = None,
        severity: Literal["info", "warning", "critical"] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        enabled: bool | None = None,
    ) -> answers.AlertRuleOut:
        """
        Change a rule; absent and null fields stay.

        Args:
            target: Names watched
            limit: Above this it is wrong [W, 1, W/s, s or 1, by kind]
            clear: Below this it is right again [W, 1, W/s, s or 1, by kind]
            for_s: How long either must last [s]
            window_s: Time a ramp is taken over [s]
            severity: How bad it is
            webhook_url: Where to tell of it; empty for nowhere
            webhook_secret: Key of the signature; empty for none
            enabled: Whether it is watched
        """
        return self._connection.one(answers.AlertRuleOut, "PATCH", "/alerts/rules/{rule_id}", fields=locals())

    def rules_test(self, rule_id: str) -> answers.TestOut:
        """Send a notice that says it is a test, and say what the webhook answered."""
        return self._connection.one(answers.TestOut, "POST", "/alerts/rules/{rule_id}/test", query=locals())


class CatalogueNoun(Noun):
    """Operations under /api/v1/catalogue."""

    def models(self, *, server: str | None = None) -> answers.ModelList:
        """
        Models each server type can carry, and what the numbers rest on.

        Args:
            server: One server type only
        """
        return self._connection.one(answers.ModelList, "GET", "/catalogue/models", query=locals())

    def plants(self) -> answers.PlantList:
        """Cooling plants with the coefficients that make them; the user's own last."""
        return self._connection.one(answers.PlantList, "GET", "/catalogue/plants")

    def policies(self) -> answers.PolicyList:
        """Policies with their settings, defaults and where these come from."""
        return self._connection.one(answers.PolicyList, "GET", "/catalogue/policies")

    def servers(self) -> answers.ServerList:
        """Server types with rated, idle and measured power; the user's own last."""
        return self._connection.one(answers.ServerList, "GET", "/catalogue/servers")


class DatasetsNoun(Noun):
    """Operations under /api/v1/datasets."""

    def list(self) -> answers.DatasetList:
        """Every dataset known, and whether it is on the server's machine."""
        return self._connection.one(answers.DatasetList, "GET", "/datasets")

    def import_(
        self,
        *,
        name: str,
        kind: Literal["requests", "rates"],
        content: base.Content,
        content_type: str = "text/csv",
    ) -> answers.DatasetInfo:
        """
        Take in a CSV of requests or rates, every row checked; all of it or nothing.

        Args:
            name: New name
            kind: What the rows are
            content: What is sent.
            content_type: One of text/csv.
        """
        return self._connection.one(
            answers.DatasetInfo,
            "POST",
            "/datasets/import",
            headers={"content-type": content_type},
            content=content,
            query=locals(),
        )

    def pull(self, name: str) -> answers.StoredJobOut:
        """Start the download of a published dataset."""
        return self._connection.one(answers.StoredJobOut, "POST", "/datasets/{name}/pull", query=locals())


class ExportsNoun(Noun):
    """Operations under /api/v1/exports."""

    def dps(
        self, *, scenario_id: str, part: Literal["topology", "policies", "devices"] = "topology"
    ) -> base.Document:
        """
        A scenario for NVIDIA's power software, in the spelling with OperatingLimit.

        Args:
            part: Which file: entities and tree, power policies, or device specifications
        """
        return self._connection.json("GET", "/exports/dps", query=locals())

    def topology_csv(self, *, scenario_id: str) -> Download:
        """A scenario's nodes and racks as one table, which kind csv reads again."""
        return self._connection.download("GET", "/exports/topology.csv", query=locals())


class ImportsNoun(Noun):
    """Operations under /api/v1/imports."""

    def list(
        self,
        *,
        limit: int = 50,
        kind: Literal["netbox", "dps", "opendcim", "csv", "epw", "tmy3", "weather-csv", "price", "carbon"]
        | None = None,
        scenario_id: str | None = None,
    ) -> Pages[answers.ImportSummary]:
        """
        All imports, newest first.

        Args:
            limit: Most items on a page [items]
            kind: Of one kind
            scenario_id: Of one scenario
        """
        return self._connection.pages(answers.ImportSummary, "GET", "/imports", query=locals())

    def netbox(
        self,
        *,
        url: str,
        x_import_token: str = "",
        name: str = "netbox",
        scenario_id: str | None = None,
        servers: str = "",
    ) -> answers.ImportOut:
        """
        Fetch a live NetBox and say what it would change; only from hosts allowed.

        Args:
            x_import_token: Token of the NetBox: used once, never kept or logged
            url: Its address
            name: Name of the source
            scenario_id: Scenario to compare with; without it a new one is made
            servers: Server of the catalogue by device model
        """
        return self._connection.one(
            answers.ImportOut,
            "POST",
            "/imports/netbox",
            headers={"X-Import-Token": x_import_token},
            fields=locals(),
        )

    def preview(
        self,
        *,
        kind: Literal["netbox", "dps", "opendcim", "csv", "epw", "tmy3", "weather-csv", "price", "carbon"],
        name: str,
        content: base.Content,
        scenario_id: str | None = None,
        servers: str = "",
        column: str = "",
        zone: str = "",
        unit: str = "",
        content_type: str = "application/octet-stream",
    ) -> answers.ImportOut:
        """
        Read a file and say what it would change; nothing changes yet.

        Args:
            kind: What the file is
            name: Name of the source: imports of one kind and name follow each other; for weather and series,
                their name
            scenario_id: Scenario to compare with; without it a new one is made
            servers: Server of the catalogue by device model, MODEL=SERVER or MODEL=SERVER:N for N devices a
                server, with commas between
            column: Column of a series' values
            zone: IANA time zone of stamps that name none
            unit: Unit of a series
            content: What is sent.
            content_type: One of application/octet-stream.
        """
        return self._connection.one(
            answers.ImportOut,
            "POST",
            "/imports/preview",
            headers={"content-type": content_type},
            content=content,
            query=locals(),
        )

    def read(self, import_id: str, *, offset: int = 0, limit: int = 2000) -> answers.ImportOut:
        """
        One import: its diff, the rows left out, and what could not be mapped.

        Args:
            offset: Entries to leave out at the start of each list [1]
            limit: Most entries of each list [1]
        """
        return self._connection.one(answers.ImportOut, "GET", "/imports/{import_id}", query=locals())

    def apply(self, import_id: str) -> answers.ImportOut:
        """Do what a preview said, all of it or nothing; again changes nothing."""
        return self._connection.one(answers.ImportOut, "POST", "/imports/{import_id}/apply", query=locals())


class JobsNoun(Noun):
    """Operations under /api/v1/jobs."""

    def delete(self, job_id: str) -> answers.StoredJobOut:
        """Ask a job to stop; a finished one stays as it is."""
        return self._connection.one(answers.StoredJobOut, "DELETE", "/jobs/{job_id}", query=locals())

    def read(self, job_id: str) -> answers.JobDetail:
        """One job; a what-if that is done has its answer here."""
        return self._connection.one(answers.JobDetail, "GET", "/jobs/{job_id}", query=locals())

    def events(self, job_id: str) -> Iterator[base.Event]:
        """Follow a job over server-sent events until it has finished."""
        return self._connection.events("GET", "/jobs/{job_id}/events", query=locals())


class OtlpNoun(Noun):
    """Operations under /api/v1/otlp."""

    def v1_metrics(self, *, content: base.Content, content_type: str = "application/x-protobuf") -> Download:
        """
        Take OpenTelemetry metrics in, as protobuf or JSON.

        Args:
            content: What is sent.
            content_type: One of application/x-protobuf, application/json.
        """
        return self._connection.download(
            "POST", "/otlp/v1/metrics", headers={"content-type": content_type}, content=content
        )


class PlanningNoun(Noun):
    """Operations under /api/v1/planning."""

    def build_out(
        self,
        *,
        view: str | None = None,
        build_out: inputs.BuildOutInput | None = None,
        explain: bool = True,
        front: inputs.FrontIn | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.BuildOutOut:
        """
        Find what to order, and when, for a growing demand, and say what limits it.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            build_out: Inputs; absent keys take defaults
            explain: Whether each limit is tried without
            front: Plans between two aims
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.BuildOutOut, "POST", "/planning/build-out", fields=locals(), on_progress=on_progress
        )

    def cost(
        self,
        *,
        view: str | None = None,
        cost: inputs.CostInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.CostOut:
        """
        Work out a site's capital, bills, carbon and levelised cost over its years.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            cost: Inputs; absent keys take defaults
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.CostOut, "POST", "/planning/cost", fields=locals(), on_progress=on_progress
        )

    def placement(
        self,
        *,
        placement: inputs.PlacementInput,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.PlanningPlacementOut:
        """
        Put servers on racks, feeds and phases within every limit and any one loss.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            placement: Inputs; absent keys take defaults, the site's facility is set
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.PlanningPlacementOut,
            "POST",
            "/planning/placement",
            fields=locals(),
            on_progress=on_progress,
        )


class PlansNoun(Noun):
    """Operations under /api/v1/plans."""

    def list(self, *, limit: int = 50) -> Pages[answers.OutcomeOut]:
        """
        All plans, newest first, without results.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.OutcomeOut, "GET", "/plans", query=locals())

    def create(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
    ) -> answers.StoredJobOut:
        """
        Start a search over server counts and policies.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
        """
        return self._connection.one(answers.StoredJobOut, "POST", "/plans", fields=locals())

    def read(self, plan_id: str) -> answers.OutcomeDetail:
        """One plan: inputs, provenance, how far it is."""
        return self._connection.one(answers.OutcomeDetail, "GET", "/plans/{plan_id}", query=locals())

    def result(self, plan_id: str) -> answers.ResultsPlanOut:
        """Result of a plan; as CSV or Parquet one row per server count and policy."""
        return self._connection.one(
            answers.ResultsPlanOut, "GET", "/plans/{plan_id}/result", query={**locals(), "format": "json"}
        )

    def result_csv(self, plan_id: str) -> Download:
        """
        Result of a plan; as CSV or Parquet one row per server count and policy.

        As csv.
        """
        return self._connection.download(
            "GET", "/plans/{plan_id}/result", query={**locals(), "format": "csv"}
        )

    def result_parquet(self, plan_id: str) -> Download:
        """
        Result of a plan; as CSV or Parquet one row per server count and policy.

        As parquet.
        """
        return self._connection.download(
            "GET", "/plans/{plan_id}/result", query={**locals(), "format": "parquet"}
        )


class PrometheusNoun(Noun):
    """Operations under /api/v1/prometheus."""

    def write(self, *, content: base.Content, content_type: str = "application/x-protobuf") -> None:
        """
        Take samples in that a Prometheus, vmagent or Alloy writes.

        Args:
            content: What is sent.
            content_type: One of application/x-protobuf.
        """
        self._connection.nothing(
            "POST", "/prometheus/write", headers={"content-type": content_type}, content=content
        )


class RunsNoun(Noun):
    """Operations under /api/v1/runs."""

    def list(self, *, limit: int = 50) -> Pages[answers.OutcomeOut]:
        """
        All runs, newest first, without results.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.OutcomeOut, "GET", "/runs", query=locals())

    def create(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> answers.StoredJobOut:
        """
        Start a run that is kept.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
        """
        return self._connection.one(answers.StoredJobOut, "POST", "/runs", fields=locals())

    def read(self, run_id: str) -> answers.OutcomeDetail:
        """One run: inputs, provenance, how far it is."""
        return self._connection.one(answers.OutcomeDetail, "GET", "/runs/{run_id}", query=locals())

    def result(self, run_id: str) -> answers.RunOut:
        """Result of a run; as CSV or Parquet its curves over time."""
        return self._connection.one(
            answers.RunOut, "GET", "/runs/{run_id}/result", query={**locals(), "format": "json"}
        )

    def result_csv(self, run_id: str) -> Download:
        """
        Result of a run; as CSV or Parquet its curves over time.

        As csv.
        """
        return self._connection.download("GET", "/runs/{run_id}/result", query={**locals(), "format": "csv"})

    def result_parquet(self, run_id: str) -> Download:
        """
        Result of a run; as CSV or Parquet its curves over time.

        As parquet.
        """
        return self._connection.download(
            "GET", "/runs/{run_id}/result", query={**locals(), "format": "parquet"}
        )


class ScenariosNoun(Noun):
    """Operations under /api/v1/scenarios."""

    def list(
        self, *, limit: int = 50, archived: bool | None = None, site_id: str | None = None
    ) -> Pages[answers.ScenarioSummary]:
        """
        All scenarios, newest first, without their inputs.

        Args:
            limit: Most items on a page [items]
            archived: Only put away ones, or only others
            site_id: Of one site
        """
        return self._connection.pages(answers.ScenarioSummary, "GET", "/scenarios", query=locals())

    def create(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        name: str | None = None,
        site_id: str | None = None,
    ) -> answers.ScenarioOut:
        """
        Store a scenario: inputs, or a stored one, with changes to them.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            name: Name; empty takes the inputs' own
            site_id: Site it belongs to
        """
        return self._connection.one(answers.ScenarioOut, "POST", "/scenarios", fields=locals())

    def delete(self, scenario_id: str) -> None:
        """Delete a scenario and its versions; runs and plans keep their inputs."""
        self._connection.nothing("DELETE", "/scenarios/{scenario_id}", query=locals())

    def read(self, scenario_id: str) -> answers.ScenarioOut:
        """One scenario; the ETag is its version."""
        return self._connection.one(answers.ScenarioOut, "GET", "/scenarios/{scenario_id}", query=locals())

    def change(
        self,
        scenario_id: str,
        *,
        if_match: str | None = None,
        name: str | None = None,
        archived: bool | None = None,
        site_id: str | None = None,
    ) -> answers.ScenarioOut:
        """
        Rename or archive a scenario, or move it; absent and null fields stay.

        Args:
            if_match: Version the change was made on
            archived: Whether it is put away
            site_id: Site it belongs to
        """
        return self._connection.one(
            answers.ScenarioOut,
            "PATCH",
            "/scenarios/{scenario_id}",
            headers={"if-match": if_match},
            fields=locals(),
        )

    def put(
        self,
        scenario_id: str,
        *,
        scenario: inputs.Scenario,
        if_match: str | None = None,
        site_id: str | None = None,
    ) -> answers.ScenarioOut:
        """
        Store a scenario under this id; repeating it changes nothing.

        Args:
            if_match: Version the change was made on
            scenario: The inputs; absent keys take defaults
            site_id: Site it belongs to
        """
        return self._connection.one(
            answers.ScenarioOut,
            "PUT",
            "/scenarios/{scenario_id}",
            headers={"if-match": if_match},
            fields=locals(),
        )

    def clone(self, scenario_id: str, *, name: str | None = None) -> answers.ScenarioOut:
        """Copy a scenario."""
        return self._connection.one(
            answers.ScenarioOut, "POST", "/scenarios/{scenario_id}/clone", fields=locals()
        )

    def versions_list(self, scenario_id: str, *, limit: int = 50) -> Pages[answers.VersionsVersionOut]:
        """
        Versions of a scenario, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            answers.VersionsVersionOut, "GET", "/scenarios/{scenario_id}/versions", query=locals()
        )

    def versions_create(
        self,
        scenario_id: str,
        *,
        if_match: str | None = None,
        scenario: inputs.Scenario | None = None,
        changes: Mapping[str, Any] | None = None,
        name: str | None = None,
        autosave: bool = False,
    ) -> answers.ScenarioOut:
        """
        Save inputs as the newest version, or name it; equal ones make no new one.

        Args:
            if_match: Version the change was made on
            scenario: The inputs, all of them
            changes: New value per dotted path of the stored inputs, instead of all of them
            name: Name of the version; a named one is never written over
            autosave: Whether a page saves by itself: for ten minutes of the same author that is one version
        """
        return self._connection.one(
            answers.ScenarioOut,
            "POST",
            "/scenarios/{scenario_id}/versions",
            headers={"if-match": if_match},
            fields=locals(),
        )

    def versions_read(
        self, scenario_id: str, number: int, *, against: int | None = None
    ) -> answers.VersionDetail:
        """
        One version and what differs from another, the one before unless said.

        Args:
            number: Version
            against: Version to compare with
        """
        return self._connection.one(
            answers.VersionDetail, "GET", "/scenarios/{scenario_id}/versions/{number}", query=locals()
        )

    def versions_change(
        self, scenario_id: str, number: int, *, name: str | None
    ) -> answers.VersionsVersionOut:
        """
        Name a version; a named one is never written over.

        Args:
            number: Version
            name: Name; null takes it away
        """
        return self._connection.one(
            answers.VersionsVersionOut, "PATCH", "/scenarios/{scenario_id}/versions/{number}", fields=locals()
        )

    def versions_restore(
        self, scenario_id: str, number: int, *, if_match: str | None = None
    ) -> answers.ScenarioOut:
        """
        Make an earlier version the present one; that is a new version.

        Args:
            number: Version
            if_match: Version the change was made on
        """
        return self._connection.one(
            answers.ScenarioOut,
            "POST",
            "/scenarios/{scenario_id}/versions/{number}/restore",
            headers={"if-match": if_match},
            query=locals(),
        )


class SchemaNoun(Noun):
    """Operations under /api/v1/schema."""

    def scenario(self) -> base.Document:
        """JSON Schema of a scenario, with units, defaults and sources."""
        return self._connection.json("GET", "/schema/scenario")


class ServingNoun(Noun):
    """Operations under /api/v1/serving."""

    def defaults(self) -> answers.DefaultsOut:
        """Write out what is taken where nothing is given."""
        return self._connection.one(answers.DefaultsOut, "GET", "/serving/defaults")

    def grid(self) -> answers.GridNames:
        """Name the years of hourly prices and carbon on this machine."""
        return self._connection.one(answers.GridNames, "GET", "/serving/grid")

    def grid_read(self, name: str, *, start: str, hours: int = 24) -> answers.GridHoursOut:
        """
        Read prices and carbon of some hours; the year is repeated.

        Args:
            start: First instant; UTC where it has no zone
            hours: How many; the year is repeated [h]
        """
        return self._connection.one(answers.GridHoursOut, "GET", "/serving/grid/{name}", query=locals())

    def knob_grid(
        self,
        *,
        view: str | None = None,
        knobs: inputs.KnobInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.KnobGridOut:
        """
        Say what one instance does over its knobs: latency, throughput, power, energy.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            knobs: Model, server and axes
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.KnobGridOut, "POST", "/serving/knob-grid", fields=locals(), on_progress=on_progress
        )

    def provision(
        self,
        *,
        view: str | None = None,
        search: inputs.ProvisionInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.ProvisionedOut:
        """
        Find how many machines of each Splitwise design a budget buys, and their rate.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            search: Lengths, designs and what is held equal
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.ProvisionedOut, "POST", "/serving/provision", fields=locals(), on_progress=on_progress
        )

    def query_energy(
        self,
        *,
        view: str | None = None,
        query: inputs.QueryEnergyInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.QueryEnergyOut:
        """
        Work out energy, carbon, water and cost of a query, with their scatter.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            query: Inputs; absent keys take the preset's
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.QueryEnergyOut, "POST", "/serving/query-energy", fields=locals(), on_progress=on_progress
        )

    def run(
        self,
        *,
        view: str | None = None,
        serving: inputs.ServingInput | None = None,
        points: int = 600,
        on_progress: base.Progress | None = None,
    ) -> answers.ServingRunOut:
        """
        Run serving systems side by side on the same traffic.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            serving: Inputs; absent keys take defaults
            points: Most records of each timeline; power keeps its peaks [1]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.ServingRunOut, "POST", "/serving/run", fields=locals(), on_progress=on_progress
        )

    def shift(
        self, *, shift: inputs.ShiftInput, view: str | None = None, on_progress: base.Progress | None = None
    ) -> answers.ShiftOut:
        """
        Move deferrable work in time, inside its deadlines and the headroom.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            shift: Jobs, headroom and signals
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.ShiftOut, "POST", "/serving/shift", fields=locals(), on_progress=on_progress
        )

    def systems(self) -> answers.SystemList:
        """Name the systems a run may compare, with their knobs and sources."""
        return self._connection.one(answers.SystemList, "GET", "/serving/systems")


class SiteNoun(Noun):
    """Operations under /api/v1/site."""

    def campus(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        engine: str = "threads",
        series: bool = False,
        nodes: bool = False,
        on_progress: base.Progress | None = None,
    ) -> answers.CampusRunOut:
        """
        Run a campus hall by hall, under the contract, cooling and water halls share.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            engine: Where halls run: serial, threads, processes, or the address of a dask scheduler that this
                server may use; the answer does not depend on it
            series: Whether halls have their curves over time
            nodes: Whether every node and rack is told, not the fullest of each kind only
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.CampusRunOut, "POST", "/site/campus", fields=locals(), on_progress=on_progress
        )

    def cooling_year(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        it_frac: float = 0.75,
        price_series: str | None = None,
        carbon_series: str | None = None,
        utc_offset_h: float = 0.0,
        on_progress: base.Progress | None = None,
    ) -> answers.CoolingYearOut:
        """
        Run the site's cooling through a year of weather.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            it_frac: IT load ÷ the rows' limits, constant [1]
            price_series: Imported prices the energy is paid at
            carbon_series: Imported carbon intensities of the energy
            utc_offset_h: How far the weather's clock is ahead of UTC [h]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.CoolingYearOut, "POST", "/site/cooling-year", fields=locals(), on_progress=on_progress
        )

    def failure(
        self,
        *,
        failed: Sequence[str],
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.FailureOut:
        """
        Follow one failure step by step: who carries what, and who wins the race.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            failed: Nodes lost at time zero
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.FailureOut, "POST", "/site/failure", fields=locals(), on_progress=on_progress
        )

    def failures(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        pairs: bool = True,
        on_progress: base.Progress | None = None,
    ) -> answers.FailuresOut:
        """
        Follow every failure, and every pair, at the site's worst hour.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            pairs: Whether pairs of failures are followed too
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.FailuresOut, "POST", "/site/failures", fields=locals(), on_progress=on_progress
        )

    def fit(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        servers: int = 0,
        server_w: float | None = None,
        keep_losses: bool = True,
        keep_cooling: bool = True,
        inputs: bool = False,
        on_progress: base.Progress | None = None,
    ) -> answers.FitOut:
        """
        Find how many more servers each row takes, and a place for those asked for.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            servers: Servers to place [servers]
            server_w: Draw of one at the site's worst hour; empty means what the row's servers draw [W]
            keep_losses: Whether the loss of any single node must be survived
            keep_cooling: Whether cooling and inlets must keep their limits
            inputs: Whether the answer has the facility with the servers in place; not where they draw
                something else than the rows' own
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.FitOut, "POST", "/site/fit", fields=locals(), on_progress=on_progress
        )

    def network(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
    ) -> answers.NetworkOut:
        """
        Expand a site's template into nodes and racks; nothing is simulated.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
        """
        return self._connection.one(answers.NetworkOut, "POST", "/site/network", fields=locals())

    def run(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        series: bool = False,
        seeds: int = 1,
        on_progress: base.Progress | None = None,
    ) -> answers.SiteRunOut:
        """
        Run a site over its horizon, with the events on its timeline.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            series: Whether every node has its curve over time
            seeds: Seeds of traffic to run; more than one fills `seed_ranges`, and each takes as long as the
                run itself [seeds]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.SiteRunOut, "POST", "/site/run", fields=locals(), on_progress=on_progress
        )

    def schedule(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        emergency: Literal["none", "power", "airflow"] = "none",
        oversubscription_frac: float | None = None,
        iaas_frac: float = 0.5,
        days: int = 2,
        on_progress: base.Progress | None = None,
    ) -> answers.ScheduleOut:
        """
        Try placing, routing and configuring on a site, each alone and all of them.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            emergency: What strikes on the last afternoon: none, power (75 % of every row's limit for five
                minutes) or airflow (90 % of every aisle's air for an hour)
            oversubscription_frac: Servers in each row beyond those planned ÷ those planned; empty takes the
                racks as they are [1]
            iaas_frac: Share of opaque machines where no rack says that it is IaaS [1]
            days: Days simulated [d]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.ScheduleOut, "POST", "/site/schedule", fields=locals(), on_progress=on_progress
        )

    def steering(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        by: Literal["row", "hall"] = "row",
        parent_w: float | None = None,
        left_frac: float = 1.0,
        growth_frac: float = 0.0,
        on_progress: base.Progress | None = None,
    ) -> answers.SteeringOut:
        """
        Share a parent's power out: who lends, who borrows, who is capped and shed.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            by: Whether rows or halls share
            parent_w: What the parent carries; empty means the sum of the rows' limits [W]
            left_frac: What is left of the parent [1]
            growth_frac: What is wanted beyond the prediction ÷ the prediction [1]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.SteeringOut, "POST", "/site/steering", fields=locals(), on_progress=on_progress
        )

    def weather(self) -> answers.WeatherNamesOut:
        """Name the years of weather on this machine."""
        return self._connection.one(answers.WeatherNamesOut, "GET", "/site/weather")


class SitesNoun(Noun):
    """Operations under /api/v1/sites."""

    def list(self, *, limit: int = 50) -> Pages[answers.SiteOut]:
        """
        All sites, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.SiteOut, "GET", "/sites", query=locals())

    def create(self, *, name: str, time_zone: str = "UTC", notes: str = "") -> answers.SiteOut:
        """
        Store a site.

        Args:
            time_zone: IANA time zone
            notes: Free text
        """
        return self._connection.one(answers.SiteOut, "POST", "/sites", fields=locals())

    def delete(self, site_id: str) -> None:
        """Delete a site; its scenarios stay."""
        self._connection.nothing("DELETE", "/sites/{site_id}", query=locals())

    def read(self, site_id: str) -> answers.SiteOut:
        """One site."""
        return self._connection.one(answers.SiteOut, "GET", "/sites/{site_id}", query=locals())

    def change(
        self, site_id: str, *, name: str | None = None, time_zone: str | None = None, notes: str | None = None
    ) -> answers.SiteOut:
        """
        Change fields of a site; absent and null fields stay.

        Args:
            time_zone: IANA time zone
            notes: Free text
        """
        return self._connection.one(answers.SiteOut, "PATCH", "/sites/{site_id}", fields=locals())


class StabilizeNoun(Noun):
    """Operations under /api/v1/stabilize."""

    def learn(
        self,
        *,
        t_s: Sequence[float],
        power_w: Sequence[float],
        node_count: int = 1,
        gpus_per_node: int = 8,
        gpu_count: int | None = None,
        tdp_w: float = 700.0,
        host_w: float = 0.0,
        gaps_allowed: bool = False,
    ) -> answers.LearnedOut:
        """
        Learn a training job from recorded power, with how far the fit is off.

        Args:
            t_s: Times, rising [s]
            power_w: Readings of one node, or the sum over nodes [W]
            node_count: Nodes in the sum [1]
            gpus_per_node: GPUs of a node [1]
            gpu_count: GPUs of the job to make; empty means those recorded [1]
            tdp_w: TDP of one GPU [W]
            host_w: Steady power of a node beside its GPUs, taken off; 0 leaves it in the levels [W]
            gaps_allowed: Whether gaps are taken as they are
        """
        return self._connection.one(answers.LearnedOut, "POST", "/stabilize/learn", fields=locals())

    def rules(self) -> answers.KnownOut:
        """Name grid rules, ride-through tables and critical frequencies."""
        return self._connection.one(answers.KnownOut, "GET", "/stabilize/rules")

    def run(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        points: int = 1200,
        on_progress: base.Progress | None = None,
    ) -> answers.StabilizeRunOut:
        """
        Run training jobs before and after measures, and hold every rule against them.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            points: Most buckets of each waveform; each keeps its lowest and highest [1]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.StabilizeRunOut, "POST", "/stabilize/run", fields=locals(), on_progress=on_progress
        )

    def size(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.SizeOut:
        """
        Find the cheapest combination of measures that passes, and what changes it.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.SizeOut, "POST", "/stabilize/size", fields=locals(), on_progress=on_progress
        )

    def zoom(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        points: int = 1200,
        from_s: float = 0.0,
        to_s: float = 1000000.0,
        on_progress: base.Progress | None = None,
    ) -> answers.ZoomOut:
        """
        Look at a window of the same study, down to a millisecond; peaks are kept.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            points: Most buckets of each waveform; each keeps its lowest and highest [1]
            from_s: Begin [s]
            to_s: End [s]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.ZoomOut, "POST", "/stabilize/zoom", fields=locals(), on_progress=on_progress
        )


class StudiesNoun(Noun):
    """Operations under /api/v1/studies."""

    def list(self, *, limit: int = 50) -> Pages[answers.StudySummary]:
        """
        List all studies, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.StudySummary, "GET", "/studies", query=locals())

    def create(
        self, *, study: inputs.StudySpec, scenario_id: str | None = None, engine: str | None = None
    ) -> answers.StoredJobOut:
        """
        Start a study that is kept; whatever is wrong with it is said before.

        Args:
            study: The study; absent keys take defaults
            scenario_id: A stored scenario as the base; the study's own base is then empty
            engine: serial, threads, processes, or the address of a dask scheduler that this server may use;
                empty is the server's
        """
        return self._connection.one(answers.StoredJobOut, "POST", "/studies", fields=locals())

    def check(self, *, study: inputs.StudySpec, scenario_id: str | None = None) -> answers.StudyChecked:
        """
        Look at a study without starting it: its axes, and how many points.

        Args:
            study: The study; absent keys take defaults
            scenario_id: A stored scenario as the base; the study's own base is then empty
        """
        return self._connection.one(answers.StudyChecked, "POST", "/studies/check", fields=locals())

    def questions(self) -> answers.QuestionList:
        """Name the questions a study may ask, with their outputs and fields."""
        return self._connection.one(answers.QuestionList, "GET", "/studies/questions")

    def delete(self, study_id: str) -> None:
        """Delete a study and its points; what was computed stays known."""
        self._connection.nothing("DELETE", "/studies/{study_id}", query=locals())

    def read(self, study_id: str) -> answers.StudyDetail:
        """Read a study: what was asked, how far it is, what came out."""
        return self._connection.one(answers.StudyDetail, "GET", "/studies/{study_id}", query=locals())

    def points(self, study_id: str, *, after: int = -1, limit: int = 1000) -> answers.PointsOut:
        """
        Read points in order, also while the study is under way.

        Args:
            after: Points behind this one [1]
            limit: Most points [points]
        """
        return self._connection.one(answers.PointsOut, "GET", "/studies/{study_id}/points", query=locals())

    def points_read(self, study_id: str, place: int) -> answers.PointDetail:
        """
        Read one point with its inputs, to open it as a run of its own.

        Args:
            place: Place of a point [1]
        """
        return self._connection.one(
            answers.PointDetail, "GET", "/studies/{study_id}/points/{place}", query=locals()
        )

    def query(
        self,
        study_id: str,
        *,
        where: Sequence[inputs.ConditionIn] | None = None,
        order_by: str | None = None,
        descending: bool = False,
        limit: int = 100,
    ) -> answers.PointRows:
        """
        Ask a finished study for the points that keep conditions, sorted.

        Args:
            where: All must hold
            order_by: Column to sort by
            descending: Whether the largest come first
            limit: Most rows [rows]
        """
        return self._connection.one(answers.PointRows, "POST", "/studies/{study_id}/query", fields=locals())

    def result(self, study_id: str) -> answers.ResultTable:
        """Read a finished study whole; CSV and Parquet have a row per point."""
        return self._connection.one(
            answers.ResultTable, "GET", "/studies/{study_id}/result", query={**locals(), "format": "json"}
        )

    def result_csv(self, study_id: str) -> Download:
        """
        Read a finished study whole; CSV and Parquet have a row per point.

        As csv.
        """
        return self._connection.download(
            "GET", "/studies/{study_id}/result", query={**locals(), "format": "csv"}
        )

    def result_parquet(self, study_id: str) -> Download:
        """
        Read a finished study whole; CSV and Parquet have a row per point.

        As parquet.
        """
        return self._connection.download(
            "GET", "/studies/{study_id}/result", query={**locals(), "format": "parquet"}
        )

    def resume(self, study_id: str, *, engine: str | None = None) -> answers.StoredJobOut:
        """
        Go on with a study that was cancelled or failed; answered points are kept.

        Args:
            engine: Another engine than before
        """
        return self._connection.one(
            answers.StoredJobOut, "POST", "/studies/{study_id}/resume", fields=locals()
        )


class TelemetryNoun(Noun):
    """Operations under /api/v1/telemetry."""

    def create(self, *, body: Mapping[str, Any]) -> answers.AcknowledgementOut:
        """
        Store an agent's batch once; the answer comes when it is on disk.

        Args:
            body: The document.
        """
        return self._connection.one(answers.AcknowledgementOut, "POST", "/telemetry", body=body)

    def events(self, *, start_us: int, end_us: int) -> answers.EventList:
        """
        What agents reported about their devices and themselves.

        Args:
            start_us: First instant [µs]
            end_us: End, not included [µs]
        """
        return self._connection.one(answers.EventList, "GET", "/telemetry/events", query=locals())

    def hello(self, *, spool: str | None = None) -> answers.HelloOut:
        """
        Tell an agent the time, the limits, and which number comes next.

        Args:
            spool: Spool whose next number is wanted
        """
        return self._connection.one(answers.HelloOut, "GET", "/telemetry/hello", query=locals())

    def now(self, *, node: str = "", host: Sequence[str] | None = None) -> answers.NowOut:
        """
        What is drawn now: the site, every node, and the hosts asked for.

        Args:
            node: Give the hosts on this node; all for every host
            host: Give these hosts with their devices
        """
        return self._connection.one(answers.NowOut, "GET", "/telemetry/now", query=locals())

    def placement_read(self) -> answers.TelemetryPlacementOut:
        """Which scenario is watched, and where sources stand in it."""
        return self._connection.one(answers.TelemetryPlacementOut, "GET", "/telemetry/placement")

    def placement_put(
        self, *, version: int, scenario_id: str | None = None, nodes: Mapping[str, str] | None = None
    ) -> answers.TelemetryPlacementOut:
        """
        Watch a scenario, with sources on its nodes.

        Args:
            version: Version this change was made on [1]
            scenario_id: Stored scenario with a facility; null watches hosts alone
            nodes: Source name to node: hosts in racks, meters on any node
        """
        return self._connection.one(
            answers.TelemetryPlacementOut, "PUT", "/telemetry/placement", fields=locals()
        )

    def pull(
        self,
        *,
        url: str,
        start: str,
        end: str,
        step_s: float,
        preset: Literal["dcgm"] | None = None,
        query: str | None = None,
        source: str | None = None,
        authorization: str = "",
    ) -> answers.StoredJobOut:
        """
        Start to fetch a range query from a Prometheus.

        Args:
            url: Its address, without /api
            preset: A query by name
            query: PromQL that keeps names and labels
            start: First instant
            end: Last instant
            step_s: Between two instants; the scrape interval keeps every sample [s]
            source: Host for series that name none
            authorization: Value of the header Authorization; used for this pull, kept nowhere
        """
        return self._connection.one(answers.StoredJobOut, "POST", "/telemetry/pull", fields=locals())

    def receivers(self) -> answers.ReceiverList:
        """What receivers got since the server started, and what they ignored."""
        return self._connection.one(answers.ReceiverList, "GET", "/telemetry/receivers")

    def series(
        self,
        *,
        start_us: int,
        end_us: int,
        of: str = "site",
        level: Literal["", "1s", "1min", "1h"] = "",
        device: str = "",
    ) -> answers.TelemetrySeriesOut:
        """
        Power over time: of the site, a node, a host or a device.

        Args:
            start_us: First instant [µs]
            end_us: End, not included [µs]
            of: site, node/NAME, or a host's name
            level: Level of detail; empty takes the finest of at most 2,000 bins
            device: One device of a host by its key; * for all; empty for the sum
        """
        return self._connection.one(answers.TelemetrySeriesOut, "GET", "/telemetry/series", query=locals())

    def sources(self) -> answers.SourceList:
        """Everything that reports, and when it last did."""
        return self._connection.one(answers.SourceList, "GET", "/telemetry/sources")

    def sources_retire(self, name: str) -> None:
        """
        Stop to expect a source; its history stays, new readings bring it back.

        Args:
            name: Name of a source
        """
        self._connection.nothing("POST", "/telemetry/sources/{name}/retire", query=locals())

    def sources_stored(self, name: str, *, start_us: int, end_us: int) -> answers.StoredOut:
        """
        How much of a source is stored, and where it has holes.

        Args:
            name: Name of a source
            start_us: First instant [µs]
            end_us: End, not included [µs]
        """
        return self._connection.one(
            answers.StoredOut, "GET", "/telemetry/sources/{name}/stored", query=locals()
        )

    def stream(self, *, node: str = "", host: Sequence[str] | None = None) -> Iterator[base.Event]:
        """
        Send what is drawn now once a second, as server-sent events.

        Args:
            node: Give the hosts on this node; all for every host
            host: Give these hosts with their devices
        """
        return self._connection.events("GET", "/telemetry/stream", query=locals())

    def upload(
        self,
        *,
        source: str,
        content: base.Content,
        kind: Literal["gpu", "host", "cpu", "psu", "meter"] = "gpu",
        device: str = "",
        time_zone: str | None = None,
        start: str | None = None,
        content_type: str = "text/csv",
    ) -> answers.UploadOut:
        """
        Take a file of readings in, every row checked; all of it or nothing.

        Args:
            source: Host the readings are of
            kind: What its devices are
            device: Key of the one device, where no column tells
            time_zone: Zone of times that name none
            start: Start of a recording whose times count from it
            content: What is sent.
            content_type: One of text/csv, application/vnd.apache.parquet.
        """
        return self._connection.one(
            answers.UploadOut,
            "POST",
            "/telemetry/upload",
            headers={"content-type": content_type},
            content=content,
            query=locals(),
        )


class TokensNoun(Noun):
    """Operations under /api/v1/tokens."""

    def list(self, *, limit: int = 50) -> Pages[answers.TokenOut]:
        """
        All tokens, newest first, without their secrets.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.TokenOut, "GET", "/tokens", query=locals())

    def create(
        self,
        *,
        name: str,
        role: Literal["agent", "collector", "viewer", "planner", "admin"] | None = None,
        scopes: Sequence[
            Literal[
                "telemetry:write",
                "telemetry:collect",
                "telemetry:read",
                "scenarios:read",
                "scenarios:write",
                "imports:write",
                "alerts:write",
                "admin",
            ]
        ]
        | None = None,
        agent: str | None = None,
        expires_at: str | None = None,
    ) -> answers.TokenMade:
        """
        Make a token; the answer is the only place that ever shows it.

        Args:
            name: What people call it
            role: A named set of scopes
            scopes: Scopes besides the role's
            agent: Agent it is bound to; for telemetry:write, and only for it
            expires_at: When it ends; null never
        """
        return self._connection.one(answers.TokenMade, "POST", "/tokens", fields=locals())

    def delete(self, token_id: str) -> None:
        """End a token now; it stays in the list."""
        self._connection.nothing("DELETE", "/tokens/{token_id}", query=locals())


class TrackingNoun(Noun):
    """Operations under /api/v1/tracking."""

    def calibrations_list(
        self,
        *,
        limit: int = 50,
        kind: Literal["gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"]
        | None = None,
        source: str | None = None,
        active: bool | None = None,
    ) -> Pages[answers.CalibrationOut]:
        """
        Calibrations, newest first.

        Args:
            limit: Most items on a page [items]
            kind: Of one kind
            source: Of one host
            active: Only those that count
        """
        return self._connection.pages(answers.CalibrationOut, "GET", "/tracking/calibrations", query=locals())

    def calibrations_create(
        self,
        *,
        kind: Literal["gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"],
        source: str,
        start_us: int,
        end_us: int,
        device: str = "",
        held_out_frac: float = 0.3,
        server: str | None = None,
        output_source: str | None = None,
        output_device: str = "",
        rated_w: float | None = None,
        activate: bool = False,
        force: bool = False,
    ) -> answers.StoredJobOut:
        """
        Fit a model to a stored period; what cannot be told is stored as refused.

        Args:
            kind: Which model
            source: Host whose readings are used
            device: One of its devices; empty fits every GPU, or the host itself
            start_us: First instant [µs]
            end_us: End [µs]
            held_out_frac: Last part of the readings that the fit is judged on [1]
            server: Server of the catalogue whose figures are the prior; empty looks by the GPUs' names
            output_source: Source of a conversion stage's output
            output_device: Its device
            rated_w: Rated output of a conversion stage [W]
            activate: Let the fit count at once, unless it is worse than its prior
            force: Let it count even then
        """
        return self._connection.one(answers.StoredJobOut, "POST", "/tracking/calibrations", fields=locals())

    def calibrations_delete(self, calibration_id: str) -> None:
        """Delete a calibration."""
        self._connection.nothing("DELETE", "/tracking/calibrations/{calibration_id}", query=locals())

    def calibrations_read(self, calibration_id: str) -> answers.CalibrationDetail:
        """One calibration, with its residuals over the stored period."""
        return self._connection.one(
            answers.CalibrationDetail, "GET", "/tracking/calibrations/{calibration_id}", query=locals()
        )

    def calibrations_activate(self, calibration_id: str, *, force: bool = False) -> answers.CalibrationOut:
        """
        Let a calibration count, in place of the one of its kind and target.

        Args:
            force: Even where it is worse than its prior
        """
        return self._connection.one(
            answers.CalibrationOut, "POST", "/tracking/calibrations/{calibration_id}/activate", query=locals()
        )

    def forecast(
        self, *, of: str = "site", horizon_s: float = 86400.0, backtest: bool = True
    ) -> answers.ForecastOut:
        """
        Power of the next hours or weeks, and what is left of the limit.

        Args:
            of: "site", "node/NAME" or a host
            horizon_s: How far ahead [s]
            backtest: Forecast its own past, too
        """
        return self._connection.one(answers.ForecastOut, "GET", "/tracking/forecast", query=locals())

    def from_now(
        self,
        *,
        scenario_id: str | None = None,
        load: Literal["auto", "replay", "traffic"] = "auto",
        past_s: float = 86400.0,
    ) -> answers.FromNowOut:
        """
        Say what makes a scenario begin from what is measured now; nothing is stored.

        Args:
            scenario_id: Scenario; empty takes the watched one
            load: Play measured power, or generate traffic that peaks as measured; auto plays where the past
                is whole
            past_s: How much of the past is played [s]
        """
        return self._connection.one(answers.FromNowOut, "POST", "/tracking/from-now", fields=locals())

    def shadow(
        self, *, start_us: int | None = None, end_us: int | None = None, node: str = ""
    ) -> answers.ShadowOut:
        """
        Measured beside predicted at every host and node, and what drifts.

        Args:
            start_us: First instant [µs]
            end_us: End [µs]
            node: Give curves of this host or "node/NAME"
        """
        return self._connection.one(answers.ShadowOut, "GET", "/tracking/shadow", query=locals())


class Nouns(Noun):
    """Every noun as an attribute."""

    def __init__(self, connection: base.Connection) -> None:
        super().__init__(connection)
        self.alerts = AlertsNoun(connection)
        self.catalogue = CatalogueNoun(connection)
        self.datasets = DatasetsNoun(connection)
        self.exports = ExportsNoun(connection)
        self.imports = ImportsNoun(connection)
        self.jobs = JobsNoun(connection)
        self.otlp = OtlpNoun(connection)
        self.planning = PlanningNoun(connection)
        self.plans = PlansNoun(connection)
        self.prometheus = PrometheusNoun(connection)
        self.runs = RunsNoun(connection)
        self.scenarios = ScenariosNoun(connection)
        self.schema = SchemaNoun(connection)
        self.serving = ServingNoun(connection)
        self.site = SiteNoun(connection)
        self.sites = SitesNoun(connection)
        self.stabilize = StabilizeNoun(connection)
        self.studies = StudiesNoun(connection)
        self.telemetry = TelemetryNoun(connection)
        self.tokens = TokensNoun(connection)
        self.tracking = TrackingNoun(connection)

    def audit(
        self,
        *,
        limit: int = 50,
        kind: Literal["change", "refusal"] | None = None,
        actor_id: str | None = None,
    ) -> Pages[answers.AuditOut]:
        """
        Who changed what, and who was refused, newest first.

        Args:
            limit: Most items on a page [items]
            kind: Only of one kind
            actor_id: Only of one token
        """
        return self._connection.pages(answers.AuditOut, "GET", "/audit", query=locals())

    def compare(
        self,
        *,
        items: Sequence[inputs.CompareItem],
        baseline: int = 0,
        series: bool = True,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> answers.CompareOut:
        """
        Compare up to eight items: what differs in them, and in what they do.

        Args:
            items: What is compared
            baseline: Place of the item that others are measured against [1]
            series: Whether curves over time are wanted
            view: Name of the asking view; a newer question of it cancels this one
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.CompareOut, "POST", "/compare", fields=locals(), on_progress=on_progress
        )

    def health(self) -> answers.HealthOut:
        """Whether the server, its database and its kernels are up."""
        return self._connection.one(answers.HealthOut, "GET", "/health")

    def series(self, *, limit: int = 50) -> Pages[answers.ImportsSeriesOut]:
        """
        Price and carbon series that were imported.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(answers.ImportsSeriesOut, "GET", "/series", query=locals())

    def version(self) -> answers.CatalogueVersionOut:
        """Versions of product, model and scenario format."""
        return self._connection.one(answers.CatalogueVersionOut, "GET", "/version")

    def what_if(
        self,
        *,
        scenario: inputs.Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        series: bool = True,
        on_progress: base.Progress | None = None,
    ) -> answers.WhatIfOut:
        """
        Answer a base scenario plus changes: at once, or as a job if it takes longer.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            series: Whether run and baseline have curves over time
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            answers.WhatIfOut, "POST", "/what-if", fields=locals(), on_progress=on_progress
        )
