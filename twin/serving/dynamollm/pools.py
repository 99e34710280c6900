"""
Cluster manager: how many groups of GPUs each pool gets, and who is sent where.

A group is the GPUs of one reference instance (the largest degree at the highest
clock). Each pool gets the whole groups its rate fills; what remains is promoted to the
next pool that is larger in both lengths, and only the largest is rounded up.
"""

from __future__ import annotations

import math

import numpy as np

from twin.serving.dynamollm.lengths import LAST, larger_pool
from twin.types import FloatArray, IntArray

POOLS = LAST + 1
_SLACK = 1e-9


def size_pools(rate_rps: FloatArray, cap_rps: FloatArray) -> IntArray:
    """
    Groups of each pool.

    Args:
        rate_rps: Requests of each class. [1/s], shape (9,)
        cap_rps: What one reference instance of each pool carries; 0 where the pool
            cannot be used, all of it is promoted. [1/s], shape (9,); the last > 0
            where anything arrives.

    Returns:
        Groups, shape (9,).

    Source:
        docs/models/dynamollm.md, section 3.
    """
    groups = np.zeros(POOLS, dtype=np.int64)
    inflow = rate_rps.astype(np.float64).copy()
    for p in range(POOLS):
        if inflow[p] <= 0:
            continue
        wanted = inflow[p] / cap_rps[p] if cap_rps[p] > 0 else 0.0
        larger = larger_pool(p)
        if larger is None:
            groups[p] = math.ceil(wanted - _SLACK)
            continue
        groups[p] = math.floor(wanted + _SLACK)
        inflow[larger] += max(0.0, inflow[p] - groups[p] * cap_rps[p])
    return groups


def spread(rate_rps: FloatArray, capacity_rps: FloatArray) -> FloatArray:
    """
    Share of each class that each pool takes.

    A pool takes what it can carry, the same share of all that come; the rest goes on
    to the next larger pool. The largest takes all that reaches it, unless it has no
    group: then the last pool on the way that has one takes it.

    Args:
        rate_rps: Requests of each class. [1/s], shape (9,)
        capacity_rps: What the groups of each pool carry. [1/s], shape (9,)

    Returns:
        Shares, shape (class, pool); rows sum to 1 where any pool on the way is on.
    """
    share = np.zeros((POOLS, POOLS))
    coming = np.eye(POOLS)
    for p in range(POOLS):
        larger = larger_pool(p)
        inflow = float(coming[:, p] @ rate_rps)
        take = 1.0 if inflow <= 0 else min(1.0, capacity_rps[p] / inflow)
        if capacity_rps[p] <= 0:
            take = 0.0
        if larger is None or not _any_above(p, capacity_rps):
            take = 1.0 if capacity_rps[p] > 0 else 0.0
        share[:, p] = coming[:, p] * take
        if larger is not None:
            coming[:, larger] += coming[:, p] * (1.0 - take)
    return share


def _any_above(pool: int, capacity_rps: FloatArray) -> bool:
    above = larger_pool(pool)
    while above is not None:
        if capacity_rps[above] > 0:
            return True
        above = larger_pool(above)
    return False
