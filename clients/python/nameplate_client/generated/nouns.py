"""
One class per noun of the API, one method per operation.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from nameplate_client import connection as base
from nameplate_client.connection import Noun, given
from nameplate_client.downloads import Download
from nameplate_client.generated.answers import (
    AcknowledgementOut,
    AlertOut,
    AlertRuleOut,
    AuditOut,
    BuildOutOut,
    CalibrationDetail,
    CalibrationOut,
    CampusRunOut,
    CatalogueVersionOut,
    CompareOut,
    CoolingYearOut,
    CostOut,
    DatasetInfo,
    DatasetList,
    DefaultsOut,
    DeliveryOut,
    EventList,
    FailureOut,
    FailuresOut,
    FitOut,
    ForecastOut,
    FromNowOut,
    GridHoursOut,
    GridNames,
    HealthOut,
    HelloOut,
    ImportOut,
    ImportsSeriesOut,
    ImportSummary,
    JobDetail,
    KnobGridOut,
    KnownOut,
    LearnedOut,
    ModelList,
    NetworkOut,
    NowOut,
    OutcomeDetail,
    OutcomeOut,
    PlanningPlacementOut,
    PlantList,
    PointDetail,
    PointRows,
    PointsOut,
    PolicyList,
    ProvisionedOut,
    QueryEnergyOut,
    QuestionList,
    ReceiverList,
    ResultsPlanOut,
    ResultTable,
    RunOut,
    ScenarioOut,
    ScenarioSummary,
    ScheduleOut,
    ServerList,
    ServingRunOut,
    ShadowOut,
    ShiftOut,
    SiteOut,
    SiteRunOut,
    SizeOut,
    SourceList,
    StabilizeRunOut,
    SteeringOut,
    StoredJobOut,
    StoredOut,
    StudyChecked,
    StudyDetail,
    StudySummary,
    SystemList,
    TelemetryPlacementOut,
    TelemetrySeriesOut,
    TestOut,
    TokenMade,
    TokenOut,
    UploadOut,
    VersionDetail,
    VersionsVersionOut,
    WeatherNamesOut,
    WhatIfOut,
    ZoomOut,
)
from nameplate_client.generated.inputs import (
    BuildOutInput,
    CompareItem,
    ConditionIn,
    CostInput,
    FrontIn,
    KnobInput,
    PlacementInput,
    ProvisionInput,
    QueryEnergyInput,
    Scenario,
    ServingInput,
    ShiftInput,
    StudySpec,
)
from nameplate_client.pages import Pages


class AlertsNoun(Noun):
    """Operations under /api/v1/alerts."""

    def list(
        self,
        *,
        limit: int = 50,
        status: Literal["firing", "resolved"] | None = None,
        rule_id: str | None = None,
    ) -> Pages[AlertOut]:
        """
        Alerts that fire and that did, newest first.

        Args:
            limit: Most items on a page [items]
            status: Only those
            rule_id: Only of one rule
        """
        return self._connection.pages(
            AlertOut,
            "GET",
            "/alerts",
            query={"limit": limit, "status": status, "rule_id": rule_id},
        )

    def deliveries(self, *, limit: int = 50) -> Pages[DeliveryOut]:
        """
        Notices and how far they are, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            DeliveryOut, "GET", "/alerts/deliveries", query={"limit": limit}
        )

    def rules_list(self, *, limit: int = 50) -> Pages[AlertRuleOut]:
        """
        All rules, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            AlertRuleOut, "GET", "/alerts/rules", query={"limit": limit}
        )

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
    ) -> AlertRuleOut:
        """
        Store a rule.

        Args:
            name: Name
            kind: threshold (power), load (power over a node's limit), ramp (change of
                power), missing-agent (silence) or model-drift (measured off predicted,
                over predicted)
            devices: Watch devices, not nodes: threshold and ramp
            target: Names watched, with * and ?
            limit: Above this it is wrong [W, 1, W/s, s or 1, by kind]
            clear: Below this it is right again; 0.95 of the limit where not said [W, 1,
                W/s, s or 1, by kind]
            for_s: How long either must last [s]
            window_s: Time a ramp is taken over [s]
            severity: How bad it is
            webhook_url: Where to tell of it; never shown again
            webhook_secret: Key that notices are signed with; never shown again
            enabled: Whether it is watched
        """
        return self._connection.one(
            AlertRuleOut,
            "POST",
            "/alerts/rules",
            body=given(
                {
                    "name": name,
                    "kind": kind,
                    "devices": devices,
                    "target": target,
                    "limit": limit,
                    "clear": clear,
                    "for_s": for_s,
                    "window_s": window_s,
                    "severity": severity,
                    "webhook_url": webhook_url,
                    "webhook_secret": webhook_secret,
                    "enabled": enabled,
                }
            ),
        )

    def rules_delete(self, rule_id: str) -> None:
        """
        Delete a rule; its alerts end, and its notices are not sent any more.

        Args:
            rule_id: Id
        """
        self._connection.nothing("DELETE", f"/alerts/rules/{self._part(rule_id)}")

    def rules_read(self, rule_id: str) -> AlertRuleOut:
        """
        One rule.

        Args:
            rule_id: Id
        """
        return self._connection.one(
            AlertRuleOut, "GET", f"/alerts/rules/{self._part(rule_id)}"
        )

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
    ) -> AlertRuleOut:
        """
        Change a rule; absent and null fields stay.

        Args:
            rule_id: Id
            name: Name
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
        return self._connection.one(
            AlertRuleOut,
            "PATCH",
            f"/alerts/rules/{self._part(rule_id)}",
            body=given(
                {
                    "name": name,
                    "target": target,
                    "limit": limit,
                    "clear": clear,
                    "for_s": for_s,
                    "window_s": window_s,
                    "severity": severity,
                    "webhook_url": webhook_url,
                    "webhook_secret": webhook_secret,
                    "enabled": enabled,
                }
            ),
        )

    def rules_test(self, rule_id: str) -> TestOut:
        """
        Send a notice that says it is a test, and say what the webhook answered.

        Args:
            rule_id: Id
        """
        return self._connection.one(
            TestOut, "POST", f"/alerts/rules/{self._part(rule_id)}/test"
        )


class CatalogueNoun(Noun):
    """Operations under /api/v1/catalogue."""

    def models(self, *, server: str | None = None) -> ModelList:
        """
        Models each server type can carry, and what the numbers rest on.

        Args:
            server: One server type only
        """
        return self._connection.one(
            ModelList, "GET", "/catalogue/models", query={"server": server}
        )

    def plants(self) -> PlantList:
        """Cooling plants with the coefficients that make them; the user's own last."""
        return self._connection.one(PlantList, "GET", "/catalogue/plants")

    def policies(self) -> PolicyList:
        """Policies with their settings, defaults and where these come from."""
        return self._connection.one(PolicyList, "GET", "/catalogue/policies")

    def servers(self) -> ServerList:
        """Server types with rated, idle and measured power; the user's own last."""
        return self._connection.one(ServerList, "GET", "/catalogue/servers")


