"""Loads of every node over many losses, and how a node's load follows each rack's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from twin.power.sweep import add_up, find_live

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def worst_loads(
    wiring: Any, out: Any, wanted_w: Any, limit_w: Any, losses: Any, worst_frac: Any,
    cause: Any,
) -> None:  # fmt: skip
    """
    Highest load ÷ limit of each node over losses, and the loss behind it.

    Args:
        wiring: The network.
        out: Nodes out of service by plan. Shape (nodes,)
        wanted_w: What each node draws for itself while it is live. [W], (nodes,)
        limit_w: What each may carry; infinite for no limit. [W], (nodes,)
        losses: Nodes lost, one at a time; -1 loses nothing.
        worst_frac: Raised where a case is worse. Shape (nodes,)
        cause: The loss behind it. Shape (nodes,)
    """
    n = wiring.role.size
    live = np.zeros(n, dtype=np.bool_)
    down = np.zeros(n, dtype=np.bool_)
    weight = np.zeros(wiring.feed.size)
    out_w, in_w = np.zeros(n), np.zeros(n)
    for lost in losses:
        down[:] = out
        if lost >= 0:
            down[lost] = True
        find_live(wiring, down, live, weight)
        add_up(wiring, live, weight, wanted_w, out_w, in_w)
        for i in range(n):
            if live[i] and limit_w[i] < np.inf:
                part = out_w[i] / limit_w[i]
                if part > worst_frac[i]:
                    worst_frac[i] = part
                    cause[i] = lost


@njit(**_OPTIONS)
def slopes(
    wiring: Any, out: Any, wanted_w: Any, lost: int, node: int, slope: Any
) -> float:
    """
    Load of one node after one loss, and its slope over what each node draws.

    Loads are convex in what is drawn (losses grow with their square), so the plane
    that touches them here lies below them everywhere.

    Args:
        wiring: The network.
        out: Nodes out of service by plan. Shape (nodes,)
        wanted_w: What each node draws for itself. [W], shape (nodes,)
        lost: Node lost, -1 for none.
        node: Whose load.
        slope: Filled: watts of load per watt drawn. Shape (nodes,)

    Returns:
        The load. [W]
    """
    n = wiring.role.size
    live = np.zeros(n, dtype=np.bool_)
    down = out.copy()
    weight = np.zeros(wiring.feed.size)
    out_w, in_w = np.zeros(n), np.zeros(n)
    if lost >= 0:
        down[lost] = True
    find_live(wiring, down, live, weight)
    add_up(wiring, live, weight, wanted_w, out_w, in_w)
    for i in range(n):
        slope[i] = 0.0
        if not live[i]:
            continue
        if i == node:
            slope[i] = 1.0
            continue
        passed = 1.0 + wiring.loss[i, 1] + 2.0 * wiring.loss[i, 2] * out_w[i]
        for e in range(wiring.first[i], wiring.first[i + 1]):
            slope[i] += weight[e] * passed * slope[wiring.feed[e]]
    return out_w[node] if live[node] else 0.0  # type: ignore[no-any-return]


@njit(**_OPTIONS)
def alive(wiring: Any, out: Any, lost: int, live: Any) -> None:
    """Fill `live` with who has power after a loss; -1 loses nothing."""
    down = out.copy()
    if lost >= 0:
        down[lost] = True
    find_live(wiring, down, live, np.zeros(wiring.feed.size))
