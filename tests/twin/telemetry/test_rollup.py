"""Bins say what flowed: by hand, by conservation, and for sums over devices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.telemetry.merge import merge
from twin.telemetry.readings import Device, Readings
from twin.telemetry.rollup import coarsen, joined, roll_up, sum_of, total

S = 1_000_000
NAN = float("nan")


def of_one(time_s, kind="gpu", key="a", **columns):
    """Readings of one device."""
    return Readings(
        devices=(Device(key=key, kind=kind),),
        device=np.zeros(len(time_s), np.int64),
        time_us=np.round(np.array(time_s) * S).astype(np.int64),
        columns={name: np.array(v, float) for name, v in columns.items()},
    )


def seconds(readings, bins, **more):
    return roll_up(readings, start_us=0, bins=bins, bin_us=S, **more)


def test_a_ramp_rolls_up_to_its_means():
    # 100 W rising by 20 W every second, read at the start of each
    found = seconds(of_one([0, 1, 2, 3], power_w=[100, 120, 140, 160]), 3)

    assert_allclose(found.columns["power_mean_w"], [110, 130, 150])
    assert_allclose(found.columns["energy_j"], [110, 130, 150])
    assert_allclose(found.columns["covered_s"], 1.0)


def test_least_and_highest_are_of_the_readings_inside():
    found = seconds(of_one([0, 0.25, 0.5, 1.0], power_w=[100, 300, 200, 200]), 1)

    assert_allclose(found.columns["power_least_w"], [100])
    assert_allclose(found.columns["power_highest_w"], [300])
    # 0.25 s at a mean of 200, 0.25 s of 250, 0.5 s of 200
    assert_allclose(found.columns["power_mean_w"], [212.5])


def test_the_counter_says_what_flowed_between_readings():
    # a 1 kW spike between two readings of 100 W: only the counter saw it
    found = seconds(
        of_one([0, 1, 2], power_w=[100, 100, 100], energy_j=[0, 150, 250]), 2
    )

    assert_allclose(found.columns["energy_j"], [150, 100])
    assert_allclose(found.columns["power_mean_w"], [150, 100])


def test_a_gap_is_not_covered_but_the_counter_bridges_its_energy():
    readings = of_one(
        [0, 1, 101, 102], power_w=[100.0] * 4, energy_j=[0, 100, 9000, 9100]
    )

    minutes = coarsen(seconds(readings, 102, whole=True), 600 * S)
    shown = seconds(readings, 102)

    assert_allclose(minutes.columns["covered_s"], [2.0])
    assert_allclose(minutes.columns["power_mean_w"], [100.0])
    # second 1 begins the gap: 8,900 J spread over its 100 s
    assert_allclose(shown.start_us, [0, 1 * S, 101 * S])
    assert_allclose(shown.columns["energy_j"], [100, 89, 100])
    assert_allclose(minutes.columns["energy_j"], [9100])


def test_without_a_counter_nothing_flows_in_a_gap():
    whole = coarsen(
        seconds(of_one([0, 1, 101, 102], power_w=[100.0] * 4), 102, whole=True), 600 * S
    )

    assert_allclose(whole.columns["energy_j"], [200.0])


def test_a_counter_that_starts_again_is_bridged_by_power():
    found = seconds(
        of_one([0, 1, 2, 3], power_w=[100.0] * 4, energy_j=[500, 600, 0, 100]), 3
    )

    assert_allclose(found.columns["energy_j"], [100, 100, 100])


@pytest.mark.parametrize(
    "counter_j",
    [
        pytest.param([7.0, 7.0, 7.0], id="frozen"),
        pytest.param([0.0, 1e5, 2e5], id="millijoules"),
    ],
)
def test_a_counter_that_disagrees_by_more_than_two_is_not_used(counter_j):
    found = seconds(of_one([0, 1, 2], power_w=[100.0] * 3, energy_j=counter_j), 2)

    assert_allclose(found.columns["energy_j"], [100, 100])


def test_the_driver_average_stands_in_for_missing_instant_power():
    found = seconds(of_one([0, 1], power_w=[NAN, NAN], power_average_w=[80, 80]), 1)

    assert_allclose(found.columns["power_mean_w"], [80])


def test_other_fields_fold_by_their_kind():
    found = seconds(
        of_one(
            [0, 0.4, 0.8], power_w=[1.0, 1, 1], gpu_c=[60, 62, NAN],
            utilisation_frac=[0.5, NAN, 1.0], throttle_reasons=[4, 8, 0],
            power_limit_w=[700, 700, 500],
        ),
        1,
    )  # fmt: skip

    assert found.columns["gpu_c"] == [62]  # the hottest
    assert found.columns["utilisation_frac"] == [0.75]  # mean of what is known
    assert found.columns["throttle_reasons"] == [12]  # whatever was raised
    assert found.columns["power_limit_w"] == [500]  # the newest


def test_a_slow_meter_covers_the_seconds_between_its_readings():
    found = seconds(of_one([0, 60, 120], power_w=[100, 160, 100]), 120, whole=True)

    assert len(found) == 120
    assert found.columns["energy_j"].sum() == pytest.approx(130 * 120)


irregular = st.lists(
    st.tuples(st.floats(0.02, 4.0), st.floats(0, 1000)), min_size=2, max_size=60
)


@given(irregular)
def test_energy_is_the_same_at_every_level(steps):
    gap_s, power_w = (np.array(v) for v in zip(*steps, strict=True))
    time_s = np.cumsum(gap_s)
    readings = of_one(time_s, power_w=power_w)
    us = readings.time_us * 1e-6
    trapezoid_j = float((np.diff(us) * (power_w[1:] + power_w[:-1]) / 2).sum())

    fine = seconds(readings, 300, whole=True)
    levels = [fine, coarsen(fine, 60 * S), coarsen(coarsen(fine, 60 * S), 3600 * S)]

    for level in levels:
        assert level.columns["energy_j"].sum() == pytest.approx(
            trapezoid_j, rel=1e-9, abs=1e-6
        )
        assert level.columns["covered_s"].sum() == pytest.approx(us[-1] - us[0])
        mean_w, covered_s = level.columns["power_mean_w"], level.columns["covered_s"]
        flowed_j = np.nansum(mean_w * covered_s)
        assert flowed_j == pytest.approx(trapezoid_j, rel=1e-9, abs=1e-6)


@given(irregular, st.integers(10, 100))
def test_cutting_the_time_in_two_changes_nothing(steps, cut):
    gap_s, power_w = (np.array(v) for v in zip(*steps, strict=True))
    readings = of_one(np.cumsum(gap_s), power_w=power_w)

    whole = seconds(readings, 300, whole=True)
    left = roll_up(readings, start_us=0, bins=cut, bin_us=S, whole=True)
    right = roll_up(readings, start_us=cut * S, bins=300 - cut, bin_us=S, whole=True)

    both = joined([right, left])
    assert_allclose(both.start_us, whole.start_us)
    assert_allclose(both.columns["energy_j"], whole.columns["energy_j"], atol=1e-6)


def test_bins_coarsen_only_to_multiples():
    with pytest.raises(ValueError, match="multiple of 1000000, got 1500000"):
        coarsen(seconds(of_one([0, 1], power_w=[1, 1]), 1), 1_500_000)


# --- sums ---------------------------------------------------------------------


def host(*parts, bins=3):
    found = [seconds(p, bins, whole=True) for p in parts]
    return joined(found)


T = [0, 1, 2, 3]


def test_a_host_with_a_meter_is_its_meter():
    bins = host(
        of_one(T, power_w=[400.0] * 4, key="g"),
        of_one(T, power_w=[900.0] * 4, key="host", kind="host"),
    )

    assert_allclose(total(bins, name="h").columns["power_mean_w"], [900.0] * 3)


def test_a_host_without_a_meter_is_its_gpus_and_cpus():
    bins = host(
        of_one(T, power_w=[400.0] * 4, key="g0"),
        of_one(T, power_w=[300.0] * 4, key="g1"),
        of_one(T, power_w=[100.0] * 4, key="cpu0", kind="cpu"),
    )

    assert_allclose(total(bins, name="h").columns["power_mean_w"], [800.0] * 3)


def test_mig_instances_never_count():
    bins = host(
        of_one(T, power_w=[400.0] * 4, key="g0"),
        of_one(T, power_w=[400.0] * 4, key="m0", kind="mig"),
        of_one(T, power_w=[400.0] * 4, key="m1", kind="mig"),
    )

    assert_allclose(total(bins, name="h").columns["power_mean_w"], [400.0] * 3)


def test_the_peak_of_a_sum_is_coincident():
    one = seconds(of_one(T, power_w=[100, 500, 100, 100]), 3, whole=True)
    other = seconds(of_one(T, power_w=[500, 100, 100, 100]), 3, whole=True)

    both = sum_of([one, other], name="s", kind="sum", bin_us=S)

    assert_allclose(both.columns["power_mean_w"], [600, 400, 200])
    minute = coarsen(both, 60 * S)
    assert_allclose(minute.columns["power_highest_w"], [600])  # never 1000


def test_a_missing_part_shows_in_the_covered_time():
    one = seconds(of_one(T, power_w=[100.0] * 4), 3, whole=True)

    lonely = sum_of([one], name="s", kind="sum", bin_us=S, expected=4)

    assert_allclose(lonely.columns["covered_s"], [0.25] * 3)
    assert_allclose(lonely.columns["power_mean_w"], [100.0] * 3)


def test_rows_without_power_take_no_energy_away():
    # temperatures half a second after each power reading, as two exporters send them
    power = of_one([0, 1, 2, 3], power_w=[500.0] * 4, gpu_c=[NAN] * 4)
    warm = of_one([0.5, 1.5, 2.5], power_w=[NAN] * 3, gpu_c=[60.0] * 3)

    found = seconds(merge([power, warm]), 3)

    assert_allclose(found.columns["energy_j"], [500, 500, 500])
    assert_allclose(found.columns["covered_s"], 1.0)
    assert_allclose(found.columns["gpu_c"], 60)


def test_samples_between_readings_leave_the_counter_in_charge():
    # 1 Hz readings of power and counter, and 4 Hz samples of power alone; the counter
    # knows of 50 W that samples miss
    ticks = of_one([0, 1, 2], power_w=[400.0] * 3, energy_j=[0, 450, 900])
    samples = of_one([0.25, 0.5, 0.75, 1.25, 1.5, 1.75], power_w=[400.0] * 6)

    found = seconds(merge([ticks, samples]), 2)

    assert_allclose(found.columns["energy_j"], [450, 450])


def test_a_meter_that_begins_later_counts_from_then_on():
    bins = host(
        of_one(T, power_w=[400.0] * 4, key="g"),
        of_one([2, 3], power_w=[900.0] * 2, key="host", kind="host"),
    )

    assert_allclose(total(bins, name="h").columns["power_mean_w"], [400, 400, 900])
    assert_allclose(total(bins, name="h").columns["energy_j"], [400, 400, 900])


def test_supplies_stand_in_for_a_host_and_are_never_added_to_it():
    bins = host(
        of_one(T, power_w=[600.0] * 4, key="host", kind="host"),
        of_one(T, power_w=[310.0] * 4, key="psu0", kind="psu"),
        of_one(T, power_w=[310.0] * 4, key="psu1", kind="psu"),
    )

    assert_allclose(total(bins, name="h").columns["power_mean_w"], [600.0] * 3)


def test_an_outlet_beside_gpus_does_not_count():
    bins = host(
        of_one(T, power_w=[400.0] * 4, key="g"),
        of_one(T, power_w=[900.0] * 4, key="outlet", kind="meter"),
    )

    assert_allclose(total(bins, name="h").columns["power_mean_w"], [400.0] * 3)
