"""EPW and TMY3 as pvlib reads them, stored as one table of ours."""

from __future__ import annotations

import datetime as dt

import pytest
from numpy.testing import assert_allclose

from store.exchange.weather_files import compare_weather, read_weather_file
from twin.errors import ScenarioError

HOURS = [dt.datetime(2001, 1, 1) + dt.timedelta(hours=h) for h in range(8760)]


def epw(dry_c=lambda at: 10.0 + at.hour):
    """A year in EnergyPlus's format: eight lines of header, 35 columns."""
    head = ["LOCATION,Testville,X,ESP,T,082210,40.45,-3.55,1.0,582.0"]
    head += [f"{name},0" for name in (
        "DESIGN CONDITIONS", "TYPICAL/EXTREME PERIODS", "GROUND TEMPERATURES",
        "HOLIDAYS/DAYLIGHT SAVINGS", "COMMENTS 1", "COMMENTS 2", "DATA PERIODS",
    )]  # fmt: skip
    rows = [
        f"{at.year},{at.month},{at.day},{at.hour + 1},0,?9?9,{dry_c(at)},5.0,60,94000,"
        + ",".join(["0"] * 10) + ",180,3.5," + ",".join(["0"] * 13)
        for at in HOURS
    ]  # fmt: skip
    return "\n".join(head + rows).encode()


def tmy3():
    """A year in TMY3's format: station, header, 24:00 for midnight."""
    head = '723860,"TESTVILLE",NV,-8.0,36.083,-115.150,648'
    columns = (
        "Date (MM/DD/YYYY),Time (HH:MM),Dry-bulb (C),Dew-point (C),RHum (%),"
        "Pressure (mbar),Wspd (m/s)"
    )
    rows = [
        f"{at:%m/%d/%Y},{at.hour + 1:02d}:00,{20 + at.hour % 3},4.0,35,940,2.1"
        for at in HOURS
    ]
    return "\n".join([head, columns, *rows]).encode()


def test_an_epw_file_keeps_its_hours_and_place():
    found = read_weather_file("epw", epw(), "testville")

    assert found.weather.hours == 8760
    assert_allclose(found.weather.dry_bulb_c[:3], [10.0, 11.0, 12.0])
    assert found.weather.pressure_pa[0] == 94_000.0
    assert_allclose(found.weather.wind_m_s[0], 3.5)
    assert found.place["city"] == "Testville"


def test_a_tmy3_file_has_its_millibars_in_pascal():
    found = read_weather_file("tmy3", tmy3(), "testville")

    assert found.weather.pressure_pa[0] == 94_000.0
    assert_allclose(found.weather.dry_bulb_c[:3], [20.0, 21.0, 22.0])


def test_hours_that_changed_are_counted():
    old = read_weather_file("epw", epw(), "x").weather
    new = read_weather_file(
        "epw", epw(lambda at: 10.0 + at.hour + (at.month == 7)), "x"
    ).weather

    found = compare_weather(old, new)
    assert (found.added, found.changed, found.unchanged) == (0, 31 * 24, 334 * 24)
    assert found.shown[0] == ("hour 4344", 10.0, 11.0)


def test_the_same_file_again_changes_nothing():
    weather = read_weather_file("tmy3", tmy3(), "x").weather

    assert compare_weather(weather, weather).changed == 0


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("epw", b"LOCATION\n1,2,3", id="short"),
        pytest.param("tmy3", b"a,b\nc,d\n", id="not TMY3"),
        pytest.param("epw", epw()[:200_000], id="half a year"),
        pytest.param("weather-csv", b"x,y\n1,2\n", id="no columns"),
    ],
)
def test_what_is_no_year_of_weather_is_refused(kind, content):
    with pytest.raises(ScenarioError):
        read_weather_file(kind, content, "x")
