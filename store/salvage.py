"""Saves what can be read of a damaged SQLite database into a new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from store.engine import opened
from store.migrate import revisions, upgrade_engine
from store.sqlite_files import beside, damage, file_of, forget_served, set_aside
from twin.errors import ScenarioError

Row = tuple[Any, ...]
Saved = dict[str, int]


def repair(engine: Engine) -> tuple[Saved, Path]:
    """
    Replace a damaged database by what can be read of it.

    Every table is read from both ends towards its damage, into a new file with the
    same schema; rows whose owner is lost are left out.

    Returns:
        Rows saved of each table, and where the damaged file is.

    Raises:
        ScenarioError: If not even its schema can be read, or it is no file.
    """
    path = file_of(engine)
    if path is None:
        raise ScenarioError("database", "must be a SQLite file", engine.dialect.name,
                            "use PostgreSQL's own tools, or `nameplate restore "
                            "FILE`")  # fmt: skip
    kept = set_aside(path)
    if path.exists() and damage(path, thorough=True) is None:
        forget_served(path)  # whole, but older than it was said to be
        return {}, kept
    made = beside(path, ".repaired")
    made.unlink(missing_ok=True)
    saved = _saved(path, made)
    for ending in ("-wal", "-shm"):
        beside(path, ending).unlink(missing_ok=True)
    made.replace(path)
    forget_served(path)
    return saved, kept


def _saved(path: Path, made: Path) -> Saved:
    try:
        with closing(sqlite3.connect(path)) as old:
            revision = str(
                old.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            )
            if revision not in revisions():
                raise sqlite3.DatabaseError(f"its schema {revision} is not known")
            with opened(f"sqlite:///{made}") as engine:
                upgrade_engine(engine, revision)
            with closing(sqlite3.connect(made)) as new:
                saved = _copied(old, new)
                new.execute("PRAGMA journal_mode=DELETE")
    except (sqlite3.Error, TypeError) as error:
        made.unlink(missing_ok=True)
        raise ScenarioError("database", "must have a schema that can be read",
                            f"{path}: {error}", "put a backup back with `nameplate "
                            "restore FILE`; copies made before migrations are beside "
                            "it") from error  # fmt: skip
    return saved


def _copied(old: sqlite3.Connection, new: sqlite3.Connection) -> Saved:
    names = new.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
        "'sqlite%' AND name != 'alembic_version'"
    )
    saved = {}
    for (name,) in names.fetchall():
        columns = [row[1] for row in new.execute(f'PRAGMA table_info("{name}")')]
        marks = ", ".join("?" * len(columns))
        listed = ", ".join(f'"{c}"' for c in columns)
        into = f'INSERT OR IGNORE INTO "{name}" ({listed}) VALUES ({marks})'  # noqa: S608 - names of our own schema
        for row in _rows(old, name, listed):
            with suppress(sqlite3.IntegrityError):  # its bytes are not what they were
                new.execute(into, row)
    new.commit()
    _without_orphans(new)
    for (name,) in new.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
        "'sqlite%'"
    ).fetchall():
        saved[name] = int(new.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - see above
    return saved


def _rows(old: sqlite3.Connection, name: str, listed: str) -> Iterator[Row]:
    """Rows from the first to the damage, then from the last back to it."""
    for order in ("ASC", "DESC"):
        asked = f'SELECT {listed} FROM "{name}" NOT INDEXED ORDER BY rowid {order}'  # noqa: S608 - see above
        try:
            yield from old.execute(asked)
        except sqlite3.DatabaseError:
            continue
        return


def _without_orphans(new: sqlite3.Connection) -> None:
    while wrong := new.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, *_ in wrong:
            new.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))  # noqa: S608 - see above
        new.commit()
