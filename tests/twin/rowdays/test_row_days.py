"""Row-days: served days, replayed under control as the site's kernel does."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.rows import small_row
from twin.cooling.weather import generated
from twin.errors import ScenarioError
from twin.facility import kernel as site_kernel
from twin.facility.activity import Activity
from twin.facility.assemble import assemble
from twin.facility.memory import new_meter, new_state
from twin.plan.memo import Memo
from twin.rowdays import Library, case_of, figures, kernel, library_of, replay
from twin.rowdays.library import clock_curve, level_table
from twin.scenario import apply_changes, parse_scenario
from twin.serving.traffic import Recordings
from twin.study.questions.base import Ground
from twin.study.questions.row_day import METRICS, QUESTION

IDLE_W, FULL_W = 867 + 1.279 * 8 * 63, 867 + 1.279 * 8 * 400
LIMIT_W = 40 * 5113.0
CURVE = np.array([[210.0, 1110.0, 1410.0], [0.3, 0.7, 1.0], [3.0, 1.2, 1.0]])


def library(activity, *, curve=CURVE):
    """One run of 40 servers whose seconds are all traffic and no chance."""
    slow = np.atleast_2d(np.asarray(activity, dtype=float))
    return Library(
        slow=slow, fast=np.zeros_like(slow), curve=curve,
        levels=np.array([0.5, 1.0, 2.0]),
        quantiles=np.array([[0.1, 0.3], [0.2, 0.6], [0.3, 0.9]]),
        rate_per_server_s=0.1, room_per_server_s=0.125, server_count=40, tick_s=1.0,
    )  # fmt: skip


def row(**changes):
    """The sample row for an hour and forty minutes."""
    usual = {"horizon": {"days": 6000 / 86_400}}
    return apply_changes(parse_scenario(usual), changes)


def alone(of, scenario):
    """Figures of one row-day by name, and its power."""
    case = case_of(scenario, of)
    found, series = replay(of, [case], keep_series=True)
    return figures(of, case, found[0]), series[0]


def restless(seconds, high=1.0, seed=3):
    """Activity that wanders through a policy's thresholds."""
    rng = np.random.default_rng(seed)
    t = np.arange(seconds)
    wave = 0.55 + 0.45 * high * np.sin(2 * np.pi * t / 1500.0)
    return np.clip(wave + rng.normal(0.0, 0.03, seconds), 0.0, None)


@pytest.mark.parametrize(
    ("policy", "servers", "changes"),
    [
        pytest.param("polca", 52, {}, id="two thresholds"),
        pytest.param("one-threshold-low", 52, {}, id="low priority alone"),
        pytest.param("one-threshold-all", 52, {}, id="everyone"),
        pytest.param("no-cap", 52, {}, id="the brake alone"),
        pytest.param(
            "polca", 52, {"control.telemetry_delay_s": 0, "control.cap_latency_s": 0,
                          "control.brake_latency_s": 0}, id="no delay at all",
        ),
        pytest.param(
            "polca", 60, {"control.telemetry_delay_s": 7, "control.cap_latency_s": 3},
            id="other delays, far above the limit",
        ),
        pytest.param("polca", 52, {"fleet.server_power_frac": 1.1}, id="more power"),
    ],
)  # fmt: skip
def test_a_row_day_is_what_the_sites_kernel_does_with_one_row(policy, servers, changes):
    frac = restless(6000)
    busy = Activity(
        frac=frac, curve_mhz=CURVE[0], curve_power=CURVE[1], curve_slowdown=CURVE[2]
    )
    added = servers - 40
    template = {"design": "n", "rows_per_hall": 1, "added_servers_per_row": added}
    scenario = row(
        **{"policy": {"name": policy}, "fleet.server_count": servers,
           "facility": {"template": template}, **changes}
    )  # fmt: skip

    watts, counts, peak_w = _on_a_site(scenario, busy)
    of = library(frac)
    case = dataclasses.replace(case_of(scenario, of), curve=CURVE)
    found, series = replay(of, [case], keep_series=True)

    assert_allclose(series[0], watts, rtol=1e-9)
    assert found[0, kernel.F_CAPS_LOW] == counts[0]
    assert found[0, kernel.F_CAPS_HIGH] == counts[1]
    assert found[0, kernel.F_RELEASES] == counts[2]
    assert found[0, kernel.F_BRAKES] == counts[3]
    assert found[0, kernel.F_CAPPED_LOW_S] == counts[4]
    assert found[0, kernel.F_CAPPED_HIGH_S] == counts[5]
    assert_allclose(found[0, kernel.F_PEAK_W], peak_w, rtol=1e-9)
    assert counts.sum() > 0.0


