"""
The most requests a second a cluster serves within nine percentiles.

Traffic is resampled from recorded lengths with Poisson arrivals. The same draws serve
every rate and every cluster, so that two clusters differ by what they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.errors import ScenarioError
from twin.serving.fleet import state as k
from twin.serving.fleet.parts import (
    FleetClass,
    Plan,
    Reference,
    Requests,
    plain_requests,
)
from twin.serving.fleet.run import PERCENTILES, Stop, run_fleet
from twin.serving.histogram import percentile_s
from twin.serving.splitwise.cluster import RULES, Rules, counted_as_published, fleet_of
from twin.serving.splitwise.designs import Design
from twin.types import FloatArray, IntArray

CLASSES = tuple(
    FleetClass(name=name, prompt_pool="main")
    for name in ("warm-up", "counted", "after")
)
COUNTED = 1
RATE_STEP = 0.01
"""Bisection ends when pass and fail are this near, as a part of the rate."""
ALONE_REQUESTS = 200
ALONE_GAP_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowdownSlo:
    """
    Nine limits, all of which must hold: latency ÷ that of one request alone.

    Args:
        ttft: Limits of P50, P90 and P99 of the time to first token. [1]
        tbt: The same of a request's mean time between tokens. [1]
        e2e: The same of the whole request. [1]
    """

    ttft: tuple[float, float, float] = (2.0, 3.0, 6.0)
    tbt: tuple[float, float, float] = (1.25, 1.5, 5.0)
    e2e: tuple[float, float, float] = (1.25, 1.5, 5.0)

    def limit(self, metric: str, percentile: str) -> float:
        """Limit of one metric at "p50", "p90" or "p99"."""
        limits: tuple[float, float, float] = getattr(self, metric)
        return limits[list(PERCENTILES).index(percentile)]

    def times(self, factor: float) -> SlowdownSlo:
        """All nine limits times a factor."""
        ttft, tbt, e2e = (
            (one[0] * factor, one[1] * factor, one[2] * factor)
            for one in (self.ttft, self.tbt, self.e2e)
        )
        return SlowdownSlo(ttft=ttft, tbt=tbt, e2e=e2e)


SPLITWISE_SLO = SlowdownSlo()
"""splitwise-sim, notebooks/plots.ipynb; against a DGX A100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """
    Recorded lengths, to be drawn from.

    Args:
        prompt: Prompt lengths, one a request. >= 1 [tokens]
        output: Output lengths of the same requests. >= 1 [tokens]
        warm_up_s: Time before requests count. [s]
        counted_s: Time whose arrivals count. [s]
        after_s: Time that goes on, so that counted requests finish. [s]
        seed: Seed of the draws.
    """

    prompt: IntArray
    output: IntArray
    warm_up_s: float = 60.0
    counted_s: float = 240.0
    after_s: float = 120.0
    seed: int = 0

    @property
    def request_tokens(self) -> float:
        """Mean prompt + output. [tokens]"""
        return float(self.prompt.mean() + self.output.mean())

    @property
    def horizon_s(self) -> float:
        """Length of a run. [s]"""
        return self.warm_up_s + self.counted_s + self.after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What every cluster of a search is asked: traffic, limits, rules, reference."""

    traffic: Traffic
    reference: Reference
    slo: SlowdownSlo = SPLITWISE_SLO
    rules: Rules = RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    How one cluster did at one rate.

    Args:
        slowdown: (metric, percentile) -> latency ÷ alone; infinite where so many
            requests did not finish that it is not known.
        worst: The limit nearest to or furthest beyond, "tbt p50".
        worst_ratio: That slow-down ÷ its limit.
    """

    slowdown: dict[tuple[str, str], float]
    worst: str
    worst_ratio: float

    @property
    def holds(self) -> bool:
        """Whether all nine limits hold."""
        return self.worst_ratio <= 1.0


def draw_requests(traffic: Traffic, rate_s: float) -> Requests:
    """
    Poisson arrivals with recorded lengths; other rates stretch the same draws.

    Args:
        traffic: What to draw from.
        rate_s: Rate. > 0 [1/s]

    Returns:
        Requests up to the horizon, classes as in `CLASSES`; a request that decodes
        counts one pending token.
    """
    mean = rate_s * traffic.horizon_s
    count = math.ceil(mean + 6.0 * math.sqrt(mean) + 16)
    gaps, places = np.random.SeedSequence(traffic.seed).spawn(2)
    at = np.cumsum(np.random.default_rng(gaps).standard_exponential(count)) / rate_s
    at = at[at < traffic.horizon_s]
    which = np.random.default_rng(places).integers(0, traffic.prompt.size, at.size)
    ends = np.array([traffic.warm_up_s, traffic.warm_up_s + traffic.counted_s])
    return counted_as_published(
        plain_requests(
            at, traffic.prompt[which], traffic.output[which],
            klass=np.searchsorted(ends, at, side="right"),
        )
    )  # fmt: skip


