"""Killed at any moment: nothing promised is lost, and the next start says so."""

from __future__ import annotations

import math
import os
import random
import time

import pytest

from api.client import Client
from api.main import create_app
from store.download import mend
from store.settings import Settings
from tests.drills.house import Crowd, House, faults, until

SEED = 8
WORKS = ("run", "study", "applied", "dataset", "batch")
LAST = "The run before ended without a goodbye at about 20"


def killed_rounds(
    folder, url, *, rounds, kills=(1, 2), seed=SEED, until_s=math.inf, with_pages=False
):
    """
    Kill servers with everybody at work, start one again, compare; and again.

    Args:
        folder: Of the servers.
        url: Their database.
        rounds: Kills.
        kills: How many of the two die, in turn.
        seed: Of the moments.
        until_s: No further round after this, of the monotonic clock. [s]
        with_pages: Servers as people start them.

    Returns:
        The house, the crowd with what it was promised, what was said, and how long
        each start took.
    """
    house, draw = House(folder, url), random.Random(seed)
    if with_pages:
        house.with_pages()
    both = [house.server, house.second]
    crowd, said, took_s = Crowd(house, *both), [], []
    try:
        for number in range(rounds):
            if time.monotonic() > until_s:
                break
            house.start(*(one for one in both if not one.lives()))
            dead = draw.sample(both, kills[number % len(kills)])
            with crowd.at_work() as promised:
                before = {k: len(promised[k]) + 1 for k in WORKS}
                until(lambda m=before: all(len(promised[k]) >= m[k] for k in m), 300)
                time.sleep(draw.uniform(0.0, 0.5))
                house.kill(*dead)
                took_s.append(house.start(dead[0]))
                living = [one for one in both if one.lives()]
                for one in set(living) - set(dead):
                    assert _given_up(house, one) == []
            with house.client(dead[0]) as client:
                said.append(client.health()["found_at_start"])
            until(house.at_rest, 300)
            if found := faults(house, crowd, serving=len(living)):
                raise AssertionError("\n".join(found))
    finally:
        house.kill(*both)
    return house, crowd, said, took_s


def _given_up(house, server):
    """Work of a server that lives which another says is lost."""
    asked = "SELECT id FROM jobs WHERE owner LIKE :owner AND state = 'failed'"
    return house.rows(asked, owner=f"%:{server.process.pid}:%")


@pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_server_killed_with_all_at_work_loses_nothing_and_says_so(database, tmp_path):
    """One of two; both, and on SQLite: scripts/drills."""
    house, crowd, _, _ = killed_rounds(
        tmp_path / "house", database, rounds=1, kills=(1,)
    )

    assert all(crowd.promised[k] for k in WORKS)
    # the one that lives may see it before the one that starts
    assert house.log().count(LAST) == 1
    assert "nameplate study --resume study_" in house.log()


def test_a_server_that_ended_in_order_leaves_nothing_to_tell(tmp_path):
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'np.db'}", cache_dir=tmp_path, workers=1
    )
    for _ in range(2):
        with Client.in_process(create_app(settings, warm=False)) as client:
            assert client.health()["found_at_start"] == ""


def test_a_download_killed_between_two_renames_is_put_back(tmp_path):
    published = tmp_path / "published"
    old = published / ".azure-llm-2023-conv-x7a_k9-old"
    old.mkdir(parents=True)
    (old / "receipt.json").write_text("{}")
    half = published / ".azure-llm-2023-code-q1w2"
    half.mkdir()
    long_ago = published / ".mlenergy-v3-abc"
    long_ago.mkdir()
    os.utime(long_ago, (1, 1))

    mend(tmp_path)

    assert (published / "azure-llm-2023-conv" / "receipt.json").exists()
    assert half.exists()  # somebody may be at it
    assert not long_ago.exists()
