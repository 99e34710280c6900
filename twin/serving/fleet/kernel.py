"""
The event loop of a serving fleet: arrivals, prefills, transfers, decode, commands.

Compiled. Order at one instant: requests to be routed, instances to be looked at,
arrivals, transfers, instance events. Every tick closes with each pool's mean power.
The rules are those of docs/models/fleet.md; one instance's physics is in `batch`,
routing in `dispatch`.
"""

from __future__ import annotations

import numpy as np

from twin.serving.fleet.batch import (
    cache_of,
    chunk_price,
    chunk_time,
    decoded,
    iteration_time,
    join_fits,
    need_of,
    note_gap,
    picked,
    plan_next,
    prefill_time,
    rows_of,
    schedule,
    set_factors,
    set_power,
    set_status,
    slack_ratio,
    sync,
)
from twin.serving.fleet.dispatch import (
    enter,
    enter_later,
    forget_prefixes,
    free_slots,
    load_prompt,
    load_tokens,
    poke,
    prefix_work,
    queue_put,
    queue_take,
    refuse,
    rekey,
    remember_prefix,
    route,
    unload_prompt,
    unload_tokens,
)
from twin.serving.fleet.state import (
    AVOID,
    C_ARRIVED,
    C_ATTAINED,
    C_FINISHED,
    C_OUTPUT,
    C_OUTPUT_IN,
    C_PROMPT,
    C_PROMPT_IN,
    C_REFUSED,
    C_RESTARTED,
    C_TRANSFER_S,
    C_TRANSFERS,
    CHUNK,
    CLOCK,
    DECODE,
    DECODING,
    DRAINING,
    E2E,
    ENCODING,
    EVICT,
    EXPIRED,
    FAIL,
    FAILED,
    GONE,
    IDLE,
    OFF,
    ON,
    PREFILL,
    PROMPTING,
    QUEUE_FULL,
    S_ARRIVED,
    S_CLOCK,
    S_FINISHED,
    S_HOST_W,
    S_MAX_W,
    S_MEAN_W,
    S_MIN_W,
    S_ON,
    S_OUTPUT,
    S_PROMPT,
    S_QUEUED,
    SENDING,
    SERVE,
    SLOW_E2E,
    SLOW_TBT,
    SLOW_TTFT,
    START,
    STARTING,
    STOP,
    TBT,
    TTFT,
)
from twin.serving.primitives import (
    NEVER,
    compiled,
    heap_pop,
    heap_push,
    inlined,
    interp,
    latency_bin,
    tree_winner,
)

NO_TOKEN_POOL, TO_BE_PICKED = -1, -2
JUST = 1e-6
"""Sequences whose target lies this close to the token clock have left."""


# --- leaving ---


@inlined
def _note(meter, c, metric, value):
    meter.histogram[c, metric, latency_bin(value)] += 1.0
    meter.sums[c, metric] += value


@inlined
def _note_first(setup, meter, request):
    """Count the time to first token, once, when it is out."""
    ttft = request.first_s - request.arrived_s
    _note(meter, request.klass, TTFT, ttft)
    if setup.reference_tokens.size > 0:
        alone = interp(request.prompt, setup.reference_tokens, setup.reference_s)
        _note(meter, request.klass, SLOW_TTFT, ttft / alone)


@inlined
def _finish(setup, state, meter, slot, now_s):
    """Count a request out whose last chain has ended."""
    one = state.slots[slot]
    c = one.klass
    klass = setup.klass[c]
    counts = meter.counts[c]
    counts[C_FINISHED] += 1
    counts[C_OUTPUT] += one.outputs
    counts[C_PROMPT] += one.prompt
    ttft = one.first_s - one.arrived_s
    e2e = now_s - one.arrived_s
    tbt = 0.0
    _note(meter, c, E2E, e2e)
    if one.output > 1.0:
        tbt = (one.last_s - one.first_s) / (one.output - 1.0)
        _note(meter, c, TBT, tbt)
    if ttft <= klass.ttft_slo_s and tbt <= klass.tbt_slo_s and e2e <= klass.e2e_slo_s:
        counts[C_ATTAINED] += 1
    if setup.reference_tokens.size > 0:
        alone = interp(one.prompt, setup.reference_tokens, setup.reference_s)
        each = setup.reference_tbt_s
        if one.output > 1.0:
            _note(meter, c, SLOW_TBT, tbt / each)
        _note(meter, c, SLOW_E2E, e2e / (alone + each * (one.output - 1.0)))
    i = one.token_at if one.token_at >= 0 else one.prompt_at
    state.inst[i].reserved_tokens -= one.reserved
    state.inst[i].finished += 1.0
    state.pool_w[state.inst[i].pool, 5] += 1.0
    unload_tokens(state, slot, i)
    free_slots(state, slot)


