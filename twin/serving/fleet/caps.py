"""What a GPU's power cap does to work bound by its compute."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from twin.catalogue.chips import CHIPS
from twin.catalogue.gpus import CLOCK_CURVES, Gpu
from twin.catalogue.performance import ClockCurve
from twin.errors import ScenarioError
from twin.types import FloatArray

HALF_CAP_SLOWDOWN = 1.30
"""Prefill of an H100 capped at half: splitwise-sim's capped rows, synthetic there."""


def clock_curve(gpu: Gpu) -> ClockCurve:
    """Return the catalogue's curve on this GPU's own clocks, the last its highest."""
    curve = CLOCK_CURVES[gpu.key]
    ratio = gpu.clock_max_mhz.value / curve.clock_mhz[-1]
    return replace(curve, clock_mhz=tuple(ratio * mhz for mhz in curve.clock_mhz))


def capped_slowdown(gpu: str, cap_frac: float) -> float:
    """
    Prefill time under a power cap ÷ time without.

    The clock falls until work that would draw TDP draws the cap. On the H100 the
    curve is stretched to 1.30 at half its TDP.

    Args:
        gpu: Key of the GPU.
        cap_frac: Cap ÷ TDP. 0..1

    Returns:
        Slow-down. >= 1

    Raises:
        ScenarioError: If the lowest clock draws more than the cap, or it is above 1.
    """
    slowdown = _curve_slowdown(gpu, cap_frac)
    if gpu != "h100-sxm-80gb":
        return slowdown
    at_half = _curve_slowdown(gpu, 0.5)
    return 1.0 + (HALF_CAP_SLOWDOWN - 1.0) * (slowdown - 1.0) / (at_half - 1.0)


def _curve_slowdown(gpu: str, cap_frac: float) -> float:
    curve, chip = CLOCK_CURVES[gpu], CHIPS[gpu].gpu
    idle = chip.idle_w.value / chip.tdp_w.value
    least = idle + curve.dynamic_power_frac[0] * (1.0 - idle)
    if not least <= cap_frac <= 1.0:
        raise ScenarioError("engine.gpu_cap_frac", f"must be from {least:.2f} (the "
                            f"lowest clock of {chip.label}) to 1", cap_frac,
                            f"use {math.ceil(100 * least) / 100:g} or more, at most "
                            "1")  # fmt: skip
    return float(slowdown_at_power(curve, np.array(cap_frac), idle))


def slowdown_at_power(
    curve: ClockCurve, power_frac: FloatArray, idle_frac: float
) -> FloatArray:
    """
    Slow-down of compute-bound work held to a part of its power.

    Args:
        curve: What a lower clock does.
        power_frac: Power ÷ power at the highest clock. 0..1, below the lowest clock's
            power the lowest clock counts.
        idle_frac: Idle power ÷ the same. 0..1

    Returns:
        Time ÷ time at the highest clock. >= 1, shape of `power_frac`.

    Source:
        docs/models/engines.md, eq. 13.
    """
    dynamic = (power_frac - idle_frac) / (1.0 - idle_frac)
    clock = np.interp(dynamic, curve.dynamic_power_frac, curve.clock_mhz)
    return np.asarray(np.interp(clock, curve.clock_mhz, curve.slowdown))
