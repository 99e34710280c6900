"""The energy of a query: hand calculations, limits, fits repeated, refusals."""

from __future__ import annotations

import csv
import gzip
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError
from scipy.optimize import nnls

from twin.scenario import query_presets as presets
from twin.scenario.query_parts import LineThroughput, PointsThroughput, WorkThroughput
from twin.scenario.spread import Exponential, LogNormal, Samples, Uniform
from twin.serving.query_energy import QueryEnergyInput, query_energy

CERTAIN = {
    "draws": 1000,
    "typical": {
        "input_tokens": {"kind": "fixed", "value": 500},
        "output_tokens": {"kind": "fixed", "value": 360},
        "throughput": {
            "kind": "points",
            "output_tokens": [360],
            "tokens_per_s": [3600],
        },
    },
    "node_w": {"kind": "fixed", "value": 9000},
    "utilisation": {"kind": "fixed", "value": 0.5},
    "pue": {"kind": "fixed", "value": 1.2},
    "water_l_per_it_kwh": {"kind": "fixed", "value": 0.3},
    "grid_water_l_per_kwh": {"kind": "fixed", "value": 2.0},
    "carbon_g_per_kwh": {"kind": "fixed", "value": 400},
    "energy_usd_per_kwh": {"kind": "fixed", "value": 0.1},
    "node_usd_per_h": 36,
    "queries_per_day": 1e6,
    "long_frac": 0.0,
    "fleet_overhead": 1.5,
    "pathways": [],
}
"""360 tokens at 3,600/s, half used: 0.2 s of 9 kW, 0.5 Wh of servers, 0.6 Wh in all."""


def answer(**changes):
    return query_energy(QueryEnergyInput.model_validate(CERTAIN | changes))


# --- one query by hand ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("energy_wh", 0.6, id="energy"),
        pytest.param("energy_per_token_wh", 0.6 / 360, id="energy per token"),
        pytest.param("carbon_g", 0.24, id="carbon"),
        pytest.param("carbon_per_token_g", 0.24 / 360, id="carbon per token"),
        pytest.param("water_ml", 0.5 * 0.3 + 0.6 * 2.0, id="water"),
        pytest.param("cost_usd", 0.6e-3 * 0.1 + 0.2 / 3600 * 36, id="cost"),
        pytest.param("tokens_per_s", 1800.0, id="rate in service"),
    ],
)
def test_a_certain_query_is_the_hand_calculation_at_every_percentile(field, value):
    found = getattr(answer().typical, field)

    assert_allclose(
        [found.p5, found.p25, found.p50, found.p75, found.p95, found.mean], value
    )


def test_a_fleets_day_is_queries_times_the_mean_times_the_overhead():
    fleet = answer().fleet

    assert_allclose(fleet.energy_gwh, 0.6 * 1e6 * 1.5 / 1e9)
    assert_allclose(fleet.mean_megawatt, 0.9e6 / 24 / 1e6)
    assert_allclose(fleet.carbon_t, 0.24 * 1.5)
    assert_allclose(fleet.water_m3, 1.35 * 1.5)


def test_a_fleet_of_two_classes_is_their_mean_by_share():
    long = CERTAIN["typical"] | {"output_tokens": {"kind": "fixed", "value": 3600}}
    mixed = answer(long=long, long_frac=0.1)

    assert_allclose(mixed.long_ratio, 10.0)
    assert_allclose(mixed.fleet.energy_gwh, (0.9 * 0.6 + 0.1 * 6.0) * 1.5e6 / 1e9)
    assert_allclose(mixed.fleet_all_typical.energy_gwh, 0.6 * 1.5e6 / 1e9)