@inlined
def _chain_ends(setup, state, meter, one, slot, now_s):
    """One row's last token is out: shrink what decode reads, perhaps finish."""
    row = state.slots[slot]
    leader = row.leader
    one.held_tokens -= row.output
    row.last_s = now_s
    row.ended = 1
    head = state.slots[leader]
    head.left -= 1
    if head.left == 0:
        one.held_tokens -= head.prompt
        _finish(setup, state, meter, leader, now_s)


@inlined
def _depart(setup, state, meter, i, now_s):
    """Release every sequence whose last token is out."""
    one = state.inst[i]
    clock = one.token_clock
    while one.batch > 0 and state.heap[i, 0].leave <= clock + JUST:
        slot = state.heap[i, 0].slot
        heap_pop(state.heap, i, one.batch)
        one.batch -= 1
        _chain_ends(setup, state, meter, one, slot, now_s)
    if one.batch == 0:
        one.held_tokens = 0.0
        one.token_clock = 0.0


# --- joining the decode batch ---


@inlined
def _send(setup, state, meter, i, slot, now_s):
    """Start a transfer of the cache; links of one instance queue."""
    one = state.inst[i]
    request = state.slots[slot]
    begin = max(now_s, one.link_free_s)
    exposed = setup.link_exposed_frac
    if request.prompt < setup.link_serial_below:
        exposed = 1.0
    byte = exposed * request.prompt * setup.link_token_byte
    end = begin + setup.link_latency_s + byte / setup.link_byte_per_s
    one.link_free_s = end
    request.stage = SENDING
    n = state.todo[3]
    heap_push(state.sending, 0, n, end, slot)
    state.todo[3] = n + 1
    meter.counts[request.klass, C_TRANSFERS] += 1
    meter.counts[request.klass, C_TRANSFER_S] += end - now_s


@inlined
def _first_token(setup, state, meter, i, slot, now_s):
    """The prompt of a request is done: first tokens out, on to decode."""
    one = state.inst[i]
    request = state.slots[slot]
    one.prompt_tokens += request.prompt
    state.pool_w[one.pool, 6] += request.prompt
    if request.stage == ENCODING:
        one.prompt_tokens -= request.prompt
        state.pool_w[one.pool, 6] -= request.prompt
        unload_prompt(setup, state, slot, True)
        request.stage = PROMPTING
        enter_later(state, slot)
        return
    unload_prompt(setup, state, slot, False)
    remember_prefix(setup, state, slot, i)
    if request.first_s < 0.0:
        request.first_s = now_s
        _note_first(setup, meter, request)
    request.stage = DECODING
    row = slot
    joined = False
    while row >= 0:
        following = state.slots[row].chains
        state.slots[row].last_s = now_s
        one.output_tokens += 1.0
        state.pool_w[one.pool, 4] += 1.0
        if state.slots[row].output <= 1.0:
            state.slots[row].ended = 1
            request.left -= 1
        elif request.token_at != NO_TOKEN_POOL:
            _send(setup, state, meter, i, slot, now_s)
        else:
            n = one.batch
            leave = one.token_clock + state.slots[row].output - 1.0
            heap_push(state.heap, i, n, leave, row)
            one.batch = n + 1
            one.held_tokens += 1.0
            joined = True
        row = following
    if joined:
        one.held_tokens += request.prompt
    if request.left == 0:
        _finish(setup, state, meter, slot, now_s)


@inlined
def _join(setup, state, i):
    """Take delivered sequences into the batch while they fit."""
    one = state.inst[i]
    while join_fits(setup, state, i):
        slot = one.join_head
        request = state.slots[slot]
        one.join_head = request.next
        if one.join_head < 0:
            one.join_tail = -1
        request.reserved = request.prompt + request.output
        one.reserved_tokens += request.reserved
        request.stage = DECODING
        if one.batch == 0:
            one.token_clock = 0.0
            one.held_tokens = 0.0
        n = one.batch
        heap_push(state.heap, i, n, one.token_clock + request.output - 1.0, slot)
        one.batch = n + 1
        one.held_tokens += request.prompt + 1.0
        request.fresh = 1
        request.next = one.fresh_head
        one.fresh_head = slot
        one.fresh += 1


# --- prefill ---


@inlined
def _admit(setup, state, i, now_s):
    """Place in the queue of the prompt that goes first; -1 if it finds no room."""
    one = state.inst[i]
    k = picked(setup, state, one, now_s)
    if k < 0:
        return -1
    slot = state.queue[one.queue, k].slot
    pool = state.pool[one.pool]
    if one.batch + one.begun + rows_of(state, slot) > pool.max_batch:
        return -1
    room = cache_of(setup, state, i) - one.reserved_tokens
    return k if need_of(state, slot) <= room else -1


