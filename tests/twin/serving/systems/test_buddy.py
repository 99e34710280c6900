"""Buddy Compression: cache, batch and time by hand."""

from __future__ import annotations

import pytest

from tests.twin.serving.systems.small_ground import TABLE, small_ground
from twin.errors import ScenarioError
from twin.serving.systems.buddy import (
    BuddyParameters,
    cache_tokens,
    compressed_engine,
    evaluate,
    kept_instances,
    training_time_frac,
)

WEIGHTS = BuddyParameters(weights_byte=140e9)


def test_all_memory_gained_goes_to_the_cache():
    # 0.9 × 640 GB = 576 GB; cache 436 GB before, 1.5 × 576 - 140 = 724 GB after
    tokens = cache_tokens(
        436_000.0, memory_byte=640e9, weights_byte=140e9, capacity_ratio=1.5
    )

    assert tokens == pytest.approx(724_000)


def test_an_engine_gets_cache_and_batch_and_every_time_is_stretched():
    engine = compressed_engine(small_ground().engine, WEIGHTS, 140e9)

    assert engine.table.prefill_s == pytest.approx((0.0102, 0.102, 0.204))
    assert engine.table.decode_s == pytest.approx((0.0408, 0.0408))
    assert engine.table.max_batch == 96
    assert engine.table.kv_capacity_tokens == pytest.approx(1e6 * 724 / 436)


def test_no_compression_changes_no_number():
    plain = BuddyParameters(capacity_ratio=1.0, slowdown=1.0)

    table = compressed_engine(small_ground().engine, plain, 140e9).table

    assert table.prefill_s == TABLE.prefill_s
    assert table.max_batch == TABLE.max_batch
    assert table.kv_capacity_tokens == TABLE.kv_capacity_tokens


def test_training_with_the_larger_batch():
    # 1.02 × (0.8 + 0.2 ÷ 1.5)
    assert training_time_frac(BuddyParameters()) == pytest.approx(0.952)


def test_training_whose_steps_cost_nothing_fixed_only_slows_down():
    parameters = BuddyParameters(step_fixed_frac=0.0)

    assert training_time_frac(parameters) == pytest.approx(1.02)


def test_instances_given_back():
    assert kept_instances(8, 0.75) == 6
    with pytest.raises(ScenarioError, match=r"got 0\.1"):
        kept_instances(2, 0.1)


def test_weights_that_fill_the_memory_are_refused():
    with pytest.raises(ScenarioError, match="got 6"):
        cache_tokens(1.0, memory_byte=640e9, weights_byte=600e9, capacity_ratio=1.5)


def test_a_fleet_with_room_to_spare_only_pays_the_slow_down():
    ground = small_ground()

    outcome = evaluate(ground, WEIGHTS)
    plain = evaluate(
        ground, BuddyParameters(weights_byte=140e9, slowdown=1.0, capacity_ratio=1.0)
    )

    assert outcome.finished == plain.finished == 200
    ratio = outcome.latency_s["e2e"]["p50"] / plain.latency_s["e2e"]["p50"]
    assert ratio == pytest.approx(1.02, abs=0.005)


def test_half_the_instances_take_half_the_gpu_hours():
    ground = small_ground()
    half = WEIGHTS.model_copy(update={"kept_frac": 0.5})

    assert evaluate(ground, half).gpu_hours == pytest.approx(
        0.5 * evaluate(ground, WEIGHTS).gpu_hours
    )
