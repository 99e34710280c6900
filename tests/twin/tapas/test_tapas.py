"""Levers never do harm, requests are never lost on the way, shares never exceed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.catalogue import find_server
from twin.catalogue.cooling import server_thermal
from twin.tapas.fleet import IAAS, SAAS, make_demand, make_grounds
from twin.tapas.ladder import ladder
from twin.tapas.simulate import Emergency, Levers, _Week, run_week
from twin.tapas.steering import lent_w, predict_w, reserve_w, shed

KEY = "dgx-a100"
ALL = Levers(place=True, route=True, configure=True)


def hall(added_frac=0.0, days=1, rows=6, **more):
    """A small hall and a day of demand."""
    grounds = make_grounds(
        find_server(KEY),
        server_thermal(find_server(KEY)),
        rows=rows,
        added_frac=added_frac,
        **more,
    )
    return grounds, make_demand(grounds.servers, days=days)


@pytest.fixture(scope="module")
def crowded():
    """A day at 40 % more servers, without levers and with all."""
    grounds, demand = hall(0.4)
    return run_week(grounds, demand, Levers()), run_week(grounds, demand, ALL)


def test_the_levers_take_throttling_away_and_keep_the_users_limit(crowded):
    before, after = crowded

    assert before.throttle_min > 1000
    assert after.throttle_min < 0.05 * before.throttle_min
    assert after.peak_row_w < before.peak_row_w
    assert after.saas_p99 < 8.2
    assert after.iaas_lost_frac <= before.iaas_lost_frac


def test_the_same_demand_gives_the_same_outcome():
    assert run_week(*hall(), ALL) == run_week(*hall(), ALL)


def test_half_the_machines_serve_and_the_hall_is_nearly_full():
    grounds, demand = hall(rows=24)
    first = demand.start == 0

    assert first.sum() == round(0.95 * grounds.servers)
    assert (demand.kind[first] == SAAS).mean() == pytest.approx(0.5, abs=0.1)


def test_nobody_is_placed_twice_and_those_who_leave_make_room():
    grounds, demand = hall(days=2)
    week = _Week(grounds, demand, ALL)
    for minute in range(0, 2880, 60):
        week.let_go(minute)
        week.take_in(minute)
        placed = week.machine[week.machine >= 0]
        assert np.unique(placed).size == placed.size
        assert (demand.end[placed] > minute).all()
        assert_allclose(week.row_used.sum(), placed.size)


@pytest.mark.parametrize("levers", [Levers(), Levers(route=True), ALL])
def test_every_request_is_served_or_counted_as_lost(levers):
    grounds, demand = hall()
    week = _Week(grounds, demand, levers)
    week.take_in(0)
    for minute in (0, 300, 900):
        load, lost, kind = week.loads(minute)
        assert_allclose(
            load[kind == SAAS].sum() + lost.sum(), demand.requests[:, minute].sum()
        )
        assert (load <= 1.0 + 1e-9).all()


def test_opaque_machines_go_to_cooler_places_than_endpoints():
    grounds, demand = hall()
    week = _Week(grounds, demand, Levers(place=True))
    week.take_in(0)
    warm = grounds.position_k + grounds.gpu_offset_k
    kind = np.where(week.machine >= 0, demand.kind[np.maximum(week.machine, 0)], -1)

    assert warm[kind == IAAS].mean() < warm[kind == SAAS].mean()


def test_an_emergency_spares_the_opaque_machines():
    grounds, demand = hall()
    cut = Emergency(start=900, minutes=5, power_frac=0.6)
    plain = run_week(grounds, demand, Levers(), emergency=cut).lost_in_emergency
    steered = run_week(grounds, demand, ALL, emergency=cut).lost_in_emergency

    assert plain[0] > 0.0
    assert steered[0] < 0.2 * plain[0]
    assert steered[2] > plain[2] == 0.0  # paid with quality


def test_less_air_makes_hotter_chips():
    grounds, demand = hall(0.4)
    whole = Emergency(start=0, minutes=1440, air_frac=0.6)
    usual = run_week(grounds, demand, Levers())
    short = run_week(grounds, demand, Levers(), emergency=whole)

    assert short.hottest_c > usual.hottest_c + 1.0


def test_chips_are_slowed_at_their_limit():
    grounds, demand = hall(0.4)
    cooler = replace(grounds, gpu_limit_c=55.0)

    assert run_week(cooler, demand, Levers()).thermal_throttle_min > 0


def test_the_ladder_saves_power_at_every_step_and_quality_goes_last():
    steps = ladder()
    per_request = [s.power / s.throughput for s in steps]

    assert per_request == sorted(per_request, reverse=True)
    assert [s.quality for s in steps] == sorted(
        (s.quality for s in steps), reverse=True
    )
    assert steps[0].power == steps[0].throughput == 1.0


# --- steering ---------------------------------------------------------------------

WATTS = st.floats(0, 1e6)


@given(st.lists(st.tuples(WATTS, WATTS, WATTS), min_size=1, max_size=8), WATTS)
def test_reservations_never_exceed_parent_breaker_or_want(domains, parent_w):
    wanted, floor, breaker = (np.array(x) for x in zip(*domains, strict=True))
    reserved = reserve_w(wanted, floor, breaker, parent_w)

    assert (reserved >= 0).all()
    assert reserved.sum() <= parent_w * (1 + 1e-9) + 1e-6
    assert (reserved <= np.minimum(wanted, breaker) + 1e-6).all()


@given(st.lists(st.tuples(WATTS, WATTS), min_size=1, max_size=8), WATTS, WATTS)
def test_more_parent_never_means_less_for_anybody(domains, one_w, other_w):
    wanted, floor = (np.array(x) for x in zip(*domains, strict=True))
    low, high = sorted((one_w, other_w))
    free = np.full(wanted.size, np.inf)

    less = reserve_w(wanted, floor, free, low)
    more = reserve_w(wanted, floor, free, high)
    assert (more >= less - 1e-6).all()


def test_what_one_lends_another_borrows():
    # 300 kW parent; A wants 60 of its 100, C wants 150: B is untouched
    reserved = reserve_w(
        np.array([60e3, 90e3, 150e3]), np.array([30e3, 50e3, 80e3]),
        np.array([200e3] * 3), 300e3,
    )  # fmt: skip

    assert_allclose(reserved, [60e3, 90e3, 150e3])
    assert_allclose(lent_w(reserved, np.full(3, 100e3)), [40e3, 10e3, -50e3])


def test_where_wants_exceed_the_parent_the_part_above_the_floors_is_cut_alike():
    # floors 160, wants 300, parent 230: half of what lies above each floor
    reserved = reserve_w(
        np.array([60.0, 90.0, 150.0]), np.array([30.0, 50.0, 80.0]),
        np.array([200.0] * 3), 230.0,
    )  # fmt: skip

    assert_allclose(reserved, [45.0, 70.0, 115.0])


def test_prediction_is_a_high_quantile_of_what_was_drawn():
    history = np.tile(np.arange(101.0), (2, 1))

    assert_allclose(predict_w(history), [95.0, 95.0])


def test_the_lowest_priority_is_shed_first_and_nobody_without_need():
    load = np.array([10.0, 20.0, 30.0, 40.0])
    priority = np.array([2, 0, 1, 0])

    assert not shed(load, priority, 100.0).any()
    assert shed(load, priority, 65.0).tolist() == [False, False, False, True]
    assert shed(load, priority, 35.0).tolist() == [False, True, True, True]
