"""
How fast the API answers over HTTP: a small call, and a what-if nobody asked before.

A real server runs in its own process on a fresh SQLite database; clients are threads
of this one with connections that stay open, on the same cores. Times are of whole
calls, JSON read.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from bench.browser import server
from bench.test_row import record

CLIENTS, CALLS = 4, 400
WHAT_IF_CLIENTS, WHAT_IFS = 2, 24
TIMEOUT_S = 120.0


@pytest.fixture(scope="module")
def url():
    with server() as found:
        yield found


def load(url, clients, calls, call):
    """Calls by so many clients at once: calls a second, and each one's time. [s]"""

    def one(place):
        times_s = []
        with httpx.Client(base_url=f"{url}/api/v1", timeout=TIMEOUT_S) as client:
            for k in range(calls):
                start_s = time.perf_counter()
                call(client, place * calls + k)
                times_s.append(time.perf_counter() - start_s)
        return times_s

    start_s = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times_s = [t for found in pool.map(one, range(clients)) for t in found]
    return len(times_s) / (time.perf_counter() - start_s), np.array(times_s)


def record_load(benchmark, name, url, clients, calls, call):
    """Calls a second, and how long one takes."""
    per_s, times_s = benchmark.pedantic(load, (url, clients, calls, call), rounds=1)
    record(benchmark, f"{name}_per_s", per_s, clients=clients)
    record(benchmark, f"{name}_p95_s", float(np.percentile(times_s, 95)))


def test_small_calls(benchmark, url):
    """Read one stored scenario: tokens, database, JSON of every field."""
    made = httpx.post(
        f"{url}/api/v1/scenarios", json={"scenario": {}}, timeout=TIMEOUT_S
    )  # fmt: skip
    made.raise_for_status()
    path = f"/scenarios/{made.json()['id']}"

    def call(client, _k):
        answer = client.get(path)
        answer.raise_for_status()
        answer.json()

    load(url, CLIENTS, 20, call)
    record_load(benchmark, "api.get", url, CLIENTS, CALLS, call)


def test_what_ifs(benchmark, url):
    """What-ifs of a day, every one with a threshold and a power of its own."""

    def call(client, k):
        changes = {
            "fleet.server_count": 52, "policy.t1_frac": 0.74 + 0.001 * k,
            "fleet.server_power_frac": 0.98 + 0.0005 * k,
        }  # fmt: skip
        answer = client.post("/what-if", json={"scenario": {}, "changes": changes})
        answer.raise_for_status()
        if answer.status_code == httpx.codes.ACCEPTED:
            wait_for(client, answer.headers["location"])

    record_load(benchmark, "api.what_if", url, WHAT_IF_CLIENTS, WHAT_IFS, call)


def wait_for(client, location):
    """Follow a question that became a job to its end."""
    path = location.removeprefix("/api/v1")
    while client.get(path).json()["state"] in {"queued", "running"}:
        time.sleep(0.02)
