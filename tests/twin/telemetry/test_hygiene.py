"""What is left out of readings, and how it is said."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from twin.telemetry.hygiene import AHEAD_US, clean
from twin.telemetry.readings import Device, Readings

NOW_US = 10**15
OLDEST_US = NOW_US - 10**12


def of(time_us, kind="gpu", **columns):
    return Readings(
        devices=(Device(key="a", kind=kind),), device=np.zeros(len(time_us), np.int64),
        time_us=np.array(time_us, np.int64),
        columns={n: np.array(v, float) for n, v in columns.items()},
    )  # fmt: skip


def cleaned(readings):
    return clean(readings, now_us=NOW_US, oldest_us=OLDEST_US)


def test_good_readings_pass_untouched():
    readings = of([NOW_US, NOW_US + AHEAD_US], power_w=[400, 410])

    kept, left = cleaned(readings)

    assert left == ()
    assert_array_equal(kept.columns["power_w"], [400, 410])


def test_a_reading_ahead_of_the_clock_is_left_out_and_counted():
    kept, left = cleaned(of([NOW_US, NOW_US + AHEAD_US + 1], power_w=[400, 410]))

    assert len(kept) == 1
    assert [(r.reason, r.count) for r in left] == [("future", 1)]
    assert "NTP" in left[0].repair


def test_a_reading_older_than_raw_is_kept_comes_too_late():
    kept, left = cleaned(of([OLDEST_US - 1, OLDEST_US], power_w=[400, 410]))

    assert_array_equal(kept.columns["power_w"], [410])
    assert [(r.reason, r.count) for r in left] == [("late", 1)]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        pytest.param("gpu", "power_w", 412_100.0, id="milliwatts of a GPU"),
        pytest.param("host", "power_w", 5.2e6, id="milliwatts of a host"),
        pytest.param("gpu", "power_w", -5.0, id="negative power"),
        pytest.param("gpu", "utilisation_frac", 97.0, id="per cent"),
        pytest.param("gpu", "gpu_c", 350.0, id="kelvin"),
        pytest.param("gpu", "sm_clock_hz", 1.9e15, id="millihertz"),
    ],
)
def test_a_value_of_a_wrong_unit_is_missing_and_its_reading_stays(kind, field, value):
    readings = of(
        [NOW_US, NOW_US], kind=kind, **{field: [value, 0.5], "fan_frac": [0.3, 0.3]}
    )

    kept, left = cleaned(readings)

    assert_array_equal(kept.columns[field], [np.nan, 0.5])
    assert_array_equal(kept.columns["fan_frac"], [0.3, 0.3])
    assert [(r.reason, r.field, r.count) for r in left] == [("unit", field, 1)]


def test_missing_values_are_no_offence():
    kept, left = cleaned(of([NOW_US], power_w=[np.nan]))

    assert left == ()
    assert len(kept) == 1
