"""
From edges to samples: mean power of every sample, for any number of GPUs.

GPUs of a job do the same with edges that differ by a normal deviate. The mean over many
of them is each edge's step spread by the normal distribution; a sample is its exact
mean over the sample's time, so samples hold the job's energy however coarse they are.
Cost grows with samples and edges, not with GPUs. `docs/models/training.md`, eq. 1, 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.training.compiled import REACH, spread
from twin.training.job import Edges, TrainingJob, edges
from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """
    Power over time.

    Args:
        power_w: Mean of each sample. [W], shape (samples,)
        sample_s: Length of a sample. [s]
    """

    power_w: FloatArray
    sample_s: float

    @property
    def horizon_s(self) -> float:
        """Length. [s]"""
        return self.power_w.size * self.sample_s

    @property
    def energy_j(self) -> float:
        """Energy. [J]"""
        return float(self.power_w.sum()) * self.sample_s

    @property
    def t_s(self) -> FloatArray:
        """Begin of each sample. [s]"""
        return np.arange(self.power_w.size, dtype=np.float64) * self.sample_s


def job_waveform(
    job: TrainingJob, *, horizon_s: float, sample_s: float = 1e-3, begin_s: float = 0.0
) -> Waveform:
    """
    Sample the power of a job's GPUs.

    Args:
        job: The job.
        horizon_s: Length. [s]
        sample_s: Length of a sample. [s], > 0
        begin_s: Time of the job at the first sample. [s], >= 0

    Returns:
        Power of all its GPUs; hosts, fans and losses are not in it.

    Raises:
        ValueError: If a length is not positive.
    """
    if not 0 < sample_s <= horizon_s:
        raise ValueError(
            f"sample_s must be above 0 and at most horizon_s {horizon_s}, "
            f"got {sample_s}"
        )
    # edges just behind the end reach into it by their spread
    until_s = begin_s + horizon_s + REACH * job.jitter_s
    found = _from(edges(job, until_s), begin_s, job.jitter_s)
    samples = round(horizon_s / sample_s)
    frac = sampled(found, samples, sample_s, job.jitter_s)
    if job.ramp_s:
        for start_s, _ in job.runs(until_s):
            first = max(0, math.floor((start_s - begin_s) / sample_s))
            last = math.ceil((start_s + job.ramp_s - begin_s) / sample_s)
            part = slice(first, max(first, min(samples, last)))
            into_s = (np.arange(part.start, part.stop) + 0.5) * sample_s
            done = np.clip((into_s + begin_s - start_s) / job.ramp_s, 0.0, 1.0)
            idle = job.levels.idle
            frac[part] = idle + (frac[part] - idle) * done
    return Waveform(power_w=frac * (job.gpu_count * job.tdp_w), sample_s=sample_s)


def _from(found: Edges, begin_s: float, jitter_s: float) -> Edges:
    """Edges as seen from a later moment: what is over by then is a level."""
    if not begin_s:
        return found
    over = found.t_s + REACH * jitter_s < begin_s
    return Edges(
        found.before + float(found.by[over].sum()), found.t_s[~over] - begin_s,
        found.by[~over],
    )  # fmt: skip


def sampled(found: Edges, samples: int, sample_s: float, jitter_s: float) -> FloatArray:
    """
    Mean level of every sample.

    Args:
        found: Edges of one GPU.
        samples: How many.
        sample_s: Length of one. [s]
        jitter_s: Standard deviation of an edge between GPUs. [s]

    Returns:
        Level, shape (samples,).
    """
    out: FloatArray = np.zeros(samples)
    steps = np.zeros(samples + 1)
    spread(found.t_s, found.by, sample_s, jitter_s, out, steps)
    out += found.before + np.cumsum(steps[:-1])
    return out
