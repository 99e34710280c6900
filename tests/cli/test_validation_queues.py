"""Rows of the queue and router systems: what is met, and what is known not to be."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cli.validation import intelligent_router, medha, qlm, ssjf, tapas_router

MISSED = {
    # the paper's sizes; the heuristic alone gains less, or much more in bursts
    *(f"intelligent_router.e2e_synthetic_load_0_{d}" for d in (3, 5, 7, 9)),
    *(f"intelligent_router.e2e_conv_load_0_{d}" for d in (3, 5, 7, 9)),
    *(f"intelligent_router.e2e_code_load_0_{d}" for d in (3, 5, 7, 9)),
    "intelligent_router.e2e_sign_conv_load_0_9",
    # chunks cost a little where nothing was in the way
    "medha.latency_tail_share_0_001",
    "medha.latency_tail_share_0_002",
    "medha.latency",  # more than "up to 30 x": the plain pool is overrun
    "medha.throughput_share_0_002",
    "medha.throughput_share_0_01",
    # dedicated instances still meet all batch limits, half of the requests
    *(f"qlm.attained_load_0_{d}" for d in (5, 6, 7, 8)),
    "qlm.attained_interactive_load_0_6",  # more than is published of all classes
    "qlm.attained_interactive_load_0_7",
    "qlm.attained_interactive_load_0_8",  # groups take whole instances
    "qlm.estimator_500_on_2_at_25",  # a fourth of them starts at once
    "qlm.estimator_500_on_2_at_50",
    "qlm.estimator_2000_on_2_at_90",  # prompts pause the batch
    "qlm.estimator_8000_on_8_at_90",
    # one lever of three; no GPU comes near its limit
    *(f"tapas_router.{n}_plus_{a}" for n in ("peak_row", "hottest") for a in (30, 40)),
    # order gains more with one request at a time, throughput less at these loads
    "ssjf.throughput_conv_load_2_batch_full",
    "ssjf.throughput_conv_load_3_batch_full",
    "ssjf.throughput_conv_load_2_batch_1",
    "ssjf.mean_conv_load_0_9_batch_1",
    "ssjf.mean_conv_load_2_batch_1",
    "ssjf.mean_code_load_1_25_batch_full",
    *(f"ssjf.mean_code_load_{k}" for k in ("0_9_batch_8", "0_9_batch_1", "2_batch_1")),
    *(f"ssjf.throughput_code_load_2_batch_{b}" for b in ("full", "1")),
    *(f"ssjf.throughput_code_load_3_batch_{b}" for b in ("full", "1", "8")),
}


def quiet(_part, _text):
    """Report nothing."""


@pytest.mark.parametrize(
    ("suite", "count"),
    [
        pytest.param(medha, 13, id="medha"),
        pytest.param(qlm, 20, id="qlm"),
        pytest.param(tapas_router, 8, id="tapas_router"),
    ],
)
def test_rows_hold_but_for_the_known_ones(suite, count):
    held(suite.rows(quiet), suite, count)


@pytest.mark.data
@pytest.mark.parametrize(
    ("suite", "count"),
    [
        pytest.param(ssjf, 38, id="ssjf"),
        pytest.param(intelligent_router, 24, id="intelligent_router"),
    ],
)
def test_rows_on_recorded_traffic_hold_but_for_the_known_ones(
    suite, count, data_dir, monkeypatch
):
    monkeypatch.setenv("NAMEPLATE_DATA_DIR", str(data_dir))

    held(suite.rows(quiet), suite, count)


@pytest.mark.data
def test_knowing_lengths_beats_guessing_them_once_the_key_counts_the_batch(
    data_dir, monkeypatch
):
    monkeypatch.setenv("NAMEPLATE_DATA_DIR", str(data_dir))
    change = {row.id: row.ours for row in ssjf.rows(quiet)}

    for name in ("conv", "code"):
        known, *guessed = (
            change[f"ssjf.mean_{name}_{predictor}_in_batch"]
            for predictor in ("oracle", "log_normal", "trained")
        )
        assert known < min(guessed)
    # as if decode were alone, an order by prompts wins where the batch hides decode
    assert change["ssjf.mean_code_trained"] < change["ssjf.mean_code_oracle"]


def test_a_full_batch_hides_most_of_a_tokens_time():
    table = SimpleNamespace(max_batch=4, decode_batch=(1, 4), decode_s=(0.02, 0.04))

    # 40 ms for four sequences is 10 ms a token, half of 20 ms alone
    assert ssjf.decode_share(table) == pytest.approx(0.5)


def held(rows, suite, count):
    """Check ids, number, and which rows do not hold."""
    assert len({row.id for row in rows}) == len(rows) == count
    assert all(row.id.startswith(f"{suite.PREFIX}.") for row in rows)
    assert {row.id for row in rows if not row.passes} == {
        name for name in MISSED if name.startswith(f"{suite.PREFIX}.")
    }


def test_without_the_recordings_only_drawn_traffic_is_left(tmp_path, monkeypatch):
    monkeypatch.delenv("NAMEPLATE_DATA_DIR", raising=False)
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path))

    assert ssjf.rows(quiet) == []
    assert all("synthetic" in r.id for r in intelligent_router.rows(quiet))
