"""
DroidSpeak: models of one architecture read each other's prefix caches.

Agents of one workflow are often fine-tuned from the same base and see the same
context. DroidSpeak lets a model take the KV cache that another one made of a shared
prefix: a few contiguous layers, found critical by an offline profile, are computed
anew, the others are loaded over the network meanwhile.

Here a stated share of requests belongs to workflows whose steps go to different models
and share a prefix. A hit leaves `recompute_frac` of the prefix's prefill and loads the
rest from the fleet's store. The comparison is with the same store where each model
uses only its own caches.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.catalogue.chips import CHIPS
from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet.memory import kv_byte_per_token
from twin.serving.fleet.parts import FleetClass, Plan, Pool, PrefixCache, Requests
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import baseline_fleet, mean_s, run_plan

SOURCE = (
    "DroidSpeak (NSDI 2026), arXiv 2411.02820: abstract read; layers and range of the "
    "gain second-hand"
)
STREAM = 831
"""Number of this system's stream of draws."""


class DroidSpeakParameters(Model):
    """Models, what they share, and what reuse costs."""

    models: int = quantity(
        4, "Models of one architecture, each with its share of the instances.",
        unit="models", source="assumed", ge=1, le=64,
    )  # fmt: skip
    shared_frac: float = quantity(
        0.6, "Share of requests that belong to workflows over several models.",
        source="assumed", ge=0.0, le=1.0,
    )  # fmt: skip
    steps: int = quantity(
        4, "Requests of one workflow, one model after the other.", unit="requests",
        source="assumed", ge=1, le=64,
    )  # fmt: skip
    apart: int = quantity(
        32, "Workflows under way at a time: how far apart steps of one are.",
        unit="workflows", source="assumed", ge=1, le=4096,
    )  # fmt: skip
    prefix_frac: float = quantity(
        0.8, "Share of a prompt that its workflow has in common.", source="assumed",
        ge=0.0, le=1.0,
    )  # fmt: skip
    recompute_frac: float = quantity(
        0.3, "Prefill of another model's prefix that is computed anew; 1 is no reuse.",
        source="assumed within 0.3 to 0.6; about a tenth of layers is critical "
        "(second-hand)", ge=0.0, le=1.0,
    )  # fmt: skip
    kv_byte_per_token: float | None = quantity(
        None, "Cache bytes of one token; null: the model's own.", unit="B",
        example=327680.0, source="derived: layers × heads × width of the model", gt=0.0,
    )  # fmt: skip
    load_byte_per_s: float | None = quantity(
        None, "Bandwidth at which caches are loaded; null: the GPU's network port.",
        unit="B/s", example=25e9, source="assumed: one port, nobody else on it", gt=0.0,
    )  # fmt: skip
    entries: int = quantity(
        4096, "Prefixes the store holds.", unit="prefixes", source="assumed", ge=1
    )


def prefill_frac(prefix_frac: float, recompute_frac: float) -> float:
    """
    Prefill work of a prompt with a hit ÷ without, loading hidden. 0..1

    Source:
        docs/models/droidspeak.md, eq. 1.
    """
    return 1.0 - prefix_frac * (1.0 - recompute_frac)


def workflow_requests(
    requests: Requests, parameters: DroidSpeakParameters, classes: int, seed: int
) -> Requests:
    """
    Give requests a model, and those of a workflow a common prefix.

    Step k of a workflow goes to model k, counted around; requests outside workflows
    go to the models in turn. Model m's classes stand at m × `classes`.

    Args:
        requests: The traffic, without chains.
        parameters: See there.
        classes: Classes of the ground.
        seed: Seed of the draws.

    Returns:
        As many requests at the same times and of the same lengths.
    """
    p = parameters
    rng = np.random.default_rng((seed, STREAM))
    shared = rng.random(len(requests)) < p.shared_frac
    place = np.cumsum(shared) - 1  # among the shared ones
    block = p.steps * p.apart
    workflow = place // block * p.apart + place % p.apart
    step = place % block // p.apart
    model = np.where(shared, step + workflow, np.arange(len(requests))) % p.models
    covered = np.rint(p.prefix_frac * requests.prompt).astype(np.int64)
    return replace(
        requests,
        klass=requests.klass + model * classes,
        prefix_id=np.where(shared, workflow, -1),
        prefix=np.where(shared, covered, 0),
    )


