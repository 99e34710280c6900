"""Fit phase tables from recorded serving benchmarks, one function per source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

import numpy as np

from twin.catalogue.performance import PhaseTable

Row = Mapping[str, str]

USABLE_MEMORY_FRAC = 0.9
"""Part of GPU memory an engine claims for weights and cache: vLLM's default."""

DECODE_CLOCK_SENSITIVITY = 0.2
"""
Part of the compute-bound slow-down that decode suffers. Assumed.

Zero is what a 50 % power cap showed on H100 (Splitwise, second-hand); 0.44 would
follow from POLCA's "at most 7 % loss" if decode alone caused it.
"""

HBM_ENERGY_J_PER_BYTE = 3.92e-12 * 8
"""HBM2 access energy, O'Connor et al., MICRO 2017, from memory: 3.92 pJ/bit."""

_SHAPES = {  # layers, hidden width, parameters, cache heads ÷ heads
    "bloom-176b": (70, 14336, 176e9, 1.0),
    "llama2-70b": (80, 8192, 70e9, 1 / 8),
}
SPLITWISE_FITS = (
    ("bloom-176b", "a100-80gb", 8),
    ("bloom-176b", "h100-80gb", 8),
    ("llama2-70b", "a100-80gb", 8),
    ("llama2-70b", "a100-80gb", 4),
    ("llama2-70b", "a100-80gb", 2),
    ("llama2-70b", "h100-80gb", 8),
    ("llama2-70b", "h100-80gb", 4),
    ("llama2-70b", "h100-80gb", 2),
)
"""Model, hardware, GPUs per instance; the capped rows are synthetic and left out."""

_GPUS = {
    "a100-80gb": ("a100-sxm-80gb", 80e9, 400.0, 63.0),
    "h100-80gb": ("h100-sxm-80gb", 80e9, 700.0, 75.0),
}


def fit_splitwise(
    rows: Iterable[Row], *, model: str, hardware: str, tensor_parallel: int
) -> PhaseTable:
    """
    Fit one phase table from the rows of splitwise-sim's `perf_model.csv`.

    Medians over the repeats; prefill from the prompt sweep at batch one, decode from
    the batch sweep at 512 tokens of prompt, cost of context from the prompt sweep.
    Power columns exist for A100 only; see `docs/models/serving-tables.md` for H100.

    Args:
        rows: Rows with the published column names.
        model: "bloom-176b" or "llama2-70b".
        hardware: "a100-80gb" or "h100-80gb".
        tensor_parallel: GPUs per instance.

    Returns:
        The table.

    Raises:
        ValueError: If the rows hold no such group.
    """
    group = [
        r
        for r in rows
        if r["model"] == model
        and r["hardware"] == hardware
        and int(r["tensor_parallel"]) == tensor_parallel
    ]
    if not group:
        raise ValueError(f"no rows for {model} on {hardware} with TP{tensor_parallel}")

    def middle(column: str, prompt: int, batch: int, token: int = 128) -> float | None:
        picked = [
            float(r[column])
            for r in group
            if (int(r["prompt_size"]), int(r["batch_size"]), int(r["token_size"]))
            == (prompt, batch, token)
            and r[column] not in {"", "0", "0.0"}
        ]
        return median(picked) if picked else None

    prompts = (128, 256, 512, 1024, 2048, 4096, 8192)
    prefill_ms = [middle("prompt_time", p, 1) or float("nan") for p in prompts]
    batches = [1, 2, 4, 8, 16, 32] + ([64] if tensor_parallel > 2 else [])
    decode_ms = [middle("token_time", 512, b) or float("nan") for b in batches]
    contexts = np.array([p + 64.0 for p in prompts])
    by_context = np.array([middle("token_time", p, 1) or float("nan") for p in prompts])
    per_token_ms = float(np.polyfit(contexts, by_context, 1)[0])
    layers, width, parameters, cache_heads = _SHAPES[model]
    gpu, memory_bytes, tdp_w, idle_w = _GPUS[hardware]
    cache_bytes = 2 * 2 * layers * width * cache_heads
    room = USABLE_MEMORY_FRAC * memory_bytes * tensor_parallel - 2 * parameters
    prefill_power, decode_power = _splitwise_power(middle, prompts, hardware)
    weights_per_s = 2 * parameters / tensor_parallel / (decode_ms[0] / 1e3)
    memory_w = weights_per_s * HBM_ENERGY_J_PER_BYTE
    return PhaseTable(
        model=model,
        gpu=gpu,
        tensor_parallel=tensor_parallel,
        prefill_tokens=tuple(float(p) for p in prompts),
        prefill_s=tuple(round(t / 1e3, 5) for t in prefill_ms),
        prefill_power_frac=prefill_power,
        decode_batch=tuple(float(b) for b in batches),
        decode_s=tuple(round(t / 1e3, 5) for t in decode_ms),
        decode_power_frac=tuple(round(decode_power, 3) for _ in batches),
        decode_context_tokens=576.0,
        decode_kv_token_s=round(max(0.0, per_token_ms) / 1e3, 10),
        decode_memory_power_frac=round(memory_w / (decode_power * tdp_w - idle_w), 3),
        decode_clock_sensitivity=DECODE_CLOCK_SENSITIVITY,
        kv_capacity_tokens=float(int(room / cache_bytes)),
        max_batch=64,
        source="splitwise-sim perf_model.csv (Patel et al., ISCA 2024, MIT), medians"
        + ("" if hardware == "a100-80gb" else "; power assumed, see serving.md"),
    )


def fit_splitwise_all(rows: Sequence[Row]) -> list[PhaseTable]:
    """Every table of `SPLITWISE_FITS`, in its order."""
    return [
        fit_splitwise(rows, model=model, hardware=hardware, tensor_parallel=gpus)
        for model, hardware, gpus in SPLITWISE_FITS
    ]


def _splitwise_power(
    middle: Callable[[str, int, int], float | None],
    prompts: Sequence[int],
    hardware: str,
) -> tuple[tuple[float, ...], float]:
    """Prefill power per prompt length and decode power, as fractions of TDP."""
    if hardware != "a100-80gb":
        # not measured there: prefill reaches TDP from 2048 tokens as on A100; decode
        # is the simulator's 380 W of 700 W, inside the known range of 0.2 to 0.7
        known = {128: 0.69, 256: 0.72, 512: 0.88}
        return tuple(known.get(p, 1.0) for p in prompts), 380 / 700
    peaks = [middle("peak_power", p, 1) or 1.0 for p in prompts]
    rising = np.maximum.accumulate(peaks)
    decode = median(
        middle("average_power", p, 1) or float("nan") for p in (128, 256, 512)
    )
    return tuple(round(float(p), 3) for p in rising), decode
