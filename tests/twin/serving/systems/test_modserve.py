"""ModServe: media are conserved, stages add up, pools follow their load with delays."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.serving.systems.small_ground import TABLE, on_servers, small_ground
from twin.catalogue import find_server
from twin.catalogue.encoders import find_encoder
from twin.errors import Cancelled, ScenarioError
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import Fleet, FleetClass, Plan, Pool, plain_requests
from twin.serving.fleet.run import run_fleet
from twin.serving.modserve.autoscale import StageScaler
from twin.serving.modserve.encode_power import at_encoding_power
from twin.serving.modserve.media import media_of
from twin.serving.modserve.parameters import Parameters
from twin.serving.modserve.plans import modserve_plan, monolith_plan, monolith_requests
from twin.serving.modserve.sizing import share_out
from twin.serving.modserve.stages import (
    as_prompt_tokens,
    encode_group,
    highest_rate,
    prefill_s,
)
from twin.serving.multimodal import (
    AUDIO,
    IMAGE,
    TEXT,
    Bursts,
    Images,
    burst_times,
    image_counts,
)
from twin.serving.systems import modserve
from twin.serving.systems.base import Ground

# one tile of ViT-H/14 on an A100, by hand: 1601 × (2 × 850e6 + 4 × 40 × 1280 × 1601)
# FLOP at 0.4 × 312e12, and 40 layers × 0.144 ms
TILE_S = 1601 * (1.7e9 + 4 * 40 * 1280 * 1601) / (0.4 * 312e12) + 40 * 0.144e-3
ONE_TILE = {
    "image_share": 1.0, "audio_share": 0.0, "images_most": 1, "tiles_most": 1,
    "encode_gpus": 1, "sizing": "all", "monolith_sizing": "all",
}  # fmt: skip


def one_tile(**more: object) -> Parameters:
    """One image of one tile with every request, on the whole hall."""
    return Parameters.model_validate(ONE_TILE | more)


def ran(ground: Ground, p: Parameters, *, whole: bool = False):  # type: ignore[no-untyped-def]
    """Result of the class with images, apart or in one pool."""
    media = media_of(ground, p)
    requests = monolith_requests(ground, p, media) if whole else media.requests
    make = monolith_plan if whole else modserve_plan
    plan = make(ground, p, requests if whole else media).plan  # type: ignore[arg-type]
    result = run_fleet(plan, [requests], horizon_s=ground.horizon_s)
    return result.classes["with images"]


# --- media ---


def test_encode_work_is_items_times_tokens_and_text_is_left_alone():
    ground = small_ground(requests=1000)
    media = media_of(ground, Parameters(image_share=0.3, audio_share=0.1))

    tokens = np.array([0, find_encoder("vit-6b").item_tokens, 1500])[media.kind]
    given = np.array([0, 256, 750])[media.kind]
    assert_allclose(media.requests.encode, media.items * tokens)
    assert_allclose(media.requests.prompt, 1000 + media.items * given)
    assert np.bincount(media.kind).tolist() == [600, 300, 100]
    assert (media.items[media.kind != TEXT] >= 1).all()
    assert (media.items >= media.images).all()
    assert_allclose(media.requests.arrived_s, ground.requests.arrived_s)
    assert_allclose(media.requests.output, ground.requests.output)


def test_cross_attention_leaves_prompts_as_recorded():
    media = media_of(small_ground(), Parameters(family="cross_attention"))

    assert (media.requests.prompt == 1000).all()
    assert media.requests.encode.sum() > 0


def test_bursts_move_images_in_time_and_keep_their_number():
    ground = small_ground(requests=4000, horizon_s=6000.0)
    calm = media_of(ground, Parameters(burst_ratio=1.0, audio_share=0.0))
    bursty = media_of(ground, Parameters(burst_ratio=5.0, audio_share=0.0))

    def spread(media) -> float:  # type: ignore[no-untyped-def]
        minute = (ground.requests.arrived_s // 60).astype(int)
        pictured = np.bincount(minute, media.kind == IMAGE)
        return float(pictured.std())

    assert bursty.images.sum() == calm.images.sum()
    assert bursty.items.sum() == calm.items.sum()
    assert spread(bursty) > 2 * spread(calm)


def test_the_same_seed_gives_the_same_media_and_another_seed_others():
    ground = small_ground(requests=500)

    first = media_of(ground, Parameters())
    assert (first.kind == media_of(ground, Parameters()).kind).all()
    assert (first.kind != media_of(replace(ground, seed=9), Parameters()).kind).any()


def test_part_of_the_time_within_bursts_is_the_one_asked_for():
    times = np.arange(0.0, 1e6, 1.0)
    bursts = Bursts(ratio=2.0, length_s=50.0, time_frac=0.25)

    within = burst_times(times, bursts, 1e6, np.random.default_rng(1))

    assert within.mean() == pytest.approx(0.25, abs=0.01)  # 5000 bursts


def test_images_of_a_request_have_the_tail_asked_for():
    images = Images(
        encoder=find_encoder("vit-6b"), share=1.0, tail=2.0, most=64, tiles_mean=1.0,
        tiles_most=1, bursts=Bursts(),
    )  # fmt: skip

    counts = image_counts(images, 400_000, np.random.default_rng(2))

    for k in (1, 2, 4, 8):  # at least k: k ** -2
        assert (counts >= k).mean() == pytest.approx(k**-2, abs=0.002)
    assert counts.max() == 64


def test_shares_above_all_requests_are_refused():
    with pytest.raises(ScenarioError, match=r"add up to at most 1, got 1\.2"):
        media_of(small_ground(), Parameters(image_share=0.9, audio_share=0.3))


def test_bursts_with_more_than_there_is_are_refused():
    with pytest.raises(ScenarioError, match=r"at most 1, got 3\.0"):
        media_of(small_ground(), Parameters(burst_ratio=6.0, burst_time_frac=0.5))


def test_a_decoder_only_model_refuses_an_encoder_that_gives_no_tokens():
    with pytest.raises(ScenarioError, match="vit-h-14"):
        media_of(small_ground(), Parameters(image_encoder="vit-h-14"))


# --- stages ---


def test_a_group_takes_the_time_of_its_busiest_gpu():
    alone = encode_group("vit-h-14", find_server("dgx-a100"), gpus=1, start="warm")
    group = encode_group("vit-h-14", find_server("dgx-a100"), gpus=4, start="warm")
    items = np.array([1, 2, 4, 8, 32])

    assert_allclose(prefill_s(alone.table, np.array([1601])), [TILE_S])
    assert_allclose(
        prefill_s(group.table, items * 1601),
        prefill_s(alone.table, np.array([1, 1, 1, 2, 8]) * 1601),
    )
    idle = group.gpu.idle_w.value / group.gpu.tdp_w.value
    one_busy = (1.0 + 3 * idle) / 4  # one tile is at full power
    assert group.table.prefill_power_frac[0] == pytest.approx(one_busy)


def test_encoding_in_the_one_pool_takes_as_long_as_encoding():
    """P is 0.1 ms a token here: 30 ms are 300 tokens, whatever the encoder's own."""
    prompt = np.array([2000, 1500, 100, 2000])
    encode_s = np.array([0.03, 0.03, 0.03, 0.0])

    assert as_prompt_tokens(TABLE, prompt, encode_s).tolist() == [300, 300, 300, 0]


