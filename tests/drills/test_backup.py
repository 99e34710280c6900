"""A backup made while serving, put back whole; damaged, newer and cut-off ones."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from api.client import Client
from api.main import create_app
from cli.main import app as command
from store import restore as restoring
from store.backup import MANIFEST, backup
from store.engine import open_engine
from store.migrate import upgrade
from store.restore import PLAN, WORK, restore, settle
from store.settings import Settings
from store.sqlite_files import beside, damage, file_of
from tests.drills.failing import FailingDisk
from tests.drills.filled import as_words, fill, read
from tests.drills.house import REQUESTS
from tests.drills.test_upgrade import GOLDEN, child, killed_after
from twin.errors import ScenarioError

DONE = "A restore that was cut off has been finished: the backup is in place."
UNDONE = "A restore was cut off before it replaced anything"


def settings_of(url, folder):
    return Settings(
        database_url=url, cache_dir=folder / "cache", workers=1, study_engine="threads"
    )


def serving(settings):
    return Client.in_process(create_app(settings, warm=False))


@pytest.fixture
def settings(database, tmp_path):
    return settings_of(database, tmp_path)


def words(settings, made):
    engine = open_engine(settings.database_url)
    with engine.connect() as connection:
        found = as_words(read(connection, made))
    engine.dispose()
    return found


def names(settings):
    engine = open_engine(settings.database_url)
    with engine.connect() as connection:
        found = set(connection.scalars(sa.text("SELECT name FROM scenarios")))
    engine.dispose()
    return found


def put_back(settings, archive, **more):
    engine = open_engine(settings.database_url)
    try:
        return restore(engine, settings.cache_dir, archive, **more)
    finally:
        engine.dispose()


def test_a_backup_made_while_planners_write_comes_back_as_it_was(settings, tmp_path):
    stop, named = threading.Event(), []
    archive = tmp_path / "a.zip"
    with serving(settings) as client:
        upload = tmp_path / "mine.csv"
        upload.write_text(REQUESTS)
        client.import_dataset("mine", "requests", upload)

        def write():
            while not stop.is_set():
                name = f"n{len(named)}"
                client.create_scenario({"name": name})
                named.append(name)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while len(named) < 5:
                stop.wait(0.01)
            before = len(named)
            made = backup(settings, archive, version="0.1.0")
        finally:
            stop.set()
            writer.join()
        assert made["files"]["imported/mine.requests.csv.gz"]["bytes"] > 0
        with pytest.raises(ScenarioError, match="must not be served"):
            put_back(settings, archive)
    (settings.cache_dir / "imported" / "mine.requests.csv.gz").unlink()
    with serving(settings) as client:
        client.create_scenario({"name": "made afterwards"})

    aside = put_back(settings, archive)["aside"]

    with serving(settings) as client:
        found = names(settings)
        kept = [n for n in named if n in found]
        assert before <= len(kept)
        assert kept == named[: len(kept)]  # one moment, no gaps
        assert "made afterwards" not in found
        assert "mine" in {d["name"] for d in client.datasets()}
    assert aside  # the old state is kept


def test_every_row_comes_back_and_others_tables_stay(engine, settings, tmp_path):
    made = fill(engine, "head")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE others (x INTEGER)"))
    before = words(settings, made)
    backup(settings, tmp_path / "a.zip", version="0.1.0")
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM studies"))
        connection.execute(sa.text("DELETE FROM telemetry_raw"))
    engine.dispose()
    assert words(settings, made) != before

    put_back(settings, tmp_path / "a.zip", only_check=True)
    assert words(settings, made) != before  # looked at, not put back
    put_back(settings, tmp_path / "a.zip")

    assert words(settings, made) == before
    assert sa.inspect(engine).has_table("others")


def test_a_backup_of_an_earlier_schema_is_migrated_at_the_next_start(
    engine, settings, tmp_path
):
    made = fill(engine, "0003")
    before = words(settings, made)
    backup(settings, tmp_path / "a.zip", version="0.1.0")
    engine.dispose()
    upgrade(settings.database_url)

    put_back(settings, tmp_path / "a.zip")
    upgrade(settings.database_url)

    assert words(settings, made) == before


def changed(archive, target, *, manifest=None, body=None):
    """A copy of a backup in which something is not as it was."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == MANIFEST:
                content = json.dumps(json.loads(content) | (manifest or {})).encode()
            elif body is not None:
                content = body(content)
            new.writestr(name, content)
    return target


