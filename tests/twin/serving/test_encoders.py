"""Encoders of images and audio: time by arithmetic, power near TDP, in a fleet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.catalogue.encoders import ENCODERS, encoder_table, item_flop
from twin.errors import ScenarioError
from twin.serving.fleet.engines import make_encoder, make_engine
from twin.serving.fleet.parts import Fleet, FleetClass, Plan, Pool, plain_requests
from twin.serving.fleet.run import run_fleet

each_encoder = pytest.mark.parametrize("key", ENCODERS)


def test_one_image_takes_its_arithmetic_at_four_tenths_of_peak():
    # 577 x (2 x 304e6 + 4 x 24 x 1024 x 577) = 383.5 GFLOP; 24 layers x 0.144 ms
    assert item_flop(ENCODERS["vit-l-14"]) == pytest.approx(383.5e9, rel=1e-3)
    table = encoder_table("vit-l-14", "a100-sxm-80gb")

    assert table.prefill_s[0] == pytest.approx(3.456e-3 + 383.5e9 / 124.8e12, rel=1e-3)


@each_encoder
def test_each_item_more_costs_the_same(key):
    table = encoder_table(key, "h100-sxm-80gb")
    item_s = np.diff(table.prefill_s) / np.diff(table.prefill_tokens)

    assert_allclose(item_s, item_s[0])
    assert table.prefill_tokens[0] == ENCODERS[key].item_tokens


@each_encoder
def test_power_rises_to_tdp_and_never_above(key):
    power = np.array(encoder_table(key, "h100-sxm-80gb").prefill_power_frac)

    assert np.all(np.diff(power) >= 0)
    assert power[-1] == 1.0
    assert power[0] > 0.85  # near TDP from the first item


@each_encoder
def test_a_faster_gpu_never_encodes_slower(key):
    slow, fast = (encoder_table(key, g) for g in ("a100-sxm-80gb", "b200-sxm-180gb"))

    assert np.all(np.array(fast.prefill_s) < slow.prefill_s)


def test_everything_about_an_encoder_is_marked_assumed():
    for key in ENCODERS:
        assert encoder_table(key, "h100-sxm-80gb").source.startswith("assumed")


def test_a_request_with_an_image_waits_for_the_encoder_first():
    pools = (
        Pool(name="see", engine=make_encoder("vit-h-14", "dgx-h100"), count=1,
             role="encode"),
        Pool(name="speak", engine=make_engine("qwen3-8b", "dgx-h100"), count=1),
    )  # fmt: skip
    seen = FleetClass(name="seen", prompt_pool="speak", encode_pool="see")
    requests = replace(
        plain_requests(np.array([0.0]), np.array([512]), np.array([1])),
        encode=np.array([1601]),
    )

    result = run_fleet(
        Plan(fleet=Fleet(pools=pools, classes=(seen,))), [requests], horizon_s=5.0
    )

    # 40 x 0.144 ms + 1601 x (2 x 850e6 + 4 x 40 x 1280 x 1601) FLOP at 395.6 TFLOP/s,
    # then 512 tokens in 22.19 ms; percentiles come in bins 0.8 % wide
    encoded = 40 * 0.144e-3 + 1601 * (1.7e9 + 204_800 * 1601) / 395.6e12
    first = result.classes["seen"].latency["ttft"]["mean"]
    assert first == pytest.approx(encoded + 0.02219, rel=0.01)


def test_a_pool_encodes_items_of_several_requests_together():
    """Four tiles at once pay the launch once, as far as the pool's tokens allow."""
    engine = make_encoder("vit-h-14", "dgx-h100")
    text = make_engine("qwen3-8b", "dgx-h100")
    seen = FleetClass(name="seen", prompt_pool="speak", encode_pool="see")
    rows = plain_requests(np.zeros(5), np.full(5, 8), np.ones(5, dtype=np.int64))
    requests = replace(rows, encode=np.full(5, 1601))

    def encoding_j(together: int) -> float:
        see = Pool(
            name="see", engine=engine, count=1, role="encode",
            max_prefill_tokens=1601.0 * together,
        )  # fmt: skip
        pools = (see, Pool(name="speak", engine=text, count=1))
        plan = Plan(fleet=Fleet(pools=pools, classes=(seen,)))
        return run_fleet(plan, [requests], horizon_s=5.0).pools["see"].gpu_j

    above_idle_w = engine.gpu.tdp_w.value - engine.gpu.idle_w.value
    launch_j = 40 * 0.144e-3 * above_idle_w
    # the first finds the encoder free and goes alone
    assert encoding_j(1) - encoding_j(4) == pytest.approx(3 * launch_j, rel=1e-6)


def test_an_unknown_encoder_names_the_nearest():
    with pytest.raises(ScenarioError, match="did you mean 'vit-h-14'"):
        make_encoder("vit-h14", "dgx-h100")
