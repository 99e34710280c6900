"""A hall's thermal mass: energy, the exact step, ride-through."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.cooling.room import Room, ride_through_s, room_for, room_step

ROOM = Room(air_j_per_k=2e6, mass_j_per_k=60e6, ua_w_per_k=150e3)
POWER = st.floats(0, 2e6)
STEP = st.floats(0.01, 3600)


def step(air_c, mass_c, heat_w, cooling_w, dt_s):
    return room_step(
        air_c, mass_c, heat_w, cooling_w, dt_s,
        ROOM.air_j_per_k, ROOM.mass_j_per_k, ROOM.ua_w_per_k,
    )  # fmt: skip


@given(st.floats(10, 40), st.floats(10, 40), POWER, POWER, STEP)
def test_heat_in_less_cooling_is_what_the_hall_stores(air, mass, heat, cool, dt_s):
    air_c, mass_c = step(air, mass, heat, cool, dt_s)
    stored_j = 2e6 * (air_c - air) + 60e6 * (mass_c - mass)

    assert_allclose(stored_j, (heat - cool) * dt_s, rtol=1e-9, atol=1.0)


@given(POWER, POWER, STEP, STEP)
def test_the_step_does_not_depend_on_how_time_is_cut(heat, cool, first_s, second_s):
    middle = step(24.0, 20.0, heat, cool, first_s)
    cut = step(*middle, heat, cool, second_s)

    assert_allclose(cut, step(24.0, 20.0, heat, cool, first_s + second_s), rtol=1e-9)


def test_the_step_solves_its_equations():
    """A thousand tiny Euler steps come to the same, to their own error."""
    air, mass, dt_s = 24.0, 24.0, 0.01
    for _ in range(1000):
        flow_w = ROOM.ua_w_per_k * (air - mass)
        air += dt_s * (1e6 - flow_w) / ROOM.air_j_per_k
        mass += dt_s * flow_w / ROOM.mass_j_per_k

    assert_allclose(step(24.0, 24.0, 1e6, 0.0, 10.0), (air, mass), rtol=1e-4)


def test_ride_through_matches_the_late_straight_line():
    """
    After the first seconds air runs q ÷ UA × (Cm ÷ C)² above the mean.

    62 MJ/K at 1 MW is 16.13 mK/s; the lead is 1e6 * 60/62 / 150e3 * 60/62 = 6.243 K;
    so 24 C to 40 C takes (16 - 6.243) / 0.016129 = 605 s.
    """
    found_s = ride_through_s(ROOM, heat_w=1e6, limit_c=40.0)
    lead_k = 1e6 / 150e3 * (60 / 62) ** 2

    assert found_s == pytest.approx((16.0 - lead_k) * 62.0, rel=1e-3)
    assert found_s == pytest.approx(605.0, rel=2e-3)


def test_a_tank_adds_its_cold_over_the_shortfall():
    tank = Room(air_j_per_k=2e6, mass_j_per_k=60e6, ua_w_per_k=150e3, buffer_j=3e8)
    without_s = ride_through_s(ROOM, heat_w=1e6, cooling_w=4e5)

    assert ride_through_s(tank, heat_w=1e6, cooling_w=4e5) == pytest.approx(
        without_s + 500.0
    )


def test_enough_cooling_rides_through_for_ever_and_a_hot_hall_not_at_all():
    assert ride_through_s(ROOM, heat_w=1e6, cooling_w=1e6) == math.inf
    assert ride_through_s(ROOM, heat_w=1e6, start_c=33.0) == 0.0


@given(st.floats(1e5, 2e6), st.floats(25, 45))
def test_at_the_ride_through_time_the_air_is_at_the_limit(heat_w, limit_c):
    at_s = ride_through_s(ROOM, heat_w=heat_w, limit_c=limit_c)
    assert_allclose(step(24.0, 24.0, heat_w, 0.0, at_s)[0], limit_c, atol=1e-6)


def test_halls_without_mass_are_refused():
    with pytest.raises(ValueError, match="ua_w_per_k must be above 0, got 0"):
        Room(air_j_per_k=1.0, mass_j_per_k=1.0, ua_w_per_k=0.0)
    with pytest.raises(ValueError, match="buffer_j must be 0 or more and finite"):
        Room(air_j_per_k=1.0, mass_j_per_k=1.0, ua_w_per_k=1.0, buffer_j=-1.0)
    with pytest.raises(ValueError, match="it_rated_w must be above 0, got 0"):
        room_for(0.0)
