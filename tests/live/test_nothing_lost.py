"""
Everything that fails, in random order; then every spooled sample is stored, once.

The short form of `scripts/chaos`; docs/nothing_lost.md has the long one's numbers.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

from store.engine import open_engine
from tests.agent.fake import COMPILER
from tests.live.chaos import Chaos, Plan, report
from tests.live.hosts import Pace, Witness
from tests.live.truth import Found, compare

SEED = 20
PLAN = Plan(
    seconds=16.0, agents=6, database="sqlite", seed=SEED, every_s=0.9, longest_s=4.0,
    pace=Pace(rate_hz=5.0, flush_s=0.2, batch_s=0.5, retry_max_s=0.5),
)  # fmt: skip


@pytest.fixture
def folder():
    """A folder that the database's user may pass through, as pytest's own are not."""
    if COMPILER is None:
        if os.environ.get("CI") == "true":
            pytest.fail("needs a C compiler: packages gcc, libc6-dev")
        pytest.skip("needs a C compiler: packages gcc, libc6-dev")
    with tempfile.TemporaryDirectory(prefix="nameplate-chaos-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def aged():
    """Chaos on a plan, and what became of it."""

    def run(plan, folder):
        chaos = Chaos(plan, folder)
        found = chaos.run()
        sys.stdout.write(json.dumps(report(chaos, found), indent=1))  # with the seed
        return chaos, found

    return run


@pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def test_every_spooled_sample_is_stored_exactly_once(aged, folder, database):
    chaos, found = aged(dataclasses.replace(PLAN, database=database), folder)

    assert chaos.counts["agents killed"] > 0
    assert chaos.counts["server killed"] > 0
    assert (chaos.counts["database killed"] > 0) == (database == "postgresql")
    assert found.owed > 500
    assert (found.missing, found.invented, found.changed) == (0, 0, 0)
    assert found.put == found.owed  # a batch stored twice would be seen here
    assert found.forgotten == 0
    assert found.whole, found


def test_the_count_finds_what_is_lost_twice_and_changed(aged, folder):
    """A check of the check: harm is done to the database, and each harm is told."""
    quiet = dataclasses.replace(PLAN, seconds=2.0, agents=2)
    chaos, found = aged(quiet, folder)
    assert found.whole, found

    harmed = _harmed(chaos)

    assert not harmed.whole
    assert harmed.missing > 0
    assert harmed.put > harmed.owed


def _harmed(chaos: Chaos) -> Found:
    """One row of the inbox is gone, another was put in once more."""
    engine = open_engine(chaos.url)
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(
            "SELECT id FROM telemetry_inbox WHERE readings > 1 ORDER BY id"
        ).all()
        first, last = rows[0].id, rows[-1].id
        connection.exec_driver_sql(
            "INSERT INTO telemetry_inbox (source_id, window_us, readings, body) SELECT "
            "source_id, window_us, readings, body FROM telemetry_inbox WHERE id = ?",
            (last,),
        )
        connection.exec_driver_sql("DELETE FROM telemetry_inbox WHERE id = ?", (first,))
    engine.dispose()
    witness = Witness()
    witness.chunks = chaos.witness.chunks
    witness.close()
    return compare(chaos.url, chaos.hosts, witness)
