"""
Configurations of a serving instance, cheapest loss first.

Knobs in TAPAS's order: frequency, batch, parallelism, precision, model. It gives the
knobs and the direction of each, not its size. Frequency factors come from the A100's
measured clock curve, parallelism from public tables of Llama-2 70B on eight and on four
A100; batch, precision and model steps are assumed. How they are put together is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.catalogue import CLOCK_CURVES, find_server, find_table
from twin.catalogue.performance import PhaseTable
from twin.types import FloatArray

PREFILL_PART = 1 / 3
"""Part of a request's time at full load that is prefill. Assumed."""
DECODE_SLOWING = 0.2
"""Slowing of decode by a lower clock ÷ that of prefill. Assumed, as in the tables."""
FULL_PROMPT_TOKENS = 2048.0
"""Prompt that fills eight A100: the first in the tables at full power."""
HALF_BATCH = 32.0
"""Batch that the step before parallelism leaves: half the tables' 64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    One configuration.

    Args:
        name: What is changed.
        power: Power above idle at full load ÷ the same unchanged.
        throughput: Requests served at full load ÷ the same unchanged.
        quality: Quality of answers ÷ the same unchanged.
    """

    name: str
    power: float
    throughput: float
    quality: float


_HALF_BATCH_STEP = Step(
    name="945 MHz, half the batch", power=0.46, throughput=0.78, quality=1.0
)


def ladder() -> tuple[Step, ...]:
    """Steps from unchanged to the smallest model."""
    return (
        Step(name="unchanged", power=1.0, throughput=1.0, quality=1.0),
        _clock(1275.0),
        _clock(1110.0),
        _clock(945.0),
        _HALF_BATCH_STEP,
        _half_the_gpus(_HALF_BATCH_STEP),
        Step(name="8-bit weights", power=0.42, throughput=0.95, quality=0.97),
        Step(name="smaller model", power=0.32, throughput=1.1, quality=0.88),
    )


def _clock(mhz: float) -> Step:
    curve = CLOCK_CURVES["a100-sxm-80gb"]
    power = float(np.interp(mhz, curve.clock_mhz, curve.dynamic_power_frac))
    slower = float(np.interp(mhz, curve.clock_mhz, curve.slowdown))
    part = PREFILL_PART + DECODE_SLOWING * (1.0 - PREFILL_PART)
    served = 1.0 / (1.0 + part * (slower - 1.0))
    return Step(name=f"{mhz:.0f} MHz", power=power, throughput=served, quality=1.0)


def _half_the_gpus(step: Step) -> Step:
    """
    Four GPUs instead of eight on top of a step; the other four idle.

    Times and power of both are measured (Llama-2 70B on A100, splitwise-sim). Ours: the
    mix of prefill and decode, and that the factors multiply with clock and batch.
    """
    server = find_server("dgx-a100")
    idle = server.gpu.idle_w.value / server.gpu.tdp_w.value
    eight = find_table("llama2-70b", server, 8)
    four = find_table("llama2-70b", server, 4)
    part = np.array([PREFILL_PART, 1.0 - PREFILL_PART])
    (whole_s, whole_frac), (half_s, half_frac) = _phases(eight), _phases(four)
    time = part * half_s / whole_s  # of a request, 1 with eight
    energy = time * 4 * (half_frac - idle)
    power = energy.sum() / time.sum() / (part * 8 * (whole_frac - idle)).sum()
    return Step(
        name=f"{step.name}, half the GPUs", power=step.power * float(power),
        throughput=step.throughput / float(time.sum()), quality=step.quality,
    )  # fmt: skip


def _phases(table: PhaseTable) -> tuple[FloatArray, FloatArray]:
    """Time [s] and power of a GPU ÷ TDP of prefill and decode at full load."""
    at = (FULL_PROMPT_TOKENS, table.prefill_tokens), (HALF_BATCH, table.decode_batch)
    time_s = (table.prefill_s, table.decode_s)
    power = (table.prefill_power_frac, table.decode_power_frac)
    pairs = list(zip(at, time_s, power, strict=True))
    return (
        np.array([np.interp(x, grid, t) for (x, grid), t, _ in pairs]),
        np.array([np.interp(x, grid, p) for (x, grid), _, p in pairs]),
    )


def columns(steps: tuple[Step, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Power, throughput and quality of the steps as arrays."""
    return (
        np.array([s.power for s in steps]),
        np.array([s.throughput for s in steps]),
        np.array([s.quality for s in steps]),
    )
