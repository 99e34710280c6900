"""SSJF: who goes first, what it gains, and that nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.twin.serving.systems.small_ground import small_ground
from twin.errors import ScenarioError
from twin.serving.fleet.parts import plain_requests
from twin.serving.systems.loads import at_load, instances_at, load_frac, with_batch
from twin.serving.systems.ssjf import SsjfParameters, evaluate, load_point

ONE_AT_A_TIME = with_batch(small_ground(servers=1), 1)


def waiting(outputs):
    """Requests that all arrive at once, prompts of 100 tokens."""
    count = len(outputs)
    requests = plain_requests(np.zeros(count), np.full(count, 100), np.array(outputs))
    return replace(ONE_AT_A_TIME, requests=requests)


def test_short_ones_first_by_hand():
    # service is 10 ms + (output - 1) × 40 ms: 3.97, 0.37, 0.01 s; the first to come
    # runs before there is anything to choose
    point = load_point(
        waiting([100, 10, 1]), SsjfParameters(predictor="oracle"), instances=1,
        load=1.0,
    )  # fmt: skip

    assert point.fcfs_mean_s == pytest.approx((3.97 + 4.34 + 4.35) / 3)
    assert point.ssjf_mean_s == pytest.approx((3.97 + 3.98 + 4.35) / 3)


def test_equal_requests_gain_nothing():
    point = load_point(waiting([50] * 20), SsjfParameters(), instances=1, load=2.0)

    assert point.mean_change_frac == pytest.approx(0.0)


def test_ageing_alone_is_first_come_first_served():
    ground = small_ground(servers=1, requests=300)
    rng = np.random.default_rng(1)
    ground = replace(ground, requests=replace(
        ground.requests, output=rng.integers(1, 200, 300),
        predicted=rng.uniform(1, 200, 300),
    ))  # fmt: skip
    # ten times the age outweighs any predicted service of at most 8 s after 1 s
    weak = load_point(ground, SsjfParameters(), instances=1, load=1.5)
    aged = load_point(ground, SsjfParameters(ageing=10.0), instances=1, load=1.5)

    assert abs(aged.mean_change_frac) < 0.02
    assert abs(aged.mean_change_frac) < abs(weak.mean_change_frac)


def test_both_orders_serve_every_request():
    outcome = evaluate(
        with_batch(small_ground(servers=1, requests=400), 4),
        SsjfParameters(load_frac=1.2),
    )

    assert outcome.baseline is not None
    for one in (outcome, outcome.baseline):
        refused = sum(one.refused.values())
        assert one.arrived == one.finished + refused + one.in_flight == 400


def test_load_is_what_was_asked_for():
    ground = small_ground()

    for load in (0.3, 1.0, 2.5):
        assert load_frac(at_load(ground, 2, load), 2) == pytest.approx(load)


def test_fewest_instances_within_the_load():
    ground = small_ground(servers=20, requests=5000)

    count = instances_at(ground, 0.8)

    assert load_frac(ground, count) <= 0.8 < load_frac(ground, count - 1)
    assert instances_at(ground, None) == 20


def test_an_empty_traffic_is_refused():
    with pytest.raises(ScenarioError, match="must hold a request"):
        evaluate(replace(ONE_AT_A_TIME, requests=small_ground(requests=0).requests),
                 SsjfParameters())  # fmt: skip


def test_a_trained_predictor_needs_a_history():
    with pytest.raises(ScenarioError, match="history"):
        evaluate(small_ground(), SsjfParameters(predictor="trained", history_frac=0.0))
