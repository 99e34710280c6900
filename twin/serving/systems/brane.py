"""
BRANE: every query gets the cheapest pipeline that should still answer it.

A language model turns a query into binary features; for every pipeline of a catalogue
(model, documents, hops) a small classifier predicts from them whether the answer will
be right, and the query takes the pipeline with the largest probability - weight × cost.

Here queries, features and the classifiers' error are drawn from assumed odds
(`brane_queries.py`), tokens follow from the pipeline, and the fleet serves them on a
pool of the ground's model and one of a smaller model. The comparison is with the best
fixed pipeline for all queries. Which pipelines the paper had is not known: shape only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import Engine, Plan, Pool, Requests
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.brane_queries import (
    CATALOGUE,
    FEATURES,
    Odds,
    Pipeline,
    Queries,
    best_fixed,
    cheapest_as_good,
    choose,
    every_nth,
    guess,
    learned_half,
    logit,
    oracle,
    part_of,
    right_frac,
    taken,
    token_cost,
    token_shares,
)
from twin.serving.systems.outcome import baseline_fleet, check_traffic, run_plan
from twin.types import IntArray

SOURCE = "BRANE, arXiv 2605.27361: abstract read"
STREAM = 821
"""Number of this system's stream of draws."""
BARE = CATALOGUE.index(Pipeline(large=True, documents=0, hops=1))
"""The pipeline that reads the question and nothing else."""


class BraneParameters(Model):
    """Weight of cost, classifiers and pipelines."""

    cost_weight: float | None = quantity(
        None, "Probability given up for the mean cost of a query; null: the cheapest "
        "that is as accurate as the best fixed pipeline on every other query.",
        example=0.1, source="assumed", ge=0.0,
    )  # fmt: skip
    feature_error: float = quantity(
        0.1, "Probability that a feature is read wrong.", source="assumed", ge=0.0,
        le=0.5,
    )  # fmt: skip
    needs_documents_frac: float = quantity(
        0.5, "Share of queries that need documents.", source="assumed", ge=0.0, le=1.0
    )
    needs_hops_frac: float = quantity(
        0.2, "Share of queries that need several hops.", source="assumed", ge=0.0,
        le=1.0,
    )  # fmt: skip
    needs_reasoning_frac: float = quantity(
        0.3, "Share of queries that need the larger model.", source="assumed", ge=0.0,
        le=1.0,
    )  # fmt: skip
    question_tokens: int = quantity(
        200, "Length of a question, which every hop reads.", unit="tokens",
        source="assumed", ge=1,
    )  # fmt: skip
    document_tokens: int = quantity(
        250, "Length of one retrieved document; only its ratio to a question counts.",
        unit="tokens", source="assumed", ge=1,
    )  # fmt: skip
    small_model: str = quantity(
        "qwen3-8b", "The smaller model of the catalogue's pipelines.", unit="name",
        source="assumed; its odds are not this model's measured accuracy",
    )  # fmt: skip
    feature_tokens: int = quantity(
        16, "Tokens written to tell a query's features; its prompt is read once more.",
        unit="tokens", source="assumed", ge=0,
    )  # fmt: skip


def draw_queries(
    requests: Requests, parameters: BraneParameters, seed: int, *,
    large: Engine, small: Engine, odds: Odds | None = None,
) -> Queries:  # fmt: skip
    """
    What every pipeline would make of every request.

    Args:
        requests: The traffic; prompts are the questions.
        parameters: See there.
        seed: Seed of the draws.
        large: Engine of the ground's model.
        small: Engine of the smaller model.
        odds: None: the assumed ones.

    Source:
        docs/models/brane.md, eq. 1.
    """
    p, odds = parameters, odds or Odds()
    rng = np.random.default_rng((seed, STREAM))
    n = len(requests)
    shares = np.array(
        [p.needs_documents_frac, p.needs_hops_frac, p.needs_reasoning_frac]
    )
    features = rng.random((n, len(FEATURES))) < shares
    misread = rng.random(features.shape) < p.feature_error
    hidden = odds.hidden_spread * rng.standard_normal((n, 1))
    luck = rng.random((n, 1))
    read, written = token_shares(p.question_tokens, p.document_tokens)
    prompt = part_of(requests.prompt[:, None], read)
    output = part_of(requests.output[:, None], written)
    return Queries(
        cost=token_cost(prompt, output, large=large, small=small),
        guessed_frac=guess(
            features ^ misread, odds, shares=shares, error=p.feature_error
        ),
        right=luck < right_frac(logit(features, odds) + hidden),
    )


def piped_requests(
    requests: Requests, chosen: IntArray, parameters: BraneParameters, *,
    classes: int, reads_features: bool,
) -> Requests:  # fmt: skip
    """
    The traffic as the chosen pipelines make it.

    A recorded request is what the pipeline that reads the most makes of a query.

    Args:
        requests: As recorded.
        chosen: Pipeline per request.
        parameters: See there.
        classes: Classes of the ground; the smaller model's follow after them.
        reads_features: Whether each question is read once more, for its features.
    """
    read, written = token_shares(parameters.question_tokens, parameters.document_tokens)
    share = read[chosen]
    if reads_features:
        share = share + read[BARE]
    prompt = part_of(requests.prompt, share)
    output = part_of(requests.output, written[chosen])
    if reads_features:
        output = output + parameters.feature_tokens
    small = np.array([not one.large for one in CATALOGUE])[chosen]
    return replace(
        requests, klass=requests.klass + np.where(small, classes, 0), prompt=prompt,
        output=output, predicted=requests.predicted * output / requests.output,
    )  # fmt: skip


