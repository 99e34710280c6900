"""A phase table for a model that was never measured, from `batch_model`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.catalogue.architectures import BYTES_PER_PARAMETER
from twin.catalogue.chips import CHIPS
from twin.catalogue.performance import PhaseTable
from twin.errors import ScenarioError
from twin.serving.batch_model import BatchModel, Point, features
from twin.serving.batch_terms import MEMORY, iteration, power_frac
from twin.serving.fleet.memory import USABLE_MEMORY_FRAC

MIN_CACHE_TOKENS = 8192.0
"""Least cache worth starting an instance for: one long request. Assumed."""

CLOCK_SENSITIVITY = 0.2
"""As for the measured tables, see docs/models/serving-tables.md. Assumed."""

KNOTS = (1.0, 8.0, 16.0, 32.0, 64.0, 96.0, 128.0, 192.0, 256.0)
PREFILL_TOKENS = (128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0)
PREFILL_POWER_FRAC = (0.69, 0.72, 0.88, 1.0, 1.0, 1.0, 1.0)
"""GPU power in prefill ÷ TDP: BLOOM-176B on A100 (Splitwise). Assumed for others."""


def cache_token_bytes(point: Point) -> float:
    """Bytes a long sequence adds per token over all GPUs, copies included. [B]"""
    s = point.shape
    split = 1 if point.replicas > 1 else point.gpu_count
    copies = max(1.0, split / s.cache_heads) if s.cache_heads else 1.0 * split
    return s.full_layers * s.cache_bytes_per_layer * copies


def cache_tokens(point: Point) -> float:
    """
    Tokens that fit in the memory left beside the weights.

    Windows and states are not counted: they are fixed per sequence and small beside
    a long context.

    Raises:
        ScenarioError: If less than `MIN_CACHE_TOKENS` are left.
    """
    room = cache_room(point)
    if room < MIN_CACHE_TOKENS:
        gpu, weights = CHIPS[point.gpu].gpu, _weight_bytes(point)
        needed = weights + MIN_CACHE_TOKENS * cache_token_bytes(point)
        per_gpu = USABLE_MEMORY_FRAC * gpu.memory_gb.value * 1e9
        raise ScenarioError("gpu_count", f"must hold {weights / 1e9:.0f} GB of weights "
                            f"and {MIN_CACHE_TOKENS:.0f} tokens of cache",
                            point.gpu_count, "use at least "
                            f"{int(np.ceil(needed / per_gpu))} {gpu.label}, or a "
                            "smaller precision")  # fmt: skip
    return room


def cache_room(point: Point) -> float:
    """As `cache_tokens` without the refusal; negative where the weights do not fit."""
    memory_gb = CHIPS[point.gpu].gpu.memory_gb.value
    usable = USABLE_MEMORY_FRAC * memory_gb * 1e9 * point.gpu_count
    return (usable - _weight_bytes(point)) / cache_token_bytes(point)


def _weight_bytes(point: Point) -> float:
    return point.total_params * BYTES_PER_PARAMETER[point.precision]


def phase_table(name: str, point: Point, model: BatchModel) -> PhaseTable:
    """
    Phase table of any model on any group of up to eight GPUs.

    Decode holds no prefill, unlike the tables fitted to the benchmark: whoever runs
    the table adds the prefill it schedules. Prefill is estimated as those tables'.

    Args:
        name: Key of the model.
        point: The configuration; its batch is not used.
        model: The batch model, anchored or not.

    Returns:
        The table, to batch 256 or what the cache holds of the point's requests.

    Raises:
        ScenarioError: If the model does not fit its GPUs, or as `predict`.
    """
    features([point])  # refuses what the model does not know
    held = cache_tokens(point)
    prompt = _prompt_tokens(point, model)
    context = prompt + 0.5 * point.output_tokens
    top = max(1.0, min(KNOTS[-1], float(int(held / context))))
    knots = (*(k for k in KNOTS if k < top), top)
    points = [replace(point, batch=k, prompt_tokens=prompt) for k in knots]
    found = model.predict(points)
    rising = np.maximum.accumulate(found.decode_s)
    power = np.maximum.accumulate(found.decode_power_frac)
    kv_token_s, memory_frac = _shares(points[0], model)
    return PhaseTable(
        model=name, gpu=point.gpu, tensor_parallel=point.gpu_count,
        prefill_tokens=PREFILL_TOKENS, prefill_s=_prefill_s(point, model),
        prefill_power_frac=tuple(max(p, float(power[0])) for p in PREFILL_POWER_FRAC),
        decode_batch=knots, decode_s=tuple(float(t) for t in rising),
        decode_power_frac=tuple(float(p) for p in power), decode_context_tokens=context,
        decode_kv_token_s=kv_token_s, decode_memory_power_frac=memory_frac,
        decode_clock_sensitivity=CLOCK_SENSITIVITY, kv_capacity_tokens=float(int(held)),
        max_batch=int(top), source=_source(point),
    )  # fmt: skip


def _prompt_tokens(point: Point, model: BatchModel) -> float:
    if point.prompt_tokens is not None:
        return point.prompt_tokens
    return model.constants.terms[f"prompt_{point.traffic}"]


def _shares(point: Point, model: BatchModel) -> tuple[float, float]:
    """Time per cached token, and memory's part of decode's dynamic power."""
    f, p = features([point]), model.constants.arrays()
    spent = iteration(p, f)
    context = point.prompt_tokens or 0.0
    held = point.batch * (context + 0.5 * point.output_tokens)
    per_token = float(spent.terms["cache"][0]) / held
    decode = {n: t for n, t in spent.terms.items() if n not in ("prefill", "image",
                                                               "video")}  # fmt: skip
    memory = {n: t for n, t in decode.items() if n in MEMORY}
    gpu = CHIPS[point.gpu].gpu
    idle = gpu.idle_w.value / gpu.tdp_w.value
    total = float(power_frac(p, f, decode, spent.decode_s)[0])
    part = float(power_frac(p, f, memory, spent.decode_s)[0])
    return per_token, float(np.clip(part / max(total - idle, part), 0.0, 1.0))


def _prefill_s(point: Point, model: BatchModel) -> tuple[float, ...]:
    """Launch or one read of the weights, plus compute; serving-tables.md, eq. 3."""
    chip, gpus = CHIPS[point.gpu], point.gpu_count
    known = min((n for n in model.constants.prefill_mfu_frac if n >= gpus), default=8)
    faster = chip.fp8_speedup.value if point.precision == "fp8" else 1.0
    mfu = model.constants.prefill_mfu_frac[known]
    flop_s = gpus * faster * chip.bf16_flop_s.value * mfu
    weights = point.total_params * BYTES_PER_PARAMETER[point.precision]
    launch_s = model.constants.prefill_launch_s[known] * point.shape.layers
    fixed_s = max(launch_s, weights / (gpus * chip.memory_byte_s.value))
    per_token = 2.0 * point.active_params
    return tuple(fixed_s + per_token * n / flop_s for n in PREFILL_TOKENS)


def _source(point: Point) -> str:
    guessed = ", shape estimated from its size" if point.shape.estimated else ""
    return (
        f"batch model fitted to ML.ENERGY benchmark v3; never measured{guessed}; "
        "errors of models left out in docs/models/batch_model.md"
    )
