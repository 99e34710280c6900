"""
Encoders of images and audio: time and power against tokens encoded, no decode.

Stage times of such encoders were never published. Times follow from arithmetic of
public encoder sizes (from memory) at a stated part of the GPU's peak; power is near TDP
("encode near TDP") as in prefill. Everything here is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.catalogue.chips import CHIPS
from twin.catalogue.models import nearest
from twin.catalogue.performance import PhaseTable
from twin.errors import ScenarioError

USE_FRAC = 0.4
"""Compute reached ÷ bfloat16 peak. Assumed: prefill reaches 0.36 to 0.49."""
LAUNCH_S_PER_LAYER = 0.144e-3
"""Fixed time of a layer: prefill's on one H100, docs/models/serving-tables.md."""
POWER_TOKENS = (128.0, 256.0, 512.0, 1024.0)
POWER_FRAC = (0.69, 0.72, 0.88, 1.0)
"""GPU power ÷ TDP against tokens: prefill of BLOOM-176B on A100. Assumed here."""
MOST_ITEMS = 64
MOST_REQUESTS = 1024
"""Encoded together: never in the way, `Pool.max_prefill_tokens` bounds a batch."""
_NO_CACHE_TOKENS = 1e12
"""Room of an encoder, which holds no cache and so never runs out."""
_MEMORY = "published configuration, from memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """
    One encoder.

    Args:
        key: Name.
        label: Name for people.
        kind: What it encodes.
        parameters: Parameters of the encoder.
        layers: Transformer layers.
        width: Hidden width.
        item_tokens: Tokens inside the encoder of one item: an image tile, 30 s of
            audio. What a request's `encode` counts. [tokens]
        given_tokens: Tokens the language model gets of one item; 0: none, it attends to
            them across (cross-attention). [tokens]
        source: Where the sizes come from.
    """

    key: str
    label: str
    kind: Literal["image", "audio"]
    parameters: float
    layers: int
    width: int
    item_tokens: int
    given_tokens: int
    source: str


ENCODERS: dict[str, Encoder] = {
    e.key: e
    for e in (
        Encoder(
            key="vit-l-14", label="ViT-L/14, 336 px (decoder-only models)",
            kind="image", parameters=304e6, layers=24, width=1024,
            item_tokens=577, given_tokens=576, source=f"CLIP ViT-L/14-336, {_MEMORY}",
        ),
        Encoder(
            key="vit-so400m", label="ViT-SO400M/14, 384 px (decoder-only models)",
            kind="image", parameters=428e6, layers=27, width=1152,
            item_tokens=729, given_tokens=729, source=f"SigLIP SO400M, {_MEMORY}",
        ),
        Encoder(
            key="vit-h-14", label="ViT-H/14, 560 px tile (cross-attention models)",
            kind="image", parameters=850e6, layers=40, width=1280,
            item_tokens=1601, given_tokens=0,
            source=f"Llama 3.2 Vision's encoder, {_MEMORY}",
        ),
        Encoder(
            key="vit-6b", label="ViT-6B/14, 448 px tile (decoder-only models)",
            kind="image", parameters=5.5e9, layers=45, width=3200,
            item_tokens=1025, given_tokens=256, source=f"InternViT-6B, {_MEMORY}",
        ),
        Encoder(
            key="audio-large", label="audio encoder, 30 s window",
            kind="audio", parameters=637e6, layers=32, width=1280,
            item_tokens=1500, given_tokens=750,
            source=f"encoder of Whisper large with every two frames merged, {_MEMORY}",
        ),
    )
}  # fmt: skip


def find_encoder(key: str) -> Encoder:
    """
    Look an encoder up.

    Raises:
        ScenarioError: If there is none; names the nearest.
    """
    if key in ENCODERS:
        return ENCODERS[key]
    raise ScenarioError("encoder", "must be in the catalogue", key,
                        nearest(key, list(ENCODERS)))  # fmt: skip


def item_flop(encoder: Encoder) -> float:
    """Arithmetic of one item: 2 per parameter and token, and full attention. [FLOP]"""
    n = encoder.item_tokens
    square = 4.0 * encoder.layers * encoder.width * n
    return n * (2.0 * encoder.parameters + square)


def encoder_table(key: str, gpu: str) -> PhaseTable:
    """
    Phase table of an encoder on one GPU: knots at 1 to 64 items, decode unused.

    Args:
        key: Key of the encoder.
        gpu: Key of the GPU.

    Returns:
        Table whose prefill is the encoding of a batch of items.

    Raises:
        ScenarioError: If the encoder is unknown.

    Source:
        docs/models/engines.md, eq. 12.
    """
    encoder, chip = find_encoder(key), CHIPS[gpu]
    items = 2.0 ** np.arange(int(np.log2(MOST_ITEMS)) + 1)
    tokens = items * encoder.item_tokens
    fixed_s = LAUNCH_S_PER_LAYER * encoder.layers
    item_s = item_flop(encoder) / (USE_FRAC * chip.bf16_flop_s.value)
    power = np.interp(tokens, POWER_TOKENS, POWER_FRAC)
    idle = chip.gpu.idle_w.value / chip.gpu.tdp_w.value
    return PhaseTable(
        model=encoder.key, gpu=gpu, tensor_parallel=1,
        prefill_tokens=tuple(float(n) for n in tokens),
        prefill_s=tuple(float(t) for t in fixed_s + item_s * items),
        prefill_power_frac=tuple(float(p) for p in power), decode_batch=(1.0,),
        decode_s=(fixed_s,), decode_power_frac=(idle,), decode_context_tokens=0.0,
        decode_kv_token_s=0.0, decode_memory_power_frac=0.0,
        decode_clock_sensitivity=0.0, kv_capacity_tokens=_NO_CACHE_TOKENS,
        max_batch=MOST_REQUESTS,
        source=f"assumed: arithmetic at {USE_FRAC:.0%} of peak, power near TDP; sizes: "
        f"{encoder.source}",
    )  # fmt: skip
