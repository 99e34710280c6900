"""
The compiled heart: requests on instances, row power, and delayed clock commands.

Two clocks meet here. Requests run on the event clock: every instance keeps one
virtual token clock V, all its decoding requests gain tokens at the same rate, and a
request that joins at V with n tokens to go leaves at V + n, so nothing steps per
token. Control runs on the tick: power is the exact energy of the tick ÷ its length.

Order inside a tick: requests, row power, telemetry, policy and brake, commands that
land. Consumption is positive. Times are seconds from the start of the horizon; ticks
and times before it, of the row's warm-up, are negative.

An instance is idle, decoding or in prefill. Prompts go first: a prefill starts at the
next iteration boundary after an arrival that fits the cache, and pauses decode. A
request holds cache for its prompt and its whole output from admission to departure,
so nothing is ever evicted.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import types

from twin.serving.primitives import (
    NEVER,
    compiled,
    heap_pop,
    heap_push,
    inlined,
    interp,
    latency_bin,
)

IDLE, DECODE, PREFILL = 0, 1, 2
LOW, HIGH = 0, 1

TTFT, TBT, E2E = 0, 1, 2

# columns of Setup.curve
SLOW_PREFILL, SLOW_DECODE, POWER_PREFILL, POWER_DECODE = 0, 1, 2, 3

# slots of State.control
(
    WANT_LOW, WANT_HIGH,  # clock last commanded per group, 0 = uncapped
    HELD_LOW, HELD_HIGH,  # clock in force per group
    LAND_LOW, LAND_HIGH,  # tick at which the command in flight lands, NEVER = none
    BRAKE_WANT, BRAKE_HELD, BRAKE_LAND,
) = range(9)  # fmt: skip

# kinds of Meter.events
EV_COMMAND, EV_LANDED, EV_BRAKE_COMMAND, EV_BRAKE_LANDED = 1, 2, 3, 4

# columns of Meter.series
(
    S_MIN, S_MEAN, S_MAX, S_LOW_CLOCK, S_HIGH_CLOCK, S_BRAKE, S_QUEUE, S_ARRIVED,
) = range(8)  # fmt: skip

# slots of Meter.totals
(
    M_PEAK_W, M_ENERGY_J, M_CAPS_LOW, M_CAPS_HIGH, M_RELEASES, M_BRAKES,
    M_CAPPED_LOW_S, M_CAPPED_HIGH_S, M_BRAKE_S, M_RISE_2S_W, M_RISE_40S_W,
    M_EVENTS_DROPPED, M_PEAK_TICK, M_DRIFT_J, M_WARM_UP_PEAK_W,
) = range(15)  # fmt: skip

# columns of Meter.counts, one row per group of requests
(
    C_ARRIVED, C_FINISHED, C_REJECTED_FULL, C_REJECTED_LONG, C_PROMPT_TOKENS,
    C_OUTPUT_TOKENS, C_CARRIED,  # carried: under way when metering began
) = range(7)  # fmt: skip

POLICY_SIGNATURE = types.void(
    types.float64,
    types.float64,
    types.float64[::1],
    types.float64[::1],
    types.float64[::1],
    types.float64[::1],
)
"""decide(time_s, load_frac, in_force, params, memory, command)"""


class Setup(NamedTuple):
    """Constants of a run. One priority's instances are contiguous, low first."""

    tick_s: float
    provisioned_w: float
    host_w: float  # constant part of all servers
    host_slope: float  # row watts per GPU watt
    first: np.ndarray  # int64 (3,): first instance of low, of high, and the end
    max_batch: int
    queue_limit: int
    kv_capacity: float
    max_prefill_tokens: float
    prefill_tokens: np.ndarray  # knots
    prefill_s: np.ndarray
    prefill_w: np.ndarray  # instance watts at the knots
    decode_base_s: np.ndarray  # (max_batch + 1,)
    kv_token_s: float
    decode_w: np.ndarray  # (max_batch + 1,)
    idle_w: float
    curve_mhz: np.ndarray
    curve: np.ndarray  # (knots, 4) slow-downs and dynamic power factors
    brake_mhz: float
    brake_on_w: float
    brake_off_w: float
    telemetry_ticks: int
    cap_ticks: int
    brake_ticks: int
    thresholds_w: np.ndarray
    ticks_per_record: int
    rise_from_tick: int  # rises count from here
    ticks_2s: int
    ticks_40s: int


