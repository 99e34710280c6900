"""Placement: every GPU once, rows filled evenly, watts of rows sum to the fleet's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.twin.serving.systems.small_ground import small_ground
from twin.catalogue import find_server
from twin.errors import ScenarioError
from twin.serving.fleet.parts import Action, Fleet, FleetClass, Plan, Pool, View
from twin.serving.fleet.placement import Hall, PowerReader, even_hall, place_fleet
from twin.serving.fleet.run import run_fleet

GROUND = small_ground()
A100 = GROUND.server
CLASS = FleetClass(name="all", prompt_pool="p0")


def fleet(*sizes):
    """Pools of (instances, GPUs each)."""
    pools = tuple(
        Pool(
            name=f"p{n}", count=count,
            engine=replace(GROUND.engine, gpu_count=gpus),
        )
        for n, (count, gpus) in enumerate(sizes)
    )  # fmt: skip
    return Fleet(pools=pools, classes=(CLASS,))


@given(
    sizes=st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from([1, 2, 4, 8, 16, 12])),
        min_size=1, max_size=4,
    ),
    servers=st.integers(1, 24),
    rows=st.integers(1, 5),
)  # fmt: skip
def test_every_gpu_is_used_at_most_once_and_an_instance_stands_in_one_row(
    sizes, servers, rows
):
    plan, hall = fleet(*sizes), even_hall(A100, servers, min(rows, servers))

    try:
        placed = place_fleet(plan, hall)
    except ScenarioError:
        return
    assert np.all(placed.gpus.sum(axis=0) <= hall.gpus)
    asked = [gpus for count, gpus in sizes for _ in range(count)]
    assert_array_equal(placed.instance_gpus, asked)
    for taken in placed.gpus:
        assert np.unique(hall.row_of[taken > 0]).size == 1


def test_instances_spread_over_rows_and_fill_servers_first_fit():
    placed = place_fleet(fleet((4, 4)), even_hall(A100, 4, 2))

    assert_array_equal(placed.row_of, [0, 1, 0, 1])
    assert_array_equal(placed.gpus.sum(axis=0), [8, 0, 8, 0])


def test_an_instance_larger_than_a_server_takes_whole_ones():
    placed = place_fleet(fleet((1, 4), (1, 16)), even_hall(A100, 6, 2))

    assert_array_equal(placed.gpus[1], [0, 0, 0, 8, 8, 0])


def test_too_few_servers_are_refused_with_what_is_missing():
    with pytest.raises(ScenarioError, match=r"8 more GPUs.*0 GPUs free in 2 servers"):
        place_fleet(fleet((3, 8)), even_hall(A100, 2, 1))


def test_other_server_types_are_no_room():
    hall = Hall(
        servers=(find_server("dgx-h100"),) * 4, row_of=np.zeros(4, dtype=np.int64),
        rows=("R1",),
    )  # fmt: skip

    with pytest.raises(ScenarioError, match="dgx-a100"):
        place_fleet(fleet((1, 8)), hall)


def test_rows_sum_to_the_fleet():
    plan = Plan(
        fleet=fleet((3, 4), (2, 8)),
        events=(Action(at_s=100.0, name="off", instance=1),),
    )
    placed = place_fleet(plan.fleet, even_hall(A100, 5, 3))

    result = run_fleet(plan, [GROUND.requests], horizon_s=600.0)
    inst = result.instances
    gpu_j = inst["energy_idle_j"] + inst["energy_prefill_j"] + inst["energy_decode_j"]
    server_w = placed.server_w(gpu_j / 600.0, inst["on_s"] / 600.0)
    row_w = placed.row_w(server_w)

    assert_allclose(server_w.sum(), result.server_j / 600.0, rtol=1e-12)
    assert_allclose(row_w.sum(), server_w.sum(), rtol=1e-12)
    assert np.all(server_w[placed.gpus.sum(axis=0) == 0] == 0.0)


class Reading:
    """Adds up what a power reader says."""

    period_s = 7.0

    def __init__(self, instances: int) -> None:
        self.reader = PowerReader(instances)
        self.energy_j = np.zeros(instances)
        self.at_s = 0.0

    def decide(self, now_s: float, view: View) -> list[Action]:
        self.energy_j += self.reader.read(now_s, view.inst) * (now_s - self.at_s)
        self.at_s = now_s
        return []


def test_readings_add_up_to_the_energy_booked():
    reading = Reading(2)
    plan = Plan(fleet=fleet((2, 8)), controller=reading)

    result = run_fleet(plan, [GROUND.requests], horizon_s=602.0)

    # the last reading is at 595 s; nothing runs from 481 s on
    inst = result.instances
    booked = inst["energy_idle_j"] + inst["energy_prefill_j"] + inst["energy_decode_j"]
    idle_w = 8 * A100.gpu.idle_w.value
    assert_allclose(reading.energy_j, booked - 7.0 * idle_w, rtol=1e-9)
