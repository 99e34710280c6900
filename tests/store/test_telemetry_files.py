"""CSV and Parquet files of readings: recognised, converted, and whole or nothing."""

from __future__ import annotations

import datetime as dt
import gzip
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from store import telemetry_files
from store.telemetry_columns import recognise
from store.telemetry_files import TelemetryFile
from store.telemetry_rows import FileSource
from store.telemetry_times import Clock
from twin.errors import ScenarioError, ScenarioErrors
from twin.telemetry.merge import merge

T_US = 1_763_733_600_000_000  # 2025-11-21 14:00:00 UTC
SMI = """timestamp, index, uuid, name, power.draw [W], power.draw.instant [W], \
utilization.gpu [%], clocks.current.sm [MHz], temperature.gpu, pstate, \
clocks_event_reasons.active
2025/11/21 15:00:00.000, 0, GPU-a, NVIDIA H100 80GB HBM3, 412.10 W, 431.70 W, 91 %, \
1980 MHz, 61, P0, 0x0000000000000004
2025/11/21 15:00:00.500, 1, GPU-b, NVIDIA H100 80GB HBM3, [N/A], 120.00 W, 0 %, \
345 MHz, 33, P8, 0x0000000000000001
"""


@pytest.fixture
def opened(tmp_path):
    def make(content, name="file.csv", **about):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return TelemetryFile(path, FileSource(**about))

    return make


def all_of(file):
    return merge(list(file.readings()))


def errors_of(file):
    with pytest.raises(ScenarioErrors) as wrong:
        file.look()
    return [(e.field, e.value) for e in wrong.value.errors]


def test_what_nvidia_smi_writes_is_read_with_its_units(opened):
    file = opened(SMI, zone=ZoneInfo("Europe/Oslo"))  # UTC+1 in November

    looked = file.look()
    readings = all_of(file)

    assert (looked.rows, looked.devices) == (2, ("GPU-a", "GPU-b"))
    assert looked.ignored == ("pstate",)
    assert_allclose(readings.time_us, [T_US, T_US + 500_000])
    assert [(d.index, d.model) for d in readings.devices] == [
        (0, "NVIDIA H100 80GB HBM3"), (1, "NVIDIA H100 80GB HBM3"),
    ]  # fmt: skip
    column = readings.columns
    assert_allclose(column["power_w"], [431.7, 120.0])
    assert_allclose(column["power_average_w"], [412.1, np.nan])
    assert_allclose(column["utilisation_frac"], [0.91, 0.0])
    assert_allclose(column["sm_clock_hz"], [1.98e9, 3.45e8])
    assert_allclose(column["throttle_reasons"], [4, 1])


def test_times_without_a_zone_need_one(opened):
    with pytest.raises(ScenarioError, match="time_zone is required"):
        opened(SMI).look()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2025-11-21T14:00:00Z", "zone they name"),
        ("2025-11-21 15:00:00.000+01:00", "zone they name"),
        ("2025-11-21T08:30:00-0530", "zone they name"),
        ("1763733600", "seconds since 1970"),
        ("1763733600.0", "seconds since 1970"),
        ("1763733600000", "milliseconds since 1970"),
        ("1763733600000000", "microseconds since 1970"),
        ("1763733600000000000", "nanoseconds since 1970"),
    ],
)
def test_times_are_understood_and_the_answer_says_how(opened, cell, said):
    file = opened(f"timestamp,power_w\n{cell},400\n", device="GPU-a")

    looked = file.look()

    assert said in looked.times
    assert all_of(file).time_us.tolist() == [T_US]


def test_a_recording_that_counts_from_its_start_needs_to_know_it(opened):
    text = "workload,t_s,ac_input_w\nbert,0,2844\nbert,1.5,9017\n"
    with pytest.raises(ScenarioError, match="start is required"):
        opened(text, kind="host")

    readings = all_of(opened(text, kind="host", start_us=T_US))

    assert readings.devices[0].key == "host"
    assert readings.time_us.tolist() == [T_US, T_US + 1_500_000]
    assert_allclose(readings.columns["power_w"], [2844, 9017])


