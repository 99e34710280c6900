"""Speed of a whole site, warm, on one core; screening on two."""

from __future__ import annotations

import resource

import pytest

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
def warm(weather):
    """Load the kernels once."""
    answer_site(site(1, 1, days=0.01), NONE, weather)


def test_thousand_servers_one_day(benchmark, weather):
    """Everything: one row served request by request, then the site."""
    asked = site(1, 25)
    benchmark.pedantic(
        lambda: answer_site(asked, NONE, weather), rounds=5, warmup_rounds=1
    )


def test_ten_thousand_servers_one_day(benchmark, weather):
    asked = site(10, 25)
    benchmark.pedantic(
        lambda: answer_site(asked, NONE, weather), rounds=3, warmup_rounds=0
    )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    benchmark.extra_info["memory_mb"] = peak_mb


def test_screening_ten_thousand_servers(benchmark, weather):
    found = answer_site(site(10, 25, days=0.1), NONE, weather)
    benchmark.pedantic(lambda: screen(found, pairs=False), rounds=5, warmup_rounds=1)


def test_screening_pairs_of_ten_thousand_servers(benchmark, weather):
    found = answer_site(site(10, 25, days=0.1), NONE, weather)
    benchmark.pedantic(lambda: screen(found), rounds=2, warmup_rounds=0)


def test_thousand_servers_one_year(benchmark, weather):
    """A year at 60 s; the served week is made before."""
    asked = site(1, 25, days=365.0, tick_s=60.0)
    assembled = assemble(asked, row_activity(asked, NONE), weather)
    benchmark.pedantic(lambda: run_site(assembled), rounds=3, warmup_rounds=0)