def split_gpus(
    gpus: int, large_frac: float, *, large_gpus: int, small_gpus: int
) -> tuple[int, int]:
    """
    Instances of the larger and the smaller model, by their shares of the work.

    Args:
        gpus: GPUs at hand.
        large_frac: The larger model's share of the GPU time. 0..1
        large_gpus: GPUs of one instance of the larger model.
        small_gpus: GPUs of one instance of the smaller model.

    Raises:
        ScenarioError: If both are needed and do not fit.
    """
    if large_frac == 0.0:
        return 0, gpus // small_gpus
    if large_frac == 1.0:
        return gpus // large_gpus, 0
    most = (gpus - small_gpus) // large_gpus
    if most < 1:
        raise ScenarioError("server_count",
                            "must carry an instance of each of two models", gpus,
                            f"use {large_gpus + small_gpus} GPUs or more")  # fmt: skip
    large = min(max(round(gpus * large_frac / large_gpus), 1), most)
    return large, (gpus - large * large_gpus) // small_gpus


def two_pool_plan(
    ground: Ground, small: Engine, queries: Queries, chosen: IntArray
) -> Plan:
    """The ground's GPUs as a pool of each model, by the GPU time chosen for each."""
    cost = queries.cost[np.arange(chosen.size), chosen]
    large = np.array([one.large for one in CATALOGUE])[chosen]
    counts = split_gpus(
        ground.gpu_count, float(cost[large].sum() / cost.sum()),
        large_gpus=ground.engine.gpu_count, small_gpus=small.gpu_count,
    )  # fmt: skip
    pools = tuple(
        Pool(name=name, engine=engine, count=count)
        for name, engine, count in zip(
            ("main", "small"), (ground.engine, small), counts, strict=True
        )
        if count
    )
    here = {pool.name for pool in pools}
    classes = tuple(
        replace(
            klass,
            name=f"{klass.name}{suffix}",
            prompt_pool=name if name in here else pools[0].name,
        )
        for name, suffix in (("main", ""), ("small", " (small)"))
        for klass in ground.classes
    )
    fleet = replace(baseline_fleet(ground), pools=pools, classes=classes)
    return Plan(fleet=fleet)


def chosen_pipelines(queries: Queries, parameters: BraneParameters) -> IntArray:
    """
    Pipeline per query at the stated weight, or at the cheapest that is as accurate.

    The weight is found on every other query, so the rest tell what it is worth. Where
    no weight is as accurate as the best fixed pipeline, all take that one.
    """
    learned = learned_half(queries)
    weight = parameters.cost_weight
    if weight is None:
        weight = cheapest_as_good(learned)
    if weight is None:
        return np.full(len(queries.cost), best_fixed(learned))
    return choose(queries, weight)


def evaluate(ground: Ground, parameters: BraneParameters) -> Outcome:
    """
    Every query on its own pipeline, beside the best fixed pipeline for all.

    All queries are served; accuracy and cost in the figures are of the half that
    neither the weight nor the best fixed pipeline was found on.

    Raises:
        ScenarioError: If there is no traffic, the smaller model is unknown, or two
            models do not fit.
    """
    check_traffic(ground.requests)
    small = make_engine(parameters.small_model, ground.server, start="warm")
    queries = draw_queries(
        ground.requests, parameters, ground.seed, large=ground.engine, small=small
    )
    fixed = np.full(len(ground.requests), best_fixed(learned_half(queries)))
    plain = _serve(
        ground, small, queries, fixed, parameters, system="best_fixed",
        label=f"Best fixed pipeline ({CATALOGUE[int(fixed[0])].name})",
    )  # fmt: skip
    chosen = chosen_pipelines(queries, parameters)
    outcome = _serve(
        ground, small, queries, chosen, parameters, system=SYSTEM.key,
        label=SYSTEM.label,
    )  # fmt: skip
    first = min(1, len(fixed) - 1)  # of a single query there is no other half
    held = every_nth(queries, 2, first)
    accuracy, cost = taken(held, chosen[first::2])
    fixed_accuracy, fixed_cost = taken(held, fixed[first::2])
    best_accuracy, best_cost = taken(held, oracle(held))
    return outcome.plus(
        {
            "accuracy_frac": accuracy,
            "fixed_accuracy_frac": fixed_accuracy,
            "oracle_accuracy_frac": best_accuracy,
            "query_cost_change_frac": cost / fixed_cost - 1.0,
            "oracle_cost_change_frac": best_cost / fixed_cost - 1.0,
        },
        "shape only: pipelines, odds and features are assumed",
        "hops of a query are served as one request of their summed lengths",
        "accuracy and cost: the half of the queries that no weight was found on",
        quality_frac=min(accuracy / fixed_accuracy, 1.0), baseline=plain,
    )  # fmt: skip


def _serve(
    ground: Ground, small: Engine, queries: Queries, chosen: IntArray,
    parameters: BraneParameters, *, system: str, label: str,
) -> Outcome:  # fmt: skip
    """Serve the traffic on the chosen pipelines; only the system reads features."""
    requests = piped_requests(
        ground.requests, chosen, parameters, classes=len(ground.classes),
        reads_features=system == SYSTEM.key,
    )  # fmt: skip
    plan = two_pool_plan(ground, small, queries, chosen)
    return run_plan(ground, plan, system, label, requests)[0]


SYSTEM = System(
    key="brane", label="BRANE", kind="fleet",
    summary="Every query gets the cheapest pipeline of model, documents and hops that "
    "should still answer it.", source=SOURCE, mark="published", page="brane.md",
    parameters=BraneParameters, evaluate=evaluate,
    own_terms="each query becomes the tokens of the pipeline chosen for it",
)  # fmt: skip
