"""Price and carbon files: zones, clock changes, units and broken lines."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

from store.exchange.series_files import read_series
from twin.errors import ScenarioError

ENTSOE = "MTU (CET/CEST),Day-ahead Price (EUR/MWh)\n"


def stamped(rows, header="time_utc,price_eur_per_mwh"):
    return (header + "\n" + "\n".join(rows)).encode()


def test_the_hour_autumn_gives_twice_is_two_hours():
    rows = [
        "26.10.2025 01:00 - 26.10.2025 02:00,50", "26.10.2025 02:00 - x,40",
        "26.10.2025 02:00 - x,30", "26.10.2025 03:00 - x,45",
    ]  # fmt: skip
    found = read_series("price", (ENTSOE + "\n".join(rows)).encode())

    assert_allclose(found.evened.series.values, [50, 40, 30, 45])
    assert found.evened.duplicates == 0
    # 01:00 in Brussels is 23:00 UTC the day before
    assert found.evened.series.start_us == 1_761_433_200_000_000


def test_the_hour_spring_skips_is_an_error_of_its_line():
    rows = ["30.03.2025 01:00,1", "30.03.2025 02:00,2", "30.03.2025 03:00,3"]
    found = read_series("price", (ENTSOE + "\n".join(rows)).encode())

    assert [(e.row, e.value) for e in found.errors] == [(3, "30.03.2025 02:00")]
    assert_allclose(found.evened.series.values, [1, 3])


def test_electricity_maps_columns_are_known():
    header = (
        "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),"
        "Carbon intensity gCO₂eq/kWh (Life cycle),Data source"
    )
    rows = [f"2024-01-01 0{h}:00:00,Spain,Spain,ES,{100 + h},150,x" for h in range(3)]
    found = read_series("carbon", stamped(rows, header))

    assert found.value_column.endswith("(direct)")
    assert found.evened.series.unit == "g/kWh"
    assert_allclose(found.evened.series.values, [100, 101, 102])
    chosen = read_series(
        "carbon", stamped(rows, header),
        column="Carbon intensity gCO₂eq/kWh (Life cycle)",
    )  # fmt: skip
    assert_allclose(chosen.evened.series.values, 150)


@pytest.mark.parametrize(
    ("column", "kind", "value", "unit"),
    [
        ("price_usd_per_mwh", "price", 40.0, "USD/MWh"),
        ("Price [EUR/kWh]", "price", 40_000.0, "EUR/MWh"),
        ("co2 lb/MWh", "carbon", 18.1436948, "g/kWh"),
    ],
)
def test_units_become_ours(column, kind, value, unit):
    rows = ["2025-01-01T00:00Z,40", "2025-01-01T01:00Z,40"]
    found = read_series(kind, stamped(rows, f"time,{column}"))

    assert found.evened.series.unit == unit
    assert_allclose(found.evened.series.values, value)


def test_stamps_with_an_offset_are_instants():
    rows = ["2025-01-01T01:00+01:00,1", "2025-01-01T01:00:00+00:00,2"]
    found = read_series("price", stamped(rows, "time,price EUR"))

    assert found.evened.series.start_us == 1_735_689_600_000_000
    assert_allclose(found.evened.series.values, [1, 2])


def test_missing_values_are_gaps_and_wrong_ones_errors():
    rows = [
        "2025-01-01 00:00,1", "2025-01-01 01:00,n/e", "2025-01-01 02:00,x",
        "2025-01-01 03:00,1e9", "2025-01-01 04:00,inf", "never,5", "2025-01-01 05:00,6",
    ]  # fmt: skip
    found = read_series("price", stamped(rows))

    assert [e.row for e in found.errors] == [4, 5, 6, 7]
    assert found.evened.series.gaps == 4


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        pytest.param("time,price_eur", {}, "time zone", id="no zone"),
        pytest.param("time,price_eur", {"zone": "Mars/X"}, "IANA", id="no such zone"),
        pytest.param("time,price_eur", {"zone": "../../x"}, "IANA", id="a path"),
        pytest.param("time_utc,price", {}, "money", id="no money"),
        pytest.param("time_utc,x", {}, "column of price", id="no column"),
        pytest.param("time_utc,x", {"column": "y"}, "must be a column", id="not there"),
    ],
)
def test_what_cannot_be_told_is_asked_for(header, options, said):
    rows = ["2025-01-01 00:00,1", "2025-01-01 01:00,2"]
    with pytest.raises(ScenarioError, match=said):
        read_series("price", stamped(rows, header), **options)


@pytest.mark.data
def test_a_published_year_of_prices_and_carbon_is_read(data_dir):
    import gzip

    path = data_dir / "grid_weather_hourly" / "US-CAL-CISO_2022.csv.gz"
    content = gzip.decompress(path.read_bytes())

    price = read_series("price", content).evened.series
    carbon = read_series("carbon", content).evened.series
    assert (price.unit, carbon.unit) == ("USD/MWh", "g/kWh")
    assert price.values[0] == 63.297
    assert carbon.values[0] == 269.225
