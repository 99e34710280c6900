"""Predicted lengths: stated errors come out as stated, an empty history is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from twin.errors import ScenarioError
from twin.serving.fleet.parts import plain_requests
from twin.serving.predictor import (
    PredictorParameters,
    bucket_lengths,
    log_normal_lengths,
    make_buckets,
    predicted_requests,
    quality_of,
)

OUTPUT = np.random.default_rng(5).integers(1, 1001, 20_000)


def traffic(count=400):
    rng = np.random.default_rng(9)
    prompt = rng.integers(1, 2000, count)
    return plain_requests(np.arange(count, dtype=float), prompt, prompt // 2 + 1)


def test_log_normal_factor_has_median_one_and_the_stated_spread():
    factor = log_normal_lengths(OUTPUT, spread=0.5, seed=1) / OUTPUT

    # standard error of the mean: 0.5 / sqrt(20,000) = 0.0035
    assert abs(np.log(factor).mean()) < 0.012
    assert abs(np.log(factor).std() - 0.5) < 0.01


def test_no_spread_is_the_truth():
    assert_array_equal(log_normal_lengths(OUTPUT, spread=0.0, seed=1), OUTPUT)


def test_buckets_are_equally_frequent_and_hold_their_mean():
    buckets = make_buckets(np.arange(1, 101), 4)

    assert_allclose(buckets.mean, [13.0, 38.0, 63.0, 88.0])


def test_a_classifier_is_right_as_often_as_stated_and_else_next_door():
    buckets = make_buckets(OUTPUT, 5)
    named = bucket_lengths(OUTPUT, buckets=buckets, accuracy=0.7, seed=1)

    place = np.searchsorted(buckets.edges, OUTPUT, side="right")
    off = np.abs(np.searchsorted(buckets.mean, named) - place)
    # standard error: sqrt(0.7 * 0.3 / 20,000) = 0.0032
    assert abs((off == 0).mean() - 0.7) < 0.012
    assert off.max() == 1


def test_a_classifier_of_one_bucket_names_the_mean():
    buckets = make_buckets(OUTPUT, 1)

    named = bucket_lengths(OUTPUT, buckets=buckets, accuracy=0.0, seed=1)

    assert_allclose(named, OUTPUT.mean())


def test_the_same_seed_gives_the_same_predictions():
    first, again, other = (
        log_normal_lengths(OUTPUT, spread=0.5, seed=s) for s in (1, 1, 2)
    )

    assert_array_equal(first, again)
    assert (first != other).all()


def test_a_model_learns_the_mean_output_by_prompt_length():
    learned = make_buckets(
        np.array([10, 20, 1000, 2000]), 2, of=np.array([4, 6, 50, 70])
    )

    assert_allclose(learned.at(np.array([1, 5000])), [5.0, 60.0])


def test_a_predictor_without_history_is_refused():
    with pytest.raises(ScenarioError, match=r"no request.*history_frac"):
        predicted_requests(
            traffic(), PredictorParameters(predictor="trained", history_frac=0.0),
            seed=1,
        )  # fmt: skip


def test_a_trained_predictor_sees_only_its_history():
    requests = traffic()
    given = PredictorParameters(predictor="trained", history_frac=0.5)

    before, _ = predicted_requests(requests, given, seed=1)
    requests.output[300:] = 7  # later outputs must not matter
    after, _ = predicted_requests(requests, given, seed=1)

    assert_array_equal(before.predicted, after.predicted)
    assert np.unique(before.predicted[:199]).size == 1


@pytest.mark.parametrize("predictor", ["oracle", "log_normal", "buckets", "trained"])
def test_only_the_prediction_changes(predictor):
    requests = traffic()
    found, quality = predicted_requests(
        requests, PredictorParameters(predictor=predictor), seed=1
    )

    assert_array_equal(found.output, requests.output)
    assert found.predicted.min() >= 1.0
    assert quality.rank_correlation > 0.7


def test_quality_by_hand():
    quality = quality_of(np.array([1.0, 2.0, 2.0]), np.array([1, 3, 5]))

    # ranks 1, 2.5, 2.5 against 1, 2, 3: covariance 0.5, spreads 1/sqrt(2), sqrt(2/3)
    assert quality.mean_error_tokens == pytest.approx((0 + 1 + 3) / 3)
    assert quality.rank_correlation == pytest.approx(0.5 / np.sqrt(0.5 * 2 / 3))


def test_constant_predictions_have_no_rank_correlation():
    assert np.isnan(quality_of(np.array([3.0, 3.0]), np.array([1, 2])).rank_correlation)
