"""PruneTrain: schedule, shares of time and the job's energy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.serving.systems.small_ground import small_ground
from twin.errors import ScenarioError
from twin.serving.systems.prune_train import (
    PruneTrainParameters,
    dense_epoch_s,
    epoch_time_frac,
    evaluate,
    pruned_level,
)

NOTHING_SAVED = PruneTrainParameters(
    flops_saved_frac=0, memory_saved_frac=0, communication_saved_frac=0
)


def test_the_run_saves_what_is_stated_and_work_only_falls():
    level = pruned_level(0.4, epochs=90, prune_epochs=10, decay_epochs=20.0)

    assert level.mean() == pytest.approx(0.6)
    assert_allclose(level[:10], 1.0)
    assert np.all(np.diff(level) <= 0)
    assert len(set(level)) == 9  # one level per cut
    assert level[-1] > 0


def test_two_halves_cut_once_save_twice_as_much_in_the_second():
    level = pruned_level(0.25, epochs=2, prune_epochs=1, decay_epochs=5.0)

    assert_allclose(level, [1.0, 0.5])


@pytest.mark.parametrize(
    ("compute_frac", "memory_frac", "saved"),
    [
        pytest.param(1.0, 0.0, 0.40, id="all compute: the operations' saving"),
        pytest.param(0.0, 1.0, 0.37, id="all memory: the traffic's"),
        pytest.param(0.0, 0.0, 0.55, id="all communication: the links'"),
        pytest.param(0.5, 0.3, 0.421, id="0.5 × 0.40 + 0.3 × 0.37 + 0.2 × 0.55"),
    ],
)
def test_time_saved_is_the_shares_weighted_by_what_binds(
    compute_frac, memory_frac, saved
):
    time = epoch_time_frac(
        PruneTrainParameters(compute_frac=compute_frac, memory_frac=memory_frac)
    )

    assert time.mean() == pytest.approx(1 - saved)


def test_a_dense_epoch_is_images_over_all_gpus():
    # 2,000,000 images ÷ (2500 /s × 16 GPUs)
    assert dense_epoch_s(PruneTrainParameters(images=2_000_000), 16) == 50.0


def test_a_job_that_prunes_nothing_is_the_dense_job():
    outcome = evaluate(small_ground(), NOTHING_SAVED)

    assert outcome.baseline is not None
    assert outcome.energy_j == pytest.approx(outcome.baseline.energy_j)


def test_the_pruned_job_draws_the_same_power_for_a_shorter_time():
    outcome = evaluate(small_ground(), PruneTrainParameters())
    dense = outcome.baseline

    assert dense is not None
    assert outcome.mean_power_w == dense.mean_power_w
    shorter = outcome.latency_s["e2e"]["mean"] / dense.latency_s["e2e"]["mean"]
    assert outcome.energy_j / dense.energy_j == pytest.approx(shorter)
    # 2 DGX A100: 867 W + 1.279 × 8 × 400 W × 0.85, PUE 1.25
    assert dense.mean_power_w == pytest.approx(2 * 1.25 * (867 + 1.279 * 2720))


def test_saving_more_than_the_schedule_can_is_refused():
    with pytest.raises(ScenarioError, match=r"got 0\.9"):
        pruned_level(0.9, epochs=90, prune_epochs=10, decay_epochs=20.0)


def test_shares_above_one_are_refused():
    with pytest.raises(ScenarioError, match=r"got 1\.3"):
        epoch_time_frac(PruneTrainParameters(compute_frac=0.9, memory_frac=0.4))
