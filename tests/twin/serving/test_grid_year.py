"""A year of prices and carbon under a study: wrapped, shifted, short gaps filled."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.errors import ScenarioError
from twin.serving.grid_year import GridYear, filled, hours_from

HOURS = 8760
START = dt.datetime(2022, 1, 1, 7, tzinfo=dt.UTC)


def year():
    """Carbon is the hour's place in the file, the price ten times that."""
    places = np.arange(HOURS, dtype=np.float64)
    return GridYear(
        name="ours", start=START, carbon_g_per_kwh=places,
        price_usd_per_mwh=10 * places, filled={"carbon": 0, "price": 0},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "first"),
    [
        pytest.param("2022-01-01T07:00:00+00:00", 0, id="its own begin"),
        pytest.param("2022-01-01T06:00:00+00:00", HOURS - 1, id="before it wraps"),
        pytest.param("2022-01-02T07:00:00+00:00", 24, id="a day later"),
        pytest.param("2026-01-02T07:00:00+00:00", 24, id="the same day of 2026"),
        pytest.param("2022-01-01T09:00:00+02:00", 0, id="another time zone"),
        pytest.param("2024-02-29T00:00:00+00:00", 58 * 24 - 17 + 10, id="29 February"),
    ],
)
def test_day_and_hour_of_the_year_say_where_to_begin(start, first):
    found = hours_from(year(), dt.datetime.fromisoformat(start), 2)

    assert_allclose(found.carbon_g_per_kwh[0], first)
    assert_allclose(found.carbon_g_per_kwh[1], (first + 1) % HOURS)
    assert_allclose(found.price_usd_per_mwh, 10 * found.carbon_g_per_kwh)


def test_an_hour_that_begins_at_a_quarter_is_the_mean_of_both_it_touches():
    found = hours_from(year(), START + dt.timedelta(minutes=15), 1)

    # three quarters of hour 0 and a quarter of hour 1
    assert_allclose(found.carbon_g_per_kwh, [0.25])


def test_more_hours_than_the_year_has_begin_it_again():
    found = hours_from(year(), START, HOURS + 3)

    assert_allclose(found.carbon_g_per_kwh[-3:], [0.0, 1.0, 2.0])


def daily():
    """Every hour has the value of its hour of the day."""
    return np.arange(HOURS, dtype=np.float64) % 24


def test_a_short_gap_is_a_straight_line():
    values = 100.0 * daily()
    values[30:32] = np.nan  # between 500 and 800

    whole, count = filled(values, what="carbon", name="ours")

    assert_allclose(whole[29:33], [500.0, 600.0, 700.0, 800.0])
    assert count == 2


def test_a_long_gap_keeps_the_shape_of_the_day():
    values = daily()
    values[100:123] = np.nan

    whole, count = filled(values, what="carbon", name="ours")

    assert_allclose(whole, daily())
    assert count == 23


def test_a_gap_over_the_years_end_is_filled_from_both_sides():
    values = np.full(HOURS, 8.0)
    values[[0, -1]] = np.nan

    whole, count = filled(values, what="carbon", name="ours")

    assert_allclose(whole, 8.0)
    assert count == 2


@pytest.mark.parametrize(
    ("hours", "says"), [(25, "25 h"), (HOURS, "8760 h")], ids=["a day", "all of it"]
)
def test_a_gap_of_more_than_a_day_is_refused_with_its_length(hours, says):
    values = daily()
    values[:hours] = np.nan

    with pytest.raises(ScenarioError, match=says):
        filled(values, what="price", name="ours")