INSTANCE = np.dtype(
    [
        ("next_s", "f8"),  # time of the next event
        ("synced_s", "f8"),  # time up to which everything below holds
        ("token_clock", "f8"),
        ("target", "f8"),  # token clock at the next event while decoding
        ("held_tokens", "f8"),  # in the cache now
        ("reserved_tokens", "f8"),  # promised to admitted requests
        ("work_left_s", "f8"),  # of the prefill running, at full clock
        ("prefill_tokens", "f8"),
        ("pause_s", "f8"),  # when decode was paused
        ("tbt_debt", "f8"),  # token gaps already counted with a pause
        ("power_w", "f8"),
        ("slow_prefill", "f8"),
        ("slow_decode", "f8"),
        ("power_prefill", "f8"),  # dynamic power ÷ the same at full clock
        ("power_decode", "f8"),
        ("energy_idle_j", "f8"),
        ("energy_decode_j", "f8"),
        ("energy_prefill_j", "f8"),
        ("phase", "i8"),
        ("batch", "i8"),
        ("paused", "i8"),  # sequences that wait since `pause_s`
        ("chained", "i8"),  # 1 = sequences that joined meanwhile wait too
        ("boundary", "i8"),  # 1 = the next event is an iteration boundary
        ("queued", "i8"),
        ("queue_head", "i8"),  # slot or -1
        ("queue_tail", "i8"),
        ("prefill_head", "i8"),
    ],
    align=True,
)
"""One instance. A record per instance keeps what an event touches together."""

SLOT = np.dtype(
    [
        ("arrived_s", "f8"),
        ("first_s", "f8"),  # when its first token came out
        ("prompt", "f8"),
        ("output", "f8"),
        ("group", "i8"),
        ("next", "i8"),
    ],
    align=True,
)
"""One request from arrival to departure; `next` chains queues and the free list."""


class State(NamedTuple):
    """Everything that changes, kept between chunks of the horizon."""

    inst: np.ndarray  # INSTANCE (instances,)
    load: np.ndarray  # int64 (instances,) requests not yet finished, for routing
    slots: np.ndarray  # SLOT (slots,)
    heap: np.ndarray  # SEQUENCE (instances, max_batch + 1)
    free: np.ndarray  # int64 (2,) head of the free list or -1, first slot never used
    tree: np.ndarray  # float64 (2 * leaves,) winner tree of next_s
    turn: np.ndarray  # int64 (2,) where the tie scan starts
    row: np.ndarray  # float64 (3,): GPU watts now, GPU joules this tick, time
    telemetry_w: np.ndarray  # ring of tick means, NaN before the first
    recent_w: np.ndarray  # ring of tick means for rises
    control: np.ndarray
    memory: np.ndarray  # the policy's own
    command: np.ndarray
    in_force: np.ndarray


class Meter(NamedTuple):
    """What a run measured. Its size does not grow with the horizon."""

    series: np.ndarray  # (records, 8)
    totals: np.ndarray
    above_s: np.ndarray  # (thresholds,)
    crossings: np.ndarray  # (thresholds,) upward crossings
    counts: np.ndarray  # (groups, 7)
    histogram: np.ndarray  # (groups + 2, 3, BINS); token gaps in the last two
    latency_sum_s: np.ndarray  # (groups + 2, 3)
    events: np.ndarray  # (limit, 4): time, kind, group, value
    event_count: np.ndarray  # int64 (1,)


# --- clocks and power -----------------------------------------------------------


@inlined
def _clock_factor(setup, mhz, column):
    top = setup.curve_mhz[-1]
    if mhz <= 0.0 or mhz >= top:
        return setup.curve[-1, column]
    knots = setup.curve_mhz
    n = knots.size
    i = 1
    while i < n - 1 and mhz > knots[i]:
        i += 1
    part = (mhz - knots[i - 1]) / (knots[i] - knots[i - 1])
    low = setup.curve[i - 1, column]
    return low + part * (setup.curve[i, column] - low)


