"""Calls about the server, its catalogue, and what it stores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.client.base import Connection, Format, one, question_of
from twin.types import Document


class StoredCalls(Connection):
    """About, sites, scenarios, runs, plans and datasets."""

    # --- about --------------------------------------------------------------------

    def health(self) -> Document:
        """Whether the server, its database and its kernels are up."""
        return self._get("/health")

    def version(self) -> Document:
        """Versions of product, model and scenario format."""
        return self._get("/version")

    def servers(self) -> list[Document]:
        """Server types of the catalogue."""
        return self._items("/catalogue/servers")

    def plants(self) -> list[Document]:
        """Cooling plants: ready-made, then the user's own."""
        return self._items("/catalogue/plants")

    def models(self, server: str | None = None) -> list[Document]:
        """Served models of the catalogue, for one server type if given."""
        return self._items("/catalogue/models", server=server)

    def policies(self) -> list[Document]:
        """Policies with their settings, defaults and sources."""
        return self._items("/catalogue/policies")

    def scenario_schema(self) -> Document:
        """JSON Schema of a scenario."""
        return self._get("/schema/scenario")

    # --- sites --------------------------------------------------------------------

    def sites(self) -> list[Document]:
        """All sites, newest first."""
        return self._items("/sites", limit=200)

    def create_site(self, site: Mapping[str, Any]) -> Document:
        """Store a site: `{name, time_zone, notes}`."""
        return self._json("POST", "/sites", json=site)

    def site(self, site_id: str) -> Document:
        """Read one site."""
        return self._get(f"/sites/{one(site_id)}")

    def update_site(self, site_id: str, **values: Any) -> Document:
        """Change fields of a site."""
        return self._json("PATCH", f"/sites/{one(site_id)}", json=values)

    def delete_site(self, site_id: str) -> None:
        """Delete a site; its scenarios stay."""
        self._send("DELETE", f"/sites/{one(site_id)}")

    # --- scenarios ----------------------------------------------------------------

    def scenarios(self, *, archived: bool | None = None) -> list[Document]:
        """All scenarios, newest first."""
        return self._items("/scenarios", limit=200, archived=archived)

    def create_scenario(
        self,
        scenario: Mapping[str, Any] | None = None,
        *,
        site_id: str | None = None,
        name: str | None = None,
        **base: Any,
    ) -> Document:
        """Store a scenario: inputs, or a `scenario_id`, with `changes` to them."""
        body = question_of(scenario, **base) | {"site_id": site_id, "name": name}
        return self._json("POST", "/scenarios", json=body)

    def scenario(self, scenario_id: str) -> Document:
        """Read one scenario; its inputs are under `scenario`."""
        return self._get(f"/scenarios/{one(scenario_id)}")

    def put_scenario(
        self,
        scenario_id: str,
        scenario: Mapping[str, Any],
        *,
        site_id: str | None = None,
        version: int | None = None,
    ) -> Document:
        """
        Store a scenario under an id of one's own; repeating it changes nothing.

        Args:
            scenario_id: The id.
            scenario: The inputs.
            site_id: Site it belongs to.
            version: Version the change was made on; refused if it has moved on.
        """
        return self._json(
            "PUT", f"/scenarios/{one(scenario_id)}",
            json={"scenario": scenario, "site_id": site_id},
            headers=_if_match(version),
        )  # fmt: skip

    def update_scenario(
        self, scenario_id: str, *, version: int | None = None, **values: Any
    ) -> Document:
        """Rename or archive a scenario, or move it to another site."""
        return self._json(
            "PATCH", f"/scenarios/{one(scenario_id)}", json=values,
            headers=_if_match(version),
        )  # fmt: skip

    def clone_scenario(self, scenario_id: str, *, name: str | None = None) -> Document:
        """Copy a scenario under a new name."""
        body = {"name": name} if name is not None else {}
        return self._json("POST", f"/scenarios/{one(scenario_id)}/clone", json=body)

    def delete_scenario(self, scenario_id: str) -> None:
        """Delete a scenario; its runs and plans keep their copy of the inputs."""
        self._send("DELETE", f"/scenarios/{one(scenario_id)}")

    def scenario_versions(self, scenario_id: str) -> list[Document]:
        """All versions of a scenario, newest first, without inputs."""
        return self._items(f"/scenarios/{one(scenario_id)}/versions", limit=200)

    def scenario_version(
        self, scenario_id: str, number: int, *, against: int | None = None
    ) -> Document:
        """Read a version and what differs from another, the one before unless said."""
        path = f"/scenarios/{one(scenario_id)}/versions/{one(number)}"
        return self._get(path, against=against)

    def save_version(
        self, scenario_id: str, *, version: int | None = None, **values: Any
    ) -> Document:
        """
        Save inputs as a scenario's newest version.

        Args:
            scenario_id: The scenario.
            version: Version the change was made on; refused if it has moved on.
            **values: `scenario` or `changes`, `name` of the version, `autosave`.
        """
        return self._json(
            "POST", f"/scenarios/{one(scenario_id)}/versions", json=values,
            headers=_if_match(version),
        )  # fmt: skip

    def name_version(self, scenario_id: str, number: int, name: str | None) -> Document:
        """Name a version; None takes its name away."""
        path = f"/scenarios/{one(scenario_id)}/versions/{one(number)}"
        return self._json("PATCH", path, json={"name": name})

    def restore_version(
        self, scenario_id: str, number: int, *, version: int | None = None
    ) -> Document:
        """Make an earlier version the present one; that is a new version."""
        return self._json(
            "POST", f"/scenarios/{one(scenario_id)}/versions/{one(number)}/restore",
            headers=_if_match(version),
        )  # fmt: skip

    # --- runs and plans -----------------------------------------------------------

    def create_run(
        self, scenario: Mapping[str, Any] | None = None, **base: Any
    ) -> Document:
        """Start a stored run; returns its job, `job["result"]["id"]` is the run."""
        return self._json("POST", "/runs", json=question_of(scenario, **base))

    def runs(self) -> list[Document]:
        """All runs, newest first, without results."""
        return self._items("/runs", limit=200)

    def run(self, run_id: str) -> Document:
        """Read one run's inputs, provenance and state."""
        return self._get(f"/runs/{one(run_id)}")

    def run_result(self, run_id: str, format: Format = "json") -> Any:  # noqa: A002
        """Read a run's result: a document, or bytes of its series as CSV or Parquet."""
        return self._result(f"/runs/{one(run_id)}/result", format)

    def create_plan(
        self,
        scenario: Mapping[str, Any] | None = None,
        *,
        view: str | None = None,
        **base: Any,
    ) -> Document:
        """Start a stored plan; returns its job, `job["result"]["id"]` is the plan."""
        body = question_of(scenario, **base) | {"view": view}
        return self._json("POST", "/plans", json=body)

    def plans(self) -> list[Document]:
        """All plans, newest first, without results."""
        return self._items("/plans", limit=200)

    def plan(self, plan_id: str) -> Document:
        """Read one plan's inputs, provenance and state."""
        return self._get(f"/plans/{one(plan_id)}")

    def plan_result(self, plan_id: str, format: Format = "json") -> Any:  # noqa: A002
        """Read a plan's result: a document, or bytes of its cells as CSV or Parquet."""
        return self._result(f"/plans/{one(plan_id)}/result", format)

    # --- datasets -----------------------------------------------------------------

    def datasets(self) -> list[Document]:
        """Datasets known, with licence, source and whether they are present."""
        return self._items("/datasets")

    def pull_dataset(self, name: str) -> Document:
        """Start the download of a published dataset; returns its job."""
        return self._json("POST", f"/datasets/{one(name)}/pull")

    def import_dataset(self, name: str, kind: str, path: str | Path) -> Document:
        """
        Send a CSV of one's own, checked row by row.

        Args:
            name: Name that scenarios will use.
            kind: "requests" or "rates".
            path: The file, here.

        Returns:
            The dataset.
        """
        asked = {"name": name, "kind": kind}
        return self._sent_file("/datasets/import", path, "text/csv", asked)


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"if-match": f'"{version}"'}
