"""
Where the time and power of one serving iteration go: the terms of `batch_model`.

Every function takes constants by name, each a number or an array with one trailing
axis of length one, so that a fit can try many sets of constants at once. Equation
numbers are those of docs/models/batch_model.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from twin.types import BoolArray, FloatArray

Terms = dict[str, FloatArray]

TRAFFIC = ("chat", "reasoning", "code", "image", "video")
"""What requests are; each has its own prompt and its own work beside the GPU."""

MEMORY = ("weights", "experts", "tiles", "cache", "state")
"""Terms that are memory traffic."""

POWERED = (
    "launch", "expert_launch", "weights", "experts", "tiles", "large_tiles", "cache",
    "state", "compute", "expert_compute", "reduce", "eager", "sequences", "stall",
    "prefill", "image", "video",
)  # fmt: skip
"""Terms of an iteration, each with its own power. [1]"""

GRAPH_BATCH = 512
"""Largest batch the engine replays as a captured graph. vLLM 0.11's default; memory."""

POWER_CEILING = 0.985
"""Highest mean power ÷ TDP. Assumed: the highest measured is 0.99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """
    Operating points as columns, one entry a point. [1] where no unit is said.

    Args:
        b200: Whether the GPU is a B200; otherwise an H100.
        gpus: GPUs of the instance.
        replicas: Data-parallel copies of attention; 1 is tensor parallel.
        byte_s: Memory bandwidth of one GPU. [B/s]
        flop_s: Peak of one GPU at the weights' precision. [FLOP/s]
        link_byte_s: Link of one GPU, one direction. [B/s]
        parameter_bytes: Bytes of one weight. [B]
        shared_params: Parameters every token uses.
        expert_params: Parameters inside experts.
        active_expert_params: Those of them one token uses.
        use_frac: Experts one token uses ÷ experts of a layer; 0 if dense.
        experts: Experts of a layer; 0 if dense.
        expert_layers, layers, hidden: As `LlmShape`.
        cache_heads, cache_layer_bytes, full_layers, window_layers, window_tokens,
        state_bytes: As `LlmShape`.
        fp8, mxfp4, block_fp8: Precision of the weights.
        traffic: Index into `TRAFFIC`.
        prompt_tokens: Prompt; NaN takes the fitted one of the traffic. [tokens]
        output_tokens: Mean answer. [tokens]
        batch: Sequences decoding together.
        host_bound: Whether a single B200 shares its host, as in the benchmark.
    """

    b200: BoolArray
    gpus: FloatArray
    replicas: FloatArray
    byte_s: FloatArray
    flop_s: FloatArray
    link_byte_s: FloatArray
    parameter_bytes: FloatArray
    shared_params: FloatArray
    expert_params: FloatArray
    active_expert_params: FloatArray
    use_frac: FloatArray
    experts: FloatArray
    expert_layers: FloatArray
    layers: FloatArray
    hidden: FloatArray
    cache_heads: FloatArray
    cache_layer_bytes: FloatArray
    full_layers: FloatArray
    window_layers: FloatArray
    window_tokens: FloatArray
    state_bytes: FloatArray
    fp8: BoolArray
    mxfp4: BoolArray
    block_fp8: BoolArray
    traffic: FloatArray
    prompt_tokens: FloatArray
    output_tokens: FloatArray
    batch: FloatArray
    host_bound: BoolArray

    def only(self, chosen: BoolArray) -> Features:
        """The chosen points."""
        return Features(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


def _by_gpu(p: Mapping[str, FloatArray], name: str, f: Features) -> FloatArray:
    return np.where(f.b200, p[f"{name}_b200"], p[f"{name}_h100"])


def _by_traffic(
    p: Mapping[str, FloatArray], name: str, f: Features, kinds: tuple[str, ...]
) -> FloatArray:
    """Constant of each point's traffic; zero for kinds without one."""
    total: FloatArray = np.zeros_like(f.batch)
    for kind in kinds:
        total = total + p[f"{name}_{kind}"] * (f.traffic == TRAFFIC.index(kind))
    return total


