"""
Small fleets that the compiled kernel and the plain oracle both run.

Each scene turns on one part of docs/models/fleet.md, on tables of the catalogue, with
requests drawn from a seeded generator. Actions land on whole seconds, the edges of
the kernel's ticks. Predictions are whole tokens, so that sums of
them are exact in whatever order they are added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue import PHASE_TABLES, SERVERS
from twin.catalogue.gpus import CLOCK_CURVES
from twin.serving.fleet.parts import (
    EDF,
    FCFS,
    PRIORITY,
    SLACK,
    SSJF,
    Action,
    Chunking,
    Engine,
    Fleet,
    FleetClass,
    Link,
    Pool,
    PrefixCache,
    Requests,
    SharedQueue,
    plain_requests,
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One fleet, what is asked of it, what happens to it, and for how long."""

    name: str
    fleet: Fleet
    requests: Requests
    horizon_s: float
    events: tuple[Action, ...] = ()


def engine(model: str, gpu: str, gpu_count: int, **more) -> Engine:
    """An engine of the catalogue."""
    table = next(
        t
        for t in PHASE_TABLES
        if (t.model, t.tensor_parallel) == (model, gpu_count) and t.gpu.startswith(gpu)
    )
    server = next(s for s in SERVERS.values() if s.gpu.key == table.gpu)
    return Engine(
        table=table, gpu=server.gpu, server=server, clocks=CLOCK_CURVES[table.gpu],
        gpu_count=gpu_count, **more,
    )  # fmt: skip


BLOOM = engine("bloom-176b", "a100", 8)
LLAMA = engine("llama2-70b", "a100", 8)
LLAMA_H100 = engine("llama2-70b", "h100", 4)
LLAMA_SMALL = engine("llama2-70b", "a100", 2)  # 12,207 tokens of cache
QWEN = engine("qwen3-8b", "h100", 1)
QWEN_14B = engine("qwen3-14b", "h100", 1)

LINK = Link(
    byte_per_s=25e9, latency_s=0.005, serial_below_tokens=512.0, exposed_frac=0.1,
    kv_byte_per_token=4.0e6,
)  # fmt: skip


def lengths(rng, count, middle, spread, most):
    """Whole lengths around a median, at least one token."""
    drawn = middle * np.exp(spread * rng.standard_normal(count))
    return np.clip(drawn, 1, most).astype(np.int64)


def asked(
    seed, count, rate, *, prompt=(600, 0.8, 4000), output=(60, 0.9, 400),
    classes=1, noise=0.0, **more,
) -> Requests:  # fmt: skip
    """Poisson arrivals of lognormal lengths; `noise` is the spread of predictions."""
    rng = np.random.default_rng(seed)
    at_s = np.cumsum(rng.exponential(1.0 / rate, count))
    tokens = lengths(rng, count, *output)
    predicted = np.maximum(1, np.round(tokens * np.exp(noise * rng.normal(size=count))))
    requests = plain_requests(
        at_s, lengths(rng, count, *prompt), tokens,
        klass=rng.integers(0, classes, count), predicted=predicted,
    )  # fmt: skip
    return replace(requests, **more)


def chat(prompt_pool="all", **more) -> FleetClass:
    return FleetClass(**{"name": "chat", "prompt_pool": prompt_pool, **more})


def one_pool(count, at, *classes, **more) -> Fleet:
    """A fleet of one pool named all."""
    pool = Pool(name="all", engine=at, count=count, **more)
    return Fleet(pools=(pool,), classes=classes or (chat(),))


# --- one pool -------------------------------------------------------------------------


def plain() -> Scene:
    stands = one_pool(3, LLAMA, chat(ttft_slo_s=0.5, tbt_slo_s=0.06, e2e_slo_s=8.0))
    return Scene(
        name="plain", fleet=stands, requests=asked(1, 1000, 4.0), horizon_s=320.0
    )


def saturated() -> Scene:
    """Queues fill up, some prompts are too long, the horizon ends in mid-run."""
    stands = one_pool(
        2, LLAMA_SMALL, routing="round_robin", queue=replace(FCFS, limit=40)
    )
    requests = asked(2, 700, 6.0, prompt=(900, 1.0, 16_000))
    return Scene(name="saturated", fleet=stands, requests=requests, horizon_s=140.0)


