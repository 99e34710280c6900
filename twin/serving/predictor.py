"""
What routers and queues believe of an output's length before it is written.

A predictor is stated by its error: a log-normal factor, or a classifier of buckets
with an accuracy. One trained from a history of requests is here too; it knows the
prompt's length alone. Draws come from a seed, one per request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy  # its parts load when they are used: stats takes half a second

from twin.errors import ScenarioError
from twin.scenario.base import Model, described, quantity
from twin.serving.fleet.parts import Requests
from twin.types import FloatArray, IntArray

STREAM = 601
"""Number of the predictors' stream of draws."""
PROMPT_RANGES = 10
"""Ranges of prompt length, equally frequent, that a trained predictor tells apart."""


class PredictorParameters(Model):
    """How well output lengths are known beforehand."""

    predictor: Literal["oracle", "log_normal", "buckets", "trained"] = described(
        "buckets", "Oracle: the true length. log_normal: the true length times a "
        "random factor. buckets: a classifier that is right with a stated probability. "
        "trained: fitted on the first part of the traffic, from the length of the "
        "prompt",
    )  # fmt: skip
    predictor_spread: float = quantity(
        0.5, "log_normal: standard deviation of the logarithm of the factor",
        source="assumed", ge=0.0, le=5.0,
    )  # fmt: skip
    bucket_count: int = quantity(
        5, "buckets: ranges of output length, equally frequent", unit="buckets",
        source="assumed", ge=1, le=100,
    )  # fmt: skip
    bucket_accuracy: float = quantity(
        0.7, "buckets: probability of the right one; a wrong one is a neighbour of it",
        source="assumed: a small language model's classifier; the papers' own "
        "accuracies were not at hand", ge=0.0, le=1.0,
    )  # fmt: skip
    history_frac: float = quantity(
        0.1, "trained: first part of the traffic's time it learns from",
        source="assumed", ge=0.0, lt=1.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Ranges of a length: inner edges, and a mean inside each. [tokens]"""

    edges: FloatArray
    mean: FloatArray

    def at(self, length: IntArray) -> FloatArray:
        """Mean of the range that each length is in. [tokens]"""
        found: FloatArray = self.mean[np.searchsorted(self.edges, length, side="right")]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """
    How good predictions were.

    Args:
        mean_error_tokens: Mean of |predicted - true|. [tokens]
        rank_correlation: Spearman's; NaN where one of both is constant. -1..1
    """

    mean_error_tokens: float
    rank_correlation: float


# --- stated error ---


def log_normal_lengths(
    output: IntArray, *, spread: float, seed: int, stream: int = STREAM
) -> FloatArray:
    """
    Multiply true lengths with a log-normal factor of median one.

    Args:
        output: True lengths. [tokens]
        spread: Standard deviation of the factor's logarithm; 0 is an oracle. >= 0
        seed: Seed of the draws.
        stream: Number of the stream of draws.

    Returns:
        Predicted lengths, not rounded. [tokens]
    """
    rng = np.random.default_rng((seed, stream))
    return np.asarray(output * np.exp(spread * rng.standard_normal(output.size)))


def make_buckets(
    length: IntArray, count: int, *, of: IntArray | None = None
) -> Buckets:
    """Equally frequent ranges of a length, fewer where it repeats; means of another."""
    edges = np.unique(np.quantile(length, np.arange(1, count) / count))
    edges = edges[edges > length.min()]
    place = np.searchsorted(edges, length, side="right")
    total = np.bincount(
        place, weights=length if of is None else of, minlength=edges.size + 1
    )
    return Buckets(
        edges=edges, mean=total / np.bincount(place, minlength=edges.size + 1)
    )


def bucket_lengths(
    output: IntArray, *, buckets: Buckets, accuracy: float, seed: int
) -> FloatArray:
    """
    Predict as a classifier of buckets does: the mean of the bucket it names.

    A wrong answer names a neighbour of the right bucket, both sides as likely.

    Args:
        output: True lengths. [tokens]
        buckets: What it tells apart.
        accuracy: Probability of the right bucket. 0..1
        seed: Seed of the draws.

    Returns:
        Predicted lengths. [tokens]
    """
    rng = np.random.default_rng((seed, STREAM))
    last = buckets.mean.size - 1
    place = np.searchsorted(buckets.edges, output, side="right")
    wrong = rng.random(output.size) >= accuracy
    step = np.where(rng.random(output.size) < 0.5, -1, 1)
    step = np.where(place == 0, 1, np.where(place == last, -1, step))
    return buckets.mean[np.clip(place + wrong * step, 0, last)]


# --- trained on a history ---


def _trained(requests: Requests, history_frac: float) -> FloatArray:
    """
    Learn mean outputs by length of the prompt from the first part of the traffic.

    Requests in that part are all taken for its mean.

    Raises:
        ScenarioError: If the history is empty.
    """
    end_s = float(requests.arrived_s[-1]) if len(requests) else 0.0
    past = requests.arrived_s < history_frac * end_s
    if not past.any():
        raise ScenarioError("predictor", "needs a history of requests to learn from",
                            "no request", "raise history_frac, or state an error "
                            "instead: predictor 'log_normal' or 'buckets'")  # fmt: skip
    output = requests.output[past]
    learned = make_buckets(requests.prompt[past], PROMPT_RANGES, of=output)
    return np.where(past, float(output.mean()), learned.at(requests.prompt))


# --- use ---


def predicted_requests(
    requests: Requests, given: PredictorParameters, *, seed: int
) -> tuple[Requests, Quality]:
    """
    Replace the true lengths that routers and queues see by predicted ones.

    Args:
        requests: The traffic.
        given: Which predictor, and its error.
        seed: Seed of the draws.

    Returns:
        The same traffic with `predicted` filled, and how good it is. Buckets are those
        of the traffic itself.

    Raises:
        ScenarioError: If a predictor is to be trained and no request came before.

    Source:
        docs/models/ssjf.md.
    """
    output = requests.output
    if given.predictor == "oracle":
        predicted = output.astype(np.float64)
    elif given.predictor == "trained":
        predicted = _trained(requests, given.history_frac)
    elif given.predictor == "log_normal":
        predicted = log_normal_lengths(output, spread=given.predictor_spread, seed=seed)
    else:
        predicted = bucket_lengths(
            output, buckets=make_buckets(output, given.bucket_count),
            accuracy=given.bucket_accuracy, seed=seed,
        )  # fmt: skip
    predicted = np.maximum(predicted, 1.0)
    return replace(requests, predicted=predicted), quality_of(predicted, output)


def quality_of(predicted: FloatArray, output: IntArray) -> Quality:
    """Mean error and rank correlation of predictions."""
    a, b = scipy.stats.rankdata(predicted), scipy.stats.rankdata(output)
    spread = a.std() * b.std()
    return Quality(
        mean_error_tokens=float(np.abs(predicted - output).mean()),
        rank_correlation=float(
            ((a - a.mean()) * (b - b.mean())).mean() / spread if spread else np.nan
        ),
    )