class DatasetsNoun(Noun):
    """Operations under /api/v1/datasets."""

    def list(self) -> DatasetList:
        """Every dataset known, and whether it is on the server's machine."""
        return self._connection.one(DatasetList, "GET", "/datasets")

    def import_(
        self,
        *,
        name: str,
        kind: Literal["requests", "rates"],
        content: base.Content,
        content_type: str = "text/csv",
    ) -> DatasetInfo:
        """
        Take in a CSV of requests or rates, every row checked; all of it or nothing.

        Args:
            name: New name
            kind: What the rows are
            content: What is sent.
            content_type: One of text/csv.
        """
        return self._connection.one(
            DatasetInfo,
            "POST",
            "/datasets/import",
            query={"name": name, "kind": kind},
            headers={"content-type": content_type},
            content=content,
        )

    def pull(self, name: str) -> StoredJobOut:
        """
        Start the download of a published dataset.

        Args:
            name: Name
        """
        return self._connection.one(
            StoredJobOut, "POST", f"/datasets/{self._part(name)}/pull"
        )


class ExportsNoun(Noun):
    """Operations under /api/v1/exports."""

    def dps(
        self,
        *,
        scenario_id: str,
        part: Literal["topology", "policies", "devices"] = "topology",
    ) -> base.Document:
        """
        A scenario for NVIDIA's power software, in the spelling with OperatingLimit.

        Args:
            scenario_id: Scenario
            part: Which file: entities and tree, power policies, or device
                specifications
        """
        return self._connection.json(
            "GET", "/exports/dps", query={"scenario_id": scenario_id, "part": part}
        )

    def topology_csv(self, *, scenario_id: str) -> Download:
        """
        A scenario's nodes and racks as one table, which kind csv reads again.

        Args:
            scenario_id: Scenario
        """
        return self._connection.download(
            "GET", "/exports/topology.csv", query={"scenario_id": scenario_id}
        )


class ImportsNoun(Noun):
    """Operations under /api/v1/imports."""

    def list(
        self,
        *,
        limit: int = 50,
        kind: Literal[
            "netbox",
            "dps",
            "opendcim",
            "csv",
            "epw",
            "tmy3",
            "weather-csv",
            "price",
            "carbon",
        ]
        | None = None,
        scenario_id: str | None = None,
    ) -> Pages[ImportSummary]:
        """
        All imports, newest first.

        Args:
            limit: Most items on a page [items]
            kind: Of one kind
            scenario_id: Of one scenario
        """
        return self._connection.pages(
            ImportSummary,
            "GET",
            "/imports",
            query={"limit": limit, "kind": kind, "scenario_id": scenario_id},
        )

    def netbox(
        self,
        *,
        url: str,
        x_import_token: str = "",
        name: str = "netbox",
        scenario_id: str | None = None,
        servers: str = "",
    ) -> ImportOut:
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
            ImportOut,
            "POST",
            "/imports/netbox",
            headers={"X-Import-Token": x_import_token},
            body=given(
                {
                    "url": url,
                    "name": name,
                    "scenario_id": scenario_id,
                    "servers": servers,
                }
            ),
        )

    def preview(
        self,
        *,
        kind: Literal[
            "netbox",
            "dps",
            "opendcim",
            "csv",
            "epw",
            "tmy3",
            "weather-csv",
            "price",
            "carbon",
        ],
        name: str,
        content: base.Content,
        scenario_id: str | None = None,
        servers: str = "",
        column: str = "",
        zone: str = "",
        unit: str = "",
        content_type: str = "application/octet-stream",
    ) -> ImportOut:
        """
        Read a file and say what it would change; nothing changes yet.

        Args:
            kind: What the file is
            name: Name of the source: imports of one kind and name follow each other;
                for weather and series, their name
            scenario_id: Scenario to compare with; without it a new one is made
            servers: Server of the catalogue by device model, MODEL=SERVER or
                MODEL=SERVER:N for N devices a server, with commas between
            column: Column of a series' values
            zone: IANA time zone of stamps that name none
            unit: Unit of a series
            content: What is sent.
            content_type: One of application/octet-stream.
        """
        return self._connection.one(
            ImportOut,
            "POST",
            "/imports/preview",
            query={
                "kind": kind,
                "name": name,
                "scenario_id": scenario_id,
                "servers": servers,
                "column": column,
                "zone": zone,
                "unit": unit,
            },
            headers={"content-type": content_type},
            content=content,
        )

    def read(self, import_id: str, *, offset: int = 0, limit: int = 2000) -> ImportOut:
        """
        One import: its diff, the rows left out, and what could not be mapped.

        Args:
            import_id: Id
            offset: Entries to leave out at the start of each list [1]
            limit: Most entries of each list [1]
        """
        return self._connection.one(
            ImportOut,
            "GET",
            f"/imports/{self._part(import_id)}",
            query={"offset": offset, "limit": limit},
        )

    def apply(self, import_id: str) -> ImportOut:
        """
        Do what a preview said, all of it or nothing; again changes nothing.

        Args:
            import_id: Id
        """
        return self._connection.one(
            ImportOut, "POST", f"/imports/{self._part(import_id)}/apply"
        )


class JobsNoun(Noun):
    """Operations under /api/v1/jobs."""

    def delete(self, job_id: str) -> StoredJobOut:
        """
        Ask a job to stop; a finished one stays as it is.

        Args:
            job_id: Id
        """
        return self._connection.one(
            StoredJobOut, "DELETE", f"/jobs/{self._part(job_id)}"
        )

    def read(self, job_id: str) -> JobDetail:
        """
        One job; a what-if that is done has its answer here.

        Args:
            job_id: Id
        """
        return self._connection.one(JobDetail, "GET", f"/jobs/{self._part(job_id)}")

    def events(self, job_id: str) -> Iterator[base.Event]:
        """
        Follow a job over server-sent events until it has finished.

        Args:
            job_id: Id
        """
        return self._connection.events("GET", f"/jobs/{self._part(job_id)}/events")


class OtlpNoun(Noun):
    """Operations under /api/v1/otlp."""

    def v1_metrics(
        self, *, content: base.Content, content_type: str = "application/x-protobuf"
    ) -> Download:
        """
        Take OpenTelemetry metrics in, as protobuf or JSON.

        Args:
            content: What is sent.
            content_type: One of application/x-protobuf, application/json.
        """
        return self._connection.download(
            "POST",
            "/otlp/v1/metrics",
            headers={"content-type": content_type},
            content=content,
        )


