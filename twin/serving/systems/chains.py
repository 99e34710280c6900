"""
Several chains of thought per query: their lengths, their cache and their vote.

Used by every system that samples more than one answer. Arrays of chains have shape
(queries, chains); the first chain is the request itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import quantity
from twin.serving.fleet.parts import Engine, FleetClass, Plan, Requests
from twin.serving.fleet.run import FleetResult
from twin.serving.systems.base import Ground
from twin.serving.systems.outcome import baseline_fleet, mean_s
from twin.types import BoolArray, FloatArray, IntArray

VOTED_QUERIES = 20_000
"""Queries drawn to find the accuracy of a vote; error below 0.4 points."""
LENGTH_SPREAD = quantity(
    0.4, "Standard deviation of the logarithm of a chain's length.", source="assumed",
    ge=0.0, le=2.0,
)  # fmt: skip
CONCENTRATION = quantity(
    2.0, "Sum of the Beta parameters of a query's accuracy; 2 is even at 0.5.",
    source="assumed", gt=0.0,
)  # fmt: skip
WRONG_ANSWERS = quantity(
    4, "Different wrong answers of a query.", unit="answers", source="assumed", ge=1,
    le=100,
)  # fmt: skip


def check_batch(engine: Engine, chains: int) -> None:
    """
    Refuse more chains than decode together.

    Raises:
        ScenarioError: If a query's chains do not fit the largest batch.
    """
    if chains > engine.table.max_batch:
        raise ScenarioError("chains", f"must fit the batch of {engine.table.max_batch} "
                            "sequences", chains, "sample fewer chains")  # fmt: skip


def pick_queries(requests: Requests, frac: float, rng: np.random.Generator) -> IntArray:
    """
    Places of the requests that are reasoned about, a stated share at random.

    Raises:
        ScenarioError: If requests already have chains.
    """
    if requests.chain.any():
        raise ScenarioError("requests.chain", "must be 0 before chains are added",
                            int(requests.chain.sum()),
                            "use traffic with one row per request")  # fmt: skip
    return np.flatnonzero(rng.random(len(requests)) < frac)


def draw_lengths(
    output: IntArray,
    *,
    chains: int,
    tokens_factor: float,
    spread: float,
    most_tokens: int,
    rng: np.random.Generator,
) -> IntArray:
    """
    Length of every chain: the recorded output stretched, log-normal around it.

    The first chain is stretched and nothing else, so that one chain with factor 1 is
    the request as recorded.

    Args:
        output: Recorded outputs. [tokens], shape (queries,)
        chains: Chains per query, >= 1.
        tokens_factor: Mean length of a chain ÷ recorded output. > 0
        spread: Standard deviation of the logarithm, mean kept. >= 0
        most_tokens: Longest chain. [tokens]
        rng: Source of the draws.

    Returns:
        Lengths. [tokens], shape (queries, chains), >= 1.
    """
    normal = rng.standard_normal((output.size, chains))
    stretch = np.exp(spread * normal - 0.5 * spread**2)
    stretch[:, :1] = 1.0
    lengths = np.rint(output[:, None] * tokens_factor * stretch)
    cut: IntArray = np.clip(lengths, 1, most_tokens).astype(np.int64)
    return cut


def stop_early(lengths: IntArray, stopped: BoolArray, at_frac: FloatArray) -> IntArray:
    """Cut the stopped chains at a share of their length; the first one never."""
    cut = np.maximum(np.ceil(lengths * at_frac), 1).astype(np.int64)
    shortened = np.where(stopped, np.minimum(cut, lengths), lengths)
    shortened[:, 0] = lengths[:, 0]
    return shortened


def with_chains(
    requests: Requests, places: IntArray, lengths: IntArray, *, classes: int
) -> Requests:
    """
    Give each picked request its chains as rows behind it, and a class of its own.

    Predicted lengths scale with the actual ones; the prompt is the leader's.

    Args:
        requests: One row each.
        places: Requests that get chains, rising. shape (queries,)
        lengths: Their chains. [tokens], shape (queries, chains)
        classes: Classes of the ground; those of `reasoning_classes` follow.
    """
    chains = lengths.shape[1]
    copies = np.ones(len(requests), dtype=np.int64)
    copies[places] = chains
    of = np.repeat(np.arange(len(requests)), copies)
    first = np.concatenate(([0], np.cumsum(copies)[:-1]))
    rows = first[places][:, None] + np.arange(chains)
    output = requests.output[of].copy()
    output[rows] = lengths
    klass = requests.klass[of].copy()
    klass[rows] += classes
    follower = np.ones(of.size, dtype=np.int64)
    follower[first] = 0
    predicted = requests.predicted[of] * output / requests.output[of]
    return replace(
        requests, arrived_s=requests.arrived_s[of], klass=klass,
        prompt=requests.prompt[of], output=output, predicted=predicted,
        encode=np.where(follower == 1, 0, requests.encode[of]),
        prefix_id=requests.prefix_id[of], prefix=requests.prefix[of], chain=follower,
    )  # fmt: skip


def reasoning_classes(classes: tuple[FleetClass, ...]) -> tuple[FleetClass, ...]:
    """The ground's classes and, after them, the same for queries that reason."""
    return classes + tuple(replace(c, name=f"{c.name}, reasoning") for c in classes)


