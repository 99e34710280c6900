"""
A topology as one table of our own, read and written: a row a node or rack.

Columns: `kind` (a node's kind, or `rack`), `name`, `fed_by` (names, `;` between them),
and any of `id`, `rated_w`, `derate_frac`, `transfer`, `phases`, `side`, `hall`, `row`,
`position`, `server`, `server_count`, `draw_w`. What a row leaves empty it does not
state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from twin.exchange.checked import RowProblem, number, text
from twin.exchange.reading import NAMED, Reading
from twin.exchange.topology import (
    Device,
    Node,
    Phases,
    Port,
    RackPlace,
    Side,
    Topology,
    Unmapped,
)
from twin.scenario.facility import NODE_KINDS, Facility

COLUMNS = (
    "id", "kind", "name", "fed_by", "transfer", "rated_w", "derate_frac", "phases",
    "side", "hall", "row", "position", "server", "server_count", "draw_w",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_table(rows: Sequence[Mapping[str, Any]], first_row: int = 2) -> Topology:
    """
    Map rows to the neutral topology.

    Args:
        rows: Cells by column.
        first_row: Line of the first row in its file, for messages.
    """
    found = Reading()
    things: dict[str, Node | RackPlace] = {}
    ids: dict[str, str] = {}
    for line, row in enumerate(rows, start=first_row):
        try:
            thing, inside = _thing(row)
            if thing.source_id in things or thing.name in ids:
                raise RowProblem("name", "must be unique", thing.name, "rename one")
        except RowProblem as wrong:
            found.errors.append(wrong.at("rows", line))
            found.held.add(str(row.get("id") or row.get("name") or "").strip())
            continue
        things[thing.source_id] = thing
        ids[thing.name] = thing.source_id
        found.devices += inside
        if isinstance(thing, Node):
            found.limit(thing.source_id, "device", thing.rated_w, "column rated_w")
        rest = {
            k: v for k, v in row.items() if k not in COLUMNS and v not in (None, "")
        }
        if rest:
            reason = f"no field of ours is {', '.join(sorted(map(str, rest)))}"
            found.unmapped.append(
                Unmapped(source_id=thing.source_id, reason=reason, content=rest)
            )
    for thing in things.values():
        fed = replace(thing, feeds=tuple(ids.get(f, f) for f in thing.feeds))
        if isinstance(fed, Node):
            found.nodes[fed.source_id] = fed
        else:
            found.racks.append(fed)
    return found.topology("csv", "1")


def _thing(row: Mapping[str, Any]) -> tuple[Node | RackPlace, list[Device]]:
    kind = text(row, "kind").lower()
    name = _plain(text(row, "name"))
    key = _plain(text(row, "id", name))
    cells = (_plain(f.strip()) for f in text(row, "fed_by", "").split(";"))
    feeds = tuple(filter(None, cells))
    if kind == "rack":
        return _rack(row, key, name, feeds)
    if kind not in NODE_KINDS:
        raise RowProblem(
            "kind",
            f"must be rack or one of {', '.join(NODE_KINDS)}",
            kind,
            "correct it",
        )
    given = frozenset(
        c for c in ("kind", "rated_w", "derate_frac", "transfer", "phases", "side")
        if row.get(c) not in (None, "")
    )  # fmt: skip
    transfer = _one_of(row, "transfer", ("share", "first"))
    node = Node(
        source_id=key, name=name, kind=kind, feeds=feeds, transfer=transfer,
        rated_w=number(row, "rated_w", low=1e-3, high=1e10, unit="W"),
        derate_frac=number(row, "derate_frac", low=1e-6, high=1.0),
        phases=_one_of(row, "phases", get_args(Phases)) or "abc",
        side=_one_of(row, "side", get_args(Side)) or "",
        states=NAMED | given | {"feed_order"},
    )  # fmt: skip
    return node, []


def _rack(
    row: Mapping[str, Any], key: str, name: str, feeds: tuple[str, ...]
) -> tuple[RackPlace, list[Device]]:
    if not feeds:
        raise RowProblem("fed_by", "is required for a rack", None, "name its feeds")
    given = {
        c for c in ("hall", "row", "position", "server_count", "phases")
        if row.get(c) not in (None, "")
    }  # fmt: skip
    count = int(number(row, "server_count", low=0, high=144, default=0.0) or 0)
    more: dict[str, Any] = {"server_count": count}
    if "phases" in given:
        more["phases"] = _one_of(row, "phases", get_args(Phases))
    model = text(row, "server", "")
    draw_w = number(row, "draw_w", low=0, high=1e8, unit="W")
    devices = []
    if model or draw_w is not None:
        per_w = None if draw_w is None else draw_w / max(count, 1)
        ports = tuple(Port(feed="", maximum_w=per_w) for _ in range(1))
        devices.append(
            Device(
                source_id=f"{key}:servers", name=name, rack=key, model=model,
                count=count, ports=ports,
            )
        )  # fmt: skip
    place = RackPlace(
        source_id=key, name=name, hall=_plain(text(row, "hall", "H1")),
        row=_plain(text(row, "row", "R1")),
        position=int(number(row, "position", low=1, high=1000, default=1.0) or 1),
        feeds=feeds, states=NAMED | given, more=more,
    )  # fmt: skip
    return place, devices


def _one_of(row: Mapping[str, Any], field: str, known: Sequence[str]) -> Any:
    value = text(row, field, "")
    if value and value not in known:
        listed = ", ".join(filter(None, known))
        raise RowProblem(field, f"must be one of {listed}", value, "correct it")
    return value or None


# --- written ------------------------------------------------------------------------


def table_rows(facility: Facility) -> list[dict[str, Any]]:
    """
    Write explicit nodes and racks as rows of `COLUMNS`.

    Cells that a spreadsheet would take for a formula get an apostrophe in front, which
    `read_table` takes away again.
    """
    rows: list[dict[str, Any]] = [
        {
            "kind": node.kind, "name": node.name, "fed_by": ";".join(node.fed_by),
            "transfer": node.transfer, "rated_w": node.rated_w,
            "derate_frac": node.derate_frac, "phases": node.phases, "side": node.side,
        }
        for node in facility.electrical
    ]  # fmt: skip
    rows += [
        {
            "kind": "rack", "name": rack.name, "fed_by": ";".join(rack.fed_by),
            "phases": rack.phases, "hall": rack.hall, "row": rack.row,
            "position": rack.position, "server": rack.server,
            "server_count": rack.server_count,
        }
        for rack in facility.racks
    ]  # fmt: skip
    return [{column: harmless(row.get(column)) for column in COLUMNS} for row in rows]


def harmless(value: Any) -> Any:
    """A cell no spreadsheet runs: text that looks like a formula gets a `'`."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith((*_FORMULA, "'")):
        return f"'{value}"
    return value


def _plain(cell: str) -> str:
    """A cell without the apostrophe that `harmless` put in front."""
    formula = cell[1:].startswith((*_FORMULA, "'"))
    return cell[1:] if cell.startswith("'") and formula else cell
