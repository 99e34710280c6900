"""
Pool manager: cut a pool's GPUs into instances so that they draw least.

Configurations are a tensor-parallel degree at a load, with the clock that draws least
there inside the limits. Integers n_c: least Σ n_c P_c with Σ n_c TP_c = the pool's
GPUs and Σ n_c cap_c >= its rate. Instances of one degree share a router, so all of one
degree are at the same load. Solved by HiGHS (scipy.optimize.milp).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are used

from twin.serving.dynamollm.profiles import Profile
from twin.types import FloatArray, IntArray

LEVELS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
"""Loads of a configuration ÷ the most its degree carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configurations:
    """
    Columns of the problem; all of shape (configurations,).

    Args:
        degree: Place of the degree.
        gpus: GPUs of one instance.
        clock: Place of the clock.
        cap_rps: Rate one instance takes. [1/s]
        power_w: Server watts of one instance at that rate. [W]
    """

    degree: IntArray
    gpus: IntArray
    clock: IntArray
    cap_rps: FloatArray
    power_w: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharding:
    """
    How one pool is cut.

    Args:
        count: Instances of each degree. shape (degrees,)
        load_rps: Rate each instance of a degree is meant to take. [1/s], same shape
        power_w: Server watts expected. [W]
    """

    count: IntArray
    load_rps: FloatArray
    power_w: float


def configurations(
    profile: Profile, *, fits: tuple[bool, ...], any_clock: bool = True
) -> Configurations:
    """
    Columns for one pool.

    Args:
        profile: Of the pool's lengths.
        fits: Whether the longest request fits a degree's cache.
        any_clock: False: only the highest clock.

    Returns:
        Degrees that fit and carry anything, at every level, each at the clock that
        draws least among those that carry the load.
    """
    found = []
    top = profile.clock_mhz.size - 1
    for g, gpus in enumerate(profile.degrees):
        most = profile.cap_rps[g, top]
        if not fits[g] or most <= 0:
            continue
        for level in LEVELS:
            rate = level * most
            low = profile.lowest_clock(g, rate) if any_clock else top
            watts = [profile.watts(g, c, rate) for c in range(low, top + 1)]
            best = int(np.argmin(watts))
            found.append((g, gpus, low + best, rate, watts[best]))
    columns = [np.array(c) for c in zip(*found, strict=True)] or [np.zeros(0)] * 5
    whole = [c.astype(np.int64) for c in columns[:3]]
    return Configurations(
        degree=whole[0], gpus=whole[1], clock=whole[2],
        cap_rps=columns[3], power_w=columns[4],
    )  # fmt: skip


def most_rps(columns: Configurations, gpus: int) -> float:
    """Highest rate that so many GPUs carry, all of them used. [1/s]; 0: they cannot."""
    best = np.full(gpus + 1, -np.inf)
    best[0] = 0.0
    for held in range(1, gpus + 1):
        for size, cap in zip(columns.gpus, columns.cap_rps, strict=True):
            if size <= held:
                best[held] = max(best[held], best[held - size] + cap)
    return max(0.0, float(best[gpus]))


def solve_sharding(
    columns: Configurations, *, gpus: int, rate_rps: float, degrees: int
) -> Sharding:
    """
    Cut a pool's GPUs anew.

    A rate above what they carry is served as far as it goes: the cut that carries most.

    Args:
        columns: Configurations to choose from.
        gpus: GPUs of the pool, all to be used; a multiple of some configuration.
        rate_rps: Rate to carry. [1/s], >= 0
        degrees: Number of degrees.

    Returns:
        The cut.

    Raises:
        ValueError: If the solver finds none.

    Source:
        docs/models/dynamollm.md, section 4.
    """
    n = columns.gpus.size
    rate = min(rate_rps, most_rps(columns, gpus) * (1.0 - 1e-9))
    most = gpus / columns.gpus
    chosen = np.eye(degrees)[:, columns.degree]
    none, one = np.zeros(n), np.eye(n)
    rule = scipy.optimize.LinearConstraint
    rules = [
        rule(np.append(columns.gpus, none), gpus, gpus),
        rule(np.append(columns.cap_rps, none), rate, np.inf),
        rule(np.hstack([one, -np.diag(most)]), -np.inf, 0.0),
        rule(np.hstack([0.0 * chosen, chosen]), 0.0, 1.0),
    ]
    answer = scipy.optimize.milp(
        np.append(columns.power_w, none),
        constraints=rules,
        bounds=scipy.optimize.Bounds(0.0, np.append(most, np.ones(n))),
        integrality=np.ones(2 * n),
        options={"presolve": False},  # with it HiGHS may write a line to stdout
    )
    if answer.x is None:
        raise ValueError(
            f"no cut of {gpus} GPUs carries {rate_rps:g} requests/s: {answer.message}"
        )
    count = np.rint(answer.x[:n]).astype(np.int64)
    taken = chosen @ (count * columns.cap_rps)
    each = (chosen @ count).astype(np.int64)
    return Sharding(
        count=each,
        load_rps=np.where(each > 0, taken / np.maximum(each, 1), 0.0),
        power_w=float(count @ columns.power_w),
    )
