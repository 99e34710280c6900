"""
Medha: prompts of up to a million tokens beside short ones, without blocking them.

A long prompt that is prefilled whole keeps everybody else waiting for minutes. Medha
cuts prompts into chunks sized so that an iteration stays short, may put another prompt
first between chunks, and orders prompts by relative slack: time left ÷ time allowed,
which grows with length. Long prompts are prefilled by several stages that their chunks
follow each other through (sequence parallel) and decoded with the cache divided over
groups (KV parallel).

Here a stated share of requests is made long. They go to a pool of instances of many
GPUs; both pools cut prompts and take the least slack first. The comparison is with the
same servers as one pool, prompts whole, first come first served. How many prompts were
long, and how long, was not published: shape only.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet import state as k
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import (
    FCFS,
    SLACK,
    Chunking,
    Engine,
    Fleet,
    FleetClass,
    Plan,
    Pool,
    Requests,
)
from twin.serving.fleet.run import FleetResult
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import baseline_fleet, check_traffic, run_plan
from twin.types import FloatArray

SOURCE = "Medha (arXiv 2409.17264 v4): abstract read"
STREAM = 661
"""Number of this system's stream of draws."""
LONG = "very long"
"""Name of the pool, and how names of its classes begin."""
NEAR_TDP_FRAC = 0.8
"""What counts as near TDP, as a mean over one record. Assumed."""


class MedhaParameters(Model):
    """Long prompts, chunks and the pool for them."""

    long_frac: float = quantity(
        0.002, "Share of requests that are long.", source="assumed", ge=0.0, le=1.0
    )
    long_least_tokens: float = quantity(
        65536.0, "Shortest of the long prompts.", unit="tokens", source="assumed",
        ge=1.0, le=1048576.0,
    )  # fmt: skip
    long_most_tokens: float = quantity(
        524288.0, "Longest; between them the logarithm is even.", unit="tokens",
        example=1048576.0, source="assumed; the paper goes to 10 million", ge=1.0,
        le=1048576.0,
    )  # fmt: skip
    sequence_parallel: int = quantity(
        4, "Stages that a long prompt's chunks follow each other through.",
        unit="stages", source="assumed", ge=1, le=64,
    )  # fmt: skip
    kv_parallel: int = quantity(
        1, "Groups that share the cache of a long sequence.", unit="groups", example=2,
        source="assumed", ge=1, le=64,
    )  # fmt: skip
    long_instances: int = quantity(
        1, "Instances for long prompts; the other servers serve the rest.",
        unit="instances", source="assumed", ge=1, le=1000,
    )  # fmt: skip
    chunk_target_s: float = quantity(
        0.1, "Longest iteration aimed at.", unit="s",
        source="the limit of the time between tokens", gt=0.0, le=10.0,
    )  # fmt: skip
    long_chunk_target_s: float = quantity(
        2.0, "The same in the long pool.", unit="s", example=0.5,
        source="assumed; see medha.md on the power of short chunks", gt=0.0, le=60.0,
    )  # fmt: skip
    chunk_overhead_s: float = quantity(
        0.002, "Added to every chunk.", unit="s", source="assumed", ge=0.0, le=1.0
    )
    long_slack: float = quantity(
        5.0, "Limit of a long prompt's time to first token ÷ its prefill alone on the "
        "long pool.", source="assumed", gt=1.0,
    )  # fmt: skip


def octaves(given: MedhaParameters) -> FloatArray:
    """Upper ends of the ranges of long prompts: twice the last, up to the longest."""
    if given.long_most_tokens < given.long_least_tokens:
        raise ScenarioError("long_most_tokens", "must not be below long_least_tokens",
                            given.long_most_tokens,
                            "raise it, or lower the other")  # fmt: skip
    count = math.log2(given.long_most_tokens / given.long_least_tokens)
    ends = given.long_least_tokens * 2.0 ** np.arange(1, max(1, math.ceil(count)) + 1)
    return np.asarray(np.minimum(ends, given.long_most_tokens))


def mixed_requests(
    requests: Requests, given: MedhaParameters, *, classes: int, seed: int
) -> Requests:
    """
    Make a share of the requests long; outputs stay, classes are those of the octave.

    Args:
        requests: The traffic.
        given: Share and lengths.
        classes: Classes of the ground; long ones come after them.
        seed: Seed of the draws.
    """
    rng = np.random.default_rng((seed, STREAM))
    long = rng.random(len(requests)) < given.long_frac
    low, high = np.log([given.long_least_tokens, given.long_most_tokens])
    drawn = np.rint(np.exp(rng.uniform(low, high, len(requests)))).astype(np.int64)
    octave = np.searchsorted(octaves(given)[:-1], drawn, side="left")
    return replace(
        requests,
        prompt=np.where(long, drawn, requests.prompt),
        klass=np.where(long, classes + octave, requests.klass),
    )


def long_engine(ground: Ground, given: MedhaParameters) -> Engine:
    """
    The ground's model on the GPUs of one long instance.

    Raises:
        ScenarioError: If its cache cannot hold the longest prompt; says what can.
    """
    engine = make_engine(
        ground.model, ground.server, tensor_parallel=ground.engine.gpu_count,
        sequence_parallel=given.sequence_parallel, kv_parallel=given.kv_parallel,
    )  # fmt: skip
    room = engine.table.kv_capacity_tokens
    if room <= given.long_most_tokens:
        raise ScenarioError("long_most_tokens", "must fit the cache of a long "
                            f"instance, {room:,.0f} tokens", given.long_most_tokens,
                            "raise sequence_parallel or kv_parallel, or take shorter "
                            "prompts")  # fmt: skip
    return engine