def own_prefixes(requests: Requests, models: int, classes: int) -> Requests:
    """The same with a prefix of its own for each model: nothing is read across."""
    model = requests.klass // classes
    apart = requests.prefix_id * models + model
    return replace(requests, prefix_id=np.where(requests.prefix_id < 0, -1, apart))


def model_classes(
    classes: tuple[FleetClass, ...], models: int
) -> tuple[FleetClass, ...]:
    """The ground's classes once per model, each with a pool of its own."""
    return tuple(
        replace(
            klass, name=f"{klass.name}, model {m}", prompt_pool=f"model {m}", model=m
        )
        for m in range(models)
        for klass in classes
    )


def shares(instances: int, models: int) -> tuple[int, ...]:
    """
    Instances of each model, as even as they come.

    Raises:
        ScenarioError: If there are fewer instances than models.
    """
    if instances < models:
        raise ScenarioError("models", f"must not exceed the {instances} instances that "
                            "fit the servers", models,
                            "add servers, or take fewer models")  # fmt: skip
    even, left = divmod(instances, models)
    return tuple(even + (m < left) for m in range(models))


def shared_store(ground: Ground, parameters: DroidSpeakParameters) -> PrefixCache:
    """The fleet's store of caches; what is not computed anew is loaded from it."""
    p = parameters
    port = CHIPS[ground.server.gpu.key].network_byte_s.value
    return PrefixCache(
        scope="fleet",
        entries=p.entries,
        recompute_frac=p.recompute_frac,
        load_token_s=(p.kv_byte_per_token or kv_byte_per_token(ground.model))
        / (p.load_byte_per_s or port),
    )


def sharing_plan(ground: Ground, parameters: DroidSpeakParameters) -> Plan:
    """One pool per model behind one store of caches."""
    cache = shared_store(ground, parameters)
    pools = tuple(
        Pool(name=f"model {m}", engine=ground.engine, count=count, prefix_cache=cache)
        for m, count in enumerate(shares(ground.instance_count, parameters.models))
    )
    classes = model_classes(ground.classes, parameters.models)
    return Plan(fleet=replace(baseline_fleet(ground), pools=pools, classes=classes))


def evaluate(ground: Ground, parameters: DroidSpeakParameters) -> Outcome:
    """
    Workflows over several models, with caches read across them.

    Raises:
        ScenarioError: If there are fewer instances than models, or the model's cache
            size is neither known nor stated.
    """
    requests = workflow_requests(
        ground.requests, parameters, len(ground.classes), ground.seed
    )
    own = own_prefixes(requests, parameters.models, len(ground.classes))
    plan = sharing_plan(ground, parameters)
    plain, ran_plain = run_plan(
        ground, plan, "own_caches", "Each model its own caches", own
    )
    outcome, ran = run_plan(ground, plan, SYSTEM.key, SYSTEM.label, requests)
    before, after = (mean_s(r, "ttft") for r in (ran_plain, ran))
    return outcome.plus(
        {
            "ttft_mean_ratio": before / after,
            "ttft_p99_ratio": plain.latency_s["ttft"]["p99"]
            / outcome.latency_s["ttft"]["p99"],
            "prefill_frac_of_a_hit": prefill_frac(
                parameters.prefix_frac, parameters.recompute_frac
            ),
        },
        "which requests share a prefix across models is assumed",
        "quality is taken as kept, as published",
        baseline=plain,
    )  # fmt: skip


SYSTEM = System(
    key="droidspeak", label="DroidSpeak", kind="fleet",
    summary="Models of one architecture load each other's prefix caches and compute "
    "only the critical layers anew.", source=SOURCE, mark="published",
    page="droidspeak.md", parameters=DroidSpeakParameters, evaluate=evaluate,
    own_terms="requests share prefixes across related models",
)  # fmt: skip
