"""
What GPUs can do at best and which rows of the benchmark are fitted: for `mlenergy_fit`.

Peaks are data-sheet values from memory; nothing here was fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.catalogue.gpus import B200, H100, Gpu
from twin.catalogue.llm_shapes import LlmShape, find_shape


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


@dataclass(frozen=True, slots=True)
class Measured:
    """
    A model of the benchmark.

    Args:
        rows: Name in the benchmark.
        gpu_counts: Benchmark's GPU name -> GPUs per instance fitted.
        task: Benchmark task used.
    """

    rows: str
    gpu_counts: Mapping[str, int]
    task: str = "lm-arena-chat"

    @property
    def shape(self) -> LlmShape:
        """How the model is built; all of these are listed there."""
        return find_shape(self.rows, total_params=0.0, active_params=0.0)


MEASURED: dict[str, Measured] = {
    "deepseek-v3.1": Measured("deepseek-ai/DeepSeek-V3.1", {"B200": 8}),
    "gpt-oss-20b": Measured("openai/gpt-oss-20b", {"H100": 1}, "gpqa"),
    "llama-3.1-405b-fp8": Measured(
        "meta-llama/Llama-3.1-405B-Instruct-FP8", {"H100": 8, "B200": 4}
    ),
    "llama-3.1-70b": Measured(
        "meta-llama/Llama-3.1-70B-Instruct", {"H100": 4, "B200": 2}
    ),
    "llama-3.3-70b": Measured(
        "meta-llama/Llama-3.3-70B-Instruct", {"H100": 4, "B200": 2}
    ),
    "qwen3-14b": Measured("Qwen/Qwen3-14B", {"H100": 1, "B200": 1}),
    "qwen3-235b-a22b": Measured(
        "Qwen/Qwen3-235B-A22B-Instruct-2507", {"H100": 8, "B200": 4}
    ),
    "qwen3-30b-a3b": Measured(
        "Qwen/Qwen3-30B-A3B-Instruct-2507", {"H100": 2, "B200": 1}
    ),
    "qwen3-8b": Measured("Qwen/Qwen3-8B", {"H100": 1, "B200": 1}),
}
