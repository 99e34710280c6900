"""
What follows from a failure, event by event, at one level of load.

Between two events every load is constant, so the next event is known in closed form:
a breaker trips, the cap lands on the racks below a loaded node, or a hall without
cooling gets too hot. A store carries its load over a starting generator or a transfer
switch if it lasts that long; `twin.facility.simulate` follows it tick by tick.

A failure is a number: a node, a module of a node, a part of a hall's cooling, or the
path that commands take. See `twin.facility.screening.failures_of`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from twin.facility.kernel import HOLD_UP_S
from twin.power.protection import protection_step, time_to_trip_s
from twin.power.stores import runtime_s
from twin.power.sweep import GENERATOR, Wiring, add_up, find_live

MOST_STEPS = 64
ALL_COOLING, AIR_HANDLER, CHILLER, CDU_PUMP = range(4)
"""Parts of a hall's cooling: columns of Stage.hot_after_s."""
HALL_PARTS = 4
CAP_LANDS, TOO_HOT = -1.0, -2.0
"""What a step is where it is no node that trips."""

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
    capped_w: np.ndarray  # (caps, racks) once a policy's first, second... has landed
    servers: np.ndarray  # (racks,)
    busy: np.ndarray  # (racks,) servers' worth of work at the worst hour
    capped_speed: np.ndarray  # (caps, racks) work done under it ÷ at full clock
    capped_breach: np.ndarray  # (caps, racks) part of that work slower than its SLO
    limit_w: np.ndarray  # (nodes,)
    protect: np.ndarray
    protect_w: np.ndarray
    heat: np.ndarray  # (nodes,) at the worst hour, before anything fails
    modules: np.ndarray  # (nodes, 2): modules, and how many carry the rating
    out: np.ndarray  # bool (nodes,) out of service by plan
    chosen: np.ndarray  # int64 (nodes,) feed each transfer switch stands on
    running: np.ndarray  # bool (nodes,) generators that carry load all the time
    start_s: np.ndarray  # (nodes,) of generators
    gap_s: np.ndarray  # (nodes,) without power when a transfer switch moves
    store: np.ndarray  # (nodes, width): rows of twin.power.stores
    store_w: np.ndarray  # 0 = no store
    rack_hall: np.ndarray
    cooling_node: np.ndarray  # int64 (halls,)
    hot_after_s: np.ndarray  # (halls, HALL_PARTS) until its servers switch off
    supply_c: np.ndarray  # (halls,) air to the servers
    cooling_able_w: np.ndarray  # (halls,) heat of servers that cooling can take out
    cap_frac: float  # load ÷ limit from which the policy goes as far as it can
    cap_lands_s: np.ndarray  # (caps,) from an overload until each of them holds
    horizon_s: float
    worst_t_s: float


class Scratch(NamedTuple):
    """Working memory, reused between cases."""

    down: np.ndarray
    capacity: np.ndarray
    over: np.ndarray
    capped: np.ndarray
    chosen: np.ndarray
    gap_s: np.ndarray
    running: np.ndarray
    dropped: np.ndarray
    hot: np.ndarray
    hot_at_s: np.ndarray
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
        down=stage.out.copy(), capacity=np.ones(n), chosen=stage.chosen.copy(),
        gap_s=np.zeros(n), running=np.zeros(n, dtype=np.bool_),
        dropped=np.zeros(stage.servers.size, dtype=np.bool_),
        hot=np.zeros(stage.cooling_node.size, dtype=np.bool_),
        hot_at_s=np.full(stage.cooling_node.size, np.inf),
        over=np.zeros(n, dtype=np.bool_),
        capped=np.zeros(stage.servers.size, dtype=np.int64),
        live=np.zeros(n, dtype=np.bool_), weight=np.zeros(stage.wiring.feed.size),
        wanted_w=stage.other_w.copy(), out_w=np.zeros(n), in_w=np.zeros(n),
        heat=np.zeros(n),
    )  # fmt: skip


