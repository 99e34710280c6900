"""Whatever the policies, failures and caps: requests, tokens and joules balance."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.catalogue import find_server
from twin.catalogue.gpus import CLOCK_CURVES
from twin.catalogue.models import find_table
from twin.errors import ScenarioError
from twin.serving.fleet import state as k
from twin.serving.fleet.compile import host_share_w
from twin.serving.fleet.parts import (
    QUEUES,
    Action,
    Chunking,
    Engine,
    Fleet,
    FleetClass,
    Link,
    Plan,
    Pool,
    PrefixCache,
    Requests,
    SharedQueue,
    plain_requests,
)
from twin.serving.fleet.run import FleetResult, run_fleet, server_w_series

SERVER = find_server("dgx-h100")
ENGINE = Engine(
    table=find_table("llama2-70b", SERVER, 8), gpu=SERVER.gpu, server=SERVER,
    clocks=CLOCK_CURVES[SERVER.gpu.key], gpu_count=8, gpu_hour_usd=2.0,
)  # fmt: skip
SMALL = replace(ENGINE, table=replace(ENGINE.table, kv_capacity_tokens=9000.0))
TIGHT = replace(ENGINE, table=replace(ENGINE.table, kv_capacity_tokens=3040.0))
"""Holds a prompt, but not always with its output: some are refused as too long."""
LINK = Link(
    byte_per_s=50e9, latency_s=0.005, serial_below_tokens=512, exposed_frac=0.1,
    kv_byte_per_token=2.6e6,
)  # fmt: skip
QUIET_S = 4000.0
"""Long enough for every request of these small runs to come to its end."""


def draw(seed: int, count: int, classes: int, rate_rps: float) -> Requests:
    """Small traffic with prefixes, images and chains."""
    rng = np.random.default_rng(seed)
    leaders = plain_requests(
        np.cumsum(rng.exponential(1 / rate_rps, count)),
        rng.integers(1, 3000, count), rng.integers(1, 80, count),
        klass=rng.integers(0, classes, count),
        predicted=rng.uniform(1, 100, count),
    )  # fmt: skip
    prefix = rng.random(count) < 0.3
    leaders = replace(
        leaders,
        encode=np.where(rng.random(count) < 0.2, rng.integers(1, 900, count), 0),
        prefix_id=np.where(prefix, rng.integers(0, 9, count), -1),
        prefix=np.where(prefix, rng.integers(1, 2000, count), 0),
    )
    copies = np.where(rng.random(count) < 0.1, rng.integers(2, 5, count), 1)
    rows = np.repeat(np.arange(count), copies)
    follower = np.concatenate([[False], rows[1:] == rows[:-1]])
    fields = {n: getattr(leaders, n)[rows] for n in Requests.__dataclass_fields__}
    fields["chain"] = follower.astype(np.int64)
    fields["output"] = np.where(
        follower, rng.integers(1, 80, rows.size), fields["output"]
    )
    return Requests(**fields)


@st.composite
def plans(pick: st.DrawFn) -> tuple[Plan, int]:
    """Fleets of one to three pools with any policy, and commands at any time."""
    split = pick(st.booleans())
    encode = pick(st.booleans())
    names = ["main"] + (["token"] if split else []) + (["encode"] if encode else [])
    pools = []
    for name in names:
        on = pick(st.integers(1, 3))
        pools.append(Pool(
            name=name,
            engine=pick(st.sampled_from([ENGINE, SMALL, TIGHT])),
            count=on,
            most=on + pick(st.integers(0, 2)),
            routing=pick(st.sampled_from([
                "round_robin", "least_requests", "least_tokens", "mix_aware",
                "affinity",
            ])),
            queue=replace(
                QUEUES[pick(st.sampled_from(sorted(QUEUES)))],
                limit=pick(st.sampled_from([3, 1024])),
            ),
            max_batch=pick(st.sampled_from([2, 8, None])),
            max_preemptions=pick(st.sampled_from([0, 1, 4])),
            chunking=pick(st.sampled_from([None, Chunking(target_s=0.1)])),
            prefix_cache=pick(st.sampled_from([
                None, PrefixCache(entries=4),
                PrefixCache(scope="fleet", entries=4, recompute_frac=0.4,
                            load_token_s=1e-5),
            ])),
        ))  # fmt: skip
    classes = tuple(
        FleetClass(
            name=f"class {c}", prompt_pool="main",
            token_pool="token" if split else None,
            encode_pool="encode" if encode else None,
            overflow_pool="token" if split and pick(st.booleans()) else None,
            overflow_tokens=2000.0,
            local_tokens=pick(st.sampled_from([30.0, float("inf")])),
            ttft_slo_s=pick(st.sampled_from([0.3, 3.0])),
            patience_s=pick(st.sampled_from([2.0, float("inf")])), model=c,
        )
        for c in range(2)
    )  # fmt: skip
    slots = sum(p.most or 0 for p in pools)
    events = pick(st.lists(st.builds(
        Action,
        at_s=st.integers(0, 40).map(float),
        name=st.sampled_from(["clock", "on", "off", "fail", "avoid"]),
        instance=st.integers(0, slots - 1),
        value=st.sampled_from([0.0, 1.0, 3.0, 900.0]),
    ), max_size=12))  # fmt: skip
    fleet = Fleet(pools=tuple(pools), classes=classes, link=LINK, pue=1.3)
    return Plan(fleet=fleet, events=tuple(events)), pick(st.integers(0, 99))


def assert_balances(plan: Plan, result: FleetResult, asked: int) -> None:
    """Requests, tokens and joules per class, instance, pool and site."""
    assert result.arrived == asked
    for one in result.classes.values():
        known = one.finished + sum(one.refused.values()) + one.in_flight
        assert known == one.arrived
        assert one.attained <= one.finished
    assert sum(c.in_flight for c in result.classes.values()) == 0
    inst = result.instances
    given = sum(c.output_tokens for c in result.classes.values())
    taken = sum(c.prompt_tokens for c in result.classes.values())
    lost_prompt, lost_output = result.lost_tokens
    assert_allclose(inst["output_tokens"].sum(), given + lost_output, atol=1e-3)
    assert_allclose(inst["prompt_tokens"].sum(), taken + lost_prompt)
    assert inst["finished"].sum() == result.finished
    for name in ("requests_load", "tokens_load", "prefill_load_s", "reserved_tokens"):
        assert_allclose(inst[name], 0.0, atol=1e-6, err_msg=name)
    assert_energy(plan, result)


def assert_energy(plan: Plan, result: FleetResult) -> None:
    """Phases sum to instances, instances to pools, pools to the site."""
    inst = result.instances
    server_j = 0.0
    for p, pool in enumerate(plan.fleet.pools):
        here = inst[inst["pool"] == p]
        by_phase = sum(
            here[f"energy_{phase}_j"].sum() for phase in ("idle", "prefill", "decode")
        )
        found = result.pools[pool.name]
        assert_allclose(found.gpu_j, by_phase, rtol=1e-12)
        lengths = np.minimum(
            result.record_s,
            result.horizon_s - result.record_s * np.arange(len(found.series)),
        )
        assert_allclose((found.series[:, k.S_MEAN_W] * lengths).sum(), by_phase)
        assert (found.series[:, k.S_MIN_W] <= found.series[:, k.S_MAX_W]).all()
        server_j += (
            host_share_w(pool.engine) * 8 * here["on_s"].sum()
            + SERVER.host_slope.value * by_phase
        )
        tdp_j = 8 * SERVER.gpu.tdp_w.value * 1.1 * here["on_s"].sum()
        idle_j = 8 * SERVER.gpu.idle_w.value * here["on_s"].sum()
        assert idle_j * (1 - 1e-9) <= by_phase <= tdp_j + 1e-6
    assert_allclose(result.server_j, server_j)
    assert_allclose(result.site_j, 1.3 * server_j)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_requests_tokens_and_joules_balance(drawn):
    plan, seed = drawn
    requests = draw(seed, 60, 2, rate_rps=3.0)

    result = run_fleet(plan, [requests], horizon_s=QUIET_S)

    assert_balances(plan, result, int((requests.chain == 0).sum()))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans(), st.lists(st.integers(1, 200), max_size=4))
def test_cutting_the_traffic_into_chunks_changes_nothing(drawn, cuts):
    plan, seed = drawn
    whole = draw(seed, 60, 2, rate_rps=3.0)
    leaders = np.flatnonzero(whole.chain == 0)
    edges = sorted({0, len(whole), *(int(leaders[c % leaders.size]) for c in cuts)})
    fields = Requests.__dataclass_fields__
    parts = [
        Requests(**{n: getattr(whole, n)[a:b] for n in fields})
        for a, b in itertools.pairwise(edges)
    ]

    one = run_fleet(plan, [whole], horizon_s=600.0)
    many = run_fleet(plan, parts, horizon_s=600.0)

    assert one.instances.tobytes() == many.instances.tobytes()
    assert one.histogram.tobytes() == many.histogram.tobytes()


def test_evicted_and_swapped_requests_all_finish():
    other = replace(ENGINE, table=replace(ENGINE.table, model="other"))
    pool = Pool(
        name="main", engine=ENGINE, count=2,
        shared=(
            SharedQueue(name="a", engine=ENGINE, served_by=(0, 1)),
            SharedQueue(name="b", engine=other),
        ),
    )  # fmt: skip
    classes = tuple(
        FleetClass(name=n, prompt_pool="main", shared_queue=n) for n in ("a", "b")
    )
    rng = np.random.default_rng(4)
    requests = plain_requests(
        np.sort(rng.uniform(0, 12, 80)), rng.integers(10, 900, 80),
        rng.integers(2, 90, 80), klass=rng.integers(0, 2, 80),
    )  # fmt: skip
    plan = Plan(
        fleet=Fleet(pools=(pool,), classes=classes, pue=1.3),
        events=(
            Action(at_s=9.0, name="evict", instance=0),
            Action(at_s=9.0, name="serve", instance=0, value=4.0, queue=1),
            Action(at_s=11.0, name="fail", instance=1),
            Action(at_s=30.0, name="on", instance=1, value=2.0),
        ),
    )

    result = run_fleet(plan, [requests], horizon_s=QUIET_S)

    assert result.classes["b"].finished == result.classes["b"].arrived > 0
    assert result.classes["a"].restarted > 0
    assert_balances(plan, result, 80)


def test_nobody_waits_for_ever_when_the_token_pool_fails_during_transfers():
    slow = replace(LINK, byte_per_s=1e9)
    pools = (
        Pool(name="main", engine=TIGHT, count=1),
        Pool(name="token", engine=ENGINE, count=1),
    )
    one = FleetClass(name="all", prompt_pool="main", token_pool="token")
    requests = plain_requests(
        np.array([0.0, 0.1, 0.2]), np.full(3, 2500), np.full(3, 1000)
    )
    plan = Plan(
        fleet=Fleet(pools=pools, classes=(one,), link=slow, pue=1.3),
        events=(Action(at_s=1.0, name="fail", instance=1),),
    )

    result = run_fleet(plan, [requests], horizon_s=100.0)

    assert result.classes["all"].in_flight == 0
    assert sum(result.classes["all"].refused.values()) == 3


def test_off_during_a_swap_ends_off():
    other = replace(ENGINE, table=replace(ENGINE.table, model="other"))
    pool = Pool(
        name="main", engine=ENGINE, count=1,
        shared=(
            SharedQueue(name="a", engine=ENGINE, served_by=(0,)),
            SharedQueue(name="b", engine=other),
        ),
    )  # fmt: skip
    one = FleetClass(name="all", prompt_pool="main", shared_queue="a")
    plan = Plan(
        fleet=Fleet(pools=(pool,), classes=(one,)),
        events=(
            Action(at_s=1.0, name="serve", instance=0, value=10.0, queue=1),
            Action(at_s=2.0, name="off", instance=0),
        ),
    )

    result = run_fleet(plan, [], horizon_s=60.0)

    assert result.instances["status"][0] == k.OFF
    assert result.instances["on_s"][0] == 2.0


def test_peak_power_counts_hosts_turned_off_within_a_record():
    """Four idle servers, three of them off at second nine of a week's record."""
    fleet = Fleet(
        pools=(Pool(name="main", engine=ENGINE, count=4),),
        classes=(FleetClass(name="all", prompt_pool="main"),),
    )
    events = tuple(Action(at_s=9.0, name="off", instance=i) for i in range(3))

    result = run_fleet(Plan(fleet=fleet, events=events), [], horizon_s=14_400.0)

    assert result.record_s == 10.0
    assert_allclose(result.peak_server_w, 4 * SERVER.idle_w)
    first = server_w_series(fleet, result)["main"][0]
    assert_allclose(first, (9 * 4 + 1) / 10 * SERVER.idle_w)