@inlined
def _gave_up(setup, state, meter, i, k, now_s):
    """Refuse entry k of the queue if it waited too long; True if it did."""
    one = state.inst[i]
    slot = state.queue[one.queue, k].slot
    request = state.slots[slot]
    patience = setup.klass[request.klass].patience_s
    if request.stage != PROMPTING or now_s - request.arrived_s <= patience:
        return False
    queue_take(state, one.queue, k)
    if state.pool[one.pool].shared_first < 0:
        if request.token_at >= 0:
            unload_tokens(state, slot, request.token_at)
        else:
            one.tokens_load = max(0.0, one.tokens_load - request.tokens_load)
        unload_prompt(setup, state, slot, True)
    refuse(state, meter, slot, EXPIRED)
    return True


@inlined
def _take(setup, state, i, k):
    """Admit entry k of the queue of instance i; returns its slot."""
    one = state.inst[i]
    slot = queue_take(state, one.queue, k)
    request = state.slots[slot]
    request.reserved = need_of(state, slot)
    one.reserved_tokens += request.reserved
    if state.pool[one.pool].shared_first >= 0:
        load_prompt(setup, state, slot, i)
    prefix_work(setup, state, slot, i)
    request.next = -1
    return slot


@inlined
def _start_prefill(setup, state, meter, i, now_s):
    """Admit prompts in order until one does not fit; True if any was admitted."""
    one = state.inst[i]
    pool = state.pool[one.pool]
    if one.batch > 0 and 0 < pool.max_preemptions <= one.preempted:
        return False
    tokens = 0.0
    load_s = 0.0
    width = 0
    last = -1
    while True:
        k = _admit(setup, state, i, now_s)
        if k < 0:
            break
        slot = state.queue[one.queue, k].slot
        if one.batch + width + rows_of(state, slot) > pool.max_batch:
            break
        prefix_work(setup, state, slot, i)
        work = state.slots[slot].work
        if width > 0 and tokens + work > pool.max_prefill_tokens:
            break
        if _gave_up(setup, state, meter, i, k, now_s):
            continue
        _take(setup, state, i, k)
        if last < 0:
            one.prefill_head = slot
        else:
            state.slots[last].next = slot
        last = slot
        tokens += work
        load_s += state.slots[slot].load_s
        width += rows_of(state, slot)
    if width == 0:
        return False
    waiting = one.batch - one.fresh
    if one.paused > 0:
        if waiting > one.paused:
            one.chained = 1
    elif waiting > 0:
        one.paused = waiting
        one.pause_s = now_s
    if one.batch > 0:
        one.preempted += 1
        one.prefill_clock = one.token_clock
    one.work_tokens = tokens
    one.work_left_s = prefill_time(setup, one.engine, tokens)
    one.load_until_s = now_s + load_s
    one.phase = PREFILL
    set_power(setup, state, i, now_s)
    return True


@inlined
def _end_prefill(setup, state, meter, i, now_s):
    """First tokens are out; the admitted requests join the batch or are sent on."""
    one = state.inst[i]
    slot = one.prefill_head
    one.prefill_head = -1
    if one.batch > 0:
        one.token_clock = round(one.token_clock)
    while slot >= 0:
        following = state.slots[slot].next
        _first_token(setup, state, meter, i, slot, now_s)
        slot = following


# --- chunks ---


@inlined
def _rank(setup, state, slot, one, pool, now_s):
    """What a prompt is ordered by at this instant."""
    if pool.slack == 1:
        return slack_ratio(setup, state, slot, one.engine, now_s)
    return state.slots[slot].key


@inlined
def _most_urgent(setup, state, one, pool, now_s):
    """Move the most urgent of the prompts begun to the head; returns it or -1."""
    best = one.begun_head
    if best < 0:
        return -1
    least = _rank(setup, state, best, one, pool, now_s)
    before = -1
    at = best
    follow = state.slots[best].next
    while follow >= 0:
        rank = _rank(setup, state, follow, one, pool, now_s)
        if rank < least:
            least = rank
            best = follow
            before = at
        at = follow
        follow = state.slots[follow].next
    if before >= 0:
        state.slots[before].next = state.slots[best].next
        state.slots[best].next = one.begun_head
        one.begun_head = best
    return best


@inlined
def _begin_or_resume(setup, state, meter, i, now_s, may_begin):
    """Prompt whose chunk comes next, at the head of those begun; -1 if none."""
    one = state.inst[i]
    pool = state.pool[one.pool]
    best = _most_urgent(setup, state, one, pool, now_s)
    k = -1
    while may_begin:
        k = _admit(setup, state, i, now_s)
        if k < 0:
            break
        if best >= 0:
            waiting = state.queue[one.queue, k].slot
            if _rank(setup, state, waiting, one, pool, now_s) >= _rank(
                setup, state, best, one, pool, now_s
            ):
                k = -1
                break
        if not _gave_up(setup, state, meter, i, k, now_s):
            break
    if k < 0:
        return best
    slot = _take(setup, state, i, k)
    one.begun += rows_of(state, slot)
    state.slots[slot].next = one.begun_head
    one.begun_head = slot
    return slot


