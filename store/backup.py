"""
Everything this product keeps, in one file: made while serving, checked before use.

A ZIP with `manifest.json` (versions, and SHA-256 of each part), the database as it was
at one moment, and the user's own imported data. Published data is named, not copied:
`nameplate datasets pull` fetches it again. Live telemetry is in the database; what
agents have not sent yet is in their own spools.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from store.engine import PRIVATE, opened
from store.migrate import newer, revision_of, revisions
from store.models import Base
from store.settings import Settings
from store.sqlite_files import (
    copy_of,
    damage,
    damaged,
    file_of,
    refuse_damaged,
    sync,
)
from twin.errors import ScenarioError

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE, POSTGRES = "database/nameplate.db", "database/nameplate.pgdump"
IMPORTED = "imported/"
PIECE = 1 << 20


def backup(settings: Settings, target: Path, *, version: str) -> dict[str, Any]:
    """
    Write a backup; servers may go on meanwhile.

    Args:
        settings: Where everything lives.
        target: The file to write, or a folder to put one with a date into.
        version: Of the product.

    Returns:
        The manifest, and under `path` where it was written.

    Raises:
        ScenarioError: If there is nothing to back up, the database is damaged,
            `target` is there already, or PostgreSQL's programs are missing.
        OSError: If `target` cannot be written; nothing is left of it then.
    """
    now = dt.datetime.now(dt.UTC)
    if target.is_dir():
        target = target / f"nameplate-{now:%Y%m%dT%H%M%SZ}.zip"
    if target.exists():
        raise _wrong("OUT", "must not be there yet", target, "choose another name")
    prefix, beside = f".{target.name}-", target.absolute().parent
    with (
        opened(settings.database_url) as engine,
        tempfile.TemporaryDirectory(prefix=prefix, dir=beside) as name,
    ):
        work = Path(name)
        kind, revision = _database(engine, work)
        parts = {kind: work / Path(kind).name} | _imported(settings)
        manifest = {
            "format": FORMAT, "product": version, "revision": revision,
            "database": engine.dialect.name, "made_at": now.isoformat(),
            "published": _published(settings), "files": {},
        }  # fmt: skip
        made = work / "backup.zip"
        made.touch(mode=PRIVATE)
        _write(made, manifest, parts)
        sync(made)
        made.replace(target)
    return manifest | {"path": str(target)}


def unpacked(archive: Path, folder: Path) -> dict[str, Any]:
    """
    Unpack a backup and compare every part with its checksum.

    Args:
        archive: The file.
        folder: Where its parts go.

    Returns:
        The manifest.

    Raises:
        ScenarioError: If it is no backup, of another format, or damaged.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            manifest: dict[str, Any] = json.loads(packed.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise _wrong(
                    "file", f"must have format {FORMAT}", manifest["format"],
                    "restore it with the version of Nameplate that wrote it",
                )  # fmt: skip
            for name, said in manifest["files"].items():
                _unpack(packed, name, said["sha256"], folder)
    except FileNotFoundError as error:
        raise _wrong("file", "must be there", archive, "name a backup") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError,
            ValueError, AttributeError) as error:  # fmt: skip
        raise _wrong(
            "file", "must be a whole backup", f"{archive} ({error})",
            "take another; nothing was changed",
        ) from error  # fmt: skip
    kept = folder / SQLITE
    bad = damage(kept, thorough=True) if kept.exists() else None
    if bad is not None:
        raise _wrong("file", f"must be whole, but {bad}", archive, "take another")
    return manifest


def check_fits(manifest: dict[str, Any], engine: Engine) -> None:
    """
    Refuse a backup of another kind of database, or of a version to come.

    Raises:
        ScenarioError: If it does not fit.
    """
    if manifest["database"] != engine.dialect.name:
        raise _wrong(
            "file", f"must be a backup of {engine.dialect.name}", manifest["database"],
            "set NAMEPLATE_DATABASE_URL to a database of that kind",
        )  # fmt: skip
    known = revisions()
    if manifest["revision"] not in known:
        raise newer(engine, str(manifest["revision"]), known[-1])


def tool(name: str) -> str:
    """
    One of PostgreSQL's programs.

    Raises:
        ScenarioError: If it is not installed.
    """
    newest = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: int(path.parts[-3]),
    )
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise _wrong(
            "disk", f"must have PostgreSQL's {name}", "not installed",
            "install the package postgresql-client of the server's version",
        )  # fmt: skip
    return found


