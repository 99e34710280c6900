"""
Stored scenarios and their versions.

Every change of the inputs keeps a version with its author. Changes that a page saves by
itself go into one version for ten minutes of the same author, so that a slider dragged
for a while is one entry; what somebody saves or names is never written over.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.models import ScenarioRow, ScenarioVersionRow
from store.repositories import (
    ConflictError,
    NotFoundError,
    Repository,
    guarded,
    new_row,
    now_utc,
)
from twin.compare import differing
from twin.errors import ScenarioError

COALESCED = dt.timedelta(minutes=10)
"""What a page saves by itself within this time is one version."""
SHOWN = 12
"""Changed fields that a conflict names."""


class Scenarios(Repository[ScenarioRow]):
    """Stored scenarios, guarded by their version."""

    row = ScenarioRow
    noun = "scenario"

    def add(self, *, author: str = "", **values: Any) -> ScenarioRow:
        """
        Insert a scenario, not archived unless said, and its first version.

        Raises:
            ConflictError: If somebody else stored one under this id just before.
        """
        made: ScenarioRow = new_row(
            self.row, self.noun, archived=False, changed_by=author, **values
        )
        try:
            with self.sessions.begin() as session:
                session.add(made)
                session.flush()
                keep_version(session, made, author)
        except IntegrityError as error:
            raise ConflictError(self.noun, made.id, expected=0, found=1) from error
        return made

    def revise(
        self, key: str, *, expected: int | None, author: str = "",
        autosaved: bool = False, version_name: str | None = None, **values: Any,
    ) -> ScenarioRow:  # fmt: skip
        """
        Change a scenario if it is still the one the caller saw.

        Args:
            key: Id of the scenario.
            expected: Version the caller saw; None does not ask.
            author: Who changes it.
            autosaved: Whether a page saves by itself.
            version_name: Name of the version that is kept.
            **values: New column values. Equal values leave the version as it is.

        Returns:
            The scenario.

        Raises:
            NotFoundError: If there is none.
            ConflictError: If it has another version by now; it says who changed what.
        """
        with self.sessions() as session:
            found = self._one(session, key)
            version = found.version
            if expected is not None and version != expected:
                raise _conflict(session, found, expected, values.get("body"))
            changed = any(getattr(found, k) != value for k, value in values.items())
            if changed:
                values |= {"updated_at": now_utc(), "changed_by": author}
                for name, value in values.items():
                    setattr(found, name, value)
            with guarded(self.noun, key, version):
                session.flush()
                keep_version(
                    session, found, author, name=version_name, autosaved=autosaved
                )
                session.commit()
        return found

    # --- versions -----------------------------------------------------------------

    def versions(
        self, key: str, *, limit: int, before: int | None = None
    ) -> Sequence[ScenarioVersionRow]:
        """
        Read a scenario's versions, newest first.

        Args:
            key: Id of the scenario.
            limit: Most to return.
            before: Only versions with a lower number.

        Raises:
            NotFoundError: If there is no such scenario.
        """
        with self.sessions() as session:
            self._one(session, key)
            query = _versions(key).limit(limit)
            if before is not None:
                query = query.where(ScenarioVersionRow.number < before)
            return session.scalars(query).all()

    def version(self, key: str, number: int) -> ScenarioVersionRow:
        """
        Read one version.

        Raises:
            NotFoundError: If there is none.
        """
        with self.sessions() as session:
            return _version(session, key, number)

    def name_version(
        self, key: str, number: int, name: str | None
    ) -> ScenarioVersionRow:
        """
        Name a version, or take its name away with None.

        Raises:
            NotFoundError: If there is none.
        """
        with self.sessions.begin() as session:
            found = _version(session, key, number)
            found.name = name
        return found


def keep_version(
    session: Session, row: ScenarioRow, author: str, *, name: str | None = None,
    autosaved: bool = False,
) -> None:  # fmt: skip
    """Keep a scenario's inputs as its newest version, unless they are that already."""
    newest = session.scalars(_versions(row.id).limit(1)).first()
    stamp, sha256 = now_utc(), body_sha256(row.body)
    if newest is not None and newest.sha256 == sha256:
        newest.name = name or newest.name
        return
    if newest is not None and autosaved and name is None and _goes_on(newest, author):
        newest.body, newest.sha256 = row.body, sha256
        newest.revision, newest.updated_at = row.version, stamp
        return
    session.add(
        ScenarioVersionRow(
            scenario_id=row.id, number=1 + (newest.number if newest else 0),
            revision=row.version, name=name, author=author, autosaved=autosaved,
            created_at=stamp, updated_at=stamp, sha256=sha256, body=row.body,
        )
    )  # fmt: skip


def body_sha256(body: Mapping[str, Any]) -> str:
    """Hash of inputs, whatever the order of their keys."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _goes_on(newest: ScenarioVersionRow, author: str) -> bool:
    young = now_utc() - newest.created_at < COALESCED
    same = newest.author == author
    return newest.autosaved and newest.name is None and same and young


def _versions(key: str) -> Any:
    query = select(ScenarioVersionRow).where(ScenarioVersionRow.scenario_id == key)
    return query.order_by(ScenarioVersionRow.number.desc())


def _version(session: Session, key: str, number: int) -> ScenarioVersionRow:
    found = session.get(ScenarioVersionRow, (key, number))
    if found is None:
        raise NotFoundError("version", f"{number} of {key}")
    return found


def _conflict(
    session: Session, row: ScenarioRow, expected: int, mine: Mapping[str, Any] | None
) -> ConflictError:
    """Say who changed what since the version that a change was made on."""
    query = _versions(row.id).where(ScenarioVersionRow.revision <= expected)
    seen = session.scalars(query.limit(1)).first()
    before = seen.body if seen is not None else mine or row.body
    moved = differing([before, row.body])[0]
    who = row.changed_by or "somebody"
    at = f"{row.updated_at:%Y-%m-%d %H:%M} UTC"
    errors = [
        ScenarioError(
            field=d.field, rule=f"was {d.values[0]} and is now {d.values[1]}",
            value=d.values[1],
            repair="open theirs, or keep yours as a new scenario",
        )
        for d in moved[:SHOWN]
    ]  # fmt: skip
    fields = ", ".join(d.field for d in moved[:SHOWN]) or "its name or place alone"
    more = f" and {len(moved) - SHOWN} more" if len(moved) > SHOWN else ""
    return ConflictError(
        "scenario", row.id, expected=expected, found=row.version,
        who=f"{who} changed {fields}{more} at {at}", errors=errors,
    )  # fmt: skip
