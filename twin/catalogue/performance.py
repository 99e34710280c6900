"""How long and how hard one model instance works, by phase, batch and clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTable:
    """
    Time and power of prefill and decode for one model on one group of GPUs.

    Args:
        prefill_tokens: Batched prompt tokens at the knots. Rising. [tokens]
        prefill_s: Prefill time at the knots. [s]
        prefill_power_frac: GPU power during prefill ÷ TDP at the knots. [1]
        decode_batch: Sequences decoding together at the knots. Rising, from 1.
        decode_s: Time of one decode iteration at the knots, with
            `decode_context_tokens` tokens of context per sequence. [s]
        decode_power_frac: GPU power during decode ÷ TDP at the same knots. [1]
        decode_context_tokens: Context per sequence behind `decode_s`. [tokens]
        decode_kv_token_s: Added iteration time per token held in the cache. [s]
        decode_memory_power_frac: Part of decode's dynamic power that is memory
            traffic and does not follow the SM clock. 0..1
        decode_clock_sensitivity: Part of the compute-bound slow-down that decode
            suffers when the SM clock drops. 0..1
        kv_capacity_tokens: Tokens the cache of one instance holds. [tokens]
        max_batch: Most sequences decoding together.
        source: Where the numbers come from, and how sure they are.
    """

    model: str
    gpu: str
    tensor_parallel: int
    prefill_tokens: tuple[float, ...]
    prefill_s: tuple[float, ...]
    prefill_power_frac: tuple[float, ...]
    decode_batch: tuple[float, ...]
    decode_s: tuple[float, ...]
    decode_power_frac: tuple[float, ...]
    decode_context_tokens: float
    decode_kv_token_s: float
    decode_memory_power_frac: float
    decode_clock_sensitivity: float
    kv_capacity_tokens: float
    max_batch: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCurve:
    """
    What a lower SM clock does to compute-bound work.

    Args:
        clock_mhz: Clocks at the knots. Rising; the last is the highest. [MHz]
        slowdown: Time ÷ time at the highest clock. Falling to 1.
        dynamic_power_frac: (Power - idle) ÷ the same at the highest clock. 0..1
        source: Where the curve was measured.
    """

    clock_mhz: tuple[float, ...]
    slowdown: tuple[float, ...]
    dynamic_power_frac: tuple[float, ...]
    source: str


def decode_iteration_s(table: PhaseTable) -> FloatArray:
    """
    Decode iteration time against batch with the context term taken out.

    The full time is this plus `decode_kv_token_s` × tokens held. Half a step of
    cache growth is subtracted so that the continuous clock sums to exactly what
    stepping every iteration would give.

    Args:
        table: Phase table of the instance.

    Returns:
        Time without context. [s], shape (max_batch + 1,); entry 0 is unused.

    Source:
        docs/models/serving.md, eq. 2.
    """
    batch = np.arange(table.max_batch + 1, dtype=np.float64)
    at_context = _piecewise(batch, table.decode_batch, table.decode_s)
    held = batch * table.decode_context_tokens
    base = at_context - table.decode_kv_token_s * held
    half_step = 0.5 * table.decode_kv_token_s * batch
    smallest = 0.2 * at_context  # a fit must never make an iteration free
    return np.maximum(base, smallest) - half_step


def decode_power_frac(table: PhaseTable) -> FloatArray:
    """GPU power in decode ÷ TDP against batch, flat beyond the knots. [1]"""
    batch = np.arange(table.max_batch + 1, dtype=np.float64)
    return np.interp(batch, table.decode_batch, table.decode_power_frac)


def clock_factors(
    curve: ClockCurve, table: PhaseTable, top_mhz: float
) -> tuple[FloatArray, FloatArray]:
    """
    What each clock of a GPU does to time and power.

    Args:
        curve: Clocks, in parts of the highest.
        table: Phase table of the instance.
        top_mhz: The GPU's highest clock. [MHz]

    Returns:
        Clocks [MHz], shape (clocks,), and columns slow-down of prefill, of decode,
        dynamic power of prefill, of decode, each ÷ that at the highest clock,
        shape (clocks, 4).

    Source:
        docs/models/serving.md, eq. 4; power.md.
    """
    mhz = np.array(curve.clock_mhz) * (top_mhz / curve.clock_mhz[-1])
    slowdown = np.array(curve.slowdown)
    dynamic = np.array(curve.dynamic_power_frac)
    memory = table.decode_memory_power_frac
    factors = np.column_stack([
        slowdown,
        1.0 + table.decode_clock_sensitivity * (slowdown - 1.0),
        dynamic,
        memory + (1.0 - memory) * dynamic,
    ])  # fmt: skip
    return mhz, factors


def _piecewise(
    x: FloatArray, knots: tuple[float, ...], values: tuple[float, ...]
) -> FloatArray:
    """Linear between knots, flat below, last slope above."""
    inside = np.interp(x, knots, values)
    if len(knots) < 2:
        return inside
    slope = (values[-1] - values[-2]) / (knots[-1] - knots[-2])
    return np.where(x > knots[-1], values[-1] + slope * (x - knots[-1]), inside)