def judge(
    design: Design, prompts: int, tokens: int, rate_s: float, question: Question,
    *, stop: Stop | None = None,
) -> Verdict:  # fmt: skip
    """
    Run a cluster at a rate and hold it against the nine limits.

    Args:
        design: Which.
        prompts: Prompt machines, or mixed ones.
        tokens: Token machines.
        rate_s: Rate. > 0 [1/s]
        question: Traffic, limits, rules, reference.
        stop: As `run_fleet`.

    Returns:
        The verdict. Requests not finished when the run ends count as endless.
    """
    traffic = question.traffic
    requests = draw_requests(traffic, rate_s)
    return _judged(design, prompts, tokens, requests, traffic.horizon_s, question, stop)


def _judged(
    design: Design, prompts: int, tokens: int, requests: Requests, horizon_s: float,
    question: Question, stop: Stop | None,
) -> Verdict:  # fmt: skip
    fleet = fleet_of(
        design, prompts, tokens, reference=question.reference, classes=CLASSES,
        rules=question.rules, request_tokens=question.traffic.request_tokens,
    )  # fmt: skip
    result = run_fleet(
        Plan(fleet=fleet), [requests], horizon_s=horizon_s,
        tick_s=horizon_s / 20, stop=stop,
    )  # fmt: skip
    counted = result.classes[CLASSES[COUNTED].name]
    missing = counted.arrived / counted.finished if counted.finished else math.inf
    slowdown = {
        (metric, name): _above(
            result.histogram[COUNTED, k.SLOW_TTFT + m], frac * missing
        )
        for m, metric in enumerate(k.METRICS)
        for name, frac in PERCENTILES.items()
    }
    if counted.arrived == 0:
        return Verdict(slowdown=slowdown, worst="none", worst_ratio=0.0)
    ratios = {key: value / question.slo.limit(*key) for key, value in slowdown.items()}
    worst = max(ratios, key=lambda key: ratios[key])
    return Verdict(slowdown=slowdown, worst=" ".join(worst), worst_ratio=ratios[worst])


def _above(counts: FloatArray, frac: float) -> float:
    """Percentile of a histogram; endless above its end, 0 where it is empty."""
    if frac > 1.0:
        return math.inf
    return percentile_s(counts, frac) if counts.sum() else 0.0


def check_alone(design: Design, question: Question, *, stop: Stop | None) -> None:
    """
    Refuse limits that a design misses with every request alone.

    Raises:
        ScenarioError: Naming the limit missed and by how much.
    """
    traffic = question.traffic
    rng = np.random.default_rng(traffic.seed)
    which = rng.integers(0, traffic.prompt.size, ALONE_REQUESTS)
    requests = plain_requests(
        np.arange(ALONE_REQUESTS, dtype=np.float64) * ALONE_GAP_S,
        traffic.prompt[which], traffic.output[which],
        klass=np.full(ALONE_REQUESTS, COUNTED),
    )  # fmt: skip
    horizon_s = ALONE_GAP_S * ALONE_REQUESTS
    split = 0 if design.token is None else 1
    verdict = _judged(design, 1, split, requests, horizon_s, question, stop)
    if not verdict.holds:
        raise ScenarioError("slo", f"cannot be met by {design.name} even with every "
                            f"request alone: {verdict.worst} is "
                            f"{verdict.worst_ratio:.2f} times its limit",
                            question.slo.limit(*verdict.worst.split()),
                            "loosen that limit or choose a faster design")  # fmt: skip


def max_throughput(
    design: Design, prompts: int, tokens: int, question: Question, *,
    guess_s: float | None = None, step: float = RATE_STEP, stop: Stop | None = None,
) -> float:  # fmt: skip
    """
    Find the highest rate at which all nine limits hold.

    Args:
        design: Which.
        prompts: Prompt machines, or mixed ones. >= 1
        tokens: Token machines; 0 for a mixed design.
        question: Traffic, limits, rules, reference.
        guess_s: Where to start; moves the answer within `step` and the noise of
            percentiles. [1/s]
        step: How near pass and fail must be. > 0
        stop: Asked before every run; True ends the search.

    Returns:
        Rate that holds, with one at most `step` higher that fails; 0 where even two
        requests a counted window are too many. [1/s]

    Raises:
        Cancelled: If `stop` said so.

    Source:
        docs/models/splitwise.md.
    """

    def holds(rate_s: float) -> bool:
        return judge(design, prompts, tokens, rate_s, question, stop=stop).holds

    least_s = 2.0 / question.traffic.counted_s
    rate_s = max(least_s, guess_s or 0.5 * (prompts + tokens))
    factor = 1.1 if guess_s else 1.6
    if holds(rate_s):
        low_s, high_s = rate_s, rate_s * factor
        while holds(high_s):
            low_s, high_s, factor = high_s, high_s * factor, factor * 1.3
    else:
        high_s, low_s = rate_s, rate_s / factor
        while not holds(low_s):
            if low_s < least_s:
                return 0.0
            factor *= 1.3
            high_s, low_s = low_s, low_s / factor
    while high_s - low_s > step * low_s:
        middle_s = 0.5 * (low_s + high_s)
        if holds(middle_s):
            low_s = middle_s
        else:
            high_s = middle_s
    return low_s
