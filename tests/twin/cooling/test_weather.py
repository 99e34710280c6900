"""Moist air and generated years."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.cooling.moist_air import evaporated_kg_per_j, standard_pressure_pa
from twin.cooling.weather import generated, month_of_hour, warmed, weather


def one(dry_c, rh, pressure_pa=101_325.0):
    return weather(
        "x", np.array([dry_c]), rh_frac=np.array([rh]), pressure_pa=pressure_pa
    )


def test_wet_bulb_of_a_chart_point():
    """30 C at half saturation: 22.0 C on the sea-level chart, 13.3 g/kg."""
    air = one(30.0, 0.5)
    assert air.wet_bulb_c[0] == pytest.approx(22.0, abs=0.1)
    assert air.humidity_ratio[0] == pytest.approx(0.0133, abs=1e-4)


@settings(max_examples=50)
@given(st.floats(-30, 50), st.floats(0.02, 1.0), st.floats(7e4, 1.05e5))
def test_wet_bulb_is_never_above_dry_bulb(dry_c, rh, pressure_pa):
    air = one(dry_c, rh, pressure_pa)
    assert air.wet_bulb_c[0] <= dry_c
    assert_allclose(air.rh_frac[0], rh, rtol=1e-3)


def test_saturated_air_has_equal_bulbs():
    assert one(18.0, 1.0).wet_bulb_c[0] == pytest.approx(18.0, abs=2e-3)


def test_dew_point_above_dry_bulb_counts_as_saturated():
    air = weather("x", np.array([10.0]), dew_point_c=np.array([10.4]), pressure_pa=1e5)
    assert air.rh_frac[0] == pytest.approx(1.0, abs=1e-3)


def test_evaporation_per_joule_is_near_the_heat_of_vaporisation():
    """
    Saturated air warmed from 20 to 30 C at sea level, from steam tables.

    14.70 to 27.33 g/kg and 57.5 to 100.0 kJ/kg: 0.01263 / 42.5e3 = 0.297 kg/MJ.
    """
    air = one(20.0, 1.0)
    found = evaporated_kg_per_j(
        air.dry_bulb_c, air.humidity_ratio, air.pressure_pa, np.array([30.0])
    )
    assert found[0] == pytest.approx(0.297e-6, rel=0.01)


def test_dry_warm_air_evaporates_more_than_its_heat():
    """Desert air gives up heat of its own, so more water goes than Q / 2.45 MJ/kg."""
    air = one(40.0, 0.1)
    found = evaporated_kg_per_j(
        air.dry_bulb_c, air.humidity_ratio, air.pressure_pa, np.array([30.0])
    )
    assert found[0] > 1.0 / 2.45e6


def test_standard_pressure_at_sea_level_and_at_1500_m():
    assert standard_pressure_pa(0.0) == pytest.approx(101_325.0)
    assert standard_pressure_pa(1500.0) == pytest.approx(84_556.0, rel=1e-3)


def test_a_generated_year_has_its_stated_means_and_swings():
    air = generated(mean_c=12.0, year_swing_k=10.0, day_swing_k=5.0)
    month = month_of_hour(air.hours)

    assert air.hours == 8760
    assert air.dry_bulb_c.mean() == pytest.approx(12.0, abs=1e-6)
    assert air.dry_bulb_c.max() == pytest.approx(27.0, abs=0.01)
    assert air.dry_bulb_c.min() == pytest.approx(-3.0, abs=0.01)
    assert air.dry_bulb_c[month == 0].mean() < air.dry_bulb_c[month == 6].mean() - 15.0
    assert air.dry_bulb_c[3:24:12][0] < air.dry_bulb_c[3:24:12][1]


def test_months_have_their_days():
    assert np.bincount(month_of_hour(8760)).tolist()[:3] == [744, 672, 744]


def test_a_heat_wave_warms_its_hours_only_and_adds_no_water():
    base = generated()
    more = np.zeros(base.hours)
    more[100:148] = 8.0
    hot = warmed(base, more, name="hot")

    assert_allclose(hot.dry_bulb_c[100:148], base.dry_bulb_c[100:148] + 8.0)
    assert_allclose(hot.dry_bulb_c[:100], base.dry_bulb_c[:100])
    assert_allclose(hot.humidity_ratio, base.humidity_ratio)
    assert np.all(hot.wet_bulb_c[100:148] > base.wet_bulb_c[100:148])


def test_weather_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="read-only"):
        generated().dry_bulb_c[0] = 0.0


def test_weather_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="pressure_pa must be positive, got -5"):
        one(20.0, 0.5, pressure_pa=-5.0)
    with pytest.raises(ValueError, match="dew_point_c or rh_frac must be given"):
        weather("x", np.array([20.0]), pressure_pa=1e5)
    with pytest.raises(ValueError, match=r"dry_bulb_c must be finite, got .*nan"):
        one(np.nan, 0.5)
