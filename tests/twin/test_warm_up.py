"""A run begins as a row that has been running; the time before is not metered."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import twin.simulate
from tests.twin.rows import compiled_row
from twin.load import find_rate
from twin.plan import what_if
from twin.scenario import apply_changes, parse_scenario
from twin.scenario.policy import Polca
from twin.scenario.workload import DiurnalArrivals, RequestArrivals
from twin.serving.traffic import (
    RecordedRequests,
    Recordings,
    arrivals_before,
    arrivals_between,
)
from twin.simulate import compile_scenario, simulate

STEADY = {"servers": 20, "rate": 0.09, "seconds": 3600, "warm_up_s": 900}


def before(traffic, rate_rps, length_s):
    (found,) = arrivals_before(
        traffic, rate_rps=rate_rps, edges_s=np.array([-length_s, 0.0])
    )
    return found


def test_a_row_begins_at_the_power_it_has_later():
    def power_w(warm_up_s):
        runs = [
            simulate(compiled_row(**STEADY | {"seed": seed, "warm_up_s": warm_up_s}),
                     rate_per_server_s=0.09).series
            for seed in range(1, 9)
        ]  # fmt: skip
        records = np.array([run.row_mean_w for run in runs]).mean(axis=0)
        return records[:4].mean(), records[
            300:
        ].mean()  # its first 12 s, its last 50 min

    first_w, later_w = power_w(900)
    empty_w, _ = power_w(0)

    assert_allclose(first_w, later_w, rtol=0.02)
    assert empty_w < 0.8 * later_w


def test_requests_and_energy_of_the_time_before_are_not_the_horizons():
    row = compiled_row(**STEADY)
    run = simulate(row, rate_per_server_s=0.09)
    empty = simulate(dataclasses.replace(row, warm_up_ticks=0), rate_per_server_s=0.09)

    for side, alone in ((run.low, empty.low), (run.high, empty.high)):
        refused = side.rejected_queue_full + side.rejected_too_long
        assert side.carried_over > 0
        assert alone.carried_over == 0
        assert side.arrived == alone.arrived  # the same traffic
        told = side.finished + side.in_flight + refused
        assert side.carried_over + side.arrived == told
    assert_allclose(run.energy_split.total_wh, run.energy_wh, rtol=1e-9)
    assert run.horizon_s == 3600.0
    assert run.series.t_s[0] == 0.0
    assert empty.warm_up_peak_frac == 0.0 < run.warm_up_peak_frac


def test_chunks_do_not_show(monkeypatch):
    row = compiled_row(**STEADY, policy=Polca())
    whole = simulate(row, rate_per_server_s=0.09)
    monkeypatch.setattr(twin.simulate, "CHUNK_S", 70.0)
    parts = simulate(row, rate_per_server_s=0.09)

    for field in ("peak_w", "energy_wh", "rise_40s_frac", "caps_low", "brakes"):
        assert_allclose(getattr(parts, field), getattr(whole, field), rtol=1e-9)
    assert parts.low.carried_over == whole.low.carried_over > 0
    assert parts.high.finished == whole.high.finished


def test_caps_that_a_running_row_has_are_in_force_at_once():
    usual = {
        "fleet": {"server_count": 56}, "horizon": {"days": 1 / 24},
        "workload": {"load": {"requests_per_server_s": 0.08}},
    }  # fmt: skip
    cold = {"horizon.warm_up_s": 0}
    begun = what_if(apply_changes(parse_scenario(usual), cold), Recordings.none()).run
    running = what_if(parse_scenario(usual), Recordings.none()).run

    assert begun.brakes > 0  # the first cap lands after half a minute, too late
    assert running.brakes == 0
    assert begun.series.low_clock_mhz[0] == 0.0 < running.series.low_clock_mhz[0]
    assert running.peak_frac < 1.0 < begun.peak_frac
    assert min(e.t_s for e in begun.events) > 0.0


def test_a_brake_that_still_holds_is_one():
    scenario = parse_scenario({
        "row": {"provisioned_w": 50_000.0}, "horizon": {"days": 0.02},
        "workload": {"load": {"requests_per_server_s": 0.05}},
    })  # fmt: skip
    run = what_if(scenario, Recordings.none()).run

    assert run.brakes == 1  # 40 idle servers draw more: it is never released
    assert run.brake_s == run.horizon_s
    assert any("1 power brakes" in breach for breach in run.slo_breaches)


def test_a_policy_that_acted_before_the_horizon_is_not_left_out():
    row = compile_scenario(
        parse_scenario({"horizon": {"days": 0.02}}), Recordings.none()
    )
    reference = simulate(twin.simulate.uncontrolled(row), rate_per_server_s=0.05)
    assert reference.peak_frac < 0.8

    calm = simulate(row, rate_per_server_s=0.05, reference=reference)
    told = dataclasses.replace(reference, warm_up_peak_frac=1.0)
    run = simulate(row, rate_per_server_s=0.05, reference=told)

    assert calm.series is reference.series  # nothing acted: the reference stands
    assert run.series is not reference.series


# --- what came before ---------------------------------------------------------------


def test_rates_run_into_the_horizon_without_a_step():
    swing = DiurnalArrivals(swing_frac=0.9, noise_frac=0.0, peak_hour=6.0)
    traffic = compiled_row(seconds=86_400, arrivals=swing).traffic
    (after,) = arrivals_between(traffic, rate_rps=20.0, edges_s=np.array([0.0, 7200.0]))
    earlier = before(traffic, 20.0, 7200.0)

    edges_s = np.arange(0.0, 7201.0, 1200.0)
    mirrored, _ = np.histogram(-earlier.arrived_s, edges_s)
    found, _ = np.histogram(after.arrived_s, edges_s)
    assert np.all(np.diff(earlier.arrived_s) >= 0)
    assert earlier.arrived_s[0] >= -7200.0
    assert earlier.arrived_s[-1] < 0.0
    assert found[-1] > 1.3 * found[0]  # the rate does move
    assert_allclose(mirrored, found, atol=5 * np.sqrt(found.max()))
    assert not np.array_equal(earlier.prompt[:100], after.prompt[:100])  # own draws


def test_requests_of_a_recording_are_mirrored():
    at_s = np.array([0.0, 10.0, 20.0, 60.0])
    recorded = RecordedRequests(
        arrived_s=at_s, prompt_tokens=np.array([1, 2, 3, 4]),
        output_tokens=np.array([5, 6, 7, 8]),
    )  # fmt: skip
    scenario = compiled_row().scenario
    workload = scenario.workload.model_copy(
        update={"arrivals": RequestArrivals(dataset="four")}
    )
    traffic = compile_scenario(
        scenario.model_copy(update={"workload": workload}),
        Recordings(rates={}, requests={"four": recorded}),
    ).traffic
    rate = 4 / 80.0  # a cycle is 80 s: one copy of it
    parts = list(arrivals_before(
        traffic, rate_rps=rate, edges_s=np.array([-100.0, -60.0, -20.0, 0.0])
    ))  # fmt: skip
    at_s = np.concatenate([part.arrived_s for part in parts])

    # mirrored, the recording repeats every 80 s; nothing arrives as a chunk ends
    assert_allclose(at_s, [-90.0, -80.0, -60.0, -20.0, -10.0, 0.0], atol=1e-6)
    assert [part.arrived_s.size for part in parts] == [3, 1, 2]
    assert all(
        part.arrived_s[-1] < end for part, end in zip(parts, (-60, -20, 0), strict=True)
    )
    assert_array_equal(np.concatenate([p.prompt for p in parts]), [2, 1, 4, 3, 2, 1])


def test_the_load_does_not_move_with_it():
    rates = {
        find_rate(
            parse_scenario({"horizon": {"days": 0.02, "warm_up_s": warm_up_s}}),
            Recordings.none(),
        )
        for warm_up_s in (0, 60, 900)
    }
    assert len(rates) == 1


def test_rises_do_not_count_while_an_empty_row_fills():
    short = {"servers": 20, "rate": 0.09, "seconds": 45}
    run = simulate(compiled_row(**short, warm_up_s=900), rate_per_server_s=0.09)

    assert run.rise_40s_frac == 0.0  # 45 s before it, 45 s of it: it still fills


@pytest.mark.parametrize(("warm_up_s", "ticks"), [(0.0, 0), (7.5, 8), (900.0, 600)])
def test_it_is_whole_ticks_and_no_longer_than_the_horizon(warm_up_s, ticks):
    assert compiled_row(seconds=600, warm_up_s=warm_up_s).warm_up_ticks == ticks