def _on_a_site(scenario, busy):
    """Row power by tick, commands and peak on a site that heat and breakers spare."""
    a = assemble(scenario, busy, generated())
    endless = np.full_like(a.site.protect_w, 1e30)
    site = a.site._replace(
        leak_per_k=np.zeros_like(a.site.leak_per_k), fan_share=0.0, gpu_limit_c=1e9,
        off_c=1e9, watch_frac=np.inf, protect_w=endless,
    )  # fmt: skip
    a = dataclasses.replace(a, site=site)  # before the horizon too
    state, meter = new_state(a), new_meter(a)
    watts = np.zeros(a.tick_count)
    for tick in range(a.tick_count):
        site_kernel.advance(
            site, state, meter, tick, tick + 1, a.timeline.tick, a.timeline.change,
            a.controller.decide, a.controller.params,
        )  # fmt: skip
        watts[tick] = state.out_w[site.rack_first :].sum()
    return watts, meter.row_counts[0], meter.row_peak_w[0]


def test_a_steady_row_draws_what_its_servers_do():
    found, series = alone(
        library(np.full(6000, 0.5)), row(**{"fleet.server_count": 40})
    )

    by_hand_w = 40 * (IDLE_W + 0.5 * (FULL_W - IDLE_W))
    assert_allclose(series, by_hand_w)
    assert_allclose(found["mean_w"], by_hand_w)
    assert_allclose(found["energy_wh"], by_hand_w * 6000 / 3600)
    assert_allclose(found["peak_frac"], by_hand_w / LIMIT_W)
    assert found["above_limit_s"] == found["brakes"] == found["caps_low"] == 0.0
    assert found["lost_low_frac"] == 0.0


def test_time_above_the_limit_is_counted_second_by_second():
    high = np.zeros(6000)
    high[1000:1017] = 1.2  # 40 x (1512 + 1.2 x 3448) W is above 40 x 5113 W
    scenario = row(
        **{"fleet.server_count": 40, "policy": {"name": "no-cap"},
           "control.brake_threshold_frac": 2.0}
    )  # fmt: skip

    found, _ = alone(library(high), scenario)

    assert found["above_limit_s"] == 17.0


def test_a_brake_loses_the_work_that_its_clock_has_no_room_for():
    # at 0.1 of 0.125 requests/s 80 % of the room is asked for; 288 MHz leaves 1 / 2.844
    scenario = row(
        **{"fleet.server_count": 60, "policy": {"name": "no-cap"},
           "fleet.low_priority_frac": 1.0, "control.brake_release_frac": 0.1,
           "horizon.warm_up_s": 0}
    )  # fmt: skip

    found, _ = alone(library(np.full(6000, 0.9)), scenario)

    # 2 s until the first reading is no matter: it stands in for itself; 5 s to land
    slow = 3.0 + (288 - 210) / 900 * (1.2 - 3.0)
    braked_s = found["capped_low_s"]
    assert braked_s == 6000 - 5
    # the tick that lands a brake still ran at full clock
    expected = (0.8 - 1 / slow) / 0.8 * (braked_s - 1) / 6000
    assert_allclose(found["lost_low_frac"], expected)
    assert math.isnan(found["lost_high_frac"])
    assert found["brakes"] == 1

    since_before, _ = alone(
        library(np.full(6000, 0.9)), apply_changes(scenario, {"horizon.warm_up_s": 900})
    )
    assert (since_before["brakes"], since_before["capped_low_s"]) == (1, 6000)


def test_watts_follow_power_per_server_exactly():
    scenario = row(**{"policy": {"name": "no-cap"}, "control.brake_threshold_frac": 2})
    of = library(restless(6000))

    _, usual = alone(of, scenario)
    _, hungry = alone(of, apply_changes(scenario, {"fleet.server_power_frac": 1.3}))

    assert_allclose(hungry, 1.3 * usual)


def test_a_batch_gives_the_bytes_of_its_draws_one_at_a_time():
    of = dataclasses.replace(
        library(np.stack([restless(6000, seed=k) for k in range(4)])),
        fast=np.random.default_rng(1).normal(0.0, 0.02, (4, 6000)),
    )
    points = [
        row(**{"seed": k, "fleet.server_count": 44 + k, "policy.t1_frac": 0.7 + k / 99,
               "control.telemetry_delay_s": k, "workload.load.level": 0.6 + k / 10})
        for k in range(9)
    ]  # fmt: skip
    cases = [case_of(point, of) for point in points]

    together, series = replay(of, cases, keep_series=True)

    for case, found, watts in zip(cases, together, series, strict=True):
        one, one_w = replay(of, [case], keep_series=True)
        assert one.tobytes() == found.tobytes()
        assert one_w.tobytes() == watts.tobytes()


def test_ticks_at_rest_are_passed_over_without_a_difference():
    of = library(restless(6000, high=0.8))
    case = case_of(row(**{"fleet.server_count": 46}), of)
    awake = dataclasses.replace(case, draw=case.draw.copy())
    awake.draw["wake_w"] = -np.inf

    quick, _ = replay(of, [case])
    thorough, _ = replay(of, [awake])

    assert quick.tobytes() == thorough.tobytes()
    assert quick[0, kernel.F_CAPS_LOW] > 0


