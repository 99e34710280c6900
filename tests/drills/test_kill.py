"""Killed at any moment: nothing promised is lost, and the next start says so."""

from __future__ import annotations

import math
import os
import random
import time

from api.client import Client
from api.main import create_app
from store.download import mend
from store.settings import Settings
from tests.drills.house import Crowd, House, faults

SEED = 8
WORKS = ("run", "study", "applied", "dataset", "batch")


def killed_rounds(folder, url, *, rounds, seed=SEED, until_s=math.inf):
    """Kill a server with everybody at work, start it again, compare; and again."""
    house, draw = House(folder, url), random.Random(seed)
    crowd, said = Crowd(house), []
    house.server.start()
    try:
        for _ in range(rounds):
            if time.monotonic() > until_s:
                break
            with crowd.at_work() as promised:
                end_s = time.monotonic() + 30
                before = {k: len(promised[k]) for k in WORKS}
                while time.monotonic() < end_s and any(
                    len(promised[k]) == count for k, count in before.items()
                ):
                    time.sleep(0.01)
                time.sleep(draw.uniform(0.0, 0.5))
                house.server.kill()
            house.server.start()
            with house.client() as client:
                said.append(client.health()["found_at_start"])
            assert faults(house, crowd) == []
    finally:
        house.server.kill()
    return house, crowd, said


def test_a_server_killed_with_all_at_work_loses_nothing_and_says_so(tmp_path):
    house, crowd, said = killed_rounds(
        tmp_path / "house", f"sqlite:///{tmp_path / 'np.db'}", rounds=1
    )

    assert all(
        crowd.promised[k] for k in ("run", "study", "applied", "dataset", "batch")
    )
    for story in said:
        assert "The run before ended without a goodbye at about 20" in story
        assert "study study_" in story
        assert "nameplate sweep --resume study_" in story
    assert said[0] in house.log()


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
