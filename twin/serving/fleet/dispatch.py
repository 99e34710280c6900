"""
Where a request goes: routers, queues, prefix caches, refusals.

Compiled. A request enters here when it arrives, when its images are encoded, or when
the instance that held it failed; it leaves into a queue or with a reason.
"""

from __future__ import annotations

from twin.serving.fleet.batch import cache_of, iteration_time, prefill_time
from twin.serving.fleet.state import (
    AFFINITY,
    AVOIDED,
    C_REFUSED,
    DRAINING,
    ENCODING,
    GONE,
    LEAST_TOKENS,
    LOST,
    MIX_AWARE,
    MIX_LOOK,
    NOWHERE,
    ON,
    PROMPTING,
    QUEUE_FULL,
    ROUND_ROBIN,
    TOO_LONG,
)
from twin.serving.primitives import NEVER, heap_push, inlined, tree_set, tree_winner

# --- load and the routers' trees ---


@inlined
def rekey(state, i):
    """Bring the router's tree up to date with instance i."""
    one = state.inst[i]
    pool = state.pool[one.pool]
    if one.status != ON:
        key = NEVER
    else:
        key = one.tokens_load if pool.routing == LEAST_TOKENS else one.requests_load
        if one.avoid == 1:
            key += AVOIDED
    tree_set(state.router, pool.tree, pool.leaves, i - pool.first, key)


@inlined
def least_loaded(state, p):
    """Instance of pool p with the least load; -1 if none is on."""
    pool = state.pool[p]
    if state.router[pool.tree + 1] == NEVER:
        return -1
    return pool.first + tree_winner(state.router, pool.tree, pool.leaves)


@inlined
def least_tokens_of(state, p):
    """Instance of pool p with the fewest pending tokens; -1 if none is on."""
    pool = state.pool[p]
    if pool.routing == LEAST_TOKENS:
        return least_loaded(state, p)
    best = -1
    least = NEVER
    for i in range(pool.first, pool.end):
        one = state.inst[i]
        if one.status == ON:
            load = one.tokens_load + (AVOIDED if one.avoid == 1 else 0.0)
            if load < least:
                least = load
                best = i
    return best


@inlined
def _may_take(state, i, any_unavoided):
    one = state.inst[i]
    return one.status == ON and (one.avoid == 0 or not any_unavoided)


@inlined
def _mix_aware(setup, state, p, slot, any_unavoided):
    """Least added latency over up to MIX_LOOK instances."""
    pool = state.pool[p]
    n = pool.end - pool.first
    look = min(n, MIX_LOOK)
    request = state.slots[slot]
    turn = pool.turn if n > MIX_LOOK else 0
    best = -1
    least = NEVER
    for k in range(look):
        i = pool.first + (turn + k) % n
        if not _may_take(state, i, any_unavoided):
            continue
        one = state.inst[i]
        e = one.engine
        own_s = prefill_time(setup, e, request.prompt + request.encode)
        batch = min(one.batch, pool.max_batch)
        more = min(batch + 1, pool.max_batch)
        context = setup.engine[e].context
        before = iteration_time(setup, e, batch, batch * context) if batch > 0 else 0.0
        after = iteration_time(setup, e, more, more * context)
        if batch == 0:
            before = after
        cost = (
            one.prefill_load_s
            + own_s
            + request.predicted * after
            + batch * own_s
            + request.predicted * batch * (after - before)
        )
        if cost < least or (cost == least and i < best):
            least = cost
            best = i
    if n > MIX_LOOK:
        state.pool[p].turn = (turn + 1) % n
    return best


@inlined
def route(setup, state, p, slot):
    """Instance of pool p for a request; -1 if none is on."""
    pool = state.pool[p]
    least = least_loaded(state, p)
    if least < 0:
        return -1
    any_unavoided = state.router[pool.tree + 1] < AVOIDED
    n = pool.end - pool.first
    if pool.routing == ROUND_ROBIN:
        for k in range(n):
            i = pool.first + (pool.turn + k) % n
            if _may_take(state, i, any_unavoided):
                state.pool[p].turn = (i - pool.first + 1) % n
                return i
    elif pool.routing == MIX_AWARE:
        chosen = _mix_aware(setup, state, p, slot, any_unavoided)
        return chosen if chosen >= 0 else least
    elif pool.routing == AFFINITY and state.slots[slot].prefix_id >= 0:
        i = pool.first + state.slots[slot].prefix_id % n
        bound = state.inst[least].requests_load + pool.slack_load
        if _may_take(state, i, any_unavoided) and state.inst[i].requests_load <= bound:
            return i
    return least


