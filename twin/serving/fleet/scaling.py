"""
Laws that carry a measured phase table over to another group of GPUs.

Each law takes a table and gives a table; times in seconds, power as a fraction of TDP.
docs/models/engines.md has the equations; what was measured is never touched by a law
that does not apply (same GPU, same degree, same precision).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from twin.catalogue.architectures import Architecture, find_architecture
from twin.catalogue.chips import CHIPS, Chip
from twin.catalogue.performance import PhaseTable
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.types import FloatArray

READ_FRAC = 0.8
"""Bandwidth reached ÷ peak: fitted to cache reads, docs/models/serving-tables.md."""
LONGEST_TOKENS = 2.0**20
_REFERENCE = "llama2-70b"
_DEGREES = (2, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorLaws:
    """
    How phases change with the tensor-parallel degree G, fitted at 2, 4 and 8.

    Args:
        flop_s: Compute reached in prefill at G = 1; grows with G ** prefill. [FLOP/s]
        prefill: Exponent of compute reached. 0..1
        overhead: Exponent of the part of a decode iteration that reads no weights.
        power: Exponent by which a GPU's dynamic decode power falls.
    """

    flop_s: float
    prefill: float
    overhead: float
    power: float


@cache
def tensor_laws(gpu: str) -> TensorLaws:
    """
    Fit the laws to Llama-2-70B on 2, 4 and 8 GPUs (straight lines in logarithms).

    GPUs other than A100 and H100 take the H100's times, scaled to their peak; power was
    measured on the A100 alone.
    """
    own = gpu if gpu in {"a100-sxm-80gb", "h100-sxm-80gb"} else "h100-sxm-80gb"
    shape, chip = find_architecture(_REFERENCE), CHIPS[own]
    tables = [_reference(own, g) for g in _DEGREES]
    slopes = [np.polyfit(t.prefill_tokens[1:5], t.prefill_s[1:5], 1)[0] for t in tables]
    overheads = [
        t.decode_s[0] - float(read_s(shape, chip, t.tensor_parallel, np.ones(1))[0])
        for t in tables
    ]
    a100 = "a100-sxm-80gb"
    dynamic = [
        _reference(a100, g).decode_power_frac[0] - idle_frac(a100) for g in _DEGREES
    ]
    prefill, at_one = _power_law(2 * shape.active_parameters / np.array(slopes))
    peaks = CHIPS[gpu].bf16_flop_s.value / chip.bf16_flop_s.value
    return TensorLaws(
        flop_s=at_one * peaks,
        prefill=prefill,
        overhead=_power_law(np.array(overheads))[0],
        power=-_power_law(np.array(dynamic))[0],
    )


def _reference(gpu: str, degree: int) -> PhaseTable:
    return next(
        t
        for t in PHASE_TABLES
        if (t.model, t.gpu, t.tensor_parallel) == (_REFERENCE, gpu, degree)
    )


def _power_law(values: FloatArray) -> tuple[float, float]:
    """Exponent and value at one of a power law through the three degrees."""
    exponent, at_one = np.polyfit(np.log(_DEGREES), np.log(values), 1)
    return float(exponent), float(np.exp(at_one))


def read_s(
    shape: Architecture, chip: Chip, gpus: int, batch: FloatArray, *,
    bytes_per_parameter: float = 2.0, groups: int = 1,
) -> FloatArray:  # fmt: skip
    """
    Time one decode iteration takes to read its weights.

    Experts are read when at least one of `batch` tokens is sent to them; tokens choose
    evenly. Spread over `groups`, each group holds its part of the experts.
    """
    used = 1.0 - (1.0 - shape.experts_used / max(1, shape.experts)) ** batch
    common = shape.parameters - shape.expert_parameters
    parameters = common + shape.expert_parameters * used / groups
    bandwidth = gpus * chip.memory_byte_s.value * READ_FRAC
    return np.asarray(parameters * bytes_per_parameter / bandwidth, dtype=np.float64)


def fixed_prefill_s(table: PhaseTable) -> float:
    """Part of prefill that does not grow with the prompt: intercept of 256 to 2,048."""
    knots = slice(1, 5) if len(table.prefill_tokens) >= 5 else slice(None)
    line = np.polyfit(table.prefill_tokens[knots], table.prefill_s[knots], 1)
    return float(np.clip(line[1], 0.0, min(table.prefill_s)))


def cache_copies(shape: Architecture, tensor_parallel: int) -> float:
    """Copies of the cache a group holds: one until GPUs outnumber its heads."""
    if not shape.cache_heads:
        return 1.0
    return max(1.0, tensor_parallel / shape.cache_heads)


def carry_over(
    table: PhaseTable, shape: Architecture, *, gpu: str, tensor_parallel: int,
    bytes_before: float, bytes_after: float, compute_speedup: float = 1.0,
) -> PhaseTable:  # fmt: skip
    """
    Scale a table to another GPU type, tensor-parallel degree and precision.

    Prefill keeps its fixed part; the rest follows the compute reached. A decode
    iteration is weight reading (by bandwidth, degree and bytes), an overhead that grows
    with the degree, work that follows compute, and cache reading.

    Args:
        table: The measured table.
        shape: Its model.
        gpu: GPU to scale to.
        tensor_parallel: Degree to scale to.
        bytes_before: Bytes of a parameter in the measurement. [B]
        bytes_after: Bytes of a parameter wanted. [B]
        compute_speedup: Peak at the new precision ÷ at the measured one. [1]

    Returns:
        The scaled table; cache capacity and source are the caller's.

    Source:
        docs/models/engines.md, eq. 1 to 4.
    """
    old, new = CHIPS[table.gpu], CHIPS[gpu]
    before, after = table.tensor_parallel, tensor_parallel
    laws = tensor_laws(gpu)
    peaks = new.bf16_flop_s.value / old.bf16_flop_s.value
    bandwidths = new.memory_byte_s.value / old.memory_byte_s.value
    compute = peaks * (after / before) ** laws.prefill
    batch = np.array(table.decode_batch)
    total = np.array(table.decode_s)
    read = np.minimum(
        read_s(shape, old, before, batch, bytes_per_parameter=bytes_before), 0.9 * total
    )
    copies = cache_copies(shape, after) / cache_copies(shape, before)
    token_s = table.decode_kv_token_s * copies * before / after / bandwidths
    held = batch * table.decode_context_tokens
    rest = np.maximum(total - read - table.decode_kv_token_s * held, 0.0)
    overhead = float(rest.min())
    decode = (
        read * before / after / bandwidths * bytes_after / bytes_before
        + overhead * (after / before) ** laws.overhead
        + (rest - overhead) / compute
        + token_s * held
    )
    fixed = fixed_prefill_s(table)
    prefill = fixed + (np.array(table.prefill_s) - fixed) / (compute * compute_speedup)
    all_read = shape.parameters * bytes_after / (after * new.memory_byte_s.value)
    return replace(
        table,
        gpu=gpu,
        tensor_parallel=after,
        prefill_s=as_tuple(np.maximum(prefill, all_read / READ_FRAC)),
        prefill_power_frac=_prefill_power(table, before / after),
        decode_s=as_tuple(np.maximum.accumulate(decode)),
        decode_power_frac=_decode_power(table, (before / after) ** laws.power),
        decode_kv_token_s=token_s,
    )


def as_tuple(values: FloatArray) -> tuple[float, ...]:
    """Return an array as a table holds it."""
    return tuple(float(v) for v in values)


def idle_frac(gpu: str) -> float:
    """Idle power of a GPU ÷ its TDP. [1]"""
    chip = CHIPS[gpu].gpu
    return chip.idle_w.value / chip.tdp_w.value


def beyond(
    x: FloatArray, knots: tuple[float, ...], values: tuple[float, ...]
) -> FloatArray:
    """Linear between knots, flat below, the last slope above."""
    slope = (values[-1] - values[-2]) / (knots[-1] - knots[-2])
    return np.interp(x, knots, values) + slope * np.maximum(0.0, x - knots[-1])


def _prefill_power(table: PhaseTable, share: float) -> tuple[float, ...]:
    """Power follows the prompt tokens each GPU works on."""
    knots = np.array(table.prefill_tokens)
    return as_tuple(np.interp(knots * share, knots, table.prefill_power_frac))


def _decode_power(table: PhaseTable, factor: float) -> tuple[float, ...]:
    idle = idle_frac(table.gpu)
    power = np.array(table.decode_power_frac)
    highest = max(1.0, float(power.max()))
    return as_tuple(np.minimum(idle + (power - idle) * factor, highest))


def with_long_prompts(
    table: PhaseTable, shape: Architecture, *, measured: bool
) -> PhaseTable:
    """
    Add knots from the table's end to 1,048,576 tokens, with attention's square term.

    The measured end slope already holds attention up to there, an estimated one none.

    Source:
        docs/models/engines.md, eq. 5.
    """
    tokens, seconds = np.array(table.prefill_tokens), np.array(table.prefill_s)
    end = tokens[-1]
    steps = int(np.ceil(2 * np.log2(LONGEST_TOKENS / end)))
    if steps < 1:
        return table
    more = np.round(end * 2.0 ** (np.arange(1, steps + 1) / 2))
    laws = tensor_laws(table.gpu)
    flop_s = laws.flop_s * table.tensor_parallel**laws.prefill
    square = 2.0 * shape.square_layers * shape.attention_width / flop_s
    slope = (seconds[-1] - seconds[-2]) / (end - tokens[-2])
    if measured:  # take out the part of the slope that attention makes
        slope = max(slope - square * (end + tokens[-2]), 0.5 * slope)
    added = seconds[-1] + slope * (more - end) + square * (more**2 - end**2)
    power = table.prefill_power_frac
    return replace(
        table,
        prefill_tokens=as_tuple(np.concatenate([tokens, more])),
        prefill_s=as_tuple(np.concatenate([seconds, added])),
        prefill_power_frac=power + power[-1:] * steps,
    )
