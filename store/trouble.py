"""What a failing disk or database means: which file, and how to mend it."""

from __future__ import annotations

import errno
import sqlite3
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from twin.errors import ScenarioError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PG_FULL, _PG_READ_ONLY = "53100", "25006"
_FREE = "free some space there; nothing is lost, and it goes on by itself"
_WRITABLE = "make it writable again; reading goes on meanwhile"


def name_place(engine: Engine) -> None:
    """Have every error of this engine know which database it is about."""
    place = engine.url.database or ""
    if engine.dialect.name != "sqlite":
        place = engine.url.render_as_string(hide_password=True)

    def note(context: Any) -> None:
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.place = place

    event.listen(engine, "handle_error", note)


def trouble_of(error: BaseException) -> ScenarioError | None:
    """
    Say what a failure of a disk or database is.

    Args:
        error: Whatever was raised.

    Returns:
        Field "disk" or "database", rule, path and repair; None where the error is
        about something else.
    """
    if isinstance(error, ScenarioError) and error.field in {"disk", "database"}:
        return error
    if isinstance(error, OSError):
        return _of_file(error)
    if not isinstance(error, SQLAlchemyError):
        return None
    place = str(getattr(error, "place", ""))
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(getattr(cause, "sqlite_errorname", ""), place)
    state = getattr(cause, "sqlstate", None)
    if state == _PG_FULL:
        return ScenarioError("disk", "must have space left", place, _FREE)
    if state == _PG_READ_ONLY:
        return ScenarioError("disk", "must be writable", place, _WRITABLE)
    if not isinstance(error, DBAPIError):
        return _away(place) if isinstance(error, PoolEmpty) else None
    if error.connection_invalidated or (state or "08")[:2] in {"08", "53", "57"}:
        return _away(place)
    return None


def _of_file(error: OSError) -> ScenarioError | None:
    place = str(error.filename or "")
    if error.errno in _NO_SPACE:
        return ScenarioError("disk", "must have space left", place, _FREE)
    if error.errno == errno.EROFS:
        return ScenarioError("disk", "must be writable", place, _WRITABLE)
    return None


def _of_sqlite(name: str, place: str) -> ScenarioError | None:
    if name == "SQLITE_FULL":
        return ScenarioError("disk", "must have space left", place, _FREE)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return ScenarioError("disk", "must be writable", place, _WRITABLE)
    if name.startswith("SQLITE_IOERR"):
        repair = "look at the disk's space, its health and the system's log"
        return ScenarioError("disk", "must take what is written", place, repair)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        repair = "send it again; another process writes for long"
        return ScenarioError("database", "must be free to write", place, repair)
    if name in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
        repair = "stop the server and run `nameplate doctor`"
        return ScenarioError("database", "must be whole", place, repair)
    return None


def _away(place: str) -> ScenarioError:
    repair = (
        "start it, or look at its network and at NAMEPLATE_DATABASE_URL; a server goes "
        "on by itself"
    )
    return ScenarioError("database", "must answer in time", place, repair)
