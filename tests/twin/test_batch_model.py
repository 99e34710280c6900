"""The batch model: limits and laws by hand, errors on models left out of the fit."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace

import numpy as np
import pytest

from twin.calibrate.batch_fit import (
    anchored,
    family,
    fit_correction,
    fit_terms,
    left_out,
    point_of,
    read_rows,
)
from twin.calibrate.batch_priors import NAMES
from twin.catalogue.llm_shapes import SHAPES, estimate_shape, find_shape
from twin.catalogue.performance import decode_iteration_s
from twin.errors import ScenarioError
from twin.serving.batch_constants import BATCH_MODEL, CONSTANTS
from twin.serving.batch_correction import Correction
from twin.serving.batch_model import BatchModel, Point, features
from twin.serving.batch_table import cache_tokens, phase_table
from twin.serving.batch_terms import expert_coverage, iteration

H100, B200 = "h100-sxm-80gb", "b200-sxm-180gb"
BATCHES = (1.0, 8.0, 32.0, 128.0, 512.0)
TERMS_ONLY = BatchModel(
    constants=replace(CONSTANTS, correction=Correction(centres=(), weights=()))
)


def llama_70b(**changes):
    shape = find_shape(
        "meta-llama/Llama-3.1-70B-Instruct", total_params=70e9, active_params=70e9
    )
    point = Point(
        total_params=70e9, active_params=70e9, shape=shape, precision="bfloat16",
        gpu=H100, gpu_count=4, batch=32.0, output_tokens=350.0,
    )  # fmt: skip
    return replace(point, **changes)


def qwen_235b(**changes):
    shape = find_shape("Qwen/Qwen3-235B-A22B", total_params=235e9, active_params=22e9)
    point = llama_70b(
        total_params=235e9, active_params=22e9, shape=shape, gpu=B200, gpu_count=4
    )
    return replace(point, **changes)


def sweep(point, model=BATCH_MODEL):
    return model.predict([replace(point, batch=b) for b in BATCHES])


# --- laws -----------------------------------------------------------------------------


@pytest.mark.parametrize("point", [llama_70b(), qwen_235b()], ids=["dense", "experts"])
def test_energy_of_a_token_times_tokens_a_second_is_the_power(point):
    found = sweep(point)

    drawn_w = found.energy_per_token_j * found.throughput_tokens_s
    np.testing.assert_allclose(drawn_w, found.power_w.value, rtol=1e-12)


@pytest.mark.parametrize("point", [llama_70b(), qwen_235b()], ids=["dense", "experts"])
def test_power_stays_between_a_fifth_of_tdp_and_tdp(point):
    rated_w = {H100: 700.0, B200: 1000.0}[point.gpu] * point.gpu_count

    for model in (BATCH_MODEL, TERMS_ONLY):
        power_w = sweep(point, model).power_w.value
        assert (power_w <= rated_w).all()
        assert (power_w > 0.2 * rated_w).all()


@pytest.mark.parametrize("point", [llama_70b(), qwen_235b()], ids=["dense", "experts"])
def test_more_sequences_take_longer_and_give_more_tokens(point):
    found = sweep(point, TERMS_ONLY)

    assert (np.diff(found.decode_s) > 0).all()
    assert (np.diff(found.iteration_s.value) > 0).all()
    assert (np.diff(found.throughput_tokens_s) > 0).all()


def test_the_mean_iteration_holds_all_prefill_and_decode_none():
    found = sweep(llama_70b(), TERMS_ONLY)

    assert (found.decode_s <= found.itl_s.value).all()
    assert (found.itl_s.value <= found.iteration_s.value).all()


def test_terms_add_up_to_the_mean_iteration():
    f = features([llama_70b(), qwen_235b()])
    spent = iteration(CONSTANTS.arrays(), f)

    np.testing.assert_allclose(sum(spent.terms.values()), spent.mean_s, rtol=1e-12)


# --- hand calculations ----------------------------------------------------------------


def plain(**changes):
    """Constants of an ideal machine: peak rates, no overhead of any kind."""
    ideal = dict.fromkeys(NAMES, 1e-30)
    ones = ("weights", "experts", "cache", "compute")
    ideal |= {f"{n}_{gpu}": 1.0 for n in ones for gpu in ("h100", "b200")}
    ideal |= {"fp8_weights": 1.0, "fp8_experts": 1.0, "mxfp4_experts": 1.0,
              "coverage": 1.0, "roofline": 3.0, "median_at": 1.0,
              "median_width": 0.5, "expert_compute": 1.0,
              "reduce_b200": 1.0}  # fmt: skip
    return {n: np.array([v]) for n, v in (ideal | changes).items()}


def test_reading_the_weights_once_takes_their_size_over_the_bandwidth():
    spent = iteration(plain(), features([llama_70b()]))

    # 70e9 x 2 B / (4 x 3.352 TB/s) = 10.44 ms
    assert spent.terms["weights"] == pytest.approx([140e9 / (4 * 3.352e12)])


def test_the_cache_read_is_every_tokens_keys_and_values():
    f = features([llama_70b(prompt_tokens=325.0)])

    # 325 + 350 / 2 = 500 tokens x 80 layers x 8 heads x 128 x 2 x 2 B x 32 sequences
    read = 500 * 80 * 8 * 128 * 4 * 32
    spent = iteration(plain(), f)
    assert spent.terms["cache"] == pytest.approx([read / (4 * 3.352e12)])


def test_compute_shows_only_past_the_roofline():
    p = plain()
    small, large = (iteration(p, features([llama_70b(batch=b)])) for b in (1.0, 4096.0))

    # 2 x 70e9 x 4096 / (4 x 989e12) = 145 ms against 10.4 ms of reading
    together_s = large.terms["compute"] + large.terms["weights"]
    assert together_s == pytest.approx([2 * 70e9 * 4096 / (4 * 989e12)], rel=1e-3)
    assert small.terms["compute"] < 1e-6 * small.terms["weights"]


def test_one_token_touches_its_own_experts_and_a_large_batch_all():
    p = plain()

    def touched(b):
        return expert_coverage(p, features([qwen_235b(batch=b)]))[0]

    assert touched(1.0) == pytest.approx(8 / 128)
    assert touched(2.0) == pytest.approx(1 - (120 / 128) ** 2)
    assert touched(4096.0) == pytest.approx(1.0)


def test_experts_and_shared_parts_add_up_to_the_model():
    f = features([qwen_235b()])

    assert f.shared_params + f.expert_params == pytest.approx([235e9])
    assert f.shared_params + f.active_expert_params == pytest.approx([22e9])


def test_more_gpus_than_heads_copy_the_cache():
    p = plain()
    four, eight = (
        iteration(p, features([qwen_235b(gpu_count=n)])).terms["cache"] for n in (4, 8)
    )

    assert eight == pytest.approx(four)  # twice the GPUs, twice the copies


def test_an_estimated_shape_is_near_the_published_one():
    for name, shape in SHAPES:
        if name in (r"qwen3-(vl-)?8b", r"llama-3\.[13]-70b", r"llama-3\.1-405b"):
            size = {"qwen3-(vl-)?8b": 8e9, r"llama-3\.[13]-70b": 70e9}.get(name, 405e9)
            guess = estimate_shape(size, size)
            assert guess.estimated
            assert guess.layers == pytest.approx(shape.layers, rel=0.15)
            assert guess.hidden == pytest.approx(shape.hidden, rel=0.15)


@pytest.mark.parametrize(
    ("total", "active"),
    [(400e9, 17e9), (1000e9, 32e9), (109e9, 17e9), (30e9, 3e9), (20e9, 0.2e9)],
)
def test_an_estimated_shape_of_any_mixture_can_be_predicted(total, active):
    shape = estimate_shape(total, active)
    point = qwen_235b(
        total_params=total, active_params=active, shape=shape, gpu_count=8
    )

    found = BATCH_MODEL.predict([point])
    assert np.isfinite(found.itl_s.value).all()
    assert np.isfinite(found.power_w.value).all()


# --- phase tables ---------------------------------------------------------------------


def test_a_phase_table_of_an_unmeasured_model_serves_the_kernel():
    table = phase_table("my-70b", llama_70b(), BATCH_MODEL)

    assert table.decode_batch[0] == 1.0
    assert (np.diff(table.decode_s) >= 0).all()
    assert (np.diff(table.prefill_s) > 0).all()
    assert 0.0 < table.decode_memory_power_frac <= 1.0
    # 0.9 x 4 x 80 GB less 140 GB, at 327,680 B a token
    assert table.kv_capacity_tokens == 451_660
    assert (decode_iteration_s(table)[1:] > 0).all()
    assert "never measured" in table.source


def test_a_table_stops_at_the_batch_its_cache_holds():
    # 0.9 x 2 x 80 GB less 140 GB leaves 4 GB: 12,207 tokens; a request takes 1,500
    point = llama_70b(gpu_count=2, output_tokens=1000.0, prompt_tokens=1000.0)

    assert cache_tokens(point) == pytest.approx(4e9 / 327_680)
    assert phase_table("my-70b", point, BATCH_MODEL).max_batch == 8


def test_a_model_that_does_not_fit_is_refused_with_the_gpus_it_needs():
    with pytest.raises(ScenarioError) as refused:
        phase_table("my-70b", llama_70b(gpu_count=1), BATCH_MODEL)

    # 140 GB and 8,192 tokens x 327,680 B over 72 GB a GPU: two
    assert refused.value.field == "gpu_count"
    assert "140 GB" in refused.value.rule
    assert "at least 2 H100" in refused.value.repair


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"gpu": "a100-sxm-80gb"}, "gpu", id="a GPU never fitted"),
        pytest.param({"precision": "int3"}, "precision", id="a precision never seen"),
        pytest.param({"traffic": "poems"}, "traffic", id="unknown traffic"),
        pytest.param({"batch": 0.0}, "batch", id="no batch"),
        pytest.param({"batch": float("nan")}, "batch", id="a batch that is no number"),
        pytest.param({"gpu_count": 16}, "gpu_count", id="more than a server"),
        pytest.param(
            {"active_params": 71e9}, "active_params", id="more than there are"
        ),
        pytest.param(
            {"active_params": 4e9, "shape": qwen_235b().shape},  # 8 of 128: 4.4e9
            "active_params",
            id="fewer than its experts",
        ),
    ],
)
def test_points_outside_the_range_are_refused_by_field(changes, field):
    with pytest.raises(ScenarioError) as refused:
        BATCH_MODEL.predict([llama_70b(**changes)])

    assert refused.value.field == field


# --- published rows -------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(data_dir):
    path = data_dir / "mlenergy_v3" / "mlenergy_v3_llm.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows(published):
    return read_rows(published)


@pytest.fixture(scope="module")
def start(rows):
    return fit_terms(rows)


@pytest.fixture(scope="module")
def by_model(rows, start):
    return left_out(rows, rows.models, start)


@pytest.mark.data
def test_fitting_again_predicts_what_the_committed_constants_do(rows, start, published):
    terms = {n: float(v) for n, v in zip(NAMES, np.exp(start), strict=True)}
    again = BatchModel(
        constants=replace(
            CONSTANTS, terms=terms, correction=fit_correction(rows, start)
        )
    )
    points = [point_of(row) for row in published[::7]]

    old, new = BATCH_MODEL.predict(points), again.predict(points)

    # constants are rounded to five places; the two predictions agree within 1 %
    np.testing.assert_allclose(new.itl_s.value, old.itl_s.value, rtol=0.01)
    np.testing.assert_allclose(new.power_w.value, old.power_w.value, rtol=0.01)


@pytest.mark.data
def test_time_between_tokens_of_models_left_out_is_within_8_percent(by_model):
    assert by_model.median(0) <= 0.08


@pytest.mark.data
def test_power_of_models_left_out_is_within_5_percent(by_model):
    # by a hair, and 5.7 % once the correction's settings are chosen inside:
    # docs/models/batch_model.md
    assert by_model.median(2) <= 0.05


@pytest.mark.data
def test_power_of_models_left_out_is_nearer_where_no_host_is_shared(by_model, rows):
    open_, bound = ~rows.features.host_bound, rows.features.host_bound

    assert by_model.median(2, open_) <= 0.045
    assert by_model.median(2, bound) > 0.08  # two machines of one kind differ as much


@pytest.mark.data
def test_the_power_of_a_lone_b200_is_left_as_its_terms_have_it(by_model, rows):
    bound = rows.features.host_bound

    np.testing.assert_array_equal(by_model.off[2, bound], by_model.terms_only[2, bound])
    assert not np.array_equal(by_model.off[2, ~bound], by_model.terms_only[2, ~bound])


@pytest.mark.data
def test_no_row_of_a_model_is_in_the_fit_that_judges_it(rows, start):
    wrong = replace(rows, measured_log=rows.measured_log.copy())
    gemma = np.array(rows.models) == "google/gemma-3-27b-it"
    wrong.measured_log[:, gemma] += 3.0  # were they used, predictions would move
    groups = ["gemma" if g else "rest" for g in gemma]

    right_off = left_out(rows, groups, start).off[:, gemma]
    wrong_off = left_out(wrong, groups, start).off[:, gemma]

    np.testing.assert_allclose(wrong_off - 3.0, right_off, atol=1e-9)


@pytest.mark.data
def test_three_measured_points_halve_the_power_error(rows, by_model, published):
    off = anchored(rows, by_model, [row["task"] for row in published])
    judged = ~np.isnan(off[2])

    error = float(np.median(np.abs(np.expm1(-off[2, judged]))))
    assert error <= 0.5 * by_model.median(2)
    assert float(np.median(np.abs(np.expm1(-off[0, judged])))) <= 0.05


@pytest.mark.data
def test_eight_of_ten_left_out_measurements_lie_in_the_interval(rows, by_model):
    for kind, chosen in (("open", ~rows.features.host_bound),
                         ("host_bound", rows.features.host_bound)):  # fmt: skip
        for output in range(3):
            low, high = CONSTANTS.spread[kind][output]
            off = by_model.off[output, chosen]
            inside = float(((off >= low) & (off <= high)).mean())
            assert inside == pytest.approx(0.8, abs=0.02)


@pytest.mark.data
def test_every_benchmark_model_has_a_published_shape_and_a_family(rows):
    known = {"qwen3-235b", "qwen3-30b", "qwen3-480b", "qwen3-dense", "llama-3",
             "llama-4", "deepseek", "gpt-oss", "gemma", "nemotron"}  # fmt: skip

    assert not any(p.shape.estimated for p in rows.points)
    assert {family(m) for m in rows.models} == known
