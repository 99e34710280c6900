"""Edges become samples that hold the energy, the spectrum and the schedule."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.training.job import Levels, TrainingJob, edges
from twin.training.waveform import job_waveform, sampled

SQUARE = {
    "gpu_count": 1000, "tdp_w": 1000.0, "compute_s": 0.6, "communicate_s": 0.4,
    "levels": Levels(compute=1.0, communicate=0.4),
}  # fmt: skip


def job(**more):
    return TrainingJob(**(SQUARE | more))


def test_a_square_wave_has_its_levels_and_mean():
    wave = job_waveform(job(), horizon_s=10.0)

    assert wave.power_w.size == 10_000
    assert_allclose(wave.power_w[[100, 700, 1100]], [1e6, 4e5, 1e6])
    assert_allclose(wave.power_w.mean(), (0.6 + 0.4 * 0.4) * 1e6, rtol=1e-12)
    assert job().iteration_s == pytest.approx(1.0)
    assert job().duty == pytest.approx(0.6)


def test_jitter_filters_the_spectrum_as_a_normal_distribution_does():
    """Line n of a square wave: 2 A sin(pi n d) / (pi n) × exp(-2 (pi n s)²) × sinc."""
    jitter_s, sample_s = 0.02, 1e-3
    wave = job_waveform(job(jitter_s=jitter_s), horizon_s=101.0, sample_s=sample_s)
    whole = wave.power_w[500:100_500] / 1e6  # a hundred periods, away from the start
    line = 2.0 * np.abs(np.fft.rfft(whole)) / whole.size
    for n in (1, 2, 3, 7):
        height = 2 * 0.6 * abs(math.sin(math.pi * n * 0.6)) / (math.pi * n)
        spread = math.exp(-2.0 * (math.pi * n * jitter_s) ** 2)
        box = np.sinc(n * sample_s)
        assert_allclose(line[100 * n], height * spread * box, rtol=1e-4, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1e-4, 0.2), st.floats(0.0, 0.05), st.floats(0.0, 0.3),
    st.integers(1, 4),
)  # fmt: skip
def test_samples_hold_the_energy_however_coarse(sample_s, jitter, straggle, m):
    given_job = job(
        jitter_s=jitter, straggle_frac=straggle, microbatches=m, gap_s=0.05,
        bubble_s=0.1, start_s=1.0, end_s=17.0,
    )  # fmt: skip
    horizon_s = 20.0
    samples = round(horizon_s / sample_s)
    found = edges(given_job, horizon_s)
    level = sampled(found, samples, sample_s, jitter)
    ends = samples * sample_s
    exact = found.before * ends + float((found.by * (ends - found.t_s)).sum())

    assert_allclose(level.sum() * sample_s, exact, rtol=1e-7)


def test_the_cost_does_not_know_how_many_gpus_there_are():
    one = job_waveform(job(gpu_count=1), horizon_s=5.0)
    many = job_waveform(job(gpu_count=100_000), horizon_s=5.0)

    assert_allclose(many.power_w, 1e5 * one.power_w)


def test_evaluations_and_checkpoints_stand_where_they_are_due():
    wave = job_waveform(
        job(evaluate_every=5, evaluate_s=2.0, checkpoint_every=10, checkpoint_s=3.0),
        horizon_s=40.0, sample_s=0.01,
    )  # fmt: skip
    power = wave.power_w / 1e6
    # five iterations, two seconds, five iterations, two and three seconds, ...
    assert_allclose(power[[550, 690]], Levels().evaluate)
    assert_allclose(power[[1250, 1390]], Levels().evaluate)
    assert_allclose(power[[1450, 1690]], Levels().checkpoint)
    assert_allclose(power[1730], 1.0)


def test_a_failure_stops_the_job_and_it_starts_again():
    wave = job_waveform(
        job(failures_s=(4.3,), restart_s=3.0, end_s=12.0), horizon_s=15.0
    )
    power = wave.power_w / 1e6

    assert_allclose(power[[4200, 4400, 7200, 7400, 12_100]],
                    [1.0, 0.12, 0.12, 1.0, 0.12])  # fmt: skip


def test_a_start_may_ramp():
    wave = job_waveform(job(start_s=2.0, ramp_s=0.4), horizon_s=4.0)
    power = wave.power_w / 1e6

    assert_allclose(power[2200], 0.12 + 0.88 * 0.5, atol=2e-3)
    assert_allclose(power[2450], 1.0)


def test_a_checkpoint_in_the_background_lengthens_the_iterations_beside_it():
    """Every fourth iteration one is written for 1.5 s: the next two compute slower."""
    written = job(checkpoint_every=4, write_s=1.5, write_slow_frac=0.5)
    wave = job_waveform(written, horizon_s=12.0, sample_s=0.01).power_w / 1e6

    # iterations begin at 0, 1, 2, 3, 4, 5.3, 6.6, 7.6: compute of 0.6 s, then 0.9 s
    assert_allclose(wave[[350, 450, 485, 495]], [1.0, 1.0, 1.0, 0.4])
    assert_allclose(wave[[615, 625, 715, 725, 755]], [1.0, 0.4, 1.0, 0.4, 0.4])
    assert_allclose(wave[765], 1.0)


def test_checkpoints_of_two_jobs_take_turns():
    def low(offset):
        found = job(checkpoint_every=10, checkpoint_s=2.0, checkpoint_offset=offset)
        wave = job_waveform(found, horizon_s=30.0, sample_s=0.01)
        return np.flatnonzero(np.isclose(wave.power_w, 0.2e6))

    assert low(0)[0] == 1000
    assert low(5)[0] == 1500
    assert not set(low(0)) & set(low(5))


def test_a_look_at_a_later_moment_is_the_same_waveform():
    given_ = job(jitter_s=0.02, straggle_frac=0.05, start_s=1.0, ramp_s=3.0, end_s=9.0)
    whole = job_waveform(given_, horizon_s=12.0, sample_s=0.01).power_w

    for begin_s in (0.5, 2.5, 5.05, 8.99, 11.0):
        later = job_waveform(given_, horizon_s=1.0, sample_s=0.01, begin_s=begin_s)
        k = round(begin_s / 0.01)
        assert_allclose(later.power_w, whole[k : k + 100], rtol=1e-6)


def test_a_ramp_over_many_iterations_stays_between_idle_and_peak():
    wave = job_waveform(job(start_s=2.0, ramp_s=5.0, jitter_s=0.02), horizon_s=12.0)
    power = wave.power_w / 1e6

    assert power.min() >= 0.12 - 1e-9
    assert power.max() <= 1.0 + 1e-9
    # half of the way up, in compute and while waiting
    assert_allclose(
        power[[4500, 4800]], [0.12 + 0.88 / 2, 0.12 + 0.28 * 0.56], atol=2e-3
    )


def test_failures_outside_the_job_change_nothing():
    plain = job_waveform(job(start_s=3.0, end_s=9.0), horizon_s=12.0)
    odd = job_waveform(
        job(start_s=3.0, end_s=9.0, failures_s=(1.0, 10.0)), horizon_s=12.0
    )

    assert_allclose(odd.power_w, plain.power_w)


def test_stragglers_lengthen_iterations_and_a_seed_repeats_them():
    def ends(seed):
        return edges(job(straggle_frac=0.1, seed=seed), 100.0).t_s

    assert_allclose(ends(1), ends(1))
    assert ends(1)[-1] != ends(2)[-1]
    assert ends(1).size < edges(job(), 100.0).t_s.size


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"compute_s": 0.0}, "compute_s must be above 0"),
        ({"communicate_s": -1.0}, "communicate_s must be 0 or more"),
        ({"microbatches": 0}, "microbatches"),
        ({"evaluate_every": 3}, "evaluate_s must be above 0"),
        ({"start_s": 5.0, "end_s": 5.0}, "must be after start_s"),
        ({"failures_s": (5.0, 4.0)}, "must rise"),
    ],
)
def test_senseless_jobs_are_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        job(**wrong)


def test_a_period_of_microseconds_is_a_slip():
    with pytest.raises(ValueError, match="phases"):
        edges(job(compute_s=1e-7, communicate_s=0.0), 100.0)
    with pytest.raises(ValueError, match="sample_s"):
        job_waveform(job(), horizon_s=1.0, sample_s=2.0)


def test_watts_for_a_level_are_a_slip():
    with pytest.raises(ValueError, match="divided by the TDP"):
        Levels(compute=700.0)