@inlined
def _start_chunk(setup, state, meter, i, now_s):
    """Plan an iteration that carries a chunk; True if a prompt was there."""
    one = state.inst[i]
    may_begin = not (one.status == DRAINING and state.pool[one.pool].shared_first >= 0)
    slot = _begin_or_resume(setup, state, meter, i, now_s, may_begin)
    if slot < 0:
        return False
    e = one.engine
    pool = state.pool[one.pool]
    decode_s = 0.0
    fixed_s = pool.chunk_overhead_s
    if one.batch > 0:
        decode_s = iteration_time(setup, e, one.batch, one.held_tokens)
    else:
        fixed_s += chunk_price(setup, e, 0.0)
    request = state.slots[slot]
    left = request.work - request.done
    base = chunk_price(setup, e, request.done)
    room_s = pool.chunk_target_s - decode_s * one.slow_decode
    room_s = room_s / one.slow_prefill - fixed_s
    most = min(pool.chunk_most, left)
    tokens = most
    if chunk_price(setup, e, request.done + most) - base > room_s:
        low = 0.0
        high = most
        for _ in range(40):
            middle = 0.5 * (low + high)
            if chunk_price(setup, e, request.done + middle) - base > room_s:
                high = middle
            else:
                low = middle
        tokens = np.floor(low + 1e-6)
    tokens = min(max(tokens, pool.chunk_least), left)
    one.work_tokens = tokens
    one.chunk_prefill_s = chunk_price(setup, e, request.done + tokens) - base + fixed_s
    one.chunk_decode_s = decode_s
    one.work_left_s = 1.0
    one.phase = CHUNK
    set_power(setup, state, i, now_s)
    return True


@inlined
def _end_chunk(setup, state, meter, i, now_s):
    """One token for every sequence; the prompt is a chunk further."""
    one = state.inst[i]
    batch = one.batch
    if batch > 0:
        one.token_clock = round(one.token_clock) + 1.0
        one.held_tokens += batch
        one.output_tokens += batch
        state.pool_w[one.pool, 4] += batch
        count = batch - one.tbt_debt
        if count > 0.0:
            note_gap(meter, one.pool, chunk_time(one), count)
            one.tbt_debt = 0.0
        else:
            one.tbt_debt = -count
    slot = one.begun_head
    request = state.slots[slot]
    request.done += one.work_tokens
    _depart(setup, state, meter, i, now_s)
    if request.done >= request.work - 1e-9:
        one.begun_head = request.next
        one.begun -= rows_of(state, slot)
        _first_token(setup, state, meter, i, slot, now_s)


# --- what an instance does next ---


@inlined
def _fresh_gaps(state, meter, one, now_s, first_s):
    """Gaps of sequences just delivered: since their first token, sent elsewhere."""
    slot = one.fresh_head
    while slot >= 0:
        row = state.slots[slot]
        note_gap(meter, one.pool, now_s - row.last_s + first_s, 1.0)
        row.fresh = 0
        slot = row.next
    one.tbt_debt += one.fresh
    one.fresh = 0
    one.fresh_head = -1


@inlined
def _paused_gaps(state, meter, one, i, now_s, first_s):
    """Gaps of sequences that waited for prefills, now followed by an iteration."""
    if one.chained == 1:
        # prefills in a row: each sequence waits since its own last token
        for k in range(one.batch):
            row = state.slots[state.heap[i, k].slot]
            if row.fresh == 0:
                since_s = max(one.pause_s, row.last_s)
                note_gap(meter, one.pool, now_s - since_s + first_s, 1.0)
                one.tbt_debt += 1.0
    else:
        note_gap(meter, one.pool, now_s - one.pause_s + first_s, one.paused)
        one.tbt_debt += one.paused
    one.paused = 0
    one.chained = 0


@inlined
def _resume(state, meter, one, i, now_s, first_s):
    """Sequences go on after a pause; their first iteration takes `first_s`."""
    if one.paused > 0:
        _paused_gaps(state, meter, one, i, now_s, first_s)
    if one.fresh > 0:
        _fresh_gaps(state, meter, one, now_s, first_s)


@inlined
def _rest(one):
    """Nothing runs and nothing waits for its next token."""
    one.paused = 0
    one.chained = 0
    one.fresh = 0
    one.fresh_head = -1
    one.preempted = 0
    one.tbt_debt = 0.0
    one.phase = IDLE


@inlined
def _drained(setup, state, i, now_s):
    """Turn a draining instance off, or on to its next model, once it is empty."""
    one = state.inst[i]
    if one.next_queue >= 0:
        set_status(setup, state, i, STARTING, now_s)
        one.queue = one.next_queue
        one.engine = setup.queue_engine[one.queue - setup.queue_first]
        one.next_queue = -1
        set_factors(setup, one)
        _rest(one)
        set_power(setup, state, i, now_s)
        schedule(state, i, now_s + one.swap_s)
        return
    set_status(setup, state, i, OFF, now_s)
    one.on_s += now_s - one.on_since_s
    forget_prefixes(state, i)
    _rest(one)
    set_power(setup, state, i, now_s)
    schedule(state, i, NEVER)


