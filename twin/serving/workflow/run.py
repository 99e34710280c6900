"""Run workflows on stage pools: from records to arrays and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.serving.workflow.graph import Batch, stage_s
from twin.serving.workflow.kernel import due_times, simulate
from twin.serving.workflow.pools import Failure, Ladder, StagePool
from twin.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowResult:
    """
    What became of the workflows. NaN: not within the horizon.

    Args:
        pools: As given.
        horizon_s: As given. [s]
        record_s: Length of one record. [s]
        first_output_s: Arrival to the first output. shape (workflows,) [s]
        start_s: Arrival to the earliest start of play that never stalls. [s]
        done_s: Arrival to the last stage. [s]
        on_time: Every output by its deadline.
        quality_frac: Quality kept, weighted by time at full quality.
        started_s: Last start of each node. shape (nodes,) [s]
        ended_s: End of each node. shape (nodes,) [s]
        due_s: Deadline of each node. shape (nodes,) [s]
        rung: Rung each node ran on. shape (nodes,)
        slot: Slot each node ran on; -1: never started. shape (nodes,)
        slot_pool: Pool of each slot. shape (slots,)
        busy_s: Time at work. shape (slots,) [s]
        active_j: Energy while at work. shape (slots,) [J]
        down_s: Time failed. shape (slots,) [s]
        idle_w: Power of a slot that waits. shape (slots,) [W]
        slot_gpus: GPUs of a slot. shape (slots,)
        starts: Stages started, again after failures included.
        ends: Stages finished.
        lost: Stages cut by failures.
        running: Stages running at the horizon.
        pool_busy_s: Busy slot-seconds. shape (pools, records) [s]
        pool_active_j: Energy at work. shape (pools, records) [J]
        queued: Stages waiting at the end of each record. shape (pools, records)
    """

    pools: tuple[StagePool, ...]
    horizon_s: float
    record_s: float
    first_output_s: FloatArray
    start_s: FloatArray
    done_s: FloatArray
    on_time: np.ndarray
    quality_frac: FloatArray
    started_s: FloatArray
    ended_s: FloatArray
    due_s: FloatArray
    rung: IntArray
    slot: IntArray
    slot_pool: IntArray
    busy_s: FloatArray
    active_j: FloatArray
    down_s: FloatArray
    idle_w: FloatArray
    slot_gpus: FloatArray
    starts: int
    ends: int
    lost: int
    running: int
    pool_busy_s: FloatArray
    pool_active_j: FloatArray
    queued: FloatArray

    @property
    def slot_energy_j(self) -> FloatArray:
        """Energy of each slot: at work and waiting; none while it is down. [J]"""
        waits_s = self.horizon_s - self.down_s - self.busy_s
        return self.active_j + self.idle_w * waits_s

    @property
    def energy_j(self) -> float:
        """Energy of all slots, without hosts. [J]"""
        return float(self.slot_energy_j.sum())

    @property
    def gpu_hours(self) -> float:
        """GPUs on × time. [h]"""
        on_s = self.horizon_s - self.down_s
        return float((self.slot_gpus * on_s).sum()) / 3600.0

    @property
    def pool_power_w(self) -> FloatArray:
        """Power of each pool, repairs left out. shape (pools, records) [W]"""
        total = np.bincount(self.slot_pool, self.idle_w, minlength=len(self.pools))
        count = np.bincount(self.slot_pool, minlength=len(self.pools))
        idle_w = np.divide(total, count, out=np.zeros(len(count)), where=count > 0)
        length_s = record_lengths_s(self.horizon_s, self.record_s)
        waits_s = count[:, None] * length_s - self.pool_busy_s
        return (self.pool_active_j + idle_w[:, None] * waits_s) / length_s


def record_lengths_s(horizon_s: float, record_s: float) -> FloatArray:
    """Length of every record; the last may be shorter. [s]"""
    starts = np.arange(0.0, horizon_s, record_s)
    return np.minimum(record_s, horizon_s - starts)


def run_workflows(
    batch: Batch,
    pools: Sequence[StagePool],
    *,
    horizon_s: float,
    order: Literal["deadline", "ready"] = "deadline",
    ladder: Ladder | None = None,
    group: IntArray | None = None,
    failures: Sequence[Failure] = (),
    record_s: float = 300.0,
) -> WorkflowResult:
    """
    Run workflows on pools of instances.

    A stage is bound, when the last it needs has ended, to the slot where it is
    expected to end first, and waits in that slot's own queue.

    Args:
        batch: The workflows.
        pools: Instances; every component of the batch has at least one.
        horizon_s: End of the run. > 0 [s]
        order: Queues by deadline, or by when a stage became ready (FCFS).
        ladder: Quality given up for time; None: never.
        group: Group of each workflow, for pools that serve one group alone.
        failures: In any order.
        record_s: Length of one record of the course in time. [s]

    Returns:
        The result.

    Raises:
        ScenarioError: If a component has no pool, or a failure names no slot.

    Source:
        docs/models/workflow.md, rules 1 to 8.
    """
    ladder = ladder or Ladder()
    which = np.zeros(len(batch), dtype=np.int64) if group is None else group
    groups = int(which.max(initial=0)) + 1
    slot_pool = np.repeat(np.arange(len(pools)), [p.count * p.slots for p in pools])
    queue_start, queue_slot = _queues(batch, pools, slot_pool, groups, which)
    unit_s = np.array([p.unit_s for p in pools], dtype=np.float64)
    own_s = stage_s(batch, _fastest_s(batch.components, pools))
    due_s = due_times(
        batch.first, batch.arrived_s, batch.start_limit_s, batch.next_start,
        batch.next_node, batch.play_s, own_s,
    )  # fmt: skip
    n, slots = batch.component.size, slot_pool.size
    records = record_lengths_s(horizon_s, record_s).size
    started, ended = np.full(n, np.nan), np.full(n, np.nan)
    rung, ran_on = np.zeros(n, dtype=np.int64), np.full(n, -1)
    busy_s, active_j, down_s = np.zeros(slots), np.zeros(slots), np.zeros(slots)
    course = np.zeros((3, len(pools), records))
    active_w = np.array([p.active_w for p in pools]) / _slots(pools)[:, None]
    fail_at, fail_slot, fail_for = _failures(failures, pools)
    counts = simulate(
        batch.first, batch.arrived_s, which, batch.component, batch.units,
        batch.next_start, batch.next_node, batch.needs, due_s, order == "deadline",
        queue_start, queue_slot, groups, slot_pool, unit_s[slot_pool],
        active_w[slot_pool], np.array([r.work_frac for r in ladder.rungs]),
        np.isin(batch.components, ladder.components), float(ladder.margin_s),
        fail_at, fail_slot, fail_for, float(horizon_s), float(record_s),
        started, ended, rung, ran_on,
        busy_s, active_j, down_s, course[0], course[1], course[2],
    )  # fmt: skip
    slot_gpus = np.array([p.gpus for p in pools]) / _slots(pools)
    idle_w = slot_gpus * np.array([p.idle_gpu_w for p in pools])
    return WorkflowResult(
        pools=tuple(pools),
        horizon_s=horizon_s,
        record_s=record_s,
        **_per_workflow(batch, ended, rung, own_s, ladder),
        started_s=started,
        ended_s=ended,
        due_s=due_s,
        rung=rung,
        slot=ran_on,
        slot_pool=slot_pool,
        busy_s=busy_s,
        active_j=active_j,
        down_s=down_s,
        idle_w=idle_w[slot_pool],
        slot_gpus=slot_gpus[slot_pool],
        starts=counts[0],
        ends=counts[1],
        lost=counts[2],
        running=counts[3],
        pool_busy_s=course[0],
        pool_active_j=course[1],
        queued=np.cumsum(course[2], axis=1),
    )


def _slots(pools: Sequence[StagePool]) -> FloatArray:
    return np.array([p.slots for p in pools], dtype=np.float64)


def _fastest_s(components: tuple[str, ...], pools: Sequence[StagePool]) -> FloatArray:
    """Times per unit of the quickest pool of each component. [s]"""
    found = np.zeros((len(components), 2))
    for k, name in enumerate(components):
        mine = [p.unit_s for p in pools if p.component == name and p.count]
        if mine:
            found[k] = np.min(mine, axis=0)
    return found


def _queues(
    batch: Batch,
    pools: Sequence[StagePool],
    slot_pool: IntArray,
    groups: int,
    group: IntArray,
) -> tuple[IntArray, IntArray]:
    """Slots that may serve each component and group, as start and list."""
    used = np.unique(batch.component * groups + group[batch.workflow])
    start, slots = [0], []
    for queue in range(len(batch.components) * groups):
        name, here = batch.components[queue // groups], queue % groups
        mine = [
            k
            for k, p in enumerate(slot_pool)
            if pools[p].component == name and pools[p].group in (-1, here)
        ]
        if not mine and queue in used:
            raise ScenarioError("pools.component", "must serve every component of the "
                                "workflows", f"no instance for {name!r} in group "
                                f"{here}", f"add a pool with component {name!r} and "
                                "count 1 or more")  # fmt: skip
        slots += mine
        start.append(len(slots))
    return np.array(start, dtype=np.int64), np.array(slots, dtype=np.int64)


def _failures(
    failures: Sequence[Failure], pools: Sequence[StagePool]
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Failures in order of time, by number of the slot."""
    sizes = [p.count * p.slots for p in pools]
    first = dict(zip([p.name for p in pools], np.cumsum([0, *sizes[:-1]]), strict=True))
    size = dict(zip([p.name for p in pools], sizes, strict=True))
    for f in failures:
        if not 0 <= f.slot < size.get(f.pool, 0):
            known = ", ".join(f"{p}[0..{n - 1}]" for p, n in size.items() if n)
            value, repair = f"{f.pool}[{f.slot}]", f"use one of: {known}"
            rule = "must name a slot of a pool"
            raise ScenarioError("failures", rule, value, repair)
    ordered = sorted(failures, key=lambda f: f.at_s)
    return (
        np.array([f.at_s for f in ordered], dtype=np.float64),
        np.array([first[f.pool] + f.slot for f in ordered], dtype=np.int64),
        np.array([f.repair_s for f in ordered], dtype=np.float64),
    )