def flipped(content):
    return content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"manifest": {"revision": "9999"}}, "earlier one", id="newer"),
        pytest.param({"manifest": {"format": 2}}, "must have format 1", id="format"),
        pytest.param({"manifest": {"database": "postgresql"}}, "sqlite", id="kind"),
        pytest.param({"body": flipped}, "must be a whole backup", id="flipped bit"),
        pytest.param({"manifest": {"files": {"../../x": {"sha256": ""}}}},
                     "must be a whole backup", id="leads out"),
    ],
)  # fmt: skip
def test_what_cannot_be_put_back_is_refused_and_changes_nothing(tmp_path, change, said):
    settings = settings_of(f"sqlite:///{tmp_path / 'np.db'}", tmp_path)
    upgrade(settings.database_url)
    backup(settings, tmp_path / "a.zip", version="0.1.0")
    bad = changed(tmp_path / "a.zip", tmp_path / "bad.zip", **change)
    before = (tmp_path / "np.db").read_bytes()

    with pytest.raises(ScenarioError, match=said):
        put_back(settings, bad)

    assert (tmp_path / "np.db").read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} <= {"np.db", "a.zip", "bad.zip"}


def killed_restores(folder, url, *, moments, longest_s, rows=200, for_s=math.inf):
    """
    Kill restores at swept moments; each leaves the old state or the new one.

    Returns:
        How many were hit, which state each left, and how long the next starts took.
    """
    folder.mkdir(exist_ok=True)
    settings = settings_of(url, folder)
    engine = open_engine(url)
    made = fill(engine, "head", rows=rows)
    kept = settings.cache_dir / "imported" / "a.requests.csv.gz"
    kept.parent.mkdir(parents=True)
    kept.write_text("new")
    archive = folder / "a.zip"
    backup(settings, archive, version="0.1.0")
    new, ends, took_s = words(settings, made), [], []
    end_s = time.monotonic() + for_s
    for k in range(moments):
        if time.monotonic() > end_s:
            break
        with engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM answers"))
        engine.dispose()
        kept.write_text("old")
        old = words(settings, made)
        wait_s = longest_s * (k * GOLDEN % 1.0)
        if not killed_after(child(put_back, settings, archive), wait_s):
            continue
        began_s = time.monotonic()
        engine = open_engine(url)
        told = settle(engine, settings.cache_dir)  # as the next start does
        upgrade(url)
        took_s.append(time.monotonic() - began_s)
        engine.dispose()
        found = words(settings, made)
        assert (found, kept.read_text()) in ((old, "old"), (new, "new")), told
        if found == new:
            assert told in ("", DONE)  # killed in its very last moment, or finished
        ends.append("new" if found == new else "old")
        if path := file_of(engine):
            assert damage(path, thorough=True) is None
            assert not beside(path, PLAN).exists()
        rest = [*folder.rglob(f"{WORK}*"), *folder.rglob(".imported-*")]
        assert rest == [], told
        assert settle(engine, settings.cache_dir) == ""  # it is told once
        for aside in folder.rglob("*replaced-*"):
            shutil.rmtree(aside) if aside.is_dir() else aside.unlink()
    engine.dispose()
    return ends, took_s


def test_a_restore_killed_at_any_moment_leaves_the_old_state_or_the_new(
    database, tmp_path
):
    ends, _ = killed_restores(
        tmp_path / "r", database, moments=3, longest_s=0.6, rows=50
    )

    assert ends


class Killed(BaseException):
    pass


AT_LAST = 99
"""All is renamed, and what it was unpacked into is about to be cleared away."""


@pytest.mark.parametrize(
    ("database", "at"),
    [("sqlite", 1), ("sqlite", 3), ("sqlite", 4), ("sqlite", AT_LAST),
     pytest.param("postgres", 0, marks=pytest.mark.postgres),
     pytest.param("postgres", AT_LAST, marks=pytest.mark.postgres)],
    indirect=["database"],
)  # fmt: skip
def test_a_restore_cut_off_after_its_first_rename_is_finished_at_the_next_start(
    engine, settings, tmp_path, monkeypatch, at
):
    made = fill(engine, "head")
    (settings.cache_dir / "imported").mkdir(parents=True)
    (settings.cache_dir / "imported" / "a.requests.csv.gz").write_text("before")
    backup(settings, tmp_path / "a.zip", version="0.1.0")
    before = words(settings, made)
    (settings.cache_dir / "imported" / "a.requests.csv.gz").write_text("after")
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM answers"))
    engine.dispose()
    done, step = [], restoring._do

    def until(one):
        if len(done) == at:
            raise Killed
        done.append(one)
        step(one)

    def cleared(*_, **__):
        raise Killed

    monkeypatch.setattr(restoring, "_do", until)
    if at == AT_LAST:
        monkeypatch.setattr(restoring.shutil, "rmtree", cleared)
    with pytest.raises(Killed):
        put_back(settings, tmp_path / "a.zip")
    monkeypatch.undo()

    assert settle(engine, settings.cache_dir) == DONE  # as the next start does

    assert words(settings, made) == before
    kept = settings.cache_dir / "imported" / "a.requests.csv.gz"
    assert kept.read_text() == "before"
    assert settle(engine, settings.cache_dir) == ""