# --- queues ---


@inlined
def _before(queue, q, a, b):
    return queue[q, a].key < queue[q, b].key or (
        queue[q, a].key == queue[q, b].key and queue[q, a].order < queue[q, b].order
    )


@inlined
def _swap(queue, q, a, b):
    key = queue[q, a].key
    order = queue[q, a].order
    slot = queue[q, a].slot
    queue[q, a].key = queue[q, b].key
    queue[q, a].order = queue[q, b].order
    queue[q, a].slot = queue[q, b].slot
    queue[q, b].key = key
    queue[q, b].order = order
    queue[q, b].slot = slot


@inlined
def _rise(queue, q, k):
    while k > 0:
        parent = (k - 1) >> 1
        if not _before(queue, q, k, parent):
            break
        _swap(queue, q, k, parent)
        k = parent


@inlined
def queue_put(setup, state, q, slot, pool, engine):
    """Put a request into a queue that has room, by the pool's order."""
    request = state.slots[slot]
    klass = setup.klass[request.klass]
    key = pool.arrival_weight * request.arrived_s
    if pool.predicted_weight != 0.0:
        key += pool.predicted_weight * (
            prefill_time(setup, engine, request.prompt)
            + request.predicted
            * iteration_time(setup, engine, 1, setup.engine[engine].context)
        )
    if pool.offset == 1:
        key += klass.ttft_slo_s
    elif pool.offset == 2:
        key += klass.priority_s
    request.key = key
    n = state.queued[q]
    state.queue[q, n].key = key
    state.queue[q, n].order = state.joined[0]
    state.queue[q, n].slot = slot
    state.joined[0] += 1
    state.queued[q] = n + 1
    _rise(state.queue, q, n)


@inlined
def queue_take(state, q, k):
    """Remove entry k of a queue and return its slot."""
    queue = state.queue
    slot = queue[q, k].slot
    last = state.queued[q] - 1
    state.queued[q] = last
    if k == last:
        return slot
    _swap(queue, q, k, last)
    at = k
    while True:
        child = 2 * at + 1
        if child >= last:
            break
        if child + 1 < last and _before(queue, q, child + 1, child):
            child += 1
        if not _before(queue, q, child, at):
            break
        _swap(queue, q, child, at)
        at = child
    _rise(queue, q, at)
    return slot


# --- lists of things to do ---


@inlined
def poke(state, i):
    """Have the main loop look at instance i before the next event."""
    one = state.inst[i]
    if one.poked == 0:
        one.poked = 1
        one.poke_next = state.todo[2]
        state.todo[2] = i


@inlined
def enter_later(state, slot):
    """Have the main loop route a request before the next event, oldest first."""
    n = state.todo[0]
    heap_push(state.entering, 0, n, state.slots[slot].arrived_s, slot)
    state.todo[0] = n + 1


# --- coming and going ---


@inlined
def free_slots(state, slot):
    """Give back the slots of a request and its chains."""
    one = state.slots[slot].chains
    state.slots[slot].stage = GONE
    state.slots[slot].next = state.free[0]
    state.free[0] = slot
    while one >= 0:
        following = state.slots[one].chains
        state.slots[one].next = state.free[0]
        state.free[0] = one
        one = following


@inlined
def refuse(state, meter, slot, reason):
    """Count a request out that nobody serves."""
    meter.counts[state.slots[slot].klass, C_REFUSED + reason] += 1
    free_slots(state, slot)


