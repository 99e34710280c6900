"""
Puts a backup in place of what is there: all of it or nothing, the old kept aside.

On SQLite everything is unpacked and checked beside the database first; then a small
plan of renames is written, done, and removed. A kill in between leaves the plan, and
the next start goes through with it. On PostgreSQL it is one transaction.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from store.sqlite_files import ASIDE, beside, file_of, is_served, stamped, sync
from twin.errors import ScenarioError

log = logging.getLogger("nameplate.store")
PLAN = ".restoring"
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
    work = Path(tempfile.mkdtemp(prefix=".nameplate-restore-", dir=place))
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
    return manifest | {"aside": aside}


def finish(engine: Engine) -> None:
    """Go through with a restore that was cut off."""
    path = file_of(engine)
    if path is None or not beside(path, PLAN).exists():
        return
    _go_through(path)
    log.warning("a restore that was cut off has been finished: %s", path)


def _insist_on_rest(engine: Engine, path: Path | None) -> None:
    owner = _serving(engine) if path is None else str(path) * is_served(path)
    if owner:
        raise ScenarioError(
            field="database", rule="must not be served while it is replaced",
            value=owner, repair="stop the server and the commands that use it; on "
            "PostgreSQL one that was killed counts as gone after a minute",
        )  # fmt: skip


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
    plan.unlink()
    shutil.rmtree(known["work"], ignore_errors=True)


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
    run_tool(
        [tool("psql"), "--quiet", "--no-psqlrc", "--single-transaction",
         "--set=ON_ERROR_STOP=1", f"--file={script}", address(engine.url)],
        engine.url,
    )  # fmt: skip
    for step in steps:
        _do(step)
    return aside + [str(s["aside"]) for s in steps if Path(str(s["aside"])).exists()]