def long_classes(engine: Engine, given: MedhaParameters) -> tuple[FleetClass, ...]:
    """One class per octave; its limit grows with the prefill of its longest."""
    table = engine.table
    return tuple(
        FleetClass(
            name=f"{LONG}, up to {end:,.0f}", prompt_pool=LONG,
            ttft_slo_s=given.long_slack
            * float(np.interp(end, table.prefill_tokens, table.prefill_s)),
        )
        for end in octaves(given)
    )  # fmt: skip


def long_plan(ground: Ground, given: MedhaParameters, engine: Engine) -> Plan:
    """
    Chunks, slack and a pool of its own for long prompts.

    Raises:
        ScenarioError: If the long instances leave no servers for the rest.
    """
    each = ground.engine.gpu_count
    left = (ground.gpu_count - given.long_instances * engine.gpu_count) // each
    if left < 1:
        raise ScenarioError("long_instances",
                            f"must leave GPUs of {ground.gpu_count} for other requests",
                            f"{given.long_instances} × {engine.gpu_count} GPUs",
                            "add servers, or lower sequence_parallel or "
                            "kv_parallel")  # fmt: skip
    chunks = Chunking(target_s=given.chunk_target_s, overhead_s=given.chunk_overhead_s)
    long_chunks = Chunking(
        target_s=given.long_chunk_target_s, overhead_s=given.chunk_overhead_s,
        most_tokens=int(given.long_most_tokens),
    )  # fmt: skip
    pools = (
        Pool(
            name="main", engine=ground.engine, count=left, queue=SLACK, chunking=chunks
        ),
        Pool(
            name=LONG, engine=engine, count=given.long_instances, queue=SLACK,
            chunking=long_chunks, routing="least_tokens",
        ),
    )  # fmt: skip
    classes = (*ground.classes, *long_classes(engine, given))
    return Plan(fleet=Fleet(pools=pools, classes=classes, pue=ground.pue))


def whole_plan(ground: Ground, given: MedhaParameters, engine: Engine) -> Plan:
    """One pool, prompts whole, first come first served, with the same limits."""
    long = (replace(c, prompt_pool="main") for c in long_classes(engine, given))
    pool = Pool(
        name="main", engine=ground.engine, count=ground.instance_count, queue=FCFS
    )
    fleet = baseline_fleet(ground, pool=pool)
    return Plan(fleet=replace(fleet, classes=(*ground.classes, *long)))


def percentile_of(
    result: FleetResult, metric: str, frac: float, *, long: bool
) -> float:
    """Percentile of "ttft", "tbt" or "e2e" over long or other requests. [s]"""
    rows = [n.startswith(LONG) is long for n in result.classes]
    some = replace(result, histogram=result.histogram[np.array(rows)])
    return some.percentile(metric, frac)


def near_tdp_s(result: FleetResult, engine: Engine) -> tuple[float, float]:
    """
    GPU power of the long pool at its highest, and time near TDP.

    Returns:
        Highest mean of a tick ÷ TDP of the pool, and time of records with at least
        `NEAR_TDP_FRAC` of it. [1], [s]
    """
    pool = result.pools[LONG]
    count = pool.series[:, k.S_ON].max() * engine.gpu_count
    tdp_w = float(count * engine.gpu.tdp_w.value)
    near = np.count_nonzero(pool.series[:, k.S_MEAN_W] >= NEAR_TDP_FRAC * tdp_w)
    return float(pool.series[:, k.S_MAX_W].max()) / tdp_w, float(near * result.record_s)


def evaluate(ground: Ground, given: MedhaParameters) -> Outcome:
    """
    The traffic with its long prompts, chunked and apart, beside one plain pool.

    Raises:
        ScenarioError: If the longest prompt does not fit, the long pool takes every
            server, or there is no request.
    """
    check_traffic(ground.requests)
    engine = long_engine(ground, given)
    requests = mixed_requests(
        ground.requests, given, classes=len(ground.classes), seed=ground.seed
    )
    whole = whole_plan(ground, given, engine)
    plain, ran_plain = run_plan(
        ground, whole, "whole_prompts", "Whole prompts, first come", requests
    )
    cut = long_plan(ground, given, engine)
    outcome, ran = run_plan(ground, cut, SYSTEM.key, SYSTEM.label, requests)
    peak, near_s = near_tdp_s(ran, engine)
    figures = {
        "long_requests_count": float((requests.klass >= len(ground.classes)).sum()),
        "long_pool_peak_tdp_frac": peak,
        "long_pool_near_tdp_s": near_s,
        "throughput_ratio": outcome.output_tokens / plain.output_tokens,
    }
    for who, long in (("long", True), ("other", False)):
        for metric, part, frac in (
            ("ttft", "p50", 0.5), ("ttft", "p99", 0.99), ("e2e", "p50", 0.5),
        ):  # fmt: skip
            ours, theirs = (
                percentile_of(r, metric, frac, long=long) for r in (ran, ran_plain)
            )
            figures[f"{metric}_{part}_s_{who}"] = ours
            figures[f"{metric}_{part}_speedup_{who}"] = theirs / ours
    note = "which requests are long, and how long, is assumed"
    return outcome.plus(figures, note, engine.table.source, baseline=plain)


SYSTEM = System(
    key="medha", label="Medha", kind="fleet",
    summary="Cuts long prompts into chunks, orders by slack, and gives the longest a "
    "pool of many GPUs.", source=SOURCE, mark="published", page="medha.md",
    parameters=MedhaParameters, evaluate=evaluate,
    own_terms="very long prompts are added to the traffic",
)  # fmt: skip