@pytest.mark.parametrize("server", ["dgx-a100", "dgx-h100"])
def test_long_prompts_and_encoding_follow_each_other_on_a_measured_table(server):
    table = make_engine("llama2-70b", server, tensor_parallel=8).table
    prompt, encode_s = np.array([1200, 4000]), np.array([0.1, 2.5])

    added = as_prompt_tokens(table, prompt, encode_s)

    both = prefill_s(table, prompt + added)
    assert_allclose(both, prefill_s(table, prompt) + encode_s, atol=1e-3)  # a token


def test_stages_in_a_row_add_up():
    ground = small_ground(requests=20)  # far apart: nothing waits

    across = ran(ground, one_tile(family="cross_attention"))
    decoder = ran(ground, one_tile(image_encoder="vit-6b"))

    decode_s = 49 * 0.04
    assert across.latency["ttft"]["mean"] == pytest.approx(TILE_S + 0.1)
    assert across.latency["e2e"]["mean"] == pytest.approx(TILE_S + 0.1 + decode_s)
    tile_s = 1025 * (11e9 + 4 * 45 * 3200 * 1025) / (0.4 * 312e12) + 45 * 0.144e-3
    # 256 visual tokens lengthen the prefill of 1000
    assert decoder.latency["ttft"]["mean"] == pytest.approx(tile_s + 0.1256)


