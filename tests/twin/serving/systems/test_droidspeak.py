"""DroidSpeak: traffic over several models, and what their caches spare."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.twin.serving.systems.small_ground import small_ground
from twin.errors import ScenarioError
from twin.serving.systems.droidspeak import (
    DroidSpeakParameters,
    evaluate,
    model_classes,
    own_prefixes,
    prefill_frac,
    shared_store,
    shares,
    workflow_requests,
)

ALL_SHARED = DroidSpeakParameters(
    shared_frac=1.0, models=2, steps=2, apart=3, kv_byte_per_token=1e5,
    load_byte_per_s=1e10,
)  # fmt: skip


def test_a_token_is_loaded_in_its_bytes_over_the_bandwidth():
    # 100 kB ÷ 10 GB/s
    assert shared_store(small_ground(), ALL_SHARED).load_token_s == 1e-5


@pytest.mark.parametrize(
    ("prefix_frac", "recompute_frac", "left"),
    [
        pytest.param(0.8, 0.3, 0.44, id="0.2 + 0.8 × 0.3"),
        pytest.param(0.8, 1.0, 1.0, id="no reuse"),
        pytest.param(0.0, 0.0, 1.0, id="nothing in common"),
    ],
)
def test_prefill_left_by_a_hit(prefix_frac, recompute_frac, left):
    assert prefill_frac(prefix_frac, recompute_frac) == pytest.approx(left)


def test_steps_of_a_workflow_go_to_different_models_a_stated_distance_apart():
    requests = small_ground(requests=12).requests

    rows = workflow_requests(requests, ALL_SHARED, classes=1, seed=1)

    assert_array_equal(rows.prefix_id, [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
    assert_array_equal(rows.klass, [0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0])
    assert_array_equal(rows.prefix, 800)


def test_requests_keep_their_times_and_lengths():
    requests = small_ground().requests

    rows = workflow_requests(requests, DroidSpeakParameters(), classes=1, seed=1)

    assert_array_equal(rows.arrived_s, requests.arrived_s)
    assert_array_equal(rows.prompt, requests.prompt)
    assert_array_equal(rows.output, requests.output)
    assert np.all(rows.prefix <= rows.prompt)
    assert abs(np.mean(rows.prefix_id >= 0) - 0.6) < 0.14


def test_no_share_no_prefix():
    rows = workflow_requests(
        small_ground().requests,
        DroidSpeakParameters(shared_frac=0.0),
        classes=1,
        seed=1,
    )

    assert_array_equal(rows.prefix_id, -1)
    assert_array_equal(rows.prefix, 0)


def test_prefixes_of_two_models_never_meet_when_each_keeps_its_own():
    rows = workflow_requests(
        small_ground(requests=12).requests, ALL_SHARED, classes=1, seed=1
    )

    own = own_prefixes(rows, 2, classes=1)

    # workflow 0 at models 0 and 1, workflow 1 at models 1 and 0
    assert_array_equal(own.prefix_id[[0, 3, 1, 4]], [0, 1, 3, 2])
    assert len(set(own.prefix_id)) == 12


def test_every_model_has_its_classes_and_pool():
    classes = model_classes(small_ground().classes, 3)

    assert [c.model for c in classes] == [0, 1, 2]
    assert len({c.name for c in classes}) == 3
    assert [c.prompt_pool for c in classes] == ["model 0", "model 1", "model 2"]


def test_instances_are_shared_evenly():
    assert shares(7, 3) == (3, 2, 2)


def test_more_models_than_instances_are_refused():
    with pytest.raises(ScenarioError, match="got 3"):
        shares(2, 3)


def test_recomputing_everything_is_no_reuse():
    parameters = ALL_SHARED.model_copy(update={"recompute_frac": 1.0})

    outcome = evaluate(small_ground(), parameters)

    assert outcome.baseline is not None
    assert outcome.latency_s == outcome.baseline.latency_s


def test_reuse_shortens_the_wait_for_the_first_token():
    outcome = evaluate(small_ground(), ALL_SHARED)

    assert outcome.baseline is not None
    assert outcome.finished == outcome.baseline.finished == 200
    # every second step hits: the mean of 1 and 0.44
    assert 1.0 < outcome.figures["ttft_mean_ratio"] < 1 / 0.44