def power_capped() -> Scene:
    """A cap, a lower clock from the start and busier data, on another GPU."""
    at = engine(
        "llama2-70b", "h100", 8, gpu_cap_frac=0.5, capped_slowdown=1.15,
        dynamic_power_factor=1.2,
    )  # fmt: skip
    stands = one_pool(2, at, clock_mhz=1500.0)
    stands = replace(stands, off_power_frac=0.3)
    stands = replace(stands, pools=(replace(stands.pools[0], most=3),))
    return Scene(
        name="power capped", fleet=stands, requests=asked(3, 900, 6.0), horizon_s=180.0
    )


def shortest_predicted() -> Scene:
    stands = one_pool(2, BLOOM, queue=SSJF, routing="least_tokens")
    requests = asked(4, 1000, 5.0, noise=0.6)
    return Scene(
        name="shortest predicted", fleet=stands, requests=requests, horizon_s=600.0
    )


def earliest_deadline() -> Scene:
    classes = (
        chat(ttft_slo_s=1.0, tbt_slo_s=0.15),
        chat(name="code", ttft_slo_s=4.0),
        chat(name="batch", ttft_slo_s=60.0, patience_s=30.0),
    )
    stands = one_pool(2, BLOOM, *classes, queue=EDF, max_batch=16)
    requests = asked(5, 1000, 4.2, classes=3)
    return Scene(
        name="earliest deadline", fleet=stands, requests=requests, horizon_s=400.0
    )


def priority() -> Scene:
    """Head starts, and at most two prefills in a row that pause decode."""
    classes = (
        chat(priority_s=-10.0, patience_s=5.0),
        chat(name="batch", patience_s=20.0),
    )
    stands = one_pool(
        2, BLOOM, *classes, queue=PRIORITY, max_preemptions=2,
        max_prefill_tokens=1000.0,
    )  # fmt: skip
    requests = asked(6, 1000, 4.8, classes=2)
    return Scene(name="priority", fleet=stands, requests=requests, horizon_s=300.0)


def chunks() -> Scene:
    """Chunked prefill in order of arrival; some outputs are one token long."""
    cut = Chunking(target_s=0.1, least_tokens=64, most_tokens=512, overhead_s=0.002)
    stands = one_pool(2, LLAMA_SMALL, chunking=cut)
    requests = asked(7, 700, 1.7, prompt=(700, 0.8, 9000), output=(60, 1.2, 300))
    return Scene(name="chunks", fleet=stands, requests=requests, horizon_s=400.0)


def least_slack() -> Scene:
    """Chunks taken by least relative slack, long prompts among short ones."""
    cut = Chunking(target_s=0.08, least_tokens=32, most_tokens=1024, overhead_s=0.001)
    classes = (chat(ttft_slo_s=2.0), chat(name="long", ttft_slo_s=30.0))
    stands = one_pool(2, LLAMA, *classes, queue=SLACK, chunking=cut)
    requests = asked(8, 800, 2.2, classes=2)
    long = requests.klass == 1
    prompt = np.where(long, requests.prompt * 4, requests.prompt)
    return Scene(
        name="least slack", fleet=stands, requests=replace(requests, prompt=prompt),
        horizon_s=450.0,
    )  # fmt: skip


def mix_aware() -> Scene:
    stands = one_pool(4, LLAMA_H100, routing="mix_aware", max_batch=24)
    requests = asked(9, 1200, 14.0, noise=0.4)
    return Scene(name="mix aware", fleet=stands, requests=requests, horizon_s=300.0)


def many() -> Scene:
    """More instances than the mix-aware router looks at."""
    stands = one_pool(70, QWEN_14B, routing="mix_aware", max_batch=4)
    requests = asked(21, 1500, 110.0, noise=0.4)
    return Scene(name="many", fleet=stands, requests=requests, horizon_s=40.0)


# --- several pools --------------------------------------------------------------------


def split() -> Scene:
    """Prompts and tokens apart; the link is busy at times."""
    pools = (
        Pool(
            name="prompt", engine=LLAMA_H100, count=2, role="prompt",
            routing="least_tokens",
        ),
        Pool(name="token", engine=LLAMA, count=2, role="token", max_batch=24),
    )  # fmt: skip
    stands = Fleet(
        pools=pools, classes=(chat("prompt", token_pool="token"),), link=LINK
    )
    requests = asked(10, 1000, 9.0, output=(60, 1.2, 300))
    return Scene(name="split", fleet=stands, requests=requests, horizon_s=250.0)


def chunked_split() -> Scene:
    """Prompts are chunked where nothing decodes, and sent on."""
    cut = Chunking(target_s=0.15, least_tokens=128, most_tokens=512)
    pools = (
        Pool(name="prompt", engine=LLAMA_H100, count=2, queue=SSJF, chunking=cut),
        Pool(name="token", engine=LLAMA_H100, count=1, routing="round_robin"),
    )
    stands = Fleet(
        pools=pools, classes=(chat("prompt", token_pool="token"),), link=LINK
    )
    return Scene(
        name="chunked split", fleet=stands, requests=asked(22, 800, 7.0),
        horizon_s=160.0,
    )  # fmt: skip