_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def _lost(stage, work):
    """Servers without power, restarting after a gap, or off from heat."""
    lost = 0.0
    for r in range(stage.servers.size):
        gone = not work.live[stage.rack_first + r] or work.dropped[r]
        if gone or work.hot[stage.rack_hall[r]]:
            lost += stage.servers[r]
    return lost


@njit(**_OPTIONS)
def settle(stage, work):
    """Steady flow of what is left; capped racks draw less."""
    first = stage.rack_first
    for r in range(stage.servers.size):
        wanted = stage.rack_w[r]
        if work.capped[r] > 0:
            wanted = stage.capped_w[work.capped[r] - 1, r]
        work.wanted_w[first + r] = 0.0 if work.hot[stage.rack_hall[r]] else wanted
    find_live(stage.wiring, work.down, work.live, work.weight)
    add_up(stage.wiring, work.live, work.weight, work.wanted_w, work.out_w, work.in_w)


@njit(**_OPTIONS)
def bridge(stage, work):
    """
    Follow the gap that starting generators and moving switches leave.

    A store closes it if it lasts. A rack that is left longer than its supplies ride
    through loses its servers until they have started again.
    """
    wiring = stage.wiring
    for i in range(wiring.role.size):
        first, end = wiring.first[i], wiring.first[i + 1]
        gap = 0.0
        if not work.live[i]:
            continue
        if wiring.role[i] == GENERATOR:
            gap = 0.0 if work.running[i] else stage.start_s[i]
            work.running[i] = work.running[i] or work.out_w[i] > 0.0
        elif end > first:
            gap = np.inf
            for e in range(first, end):
                if work.weight[e] > 0.0:
                    gap = min(gap, work.gap_s[wiring.feed[e]])
                    if not wiring.share[i] and wiring.feed[e] != work.chosen[i]:
                        work.chosen[i] = wiring.feed[e]
                        gap = max(gap, stage.gap_s[i])
        if gap > 0.0 and stage.store_w[i] > 0.0:
            load = work.out_w[i] / stage.store_w[i]
            if runtime_s(stage.store[i], load) >= gap:
                gap = 0.0
        work.gap_s[i] = gap
        if i >= stage.rack_first and gap > HOLD_UP_S:
            work.dropped[i - stage.rack_first] = True


@njit(**_OPTIONS)
def _has_life(stage, work, h):
    """Whether any rack of a hall has power, so makes heat."""
    for r in range(stage.servers.size):
        if stage.rack_hall[r] == h and work.live[stage.rack_first + r]:
            return True
    return False


@njit(**_OPTIONS)
def _warm_up(stage, work, now_s):
    """A hall whose cooling has no power gets warm; when is the next one too hot?"""
    soonest = np.inf
    for h in range(stage.cooling_node.size):
        if not work.live[stage.cooling_node[h]] and _has_life(stage, work, h):
            at_s = now_s + stage.hot_after_s[h, ALL_COOLING]
            work.hot_at_s[h] = min(work.hot_at_s[h], at_s)
        if not work.hot[h]:
            soonest = min(soonest, work.hot_at_s[h])
    return soonest


@njit(**_OPTIONS)
def fail(stage, work, failure):
    """Put one failure in place; true if it is the path that commands take."""
    n = stage.rack_first
    if failure < n:
        work.down[failure] = True
    elif failure < 2 * n:
        i = failure - n
        left = (stage.modules[i, 0] - 1.0) / stage.modules[i, 1]
        work.capacity[i] = max(1e-6, min(1.0, left))
    elif failure < 2 * n + HALL_PARTS * stage.cooling_node.size:
        h = (failure - 2 * n) // HALL_PARTS
        part = (failure - 2 * n) % HALL_PARTS
        work.hot_at_s[h] = min(work.hot_at_s[h], stage.hot_after_s[h, part])
    else:
        return True
    return False


