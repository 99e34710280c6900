"""Junction: queueing for cores against hand calculation and theory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.serving.systems.small_ground import small_ground
from twin.errors import ScenarioError
from twin.serving.fleet.parts import plain_requests
from twin.serving.systems.junction import (
    JunctionParameters,
    call_waits,
    cores_for,
    cores_power_w,
    draw_calls,
    evaluate,
)
from twin.serving.systems.loads import busiest_rate


def test_calls_wait_for_the_first_free_core():
    # two cores: 0 and 1 start at once, 2 waits for the one free at 3, 3 for that at 4
    waits = call_waits(
        np.array([0.0, 0.0, 1.0, 2.0]), np.array([3.0, 4.0, 5.0, 1.0]), 2
    )

    assert_allclose(waits, [0.0, 0.0, 2.0, 2.0])


def test_the_heap_of_cores_agrees_with_looking_at_every_core():
    rng = np.random.default_rng(6)
    arrived = np.sort(rng.random(3000) * 100)
    core_s = rng.exponential(0.2, 3000)
    free = np.zeros(7)
    expected = []
    for at, needed in zip(arrived, core_s, strict=True):
        first = free.argmin()
        start = max(at, free[first])
        expected.append(start - at)
        free[first] = start + needed

    assert_allclose(call_waits(arrived, core_s, 7), expected)


def test_waits_of_one_core_meet_pollaczek_and_khinchine():
    # M/D/1 at half load: mean wait = load ÷ (2 × (1 - load)) × service = 0.5
    rng = np.random.default_rng(7)
    arrived = np.cumsum(rng.exponential(2.0, 400_000))

    waits = call_waits(arrived, np.ones(400_000), 1)

    assert waits.mean() == pytest.approx(0.5, abs=0.02)


def test_the_busiest_minute_is_found():
    assert busiest_rate(np.array([0.0, 59.0, 61.0, 62.0, 63.0, 121.0]), 60.0) == 3 / 60


def test_cores_are_provisioned_for_a_share_of_their_time():
    assert cores_for(1000.0, 0.002, 0.5) == 4
    assert cores_for(0.1, 0.001, 0.5) == 1


def test_power_of_cores_by_hand():
    # 2 busy and 1 polling at 6 W, 3 idle at 1.5 W
    power_w = cores_power_w(
        busy=2.0, kept=5, polling=1, parameters=JunctionParameters()
    )

    assert power_w == pytest.approx(22.5)


def test_every_request_makes_its_calls_after_it_came():
    times, stretch = draw_calls(
        np.array([100.0, 200.0]), JunctionParameters(calls_per_request=3), seed=1
    )

    assert times.size == stretch.size == 6
    assert np.all((times[:3] >= 100.0) & (times[:3] <= 105.0))
    assert np.all(np.diff(times) >= 0)


def test_the_same_stack_without_polling_changes_nothing():
    parameters = JunctionParameters(throughput_ratio=1.0, polling_cores_per_server=0)

    outcome = evaluate(small_ground(), parameters)

    assert outcome.baseline is not None
    assert outcome.latency_s == outcome.baseline.latency_s
    assert outcome.energy_j == outcome.baseline.energy_j


def test_little_traffic_makes_polling_cost_more_than_it_saves():
    outcome = evaluate(small_ground(), JunctionParameters())

    # 2000 calls of 0.5 ms in ten minutes keep one core; two polling cores draw 12 W
    assert outcome.baseline is not None
    more_w = outcome.mean_power_w - outcome.baseline.mean_power_w
    assert more_w == pytest.approx(1.25 * 12.0, abs=0.05)
    assert outcome.latency_s["e2e"]["p99"] < outcome.baseline.latency_s["e2e"]["p99"]


def test_heavy_traffic_is_served_on_a_tenth_of_the_cores():
    ground = small_ground(requests=60_000)
    parameters = JunctionParameters(
        calls_per_request=100, polling_cores_per_server=0, core_load_frac=0.1
    )

    outcome = evaluate(ground, parameters)

    assert outcome.baseline is not None
    cores = outcome.baseline.figures["cores_count"]
    assert outcome.figures["cores_count"] == pytest.approx(cores / 10, abs=1)
    assert outcome.arrived == outcome.finished == 6_000_000


def test_no_traffic_is_refused():
    nothing = plain_requests(np.zeros(0), np.zeros(0), np.zeros(0))

    with pytest.raises(ScenarioError, match="got 0"):
        evaluate(replace(small_ground(), requests=nothing), JunctionParameters())