def test_the_one_pool_encodes_on_its_own_gpus_at_one_gpus_speed():
    whole = ran(small_ground(requests=20), one_tile(family="cross_attention"),
                whole=True)  # fmt: skip

    assert whole.latency["ttft"]["mean"] == pytest.approx(TILE_S + 0.1, abs=1e-4)


def test_the_one_pool_may_spread_images_over_its_gpus():
    spread = {"images_most": 8, "images_tail": 0.6, "family": "cross_attention"}
    ground = small_ground(requests=200, horizon_s=4000.0)

    one = monolith_requests(ground, p := one_tile(**spread), media_of(ground, p))
    p = one_tile(**spread, monolith_encode_gpus=8)
    eight = monolith_requests(ground, p, media_of(ground, p))

    assert one.encode.max() > 5 * eight.encode.max()
    assert one.encode.min() == eight.encode.min()  # a tile is not cut


@pytest.mark.parametrize("gpus", [1, 8])
def test_encoding_in_the_one_pool_draws_one_gpu_at_tdp_and_the_others_idle(gpus):
    """One tile fills one GPU, however many there are to spread images over."""
    ground = small_ground(requests=20)
    p = one_tile(family="cross_attention", monolith_encode_gpus=gpus)
    media = media_of(ground, p)
    requests = monolith_requests(ground, p, media)

    priced = at_encoding_power(ground, p, media, requests)
    plans = (monolith_plan(g, p, requests).plan for g in (priced, ground))
    right, as_prefill = (
        run_fleet(plan, [requests], horizon_s=ground.horizon_s).pools["main"].gpu_j
        for plan in plans
    )

    gpu = ground.engine.gpu
    tdp_w, idle_w = gpu.tdp_w.value, gpu.idle_w.value
    encode_s = 1e-4 * int(requests.encode[0])  # 0.1 ms a token of prompt
    too_much_w = 8 * 0.9 * tdp_w - (tdp_w + 7 * idle_w)
    assert as_prefill - right == pytest.approx(20 * encode_s * too_much_w, rel=1e-6)
    assert encode_s == pytest.approx(TILE_S, abs=1e-4)


def test_power_of_the_one_pool_is_prefills_where_nothing_is_encoded():
    ground = small_ground()
    p = Parameters(image_share=0.0, audio_share=0.0)
    media = media_of(ground, p)

    assert at_encoding_power(ground, p, media, media.requests) is ground


# --- the system ---


@pytest.mark.parametrize("sizing", ["autoscaled", "peak", "all"])
def test_both_are_sized_the_same_way_unless_asked_otherwise(sizing):
    ground = small_ground(requests=500, servers=4)
    media = media_of(ground, p := Parameters(sizing=sizing, audio_share=0.0))

    ours = modserve_plan(ground, p, media).plan
    whole = monolith_plan(ground, p, monolith_requests(ground, p, media)).plan

    for plan in (ours, whole):
        assert (plan.controller is not None) is (sizing == "autoscaled")
    hall = sum(pool.count * pool.engine.gpu_count for pool in whole.fleet.pools)
    assert (hall == ground.gpu_count) is (sizing == "all")


