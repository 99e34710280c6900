"""One server with something on every page: readings, a study, two runs, a site."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from api.client import Client
from tests.app.compare.conftest import store_runs
from tests.app.live.seed import HOSTS, serving
from tests.app.study.conftest import GRID

PAGES = ("explore", "site", "failures", "cooling", "stabilize", "serving", "study",
         "compare", "live", "data")  # fmt: skip
SITE = "document.body.dataset.siteView === '{}'"
SEQ = "Boolean(document.body.dataset.{})"


@dataclass(frozen=True)
class Place:
    """Where a page is, when it has an answer, and how many charts that draws."""

    path: str
    ready: str
    charts: int


def places(site_id, runs, study):
    """Every page with an answer on it that takes seconds."""
    small = "/site/?rows=2&racks=4"
    chosen = ",".join(f"run:{r}" for r in runs)
    return {
        "explore": Place("/?days=0.1", SEQ.format("exploreSeq"), 3),
        "site": Place(small, SEQ.format("siteSeq"), 4),
        "failures": Place(small + "&view=failures", SITE.format("failures"), 4),
        "cooling": Place(small + "&view=cooling", SITE.format("cooling"), 4),
        "stabilize": Place("/stabilize/", SEQ.format("stabFine"), 4),
        "serving": Place(
            "/serving/?minutes=5&rate=10&systems=greener,buddy",
            SEQ.format("servFine"), 6,
        ),
        "study": Place(f"/study/?study={study}", SEQ.format("studyDone"), 5),
        "compare": Place(f"/compare/?items={chosen}", SEQ.format("cmpSeq"), 1),
        "live": Place("/live/", SEQ.format("liveDrawn"), 1),
        "data": Place(f"/data/?scenario={site_id}", SEQ.format("dataSeq")
                      + " && document.querySelectorAll('#data-sources tbody tr')"
                        f".length === {len(HOSTS)}", 0),
    }  # fmt: skip


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """Address of the server, and its pages."""
    with serving(tmp_path_factory.mktemp("charts")) as site:
        origin, found = fill(site)
        yield origin, found


def fill(site):
    """Report, store and study something; return the address and the pages."""
    now_s = time.time()
    for host in HOSTS:
        site.report(host, [now_s - age for age in range(1800, -1, -10)])
    site_id = site.place()
    with Client.connect(site.origin) as client:
        runs = store_runs(client)
    study = site.http.post("/api/v1/studies", json={"study": GRID}).json()
    return site.origin, places(site_id, runs, study["result"]["id"])
