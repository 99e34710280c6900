"""
A SQLite database as files: whole or damaged, copied, copied aside.

Besides the file itself: NAME-wal and NAME-shm, which SQLite keeps while it is open,
NAME.state, see `Serving`, and copies with a date in their name.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import json
import logging
import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine

from store.engine import PRIVATE
from twin.errors import ScenarioError

HEADER = b"SQLite format 3\0"
LOOK_S = 2.0
"""Time a start takes to look; `nameplate doctor` takes what it needs."""
ASIDE = ("", "-wal", "-shm")
_UNWRITABLE = {
    "SQLITE_FULL": errno.ENOSPC, "SQLITE_READONLY": errno.EROFS,
    "SQLITE_IOERR_WRITE": errno.EIO, "SQLITE_IOERR_FSYNC": errno.EIO,
}  # fmt: skip
"""What SQLite calls a disk that takes no more."""
_OTHERS = 0o007
log = logging.getLogger("nameplate.store")


def file_of(engine: Engine) -> Path | None:
    """The file behind an engine; None on PostgreSQL and in memory."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name).expanduser()


def beside(path: Path, ending: str) -> Path:
    """A file with the same name and more."""
    return path.with_name(path.name + ending)


def stamped(path: Path, why: str) -> Path:
    """A name for a copy made now."""
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return beside(path, f".{why}-{now}")


def copies(path: Path, why: str) -> list[Path]:
    """Copies made before, oldest first."""
    found = (p for p in path.parent.glob(f"{path.name}.{why}-*") if p.is_file())
    return sorted(found, key=lambda p: p.stat().st_mtime)


# --- whole or damaged -----------------------------------------------------------------


def damage(path: Path, *, thorough: bool = False) -> str | None:
    """
    Look whether a database file is whole.

    Args:
        path: The file.
        thorough: Compare indexes with their tables too, however long it takes; else
            every page for at most `LOOK_S`.

    Returns:
        What is wrong; None where nothing was found, or there is no file yet.
    """
    if not path.exists():
        left = [p for p in (beside(path, "-wal"), beside(path, ".state"))
                if p.exists() and p.stat().st_size]  # fmt: skip
        return f"it is gone, but {left[0]} is still there" if left else None
    if path.stat().st_size == 0:
        return None  # made and not yet written
    with path.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            return "it does not begin as a SQLite database does"
    try:
        return _asked(path, thorough=thorough)
    except sqlite3.OperationalError:
        return None  # too large for the time, or about the moment and the folder


def _asked(path: Path, *, thorough: bool) -> str | None:
    with closing(_reading(path)) as connection:
        end_s = time.monotonic() + LOOK_S
        if not thorough:
            connection.set_progress_handler(lambda: time.monotonic() > end_s, 10_000)
        check = "PRAGMA integrity_check" if thorough else "PRAGMA quick_check"
        wrong = _told(connection, f"{check}(3)")
        hit = _tables_hit(connection, check) if wrong else []
        return f"damage is in {', '.join(hit)}: {wrong}" if hit else wrong


def _tables_hit(connection: sqlite3.Connection, check: str) -> list[str]:
    """Which tables are damaged, as far as the schema and the time allow to say."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    try:
        found = [str(row[0]) for row in connection.execute(names)]
        return [name for name in found if _told(connection, f'{check}("{name}")')]
    except sqlite3.DatabaseError:
        return []


def _told(connection: sqlite3.Connection, asked: str) -> str | None:
    """What SQLite says is wrong; None for nothing."""
    try:
        found = "\n".join(str(row[0]) for row in connection.execute(asked))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)
    lines = (line for line in found.splitlines() if not line.startswith("***"))
    return None if found == "ok" else "; ".join(lines)


def _reading(path: Path) -> sqlite3.Connection:
    """Open a file without changing it; its log is not even written back."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=10)


def refuse_damaged(engine: Engine) -> None:
    """
    Look at a database before it is opened; a damaged one is copied aside and kept.

    Raises:
        ScenarioError: Field "database", with what is wrong and how to mend it.
    """
    path = file_of(engine)
    if path is None:
        return
    wrong = damage(path) or _older_than_said(path)
    if wrong is not None:
        raise damaged(path, wrong)


def damaged(path: Path, wrong: str) -> ScenarioError:
    """Copy a damaged database aside, and say what is wrong and how to mend it."""
    try:
        kept = f"a copy as it is: {set_aside(path)}"
    except OSError as error:
        kept = f"it could not be copied aside: {error.strerror}"
    return ScenarioError("database", f"must be whole, but {wrong}", str(path),
                         "put a backup back with `nameplate restore FILE`, or save "
                         "what can be read with `nameplate doctor --repair`; "
                         f"{kept}")  # fmt: skip


