"""
A synchronous training job: what its GPUs do, in the order they do it.

Every iteration computes (once per microbatch), waits for communication that nothing
hides, and leaves a pipeline bubble. Evaluation, checkpoints, start, failures and the
end stand between iterations. Power is a fraction of the GPU's TDP; all GPUs do the
same at the same time, up to jitter. `docs/models/training.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

import numpy as np

from twin.errors import NOT_NEGATIVE, POSITIVE, check_fields, check_values
from twin.types import FloatArray, IntArray

MOST_SEGMENTS = 20_000_000
"""More phases than this are a slip of a period, not a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """
    Power of one GPU in each phase ÷ its TDP.

    Args:
        compute: Forward and backward passes. [1]
        communicate: Exposed communication: the GPU waits. [1]
        bubble: Pipeline bubble. [1]
        evaluate: Evaluation. [1]
        checkpoint: Blocking checkpoint. [1]
        idle: Before the start, in a restart, after the end. [1]
    """

    compute: float = 1.0
    communicate: float = 0.4
    bubble: float = 0.4
    evaluate: float = 0.7
    checkpoint: float = 0.2
    idle: float = 0.12

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if not 0.0 <= value <= 2.0:
                raise ValueError(
                    f"levels.{part.name} must be 0 to 2 of TDP, got {value}; a power "
                    "in watts is to be divided by the TDP"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """
    One synchronous job.

    Args:
        gpu_count: GPUs in it. [GPUs], > 0
        tdp_w: TDP of one. [W], > 0
        compute_s: Compute of one microbatch. [s], > 0
        microbatches: Gradient accumulation steps per iteration. >= 1
        gap_s: Between microbatches, at the level of communication. [s], >= 0
        communicate_s: Exposed communication at the end of an iteration. [s], >= 0
        bubble_s: Pipeline bubble of an iteration. [s], >= 0
        evaluate_every: Iterations between evaluations; 0 for none.
        evaluate_s: Length of one. [s]
        checkpoint_every: Iterations between checkpoints; 0 for none.
        checkpoint_s: Time a checkpoint blocks; 0 for one that does not. [s]
        checkpoint_offset: Iterations that checkpoints come later than on the first
            multiple: jobs take turns with it. >= 0
        write_s: Time an asynchronous checkpoint is written in the background. [s]
        write_slow_frac: Compute time that the writing adds ÷ compute time. [1], >= 0
        start_s: When the job starts. [s]
        ramp_s: Power above idle comes up over this at a start. [s], >= 0
        end_s: When it stops; infinite for never. [s]
        failures_s: When it fails. [s], rising
        restart_s: From a failure to the first iteration after it. [s], > 0
        jitter_s: Standard deviation of edges between GPUs. [s], >= 0
        straggle_frac: Standard deviation of an iteration's compute ÷ its mean: all wait
            for the slowest. [1], >= 0
        levels: Power by phase.
        seed: Seed of the stragglers.
    """

    gpu_count: int
    tdp_w: float
    compute_s: float
    microbatches: int = 1
    gap_s: float = 0.0
    communicate_s: float = 0.0
    bubble_s: float = 0.0
    evaluate_every: int = 0
    evaluate_s: float = 0.0
    checkpoint_every: int = 0
    checkpoint_s: float = 0.0
    checkpoint_offset: int = 0
    write_s: float = 0.0
    write_slow_frac: float = 0.0
    start_s: float = 0.0
    ramp_s: float = 0.0
    end_s: float = math.inf
    failures_s: tuple[float, ...] = ()
    restart_s: float = 300.0
    jitter_s: float = 0.0
    straggle_frac: float = 0.0
    levels: Levels = field(default_factory=Levels)
    seed: int = 1

    def __post_init__(self) -> None:
        check_fields(self, POSITIVE, "gpu_count", "tdp_w", "compute_s", "restart_s")
        if self.microbatches < 1:
            raise ValueError(f"microbatches must be 1 or more, got {self.microbatches}")
        check_fields(
            self, NOT_NEGATIVE, "gap_s", "communicate_s", "bubble_s", "evaluate_every",
            "evaluate_s", "checkpoint_every", "checkpoint_s", "checkpoint_offset",
            "write_s", "write_slow_frac", "ramp_s", "jitter_s", "straggle_frac",
        )  # fmt: skip
        if self.evaluate_every and not self.evaluate_s:
            raise ValueError("evaluate_s must be above 0 where evaluate_every is set")
        if not self.end_s > self.start_s:
            raise ValueError(
                f"end_s {self.end_s} must be after start_s {self.start_s}; raise it"
            )
        if list(self.failures_s) != sorted(self.failures_s):
            raise ValueError(f"failures_s must rise, got {self.failures_s}; sort them")

    @property
    def iteration_s(self) -> float:
        """Mean length of an iteration. [s]"""
        gaps = (self.microbatches - 1) * self.gap_s
        compute = self.microbatches * self.compute_s
        return compute + gaps + self.communicate_s + self.bubble_s

    @property
    def duty(self) -> float:
        """Part of an iteration that computes. 0..1"""
        return self.microbatches * self.compute_s / self.iteration_s

    def runs(self, horizon_s: float) -> tuple[tuple[float, float], ...]:
        """Begin and end of each stretch of work inside a horizon. [s]"""
        failures = [t for t in self.failures_s if self.start_s < t < self.end_s]
        starts = (self.start_s, *(t + self.restart_s for t in failures))
        ends = (*failures, self.end_s)
        last_s = min(self.end_s, horizon_s)
        found = ((a, min(b, last_s)) for a, b in zip(starts, ends, strict=True))
        return tuple((a, b) for a, b in found if a < b)


@dataclass(frozen=True, slots=True)
class Edges:
    """
    Steps of power of one GPU: at `t_s` it changes by `by` of TDP, from `before`.

    Arrays of one shape.
    """

    before: float
    t_s: FloatArray
    by: FloatArray


def edges(job: TrainingJob, horizon_s: float) -> Edges:
    """
    Lay a job out over a horizon.

    Args:
        job: The job.
        horizon_s: Length. [s], > 0

    Returns:
        Its edges, in order; none after the horizon.

    Raises:
        ValueError: If the horizon is empty, or holds more phases than anybody means.
    """
    check_values(POSITIVE, horizon_s=horizon_s)
    count = horizon_s / job.iteration_s * (2 * job.microbatches + 2)
    if count > MOST_SEGMENTS:
        raise ValueError(
            f"iterations of {job.iteration_s:g} s make {count:.0f} phases in "
            f"{horizon_s:g} s; lengthen them or shorten the horizon"
        )
    runs = job.runs(horizon_s)
    rng = np.random.Generator(np.random.Philox(key=job.seed))
    at: list[FloatArray] = []
    level: list[FloatArray] = []
    done = 0
    for start, end in runs:
        run_t, run_level, iterations = _run(job, start, end, done, rng)
        done += iterations
        at += [run_t, np.array([end])]
        level += [run_level, np.array([job.levels.idle])]
    if not at:
        none = np.zeros(0)
        return Edges(job.levels.idle, none, none)
    t_s, to = np.concatenate(at), np.concatenate(level)
    by = np.diff(to, prepend=job.levels.idle)
    keep = (by != 0.0) & (t_s < horizon_s)
    return Edges(job.levels.idle, t_s[keep], by[keep])


def _run(
    job: TrainingJob, start: float, end: float, done: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, int]:
    """Times and levels of phases between two interruptions, and its iterations."""
    count = math.ceil((end - start) / job.iteration_s) + 1
    m, levels = job.microbatches, job.levels
    number = done + 1 + np.arange(count)
    slow = 1.0 + job.straggle_frac * np.abs(rng.standard_normal(count))
    slow = slow * (1.0 + job.write_slow_frac * _writing(job, number))
    length = np.empty((count, 2 * m + 3))
    power = np.empty_like(length)
    length[:, 0 : 2 * m : 2] = (job.compute_s * slow)[:, None]
    power[:, 0 : 2 * m : 2] = levels.compute
    length[:, 1 : 2 * m - 1 : 2] = job.gap_s
    power[:, 1 : 2 * m - 1 : 2] = levels.communicate
    length[:, 2 * m - 1], power[:, 2 * m - 1] = job.communicate_s, levels.communicate
    length[:, 2 * m], power[:, 2 * m] = job.bubble_s, levels.bubble
    for column, every, offset, lasts_s, at in (
        (2 * m + 1, job.evaluate_every, 0, job.evaluate_s, levels.evaluate),
        (2 * m + 2, job.checkpoint_every, job.checkpoint_offset, job.checkpoint_s,
         levels.checkpoint),
    ):  # fmt: skip
        due = _since(number, every, offset) == 0
        length[:, column], power[:, column] = np.where(due, lasts_s, 0.0), at
    t_s = start + np.concatenate([[0.0], np.cumsum(length.ravel())[:-1]])
    there = (length.ravel() > 0.0) & (t_s < end)
    whole = start + np.cumsum(length.sum(axis=1)) <= end
    return t_s[there], power.ravel()[there], int(whole.sum())


def _since(number: IntArray, every: int, offset: int) -> IntArray:
    """Iterations since the last due one, this one counted; -1 before the first."""
    if not every:
        return np.full(number.size, -1)
    return np.where(number >= every + offset, (number - offset) % every, -1)


def _writing(job: TrainingJob, number: IntArray) -> FloatArray:
    """Whether an iteration runs while a checkpoint is written in the background."""
    since = _since(number, job.checkpoint_every, job.checkpoint_offset)
    lasts = math.ceil(job.write_s / job.iteration_s)
    first = number <= job.checkpoint_every + job.checkpoint_offset
    still = (since == 0) & ~first & (lasts >= job.checkpoint_every)
    beside: FloatArray = ((since >= 1) & (since <= lasts) | still).astype(np.float64)
    return beside
