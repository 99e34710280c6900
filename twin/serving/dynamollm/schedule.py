"""
The two slower levels on the clock: groups, cuts and shares of every five minutes.

They look at forecasts and at arrivals so far, never at the fleet, so their plan can be
made before the run: an epoch's decision uses nothing that comes after it is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.errors import ScenarioError
from twin.serving.dynamollm.forecast import seen_ratio
from twin.serving.dynamollm.levers import Levers
from twin.serving.dynamollm.pools import POOLS, size_pools, spread
from twin.serving.dynamollm.profiles import Profile
from twin.serving.dynamollm.sharding import (
    Configurations,
    Sharding,
    configurations,
    solve_sharding,
)
from twin.serving.systems.loads import largest_part
from twin.types import FloatArray, IntArray

RATE_STEP = 0.02
"""Rates are rounded up to this part of a pool's capacity, so that cuts repeat."""
LOOK_BINS = 3
"""Bins of arrivals that correct the forecast of the sharding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """
    Periods and delays.

    Args:
        bin_s: Time between shardings, and bins of the forecast. [s]
        bins_per_epoch: Shardings per decision of the cluster manager.
        start_s: Time to start a group. [s]
        reshard_s: Time to cut GPUs anew. [s]
        ahead: Groups are started before they are needed.
    """

    bin_s: float
    bins_per_epoch: int
    start_s: float
    reshard_s: float
    ahead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """
    What holds from `ready_s` of a bin to the next.

    Args:
        ready_s: When the bin's decision is in force. [s], shape (bins,)
        delay_s: Time its new instances take to get ready. [s], shape (bins, pools)
        groups: shape (bins, pools)
        count: Instances. shape (bins, pools, degrees)
        share: Of each class to each pool. shape (bins, classes, pools)
        weight: Of each degree within a pool. shape (bins, pools, degrees)
        solved: Problems solved.
    """

    ready_s: FloatArray
    delay_s: FloatArray
    groups: IntArray
    count: IntArray
    share: FloatArray
    weight: FloatArray
    solved: int


@dataclass(slots=True, kw_only=True)
class PoolManager:
    """Cuts pools, remembering every cut it has solved."""

    profiles: Sequence[Profile]
    fits: Sequence[tuple[bool, ...]]
    levers: Levers
    _columns: dict[int, Configurations] = field(init=False, default_factory=dict)
    _known: dict[tuple[int, int, int], Sharding] = field(
        init=False, default_factory=dict
    )

    @property
    def solved(self) -> int:
        """Cuts solved so far."""
        return len(self._known)

    def cut(self, pool: int, groups: int, rate_rps: float) -> Sharding:
        """Cut of a pool's groups for a rate. [1/s]"""
        profile = self.profiles[pool]
        degrees = len(profile.degrees)
        reference = profile.cap_rps[-1, -1]
        if not self.levers.sharding:
            each = min(rate_rps / groups, reference)
            return Sharding(
                count=np.array([0] * (degrees - 1) + [groups]),
                load_rps=np.array([0.0] * (degrees - 1) + [max(each, 1e-9)]),
                power_w=groups * profile.watts(degrees - 1, -1, each),
            )
        step = math.ceil(rate_rps / (RATE_STEP * groups * reference))
        key = (pool, groups, step)
        if key not in self._known:
            self._known[key] = solve_sharding(
                self.columns(pool),
                gpus=groups * profile.degrees[-1],
                rate_rps=step * RATE_STEP * groups * reference,
                degrees=degrees,
            )
        return self._known[key]

    def columns(self, pool: int) -> Configurations:
        """Configurations of a pool."""
        if pool not in self._columns:
            self._columns[pool] = configurations(
                self.profiles[pool], fits=self.fits[pool],
                any_clock=self.levers.frequency,
            )  # fmt: skip
        return self._columns[pool]


def reference_rps(profiles: Sequence[Profile]) -> FloatArray:
    """What one reference instance of each pool carries. [1/s], shape (pools,)"""
    return np.array([p.cap_rps[-1, -1] for p in profiles])


def plan_schedule(
    forecast_rps: FloatArray, seen_rps: FloatArray, manager: PoolManager, *,
    timing: Timing, margin: float, groups_at_hand: int,
) -> Schedule:  # fmt: skip
    """
    Plan every bin.

    Args:
        forecast_rps: Rates expected. [1/s], shape (bins, classes)
        seen_rps: Rates that come. [1/s]; a bin's decision sees only bins before it.
        manager: Cuts pools; its levers say what follows the load.
        timing: Periods and delays.
        margin: Room above the forecast. >= 0
        groups_at_hand: Groups that the servers hold.

    Returns:
        The schedule.

    Raises:
        ScenarioError: If the limits cannot be met, or the servers do not suffice.

    Source:
        docs/models/dynamollm.md, section 5.
    """
    cap = reference_rps(manager.profiles)
    if cap[-1] <= 0:
        raise unmet_limits()
    if manager.levers.instances:
        groups = _groups_by_epoch(forecast_rps, seen_rps, cap, timing, margin)
    else:
        peak = (1.0 + margin) * seen_rps.max(axis=0)
        groups = np.tile(_sized(peak, cap), (len(seen_rps), 1))
    _check_hand(groups, groups_at_hand, seen_rps, cap, margin)
    ratio = seen_ratio(forecast_rps, seen_rps, look=LOOK_BINS)
    rates = (1.0 + margin) * ratio[:, None] * forecast_rps
    return _cut_all(rates, groups, cap, manager, timing)


