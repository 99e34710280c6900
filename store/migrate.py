"""
Bring a database to the present schema with the migrations shipped along.

One transaction takes all of it, on either database: a kill in the middle leaves the
schema and every row as they were. A SQLite file is copied first.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import migrations
from store import restore, sqlite_files
from store.engine import SQLITE_BUSY_TIMEOUT_MS, opened, without_limit
from store.sqlite_files import file_of
from twin.errors import ScenarioError

_LOCK_KEY = 7_236_471
"""Two servers that start together must not migrate one database at once."""
_OTHERS_MAY_TAKE_MS = 600_000
KEPT_COPIES = 3
log = logging.getLogger("nameplate.store")


def alembic_config(connection: Connection | None = None) -> Config:
    """
    Build the Alembic configuration without a file.

    Args:
        connection: Open connection the migrations use.

    Returns:
        The configuration.
    """
    config = Config()
    folder = Path(next(iter(migrations.__path__)))
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """Every schema this version knows, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    return [one.revision for one in script.walk_revisions()][::-1]


def revision_of(connection: Connection) -> str | None:
    """The schema a database has; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(url: str, revision: str = "head") -> None:
    """
    Migrate the database at an address up to a revision.

    Args:
        url: Database address.
        revision: Alembic revision; "head" is the newest.
    """
    with opened(url) as engine:
        upgrade_engine(engine, revision)


def upgrade_engine(engine: Engine, revision: str = "head") -> None:
    """
    Migrate the database behind an engine up to a revision.

    A restore that was cut off is finished first, and a SQLite file is looked at and
    closed to other users.

    Raises:
        ScenarioError: Field "database": if the file is damaged, or written by a newer
            version.
    """
    restore.finish(engine)
    sqlite_files.close_to_others(engine)
    sqlite_files.refuse_damaged(engine)
    known = revisions()
    target = known[-1] if revision == "head" else revision
    with engine.connect() as connection:
        present = revision_of(connection)
    if present == target:
        return
    if present is not None and present not in known:
        raise newer(engine, present, known[-1])
    with _alone(engine) as connection:
        present = revision_of(connection)
        if present is not None and present != target:
            _copy_first(engine, target)
        command.upgrade(alembic_config(connection), revision)
    if present is not None and present != target:
        log.warning("the database was migrated from %s to %s", present, target)


def newer(engine: Engine, found: str, known: str) -> ScenarioError:
    """Refuse a schema of a version to come."""
    place = engine.url.render_as_string(hide_password=True)
    return ScenarioError("database", f"must have schema {known} or an earlier one",
                         f"{found} in {place}", "start the newer version of Nameplate "
                         "that wrote it, or put a backup of this version back with "
                         "`nameplate restore FILE`")  # fmt: skip


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """One transaction that no other server migrates beside."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            without_limit(connection)
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY}
            )
            yield connection
            connection.detach()  # it has no limit any more
        return
    with engine.connect() as connection:
        _say(connection, f"busy_timeout={_OTHERS_MAY_TAKE_MS}", "foreign_keys=OFF")
        # a table made anew is dropped first, and its references would go along
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            _insist_on_references(connection)
            connection.commit()
        finally:
            connection.rollback()
            _say(connection, f"busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
                 "foreign_keys=ON")  # fmt: skip


def _say(connection: Connection, *pragmas: str) -> None:
    for one in pragmas:
        connection.exec_driver_sql(f"PRAGMA {one}")
    connection.rollback()


def _insist_on_references(connection: Connection) -> None:
    wrong = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if wrong is not None:
        raise RuntimeError(f"the migration would break references: {tuple(wrong)}")


def _copy_first(engine: Engine, target: str) -> None:
    path = file_of(engine)
    if path is None:
        return
    kept = sqlite_files.copies(path, "before")
    for old in kept[: max(0, len(kept) - KEPT_COPIES + 1)]:
        old.unlink(missing_ok=True)
    made = sqlite_files.copy_of(path, sqlite_files.stamped(path, f"before-{target}"))
    log.warning("the database is migrated to %s; as it was: %s", target, made)
