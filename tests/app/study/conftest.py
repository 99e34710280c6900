"""Studies of a row of a few servers for minutes, answered in milliseconds."""

from __future__ import annotations

import pytest

from app.pages.study.points import Points
from app.study_seen import Seen
from tests.app.serving_pages import in_process
from tests.twin.study.conftest import COUNTS, LEVEL, SMALL

GRID = {
    "name": "Counts by level", "base": SMALL, "axes": [COUNTS, LEVEL],
    "outputs": ["peak_w", "energy_wh", "peak_frac"],
    "limits": [{"output": "peak_w", "at_most": 15_000}],
    "objectives": [{"output": "fleet.server_count", "goal": "max"},
                   {"output": "energy_wh", "goal": "min"}],
}  # fmt: skip
"""Three counts and two levels; more servers take more energy: the front is a chain."""
DRAWN = {
    "name": "Drawn", "base": SMALL,
    "axes": [
        {"field": "fleet.server_power_frac", "label": "Power per server",
         "distribution": {"kind": "triangular", "low": 0.9, "mode": 1.0, "high": 1.1}},
        {"field": "workload.load.level", "label": "Load",
         "distribution": {"kind": "uniform", "low": 0.8, "high": 1.2}},
    ],
    "design": {"kind": "random", "points": 24},
    "outputs": ["peak_w", "energy_wh"],
    "limits": [{"output": "peak_w", "at_most": 15_000}],
}  # fmt: skip
TORNADO = DRAWN | {"name": "Tornado", "design": {"kind": "one-at-a-time"}}
BROKEN = {"name": "One breaks", "base": SMALL, "outputs": ["peak_w"],
          "axes": [{"field": "fleet.server_count", "values": [4, 1]}]}  # fmt: skip


@pytest.fixture(scope="package")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study-page")
    with in_process(folder, study_engine="threads") as opened:
        yield opened


@pytest.fixture(scope="package")
def points(client):
    return Points(client)


@pytest.fixture(scope="package")
def asked(client):
    """Ids of finished studies, each asked once."""
    known = {}

    def ask(study):
        if study["name"] not in known:
            job = client.start_study(study)
            client.wait(job["id"], timeout_s=120)
            known[study["name"]] = job["result"]["id"]
        return known[study["name"]]

    return ask


@pytest.fixture(scope="package")
def seen_of(asked, points):
    """A finished study as figures take it."""

    def found(study, **more):
        document, rows, whole = points.study(asked(study))
        assert whole
        return Seen(document, rows, **more)

    return found


@pytest.fixture(scope="module")
def server_settings():
    return {"study_engine": "threads"}