class PlanningNoun(Noun):
    """Operations under /api/v1/planning."""

    def build_out(
        self,
        *,
        view: str | None = None,
        build_out: BuildOutInput | None = None,
        explain: bool = True,
        front: FrontIn | None = None,
        on_progress: base.Progress | None = None,
    ) -> BuildOutOut:
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
            BuildOutOut,
            "POST",
            "/planning/build-out",
            body=given(
                {
                    "view": view,
                    "build_out": build_out,
                    "explain": explain,
                    "front": front,
                }
            ),
            on_progress=on_progress,
        )

    def cost(
        self,
        *,
        view: str | None = None,
        cost: CostInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> CostOut:
        """
        Work out a site's capital, bills, carbon and levelised cost over its years.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            cost: Inputs; absent keys take defaults
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            CostOut,
            "POST",
            "/planning/cost",
            body=given({"view": view, "cost": cost}),
            on_progress=on_progress,
        )

    def placement(
        self,
        *,
        placement: PlacementInput,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> PlanningPlacementOut:
        """
        Put servers on racks, feeds and phases within every limit and any one loss.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            placement: Inputs; absent keys take defaults, the site's facility is set
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            PlanningPlacementOut,
            "POST",
            "/planning/placement",
            body=given({"view": view, "placement": placement}),
            on_progress=on_progress,
        )


