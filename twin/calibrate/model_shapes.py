"""
What GPUs can do at best and how models are built: inputs of `mlenergy_fit`.

Peaks are data-sheet values and shapes the models' published configurations, both
from memory; nothing here was fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.catalogue.gpus import B200, H100, Gpu

BYTES_PER_PARAMETER = {"bfloat16": 2.0, "fp8": 1.0, "mxfp4": 13.8 / 21.0}
"""mxfp4: the published checkpoint of gpt-oss-20b, 13.8 GB for 21 billion; memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """
    What a GPU can do at best.

    Args:
        gpu: Catalogue entry.
        bf16_flop_s: Dense bfloat16 peak; fp8 is taken as twice that. [FLOP/s]
        memory_byte_s: Memory bandwidth. [B/s]
    """

    gpu: Gpu
    bf16_flop_s: float
    memory_byte_s: float


CHIPS = {
    "H100": Chip(gpu=H100, bf16_flop_s=989e12, memory_byte_s=3.35e12),
    "B200": Chip(gpu=B200, bf16_flop_s=2250e12, memory_byte_s=8.0e12),
}
"""Data-sheet peaks, from memory; H100 bandwidth also in Splitwise's table 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """
    A model's shape, from its published configuration (memory).

    Args:
        rows: Name in the benchmark.
        task: Benchmark task used.
        layers: Transformer layers.
        cache_heads: Key-value heads; GPUs beyond them hold copies. 0: never copied.
        cache_bytes_per_layer: Cache of one token in one layer, 16-bit. [B]
        gpu_counts: Benchmark's GPU name -> GPUs per instance fitted.
    """

    rows: str
    layers: int
    cache_heads: int
    cache_bytes_per_layer: int
    gpu_counts: Mapping[str, int]
    task: str = "lm-arena-chat"


def _grouped(heads: int, width: int) -> int:
    """Cache bytes of one token in one layer: keys and values, two bytes each."""
    return 2 * 2 * heads * width


SHAPES: dict[str, Shape] = {
    "deepseek-v3.1": Shape(
        rows="deepseek-ai/DeepSeek-V3.1",
        layers=61,
        cache_heads=0,  # it held 3,008 sequences at once: more than copies allow
        cache_bytes_per_layer=2 * (512 + 64),
        gpu_counts={"B200": 8},
    ),
    "gpt-oss-20b": Shape(
        rows="openai/gpt-oss-20b",
        layers=24,
        cache_heads=8,
        cache_bytes_per_layer=_grouped(8, 64),
        gpu_counts={"H100": 1},
        task="gpqa",
    ),
    "llama-3.1-405b-fp8": Shape(
        rows="meta-llama/Llama-3.1-405B-Instruct-FP8",
        layers=126,
        cache_heads=8,
        cache_bytes_per_layer=_grouped(8, 128),
        gpu_counts={"H100": 8, "B200": 4},
    ),
    "llama-3.1-70b": Shape(
        rows="meta-llama/Llama-3.1-70B-Instruct",
        layers=80,
        cache_heads=8,
        cache_bytes_per_layer=_grouped(8, 128),
        gpu_counts={"H100": 4, "B200": 2},
    ),
    "llama-3.3-70b": Shape(
        rows="meta-llama/Llama-3.3-70B-Instruct",
        layers=80,
        cache_heads=8,
        cache_bytes_per_layer=_grouped(8, 128),
        gpu_counts={"H100": 4, "B200": 2},
    ),
    "qwen3-14b": Shape(
        rows="Qwen/Qwen3-14B",
        layers=40,
        cache_heads=8,
        cache_bytes_per_layer=_grouped(8, 128),
        gpu_counts={"H100": 1, "B200": 1},
    ),
    "qwen3-235b-a22b": Shape(
        rows="Qwen/Qwen3-235B-A22B-Instruct-2507",
        layers=94,
        cache_heads=4,
        cache_bytes_per_layer=_grouped(4, 128),
        gpu_counts={"H100": 8, "B200": 4},
    ),
    "qwen3-30b-a3b": Shape(
        rows="Qwen/Qwen3-30B-A3B-Instruct-2507",
        layers=48,
        cache_heads=4,
        cache_bytes_per_layer=_grouped(4, 128),
        gpu_counts={"H100": 2, "B200": 1},
    ),
    "qwen3-8b": Shape(
        rows="Qwen/Qwen3-8B",
        layers=36,
        cache_heads=8,
        cache_bytes_per_layer=_grouped(8, 128),
        gpu_counts={"H100": 1, "B200": 1},
    ),
}
