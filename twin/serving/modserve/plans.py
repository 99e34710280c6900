"""From traffic with media to pools: stages profiled, sized and put into a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.architectures import ARCHITECTURES
from twin.catalogue.encoders import Encoder
from twin.errors import ScenarioError
from twin.serving.fleet.parts import Fleet, FleetClass, Plan, Pool, Requests
from twin.serving.fleet.startup import start_s
from twin.serving.modserve.autoscale import StageScaler
from twin.serving.modserve.media import classes_of, encoders_of
from twin.serving.modserve.parameters import Parameters, Sizing
from twin.serving.modserve.sizing import check_hall, loads, share_out
from twin.serving.modserve.stages import (
    Stage,
    as_prompt_tokens,
    decode_s,
    encode_group,
    measure_able,
    prefill_s,
)
from twin.serving.multimodal import AUDIO, IMAGE, Media
from twin.serving.splitwise.designs import cache_link
from twin.serving.systems.base import Ground
from twin.types import BoolArray, FloatArray, IntArray

PREFILL_TOKENS = 2048.0
PROFILE_POOLS = (4, 32)
"""Most instances of a first profile and of the one that counts."""
TOKEN_ROOM = 0.9
"""Part of full batches that a token pool is planned to hold. Assumed."""
SMOOTH_S = 60.0
"""Time over which the scaler averages arrivals. Assumed. [s]"""


def encode_stages(ground: Ground, p: Parameters, media: Media) -> list[Stage]:
    """Pools that encode, profiled; none for a modality that nobody uses."""
    image, audio = encoders_of(p)
    found = []
    for name, kind, encoder in (("image", IMAGE, image), ("audio", AUDIO, audio)):
        here = media.kind == kind
        if not here.any():
            continue
        engine = encode_group(
            encoder.key, ground.server, gpus=_group_gpus(ground, p, encoder, media),
            start=p.start,
        )  # fmt: skip
        tokens = float(p.encode_batch * engine.gpu_count * encoder.item_tokens)
        each_s = float(prefill_s(engine.table, np.array([tokens]))[0]) / tokens
        work_s = media.requests.encode * each_s * here
        sent = replace(
            media.requests.taken(here), prompt=media.requests.encode[here],
            output=np.ones(int(here.sum()), dtype=np.int64),
            encode=np.zeros(int(here.sum()), dtype=np.int64),
        )  # fmt: skip
        found.append(
            _profiled(ground, p, Stage(
                name=name, role="encode", engine=engine, start_s=engine.start_s,
                max_prefill_tokens=tokens, work_s=work_s, able=1.0,
                routing=p.routing,
            ), sent, classes_of(ground, p, part=p.encode_frac), here)
        )  # fmt: skip
    return found


def _group_gpus(ground: Ground, p: Parameters, encoder: Encoder, media: Media) -> int:
    """GPUs of an encode instance: given, or fewest that are fast enough."""
    degrees = [n for n in (1, 2, 4, 8, 16) if n <= ground.server.gpu_count]
    if p.encode_gpus is not None:
        if p.encode_gpus not in degrees:
            raise ScenarioError("modserve.encode_gpus", "must be a power of two within "
                                f"{ground.server.label}", p.encode_gpus, "use one of "
                                f"{', '.join(map(str, degrees))}")  # fmt: skip
        return p.encode_gpus
    kind = IMAGE if encoder.kind == "image" else AUDIO
    large = float(np.quantile(media.items[media.kind == kind], p.slo_frac))
    for gpus in degrees:
        engine = encode_group(encoder.key, ground.server, gpus=gpus, start=p.start)
        alone_s = prefill_s(engine.table, np.array([large * encoder.item_tokens]))[0]
        if alone_s <= 0.5 * p.encode_frac * p.media_ttft_s:
            return gpus
    return degrees[-1]


def model_stages(ground: Ground, p: Parameters, requests: Requests) -> list[Stage]:
    """Pools of the language model: one, or prompts and tokens apart."""
    table = ground.engine.table
    requests = replace(requests, encode=np.zeros(len(requests), dtype=np.int64))
    every = np.ones(len(requests), dtype=np.bool_)
    first_s = prefill_s(table, requests.prompt)
    rest_s = decode_s(table, requests, ground.slo.tbt_s)
    limits = classes_of(ground, p, part=1.0 - p.encode_frac)  # what encoding leaves
    base = _main_stage(ground, p, first_s + rest_s)
    if not p.split:
        return [_profiled(ground, p, base, requests, limits, every)]
    prompts = replace(requests, output=np.ones(len(requests), dtype=np.int64))
    prompt = replace(
        base, name="prompt", role="prompt", work_s=first_s, routing=p.routing
    )
    token = replace(base, name="token", role="token", work_s=rest_s, able=TOKEN_ROOM)
    return [_profiled(ground, p, prompt, prompts, limits, every), token]


def monolith_requests(ground: Ground, p: Parameters, media: Media) -> Requests:
    """The same requests as instances that do everything see them."""
    encode_s = np.zeros(len(media.requests))
    gpus = min(p.monolith_encode_gpus, ground.engine.gpu_count)
    for kind, encoder in zip((IMAGE, AUDIO), encoders_of(p), strict=True):
        here = media.kind == kind
        group = encode_group(encoder.key, ground.server, gpus=gpus, start=p.start)
        encode_s[here] = prefill_s(group.table, media.requests.encode[here])
    added = as_prompt_tokens(ground.engine.table, media.requests.prompt, encode_s)
    return replace(media.requests, encode=added)


def monolith_stage(ground: Ground, p: Parameters, requests: Requests) -> Stage:
    """The one pool, profiled with its encoding."""
    table = ground.engine.table
    first_s = prefill_s(table, requests.prompt + requests.encode)
    work_s = first_s + decode_s(table, requests, ground.slo.tbt_s)
    stage = _main_stage(ground, p, work_s)
    every = np.ones(len(requests), dtype=np.bool_)
    return _profiled(ground, p, stage, requests, classes_of(ground, p), every)


def _main_stage(ground: Ground, p: Parameters, work_s: FloatArray) -> Stage:
    """Instances of the language model, not profiled yet."""
    known = ground.model in ARCHITECTURES
    return Stage(
        name="main", role="mixed", engine=ground.engine,
        start_s=start_s(ground.model, p.start) if known else ground.engine.start_s,
        max_prefill_tokens=PREFILL_TOKENS, work_s=work_s, able=1.0,
    )  # fmt: skip


def _profiled(
    ground: Ground, p: Parameters, stage: Stage, requests: Requests,
    classes: tuple[FleetClass, ...], here: BoolArray,
) -> Stage:  # fmt: skip
    """
    Measure what an instance takes on.

    Raises:
        ScenarioError: If not even an idle one keeps the limits.
    """
    size = PROFILE_POOLS[0]
    for most in PROFILE_POOLS:  # the second about as large as the pool will be
        able = measure_able(
            stage, requests, stage.work_s[here], classes, pool_size=min(size, most),
            slo_frac=p.slo_frac, seed=ground.seed, stop=ground.stop,
        )  # fmt: skip
        if able <= 0.0:
            raise _unmet(p, stage)
        stage = replace(stage, able=able)
        size = math.ceil(loads([stage], ground.requests.arrived_s).max())
    return stage


def _unmet(p: Parameters, stage: Stage) -> ScenarioError:
    return ScenarioError("slo", f"must be kept for {p.slo_frac:.0%} of requests by an "
                         f"idle {stage.name} pool of {stage.engine.gpu_count} GPUs an "
                         "instance", f"{p.media_ttft_s:g} s with media",
                         "loosen the limits, take more GPUs an instance, or fewer "
                         "images")  # fmt: skip


# --- plans ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """
    A plan and how it was sized.

    Args:
        plan: To be run on its requests.
        counts: Instances of each stage at the start.
        peak: Instances that the busiest minute asks for.
        short: Whether the hall falls short of that.
    """

    plan: Plan
    counts: tuple[int, ...]
    peak: tuple[int, ...]
    short: bool


def arrange(
    ground: Ground, p: Parameters, stages: Sequence[Stage],
    classes: tuple[FleetClass, ...], klass: IntArray, *, sizing: Sizing,
    refuse: bool = True,
) -> Arranged:  # fmt: skip
    """
    Size the pools and make the plan.

    Args:
        ground: Common ground.
        p: Parameters.
        stages: Pools, profiled.
        classes: Already sent through these pools.
        klass: Class of each request.
        sizing: How many instances.
        refuse: Whether a hall below the mean load is refused.

    Raises:
        ScenarioError: If the hall is too small for one of each, or for the mean load.
    """
    arrived_s = ground.requests.arrived_s
    load = (1.0 + p.headroom) * loads(stages, arrived_s)
    needs = load.max(axis=1)
    gpus = [s.engine.gpu_count for s in stages]
    hall, short = share_out(needs, gpus, ground.gpu_count)
    if refuse:
        check_hall(
            stages, ground.horizon_s, hall,
            server_gpus=ground.server.gpu_count, server_count=ground.server_count,
        )  # fmt: skip
    peak = tuple(max(1, int(np.ceil(n - 1e-9))) for n in needs)
    first = tuple(
        min(m, max(1, int(np.ceil(n)))) for m, n in zip(hall, load[:, 0], strict=True)
    )
    standing = hall if short else peak
    counts = {"all": hall, "peak": standing, "autoscaled": first}[sizing]
    scaled = sizing == "autoscaled"
    pools = tuple(
        Pool(
            name=s.name, engine=s.engine, role=s.role, count=n,
            most=m if scaled else None, routing=s.routing,
            max_prefill_tokens=s.max_prefill_tokens,
        )
        for s, n, m in zip(stages, counts, hall, strict=True)
    )  # fmt: skip
    link = cache_link(ground.model, ground.engine, ground.engine) if p.split and any(
        s.role == "token" for s in stages
    ) else None  # fmt: skip
    fleet = Fleet(pools=pools, classes=classes, link=link, pue=ground.pue)
    controller = _scaler(p, stages, klass, len(classes)) if scaled else None
    return Arranged(
        plan=Plan(fleet=fleet, controller=controller), counts=counts, peak=peak,
        short=short,
    )  # fmt: skip


def _scaler(
    p: Parameters, stages: Sequence[Stage], klass: IntArray, classes: int
) -> StageScaler:
    seen = np.maximum(np.bincount(klass, minlength=classes), 1)
    return StageScaler(
        period_s=p.period_s, smooth_s=SMOOTH_S, hold_s=p.hold_s, drain_s=p.period_s,
        headroom=p.headroom,
        class_work=np.array([
            np.bincount(klass, s.work_s, classes) / seen / s.able for s in stages
        ]),
        start_s=tuple(s.start_s for s in stages),
    )  # fmt: skip


def modserve_plan(ground: Ground, p: Parameters, media: Media) -> Arranged:
    """
    Pools of every stage, profiled and sized.

    Raises:
        ScenarioError: If the hall is too small, or limits cannot be kept.
    """
    stages = [
        *encode_stages(ground, p, media),
        *model_stages(ground, p, media.requests),
    ]
    names = [s.name for s in stages]
    encode = [None] * len(ground.classes) + [
        name if name in names else None for name in ("image", "audio")
    ]
    classes = tuple(
        replace(
            c, encode_pool=e, prompt_pool="prompt" if p.split else "main",
            token_pool="token" if p.split else None,
        )
        for c, e in zip(classes_of(ground, p), encode, strict=True)
    )  # fmt: skip
    return arrange(ground, p, stages, classes, media.requests.klass, sizing=p.sizing)


def monolith_plan(ground: Ground, p: Parameters, requests: Requests) -> Arranged:
    """
    One pool that does everything, sized by the same rule.

    Raises:
        ScenarioError: If not even idle instances keep the limits.
    """
    return arrange(
        ground, p, [monolith_stage(ground, p, requests)], classes_of(ground, p),
        requests.klass, sizing=p.monolith_sizing or p.sizing, refuse=False,
    )  # fmt: skip