def test_pathways_divide_alone_and_multiply_together():
    halved = {"name": "hardware", "reduction": {"kind": "fixed", "value": 2}}
    fifth = {
        "name": "serving",
        "reduction": {"kind": "fixed", "value": 5},
        "typical": False,
        "fleet_frac": 0.5,
    }
    found = answer(pathways=[halved, fifth], long=CERTAIN["typical"], long_frac=0.5)
    alone, serving, combined = found.savings

    assert_allclose(alone.energy_wh["typical"].p50, 0.3)
    assert set(serving.reduction) == {"long"}
    assert_allclose(combined.reduction["typical"].mean, 2.0)
    assert_allclose(combined.energy_wh["long"].p50, 0.06)
    assert combined.published_frac == {"typical": 0.0, "long": 1.0}
    # half of the fleet's long queries keep all, half a fifth: 0.6 of the energy
    assert_allclose(
        found.fleet_after.energy_gwh / found.fleet.energy_gwh,
        0.5 * 0.5 + 0.5 * 0.5 * 0.6,
    )


# --- throughput -----------------------------------------------------------------------


def test_a_line_passes_its_reference_and_follows_its_slopes():
    line = LineThroughput(
        tokens_per_s=2000, reference_output=300, input_slope=-0.5, output_slope=0.5
    )
    prompt, output = np.array([500.0, 2000.0, 500.0]), np.array([300.0, 300.0, 1200.0])

    assert_allclose(output / line.node_s(prompt, output), [2000, 1000, 4000])


def test_work_is_prefill_decode_and_reading_what_is_held():
    work = WorkThroughput(
        prefill_s_per_token=1e-4, decode_s_per_token=2e-4, cache_s_per_token2=1e-7
    )

    # 500 prompt tokens, 1,000 out: 0.05 + 0.2 + 1e-7 * 1000 * (500 + 500)
    assert_allclose(work.node_s(np.array([500.0]), np.array([1000.0])), [0.35])


def test_points_are_log_linear_between_and_held_outside():
    points = PointsThroughput(output_tokens=(100, 10_000), tokens_per_s=(4000, 1000))
    output = np.array([10.0, 100.0, 1000.0, 10_000.0, 1e6])

    assert_allclose(
        output / points.node_s(output, output), [4000, 4000, 2000, 1000, 1000]
    )


def test_extrapolated_answers_are_counted():
    points = PointsThroughput(
        output_tokens=(100,), tokens_per_s=(1,), least_tokens=50, most_tokens=200
    )

    assert points.outside_frac(np.array([10.0, 50.0, 100.0, 200.0])) == 0.25


# --- fits and presets -----------------------------------------------------------------


LLAMA_405B_H100 = np.array([
    (128, 128, 3627), (128, 2048, 4340), (128, 4096, 3116), (500, 2000, 3994),
    (1000, 1000, 2919), (1000, 2000, 2895), (2048, 128, 453), (2048, 2048, 2296),
    (5000, 500, 610), (20000, 2000, 345),
], dtype=float).T  # fmt: skip
"""
Input tokens, output tokens, output tokens/s: Llama 3.1 405B FP8 on eight H100.

NVIDIA/TensorRT-LLM, docs/source/performance/perf-overview.md of version 1.0 (commit
00f37686aa854010d68bcbd0f4ab000221541ca6), read; requests at an infinite rate.
"""


def test_presets_hold_the_least_squares_fits_of_the_published_rows():
    prompt, answer, rate = LLAMA_405B_H100
    logs = np.column_stack([np.ones(10), np.log(prompt), np.log(answer)])
    line = np.linalg.lstsq(logs, np.log(rate), rcond=None)[0]
    seconds = answer / rate
    terms = np.column_stack([prompt, answer, answer * (prompt + answer / 2)])
    work, _ = nnls(terms / seconds[:, None], np.ones(10))  # of relative errors

    assert_allclose([presets.INPUT_SLOPE, presets.OUTPUT_SLOPE], line[1:], rtol=1e-3)
    assert_allclose(
        [presets.PREFILL_S, presets.DECODE_S, presets.CACHE_S], work, rtol=1e-4
    )


def test_the_work_balance_meets_every_published_row_within_nine_percent():
    work = WorkThroughput(
        prefill_s_per_token=presets.PREFILL_S, decode_s_per_token=presets.DECODE_S,
        cache_s_per_token2=presets.CACHE_S,
    )  # fmt: skip
    prompt, output, rate = LLAMA_405B_H100

    assert_allclose(output / work.node_s(prompt, output), rate, rtol=0.10)


