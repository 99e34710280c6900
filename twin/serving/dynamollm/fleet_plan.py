"""Turn a schedule into a fleet: pools of slots, events that fill them, shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.serving.dynamollm.lengths import NAMES, larger_pool
from twin.serving.dynamollm.pools import POOLS
from twin.serving.dynamollm.profiles import Profile
from twin.serving.dynamollm.schedule import Schedule
from twin.serving.fleet.parts import EDF, Action, Engine, FleetClass, Pool, Requests
from twin.types import FloatArray, IntArray

GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)
"""Multiples of it, modulo 1, fill 0..1 evenly: shares hold over any few requests."""
ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """
    Slots of every pool and degree that is ever used, side by side.

    Args:
        pool: Length class of each. shape (slots,)
        degree: Place of its degree. shape (slots,)
        most: Instances it may hold. shape (slots,)
        first: First instance of each, and the number of all. shape (slots + 1,)
    """

    pool: IntArray
    degree: IntArray
    most: IntArray
    first: IntArray

    def names(self, engines: Sequence[Engine]) -> list[str]:
        """Name of each, as "MS TP4"."""
        return [
            f"{NAMES[p]} TP{engines[d].gpu_count}"
            for p, d in zip(self.pool, self.degree, strict=True)
        ]


def slots_of(schedule: Schedule) -> Slots:
    """Slots that a schedule fills at any time."""
    most = schedule.count.max(axis=0)
    pool, degree = np.nonzero(most)
    held = most[pool, degree]
    return Slots(
        pool=pool, degree=degree, most=held, first=np.append(0, np.cumsum(held))
    )


def pools_of(schedule: Schedule, slots: Slots, engines: Sequence[Engine]) -> list[Pool]:
    """Pools as they start, every queue by deadline."""
    return [
        Pool(
            name=name, engine=engines[d], count=int(schedule.count[0, p, d]),
            most=int(most), queue=EDF,
        )
        for name, p, d, most in zip(
            slots.names(engines), slots.pool, slots.degree, slots.most, strict=True
        )
    ]  # fmt: skip


def events_of(schedule: Schedule, slots: Slots) -> tuple[Action, ...]:
    """
    Starts and stops.

    A new instance is asked for early enough to be ready when its bin begins; an old one
    takes nothing new one tick after that and finishes what it has.
    """
    events = []
    for s in range(slots.pool.size):
        p, d = slots.pool[s], slots.degree[s]
        for k in range(slots.most[s]):
            wanted = schedule.count[:, p, d] > k
            edges = np.flatnonzero(np.diff(wanted.astype(np.int64)))
            for e in edges + 1:
                ready_s = float(schedule.ready_s[e])
                place = int(slots.first[s] + k)
                if wanted[e]:
                    delay_s = math.ceil(schedule.delay_s[e, p])
                    on_s = max(0.0, ready_s - delay_s)
                    events.append(Action(
                        at_s=on_s, name="on", instance=place, value=ready_s - on_s
                    ))  # fmt: skip
                else:
                    events.append(Action(
                        at_s=_off_s(schedule, wanted, int(e), int(p)), name="off",
                        instance=place,
                    ))  # fmt: skip
    return tuple(a for a in events if math.isfinite(a.at_s))


def _off_s(schedule: Schedule, wanted: np.ndarray, e: int, p: int) -> float:
    """When to stop; never, where it would be started again before that."""
    off_s = float(schedule.ready_s[e]) + 1.0
    again = np.flatnonzero(wanted[e:])
    if again.size:
        back = e + int(again[0])
        if schedule.ready_s[back] - math.ceil(schedule.delay_s[back, p]) <= off_s:
            return math.inf
    return off_s


def destinations(
    schedule: Schedule, slots: Slots, arrived_s: FloatArray, length: IntArray
) -> IntArray:
    """
    Slots each request is sent to, by the shares in force when it arrives.

    Args:
        schedule: Shares and weights.
        slots: Of that schedule.
        arrived_s: Rising. [s], shape (requests,)
        length: Length class. shape (requests,)

    Returns:
        Place in `slots`, shape (requests,).
    """
    part = schedule.share[:, :, slots.pool]
    part = part * schedule.weight[:, None, slots.pool, slots.degree]
    edge = np.cumsum(part, axis=2)
    edge /= np.maximum(edge[:, :, -1:], 1e-300)
    bins = np.searchsorted(schedule.ready_s, arrived_s, side="left") - 1
    bins = np.maximum(bins, 0)
    turn = np.empty(arrived_s.size)
    for k in range(POOLS):
        here = np.flatnonzero(length == k)
        turn[here] = np.arange(1, here.size + 1) * GOLDEN % 1.0
    place = np.empty(arrived_s.size, dtype=np.int64)
    for a in range(0, arrived_s.size, ROWS):
        rows = slice(a, a + ROWS)
        edges = edge[bins[rows], length[rows]]
        place[rows] = (turn[rows, None] >= edges).sum(axis=1)
    return np.minimum(place, slots.pool.size - 1)


def rerouted_to(slots: Slots, schedule: Schedule) -> list[int]:
    """Where each pool's requests go when it is swamped: larger, then elsewhere; -1."""
    held = schedule.count.sum(axis=0)
    found = []
    for s in range(slots.pool.size):
        target = -1
        larger = larger_pool(int(slots.pool[s]))
        while target < 0 and larger is not None:
            target = _busiest(slots, held, np.flatnonzero(slots.pool == larger))
            larger = larger_pool(larger)
        if target < 0:
            rest = np.flatnonzero(
                (slots.pool == slots.pool[s]) & (slots.degree != slots.degree[s])
            )
            target = _busiest(slots, held, rest)
        found.append(target)
    return found


