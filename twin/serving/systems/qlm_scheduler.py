"""
QLM's scheduler: who serves which group, when models are swapped and work is evicted.

A controller of the fleet. It sees what runs and how many came, estimates every group's
waiting time, and gives instances out by deadline.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from twin.serving.fleet.parts import Action, Requests, View
from twin.serving.fleet.placement import PowerReader
from twin.serving.fleet.state import DECODE, DRAINING, ON
from twin.serving.systems.qlm_groups import (
    INTERACTIVE,
    KINDS,
    Groups,
    QlmParameters,
    dedicated_shares,
)
from twin.serving.systems.qlm_queues import (
    NEAR_S,
    Claim,
    Work,
    assign,
    instances_needed,
)
from twin.types import BoolArray, FloatArray, IntArray

RECENT_S = 60.0
"""Arrivals of this long make up a group's rate. Assumed."""


class Scheduler:
    """
    Orders groups by deadline; assigns, swaps and evicts.

    It knows when requests came and how many wait, not when others will; those that
    wait are the last to come.

    Held work leaves its instances to the queue "parked", which nobody sends to; what
    comes back from there loads its model anew.

    Attributes:
        swaps: Models swapped. moves: Instances that changed group without.
        evictions: Instances whose batch work was put back.
        batch_j: GPU energy of instances while they served batch work. [J]
    """

    def __init__(
        self, groups: Groups, works: tuple[Work, ...], requests: Requests,
        busy: FloatArray, given: QlmParameters, *, instances: int,
    ) -> None:  # fmt: skip
        self.groups, self.works, self.given = groups, works, given
        self.period_s = given.period_s
        self.came_s = [
            requests.arrived_s[(requests.klass == g) & _fits(groups, requests)]
            for g in range(len(groups.names))
        ]
        self.start = _first_shares(groups, busy, instances)
        self.parked = len(groups.names)
        self.model_of = np.append(groups.model_of, -1)
        self.deferrable = np.append(groups.deferrable, False)
        self.served: IntArray | None = None
        self.reader = PowerReader(instances)
        self.swaps = self.moves = self.evictions = 0
        self.batch_j, self.all_j = 0.0, 0.0

    def decide(self, now_s: float, view: View) -> list[Action]:
        """Return swaps and evictions from now on."""
        inst = view.inst
        serving = inst["queue"] - inst.size
        self._count(now_s, inst, serving)
        waiting = self._waiting(now_s, view)
        claims = [self._claim(g, now_s, came) for g, came in enumerate(waiting)]
        held = self._may_hold(now_s, waiting, claims)
        if held:
            claims = [
                replace(c, needed=0, wanted=0) if batch else c
                for c, batch in zip(claims, self.groups.deferrable, strict=True)
            ]
        settled = np.where(inst["next_queue"] >= 0, inst["next_queue"] - inst.size,
                           serving)  # fmt: skip
        nobody = Claim(deadline_s=math.inf, needed=0, wanted=0, model=-1)
        target = assign([*claims, nobody], settled, self.model_of)
        if held:
            target = np.where(self.deferrable[target], self.parked, target)
        return self._carry_out(now_s, inst, serving, settled, target, claims)

    def _count(self, now_s: float, inst: np.ndarray, serving: IntArray) -> None:
        """Energy since the last look, by the group each instance served then."""
        then = serving if self.served is None else self.served
        self.served = serving.copy()
        watts = self.reader.read(now_s, inst)
        spent = watts * self.period_s * (now_s > 0.0)
        self.all_j += float(spent.sum())
        self.batch_j += float(spent[self.deferrable[then]].sum())

    def _waiting(self, now_s: float, view: View) -> list[FloatArray]:
        """When the requests came that wait now, by group."""
        found = []
        for g, came in enumerate(self.came_s):
            n = int(np.searchsorted(came, now_s, side="left"))
            wait = min(int(view.queued[view.inst.size + g]), n)
            found.append(came[n - wait : n])
        return found

    def _may_hold(
        self, now_s: float, waiting: list[FloatArray], claims: list[Claim]
    ) -> bool:
        """
        Whether batch work is to be held back now and can be.

        It can where every instance together meets all its deadlines from the end of
        the hold on, beside what interactive groups need.
        """
        p = self.given
        end_s = p.hold_from_s + p.hold_s
        if not p.hold_from_s <= now_s < end_s:
            return False
        need = 0.0
        for g, came_s in enumerate(waiting):
            if not self.groups.deferrable[g]:
                need += claims[g].needed
            elif came_s.size:
                slack_s = came_s + self.groups.limit_s[g] - end_s
                if slack_s.min() <= NEAR_S:
                    return False
                need += instances_needed(slack_s, self.works[g], sure=p.sure)
        return need <= self.start.size

    def _claim(self, g: int, now_s: float, came_s: FloatArray) -> Claim:
        """What a group needs for its deadlines, and to keep up with its rate."""
        p, work = self.given, self.works[g]
        slack_s = came_s + self.groups.limit_s[g] - now_s
        need = instances_needed(slack_s, work, sure=p.sure)
        all_came = self.came_s[g]
        recent = np.searchsorted(all_came, [max(0.0, now_s - RECENT_S), now_s])
        rate = (recent[1] - recent[0]) / min(RECENT_S, max(now_s, self.period_s))
        deferrable = bool(self.groups.deferrable[g])
        if not deferrable:  # keep up with the rate, and catch up within the limit
            rate += came_s.size / float(self.groups.limit_s[g])
            need = max(need, rate * work.mean_tokens / work.token_s)
        rounds = came_s.size * work.mean_tokens / (work.token_s * self.period_s)
        return Claim(
            deadline_s=now_s + float(slack_s[0]) if slack_s.size else math.inf,
            needed=math.ceil(need - 1e-9),
            wanted=math.ceil(rounds),
            model=int(self.groups.model_of[g]),
        )

    def _carry_out(
        self, now_s: float, inst: np.ndarray, serving: IntArray, settled: IntArray,
        target: IntArray, claims: list[Claim],
    ) -> list[Action]:  # fmt: skip
        """Commands that bring instances to their groups, and clear the way."""
        groups = self.groups
        actions = []
        for i in np.flatnonzero((target != settled) & (inst["status"] == ON)):
            g = int(target[i])
            swaps = g < self.parked and self.model_of[g] != self.model_of[serving[i]]
            self.swaps += bool(swaps)
            self.moves += not swaps
            actions.append(Action(
                at_s=now_s, name="serve", instance=int(i), queue=g,
                value=float(groups.swap_s[self.model_of[g]]) if swaps else 0.0,
            ))  # fmt: skip
        goal = np.where(inst["status"] == DRAINING, settled, target)
        leaving = (goal != serving) & (inst["phase"] == DECODE)
        urgent = leaving & self.deferrable[serving] & (goal < self.parked)
        for i in np.flatnonzero(urgent):
            if self._cannot_wait(int(serving[i]), claims[int(goal[i])], now_s, inst[i]):
                self.evictions += 1
                actions.append(Action(at_s=now_s, name="evict", instance=int(i)))
        return actions

    def _cannot_wait(
        self, serving: int, claim: Claim, now_s: float, one: np.void
    ) -> bool:
        """Whether draining the batch takes longer than the urgent group's slack."""
        work = self.works[serving]
        engine = self.groups.engines[self.groups.model_of[serving]]
        step_s = float(np.interp(
            one["batch"], engine.table.decode_batch, engine.table.decode_s
        ))  # fmt: skip
        drain_s = (work.mean_tokens + work.sd_tokens) * step_s
        return claim.needed > 0 and claim.deadline_s - now_s < drain_s


def _first_shares(groups: Groups, busy: FloatArray, instances: int) -> IntArray:
    """Group of each instance at the start: by mean work, each model one at least."""
    per_model = np.bincount(groups.model_of, weights=busy).astype(np.float64)
    shares = dedicated_shares(per_model, instances)
    model = np.repeat(np.arange(len(shares)), shares)
    return len(KINDS) * model + INTERACTIVE


def _fits(groups: Groups, requests: Requests) -> BoolArray:
    """Whether a request fits the cache of its model's engine."""
    room = np.array([e.table.kv_capacity_tokens for e in groups.engines])
    return np.asarray(
        requests.prompt + requests.output <= room[groups.model_of[requests.klass]]
    )
