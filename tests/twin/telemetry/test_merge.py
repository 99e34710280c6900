"""Readings put together are the same whatever order and however often they came."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from twin.telemetry.merge import merge
from twin.telemetry.readings import Device, Readings

NAN = float("nan")


def readings(rows, devices=("a", "b")):
    """Rows of (device, time, power)."""
    device, time_us, power_w = zip(*rows, strict=True) if rows else ((), (), ())
    return Readings(
        devices=tuple(Device(key=k) for k in devices),
        device=np.array(device, np.int64), time_us=np.array(time_us, np.int64),
        columns={"power_w": np.array(power_w, float)},
    )  # fmt: skip


def test_readings_come_out_by_device_and_time():
    merged = merge([readings([(1, 5, 3.0), (0, 9, 2.0)]), readings([(0, 1, 1.0)])])

    assert_array_equal(merged.device, [0, 0, 1])
    assert_array_equal(merged.time_us, [1, 9, 5])
    assert_array_equal(merged.columns["power_w"], [1.0, 2.0, 3.0])


def test_the_first_to_come_counts_and_later_ones_fill_what_it_left_open():
    first = readings([(0, 1, 100.0), (0, 2, NAN)])
    again = readings([(0, 1, 999.0), (0, 2, 200.0)])

    merged = merge([first, again])

    assert_array_equal(merged.columns["power_w"], [100.0, 200.0])


def test_devices_are_told_apart_by_key_not_by_place():
    one = readings([(0, 1, 1.0)], devices=("a",))
    other = readings([(0, 1, 2.0), (1, 1, 3.0)], devices=("b", "a"))

    merged = merge([one, other])

    assert [d.key for d in merged.devices] == ["a", "b"]
    assert_array_equal(merged.columns["power_w"], [1.0, 2.0])


def test_columns_that_only_one_part_has_are_missing_in_the_other():
    bare = readings([(0, 1, 1.0)])
    warm = Readings(
        devices=bare.devices, device=np.array([0]), time_us=np.array([2]),
        columns={"gpu_c": np.array([60.0])},
    )  # fmt: skip

    merged = merge([bare, warm])

    assert_array_equal(merged.columns["power_w"], [1.0, NAN])
    assert_array_equal(merged.columns["gpu_c"], [NAN, 60.0])


def test_nothing_merges_to_nothing():
    assert len(merge([])) == 0


ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), max_size=40)


@given(ROWS, st.randoms(use_true_random=False))
def test_repeats_and_order_change_nothing(places, random):
    rows = [(d, t, 100.0 * d + t) for d, t in places]  # a reading is one fact
    parts = [readings([row]) for row in rows]
    shuffled = parts + parts[: len(parts) // 2]
    random.shuffle(shuffled)

    straight, mixed = merge([readings([]), *parts]), merge([readings([]), *shuffled])

    assert_array_equal(straight.time_us, mixed.time_us)
    assert_array_equal(straight.columns["power_w"], mixed.columns["power_w"])
    assert len(straight) == len(set(places))