def test_prefixes_take_memory_from_requests():
    cache = PrefixCache(entries=64, memory_frac=0.5)
    classes = (FleetClass(name="all", prompt_pool="main"),)
    requests = plain_requests(np.zeros(1), np.array([5000]), np.array([100]))
    found = [
        run_fleet(
            Plan(fleet=Fleet(
                pools=(Pool(name="main", engine=SMALL, count=1, prefix_cache=c),),
                classes=classes,
            )),
            [requests], horizon_s=60.0,
        ).classes["all"]
        for c in (None, cache)
    ]  # fmt: skip

    assert found[0].finished == 1
    assert found[1].refused == {"too long": 1}


def test_a_lower_clock_never_draws_more_power_nor_ends_sooner():
    requests = draw(3, 200, 1, rate_rps=4.0)
    classes = (FleetClass(name="all", prompt_pool="main"),)
    found = []
    for mhz in (1980.0, 1500.0, 900.0):
        pool = Pool(name="main", engine=ENGINE, count=2, clock_mhz=mhz)
        plan = Plan(fleet=Fleet(pools=(pool,), classes=classes))
        found.append(run_fleet(plan, [requests], horizon_s=QUIET_S))

    peaks = [r.peak_server_w for r in found]
    waits = [r.classes["all"].latency["e2e"]["mean"] for r in found]
    assert peaks == sorted(peaks, reverse=True)
    assert waits == sorted(waits)


