"""
Queries of BRANE: what each pipeline would answer right, and what it would cost.

A query has three binary features. Each lowers the log-odds of being answered right
unless the pipeline brings what it asks for: documents, hops or the larger model.
Every coefficient is assumed; the paper's catalogue was not published.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from twin.serving.fleet.parts import Engine
from twin.types import BoolArray, FloatArray, IntArray

FEATURES = ("needs documents", "needs several hops", "needs reasoning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """
    One configuration of the catalogue.

    Args:
        large: Whether the larger model answers.
        documents: Documents retrieved per hop.
        hops: Calls of the model, one after the other.
    """

    large: bool
    documents: int
    hops: int

    @property
    def name(self) -> str:
        """Name for people."""
        size = "large" if self.large else "small"
        return f"{size}, {self.documents} documents, {self.hops} hops"


CATALOGUE: tuple[Pipeline, ...] = tuple(
    Pipeline(large=large, documents=documents, hops=hops)
    for large in (False, True)
    for documents, hops in ((0, 1), (2, 1), (8, 1), (4, 2), (8, 3))
)
"""Ten pipelines; which they are is assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """
    Log-odds of a right answer, term by term. Assumed throughout.

    Args:
        base: Larger model, no feature.
        small: Added by the smaller model.
        small_reasoning: Added by the smaller model where reasoning is needed.
        no_documents: Added where documents are needed and none is there.
        per_doubling: Gained back by each doubling of 1 + documents, up to nothing lost.
        needless_document: Added per document where none is needed.
        missing_hop: Added per hop missing to two, where several are needed.
        hidden_spread: Standard deviation of what no feature tells, per query.
    """

    base: float = 2.5
    small: float = -0.3
    small_reasoning: float = -2.0
    no_documents: float = -3.0
    per_doubling: float = 1.0
    needless_document: float = -0.05
    missing_hop: float = -2.0
    hidden_spread: float = 0.7


def logit(features: BoolArray, odds: Odds) -> FloatArray:
    """
    Log-odds of a right answer of every pipeline.

    Args:
        features: As `FEATURES`. shape (queries, 3)
        odds: See there.

    Returns:
        Log-odds without what is hidden. shape (queries, pipelines)

    Source:
        docs/models/brane.md, eq. 1.
    """
    documents, several, reasoning = (features[:, k : k + 1] for k in range(3))
    large = np.array([p.large for p in CATALOGUE])
    count = np.array([p.documents for p in CATALOGUE], dtype=np.float64)
    hops = np.array([p.hops for p in CATALOGUE])
    found = np.minimum(odds.no_documents + odds.per_doubling * np.log2(1 + count), 0.0)
    out: FloatArray = (
        odds.base
        + np.where(large, 0.0, odds.small + odds.small_reasoning * reasoning)
        + np.where(documents, found, odds.needless_document * count)
        + np.where(several & (hops < 2), odds.missing_hop, 0.0)
    )
    return out


def right_frac(log_odds: FloatArray) -> FloatArray:
    """Probability of log-odds. 0..1"""
    out: FloatArray = 1.0 / (1.0 + np.exp(-log_odds))
    return out


def guess(
    seen: BoolArray, odds: Odds, *, shares: FloatArray, error: float
) -> FloatArray:
    """
    What classifiers trained on misread features make of a query.

    The mean over what the features may be, given how they read: a feature reads wrong
    with a known probability, and each is there in a known share of queries. What no
    feature tells flattens the odds (logistic-normal, to second order).

    Args:
        seen: Features as read. shape (queries, 3)
        odds: See there.
        shares: Share of queries with each feature. shape (3,)
        error: Probability that a feature is read wrong. 0..0.5

    Returns:
        Probability of a right answer. shape (queries, pipelines)

    Source:
        docs/models/brane.md, eq. 2.
    """
    cases = np.array(list(itertools.product((False, True), repeat=len(FEATURES))))
    flat = math.sqrt(1.0 + math.pi / 8.0 * odds.hidden_spread**2)
    right = right_frac(logit(cases, odds) / flat)
    prior = np.where(cases, shares, 1.0 - shares).prod(axis=1)
    read = np.where(cases[:, None, :] == cases, 1.0 - error, error).prod(axis=2)
    joint = read * prior  # shape (as read, as is)
    table = joint @ right / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    as_read: FloatArray = table[seen @ np.array([4, 2, 1])]
    return as_read


PROMPT_TOKENS = 2048.0
"""Tokens of the prefill that costs are told at."""
SEQUENCES = 16.0
"""Sequences of the decode that costs are told at. Assumed."""


def token_gpu_s(engine: Engine) -> tuple[float, float]:
    """GPU time of one prompt token and of one output token, in a usual batch. [s]"""
    table = engine.table
    prompt_s = np.interp(PROMPT_TOKENS, table.prefill_tokens, table.prefill_s)
    output_s = np.interp(SEQUENCES, table.decode_batch, table.decode_s)
    return (
        engine.gpu_count * float(prompt_s) / PROMPT_TOKENS,
        engine.gpu_count * float(output_s) / SEQUENCES,
    )