class PlansNoun(Noun):
    """Operations under /api/v1/plans."""

    def list(self, *, limit: int = 50) -> Pages[OutcomeOut]:
        """
        All plans, newest first, without results.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            OutcomeOut, "GET", "/plans", query={"limit": limit}
        )

    def create(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
    ) -> StoredJobOut:
        """
        Start a search over server counts and policies.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
        """
        return self._connection.one(
            StoredJobOut,
            "POST",
            "/plans",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                }
            ),
        )

    def read(self, plan_id: str) -> OutcomeDetail:
        """
        One plan: inputs, provenance, how far it is.

        Args:
            plan_id: Id
        """
        return self._connection.one(
            OutcomeDetail, "GET", f"/plans/{self._part(plan_id)}"
        )

    def result(self, plan_id: str) -> ResultsPlanOut:
        """
        Result of a plan; as CSV or Parquet one row per server count and policy.

        Args:
            plan_id: Id
        """
        return self._connection.one(
            ResultsPlanOut,
            "GET",
            f"/plans/{self._part(plan_id)}/result",
            query={"format": "json"},
        )

    def result_csv(self, plan_id: str) -> Download:
        """
        Result of a plan; as CSV or Parquet one row per server count and policy.

        As csv.

        Args:
            plan_id: Id
        """
        return self._connection.download(
            "GET", f"/plans/{self._part(plan_id)}/result", query={"format": "csv"}
        )

    def result_parquet(self, plan_id: str) -> Download:
        """
        Result of a plan; as CSV or Parquet one row per server count and policy.

        As parquet.

        Args:
            plan_id: Id
        """
        return self._connection.download(
            "GET", f"/plans/{self._part(plan_id)}/result", query={"format": "parquet"}
        )


class PrometheusNoun(Noun):
    """Operations under /api/v1/prometheus."""

    def write(
        self, *, content: base.Content, content_type: str = "application/x-protobuf"
    ) -> None:
        """
        Take samples in that a Prometheus, vmagent or Alloy writes.

        Args:
            content: What is sent.
            content_type: One of application/x-protobuf.
        """
        self._connection.nothing(
            "POST",
            "/prometheus/write",
            headers={"content-type": content_type},
            content=content,
        )


class RunsNoun(Noun):
    """Operations under /api/v1/runs."""

    def list(self, *, limit: int = 50) -> Pages[OutcomeOut]:
        """
        All runs, newest first, without results.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            OutcomeOut, "GET", "/runs", query={"limit": limit}
        )

    def create(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> StoredJobOut:
        """
        Start a run that is kept.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
        """
        return self._connection.one(
            StoredJobOut,
            "POST",
            "/runs",
            body=given(
                {"scenario": scenario, "scenario_id": scenario_id, "changes": changes}
            ),
        )

    def read(self, run_id: str) -> OutcomeDetail:
        """
        One run: inputs, provenance, how far it is.

        Args:
            run_id: Id
        """
        return self._connection.one(OutcomeDetail, "GET", f"/runs/{self._part(run_id)}")

    def result(self, run_id: str) -> RunOut:
        """
        Result of a run; as CSV or Parquet its curves over time.

        Args:
            run_id: Id
        """
        return self._connection.one(
            RunOut,
            "GET",
            f"/runs/{self._part(run_id)}/result",
            query={"format": "json"},
        )

    def result_csv(self, run_id: str) -> Download:
        """
        Result of a run; as CSV or Parquet its curves over time.

        As csv.

        Args:
            run_id: Id
        """
        return self._connection.download(
            "GET", f"/runs/{self._part(run_id)}/result", query={"format": "csv"}
        )

    def result_parquet(self, run_id: str) -> Download:
        """
        Result of a run; as CSV or Parquet its curves over time.

        As parquet.

        Args:
            run_id: Id
        """
        return self._connection.download(
            "GET", f"/runs/{self._part(run_id)}/result", query={"format": "parquet"}
        )


class ScenariosNoun(Noun):
    """Operations under /api/v1/scenarios."""

    def list(
        self,
        *,
        limit: int = 50,
        archived: bool | None = None,
        site_id: str | None = None,
    ) -> Pages[ScenarioSummary]:
        """
        All scenarios, newest first, without their inputs.

        Args:
            limit: Most items on a page [items]
            archived: Only put away ones, or only others
            site_id: Of one site
        """
        return self._connection.pages(
            ScenarioSummary,
            "GET",
            "/scenarios",
            query={"limit": limit, "archived": archived, "site_id": site_id},
        )

    def create(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        name: str | None = None,
        site_id: str | None = None,
    ) -> ScenarioOut:
        """
        Store a scenario: inputs, or a stored one, with changes to them.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            name: Name; empty takes the inputs' own
            site_id: Site it belongs to
        """
        return self._connection.one(
            ScenarioOut,
            "POST",
            "/scenarios",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "name": name,
                    "site_id": site_id,
                }
            ),
        )

    def delete(self, scenario_id: str) -> None:
        """
        Delete a scenario and its versions; runs and plans keep their inputs.

        Args:
            scenario_id: Id
        """
        self._connection.nothing("DELETE", f"/scenarios/{self._part(scenario_id)}")

    def read(self, scenario_id: str) -> ScenarioOut:
        """
        One scenario; the ETag is its version.

        Args:
            scenario_id: Id
        """
        return self._connection.one(
            ScenarioOut, "GET", f"/scenarios/{self._part(scenario_id)}"
        )

    def change(
        self,
        scenario_id: str,
        *,
        if_match: str | None = None,
        name: str | None = None,
        archived: bool | None = None,
        site_id: str | None = None,
    ) -> ScenarioOut:
        """
        Rename or archive a scenario, or move it; absent and null fields stay.

        Args:
            scenario_id: Id
            if_match: Version the change was made on
            name: Name
            archived: Whether it is put away
            site_id: Site it belongs to
        """
        return self._connection.one(
            ScenarioOut,
            "PATCH",
            f"/scenarios/{self._part(scenario_id)}",
            headers={"if-match": if_match},
            body=given({"name": name, "archived": archived, "site_id": site_id}),
        )

    def put(
        self,
        scenario_id: str,
        *,
        scenario: Scenario,
        if_match: str | None = None,
        site_id: str | None = None,
    ) -> ScenarioOut:
        """
        Store a scenario under this id; repeating it changes nothing.

        Args:
            scenario_id: Id
            if_match: Version the change was made on
            scenario: The inputs; absent keys take defaults
            site_id: Site it belongs to
        """
        return self._connection.one(
            ScenarioOut,
            "PUT",
            f"/scenarios/{self._part(scenario_id)}",
            headers={"if-match": if_match},
            body=given({"scenario": scenario, "site_id": site_id}),
        )

    def clone(self, scenario_id: str, *, name: str | None = None) -> ScenarioOut:
        """
        Copy a scenario.

        Args:
            scenario_id: Id
            name: Name
        """
        return self._connection.one(
            ScenarioOut,
            "POST",
            f"/scenarios/{self._part(scenario_id)}/clone",
            body=given({"name": name}),
        )

    def versions_list(
        self, scenario_id: str, *, limit: int = 50
    ) -> Pages[VersionsVersionOut]:
        """
        Versions of a scenario, newest first.

        Args:
            scenario_id: Id
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            VersionsVersionOut,
            "GET",
            f"/scenarios/{self._part(scenario_id)}/versions",
            query={"limit": limit},
        )

    def versions_create(
        self,
        scenario_id: str,
        *,
        if_match: str | None = None,
        scenario: Scenario | None = None,
        changes: Mapping[str, Any] | None = None,
        name: str | None = None,
        autosave: bool = False,
    ) -> ScenarioOut:
        """
        Save inputs as the newest version, or name it; equal ones make no new one.

        Args:
            scenario_id: Id
            if_match: Version the change was made on
            scenario: The inputs, all of them
            changes: New value per dotted path of the stored inputs, instead of all of
                them
            name: Name of the version; a named one is never written over
            autosave: Whether a page saves by itself: for ten minutes of the same author
                that is one version
        """
        return self._connection.one(
            ScenarioOut,
            "POST",
            f"/scenarios/{self._part(scenario_id)}/versions",
            headers={"if-match": if_match},
            body=given(
                {
                    "scenario": scenario,
                    "changes": changes,
                    "name": name,
                    "autosave": autosave,
                }
            ),
        )

    def versions_read(
        self, scenario_id: str, number: int, *, against: int | None = None
    ) -> VersionDetail:
        """
        One version and what differs from another, the one before unless said.

        Args:
            scenario_id: Id
            number: Version
            against: Version to compare with
        """
        return self._connection.one(
            VersionDetail,
            "GET",
            f"/scenarios/{self._part(scenario_id)}/versions/{self._part(number)}",
            query={"against": against},
        )

    def versions_change(
        self, scenario_id: str, number: int, *, name: str | None
    ) -> VersionsVersionOut:
        """
        Name a version; a named one is never written over.

        Args:
            scenario_id: Id
            number: Version
            name: Name; null takes it away
        """
        return self._connection.one(
            VersionsVersionOut,
            "PATCH",
            f"/scenarios/{self._part(scenario_id)}/versions/{self._part(number)}",
            body=given({"name": name}),
        )

    def versions_restore(
        self, scenario_id: str, number: int, *, if_match: str | None = None
    ) -> ScenarioOut:
        """
        Make an earlier version the present one; that is a new version.

        Args:
            scenario_id: Id
            number: Version
            if_match: Version the change was made on
        """
        return self._connection.one(
            ScenarioOut,
            "POST",
            f"/scenarios/{self._part(scenario_id)}/versions/{self._part(number)}/restore",
            headers={"if-match": if_match},
        )


class SchemaNoun(Noun):
    """Operations under /api/v1/schema."""

    def scenario(self) -> base.Document:
        """JSON Schema of a scenario, with units, defaults and sources."""
        return self._connection.json("GET", "/schema/scenario")


class ServingNoun(Noun):
    """Operations under /api/v1/serving."""

    def defaults(self) -> DefaultsOut:
        """Write out what is taken where nothing is given."""
        return self._connection.one(DefaultsOut, "GET", "/serving/defaults")

    def grid(self) -> GridNames:
        """Name the years of hourly prices and carbon on this machine."""
        return self._connection.one(GridNames, "GET", "/serving/grid")

    def grid_read(self, name: str, *, start: str, hours: int = 24) -> GridHoursOut:
        """
        Read prices and carbon of some hours; the year is repeated.

        Args:
            name: Name
            start: First instant; UTC where it has no zone
            hours: How many; the year is repeated [h]
        """
        return self._connection.one(
            GridHoursOut,
            "GET",
            f"/serving/grid/{self._part(name)}",
            query={"start": start, "hours": hours},
        )

    def knob_grid(
        self,
        *,
        view: str | None = None,
        knobs: KnobInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> KnobGridOut:
        """
        Say what one instance does over its knobs: latency, throughput, power, energy.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            knobs: Model, server and axes
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            KnobGridOut,
            "POST",
            "/serving/knob-grid",
            body=given({"view": view, "knobs": knobs}),
            on_progress=on_progress,
        )

    def provision(
        self,
        *,
        view: str | None = None,
        search: ProvisionInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> ProvisionedOut:
        """
        Find how many machines of each Splitwise design a budget buys, and their rate.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            search: Lengths, designs and what is held equal
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            ProvisionedOut,
            "POST",
            "/serving/provision",
            body=given({"view": view, "search": search}),
            on_progress=on_progress,
        )

    def query_energy(
        self,
        *,
        view: str | None = None,
        query: QueryEnergyInput | None = None,
        on_progress: base.Progress | None = None,
    ) -> QueryEnergyOut:
        """
        Work out energy, carbon, water and cost of a query, with their scatter.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            query: Inputs; absent keys take the preset's
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            QueryEnergyOut,
            "POST",
            "/serving/query-energy",
            body=given({"view": view, "query": query}),
            on_progress=on_progress,
        )

    def run(
        self,
        *,
        view: str | None = None,
        serving: ServingInput | None = None,
        points: int = 600,
        on_progress: base.Progress | None = None,
    ) -> ServingRunOut:
        """
        Run serving systems side by side on the same traffic.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            serving: Inputs; absent keys take defaults
            points: Most records of each timeline; power keeps its peaks [1]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            ServingRunOut,
            "POST",
            "/serving/run",
            body=given({"view": view, "serving": serving, "points": points}),
            on_progress=on_progress,
        )

    def shift(
        self,
        *,
        shift: ShiftInput,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> ShiftOut:
        """
        Move deferrable work in time, inside its deadlines and the headroom.

        Args:
            view: Name of the asking view; a newer question of it cancels this one
            shift: Jobs, headroom and signals
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            ShiftOut,
            "POST",
            "/serving/shift",
            body=given({"view": view, "shift": shift}),
            on_progress=on_progress,
        )

    def systems(self) -> SystemList:
        """Name the systems a run may compare, with their knobs and sources."""
        return self._connection.one(SystemList, "GET", "/serving/systems")


