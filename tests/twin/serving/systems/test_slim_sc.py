"""Slim-SC: what stopping near-duplicate chains takes away."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from tests.twin.serving.systems.small_ground import small_ground
from twin.serving.systems.slim_sc import (
    SlimScParameters,
    accuracies,
    chained_requests,
    evaluate,
)

ALL = SlimScParameters(query_frac=1.0, chains=4)


def test_nothing_repeats_nothing_is_stopped():
    full, slim, figures = chained_requests(
        small_ground().requests,
        ALL.model_copy(update={"redundancy": 0.0}),
        seed=1,
        classes=1,
    )

    assert_array_equal(full.output, slim.output)
    assert figures["kv_peak_change_frac"] == 0.0


def test_stopped_chains_keep_their_rows_and_lose_tokens():
    full, slim, figures = chained_requests(
        small_ground().requests, ALL, seed=1, classes=1
    )

    assert len(full) == len(slim) == 4 * 200
    assert_array_equal(full.chain, slim.chain)
    assert np.all(slim.output <= full.output)
    assert (
        figures["chain_tokens_change_frac"] == slim.output.sum() / full.output.sum() - 1
    )
    # three of four chains may repeat, two in five of them do
    assert abs(figures["stopped_frac"] - 0.3) < 0.07


def test_all_repeats_stopped_at_once_leave_one_chain():
    parameters = ALL.model_copy(update={"redundancy": 1.0, "stop_from_frac": 0.0})

    full, slim, figures = chained_requests(
        small_ground().requests, parameters, seed=1, classes=1
    )

    # even stops between 0 and 1: followers keep half their tokens on average
    followers = slim.chain == 1
    kept = slim.output[followers].sum() / full.output[followers].sum()
    assert abs(kept - 0.5) < 0.04
    assert figures["stopped_frac"] == 0.75


def test_one_chain_is_the_traffic_as_recorded():
    requests = small_ground().requests
    parameters = SlimScParameters(chains=1, query_frac=1.0, tokens_factor=1.0)

    full, slim, figures = chained_requests(requests, parameters, seed=1, classes=1)

    assert_array_equal(full.output, requests.output)
    assert_array_equal(slim.output, requests.output)
    assert figures["chain_tokens_change_frac"] == 0.0


def test_no_query_no_chain():
    _, slim, figures = chained_requests(
        small_ground().requests, SlimScParameters(query_frac=0.0), seed=1, classes=1
    )

    assert not slim.chain.any()
    assert figures["queries_count"] == 0.0


def test_without_repeats_both_votes_are_the_same():
    both = accuracies(SlimScParameters(redundancy=0.0), seed=1)

    assert both[0] == both[1]


def test_a_vote_beats_one_chain():
    plain, slim = accuracies(SlimScParameters(), seed=1)

    assert plain > 0.6
    assert slim > 0.6


def test_stopping_chains_gives_time_and_energy_back():
    outcome = evaluate(small_ground(), ALL)
    plain = outcome.baseline

    assert plain is not None
    assert outcome.arrived == plain.arrived == 200
    assert outcome.output_tokens < plain.output_tokens
    assert outcome.latency_s["e2e"]["p50"] < plain.latency_s["e2e"]["p50"]
    assert outcome.energy_j < plain.energy_j
    assert outcome.figures["latency_change_frac"] < 0
