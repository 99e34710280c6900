"""What all lever settings on one ground share: engines, predicted lengths, profiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from twin.errors import ScenarioError
from twin.serving.dynamollm.lengths import length_class
from twin.serving.dynamollm.parameters import DynamoParameters
from twin.serving.dynamollm.pools import POOLS
from twin.serving.dynamollm.profiles import FEWEST, Profile, measure_profile
from twin.serving.fleet.engines import engines_that_fit, make_engine
from twin.serving.fleet.parts import EDF, Engine, Requests
from twin.serving.predictor import log_normal_lengths
from twin.serving.systems.base import Ground
from twin.serving.systems.outcome import check_traffic
from twin.types import BoolArray, FloatArray, IntArray

STREAM = 2408
"""Number of the stream of draws of predicted lengths."""
SAMPLES = 20_000
"""Requests of a kind whose lengths a profile draws from; evenly spaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """
    What every lever setting on one ground shares.

    Args:
        engines: One per degree that the model fits, rising.
        requests: The ground's, with predicted outputs.
        length: Predicted class of each request.
        profiles: One per pool, by deadline.
        fits: Per pool, whether its longest request fits each degree's cache.
        clock_mhz: Clocks. [MHz]
    """

    engines: tuple[Engine, ...]
    requests: Requests
    length: IntArray
    profiles: tuple[Profile, ...]
    fits: tuple[tuple[bool, ...], ...]
    clock_mhz: FloatArray


# --- preparing ---


def prepare(
    ground: Ground, parameters: DynamoParameters,
    engines: tuple[Engine, ...] | None = None,
) -> Prepared:  # fmt: skip
    """
    Predict lengths and measure profiles.

    Args:
        ground: Common ground.
        parameters: See there.
        engines: One per degree, rising; None: of the ground's model and servers.

    Returns:
        What all lever settings share.

    Raises:
        ScenarioError: If there is no traffic, no degree fits the model, clocks or
            rungs are out of order.
    """
    p = parameters
    _check(ground, p)
    engines = engines or engines_of(ground, p)
    clocks = _clocks(engines[-1], p)
    predicted = log_normal_lengths(
        ground.requests.output, spread=p.output_error, seed=ground.seed, stream=STREAM
    )
    requests = replace(ground.requests, predicted=np.maximum(predicted, 1.0))
    length = length_class(requests.prompt, requests.predicted)
    lead = requests.taken(requests.chain == 0)
    kind = length[requests.chain == 0]

    def measured(rows: BoolArray) -> Profile:
        return measure_profile(
            engines, _some(lead, rows), ground.classes, clock_mhz=clocks, queue=EDF,
            slo_frac=p.slo_frac, count=p.profile_requests, seed=ground.seed,
            stop=ground.stop,
        )  # fmt: skip

    every = np.ones(len(lead), dtype=np.bool_)
    seen = np.bincount(kind, minlength=POOLS)
    rest = measured(every) if seen.min() < FEWEST else None
    profiles = [measured(kind == k) if seen[k] >= FEWEST else rest for k in
                range(POOLS)]  # fmt: skip
    return Prepared(
        engines=engines, requests=requests, length=length,
        profiles=tuple(one for one in profiles if one is not None),
        fits=_fits(engines, requests, length), clock_mhz=clocks,
    )  # fmt: skip


def _check(ground: Ground, p: DynamoParameters) -> None:
    check_traffic(ground.requests)
    rising = all(a < b for a, b in pairwise(p.clock_mhz))
    if not rising or p.reroute_rung <= p.clock_rung:
        raise ScenarioError(
            "dynamollm.clock_mhz" if not rising else "dynamollm.reroute_rung",
            "must rise" if not rising else "must be above clock_rung",
            p.clock_mhz if not rising else p.reroute_rung,
            "put clocks, and the rungs of the ladder, in order"
        )  # fmt: skip
    parts = p.cluster_period_s / p.sharding_period_s
    if parts < 1 or abs(parts - round(parts)) > 1e-9:
        raise ScenarioError("dynamollm.cluster_period_s",
                            "must be a whole number of sharding periods",
                            p.cluster_period_s, "use 1800 s with 300 s")  # fmt: skip


def engines_of(ground: Ground, p: DynamoParameters) -> tuple[Engine, ...]:
    """Engines of the degrees the model fits; the largest must be among them."""
    *smaller, largest = sorted(set(p.degrees))
    whole = make_engine(ground.model, ground.server, tensor_parallel=largest)
    return *engines_that_fit(ground.model, ground.server, smaller), whole


def _clocks(engine: Engine, p: DynamoParameters) -> FloatArray:
    """Clocks within the GPU's own, the highest always among them."""
    own = engine.clocks.clock_mhz
    held = np.clip(p.clock_mhz, own[0], own[-1])
    return np.unique(np.append(held, own[-1]))


def _some(requests: Requests, rows: BoolArray) -> Requests:
    """Up to `SAMPLES` of these rows, evenly spaced."""
    place = np.flatnonzero(rows)
    return requests.taken(place[:: max(1, place.size // SAMPLES)])


def _fits(
    engines: Sequence[Engine], requests: Requests, length: IntArray
) -> tuple[tuple[bool, ...], ...]:
    """Whether the longest request of a class, or of one promoted to it, fits."""
    longest = np.zeros(POOLS)
    np.maximum.at(longest, length, (requests.prompt + requests.output).astype(float))
    longest = np.array([
        longest.reshape(3, 3)[: k // 3 + 1, : k % 3 + 1].max() for k in range(POOLS)
    ])  # fmt: skip
    room = [e.table.kv_capacity_tokens for e in engines]
    return tuple(tuple(bool(need <= r) for r in room) for need in longest)