@inlined
def _set_power(setup, state, i, now_s):
    """Move instance i to the power of its phase, keeping the row's energy exact."""
    one = state.inst[i]
    phase = one.phase
    if phase == DECODE:
        full_w = setup.decode_w[one.batch]
        factor = one.power_decode
    elif phase == PREFILL:
        full_w = min(
            interp(one.prefill_tokens, setup.prefill_tokens, setup.prefill_w),
            setup.prefill_w[-1],
        )
        factor = one.power_prefill
    else:
        full_w = setup.idle_w
        factor = 0.0
    watts = setup.idle_w + max(0.0, full_w - setup.idle_w) * factor
    row = state.row
    row[1] += row[0] * (now_s - row[2])
    row[2] = now_s
    row[0] += watts - one.power_w
    one.power_w = watts


# --- winner tree over the next event of every instance ----------------------------


@inlined
def _schedule(state, i, at_s):
    one = state.inst[i]
    one.next_s = at_s
    tree = state.tree
    node = (tree.size >> 1) + i
    tree[node] = at_s
    node >>= 1
    while node >= 1:
        left = tree[2 * node]
        right = tree[2 * node + 1]
        best = min(right, left)
        if tree[node] == best:
            break
        tree[node] = best
        node >>= 1


@inlined
def _first_instance(state):
    tree = state.tree
    half = tree.size >> 1
    node = 1
    best = tree[1]
    while node < half:
        node *= 2
        if tree[node] != best:
            node += 1
    return node - half


# --- latency records ----------------------------------------------------------------


@inlined
def _note(meter, group, metric, seconds, count):
    meter.histogram[group, metric, latency_bin(seconds)] += count
    meter.latency_sum_s[group, metric] += seconds * count


# --- one instance on its own time -----------------------------------------------------


@inlined
def _tbt_row(setup, meter, i):
    """Token gaps are kept per priority, in the last two rows of the histograms."""
    rows = meter.histogram.shape[0]
    return rows - 2 if i < setup.first[1] else rows - 1


@inlined
def _gained(setup, one, elapsed):
    """Tokens each sequence gains in a stretch of decoding."""
    batch = one.batch
    linear = one.slow_decode * (
        setup.decode_base_s[batch] + setup.kv_token_s * one.held_tokens
    )
    square = one.slow_decode * setup.kv_token_s * batch
    return (
        2.0 * elapsed / (linear + math.sqrt(linear * linear + 2.0 * square * elapsed))
    )


@inlined
def _decoded(setup, meter, one, i, elapsed, gained):
    """Book a stretch of decoding: tokens, energy, gaps between tokens."""
    one.energy_decode_j += one.power_w * elapsed
    one.token_clock += gained
    one.held_tokens += gained * one.batch
    count = gained * one.batch - one.tbt_debt
    if count > 0.0 and gained > 0.0:
        _note(meter, _tbt_row(setup, meter, i), TBT, elapsed / gained, count)
        one.tbt_debt = 0.0
    else:
        one.tbt_debt = -count


@inlined
def _sync(setup, state, meter, i, now_s):
    """Bring instance i to now: tokens gained, energy spent, work done."""
    one = state.inst[i]
    elapsed = now_s - one.synced_s
    if elapsed <= 0.0:
        return
    one.synced_s = now_s
    if one.phase == DECODE:
        _decoded(setup, meter, one, i, elapsed, _gained(setup, one, elapsed))
    elif one.phase == PREFILL:
        one.energy_prefill_j += one.power_w * elapsed
        one.work_left_s = max(0.0, one.work_left_s - elapsed / one.slow_prefill)
    else:
        one.energy_idle_j += one.power_w * elapsed


@inlined
def _fits(setup, state, i):
    """Whether the first request in the queue may join now."""
    one = state.inst[i]
    slot = one.queue_head
    if slot < 0 or one.batch >= setup.max_batch:
        return False
    need = state.slots[slot].prompt + state.slots[slot].output
    return one.reserved_tokens + need <= setup.kv_capacity


