"""A damaged SQLite file: found at the start, kept, refused with words, mended."""

from __future__ import annotations

import json
import sqlite3

import pytest
from typer.testing import CliRunner

from api.client import Client
from api.main import create_app
from cli.main import app as command
from store.engine import open_engine
from store.migrate import upgrade
from store.settings import Settings
from store.sqlite_files import beside, copies
from tests.drills.filled import as_words, fill, read
from tests.drills.test_upgrade import child
from twin.errors import ScenarioError

PAGE = 4096


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A database of many pages in one file, and its rows."""
    url = f"sqlite:///{tmp_path / 'np.db'}"
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", url)
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path / "cache"))
    engine = open_engine(url)
    rows = fill(engine, "head", rows=400)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return rows


def table_page(path, table):
    """Place of a page in the middle of a table's rows."""
    with sqlite3.connect(path) as connection:
        try:
            pages = connection.execute(
                "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'",
                (table,),
            ).fetchall()
        except sqlite3.OperationalError:
            pages = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
            ).fetchall()
    connection.close()
    return (pages[len(pages) // 2][0] - 1) * PAGE


def overwrite(path, at, content):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def truncated(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // PAGE * PAGE)


def header(path):
    overwrite(path, 0, b"\0" * 100)


def page(path):
    overwrite(path, table_page(path, "studies"), b"\xff" * PAGE)


def removed(path):
    beside(path, "-wal").write_bytes(b"x" * 100)
    path.unlink()


@pytest.mark.parametrize("harm", [truncated, header, page, removed])
def test_a_damaged_file_is_kept_and_the_start_says_what_to_do(tmp_path, made, harm):
    path = tmp_path / "np.db"
    harm(path)
    before = path.read_bytes() if path.exists() else None

    for _ in range(3):  # a supervisor tries again and again
        with pytest.raises(ScenarioError, match="must be whole, but") as refused:
            upgrade(f"sqlite:///{path}")

    assert refused.value.value == str(path)
    assert "nameplate restore FILE" in refused.value.repair
    assert "nameplate doctor --repair" in refused.value.repair
    kept = copies(path, "damaged")
    assert len([p for p in kept if not p.name.endswith(("-wal", "-shm"))]) == 1
    assert (path.read_bytes() if path.exists() else None) == before  # nor made anew
    told = CliRunner().invoke(command, ["doctor"])
    assert told.exit_code == 1

    saved = tmp_path / "saved"
    saved.mkdir()
    refused = CliRunner().invoke(command, ["backup", str(saved), "--json"])
    (error,) = json.loads(refused.stdout)["error"]["errors"]
    assert refused.exit_code == 3, refused.output
    assert error["rule"].startswith("must be whole, but ")
    assert ("damage is in studies" in error["rule"]) == (harm is page)
    assert "nameplate doctor --repair" in error["repair"]
    assert list(saved.iterdir()) == []  # nor half a backup


def test_what_can_be_read_is_saved(tmp_path, made):
    path = tmp_path / "np.db"
    page(path)
    bad = path.read_bytes()

    done = CliRunner().invoke(command, ["doctor", "--repair"])
    assert "saved" in done.output, done.output

    upgrade(f"sqlite:///{path}")
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found, whole = as_words(read(connection, made)), as_words(made)
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    engine.dispose()
    lost = {n: len(whole[n]) - len(found[n]) for n in whole if found[n] != whole[n]}
    assert set(lost) <= {"studies", "study_points"}
    assert 0 < lost["studies"] < 100
    assert set(found["studies"]) < set(whole["studies"])  # none of them changed
    assert copies(path, "damaged")[0].read_bytes() == bad


def write_and_die(url, cache):
    """A server that takes a scenario and is gone."""
    settings = Settings(database_url=url, cache_dir=cache, workers=1)
    with Client.in_process(create_app(settings, warm=False)) as client:
        client.create_scenario({"name": "owed"})
        import os

        os._exit(9)


def test_a_log_deleted_after_a_crash_is_missed(tmp_path):
    url = f"sqlite:///{tmp_path / 'np.db'}"
    upgrade(url)
    process = child(write_and_die, url, tmp_path / "cache")
    process.join(60)
    assert process.exitcode == 9
    path = tmp_path / "np.db"
    assert beside(path, "-wal").stat().st_size > 0
    for ending in ("-wal", "-shm"):
        beside(path, ending).rename(tmp_path / ending)

    with pytest.raises(ScenarioError, match="-wal was deleted"):
        upgrade(url)

    for ending in ("-wal", "-shm"):
        (tmp_path / ending).rename(beside(path, ending))
    settings = Settings(database_url=url, cache_dir=tmp_path / "cache", workers=1)
    with Client.in_process(create_app(settings, warm=False)) as client:
        assert "owed" in {s["name"] for s in client.scenarios()}
        assert "without a goodbye" in client.health()["found_at_start"]


def test_a_large_database_is_looked_at_for_a_bounded_time(tmp_path, monkeypatch, made):
    monkeypatch.setattr("store.sqlite_files.LOOK_S", -1.0)

    upgrade(f"sqlite:///{tmp_path / 'np.db'}")  # not finished is not damaged
