"""What people may set of ModServe and of the pool it is compared with."""

from __future__ import annotations

from typing import Literal

from twin.scenario.base import Model, quantity

_ASSUMED = "assumed"
_TRACE = (
    "assumed; of the ten requests shown with the published trace (AzurePublicDataset, "
    "LMM 2025) seven have images, one of them sixteen"
)
Sizing = Literal["autoscaled", "peak", "all"]


class Parameters(Model):
    """Media of the traffic, pools, scaling, and the monolith to compare with."""

    family: Literal["decoder_only", "cross_attention"] = quantity(
        "decoder_only", "Whether media lengthen the prompt or are attended to across",
        example="cross_attention", source="both are studied in the publication",
    )  # fmt: skip
    image_encoder: str | None = quantity(
        None, "Encoder of images; empty: the family's", example="vit-l-14",
        source="sizes of public models, from memory",
    )  # fmt: skip
    image_share: float = quantity(
        0.5, "Requests with images ÷ all", example=0.3, source=_TRACE, ge=0, le=1
    )
    images_tail: float = quantity(
        2.0, "At least k images have k to the minus this of the requests with any",
        example=1.5, source=f"heavy-tailed as published; value {_ASSUMED}", gt=0.5,
        le=10,
    )  # fmt: skip
    images_most: int = quantity(
        16, "Most images of a request", unit="images", example=8, source=_TRACE, ge=1,
        le=256,
    )  # fmt: skip
    tiles_mean: float | None = quantity(
        None, "Mean tiles of an image; empty: the family's", unit="tiles", example=3,
        source=_ASSUMED, ge=1, le=64,
    )  # fmt: skip
    tiles_most: int | None = quantity(
        None, "Most tiles of an image; empty: the family's", unit="tiles", example=6,
        source="public models' own limits, from memory", ge=1, le=64,
    )  # fmt: skip
    audio_share: float = quantity(
        0.02, "Requests with audio ÷ all", example=0.1, source=_ASSUMED, ge=0, le=1
    )
    audio_mean_s: float = quantity(
        30.0, "Mean length of audio", unit="s", source=_ASSUMED, gt=0, le=36_000
    )
    audio_spread: float = quantity(
        1.0, "Standard deviation of the logarithm of that length", source=_ASSUMED,
        ge=0, le=3,
    )  # fmt: skip
    burst_ratio: float = quantity(
        2.0, "Share of images in a burst ÷ mean share; 1: no bursts",
        source=f"bursty as published; value {_ASSUMED}", ge=1, le=100,
    )  # fmt: skip
    audio_burst_ratio: float = quantity(
        2.0, "The same of audio, at times of its own", source=_ASSUMED, ge=1, le=100
    )
    burst_s: float = quantity(
        120.0, "Mean length of a burst", unit="s", example=60, source=_ASSUMED, gt=0,
        le=86_400,
    )  # fmt: skip
    burst_time_frac: float = quantity(
        0.2, "Part of the time within bursts", example=0.1, source=_ASSUMED, gt=0, lt=1
    )
    media_ttft_s: float = quantity(
        5.0, "Limit of the first token of requests with media", unit="s",
        source=f"{_ASSUMED}; text keeps the study's", gt=0,
    )  # fmt: skip
    encode_frac: float = quantity(
        0.5, "Part of that limit that encoding is planned to take", source=_ASSUMED,
        gt=0, lt=1,
    )  # fmt: skip
    encode_gpus: int | None = quantity(
        None, "GPUs that share a request's images; empty: fewest that encode a large "
        "request in half the stage's limit", unit="GPUs", example=2,
        source="stage-specific sharding as published", ge=1, le=16,
    )  # fmt: skip
    encode_batch: int = quantity(
        16, "Tiles or windows a GPU encodes together", unit="items", source=_ASSUMED,
        ge=1, le=64,
    )  # fmt: skip
    split: bool = quantity(
        False, "Prefill and decode in pools of their own", example=True,
        source="published as compatible",
    )  # fmt: skip
    routing: Literal["least_tokens", "least_requests", "round_robin"] = quantity(
        "least_tokens", "How instances that encode or only prefill are picked; "
        "`least_tokens` counts tokens of images and so spreads their bursts. Where "
        "tokens are decoded it is the fewest requests", example="round_robin",
        source="modality-aware routing as published",
    )  # fmt: skip
    sizing: Sizing = quantity(
        "autoscaled", "Pools follow their load, stand for the busiest minute, or share "
        "out the whole hall", example="peak",
        source="stage-specific autoscaling as published",
    )  # fmt: skip
    slo_frac: float = quantity(
        0.95, "Part of requests inside their limits in a profile", source=_ASSUMED,
        gt=0, lt=1,
    )  # fmt: skip
    headroom: float = quantity(
        0.2, "Room above the load seen", source=_ASSUMED, ge=0, le=5
    )
    period_s: float = quantity(
        10.0, "Time between decisions on instances", unit="s", source=_ASSUMED, ge=1,
        le=3600,
    )  # fmt: skip
    hold_s: float = quantity(
        300.0, "Time a pool stays too large before it shrinks", unit="s",
        source=_ASSUMED, ge=0,
    )  # fmt: skip
    start: Literal["cold", "warm", "standby"] = quantity(
        "warm", "What new instances start from: no machine, weights on its disk, "
        "weights in its memory", example="cold", source=_ASSUMED,
    )  # fmt: skip
    monolith_sizing: Sizing | None = quantity(
        None, "How the pool to compare with is sized; empty: as `sizing`",
        example="peak", source="the same for both, for an even comparison",
    )  # fmt: skip
    monolith_encode_gpus: int = quantity(
        1, "GPUs' worth of encoder speed that an instance of that pool reaches; all of "
        "its GPUs where its engine spreads images over them", unit="GPUs", example=8,
        source="engines' documentation: tensor parallelism gains encoders little "
        "(SGLang, on data parallelism for encoders); 1 is assumed", ge=1, le=16,
    )  # fmt: skip