def _per_workflow(
    batch: Batch, ended: FloatArray, rung: IntArray, own_s: FloatArray, ladder: Ladder
) -> dict[str, FloatArray]:
    """Latencies and quality of each workflow."""
    if not len(batch):
        none = np.zeros(0)
        names = ("first_output_s", "start_s", "done_s", "on_time", "quality_frac")
        return dict.fromkeys(names, none)
    w = batch.workflow
    at, arrived = batch.first[:-1], batch.arrived_s
    output = ~np.isnan(batch.play_s)
    since = ended - arrived[w]
    first = np.minimum.reduceat(np.where(output & ~np.isnan(ended), since, np.inf), at)
    late = np.where(output, since - np.where(output, batch.play_s, 0.0), -np.inf)
    start = np.maximum.reduceat(late, at)  # NaN where an output is missing
    done = np.maximum.reduceat(since, at)
    steps = np.isin(batch.components, ladder.components)[batch.component]
    weight = np.where(steps & ~np.isnan(ended), own_s, 0.0)
    kept = weight * np.array([r.quality_frac for r in ladder.rungs])[rung]
    total = np.add.reduceat(weight, at)
    quality = np.divide(
        np.add.reduceat(kept, at), total, out=np.ones(len(batch)), where=total > 0
    )
    return {
        "first_output_s": np.where(np.isinf(first), np.nan, first),
        "start_s": start,
        "done_s": done,
        "on_time": start <= batch.start_limit_s + 1e-9,
        "quality_frac": quality,
    }
