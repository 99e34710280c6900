"""
Stage-specific autoscaling: each pool follows its own work, with real start-up delays.

A pool wants what the arrivals of the last while ask of it by its profile, and more
instances where a backlog is to be worked off. It grows at once and shrinks when it has
been too large for `hold_s`. What is asked for serves after its start-up delay.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.serving.fleet import state as k
from twin.serving.fleet.parts import Action, View
from twin.types import FloatArray, IntArray


@dataclass(slots=True, kw_only=True)
class StageScaler:
    """
    A controller of the fleet (`parts.Controller`).

    Args:
        period_s: Time between decisions. [s]
        smooth_s: Time over which arrivals are averaged. [s]
        hold_s: Time a pool stays too large before it shrinks. [s]
        drain_s: Time in which a backlog is to be worked off. [s]
        headroom: Room above the load seen. >= 0
        class_work: Work of a mean request of each class at each stage ÷ what an
            instance takes on. [s], shape (pools, classes)
        start_s: Start-up delay of each pool. [s]
        least: Instances each pool keeps.
    """

    period_s: float
    smooth_s: float
    hold_s: float
    drain_s: float
    headroom: float
    class_work: FloatArray
    start_s: tuple[float, ...]
    least: int = 1
    started: int = 0
    stopped: int = 0
    _seen: FloatArray = field(init=False)
    _rate: FloatArray | None = field(init=False, default=None)
    _before_s: float = field(init=False, default=0.0)
    _needed_s: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self._seen = np.zeros(self.class_work.shape[1])
        self._needed_s = np.zeros(self.class_work.shape[0])

    def decide(self, now_s: float, view: View) -> list[Action]:
        """Start what is missing; stop what nobody needed for a while."""
        if not self._observe(now_s, view):
            return []
        actions: list[Action] = []
        for p, wanted in enumerate(self.wanted(view)):
            here = np.flatnonzero(view.pool == p)
            status = view.inst["status"][here]
            up = here[(status == k.ON) | (status == k.STARTING)]
            wanted = min(max(int(wanted), self.least), here.size)
            if wanted >= up.size:
                self._needed_s[p] = now_s
            if wanted > up.size:
                actions += self._start(now_s, here, status, wanted - up.size, p)
            elif now_s - self._needed_s[p] >= self.hold_s:
                actions += self._stop(now_s, view, up, up.size - wanted)
                self._needed_s[p] = now_s
        return actions

    def wanted(self, view: View) -> IntArray:
        """Instances each pool asks for. shape (pools,)"""
        rate = self._rate if self._rate is not None else np.zeros(self._seen.size)
        load = self.class_work @ rate
        on = view.inst["status"] == k.ON
        waiting_s = np.where(on, view.inst["prefill_load_s"], 0.0)
        backlog_s = np.bincount(view.pool, waiting_s, self._needed_s.size)
        spare_s = np.bincount(view.pool, on, self._needed_s.size) * self.period_s
        late = np.maximum(backlog_s - spare_s, 0.0) / self.drain_s
        return np.ceil((1.0 + self.headroom) * load + late - 1e-9).astype(np.int64)

    def _observe(self, now_s: float, view: View) -> bool:
        """Average the arrivals of each class; False before there are any to average."""
        passed_s = now_s - self._before_s
        if passed_s <= 0:
            return False
        rate = (view.arrived - self._seen) / passed_s
        keep = np.exp(-passed_s / self.smooth_s)
        old = rate if self._rate is None else self._rate
        self._rate = keep * old + (1.0 - keep) * rate
        self._seen[:] = view.arrived
        self._before_s = now_s
        return True

    def _start(
        self, now_s: float, here: IntArray, status: IntArray, count: int, p: int
    ) -> list[Action]:
        """Draining ones first: they only have to stay."""
        chosen = np.concatenate(
            [here[status == k.DRAINING], here[(status == k.OFF) | (status == k.FAILED)]]
        )[:count]
        self.started += chosen.size
        return [
            Action(at_s=now_s, name="on", instance=int(i), value=self.start_s[p])
            for i in chosen
        ]

    def _stop(self, now_s: float, view: View, up: IntArray, count: int) -> list[Action]:
        """Those that hold the fewest requests."""
        order = np.argsort(view.inst["requests_load"][up], kind="stable")
        chosen = up[order][:count]
        self.stopped += chosen.size
        return [Action(at_s=now_s, name="off", instance=int(i)) for i in chosen]