class SiteNoun(Noun):
    """Operations under /api/v1/site."""

    def campus(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        engine: str = "threads",
        series: bool = False,
        nodes: bool = False,
        on_progress: base.Progress | None = None,
    ) -> CampusRunOut:
        """
        Run a campus hall by hall, under the contract, cooling and water halls share.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            engine: Where halls run: serial, threads, processes, or the address of a
                dask scheduler that this server may use; the answer does not depend on
                it
            series: Whether halls have their curves over time
            nodes: Whether every node and rack is told, not the fullest of each kind
                only
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            CampusRunOut,
            "POST",
            "/site/campus",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "engine": engine,
                    "series": series,
                    "nodes": nodes,
                }
            ),
            on_progress=on_progress,
        )

    def cooling_year(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        it_frac: float = 0.75,
        price_series: str | None = None,
        carbon_series: str | None = None,
        utc_offset_h: float = 0.0,
        on_progress: base.Progress | None = None,
    ) -> CoolingYearOut:
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
            CoolingYearOut,
            "POST",
            "/site/cooling-year",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "it_frac": it_frac,
                    "price_series": price_series,
                    "carbon_series": carbon_series,
                    "utc_offset_h": utc_offset_h,
                }
            ),
            on_progress=on_progress,
        )

    def failure(
        self,
        *,
        failed: Sequence[str],
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> FailureOut:
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
            FailureOut,
            "POST",
            "/site/failure",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "failed": failed,
                }
            ),
            on_progress=on_progress,
        )

    def failures(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        pairs: bool = True,
        on_progress: base.Progress | None = None,
    ) -> FailuresOut:
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
            FailuresOut,
            "POST",
            "/site/failures",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "pairs": pairs,
                }
            ),
            on_progress=on_progress,
        )

    def fit(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        servers: int = 0,
        server_w: float | None = None,
        keep_losses: bool = True,
        keep_cooling: bool = True,
        inputs: bool = False,
        on_progress: base.Progress | None = None,
    ) -> FitOut:
        """
        Find how many more servers each row takes, and a place for those asked for.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            servers: Servers to place [servers]
            server_w: Draw of one at the site's worst hour; empty means what the row's
                servers draw [W]
            keep_losses: Whether the loss of any single node must be survived
            keep_cooling: Whether cooling and inlets must keep their limits
            inputs: Whether the answer has the facility with the servers in place; not
                where they draw something else than the rows' own
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            FitOut,
            "POST",
            "/site/fit",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "servers": servers,
                    "server_w": server_w,
                    "keep_losses": keep_losses,
                    "keep_cooling": keep_cooling,
                    "inputs": inputs,
                }
            ),
            on_progress=on_progress,
        )

    def network(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
    ) -> NetworkOut:
        """
        Expand a site's template into nodes and racks; nothing is simulated.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
        """
        return self._connection.one(
            NetworkOut,
            "POST",
            "/site/network",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                }
            ),
        )

    def run(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        series: bool = False,
        seeds: int = 1,
        on_progress: base.Progress | None = None,
    ) -> SiteRunOut:
        """
        Run a site over its horizon, with the events on its timeline.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            series: Whether every node has its curve over time
            seeds: Seeds of traffic to run; more than one fills `seed_ranges`, and each
                takes as long as the run itself [seeds]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            SiteRunOut,
            "POST",
            "/site/run",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "series": series,
                    "seeds": seeds,
                }
            ),
            on_progress=on_progress,
        )

    def schedule(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        emergency: Literal["none", "power", "airflow"] = "none",
        oversubscription_frac: float | None = None,
        iaas_frac: float = 0.5,
        days: int = 2,
        on_progress: base.Progress | None = None,
    ) -> ScheduleOut:
        """
        Try placing, routing and configuring on a site, each alone and all of them.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            emergency: What strikes on the last afternoon: none, power (75 % of every
                row's limit for five minutes) or airflow (90 % of every aisle's air for
                an hour)
            oversubscription_frac: Servers in each row beyond those planned ÷ those
                planned; empty takes the racks as they are [1]
            iaas_frac: Share of opaque machines where no rack says that it is IaaS [1]
            days: Days simulated [d]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            ScheduleOut,
            "POST",
            "/site/schedule",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "emergency": emergency,
                    "oversubscription_frac": oversubscription_frac,
                    "iaas_frac": iaas_frac,
                    "days": days,
                }
            ),
            on_progress=on_progress,
        )

    def steering(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        by: Literal["row", "hall"] = "row",
        parent_w: float | None = None,
        left_frac: float = 1.0,
        growth_frac: float = 0.0,
        on_progress: base.Progress | None = None,
    ) -> SteeringOut:
        """
        Share a parent's power out: who lends, who borrows, who is capped and shed.

        Args:
            scenario: Base inputs
            scenario_id: A stored scenario as the base instead
            changes: New value per dotted path
            view: Name of the asking view; a newer question of it cancels this one
            by: Whether rows or halls share
            parent_w: What the parent carries; empty means the sum of the rows' limits
                [W]
            left_frac: What is left of the parent [1]
            growth_frac: What is wanted beyond the prediction ÷ the prediction [1]
            on_progress: Told part and phase where the answer takes longer.
        """
        return self._connection.answer(
            SteeringOut,
            "POST",
            "/site/steering",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "by": by,
                    "parent_w": parent_w,
                    "left_frac": left_frac,
                    "growth_frac": growth_frac,
                }
            ),
            on_progress=on_progress,
        )

    def weather(self) -> WeatherNamesOut:
        """Name the years of weather on this machine."""
        return self._connection.one(WeatherNamesOut, "GET", "/site/weather")


