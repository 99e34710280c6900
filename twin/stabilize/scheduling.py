"""
Measures of the scheduler: who starts when, how slowly, and at which clock.

Staggering and clocks change the jobs themselves; ramps at begin and end are power caps
and a burn, on the job's waveform. `docs/models/stabilize.md`, eq. 11.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.performance import ClockCurve
from twin.errors import NOT_NEGATIVE, PART, check_fields
from twin.training.compiled import REACH
from twin.training.job import TrainingJob
from twin.training.waveform import Waveform
from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduling:
    """
    What the scheduler does.

    Args:
        stagger_s: Each further job starts this later than the one before. [s], >= 0
        take_turns: Whether checkpoints of jobs are spread over their cadence.
        start_ramp_s: A cap rises from idle to full power over this at every start and
            restart. [s], >= 0
        end_ramp_s: Power falls over this at every end and failure; a burn fills it.
            [s], >= 0
        clock_frac: SM clock ÷ its highest. Above 0, at most 1
    """

    stagger_s: float = 0.0
    take_turns: bool = False
    start_ramp_s: float = 0.0
    end_ramp_s: float = 0.0
    clock_frac: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self, NOT_NEGATIVE, "stagger_s", "start_ramp_s", "end_ramp_s")
        check_fields(
            self, PART, "clock_frac",
            repair="a clock in MHz is to be divided by the highest",
        )  # fmt: skip


def scheduled(
    jobs: Sequence[TrainingJob], scheduling: Scheduling, clocks: ClockCurve
) -> tuple[TrainingJob, ...]:
    """
    Stagger jobs and set their clock.

    Args:
        jobs: The jobs.
        scheduling: The measures.
        clocks: What a lower clock does to time and power of compute-bound work.

    Returns:
        The jobs as they then run.

    Raises:
        ValueError: If the clock lies below the curve.
    """
    slowdown, dynamic = _at_clock(clocks, scheduling.clock_frac)
    found = []
    for k, job in enumerate(jobs):
        turn = job.checkpoint_every * k // len(jobs) if scheduling.take_turns else 0
        later_s = k * scheduling.stagger_s
        idle = job.levels.idle
        found.append(replace(
            job,
            start_s=job.start_s + later_s, end_s=job.end_s + later_s,
            failures_s=tuple(t + later_s for t in job.failures_s),
            checkpoint_offset=job.checkpoint_offset + turn,
            compute_s=job.compute_s * slowdown,
            levels=replace(
                job.levels,
                compute=idle + (job.levels.compute - idle) * dynamic,
                evaluate=idle + (job.levels.evaluate - idle) * dynamic,
            ),
        ))  # fmt: skip
    return tuple(found)


def _at_clock(clocks: ClockCurve, clock_frac: float) -> tuple[float, float]:
    """Time and dynamic power of compute ÷ those at the highest clock."""
    knots = np.array(clocks.clock_mhz) / clocks.clock_mhz[-1]
    if clock_frac < knots[0]:
        raise ValueError(
            f"clock_frac {clock_frac} lies below the curve's lowest, {knots[0]:.2f}; "
            "raise it"
        )
    slowdown = np.interp(clock_frac, knots, clocks.slowdown)
    dynamic = np.interp(clock_frac, knots, clocks.dynamic_power_frac)
    return float(slowdown), float(dynamic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramped:
    """
    A job's waveform with ramps at begin and end.

    Args:
        wave: What the GPUs draw.
        burnt_j: Energy drawn beyond the work's. [J]
        lacked_j: Energy the work did not get. [J]
        lost_start_s: Time the job loses at each start: what it lacked, made up at its
            mean power above idle. [s]
        cap_w: Most power from a start until its cap is up, and from a ramped end until
            the next start, infinite elsewhere: floors and ballast keep to it too. [W],
            (samples,)
    """

    wave: Waveform
    burnt_j: float
    lacked_j: float
    lost_start_s: float
    cap_w: FloatArray


def ramped(
    wave: Waveform, job: TrainingJob, scheduling: Scheduling, *, begin_s: float = 0.0
) -> Ramped:
    """
    Cap a job while it starts, and burn while it ends.

    Args:
        wave: The job's own power.
        job: The job.
        scheduling: The ramps.
        begin_s: Time of the job at the first sample. [s]

    Returns:
        Power under cap and burn, and what they cost.
    """
    whole_w = job.gpu_count * job.tdp_w
    idle = job.levels.idle * whole_w
    full = max(job.levels.compute, job.levels.evaluate) * whole_w
    power_w: FloatArray = wave.power_w.copy()
    cap_w: FloatArray = np.full(power_w.size, math.inf)
    early_s = REACH * job.jitter_s  # the first GPUs' edges come before the mean one
    runs = [(a - begin_s, b - begin_s) for a, b in job.runs(begin_s + wave.horizon_s)]
    for start_s, end_s in runs:
        part, done = _ramp(wave, start_s, scheduling.start_ramp_s, early_s)
        rising_w = np.where(done < 1.0, idle + (full - idle) * done, math.inf)
        # a restart while the burn still falls goes on from where that stands
        burn_w = np.where(np.isfinite(cap_w[part]), cap_w[part], idle)
        cap_w[part] = np.maximum(rising_w, burn_w)
        if scheduling.end_ramp_s and end_s < wave.horizon_s:
            part, done = _ramp(wave, end_s, scheduling.end_ramp_s, early_s)
            top = min(full, float(cap_w[part][0]))  # it may still have been rising
            cap_w[part] = top + (idle - top) * done
            power_w[part] = np.maximum(power_w[part], cap_w[part])
    power_w = np.minimum(power_w, cap_w)
    apart_j = (power_w - wave.power_w) * wave.sample_s
    lacked_j = float(-apart_j[apart_j < 0].sum())
    there_s = sum(min(b, wave.horizon_s) - max(a, 0.0) for a, b in runs if b > 0.0)
    work_j = wave.energy_j - idle * wave.horizon_s
    return Ramped(
        wave=Waveform(power_w=power_w, sample_s=wave.sample_s),
        burnt_j=float(apart_j[apart_j > 0].sum()), lacked_j=lacked_j,
        lost_start_s=lacked_j * there_s / work_j / len(runs)
        if runs and work_j > 0 else 0.0,
        cap_w=cap_w,
    )  # fmt: skip


def _ramp(
    wave: Waveform, at_s: float, over_s: float, early_s: float
) -> tuple[slice, FloatArray]:
    """Samples from a ramp on, and how far it is at the middle of each. 0..1"""
    first = max(0, math.floor((at_s - early_s) / wave.sample_s))
    middles = (np.arange(first, wave.power_w.size) + 0.5) * wave.sample_s - at_s
    if over_s < wave.sample_s:  # shorter than can be seen
        return slice(first, None), np.ones(middles.size)
    done: FloatArray = np.clip(middles / over_s, 0.0, 1.0)
    return slice(first, None), done
