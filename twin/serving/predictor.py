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

from twin.errors import ScenarioError
from twin.scenario.base import Model, described, quantity
from twin.serving.fleet.parts import Requests
from twin.types import FloatArray, IntArray

STREAM = 601
"""Number of the predictors' stream of draws."""


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
    """Ranges of output length: inner edges, and the mean inside each. [tokens]"""

    edges: FloatArray
    mean: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthModel:
    """Output length by prompt length: inner edges of the prompts, mean output."""

    prompt_edges: FloatArray
    mean_output: FloatArray

    def predict(self, prompt: IntArray) -> FloatArray:
        """Predicted output lengths of prompts. [tokens]"""
        found: FloatArray = self.mean_output[
            np.searchsorted(self.prompt_edges, prompt, side="right")
        ]
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


def make_buckets(output: IntArray, count: int) -> Buckets:
    """Equally frequent ranges of output length; fewer where lengths repeat."""
    edges = np.unique(np.quantile(output, np.arange(1, count) / count))
    edges = edges[edges > output.min()]
    place = np.searchsorted(edges, output, side="right")
    total = np.bincount(place, weights=output, minlength=edges.size + 1)
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


def fit_predictor(prompt: IntArray, output: IntArray, *, bins: int = 10) -> LengthModel:
    """
    Fit the mean output by range of prompt length, ranges equally frequent.

    Args:
        prompt: Prompt lengths of requests that are over. [tokens]
        output: Their outputs. [tokens]
        bins: Ranges; fewer where lengths repeat. >= 1

    Raises:
        ScenarioError: If the history is empty.
    """
    if prompt.size == 0:
        raise ScenarioError("predictor", "needs a history of requests to learn from",
                            "no request", "raise history_frac, or state an error "
                            "instead: predictor 'log_normal' or 'buckets'")  # fmt: skip
    edges = make_buckets(prompt, bins).edges
    place = np.searchsorted(edges, prompt, side="right")
    total = np.bincount(place, weights=output, minlength=edges.size + 1)
    count = np.bincount(place, minlength=edges.size + 1)
    return LengthModel(prompt_edges=edges, mean_output=total / count)


def _trained(requests: Requests, history_frac: float) -> FloatArray:
    """Learn from the first part; requests in it are all taken for its mean."""
    end_s = float(requests.arrived_s[-1]) if len(requests) else 0.0
    past = requests.arrived_s < history_frac * end_s
    model = fit_predictor(requests.prompt[past], requests.output[past])
    mean = float(requests.output[past].mean())
    return np.where(past, mean, model.predict(requests.prompt))


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
    a, b = _ranks(predicted), _ranks(output)
    spread = a.std() * b.std()
    return Quality(
        mean_error_tokens=float(np.abs(predicted - output).mean()),
        rank_correlation=float(
            ((a - a.mean()) * (b - b.mean())).mean() / spread if spread else np.nan
        ),
    )


def _ranks(values: FloatArray | IntArray) -> FloatArray:
    """Ranks from 1; equal values share their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: FloatArray = (last - 0.5 * (count - 1))[place]
    return ranks