class SitesNoun(Noun):
    """Operations under /api/v1/sites."""

    def list(self, *, limit: int = 50) -> Pages[SiteOut]:
        """
        All sites, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(SiteOut, "GET", "/sites", query={"limit": limit})

    def create(self, *, name: str, time_zone: str = "UTC", notes: str = "") -> SiteOut:
        """
        Store a site.

        Args:
            name: Name
            time_zone: IANA time zone
            notes: Free text
        """
        return self._connection.one(
            SiteOut,
            "POST",
            "/sites",
            body=given({"name": name, "time_zone": time_zone, "notes": notes}),
        )

    def delete(self, site_id: str) -> None:
        """
        Delete a site; its scenarios stay.

        Args:
            site_id: Id
        """
        self._connection.nothing("DELETE", f"/sites/{self._part(site_id)}")

    def read(self, site_id: str) -> SiteOut:
        """
        One site.

        Args:
            site_id: Id
        """
        return self._connection.one(SiteOut, "GET", f"/sites/{self._part(site_id)}")

    def change(
        self,
        site_id: str,
        *,
        name: str | None = None,
        time_zone: str | None = None,
        notes: str | None = None,
    ) -> SiteOut:
        """
        Change fields of a site; absent and null fields stay.

        Args:
            site_id: Id
            name: Name
            time_zone: IANA time zone
            notes: Free text
        """
        return self._connection.one(
            SiteOut,
            "PATCH",
            f"/sites/{self._part(site_id)}",
            body=given({"name": name, "time_zone": time_zone, "notes": notes}),
        )


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
    ) -> LearnedOut:
        """
        Learn a training job from recorded power, with how far the fit is off.

        Args:
            t_s: Times, rising [s]
            power_w: Readings of one node, or the sum over nodes [W]
            node_count: Nodes in the sum [1]
            gpus_per_node: GPUs of a node [1]
            gpu_count: GPUs of the job to make; empty means those recorded [1]
            tdp_w: TDP of one GPU [W]
            host_w: Steady power of a node beside its GPUs, taken off; 0 leaves it in
                the levels [W]
            gaps_allowed: Whether gaps are taken as they are
        """
        return self._connection.one(
            LearnedOut,
            "POST",
            "/stabilize/learn",
            body=given(
                {
                    "t_s": t_s,
                    "power_w": power_w,
                    "node_count": node_count,
                    "gpus_per_node": gpus_per_node,
                    "gpu_count": gpu_count,
                    "tdp_w": tdp_w,
                    "host_w": host_w,
                    "gaps_allowed": gaps_allowed,
                }
            ),
        )

    def rules(self) -> KnownOut:
        """Name grid rules, ride-through tables and critical frequencies."""
        return self._connection.one(KnownOut, "GET", "/stabilize/rules")

    def run(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        points: int = 1200,
        on_progress: base.Progress | None = None,
    ) -> StabilizeRunOut:
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
            StabilizeRunOut,
            "POST",
            "/stabilize/run",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "points": points,
                }
            ),
            on_progress=on_progress,
        )

    def size(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> SizeOut:
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
            SizeOut,
            "POST",
            "/stabilize/size",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                }
            ),
            on_progress=on_progress,
        )

    def zoom(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        points: int = 1200,
        from_s: float = 0.0,
        to_s: float = 1000000.0,
        on_progress: base.Progress | None = None,
    ) -> ZoomOut:
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
            ZoomOut,
            "POST",
            "/stabilize/zoom",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "points": points,
                    "from_s": from_s,
                    "to_s": to_s,
                }
            ),
            on_progress=on_progress,
        )


class StudiesNoun(Noun):
    """Operations under /api/v1/studies."""

    def list(self, *, limit: int = 50) -> Pages[StudySummary]:
        """
        List all studies, newest first.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            StudySummary, "GET", "/studies", query={"limit": limit}
        )

    def create(
        self,
        *,
        study: StudySpec,
        scenario_id: str | None = None,
        engine: str | None = None,
    ) -> StoredJobOut:
        """
        Start a study that is kept; whatever is wrong with it is said before.

        Args:
            study: The study; absent keys take defaults
            scenario_id: A stored scenario as the base; the study's own base is then
                empty
            engine: serial, threads, processes, or the address of a dask scheduler that
                this server may use; empty is the server's
        """
        return self._connection.one(
            StoredJobOut,
            "POST",
            "/studies",
            body=given({"study": study, "scenario_id": scenario_id, "engine": engine}),
        )

    def check(
        self, *, study: StudySpec, scenario_id: str | None = None
    ) -> StudyChecked:
        """
        Look at a study without starting it: its axes, and how many points.

        Args:
            study: The study; absent keys take defaults
            scenario_id: A stored scenario as the base; the study's own base is then
                empty
        """
        return self._connection.one(
            StudyChecked,
            "POST",
            "/studies/check",
            body=given({"study": study, "scenario_id": scenario_id}),
        )

    def questions(self) -> QuestionList:
        """Name the questions a study may ask, with their outputs and fields."""
        return self._connection.one(QuestionList, "GET", "/studies/questions")

    def delete(self, study_id: str) -> None:
        """
        Delete a study and its points; what was computed stays known.

        Args:
            study_id: Id
        """
        self._connection.nothing("DELETE", f"/studies/{self._part(study_id)}")

    def read(self, study_id: str) -> StudyDetail:
        """
        Read a study: what was asked, how far it is, what came out.

        Args:
            study_id: Id
        """
        return self._connection.one(
            StudyDetail, "GET", f"/studies/{self._part(study_id)}"
        )

    def points(self, study_id: str, *, after: int = -1, limit: int = 1000) -> PointsOut:
        """
        Read points in order, also while the study is under way.

        Args:
            study_id: Id
            after: Points behind this one [1]
            limit: Most points [points]
        """
        return self._connection.one(
            PointsOut,
            "GET",
            f"/studies/{self._part(study_id)}/points",
            query={"after": after, "limit": limit},
        )

    def points_read(self, study_id: str, place: int) -> PointDetail:
        """
        Read one point with its inputs, to open it as a run of its own.

        Args:
            study_id: Id
            place: Place of a point [1]
        """
        return self._connection.one(
            PointDetail,
            "GET",
            f"/studies/{self._part(study_id)}/points/{self._part(place)}",
        )

    def query(
        self,
        study_id: str,
        *,
        where: Sequence[ConditionIn] | None = None,
        order_by: str | None = None,
        descending: bool = False,
        limit: int = 100,
    ) -> PointRows:
        """
        Ask a finished study for the points that keep conditions, sorted.

        Args:
            study_id: Id
            where: All must hold
            order_by: Column to sort by
            descending: Whether the largest come first
            limit: Most rows [rows]
        """
        return self._connection.one(
            PointRows,
            "POST",
            f"/studies/{self._part(study_id)}/query",
            body=given(
                {
                    "where": where,
                    "order_by": order_by,
                    "descending": descending,
                    "limit": limit,
                }
            ),
        )

    def result(self, study_id: str) -> ResultTable:
        """
        Read a finished study whole; CSV and Parquet have a row per point.

        Args:
            study_id: Id
        """
        return self._connection.one(
            ResultTable,
            "GET",
            f"/studies/{self._part(study_id)}/result",
            query={"format": "json"},
        )

    def result_csv(self, study_id: str) -> Download:
        """
        Read a finished study whole; CSV and Parquet have a row per point.

        As csv.

        Args:
            study_id: Id
        """
        return self._connection.download(
            "GET", f"/studies/{self._part(study_id)}/result", query={"format": "csv"}
        )

    def result_parquet(self, study_id: str) -> Download:
        """
        Read a finished study whole; CSV and Parquet have a row per point.

        As parquet.

        Args:
            study_id: Id
        """
        return self._connection.download(
            "GET",
            f"/studies/{self._part(study_id)}/result",
            query={"format": "parquet"},
        )

    def resume(self, study_id: str, *, engine: str | None = None) -> StoredJobOut:
        """
        Go on with a study that was cancelled or failed; answered points are kept.

        Args:
            study_id: Id
            engine: Another engine than before
        """
        return self._connection.one(
            StoredJobOut,
            "POST",
            f"/studies/{self._part(study_id)}/resume",
            body=given({"engine": engine}),
        )


