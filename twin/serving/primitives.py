"""
Small compiled pieces that serving kernels share: knots, bins, heaps, winner trees.

No array is allocated in any of them, so reference counts are switched off; they are
inlined, because passing a dozen arrays costs more than most of them do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

NEVER = math.inf

# Latency histograms have 128 equal bins per power of two (0.55 to 0.78 % wide), read
# straight off the bits of the float: exponent and first seven bits of the mantissa.
BIN_SHIFT = 52 - 7
BIN_FIRST = (1023 - 14) << 7  # 2^-14 s = 61 µs
BINS = 34 << 7  # up to 2^20 s, twelve days

SEQUENCE = np.dtype([("leave", "f8"), ("slot", "i8")], align=True)
"""One entry of a heap: what it is ordered by, and its slot."""

OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
}
compiled = njit(**OPTIONS)
inlined = njit(**OPTIONS, forceinline=True)


@inlined
def interp(x, knots, values):
    """Linear between knots, flat below the first, last slope above."""
    n = knots.size
    if x <= knots[0] or n == 1:
        return values[0]
    i = 1
    while i < n - 1 and x > knots[i]:
        i += 1
    slope = (values[i] - values[i - 1]) / (knots[i] - knots[i - 1])
    return values[i - 1] + slope * (x - knots[i - 1])


@inlined
def latency_bin(seconds):
    """Bin of a time, by the bits of its float."""
    b = (np.float64(seconds).view(np.int64) >> BIN_SHIFT) - BIN_FIRST
    if b < 0:
        return 0
    return b if b < BINS else BINS - 1


@inlined
def heap_push(heap, row, n, key, slot):
    """Add an entry to the n of this row."""
    i = n
    while i > 0:
        parent = (i - 1) >> 1
        if heap[row, parent].leave <= key:
            break
        heap[row, i].leave = heap[row, parent].leave
        heap[row, i].slot = heap[row, parent].slot
        i = parent
    heap[row, i].leave = key
    heap[row, i].slot = slot


@inlined
def heap_pop(heap, row, n):
    """Remove the first of n entries; the caller has read it."""
    key = heap[row, n - 1].leave
    slot = heap[row, n - 1].slot
    last = n - 1
    i = 0
    while True:
        child = 2 * i + 1
        if child >= last:
            break
        if child + 1 < last and heap[row, child + 1].leave < heap[row, child].leave:
            child += 1
        if heap[row, child].leave >= key:
            break
        heap[row, i].leave = heap[row, child].leave
        heap[row, i].slot = heap[row, child].slot
        i = child
    heap[row, i].leave = key
    heap[row, i].slot = slot


@inlined
def tree_set(tree, first, half, i, value):
    """Set leaf i of the winner tree of `half` leaves that starts at `first`."""
    node = half + i
    tree[first + node] = value
    node >>= 1
    while node >= 1:
        best = min(tree[first + 2 * node + 1], tree[first + 2 * node])
        if tree[first + node] == best:
            break
        tree[first + node] = best
        node >>= 1


@inlined
def tree_winner(tree, first, half):
    """Leaf with the least value; the leftmost of equals."""
    node = 1
    best = tree[first + 1]
    while node < half:
        node *= 2
        if tree[first + node] != best:
            node += 1
    return node - half