def overflow() -> Scene:
    """A mixed pool takes prompts that the prompt pool is too busy for."""
    pools = (
        Pool(name="prompt", engine=BLOOM, count=1, role="prompt"),
        Pool(name="token", engine=BLOOM, count=1, role="token", routing="least_tokens"),
        Pool(name="mixed", engine=BLOOM, count=2, routing="least_tokens"),
    )
    klass = chat(
        "prompt", token_pool="token", overflow_pool="mixed", overflow_tokens=1500.0,
        local_tokens=900.0,
    )  # fmt: skip
    stands = Fleet(pools=pools, classes=(klass,), link=LINK)
    requests = asked(11, 1000, 4.5, output=(60, 0.9, 300))
    return Scene(name="overflow", fleet=stands, requests=requests, horizon_s=300.0)


def chats_in_sessions(requests, seed, *, ids, prefix):
    """Give two in three requests a session whose prefix has one length for good."""
    rng = np.random.default_rng(seed)
    count = len(requests)
    drawn = np.where(rng.random(count) < 0.67, rng.integers(0, ids, count), -1)
    long = lengths(rng, ids, *prefix)
    covered = np.where(drawn >= 0, long[drawn], 0)
    # a few prompts are nothing but their prefix
    more = np.where(rng.random(count) < 0.1, 0, requests.prompt // 4 + 1)
    prompt = np.where(drawn >= 0, covered + more, requests.prompt)
    return replace(requests, prompt=prompt, prefix_id=drawn, prefix=covered)


def affinity() -> Scene:
    """Sessions return to their prefix; 12 places for 40 sessions collide."""
    stands = one_pool(
        3, BLOOM, routing="affinity", prefix_cache=PrefixCache(entries=12),
        slack_load=2.0,
    )  # fmt: skip
    requests = asked(12, 1000, 3.5)
    requests = chats_in_sessions(requests, 112, ids=40, prefix=(900, 0.5, 3000))
    return Scene(name="affinity", fleet=stands, requests=requests, horizon_s=400.0)


def shared_prefixes() -> Scene:
    """Two models share one store of prefixes; loading is not always hidden."""
    cache = PrefixCache(
        scope="fleet", entries=64, recompute_frac=0.2, load_token_s=1.5e-4
    )
    pools = (
        Pool(name="small", engine=QWEN, count=1, prefix_cache=cache),
        Pool(name="large", engine=QWEN_14B, count=2, prefix_cache=cache),
    )
    classes = (chat("small"), chat("large", name="reasoning", model=1))
    requests = asked(13, 1200, 12.0, classes=2)
    requests = chats_in_sessions(requests, 113, ids=30, prefix=(1500, 0.5, 5000))
    return Scene(
        name="shared prefixes", fleet=Fleet(pools=pools, classes=classes),
        requests=requests, horizon_s=200.0,
    )  # fmt: skip


def chains() -> Scene:
    """Every request runs up to five chains over one prompt."""
    requests = asked(14, 300, 1.2, prompt=(300, 0.6, 1500))
    rng = np.random.default_rng(114)
    rows = np.repeat(np.arange(300), rng.integers(1, 6, 300))
    leader = np.append(True, rows[1:] != rows[:-1])
    tokens = lengths(rng, rows.size, 50, 0.8, 250)
    repeated = {
        name: getattr(requests, name)[rows]
        for name in ("arrived_s", "klass", "prompt", "encode", "prefix_id", "prefix")
    }
    requests = Requests(
        **repeated, output=tokens, predicted=tokens.astype(float),
        chain=np.where(leader, 0, 1),
    )  # fmt: skip
    stands = one_pool(2, LLAMA_SMALL, chat(tbt_slo_s=0.08))
    return Scene(name="chains", fleet=stands, requests=requests, horizon_s=320.0)


def _with_images(requests, seed):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 4, len(requests)) * 576
    return replace(requests, encode=images)


def encode_pool() -> Scene:
    """Images go through encoders first; text goes straight to its prompt."""
    pools = (
        Pool(name="encode", engine=QWEN, count=2, role="encode"),
        Pool(name="prompt", engine=QWEN_14B, count=2, role="prompt"),
        Pool(name="token", engine=QWEN_14B, count=1, role="token"),
    )
    klass = chat("prompt", encode_pool="encode", token_pool="token")
    link = replace(LINK, kv_byte_per_token=160e3)
    stands = Fleet(pools=pools, classes=(klass,), link=link)
    requests = _with_images(asked(15, 1200, 16.0), 115)
    return Scene(name="encode pool", fleet=stands, requests=requests, horizon_s=100.0)


