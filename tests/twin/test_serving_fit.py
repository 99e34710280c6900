"""Fits of phase tables: hand-checked on made rows, repeated on the published ones."""

from __future__ import annotations

import csv
import gzip
from dataclasses import fields
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import numpy as np
import pytest

from twin.calibrate.mlenergy_fit import Calibration, calibrate, fit_all, fit_mlenergy
from twin.calibrate.model_shapes import MEASURED
from twin.calibrate.serving_fit import SPLITWISE_FITS, fit_splitwise, fit_splitwise_all
from twin.catalogue import PHASE_TABLES
from twin.catalogue.performance import decode_iteration_s

ROOT = Path(__file__).parents[2]
CALIBRATION = Calibration(
    launch_s_per_layer={4: 1e-4}, mfu_frac={4: 0.5}, cache_read_frac=0.8
)


def llama_row(limit, itl_ms, power_w, task="lm-arena-chat", output=400.0):
    """Row of Llama-3.1-70B on four H100, batch just under its limit."""
    return {
        "model": "meta-llama/Llama-3.1-70B-Instruct",
        "task": task,
        "gpu_model": "H100",
        "num_gpus": "4",
        "total_params_b": "70.0",
        "activated_params_b": "70.0",
        "precision": "bfloat16",
        "max_num_seqs": str(limit),
        "avg_batch_size": str(limit - 0.1),
        "median_itl_ms": str(itl_ms),
        "avg_power_watts": str(power_w),
        "avg_output_len": str(output),
    }


def fit_llama(rows):
    return fit_mlenergy(
        rows, model="llama-3.1-70b", gpu="H100", calibration=CALIBRATION
    )


CLEAN = [llama_row(8, 16, 1400), llama_row(64, 22, 2100), llama_row(128, 28, 2240)]


# --- made rows -----------------------------------------------------------------------


def test_decode_time_and_power_pass_through_rising_rows():
    table = fit_llama(CLEAN)

    assert table.decode_batch == (1.0, 7.9, 63.9, 127.9)
    assert table.decode_s == (0.016, 0.016, 0.022, 0.028)
    assert table.decode_power_frac == (0.5, 0.5, 0.75, 0.8)  # of 4 x 700 W
    assert table.max_batch == 127


def test_a_dip_is_averaged_away_and_shows_in_the_error():
    dip = [*CLEAN, llama_row(96, 20, 2170)]  # below the 22 ms at batch 64

    table = fit_llama(dip)

    # isotonic regression pools 22 and 20 to 21; 1/21 off the one, 1/20 off the other
    assert table.decode_s == (0.016, 0.016, 0.021, 0.021, 0.028)
    assert "5.0 % worst" in table.source


def test_prefill_is_launch_time_plus_compute():
    # 80 layers x 0.1 ms (one read of 140 GB over 4 x 3.35 TB/s is 10.4 ms: larger);
    # 2 x 70e9 FLOP x 2048 tokens / (4 x 989e12 x 0.5) = 144.95 ms
    table = fit_llama(CLEAN)

    at_2048 = table.prefill_s[table.prefill_tokens.index(2048.0)]
    assert at_2048 == pytest.approx(0.010448 + 0.144951, abs=2e-5)


def test_cache_is_what_memory_leaves_and_costs_its_reading():
    # 80 layers x 8 heads x 128 x (key + value) x 2 B = 327680 B;
    # (0.9 x 4 x 80e9 - 140e9) / 327680 = 451660
    table = fit_llama(CLEAN)

    assert table.kv_capacity_tokens == 451_660
    expected_s = 327_680 / 4 / 3.35e12 / 0.8
    assert table.decode_kv_token_s == pytest.approx(expected_s, rel=1e-3)


def test_rows_beyond_the_usual_batch_limit_and_other_tasks_are_left_out():
    others = [llama_row(1024, 105, 2550), llama_row(32, 90, 2700, task="gpqa")]

    assert fit_llama([*CLEAN, *others]) == fit_llama(CLEAN)


def test_too_few_rows_are_refused_with_their_count():
    with pytest.raises(
        ValueError, match=r"llama-3.1-70b on 4 H100: needs 3 rows, got 2"
    ):
        fit_llama(CLEAN[:2])


def test_calibration_without_its_tables_is_refused():
    with pytest.raises(ValueError, match="llama2-70b on 2 H100, got none"):
        calibrate([], CLEAN)


