"""
How the catalogued models are built: sizes, heads, experts, bytes of a cached token.

Published configurations, from memory; sizes and precisions of the benchmark's models as
the benchmark states them. Nothing here was fitted. Layers, widths, cache and experts
are those of `llm_shapes` wherever it lists the model; models without a measured table
(`PREDICTED`) are served by the batch model.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.catalogue.figure import Mark
from twin.catalogue.llm_shapes import find_shape
from twin.catalogue.models import nearest
from twin.errors import ScenarioError

BYTES_PER_PARAMETER = {
    "bfloat16": 2.0, "fp8": 1.0, "int8": 1.0, "mxfp4": 13.8 / 21.0, "int4": 0.5,
}  # fmt: skip
"""mxfp4: the published checkpoint of gpt-oss-20b, 13.8 GB for 21 billion; memory."""

CACHE_BYTES = 2.0
"""Bytes of one cached number: 16-bit caches everywhere. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """
    Shape of one model.

    Args:
        key: Key of the model.
        parameters: All parameters.
        active_parameters: Parameters one token passes.
        precision: Precision the tables were measured at, see `BYTES_PER_PARAMETER`.
        layers: Transformer layers.
        width: Hidden width.
        attention_width: Heads × mean width of queries and values. [1]
        square_layers: Layers whose attention sees the whole context.
        cache_heads: Key-value heads; GPUs beyond them hold copies. 0: never copied.
        cache_layer_bytes: Cache of one token in one layer. [B]
        experts: Experts of a layer; 0: dense.
        experts_used: Experts one token passes.
        mark: How sure the shape is.
    """

    key: str
    parameters: float
    active_parameters: float
    precision: str
    layers: int
    width: int
    attention_width: int
    square_layers: int
    cache_heads: int
    cache_layer_bytes: float
    experts: int = 0
    experts_used: int = 0
    mark: Mark = "memory"

    @property
    def expert_parameters(self) -> float:
        """Parameters inside experts; all other ones every token passes."""
        if not self.experts:
            return 0.0
        idle_frac = 1.0 - self.experts_used / self.experts
        return (self.parameters - self.active_parameters) / idle_frac


def _listed(
    key: str, billions: tuple[float, float], attention: int,
    precision: str = "bfloat16",
) -> Architecture:  # fmt: skip
    """
    A model that `llm_shapes` lists.

    Its cache is the mean over layers of what grows with the context: a window is soon
    full and then stays.
    """
    total, active = (1e9 * b for b in billions)
    shape = find_shape(key, total_params=total, active_params=active)
    growing = shape.full_layers / shape.layers
    return Architecture(
        key=key, parameters=total, active_parameters=active, precision=precision,
        layers=shape.layers, width=shape.hidden, attention_width=attention,
        square_layers=shape.full_layers, cache_heads=shape.cache_heads,
        cache_layer_bytes=shape.cache_bytes_per_layer * growing,
        experts=shape.experts, experts_used=shape.experts_per_token,
    )  # fmt: skip


def _older(
    key: str, billions: float, layers: int, width: int, cache_heads: int
) -> Architecture:
    """A dense model that `llm_shapes` does not list, with heads 128 wide."""
    return Architecture(
        key=key, parameters=billions * 1e9, active_parameters=billions * 1e9,
        precision="bfloat16", layers=layers, width=width, attention_width=width,
        square_layers=layers, cache_heads=cache_heads,
        cache_layer_bytes=2 * CACHE_BYTES * cache_heads * 128,
    )  # fmt: skip


_LATENT = 128 * 160  # queries 128 + 64 wide, values 128

_MEASURED = (
    _older("bloom-176b", 176, 70, 14336, cache_heads=112),
    _older("llama2-70b", 70, 80, 8192, cache_heads=8),
    _listed("llama-3.1-70b", (70, 70), 8192),
    _listed("llama-3.3-70b", (70, 70), 8192),
    _listed("llama-3.1-405b-fp8", (405, 405), 16384, "fp8"),
    _listed("qwen3-14b", (14, 14), 5120),
    _listed("qwen3-8b", (8, 8), 4096),
    _listed("qwen3-235b-a22b", (235, 22), 8192),
    _listed("qwen3-30b-a3b", (30, 3), 4096),
    _listed("deepseek-v3.1", (671, 37), _LATENT, "fp8"),
    _listed("gpt-oss-20b", (21, 4), 64 * 64, "mxfp4"),
)

_PREDICTED = (
    _listed("qwen3-4b", (4, 4), 32 * 128),
    _listed("qwen3-32b", (32, 32), 64 * 128),
    _listed("qwen3-480b-a35b", (480, 35), 96 * 128),
    _listed("llama-3.1-8b", (8, 8), 4096),
    _listed("llama-3.1-405b", (405, 405), 16384),
    _listed("llama-4-scout", (109, 17), 40 * 128),
    _listed("llama-4-maverick", (400, 17), 40 * 128, "fp8"),
    _listed("deepseek-r1", (671, 37), _LATENT, "fp8"),
    _listed("gpt-oss-120b", (117, 5.1), 64 * 64, "mxfp4"),
    _listed("gemma-3-4b", (4, 4), 8 * 256),
    _listed("gemma-3-12b", (12, 12), 16 * 256),
    _listed("gemma-3-27b", (27, 27), 32 * 128),
)
"""No table is measured for these: the batch model predicts them."""

ARCHITECTURES: dict[str, Architecture] = {a.key: a for a in (*_MEASURED, *_PREDICTED)}

PREDICTED = frozenset(a.key for a in _PREDICTED)
"""Models without a measured table."""


def find_architecture(model: str) -> Architecture:
    """
    Look the shape of a model up.

    Raises:
        ScenarioError: If the catalogue has no such model; names the nearest.
    """
    if model in ARCHITECTURES:
        return ARCHITECTURES[model]
    raise ScenarioError("engine.model", "must be in the catalogue", model,
                        nearest(model, sorted(ARCHITECTURES)))  # fmt: skip