@inlined
def _continue(setup, state, meter, i, now_s):
    """Choose what instance i does next: prefill, chunk, decode or nothing."""
    one = state.inst[i]
    pool = state.pool[one.pool]
    leaving = one.status == DRAINING and pool.shared_first >= 0
    _join(setup, state, i)
    started = False
    if one.begun_head >= 0 or (state.queued[one.queue] > 0 and not leaving):
        if pool.chunk_target_s > 0.0:
            started = _start_chunk(setup, state, meter, i, now_s)
            if started and one.batch > 0:
                _resume(state, meter, one, i, now_s, chunk_time(one))
        else:
            started = _start_prefill(setup, state, meter, i, now_s)
    if not started:
        if one.batch > 0:
            first_s = one.slow_decode * iteration_time(
                setup, one.engine, one.batch, one.held_tokens
            )
            _resume(state, meter, one, i, now_s, first_s)
            one.phase = DECODE
        else:
            _rest(one)
            gone = one.join_head < 0 and (leaving or one.requests_load <= 0.0)
            if one.status == DRAINING and gone:
                _drained(setup, state, i, now_s)
                return
        set_power(setup, state, i, now_s)
    plan_next(setup, state, i, now_s)


@inlined
def _look(setup, state, meter, i, now_s, ended):
    """Go on after an event, or start what waits, or plan to at the next boundary."""
    one = state.inst[i]
    if one.status == STARTING or one.status == OFF or one.status == FAILED:
        return
    if ended or one.phase == IDLE:
        sync(setup, state, meter, i, now_s)
        _continue(setup, state, meter, i, now_s)
    elif one.phase == DECODE and one.boundary == 0:
        plan_next(setup, state, i, now_s)


@inlined
def _event(setup, state, meter, i, now_s):
    """Prefill or chunk ended, sequences left, a boundary, or the start is over."""
    one = state.inst[i]
    if one.status == STARTING:
        sync(setup, state, meter, i, now_s)
        one.status = ON
        rekey(state, i)
    elif one.phase == PREFILL:
        sync(setup, state, meter, i, now_s)
        _end_prefill(setup, state, meter, i, now_s)
    elif one.phase == CHUNK:
        sync(setup, state, meter, i, now_s)
        _end_chunk(setup, state, meter, i, now_s)
    else:
        elapsed = now_s - one.synced_s
        gained = one.target - one.token_clock
        one.synced_s = now_s
        decoded(state, meter, one, elapsed, gained)
        one.token_clock = one.target
        if one.token_clock >= one.prefill_clock + 1.0 - JUST:
            one.preempted = 0
        if one.boundary == 0:
            _depart(setup, state, meter, i, now_s)
    poke(state, i)
    one.poked = 2


# --- arrivals and deliveries ---


@inlined
def _new_slot(state):
    slot = state.free[0]
    if slot >= 0:
        state.free[0] = state.slots[slot].next
        return slot
    slot = state.free[1]
    if slot >= state.slots.size:
        return -1
    state.free[1] = slot + 1
    return slot


@inlined
def _arrive(setup, state, meter, requests, k):
    """Make a request of row k and its chains; returns the row after them."""
    c = requests.klass[k]
    meter.counts[c, C_ARRIVED] += 1
    meter.counts[c, C_PROMPT_IN] += requests.prompt[k]
    klass = setup.klass[c]
    p = klass.encode_pool if requests.encode[k] > 0 else -1
    if p < 0:
        p = klass.prompt_pool
    state.pool_w[p, 7] += 1.0
    leader = -1
    last = -1
    row = k
    while row < requests.arrived_s.size and (row == k or requests.chain[row] == 1):
        slot = _new_slot(state)
        if slot < 0:
            break
        one = state.slots[slot]
        meter.counts[c, C_OUTPUT_IN] += requests.output[row]
        one.arrived_s = requests.arrived_s[k]
        one.first_s = -1.0
        one.last_s = -1.0
        one.prompt = float(requests.prompt[row])
        one.output = float(requests.output[row])
        one.klass = c
        one.chains = -1
        one.next = -1
        one.fresh = 0
        one.ended = 0
        if leader < 0:
            leader = slot
            one.outputs = one.output
            one.predicted = requests.predicted[row]
            one.encode = float(requests.encode[row])
            one.prefix_id = requests.prefix_id[row]
            one.prefix = float(requests.prefix[row])
            one.width = 1
            one.left = 1
            one.again = 0
            one.stage = ENCODING
            one.token_at = NO_TOKEN_POOL
            one.prompt_at = -1
            one.reserved = 0.0
            one.tokens_load = 0.0
        else:
            head = state.slots[leader]
            head.outputs += one.output
            head.predicted += requests.predicted[row]
            head.width += 1
            head.left += 1
            one.token_at = NO_TOKEN_POOL
            state.slots[last].chains = slot
        one.leader = leader
        last = slot
        row += 1
    whole = row
    while whole < requests.arrived_s.size and whole > k and requests.chain[whole] == 1:
        whole += 1  # no slot was left for these
    if leader < 0:
        meter.counts[c, C_REFUSED + QUEUE_FULL] += 1
        return max(whole, k + 1)
    if whole > row:
        refuse(state, meter, leader, QUEUE_FULL)
        return whole
    enter(setup, state, meter, leader)
    return row


