"""
One instance on its own time: prefill, chunks, the decode batch, watts and joules.

Compiled. Everything an instance does between two events lies here; who sends it work
is `dispatch`, what happens when is `kernel`. Consumption is positive.
"""

from __future__ import annotations

import math

from twin.serving.fleet.state import (
    CHUNK,
    DECODE,
    DRAINING,
    ENCODING,
    FAILED,
    IDLE,
    OFF,
    POWER_DECODE,
    POWER_PREFILL,
    PREFILL,
    SLOW_DECODE,
    SLOW_PREFILL,
)
from twin.serving.primitives import NEVER, compiled, inlined, latency_bin, tree_set

SNAP = 1e-7
"""Token clocks this close to a whole token are on it."""


# --- tables of an engine ---


@inlined
def knots(x, xs, ys, e, n):
    """Row e of a table at x: linear, flat below the first knot, last slope above."""
    if x <= xs[e, 0] or n == 1:
        return ys[e, 0]
    i = 1
    while i < n - 1 and x > xs[e, i]:
        i += 1
    slope = (ys[e, i] - ys[e, i - 1]) / (xs[e, i] - xs[e, i - 1])
    return ys[e, i - 1] + slope * (x - xs[e, i - 1])


@inlined
def prefill_time(setup, e, tokens):
    """Time of a prefill alone at full clock. [s]"""
    n = setup.engine[e].knots
    return knots(tokens, setup.prefill_tokens, setup.prefill_s, e, n)


@inlined
def chunk_price(setup, e, tokens):
    """Prefill time that never falls with length; differences price chunks. [s]"""
    n = setup.engine[e].knots
    return knots(tokens, setup.prefill_tokens, setup.chunk_s, e, n)


@inlined
def prefill_watts(setup, e, tokens):
    """GPU power of a prefill at full clock. [W]"""
    n = setup.engine[e].knots
    if tokens >= setup.prefill_tokens[e, n - 1]:
        return setup.prefill_w[e, n - 1]
    return knots(tokens, setup.prefill_tokens, setup.prefill_w, e, n)


@inlined
def iteration_time(setup, e, batch, held):
    """One decode iteration that starts with `held` tokens, at full clock. [s]"""
    c = setup.engine[e].kv_token_s
    return setup.decode_base_s[e, batch] + c * held + 0.5 * c * batch


@inlined
def clock_factor(setup, e, mhz, column):
    """What a clock does to time or power; 0 or above the top is no cap."""
    n = setup.engine[e].clocks
    x = setup.curve_mhz
    if mhz <= 0.0 or mhz >= x[e, n - 1] or n == 1:
        return setup.curve[e, n - 1, column]
    if mhz <= x[e, 0]:
        return setup.curve[e, 0, column]
    i = 1
    while i < n - 1 and mhz > x[e, i]:
        i += 1
    part = (mhz - x[e, i - 1]) / (x[e, i] - x[e, i - 1])
    low = setup.curve[e, i - 1, column]
    return low + part * (setup.curve[e, i, column] - low)


@inlined
def set_factors(setup, one):
    """Slow-downs and power factors of the clock in force."""
    e = one.engine
    mhz = one.clock_mhz
    one.slow_prefill = clock_factor(setup, e, mhz, SLOW_PREFILL)
    one.slow_decode = clock_factor(setup, e, mhz, SLOW_DECODE)
    one.power_prefill = clock_factor(setup, e, mhz, POWER_PREFILL)
    one.power_decode = clock_factor(setup, e, mhz, POWER_DECODE)


# --- power ---


@inlined
def _above_idle(setup, e, watts, factor):
    idle = setup.engine[e].idle_w
    above = max(0.0, watts - idle) * factor * setup.engine[e].power_factor
    return min(idle + above, max(idle, setup.engine[e].cap_w))


@inlined
def set_power(setup, state, i, now_s):
    """Move instance i to the power of its phase, keeping its pool's energy exact."""
    one = state.inst[i]
    e = one.engine
    phase = one.phase
    if one.status == OFF or one.status == FAILED:
        watts = setup.off_power_frac * setup.engine[e].idle_w
    elif phase == DECODE:
        watts = _above_idle(setup, e, setup.decode_w[e, one.batch], one.power_decode)
    elif phase == PREFILL:
        full = prefill_watts(setup, e, one.work_tokens)
        watts = _above_idle(setup, e, full, one.power_prefill)
        work_s = one.work_left_s * one.slow_prefill
        wait_s = one.load_until_s - now_s - work_s
        if wait_s > 0.0:  # beyond the work it only waits for prefixes to load
            idle = setup.engine[e].idle_w
            watts = (watts * work_s + idle * wait_s) / (work_s + wait_s)
    elif phase == CHUNK:
        full = prefill_watts(setup, e, one.work_tokens)
        watts = _above_idle(setup, e, full, one.power_prefill)
        decode_s = one.chunk_decode_s * one.slow_decode
        if decode_s > 0.0:
            prefill_s = one.chunk_prefill_s * one.slow_prefill
            beside = _above_idle(
                setup, e, setup.decode_w[e, one.batch], one.power_decode
            )
            watts = (watts * prefill_s + beside * decode_s) / (prefill_s + decode_s)
    else:
        watts = setup.engine[e].idle_w
    if watts != one.power_w:
        row = state.pool_w[one.pool]
        row[1] += row[0] * (now_s - row[2])
        row[2] = now_s
        row[0] += watts - one.power_w
        one.power_w = watts