def test_server_power_over_time_sums_to_the_energy():
    requests = draw(5, 300, 1, rate_rps=4.0)
    fleet = Fleet(
        pools=(Pool(name="main", engine=ENGINE, count=3),),
        classes=(FleetClass(name="all", prompt_pool="main"),),
    )
    result = run_fleet(Plan(fleet=fleet), [requests], horizon_s=120.0)

    watts = server_w_series(fleet, result)["main"]

    assert_allclose(watts.mean() * 120.0, result.server_j)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param(
            {"prompt_pool": "elsewhere"}, "must name a pool", id="unknown pool"
        ),
        pytest.param({"shared_queue": "x"}, "shared queue", id="no shared queue"),
    ],
)
def test_a_class_that_leads_nowhere_is_refused(change, match):
    one = replace(FleetClass(name="all", prompt_pool="main"), **change)
    fleet = Fleet(pools=(Pool(name="main", engine=ENGINE, count=1),), classes=(one,))

    with pytest.raises(ScenarioError, match=match):
        run_fleet(Plan(fleet=fleet), [], horizon_s=1.0)


def test_token_pools_need_a_link():
    pools = tuple(Pool(name=n, engine=ENGINE, count=1) for n in ("p", "t"))
    one = FleetClass(name="all", prompt_pool="p", token_pool="t")

    with pytest.raises(ScenarioError, match="link"):
        run_fleet(Plan(fleet=Fleet(pools=pools, classes=(one,))), [], horizon_s=1.0)


