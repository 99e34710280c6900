"""QLM: the estimator, who serves whom, and what swaps and evictions do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cli.validation.even_ground import even_ground
from twin.errors import ScenarioError
from twin.serving.systems.outcome import run_plan
from twin.serving.systems.qlm import evaluate, shared_plan
from twin.serving.systems.qlm_groups import (
    BATCH,
    QlmParameters,
    busy_instances,
    dedicated_shares,
    group_requests,
    group_works,
    make_groups,
)
from twin.serving.systems.qlm_queues import (
    Claim,
    Work,
    assign,
    instances_needed,
    waiting_s,
)
from twin.serving.systems.qlm_scheduler import Scheduler

WORK = Work(mean_tokens=100.0, sd_tokens=50.0, token_s=1000.0)
GROUND = even_ground(
    rate_per_s=20, prompt_tokens=500, output_tokens=150, horizon_s=1800.0, servers=16
)
NEVER = math.inf


def claim(deadline_s=NEVER, needed=0, wanted=0, model=0):
    return Claim(deadline_s=deadline_s, needed=needed, wanted=wanted, model=model)


# --- the estimator ---


def test_waiting_time_by_hand():
    wait, spread = waiting_s(np.array([1, 101]), WORK, 2.0)

    # 100 ahead × 100 tokens ÷ 2,000 tokens/s; sqrt(100) × 50 ÷ 2,000
    assert_allclose(wait, [0.0, 5.0])
    assert_allclose(spread, [0.0, 0.25])


def test_nobody_serves_nobody_waits_an_end():
    wait, _ = waiting_s(np.array([2]), WORK, 0.0)

    assert wait[0] == math.inf


def test_instances_for_the_most_pressing_place():
    slack_s = np.full(101, 5.0)

    # the last waits 10 s on one instance, with one deviation of 0.5 s more
    assert instances_needed(slack_s, WORK, sure=0.0) == pytest.approx(2.0)
    assert instances_needed(slack_s, WORK, sure=1.0) == pytest.approx(2.1)


def test_late_requests_ask_for_nothing():
    assert instances_needed(np.array([-5.0, -1.0]), WORK) == 0.0


# --- who serves whom ---


@pytest.mark.parametrize(
    ("claims", "serving", "expected"),
    [
        pytest.param(
            [claim(), claim()], [0, 0, 1], [0, 0, 1], id="nobody asks, all stay"
        ),
        pytest.param(
            [claim(), claim(10, needed=1)], [0, 0], [1, 0], id="a need is met by who"
            " is not wanted",
        ),
        pytest.param(
            [claim(5, needed=2), claim(50, needed=2)], [1, 1, 1], [1, 0, 0],
            id="too few: the earliest deadline first",
        ),
        pytest.param(
            [claim(5, wanted=3), claim(50, wanted=3)], [0, 1, 1], [0, 1, 1],
            id="wishes move nobody who is wanted",
        ),
        pytest.param(
            [claim(5, wanted=3), claim()], [0, 1, 1], [0, 0, 0],
            id="wishes take those nobody wants",
        ),
    ],
)  # fmt: skip
def test_assignment(claims, serving, expected):
    found = assign(claims, np.array(serving), np.arange(len(claims)))

    assert_array_equal(found, expected)


def test_the_same_model_is_taken_before_another():
    claims = [claim(5, needed=1, model=0), claim(model=1), claim(model=0)]

    found = assign(claims, np.array([1, 2]), np.array([0, 1, 0]))

    assert_array_equal(found, [1, 0])


# --- traffic ---


def test_batch_work_arrives_together_and_the_rest_as_it_was():
    given = QlmParameters(batch_every_s=300.0)
    groups = make_groups(GROUND, given)
    found = group_requests(GROUND, given, groups)

    batch = found.klass % 2 == BATCH
    assert np.all(found.arrived_s[batch] % 300.0 == 0.0)
    assert np.isin(found.arrived_s[~batch], GROUND.requests.arrived_s).all()
    assert found.output.sum() == GROUND.requests.output.sum()
    assert np.all(np.diff(found.arrived_s) >= 0)


def test_shares_of_models_are_those_asked_for():
    given = QlmParameters(other_frac=0.4, swing_frac=0.0)
    groups = make_groups(GROUND, given)
    model = groups.model_of[group_requests(GROUND, given, groups).klass]

    # standard error of 36,000 draws: 0.003
    assert_allclose(np.bincount(model) / model.size, [0.6, 0.2, 0.2], atol=0.01)


def test_shares_swing_each_at_its_own_time():
    given = QlmParameters(swing_frac=1.0, swing_s=1800.0, batch_frac=0.0)
    groups = make_groups(GROUND, given)
    found = group_requests(GROUND, given, groups)
    model = groups.model_of[found.klass]

    # model 0 weighs 0.5 × (1 + sin): twice its share at 450 s, nothing at 1,350 s
    at_peak = np.abs(found.arrived_s - 450.0) < 60.0
    at_trough = np.abs(found.arrived_s - 1350.0) < 60.0
    assert (model[at_peak] == 0).mean() > 0.7
    assert (model[at_trough] == 0).mean() < 0.05


def test_dedicated_instances_follow_the_work():
    assert dedicated_shares(np.array([6.0, 2.0, 0.1]), 9) == (6, 2, 1)


# --- the whole ---


def run(given, instances, ground=GROUND):
    groups = make_groups(ground, given)
    requests = group_requests(ground, given, groups)
    works = group_works(groups, requests)
    busy = busy_instances(groups, works, requests, ground.horizon_s)
    scheduler = Scheduler(groups, works, requests, busy, given, instances=instances)
    plan = shared_plan(ground, groups, scheduler, limit=len(requests))
    outcome, result = run_plan(ground, plan, "", "", requests)
    return scheduler, outcome, result


def test_limits_are_met_where_dedicated_instances_miss_them():
    outcome = evaluate(GROUND, QlmParameters(load_frac=0.5))

    assert outcome.baseline is not None
    assert outcome.arrived == outcome.baseline.arrived == len(GROUND.requests)
    assert outcome.attained_frac > 0.99
    assert outcome.baseline.attained_frac < 0.9
    assert outcome.figures["swaps_count"] > 0


def test_every_request_is_somewhere_at_the_end():
    _, outcome, _ = run(QlmParameters(), 5)

    refused = sum(outcome.refused.values())
    assert outcome.arrived == outcome.finished + refused + outcome.in_flight


def test_batch_work_gives_way_when_the_urgent_cannot_wait():
    urgent = QlmParameters(interactive_s=4.0, batch_every_s=600.0)

    scheduler, _, result = run(urgent, 6)

    assert scheduler.evictions > 0
    assert result.lost_tokens[1] > 0
    assert sum(c.restarted for c in result.classes.values()) > 0
    assert all(
        c.restarted == 0 for n, c in result.classes.items() if "interactive" in n
    )


def test_batch_work_is_held_where_its_deadlines_allow():
    given = QlmParameters(load_frac=0.4, hold_from_s=930.0, hold_s=300.0)

    figures = evaluate(GROUND, given).figures

    assert figures["held_power_w"] < 0.9 * figures["held_power_before_w"]
    assert figures["attained_frac_batch"] > 0.99


def test_batch_work_is_not_held_past_its_deadline():
    given = QlmParameters(batch_s=100.0, hold_from_s=905.0, hold_s=300.0)
    free, held = (
        run(given.model_copy(update={"hold_s": s}), 12)[1] for s in (0.0, 300.0)
    )

    assert held.attained_frac == pytest.approx(free.attained_frac, abs=1e-3)


def test_fewer_instances_than_models_are_refused():
    with pytest.raises(ScenarioError, match="an instance for each of 3 models"):
        evaluate(replace(GROUND, server_count=2), QlmParameters())


def test_a_model_named_twice_is_refused():
    with pytest.raises(ScenarioError, match="name each model once"):
        evaluate(GROUND, QlmParameters(other_models=("llama2-70b",)))