@inlined
def _plan_next(setup, state, i, now_s):
    """
    Schedule the next event of instance i.

    Decoding, that is the next departure or, where a request waits and fits, the next
    iteration boundary after now. Nothing is booked: the stretch stays open.
    """
    one = state.inst[i]
    if one.phase == PREFILL:
        _schedule(state, i, one.synced_s + one.work_left_s * one.slow_prefill)
        return
    if one.phase == IDLE:
        _schedule(state, i, NEVER)
        return
    clock = one.token_clock
    target = state.heap[i, 0].leave
    one.boundary = 0
    if one.queued > 0 and _fits(setup, state, i):
        elapsed = now_s - one.synced_s
        here = clock if elapsed <= 0.0 else clock + _gained(setup, one, elapsed)
        at = math.ceil(here - 1e-7)
        if at < target:
            target = at
            one.boundary = 1
    one.target = target
    gain = max(0.0, target - clock)
    linear = setup.decode_base_s[one.batch] + setup.kv_token_s * one.held_tokens
    square = 0.5 * setup.kv_token_s * one.batch
    spent = one.slow_decode * (linear + square * gain) * gain
    _schedule(state, i, max(now_s, one.synced_s + spent))


@inlined
def _start_prefill(setup, state, i, now_s):
    """Admit prompts in order until one does not fit; True if any was admitted."""
    one = state.inst[i]
    tokens = 0.0
    admitted = 0
    last = -1
    while True:
        slot = one.queue_head
        if slot < 0 or one.batch + admitted >= setup.max_batch:
            break
        prompt = state.slots[slot].prompt
        if admitted > 0 and tokens + prompt > setup.max_prefill_tokens:
            break
        need = prompt + state.slots[slot].output
        if one.reserved_tokens + need > setup.kv_capacity:
            break
        one.queue_head = state.slots[slot].next
        state.slots[slot].next = -1
        if last < 0:
            one.prefill_head = slot
        else:
            state.slots[last].next = slot
        last = slot
        one.reserved_tokens += need
        one.queued -= 1
        tokens += prompt
        admitted += 1
    if admitted == 0:
        return False
    if one.queue_head < 0:
        one.queue_tail = -1
    if one.paused > 0:
        if one.batch > one.paused:
            one.chained = 1
    elif one.batch > 0:
        one.paused = one.batch
        one.pause_s = now_s
    one.prefill_tokens = tokens
    one.work_left_s = interp(tokens, setup.prefill_tokens, setup.prefill_s)
    one.phase = PREFILL
    _set_power(setup, state, i, now_s)
    return True


@inlined
def _finish(state, meter, slot, now_s):
    """Count a request out and free its slot."""
    group = state.slots[slot].group
    meter.counts[group, C_FINISHED] += 1
    meter.counts[group, C_OUTPUT_TOKENS] += state.slots[slot].output
    _note(meter, group, E2E, now_s - state.slots[slot].arrived_s, 1.0)
    state.slots[slot].next = state.free[0]
    state.free[0] = slot


@inlined
def _end_prefill(setup, state, meter, i, now_s):
    """First tokens are out; the admitted requests join the batch."""
    one = state.inst[i]
    slot = one.prefill_head
    one.prefill_head = -1
    clock = round(one.token_clock)
    one.token_clock = clock
    while slot >= 0:
        following = state.slots[slot].next
        group = state.slots[slot].group
        _note(meter, group, TTFT, now_s - state.slots[slot].arrived_s, 1.0)
        meter.counts[group, C_PROMPT_TOKENS] += state.slots[slot].prompt
        left = state.slots[slot].output - 1.0
        if left <= 0.0:
            one.reserved_tokens -= state.slots[slot].prompt + 1.0
            state.load[i] -= 1
            _finish(state, meter, slot, now_s)
        else:
            state.slots[slot].first_s = now_s
            n = one.batch
            heap_push(state.heap, i, n, clock + left, slot)
            one.batch = n + 1
            one.held_tokens += state.slots[slot].prompt + 1.0
        slot = following


