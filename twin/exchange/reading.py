"""What a reader of another tool's rows gathers on its way to a topology."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twin.exchange.checked import RowProblem, without_secrets
from twin.exchange.topology import (
    Device,
    Limit,
    Node,
    RackPlace,
    RowError,
    Scope,
    Topology,
    Unmapped,
)

NAMED = frozenset({"name", "fed_by"})
"""Fields that every source states."""


class Reading:
    """Nodes, racks and devices found so far, and what was wrong or has no place."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.racks: list[RackPlace] = []
        self.devices: list[Device] = []
        self.limits: list[Limit] = []
        self.unmapped: list[Unmapped] = []
        self.errors: list[RowError] = []
        self.held: set[str] = set()

    def each(
        self, table: str, prefix: str, rows: Mapping[str, Any],
        numbers: Mapping[str, int], read: Callable[[str, Any], None],
    ) -> None:  # fmt: skip
        """Read rows by their keys; a wrong one is told by its number, and held."""
        for key, row in rows.items():
            try:
                read(key, row)
            except RowProblem as wrong:
                self.errors.append(wrong.at(table, numbers[key]))
                self.held.add(f"{prefix}:{key}")

    def keep(self, source_id: str, reason: str, content: Any) -> None:
        """Keep what no field of ours holds, without its secrets."""
        kept = without_secrets(content)
        self.unmapped.append(Unmapped(source_id=source_id, reason=reason, content=kept))

    def limit(
        self, item: str, scope: Scope, value_w: float | None, basis: str
    ) -> frozenset[str]:
        """Note a limit where it is stated; gives the fields that are stated then."""
        if value_w is None:
            return NAMED
        self.limits.append(Limit(item=item, scope=scope, value_w=value_w, basis=basis))
        return NAMED | {"rated_w"}

    def topology(self, source: str, version: str, **more: Any) -> Topology:
        """All of it."""
        return Topology(
            source=source, version=version, nodes=tuple(self.nodes.values()),
            racks=tuple(self.racks), devices=tuple(self.devices),
            limits=tuple(self.limits), unmapped=tuple(self.unmapped),
            errors=tuple(self.errors), held=frozenset(self.held), **more,
        )  # fmt: skip
