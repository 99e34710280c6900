"""Answers to write reports of, each computed once by the real application."""

from __future__ import annotations

import copy

import pytest

from api.client import Client
from api.main import create_app
from app.create import create_dash
from store.settings import Settings

SHORT = {"horizon": {"days": 0.01}}
SITE = SHORT | {"facility": {"template": {
    "design": "2n", "halls": 1, "rows_per_hall": 1, "racks_per_row": 4,
    "servers_per_rack": 2,
}}}  # fmt: skip
SWEEP = {
    "name": "Uncertain load", "question": "row", "base": SHORT,
    "axes": [
        {"field": "fleet.server_count", "range": {"low": 40, "high": 52}},
        {"field": "workload.load.target_peak_frac", "label": "Load", "distribution":
         {"kind": "normal", "mean": 0.7, "sd": 0.02, "least": 0.6, "most": 0.75}},
    ],
    "design": {"kind": "random", "points": 24},
    "outputs": ["peak_frac", "mean_w"],
    "limits": [{"output": "peak_frac", "at_most": 0.8}],
    "objectives": [{"output": "fleet.server_count", "goal": "max"},
                   {"output": "mean_w", "goal": "min"}],
}  # fmt: skip
ALONE = SWEEP | {
    "name": "One at a time",
    "design": {"kind": "one-at-a-time"},
    "limits": [],
    "objectives": [],
}
SERVING = {"server_count": 2, "traffic": {"rate_rps": 2, "length_s": 120},
           "systems": [{"key": "baseline"}, {"key": "greener"}],
           "server_counts": [3]}  # fmt: skip


@pytest.fixture(scope="package")
def served(tmp_path_factory):
    """The whole application, pages and reports included, and a client of it."""
    folder = tmp_path_factory.mktemp("report")
    settings = Settings(
        database_url=f"sqlite:///{folder}/t.db", cache_dir=folder, study_engine="serial"
    )
    app = create_app(settings, warm=False)
    create_dash(app, Client.in_process(app, lifespan=False))
    with Client.in_process(app) as client:
        yield app, client


@pytest.fixture(scope="package")
def _known(served):
    _, client = served
    found = {
        "whatif": client.what_if(SHORT | {"fleet": {"server_count": 52}}),
        "site": client.site_run(scenario=SITE),
        "failures": client.site_failures(scenario=SITE, pairs=False),
        "serving": client.serving_run(SERVING, points=50),
    }
    for count in (40, 52):
        job = client.create_run(SHORT | {"fleet": {"server_count": count}})
        found[f"run {count}"] = client.wait(job["id"])["result"]["id"]
    job = client.create_plan(SHORT | {"plan": {"added_servers": [0, 12]}})
    found["plan"] = client.wait(job["id"])["result"]["id"]
    for name, spec in (("sweep", SWEEP), ("alone", ALONE)):
        job = client.wait(client.start_study(spec)["id"])
        found[name] = job["result"]["id"]
    return found


@pytest.fixture
def known(_known):
    """Answers by name; of what is stored the id."""
    return copy.deepcopy(_known)


@pytest.fixture
def ask(served):
    """Ask an address below the prefix, as a browser would."""
    _, client = served

    def asked(path, **options):
        method = "POST" if "json" in options else "GET"
        return client._http.request(method, f"/api/v1{path}", **options)

    return asked