@inlined
def _depart(setup, state, meter, i, now_s):
    """Release every sequence whose last token is out."""
    one = state.inst[i]
    clock = one.token_clock
    while one.batch > 0 and state.heap[i, 0].leave <= clock + 1e-6:
        n = one.batch
        slot = state.heap[i, 0].slot
        heap_pop(state.heap, i, n)
        one.batch = n - 1
        whole = state.slots[slot].prompt + state.slots[slot].output
        one.held_tokens -= whole
        one.reserved_tokens -= whole
        state.load[i] -= 1
        _finish(state, meter, slot, now_s)
    if one.batch == 0:
        one.held_tokens = 0.0
        one.token_clock = 0.0


@inlined
def _continue(setup, state, meter, i, now_s):
    """Choose what instance i does next: prefill, decode or nothing."""
    one = state.inst[i]
    if not (one.queued > 0 and _start_prefill(setup, state, i, now_s)):
        if one.batch > 0:
            if one.paused > 0:
                batch = one.batch
                first_s = one.slow_decode * (
                    setup.decode_base_s[batch] + setup.kv_token_s * one.held_tokens
                )
                row = _tbt_row(setup, meter, i)
                if one.chained == 1:
                    # prefills in a row: each sequence waits since its own last token
                    for k in range(batch):
                        since_s = max(
                            one.pause_s, state.slots[state.heap[i, k].slot].first_s
                        )
                        _note(meter, row, TBT, now_s - since_s + first_s, 1.0)
                    one.tbt_debt += batch
                    one.chained = 0
                else:
                    gap_s = now_s - one.pause_s + first_s
                    _note(meter, row, TBT, gap_s, one.paused)
                    one.tbt_debt += one.paused
                one.paused = 0
            one.phase = DECODE
        else:
            one.paused = 0
            one.chained = 0
            one.tbt_debt = 0.0
            one.phase = IDLE
        _set_power(setup, state, i, now_s)
    _plan_next(setup, state, i, now_s)


@inlined
def _event(setup, state, meter, i, now_s):
    """Prefill ended, sequences left, or an iteration boundary was reached."""
    one = state.inst[i]
    if one.phase == PREFILL:
        _sync(setup, state, meter, i, now_s)
        _end_prefill(setup, state, meter, i, now_s)
    else:
        elapsed = now_s - one.synced_s
        gained = one.target - one.token_clock
        one.synced_s = now_s
        _decoded(setup, meter, one, i, elapsed, gained)
        one.token_clock = one.target
        if one.boundary == 0:
            _depart(setup, state, meter, i, now_s)
    _continue(setup, state, meter, i, now_s)


@inlined
def _route(setup, state, priority):
    """Join the shortest queue of the pool; ties go round."""
    first = setup.first[priority]
    n = setup.first[priority + 1] - first
    turn = state.turn[priority]
    best = first + turn
    load = state.load
    least = load[best]
    if least > 0:
        for k in range(turn + 1, n):
            if load[first + k] < least:
                best = first + k
                least = load[best]
        for k in range(turn):
            if load[first + k] < least:
                best = first + k
                least = load[best]
    state.turn[priority] = (best - first + 1) % n
    return best


@inlined
def _arrive(setup, state, meter, now_s, group, groups_low, prompt, output):
    meter.counts[group, C_ARRIVED] += 1
    if prompt + output > setup.kv_capacity:
        meter.counts[group, C_REJECTED_LONG] += 1
        return
    i = _route(setup, state, LOW if group < groups_low else HIGH)
    one = state.inst[i]
    if one.queued >= setup.queue_limit:
        meter.counts[group, C_REJECTED_FULL] += 1
        return
    slot = state.free[0]
    if slot >= 0:
        state.free[0] = state.slots[slot].next
    else:
        slot = state.free[1]
        state.free[1] += 1
    state.slots[slot].arrived_s = now_s
    state.slots[slot].prompt = prompt
    state.slots[slot].output = output
    state.slots[slot].group = group
    state.slots[slot].next = -1
    if one.queue_tail < 0:
        one.queue_head = slot
    else:
        state.slots[one.queue_tail].next = slot
    one.queue_tail = slot
    one.queued += 1
    state.load[i] += 1
    phase = one.phase
    if phase == IDLE:
        _sync(setup, state, meter, i, now_s)
        _continue(setup, state, meter, i, now_s)
    elif phase == DECODE and one.boundary == 0 and one.queued == 1:
        _plan_next(setup, state, i, now_s)