def test_a_stop_ends_the_profiles_at_once():
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        modserve.evaluate(replace(small_ground(), stop=stop), Parameters())
    assert len(asked) == 4


def test_without_media_it_is_the_one_pool_on_text():
    p = Parameters(
        image_share=0.0, audio_share=0.0, sizing="all", monolith_sizing="all"
    )

    after = modserve.evaluate(small_ground(), p)

    assert after.baseline is not None
    assert [pool.name for pool in after.timeline.pools] == ["main"]
    assert after.latency_s == after.baseline.latency_s
    assert after.energy_j == after.baseline.energy_j
    assert after.figures["cost_saving_frac"] == 0.0


@pytest.mark.parametrize("sizing", ["autoscaled", "peak", "all"])
def test_every_request_is_accounted_for(sizing):
    ground = small_ground(requests=2000, servers=6)

    after = modserve.evaluate(
        ground, Parameters(sizing=sizing, monolith_sizing=sizing, audio_share=0.1)
    )

    for one in (after, after.baseline):
        gone = one.finished + sum(one.refused.values()) + one.in_flight
        assert one.arrived == gone == 2000
    assert after.output_tokens <= 50 * 2000
    assert [pool.name for pool in after.timeline.pools] == ["image", "audio", "main"]
    assert after.latency_s["ttft"]["p50"] > 0.1


def test_site_power_of_pools_adds_up_to_the_energy():
    after = modserve.evaluate(small_ground(requests=500, servers=4), Parameters())

    record_s = np.diff(np.append(after.timeline.time_s, 600.0))
    total = sum(float((p.power_w * record_s).sum()) for p in after.timeline.pools)
    assert total == pytest.approx(after.energy_j, rel=1e-3)


def test_prefill_and_decode_split_has_pools_of_its_own_and_the_same_requests():
    ground = replace(
        small_ground(requests=300, servers=4), model="llama2-70b",
        engine=make_engine("llama2-70b", "dgx-a100", tensor_parallel=8),
    )  # fmt: skip

    after = modserve.evaluate(ground, Parameters(split=True, audio_share=0.0))

    names = [pool.name for pool in after.timeline.pools]
    assert names == ["image", "prompt", "token"]
    assert after.finished == 300
    assert after.output_tokens == 50 * 300


# --- how many ---


@pytest.mark.parametrize(
    ("needs", "gpus", "at_hand", "expected"),
    [
        pytest.param([1.5, 2.0], [1, 8], 32, (8, 3), id="what is left goes somewhere"),
        pytest.param([4.0, 2.0], [1, 8], 20, (4, 2), id="just what is needed"),
        pytest.param([8.0, 4.0], [1, 8], 20, (4, 2), id="half of what is needed"),
    ],
)
def test_a_hall_is_shared_out_by_need(needs, gpus, at_hand, expected):
    counts, short = share_out(needs, gpus, at_hand)

    assert counts == expected
    assert short is (sum(n * g for n, g in zip(needs, gpus, strict=True)) > at_hand)


def test_a_hall_without_room_for_every_pool_is_refused():
    with pytest.raises(ScenarioError, match="one instance of every pool, 9 GPUs"):
        modserve.evaluate(
            on_servers(small_ground(), 1), Parameters(audio_share=0.0, encode_gpus=1)
        )


def test_a_hall_below_the_mean_load_is_refused_with_servers_that_would_do():
    ground = small_ground(requests=100_000, servers=2)

    with pytest.raises(ScenarioError, match="mean load") as refusal:
        modserve.evaluate(ground, Parameters(audio_share=0.0))
    least = int(refusal.value.repair.split("at least ")[1].split()[0])
    # 208 requests/s of 0.1 s prefill alone keep 20 instances
    assert least >= 20


