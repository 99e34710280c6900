"""Answers to draw from: one small row, simulated once."""

from __future__ import annotations

import copy

import pytest

from tests.app.standin import StandIn


@pytest.fixture(scope="session")
def client():
    return StandIn()


@pytest.fixture(scope="session")
def _answered(client):
    changes = {"fleet.server_count": 52, "horizon.days": 0.1}
    return client.what_if(changes=changes)


@pytest.fixture
def whatif(_answered):
    """Answer for 52 servers under POLCA over a tenth of a day."""
    return copy.deepcopy(_answered)


@pytest.fixture(scope="session")
def plan(client):
    """Plan of two counts and two policies."""
    changes = {
        "horizon.days": 0.05, "plan.added_servers": [0, 12],
        "plan.policies": ["polca", "no-cap"],
    }  # fmt: skip
    job = client.create_plan(changes=changes)
    return client.plan_result(job["id"])
