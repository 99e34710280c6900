"""
How published language models are built: what a planner reads in a model's card.

Shapes are the models' published configurations, from memory; none was fitted. A
model that is not listed gets an estimate from its parameter counts, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmShape:
    """
    A model's shape.

    Args:
        layers: Layers, of any kind.
        hidden: Width of the residual stream.
        cache_heads: Key-value heads; GPUs beyond them hold copies. 0: one latent
            cache, a copy on every GPU.
        cache_bytes_per_layer: Cache of one token in one full layer, 16-bit. [B]
        full_layers: Layers whose attention reads the whole context.
        window_layers: Layers whose attention reads a window only.
        window_tokens: That window. [tokens]
        experts: Experts in one expert layer; 0 for a dense model.
        experts_per_token: Experts one token uses.
        expert_layers: Layers that have experts.
        state_bytes: Recurrent state one sequence holds, over all layers. [B]
        block_fp8: Whether an fp8 checkpoint is scaled in blocks.
        estimated: Whether this is an estimate from parameter counts.
    """

    layers: int
    hidden: int
    cache_heads: int
    cache_bytes_per_layer: int
    full_layers: int
    window_layers: int = 0
    window_tokens: int = 0
    experts: int = 0
    experts_per_token: int = 0
    expert_layers: int = 0
    state_bytes: float = 0.0
    block_fp8: bool = True
    estimated: bool = False


def _dense(layers: int, hidden: int, heads: int, width: int = 128) -> LlmShape:
    """Grouped attention in every layer: keys and values, two bytes each."""
    return LlmShape(
        layers=layers, hidden=hidden, cache_heads=heads,
        cache_bytes_per_layer=4 * heads * width, full_layers=layers,
    )  # fmt: skip


def _experts(
    base: LlmShape, experts: int, used: int, expert_layers: int, block: bool = True
) -> LlmShape:
    return replace(
        base, experts=experts, experts_per_token=used, expert_layers=expert_layers,
        block_fp8=block,
    )  # fmt: skip


def _windowed(
    layers: int, full: int, window: int, hidden: int, heads: int, width: int
) -> LlmShape:
    return LlmShape(
        layers=layers, hidden=hidden, cache_heads=heads,
        cache_bytes_per_layer=4 * heads * width, full_layers=full,
        window_layers=layers - full, window_tokens=window,
    )  # fmt: skip


def _hybrid(layers: int, full: int, recurrent: int, hidden: int) -> LlmShape:
    """Mamba-2 layers, each 128 heads x 80 x 128 numbers of 4 bytes; a few full."""
    return LlmShape(
        layers=layers, hidden=hidden, cache_heads=8, cache_bytes_per_layer=4 * 8 * 128,
        full_layers=full, state_bytes=recurrent * 128 * 80 * 128 * 4.0,
    )  # fmt: skip


_DEEPSEEK = LlmShape(
    layers=61, hidden=7168, cache_heads=0, cache_bytes_per_layer=2 * (512 + 64),
    full_layers=61, experts=256, experts_per_token=8, expert_layers=58,
)  # fmt: skip

SHAPES: tuple[tuple[str, LlmShape], ...] = (
    (r"qwen3-(vl-)?0\.6b", _dense(28, 1024, 8)),
    (r"qwen3-(vl-)?1\.7b", _dense(28, 2048, 8)),
    (r"qwen3-(vl-)?2b", _dense(28, 2048, 8)),
    (r"qwen3-(vl-)?4b", _dense(36, 2560, 8)),
    (r"qwen3-(vl-)?8b", _dense(36, 4096, 8)),
    (r"qwen3-(vl-)?14b", _dense(40, 5120, 8)),
    (r"qwen3-(vl-)?32b", _dense(64, 5120, 8)),
    (r"qwen3-.*30b-a3b", _experts(_dense(48, 2048, 4), 128, 8, 48)),
    (r"qwen3-.*235b-a22b", _experts(_dense(94, 4096, 4), 128, 8, 94)),
    (r"qwen3-.*480b-a35b", _experts(_dense(62, 6144, 8), 160, 8, 62)),
    (r"llama-3\.1-8b", _dense(32, 4096, 8)),
    (r"llama-3\.[13]-70b", _dense(80, 8192, 8)),
    (r"llama-3\.1-405b", _dense(126, 16384, 8)),
    (r"llama-4-scout", _experts(_dense(48, 5120, 8), 16, 1, 48, block=False)),
    (r"llama-4-maverick", _experts(_dense(48, 5120, 8), 128, 1, 24, block=False)),
    (r"deepseek-(v3|r1)(?!.*distill)", _DEEPSEEK),
    (r"gpt-oss-20b", _experts(_windowed(24, 12, 128, 2880, 8, 64), 32, 4, 24)),
    (r"gpt-oss-120b", _experts(_windowed(36, 18, 128, 2880, 8, 64), 128, 4, 36)),
    (r"gemma-3-4b", _windowed(34, 5, 1024, 2560, 4, 256)),
    (r"gemma-3-12b", _windowed(48, 8, 1024, 3840, 8, 256)),
    (r"gemma-3-27b", _windowed(62, 10, 1024, 5376, 16, 128)),
    (r"nemotron-nano-9b-v2", _hybrid(56, 4, 27, 4480)),
    (r"nemotron-nano-12b-v2", _hybrid(62, 6, 28, 5120)),
)
"""Pattern of a model's published name -> shape. From memory; the first match counts."""


def find_shape(
    name: str, *, total_params: float, active_params: float, hybrid: bool = False
) -> LlmShape:
    """
    Shape of a model by its published name, or an estimate where it is not listed.

    Args:
        name: Published name, with or without the publisher.
        total_params: Parameters. [1], > 0
        active_params: Parameters one token uses. [1], at most `total_params`
        hybrid: Whether most layers are recurrent.

    Returns:
        The shape; `estimated` says which.
    """
    for pattern, shape in SHAPES:
        if re.search(pattern, name.lower()):
            return shape
    return estimate_shape(total_params, active_params, hybrid=hybrid)


def estimate_shape(
    total_params: float, active_params: float, *, hybrid: bool = False
) -> LlmShape:
    """
    Guess a shape from parameter counts alone.

    Dense: layers and width as the listed models have them for their size, 8 heads.
    Experts: 128 in every layer, up to 8 per token as the active part allows; width
    from the active part.
    """
    dense = active_params >= 0.95 * total_params
    billions = total_params / 1e9
    if hybrid:
        layers = round(56 * (billions / 9.0) ** 0.3)
        return replace(_hybrid(layers, layers // 12, layers // 2, 4480), estimated=True)
    if dense:
        layers = round(36 * (billions / 8.0) ** 0.32)
        hidden = 256 * round(4096 * (billions / 8.0) ** 0.34 / 256)
        return replace(_dense(layers, hidden, 8), estimated=True)
    layers = round(48 * (billions / 30.0) ** 0.2)
    hidden = 256 * round(2048 * (active_params / 3e9) ** 0.45 / 256)
    used = min(8, max(1, int(0.8 * 128 * active_params / total_params)))
    return replace(
        _experts(_dense(layers, hidden, 8), 128, used, layers), estimated=True
    )
