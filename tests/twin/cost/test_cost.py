"""What a site costs: hand-made bills and flows, sums, and a site's own answer."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pydantic import ValidationError

from twin.catalogue.prices import PRICES
from twin.cooling.weather import generated
from twin.cost.answer import LABELS, cost
from twin.cost.bill import billed_demand_w, year_bill
from twin.cost.flows import Asset, annuity, bought, residual_usd, sold
from twin.cost.load import cooled_load, monthly_peaks_w, plain_load
from twin.errors import ScenarioError
from twin.facility.answer import cooling_year
from twin.plan.memo import Memo
from twin.scenario import Scenario
from twin.scenario.cost import CostInput
from twin.serving.grid_year import GridHours, GridYear
from twin.study.questions.base import Ground
from twin.study.questions.cost import QUESTION, whole_year

HOURS = 8760
PAGE = Path(__file__).parents[3] / "docs" / "models" / "cost.md"
SITE = {"facility": {"template": {"design": "2n", "halls": 1, "rows_per_hall": 2}},
        "horizon": {"days": 0.05}, "fleet": {"server_count": 20}}  # fmt: skip


def parts_of(**changes):
    found = cost(CostInput.model_validate(changes))
    return {p.key: p.present_usd for p in found.parts}


# --- bills ----------------------------------------------------------------------------


def test_a_year_of_plain_figures_is_billed_by_hand():
    found = cost(CostInput.model_validate({
        "load": {"server_count": 10, "server_w": 10_000, "mean_frac": 0.5,
                 "peak_frac": 0.8, "pue": 1.2, "peak_pue": 1.5,
                 "water_l_per_it_kwh": 2, "lost_server_h_per_year": 100},
        "energy": {"usd_per_kwh": 0.1, "demand_usd_per_kw_month": 20},
        "water": {"usd_per_m3": 3}, "carbon": {"usd_per_t": 50, "g_per_kwh": 400},
        "servers": {"lost_usd_per_h": 15},
    }))  # fmt: skip

    bill = found.bill
    assert_allclose(bill.it_kwh, 50 * HOURS)
    assert_allclose(bill.energy_kwh, 60 * HOURS)
    assert_allclose(bill.energy_usd, 6 * HOURS)
    assert_allclose(bill.demand_usd, 120 * 20 * 12)
    assert_allclose(bill.water_m3, 100 * HOURS / 1000)
    assert_allclose(bill.water_usd, 300 * HOURS / 1000)
    assert_allclose(bill.carbon_t, 24 * HOURS / 1000)
    assert_allclose(bill.carbon_usd, 50 * 24 * HOURS / 1000)
    assert_allclose(bill.lost_usd, 1500)
    assert_allclose(bill.server_h, 10 * HOURS - 100)
    assert_allclose(found.pue, 1.2)


@pytest.mark.parametrize(
    ("ratchet", "billed"),
    [
        pytest.param(0.0, [100, 60, 90], id="each month's own"),
        pytest.param(0.8, [100, 80, 90], id="eight tenths of the highest"),
        pytest.param(1.0, [100, 100, 100], id="the highest all year"),
    ],
)
def test_a_ratchet_bills_a_part_of_the_highest_month(ratchet, billed):
    peaks = np.array([100.0, 60.0, 90.0])

    assert_allclose(billed_demand_w(peaks, ratchet), billed)


def test_energy_is_paid_at_the_price_of_its_hour():
    load = plain_load(CostInput().load)
    day = np.arange(HOURS) % 24 < 12
    hours = GridHours(
        carbon_g_per_kwh=np.where(day, 500.0, 100.0),
        price_usd_per_mwh=np.where(day, 100.0, -20.0),
    )

    bill = year_bill(CostInput(), load, hours)

    assert_allclose(bill.energy_usd, bill.energy_kwh / 1000 * 40)
    assert_allclose(bill.carbon_t, bill.energy_kwh * 300 / 1e6)


def test_hours_of_the_grid_are_moved_to_the_sites_clock():
    given = CostInput.model_validate({"energy": {"grid": "X", "utc_offset_h": -8}})
    base = plain_load(given.load)
    night = np.zeros(HOURS)
    night[20::24] = 1e6  # draws at 20:00 of the site, 04:00 UTC
    load = cooled_like(base, night)
    price = np.zeros(HOURS)
    price[4::24] = 50.0

    bill = year_bill(
        given, load,
        GridHours(carbon_g_per_kwh=np.zeros(HOURS), price_usd_per_mwh=price),
    )  # fmt: skip

    assert_allclose(bill.energy_usd, 365 * 50)


def cooled_like(load, facility_w):
    return type(load)(
        server_count=load.server_count, built_w=load.built_w, it_wh=load.it_wh,
        facility_w=facility_w, peak_w=load.peak_w, water_m3=load.water_m3,
        lost_server_h=0.0,
    )  # fmt: skip


def test_months_have_their_own_peaks():
    power = np.full(HOURS, 1.0)
    power[31 * 24] = 7.0  # the first hour of February

    assert_allclose(monthly_peaks_w(power), [1, 7, *[1] * 10])


# --- flows ----------------------------------------------------------------------------


def test_an_asset_is_renewed_at_the_end_of_each_life():
    asset = Asset(key="servers", usd=100.0, life_years=2.5, growth_per_year=0.1)

    flow = bought(asset, years=6, rate=0.21)

    spent = [100, 0, 0, 100 * 1.1**2.5, 0, 100 * 1.1**5, 0]
    assert_allclose(flow.usd, spent)
    # half the rate's growth: 1.21 is 1.1 squared
    assert_allclose(flow.present_usd, [100, 0, 0, 100 * 1.1**-2.5, 0, 100 * 1.1**-5, 0])
    assert_allclose(residual_usd(asset, years=6), 100 * 1.1**5 * 0.6)


def test_a_life_that_ends_with_the_plan_is_not_renewed():
    asset = Asset(key="servers", usd=100.0, life_years=5.0)

    assert_allclose(bought(asset, years=10, rate=0.0).usd.sum(), 200)
    assert_allclose(residual_usd(asset, years=10), 0)


def test_land_keeps_its_price():
    land = Asset(key="land", usd=100.0, life_years=math.inf)

    assert_allclose(sold((land,), years=7, rate=0.1, frac=1.0).usd[7], -100)
    assert_allclose(bought(land, years=7, rate=0.1).usd, [100, *[0] * 7])


def test_an_annuity_is_the_textbooks():
    assert_allclose(annuity(0.08, 10), (1 - 1.08**-10) / 0.08)
    assert_allclose(annuity(0.0, 10), 10)


def test_two_chains_cost_twice_one_and_a_spare_its_part():
    power = {
        r: parts_of(capital={"redundancy": r, "spare_frac": 0.25})["power"]
        for r in ("n", "n+1", "2n")
    }

    assert_allclose(power["2n"], 2 * power["n"])
    assert_allclose(power["n+1"], 1.25 * power["n"])


def test_prices_grow_from_the_second_year_on():
    flat = {"discount_rate": 0, "years": 3}

    grown = parts_of(
        money=flat, energy={"growth_per_year": 0.1},
        carbon={"usd_per_t": 10, "growth_per_year": 0.2,
                "intensity_growth_per_year": -0.5},
    )  # fmt: skip
    first = cost(CostInput.model_validate({"carbon": {"usd_per_t": 10}})).bill

    assert_allclose(grown["energy"], first.energy_usd * 3.31)
    assert_allclose(grown["demand"], first.demand_usd * 3.31)
    assert_allclose(grown["carbon"], first.carbon_usd * (1 + 0.6 + 0.36))


def test_carbon_counts_servers_each_time_they_are_made():
    found = cost(CostInput.model_validate({
        "servers": {"embodied_kg": 2000, "life_years": 4}, "money": {"years": 10},
        "carbon": {"g_per_kwh": 0}, "load": {"server_count": 50},
    }))  # fmt: skip

    assert_allclose(found.carbon_t, 3 * 100)
    assert_allclose([y.carbon_t for y in found.years], [100, 0, 0, 0, 100, 0, 0, 0,
                                                        100, 0, 0])  # fmt: skip


def test_a_server_hour_costs_what_its_years_cost_by_hand():
    free = {"power_usd_per_w": 0, "cooling_usd_per_w": 0, "building_usd_per_w": 0,
            "land_usd_per_w": 0, "connection_usd_per_w": 0}  # fmt: skip
    found = cost(CostInput.model_validate({
        "load": {"server_count": 1, "server_w": 1000, "mean_frac": 1, "peak_frac": 1,
                 "pue": 1, "water_l_per_it_kwh": 0},
        "servers": {"usd": 8760, "life_years": 2, "upkeep_frac": 0.1},
        "capital": free, "money": {"years": 2, "discount_rate": 0},
        "energy": {"usd_per_kwh": 0.1, "demand_usd_per_kw_month": 0},
    }))  # fmt: skip

    # half a dollar of server, a tenth of upkeep, a tenth of energy
    assert_allclose(found.cost_per_server_h_usd, 0.7)
    assert_allclose(found.cost_per_it_kwh_usd, 0.7)
    assert_allclose(found.equal_yearly_usd, 0.7 * HOURS)


# --- sums -----------------------------------------------------------------------------

frac = st.floats(0, 1)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["n", "n+1", "2n"]), st.integers(1, 40), st.floats(-0.05, 0.3),
    frac, st.floats(0.5, 15), st.floats(0, 200), st.floats(0, 5000), frac,
)  # fmt: skip
def test_parts_and_years_both_sum_to_the_whole(
    redundancy, years, rate, residual, life, carbon, lost, ratchet
):
    found = cost(CostInput.model_validate({
        "capital": {"redundancy": redundancy}, "carbon": {"usd_per_t": carbon},
        "money": {"years": years, "discount_rate": rate, "residual_frac": residual},
        "servers": {"life_years": life}, "energy": {"ratchet_frac": ratchet},
        "load": {"lost_server_h_per_year": lost},
    }))  # fmt: skip

    whole = found.net_present_cost_usd
    assert list(LABELS) == [p.key for p in found.parts]
    assert_allclose(math.fsum(p.present_usd for p in found.parts), whole, rtol=1e-9)
    assert_allclose(math.fsum(p.share_frac for p in found.parts), 1, rtol=1e-9)
    assert_allclose(
        math.fsum(p.usd_per_server_h for p in found.parts),
        found.cost_per_server_h_usd, rtol=1e-9,
    )  # fmt: skip
    assert_allclose(math.fsum(y.present_usd for y in found.years), whole, rtol=1e-9)
    for year in found.years:
        assert_allclose(math.fsum(year.usd.values()), year.total_usd, rtol=1e-9)


def test_without_a_rate_the_whole_is_the_sum_of_all_years():
    found = cost(CostInput.model_validate({"money": {"discount_rate": 0}}))

    assert_allclose(
        math.fsum(y.total_usd for y in found.years), found.net_present_cost_usd
    )


# --- a site's own answer --------------------------------------------------------------


def test_a_cooling_years_energy_and_water_are_billed_as_they_are():
    scenario, weather = Scenario.model_validate(SITE), generated()
    mean, peak = (cooling_year(scenario, weather, f) for f in (0.5, 0.8))

    load = cooled_load(mean, peak, server_count=20, built_w=1e5, lost_server_h=0.0)
    bill = year_bill(CostInput(), load, None)

    it_kwh = mean.plant.it_w.sum() / 1000
    assert_allclose(bill.it_kwh, it_kwh)
    assert_allclose(bill.energy_kwh, it_kwh * mean.pue)
    assert_allclose(bill.water_m3, it_kwh * mean.wue_l_per_kwh / 1000)
    at_peak_w = peak.plant.it_w + peak.plant.cooling_w + peak.other_w
    assert_allclose(bill.peak_kw.max(), at_peak_w.max() / 1000)
    assert bill.peak_kw.min() < bill.peak_kw.max()


def test_a_site_is_run_once_whatever_things_cost(monkeypatch):
    runs = []
    real = QUESTION.evaluate.__globals__["answer_site"]

    def counted(*args, **kwargs):
        runs.append(1)
        return real(*args, **kwargs)

    monkeypatch.setitem(QUESTION.evaluate.__globals__, "answer_site", counted)
    memo, base = Memo(), {"site": SITE}

    one = QUESTION.evaluate(CostInput.model_validate(base), Ground(), memo)
    dear = QUESTION.evaluate(
        CostInput.model_validate(base | {"energy": {"usd_per_kwh": 0.11}}), Ground(),
        memo,
    )  # fmt: skip

    assert len(runs) == 1
    assert_allclose(dear["energy_usd"], 2 * one["energy_usd"])
    assert dear["energy_kwh"] == one["energy_kwh"]
    assert one["pue"] > 1
    assert list(one) == [m.key for m in QUESTION.metrics]


def test_a_site_needs_what_it_names():
    given = CostInput.model_validate({
        "site": SITE | {"facility": SITE["facility"] | {"weather": {
            "dataset": "tmy3_tucson_az"}}},
        "energy": {"grid": "US-CAL-CISO_2022"},
    })  # fmt: skip

    needs = QUESTION.needs(given)

    assert needs.weather == (("site.facility.weather.dataset", "tmy3_tucson_az"),)
    assert needs.grid == (("energy.grid", "US-CAL-CISO_2022"),)


def test_a_constant_year_of_the_grid_costs_what_the_constant_does():
    year = GridYear(
        name="flat", start=dt.datetime(2022, 1, 1, 8, tzinfo=dt.UTC),
        carbon_g_per_kwh=np.full(HOURS, 360.0), price_usd_per_mwh=np.full(HOURS, 55.0),
        filled={},
    )  # fmt: skip
    named = CostInput.model_validate({"energy": {"grid": "flat"}})

    by_hour = QUESTION.evaluate(named, Ground(grid={"flat": year}), Memo())
    constant = QUESTION.evaluate(CostInput(), Ground(), Memo())

    assert whole_year(year).price_usd_per_mwh.shape == (HOURS,)
    assert_allclose(
        by_hour["net_present_cost_usd"], constant["net_present_cost_usd"], rtol=1e-12
    )


# --- refusals and sources -------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"load": {"mean_frac": 0.9, "peak_frac": 0.8}}, "at least mean_frac, 0.9"),
        ({"site": {"name": "a row"}}, "must have a facility, got none"),
        ({"money": {"discount_rate": 2}}, "less than or equal to 1"),
    ],
)
def test_inputs_that_cannot_be_are_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        CostInput.model_validate(changes)


def test_more_hours_than_a_year_has_cannot_be_lost():
    given = CostInput.model_validate({
        "load": {"server_count": 1, "lost_server_h_per_year": 9000}
    })  # fmt: skip

    with pytest.raises(ScenarioError, match="8,760 h, got 9000"):
        cost(given)


def test_a_part_of_a_year_of_prices_is_refused():
    short = GridHours(
        carbon_g_per_kwh=np.ones(100), price_usd_per_mwh=np.ones(100)
    )  # fmt: skip

    with pytest.raises(ScenarioError, match="8,760 hours of a year, got 100"):
        cost(CostInput(), hours=short)


def test_every_price_lies_in_its_range_and_on_the_page():
    page = PAGE.read_text()
    for key, price in PRICES.items():
        assert price.low <= price.value <= price.high, key
        assert (
            f"| `{key}` | {price.value:g} | {price.low:g} to {price.high:g} |" in page
        )
        assert price.mark in page
