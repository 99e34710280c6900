"""Medha: who is long, limits by length, and what a long prompt does to the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cli.validation.even_ground import even_ground
from twin.errors import ScenarioError
from twin.serving.systems.medha import (
    MedhaParameters,
    evaluate,
    long_classes,
    long_engine,
    mixed_requests,
    octaves,
)

GROUND = even_ground(
    rate_per_s=1.0, prompt_tokens=300, output_tokens=30, horizon_s=600.0, servers=8
)
MANY = MedhaParameters(long_frac=0.1)


def test_octaves_end_at_the_longest():
    given = MedhaParameters(long_least_tokens=1000, long_most_tokens=5000)

    assert_allclose(octaves(given), [2000, 4000, 5000])


def test_lengths_out_of_order_are_refused():
    with pytest.raises(ScenarioError, match="must not be below"):
        octaves(MedhaParameters(long_least_tokens=4096, long_most_tokens=1024))


def test_long_requests_keep_their_output_and_lie_in_their_octave():
    given = MedhaParameters(long_frac=0.5)
    found = mixed_requests(GROUND.requests, given, classes=1, seed=1)

    long = found.klass >= 1
    ends = octaves(given)[found.klass[long] - 1]
    assert abs(long.mean() - 0.5) < 0.07  # three standard errors of 600 requests
    assert np.all(found.prompt[long] <= ends + 0.5)
    assert np.all(found.prompt[long] >= ends / 2 - 0.5)
    np.testing.assert_array_equal(found.output, GROUND.requests.output)
    np.testing.assert_array_equal(found.prompt[~long], GROUND.requests.prompt[~long])


def test_limits_grow_with_length():
    given = MedhaParameters()
    limits = [c.ttft_slo_s for c in long_classes(long_engine(GROUND, given), given)]

    assert limits == sorted(limits)
    assert limits[0] < limits[-1]


def test_a_prompt_beyond_the_cache_is_refused():
    small = replace(GROUND, engine=replace(GROUND.engine, gpu_count=2))

    with pytest.raises(ScenarioError, match="sequence_parallel or kv_parallel"):
        long_engine(
            small, MedhaParameters(long_most_tokens=1048576, sequence_parallel=1)
        )


def test_a_long_pool_that_takes_every_server_is_refused():
    with pytest.raises(ScenarioError, match="must leave GPUs"):
        evaluate(GROUND, MedhaParameters(sequence_parallel=8))


def test_others_are_not_kept_waiting_by_long_prompts():
    outcome = evaluate(GROUND, MANY)

    assert outcome.baseline is not None
    assert outcome.arrived == outcome.baseline.arrived == len(GROUND.requests)
    assert outcome.figures["ttft_p99_speedup_other"] > 10
    assert outcome.attained_frac > outcome.baseline.attained_frac


def test_the_long_pool_works_near_its_rating_for_minutes():
    figures = evaluate(GROUND, MANY).figures

    assert 0.8 < figures["long_pool_peak_tdp_frac"] <= 1.0
    assert figures["long_pool_near_tdp_s"] > 60.0


def test_without_long_prompts_only_chunks_remain():
    figures = evaluate(GROUND, MedhaParameters(long_frac=0.0)).figures

    assert figures["long_requests_count"] == 0
    assert figures["long_pool_near_tdp_s"] == 0
