"""StreamWise: the video by hand, its searches, and a day of videos in a hall."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cli.validation.streamwise_video import (
    all_options,
    judge,
    naive_video,
    option,
    solve,
)
from tests.twin.serving.workflow_ground import DAY_S, critical_path_s, make_ground
from twin.catalogue import find_server
from twin.catalogue.gpus import A100, B200, H100, H200
from twin.errors import ScenarioError
from twin.serving.fleet.parts import plain_requests
from twin.serving.systems.streamwise import SYSTEM, Parameters, evaluate
from twin.serving.workflow.graph import make_batch
from twin.serving.workflow.outcome import busiest_ratio, thinned
from twin.serving.workflow.pools import StagePool
from twin.serving.workflow.run import run_workflows
from twin.serving.workflow.streamcast import (
    A100_TABLE,
    COMPONENTS,
    SUBSCENES,
    stage_pools,
    stage_table,
    video_graph,
)

POOLS = stage_pools(A100_TABLE, upscaled=True, apart=True, idle_gpu_w=65.0)
PLAIN = stage_pools(A100_TABLE, upscaled=False, apart=False, idle_gpu_w=65.0)


def named(pools: list[StagePool], name: str) -> StagePool:
    """One pool by name."""
    return next(p for p in pools if p.name == name)


# --- stages and graph -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        pytest.param("image x1", 25 * 0.39, id="25 steps"),
        pytest.param("video x1", 105 / 324 * 26.75, id="ten steps of a piece"),
        pytest.param("vae x1", 105 / 324 * 6.173514, id="its decoding"),
        pytest.param(
            "lipsync x2", 81 / 77 * (72.00252 + 3.817476), id="ten steps and decoding"
        ),
        pytest.param("upscale x8", 81 * 0.025, id="81 frames"),
    ],
)
def test_times_of_a_piece_follow_the_published_tables(
    name: str, seconds: float
) -> None:
    assert named(POOLS, name).unit_s[0] == pytest.approx(seconds)


def test_full_size_takes_four_times_as_long_and_decodes_in_place() -> None:
    by_hand = 4 * 105 / 324 * (26.75 + 6.173514)

    assert named(PLAIN, "video x1").unit_s[0] == pytest.approx(by_hand)
    assert {p.component for p in PLAIN} == {"llm", "image", "audio", "video", "lipsync"}


def test_a_graph_has_every_stage_of_every_piece() -> None:
    # 5 pieces are 2 scenes: 2 screenplays, 2 of speech, 1 image, 5 x 4 stages
    graph = video_graph(5, upscaled=True, apart=True)

    assert len(graph) == 2 + 2 + 1 + 5 * 4
    assert np.sum(~np.isnan(graph.play_s)) == 5


def test_the_first_piece_takes_the_sum_of_its_stages() -> None:
    unit_s = np.zeros((len(COMPONENTS), 2))
    for pool in POOLS:
        if pool.gpus == 1:
            unit_s[COMPONENTS.index(pool.component)] = pool.unit_s
    by_hand = (
        5.941 + 9.75 + 105 / 324 * (26.75 + 6.173514)
        + 81 / 77 * (122.09252 + 3.817476) + 81 * 0.193
    )  # fmt: skip

    found = critical_path_s(video_graph(1, upscaled=True, apart=True), unit_s)

    assert found == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("gpu", "mark"),
    [
        pytest.param(A100, "published", id="measured"),
        pytest.param(H100, "assumed", id="times measured, powers scaled"),
        pytest.param(H200, "assumed", id="the same chip"),
        pytest.param(B200, "assumed", id="nobody measured it"),
    ],
)
def test_a_table_says_how_sure_its_powers_are(gpu: object, mark: str) -> None:
    assert stage_table(gpu).mark == mark  # type: ignore[arg-type]


def test_a_stand_in_keeps_its_share_of_tdp() -> None:
    # B200 1000 W ÷ H100 700 W, times the H100's 388 W x 1.143
    found = stage_table(B200).power_w["lipsync"][1]

    assert found == pytest.approx(388 * 1.143 * 1000 / 700)


# --- one video --------------------------------------------------------------------


def test_the_naive_video_adds_up_by_hand() -> None:
    llm_s = 5.941 + 42 * 0.649
    video_s = 172 * 4 * 105 / 324 * (26.75 + 6.173514)
    lip_s = 172 / 4 * 4 * 81 / 77 * (122.09252 + 3.817476)

    found = naive_video(PLAIN)

    assert found.gpus == 8
    assert found.time_s == pytest.approx(llm_s + 9.75 + 43 * 0.6 + video_s + lip_s)
    assert found.ttff_s == pytest.approx(found.time_s - 600)


def test_energy_of_a_video_is_active_and_idle_by_hand() -> None:
    image, video = (
        StagePool(
            name=n, component=n, gpu="any", gpus=2.0, count=0, unit_s=(s, 0.0),
            active_w=(w, w), idle_gpu_w=10.0,
        )
        for n, s, w in (("image", 50.0, 300.0), ("video", 2.0, 200.0))
    )  # fmt: skip

    # image 50 s; 172 pieces of 2 s on two instances 172 s; 222 s in all
    found = judge([option(image, 1), option(video, 2)])

    assert found.time_s == 222.0
    assert found.first_s == 52.0
    active_j = 50 * 300 + 344 * 200
    assert found.active_j == active_j
    assert found.energy_j == active_j + 10 * (2 * (222 - 50) + 4 * (222 - 172))


@pytest.mark.parametrize("goal", ["time", "ttff", "energy"])
def test_the_program_finds_what_trying_everything_finds(goal: str) -> None:
    few = [p for p in POOLS if p.component in {"image", "lipsync", "upscale"}]
    every = [
        judge(picked, 9)
        for picked in product(*all_options(few, 9))
        if sum(o.gpus for o in picked) <= 9
    ]

    def worth(video: object) -> float:
        if goal == "energy":  # GPUs left over wait as well
            spare = 9 - sum(o.gpus for o in video.options)  # type: ignore[attr-defined]
            return video.energy_j + spare * 65 * video.time_s  # type: ignore[attr-defined, no-any-return]
        return float(getattr(video, f"{goal}_s"))

    found = solve(few, 9, goal)  # type: ignore[arg-type]

    assert worth(found) == pytest.approx(min(map(worth, every)), rel=1e-6)


def test_too_few_gpus_are_refused_with_the_least_that_do() -> None:
    with pytest.raises(ScenarioError, match="got 6; the least that can is 7"):
        solve(POOLS, 6)


def test_stages_that_overlap_are_never_slower_than_the_published_sum() -> None:
    video = solve(POOLS, 32)
    pools = [replace(o.pool, count=o.count) for o in video.options]
    graph = video_graph(SUBSCENES, upscaled=True, apart=True)
    batch = make_batch([graph], np.zeros(1), np.array([1e9]))

    result = run_workflows(batch, pools, horizon_s=20_000.0)

    longest_s = max(o.time_s for o in video.options)
    assert longest_s <= result.done_s[0] <= video.time_s
    assert_allclose(result.active_j.sum(), video.active_j)


# --- arrivals ---------------------------------------------------------------------


def test_thinning_keeps_the_rate_and_the_order() -> None:
    ground = make_ground(requests=1000, horizon_s=7200.0)

    kept = thinned(ground, 50.0)

    assert kept.size == 100
    assert np.all(np.diff(kept) == 10)


def test_all_requests_are_kept_where_there_are_too_few() -> None:
    ground = make_ground(requests=10, horizon_s=3600.0)

    assert thinned(ground, 50.0).tolist() == list(range(10))


def test_the_busiest_hour_is_counted() -> None:
    ground = make_ground(requests=4, horizon_s=7200.0)
    arrived_s = np.array([10.0, 20.0, 30.0, 4000.0])
    lengths = np.full(4, 10)
    ground = replace(ground, requests=plain_requests(arrived_s, lengths, lengths))

    assert busiest_ratio(ground) == 1.5  # 3 in an hour that has 2 on average


# --- the system -------------------------------------------------------------------


def test_a_day_of_videos_balances() -> None:
    ground = make_ground()

    outcome = evaluate(ground, Parameters())

    assert outcome.unit == "workflow"
    for one in (outcome, outcome.baseline):
        assert one is not None
        assert one.timeline is not None
        assert one.arrived == one.finished + one.in_flight
        assert one.gpu_hours <= ground.gpu_count * 24
        assert_allclose(one.timeline.power_w.sum() * 300.0, one.energy_j)
        pools_w = sum(p.power_w for p in one.timeline.pools)
        assert_allclose(pools_w, one.timeline.power_w)
        assert_allclose(one.carbon_g, one.energy_j / 3.6e6 * 400)


def test_both_serve_the_same_arrivals_and_the_naive_one_needs_more() -> None:
    outcome = evaluate(make_ground(), Parameters())

    naive = outcome.baseline
    assert naive is not None
    assert naive.arrived == outcome.arrived
    assert naive.energy_per_unit_wh > outcome.energy_per_unit_wh
    assert naive.gpu_hours > outcome.gpu_hours
    assert outcome.attained_frac > naive.attained_frac


def test_the_ladder_gives_quality_for_time() -> None:
    ground = make_ground()

    firm = evaluate(ground, Parameters(ladder=False))
    gives = evaluate(ground, Parameters(ladder=True))

    assert firm.quality_frac == 1.0
    assert gives.quality_frac < 1.0
    assert gives.attained_frac > firm.attained_frac


def test_the_same_ground_gives_the_same_answer() -> None:
    ground = make_ground(requests=2000)

    one, two = (evaluate(ground, Parameters()) for _ in range(2))

    assert one.energy_j == two.energy_j
    assert one.latency_s == two.latency_s


def test_twice_the_videos_take_about_twice_the_work() -> None:
    ground = make_ground()

    few, many = (
        evaluate(ground, Parameters(workflows_per_hour=rate)) for rate in (2.0, 4.0)
    )

    assert many.arrived == 2 * few.arrived
    assert many.energy_j > few.energy_j


@pytest.mark.parametrize("server", ["dgx-a100", "dgx-h200", "dgx-b200"])
def test_every_server_type_runs(server: str) -> None:
    found = find_server(server)

    outcome = evaluate(make_ground(server=found.key), Parameters())

    assert outcome.finished > 0


def test_a_short_hour_in_a_small_hall_runs() -> None:
    ground = make_ground(server_count=1, requests=300, horizon_s=3600.0)

    outcome = evaluate(ground, Parameters())

    assert outcome.arrived >= 1


@pytest.mark.parametrize(
    ("knobs", "servers", "requests", "said"),
    [
        pytest.param(
            {"start_limit_s": 10.0}, 12, 500,
            r"video.latency.*7 s'; the best reachable is [0-9.]+ s", id="too soon",
        ),
        pytest.param(
            {"workflows_per_hour": 500.0}, 2, 50_000,
            "gpu_limit.*16'; the least that does has [0-9]+ GPUs", id="too many",
        ),
        pytest.param({}, 12, 0, "must hold a request", id="no traffic"),
    ],
)  # fmt: skip
def test_what_cannot_be_served_is_named_with_the_best_that_can(
    knobs: dict[str, float], servers: int, requests: int, said: str
) -> None:
    ground = make_ground(server_count=servers, requests=requests, horizon_s=DAY_S)

    with pytest.raises(ScenarioError, match=said):
        evaluate(ground, Parameters(**knobs))  # type: ignore[arg-type]


def test_the_system_names_its_page_and_source() -> None:
    assert SYSTEM.kind == "workflow"
    assert "2603.05800" in SYSTEM.source