def _sized(rate_rps: FloatArray, cap_rps: FloatArray) -> IntArray:
    """Groups of each pool, at least one for the largest."""
    groups = size_pools(rate_rps, cap_rps)
    groups[-1] = max(1, groups[-1])
    return groups


def _groups_by_epoch(
    forecast_rps: FloatArray, seen_rps: FloatArray, cap: FloatArray, timing: Timing,
    margin: float,
) -> IntArray:  # fmt: skip
    """The cluster manager: sized for the busiest bin of each of its periods."""
    per = timing.bins_per_epoch
    early_s = max(0.0, timing.start_s - timing.reshard_s) if timing.ahead else 0.0
    lag = math.ceil(early_s / timing.bin_s)
    ratio = seen_ratio(forecast_rps, seen_rps, look=per, lag=lag)
    groups = np.zeros(forecast_rps.shape, dtype=np.int64)
    for first in range(0, len(groups), per):
        busiest = forecast_rps[first : first + per].max(axis=0)
        wanted = (1.0 + margin) * ratio[first] * busiest
        groups[first : first + per] = _sized(wanted, cap)
    return groups


def _cut_all(
    rates: FloatArray, groups: IntArray, cap: FloatArray, manager: PoolManager,
    timing: Timing,
) -> Schedule:  # fmt: skip
    bins, degrees = len(rates), len(manager.profiles[0].degrees)
    count = np.zeros((bins, POOLS, degrees), dtype=np.int64)
    weight = np.zeros((bins, POOLS, degrees))
    share = np.zeros((bins, POOLS, POOLS))
    for e in range(bins):
        share[e] = _shares(rates[e], groups[e] * cap)
        inflow = rates[e] @ share[e]
        for p in np.flatnonzero(groups[e]):
            cut = manager.cut(int(p), int(groups[e, p]), float(inflow[p]))
            taken = cut.count * cut.load_rps
            count[e, p], weight[e, p] = cut.count, taken / taken.sum()
    grown = np.diff(groups, axis=0, prepend=groups[:1]) > 0
    ready_s = np.arange(bins) * timing.bin_s + math.ceil(timing.reshard_s)
    if not timing.ahead:
        ready_s += np.where(grown.any(axis=1), math.ceil(timing.start_s), 0.0)
    ready_s[0] = 0.0
    return Schedule(
        ready_s=np.maximum.accumulate(ready_s),
        delay_s=np.where(grown, timing.start_s, timing.reshard_s),
        groups=groups, count=count, share=share, weight=weight,
        solved=manager.solved,
    )  # fmt: skip


def _shares(rate_rps: FloatArray, capacity_rps: FloatArray) -> FloatArray:
    """Shares with all pools stretched alike where together they cannot carry it."""
    share = spread(rate_rps, capacity_rps)
    for stretch in np.arange(1.1, 3.05, 0.1):
        over = float(rate_rps @ share[:, -1]) - (stretch - 0.1) * capacity_rps[-1]
        if over <= 1e-9 * max(1.0, capacity_rps[-1]):
            break
        share = spread(rate_rps, stretch * capacity_rps)
    return share


# --- refusals ---


def unmet_limits() -> ScenarioError:
    """No instance keeps the limits, however little it has to do."""
    return ScenarioError("slo", "must be met by one instance of the largest degree "
                         "with next to no load", "not met", "allow more time, take a "
                         "faster GPU, or lower slo_frac")  # fmt: skip


def _check_hand(
    groups: IntArray, at_hand: int, seen_rps: FloatArray, cap: FloatArray, margin: float
) -> None:
    needed = int(groups.sum(axis=1).max())
    if needed <= at_hand:
        return
    peak = (1.0 + margin) * seen_rps.max(axis=0)
    fits = largest_part(lambda p: bool(_sized(p * peak, cap).sum() <= at_hand), 40)
    raise too_much(needed, at_hand, fits * float(seen_rps.sum(axis=1).mean()))


def too_much(needed: int, at_hand: int, fitting_rps: float) -> ScenarioError:
    """More traffic than the servers carry inside the limits."""
    return ScenarioError("traffic", f"must fit the {at_hand} instances' worth of "
                         "servers inside the limits", f"{needed} needed",
                         f"about {fitting_rps:.3g} requests/s on average would fit, of "
                         "the same shape; lower the rate or add servers")  # fmt: skip
