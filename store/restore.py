"""
Puts a backup in place of what is there: all of it or nothing, the old kept aside.

On SQLite everything is unpacked and checked beside the database first; then a small
plan of renames is written, done, and removed. A kill in between leaves the plan, and
the next start goes through with it. On PostgreSQL it is one transaction, and the plan
for the imported files is committed with it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

from sqlalchemy import Connection, Engine, text

from store.sqlite_files import ASIDE, beside, file_of, is_served, stamped, sync
from twin.errors import ScenarioError

log = logging.getLogger("nameplate.store")
PLAN = ".restoring"
WORK = ".nameplate-restore-"
NOTED = "nameplate restore: "
_ALONE = "SELECT pg_advisory_xact_lock(7236472)"
"""Held by a restore on PostgreSQL until its transaction is over."""
BRIEFLY_S = (0.05, 0.15, 0.3)
"""Waits before a folder that is held is taken for one at work."""
Step = dict[str, str | None]


def restore(
    engine: Engine, cache_dir: Path, archive: Path, *, only_check: bool = False
) -> dict[str, Any]:
    """
    Put a backup in place of the present state; no server may run.

    Args:
        engine: The database to replace.
        cache_dir: Where imported data lives.
        archive: The backup.
        only_check: Verify it and change nothing.

    Returns:
        Its manifest, and under `aside` where the old state is.

    Raises:
        ScenarioError: If the backup is damaged or newer, or somebody serves.
    """
    from store.backup import check_fits, unpacked  # they know today's schema

    finish(engine)
    path = file_of(engine)
    place = cache_dir if path is None else path.parent
    place.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=place))
    held = _hold(work)
    try:
        manifest = unpacked(archive, work)
        check_fits(manifest, engine)
        if only_check:
            return manifest | {"aside": []}
        _insist_on_rest(engine, path)
        if path is None:
            aside = _into_postgres(engine, work, cache_dir)
        else:
            aside = _into_sqlite(path, work, cache_dir)
    finally:
        if path is None or not beside(path, PLAN).exists():
            shutil.rmtree(work, ignore_errors=True)
        os.close(held)
    return manifest | {"aside": aside}


def finish(engine: Engine) -> str:
    """Go through with a restore that was cut off; says so, or nothing."""
    path = file_of(engine)
    done = path is not None and beside(path, PLAN).exists()
    if engine.dialect.name == "postgresql":
        done = _finish_postgres(engine)
    elif path is not None and done:
        _go_through(path)
    if not done:
        return ""
    said = "A restore that was cut off has been finished: the backup is in place."
    log.warning("%s", said)
    return said


def settle(engine: Engine, cache_dir: Path) -> str:
    """
    Finish a restore that was cut off, or clear away what one left.

    Args:
        engine: The database.
        cache_dir: Where imported data lives.

    Returns:
        What happened, for people; empty where nothing did.
    """
    said = finish(engine)
    path = file_of(engine)
    place = cache_dir if path is None else path.parent
    left = [work for work in place.glob(f"{WORK}*") if _is_left(work)]
    for folder in (*left, *(cache_dir.glob(".imported-*") if left else ())):
        shutil.rmtree(folder, ignore_errors=True)
    if left and not said:
        said = (
            "A restore was cut off before it replaced anything: the old state is in "
            "place; repeat `nameplate restore FILE`."
        )
        log.warning("%s", said)
    return said


def _hold(work: Path) -> int:
    """Hold a folder for as long as this process lives."""
    handle = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _is_left(work: Path) -> bool:
    """Nobody is at it; a program that one killed was starting holds it for a moment."""
    for wait_s in (0.0, *BRIEFLY_S):
        time.sleep(wait_s)
        with suppress(OSError):
            os.close(_hold(work))
            return True
    return False


def _insist_on_rest(engine: Engine, path: Path | None) -> None:
    owner = _serving(engine) if path is None else str(path) * is_served(path)
    if owner:
        raise ScenarioError("database", "must not be served while it is replaced",
                            owner, "stop the server and the commands that use it; on "
                            "PostgreSQL one that was killed counts as gone after a "
                            "minute")  # fmt: skip


def _serving(engine: Engine) -> str:
    """Who gave a sign of life lately; empty where nobody did."""
    asked = text(
        "SELECT owner FROM jobs WHERE kind = 'server' AND state = 'running' AND "
        "updated_at > now() - interval '1 minute'"
    )
    with engine.connect() as connection:
        if not connection.dialect.has_table(connection, "jobs"):
            return ""
        return connection.scalar(asked) or ""


# --- SQLite ---------------------------------------------------------------------------


def _into_sqlite(path: Path, work: Path, cache_dir: Path) -> list[str]:
    from store.backup import SQLITE

    old = stamped(path, "replaced")
    steps: list[Step] = [
        {"new": None, "target": str(beside(path, e)), "aside": str(beside(old, e))}
        for e in (*ASIDE[1:], ".state")
    ]
    steps += [{"new": str(work / SQLITE), "target": str(path), "aside": str(old)}]
    steps += _imported(work, cache_dir, old.name)
    plan = beside(path, PLAN)
    part = beside(plan, ".part")
    part.write_text(json.dumps({"steps": steps, "work": str(work)}, indent=1))
    sync(part)
    part.replace(plan)  # from here on it will be done, whatever happens
    _go_through(path)
    return [str(s["aside"]) for s in steps if Path(str(s["aside"])).exists()]


def _imported(work: Path, cache_dir: Path, stamp: str) -> list[Step]:
    """The folder of imports, staged on the file system where it belongs."""
    new = work / "imported"
    if not new.is_dir():
        return []
    cache_dir.mkdir(parents=True, exist_ok=True)
    staged = cache_dir / f".imported-{stamp}"
    shutil.copytree(new, staged)
    target = cache_dir / "imported"
    aside = cache_dir / f"imported.{stamp}"
    return [{"new": str(staged), "target": str(target), "aside": str(aside)}]


def _go_through(path: Path) -> None:
    plan = beside(path, PLAN)
    known = json.loads(plan.read_text())
    for step in known["steps"]:
        _do(step)
    _sync_folder(path.parent)
    shutil.rmtree(known["work"], ignore_errors=True)  # what is left tells `settle`
    plan.unlink()


def _do(step: Step) -> None:
    """One rename of two; what is done already is seen, and not done again."""
    target, aside = Path(str(step["target"])), Path(str(step["aside"]))
    new = None if step["new"] is None else Path(step["new"])
    if new is not None and not new.exists():
        return
    if target.exists() and not aside.exists():
        target.rename(aside)
    if new is not None:
        new.rename(target)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- PostgreSQL -----------------------------------------------------------------------


def _into_postgres(engine: Engine, work: Path, cache_dir: Path) -> list[str]:
    from store.backup import POSTGRES, address, dump, our_tables, run_tool, tool

    aside = []
    tables = our_tables(engine)
    if tables:
        old = cache_dir / f"{stamped(Path('database'), 'replaced').name}.pgdump"
        dump(engine, old)
        aside.append(str(old))
    script = work / "restore.sql"
    listed = ", ".join(f'"{name}"' for name in tables)
    drop = f"DROP TABLE IF EXISTS {listed} CASCADE;\n" if tables else ""
    with script.open("w") as out:
        out.write(drop)
        out.flush()
        subprocess.run(  # noqa: S603 - our own command
            [tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-",
             str(work / POSTGRES)],
            stdout=out, check=True,
        )  # fmt: skip
    steps = _imported(work, cache_dir, Path(aside[0]).name if aside else "first")
    plan = NOTED + json.dumps(steps)

    def play(psql: Popen[bytes]) -> None:
        """Send the last line once all before it is done; one killed never does."""
        assert psql.stdin is not None  # noqa: S101 - for the types
        assert psql.stdout is not None  # noqa: S101
        psql.stdin.write(f"BEGIN;\n{_ALONE};\n".encode())
        with script.open("rb") as content:
            shutil.copyfileobj(content, psql.stdin)
        psql.stdin.write(f"RESET search_path;\n{_note(plan)};\n\\echo\n".encode())
        psql.stdin.flush()
        if psql.stdout.read(1):
            psql.stdin.write(b"COMMIT;\n")

    run_tool(
        [tool("psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1",
         f"--output={os.devnull}", address(engine.url)],
        engine.url, play,
    )  # fmt: skip
    shutil.rmtree(work, ignore_errors=True)  # what is left tells `settle`
    _finish_postgres(engine)
    return aside + [str(s["aside"]) for s in steps if Path(str(s["aside"])).exists()]


def _finish_postgres(engine: Engine) -> bool:
    """Do the renames that were committed with the rows."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_ALONE)  # what was sent may be under way there
        plan = _noted(connection)
        if plan is None:
            return False
        for step in plan:
            _do(step)
        connection.exec_driver_sql(_note(None))
    return True


def _noted(connection: Connection) -> list[Step] | None:
    asked = text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')")
    found = str(connection.scalar(asked) or "")
    if not found.startswith(NOTED):
        return None
    steps: list[Step] = json.loads(found.removeprefix(NOTED))
    return steps


def _note(plan: str | None) -> str:
    """Statement that keeps a plan with the rows, as no table of ours does."""
    said = "NULL" if plan is None else "'" + plan.replace("'", "''") + "'"
    return f"COMMENT ON TABLE alembic_version IS {said}"