@inlined
def unload_prompt(setup, state, slot, whole):
    """Take a request's prompt off its instance; `whole`: the request too."""
    request = state.slots[slot]
    i = request.prompt_at
    one = state.inst[i]
    if request.stage == ENCODING or request.stage == PROMPTING:
        tokens = request.encode
        if request.stage == PROMPTING:
            tokens = request.prompt
            if setup.klass[request.klass].encode_pool < 0:
                tokens += request.encode
        one.tokens_load = max(0.0, one.tokens_load - tokens)
        one.prefills -= 1
        one.prefill_load_s -= prefill_time(setup, one.engine, tokens)
        if one.prefills == 0:
            one.prefill_load_s = 0.0  # no residue of rounding
    if whole:
        one.requests_load -= request.width
        if one.status == DRAINING and one.requests_load <= 0.0:
            poke(state, i)
    rekey(state, i)


@inlined
def load_prompt(setup, state, slot, i):
    """Put a request's prompt on instance i."""
    request = state.slots[slot]
    one = state.inst[i]
    tokens = request.encode
    if request.stage == PROMPTING:
        tokens = request.prompt
        if setup.klass[request.klass].encode_pool < 0:
            tokens += request.encode
    request.prompt_at = i
    one.tokens_load += tokens
    one.prefill_load_s += prefill_time(setup, one.engine, tokens)
    one.prefills += 1
    one.requests_load += request.width
    if request.stage == PROMPTING and request.token_at < 0:
        one.tokens_load += request.predicted
        request.tokens_load = request.predicted
    rekey(state, i)


@inlined
def load_tokens(state, slot, i):
    """Book a request's decoding on token instance i."""
    request = state.slots[slot]
    request.token_at = i
    request.tokens_load = request.predicted
    one = state.inst[i]
    one.tokens_load += request.predicted
    one.requests_load += request.width
    rekey(state, i)


@inlined
def unload_tokens(state, slot, i):
    """Take a request's decoding off instance i, where it also counts as one."""
    request = state.slots[slot]
    one = state.inst[i]
    one.tokens_load = max(0.0, one.tokens_load - request.tokens_load)
    request.tokens_load = 0.0
    one.requests_load -= request.width
    if one.requests_load <= 0.0:
        one.tokens_load = 0.0
        if one.status == DRAINING:
            poke(state, i)
    rekey(state, i)


@inlined
def _encode(setup, state, meter, slot, p):
    """Send a request to encode its images or audio."""
    i = route(setup, state, p, slot)
    if i < 0:
        refuse(state, meter, slot, NOWHERE)
        return
    if state.queued[i] >= state.pool[p].queue_limit:
        refuse(state, meter, slot, QUEUE_FULL)
        return
    request = state.slots[slot]
    request.stage = ENCODING
    load_prompt(setup, state, slot, i)
    queue_put(setup, state, i, slot, state.pool[p], state.inst[i].engine)
    poke(state, i)


@inlined
def _share(setup, state, meter, slot, p):
    """Put a request into a shared queue and wake an instance that serves it."""
    shared = setup.klass[state.slots[slot].klass].shared_queue
    q = setup.queue_first + shared
    e = setup.queue_engine[shared]
    request = state.slots[slot]
    if request.prompt + request.outputs > (
        setup.engine[e].kv_capacity * state.pool[p].request_frac
    ):
        refuse(state, meter, slot, TOO_LONG)
        return
    pool = state.pool[p]
    if state.queued[q] >= pool.queue_limit:
        refuse(state, meter, slot, QUEUE_FULL)
        return
    queue_put(setup, state, q, slot, pool, e)
    for back in range(pool.end - pool.first):  # the last poked is looked at first
        i = pool.end - 1 - back
        if state.inst[i].queue == q and state.inst[i].status == ON:
            poke(state, i)


