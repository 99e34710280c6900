"""
What a serving fleet is made of: engines, pools, routes, classes, requests.

Records only; `compile.py` turns them into the arrays of the kernel. Times are seconds
from the start of the horizon, lengths are tokens, consumption is positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Protocol

import numpy as np

from twin.catalogue.gpus import Gpu
from twin.catalogue.performance import ClockCurve, PhaseTable
from twin.catalogue.servers import Server
from twin.types import BoolArray, FloatArray, IntArray

Role = Literal["encode", "prompt", "token", "mixed"]
PlainRouting = Literal["round_robin", "least_requests", "least_tokens", "mix_aware"]
RoutingName = Literal[PlainRouting, "affinity"]
"""`affinity` sends a session to the instance that holds its prefix while it may."""
QueueName = Literal["fcfs", "ssjf", "edf", "priority", "slack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """
    One model on one group of GPUs: how long and how hard it works.

    Args:
        table: Times and powers at the highest clock, of the whole group.
        gpu: GPU type.
        server: Server type that carries the GPUs; its host watts are shared by GPU.
        clocks: What a lower clock does.
        gpu_count: GPUs of one instance (tensor × pipeline × sequence parallel).
        gpu_cap_frac: Power cap of each GPU ÷ TDP; power above it is cut. 0..1
        capped_slowdown: Prefill time under that cap ÷ time without. >= 1
        dynamic_power_factor: Multiplier of power above idle (input data). > 0
        gpu_hour_usd: Price of one GPU for one hour. [USD/h]
        start_s: Time from being asked for to taking requests. [s]
    """

    table: PhaseTable
    gpu: Gpu
    server: Server
    clocks: ClockCurve
    gpu_count: int
    gpu_cap_frac: float = 1.0
    capped_slowdown: float = 1.0
    dynamic_power_factor: float = 1.0
    gpu_hour_usd: float = 0.0
    start_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """
    Order in which one instance admits waiting prompts.

    The key is arrival_weight × arrival + predicted_weight × predicted service time +
    the class's offset; the lowest goes first. FCFS is (1, 0), shortest predicted job
    first (0, 1), earliest deadline (1, 0) with the deadline as offset, priority with
    ageing (1, 0) with the head start of each class as offset. `slack` ranks at every
    pick by (deadline - now - prefill left) ÷ (deadline - arrival).

    Args:
        name: How people call it.
        arrival_weight: See above. [1]
        predicted_weight: See above. [1]
        offset: "none", "deadline" or "priority": which class column is added.
        limit: Requests one queue holds; more are refused ("queue full").
    """

    name: QueueName = "fcfs"
    arrival_weight: float = 1.0
    predicted_weight: float = 0.0
    offset: Literal["none", "deadline", "priority"] = "none"
    limit: int = 1024


FCFS = Queue()
SSJF = Queue(name="ssjf", arrival_weight=0.0, predicted_weight=1.0)
EDF = Queue(name="edf", offset="deadline")
PRIORITY = Queue(name="priority", offset="priority")
SLACK = Queue(name="slack")
QUEUES: dict[str, Queue] = {q.name: q for q in (FCFS, SSJF, EDF, PRIORITY, SLACK)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """
    Prefill cut into chunks that share iterations with decode (Medha, Sarathi).

    Args:
        target_s: Longest iteration aimed at; the chunk is cut to fit. [s]
        least_tokens: Smallest chunk. [tokens]
        most_tokens: Largest chunk. [tokens]
        overhead_s: Added to every chunk. Assumed. [s]
    """

    target_s: float
    least_tokens: int = 32
    most_tokens: int = 2048
    overhead_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixCache:
    """
    Prefixes kept from earlier requests.

    Args:
        scope: "instance": each keeps its own; "fleet": one store behind a link.
        entries: Prefixes kept per store, direct-mapped by prefix id.
        recompute_frac: Prefill of a prefix that another model produced, as a part of
            computing it anew; 1 is no reuse across models. 0..1
        load_token_s: Time to load one cached token from the fleet's store. [s]
        memory_frac: Part of an instance's cache memory that holds prefixes; requests
            have the rest. The fleet's store lies outside the GPUs. 0..1
    """

    scope: Literal["instance", "fleet"] = "instance"
    entries: int = 256
    recompute_frac: float = 1.0
    load_token_s: float = 0.0
    memory_frac: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedQueue:
    """
    One queue that several instances of a pool pull from (QLM's virtual queue).

    Args:
        name: Unique in the pool.
        engine: What an instance becomes when it serves this queue.
        served_by: Instances assigned at the start, places within the pool.
    """

    name: str
    engine: Engine
    served_by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """
    Instances that share one router.

    Args:
        name: Unique in the fleet.
        engine: What each instance is.
        count: Instances on at the start.
        role: What the pool is meant for; any instance can do any phase.
        most: Instances that may ever be on; None is `count`.
        routing: How an instance is picked.
        queue: In which order an instance admits.
        max_batch: Sequences decoding together; None is the table's.
        max_prefill_tokens: Prompt tokens batched into one prefill. [tokens]
        max_preemptions: Prefills in a row that may pause decode; 0 is no limit.
        chunking: None: prefill runs alone and pauses decode.
        prefix_cache: None: nothing is reused.
        clock_mhz: SM clock at the start; None is the highest. [MHz]
        slack_load: Affinity gives way when the instance holds this many requests
            more than the least loaded. [requests]
        shared: Queues that instances pull from, instead of being routed to.
    """

    name: str
    engine: Engine
    count: int
    role: Role = "mixed"
    most: int | None = None
    routing: RoutingName = "least_requests"
    queue: Queue = FCFS
    max_batch: int | None = None
    max_prefill_tokens: float = 2048.0
    max_preemptions: int = 0
    chunking: Chunking | None = None
    prefix_cache: PrefixCache | None = None
    clock_mhz: float | None = None
    slack_load: float = 8.0
    shared: tuple[SharedQueue, ...] = ()

    @property
    def largest(self) -> int:
        """Instances that may ever be on."""
        return self.count if self.most is None else self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetClass:
    """
    Requests treated alike: one service, perhaps one range of lengths.

    Args:
        name: Unique in the fleet.
        prompt_pool: Pool that prefills.
        token_pool: Pool that decodes; None: where it was prefilled.
        encode_pool: Pool that encodes images or audio first; None: the prompt pool
            does it itself, before the prefill.
        overflow_pool: Pool asked when every prompt queue is above `overflow_tokens`.
        overflow_tokens: See above. [tokens]
        local_tokens: Decodes where it was prefilled when the token instance picked
            has more pending tokens. [tokens]
        ttft_slo_s: Limit of the time to first token. [s]
        tbt_slo_s: Limit of a request's mean time between tokens. [s]
        e2e_slo_s: Limit of the whole request. [s]
        priority_s: Head start in a priority queue; lower goes first. [s]
        patience_s: Refused ("expired") when it waited longer before prefill. [s]
        model: Number of its model, for caches shared among models.
        shared_queue: Queue of the prompt pool it waits in, where that has shared ones.
    """

    name: str
    prompt_pool: str
    token_pool: str | None = None
    encode_pool: str | None = None
    overflow_pool: str | None = None
    overflow_tokens: float = float("inf")
    local_tokens: float = float("inf")
    ttft_slo_s: float = float("inf")
    tbt_slo_s: float = float("inf")
    e2e_slo_s: float = float("inf")
    priority_s: float = 0.0
    patience_s: float = float("inf")
    model: int = 0
    shared_queue: str | None = None

    def sent_to(self, pool: str, **changes: Any) -> FleetClass:
        """The same with one pool for all it needs, and other fields as given."""
        alone: dict[str, Any] = {
            "prompt_pool": pool, "token_pool": None, "encode_pool": None,
            "overflow_pool": None, "shared_queue": None,
        }  # fmt: skip
        return replace(self, **(alone | changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """
    Interconnect that carries KV caches from prompt to token instances.

    A transfer takes latency_s + the bytes that prefill does not hide ÷ bandwidth.
    Prompts below `serial_below_tokens` are sent whole after prefill; longer ones
    layer by layer meanwhile, of which `exposed_frac` remains. Transfers of one prompt
    instance queue behind each other.

    Args:
        byte_per_s: Bandwidth. [B/s]
        latency_s: Fixed part, also the residual of a layer-wise transfer. [s]
        serial_below_tokens: See above. [tokens]
        exposed_frac: See above. 0..1
        kv_byte_per_token: Cache bytes of one token. [B]
    """

    byte_per_s: float
    latency_s: float
    serial_below_tokens: float
    exposed_frac: float
    kv_byte_per_token: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """
    Latency of one uncontended request, which slow-downs are measured against.

    Args:
        prompt_tokens: Knots. Rising. [tokens]
        ttft_s: Prefill time at the knots. [s]
        tbt_s: Decode iteration alone. [s]
    """

    prompt_tokens: tuple[float, ...]
    ttft_s: tuple[float, ...]
    tbt_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """
    Everything that stands: pools, classes, the link and the site around them.

    Args:
        pools: Names unique.
        classes: Names unique; a request's `klass` is the place in here.
        link: None where no class has a token pool of its own.
        reference: None: slow-downs are not measured.
        pue: Site power ÷ IT power. >= 1
        off_power_frac: Power of an instance turned off ÷ idle, host share included;
            0: its servers were given back. 0..1
    """

    pools: tuple[Pool, ...]
    classes: tuple[FleetClass, ...]
    link: Link | None = None
    reference: Reference | None = None
    pue: float = 1.0
    off_power_frac: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """
    Requests in order of arrival, one row each.

    Chains: rows with `chain` = 1 follow their leader, share its prompt and instance,
    and the request ends with its last row (self-consistency, test-time compute). A
    leader and its chains arrive at the same time.

    Args:
        arrived_s: Rising. [s], shape (requests,)
        klass: Place of its class in the fleet.
        prompt: Prompt lengths, >= 1. [tokens]
        output: Output lengths, >= 1. [tokens]
        predicted: Predicted output lengths; what routers and queues see. [tokens]
        encode: Encoder work, as tokens of the encoder's table; 0: none. [tokens]
        prefix_id: Session or shared prefix; -1: none.
        prefix: Tokens of the prompt that the prefix covers. [tokens]
        chain: 1: belongs to the nearest earlier row with 0.
    """

    arrived_s: FloatArray
    klass: IntArray
    prompt: IntArray
    output: IntArray
    predicted: FloatArray
    encode: IntArray
    prefix_id: IntArray
    prefix: IntArray
    chain: IntArray

    def __len__(self) -> int:
        return int(self.arrived_s.size)

    def taken(self, rows: BoolArray | IntArray | slice) -> Requests:
        """These rows."""
        return Requests(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def plain_requests(
    arrived_s: FloatArray,
    prompt: IntArray,
    output: IntArray,
    *,
    klass: IntArray | None = None,
    predicted: FloatArray | None = None,
) -> Requests:
    """Requests of text alone: no images, prefixes or chains; oracle lengths."""
    n = arrived_s.size
    zeros = np.zeros(n, dtype=np.int64)
    return Requests(
        arrived_s=np.ascontiguousarray(arrived_s, dtype=np.float64),
        klass=zeros if klass is None else np.asarray(klass, dtype=np.int64),
        prompt=np.asarray(prompt, dtype=np.int64),
        output=np.asarray(output, dtype=np.int64),
        predicted=np.asarray(
            output if predicted is None else predicted, dtype=np.float64
        ),
        encode=zeros,
        prefix_id=np.full(n, -1, dtype=np.int64),
        prefix=zeros,
        chain=zeros,
    )


# --- what may be done to a running fleet ---

ActionName = Literal["clock", "on", "off", "fail", "avoid", "serve", "evict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    One command to one instance.

    `clock` sets the SM clock to `value` [MHz], 0 lifts it. `on` starts it, ready after
    `value` [s]. `off` drains it: nothing new, off when empty. `fail` ends it at once;
    its requests start again elsewhere, or are refused ("failed") where nothing is on.
    `avoid` 1 or 0 keeps routers away while others are on. `serve` drains it, then it
    serves shared queue `queue` of its pool after `value` [s] of swapping models.
    `evict` puts every running sequence back into its queue.

    Args:
        at_s: When; not before the control step that asks for it. [s]
        name: See above.
        instance: Place in the fleet: pools in order, instances in order.
        value: See above.
        queue: For `serve`: place of the shared queue in the pool.
    """

    at_s: float
    name: ActionName
    instance: int
    value: float = 0.0
    queue: int = -1


class Controller(Protocol):
    """Decides on the control clock what instances do."""

    period_s: float

    def decide(self, now_s: float, view: View) -> list[Action]:
        """Return the actions to take from now on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    What a controller sees; arrays are live, not to be written.

    Args:
        inst: Structured array of the kernel's instances (see `state.INSTANCE`).
        pool: Pool of each instance. shape (instances,)
        arrived: Requests so far per class. shape (classes,)
        prompt_tokens: Prompt tokens arrived so far per class. [tokens]
        output_tokens: Output tokens arrived so far per class. [tokens]
        pool_w: GPU power of each pool, mean over the last tick. [W]
        queued: Prompts waiting: one queue per instance, then the shared ones.
    """

    inst: np.ndarray
    pool: IntArray
    arrived: FloatArray
    prompt_tokens: FloatArray
    output_tokens: FloatArray
    pool_w: FloatArray
    queued: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A fleet with what steers it and what happens to it."""

    fleet: Fleet
    controller: Controller | None = None
    events: tuple[Action, ...] = ()
    notes: tuple[str, ...] = field(default=())
