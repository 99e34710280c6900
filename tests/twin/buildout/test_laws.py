"""What holds for every plan: sums, limits, fronts, and the same plan every time."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from tests.twin.buildout.scenes import scene, server, ups
from twin.buildout.answer import best_plan, build_out, front
from twin.errors import Cancelled, ScenarioErrors
from twin.plan.memo import Memo
from twin.scenario.build_out import BuildOutInput
from twin.study.questions.base import Ground
from twin.study.questions.build_out import QUESTION

TIGHT = {"limits": {"contract_w": 1.4e7, "budget_usd_per_period": 6e7}}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as it comes"),
        pytest.param(TIGHT, id="contract and budget"),
        pytest.param({"aim": "servers"}, id="most servers"),
        pytest.param({"aim": "carbon", "period_months": 12, "periods": 6}, id="carbon"),
        pytest.param({"server_lot": 64, "period_months": 6, "periods": 8}, id="lots"),
        pytest.param({"blocks": []}, id="no blocks"),
    ],
)
def test_a_plan_keeps_its_limits_and_its_parts_sum(changes):
    given = BuildOutInput.model_validate(changes)

    plan = best_plan(given)

    whole = math.fsum(p.present_usd for p in plan.parts)
    assert_allclose(plan.net_present_cost_usd, whole, rtol=1e-9)
    contract_w, budget = given.limits.contract_w, given.limits.budget_usd_per_period
    for p in plan.periods:
        for kind, need in p.need_w.items():
            assert need <= p.capacity_w[kind] * (1 + 1e-6)
        for name, on in p.on.items():
            assert on <= p.there[name] + 1e-3
        assert_allclose(p.served + p.unmet, p.wanted)
        assert 0 <= p.stranded_w <= p.spare_w
        assert contract_w is None or p.meter_w <= contract_w * (1 + 1e-6)
        assert budget is None or p.ordered_usd <= budget * (1 + 1e-6)
    assert_allclose(
        math.fsum(o.usd for o in plan.orders),
        math.fsum(p.ordered_usd for p in plan.periods),
    )
    assert_allclose(plan.carbon_t, math.fsum(p.carbon_t for p in plan.periods))


def test_the_same_inputs_give_the_same_figures_to_the_bit():
    given = BuildOutInput(demand={"growth_per_year": 0.37}, lead_scale=1.3)

    one = QUESTION.evaluate(given, Ground(), Memo())
    other = QUESTION.evaluate(BuildOutInput(**given.model_dump()), Ground(), Memo())

    assert one == other
    assert list(one) == [m.key for m in QUESTION.metrics]


def test_longer_lead_times_and_a_lower_contract_never_help():
    costs = [
        best_plan(BuildOutInput(lead_scale=scale)).net_present_cost_usd
        for scale in (0.5, 1.0, 2.0)
    ]
    served = [
        best_plan(
            BuildOutInput(aim="servers", limits={"contract_w": w})
        ).served_server_years
        for w in (6e6, 1.2e7, 2.4e7)
    ]

    assert costs[1] >= costs[0] * (1 - 1e-3)
    assert costs[2] >= costs[1] * (1 - 1e-3)
    assert served == sorted(served)


def test_a_limit_raised_as_advised_leaves_a_plan():
    limits = {"contract_w": 1.2e7, "unmet_frac": 0.05}
    with pytest.raises(ScenarioErrors) as refused:
        best_plan(BuildOutInput(limits=limits))

    (error,) = (e for e in refused.value.errors if e.field == "limits.contract_w")
    enough_w = float(error.repair.partition("(")[2].partition(" MW")[0]) * 1e6
    plan = best_plan(BuildOutInput(limits=limits | {"contract_w": enough_w}))
    assert plan.unmet_frac <= 0.05 + 1e-6
    least = float(error.repair.rpartition(" ")[2])
    plan = best_plan(BuildOutInput(limits=limits | {"unmet_frac": least}))
    assert plan.unmet_frac <= least + 1e-6


def test_explaining_leaves_the_plan_as_it_is():
    given = scene()

    assert build_out(given).plan == build_out(given, explain=False).plan


def test_a_plan_under_way_can_be_stopped():
    asked = []

    def third_time():
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        build_out(BuildOutInput(), stop=third_time)
    assert len(asked) == 3


# --- fronts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"), [("cost", "carbon"), ("spend", "unmet"), ("unmet", "carbon")]
)
def test_no_plan_of_a_front_is_beaten_in_both(first, second):
    given = BuildOutInput(period_months=12, periods=5)
    key = {"cost": "net_present_cost_usd", "spend": "spend_usd", "carbon": "carbon_t",
           "unmet": "unmet_server_years"}  # fmt: skip

    points = front(given, first, second, points=5)

    pairs = [(getattr(p, key[first]), getattr(p, key[second])) for p in points]
    assert len(pairs) >= 3
    assert all(a[0] <= b[0] and a[1] > b[1] for a, b in pairwise(pairs))


def test_a_front_of_two_servers_is_the_choice_between_them():
    lean = server(name="B", usd=6000, mean_w=500, peak_w=500)
    given = scene(
        wanted=(10,), blocks=[], generations=[server(), lean],
        rates={"carbon_g_per_kwh": 1000, "lost_usd_per_server_h": 2},
    )  # fmt: skip

    points = front(given, "cost", "carbon", points=6)

    # from ten of A, 50,000 USD and 87.6 t, over mixtures with B, to nothing at all
    assert_allclose(points[0].net_present_cost_usd, 50_000)
    assert_allclose(points[0].carbon_t, 87.6)
    assert_allclose(points[-1].carbon_t, 0, atol=1e-6)
    assert_allclose(points[-1].net_present_cost_usd, 10 * 2 * 8760)
    assert_allclose([p.carbon_t for p in points], [87.6, 70.08, 52.56, 35.04, 17.52, 0],
                    atol=1e-3)  # fmt: skip
    assert_allclose(points[1].net_present_cost_usd, 54_000, rtol=1e-4)  # four are B


def test_a_front_needs_two_aims():
    with pytest.raises(ValueError, match="cost twice"):
        front(scene(), "cost", "cost")


# --- inputs ---------------------------------------------------------------------------


def test_demand_grows_to_its_most():
    given = BuildOutInput(
        periods=3, period_months=12,
        demand={"first_servers": 100, "growth_per_year": 0.5, "most_servers": 200},
    )  # fmt: skip

    assert_allclose(given.wanted, [100, 150, 200])


@pytest.mark.parametrize(
    ("start", "months", "labels"),
    [
        ("2027-01", 3, ["Q1 2027", "Q2 2027", "Q1 2028"]),
        ("2027-02", 3, ["2027-02", "2027-05", "2028-02"]),
        ("2027-07", 6, ["H2 2027", "H1 2028", "H2 2029"]),
        ("2027-01", 12, ["2027", "2028", "2031"]),
        ("2027-11", 1, ["2027-11", "2027-12", "2028-03"]),
    ],
)
def test_periods_are_called_by_the_calendar(start, months, labels):
    given = BuildOutInput(start=start, period_months=months)

    assert [given.label(0), given.label(1), given.label(4)][: len(labels)] == labels


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"blocks": [ups(), ups()]}, r"different names, twice: \['UPS'\]"),
        ({"demand": {"servers": [1, 2]}}, "a value per period, 20, got 2"),
        ({"demand": {"servers": [1, -2]}, "periods": 2}, "lowest is -2"),
        ({"blocks": [ups(existing=3, most=2)]}, "on its way, 3, got 2"),
        ({"periods": 41}, "less than or equal to 40"),
        ({"generations": []}, "at least 1 item"),
    ],
)
def test_inputs_that_cannot_be_are_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        BuildOutInput.model_validate(changes)
