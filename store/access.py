"""
Tokens and the audit log: who may do what, and who did.

A token reads `np_<kind>_<id>_<secret>`. The id is public and finds the row; of the rest
only the SHA-256 is kept. The secret is 192 random bits, which nobody finds by trying
hashes, so a slow hash as passwords need would only slow every request down.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Engine,
    Table,
    and_,
    bindparam,
    delete,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import Session

from store.models_access import AuditRow, TokenRow
from store.repositories import Repository, new_row, now_utc
from store.scopes import SCOPES
from twin.errors import ScenarioError

TOKEN = re.compile(r"np_(agent|user)_([0-9a-f]{12})_[0-9a-f]{48}", re.ASCII)
AGENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}", re.ASCII)
MOST_REFUSALS = 100_000
"""Rows of refusals kept; changes are made by people we know and go by age alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A token as the server keeps it in memory."""

    id: str
    name: str
    kind: str
    scopes: frozenset[str]
    agent: str | None
    sha256: str
    expires_at: dt.datetime | None

    def usable(self, now: dt.datetime) -> bool:
        """Whether it opens anything at this instant."""
        return self.expires_at is None or now < self.expires_at


def sha256_of(token: str) -> str:
    """Hash of a token, as it is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


class Tokens(Repository[TokenRow]):
    """Stored tokens."""

    row = TokenRow
    noun = "token"

    def create(
        self,
        *,
        name: str,
        scopes: Iterable[str],
        agent: str | None = None,
        expires_at: dt.datetime | None = None,
    ) -> tuple[TokenRow, str]:
        """
        Make a token.

        Args:
            name: What people call it.
            scopes: What it opens, of `SCOPES`.
            agent: Agent it is bound to; needed by, and only by, telemetry:write.
            expires_at: When it ends; None never.

        Returns:
            The row, and the token itself: it is not kept and cannot be shown again.

        Raises:
            ScenarioError: If a scope is unknown, or it is bound wrongly.
        """
        wanted = sorted(set(scopes))
        _check(name, wanted, agent, expires_at)
        kind = "user" if agent is None else "agent"
        key = secrets.token_hex(6)
        token = f"np_{kind}_{key}_{secrets.token_hex(24)}"
        row = self.add(
            id=key, name=name, kind=kind, scopes=wanted, agent=agent,
            sha256=sha256_of(token), expires_at=expires_at,
        )  # fmt: skip
        return row, token

    def revoke(self, key: str) -> TokenRow:
        """
        End a token; the row stays, for the audit log's sake.

        Raises:
            NotFoundError: If there is none.
        """
        with self.sessions.begin() as session:
            found = self._one(session, key)
            if found.revoked_at is None:
                found.revoked_at = found.updated_at = now_utc()
        return found

    def known(self, key: str | None = None) -> dict[str, Known]:
        """Tokens that are not revoked, by id; only one where `key` is given."""
        columns = [getattr(TokenRow, name) for name in _KNOWN]
        query = select(*columns).where(TokenRow.revoked_at.is_(None))
        if key is not None:
            query = query.where(TokenRow.id == key)
        with self.sessions() as session:
            found = [row._asdict() for row in session.execute(query)]
        return {row["id"]: _known(row) for row in found}

    def used(self, times: Mapping[str, dt.datetime]) -> None:
        """Write down when tokens were last used."""
        rows = [{"key": key, "at": at} for key, at in times.items()]
        table = cast("Table", TokenRow.__table__)
        change = update(table).where(table.c.id == bindparam("key"))
        with self.sessions.begin() as session:
            if rows:
                session.execute(change.values(used_at=bindparam("at")), rows)


_KNOWN = ("id", "name", "kind", "scopes", "agent", "sha256", "expires_at")


def _known(row: Mapping[str, Any]) -> Known:
    return Known(**{**row, "scopes": frozenset(row["scopes"])})


def _check(
    name: str, scopes: Sequence[str], agent: str | None, expires_at: dt.datetime | None
) -> None:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ScenarioError("scopes", "must be scopes of this server",
                            unknown[0] if unknown else "none",
                            "take some of " + ", ".join(SCOPES))  # fmt: skip
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise ScenarioError("name", "must be 1 to 120 printable characters", name,
                            "give one, such as node017")  # fmt: skip
    if ("telemetry:write" in scopes) != (agent is not None):
        raise ScenarioError("agent", "must be named for telemetry:write, and for "
                            "nothing else", agent, "name the agent, or leave "
                            "telemetry:write out")  # fmt: skip
    if agent is not None and (
        list(scopes) != ["telemetry:write"] or not AGENT_NAME.fullmatch(agent)
    ):
        raise ScenarioError("agent",
                            "must be a plain name with no scope but telemetry:write",
                            agent, "use letters, digits, dot, dash and underscore, and "
                            "make other scopes a token of their own")  # fmt: skip
    if expires_at is not None and expires_at <= now_utc():
        raise ScenarioError("expires_at", "must lie ahead", expires_at.isoformat(),
                            "raise it")  # fmt: skip


class Audit(Repository[AuditRow]):
    """The audit log: written, read and pruned, never changed."""

    row = AuditRow
    noun = "audit"

    def write(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Append entries in one transaction; long texts are cut."""
        stamp = now_utc()
        usual = {"created_at": stamp, "updated_at": stamp, "count": 1}
        with self.sessions.begin() as session:
            for entry in entries:
                cut = {k: _cut(k, v) for k, v in entry.items()}
                session.add(new_row(AuditRow, "audit", **usual | cut))

    def prune(self, *, keep_days: float, most_refusals: int = MOST_REFUSALS) -> int:
        """
        Forget what is older, and refusals beyond a number.

        Args:
            keep_days: Age entries reach. [d]
            most_refusals: Rows of refusals kept, the newest.

        Returns:
            How many rows went.
        """
        old = AuditRow.created_at < now_utc() - dt.timedelta(days=keep_days)
        refusal = AuditRow.kind == "refusal"
        with self.sessions.begin() as session:
            gone = _delete(session, old)
            beyond = session.scalars(
                select(AuditRow.created_at)
                .where(refusal)
                .order_by(AuditRow.created_at.desc())
                .offset(most_refusals)
                .limit(1)
            ).first()
            if beyond is not None:
                gone += _delete(session, and_(refusal, AuditRow.created_at <= beyond))
        return gone


def has_users(engine: Engine) -> bool:
    """Whether anybody holds a token that counts; agents are nobody here."""
    if not inspect(engine).has_table(TokenRow.__tablename__):
        return False
    known, now = Tokens(engine).known().values(), now_utc()
    return any(token.kind == "user" and token.usable(now) for token in known)


def machine_user() -> str:
    """Name of whoever runs this program, as this machine knows him."""
    try:
        return getpass.getuser()[:80]
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"


def _delete(session: Session, which: ColumnElement[bool]) -> int:
    done = session.execute(delete(AuditRow).where(which))
    return int(cast("CursorResult[Any]", done).rowcount)


def _cut(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value[: getattr(AuditRow, name).type.length]
