"""
A fleet of one's own: services with their limits, pools with their engines, routes.

Nothing published: the parts every published system is made of, put together freely.
Services share the study's traffic by weight; a service may have its own model through
the pools it uses, its own limits, priority and patience. Pools may be larger than
what is on at the start and scale with their load, after real start-up delays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import model_validator

from twin.errors import ScenarioError
from twin.scenario.base import Model, described, part, quantity
from twin.serving.fleet.autoscale import Autoscaler, pool_targets
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.memory import kv_byte_per_token
from twin.serving.fleet.parts import (
    QUEUES,
    Chunking,
    Fleet,
    FleetClass,
    Link,
    PlainRouting,
    Plan,
    Pool,
    QueueName,
    Requests,
)
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import run_plan

Name = described(..., "Name", example="chat", min_length=1, max_length=40)


class OwnPool(Model):
    """Instances of one engine behind one router."""

    name: str = Name
    model: str | None = described(
        None, "Key of its model; empty is the study's", example="llama-3.1-70b"
    )
    precision: str | None = described(
        None, "Of the weights; empty is as measured", example="fp8"
    )
    count: int | None = quantity(
        None, "Instances on at the start. Empty: what the servers have left; one pool "
        "only", example=4, ge=0, le=5000,
    )  # fmt: skip
    most: int | None = quantity(
        None, "Instances that may be on. Empty is `count`", example=8, ge=1, le=5000
    )
    requests_per_instance: float | None = quantity(
        None, "Scale to this many requests per instance. Empty: fixed", example=16,
        gt=0, le=10_000,
    )  # fmt: skip
    role: Literal["prompt", "token", "mixed"] = described(
        "mixed", "What it is meant for"
    )
    tensor_parallel: int | None = quantity(
        None, "GPUs sharing each layer. Empty is the study's", example=4, ge=1, le=64
    )
    pipeline_parallel: int = quantity(1, "Stages a prompt passes", ge=1, le=64)
    expert_parallel: int = quantity(1, "Groups sharing the experts", ge=1, le=64)
    clock_mhz: float | None = quantity(
        None, "SM clock. Empty is the highest", unit="MHz", example=1600, gt=0, le=5000
    )
    max_batch: int | None = quantity(
        None, "Sequences decoding together. Empty is as measured", example=64, ge=1,
        le=4096,
    )  # fmt: skip
    chunk_target_s: float | None = quantity(
        None, "Cut prompts so that an iteration takes no longer", unit="s", example=0.1,
        gt=0, le=10,
    )  # fmt: skip
    routing: PlainRouting = described("least_requests", "Router")
    queue: QueueName = described("fcfs", "Order of admission", example="edf")

    @model_validator(mode="after")
    def _large_enough(self) -> OwnPool:
        if self.most is not None and self.most < max(1, self.count or 0):
            raise ValueError(
                f"most {self.most} must not be below count {self.count}; raise it"
            )
        if self.count == 0 and self.requests_per_instance is None:
            raise ValueError(
                f"pool {self.name!r} has nothing on and does not scale; set count or "
                "requests_per_instance"
            )
        return self


class OwnService(Model):
    """Part of the traffic, with its own limits and route."""

    name: str = Name
    share: float = quantity(
        ..., "Weight of its traffic; need not sum to one", example=0.7, gt=0, le=1e6
    )
    pool: str = described(..., "Pool that prefills", example="main")
    token_pool: str | None = described(
        None, "Pool that decodes; empty: where it was prefilled", example="decode"
    )
    overflow_pool: str | None = described(
        None, "Pool asked when the first is full", example="spare"
    )
    overflow_tokens: float = quantity(
        8192.0, "Pending tokens above which the first is full", unit="tokens",
        source="Splitwise's threshold, read", gt=0, le=1e9,
    )  # fmt: skip
    ttft_s: float | None = quantity(
        None, "Limit of the time to first token. Empty is the study's", unit="s",
        example=2.0, gt=0, le=86_400,
    )  # fmt: skip
    tbt_s: float | None = quantity(
        None, "Limit of the mean time between tokens", unit="s", example=0.1, gt=0,
        le=60,
    )  # fmt: skip
    priority_s: float = quantity(
        0.0, "Head start in a priority queue; lower goes first", unit="s", example=-10,
        ge=-86_400, le=86_400,
    )  # fmt: skip
    patience_s: float | None = quantity(
        None, "Gives up after waiting longer. Empty: never", unit="s", example=60, gt=0,
        le=86_400,
    )  # fmt: skip


class OwnLink(Model):
    """Interconnect between prompt and token pools."""

    gbit_per_s: float = quantity(
        400.0, "Bandwidth of one instance's link", unit="Gbit/s",
        source="Splitwise, H100 machines, second-hand", gt=0, le=1e5,
    )  # fmt: skip
    latency_s: float = quantity(
        0.005, "Fixed part of a transfer", unit="s",
        source="Splitwise: about 5 ms on H100, second-hand", ge=0, le=10,
    )  # fmt: skip
    exposed_frac: float = quantity(
        0.1, "Part of the bytes that prefill does not hide", source="splitwise-sim: "
        "overlap counts as ten times the bandwidth, read", ge=0, le=1,
    )  # fmt: skip


class CustomParameters(Model):
    """Pools, services and what connects them."""

    pools: tuple[OwnPool, ...] = described(
        (OwnPool(name="main"),), "Pools; their GPUs must fit the study's servers",
        example=[{"name": "main", "count": 4, "most": 8}], min_length=1, max_length=12,
    )  # fmt: skip
    services: tuple[OwnService, ...] = described(
        (OwnService(name="all", share=1.0, pool="main"),), "Services that share the "
        "traffic", example=[{"name": "chat", "share": 1, "pool": "main"}], min_length=1,
        max_length=8,
    )  # fmt: skip
    link: OwnLink = part(OwnLink, "Interconnect", {"gbit_per_s": 200})
    off_power_frac: float = quantity(
        0.0, "Power of an instance that is off ÷ idle; 0: given back",
        source="assumed: servers scaled in serve somebody else", ge=0, le=1,
    )  # fmt: skip
    scale_period_s: float = quantity(
        15.0, "How often pools are scaled", unit="s",
        source="assumed: common in cluster autoscalers", gt=0, le=3600,
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_takes_the_rest(self) -> CustomParameters:
        rest = [p.name for p in self.pools if p.count is None]
        if len(rest) > 1:
            raise ValueError(
                f"only one pool may leave count empty, got {', '.join(rest)}; "
                "give the others a count"
            )
        return self


def evaluate(ground: Ground, given: CustomParameters) -> Outcome:
    """Run the study's traffic through one's own fleet."""
    pools = _pools(ground, given)
    fleet = Fleet(
        pools=pools, classes=_classes(ground, given),
        link=_link(ground, given), pue=ground.pue,
        off_power_frac=given.off_power_frac,
    )  # fmt: skip
    _check_gpus(ground, fleet)
    scaled = {
        p.name: p.requests_per_instance
        for p in given.pools
        if p.requests_per_instance is not None
    }
    controller = None
    if scaled:
        controller = Autoscaler(
            targets=pool_targets(fleet, scaled), period_s=given.scale_period_s
        )
    plan = Plan(fleet=fleet, controller=controller)
    requests = share_out(ground, given)
    return run_plan(ground, plan, SYSTEM.key, SYSTEM.label, requests)[0]


def _pools(ground: Ground, given: CustomParameters) -> tuple[Pool, ...]:
    """Pools as given; the one without a count takes what the servers have left."""
    made = [_pool(ground, p) for p in given.pools]
    taken = sum(
        p.engine.gpu_count * p.largest
        for p, own in zip(made, given.pools, strict=True)
        if own.count is not None
    )
    return tuple(
        p
        if own.count is not None
        else replace(p, count=max(0, ground.gpu_count - taken) // p.engine.gpu_count)
        for p, own in zip(made, given.pools, strict=True)
    )


def _pool(ground: Ground, own: OwnPool) -> Pool:
    engine = make_engine(
        own.model or ground.model, ground.server,
        tensor_parallel=own.tensor_parallel or ground.engine.gpu_count,
        pipeline_parallel=own.pipeline_parallel,
        expert_parallel=own.expert_parallel, precision=own.precision,
    )  # fmt: skip
    chunking = None
    if own.chunk_target_s is not None:
        chunking = Chunking(target_s=own.chunk_target_s)
    return Pool(
        name=own.name, engine=engine, count=own.count or 0, most=own.most,
        role=own.role,
        routing=own.routing, queue=QUEUES[own.queue], max_batch=own.max_batch,
        chunking=chunking, clock_mhz=own.clock_mhz,
    )  # fmt: skip


def _classes(ground: Ground, given: CustomParameters) -> tuple[FleetClass, ...]:
    """One class per service and prompt range of the study's limits."""
    return tuple(
        replace(
            base, name=f"{service.name}, {base.name}", prompt_pool=service.pool,
            token_pool=service.token_pool, overflow_pool=service.overflow_pool,
            overflow_tokens=service.overflow_tokens,
            ttft_slo_s=service.ttft_s or base.ttft_slo_s,
            tbt_slo_s=service.tbt_s or base.tbt_slo_s, priority_s=service.priority_s,
            patience_s=service.patience_s or float("inf"), model=s,
        )
        for s, service in enumerate(given.services)
        for base in ground.classes
    )  # fmt: skip