# --- control --------------------------------------------------------------------


@inlined
def _log(meter, time_s, kind, group, value):
    n = meter.event_count[0]
    if n < meter.events.shape[0]:
        meter.events[n, 0] = time_s
        meter.events[n, 1] = kind
        meter.events[n, 2] = group
        meter.events[n, 3] = value
        meter.event_count[0] = n + 1
    else:
        meter.totals[M_EVENTS_DROPPED] += 1


@inlined
def _apply_clock(setup, state, meter, priority, mhz, now_s):
    """Put a clock in force on one priority's instances."""
    prefill_slow = _clock_factor(setup, mhz, SLOW_PREFILL)
    decode_slow = _clock_factor(setup, mhz, SLOW_DECODE)
    prefill_power = _clock_factor(setup, mhz, POWER_PREFILL)
    decode_power = _clock_factor(setup, mhz, POWER_DECODE)
    for i in range(setup.first[priority], setup.first[priority + 1]):
        one = state.inst[i]
        _sync(setup, state, meter, i, now_s)
        one.slow_prefill = prefill_slow
        one.slow_decode = decode_slow
        one.power_prefill = prefill_power
        one.power_decode = decode_power
        _set_power(setup, state, i, now_s)
        _plan_next(setup, state, i, now_s)


@inlined
def _brake(setup, state, meter, tick, now_s, reading_w):
    """Pull or release the power brake; it acts on every instance."""
    control = state.control
    if control[BRAKE_LAND] == NEVER:
        wanted = control[BRAKE_WANT]
        if wanted == 0.0 and reading_w > setup.brake_on_w:
            wanted = 1.0
            meter.totals[M_BRAKES] += 1
        elif wanted == 1.0 and reading_w < setup.brake_off_w:
            wanted = 0.0
        if wanted != control[BRAKE_WANT]:
            control[BRAKE_WANT] = wanted
            control[BRAKE_LAND] = tick + setup.brake_ticks
            _log(meter, now_s, EV_BRAKE_COMMAND, 2.0, wanted)
    if tick >= control[BRAKE_LAND]:
        control[BRAKE_LAND] = NEVER
        control[BRAKE_HELD] = control[BRAKE_WANT]
        for priority in range(2):
            mhz = control[HELD_LOW + priority]
            if control[BRAKE_HELD] > 0.0 and (mhz == 0.0 or mhz > setup.brake_mhz):
                mhz = setup.brake_mhz  # a brake above the cap in force slows nobody
            _apply_clock(setup, state, meter, priority, mhz, now_s)
        _log(meter, now_s, EV_BRAKE_LANDED, 2.0, control[BRAKE_HELD])


@inlined
def _issue_and_land(setup, state, meter, tick, now_s):
    """Send wanted clocks whose path is free; put landed ones in force."""
    control = state.control
    for priority in range(2):
        if control[LAND_LOW + priority] == NEVER:
            asked = state.command[priority]
            if asked > 0.0:
                asked = min(max(asked, setup.curve_mhz[0]), setup.curve_mhz[-1])
            else:  # a policy that computes nonsense (not a number) lifts the cap
                asked = 0.0
            if asked != control[WANT_LOW + priority]:
                before = control[WANT_LOW + priority]
                slower = asked > 0.0 and (before == 0.0 or asked < before)
                if slower:
                    meter.totals[M_CAPS_LOW + priority] += 1
                else:
                    meter.totals[M_RELEASES] += 1
                control[WANT_LOW + priority] = asked
                control[LAND_LOW + priority] = tick + setup.cap_ticks
                _log(meter, now_s, EV_COMMAND, float(priority), asked)
        if tick >= control[LAND_LOW + priority]:
            control[LAND_LOW + priority] = NEVER
            control[HELD_LOW + priority] = control[WANT_LOW + priority]
            if control[BRAKE_HELD] == 0.0:
                _apply_clock(
                    setup, state, meter, priority, control[HELD_LOW + priority], now_s
                )
            _log(meter, now_s, EV_LANDED, float(priority), control[HELD_LOW + priority])


