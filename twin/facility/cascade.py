"""
What follows from a failure, event by event, at one level of load.

Between two events every load is constant, so the next event is known in closed form:
a breaker trips, or the cap lands on the racks below an overloaded node. Stores and
generators bridge a lost utility here; `twin.facility.simulate` follows them tick by
tick.
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
    SAVED_BY_CAP, LOST_AT_ONCE, SLOWED_SERVERS, SLO_DAMAGE,
) = range(11)  # fmt: skip
OUTCOMES = 11


class Stage(NamedTuple):
    """Constants of a screening."""

    wiring: Wiring
    rack_first: int
    other_w: np.ndarray  # (nodes,) loads that are no racks: the halls' cooling
    rack_w: np.ndarray  # (racks,) at the worst hour
    capped_w: np.ndarray  # (racks,) once the cap has landed
    servers: np.ndarray  # (racks,)
    busy: np.ndarray  # (racks,) servers' worth of work at the worst hour
    capped_speed: np.ndarray  # (racks,) work done under the cap ÷ at full clock
    capped_breach: np.ndarray  # (racks,) part of its work then slower than its SLO
    limit_w: np.ndarray  # (nodes,)
    protect: np.ndarray
    protect_w: np.ndarray
    heat: np.ndarray  # (nodes,) at the worst hour, before anything fails
    cap_lands_s: float
    horizon_s: float


class Scratch(NamedTuple):
    """Working memory, reused between cases."""

    down: np.ndarray
    over: np.ndarray
    capped: np.ndarray
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
        over=np.zeros(n, dtype=np.bool_),
        capped=np.zeros(stage.servers.size, dtype=np.bool_),
        live=np.zeros(n, dtype=np.bool_),
        weight=np.zeros(stage.wiring.feed.size),
        wanted_w=stage.other_w.copy(),
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
def settle(stage, work):
    """Steady flow of what is left; capped racks draw less."""
    first = stage.rack_first
    for r in range(stage.servers.size):
        wanted = stage.capped_w[r] if work.capped[r] else stage.rack_w[r]
        work.wanted_w[first + r] = wanted
    find_live(stage.wiring, work.down, work.live, work.weight)
    add_up(stage.wiring, work.live, work.weight, work.wanted_w, work.out_w, work.in_w)


@njit(**_OPTIONS)
def mark_overloaded(stage, work):
    """Mark nodes above their limit and all they feed; is there a rack to cap?"""
    wiring, asked = stage.wiring, False
    for i in range(work.live.size):
        over = work.live[i] and work.out_w[i] > stage.limit_w[i]
        for e in range(wiring.first[i], wiring.first[i + 1]):
            over = over or (work.weight[e] > 0.0 and work.over[wiring.feed[e]])
        work.over[i] = over
        if over and i >= stage.rack_first and not work.capped[i - stage.rack_first]:
            asked = asked or stage.servers[i - stage.rack_first] > 0.0
    return asked


@njit(**_OPTIONS)
def land_cap(stage, work):
    """Cap every rack below an overloaded node."""
    for r in range(stage.servers.size):
        if work.over[stage.rack_first + r]:
            work.capped[r] = True


@njit(**_OPTIONS)
def _slo_damage(stage, work, outcome):
    """Servers left slow, and the part of the hour's work unserved or too slow."""
    asked, able, slow = 0.0, 0.0, 0.0
    for r in range(stage.servers.size):
        asked += stage.busy[r]
        if not work.live[stage.rack_first + r]:
            continue
        if work.capped[r]:
            outcome[SLOWED_SERVERS] += stage.servers[r]
            able += stage.servers[r] * stage.capped_speed[r]
            slow += stage.busy[r] * stage.capped_breach[r]
        else:
            able += stage.servers[r]
    if asked > 0.0:
        outcome[SLO_DAMAGE] = min(1.0, (max(0.0, asked - able) + slow) / asked)


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
    work.capped[:] = False
    now_s, count = 0.0, 0
    settle(stage, work)
    cap_at_s = stage.cap_lands_s if mark_overloaded(stage, work) else np.inf
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
        to_cap = cap_at_s - now_s
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
            land_cap(stage, work)
            cap_at_s = np.inf
            steps[count, 0] = now_s
            steps[count, 1] = -1.0
            steps[count, 2] = 0.0
        count += 1
        settle(stage, work)
        if mark_overloaded(stage, work) and cap_at_s == np.inf:
            cap_at_s = now_s + stage.cap_lands_s
        _frame(work, frames, count)
        node, left_s = _next_trip(stage, work)
    outcome[LOST_SERVERS] = _lost(stage, work)
    _slo_damage(stage, work, outcome)
    return count


@njit(**_OPTIONS)
def screen(stage, work, cases, outcomes):
    """Follow many failures; `cases` holds node indices, -1 for none. (cases, 2)"""
    steps = np.empty((MOST_STEPS, 3))
    frames = np.empty((0, 2, 0))
    for c in range(cases.shape[0]):
        size = 2 if cases[c, 1] >= 0 else 1
        follow(stage, work, cases[c, :size], steps, outcomes[c], frames)


@njit(**_OPTIONS)
def worst_above(stage, work, losses, above):
    """Highest load ÷ limit among nodes `above`, over losses; -1 loses nothing."""
    worst, node, cause = 0.0, -1, -1
    work.capped[:] = False
    for lost in losses:
        work.down[:] = False
        if lost >= 0:
            work.down[lost] = True
        settle(stage, work)
        for i in above:
            if work.live[i] and stage.limit_w[i] < np.inf:
                part = work.out_w[i] / stage.limit_w[i]
                if part > worst:
                    worst, node, cause = part, i, lost
    return worst, node, cause