def test_the_start_after_a_restore_that_was_cut_off_says_so_once(settings):
    settings.cache_dir.mkdir()
    path = file_of(open_engine(settings.database_url))
    place = settings.cache_dir if path is None else path.parent
    left, under_way = place / f"{WORK}left", place / f"{WORK}under-way"
    for one in (left, under_way):
        one.mkdir()
    held = restoring._hold(under_way)
    for told in (True, False):
        with serving(settings) as client:
            assert (UNDONE in client.health()["found_at_start"]) is told
    os.close(held)

    assert not left.exists()
    assert under_way.exists()


def test_the_commands_back_up_and_put_back(tmp_path, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", f"sqlite:///{tmp_path / 'np.db'}")
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path / "cache"))
    runner = CliRunner()
    none = runner.invoke(command, ["backup", str(tmp_path)])
    assert none.exit_code == 3
    assert "there is nothing to back up" in none.output
    upgrade(f"sqlite:///{tmp_path / 'np.db'}")

    made = runner.invoke(command, ["backup", str(tmp_path), "--json"])
    archive = json.loads(made.stdout)["path"]
    looked = runner.invoke(command, ["restore", archive, "--check"])
    done = runner.invoke(command, ["restore", archive])

    assert [made.exit_code, looked.exit_code, done.exit_code] == [0, 0, 0]
    assert "is whole" in looked.output
    assert "the old state:" in done.output


def test_the_database_and_its_backup_are_their_owners_alone(tmp_path):
    """Both hold webhook secrets in plain text."""
    settings = settings_of(f"sqlite:///{tmp_path / 'np.db'}", tmp_path)
    with serving(settings) as client:
        client.create_scenario({"name": "a"})
        made = backup(settings, tmp_path / "a.zip", version="0.1.0")
        there = [*tmp_path.glob("np.db*"), tmp_path / "a.zip"]
        assert {"np.db", "np.db-wal", "np.db-shm"} <= {p.name for p in there}
        open_to_others = {
            p.name for p in there
            if p.stat().st_mode & 0o077 and not p.name.endswith((".state", ".lock"))
        }  # fmt: skip
        assert open_to_others == set()
    put_back(settings, made["path"])
    assert (tmp_path / "np.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        pytest.param(0o644, 0o600, id="closed to all others"),
        pytest.param(0o640, 0o640, id="a group is allowed on purpose"),
    ],
)
def test_a_start_closes_a_database_that_was_open_to_all(tmp_path, caplog, mode, found):
    path = tmp_path / "np.db"
    upgrade(f"sqlite:///{path}")
    files = {path, tmp_path / "np.db.before-0004-20260101T000000Z"}
    for file in files:
        file.touch()
        file.chmod(mode)

    upgrade(f"sqlite:///{path}")

    assert {file.stat().st_mode & 0o777 for file in files} == {found}
    assert caplog.text.count("was open to every user") == (2 if found != mode else 0)


@pytest.mark.parametrize("target", ["/no/such/dir/x.zip", "/proc", "/proc/x.zip"])
def test_a_backup_that_cannot_be_written_names_the_place(tmp_path, monkeypatch, target):
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", f"sqlite:///{tmp_path / 'np.db'}")
    upgrade(f"sqlite:///{tmp_path / 'np.db'}")

    done = CliRunner().invoke(command, ["backup", target, "--json"])

    (error,) = json.loads(done.stdout)["error"]["errors"]
    assert done.exit_code == 3
    assert (error["field"], error["value"]) == ("OUT", target)
    assert error["repair"].startswith("choose another (")


@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_a_backup_to_a_failing_disk_leaves_nothing_half_written(tmp_path, kind):
    folder, work = tmp_path / "disk", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    upgrade(f"sqlite:///{tmp_path / 'np.db'}")
    disk = FailingDisk(folder, work)
    env = {"NAMEPLATE_DATABASE_URL": f"sqlite:///{tmp_path / 'np.db'}",
           "NAMEPLATE_CACHE_DIR": str(tmp_path / "cache")}  # fmt: skip

    with disk.being(kind):
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "backup", folder / "a.zip"],
            env=os.environ | env | disk.env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    assert done.returncode == 3, done.stderr
    assert f"OUT must be a file that can be written, got '{folder}" in done.stderr
    assert list(folder.iterdir()) == []
