"""`nameplate import` shows what a file would change and does it; and `export`."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from cli.files import write_whole
from cli.options import Json, Server, group
from cli.problem import refusal
from cli.scenario_file import load_scenario
from cli.session import answering, planner, show
from cli.tables import say
from store.exchange.sources import TOPOLOGIES, kinds, read_topology
from twin.types import Document

_SUFFIXES = (".yaml", ".yml", ".json", ".csv", ".epw")
_SHOWN = 40
_KINDS = " or ".join(", ".join(kinds()).rsplit(", ", 1))
_LINKS = ".sources.json"
exports = group("Write a scenario for other tools.")


@answering
def import_file(
    kind: Annotated[str, typer.Argument(help=f"{_KINDS}.")],
    source: Annotated[
        str, typer.Argument(help="File, folder of files, or a NetBox's https://host.")
    ],
    scenario: Annotated[
        str | None,
        typer.Option(
            help="Scenario file or stored id to compare with; none: a new one."
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(help="Name of the source, of weather or a series.")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Do what is shown.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Scenario file to write instead of a stored one."),
    ] = None,
    servers: Annotated[
        str, typer.Option(help="Server by device model: MODEL=SERVER[:N], with commas.")
    ] = "",
    column: Annotated[str, typer.Option(help="Column of a series' values.")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone of local stamps.")] = "",
    unit: Annotated[str, typer.Option(help="Unit of a series, EUR/MWh.")] = "",
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Show what an import would change, and with --apply change it."""
    chosen = name or _name_of(source)
    in_file = scenario is not None and scenario.endswith(_SUFFIXES)
    if in_file or (out is not None and scenario is None):
        base = Path(scenario) if scenario is not None else None
        found = _into_file(kind, chosen, source, base, servers, out if apply else None)
        if apply and out is None:
            raise refusal("Nothing was written", "--out",
                          "is needed with a scenario file", None,
                          "name the file to write")  # fmt: skip
    else:
        more = {
            "scenario_id": scenario, "servers": servers, "column": column,
            "zone": zone, "unit": unit,
        }  # fmt: skip
        with planner(server) as client:
            found = _preview(client, kind, chosen, source, more)
            if apply and found["status"] == "previewed":
                found = client.apply_import(found["id"])
    show(found, _print_import, as_json=as_json, no=found["status"] == "refused")


@exports.command(name="dps")
@answering
def export_dps(
    scenario: Annotated[str, typer.Argument(help="Scenario file or stored id.")],
    out: Annotated[Path, typer.Option(help="File of entities and tree.")],
    part: Annotated[
        str, typer.Option(help="topology, policies or devices.")
    ] = "topology",
    server: Server = None,
) -> None:
    """Write a scenario for NVIDIA's power software (DPS)."""
    if part not in {"topology", "policies", "devices"}:
        raise refusal("The part is not known", "--part",
                      "must be topology, policies or devices", part,
                      "choose one")  # fmt: skip
    if scenario.endswith(_SUFFIXES):
        document = _dps_of_file(Path(scenario), part)
    else:
        with planner(server) as client:
            document = client.export_dps(scenario, part)
    write_whole(out, json.dumps(document, indent=2).encode())