def test_the_hour_a_clock_change_repeats_is_refused_by_line(opened):
    """In Oslo 02:30 came twice on 2025-10-26, and not at all on 2025-03-30."""
    text = (
        "timestamp,power_w\n2025-10-26 01:30:00,1\n2025-10-26 02:30:00,2\n"
        "2025-03-30 02:30:00,3\n2025-10-26 03:30:00,4\n"
    )

    found = errors_of(opened(text, device="a", zone=ZoneInfo("Europe/Oslo")))

    assert [field for field, _ in found] == ["line 3, timestamp", "line 4, timestamp"]


@pytest.mark.parametrize(
    ("header", "cell", "field", "value"),
    [
        ("power_w", "400", "power_w", 400),
        ("power_w [kW]", "0.4", "power_w", 400),
        ("power_w (mW)", "400000", "power_w", 400),
        ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "5000", "energy_j", 5),
        ("energy_j [kWh]", "2", "energy_j", 7.2e6),
        ("hw.power", "400", "power_w", 400),
        ("utilisation_frac", "0.5", "utilisation_frac", 0.5),
        ("fan.speed [%]", "35 %", "fan_frac", 0.35),
    ],
)
def test_columns_are_known_by_many_names_and_units(opened, header, cell, field, value):
    file = opened(f"time,uuid,{header}\n{T_US},GPU-a,{cell}\n")

    assert_allclose(all_of(file).columns[field], [value])


def test_a_unit_of_another_kind_is_refused():
    with pytest.raises(ScenarioError, match="'V'"):
        recognise(["time", "power_w [V]"])


