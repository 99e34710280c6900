"""Stored runs to compare, on a server without a network."""

from __future__ import annotations

import pytest

from app.pages.compare.answers import Answers
from tests.app.serving_pages import in_process

SHORT = {"horizon.days": 0.02, "workload.load.requests_per_server_s": 0.05}


def store_runs(client):
    """Store today's row, and the same with twelve more servers and no control."""
    ids = []
    for changes in ({}, {"fleet.server_count": 52, "policy": {"name": "no-cap"}}):
        job = client.wait(client.create_run(changes=SHORT | changes)["id"])
        ids.append(job["result"]["id"])
    return ids


@pytest.fixture(scope="package")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare-page")
    with in_process(folder, warm=False, what_if_wait_s=60.0) as opened:
        yield opened


@pytest.fixture(scope="package")
def answers(client):
    return Answers(client)


@pytest.fixture(scope="package")
def runs(client):
    return store_runs(client)


@pytest.fixture(scope="package")
def two(client, runs):
    """Comparison of both runs."""
    return client.compare([{"run_id": key} for key in runs])
