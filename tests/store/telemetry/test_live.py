"""The last minutes in memory."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from store.telemetry.live import KEPT_S, Live, held
from tests.store.telemetry.conftest import T0, readings

T0_S = T0 // 1_000_000
NAN = np.nan
IDS = np.array([7, 9])


def test_a_second_is_the_mean_of_its_readings():
    live = Live()
    live.add(readings([0.0, 0.5, 1.0], [100, 300, 400]), np.array([7]))

    assert_array_equal(live.power_w(IDS, T0_S, 3), [[200, 400, NAN], [NAN] * 3])


def test_readings_of_one_second_in_two_batches_are_averaged():
    live = Live()
    live.add(readings([0.0], [100]), np.array([7]))
    live.add(readings([0.5], [300]), np.array([7]))

    assert_array_equal(live.power_w(IDS[:1], T0_S, 1), [[200]])


def test_old_seconds_make_room_for_new_ones():
    live = Live()
    live.add(readings([0.0], [100]), np.array([7]))
    live.add(readings([KEPT_S], [500]), np.array([7]))
    live.add(readings([0.0], [100]), np.array([7]))  # late: its slot is taken

    assert_array_equal(live.power_w(IDS[:1], T0_S, 1), [[NAN]])
    assert_array_equal(live.power_w(IDS[:1], T0_S + KEPT_S, 1), [[500]])


def test_turns_of_the_ring_in_one_batch_do_not_mix():
    live = Live()
    live.add(readings([KEPT_S, 0.0], [500, 100]), np.array([7]))

    assert_array_equal(live.power_w(IDS[:1], T0_S + KEPT_S, 1), [[500]])


def test_the_newest_value_is_remembered_not_the_last_to_come():
    live = Live()
    live.add(readings([5.0], [500], gpu_c=[70]), np.array([7]))
    live.add(readings([2.0], [200], gpu_c=[60]), np.array([7]))

    now = live.now(IDS)

    assert_array_equal(now.time_us, [T0 + 5_000_000, 0])
    assert_array_equal(now.columns["power_w"], [500, NAN])
    assert_array_equal(now.columns["gpu_c"], [70, NAN])


def test_more_devices_than_there_was_room_for():
    live = Live()
    keys = tuple(f"g{i}" for i in range(200))
    live.add(readings([0.0], np.arange(200.0)[:, None], keys=keys), np.arange(200))

    assert_allclose(live.power_w(np.arange(200), T0_S, 1)[:, 0], np.arange(200.0))


def test_short_holes_are_held_and_long_ones_are_not():
    power_w = np.array([[NAN, 5.0, NAN, NAN, NAN, 7.0]])

    assert_array_equal(held(power_w, 2), [[NAN, 5, 5, 5, NAN, 7]])


def test_a_field_that_fell_silent_is_not_what_is_now():
    live = Live()
    live.add(readings([0.0], [700]), np.array([7]))
    average = readings([3600.0], [np.nan], power_average_w=[90])
    live.add(average, np.array([7]))

    now = live.now(IDS[:1])

    assert_array_equal(now.columns["power_w"], [NAN])
    assert_array_equal(now.columns["power_average_w"], [90])
