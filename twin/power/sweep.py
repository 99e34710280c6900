"""Compiled sweeps over the power network: who is live, and how loads add up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

UTILITY, GENERATOR, CONVEYOR, RACK = 0, 1, 2, 3
"""Roles of a node: a source, a source that has to start, anything between, a load."""


class Wiring(NamedTuple):
    """Who feeds whom and what is lost on the way, for compiled code."""

    role: np.ndarray  # int64 (n,)
    share: np.ndarray  # bool (n,)
    first: np.ndarray  # int64 (n + 1,): first feed of each node in `feed`
    feed: np.ndarray  # int64 (edges,): indices of feeding nodes
    loss: np.ndarray  # float64 (n, 3): W, W/W, W/W²


@njit(cache=True, nogil=True)
def find_live(wiring, down, live, weight):
    """Pass down: who is live, and which part of its draw each feed carries."""
    for i in range(wiring.role.size):
        first, end = wiring.first[i], wiring.first[i + 1]
        count = 0
        for e in range(first, end):
            weight[e] = 0.0
            if live[wiring.feed[e]]:
                count += 1
        if down[i]:
            live[i] = False
        elif first == end:
            live[i] = wiring.role[i] <= GENERATOR
        else:
            live[i] = count > 0
        if not live[i]:
            continue
        for e in range(first, end):
            if live[wiring.feed[e]]:
                weight[e] = 1.0 / count if wiring.share[i] else 1.0
                if not wiring.share[i]:
                    break


@njit(cache=True, nogil=True)
def add_up(wiring, live, weight, wanted_w, out_w, in_w):
    """Pass up: what each node delivers and draws; `wanted_w` counts where live."""
    for i in range(wiring.role.size):
        out_w[i] = wanted_w[i] if live[i] else 0.0
    for i in range(wiring.role.size - 1, -1, -1):
        if live[i]:
            out = out_w[i]
            loss = wiring.loss[i]
            in_w[i] = out + loss[0] + out * (loss[1] + out * loss[2])
        else:
            in_w[i] = 0.0
        for e in range(wiring.first[i], wiring.first[i + 1]):
            out_w[wiring.feed[e]] += weight[e] * in_w[i]
