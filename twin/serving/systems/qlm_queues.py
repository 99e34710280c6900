"""
Request groups of QLM: the waiting-time estimator, and who should serve which group.

A group is one model and one class of limits. Its requests wait in one queue in order of
arrival; the q-th waits about as long as the instances that serve it need for the q - 1
before it. Times in seconds, rates in requests per second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.types import FloatArray, IntArray

NEAR_S = 1.0
"""Slack below which a request is as good as late: it asks for no more instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """
    What is known of a group's requests from history.

    Args:
        mean_tokens: Mean output. [tokens]
        sd_tokens: Its standard deviation. [tokens]
        token_s: Tokens per second of one instance at full batch, prefills included.
    """

    mean_tokens: float
    sd_tokens: float
    token_s: float


def waiting_s(
    place: FloatArray, work: Work, instances: float
) -> tuple[FloatArray, FloatArray]:
    """
    Waiting time of the request at a place in the queue, and its standard deviation.

    Args:
        place: Place q in the queue, from 1.
        work: Of the group.
        instances: Instances that serve it; 0: waits for ever.

    Returns:
        W = (q - 1) × mean ÷ throughput, and sqrt(q - 1) × sd ÷ throughput. [s]

    Source:
        docs/models/qlm.md, eq. 1 and 2.
    """
    ahead = np.maximum(np.asarray(place, dtype=np.float64) - 1.0, 0.0)
    rate = instances * work.token_s
    if rate <= 0.0:
        never = np.full(ahead.shape, math.inf)
        return never, np.zeros(ahead.shape)
    return ahead * work.mean_tokens / rate, np.sqrt(ahead) * work.sd_tokens / rate


def instances_needed(slack_s: FloatArray, work: Work, *, sure: float = 1.0) -> float:
    """
    Instances with which every waiting request starts before its deadline.

    Args:
        slack_s: Deadline - now of each waiting request, in order. [s]
        work: Of the group.
        sure: Standard deviations added to the estimate.

    Returns:
        Instances, not rounded; requests that are late already ask for none.
    """
    place = np.arange(1, slack_s.size + 1, dtype=np.float64)
    wait, spread = waiting_s(place, work, 1.0)
    due = slack_s > NEAR_S
    if not due.any():
        return 0.0
    return float(np.max((wait + sure * spread)[due] / slack_s[due]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    What one group asks for.

    Args:
        deadline_s: Of its first waiting request; infinite where none waits. [s]
        needed: Instances it must have.
        wanted: Instances it could use beyond those.
        model: Number of its model.
    """

    deadline_s: float
    needed: int
    wanted: int
    model: int


def assign(claims: list[Claim], serving: IntArray, model_of: IntArray) -> IntArray:
    """
    Give instances to groups, the earliest deadline first, moving as few as possible.

    What is needed comes first, then groups keep what they could use, then what is left
    goes to those that could use more; instances that nobody wants stay. A group takes
    its own, then instances not wanted where they are, of its model before others, then
    those of the latest deadline.

    Args:
        claims: One per group.
        serving: Group of each instance now. shape (instances,)
        model_of: Model of each group.

    Returns:
        Group of each instance from now on.
    """
    deadline = np.array([c.deadline_s for c in claims])
    order = np.argsort(deadline, kind="stable")
    target = np.full(serving.size, -1, dtype=np.int64)
    granted = np.zeros(len(claims), dtype=np.int64)
    for g in order:
        granted[g] = min(claims[g].needed, serving.size - granted.sum())
    for g in order:  # own ones that are needed
        target[np.flatnonzero(serving == g)[: granted[g]]] = g
    surplus = np.array([
        np.count_nonzero(serving == g) > c.needed + c.wanted
        for g, c in enumerate(claims)
    ])  # fmt: skip

    def taken(g: int, count: int, among: IntArray) -> IntArray:
        now = serving[among]
        cost = np.lexsort((among, -deadline[now], model_of[now] != claims[g].model,
                           ~surplus[now]))  # fmt: skip
        return among[cost[: max(0, count)]]

    for g in order:
        short = int(granted[g]) - int(np.count_nonzero(target == g))
        target[taken(g, short, np.flatnonzero(target < 0))] = g
    for g in order:
        own = np.flatnonzero((serving == g) & (target < 0))
        target[own[: claims[g].wanted]] = g
    for g in order:
        have = int(np.count_nonzero(target == g))
        short = claims[g].needed + claims[g].wanted - have
        target[taken(g, short, np.flatnonzero(target < 0))] = g
    return np.where(target < 0, serving, target)
