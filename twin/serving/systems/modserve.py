"""
ModServe (SoCC 2025, arXiv 2502.00937): every stage of multimodal serving its own pool.

Images and audio are encoded in pools of their own before a language model prefills and
decodes. Encoders are small: over the eight GPUs of a language model they hardly become
faster, so encoding there holds all eight for what one does. Apart, every stage is
profiled beforehand, gets as many instances as its own load asks for, batches and scales
by itself, and routers count the tokens of images, so that a burst of them is spread.
Encoded images lengthen the prompt (decoder-only models) or are attended to across
(cross-attention models). Prefill and decode can be split too.

The comparison is one pool whose instances do everything, on the same requests, sized by
the same rule and in the same way. docs/models/modserve.md has the equations and what
was left out.
"""

from __future__ import annotations

from twin.serving.fleet.parts import Engine, Requests
from twin.serving.modserve.autoscale import StageScaler
from twin.serving.modserve.encode_power import at_encoding_power
from twin.serving.modserve.media import media_of
from twin.serving.modserve.parameters import Parameters
from twin.serving.modserve.plans import (
    Arranged,
    modserve_plan,
    monolith_plan,
    monolith_requests,
)
from twin.serving.multimodal import AUDIO, IMAGE
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import check_traffic, run_plan

SOURCE = (
    "ModServe (SoCC 2025), arXiv 2502.00937: abstract read; stage times, limits and "
    "set-up not at hand"
)


def evaluate(ground: Ground, p: Parameters) -> Outcome:
    """
    Run the traffic with media through pools of stages, and through one pool.

    Args:
        ground: Traffic, hall and prices; its limits are those of text.
        p: Parameters.

    Returns:
        The outcome; its baseline is the monolithic pool on the same requests.

    Raises:
        ScenarioError: If there is no traffic, the hall is too small, or limits cannot
            be kept.

    Source:
        docs/models/modserve.md.
    """
    check_traffic(ground.requests)
    media = media_of(ground, p)
    ours = modserve_plan(ground, p, media)
    plain = monolith_requests(ground, p, media)
    whole = monolith_plan(at_encoding_power(ground, p, media, plain), p, plain)
    before = _run(ground, whole, plain, "modserve_monolith", "One multimodal pool")
    after = _run(ground, ours, media.requests, SYSTEM.key, SYSTEM.label)
    figures = _compared(after, before) | {
        "image_requests": float((media.kind == IMAGE).sum()),
        "images": float(media.images.sum()),
        "audio_requests": float((media.kind == AUDIO).sum()),
        "encode_items": float(media.items.sum()),
    }
    return after.plus(figures, *_notes(p, ground.engine), baseline=before)


def _run(
    ground: Ground, arranged: Arranged, requests: Requests, key: str, label: str
) -> Outcome:
    pools = arranged.plan.fleet.pools
    figures = {
        f"{pool.name}_peak_instances": float(n)
        for pool, n in zip(pools, arranged.peak, strict=True)
    } | {
        f"{pool.name}_gpus_per_instance": float(pool.engine.gpu_count) for pool in pools
    }
    short = "the hall falls short of the busiest minute by the profiles"
    outcome, _ = run_plan(ground, arranged.plan, key, label, requests)
    scaler = arranged.plan.controller
    if isinstance(scaler, StageScaler):
        figures |= {
            "started_instances": float(scaler.started),
            "stopped_instances": float(scaler.stopped),
        }
    return outcome.plus(figures, *([short] if arranged.short else []))


def _compared(after: Outcome, before: Outcome) -> dict[str, float]:
    return {
        "cost_saving_frac": 1.0 - after.cost_usd / before.cost_usd,
        "energy_saving_frac": 1.0 - after.energy_j / before.energy_j,
        "gpu_hours_saving_frac": 1.0 - after.gpu_hours / before.gpu_hours,
    }


def _notes(p: Parameters, engine: Engine) -> tuple[str, ...]:
    gpus = min(p.monolith_encode_gpus, engine.gpu_count)
    encoding = (
        f"in the one pool an encoder runs as on {gpus} of {engine.gpu_count} GPUs, the "
        "others idle; one that spreads images over all of them ("
        "monolith_encode_gpus) comes much nearer to pools apart"
    )
    return (
        "which requests have images or audio is assumed; one modality per request",
        "encoder times are arithmetic on public sizes, nobody published them",
        "passing encoded images on, and preparing them on CPUs, takes no time here",
        encoding,
    )


SYSTEM = System(
    key="modserve", label="ModServe", kind="fleet",
    summary="Encodes images and audio, prefills and decodes in pools of their own that "
    "scale by themselves.", source=SOURCE, mark="published", page="modserve.md",
    parameters=Parameters, evaluate=evaluate,
    own_terms="images and audio are added to the traffic",
)  # fmt: skip
