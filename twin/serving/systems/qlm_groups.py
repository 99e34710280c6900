"""
QLM's request groups: parameters, engines and limits of each, and the traffic in them.

A group is one model and one class of limits. Which requests are for which model, and
which are batch work, is assumed here and stated by the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.chips import CHIPS
from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import Engine, Requests
from twin.serving.fleet.startup import swap_s
from twin.serving.ground import capacity_rps
from twin.serving.systems.base import Ground
from twin.serving.systems.qlm_queues import Work
from twin.types import BoolArray, FloatArray, IntArray

STREAM = 651
"""Number of this system's stream of draws."""
INTERACTIVE, BATCH = 0, 1
KINDS = ("interactive", "batch")


class QlmParameters(Model):
    """Models, classes, limits and what the scheduler may do."""

    other_models: tuple[str, ...] = quantity(
        ("llama-3.1-70b", "qwen3-14b"), "Models served beside the ground's.",
        unit="name", example=["llama-3.1-70b"], source="assumed", min_length=1,
        max_length=4,
    )  # fmt: skip
    other_frac: float = quantity(
        0.5, "Share of requests for the other models, equal among them.",
        source="assumed", gt=0.0, lt=1.0,
    )  # fmt: skip
    batch_frac: float = quantity(
        0.5, "Share of requests that are batch work.", source="assumed", ge=0.0, le=1.0
    )
    batch_every_s: float = quantity(
        900.0, "Batch requests are handed in together this often.", unit="s",
        source="assumed", gt=0.0,
    )  # fmt: skip
    swing_frac: float = quantity(
        0.8, "How far the models' shares swing, each at its own time; 0: they stand "
        "still.", source="assumed", ge=0.0, le=1.0,
    )  # fmt: skip
    swing_s: float = quantity(
        1800.0, "Period of that swing.", unit="s", source="assumed", gt=0.0
    )
    interactive_s: float = quantity(
        20.0, "Limit of the time to first token, interactive.", unit="s",
        source="the paper's, weakly remembered", gt=0.0,
    )  # fmt: skip
    batch_s: float = quantity(
        1800.0, "The same, batch.", unit="s",
        source="assumed; the paper has classes up to an hour", gt=0.0,
    )  # fmt: skip
    load_frac: float | None = quantity(
        0.6, "Turn instances off until the load is at most this; empty: all at hand "
        "are on.", source="assumed: groups take whole instances, which wants room",
        gt=0.0, le=10.0,
    )  # fmt: skip
    period_s: float = quantity(
        5.0, "Time between decisions.", unit="s", source="assumed", ge=1.0, le=600.0
    )
    sure: float = quantity(
        1.0, "Standard deviations of the waiting time kept as margin.",
        source="assumed", ge=0.0, le=5.0,
    )  # fmt: skip
    hold_from_s: float = quantity(
        0.0, "Batch work that can wait is held back from here on.", unit="s",
        example=1200.0, source="assumed", ge=0.0,
    )  # fmt: skip
    hold_s: float = quantity(
        0.0, "For so long; 0: never.", unit="s", example=600.0, source="assumed", ge=0.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """
    Every model × class, in this order: model by model, interactive then batch.

    Args:
        names: For people and queues.
        engines: One per model.
        model_of: Model of each group. shape (groups,)
        limit_s: Time to first token of each. [s], (groups,)
        swap_s: Time to swap each model in. [s], (models,)
    """

    names: tuple[str, ...]
    engines: tuple[Engine, ...]
    model_of: IntArray
    limit_s: FloatArray
    swap_s: FloatArray

    @property
    def deferrable(self) -> BoolArray:
        """Whether a group is batch work. shape (groups,)"""
        return np.asarray(np.arange(len(self.names)) % len(KINDS) == BATCH)


def make_groups(ground: Ground, given: QlmParameters) -> Groups:
    """
    Engines, limits and swap times; other models run on as many GPUs as the ground's.

    Raises:
        ScenarioError: If a model is unknown, twice there or does not fit.
    """
    models = (ground.model, *given.other_models)
    if len(set(models)) < len(models):
        raise ScenarioError("other_models",
                            "must differ from each other and the ground's",
                            ", ".join(models), "name each model once")  # fmt: skip
    gpus = ground.engine.gpu_count
    if gpus > ground.server.gpu_count:
        raise ScenarioError("gpus_per_instance",
                            "must stay within a server to swap models", gpus,
                            f"use at most {ground.server.gpu_count}")  # fmt: skip
    others = (
        make_engine(m, ground.server, tensor_parallel=gpus) for m in given.other_models
    )
    limits = {"interactive": given.interactive_s, "batch": given.batch_s}
    return Groups(
        names=tuple(f"{m}, {kind}" for m in models for kind in KINDS),
        engines=(ground.engine, *others),
        model_of=np.repeat(np.arange(len(models)), len(KINDS)),
        limit_s=np.array([limits[kind] for _ in models for kind in KINDS]),
        swap_s=np.array(
            [swap_s(m, CHIPS[ground.server.gpu.key], gpus) for m in models]
        ),
    )


def group_requests(ground: Ground, given: QlmParameters, groups: Groups) -> Requests:
    """
    Give requests a group; batch ones arrive together, at the end of their round.

    Model m's share swings as share × (1 + swing × sin(2π(t / period + m / models))),
    made to sum to one.
    """
    p, requests = given, ground.requests
    rng = np.random.default_rng((ground.seed, STREAM))
    models = len(groups.engines)
    share = np.full(models, p.other_frac / (models - 1))
    share[0] = 1.0 - p.other_frac
    turn = requests.arrived_s[:, None] / p.swing_s + np.arange(models) / models
    weight = share * (1.0 + p.swing_frac * np.sin(2 * np.pi * turn))
    edge = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    draw = rng.random(len(requests))[:, None]
    model = np.minimum((draw > edge).sum(axis=1), models - 1)
    batch = rng.random(len(requests)) < p.batch_frac
    handed_in = np.floor(requests.arrived_s / p.batch_every_s) * p.batch_every_s
    arrived = np.where(batch, handed_in, requests.arrived_s)
    order = np.argsort(arrived, kind="stable")
    klass = len(KINDS) * model + np.where(batch, BATCH, INTERACTIVE)
    return replace(requests, arrived_s=arrived, klass=klass).taken(order)


def group_works(groups: Groups, requests: Requests) -> tuple[Work, ...]:
    """
    What a profile of each group says: lengths, and an instance's tokens a second.

    Groups without a request have the mean of all.
    """
    found = []
    for g in range(len(groups.names)):
        rows = requests.klass == g
        rows = rows if rows.any() else np.ones(len(requests), dtype=bool)
        some = requests.taken(rows)
        mean = float(some.output.mean())
        rate = capacity_rps(groups.engines[groups.model_of[g]], some)
        found.append(Work(
            mean_tokens=mean, sd_tokens=float(some.output.std()), token_s=rate * mean
        ))  # fmt: skip
    return tuple(found)


def busy_instances(
    groups: Groups, works: tuple[Work, ...], requests: Requests, horizon_s: float
) -> FloatArray:
    """Instances each group keeps busy over the horizon. shape (groups,)"""
    count = np.bincount(requests.klass, minlength=len(groups.names))
    rate = np.array([w.token_s / w.mean_tokens for w in works])
    return np.asarray(count / horizon_s / rate)


def dedicated_shares(busy: FloatArray, instances: int) -> tuple[int, ...]:
    """Instances of each model by its work, at least one each, the rest by need."""
    count = np.ones(busy.size, dtype=np.int64)
    for _ in range(instances - busy.size):
        count[int(np.argmax(busy / count))] += 1
    return tuple(int(n) for n in count)
