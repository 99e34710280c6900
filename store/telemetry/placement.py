"""Which scenario the site is watched against, and where each source stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from store.models_telemetry import PLACEMENT
from store.repositories import ConflictError

_ONE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """
    Where sources stand.

    Attributes:
        version: Grows with each change; 0 before the first.
        scenario_id: The stored scenario whose tree and limits are used, or None.
        nodes: Source name to a node's: hosts stand in racks, meters on any node.
    """

    version: int = 0
    scenario_id: str | None = None
    nodes: Mapping[str, str] = field(default_factory=dict)

    def by_node(self) -> dict[str, list[str]]:
        """Node name to the sources on it."""
        found: dict[str, list[str]] = {}
        for source, node in sorted(self.nodes.items()):
            found.setdefault(node, []).append(source)
        return found


class Placements:
    """The one placement of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self) -> Placement:
        """Read it; an empty one before the first."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(PLACEMENT).where(PLACEMENT.c.id == _ONE)
            ).first()
        if row is None:
            return Placement()
        return Placement(
            version=row.version, scenario_id=row.scenario_id, nodes=row.nodes
        )

    def put(
        self, scenario_id: str | None, nodes: Mapping[str, str], *, version: int
    ) -> Placement:
        """
        Replace it.

        Args:
            scenario_id: The scenario, or None to watch hosts alone.
            nodes: Source name to a node's.
            version: What the change was made on.

        Raises:
            ConflictError: If somebody else changed it in between.
        """
        values = {
            "scenario_id": scenario_id, "nodes": dict(nodes), "version": version + 1,
        }  # fmt: skip
        seen = (PLACEMENT.c.id == _ONE) & (PLACEMENT.c.version == version)
        change = update(PLACEMENT).where(seen) if version else insert(PLACEMENT)
        try:
            with self._engine.begin() as connection:
                changed = connection.execute(change.values(id=_ONE, **values)).rowcount
        except IntegrityError:  # another first one was stored just before
            changed = 0
        now = self.get()
        if not changed:
            raise ConflictError(
                "placement", "live", expected=version, found=now.version
            )
        return now