def _link(ground: Ground, given: CustomParameters) -> Link | None:
    """The link, priced by the largest cache of the models that send one."""
    senders = {s.pool for s in given.services if s.token_pool is not None}
    models = {p.model or ground.model for p in given.pools if p.name in senders}
    if not models:
        return None
    return Link(
        byte_per_s=given.link.gbit_per_s * 1e9 / 8,
        latency_s=given.link.latency_s, serial_below_tokens=512,
        exposed_frac=given.link.exposed_frac,
        kv_byte_per_token=max(kv_byte_per_token(m) for m in models),
    )  # fmt: skip


def _check_gpus(ground: Ground, fleet: Fleet) -> None:
    need = sum(p.engine.gpu_count * p.largest for p in fleet.pools)
    if need > ground.gpu_count:
        raise ScenarioError("systems.custom.pools", f"must fit {ground.gpu_count} GPUs "
                            f"of {ground.server_count} servers", f"{need} GPUs",
                            "take instances away, fewer GPUs each, or more "
                            "servers")  # fmt: skip


def share_out(ground: Ground, given: CustomParameters) -> Requests:
    """Give every request a service by weight; the same for the same seed."""
    weights = np.array([s.share for s in given.services])
    rng = np.random.default_rng([ground.seed, 6])
    service = rng.choice(weights.size, len(ground.requests), p=weights / weights.sum())
    klass = service * len(ground.classes) + ground.requests.klass
    return replace(ground.requests, klass=klass)


SYSTEM = System(
    key="custom", label="Own fleet", kind="fleet",
    summary="Services, pools, parallel degrees, routers and autoscaling of one's own.",
    source="ours: the parts that published systems are made of", mark="assumed",
    page="fleet.md", parameters=CustomParameters, evaluate=evaluate,
)  # fmt: skip