@inlined
def _reset(state, meter, slot):
    """Make a request wait for its prefill again; what it had computed is lost."""
    request = state.slots[slot]
    meter.counts[request.klass, C_RESTARTED] += 1
    request.left = request.width
    request.stage = PROMPTING
    request.reserved = 0.0
    request.done = 0.0
    request.work = 0.0
    request.again = 1
    row = slot
    while row >= 0:
        state.slots[row].ended = 0
        state.slots[row].fresh = 0
        row = state.slots[row].chains


@inlined
def _restart(state, meter, slot):
    """Route a request again from its prefill."""
    _reset(state, meter, slot)
    enter_later(state, slot)


@inlined
def _deliver(setup, state, meter, slot, now_s):
    """A cache has arrived: free it at its source, queue it at its token instance."""
    request = state.slots[slot]
    i = request.prompt_at
    source = state.inst[i]
    source.reserved_tokens -= request.reserved
    request.reserved = 0.0
    j = request.token_at
    source.requests_load -= request.width
    rekey(state, i)
    if source.status == DRAINING or state.queued[source.queue] > 0:
        poke(state, i)
    if j < 0:  # the one picked has failed meanwhile
        j = route(setup, state, setup.klass[request.klass].token_pool, slot)
        if j < 0:
            j = i  # nobody is on: it decodes where it was prefilled
        if request.prompt + request.output > cache_of(setup, state, j):
            meter.lost_tokens[0] += request.prompt
            meter.lost_tokens[1] += 1.0
            _restart(state, meter, slot)
            return
        load_tokens(state, slot, j)
    request.next = -1
    there = state.inst[j]
    if there.join_head < 0:
        there.join_head = slot
    else:
        state.slots[there.join_tail].next = slot
    there.join_tail = slot
    poke(state, j)


# --- commands ---


@compiled
def command(setup, state, meter, now_s, kind, i, value, queue):
    """
    Carry out one action on instance i; see `parts.Action`.

    Requests that lose their place are put on the list to be routed; `advance` routes
    them before its next event.
    """
    one = state.inst[i]
    sync(setup, state, meter, i, now_s)
    if kind == CLOCK:
        top = setup.curve_mhz[one.engine, setup.engine[one.engine].clocks - 1]
        one.clock_mhz = value if 0.0 < value < top else top
        set_factors(setup, one)
        set_power(setup, state, i, now_s)
        if one.status != STARTING:
            plan_next(setup, state, i, now_s)
    elif kind == START:
        if one.status == DRAINING and one.next_queue < 0:
            one.status = ON
            rekey(state, i)
        elif one.status == OFF or one.status == FAILED:
            set_status(setup, state, i, STARTING, now_s)
            one.on_since_s = now_s
            _rest(one)
            set_power(setup, state, i, now_s)
            schedule(state, i, now_s + value)
    elif kind == STOP:
        if one.status == ON:
            one.status = DRAINING
            one.next_queue = -1
            rekey(state, i)
            poke(state, i)
        elif one.status == STARTING:
            one.next_queue = -1
            _drained(setup, state, i, now_s)
        elif one.status == DRAINING:
            one.next_queue = -1  # no swap after all
            poke(state, i)
    elif kind == AVOID:
        one.avoid = 1 if value > 0.0 else 0
        rekey(state, i)
    elif kind == SERVE:
        target = state.pool[one.pool].shared_first + queue
        if one.status == ON and one.queue != target:
            one.status = DRAINING
            one.next_queue = target
            one.swap_s = value
            rekey(state, i)
            poke(state, i)
    elif kind == EVICT:
        if one.status == ON or one.status == DRAINING:
            _evict(setup, state, meter, i, now_s)
    elif kind == FAIL and one.status != OFF and one.status != FAILED:
        _fail(setup, state, meter, i, now_s)