def run_tool(
    command: list[str],
    url: URL,
    feed: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> None:
    """
    Run one of PostgreSQL's programs; the password is on no command line.

    Args:
        command: The program and what it is told.
        url: The database.
        feed: Writes what it reads from us, and reads what it answers.

    Raises:
        ScenarioError: If it fails, with what it said.
    """
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    with tempfile.TemporaryFile() as told:
        pipe = None if feed is None else subprocess.PIPE
        with subprocess.Popen(  # noqa: S603 - our own command
            command, env=os.environ | secret, stderr=told, stdin=pipe,
            stdout=pipe or subprocess.DEVNULL,
        ) as process:  # fmt: skip
            if feed is not None:
                with contextlib.suppress(BrokenPipeError):
                    feed(process)
                with contextlib.suppress(BrokenPipeError):
                    process.communicate()
        told.seek(0)
        lines = told.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise _wrong(
            "database", f"must let {Path(command[0]).name} work",
            lines[0] if lines else "nothing",
            "see what it says; nothing was changed",
        )  # fmt: skip


def address(url: URL) -> str:
    """Address for PostgreSQL's programs, without a password."""
    bare = URL.create(  # `set` would keep the password
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    return bare.render_as_string()


def dump(engine: Engine, target: Path) -> None:
    """Write PostgreSQL's own dump of our tables; other tables are not ours."""
    names = [f"--table={name}" for name in our_tables(engine)]
    run_tool(
        [tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges",
         f"--file={target}", *names, address(engine.url)],
        engine.url,
    )  # fmt: skip


def our_tables(engine: Engine) -> list[str]:
    """Our tables that are there, and their partitions."""
    asked = text(
        "SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
        " LEFT JOIN pg_class p ON p.oid = i.inhparent WHERE c.relkind IN ('r', 'p') AND"
        " (c.relname = ANY(:names) OR p.relname = ANY(:names)) ORDER BY c.relname"
    )
    with engine.connect() as connection:
        names = [*Base.metadata.tables, "alembic_version"]
        return list(connection.scalars(asked, {"names": names}))


# --- inside ---------------------------------------------------------------------------


def _database(engine: Engine, work: Path) -> tuple[str, str]:
    refuse_damaged(engine)
    path = file_of(engine)
    if engine.dialect.name == "sqlite" and (path is None or not path.exists()):
        raise _wrong("database", "must be there", path, "there is nothing to back up")
    with engine.connect() as connection:
        revision = revision_of(connection)
    if revision is None:
        raise _wrong("database", "must hold tables", engine.url.database,
                     "there is nothing to back up")  # fmt: skip
    if path is None:
        dump(engine, work / Path(POSTGRES).name)
        return POSTGRES, revision
    made = copy_of(path, work / Path(SQLITE).name)
    wrong = damage(made, thorough=True)
    if wrong is not None:
        raise damaged(path, wrong)
    return SQLITE, revision


def _imported(settings: Settings) -> dict[str, Path]:
    folder = Path(settings.cache_dir) / "imported"
    found = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {
        IMPORTED + p.relative_to(folder).as_posix(): p
        for p in found
        if not p.name.startswith(".")  # half written
    }


def _published(settings: Settings) -> list[str]:
    folder = Path(settings.cache_dir) / "published"
    return sorted(p.parent.name for p in folder.glob("*/receipt.json"))


def _write(target: Path, manifest: dict[str, Any], parts: dict[str, Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, path in parts.items():
            with (
                path.open("rb") as source,
                packed.open(name, "w", force_zip64=True) as into,
            ):
                manifest["files"][name] = _copied(source, into)
        packed.writestr(MANIFEST, json.dumps(manifest, indent=1))


def _copied(source: Any, into: Any) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    while piece := source.read(PIECE):
        into.write(piece)
        digest.update(piece)
        size += len(piece)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _unpack(packed: zipfile.ZipFile, name: str, sha256: str, folder: Path) -> None:
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name} leads out of the backup")
    target.parent.mkdir(parents=True, exist_ok=True)
    if name in (SQLITE, POSTGRES):
        target.touch(mode=PRIVATE)
    into: BinaryIO
    with packed.open(name) as source, target.open("wb") as into:
        found = _copied(source, into)
        into.flush()
        os.fsync(into.fileno())
    if found["sha256"] != sha256:
        raise ValueError(f"{name} is not what was written")


def _wrong(field: str, rule: str, value: Any, repair: str) -> ScenarioError:
    return ScenarioError(field, rule, str(value), repair)