def test_wrong_cells_are_named_by_line_and_column_and_nothing_comes(opened):
    text = (
        f"time,uuid,power_w,gpu_c\n{T_US},GPU-a,400,60\n{T_US},GPU-a,=1+1,61\n"
        f"yesterday,GPU-a,1_000,62\n{T_US},../x,400,inf\n"
    )
    file = opened(text)

    found = errors_of(file)

    assert sorted(found) == [
        ("line 3, power_w", "=1+1"), ("line 4, power_w", "1_000"),
        ("line 4, time", "yesterday"), ("line 5, gpu_c", "inf"),
        ("line 5, uuid", "../x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["=SUM(A1:A9)", "+cmd|x", "@x", "-2+3", "0x10", "1e999"]
)
def test_formulas_are_text_and_no_numbers(opened, cell):
    assert errors_of(opened(f"time,uuid,power_w\n{T_US},a,{cell}\n"))[0][1] == cell


def test_a_formula_where_text_belongs_stays_text(opened):
    file = opened(f"time,uuid,name,power_w\n{T_US},GPU-a,=1+1,400\n")

    assert all_of(file).devices[0].model == "=1+1"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "time"),
        ("power_w\n1\n", "time"),
        ("time,watts?\n1,1\n", "known"),
        (f"time,power_w\n{T_US},400\n", "device"),
        (f"time,uuid,power_w\n{T_US},GPU-a\n", "3 cells"),
        ("time,uuid,power_w\n", "rows"),
        (f'time,uuid,power_w\n{T_US},"GPU-a,400\n', "cells"),
        (b"time,uuid,power_w\n\xff\xfe,a,1\n", "UTF-8"),
        (b"\x1f\x8bnot gzip", "gzipped"),
        (b"PAR1 not parquet", "Parquet"),
        ("time,uuid,power_w\n" + "1" * 200_000, "lines"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_is_missing(opened, text, rule):
    with pytest.raises(ScenarioError, match=rule):
        opened(text).look()


def test_a_large_file_is_read_in_pieces_and_every_error_keeps_its_line(
    opened, monkeypatch
):
    monkeypatch.setattr(telemetry_files, "ROWS_AT_ONCE", 10)
    rows = [f"{T_US + i},GPU-a,{i}" for i in range(95)]
    good = opened("\n".join(["time,uuid,power_w", *rows]))
    assert [len(part) for part in good.readings()] == [10] * 9 + [5]

    rows[57] = f"{T_US},GPU-a,x"
    bad = opened("\n".join(["time,uuid,power_w", *rows]))

    assert errors_of(bad) == [("line 59, power_w", "x")]


def test_gzip_and_parquet_say_the_same_as_csv(opened, tmp_path):
    text = f"time,uuid,power.draw.instant [W]\n{T_US},GPU-a,400\n{T_US + 5},GPU-b,\n"
    expected = all_of(opened(text))
    stamps = np.array([T_US, T_US + 5]).astype("datetime64[us]")
    table = pa.table({
        "timestamp": pa.array(stamps, pa.timestamp("us", "UTC")),
        "uuid": ["GPU-a", "GPU-b"],
        "power_w": pa.array([400.0, None]),
        "note": ["ignored", "ignored"],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "file.parquet")

    packed = all_of(opened(gzip.compress(text.encode()), "file.csv.gz"))
    parquet = all_of(opened((tmp_path / "file.parquet").read_bytes(), "b.parquet"))

    for found in (packed, parquet):
        assert found.time_us.tolist() == expected.time_us.tolist()
        assert [d.key for d in found.devices] == ["GPU-a", "GPU-b"]
        assert_allclose(found.columns["power_w"], [400, np.nan])


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='01,\n"-:TZ.W[]%=\x00é', max_size=120).map(
            lambda t: b"time,uuid,power.draw [W]\n" + t.encode()
        ),
    )
)
def test_no_file_at_all_breaks_the_reader(opened, body):
    try:
        opened(body, zone=ZoneInfo("UTC")).look()
    except (ScenarioError, ScenarioErrors) as error:
        wrong = error.errors if isinstance(error, ScenarioErrors) else [error]
        told = [(e.field, e.rule, e.repair) for e in wrong]
    else:
        told = [("all", "is", "well")]
    assert all(all(entry) for entry in told)


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/New_York", "Asia/Kathmandu"])
@given(seconds=st.integers(0, 4_000_000_000))
def test_local_times_come_back_to_the_instant_they_were_made_of(zone, seconds):
    at = dt.datetime.fromtimestamp(seconds, dt.UTC).astimezone(ZoneInfo(zone))
    text = at.strftime("%Y/%m/%d %H:%M:%S.000")

    found_us, unclear = Clock("", zone=ZoneInfo(zone)).texts([text])

    changes = {(at + dt.timedelta(hours=h)).utcoffset() for h in (-2, 0, 2)}
    assert found_us[0] == seconds * 1_000_000 or (unclear[0] and len(changes) > 1)


# --- files made to hurt -------------------------------------------------------------


def parquet(path, columns, names=None, **how):
    table = pa.table(columns, names=names) if names else pa.table(columns)
    pq.write_table(table, path, **how)
    return TelemetryFile(path, FileSource())


@pytest.mark.parametrize("column", ["uuid", "model", "power_w", "timestamp"])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_long_texts_in_parquet_are_refused(tmp_path, column, use_dictionary):
    """A text of 20 kB stands in the file once, and in memory once for every row."""
    rows = {"timestamp": ["2026-01-01T00:00:00Z"] * 9, "uuid": ["GPU-a"] * 9,
            "model": ["H100"] * 9, "power_w": ["1.5"] * 9}  # fmt: skip
    rows[column] = ["m" * 20_000] * 9

    with pytest.raises(ScenarioError, match="texts of 200 letters"):
        parquet(tmp_path / "f", rows, use_dictionary=use_dictionary).look()