@exports.command(name="csv")
@answering
def export_csv(
    scenario: Annotated[str, typer.Argument(help="Stored scenario id.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    server: Server = None,
) -> None:
    """Write a stored scenario's nodes and racks as one table."""
    with planner(server) as client:
        write_whole(out, client.export_table(scenario))


# --- sources ------------------------------------------------------------------------


def _preview(
    client: Any, kind: str, name: str, source: str, more: Document
) -> Document:
    if not source.startswith(("http://", "https://")):
        found: Document = client.preview_import(kind, name, _content(source), **more)
        return found
    from store.secret_files import secret

    token = secret("NAMEPLATE_IMPORT_TOKEN") or ""
    asked = {key: more[key] for key in ("scenario_id", "servers")}
    live: Document = client.preview_netbox(source, token, name=name, **asked)
    return live


def _name_of(source: str) -> str:
    """A name for a source: its file's, or its host's."""
    last = source.rstrip("/").replace("\\", "/").split("/")[-1].split(".")[0].lower()
    return re.sub(r"[^a-z0-9_-]+", "-", last).strip("-_")[:60] or "import"


def _content(source: str) -> bytes:
    """A file, or all files of a folder in one document."""
    path = Path(source)
    try:
        if not path.is_dir():
            return path.read_bytes()
        files = {
            p.name: p.read_text(encoding="utf-8-sig") for p in sorted(path.iterdir())
            if p.suffix.lower() in _SUFFIXES
        }  # fmt: skip
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise refusal("The file cannot be read", "SOURCE",
                      "must be a file that can be read", source,
                      f"check the path ({why})") from error  # fmt: skip
    return json.dumps({"files": files}).encode()


# --- scenario files -----------------------------------------------------------------


def _into_file(
    kind: str, name: str, source: str, base: Path | None, servers: str,
    out: Path | None,
) -> Document:  # fmt: skip
    """Compare with a scenario file, and write the one that comes of it."""
    from api.imports_documents import compared, flat, standing, topology_document
    from twin.errors import ScenarioError, ScenarioErrors
    from twin.exchange.facility import wanted
    from twin.exchange.servers import parse_matches

    if kind not in TOPOLOGIES:
        raise refusal("Not into a file", "KIND",
                      f"must be one of {', '.join(TOPOLOGIES)}", kind,
                      "leave --scenario and --out away")  # fmt: skip
    body = {"name": name} if base is None else load_scenario(base).document()
    topology = read_topology(kind, _content(source))
    want = wanted(topology, parse_matches(servers))
    kept = out if out is not None and out.exists() and base == out else base
    diff = compared(body, want, _links(kept, f"{kind}:{name}"))
    problems: list[ScenarioError] = []
    try:
        after = standing(diff.body).model_dump(mode="json")
    except (ScenarioError, ScenarioErrors) as error:
        problems = flat(error)
    found = topology_document(topology, want, diff, problems)
    del found["extras"]
    found["status"] = "refused" if problems else "previewed"
    if out is not None and not problems:
        write_whole(out, yaml.safe_dump(after, sort_keys=False).encode())
        links = {
            key: [link.kind, link.name, link.source_name]
            for key, link in diff.links.items()
        }
        known = _sources(kept) | {f"{kind}:{name}": links}
        write_whole(out.with_name(out.name + _LINKS), json.dumps(known).encode())
        found["status"] = "applied"
    return found


def _sources(path: Path | None) -> Document:
    """What earlier imports into a scenario file became, kept beside it."""
    beside = None if path is None else path.with_name(path.name + _LINKS)
    if beside is None or not beside.exists():
        return {}
    try:
        found = json.loads(beside.read_text())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise refusal("The sources of the scenario cannot be read", str(beside),
                      "must be JSON of an import", None,
                      "restore it, or delete it")  # fmt: skip
    return found


def _links(path: Path | None, source: str) -> Any:
    from twin.exchange.diff import Link

    return {
        key: Link(kind=kind, name=name, source_name=source_name)
        for key, (kind, name, source_name) in _sources(path).get(source, {}).items()
    }


def _dps_of_file(path: Path, part: str) -> Document:
    from twin.exchange.dps_write import write_dps
    from twin.facility.answer import facility_of

    scenario = load_scenario(path).scenario
    written = write_dps(
        facility_of(scenario), name=scenario.name, server=scenario.fleet.server,
        extras={},
    )  # fmt: skip
    found = written[part]
    return found if isinstance(found, dict) else {"devices": found}


# --- shown --------------------------------------------------------------------------


def _print_import(console: Console, found: Document) -> None:
    """Print the diff, rows left out, what is kept beside, and notes."""
    counts = ", ".join(f"{n} {what}" for what, n in found["counts"].items() if n)
    say(console, f"{found['status']}: {counts or 'nothing'}")
    if found["changes"]:
        console.print(_changes(found["changes"]))
    reasons = Counter(left["reason"] for left in found["unmapped"])
    say(
        console,
        *(f"{e['table']} row {e['row']}: {e['field']} {e['rule']}, "
          f"got {e['value']!r}; {e['repair']}" for e in found["errors"][:_SHOWN]),
        *(f"kept beside, {count}x: {reason}" for reason, count in reasons.items()),
        *(f"note: {note}" for note in found["notes"]),
        *(f"refused: {p['field']} {p['rule']}; {p['repair']}"
          for p in found["problems"]),
    )  # fmt: skip


def _changes(changes: list[Document]) -> Table:
    table = Table("", "what", "name", "field", "old", "new", "source", box=None)
    for change in changes[:_SHOWN]:
        first = (change["action"], change["kind"], change["name"])
        for field in change["fields"] or [{"field": "", "old": None, "new": None}]:
            old, new = _cell(field["old"]), _cell(field["new"])
            table.add_row(*first, field["field"], old, new, change["source_id"])
            first = ("", "", "")
    if len(changes) > _SHOWN:
        table.add_row("", "", f"and {len(changes) - _SHOWN} more", "", "", "", "")
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