def test_limits_below_an_idle_instance_are_refused():
    with pytest.raises(ScenarioError, match="idle image pool"):
        modserve.evaluate(small_ground(), Parameters(media_ttft_s=0.05))


def test_an_empty_traffic_is_refused():
    none = plain_requests(np.empty(0), np.empty(0), np.empty(0))
    with pytest.raises(ScenarioError, match="must hold a request"):
        modserve.evaluate(replace(small_ground(), requests=none), Parameters())


def test_bisection_finds_the_rate_where_enough_is_attained():
    found = highest_rate(lambda r: 1.0 if r <= 7.3 else 0.0, first=1.0, target=0.95)

    assert 7.3 * 0.97 <= found <= 7.3
    assert highest_rate(lambda _: 0.0, first=1.0, target=0.95) == 0.0


# --- scaling ---


def scaled_run(*, start_s: float, horizon_s: float):  # type: ignore[no-untyped-def]
    """8 requests/s of 0.1 s on pools that begin with one instance of four."""
    arrived_s = np.arange(0.0, horizon_s, 0.125)
    scaler = StageScaler(
        period_s=10.0, smooth_s=60.0, hold_s=60.0, drain_s=10.0, headroom=0.0,
        class_work=np.array([[0.375]]), start_s=(start_s,),
    )  # fmt: skip
    pool = Pool(
        name="main", engine=small_ground().engine, count=1, most=4,
        routing="round_robin",
    )  # fmt: skip
    classes = (FleetClass(name="all", prompt_pool="main"),)
    ones = np.ones(arrived_s.size, dtype=np.int64)
    return scaler, run_fleet(
        Plan(fleet=Fleet(pools=(pool,), classes=classes), controller=scaler),
        [plain_requests(arrived_s, 1000 * ones, ones)],
        horizon_s=horizon_s,
    )


def test_instances_asked_for_serve_after_their_start_up_delay():
    asked_s = 10.0  # the first decision that has seen arrivals
    early, late = (
        scaled_run(start_s=30.0, horizon_s=asked_s + 30.0 + more)[1].instances
        for more in (-1.0, 5.0)
    )

    # 8 requests/s × 0.375 s: three instances in all
    assert (early["prompt_tokens"] > 0).tolist() == [True, False, False, False]
    assert (late["prompt_tokens"] > 0).tolist() == [True, True, True, False]
    assert_allclose(late["on_s"][1:3], 35.0)  # paid for from the moment they are asked


def test_a_pool_shrinks_only_after_it_was_too_large_for_long_enough():
    scaler, _ = scaled_run(start_s=0.0, horizon_s=50.0)
    assert (scaler.started, scaler.stopped) == (2, 0)

    idle = StageScaler(
        period_s=10.0, smooth_s=60.0, hold_s=60.0, drain_s=10.0, headroom=0.0,
        class_work=np.array([[0.375]]), start_s=(0.0,),
    )  # fmt: skip
    pool = Pool(name="main", engine=small_ground().engine, count=3)
    fleet = Fleet(pools=(pool,), classes=(FleetClass(name="all", prompt_pool="main"),))
    plan = Plan(fleet=fleet, controller=idle)
    one = np.ones(1, dtype=np.int64)
    result = run_fleet(
        plan, [plain_requests(np.zeros(1), 1000 * one, one)], horizon_s=200.0
    )

    assert idle.stopped == 2  # one always stays
    assert_allclose(np.sort(result.instances["on_s"])[:2], [60.0, 60.0], atol=10.0)
    assert math.isclose(result.instances["on_s"].max(), 200.0)


def test_audio_has_a_pool_of_its_own_only_where_there_is_audio():
    ground = small_ground(requests=300, servers=3)
    media = media_of(ground, p := Parameters(audio_share=0.2, image_share=0.0))
    plan = modserve_plan(ground, p, media).plan

    assert (media.kind == AUDIO).sum() == 60
    assert [pool.name for pool in plan.fleet.pools] == ["audio", "main"]
