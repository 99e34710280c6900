"""
Autoscaling on the control clock: instances follow their load, after real start-ups.

Each pool is kept at so many requests per instance. A pool grows at once, in what it
still starts counted; it shrinks only after it could have done with fewer for a while.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from twin.serving.fleet.parts import Action, Fleet, View
from twin.serving.fleet.state import DRAINING, ON, STARTING


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTarget:
    """
    What one pool is kept at.

    Args:
        first: Its first instance, counted over the fleet.
        end: One past its last.
        requests: Requests per instance aimed at. > 0
        least: Instances always on. >= 1
        start_s: From being asked for to taking requests. [s]
        patience_s: Time it must have been too large before it shrinks. [s]
    """

    first: int
    end: int
    requests: float
    least: int
    start_s: float
    patience_s: float = 300.0


@dataclass(slots=True, kw_only=True)
class Autoscaler:
    """A controller that scales pools by their outstanding requests."""

    targets: tuple[PoolTarget, ...]
    period_s: float = 15.0
    _too_large_s: dict[int, float] = field(default_factory=dict)

    def decide(self, now_s: float, view: View) -> list[Action]:
        """Return starts and stops that are due."""
        out: list[Action] = []
        for target in self.targets:
            out += self._scaled(target, now_s, view)
        return out

    def _scaled(self, target: PoolTarget, now_s: float, view: View) -> list[Action]:
        here = view.inst[target.first : target.end]
        up = (here["status"] == ON) | (here["status"] == STARTING)
        load = float(here["requests_load"].sum())
        want = max(target.least, math.ceil(load / target.requests))
        have = int(up.sum())
        if want > have:
            self._too_large_s.pop(target.first, None)
            return _start(target, here, want - have, now_s)
        if want == have:
            self._too_large_s.pop(target.first, None)
            return []
        since_s = self._too_large_s.setdefault(target.first, now_s)
        if now_s - since_s < target.patience_s:
            return []
        self._too_large_s[target.first] = now_s
        idlest = np.argsort(np.where(up, here["requests_load"], np.inf), kind="stable")[
            : have - want
        ]
        return [
            Action(at_s=now_s, name="off", instance=target.first + int(i))
            for i in idlest
        ]


def _start(
    target: PoolTarget, here: np.ndarray, count: int, now_s: float
) -> list[Action]:
    """Wake draining instances first: they are still warm."""
    order = np.argsort(np.where(here["status"] == DRAINING, 0, 1), kind="stable")
    free = [int(i) for i in order if here["status"][i] not in (ON, STARTING)]
    return [
        Action(at_s=now_s, name="on", instance=target.first + i, value=target.start_s)
        for i in free[:count]
    ]


def pool_targets(
    fleet: Fleet, requests: dict[str, float], *, patience_s: float = 300.0
) -> tuple[PoolTarget, ...]:
    """
    Targets of the pools named.

    Args:
        fleet: The fleet.
        requests: Pool -> requests per instance aimed at.
        patience_s: See `PoolTarget`.

    Returns:
        One target per pool named, in the fleet's order; never below one instance.
    """
    out, first = [], 0
    for pool in fleet.pools:
        end = first + pool.largest
        if pool.name in requests:
            out.append(PoolTarget(
                first=first, end=end, requests=requests[pool.name], least=1,
                start_s=pool.engine.start_s, patience_s=patience_s,
            ))  # fmt: skip
        first = end
    return tuple(out)
