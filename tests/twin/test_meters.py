"""What the meters say about runs small enough to work out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.rows import arrivals_of, compiled_row, run_arrivals
from twin.catalogue import SERVERS, find_table
from twin.catalogue.performance import decode_iteration_s
from twin.meters import read_result
from twin.serving import kernel
from twin.serving.histogram import percentile_s
from twin.serving.primitives import BINS, latency_bin
from twin.simulate import simulate, uncontrolled

LOW, HIGH = 0, 2  # first group of each priority in the published mix

# BLOOM-176B on eight A100, from its table: 2048 prompt tokens take 0.54041 s at
# 1.021 × TDP; one decode iteration alone takes 0.04876 s with 576 tokens of context,
# 0.4239 µs of it per token held; decode draws 0.636 × TDP.
PREFILL_2048_S = 0.54041
DECODE_1_S = 0.04876
KV_TOKEN_S = 4.239e-07
GROUP_W, IDLE_W = 8 * 400.0, 8 * 63.0
PREFILL_W, DECODE_W = 1.021 * GROUP_W, 0.636 * GROUP_W
HOST_W, HOST_SLOPE = 867.0, 1.279  # per server


def decode_s(prompt: int, output: int) -> float:
    """Time of the iterations after the first token of a request alone, summed."""
    return sum(
        DECODE_1_S + KV_TOKEN_S * (prompt + done - 576) for done in range(1, output)
    )


def one_request(prompt=2048, output=513, *, at_s=10.25, seconds=120):
    compiled = compiled_row(servers=2, seconds=seconds)
    arrivals = arrivals_of((at_s, LOW, prompt, output))
    state, meter = run_arrivals(compiled, arrivals, groups_low=2)
    return compiled, state, meter


# --- the table ------------------------------------------------------------------------


def test_the_table_s_figures_are_the_ones_worked_with_here():
    table = find_table("bloom-176b", SERVERS["dgx-a100"])

    at = table.prefill_tokens.index(2048.0)
    assert (table.prefill_s[at], table.prefill_power_frac[at]) == (0.54041, 1.021)
    assert (table.decode_s[0], table.decode_power_frac[0]) == (0.04876, 0.636)
    assert (table.decode_kv_token_s, table.decode_context_tokens) == (4.239e-07, 576.0)


def test_iteration_time_at_the_measured_context_is_the_measured_time():
    table = find_table("bloom-176b", SERVERS["dgx-a100"])
    base_s = decode_iteration_s(table)

    for batch, measured_s in zip(table.decode_batch, table.decode_s, strict=True):
        held = batch * 576.0
        half_step_s = 0.5 * KV_TOKEN_S * batch
        found_s = base_s[int(batch)] + half_step_s + KV_TOKEN_S * held
        assert found_s == pytest.approx(measured_s, rel=1e-12)


def test_iteration_time_between_measured_batches_is_on_the_line():
    table = find_table("bloom-176b", SERVERS["dgx-a100"])

    at_3_s = decode_iteration_s(table)[3] + KV_TOKEN_S * (3 * 576 + 1.5)

    assert at_3_s == pytest.approx((0.04999 + 0.051) / 2, rel=1e-12)


# --- one request ----------------------------------------------------------------------


def latency_s(meter, metric, group=LOW):
    return float(meter.latency_sum_s[group, metric])


def test_the_first_token_of_a_lone_request_comes_after_its_prefill():
    _, _, meter = one_request()

    assert latency_s(meter, kernel.TTFT) == pytest.approx(PREFILL_2048_S, rel=1e-9)


@pytest.mark.parametrize(
    ("prompt", "prefill_s"),
    [
        pytest.param(1, 0.07967, id="below the first knot: flat"),
        pytest.param(192, (0.07967 + 0.09916) / 2, id="between two knots"),
        pytest.param(
            10_240, 3.59317 + 2048 * (3.59317 - 1.34817) / 4096, id="beyond: last slope"
        ),
    ],
)
def test_prefill_time_follows_the_table(prompt, prefill_s):
    _, _, meter = one_request(prompt=prompt)

    assert latency_s(meter, kernel.TTFT) == pytest.approx(prefill_s, rel=1e-9)


@pytest.mark.parametrize("output", [1, 2, 3, 513])
def test_a_lone_request_takes_its_prefill_and_one_iteration_per_further_token(output):
    _, _, meter = one_request(output=output)

    expected_s = PREFILL_2048_S + decode_s(2048, output)
    assert latency_s(meter, kernel.E2E) == pytest.approx(expected_s, rel=1e-9)
    assert meter.counts[LOW].tolist() == [1, 1, 0, 0, 2048, output, 0]


def test_token_gaps_of_a_lone_request_are_its_iterations():
    compiled, _, meter = one_request(output=513)
    row = len(compiled.traffic.group_names)  # low priority

    assert meter.histogram[row, kernel.TBT].sum() == pytest.approx(512, rel=1e-9)
    assert latency_s(meter, kernel.TBT, row) == pytest.approx(
        decode_s(2048, 513), rel=1e-9
    )


def test_energy_of_a_lone_request_is_power_times_time_of_each_phase():
    _, state, meter = one_request(seconds=120)
    busy_s = decode_s(2048, 513)

    assert state.inst["energy_prefill_j"].sum() == pytest.approx(
        PREFILL_W * PREFILL_2048_S, rel=1e-9
    )
    assert state.inst["energy_decode_j"].sum() == pytest.approx(
        DECODE_W * busy_s, rel=1e-9
    )
    idle_j = IDLE_W * (2 * 120 - PREFILL_2048_S - busy_s)
    gpus_j = PREFILL_W * PREFILL_2048_S + DECODE_W * busy_s + idle_j
    assert meter.totals[kernel.M_ENERGY_J] == pytest.approx(
        2 * HOST_W * 120 + HOST_SLOPE * gpus_j, rel=1e-9
    )


def test_a_second_prompt_pauses_the_first_request_s_decode():
    compiled = compiled_row(servers=2, seconds=120, low_frac=0.5)
    two = arrivals_of(
        (10.0, LOW, 2048, 513), (20.0, LOW, 2048, 2), (20.0, LOW, 2048, 2)
    )
    # both low-priority requests share the one low server with the first
    _, meter = run_arrivals(compiled, two, groups_low=2)

    _, alone = run_arrivals(compiled, arrivals_of((10.0, LOW, 2048, 513)), groups_low=2)
    longer_s = percentile_s(meter.histogram[LOW, kernel.E2E], 1.0) - percentile_s(
        alone.histogram[LOW, kernel.E2E], 1.0
    )
    # two prefills of 2048 tokens, one after the other, and one slower iteration of
    # three; a bin is 0.8 % of 27 s wide
    assert longer_s == pytest.approx(2 * PREFILL_2048_S, abs=0.008 * 27)
    assert meter.counts[LOW, kernel.C_FINISHED] == 3


# --- power levels ---------------------------------------------------------------------


def row_w(gpus_w: float, *, servers=2) -> float:
    """Row power for the GPU watts of the whole row."""
    return servers * HOST_W + HOST_SLOPE * gpus_w


def test_an_idle_row_draws_the_published_idle_power_of_each_server():
    compiled = compiled_row(servers=40, seconds=900)

    result = simulate(compiled, rate_per_server_s=0.0)

    # 867 + 1.279 × 8 × 63 = 1511.6 W; published tenth percentile 1512 W
    assert result.peak_w == pytest.approx(40 * 1511.616, rel=1e-9)
    assert result.peak_w == pytest.approx(40 * 1512, rel=1e-3)
    assert result.mean_w == pytest.approx(result.peak_w, rel=1e-12)
    assert result.low.finished == 0
    assert math.isnan(result.low.e2e.p50_s)


def test_row_power_shows_idle_prefill_and_decode_as_levels():
    # eight seconds of prefill would need a longer prompt than one tick: 8192 tokens
    compiled = compiled_row(servers=2, seconds=60)
    arrivals = arrivals_of((10.0, LOW, 8192, 200))
    _, meter = run_arrivals(compiled, arrivals, groups_low=2)
    mean_w = meter.series[:, kernel.S_MEAN]

    assert mean_w[5] == pytest.approx(row_w(2 * IDLE_W), rel=1e-12)
    # prefill from 10 s to 13.59317 s at 1.026 × TDP, then decode
    assert_allclose(mean_w[10:13], row_w(1.026 * GROUP_W + IDLE_W), rtol=1e-12)
    mixed_w = 0.59317 * 1.026 * GROUP_W + (1 - 0.59317) * DECODE_W
    assert mean_w[13] == pytest.approx(row_w(mixed_w + IDLE_W), rel=1e-9)
    assert mean_w[15] == pytest.approx(row_w(DECODE_W + IDLE_W), rel=1e-12)


def test_decode_power_under_a_cap_keeps_its_memory_part():
    compiled = compiled_row(servers=2)
    setup = compiled.setup

    # 1200 MHz: dynamic power 0.7278 of full; 0.148 of decode's is memory and stays
    factor = kernel._clock_factor(setup, 1200.0, kernel.POWER_DECODE)

    assert factor == pytest.approx(0.148 + 0.852 * 0.7278, rel=1e-12)


def test_peak_and_time_above_a_level_are_read_from_the_ticks():
    compiled = compiled_row(servers=2, seconds=60, provisioned_w=5000.0)
    # idle 3023 W; prefill 867 × 2 + 1.279 × (3283.2 + 504) = 6578 W; decode 4981 W
    arrivals = arrivals_of((10.0, LOW, 8192, 2), (30.0, LOW, 8192, 2))
    state, meter = run_arrivals(compiled, arrivals, groups_low=2)
    result = read_result(compiled, state, meter, rate_per_server_s=0.0)

    assert result.peak_w == pytest.approx(row_w(1.026 * GROUP_W + IDLE_W), rel=1e-12)
    assert result.peak_t_s == 10.0
    level = result.above[-1]
    # three whole ticks each, and a fourth whose 0.59 s of prefill lift it to 5139 W
    assert (level.level_frac, level.above_s, level.crossings) == (1.0, 8.0, 2)


@pytest.mark.parametrize(
    ("first_tick", "counted"),
    [
        pytest.param(0, 1.0, id="counted"),
        pytest.param(50, 0.0, id="left out while the row fills up"),
    ],
)
def test_the_largest_rise_is_the_step_from_idle_to_prefill(first_tick, counted):
    compiled = compiled_row(servers=2, seconds=60, provisioned_w=5000.0)
    compiled = replace(
        compiled, setup=compiled.setup._replace(rise_from_tick=first_tick)
    )
    arrivals = arrivals_of((20.0, LOW, 8192, 2))
    state, meter = run_arrivals(compiled, arrivals, groups_low=2)
    result = read_result(compiled, state, meter, rate_per_server_s=0.0)

    rise_w = counted * HOST_SLOPE * (1.026 * GROUP_W - IDLE_W)
    assert result.rise_2s_frac == pytest.approx(rise_w / 5000.0, rel=1e-9)
    assert result.rise_40s_frac == pytest.approx(rise_w / 5000.0, rel=1e-9)


def test_the_reference_run_names_itself_uncontrolled():
    result = simulate(uncontrolled(compiled_row()), rate_per_server_s=0.05)

    assert (result.policy, result.brakes, result.caps_low) == ("uncontrolled", 0, 0)


# --- percentiles ----------------------------------------------------------------------


@pytest.mark.parametrize("frac", [0.01, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("middle_s", [0.002, 0.05, 30.0, 3600.0])
def test_a_percentile_is_within_one_percent_of_the_exact_one(frac, middle_s):
    samples_s = np.random.default_rng(5).lognormal(np.log(middle_s), 0.8, 20_000)
    counts = np.zeros(BINS)
    for sample_s in samples_s:
        counts[latency_bin(sample_s)] += 1

    exact_s = np.percentile(samples_s, 100 * frac)

    assert percentile_s(counts, frac) == pytest.approx(exact_s, rel=0.008)


def test_a_single_sample_is_its_own_percentile_within_a_bin():
    for sample_s in (0.0123, 1.0, 7.77, 86_400.0):
        counts = np.zeros(BINS)
        counts[latency_bin(sample_s)] += 1
        for frac in (0.01, 0.5, 0.99):
            assert percentile_s(counts, frac) == pytest.approx(sample_s, rel=0.008)


def test_a_percentile_of_nothing_is_not_a_number():
    assert math.isnan(percentile_s(np.zeros(BINS), 0.5))


def test_latencies_outside_the_histogram_land_in_its_end_bins():
    assert latency_bin(1e-9) == 0
    assert latency_bin(0.0) == 0
    assert latency_bin(1e12) == BINS - 1