@inlined
def _drop_batch(setup, state, meter, i, again):
    """
    Take every decoding row off instance i, its cache lost.

    Requests are routed again, or with `again` 0 go back into the queue they came from.
    """
    one = state.inst[i]
    for k in range(one.batch):
        row = state.slots[state.heap[i, k].slot]
        left = max(0.0, state.heap[i, k].leave - one.token_clock)
        meter.lost_tokens[1] += row.output - left
    for k in range(one.batch):
        leader = state.slots[state.heap[i, k].slot].leader
        head = state.slots[leader]
        if head.stage != DECODING:
            continue  # another chain of the same request was here before
        meter.lost_tokens[0] += head.prompt
        row = leader
        while row >= 0:
            if state.slots[row].ended == 1:
                meter.lost_tokens[1] += state.slots[row].output
            row = state.slots[row].chains
        one.reserved_tokens -= head.reserved
        unload_tokens(state, leader, i)
        if again == 1:
            _restart(state, meter, leader)
        else:
            _reset(state, meter, leader)
            queue_put(setup, state, one.queue, leader, state.pool[one.pool], one.engine)
    one.batch = 0
    one.held_tokens = 0.0
    one.token_clock = 0.0


@inlined
def _evict(setup, state, meter, i, now_s):
    """Put the running sequences back into the shared queue they came from."""
    one = state.inst[i]
    if one.phase != DECODE or state.pool[one.pool].shared_first < 0:
        return
    _drop_batch(setup, state, meter, i, 0)
    _rest(one)
    set_power(setup, state, i, now_s)
    poke(state, i)


@inlined
def _fail(setup, state, meter, i, now_s):
    """End instance i at once; everything it held is routed again."""
    one = state.inst[i]
    one.on_s += now_s - one.on_since_s
    set_status(setup, state, i, FAILED, now_s)
    forget_prefixes(state, i)
    shared = state.pool[one.pool].shared_first >= 0
    rekey(state, i)
    _drop_batch(setup, state, meter, i, 1)
    slot = one.prefill_head
    while slot >= 0:
        following = state.slots[slot].next
        _release(setup, state, slot)
        _restart(state, meter, slot)
        slot = following
    slot = one.begun_head
    while slot >= 0:
        following = state.slots[slot].next
        _release(setup, state, slot)
        _restart(state, meter, slot)
        slot = following
    slot = one.join_head
    while slot >= 0:
        following = state.slots[slot].next
        unload_tokens(state, slot, i)
        meter.lost_tokens[0] += state.slots[slot].prompt
        meter.lost_tokens[1] += 1.0
        _restart(state, meter, slot)
        slot = following
    if not shared:
        while state.queued[i] > 0:
            slot = queue_take(state, i, 0)
            _release(setup, state, slot)
            _restart(state, meter, slot)
    _recall(state, meter, i)
    _forget(state, i)
    one.prefill_head = -1
    one.begun_head = -1
    one.begun = 0
    one.join_head = -1
    one.join_tail = -1
    one.reserved_tokens = 0.0
    one.requests_load = 0.0
    one.tokens_load = 0.0
    one.prefill_load_s = 0.0
    one.prefills = 0
    one.next_queue = -1
    one.boundary = 0
    _rest(one)
    set_power(setup, state, i, now_s)
    schedule(state, i, NEVER)


@inlined
def _release(setup, state, slot):
    """Take a request that has not decoded yet off its instances."""
    request = state.slots[slot]
    if request.token_at >= 0:
        unload_tokens(state, slot, request.token_at)
    unload_prompt(setup, state, slot, True)


@inlined
def _recall(state, meter, i):
    """Restart transfers whose source has failed."""
    n = state.todo[3]
    kept = 0
    for k in range(n):
        slot = state.sending[0, k].slot
        leave = state.sending[0, k].leave
        request = state.slots[slot]
        if request.prompt_at == i:
            if request.token_at >= 0:
                unload_tokens(state, slot, request.token_at)
            meter.lost_tokens[0] += request.prompt
            meter.lost_tokens[1] += 1.0
            _restart(state, meter, slot)
        else:
            heap_push(state.sending, 0, kept, leave, slot)
            kept += 1
    state.todo[3] = kept


@inlined
def _forget(state, i):
    """Requests on their way to instance i pick another when they get there."""
    for slot in range(state.free[1]):
        one = state.slots[slot]
        if one.token_at == i and (one.stage == PROMPTING or one.stage == SENDING):
            one.token_at = TO_BE_PICKED


# --- the tick ---