def test_the_level_backed_out_is_the_arithmetic_of_the_medians():
    # 1.2124 * 7,910 W * 300 tokens / (3,600 s/h * 0.34 Wh)
    assert_allclose(presets.back_out(0.34, 300), 2350.5, rtol=1e-3)


@pytest.mark.parametrize(
    ("preset", "typical_wh", "long_wh"),
    [
        pytest.param("v1", 0.34, 4.32, id="v1, September 2025"),
        pytest.param("v2", 0.31, 3.91, id="v2, June 2026"),
    ],
)
def test_each_version_gives_its_own_medians_within_ten_percent(
    preset, typical_wh, long_wh
):
    found = query_energy(QueryEnergyInput(preset=preset))

    assert_allclose(found.typical.energy_wh.p50, typical_wh, rtol=0.1)
    assert_allclose(found.long.energy_wh.p50, long_wh, rtol=0.1)


@pytest.mark.parametrize(
    ("preset", "fleet_wh"),
    [pytest.param("v1", 0.8, id="v1"), pytest.param("v2", 0.7, id="v2")],
)
def test_the_fleet_overhead_is_what_the_version_itself_leaves_unexplained(
    preset, fleet_wh
):
    given = QueryEnergyInput(preset=preset, draws=400_000)

    assert_allclose(
        given.fleet_overhead, fleet_wh / query_energy(given).typical.energy_wh.mean,
        rtol=0.01,
    )  # fmt: skip


def test_what_was_changed_is_told_and_the_rest_stays_the_presets():
    given = QueryEnergyInput.model_validate({"preset": "v1", "long_frac": 0.2})

    assert given.changed == ("long_frac",)
    assert given.typical == presets.PRESETS["v1"].typical
    assert query_energy(given).changed == ("long_frac",)


def test_every_preset_says_what_its_throughput_and_power_rest_on():
    for preset in presets.PRESETS.values():
        fields = {said.field for said in preset.sources}
        assert {"node_w", "pue"} <= fields
        assert any(field.startswith("throughput") for field in fields)


@pytest.mark.data
@pytest.mark.parametrize(
    ("preset", "model", "gpus_w"),
    [
        pytest.param(
            "measured-llama-405b", "meta-llama/Llama-3.1-405B-Instruct-FP8",
            {"lm-arena-chat": 4874.81}, id="Llama 405B",
        ),
        pytest.param(
            "measured-qwen3-235b", "Qwen/Qwen3-235B-A22B-",
            {"lm-arena-chat": 3960.90, "gpqa": 3918.10}, id="Qwen3 235B",
        ),
    ],
)  # fmt: skip
def test_measured_presets_are_the_fastest_published_rows(
    data_dir, preset, model, gpus_w
):
    path = data_dir / "mlenergy_v3" / "mlenergy_v3_llm.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        rows = [
            row for row in csv.DictReader(file)
            if row["model"].startswith(model) and row["model"].endswith("FP8")
            and (row["gpu_model"], row["num_gpus"]) == ("H100", "8")
        ]  # fmt: skip
    best = sorted(
        (
            max((row for row in rows if row["task"] == task),
                key=lambda row: float(row["output_throughput_tokens_per_sec"]))
            for task in gpus_w
        ),
        key=lambda row: float(row["avg_output_len"]),
    )  # fmt: skip
    points = presets.PRESETS[preset].typical.throughput

    assert_allclose(
        points.tokens_per_s,
        [float(row["output_throughput_tokens_per_sec"]) for row in best], rtol=1e-4,
    )  # fmt: skip
    assert_allclose(
        points.output_tokens, [float(row["avg_output_len"]) for row in best], rtol=1e-4
    )
    for row in best:
        assert_allclose(float(row["avg_power_watts"]), gpus_w[row["task"]], rtol=1e-4)


# --- scatter --------------------------------------------------------------------------


def test_quantiles_of_an_exponential_have_its_median_and_quartiles():
    u = np.array([0.25, 0.5, 0.75])
    scale = 300 / math.log(2)

    assert_allclose(
        Exponential(median=300).at(u),
        [scale * math.log(4 / 3), 300, scale * math.log(4)],
    )


