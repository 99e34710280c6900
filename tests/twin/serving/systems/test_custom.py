"""A fleet of one's own: services, pools, autoscaling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.scenario.serving import ServingInput, ServingTraffic
from twin.serving.fleet.autoscale import Autoscaler, PoolTarget
from twin.serving.fleet.parts import View
from twin.serving.fleet.state import INSTANCE, OFF, ON, STARTING
from twin.serving.ground import make_ground
from twin.serving.systems.base import Ground
from twin.serving.systems.baseline import SYSTEM as BASELINE
from twin.serving.systems.custom import (
    SYSTEM,
    CustomParameters,
    OwnPool,
    OwnService,
    share_out,
)
from twin.serving.traffic import Recordings


def small_ground() -> Ground:
    """Twenty minutes of generated chat on four servers."""
    study = ServingInput(
        server_count=4, traffic=ServingTraffic(rate_rps=4, length_s=1200)
    )
    return make_ground(study, Recordings.none())


def test_one_pool_and_one_service_are_the_baseline():
    ground = small_ground()
    own = CustomParameters(pools=(OwnPool(name="main", count=ground.instance_count),))

    found = SYSTEM.evaluate(ground, own)
    base = BASELINE.evaluate(ground, BASELINE.parameters())

    assert found.energy_j == base.energy_j
    assert found.latency_s == base.latency_s
    assert found.attained_frac == base.attained_frac


def test_services_share_the_traffic_by_weight():
    ground = small_ground()
    own = CustomParameters(
        services=(
            OwnService(name="chat", share=3.0, pool="main"),
            OwnService(name="batch", share=1.0, pool="main"),
        )
    )

    shared = share_out(ground, own)

    part = np.mean(shared.klass < len(ground.classes))
    assert part == pytest.approx(0.75, abs=4 * (0.1875 / len(ground.requests)) ** 0.5)
    assert (shared.klass % len(ground.classes) == ground.requests.klass).all()


def test_a_fleet_that_scales_draws_less_and_loses_nothing():
    ground = small_ground()
    most = ground.instance_count
    fixed = CustomParameters(pools=(OwnPool(name="main", count=most),))
    scaled = CustomParameters(
        pools=(OwnPool(name="main", count=most, most=most, requests_per_instance=20.0),)
    )

    all_on, follows = (SYSTEM.evaluate(ground, p) for p in (fixed, scaled))

    assert follows.gpu_hours < all_on.gpu_hours
    assert follows.energy_j < all_on.energy_j
    assert follows.finished + follows.in_flight == follows.arrived


def test_more_gpus_than_the_servers_have_is_refused():
    ground = replace(small_ground(), server_count=1)
    own = CustomParameters(pools=(OwnPool(name="main", count=9),))

    with pytest.raises(ScenarioError, match="must fit"):
        SYSTEM.evaluate(ground, own)


def test_a_pool_that_is_never_on_is_refused():
    with pytest.raises(ValueError, match="nothing on and does not scale"):
        OwnPool(name="main", count=0)


# --- the autoscaler by hand ---


def view(load: list[float], status: list[int]) -> View:
    inst = np.zeros(len(load), dtype=INSTANCE)
    inst["requests_load"] = load
    inst["status"] = status
    none = np.zeros(0)
    return View(
        inst=inst, pool=inst["pool"], arrived=none, prompt_tokens=none,
        output_tokens=none, pool_w=none, queued=inst["queue"],
    )  # fmt: skip


def scaler() -> Autoscaler:
    target = PoolTarget(
        first=0, end=4, requests=10.0, least=1, start_s=420.0, patience_s=60.0
    )
    return Autoscaler(targets=(target,))


def test_thirty_one_requests_at_ten_each_need_four_instances():
    asked = scaler().decide(0.0, view([31.0, 0, 0, 0], [ON, STARTING, OFF, OFF]))

    assert [(a.name, a.instance, a.value) for a in asked] == [
        ("on", 2, 420.0),
        ("on", 3, 420.0),
    ]


def test_a_pool_shrinks_only_after_its_patience_and_sheds_the_idlest():
    one = scaler()
    small = view([9.0, 2.0, 5.0, 0.0], [ON, ON, ON, ON])

    assert one.decide(0.0, small) == []
    assert one.decide(45.0, small) == []
    shed = one.decide(60.0, small)

    assert [(a.name, a.instance) for a in shed] == [("off", 3), ("off", 1)]