@inlined
def _close_tick(setup, state, meter, tick):
    """Close the tick: mean power of each pool and of the fleet into the series."""
    end_s = (tick + 1) * setup.tick_s
    record = tick // setup.ticks_per_record
    new = tick % setup.ticks_per_record == 0
    ends = (tick + 1) % setup.ticks_per_record == 0
    total = 0.0
    for p in range(state.pool.size):
        row = state.pool_w[p]
        row[1] += row[0] * (end_s - row[2])
        row[2] = end_s
        mean = row[1] / setup.tick_s
        row[1] = 0.0
        row[3] = mean
        row[9] += row[8] * (end_s - row[10])
        row[10] = end_s
        host = row[9] / setup.tick_s
        row[9] = 0.0
        total += host + state.pool[p].host_slope * mean
        out = meter.series[record, p]
        if new:
            out[S_MIN_W] = mean
            out[S_MAX_W] = mean
        out[S_MIN_W] = min(out[S_MIN_W], mean)
        out[S_MAX_W] = max(out[S_MAX_W], mean)
        out[S_MEAN_W] += mean
        out[S_HOST_W] += host
        out[S_OUTPUT] += row[4]
        out[S_FINISHED] += row[5]
        out[S_PROMPT] += row[6]
        out[S_ARRIVED] += row[7]
        row[4] = 0.0
        row[5] = 0.0
        row[6] = 0.0
        row[7] = 0.0
        if ends:
            _note_pool(state, out, p)
    fleet = meter.fleet_w[record]
    if new:
        fleet[0] = total
        fleet[2] = total
    fleet[0] = min(fleet[0], total)
    fleet[1] += total
    fleet[2] = max(fleet[2], total)
    if total > meter.peak_w[0]:
        meter.peak_w[0] = total
        meter.peak_w[1] = tick


@inlined
def _note_pool(state, out, p):
    """What stands in a pool at the end of a record; its power summed afresh."""
    pool = state.pool[p]
    watts = 0.0
    on = 0.0
    clock = 0.0
    queued = 0.0
    for i in range(pool.first, pool.end):
        one = state.inst[i]
        watts += one.power_w
        if one.status != OFF and one.status != FAILED:
            on += 1.0
            clock += one.clock_mhz
        if pool.shared_first < 0:
            queued += state.queued[i]
    if pool.shared_first >= 0:
        for q in range(pool.shared_first, pool.shared_end):
            queued += state.queued[q]
    state.pool_w[p, 0] = watts  # rounding of many small changes cannot grow
    out[S_ON] = on
    out[S_CLOCK] = clock / on if on > 0.0 else 0.0
    out[S_QUEUED] = queued


@inlined
def _settle_lists(setup, state, meter, now_s):
    """Route what waits to be routed; look at instances that were poked."""
    while state.todo[0] > 0 or state.todo[2] >= 0:
        if state.todo[0] > 0:
            slot = state.entering[0, 0].slot
            heap_pop(state.entering, 0, state.todo[0])
            state.todo[0] -= 1
            state.slots[slot].next = -1
            enter(setup, state, meter, slot)
        else:
            i = state.todo[2]
            state.todo[2] = state.inst[i].poke_next
            ended = state.inst[i].poked == 2
            state.inst[i].poked = 0
            _look(setup, state, meter, i, now_s, ended)


@compiled
def advance(setup, state, meter, first_tick, end_tick, position, requests):
    """
    Run ticks `first_tick` to `end_tick`.

    Args:
        setup: Constants.
        state: Changed in place.
        meter: Changed in place.
        first_tick: First tick to run.
        end_tick: One past the last.
        position: First request not yet taken.
        requests: Arrays of `parts.Requests` as a named tuple; times rising.

    Returns:
        Position of the first request of a later tick.
    """
    n = requests.arrived_s.size
    half = state.tree.size >> 1
    for tick in range(first_tick, end_tick):
        end_s = (tick + 1) * setup.tick_s
        now_s = tick * setup.tick_s
        arrival_s = requests.arrived_s[position] if position < n else NEVER
        while True:
            _settle_lists(setup, state, meter, now_s)
            event_s = state.tree[1]
            sent_s = state.sending[0, 0].leave if state.todo[3] > 0 else NEVER
            if arrival_s <= event_s and arrival_s <= sent_s:
                if arrival_s >= end_s:
                    break
                now_s = arrival_s
                position = _arrive(setup, state, meter, requests, position)
                arrival_s = requests.arrived_s[position] if position < n else NEVER
            elif sent_s <= event_s:
                if sent_s >= end_s:
                    break
                now_s = sent_s
                slot = state.sending[0, 0].slot
                heap_pop(state.sending, 0, state.todo[3])
                state.todo[3] -= 1
                _deliver(setup, state, meter, slot, now_s)
            else:
                if event_s >= end_s:
                    break
                now_s = event_s
                _event(setup, state, meter, tree_winner(state.tree, 0, half), now_s)
        _close_tick(setup, state, meter, tick)
    return position


@compiled
def count_open(setup, state, now_s, counts):
    """
    Count requests under way, and those of them that may still meet their limits.

    Args:
        setup: Constants.
        state: At the end of the run.
        now_s: End of the run. [s]
        counts: Added to. shape (classes, 2)
    """
    for slot in range(state.free[1]):
        one = state.slots[slot]
        if one.stage == GONE or one.leader != slot:
            continue
        counts[one.klass, 0] += 1
        klass = setup.klass[one.klass]
        first_s = one.first_s if one.first_s >= 0.0 else now_s
        late = first_s - one.arrived_s > klass.ttft_slo_s
        if not late and now_s - one.arrived_s <= klass.e2e_slo_s:
            counts[one.klass, 1] += 1
