"""
How fast the serving fleet is: warm, medians, on one core.

Run through `scripts/bench serving --json out.json`. The week counts its drawing of
arrivals; the first rows are the kernel with its set-up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from bench.test_row import one_core, record
from twin.scenario.serving import chat
from twin.scenario.workload import DiurnalArrivals, Load, Workload
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import (
    Fleet,
    FleetClass,
    Link,
    Plan,
    Pool,
    Requests,
    plain_requests,
)
from twin.serving.fleet.run import run_fleet
from twin.serving.splitwise.designs import published_designs, reference_of
from twin.serving.splitwise.provision import Goal, search_all
from twin.serving.splitwise.throughput import Question
from twin.serving.splitwise.throughput import Traffic as Lengths
from twin.serving.traffic import (
    Recordings,
    Traffic,
    arrivals_between,
    build_traffic,
)

WEEK_S = 7 * 86_400.0
RATE_RPS = 500.0
WINDOW_S = 120.0
ENGINE = make_engine("llama2-70b", "dgx-h100", tensor_parallel=8)
LINK = Link(
    byte_per_s=50e9, latency_s=0.005, serial_below_tokens=512, exposed_frac=0.05,
    kv_byte_per_token=2.62e6,
)  # fmt: skip
THOUSAND = Fleet(
    pools=(
        Pool(name="prompt", engine=ENGINE, count=500, role="prompt"),
        Pool(name="token", engine=ENGINE, count=500, role="token"),
    ),
    classes=(FleetClass(name="all", prompt_pool="prompt", token_pool="token"),),
    link=LINK,
)
HALL = Fleet(
    pools=(Pool(name="main", engine=ENGINE, count=300),),
    classes=(
        FleetClass(name="all", prompt_pool="main", ttft_slo_s=2.0, tbt_slo_s=0.1),
    ),
)


def test_requests_through_a_thousand_instances(benchmark):
    rng = np.random.default_rng(1)
    count = 1_000_000
    requests = plain_requests(
        np.cumsum(rng.exponential(1 / 2500, count)),
        rng.integers(100, 2000, count), rng.integers(1, 300, count),
    )  # fmt: skip
    horizon_s = float(requests.arrived_s[-1])

    def serve():
        return run_fleet(Plan(fleet=THOUSAND), [requests], horizon_s=horizon_s)

    with one_core():
        result = benchmark.pedantic(serve, rounds=5, warmup_rounds=1)
    assert result.finished > 0.98 * count
    record(benchmark, "serving.requests_per_s", count / benchmark.stats.stats.median)


def week() -> Traffic:
    """A generated week of chat at one request per second on the mean."""
    return build_traffic(
        Workload(
            classes=chat(),
            arrivals=DiurnalArrivals(),
            load=Load(requests_per_server_s=1),
        ),
        low_priority_frac=0.5, horizon_s=WEEK_S,
        start=dt.datetime(2022, 7, 4, tzinfo=dt.UTC), time_zone_offset_s=0.0, seed=1,
        recordings=Recordings.none(),
    )  # fmt: skip


def whole_week() -> Iterator[Requests]:
    """Chunks of ten minutes."""
    edges = np.arange(0.0, WEEK_S + 1, 600.0)
    for part in arrivals_between(week(), rate_rps=RATE_RPS, edges_s=edges):
        yield plain_requests(part.arrived_s, part.prompt, part.output)


def test_a_week_exactly(benchmark):
    def serve():
        return run_fleet(Plan(fleet=HALL), whole_week(), horizon_s=WEEK_S)

    with one_core():
        result = benchmark.pedantic(serve, rounds=1)
    assert result.arrived > 290e6
    record(benchmark, "serving.week_exact_s")


def test_provisioning_search_of_six_designs(benchmark):
    rng = np.random.default_rng(6)
    lengths = Lengths(
        prompt=rng.integers(60, 2250, 20_000), output=rng.integers(10, 412, 20_000)
    )
    designs = published_designs("bloom-176b")
    question = Question(
        traffic=lengths, reference=reference_of(designs["AA"].prompt.engine)
    )
    goal = Goal(objective="iso-power", budget=40 * 44.0)

    def search():
        return search_all(designs.values(), goal, question)

    with one_core():
        found = benchmark.pedantic(search, rounds=3, warmup_rounds=1)
    assert len(found.found) == 6
    record(benchmark, "serving.provisioning_s")
