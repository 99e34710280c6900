"""
What follows from a failure, event by event, at one level of load.

Between two events every load is constant, so the next event is known in closed form:
a breaker trips, or the cap lands. Stores and generators bridge a lost utility here;
`twin.facility.simulate` follows them tick by tick.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.power.protection import protection_step, time_to_trip_s
from twin.power.sweep import Wiring, add_up, find_live

MOST_STEPS = 64

# columns of the outcome of a case
(
    LOST_SERVERS, FIRST_TRIP_S, TRIPS, WORST_NODE, WORST_FRAC, RACE_NODE, RACE_TRIP_S,
    SAVED_BY_CAP, LOST_AT_ONCE,
) = range(9)  # fmt: skip
OUTCOMES = 9


class Stage(NamedTuple):
    """Constants of a screening."""

    wiring: Wiring
    rack_first: int
    rack_w: np.ndarray  # (racks,) at the worst hour
    capped_w: np.ndarray  # (racks,) once the cap has landed
    servers: np.ndarray  # (racks,)
    limit_w: np.ndarray  # (nodes,)
    protect: np.ndarray
    protect_w: np.ndarray
    heat: np.ndarray  # (nodes,) at the worst hour, before anything fails
    cap_lands_s: float
    horizon_s: float


class Scratch(NamedTuple):
    """Working memory, reused between cases."""

    down: np.ndarray
    live: np.ndarray
    weight: np.ndarray
    wanted_w: np.ndarray
    out_w: np.ndarray
    in_w: np.ndarray
    heat: np.ndarray


def scratch(stage: Stage) -> Scratch:
    """Allocate working memory for one worker."""
    n = stage.wiring.role.size
    return Scratch(
        down=np.zeros(n, dtype=np.bool_),
        live=np.zeros(n, dtype=np.bool_),
        weight=np.zeros(stage.wiring.feed.size),
        wanted_w=np.zeros(n),
        out_w=np.zeros(n),
        in_w=np.zeros(n),
        heat=np.zeros(n),
    )


_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def _lost(stage, work):
    """Servers in racks without power."""
    lost = 0.0
    for r in range(stage.servers.size):
        if not work.live[stage.rack_first + r]:
            lost += stage.servers[r]
    return lost


@njit(**_OPTIONS)
def settle(stage, work, capped):
    """Steady flow of what is left."""
    first = stage.rack_first
    for r in range(stage.servers.size):
        work.wanted_w[first + r] = stage.capped_w[r] if capped else stage.rack_w[r]
    find_live(stage.wiring, work.down, work.live, work.weight)
    add_up(stage.wiring, work.live, work.weight, work.wanted_w, work.out_w, work.in_w)


@njit(**_OPTIONS)
def _next_trip(stage, work):
    """Node that trips next if nothing changes, and in how many seconds."""
    node, least = -1, np.inf
    for i in range(stage.rack_first):
        if work.live[i] and work.out_w[i] > stage.protect_w[i]:
            ratio = work.out_w[i] / stage.protect_w[i]
            left = time_to_trip_s(stage.protect[i], ratio, work.heat[i])
            if left < least:
                node, least = i, left
    return node, least


@njit(**_OPTIONS)
def _heat_up(stage, work, elapsed_s):
    """Advance every breaker by a time of constant load."""
    for i in range(stage.rack_first):
        if work.live[i] and (work.heat[i] > 0.0 or work.out_w[i] > stage.protect_w[i]):
            ratio = work.out_w[i] / stage.protect_w[i]
            work.heat[i] = protection_step(
                stage.protect[i], ratio, work.heat[i], elapsed_s
            )


@njit(**_OPTIONS)
def _frame(work, frames, k):
    """Keep what every node carries now."""
    if frames.shape[0] > k:
        for i in range(work.live.size):
            frames[k, 0, i] = work.out_w[i] if work.live[i] else np.nan
            frames[k, 1, i] = work.heat[i]


@njit(**_OPTIONS)
def follow(stage, work, failed, steps, outcome, frames):
    """
    Follow one failure to its end.

    Args:
        stage: Constants.
        work: Working memory.
        failed: Indices of the nodes lost at time zero.
        steps: Filled with what happens: time, node (-1: the cap landed), its load
            ratio. Shape (MOST_STEPS, 3)
        outcome: Filled, see the columns above.
        frames: Filled with the output of every node after the failure and after each
            step, and the state of its protection; NaN where dead. Shape
            (MOST_STEPS + 1, 2, nodes), or (0, 2, 0) where nobody looks.

    Returns:
        Number of steps.
    """
    work.down[:] = False
    work.heat[:] = stage.heat
    for k in range(failed.size):
        work.down[failed[k]] = True
    outcome[:] = 0.0
    outcome[FIRST_TRIP_S] = np.inf
    outcome[RACE_TRIP_S] = np.inf
    outcome[RACE_NODE] = -1.0
    outcome[WORST_NODE] = -1.0
    now_s, capped, count = 0.0, False, 0
    settle(stage, work, capped)
    outcome[LOST_AT_ONCE] = _lost(stage, work)
    for i in range(stage.rack_first):
        if work.live[i] and stage.limit_w[i] < np.inf:
            part = work.out_w[i] / stage.limit_w[i]
            if part > outcome[WORST_FRAC]:
                outcome[WORST_FRAC] = part
                outcome[WORST_NODE] = i
    _frame(work, frames, 0)
    node, left_s = _next_trip(stage, work)
    outcome[RACE_NODE] = node
    outcome[RACE_TRIP_S] = left_s
    outcome[SAVED_BY_CAP] = 1.0 if left_s < np.inf else 0.0
    while count < steps.shape[0]:
        to_cap = stage.cap_lands_s - now_s if not capped else np.inf
        if (
            min(left_s, to_cap) == np.inf
            or now_s + min(left_s, to_cap) > stage.horizon_s
        ):
            break
        if left_s <= to_cap:
            now_s += left_s
            _heat_up(stage, work, left_s)
            steps[count, 0] = now_s
            steps[count, 1] = node
            steps[count, 2] = work.out_w[node] / stage.protect_w[node]
            work.down[node] = True
            outcome[TRIPS] += 1.0
            outcome[FIRST_TRIP_S] = min(outcome[FIRST_TRIP_S], now_s)
            outcome[SAVED_BY_CAP] = 0.0
        else:
            now_s += to_cap
            _heat_up(stage, work, to_cap)
            capped = True
            steps[count, 0] = now_s
            steps[count, 1] = -1.0
            steps[count, 2] = 0.0
        count += 1
        settle(stage, work, capped)
        _frame(work, frames, count)
        node, left_s = _next_trip(stage, work)
    outcome[LOST_SERVERS] = _lost(stage, work)
    return count


@njit(**_OPTIONS)
def screen(stage, work, cases, outcomes):
    """Follow many failures; `cases` holds node indices, -1 for none. (cases, 2)"""
    steps = np.empty((MOST_STEPS, 3))
    frames = np.empty((0, 2, 0))
    for c in range(cases.shape[0]):
        size = 2 if cases[c, 1] >= 0 else 1
        follow(stage, work, cases[c, :size], steps, outcomes[c], frames)
