"""TAPAS routing: rows kept below their limits by where requests go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cli.validation.even_ground import even_ground
from twin.errors import ScenarioError
from twin.serving.fleet.parts import Plan, Pool
from twin.serving.fleet.placement import even_hall, place_fleet
from twin.serving.fleet.run import run_fleet
from twin.serving.systems.outcome import baseline_fleet
from twin.serving.systems.tapas_router import evaluate
from twin.serving.systems.tapas_steering import (
    Steering,
    TapasRouterParameters,
    make_surroundings,
)

GROUND = even_ground(
    rate_per_s=10, prompt_tokens=1000, output_tokens=200, horizon_s=900.0, servers=8
)
ALONE = TapasRouterParameters(rows=2, opaque_frac=0.0, added_frac=0.0)


def steered(given, ground=GROUND, acts=True):
    pool = Pool(name="main", engine=ground.engine, count=ground.instance_count)
    fleet = baseline_fleet(ground, pool=pool)
    hall = even_hall(ground.server, ground.server_count, given.rows)
    placed = place_fleet(fleet, hall)
    around = make_surroundings(ground, given, placed)
    steering = Steering(ground, given, around, acts=acts)
    result = run_fleet(
        Plan(fleet=fleet, controller=steering), [ground.requests], horizon_s=900.0
    )
    return steering, result, around


def test_roomy_rows_are_left_alone():
    outcome = evaluate(GROUND, ALONE)

    assert outcome.baseline is not None
    assert outcome.figures["avoided_instance_hours"] == 0.0
    assert outcome.figures["peak_row_change_frac"] == 0.0
    assert outcome.energy_j == outcome.baseline.energy_j


def test_tight_rows_come_below_their_limit_and_nothing_is_lost():
    given = TapasRouterParameters(rows=4, added_frac=0.4)

    outcome = evaluate(GROUND, given)

    assert outcome.figures["row_over_limit_before_s"] > 60.0
    assert (
        outcome.figures["row_over_limit_s"]
        < 0.1 * outcome.figures["row_over_limit_before_s"]
    )
    assert outcome.arrived == outcome.finished + outcome.in_flight
    assert not outcome.refused


def test_row_power_is_what_its_servers_draw():
    steering, result, around = steered(ALONE, acts=False)

    # highest mean of ten seconds lies between the mean of the run and full power
    row_mean_w = result.server_j / 900.0 / 2
    assert row_mean_w < steering.peak_row_w < 4 * GROUND.server.full_w
    assert_allclose(around.limit_w, 4 * GROUND.server.provisioned_w.value)


def test_an_idle_instance_settles_at_the_hand_calculated_temperature():
    idle = replace(GROUND, requests=replace(GROUND.requests, arrived_s=np.full(
        len(GROUND.requests), 1e6)))  # fmt: skip
    given = TapasRouterParameters(rows=1, opaque_frac=0.0, outdoor_c=20.0)
    steering, _, around = steered(given, idle)

    # supply: 18 + 0.5 × 5 + 2 × load; GPU: 0.055 K/W × idle watts, own place and spread
    server = GROUND.server
    load = server.idle_w / server.full_w
    goal = (
        20.5 + 2 * load + 0.055 * server.gpu.idle_w.value
        + around.warmer_k + around.offset_k
    )  # fmt: skip
    assert_allclose(steering.gpu_c, goal, rtol=1e-3)


def test_hot_instances_are_avoided():
    cool = TapasRouterParameters(rows=2, opaque_frac=0.0, added_frac=0.0)
    hot = cool.model_copy(update={"risk_gpu_c": 45.0})

    assert steered(cool)[0].avoided_s == 0.0
    assert steered(hot)[0].avoided_s > 0.0
    assert steered(hot)[0].hottest_c >= 45.0


def test_some_instances_stay_open_however_tight():
    given = TapasRouterParameters(rows=2, opaque_frac=0.0, added_frac=2.0)

    steering, result, _ = steered(given)

    assert not steering.avoided.all()
    assert steering.lowest_clock_frac == pytest.approx(0.65)
    assert result.finished > 0


def test_clocks_stay_where_their_step_is_one():
    given = TapasRouterParameters(
        rows=2, opaque_frac=0.0, added_frac=2.0, clock_step_frac=1.0
    )

    assert steered(given)[0].lowest_clock_frac == 1.0


def test_more_rows_than_servers_are_refused():
    with pytest.raises(ScenarioError, match="must not exceed the 8 servers"):
        evaluate(GROUND, TapasRouterParameters(rows=9))