def test_a_row_group_with_too_much_text_is_refused_before_it_is_read(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(telemetry_files, "MOST_GROUP_TEXT", 1000)
    rows = {"timestamp": np.arange(99) + T_US, "power_w": np.ones(99),
            "uuid": [f"GPU-{i:020}" for i in range(99)]}  # fmt: skip

    with pytest.raises(ScenarioError, match="smaller row groups"):
        parquet(tmp_path / "f", rows, use_dictionary=False).look()


def test_columns_that_cannot_be_told_apart_or_hold_lists_are_refused(tmp_path):
    at, key = pa.array([T_US, T_US + 1]), pa.array(["a", "a"])
    twice = [at, key, pa.array([1.0, 2.0]), pa.array([1.0, 2.0])]
    lists = {"timestamp": at, "uuid": key, "power_w": [[1.0], [2.0]]}

    with pytest.raises(ScenarioError, match="each column once"):
        parquet(
            tmp_path / "f", twice, ["timestamp", "uuid", "power_w", "power_w"]
        ).look()
    with pytest.raises(ScenarioError, match="numbers, times or texts"):
        parquet(tmp_path / "g", lists).look()


def test_texts_with_gaps_come_out_of_a_dictionary_as_they_were(tmp_path):
    file = parquet(tmp_path / "f", {
        "timestamp": [T_US, T_US + 1, T_US + 2, T_US + 3],
        "uuid": ["b", "a", "b", "a"], "power_w": ["2.5", None, "N/A", "1e3"],
    })  # fmt: skip

    found = all_of(file)

    assert [d.key for d in found.devices] == ["b", "a"]
    by_key = [found.devices[d].key for d in found.device]
    power = dict(zip(zip(by_key, found.time_us - T_US, strict=True),
                     found.columns["power_w"], strict=True))  # fmt: skip
    assert power["b", 0] == 2.5
    assert power["a", 3] == 1000.0
    assert np.isnan(power["a", 1])
    assert np.isnan(power["b", 2])


def test_a_damaged_gzip_stream_is_said_to_be_one(opened):
    packed = bytearray(gzip.compress(b"time,uuid,power_w\n" + b"1,a,2\n" * 9999))
    packed[30:60] = b"\xff" * 30

    with pytest.raises(ScenarioError, match="must be CSV"):
        opened(bytes(packed)).look()


def test_a_number_of_many_digits_is_no_number(opened):
    """numpy would make every cell of the column as wide as this one."""
    file = opened(f"time,uuid,power_w\n{T_US},a,{'1' * 65}\n{T_US + 1},a,{'1' * 6}\n")

    assert errors_of(file) == [("line 2, power_w", "1" * 65)]


def test_a_file_of_made_up_devices_is_refused(opened, monkeypatch):
    monkeypatch.setattr(telemetry_files, "MOST_DEVICES", 3)
    rows = "".join(f"{T_US + i},GPU-{i},1\n" for i in range(4))

    with pytest.raises(ScenarioError, match="3 devices"):
        opened("time,uuid,power_w\n" + rows).look()


def test_blocks_end_after_enough_text_and_keep_every_row(opened, monkeypatch):
    monkeypatch.setattr(telemetry_files, "TEXT_AT_ONCE", 1)
    monkeypatch.setattr(telemetry_files, "ROWS_LOOKED_AT", 3)
    rows = [f"{T_US + i},a,{i}" for i in range(10)]
    rows[4] = ""  # an empty line counts as a line

    file = opened("time,uuid,power_w\n" + "\n".join(rows) + "\n")

    assert [len(block) for block in file.readings()] == [3, 2, 3, 1]
    assert all_of(file).columns["power_w"].tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]


def test_a_wrong_cell_is_named_by_its_line_in_any_block(opened, monkeypatch):
    monkeypatch.setattr(telemetry_files, "TEXT_AT_ONCE", 1)
    monkeypatch.setattr(telemetry_files, "ROWS_LOOKED_AT", 3)
    rows = [f"{T_US + i},a,{'x' if i == 7 else i}" for i in range(10)]

    file = opened("time,uuid,power_w\n" + "\n".join(rows) + "\n")

    assert errors_of(file) == [("line 9, power_w", "x")]
