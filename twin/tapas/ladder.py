"""
Configurations of a serving instance, cheapest loss first.

Frequency factors come from the A100's measured clock curve; batch, precision,
parallelism and model steps are ours and assumed (TAPAS gives the knobs and the
direction of each, not its size).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.catalogue import CLOCK_CURVES
from twin.types import FloatArray


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


def ladder() -> tuple[Step, ...]:
    """Steps from unchanged to the smallest model."""
    return (
        Step(name="unchanged", power=1.0, throughput=1.0, quality=1.0),
        _clock(1275.0),
        _clock(1110.0),
        _clock(945.0),
        Step(name="945 MHz, half the batch", power=0.46, throughput=0.78, quality=1.0),
        Step(name="8-bit weights", power=0.42, throughput=0.95, quality=0.97),
        Step(name="smaller model", power=0.32, throughput=1.1, quality=0.88),
    )


def _clock(mhz: float) -> Step:
    curve = CLOCK_CURVES["a100-sxm-80gb"]
    power = float(np.interp(mhz, curve.clock_mhz, curve.dynamic_power_frac))
    slower = float(np.interp(mhz, curve.clock_mhz, curve.slowdown))
    # decode, two thirds of a request's time, slows by a fifth of what prefill does
    served = 1.0 / (1.0 + (1 / 3 + 0.2 * 2 / 3) * (slower - 1.0))
    return Step(name=f"{mhz:.0f} MHz", power=power, throughput=served, quality=1.0)


def columns(steps: tuple[Step, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Power, throughput and quality of the steps as arrays."""
    return (
        np.array([s.power for s in steps]),
        np.array([s.throughput for s in steps]),
        np.array([s.quality for s in steps]),
    )
