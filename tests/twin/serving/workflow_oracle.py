"""Workflows on pools again, in plain Python, after docs/models/workflow.md."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from twin.serving.workflow.graph import Batch
from twin.serving.workflow.pools import Failure, StagePool


@dataclass
class Slot:
    """One place that runs a stage at a time."""

    pool: StagePool
    waiting: list[int] = field(default_factory=list)
    running: int | None = None
    ends_at: float = 0.0
    up_at: float = 0.0
    known: int = 0  # when its next end or repair became known: ties go in this order


def ends_of(
    batch: Batch,
    pools: list[StagePool],
    horizon_s: float,
    *,
    by_deadline: bool,
    failures: tuple[Failure, ...] = (),
) -> dict[int, float]:
    """End of every node that ends by the horizon, full quality."""
    return _Oracle(batch, pools, by_deadline, failures).run(horizon_s)


class _Oracle:
    def __init__(
        self,
        batch: Batch,
        pools: list[StagePool],
        by_deadline: bool,
        failures: tuple[Failure, ...],
    ) -> None:
        self.batch, self.by_deadline = batch, by_deadline
        owners = [p for p in pools for _ in range(p.count * p.slots)]
        self.slots = [Slot(pool) for pool in owners]
        self.workflow = batch.workflow.tolist()
        self.after = {
            k: batch.next_node[a:b].tolist()
            for k, (a, b) in enumerate(
                zip(batch.next_start, batch.next_start[1:], strict=False)
            )
        }
        self.waits = batch.needs.tolist()
        self.ready: dict[int, float] = {}
        self.ends: dict[int, float] = {}
        self.failures = sorted(failures, key=lambda f: f.at_s)
        self.due = self._due(pools)
        self.count = 0

    def own_s(self, node: int, pool: StagePool) -> float:
        a, b = self.batch.units[node]
        return float(a * pool.unit_s[0] + b * pool.unit_s[1])

    def _due(self, pools: list[StagePool]) -> dict[int, float]:
        due: dict[int, float] = {}
        for k in reversed(range(self.batch.component.size)):
            w, play = self.workflow[k], self.batch.play_s[k]
            own = self.batch.arrived_s[w] + self.batch.start_limit_s[w] + play
            latest = [math.inf if math.isnan(play) else float(own)]
            for n in self.after[k]:
                name = self.batch.components[self.batch.component[n]]
                mine = [p for p in pools if p.component == name and p.count]
                best = [min(p.unit_s[j] for p in mine) for j in (0, 1)]
                a, b = self.batch.units[n]
                latest.append(due[n] - float(a * best[0] + b * best[1]))
            due[k] = min(latest)
        return due

    def run(self, horizon_s: float) -> dict[int, float]:
        arrivals = list(enumerate(self.batch.arrived_s))
        while True:
            times = [(s.ends_at, 0) for s in self.slots if s.running is not None]
            times += [(s.up_at, 0) for s in self.slots if s.up_at > 0]
            if self.failures:
                times.append((self.failures[0].at_s, 1))
            if arrivals:
                times.append((arrivals[0][1], 2))
            now, what = min(times, default=(math.inf, 0))
            if now > horizon_s or now == math.inf:
                return self.ends
            if what == 2:
                w, _ = arrivals.pop(0)
                nodes = range(self.batch.first[w], self.batch.first[w + 1])
                self.bind([k for k in nodes if self.waits[k] == 0], now)
            elif what == 1:
                self.fail(self.failures.pop(0), now)
            else:
                self.end_or_repair(now)

    def end_or_repair(self, now: float) -> None:
        for s in sorted(self.slots, key=lambda s: s.known):
            if s.running is not None and s.ends_at == now:
                node, s.running = s.running, None
                self.ends[node] = now
                freed = []
                for n in self.after[node]:
                    self.waits[n] -= 1
                    if self.waits[n] == 0:
                        freed.append(n)
                self.start(s, now)
                self.bind(freed, now)
                return
            if s.up_at == now:
                s.up_at = 0.0
                self.start(s, now)
                return

    def fail(self, failure: Failure, now: float) -> None:
        mine = [s for s in self.slots if s.pool.name == failure.pool]
        s, back = mine[failure.slot], now + failure.repair_s
        if s.up_at > now:
            if back > s.up_at:
                s.up_at = back
                self.note(s)
            return
        s.up_at = back
        self.note(s)
        again = [] if s.running is None else [s.running]
        again += sorted(s.waiting, key=self.key)
        s.running, s.waiting = None, []
        self.bind(again, now)

    def key(self, node: int) -> tuple[float, int]:
        return (self.due[node] if self.by_deadline else self.ready[node], node)

    def bind(self, nodes: list[int], now: float) -> None:
        for node in nodes:
            self.ready[node] = now
            name = self.batch.components[self.batch.component[node]]
            mine = [s for s in self.slots if s.pool.component == name]
            best = mine[0]
            for s in mine[1:]:  # within a nanosecond the lower place is taken
                sooner = self.expected(best, node, now) - self.expected(s, node, now)
                best = s if sooner > 1e-9 else best
            best.waiting.append(node)
            self.start(best, now)

    def expected(self, s: Slot, node: int, now: float) -> float:
        end = max(now, s.up_at) + sum(self.own_s(k, s.pool) for k in s.waiting)
        if s.running is not None:
            end += s.ends_at - now
        return end + self.own_s(node, s.pool)

    def start(self, s: Slot, now: float) -> None:
        if s.running is not None or s.up_at > now or not s.waiting:
            return
        node = min(s.waiting, key=self.key)
        s.waiting.remove(node)
        s.running, s.ends_at = node, now + self.own_s(node, s.pool)
        self.note(s)

    def note(self, s: Slot) -> None:
        self.count += 1
        s.known = self.count
