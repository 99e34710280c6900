"""
The baseline: one pool of alike instances at the highest clock, peak-provisioned.

Every instance of the hall is on all the time, requests join the instance with the
fewest of them, prompts go first come first served. This is what the other systems of
a study are compared with.
"""

from __future__ import annotations

from typing import Literal

from twin.scenario.base import Model, described, quantity
from twin.serving.fleet.parts import QUEUES, Chunking, PlainRouting, Plan, Pool
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import baseline_fleet, run_plan


class BaselineParameters(Model):
    """How the one pool routes and queues."""

    routing: PlainRouting = described("least_requests", "How an instance is picked")
    queue: Literal["fcfs", "ssjf", "edf", "slack"] = described(
        "fcfs", "Order in which an instance admits"
    )
    clock_mhz: float | None = quantity(
        None, "SM clock. Empty is the highest", unit="MHz", example=1600, gt=0, le=5000
    )
    chunk_target_s: float | None = quantity(
        None, "Cut prompts so that an iteration takes no longer. Empty: prompts run "
        "alone and pause decode", unit="s", example=0.1, gt=0, le=10,
    )  # fmt: skip


def evaluate(ground: Ground, given: BaselineParameters) -> Outcome:
    """Run the traffic through one pool of alike instances."""
    chunking = None
    if given.chunk_target_s is not None:
        chunking = Chunking(target_s=given.chunk_target_s)
    pool = Pool(
        name="main", engine=ground.engine, count=ground.instance_count,
        routing=given.routing, queue=QUEUES[given.queue], chunking=chunking,
        clock_mhz=given.clock_mhz,
    )  # fmt: skip
    plan = Plan(fleet=baseline_fleet(ground, pool=pool))
    return run_plan(ground, plan, SYSTEM.key, SYSTEM.label)[0]


SYSTEM = System(
    key="baseline", label="One pool, all on", kind="fleet",
    summary="Every instance on at the highest clock; shortest queue, first come first "
    "served.", source="ours: the arrangement that published systems are compared with",
    mark="assumed", page="fleet.md", parameters=BaselineParameters, evaluate=evaluate,
)  # fmt: skip
