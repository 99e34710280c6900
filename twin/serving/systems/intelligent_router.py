"""
Intelligent Router: requests are spread by what mixing them will cost.

A heavy prompt that joins an instance stalls all its decoding requests; a heavy decode
slows all that follow. The router tells light and heavy prompts and decodes apart (four
kinds), guesses the decode length with a small model, estimates how much latency each
instance's mix would gain, and takes the least. The paper learns the choice by
heuristic-guided reinforcement learning; here it is the mix-aware heuristic alone, no RL
trained, on a predictor of stated error. The comparison is with round robin.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.scenario.base import quantity
from twin.serving.fleet.parts import FleetClass, Plan, Pool, Requests, RoutingName
from twin.serving.predictor import PredictorParameters, predicted_requests
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.loads import instances_at, load_frac
from twin.serving.systems.outcome import (
    baseline_fleet,
    check_traffic,
    mean_s,
    run_plan,
)

SOURCE = (
    "Intelligent Router for LLM workloads (arXiv 2408.13510): abstract read, mechanism "
    "second-hand"
)
KINDS = ("light, light", "light, heavy", "heavy, light", "heavy, heavy")
"""Prompt, then decode."""


class RouterParameters(PredictorParameters):
    """The predictor, what counts as heavy, and the load."""

    heavy_prompt_tokens: float | None = quantity(
        None, "Prompts above are heavy; empty: the median of the traffic.",
        unit="tokens", example=1024.0, source="assumed", ge=0.0,
    )  # fmt: skip
    heavy_decode_tokens: float | None = quantity(
        None, "Outputs above are heavy; empty: the median of the traffic.",
        unit="tokens", example=128.0, source="assumed", ge=0.0,
    )  # fmt: skip
    load_frac: float | None = quantity(
        None, "Turn instances off until the load is at most this; empty: all at hand "
        "are on.", example=0.8, source="assumed", gt=0.0, le=10.0,
    )  # fmt: skip


def kinds_of(requests: Requests, given: RouterParameters) -> np.ndarray:
    """Place in `KINDS` of each request, by its true lengths. shape (requests,)"""
    prompt, output = requests.prompt, requests.output
    heavy_prompt, heavy_decode = given.heavy_prompt_tokens, given.heavy_decode_tokens
    over_p = prompt > (np.median(prompt) if heavy_prompt is None else heavy_prompt)
    over_d = output > (np.median(output) if heavy_decode is None else heavy_decode)
    return (2 * over_p + over_d).astype(np.int64)


def kind_classes(classes: tuple[FleetClass, ...]) -> tuple[FleetClass, ...]:
    """The ground's classes once per kind; kind k's start at k × their number."""
    return tuple(
        replace(c, name=f"{c.name}, {kind}") for kind in KINDS for c in classes
    )


def routed_plan(ground: Ground, routing: RoutingName, instances: int) -> Plan:
    """One pool with this router, a class per kind and range of the limits."""
    pool = Pool(name="main", engine=ground.engine, count=instances, routing=routing)
    fleet = baseline_fleet(ground, pool=pool)
    return Plan(fleet=replace(fleet, classes=kind_classes(ground.classes)))


def evaluate(ground: Ground, given: RouterParameters) -> Outcome:
    """
    The traffic routed by its mix, beside the same pool in turn.

    Raises:
        ScenarioError: If there is no request, or none to train a predictor on.
    """
    check_traffic(ground.requests)
    requests, quality = predicted_requests(ground.requests, given, seed=ground.seed)
    kinds = kinds_of(requests, given)
    requests = replace(requests, klass=requests.klass + kinds * len(ground.classes))
    instances = instances_at(ground, given.load_frac)
    in_turn = routed_plan(ground, "round_robin", instances)
    plain, ran_plain = run_plan(ground, in_turn, "round_robin", "Round robin", requests)
    by_mix = routed_plan(ground, "mix_aware", instances)
    outcome, ran = run_plan(ground, by_mix, SYSTEM.key, SYSTEM.label, requests)
    figures = {
        "instances_count": float(instances),
        "load_frac": load_frac(ground, instances),
        "predictor_error_tokens": quality.mean_error_tokens,
        "predictor_rank_correlation": quality.rank_correlation,
    }
    for metric in ("e2e", "ttft", "tbt"):
        before, after = (mean_s(r, metric) for r in (ran_plain, ran))
        figures[f"{metric}_mean_s"] = after
        figures[f"{metric}_mean_change_frac"] = after / before - 1.0
    count = len(ground.classes)
    for place, kind in enumerate(KINDS):
        names = tuple(ran.classes)[place * count : (place + 1) * count]
        before, after = (mean_s(r, "e2e", names) for r in (ran_plain, ran))
        name = kind.replace(", ", "_")
        figures[f"e2e_mean_change_frac_{name}"] = after / before - 1.0
        figures[f"share_frac_{name}"] = float((kinds == place).mean())
    return outcome.plus(
        figures,
        "mix-aware heuristic, no RL trained; the comparison is with round robin",
        "what counts as heavy is ours: the median of the traffic where not given",
        baseline=plain,
    )


SYSTEM = System(
    key="intelligent_router", label="Intelligent Router (mix-aware heuristic)",
    kind="fleet",
    summary="Sends each request where the mix of prompts and decodes gains the least "
    "latency; heuristic alone, no RL trained.", source=SOURCE, mark="published",
    page="intelligent_router.md", parameters=RouterParameters, evaluate=evaluate,
)  # fmt: skip
