"""From GPUs to the grid: the books close, and every measure stands in its place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.catalogue.gpus import A100_CLOCKS
from twin.stabilize.ballast import Ballast
from twin.stabilize.chain import Measures, Plant, Site, stabilized
from twin.stabilize.scheduling import Scheduling
from twin.stabilize.smoothing import Smoothing
from twin.stabilize.storage import Storage
from twin.stabilize.upstream import UpsFilter
from twin.training.job import Levels, TrainingJob

SQUARE = {
    "gpu_count": 1000, "tdp_w": 1000.0, "compute_s": 0.8, "communicate_s": 0.2,
    "levels": Levels(compute=1.0, communicate=0.4, idle=0.1),
}  # fmt: skip
BARE = Plant()
PLANT = Plant(
    host_w_per_gpu=300.0, supply_efficiency=0.96, gpus_per_rack=50, racks_per_row=4,
    cooling_frac=0.25, other_w=1e5,
)  # fmt: skip
PSU = Storage(power_w=400.0, energy_j=65.0, filter_s=1.0)


def job(**more):
    return TrainingJob(**(SQUARE | more))


def run(*jobs, plant=BARE, measures=None, ups=None, horizon_s=30.0, sample_s=5e-3):
    site = Site(jobs=jobs or (job(),), plant=plant, clocks=A100_CLOCKS, ups=ups)
    return stabilized(
        site, measures or Measures(), horizon_s=horizon_s, sample_s=sample_s
    )


def test_without_plant_and_measures_the_grid_sees_the_gpus():
    found = run()

    assert_allclose(found.grid.power_w, found.gpus.power_w)
    assert found.books.wasted_frac == 0.0
    assert found.slowdown_frac == 0.0


def test_a_plant_by_hand():
    """Steady 1 MW of GPUs: + 0.3 host, ÷ 0.96, × 1.25 cooling, + 0.1 other."""
    steady = job(communicate_s=0.0)
    found = run(steady, plant=PLANT)

    assert_allclose(found.grid.power_w[100:], 1.3e6 / 0.96 * 1.25 + 1e5, rtol=1e-9)


def test_a_swing_reaches_the_grid_through_the_supplies_alone():
    """Cooling follows in minutes: a swing of 0.6 MW is 0.6 ÷ 0.96, not × 1.25."""
    found = run(plant=PLANT)

    last = found.grid.power_w[-200:]
    assert np.ptp(last) == pytest.approx(0.6e6 / 0.96, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
    st.booleans(), st.booleans(), st.floats(0.0, 5.0), st.floats(0.5, 1.0),
)  # fmt: skip
def test_the_books_close_under_any_combination(
    ballast, smoothing, psu, rack, row, site, ups, ramp_s, clock
):
    store = {"charge_efficiency": 0.95, "discharge_efficiency": 0.93}
    measures = Measures(
        scheduling=Scheduling(start_ramp_s=ramp_s, end_ramp_s=ramp_s, clock_frac=clock,
                              stagger_s=0.3),
        ballast=Ballast() if ballast else None,
        smoothing=Smoothing(floor_frac=0.8, ramp_up_w_per_s=800.0)
        if smoothing else None,
        psu=PSU if psu else None,
        rack=Storage(power_w=2e4, energy_j=3e5, filter_s=5.0, **store)
        if rack else None,
        row=Storage(power_w=8e4, energy_j=9e5, filter_s=9.0, control="moving-average",
                    **store) if row else None,
        site=Storage(power_w=1e6, energy_j=1e7, filter_s=20.0, response_s=0.02,
                     **store) if site else None,
    )  # fmt: skip
    found = run(
        job(start_s=2.0, end_s=24.0),
        job(gpu_count=300, failures_s=(9.0,), restart_s=3.0),
        plant=PLANT, measures=measures, ups=UpsFilter(rated_w=3e6) if ups else None,
    )  # fmt: skip

    assert abs(found.books.unexplained_frac) < 1e-9
    assert found.drawn.power_w.max() <= 1300 * 1.1e3 * (1 + 1e-9)
    assert found.drawn.power_w.min() >= 1300 * 100.0 * (1 - 1e-9)
    assert found.slowdown_frac >= -1e-12


def test_stores_of_a_thousand_supplies_act_as_one():
    many = run(measures=Measures(psu=PSU))
    one = run(job(gpu_count=1), measures=Measures(psu=PSU))

    assert_allclose(many.grid.power_w, 1000 * one.grid.power_w, rtol=1e-9)


def test_stores_count_racks_and_rows():
    """1000 GPUs in racks of 50, rows of four: twenty racks, five rows."""
    store = Storage(power_w=1e4, energy_j=1e5, filter_s=10.0)
    found = run(plant=PLANT, measures=Measures(rack=store, row=store))

    assert np.abs(found.stores["rack"].stored_w).max() <= 20 * 1e4 * (1 + 1e-9)
    assert np.abs(found.stores["rack"].stored_w).max() > 15 * 1e4
    assert np.abs(found.stores["row"].stored_w).max() <= 5 * 1e4 * (1 + 1e-9)


def test_staggered_jobs_swing_less_than_together():
    """Two equal jobs, half a period apart and at duty 1/2, cancel."""
    half = {"compute_s": 0.5, "communicate_s": 0.5}
    both = (job(**half), job(**half))
    apart = run(*both, measures=Measures(scheduling=Scheduling(stagger_s=0.5)))

    assert np.ptp(run(*both).grid.power_w[400:]) == pytest.approx(1.2e6)
    assert np.ptp(apart.grid.power_w[400:]) == pytest.approx(0.0, abs=1e3)


def test_checkpoints_take_turns():
    jobs = tuple(job(checkpoint_every=10, checkpoint_s=2.0) for _ in range(2))
    turns = run(*jobs, measures=Measures(scheduling=Scheduling(take_turns=True)))

    assert run(*jobs).grid.power_w.min() == pytest.approx(0.4e6)
    assert turns.grid.power_w.min() > 0.55e6


def test_a_lower_clock_costs_time_and_saves_power_as_the_curve_says():
    found = run(measures=Measures(scheduling=Scheduling(clock_frac=0.8)))
    knots = np.array(A100_CLOCKS.clock_mhz) / 1410.0
    slow = np.interp(0.8, knots, A100_CLOCKS.slowdown)
    dynamic = np.interp(0.8, knots, A100_CLOCKS.dynamic_power_frac)

    assert found.slowdown_frac == pytest.approx(0.8 * (slow - 1.0))
    assert found.grid.power_w.max() == pytest.approx((0.1 + 0.9 * dynamic) * 1e6)


def test_starts_and_ends_ramp_under_cap_and_burn():
    found = run(
        job(communicate_s=0.0, start_s=5.0, end_s=20.0),
        measures=Measures(scheduling=Scheduling(start_ramp_s=4.0, end_ramp_s=6.0)),
    )  # fmt: skip
    power = found.grid.power_w / 1e6

    assert_allclose(power[[900, 1400, 2000]], [0.1, 0.55, 1.0], atol=2e-3)
    assert_allclose(power[[4600, 5400]], [0.55, 0.1], atol=2e-3)
    # triangles: 4 s × 0.9 ÷ 2 lacked, 6 s × 0.9 ÷ 2 burnt; of 15 s × 0.9 of work
    assert found.books.lacked_j == pytest.approx(1.8e6, rel=1e-3)
    assert found.books.burnt_j == pytest.approx(2.7e6, rel=1e-3)
    assert found.books.start_lacked_j == found.books.lacked_j
    # half the power for four seconds: two seconds later
    assert found.lost_start_s == pytest.approx(2.0, rel=1e-3)
    assert found.starts == 1
    assert found.slowdown_frac == 0.0


def test_a_floor_keeps_to_the_cap_of_a_start():
    """Cap and floor: half a TDP comes after ten of 20 s, 0.9 only with the cap."""
    found = run(
        job(start_s=5.0, jitter_s=0.02),
        measures=Measures(scheduling=Scheduling(start_ramp_s=20.0),
                          smoothing=Smoothing(floor_frac=0.9, ramp_up_w_per_s=9e4)),
        sample_s=1e-3,
    )  # fmt: skip
    power = found.grid.power_w / 1e6
    t = np.arange(power.size) * 1e-3
    cap = 0.1 + 0.9 * np.clip((t - 5.0) / 20.0, 0.0, 1.0)

    assert (power <= cap + 1e-3).all()
    assert power[4_990] == pytest.approx(0.1, abs=1e-6)
    assert power[26_000:].min() >= 0.9 - 1e-9
    assert abs(found.books.unexplained_frac) < 1e-9


def test_a_floor_keeps_to_the_burn_of_an_end_until_the_next_start():
    found = run(
        job(start_s=0.0, end_s=10.0), job(failures_s=(8.0,), restart_s=12.0),
        measures=Measures(scheduling=Scheduling(end_ramp_s=5.0, start_ramp_s=2.0),
                          smoothing=Smoothing(floor_frac=0.9, hysteresis_s=3.0,
                                              ramp_down_w_per_s=9e4)),
    )  # fmt: skip
    power = found.grid.power_w / 1e6
    t = np.arange(power.size) * 5e-3

    # each is back at idle when its burn is over, whatever floor and hold would do
    assert_allclose(power[(t > 15.1) & (t < 19.9)], 0.2, atol=2e-3)
    # the second starts again at 20 s, capped for 2 s
    assert power[t > 20.0].max() > 1.0
    assert power[np.searchsorted(t, 21.0)] < 0.2 + 0.5
    assert abs(found.books.unexplained_frac) < 1e-9


def test_slowdown_is_weighed_by_gpus():
    slow = Measures(smoothing=Smoothing(
        floor_frac=0.2, ramp_up_w_per_s=500.0, ramp_down_w_per_s=9e4, hysteresis_s=0.0
    ))  # fmt: skip
    big, small = job(gpu_count=900), job(gpu_count=100, compute_s=3.0)
    both = run(big, small, measures=slow)
    alone = [run(j, measures=slow).slowdown_frac for j in (big, small)]

    assert alone[0] != pytest.approx(alone[1], rel=0.1)
    assert both.slowdown_frac == pytest.approx(0.9 * alone[0] + 0.1 * alone[1])


def test_a_running_jobs_filters_are_settled_from_the_start():
    """A steady job behind a rack store: the first ten seconds are like any other."""
    store = Storage(power_w=6e4, energy_j=3.6e6, filter_s=10.0, return_s=60.0)
    found = run(plant=Plant(gpus_per_rack=50, cooling_frac=0.2),
                measures=Measures(rack=store), horizon_s=120.0)  # fmt: skip
    first, last = found.grid.power_w[:2000], found.grid.power_w[-2000:]

    assert np.ptp(first) == pytest.approx(np.ptp(last), rel=0.3)
    assert np.ptp(first) < 0.1 * np.ptp(found.gpus.power_w)


def test_no_burn_for_a_job_that_goes_on():
    found = run(job(jitter_s=0.02),
                measures=Measures(scheduling=Scheduling(end_ramp_s=20.0)))  # fmt: skip

    assert found.books.burnt_j == 0.0
    assert_allclose(found.grid.power_w, found.gpus.power_w)


def test_a_restart_inside_a_burn_goes_on_from_it():
    ramps = Scheduling(start_ramp_s=12.0, end_ramp_s=12.0)
    found = run(job(communicate_s=0.0, failures_s=(10.0,), restart_s=3.0),
                measures=Measures(scheduling=ramps))  # fmt: skip
    steps = np.abs(np.diff(found.grid.power_w))

    assert steps.max() < 0.02e6
    assert abs(found.books.unexplained_frac) < 1e-9


def test_a_site_without_power_has_no_books_to_close():
    off = Levels(compute=0.0, communicate=0.0, idle=0.0)
    everything = Measures(
        scheduling=Scheduling(start_ramp_s=2.0, end_ramp_s=2.0), ballast=Ballast(),
        smoothing=Smoothing(), psu=PSU,
    )  # fmt: skip
    for found in (run(job(levels=off)), run(job(start_s=99.0), measures=everything),
                  run(job(start_s=99.0, levels=off), measures=everything)):  # fmt: skip
        assert found.books.burnt_j == pytest.approx(0.0, abs=1e-3)
        assert np.isfinite(found.books.wasted_frac)


def test_each_jobs_stores_are_its_own():
    """A small idle job first: the store shown is the large one's."""
    idle = job(gpu_count=10, start_s=99.0)
    found = run(idle, job(), measures=Measures(psu=PSU))

    assert found.placed["psu", 0].full_cycles == pytest.approx(0.0, abs=1e-6)
    assert found.stores["psu"].full_cycles > 1.0


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"clock_frac": 1200.0}, "divided by the highest"),
        ({"stagger_s": -1.0}, "stagger_s"),
        ({"end_ramp_s": math.inf}, "end_ramp_s"),
    ],
)
def test_senseless_scheduling_is_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        Scheduling(**wrong)


def test_a_clock_below_the_curve_and_a_site_without_jobs_are_refused():
    with pytest.raises(ValueError, match="below the curve"):
        run(measures=Measures(scheduling=Scheduling(clock_frac=0.01)))
    with pytest.raises(ValueError, match="at least one job"):
        Site(jobs=(), plant=BARE, clocks=A100_CLOCKS)
    with pytest.raises(ValueError, match="supply_efficiency"):
        Plant(supply_efficiency=0.0)