@inlined
def _show_policy(state):
    """What a policy sees of the clocks in force and of commands in flight."""
    control = state.control
    state.in_force[0] = control[HELD_LOW]
    state.in_force[1] = control[HELD_HIGH]
    state.in_force[2] = control[BRAKE_HELD]
    state.in_force[3] = 1.0 if control[LAND_LOW] < NEVER else 0.0
    state.in_force[4] = 1.0 if control[LAND_HIGH] < NEVER else 0.0
    state.command[0] = control[WANT_LOW]
    state.command[1] = control[WANT_HIGH]


# --- metering -------------------------------------------------------------------


@inlined
def _note_rises(setup, state, meter, tick, now_w):
    """Keep the largest rises to now over the last 2 s and 40 s."""
    recent_w = state.recent_w
    place = tick % recent_w.size
    low = now_w
    for k in range(1, setup.ticks_40s + 1):
        place -= 1
        if place < 0:
            place = recent_w.size - 1
        low = min(low, recent_w[place])
        if k == setup.ticks_2s:
            rise = now_w - low
            meter.totals[M_RISE_2S_W] = max(meter.totals[M_RISE_2S_W], rise)
    meter.totals[M_RISE_40S_W] = max(meter.totals[M_RISE_40S_W], now_w - low)


@inlined
def _measure(setup, state, meter, tick):
    """Close the tick: mean row power into totals, series and rings."""
    end_s = (tick + 1) * setup.tick_s
    row = state.row
    row[1] += row[0] * (end_s - row[2])
    row[2] = end_s
    mean_w = setup.host_w + setup.host_slope * row[1] / setup.tick_s
    row[1] = 0.0
    totals = meter.totals
    totals[M_ENERGY_J] += mean_w * setup.tick_s
    if mean_w > totals[M_PEAK_W]:
        totals[M_PEAK_W] = mean_w
        totals[M_PEAK_TICK] = tick
    before_w = state.recent_w[(tick - 1) % state.recent_w.size]
    if math.isnan(state.telemetry_w[0]):  # until more is known, it was always so
        state.telemetry_w[:] = mean_w
        state.recent_w[:] = mean_w
    for k in range(setup.thresholds_w.size):
        if mean_w > setup.thresholds_w[k]:
            meter.above_s[k] += setup.tick_s
            if before_w <= setup.thresholds_w[k]:
                meter.crossings[k] += 1
    if mean_w > before_w and tick >= setup.rise_from_tick:
        _note_rises(setup, state, meter, tick, mean_w)
    state.recent_w[tick % state.recent_w.size] = mean_w
    state.telemetry_w[tick % state.telemetry_w.size] = mean_w
    control = state.control
    braked = control[BRAKE_HELD] > 0.0
    if control[HELD_LOW] > 0.0 or braked:
        totals[M_CAPPED_LOW_S] += setup.tick_s
    if control[HELD_HIGH] > 0.0 or braked:
        totals[M_CAPPED_HIGH_S] += setup.tick_s
    if braked:
        totals[M_BRAKE_S] += setup.tick_s
    record = meter.series[tick // setup.ticks_per_record]
    if tick % setup.ticks_per_record == 0:
        record[S_MIN] = mean_w
        record[S_MAX] = mean_w
    record[S_MIN] = min(record[S_MIN], mean_w)
    record[S_MAX] = max(record[S_MAX], mean_w)
    record[S_MEAN] += mean_w
    for priority in range(2):
        held_mhz = control[HELD_LOW + priority]
        lowest_mhz = record[S_LOW_CLOCK + priority]
        if held_mhz > 0.0 and (lowest_mhz == 0.0 or held_mhz < lowest_mhz):
            record[S_LOW_CLOCK + priority] = held_mhz
    record[S_BRAKE] = max(record[S_BRAKE], control[BRAKE_HELD])
    if (tick + 1) % setup.ticks_per_record == 0:
        for i in range(state.inst.size):
            record[S_QUEUE] += state.inst[i].queued
        _resum(state, meter)


@inlined
def _resum(state, meter):
    """Sum row power afresh so that rounding of many small changes cannot grow."""
    total_w = 0.0
    for i in range(state.inst.size):
        total_w += state.inst[i].power_w
    meter.totals[M_DRIFT_J] = max(meter.totals[M_DRIFT_J], abs(total_w - state.row[0]))
    state.row[0] = total_w


@compiled
def serve_tick(
    setup, state, meter, tick, position, arrived_s, group, groups_low, prompt, output
):
    """
    Run every request event of one tick, then close the tick's power.

    Args:
        setup: Constants.
        state: Changed in place.
        meter: Changed in place.
        tick: Index of the tick from the start of the horizon.
        position: First arrival not yet taken.
        arrived_s: Arrival times, rising. [s], shape (arrivals,)
        group: Priority and class: low-priority classes first.
        groups_low: Number of low-priority groups.
        prompt: Prompt lengths. [tokens]
        output: Output lengths. [tokens]

    Returns:
        Position of the first arrival of a later tick.
    """
    end_s = (tick + 1) * setup.tick_s
    n = arrived_s.size
    arrival_s = arrived_s[position] if position < n else NEVER
    while True:
        event_s = state.tree[1]
        if arrival_s <= event_s:
            if arrival_s >= end_s:
                break
            meter.series[tick // setup.ticks_per_record, S_ARRIVED] += 1.0
            _arrive(
                setup, state, meter, arrival_s, group[position], groups_low,
                float(prompt[position]), float(output[position]),
            )  # fmt: skip
            position += 1
            arrival_s = arrived_s[position] if position < n else NEVER
        else:
            if event_s >= end_s:
                break
            _event(setup, state, meter, _first_instance(state), event_s)
    _measure(setup, state, meter, tick)
    return position


@compiled
def settle(setup, state, meter, now_s):
    """Book what is open when metering ends, so that energy by phase is complete."""
    last = meter.series[meter.series.shape[0] - 1]
    last[S_QUEUE] = 0.0  # the last record may be a short one
    for i in range(state.inst.size):
        _sync(setup, state, meter, i, now_s)
        last[S_QUEUE] += state.inst[i].queued


@compiled
def observe(setup, state, tick):
    """
    Row power as telemetry reports it at the end of a tick. [W]

    Before the first reading has travelled, that first one stands in for it.
    """
    return state.telemetry_w[(tick - setup.telemetry_ticks) % state.telemetry_w.size]


@compiled
def act(setup, state, meter, tick, reading_w):
    """Carry out the policy's wish in `state.command`: brake, send, land."""
    now_s = (tick + 1) * setup.tick_s
    _brake(setup, state, meter, tick, now_s, reading_w)
    _issue_and_land(setup, state, meter, tick, now_s)


@compiled
def prepare_policy(state):
    """Fill what the policy sees before it decides."""
    _show_policy(state)


@compiled
def advance(
    setup, state, meter, first_tick, end_tick, arrived_s, group, groups_low, prompt,
    output, decide, params,
):  # fmt: skip
    """
    Run ticks `first_tick` to `end_tick` with a compiled policy.

    Args:
        setup: Constants.
        state: Changed in place.
        meter: Changed in place.
        first_tick: First tick to run; negative ticks are before the horizon.
        end_tick: One past the last.
        arrived_s: Arrivals of these ticks, rising. [s]
        group: As in `serve_tick`.
        groups_low: As in `serve_tick`.
        prompt: Prompt lengths. [tokens]
        output: Output lengths. [tokens]
        decide: Compiled policy of `POLICY_SIGNATURE`.
        params: The policy's parameters.
    """
    position = 0
    for tick in range(first_tick, end_tick):
        position = serve_tick(
            setup, state, meter, tick, position, arrived_s, group, groups_low, prompt,
            output,
        )  # fmt: skip
        reading_w = observe(setup, state, tick)
        _show_policy(state)
        decide(
            (tick + 1) * setup.tick_s, reading_w / setup.provisioned_w, state.in_force,
            params, state.memory, state.command,
        )  # fmt: skip
        act(setup, state, meter, tick, reading_w)