class TelemetryNoun(Noun):
    """Operations under /api/v1/telemetry."""

    def create(self, *, body: Mapping[str, Any]) -> AcknowledgementOut:
        """
        Store an agent's batch once; the answer comes when it is on disk.

        Args:
            body: The document.
        """
        return self._connection.one(AcknowledgementOut, "POST", "/telemetry", body=body)

    def events(self, *, start_us: int, end_us: int) -> EventList:
        """
        What agents reported about their devices and themselves.

        Args:
            start_us: First instant [µs]
            end_us: End, not included [µs]
        """
        return self._connection.one(
            EventList,
            "GET",
            "/telemetry/events",
            query={"start_us": start_us, "end_us": end_us},
        )

    def hello(self, *, spool: str | None = None) -> HelloOut:
        """
        Tell an agent the time, the limits, and which number comes next.

        Args:
            spool: Spool whose next number is wanted
        """
        return self._connection.one(
            HelloOut, "GET", "/telemetry/hello", query={"spool": spool}
        )

    def now(self, *, node: str = "", host: Sequence[str] | None = None) -> NowOut:
        """
        What is drawn now: the site, every node, and the hosts asked for.

        Args:
            node: Give the hosts on this node; all for every host
            host: Give these hosts with their devices
        """
        return self._connection.one(
            NowOut, "GET", "/telemetry/now", query={"node": node, "host": host}
        )

    def placement_read(self) -> TelemetryPlacementOut:
        """Which scenario is watched, and where sources stand in it."""
        return self._connection.one(
            TelemetryPlacementOut, "GET", "/telemetry/placement"
        )

    def placement_put(
        self,
        *,
        version: int,
        scenario_id: str | None = None,
        nodes: Mapping[str, str] | None = None,
    ) -> TelemetryPlacementOut:
        """
        Watch a scenario, with sources on its nodes.

        Args:
            version: Version this change was made on [1]
            scenario_id: Stored scenario with a facility; null watches hosts alone
            nodes: Source name to node: hosts in racks, meters on any node
        """
        return self._connection.one(
            TelemetryPlacementOut,
            "PUT",
            "/telemetry/placement",
            body=given(
                {"version": version, "scenario_id": scenario_id, "nodes": nodes}
            ),
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
    ) -> StoredJobOut:
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
            authorization: Value of the header Authorization; used for this pull, kept
                nowhere
        """
        return self._connection.one(
            StoredJobOut,
            "POST",
            "/telemetry/pull",
            body=given(
                {
                    "url": url,
                    "preset": preset,
                    "query": query,
                    "start": start,
                    "end": end,
                    "step_s": step_s,
                    "source": source,
                    "authorization": authorization,
                }
            ),
        )

    def receivers(self) -> ReceiverList:
        """What receivers got since the server started, and what they ignored."""
        return self._connection.one(ReceiverList, "GET", "/telemetry/receivers")

    def series(
        self,
        *,
        start_us: int,
        end_us: int,
        of: str = "site",
        level: Literal["", "1s", "1min", "1h"] = "",
        device: str = "",
    ) -> TelemetrySeriesOut:
        """
        Power over time: of the site, a node, a host or a device.

        Args:
            start_us: First instant [µs]
            end_us: End, not included [µs]
            of: site, node/NAME, or a host's name
            level: Level of detail; empty takes the finest of at most 2,000 bins
            device: One device of a host by its key; * for all; empty for the sum
        """
        return self._connection.one(
            TelemetrySeriesOut,
            "GET",
            "/telemetry/series",
            query={
                "start_us": start_us,
                "end_us": end_us,
                "of": of,
                "level": level,
                "device": device,
            },
        )

    def sources(self) -> SourceList:
        """Everything that reports, and when it last did."""
        return self._connection.one(SourceList, "GET", "/telemetry/sources")

    def sources_retire(self, name: str) -> None:
        """
        Stop to expect a source; its history stays, new readings bring it back.

        Args:
            name: Name of a source
        """
        self._connection.nothing(
            "POST", f"/telemetry/sources/{self._part(name)}/retire"
        )

    def sources_stored(self, name: str, *, start_us: int, end_us: int) -> StoredOut:
        """
        How much of a source is stored, and where it has holes.

        Args:
            name: Name of a source
            start_us: First instant [µs]
            end_us: End, not included [µs]
        """
        return self._connection.one(
            StoredOut,
            "GET",
            f"/telemetry/sources/{self._part(name)}/stored",
            query={"start_us": start_us, "end_us": end_us},
        )

    def stream(
        self, *, node: str = "", host: Sequence[str] | None = None
    ) -> Iterator[base.Event]:
        """
        Send what is drawn now once a second, as server-sent events.

        Args:
            node: Give the hosts on this node; all for every host
            host: Give these hosts with their devices
        """
        return self._connection.events(
            "GET", "/telemetry/stream", query={"node": node, "host": host}
        )

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
    ) -> UploadOut:
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
            UploadOut,
            "POST",
            "/telemetry/upload",
            query={
                "source": source,
                "kind": kind,
                "device": device,
                "time_zone": time_zone,
                "start": start,
            },
            headers={"content-type": content_type},
            content=content,
        )


class TokensNoun(Noun):
    """Operations under /api/v1/tokens."""

    def list(self, *, limit: int = 50) -> Pages[TokenOut]:
        """
        All tokens, newest first, without their secrets.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            TokenOut, "GET", "/tokens", query={"limit": limit}
        )

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
    ) -> TokenMade:
        """
        Make a token; the answer is the only place that ever shows it.

        Args:
            name: What people call it
            role: A named set of scopes
            scopes: Scopes besides the role's
            agent: Agent it is bound to; for telemetry:write, and only for it
            expires_at: When it ends; null never
        """
        return self._connection.one(
            TokenMade,
            "POST",
            "/tokens",
            body=given(
                {
                    "name": name,
                    "role": role,
                    "scopes": scopes,
                    "agent": agent,
                    "expires_at": expires_at,
                }
            ),
        )

    def delete(self, token_id: str) -> None:
        """
        End a token now; it stays in the list.

        Args:
            token_id: Id
        """
        self._connection.nothing("DELETE", f"/tokens/{self._part(token_id)}")