def token_cost(
    prompt: IntArray, output: IntArray, *, large: Engine, small: Engine
) -> FloatArray:
    """
    GPU time of every query on every pipeline, by the tokens it reads and writes.

    Args:
        prompt: Prompts. [tokens], shape (queries, pipelines)
        output: Outputs. [tokens], same shape
        large: Engine of the ground's model.
        small: Engine of the smaller model.

    Returns:
        GPU time. [s], same shape
    """
    rates = {True: token_gpu_s(large), False: token_gpu_s(small)}
    read, written = np.array([rates[p.large] for p in CATALOGUE]).T
    cost: FloatArray = prompt * read + output * written
    return cost


def token_shares(
    question_tokens: float, document_tokens: float
) -> tuple[FloatArray, FloatArray]:
    """
    Tokens read and written by each pipeline ÷ by the one that reads the most.

    Each hop reads the question and its documents and writes an answer. Hops are told
    as one request of their summed lengths.

    Returns:
        Shares of the prompt and of the output. 0..1, shape (pipelines,)

    Source:
        docs/models/brane.md, eq. 4.
    """
    hops = np.array([p.hops for p in CATALOGUE], dtype=np.float64)
    documents = np.array([p.documents for p in CATALOGUE], dtype=np.float64)
    read = hops * (question_tokens + documents * document_tokens)
    return read / read.max(), hops / hops.max()


def part_of(tokens: IntArray, share: FloatArray) -> IntArray:
    """A share of some tokens, at least one; the arrays broadcast."""
    part: IntArray = np.maximum(np.rint(tokens * share), 1).astype(np.int64)
    return part


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """
    What is drawn of a day's queries; arrays of shape (queries, pipelines).

    Args:
        cost: GPU time by pipeline. [s]
        guessed_frac: Probability of a right answer as the classifiers see it. 0..1
        right: Whether the answer would be right.
    """

    cost: FloatArray
    guessed_frac: FloatArray
    right: BoolArray


def choose(queries: Queries, weight: float) -> IntArray:
    """
    Pipeline of each query: the largest guess - weight × cost ÷ mean cost.

    Source:
        docs/models/brane.md, eq. 3.
    """
    score = queries.guessed_frac - weight * queries.cost / queries.cost.mean()
    best: IntArray = score.argmax(axis=1)
    return best


def best_fixed(queries: Queries) -> int:
    """Pipeline with the most right answers; of equals the cheapest."""
    accuracy = queries.right.mean(axis=0)
    cost = queries.cost.mean(axis=0)
    return int(np.lexsort((cost, -accuracy))[0])


def oracle(queries: Queries) -> IntArray:
    """Cheapest pipeline that answers right; the cheapest at all where none does."""
    cost = np.where(queries.right, queries.cost, np.inf)
    hopeless = ~queries.right.any(axis=1)
    cost[hopeless] = queries.cost[hopeless]
    cheapest: IntArray = cost.argmin(axis=1)
    return cheapest


def taken(queries: Queries, chosen: IntArray) -> tuple[float, float]:
    """Accuracy and mean cost of a choice per query. 0..1, [s]"""
    rows = np.arange(chosen.size)
    return (
        float(queries.right[rows, chosen].mean()),
        float(queries.cost[rows, chosen].mean()),
    )


WEIGHTS = np.concatenate(([0.0], np.geomspace(0.001, 3.0, 40)))
"""Weights of cost that are swept."""


SWEPT_QUERIES = 100_000
"""Queries that the sweep looks at, evenly among all of them."""


def thinned(queries: Queries, most: int = SWEPT_QUERIES) -> Queries:
    """Every n-th query, so that at most `most` remain."""
    return every_nth(queries, max(math.ceil(len(queries.cost) / most), 1))


def every_nth(queries: Queries, every: int, first: int = 0) -> Queries:
    """Every n-th query from a first one on."""
    return Queries(
        cost=queries.cost[first::every],
        guessed_frac=queries.guessed_frac[first::every],
        right=queries.right[first::every],
    )


def learned_half(queries: Queries) -> Queries:
    """Every other query: what the weight and the best fixed pipeline are found on."""
    return every_nth(queries, 2)


def sweep(queries: Queries) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights, accuracy and mean cost of the choice at each. shape (weights,)"""
    found = [taken(queries, choose(queries, float(w))) for w in WEIGHTS]
    accuracy, cost = np.array(found).T
    return WEIGHTS, accuracy, cost


def cheapest_as_good(queries: Queries) -> float | None:
    """
    Weight with the lowest cost whose accuracy is at least the best fixed pipeline's.

    On the same queries; that it holds for others too is to be checked on others.

    Returns:
        The weight; None where no weight reaches it.
    """
    queries = thinned(queries)
    weights, accuracy, cost = sweep(queries)
    wanted, _ = taken(queries, np.full(len(queries.cost), best_fixed(queries)))
    reached = accuracy >= wanted
    if not reached.any():
        return None
    return float(weights[np.where(reached, cost, np.inf).argmin()])