def encode_in_place() -> Scene:
    """Images are work of the prompt's own instance."""
    stands = one_pool(2, QWEN_14B, routing="least_tokens")
    requests = _with_images(asked(16, 1000, 9.0), 116)
    return Scene(
        name="encode in place", fleet=stands, requests=requests, horizon_s=200.0
    )


# --- what happens to a fleet ----------------------------------------------------------


def clocks() -> Scene:
    """Clocks fall, rise and are lifted in mid-run, on two GPUs."""
    pools = (
        Pool(name="all", engine=BLOOM, count=2),
        Pool(name="new", engine=LLAMA_H100, count=1),
    )
    classes = (chat(), chat("new", name="code"))
    requests = asked(17, 900, 4.0, classes=2)
    events = tuple(
        Action(at_s=at_s, name="clock", instance=place, value=mhz)
        for at_s, place, mhz in (
            (20, 0, 990.0), (20, 1, 1200.0), (41, 2, 1100.0), (60, 0, 300.0),
            (75, 1, 0.0), (90, 0, 1350.0), (120, 2, 0.0), (151, 0, 0.0),
        )
    )  # fmt: skip
    return Scene(
        name="clocks", fleet=Fleet(pools=pools, classes=classes), requests=requests,
        horizon_s=300.0, events=events,
    )  # fmt: skip


def failure() -> Scene:
    """One of two fails under load and comes back, then the other."""
    stands = one_pool(2, LLAMA, prefix_cache=PrefixCache(), routing="affinity")
    requests = asked(18, 800, 4.5)
    requests = chats_in_sessions(requests, 118, ids=20, prefix=(700, 0.4, 2000))
    events = (
        Action(at_s=40.0, name="fail", instance=1),
        Action(at_s=60.0, name="on", instance=1, value=20.0),
        Action(at_s=100.0, name="fail", instance=0),
    )
    return Scene(
        name="failure", fleet=stands, requests=requests, horizon_s=200.0, events=events
    )


def start_and_drain() -> Scene:
    """Instances come and go, one is avoided; a stopped one draws a little."""
    stands = one_pool(2, LLAMA, most=4, routing="round_robin")
    stands = replace(stands, off_power_frac=0.1)
    events = (
        Action(at_s=20.0, name="on", instance=2, value=15.0),
        Action(at_s=45.0, name="off", instance=0),
        Action(at_s=60.0, name="avoid", instance=1, value=1.0),
        Action(at_s=70.0, name="on", instance=3, value=5.0),
        Action(at_s=90.0, name="avoid", instance=1, value=0.0),
        Action(at_s=110.0, name="on", instance=0, value=10.0),
        Action(at_s=130.0, name="off", instance=2),
    )
    return Scene(
        name="start and drain", fleet=stands, requests=asked(19, 800, 4.5),
        horizon_s=220.0, events=events,
    )  # fmt: skip


def shared_queues() -> Scene:
    """Two models over three instances; one swaps over and back."""
    queues = (
        SharedQueue(name="small", engine=QWEN, served_by=(0, 1)),
        SharedQueue(name="large", engine=QWEN_14B, served_by=(2,)),
    )
    classes = (
        chat(shared_queue="small", ttft_slo_s=2.0),
        chat(name="reasoning", shared_queue="large", ttft_slo_s=20.0),
    )
    stands = one_pool(3, QWEN, *classes, shared=queues, max_batch=32, queue=EDF)
    events = (
        Action(at_s=15.0, name="serve", instance=1, value=8.0, queue=1),
        Action(at_s=55.0, name="serve", instance=1, value=8.0, queue=0),
    )
    return Scene(
        name="shared queues", fleet=stands, requests=asked(20, 1200, 14.0, classes=2),
        horizon_s=150.0, events=events,
    )  # fmt: skip


SCENES = {
    scene.name: scene
    for scene in (
        plain(), saturated(), power_capped(), shortest_predicted(), earliest_deadline(),
        priority(), chunks(), least_slack(), mix_aware(), many(), split(),
        chunked_split(), overflow(), affinity(), shared_prefixes(), chains(),
        encode_pool(), encode_in_place(), clocks(), failure(), start_and_drain(),
        shared_queues(),
    )
}  # fmt: skip
