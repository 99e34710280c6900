"""
Slim-SC: self-consistency that stops chains which think the same thought.

Self-consistency samples N chains of thought per query and takes the most frequent
answer. Slim-SC compares the chains step by step and stops one of two whose thoughts
are near-duplicates: fewer sequences decode, the cache is freed, and the query no longer
waits for the longest of chains that add nothing.

Here a stated share of chains repeats an earlier one and is stopped somewhere between a
first share of its length and its end; the rest is the fleet's physics. The published
gains, -45 % latency and -26 % cache, are upper bounds. The comparison is with plain
self-consistency on the same queries.
"""

from __future__ import annotations

import numpy as np

from twin.scenario.base import Model, quantity
from twin.serving.fleet.parts import Requests
from twin.serving.systems import chains as of_chains
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import run_plan

SOURCE = "Slim-SC (EMNLP 2025), arXiv 2509.13990: abstract read"
STREAM = 811
"""Number of this system's stream of draws."""


class SlimScParameters(Model):
    """Chains per query and how alike they are."""

    chains: int = quantity(
        8, "Chains sampled per query; 1 is no self-consistency.", unit="chains",
        source="assumed", ge=1, le=64,
    )  # fmt: skip
    query_frac: float = quantity(
        0.1, "Share of requests answered by self-consistency.", source="assumed",
        ge=0.0, le=1.0,
    )  # fmt: skip
    tokens_factor: float = quantity(
        2.0, "Mean length of a chain ÷ recorded output.", source="assumed", gt=0.0,
        le=100.0,
    )  # fmt: skip
    length_spread: float = of_chains.LENGTH_SPREAD
    most_tokens: int = quantity(
        16384, "Longest chain.", unit="tokens", source="assumed", ge=1
    )
    redundancy: float = quantity(
        0.4, "Probability that a chain after the first repeats an earlier one.",
        source="assumed: not published", ge=0.0, le=1.0,
    )  # fmt: skip
    stop_from_frac: float = quantity(
        0.1, "Earliest stop of a repeating chain, as a share of its length; stops are "
        "even from there to its end.", source="assumed: chains must differ for some "
        "steps before they can agree", ge=0.0, le=1.0,
    )  # fmt: skip
    chain_accuracy: float = quantity(
        0.6, "Mean accuracy of one chain.", source="assumed", gt=0.0, lt=1.0
    )
    concentration: float = of_chains.CONCENTRATION
    wrong_answers: int = of_chains.WRONG_ANSWERS


def chained_requests(
    requests: Requests, parameters: SlimScParameters, seed: int, *, classes: int
) -> tuple[Requests, Requests, dict[str, float]]:
    """
    The queries with every chain to its end, and with the repeating ones stopped.

    Returns:
        Rows of self-consistency, rows of Slim-SC, and figures: `queries_count`,
        `stopped_frac` of the chains, `kv_peak_change_frac` and
        `chain_tokens_change_frac` over the queries (0 where there is none).

    Source:
        docs/models/slim_sc.md, eq. 1 and 2.
    """
    p = parameters
    rng = np.random.default_rng((seed, STREAM))
    places = of_chains.pick_queries(requests, p.query_frac, rng)
    full = of_chains.draw_lengths(
        requests.output[places], chains=p.chains, tokens_factor=p.tokens_factor,
        spread=p.length_spread, most_tokens=p.most_tokens, rng=rng,
    )  # fmt: skip
    copies = of_chains.draw_copies(places.size, p.chains, p.redundancy, rng)
    at_frac = rng.uniform(p.stop_from_frac, 1.0, full.shape)
    slim = of_chains.stop_early(full, copies, at_frac)
    prompt = requests.prompt[places]
    figures = {
        "queries_count": float(places.size),
        "stopped_frac": float(copies.mean()) if copies.size else 0.0,
        "kv_peak_change_frac": _change(
            of_chains.kv_peak_tokens(prompt, slim).sum(),
            of_chains.kv_peak_tokens(prompt, full).sum(),
        ),
        "chain_tokens_change_frac": _change(slim.sum(), full.sum()),
    }
    return (
        of_chains.with_chains(requests, places, full, classes=classes),
        of_chains.with_chains(requests, places, slim, classes=classes),
        figures,
    )


def _change(after: float, before: float) -> float:
    return float(after / before - 1.0) if before else 0.0


def accuracies(parameters: SlimScParameters, seed: int) -> tuple[float, float]:
    """Share of queries right by all chains, and by those that are not repeats."""
    p = parameters
    found = [
        of_chains.voted_accuracy(
            chains=p.chains, chain_accuracy=p.chain_accuracy,
            concentration=p.concentration, wrong_answers=p.wrong_answers,
            redundancy=p.redundancy, copies_vote=copies_vote,
            rng=np.random.default_rng((seed, STREAM, 1)),
        )
        for copies_vote in (True, False)
    ]  # fmt: skip
    return found[0], found[1]


def evaluate(ground: Ground, parameters: SlimScParameters) -> Outcome:
    """
    Self-consistency on a share of the queries, with repeating chains stopped.

    Raises:
        ScenarioError: If a query's chains do not fit a batch.
    """
    of_chains.check_batch(ground.engine, parameters.chains)
    full, slim, figures = chained_requests(
        ground.requests, parameters, ground.seed, classes=len(ground.classes)
    )
    plan = of_chains.reasoning_plan(ground)
    label = "Self-consistency, every chain to its end"
    plain, ran_plain = run_plan(ground, plan, "self_consistency", label, full)
    outcome, ran = run_plan(ground, plan, SYSTEM.key, SYSTEM.label, slim)
    with_all, with_some = accuracies(parameters, ground.seed)
    return outcome.plus(
        figures | {
            "latency_change_frac": _change(
                of_chains.reasoning_mean_s(ground, ran),
                of_chains.reasoning_mean_s(ground, ran_plain),
            ),
            "energy_change_frac": _change(outcome.energy_j, plain.energy_j),
            "accuracy_all_frac": with_all,
            "accuracy_frac": with_some,
        },
        "which chains repeat, and when they are stopped, is assumed; the published "
        "gains are upper bounds",
        quality_frac=min(with_some / with_all, 1.0), baseline=plain,
    )  # fmt: skip


SYSTEM = System(
    key="slim_sc", label="Slim-SC", kind="fleet",
    summary="Of the chains of thought that vote on a query, those that repeat another "
    "are stopped early.", source=SOURCE, mark="published", page="slim_sc.md",
    parameters=SlimScParameters, evaluate=evaluate,
    own_terms="every query runs several chains of thought",
)  # fmt: skip
