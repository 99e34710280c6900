"""
Instance manager: clocks every few seconds, and the ladder when predictions were wrong.

Rungs, by the prefill an instance has before it ÷ the time to first token its pool
allows: its queue is ordered by deadline (always, a property of the pool); from
`clock_rung` on it runs at its highest clock; from `reroute_rung` on routers keep away
from it; what waited past its patience is dropped (a property of the class).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.serving.fleet import state as k
from twin.serving.fleet.parts import Action, View
from twin.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """
    Waiting prefill ÷ limit of the first token at which each rung is taken.

    Args:
        clock_rung: Highest clock.
        reroute_rung: Routed around; lifted at half of it.
    """

    clock_rung: float
    reroute_rung: float


@dataclass(slots=True, kw_only=True)
class InstanceManager:
    """
    A controller of the fleet (`parts.Controller`) for pools side by side.

    Args:
        period_s: Time between decisions. [s]
        delay_s: Time a change of clock takes. [s]
        smooth_s: Time over which arrivals are averaged. [s]
        margin: Room above the load seen. >= 0
        clock_mhz: Clocks, rising. [MHz], shape (clocks,)
        cap_rps: What an instance of each pool carries at each clock. [1/s],
            shape (pools, clocks); rising along clocks
        limit_s: Tightest time to first token in each pool. [s], shape (pools,)
        class_pool: Pool of each request class.
        first: First instance of each pool, and the number of all.
        ladder: None: no ladder, and no change of clocks for backlog.
        scales: False: clocks stay at the highest.
    """

    period_s: float
    delay_s: float
    smooth_s: float
    margin: float
    clock_mhz: FloatArray
    cap_rps: FloatArray
    limit_s: FloatArray
    class_pool: IntArray
    first: IntArray
    ladder: Ladder | None
    scales: bool
    clock_changes: int = 0
    raised: int = 0
    rerouted: int = 0
    _seen: FloatArray = field(init=False)
    _rate: FloatArray = field(init=False)
    _clock: IntArray = field(init=False)
    _avoided: BoolArray = field(init=False)
    _before_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._seen = np.zeros(self.class_pool.size)
        self._rate = np.full(self.limit_s.size, np.inf)  # nothing known: top clock
        self._clock = np.full(int(self.first[-1]), self.clock_mhz.size - 1)
        self._avoided = np.zeros(int(self.first[-1]), dtype=np.bool_)

    def decide(self, now_s: float, view: View) -> list[Action]:
        """Return changes of clock and of routing."""
        self._observe(now_s, view)
        status = view.inst["status"]
        live = (status == k.ON) | (status == k.DRAINING)
        late = np.zeros(live.size)
        if self.ladder is not None:
            waiting = view.inst["prefill_load_s"] * view.inst["slow_prefill"]
            late = np.where(live, waiting / self.limit_s[view.pool], 0.0)
        return self._clocks(now_s, view, live, late) + self._reroute(now_s, late)

    def _observe(self, now_s: float, view: View) -> None:
        """Average the arrivals of each pool."""
        passed_s = now_s - self._before_s
        if passed_s <= 0:
            return
        new = view.arrived - self._seen
        rate = np.bincount(self.class_pool, new, self.limit_s.size) / passed_s
        keep = np.exp(-passed_s / self.smooth_s)
        known = np.isfinite(self._rate)
        mixed = np.where(known, keep * np.where(known, self._rate, 0.0), 0.0)
        self._rate = np.where(known, mixed + (1.0 - keep) * rate, rate)
        self._seen[:] = view.arrived
        self._before_s = now_s

    def wanted(self, on: FloatArray) -> IntArray:
        """
        Lowest clock of each pool whose profile carries the load of one instance.

        Args:
            on: Instances on. shape (pools,)

        Returns:
            Places of clocks; the highest where none carries it. shape (pools,)
        """
        load = self._rate / np.maximum(on, 1.0)
        spare = np.sqrt(load / self.smooth_s)  # one deviation of the average
        need = (load + np.where(np.isfinite(spare), spare, 0.0)) * (1.0 + self.margin)
        short = (self.cap_rps < need[:, None]).sum(axis=1)
        return np.asarray(np.minimum(short, self.clock_mhz.size - 1))

    def _clocks(
        self, now_s: float, view: View, live: BoolArray, late: FloatArray
    ) -> list[Action]:
        if not self.scales:
            return []
        on = np.add.reduceat(live.astype(np.float64), self.first[:-1])
        clock = self.wanted(on)[view.pool]
        if self.ladder is not None:
            pressed = late >= self.ladder.clock_rung
            clock[pressed] = self.clock_mhz.size - 1
            self.raised += int(np.count_nonzero(pressed))
        changed = np.flatnonzero(live & (clock != self._clock))
        self._clock[changed] = clock[changed]
        self.clock_changes += changed.size
        at_s = now_s + self.delay_s
        return [
            Action(at_s=at_s, name="clock", instance=int(i),
                   value=float(self.clock_mhz[clock[i]]))
            for i in changed
        ]  # fmt: skip

    def _reroute(self, now_s: float, late: FloatArray) -> list[Action]:
        if self.ladder is None:
            return []
        rung = self.ladder.reroute_rung
        avoid = late >= np.where(self._avoided, 0.5 * rung, rung)
        changed = np.flatnonzero(avoid != self._avoided)
        self.rerouted += int(np.count_nonzero(avoid[changed]))
        self._avoided = avoid
        return [
            Action(at_s=now_s, name="avoid", instance=int(i), value=float(avoid[i]))
            for i in changed
        ]