def test_unknown_splitwise_group_is_refused_by_name():
    with pytest.raises(
        ValueError, match="no rows for bloom-176b on a100-80gb with TP3"
    ):
        fit_splitwise([], model="bloom-176b", hardware="a100-80gb", tensor_parallel=3)


# --- the committed file --------------------------------------------------------------


def load_script():
    path = str(ROOT / "scripts" / "fit_catalogue")
    loader = SourceFileLoader("fit_catalogue", path)
    module = module_from_spec(spec_from_loader("fit_catalogue", loader))
    loader.exec_module(module)
    return module


def test_committed_file_is_what_the_script_writes():
    script = load_script()

    assert script.render(PHASE_TABLES) == script.TARGET.read_text()


def test_committed_tables_are_the_ones_the_fits_name():
    committed = [(t.model, t.tensor_parallel) for t in PHASE_TABLES]
    expected = [(model, gpus) for model, _, gpus in SPLITWISE_FITS]
    for model, one in MEASURED.items():
        expected += [(model, gpus) for gpus in one.gpu_counts.values()]

    assert committed == expected


@pytest.mark.parametrize(
    "table", PHASE_TABLES, ids=lambda t: f"{t.model}-{t.gpu}-x{t.tensor_parallel}"
)
def test_taking_the_context_out_never_makes_decode_free(table):
    base_s = decode_iteration_s(table)[1:]
    at_knots_s = np.interp(
        np.arange(1, table.max_batch + 1), table.decode_batch, table.decode_s
    )

    # the context may take most of an iteration, never all of it
    assert (base_s > 0.15 * at_knots_s).all()
    assert base_s[0] == pytest.approx(table.decode_s[0], rel=0.05)


# --- published rows ------------------------------------------------------------------


def published(data_dir, name):
    with gzip.open(data_dir / name, "rt", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def splitwise(data_dir):
    return fit_splitwise_all(
        published(data_dir, "splitwise_perf_power/perf_model.csv.gz")
    )


@pytest.fixture(scope="module")
def mlenergy_rows(data_dir):
    return published(data_dir, "mlenergy_v3/mlenergy_v3_llm.csv.gz")


@pytest.mark.data
def test_fitting_again_gives_the_committed_tables(splitwise, mlenergy_rows):
    again = [*splitwise, *fit_all(splitwise, mlenergy_rows)]

    assert len(again) == len(PHASE_TABLES)
    for fitted, committed in zip(again, PHASE_TABLES, strict=True):
        for f in fields(fitted):
            new, old = getattr(fitted, f.name), getattr(committed, f.name)
            if not isinstance(new, str):
                new = pytest.approx(new, rel=1e-3)  # rounding may differ in one place
            assert old == new, f"{committed.model} on {committed.gpu}: {f.name}"


@pytest.mark.data
def test_calibration_is_near_the_published_throughput(splitwise, mlenergy_rows):
    found = calibrate(splitwise, mlenergy_rows)

    # 14,971 tokens/s at 2048 tokens of Llama-2-70B on eight H100: 136.8 ms
    flop = 2 * 70e9 * 2048
    time_s = 80 * found.launch_s_per_layer[8] + flop / (8 * 989e12 * found.mfu_frac[8])
    assert time_s == pytest.approx(2048 / 14_971, rel=0.03)
    assert 0.3 < found.mfu_frac[8] < found.mfu_frac[4] < found.mfu_frac[2] < 0.5
    assert 0.6 < found.cache_read_frac < 1.0


@pytest.mark.data
def test_published_sanity_row_of_llama_is_met(mlenergy_rows):
    # the dataset's own page: 1,765 W on four H100 at batch 8 -> 0.630 of 2800 W
    table = next(
        t
        for t in PHASE_TABLES
        if (t.model, t.gpu) == ("llama-3.1-70b", "h100-sxm-80gb")
    )

    assert table.decode_power_frac[1] == pytest.approx(1765 / 2800, abs=0.001)


@pytest.mark.data
def test_no_table_reaches_beyond_the_batch_that_was_measured(mlenergy_rows):
    for table in PHASE_TABLES:
        if table.model not in MEASURED:
            continue
        name = MEASURED[table.model].rows
        measured = max(
            float(r["avg_batch_size"]) for r in mlenergy_rows if r["model"] == name
        )
        assert table.max_batch <= measured