def prompt_tokens(p: Mapping[str, FloatArray], f: Features) -> FloatArray:
    """Prompt of each point: the one given, else the fitted one of its traffic."""
    fitted = _by_traffic(p, "prompt", f, TRAFFIC)
    return np.where(np.isnan(f.prompt_tokens), fitted, f.prompt_tokens)


def expert_coverage(p: Mapping[str, FloatArray], f: Features) -> FloatArray:
    """Part of the experts that a batch touches, eq. 2. 0..1"""
    missed = np.log1p(-np.minimum(f.use_frac, 0.99))
    touched: FloatArray = -np.expm1(missed * np.exp(p["coverage"] * np.log(f.batch)))
    return touched


def _expert_read_s(p: Mapping[str, FloatArray], f: Features) -> FloatArray:
    """Time to read every expert once."""
    slower = np.where(f.fp8, p["fp8_experts"], 1.0)
    slower = slower * np.where(f.mxfp4, p["mxfp4_experts"], 1.0)
    size = f.expert_params * f.parameter_bytes / (f.gpus * f.byte_s)
    return _by_gpu(p, "experts", f) * slower * size


def _memory(p: Mapping[str, FloatArray], f: Features, read_s: FloatArray) -> Terms:
    """Weights, experts, cache and state, each read once, eq. 1 to 4."""
    split = np.where(f.replicas > 1, 1.0, f.gpus)
    share = 1.0 / (split * f.byte_s)
    weights = _by_gpu(p, "weights", f) * np.where(f.fp8, p["fp8_weights"], 1.0)
    context = prompt_tokens(p, f) + 0.5 * f.output_tokens
    seen = f.full_layers * context
    seen = seen + f.window_layers * np.minimum(context, f.window_tokens)
    heads = np.where(f.cache_heads > 0, f.cache_heads, 1.0)
    copies = np.maximum(1.0, split / heads)
    held = f.batch * f.cache_layer_bytes * seen * copies / (f.gpus * f.byte_s)
    tiles = f.block_fp8 * f.expert_layers * f.experts / f.gpus
    return {
        "weights": weights * f.shared_params * f.parameter_bytes * share,
        "experts": read_s * expert_coverage(p, f),
        "tiles": _by_gpu(p, "tile_s", f) * tiles,
        "cache": _by_gpu(p, "cache", f) * held,
        "state": p["state"] * 2.0 * f.batch * f.state_bytes / (f.gpus * f.byte_s),
    }


def _beyond(
    memory_s: FloatArray, compute_s: FloatArray, power: FloatArray
) -> FloatArray:
    """What a rounded roofline adds to the memory time, eq. 5."""
    ratio = compute_s / np.maximum(memory_s, 1e-12)
    return memory_s * ((1.0 + ratio**power) ** (1.0 / power) - 1.0)


def _compute(p: Mapping[str, FloatArray], f: Features, memory: Terms) -> Terms:
    power = 1.0 + p["roofline"]
    per_flop = 2.0 * f.batch / (f.gpus * f.flop_s)
    dense = _by_gpu(p, "compute", f) * f.shared_params * per_flop
    experts = p["expert_compute"] * f.active_expert_params * per_flop
    sparse = f.experts > 0
    return {
        "compute": _beyond(memory["weights"], dense, power),
        "expert_compute": np.where(
            sparse, _beyond(memory["experts"], experts, power), 0.0
        ),
    }


def _latency(p: Mapping[str, FloatArray], f: Features) -> Terms:
    """What layers, hops and sequences cost whatever their size, eq. 6 and 7."""
    triton = ~f.block_fp8 & ~f.mxfp4 & (f.experts > 0)
    large = triton & (f.batch > np.maximum(f.experts, 1.0) / f.gpus)
    hop = p["reduce2_s"] * (f.gpus == 2) + p["reduce4_s"] * (f.gpus == 4)
    hop = (hop + p["reduce8_s"] * (f.gpus > 4)) * np.where(
        f.b200, p["reduce_b200"], 1.0
    )
    sent = (f.gpus > 1) * f.batch * f.hidden * 2.0 / f.link_byte_s
    return {
        "launch": f.layers * _by_gpu(p, "launch_s", f) + p["fixed_s"],
        "expert_launch": f.expert_layers * _by_gpu(p, "expert_launch_s", f),
        "large_tiles": p["large_tile_s"] * f.expert_layers * large,
        "reduce": 2.0 * f.layers * (hop + p["link"] * sent),
        "eager": _eager_s(p, f) * (f.batch > GRAPH_BATCH),
        "sequences": f.batch * p["sequence_s"],
    }


