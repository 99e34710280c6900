"""Turn a fleet into the arrays of the kernel, refusing what could not run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from twin.catalogue.performance import (
    clock_factors,
    decode_iteration_s,
    decode_power_frac,
)
from twin.errors import ScenarioError
from twin.serving.fleet import state as k
from twin.serving.fleet.parts import Engine, Fleet, FleetClass, Pool, RoutingName
from twin.serving.primitives import BINS, NEVER, SEQUENCE
from twin.types import FloatArray

MAX_RECORDS = 1440
ROUTINGS = get_args(RoutingName)
OFFSETS = ("none", "deadline", "priority")
NOTHING = np.empty(0)


def check_fleet(fleet: Fleet) -> None:
    """
    Refuse a fleet that names what is not there or could never serve.

    Raises:
        ScenarioError: Names field, rule, value and repair.
    """
    names = [pool.name for pool in fleet.pools]
    _unique(names, "fleet.pools")
    _unique([c.name for c in fleet.classes], "fleet.classes")
    for pool in fleet.pools:
        _check_pool(pool)
    for request_class in fleet.classes:
        _check_class(request_class, fleet, names)


def _unique(names: Sequence[str], field: str) -> None:
    twice = {n for n in names if names.count(n) > 1}
    if twice or not names:
        raise ScenarioError(field, "needs at least one, each with a name of its own",
                            ", ".join(sorted(twice)) or "none",
                            "rename or add one")  # fmt: skip


def _check_pool(pool: Pool) -> None:
    if pool.count < 0 or pool.largest < max(1, pool.count):
        raise ScenarioError(f"pools.{pool.name}.count", "must be 0 or more, with room "
                            "for at least one instance", pool.count, "raise `most`, or "
                            "leave the pool out")  # fmt: skip
    for field, value, fits in _pool_numbers(pool):
        if not fits:
            raise ScenarioError(f"pools.{pool.name}.{field}", "is out of its range",
                                value, "see the field in parts.Pool")  # fmt: skip
    if pool.engine.table.kv_capacity_tokens < 2 and pool.role != "encode":
        raise ScenarioError(f"pools.{pool.name}.engine",
                            "the model and a cache must fit the memory of its GPUs",
                            f"{pool.engine.table.model} on {pool.engine.gpu_count} "
                            "GPUs", "use more GPUs per instance or a lower "
                            "precision")  # fmt: skip


def _pool_numbers(pool: Pool) -> Iterator[tuple[str, Any, bool]]:
    """Every number of a pool with whether it lies in its range."""
    mhz, chunk, cache = pool.clock_mhz, pool.chunking, pool.prefix_cache
    yield "clock_mhz", mhz, mhz is None or 0 < mhz < math.inf
    yield "max_batch", pool.max_batch, pool.max_batch is None or pool.max_batch >= 1
    yield "max_prefill_tokens", pool.max_prefill_tokens, pool.max_prefill_tokens >= 1
    yield "max_preemptions", pool.max_preemptions, pool.max_preemptions >= 0
    yield "slack_load", pool.slack_load, pool.slack_load >= 0
    yield "queue.limit", pool.queue.limit, pool.queue.limit >= 1
    yield "routing", pool.routing, pool.routing in ROUTINGS
    if chunk is not None:
        least, most = chunk.least_tokens, chunk.most_tokens
        yield "chunking.target_s", chunk.target_s, chunk.target_s > 0
        yield "chunking.least_tokens", least, least >= 1
        yield "chunking.most_tokens", most, most >= least
        yield "chunking.overhead_s", chunk.overhead_s, 0 <= chunk.overhead_s < math.inf
    if cache is not None:
        again, load_s = cache.recompute_frac, cache.load_token_s
        yield "prefix_cache.entries", cache.entries, cache.entries >= 1
        yield "prefix_cache.recompute_frac", again, 0 <= again <= 1
        yield "prefix_cache.load_token_s", load_s, 0 <= load_s < math.inf
        yield "prefix_cache.memory_frac", cache.memory_frac, 0 <= cache.memory_frac < 1


def _check_class(one: FleetClass, fleet: Fleet, names: Sequence[str]) -> None:
    for place in ("prompt_pool", "token_pool", "encode_pool", "overflow_pool"):
        name = getattr(one, place)
        if name is not None and name not in names:
            raise ScenarioError(f"classes.{one.name}.{place}", "must name a pool", name,
                                "one of " + ", ".join(names))  # fmt: skip
    if one.token_pool not in (None, one.prompt_pool) and fleet.link is None:
        raise ScenarioError("fleet.link",
                            "needed where prompts and tokens have own pools", None,
                            "give the link that carries the caches")  # fmt: skip
    pool = next(p for p in fleet.pools if p.name == one.prompt_pool)
    shared = [q.name for q in pool.shared]
    if (one.shared_queue is None) is bool(shared) or (
        shared and one.shared_queue not in shared
    ):
        raise ScenarioError(f"classes.{one.name}.shared_queue", "must name a shared "
                            "queue of the prompt pool, where that has any",
                            one.shared_queue,
                            "one of " + (", ".join(shared) or "none"))  # fmt: skip


# --- engines ---


def _engines(fleet: Fleet) -> list[Engine]:
    """Every engine once, in the order pools name them."""
    found: list[Engine] = []
    for pool in fleet.pools:
        for engine in (pool.engine, *(q.engine for q in pool.shared)):
            if not any(engine is known for known in found):
                found.append(engine)
    return found


def _place(engines: Sequence[Engine], engine: Engine) -> int:
    return next(i for i, known in enumerate(engines) if known is engine)


def _batch_limit(fleet: Fleet) -> int:
    """Largest batch of any pool."""
    return max(
        max(max_batch(p), *(q.engine.table.max_batch for q in p.shared), 1)
        for p in fleet.pools
    )


def max_batch(pool: Pool) -> int:
    """Sequences one instance of a pool decodes together."""
    table = pool.engine.table.max_batch
    return table if pool.max_batch is None else min(table, pool.max_batch)


def _engine_rows(engines: Sequence[Engine], batch: int) -> dict[str, Any]:
    """Tables of all engines, padded to one width."""
    count = len(engines)
    width = max(len(e.table.prefill_tokens) for e in engines)
    clocks = max(len(e.clocks.clock_mhz) for e in engines)
    out = {
        "engine": np.zeros(count, dtype=k.ENGINE),
        "prefill_tokens": np.zeros((count, width)),
        "prefill_s": np.zeros((count, width)),
        "prefill_w": np.zeros((count, width)),
        "chunk_s": np.zeros((count, width)),
        "decode_base_s": np.zeros((count, batch + 1)),
        "decode_w": np.zeros((count, batch + 1)),
        "curve_mhz": np.zeros((count, clocks)),
        "curve": np.zeros((count, clocks, 4)),
    }
    for e, engine in enumerate(engines):
        table = engine.table
        group_w = engine.gpu_count * engine.gpu.tdp_w.value
        n = len(table.prefill_tokens)
        out["prefill_tokens"][e, :n] = table.prefill_tokens
        slow = engine.capped_slowdown if engine.gpu_cap_frac < 1.0 else 1.0
        out["prefill_s"][e, :n] = np.array(table.prefill_s) * slow
        out["chunk_s"][e, :n] = np.maximum.accumulate(out["prefill_s"][e, :n])
        out["prefill_w"][e, :n] = np.array(table.prefill_power_frac) * group_w
        base_s, watts = decode_iteration_s(table), decode_power_frac(table) * group_w
        m = min(batch, table.max_batch) + 1
        out["decode_base_s"][e, :m] = base_s[:m]
        out["decode_w"][e, :m] = watts[:m]
        out["decode_base_s"][e, m:] = base_s[-1]
        out["decode_w"][e, m:] = watts[-1]
        mhz, factors = engine_clocks(engine)
        out["curve_mhz"][e, : mhz.size] = mhz
        out["curve"][e, : mhz.size] = factors
        out["engine"][e] = (
            table.decode_kv_token_s, table.kv_capacity_tokens,
            engine.gpu_count * engine.gpu.idle_w.value,
            engine.gpu_cap_frac * group_w if engine.gpu_cap_frac < 1.0 else math.inf,
            engine.dynamic_power_factor, table.decode_context_tokens,
            engine.gpu_count, n, mhz.size,
        )  # fmt: skip
    return out


def host_share_w(engine: Engine) -> float:
    """Constant host power that goes with one GPU of a server. [W]"""
    return float(engine.server.host_w.value / engine.server.gpu_count)


def engine_clocks(engine: Engine) -> tuple[FloatArray, FloatArray]:
    """`clock_factors` of an engine."""
    top_mhz = engine.gpu.clock_max_mhz.value
    return clock_factors(engine.clocks, engine.table, top_mhz)


# --- pools and classes ---


def _pool_rows(fleet: Fleet, engines: Sequence[Engine]) -> tuple[np.ndarray, int, int]:
    """Pools as records, the size of their trees together, and cache stores."""
    rows = np.zeros(len(fleet.pools), dtype=k.POOL)
    first = tree = stores = shared = 0
    behind_link = -1
    total = sum(p.largest for p in fleet.pools)
    for p, pool in enumerate(fleet.pools):
        n = pool.largest
        leaves = 1 << max(0, (n - 1).bit_length())
        row, queue, chunk, cache = rows[p], pool.queue, pool.chunking, pool.prefix_cache
        row["first"], row["end"] = first, first + n
        row["engine"] = _place(engines, pool.engine)
        row["routing"] = ROUTINGS.index(pool.routing)
        row["slack"] = queue.name == "slack"
        row["arrival_weight"] = queue.arrival_weight
        row["predicted_weight"] = queue.predicted_weight
        row["offset"] = OFFSETS.index(queue.offset)
        row["queue_limit"] = queue.limit
        row["max_batch"] = max_batch(pool)
        row["max_prefill_tokens"] = pool.max_prefill_tokens
        row["max_preemptions"] = pool.max_preemptions
        row["cache_first"] = -1
        row["request_frac"] = 1.0
        engine = pool.engine
        row["host_w"] = host_share_w(engine) * engine.gpu_count
        row["host_slope"] = engine.server.host_slope.value
        if chunk is not None:
            row["chunk_target_s"] = chunk.target_s
            row["chunk_least"] = chunk.least_tokens
            row["chunk_most"] = chunk.most_tokens
            row["chunk_overhead_s"] = chunk.overhead_s
        if cache is not None:
            at_fleet = cache.scope == "fleet"
            old = at_fleet and behind_link >= 0
            row["cache_first"] = behind_link if old else stores
            row["cache_entries"] = cache.entries
            kept = cache.memory_frac * pool.engine.table.kv_capacity_tokens
            at_instance = cache.scope == "instance"
            row["cache_capacity"] = kept if at_instance else math.inf
            row["request_frac"] = 1.0 - cache.memory_frac if at_instance else 1.0
            row["cache_fleet"] = at_fleet
            row["recompute_frac"] = cache.recompute_frac
            row["load_token_s"] = cache.load_token_s
            if at_fleet and behind_link < 0:  # all pools share it
                behind_link, stores = stores, stores + 1
            elif not at_fleet:
                stores += n
        row["slack_load"] = pool.slack_load
        row["tree"], row["leaves"] = tree, leaves
        row["shared_first"] = total + shared if pool.shared else -1
        shared += len(pool.shared)
        row["shared_end"] = total + shared
        first += n
        tree += 2 * leaves
    return rows, tree, stores


def _class_rows(fleet: Fleet) -> np.ndarray:
    names = [pool.name for pool in fleet.pools]
    shared = [(p.name, q.name) for p in fleet.pools for q in p.shared]
    rows = np.zeros(len(fleet.classes), dtype=k.CLASS)
    for c, one in enumerate(fleet.classes):
        for place in ("prompt_pool", "token_pool", "encode_pool", "overflow_pool"):
            name = getattr(one, place)
            rows[c][place] = -1 if name is None else names.index(name)
        if one.token_pool == one.prompt_pool:
            rows[c]["token_pool"] = -1
        for limit in (
            "overflow_tokens", "local_tokens", "ttft_slo_s", "tbt_slo_s", "e2e_slo_s",
            "priority_s", "patience_s", "model",
        ):  # fmt: skip
            rows[c][limit] = getattr(one, limit)
        if one.shared_queue is not None:
            rows[c]["shared_queue"] = shared.index((one.prompt_pool, one.shared_queue))
    return rows


def make_setup(fleet: Fleet, *, tick_s: float, ticks: int) -> k.Setup:
    """Constants of a run of so many ticks."""
    engines = _engines(fleet)
    link, reference = fleet.link, fleet.reference
    return k.Setup(
        tick_s=float(tick_s),
        ticks_per_record=max(1, math.ceil(ticks / MAX_RECORDS)),
        **_engine_rows(engines, _batch_limit(fleet)),
        queue_engine=np.array(
            [_place(engines, q.engine) for p in fleet.pools for q in p.shared] or [0],
            dtype=np.int64,
        ),
        klass=_class_rows(fleet),
        off_power_frac=float(fleet.off_power_frac),
        queue_first=sum(p.largest for p in fleet.pools),
        link_byte_per_s=float(link.byte_per_s) if link else math.inf,
        link_latency_s=float(link.latency_s) if link else 0.0,
        link_serial_below=float(link.serial_below_tokens) if link else 0.0,
        link_exposed_frac=float(link.exposed_frac) if link else 0.0,
        link_token_byte=float(link.kv_byte_per_token) if link else 0.0,
        reference_tokens=np.array(reference.prompt_tokens) if reference else NOTHING,
        reference_s=np.array(reference.ttft_s) if reference else NOTHING,
        reference_tbt_s=float(reference.tbt_s) if reference else 1.0,
    )


# --- state and meter ---


def make_state(fleet: Fleet, setup: k.Setup) -> k.State:
    """Everything idle, the first `count` instances of each pool on."""
    rows, tree, stores = _pool_rows(fleet, _engines(fleet))
    n = int(rows["end"][-1])
    shared = sum(len(p.shared) for p in fleet.pools)
    batch = _batch_limit(fleet)
    limit = max(p.queue.limit for p in fleet.pools)
    most_slots = n * (batch + limit + 8) + shared * limit
    entries = max(
        (p.prefix_cache.entries for p in fleet.pools if p.prefix_cache), default=1
    )
    extra = n * batch if shared else 0  # evicted sequences come back on top
    leaves = 1 << max(0, (n - 1).bit_length())
    state = k.State(
        inst=np.zeros(n, dtype=k.INSTANCE), pool=rows,
        slots=np.empty(most_slots, dtype=k.SLOT),
        free=np.array([-1, 0], dtype=np.int64),
        heap=np.empty((n, batch + 1), dtype=SEQUENCE),
        queue=np.empty((n + shared, limit + extra + 1), dtype=k.WAITING),
        queued=np.zeros(n + shared, dtype=np.int64), joined=np.zeros(1, dtype=np.int64),
        tree=np.full(2 * leaves, NEVER), router=np.full(max(tree, 2), NEVER),
        sending=np.empty((1, most_slots), dtype=SEQUENCE),
        cache_id=np.full((max(stores, 1), entries), -1, dtype=np.int64),
        cache_tokens=np.zeros((max(stores, 1), entries)),
        cache_model=np.zeros((max(stores, 1), entries), dtype=np.int64),
        cache_used=np.zeros((max(stores, 1), 2)),
        entering=np.empty((1, most_slots), dtype=SEQUENCE),
        todo=np.array([0, -1, -1, 0], dtype=np.int64),
        pool_w=np.zeros((len(fleet.pools), 11)),
    )  # fmt: skip
    _place_instances(fleet, setup, state)
    return state


def _place_instances(fleet: Fleet, setup: k.Setup, state: k.State) -> None:
    """Give every instance its pool, engine, clock, queue and status."""
    inst = state.inst
    inst["next_s"] = NEVER
    for name in (
        "prefill_head", "begun_head", "join_head", "join_tail", "fresh_head",
        "poke_next", "next_queue",
    ):  # fmt: skip
        inst[name] = -1
    inst["queue"] = np.arange(inst.size)
    shared_first = setup.queue_first
    for p, pool in enumerate(fleet.pools):
        row = state.pool[p]
        here = slice(int(row["first"]), int(row["end"]))
        inst["pool"][here] = p
        inst["engine"][here] = row["engine"]
        on = slice(int(row["first"]), int(row["first"]) + pool.count)
        inst["status"][on] = k.ON
        for s, queue in enumerate(pool.shared):
            for place in queue.served_by:
                i = int(row["first"]) + place
                inst["queue"][i] = shared_first + s
                inst["engine"][i] = setup.queue_engine[
                    shared_first - setup.queue_first + s
                ]
        shared_first += len(pool.shared)
        _set_clock(pool, setup, inst[here])
        idle_w = setup.engine["idle_w"][inst["engine"][here]]
        asleep = np.arange(idle_w.size) >= pool.count
        inst["power_w"][here] = np.where(asleep, setup.off_power_frac, 1.0) * idle_w
        state.pool_w[p, 0] = inst["power_w"][here].sum()
        powered = np.where(asleep, setup.off_power_frac, 1.0).sum()
        state.pool_w[p, 8] = powered * row["host_w"]
        half = int(row["tree"]) + int(row["leaves"])
        state.router[half : half + pool.count] = 0.0
        _build_tree(
            state.router[int(row["tree"]) : int(row["tree"]) + 2 * int(row["leaves"])]
        )


def _set_clock(pool: Pool, setup: k.Setup, here: np.ndarray) -> None:
    for e in np.unique(here["engine"]):
        which = here["engine"] == e
        clocks = setup.curve_mhz[e, : int(setup.engine[e]["clocks"])]
        asked = clocks[-1] if pool.clock_mhz is None else pool.clock_mhz
        mhz = float(np.clip(asked, clocks[0], clocks[-1]))
        here["clock_mhz"][which] = mhz
        for name, column in (
            ("slow_prefill", k.SLOW_PREFILL), ("slow_decode", k.SLOW_DECODE),
            ("power_prefill", k.POWER_PREFILL), ("power_decode", k.POWER_DECODE),
        ):  # fmt: skip
            curve = setup.curve[e, : clocks.size, column]
            here[name][which] = np.interp(mhz, clocks, curve)


def _build_tree(tree: FloatArray) -> None:
    for node in range(tree.size // 2 - 1, 0, -1):
        tree[node] = min(tree[2 * node], tree[2 * node + 1])


def make_meter(fleet: Fleet, setup: k.Setup, ticks: int) -> k.Meter:
    """Nothing measured yet."""
    records = max(1, math.ceil(ticks / setup.ticks_per_record))
    pools, classes = len(fleet.pools), len(fleet.classes)
    return k.Meter(
        series=np.zeros((records, pools, 11)), fleet_w=np.zeros((records, 3)),
        peak_w=np.zeros(2), counts=np.zeros((classes, k.C_REFUSED + len(k.REASONS))),
        histogram=np.zeros((classes, 6, BINS)), sums=np.zeros((classes, 6)),
        gaps=np.zeros((pools, BINS)), gap_sums=np.zeros((pools, 2)),
        lost_tokens=np.zeros(2),
    )  # fmt: skip
