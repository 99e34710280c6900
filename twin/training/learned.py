"""
A job as a recorded trace shows it, and the waveform it makes.

Powers are those of one node at its meter. What the trace cannot tell is part of the
record. `docs/models/learned_training.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.training.job import Levels, TrainingJob
from twin.training.layout import Low
from twin.training.levels import TwoLevels
from twin.training.waveform import job_waveform
from twin.types import FloatArray

MOST_OF_TDP = 2.0
"""`Levels` takes no more; a node's host and losses are part of a GPU's share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """
    Dips between iterations that keep a schedule: evaluations, most often.

    Args:
        count: How many the trace has.
        every: Iterations from one to the next.
        spacing_s: Begin to begin. [s]
        lasts_s: Length of one. [s]
        level_w: Median power in one, one node's. [W]
        depth_w: Median power between dips, minus that. [W]
    """

    count: int
    every: int
    spacing_s: float
    lasts_s: float
    level_w: float
    depth_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FitError:
    """
    How far the learned job is from a trace: modelled minus recorded.

    Args:
        mean_frac: Of the mean, ÷ recorded. [1]
        p1_frac: Of the 1st percentile, ÷ recorded. [1]
        p50_frac: Of the median, ÷ recorded. [1]
        p99_frac: Of the 99th percentile, ÷ recorded. [1]
        period_frac: Of the period, ÷ that found in this trace; NaN without. [1]
        dips_recorded: Evaluation dips in the trace.
        dips_modelled: Found by the same means in the job's waveform.
        dip_depth_frac: Of their depth, ÷ recorded; NaN without. [1]
        quantiles_frac: Mean distance between quantiles of the readings, recorded and
            modelled, ÷ recorded mean. [1], >= 0
    """

    mean_frac: float
    p1_frac: float
    p50_frac: float
    p99_frac: float
    period_frac: float
    dips_recorded: int
    dips_modelled: int
    dip_depth_frac: float
    quantiles_frac: float


