"""
One stage of multimodal serving: its engine, its work, what an instance carries.

Work is the time requests keep an instance busy at full batches. What an instance
carries within the limits is measured beforehand (offline profile): a pool of the stage
alone is offered Poisson traffic of the recorded lengths, faster and faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.performance import PhaseTable, decode_iteration_s
from twin.catalogue.servers import Server
from twin.serving.fleet.engines import make_encoder
from twin.serving.fleet.parts import (
    Engine,
    Fleet,
    FleetClass,
    Plan,
    Pool,
    Requests,
    Role,
    RoutingName,
    plain_requests,
)
from twin.serving.fleet.run import Stop, run_fleet
from twin.serving.fleet.scaling import as_tuple, beyond, idle_frac
from twin.serving.fleet.startup import Start
from twin.types import FloatArray, IntArray

PROFILE_REQUESTS = 500
"""Requests of a profile for each instance of its pool."""
RATE_STEP = 0.02
"""Bisection ends when pass and fail are this near, as a part of the rate."""
LINEAR_FROM_TOKENS = 1024.0
"""From here on every table's prefill grows with its tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """
    One pool and what it is asked for.

    Args:
        name: Of its pool.
        role: Of its pool.
        engine: One instance.
        start_s: Time from being asked for to taking requests. [s]
        max_prefill_tokens: Tokens batched together. [tokens]
        work_s: Time each request keeps an instance; 0: it does not come here. [s],
            shape (requests,)
        able: Work an instance takes on in a second within the limits. [1]
        routing: How an instance is picked.
    """

    name: str
    role: Role
    engine: Engine
    start_s: float
    max_prefill_tokens: float
    work_s: FloatArray
    able: float
    routing: RoutingName = "least_requests"

    def wanted(self, arrived_s: FloatArray, *, window_s: float) -> FloatArray:
        """Instances that the work of each window asks for. shape (windows,)"""
        place = (arrived_s // window_s).astype(np.int64)
        total = np.bincount(place, self.work_s)
        return total / window_s / self.able


def encode_group(encoder: str, server: Server, *, gpus: int, start: Start) -> Engine:
    """
    Several GPUs that share the items of a batch, each with the whole encoder.

    Args:
        encoder: Key of the encoder.
        server: Server type.
        gpus: GPUs of the group. >= 1
        start: What an instance starts from.

    Returns:
        The engine: n items take the launch and n ÷ gpus items' time, never less than
        one item's. GPUs without an item idle.

    Raises:
        ScenarioError: If there is no such encoder.

    Source:
        docs/models/modserve.md, eq. 1.
    """
    one = make_encoder(encoder, server, start=start)
    table = one.table
    item = table.prefill_tokens[0]
    items = np.unique(np.concatenate([[1], gpus * 2.0 ** np.arange(7)]))
    each = np.maximum(items / gpus, 1.0)
    at = each * item
    busy = np.minimum(items / gpus, 1.0)
    idle = idle_frac(one.gpu.key)
    power = np.interp(at, table.prefill_tokens, table.prefill_power_frac)
    shared = replace(
        table,
        prefill_tokens=as_tuple(items * item),
        prefill_s=as_tuple(np.interp(at, table.prefill_tokens, table.prefill_s)),
        prefill_power_frac=as_tuple(idle + busy * (power - idle)),
    )
    return replace(one, table=shared, gpu_count=gpus)


def prefill_s(table: PhaseTable, tokens: FloatArray | IntArray) -> FloatArray:
    """Time of a prefill alone, the last slope beyond the last knot. [s]"""
    at = np.asarray(tokens, dtype=np.float64)
    return np.asarray(beyond(at, table.prefill_tokens, table.prefill_s))


def as_prompt_tokens(
    table: PhaseTable, prompt: IntArray, encode_s: FloatArray
) -> IntArray:
    """
    Prompt tokens that keep an instance as long as encoding does.

    Where the prompt is long enough for prefill to grow with it, prompt and these
    tokens take exactly prefill and encoding one after the other. Below
    `LINEAR_FROM_TOKENS`, where a longer prompt costs nothing, they are priced as from
    there on, so that encoding is cheap for a short prompt alone and right in a batch.

    Args:
        table: Of the instance that prefills.
        prompt: Prompts. [tokens]
        encode_s: Encoding time on the same instance. [s]

    Returns:
        Tokens to add. shape of `prompt`; 0 where nothing is encoded.

    Source:
        docs/models/modserve.md, eq. 2.
    """
    base = np.maximum(prompt, LINEAR_FROM_TOKENS)
    xs, ys = np.array(table.prefill_tokens), np.array(table.prefill_s)
    slope = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    rising = np.minimum.accumulate(ys[::-1])[::-1]  # dips of measured tables
    end_s = prefill_s(table, base) + encode_s
    reached = np.interp(end_s, rising, xs) + np.maximum(end_s - ys[-1], 0.0) / slope
    added = np.ceil(np.maximum(reached - base, 0.0) - 1e-6)
    return np.where(encode_s > 0.0, added, 0.0).astype(np.int64)


def decode_s(table: PhaseTable, requests: Requests, tbt_s: float) -> FloatArray:
    """
    Time each request's output keeps an instance that decodes full batches. [s]

    The batch is the largest that cache and table hold and the limit between tokens
    allows.
    """
    held = float((requests.prompt + requests.output).mean()) if len(requests) else 1.0
    most = int(np.clip(table.kv_capacity_tokens / held, 1, table.max_batch))
    batch = np.arange(1, most + 1)
    step_s = decode_iteration_s(table)[1 : most + 1]
    step_s = step_s + table.decode_kv_token_s * batch * held
    fits = max(1, int((step_s <= tbt_s).sum()))
    return np.asarray((requests.output - 1) * step_s[fits - 1] / fits)


def highest_rate(
    attained: Callable[[float], float], *, first: float, target: float,
    step: float = RATE_STEP,
) -> float:  # fmt: skip
    """
    Find the highest rate at which enough is attained, by bisection.

    Args:
        attained: Part inside its limits at a rate.
        first: Rate to begin at. > 0
        target: Part asked for. 0..1
        step: Pass and fail end this near, as a part of the rate.

    Returns:
        The rate; 0 where not even a thousandth of `first` attains it.
    """
    low, high = 0.0, first
    while attained(high) >= target:
        low, high = high, 2.0 * high
        if high > 1e6 * first:
            return high  # no limit binds
    while high - low > step * high:
        if high < 1e-3 * first:
            return 0.0
        middle = 0.5 * (low + high)
        if attained(middle) >= target:
            low = middle
        else:
            high = middle
    return low


def measure_able(
    stage: Stage, requests: Requests, work_s: FloatArray,
    classes: tuple[FleetClass, ...], *, pool_size: int, slo_frac: float, seed: int,
    stop: Stop | None = None,
) -> float:  # fmt: skip
    """
    Work an instance takes on in a second within the limits: the offline profile.

    Args:
        stage: Its engine, batching and routing count.
        requests: What comes to the stage: `prompt` is what it prefills or encodes,
            `encode` what it adds to that.
        work_s: Time each keeps an instance. [s]
        classes: With the limits of this stage alone.
        pool_size: Instances side by side; many wait less than few. >= 1
        slo_frac: Part of requests that must be inside. 0..1
        seed: Seed of the draws.
        stop: Asked now and then; True ends the profile.

    Returns:
        Work ÷ time of one instance. [1]; 0: not even idle instances keep the limits.

    Raises:
        Cancelled: If `stop` said so.
    """
    rng = np.random.default_rng((seed, 311))
    count = PROFILE_REQUESTS * pool_size
    rows = rng.integers(0, len(requests), count)
    due = np.cumsum(rng.standard_exponential(count))
    pool = Pool(
        name="main", engine=stage.engine, count=pool_size, routing=stage.routing,
        max_prefill_tokens=stage.max_prefill_tokens,
    )  # fmt: skip
    alone = tuple(c.sent_to("main") for c in classes)
    plan = Plan(fleet=Fleet(pools=(pool,), classes=alone))
    work = float(work_s[rows].mean())

    def attained(load: float) -> float:
        arrived_s = due * work / (load * pool_size)
        plain = plain_requests(
            arrived_s, requests.prompt[rows], requests.output[rows],
            klass=requests.klass[rows], predicted=requests.predicted[rows],
        )  # fmt: skip
        sample = replace(plain, encode=requests.encode[rows])
        horizon_s = float(arrived_s[-1])
        result = run_fleet(
            plan, [sample], horizon_s=horizon_s, tick_s=horizon_s / 16, stop=stop
        )
        return result.attained_frac

    return highest_rate(attained, first=0.5, target=slo_frac)
