"""Chillers, towers, dry coolers, fans and pumps, one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.cooling.air import AirHandling, pump_power_frac, pump_w_per_w, shared_fan_w
from twin.cooling.chiller import (
    Chillers,
    capacity_ratio,
    chillers_w,
    full_load_w_per_w,
    lift_k,
    part_load_power_frac,
)
from twin.cooling.rejector import (
    DryCooler,
    Tower,
    coldest_c,
    reject,
    water_kg_s,
    water_range_k,
)
from twin.cooling.weather import weather


def air(dry_c, rh):
    return weather(
        "x", np.array([dry_c]), rh_frac=np.array([rh]), pressure_pa=101_325.0
    )


def at_wet_bulb(wet_c):
    return air(wet_c, 1.0)


# --- chillers -------------------------------------------------------------------------


def test_chiller_at_its_rating_point_matches_hand_calculation():
    """Capacity 0.9448; power 1.907846 - 1.204987 c + 0.2634623 c² = 1.0045; COP 6."""
    lift = lift_k(np.array([29.44]), 6.667)

    assert_allclose(lift, 0.0, atol=1e-12)
    assert_allclose(capacity_ratio(lift), 0.944836)
    assert_allclose(
        full_load_w_per_w(capacity_ratio(lift), 6.0), 1.004527 / 6.0, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("load", "power"),
    [
        pytest.param(0.0, 0.0, id="off"),
        pytest.param(
            0.075, 0.14215 / 2, id="half of the least load: runs half the time"
        ),
        pytest.param(0.5, 0.44608, id="half load"),
        pytest.param(1.0, 1.00003, id="full load"),
    ],
)
def test_part_load_power_matches_hand_calculation(load, power):
    assert_allclose(part_load_power_frac(np.array([load])), power, rtol=1e-4)


@given(st.floats(18, 45), st.floats(5, 25), st.floats(0.05, 1.0))
def test_no_chiller_beats_carnot(entering_c, supply_c, load):
    """Carnot between the leaving chilled and the entering condenser water."""
    power_w, capacity_w = chillers_w(
        Chillers(needed=1, spare=0), np.array([1e6 * load]), design_w=1e6,
        supply_c=supply_c, entering_c=np.array([entering_c]),
    )  # fmt: skip
    served_w = min(1e6 * load, capacity_w[0])
    carnot_w = served_w * max(entering_c - supply_c, 0.0) / (supply_c + 273.15)

    assert power_w[0] > carnot_w


def test_machines_start_one_after_another():
    """300 kW each, one more from 85 %: at 400 kW two run, each at two thirds."""
    machines = Chillers(needed=3, spare=1)
    entering = np.array([29.44])
    power_w, capacity_w = chillers_w(
        machines, np.array([4e5]), design_w=9e5, supply_c=6.667, entering_c=entering
    )
    by_hand_w = 2 * 3e5 * 1.004527 / 6.0 * (0.03303 + 0.6852 * 2 / 3 + 0.2818 * 4 / 9)

    assert_allclose(capacity_w, 1.2e6)
    assert_allclose(power_w, by_hand_w, rtol=1e-4)


def test_losing_half_of_three_machines_leaves_one():
    _power, capacity_w = chillers_w(
        Chillers(needed=3, spare=0), np.array([1e6]), design_w=9e5, supply_c=6.667,
        entering_c=np.array([29.44]), left_frac=0.5,
    )  # fmt: skip
    assert_allclose(capacity_w, 3e5)


def test_without_machines_nothing_is_cooled_and_nothing_drawn():
    power_w, capacity_w = chillers_w(
        Chillers(), np.array([1e6]), design_w=9e5, supply_c=18.0,
        entering_c=np.array([25.0]), left_frac=0.0,
    )  # fmt: skip
    assert power_w[0] == 0.0
    assert capacity_w[0] == 0.0


# --- rejectors ------------------------------------------------------------------------


def test_a_tower_meets_its_design_point_with_full_fans():
    tower, load = Tower(), np.array([1.0])
    found_c = coldest_c(tower, at_wet_bulb(25.56), load)

    assert_allclose(found_c, 25.56 + 3.9, atol=2e-3)


def test_yorkcalc_rating_point_is_near_a_liquid_gas_ratio_of_one():
    """The published tower: 7 F approach at 78 F, 10 F range and L/G of one."""
    one = Tower(approach_k=3.83)
    found = coldest_c(one, at_wet_bulb(25.56), np.array([1.0]))
    assert_allclose(found - 25.56, 3.83, atol=0.01)


@given(st.floats(-10, 26), st.floats(0.1, 1.2))
def test_tower_water_never_gets_below_wet_bulb(wet_c, load):
    outside = at_wet_bulb(wet_c)
    assert coldest_c(Tower(), outside, np.array([load]))[0] > outside.wet_bulb_c[0]


@given(st.floats(0, 26), st.floats(0.2, 1.0), st.floats(0.5, 12.0))
def test_fans_slow_down_for_warmer_water(wet_c, load, more_k):
    heat_w, outside = np.array([load * 1e6]), at_wet_bulb(wet_c)
    cold = reject(Tower(), outside, heat_w, design_w=1e6, target_c=-np.inf)
    warm_c = cold.leaving_c + more_k
    warm = reject(Tower(), outside, heat_w, design_w=1e6, target_c=warm_c)

    assert_allclose(cold.fan_w, 0.0105 * 1e6)
    assert warm.fan_w[0] < cold.fan_w[0]
    assert_allclose(warm.leaving_c, warm_c)


def test_water_range_follows_heat_until_flow_is_at_half():
    """Flow 0.5 to 1 of design: at a quarter of the heat half the range is left."""
    ranges = water_range_k(Tower(), np.array([1.0, 0.6, 0.25]))
    assert_allclose(ranges, [5.56, 5.56, 2.78])


def test_dry_cooler_fans_follow_the_cube_of_flow():
    """
    10 K approach at full heat. At half heat and 10 K the coil needs half the
    conductance: flow 0.5^(1/0.8) = 0.4204, power 0.4204³ = 0.0743.
    """
    out = reject(
        DryCooler(), air(20.0, 0.5), np.array([5e5]), design_w=1e6, target_c=30.0
    )
    assert_allclose(out.leaving_c, 30.0)
    assert_allclose(out.fan_w, 0.02 * 1e6 * 0.5 ** (3 / 0.8), rtol=1e-6)


def test_a_dry_cooler_uses_no_water_and_stays_above_dry_bulb():
    cooler, load = DryCooler(), np.array([1.0])
    assert_allclose(coldest_c(cooler, air(35.0, 0.3), load), 45.0)
    used = water_kg_s(
        cooler, air(35.0, 0.3), np.array([1e6]), design_w=1e6,
        leaving_c=np.array([45.0]),
    )  # fmt: skip
    assert used[0] == 0.0


def test_tower_water_is_evaporation_with_a_third_more_for_blowdown():
    """
    Four cycles: fresh water = evaporation × 4/3, drift inside the blowdown.

    Saturated 20 C air leaving at 30 C takes 0.297 kg/MJ (steam tables).
    """
    leaving = np.array([30.0 - 2.78])
    used = water_kg_s(
        Tower(), at_wet_bulb(20.0), np.array([1e6]), design_w=1e6, leaving_c=leaving
    )
    assert_allclose(used, 0.297 * 4 / 3, rtol=0.01)


def test_weather_beyond_yorkcalc_is_marked():
    hot, mild = at_wet_bulb(28.0), at_wet_bulb(20.0)
    heat_w = np.array([1e6])
    for outside, marked in ((hot, True), (mild, False)):
        out = reject(Tower(), outside, heat_w, design_w=1e6, target_c=-np.inf)
        assert bool(out.outside_range[0]) is marked


def test_equipment_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"approach_k must be 1.1111 to 40.* got 0.5"):
        Tower(approach_k=0.5)
    with pytest.raises(ValueError, match=r"cycles must be above 1, got 1.0"):
        Tower(cycles=1.0)
    with pytest.raises(ValueError, match=r"approach_k must be above 0, got 0.0"):
        DryCooler(approach_k=0.0)
    with pytest.raises(ValueError, match="cop must be above 0, got 0"):
        Chillers(cop=0.0)
    with pytest.raises(ValueError, match=r"needed must be 1 or more .* got 0 and 1"):
        Chillers(needed=0)
    with pytest.raises(ValueError, match="rise_k must be above 0, got 0"):
        AirHandling(rise_k=0.0)


# --- fans and pumps -------------------------------------------------------------------


def test_fan_power_at_design_is_flow_times_pressure_over_efficiency():
    # 300 Pa / (1206 J/m3K * 12 K * 0.63) = 0.0329
    assert AirHandling().fan_w_per_w == pytest.approx(0.0329, rel=1e-3)
    assert AirHandling(kind="rear-door").fan_w_per_w == 0.0


def test_a_spare_unit_that_shares_saves_power():
    """Nine share the flow of eight: (8/9)² of the power."""
    full = np.array([1.0])
    eight_w, _ = shared_fan_w(AirHandling(spare=0), full, design_w=1e6)
    nine_w, reached = shared_fan_w(AirHandling(), full, design_w=1e6)

    assert_allclose(nine_w / eight_w, (8 / 9) ** 2)
    assert_allclose(reached, 1.0)


def test_half_the_flow_takes_an_eighth_of_the_power():
    unit = AirHandling(spare=0, least_speed=0.1)
    full_w, _ = shared_fan_w(unit, np.array([1.0]), design_w=1e6)
    half_w, _ = shared_fan_w(unit, np.array([0.5]), design_w=1e6)
    assert_allclose(half_w / full_w, 1 / 8)


def test_fans_do_not_turn_slower_than_their_least_speed():
    unit = AirHandling(spare=0, least_speed=0.4)
    idle_w, _ = shared_fan_w(unit, np.array([0.0]), design_w=1e6)
    assert_allclose(idle_w, 1e6 * unit.fan_w_per_w * 0.4**3)


def test_without_its_spare_and_one_more_a_hall_gets_seven_eighths_of_its_air():
    _fan, reached = shared_fan_w(
        AirHandling(), np.array([1.0]), design_w=1e6, left_frac=7 / 9
    )
    assert_allclose(reached, 7 / 8)


def test_pump_power_is_flow_times_pressure_over_efficiency():
    # 160 kPa / (4186 * 998 * 8 K * 0.68) = 0.00704
    assert pump_w_per_w(160_000.0, 8.0) == pytest.approx(0.00704, rel=1e-3)
    assert_allclose(
        pump_power_frac(np.array([0.0, 0.2, 0.5, 1.0])), [0.0, 0.16, 0.25, 1.0]
    )
