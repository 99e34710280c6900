"""Halls on one cooling plant: it gives what it has, and lends what is not wanted."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.campus.conftest import assembled, campus_scenario
from twin.campus.answer import run_campus
from twin.campus.control import Rules, Totals, decide, first_decision
from twin.scenario.campus import Campus


def run(weather, **campus):
    scenario = campus_scenario(policy="no-cap", campus=campus or None)
    return run_campus(assembled(scenario, weather))[0]


def test_a_plant_that_is_large_enough_changes_nothing(weather):
    free = run(weather)
    shared = run(weather, cooling_capacity_w=3e6)

    assert shared.facility_wh == free.facility_wh
    assert shared.water_kg == free.water_kg > 0.0


def test_water_is_the_sum_of_the_halls(weather):
    found = run(weather)

    assert sum(h.water_kg for h in found.halls) == pytest.approx(
        found.water_kg, rel=1e-12
    )


def test_a_plant_that_is_too_small_gives_all_it_has_and_halls_warm_up(weather):
    free = run(weather)
    capacity_w = 0.8 * float(free.series.mean["removed_w"].mean())
    short = run(weather, cooling_capacity_w=capacity_w)

    assert short.series.most["removed_w"].max() <= capacity_w * (1.0 + 1e-9)
    assert short.series.mean["removed_w"].mean() >= 0.98 * capacity_w
    assert max(h.inlet_peak_c for h in short.halls) > 2.0 + max(
        h.inlet_peak_c for h in free.halls
    )


def test_make_up_water_limits_what_the_plant_takes_out(weather):
    free = run(weather)
    drawn = float(free.series.mean["water_kg_s"].mean())
    short = run(weather, make_up_kg_s=0.7 * drawn)
    settled = short.series.t_s >= 300.0

    assert short.series.mean["water_kg_s"][settled].max() <= 0.7 * drawn * 1.01


def rules(**campus):
    return Rules(
        inputs=Campus(**campus), clock_mhz=np.array([600.0]),
        clock_power=np.array([0.5]), planned_w=np.full(3, 100.0), tick_s=1.0,
        period_ticks=60, cap_ticks=40,
    )  # fmt: skip


def totals(wish_w):
    flat = np.full(3, 90.0)
    return Totals(
        tick=60, demand_w=270.0, drawn_w=270.0, hall_w=flat, it_w=flat,
        saved_w=0 * flat, swing_w=np.zeros((3, 2)), wish_w=np.array(wish_w),
        removed_w=flat, water_kg_s=0 * flat,
    )  # fmt: skip


def test_a_hall_keeps_its_part_and_others_borrow_what_is_left():
    """300 W for three halls: 60 + 100 are kept, 140 of the wanted 200 are lent."""
    given = rules(cooling_capacity_w=300.0)
    found = decide(given, first_decision(given), totals([60.0, 100.0, 200.0]))

    np.testing.assert_allclose(found.heat_w, [60.0, 100.0, 140.0], atol=0.31)
    assert found.heat_w.sum() <= 300.0


def test_shares_that_fit_stay():
    given = rules(cooling_capacity_w=300.0)
    before = first_decision(given)

    assert decide(given, before, totals([90.0, 100.0, 80.0])).heat_w is before.heat_w