def _eager_s(p: Mapping[str, FloatArray], f: Features) -> FloatArray:
    """Launching an iteration that no captured graph fits."""
    return p["eager_s"] * f.layers + p["eager_expert_s"] * f.expert_layers


def _stall_s(p: Mapping[str, FloatArray], f: Features) -> FloatArray:
    """What a shared host adds to a single B200, eq. 8."""
    images = f.traffic == TRAFFIC.index("image")
    begun = np.where(images, 1.0 / (1.0 + np.exp(-np.clip(f.batch - 12, -30, 30))), 1.0)
    of_kind = _by_traffic(p, "stall_s", f, TRAFFIC)
    return f.host_bound * (of_kind * begun + p["stall_root_s"] * np.sqrt(f.batch))


def _prefill(
    p: Mapping[str, FloatArray], f: Features, read_s: FloatArray
) -> dict[str, FloatArray]:
    """Mean cost of other requests' prefill in one iteration, eq. 9."""
    arriving = f.batch / f.output_tokens
    mixed = -np.expm1(-arriving)
    unread = read_s * (1.0 - expert_coverage(p, f))
    once = p["mixed_s"] + unread + _eager_s(p, f) * (f.batch <= GRAPH_BATCH)
    dense = _by_gpu(p, "compute", f)
    flop = f.shared_params * dense
    flop = flop + f.active_expert_params * np.sqrt(dense * p["expert_compute"])
    work_s = p["prefill"] * prompt_tokens(p, f) * 2.0 * flop / (f.gpus * f.flop_s)
    return {
        "prefill": mixed * once + arriving * work_s,
        "image": arriving * _by_traffic(p, "media_s", f, ("code", "image")),
        "video": arriving * _by_traffic(p, "media_s", f, ("video",)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """
    One iteration at each point.

    Args:
        terms: Term of `POWERED` -> mean seconds an iteration. [s]
        decode_s: An iteration without any prefill. [s]
        itl_s: Median time between tokens. [s]
        mean_s: Mean time of an iteration; batch ÷ this is the throughput. [s]
    """

    terms: Terms
    decode_s: FloatArray
    itl_s: FloatArray
    mean_s: FloatArray


def iteration(p: Mapping[str, FloatArray], f: Features) -> Iteration:
    """Time of one iteration and its parts, eq. 1 to 10."""
    read_s = _expert_read_s(p, f)
    memory = _memory(p, f, read_s)
    terms = {**memory, **_compute(p, f, memory), **_latency(p, f)}
    terms["stall"] = _stall_s(p, f)
    decode_s: FloatArray = sum(terms.values(), start=np.zeros_like(f.batch))
    prefill = _prefill(p, f, read_s)
    added: FloatArray = sum(prefill.values(), start=np.zeros_like(f.batch))
    arriving = np.log(f.batch / f.output_tokens / p["median_at"])
    seen = 1.0 / (1.0 + np.exp(-arriving / p["median_width"]))
    return Iteration(
        terms={**terms, **prefill},
        decode_s=decode_s,
        itl_s=decode_s + seen * added,
        mean_s=decode_s + added,
    )


def power_frac(
    p: Mapping[str, FloatArray], f: Features, terms: Terms, time_s: FloatArray
) -> FloatArray:
    """Mean power of one GPU ÷ TDP: the terms' powers by their time, eq. 11."""
    energy: FloatArray = np.zeros_like(time_s)
    for name, spent_s in terms.items():
        energy = energy + _by_gpu(p, f"power_{name}", f) * spent_s
    raw = energy / time_s
    sharp = p["power_knee"]
    return raw / (1.0 + (raw / POWER_CEILING) ** sharp) ** (1.0 / sharp)
