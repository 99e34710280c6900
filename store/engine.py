"""Database engines: SQLite by default, PostgreSQL by address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from twin.errors import ScenarioError

SQLITE_BUSY_TIMEOUT_MS = 10_000


def database_url(url: str) -> URL:
    """
    Parse a database address and choose the driver this product installs.

    Args:
        url: sqlite:///file or postgresql://user:password@host/name.

    Returns:
        The address with its driver.

    Raises:
        ScenarioError: If it is no address, or names a database not supported.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _refusal("must be a database address", url) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise _refusal("must be SQLite or PostgreSQL", parsed.drivername)


def _refusal(rule: str, value: str) -> ScenarioError:
    return ScenarioError(
        field="NAMEPLATE_DATABASE_URL", rule=rule, value=value,
        repair="use sqlite:///path/to/file.db or postgresql://user@host/name",
    )  # fmt: skip


def open_engine(url: str) -> Engine:
    """
    Open an engine with this product's connection settings.

    Args:
        url: Database address; the folder of a SQLite file is created.

    Returns:
        The engine. The caller disposes of it.

    Raises:
        ScenarioError: If the address cannot be used.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Readers beside one writer, patience instead of errors, real foreign keys."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
