"""Stored imports, links and series; an import is applied in one transaction or not."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from store.models import ScenarioRow
from store.models_imports import ImportLinkRow, ImportRow, ImportSeriesRow
from store.repositories import (
    ConflictError,
    NotFoundError,
    Repository,
    guarded,
    new_row,
    now_utc,
)
from store.scenarios import keep_version
from twin.exchange.diff import Link
from twin.exchange.series import Series

Limits = Mapping[str, list[dict[str, Any]]]


def packed(value: Any) -> bytes:
    """JSON, compressed."""
    return zlib.compress(json.dumps(value, allow_nan=False).encode(), 6)


def unpacked(content: bytes | None) -> Any:
    """What `packed` was given; nothing else is ever unpacked."""
    return None if content is None else json.loads(zlib.decompress(content))


class Imports(Repository[ImportRow]):
    """Stored imports."""

    row = ImportRow
    noun = "import"

    def whole(self, key: str) -> ImportRow:
        """
        Read one import with its document and what is to be applied.

        Raises:
            NotFoundError: If there is none.
        """
        return self.get(key, ImportRow.document, ImportRow.content)

    def latest(self, scenario_id: str, kind: str) -> ImportRow | None:
        """The last applied import of a kind into a scenario."""
        query = (
            select(ImportRow)
            .where(
                ImportRow.scenario_id == scenario_id, ImportRow.kind == kind,
                ImportRow.status == "applied",
            )
            .order_by(ImportRow.applied_at.desc())
            .options(undefer(ImportRow.document))
            .limit(1)
        )  # fmt: skip
        with self.sessions() as session:
            return session.scalars(query).first()

    def links(self, scenario_id: str, source: str) -> dict[str, Link]:
        """What the items of a source became in a scenario."""
        query = select(ImportLinkRow).where(
            ImportLinkRow.scenario_id == scenario_id, ImportLinkRow.source == source
        )
        with self.sessions() as session:
            return {
                row.source_id: Link(
                    kind=row.kind,  # type: ignore[arg-type]
                    name=row.name, source_name=row.source_name,
                )
                for row in session.scalars(query)
            }  # fmt: skip

    def apply(
        self, key: str, *, body: Mapping[str, Any], name: str, expected: int | None,
        links: Mapping[str, Link], limits: Limits, author: str = "",
    ) -> ImportRow:  # fmt: skip
        """
        Change or make the scenario, keep its links, and mark the import as applied.

        Args:
            key: Id of the import.
            body: The scenario afterwards.
            name: Name of a scenario to make.
            expected: Version the diff was made on; None makes a scenario.
            links: What the source's items became.
            limits: Limits with their scopes, by source id.
            author: Who applies it.

        Raises:
            NotFoundError: If the import or its scenario is gone.
            ConflictError: If the scenario changed since the diff was made.
        """
        with self.sessions() as session:
            found = self._one(session, key)
            with guarded("scenario", str(found.scenario_id), expected or 0):
                scenario = _scenario(session, found, body, name, expected, author)
                session.flush()
                keep_version(session, scenario, author)
                _keep_links(session, found, scenario.id, links, limits)
                found.scenario_id = scenario.id
                found.scenario_version = scenario.version
                _mark(found)
                session.commit()
        return found

    def applied(self, key: str) -> ImportRow:
        """Mark an import as applied whose content was kept elsewhere."""
        with self.sessions.begin() as session:
            found = self._one(session, key)
            _mark(found)
        return found


def _mark(found: ImportRow) -> None:
    found.status, found.content = "applied", None
    found.applied_at = found.updated_at = now_utc()


def _scenario(
    session: Session, found: ImportRow, body: Mapping[str, Any], name: str,
    expected: int | None, author: str,
) -> ScenarioRow:  # fmt: skip
    if expected is None:
        made: ScenarioRow = new_row(
            ScenarioRow, "scenario", name=name, body=dict(body), archived=False,
            changed_by=author,
        )  # fmt: skip
        session.add(made)
        return made
    scenario = session.get(ScenarioRow, found.scenario_id)
    if scenario is None:
        raise NotFoundError("scenario", str(found.scenario_id))
    if scenario.version != expected:
        raise ConflictError(
            "scenario", scenario.id, expected=expected, found=scenario.version
        )
    if scenario.body != body:
        scenario.body = dict(body)
        scenario.updated_at, scenario.changed_by = now_utc(), author
    return scenario


def _keep_links(
    session: Session, found: ImportRow, scenario_id: str, links: Mapping[str, Link],
    limits: Limits,
) -> None:  # fmt: skip
    session.execute(
        delete(ImportLinkRow).where(
            ImportLinkRow.scenario_id == scenario_id,
            ImportLinkRow.source == found.source,
        )
    )
    session.add_all(
        ImportLinkRow(
            scenario_id=scenario_id, import_id=found.id, source=found.source,
            source_id=key, kind=link.kind, name=link.name,
            source_name=link.source_name, limits=limits.get(key, []),
        )
        for key, link in links.items()
    )  # fmt: skip


class StoredSeries(Repository[ImportSeriesRow]):
    """Price and carbon series by name."""

    row = ImportSeriesRow
    noun = "series"

    def named(self, name: str) -> tuple[Series, int] | None:
        """A series and its version, None if there is none of this name."""
        query = select(ImportSeriesRow).where(ImportSeriesRow.name == name)
        with self.sessions() as session:
            row = session.scalars(
                query.options(undefer(ImportSeriesRow.values))
            ).first()
        return None if row is None else (_series(row), row.version)

    def need(self, name: str, kind: str) -> Series:
        """
        A series of a kind.

        Raises:
            NotFoundError: If there is none of this name and kind.
        """
        found = self.named(name)
        if found is None or found[0].kind != kind:
            raise NotFoundError(f"{kind} series", name)
        return found[0]

    def keep(self, name: str, series: Series, *, expected: int | None) -> None:
        """
        Store a series in place of the one of its name.

        Args:
            name: Its name.
            series: All of it.
            expected: Version it was merged with; None where there was none.

        Raises:
            ConflictError: If somebody else stored it in between.
        """
        values = {
            "kind": series.kind, "unit": series.unit, "start_us": series.start_us,
            "step_s": series.step_s,
            "values": np.ascontiguousarray(series.values, dtype="<f8").tobytes(),
        }  # fmt: skip
        with self.sessions() as session:
            query = select(ImportSeriesRow).where(ImportSeriesRow.name == name)
            row = session.scalars(query).first()
            if (None if row is None else row.version) != expected:
                raise ConflictError(
                    "series", name, expected=expected or 0,
                    found=0 if row is None else row.version,
                )  # fmt: skip
            if row is None:
                row = new_row(ImportSeriesRow, "series", name=name)
                session.add(row)
            for field, value in {**values, "updated_at": now_utc()}.items():
                setattr(row, field, value)
            with guarded("series", name, expected or 0):
                session.commit()


def _series(row: ImportSeriesRow) -> Series:
    return Series(
        kind=row.kind,  # type: ignore[arg-type]
        unit=row.unit, start_us=row.start_us, step_s=row.step_s,
        values=np.frombuffer(row.values, dtype="<f8").astype(np.float64),
    )  # fmt: skip
