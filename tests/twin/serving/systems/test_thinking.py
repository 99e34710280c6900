"""Test-time compute: what thinking longer, or more often, costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.twin.serving.systems.small_ground import small_ground
from twin.serving.systems.test_time import (
    ThinkingParameters,
    evaluate,
    query_energy_wh,
    reasoned_accuracy,
    reasoning_requests,
    tokens_per_query,
)


def test_one_chain_of_the_recorded_length_is_the_traffic_as_recorded():
    requests = small_ground().requests
    parameters = ThinkingParameters(query_frac=1.0, tokens_factor=1.0)

    rows, reasoning = reasoning_requests(requests, parameters, seed=1, classes=1)

    assert_array_equal(rows.output, requests.output)
    assert reasoning == 200


def test_a_tenth_of_the_queries_puts_out_fifteen_times_the_tokens():
    requests = small_ground(requests=5000).requests

    rows, reasoning = reasoning_requests(
        requests, ThinkingParameters(), seed=1, classes=1
    )

    assert abs(reasoning - 500) < 4 * math.sqrt(450)
    assert np.count_nonzero(rows.output == 750) == reasoning
    assert rows.output.sum() == 50 * (5000 - reasoning) + 750 * reasoning


def test_energy_of_a_query_is_its_share_of_the_tokens():
    # 7200 J over 1000 tokens; 500 of them are the query's: 3600 J
    assert query_energy_wh(7200.0, 1000.0, 500.0) == pytest.approx(1.0)
    assert math.isnan(query_energy_wh(1.0, 0.0, 1.0))


def test_tokens_of_queries_count_all_their_chains():
    requests = small_ground().requests
    parameters = ThinkingParameters(
        query_frac=0.5, tokens_factor=2.0, chains=3, length_spread=0.0
    )

    rows, _ = reasoning_requests(requests, parameters, seed=1, classes=1)

    assert tokens_per_query(rows, classes=1) == (50.0, 300.0)


def test_the_energy_of_all_queries_is_the_fleets():
    outcome = evaluate(small_ground(), ThinkingParameters())
    reasoning = outcome.figures["reasoning_queries_count"]

    told_wh = (
        reasoning * outcome.figures["reasoning_query_wh"]
        + (200 - reasoning) * outcome.figures["plain_query_wh"]
    )
    assert outcome.finished == 200
    assert told_wh * 3600 == pytest.approx(outcome.energy_j)


def test_more_chains_answer_more_often():
    one = reasoned_accuracy(ThinkingParameters(), seed=1)
    nine = reasoned_accuracy(ThinkingParameters(chains=9), seed=1)

    assert abs(one - 0.6) < 0.014
    assert nine > one + 0.03


def test_no_query_thinks_longer_and_nothing_changes():
    ground = small_ground()
    outcome = evaluate(ground, ThinkingParameters(query_frac=0.0))

    assert outcome.baseline is not None
    assert outcome.energy_j == outcome.baseline.energy_j


def test_thinking_longer_costs_energy_and_time():
    outcome = evaluate(small_ground(), ThinkingParameters())
    plain = outcome.baseline

    assert plain is not None
    assert outcome.energy_j > plain.energy_j
    assert outcome.output_tokens > plain.output_tokens
    assert outcome.figures["energy_ratio"] > 1
