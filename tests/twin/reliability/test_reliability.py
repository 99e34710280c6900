"""Failure rates and repair times become lost server-hours as a hand counts them."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import ValidationError

from twin.catalogue.reliability import KIND_OF_NODE, UPKEEP
from twin.cooling.weather import generated
from twin.errors import ScenarioError
from twin.facility.activity import Activity
from twin.facility.assemble import assemble
from twin.facility.kernel import HOLD_UP_S
from twin.plan.memo import Memo
from twin.reliability import answer, items_of
from twin.reliability.exact import enumerate_year
from twin.reliability.excursions import simulate_years
from twin.reliability.judge import NOTHING, make_judge
from twin.scenario import parse_scenario
from twin.scenario.facility import NODE_KINDS
from twin.scenario.reliability import Maintenance, Rates, Reliability
from twin.serving.traffic import Recordings
from twin.study.questions.base import Ground
from twin.study.questions.reliability import METRICS, QUESTION

YEAR_H = 8760.0
RESTART_H = 600.0 / 3600.0
SERVERS = 80.0  # two rows of forty


def scenario_of(design="2n", **template):
    """A hall of two rows, not oversubscribed."""
    return parse_scenario(
        {
            "policy": {"name": "no-cap"},
            "horizon": {"days": 0.02},
            "facility": {
                "template": {"design": design, "rows_per_hall": 2, **template}
            },
        }
    )


@cache
def judge_of(design="2n", battery_s=300.0):
    """Its states, with servers half busy."""
    busy = Activity(
        frac=np.array([0.5]), curve_mhz=np.array([210.0, 1410.0]),
        curve_power=np.array([0.3, 1.0]), curve_slowdown=np.array([3.0, 1.0]),
    )  # fmt: skip
    scenario = scenario_of(design, battery_s=battery_s)
    return make_judge(assemble(scenario, busy, generated()))


def only(common_mode_frac=0.0, service=0.0, service_h=8.0, **rates):
    """Inputs where nothing fails but these classes: failures a year, repair hours."""
    given = {}
    for kind in Rates.model_fields:
        per_year, repair_h = rates.get(kind, (0.0, 1.0))
        given[kind] = {"failures_per_year": per_year, "repair_h": repair_h}
    given["generator"]["start_failure_prob"] = rates.get("start", 0.0)
    return Reliability(
        scenario=scenario_of(), rates=given, common_mode_frac=common_mode_frac,
        maintenance=Maintenance(
            per_year=service, duration_h=service_h, kinds=("ups",)
        ),
    )  # fmt: skip


def exactly(inputs, judge, deep_frac=0.25):
    """A year by enumeration."""
    return enumerate_year(
        items_of(inputs, judge), judge, deep_frac=deep_frac, most_pairs=10_000
    )


def simulated(inputs, judge, count=3000, seed=1, *, biased=True):
    """A year by simulation."""
    return simulate_years(
        items_of(inputs, judge), judge, count=count, seed=seed, deep_frac=0.25,
        biased=biased,
    )  # fmt: skip


# --- states -----------------------------------------------------------------------


def test_two_chains_lose_nothing_with_any_one_ups():
    judge = judge_of("2n")
    nodes = judge.assembled.network.nodes
    every = [i for i, node in enumerate(nodes) if node.kind == "ups"]

    assert len(every) == 2
    for i in every:
        assert judge.outcome(frozenset({i})).lost_servers == 0.0
    assert judge.outcome(frozenset(every)).lost_servers == SERVERS


def test_one_chain_loses_its_rows_with_its_pdu_at_once():
    judge = judge_of("n")
    pdu = judge.assembled.network.index["PDU-H1"]

    outcome = judge.outcome(frozenset({pdu}))

    assert outcome.lost_servers == SERVERS
    assert (outcome.loss_h == 0.0).all()


def test_a_battery_holds_servers_until_it_is_empty():
    judge = judge_of("n")
    index = judge.assembled.network.index

    sound = judge.outcome(frozenset({index["UTIL"]}))
    dead = judge.outcome(frozenset({index["UTIL"], index["GEN-H1"]}))

    assert sound.lost_servers == 0.0
    assert sound.called == frozenset({index["GEN-H1"]})
    # five minutes at rated output, longer at the load the hall has
    assert 300.0 < dead.loss_h.min() * 3600.0 < 3600.0
    assert dead.lost_servers == SERVERS


def test_nothing_failed_loses_nothing():
    assert judge_of("2n").outcome(NOTHING).harmless
    assert HOLD_UP_S < 1.0


# --- enumeration, by hand ---------------------------------------------------------


@pytest.mark.parametrize("design", ["n", "2n"])
def test_nothing_is_lost_where_nothing_fails(design):
    judge, inputs = judge_of(design), only()

    found = answer(inputs, judge)

    assert found.exact.lost_h == 0.0
    assert found.simulated.lost_h.high == 0.0
    assert found.simulated.deep_prob.high == 0.0
    assert found.availability == 1.0
    assert found.server_fault_h == 0.0


def test_one_component_in_a_chain_costs_its_outages_and_restarts():
    found = exactly(only(pdu=(0.1, 10.0)), judge_of("n"))

    odds = 0.1 * 10.0 / YEAR_H
    part = odds / (1.0 + odds)
    by_hand_h = SERVERS * part * YEAR_H * (1.0 + RESTART_H / 10.0)
    assert_allclose(found.lost_h, by_hand_h)
    assert_allclose(found.deep_per_year, part * YEAR_H / 10.0)
    assert list(found.by_item.values()) == [found.lost_h]


def test_twice_the_rate_is_twice_the_first_order():
    judge = judge_of("n")

    once = exactly(only(busway=(0.001, 5.0)), judge).lost_h
    twice = exactly(only(busway=(0.002, 5.0)), judge).lost_h

    assert_allclose(twice, 2.0 * once, rtol=1e-4)


def test_multipliers_multiply():
    judge, plain = judge_of("n"), only(pdu=(0.1, 10.0))

    by_class = plain.model_copy(update={"rates": plain.rates.model_copy(
        update={"pdu": plain.rates.pdu.model_copy(update={"failures_frac": 3.0})}
    )})  # fmt: skip
    by_all = plain.model_copy(update={"failures_frac": 3.0})

    assert exactly(by_class, judge).lost_h == exactly(by_all, judge).lost_h
    assert_allclose(
        exactly(by_all, judge).lost_h, exactly(only(pdu=(0.3, 10.0)), judge).lost_h
    )


def test_a_pair_of_chains_is_lost_when_both_are_down():
    found = exactly(only(ups=(0.5, 10.0)), judge_of("2n"))

    odds = 0.5 * 10.0 / YEAR_H
    part = (odds / (1.0 + odds)) ** 2
    visits = part * 2.0 / 10.0 * YEAR_H
    assert_allclose(found.lost_h, SERVERS * (part * YEAR_H + visits * RESTART_H))
    assert_allclose(found.deep_per_year, visits)


def test_common_mode_takes_both_chains_at_the_rate_of_one():
    found = exactly(only(common_mode_frac=1.0, ups=(0.5, 10.0)), judge_of("2n"))

    odds = 0.5 * 10.0 / YEAR_H
    part = odds / (1.0 + odds)
    assert_allclose(found.lost_h, SERVERS * part * YEAR_H * (1.0 + RESTART_H / 10.0))


def test_a_chain_in_service_leaves_the_other_alone():
    # each UPS is out a day a year; then, and only then, the other's failure counts
    inputs = only(ups=(0.5, 10.0), service=1.0, service_h=24.0)
    judge = judge_of("2n")

    serviced = (
        exactly(inputs, judge).lost_h - exactly(only(ups=(0.5, 10.0)), judge).lost_h
    )

    both = 1.0 / (1.0 / 24.0 + 1.0 / 10.0)  # hours that both are out
    per_year = 2 * 1.0 * 0.5 / YEAR_H * 24.0
    by_hand_h = SERVERS * per_year * (both + RESTART_H)
    assert_allclose(serviced, by_hand_h, rtol=0.01)


def test_a_chain_alone_is_not_taken_out_for_service():
    judge = judge_of("n")

    assert not [x for x in items_of(only(service=1.0), judge) if x.planned]


def test_a_generator_that_never_starts_leaves_the_battery():
    judge = judge_of("n")
    index = judge.assembled.network.index
    found = exactly(
        only(utility=(2.0, 1.5), start=1.0, generator=(0.0, 30.0)), judge
    )  # fmt: skip

    held_h = judge.outcome(
        frozenset({index["UTIL"], index["GEN-H1"]})
    ).loss_h.min()  # fmt: skip
    # out until either is back, less the battery, and a restart
    leave = 1.0 / 1.5 + 1.0 / 30.0
    each_h = math.exp(-leave * held_h) * (1.0 / leave + RESTART_H)
    odds = 2.0 * 1.5 / YEAR_H
    by_hand_h = SERVERS * 2.0 / (1.0 + odds) * each_h
    assert_allclose(found.lost_h, by_hand_h)


def test_a_longer_battery_never_loses_more():
    inputs = only(utility=(2.0, 1.5), start=0.05, generator=(5.0, 30.0))

    found = [
        exactly(inputs, judge_of("n", battery_s)).lost_h
        for battery_s in (60.0, 300.0, 1800.0)
    ]

    assert found[0] > found[1] > found[2] > 0.0


def test_servers_own_faults_are_counted_apart():
    found = answer(only(server=(2.0, 12.0)), judge_of("2n"))

    odds = 2.0 * 12.0 / YEAR_H
    assert_allclose(found.server_fault_h, SERVERS * YEAR_H * odds / (1.0 + odds))
    assert found.exact.lost_h == 0.0


def test_pairs_that_are_not_followed_are_bounded():
    inputs, judge = only(ups=(0.5, 10.0), pdu=(0.1, 10.0)), judge_of("2n")
    items = items_of(inputs, judge)

    whole = enumerate_year(items, judge, deep_frac=0.25, most_pairs=100)
    part = enumerate_year(items, judge, deep_frac=0.25, most_pairs=1)

    assert whole.left_out_h == 0.0
    restarts = 1.0 + 2.0 * RESTART_H / 10.0
    assert part.lost_h < whole.lost_h <= part.lost_h + part.left_out_h * restarts


# --- two estimators ---------------------------------------------------------------


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
def test_simulation_agrees_with_enumeration(design):
    judge = judge_of(design)
    inputs = Reliability(scenario=scenario_of(design))

    exact, found = exactly(inputs, judge), simulated(inputs, judge, count=6000)

    half = (found.lost_h.high - found.lost_h.low) / 2.0
    assert 0.0 < half < 0.4 * exact.lost_h
    # three failures deep, which enumeration leaves out, is a per mille of it
    assert abs(found.lost_h.mean - exact.lost_h) < 2.0 * half
    prob = -math.expm1(-exact.deep_per_year)
    half = (found.deep_prob.high - found.deep_prob.low) / 2.0
    assert abs(found.deep_prob.mean - prob) < 2.0 * half


@pytest.mark.parametrize("design", ["n", "2n"])
def test_weights_give_what_brute_force_gives(design):
    judge = judge_of(design)
    often = Reliability(scenario=scenario_of(design), failures_frac=12.0)

    quick = simulated(often, judge, count=4000)
    brute = simulated(often, judge, count=40_000, seed=2, biased=False)

    assert brute.deep_count > 30
    for a, b in (
        (quick.lost_h, brute.lost_h), (quick.deep_prob, brute.deep_prob)
    ):  # fmt: skip
        half = math.hypot(a.high - a.low, b.high - b.low) / 2.0
        assert abs(a.mean - b.mean) < 1.6 * half
    assert_allclose(quick.excursions_per_year, brute.excursions_per_year, rtol=0.1)


def test_a_rare_loss_is_met_often_where_brute_force_meets_none():
    judge, inputs = judge_of("2n"), only(ups=(0.02, 8.0))

    found = simulated(inputs, judge, count=500)
    brute = simulated(inputs, judge, count=500, biased=False)
    exact = exactly(inputs, judge)

    assert brute.deep_count == 0
    assert found.deep_count > 100
    assert found.deep_prob.low <= exact.deep_per_year <= found.deep_prob.high


def test_intervals_hold_the_truth_as_often_as_they_say():
    judge, inputs = judge_of("2n"), only(ups=(0.02, 8.0), common_mode_frac=0.01)
    true = -math.expm1(-exactly(inputs, judge).deep_per_year)

    held = 0
    for seed in range(200):
        found = simulated(inputs, judge, count=400, seed=seed).deep_prob
        held += found.low <= true <= found.high

    # 190 of 200 expected at 95 %; 180 is three standard deviations below
    assert held >= 180


def test_the_same_seed_gives_the_same_year():
    judge, inputs = judge_of("2n"), Reliability(scenario=scenario_of())

    assert simulated(inputs, judge, count=300) == simulated(inputs, judge, count=300)


# --- the question -----------------------------------------------------------------


def test_every_kind_of_node_and_every_input_has_upkeep():
    assert set(Rates.model_fields) == set(UPKEEP)
    assert set(KIND_OF_NODE) == set(NODE_KINDS)
    assert set(KIND_OF_NODE.values()) <= set(UPKEEP)


def test_points_that_move_rates_share_every_judged_state():
    inputs = Reliability(scenario=scenario_of("n"), excursions=200)
    ground, memo = Ground(recordings=Recordings.none()), Memo()

    one = QUESTION.evaluate(inputs, ground, memo)
    again = QUESTION.evaluate(inputs, ground, Memo())
    more = QUESTION.evaluate(
        inputs.model_copy(update={"failures_frac": 2.0}), ground, memo
    )

    assert list(one) == [metric.key for metric in METRICS]
    assert one == again
    assert one["lost_server_h"] < more["lost_server_h"] < 4.1 * one["lost_server_h"]
    parts = [v for k, v in one.items() if k.endswith("_lost_server_h")]
    assert_allclose(sum(parts) - one["simulated_lost_server_h"], one["lost_server_h"])


def test_a_row_alone_has_no_failures_to_follow():
    inputs = Reliability(scenario=parse_scenario({}))

    with pytest.raises(ScenarioError, match="is needed for a site"):
        QUESTION.evaluate(inputs, Ground(recordings=Recordings.none()), Memo())


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"rates": {"ups": {"repair_h": 0}}}, id="no repair time"),
        pytest.param({"rates": {"ups": {"failures_per_year": -1}}}, id="negative"),
        pytest.param({"common_mode_frac": 1.1}, id="more than all"),
        pytest.param({"deep_loss_frac": 1.0}, id="deeper than everything"),
        pytest.param({"rates": {"battery": {}}}, id="unknown class"),
    ],
)
def test_what_is_no_rate_is_refused(given):
    with pytest.raises(ValidationError):
        Reliability.model_validate(given)


def test_a_site_that_trips_with_nothing_failed_is_refused():
    busy = Activity(
        frac=np.array([1.0]), curve_mhz=np.array([210.0, 1410.0]),
        curve_power=np.array([0.3, 1.0]), curve_slowdown=np.array([3.0, 1.0]),
    )  # fmt: skip
    crowded = scenario_of("n", added_servers_per_row=40)

    with pytest.raises(
        ScenarioError, match="with nothing failed, got '160 servers lost'"
    ):
        make_judge(assemble(crowded, busy, generated()))