@inlined
def enter(setup, state, meter, slot):
    """Route a request to its next stage, or refuse it."""
    request = state.slots[slot]
    klass = setup.klass[request.klass]
    request.done = 0.0
    request.work = 0.0
    request.load_s = 0.0
    request.token_at = -1
    if request.encode > 0.0 and request.stage == ENCODING and klass.encode_pool >= 0:
        _encode(setup, state, meter, slot, klass.encode_pool)
        return
    request.stage = PROMPTING
    p = klass.prompt_pool
    if state.pool[p].shared_first >= 0:
        _share(setup, state, meter, slot, p)
        return
    token_pool = klass.token_pool if request.width == 1 else -1
    if klass.overflow_pool >= 0:
        least = least_tokens_of(state, p)
        other = least_tokens_of(state, klass.overflow_pool)
        here = state.inst[least].tokens_load if least >= 0 else NEVER
        full = other >= 0 and here > klass.overflow_tokens
        if full and state.inst[other].tokens_load < here:
            p = klass.overflow_pool
            token_pool = -1
    i = route(setup, state, p, slot)
    if i < 0:
        refuse(state, meter, slot, LOST if request.again == 1 else NOWHERE)
        return
    j = -1
    if token_pool >= 0 and request.output > 1.0:
        j = route(setup, state, token_pool, slot)
        if j == i or (j >= 0 and state.inst[j].tokens_load > klass.local_tokens):
            j = -1
    whole = request.prompt + request.outputs
    room = cache_of(setup, state, i)
    here_need = whole if j < 0 else request.prompt + 1.0
    there_room = room if j < 0 else cache_of(setup, state, j)
    if (
        here_need > room
        or (j >= 0 and whole > there_room)
        or request.width > state.pool[p].max_batch
    ):
        refuse(state, meter, slot, TOO_LONG)
        return
    if state.queued[i] >= state.pool[p].queue_limit:
        refuse(state, meter, slot, QUEUE_FULL)
        return
    if j >= 0:
        load_tokens(state, slot, j)
    load_prompt(setup, state, slot, i)
    queue_put(setup, state, i, slot, state.pool[p], state.inst[i].engine)
    poke(state, i)


# --- prefixes ---


@inlined
def prefix_work(setup, state, slot, i):
    """Set the prompt tokens to compute and the time to load cached ones."""
    request = state.slots[slot]
    if request.stage == ENCODING:
        request.work = request.encode
        request.load_s = 0.0
        return
    work = request.prompt
    load_s = 0.0
    pool = state.pool[state.inst[i].pool]
    if pool.cache_first >= 0 and request.prefix_id >= 0:
        store = pool.cache_first
        if pool.cache_fleet == 0:
            store += i - pool.first
        at = request.prefix_id % pool.cache_entries
        if state.cache_id[store, at] == request.prefix_id:
            covered = min(request.prefix, state.cache_tokens[store, at])
            saved = covered
            model = setup.klass[request.klass].model
            if state.cache_model[store, at] != model:
                saved = covered * (1.0 - pool.recompute_frac)
            saved = min(saved, request.prompt - 1.0)
            work -= saved
            if pool.cache_fleet == 1:
                load_s = pool.load_token_s * saved
    if setup.klass[request.klass].encode_pool < 0:
        work += request.encode
    request.work = work
    request.load_s = load_s


@inlined
def remember_prefix(setup, state, slot, i):
    """Write a prefix that was just computed into its store."""
    request = state.slots[slot]
    pool = state.pool[state.inst[i].pool]
    if pool.cache_first < 0 or request.prefix_id < 0:
        return
    store = pool.cache_first
    if pool.cache_fleet == 0:
        store += i - pool.first
    if request.prefix > pool.cache_capacity:
        return
    at = request.prefix_id % pool.cache_entries
    used = state.cache_used[store]
    if state.cache_id[store, at] >= 0:
        used[0] -= state.cache_tokens[store, at]
    state.cache_id[store, at] = request.prefix_id
    state.cache_tokens[store, at] = request.prefix
    state.cache_model[store, at] = setup.klass[request.klass].model
    used[0] += request.prefix
    while used[0] > pool.cache_capacity:  # give up others, one place after another
        other = int(used[1])
        used[1] = (other + 1) % pool.cache_entries
        if other != at and state.cache_id[store, other] >= 0:
            used[0] -= state.cache_tokens[store, other]
            state.cache_id[store, other] = -1


@inlined
def forget_prefixes(state, i):
    """Instance i has lost its memory, and the prefixes in it."""
    pool = state.pool[state.inst[i].pool]
    if pool.cache_first < 0 or pool.cache_fleet == 1:
        return
    store = pool.cache_first + i - pool.first
    state.cache_used[store, 0] = 0.0
    for at in range(pool.cache_entries):
        state.cache_id[store, at] = -1