def close_to_others(engine: Engine) -> None:
    """
    Close a database, its log and its copies to users of the machine who are nobody.

    An older version or `cp` left them open to all. One that is open to a group alone
    stays so: somebody meant it.
    """
    path = file_of(engine)
    if path is None:
        return
    for file in (*(beside(path, e) for e in ASIDE), *copies(path, "*")):
        try:
            mode = file.stat().st_mode & 0o777
            if mode & _OTHERS:
                file.chmod(PRIVATE)
                log.warning("%s was open to every user (mode %03o): now %03o",
                            file, mode, PRIVATE)  # fmt: skip
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s is open to every user (mode %03o); chmod it to %03o (%s)",
                        file, mode, PRIVATE, error.strerror)  # fmt: skip


def set_aside(path: Path) -> Path:
    """Copy a damaged database and its log aside, once for each state of it."""
    there = [p for p in (path, beside(path, "-wal")) if p.exists()]
    newest = max((p.stat().st_mtime for p in there if p.stat().st_size), default=0.0)
    for old in reversed(copies(path, "damaged")):
        if old.stat().st_mtime >= newest:
            return old
    kept = stamped(path, "damaged")
    for ending in ASIDE:
        if beside(path, ending).exists():
            shutil.copy(beside(path, ending), beside(kept, ending))
    if not kept.exists():
        kept.touch(mode=PRIVATE)
    return kept


# --- copies ---------------------------------------------------------------------------


def copy_of(path: Path, target: Path) -> Path:
    """
    Copy a database as it is at one moment, while others read and write it.

    Returns:
        `target`, which appears whole or not at all.

    Raises:
        OSError: If it cannot be written.
        ScenarioError: If the database is damaged.
    """
    work = beside(target, ".part")
    for old in path.parent.glob(f"{path.name}.*.part"):
        old.unlink(missing_ok=True)  # of a copy that was cut off
    try:
        with closing(sqlite3.connect(path)) as source:
            work.touch(mode=path.stat().st_mode & 0o777)
            with closing(sqlite3.connect(work)) as copied:
                source.backup(copied)
                copied.execute("PRAGMA journal_mode=DELETE")
        sync(work)
        work.replace(target)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname not in _UNWRITABLE:
            raise
        number = _UNWRITABLE[error.sqlite_errorname]
        raise OSError(number, os.strerror(number), str(target)) from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error
    finally:
        work.unlink(missing_ok=True)
    return target


def sync(path: Path) -> None:
    """Wait until a file is on its disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


# --- who serves it --------------------------------------------------------------------


class Serving:
    """
    Says beside a SQLite file that somebody serves it, and what it must hold.

    The file NAME.state is locked as long as a server lives, so that nothing is restored
    under its feet. It names a row of `jobs` and the time that row was last written: a
    database that has an earlier one has lost what came after, say because its log was
    deleted after a crash.
    """

    def __init__(self, path: Path) -> None:
        state = beside(path, ".state")
        self._file = os.fdopen(os.open(state, os.O_RDWR | os.O_CREAT, 0o644), "r+")
        with suppress(OSError):  # a file system that knows no locks
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def wrote(self, key: str, at: dt.datetime) -> None:
        """Note what has been committed."""
        text = json.dumps({"job": key, "at": at.astimezone(dt.UTC).isoformat()})
        with suppress(OSError):  # full: what it said before is still true
            os.pwrite(self._file.fileno(), text.ljust(200).encode(), 0)

    def close(self) -> None:
        """Serve no more."""
        self._file.close()


def is_served(path: Path) -> bool:
    """Whether a living process serves this database."""
    state = beside(path, ".state")
    if not state.exists():
        return False
    with state.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def forget_served(path: Path) -> None:
    """Take the database as it is; it was put there on purpose."""
    beside(path, ".state").unlink(missing_ok=True)


def _older_than_said(path: Path) -> str | None:
    try:
        said = json.loads(beside(path, ".state").read_text())
        key, at = str(said["job"]), dt.datetime.fromisoformat(said["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    asked = "SELECT updated_at FROM jobs WHERE id = ?"
    try:
        with closing(_reading(path)) as connection:
            row = connection.execute(asked, (key,)).fetchone()
    except sqlite3.Error as error:
        if not str(error).startswith("no such table"):
            return None  # opening it says more
        row = None
    if row is not None and dt.datetime.fromisoformat(row[0]) >= at.replace(tzinfo=None):
        return None
    return (
        f"it is older than what was last written to it at {at:%Y-%m-%d %H:%M} UTC: its "
        f"log {path.name}-wal was deleted, or an earlier copy was put in its place"
    )
