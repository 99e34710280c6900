"""
The event loop over workflows, compiled.

Events in order of time; at one instant ends and repairs come first, then failures,
then arrivals. Every slot keeps its own queue (a skew heap threaded through the nodes),
ordered by deadline or by when a stage became ready, ties by number of the node.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_END, _REPAIR = 0, 1
_TIE_S = 1e-9  # expected ends nearer than this are equal: sums round differently


@njit(cache=True, nogil=True)
def due_times(
    first: Any, arrived: Any, limit: Any, next_start: Any, next_node: Any,
    play: Any, own_s: Any,
) -> Any:  # fmt: skip
    """Latest end of each node that still lets every output after it be in time. [s]"""
    due = np.full(own_s.size, np.inf)
    for w in range(arrived.size):
        for k in range(first[w + 1] - 1, first[w] - 1, -1):
            if not np.isnan(play[k]):
                due[k] = arrived[w] + limit[w] + play[k]
            for e in range(next_start[k], next_start[k + 1]):
                n = next_node[e]
                due[k] = min(due[k], due[n] - own_s[n])
    return due


@njit(cache=True, nogil=True)
def _before(key: Any, a: Any, b: Any) -> Any:
    return key[a] < key[b] or (key[a] == key[b] and a < b)


@njit(cache=True, nogil=True)
def _merge(a: Any, b: Any, key: Any, left: Any, right: Any) -> Any:
    """Join two skew heaps; -1 is the empty one."""
    if a < 0:
        return b
    if b < 0:
        return a
    if _before(key, b, a):
        a, b = b, a
    root = a
    while True:
        rest = right[a]
        right[a] = left[a]
        if rest < 0:
            left[a] = b
            return root
        if _before(key, rest, b):
            left[a] = rest
            a = rest
        else:
            left[a] = b
            a, b = b, rest


@njit(cache=True, nogil=True)
def _push(
    heap: Any, size: Any, at: Any, order: Any, kind: Any, slot: Any, epoch: Any
) -> Any:
    """Put an event into the binary heap; returns its new size."""
    k = size
    while k > 0:
        up = (k - 1) // 2
        if heap[up, 0] < at or (heap[up, 0] == at and heap[up, 1] <= order):
            break
        heap[k] = heap[up]
        k = up
    heap[k, 0] = at
    heap[k, 1] = order
    heap[k, 2] = kind
    heap[k, 3] = slot
    heap[k, 4] = epoch
    return size + 1


@njit(cache=True, nogil=True)
def _pop(heap: Any, size: Any) -> Any:
    """Drop the first event; returns the new size."""
    size -= 1
    last = heap[size].copy()
    k = 0
    while True:
        low = 2 * k + 1
        if low >= size:
            break
        if low + 1 < size and (
            heap[low + 1, 0] < heap[low, 0]
            or (heap[low + 1, 0] == heap[low, 0] and heap[low + 1, 1] < heap[low, 1])
        ):
            low += 1
        if last[0] < heap[low, 0] or (
            last[0] == heap[low, 0] and last[1] <= heap[low, 1]
        ):
            break
        heap[k] = heap[low]
        k = low
    heap[k] = last
    return size


@njit(cache=True, nogil=True)
def _account(
    slot: Any, pool: Any, begin: Any, end: Any, watt: Any, bin_s: Any,
    busy_s: Any, active_j: Any, pool_busy_s: Any, pool_active_j: Any,
) -> Any:  # fmt: skip
    """Count a stretch of work for its slot and in the records it covers."""
    busy_s[slot] += end - begin
    active_j[slot] += (end - begin) * watt
    k = int(begin / bin_s)
    while begin < end and k < pool_busy_s.shape[1]:
        until = min(end, (k + 1) * bin_s)
        pool_busy_s[pool, k] += until - begin
        pool_active_j[pool, k] += (until - begin) * watt
        begin = until
        k += 1


@njit(cache=True, nogil=True)
def simulate(
    first: Any, arrived: Any, group: Any, component: Any, units: Any,
    next_start: Any, next_node: Any, needs: Any, due: Any, by_deadline: Any,
    queue_start: Any, queue_slot: Any, groups: Any,
    slot_pool: Any, unit_s: Any, active_w: Any,
    rung_work: Any, steps_down: Any, margin_s: Any,
    fail_at: Any, fail_slot: Any, fail_for: Any, horizon: Any, bin_s: Any,
    started: Any, ended: Any, rung: Any, ran_on: Any,
    busy_s: Any, active_j: Any, down_s: Any,
    pool_busy_s: Any, pool_active_j: Any, queued: Any,
) -> Any:  # fmt: skip
    """
    Run all workflows to the horizon; fills the arrays from `started` on.

    Returns:
        Starts, ends, stages cut by failures, stages running at the horizon.

    Source:
        docs/models/workflow.md, rules 1 to 8.
    """
    n, slots = component.size, slot_pool.size
    left_of = np.full(n, -1)
    right_of = np.full(n, -1)
    key = np.empty(n)
    head = np.full(slots, -1)
    backlog = np.zeros(slots)
    running = np.full(slots, -1)
    begin = np.zeros(slots)
    free_at = np.zeros(slots)
    watt = np.zeros(slots)
    up_at = np.zeros(slots)
    epoch = np.zeros(slots)
    waits = needs.copy()
    workflow = np.empty(n, dtype=np.int64)
    for w in range(arrived.size):
        workflow[first[w] : first[w + 1]] = w
    heap = np.empty((slots + 2 * fail_at.size + 8, 5))
    size, order = 0, 0.0
    starts, ends, lost = 0, 0, 0
    to_bind = np.empty(n, dtype=np.int64)
    last_bin = queued.shape[1] - 1
    arrival, failure = 0, 0
    while True:
        now = np.inf
        what = -1
        if arrival < arrived.size:
            now, what = arrived[arrival], 2
        if failure < fail_at.size and fail_at[failure] <= now:
            now, what = fail_at[failure], 1
        if size > 0 and heap[0, 0] <= now:
            now, what = heap[0, 0], 0
        if what < 0 or now > horizon:
            break
        slot, bind = -1, 0
        if what == 2:
            for k in range(first[arrival], first[arrival + 1]):
                if waits[k] == 0:
                    to_bind[bind] = k
                    bind += 1
            arrival += 1
        elif what == 1:
            i = fail_slot[failure]
            back = now + fail_for[failure]
            failure += 1
            if up_at[i] > now:  # down already: the longer repair holds
                if back > up_at[i]:
                    down_s[i] += min(back, horizon) - min(up_at[i], horizon)
                    up_at[i] = back
                    epoch[i] += 1
                    if back < np.inf:
                        size = _push(heap, size, back, order, _REPAIR, i, epoch[i])
                        order += 1
                continue
            down_s[i] += min(back, horizon) - now
            up_at[i] = back
            epoch[i] += 1
            if running[i] >= 0:
                lost += 1
                _account(i, slot_pool[i], begin[i], now, watt[i], bin_s, busy_s,
                         active_j, pool_busy_s, pool_active_j)  # fmt: skip
                queued[slot_pool[i], min(int(now / bin_s), last_bin)] += 1
                to_bind[bind] = running[i]
                bind += 1
                running[i] = -1
            while head[i] >= 0:
                k = head[i]
                head[i] = _merge(left_of[k], right_of[k], key, left_of, right_of)
                left_of[k] = right_of[k] = -1
                to_bind[bind] = k
                bind += 1
            # they join a queue again below
            queued[slot_pool[i], min(int(now / bin_s), last_bin)] -= bind
            backlog[i] = 0.0
            if back < np.inf:
                size = _push(heap, size, back, order, _REPAIR, i, epoch[i])
                order += 1
        else:
            kind, i, stamp = int(heap[0, 2]), int(heap[0, 3]), heap[0, 4]
            size = _pop(heap, size)
            if stamp != epoch[i]:
                continue
            slot = i
            if kind == _END:
                k = running[i]
                running[i] = -1
                ends += 1
                ended[k] = now
                _account(i, slot_pool[i], begin[i], now, watt[i], bin_s, busy_s,
                         active_j, pool_busy_s, pool_active_j)  # fmt: skip
                for e in range(next_start[k], next_start[k + 1]):
                    m = next_node[e]
                    waits[m] -= 1
                    if waits[m] == 0:
                        to_bind[bind] = m
                        bind += 1
        for b in range(bind + 1):
            if b == 0:
                at = slot  # the slot that ended goes on with its own queue first
            else:
                k = to_bind[b - 1]
                key[k] = due[k] if by_deadline else now
                q = component[k] * groups + group[workflow[k]]
                best, at = np.inf, -1
                for s in range(queue_start[q], queue_start[q + 1]):
                    i = queue_slot[s]
                    own = units[k, 0] * unit_s[i, 0] + units[k, 1] * unit_s[i, 1]
                    end = max(now, up_at[i]) + backlog[i] + own
                    if running[i] >= 0:
                        end += free_at[i] - now
                    if end < best - _TIE_S or at < 0:
                        best, at = end, i
                backlog[at] += units[k, 0] * unit_s[at, 0] + units[k, 1] * unit_s[at, 1]
                left_of[k] = right_of[k] = -1
                head[at] = _merge(head[at], k, key, left_of, right_of)
                queued[slot_pool[at], min(int(now / bin_s), last_bin)] += 1
            if at < 0 or running[at] >= 0 or up_at[at] > now or head[at] < 0:
                continue
            k = head[at]
            head[at] = _merge(left_of[k], right_of[k], key, left_of, right_of)
            left_of[k] = right_of[k] = -1
            own0, own1 = units[k, 0] * unit_s[at, 0], units[k, 1] * unit_s[at, 1]
            own = own0 + own1
            backlog[at] = backlog[at] - own if head[at] >= 0 else 0.0
            r = 0
            if steps_down[component[k]]:
                latest = due[k] - margin_s + 1e-9
                while r < rung_work.size - 1 and now + own * rung_work[r] > latest:
                    r += 1
            watt[at] = 0.0
            if own > 0:
                watt[at] = (own0 * active_w[at, 0] + own1 * active_w[at, 1]) / own
            rung[k] = r
            ran_on[k] = at
            started[k] = now
            starts += 1
            running[at] = k
            begin[at] = now
            free_at[at] = now + own * rung_work[r]
            queued[slot_pool[at], min(int(now / bin_s), last_bin)] -= 1
            size = _push(heap, size, free_at[at], order, _END, at, epoch[at])
            order += 1
    still = 0
    for i in range(slots):
        if running[i] >= 0:
            still += 1
            _account(i, slot_pool[i], begin[i], horizon, watt[i], bin_s, busy_s,
                     active_j, pool_busy_s, pool_active_j)  # fmt: skip
    return starts, ends, lost, still
