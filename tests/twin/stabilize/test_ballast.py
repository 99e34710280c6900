"""Software ballast: found late, stopped late, and paid for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.stabilize.ballast import Ballast, filled
from twin.training.waveform import Waveform

GPUS, TDP_W = 1000, 1000.0


def fill(level, *, sample_s=1e-3, **settings_):
    wave = Waveform(power_w=np.asarray(level) * GPUS * TDP_W, sample_s=sample_s)
    found = filled(wave, Ballast(**settings_), gpu_count=GPUS, tdp_w=TDP_W)
    return found, found.wave.power_w / GPUS / TDP_W


GAP = np.tile(np.concatenate([np.full(700, 1.0), np.full(300, 0.4)]), 20)


def test_a_gap_is_lifted_after_it_is_seen():
    _, drawn = fill(GAP, target_frac=0.9, detect_s=0.02, kernel_s=0.01, grain_frac=0.1)

    assert_allclose(drawn[[699, 705, 719]], [1.0, 0.4, 0.4])
    assert_allclose(drawn[725:995], 0.9)


def test_power_comes_in_grains():
    """0.5 are missing, a unit is 0.2: two of them, not two and a half."""
    _, drawn = fill(GAP, target_frac=0.9, detect_s=0.01, grain_frac=0.2)

    assert_allclose(drawn[900], 0.8)


def test_a_kernel_runs_to_its_end_beside_the_job():
    """Kernels of 32 ms from 20 ms into 300 ms: the ninth ends 8 ms into the work."""
    found, drawn = fill(GAP, detect_s=0.02, kernel_s=0.032, contention_frac=0.5,
                        grain_frac=0.5)  # fmt: skip

    assert drawn[1004] == pytest.approx(1.1)  # at the ceiling
    assert drawn[1015] == pytest.approx(1.0)
    # half a kernel on average, for the job comes back nineteen times
    assert found.both_s == pytest.approx(19 * 0.016)
    assert found.slowdown_frac == pytest.approx(0.5 * found.both_s / 20.0)


def test_the_published_kind_of_job_loses_less_than_a_twentieth():
    """Periods of 0.33 to 5 s with one gap each: a kernel and half its speed."""
    for period_s in (0.33, 1.0, 5.0):
        n = round(period_s / 1e-3)
        level = np.tile(
            np.concatenate([np.full(n - n // 4, 1.0), np.full(n // 4, 0.4)]), 12
        )
        found, _ = fill(level)
        assert found.slowdown_frac <= 0.05
        assert found.slowdown_frac == pytest.approx(
            0.5 * 0.0025 * 11 / 12 / period_s, rel=1e-3
        )


def test_work_under_the_target_is_no_gap():
    """Compute at 0.85 is work: nothing is put beside it, and nothing is slowed."""
    found, drawn = fill(np.full(20_000, 0.85))

    assert found.burnt_j == 0.0
    assert found.slowdown_frac == 0.0
    assert_allclose(drawn, 0.85)


def test_there_is_no_ballast_without_a_job():
    level = np.full(20_000, 0.1)
    level[5000:15_000] = GAP[:10_000]
    wave = Waveform(power_w=level * GPUS * TDP_W, sample_s=1e-3)
    found = filled(wave, Ballast(), gpu_count=GPUS, tdp_w=TDP_W, runs=[(5.0, 15.0)])

    assert_allclose(found.wave.power_w[:5000], wave.power_w[:5000])
    assert_allclose(found.wave.power_w[15_000:], wave.power_w[15_000:])
    assert found.wave.power_w[5990] == pytest.approx(0.9e6)
    assert found.wave.energy_j == pytest.approx(wave.energy_j + found.burnt_j)


def test_sharing_a_gpu_costs_all_the_time():
    alone, _ = fill(GAP)
    found, _ = fill(GAP, resident_frac=0.02)

    assert found.slowdown_frac == pytest.approx(alone.slowdown_frac + 0.02)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.05, 1.1), min_size=5, max_size=40), st.floats(0.5, 1.0),
    st.floats(0.0, 0.1), st.floats(0.01, 0.2), st.floats(0.01, 0.5),
)  # fmt: skip
def test_ballast_only_adds_and_its_books_close(levels, target, detect, kernel, grain):
    level = np.repeat(levels, 20)
    found, drawn = fill(level, sample_s=0.01, target_frac=target, detect_s=detect,
                        kernel_s=kernel, grain_frac=grain)  # fmt: skip
    work_j = level.sum() * 0.01 * GPUS * TDP_W

    assert (drawn >= level - 1e-12).all()
    assert drawn.max() <= max(1.1, level.max()) + 1e-9
    assert_allclose(found.wave.energy_j, work_j + found.burnt_j, rtol=1e-9)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"target_frac": 90.0}, "divided by 100"),
        ({"kernel_s": 0.0}, "kernel_s must be above 0"),
        ({"detect_s": -1.0}, "detect_s"),
        ({"contention_frac": 2.0}, "contention_frac"),
        ({"target_frac": 0.9, "ceiling_frac": 0.8}, "must be below ceiling_frac"),
    ],
)
def test_senseless_ballast_is_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        Ballast(**wrong)


def test_samples_longer_than_a_kernel_are_refused():
    with pytest.raises(ValueError, match=r"sample at 0\.005 s or finer"):
        fill(GAP, sample_s=0.01)