def test_an_empty_fleet_idles():
    fleet = Fleet(
        pools=(Pool(name="main", engine=ENGINE, count=2),),
        classes=(FleetClass(name="all", prompt_pool="main"),),
    )
    result = run_fleet(Plan(fleet=fleet), [], horizon_s=100.0)

    assert_allclose(result.pools["main"].gpu_j, 2 * 8 * SERVER.gpu.idle_w.value * 100)
    assert_allclose(result.server_j / 100, 2 * SERVER.idle_w)


PLAIN = plain_requests(np.array([0.0, 1.0]), np.array([10, 10]), np.array([5, 5]))


@pytest.mark.parametrize(
    ("pool", "requests", "match"),
    [
        pytest.param({"clock_mhz": float("nan")}, {}, "clock_mhz", id="clock"),
        pytest.param({"max_batch": 0}, {}, "max_batch", id="batch"),
        pytest.param({"routing": "fastest"}, {}, "routing", id="routing"),
        pytest.param(
            {"chunking": Chunking(target_s=0.1, most_tokens=0)}, {}, "most_tokens",
            id="chunks of nothing",
        ),
        pytest.param({}, {"klass": np.array([0, 7])}, "7 in row 1", id="class"),
        pytest.param(
            {}, {"arrived_s": np.array([0.0, np.nan])}, "arrived_s", id="no time"
        ),
        pytest.param(
            {}, {"arrived_s": np.array([2.0, 1.0])}, "rising", id="not in order"
        ),
        pytest.param({}, {"output": np.array([5, 0])}, "output", id="no output"),
        pytest.param({}, {"prompt": np.array([10])}, "one length", id="a short column"),
        pytest.param({}, {"chain": np.array([1, 0])}, "leader", id="no leader"),
    ],
)  # fmt: skip
def test_what_could_hang_or_crash_is_refused_by_name(pool, requests, match):
    main = replace(Pool(name="main", engine=ENGINE, count=1), **pool)
    fleet = Fleet(pools=(main,), classes=(FleetClass(name="all", prompt_pool="main"),))

    with pytest.raises(ScenarioError, match=match):
        run_fleet(Plan(fleet=fleet), [replace(PLAIN, **requests)], horizon_s=10.0)
