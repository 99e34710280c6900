"""Compiled loop of the flickermeter: blocks 1 to 4 in one pass over the samples."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from twin.types import FloatArray

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def sense(
    voltage_frac: FloatArray,
    before: int,
    mean: float,
    follow: float,
    twice_rad: float,
    sections: FloatArray,
    state: FloatArray,
    memory: FloatArray,
    out: FloatArray,
) -> None:
    """
    Turn a voltage into flicker sensation, not yet scaled.

    Args:
        voltage_frac: Change of the RMS voltage. (samples,)
        before: Samples that it stands at its first value before they begin.
        mean: Slow mean of the voltage before that, ÷ the fixed voltage.
        follow: What the slow mean takes of each sample. 0..1
        twice_rad: Angle of twice the carrier in a sample. [rad]
        sections: Filters in a row: b0, b1, b2, 1, a1, a2 each. (sections, 6)
        state: Their memory, at zero; changed. (sections, 2)
        memory: Smoothing of the square: weight of this sample and the last, and of
            what was there. (2,)
        out: Filled with sensation. (samples,)
    """
    cos, sin = 1.0, 0.0
    turn_cos, turn_sin = math.cos(twice_rad), math.sin(twice_rad)
    smooth = last = 0.0
    for k in range(-before, voltage_frac.size):
        voltage = 1.0 + voltage_frac[max(k, 0)]
        mean += follow * (voltage - mean)
        level = voltage / mean
        x = level * level * (1.0 - cos) - 1.0
        cos, sin = cos * turn_cos - sin * turn_sin, cos * turn_sin + sin * turn_cos
        for i in range(sections.shape[0]):
            y = sections[i, 0] * x + state[i, 0]
            state[i, 0] = sections[i, 1] * x - sections[i, 4] * y + state[i, 1]
            state[i, 1] = sections[i, 2] * x - sections[i, 5] * y
            x = y
        square = x * x
        smooth = memory[0] * (square + last) + memory[1] * smooth
        last = square
        if k >= 0:
            out[k] = smooth
