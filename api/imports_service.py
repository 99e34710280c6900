"""Use cases of imports and exports: preview with a diff, apply, write for others."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from api.caller import author
from api.documents import as_csv, plain
from api.imports_documents import (
    compared,
    flat,
    limits_by_item,
    series_document,
    standing,
    topology_document,
    wanted_document,
    wanted_of,
    weather_document,
)
from api.problems import Refusal
from api.shared import Service, held
from store.exchange.imports import Imports, StoredSeries, packed, unpacked
from store.exchange.netbox_client import fetch_netbox
from store.exchange.series_files import read_series
from store.exchange.sources import TOPOLOGIES, read_topology
from store.exchange.weather_files import WeatherKind, compare_weather, read_weather_file
from store.models_imports import ImportRow
from store.repositories import ConflictError
from twin.errors import ScenarioError, ScenarioErrors
from twin.exchange.diff import Diff
from twin.exchange.dps_write import write_dps
from twin.exchange.facility import wanted
from twin.exchange.netbox import read_netbox
from twin.exchange.series import Series, SeriesKind, merge
from twin.exchange.servers import parse_matches
from twin.exchange.tables import COLUMNS, table_rows
from twin.exchange.topology import Topology
from twin.facility.answer import facility_of
from twin.scenario import parse_scenario
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState

PREVIEWS_AT_ONCE = 2
WEATHER = ("epw", "tmy3", "weather-csv")
SERIES = ("price", "carbon")
_FRESH: Document = {}


class ImportsService(Service):
    """Imports and exports over the stored scenarios, series and weather."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self.imports = Imports(state.engine)
        self.series = StoredSeries(state.engine)
        self._previews = threading.BoundedSemaphore(PREVIEWS_AT_ONCE)

    # --- preview --------------------------------------------------------------------

    def previewing(self) -> AbstractContextManager[None]:
        """
        Hold a place while a file is read; as objects it takes many times its size.

        Raises:
            Refusal: With status 503 where too many are read already.
        """
        full = f"{PREVIEWS_AT_ONCE} files are read already; send it again"
        return held(self._previews, Refusal(503, full, retry_s=5))

    def preview(
        self, kind: str, name: str, content: bytes, *, scenario_id: str | None,
        servers: str = "", column: str = "", zone: str = "", unit: str = "",
    ) -> ImportRow:  # fmt: skip
        """
        Read a file, say what it would change, and keep that for `apply`.

        Raises:
            ScenarioError: If it is not such a file.
            NotFoundError: If the scenario is unknown.
        """
        sha = hashlib.sha256(content).hexdigest()
        if kind in TOPOLOGIES:
            topology = read_topology(kind, content)
            return self._topology(kind, name, topology, scenario_id, servers, sha)
        if kind in WEATHER:
            return self._weather(cast("WeatherKind", kind), name, content, sha)
        read = read_series(
            cast("SeriesKind", kind), content, column=column, zone=zone, unit=unit
        )
        stored = self.series.named(name)
        diff = merge(stored[0] if stored else None, read.evened.series)
        document = series_document(read, diff, name)
        kept = _series_document(diff.merged) | {
            "expected": stored[1] if stored else None
        }
        return self._keep(kind, name, document, kept, sha)

    def preview_netbox(
        self, url: str, token: str, *, name: str, scenario_id: str | None, servers: str
    ) -> ImportRow:
        """
        Fetch a live NetBox and say what it would change; the token is not kept.

        Raises:
            ScenarioError: If the host is not allowed or does not answer.
        """
        listed = self._state.settings.import_hosts.split(",")
        hosts = {host.strip() for host in listed} - {""}
        tables = fetch_netbox(url, token, hosts)
        sha = hashlib.sha256(packed(tables)).hexdigest()
        topology = read_netbox(tables)
        return self._topology("netbox", name, topology, scenario_id, servers, sha)

    def _topology(
        self, kind: str, name: str, topology: Topology, scenario_id: str | None,
        servers: str, sha: str,
    ) -> ImportRow:  # fmt: skip
        want = wanted(topology, parse_matches(servers))
        body, version = _FRESH, None
        if scenario_id is not None:
            row = self._state.scenarios.get(scenario_id)
            body, version = row.body, row.version
        links = self.imports.links(scenario_id, f"{kind}:{name}") if scenario_id else {}
        diff = compared(body, want, links)
        problems = _problems(diff)
        document = topology_document(topology, want, diff, problems)
        return self._keep(
            kind, name, document, wanted_document(want), sha,
            scenario_id=scenario_id, scenario_version=version,
        )  # fmt: skip

    def _weather(
        self, kind: WeatherKind, name: str, content: bytes, sha: str
    ) -> ImportRow:
        read = read_weather_file(kind, content, name)
        datasets = self._state.datasets
        known = name in datasets.weather_names()
        diff = compare_weather(datasets.weather(name) if known else None, read.weather)
        document = weather_document(read, diff, name)
        return self._keep(kind, name, document, {"csv": read.csv}, sha)

    def _keep(
        self, kind: str, name: str, document: Document, content: Document, sha: str,
        **values: Any,
    ) -> ImportRow:  # fmt: skip
        refused = bool(document["problems"])
        return self.imports.add(
            kind=kind, name=name, source=f"{kind}:{name}", content_sha256=sha,
            status="refused" if refused else "previewed", counts=document["counts"],
            document=document, content=None if refused else packed(content), **values,
        )  # fmt: skip

    # --- apply ----------------------------------------------------------------------

    def apply(self, key: str) -> ImportRow:
        """
        Do what a preview said; doing it again changes nothing.

        Raises:
            NotFoundError: If the import is unknown.
            Refusal: With status 409 if it was refused.
            ConflictError: If what it was compared with changed since.
        """
        found = self.imports.whole(key)
        if found.status == "applied":
            return found
        if found.status == "refused":
            raise Refusal(
                409,
                f"{key} breaks rules of scenarios and cannot be applied; its problems "
                "say which",
            )
        kept = unpacked(found.content)
        if found.kind in WEATHER:
            self._state.datasets.keep_weather(found.name, kept["csv"])
            return self.imports.applied(key)
        if found.kind in SERIES:
            series = _series_of(kept)
            self.series.keep(found.name, series, expected=kept["expected"])
            return self.imports.applied(key)
        return self._apply_topology(found, kept)

    def _apply_topology(self, found: ImportRow, kept: Document) -> ImportRow:
        body = {**_FRESH, "name": found.name}
        links = {}
        if found.scenario_version is not None:
            if found.scenario_id is None:
                raise Refusal(409, f"the scenario of {found.id} was deleted")
            row = self._state.scenarios.get(found.scenario_id)
            if row.version != found.scenario_version:
                raise ConflictError(
                    "scenario", row.id, expected=found.scenario_version,
                    found=row.version,
                )  # fmt: skip
            body = row.body
            links = self.imports.links(row.id, found.source)
        diff = compared(body, wanted_of(kept), links)
        stays = diff.empty and found.scenario_version is not None
        after = body if stays else plain(standing(diff.body))
        return self.imports.apply(
            found.id, body=after, name=found.name, expected=found.scenario_version,
            links=diff.links, limits=limits_by_item(found.document), author=author(),
        )  # fmt: skip

    # --- exports --------------------------------------------------------------------

    def export_dps(self, scenario_id: str, part: str) -> Document:
        """
        A scenario as a file of NVIDIA's power software.

        Args:
            scenario_id: The scenario.
            part: "topology", "policies" or "devices".
        """
        row = self._state.scenarios.get(scenario_id)
        scenario = parse_scenario(row.body)
        latest = self.imports.latest(scenario_id, "dps")
        extras: dict[str, Any] = {}
        if latest is not None:
            links = self.imports.links(scenario_id, latest.source)
            names = {key: link.name for key, link in links.items()}
            kept = latest.document["extras"]
            extras = {names.get(key, key): value for key, value in kept.items()}
        written = write_dps(
            facility_of(scenario), name=row.name, server=scenario.fleet.server,
            extras=extras,
        )  # fmt: skip
        found = written[part]
        return found if isinstance(found, dict) else {"devices": found}

    def export_table(self, scenario_id: str) -> bytes:
        """A scenario's nodes and racks as CSV that no spreadsheet runs."""
        scenario = parse_scenario(self._state.scenarios.get(scenario_id).body)
        rows = table_rows(facility_of(scenario))
        return as_csv({column: [row[column] for row in rows] for column in COLUMNS})


def _problems(diff: Diff) -> list[ScenarioError]:
    try:
        standing(diff.body)
    except (ScenarioError, ScenarioErrors) as error:
        return flat(error)
    return []


def _series_document(series: Series) -> Document:
    values = [None if math.isnan(v) else v for v in series.values.tolist()]
    return {
        "kind": series.kind, "unit": series.unit, "start_us": series.start_us,
        "step_s": series.step_s, "values": values,
    }  # fmt: skip


def _series_of(kept: Mapping[str, Any]) -> Series:
    values = [math.nan if v is None else v for v in kept["values"]]
    return Series(
        kind=kept["kind"], unit=kept["unit"], start_us=kept["start_us"],
        step_s=kept["step_s"], values=np.array(values, dtype=np.float64),
    )  # fmt: skip