def _busiest(slots: Slots, held: IntArray, among: IntArray) -> int:
    if not among.size:
        return -1
    return int(among[np.argmax(held[slots.pool[among], slots.degree[among]])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """
    Last rungs of the ladder, as properties of classes.

    Args:
        drop_after: Dropped when it waited this many times its time to first token.
        swamped: Sent to another pool when pending tokens exceed this many times what
            is under way at the profile's highest rate.
    """

    drop_after: float
    swamped: float


def classes_of(
    ground: Sequence[FleetClass], requests: Requests, place: IntArray,
    slots: Slots, schedule: Schedule, *, engines: Sequence[Engine],
    profiles: Sequence[Profile], patience: Patience,
) -> tuple[tuple[FleetClass, ...], Requests]:  # fmt: skip
    """
    One class per ground class and pool that it is ever sent to.

    Args:
        ground: Classes of the ground, with the limits.
        requests: `klass` is the place in `ground`.
        place: Of `destinations`; chains follow their leader.
        slots: Pools.
        schedule: The plan behind them.
        engines: One per degree.
        profiles: One per pool.
        patience: Last rungs.

    Returns:
        The classes, and the requests sent to them.
    """
    names, targets = slots.names(engines), rerouted_to(slots, schedule)
    leader = np.maximum.accumulate(
        np.where(requests.chain == 0, np.arange(len(requests)), 0)
    )
    code = (requests.klass * slots.pool.size + place)[leader]
    used, klass = np.unique(code, return_inverse=True)
    found = []
    for one in used:
        g, s = divmod(int(one), slots.pool.size)
        target = targets[s]
        profile, d = profiles[slots.pool[s]], slots.degree[s]
        under_way = profile.cap_rps[d, -1] * profile.residence_s[d] * profile.tokens
        found.append(ground[g].sent_to(
            names[s], name=f"{ground[g].name} to {names[s]}",
            overflow_pool=None if target < 0 else names[target],
            overflow_tokens=max(1.0, patience.swamped * under_way),
            patience_s=patience.drop_after * ground[g].ttft_slo_s,
        ))  # fmt: skip
    return tuple(found), replace(requests, klass=klass.astype(np.int64))
