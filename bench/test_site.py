"""
How fast a whole site is: warm, medians, on one core; screening on two.

The day of a thousand servers counts everything: the row served request by request,
assembling and running. Requests come at a given rate, so no load has to be found.
"""

from __future__ import annotations

import pytest

from bench.test_row import peak_memory_bytes, record, record_seconds
from twin.cooling.weather import generated
from twin.facility.activity import row_activity
from twin.facility.answer import answer_site, screen
from twin.facility.assemble import assemble
from twin.facility.simulate import run_site
from twin.scenario import parse_scenario
from twin.serving.traffic import Recordings

NONE = Recordings.none()


def site(halls, rows, *, days=1.0, tick_s=1.0):
    """A site of 40 servers a row under POLCA."""
    return parse_scenario({
        "horizon": {"days": days, "tick_s": tick_s},
        "workload": {"load": {"requests_per_server_s": 0.09}},
        "facility": {
            "template": {"design": "2n", "halls": halls, "rows_per_hall": rows}
        },
    })  # fmt: skip


@pytest.fixture(scope="module")
def weather():
    return generated()


@pytest.fixture(scope="module", autouse=True)
def _warm(weather):
    answer_site(site(1, 1, days=0.01), NONE, weather)


def test_one_day_of_a_thousand_servers(benchmark, weather):
    asked = site(1, 25)
    record_seconds(
        benchmark, "site.thousand_day_s", lambda: answer_site(asked, NONE, weather),
        rounds=7, warmup_rounds=1,
    )  # fmt: skip


def test_one_day_of_ten_thousand_servers(benchmark, weather):
    asked = site(10, 25)
    record_seconds(
        benchmark, "site.ten_thousand_day_s",
        lambda: answer_site(asked, NONE, weather), rounds=3,
    )  # fmt: skip


def test_a_year_of_a_thousand_servers(benchmark, weather):
    """At 60 s; the week of requests behind it is served before."""
    asked = site(1, 25, days=365.0, tick_s=60.0)
    assembled = assemble(asked, row_activity(asked, NONE), weather)
    record_seconds(benchmark, "site.year_s", lambda: run_site(assembled), rounds=3)


def test_every_failure_of_ten_thousand_servers(benchmark, weather):
    found = answer_site(site(10, 25, days=0.05), NONE, weather)
    benchmark.pedantic(lambda: screen(found, pairs=False), rounds=5, warmup_rounds=1)
    record(benchmark, "site.screening_s")


def test_every_pair_of_failures_of_ten_thousand_servers(benchmark, weather):
    found = answer_site(site(10, 25, days=0.05), NONE, weather)
    benchmark.pedantic(lambda: screen(found), rounds=2)
    record(benchmark, "site.pairs_s")


MEMORY = """
from bench.test_site import NONE, generated, answer_site, site
answer_site(site(10, 25), NONE, generated())
"""


def test_memory_of_ten_thousand_servers(benchmark):
    value = benchmark.pedantic(peak_memory_bytes, (MEMORY,), rounds=1)
    record(benchmark, "site.ten_thousand_memory_mb", value / 2**20)
