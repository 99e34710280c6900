"""
Software ballast: a second workload on the same GPUs that fills a job's idle gaps.

It sees a gap late, adds power in grains, and a kernel that has begun runs to its end,
beside the job when that has come back. `docs/models/stabilize.md`, eq. 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import FRACTION, NOT_NEGATIVE, PART, POSITIVE, check_fields
from twin.stabilize import compiled
from twin.training.waveform import Waveform
from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballast:
    """
    A second workload.

    Every default but the reach of 100 % of TDP is assumed: the paper's figures for
    sampling and back-off are not public.

    Args:
        target_frac: Gaps are lifted to this ÷ TDP. 0..1, above 0
        active_frac: Power ÷ TDP below which the GPU waits: a gap. 0..1
        detect_s: A gap is seen this long after it began. [s], >= 0
        kernel_s: Length of one kernel of it: how late it backs off. [s], > 0
        grain_frac: Power of one unit of it ÷ TDP. 0..1, above 0
        contention_frac: Part of its speed the job loses while both run. 0..1
        resident_frac: Part of its speed the job loses all the time for sharing the
            GPU. 0..1
        ceiling_frac: Most power of a GPU ÷ TDP. [1]
    """

    target_frac: float = 0.9
    active_frac: float = 0.5
    detect_s: float = 0.005
    kernel_s: float = 0.005
    grain_frac: float = 0.05
    contention_frac: float = 0.5
    resident_frac: float = 0.0
    ceiling_frac: float = 1.1

    def __post_init__(self) -> None:
        check_fields(self, PART, "target_frac", "grain_frac")
        check_fields(self, FRACTION, "active_frac", "contention_frac", "resident_frac")
        check_fields(self, NOT_NEGATIVE, "detect_s")
        check_fields(self, POSITIVE, "kernel_s")
        if not self.ceiling_frac > self.target_frac:
            raise ValueError(
                f"target_frac {self.target_frac} must be below ceiling_frac "
                f"{self.ceiling_frac}; lower the target or raise the ceiling"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """
    A waveform with ballast.

    Args:
        wave: What the GPUs draw.
        burnt_j: Energy of the ballast. [J]
        overhead_frac: That ÷ the work's energy. [1]
        both_s: Time both ran at once, half a kernel for each return of the work: GPUs
            do not launch kernels in step. [s]
        slowdown_frac: Time the job loses ÷ its time. [1]
    """

    wave: Waveform
    burnt_j: float
    overhead_frac: float
    both_s: float
    slowdown_frac: float


def filled(
    wave: Waveform, ballast: Ballast, *, gpu_count: int, tdp_w: float,
    runs: Sequence[tuple[float, float]] | None = None,
) -> Filled:  # fmt: skip
    """
    Fill a job's gaps.

    Args:
        wave: What the work would draw.
        ballast: The settings.
        gpu_count: GPUs behind it.
        tdp_w: TDP of one. [W]
        runs: Begin and end of each stretch of work [s]: outside there is no ballast.
            None counts the whole waveform.

    Returns:
        What is drawn, and what it costs.

    Raises:
        ValueError: If samples are too coarse to see a kernel end.
    """
    if wave.sample_s > ballast.kernel_s * (1 + 1e-9):
        raise ValueError(
            f"kernel_s {ballast.kernel_s:g} must be at least a sample of "
            f"{wave.sample_s:g} s; sample at {ballast.kernel_s:g} s or finer"
        )
    whole_w = gpu_count * tdp_w
    out: FloatArray = np.empty(wave.power_w.size)
    wanted = wave.power_w / whole_w
    _, met = compiled.ballast(
        wanted, wave.sample_s, ballast.target_frac, ballast.active_frac,
        ballast.detect_s, ballast.kernel_s, ballast.grain_frac, ballast.ceiling_frac,
        out,
    )  # fmt: skip
    both_s = met * 0.5 * ballast.kernel_s
    there_s = wave.horizon_s
    if runs is not None:
        t_s = wave.t_s
        outside = np.ones(wanted.size, dtype=bool)
        for start_s, end_s in runs:
            outside &= (t_s < start_s) | (t_s >= end_s)
        out[outside] = wanted[outside]
        there_s = wave.horizon_s * (1.0 - float(outside.mean()))
    burnt_j = float((out - wanted).sum()) * wave.sample_s * whole_w
    beside = ballast.contention_frac * both_s / there_s if there_s > 0 else 0.0
    return Filled(
        wave=Waveform(power_w=out * whole_w, sample_s=wave.sample_s),
        burnt_j=burnt_j,
        overhead_frac=burnt_j / wave.energy_j if wave.energy_j > 0 else 0.0,
        both_s=both_s, slowdown_frac=beside + ballast.resident_frac,
    )  # fmt: skip
