"""Years of the grid: columns, gaps, and every fault named."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.testing import assert_allclose

from store.csv_files import ImportProblem
from store.datasets import DatasetError, DatasetStore
from store.grid_hours import read_grid
from store.settings import Settings

HEAD = "time_utc,temp_c,price_usd_per_mwh,avg_ci_g_per_kwh"
START = dt.datetime(2022, 1, 1, 7)


def lines(count=8760, **changed):
    """Hours at 50 USD/MWh and 300 g/kWh; `h12="40,"` is another end of a line."""
    found = [HEAD]
    for hour in range(count):
        at = START + dt.timedelta(hours=hour)
        found.append(f"{at},5.0,{changed.get(f'h{hour}', '50.0,300.0')}")
    return found


def write(folder, rows, name="ours.csv"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_prices_and_carbon_are_read_and_a_gap_is_filled(tmp_path):
    found = read_grid(write(tmp_path, lines(h3="-20.5,310.0", h9="50.0,")))

    assert found.name == "ours"
    assert found.start == dt.datetime(2022, 1, 1, 7, tzinfo=dt.UTC)
    assert found.price_usd_per_mwh[3] == -20.5
    assert found.carbon_g_per_kwh[3] == 310.0
    assert found.carbon_g_per_kwh[9] == 300.0
    assert found.filled == {"carbon": 1, "price": 0}


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        pytest.param(lines(8000), "8,760", id="part of a year"),
        pytest.param([HEAD.replace("avg_ci", "ci"), *lines()[1:]], "carbon", id="name"),
        pytest.param(lines(h4="50.0,much"), "number", id="a word"),
        pytest.param(lines(h4="50.0,9000"), "number", id="out of range"),
        pytest.param(
            [*lines()[:9], lines()[8], *lines()[10:]], "one hour after", id="twice"
        ),
        pytest.param(
            [HEAD, "noon,5.0,50.0,300.0", *lines()[2:]], "date and time", id="no time"
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path, rows, rule):
    with pytest.raises(ImportProblem, match=rule):
        read_grid(write(tmp_path, rows))


def test_a_users_own_year_lies_in_the_cache_and_an_unknown_one_says_where(tmp_path):
    write(tmp_path / "grid", lines())
    store = DatasetStore(
        Settings(cache_dir=tmp_path, data_dir=None, database_url="sqlite://")
    )

    assert store.grid_names() == ("ours",)
    assert store.grid("ours") is store.grid("ours")
    with pytest.raises(DatasetError, match=r"ours; or put other\.csv into"):
        store.grid("other")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "carbon_g_per_kwh"),
    [("US-CAL-CISO_2022", 256.2), ("US-MIDA-PJM_2022", 362.6),
     ("US-TEX-ERCO_2022", 347.2)],
)  # fmt: skip
def test_published_years_have_their_published_mean(
    data_dir, tmp_path, name, carbon_g_per_kwh
):
    store = DatasetStore(
        Settings(cache_dir=tmp_path, data_dir=data_dir, database_url="sqlite://")
    )
    found = store.grid(name)

    # the README beside the files; filled hours move the last digit
    assert_allclose(found.carbon_g_per_kwh.mean(), carbon_g_per_kwh, atol=0.1)
    assert np.isfinite(found.price_usd_per_mwh).all()
