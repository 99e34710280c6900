"""Build-outs whose best plan can be worked out on paper."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

from tests.twin.buildout.scenes import YEAR_H, scene, server, ups
from twin.buildout.answer import best_plan, build_out
from twin.errors import ScenarioError, ScenarioErrors

LOST = 10 * YEAR_H
"""Ten servers unserved for a year at a dollar an hour."""


def plan_of(**changes):
    return best_plan(scene(**changes))


def counts(plan, name):
    return {o.ordered: o.count for o in plan.orders if o.name == name}


# --- blocks and lead times ------------------------------------------------------------


def test_power_is_ordered_at_once_and_the_first_year_is_lost():
    plan = plan_of()

    assert counts(plan, "UPS") == {0: 1}
    assert sum(counts(plan, "A").values()) == 10
    assert_allclose(plan.net_present_cost_usd, 20_000 + 50_000 + LOST)
    assert_allclose(plan.unmet_server_years, 10)
    assert plan.status == "optimal"


@pytest.mark.parametrize(
    ("usd", "ordered"),
    [
        pytest.param(2 * LOST - 50_000 - 100, 1, id="just worth it"),
        pytest.param(2 * LOST - 50_000 + 100, 0, id="just not"),
    ],
)
def test_a_block_is_bought_where_it_earns_more_than_it_costs(usd, ordered):
    plan = plan_of(blocks=[ups(usd=usd)])

    assert sum(counts(plan, "UPS").values()) == ordered
    assert_allclose(
        plan.net_present_cost_usd, usd + 50_000 + LOST if ordered else 3 * LOST
    )


def test_a_lead_time_beyond_the_end_leaves_everything_unserved():
    plan = plan_of(blocks=[ups(lead_months=36)])

    assert plan.orders == ()
    assert_allclose(plan.net_present_cost_usd, 3 * LOST)


def test_lead_times_round_up_to_whole_periods():
    plan = plan_of(blocks=[ups(lead_months=13)])

    assert_allclose(plan.unmet_server_years, 20)


def test_blocks_on_their_way_serve_from_their_period():
    plan = plan_of(blocks=[ups(arriving=[0, 1], lead_months=36)])

    assert_allclose([p.served for p in plan.periods], [0, 10, 10])
    assert_allclose(plan.net_present_cost_usd, 50_000 + LOST)


def test_every_kind_has_to_carry_the_load():
    cooling = ups(name="Chiller", kind="cooling", lead_months=24, size_w=5000, usd=5000)

    plan = plan_of(blocks=[ups(usd=5000), cooling])

    assert counts(plan, "Chiller") == {0: 2}
    assert_allclose([p.served for p in plan.periods], [0, 0, 10])


def test_the_utility_carries_the_servers_times_the_peak_pue():
    utility = ups(name="Grid", kind="utility", size_w=12_000, existing=1)

    plan = plan_of(blocks=[utility], rates={"peak_pue": 1.5, "pue": 1.2})

    assert_allclose(plan.periods[-1].served, 10)
    assert counts(plan, "Grid") == {0: 1}  # 8 servers of 1.5 kW fit without it
    assert_allclose(plan.periods[0].served, 8)


def test_a_least_order_is_all_or_nothing():
    cheap, dear = ups(least_order=3, usd=40_000), ups(least_order=3, usd=42_000)

    assert sum(counts(plan_of(blocks=[cheap]), "UPS").values()) == 3
    assert plan_of(blocks=[dear]).orders == ()  # 126,000 for 175,200 - 50,000


# --- servers --------------------------------------------------------------------------


def test_servers_are_bought_again_when_their_life_ends():
    plan = plan_of(
        wanted=(10, 10, 10, 10), blocks=[],
        generations=[server(life_years=2, price_growth_per_year=-0.5)],
    )  # fmt: skip

    assert counts(plan, "A") == {0: 10, 2: 10}
    assert_allclose(plan.net_present_cost_usd, 50_000 + 50_000 * 0.25)


def test_servers_at_the_start_serve_until_theirs_does():
    old = server(existing=10, existing_left_months=24)

    plan = plan_of(blocks=[], generations=[old])

    assert counts(plan, "A") == {2: 10}


def test_the_generation_with_cheaper_work_is_waited_for_where_waiting_is_cheap():
    new = server(name="B", work=2, usd=6000, sold_from_months=12)

    waits = plan_of(
        blocks=[], generations=[server(usd=20_000), new],
        rates={"lost_usd_per_server_h": 1},
    )  # fmt: skip
    buys = plan_of(
        blocks=[], generations=[server(usd=20_000), new],
        rates={"lost_usd_per_server_h": 10},
    )  # fmt: skip

    # ten servers of A cost 200,000 and save a year: 87,600 or 876,000
    assert counts(waits, "A") == {}
    assert counts(waits, "B") == {1: 5}
    assert counts(buys, "A") == {0: 10}


def test_servers_come_in_lots():
    plan = plan_of(blocks=[], server_lot=4)

    assert_allclose(sum(counts(plan, "A").values()), 12)
    assert_allclose(plan.periods[0].on["A"], 10)


# --- money ----------------------------------------------------------------------------


def test_orders_count_at_the_start_of_their_year_and_running_in_its_middle():
    plan = plan_of(
        wanted=(10, 10), blocks=[], generations=[server(upkeep_frac=0.1)],
        rates={"discount_rate": 0.21, "energy_usd_per_kwh": 0.1, "pue": 1.5},
    )  # fmt: skip
    mid = 1.1**-1 + 1.1**-3  # 1.21 to the half is 1.1

    parts = {p.key: p.present_usd for p in plan.parts}
    assert_allclose(parts["servers"], 50_000)
    assert_allclose(parts["upkeep"], 5000 * mid)
    assert_allclose(parts["energy"], 10 * YEAR_H * 1.5 * 0.1 * mid)
    assert_allclose(
        plan.cost_per_server_h_usd, sum(parts.values()) / (10 * YEAR_H * mid)
    )


def test_what_is_left_at_the_end_is_worth_its_book_value():
    plan = plan_of(
        wanted=(10, 10), blocks=[], generations=[server(life_years=5)],
        rates={"residual_frac": 0.5, "discount_rate": 0.1},
    )  # fmt: skip

    parts = {p.key: p.present_usd for p in plan.parts}
    assert_allclose(parts["residual"], -50_000 * 0.6 * 0.5 / 1.21)


def test_the_demand_charge_is_paid_on_the_peak_of_every_month():
    plan = plan_of(
        wanted=(10,), blocks=[],
        rates={"demand_usd_per_kw_month": 2, "peak_pue": 1.3, "pue": 1.2},
    )  # fmt: skip

    parts = {p.key: p.present_usd for p in plan.parts}
    assert_allclose(parts["demand"], 10 * 1.3 * 12 * 2)


def test_carbon_is_that_of_energy_and_of_servers_made():
    plan = plan_of(
        wanted=(10, 10), blocks=[], generations=[server(embodied_kg=1500)],
        rates={"carbon_g_per_kwh": 400, "pue": 1.25, "carbon_usd_per_t": 50,
               "water_l_per_it_kwh": 2, "lost_usd_per_server_h": 2},
    )  # fmt: skip

    energy_t = 2 * 10 * YEAR_H * 1.25 * 0.4 / 1000
    assert_allclose(plan.carbon_t, energy_t + 15)
    assert_allclose(plan.water_m3, 2 * 10 * YEAR_H * 2 / 1000)
    parts = {p.key: p.present_usd for p in plan.parts}
    assert_allclose(parts["carbon"], energy_t * 50)


# --- limits ---------------------------------------------------------------------------


def test_a_budget_spreads_orders_over_the_years():
    plan = plan_of(blocks=[], limits={"budget_usd_per_period": 20_000})

    assert [counts(plan, "A").get(t, 0) for t in range(3)] == [4, 4, 2]


def test_the_contract_holds_the_draw_at_the_meter():
    plan = plan_of(blocks=[], limits={"contract_w": 9000}, rates={"peak_pue": 1.5})

    assert_allclose([p.served for p in plan.periods], 6)
    assert_allclose([p.meter_w for p in plan.periods], 9000)
    assert {p.short for p in plan.periods} == {("utility", "servers")}


def test_a_binding_limit_is_named_with_what_it_costs():
    given = scene(blocks=[ups(usd=20_000)])

    (binding,) = build_out(given).binding

    # without the lead time the first year is served as well
    assert binding.field == "blocks.0.lead_months"
    assert_allclose(binding.saves_usd, LOST, rtol=1e-6)
    assert_allclose(binding.server_years, 10, rtol=1e-6)
    assert "12 months" in binding.text


def test_what_comes_late_is_said_with_when_it_had_to_be_ordered():
    (text,) = build_out(scene(start="2027-01"), explain=False).late

    assert text == (
        "UPS power comes 1 year after it is needed in 2027 (0.01 MW needed, 0.00 MW "
        "there): UPS had to be ordered 1 year before the plan starts"
    )


def test_an_order_says_when_and_why():
    plan = plan_of(
        start="2027-04", period_months=3, wanted=(0, 0, 0, 0, 4000),
        blocks=[ups(size_w=5e6, existing=1)], generations=[server(peak_w=2000)],
        rates={"lost_usd_per_server_h": 10},
    )  # fmt: skip

    (text,) = (order.text for order in plan.orders if order.name == "UPS")
    assert text == (
        "Order UPS 2 by Q2 2027: serves from Q2 2028, when 8.0 MW are needed and "
        "5.0 MW would be there without it"
    )


def test_an_unreachable_share_names_the_contract_and_what_is_enough():
    given = scene(
        blocks=[], limits={"contract_w": 4000, "unmet_frac": 0.1},
    )  # fmt: skip

    with pytest.raises(ScenarioErrors) as refused:
        best_plan(given)

    (error,) = refused.value.errors
    assert error.field == "limits.contract_w"
    assert error.value == 4000
    assert "60.0% of the demand unserved" in error.rule
    assert "limits.unmet_frac to 0.6" in error.repair


def test_limits_that_only_together_leave_no_plan_are_named_together():
    given = scene(blocks=[ups(most=0)], limits={"contract_w": 4000, "unmet_frac": 0.1})

    with pytest.raises(ScenarioErrors) as refused:
        best_plan(given)

    # the UPS's lead of a year alone leaves a third unserved
    fields = {error.field for error in refused.value.errors}
    assert fields == {"limits.contract_w", "blocks.0.most", "blocks.0.lead_months"}
    assert all("together with" in error.rule for error in refused.value.errors)


def test_carbon_and_service_that_exclude_each_other_are_said():
    given = scene(
        blocks=[], generations=[server(embodied_kg=1000)],
        limits={"carbon_t": 5, "unmet_frac": 0.2},
    )  # fmt: skip

    with pytest.raises(ScenarioError, match=r"raise it to at least 0\.5") as refused:
        best_plan(given)

    assert refused.value.field == "limits.unmet_frac"


# --- aims -----------------------------------------------------------------------------

TWO = {
    "blocks": [],
    "generations": [server(usd=100_000), server(name="B", usd=90_000, peak_w=2000,
                                                mean_w=2000)],
}  # fmt: skip
CLEAN = {"carbon_g_per_kwh": 500, "lost_usd_per_server_h": 1}


def test_least_cost_leaves_demand_that_does_not_pay():
    assert plan_of(**TWO).orders == ()  # 26,280 a server for three years


def test_most_servers_serves_it_all_with_the_cheaper():
    plan = plan_of(aim="servers", rates=CLEAN, **TWO)

    assert_allclose(plan.unmet_server_years, 0, atol=1e-3)
    assert counts(plan, "A") == {}


def test_least_carbon_serves_it_all_with_the_leaner():
    plan = plan_of(aim="carbon", rates=CLEAN, **TWO)

    assert_allclose(plan.unmet_server_years, 0, atol=1e-3)
    assert counts(plan, "B") == {}
    assert_allclose(plan.carbon_t, 30 * YEAR_H * 0.5 / 1000, rtol=1e-4)