UNJUDGED = FitError(
    mean_frac=math.nan, p1_frac=math.nan, p50_frac=math.nan, p99_frac=math.nan,
    period_frac=math.nan, dips_recorded=0, dips_modelled=0, dip_depth_frac=math.nan,
    quantiles_frac=math.nan,
)  # fmt: skip
"""Of a job that was not compared with anything yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """
    A job as a trace shows it; powers are one node's.

    Args:
        node_count: Nodes whose sum the trace is.
        interval_s: Time between its readings. [s]
        period_s: Period of the iterations; None where none is slow enough. [s]
        period_from: Where the period is from.
        levels: The iteration's two levels.
        evaluations: Dips that keep a schedule; None where there are none.
        noise_frac: Standard deviation of readings about the high level ÷ that level, by
            those above it: those below are on an edge. [1]
        idle_w: Power in pauses; None where the trace has none. [W]
        start_s: When the schedule of iterations began, on the trace's clock. [s]
        start_seen: Whether the trace shows the job's start; otherwise the schedule
            went on before it.
        ramp_s: How long power took from idle to the first iteration's. [s]
        end_s: When it stopped; infinite where the trace does not show it. [s]
        fall_s: How long power took to fall. [s]
        stops: Pauses within the job.
        limits: What the trace cannot tell, in words.
        error: How far the job is from the trace it was learned from.
    """

    node_count: int
    interval_s: float
    period_s: float | None
    period_from: Literal["power", "log", "none"]
    levels: TwoLevels
    evaluations: Evaluations | None
    noise_frac: float
    idle_w: float | None
    start_s: float
    start_seen: bool
    ramp_s: float
    end_s: float
    fall_s: float
    stops: tuple[Low, ...]
    limits: tuple[str, ...]
    error: FitError

    @property
    def duty(self) -> float:
        """Part of an iteration at the high level; 1 without a period. 0..1"""
        if self.period_s is None:
            return 1.0
        return 1.0 - self.levels.low_s / self.period_s

    @property
    def iteration_s(self) -> float:
        """Length of an iteration; without a period, what stands for one. [s]"""
        if self.period_s is not None:
            return self.period_s
        if self.evaluations is not None:
            return self.evaluations.spacing_s - self.evaluations.lasts_s
        return 2.0 * self.interval_s

    @property
    def cycle_s(self) -> float:
        """From one evaluation to the next, or an iteration where there is none. [s]"""
        seen = self.evaluations
        return self.iteration_s if seen is None else seen.spacing_s

    def job(
        self,
        *,
        gpu_count: int,
        gpus_per_node: int = 8,
        tdp_w: float = 700.0,
        host_w: float = 0.0,
        jitter_s: float | None = None,
    ) -> TrainingJob:
        """
        Make a job of any size that does what the recorded one did.

        Args:
            gpu_count: GPUs in it. [GPUs]
            gpus_per_node: GPUs of a recorded node. [GPUs]
            tdp_w: TDP of one. [W]
            host_w: Power of a node besides its GPUs, taken off as constant. [W] With 0
                the waveform is at the recorded meter: add no hosts to it again.
            jitter_s: Spread of edges. [s] None keeps the learned one, which holds the
                meter's averaging too; 0 gives sharp edges, the worst case for a grid.

        Returns:
            The job, from its first iteration on, without end or stops.

        Raises:
            ScenarioError: If the high level is above 2 of TDP, or a level below 0.
        """
        per_tdp = 1.0 / (gpus_per_node * tdp_w)
        _check_levels(self, host_w, per_tdp)
        low, seen = self.levels, self.evaluations
        period = self.iteration_s
        default = Levels()

        def frac(power_w: float | None, otherwise: float) -> float:
            return otherwise if power_w is None else (power_w - host_w) * per_tdp

        return TrainingJob(
            gpu_count=gpu_count,
            tdp_w=tdp_w,
            compute_s=period - low.low_s,
            communicate_s=low.low_s,
            evaluate_every=seen.every if seen else 0,
            evaluate_s=seen.lasts_s if seen else 0.0,
            ramp_s=self.ramp_s,
            jitter_s=low.jitter_s if jitter_s is None else jitter_s,
            levels=Levels(
                compute=frac(low.high_w, 1.0),
                communicate=frac(low.low_w, 1.0),
                bubble=frac(low.low_w, 1.0),
                evaluate=frac(seen.level_w if seen else None, default.evaluate),
                idle=frac(self.idle_w, default.idle),
            ),
        )


def replay(learned: Learned, t_s: FloatArray, *, seed: int | None = None) -> FloatArray:
    """
    Sample the learned job as the trace was.

    Args:
        learned: The job.
        t_s: Times on the recorded clock. [s], rising
        seed: Draws the readings' noise; None leaves it out.

    Returns:
        Power of all its nodes: means over one interval about each time. [W]
    """
    step = learned.interval_s
    first = float(t_s[0]) - 0.5 * step
    start_s = learned.start_s
    if start_s > first and not learned.start_seen:
        start_s -= learned.cycle_s * math.ceil((start_s - first) / learned.cycle_s)
    skipped = max(0, math.ceil((first - start_s) / step))
    origin = first - skipped * step
    index = skipped + np.round((t_s - t_s[0]) / step).astype(np.int64)
    job = _as_recorded(learned, start_s - origin, origin)
    horizon_s = (int(index[-1]) + 1) * step
    wave_w = job_waveform(job, horizon_s=horizon_s, sample_s=step).power_w
    power_w: FloatArray = wave_w[np.minimum(index, wave_w.size - 1)]
    if seed is None:
        return power_w
    rng = np.random.Generator(np.random.Philox(key=seed))
    noise = 1.0 + learned.noise_frac * rng.standard_normal(power_w.size)
    return power_w * np.maximum(noise, 0.0)


def _check_levels(learned: Learned, host_w: float, per_tdp: float) -> None:
    """Refuse what cannot be a node of so many GPUs."""
    low_w = min(learned.levels.low_w, learned.idle_w or math.inf)
    if not 0.0 <= host_w <= low_w:
        raise ScenarioError("host_w", f"must be 0 to the lowest level, {low_w:.0f} W",
                            host_w, "lower it: the rest is the GPUs'")  # fmt: skip
    ratio = (learned.levels.high_w - host_w) * per_tdp
    if ratio > MOST_OF_TDP:
        raise ScenarioError("gpus_per_node", "must leave a GPU at most "
                            f"{MOST_OF_TDP:g} times its TDP", f"{ratio:.3g} times",
                            "raise gpus_per_node or tdp_w, or learn with the "
                            "node_count that the trace is the sum of")  # fmt: skip


def _as_recorded(learned: Learned, start_s: float, origin: float) -> TrainingJob:
    """The recorded job itself: its nodes, its start, end and stops after an origin."""
    stops = learned.stops
    return replace(
        learned.job(
            gpu_count=learned.node_count, gpus_per_node=1, tdp_w=learned.levels.high_w
        ),
        start_s=start_s,
        end_s=learned.end_s - origin,
        failures_s=tuple(stop.start_s - origin for stop in stops),
        restart_s=float(np.median([s.lasts_s for s in stops])) if stops else 1.0,
    )
