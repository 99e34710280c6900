"""
Arrays of the fleet kernel: what is fixed, what changes, what is measured.

Every record keeps together what one event touches. Nothing here computes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# phase of an instance
IDLE, DECODE, PREFILL, CHUNK = 0, 1, 2, 3
# status of an instance
OFF, STARTING, ON, DRAINING, FAILED = 0, 1, 2, 3, 4
# routing of a pool
ROUND_ROBIN, LEAST_REQUESTS, LEAST_TOKENS, MIX_AWARE, AFFINITY = 0, 1, 2, 3, 4
# stage of a request
ENCODING, PROMPTING, SENDING, DECODING, GONE = 0, 1, 2, 3, 4
# reasons of refusal
TOO_LONG, QUEUE_FULL, EXPIRED, NOWHERE, LOST = 0, 1, 2, 3, 4
REASONS = ("too long", "queue full", "expired", "nowhere", "failed")
# what is timed, per class
TTFT, TBT, E2E, SLOW_TTFT, SLOW_TBT, SLOW_E2E = 0, 1, 2, 3, 4, 5
METRICS = ("ttft", "tbt", "e2e")
# columns of Setup.curve
SLOW_PREFILL, SLOW_DECODE, POWER_PREFILL, POWER_DECODE = 0, 1, 2, 3
# kinds of action
CLOCK, START, STOP, FAIL, AVOID, SERVE, EVICT = 0, 1, 2, 3, 4, 5, 6
ACTIONS = ("clock", "on", "off", "fail", "avoid", "serve", "evict")
# columns of Meter.series, per record and pool
(
    S_MIN_W, S_MEAN_W, S_MAX_W, S_ARRIVED, S_FINISHED, S_PROMPT, S_OUTPUT, S_QUEUED,
    S_ON, S_CLOCK, S_HOST_W,
) = range(11)  # fmt: skip
# columns of Meter.counts, per class
(
    C_ARRIVED, C_FINISHED, C_ATTAINED, C_PROMPT, C_OUTPUT, C_RESTARTED, C_TRANSFERS,
    C_TRANSFER_S, C_PROMPT_IN, C_OUTPUT_IN, C_REFUSED,
) = range(11)  # fmt: skip
MIX_LOOK = 64
"""Instances that the mix-aware router looks at in one pool."""
AVOIDED = 1e15
"""Added to the load of an instance that routers keep away from."""

ENGINE = np.dtype(
    [
        ("kv_token_s", "f8"),
        ("kv_capacity", "f8"),
        ("idle_w", "f8"),
        ("cap_w", "f8"),
        ("power_factor", "f8"),
        ("context", "f8"),
        ("gpus", "f8"),
        ("knots", "i8"),
        ("clocks", "i8"),
    ],
    align=True,
)

POOL = np.dtype(
    [
        ("first", "i8"),
        ("end", "i8"),
        ("engine", "i8"),
        ("routing", "i8"),
        ("slack", "i8"),  # 1 = the queue is ranked afresh at every pick
        ("arrival_weight", "f8"),
        ("predicted_weight", "f8"),
        ("offset", "i8"),  # 0 none, 1 deadline, 2 priority
        ("queue_limit", "i8"),
        ("max_batch", "i8"),
        ("max_prefill_tokens", "f8"),
        ("max_preemptions", "i8"),
        ("chunk_target_s", "f8"),  # 0 = prefill runs alone
        ("chunk_least", "f8"),
        ("chunk_most", "f8"),
        ("chunk_overhead_s", "f8"),
        ("cache_first", "i8"),  # first store of the pool; -1 = no cache
        ("cache_entries", "i8"),
        ("cache_capacity", "f8"),  # tokens one store holds
        ("request_frac", "f8"),  # part of the cache memory left to requests
        ("host_w", "f8"),  # of one instance that is on
        ("host_slope", "f8"),
        ("cache_fleet", "i8"),  # 1 = one store for the pool
        ("recompute_frac", "f8"),
        ("load_token_s", "f8"),
        ("slack_load", "f8"),
        ("tree", "i8"),  # first node of its router's tree
        ("leaves", "i8"),
        ("shared_first", "i8"),  # first shared queue; -1 = each instance its own
        ("shared_end", "i8"),
        ("turn", "i8"),
    ],
    align=True,
)

CLASS = np.dtype(
    [
        ("prompt_pool", "i8"),
        ("token_pool", "i8"),
        ("encode_pool", "i8"),
        ("overflow_pool", "i8"),
        ("overflow_tokens", "f8"),
        ("local_tokens", "f8"),
        ("ttft_slo_s", "f8"),
        ("tbt_slo_s", "f8"),
        ("e2e_slo_s", "f8"),
        ("priority_s", "f8"),
        ("patience_s", "f8"),
        ("model", "i8"),
        ("shared_queue", "i8"),
    ],
    align=True,
)

INSTANCE = np.dtype(
    [
        ("next_s", "f8"),
        ("synced_s", "f8"),  # time up to which everything below holds
        ("token_clock", "f8"),
        ("target", "f8"),  # token clock at the next event while decoding
        ("held_tokens", "f8"),  # that decode reads
        ("reserved_tokens", "f8"),
        ("work_left_s", "f8"),  # of a prefill at full clock; of a chunk: part left
        ("load_until_s", "f8"),  # a prefill waits for prefixes until then
        ("work_tokens", "f8"),  # prompt tokens of the prefill or chunk running
        ("chunk_prefill_s", "f8"),  # of the chunk's iteration, at full clock
        ("chunk_decode_s", "f8"),
        ("pause_s", "f8"),
        ("tbt_debt", "f8"),  # token gaps counted before they happened
        ("power_w", "f8"),
        ("slow_prefill", "f8"),
        ("slow_decode", "f8"),
        ("power_prefill", "f8"),
        ("power_decode", "f8"),
        ("requests_load", "f8"),
        ("tokens_load", "f8"),
        ("prefill_load_s", "f8"),
        ("prefills", "i8"),  # prompts assigned and not prefilled
        ("link_free_s", "f8"),
        ("energy_idle_j", "f8"),
        ("energy_decode_j", "f8"),
        ("energy_prefill_j", "f8"),
        ("prompt_tokens", "f8"),
        ("output_tokens", "f8"),
        ("finished", "f8"),
        ("on_s", "f8"),
        ("on_since_s", "f8"),
        ("clock_mhz", "f8"),
        ("phase", "i8"),
        ("status", "i8"),
        ("pool", "i8"),
        ("engine", "i8"),
        ("queue", "i8"),
        ("batch", "i8"),
        ("begun", "i8"),  # sequences of prompts partly done
        ("paused", "i8"),  # sequences that wait since `pause_s`
        ("chained", "i8"),  # 1 = sequences that joined meanwhile wait too
        ("fresh", "i8"),  # sequences delivered that had no iteration yet
        ("fresh_head", "i8"),
        ("boundary", "i8"),  # 1 = the next event is an iteration boundary
        ("prefill_clock", "f8"),  # token clock at the last prefill that paused
        ("preempted", "i8"),  # prefills in a row with sequences paused
        ("prefill_head", "i8"),  # admitted together, or the chunk's prompt
        ("begun_head", "i8"),  # prompts partly done, with chunks
        ("join_head", "i8"),
        ("join_tail", "i8"),
        ("avoid", "i8"),
        ("poked", "i8"),
        ("poke_next", "i8"),
        ("next_queue", "i8"),  # after draining; -1 = off
        ("swap_s", "f8"),
    ],
    align=True,
)

SLOT = np.dtype(
    [
        ("arrived_s", "f8"),
        ("first_s", "f8"),
        ("last_s", "f8"),  # of a leader's own row
        ("prompt", "f8"),
        ("output", "f8"),
        ("outputs", "f8"),  # of all chains
        ("predicted", "f8"),
        ("encode", "f8"),
        ("work", "f8"),  # prompt tokens to compute
        ("done", "f8"),  # of them
        ("load_s", "f8"),  # to load a prefix
        ("reserved", "f8"),
        ("tokens_load", "f8"),  # put on `token_at`
        ("klass", "i8"),
        ("stage", "i8"),
        ("prompt_at", "i8"),
        ("token_at", "i8"),
        ("next", "i8"),
        ("leader", "i8"),
        ("chains", "i8"),  # next row of the same request
        ("width", "i8"),
        ("left", "i8"),
        ("prefix_id", "i8"),
        ("prefix", "f8"),
        ("key", "f8"),
        ("fresh", "i8"),
        ("ended", "i8"),
        ("again", "i8"),  # 1 = routed again after a failure
    ],
    align=True,
)

WAITING = np.dtype([("key", "f8"), ("order", "i8"), ("slot", "i8")], align=True)
"""One request in a queue; equal keys go in the order they joined."""


class Setup(NamedTuple):
    """Constants of a run."""

    tick_s: float
    ticks_per_record: int
    engine: np.ndarray  # ENGINE (engines,)
    prefill_tokens: np.ndarray  # (engines, knots)
    prefill_s: np.ndarray
    prefill_w: np.ndarray
    chunk_s: np.ndarray  # prefill time, never falling
    decode_base_s: np.ndarray  # (engines, batch + 1)
    decode_w: np.ndarray
    curve_mhz: np.ndarray  # (engines, clocks)
    curve: np.ndarray  # (engines, clocks, 4)
    queue_engine: np.ndarray  # engine of each shared queue
    klass: np.ndarray  # CLASS (classes,)
    off_power_frac: float
    queue_first: int  # shared queues come after those of the instances
    link_byte_per_s: float
    link_latency_s: float
    link_serial_below: float
    link_exposed_frac: float
    link_token_byte: float
    reference_tokens: np.ndarray  # empty: no slow-downs
    reference_s: np.ndarray
    reference_tbt_s: float


class State(NamedTuple):
    """Everything that changes."""

    inst: np.ndarray  # INSTANCE (instances,)
    pool: np.ndarray  # POOL (pools,); `turn` changes
    slots: np.ndarray  # SLOT
    free: np.ndarray  # int64: head of the free list or -1, first slot never used
    heap: np.ndarray  # SEQUENCE (instances, batch + 1)
    queue: np.ndarray  # WAITING (queues, limit + 1)
    queued: np.ndarray  # int64 (queues,)
    joined: np.ndarray  # int64 (1,): joined so far, breaks ties
    tree: np.ndarray  # next event of every instance
    router: np.ndarray  # trees of load, one per pool
    sending: np.ndarray  # SEQUENCE (1, transfers): by time of arrival
    cache_id: np.ndarray  # int64 (stores, entries)
    cache_tokens: np.ndarray
    cache_model: np.ndarray
    cache_used: np.ndarray  # (stores, 2): tokens held, next entry to give up
    entering: np.ndarray  # SEQUENCE (1, slots): to be routed, oldest first
    # 0 slots to route, 2 first instance to look at, 3 transfers under way
    todo: np.ndarray
    # watts now, joules this tick, its time, last tick's mean; then in this tick: output
    # tokens, requests finished, prompt tokens, requests arrived; then of the hosts:
    # watts now, joules this tick, its time
    pool_w: np.ndarray  # (pools, 11)


class Meter(NamedTuple):
    """What a run measured. Its size does not grow with the horizon."""

    series: np.ndarray  # (records, pools, 11)
    fleet_w: np.ndarray  # (records, 3): min, mean, max of all servers
    peak_w: np.ndarray  # (2,): largest tick mean of all servers, and its tick
    counts: np.ndarray  # (classes, 9 + reasons - 1)
    histogram: np.ndarray  # (classes, 6, BINS)
    sums: np.ndarray  # (classes, 6)
    gaps: np.ndarray  # (pools, BINS)
    gap_sums: np.ndarray  # (pools, 2): seconds, gaps
    lost_tokens: np.ndarray  # (2,): prompt and output tokens computed in vain
