"""Weather files: three layouts read alike, and every fault named."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from store.csv_files import ImportProblem
from store.weather import read_weather

HEADER = "month,day,hour_ending,dry_bulb_c,dew_point_c,rh_percent,pressure_pa,wind_m_s"
ROW = "1,1,1,20.0,10.0,52.5,98000.0,3.0"


def write(tmp_path, lines, name="place.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_plain_year_keeps_its_numbers(tmp_path):
    air = read_weather(write(tmp_path, [HEADER, *[ROW] * 8760]))

    assert air.name == "place"
    assert air.hours == 8760
    assert air.dry_bulb_c[0] == 20.0
    assert air.pressure_pa[-1] == 98_000.0
    assert air.wind_m_s[5] == 3.0
    # dew point 10 C over dry bulb 20 C: 12.28 / 23.39 hPa
    assert air.rh_frac[0] == pytest.approx(0.525, abs=0.002)
    assert 10.0 < air.wet_bulb_c[0] < 20.0


def test_the_grid_layout_gives_pressure_by_altitude_and_wind_in_si(tmp_path):
    lines = ["time_utc,temp_c,rh_percent,wind_kmh,price_usd_per_mwh"]
    lines += ["2024-01-01 00:00:00,5.0,80,36.0,"] * 8784
    path = tmp_path / "grid.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    air = read_weather(path, altitude_m=1500.0)

    assert air.hours == 8784
    assert air.wind_m_s[0] == pytest.approx(10.0)
    assert air.pressure_pa[0] == pytest.approx(84_556.0, rel=1e-3)
    assert air.rh_frac[0] == pytest.approx(0.8, rel=1e-3)


def epw(tmp_path, dry_c="12.5"):
    head = ["LOCATION,Somewhere,XX,ZZZ,TMY3,0,45.0,8.0,1.0,200.0"]
    head += [f"LINE {i}" for i in range(7)]
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    tail = ",".join(["0"] * 10 + ["180", "4.0"] + ["0"] * 13)
    rows = [
        f"2001,{month},{day},{hour},60,A,{dry_c},8.0,74,99000,{tail}"
        for month, length in enumerate(days, 1)
        for day in range(1, length + 1)
        for hour in range(1, 25)
    ]
    return write(tmp_path, [*head, *rows], "somewhere.epw")


def test_an_epw_file_is_read_by_its_own_columns(tmp_path):
    air = read_weather(epw(tmp_path))

    assert air.hours == 8760
    assert np.all(air.dry_bulb_c == 12.5)
    assert np.all(air.pressure_pa == 99_000.0)
    assert np.all(air.wind_m_s == 4.0)
    assert air.rh_frac[0] == pytest.approx(0.74, abs=0.005)


def test_the_missing_mark_of_epw_is_refused_with_its_line(tmp_path):
    with pytest.raises(ImportProblem, match=r"line 9, column temp_air .*99\.9"):
        read_weather(epw(tmp_path, dry_c="99.9"))


@pytest.mark.parametrize(
    ("cell", "at", "column"),
    [
        pytest.param("", 3, "dry_bulb_c", id="empty"),
        pytest.param("nan", 4, "dew_point_c", id="not a number"),
        pytest.param("-98000.0", 6, "pressure_pa", id="negative pressure"),
        pytest.param("980.0", 6, "pressure_pa", id="hectopascal"),
        pytest.param("293.15", 3, "dry_bulb_c", id="kelvin"),
        pytest.param("-1", 7, "wind_m_s", id="negative wind"),
    ],
)
def test_a_bad_cell_is_named_by_line_column_and_value(tmp_path, cell, at, column):
    bad = ROW.split(",")
    bad[at] = cell
    lines = [HEADER, *[ROW] * 99, ",".join(bad), *[ROW] * 8660]

    with pytest.raises(ImportProblem, match=f"line 101, column {column}") as refused:
        read_weather(write(tmp_path, lines))
    assert refused.value.value == cell
    assert refused.value.repair


def test_a_missing_column_says_what_it_may_be_called(tmp_path):
    lines = ["dry_bulb,rh_percent", *["20.0,50"] * 8760]
    with pytest.raises(ImportProblem, match="name it dry_bulb_c or temp_c"):
        read_weather(write(tmp_path, lines))
    lines = ["dry_bulb_c,pressure_pa", *["20.0,98000"] * 8760]
    with pytest.raises(ImportProblem, match=r"relative humidity.*name it rh_percent"):
        read_weather(write(tmp_path, lines))


def test_half_a_year_is_refused_with_its_count(tmp_path):
    with pytest.raises(ImportProblem, match=r"8,760 hourly lines.*got 4380"):
        read_weather(write(tmp_path, [HEADER, *[ROW] * 4380]))


def test_files_that_are_not_there_or_not_weather_are_refused(tmp_path):
    for name in ("none.csv", "none.epw"):
        with pytest.raises(ImportProblem, match="must be a file that can be read"):
            read_weather(tmp_path / name)
    with pytest.raises(ImportProblem, match="must be an EPW file"):
        read_weather(write(tmp_path, ["not", "weather"], "bad.epw"))


@pytest.mark.data
@pytest.mark.parametrize(
    ("place", "mean_c", "most_c"),
    [
        pytest.param("tucson_az", 21.7, 42.0, id="Tucson"),
        pytest.param("pittsburgh_pa", 11.2, 32.7, id="Pittsburgh"),
        pytest.param("port_angeles_wa", 9.3, 30.0, id="Port Angeles"),
    ],
)
def test_typical_years_match_their_published_summary(data_dir, place, mean_c, most_c):
    air = read_weather(data_dir / "weather_tmy3" / f"tmy3_{place}.csv.gz")

    assert air.dry_bulb_c.mean() == pytest.approx(mean_c, abs=0.06)
    assert air.dry_bulb_c.max() == most_c
    assert np.all(air.wet_bulb_c <= air.dry_bulb_c)


@pytest.mark.data
@pytest.mark.parametrize("region", ["US-CAL-CISO", "US-MIDA-PJM", "US-TEX-ERCO"])
def test_hourly_grid_files_are_read(data_dir, region):
    air = read_weather(data_dir / "grid_weather_hourly" / f"{region}_2022.csv.gz")
    assert air.hours == 8760
    assert air.pressure_pa[0] == pytest.approx(101_325.0)
