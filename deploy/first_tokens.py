"""
The tokens a site's services begin with: an admin's to log in, Prometheus', the agent's.

    python -m deploy.first_tokens ADMIN PROMETHEUS AGENT NAME

Three files to write, and the agent's name. An admin's token is made once, for a
database that never had a user: a file that was deleted stays deleted, a token that was
revoked stays revoked. The other two services cannot do without theirs, so each is made
where its file holds none that counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import Engine, select

from store.access import TOKEN, Audit, Tokens, sha256_of
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.models_access import TokenRow
from store.scopes import ROLES
from store.settings import Settings

OWN, ALL = 0o400, 0o444
"""Readable by whoever wrote it, or by the users of other images."""


def main() -> int:
    """Make what is missing."""
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    admin, prometheus, agent, name = sys.argv[1:]
    engine = open_engine(Settings().database_url)
    try:
        upgrade_engine(engine)
        if not _had_users(engine):
            _make(engine, Path(admin), "admin", role="admin", mode=OWN)
        if not _counts(engine, Path(prometheus)):
            _make(engine, Path(prometheus), "prometheus", role="viewer", mode=ALL)
        if not _counts(engine, Path(agent)):
            _make(engine, Path(agent), name, role="agent", mode=ALL)
    finally:
        engine.dispose()
    return 0


def _had_users(engine: Engine) -> bool:
    """Whether a user's token was ever made, revoked ones too."""
    with engine.connect() as connection:
        found = connection.execute(
            select(TokenRow.id).where(TokenRow.kind == "user").limit(1)
        )
        return found.first() is not None


def _counts(engine: Engine, path: Path) -> bool:
    """Whether a file holds a token of this database that is not revoked."""
    token = path.read_text().strip() if path.exists() else ""
    parts = TOKEN.fullmatch(token)
    known = Tokens(engine).known(parts[2]) if parts else {}
    return any(found.sha256 == sha256_of(token) for found in known.values())


def _make(engine: Engine, path: Path, name: str, *, role: str, mode: int) -> None:
    row, token = Tokens(engine).create(
        name=name, scopes=ROLES[role], agent=name if role == "agent" else None
    )
    Audit(engine).write([
        {"kind": "change", "actor_id": "", "actor": "setup", "outcome": 201,
         "object": f"{row.id} {row.name}", "action": "first token", "address": ""}
    ])  # fmt: skip
    part = path.with_suffix(".new")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(f"{token}\n")
    part.chmod(mode)
    part.replace(path)
    print(f"{path}: {role} {row.name}, {row.id}")


if __name__ == "__main__":
    sys.exit(main())
