"""
Test-time compute: answers that think longer, or several at once, and what it costs.

A query that reasons puts out many times the tokens of a plain one, as one long chain,
as several chains that vote, or both. The energy paper counts a query of 15 times the
tokens at 13 times the energy, because batches fill better; here the fleet's physics
says how much a stated share of such queries adds on the same servers. The energy of one
query is shared out by tokens, so it stands to another's as their tokens do.
"""

from __future__ import annotations

import math

import numpy as np

from twin.scenario.base import Model, quantity
from twin.serving.fleet.parts import Plan, Requests
from twin.serving.systems import chains as of_chains
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import baseline_fleet, run_plan

SOURCE = (
    "Oviedo et al., Energy Use of AI Inference (arXiv 2509.20241 v1, 2025; Joule "
    "2026): abstracts read"
)
STREAM = 812
"""Number of this system's stream of draws."""


class ThinkingParameters(Model):
    """How many queries reason, and how."""

    query_frac: float = quantity(
        0.1, "Share of requests that reason.", source="published: the paper's fleet "
        "with a tenth of long queries", ge=0.0, le=1.0,
    )  # fmt: skip
    tokens_factor: float = quantity(
        15.0, "Length of a chain ÷ recorded output.",
        source="published: the paper's long query", gt=0.0, le=1000.0,
    )  # fmt: skip
    chains: int = quantity(
        1, "Chains sampled per reasoning query, the most frequent answer wins.",
        unit="chains", source="assumed", ge=1, le=64,
    )  # fmt: skip
    length_spread: float = of_chains.LENGTH_SPREAD
    most_tokens: int = quantity(
        32768, "Longest chain.", unit="tokens", source="assumed", ge=1
    )
    chain_accuracy: float = quantity(
        0.6, "Mean accuracy of one chain, however long.", source="assumed", gt=0.0,
        lt=1.0,
    )  # fmt: skip
    concentration: float = of_chains.CONCENTRATION
    wrong_answers: int = of_chains.WRONG_ANSWERS


def reasoning_requests(
    requests: Requests, parameters: ThinkingParameters, seed: int, *, classes: int
) -> tuple[Requests, int]:
    """The traffic with its share of reasoning queries, and how many there are."""
    p = parameters
    rng = np.random.default_rng((seed, STREAM))
    places = of_chains.pick_queries(requests, p.query_frac, rng)
    lengths = of_chains.draw_lengths(
        requests.output[places], chains=p.chains, tokens_factor=p.tokens_factor,
        spread=p.length_spread, most_tokens=p.most_tokens, rng=rng,
    )  # fmt: skip
    rows = of_chains.with_chains(requests, places, lengths, classes=classes)
    return rows, int(places.size)


def reasoned_accuracy(parameters: ThinkingParameters, seed: int) -> float:
    """Share of reasoning queries that the vote answers right."""
    p = parameters
    return of_chains.voted_accuracy(
        chains=p.chains, chain_accuracy=p.chain_accuracy,
        concentration=p.concentration, wrong_answers=p.wrong_answers,
        redundancy=0.0, copies_vote=True,
        rng=np.random.default_rng((seed, STREAM, 1)),
    )  # fmt: skip


def query_energy_wh(
    energy_j: float, output_tokens: float, query_tokens: float
) -> float:
    """
    Site energy of one query: the fleet's energy per output token × its tokens.

    Prompts and idle servers are shared out over the tokens written.

    Args:
        energy_j: Site energy of the whole traffic. [J]
        output_tokens: Tokens it put out.
        query_tokens: Tokens of the query, all chains together.

    Returns:
        Energy. [Wh]; NaN where nothing was put out.

    Source:
        docs/models/test_time.md, eq. 1.
    """
    if output_tokens == 0.0:
        return math.nan
    return energy_j / output_tokens * query_tokens / 3600.0


def tokens_per_query(rows: Requests, *, classes: int) -> tuple[float, float]:
    """
    Mean output of a plain query and of a reasoning one, all its chains together.

    Args:
        rows: Traffic with reasoning queries.
        classes: Classes of the ground; those above are of reasoning queries.

    Returns:
        Tokens; NaN where there is no such query.
    """
    reasons = rows.klass >= classes
    found = []
    for kind in (~reasons, reasons):
        queries = int(np.count_nonzero(kind & (rows.chain == 0)))
        total = float(rows.output[kind].sum())
        found.append(total / queries if queries else math.nan)
    return found[0], found[1]


def evaluate(ground: Ground, parameters: ThinkingParameters) -> Outcome:
    """
    The traffic with its reasoning queries, beside the traffic as recorded.

    Raises:
        ScenarioError: If a query's chains do not fit a batch.
    """
    of_chains.check_batch(ground.engine, parameters.chains)
    rows, reasoning = reasoning_requests(
        ground.requests, parameters, ground.seed, classes=len(ground.classes)
    )
    as_is = Plan(fleet=baseline_fleet(ground))
    plain, _ = run_plan(ground, as_is, "plain_queries", "No query reasons")
    plan = of_chains.reasoning_plan(ground)
    outcome, ran = run_plan(ground, plan, SYSTEM.key, SYSTEM.label, rows)
    plain_wh, reasoning_wh = (
        query_energy_wh(outcome.energy_j, outcome.output_tokens, tokens)
        for tokens in tokens_per_query(rows, classes=len(ground.classes))
    )
    return outcome.plus(
        {
            "reasoning_queries_count": float(reasoning),
            "plain_query_wh": plain_wh,
            "reasoning_query_wh": reasoning_wh,
            "reasoning_query_s": of_chains.reasoning_mean_s(ground, ran),
            "energy_ratio": outcome.energy_j / plain.energy_j,
            "accuracy_frac": reasoned_accuracy(parameters, ground.seed),
        },
        "energy is shared out by tokens written, prompts and idle servers in it: the "
        "energies of two queries stand as their tokens, by construction",
        baseline=plain,
    )  # fmt: skip


SYSTEM = System(
    key="test_time", label="Test-time compute", kind="fleet",
    summary="A share of the queries thinks longer or several times, on the same "
    "servers.", source=SOURCE, mark="published", page="test_time.md",
    parameters=ThinkingParameters, evaluate=evaluate,
    own_terms="part of the queries thinks longer or several times",
)  # fmt: skip
