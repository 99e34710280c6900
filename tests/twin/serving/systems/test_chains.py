"""Chains of thought: rows, lengths, cache and vote, against hand calculation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.twin.serving.systems.small_ground import small_ground
from twin.errors import ScenarioError
from twin.serving.fleet.parts import plain_requests
from twin.serving.systems import chains

FAIR = {"concentration": 2.0, "wrong_answers": 4, "copies_vote": True}


def three_requests():
    return plain_requests(
        np.array([0.0, 1.0, 2.0]), np.array([100, 200, 300]), np.array([10, 20, 30])
    )


def test_a_query_with_three_chains_becomes_three_rows_with_its_prompt():
    rows = chains.with_chains(
        three_requests(), np.array([1]), np.array([[20, 25, 15]]), classes=1
    )

    assert_array_equal(rows.chain, [0, 0, 1, 1, 0])
    assert_array_equal(rows.klass, [0, 1, 1, 1, 0])
    assert_array_equal(rows.arrived_s, [0.0, 1.0, 1.0, 1.0, 2.0])
    assert_array_equal(rows.prompt, [100, 200, 200, 200, 300])
    assert_array_equal(rows.output, [10, 20, 25, 15, 30])
    assert_allclose(rows.predicted, [10, 20, 25, 15, 30])


def test_one_chain_unstretched_is_the_request_as_recorded():
    requests = three_requests()
    lengths = chains.draw_lengths(
        requests.output, chains=1, tokens_factor=1.0, spread=0.9, most_tokens=9999,
        rng=np.random.default_rng(1),
    )  # fmt: skip

    rows = chains.with_chains(requests, np.arange(3), lengths, classes=1)

    assert_array_equal(rows.output, requests.output)
    assert_array_equal(rows.chain, 0)


def test_lengths_keep_the_stated_mean_and_are_cut_at_the_longest():
    lengths = chains.draw_lengths(
        np.full(20_000, 1000), chains=3, tokens_factor=2.0, spread=0.5,
        most_tokens=10_000, rng=np.random.default_rng(2),
    )  # fmt: skip

    # standard error of the mean: 2000 × 0.53 ÷ sqrt(40,000) = 5 tokens
    assert abs(lengths[:, 1:].mean() - 2000) < 25
    assert lengths.max() <= 10_000


def test_a_chain_that_is_stopped_halfway_has_half_its_tokens_and_the_first_all():
    lengths = np.array([[100, 80, 60]])
    stopped = np.array([[True, True, False]])

    cut = chains.stop_early(lengths, stopped, np.full((1, 3), 0.5))

    assert_array_equal(cut, [[100, 40, 60]])


def test_the_cache_peaks_when_the_most_tokens_are_held_together():
    # at 10 tokens three chains hold 30, at 20 two hold 40, at 25 one holds 25
    peak = chains.kv_peak_tokens(np.array([100]), np.array([[20, 25, 10]]))

    assert_allclose(peak, [140])


def test_one_chain_is_right_as_often_as_stated():
    right = chains.voted_accuracy(
        chains=1, chain_accuracy=0.6, redundancy=0.0,
        rng=np.random.default_rng(3), **FAIR,
    )  # fmt: skip

    # standard error sqrt(0.24 ÷ 20,000) = 0.0035
    assert abs(right - 0.6) < 0.014


def test_three_alike_chains_with_one_wrong_answer_follow_the_binomial():
    # all queries alike: right with 2 or 3 of 3: 3 × 0.7² × 0.3 + 0.7³ = 0.784
    right = chains.voted_accuracy(
        chains=3, chain_accuracy=0.7, concentration=1e7, wrong_answers=1,
        redundancy=0.0, copies_vote=True, rng=np.random.default_rng(4),
    )  # fmt: skip

    assert abs(right - 0.784) < 4 * math.sqrt(0.784 * 0.216 / 20_000)


def test_chains_that_all_repeat_the_first_are_no_better_than_one():
    votes = [
        chains.voted_accuracy(
            chains=n, chain_accuracy=0.6, redundancy=1.0,
            rng=np.random.default_rng(5), **FAIR,
        )
        for n in (1, 9)
    ]  # fmt: skip

    assert abs(votes[0] - votes[1]) < 0.02


def test_traffic_that_already_has_chains_is_refused():
    rows = chains.with_chains(
        three_requests(), np.array([0]), np.array([[10, 10]]), classes=1
    )

    with pytest.raises(ScenarioError, match="got 1"):
        chains.pick_queries(rows, 0.5, np.random.default_rng(1))


def test_more_chains_than_a_batch_holds_are_refused():
    engine = small_ground().engine

    chains.check_batch(engine, 64)
    with pytest.raises(ScenarioError, match="got 65"):
        chains.check_batch(engine, 65)
