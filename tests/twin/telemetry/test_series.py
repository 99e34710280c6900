"""Samples of many series put together into readings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.telemetry.names import Ignored, place
from twin.telemetry.series import gather

T = 1_763_733_600_000_000


def dcgm(name, uuid="GPU-a", host="n1", **labels):
    return place(f"DCGM_FI_{name}", {"UUID": uuid, "Hostname": host, **labels})


def put_together(*samples):
    """Samples as (place, time, value)."""
    places = [p for p, _, _ in samples]
    return gather(
        places, np.arange(len(places)), np.array([t for _, t, _ in samples], np.int64),
        np.array([v for _, _, v in samples], np.float64),
    )  # fmt: skip


def test_fields_of_a_device_at_one_instant_are_one_reading():
    found = put_together(
        (dcgm("DEV_POWER_USAGE"), T, 412.0), (dcgm("DEV_GPU_TEMP"), T, 61.0),
        (dcgm("DEV_POWER_USAGE"), T + 1_000_000, 430.0),
    )  # fmt: skip

    readings = found.readings["n1"]
    assert_allclose(readings.time_us, [T, T + 1_000_000])
    assert_allclose(readings.columns["power_average_w"], [412.0, 430.0])
    assert_allclose(readings.columns["gpu_c"], [61.0, np.nan])


def test_hosts_are_kept_apart_though_their_devices_have_one_name():
    found = put_together(
        (place("ipmi_dcmi_power_consumption_watts", {"instance": "n1"}), T, 5000.0),
        (place("ipmi_dcmi_power_consumption_watts", {"instance": "n2"}), T, 6000.0),
    )

    power_w = {s: r.columns["power_w"].tolist() for s, r in found.readings.items()}
    assert power_w == {"n1": [5000.0], "n2": [6000.0]}
    assert all(len(r.devices) == 1 for r in found.readings.values())


def test_power_repeated_on_mig_rows_is_counted_once():
    """Four instances and their GPU tell 300 W each: the board draws 300 W."""
    rows = [dcgm("DEV_POWER_USAGE", GPU_I_ID=str(i)) for i in range(4)]
    own = dcgm("DEV_POWER_USAGE")

    found = put_together(*((p, T, 300.0) for p in rows), (own, T, 301.0))

    readings = found.readings["n1"]
    assert [d.kind for d in readings.devices] == ["gpu"]
    assert_allclose(readings.columns["power_average_w"], [301.0])  # its own row counts


def test_mig_rows_alone_still_tell_the_power_of_their_gpu():
    rows = [dcgm("DEV_POWER_USAGE", GPU_I_ID=str(i)) for i in range(4)]

    found = put_together(*((p, T, 300.0) for p in rows))

    assert_allclose(found.readings["n1"].columns["power_average_w"], [300.0])


def test_of_two_names_for_one_field_the_first_of_the_table_counts():
    found = put_together(
        (dcgm("PROF_GR_ENGINE_ACTIVE"), T, 0.5), (dcgm("DEV_GPU_UTIL"), T, 91.0)
    )

    assert_allclose(found.readings["n1"].columns["utilisation_frac"], [0.91])


def test_stale_markers_and_blanks_of_dcgm_are_missing():
    stale = np.frombuffer(np.uint64(0x7FF0000000000002).tobytes(), "<f8")[0]
    found = put_together(
        (dcgm("DEV_POWER_USAGE"), T, stale),
        (dcgm("DEV_MEMORY_TEMP"), T, 9223372036854775794.0),  # as its README shows it
        (dcgm("DEV_POWER_USAGE_INSTANT"), T, 140737488355328.0),
        (dcgm("DEV_SM_CLOCK"), T, 2147483632.0),
        (dcgm("DEV_GPU_TEMP"), T, 60.0),
    )

    assert found.missing == 4
    assert set(found.readings["n1"].columns) == {"gpu_c"}


def test_an_energy_counter_may_pass_through_the_small_blanks():
    energy = dcgm("DEV_TOTAL_ENERGY_CONSUMPTION")

    found = put_together((energy, T, 2147483632.0))

    assert_allclose(found.readings["n1"].columns["energy_j"], [2147483.632])


def test_ignored_samples_are_counted_by_name():
    other = Ignored(name="up", reason="unknown name")

    found = gather(
        [other, dcgm("DEV_GPU_TEMP")], np.array([0, 1, 0]), np.full(3, T), np.ones(3)
    )

    assert found.ignored == {other: 2}
    assert found.samples == {"n1": 1}


def test_nothing_comes_to_nothing():
    none = np.zeros(0, np.int64)

    found = gather([], none, none, np.zeros(0))

    assert (found.readings, found.ignored, found.missing) == ({}, {}, 0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2), st.integers(0, 2), st.integers(0, 1), st.integers(0, 4),
            st.floats(0, 1000),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_every_sample_is_found_again_at_its_device_field_and_time(samples):
    """Compared with a plain dictionary: the first of equals counts."""
    names = ("DEV_POWER_USAGE", "DEV_GPU_TEMP")
    expected = {}
    rows = []
    for host, gpu, name, second, value in samples:
        at = T + second * 1_000_000
        rows.append((dcgm(names[name], f"GPU-{gpu}", f"n{host}"), at, value))
        field = ("power_average_w", "gpu_c")[name]
        expected.setdefault((f"n{host}", f"GPU-{gpu}", at, field), value)

    found = put_together(*rows)

    got = {}
    for source, readings in found.readings.items():
        for field, values in readings.columns.items():
            for device, at, value in zip(
                readings.device, readings.time_us, values, strict=True
            ):
                if not np.isnan(value):
                    got[source, readings.devices[device].key, int(at), field] = value
    assert got == pytest.approx(expected)
