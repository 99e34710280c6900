"""The knob grid and Greener LLMs: hand calculation, laws, the stepped fleet."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cli.validation import greener as suite
from twin.catalogue import find_server
from twin.errors import ScenarioError
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.grid import AXES, GridInput, knob_grid
from twin.serving.fleet.pareto import pareto_front
from twin.serving.fleet.parts import FCFS, Fleet, FleetClass, Plan, Pool, plain_requests
from twin.serving.fleet.run import run_fleet
from twin.serving.systems.base import Ground, Slo
from twin.serving.systems.greener import SYSTEM, GreenerParameters, cheapest_knobs
from twin.serving.systems.outcome import baseline_fleet, run_plan

EIGHT = make_engine("llama2-70b", "dgx-h100", tensor_parallel=8)
FOUR = make_engine("llama2-70b", "dgx-h100", tensor_parallel=4)
TWO = make_engine("llama2-70b", "dgx-h100", tensor_parallel=2)


def grid(**changes):
    axes = {
        "engines": (EIGHT,), "clock_mhz": (1980.0,), "batch": (16,),
        "prompt": (1024,), "output": (256,),
    } | changes  # fmt: skip
    return GridInput(**axes)


def only(result, quantity):
    (value,) = getattr(result, quantity).ravel()
    return value


WIDE = grid(
    engines=(TWO, FOUR, EIGHT), clock_mhz=(990.0, 1386.0, 1600.0, 1980.0),
    batch=(1, 8, 64), prompt=(128, 1024), output=(2, 128, 512),
    load=(0.05, 0.3, 0.7, 0.95, 1.0),
)  # fmt: skip
FOUND = knob_grid(WIDE)


# --- by hand ---


def test_one_sequence_at_full_load_is_prefill_and_steps_one_after_the_other():
    result = knob_grid(grid(batch=(1,), output=(3,)))

    # iteration: 29.76 ms at 576 tokens, 0.2635 us a token more: 1025.5 on average
    step_s = 0.02976 + 2.635e-7 * (1024 + 1.5 - 576)
    request_s = 0.07791 + 2 * step_s
    joules = 8 * 700 * (0.07791 * 1.0 + 2 * step_s * 0.543)
    assert only(result, "requests_per_s") == pytest.approx(1 / request_s)
    assert only(result, "tokens_per_s") == pytest.approx(3 / request_s)
    assert only(result, "tbt_s") == pytest.approx(step_s)
    assert only(result, "energy_per_request_j") == pytest.approx(joules)


def test_a_lower_clock_stretches_prefill_in_full_and_decode_by_a_fifth():
    result = knob_grid(grid(batch=(1,), output=(3,), clock_mhz=(0.5 * 1980,)))

    # 705 MHz on the A100: 2.891 at 405, 1.519 at 795
    slow = 2.891 + (705 - 405) / 390 * (1.519 - 2.891)
    step_s = (0.02976 + 2.635e-7 * 449.5) * (1 + 0.2 * (slow - 1))
    assert only(result, "tbt_s") == pytest.approx(step_s)
    assert only(result, "requests_per_s") == pytest.approx(
        1 / (0.07791 * slow + 2 * step_s)
    )


def test_a_lone_instance_hardly_asked_draws_idle_power():
    result = knob_grid(grid(load=(1e-6,)))

    assert only(result, "gpu_power_w") == pytest.approx(8 * 75, rel=1e-3)
    assert only(result, "server_power_w") == pytest.approx(1635 + 1.208 * 600, rel=1e-3)


# --- laws ---


def test_power_is_energy_times_rate_everywhere():
    assert_allclose(
        FOUND.gpu_power_w, FOUND.energy_per_request_j * FOUND.requests_per_s
    )
    assert_allclose(FOUND.gpu_power_w, FOUND.energy_per_token_j * FOUND.tokens_per_s)


def test_littles_law_holds_in_the_batch():
    # sequences while busy x part busy = rate x time from first token on, and prefill
    one = knob_grid(grid(load=(0.5,), output=(256,)))
    stay_s = 0.07791 + 255 * only(one, "tbt_s")
    inside = only(one, "requests_per_s") * stay_s

    assert 0.99 < inside / only(one, "decoding") <= 1.0


def test_a_lower_clock_never_raises_power_nor_throughput():
    def along_clocks(quantity):
        values = getattr(FOUND, quantity)[..., -1]  # at full load
        return np.diff(values, axis=1)[~np.isnan(np.diff(values, axis=1))]

    assert np.all(along_clocks("gpu_power_w") >= 0)
    assert np.all(along_clocks("requests_per_s") >= 0)


def test_more_load_never_draws_less():
    steps = np.diff(FOUND.gpu_power_w, axis=-1)

    assert np.all(steps[~np.isnan(steps)] >= 0)


def test_energy_of_a_token_falls_with_the_batch():
    joules = FOUND.at("energy_per_token_j", engine=2, load=1.0, output=512)

    assert np.all(np.diff(joules, axis=1) < 0)


@pytest.mark.parametrize("server", ["dgx-a100", "dgx-h100"])
def test_a_cap_never_raises_power_of_a_phase(server):
    # with decode beside it the mean may rise: a capped prefill is still the hotter
    # phase and takes more of the time
    engines = [
        make_engine("llama2-70b", server, gpu_cap_frac=cap)
        for cap in (1.0, 0.8, 0.5, 0.3)
    ]
    top = engines[0].clocks.clock_mhz[-1]
    watts = [
        knob_grid(
            grid(
                engines=(e,), clock_mhz=(top,), batch=(1,), prompt=(128, 2048),
                output=(1,),
            )
        ).gpu_power_w
        for e in engines
    ]  # fmt: skip

    for loose, tight in pairwise(watts):
        assert np.all(tight <= loose)


def test_a_batch_that_does_not_fit_the_cache_is_no_setting():
    # two GPUs hold 12,207 tokens: eight times 1,024 + 512 are 12,288
    result = knob_grid(grid(engines=(TWO,), batch=(4, 8), output=(512,)))

    assert np.isfinite(result.ttft_s[0, 0, 0]).all()
    assert np.isnan(result.ttft_s[0, 0, 1]).all()


def test_a_given_rate_beyond_the_setting_is_no_setting():
    # batch 16 sustains 1.51 requests/s on eight GPUs: 0.189 a GPU
    result = knob_grid(grid(requests_per_gpu_s=(0.1, 0.185, 0.195)))

    assert_allclose(result.requests_per_s.ravel(), [0.8, 1.48, np.nan])


def test_a_given_rate_is_the_load_it_makes():
    by_load = knob_grid(grid(load=(0.4,)))
    rate = only(by_load, "requests_per_s") / 8
    by_rate = knob_grid(grid(requests_per_gpu_s=(rate,)))

    for name in ("ttft_s", "tbt_s", "gpu_power_w"):
        assert_allclose(getattr(by_rate, name), getattr(by_load, name))


def test_values_are_found_by_their_knobs():
    assert FOUND.ttft_s.shape == tuple(len(FOUND.axes[name]) for name in AXES)
    assert_allclose(
        FOUND.at("tbt_s", engine=1, clock_mhz=1600.0, batch=8), FOUND.tbt_s[1, 2, 1]
    )


# --- against the stepped fleet ---


@pytest.mark.parametrize(
    ("load", "clock_mhz"), [(0.1, 1980.0), (0.6, 1980.0), (0.6, 1600.0)]
)
def test_steady_state_is_what_the_stepped_fleet_settles_to(load, clock_mhz):
    point = knob_grid(grid(load=(load,), clock_mhz=(clock_mhz,)))
    horizon_s, rate = 20_000.0, only(point, "requests_per_s")
    gaps = np.random.default_rng(5).exponential(1 / rate, int(1.2 * rate * horizon_s))
    gaps *= 1 / rate / gaps.mean()
    arrived = np.cumsum(gaps)
    pool = Pool(
        name="main", engine=EIGHT, count=1, max_batch=16, clock_mhz=clock_mhz,
        max_prefill_tokens=1024.0,
    )  # fmt: skip
    fleet = Fleet(pools=(pool,), classes=(FleetClass(name="a", prompt_pool="main"),))
    requests = plain_requests(
        arrived, np.full(arrived.size, 1024), np.full(arrived.size, 256)
    )

    result = run_fleet(Plan(fleet=fleet), [requests], horizon_s=horizon_s)

    # random arrivals of 20,000 s: the mean rate is off by about a percent, and so are
    # the power at low load and the batch; waiting is what varies most
    latency = result.classes["a"].latency
    watts = result.pools["main"].gpu_j / horizon_s
    assert watts == pytest.approx(only(point, "gpu_power_w"), rel=0.02)
    assert latency["tbt"]["mean"] == pytest.approx(only(point, "tbt_s"), rel=0.02)
    assert latency["e2e"]["mean"] == pytest.approx(only(point, "e2e_s"), rel=0.02)
    assert latency["ttft"]["mean"] == pytest.approx(only(point, "ttft_s"), rel=0.15)


def test_full_load_is_what_the_stepped_fleet_reaches_when_flooded():
    point = knob_grid(grid())
    arrived = np.linspace(0.0, 900.0, 6000)
    pool = Pool(
        name="main", engine=EIGHT, count=1, max_batch=16, max_prefill_tokens=1024.0,
        queue=replace(FCFS, limit=32),
    )  # fmt: skip
    fleet = Fleet(pools=(pool,), classes=(FleetClass(name="a", prompt_pool="main"),))
    requests = plain_requests(arrived, np.full(6000, 1024), np.full(6000, 256))

    result = run_fleet(Plan(fleet=fleet), [requests], horizon_s=900.0)

    # the first batch fills and the last is under way: 16 requests of 1,360
    rate = result.finished / 900.0
    assert rate == pytest.approx(only(point, "requests_per_s"), rel=0.015)
    watts = result.pools["main"].gpu_j / 900.0
    assert watts == pytest.approx(only(point, "gpu_power_w"), rel=0.005)


# --- the front ---


def test_the_front_keeps_what_nothing_beats():
    flat = {
        name: np.array(values).reshape(1, 5, 1, 1, 1, 1)
        for name, values in {
            "energy_per_token_j": [1.0, 2.0, 2.0, 3.0, np.nan],
            "ttft_s": [3.0, 2.0, 2.0, 3.0, 1.0],
            "tbt_s": [1.0, 1.0, 1.0, 1.0, 1.0],
        }.items()
    }
    result = replace(FOUND, **flat)

    # equal settings stay both; the fourth is beaten by the first; NaN is none
    assert pareto_front(result).ravel().tolist() == [True, True, True, False, False]


def test_every_traffic_has_a_front():
    front = pareto_front(FOUND)

    assert front.shape == FOUND.ttft_s.shape
    assert front.any(axis=(0, 1, 2)).all()
    assert not front[np.isnan(FOUND.ttft_s)].any()


def test_wanting_throughput_too_only_lengthens_the_front():
    narrow = pareto_front(FOUND)
    wide = pareto_front(FOUND, most=("tokens_per_s",))

    assert np.all(wide[narrow])


# --- refusals ---


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        pytest.param({"engines": ()}, "grid.engines", id="no engine"),
        pytest.param(
            {"clock_mhz": (2100.0,)}, "to 1980, got 2100", id="clock too high"
        ),
        pytest.param({"batch": (0,)}, "grid.batch .* got 0", id="no sequence"),
        pytest.param({"prompt": ()}, "give at least one value", id="no prompt"),
        pytest.param({"load": (1.1,)}, "grid.load .* got 1.1", id="overload"),
        pytest.param({"requests_per_gpu_s": (0.0,)}, "got 0.0", id="no requests"),
    ],
)
def test_a_grid_out_of_range_is_refused(changes, match):
    with pytest.raises(ScenarioError, match=match):
        knob_grid(grid(**changes))


def test_a_value_off_the_grid_names_those_on_it():
    with pytest.raises(ScenarioError, match="use one of \\(1, 8, 64\\)"):
        FOUND.at("tbt_s", batch=7)


# --- the system ---


def ground(ttft_s=2.0, rate_s=8.0):
    n = int(300 * rate_s)
    rng = np.random.default_rng(3)
    requests = plain_requests(
        np.sort(rng.uniform(0, 300, n)), rng.integers(200, 1500, n),
        rng.integers(50, 300, n),
    )  # fmt: skip
    return Ground(
        model="llama2-70b", server=find_server("dgx-h100"), server_count=8,
        engine=EIGHT, requests=requests, horizon_s=300.0, pue=1.2,
        classes=(FleetClass(name="a", prompt_pool="main", ttft_slo_s=ttft_s),),
        slo=Slo(prompt_below=(np.inf,), ttft_s=(ttft_s,), tbt_s=0.1, source="ours"),
        energy_usd_per_kwh=0.1, carbon_g_per_kwh=(400.0,), seed=1,
    )  # fmt: skip


def test_cheapest_knobs_meet_the_limits_and_save_energy():
    here = ground()
    before, _ = run_plan(here, Plan(fleet=baseline_fleet(here)), "base", "base")

    after = SYSTEM.evaluate(here, GreenerParameters())

    assert after.energy_j < 0.85 * before.energy_j
    assert after.attained_frac > 0.95
    assert after.latency_s["tbt"]["p99"] < 0.1
    assert after.figures["clock_mhz"] < 1980


def test_tighter_limits_never_choose_a_setting_that_draws_less():
    parameters = GreenerParameters()

    def watts_per_gpu(ttft_s):
        engine, *_, expected = cheapest_knobs(ground(ttft_s), parameters)
        return expected["expected_gpu_power_w"] / engine.gpu_count

    assert watts_per_gpu(0.3) >= watts_per_gpu(2.0)


def test_limits_nothing_can_meet_are_refused_with_a_repair():
    with pytest.raises(ScenarioError, match="add servers, loosen the limits"):
        SYSTEM.evaluate(ground(ttft_s=0.01), GreenerParameters())


# --- what was published, and what the curve rests on ---


def test_the_papers_machine_saves_a_fifth_at_about_the_same_throughput():
    rows = {row.id: row for row in suite.rows(lambda _part, _text: None)}

    assert rows["greener.energy_llama2_70b_tp8"].ours < 0.8
    assert rows["greener.throughput_llama2_70b_tp8"].ours > 0.95
    assert "shape only" in rows["greener.energy_llama2_70b_tp8"].why


@pytest.mark.data
@pytest.mark.parametrize("gpu", ["v100", "a40"])
def test_the_a100s_curve_foretells_power_limits_of_other_gpus(gpu):
    rows = {row.id: row for row in suite.rows(lambda _part, _text: None)}

    assert rows[f"greener.zeus_{gpu}"].ours < 5.0
    assert rows[f"greener.zeus_{gpu}_bert"].ours < 5.0