@njit(**_OPTIONS)
def mark_overloaded(stage, work, cap):
    """Mark nodes the policy acts on, and all they feed; is there a rack to cap so?"""
    wiring, asked = stage.wiring, False
    if cap > stage.cap_lands_s.size:
        return False
    for i in range(work.live.size):
        most_w = stage.cap_frac * work.capacity[i] * stage.limit_w[i]
        over = work.live[i] and work.out_w[i] > most_w
        for e in range(wiring.first[i], wiring.first[i + 1]):
            over = over or (work.weight[e] > 0.0 and work.over[wiring.feed[e]])
        work.over[i] = over
        if over and i >= stage.rack_first and work.capped[i - stage.rack_first] < cap:
            asked = asked or stage.servers[i - stage.rack_first] > 0.0
    return asked


@njit(**_OPTIONS)
def land_cap(stage, work, cap):
    """Put a cap in force on every rack below a node the policy acts on."""
    for r in range(stage.servers.size):
        if work.over[stage.rack_first + r]:
            work.capped[r] = max(work.capped[r], cap)


@njit(**_OPTIONS)
def _slo_damage(stage, work, outcome):
    """Servers left slow, and the part of the hour's work unserved or too slow."""
    asked, able, slow = 0.0, 0.0, 0.0
    for r in range(stage.servers.size):
        asked += stage.busy[r]
        gone = not work.live[stage.rack_first + r] or work.dropped[r]
        if gone or work.hot[stage.rack_hall[r]]:
            continue
        cap = work.capped[r] - 1
        if cap >= 0:
            outcome[SLOWED_SERVERS] += stage.servers[r]
            able += stage.servers[r] * stage.capped_speed[cap, r]
            slow += stage.busy[r] * stage.capped_breach[cap, r]
        else:
            able += stage.servers[r]
    if asked > 0.0:
        outcome[SLO_DAMAGE] = min(1.0, (max(0.0, asked - able) + slow) / asked)


@njit(**_OPTIONS)
def _next_trip(stage, work):
    """Node that trips next if nothing changes, and in how many seconds."""
    node, least = -1, np.inf
    for i in range(stage.rack_first):
        ratio = work.out_w[i] / (work.capacity[i] * stage.protect_w[i])
        if work.live[i] and ratio > 1.0:
            left = time_to_trip_s(stage.protect[i], ratio, work.heat[i])
            if left < least:
                node, least = i, left
    return node, least


