"""
What a set of failures does to a site, by its cascade, each set judged once.

Loads are those of the busiest tick of the horizon with nothing capped
(`twin.facility.stage`): a failure is taken to come at the worst time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.errors import ScenarioError
from twin.facility import cascade
from twin.facility.assemble import RESTART_S, Assembled
from twin.facility.cascade import Stage
from twin.facility.screening import normal_w
from twin.facility.stage import set_stage
from twin.power.stores import runtime_s
from twin.power.sweep import GENERATOR
from twin.types import BoolArray, FloatArray, IntArray

RESTART_H = RESTART_S / 3600.0
Failed = frozenset[int]
NOTHING: Failed = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What becomes of a site while a set of things is failed.

    Args:
        loss_h: Hours until a rack's servers go down; infinite if they stay. (racks,)
        dropped: Racks whose servers have power but restart after a gap. (racks,)
        lost_servers: Servers that go down or restart.
        slowed_servers: Servers that a cap slows beyond those it slows with nothing
            failed.
        called: Generators that are started for it.
    """

    loss_h: FloatArray
    dropped: BoolArray
    lost_servers: float
    slowed_servers: float
    called: Failed

    @property
    def harmless(self) -> bool:
        """Whether no server is lost or slowed."""
        return self.lost_servers == 0.0 and self.slowed_servers == 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """
    A site's states, judged when they are first asked for.

    Args:
        assembled: The site.
        stage: Its loads at the busiest tick.
        normal_w: Output of every node with nothing failed. [W], (nodes,)
        stays_h: Infinite for every rack, what harmless states share. [h], (racks,)
        nobody: False for every rack, likewise.
        known: Outcomes so far.
        dull: Whether a set is harmless whatever the generators do, so far.
    """

    assembled: Assembled
    stage: Stage
    normal_w: FloatArray
    stays_h: FloatArray
    nobody: BoolArray
    known: dict[Failed, Outcome] = field(default_factory=dict)
    dull: dict[Failed, bool] = field(default_factory=dict)

    @property
    def servers(self) -> FloatArray:
        """Servers of each rack."""
        found: FloatArray = self.stage.servers
        return found

    def outcome(self, failed: Failed) -> Outcome:
        """Judge a set of failures, numbered as in `screening.failures_of`."""
        found = self.known.get(failed)
        if found is None:
            found = self.known[failed] = _follow(self, failed)
        return found

    def is_dull(self, failed: Failed) -> bool:
        """Whether a set is harmless even if no generator it calls comes."""
        found = self.dull.get(failed)
        if found is None:
            outcome = self.outcome(failed)
            found = outcome.harmless
            if found and outcome.called:
                found = self.outcome(failed | outcome.called).harmless
            self.dull[failed] = found
        return found


def make_judge(assembled: Assembled) -> Judge:
    """
    Set the stage of a site.

    Raises:
        ScenarioError: If the site loses servers with nothing failed.
    """
    stage = set_stage(assembled)
    judge = Judge(
        assembled=assembled, stage=stage, normal_w=normal_w(stage),
        stays_h=np.full(stage.servers.size, np.inf),
        nobody=np.zeros(stage.servers.size, dtype=np.bool_),
    )  # fmt: skip
    lost = judge.outcome(NOTHING).lost_servers
    if lost > 0.0:
        raise ScenarioError("scenario", "must hold at its busiest hour with nothing "
                            "failed", f"{lost:g} servers lost", "take servers out, or "
                            "raise the ratings of what trips; `nameplate site` shows "
                            "it")  # fmt: skip
    return judge


def _follow(judge: Judge, failed: Failed) -> Outcome:
    stage = judge.stage
    n, first = stage.wiring.role.size, stage.rack_first
    index = np.array(sorted(failed), dtype=np.int64)
    steps = np.zeros((cascade.MOST_STEPS, 3))
    frames = np.zeros((cascade.MOST_STEPS + 1, 2, n))
    outcome, work = np.zeros(cascade.OUTCOMES), cascade.scratch(stage)
    count = cascade.follow(stage, work, index, steps, outcome, frames)
    dead = np.isnan(frames[: count + 1, 0])
    loss_s = np.full(stage.servers.size, np.inf)
    for k in range(count, 0, -1):
        loss_s[dead[k, first:]] = steps[k - 1, 0]
    at_once = dead[0, first:]
    loss_s[at_once] = _held_s(judge, index, dead[0])[first:][at_once]
    hot_s = np.where(work.hot, work.hot_at_s, np.inf)
    loss_s = np.minimum(loss_s, hot_s[stage.rack_hall])
    loss_s[stage.servers == 0.0] = np.inf
    gone = np.isfinite(loss_s)
    dropped = work.dropped & ~gone & (stage.servers > 0.0)
    loss_h = loss_s / 3600.0
    if not (gone.any() or dropped.any()):  # most states: they share their arrays
        loss_h, dropped = judge.stays_h, judge.nobody
    slowed = float(outcome[cascade.SLOWED_SERVERS])
    if failed:
        slowed = max(0.0, slowed - judge.outcome(NOTHING).slowed_servers)
    return Outcome(
        loss_h=loss_h, dropped=dropped,
        lost_servers=float(stage.servers[gone | dropped].sum()),
        slowed_servers=slowed,
        called=_called(judge, frames[0, 0]),
    )  # fmt: skip


def _held_s(judge: Judge, failed: IntArray, dead: BoolArray) -> FloatArray:
    """How long stores hold what has lost its feed for good. [s], (nodes,)"""
    stage, wiring = judge.stage, judge.stage.wiring
    held = np.where(dead, 0.0, np.inf)
    down = stage.out.copy()
    down[failed[failed < stage.rack_first]] = True
    for i in np.flatnonzero(dead & ~down):
        feeds = wiring.feed[wiring.first[i] : wiring.first[i + 1]]
        if feeds.size:
            held[i] = held[feeds].max()
        if stage.store_w[i] > 0.0:
            load = float(judge.normal_w[i] / stage.store_w[i])
            held[i] = max(held[i], runtime_s(stage.store[i], load))
    return held


def _called(judge: Judge, out_w: FloatArray) -> Failed:
    """Generators that carry load now and did not before."""
    stage = judge.stage
    starts = (stage.wiring.role == GENERATOR) & ~stage.running
    with np.errstate(invalid="ignore"):
        carries = out_w > 0.0
    return frozenset(int(i) for i in np.flatnonzero(starts & carries))


def parts_of_halls(assembled: Assembled) -> dict[int, float]:
    """Units of each part of a hall's cooling, by part; 0 where a plant has none."""
    plant = assembled.plant
    loop = plant.air_loop
    chillers = 0
    if loop is not None and loop.chillers is not None:
        chillers = loop.chillers.needed + loop.chillers.spare
    return {
        cascade.AIR_HANDLER: float(plant.air.needed + plant.air.spare),
        cascade.CHILLER: chillers, cascade.CDU_PUMP: 2,
    }  # fmt: skip
