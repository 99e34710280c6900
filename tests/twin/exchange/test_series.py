"""Series: equal steps, gaps, duplicates, and a year's cost."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.errors import ScenarioError
from twin.exchange.series import Series, even, merge, on_year
from twin.exchange.year_cost import year_energy

HOUR_US = 3_600_000_000
START_US = int(dt.datetime(2025, 1, 1, tzinfo=dt.UTC).timestamp()) * 1_000_000


def hourly(values, start_us=START_US, unit="EUR/MWh"):
    return Series(
        kind="price", unit=unit, start_us=start_us, step_s=3600,
        values=np.array(values, dtype=float),
    )  # fmt: skip


def evened(hours, values):
    times = [START_US + h * HOUR_US for h in hours]
    return even(times, values, kind="price", unit="EUR/MWh")


def test_rows_out_of_order_and_missing_become_steps_and_gaps():
    found = evened([3, 0, 1], [13.0, 10.0, 11.0])

    assert_allclose(found.series.values, [10.0, 11.0, np.nan, 13.0])
    assert found.gaps == ("2025-01-01T02:00Z",)


def test_a_row_twice_counts_once_and_a_conflict_is_named():
    found = evened([0, 1, 1, 2, 2], [1.0, 2.0, 2.0, 3.0, 9.0])

    assert found.duplicates == 2
    assert found.conflicts == ("2025-01-01T02:00Z",)
    assert_allclose(found.series.values, [1.0, 2.0, 3.0])


def test_rows_off_the_steps_are_refused():
    with pytest.raises(ScenarioError, match="steps of 3600"):
        evened([0, 1, 2, 2.5], [1.0, 1.0, 1.0, 1.0])


def test_a_year_typed_wrong_does_not_fill_the_memory():
    with pytest.raises(ScenarioError, match="span at most"):
        evened([0, 1, 2, 40_000_000], [1.0, 1.0, 1.0, 1.0])


def test_a_second_import_updates_in_place_and_keeps_the_rest():
    found = merge(hourly([1.0, 2.0, 3.0]), hourly([2.5, 3.0, 4.0], START_US + HOUR_US))

    assert_allclose(found.merged.values, [1.0, 2.5, 3.0, 4.0])
    assert (found.added, found.changed, found.unchanged, found.kept) == (1, 1, 1, 1)
    assert found.shown == (("2025-01-01T01:00Z", 2.0, 2.5),)


def test_repeating_a_series_changes_nothing():
    series = hourly([1.0, np.nan, 3.0])

    found = merge(series, series)
    assert (found.added, found.changed) == (0, 0)


def test_another_unit_is_refused():
    with pytest.raises(ScenarioError, match="USD/MWh"):
        merge(hourly([1.0]), hourly([1.0], unit="USD/MWh"))


def test_a_year_keeps_its_hours_through_a_leap_year():
    start_us = int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp()) * 1_000_000
    values = np.repeat(np.arange(366.0), 24)

    found = on_year(hourly(values, start_us), 8760, 0.0)
    assert found[58 * 24] == 58.0  # 28 February
    assert found[59 * 24] == 60.0  # 1 March; the leap day is left out


def test_the_clock_ahead_of_utc_moves_the_series():
    values = np.tile(np.arange(24.0), 365)

    found = on_year(hourly(values), 8760, 1.0)
    assert found[24] == 23.0  # local midnight is 23:00 UTC


def test_too_little_of_a_year_is_refused():
    with pytest.raises(ScenarioError, match="90 %"):
        on_year(hourly(np.ones(4000)), 8760, 0.0)


def test_a_year_at_constant_load_pays_the_mean_price():
    values = np.tile(np.arange(24.0), 365)
    found = year_energy(np.full(8760, 2e6), hourly(values), None, 0.0)

    assert found.energy_mwh == pytest.approx(2 * 8760)
    assert found.cost == pytest.approx(2 * 8760 * 11.5)
    assert (found.currency, found.carbon_kg) == ("EUR", None)


def test_energy_in_cheap_hours_costs_less_than_the_mean():
    values = np.tile(np.r_[np.full(12, 10.0), np.full(12, 90.0)], 365)
    load_w = np.tile(np.r_[np.full(12, 3e6), np.full(12, 1e6)], 365)

    found = year_energy(load_w, hourly(values), None, 0.0)
    assert found.mean_price_per_mwh == pytest.approx(30.0)  # (3*10 + 1*90) / 4
