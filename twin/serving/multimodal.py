"""
Images and audio for recorded text traffic: who has them, how much, and when in bursts.

Times, texts and outputs stay as recorded; a request is given images, or audio, or
stays text. How many have them is exact, so that bursts move work in time and leave its
amount alone. Everything follows from the seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.encoders import Encoder
from twin.errors import ScenarioError
from twin.serving.fleet.parts import Requests
from twin.types import BoolArray, FloatArray, IntArray

TEXT, IMAGE, AUDIO = 0, 1, 2
WINDOW_S = 30.0
"""Audio is encoded in windows of this length, the last one padded."""
_STREAM = 937


@dataclass(frozen=True, slots=True, kw_only=True)
class Bursts:
    """
    Times at which a modality is asked for more often.

    Args:
        ratio: Share within a burst ÷ mean share; 1: no bursts. >= 1
        length_s: Mean length of a burst; lengths are exponential. > 0 [s]
        time_frac: Part of the time that is within bursts. 0..1, `ratio` × it <= 1
    """

    ratio: float = 1.0
    length_s: float = 120.0
    time_frac: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """
    Images of the traffic.

    Args:
        encoder: What encodes them.
        share: Requests with images ÷ all. 0..1
        tail: At least k images have k ** -tail of the requests with any. > 0
        most: Most images of a request.
        tiles_mean: Mean tiles (encoder items) of an image; 1 + binomial. >= 1
        tiles_most: Most tiles of an image.
        bursts: When.
    """

    encoder: Encoder
    share: float
    tail: float
    most: int
    tiles_mean: float
    tiles_most: int
    bursts: Bursts


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """
    Audio of the traffic.

    Args:
        encoder: What encodes it.
        share: Requests with audio ÷ all. 0..1
        mean_s: Mean length; lengths are log-normal. [s]
        spread: Standard deviation of their logarithm.
        bursts: When.
    """

    encoder: Encoder
    share: float
    mean_s: float
    spread: float
    bursts: Bursts


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """
    Traffic with its media.

    Args:
        requests: The traffic: `encode` in tokens of each request's own encoder.
        kind: TEXT, IMAGE or AUDIO. shape (requests,)
        images: Images of each request.
        items: Encoder items: tiles, or windows of audio.
    """

    requests: Requests
    kind: IntArray
    images: IntArray
    items: IntArray


def add_media(
    requests: Requests, images: Images, audio: Audio, *, lengthens: bool,
    first_class: int, horizon_s: float, seed: int,
) -> Media:  # fmt: skip
    """
    Give some of the requests images or audio.

    A request has one modality besides text. Rows that are chains stay as they are.

    Args:
        requests: Text traffic.
        images: Which requests get images, and how many.
        audio: The same of audio.
        lengthens: Whether media become tokens of the prompt (decoder-only) or are
            attended to across.
        first_class: Class of requests with images; audio's is the next.
        horizon_s: Length of the traffic. [s]
        seed: Seed of all draws.

    Returns:
        As many requests at the same times.

    Raises:
        ScenarioError: If shares add up to more than all, or bursts would hold more than
            there is.
    """
    if images.share + audio.share > 1.0:
        raise ScenarioError("modserve.audio_share", "shares must add up to at most 1",
                            images.share + audio.share,
                            "lower one of the shares")  # fmt: skip
    streams = [
        np.random.default_rng(s)
        for s in np.random.SeedSequence((seed, _STREAM)).spawn(6)
    ]
    times, free = requests.arrived_s, requests.chain == 0
    whole = int(free.sum())
    pictured = _picked(times, free, whole, images.share, images.bursts, horizon_s,
                       streams[0])  # fmt: skip
    voiced = _picked(times, free & ~pictured, whole, audio.share, audio.bursts,
                     horizon_s, streams[1])  # fmt: skip
    kind = np.where(pictured, IMAGE, np.where(voiced, AUDIO, TEXT))
    count = np.zeros(len(requests), dtype=np.int64)
    items = np.zeros(len(requests), dtype=np.int64)
    count[pictured] = image_counts(images, int(pictured.sum()), streams[2])
    extra = (images.tiles_mean - 1.0) / max(1, images.tiles_most - 1)
    items[pictured] = count[pictured] + streams[3].binomial(
        count[pictured] * (images.tiles_most - 1), extra
    )
    items[voiced] = _windows(audio, int(voiced.sum()), streams[4])
    return _with(requests, kind, count, items, images.encoder, audio.encoder,
                 lengthens=lengthens, first_class=first_class)  # fmt: skip


def _with(
    requests: Requests, kind: IntArray, count: IntArray, items: IntArray,
    image: Encoder, audio: Encoder, *, lengthens: bool, first_class: int,
) -> Media:  # fmt: skip
    inside = np.array([0, image.item_tokens, audio.item_tokens])[kind]
    given = np.array([0, image.given_tokens, audio.given_tokens])[kind]
    prompt = requests.prompt + (items * given if lengthens else 0)
    klass = np.where(kind == TEXT, requests.klass, first_class + kind - 1)
    return Media(
        requests=replace(
            requests, klass=klass, prompt=prompt, encode=items * inside
        ),
        kind=kind, images=count, items=items,
    )  # fmt: skip


def image_counts(images: Images, size: int, rng: np.random.Generator) -> IntArray:
    """Images of requests that have any: heavy-tailed, at least one."""
    drawn = (1.0 - rng.random(size)) ** (-1.0 / images.tail)
    return np.minimum(drawn, images.most).astype(np.int64)


def _windows(audio: Audio, size: int, rng: np.random.Generator) -> IntArray:
    normal = rng.standard_normal(size)
    length_s = audio.mean_s * np.exp(audio.spread * normal - 0.5 * audio.spread**2)
    return np.maximum(np.ceil(length_s / WINDOW_S), 1).astype(np.int64)


def _picked(
    times: FloatArray, free: BoolArray, whole: int, share: float, bursts: Bursts,
    horizon_s: float, rng: np.random.Generator,
) -> BoolArray:  # fmt: skip
    """Draw without replacement, those within bursts more likely."""
    if bursts.ratio * bursts.time_frac > 1.0:
        raise ScenarioError("modserve.burst_ratio", "times the part of time within "
                            "bursts must be at most 1", bursts.ratio * bursts.time_frac,
                            "lower the ratio or make bursts rarer")  # fmt: skip
    within = burst_times(times, bursts, horizon_s, rng)
    outside = (1.0 - bursts.ratio * bursts.time_frac) / (1.0 - bursts.time_frac)
    weight = np.where(within, bursts.ratio, outside) * free
    with np.errstate(divide="ignore"):
        rank = rng.standard_exponential(times.size) / weight
    count = min(round(share * whole), int(free.sum()))
    chosen = np.zeros(times.size, dtype=np.bool_)
    chosen[np.argsort(rank, kind="stable")[:count]] = True
    return chosen & free


def burst_times(
    times: FloatArray, bursts: Bursts, horizon_s: float, rng: np.random.Generator
) -> BoolArray:
    """Whether each time lies within a burst; on and off times are exponential."""
    off_s = bursts.length_s * (1.0 - bursts.time_frac) / bursts.time_frac
    begins_on = rng.random() < bursts.time_frac
    mean_s = np.array(
        [bursts.length_s, off_s] if begins_on else [off_s, bursts.length_s]
    )
    pairs = math.ceil(2.0 * horizon_s / mean_s.sum()) + 64
    edges = np.cumsum(rng.standard_exponential((pairs, 2)) * mean_s)
    passed = np.searchsorted(edges, times, side="right")
    return np.asarray(passed % 2 == (0 if begins_on else 1))
