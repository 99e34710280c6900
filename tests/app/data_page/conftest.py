"""A server with three hosts, one of them with a gap and none of them placed."""

from __future__ import annotations

import time

import pytest

from tests.app.live.seed import HOSTS, SITE, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Half an hour of readings each ten seconds; b1 was silent for ten minutes."""
    with serving(tmp_path_factory.mktemp("data")) as served:
        now_s = time.time()
        for host in HOSTS:
            silent = (600, 1200) if host == "b1" else (0, 0)
            event = {"time_us": round((now_s - 60) * 1e6), "device": 0, "kind": "xid",
                     "text": "Xid 63"}  # fmt: skip
            ages = [a for a in range(1800, -1, -10) if not silent[0] < a < silent[1]]
            served.report(host, [now_s - a for a in ages], events=[event])
        made = served.http.post("/api/v1/scenarios", json={"scenario": SITE}).json()
        served.scenario_id = made["id"]
        yield served


@pytest.fixture(scope="module")
def origin(site):
    return site.origin
