"""The one list of imports: what a file may be, and who turns it into a topology."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from store.exchange.files import (
    Rows,
    bundle_of,
    read_csv,
    read_json,
    read_yaml,
    refuse,
    stem,
)
from store.exchange.weather_files import WeatherKind
from twin.exchange.dps import read_dps
from twin.exchange.netbox import TABLES, read_netbox
from twin.exchange.opendcim import read_opendcim
from twin.exchange.series import SeriesKind
from twin.exchange.tables import read_table
from twin.exchange.topology import Topology

_RENAMED = {
    "powerpanels": "power-panels", "powerfeeds": "power-feeds",
    "powerports": "power-ports", "poweroutlets": "power-outlets",
    "devicetypes": "device-types",
}  # fmt: skip


def read_topology(kind: str, content: bytes) -> Topology:
    """
    Read a file of a kind.

    Args:
        kind: One of `TOPOLOGIES`.
        content: The file; for several, JSON of the form `bundle_of` takes.

    Raises:
        ScenarioError: If it is not that kind of file.
    """
    if kind not in TOPOLOGIES:
        raise refuse(
            "must be a known kind", kind, f"one of {', '.join(TOPOLOGIES)}", "kind"
        )
    return TOPOLOGIES[kind].read(content)


def kinds() -> tuple[str, ...]:
    """What an import may be: topologies, years of weather, hourly series."""
    return (*TOPOLOGIES, *get_args(WeatherKind), *get_args(SeriesKind))


def _csv(content: bytes) -> Topology:
    return read_table(read_csv(content, lower=True))


def _dps(content: bytes) -> Topology:
    return read_dps(_dps_documents(content))


def _netbox(content: bytes) -> Topology:
    return read_netbox(netbox_tables(read_json(content)))


def _opendcim(content: bytes) -> Topology:
    files = bundle_of(read_json(content))
    return read_opendcim({stem(n): read_csv(t) for n, t in files.items()})


class Source(NamedTuple):
    """A kind of inventory: its name on the page Data, and its reader."""

    title: str
    read: Callable[[bytes], Topology]


TOPOLOGIES: dict[str, Source] = {
    "netbox": Source("NetBox (JSON or CSV)", _netbox),
    "dps": Source("NVIDIA Domain Power Service", _dps),
    "opendcim": Source("openDCIM (CSV)", _opendcim),
    "csv": Source("Topology table (CSV)", _csv),
}
"""By kind; a new one is a function and a line here: REST, commands and page have it."""


def _dps_documents(content: bytes) -> list[Mapping[str, Any]]:
    document = read_json(content)
    found = [document]
    if isinstance(document, Mapping) and "files" in document:
        files = bundle_of(document).items()
        found = [read_json(t.encode()) for n, t in files if n.endswith(".json")]
    for part in found:
        known = {"Entities", "Topology", "Policies"}
        if not isinstance(part, Mapping) or not known & set(part):
            raise refuse(
                "must have Entities, Topology or Policies", type(part).__name__,
                "export it with dpsctl, or see docs/imports.md",
            )  # fmt: skip
    return found


def netbox_tables(document: Any) -> dict[str, Rows]:
    """
    Tables of a NetBox import: lists or API pages by endpoint, or a bundle of files.

    Raises:
        ScenarioError: If it is something else.
    """
    if isinstance(document, Mapping) and "files" in document:
        return _netbox_files(bundle_of(document))
    if not isinstance(document, Mapping):
        raise refuse(
            "must be an object of tables", type(document).__name__,
            f"send lists under {', '.join(TABLES)}",
        )  # fmt: skip
    return {
        _endpoint(str(name)): _listed(str(name), rows)
        for name, rows in document.items()
    }


def _listed(name: str, rows: Any) -> Rows:
    """Rows of a table; a page of the API has them under `results`."""
    if isinstance(rows, Mapping):
        if rows.get("next"):
            raise refuse(
                "must have every page", f"{name} has a next page",
                "fetch all pages, or import by address", name[:60],
            )  # fmt: skip
        rows = rows.get("results")
    if not isinstance(rows, list) or not all(isinstance(r, Mapping) for r in rows):
        raise refuse(
            "must be a list of objects", str(type(rows)), "correct it", name[:60]
        )
    return [dict(row) for row in rows]


def _netbox_files(files: Mapping[str, str]) -> dict[str, Rows]:
    tables: dict[str, Rows] = {}
    for name, text in files.items():
        if name.endswith((".yaml", ".yml")):
            document = read_yaml(text)
            if isinstance(document, Mapping):
                tables.setdefault("device-types", []).append(dict(document))
        elif name.endswith(".json"):
            found = read_json(text.encode())
            tables.setdefault(_endpoint(stem(name)), []).extend(_listed(name, found))
        else:
            rows = read_csv(text, lower=True)
            tables.setdefault(_endpoint(stem(name)), []).extend(rows)
    return tables


def _endpoint(name: str) -> str:
    """Name of an endpoint from that of a file, such as netbox_power_feeds.csv."""
    plain = name.lower().removeprefix("netbox_").removeprefix("dcim_")
    plain = plain.replace("_", "-").replace(" ", "-")
    return _RENAMED.get(plain, plain)
