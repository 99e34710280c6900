"""Which media the traffic of a ground has, and the classes and limits they get."""

from __future__ import annotations

from twin.catalogue.encoders import Encoder, find_encoder
from twin.errors import ScenarioError
from twin.serving.fleet.parts import FleetClass
from twin.serving.modserve.parameters import Parameters
from twin.serving.multimodal import Audio, Bursts, Images, Media, add_media
from twin.serving.systems.base import Ground

FAMILIES: dict[str, tuple[str, float, int]] = {
    "decoder_only": ("vit-6b", 4.0, 12),
    "cross_attention": ("vit-h-14", 2.5, 4),
}
"""Family -> its encoder, mean and most tiles of an image. Tiles assumed."""


def encoders_of(p: Parameters) -> tuple[Encoder, Encoder]:
    """
    Encoders of images and of audio.

    Raises:
        ScenarioError: If one is unknown, or encodes something else than asked for.
    """
    image = find_encoder(p.image_encoder or FAMILIES[p.family][0])
    fits = image.given_tokens > 0 or p.family == "cross_attention"
    if image.kind != "image" or not fits:
        raise ScenarioError("modserve.image_encoder", "must encode images, into tokens "
                            "where the model is decoder-only", image.key,
                            "leave it empty for "
                            f"{FAMILIES[p.family][0]!r}")  # fmt: skip
    return image, find_encoder("audio-large")


def media_of(ground: Ground, p: Parameters) -> Media:
    """
    Give the ground's traffic images and audio.

    Raises:
        ScenarioError: As `add_media`.
    """
    image, audio = encoders_of(p)
    _, tiles_mean, tiles_most = FAMILIES[p.family]
    most = p.tiles_most or tiles_most
    within = {"length_s": p.burst_s, "time_frac": p.burst_time_frac}
    return add_media(
        ground.requests,
        Images(
            encoder=image, share=p.image_share, tail=p.images_tail, most=p.images_most,
            tiles_mean=min(p.tiles_mean or tiles_mean, most), tiles_most=most,
            bursts=Bursts(ratio=p.burst_ratio, **within),
        ),
        Audio(
            encoder=audio, share=p.audio_share, mean_s=p.audio_mean_s,
            spread=p.audio_spread,
            bursts=Bursts(ratio=p.audio_burst_ratio, **within),
        ),
        lengthens=p.family == "decoder_only", first_class=len(ground.classes),
        horizon_s=ground.horizon_s, seed=ground.seed,
    )  # fmt: skip


def classes_of(
    ground: Ground, p: Parameters, *, part: float = 1.0
) -> tuple[FleetClass, ...]:
    """The ground's classes, then those with images and with audio."""
    added = tuple(
        FleetClass(
            name=name,
            prompt_pool="main",
            ttft_slo_s=part * p.media_ttft_s,
            tbt_slo_s=ground.slo.tbt_s,
        )
        for name in ("with images", "with audio")
    )
    return (*ground.classes, *added)
