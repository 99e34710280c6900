"""One folder per database, however many servers share it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

_LOCK_KEY = 7_236_472
"""Beside the migrations' own number."""


@contextmanager
def alone(engine: Engine) -> Iterator[bool]:
    """
    Hold the right to fold for the length of a with-block.

    Two servers that fold the same window at once would write over each other's raw
    readings. PostgreSQL gives an advisory lock, freed when the connection dies; beside
    a SQLite file lies a lock file, freed when the process does.

    Yields:
        Whether it is ours; another server folds where it is not.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            key = {"key": _LOCK_KEY}
            lock = text("SELECT pg_try_advisory_lock(:key)")
            mine = bool(connection.scalar(lock, key))
            connection.commit()
            try:
                yield mine
            finally:
                if mine:
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                    connection.commit()
        return
    name = engine.url.database
    if not name or name == ":memory:":
        yield True
        return
    with Path(f"{name}.fold.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True  # closing the file frees it
