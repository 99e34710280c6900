"""Memory of an instance: weights, cache bytes of a token, tokens that fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from twin.catalogue.architectures import (
    BYTES_PER_PARAMETER,
    CACHE_BYTES,
    Architecture,
    find_architecture,
)
from twin.catalogue.models import nearest
from twin.catalogue.servers import Server
from twin.errors import ScenarioError
from twin.serving.fleet.scaling import cache_copies

USABLE_MEMORY_FRAC = 0.9
"""Part of GPU memory an engine claims for weights and cache: vLLM's default; memory."""
LEAST_CACHE_TOKENS = 2048.0
"""Smallest cache an instance is worth starting with: one full prompt batch. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    How one instance spreads over GPUs; degrees multiply.

    Args:
        tensor: GPUs that share each layer, within one server.
        pipeline: Stages a prompt passes whole.
        sequence: Stages the chunks of a prompt follow each other through.
        expert: Groups that share the experts, each with all other layers.
        cache: Groups that share each sequence's cache, each with all weights.
    """

    tensor: int
    pipeline: int = 1
    sequence: int = 1
    expert: int = 1
    cache: int = 1

    @property
    def stages(self) -> int:
        """Parts the layers are cut into."""
        return self.pipeline * self.sequence

    @property
    def gpu_count(self) -> int:
        """GPUs of the instance."""
        return self.tensor * self.stages * self.expert * self.cache


def kv_byte_per_token(model: str, *, grouped_heads: bool = True) -> float:
    """
    Cache bytes of one token over all layers, without copies.

    Args:
        model: Key of the model.
        grouped_heads: False: 2 × width × layers × 2 B as splitwise-sim counts, blind to
            grouped heads (2.62 MB for Llama-2-70B, eight times the real cache).

    Returns:
        Bytes. [B]

    Raises:
        ScenarioError: If the catalogue has no such model.
    """
    shape = find_architecture(model)
    if grouped_heads:
        return shape.layers * shape.cache_layer_bytes
    return 2 * CACHE_BYTES * shape.width * shape.layers


def weight_bytes(model: str, precision: str | None = None) -> float:
    """
    Bytes of all weights; None is the precision the model was measured at. [B]

    Raises:
        ScenarioError: If the model or the precision is unknown.
    """
    shape = find_architecture(model)
    return shape.parameters * bytes_per_parameter(precision or shape.precision)


def bytes_per_parameter(precision: str) -> float:
    """
    Bytes of one parameter. [B]

    Raises:
        ScenarioError: If the precision is unknown; names the known ones.
    """
    if precision in BYTES_PER_PARAMETER:
        return BYTES_PER_PARAMETER[precision]
    raise ScenarioError("engine.precision", "must be known", precision,
                        nearest(precision, sorted(BYTES_PER_PARAMETER)))  # fmt: skip


def cache_tokens(
    shape: Architecture, memory_gb: float, layout: Layout, precision: str, *,
    grouped_heads: bool = True,
) -> float:  # fmt: skip
    """
    Tokens that fit beside the weights; negative where the weights alone do not fit.

    Args:
        shape: The model.
        memory_gb: Memory of one GPU. [GB]
        layout: How the instance spreads.
        precision: Of the weights.
        grouped_heads: See `kv_byte_per_token`.

    Returns:
        Tokens of the whole instance. [tokens]

    Source:
        docs/models/engines.md, eq. 10.
    """
    common = shape.parameters - shape.expert_parameters
    held = (common * layout.expert + shape.expert_parameters) * layout.cache
    room = USABLE_MEMORY_FRAC * memory_gb * 1e9 * layout.gpu_count
    token = kv_byte_per_token(shape.key, grouped_heads=grouped_heads)
    token *= cache_copies(shape, layout.tensor)
    return (room - held * bytes_per_parameter(precision)) / token


def check_fit(
    shape: Architecture, server: Server, layout: Layout, precision: str, *,
    grouped_heads: bool = True, least_tokens: float = LEAST_CACHE_TOKENS,
) -> float:  # fmt: skip
    """
    Tokens that fit, or what would make the model fit.

    Raises:
        ScenarioError: If fewer than `least_tokens` fit; names the degree, precision or
            stages that would do.
    """

    def fits(one: Layout, stored: str) -> bool:
        memory_gb = server.gpu.memory_gb.value
        tokens = cache_tokens(
            shape, memory_gb, one, stored, grouped_heads=grouped_heads
        )
        return tokens >= least_tokens

    if fits(layout, precision):
        memory_gb = server.gpu.memory_gb.value
        return float(int(cache_tokens(
            shape, memory_gb, layout, precision, grouped_heads=grouped_heads
        )))  # fmt: skip
    degrees = [d for d in tensor_degrees(server) if d > layout.tensor]
    stored = [p for p in BYTES_PER_PARAMETER if _smaller(p, precision)]
    repairs = [
        *(f"tensor_parallel={d}" for d in degrees
          if fits(replace(layout, tensor=d), precision)),
        *(f"precision={p!r}" for p in stored if fits(layout, p)),
        *(f"pipeline_parallel={p}" for p in range(layout.pipeline + 1, 65)
          if fits(replace(layout, pipeline=p), precision)),
    ]  # fmt: skip
    need_gb = shape.parameters * bytes_per_parameter(precision) / 1e9
    raise ScenarioError("engine.tensor_parallel", "must leave room for "
                        f"{least_tokens:,.0f} tokens of cache beside {need_gb:,.0f} GB "
                        f"of weights of {shape.key} in {USABLE_MEMORY_FRAC:.0%} of "
                        f"{server.gpu.memory_gb.value:g} GB a GPU", layout.tensor,
                        _first_of_each(repairs))  # fmt: skip


def tensor_degrees(server: Server) -> tuple[int, ...]:
    """Tensor-parallel degrees of a server: powers of two that its GPUs allow."""
    return tuple(2**k for k in range(server.gpu_count.bit_length()))


def _smaller(precision: str, than: str) -> bool:
    return BYTES_PER_PARAMETER[precision] < bytes_per_parameter(than)


def _first_of_each(repairs: list[str]) -> str:
    """The first repair of each kind, or a bigger server."""
    first: dict[str, str] = {}
    for repair in repairs:
        first.setdefault(repair.partition("=")[0], repair)
    if not first:
        return "choose a GPU with more memory"
    return "use " + " or ".join(first.values())