def reasoning_plan(ground: Ground) -> Plan:
    """The study's baseline with classes for the queries that reason."""
    fleet = baseline_fleet(ground)
    return Plan(fleet=replace(fleet, classes=reasoning_classes(ground.classes)))


def reasoning_mean_s(ground: Ground, result: FleetResult) -> float:
    """Mean time to the last token of the queries that reason. [s]"""
    names = [c.name for c in reasoning_classes(ground.classes)[len(ground.classes) :]]
    return mean_s(result, "e2e", names)


def kv_peak_tokens(prompt: IntArray, lengths: IntArray) -> FloatArray:
    """
    Largest cache one query holds while its chains advance in step.

    A chain that ends gives its tokens back; the prompt is held once.

    Returns:
        Tokens held at the worst moment. [tokens], shape (queries,)

    Source:
        docs/models/slim_sc.md, eq. 2.
    """
    rising = np.sort(lengths, axis=1)
    running = lengths.shape[1] - np.arange(lengths.shape[1])
    peak: FloatArray = prompt + (rising * running).max(axis=1)
    return peak.astype(np.float64)


def draw_copies(
    queries: int, chains: int, redundancy: float, rng: np.random.Generator
) -> BoolArray:
    """Chains that repeat an earlier one: each but the first with that probability."""
    copies: BoolArray = rng.random((queries, chains)) < redundancy
    copies[:, 0] = False
    return copies


def voted_accuracy(
    *,
    chains: int,
    chain_accuracy: float,
    concentration: float,
    wrong_answers: int,
    redundancy: float,
    copies_vote: bool,
    rng: np.random.Generator,
) -> float:
    """
    Share of queries whose most frequent answer is right.

    A query's chains are right with a probability of its own, Beta distributed; wrong
    ones spread evenly over other answers. A copy says what the chain it repeats said.
    Ties go to the earlier chain.

    Args:
        chains: Chains per query, >= 1.
        chain_accuracy: Mean accuracy of one chain. 0..1
        concentration: Sum of the Beta's parameters: small is queries that are either
            easy or hopeless. > 0
        wrong_answers: Different wrong answers, >= 1.
        redundancy: Probability that a chain repeats an earlier one. 0..1
        copies_vote: Whether repeating chains are counted.
        rng: Source of the draws.

    Source:
        docs/models/slim_sc.md, eq. 3.
    """
    shape = (VOTED_QUERIES, chains)
    right = rng.beta(
        concentration * chain_accuracy,
        concentration * (1.0 - chain_accuracy),
        VOTED_QUERIES,
    )
    wrong = rng.integers(1, wrong_answers + 1, shape)
    answer = np.where(rng.random(shape) < right[:, None], 0, wrong)
    copies = draw_copies(VOTED_QUERIES, chains, redundancy, rng)
    for k in range(1, chains):
        repeated = rng.integers(0, k, VOTED_QUERIES)
        said = answer[np.arange(VOTED_QUERIES), repeated]
        answer[:, k] = np.where(copies[:, k], said, answer[:, k])
    counted = np.ones(shape) if copies_vote else np.where(copies, 0.0, 1.0)
    earlier = 1e-6 * (chains - np.arange(chains))
    votes = np.stack(
        [
            ((answer == a) * (counted + earlier * (counted > 0))).sum(axis=1)
            for a in range(wrong_answers + 1)
        ]
    )
    return float((votes.argmax(axis=0) == 0).mean())
