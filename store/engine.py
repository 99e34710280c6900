"""Database engines: SQLite by default, PostgreSQL by address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from store.trouble import name_place
from twin.errors import ScenarioError

SQLITE_BUSY_TIMEOUT_MS = 10_000
ANSWER_WITHIN_S = 20.0
"""Time PostgreSQL may take for one statement; then its connection is given up."""
CONNECT_WITHIN_S = 5
PRIVATE = 0o600
"""Mode of files that hold secrets: a SQLite database, and backups."""
FREE_WITHIN_S = 10.0
"""Time to wait for one of the pool's connections."""


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
        raise _refusal("must be a database address", "(may hold a password)") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise _refusal("must be SQLite or PostgreSQL", parsed.drivername)


def with_password(url: str, password: str) -> str:
    """Put a password into a database address; SQLite has none, a wrong one no place."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return url  # refused, with words, when it is opened
    if parsed.get_backend_name() == "sqlite":
        return url
    return parsed.set(password=password).render_as_string(hide_password=False)


def shown(url: str) -> str:
    """Tell a database address without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "(may hold a password)"


def _refusal(rule: str, value: str) -> ScenarioError:
    return ScenarioError("NAMEPLATE_DATABASE_URL", rule, value,
                         "use sqlite:///path/to/file.db or "
                         "postgresql://user@host/name")  # fmt: skip


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
        return _open_postgres(parsed)
    if parsed.database and parsed.database != ":memory:":
        folder = Path(parsed.database).expanduser().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ScenarioError("disk", "must let the database's folder be made",
                                str(folder), "set NAMEPLATE_DATABASE_URL to a place "
                                f"that can be written ({error.strerror}), then run "
                                "`nameplate doctor`") from error  # fmt: skip
    engine = create_engine(parsed)
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _prepare_sqlite)
    name_place(engine)
    return engine


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open an engine for the length of a with-block; as `open_engine`."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


class Patient(psycopg.Connection[Any]):
    """
    A connection that waits only so long for an answer.

    A network that swallows packets never says so: without this a thread would wait for
    ever, and a few requests later the server would have none left.
    """

    within_s: float | None = ANSWER_WITHIN_S

    def wait(
        self, gen: Any, interval: float = 0.1, timeout: float | None = None
    ) -> Any:
        """Wait for an answer; give the connection up where none comes in time."""
        if timeout is not None or self.within_s is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.within_s)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # what becomes of it there nobody knows
            raise


def _open_postgres(parsed: URL) -> Engine:
    within = f"-c statement_timeout={int(1000 * ANSWER_WITHIN_S)}"
    engine = create_engine(
        parsed, pool_pre_ping=True, pool_timeout=FREE_WITHIN_S,
        connect_args={"connect_timeout": CONNECT_WITHIN_S, "options": within},
    )  # fmt: skip

    def connect(_dialect: Any, _record: Any, args: Any, keywords: Any) -> Any:
        return Patient.connect(*args, **keywords)

    event.listen(engine, "do_connect", connect)
    name_place(engine)
    return engine


def durably(connection: Connection) -> None:
    """Have the next commit wait for the disk; PostgreSQL's always do."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA synchronous=FULL")


def without_limit(connection: Connection) -> None:
    """Let this PostgreSQL connection's present transaction take as long as it needs."""
    driver: Any = connection.connection.driver_connection
    driver.within_s = None
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def _make_private(_dialect: Any, _record: Any, args: Any, _keywords: Any) -> None:
    """Make a file that is not there yet; its -wal and -shm take its mode."""
    file = str(args[0])
    if file != ":memory:" and not file.startswith("file:"):
        with suppress(OSError):  # SQLite says what is wrong with the place
            Path(file).touch(mode=PRIVATE)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Readers beside one writer, patience instead of errors, real foreign keys."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