def test_chance_evens_out_over_more_servers_and_traffic_does_not():
    rng = np.random.default_rng(5)
    of = dataclasses.replace(
        library(np.full(6000, 0.5)), fast=rng.normal(0.0, 0.02, (1, 6000))
    )
    free = {"policy": {"name": "no-cap"}, "control.brake_threshold_frac": 2.0}

    def spread(count):
        case = case_of(row(**{"fleet.server_count": count, **free}), of)
        return float(replay(of, [case], keep_series=True)[1].std()) / count

    assert_allclose(spread(80), spread(20) / 2.0)


def test_the_librarys_own_load_is_left_as_it_is():
    knots = np.linspace(0.0, kernel.LEVEL_TOP, kernel.LEVEL_KNOTS)

    assert np.array_equal(level_table(library(np.full(10, 0.5)), 1.0), knots)


def test_a_load_that_was_served_has_that_runs_activity():
    table = level_table(library(np.full(10, 0.5)), 2.0)
    knots = np.linspace(0.0, kernel.LEVEL_TOP, kernel.LEVEL_KNOTS)

    # the run at 1 spans 0.2 to 0.6, that at 2 0.3 to 0.9
    assert_allclose(np.interp([0.2, 0.4, 0.6], knots, table), [0.3, 0.6, 0.9])


def test_activity_never_falls_with_load():
    of = library(np.full(10, 0.5))
    # up to 0.6, the most that the library's own run shows
    tables = np.array(
        [level_table(of, level)[:121] for level in np.linspace(0.05, 4.0, 60)]
    )

    assert (np.diff(tables, axis=0) >= -1e-12).all()
    assert (np.diff(tables, axis=1) >= -1e-12).all()
    assert tables.max() == 1.0


def test_a_slower_clock_never_draws_more_and_full_clock_is_full_power():
    mhz, power, _ = clock_curve(library(np.full(10, 0.5)), 0.8)

    assert power[-1] == 1.0
    assert (np.diff(power) >= 0.0).all()
    assert mhz[-1] == 1410.0


def test_what_a_study_varies_is_not_served_again(monkeypatch):
    scenario = small_row(servers=4, seconds=600)
    memo, ground = Memo(), Ground(recordings=Recordings.none())
    first = library_of(scenario, ground.recordings, memo)

    for changes in (
        {"seed": 9}, {"workload.load.level": 1.3}, {"fleet.server_count": 6},
        {"fleet.server_power_frac": 1.2}, {"fleet.low_priority_frac": 0.5},
        {"policy": {"name": "polca", "t1_frac": 0.5}},
        {"control.cap_latency_s": 1.0, "control.telemetry_delay_s": 5.0},
    ):  # fmt: skip
        changed = apply_changes(scenario, changes)
        assert library_of(changed, ground.recordings, memo) is first

    other = apply_changes(scenario, {"fleet.model": "llama2-70b"})
    assert library_of(other, ground.recordings, memo) is not first


def test_the_question_answers_the_same_bytes_for_the_same_document():
    scenario = small_row(servers=4, seconds=900)
    ground = Ground(recordings=Recordings.none())

    one = QUESTION.evaluate(scenario, ground, Memo())
    again = QUESTION.evaluate(scenario, ground, Memo())

    assert one == again
    assert list(one) == [metric.key for metric in METRICS]
    assert 4 * IDLE_W <= one["mean_w"] <= one["peak_w"] <= 4 * FULL_W * 1.05


def test_seeds_give_other_days():
    scenario = small_row(servers=4, seconds=8000)
    ground, memo = Ground(recordings=Recordings.none()), Memo()

    found = {
        QUESTION.evaluate(scenario.model_copy(update={"seed": k}), ground, memo)[
            "energy_wh"
        ]
        for k in range(12)
    }

    assert len(found) > 6


def test_a_brake_clock_out_of_range_is_refused():
    with pytest.raises(ScenarioError, match=r"control\.brake_clock_mhz"):
        case_of(row(**{"control.brake_clock_mhz": 100.0}), library(np.zeros(10)))


def test_recorded_power_is_no_row_of_its_own():
    scenario = parse_scenario({"workload": {"replay": {"series": "last week"}}})

    with pytest.raises(ScenarioError, match="drives a whole site"):
        library_of(scenario, Recordings.none())


def test_a_memory_keeps_the_last_of_what_is_large():
    memo, made = Memo(), []

    def ask(name, most=2):
        return memo.remember(
            f"big:{name}", lambda: made.append(name) or name, most=most
        )

    assert [ask(name) for name in "abca"] == ["a", "b", "c", "a"]
    assert made == ["a", "b", "c", "a"]
    assert [ask(name) for name in "caca"] == ["c", "a", "c", "a"]
    assert made == ["a", "b", "c", "a"]