class TrackingNoun(Noun):
    """Operations under /api/v1/tracking."""

    def calibrations_list(
        self,
        *,
        limit: int = 50,
        kind: Literal[
            "gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"
        ]
        | None = None,
        source: str | None = None,
        active: bool | None = None,
    ) -> Pages[CalibrationOut]:
        """
        Calibrations, newest first.

        Args:
            limit: Most items on a page [items]
            kind: Of one kind
            source: Of one host
            active: Only those that count
        """
        return self._connection.pages(
            CalibrationOut,
            "GET",
            "/tracking/calibrations",
            query={"limit": limit, "kind": kind, "source": source, "active": active},
        )

    def calibrations_create(
        self,
        *,
        kind: Literal[
            "gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"
        ],
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
    ) -> StoredJobOut:
        """
        Fit a model to a stored period; what cannot be told is stored as refused.

        Args:
            kind: Which model
            source: Host whose readings are used
            device: One of its devices; empty fits every GPU, or the host itself
            start_us: First instant [µs]
            end_us: End [µs]
            held_out_frac: Last part of the readings that the fit is judged on [1]
            server: Server of the catalogue whose figures are the prior; empty looks by
                the GPUs' names
            output_source: Source of a conversion stage's output
            output_device: Its device
            rated_w: Rated output of a conversion stage [W]
            activate: Let the fit count at once, unless it is worse than its prior
            force: Let it count even then
        """
        return self._connection.one(
            StoredJobOut,
            "POST",
            "/tracking/calibrations",
            body=given(
                {
                    "kind": kind,
                    "source": source,
                    "device": device,
                    "start_us": start_us,
                    "end_us": end_us,
                    "held_out_frac": held_out_frac,
                    "server": server,
                    "output_source": output_source,
                    "output_device": output_device,
                    "rated_w": rated_w,
                    "activate": activate,
                    "force": force,
                }
            ),
        )

    def calibrations_delete(self, calibration_id: str) -> None:
        """
        Delete a calibration.

        Args:
            calibration_id: Id
        """
        self._connection.nothing(
            "DELETE", f"/tracking/calibrations/{self._part(calibration_id)}"
        )

    def calibrations_read(self, calibration_id: str) -> CalibrationDetail:
        """
        One calibration, with its residuals over the stored period.

        Args:
            calibration_id: Id
        """
        return self._connection.one(
            CalibrationDetail,
            "GET",
            f"/tracking/calibrations/{self._part(calibration_id)}",
        )

    def calibrations_activate(
        self, calibration_id: str, *, force: bool = False
    ) -> CalibrationOut:
        """
        Let a calibration count, in place of the one of its kind and target.

        Args:
            calibration_id: Id
            force: Even where it is worse than its prior
        """
        return self._connection.one(
            CalibrationOut,
            "POST",
            f"/tracking/calibrations/{self._part(calibration_id)}/activate",
            query={"force": force},
        )

    def forecast(
        self, *, of: str = "site", horizon_s: float = 86400.0, backtest: bool = True
    ) -> ForecastOut:
        """
        Power of the next hours or weeks, and what is left of the limit.

        Args:
            of: "site", "node/NAME" or a host
            horizon_s: How far ahead [s]
            backtest: Forecast its own past, too
        """
        return self._connection.one(
            ForecastOut,
            "GET",
            "/tracking/forecast",
            query={"of": of, "horizon_s": horizon_s, "backtest": backtest},
        )

    def from_now(
        self,
        *,
        scenario_id: str | None = None,
        load: Literal["auto", "replay", "traffic"] = "auto",
        past_s: float = 86400.0,
    ) -> FromNowOut:
        """
        Say what makes a scenario begin from what is measured now; nothing is stored.

        Args:
            scenario_id: Scenario; empty takes the watched one
            load: Play measured power, or generate traffic that peaks as measured; auto
                plays where the past is whole
            past_s: How much of the past is played [s]
        """
        return self._connection.one(
            FromNowOut,
            "POST",
            "/tracking/from-now",
            body=given({"scenario_id": scenario_id, "load": load, "past_s": past_s}),
        )

    def shadow(
        self, *, start_us: int | None = None, end_us: int | None = None, node: str = ""
    ) -> ShadowOut:
        """
        Measured beside predicted at every host and node, and what drifts.

        Args:
            start_us: First instant [µs]
            end_us: End [µs]
            node: Give curves of this host or "node/NAME"
        """
        return self._connection.one(
            ShadowOut,
            "GET",
            "/tracking/shadow",
            query={"start_us": start_us, "end_us": end_us, "node": node},
        )


class Nouns(Noun):
    """
    Every noun as an attribute.

    Attributes:
        alerts: `AlertsNoun`
        catalogue: `CatalogueNoun`
        datasets: `DatasetsNoun`
        exports: `ExportsNoun`
        imports: `ImportsNoun`
        jobs: `JobsNoun`
        otlp: `OtlpNoun`
        planning: `PlanningNoun`
        plans: `PlansNoun`
        prometheus: `PrometheusNoun`
        runs: `RunsNoun`
        scenarios: `ScenariosNoun`
        schema: `SchemaNoun`
        serving: `ServingNoun`
        site: `SiteNoun`
        sites: `SitesNoun`
        stabilize: `StabilizeNoun`
        studies: `StudiesNoun`
        telemetry: `TelemetryNoun`
        tokens: `TokensNoun`
        tracking: `TrackingNoun`
    """

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
    ) -> Pages[AuditOut]:
        """
        Who changed what, and who was refused, newest first.

        Args:
            limit: Most items on a page [items]
            kind: Only of one kind
            actor_id: Only of one token
        """
        return self._connection.pages(
            AuditOut,
            "GET",
            "/audit",
            query={"limit": limit, "kind": kind, "actor_id": actor_id},
        )

    def compare(
        self,
        *,
        items: Sequence[CompareItem],
        baseline: int = 0,
        series: bool = True,
        view: str | None = None,
        on_progress: base.Progress | None = None,
    ) -> CompareOut:
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
            CompareOut,
            "POST",
            "/compare",
            body=given(
                {"items": items, "baseline": baseline, "series": series, "view": view}
            ),
            on_progress=on_progress,
        )

    def health(self) -> HealthOut:
        """Whether the server, its database and its kernels are up."""
        return self._connection.one(HealthOut, "GET", "/health")

    def series(self, *, limit: int = 50) -> Pages[ImportsSeriesOut]:
        """
        Price and carbon series that were imported.

        Args:
            limit: Most items on a page [items]
        """
        return self._connection.pages(
            ImportsSeriesOut, "GET", "/series", query={"limit": limit}
        )

    def version(self) -> CatalogueVersionOut:
        """Versions of product, model and scenario format."""
        return self._connection.one(CatalogueVersionOut, "GET", "/version")

    def what_if(
        self,
        *,
        scenario: Scenario | None = None,
        scenario_id: str | None = None,
        changes: Mapping[str, Any] | None = None,
        view: str | None = None,
        series: bool = True,
        on_progress: base.Progress | None = None,
    ) -> WhatIfOut:
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
            WhatIfOut,
            "POST",
            "/what-if",
            body=given(
                {
                    "scenario": scenario,
                    "scenario_id": scenario_id,
                    "changes": changes,
                    "view": view,
                    "series": series,
                }
            ),
            on_progress=on_progress,
        )
