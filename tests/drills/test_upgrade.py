"""From every earlier schema, full of rows, to today's; and killed on the way."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.engine import open_engine
from store.migrate import KEPT_COPIES, revision_of, revisions, upgrade
from store.models import Base
from store.sqlite_files import copies, file_of
from tests.drills.filled import as_words, fill, read
from tests.store.schema import check_engine, downgrade_engine
from twin.errors import ScenarioError

HEAD = revisions()[-1]
GOLDEN = 0.618
"""Multiples of it, less their whole part, fill a range evenly."""


@pytest.mark.parametrize("revision", revisions())
def test_rows_of_an_earlier_schema_are_there_and_read_today(database, revision):
    engine = open_engine(database)
    made = fill(engine, revision)
    assert all(made.values())

    upgrade(database)

    with engine.connect() as connection:
        assert revision_of(connection) == HEAD
        assert as_words(read(connection, made)) == as_words(made)
    check_engine(engine)
    mappers = {m.local_table.name: m.class_ for m in Base.registry.mappers}
    with Session(engine) as session:
        for name, rows in made.items():
            found = session.scalars(sa.select(mappers[name])).all()
            assert len(found) == len(rows), name
    engine.dispose()


def child(work, *given):
    """Run something in a process that may be killed."""
    process = multiprocessing.get_context("fork").Process(target=work, args=given)
    process.start()
    return process


def killed_after(process, seconds):
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


def killed_migrations(database, *, moments, longest_s, for_s=math.inf):
    """
    Kill migrations at swept moments.

    Returns:
        How many were hit, and how long the next starts took that mended them. [s]
    """
    engine, hit, took_s = open_engine(database), 0, []
    end_s = time.monotonic() + for_s
    made = fill(engine, "0001", rows=60)
    for k in range(moments):
        if time.monotonic() > end_s:
            break
        engine.dispose()
        hit += killed_after(child(upgrade, database), longest_s * (k * GOLDEN % 1.0))
        with engine.connect() as connection:
            assert revision_of(connection) in {"0001", HEAD}  # never in between
            tables = set(sa.inspect(connection).get_table_names())
            whole = revision_of(connection) == HEAD
            assert ("answers" in tables) == whole
            assert as_words(read(connection, made)) == as_words(made)
        if whole:
            downgrade_engine(engine)
            made = fill(engine, "0001", rows=60)
    began_s = time.monotonic()
    upgrade(database)  # the next start mends by itself
    took_s.append(time.monotonic() - began_s)
    check_engine(engine)
    with engine.connect() as connection:
        assert as_words(read(connection, made)) == as_words(made)
    engine.dispose()
    return hit, took_s


def test_a_migration_killed_at_any_moment_is_done_whole_or_not_at_all(database):
    assert killed_migrations(database, moments=4, longest_s=0.3)[0] > 0


def test_two_servers_that_start_together_migrate_once(database):
    engine = open_engine(database)
    made = fill(engine, "0001")
    engine.dispose()

    both = [child(upgrade, database) for _ in range(2)]
    for process in both:
        process.join(120)

    assert [process.exitcode for process in both] == [0, 0]
    engine = open_engine(database)
    with engine.connect() as connection:
        assert as_words(read(connection, made)) == as_words(made)
    engine.dispose()


def test_a_sqlite_file_is_copied_before_it_is_migrated(tmp_path):
    for k in range(KEPT_COPIES + 2):
        url = f"sqlite:///{tmp_path / 'np.db'}"
        engine = open_engine(url)
        (tmp_path / "np.db").unlink(missing_ok=True)
        made = fill(engine, "0001")
        engine.dispose()
        upgrade(url)
        kept = copies(file_of(engine), "before")
        assert len(kept) == min(k + 1, KEPT_COPIES)

    copied = open_engine(f"sqlite:///{kept[-1]}")
    with copied.connect() as connection:
        assert revision_of(connection) == "0001"
        assert as_words(read(connection, made)) == as_words(made)
    copied.dispose()


def test_a_database_of_a_newer_version_is_refused(engine):
    fill(engine, "head", rows=1)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ScenarioError, match="must have schema") as refused:
        upgrade(engine.url.render_as_string(hide_password=False))
    assert "9999" in str(refused.value.value)
    assert "newer version" in refused.value.repair
