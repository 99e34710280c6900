"""What an instance draws that encodes on some of its GPUs while the others idle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.serving.fleet.parts import Requests
from twin.serving.fleet.scaling import idle_frac
from twin.serving.modserve.media import encoders_of
from twin.serving.modserve.parameters import Parameters
from twin.serving.modserve.stages import encode_group, prefill_s
from twin.serving.multimodal import AUDIO, IMAGE, Media
from twin.serving.systems.base import Ground
from twin.types import FloatArray


def at_encoding_power(
    ground: Ground, p: Parameters, media: Media, requests: Requests
) -> Ground:
    """
    Give the one pool's instances the mean power of prefilling and encoding.

    The fleet has one power for prefill and for encoding that was converted into prompt
    tokens. Power above idle is scaled so that over this traffic the two add up: each
    request at its own prefill's power for its prompt, and at its encoder's for the
    rest, with every GPU that does not encode idle.

    Args:
        ground: Common ground; its engine is the instance.
        p: Parameters.
        media: What the requests carry.
        requests: As the one pool sees them.

    Returns:
        The ground with that engine; unchanged where nothing is encoded.

    Source:
        docs/models/modserve.md, eq. 3.
    """
    if not requests.encode.any():
        return ground
    engine, table = ground.engine, ground.engine.table
    idle = idle_frac(engine.gpu.key)
    knots = np.array(table.prefill_power_frac) - idle

    def above(tokens: FloatArray) -> FloatArray:
        return np.asarray(np.interp(tokens, table.prefill_tokens, knots))

    prompt = requests.prompt.astype(np.float64)
    both = prompt + requests.encode
    first_s, all_s = prefill_s(table, prompt), prefill_s(table, both)
    apart = above(prompt) * first_s
    apart += _encoding_above(ground, p, media) * (all_s - first_s)
    part = float(apart.sum() / (above(both) * all_s).sum())
    power = tuple(float(f) for f in idle + part * knots)
    priced = replace(engine, table=replace(table, prefill_power_frac=power))
    return replace(ground, engine=priced)


def _encoding_above(ground: Ground, p: Parameters, media: Media) -> FloatArray:
    """Power of an instance that encodes ÷ TDP of its GPUs, above idle."""
    gpus = min(p.monolith_encode_gpus, ground.engine.gpu_count)
    found = np.zeros(len(media.requests))
    for kind, encoder in zip((IMAGE, AUDIO), encoders_of(p), strict=True):
        one = encode_group(encoder.key, ground.server, gpus=gpus, start=p.start)
        here = media.kind == kind
        busy = np.interp(
            media.requests.encode[here],
            one.table.prefill_tokens, one.table.prefill_power_frac,
        )  # fmt: skip
        found[here] = (busy - idle_frac(one.gpu.key)) * gpus / ground.engine.gpu_count
    return found