def test_a_log_normal_has_its_percentiles_where_they_fit_its_median():
    spread = LogNormal(median=math.sqrt(1.05 * 1.4), p5=1.05, p95=1.4)

    assert_allclose(spread.at(np.array([0.05, 0.95])), [1.05, 1.4])


def test_a_log_normal_never_leaves_its_limits():
    spread = LogNormal(median=1.2, p5=1.05, p95=1.4, least=1.0, most=1.5)
    drawn = spread.at(np.array([1e-9, 0.5, 1 - 1e-9]))

    assert_allclose(drawn, [1.0, 1.2, 1.5])


def test_weighted_hours_come_up_by_their_weight():
    hours = Samples(values=(500, 100), weights=(1, 3))

    assert_allclose(hours.at(np.array([0.0, 0.74, 0.76, 0.999])), [100, 100, 500, 500])


def test_hours_of_the_grid_give_the_mean_of_the_hours():
    series = {"kind": "samples", "values": [100, 300, 800]}
    found = answer(carbon_g_per_kwh=series, draws=200_000)

    assert_allclose(found.typical.carbon_g.mean, 0.6e-3 * 400, rtol=0.01)


def test_the_same_seed_draws_the_same_and_another_does_not():
    first = query_energy(QueryEnergyInput(draws=2000, seed=1))
    again = query_energy(QueryEnergyInput(draws=2000), np.random.default_rng(1))
    other = query_energy(QueryEnergyInput(draws=2000, seed=2))

    assert first == again
    assert first.typical.energy_wh != other.typical.energy_wh


def test_the_input_that_moves_the_median_most_comes_first():
    spread = {"kind": "uniform", "low": 4500, "high": 13_500}
    swings = answer(node_w=spread).typical.tornado

    assert swings[0].input == "node_w"
    # 4,950 and 13,050 W for 0.2 s, times 1.2
    assert_allclose([swings[0].low_wh, swings[0].high_wh], [0.33, 0.87])
    assert_allclose([swing.swing_wh for swing in swings[1:]], 0.0)


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"preset": "v3"}, "preset", id="unknown preset"),
        pytest.param(
            {"pue": {"kind": "lognormal", "median": 1.05, "p5": 1.0, "p95": 1.2}},
            "pue must not be below 1", id="PUE below one",
        ),
        pytest.param(
            {"node_w": {"kind": "uniform", "low": 0, "high": 0}},
            "node_w must be positive, lowest is 0", id="no power",
        ),
        pytest.param({"long_frac": 1.2}, "long_frac", id="share above one"),
        pytest.param({"draws": 10}, "draws", id="too few draws"),
        pytest.param({"fuel": 1}, "fuel", id="unknown key"),
        pytest.param(
            {"pathways": [
                {"name": "a", "reduction": {"kind": "fixed", "value": 2}},
                {"name": "a", "reduction": {"kind": "fixed", "value": 3}},
            ]},
            "different names", id="one name twice",
        ),
        pytest.param(
            {"pathways": [{"name": "a", "reduction": {"kind": "fixed", "value": 0}}]},
            "reduction of pathway 'a'", id="a division by zero",
        ),
        pytest.param(
            {"typical": {**CERTAIN["typical"],
                         "output_tokens": {"kind": "fixed", "value": 0}}},
            "typical.output_tokens must be 1 or more", id="no answer",
        ),
    ],
)  # fmt: skip
def test_inputs_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        QueryEnergyInput.model_validate(changes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: Uniform(low=2, high=1), "got 2.0, 1.0", id="order"),
        pytest.param(
            lambda: Uniform(kind="loguniform", low=0, high=1), "positive", id="log of 0"
        ),
        pytest.param(
            lambda: Samples(values=(1, 2), weights=(1,)), "got 1 for 2", id="weights"
        ),
        pytest.param(lambda: Samples(values=(-1,)), "got -1", id="negative"),
        pytest.param(
            lambda: PointsThroughput(output_tokens=(2, 1), tokens_per_s=(1, 1)),
            "rise", id="points out of order",
        ),
    ],
)  # fmt: skip
def test_spreads_and_points_that_mean_nothing_are_refused(make, message):
    with pytest.raises(ValidationError, match=message):
        make()