# --- gaps between tokens ---


@inlined
def note_gap(meter, p, seconds, count):
    """Count gaps between tokens of one length."""
    meter.gaps[p, latency_bin(seconds)] += count
    meter.gap_sums[p, 0] += seconds * count
    meter.gap_sums[p, 1] += count


# --- a stretch of time ---


@inlined
def gained_tokens(setup, one, elapsed):
    """Tokens each sequence gains in a stretch of decoding."""
    e = one.engine
    c = setup.engine[e].kv_token_s
    linear = one.slow_decode * (setup.decode_base_s[e, one.batch] + c * one.held_tokens)
    square = one.slow_decode * c * one.batch
    return (
        2.0 * elapsed / (linear + math.sqrt(linear * linear + 2.0 * square * elapsed))
    )


@inlined
def decoded(state, meter, one, elapsed, gained):
    """Book a stretch of decoding: tokens, energy, gaps between tokens."""
    one.energy_decode_j += one.power_w * elapsed
    one.token_clock += gained
    tokens = gained * one.batch
    one.held_tokens += tokens
    one.output_tokens += tokens
    state.pool_w[one.pool, 4] += tokens
    count = tokens - one.tbt_debt
    if count > 0.0 and gained > 0.0:
        note_gap(meter, one.pool, elapsed / gained, count)
        one.tbt_debt = 0.0
    else:
        one.tbt_debt = -count


@inlined
def chunk_time(one):
    """Length of a whole chunk iteration at the clock in force. [s]"""
    return one.chunk_prefill_s * one.slow_prefill + one.chunk_decode_s * one.slow_decode


@inlined
def set_status(setup, state, i, status, now_s):
    """Change whether instance i is on, keeping its pool's host energy exact."""
    one = state.inst[i]
    pool = state.pool[one.pool]
    row = state.pool_w[one.pool]
    row[9] += row[8] * (now_s - row[10])
    row[10] = now_s
    was = one.status == OFF or one.status == FAILED
    now = status in (OFF, FAILED)
    saved = pool.host_w * (1.0 - setup.off_power_frac)
    if was and not now:
        row[8] += saved
    elif now and not was:
        row[8] -= saved
    one.status = status


@inlined
def sync(setup, state, meter, i, now_s):
    """Bring instance i to now: tokens gained, energy spent, work done."""
    one = state.inst[i]
    elapsed = now_s - one.synced_s
    if elapsed <= 0.0:
        return
    one.synced_s = now_s
    phase = one.phase
    if phase == DECODE:
        decoded(state, meter, one, elapsed, gained_tokens(setup, one, elapsed))
    elif phase == PREFILL:
        one.energy_prefill_j += one.power_w * elapsed
        one.work_left_s = max(0.0, one.work_left_s - elapsed / one.slow_prefill)
    elif phase == CHUNK:
        whole = chunk_time(one)
        decode_s = one.chunk_decode_s * one.slow_decode
        part = elapsed / whole if whole > 0.0 else 0.0
        spent = one.power_w * elapsed
        e = one.engine
        beside = _above_idle(setup, e, setup.decode_w[e, one.batch], one.power_decode)
        decode_j = beside * decode_s * part
        one.energy_decode_j += decode_j
        one.energy_prefill_j += spent - decode_j
        one.work_left_s = max(0.0, one.work_left_s - part)
    else:
        one.energy_idle_j += one.power_w * elapsed


@inlined
def schedule(state, i, at_s):
    """Set when instance i has its next event."""
    state.inst[i].next_s = at_s
    tree_set(state.tree, 0, state.tree.size >> 1, i, at_s)


# --- room ---


