"""Instances that run stages, the quality ladder, and failures. Records only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePool:
    """
    Equal instances of one component.

    Args:
        name: Unique in the arrangement.
        component: What they run; several pools may run the same.
        gpu: GPU type.
        gpus: GPUs of one instance; 0 for one on CPUs.
        count: Instances.
        unit_s: Time per unit of either kind of work. [s]
        active_w: Power of the whole instance during either kind. [W]
        idle_gpu_w: Power of one GPU that waits. [W]
        slots: Stages one instance runs side by side; its GPUs and power above idle
            are shared equally, and `unit_s` is the time of one of so many.
        group: Workflows of this group only; -1: all.
    """

    name: str
    component: str
    gpu: str
    gpus: float
    count: int
    unit_s: tuple[float, float]
    active_w: tuple[float, float]
    idle_gpu_w: float
    slots: int = 1
    group: int = -1

    @property
    def gpu_total(self) -> float:
        """GPUs of the pool."""
        return self.gpus * self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """
    One step of the quality ladder.

    Args:
        name: How people call it.
        work_frac: Work ÷ that at full quality (pixels × steps). 0..1
        quality_frac: Quality kept. 0..1
    """

    name: str
    work_frac: float
    quality_frac: float


FULL = Rung(name="full", work_frac=1.0, quality_frac=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """
    Rungs from the best down, and the components that can step down.

    The best rung that still ends a stage `margin_s` before its deadline is taken when
    the stage starts; where none does, the lowest. The margin is for waiting later on,
    which deadlines leave out.
    """

    rungs: tuple[Rung, ...] = (FULL,)
    components: tuple[str, ...] = ()
    margin_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """
    One slot of a pool goes down; what ran there starts again elsewhere.

    Args:
        at_s: When. [s]
        pool: Name of the pool.
        slot: Place in the pool, below count × slots.
        repair_s: Time until it is back; infinite: never. [s]
    """

    at_s: float
    pool: str
    slot: int
    repair_s: float