@njit(**_OPTIONS)
def _heat_up(stage, work, elapsed_s):
    """Advance every breaker by a time of constant load."""
    for i in range(stage.rack_first):
        ratio = work.out_w[i] / (work.capacity[i] * stage.protect_w[i])
        if work.live[i] and (work.heat[i] > 0.0 or ratio > 1.0):
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
        failed: Numbers of what is lost at time zero.
        steps: Filled with what happens: time, node (CAP_LANDS, TOO_HOT), its load
            ratio, the cap or the hall. Shape (MOST_STEPS, 3)
        outcome: Filled, see the columns above.
        frames: Filled with the output of every node after the failure and after each
            step, and the state of its protection; NaN where dead. Shape
            (MOST_STEPS + 1, 2, nodes), or (0, 2, 0) where nobody looks.

    Returns:
        Number of steps.
    """
    work.down[:] = stage.out
    work.capacity[:] = 1.0
    work.chosen[:] = stage.chosen
    work.running[:] = stage.running
    work.dropped[:] = False
    work.hot[:] = False
    work.hot_at_s[:] = np.inf
    work.heat[:] = stage.heat
    caps = stage.cap_lands_s.size
    for k in range(failed.size):
        if fail(stage, work, failed[k]):
            caps = 0
    outcome[:] = 0.0
    outcome[FIRST_TRIP_S] = np.inf
    outcome[RACE_TRIP_S] = np.inf
    outcome[RACE_NODE] = -1.0
    outcome[WORST_NODE] = -1.0
    work.capped[:] = 0
    now_s, count = 0.0, 0
    settle(stage, work)
    bridge(stage, work)
    hot_at_s = _warm_up(stage, work, now_s)
    cap, over_s, cap_at_s = 1, 0.0, np.inf
    if caps > 0 and mark_overloaded(stage, work, cap):
        cap_at_s = stage.cap_lands_s[0]
    outcome[LOST_AT_ONCE] = _lost(stage, work)
    for i in range(stage.rack_first):
        if work.live[i] and stage.limit_w[i] < np.inf:
            part = work.out_w[i] / (work.capacity[i] * stage.limit_w[i])
            if part > outcome[WORST_FRAC]:
                outcome[WORST_FRAC] = part
                outcome[WORST_NODE] = i
    _frame(work, frames, 0)
    node, left_s = _next_trip(stage, work)
    outcome[RACE_NODE] = node
    outcome[RACE_TRIP_S] = left_s
    racing = left_s < np.inf
    while count < steps.shape[0]:
        to_cap, to_hot = cap_at_s - now_s, hot_at_s - now_s
        if now_s + min(left_s, to_cap, to_hot) > stage.horizon_s:
            break
        if to_hot <= min(left_s, to_cap):
            now_s += to_hot
            _heat_up(stage, work, to_hot)
            for h in range(work.hot.size):
                if work.hot_at_s[h] <= now_s and not work.hot[h]:
                    work.hot[h] = True
                    steps[count, 2] = h
            steps[count, 0] = now_s
            steps[count, 1] = TOO_HOT
        elif left_s <= to_cap:
            now_s += left_s
            _heat_up(stage, work, left_s)
            steps[count, 0] = now_s
            steps[count, 1] = node
            steps[count, 2] = work.out_w[node] / (
                work.capacity[node] * stage.protect_w[node]
            )
            work.down[node] = True
            outcome[TRIPS] += 1.0
            outcome[FIRST_TRIP_S] = min(outcome[FIRST_TRIP_S], now_s)
        else:
            now_s += to_cap
            _heat_up(stage, work, to_cap)
            land_cap(stage, work, cap)
            cap_at_s = np.inf
            steps[count, 2] = cap
            cap += 1
            steps[count, 0] = now_s
            steps[count, 1] = CAP_LANDS
        count += 1
        settle(stage, work)
        bridge(stage, work)
        hot_at_s = _warm_up(stage, work, now_s)
        if caps > 0 and cap_at_s == np.inf:
            if mark_overloaded(stage, work, cap):
                cap_at_s = max(now_s, over_s + stage.cap_lands_s[cap - 1])
            elif mark_overloaded(stage, work, 1):
                cap, over_s = 1, now_s
                cap_at_s = now_s + stage.cap_lands_s[0]
        else:
            mark_overloaded(stage, work, max(1, cap))
        _frame(work, frames, count)
        node, left_s = _next_trip(stage, work)
    saved = racing and left_s == np.inf and outcome[TRIPS] == 0.0 and cap > 1
    outcome[SAVED_BY_CAP] = 1.0 if saved else 0.0
    outcome[LOST_SERVERS] = _lost(stage, work)
    _slo_damage(stage, work, outcome)
    return count


@njit(**_OPTIONS)
def screen(stage, work, cases, outcomes):
    """Follow many failures; `cases` holds their numbers, -1 for none. (cases, 2)"""
    steps = np.empty((MOST_STEPS, 3))
    frames = np.empty((0, 2, 0))
    for c in range(cases.shape[0]):
        size = 2 if cases[c, 1] >= 0 else 1
        follow(stage, work, cases[c, :size], steps, outcomes[c], frames)


@njit(**_OPTIONS)
def worst_above(stage, work, losses, above):
    """Highest load ÷ limit among nodes `above`, over losses; -1 loses nothing."""
    worst, node, cause = 0.0, -1, -1
    work.capped[:] = 0
    for lost in losses:
        work.down[:] = stage.out
        if lost >= 0:
            work.down[lost] = True
        settle(stage, work)
        for i in above:
            if work.live[i] and stage.limit_w[i] < np.inf:
                part = work.out_w[i] / stage.limit_w[i]
                if part > worst:
                    worst, node, cause = part, i, lost
    return worst, node, cause