@inlined
def picked(setup, state, one, now_s):
    """Place in the queue of the prompt that goes first; -1 if none waits."""
    q = one.queue
    n = state.queued[q]
    if n == 0:
        return -1
    if state.pool[one.pool].slack == 0:
        return 0
    best = -1
    least = NEVER
    for k in range(n):
        ratio = slack_ratio(setup, state, state.queue[q, k].slot, one.engine, now_s)
        if ratio < least or (
            ratio == least and state.queue[q, k].order < state.queue[q, best].order
        ):
            least = ratio
            best = k
    return best


@inlined
def slack_ratio(setup, state, slot, e, now_s):
    """(Deadline - now - prefill left) ÷ (deadline - arrival)."""
    one = state.slots[slot]
    limit = setup.klass[one.klass].ttft_slo_s
    left = (
        chunk_price(setup, e, one.prompt)
        if one.work <= 0.0
        else (chunk_price(setup, e, one.work) - chunk_price(setup, e, one.done))
    )
    if limit == NEVER:
        return NEVER
    return (one.arrived_s + limit - now_s - left) / limit


@inlined
def cache_of(setup, state, i):
    """Cache of instance i that requests may take. [tokens]"""
    one = state.inst[i]
    part = state.pool[one.pool].request_frac
    return setup.engine[one.engine].kv_capacity * part


@inlined
def rows_of(state, slot):
    """Places in the batch a request takes; its images are encoded once."""
    one = state.slots[slot]
    return 1 if one.stage == ENCODING else one.width


@inlined
def need_of(state, slot):
    """Cache a request reserves on admission. [tokens]"""
    one = state.slots[slot]
    if one.stage == ENCODING:
        return 0.0
    if one.token_at != -1:
        return one.prompt + 1.0
    return one.prompt + one.outputs


@inlined
def prompt_fits(setup, state, i, now_s):
    """Whether a waiting prompt may begin at the next boundary."""
    one = state.inst[i]
    if one.begun_head >= 0:
        return True
    pool = state.pool[one.pool]
    if one.status == DRAINING and pool.shared_first >= 0:
        return False  # the queue is not its own
    k = picked(setup, state, one, now_s)
    if k < 0:
        return False
    slot = state.queue[one.queue, k].slot
    if one.batch + one.begun + rows_of(state, slot) > pool.max_batch:
        return False
    return need_of(state, slot) <= cache_of(setup, state, i) - one.reserved_tokens


@inlined
def join_fits(setup, state, i):
    """Whether the first delivered sequence may join now."""
    one = state.inst[i]
    slot = one.join_head
    if slot < 0 or one.batch + one.begun >= state.pool[one.pool].max_batch:
        return False
    need = state.slots[slot].prompt + state.slots[slot].output
    return one.reserved_tokens + need <= cache_of(setup, state, i)


# --- what comes next ---


@inlined
def plan_next(setup, state, i, now_s):
    """
    Schedule the next event of instance i.

    Decoding, that is the next departure or, where something waits and fits, the next
    iteration boundary after now. Nothing is booked: the stretch stays open.
    """
    one = state.inst[i]
    phase = one.phase
    if phase == PREFILL:
        done_s = one.synced_s + one.work_left_s * one.slow_prefill
        schedule(state, i, max(done_s, one.load_until_s))
        return
    if phase == CHUNK:
        schedule(state, i, one.synced_s + one.work_left_s * chunk_time(one))
        return
    if phase == IDLE:
        schedule(state, i, NEVER)
        return
    clock = one.token_clock
    target = state.heap[i, 0].leave
    one.boundary = 0
    joins = join_fits(setup, state, i)
    if joins or prompt_fits(setup, state, i, now_s):
        elapsed = now_s - one.synced_s
        here = clock if elapsed <= 0.0 else clock + gained_tokens(setup, one, elapsed)
        at = math.ceil(here - SNAP)
        most = state.pool[one.pool].max_preemptions
        if not joins and 0 < most <= one.preempted and at <= clock + SNAP:
            at = math.floor(clock + SNAP) + 1.0  # one iteration must pass first
        if at < target:
            target = at
            one.boundary = 1
    one.target = target
    e = one.engine
    c = setup.engine[e].kv_token_s
    gain = max(0.0, target - clock)
    linear = setup.decode_base_s[e, one.batch] + c * one.held_tokens
    spent = one.slow_decode * (linear + 0.5 * c * one.batch * gain) * gain
    schedule(state, i, max(now_s, one.synced_s + spent))


@compiled
def open_book(setup, state, meter, now_s):
    """Bring every instance to now, so that energy by phase is complete."""
    for i in range(state.inst.size):
        sync(setup, state, meter, i, now_s)
        one = state.inst[i]
        if one.status != OFF and one.status != FAILED:
            one.on_s += now_s - one.on_since_s
            one.on_since_s = now_s
